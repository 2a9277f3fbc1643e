/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Heaps, carve-outs and their buffers: where memory is given out, who holds it, what is refused. At random: against a
 * reference that has an entry for every page, finds room by looking at each, and counts by itself.
 */
#include <string.h>

#include "models/heaps.h"
#include "models/tests/random.h"
#include "sim/tests/sentences.h"

#define PAGE 4096u
#define GIB (UINT64_C(1) << 30)
#define SYSTEM 0x40000000u
#define SYSTEM_PAGES 600u	/* two of the largest pieces, and some */
#define CMA 0x50001000u		/* aligned to nothing but pages */
#define CMA_PAGES 64u
#define SECURE 0x60000000u
#define SECURE_PAGES 16u
#define HUGE (UINT64_C(4) << 30)
#define HUGE_PAGES 40u
#define TCM 0xffe00000u
#define TCM_UNIT 64u
#define TCM_UNITS 128u
#define DMA_DEVICE 5u

static struct engine engine;
static struct chooser chooser;
static const struct platform_heaps platform = {
	.heap = {
		{ "system", TRACE_HEAP_KIND_SYSTEM, SYSTEM, SYSTEM_PAGES * PAGE, PAGE, true },
		{ "reserved", TRACE_HEAP_KIND_CMA, CMA, CMA_PAGES * PAGE, PAGE, true },
		{ "secure", TRACE_HEAP_KIND_SECURE, SECURE, SECURE_PAGES * PAGE, PAGE, true },
		{ "huge", TRACE_HEAP_KIND_SYSTEM, HUGE, HUGE_PAGES * GIB, GIB, false },
		{ "tcm", TRACE_HEAP_KIND_CARVEOUT, TCM, TCM_UNITS * TCM_UNIT, TCM_UNIT, true },
	},
	.heaps = 5,
};
static struct heaps heaps;
static const struct heaps_caller host = { .agent = 0, .side = TRACE_SIDE_HOST, .pc = 0x100 };
static const struct heaps_caller remote = { .agent = 1, .side = TRACE_SIDE_REMOTE, .pc = 0x200 };

static uint8_t gaps;	/* the answer to every question */
static struct trace_event told[8];
static unsigned int tells[EVENT_COUNT], all_tells;

static void on_event(void *ctx, const struct trace_event *event)
{
	(void)ctx;
	tells[event->id]++;
	if (event->id != EVENT_choice && event->id != EVENT_heap_run)
		told[all_tells++ % 8] = *event;
}

static const struct trace_event *last_told(void)
{
	return &told[(all_tells - 1) % 8];
}

static void begin(void)
{
	memset(&engine, 0, sizeof(engine));
	memset(tells, 0, sizeof(tells));
	gaps = 0;
	engine.chooser = &chooser;
	engine.listener[0].event = on_event;
	engine.listeners = 1;
	CU_ASSERT_TRUE_FATAL(heaps_init(&heaps, &engine, &platform));
}

static void end(void)
{
	heaps_fini(&heaps);
	chooser_fini(&chooser);
}

static int allocate(const char *heap, uint64_t size, const struct heaps_buffer **b)
{
	chooser_begin_answers(&chooser, &gaps, 1);
	return heaps_allocate(&heaps, &host, heap, size, b);
}

/* A buffer, which there is room for. */
static const struct heaps_buffer *some(const char *heap, uint64_t size)
{
	const struct heaps_buffer *b = NULL;

	CU_ASSERT_EQUAL_FATAL(allocate(heap, size, &b), 0);
	return b;
}

static void expect_run(const struct heaps_buffer *b, unsigned int i, uint64_t start, uint64_t size)
{
	CU_ASSERT_FATAL(i < b->runs);
	CU_ASSERT_EQUAL(b->run[i].start, start);
	CU_ASSERT_EQUAL(b->run[i].size, size);
}

/* ---- Where ------------------------------------------------------------------------------------------ */

static void system_heap_gives_pieces_of_256_16_and_1_pages_none_behind_the_one_before(void)
{
	begin();
	const struct heaps_buffer *b = some("system", (256 + 16 + 16 + 2) * PAGE);

	CU_ASSERT_EQUAL_FATAL(b->runs, 5);
	/* 600 pages are 2 x 256, 5 x 16 and 8: pieces lie on multiples of their size. */
	expect_run(b, 0, SYSTEM + 256 * PAGE, 256 * PAGE);
	expect_run(b, 1, SYSTEM + (592 - 16) * PAGE, 16 * PAGE);
	expect_run(b, 2, SYSTEM + (592 - 32) * PAGE, 16 * PAGE);
	expect_run(b, 3, SYSTEM + 599 * PAGE, PAGE);
	expect_run(b, 4, SYSTEM + 598 * PAGE, PAGE);
	CU_ASSERT_EQUAL(tells[EVENT_heap_run], 5);
	CU_ASSERT_EQUAL(last_told()->id, EVENT_heap_alloc);
	CU_ASSERT_EQUAL(last_told()->heap_alloc.size, 290 * PAGE);
	CU_ASSERT_EQUAL(last_told()->heap_alloc.runs, 5);
	CU_ASSERT_EQUAL(last_told()->heap_alloc.pc, 0x100);
	end();
}

