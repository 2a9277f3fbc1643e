/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What models/line.c asks, tells and keeps, one sentence each. Each test writes down the questions that it
 * expects, with the answers. That the questions suffice, and invent nothing, is line_fuzz's business.
 */
#include <CUnit/Basic.h>
#include <string.h>

#include "models/line.h"
#include "traces/trace.h"

#define ASKS 16
#define EVENTS 16
#define SNAPS ((LINE_VIEWS * 2 * 2 + 1) * LINE_SNAPS)

struct ask {
	const char *site;
	unsigned int n, answer;
};

enum event_kind { FILLED, WRITTEN, LOST, REFUSED };
struct event {
	enum event_kind kind;
	unsigned int view, at;
	int why;
	uint64_t not_before;
	struct line_content old, content;
	bool news;
};

/* Views 0 and 1, and view 2 if `line_bytes` says so, on one granule whose byte n holds n. */
struct bench {
	struct line_rules rules;
	struct line_pool pool;
	struct line_snap snap[SNAPS];
	struct line_granule g;
	uint8_t memory[LINE_MAX], cache[LINE_VIEWS][LINE_MAX];
	uint32_t stamp;
	struct ask ask[ASKS];
	unsigned int asks, asked;
	struct event event[EVENTS];
	unsigned int events, capped;
};

static struct bench bench;

static unsigned int bench_choose(void *ctx, const char *site, unsigned int n)
{
	struct bench *b = ctx;
	const struct ask *ask = &b->ask[b->asked];

	CU_ASSERT_FATAL(b->asked < b->asks);
	CU_ASSERT_STRING_EQUAL(site, ask->site);
	CU_ASSERT_EQUAL(n, ask->n);
	b->asked++;
	return ask->answer;
}

static void bench_tell(struct bench *b, struct event event, const struct line_content *old,
		       const struct line_content *content)
{
	CU_ASSERT_FATAL(b->events < EVENTS);
	if (old)
		event.old = *old;
	event.content = *content;
	b->event[b->events++] = event;
}

static void bench_filled(void *ctx, unsigned int view, unsigned int at, int why, uint64_t not_before,
			 const struct line_content *c, bool news)
{
	bench_tell(ctx, (struct event){ .kind = FILLED, view, at, why, not_before, .news = news }, NULL, c);
}

static void bench_written(void *ctx, unsigned int view, unsigned int at, int why, uint64_t not_before,
			  const struct line_content *old, const struct line_content *c)
{
	struct bench *b = ctx;

	CU_ASSERT_EQUAL(memcmp(old->byte, b->memory, LINE_MAX), 0);
	bench_tell(b, (struct event){ .kind = WRITTEN, view, at, why, not_before }, old, c);
}

static void bench_lost(void *ctx, unsigned int view, unsigned int at, uint64_t not_before,
		       const struct line_content *memory, const struct line_content *c)
{
	bench_tell(ctx, (struct event){ .kind = LOST, view, at, 0, not_before }, memory, c);
}

static void bench_refused(void *ctx, unsigned int view, unsigned int at, uint64_t not_before, const struct line_content *c)
{
	bench_tell(ctx, (struct event){ .kind = REFUSED, view, at, 0, not_before }, NULL, c);
}

static void bench_capped(void *ctx)
{
	struct bench *b = ctx;

	b->capped++;
}

static const struct line_ops bench_ops = {
	bench_choose, bench_filled, bench_written, bench_lost, bench_refused, bench_capped
};

static void bench_begin(unsigned int bytes0, unsigned int bytes1, unsigned int bytes2, unsigned int cap)
{
	uint8_t *view_byte[LINE_VIEWS];

	memset(&bench, 0, sizeof(bench));
	bench.rules = (struct line_rules){ .views = bytes2 ? 3 : 2, .line_bytes = { bytes0, bytes1, bytes2 },
		.cap = cap, .ops = &bench_ops, .ctx = &bench };
	bench.pool.snaps = bench.snap;
	bench.pool.size = (LINE_VIEWS * 2 * 2 + 1) * cap;
	line_pool_reset(&bench.pool);
	for (unsigned int i = 0; i < LINE_MAX; i++)
		bench.memory[i] = (uint8_t)i;
	for (unsigned int view = 0; view < LINE_VIEWS; view++)
		view_byte[view] = bench.cache[view];
	line_init(&bench.g, &bench.rules, &bench.pool, bench.memory, view_byte);
}

static void expect(const char *site, unsigned int n, unsigned int answer)
{
	bench.ask[bench.asks++] = (struct ask){ site, n, answer };
}

