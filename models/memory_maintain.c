/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Maintenance as it is asked for: by range, by set and way, of everything; and what a loss of power does to a cluster. It stands in
 * the store buffer of an agent that has one, until a barrier completes it (memory_drain.c); what one line then does is line.h's.
 */
#include "models/memory_internal.h"

/* The cores' own ways: part-lines cleaned first, dirty lines cleaned first. */
static enum trace_maint maintain_policy(const struct memory_agent *a, enum trace_maint op, size_t size)
{
	bool part = size < a->cpu->line_bytes;

	if (op == TRACE_MAINT_INVALIDATE && (a->cpu->clean_dirty_lines || (part && a->cpu->clean_part_lines)))
		return TRACE_MAINT_FLUSH;
	return op;
}

static void maintain_post(struct memory *m, struct memory_agent *a, uint64_t address, enum trace_maint op, bool own, uint64_t pc)
{
	struct memory_granule *g = memory_granule_of(m, a, address);

	if (!own)
		memory_line(m, g, memory_view(m, g, a, address), (unsigned int)(address & (LINE_MAX - 1)))->unclean = false;
	memory_charge_line(m, a, op, address);
	memory_post(m, a, &(struct store_entry){ .kind = STORE_MAINTAIN, .address = address, .op = (uint8_t)op, .own = own, .pc = pc });
}

/* By an uncached window, too, of memory that the cluster caches through another. */
static bool maintain_is_cached(const struct memory_agent *a, const struct memory_part *p)
{
	return p->w->region->views & 1u << a->cluster;
}

/* As asked, it is told of every range of memory that follows in the range of addresses. */
static bool maintain_stretch(struct memory *m, struct memory_agent *a, enum trace_maint op, uintptr_t va, size_t size,
			     uint64_t pc)
{
	struct memory_part part;
	enum trace_fault cause;

	if (!memory_cut(a, va, size, pc, &part))
		return memory_fault(m, a, NULL, va, size, false, pc, TRACE_FAULT_NOTHING_THERE);
	if (part.gone)
		return memory_fault(m, a, &part, va, size, false, pc, TRACE_FAULT_HEAP_UNMAPPED);
	ENGINE_EMIT(m->engine, maint, .agent = (uint8_t)a->agent->id, .op = (uint8_t)op, .start = memory_address(&part),
		    .size = size, .pc = pc);
	for (size_t done = 0; done < size; done += part.size) {
		if (!memory_cut(a, va + done, size - done, pc, &part))
			return memory_fault(m, a, NULL, va, size, false, pc, TRACE_FAULT_NOTHING_THERE);
		if (!memory_resolve(m, &part, false, &cause))
			return memory_fault(m, a, &part, va, size, false, pc, cause);
		if (maintain_is_cached(a, &part))
			maintain_post(m, a, part.tag, maintain_policy(a, op, part.size), false, pc);
	}
	return true;
}

bool memory_maintain(struct memory *m, struct agent *agent, enum trace_maint op, uintptr_t va, size_t size, uint64_t pc)
{
	struct memory_agent *a = &m->agent[agent->id];

	if (va - agent->hook.base < agent->hook.private_size)
		return true; /* nobody else can tell */
	memory_sync(m, agent);
	if (size > agent->hook.shared_size)
		return memory_fault(m, a, NULL, va, size, false, pc, TRACE_FAULT_NOTHING_THERE);
	for (size_t done = 0, stretch; done < size; done += stretch) {
		stretch = memory_stretch(a, va + done, size - done);
		if (!maintain_stretch(m, a, op, va + done, stretch, pc))
			return false;
	}
	return true;
}

void memory_maintain_set_way(struct memory *m, struct agent *agent, enum trace_maint op, bool own, uint64_t address, uint64_t pc)
{
	struct memory_agent *a = &m->agent[agent->id];

	memory_sync(m, agent);
	maintain_post(m, a, address, maintain_policy(a, op, a->cpu->line_bytes), own, pc);
}

/* Calls `each` for every line of the cluster of `a` in a granule that was used in this run, in the order of addresses. */
static void maintain_each(struct memory *m, struct memory_agent *a,
			  void (*each)(struct memory *m, struct memory_agent *a, uint64_t address, const void *arg), const void *arg)
{
	for (unsigned int i = 0; i < m->platform->regions; i++) {
		const struct memory_region *r = &m->region[i];

		for (size_t n = 0; r->views & 1u << a->cluster && n < r->platform->size / LINE_MAX; n++)
			for (unsigned int at = 0; (r->granule[n] || m->cluster[a->cluster].home) && at < LINE_MAX; at += a->cpu->line_bytes)
				each(m, a, r->platform->start + n * LINE_MAX + at, arg);
	}
}

struct maintain_all {
	enum trace_maint op;
	bool own;
	uint64_t pc;
};

static void maintain_one_of_all(struct memory *m, struct memory_agent *a, uint64_t address, const void *arg)
{
	const struct maintain_all *all = arg;

	maintain_post(m, a, address, maintain_policy(a, all->op, a->cpu->line_bytes), all->own, all->pc);
}

/* As asked, it is told of each region that the cluster caches. */
void memory_maintain_all(struct memory *m, struct agent *agent, enum trace_maint op, bool own, uint64_t pc)
{
	struct memory_agent *a = &m->agent[agent->id];
	const struct maintain_all all = { op, own, pc };

	memory_sync(m, agent);
	for (unsigned int i = 0; i < m->platform->regions; i++)
		if (!own && m->region[i].views & 1u << a->cluster)
			ENGINE_EMIT(m->engine, maint, .agent = (uint8_t)agent->id, .op = (uint8_t)op,
				    .start = m->region[i].platform->start, .size = m->region[i].platform->size, .pc = pc);
	maintain_each(m, a, maintain_one_of_all, &all);
}

/* ---- Loss of power ------------------------------------------------------------------------------------------ */

static void maintain_drop(struct memory *m, struct memory_agent *a, uint64_t address, const void *arg)
{
	struct memory_granule *g = memory_granule_of(m, a, address);
	unsigned int at = (unsigned int)(address & (LINE_MAX - 1)), view = memory_view(m, g, a, address);
	struct memory_line *line = memory_line(m, g, view, at);

	(void)arg;
	memory_settle_buffers(m, g, NULL);
	m->current = g;
	memory_watch(m, g);
	line->power_lost = true;
	line->unclean = false;
	line_maintain(&g->line, &m->rules, &m->pool, view, at, TRACE_MAINT_INVALIDATE, m->engine->now);
}

void memory_power_loss(struct memory *m, struct agent *agent)
{
	unsigned int cluster = m->agent[agent->id].cluster;

	for (unsigned int id = 0; id < m->platform->cpus; id++)
		if (m->agent[id].cluster == cluster)
			memory_lose_buffer(m, &m->agent[id]);
	maintain_each(m, &m->agent[agent->id], maintain_drop, NULL);
	memory_forget_tags(m, &m->agent[agent->id]);
}