static void fragmented_system_heap_gives_single_pages_with_gaps_as_long_as_it_can(void)
{
	begin();
	gaps = 1;
	const struct heaps_buffer *b = some("system", 300 * PAGE);

	CU_ASSERT_EQUAL_FATAL(b->runs, 300);
	for (unsigned int i = 0; i < 300; i++)
		expect_run(b, i, SYSTEM + (598 - 2 * i) * (uint64_t)PAGE, PAGE);
	b = some("system", 2 * PAGE);
	expect_run(b, 0, SYSTEM + 599 * PAGE, PAGE);
	expect_run(b, 1, SYSTEM + 597 * PAGE, PAGE);
	end();
}

static void single_page_asks_nothing(void)
{
	begin();
	some("system", 1);
	CU_ASSERT_EQUAL(chooser.asked, 0);
	some("system", PAGE + 1);
	CU_ASSERT_EQUAL(chooser.asked, 1);
	end();
}

static void cma_buffer_is_contiguous_and_aligned_to_the_power_of_two_that_holds_it(void)
{
	begin();
	/* The heap begins at an odd page. */
	expect_run(some("reserved", 1), 0, CMA, PAGE);
	expect_run(some("reserved", 3 * PAGE), 0, CMA + 3 * PAGE, 3 * PAGE);
	expect_run(some("reserved", PAGE), 0, CMA + PAGE, PAGE);
	expect_run(some("reserved", 17 * PAGE), 0, CMA + 31 * PAGE, 17 * PAGE);
	end();
}

static void heap_is_full_one_page_too_late_and_not_one_too_early(void)
{
	const struct heaps_buffer *b;

	begin();
	CU_ASSERT_EQUAL(allocate("secure", SECURE_PAGES * PAGE + 1, &b), HEAPS_FULL);
	b = some("secure", SECURE_PAGES * PAGE);
	CU_ASSERT_EQUAL(allocate("secure", 1, &b), HEAPS_FULL);
	CU_ASSERT_EQUAL(allocate("system", SYSTEM_PAGES * PAGE + 1, &b), HEAPS_FULL);
	some("system", SYSTEM_PAGES * PAGE);
	CU_ASSERT_EQUAL(allocate("system", 1, &b), HEAPS_FULL);
	CU_ASSERT_EQUAL(tells[EVENT_heap_alloc], 2);
	end();
}

static void size_zero_and_heaps_that_are_not_there_are_refused(void)
{
	const struct heaps_buffer *b;

	begin();
	CU_ASSERT_EQUAL(allocate("system", 0, &b), HEAPS_NO_SIZE);
	CU_ASSERT_EQUAL(allocate("sys", 1, &b), HEAPS_NO_HEAP);
	CU_ASSERT_EQUAL(allocate("tcm", 1, &b), HEAPS_NO_HEAP);
	CU_ASSERT_EQUAL(heaps_carve(&heaps, &host, "system", HEAPS_ANYWHERE, 64, 64, &b), HEAPS_NO_HEAP);
	CU_ASSERT_EQUAL(heaps_carve(&heaps, &host, "tcm", HEAPS_ANYWHERE, 64, 48, &b), HEAPS_NO_SIZE);
	CU_ASSERT_EQUAL(heaps_carve(&heaps, &host, "tcm", HEAPS_ANYWHERE, 64, 0, &b), HEAPS_NO_SIZE);
	CU_ASSERT_EQUAL(heaps_carve(&heaps, &host, "tcm", HEAPS_ANYWHERE, 0, 64, &b), HEAPS_NO_SIZE);
	CU_ASSERT_EQUAL(tells[EVENT_heap_alloc], 0);
	end();
}

static void huge_pages_are_addresses_alone(void)
{
	enum trace_fault cause;

	begin();
	const struct heaps_buffer *b = some("huge", GIB + 1);

	CU_ASSERT_EQUAL(b->size, 2 * GIB);
	expect_run(b, 0, HUGE + (HUGE_PAGES - 1) * GIB, GIB);
	expect_run(b, 1, HUGE + (HUGE_PAGES - 2) * GIB, GIB);
	/* Large pages are not gathered into larger pieces. */
	CU_ASSERT_EQUAL(some("huge", 32 * GIB)->runs, 32);
	CU_ASSERT_PTR_NULL(heaps.pool[3].owner);
	CU_ASSERT_TRUE(heaps_allow(&heaps, TRACE_SIDE_HOST, HUGE, &cause));
	end();
}

static int carve(uint64_t at, uint64_t size, uint64_t align, const struct heaps_buffer **b)
{
	return heaps_carve(&heaps, &host, "tcm", at, size, align, b);
}