/* Everything that was expected has been asked. */
static void asked(void)
{
	CU_ASSERT_EQUAL(bench.asked, bench.asks);
}

static void told(enum event_kind kind, unsigned int view, unsigned int at, int why, uint64_t not_before)
{
	const struct event *event = &bench.event[bench.events - 1];

	CU_ASSERT_FATAL(bench.events > 0);
	CU_ASSERT_EQUAL(event->kind, kind);
	CU_ASSERT_EQUAL(event->view, view);
	CU_ASSERT_EQUAL(event->at, at);
	CU_ASSERT_EQUAL(event->why, why);
	CU_ASSERT_EQUAL(event->not_before, not_before);
}

static unsigned int load(unsigned int view, unsigned int at, uint64_t now)
{
	line_touch(&bench.g, &bench.rules, &bench.pool, view, at, now);
	return bench.cache[view][at];
}

static void store(unsigned int view, unsigned int at, uint8_t value, uint64_t now)
{
	line_touch(&bench.g, &bench.rules, &bench.pool, view, at, now);
	bench.cache[view][at] = value;
	line_stored(&bench.g, &bench.rules, &bench.pool, view, at, 1, ++bench.stamp, now);
}

static void store_uncached(unsigned int at, uint8_t value, uint64_t now)
{
	line_touch_uncached(&bench.g, &bench.rules, &bench.pool, at, 1, now);
	bench.memory[at] = value;
	line_stored_uncached(&bench.g, &bench.rules, &bench.pool, at, 1, ++bench.stamp, now);
}

static int maintain(unsigned int view, unsigned int at, int op, uint64_t now)
{
	return line_maintain(&bench.g, &bench.rules, &bench.pool, view, at, op, now);
}

static bool watched(unsigned int view, unsigned int at)
{
	return line_watched(&bench.g, &bench.rules, view, at);
}

static bool settle(uint64_t now)
{
	return line_settle(&bench.g, &bench.rules, &bench.pool, now);
}

/* ---- Fills -------------------------------------------------------------------------------------------- */

static void miss_with_nothing_to_ask_takes_memory_now(void)
{
	bench_begin(64, 32, 0, 3);
	CU_ASSERT_EQUAL(load(1, 40, 7), 40);
	told(FILLED, 1, 32, TRACE_FILL_DEMAND, 7);
	CU_ASSERT_EQUAL(bench.cache[1][0], 0);
	CU_ASSERT_EQUAL(bench.cache[1][63], 63);
	CU_ASSERT_EQUAL(bench.g.line[1][1].fill_why, TRACE_FILL_DEMAND);
	CU_ASSERT_EQUAL(bench.g.line[1][1].fill_when, 7);
}

static void unwatched_hit_asks_and_tells_nothing(void)
{
	bench_begin(64, 64, 0, 3);
	load(0, 5, 1);
	CU_ASSERT_FALSE(watched(0, 5));
	load(0, 6, 2);
	store(0, 5, 50, 3);
	CU_ASSERT_FALSE(watched(0, 5));
	load(0, 5, 4);
	CU_ASSERT_EQUAL(bench.events, 1);
}

static void kept_copy_stays_stale_and_watched(void)
{
	bench_begin(64, 64, 0, 3);
	load(0, 5, 1);
	store_uncached(5, 50, 2);
	expect(LINE_SITE_EVICT, 2, 0);
	expect(LINE_SITE_EVICT, 2, 1);
	CU_ASSERT_EQUAL(load(0, 5, 3), 5);
	CU_ASSERT_TRUE(watched(0, 5));
	CU_ASSERT_EQUAL(load(0, 5, 4), 50);
	told(FILLED, 0, 0, TRACE_FILL_DEMAND, 4);
	CU_ASSERT_FALSE(watched(0, 5));
	asked();
}

static void refill_with_the_same_bytes_is_no_news(void)
{
	bench_begin(64, 64, 0, 3);
	store_uncached(5, 50, 1);
	expect(LINE_SITE_FILL, 2, 0);
	load(0, 5, 2);
	CU_ASSERT_TRUE(bench.event[0].news);
	maintain(0, 5, TRACE_MAINT_INVALIDATE, 3);
	load(0, 5, 4);
	CU_ASSERT_FALSE(bench.event[1].news);
	maintain(0, 5, TRACE_MAINT_INVALIDATE, 5);
	store_uncached(6, 60, 6);
	expect(LINE_SITE_FILL, 2, 0);
	load(0, 5, 7);
	CU_ASSERT_TRUE(bench.event[2].news);
	asked();
}

