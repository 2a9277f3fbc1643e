/* SPDX-License-Identifier: BSD-3-Clause */
/* Sends every rpmsg message back to where it came from, for ever; see echo_host.c. */
#include "remote-shim/sbe_remote.h"

static struct sbe_remote remote;
static struct rpmsg_endpoint endpoint;

static void on_message(void *arg, const void *data, size_t size, uint32_t src)
{
	struct rpmsg_tx tx;

	(void)arg;
	if (rpmsg_tx_get(&remote.rpmsg, &tx))
		return;
	for (size_t i = 0; i < size; i++)
		tx.data[i] = ((const uint8_t *)data)[i];
	rpmsg_tx_send(&remote.rpmsg, &tx, endpoint.addr, src, size);
}

int sbesim_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (sbe_remote_open(&remote))
		return 1;
	if (rpmsg_endpoint_create(&endpoint, &remote.rpmsg, "bench.echo", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, on_message, NULL))
		return 2;
	while (sbe_remote_serve(&remote) >= 0)
		continue;
	return 3;
}
