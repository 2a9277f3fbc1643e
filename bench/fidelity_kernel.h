/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a small preemptive kernel does to memory when an interrupt wakes a task that waits for a semaphore: prioritised
 * ready lists, lists of those who wait, register frames saved and restored, a scheduler that can be suspended. The
 * measured software runs on such a kernel, and much of a short message's time is spent in it.
 *
 * There are two tasks, the worker and the idle task, and one stack: the worker's code goes on where it waited, so what
 * is switched is the data of tasks, not the flow of control. No ticks, no time-outs, no mutexes, no nested interrupts.
 */
#ifndef BENCH_FIDELITY_KERNEL_H
#define BENCH_FIDELITY_KERNEL_H

#include <sbesim/hw.h>

struct kernel_semaphore;

/* Instructions that save registers, of 16 bytes each: what software saves at an interrupt, and of a task. */
struct kernel_frames {
	uint32_t isr, task;
};

void kernel_init(const struct kernel_frames *frames);
void kernel_semaphore_init(struct kernel_semaphore *semaphore);
/* Waits as long as it takes; from the worker, interrupts enabled. */
void kernel_take(struct kernel_semaphore *semaphore);
/* From an interrupt handler. */
void kernel_give_from_isr(struct kernel_semaphore *semaphore);
/* Sleeps until `done`: for programs whose work is done in interrupt handlers. */
void kernel_idle_until(const volatile bool *done);
/* Interrupts off, and back to what they were. */
bool kernel_lock(void);
void kernel_unlock(bool enabled);
/* What a handler does before and after its work: which interrupt it is, whose handler; frames. */
void kernel_isr_enter(unsigned int interrupt);
void kernel_isr_exit(unsigned int interrupt);

struct kernel_list;

struct kernel_node {
	uint32_t value;
	struct kernel_node *next, *prev;
	void *owner;
	struct kernel_list *list;	/* NULL: in none */
};

struct kernel_list {
	uint32_t count;
	struct kernel_node *index;	/* where the last turn ended */
	struct kernel_node end;
};

struct kernel_semaphore {
	uint32_t count, limit;
	int32_t receive_lock, send_lock;	/* given or taken by handlers while a task looked; -1: unlocked */
	struct kernel_list senders, receivers;
};

#endif
