/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The IOMMU's rules, both edges of each; and at random against two flat arrays, the table and the IOTLB, a cell per 4 KiB.
 */
#include <string.h>

#include "models/iommu.h"
#include "models/tests/random.h"
#include "sim/tests/sentences.h"

#define S 0x10u			/* the stream */
#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define RW (IOMMU_READ | IOMMU_WRITE)

static struct iommu iommu;
static enum trace_fault cause;
static uint64_t pa;
static unsigned int changes, faults;
static struct iommu_record last;

static void on_changed(void *ctx, uint32_t stream, uint32_t context, uint64_t iova, uint64_t size)
{
	(void)ctx, (void)stream, (void)context, (void)iova, (void)size;
	changes++;
}

static void on_fault(void *ctx, const struct iommu_record *record)
{
	(void)ctx;
	faults++;
	last = *record;
}

static const struct iommu_ops ops = { .changed = on_changed, .fault = on_fault };

static void begin(enum iommu_mode mode)
{
	iommu_fini(&iommu);
	memset(&iommu, 0, sizeof(iommu));
	iommu.ops = &ops;
	changes = faults = 0;
	CU_ASSERT_TRUE_FATAL(iommu_add_stream(&iommu, S, mode));
}

static int map(uint64_t iova, uint64_t to, uint64_t size)
{
	return iommu_map(&iommu, S, 0, iova, to, size, RW);
}

static int unmap(uint64_t iova, uint64_t size)
{
	return iommu_unmap(&iommu, S, 0, iova, size);
}

static int invalidate(uint64_t iova, uint64_t size)
{
	return iommu_invalidate(&iommu, S, 0, iova, size);
}

static bool sees(uint64_t iova, uint64_t where)
{
	return iommu_translate(&iommu, S, 0, iova, 4, false, &pa, &cause) && pa == where;
}

static bool faults_with(uint64_t iova, bool store, enum trace_fault why)
{
	return !iommu_translate(&iommu, S, 0, iova, 4, store, &pa, &cause) && cause == why;
}

/* ---- Streams and contexts ---------------------------------------------------------------------------------- */

static void a_stream_aborts_bypasses_or_translates(void)
{
	begin(IOMMU_ABORT);
	CU_ASSERT_TRUE(faults_with(0x1000, false, TRACE_FAULT_IOMMU_STREAM));
	CU_ASSERT_EQUAL(iommu_set_mode(&iommu, S, IOMMU_BYPASS), IOMMU_DONE);
	CU_ASSERT_TRUE(sees(0x1000, 0x1000));
	CU_ASSERT_EQUAL(iommu_set_mode(&iommu, S, IOMMU_TRANSLATE), IOMMU_DONE);
	CU_ASSERT_TRUE(faults_with(0x1000, false, TRACE_FAULT_IOMMU_TRANSLATION));
	CU_ASSERT_EQUAL(changes, 2);
	CU_ASSERT_EQUAL(iommu_set_mode(&iommu, S + 1, IOMMU_BYPASS), IOMMU_NO_STREAM);
	CU_ASSERT_FALSE(iommu_translate(&iommu, S + 1, 0, 0, 4, false, &pa, &cause));
	CU_ASSERT_EQUAL(cause, TRACE_FAULT_IOMMU_STREAM);
	CU_ASSERT_FALSE(iommu_add_stream(&iommu, S, IOMMU_BYPASS));
}

static void contexts_have_tables_of_their_own(void)
{
	begin(IOMMU_TRANSLATE);
	CU_ASSERT_EQUAL(iommu_map(&iommu, S, 3, 0, 0x1000, 4 * KIB, RW), IOMMU_NO_CONTEXT);
	CU_ASSERT_EQUAL(iommu_create_context(&iommu, S, 3), IOMMU_DONE);
	CU_ASSERT_EQUAL(iommu_create_context(&iommu, S, 3), IOMMU_MAPPED);
	CU_ASSERT_EQUAL(iommu_create_context(&iommu, S, IOMMU_CONTEXTS_MAX), IOMMU_NO_CONTEXT);
	CU_ASSERT_EQUAL(iommu_map(&iommu, S, 3, 0, 0x1000, 4 * KIB, RW), IOMMU_DONE);
	CU_ASSERT_TRUE(iommu_translate(&iommu, S, 3, 8, 4, true, &pa, &cause));
	CU_ASSERT_EQUAL(pa, 0x1008);
	CU_ASSERT_TRUE(faults_with(8, false, TRACE_FAULT_IOMMU_TRANSLATION));
	CU_ASSERT_EQUAL(iommu_destroy_context(&iommu, S, 3), IOMMU_DONE);
	CU_ASSERT_FALSE(iommu_translate(&iommu, S, 3, 8, 4, true, &pa, &cause));
	CU_ASSERT_EQUAL(cause, TRACE_FAULT_IOMMU_CONTEXT);
}

