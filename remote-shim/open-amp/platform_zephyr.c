/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The same five functions in the way of Zephyr's applications that speak to Linux through the open-amp module: the remote
 * alone, no struct remoteproc, the virtio device made straight from a resource table like Zephyr's (a section of the
 * firmware, rings aligned to 16, the device's notify id 0xFF), and a mailbox whose message makes it look at ring 1.
 *
 * To be compiled in place of platform_info.c. None of Zephyr is in it or needed: its kernel's part (mailbox driver, work
 * queue) is not under test here. It is no host.
 */
#include <metal/alloc.h>
#include <metal/io.h>
#include <metal/sys.h>
#include <openamp/remoteproc.h>
#include <openamp/remoteproc_virtio.h>
#include <openamp/rpmsg_virtio.h>

#include <sbesim/hw.h>

#include "remote-shim/open-amp/platform_info.h"

#define PLATFORM_CHANNEL 0u
#define PLATFORM_REPOLL_NS 1000000u
#define PLATFORM_VRINGS 2u
#define PLATFORM_RPMSG_ID 7u
#define PLATFORM_ANY 0xffffffffu

struct platform_table {
	struct resource_table table;
	uint32_t offset[1];
	struct fw_rsc_vdev vdev;
	struct fw_rsc_vdev_vring vring[PLATFORM_VRINGS];
} METAL_PACKED_END;

/* What the host's loader finds in the firmware; the one that both sides use lies in the region "rsc-table". */
__attribute__((section(".resource_table"), used)) struct platform_table platform_firmware_table = {
	.table = {.ver = 1, .num = 1},
	.offset = {offsetof(struct platform_table, vdev)},
	.vdev = {.type = RSC_VDEV, .id = PLATFORM_RPMSG_ID, .notifyid = 0xff, .dfeatures = 1, .num_of_vrings = PLATFORM_VRINGS},
	.vring = {{PLATFORM_ANY, 16, 8, 0, 0}, {PLATFORM_ANY, 16, 8, 1, 0}},
};

static struct platform {
	struct hw_region table_region, shared_region;
	metal_phys_addr_t table_pa, shared_pa;
	struct metal_io_region table_io, shared_io;
	struct virtio_device *vdev;
	struct rpmsg_virtio_device rpmsg;
	volatile bool kicked;
} platform;

static int platform_notify(void *priv, uint32_t id)
{
	(void)priv;
	return hw_mbox_send(PLATFORM_CHANNEL, id);
}

static void platform_isr(void *arg, uint64_t token)
{
	(void)arg;
	(void)token;
	platform.kicked = true;
}

static void platform_io(struct metal_io_region *io, struct hw_region *region, metal_phys_addr_t *pa)
{
	*pa = region->da;
	metal_io_init(io, region->va, pa, region->size, (unsigned int)-1, 0, NULL);
}

int platform_init(int argc, char *argv[], void **platform_of_caller)
{
	struct metal_init_params params = METAL_INIT_DEFAULTS;
	struct hw_region buffers;

	(void)argc;
	(void)argv;
	if (metal_init(&params) || hw_region_get("rsc-table", &platform.table_region) ||
	    hw_region_get("vdev0vring0", &platform.shared_region) || hw_region_get("vdev0buffer", &buffers))
		return -1;
	/* One piece from the first ring to the last buffer, as a shared-memory node of a device tree is. */
	platform.shared_region.size = buffers.da + buffers.size - platform.shared_region.da;
	platform_io(&platform.table_io, &platform.table_region, &platform.table_pa);
	platform_io(&platform.shared_io, &platform.shared_region, &platform.shared_pa);
	*platform_of_caller = &platform;
	return hw_mbox_register(PLATFORM_CHANNEL, platform_isr, NULL);
}

static int platform_ring_init(struct platform_table *table, unsigned int index)
{
	const struct fw_rsc_vdev_vring *ring = &table->vring[index];

	return rproc_virtio_init_vring(platform.vdev, index, ring->notifyid,
				       metal_io_phys_to_virt(&platform.shared_io, ring->da), &platform.shared_io, ring->num,
				       ring->align);
}

struct rpmsg_device *platform_create_rpmsg_vdev(void *p, unsigned int vdev_index, unsigned int role,
						void (*rst_cb)(struct virtio_device *vdev), rpmsg_ns_bind_cb ns_bind_cb)
{
	struct platform_table *table = platform.table_region.va;

	(void)p;
	/* CACHE: the host wrote it before this side ran; what a cache holds of it may be older. */
	metal_cache_invalidate(table, sizeof(*table));
	if (vdev_index || role != VIRTIO_DEV_DEVICE || table->vdev.num_of_vrings != PLATFORM_VRINGS)
		return NULL;
	platform.vdev = rproc_virtio_create_vdev(role, table->vdev.notifyid, &table->vdev, &platform.table_io, NULL,
						 platform_notify, rst_cb);
	if (!platform.vdev)
		return NULL;
	rproc_virtio_wait_remote_ready(platform.vdev);
	/* CACHE: Linux fills in the rings' addresses between the start and DRIVER_OK. */
	metal_cache_invalidate(table, sizeof(*table));
	if (platform_ring_init(table, 0) || platform_ring_init(table, 1) ||
	    rpmsg_init_vdev(&platform.rpmsg, platform.vdev, ns_bind_cb, &platform.shared_io, NULL))
		return NULL;
	return rpmsg_virtio_get_rpmsg_device(&platform.rpmsg);
}

int platform_poll(void *p)
{
	(void)p;
	hw_irq_disable();
	if (!platform.kicked)
		hw_wfi(PLATFORM_REPOLL_NS);
	hw_irq_enable();
	platform.kicked = false;
	return rproc_virtio_notified(platform.vdev, 1);
}

void platform_release_rpmsg_vdev(struct rpmsg_device *rpdev, void *p)
{
	(void)rpdev;
	(void)p;
	rpmsg_deinit_vdev(&platform.rpmsg);
	rproc_virtio_remove_vdev(platform.vdev);
}

void platform_cleanup(void *p)
{
	(void)p;
	metal_finish();
}

int main(int argc, char *argv[]);

int sbesim_main(int argc, char **argv)
{
	return main(argc, argv);
}
