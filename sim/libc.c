/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The C library that hosted code sees: the memcpy family and strings as accesses of the agent, printf to the
 * console, malloc from the agent's private memory. Freestanding in spirit: no files, no locale, no clock.
 *
 * These functions run on the agent's stack, so they call nothing of the real C library; formatting is done by the
 * engine. Bytes are moved through volatile pointers to keep the compiler from making libc calls of the loops.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "sim/heap.h"
#include "sim/hook.h"
#include "sim/libc.h"
#include "traces/trace.h"

#define RET HOOK_RET
#define PIECE 64u /* no access of ours crosses a 64-byte boundary */

typedef uint64_t __attribute__((aligned(1), may_alias)) libc_word;

/* How many bytes may move between `p` and the next boundary, upwards, or downwards when `p` is an end. */
static size_t libc_room(uintptr_t p, bool up)
{
	return up ? PIECE - (p & (PIECE - 1)) : ((p - 1) & (PIECE - 1)) + 1;
}

static size_t libc_piece(uintptr_t p, uintptr_t q, size_t n, bool up)
{
	size_t to_p = libc_room(p, up), to_q = libc_room(q, up);
	size_t piece = to_p < to_q ? to_p : to_q;

	return n < piece ? n : piece;
}

static void libc_copy_bytes(volatile unsigned char *to, const volatile unsigned char *from, size_t n)
{
	for (; n >= sizeof(libc_word); n -= sizeof(libc_word)) {
		*(volatile libc_word *)to = *(const volatile libc_word *)from;
		to += sizeof(libc_word);
		from += sizeof(libc_word);
	}
	while (n--)
		*to++ = *from++;
}

/* Each access right after its hook: at the store's hook others may run, and the source's line may change. */
static void libc_move_piece(unsigned char *to, const unsigned char *from, size_t n, uintptr_t ret)
{
	unsigned char held[PIECE];

	hook_load(from, n, ret);
	libc_copy_bytes(held, from, n);
	hook_store(to, n, ret);
	libc_copy_bytes(to, held, n);
}

void *libc_memmove(void *d, const void *s, size_t n, uintptr_t ret)
{
	unsigned char *to = d;
	const unsigned char *from = s;
	bool up = (uintptr_t)to - (uintptr_t)from >= n;

	for (size_t done = 0, piece; done < n; done += piece) {
		size_t at = up ? done : n - done;

		piece = libc_piece((uintptr_t)to + at, (uintptr_t)from + at, n - done, up);
		if (!up)
			at -= piece;
		libc_move_piece(to + at, from + at, piece, ret);
	}
	return d;
}

void libc_put(void *d, const void *s, size_t n, uintptr_t ret)
{
	for (size_t at = 0, piece; at < n; at += piece) {
		piece = libc_piece((uintptr_t)d + at, 0, n - at, true);
		hook_store((unsigned char *)d + at, piece, ret);
		libc_copy_bytes((unsigned char *)d + at, (const unsigned char *)s + at, piece);
	}
}

void *libc_memset(void *d, int c, size_t n, uintptr_t ret)
{
	unsigned char *to = d;

	for (size_t at = 0, piece; at < n; at += piece) {
		piece = libc_piece((uintptr_t)to + at, 0, n - at, true);
		hook_store(to + at, piece, ret);
		for (size_t i = 0; i < piece; i++)
			((volatile unsigned char *)to)[at + i] = (unsigned char)c;
	}
	return d;
}

static unsigned char libc_load(const void *p, size_t at, uintptr_t ret)
{
	const volatile unsigned char *from = p;

	hook_load(from + at, 1, ret);
	return from[at];
}

static void libc_store(void *p, size_t at, unsigned char value, uintptr_t ret)
{
	volatile unsigned char *to = p;

	hook_store(to + at, 1, ret);
	to[at] = value;
}

HOOK_HOSTED void *hosted_memcpy(void *d, const void *s, size_t n)
{
	return libc_memmove(d, s, n, RET);
}

HOOK_HOSTED void *hosted_memmove(void *d, const void *s, size_t n)
{
	return libc_memmove(d, s, n, RET);
}

HOOK_HOSTED void *hosted_memset(void *d, int c, size_t n)
{
	return libc_memset(d, c, n, RET);
}

static int libc_compare(const void *a, const void *b, size_t n, bool stop_at_nul, uintptr_t ret)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char x = libc_load(a, i, ret), y = libc_load(b, i, ret);

		if (x != y)
			return x < y ? -1 : 1;
		if (stop_at_nul && !x)
			break;
	}
	return 0;
}