static void carve_outs_lie_where_they_are_asked_for_or_where_they_fit_first(void)
{
	const struct heaps_buffer *b;

	begin();
	CU_ASSERT_EQUAL_FATAL(carve(TCM + 0x100, 0x80, 1, &b), 0);
	expect_run(b, 0, TCM + 0x100, 0x80);
	CU_ASSERT_EQUAL(carve(TCM + 0x140, 0x40, 1, &b), HEAPS_FULL);
	CU_ASSERT_EQUAL(carve(TCM + 0xc0, 0x41, 1, &b), HEAPS_FULL);
	CU_ASSERT_EQUAL(carve(TCM + 0x20, 0x40, 1, &b), HEAPS_FULL);
	CU_ASSERT_EQUAL(carve(TCM - 0x40, 0x40, 1, &b), HEAPS_FULL);
	CU_ASSERT_EQUAL(carve(TCM + TCM_UNITS * TCM_UNIT - 0x40, 0x41, 1, &b), HEAPS_FULL);
	CU_ASSERT_EQUAL_FATAL(carve(TCM + TCM_UNITS * TCM_UNIT - 0x40, 0x40, 1, &b), 0);
	CU_ASSERT_EQUAL_FATAL(carve(HEAPS_ANYWHERE, 0x200, 0x200, &b), 0);
	expect_run(b, 0, TCM + 0x200, 0x200);
	CU_ASSERT_EQUAL_FATAL(carve(HEAPS_ANYWHERE, 0x100, 1, &b), 0);
	expect_run(b, 0, TCM, 0x100);
	CU_ASSERT_EQUAL(carve(TCM + 0x1c0, 0x40, 0x100, &b), HEAPS_FULL);
	CU_ASSERT_EQUAL_FATAL(carve(TCM + 0x1c0, 0x40, 0x40, &b), 0);
	end();
}

static void freed_neighbours_are_one_range_again_in_whatever_order(void)
{
	static const uint8_t orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	for (unsigned int order = 0; order < 6; order++) {
		uint32_t handle[3];

		begin();
		for (unsigned int i = 0; i < 3; i++)
			handle[i] = some("secure", 4 * PAGE)->handle;
		CU_ASSERT_EQUAL(heaps.pool[2].frees, 1);
		for (unsigned int i = 0; i < 3; i++)
			CU_ASSERT_EQUAL(heaps_put(&heaps, &host, handle[orders[order][i]]), 0);
		CU_ASSERT_EQUAL_FATAL(heaps.pool[2].frees, 1);
		CU_ASSERT_EQUAL(heaps.pool[2].free[0].start, SECURE);
		CU_ASSERT_EQUAL(heaps.pool[2].free[0].size, SECURE_PAGES * PAGE);
		CU_ASSERT_EQUAL(tells[EVENT_heap_free], 3);
		end();
	}
}

/* ---- Who holds it ------------------------------------------------------------------------------------ */

static void expect_use(enum trace_heap_use what, uint32_t count)
{
	CU_ASSERT_EQUAL(last_told()->id, EVENT_heap_use);
	CU_ASSERT_EQUAL(last_told()->heap_use.what, what);
	CU_ASSERT_EQUAL(last_told()->heap_use.count, count);
}

static void expect_misuse(int status, enum trace_heap_use what, enum trace_heap_misuse why, uint64_t pc)
{
	CU_ASSERT_EQUAL(status, HEAPS_REFUSED);
	CU_ASSERT_EQUAL(last_told()->id, EVENT_heap_misuse);
	CU_ASSERT_EQUAL(last_told()->heap_misuse.what, what);
	CU_ASSERT_EQUAL(last_told()->heap_misuse.why, why);
	CU_ASSERT_EQUAL(last_told()->heap_misuse.pc, pc);
}

static void buffer_lives_until_the_last_side_and_the_last_device_let_go(void)
{
	begin();
	uint32_t h = some("reserved", PAGE)->handle;

	CU_ASSERT_EQUAL(heaps_get(&heaps, &remote, h), 0);
	expect_use(TRACE_HEAP_USE_GET, 2);
	CU_ASSERT_EQUAL(heaps_attach(&heaps, &remote, h, DMA_DEVICE), 0);
	expect_use(TRACE_HEAP_USE_ATTACH, 3);
	CU_ASSERT_EQUAL(heaps_put(&heaps, &host, h), 0);
	CU_ASSERT_EQUAL(heaps_detach(&heaps, &remote, h, DMA_DEVICE), 0);
	expect_use(TRACE_HEAP_USE_DETACH, 1);
	CU_ASSERT_PTR_NOT_NULL(heaps_find(&heaps, h));
	CU_ASSERT_EQUAL(tells[EVENT_heap_free], 0);
	CU_ASSERT_EQUAL(heaps_put(&heaps, &remote, h), 0);
	CU_ASSERT_PTR_NULL(heaps_find(&heaps, h));
	CU_ASSERT_EQUAL(last_told()->id, EVENT_heap_free);
	CU_ASSERT_EQUAL(last_told()->heap_free.agent, 1);
	CU_ASSERT_EQUAL(heaps.pool[1].free_bytes, CMA_PAGES * PAGE);
	end();
}

