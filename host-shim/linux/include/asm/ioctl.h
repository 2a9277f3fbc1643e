/* SPDX-License-Identifier: BSD-3-Clause */
/* How ioctl numbers are made, Linux's own. */
#ifndef HOST_SHIM_LINUX_ASM_IOCTL_H
#define HOST_SHIM_LINUX_ASM_IOCTL_H

#define _IOC_TYPECHECK(type) sizeof(type)

#include <asm-generic/ioctl.h>

#endif
