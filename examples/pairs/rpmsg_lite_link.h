/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the two programs on rpmsg-lite have in common: an instance with one endpoint, and messages that come and go
 * by rpmsg-lite's copying calls, or with -DJOB_NOCOPY=1 by its zero-copy ones. Who received a message is another
 * file: by callback, as bare metal does (rpmsg_lite_callback.c), or by queue, as under an RTOS
 * (rpmsg_lite_queue.c); a program is linked with one of them.
 */
#ifndef EXAMPLES_PAIRS_RPMSG_LITE_LINK_H
#define EXAMPLES_PAIRS_RPMSG_LITE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include <rpmsg_lite.h>

#ifdef JOB_NOCOPY
#define LINK_NOCOPY 1
#else
#define LINK_NOCOPY 0
#endif

struct link {
	struct rpmsg_lite_instance *device;
	struct rpmsg_lite_endpoint *endpoint;
};

struct link_message {
	uint32_t src, size;
	void *data;
};

/*
 * Opens instance and endpoint. The master's rings are ready when it returns; a remote waits for them. 0, or -1.
 * The master calls it with interrupts disabled and enables them when it can take a name service message.
 */
int link_open(struct link *l, bool master);
/* Copies `size` bytes, at most 496, into a buffer and sends it; waits for the buffer. 0, or -1. */
int link_send(struct link *l, uint32_t dst, const void *data, uint32_t size);

/* ---- Of the file that receives ------------------------------------------------------------------- */

/* Called first. What messages go to, or NULL; the callback is inbox_callback. */
void *inbox_open(struct link *l);
int32_t inbox_callback(void *payload, uint32_t payload_len, uint32_t src, void *priv);
/* Waits for the next message, which is ours until the release. 0, or -1. */
int inbox_receive(struct link *l, struct link_message *m);
void inbox_release(struct link *l, struct link_message *m);

#endif