static void attached_device_keeps_a_buffer_that_its_side_has_put(void)
{
	begin();
	uint32_t h = some("reserved", PAGE)->handle;

	CU_ASSERT_EQUAL(heaps_attach(&heaps, &host, h, DMA_DEVICE), 0);
	CU_ASSERT_EQUAL(heaps_put(&heaps, &host, h), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(heaps_find(&heaps, h));
	/* Whoever detaches must hold it. */
	expect_misuse(heaps_detach(&heaps, &host, h, DMA_DEVICE), TRACE_HEAP_USE_DETACH, TRACE_HEAP_MISUSE_NOT_HELD, 0x100);
	CU_ASSERT_EQUAL(heaps_get(&heaps, &host, h), 0);
	CU_ASSERT_EQUAL(heaps_detach(&heaps, &host, h, DMA_DEVICE), 0);
	expect_misuse(heaps_detach(&heaps, &host, h, DMA_DEVICE), TRACE_HEAP_USE_DETACH, TRACE_HEAP_MISUSE_NOT_ATTACHED,
		      0x100);
	CU_ASSERT_EQUAL(heaps_put(&heaps, &host, h), 0);
	CU_ASSERT_PTR_NULL(heaps_find(&heaps, h));
	end();
}

static void double_put_and_use_after_free_are_told_with_the_culprits_place(void)
{
	begin();
	uint32_t h = some("system", 1)->handle;

	CU_ASSERT_EQUAL(heaps_put(&heaps, &host, h), 0);
	expect_misuse(heaps_put(&heaps, &remote, h), TRACE_HEAP_USE_PUT, TRACE_HEAP_MISUSE_FREED, 0x200);
	expect_misuse(heaps_get(&heaps, &host, h), TRACE_HEAP_USE_GET, TRACE_HEAP_MISUSE_FREED, 0x100);
	expect_misuse(heaps_map(&heaps, &host, h), TRACE_HEAP_USE_MAP, TRACE_HEAP_MISUSE_FREED, 0x100);
	expect_misuse(heaps_attach(&heaps, &host, h, 0), TRACE_HEAP_USE_ATTACH, TRACE_HEAP_MISUSE_FREED, 0x100);
	expect_misuse(heaps_unmap(&heaps, &host, h + 1), TRACE_HEAP_USE_UNMAP, TRACE_HEAP_MISUSE_NO_BUFFER, 0x100);
	expect_misuse(heaps_put(&heaps, &host, 0), TRACE_HEAP_USE_PUT, TRACE_HEAP_MISUSE_NO_BUFFER, 0x100);
	/* The next buffer at the same address is another. */
	CU_ASSERT_EQUAL(some("system", 1)->handle, h + 1);
	expect_misuse(heaps_put(&heaps, &host, h), TRACE_HEAP_USE_PUT, TRACE_HEAP_MISUSE_FREED, 0x100);
	end();
}

static void side_without_a_reference_can_only_get_one(void)
{
	begin();
	uint32_t h = some("system", 1)->handle;

	expect_misuse(heaps_put(&heaps, &remote, h), TRACE_HEAP_USE_PUT, TRACE_HEAP_MISUSE_NOT_HELD, 0x200);
	expect_misuse(heaps_map(&heaps, &remote, h), TRACE_HEAP_USE_MAP, TRACE_HEAP_MISUSE_NOT_HELD, 0x200);
	CU_ASSERT_EQUAL(heaps_get(&heaps, &remote, h), 0);
	CU_ASSERT_EQUAL(heaps_map(&heaps, &remote, h), 0);
	end();
}

static void last_reference_of_a_side_stays_while_it_has_the_buffer_mapped(void)
{
	begin();
	uint32_t h = some("system", 1)->handle;

	expect_misuse(heaps_unmap(&heaps, &host, h), TRACE_HEAP_USE_UNMAP, TRACE_HEAP_MISUSE_NOT_MAPPED, 0x100);
	CU_ASSERT_EQUAL(heaps_map(&heaps, &host, h), 0);
	CU_ASSERT_EQUAL(heaps_map(&heaps, &host, h), 0);
	expect_use(TRACE_HEAP_USE_MAP, 2);
	CU_ASSERT_EQUAL(heaps_get(&heaps, &host, h), 0);
	CU_ASSERT_EQUAL(heaps_put(&heaps, &host, h), 0);
	expect_misuse(heaps_put(&heaps, &host, h), TRACE_HEAP_USE_PUT, TRACE_HEAP_MISUSE_STILL_MAPPED, 0x100);
	CU_ASSERT_EQUAL(heaps_unmap(&heaps, &host, h), 0);
	expect_use(TRACE_HEAP_USE_UNMAP, 1);
	expect_misuse(heaps_put(&heaps, &host, h), TRACE_HEAP_USE_PUT, TRACE_HEAP_MISUSE_STILL_MAPPED, 0x100);
	CU_ASSERT_EQUAL(heaps_unmap(&heaps, &host, h), 0);
	CU_ASSERT_EQUAL(heaps_put(&heaps, &host, h), 0);
	end();
}

static void what_is_held_at_the_end_is_told_oldest_first_with_its_place(void)
{
	begin();
	uint32_t first = some("system", 1)->handle, second = some("reserved", 1)->handle, third = some("system", 1)->handle;

	heaps_attach(&heaps, &host, third, DMA_DEVICE);
	heaps_map(&heaps, &host, third);
	heaps_put(&heaps, &host, first);
	some("secure", 1); /* in the first one's place of the table */
	memset(tells, 0, sizeof(tells));
	all_tells = 0;
	heaps_tell_leaks(&heaps);
	CU_ASSERT_EQUAL_FATAL(tells[EVENT_heap_leak], 3);
	CU_ASSERT_EQUAL(told[0].heap_leak.handle, second);
	CU_ASSERT_EQUAL(told[0].heap_leak.pc, 0x100);
	CU_ASSERT_EQUAL(told[0].heap_leak.size, PAGE);
	CU_ASSERT_EQUAL(told[0].heap_leak.references, 1);
	CU_ASSERT_EQUAL(told[0].heap_leak.mappings, 0);
	CU_ASSERT_EQUAL(told[1].heap_leak.handle, third);
	CU_ASSERT_EQUAL(told[1].heap_leak.references, 2);
	CU_ASSERT_EQUAL(told[1].heap_leak.mappings, 1);
	CU_ASSERT_EQUAL(told[2].heap_leak.handle, third + 1);
	heaps_reset(&heaps);
	heaps_tell_leaks(&heaps);
	CU_ASSERT_EQUAL(tells[EVENT_heap_leak], 3);
	/* The next run's handles are the same again. */
	CU_ASSERT_EQUAL(some("system", 1)->handle, first);
	end();
}

/* ---- Who may touch it -------------------------------------------------------------------------------- */

static bool allows(enum trace_side side, uint64_t address, enum trace_fault expected)
{
	enum trace_fault cause = TRACE_FAULT_UNHOOKED;
	bool allowed = heaps_allow(&heaps, side, address, &cause);

	CU_ASSERT_TRUE(allowed || cause == expected);
	return allowed;
}

static void cpus_touch_what_is_allocated_and_the_host_only_what_it_has_mapped(void)
{
	begin();
	uint32_t h = some("reserved", PAGE)->handle;

	CU_ASSERT_FALSE(allows(TRACE_SIDE_HOST, CMA, TRACE_FAULT_HEAP_UNMAPPED));
	CU_ASSERT_TRUE(allows(TRACE_SIDE_REMOTE, CMA, 0));
	heaps_map(&heaps, &host, h);
	CU_ASSERT_TRUE(allows(TRACE_SIDE_HOST, CMA, 0));
	CU_ASSERT_TRUE(allows(TRACE_SIDE_HOST, CMA + PAGE - 1, 0));
	CU_ASSERT_FALSE(allows(TRACE_SIDE_HOST, CMA + PAGE, TRACE_FAULT_HEAP_FREE));
	CU_ASSERT_FALSE(allows(TRACE_SIDE_REMOTE, CMA + PAGE, TRACE_FAULT_HEAP_FREE));
	heaps_unmap(&heaps, &host, h);
	CU_ASSERT_FALSE(allows(TRACE_SIDE_HOST, CMA, TRACE_FAULT_HEAP_UNMAPPED));
	heaps_put(&heaps, &host, h);
	CU_ASSERT_FALSE(allows(TRACE_SIDE_REMOTE, CMA, TRACE_FAULT_HEAP_FREE));
	/* Outside of heaps, and in device memory, there is nothing to say. */
	CU_ASSERT_TRUE(allows(TRACE_SIDE_HOST, CMA - 1, 0));
	CU_ASSERT_TRUE(allows(TRACE_SIDE_HOST, CMA + CMA_PAGES * PAGE, 0));
	CU_ASSERT_TRUE(allows(TRACE_SIDE_HOST, TCM, 0));
	end();
}

static void no_cpu_touches_a_secure_heap_whatever_it_holds(void)
{
	begin();
	const struct heaps_buffer *b = some("secure", PAGE);

	CU_ASSERT_TRUE(heaps_is_secure(&heaps, b));
	CU_ASSERT_FALSE(heaps_is_secure(&heaps, some("reserved", PAGE)));
	heaps_map(&heaps, &host, b->handle);
	CU_ASSERT_FALSE(allows(TRACE_SIDE_HOST, SECURE, TRACE_FAULT_HEAP_SECURE));
	CU_ASSERT_FALSE(allows(TRACE_SIDE_REMOTE, SECURE, TRACE_FAULT_HEAP_SECURE));
	CU_ASSERT_TRUE(allows(TRACE_SIDE_HOST, SECURE - 1, 0));
	end();
}

/* ---- At random --------------------------------------------------------------------------------------- */

#define LIVE_MAX 40u
#define UNITS_MAX 64u

struct live {
	uint32_t handle;
	uint32_t references[2], mappings[2], attachments[2];
};

/* A small machine, so that heaps are full half of the time. */
static const struct platform_heaps small = {
	.heap = {
		{ "system", TRACE_HEAP_KIND_SYSTEM, SYSTEM, 40 * PAGE, PAGE, true },
		{ "reserved", TRACE_HEAP_KIND_CMA, CMA, 24 * PAGE, PAGE, true },
		{ "huge", TRACE_HEAP_KIND_SYSTEM, HUGE, 6 * GIB, GIB, false },
		{ "tcm", TRACE_HEAP_KIND_CARVEOUT, TCM, UNITS_MAX * TCM_UNIT, TCM_UNIT, true },
	},
	.heaps = 4,
};

static struct reference {
	uint32_t unit[4][UNITS_MAX];	/* whose each page is */
	struct live live[LIVE_MAX];
	unsigned int lives;
	uint32_t handles;
	uint64_t seed;
} ref;

static uint64_t roll(uint64_t bound)
{
	return random_below(&ref.seed, bound);
}

static unsigned int units(unsigned int pool)
{
	return (unsigned int)(small.heap[pool].size / small.heap[pool].page);
}

static bool ref_is_free(unsigned int pool, unsigned int first, unsigned int count)
{
	bool is_free = first + count <= units(pool);

	for (unsigned int i = first; is_free && i < first + count; i++)
		is_free = !ref.unit[pool][i];
	return is_free;
}

static unsigned int ref_free(unsigned int pool)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < units(pool); i++)
		count += !ref.unit[pool][i];
	return count;
}

