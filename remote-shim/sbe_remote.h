/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a hosted remote program on the bare sbe port links to: the resource table found and the rings joined.
 * It does not restart with a host that does.
 */
#ifndef REMOTE_SHIM_SBE_REMOTE_H
#define REMOTE_SHIM_SBE_REMOTE_H

#include <sbesim/port.h>

#include "sbe/sbe.h"

struct sbe_remote {
	struct sbesim_port hw;
	struct rpmsg_device rpmsg;
};

/* `remote` must outlive everything opened on its rpmsg. Waits for the host. 0, or a negated SBE_E*. */
int sbe_remote_open(struct sbe_remote *remote);
/* Delivers what came, waiting a little for it. 0 or more, or a negated SBE_E*: the host broke a ring. */
int sbe_remote_serve(struct sbe_remote *remote);

#endif
