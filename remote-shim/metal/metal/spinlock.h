/* SPDX-License-Identifier: BSD-3-Clause */
/* metal/spinlock.h of the bench: a flag. It does not mask interrupts. */
#ifndef METAL_SPINLOCK_H
#define METAL_SPINLOCK_H

#include <metal/atomic.h>

struct metal_spinlock {
	atomic_flag taken;
};

#define METAL_SPINLOCK_INIT {ATOMIC_FLAG_INIT}

static inline void metal_spinlock_init(struct metal_spinlock *lock)
{
	atomic_flag_clear(&lock->taken);
}

static inline void metal_spinlock_acquire(struct metal_spinlock *lock)
{
	while (atomic_flag_test_and_set(&lock->taken))
		;
}

static inline void metal_spinlock_release(struct metal_spinlock *lock)
{
	atomic_flag_clear(&lock->taken);
}

#endif
