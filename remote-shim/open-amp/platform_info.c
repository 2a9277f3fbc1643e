/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The platform that OpenAMP's applications link with, on the bench: open-amp's remoteproc operations and the five
 * platform_ functions on the hardware seam. Compiled by the build of whoever brings open-amp, with its headers; uses
 * what releases from v2025.10 on have in common.
 *
 * One remote processor, one rpmsg device, one mailbox channel. It loads no firmware but its resource table: sbesim has
 * loaded the remote. It does not stop the remote, nor start it again.
 */
#include <string.h>

#include <metal/alloc.h>
#include <metal/io.h>
#include <metal/sys.h>
#include <metal/utilities.h>
#include <openamp/remoteproc.h>
#include <openamp/rpmsg_virtio.h>

#include <sbesim/hw.h>

#include "remote-shim/open-amp/platform_info.h"

/* The rings of a firmware that has no resource table; as Linux's tables have them. */
#ifndef PLATFORM_VRING_NUM
#define PLATFORM_VRING_NUM 16u
#endif
#ifndef PLATFORM_VRING_ALIGN
#define PLATFORM_VRING_ALIGN 4096u
#endif

/*
 * On some platforms the mailbox may lose a kick: so long one is waited for before the rings are looked at again, and so
 * many times in a row. A peer that is silent for longer has stopped; the run then ends as a hang, with its reason.
 */
#define PLATFORM_REPOLL_NS 1000000u
#define PLATFORM_REPOLLS 16u

#define PLATFORM_CHANNEL 0u
#define PLATFORM_RPMSG_ID 7u	/* virtio's number of an rpmsg device */
#define PLATFORM_NOTIFY_VDEV 2u /* open-amp wants it to differ from those of the rings, 0 and 1 */
#define PLATFORM_VRINGS 2u

enum platform_region {
	PLATFORM_TABLE,
	PLATFORM_VRING0,
	PLATFORM_VRING1,
	PLATFORM_BUFFERS,
	PLATFORM_REGIONS
};

static const char *const platform_region_names[PLATFORM_REGIONS] = {
	[PLATFORM_TABLE] = "rsc-table",
	[PLATFORM_VRING0] = "vdev0vring0",
	[PLATFORM_VRING1] = "vdev0vring1",
	[PLATFORM_BUFFERS] = "vdev0buffer",
};

struct platform_memory {
	struct hw_region region;
	metal_phys_addr_t pa;
	struct metal_io_region io;
	struct remoteproc_mem mem;
	bool mapped;
};

static struct platform {
	struct remoteproc rproc;
	struct platform_memory memory[PLATFORM_REGIONS];
	struct rpmsg_virtio_shm_pool pool;
	volatile bool kicked; /* since the last look at the rings */
	unsigned int silent;  /* looks at the rings since the last kick */
} platform_state;

/* What a firmware without a resource table gets. */
struct platform_table {
	struct resource_table head;
	uint32_t offset[1];
	struct fw_rsc_vdev vdev;
	struct fw_rsc_vdev_vring vring[PLATFORM_VRINGS];
} METAL_PACKED_END;

static const struct platform_table platform_table_default = {
	.head = {.ver = 1, .num = 1},
	.offset = {offsetof(struct platform_table, vdev)},
	.vdev = {
		.type = RSC_VDEV,
		.id = PLATFORM_RPMSG_ID,
		.notifyid = PLATFORM_NOTIFY_VDEV,
		.dfeatures = 1u << VIRTIO_RPMSG_F_NS,
		.num_of_vrings = PLATFORM_VRINGS,
	},
	.vring = {
		{.da = FW_RSC_U32_ADDR_ANY, .align = PLATFORM_VRING_ALIGN, .num = PLATFORM_VRING_NUM, .notifyid = 0},
		{.da = FW_RSC_U32_ADDR_ANY, .align = PLATFORM_VRING_ALIGN, .num = PLATFORM_VRING_NUM, .notifyid = 1},
	},
};

/* ---- open-amp's remoteproc operations --------------------------------------------------------------- */

static struct remoteproc *platform_rproc_init(struct remoteproc *rproc, const struct remoteproc_ops *ops, void *arg)
{
	rproc->ops = ops;
	rproc->priv = arg;
	return rproc;
}

static void platform_rproc_remove(struct remoteproc *rproc)
{
	rproc->priv = NULL;
}

static void platform_memory_map(struct remoteproc *rproc, struct platform_memory *m, const char *name)
{
	m->pa = m->region.da;
	metal_io_init(&m->io, m->region.va, &m->pa, m->region.size, (unsigned int)-1, 0, NULL);
	remoteproc_init_mem(&m->mem, name, m->pa, m->pa, m->region.size, &m->io);
	remoteproc_add_mem(rproc, &m->mem);
	m->mapped = true;
}

