/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Coherent memory is memory that the CPU does not cache: it comes from the carve-out that the device was given,
 * and gets no cache maintenance. Streaming mappings are not modelled: virtio over remoteproc makes none, and
 * whoever does gets a BUG.
 */
#ifndef HOST_SHIM_LINUX_DMA_MAPPING_H
#define HOST_SHIM_LINUX_DMA_MAPPING_H

#include <linux/bug.h>
#include <linux/device.h>
#include <linux/gfp.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

enum dma_data_direction { DMA_BIDIRECTIONAL, DMA_TO_DEVICE, DMA_FROM_DEVICE, DMA_NONE };

#define DMA_BIT_MASK(n) ((n) == 64 ? ~0ull : (1ull << (n)) - 1)
#define DMA_MAPPING_ERROR (~(dma_addr_t)0)

/* Zeroed, aligned to its size; NULL when the device has no pool or this one is exhausted. */
void *dma_alloc_coherent(struct device *dev, size_t size, dma_addr_t *dma, gfp_t gfp);
void dma_free_coherent(struct device *dev, size_t size, void *va, dma_addr_t dma);

static inline u64 dma_get_mask(const struct device *dev)
{
	return dev->coherent_dma_mask ? dev->coherent_dma_mask : DMA_BIT_MASK(32);
}

static inline int dma_coerce_mask_and_coherent(struct device *dev, u64 mask)
{
	dev->coherent_dma_mask = mask;
	dev->dma_mask = &dev->coherent_dma_mask;
	return 0;
}

#define dma_max_mapping_size(dev) ((void)(dev), SIZE_MAX)
#define dma_mapping_error(dev, dma) ((void)(dev), (dma) == DMA_MAPPING_ERROR)

static inline dma_addr_t linux_no_streaming_dma(void)
{
	BUG();
}

#define dma_map_single_attrs(dev, p, size, dir, attrs) \
	((void)(dev), (void)(p), (void)(size), (void)(dir), (void)(attrs), linux_no_streaming_dma())
#define dma_map_page_attrs(dev, page, offset, size, dir, attrs) \
	((void)(dev), (void)(page), (void)(offset), (void)(size), (void)(dir), (void)(attrs), linux_no_streaming_dma())
#define dma_unmap_single_attrs(dev, dma, size, dir, attrs) \
	((void)(dev), (void)(dma), (void)(size), (void)(dir), (void)(attrs), (void)linux_no_streaming_dma())
#define dma_map_single(dev, p, size, dir) dma_map_single_attrs(dev, p, size, dir, 0)
#define dma_map_page(dev, page, offset, size, dir) dma_map_page_attrs(dev, page, offset, size, dir, 0)
#define dma_unmap_single(dev, dma, size, dir) dma_unmap_single_attrs(dev, dma, size, dir, 0)
#define dma_unmap_page(dev, dma, size, dir) dma_unmap_single_attrs(dev, dma, size, dir, 0)
#define dma_need_sync(dev, dma) ((void)(dev), (void)(dma), false)
#define dma_sync_single_range_for_cpu(dev, dma, offset, size, dir) \
	((void)(dev), (void)(dma), (void)(offset), (void)(size), (void)(dir), (void)linux_no_streaming_dma())
#define dma_sync_single_range_for_device(dev, dma, offset, size, dir) \
	dma_sync_single_range_for_cpu(dev, dma, offset, size, dir)

#endif