static void older_state_is_a_prefetch_since_memory_took_it(void)
{
	bench_begin(64, 64, 0, 3);
	load(0, 5, 1);
	store_uncached(5, 50, 2);
	store_uncached(5, 51, 3);
	expect(LINE_SITE_EVICT, 2, 1);
	expect(LINE_SITE_FILL, 3, 1);
	CU_ASSERT_EQUAL(load(0, 5, 4), 50);
	told(FILLED, 0, 0, TRACE_FILL_PREFETCH, 2);
	CU_ASSERT_EQUAL(bench.g.line[0][0].fill_when, 2);
	CU_ASSERT_TRUE(watched(0, 5));
	asked();
}

static void nothing_older_than_the_last_access_or_maintenance_is_offered(void)
{
	bench_begin(64, 64, 0, 3);
	store_uncached(5, 50, 1);
	maintain(0, 5, TRACE_MAINT_INVALIDATE, 2);
	CU_ASSERT_EQUAL(load(0, 5, 3), 50);
	store_uncached(5, 51, 4);
	expect(LINE_SITE_EVICT, 2, 0);
	CU_ASSERT_EQUAL(load(0, 5, 5), 50);
	expect(LINE_SITE_EVICT, 2, 1);
	CU_ASSERT_EQUAL(load(0, 5, 6), 51);
	asked();
}

static void cpu_that_comes_out_of_reset_finds_nothing_older_in_its_cache(void)
{
	bench_begin(64, 32, 0, 3);
	store_uncached(40, 50, 1);
	line_power_on(&bench.g, &bench.rules, &bench.pool, 1);
	CU_ASSERT_EQUAL(load(1, 40, 2), 50); /* nothing is asked ... */
	store_uncached(40, 51, 3);
	expect(LINE_SITE_EVICT, 2, 0); /* ... until memory changes again */
	CU_ASSERT_EQUAL(load(1, 40, 4), 50);
	expect(LINE_SITE_FILL, 3, 1); /* the other view's CPU was not held */
	CU_ASSERT_EQUAL(load(0, 40, 5), 50);
	asked();
}

static void states_that_a_line_cannot_tell_apart_are_offered_once(void)
{
	bench_begin(32, 32, 0, 3);
	store_uncached(40, 50, 1);
	store_uncached(41, 51, 2);
	CU_ASSERT_EQUAL(load(0, 5, 3), 5);
	expect(LINE_SITE_FILL, 3, 2);
	CU_ASSERT_EQUAL(load(0, 40, 4), 40);
	asked();
}

static void change_in_the_other_half_is_not_asked_about(void)
{
	bench_begin(32, 32, 0, 3);
	load(0, 5, 1);
	store(1, 6, 60, 2);
	store_uncached(40, 50, 3);
	CU_ASSERT_TRUE(watched(1, 5));
	store(1, 6, 61, 4);
	CU_ASSERT_FALSE(watched(1, 5));
	asked();
}

static void change_under_a_dirty_line_is_asked_about(void)
{
	bench_begin(32, 32, 0, 3);
	store(1, 6, 60, 2);
	expect(LINE_SITE_SETTLE, 2, 0);
	store_uncached(5, 50, 3);
	expect(LINE_SITE_EVICT, 2, 0);
	load(1, 6, 4);
	asked();
}

/* ---- Write-backs -------------------------------------------------------------------------------------- */

static void peer_may_find_a_dirty_line_written_early_since_its_store(void)
{
	bench_begin(64, 64, 0, 3);
	store(1, 5, 50, 10);
	expect(LINE_SITE_SETTLE, 2, 1);
	expect(LINE_SITE_FILL, 2, 0);
	CU_ASSERT_EQUAL(load(0, 5, 20), 50);
	CU_ASSERT_EQUAL(bench.event[1].kind, WRITTEN);
	CU_ASSERT_EQUAL(bench.event[1].view, 1);
	CU_ASSERT_EQUAL(bench.event[1].why, TRACE_WRITEBACK_EARLY);
	CU_ASSERT_EQUAL(bench.event[1].not_before, 10);
	CU_ASSERT_EQUAL(bench.event[1].old.byte[5], 5);
	CU_ASSERT_EQUAL(bench.event[1].content.byte[5], 50);
	CU_ASSERT_EQUAL(maintain(1, 5, TRACE_MAINT_CLEAN, 21), TRACE_LINE_STATE_CLEAN);
	asked();
}

