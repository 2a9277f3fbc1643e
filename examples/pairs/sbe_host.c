/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The traffic of the pairs on this project's own rpmsg, host side; plain messages, nothing of SBE. Messages are built in
 * place when the job is nocopy, and copied otherwise.
 */
#include <string.h>

#include "examples/pairs/traffic.h"
#include "host-shim/sbe_host.h"

static struct sbe_host host;
static struct rpmsg_endpoint endpoint;
static struct traffic traffic;

static int pair_send(void *ctx, const void *data, uint32_t size)
{
	(void)ctx;
#ifdef JOB_NOCOPY
	struct rpmsg_tx tx;

	if (rpmsg_tx_get(endpoint.device, &tx))
		return -1;
	memcpy(tx.data, data, size);
	rpmsg_tx_send(endpoint.device, &tx, endpoint.addr, endpoint.dst, size);
	return 0;
#else
	return rpmsg_send(&endpoint, data, size);
#endif
}

static void pair_poll(void *ctx)
{
	(void)ctx;
	if (rpmsg_poll(&host.rpmsg) == 0)
		host.hw.port.wait(host.hw.port.ctx, SBE_REPOLL_NS);
}

static void pair_receive(void *arg, const void *data, size_t size, uint32_t src)
{
	(void)arg;
	(void)src;
	traffic_host_take(&traffic, TRAFFIC_JOB, data, (uint32_t)size);
}

int sbesim_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	traffic.send = pair_send;
	traffic.poll = pair_poll;
	if (sbe_host_open(&host))
		return 10;
	if (rpmsg_endpoint_create(&endpoint, &host.rpmsg, TRAFFIC_SERVICE, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, pair_receive, NULL) ||
	    rpmsg_endpoint_connect(&endpoint))
		return 11;
	return traffic_host_run(&traffic, TRAFFIC_JOB);
}
