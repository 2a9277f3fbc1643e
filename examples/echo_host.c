/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The smallest SBE exchange, host side: one buffer goes to the remote and comes back changed. Read this
 * first, then echo_remote.c. Error handling is reduced to an exit code; the buffer is the only one.
 */
#include "host-shim/sbe_host.h"

/* Our name for the piece of shared memory that buffers lie in: any number from 1 on. */
#define AREA 1u

/* State of the library is ours to keep, and must stay where it is while it is in use. */
static struct sbe_host host;
static struct sbe_endpoint echo;

/* This side only asks; nobody may send requests or messages to it. */
static const struct sbe_ops ops = {.request = NULL, .message = NULL};

static int echo_connect(void)
{
	const struct sbe_memory *area;

	/* Rings and resource table are written, the remote processor is started. */
	if (sbe_host_open(&host))
		return 1;
	/* Wait until the remote announces the service. "sbe." says: this endpoint speaks SBE. */
	if (sbe_open(&echo, &host.rpmsg, "sbe.echo", &ops, NULL) || sbe_connect(&echo))
		return 2;
	/* Tell the remote where the area is. From here on buffers are named by area, offset and size alone.
	 */
	area = sbe_host_area(&host, 0);
	if (!area || sbe_area_add(&echo, AREA, area->da, area->size))
		return 3;
	return 0;
}

static int echo_once(char *text, size_t size)
{
	/* IN-OUT: the remote reads these bytes and writes its answer over them. */
	struct sbe_buffer buffer = {.area = AREA, .dir = SBE_INOUT, .offset = 0, .size = size};
	struct sbe_exchange exchange = {.buffers = &buffer, .count = 1};

	/* Ours until the call, the remote's during it, ours after it. The cache is looked after on the way.
	 */
	for (size_t i = 0; i < size; i++)
		text[i] = (char)('a' + i % 26);
	if (sbe_request(&echo, &exchange))
		return 4;
	/* The remote turned the text round. */
	for (size_t i = 0; i < size; i++)
		if (text[i] != (char)('a' + (size - 1 - i) % 26))
			return 5;
	hw_console_write("echo came back\n", 15);
	return 0;
}

int sbesim_main(int argc, char **argv)
{
	int rc = echo_connect();

	(void)argc;
	(void)argv;
	return rc ? rc : echo_once(sbe_host_area(&host, 0)->va, 26);
}
