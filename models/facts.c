/* SPDX-License-Identifier: BSD-3-Clause */
/* Facts about memory, with causes; see facts.h. */
#include "models/facts.h"
#include "models/memory_internal.h"

#define FS_PER_PS 1000

/* In whose name a cluster's cache acts. */
static uint8_t facts_lead(const struct memory *m, unsigned int view)
{
	return (uint8_t)memory_cluster_of(m, view)->lead;
}

static uint64_t facts_address(const struct memory_granule *g, unsigned int at)
{
	return g->region->platform->start + g->offset + at;
}

static const struct memory_store *facts_store(const struct memory *m, uint32_t stamp)
{
	return &m->store[stamp];
}

unsigned int facts_choose(void *ctx, const char *site, unsigned int n)
{
	struct memory *m = ctx;

	return m->fair ? 0 : engine_choose(m->engine, site, n);
}

void facts_capped(void *ctx)
{
	struct memory *m = ctx;

	m->caps++;
}

void facts_filled(void *ctx, unsigned int view, unsigned int at, int why, uint64_t not_before,
		  const struct line_content *c, bool news)
{
	struct memory *m = ctx;

	/* A poll that invalidates and is served the same again has seen nothing new. */
	if (news)
		engine_world_changed(m->engine);
	ENGINE_EMIT(m->engine, fill, .agent = facts_lead(m, view), .line = facts_address(m->current, at), .why = (uint8_t)why,
		    .not_before = not_before / FS_PER_PS,
		    .bytes = { (uint16_t)m->rules.line_bytes[view], c->byte + at });
}

static bool facts_in_cluster(const struct memory *m, unsigned int agent, unsigned int view)
{
	return agent < m->platform->cpus && m->agent[agent].cluster == memory_cluster_of(m, view)->first_view;
}

/* The newest store by an agent of cluster `view` among the stamps of [at, at + size); 0: none. */
static uint32_t facts_newest_by(const struct memory *m, const uint32_t *stamp, unsigned int at, unsigned int size,
				unsigned int view)
{
	uint32_t newest = 0;

	for (unsigned int i = at; i < at + size; i++)
		if (stamp[i] > newest && facts_in_cluster(m, facts_store(m, stamp[i])->agent, view))
			newest = stamp[i];
	return newest;
}

/* Did somebody store `newer` after `older`? */
static bool facts_is_newer(const struct memory *m, uint32_t newer, uint32_t older)
{
	return newer > older && facts_store(m, newer)->agent != MEMORY_NOBODY;
}

/* The first run of bytes in [*at, end) where stamps of `newer` exceed those of `older`; its size, 0 when none. */
static unsigned int facts_newer_run(const struct memory *m, const uint32_t *newer, const uint32_t *older, unsigned int *at,
				    unsigned int end)
{
	unsigned int size = 0;

	while (*at < end && !facts_is_newer(m, newer[*at], older[*at]))
		++*at;
	while (*at + size < end && facts_is_newer(m, newer[*at + size], older[*at + size]))
		size++;
	return size;
}

static const struct line_state *facts_line(const struct memory *m, unsigned int view, unsigned int at)
{
	return &m->current->line.line[view][at / m->rules.line_bytes[view]];
}

static void facts_clobber(struct memory *m, unsigned int view, unsigned int at, int why, uint64_t not_before,
			  const struct line_content *old, const struct line_content *c)
{
	unsigned int end = at + m->rules.line_bytes[view], first = at;
	unsigned int size = facts_newer_run(m, old->stamp, c->stamp, &first, end);

	if (!size)
		return;
	const struct memory_store *victim = facts_store(m, old->stamp[first]);
	uint32_t own = facts_newest_by(m, c->stamp, at, end - at, view);

	ENGINE_EMIT(m->engine, clobber, .agent = own ? facts_store(m, own)->agent : facts_lead(m, view),
		    .addr = facts_address(m->current, first), .size = (uint16_t)size, .pc = own ? facts_store(m, own)->pc : 0,
		    .victim = victim->agent, .victim_pc = victim->pc,
		    .filled = facts_line(m, view, at)->fill_when / FS_PER_PS, .why = (uint8_t)why,
		    .remedy = TRACE_REMEDY_OWNER_FLUSH, .not_before = not_before / FS_PER_PS);
}

