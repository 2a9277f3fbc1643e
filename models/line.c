/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The line state machine of line.h: rules 1-5, in terms of two kinds of history.
 *
 * A line's pendings are the contents that it has had and that memory may have received; memory's states are
 * what memory has held; both oldest first. Settling moves contents from the first kind to the second, filling
 * reads the second. This file does not know of time beyond comparing it, of agents, or of addresses, and it
 * never decides: every alternative is asked.
 */
#include "models/line.h"

#include <assert.h>
#include <string.h>

#include "traces/trace.h"

/* What one call of the interface works on. */
struct line_job {
	struct line_granule *g;
	const struct line_rules *rules;
	struct line_pool *pool;
	uint64_t now;
};

/* A line of a view, and the part of the granule that it covers. */
struct line_ref {
	struct line_state *line;
	unsigned int view, at, size;
};

/* What a line may be filled with: states of memory, and its ghosts. */
#define LINE_OPTIONS (2 * LINE_SNAPS)

/* Lines are numbered across views, so that a set of them is a mask. */
#define LINE_NUMBERS (LINE_VIEWS * (LINE_MAX / 32))

static unsigned int line_bit(const struct line_ref *ref)
{
	return 1u << (ref->view * (LINE_MAX / 32) + ref->at / 32);
}

static unsigned int line_index(const struct line_rules *rules, unsigned int view, unsigned int at)
{
	return at >= rules->line_bytes[view];
}

static struct line_ref line_find(const struct line_job *job, unsigned int view, unsigned int at)
{
	unsigned int index = line_index(job->rules, view, at);
	unsigned int size = job->rules->line_bytes[view];

	return (struct line_ref){ &job->g->line[view][index], view, index * size, size };
}

static struct line_ref line_find_numbered(const struct line_job *job, unsigned int number)
{
	return line_find(job, number / (LINE_MAX / 32), number % (LINE_MAX / 32) * 32);
}

/* ---- Snapshots and histories ---------------------------------------------------------------------- */

void line_pool_reset(struct line_pool *pool)
{
	pool->free = NULL;
	pool->used = 0;
}

static struct line_snap *line_snap_take(struct line_pool *pool)
{
	struct line_snap *snap = pool->free;

	if (snap) {
		pool->free = snap->next;
		return snap;
	}
	assert(pool->used < pool->size);
	return &pool->snaps[pool->used++];
}

static void line_snaps_give(struct line_pool *pool, struct line_snap *const snap[], unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		snap[i]->next = pool->free;
		pool->free = snap[i];
	}
}

static void line_history_remove(struct line_pool *pool, struct line_snap *history[], unsigned int *length,
				unsigned int first, unsigned int count)
{
	line_snaps_give(pool, history + first, count);
	*length -= count;
	memmove(history + first, history + first + count, (*length - first) * sizeof(history[0]));
}

/* At the cap the second oldest goes: the oldest and the newest ones are what most surprises hang on. */
static struct line_snap *line_history_grow(struct line_job *job, struct line_snap *history[],
					   unsigned int *length)
{
	if (*length == job->rules->cap) {
		line_history_remove(job->pool, history, length, *length > 1, 1);
		job->rules->ops->capped(job->rules->ctx);
	}
	history[*length] = line_snap_take(job->pool);
	return history[(*length)++];
}

static void line_content_copy(struct line_content *to, const uint8_t byte[], const uint32_t stamp[],
			      unsigned int at, unsigned int size)
{
	memcpy(to->byte + at, byte + at, size);
	memcpy(to->stamp + at, stamp + at, size * sizeof(stamp[0]));
}

/* Neither fills the view's lines nor takes what is written back. */
static bool line_is_refused(const struct line_granule *g, unsigned int view)
{
	return g->unbacked || g->shut >> view & 1u;
}

static bool line_stamps_equal(const struct line_ref *ref, const uint32_t a[], const uint32_t b[])
{
	return !memcmp(a + ref->at, b + ref->at, ref->size * sizeof(a[0]));
}

/* ---- Memory --------------------------------------------------------------------------------------- */

static const struct line_snap *line_memory_newest(const struct line_granule *g)
{
	return g->state[g->states - 1];
}

/*
 * A dirty line is written back before it is filled again, and that moves `since`: it needs no old state; nor does a view
 * that never caches the granule.
 */
