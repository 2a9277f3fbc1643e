/* SPDX-License-Identifier: BSD-3-Clause */
/* The version of the sources that are compiled; the build says it. */
#ifndef HOST_SHIM_LINUX_VERSION_H
#define HOST_SHIM_LINUX_VERSION_H

#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))
#ifndef LINUX_VERSION_CODE
#error "host-shim/linux/build defines LINUX_VERSION_CODE"
#endif

#endif
