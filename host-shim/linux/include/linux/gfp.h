/* SPDX-License-Identifier: BSD-3-Clause */
/* How an allocation may go about it: all alike here, where nothing is ever reclaimed. */
#ifndef HOST_SHIM_LINUX_GFP_H
#define HOST_SHIM_LINUX_GFP_H

#include <linux/types.h>

#define GFP_KERNEL 0u
#define GFP_ATOMIC 1u
#define GFP_DMA 2u
#define __GFP_ZERO 4u
#define __GFP_NOWARN 8u
#define __GFP_HIGHMEM 0u

#endif