static bool ref_is_aligned(unsigned int pool, unsigned int unit, uint64_t align)
{
	return (small.heap[pool].start + unit * small.heap[pool].page) % align == 0;
}

/* The first place; UINT_MAX: none. */
static unsigned int ref_first(unsigned int pool, unsigned int count, uint64_t align)
{
	for (unsigned int i = 0; i < units(pool); i++)
		if (ref_is_aligned(pool, i, align) && ref_is_free(pool, i, count))
			return i;
	return UINT32_MAX;
}

static unsigned int ref_last(unsigned int pool, unsigned int count)
{
	for (unsigned int i = units(pool); i--;)
		if (ref_is_aligned(pool, i, count * small.heap[pool].page) && ref_is_free(pool, i, count))
			return i;
	return UINT32_MAX;
}

/* The last page but one of a free range. */
static unsigned int ref_gap(unsigned int pool)
{
	for (unsigned int i = units(pool) - 1; i--;)
		if (ref_is_free(pool, i, 2))
			return i;
	return ref_last(pool, 1);
}

static void ref_take(const struct heaps_buffer *b, unsigned int *run, unsigned int pool, unsigned int unit,
		     unsigned int count)
{
	uint64_t page = small.heap[pool].page;

	CU_ASSERT_FATAL(unit != UINT32_MAX && *run < b->runs);
	CU_ASSERT_FATAL(b->run[*run].start == small.heap[pool].start + unit * page);
	CU_ASSERT_FATAL(b->run[*run].size == count * page);
	for (unsigned int i = unit; i < unit + count; i++)
		ref.unit[pool][i] = b->handle;
	++*run;
}

