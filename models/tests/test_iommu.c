/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The IOMMU's rules, both edges of each; and at random against two flat arrays for each context, the table and the
 * IOTLB, a cell per 4 KiB; and its records against a plain list.
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
static unsigned int changes, changes_of[IOMMU_CONTEXTS_MAX], faults;
static struct iommu_record last;

static void on_changed(void *ctx, uint32_t stream, uint32_t context, uint64_t iova, uint64_t size)
{
	(void)ctx, (void)stream, (void)iova, (void)size;
	changes++;
	changes_of[context]++;
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
	memset(changes_of, 0, sizeof(changes_of));
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
	CU_ASSERT_EQUAL(changes_of[0], 2);
	CU_ASSERT_EQUAL(iommu_set_mode(&iommu, S + 1, IOMMU_BYPASS), IOMMU_NO_STREAM);
	CU_ASSERT_FALSE(iommu_translate(&iommu, S + 1, 0, 0, 4, false, &pa, &cause));
	CU_ASSERT_EQUAL(cause, TRACE_FAULT_IOMMU_STREAM);
	CU_ASSERT_FALSE(iommu_add_stream(&iommu, S, IOMMU_BYPASS));
}

static void blocked_stream_aborts_whatever_its_mode_and_goes_on_in_the_one_that_was_set_last(void)
{
	begin(IOMMU_BYPASS);
	CU_ASSERT_EQUAL(iommu_block(&iommu, S, true), IOMMU_DONE);
	CU_ASSERT_EQUAL(changes_of[0], 1);
	CU_ASSERT_TRUE(faults_with(0x1000, false, TRACE_FAULT_IOMMU_STREAM));
	CU_ASSERT_EQUAL(iommu_block(&iommu, S, true), IOMMU_DONE);
	CU_ASSERT_EQUAL(changes_of[0], 1);
	CU_ASSERT_EQUAL(map(0x1000, 0x5000, 0x1000), IOMMU_DONE);
	CU_ASSERT_EQUAL(iommu_set_mode(&iommu, S, IOMMU_TRANSLATE), IOMMU_DONE);
	CU_ASSERT_TRUE(faults_with(0x1000, false, TRACE_FAULT_IOMMU_STREAM));
	CU_ASSERT_EQUAL(iommu_block(&iommu, S, false), IOMMU_DONE);
	CU_ASSERT_TRUE(sees(0x1000, 0x5000));
	CU_ASSERT_EQUAL(iommu_block(&iommu, S + 1, true), IOMMU_NO_STREAM);
	iommu_block(&iommu, S, true);
	iommu_reset(&iommu);
	CU_ASSERT_TRUE(sees(0x1000, 0x1000));
}

/* A CPU may use a context that does not exist; bypassing, it reaches memory, and whoever looks after it must hear. */
static void a_mode_is_told_for_contexts_that_do_not_exist_too(void)
{
	begin(IOMMU_TRANSLATE);
	CU_ASSERT_FALSE(iommu_translate(&iommu, S, 5, 0x1000, 4, false, &pa, &cause));
	CU_ASSERT_EQUAL(cause, TRACE_FAULT_IOMMU_CONTEXT);
	iommu_set_mode(&iommu, S, IOMMU_BYPASS);
	CU_ASSERT_TRUE(iommu_translate(&iommu, S, 5, 0x1000, 4, false, &pa, &cause));
	CU_ASSERT_EQUAL(changes_of[5], 1);
}

static void there_are_so_many_streams_and_no_more(void)
{
	begin(IOMMU_BYPASS);
	for (uint32_t i = 1; i < IOMMU_STREAMS_MAX; i++)
		CU_ASSERT_TRUE(iommu_add_stream(&iommu, S + i, IOMMU_BYPASS));
	CU_ASSERT_FALSE(iommu_add_stream(&iommu, S + IOMMU_STREAMS_MAX, IOMMU_BYPASS));
	CU_ASSERT_TRUE(iommu_has_stream(&iommu, S + IOMMU_STREAMS_MAX - 1));
	CU_ASSERT_FALSE(iommu_has_stream(&iommu, S + IOMMU_STREAMS_MAX));
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
	CU_ASSERT_TRUE(iommu_has_context(&iommu, S, 3));
	CU_ASSERT_EQUAL(iommu_destroy_context(&iommu, S, 3), IOMMU_DONE);
	CU_ASSERT_FALSE(iommu_has_context(&iommu, S, 3));
	CU_ASSERT_EQUAL(changes_of[3], 2);
	CU_ASSERT_EQUAL(iommu_destroy_context(&iommu, S, 3), IOMMU_NO_CONTEXT);
	CU_ASSERT_FALSE(iommu_translate(&iommu, S, 3, 8, 4, true, &pa, &cause));
	CU_ASSERT_EQUAL(cause, TRACE_FAULT_IOMMU_CONTEXT);
}

