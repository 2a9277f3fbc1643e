/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a hosted host program on the bare sbe port links to: rings, table and buffers in the platform's
 * regions, and the remote processor started. It does not load firmware and does not restart a remote.
 */
#ifndef HOST_SHIM_SBE_HOST_H
#define HOST_SHIM_SBE_HOST_H

#include <sbesim/port.h>

#include "sbe/sbe.h"

#define SBE_HOST_RING_NUM 16u /* unless the firmware says otherwise */

struct sbe_host {
	struct sbesim_port hw;
	struct rpmsg_device rpmsg;
};

/* `host` must outlive everything opened on its rpmsg. 0, or a negated SBE_E*. */
int sbe_host_open(struct sbe_host *host);
/* The area's region, or NULL: this platform has no such area. */
const struct sbe_memory *sbe_host_area(const struct sbe_host *host, unsigned int number);

#endif