static bool platform_covers(const struct hw_region *r, metal_phys_addr_t at, size_t size)
{
	return at >= r->da && at - r->da < r->size && size <= r->size - (at - r->da);
}

/* open-amp asks here for what it has not got yet. Device and physical addresses are the same on the bench. */
static void *platform_rproc_mmap(struct remoteproc *rproc, metal_phys_addr_t *pa, metal_phys_addr_t *da, size_t size,
				 unsigned int attribute, struct metal_io_region **io)
{
	struct platform *p = rproc->priv;
	metal_phys_addr_t at = *pa != METAL_BAD_PHYS ? *pa : *da;

	(void)attribute;
	for (unsigned int i = 0; i < PLATFORM_REGIONS; i++) {
		struct platform_memory *m = &p->memory[i];

		if (!platform_covers(&m->region, at, size))
			continue;
		if (!m->mapped)
			platform_memory_map(rproc, m, platform_region_names[i]);
		*pa = *da = at;
		if (io)
			*io = &m->io;
		return metal_io_phys_to_virt(&m->io, at);
	}
	return NULL;
}

static int platform_rproc_config(struct remoteproc *rproc, void *data)
{
	(void)rproc;
	(void)data;
	return 0;
}

static int platform_rproc_start(struct remoteproc *rproc)
{
	(void)rproc;
	/* What the remote reads first has to be in memory by now. */
	hw_dsb();
	return hw_remote_start() ? -RPROC_EINVAL : 0;
}

/* The bench cannot stop a remote: it goes on until its own program ends. */
static int platform_rproc_shutdown(struct remoteproc *rproc)
{
	(void)rproc;
	return 0;
}

/* A kick is a store to a device: what it tells of has to be in memory before. */
static int platform_rproc_notify(struct remoteproc *rproc, uint32_t id)
{
	(void)rproc;
	hw_dsb();
	return hw_mbox_send(PLATFORM_CHANNEL, id) ? -RPROC_EAGAIN : 0;
}

static const struct remoteproc_ops platform_rproc_ops = {
	.init = platform_rproc_init,
	.remove = platform_rproc_remove,
	.mmap = platform_rproc_mmap,
	.config = platform_rproc_config,
	.start = platform_rproc_start,
	.shutdown = platform_rproc_shutdown,
	.notify = platform_rproc_notify,
};

/* ---- Beginning and end ------------------------------------------------------------------------------ */

static void platform_isr(void *arg, uint64_t token)
{
	struct platform *p = arg;

	(void)token;
	p->kicked = true;
}

int platform_init(int argc, char *argv[], void **platform)
{
	const struct metal_init_params params = METAL_INIT_DEFAULTS;
	struct platform *p = &platform_state;

	(void)argc;
	(void)argv;
	if (metal_init(&params) || !remoteproc_init(&p->rproc, &platform_rproc_ops, p))
		return -RPROC_EINVAL;
	for (unsigned int i = 0; i < PLATFORM_REGIONS; i++) {
		metal_phys_addr_t da;

		if (hw_region_get(platform_region_names[i], &p->memory[i].region))
			return -RPROC_ENOMEM;
		da = p->memory[i].region.da;
		if (!remoteproc_mmap(&p->rproc, NULL, &da, p->memory[i].region.size, 0, NULL))
			return -RPROC_ENOMEM;
	}
	*platform = &p->rproc;
	return hw_mbox_register(PLATFORM_CHANNEL, platform_isr, p) ? -RPROC_ENODEV : 0;
}

void platform_cleanup(void *platform)
{
	remoteproc_shutdown(platform);
	remoteproc_remove(platform);
	metal_finish();
}

/* ---- The resource table ----------------------------------------------------------------------------- */

static bool platform_da_is_open(uint32_t da)
{
	return da == FW_RSC_U32_ADDR_ANY || da == 0;
}

static void platform_vdev_place(const struct platform *p, struct fw_rsc_vdev *vdev)
{
	for (unsigned int i = 0; i < vdev->num_of_vrings && i < PLATFORM_VRINGS; i++)
		if (platform_da_is_open(vdev->vring[i].da))
			vdev->vring[i].da = (uint32_t)p->memory[PLATFORM_VRING0 + i].region.da;
}

/* A carve-out that may lie anywhere lies in the region of its name. */
static void platform_carveout_place(struct fw_rsc_carveout *carveout)
{
	struct hw_region region;

	if (platform_da_is_open(carveout->da) && hw_region_get((const char *)carveout->name, &region) == 0)
		carveout->da = carveout->pa = (uint32_t)region.da;
}