static void line_that_was_not_written_keeps_only_its_newest_content_pending(void)
{
	bench_begin(64, 64, 0, 3);
	store(1, 5, 50, 1);
	store(1, 5, 51, 2);
	expect(LINE_SITE_SETTLE, 3, 0);
	CU_ASSERT_EQUAL(load(0, 5, 3), 5);
	expect(LINE_SITE_EVICT, 2, 1);
	expect(LINE_SITE_SETTLE, 2, 1);
	expect(LINE_SITE_FILL, 2, 0);
	CU_ASSERT_EQUAL(load(0, 5, 4), 51);
	asked();
}

static void line_of_which_an_older_content_was_written_stays_dirty(void)
{
	bench_begin(64, 64, 0, 3);
	store(1, 5, 50, 1);
	store(1, 5, 51, 2);
	expect(LINE_SITE_SETTLE, 3, 2);
	expect(LINE_SITE_FILL, 2, 0);
	CU_ASSERT_EQUAL(load(0, 5, 3), 50);
	CU_ASSERT_EQUAL(maintain(1, 5, TRACE_MAINT_CLEAN, 4), TRACE_LINE_STATE_DIRTY);
	CU_ASSERT_EQUAL(bench.memory[5], 51);
	asked();
}

static void skipped_contents_may_have_been_prefetched_but_are_not_told_as_written(void)
{
	bench_begin(64, 64, 0, 3);
	store(1, 5, 50, 1);
	store(1, 5, 51, 2);
	expect(LINE_SITE_SETTLE, 3, 1);
	expect(LINE_SITE_FILL, 3, 1);
	CU_ASSERT_EQUAL(load(0, 5, 3), 50);
	told(FILLED, 0, 0, TRACE_FILL_PREFETCH, 1);
	CU_ASSERT_EQUAL(bench.events, 3);
	CU_ASSERT_EQUAL(bench.memory[5], 51);
	asked();
}

static void dropped_dirty_line_overwrites_its_neighbours_newer_bytes(void)
{
	bench_begin(64, 64, 0, 3);
	store(0, 5, 50, 1);
	expect(LINE_SITE_SETTLE, 2, 0);
	store_uncached(6, 60, 2);
	expect(LINE_SITE_EVICT, 2, 1);
	CU_ASSERT_EQUAL(load(0, 5, 3), 50);
	CU_ASSERT_EQUAL(bench.event[1].why, TRACE_WRITEBACK_EVICT);
	CU_ASSERT_EQUAL(bench.event[1].not_before, 1);
	CU_ASSERT_EQUAL(bench.event[1].old.byte[6], 60);
	CU_ASSERT_EQUAL(bench.event[1].old.stamp[6], 2);
	CU_ASSERT_EQUAL(bench.event[1].content.stamp[6], 0);
	CU_ASSERT_EQUAL(bench.memory[6], 6);
	CU_ASSERT_EQUAL(bench.g.truth[6], 2);
	asked();
}

static void dropped_dirty_line_goes_before_or_after_what_others_write(void)
{
	for (unsigned int first = 0; first < 2; first++) {
		bench_begin(64, 64, 0, 3);
		store(0, 5, 50, 1);
		expect(LINE_SITE_SETTLE, 2, 0);
		store(1, 5, 51, 2);
		expect(LINE_SITE_EVICT, 2, 1);
		expect(LINE_SITE_SETTLE, 2, first);
		if (!first) {
			expect(LINE_SITE_SETTLE, 2, 1);
			expect(LINE_SITE_FILL, 2, 0);
		}
		CU_ASSERT_EQUAL(load(0, 5, 3), first ? 50 : 51);
		CU_ASSERT_EQUAL(bench.memory[5], first ? 50 : 51);
		asked();
	}
}

static void two_dirty_lines_reach_memory_in_either_order(void)
{
	bench_begin(64, 64, 64, 3);
	store(0, 5, 50, 1);
	expect(LINE_SITE_SETTLE, 2, 0);
	store(1, 5, 51, 2);
	expect(LINE_SITE_SETTLE, 3, 2);	/* view 1's */
	expect(LINE_SITE_SETTLE, 2, 1);	/* view 0's */
	expect(LINE_SITE_FILL, 3, 1);
	CU_ASSERT_EQUAL(load(2, 5, 3), 51);
	CU_ASSERT_EQUAL(bench.memory[5], 50);
	asked();
}

