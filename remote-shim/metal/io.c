/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The I/O regions of the bench's metal API: conversions and accesses (contracts: metal/io.h). Blocks go by the hosted C
 * library's memcpy, in pieces of a cache line; their order among other accesses is what fences around them make it.
 */
#include <errno.h>

#include <metal/io.h>

#define ONE_PAGE (sizeof(unsigned long) * CHAR_BIT)

void metal_io_init(struct metal_io_region *io, void *virt, const metal_phys_addr_t *physmap, size_t size,
		   unsigned int page_shift, unsigned int mem_flags, const struct metal_io_ops *ops)
{
	*io = (struct metal_io_region){
		.virt = virt,
		.physmap = physmap,
		.size = size,
		.page_shift = page_shift,
		.page_mask = page_shift < ONE_PAGE ? (1UL << page_shift) - 1 : METAL_BAD_PHYS,
		.mem_flags = mem_flags,
	};
	if (ops)
		io->ops = *ops;
}

void metal_io_finish(struct metal_io_region *io)
{
	if (io->ops.close)
		io->ops.close(io);
	*io = (struct metal_io_region){.virt = NULL};
}

metal_phys_addr_t metal_io_phys(struct metal_io_region *io, unsigned long offset)
{
	unsigned long page = io->page_shift < ONE_PAGE ? offset >> io->page_shift : 0;

	if (io->ops.offset_to_phys)
		return io->ops.offset_to_phys(io, offset);
	if (!io->physmap || offset >= io->size)
		return METAL_BAD_PHYS;
	return io->physmap[page] + (offset & io->page_mask);
}

unsigned long metal_io_phys_to_offset(struct metal_io_region *io, metal_phys_addr_t phys)
{
	unsigned long start = 0;

	if (io->ops.phys_to_offset)
		return io->ops.phys_to_offset(io, phys);
	if (!io->physmap)
		return METAL_BAD_OFFSET;
	for (unsigned long page = 0; start < io->size; page++) {
		unsigned long offset = start + (phys - io->physmap[page]);

		if (phys - io->physmap[page] <= io->page_mask && offset < io->size)
			return offset;
		if (io->page_shift >= ONE_PAGE)
			break;
		start += 1UL << io->page_shift;
	}
	return METAL_BAD_OFFSET;
}

uint64_t metal_io_read(struct metal_io_region *io, unsigned long offset, memory_order order, int width)
{
	void *p = metal_io_virt(io, offset);

	if (io->ops.read)
		return io->ops.read(io, offset, order, width);
	metal_assert(p);
	switch (width) {
	case 1:
		return atomic_load_explicit((_Atomic uint8_t *)p, order);
	case 2:
		return atomic_load_explicit((_Atomic uint16_t *)p, order);
	case 4:
		return atomic_load_explicit((_Atomic uint32_t *)p, order);
	}
	metal_assert(width == 8);
	return atomic_load_explicit((_Atomic uint64_t *)p, order);
}

void metal_io_write(struct metal_io_region *io, unsigned long offset, uint64_t value, memory_order order, int width)
{
	void *p = metal_io_virt(io, offset);

	if (io->ops.write) {
		io->ops.write(io, offset, value, order, width);
		return;
	}
	metal_assert(p);
	switch (width) {
	case 1:
		atomic_store_explicit((_Atomic uint8_t *)p, (uint8_t)value, order);
		return;
	case 2:
		atomic_store_explicit((_Atomic uint16_t *)p, (uint16_t)value, order);
		return;
	case 4:
		atomic_store_explicit((_Atomic uint32_t *)p, (uint32_t)value, order);
		return;
	}
	metal_assert(width == 8);
	atomic_store_explicit((_Atomic uint64_t *)p, value, order);
}

/* How much of a block of `len` bytes at `offset` lies inside. */
static int io_length(const struct metal_io_region *io, unsigned long offset, int len)
{
	unsigned long room = io->size - offset;

	return (unsigned long)len > room ? (int)room : len;
}

int metal_io_block_read(struct metal_io_region *io, unsigned long offset, void *restrict to, int len)
{
	void *p = metal_io_virt(io, offset);

	if (!p)
		return -ERANGE;
	len = io_length(io, offset, len);
	if (io->ops.block_read)
		return io->ops.block_read(io, offset, to, memory_order_seq_cst, len);
	atomic_thread_fence(memory_order_seq_cst);
	memcpy(to, p, (size_t)len);
	return len;
}

int metal_io_block_write(struct metal_io_region *io, unsigned long offset, const void *restrict from, int len)
{
	void *p = metal_io_virt(io, offset);

	if (!p)
		return -ERANGE;
	len = io_length(io, offset, len);
	if (io->ops.block_write)
		return io->ops.block_write(io, offset, from, memory_order_seq_cst, len);
	memcpy(p, from, (size_t)len);
	atomic_thread_fence(memory_order_seq_cst);
	return len;
}

int metal_io_block_set(struct metal_io_region *io, unsigned long offset, unsigned char value, int len)
{
	void *p = metal_io_virt(io, offset);

	if (!p)
		return -ERANGE;
	len = io_length(io, offset, len);
	if (io->ops.block_set) {
		io->ops.block_set(io, offset, value, memory_order_seq_cst, len);
		return len;
	}
	memset(p, value, (size_t)len);
	atomic_thread_fence(memory_order_seq_cst);
	return len;
}
