/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters. Nothing runs at the same time on one CPU without preemption, so these are plain accesses. */
#ifndef HOST_SHIM_LINUX_ATOMIC_H
#define HOST_SHIM_LINUX_ATOMIC_H

#include <linux/types.h>

#define ATOMIC_INIT(value) { (value) }

static inline int atomic_read(const atomic_t *v)
{
	return v->counter;
}

static inline void atomic_set(atomic_t *v, int value)
{
	v->counter = value;
}

static inline int atomic_add_return(int n, atomic_t *v)
{
	return v->counter += n;
}

static inline int atomic_inc_return(atomic_t *v)
{
	return atomic_add_return(1, v);
}

static inline void atomic_inc(atomic_t *v)
{
	atomic_add_return(1, v);
}

static inline void atomic_dec(atomic_t *v)
{
	atomic_add_return(-1, v);
}

static inline bool atomic_dec_and_test(atomic_t *v)
{
	return atomic_add_return(-1, v) == 0;
}

#endif