static void ref_scatter(const struct heaps_buffer *b, unsigned int pool, unsigned int count)
{
	bool big_pages = small.heap[pool].page > PAGE;
	unsigned int run = 0, asked = count;

	while (count) {
		unsigned int piece = asked > 1 && gaps ? 1 : !big_pages && count >= 16 && ref_last(pool, 16) != UINT32_MAX ? 16 : 1;

		ref_take(b, &run, pool, asked > 1 && gaps ? ref_gap(pool) : ref_last(pool, piece), piece);
		count -= piece;
	}
	CU_ASSERT_EQUAL_FATAL(run, b->runs);
}

static void ref_begin_life(const struct heaps_buffer *b)
{
	CU_ASSERT_EQUAL_FATAL(b->handle, ++ref.handles);
	ref.live[ref.lives++] = (struct live){ .handle = b->handle, .references = { 1, 0 } };
}

static void random_allocation(void)
{
	unsigned int pool = (unsigned int)roll(3), count = (unsigned int)roll(pool == 2 ? 4 : 20) + 1, run = 0, fits;
	uint64_t page = small.heap[pool].page, align = page;
	const struct heaps_buffer *b;

	gaps = (uint8_t)roll(2);
	int status = allocate(small.heap[pool].name, count * page - roll(page), &b);

	while (pool == 1 && align < count * page)
		align *= 2;
	fits = pool == 1 ? ref_first(pool, count, align) : ref_free(pool) >= count ? 0 : UINT32_MAX;
	CU_ASSERT_EQUAL_FATAL(status, fits == UINT32_MAX ? HEAPS_FULL : 0);
	if (status)
		return;
	ref_begin_life(b);
	if (pool == 1)
		ref_take(b, &run, pool, fits, count);
	else
		ref_scatter(b, pool, count);
}

