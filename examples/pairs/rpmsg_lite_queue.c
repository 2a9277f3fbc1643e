/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receiving as under an RTOS: rpmsg-lite's own queue, filled in the interrupt, on which the task sleeps.
 * rpmsg-lite holds every buffer until the task has copied it out or, in the zero-copy job, gives it back.
 */
#include "examples/pairs/rpmsg_lite_link.h"

#include <rpmsg_queue.h>

static rpmsg_queue_handle inbox_queue;
static char inbox_copy[RL_BUFFER_PAYLOAD_SIZE];

#if RL_USE_STATIC_API
static uint8_t inbox_storage[RL_ENV_QUEUE_STATIC_STORAGE_SIZE];
static rpmsg_static_queue_ctxt inbox_context;
#define INBOX_MEMORY , inbox_storage, &inbox_context
#else
#define INBOX_MEMORY
#endif

void *inbox_open(struct link *l)
{
	inbox_queue = rpmsg_queue_create(l->device INBOX_MEMORY);
	return inbox_queue;
}

int32_t inbox_callback(void *payload, uint32_t payload_len, uint32_t src, void *priv)
{
	return rpmsg_queue_rx_cb(payload, payload_len, src, priv);
}

int inbox_receive(struct link *l, struct link_message *m)
{
	char *data = inbox_copy;
	int32_t rc;

	if (LINK_NOCOPY)
		rc = rpmsg_queue_recv_nocopy(l->device, inbox_queue, &m->src, &data, &m->size, RL_BLOCK);
	else
		rc = rpmsg_queue_recv(l->device, inbox_queue, &m->src, data, sizeof(inbox_copy), &m->size, RL_BLOCK);
	m->data = data;
	return rc == RL_SUCCESS ? 0 : -1;
}

void inbox_release(struct link *l, struct link_message *m)
{
	if (LINK_NOCOPY)
		rpmsg_queue_nocopy_free(l->device, m->data);
}
