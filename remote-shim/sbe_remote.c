/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The remote side of the bare sbe port: waits for the host's resource table and status, then serves.
 * It does not restart with a host that does.
 */
#include "remote-shim/sbe_remote.h"

int sbe_remote_open(struct sbe_remote *remote)
{
	if (sbesim_port_init(&remote->hw))
		return -(int)SBE_ENOTSUPP;
	return rpmsg_remote_init(&remote->rpmsg, &remote->hw.port, &remote->hw.memory[SBESIM_TABLE]);
}

int sbe_remote_serve(struct sbe_remote *remote)
{
	int rc = rpmsg_poll(&remote->rpmsg);

	if (rc == 0)
		remote->hw.port.wait(remote->hw.port.ctx, SBE_REPOLL_NS);
	return rc;
}