static void platform_table_place(const struct platform *p, struct resource_table *table)
{
	for (uint32_t i = 0; i < table->num; i++) {
		void *entry = (char *)table + table->offset[i];

		if (*(uint32_t *)entry == RSC_VDEV)
			platform_vdev_place(p, entry);
		else if (*(uint32_t *)entry == RSC_CARVEOUT)
			platform_carveout_place(entry);
	}
}

/* The table as a loader leaves it in memory, for open-amp to complete. 0, or open-amp's error. */
static int platform_table_load(struct platform *p)
{
	const struct hw_region *region = &p->memory[PLATFORM_TABLE].region;
	size_t size = hw_firmware_read(".resource_table", region->va, region->size, 0);

	if (!size) {
		size = sizeof(platform_table_default);
		memcpy(region->va, &platform_table_default, size);
	}
	platform_table_place(p, region->va);
	return remoteproc_set_rsc_table(&p->rproc, region->va, size);
}

static int platform_remote_boot(struct platform *p)
{
	const struct hw_region *region = &p->memory[PLATFORM_TABLE].region;
	int rc = platform_table_load(p);

	if (rc)
		return rc;
	/* CACHE: only the host has written to the table; the remote reads it once it runs. */
	if (region->attr & HW_CACHED)
		hw_cache_clean(region->va, region->size);
	rc = remoteproc_config(&p->rproc, NULL);
	return rc ? rc : remoteproc_start(&p->rproc);
}

static int platform_table_find(struct platform *p)
{
	const struct hw_region *region = &p->memory[PLATFORM_TABLE].region;

	/*
	 * CACHE: the host wrote the table before it started this CPU. Start-up code, of which the bench has none,
	 * empties the cache before it turns it on.
	 */
	if (region->attr & HW_CACHED)
		hw_cache_invalidate(region->va, region->size);
	return remoteproc_set_rsc_table(&p->rproc, region->va, region->size);
}

/* ---- The rpmsg device ------------------------------------------------------------------------------- */

static int platform_rpmsg_init(struct platform *p, struct rpmsg_virtio_device *rpmsg, struct virtio_device *vdev,
			       rpmsg_ns_bind_cb ns_bind_cb)
{
	struct platform_memory *buffers = &p->memory[PLATFORM_BUFFERS];

	/* The host's alone; open-amp ignores it on a remote. */
	rpmsg_virtio_init_shm_pool(&p->pool, buffers->region.va, buffers->region.size);
	return rpmsg_init_vdev(rpmsg, vdev, ns_bind_cb, &buffers->io, &p->pool);
}

struct rpmsg_device *platform_create_rpmsg_vdev(void *platform, unsigned int vdev_index, unsigned int role,
						void (*rst_cb)(struct virtio_device *vdev),
						rpmsg_ns_bind_cb ns_bind_cb)
{
	struct remoteproc *rproc = platform;
	struct platform *p = rproc->priv;
	struct rpmsg_virtio_device *rpmsg;
	struct virtio_device *vdev;

	if (role == VIRTIO_DEV_DRIVER ? platform_remote_boot(p) : platform_table_find(p))
		return NULL;
	vdev = remoteproc_create_virtio(rproc, (int)vdev_index, role, rst_cb);
	if (!vdev)
		return NULL;
	rpmsg = metal_allocate_memory(sizeof(*rpmsg));
	if (rpmsg && platform_rpmsg_init(p, rpmsg, vdev, ns_bind_cb) == 0)
		return rpmsg_virtio_get_rpmsg_device(rpmsg);
	metal_free_memory(rpmsg);
	remoteproc_remove_virtio(rproc, vdev);
	return NULL;
}

void platform_release_rpmsg_vdev(struct rpmsg_device *rpdev, void *platform)
{
	struct rpmsg_virtio_device *rpmsg = metal_container_of(rpdev, struct rpmsg_virtio_device, rdev);
	struct virtio_device *vdev = rpmsg->vdev;

	rpmsg_deinit_vdev(rpmsg);
	remoteproc_remove_virtio(platform, vdev);
	metal_free_memory(rpmsg);
}

int platform_poll(void *platform)
{
	struct remoteproc *rproc = platform;
	struct platform *p = rproc->priv;

	/* Disabled, a kick between the look and the WFI stays pending and ends the WFI at once. */
	hw_irq_disable();
	if (!p->kicked)
		hw_wfi(p->silent < PLATFORM_REPOLLS ? PLATFORM_REPOLL_NS : 0);
	hw_irq_enable();
	p->silent = p->kicked ? 0 : p->silent + 1;
	p->kicked = false;
	/* The mailbox says that something happened, not where: every ring is looked at. */
	return remoteproc_get_notification(rproc, RSC_NOTIFY_ID_ANY);
}

/* ---- The entry -------------------------------------------------------------------------------------- */

int main(int argc, char *argv[]);

int sbesim_main(int argc, char **argv)
{
	return main(argc, argv);
}