static uint32_t line_memory_needed(const struct line_job *job)
{
	uint32_t needed = line_memory_newest(job->g)->version;

	for (unsigned int view = 0; view < job->rules->views; view++)
		for (unsigned int at = 0; at < LINE_MAX; at += job->rules->line_bytes[view]) {
			const struct line_state *line = line_find(job, view, at).line;

			if (line->byte && !line->dirty && line->since < needed)
				needed = line->since;
		}
	return needed;
}

static void line_memory_forget(struct line_job *job)
{
	struct line_granule *g = job->g;
	uint32_t needed = line_memory_needed(job);
	unsigned int count = 0;

	while (count < g->states && g->state[count]->version < needed)
		count++;
	line_history_remove(job->pool, g->state, &g->states, 0, count);
}

/* Appends a state: memory's present bytes. */
static struct line_snap *line_memory_push(struct line_job *job, uint64_t when)
{
	struct line_granule *g = job->g;
	uint32_t version = line_memory_newest(g)->version + 1;
	uint64_t earliest = line_memory_newest(g)->when;
	struct line_snap *snap;

	if (g->states == job->rules->cap)
		line_memory_forget(job);
	snap = line_history_grow(job, g->state, &g->states);
	line_content_copy(&snap->content, g->memory, g->stamp, 0, LINE_MAX);
	snap->when = when > earliest ? when : earliest;
	snap->version = version;
	return snap;
}

/* ---- Write-backs ---------------------------------------------------------------------------------- */

static void line_pendings_drop(struct line_job *job, struct line_state *line, unsigned int count)
{
	line_history_remove(job->pool, line->pending, &line->pendings, 0, count);
}

static void line_limbo_drop(struct line_job *job, const struct line_ref *ref)
{
	struct line_state *line = ref->line;
	const struct line_snap *newest = line->pending[line->pendings - 1];

	job->rules->ops->lost(job->rules->ctx, ref->view, ref->at, newest->when,
			      &line_memory_newest(job->g)->content, &newest->content);
	line_pendings_drop(job, line, line->pendings);
}

/* Not written back until now: of a dirty line only the newest content still may be, of limbo nothing. */
static void line_pendings_prune(struct line_job *job, const struct line_ref *ref)
{
	if (ref->line->dirty)
		line_pendings_drop(job, ref->line, ref->line->pendings - 1);
	else
		line_limbo_drop(job, ref);
}

/*
 * Memory takes pending content `taken`. The older ones may have been there for a while: whoever has not
 * looked since may hold them. Nobody can tell whether they were, so they are states and no event.
 */
static void line_memory_take(struct line_job *job, const struct line_ref *ref, unsigned int taken, int why)
{
	const struct line_ops *ops = job->rules->ops;
	struct line_granule *g = job->g;
	const struct line_snap *snap = ref->line->pending[taken];

	if (line_is_refused(g, ref->view)) {
		/* Of an older content the newest still has everything that is not overwritten. */
		if (taken + 1 == ref->line->pendings)
			ops->refused(job->rules->ctx, ref->view, ref->at, snap->when, &snap->content);
		return;
	}
	ops->written(job->rules->ctx, ref->view, ref->at, why, snap->when, &line_memory_newest(g)->content,
		     &snap->content);
	for (unsigned int i = 0; i < taken; i++) {
		const struct line_snap *older = ref->line->pending[i];
		struct line_snap *state = line_memory_push(job, older->when);

		line_content_copy(&state->content, older->content.byte, older->content.stamp, ref->at,
				  ref->size);
	}
	memcpy(g->memory + ref->at, snap->content.byte + ref->at, ref->size);
	memcpy(g->stamp + ref->at, snap->content.stamp + ref->at, ref->size * sizeof(g->stamp[0]));
	line_memory_push(job, snap->when);
}

static void line_write_back(struct line_job *job, const struct line_ref *ref, unsigned int taken, int why)
{
	struct line_state *line = ref->line;

	line_memory_take(job, ref, taken, why);
	line->since = line_memory_newest(job->g)->version;
	if (taken + 1 < line->pendings) {
		line_pendings_prune(job, ref);
		return;
	}
	line->dirty = false;
	line->stale = false;
	line_pendings_drop(job, line, line->pendings);
}

/* ---- Settling ------------------------------------------------------------------------------------- */

