/* SPDX-License-Identifier: BSD-3-Clause */
/* Who provides a device's coherent memory. */
#ifndef HOST_SHIM_LINUX_DMA_MAP_OPS_H
#define HOST_SHIM_LINUX_DMA_MAP_OPS_H

#include <linux/dma-mapping.h>

#define get_dma_ops(dev) ((dev)->dma_ops)
#define set_dma_ops(dev, ops) ((dev)->dma_ops = (ops))

/* From now on coherent memory of the device comes from there. */
int dma_declare_coherent_memory(struct device *dev, phys_addr_t pa, dma_addr_t dma, size_t size);
void dma_release_coherent_memory(struct device *dev);

#endif