HOOK_HOSTED int hosted_memcmp(const void *a, const void *b, size_t n)
{
	return libc_compare(a, b, n, false, RET);
}

HOOK_HOSTED int hosted_strcmp(const char *a, const char *b)
{
	return libc_compare(a, b, SIZE_MAX, true, RET);
}

HOOK_HOSTED int hosted_strncmp(const char *a, const char *b, size_t n)
{
	return libc_compare(a, b, n, true, RET);
}

static size_t libc_length(const char *s, size_t limit, uintptr_t ret)
{
	size_t n = 0;

	while (n < limit && libc_load(s, n, ret))
		n++;
	return n;
}

HOOK_HOSTED size_t hosted_strlen(const char *s)
{
	return libc_length(s, SIZE_MAX, RET);
}

HOOK_HOSTED size_t hosted_strnlen(const char *s, size_t limit)
{
	return libc_length(s, limit, RET);
}

/* Copies up to and with the NUL, at most `n` bytes; how many. */
static size_t libc_copy(char *d, const char *s, size_t n, uintptr_t ret)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = libc_load(s, i, ret);

		libc_store(d, i, c, ret);
		if (!c)
			return i + 1;
	}
	return n;
}

HOOK_HOSTED char *hosted_strcpy(char *d, const char *s)
{
	libc_copy(d, s, SIZE_MAX, RET);
	return d;
}

HOOK_HOSTED char *hosted_strncpy(char *d, const char *s, size_t n)
{
	for (size_t i = libc_copy(d, s, n, RET); i < n; i++)
		libc_store(d, i, 0, RET);
	return d;
}

HOOK_HOSTED char *hosted_strcat(char *d, const char *s)
{
	libc_copy(d + libc_length(d, SIZE_MAX, RET), s, SIZE_MAX, RET);
	return d;
}

static const void *libc_find(const void *p, int c, size_t n, bool stop_at_nul, uintptr_t ret)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char x = libc_load(p, i, ret);

		if (x == (unsigned char)c)
			return (const char *)p + i;
		if (stop_at_nul && !x)
			break;
	}
	return NULL;
}

HOOK_HOSTED const void *hosted_memchr(const void *p, int c, size_t n)
{
	return libc_find(p, c, n, false, RET);
}

HOOK_HOSTED const void *hosted_strchr(const char *s, int c)
{
	return libc_find(s, c, SIZE_MAX, true, RET);
}

static void *libc_allocate(size_t size, size_t align, uintptr_t ret)
{
	struct request request = { .kind = REQUEST_ALLOCATE, .size = size, .value = align, .ret = ret };

	return (void *)(uintptr_t)hook_request(&request);
}

static void libc_release(void *p, uintptr_t ret)
{
	struct request request = { .kind = REQUEST_FREE, .address = (uintptr_t)p, .ret = ret };

	if (p)
		hook_request(&request);
}

HOOK_HOSTED void *hosted_malloc(size_t size)
{
	return libc_allocate(size, HEAP_ALIGN, RET);
}

HOOK_HOSTED void *hosted_calloc(size_t n, size_t size)
{
	size_t bytes;
	void *p = __builtin_mul_overflow(n, size, &bytes) ? NULL : libc_allocate(bytes, HEAP_ALIGN, RET);

	p = p ? libc_memset(p, 0, bytes, RET) : NULL;
	return p;
}

/* `align` is a power of two, as the callers of all its names promise. */
HOOK_HOSTED void *hosted_aligned_alloc(size_t align, size_t size)
{
	return libc_allocate(size, align > HEAP_ALIGN ? align : HEAP_ALIGN, RET);
}

HOOK_HOSTED void *hosted_realloc(void *p, size_t size)
{
	struct request request = { .kind = REQUEST_ALLOCATED, .address = (uintptr_t)p, .ret = RET };
	size_t held = p ? (size_t)hook_request(&request) : 0;
	void *q = libc_allocate(size, HEAP_ALIGN, RET);

	if (!q)
		return NULL;
	libc_memmove(q, p, held < size ? held : size, RET);
	libc_release(p, RET);
	return q;
}

HOOK_HOSTED void hosted_free(void *p)
{
	libc_release(p, RET);
}

/* One conversion of a format. */
struct libc_conversion {
	char letter;
	bool is_long, is_long_double;
	size_t limit;		/* the precision */
};

static bool libc_is_one_of(char c, const char *letters)
{
	while (*letters && *letters != c)
		letters++;
	return *letters;
}