static void reset_brings_the_reset_mode_and_empty_tables(void)
{
	begin(IOMMU_BYPASS);
	iommu_set_mode(&iommu, S, IOMMU_TRANSLATE);
	iommu_create_context(&iommu, S, 1);
	map(0, 0x5000, 4 * KIB);
	iommu_report(&iommu, S, 0, 0, 4, false, TRACE_FAULT_IOMMU_TRANSLATION);
	iommu_reset(&iommu);
	CU_ASSERT_TRUE(sees(0, 0));
	CU_ASSERT_EQUAL(iommu.records, 0);
	iommu_set_mode(&iommu, S, IOMMU_TRANSLATE);
	CU_ASSERT_TRUE(faults_with(0, false, TRACE_FAULT_IOMMU_TRANSLATION));
	CU_ASSERT_EQUAL(iommu_destroy_context(&iommu, S, 1), IOMMU_NO_CONTEXT);
}

/* ---- Tables ------------------------------------------------------------------------------------------------- */

static void pages_are_as_large_as_the_alignment_of_both_addresses_allows(void)
{
	static const struct {
		uint64_t iova, pa, size;
		unsigned int pages;
	} cases[] = {
		{ 0, 0, 4 * KIB, 1 },
		{ 0, 0, 64 * KIB, 1 },
		{ 4 * KIB, 4 * KIB, 64 * KIB, 16 },
		{ 0, 4 * KIB, 64 * KIB, 16 },
		{ 0, 0, 2 * MIB, 1 },
		{ 0, 64 * KIB, 2 * MIB, 32 },
		{ 0, 0, GIB, 1 },
		{ GIB, 3 * GIB, GIB + 2 * MIB + 68 * KIB, 4 },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(IOMMU_TRANSLATE);
		CU_ASSERT_EQUAL(map(cases[i].iova, cases[i].pa, cases[i].size), IOMMU_DONE);
		CU_ASSERT_EQUAL(iommu.stream[0].context[0].table.count, cases[i].pages);
		CU_ASSERT_TRUE(sees(cases[i].iova + cases[i].size - 4, cases[i].pa + cases[i].size - 4));
		CU_ASSERT_TRUE(faults_with(cases[i].iova + cases[i].size, false, TRACE_FAULT_IOMMU_TRANSLATION));
	}
}

static void what_is_not_whole_pages_is_refused(void)
{
	begin(IOMMU_TRANSLATE);
	CU_ASSERT_EQUAL(map(0, 0, 0), IOMMU_UNALIGNED);
	CU_ASSERT_EQUAL(map(0, 0, 4 * KIB - 1), IOMMU_UNALIGNED);
	CU_ASSERT_EQUAL(map(1, 0, 4 * KIB), IOMMU_UNALIGNED);
	CU_ASSERT_EQUAL(map(0, 1, 4 * KIB), IOMMU_UNALIGNED);
	CU_ASSERT_EQUAL(map(UINT64_MAX - 4 * KIB + 1, 0, 8 * KIB), IOMMU_UNALIGNED);
	CU_ASSERT_EQUAL(changes, 0);
}

static void what_is_mapped_is_not_mapped_again_and_nothing_is_half_done(void)
{
	begin(IOMMU_TRANSLATE);
	CU_ASSERT_EQUAL(map(0x2000, 0x8000, 4 * KIB), IOMMU_DONE);
	CU_ASSERT_EQUAL(map(0x1000, 0x9000, 8 * KIB), IOMMU_MAPPED);
	CU_ASSERT_TRUE(faults_with(0x1000, false, TRACE_FAULT_IOMMU_TRANSLATION));
	CU_ASSERT_EQUAL(map(0x1000, 0x9000, 4 * KIB), IOMMU_DONE);
	CU_ASSERT_EQUAL(map(0x100000, 4 * KIB, 2 * MIB), IOMMU_FULL);	/* 512 small pages */
	CU_ASSERT_TRUE(faults_with(0x100000, false, TRACE_FAULT_IOMMU_TRANSLATION));
}

