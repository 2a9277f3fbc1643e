/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel does when it is wrong: WARN says so on the console and goes on, BUG ends the run with an
 * assertion.
 */
#ifndef HOST_SHIM_LINUX_BUG_H
#define HOST_SHIM_LINUX_BUG_H

#include <sbesim/hw.h>

#include <linux/build_bug.h>
#include <linux/types.h>

/* True, after it was said. */
bool linux_warned(const char *what, const char *file, int line);

#define BUG() hw_assert_fail("BUG", __FILE__, __LINE__)
#define BUG_ON(condition) \
	do { \
		if (condition) \
			hw_assert_fail("BUG: " #condition, __FILE__, __LINE__); \
	} while (0)
#define WARN_ON(condition) ((condition) ? linux_warned(#condition, __FILE__, __LINE__) : false)
#define WARN_ON_ONCE(condition) WARN_ON(condition)
#define WARN(condition, ...) ((condition) ? linux_warned(#condition, __FILE__, __LINE__) : false)
#define WARN_ONCE(condition, ...) WARN(condition)

#endif
