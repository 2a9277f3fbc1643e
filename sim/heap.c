/* SPDX-License-Identifier: BSD-3-Clause */
/* The heap of a hosted program; see heap.h. */
#include "sim/heap.h"

#include <stdlib.h>

#define NO_BLOCK UINT32_MAX
#define BLOCKS_FIRST 256u

bool heap_init(struct heap *heap, size_t size)
{
	*heap = (struct heap){ .size = size & ~(size_t)(HEAP_ALIGN - 1), .blocks_size = BLOCKS_FIRST };
	heap->block = malloc(BLOCKS_FIRST * sizeof(*heap->block));
	heap->at = calloc(heap->size / HEAP_ALIGN + 1, sizeof(*heap->at));
	if (!heap->block || !heap->at) {
		heap_fini(heap);
		return false;
	}
	heap_reset(heap);
	return true;
}

void heap_fini(struct heap *heap)
{
	free(heap->block);
	free(heap->at);
	*heap = (struct heap){ 0 };
}

void heap_reset(struct heap *heap)
{
	heap->block[0] = (struct heap_block){ .size = heap->size, .before = NO_BLOCK, .after = NO_BLOCK };
	heap->blocks = 1;
	heap->spare = NO_BLOCK;
	heap->first_free = 0;
	heap->high = 0;
	heap->at[0] = 0;
}

/* An unused entry; NO_BLOCK: no memory. */
static uint32_t heap_new_entry(struct heap *heap)
{
	uint32_t entry = heap->spare;

	if (entry != NO_BLOCK) {
		heap->spare = heap->block[entry].after;
		return entry;
	}
	if (heap->blocks == heap->blocks_size) {
		struct heap_block *more = realloc(heap->block, 2 * (size_t)heap->blocks_size * sizeof(*more));

		if (!more)
			return NO_BLOCK;
		heap->block = more;
		heap->blocks_size *= 2;
	}
	return heap->blocks++;
}

/* Cuts `id` at `size` bytes; what is behind becomes a free block. False: no memory. */
static bool heap_split(struct heap *heap, uint32_t id, size_t size)
{
	uint32_t rest = heap_new_entry(heap);

	if (rest == NO_BLOCK)
		return false;
	struct heap_block *b = &heap->block[id];

	heap->block[rest] = (struct heap_block){ .start = b->start + size, .size = b->size - size, .before = id,
						 .after = b->after };
	if (b->after != NO_BLOCK)
		heap->block[b->after].before = rest;
	b->after = rest;
	b->size = size;
	heap->at[heap->block[rest].start / HEAP_ALIGN] = rest;
	return true;
}

/* Adds the free block behind `id` to it. */
static void heap_merge(struct heap *heap, uint32_t id)
{
	struct heap_block *b = &heap->block[id];
	uint32_t gone = b->after;

	b->size += heap->block[gone].size;
	b->after = heap->block[gone].after;
	if (b->after != NO_BLOCK)
		heap->block[b->after].before = id;
	heap->block[gone].after = heap->spare;
	heap->spare = gone;
}

static void heap_find_first_free(struct heap *heap)
{
	while (heap->first_free != NO_BLOCK && heap->block[heap->first_free].used)
		heap->first_free = heap->block[heap->first_free].after;
}

/* Gives out [start, start + size) of the free block `id`, whose head before it stays free. */
static bool heap_take(struct heap *heap, uint32_t id, size_t start, size_t size)
{
	size_t head = start - heap->block[id].start;

	if (head) {
		if (!heap_split(heap, id, head))
			return false;
		id = heap->block[id].after;
	}
	if (heap->block[id].size > size && !heap_split(heap, id, size))
		return false;
	heap->block[id].used = true;
	if (start + size > heap->high)
		heap->high = start + size;
	heap_find_first_free(heap);
	return true;
}

size_t heap_allocate(struct heap *heap, size_t size, size_t align)
{
	if (size > heap->size)
		return HEAP_NONE;
	size = size ? (size + HEAP_ALIGN - 1) & ~(size_t)(HEAP_ALIGN - 1) : HEAP_ALIGN;
	for (uint32_t id = heap->first_free; id != NO_BLOCK; id = heap->block[id].after) {
		const struct heap_block *b = &heap->block[id];
		size_t start = (b->start + align - 1) & ~(align - 1);

		if (!b->used && start - b->start <= b->size && b->size - (start - b->start) >= size)
			return heap_take(heap, id, start, size) ? start : HEAP_NONE;
	}
	return HEAP_NONE;
}

static uint32_t heap_find(const struct heap *heap, size_t offset)
{
	if (offset >= heap->size || offset % HEAP_ALIGN)
		return NO_BLOCK;
	uint32_t id = heap->at[offset / HEAP_ALIGN];

	/* The entry may be of a block that was there once. */
	return id < heap->blocks && heap->block[id].used && heap->block[id].start == offset ? id : NO_BLOCK;
}

bool heap_free(struct heap *heap, size_t offset)
{
	uint32_t id = heap_find(heap, offset);

	if (id == NO_BLOCK)
		return false;
	struct heap_block *b = &heap->block[id];

	b->used = false;
	if (b->after != NO_BLOCK && !heap->block[b->after].used)
		heap_merge(heap, id);
	if (b->before != NO_BLOCK && !heap->block[b->before].used) {
		id = b->before;
		heap_merge(heap, id);
	}
	if (heap->first_free == NO_BLOCK || heap->block[id].start < heap->block[heap->first_free].start)
		heap->first_free = id;
	return true;
}

size_t heap_block_size(const struct heap *heap, size_t offset)
{
	uint32_t id = heap_find(heap, offset);

	return id == NO_BLOCK ? 0 : heap->block[id].size;
}
