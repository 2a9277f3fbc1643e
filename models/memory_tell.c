/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is told of an agent's own accesses: loads with their bytes in control memory, and in data memory the first touch of a line,
 * then, at the next sync event, a mask of what was loaded and stored since; and faults.
 */
#include <string.h>

#include "models/facts.h"
#include "models/memory_internal.h"

void memory_sync(struct memory *m, struct agent *agent)
{
	struct memory_agent *a = &m->agent[agent->id];

	for (uint32_t i = 0; i < a->touches; i++) {
		struct hook_touch *t = &agent->hook.touch[a->touched[i]];
		uintptr_t va = agent->hook.base + agent->hook.private_size +
			       ((uintptr_t)a->touched[i] << agent->hook.line_shift);
		const struct memory_window *w = memory_window(a, va);

		ENGINE_EMIT(m->engine, mask, .agent = (uint8_t)agent->id, .line = w->region->platform->start + (va - w->va),
			    .loads = t->loads, .stores = t->stores, .load_first = t->load_first,
			    /* the fast path notes return addresses, and those lie above every offset */
			    .load_last = t->load_last < MEMORY_VA_BASE ? t->load_last : agent_pc(agent, t->load_last),
			    .store_first = t->store_first, .store_last = t->store_last);
		memset(t, 0, sizeof(*t));
		agent->hook.line_flags[a->touched[i]] = 0;
	}
	a->touches = 0;
}

void memory_recheck(struct memory *m, struct agent *agent)
{
	struct memory_agent *a = &m->agent[agent->id];

	for (uint32_t i = 0; i < a->touches; i++)
		agent->hook.line_flags[a->touched[i]] = 0;
}

bool memory_fault(struct memory *m, struct memory_agent *a, const struct memory_part *part, uintptr_t va, size_t size,
			 bool store, uint64_t pc, enum trace_fault cause)
{
	/* Inside a window the physical address; elsewhere the offset into what the agent addresses means most. */
	uint64_t address = part ? memory_address(part) : va - a->agent->hook.base < MEMORY_VA_STEP ? va - a->agent->hook.base : va;

	memory_sync(m, a->agent);
	if (part)
		memory_report_fault(m, a, part->tag, part->size, store, cause);
	ENGINE_EMIT(m->engine, fault, .agent = (uint8_t)a->agent->id,
		    .access = store ? TRACE_ACCESS_STORE : TRACE_ACCESS_LOAD, .cause = (uint8_t)cause, .addr = address,
		    .size = (uint32_t)size, .pc = pc);
	return false;
}

static struct hook_touch *tell_touch(struct memory *m, struct memory_part *p, bool store)
{
	size_t line = memory_flag_index(p->a, p->va);
	struct hook_touch *t = &p->a->agent->hook.touch[line];

	if (!t->loads && !t->stores) {
		p->a->touched[p->a->touches++] = (uint32_t)line;
		ENGINE_EMIT(m->engine, touch, .agent = (uint8_t)p->a->agent->id,
			    .access = store ? TRACE_ACCESS_STORE : TRACE_ACCESS_LOAD,
			    .line = memory_address(p) & ~(uint64_t)(p->a->cpu->line_bytes - 1), .pc = p->pc);
	}
	return t;
}

static uint64_t tell_mask(const struct memory_part *p)
{
	size_t at = p->va & (p->a->cpu->line_bytes - 1);

	return (p->size >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << p->size) - 1) << at;
}

static void tell_note_load(struct memory *m, struct memory_part *p)
{
	struct hook_touch *t = tell_touch(m, p, false);

	if (!t->loads)
		t->load_first = p->pc;
	t->loads |= tell_mask(p);
	t->load_last = p->pc;
}

void memory_tell_load(struct memory *m, struct memory_part *p, struct memory_granule *g)
{
	if (g)
		facts_check_load(m, g, p, memory_in_granule(p));
	if (memory_is_data(p)) {
		tell_note_load(m, p);
		return;
	}
	ENGINE_EMIT(m->engine, load, .agent = (uint8_t)p->a->agent->id, .addr = memory_address(p), .pc = p->pc,
		    .bytes = { (uint16_t)p->size, (const uint8_t *)p->va });
}

void memory_note_store(struct memory *m, struct memory_part *p)
{
	struct hook_touch *t = tell_touch(m, p, true);

	if (!t->stores)
		t->store_first = p->pc;
	t->stores |= tell_mask(p);
	t->store_last = p->pc;
}

void memory_note_dirty(struct memory *m, struct memory_part *p, struct memory_granule *g)
{
	struct memory_line *line = memory_line(m, g, memory_view(m, g, p->a, p->tag), memory_in_granule(p));

	line->dirtied_by = (uint8_t)p->a->agent->id;
	if (line->unclean)
		return;
	line->unclean = true;
	ENGINE_EMIT(m->engine, unclean, .agent = (uint8_t)p->a->agent->id,
		    .line = memory_address(p) & ~(uint64_t)(p->a->cpu->line_bytes - 1), .pc = p->pc);
}
