/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Store buffers at work: when entries leave, and with what effect. Asked late, as everything else: an entry that concerns a
 * granule is asked for when somebody touches that, one that nobody touches stays until a barrier or want of room forces it.
 * Option 0 is that it has left, in the order of arrival.
 */
#include <string.h>

#include "models/facts.h"
#include "models/memory_internal.h"

#define DRAIN_MAX (PLATFORM_CPUS_MAX * STORE_BUFFER_MAX)

/* An entry that may leave next: the agent, and the entry's order, which stays when others leave. */
struct drain_candidate {
	struct memory_agent *a;
	uint64_t order;
};

/* What somebody waits for: the accesses of a part, an address's line, or one entry. */
struct drain_reason {
	uint64_t address;
	size_t size;
	unsigned int peripheral;
	uint64_t order;
};

/* Which entries must leave. */
typedef bool (*drain_wanted)(const struct store_buffer *b, unsigned int i, const struct drain_reason *reason);

static struct memory_granule *drain_granule(struct memory *m, const struct memory_agent *a, const struct store_entry *e)
{
	return e->kind == STORE_RING ? NULL : memory_granule_of(m, a, e->address);
}

/* ---- Effects --------------------------------------------------------------------------------------------- */

/* The bytes get a stamp of their own: "newer" is by arrival in memory. */
static void drain_store(struct memory *m, struct memory_agent *a, struct memory_granule *g, const struct store_entry *e)
{
	unsigned int at = (unsigned int)(e->address & (LINE_MAX - 1));
	unsigned int view = memory_view(m, g, a, e->address);
	bool through = e->kind == STORE_THROUGH && g->line.line[view][0].byte;
	uint8_t *bytes = m->bytes + g->region->offset + g->offset;
	uint32_t stamp;

	if (through)
		line_touch_through(&g->line, &m->rules, &m->pool, view, at, m->engine->now);
	line_touch_uncached(&g->line, &m->rules, &m->pool, at, e->size, m->engine->now);
	memcpy(bytes + at, e->byte, e->size);
	stamp = memory_stamp(m, a->agent->id, e->pc);
	if (through)
		line_stored_through(&g->line, &m->rules, &m->pool, view, at, e->size, stamp, m->engine->now);
	else
		line_stored_uncached(&g->line, &m->rules, &m->pool, at, e->size, stamp, m->engine->now);
	if (a->buffer.size) {
		engine_world_changed(m->engine);
		ENGINE_EMIT(m->engine, writeback, .agent = (uint8_t)a->agent->id, .line = e->address,
			    .why = TRACE_WRITEBACK_UNCACHED, .not_before = m->engine->now / 1000,
			    .bytes = { (uint16_t)e->size, e->byte });
	}
}

static void drain_maintain(struct memory *m, struct memory_agent *a, struct memory_granule *g, const struct store_entry *e)
{
	unsigned int at = (unsigned int)(e->address & (LINE_MAX - 1)), view = memory_view(m, g, a, e->address);
	struct memory_line *line = memory_line(m, g, view, at);
	const struct line_state *state = &g->line.line[view][at / a->cpu->line_bytes];

	if (e->own && (!state->dirty || line->dirtied_by != a->agent->id))
		return;
	line->maint_pc = e->pc;
	line->power_lost = false;
	line->unclean &= !e->own;
	int found = line_maintain(&g->line, &m->rules, &m->pool, view, at, e->op, m->engine->now);

	ENGINE_EMIT(m->engine, maint_line, .agent = (uint8_t)a->agent->id, .op = e->op,
		    .line = e->address & ~(uint64_t)(a->cpu->line_bytes - 1), .found = (uint8_t)found);
}

static void drain_effect(struct memory *m, struct memory_agent *a, const struct store_entry *e)
{
	struct memory_granule *g = drain_granule(m, a, e);

	if (e->kind == STORE_RING) {
		m->ring(m->ring_ctx, a->agent, e->channel, e->token);
		return;
	}
	memory_settle_buffers(m, g, a);
	m->current = g;
	memory_watch(m, g);
	if (e->kind == STORE_MAINTAIN)
		drain_maintain(m, a, g, e);
	else if (g->line.unbacked) {
		memory_report_fault(m, a, e->address, e->size, true, TRACE_FAULT_IOMMU_TRANSLATION);
		facts_lost_in_buffer(m, a, e, TRACE_LOSS_TRANSLATION);
	} else if (memory_refuses(a, g->region) != MEMORY_OPEN)
		facts_lost_in_buffer(m, a, e, memory_loss_of(memory_refuses(a, g->region)));
	else
		drain_store(m, a, g, e);
}

