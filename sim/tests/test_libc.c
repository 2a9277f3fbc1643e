/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hosted C library (sim/libc.c) against the real one, on random inputs, and what it tells of its accesses.
 * hook_request is defined here in place of the engine's; a recorder of hooks, or with hook_idle nobody, looks on.
 */
#include <CUnit/Basic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/hook.h"
#include "sim/libc.h"

#define ROUNDS 20000
#define BYTES 512
#define HOOKS_MAX 4096
#define BOUNDARY 64

/* ---- The hosted library, by name -------------------------------------------------------------------- */

static void *hosted(const char *name)
{
	for (const struct hook_symbol *s = libc_symbols; s->name; s++)
		if (strcmp(s->name, name) == 0)
			return s->address;
	CU_FAIL_FATAL("hosted code has not got a function that it must have");
	return NULL;
}

#define HOSTED(name, type) ((type)(uintptr_t)hosted(name))
typedef void *move_function(void *, const void *, size_t);
typedef void *set_function(void *, int, size_t);
typedef int compare_function(const void *, const void *, size_t);
typedef int compare_strings_function(const char *, const char *);
typedef int compare_parts_function(const char *, const char *, size_t);
typedef void *find_function(const void *, int, size_t);
typedef char *find_string_function(const char *, int);
typedef size_t length_function(const char *);
typedef size_t length_limit_function(const char *, size_t);
typedef char *copy_string_function(char *, const char *);
typedef char *copy_part_function(char *, const char *, size_t);
typedef int format_function(char *, size_t, const char *, ...);
typedef void *calloc_function(size_t, size_t);
typedef void *realloc_function(void *, size_t);

/* ---- The recorder ----------------------------------------------------------------------------------- */

static struct hook recording = { .private_size = 0, .deadline = 0 };
static struct {
	uintptr_t address;
	size_t size;
	enum request_kind kind;
} seen[HOOKS_MAX];
static size_t seens;
static size_t allocated, held;
static uintptr_t freed;
static uint8_t *disturbed; /* a byte that somebody else changes whenever a store is announced */

static uint64_t format_text(struct request *request)
{
	static char text[256];
	va_list *args = request->other;

	request->other = text;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	return (uint64_t)vsnprintf(text, sizeof(text), (const char *)request->address, *args);
#pragma GCC diagnostic pop
}

uint64_t hook_request(struct request *request)
{
	static _Alignas(16) char heap[BYTES];

	switch (request->kind) {
	case REQUEST_LOAD:
	case REQUEST_STORE:
		CU_ASSERT_FATAL(seens < HOOKS_MAX);
		seen[seens].address = request->address;
		seen[seens].size = request->size;
		seen[seens++].kind = request->kind;
		if (disturbed && request->kind == REQUEST_STORE)
			*disturbed = (uint8_t)~*disturbed;
		return 0;
	case REQUEST_FORMAT:
		return format_text(request);
	case REQUEST_ALLOCATE:
		allocated = request->size;
		memset(heap, 0xa5, sizeof(heap));
		return request->size <= sizeof(heap) ? (uintptr_t)heap : 0;
	case REQUEST_ALLOCATED:
		return held;
	case REQUEST_FREE:
		freed = request->address;
		return 0;
	default:
		return 0;
	}
}

static void record(void)
{
	seens = 0;
	hook_now = &recording;
}

static void record_end(void)
{
	hook_now = &hook_idle;
}

/* How often the byte at `p` was announced. */
static unsigned int announced(const void *p, enum request_kind kind)
{
	unsigned int n = 0;

	for (size_t i = 0; i < seens; i++)
		n += seen[i].kind == kind && (uintptr_t)p - seen[i].address < seen[i].size;
	return n;
}

static bool crosses_boundary(size_t i)
{
	return seen[i].address / BOUNDARY != (seen[i].address + seen[i].size - 1) / BOUNDARY;
}

/* ---- Random inputs ---------------------------------------------------------------------------------- */

static uint64_t state;

static size_t any(size_t below)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (size_t)(state >> 33) % below;
}