static void facts_tell_lost(struct memory *m, unsigned int view, unsigned int at, unsigned int size, enum trace_loss why,
			    uint64_t maint_pc, uint64_t not_before, const struct line_content *c)
{
	const struct memory_store *s = facts_store(m, c->stamp[at]);

	ENGINE_EMIT(m->engine, lost, .agent = s->agent, .addr = facts_address(m->current, at), .size = (uint16_t)size, .pc = s->pc,
		    .maint_pc = maint_pc, .filled = facts_line(m, view, at)->fill_when / FS_PER_PS, .why = (uint8_t)why,
		    .remedy = TRACE_REMEDY_WRITER_CLEAN, .not_before = not_before / FS_PER_PS);
}

/* Written back to where nothing is: the IOMMU hears of it. */
static enum trace_loss facts_report_nowhere(struct memory *m, unsigned int view, unsigned int at)
{
	const struct memory_agent *lead = &m->agent[facts_lead(m, view)];
	uint64_t tag = m->current->stands_for[view] + at;

	memory_report_fault(m, lead, tag, m->rules.line_bytes[view], true, memory_nowhere_cause(m, lead, tag, true));
	return TRACE_LOSS_TRANSLATION;
}

/* As far as is remembered: memory may have forgotten it since. */
static bool facts_was_in_memory(const struct line_granule *g, unsigned int at, uint32_t stamp)
{
	unsigned int i = 0;

	while (i < g->states && g->state[i]->content.stamp[at] != stamp)
		i++;
	return i < g->states;
}

/* A byte that an agent of the cluster stored, and that never was in memory. */
static bool facts_is_refused(const struct memory *m, unsigned int view, unsigned int at, uint32_t stamp)
{
	return stamp && facts_in_cluster(m, facts_store(m, stamp)->agent, view) && !facts_was_in_memory(&m->current->line, at, stamp);
}

void facts_refused(void *ctx, unsigned int view, unsigned int at, uint64_t not_before, const struct line_content *c)
{
	struct memory *m = ctx;
	const struct memory_agent *lead = &m->agent[facts_lead(m, view)];
	unsigned int end = at + m->rules.line_bytes[view];
	enum trace_loss why = m->current->line.unbacked ? facts_report_nowhere(m, view, at) :
							  memory_loss_of(memory_refuses(lead, m->current->region));

	engine_world_changed(m->engine);
	for (unsigned int first = at; first < end;) {
		unsigned int size = 0;

		while (first + size < end && facts_is_refused(m, view, first + size, c->stamp[first + size]))
			size++;
		if (size)
			facts_tell_lost(m, view, first, size, why, 0, not_before, c);
		first += size + 1;
	}
}

void facts_written(void *ctx, unsigned int view, unsigned int at, int why, uint64_t not_before,
		   const struct line_content *old, const struct line_content *c)
{
	struct memory *m = ctx;

	engine_world_changed(m->engine);
	ENGINE_EMIT(m->engine, writeback, .agent = facts_lead(m, view), .line = facts_address(m->current, at),
		    .why = (uint8_t)why, .not_before = not_before / FS_PER_PS,
		    .bytes = { (uint16_t)m->rules.line_bytes[view], c->byte + at });
	facts_clobber(m, view, at, why, not_before, old, c);
}

void facts_lost(void *ctx, unsigned int view, unsigned int at, uint64_t not_before, const struct line_content *memory,
		const struct line_content *c)
{
	struct memory *m = ctx;
	unsigned int end = at + m->rules.line_bytes[view], first = at;
	unsigned int size = facts_newer_run(m, c->stamp, memory->stamp, &first, end);

	const struct memory_line *line = memory_line(m, m->current, view, at);

	if (size)
		facts_tell_lost(m, view, first, size, line->power_lost ? TRACE_LOSS_POWER : TRACE_LOSS_INVALIDATE,
				line->power_lost ? 0 : line->maint_pc, not_before, c);
}

void facts_lost_in_buffer(struct memory *m, const struct memory_agent *a, const struct store_entry *e, enum trace_loss why)
{
	if (store_buffer_is_write(e))
		ENGINE_EMIT(m->engine, lost, .agent = (uint8_t)a->agent->id, .addr = e->address, .size = (uint16_t)e->size,
			    .pc = e->pc, .why = (uint8_t)why, .remedy = TRACE_REMEDY_WRITER_BARRIER);
}

