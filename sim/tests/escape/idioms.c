/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hosted image of access idioms: the ways in which C says "load" and "store". The image runs nothing by itself;
 * the detector (escape.c) calls each idiom of idioms.def on a page where it sees every access. What an idiom computes
 * does not matter. ESCAPE_LEVEL is the optimisation level that this file is compiled at.
 */
#define _POSIX_C_SOURCE 200809L /* strnlen */
#include <complex.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <sbesim/hw.h>

#include "sim/tests/escape/idioms.h"

#define NOINLINE __attribute__((noinline))
#define PACKED __attribute__((packed))

struct PACKED packed {
	uint8_t a;
	uint16_t b;
	uint32_t c;
	uint64_t d;
};
struct bits {
	unsigned int a : 3, b : 5, c : 24;
	unsigned long d : 33, e : 31;
};
struct PACKED packed_bits {
	unsigned int a : 3, b : 13, c : 17, d : 7;
};
struct two {
	uint64_t a, b;
};
struct eight {
	uint64_t a[8];
};
struct one {
	uint8_t a;
};
struct three {
	uint8_t a[3];
};
struct halves {
	uint16_t a, b;
};
struct words {
	uint32_t a, b;
};
struct half_words {
	uint32_t a;
	uint16_t b, c;
	uint8_t d;
	uint32_t e;
};
struct twelve {
	uint32_t a[3];
};
struct padded {
	uint8_t a;
	uint32_t b;
	uint8_t c;
};
struct floats {
	float a, b;
};
struct named {
	char name[32];
	uint32_t address, flags;
};
struct flexible {
	uint16_t length, flags;
	uint8_t data[];
};
struct byte_bits {
	uint8_t a : 1, b : 2, c : 5;
	uint16_t d : 9, e : 7;
};
struct PACKED packed_floats {
	uint8_t a;
	float f;
	double d;
};
union pun {
	uint32_t word;
	uint16_t half[2];
	uint8_t byte[4];
};
typedef uint32_t unaligned32 __attribute__((aligned(1)));
typedef int vector16 __attribute__((vector_size(16)));
typedef int vector8 __attribute__((vector_size(8)));
typedef int vector16_unaligned __attribute__((vector_size(16), aligned(1)));
typedef int vector32 __attribute__((vector_size(32)));
typedef int vector64 __attribute__((vector_size(64)));
__extension__ typedef unsigned __int128 uint128;

/* Private memory. */
static volatile unsigned long sink;
static volatile int hundred = 100;
static char own[1024] = "abcdefghijklmnopqrstuvw";
static struct packed own_packed;
static struct two own_two;
static struct eight own_eight;
static struct three own_three;
static struct twelve own_twelve;
static struct padded own_padded;
static struct words own_words;
static struct bits own_bits;
static union pun own_pun;
static complex long double own_complex;
static uint16_t own_shorts[128];
static uint64_t own_longs[64];
static uint32_t own_index[64] = { 1, 2, 0, 3 };
static int (*own_function)(int);
static _Thread_local int own_thread;
static void *own_jump[5];

/* Not static, so that they are called as the ABI says. */
struct two return_two(int x);
struct eight return_eight(int x);
void take_two(struct two s);
void take_eight(struct eight s);
int call(int x);
struct halves return_halves(int x);
struct words return_words(int x);
struct floats return_floats(int x);
complex double return_complex(int x);
uint128 return_int128(int x);
long double return_long_double(int x);
void take_halves(struct halves s);
void take_words(struct words s);
void take_floats(struct floats s);
void take_packed(struct packed s);
void take_long_double(long double x);

NOINLINE struct two return_two(int x)
{
	return (struct two){ (uint64_t)x, 1 };
}

NOINLINE struct eight return_eight(int x)
{
	return (struct eight){ { (uint64_t)x, 1, 2, 3, 4, 5, 6, 7 } };
}

NOINLINE void take_two(struct two s)
{
	sink = s.a + s.b;
}

NOINLINE void take_eight(struct eight s)
{
	sink = s.a[0] + s.a[7];
}

NOINLINE int call(int x)
{
	return x + hundred;
}

NOINLINE struct halves return_halves(int x)
{
	return (struct halves){ (uint16_t)x, 1 };
}