static void random_carve_out(void)
{
	unsigned int count = (unsigned int)roll(12) + 1, run = 0, unit = (unsigned int)roll(UNITS_MAX);
	uint64_t align = TCM_UNIT << roll(4);
	bool anywhere = roll(2);
	const struct heaps_buffer *b;
	int status = heaps_carve(&heaps, &host, "tcm", anywhere ? HEAPS_ANYWHERE : TCM + unit * TCM_UNIT,
				 count * TCM_UNIT - roll(TCM_UNIT), align, &b);

	if (anywhere)
		unit = ref_first(3, count, align);
	else if (!ref_is_aligned(3, unit, align) || !ref_is_free(3, unit, count))
		unit = UINT32_MAX;
	CU_ASSERT_EQUAL_FATAL(status, unit == UINT32_MAX ? HEAPS_FULL : 0);
	if (status)
		return;
	ref_begin_life(b);
	ref_take(b, &run, 3, unit, count);
}

static void ref_end_life(struct live *l)
{
	for (unsigned int pool = 0; pool < 4; pool++)
		for (unsigned int i = 0; i < units(pool); i++)
			if (ref.unit[pool][i] == l->handle)
				ref.unit[pool][i] = 0;
	*l = ref.live[--ref.lives];
}

static uint32_t ref_references(const struct live *l)
{
	return l->references[0] + l->references[1] + l->attachments[0] + l->attachments[1];
}

/* What the operation changes; NULL: it is refused. */
static uint32_t *ref_counter(struct live *l, enum trace_heap_use what, unsigned int side, unsigned int device)
{
	switch (what) {
	case TRACE_HEAP_USE_GET:
		return &l->references[side];
	case TRACE_HEAP_USE_PUT:
		return l->references[side] == 0 || (l->references[side] == 1 && l->mappings[side]) ? NULL :
												      &l->references[side];
	case TRACE_HEAP_USE_MAP:
		return l->references[side] ? &l->mappings[side] : NULL;
	case TRACE_HEAP_USE_UNMAP:
		return l->references[side] && l->mappings[side] ? &l->mappings[side] : NULL;
	case TRACE_HEAP_USE_ATTACH:
		return l->references[side] ? &l->attachments[device] : NULL;
	case TRACE_HEAP_USE_DETACH:
		return l->references[side] && l->attachments[device] ? &l->attachments[device] : NULL;
	}
	return NULL;
}

static int random_call(enum trace_heap_use what, const struct heaps_caller *caller, uint32_t handle, unsigned int device)
{
	switch (what) {
	case TRACE_HEAP_USE_GET:
		return heaps_get(&heaps, caller, handle);
	case TRACE_HEAP_USE_PUT:
		return heaps_put(&heaps, caller, handle);
	case TRACE_HEAP_USE_MAP:
		return heaps_map(&heaps, caller, handle);
	case TRACE_HEAP_USE_UNMAP:
		return heaps_unmap(&heaps, caller, handle);
	case TRACE_HEAP_USE_ATTACH:
		return heaps_attach(&heaps, caller, handle, device ? DMA_DEVICE : 1);
	case TRACE_HEAP_USE_DETACH:
		return heaps_detach(&heaps, caller, handle, device ? DMA_DEVICE : 1);
	}
	return 1;
}

/* Of a buffer that is there, or that perhaps was; put, unmap and detach more often than their opposites. */
static void random_use(void)
{
	unsigned int kind = (unsigned int)roll(12), side = (unsigned int)roll(2), device = (unsigned int)roll(2);
	enum trace_heap_use what = kind < 6 ? (enum trace_heap_use)kind : (enum trace_heap_use)(kind % 3 * 2 + 1);
	struct live *l = ref.lives && roll(16) ? &ref.live[roll(ref.lives)] : NULL;
	uint32_t handle = l ? l->handle : (uint32_t)roll(ref.handles + 2), *counter;

	for (unsigned int i = 0; !l && i < ref.lives; i++)
		if (ref.live[i].handle == handle)
			l = &ref.live[i];
	counter = l ? ref_counter(l, what, side, device) : NULL;
	CU_ASSERT_EQUAL_FATAL(random_call(what, side ? &remote : &host, handle, device), counter ? 0 : HEAPS_REFUSED);
	if (!counter)
		return;
	*counter += what % 2 ? UINT32_MAX : 1;
	if (!ref_references(l))
		ref_end_life(l);
}

/* Every page is free in both or in neither; free ranges are sorted, inside, and none adjoins the next. */
static bool pool_agrees(unsigned int pool)
{
	const struct heaps_pool *p = &heaps.pool[pool];
	uint64_t page = small.heap[pool].page, bytes = 0, last = 0;
	bool agrees = true;

	for (unsigned int i = 0; i < p->frees; i++) {
		unsigned int first = (unsigned int)((p->free[i].start - small.heap[pool].start) / page);

		agrees &= p->free[i].size && p->free[i].start > last && p->free[i].start >= small.heap[pool].start &&
			  ref_is_free(pool, first, (unsigned int)(p->free[i].size / page));
		bytes += p->free[i].size;
		last = p->free[i].start + p->free[i].size;
	}
	return agrees && bytes == p->free_bytes && bytes == ref_free(pool) * page;
}