static unsigned int line_pending_mask(const struct line_job *job, unsigned int begin, unsigned int end)
{
	unsigned int mask = 0;

	for (unsigned int view = 0; view < job->rules->views; view++)
		for (unsigned int at = 0; at < LINE_MAX; at += job->rules->line_bytes[view]) {
			struct line_ref ref = line_find(job, view, at);

			if (ref.line->pendings && ref.at < end && begin < ref.at + ref.size)
				mask |= line_bit(&ref);
		}
	return mask;
}

static unsigned int line_bytes_max(const struct line_rules *rules)
{
	unsigned int max = 0;

	for (unsigned int view = 0; view < rules->views; view++)
		if (rules->line_bytes[view] > max)
			max = rules->line_bytes[view];
	return max;
}

/*
 * Whom to settle before an operation on [begin, end). When memory may change by it, also the neighbours in
 * whole lines of the view that has the longest: it can tell in which order they and this reached memory.
 */
static unsigned int line_settle_scope(const struct line_job *job, unsigned int begin, unsigned int end,
				      unsigned int except, bool writes)
{
	unsigned int max = line_bytes_max(job->rules);

	if (!writes && !(line_pending_mask(job, begin, end) & ~except))
		return 0;
	return line_pending_mask(job, begin & ~(max - 1), (end + max - 1) & ~(max - 1)) & ~except;
}

/* The option'th content of the lines of `mask`, newest first. */
static struct line_ref line_option_find(const struct line_job *job, unsigned int mask, unsigned int option,
					unsigned int *taken)
{
	unsigned int number = 0;
	struct line_ref ref;

	for (;; number++) {
		if (!(mask & 1u << number))
			continue;
		ref = line_find_numbered(job, number);
		if (option < ref.line->pendings)
			break;
		option -= ref.line->pendings;
	}
	*taken = ref.line->pendings - 1 - option;
	return ref;
}

static unsigned int line_options_count(const struct line_job *job, unsigned int mask)
{
	unsigned int count = 0;

	for (unsigned int number = 0; number < LINE_NUMBERS; number++)
		if (mask & 1u << number)
			count += line_find_numbered(job, number).line->pendings;
	return count;
}

static unsigned int line_ask(const struct line_job *job, const char *site, unsigned int n)
{
	return n > 1 ? job->rules->ops->choose(job->rules->ctx, site, n) : 0;
}

static int line_settle_why(const struct line_ref *ref)
{
	return ref->line->present ? TRACE_WRITEBACK_EARLY : TRACE_WRITEBACK_LIMBO;
}

/* One line at a time, so that the order of write-backs is part of the answers. Returns whom option 0 left. */
static unsigned int line_settle_asking(struct line_job *job, unsigned int mask)
{
	unsigned int option, taken;

	while ((option = line_ask(job, LINE_SITE_SETTLE, 1 + line_options_count(job, mask)))) {
		struct line_ref ref = line_option_find(job, mask, option - 1, &taken);

		line_write_back(job, &ref, taken, line_settle_why(&ref));
		mask &= ~line_bit(&ref);
	}
	return mask;
}

static void line_settle_mask(struct line_job *job, unsigned int mask)
{
	mask = line_settle_asking(job, mask);
	for (unsigned int number = 0; number < LINE_NUMBERS; number++)
		if (mask & 1u << number) {
			struct line_ref ref = line_find_numbered(job, number);

			line_pendings_prune(job, &ref);
		}
}

/* Whom to settle before an operation that leaves the own line's pendings alone, or writes them back. */
static unsigned int line_others_scope(const struct line_job *job, const struct line_ref *own, bool writes)
{
	return line_settle_scope(job, own->at, own->at + own->size, line_bit(own), writes);
}

/* Option 0 is the own line's write-back until that is done; others' may come before it or after. */
static void line_settle_evicting(struct line_job *job, const struct line_ref *own)
{
	unsigned int mask = line_settle_asking(job, line_others_scope(job, own, true));

	line_write_back(job, own, own->line->pendings - 1, TRACE_WRITEBACK_EVICT);
	line_settle_mask(job, mask);
}

/* ---- Accesses and maintenance --------------------------------------------------------------------- */

