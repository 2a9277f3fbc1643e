/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * metal/mutex.h of the bench. A CPU runs one program and its interrupt handlers, so who finds a mutex taken waits for
 * an interrupt; a handler that finds one taken waits forever, here as on hardware, and the run ends as a hang.
 */
#ifndef METAL_MUTEX_H
#define METAL_MUTEX_H

#include <metal/atomic.h>

typedef struct {
	atomic_int taken;
} metal_mutex_t;

#define METAL_MUTEX_INIT(name) {0}
#define METAL_MUTEX_DEFINE(name) metal_mutex_t name = METAL_MUTEX_INIT(name)

/* When it is taken. */
void metal_mutex_wait(metal_mutex_t *mutex);

static inline void metal_mutex_init(metal_mutex_t *mutex)
{
	atomic_store(&mutex->taken, 0);
}

static inline void metal_mutex_deinit(metal_mutex_t *mutex)
{
	(void)mutex;
}

/* 1, or 0: somebody else has it. */
static inline int metal_mutex_try_acquire(metal_mutex_t *mutex)
{
	return !atomic_exchange(&mutex->taken, 1);
}

static inline void metal_mutex_acquire(metal_mutex_t *mutex)
{
	while (!metal_mutex_try_acquire(mutex))
		metal_mutex_wait(mutex);
}

static inline void metal_mutex_release(metal_mutex_t *mutex)
{
	atomic_store(&mutex->taken, 0);
}

static inline int metal_mutex_is_acquired(metal_mutex_t *mutex)
{
	return atomic_load(&mutex->taken);
}

#endif
