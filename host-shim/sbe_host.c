/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host side of the bare sbe port: lays out the shared memory, starts the remote processor, then raises
 * the status. It does not load firmware and does not restart a remote.
 */
#include "host-shim/sbe_host.h"

/* What Linux's tables use, and the longest cache line in sight for regions that are too small for that. */
#define ALIGN_LINUX 4096u
#define ALIGN_SMALL 64u

static bool sbe_host_ring_fits(const struct sbe_host *host, uint32_t align)
{
	uint32_t size = VRING_SIZE(SBE_HOST_RING_NUM, align);

	return host->hw.memory[SBESIM_VRING0].size >= size && host->hw.memory[SBESIM_VRING1].size >= size;
}

int sbe_host_open(struct sbe_host *host)
{
	struct rpmsg_layout layout = {
		.table = &host->hw.memory[SBESIM_TABLE],
		.to_host = &host->hw.memory[SBESIM_VRING0],
		.to_remote = &host->hw.memory[SBESIM_VRING1],
		.buffers = &host->hw.memory[SBESIM_BUFFERS],
		.num = SBE_HOST_RING_NUM,
	};
	int rc;

	if (sbesim_port_init(&host->hw))
		return -(int)SBE_ENOTSUPP;
	layout.align = sbe_host_ring_fits(host, ALIGN_LINUX) ? ALIGN_LINUX : ALIGN_SMALL;
	rc = rpmsg_host_init(&host->rpmsg, &host->hw.port, &layout);
	if (rc)
		return rc;
	/* -1 says that it runs already: then it is polling the status byte. */
	(void)hw_remote_start();
	rpmsg_host_start(&host->rpmsg);
	return 0;
}

const struct sbe_memory *sbe_host_area(const struct sbe_host *host, unsigned int number)
{
	if (number >= SBESIM_MEMORIES - SBESIM_AREA0 || !host->hw.memory[SBESIM_AREA0 + number].va)
		return NULL;
	return &host->hw.memory[SBESIM_AREA0 + number];
}
