/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The traffic's remote on rpmsg-lite. It waits for the link, announces the service and serves for ever. Its
 * resource table is for hosts that want one; an rpmsg-lite master does not.
 */
#include "examples/pairs/rpmsg_lite_link.h"
#include "examples/pairs/traffic.h"

#include <rpmsg_ns.h>

/* ---- The resource table: one rpmsg device with two rings ----------------------------------------- */

struct remote_table {
	uint32_t version, entries, reserved[2], offset;
	struct {
		uint32_t type, id, notifyid, dfeatures, gfeatures, config_len;
		uint8_t status, vrings, reserved[2];
	} vdev;
	struct {
		uint32_t da, align, num, notifyid, reserved;
	} vring[2];
};
_Static_assert(sizeof(struct remote_table) == 88, "remoteproc's layout");

#define TABLE_ANY 0xffffffffu	/* the host says where */
#define TABLE_VDEV 3u
#define VDEV_RPMSG 7u
#define VDEV_NAME_SERVICE 1u
#define TABLE_VRING(id) {.da = TABLE_ANY, .align = VRING_ALIGN, .num = RL_BUFFER_COUNT, .notifyid = (id)}

/* Read from the file by the host; the program itself never does. */
__attribute__((section(".resource_table"), used)) static struct remote_table remote_table = {
	.version = 1,
	.entries = 1,
	.offset = offsetof(struct remote_table, vdev),
	.vdev = {.type = TABLE_VDEV, .id = VDEV_RPMSG, .dfeatures = VDEV_NAME_SERVICE, .vrings = 2},
	.vring = {TABLE_VRING(0), TABLE_VRING(1)},
};

/* ---- The service --------------------------------------------------------------------------------- */

/* Zero-copy: how many messages are held before the oldest is given back. */
#define REMOTE_HELD 2u

static struct {
	struct link link;
	struct traffic traffic;
	struct link_message held[REMOTE_HELD];
	uint32_t taken, peer;
} remote;

static int remote_send(void *ctx, const void *data, uint32_t size)
{
	(void)ctx;
	return link_send(&remote.link, remote.peer, data, size);
}

static int remote_answer(const struct link_message *m)
{
	remote.peer = m->src;
	if (TRAFFIC_JOB == TRAFFIC_RPC)
		return traffic_remote_take(&remote.traffic, m->data, m->size);
	return remote_send(NULL, m->data, m->size);
}

static int remote_serve(void)
{
	struct link_message *m = &remote.held[remote.taken % REMOTE_HELD];

	if (remote.taken >= REMOTE_HELD)
		inbox_release(&remote.link, m);
	if (inbox_receive(&remote.link, m))
		return -1;
	remote.taken++;
	return remote_answer(m);
}

int sbesim_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	remote.traffic.send = remote_send;
	if (link_open(&remote.link, false))
		return 10;
	if (rpmsg_ns_announce(remote.link.device, remote.link.endpoint, TRAFFIC_SERVICE, RL_NS_CREATE) != RL_SUCCESS)
		return 11;
	while (!remote_serve())
		continue;
	return 12;
}