static bool buffer_agrees(const struct live *l)
{
	const struct heaps_buffer *b = heaps_find(&heaps, l->handle);
	bool agrees = b != NULL;

	for (unsigned int side = 0; agrees && side < 2; side++)
		agrees = b->references[side] == l->references[side] && b->mappings[side] == l->mappings[side];
	return agrees && b->attachments[1] == l->attachments[0] && b->attachments[DMA_DEVICE] == l->attachments[1];
}

static bool page_agrees(unsigned int pool, unsigned int unit)
{
	uint64_t at = small.heap[pool].start + unit * small.heap[pool].page;
	uint32_t handle = ref.unit[pool][unit];
	enum trace_fault cause;
	bool mapped = false;

	for (unsigned int i = 0; i < ref.lives; i++)
		mapped |= ref.live[i].handle == handle && ref.live[i].mappings[0];
	return heaps_allow(&heaps, TRACE_SIDE_HOST, at, &cause) == mapped &&
	       heaps_allow(&heaps, TRACE_SIDE_REMOTE, at, &cause) == (handle != 0);
}

static bool everything_agrees(void)
{
	bool agrees = page_agrees(0, (unsigned int)roll(units(0))) && page_agrees(1, (unsigned int)roll(units(1)));

	for (unsigned int pool = 0; pool < 4; pool++)
		agrees &= pool_agrees(pool);
	for (unsigned int i = 0; i < ref.lives; i++)
		agrees &= buffer_agrees(&ref.live[i]);
	return agrees;
}

/* Everybody lets go of everything. */
static void ref_free_all(void)
{
	while (ref.lives) {
		struct live *l = &ref.live[0];
		uint32_t handle = l->handle;

		heaps_get(&heaps, &host, handle);
		for (unsigned int device = 0; device < 2; device++)
			while (l->attachments[device]--)
				CU_ASSERT_EQUAL_FATAL(random_call(TRACE_HEAP_USE_DETACH, &host, handle, device), 0);
		for (unsigned int side = 0; side < 2; side++) {
			const struct heaps_caller *caller = side ? &remote : &host;

			while (l->mappings[side]--)
				CU_ASSERT_EQUAL_FATAL(heaps_unmap(&heaps, caller, handle), 0);
			while (l->references[side]--)
				CU_ASSERT_EQUAL_FATAL(heaps_put(&heaps, caller, handle), 0);
		}
		CU_ASSERT_EQUAL_FATAL(heaps_put(&heaps, &host, handle), 0);
		ref_end_life(l);
	}
}

static void a_million_random_operations_agree_with_an_entry_for_every_page(void)
{
	begin();
	heaps_fini(&heaps);
	CU_ASSERT_TRUE_FATAL(heaps_init(&heaps, &engine, &small));
	memset(&ref, 0, sizeof(ref));
	for (unsigned int n = random_operations(); n--;) {
		unsigned int kind = (unsigned int)roll(8);

		if (kind == 0 && ref.lives < LIVE_MAX)
			random_allocation();
		else if (kind == 1 && ref.lives < LIVE_MAX)
			random_carve_out();
		else
			random_use();
		CU_ASSERT_FATAL(everything_agrees());
		if (n % 1000 == 0) {
			ref_free_all();
			for (unsigned int pool = 0; pool < 4; pool++)
				CU_ASSERT_FATAL(heaps.pool[pool].frees == 1 && pool_agrees(pool));
		}
	}
	CU_ASSERT_EQUAL(tells[EVENT_heap_alloc], tells[EVENT_heap_free]);
	end();
}

static CU_TestInfo sentences[] = {
	SENTENCE(system_heap_gives_pieces_of_256_16_and_1_pages_none_behind_the_one_before),
	SENTENCE(fragmented_system_heap_gives_single_pages_with_gaps_as_long_as_it_can),
	SENTENCE(single_page_asks_nothing),
	SENTENCE(cma_buffer_is_contiguous_and_aligned_to_the_power_of_two_that_holds_it),
	SENTENCE(heap_is_full_one_page_too_late_and_not_one_too_early),
	SENTENCE(size_zero_and_heaps_that_are_not_there_are_refused),
	SENTENCE(huge_pages_are_addresses_alone),
	SENTENCE(carve_outs_lie_where_they_are_asked_for_or_where_they_fit_first),
	SENTENCE(freed_neighbours_are_one_range_again_in_whatever_order),
	SENTENCE(buffer_lives_until_the_last_side_and_the_last_device_let_go),
	SENTENCE(attached_device_keeps_a_buffer_that_its_side_has_put),
	SENTENCE(double_put_and_use_after_free_are_told_with_the_culprits_place),
	SENTENCE(side_without_a_reference_can_only_get_one),
	SENTENCE(last_reference_of_a_side_stays_while_it_has_the_buffer_mapped),
	SENTENCE(what_is_held_at_the_end_is_told_oldest_first_with_its_place),
	SENTENCE(cpus_touch_what_is_allocated_and_the_host_only_what_it_has_mapped),
	SENTENCE(no_cpu_touches_a_secure_heap_whatever_it_holds),
	SENTENCE(a_million_random_operations_agree_with_an_entry_for_every_page),
	CU_TEST_INFO_NULL
};

int main(void)
{
	return sentences_run("heaps", sentences);
}
