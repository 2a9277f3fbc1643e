/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory without power: its bytes are as they come up. What caches hold of it is not its business. */
#include "models/memory_internal.h"

static void memory_forget_granule(struct memory *m, struct memory_granule *g, unsigned int agent)
{
	if (g->region->tracked) {
		memory_settle_buffers(m, g, NULL);
		m->current = g;
		memory_watch(m, g);
		line_touch_uncached(&g->line, &m->rules, &m->pool, 0, LINE_MAX, m->engine->now);
	}
	memory_fill(m->bytes + g->region->offset + g->offset, g->region->platform->start + g->offset, LINE_MAX);
	if (g->region->tracked)
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
