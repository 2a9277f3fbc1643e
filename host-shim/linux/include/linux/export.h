/* SPDX-License-Identifier: BSD-3-Clause */
/* Everything is linked together: there is nothing to export. */
#ifndef HOST_SHIM_LINUX_EXPORT_H
#define HOST_SHIM_LINUX_EXPORT_H

#define EXPORT_SYMBOL(name)
#define EXPORT_SYMBOL_GPL(name)

#endif