/* ---- Leaving --------------------------------------------------------------------------------------------- */

static bool drain_concerns(struct memory *m, const struct memory_agent *a, const struct store_entry *e, const struct memory_granule *g)
{
	return !e->leaving && drain_granule(m, a, e) == g;
}

/* Bit i: entry i must leave, be it for the sake of one that waits for it. */
static uint32_t drain_find_wanted(const struct store_buffer *b, drain_wanted wanted, const struct drain_reason *reason)
{
	uint32_t found = 0;

	for (unsigned int i = b->count; i--;) {
		bool leaves = wanted(b, i, reason);

		for (unsigned int younger = i + 1; !leaves && younger < b->count; younger++)
			leaves = (found >> younger & 1) && store_buffer_blocks(b, i, younger);
		if (leaves && !b->entry[i].leaving)
			found |= UINT32_C(1) << i;
	}
	return found;
}

static void drain_leave(struct memory *m, struct memory_agent *a, uint64_t order)
{
	struct store_buffer *b = &a->buffer;
	int i = store_buffer_find(b, order);
	const struct store_entry entry = b->entry[i];

	b->entry[i].leaving = true;
	drain_effect(m, a, &entry);
	store_buffer_remove(b, (unsigned int)store_buffer_find(b, order));
	m->buffered--;
}

/* Those that must leave, may leave now, and of which none older is for the granule of the oldest of them. */
static unsigned int drain_next(struct memory *m, struct memory_agent *a, drain_wanted wanted,
			       const struct drain_reason *reason, struct drain_candidate candidate[])
{
	const uint32_t leaves = drain_find_wanted(&a->buffer, wanted, reason);
	const struct memory_granule *first = NULL;
	unsigned int n = 0;

	for (unsigned int i = 0; i < a->buffer.count; i++) {
		const struct store_entry *e = &a->buffer.entry[i];

		if (!(leaves >> i & 1) || store_buffer_blocker(&a->buffer, i) >= 0)
			continue;
		if (!n)
			first = drain_granule(m, a, e);
		if (!n || (first && drain_granule(m, a, e) == first))
			candidate[n++] = (struct drain_candidate){ a, e->order };
	}
	return n;
}

/* May others do something to the granule that the entry is for, at any moment? */
static bool drain_is_watched(struct memory *m, struct memory_agent *a, uint64_t order)
{
	const struct memory_granule *g = drain_granule(m, a, &a->buffer.entry[store_buffer_find(&a->buffer, order)]);

	return line_settles(&g->line, &m->rules, -1) || m->buffered > a->buffer.count;
}

/* The order of two entries for one granule can be told only by what others do to that granule meanwhile. */
static void drain_wait(struct memory *m, struct memory_agent *a, drain_wanted wanted, const struct drain_reason *reason)
{
	struct drain_candidate candidate[STORE_BUFFER_MAX];
	unsigned int n;

	while ((n = drain_next(m, a, wanted, reason, candidate))) {
		bool told_apart = n > 1 && drain_is_watched(m, a, candidate[0].order);

		drain_leave(m, a, candidate[told_apart ? facts_choose(m, MEMORY_SITE_DRAIN, n) : 0].order);
	}
}

static bool drain_wants_all(const struct store_buffer *b, unsigned int i, const struct drain_reason *reason)
{
	(void)b, (void)i, (void)reason;
	return true;
}

/* Of cacheable accesses. */
static bool drain_wants_line(const struct store_buffer *b, unsigned int i, const struct drain_reason *reason)
{
	return store_buffer_before_barrier(b, i) || store_buffer_same_line(b, i, reason->address);
}

