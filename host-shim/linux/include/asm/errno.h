/* SPDX-License-Identifier: BSD-3-Clause */
/* Error numbers, Linux's own. */
#ifndef HOST_SHIM_LINUX_ASM_ERRNO_H
#define HOST_SHIM_LINUX_ASM_ERRNO_H

#include <asm-generic/errno.h>

#endif
