/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The traffic of the pairs: what a host asks and a remote answers, whichever rpmsg stacks they are built on.
 *
 * Three jobs on one service, the same bytes on the wire for every stack, so that any host here talks to any remote:
 *   echo    messages of many sizes come back as they are, TRAFFIC_WINDOW of them in flight
 *   nocopy  the same wire; both sides use their stack's zero-copy calls and hold what they received for a while
 *   rpc     requests with an id, answered out of order, and one that is answered by calling back first
 * A program for a stack is an adapter: it opens the endpoint, gives `send` and `poll`, and hands over what arrives.
 * Nothing here touches shared memory by itself; errors are positive codes, 0 is success.
 */
#ifndef EXAMPLES_PAIRS_TRAFFIC_H
#define EXAMPLES_PAIRS_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

/* The name under which the remote announces the endpoint; Linux' rpmsg_char binds to it. */
#define TRAFFIC_SERVICE "rpmsg-raw"
#define TRAFFIC_PAYLOAD_MAX 496u /* 512 less rpmsg's header */
#define TRAFFIC_MESSAGES 10u
#define TRAFFIC_WINDOW 4u
#define TRAFFIC_CALLS 12u

enum traffic_job { TRAFFIC_ECHO, TRAFFIC_RPC }; /* nocopy is TRAFFIC_ECHO, sent and received otherwise */

/* A program does one job: -DJOB_ECHO=1, -DJOB_NOCOPY=1 or -DJOB_RPC=1. */
#ifdef JOB_RPC
#define TRAFFIC_JOB TRAFFIC_RPC
#else
#define TRAFFIC_JOB TRAFFIC_ECHO
#endif

enum traffic_error { TRAFFIC_OK, TRAFFIC_SEND, TRAFFIC_SIZE, TRAFFIC_BYTES, TRAFFIC_ANSWER };

struct traffic {
	/* Copies `size` bytes into a message to the peer and sends it; may wait for a buffer. 0, or anything else: not sent. */
	int (*send)(void *ctx, const void *data, uint32_t size);
	/* Delivers what arrived (traffic_host_take is called from here, or from an interrupt), waiting for it. */
	void (*poll)(void *ctx);
	void *ctx;

	/* Ours. */
	volatile uint32_t sent, taken;
	volatile enum traffic_error error;
	volatile uint32_t answered; /* rpc: a bit per call */
	volatile uint32_t calls_back, owed; /* rpc: id + 1 of a call back that we have to answer */
	int32_t owed_a, owed_b;
	uint8_t out[TRAFFIC_PAYLOAD_MAX], in[TRAFFIC_PAYLOAD_MAX];
};

/* Host: does the whole job. 0, or an enum traffic_error. send, poll and ctx are set, the rest is zero. */
int traffic_host_run(struct traffic *t, enum traffic_job job);
/* Host: a message arrived. `data` is not kept. */
void traffic_host_take(struct traffic *t, enum traffic_job job, const void *data, uint32_t size);

/*
 * Remote, rpc only (an echo needs no state): a request or the answer to a call back arrived. Sends through `send`, which must
 * not wait: it is called from here. 0, or an enum traffic_error.
 */
int traffic_remote_take(struct traffic *t, const void *data, uint32_t size);

#endif