/* Widths and precisions given by * are ints; the others are in the text. */
static void libc_read_precision(const char **format, va_list *args, struct libc_conversion *c)
{
	const char *f = *format + 1;

	c->limit = 0;
	if (*f == '*') {
		int given = va_arg(*args, int);

		c->limit = given < 0 ? SIZE_MAX : (size_t)given;
		f++;
	}
	for (; *f >= '0' && *f <= '9'; f++)
		c->limit = c->limit * 10 + (size_t)(*f - '0');
	*format = f - 1;
}

/* Reads the conversion after a %, up to its letter, which it returns the place of; of a NUL when there is none. */
static const char *libc_read_conversion(const char *f, va_list *args, struct libc_conversion *c)
{
	*c = (struct libc_conversion){ .limit = SIZE_MAX };
	for (; *f && !libc_is_one_of(*f, "csdiouxXpneEfFgGaAm%"); f++) {
		if (*f == '.')
			libc_read_precision(&f, args, c);
		else if (*f == '*')
			(void)va_arg(*args, int);
		else if (*f == 'L')
			c->is_long_double = true;
		else if (libc_is_one_of(*f, "lzjt"))
			c->is_long = true;
	}
	c->letter = *f;
	return f;
}

/* Takes the conversion's argument; a string is loads of the agent. */
static void libc_take_argument(const struct libc_conversion *c, va_list *args, uintptr_t ret)
{
	if (c->letter == 's')
		libc_length(va_arg(*args, const char *), c->limit, ret);
	else if (libc_is_one_of(c->letter, "eEfFgGaA") && c->is_long_double)
		(void)va_arg(*args, long double);
	else if (libc_is_one_of(c->letter, "eEfFgGaA"))
		(void)va_arg(*args, double);
	else if (c->letter == 'p' || c->letter == 'n' || c->is_long)
		(void)va_arg(*args, long);
	else if (!libc_is_one_of(c->letter, "%m"))
		(void)va_arg(*args, int);
}

/* The strings among printf's arguments are loads of the agent. `args` must have the types that `format` says. */
static void libc_load_strings(const char *format, va_list *args, uintptr_t ret)
{
	struct libc_conversion c;

	for (const char *f = format; *f; f++) {
		if (*f != '%')
			continue;
		f = libc_read_conversion(f + 1, args, &c);
		if (!*f)
			return;
		libc_take_argument(&c, args, ret);
	}
}

/* The engine formats `format` and keeps the text; its length. At most 1023 bytes. */
static size_t libc_format(const char **text, const char *format, va_list args, uintptr_t ret)
{
	struct request request = { .kind = REQUEST_FORMAT, .address = (uintptr_t)format, .ret = ret };
	va_list copy;

	va_copy(copy, args);
	libc_load_strings(format, &copy, ret);
	va_end(copy);
	va_copy(copy, args);
	request.other = &copy;
	size_t length = (size_t)hook_request(&request);

	va_end(copy);
	*text = request.other;
	return length;
}

static int libc_print(const char *format, va_list args, uintptr_t ret)
{
	struct request request = { .kind = REQUEST_CONSOLE, .ret = ret };
	const char *text;

	request.size = libc_format(&text, format, args, ret);
	request.address = (uintptr_t)text;
	hook_request(&request);
	return (int)request.size;
}

HOOK_HOSTED int hosted_printf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	HOOK_VA_FIX(args);
	int length = libc_print(format, args, RET);

	va_end(args);
	return length;
}

HOOK_HOSTED int hosted_vprintf(const char *format, va_list args)
{
	return libc_print(format, args, RET);
}

static int libc_format_into(char *d, size_t size, const char *format, va_list args, uintptr_t ret)
{
	const char *text;
	size_t length = libc_format(&text, format, args, ret);
	size_t fits = !size ? 0 : length < size ? length : size - 1;

	libc_put(d, text, fits, ret);
	if (size)
		libc_store(d, fits, 0, ret);
	return (int)length;
}

HOOK_HOSTED int hosted_vsnprintf(char *d, size_t size, const char *format, va_list args)
{
	return libc_format_into(d, size, format, args, RET);
}

HOOK_HOSTED int hosted_snprintf(char *d, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	HOOK_VA_FIX(args);
	int length = libc_format_into(d, size, format, args, RET);

	va_end(args);
	return length;
}

HOOK_HOSTED int hosted_sprintf(char *d, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	HOOK_VA_FIX(args);
	int length = libc_format_into(d, SIZE_MAX, format, args, RET);

	va_end(args);
	return length;
}

