/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A million random operations on lines, with answers drawn at random: after each, what must be true of every granule is. Which
 * outcomes there are is line_fuzz's and the litmus tests' business. View 2 is tagged with device addresses: its lines move
 * between the granules, of which the last has no memory. Memory refuses a view of a granule at any time, and serves it again.
 */
#include <string.h>

#include "models/line.h"
#include "models/tests/random.h"
#include "sim/tests/sentences.h"
#include "traces/trace.h"

#define VIEWS 3u
#define MOVING 2u		/* the view whose lines move */
#define GRANULES 3u
#define UNBACKED 2u		/* the granule without memory */
#define CAP 4u
#define SNAPS (GRANULES * (VIEWS * 2 * 2 + 1) * CAP + LINE_SNAPS)
#define RUN 2000u		/* operations, and stamps at most, before all begins anew */

static struct line_rules rules;
static struct line_pool pool;
static struct line_snap snaps[SNAPS];
static struct line_granule granule[GRANULES];
static uint8_t memory[GRANULES][LINE_MAX], cache[VIEWS][GRANULES][LINE_MAX];
static uint8_t stored[2 * RUN];	/* by stamp: the value */
static unsigned int home;	/* the granule where the moving view's lines are */
static uint32_t stamps;
static uint64_t seed;

static unsigned int choose_any(void *ctx, const char *site, unsigned int n)
{
	(void)ctx, (void)site;
	return random_below(&seed, 2) ? 0 : (unsigned int)random_below(&seed, n);
}

static void ignore_filled(void *ctx, unsigned int view, unsigned int at, int why, uint64_t not_before, const struct line_content *c,
			  bool news)
{
	(void)ctx, (void)view, (void)at, (void)why, (void)not_before, (void)c, (void)news;
}

static void ignore_written(void *ctx, unsigned int view, unsigned int at, int why, uint64_t not_before,
			   const struct line_content *old, const struct line_content *c)
{
	(void)ctx, (void)view, (void)at, (void)why, (void)not_before, (void)old, (void)c;
}

static void ignore_lost(void *ctx, unsigned int view, unsigned int at, uint64_t not_before, const struct line_content *in_memory,
			const struct line_content *c)
{
	(void)ctx, (void)view, (void)at, (void)not_before, (void)in_memory, (void)c;
}

static void ignore_refused(void *ctx, unsigned int view, unsigned int at, uint64_t not_before, const struct line_content *c)
{
	(void)ctx, (void)view, (void)at, (void)not_before, (void)c;
}

static void ignore_capped(void *ctx)
{
	(void)ctx;
}

static const struct line_ops ops = { choose_any, ignore_filled, ignore_written, ignore_lost, ignore_refused, ignore_capped };

static void begin(void)
{
	uint8_t *bytes[LINE_VIEWS];

	rules = (struct line_rules){ .views = VIEWS, .line_bytes = { 64, 32, random_below(&seed, 2) ? 32 : 64 }, .cap = CAP, .ops = &ops };
	pool.snaps = snaps;
	pool.size = SNAPS;
	line_pool_reset(&pool);
	memset(granule, 0, sizeof(granule));
	home = 0;
	stamps = 1;
	for (unsigned int g = 0; g < GRANULES; g++) {
		for (unsigned int view = 0; view < VIEWS; view++)
			bytes[view] = view != MOVING || g == home ? cache[view][g] : NULL;
		memset(memory[g], (int)g, LINE_MAX);
		line_init(&granule[g], &rules, &pool, memory[g], bytes);
		granule[g].unbacked = g == UNBACKED;
	}
}

/* ---- What must be true ------------------------------------------------------------------------------------- */

/* Each byte is what the store of its stamp wrote. */
static bool bytes_are_true(const uint8_t *byte, const uint32_t *stamp, unsigned int at, unsigned int size)
{
	for (unsigned int i = at; i < at + size; i++)
		if (stamp[i] && stamp[i] < 2 * RUN && byte[i] != stored[stamp[i]])
			return false;
	return true;
}

