/* SPDX-License-Identifier: BSD-3-Clause */
/* From a member to what contains it. */
#ifndef HOST_SHIM_LINUX_CONTAINER_OF_H
#define HOST_SHIM_LINUX_CONTAINER_OF_H

#include <linux/stddef.h>

#define container_of(p, type, member) ((type *)((char *)(p) - offsetof(type, member)))
#define container_of_const(p, type, member) \
	_Generic(p, const __typeof__(*(p)) *: (const type *)container_of(p, type, member), \
		 default: container_of(p, type, member))

#endif