static void part_of_a_larger_page_is_not_unmapped(void)
{
	begin(IOMMU_TRANSLATE);
	map(0, 0, 64 * KIB);
	CU_ASSERT_EQUAL(unmap(0, 4 * KIB), IOMMU_UNALIGNED);
	CU_ASSERT_EQUAL(unmap(60 * KIB, 8 * KIB), IOMMU_UNALIGNED);
	CU_ASSERT_EQUAL(unmap(64 * KIB, 4 * KIB), IOMMU_NOT_MAPPED);
	CU_ASSERT_EQUAL(unmap(0, 128 * KIB), IOMMU_DONE);
}

static void permission_is_of_the_page(void)
{
	begin(IOMMU_TRANSLATE);
	iommu_map(&iommu, S, 0, 0, 0, 4 * KIB, IOMMU_READ);
	iommu_map(&iommu, S, 0, 4 * KIB, 0, 4 * KIB, IOMMU_WRITE);
	CU_ASSERT_TRUE(sees(0, 0));
	CU_ASSERT_TRUE(faults_with(0, true, TRACE_FAULT_IOMMU_PERMISSION));
	CU_ASSERT_TRUE(faults_with(4 * KIB, false, TRACE_FAULT_IOMMU_PERMISSION));
	CU_ASSERT_TRUE(iommu_translate(&iommu, S, 0, 4 * KIB, 4, true, &pa, &cause));
}

/* ---- The IOTLB ----------------------------------------------------------------------------------------------- */

static void a_translation_outlives_its_page_until_it_is_invalidated(void)
{
	begin(IOMMU_TRANSLATE);
	map(0x1000, 0x8000, 4 * KIB);
	CU_ASSERT_EQUAL(unmap(0x1000, 4 * KIB), IOMMU_DONE);
	CU_ASSERT_TRUE(sees(0x1000, 0x8000));
	CU_ASSERT_EQUAL(invalidate(0x2000, 4 * KIB), IOMMU_DONE);	/* of something else */
	CU_ASSERT_TRUE(sees(0x1000, 0x8000));
	CU_ASSERT_EQUAL(invalidate(0x1000, 4 * KIB), IOMMU_DONE);
	CU_ASSERT_TRUE(faults_with(0x1000, false, TRACE_FAULT_IOMMU_TRANSLATION));
}

static void a_page_that_is_mapped_anew_is_seen_only_when_the_old_entry_is_gone(void)
{
	begin(IOMMU_TRANSLATE);
	map(0x1000, 0x8000, 4 * KIB);
	unmap(0x1000, 4 * KIB);
	map(0x1000, 0x9000, 4 * KIB);
	CU_ASSERT_TRUE(sees(0x1000, 0x8000));
	invalidate(0x1000, 1);
	CU_ASSERT_TRUE(sees(0x1000, 0x9000));
}

static void a_page_that_was_never_mapped_is_seen_at_once_and_stays(void)
{
	begin(IOMMU_TRANSLATE);
	map(0, 0x10000, 64 * KIB);
	unmap(0, 64 * KIB);
	invalidate(0, 64 * KIB);
	map(0, 0x20000, 64 * KIB);
	CU_ASSERT_TRUE(sees(0x8000, 0x28000));
	unmap(0, 64 * KIB);
	CU_ASSERT_TRUE(sees(0x8000, 0x28000));	/* though nobody used it: hardware may walk at any time */
}

/* ---- Faults --------------------------------------------------------------------------------------------------- */

static void report(uint64_t iova, bool store)
{
	iommu_report(&iommu, S, 0, iova, 4, store, TRACE_FAULT_IOMMU_TRANSLATION);
}

