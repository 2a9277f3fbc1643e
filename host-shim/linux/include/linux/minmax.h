/* SPDX-License-Identifier: BSD-3-Clause */
/* The smaller and the larger; each argument is evaluated once. */
#ifndef HOST_SHIM_LINUX_MINMAX_H
#define HOST_SHIM_LINUX_MINMAX_H

#define min(a, b) ({ __typeof__(a) min_a = (a); __typeof__(b) min_b = (b); min_a < min_b ? min_a : min_b; })
#define max(a, b) ({ __typeof__(a) max_a = (a); __typeof__(b) max_b = (b); max_a > max_b ? max_a : max_b; })
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#define clamp(value, low, high) min(max(value, low), high)

#endif