static bool line_pending_elsewhere(const struct line_granule *g, const struct line_rules *rules,
				   unsigned int view, unsigned int at)
{
	unsigned int first = rules->line_bytes[view] == LINE_MAX ? 0 : at;
	unsigned int last = rules->line_bytes[view] == LINE_MAX ? LINE_MAX - 1 : at;

	for (unsigned int other = 0; other < rules->views; other++)
		if (other != view && (g->line[other][line_index(rules, other, first)].pendings ||
				      g->line[other][line_index(rules, other, last)].pendings))
			return true;
	return false;
}

bool line_watched(const struct line_granule *g, const struct line_rules *rules, unsigned int view,
		  unsigned int at)
{
	const struct line_state *line = &g->line[view][line_index(rules, view, at)];

	return !line->present || line->ghosts || line_is_refused(g, view) || line->since != line_memory_newest(g)->version ||
	       (line->stale && !line->dirty) || line_pending_elsewhere(g, rules, view, at);
}

/* Unless it is one of the `count` already. Returns how many there are then. */
static unsigned int line_option_add(const struct line_ref *ref, const struct line_snap *option[], unsigned int count,
				    const struct line_snap *snap)
{
	unsigned int same = 0;

	while (same < count && !line_stamps_equal(ref, option[same]->content.stamp, snap->content.stamp))
		same++;
	option[same] = same == count ? snap : option[same];
	return same == count ? count + 1 : count;
}

/* The states that the line may take, newest first, each content once; then its ghosts. */
static unsigned int line_fill_options(const struct line_job *job, const struct line_ref *ref,
				      const struct line_snap *option[])
{
	const struct line_granule *g = job->g;
	unsigned int count = 0;

	for (unsigned int i = line_is_refused(g, ref->view) ? 0 : g->states; i-- && g->state[i]->version >= ref->line->since;)
		count = line_option_add(ref, option, count, g->state[i]);
	for (unsigned int i = 0; i < ref->line->ghosts; i++)
		count = line_option_add(ref, option, count, ref->line->ghost[i]);
	return count;
}

static void line_ghosts_drop(struct line_job *job, struct line_state *line)
{
	line_history_remove(job->pool, line->ghost, &line->ghosts, 0, line->ghosts);
}

/*
 * Not when memory changed in the other half of the granule only, or by this very copy: a dropped copy would
 * be filled with the same bytes again. A history that begins after `since` cannot tell.
 */
static bool line_drop_matters(const struct line_job *job, const struct line_ref *ref)
{
	const struct line_snap *option[LINE_OPTIONS];
	const struct line_state *line = ref->line;

	return line_is_refused(job->g, ref->view) || line_others_scope(job, ref, false) ||
	       job->g->state[0]->version > line->since || line_fill_options(job, ref, option) > 1 ||
	       (!line->dirty && !line_stamps_equal(ref, line->stamp, job->g->stamp));
}

static void line_keep(struct line_job *job, const struct line_ref *ref)
{
	line_settle_mask(job, line_others_scope(job, ref, false));
	ref->line->since = line_memory_newest(job->g)->version;
	ref->line->stale = !line_stamps_equal(ref, ref->line->stamp, job->g->stamp);
	line_ghosts_drop(job, ref->line);
}

static void line_fill_with(struct line_job *job, const struct line_ref *ref, const struct line_snap *option[], unsigned int taken)
{
	struct line_state *line = ref->line;
	const struct line_content *content = &option[taken]->content;
	bool news = !line_stamps_equal(ref, line->stamp, content->stamp);
	bool prefetched = taken || line_is_refused(job->g, ref->view);

	memcpy(line->byte + ref->at, content->byte + ref->at, ref->size);
	memcpy(line->stamp + ref->at, content->stamp + ref->at, ref->size * sizeof(line->stamp[0]));
	line->present = true;
	line->stale = prefetched;
	line->since = line_memory_newest(job->g)->version;
	line->fill_why = prefetched ? TRACE_FILL_PREFETCH : TRACE_FILL_DEMAND;
	line->fill_when = prefetched ? option[taken]->when : job->now;
	job->rules->ops->filled(job->rules->ctx, ref->view, ref->at, line->fill_why, line->fill_when,
				content, news);
	line_ghosts_drop(job, line);
}

