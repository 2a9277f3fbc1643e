/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host side of the bare sbe port: lays out the shared memory, starts the remote processor, then raises
 * the status. Rings are as long as the firmware's own resource table wants them, if it has one. It does not
 * load firmware, but that table where it is asked to, and does not restart a remote.
 */
#include "host-shim/sbe_host.h"

/* What Linux's tables use, and the longest cache line in sight for regions that are too small for that. */
#define ALIGN_LINUX 4096u
#define ALIGN_SMALL 64u

static bool sbe_host_ring_fits(const struct sbe_host *host, const struct rpmsg_layout *layout)
{
	uint32_t size = VRING_SIZE(layout->num, layout->align);

	return host->hw.memory[SBESIM_VRING0].size >= size && host->hw.memory[SBESIM_VRING1].size >= size;
}

/* The first ring that the firmware's own resource table asks for; false: it has no such table. */
static bool sbe_host_firmware_ring(struct fw_rsc_vdev_vring *ring)
{
	struct fw_rsc_vdev vdev;
	uint32_t offset, entries = 0;

	hw_firmware_read(".resource_table", &entries, sizeof(entries), offsetof(struct resource_table, num));
	for (uint32_t i = 0; i < entries; i++) {
		if (hw_firmware_read(".resource_table", &offset, sizeof(offset),
				     offsetof(struct resource_table, offset) + i * sizeof(offset)) != sizeof(offset) ||
		    hw_firmware_read(".resource_table", &vdev, sizeof(vdev), offset) != sizeof(vdev))
			return false;
		if (vdev.type != RSC_VDEV || vdev.num_of_vrings != 2)
			continue;
		*ring = vdev.vring[0];
		return true;
	}
	return false;
}

static void sbe_host_choose_rings(const struct sbe_host *host, struct rpmsg_layout *layout)
{
	struct fw_rsc_vdev_vring ring;

	layout->num = SBE_HOST_RING_NUM;
	layout->align = ALIGN_LINUX;
	if (sbe_host_firmware_ring(&ring)) {
		layout->num = (uint16_t)ring.num;
		layout->align = ring.align;
	} else if (!sbe_host_ring_fits(host, layout)) {
		layout->align = ALIGN_SMALL;
	}
}

static int sbe_host_start(struct sbe_host *host, struct fw_rsc_vdev *vdev)
{
	struct rpmsg_layout layout = {
		.table = &host->hw.memory[SBESIM_TABLE],
		.to_host = &host->hw.memory[SBESIM_VRING0],
		.to_remote = &host->hw.memory[SBESIM_VRING1],
		.buffers = &host->hw.memory[SBESIM_BUFFERS],
		.vdev = vdev,
	};
	int rc;

	sbe_host_choose_rings(host, &layout);
	rc = rpmsg_host_init(&host->rpmsg, &host->hw.port, &layout);
	if (rc)
		return rc;
	/* -1 says that it runs already: then it is polling the status byte. */
	(void)hw_remote_start();
	rpmsg_host_start(&host->rpmsg);
	return 0;
}

int sbe_host_open(struct sbe_host *host)
{
	return sbesim_port_init(&host->hw) ? -(int)SBE_ENOTSUPP : sbe_host_start(host, NULL);
}

/* Into the platform's region, in which it may have `vdev`. */
static int sbe_host_load_table(struct sbe_host *host, const struct carveouts_source *source, struct fw_rsc_vdev **vdev)
{
	const struct sbe_memory *table = &host->hw.memory[SBESIM_TABLE];
	uint32_t size = (uint32_t)hw_firmware_read(".resource_table", table->va, (size_t)table->size, 0);

	if (carveouts_open(&host->carveouts, source, table->va, size))
		return -(int)SBE_ENOMEM;
	*vdev = resources_vdev(table->va);
	/* CACHE: written by the host only; the remote reads it after it was started. */
	sbe_port_clean(&host->hw.port, table->cached, table->va, size);
	return *vdev ? 0 : -(int)SBE_EPROTO;
}

int sbe_host_open_table(struct sbe_host *host, const struct carveouts_source *source)
{
	struct fw_rsc_vdev *vdev = NULL;
	int rc;

	if (sbesim_port_init(&host->hw))
		return -(int)SBE_ENOTSUPP;
	rc = sbe_host_load_table(host, source, &vdev);
	if (!rc)
		rc = sbe_host_start(host, vdev);
	if (rc)
		carveouts_close(&host->carveouts);
	return rc;
}

void sbe_host_close_table(struct sbe_host *host)
{
	carveouts_close(&host->carveouts);
}

const struct sbe_memory *sbe_host_area(const struct sbe_host *host, unsigned int number)
{
	if (number >= SBESIM_MEMORIES - SBESIM_AREA0 || !host->hw.memory[SBESIM_AREA0 + number].va)
		return NULL;
	return &host->hw.memory[SBESIM_AREA0 + number];
}