static void line_of_64_bytes_settles_both_halves(void)
{
	bench_begin(64, 32, 0, 3);
	store(0, 5, 50, 1);
	store(0, 40, 90, 2);
	expect(LINE_SITE_SETTLE, 3, 1);
	expect(LINE_SITE_FILL, 2, 0);	/* the first store left this half as it was */
	CU_ASSERT_EQUAL(load(1, 40, 3), 90);
	CU_ASSERT_EQUAL(bench.memory[5], 50);
	asked();
}

/* View 0 may have taken the upper half from memory before the store to the lower one. */
static void neighbour_within_a_longer_line_is_settled_before_memory_changes(void)
{
	bench_begin(64, 32, 0, 3);
	store(1, 40, 90, 1);
	expect(LINE_SITE_SETTLE, 2, 1);
	store_uncached(5, 50, 2);
	expect(LINE_SITE_FILL, 3, 1);
	CU_ASSERT_EQUAL(load(0, 40, 3), 90);
	CU_ASSERT_EQUAL(bench.cache[0][5], 5);
	asked();
}

static void neighbour_that_nobody_can_see_as_one_is_left_alone(void)
{
	bench_begin(32, 32, 0, 3);
	store(1, 40, 90, 1);
	store_uncached(5, 50, 2);
	CU_ASSERT_EQUAL(bench.g.line[1][1].pendings, 1);
}

static void own_neighbour_is_left_alone_while_memory_stays(void)
{
	bench_begin(64, 32, 0, 3);
	store(1, 40, 90, 1);
	load(1, 5, 2);
	maintain(1, 5, TRACE_MAINT_INVALIDATE, 3);
	CU_ASSERT_EQUAL(bench.g.line[1][1].pendings, 1);
}

/* ---- Maintenance -------------------------------------------------------------------------------------- */

static void maintenance_returns_the_state_that_it_found(void)
{
	bench_begin(64, 64, 0, 3);
	CU_ASSERT_EQUAL(maintain(0, 5, TRACE_MAINT_CLEAN, 1), TRACE_LINE_STATE_ABSENT);
	load(0, 5, 2);
	CU_ASSERT_EQUAL(maintain(0, 5, TRACE_MAINT_CLEAN, 3), TRACE_LINE_STATE_CLEAN);
	store(0, 5, 50, 4);
	CU_ASSERT_EQUAL(maintain(0, 5, TRACE_MAINT_FLUSH, 5), TRACE_LINE_STATE_DIRTY);
	CU_ASSERT_EQUAL(maintain(0, 5, TRACE_MAINT_FLUSH, 6), TRACE_LINE_STATE_ABSENT);
}

static void clean_writes_the_line_and_keeps_it(void)
{
	bench_begin(64, 64, 0, 3);
	store(0, 5, 50, 1);
	maintain(0, 5, TRACE_MAINT_CLEAN, 2);
	told(WRITTEN, 0, 0, TRACE_WRITEBACK_CLEAN, 1);
	CU_ASSERT_EQUAL(bench.memory[5], 50);
	CU_ASSERT_TRUE(bench.g.line[0][0].present);
	CU_ASSERT_FALSE(watched(0, 5));
	maintain(0, 5, TRACE_MAINT_CLEAN, 3);
	CU_ASSERT_EQUAL(bench.events, 2);
}

static void flush_writes_the_line_and_drops_it(void)
{
	bench_begin(64, 64, 0, 3);
	store(0, 5, 50, 1);
	maintain(0, 5, TRACE_MAINT_FLUSH, 2);
	told(WRITTEN, 0, 0, TRACE_WRITEBACK_CLEAN, 1);
	CU_ASSERT_EQUAL(load(0, 5, 3), 50);
	told(FILLED, 0, 0, TRACE_FILL_DEMAND, 3);
}

static void invalidated_store_is_lost_when_it_never_reached_memory(void)
{
	bench_begin(64, 64, 0, 3);
	store(0, 5, 50, 1);
	CU_ASSERT_EQUAL(maintain(0, 5, TRACE_MAINT_INVALIDATE, 2), TRACE_LINE_STATE_DIRTY);
	CU_ASSERT_EQUAL(bench.events, 1);
	expect(LINE_SITE_SETTLE, 2, 0);
	CU_ASSERT_EQUAL(load(0, 5, 3), 5);
	CU_ASSERT_EQUAL(bench.event[1].kind, LOST);
	CU_ASSERT_EQUAL(bench.event[1].old.byte[5], 5);
	CU_ASSERT_EQUAL(bench.event[1].content.byte[5], 50);
	CU_ASSERT_EQUAL(bench.events, 3);
	asked();
}

