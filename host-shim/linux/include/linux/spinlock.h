/* SPDX-License-Identifier: BSD-3-Clause */
/* Spin locks of a single CPU: nobody to spin for, so only the interrupt state remains. */
#ifndef HOST_SHIM_LINUX_SPINLOCK_H
#define HOST_SHIM_LINUX_SPINLOCK_H

#include <linux/rcupdate.h>
#include <linux/types.h>

typedef struct {
	char unused;
} spinlock_t;

#define DEFINE_SPINLOCK(name) spinlock_t name

void local_irq_disable(void);
void local_irq_enable(void);
/* True when they were enabled before. */
bool linux_irq_save(void);
void linux_irq_restore(bool enabled);

#define local_irq_save(flags) ((flags) = linux_irq_save())
#define local_irq_restore(flags) linux_irq_restore(flags)

#define spin_lock_init(lock) ((void)(lock))
#define spin_lock(lock) ((void)(lock))
#define spin_unlock(lock) ((void)(lock))
#define spin_lock_irq(lock) ((void)(lock), local_irq_disable())
#define spin_unlock_irq(lock) ((void)(lock), local_irq_enable())
#define spin_lock_irqsave(lock, flags) ((void)(lock), local_irq_save(flags))
#define spin_unlock_irqrestore(lock, flags) ((void)(lock), local_irq_restore(flags))

#endif
