/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The traffic of the pairs on this project's own rpmsg, remote side; plain messages, nothing of SBE. It serves for ever.
 */
#include <string.h>

#include "examples/pairs/traffic.h"
#include "remote-shim/sbe_remote.h"

static struct sbe_remote remote;
static struct rpmsg_endpoint endpoint;
static struct traffic traffic;

/* To whoever sent last: there is one client. */
static int pair_send(void *ctx, const void *data, uint32_t size)
{
	struct rpmsg_tx tx;

	(void)ctx;
	if (rpmsg_tx_get(endpoint.device, &tx))
		return -1;
	memcpy(tx.data, data, size);
	rpmsg_tx_send(endpoint.device, &tx, endpoint.addr, endpoint.dst, size);
	return 0;
}

static void pair_receive(void *arg, const void *data, size_t size, uint32_t src)
{
	(void)arg;
	endpoint.dst = src;
	if (TRAFFIC_JOB == TRAFFIC_ECHO ? pair_send(NULL, data, (uint32_t)size) :
					  traffic_remote_take(&traffic, data, (uint32_t)size))
		hw_assert_fail("a message was not answered", __FILE__, __LINE__);
}

int sbesim_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	traffic.send = pair_send;
	if (sbe_remote_open(&remote))
		return 10;
	if (rpmsg_endpoint_create(&endpoint, &remote.rpmsg, TRAFFIC_SERVICE, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, pair_receive,
				  NULL))
		return 11;
	while (sbe_remote_serve(&remote) >= 0)
		continue;
	return 12;
}
