/* SPDX-License-Identifier: BSD-3-Clause */
/* A small kernel's work on memory; see fidelity_kernel.h. */
#include "bench/fidelity_kernel.h"

#define KERNEL_PRIORITIES 4u
#define KERNEL_FRAME_MAX 64u
#define KERNEL_INTERRUPTS 4u
#define KERNEL_UNLOCKED (-1)
#define KERNEL_FOREVER UINT32_MAX

/* What an instruction that stores a list of registers moves at least. */
typedef uint64_t kernel_quad __attribute__((vector_size(16)));

struct kernel_task {
	volatile kernel_quad *top;	/* of its stack */
	struct kernel_node state, event;
	uint32_t priority;
	volatile kernel_quad stack[KERNEL_FRAME_MAX];
};

static struct {
	struct kernel_task *current;
	struct kernel_list ready[KERNEL_PRIORITIES], pending, suspended;
	uint32_t top_priority, suspensions, missed_ticks, critical, tasks;
	bool yield_wanted;
	uint32_t isr_nesting;
	volatile uint32_t handler[KERNEL_INTERRUPTS], handled[KERNEL_INTERRUPTS];
	volatile kernel_quad isr_stack[KERNEL_FRAME_MAX];
	struct kernel_frames frames;
} kernel;

static struct kernel_task worker, idle;

/* ---- Lists ---- */
static void list_init(struct kernel_list *list)
{
	list->count = 0;
	list->index = &list->end;
	list->end.value = KERNEL_FOREVER;
	list->end.next = list->end.prev = &list->end;
}

static void list_link(struct kernel_list *list, struct kernel_node *after, struct kernel_node *node)
{
	node->next = after->next;
	node->prev = after;
	after->next->prev = node;
	after->next = node;
	node->list = list;
	list->count++;
}

/* So that it is the last whose turn comes. */
static void list_append(struct kernel_list *list, struct kernel_node *node)
{
	list_link(list, list->index->prev, node);
}

static void list_insert(struct kernel_list *list, struct kernel_node *node)
{
	struct kernel_node *after = &list->end;

	while (after->next != &list->end && after->next->value <= node->value)
		after = after->next;
	list_link(list, after, node);
}

static uint32_t list_remove(struct kernel_node *node)
{
	struct kernel_list *list = node->list;

	node->next->prev = node->prev;
	node->prev->next = node->next;
	if (list->index == node)
		list->index = node->prev;
	node->list = NULL;
	return --list->count;
}

/* ---- Critical sections ---- */
static void critical_enter(void)
{
	hw_irq_disable();
	kernel.critical++;
}

static void critical_exit(void)
{
	if (--kernel.critical == 0)
		hw_irq_enable();
}

bool kernel_lock(void)
{
	bool enabled = !kernel.isr_nesting && !kernel.critical;

	hw_irq_disable();
	return enabled;
}

void kernel_unlock(bool enabled)
{
	if (enabled)
		hw_irq_enable();
}

/* ---- Tasks ---- */
static void task_make_ready(struct kernel_task *task)
{
	if (task->priority > kernel.top_priority)
		kernel.top_priority = task->priority;
	list_append(&kernel.ready[task->priority], &task->state);
}

static void task_init(struct kernel_task *task, uint32_t priority)
{
	task->top = task->stack;
	task->priority = priority;
	task->state.owner = task->event.owner = task;
	task->event.value = KERNEL_PRIORITIES - priority;
	kernel.tasks++;
	task_make_ready(task);
}

static void frame_push(volatile kernel_quad *stack, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		stack[i] = (kernel_quad){ i };
}

static void frame_pop(const volatile kernel_quad *stack, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		(void)stack[i];
}

static void task_save(struct kernel_task *task)
{
	frame_push(task->stack, kernel.frames.task);
	task->top = task->stack;
}

static void task_restore(const struct kernel_task *task)
{
	frame_pop(task->top, kernel.frames.task);
}

static void task_select(void)
{
	struct kernel_list *list;

	if (kernel.suspensions) {
		kernel.yield_wanted = true;
		return;
	}
	kernel.yield_wanted = false;
	while (kernel.ready[kernel.top_priority].count == 0)
		kernel.top_priority--;
	list = &kernel.ready[kernel.top_priority];
	list->index = list->index->next;
	if (list->index == &list->end)
		list->index = list->index->next;
	kernel.current = list->index->owner;
}

static void task_switch(void)
{
	task_save(kernel.current);
	task_select();
	task_restore(kernel.current);
}

/* The idle task runs when the worker waits, until an interrupt wants the worker again. */
static void task_yield(void)
{
	task_switch();
	while (kernel.current == &idle) {
		hw_irq_disable();
		if (!kernel.yield_wanted)
			hw_wfi(0);
		hw_irq_enable();
		if (kernel.yield_wanted)
			task_switch();
	}
}

/* ---- A scheduler that stands still ---- */
static void scheduler_suspend(void)
{
	kernel.suspensions++;
}