static bool history_is_true(struct line_snap *const snap[], unsigned int count, unsigned int at, unsigned int size)
{
	for (unsigned int i = 0; i < count; i++)
		if (!bytes_are_true(snap[i]->content.byte, snap[i]->content.stamp, at, size))
			return false;
	return true;
}

static bool same(const uint8_t *byte, const uint32_t *stamp, const uint8_t *other, const uint32_t *other_stamp, unsigned int at,
		 unsigned int size)
{
	return !memcmp(byte + at, other + at, size) && !memcmp(stamp + at, other_stamp + at, size * sizeof(*stamp));
}

static bool line_is_sound(const struct line_granule *g, unsigned int view, unsigned int at)
{
	unsigned int size = rules.line_bytes[view];
	const struct line_state *line = &g->line[view][at / size];
	const struct line_snap *newest = line->pendings ? line->pending[line->pendings - 1] : NULL;

	if (!history_is_true(line->pending, line->pendings, at, size) || !history_is_true(line->ghost, line->ghosts, at, size))
		return false;
	if (!line->present)
		return !line->dirty;
	if ((line->ghosts && line->dirty) || !bytes_are_true(line->byte, line->stamp, at, size))
		return false;
	if (line->dirty)
		return newest && same(newest->content.byte, newest->content.stamp, line->byte, line->stamp, at, size);
	return !newest && (line_watched(g, &rules, view, at) || same(line->byte, line->stamp, g->memory, g->stamp, at, size));
}

static bool granule_is_sound(const struct line_granule *g)
{
	const struct line_snap *newest = g->state[g->states - 1];

	if (!g->states || !same(newest->content.byte, newest->content.stamp, g->memory, g->stamp, 0, LINE_MAX) ||
	    !history_is_true(g->state, g->states, 0, LINE_MAX))
		return false;
	for (unsigned int i = 1; i < g->states; i++)
		if (g->state[i]->version <= g->state[i - 1]->version || g->state[i]->when < g->state[i - 1]->when)
			return false;
	for (unsigned int view = 0; view < VIEWS; view++)
		for (unsigned int at = 0; at < LINE_MAX; at += rules.line_bytes[view])
			if (!line_is_sound(g, view, at))
				return false;
	return true;
}

/* No snapshot is lost, and none is in two places. */
static bool snaps_add_up(void)
{
	unsigned int kept = 0;

	for (const struct line_snap *free = pool.free; free; free = free->next)
		kept++;
	for (unsigned int g = 0; g < GRANULES; g++) {
		kept += granule[g].states;
		for (unsigned int view = 0; view < VIEWS; view++)
			for (unsigned int i = 0; i < LINE_MAX / rules.line_bytes[view]; i++)
				kept += granule[g].line[view][i].pendings + granule[g].line[view][i].ghosts;
	}
	return kept == pool.used;
}

/* ---- Operations -------------------------------------------------------------------------------------------- */

static uint32_t stamp_of(uint8_t value)
{
	stored[stamps] = value;
	return stamps++;
}

static void do_cached(struct line_granule *g, unsigned int view, unsigned int at, uint64_t now)
{
	struct line_state *line = &g->line[view][at / rules.line_bytes[view]];
	uint8_t value = (uint8_t)random_below(&seed, 256);

	if (!line_touch(g, &rules, &pool, view, at, now)) {
		CU_ASSERT_TRUE_FATAL(g->unbacked || g->shut >> view & 1u);
		return;
	}
	CU_ASSERT_TRUE_FATAL(line->present);
	if (random_below(&seed, 2))
		return;
	line->byte[at] = value;
	line_stored(g, &rules, &pool, view, at, 1, stamp_of(value), now);
}

