/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The traffic of the pairs as a Linux driver: an rpmsg client that asks the remote and checks what comes back. An
 * ordinary kernel file, but for its end: when the job is done so is the run. It copies, as Linux has no other
 * calls.
 */
#include <linux/module.h>
#include <linux/rpmsg.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <sbesim/hw.h>

#include "examples/pairs/traffic.h"

static struct rpmsg_device *client;
static struct traffic traffic;
static DECLARE_WAIT_QUEUE_HEAD(client_arrived);
static u32 client_messages;

static int client_send(void *ctx, const void *data, uint32_t size)
{
	return rpmsg_send(ctx, (void *)data, (int)size);
}

static void client_poll(void *ctx)
{
	u32 before = READ_ONCE(client_messages);

	(void)ctx;
	wait_event(client_arrived, READ_ONCE(client_messages) != before);
}

static int client_callback(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	(void)rpdev, (void)priv, (void)src;
	traffic_host_take(&traffic, TRAFFIC_JOB, data, (u32)len);
	WRITE_ONCE(client_messages, client_messages + 1);
	wake_up(&client_arrived);
	return 0;
}

static void client_run(struct work_struct *work)
{
	int rc;

	(void)work;
	traffic = (struct traffic){ .send = client_send, .poll = client_poll, .ctx = client->ept };
	rc = traffic_host_run(&traffic, TRAFFIC_JOB);
	dev_info(&client->dev, "%u messages came back, error %d\n", traffic.taken, rc);
	hw_exit(rc);
}

/* Not in probe: that runs where messages are received, so none would arrive meanwhile. */
static DECLARE_WORK(client_work, client_run);

static int client_probe(struct rpmsg_device *rpdev)
{
	client = rpdev;
	schedule_work(&client_work);
	return 0;
}

static struct rpmsg_device_id client_ids[] = {
	{ .name = TRAFFIC_SERVICE },
	{ },
};
MODULE_DEVICE_TABLE(rpmsg, client_ids);

static struct rpmsg_driver client_driver = {
	.drv.name = "traffic",
	.id_table = client_ids,
	.probe = client_probe,
	.callback = client_callback,
};
module_rpmsg_driver(client_driver);

MODULE_DESCRIPTION("The traffic of the bench's pairs");
MODULE_LICENSE("Dual BSD/GPL");