static void the_default_context_is_always_there(void)
{
	begin(IOMMU_TRANSLATE);
	map(0, 0x1000, 4 * KIB);
	CU_ASSERT_EQUAL(iommu_destroy_context(&iommu, S, 0), IOMMU_NO_CONTEXT);
	CU_ASSERT_EQUAL(iommu_create_context(&iommu, S, 0), IOMMU_MAPPED);
	CU_ASSERT_TRUE(sees(0, 0x1000));
}

/* What a destroyed context's IOTLB had is gone with it. */
static void a_context_made_anew_is_empty(void)
{
	begin(IOMMU_TRANSLATE);
	iommu_create_context(&iommu, S, 7);
	iommu_map(&iommu, S, 7, 0, 0x1000, 4 * KIB, RW);
	iommu_destroy_context(&iommu, S, 7);
	iommu_create_context(&iommu, S, 7);
	CU_ASSERT_FALSE(iommu_translate(&iommu, S, 7, 0, 4, false, &pa, &cause));
	CU_ASSERT_EQUAL(cause, TRACE_FAULT_IOMMU_TRANSLATION);
}

static void what_boot_firmware_maps_is_there_after_every_reset(void)
{
	begin(IOMMU_TRANSLATE);
	CU_ASSERT_EQUAL(iommu_boot_map(&iommu, S, 0x4000, 0x4000, 4 * KIB, RW), IOMMU_DONE);
	CU_ASSERT_EQUAL(iommu_boot_map(&iommu, S, 0x4000, 0x4000, 4 * KIB, RW), IOMMU_MAPPED);
	CU_ASSERT_EQUAL(iommu_boot_map(&iommu, S, 0x5001, 0x4000, 4 * KIB, RW), IOMMU_UNALIGNED);
	CU_ASSERT_EQUAL(iommu_boot_map(&iommu, S + 1, 0x4000, 0x4000, 4 * KIB, RW), IOMMU_NO_STREAM);
	CU_ASSERT_TRUE(faults_with(0x4000, false, TRACE_FAULT_IOMMU_TRANSLATION));
	for (unsigned int i = 0; i < 2; i++) {
		iommu_reset(&iommu);
		CU_ASSERT_TRUE(sees(0x4000, 0x4000));
		unmap(0x4000, 4 * KIB);
		invalidate(0x4000, 4 * KIB);
		CU_ASSERT_TRUE(faults_with(0x4000, false, TRACE_FAULT_IOMMU_TRANSLATION));
	}
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
}

static void a_table_has_so_many_pages_and_no_more(void)
{
	begin(IOMMU_TRANSLATE);
	CU_ASSERT_EQUAL(map(0x1000, 0x1000, 4 * KIB), IOMMU_DONE);
	CU_ASSERT_EQUAL(map(GIB, 4 * KIB, IOMMU_PAGES_MAX * 4 * KIB), IOMMU_FULL); /* not aligned alike: small pages */
	CU_ASSERT_TRUE(faults_with(GIB, false, TRACE_FAULT_IOMMU_TRANSLATION));
	CU_ASSERT_EQUAL(map(GIB, 4 * KIB, (IOMMU_PAGES_MAX - 1) * 4 * KIB), IOMMU_DONE);
	CU_ASSERT_EQUAL(map(0x2000, 0x2000, 4 * KIB), IOMMU_FULL);
	CU_ASSERT_TRUE(sees(0x1000, 0x1000));
}

static void an_access_does_not_go_beyond_what_is_mapped(void)
{
	begin(IOMMU_TRANSLATE);
	map(0x1000, 0x8000, 4 * KIB);
	CU_ASSERT_TRUE(sees(0x1ffc, 0x8ffc));
	CU_ASSERT_TRUE(faults_with(0x1ffd, false, TRACE_FAULT_IOMMU_TRANSLATION));
	CU_ASSERT_TRUE(faults_with(0xfff, false, TRACE_FAULT_IOMMU_TRANSLATION));
}

