/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An rpmsg-lite instance with one endpoint; see rpmsg_lite_link.h. rpmsg-lite's two interfaces, with and without
 * allocation, differ in what is handed over when an object is made; this file hides that and nothing else.
 */
#include "examples/pairs/rpmsg_lite_link.h"

#include <string.h>

#define LINK_ID 0u

#if RL_USE_STATIC_API
static struct rpmsg_lite_instance link_instance;
static struct rpmsg_lite_ept_static_context link_endpoint;
#define LINK_INSTANCE_MEMORY , &link_instance
#define LINK_ENDPOINT_MEMORY , &link_endpoint
#else
#define LINK_INSTANCE_MEMORY
#define LINK_ENDPOINT_MEMORY
#endif

static int link_up(struct link *l, bool master)
{
	size_t length;
	void *shmem = platform_shmem(&length);

	if (!shmem)
		return -1;
	if (master)
		l->device = rpmsg_lite_master_init(shmem, length, LINK_ID, RL_NO_FLAGS LINK_INSTANCE_MEMORY);
	else
		l->device = rpmsg_lite_remote_init(shmem, LINK_ID, RL_NO_FLAGS LINK_INSTANCE_MEMORY);
	if (!l->device)
		return -1;
	return rpmsg_lite_wait_for_link_up(l->device, (uint32_t)RL_BLOCK) ? 0 : -1;
}

int link_open(struct link *l, bool master)
{
	void *inbox;

	if (link_up(l, master))
		return -1;
	inbox = inbox_open(l);
	if (!inbox)
		return -1;
	l->endpoint = rpmsg_lite_create_ept(l->device, RL_ADDR_ANY, inbox_callback, inbox LINK_ENDPOINT_MEMORY);
	return l->endpoint ? 0 : -1;
}

static int link_send_nocopy(struct link *l, uint32_t dst, const void *data, uint32_t size)
{
	uint32_t room;
	void *buffer = rpmsg_lite_alloc_tx_buffer(l->device, &room, RL_BLOCK);

	if (!buffer || size > room)
		return -1;
	memcpy(buffer, data, size);
	return rpmsg_lite_send_nocopy(l->device, l->endpoint, dst, buffer, size) == RL_SUCCESS ? 0 : -1;
}

int link_send(struct link *l, uint32_t dst, const void *data, uint32_t size)
{
	if (LINK_NOCOPY)
		return link_send_nocopy(l, dst, data, size);
	/* rpmsg-lite only reads them. */
	return rpmsg_lite_send(l->device, l->endpoint, dst, (char *)(uintptr_t)data, size, RL_BLOCK) == RL_SUCCESS ? 0 : -1;
}