static void faults_are_read_in_order_and_once(void)
{
	struct iommu_record record;
	bool overflow;

	begin(IOMMU_TRANSLATE);
	report(0x1000, false);
	report(0x2000, true);
	CU_ASSERT_EQUAL(faults, 2);
	CU_ASSERT_TRUE(iommu_read_record(&iommu, &record, &overflow));
	CU_ASSERT_TRUE(record.iova == 0x1000 && !record.store && !overflow && record.stream == S);
	CU_ASSERT_TRUE(iommu_read_record(&iommu, &record, &overflow));
	CU_ASSERT_TRUE(record.iova == 0x2000 && record.store);
	CU_ASSERT_FALSE(iommu_read_record(&iommu, &record, &overflow));
}

static void a_storm_of_faults_alike_is_counted_and_no_longer_told(void)
{
	struct iommu_record record;
	bool overflow;

	begin(IOMMU_TRANSLATE);
	for (unsigned int i = 0; i < 1000; i++)
		report(0x1000 + i % 4096, false);
	CU_ASSERT_EQUAL(faults, IOMMU_ALIKE_MAX);
	CU_ASSERT_EQUAL(last.alike, IOMMU_ALIKE_MAX - 1);
	CU_ASSERT_TRUE(iommu_read_record(&iommu, &record, &overflow));
	CU_ASSERT_EQUAL(record.alike, 999);
	CU_ASSERT_FALSE(iommu_read_record(&iommu, &record, &overflow));
	report(0x1000, false);	/* the host has read: told again */
	CU_ASSERT_EQUAL(faults, IOMMU_ALIKE_MAX + 1);
}

static void records_that_find_no_room_are_an_overflow_told_once(void)
{
	struct iommu_record record;
	bool overflow;

	begin(IOMMU_TRANSLATE);
	for (uint64_t i = 0; i < IOMMU_RECORDS_MAX + 5; i++)
		report(i * 0x1000, false);
	CU_ASSERT_EQUAL(faults, IOMMU_RECORDS_MAX + 1);
	CU_ASSERT_TRUE(iommu_read_record(&iommu, &record, &overflow));
	CU_ASSERT_TRUE(overflow);
	CU_ASSERT_TRUE(iommu_read_record(&iommu, &record, &overflow));
	CU_ASSERT_FALSE(overflow);
}

/* ---- At random --------------------------------------------------------------------------------------------------- */

#define CELLS 1024u
#define CELL (4 * KIB)

struct cell {
	unsigned int page;	/* whose part it is; 0: nothing */
	uint64_t pa;
	uint8_t permission;
};
static struct cell table[CELLS], tlb[CELLS];
static unsigned int pages;

static void cells_load(void)
{
	unsigned int before = pages;

	for (unsigned int i = 0; i < CELLS; i++) {
		bool goes_on = i && table[i].page == table[i - 1].page && tlb[i - 1].page > before;

		if (!table[i].page || tlb[i].page)
			continue;
		tlb[i] = table[i];
		tlb[i].page = goes_on ? pages : ++pages;
	}
}

static void cells_forget(struct cell cell[], unsigned int at, unsigned int count)
{
	for (unsigned int i = at; i < at + count; i++) {
		unsigned int page = cell[i].page;

		for (unsigned int k = 0; page && k < CELLS; k++)
			if (cell[k].page == page)
				cell[k].page = 0;
	}
}

static int cells_map(unsigned int at, uint64_t to, unsigned int count, uint8_t permission)
{
	for (unsigned int i = at; i < at + count; i++)
		if (table[i].page)
			return IOMMU_MAPPED;
	for (unsigned int i = 0; i < count;) {
		unsigned int size = 512;

		while (size > 1 && ((at + i) % size || (to / CELL + i) % size || size > count - i || (size != 512 && size != 16)))
			size /= 2;
		pages++;
		for (unsigned int k = 0; k < size; k++)
			table[at + i + k] = (struct cell){ pages, to + (i + k) * CELL, permission };
		i += size;
	}
	cells_load();
	return IOMMU_DONE;
}

static int cells_unmap(unsigned int at, unsigned int count)
{
	bool any = false;

	if ((at && table[at].page && table[at].page == table[at - 1].page) ||
	    (at + count < CELLS && table[at + count].page && table[at + count].page == table[at + count - 1].page))
		return IOMMU_UNALIGNED;
	for (unsigned int i = at; i < at + count; i++)
		any |= table[i].page != 0;
	cells_forget(table, at, count);
	return any ? IOMMU_DONE : IOMMU_NOT_MAPPED;
}