static void invalidated_store_may_have_reached_memory(void)
{
	bench_begin(64, 64, 0, 3);
	store(0, 5, 50, 1);
	maintain(0, 5, TRACE_MAINT_INVALIDATE, 2);
	expect(LINE_SITE_SETTLE, 2, 1);
	line_touch_uncached(&bench.g, &bench.rules, &bench.pool, 5, 1, 3);
	told(WRITTEN, 0, 0, TRACE_WRITEBACK_LIMBO, 1);
	CU_ASSERT_EQUAL(bench.memory[5], 50);
	CU_ASSERT_EQUAL(bench.g.line[0][0].pendings, 0);
	asked();
}

static void invalidated_store_is_lost_when_only_an_older_one_reached_memory(void)
{
	bench_begin(64, 64, 0, 3);
	store(0, 5, 50, 1);
	store(0, 5, 51, 2);
	maintain(0, 5, TRACE_MAINT_INVALIDATE, 3);
	expect(LINE_SITE_SETTLE, 3, 2);
	line_touch_uncached(&bench.g, &bench.rules, &bench.pool, 5, 1, 4);
	told(LOST, 0, 0, 0, 2);
	CU_ASSERT_EQUAL(bench.event[2].old.byte[5], 50);
	CU_ASSERT_EQUAL(bench.event[2].content.byte[5], 51);
	asked();
}

/* ---- Limits, fairness --------------------------------------------------------------------------------- */

static void capped_history_keeps_the_oldest_and_the_newest_ones_and_says_so(void)
{
	static const uint8_t left[] = { 54, 53, 50 };

	for (unsigned int i = 0; i < 3; i++) {
		bench_begin(64, 64, 0, 3);
		for (uint8_t n = 0; n < 5; n++)
			store(0, 5, (uint8_t)(50 + n), n);
		CU_ASSERT_EQUAL(bench.capped, 2);
		expect(LINE_SITE_SETTLE, 4, 1 + i);
		line_touch_uncached(&bench.g, &bench.rules, &bench.pool, 5, 1, 9);
		CU_ASSERT_EQUAL(bench.memory[5], left[i]);
		asked();
	}
}

static void history_up_to_the_cap_is_not_capped(void)
{
	bench_begin(64, 64, 0, 3);
	for (uint8_t n = 0; n < 3; n++)
		store(0, 5, n, n);
	CU_ASSERT_EQUAL(bench.capped, 0);
}

static void states_that_nobody_can_take_any_more_do_not_count(void)
{
	bench_begin(64, 64, 0, 3);
	for (uint8_t n = 0; n < 20; n++) {
		store_uncached(5, n, n);
		maintain(0, 5, TRACE_MAINT_INVALIDATE, n);
		maintain(1, 5, TRACE_MAINT_INVALIDATE, n);
	}
	CU_ASSERT_EQUAL(bench.capped, 0);
	for (uint8_t n = 0; n < 3; n++)
		store_uncached(5, n, n);
	CU_ASSERT_EQUAL(bench.capped, 1);
}

static void snapshots_are_recycled(void)
{
	bench_begin(64, 32, 0, 3);
	for (unsigned int n = 0; n < 1000; n++) {
		store(1, n % LINE_MAX, (uint8_t)n, n);
		maintain(1, n % LINE_MAX, TRACE_MAINT_CLEAN, n);
		bench.events = 0;
	}
	CU_ASSERT_TRUE(bench.pool.used <= 3 + 1);	/* memory's states, one pending */
}

static void truth_is_the_newest_store_of_either_kind(void)
{
	bench_begin(64, 64, 0, 3);
	store(0, 5, 50, 1);
	CU_ASSERT_EQUAL(bench.g.truth[5], 1);
	CU_ASSERT_EQUAL(bench.g.stamp[5], 0);
	expect(LINE_SITE_SETTLE, 2, 0);
	store_uncached(5, 51, 2);
	CU_ASSERT_EQUAL(bench.g.truth[5], 2);
	CU_ASSERT_EQUAL(bench.g.stamp[5], 2);
	CU_ASSERT_EQUAL(bench.g.truth[4], 0);
}

static void fairness_writes_what_is_dirty_and_drops_what_is_stale_once(void)
{
	bench_begin(64, 64, 0, 3);
	load(0, 5, 1);
	store(1, 5, 50, 2);
	CU_ASSERT_TRUE(settle(3));
	told(WRITTEN, 1, 0, TRACE_WRITEBACK_EVICT, 2);
	CU_ASSERT_EQUAL(bench.memory[5], 50);
	CU_ASSERT_EQUAL(load(0, 5, 4), 50);
	CU_ASSERT_EQUAL(load(1, 5, 5), 50);
	CU_ASSERT_FALSE(settle(6));
}

