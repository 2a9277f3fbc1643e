/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages go to the console, each line after the kernel's word for what it is about. Debugging messages are
 * compiled, never printed.
 */
#ifndef HOST_SHIM_LINUX_PRINTK_H
#define HOST_SHIM_LINUX_PRINTK_H

#include <linux/kconfig.h>

#ifndef pr_fmt
#define pr_fmt(fmt) fmt
#endif

#define KERN_ERR ""
#define KERN_WARNING ""
#define KERN_NOTICE ""
#define KERN_INFO ""
#define KERN_DEBUG ""

int printk(const char *fmt, ...) __printf(1, 2);

#define no_printk(...) \
	do { \
		if (0) \
			printk(__VA_ARGS__); \
	} while (0)
#define pr_emerg(fmt, ...) printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err(fmt, ...) printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn(fmt, ...) printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_ratelimited pr_warn
#define pr_notice(fmt, ...) printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info(fmt, ...) printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_debug(fmt, ...) no_printk(pr_fmt(fmt), ##__VA_ARGS__)

#endif
