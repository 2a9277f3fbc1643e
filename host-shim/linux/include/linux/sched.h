/* SPDX-License-Identifier: BSD-3-Clause */
/* The one thread. */
#ifndef HOST_SHIM_LINUX_SCHED_H
#define HOST_SHIM_LINUX_SCHED_H

#include <linux/jiffies.h>
#include <linux/types.h>

#endif
