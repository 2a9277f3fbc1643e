/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A store buffer: what a CPU has sent to memory past its cache, or asked of its cache, and what may not have happened yet.
 *
 * Entries are stores that no cache keeps, cache maintenance and rings of a doorbell, in program order: to Normal
 * Non-cacheable memory (uncached and write-through), and to device memory, Device-nGnRE. They leave one at a time and
 * in any order, except that a store waits for older ones of the same bytes, one to device memory for older ones to the
 * same peripheral, maintenance and stores of one line for each other, an entry for all that lie before a DMB which it
 * lies behind, and a ring for older rings, the doorbell being a peripheral of its own (Arm ARM B2.3, and B2.7, "Device
 * memory": same-address order, DMB, order of arrival at one peripheral). This file says who may leave; when one does,
 * and with what effect, is memory_drain.c's.
 *
 * Write-combining needs no rule of its own: whatever a buffer that merges Normal stores shows is shown by one that
 * does not. Let A and the younger B leave as one, at a moment t. All that either must wait for, but for each other,
 * has left by then: were it otherwise, merging would break that order. (So no C stands between that waits for A, and
 * for which B waits: it would have left, and A before it.) Without merging A may leave at t, and B may next, because
 * of what it waits for only A was left, if that. Nobody makes a step between the two, and memory then holds the same,
 * byte by byte: what B stored where it stored, be it over what A did, and elsewhere what A did. Merging keeps A
 * waiting for B, but an entry may always wait; a DMB or a ring between A and B changes nothing in the argument; a load
 * of the CPU's own is forwarded the same bytes. More than two are merged pair by pair. The converse does not hold:
 * stores that leave one by one can be seen one by one. So merging is always possible and never forced, as hardware has
 * it. Stores to device memory and rings are not merged at all: of two that are for the same bytes both arrive. What
 * merging saves is time: memory_time.c's.
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
	STORE_DEVICE,		/* to device memory, of some peripheral */
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
	unsigned int peripheral;	/* of a store to device memory: the caller's number */
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
/* Is it a store, to whatever memory? */
bool store_buffer_is_write(const struct store_entry *e);
/* Is entry i a store to device memory, of that peripheral? */
bool store_buffer_of_peripheral(const struct store_buffer *b, unsigned int i, unsigned int peripheral);
/* Is entry i a store to any of [address, address + size)? */
bool store_buffer_overlaps(const struct store_buffer *b, unsigned int i, uint64_t address, size_t size);
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
