/* SPDX-License-Identifier: BSD-3-Clause */
/* The end that echoes, for ever: notifications from the handler, messages from a task; see fidelity_host.c. */
#include "bench/fidelity_link.h"

static struct link_setup setup;
static uint8_t message[LINK_BYTES_MAX];

int sbesim_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (!link_setup_read(&setup))
		return 1;
	if (link_open(&setup, 1))
		return 2;
	link_on_notification(link_notify);
	for (;;)
		link_send(message, link_receive(message));
}
