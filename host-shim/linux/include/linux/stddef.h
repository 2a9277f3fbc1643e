/* SPDX-License-Identifier: BSD-3-Clause */
/* The compiler's own, and what the kernel adds. */
#ifndef HOST_SHIM_LINUX_STDDEF_H
#define HOST_SHIM_LINUX_STDDEF_H

#include <stddef.h>

#include <linux/kconfig.h>

#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define struct_group(name, ...) \
	union { \
		struct { __VA_ARGS__ }; \
		struct { __VA_ARGS__ } name; \
	}

#endif