static void do_uncached(struct line_granule *g, unsigned int view, unsigned int at, bool through, uint64_t now)
{
	uint8_t value = (uint8_t)random_below(&seed, 256);

	if (through)
		line_touch_through(g, &rules, &pool, view, at, now);
	line_touch_uncached(g, &rules, &pool, at, 1, now);
	if (!through && random_below(&seed, 2))
		return;
	g->memory[at] = value;
	if (through)
		line_stored_through(g, &rules, &pool, view, at, 1, stamp_of(value), now);
	else
		line_stored_uncached(g, &rules, &pool, at, 1, stamp_of(value), now);
}

static void do_move(uint64_t now)
{
	unsigned int to = (unsigned int)random_below(&seed, GRANULES);
	uint32_t initial = stamp_of((uint8_t)home);	/* what every byte of that granule held at first */

	for (unsigned int at = 0; at < LINE_MAX && to != home; at += rules.line_bytes[MOVING]) {
		struct line_state line;

		line_detach(&granule[home], &rules, &pool, MOVING, at, initial, now, &line);
		line_attach(&granule[to], &rules, MOVING, at, &line);
	}
	home = to;
}

/* What is refused, memory does not get. */
static void do_shut(struct line_granule *g, uint64_t now)
{
	unsigned int mask = (unsigned int)random_below(&seed, 1u << VIEWS);
	bool shut = random_below(&seed, 2);

	line_shut(g, &rules, &pool, mask, shut, now);
	CU_ASSERT_EQUAL_FATAL(g->shut & mask, shut ? mask : 0);
}

/* Out of a reset that took what was dirty, and in which memory may have refused. */
static void do_power_on(struct line_granule *g, unsigned int view, uint64_t now)
{
	for (unsigned int at = 0; at < LINE_MAX; at += rules.line_bytes[view])
		line_maintain(g, &rules, &pool, view, at, TRACE_MAINT_INVALIDATE, now);
	do_shut(g, now);
	line_power_on(g, &rules, &pool, view);
}

static void do_any(uint64_t now)
{
	unsigned int view = (unsigned int)random_below(&seed, VIEWS), at = (unsigned int)random_below(&seed, LINE_MAX);
	struct line_granule *g = &granule[view == MOVING ? home : random_below(&seed, UNBACKED)];
	bool dirty = g->line[view][at / rules.line_bytes[view]].dirty;

	switch (random_below(&seed, 16)) {
	case 0:
		do_move(now);
		break;
	case 1:
		line_settle(g, &rules, &pool, now);
		break;
	case 7:
		do_shut(g, now);
		break;
	case 8:
		do_power_on(g, view, now);
		break;
	case 2:
	case 3:
	case 4:
		line_maintain(g, &rules, &pool, view, at, (int)random_below(&seed, 3), now);
		break;
	case 5:
	case 6:
		/* A line that is written through is never dirty, and such a store is refused before it comes so far. */
		do_uncached(g->unbacked ? &granule[0] : g, view, at,
			    !dirty && view != MOVING && !(g->shut >> view & 1u) && random_below(&seed, 2), now);
		break;
	default:
		do_cached(g, view, at, now);
	}
}

static void a_million_random_operations_leave_every_granule_sound(void)
{
	seed = 1;
	for (unsigned int n = random_operations(), i = 0; i < n; i++) {
		if (i % RUN == 0)
			begin();
		do_any(i);
		if (!granule_is_sound(&granule[0]) || !granule_is_sound(&granule[1]) || !granule_is_sound(&granule[UNBACKED]) ||
		    !snaps_add_up())
			CU_FAIL_FATAL("a granule is not sound");
	}
	CU_PASS("they were, after each");
}

int main(void)
{
	CU_TestInfo sentences[] = {
		SENTENCE(a_million_random_operations_leave_every_granule_sound),
		CU_TEST_INFO_NULL,
	};

	return sentences_run("lines at random", sentences);
}
