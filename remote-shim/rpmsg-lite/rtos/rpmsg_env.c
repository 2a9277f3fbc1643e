/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An environment for rpmsg-lite as an RTOS gives it, of one task and its interrupts: queues that a task sleeps on
 * and that interrupts fill, mutexes, sleep. It serves both of rpmsg-lite's interfaces, with and without
 * allocation.
 *
 * There is no scheduler: nobody else can hold a mutex, so one that is taken twice is a deadlock, and is reported. As in
 * every RTOS, a mutex keeps out other tasks and not interrupts. rpmsg-lite's header decides names and types.
 */
#include <stdlib.h>
#include <string.h>

#include <sbesim/hw.h>

#include <rpmsg_env.h>
#include <virtqueue.h>

#define NS_PER_MS UINT64_C(1000000)

static void *env_vector_data[RL_PLATFORM_MAX_ISR_COUNT];
static int32_t env_users;

/* ---- Beginning and end --------------------------------------------------------------------------- */

int32_t env_init(void)
{
	if (env_users++)
		return 0;
	return platform_init();
}

int32_t env_deinit(void)
{
	RL_ASSERT(env_users > 0);
	if (--env_users)
		return 0;
	return platform_deinit();
}

/* ---- Memory -------------------------------------------------------------------------------------- */

void *env_allocate_memory(uint32_t size)
{
	return malloc(size);
}

void env_free_memory(void *ptr)
{
	free(ptr);
}

void env_memset(void *ptr, int32_t value, uint32_t size)
{
	memset(ptr, value, size);
}

void env_memcpy(void *dst, void const *src, uint32_t len)
{
	memcpy(dst, src, len);
}

int32_t env_strcmp(const char *dst, const char *src)
{
	return strcmp(dst, src);
}

void env_strncpy(char *dest, const char *src, uint32_t len)
{
	strncpy(dest, src, len);
}

int32_t env_strncmp(char *dest, const char *src, uint32_t len)
{
	return strncmp(dest, src, len);
}

uint32_t env_map_vatopa(void *address)
{
	return (uint32_t)platform_vatopa(address);
}

void *env_map_patova(uint32_t address)
{
	return platform_patova(address);
}

void env_map_memory(uint32_t pa, uint32_t va, uint32_t size, uint32_t flags)
{
	platform_map_mem_region(va, pa, size, flags);
}

/* ---- Barriers and caches ------------------------------------------------------------------------- */

void env_mb(void)
{
	hw_dsb();
}

void env_rmb(void)
{
	hw_dsb();
}

void env_wmb(void)
{
	hw_dsb();
}

void env_disable_cache(void)
{
	platform_cache_all_flush_invalidate();
	platform_cache_disable();
}

void env_cache_flush(void *data, uint32_t len)
{
	if (RL_USE_DCACHE)
		platform_cache_flush(data, len);
}

void env_cache_invalidate(void *data, uint32_t len)
{
	if (RL_USE_DCACHE)
		platform_cache_invalidate(data, len);
}

/* ---- Interrupts ---------------------------------------------------------------------------------- */

void env_register_isr(uint32_t vector_id, void *data)
{
	RL_ASSERT(vector_id < RL_PLATFORM_MAX_ISR_COUNT);
	env_vector_data[vector_id] = data;
}

void env_unregister_isr(uint32_t vector_id)
{
	env_register_isr(vector_id, NULL);
}

void env_enable_interrupt(uint32_t vector_id)
{
	platform_interrupt_enable(vector_id);
}

void env_disable_interrupt(uint32_t vector_id)
{
	platform_interrupt_disable(vector_id);
}

void env_isr(uint32_t vector)
{
	RL_ASSERT(vector < RL_PLATFORM_MAX_ISR_COUNT);
	virtqueue_notification(env_vector_data[vector]);
}

/* ---- Time ---------------------------------------------------------------------------------------- */

uint64_t env_get_timestamp(void)
{
	return hw_time_ns() / NS_PER_MS;
}

void env_sleep_msec(uint32_t num_msec)
{
	platform_time_delay(num_msec);
}

/* Milliseconds, as rpmsg-lite gives them, to a moment: what is all ones in either width means for ever. */
static uint64_t env_deadline(uintptr_t timeout_ms)
{
	return timeout_ms >= UINT32_MAX ? UINT64_MAX : hw_time_ns() + timeout_ms * NS_PER_MS;
}

/* With interrupts disabled: sleeps until one was taken. False: the deadline has passed. */
static bool env_wait(uint64_t deadline_ns)
{
	uint64_t now = hw_time_ns();

	if (now >= deadline_ns)
		return false;
	platform_wait(deadline_ns == UINT64_MAX ? 0 : deadline_ns - now);
	return true;
}