static bool scheduler_resume(void)
{
	bool yielded = false;

	critical_enter();
	if (--kernel.suspensions == 0 && kernel.tasks) {
		while (kernel.pending.count) {
			struct kernel_task *task = kernel.pending.end.next->owner;

			list_remove(&task->event);
			list_remove(&task->state);
			task_make_ready(task);
			kernel.yield_wanted |= task->priority >= kernel.current->priority;
		}
		while (kernel.missed_ticks)
			kernel.missed_ticks--;
		yielded = kernel.yield_wanted;
	}
	critical_exit();
	if (yielded)
		task_yield();
	return yielded;
}

/* ---- Semaphores ---- */
/* The first of those who wait. */
static void semaphore_wake(struct kernel_list *waiting)
{
	struct kernel_task *task = waiting->end.next->owner;

	list_remove(&task->event);
	if (kernel.suspensions) {
		list_append(&kernel.pending, &task->event);
	} else {
		list_remove(&task->state);
		task_make_ready(task);
	}
	if (task->priority > kernel.current->priority)
		kernel.yield_wanted = true;
}

static void semaphore_lock(struct kernel_semaphore *s)
{
	critical_enter();
	if (s->receive_lock == KERNEL_UNLOCKED)
		s->receive_lock = 0;
	if (s->send_lock == KERNEL_UNLOCKED)
		s->send_lock = 0;
	critical_exit();
}

static void semaphore_unlock_end(int32_t *lock, struct kernel_list *waiting)
{
	critical_enter();
	for (; *lock > 0; (*lock)--)
		if (waiting->count)
			semaphore_wake(waiting);
	*lock = KERNEL_UNLOCKED;
	critical_exit();
}

static void semaphore_unlock(struct kernel_semaphore *s)
{
	semaphore_unlock_end(&s->send_lock, &s->receivers);
	semaphore_unlock_end(&s->receive_lock, &s->senders);
}

static bool semaphore_is_empty(const struct kernel_semaphore *s)
{
	bool empty;

	critical_enter();
	empty = s->count == 0;
	critical_exit();
	return empty;
}

static bool semaphore_try(struct kernel_semaphore *s)
{
	bool taken;

	critical_enter();
	taken = s->count != 0;
	if (taken) {
		s->count--;
		if (s->senders.count)
			semaphore_wake(&s->senders);
	}
	critical_exit();
	return taken;
}

static void task_wait_in(struct kernel_list *list)
{
	struct kernel_task *task = kernel.current;

	list_insert(list, &task->event);
	list_remove(&task->state);
	task->state.value = KERNEL_FOREVER;
	list_append(&kernel.suspended, &task->state);
}

void kernel_semaphore_init(struct kernel_semaphore *semaphore)
{
	semaphore->count = 0;
	semaphore->limit = 1;
	semaphore->receive_lock = semaphore->send_lock = KERNEL_UNLOCKED;
	list_init(&semaphore->senders);
	list_init(&semaphore->receivers);
}

void kernel_take(struct kernel_semaphore *semaphore)
{
	while (!semaphore_try(semaphore)) {
		scheduler_suspend();
		semaphore_lock(semaphore);
		if (!semaphore_is_empty(semaphore)) {
			semaphore_unlock(semaphore);
			scheduler_resume();
			continue;
		}
		task_wait_in(&semaphore->receivers);
		semaphore_unlock(semaphore);
		if (!scheduler_resume())
			task_yield();
	}
}

void kernel_give_from_isr(struct kernel_semaphore *semaphore)
{
	if (semaphore->count >= semaphore->limit)
		return;
	semaphore->count++;
	if (semaphore->send_lock != KERNEL_UNLOCKED)
		semaphore->send_lock++;
	else if (semaphore->receivers.count)
		semaphore_wake(&semaphore->receivers);
}

/* ---- Interrupts ---- */
void kernel_isr_enter(unsigned int interrupt)
{
	frame_push(kernel.isr_stack, kernel.frames.isr);
	kernel.isr_nesting++;
	kernel.handler[interrupt]++;
}

void kernel_isr_exit(unsigned int interrupt)
{
	kernel.handled[interrupt]++;
	frame_pop(kernel.isr_stack, kernel.frames.isr);
	kernel.isr_nesting--;
}

void kernel_idle_until(const volatile bool *done)
{
	while (!*done) {
		hw_irq_disable();
		if (!*done)
			hw_wfi(0);
		hw_irq_enable();
	}
}

void kernel_init(const struct kernel_frames *frames)
{
	kernel.frames = *frames;
	if (kernel.frames.isr > KERNEL_FRAME_MAX)
		kernel.frames.isr = KERNEL_FRAME_MAX;
	if (kernel.frames.task > KERNEL_FRAME_MAX)
		kernel.frames.task = KERNEL_FRAME_MAX;
	for (unsigned int i = 0; i < KERNEL_PRIORITIES; i++)
		list_init(&kernel.ready[i]);
	list_init(&kernel.pending);
	list_init(&kernel.suspended);
	task_init(&idle, 0);
	task_init(&worker, 2);
	kernel.current = &worker;
}