static void fairness_drops_a_stale_copy_of_what_memory_has(void)
{
	bench_begin(64, 64, 0, 3);
	load(0, 5, 1);
	CU_ASSERT_FALSE(settle(2));
	load(0, 5, 3);
	store_uncached(5, 50, 4);
	CU_ASSERT_TRUE(settle(5));
	CU_ASSERT_EQUAL(load(0, 5, 6), 50);
}

static void fairness_gives_up_limbo(void)
{
	bench_begin(64, 64, 0, 3);
	store(0, 5, 50, 1);
	maintain(0, 5, TRACE_MAINT_INVALIDATE, 2);
	CU_ASSERT_FALSE(settle(3));
	told(LOST, 0, 0, 0, 1);
	CU_ASSERT_EQUAL(bench.memory[5], 5);
}

/* ---- Memory that refuses ------------------------------------------------------------------------------ */

static void shut(unsigned int mask, bool now_shut, uint64_t now)
{
	line_shut(&bench.g, &bench.rules, &bench.pool, mask, now_shut, now);
}

static bool touch(unsigned int view, unsigned int at, uint64_t now)
{
	return line_touch(&bench.g, &bench.rules, &bench.pool, view, at, now);
}

static void shut_view_is_served_by_its_own_copy_until_that_is_dropped(void)
{
	bench_begin(64, 64, 0, 3);
	load(0, 5, 1);
	shut(1, true, 2);
	expect(LINE_SITE_EVICT, 2, 0);
	CU_ASSERT_TRUE(touch(0, 5, 3));
	expect(LINE_SITE_EVICT, 2, 1);
	CU_ASSERT_FALSE(touch(0, 5, 4));
	CU_ASSERT_FALSE(touch(0, 5, 5));
	CU_ASSERT_TRUE(touch(1, 5, 6));
	shut(1, false, 7);
	CU_ASSERT_TRUE(touch(0, 5, 8));
	asked();
}

static void shut_view_that_has_no_copy_may_have_prefetched_one_before(void)
{
	bench_begin(64, 64, 0, 3);
	store_uncached(5, 50, 1);
	shut(1, true, 2);
	expect(LINE_SITE_FILL, 3, 1);
	CU_ASSERT_TRUE(touch(0, 5, 3));
	told(FILLED, 0, 0, TRACE_FILL_PREFETCH, 0);
	CU_ASSERT_EQUAL(bench.cache[0][5], 5);
	asked();
}

static void refused_write_back_is_told_and_memory_stays_as_it_is(void)
{
	bench_begin(64, 64, 0, 3);
	store(0, 5, 50, 1);
	expect(LINE_SITE_SETTLE, 2, 0);
	shut(1, true, 2);
	maintain(0, 5, TRACE_MAINT_CLEAN, 3);
	told(REFUSED, 0, 0, 0, 1);
	CU_ASSERT_EQUAL(bench.event[bench.events - 1].content.byte[5], 50);
	CU_ASSERT_EQUAL(bench.memory[5], 5);
	CU_ASSERT_EQUAL(maintain(0, 5, TRACE_MAINT_CLEAN, 4), TRACE_LINE_STATE_CLEAN);
	shut(1, false, 5);
	maintain(0, 5, TRACE_MAINT_FLUSH, 6);
	CU_ASSERT_EQUAL(bench.memory[5], 5);
	CU_ASSERT_EQUAL(load(0, 5, 7), 5);
	asked();
}

static void store_may_have_reached_memory_before_it_refused(void)
{
	bench_begin(64, 64, 0, 3);
	store(0, 5, 50, 1);
	expect(LINE_SITE_SETTLE, 2, 1);
	shut(1, true, 2);
	told(WRITTEN, 0, 0, TRACE_WRITEBACK_EARLY, 1);
	CU_ASSERT_EQUAL(bench.memory[5], 50);
	shut(1, true, 3);
	shut(2, false, 4);
	asked();
}

