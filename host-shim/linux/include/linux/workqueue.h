/* SPDX-License-Identifier: BSD-3-Clause */
/* Deferred work. All queues are one list in order, run where somebody waits; an item never runs inside itself. */
#ifndef HOST_SHIM_LINUX_WORKQUEUE_H
#define HOST_SHIM_LINUX_WORKQUEUE_H

#include <linux/list.h>
#include <linux/types.h>

struct work_struct;
typedef void (*work_func_t)(struct work_struct *work);

struct work_struct {
	work_func_t func;
	struct work_struct *next;
	bool pending;
};

struct workqueue_struct;

extern struct workqueue_struct *system_wq;

#define WQ_UNBOUND 0
#define WQ_FREEZABLE 0

#define INIT_WORK(work, fn) (*(work) = (struct work_struct){ .func = (fn) })
#define DECLARE_WORK(name, fn) struct work_struct name = { .func = (fn) }

struct workqueue_struct *alloc_workqueue(const char *name, unsigned int flags, int max_active, ...);
void destroy_workqueue(struct workqueue_struct *queue);

/* From anywhere, interrupts included. False: it is queued already. */
bool queue_work(struct workqueue_struct *queue, struct work_struct *work);
/* True when it was waiting to run; it does not any more. */
bool cancel_work_sync(struct work_struct *work);
void flush_work(struct work_struct *work);

#define schedule_work(work) queue_work(system_wq, work)

#endif
