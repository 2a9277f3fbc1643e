/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of memory pieces, as virtqueues are given them; not chained. */
#ifndef HOST_SHIM_LINUX_SCATTERLIST_H
#define HOST_SHIM_LINUX_SCATTERLIST_H

#include <linux/mm.h>
#include <linux/string.h>
#include <linux/types.h>

#define SG_END 2ul

struct scatterlist {
	unsigned long page_link; /* the page, with SG_END in the last entry */
	unsigned int offset, length;
	dma_addr_t dma_address;
};

#define sg_dma_address(sg) ((sg)->dma_address)
#define sg_is_last(sg) (!!((sg)->page_link & SG_END))
#define for_each_sg(list, sg, n, i) for ((i) = 0, (sg) = (list); (i) < (n); (i)++, (sg) = sg_next(sg))

static inline struct page *sg_page(const struct scatterlist *sg)
{
	return (struct page *)(sg->page_link & ~3ul);
}

static inline phys_addr_t sg_phys(const struct scatterlist *sg)
{
	return page_to_phys(sg_page(sg)) + sg->offset;
}

static inline void *sg_virt(const struct scatterlist *sg)
{
	return (char *)page_address(sg_page(sg)) + sg->offset;
}

static inline struct scatterlist *sg_next(struct scatterlist *sg)
{
	return sg_is_last(sg) ? NULL : sg + 1;
}

static inline void sg_init_table(struct scatterlist *sg, unsigned int n)
{
	memset(sg, 0, n * sizeof(*sg));
	sg[n - 1].page_link = SG_END;
}

static inline void sg_set_page(struct scatterlist *sg, struct page *page, unsigned int length, unsigned int offset)
{
	sg->page_link = (sg->page_link & 3) | (unsigned long)page;
	sg->offset = offset;
	sg->length = length;
}

static inline void sg_init_one(struct scatterlist *sg, const void *p, unsigned int length)
{
	sg_init_table(sg, 1);
	sg_set_page(sg, virt_to_page(p), length, (unsigned int)offset_in_page(p));
}

#endif
