/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The smallest SBE exchange, remote side: turns round whatever text it is given. echo_host.c comes first. It
 * serves for ever, one request at a time.
 */
#include "remote-shim/sbe_remote.h"

static struct sbe_remote remote;
static struct sbe_endpoint echo;

/*
 * A request came. The library has checked each buffer against the areas that the host announced, and has
 * dropped stale cache lines: buffer->data may simply be read and, being IN-OUT, written. What is written
 * reaches memory before the host hears of it.
 */
static uint16_t echo_request(void *arg, struct sbe_call *call)
{
	(void)arg;
	for (unsigned int i = 0; i < call->count; i++) {
		const struct sbe_buffer *buffer = &call->buffers[i];
		char *text = buffer->data;

		/* The peer chose the buffers: what this service cannot use is refused, never asserted. */
		if (buffer->dir != SBE_INOUT)
			return SBE_EPROTO;
		for (size_t left = 0, right = (size_t)buffer->size - 1; left < right; left++, right--) {
			char kept = text[left];

			text[left] = text[right];
			text[right] = kept;
		}
	}
	/* No bytes of our own go back: call->reply_size stays 0. */
	return SBE_OK;
}

static const struct sbe_ops ops = {.request = echo_request, .message = NULL};

int sbesim_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	/* Waits until the host has written the resource table and raised the status to DRIVER_OK. */
	if (sbe_remote_open(&remote))
		return 1;
	/* Opening announces the name; the host is waiting for it. */
	if (sbe_open(&echo, &remote.rpmsg, "sbe.echo", &ops, NULL))
		return 2;
	/* Sleep until something comes, and deliver it. Areas are entered and acknowledged in here as well. */
	while (sbe_remote_serve(&remote) >= 0)
		continue;
	return 3;
}
