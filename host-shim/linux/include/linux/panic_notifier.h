/* SPDX-License-Identifier: BSD-3-Clause */
/* A panic is an assertion and ends the run: nobody is told. */
#ifndef HOST_SHIM_LINUX_PANIC_NOTIFIER_H
#define HOST_SHIM_LINUX_PANIC_NOTIFIER_H

#include <linux/types.h>

struct notifier_block {
	int (*notifier_call)(struct notifier_block *nb, unsigned long event, void *p);
};

#define NOTIFY_DONE 0
#define atomic_notifier_chain_register(list, nb) ((void)(nb))
#define atomic_notifier_chain_unregister(list, nb) ((void)(nb))

#endif
