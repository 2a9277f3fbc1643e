/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What accesses to shared memory and maintenance cost: the core's own cycles (struct platform_costs) and, for what
 * the caches' tags say must go there, the time of the bus. A dirty victim's write-back is not charged, nor is what a
 * store buffer drains later: the store itself waits until the slave has taken it over, which a platform calls posted
 * by a small write latency. An IOMMU's walks are charged to accesses, not to maintenance.
 *
 * A core may gather (sbesim,gather-bytes): an uncached store to Normal memory that lies wholly in the aligned block to
 * which its last store past the cache went costs the core's own cycles alone, as long as nothing has flushed the write
 * buffer: a store elsewhere past the cache, a load past it, a barrier, a ring. Fills of the cache, maintenance and
 * time that passes do not flush it here; real buffers also give up after a while. What behaviour merging allows:
 * store_buffer.h.
 */
#include "models/memory_internal.h"

/* A line whose page has no translation any more lives in the cache alone: the bus knows nothing of it. */
static bool time_has_slave(const struct memory *m, const struct memory_part *p)
{
	return p->region != &m->nowhere;
}

/* The IOMMU may have to walk first. */
static void time_translate(struct memory *m, const struct memory_part *p)
{
	uint64_t address = p->w->region->platform->start + (p->va - p->w->va);

	if (m->translator->delay)
		p->a->agent->hook.clock += m->translator->delay(m->translate_ctx, p->a->agent, address);
}

/* Whoever asks the bus goes on when it has answered. */
static void time_wait(struct memory *m, const struct memory_part *p, uint64_t pa, unsigned int bytes, bool store)
{
	struct agent *agent = p->a->agent;

	if (!time_has_slave(m, p))
		return;
	if (p->a->cpu->translation == PLATFORM_TRANSLATED_AFTER_CACHE)
		time_translate(m, p);
	agent->hook.clock = bus_time(m->bus, agent->hook.clock, agent->id, pa, bytes, store);
}

static struct tags *time_second_level(struct memory *m, const struct memory_agent *a)
{
	return a->cpu->second_level ? &m->second_level[a->cpu->second_level - 1] : NULL;
}

static void time_charge_cached(struct memory *m, const struct memory_part *p)
{
	const struct platform_costs *c = &p->a->cpu->costs;
	uint32_t line = p->a->cpu->line_bytes;

	switch (tags_find_level(&p->a->tags, time_second_level(m, p->a), p->tag)) {
	case TAGS_L1:
		engine_charge(p->a->agent, c->l1_hit);
		break;
	case TAGS_L2:
		engine_charge(p->a->agent, c->l2_hit);
		break;
	case TAGS_MEMORY:
		engine_charge(p->a->agent, c->miss);
		time_wait(m, p, memory_address(p) & ~(uint64_t)(line - 1), line, false);
		break;
	}
}

/* What the region's gate says first: a cached access fails there only if its line is absent, which is not the tags' to say. */
static bool time_is_refused(const struct memory_part *p, bool cached, enum trace_fault *error)
{
	enum trace_fault cause = memory_refuses(p->a, p->region);

	if (cause != MEMORY_OPEN)
		*error = cause;
	return cause != MEMORY_OPEN && !cached;
}

/* Does the store join what the write buffer gathers? If not it begins a new block, or none. */
static bool time_gathers(struct memory_agent *a, const struct memory_part *p, bool store)
{
	uint64_t first = memory_address(p), last = first + p->size - 1, bytes = a->cpu->gather_bytes, open = a->gathering;

	memory_end_gathering(a);
	if (!store || !bytes || p->w->platform->device || p->w->platform->through)
		return false;
	a->gathering = 1 + last / bytes;
	return open == 1 + first / bytes && open == a->gathering;
}

/* A cached access may fail by an error of the bus, too, whenever it is looked at: as above. */
bool memory_charge(struct memory *m, const struct memory_part *p, bool store, enum trace_fault *error)
{
	const struct platform_costs *c = &p->a->cpu->costs;
	bool cached = p->w->platform->cached && !(store && p->w->platform->through);

	if (time_is_refused(p, cached, error))
		return false;
	if (time_has_slave(m, p) && memory_refuses(p->a, p->region) == MEMORY_OPEN &&
	    !bus_check(m->bus, memory_address(p), (unsigned int)p->size, error))
		return false;
	if (p->a->cpu->translation == PLATFORM_TRANSLATED_BEFORE_CACHE)
		time_translate(m, p);
	if (cached) {
		time_charge_cached(m, p);
	} else {
		engine_charge(p->a->agent, store ? c->uncached_store : c->uncached_load);
		if (!time_gathers(p->a, p, store))
			time_wait(m, p, memory_address(p), (unsigned int)p->size, store);
	}
	return true;
}

void memory_charge_line(struct memory *m, struct memory_agent *a, enum trace_maint op, uint64_t tag)
{
	struct tags *second = time_second_level(m, a);

	if (op != TRACE_MAINT_CLEAN) {
		tags_invalidate(&a->tags, tag);
		if (second)
			tags_invalidate(second, tag);
	}
	engine_charge(a->agent, a->cpu->costs.maintain_line);
}

void memory_forget_tags(struct memory *m, struct memory_agent *a)
{
	struct tags *second = time_second_level(m, a);

	for (unsigned int id = 0; id < m->platform->cpus; id++)
		if (m->agent[id].cluster == a->cluster) {
			tags_invalidate_all(&m->agent[id].tags);
			memory_end_gathering(&m->agent[id]);
		}
	if (second)
		tags_invalidate_all(second);
}

void memory_reset_tags(struct memory *m)
{
	for (unsigned int id = 0; id < m->platform->cpus; id++) {
		tags_reset(&m->agent[id].tags);
		memory_end_gathering(&m->agent[id]);
	}
	for (unsigned int i = 0; i < m->platform->second_levels; i++)
		tags_reset(&m->second_level[i]);
}