/* ---- Stale reads ---------------------------------------------------------------------------------------- */

/* Is the store, or the maintenance that would bring it to memory, waiting in its agent's store buffer? */
static bool facts_is_buffered(const struct memory *m, const struct memory_granule *g, unsigned int at, uint32_t stamp)
{
	unsigned int agent = facts_store(m, stamp)->agent;
	const struct store_buffer *b = agent < m->platform->cpus ? &m->agent[agent].buffer : NULL;

	for (unsigned int i = 0; b && i < b->count; i++)
		if (b->entry[i].stamp == stamp || (b->entry[i].kind == STORE_MAINTAIN &&
						   store_buffer_same_line(b, i, facts_address(g, at))))
			return true;
	return false;
}

static enum trace_remedy facts_remedy(const struct memory *m, const struct memory_granule *g, unsigned int at, uint32_t newest)
{
	if (g->line.stamp[at] >= newest)
		return TRACE_REMEDY_READER_INVALIDATE;
	return facts_is_buffered(m, g, at, newest) ? TRACE_REMEDY_WRITER_BARRIER : TRACE_REMEDY_WRITER_CLEAN;
}

void facts_check_load(struct memory *m, struct memory_granule *g, const struct memory_part *p, unsigned int at)
{
	bool cached = p->w->platform->cached;
	unsigned int id = p->a->agent->id, index = cached ? at / p->a->cpu->line_bytes : 0;
	const struct line_state *line = cached ? &g->line.line[memory_view(m, g, p->a, p->tag)][index] : NULL;
	const uint32_t *seen = cached ? line->stamp : g->line.stamp;
	unsigned int first = at, end = at + (unsigned int)p->size;
	unsigned int run = facts_newer_run(m, g->line.truth, seen, &first, end);
	uint32_t newest = g->line.truth[first < LINE_MAX ? first : LINE_MAX - 1];

	if (!run || facts_store(m, newest)->agent == id || g->stale_told[id][index] == newest)
		return;
	g->stale_told[id][index] = newest;
	ENGINE_EMIT(m->engine, stale, .agent = (uint8_t)id, .addr = facts_address(g, first), .size = (uint16_t)run, .pc = p->pc,
		    .writer = facts_store(m, newest)->agent, .writer_pc = facts_store(m, newest)->pc,
		    .filled = (line ? line->fill_when : m->engine->now) / FS_PER_PS,
		    .why = line ? line->fill_why : (uint8_t)TRACE_FILL_DEMAND,
		    .remedy = (uint8_t)facts_remedy(m, g, first, newest));
}

/* ---- What never arrived --------------------------------------------------------------------------------- */

static bool facts_can_load(const struct memory *m, unsigned int id, const struct memory_region *region)
{
	const struct memory_agent *a = &m->agent[id];

	for (unsigned int i = 0; i < a->windows; i++)
		if (a->window[i].region == region)
			return true;
	return false;
}

/* What `id` would read now: its copy, or memory. */
static const uint32_t *facts_seen_by(const struct memory_granule *g, const struct memory *m, unsigned int id, unsigned int at)
{
	const struct line_state *line = &g->line.line[m->agent[id].cluster][at / m->agent[id].cpu->line_bytes];

	return (g->region->views & 1u << m->agent[id].cluster) && line->present ? line->stamp : g->line.stamp;
}

void facts_tell_unseen(struct memory *m, struct memory_granule *g)
{
	for (unsigned int id = 0; id < m->platform->cpus; id++) {
		unsigned int step = m->agent[id].cpu->line_bytes;

		for (unsigned int at = 0; facts_can_load(m, id, g->region) && at < LINE_MAX; at += step) {
			unsigned int first = at;
			unsigned int size = facts_newer_run(m, g->line.truth, facts_seen_by(g, m, id, at), &first, at + step);
			const struct memory_store *s = size ? facts_store(m, g->line.truth[first]) : NULL;

			if (s && s->agent != id)
				ENGINE_EMIT(m->engine, unseen, .agent = (uint8_t)id, .addr = facts_address(g, first),
					    .size = (uint16_t)size, .writer = s->agent, .writer_pc = s->pc);
		}
	}
}