/* Of loads that are forwarded what the buffer's stores hold. */
static bool drain_wants_maintenance(const struct store_buffer *b, unsigned int i, const struct drain_reason *reason)
{
	return store_buffer_before_barrier(b, i) ||
	       (b->entry[i].kind == STORE_MAINTAIN && store_buffer_same_line(b, i, reason->address));
}

/* Of loads of device memory: each reaches the peripheral, behind what went there before, and is forwarded nothing. */
static bool drain_wants_peripheral(const struct store_buffer *b, unsigned int i, const struct drain_reason *reason)
{
	return drain_wants_maintenance(b, i, reason) || store_buffer_of_peripheral(b, i, reason->peripheral) ||
	       store_buffer_overlaps(b, i, reason->address, reason->size);
}

static bool drain_wants_barrier(const struct store_buffer *b, unsigned int i, const struct drain_reason *reason)
{
	(void)reason;
	return store_buffer_before_barrier(b, i);
}

static bool drain_wants_rings(const struct store_buffer *b, unsigned int i, const struct drain_reason *reason)
{
	(void)reason;
	return store_buffer_before_barrier(b, i) || b->entry[i].kind == STORE_RING;
}

static bool drain_wants_order(const struct store_buffer *b, unsigned int i, const struct drain_reason *reason)
{
	return b->entry[i].order == reason->order;
}

void memory_drain_all(struct memory *m, struct memory_agent *a)
{
	drain_wait(m, a, drain_wants_all, NULL);
}

void memory_order(struct memory *m, const struct memory_part *p)
{
	const struct platform_window *w = p->w->platform;
	const struct drain_reason reason = { .address = p->tag, .size = p->size,
					     .peripheral = w->device ? memory_peripheral(m, p) : 0 };

	if (p->a->buffer.count)
		drain_wait(m, p->a, w->cached ? drain_wants_line : w->device ? drain_wants_peripheral : drain_wants_maintenance,
			   &reason);
}

void memory_order_device(struct memory *m, struct agent *agent, bool rings)
{
	memory_end_gathering(&m->agent[agent->id]);
	drain_wait(m, &m->agent[agent->id], rings ? drain_wants_rings : drain_wants_barrier, NULL);
}

void memory_barrier(struct memory *m, struct agent *agent, enum trace_barrier kind)
{
	struct memory_agent *a = &m->agent[agent->id];

	memory_end_gathering(a);
	/* What another core of the program then sees in their private memory, which is not modelled, is behind the barrier. */
	if (kind == TRACE_BARRIER_DSB || a->cpu->cores > 1)
		memory_drain_all(m, a);
	else
		store_buffer_barrier(&a->buffer);
}

/* ---- Asking ---------------------------------------------------------------------------------------------- */

/* Entries of `a` that may leave; with `g`, those that concern it and wait for none that does. */
static unsigned int drain_candidates(struct memory *m, struct memory_agent *a, const struct memory_granule *g,
				     struct drain_candidate candidate[], unsigned int n)
{
	struct store_buffer *b = &a->buffer;

	for (unsigned int i = 0; i < b->count; i++) {
		bool waits = false;

		if (g ? !drain_concerns(m, a, &b->entry[i], g) : b->entry[i].leaving)
			continue;
		for (unsigned int older = 0; older < i && !waits; older++)
			waits = store_buffer_blocks(b, older, i) &&
				(!g || b->entry[older].leaving || drain_concerns(m, a, &b->entry[older], g));
		if (!waits)
			candidate[n++] = (struct drain_candidate){ a, b->entry[i].order };
	}
	return n;
}

/* By arrival, so that the first is what leaves when nothing is unusual. */
static void drain_sort(struct drain_candidate candidate[], unsigned int n)
{
	for (unsigned int i = 1; i < n; i++)
		for (unsigned int k = i; k && candidate[k].order < candidate[k - 1].order; k--) {
			struct drain_candidate later = candidate[k - 1];

			candidate[k - 1] = candidate[k];
			candidate[k] = later;
		}
}

/* One's own entries matter to oneself only if somebody else is at work on the granule. */
static unsigned int drain_touched(struct memory *m, struct memory_granule *g, const struct memory_agent *by,
				  struct drain_candidate candidate[])
{
	bool own = line_settles(&g->line, &m->rules, -1);
	unsigned int n = 0;

