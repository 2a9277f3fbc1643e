/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The traffic's host on rpmsg-lite, which is the master then. It starts the remote, opens the link, waits until
 * the service is announced and does its job. An rpmsg-lite master writes no resource table and no status: only a
 * remote that wants neither, another rpmsg-lite, can follow.
 */
#include "examples/pairs/rpmsg_lite_link.h"
#include "examples/pairs/traffic.h"

#include <string.h>

#include <rpmsg_ns.h>

#if RL_USE_STATIC_API
static rpmsg_ns_static_context host_ns_context;
#define HOST_NS_MEMORY , &host_ns_context
#else
#define HOST_NS_MEMORY
#endif

/* Zero-copy: how many messages are held before the oldest is given back. */
#define HOST_HELD 2u

static struct {
	struct link link;
	struct traffic traffic;
	struct link_message held[HOST_HELD];
	uint32_t taken;
	volatile uint32_t service;	/* the remote's address; 0: none yet */
} host;

/* In the interrupt. */
static void host_name_came(uint32_t new_ept, const char *new_ept_name, uint32_t flags, void *user_data)
{
	(void)user_data;
	if (flags == RL_NS_CREATE && !strcmp(new_ept_name, TRAFFIC_SERVICE))
		host.service = new_ept;
}

static int host_send(void *ctx, const void *data, uint32_t size)
{
	(void)ctx;
	return link_send(&host.link, host.service, data, size);
}

static void host_poll(void *ctx)
{
	struct link_message *m = &host.held[host.taken % HOST_HELD];

	(void)ctx;
	if (host.taken >= HOST_HELD)
		inbox_release(&host.link, m);
	if (inbox_receive(&host.link, m)) {
		host.traffic.error = TRAFFIC_SIZE;
		return;
	}
	host.taken++;
	traffic_host_take(&host.traffic, TRAFFIC_JOB, m->data, m->size);
}

static void host_release_held(void)
{
	uint32_t held = host.taken < HOST_HELD ? host.taken : HOST_HELD;

	for (uint32_t i = 0; i < held; i++)
		inbox_release(&host.link, &host.held[i]);
}

static int host_connect(void)
{
	if (hw_remote_start())
		return -1;
	/* The remote may announce its service as soon as the link is up; it must find somebody listening. */
	platform_interrupt_disable(0);
	if (link_open(&host.link, true) || !rpmsg_ns_bind(host.link.device, host_name_came, NULL HOST_NS_MEMORY))
		return -1;
	while (!host.service)
		platform_wait(0);
	platform_interrupt_enable(0);
	return 0;
}

int sbesim_main(int argc, char **argv)
{
	int rc;

	(void)argc;
	(void)argv;
	if (host_connect())
		return 10;
	host.traffic.send = host_send;
	host.traffic.poll = host_poll;
	rc = traffic_host_run(&host.traffic, TRAFFIC_JOB);
	host_release_held();
	return rc;
}
