/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receiving as bare metal does it: rpmsg-lite calls back in the interrupt, which notes the message for the main
 * loop; the copying job takes the bytes along, the zero-copy job holds the buffer. Nothing is sent from the
 * interrupt, since rpmsg-lite has no lock there.
 */
#include "examples/pairs/rpmsg_lite_link.h"

#include <string.h>

/* The peer never has more messages under way. */
#define INBOX_LENGTH RL_BUFFER_COUNT

static struct inbox {
	struct link_message message[INBOX_LENGTH];
	uint8_t copy[INBOX_LENGTH][RL_BUFFER_PAYLOAD_SIZE];
	volatile uint32_t came, taken;
} inbox_of_program;

void *inbox_open(struct link *l)
{
	(void)l;
	return &inbox_of_program;
}

int32_t inbox_callback(void *payload, uint32_t payload_len, uint32_t src, void *priv)
{
	struct inbox *inbox = priv;
	uint32_t slot = inbox->came % INBOX_LENGTH;

	/* More than there can be, or longer: no sense in it. */
	if (inbox->came - inbox->taken == INBOX_LENGTH || payload_len > RL_BUFFER_PAYLOAD_SIZE)
		return RL_RELEASE;
	if (!LINK_NOCOPY)
		memcpy(inbox->copy[slot], payload, payload_len);
	inbox->message[slot] = (struct link_message){
		.src = src,
		.size = payload_len,
		.data = LINK_NOCOPY ? payload : inbox->copy[slot],
	};
	inbox->came++;
	return LINK_NOCOPY ? RL_HOLD : RL_RELEASE;
}

int inbox_receive(struct link *l, struct link_message *m)
{
	struct inbox *inbox = &inbox_of_program;

	(void)l;
	platform_interrupt_disable(0);
	while (inbox->came == inbox->taken)
		platform_wait(0);
	platform_interrupt_enable(0);
	*m = inbox->message[inbox->taken % INBOX_LENGTH];
	/* The zero-copy job's bytes are elsewhere; the copying job is through with them before the slot comes round. */
	inbox->taken++;
	return 0;
}

void inbox_release(struct link *l, struct link_message *m)
{
	if (LINK_NOCOPY)
		rpmsg_lite_release_rx_buffer(l->device, m->data);
}
