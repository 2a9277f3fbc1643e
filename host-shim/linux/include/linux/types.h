/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's names for integers and addresses, and the small structures that everything contains. */
#ifndef HOST_SHIM_LINUX_TYPES_H
#define HOST_SHIM_LINUX_TYPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <linux/stddef.h>

typedef uint8_t u8, __u8;
typedef uint16_t u16, __u16, __le16, __be16;
typedef uint32_t u32, __u32, __le32, __be32;
typedef unsigned long long u64, __u64, __le64, __be64;
typedef int8_t s8, __s8;
typedef int16_t s16, __s16;
typedef int32_t s32, __s32;
typedef long long s64, __s64;
typedef unsigned int uint;
typedef unsigned long ulong;

typedef int __kernel_pid_t;
typedef long ssize_t, __kernel_off_t;
typedef long long loff_t, __kernel_loff_t;
typedef unsigned int gfp_t, fmode_t, __poll_t;
typedef unsigned short umode_t;
typedef u32 dev_t;
typedef u32 phandle;
typedef u64 dma_addr_t, phys_addr_t, resource_size_t;

/* No other CPU, and interrupts only queue work: plain accesses will do. */
typedef struct {
	int counter;
} atomic_t;

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

struct cpumask;
struct kref;
struct page;

#endif
