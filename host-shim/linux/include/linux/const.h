/* SPDX-License-Identifier: BSD-3-Clause */
/* Constants that assemblers read too. */
#ifndef HOST_SHIM_LINUX_CONST_H
#define HOST_SHIM_LINUX_CONST_H

#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))

#endif
