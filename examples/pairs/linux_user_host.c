/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The traffic of the pairs as a Linux program: endpoints are files. It waits for the service that the remote
 * announces, creates an endpoint of its own that talks to it, does its job by write, poll and read, and takes the
 * endpoint away again. An ordinary program, nothing in it is the bench's; it builds and runs on a board as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/rpmsg.h>

#include "examples/pairs/traffic.h"

#define USER_ADDR_ANY 0xffffffffu
#define USER_NAME "traffic" /* of our endpoint; the remote never learns it */
#define USER_NODES 8	    /* endpoints are looked for among /dev/rpmsg0 ... */
#define USER_TRIES 1000	    /* each a millisecond */

static struct traffic traffic;

static int user_error(const char *what)
{
	perror(what);
	return 10;
}

/* Reads /sys/class/rpmsg/rpmsgNODE/ATTRIBUTE as a line. False: there is none. */
static int user_attribute(int node, const char *attribute, char *line, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/class/rpmsg/rpmsg%d/%s", node, attribute);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	n = read(fd, line, size - 1);
	close(fd);
	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return n > 0;
}

/* The node of the endpoint of that name, or -1. */
static int user_find(const char *name)
{
	char line[32];

	for (int node = 0; node < USER_NODES; node++)
		if (user_attribute(node, "name", line, sizeof(line)) && !strcmp(line, name))
			return node;
	return -1;
}

/* The remote's address: known when it has announced its service. */
static int user_wait(unsigned int *address)
{
	char line[16];

	for (int tries = 0; tries < USER_TRIES; tries++) {
		int node = user_find(TRAFFIC_SERVICE);

		if (node >= 0 && user_attribute(node, "dst", line, sizeof(line))) {
			*address = (unsigned int)strtoul(line, NULL, 10);
			return 0;
		}
		usleep(1000);
	}
	errno = ETIMEDOUT;
	return -1;
}

/* Our endpoint, open. */
static int user_open(unsigned int address)
{
	struct rpmsg_endpoint_info info = {.name = USER_NAME, .src = USER_ADDR_ANY, .dst = address};
	int control = open("/dev/rpmsg_ctrl0", O_RDWR);
	char path[32];
	int rc;

	if (control < 0)
		return -1;
	rc = ioctl(control, RPMSG_CREATE_EPT_IOCTL, &info);
	close(control);
	if (rc)
		return -1;
	snprintf(path, sizeof(path), "/dev/rpmsg%d", user_find(USER_NAME));
	return open(path, O_RDWR);
}

static int user_send(void *ctx, const void *data, uint32_t size)
{
	const int *fd = ctx;

	return write(*fd, data, size) == (ssize_t)size ? 0 : -1;
}

static void user_poll(void *ctx)
{
	const int *fd = ctx;
	struct pollfd ask = {.fd = *fd, .events = POLLIN};
	char buf[TRAFFIC_PAYLOAD_MAX];
	ssize_t size;

	if (poll(&ask, 1, -1) != 1)
		return;
	size = read(*fd, buf, sizeof(buf));
	if (size >= 0)
		traffic_host_take(&traffic, TRAFFIC_JOB, buf, (uint32_t)size);
}

int main(int argc, char **argv)
{
	unsigned int address;
	int fd, rc;

	(void)argc;
	(void)argv;
	if (user_wait(&address))
		return user_error("waiting for " TRAFFIC_SERVICE);
	fd = user_open(address);
	if (fd < 0)
		return user_error("creating an endpoint");
	traffic.send = user_send;
	traffic.poll = user_poll;
	traffic.ctx = &fd;
	rc = traffic_host_run(&traffic, TRAFFIC_JOB);
	printf("%u messages came back, error %d\n", traffic.taken, rc);
	if (ioctl(fd, RPMSG_DESTROY_EPT_IOCTL))
		return user_error("destroying the endpoint");
	close(fd);
	return rc;
}
