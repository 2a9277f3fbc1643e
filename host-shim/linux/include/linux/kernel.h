/* SPDX-License-Identifier: BSD-3-Clause */
/* Odds and ends that kernel files expect without asking. */
#ifndef HOST_SHIM_LINUX_KERNEL_H
#define HOST_SHIM_LINUX_KERNEL_H

#include <asm/byteorder.h>
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/sprintf.h>
#include <linux/types.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define ALIGN(x, to) (((x) + (to) - 1) & ~((__typeof__(x))(to) - 1))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define IS_ALIGNED(x, to) (((x) & ((__typeof__(x))(to) - 1)) == 0)

#define might_sleep() do { } while (0)

_Noreturn void panic(const char *fmt, ...) __printf(1, 2);

#endif
