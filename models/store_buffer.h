/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A store buffer: what a CPU has sent to memory past its cache, or asked of its cache, and what may not have happened yet.
 *
 * Entries are uncached and write-through stores, cache maintenance and rings of a doorbell, in program order. They leave
 * one at a time and in any order, except that a store waits for older ones of the same bytes, maintenance and stores of one line wait for
 * each other, an entry for all that lie before a DMB which it lies behind, and a ring for older rings (Arm ARM, B2.3:
 * same-address order, DMB, device memory of one peripheral). This file says
 * who may leave; when one does, and with what effect, is memory_drain.c's.
 */
#ifndef MODELS_STORE_BUFFER_H
#define MODELS_STORE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_BUFFER_MAX 16	/* entries */
#define STORE_BYTES_MAX 16

enum store_kind {
	STORE_UNCACHED,
	STORE_THROUGH,		/* to memory, and to the copy in the cache if there is one */
	STORE_MAINTAIN,
	STORE_RING
};

struct store_entry {
	enum store_kind kind;
	uint64_t address;	/* bytes; of the first byte as the CPU's cache is tagged. A ring has none */
	unsigned int size;	/* bytes */
	uint8_t byte[STORE_BYTES_MAX];
	uint32_t stamp;		/* of the store */
	uint64_t pc;
	uint8_t op;		/* enum trace_maint */
	bool own;		/* maintenance of a line only if this CPU dirtied it */
	unsigned int channel;	/* of a ring */
	uint64_t token;
	/* The buffer's. */
	uint32_t barriers;	/* DMBs before it */
	uint64_t order;		/* of arrival, over all buffers: unique */
	bool leaving;		/* its effect is under way */
};

struct store_buffer {
	unsigned int size;	/* entries at most, STORE_BUFFER_MAX; 0: there is no buffer */
	unsigned int line_bytes;	/* a power of two */
	unsigned int count;
	uint32_t barriers;
	struct store_entry entry[STORE_BUFFER_MAX];	/* oldest first */
};

void store_buffer_reset(struct store_buffer *b);
/* There must be room. `order` rises with every call, whichever buffer. */
struct store_entry *store_buffer_put(struct store_buffer *b, const struct store_entry *entry, uint64_t order);
/* A DMB: what comes later stands behind what is there. */
void store_buffer_barrier(struct store_buffer *b);
/* Must entry `older` (an index below `younger`) leave before that one? */
bool store_buffer_blocks(const struct store_buffer *b, unsigned int older, unsigned int younger);
/* An older entry that must leave before entry i, the oldest such; -1: it may leave. */
int store_buffer_blocker(const struct store_buffer *b, unsigned int i);
/* The index of the entry of that order; -1: it has left. */
int store_buffer_find(const struct store_buffer *b, uint64_t order);
void store_buffer_remove(struct store_buffer *b, unsigned int i);
/* Is entry i for the line that holds `address`? */
bool store_buffer_same_line(const struct store_buffer *b, unsigned int i, uint64_t address);
/* Stands entry i before a DMB? */
static inline bool store_buffer_before_barrier(const struct store_buffer *b, unsigned int i)
{
	return b->entry[i].barriers != b->barriers;
}
/* Forwarding: lays the buffered stores to [address, address + size) over `bytes`, oldest first. */
void store_buffer_forward(const struct store_buffer *b, uint64_t address, uint8_t *bytes, size_t size);
/* Do they write all of [address, address + size)? */
bool store_buffer_covers(const struct store_buffer *b, uint64_t address, size_t size);

#endif