static void line_that_stays_dirty_until_memory_serves_again_is_written(void)
{
	bench_begin(64, 64, 0, 3);
	store(0, 5, 50, 1);
	expect(LINE_SITE_SETTLE, 2, 0);
	shut(3, true, 2);
	expect(LINE_SITE_SETTLE, 2, 0);
	shut(3, false, 3);
	maintain(0, 5, TRACE_MAINT_CLEAN, 4);
	told(WRITTEN, 0, 0, TRACE_WRITEBACK_CLEAN, 1);
	expect(LINE_SITE_FILL, 2, 0);
	CU_ASSERT_EQUAL(load(1, 5, 5), 50);
	asked();
}

static void what_memory_held_only_while_it_refused_is_not_offered(void)
{
	bench_begin(64, 64, 0, 3);
	load(0, 5, 1);
	shut(1, true, 2);
	store_uncached(5, 50, 3);
	store_uncached(5, 51, 4);
	shut(1, false, 5);
	expect(LINE_SITE_EVICT, 2, 1);
	CU_ASSERT_EQUAL(load(0, 5, 6), 51);
	asked();
}

#define SENTENCE(name) { #name, name }
static CU_TestInfo sentences[] = {
	SENTENCE(miss_with_nothing_to_ask_takes_memory_now),
	SENTENCE(unwatched_hit_asks_and_tells_nothing),
	SENTENCE(kept_copy_stays_stale_and_watched),
	SENTENCE(older_state_is_a_prefetch_since_memory_took_it),
	SENTENCE(refill_with_the_same_bytes_is_no_news),
	SENTENCE(nothing_older_than_the_last_access_or_maintenance_is_offered),
	SENTENCE(cpu_that_comes_out_of_reset_finds_nothing_older_in_its_cache),
	SENTENCE(states_that_a_line_cannot_tell_apart_are_offered_once),
	SENTENCE(change_in_the_other_half_is_not_asked_about),
	SENTENCE(change_under_a_dirty_line_is_asked_about),
	SENTENCE(peer_may_find_a_dirty_line_written_early_since_its_store),
	SENTENCE(line_that_was_not_written_keeps_only_its_newest_content_pending),
	SENTENCE(line_of_which_an_older_content_was_written_stays_dirty),
	SENTENCE(skipped_contents_may_have_been_prefetched_but_are_not_told_as_written),
	SENTENCE(dropped_dirty_line_overwrites_its_neighbours_newer_bytes),
	SENTENCE(dropped_dirty_line_goes_before_or_after_what_others_write),
	SENTENCE(two_dirty_lines_reach_memory_in_either_order),
	SENTENCE(line_of_64_bytes_settles_both_halves),
	SENTENCE(neighbour_within_a_longer_line_is_settled_before_memory_changes),
	SENTENCE(neighbour_that_nobody_can_see_as_one_is_left_alone),
	SENTENCE(own_neighbour_is_left_alone_while_memory_stays),
	SENTENCE(maintenance_returns_the_state_that_it_found),
	SENTENCE(clean_writes_the_line_and_keeps_it),
	SENTENCE(flush_writes_the_line_and_drops_it),
	SENTENCE(invalidated_store_is_lost_when_it_never_reached_memory),
	SENTENCE(invalidated_store_may_have_reached_memory),
	SENTENCE(invalidated_store_is_lost_when_only_an_older_one_reached_memory),
	SENTENCE(capped_history_keeps_the_oldest_and_the_newest_ones_and_says_so),
	SENTENCE(history_up_to_the_cap_is_not_capped),
	SENTENCE(states_that_nobody_can_take_any_more_do_not_count),
	SENTENCE(snapshots_are_recycled),
	SENTENCE(truth_is_the_newest_store_of_either_kind),
	SENTENCE(fairness_writes_what_is_dirty_and_drops_what_is_stale_once),
	SENTENCE(fairness_drops_a_stale_copy_of_what_memory_has),
	SENTENCE(fairness_gives_up_limbo),
	SENTENCE(shut_view_is_served_by_its_own_copy_until_that_is_dropped),
	SENTENCE(shut_view_that_has_no_copy_may_have_prefetched_one_before),
	SENTENCE(refused_write_back_is_told_and_memory_stays_as_it_is),
	SENTENCE(store_may_have_reached_memory_before_it_refused),
	SENTENCE(line_that_stays_dirty_until_memory_serves_again_is_written),
	SENTENCE(what_memory_held_only_while_it_refused_is_not_offered),
	CU_TEST_INFO_NULL
};

int main(void)
{
	char name[] = "line";
	CU_SuiteInfo suites[] = { { name, NULL, NULL, NULL, NULL, sentences }, CU_SUITE_INFO_NULL };
	unsigned int failures;

	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	CU_basic_set_mode(CU_BRM_NORMAL);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures != 0;
}
