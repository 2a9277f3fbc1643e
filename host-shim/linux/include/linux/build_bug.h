/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What must hold at compile time. A condition on a parameter is only known after inlining: it is asked when it is
 * run.
 */
#ifndef HOST_SHIM_LINUX_BUILD_BUG_H
#define HOST_SHIM_LINUX_BUILD_BUG_H

#define static_assert(expression, ...) _Static_assert(expression, #expression)
#define BUILD_BUG_ON(condition) BUG_ON(condition)

#endif
