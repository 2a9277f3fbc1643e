/* SPDX-License-Identifier: BSD-3-Clause */
/* How bus addresses relate to physical ones: alike. */
#ifndef HOST_SHIM_LINUX_DMA_DIRECT_H
#define HOST_SHIM_LINUX_DMA_DIRECT_H

#include <linux/dma-mapping.h>

struct bus_dma_region {
	phys_addr_t cpu_start;
	dma_addr_t dma_start;
	u64 size;
};

#endif