/* Where no memory is, or it refuses, option 0 is that nothing was found. */
static bool line_fill(struct line_job *job, const struct line_ref *ref)
{
	const struct line_snap *option[LINE_OPTIONS];
	unsigned int nothing = line_is_refused(job->g, ref->view), count = line_fill_options(job, ref, option);
	unsigned int taken = line_ask(job, LINE_SITE_FILL, count + nothing);

	if (nothing && !taken) {
		line_ghosts_drop(job, ref->line);
		return false;
	}
	line_fill_with(job, ref, option, taken - nothing);
	return true;
}

static void line_drop(struct line_job *job, const struct line_ref *ref)
{
	if (ref->line->dirty)
		line_settle_evicting(job, ref);
	else
		line_settle_mask(job, line_others_scope(job, ref, false));
	ref->line->present = false;
}

bool line_touch(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool,
		unsigned int view, unsigned int at, uint64_t now)
{
	struct line_job job = { g, rules, pool, now };
	struct line_ref ref = line_find(&job, view, at);

	if (!line_watched(g, rules, view, at))
		return true;
	if (!ref.line->present) {
		line_settle_mask(&job, line_settle_scope(&job, ref.at, ref.at + ref.size, 0, false));
	} else if (!line_drop_matters(&job, &ref) || !line_ask(&job, LINE_SITE_EVICT, 2)) {
		line_keep(&job, &ref);
		return true;
	} else {
		line_drop(&job, &ref);
	}
	return line_fill(&job, &ref);
}

void line_touch_through(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool,
			unsigned int view, unsigned int at, uint64_t now)
{
	struct line_job job = { g, rules, pool, now };
	struct line_ref ref = line_find(&job, view, at);
	const struct line_snap *option[LINE_OPTIONS];
	unsigned int taken;

	if (ref.line->present) {
		line_touch(g, rules, pool, view, at, now);
		return;
	}
	line_settle_mask(&job, line_settle_scope(&job, ref.at, ref.at + ref.size, 0, false));
	taken = line_ask(&job, LINE_SITE_FILL, line_fill_options(&job, &ref, option));
	if (taken)
		line_fill_with(&job, &ref, option, taken);
	else
		line_ghosts_drop(&job, ref.line);
}

static void line_stamp(uint32_t to[], unsigned int at, unsigned int size, uint32_t stamp)
{
	for (unsigned int i = at; i < at + size; i++)
		to[i] = stamp;
}

void line_stored(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool,
		 unsigned int view, unsigned int at, unsigned int size, uint32_t stamp, uint64_t now)
{
	struct line_job job = { g, rules, pool, now };
	struct line_ref ref = line_find(&job, view, at);
	struct line_snap *snap;

	line_stamp(ref.line->stamp, at, size, stamp);
	line_stamp(g->truth, at, size, stamp);
	line_ghosts_drop(&job, ref.line);
	ref.line->dirty = true;
	snap = line_history_grow(&job, ref.line->pending, &ref.line->pendings);
	line_content_copy(&snap->content, ref.line->byte, ref.line->stamp, ref.at, ref.size);
	snap->when = now;
}

static int line_found(const struct line_state *line)
{
	if (!line->present)
		return TRACE_LINE_STATE_ABSENT;
	return line->dirty ? TRACE_LINE_STATE_DIRTY : TRACE_LINE_STATE_CLEAN;
}

int line_maintain(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool,
		  unsigned int view, unsigned int at, int op, uint64_t now)
{
	struct line_job job = { g, rules, pool, now };
	struct line_ref ref = line_find(&job, view, at);
	struct line_state *line = ref.line;
	int found = line_found(line);
	bool writes = line->dirty && op != TRACE_MAINT_INVALIDATE;

	if (op == TRACE_MAINT_CLEAN && !writes)
		return found;
	line_settle_mask(&job, line_others_scope(&job, &ref, writes));
	if (writes)
		line_write_back(&job, &ref, line->pendings - 1, TRACE_WRITEBACK_CLEAN);
	if (op == TRACE_MAINT_CLEAN)
		return found;
	line_ghosts_drop(&job, line);
	line->present = false;
	line->dirty = false;
	line->since = line_memory_newest(g)->version;
	return found;
}

void line_power_on(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool, unsigned int view)
{
	struct line_job job = { g, rules, pool, 0 };

	for (unsigned int i = 0; i < LINE_MAX / rules->line_bytes[view]; i++) {
		line_ghosts_drop(&job, &g->line[view][i]);
		g->line[view][i].present = false;
		g->line[view][i].since = line_memory_newest(g)->version;
	}
}