static void libc_console(const char *text, size_t size, uintptr_t ret)
{
	struct request request = { .kind = REQUEST_CONSOLE, .address = (uintptr_t)text, .size = size, .ret = ret };

	hook_request(&request);
}

HOOK_HOSTED int hosted_puts(const char *s)
{
	libc_console(s, libc_length(s, SIZE_MAX, RET), RET);
	libc_console("\n", 1, RET);
	return 0;
}

HOOK_HOSTED int hosted_putchar(int c)
{
	char text = (char)c;

	libc_console(&text, 1, RET);
	return c;
}

static _Noreturn void libc_assert(const char *what, const char *file, int line, uintptr_t ret)
{
	struct request request = { .kind = REQUEST_ASSERT, .address = (uintptr_t)what, .other = (void *)(uintptr_t)file,
				   .value = (uint64_t)line, .ret = ret };

	hook_request(&request);
	__builtin_trap();
}

HOOK_HOSTED void hosted_assert_fail(const char *what, const char *file, unsigned int line, const char *function)
{
	(void)function;
	libc_assert(what, file, (int)line, RET);
}

HOOK_HOSTED void hosted_hw_assert_fail(const char *what, const char *file, int line)
{
	libc_assert(what, file, line, RET);
}

HOOK_HOSTED void hosted_abort(void)
{
	libc_assert("abort()", "", 0, RET);
}

HOOK_THUNK(hosted_abort)
HOOK_THUNK(hosted_aligned_alloc)
HOOK_THUNK(hosted_assert_fail)
HOOK_THUNK(hosted_calloc)
HOOK_THUNK(hosted_free)
HOOK_THUNK(hosted_hw_assert_fail)
HOOK_THUNK(hosted_malloc)
HOOK_THUNK(hosted_memchr)
HOOK_THUNK(hosted_memcmp)
HOOK_THUNK(hosted_memcpy)
HOOK_THUNK(hosted_memmove)
HOOK_THUNK(hosted_memset)
HOOK_THUNK(hosted_printf)
HOOK_THUNK(hosted_putchar)
HOOK_THUNK(hosted_puts)
HOOK_THUNK(hosted_realloc)
HOOK_THUNK(hosted_snprintf)
HOOK_THUNK(hosted_sprintf)
HOOK_THUNK(hosted_strcat)
HOOK_THUNK(hosted_strchr)
HOOK_THUNK(hosted_strcmp)
HOOK_THUNK(hosted_strcpy)
HOOK_THUNK(hosted_strlen)
HOOK_THUNK(hosted_strncmp)
HOOK_THUNK(hosted_strncpy)
HOOK_THUNK(hosted_strnlen)
HOOK_THUNK(hosted_vprintf)
HOOK_THUNK(hosted_vsnprintf)

#define SYMBOL(name) { #name, HOOK_THUNK_ADDRESS(hosted_##name) },
const struct hook_symbol libc_symbols[] = {
	SYMBOL(memcpy)
	SYMBOL(memmove)
	SYMBOL(memset)
	SYMBOL(memcmp)
	{ "bcmp", HOOK_THUNK_ADDRESS(hosted_memcmp) },
	/* clang's names when it instruments */
	{ "__tsan_memcpy", HOOK_THUNK_ADDRESS(hosted_memcpy) },
	{ "__tsan_memmove", HOOK_THUNK_ADDRESS(hosted_memmove) },
	{ "__tsan_memset", HOOK_THUNK_ADDRESS(hosted_memset) },
	SYMBOL(memchr)
	SYMBOL(strlen)
	SYMBOL(strnlen)
	SYMBOL(strcmp)
	SYMBOL(strncmp)
	SYMBOL(strcpy)
	SYMBOL(strncpy)
	SYMBOL(strcat)
	SYMBOL(strchr)
	SYMBOL(malloc)
	SYMBOL(calloc)
	SYMBOL(realloc)
	SYMBOL(aligned_alloc)
	{ "memalign", HOOK_THUNK_ADDRESS(hosted_aligned_alloc) },
	SYMBOL(free)
	SYMBOL(printf)
	SYMBOL(vprintf)
	SYMBOL(snprintf)
	SYMBOL(vsnprintf)
	SYMBOL(sprintf)
	SYMBOL(puts)
	SYMBOL(putchar)
	SYMBOL(abort)
	SYMBOL(hw_assert_fail)
	{ "__assert_fail", HOOK_THUNK_ADDRESS(hosted_assert_fail) },
	{ NULL, NULL },
};
