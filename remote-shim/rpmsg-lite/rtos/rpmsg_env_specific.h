/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The types that rpmsg-lite takes from its environment, for the one beside this file: what a queue of received messages
 * holds, and what a program gives when nothing may be allocated.
 */
#ifndef RPMSG_ENV_SPECIFIC_H_
#define RPMSG_ENV_SPECIFIC_H_

#include <stdbool.h>
#include <stdint.h>

#include <rpmsg_default_config.h>

/* One element of a queue: rpmsg-lite fills it. */
typedef struct {
	uint32_t src;
	void *data;
	uint32_t len;
} rpmsg_queue_rx_cb_data_t;

struct env_lock {
	bool held;
};

struct env_queue {
	uint8_t *storage;
	uint32_t length, element_size;
	volatile uint32_t first, count;
};

typedef struct env_lock LOCK_STATIC_CONTEXT;
typedef struct env_queue rpmsg_static_queue_ctxt;

/* Bytes of storage for the queue of one endpoint: rpmsg-lite makes it twice as long as a ring. */
#define RL_ENV_QUEUE_STATIC_STORAGE_SIZE (2 * RL_BUFFER_COUNT * sizeof(rpmsg_queue_rx_cb_data_t))

#endif
