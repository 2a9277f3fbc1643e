/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mutexes. Who must wait for one would wait for a caller further up the same stack: that cannot end well and is an
 * assertion.
 */
#ifndef HOST_SHIM_LINUX_MUTEX_H
#define HOST_SHIM_LINUX_MUTEX_H

#include <linux/types.h>

struct mutex {
	bool locked;
	const char *holder; /* where it was locked */
};

#define DEFINE_MUTEX(name) struct mutex name

void linux_mutex_lock(struct mutex *lock, const char *where);
bool mutex_trylock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);

#define mutex_init(lock) (*(lock) = (struct mutex){ .locked = false })
#define mutex_destroy(lock) ((void)(lock))
#define mutex_lock(lock) linux_mutex_lock(lock, __func__)
/* There are no signals. */
#define mutex_lock_interruptible(lock) (linux_mutex_lock(lock, __func__), 0)

#endif