/* Few different bytes, some negative as chars, so that equal and nearly equal strings are common. */
static void fill(char *text, size_t size, bool ended)
{
	static const char letters[] = { 'a', 'b', '\x80', '\xff' };

	for (size_t i = 0; i < size; i++)
		text[i] = letters[any(any(2) ? 1 : sizeof(letters))];
	if (ended)
		text[any(size)] = text[size - 1] = '\0';
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

/* ---- Results ---------------------------------------------------------------------------------------- */

static void memcpy_and_memmove_copy_like_libcs_whatever_the_overlap(void)
{
	static const char *const names[] = { "memmove", "memcpy" };
	char ours[BYTES], real[BYTES];

	for (unsigned int round = 0; round < ROUNDS; round++) {
		size_t size = any(200), to = any(BYTES - size), from = any(BYTES - size);

		if (any(2)) /* near each other, either way round */
			from = to + 8 - any(17);
		if (from > BYTES - size)
			continue;
		fill(ours, BYTES, false);
		memcpy(real, ours, BYTES);
		memmove(real + to, real + from, size);
		bool apart = to + size <= from || from + size <= to;
		void *answer = HOSTED(names[apart], move_function *)(ours + to, ours + from, size);

		CU_ASSERT_FATAL(answer == ours + to && memcmp(ours, real, BYTES) == 0);
	}
}

static void memset_sets_its_range_and_nothing_else(void)
{
	char ours[BYTES], real[BYTES];

	for (unsigned int round = 0; round < ROUNDS; round++) {
		size_t size = any(200), to = any(BYTES - size);
		int c = (int)any(1024);

		fill(ours, BYTES, false);
		memcpy(real, ours, BYTES);
		memset(real + to, c, size);
		CU_ASSERT_FATAL(HOSTED("memset", set_function *)(ours + to, c, size) == ours + to);
		CU_ASSERT_FATAL(memcmp(ours, real, BYTES) == 0);
	}
}

static void comparisons_have_libcs_sign(void)
{
	char a[12], b[12];

	for (unsigned int round = 0; round < ROUNDS; round++) {
		size_t n = any(sizeof(a) + 1);

		fill(a, sizeof(a), true);
		if (any(2))
			memcpy(b, a, sizeof(b));
		else
			fill(b, sizeof(b), true);
		int memory = sign(memcmp(a, b, n));

		CU_ASSERT_FATAL(sign(HOSTED("memcmp", compare_function *)(a, b, n)) == memory);
		CU_ASSERT_FATAL(!HOSTED("bcmp", compare_function *)(a, b, n) == !memory);
		CU_ASSERT_FATAL(sign(HOSTED("strcmp", compare_strings_function *)(a, b)) == sign(strcmp(a, b)));
		CU_ASSERT_FATAL(sign(HOSTED("strncmp", compare_parts_function *)(a, b, n)) == sign(strncmp(a, b, n)));
	}
}

static void lengths_and_searches_answer_like_libcs(void)
{
	char s[24];

	for (unsigned int round = 0; round < ROUNDS; round++) {
		size_t n = any(sizeof(s) + 1);

		fill(s, sizeof(s), true);
		int c = any(3) ? s[any(sizeof(s))] : (int)any(1024) - 512;

		CU_ASSERT_FATAL(HOSTED("strlen", length_function *)(s) == strlen(s));
		CU_ASSERT_FATAL(HOSTED("strnlen", length_limit_function *)(s, n) == strnlen(s, n));
		CU_ASSERT_FATAL(HOSTED("memchr", find_function *)(s, c, n) == memchr(s, c, n));
		CU_ASSERT_FATAL(HOSTED("strchr", find_string_function *)(s, c) == strchr(s, c));
	}
}

static void string_copies_store_what_libcs_store_and_nothing_else(void)
{
	char s[24], ours[64], real[64];

	for (unsigned int round = 0; round < ROUNDS; round++) {
		size_t n = any(32);

		fill(s, sizeof(s), true);
		fill(ours, sizeof(ours), false);
		ours[any(24)] = '\0';
		memcpy(real, ours, sizeof(real));
		switch (any(3)) {
		case 0:
			strcpy(real, s);
			CU_ASSERT_FATAL(HOSTED("strcpy", copy_string_function *)(ours, s) == ours);
			break;
		case 1:
			strncpy(real, s, n);
			CU_ASSERT_FATAL(HOSTED("strncpy", copy_part_function *)(ours, s, n) == ours);
			break;
		default:
			strcat(real, s);
			CU_ASSERT_FATAL(HOSTED("strcat", copy_string_function *)(ours, s) == ours);
		}
		CU_ASSERT_FATAL(memcmp(ours, real, sizeof(real)) == 0);
	}
}

/* ---- Accesses --------------------------------------------------------------------------------------- */

static void check_copy_hooks(const char *to, const char *from, size_t size)
{
	for (size_t i = 0; i < seens; i += 2) {
		CU_ASSERT_FATAL(i + 1 < seens && seen[i].kind == REQUEST_LOAD && seen[i + 1].kind == REQUEST_STORE);
		CU_ASSERT_FATAL(seen[i].size == seen[i + 1].size);
		CU_ASSERT_FATAL(seen[i].address - (uintptr_t)from == seen[i + 1].address - (uintptr_t)to);
		CU_ASSERT_FATAL(!crosses_boundary(i) && !crosses_boundary(i + 1));
	}
	for (size_t i = 0; i < size; i++)
		CU_ASSERT_FATAL(announced(from + i, REQUEST_LOAD) == 1 && announced(to + i, REQUEST_STORE) == 1);
	CU_ASSERT_FATAL(announced(from + size, REQUEST_LOAD) == 0 && announced(to + size, REQUEST_STORE) == 0);
	CU_ASSERT_FATAL(announced(from - 1, REQUEST_LOAD) == 0 && announced(to - 1, REQUEST_STORE) == 0);
}

static void a_copy_announces_each_byte_once_in_pieces_that_cross_no_boundary(void)
{
	static _Alignas(BOUNDARY) char bytes[BYTES];

	for (unsigned int round = 0; round < 500; round++) {
		size_t size = any(200), to = 1 + any(BYTES - size - 1), from = 1 + any(BYTES - size - 1);

		record();
		HOSTED("memmove", move_function *)(bytes + to, bytes + from, size);
		record_end();
		check_copy_hooks(bytes + to, bytes + from, size);
	}
}

static void a_copy_stores_what_it_loaded_though_the_source_changes_at_the_stores_hook(void)
{
	char from[BOUNDARY] = "x", to[BOUNDARY] = "";

	disturbed = (uint8_t *)from;
	record();
	HOSTED("memcpy", move_function *)(to, from, 8);
	record_end();
	disturbed = NULL;
	CU_ASSERT(from[0] != 'x');
	CU_ASSERT(to[0] == 'x');
}

static void a_size_of_zero_makes_no_access(void)
{
	char byte = 1;

	record();
	HOSTED("memcpy", move_function *)(&byte, &byte, 0);
	HOSTED("memset", set_function *)(&byte, 0, 0);
	HOSTED("memcmp", compare_function *)(&byte, &byte, 0);
	HOSTED("memchr", find_function *)(&byte, 1, 0);
	HOSTED("strncmp", compare_parts_function *)(&byte, &byte, 0);
	HOSTED("strnlen", length_limit_function *)(&byte, 0);
	HOSTED("strncpy", copy_part_function *)(&byte, &byte, 0);
	record_end();
	CU_ASSERT(seens == 0);
	CU_ASSERT(byte == 1);
}

static void strncpy_stores_each_byte_once_and_loads_none_after_the_nul(void)
{
	char to[16];
	const char from[16] = "abc";

	record();
	HOSTED("strncpy", copy_part_function *)(to, from, 8);
	record_end();
	for (size_t i = 0; i < sizeof(to); i++) {
		CU_ASSERT(announced(to + i, REQUEST_STORE) == (i < 8));
		CU_ASSERT(announced(from + i, REQUEST_LOAD) == (i < 4));
	}
}

static void a_search_loads_up_to_what_it_finds(void)
{
	const char s[] = "abcdef";

	record();
	CU_ASSERT(HOSTED("strchr", find_string_function *)(s, 'c') == s + 2);
	record_end();
	for (size_t i = 0; i < sizeof(s); i++)
		CU_ASSERT(announced(s + i, REQUEST_LOAD) == (i < 3));
}

static void a_string_argument_of_printf_is_loaded_as_far_as_its_precision(void)
{
	const char s[] = "abcdef";
	char text[64];
	format_function *format = HOSTED("snprintf", format_function *);

	record();
	int length = format(text, sizeof(text), "%Lf %5ld %% %*d %c %a %.*s", 1.5L, 2L, 3, 4, '5', 6.0, 3, s);

	record_end();
	CU_ASSERT_STRING_EQUAL(text, "1.500000     2 %   4 5 0x1.8p+2 abc");
	CU_ASSERT(length == (int)strlen(text));
	for (size_t i = 0; i < sizeof(s); i++)
		CU_ASSERT(announced(s + i, REQUEST_LOAD) == (i < 3));
}

static void a_string_argument_of_printf_is_loaded_with_its_nul(void)
{
	const char s[4] = "ab";
	char text[8];

	record();
	CU_ASSERT(HOSTED("snprintf", format_function *)(text, sizeof(text), "%6s", s) == 6);
	record_end();
	for (size_t i = 0; i < sizeof(s); i++)
		CU_ASSERT(announced(s + i, REQUEST_LOAD) == (i < 3));
}

static void snprintf_stores_no_more_than_fits_and_answers_the_whole_length(void)
{
	char text[8] = "#######";
	format_function *format = HOSTED("snprintf", format_function *);

	record();
	CU_ASSERT(format(text, 0, "%d", 12345) == 5);
	CU_ASSERT(seens == 0);
	CU_ASSERT(format(text, 4, "%d", 12345) == 5);
	record_end();
	CU_ASSERT(memcmp(text, "123\0###", 8) == 0);
	for (size_t i = 0; i < sizeof(text); i++)
		CU_ASSERT(announced(text + i, REQUEST_STORE) == (i < 4));
}

static void calloc_clears_and_refuses_a_product_that_overflows(void)
{
	calloc_function *hosted_calloc = HOSTED("calloc", calloc_function *);

	record();
	const char *p = hosted_calloc(3, 7);

	CU_ASSERT_FATAL(p != NULL);
	CU_ASSERT(allocated == 21);
	CU_ASSERT(p[0] == 0 && p[20] == 0 && p[21] != 0);
	CU_ASSERT(announced(p + 20, REQUEST_STORE) == 1 && announced(p + 21, REQUEST_STORE) == 0);
	CU_ASSERT(hosted_calloc(SIZE_MAX / 4 + 2, 4) == NULL);
	CU_ASSERT(hosted_calloc(BYTES, 2) == NULL);
	record_end();
}

static void realloc_moves_what_fits_and_frees_the_old_block_only_when_there_is_a_new_one(void)
{
	realloc_function *hosted_realloc = HOSTED("realloc", realloc_function *);
	char old[32] = "0123456789abcdef";

	record();
	held = 16;
	freed = 0;
	CU_ASSERT(hosted_realloc(old, BYTES + 1) == NULL);
	CU_ASSERT(freed == 0);
	const char *p = hosted_realloc(old, 24);

	CU_ASSERT_FATAL(p != NULL && p != old);
	CU_ASSERT(memcmp(p, "0123456789abcdef", 16) == 0);
	CU_ASSERT(announced(old + 15, REQUEST_LOAD) == 1 && announced(old + 16, REQUEST_LOAD) == 0);
	CU_ASSERT(freed == (uintptr_t)old);
	p = hosted_realloc(old, 4);
	CU_ASSERT_FATAL(p != NULL);
	CU_ASSERT(announced(p + 3, REQUEST_STORE) == 2 && announced(p + 4, REQUEST_STORE) == 1);
	record_end();
}

#define TEST(name) CU_add_test(suite, #name, name)

int main(void)
{
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 1;
	CU_pSuite suite = CU_add_suite("the hosted C library", NULL, NULL);

	TEST(memcpy_and_memmove_copy_like_libcs_whatever_the_overlap);
	TEST(memset_sets_its_range_and_nothing_else);
	TEST(comparisons_have_libcs_sign);
	TEST(lengths_and_searches_answer_like_libcs);
	TEST(string_copies_store_what_libcs_store_and_nothing_else);
	TEST(a_copy_announces_each_byte_once_in_pieces_that_cross_no_boundary);
	TEST(a_copy_stores_what_it_loaded_though_the_source_changes_at_the_stores_hook);
	TEST(a_size_of_zero_makes_no_access);
	TEST(strncpy_stores_each_byte_once_and_loads_none_after_the_nul);
	TEST(a_search_loads_up_to_what_it_finds);
	TEST(a_string_argument_of_printf_is_loaded_as_far_as_its_precision);
	TEST(a_string_argument_of_printf_is_loaded_with_its_nul);
	TEST(snprintf_stores_no_more_than_fits_and_answers_the_whole_length);
	TEST(calloc_clears_and_refuses_a_product_that_overflows);
	TEST(realloc_moves_what_fits_and_frees_the_old_block_only_when_there_is_a_new_one);
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	unsigned int failures = CU_get_number_of_failures();

	CU_cleanup_registry();
	return failures ? 1 : 0;
}
