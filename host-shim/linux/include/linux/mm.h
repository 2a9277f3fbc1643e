/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses and pages. A struct page is never looked into: its address is that of the page itself. Memory that the
 * remote reaches counts as vmalloc memory, as where an arm64 kernel maps carve-outs.
 */
#ifndef HOST_SHIM_LINUX_MM_H
#define HOST_SHIM_LINUX_MM_H

#include <linux/bug.h>
#include <linux/gfp.h>
#include <linux/types.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PAGE_ALIGN(x) (((x) + PAGE_SIZE - 1) & PAGE_MASK)
#define offset_in_page(p) ((unsigned long)(p) & ~PAGE_MASK)

/* The address that the remote and a DMA controller know it by. */
phys_addr_t virt_to_phys(const volatile void *p);
bool is_vmalloc_addr(const void *p);

#define virt_addr_valid(p) true

static inline struct page *virt_to_page(const void *p)
{
	return (struct page *)((unsigned long)p & PAGE_MASK);
}

#define vmalloc_to_page(p) virt_to_page(p)

static inline void *page_address(const struct page *page)
{
	return (void *)page;
}

static inline phys_addr_t page_to_phys(const struct page *page)
{
	return virt_to_phys(page_address(page));
}

#endif
