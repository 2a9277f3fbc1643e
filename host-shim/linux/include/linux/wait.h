/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting. Only queued work can make a condition true, and whoever waits runs it and then looks again: a wait
 * queue has nothing to keep, waking it nothing to do.
 */
#ifndef HOST_SHIM_LINUX_WAIT_H
#define HOST_SHIM_LINUX_WAIT_H

#include <linux/jiffies.h>
#include <linux/types.h>

typedef struct wait_queue_head {
	char unused;
} wait_queue_head_t;

#define DECLARE_WAIT_QUEUE_HEAD(name) wait_queue_head_t name
#define init_waitqueue_head(queue) ((void)(queue))
#define wake_up(queue) ((void)(queue))
#define wake_up_all(queue) ((void)(queue))
#define wake_up_interruptible(queue) ((void)(queue))
#define wake_up_interruptible_all(queue) ((void)(queue))

#define LINUX_FOREVER UINT64_MAX

/*
 * Runs what work there is; if there was none, sleeps until an interrupt or until `deadline_ns` (LINUX_FOREVER:
 * none). False when that has passed.
 */
bool linux_wait(uint64_t deadline_ns);
uint64_t linux_deadline(uint64_t ns);
/* What a wait with a time-out answers: the ticks left, at least 1. */
long linux_ticks_left(uint64_t deadline_ns);

#define wait_event(queue, condition) \
	do { \
		(void)(queue); \
		while (!(condition)) \
			linux_wait(LINUX_FOREVER); \
	} while (0)
/* There are no signals. */
#define wait_event_interruptible(queue, condition) ({ wait_event(queue, condition); 0; })
#define wait_event_timeout(queue, condition, ticks) \
	({ \
		uint64_t wait_deadline = linux_deadline((uint64_t)(ticks) * NSEC_PER_JIFFY); \
		bool wait_done, wait_late = false; \
		(void)(queue); \
		while (!(wait_done = (condition)) && !wait_late) \
			wait_late = !linux_wait(wait_deadline); \
		wait_done ? linux_ticks_left(wait_deadline) : 0; \
	})
#define wait_event_interruptible_timeout(queue, condition, ticks) wait_event_timeout(queue, condition, ticks)

#endif
