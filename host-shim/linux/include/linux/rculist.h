/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists that are read while they change: ordinary ones, on one CPU without preemption. */
#ifndef HOST_SHIM_LINUX_RCULIST_H
#define HOST_SHIM_LINUX_RCULIST_H

#include <linux/list.h>
#include <linux/rcupdate.h>

#define list_add_rcu(entry, head) list_add(entry, head)
#define list_del_rcu(entry) list_del(entry)
#define list_for_each_entry_rcu(entry, head, member) list_for_each_entry(entry, head, member)

#endif