uint32_t env_wait_for_link_up(volatile uint32_t *link_state, uint32_t link_id, uint32_t timeout_ms)
{
	uint64_t deadline = env_deadline(timeout_ms);
	uint32_t up;

	(void)link_id;
	platform_interrupt_disable(0);
	while (!(up = *link_state) && env_wait(deadline))
		continue;
	platform_interrupt_enable(0);
	return up;
}

/* The interrupt that brought the link up has woken the task that waits for it. */
void env_tx_callback(uint32_t link_id)
{
	(void)link_id;
}

/* ---- Mutexes ------------------------------------------------------------------------------------- */

static int32_t env_lock_init(void **lock, int32_t count, struct env_lock *l)
{
	if (!l)
		return -1;
	l->held = !count;
	*lock = l;
	return 0;
}

#if RL_USE_STATIC_API
int32_t env_create_mutex(void **lock, int32_t count, void *context)
{
	return env_lock_init(lock, count, context);
}

int32_t env_create_sync_lock(void **lock, int32_t state, void *context)
{
	return env_lock_init(lock, state, context);
}

void env_delete_mutex(void *lock)
{
	(void)lock;
}
#else
int32_t env_create_mutex(void **lock, int32_t count)
{
	return env_lock_init(lock, count, malloc(sizeof(struct env_lock)));
}

int32_t env_create_sync_lock(void **lock, int32_t state)
{
	return env_lock_init(lock, state, malloc(sizeof(struct env_lock)));
}

void env_delete_mutex(void *lock)
{
	free(lock);
}
#endif

void env_delete_sync_lock(void *lock)
{
	env_delete_mutex(lock);
}

void env_lock_mutex(void *lock)
{
	struct env_lock *l = lock;

	if (platform_in_isr())
		return;
	RL_ASSERT(!l->held);
	l->held = true;
}

void env_unlock_mutex(void *lock)
{
	struct env_lock *l = lock;

	if (!platform_in_isr())
		l->held = false;
}

/* ---- Queues -------------------------------------------------------------------------------------- */

static int32_t env_queue_init(void **queue, int32_t length, int32_t element_size, uint8_t *storage, struct env_queue *q)
{
	if (!q || !storage || length <= 0 || element_size <= 0)
		return -1;
	*q = (struct env_queue){
		.storage = storage,
		.length = (uint32_t)length,
		.element_size = (uint32_t)element_size,
	};
	*queue = q;
	return 0;
}

#if RL_USE_STATIC_API
int32_t env_create_queue(void **queue, int32_t length, int32_t element_size, uint8_t *queue_static_storage,
			 rpmsg_static_queue_ctxt *queue_static_context)
{
	return env_queue_init(queue, length, element_size, queue_static_storage, queue_static_context);
}

void env_delete_queue(void *queue)
{
	(void)queue;
}
#else
int32_t env_create_queue(void **queue, int32_t length, int32_t element_size)
{
	/* One block: the elements lie behind what describes them. */
	bool sane = length > 0 && element_size > 0;
	uint8_t *block = sane ? malloc(sizeof(struct env_queue) + (size_t)length * (size_t)element_size) : NULL;

	if (!block)
		return -1;
	return env_queue_init(queue, length, element_size, block + sizeof(struct env_queue), (void *)block);
}

void env_delete_queue(void *queue)
{
	free(queue);
}
#endif

static uint8_t *env_queue_at(const struct env_queue *q, uint32_t index)
{
	return q->storage + (size_t)(index % q->length) * q->element_size;
}

int32_t env_put_queue(void *queue, void *msg, uintptr_t timeout_ms)
{
	struct env_queue *q = queue;
	uint64_t deadline = env_deadline(timeout_ms);
	bool put;

	platform_interrupt_disable(0);
	while (q->count == q->length && !platform_in_isr() && env_wait(deadline))
		continue;
	put = q->count < q->length;
	if (put) {
		memcpy(env_queue_at(q, q->first + q->count), msg, q->element_size);
		q->count++;
	}
	platform_interrupt_enable(0);
	return put;
}

int32_t env_get_queue(void *queue, void *msg, uintptr_t timeout_ms)
{
	struct env_queue *q = queue;
	uint64_t deadline = env_deadline(timeout_ms);
	bool got;

	platform_interrupt_disable(0);
	while (!q->count && !platform_in_isr() && env_wait(deadline))
		continue;
	got = q->count;
	if (got) {
		memcpy(msg, env_queue_at(q, q->first), q->element_size);
		q->first = (q->first + 1) % q->length;
		q->count--;
	}
	platform_interrupt_enable(0);
	return got;
}

int32_t env_get_current_queue_size(void *queue)
{
	const struct env_queue *q = queue;

	return (int32_t)q->count;
}
