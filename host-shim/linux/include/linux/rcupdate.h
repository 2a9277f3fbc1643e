/* SPDX-License-Identifier: BSD-3-Clause */
/* Read-copy-update: on one CPU without preemption every reader has left whenever anybody else runs. */
#ifndef HOST_SHIM_LINUX_RCUPDATE_H
#define HOST_SHIM_LINUX_RCUPDATE_H

#define rcu_read_lock() do { } while (0)
#define rcu_read_unlock() do { } while (0)
#define synchronize_rcu() do { } while (0)

#endif