void line_touch_uncached(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool,
			 unsigned int at, unsigned int size, uint64_t now)
{
	struct line_job job = { g, rules, pool, now };

	line_settle_mask(&job, line_settle_scope(&job, at, at + size, 0, true));
}

void line_stored_uncached(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool,
			  unsigned int at, unsigned int size, uint32_t stamp, uint64_t now)
{
	struct line_job job = { g, rules, pool, now };

	line_stamp(g->stamp, at, size, stamp);
	line_stamp(g->truth, at, size, stamp);
	line_memory_push(&job, now);
}

void line_stored_through(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool,
			 unsigned int view, unsigned int at, unsigned int size, uint32_t stamp, uint64_t now)
{
	struct line_job job = { g, rules, pool, now };
	struct line_ref ref = line_find(&job, view, at);

	line_stored_uncached(g, rules, pool, at, size, stamp, now);
	ref.line->since = line_memory_newest(g)->version;
	if (!ref.line->present)
		return;
	memcpy(ref.line->byte + at, g->memory + at, size);
	line_stamp(ref.line->stamp, at, size, stamp);
	ref.line->stale = !line_stamps_equal(&ref, ref.line->stamp, g->stamp);
}

/* ---- Lines that come to stand for other memory ----------------------------------------------------- */

/* What was never stored is, elsewhere, what that memory held at first. */
static void line_name_initial(const struct line_ref *ref, uint32_t stamp[], uint32_t initial)
{
	for (unsigned int i = ref->at; i < ref->at + ref->size; i++)
		if (!stamp[i])
			stamp[i] = initial;
}

/* A content that the line may have when it goes: it takes nothing along but bytes. */
static void line_ghost_add(struct line_job *job, const struct line_ref *ref, const uint8_t byte[], const uint32_t stamp[],
			   uint32_t initial, uint64_t when)
{
	struct line_state *line = ref->line;
	struct line_snap *snap = line_history_grow(job, line->ghost, &line->ghosts);

	line_content_copy(&snap->content, byte, stamp, ref->at, ref->size);
	line_name_initial(ref, snap->content.stamp, initial);
	snap->when = when;
	snap->version = 0;
}

static bool line_is_state(const struct line_granule *g, const struct line_snap *snap)
{
	unsigned int i = 0;

	while (i < g->states && g->state[i] != snap)
		i++;
	return i < g->states;
}

static void line_ghosts_make(struct line_job *job, const struct line_ref *ref, uint32_t initial)
{
	const struct line_snap *option[LINE_OPTIONS];
	struct line_state *line = ref->line;
	unsigned int count = line_fill_options(job, ref, option);

	for (unsigned int i = count; i--;)
		if (line_is_state(job->g, option[i]))
			line_ghost_add(job, ref, option[i]->content.byte, option[i]->content.stamp, initial, option[i]->when);
	if (line->present)
		line_ghost_add(job, ref, line->byte, line->stamp, initial, line->fill_when);
	line->present = false;
}

void line_detach(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool, unsigned int view,
		 unsigned int at, uint32_t stamp, uint64_t now, struct line_state *out)
{
	struct line_job job = { g, rules, pool, now };
	struct line_ref ref = line_find(&job, view, at);

	line_settle_mask(&job, line_settle_scope(&job, ref.at, ref.at + ref.size, 0, ref.line->pendings > 0));
	if (!ref.line->dirty)
		line_ghosts_make(&job, &ref, stamp);
	line_name_initial(&ref, ref.line->stamp, stamp);
	for (unsigned int i = 0; i < ref.line->pendings; i++)
		line_name_initial(&ref, ref.line->pending[i]->content.stamp, stamp);
	for (unsigned int i = 0; i < ref.line->ghosts; i++)
		line_name_initial(&ref, ref.line->ghost[i]->content.stamp, stamp);
	*out = *ref.line;
	memset(ref.line, 0, sizeof(*ref.line));
}

void line_attach(struct line_granule *g, const struct line_rules *rules, unsigned int view, unsigned int at,
		 const struct line_state *in)
{
	struct line_state *line = &g->line[view][line_index(rules, view, at)];

	*line = *in;
	line->since = line_memory_newest(g)->version;
}