NOINLINE struct words return_words(int x)
{
	return (struct words){ (uint32_t)x, 1 };
}

NOINLINE struct floats return_floats(int x)
{
	return (struct floats){ (float)x, 1 };
}

NOINLINE complex double return_complex(int x)
{
	return x;
}

NOINLINE uint128 return_int128(int x)
{
	return (uint128)x << 70;
}

NOINLINE long double return_long_double(int x)
{
	return x;
}

static struct eight (*volatile return_eight_pointer)(int) = return_eight;

NOINLINE void take_halves(struct halves s)
{
	sink = s.a + s.b;
}

NOINLINE void take_words(struct words s)
{
	sink = s.a + s.b;
}

NOINLINE void take_floats(struct floats s)
{
	sink = (unsigned long)(s.a + s.b);
}

NOINLINE void take_packed(struct packed s)
{
	sink = s.a + s.d;
}

NOINLINE void take_long_double(long double x)
{
	sink = x > 1;
}

static inline void take_inline(struct eight s)
{
	sink = s.a[0] + s.a[7];
}

static inline uint32_t read_word(const volatile void *p)
{
	return *(const volatile uint32_t *)p;
}

static inline void write_word(volatile void *p, uint32_t value)
{
	*(volatile uint32_t *)p = value;
}

static NOINLINE void take_text(char *text)
{
	text[5] = 0;
	sink = strlen(text);
}

static NOINLINE void jump(void)
{
	__builtin_longjmp(own_jump, 1);
}

static NOINLINE void walk(char *p, int depth)
{
	p[depth] = (char)depth;
	if (depth)
		walk(p + 1, depth - 1);
}

static NOINLINE void take_value(int n, ...)
{
	va_list args;

	va_start(args, n);
	sink = (unsigned long)va_arg(args, int);
	va_end(args);
}

static NOINLINE void take_any(int n, ...)
{
	va_list args;

	va_start(args, n);
	sink = va_arg(args, struct eight).a[7];
	va_end(args);
}

static NOINLINE void take_pointer(int n, ...)
{
	va_list args;

	va_start(args, n);
	sink = va_arg(args, struct two *)->a;
	va_end(args);
}

static NOINLINE __attribute__((no_sanitize("thread"))) void store_unhooked(char *p)
{
	*(int *)p = 1;
}

/* The loops that libraries write out by hand, and compilers turn back into calls. */
static NOINLINE void set_words(char *p, unsigned int value, int size)
{
	for (; size && (uintptr_t)p % 4; p++, size--)
		*p = (char)value;
	for (; size >= 4; p += 4, size -= 4)
		*(uint32_t *)p = value * 0x01010101u;
	for (; size; p++, size--)
		*p = (char)value;
}

static NOINLINE void copy_words(char *restrict d, const char *restrict s, int size)
{
	for (; size >= 4; d += 4, s += 4, size -= 4)
		*(uint32_t *)d = *(const uint32_t *)s;
	for (; size; size--)
		*d++ = *s++;
}

#define TYPE(type) (*(type *)p)
#define STRUCT_COPY(bytes) \
	struct s { \
		uint64_t a[bytes / 8]; \
	} *s = (void *)p; \
	s[0] = *(struct s *)own; \
	*(struct s *)own = s[1];

#define IDIOM(name, ...) \
	static NOINLINE void idiom_##name(char *p) \
	{ \
		__VA_ARGS__ \
	}
#include "sim/tests/escape/idioms.def"
#undef IDIOM

static const struct idiom idiom_table[] = {
#define IDIOM(name, ...) { #name, idiom_##name },
#include "sim/tests/escape/idioms.def"
#undef IDIOM
};

static const struct idioms idioms = {
#if defined(__clang__)
	.compiler = "clang",
	.version = __clang_major__,
#else
	.compiler = "gcc",
	.version = __GNUC__,
#endif
	.level = ESCAPE_LEVEL,
	.idiom = idiom_table,
	.count = sizeof(idiom_table) / sizeof(idiom_table[0]),
};

int sbesim_main(int argc, char **argv)
{
	(void)argc;
	argv[0] = (char *)(uintptr_t)&idioms;
	return 0;
}
