/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Round trips of 64 bytes over rpmsg, as many as the input says ("COUNT"), for bench/run to time from outside; the other
 * end is echo_remote.c. There is one message under way at a time, and no SBE on top.
 */
#include "host-shim/sbe_host.h"

#define BYTES 64u

static struct sbe_host host;
static struct rpmsg_endpoint endpoint;
static unsigned int received;
static uint8_t message[BYTES];

static void on_message(void *arg, const void *data, size_t size, uint32_t src)
{
	(void)arg;
	(void)src;
	if (size == BYTES && ((const uint8_t *)data)[BYTES - 1] == message[BYTES - 1])
		received++;
}

static int round_trip(uint8_t number)
{
	unsigned int before = received;
	int rc;

	for (unsigned int i = 0; i < BYTES; i++)
		message[i] = (uint8_t)(number + i);
	rc = rpmsg_send(&endpoint, message, BYTES);
	while (rc >= 0 && received == before) {
		rc = rpmsg_poll(&host.rpmsg);
		if (rc == 0)
			host.hw.port.wait(host.hw.port.ctx, SBE_REPOLL_NS);
	}
	return rc;
}

int sbesim_main(int argc, char **argv)
{
	char input[16] = "";
	unsigned int count = 0;

	(void)argc;
	(void)argv;
	hw_input_read(input, sizeof(input) - 1, 0);
	for (const char *digit = input; *digit >= '0' && *digit <= '9'; digit++)
		count = count * 10 + (unsigned int)(*digit - '0');
	if (sbe_host_open(&host))
		return 1;
	if (rpmsg_endpoint_create(&endpoint, &host.rpmsg, "bench.echo", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, on_message, NULL) ||
	    rpmsg_endpoint_connect(&endpoint))
		return 2;
	for (unsigned int i = 0; i < count; i++)
		if (round_trip((uint8_t)i) < 0)
			return 3;
	return received == count ? 0 : 4;
}