/* ---- Lines that memory refuses ---------------------------------------------------------------------- */

/* What an absent or clean line may be found to hold later, besides its copy, though memory gives nothing any more. */
static void line_ghosts_keep(struct line_job *job, const struct line_ref *ref)
{
	const struct line_snap *option[LINE_OPTIONS];
	unsigned int count = line_fill_options(job, ref, option);

	for (unsigned int i = count; i--;)
		if (line_is_state(job->g, option[i]) &&
		    !(ref->line->present && line_stamps_equal(ref, ref->line->stamp, option[i]->content.stamp)))
			line_ghost_add(job, ref, option[i]->content.byte, option[i]->content.stamp, 0, option[i]->when);
}

static void line_shut_view(struct line_job *job, unsigned int view, bool shut)
{
	for (unsigned int at = 0; at < LINE_MAX; at += job->rules->line_bytes[view]) {
		struct line_ref ref = line_find(job, view, at);

		if (shut && ref.line->byte && !ref.line->dirty)
			line_ghosts_keep(job, &ref);
		ref.line->since = line_memory_newest(job->g)->version;
		ref.line->stale = !line_stamps_equal(&ref, ref.line->stamp, job->g->stamp);
	}
}

void line_shut(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool, unsigned int mask, bool shut,
	       uint64_t now)
{
	struct line_job job = { g, rules, pool, now };

	mask &= (shut ? ~g->shut : g->shut) & ((1u << rules->views) - 1);
	if (!mask)
		return;
	line_settle_mask(&job, line_pending_mask(&job, 0, LINE_MAX));
	for (unsigned int view = 0; view < rules->views; view++)
		if (mask >> view & 1u)
			line_shut_view(&job, view, shut);
	g->shut ^= mask;
}

/* ---- Questions --------------------------------------------------------------------------------------- */

bool line_settles(const struct line_granule *g, const struct line_rules *rules, int except)
{
	for (unsigned int view = 0; view < rules->views; view++)
		for (unsigned int index = 0; (int)view != except && index < LINE_MAX / rules->line_bytes[view]; index++)
			if (g->line[view][index].pendings)
				return true;
	return false;
}

/* ---- Fairness, beginning -------------------------------------------------------------------------- */

static bool line_settle_pendings(struct line_job *job)
{
	unsigned int mask = line_pending_mask(job, 0, LINE_MAX);
	bool written = false;

	for (unsigned int number = 0; number < LINE_NUMBERS; number++) {
		struct line_ref ref;

		if (!(mask & 1u << number))
			continue;
		ref = line_find_numbered(job, number);
		line_pendings_prune(job, &ref);
		if (!ref.line->dirty)
			continue;
		line_write_back(job, &ref, 0, TRACE_WRITEBACK_EVICT);
		written = true;
	}
	return written;
}

bool line_settle(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool, uint64_t now)
{
	struct line_job job = { g, rules, pool, now };
	bool changed = line_settle_pendings(&job);

	for (unsigned int view = 0; view < rules->views; view++)
		for (unsigned int at = 0; at < LINE_MAX; at += rules->line_bytes[view]) {
			struct line_ref ref = line_find(&job, view, at);

			changed |= ref.line->present && !line_stamps_equal(&ref, ref.line->stamp, g->stamp);
			line_ghosts_drop(&job, ref.line);
			ref.line->present = false;
			ref.line->since = line_memory_newest(g)->version;
		}
	return changed;
}

void line_init(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool,
	       uint8_t *memory, uint8_t *const view_byte[])
{
	struct line_snap *snap;

	assert(rules->views <= LINE_VIEWS && rules->cap >= 1 && rules->cap <= LINE_SNAPS);
	snap = line_snap_take(pool);
	g->memory = memory;
	line_content_copy(&snap->content, memory, g->stamp, 0, LINE_MAX);
	snap->when = 0;
	snap->version = 0;
	g->state[g->states++] = snap;
	for (unsigned int view = 0; view < rules->views; view++)
		for (unsigned int at = 0; at < LINE_MAX; at += rules->line_bytes[view]) {
			struct line_state *line = &g->line[view][line_index(rules, view, at)];

			line->byte = view_byte[view];
			line->fill_why = TRACE_FILL_RESET;
		}
}
