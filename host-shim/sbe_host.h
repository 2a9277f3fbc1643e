/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a hosted host program on the bare sbe port links to: rings, table and buffers in the platform's
 * regions, the memory that the firmware's table asks for, and the remote processor started. It does not load firmware,
 * but its resource table, and does not restart a remote.
 */
#ifndef HOST_SHIM_SBE_HOST_H
#define HOST_SHIM_SBE_HOST_H

#include <sbesim/port.h>

#include "host-shim/carveouts.h"
#include "sbe/sbe.h"

#define SBE_HOST_RING_NUM 16u /* unless the firmware says otherwise */

struct sbe_host {
	struct sbesim_port hw;
	struct rpmsg_device rpmsg;
	struct carveouts carveouts; /* sbe_host_open_table only */
};

/* `host` must outlive everything opened on its rpmsg. 0, or a negated SBE_E*. */
int sbe_host_open(struct sbe_host *host);
/*
 * The same with the firmware's own resource table, loaded to the platform's region for it, and its carve-outs
 * from that `source`; the rings are the host's. A table that asks for what is not there: -SBE_ENOMEM with a
 * sentence in carveouts.why, and nothing is allocated.
 */
int sbe_host_open_table(struct sbe_host *host, const struct carveouts_source *source);
/* What the carve-outs of sbe_host_open_table have is given back. The remote must not use it any more. */
void sbe_host_close_table(struct sbe_host *host);
/* The area's region, or NULL: this platform has no such area. */
const struct sbe_memory *sbe_host_area(const struct sbe_host *host, unsigned int number);

#endif
