/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory that refuses: a gate between a cluster's caches and a region, which a slave without power or a firewall closes. What
 * then becomes of lines is line.h's. And memory without power: its bytes are as they come up; what caches hold of it is not its
 * business. That a core hears of a refused write-back by an asynchronous abort is not modelled.
 */
#include "models/memory_internal.h"

/* ---- Refusing ---------------------------------------------------------------------------------------- */

/* What may have reached memory by now is decided first. */
static void memory_refuse_granule(struct memory *m, struct memory_granule *g, unsigned int cluster, bool shut)
{
	memory_settle_buffers(m, g, NULL);
	m->current = g;
	memory_watch(m, g);
	line_shut(&g->line, &m->rules, &m->pool, memory_views_of(m, cluster), shut, m->engine->now);
}

void memory_refuse(struct memory *m, unsigned int region, const struct agent *agent, enum trace_fault cause)
{
	unsigned int cluster = m->agent[agent->id].cluster;
	struct memory_region *r = &m->region[region];
	bool shut = cause != MEMORY_OPEN, changes = shut != (r->refuses[cluster] != MEMORY_OPEN);

	if (!r->granule)
		return;
	for (uint32_t i = 0; changes && r->tracked && i < m->granules; i++)
		if (m->granule[i].region == r)
			memory_refuse_granule(m, &m->granule[i], cluster, shut);
	r->refuses[cluster] = cause;
	engine_world_changed(m->engine);
}

/* ---- Forgetting -------------------------------------------------------------------------------------- */

static void memory_forget_granule(struct memory *m, struct memory_granule *g, unsigned int agent)
{
	memory_fill(m->bytes + g->region->offset + g->offset, g->region->platform->start + g->offset, LINE_MAX);
	if (!g->region->tracked)
		return;
	m->current = g;
	memory_watch(m, g);
	line_stored_uncached(&g->line, &m->rules, &m->pool, 0, LINE_MAX, memory_stamp(m, agent, 0), m->engine->now);
}

void memory_forget(struct memory *m, unsigned int region, const struct agent *agent)
{
	/* The others are as they came up. */
	for (uint32_t i = 0; i < m->granules; i++)
		if (m->granule[i].region == &m->region[region])
			memory_forget_granule(m, &m->granule[i], agent->id);
	engine_world_changed(m->engine);
}
