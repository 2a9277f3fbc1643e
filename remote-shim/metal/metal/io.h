/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * metal/io.h of the bench: a piece of memory with a virtual address, and a physical one per page.
 *
 * Accesses are plain loads and stores of the CPU's view of the memory, which the bench sees; nothing is mapped here. An
 * I/O region may bring operations of its own, which then stand in for the accesses or the conversions.
 */
#ifndef METAL_IO_H
#define METAL_IO_H

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <metal/assert.h>
#include <metal/atomic.h>
#include <metal/compiler.h>
#include <metal/sys.h>

struct metal_io_region;

struct metal_io_ops {
	uint64_t (*read)(struct metal_io_region *io, unsigned long offset, memory_order order, int width);
	void (*write)(struct metal_io_region *io, unsigned long offset, uint64_t value, memory_order order, int width);
	int (*block_read)(struct metal_io_region *io, unsigned long offset, void *restrict to,
			  memory_order order, int len);
	int (*block_write)(struct metal_io_region *io, unsigned long offset, const void *restrict from,
			   memory_order order, int len);
	void (*block_set)(struct metal_io_region *io, unsigned long offset, unsigned char value, memory_order order,
			  int len);
	void (*close)(struct metal_io_region *io);
	metal_phys_addr_t (*offset_to_phys)(struct metal_io_region *io, unsigned long offset);
	unsigned long (*phys_to_offset)(struct metal_io_region *io, metal_phys_addr_t phys);
};

struct metal_io_region {
	void *virt;
	const metal_phys_addr_t *physmap; /* the physical address of each page; the caller's, must stay */
	size_t size;
	unsigned long page_shift;    /* log2 of the page's size; as many bits as a long has, or more: one page */
	metal_phys_addr_t page_mask; /* of the offset within a page */
	unsigned int mem_flags;
	struct metal_io_ops ops;
};

/* `ops` is copied; NULL, or NULL members: plain memory. */
void metal_io_init(struct metal_io_region *io, void *virt, const metal_phys_addr_t *physmap, size_t size,
		   unsigned int page_shift, unsigned int mem_flags, const struct metal_io_ops *ops);
void metal_io_finish(struct metal_io_region *io);

/* ---- Conversions: NULL or METAL_BAD_* for what is outside ------------------------------------------- */

metal_phys_addr_t metal_io_phys(struct metal_io_region *io, unsigned long offset);
unsigned long metal_io_phys_to_offset(struct metal_io_region *io, metal_phys_addr_t phys);

static inline size_t metal_io_region_size(struct metal_io_region *io)
{
	return io->size;
}

static inline void *metal_io_virt(struct metal_io_region *io, unsigned long offset)
{
	return io->virt != METAL_BAD_VA && offset < io->size ? (char *)io->virt + offset : NULL;
}

static inline unsigned long metal_io_virt_to_offset(struct metal_io_region *io, void *virt)
{
	unsigned long offset = (unsigned long)((uintptr_t)virt - (uintptr_t)io->virt);

	return offset < io->size ? offset : METAL_BAD_OFFSET;
}

static inline void *metal_io_phys_to_virt(struct metal_io_region *io, metal_phys_addr_t phys)
{
	return metal_io_virt(io, metal_io_phys_to_offset(io, phys));
}

static inline metal_phys_addr_t metal_io_virt_to_phys(struct metal_io_region *io, void *virt)
{
	return metal_io_phys(io, metal_io_virt_to_offset(io, virt));
}

/* ---- Single accesses of 1, 2, 4 or 8 bytes; an offset outside or another width is an assertion ------ */

uint64_t metal_io_read(struct metal_io_region *io, unsigned long offset, memory_order order, int width);
void metal_io_write(struct metal_io_region *io, unsigned long offset, uint64_t value, memory_order order, int width);

#define metal_io_read8_explicit(io, offset, order) metal_io_read(io, offset, order, 1)
#define metal_io_read16_explicit(io, offset, order) metal_io_read(io, offset, order, 2)
#define metal_io_read32_explicit(io, offset, order) metal_io_read(io, offset, order, 4)
#define metal_io_read64_explicit(io, offset, order) metal_io_read(io, offset, order, 8)
#define metal_io_write8_explicit(io, offset, value, order) metal_io_write(io, offset, value, order, 1)
#define metal_io_write16_explicit(io, offset, value, order) metal_io_write(io, offset, value, order, 2)
#define metal_io_write32_explicit(io, offset, value, order) metal_io_write(io, offset, value, order, 4)
#define metal_io_write64_explicit(io, offset, value, order) metal_io_write(io, offset, value, order, 8)

#define metal_io_read8(io, offset) metal_io_read(io, offset, memory_order_seq_cst, 1)
#define metal_io_read16(io, offset) metal_io_read(io, offset, memory_order_seq_cst, 2)
#define metal_io_read32(io, offset) metal_io_read(io, offset, memory_order_seq_cst, 4)
#define metal_io_read64(io, offset) metal_io_read(io, offset, memory_order_seq_cst, 8)
#define metal_io_write8(io, offset, value) metal_io_write(io, offset, value, memory_order_seq_cst, 1)
#define metal_io_write16(io, offset, value) metal_io_write(io, offset, value, memory_order_seq_cst, 2)
#define metal_io_write32(io, offset, value) metal_io_write(io, offset, value, memory_order_seq_cst, 4)
#define metal_io_write64(io, offset, value) metal_io_write(io, offset, value, memory_order_seq_cst, 8)

/* ---- Blocks: how many bytes, less than asked at the end of the region; -ERANGE for an offset outside --- */

int metal_io_block_read(struct metal_io_region *io, unsigned long offset, void *restrict to, int len);
int metal_io_block_write(struct metal_io_region *io, unsigned long offset, const void *restrict from, int len);
int metal_io_block_set(struct metal_io_region *io, unsigned long offset, unsigned char value, int len);

#endif
