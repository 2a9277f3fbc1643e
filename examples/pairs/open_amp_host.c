/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The traffic of the pairs, host side, on open-amp's public API. Built with the open-amp that is brought along; the
 * job is echo, with -DJOB_NOCOPY echo by the zero-copy calls, with -DJOB_RPC the calls. Errors are an exit code.
 */
#include <string.h>

#include <openamp/open_amp.h>

#include "examples/pairs/traffic.h"
#include "remote-shim/open-amp/platform_info.h"

#ifdef JOB_RPC
#define JOB TRAFFIC_RPC
#else
#define JOB TRAFFIC_ECHO
#endif

/* With JOB_NOCOPY: as many received buffers are kept, and looked at only when they are given back. */
#define HELD 2u

static struct rpmsg_endpoint ept;
static struct traffic traffic;
static volatile bool bound, gone;

/* ---- Sending and receiving: copied, or in place ----------------------------------------------------- */

#ifdef JOB_NOCOPY
static struct held {
	void *data;
	uint32_t size;
} held[HELD];

static int host_send(void *ctx, const void *data, uint32_t size)
{
	uint32_t room;
	void *buffer = rpmsg_get_tx_payload_buffer(&ept, &room, true);

	(void)ctx;
	if (!buffer)
		return -1;
	if (room < size) {
		rpmsg_release_tx_buffer(&ept, buffer);
		return -1;
	}
	memcpy(buffer, data, size);
	return rpmsg_send_nocopy(&ept, buffer, (int)size) < 0;
}

static void host_give_back(struct held *h)
{
	if (h->data) {
		traffic_host_take(&traffic, JOB, h->data, h->size);
		rpmsg_release_rx_buffer(&ept, h->data);
	}
	h->data = NULL;
}

static int host_receive(struct rpmsg_endpoint *from, void *data, size_t size, uint32_t src, void *priv)
{
	(void)src;
	(void)priv;
	host_give_back(&held[0]);
	held[0] = held[1];
	rpmsg_hold_rx_buffer(from, data);
	held[1] = (struct held){.data = data, .size = (uint32_t)size};
	return RPMSG_SUCCESS;
}

/* What is held must not be waited for: nothing more may come. */
static void host_poll(void *platform)
{
	platform_poll(platform);
	for (unsigned int i = 0; i < HELD; i++)
		host_give_back(&held[i]);
}
#else
static int host_send(void *ctx, const void *data, uint32_t size)
{
	(void)ctx;
	return rpmsg_send(&ept, data, (int)size) < 0;
}

static int host_receive(struct rpmsg_endpoint *from, void *data, size_t size, uint32_t src, void *priv)
{
	(void)from;
	(void)src;
	(void)priv;
	traffic_host_take(&traffic, JOB, data, (uint32_t)size);
	return RPMSG_SUCCESS;
}

static void host_poll(void *platform)
{
	platform_poll(platform);
}
#endif

/* ---- The service ------------------------------------------------------------------------------------ */

static void host_unbind(struct rpmsg_endpoint *from)
{
	(void)from;
	gone = true;
}

static void host_bind(struct rpmsg_device *rdev, const char *name, uint32_t dest)
{
	if (bound || strcmp(name, TRAFFIC_SERVICE))
		return;
	bound = rpmsg_create_ept(&ept, rdev, name, RPMSG_ADDR_ANY, dest, host_receive, host_unbind) == RPMSG_SUCCESS;
}

int main(int argc, char *argv[])
{
	struct rpmsg_device *rdev;
	void *platform;
	int rc;

	if (platform_init(argc, argv, &platform))
		return 10;
	rdev = platform_create_rpmsg_vdev(platform, 0, VIRTIO_DEV_DRIVER, NULL, host_bind);
	if (!rdev)
		return 11;
	while (!bound)
		platform_poll(platform);
	traffic = (struct traffic){.send = host_send, .poll = host_poll, .ctx = platform};
	rc = traffic_host_run(&traffic, JOB);
	/* Tells the remote, whose program ends with that. */
	rpmsg_destroy_ept(&ept);
	platform_release_rpmsg_vdev(rdev, platform);
	platform_cleanup(platform);
	return rc ? rc : gone ? 12 : 0;
}