static bool cells_agree(unsigned int at)
{
	const struct cell *c = tlb[at].page ? &tlb[at] : &table[at];
	bool store = at % 2, sees_it = iommu_translate(&iommu, S, 0, at * CELL + 16, 8, store, &pa, &cause);

	if (!c->page)
		return !sees_it && cause == TRACE_FAULT_IOMMU_TRANSLATION;
	if (!(c->permission & (store ? IOMMU_WRITE : IOMMU_READ)))
		return !sees_it && cause == TRACE_FAULT_IOMMU_PERMISSION;
	return sees_it && pa == c->pa + 16;
}

static void random_change(uint64_t *seed)
{
	static const unsigned int counts[] = { 1, 1, 2, 16, 17, 32, 512 };
	unsigned int count = counts[random_below(seed, 7)], at = (unsigned int)random_below(seed, CELLS - count + 1);
	uint64_t to = random_below(seed, 4096) * CELL;
	uint8_t permission = (uint8_t)random_below(seed, 4);

	if (count == 512 || (random_below(seed, 2) && count >= 16)) { /* where large pages fit; 512 small ones would not */
		at -= at % (count & ~15u);
		to -= to % ((count & ~15u) * CELL);
	}
	switch (random_below(seed, 3)) {
	case 0:
		CU_ASSERT_EQUAL_FATAL(iommu_map(&iommu, S, 0, at * CELL, to, count * CELL, permission), cells_map(at, to, count, permission));
		break;
	case 1:
		CU_ASSERT_EQUAL_FATAL(unmap(at * CELL, count * CELL), cells_unmap(at, count));
		break;
	default:
		CU_ASSERT_EQUAL_FATAL(invalidate(at * CELL, count * CELL), IOMMU_DONE);
		cells_forget(tlb, at, count);
		cells_load();
	}
}

static void a_million_random_accesses_go_where_the_arrays_say(void)
{
	uint64_t seed = 1;

	for (unsigned int n = random_operations(), i = 0; i < n; i++) {
		if (i % 5000 == 0) { /* before the tables fill up */
			begin(IOMMU_TRANSLATE);
			memset(table, 0, sizeof(table));
			memset(tlb, 0, sizeof(tlb));
			pages = 0;
		}
		if (i % 64 == 0 && iommu.stream[0].context[0].tlb.count < 256 && iommu.stream[0].context[0].table.count < 256)
			random_change(&seed);
		if (!cells_agree((unsigned int)random_below(&seed, CELLS)))
			CU_FAIL_FATAL("the IOMMU and the arrays differ");
	}
	CU_PASS("they agreed on every access");
}

int main(void)
{
	CU_TestInfo sentences[] = {
		SENTENCE(a_stream_aborts_bypasses_or_translates),
		SENTENCE(contexts_have_tables_of_their_own),
		SENTENCE(reset_brings_the_reset_mode_and_empty_tables),
		SENTENCE(pages_are_as_large_as_the_alignment_of_both_addresses_allows),
		SENTENCE(what_is_not_whole_pages_is_refused),
		SENTENCE(what_is_mapped_is_not_mapped_again_and_nothing_is_half_done),
		SENTENCE(part_of_a_larger_page_is_not_unmapped),
		SENTENCE(permission_is_of_the_page),
		SENTENCE(a_translation_outlives_its_page_until_it_is_invalidated),
		SENTENCE(a_page_that_is_mapped_anew_is_seen_only_when_the_old_entry_is_gone),
		SENTENCE(a_page_that_was_never_mapped_is_seen_at_once_and_stays),
		SENTENCE(faults_are_read_in_order_and_once),
		SENTENCE(a_storm_of_faults_alike_is_counted_and_no_longer_told),
		SENTENCE(records_that_find_no_room_are_an_overflow_told_once),
		SENTENCE(a_million_random_accesses_go_where_the_arrays_say),
		CU_TEST_INFO_NULL,
	};
	int failed = sentences_run("IOMMU", sentences);

	iommu_fini(&iommu);
	return failed;
}
