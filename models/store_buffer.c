/* SPDX-License-Identifier: BSD-3-Clause */
/* A store buffer's order; see store_buffer.h. */
#include "models/store_buffer.h"

#include <assert.h>
#include <string.h>

void store_buffer_reset(struct store_buffer *b)
{
	b->count = 0;
	b->barriers = 0;
}

struct store_entry *store_buffer_put(struct store_buffer *b, const struct store_entry *entry, uint64_t order)
{
	struct store_entry *e = &b->entry[b->count];

	assert(b->count < b->size);
	b->count++;
	*e = *entry;
	e->barriers = b->barriers;
	e->order = order;
	e->leaving = false;
	return e;
}

void store_buffer_barrier(struct store_buffer *b)
{
	if (b->count)
		b->barriers++;
}

bool store_buffer_same_line(const struct store_buffer *b, unsigned int i, uint64_t address)
{
	return b->entry[i].kind != STORE_RING && !((b->entry[i].address ^ address) & ~(uint64_t)(b->line_bytes - 1));
}

bool store_buffer_is_write(const struct store_entry *e)
{
	return e->kind == STORE_UNCACHED || e->kind == STORE_THROUGH || e->kind == STORE_DEVICE;
}

bool store_buffer_of_peripheral(const struct store_buffer *b, unsigned int i, unsigned int peripheral)
{
	return b->entry[i].kind == STORE_DEVICE && b->entry[i].peripheral == peripheral;
}

bool store_buffer_overlaps(const struct store_buffer *b, unsigned int i, uint64_t address, size_t size)
{
	const struct store_entry *e = &b->entry[i];

	return store_buffer_is_write(e) && e->address < address + size && address < e->address + e->size;
}

bool store_buffer_blocks(const struct store_buffer *b, unsigned int older, unsigned int younger)
{
	const struct store_entry *o = &b->entry[older], *y = &b->entry[younger];

	if (o->barriers != y->barriers)
		return true;
	if (y->kind == STORE_DEVICE && store_buffer_of_peripheral(b, older, y->peripheral))
		return true;
	if (store_buffer_is_write(o) && store_buffer_is_write(y))
		return store_buffer_overlaps(b, older, y->address, y->size);
	return y->kind == STORE_RING ? o->kind == STORE_RING : store_buffer_same_line(b, older, y->address);
}

int store_buffer_blocker(const struct store_buffer *b, unsigned int i)
{
	for (unsigned int older = 0; older < i; older++)
		if (store_buffer_blocks(b, older, i))
			return (int)older;
	return -1;
}

int store_buffer_find(const struct store_buffer *b, uint64_t order)
{
	for (unsigned int i = 0; i < b->count; i++)
		if (b->entry[i].order == order)
			return (int)i;
	return -1;
}

void store_buffer_remove(struct store_buffer *b, unsigned int i)
{
	b->count--;
	memmove(&b->entry[i], &b->entry[i + 1], (b->count - i) * sizeof(b->entry[0]));
}

static bool store_buffer_writes(const struct store_entry *e, uint64_t address)
{
	return store_buffer_is_write(e) && address - e->address < e->size;
}

void store_buffer_forward(const struct store_buffer *b, uint64_t address, uint8_t *bytes, size_t size)
{
	for (unsigned int i = 0; i < b->count; i++)
		for (size_t n = 0; n < size; n++)
			if (store_buffer_writes(&b->entry[i], address + n))
				bytes[n] = b->entry[i].byte[address + n - b->entry[i].address];
}

bool store_buffer_covers(const struct store_buffer *b, uint64_t address, size_t size)
{
	size_t covered = 0;

	for (size_t n = 0; n < size; n++)
		for (unsigned int i = 0; i < b->count; i++)
			if (store_buffer_writes(&b->entry[i], address + n)) {
				covered++;
				break;
			}
	return covered == size;
}
