/* SPDX-License-Identifier: BSD-3-Clause */
/* The two values that a remote processor without an ELF image has. */
#ifndef HOST_SHIM_LINUX_ELF_H
#define HOST_SHIM_LINUX_ELF_H

#define ELFCLASSNONE 0
#define EM_NONE 0

#endif
