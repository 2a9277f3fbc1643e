/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The traffic of the pairs, remote side, on open-amp's public API. Built with the open-amp that is brought along; the
 * job is echo, with -DJOB_NOCOPY echo by the zero-copy calls, with -DJOB_RPC the calls. It serves until the host
 * destroys its endpoint; a host that just stops leaves it waiting.
 */
#include <string.h>

#include <openamp/open_amp.h>

#include "examples/pairs/traffic.h"
#include "remote-shim/open-amp/platform_info.h"

static struct rpmsg_endpoint ept;
static volatile bool gone;
static volatile int error;

#if defined(JOB_RPC)
static struct traffic traffic;

static int remote_send(void *ctx, const void *data, uint32_t size)
{
	(void)ctx;
	return rpmsg_trysend(&ept, data, (int)size) < 0;
}

static int remote_receive(struct rpmsg_endpoint *from, void *data, size_t size, uint32_t src, void *priv)
{
	(void)from;
	(void)src;
	(void)priv;
	traffic.send = remote_send;
	if (traffic_remote_take(&traffic, data, (uint32_t)size))
		error = 1;
	return RPMSG_SUCCESS;
}

static void remote_work(void)
{
}
#elif defined(JOB_NOCOPY)
/* What was received and not yet answered; the host has no more than TRAFFIC_WINDOW on the way. */
static struct held {
	void *data;
	uint32_t size;
} held[TRAFFIC_WINDOW];
static unsigned int holds;

static int remote_receive(struct rpmsg_endpoint *from, void *data, size_t size, uint32_t src, void *priv)
{
	(void)src;
	(void)priv;
	if (holds == TRAFFIC_WINDOW) {
		error = 2;
		return RPMSG_SUCCESS;
	}
	rpmsg_hold_rx_buffer(from, data);
	held[holds++] = (struct held){.data = data, .size = (uint32_t)size};
	return RPMSG_SUCCESS;
}

static int remote_answer(const struct held *h)
{
	uint32_t room;
	void *buffer = rpmsg_get_tx_payload_buffer(&ept, &room, true);

	if (!buffer || room < h->size)
		return -1;
	memcpy(buffer, h->data, h->size);
	rpmsg_release_rx_buffer(&ept, h->data);
	return rpmsg_send_nocopy(&ept, buffer, (int)h->size) < 0;
}

static void remote_work(void)
{
	for (unsigned int i = 0; i < holds; i++)
		if (remote_answer(&held[i]))
			error = 3;
	holds = 0;
}
#else
static int remote_receive(struct rpmsg_endpoint *from, void *data, size_t size, uint32_t src, void *priv)
{
	(void)src;
	(void)priv;
	if (rpmsg_send(from, data, (int)size) < 0)
		error = 4;
	return RPMSG_SUCCESS;
}

static void remote_work(void)
{
}
#endif

static void remote_unbind(struct rpmsg_endpoint *from)
{
	(void)from;
	gone = true;
}

int main(int argc, char *argv[])
{
	struct rpmsg_device *rdev;
	void *platform;

	if (platform_init(argc, argv, &platform))
		return 10;
	rdev = platform_create_rpmsg_vdev(platform, 0, VIRTIO_DEV_DEVICE, NULL, NULL);
	if (!rdev)
		return 11;
	if (rpmsg_create_ept(&ept, rdev, TRAFFIC_SERVICE, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, remote_receive,
			     remote_unbind))
		return 12;
	while (!gone && !error) {
		platform_poll(platform);
		remote_work();
	}
	platform_release_rpmsg_vdev(rdev, platform);
	platform_cleanup(platform);
	return error;
}