static void the_last_page_of_the_address_space_is_a_page(void)
{
	uint64_t top = UINT64_MAX - 4 * KIB + 1;

	begin(IOMMU_TRANSLATE);
	CU_ASSERT_EQUAL(map(top, 0x8000, 4 * KIB), IOMMU_DONE);
	CU_ASSERT_TRUE(sees(UINT64_MAX - 3, 0x8ffc));
	CU_ASSERT_EQUAL(unmap(top, 4 * KIB), IOMMU_DONE);
	CU_ASSERT_EQUAL(invalidate(top, 1), IOMMU_DONE);
	CU_ASSERT_TRUE(faults_with(top, false, TRACE_FAULT_IOMMU_TRANSLATION));
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
	CU_ASSERT_EQUAL(changes, 3);
	invalidate(0x1000, 1);
	CU_ASSERT_EQUAL(changes, 4);
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

static void the_iotlb_has_no_capacity(void)
{
	begin(IOMMU_TRANSLATE);
	for (uint64_t i = 0; i < 2 * IOMMU_PAGES_MAX; i++) {
		map(i * 4 * KIB, 0x8000, 4 * KIB);
		unmap(i * 4 * KIB, 4 * KIB);
	}
	for (uint64_t i = 0; i < 2 * IOMMU_PAGES_MAX; i++)
		if (!sees(i * 4 * KIB, 0x8000))
			CU_FAIL_FATAL("an entry was forgotten");
	CU_PASS("all of them stayed");
}

static void an_entry_goes_whole_where_the_range_meets_it(void)
{
	begin(IOMMU_TRANSLATE);
	map(0x10000, 0x20000, 64 * KIB);
	map(0x20000, 0x40000, 64 * KIB);
	unmap(0x10000, 128 * KIB);
	invalidate(0x1ffff, 1);
	CU_ASSERT_TRUE(faults_with(0x10000, false, TRACE_FAULT_IOMMU_TRANSLATION));
	CU_ASSERT_TRUE(sees(0x20000, 0x40000));
}

static void an_invalidation_may_reach_beyond_the_address_space(void)
{
	begin(IOMMU_TRANSLATE);
	map(0x1000, 0x8000, 4 * KIB);
	map(0x3000, 0x8000, 4 * KIB);
	unmap(0x1000, 4 * KIB);
	unmap(0x3000, 4 * KIB);
	CU_ASSERT_EQUAL(invalidate(0x2000, UINT64_MAX), IOMMU_DONE);
	CU_ASSERT_TRUE(sees(0x1000, 0x8000));
	CU_ASSERT_TRUE(faults_with(0x3000, false, TRACE_FAULT_IOMMU_TRANSLATION));
	CU_ASSERT_EQUAL(invalidate(0x1000, 0), IOMMU_DONE); /* nothing */
	CU_ASSERT_TRUE(sees(0x1000, 0x8000));
}

/* Stream S has contexts 0 and 1, S + 1 has 0; each maps and unmaps its first page. */
static void begin_stale(void)
{
	begin(IOMMU_TRANSLATE);
	iommu_add_stream(&iommu, S + 1, IOMMU_TRANSLATE);
	iommu_create_context(&iommu, S, 1);
	for (unsigned int i = 0; i < 3; i++) {
		iommu_map(&iommu, S + i / 2, i % 2, 0, 0x1000, 4 * KIB, RW);
		iommu_unmap(&iommu, S + i / 2, i % 2, 0, 4 * KIB);
	}
}

/* Bit i: the i-th of them is still there. */
static unsigned int stale(void)
{
	unsigned int seen = 0;

	for (unsigned int i = 0; i < 3; i++)
		seen |= (iommu_translate(&iommu, S + i / 2, i % 2, 0, 4, false, &pa, &cause) ? 1u : 0) << i;
	return seen;
}

static void an_invalidation_is_of_a_context_a_stream_or_everything(void)
{
	begin_stale();
	CU_ASSERT_EQUAL(stale(), 7);
	CU_ASSERT_EQUAL(iommu_invalidate_all(&iommu, TRACE_IOTLB_SCOPE_CONTEXT, S, 1), IOMMU_DONE);
	CU_ASSERT_EQUAL(stale(), 5);
	begin_stale();
	CU_ASSERT_EQUAL(iommu_invalidate_all(&iommu, TRACE_IOTLB_SCOPE_STREAM, S, 0), IOMMU_DONE);
	CU_ASSERT_EQUAL(stale(), 4);
	begin_stale();
	CU_ASSERT_EQUAL(iommu_invalidate_all(&iommu, TRACE_IOTLB_SCOPE_ALL, 0, 0), IOMMU_DONE);
	CU_ASSERT_EQUAL(stale(), 0);
	begin_stale();
	CU_ASSERT_EQUAL(iommu_invalidate_all(&iommu, TRACE_IOTLB_SCOPE_CONTEXT, S, 2), IOMMU_NO_CONTEXT);
	CU_ASSERT_EQUAL(iommu_invalidate_all(&iommu, TRACE_IOTLB_SCOPE_STREAM, S + 2, 0), IOMMU_NO_STREAM);
	CU_ASSERT_EQUAL(iommu_invalidate(&iommu, S, 2, 0, 4 * KIB), IOMMU_NO_CONTEXT);
	CU_ASSERT_EQUAL(stale(), 7);
}

/*
 * ---- Aliases
 * ---------------------------------------------------------------------------------------------------------
 */

static unsigned int aliases(uint64_t where)
{
	uint64_t found[4];

	return iommu_aliases(&iommu, S, where, found, 4);
}

static void every_address_that_may_come_to_stand_for_a_page_is_its_alias(void)
{
	uint64_t found[2] = { 0, 0 };

	begin(IOMMU_TRANSLATE);
	iommu_create_context(&iommu, S, 1);
	map(0x10000, 0x80000, 64 * KIB);
	CU_ASSERT_EQUAL(aliases(0x80000), 1);
	CU_ASSERT_EQUAL(aliases(0x8ffff), 1);
	CU_ASSERT_EQUAL(aliases(0x90000), 0);
	CU_ASSERT_EQUAL(aliases(0x7ffff), 0);
	unmap(0x10000, 64 * KIB);
	map(0x10000, 0xa0000, 64 * KIB);
	CU_ASSERT_EQUAL(aliases(0x80000), 1);	/* by the IOTLB */
	CU_ASSERT_EQUAL(aliases(0xa0000), 1);	/* by the table, later */
	iommu_map(&iommu, S, 1, 0x10000, 0x80000, 4 * KIB, RW);
	CU_ASSERT_EQUAL(aliases(0x80000), 1);	/* the same address in another context */
	iommu_map(&iommu, S, 1, 0x20000, 0x80000, 4 * KIB, RW);
	CU_ASSERT_EQUAL(aliases(0x80fff), 2);
	invalidate(0x10000, 64 * KIB);
	CU_ASSERT_EQUAL(aliases(0x81000), 0);
	CU_ASSERT_EQUAL(iommu_aliases(&iommu, S, 0x80fff, found, 1), 1);
	CU_ASSERT_EQUAL(found[0], 0x10000);
	CU_ASSERT_EQUAL(found[1], 0);
	CU_ASSERT_EQUAL(iommu_aliases(&iommu, S + 1, 0x80000, found, 2), 0);
	CU_ASSERT_FALSE(iommu_bypasses(&iommu, S) || iommu_bypasses(&iommu, S + 1));
	iommu_set_mode(&iommu, S, IOMMU_BYPASS);
	CU_ASSERT_TRUE(iommu_bypasses(&iommu, S));
}

/*
 * ---- Time
 * ---------------------------------------------------------------------------------------------------------------
 */

static bool walks(uint64_t iova)
{
	return iommu_walks(&iommu, S, 0, iova);
}

static void begin_tags(unsigned int tags)
{
	begin(IOMMU_TRANSLATE);
	iommu.tags_max = tags;
	map(0x10000, 0x10000, 64 * KIB);
	for (uint64_t iova = 0x1000; iova < 0x5000; iova += 4 * KIB)
		iommu_map(&iommu, S, 0, iova, 0x100000 + 2 * iova, 4 * KIB, RW);
}

static void an_access_walks_once_for_each_page(void)
{
	begin_tags(4);
	CU_ASSERT_TRUE(walks(0x1000));
	CU_ASSERT_FALSE(walks(0x1fff));
	CU_ASSERT_TRUE(walks(0x2000));
	CU_ASSERT_TRUE(walks(0x10000));
	CU_ASSERT_FALSE(walks(0x1ffff));	/* the same large page */
	CU_ASSERT_FALSE(walks(0x1000));
}

static void the_least_recently_used_entry_goes_for_time(void)
{
	begin_tags(2);
	CU_ASSERT_TRUE(walks(0x1000));
	CU_ASSERT_TRUE(walks(0x2000));
	CU_ASSERT_FALSE(walks(0x1000));
	CU_ASSERT_TRUE(walks(0x3000));	/* 0x2000 goes */
	CU_ASSERT_FALSE(walks(0x1000));
	CU_ASSERT_FALSE(walks(0x3000));
	CU_ASSERT_TRUE(walks(0x2000));
	CU_ASSERT_TRUE(sees(0x1000, 0x102000));	/* behaviour does not mind */
}

static void a_full_iotlb_is_as_large_as_it_may_be(void)
{
	begin_tags(IOMMU_TAGS_MAX);
	map(0x1000000, 0x1001000, (IOMMU_TAGS_MAX + 1) * 4 * KIB);
	for (uint64_t i = 0; i <= IOMMU_TAGS_MAX; i++)
		CU_ASSERT_TRUE(walks(0x1000000 + i * 4 * KIB));
	CU_ASSERT_EQUAL(iommu.tags, IOMMU_TAGS_MAX);
	CU_ASSERT_FALSE(walks(0x1001000));
	CU_ASSERT_TRUE(walks(0x1000000));
}

static void an_invalidation_costs_a_walk_and_so_does_a_reset(void)
{
	begin_tags(4);
	iommu_create_context(&iommu, S, 1);
	iommu_map(&iommu, S, 1, 0x1000, 0x1000, 4 * KIB, RW);
	CU_ASSERT_TRUE(iommu_walks(&iommu, S, 1, 0x1000));
	CU_ASSERT_TRUE(walks(0x1000));	/* contexts have their own */
	invalidate(0x1000, 4 * KIB);
	CU_ASSERT_TRUE(walks(0x1000));
	CU_ASSERT_FALSE(iommu_walks(&iommu, S, 1, 0x1000));
	iommu_destroy_context(&iommu, S, 1);
	iommu_create_context(&iommu, S, 1);
	iommu_map(&iommu, S, 1, 0x1000, 0x1000, 4 * KIB, RW);
	CU_ASSERT_TRUE(iommu_walks(&iommu, S, 1, 0x1000));
	CU_ASSERT_FALSE(walks(0x1000));
	iommu_reset(&iommu);
	map(0x1000, 0x1000, 4 * KIB);
	CU_ASSERT_TRUE(walks(0x1000));
}

static void without_entries_or_without_translation_nothing_walks(void)
{
	begin_tags(0);
	CU_ASSERT_FALSE(walks(0x1000));
	begin_tags(1);
	CU_ASSERT_FALSE(walks(0x9000));	/* it faults */
	CU_ASSERT_FALSE(iommu_walks(&iommu, S + 1, 0, 0x1000));
	CU_ASSERT_FALSE(iommu_walks(&iommu, S, IOMMU_CONTEXTS_MAX, 0x1000));
	iommu_set_mode(&iommu, S, IOMMU_BYPASS);
	CU_ASSERT_FALSE(walks(0x1000));
	iommu_set_mode(&iommu, S, IOMMU_TRANSLATE);
	CU_ASSERT_TRUE(walks(0x1000));
	CU_ASSERT_TRUE(walks(0x2000));
	CU_ASSERT_TRUE(walks(0x1000));
}

/* ---- Faults --------------------------------------------------------------------------------------------------- */

static void report(uint64_t iova, bool store)
{
	iommu_report(&iommu, S, 0, iova, 4, store, TRACE_FAULT_IOMMU_TRANSLATION);
}

static void faults_are_read_in_order_and_once(void)
{
	struct iommu_record record;

	begin(IOMMU_TRANSLATE);
	report(0x1000, false);
	report(0x2000, true);
	CU_ASSERT_EQUAL(faults, 2);
	CU_ASSERT_TRUE(iommu_read_record(&iommu, &record));
	CU_ASSERT_TRUE(record.iova == 0x1000 && !record.store && !record.lost && record.stream == S);
	CU_ASSERT_TRUE(iommu_read_record(&iommu, &record));
	CU_ASSERT_TRUE(record.iova == 0x2000 && record.store);
	CU_ASSERT_FALSE(iommu_read_record(&iommu, &record));
}

static void a_storm_of_faults_alike_is_counted_and_no_longer_told(void)
{
	struct iommu_record record;

	begin(IOMMU_TRANSLATE);
	for (unsigned int i = 0; i < 1000; i++)
		report(0x1000 + i % 4096, false);
	CU_ASSERT_EQUAL(faults, IOMMU_ALIKE_MAX);
	CU_ASSERT_EQUAL(last.alike, IOMMU_ALIKE_MAX - 1);
	CU_ASSERT_TRUE(iommu_read_record(&iommu, &record));
	CU_ASSERT_EQUAL(record.alike, 999);
	CU_ASSERT_FALSE(iommu_read_record(&iommu, &record));
	report(0x1000, false);	/* the host has read: told again */
	CU_ASSERT_EQUAL(faults, IOMMU_ALIKE_MAX + 1);
}

static void faults_that_differ_are_not_alike(void)
{
	begin(IOMMU_TRANSLATE);
	report(0x1fff, false);
	report(0x2000, false);	/* another page */
	report(0x2000, true);	/* another direction */
	iommu_report(&iommu, S, 1, 0x2000, 4, true, TRACE_FAULT_IOMMU_TRANSLATION);
	iommu_report(&iommu, S + 1, 1, 0x2000, 4, true, TRACE_FAULT_IOMMU_TRANSLATION);
	iommu_report(&iommu, S + 1, 1, 0x2000, 4, true, TRACE_FAULT_IOMMU_PERMISSION);
	CU_ASSERT_EQUAL(iommu.records, 6);
	iommu_report(&iommu, S + 1, 1, 0x2ff8, 8, true, TRACE_FAULT_IOMMU_PERMISSION);
	CU_ASSERT_EQUAL(iommu.records, 6);
	CU_ASSERT_EQUAL(last.alike, 1);
}

static void faults_that_find_no_room_are_counted_and_told_once(void)
{
	struct iommu_record record;

	begin(IOMMU_TRANSLATE);
	for (uint64_t i = 0; i < IOMMU_RECORDS_MAX; i++)
		report(i * 0x1000, false);
	CU_ASSERT_EQUAL(last.lost, 0);
	for (uint64_t i = 0; i < 5; i++)
		report(0x100000 + i * 0x1000, false);
	CU_ASSERT_EQUAL(faults, IOMMU_RECORDS_MAX + 1);
	CU_ASSERT_EQUAL(last.iova, 0x100000);
	CU_ASSERT_EQUAL(last.lost, 1);
	CU_ASSERT_TRUE(iommu_read_record(&iommu, &record));
	CU_ASSERT_EQUAL(record.lost, 5);
	CU_ASSERT_TRUE(iommu_read_record(&iommu, &record));
	CU_ASSERT_EQUAL(record.lost, 0);
	while (iommu.records < IOMMU_RECORDS_MAX || !iommu.lost)
		report(changes++ * 0x1000, true);
	iommu_reset(&iommu);
	report(0, false);
	CU_ASSERT_TRUE(iommu_read_record(&iommu, &record));
	CU_ASSERT_EQUAL(record.lost, 0);
}

/*
 * ---- At random: translations
 * ---------------------------------------------------------------------------------------
 */

#define CELLS 1024u
#define CELL (4 * KIB)
#define SPACES 4u	/* contexts 0 and 3 of S, 0 and 3 of S + 1 */

struct cell {
	unsigned int page;	/* whose part it is; 0: nothing */
	uint64_t pa;
	uint8_t permission;
};
static struct space {
	bool exists;
	struct cell table[CELLS], tlb[CELLS];
} spaces[SPACES];
static enum iommu_mode modes[2];
static bool blocked[2];
static unsigned int pages;

static uint32_t stream_of(unsigned int space)
{
	return S + space / 2;
}

static uint32_t context_of(unsigned int space)
{
	return space % 2 * 3;
}

static void cells_load(struct space *s)
{
	unsigned int before = pages;

	for (unsigned int i = 0; i < CELLS; i++) {
		bool goes_on = i && s->table[i].page == s->table[i - 1].page && s->tlb[i - 1].page > before;

		if (!s->table[i].page || s->tlb[i].page)
			continue;
		s->tlb[i] = s->table[i];
		s->tlb[i].page = goes_on ? pages : ++pages;
	}
}

static void cells_forget(struct cell cell[], unsigned int at, unsigned int count)
{
	unsigned int end = at + count;

	while (at && cell[at].page && cell[at - 1].page == cell[at].page)
		at--;
	while (end < CELLS && cell[end].page && cell[end].page == cell[end - 1].page)
		end++;
	for (unsigned int i = at; i < end; i++)
		cell[i].page = 0;
}

static int cells_map(struct space *s, unsigned int at, uint64_t to, unsigned int count, uint8_t permission)
{
	for (unsigned int i = at; i < at + count; i++)
		if (s->table[i].page)
			return IOMMU_MAPPED;
	for (unsigned int i = 0; i < count;) {
		unsigned int size = 512;

		while (size > 1 &&
		       ((at + i) % size || (to / CELL + i) % size || size > count - i || (size != 512 && size != 16)))
			size /= 2;
		pages++;
		for (unsigned int k = 0; k < size; k++)
			s->table[at + i + k] = (struct cell){ pages, to + (i + k) * CELL, permission };
		i += size;
	}
	cells_load(s);
	return IOMMU_DONE;
}

static int cells_unmap(struct space *s, unsigned int at, unsigned int count)
{
	const struct cell *table = s->table;
	bool any = false;

	if ((at && table[at].page && table[at].page == table[at - 1].page) ||
	    (at + count < CELLS && table[at + count].page && table[at + count].page == table[at + count - 1].page))
		return IOMMU_UNALIGNED;
	for (unsigned int i = at; i < at + count; i++)
		any |= table[i].page != 0;
	cells_forget(s->table, at, count);
	return any ? IOMMU_DONE : IOMMU_NOT_MAPPED;
}

static void cells_invalidate(struct space *s, unsigned int at, unsigned int count)
{
	if (!s->exists)
		return;
	cells_forget(s->tlb, at, count);
	cells_load(s);
}

/* The cause of a fault, or -1 and where it is. */
static int cells_translate(unsigned int space, unsigned int at, bool store, uint64_t *where)
{
	const struct space *s = &spaces[space];
	const struct cell *c = s->tlb[at].page ? &s->tlb[at] : &s->table[at];

	*where = at * CELL;
	if (blocked[space / 2])
		return TRACE_FAULT_IOMMU_STREAM;
	if (modes[space / 2] != IOMMU_TRANSLATE)
		return modes[space / 2] == IOMMU_BYPASS ? -1 : TRACE_FAULT_IOMMU_STREAM;
	if (!s->exists)
		return TRACE_FAULT_IOMMU_CONTEXT;
	*where = c->pa;
	return !c->page ? TRACE_FAULT_IOMMU_TRANSLATION :
	       !(c->permission & (store ? IOMMU_WRITE : IOMMU_READ)) ? TRACE_FAULT_IOMMU_PERMISSION : -1;
}

static bool cells_agree(unsigned int space, unsigned int at, bool store)
{
	uint64_t where;
	int expected = cells_translate(space, at, store, &where);

	if (iommu_translate(&iommu, stream_of(space), context_of(space), at * CELL + 16, 8, store, &pa, &cause))
		return expected < 0 && pa == where + 16;
	return expected == (int)cause;
}

/* What must hold of both, whatever they have: order, and a table's pages are of the four sizes and aligned. */
static bool ranges_are_sound(const struct iommu_ranges *r, bool table)
{
	for (unsigned int i = 0; i < r->count; i++) {
		const struct iommu_range *one = &r->range[i];

		if (!one->size || one->iova % CELL || one->pa % CELL || one->size % CELL ||
		    (i && r->range[i - 1].iova + r->range[i - 1].size > one->iova))
			return false;
		if (table &&
		    ((one->size != 4 * KIB && one->size != 64 * KIB && one->size != 2 * MIB && one->size != GIB) ||
		     one->iova % one->size || one->pa % one->size))
			return false;
	}
	return true;
}

static bool all_is_sound(void)
{
	for (unsigned int i = 0; i < SPACES; i++) {
		const struct iommu_context *c = &iommu.stream[i / 2].context[context_of(i)];

		if (c->exists != spaces[i].exists || !ranges_are_sound(&c->table, true) ||
		    !ranges_are_sound(&c->tlb, false))
			return false;
	}
	return true;
}

static void random_range(uint64_t *seed, unsigned int *at, unsigned int *count, uint64_t *to)
{
	static const unsigned int counts[] = { 1, 1, 2, 16, 17, 32, 512 };

	*count = counts[random_below(seed, 7)];
	*at = (unsigned int)random_below(seed, CELLS - *count + 1);
	*to = random_below(seed, 4096) * CELL;
	if (*count >= 16 && random_below(seed, 2)) { /* where large pages fit */
		*at -= *at % (*count & ~15u);
		*to -= *to % ((*count & ~15u) * CELL);
	}
}

static void expect(int status, int expected)
{
	if (status != expected)
		CU_FAIL_FATAL("an operation ended otherwise");
}

static void random_change_of_context(uint64_t *seed, unsigned int space)
{
	struct space *s = &spaces[space];

	if (random_below(seed, 2)) {
		expect(iommu_create_context(&iommu, stream_of(space), context_of(space)),
		       s->exists ? IOMMU_MAPPED : IOMMU_DONE);
		s->exists = true;
	} else {
		expect(iommu_destroy_context(&iommu, stream_of(space), context_of(space)),
		       s->exists && context_of(space) ? IOMMU_DONE : IOMMU_NO_CONTEXT);
		if (context_of(space))
			memset(s, 0, sizeof(*s));
	}
}

static void random_invalidation(uint64_t *seed, unsigned int space)
{
	enum trace_iotlb_scope scope = (enum trace_iotlb_scope)random_below(seed, 4);
	bool needs = scope == TRACE_IOTLB_SCOPE_RANGE || scope == TRACE_IOTLB_SCOPE_CONTEXT;

	expect(iommu_invalidate_all(&iommu, scope, stream_of(space), context_of(space)),
	       needs && !spaces[space].exists ? IOMMU_NO_CONTEXT : IOMMU_DONE);
	for (unsigned int i = 0; i < SPACES; i++)
		if (i == space || scope == TRACE_IOTLB_SCOPE_ALL ||
		    (scope == TRACE_IOTLB_SCOPE_STREAM && i / 2 == space / 2))
			cells_invalidate(&spaces[i], 0, CELLS);
}

static void random_change_of_mode(uint64_t *seed, unsigned int space)
{
	modes[space / 2] = (enum iommu_mode)(random_below(seed, 8) ? IOMMU_TRANSLATE : random_below(seed, 2));
	expect(iommu_set_mode(&iommu, stream_of(space), modes[space / 2]), IOMMU_DONE);
}

static void random_block(uint64_t *seed, unsigned int space)
{
	blocked[space / 2] = random_below(seed, 4) == 0;
	expect(iommu_block(&iommu, stream_of(space), blocked[space / 2]), IOMMU_DONE);
}

static void random_change_of_range(uint64_t *seed, unsigned int space)
{
	uint32_t stream = stream_of(space), context = context_of(space);
	uint8_t permission = (uint8_t)random_below(seed, 4);
	struct space *s = &spaces[space];
	unsigned int at, count;
	uint64_t to;

	random_range(seed, &at, &count, &to);
	switch (random_below(seed, 3)) {
	case 0:
		expect(iommu_map(&iommu, stream, context, at * CELL, to, count * CELL, permission),
		       s->exists ? cells_map(s, at, to, count, permission) : IOMMU_NO_CONTEXT);
		break;
	case 1:
		expect(iommu_unmap(&iommu, stream, context, at * CELL, count * CELL),
		       s->exists ? cells_unmap(s, at, count) : IOMMU_NO_CONTEXT);
		break;
	default:
		expect(iommu_invalidate(&iommu, stream, context, at * CELL, count * CELL),
		       s->exists ? IOMMU_DONE : IOMMU_NO_CONTEXT);
		cells_invalidate(s, at, count);
	}
}

static void random_change(uint64_t *seed)
{
	static void (*const rare[])(uint64_t * seed, unsigned int space) = {random_change_of_context,
									    random_change_of_mode, random_invalidation,
									    random_block};
	unsigned int space = (unsigned int)random_below(seed, SPACES);

	if (random_below(seed, 20))
		random_change_of_range(seed, space);
	else
		rare[random_below(seed, 4)](seed, space);
}

static void begin_random(void)
{
	begin(IOMMU_TRANSLATE);
	iommu_add_stream(&iommu, S + 1, IOMMU_TRANSLATE);
	memset(spaces, 0, sizeof(spaces));
	spaces[0].exists = spaces[2].exists = true;
	modes[0] = modes[1] = IOMMU_TRANSLATE;
	blocked[0] = blocked[1] = false;
	pages = 0;
}

/* Every operation is an access; every eighth time the IOMMU is changed before it. */
static void a_million_random_accesses_go_where_the_arrays_say(void)
{
	uint64_t seed = 1;

	begin_random();
	for (unsigned int n = random_operations(), i = 0; i < n; i++) {
		if (i % 8 == 0) {
			random_change(&seed);
			if (!all_is_sound())
				CU_FAIL_FATAL("ranges overlap, or are no pages");
		}
		if (!cells_agree((unsigned int)random_below(&seed, SPACES), (unsigned int)random_below(&seed, CELLS),
				 random_below(&seed, 2)))
			CU_FAIL_FATAL("the IOMMU and the arrays differ");
	}
	CU_PASS("they agreed on every access");
}

/*
 * ---- At random: records
 * ----------------------------------------------------------------------------------------------
 */

/* Alike are faults of one number; of each the list has how often it came since it was recorded. */
static struct {
	unsigned int number, alike;
} list[IOMMU_RECORDS_MAX];
static unsigned int listed, list_lost;

static bool list_report(unsigned int number)
{
	unsigned int i = 0;

	while (i < listed && list[i].number != number)
		i++;
	if (i < listed)
		return ++list[i].alike < IOMMU_ALIKE_MAX;
	if (listed == IOMMU_RECORDS_MAX)
		return ++list_lost == 1;
	list[listed].number = number;
	list[listed++].alike = 0;
	return true;
}

static void list_read(void)
{
	struct iommu_record record;
	bool read = iommu_read_record(&iommu, &record);

	if (read != (listed > 0) || (read && (record.iova / CELL != list[0].number || record.alike != list[0].alike ||
					      record.lost != list_lost)))
		CU_FAIL_FATAL("the records and the list differ");
	if (!read)
		return;
	memmove(&list[0], &list[1], --listed * sizeof(list[0]));
	list_lost = 0;
}

static void a_million_random_faults_are_recorded_as_a_plain_list_does(void)
{
	uint64_t seed = 2;

	begin(IOMMU_TRANSLATE);
	for (unsigned int n = random_operations(), i = 0; i < n; i++) {
		unsigned int number = (unsigned int)random_below(&seed, 12), told = faults;

		if (random_below(&seed, i / 1000 % 2 ? 16 : 3) == 0)
			list_read();
		report(number * CELL + random_below(&seed, CELL), false);
		if ((faults != told) != list_report(number) || iommu.records != listed)
			CU_FAIL_FATAL("a fault is told that the list does not tell, or the other way round");
	}
	CU_PASS("they agreed on every fault");
}

int main(void)
{
	CU_TestInfo sentences[] = {
		SENTENCE(a_stream_aborts_bypasses_or_translates),
		SENTENCE(blocked_stream_aborts_whatever_its_mode_and_goes_on_in_the_one_that_was_set_last),
		SENTENCE(a_mode_is_told_for_contexts_that_do_not_exist_too),
		SENTENCE(there_are_so_many_streams_and_no_more),
		SENTENCE(contexts_have_tables_of_their_own),
		SENTENCE(the_default_context_is_always_there),
		SENTENCE(a_context_made_anew_is_empty),
		SENTENCE(what_boot_firmware_maps_is_there_after_every_reset),
		SENTENCE(reset_brings_the_reset_mode_and_empty_tables),
		SENTENCE(pages_are_as_large_as_the_alignment_of_both_addresses_allows),
		SENTENCE(what_is_not_whole_pages_is_refused),
		SENTENCE(what_is_mapped_is_not_mapped_again_and_nothing_is_half_done),
		SENTENCE(a_table_has_so_many_pages_and_no_more),
		SENTENCE(an_access_does_not_go_beyond_what_is_mapped),
		SENTENCE(the_last_page_of_the_address_space_is_a_page),
		SENTENCE(part_of_a_larger_page_is_not_unmapped),
		SENTENCE(permission_is_of_the_page),
		SENTENCE(a_translation_outlives_its_page_until_it_is_invalidated),
		SENTENCE(a_page_that_is_mapped_anew_is_seen_only_when_the_old_entry_is_gone),
		SENTENCE(a_page_that_was_never_mapped_is_seen_at_once_and_stays),
		SENTENCE(the_iotlb_has_no_capacity),
		SENTENCE(an_entry_goes_whole_where_the_range_meets_it),
		SENTENCE(an_invalidation_may_reach_beyond_the_address_space),
		SENTENCE(an_invalidation_is_of_a_context_a_stream_or_everything),
		SENTENCE(every_address_that_may_come_to_stand_for_a_page_is_its_alias),
		SENTENCE(an_access_walks_once_for_each_page),
		SENTENCE(the_least_recently_used_entry_goes_for_time),
		SENTENCE(a_full_iotlb_is_as_large_as_it_may_be),
		SENTENCE(an_invalidation_costs_a_walk_and_so_does_a_reset),
		SENTENCE(without_entries_or_without_translation_nothing_walks),
		SENTENCE(faults_are_read_in_order_and_once),
		SENTENCE(a_storm_of_faults_alike_is_counted_and_no_longer_told),
		SENTENCE(faults_that_differ_are_not_alike),
		SENTENCE(faults_that_find_no_room_are_counted_and_told_once),
		SENTENCE(a_million_random_accesses_go_where_the_arrays_say),
		SENTENCE(a_million_random_faults_are_recorded_as_a_plain_list_does),
		CU_TEST_INFO_NULL,
	};
	int failed = sentences_run("IOMMU", sentences);

	iommu_fini(&iommu);
	return failed;
}
