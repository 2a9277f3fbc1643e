/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The remote processor's carve-outs and coherent memory in them. Coherent memory means that the CPU does not cache
 * it, so Linux maintains nothing; on a platform that maps a carve-out cached all the same, that shows. Memory is
 * given out from the start of a carve-out on and given back when all of it was freed. Streaming mappings are not
 * modelled.
 */
#include <sbesim/hw.h>

#include <linux/device.h>
#include <linux/dma-map-ops.h>
#include <linux/mm.h>
#include <linux/of_reserved_mem.h>
#include <linux/printk.h>

#include "host-shim/linux/linux.h"

static struct linux_dma_pool dma_pools[LINUX_CARVEOUTS] = {
	[LINUX_VRING0] = { .name = "vdev0vring0" },
	[LINUX_VRING1] = { .name = "vdev0vring1" },
	[LINUX_BUFFER] = { .name = "vdev0buffer" },
};

struct linux_dma_pool *linux_carveout(unsigned int index)
{
	struct linux_dma_pool *pool = index < LINUX_CARVEOUTS ? &dma_pools[index] : NULL;
	struct hw_region region;

	if (!pool)
		return NULL;
	if (!pool->va && hw_region_get(pool->name, &region) == 0) {
		pool->va = region.va;
		pool->pa = region.da;
		pool->size = region.size;
	}
	return pool->va ? pool : NULL;
}

static const struct linux_dma_pool *dma_pool_of(const volatile void *p)
{
	for (unsigned int i = 0; i < LINUX_CARVEOUTS; i++) {
		const struct linux_dma_pool *pool = linux_carveout(i);

		if (pool && (uintptr_t)p - (uintptr_t)pool->va < pool->size)
			return pool;
	}
	return NULL;
}

bool is_vmalloc_addr(const void *p)
{
	return dma_pool_of(p) != NULL;
}

phys_addr_t virt_to_phys(const volatile void *p)
{
	const struct linux_dma_pool *pool = dma_pool_of(p);

	/* The remote never learns of other memory. */
	return pool ? pool->pa + ((uintptr_t)p - (uintptr_t)pool->va) : (uintptr_t)p;
}

static int dma_set_pool(struct device *dev, struct linux_dma_pool *pool)
{
	dev->dma_pool = pool;
	return pool ? 0 : -ENODEV;
}

int of_reserved_mem_device_init_by_idx(struct device *dev, struct device_node *np, int index)
{
	(void)np;
	return dma_set_pool(dev, linux_carveout((unsigned int)index));
}

void of_reserved_mem_device_release(struct device *dev)
{
	dev->dma_pool = NULL;
}

int dma_declare_coherent_memory(struct device *dev, phys_addr_t pa, dma_addr_t dma, size_t size)
{
	(void)dma, (void)size;
	for (unsigned int i = 0; i < LINUX_CARVEOUTS; i++)
		if (linux_carveout(i) && linux_carveout(i)->pa == pa)
			return dma_set_pool(dev, linux_carveout(i));
	return -ENODEV;
}

void dma_release_coherent_memory(struct device *dev)
{
	dev->dma_pool = NULL;
}

void *dma_alloc_coherent(struct device *dev, size_t size, dma_addr_t *dma, gfp_t gfp)
{
	struct linux_dma_pool *pool = dev->dma_pool;
	size_t at = pool ? PAGE_ALIGN(pool->used) : 0;
	void *va;

	(void)gfp;
	if (!pool || at > pool->size || size > pool->size - at) {
		dev_err(dev, "no %zu bytes of coherent memory\n", size);
		return NULL;
	}
	va = (char *)pool->va + at;
	pool->used = at + size;
	pool->allocations++;
	*dma = pool->pa + at;
	memset(va, 0, size);
	return va;
}

void dma_free_coherent(struct device *dev, size_t size, void *va, dma_addr_t dma)
{
	struct linux_dma_pool *pool = dev->dma_pool;

	(void)size, (void)va, (void)dma;
	if (pool && --pool->allocations == 0)
		pool->used = 0;
}
