/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices out of a device tree: none. */
#ifndef HOST_SHIM_LINUX_OF_PLATFORM_H
#define HOST_SHIM_LINUX_OF_PLATFORM_H

#include <linux/of.h>

#endif