	for (unsigned int id = 0; id < m->platform->cpus; id++)
		if (&m->agent[id] != by)
			n = drain_candidates(m, &m->agent[id], g, candidate, n);
	if (by && (own || n))
		n = drain_candidates(m, &m->agent[by->agent->id], g, candidate, n);
	drain_sort(candidate, n);
	return n;
}

/* What it must wait for leaves first. */
static void drain_one(struct memory *m, const struct drain_candidate *candidate)
{
	drain_wait(m, candidate->a, drain_wants_order, &(struct drain_reason){ .order = candidate->order });
}

void memory_settle_buffers(struct memory *m, struct memory_granule *g, const struct memory_agent *by)
{
	struct drain_candidate candidate[DRAIN_MAX];
	unsigned int n, option;

	while (m->buffered && (n = drain_touched(m, g, by, candidate))) {
		option = facts_choose(m, MEMORY_SITE_DRAIN, n + 1);
		if (option == n)
			return;
		drain_one(m, &candidate[option]);
	}
}

bool memory_is_buffered(struct memory *m, const struct memory_granule *g)
{
	for (unsigned int id = 0; m->buffered && id < m->platform->cpus; id++)
		for (unsigned int i = 0; i < m->agent[id].buffer.count; i++)
			if (drain_granule(m, &m->agent[id], &m->agent[id].buffer.entry[i]) == g)
				return true;
	return false;
}

/* ---- Entering -------------------------------------------------------------------------------------------- */

/* Any that may leave makes room. */
static void drain_make_room(struct memory *m, struct memory_agent *a)
{
	struct drain_candidate candidate[DRAIN_MAX];

	while (a->buffer.count == a->buffer.size) {
		unsigned int n = drain_candidates(m, a, NULL, candidate, 0);

		drain_one(m, &candidate[n > 1 ? facts_choose(m, MEMORY_SITE_DRAIN, n) : 0]);
	}
}

void memory_post(struct memory *m, struct memory_agent *a, const struct store_entry *entry)
{
	struct memory_granule *g = drain_granule(m, a, entry);

	if (!a->buffer.size) {
		drain_effect(m, a, entry);
		return;
	}
	drain_make_room(m, a);
	store_buffer_put(&a->buffer, entry, m->posted++);
	m->buffered++;
	if (g)
		memory_watch(m, g);
}

/* ---- Rings, which nobody touches: a timer makes them leave -------------------------------------------------- */

static void memory_ring_due(void *ctx, uint64_t order)
{
	struct memory *m = ctx;

	for (unsigned int id = 0; id < m->platform->cpus; id++)
		if (store_buffer_find(&m->agent[id].buffer, order) >= 0)
			drain_one(m, &(struct drain_candidate){ &m->agent[id], order });
}

void memory_on_ring(struct memory *m, memory_ring ring, void *ctx)
{
	m->ring = ring;
	m->ring_ctx = ctx;
}

void memory_ring_doorbell(struct memory *m, struct agent *agent, unsigned int channel, uint64_t token)
{
	struct memory_agent *a = &m->agent[agent->id];

	memory_end_gathering(a);
	memory_post(m, a, &(struct store_entry){ .kind = STORE_RING, .channel = channel, .token = token });
	if (a->buffer.size && !engine_at(m->engine, agent->hook.clock, memory_ring_due, m, m->posted - 1))
		memory_drain_all(m, a);
}

/* ---- Loss of power ------------------------------------------------------------------------------------------ */

/* Whatever subset may have left by now, in whatever order; the rest is lost. */
void memory_lose_buffer(struct memory *m, struct memory_agent *a)
{
	struct drain_candidate candidate[DRAIN_MAX];
	unsigned int n, option;

	while ((n = drain_candidates(m, a, NULL, candidate, 0))) {
		option = facts_choose(m, MEMORY_SITE_DRAIN, n + 1);
		if (option == n)
			break;
		drain_one(m, &candidate[option]);
	}
	for (unsigned int i = 0; i < a->buffer.count; i++)
		facts_lost_in_buffer(m, a, &a->buffer.entry[i], TRACE_LOSS_BUFFER);
	m->buffered -= a->buffer.count;
	store_buffer_reset(&a->buffer);
}

