/* SPDX-License-Identifier: BSD-3-Clause */
/* The heap's book-keeping, against a plain map of which bytes are taken. */
#include <string.h>

#include "sim/heap.h"
#include "sim/tests/sentences.h"

#define SIZE 4096u
#define HELD_MAX 64u

static uint64_t state;

static size_t any(size_t below)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (size_t)(state >> 33) % below;
}

static void blocks_do_not_overlap_and_what_is_freed_is_given_out_again(void)
{
	static uint8_t taken[SIZE];
	struct {
		size_t at, size;
	} held[HELD_MAX];
	struct heap heap;
	unsigned int n = 0, refused = 0, given = 0;

	CU_ASSERT_TRUE_FATAL(heap_init(&heap, SIZE));
	for (unsigned int round = 0; round < 20000; round++) {
		if (n < HELD_MAX && any(2)) {
			size_t size = any(200) + 1, align = (size_t)16 << any(5), at = heap_allocate(&heap, size, align);

			if (at == HEAP_NONE) {
				refused++;
				continue;
			}
			given++;
			CU_ASSERT_EQUAL_FATAL(at % align, 0);
			CU_ASSERT_FATAL(at + size <= SIZE && heap_block_size(&heap, at) >= size);
			CU_ASSERT_PTR_NULL_FATAL(memchr(taken + at, 1, size));
			memset(taken + at, 1, size);
			held[n].at = at;
			held[n++].size = size;
		} else if (n) {
			size_t i = any(n);

			memset(taken + held[i].at, 0, held[i].size);
			CU_ASSERT_TRUE_FATAL(heap_free(&heap, held[i].at));
			held[i] = held[--n];
		}
	}
	CU_ASSERT(given > 1000 && refused > 100);
	while (n)
		CU_ASSERT_TRUE(heap_free(&heap, held[--n].at));
	CU_ASSERT_EQUAL(heap_allocate(&heap, SIZE, HEAP_ALIGN), 0); /* in one piece again */
	heap_fini(&heap);
}

static void lowest_place_that_fits_is_given_out(void)
{
	struct heap heap;

	CU_ASSERT_TRUE_FATAL(heap_init(&heap, SIZE));
	CU_ASSERT_EQUAL(heap_allocate(&heap, 1, 16), 0);
	CU_ASSERT_EQUAL(heap_allocate(&heap, 33, 16), 16);
	CU_ASSERT_EQUAL(heap_allocate(&heap, 16, 16), 64);
	CU_ASSERT_TRUE(heap_free(&heap, 16));
	CU_ASSERT_EQUAL(heap_allocate(&heap, 64, 16), 80);
	CU_ASSERT_EQUAL(heap_allocate(&heap, 48, 16), 16);
	CU_ASSERT_EQUAL(heap_allocate(&heap, 16, 1024), 1024);
	CU_ASSERT_EQUAL(heap_allocate(&heap, 0, 16), 144);
	CU_ASSERT_EQUAL(heap.high, 1040);
	heap_fini(&heap);
}

static void what_was_not_given_out_cannot_be_freed(void)
{
	struct heap heap;
	size_t at;

	CU_ASSERT_TRUE_FATAL(heap_init(&heap, SIZE));
	CU_ASSERT_FALSE(heap_free(&heap, 0));
	at = heap_allocate(&heap, 64, 16);
	CU_ASSERT_FALSE(heap_free(&heap, at + 16));
	CU_ASSERT_FALSE(heap_free(&heap, at + 1));
	CU_ASSERT_FALSE(heap_free(&heap, SIZE));
	CU_ASSERT_FALSE(heap_free(&heap, SIZE_MAX - 15));
	CU_ASSERT_EQUAL(heap_block_size(&heap, at + 16), 0);
	CU_ASSERT_TRUE(heap_free(&heap, at));
	CU_ASSERT_FALSE(heap_free(&heap, at));
	heap_fini(&heap);
}

static void more_than_there_is_is_refused(void)
{
	struct heap heap;

	CU_ASSERT_TRUE_FATAL(heap_init(&heap, SIZE));
	CU_ASSERT_EQUAL(heap_allocate(&heap, SIZE + 1, 16), HEAP_NONE);
	CU_ASSERT_EQUAL(heap_allocate(&heap, SIZE_MAX, 16), HEAP_NONE);
	CU_ASSERT_EQUAL(heap_allocate(&heap, 16, (size_t)1 << 63), 0);
	CU_ASSERT_EQUAL(heap_allocate(&heap, 16, (size_t)1 << 63), HEAP_NONE);
	CU_ASSERT_EQUAL(heap_allocate(&heap, SIZE - 16, 16), 16);
	CU_ASSERT_EQUAL(heap_allocate(&heap, 1, 16), HEAP_NONE);
	heap_fini(&heap);
}

static void reset_frees_everything(void)
{
	struct heap heap;
	size_t at;

	CU_ASSERT_TRUE_FATAL(heap_init(&heap, SIZE));
	for (unsigned int i = 0; i < 100; i++)
		at = heap_allocate(&heap, 16, 16);
	heap_reset(&heap);
	CU_ASSERT_FALSE(heap_free(&heap, at));
	CU_ASSERT_EQUAL(heap.high, 0);
	CU_ASSERT_EQUAL(heap_allocate(&heap, SIZE, 16), 0);
	heap_fini(&heap);
}

static CU_TestInfo sentences[] = {
	SENTENCE(blocks_do_not_overlap_and_what_is_freed_is_given_out_again),
	SENTENCE(lowest_place_that_fits_is_given_out),
	SENTENCE(what_was_not_given_out_cannot_be_freed),
	SENTENCE(more_than_there_is_is_refused),
	SENTENCE(reset_frees_everything),
	CU_TEST_INFO_NULL
};

int main(void)
{
	return sentences_run("heap", sentences);
}
