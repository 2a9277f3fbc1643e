/* SPDX-License-Identifier: BSD-3-Clause */
/* metal/utilities.h of the bench: arithmetic, containers, bitmaps. Arguments of macros may be evaluated twice. */
#ifndef METAL_UTILITIES_H
#define METAL_UTILITIES_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include <metal/assert.h>

#define metal_unused(x) ((void)(x))
#define metal_dim(array) (sizeof(array) / sizeof((array)[0]))
#define metal_min(x, y) ((x) < (y) ? (x) : (y))
#define metal_max(x, y) ((x) > (y) ? (x) : (y))
#define metal_sign(x) (((x) > 0) - ((x) < 0))

/* `align` is a power of two. */
#define metal_align_down(size, align) ((size) & ~((align) - 1))
#define metal_align_up(size, align) metal_align_down((size) + ((align) - 1), align)
#define metal_ptr_align_down(p, align) ((void *)metal_align_down((uintptr_t)(p), (uintptr_t)(align)))
#define metal_ptr_align_up(p, align) ((void *)metal_align_up((uintptr_t)(p), (uintptr_t)(align)))
#define metal_div_round_down(n, by) ((n) / (by))
#define metal_div_round_up(n, by) (((n) + (by) - 1) / (by))

#define metal_offset_of(type, member) ((uintptr_t)offsetof(type, member))
#define metal_container_of(p, type, member) ((void *)((uintptr_t)(p) - metal_offset_of(type, member)))

#define METAL_BITS_PER_ULONG (CHAR_BIT * sizeof(unsigned long))
#define metal_bit(n) (1UL << (n))
#define metal_bitmap_longs(bits) metal_div_round_up(bits, METAL_BITS_PER_ULONG)

static inline void metal_bitmap_set_bit(unsigned long *map, int bit)
{
	map[(size_t)bit / METAL_BITS_PER_ULONG] |= metal_bit((size_t)bit % METAL_BITS_PER_ULONG);
}

static inline void metal_bitmap_clear_bit(unsigned long *map, int bit)
{
	map[(size_t)bit / METAL_BITS_PER_ULONG] &= ~metal_bit((size_t)bit % METAL_BITS_PER_ULONG);
}

static inline int metal_bitmap_is_bit_set(unsigned long *map, int bit)
{
	return map[(size_t)bit / METAL_BITS_PER_ULONG] >> ((size_t)bit % METAL_BITS_PER_ULONG) & 1;
}

static inline int metal_bitmap_is_bit_clear(unsigned long *map, int bit)
{
	return !metal_bitmap_is_bit_set(map, bit);
}

/* From `start` on; `max` when there is none. */
static inline unsigned int metal_bitmap_next_set_bit(unsigned long *map, unsigned int start, unsigned int max)
{
	while (start < max && metal_bitmap_is_bit_clear(map, (int)start))
		start++;
	return start;
}

/* From `start` on and round to what is before it; `start` again when every bit is set. */
static inline unsigned int metal_bitmap_next_clear_bit(unsigned long *map, unsigned int start, unsigned int max)
{
	for (unsigned int n = 0; n < max; n++)
		if (metal_bitmap_is_bit_clear(map, (int)((start + n) % max)))
			return (start + n) % max;
	return start % max;
}

#define metal_bitmap_for_each_set_bit(map, bit, max) \
	for ((bit) = metal_bitmap_next_set_bit(map, 0, max); (bit) < (max); \
	     (bit) = metal_bitmap_next_set_bit(map, (bit) + 1, max))

/* Of a power of two. */
static inline unsigned long metal_log2(unsigned long in)
{
	unsigned long n = 0;

	metal_assert(in && !(in & (in - 1)));
	while (in >>= 1)
		n++;
	return n;
}

#endif
