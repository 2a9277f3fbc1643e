/* SPDX-License-Identifier: BSD-3-Clause */
/* Formatting into memory, by the hosted C library: the kernel's own conversions after %p print as a pointer. */
#ifndef HOST_SHIM_LINUX_SPRINTF_H
#define HOST_SHIM_LINUX_SPRINTF_H

#include <linux/types.h>

int sprintf(char *to, const char *fmt, ...) __printf(2, 3);
int snprintf(char *to, size_t size, const char *fmt, ...) __printf(3, 4);
int vsnprintf(char *to, size_t size, const char *fmt, va_list args);

#endif
