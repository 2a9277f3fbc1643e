/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The heap of a hosted program: which bytes of its private memory malloc has given out.
 *
 * The book-keeping is the simulator's own, outside modelled memory: it costs no accesses, a program that runs over a
 * block cannot damage it, and a free of something else is noticed. First fit by address, so the same requests give the
 * same offsets everywhere. It does not touch the bytes.
 */
#ifndef SIM_HEAP_H
#define SIM_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEAP_ALIGN 16u		/* of every block, as malloc promises */
#define HEAP_NONE SIZE_MAX

struct heap_block {
	size_t start, size;	/* bytes, multiples of HEAP_ALIGN */
	bool used;
	uint32_t before, after;	/* neighbours in memory */
};

struct heap {
	size_t size;
	size_t high;		/* no byte from here on was ever given out */
	struct heap_block *block;
	uint32_t blocks, blocks_size;
	uint32_t spare;		/* list of unused entries of block[], by `after` */
	uint32_t first_free;	/* no free block lies before this one */
	uint32_t *at;		/* granule -> block that may start there */
};

/* False: no memory. */
bool heap_init(struct heap *heap, size_t size);
void heap_fini(struct heap *heap);
/* Everything is free again. */
void heap_reset(struct heap *heap);
/* The offset of `size` bytes, aligned to `align` (a power of two); HEAP_NONE: no room. */
size_t heap_allocate(struct heap *heap, size_t size, size_t align);
/* False: no block that is in use starts there. */
bool heap_free(struct heap *heap, size_t offset);
/* Bytes of the block that starts there; 0: none does. */
size_t heap_block_size(const struct heap *heap, size_t offset);

#endif
