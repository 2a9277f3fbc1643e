/* SPDX-License-Identifier: BSD-3-Clause */
/* All of it is in kconfig.h, which every kernel file gets first. */
#ifndef HOST_SHIM_LINUX_COMPILER_TYPES_H
#define HOST_SHIM_LINUX_COMPILER_TYPES_H

#include <linux/kconfig.h>

#endif
