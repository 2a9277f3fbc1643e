/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who runs when, in a kernel of one CPU and one thread: interrupt state, queued work, waiting, mutexes, time.
 *
 * Interrupt handlers only queue work. Work runs on the thread's own stack, when the thread waits and when a system
 * call returns; nothing preempts kernel code but an interrupt. So a piece of work that waits holds up whoever it
 * interrupted in waiting, an item never runs inside itself (as in Linux), and a mutex whose holder waits further
 * up the stack cannot be had: that is an assertion here and a wait in Linux. There are no signals, no priorities
 * and no other CPUs.
 */
#include <sbesim/hw.h>

#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "host-shim/linux/linux.h"

/* Alike for all queues: one list, in order. */
struct workqueue_struct {
	char unused;
};

static struct workqueue_struct sched_queue;
struct workqueue_struct *system_wq = &sched_queue;

static struct work_struct *sched_first, **sched_last = &sched_first;
static bool sched_irqs_off;

/* The items that run: the newest, and what it was started by somebody in waiting. On the stack. */
static struct sched_run {
	const struct work_struct *work;
	struct sched_run *outer;
} *sched_running;

/* ---- Interrupts ---------------------------------------------------------------------------------- */

void local_irq_disable(void)
{
	hw_irq_disable();
	sched_irqs_off = true;
}

void local_irq_enable(void)
{
	sched_irqs_off = false;
	hw_irq_enable();
}

bool linux_irq_save(void)
{
	bool enabled = !sched_irqs_off;

	local_irq_disable();
	return enabled;
}

void linux_irq_restore(bool enabled)
{
	if (enabled)
		local_irq_enable();
}

/* An interrupt is only taken while they are on, and its handler runs while they are off. */
void linux_irq_enter(void)
{
	sched_irqs_off = true;
}

void linux_irq_exit(void)
{
	sched_irqs_off = false;
}

/* ---- Work ---------------------------------------------------------------------------------------- */

struct workqueue_struct *alloc_workqueue(const char *name, unsigned int flags, int max_active, ...)
{
	(void)name, (void)flags, (void)max_active;
	return &sched_queue;
}

void destroy_workqueue(struct workqueue_struct *queue)
{
	(void)queue;
}

bool queue_work(struct workqueue_struct *queue, struct work_struct *work)
{
	bool enabled = linux_irq_save(), queued = !work->pending;

	(void)queue;
	if (queued) {
		work->pending = true;
		work->next = NULL;
		*sched_last = work;
		sched_last = &work->next;
	}
	linux_irq_restore(enabled);
	return queued;
}

static void work_unlink(struct work_struct **link)
{
	struct work_struct *work = *link;

	*link = work->next;
	if (!*link)
		sched_last = link;
	work->pending = false;
}

bool cancel_work_sync(struct work_struct *work)
{
	bool enabled = linux_irq_save(), was = work->pending;

	for (struct work_struct **link = &sched_first; *link; link = &(*link)->next)
		if (*link == work) {
			work_unlink(link);
			break;
		}
	linux_irq_restore(enabled);
	return was;
}

static bool work_runs(const struct work_struct *work)
{
	for (const struct sched_run *run = sched_running; run; run = run->outer)
		if (run->work == work)
			return true;
	return false;
}

/* The link to the next item that may run; NULL: none. */
static struct work_struct **work_next(void)
{
	for (struct work_struct **link = &sched_first; *link; link = &(*link)->next)
		if (!work_runs(*link))
			return link;
	return NULL;
}

static struct work_struct *work_take(void)
{
	bool enabled = linux_irq_save();
	struct work_struct **link = work_next(), *work = link ? *link : NULL;

	if (link)
		work_unlink(link);
	linux_irq_restore(enabled);
	return work;
}

bool linux_work(void)
{
	struct work_struct *work = work_take();
	struct sched_run run = { .work = work, .outer = sched_running };

	if (!work)
		return false;
	sched_running = &run;
	/* The function may free the item: it is not touched any more. */
	work->func(work);
	sched_running = run.outer;
	return true;
}

void flush_work(struct work_struct *work)
{
	while (work->pending)
		linux_wait(LINUX_FOREVER);
}

/* ---- Waiting ------------------------------------------------------------------------------------- */

bool linux_wait(uint64_t deadline_ns)
{
	uint64_t now = deadline_ns == LINUX_FOREVER ? 0 : hw_time_ns();

	if (linux_work())
		return true;
	if (now >= deadline_ns)
		return false;
	/* Disabled, an interrupt between the look and the WFI stays pending and ends the WFI at once. */
	local_irq_disable();
	if (!work_next())
		hw_wfi(deadline_ns == LINUX_FOREVER ? 0 : deadline_ns - now);
	local_irq_enable();
	return true;
}

uint64_t linux_deadline(uint64_t ns)
{
	uint64_t now = hw_time_ns();

	return ns < LINUX_FOREVER - now ? now + ns : LINUX_FOREVER;
}

long linux_ticks_left(uint64_t deadline_ns)
{
	uint64_t now = hw_time_ns();

	return now + NSEC_PER_JIFFY < deadline_ns ? (long)((deadline_ns - now) / NSEC_PER_JIFFY) : 1;
}

/* ---- Mutexes ------------------------------------------------------------------------------------- */

bool mutex_trylock(struct mutex *lock)
{
	if (lock->locked)
		return false;
	lock->locked = true;
	return true;
}

void linux_mutex_lock(struct mutex *lock, const char *where)
{
	if (!mutex_trylock(lock)) {
		printk("%s waits for a mutex that %s holds, further up the same stack\n", where, lock->holder);
		hw_assert_fail("a mutex is held by a caller that waits", __FILE__, __LINE__);
	}
	lock->holder = where;
}

void mutex_unlock(struct mutex *lock)
{
	lock->locked = false;
}

/* ---- Time ---------------------------------------------------------------------------------------- */

unsigned long linux_jiffies(void)
{
	return hw_time_ns() / NSEC_PER_JIFFY;
}

void mdelay(unsigned int ms)
{
	hw_sleep_ns((uint64_t)ms * 1000000);
}

void linux_sleep(uint64_t ns)
{
	uint64_t deadline = linux_deadline(ns);

	while (linux_wait(deadline))
		continue;
}

void msleep(unsigned int ms)
{
	linux_sleep((uint64_t)ms * 1000000);
}
