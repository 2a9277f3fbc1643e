/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads and writes of wire fields: little-endian, one access of the field's own size each.
 *
 * The functions are always inlined, so that an access belongs to the source line of its field in every build.
 * They order nothing and maintain no cache: vring.c, rpmsg.c and sbe.c do, where their comments say why.
 */
#ifndef SBE_ACCESS_H
#define SBE_ACCESS_H

#include <stddef.h>
#include <stdint.h>

/* Artificial: a place in one of these is told as the place that called it. */
#define SBE_INLINE static inline __attribute__((always_inline, artificial))

/* Its own inverse. A condition and not an #ifdef: both branches are always compiled. */
#define SBE_SWAPPED (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

SBE_INLINE uint8_t sbe_get8(const volatile uint8_t *field)
{
	return *field;
}

SBE_INLINE uint16_t sbe_get16(const volatile uint16_t *field)
{
	uint16_t value = *field;

	return SBE_SWAPPED ? __builtin_bswap16(value) : value;
}

SBE_INLINE uint32_t sbe_get32(const volatile uint32_t *field)
{
	uint32_t value = *field;

	return SBE_SWAPPED ? __builtin_bswap32(value) : value;
}

SBE_INLINE uint64_t sbe_get64(const volatile uint64_t *field)
{
	uint64_t value = *field;

	return SBE_SWAPPED ? __builtin_bswap64(value) : value;
}

SBE_INLINE void sbe_put8(volatile uint8_t *field, uint8_t value)
{
	*field = value;
}

SBE_INLINE void sbe_put16(volatile uint16_t *field, uint16_t value)
{
	*field = SBE_SWAPPED ? __builtin_bswap16(value) : value;
}

SBE_INLINE void sbe_put32(volatile uint32_t *field, uint32_t value)
{
	*field = SBE_SWAPPED ? __builtin_bswap32(value) : value;
}

SBE_INLINE void sbe_put64(volatile uint64_t *field, uint64_t value)
{
	*field = SBE_SWAPPED ? __builtin_bswap64(value) : value;
}

/* Bytes without meaning to this library: into shared memory, and out of it, by words where the shared side is aligned. */
typedef uint64_t __attribute__((may_alias)) sbe_word;
typedef uint64_t __attribute__((may_alias, aligned(1))) sbe_word_anywhere;

SBE_INLINE void sbe_put_bytes(volatile uint8_t *to, const uint8_t *from, size_t size)
{
	size_t i = 0;

	for (; i < size && (uintptr_t)(to + i) % sizeof(sbe_word); i++)
		to[i] = from[i];
	for (; size - i >= sizeof(sbe_word); i += sizeof(sbe_word))
		*(volatile sbe_word *)(to + i) = *(const sbe_word_anywhere *)(from + i);
	for (; i < size; i++)
		to[i] = from[i];
}

SBE_INLINE void sbe_get_bytes(uint8_t *to, const volatile uint8_t *from, size_t size)
{
	size_t i = 0;

	for (; i < size && (uintptr_t)(from + i) % sizeof(sbe_word); i++)
		to[i] = from[i];
	for (; size - i >= sizeof(sbe_word); i += sizeof(sbe_word))
		*(sbe_word_anywhere *)(to + i) = *(const volatile sbe_word *)(from + i);
	for (; i < size; i++)
		to[i] = from[i];
}

#endif
