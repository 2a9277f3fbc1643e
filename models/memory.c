/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What happens in memory at accesses, at the stores' retirement, and over a whole run; see memory.h. The files that it stands on are
 * listed in memory_internal.h.
 */
#include <string.h>

#include "models/facts.h"
#include "models/memory_internal.h"

/* ---- Accesses ------------------------------------------------------------------------------------------ */

/* Of a copied window, as the simulator maps it. */
static uint8_t *memory_copy(const struct memory_part *p)
{
	return p->a->copy + p->w->region->offset + (p->va - p->w->va);
}

/* The agent's own store to that line is hooked and perhaps done, but not retired: the line must stay as it is. */
static bool memory_store_is_open(const struct memory_part *p)
{
	const struct agent *agent = p->a->agent;
	size_t line = p->a->cpu->line_bytes;

	for (unsigned int i = 0; i < agent->stores; i++)
		if (memory_store_touches(p->a, &agent->store[i], p->va & ~(uintptr_t)(line - 1), line))
			return true;
	return false;
}

/* A window onto memory that is addressed otherwise, too, cannot be found from there: it never takes the fast path. */
static bool memory_may_be_fast(struct memory *m, const struct memory_part *p, const struct memory_granule *g)
{
	return memory_is_data(p) && !p->w->copied && p->a->cpu->translation == PLATFORM_NOT_TRANSLATED && !memory_is_buffered(m, g);
}

/* False: the line is absent, and there is no memory to fill it from. */
static bool memory_touch_cached(struct memory *m, struct memory_part *p, struct memory_granule *g, bool store)
{
	unsigned int view = memory_view(m, g, p->a, p->tag), at = memory_in_granule(p);

	if (memory_store_is_open(p))
		return true;
	if (line_watched(&g->line, &m->rules, view, at)) {
		memory_watch(m, g);
		if (!line_touch(&g->line, &m->rules, &m->pool, view, at, m->engine->now))
			return false;
	}
	if (!store && !line_watched(&g->line, &m->rules, view, at) && memory_may_be_fast(m, p, g))
		p->a->agent->hook.line_flags[memory_flag_index(p->a, p->va)] = HOOK_LOAD_FAST;
	return true;
}

/* False: where nothing is; only what the own store buffer holds can be read there. */
static bool memory_touch_uncached(struct memory *m, struct memory_part *p, struct memory_granule *g)
{
	if (g->line.unbacked)
		return store_buffer_covers(&p->a->buffer, p->tag, p->size);
	line_touch_uncached(&g->line, &m->rules, &m->pool, memory_in_granule(p), (unsigned int)p->size, m->engine->now);
	return true;
}

static bool memory_byte_is_open(const struct memory_agent *a, uintptr_t va)
{
	for (unsigned int i = 0; i < a->agent->stores; i++)
		if (memory_store_touches(a, &a->agent->store[i], va, 1))
			return true;
	return false;
}

/* A store to that byte, of the agent or of another core of its program, is hooked and perhaps done, but not retired. */
static bool memory_byte_is_being_stored(const struct memory *m, const struct memory_agent *a, uintptr_t va)
{
	bool open = memory_byte_is_open(a, va);

	for (unsigned int id = 0; a->agent->hook.private_is_shared && id < m->platform->cpus; id++)
		open |= m->agent[id].agent->program == a->agent->program && memory_byte_is_open(&m->agent[id], va);
	return open;
}

/* What the copied window shows there from now on: the cache's bytes, or memory's and what the agent's own buffer holds. */
static void memory_lay_copy(struct memory *m, struct memory_part *p)
{
	bool cached = p->w->platform->cached;
	uint8_t bytes[LINE_MAX], *to = memory_copy(p);

	memcpy(bytes, cached ? m->cluster[p->a->cluster].bytes + p->view_offset : m->bytes + p->region->offset + p->offset, p->size);
	if (!cached)
		store_buffer_forward(&p->a->buffer, p->tag, bytes, p->size);
	for (size_t i = 0; i < p->size; i++)
		if (!memory_byte_is_being_stored(m, p->a, p->va + i))
			to[i] = bytes[i];
}

static bool memory_touch_line(struct memory *m, struct memory_part *p, struct memory_granule *g, bool store)
{
	if (p->w->copied && store && !p->a->agent->stores_read) /* it happens when the bytes are known: memory_post */
		return !g->line.unbacked || p->a->buffer.size;
	memory_order(m, p);
	memory_settle_buffers(m, g, p->a);
	m->current = g;
	if (!(p->w->platform->cached ? memory_touch_cached(m, p, g, store) : memory_touch_uncached(m, p, g)))
		return false;
	if (p->w->copied)
		memory_lay_copy(m, p);
	return true;
}

static bool memory_access_part(struct memory *m, struct memory_part *p, bool store)
{
	struct memory_granule *g = NULL;
	enum trace_fault cause = TRACE_FAULT_IOMMU_TRANSLATION;

	if (p->gone)
		return memory_fault(m, p->a, p, p->va, p->size, store, p->pc, TRACE_FAULT_HEAP_UNMAPPED);
	if (store && !p->w->platform->writable)
		return memory_fault(m, p->a, p, p->va, p->size, store, p->pc, TRACE_FAULT_READ_ONLY);
	if (m->protect && !m->protect(m->protect_ctx, p->a->agent, p->tag, p->size, store, &cause))
		return memory_fault(m, p->a, p, p->va, p->size, store, p->pc, cause);
	if (!memory_resolve(m, p, store, &cause))
		return memory_fault(m, p->a, p, p->va, p->size, store, p->pc, cause);
	if (!memory_charge(m, p, store, &cause))
		return memory_fault(m, p->a, p, p->va, p->size, store, p->pc, cause);
	if (p->region->tracked) {
		g = memory_granule(m, p->region, p->offset);
		if (!memory_touch_line(m, p, g, store))
			return memory_fault(m, p->a, p, p->va, p->size, store, p->pc, cause);
	} else if (store) {
		memory_granule(m, p->region, p->offset); /* only so that the reset finds it */
	}
	if (!store)
		memory_tell_load(m, p, g);
	return true;
}

bool memory_access(struct memory *m, struct agent *agent, uintptr_t va, size_t size, bool store, uint64_t pc)
{
	struct memory_agent *a = &m->agent[agent->id];

	if (va - agent->hook.base < agent->hook.private_size && size <= agent->hook.private_size - (va - agent->hook.base)) {
		agent->hook.clock += agent->hook.private_cost;
		return true;
	}
	for (size_t done = 0; done < size;) {
		struct memory_part part;

		if (!memory_cut(a, va + done, size - done, pc, &part))
			return memory_fault(m, a, NULL, va, size, store, pc, TRACE_FAULT_NOTHING_THERE);
		if (!memory_access_part(m, &part, store))
			return false;
		done += part.size;
	}
	return true;
}

bool memory_unaligned(struct memory *m, struct agent *agent, uintptr_t va, size_t size, bool store, uint64_t pc)
{
	struct memory_agent *a = &m->agent[agent->id];
	struct memory_part first, last;

	if (!memory_cut(a, va, 1, pc, &first) || !memory_cut(a, va + size - 1, 1, pc, &last) ||
	    !(first.w->platform->device || last.w->platform->device))
		return true;
	return memory_fault(m, a, &first, va, size, store, pc, TRACE_FAULT_ALIGNMENT);
}

/* ---- Stores, once their bytes are there -------------------------------------------------------------------- */

/* In program order the bytes are the newest from now on, whenever they reach memory. */
static void memory_post_piece(struct memory *m, struct memory_part *p, struct memory_granule *g, size_t at, unsigned int size)
{
	unsigned int in_granule = (unsigned int)(at & (LINE_MAX - 1));
	const struct platform_window *w = p->w->platform;
	struct store_entry entry = { .kind = w->through ? STORE_THROUGH : w->device ? STORE_DEVICE : STORE_UNCACHED,
				     .address = p->tag + (at - p->offset), .size = size,
				     .peripheral = w->device ? memory_peripheral(m, p) : 0,
				     .stamp = memory_stamp(m, p->a->agent->id, p->pc), .pc = p->pc };

	memcpy(entry.byte, memory_copy(p) + (at - p->offset), size);
	for (unsigned int i = in_granule; i < in_granule + size; i++)
		g->line.truth[i] = entry.stamp;
	memory_post(m, p->a, &entry);
}

static void memory_retire_piece(struct memory *m, struct memory_part *p, struct memory_granule *g, size_t at, unsigned int size)
{
	unsigned int in_granule = (unsigned int)(at & (LINE_MAX - 1));

	if (p->w->copied)
		memory_post_piece(m, p, g, at, size);
	else if (p->w->platform->cached)
		line_stored(&g->line, &m->rules, &m->pool, memory_view(m, g, p->a, p->tag), in_granule, size,
			    memory_stamp(m, p->a->agent->id, p->pc), m->engine->now);
	else
		line_stored_uncached(&g->line, &m->rules, &m->pool, in_granule, size, memory_stamp(m, p->a->agent->id, p->pc),
				     m->engine->now);
}

/* A store wider than the bus arrives in pieces: each is a content that could be written back, or a store that may wait. */
static void memory_retire_pieces(struct memory *m, struct memory_part *p, struct memory_granule *g)
{
	size_t end = p->offset + p->size, atomic = p->a->cpu->atomic_bytes ? p->a->cpu->atomic_bytes : MEMORY_ATOMIC_BYTES;

	for (size_t at = p->offset; at < end;) {
		size_t room = atomic - (at & (atomic - 1)), size = room < end - at ? room : end - at;

		m->current = g;
		memory_retire_piece(m, p, g, at, (unsigned int)size);
		at += size;
	}
}

static void memory_retire_part(struct memory *m, struct memory_part *p)
{
	enum trace_fault cause;

	memory_resolve(m, p, true, &cause); /* as when it was admitted */
	if (!memory_is_data(p))
		memory_sync(m, p->a->agent);
	if (p->region->tracked) {
		struct memory_granule *g = memory_granule(m, p->region, p->offset);

		memory_watch(m, g);
		memory_retire_pieces(m, p, g);
		if (p->w->platform->cached && !p->w->platform->through)
			memory_note_dirty(m, p, g);
	}
	if (memory_is_data(p))
		memory_note_store(m, p);
	else
		ENGINE_EMIT(m->engine, store, .agent = (uint8_t)p->a->agent->id, .addr = memory_address(p), .pc = p->pc,
			    .bytes = { (uint16_t)p->size, (const uint8_t *)p->va });
}

void memory_retire(struct memory *m, struct agent *agent, const struct agent_store *store)
{
	for (size_t done = 0; done < store->size;) {
		struct memory_part part;

		if (!memory_cut(&m->agent[agent->id], store->address + done, store->size - done, store->pc, &part))
			return;
		memory_retire_part(m, &part);
		done += part.size;
	}
}

/* ---- Questions of the seam --------------------------------------------------------------------------------------- */

bool memory_is_control(struct memory *m, const struct agent *agent, uintptr_t va)
{
	struct memory_agent *a = &m->agent[agent->id];
	bool gone;
	const struct memory_window *w = memory_window(a, memory_home(a, va, &gone));

	return w && w->region->platform->kind != TRACE_REGION_KIND_DATA;
}

bool memory_same_granule(struct memory *m, const struct agent *a, uintptr_t va, const struct agent *b, uintptr_t vb)
{
	struct memory_part pa, pb;
	enum trace_fault cause;

	return memory_cut(&m->agent[a->id], va, 1, 0, &pa) && memory_cut(&m->agent[b->id], vb, 1, 0, &pb) &&
	       memory_resolve(m, &pa, false, &cause) && memory_resolve(m, &pb, false, &cause) && pa.region == pb.region &&
	       pa.offset / LINE_MAX == pb.offset / LINE_MAX;
}

static uint32_t memory_peer_line(const struct memory *m, const struct memory_region *region)
{
	uint32_t line = 0;

	for (unsigned int id = 0; id < m->platform->cpus; id++)
		if ((region->views & 1u << m->agent[id].cluster) && m->platform->cpu[id].line_bytes > line)
			line = m->platform->cpu[id].line_bytes;
	return line;
}

struct hw_region *memory_region(struct memory *m, const struct agent *agent, const char *name)
{
	struct memory_agent *a = &m->agent[agent->id];

	for (unsigned int i = 0; i < a->windows; i++) {
		const struct memory_window *w = &a->window[i];

		if (strcmp(w->platform->name, name) != 0)
			continue;
		m->answer = (struct hw_region){ .va = (void *)w->va, .da = w->region->platform->start,
						.size = w->region->platform->size,
						.attr = w->platform->cached ? HW_CACHED : w->platform->device ? HW_DEVICE : 0,
						.peer_line = memory_peer_line(m, w->region) };
		return &m->answer;
	}
	return NULL;
}

/* ---- Access by other initiators -------------------------------------------------------------------------------- */

static void memory_dma_part(struct memory *m, unsigned int initiator, struct memory_granule *g, uint64_t address, uint8_t *bytes,
			    unsigned int size, bool store)
{
	unsigned int at = (unsigned int)(address & (LINE_MAX - 1));
	uint8_t *memory = m->bytes + g->region->offset + g->offset + at;

	if (g->region->tracked) {
		memory_settle_buffers(m, g, NULL);
		m->current = g;
		memory_watch(m, g);
		line_touch_uncached(&g->line, &m->rules, &m->pool, at, size, m->engine->now);
	}
	memcpy(store ? memory : bytes, store ? bytes : memory, size);
	if (g->region->tracked && store)
		line_stored_uncached(&g->line, &m->rules, &m->pool, at, size, memory_stamp(m, initiator, 0), m->engine->now);
	engine_world_changed(m->engine);
	if (store)
		ENGINE_EMIT(m->engine, store, .agent = (uint8_t)initiator, .addr = address, .bytes = { (uint16_t)size, bytes });
	else
		ENGINE_EMIT(m->engine, load, .agent = (uint8_t)initiator, .addr = address, .bytes = { (uint16_t)size, bytes });
}

bool memory_dma(struct memory *m, unsigned int initiator, uint64_t address, void *bytes, size_t size, bool store)
{
	for (size_t done = 0; done < size;) {
		uint64_t at = address + done, room = LINE_MAX - (at & (LINE_MAX - 1));
		size_t part = size - done < room ? size - done : room;
		struct memory_region *r = memory_region_at(m, at);

		if (!r)
			return false;
		memory_dma_part(m, initiator, memory_granule(m, r, at - r->platform->start), at, (uint8_t *)bytes + done, (unsigned int)part, store);
		done += part;
	}
	return true;
}

void memory_on_protect(struct memory *m, memory_protect protect, void *ctx)
{
	m->protect = protect;
	m->protect_ctx = ctx;
}

/* ---- The whole ------------------------------------------------------------------------------------------------------ */

void memory_power_on(struct memory *m, const struct agent *agent)
{
	unsigned int cluster = m->agent[agent->id].cluster;

	for (uint32_t i = 0; i < m->granules && m->cluster[cluster].lead == agent->id; i++)
		if (m->granule[i].region->views & 1u << cluster)
			for (unsigned int alias = 0; alias < m->cluster[cluster].views; alias++)
				line_power_on(&m->granule[i].line, &m->rules, &m->pool, cluster + alias);
}

bool memory_settle(struct memory *m)
{
	bool changed = m->buffered > 0;

	m->fair = true;
	for (unsigned int id = 0; id < m->platform->cpus; id++)
		memory_drain_all(m, &m->agent[id]);
	m->fair = false;
	for (uint32_t i = 0; i < m->granules; i++) {
		struct memory_granule *g = &m->granule[i];

		if (!g->region->views)
			continue;
		m->current = g;
		memory_watch(m, g);
		changed |= line_settle(&g->line, &m->rules, &m->pool, m->engine->now);
	}
	return changed;
}

void memory_tell_unseen(struct memory *m)
{
	for (uint32_t i = 0; i < m->granules; i++)
		if (m->granule[i].region->tracked)
			facts_tell_unseen(m, &m->granule[i]);
}

uint64_t memory_caps(const struct memory *m)
{
	return m->caps;
}

/* What may depend on the previous run is put back: only what that run touched. */
void memory_reset(struct memory *m)
{
	for (uint32_t i = 0; i < m->granules; i++) {
		struct memory_granule *g = &m->granule[i];

		memory_watch(m, g);
		memory_fill(m->bytes + g->region->offset + g->offset, g->region->platform->start + g->offset, LINE_MAX);
		for (unsigned int v = 0; v < m->rules.views; v++)
			if (m->cluster[v].views)
				memset(m->cluster[v].bytes + g->region->offset + g->offset, MEMORY_NOT_CACHED, LINE_MAX);
		g->region->granule[g->offset / LINE_MAX] = 0;
	}
	m->granules = 0;
	line_pool_reset(&m->pool);
	m->stores = 1; /* stamp 0: not stored since power-on */
	m->caps = 0;
	for (unsigned int id = 0; id < m->platform->cpus; id++) {
		struct memory_agent *a = &m->agent[id];

		for (uint32_t i = 0; i < a->touches; i++)
			memset(&a->agent->hook.touch[a->touched[i]], 0, sizeof(struct hook_touch));
		a->touches = 0;
		memory_mapping_reset(m, a);
		store_buffer_reset(&a->buffer);
	}
	for (unsigned int i = 0; i < m->platform->regions; i++)
		memset(m->region[i].refuses, 0, sizeof(m->region[i].refuses));
	memory_reset_tags(m);
	m->posted = 0;
	m->buffered = 0;
	memory_translation_reset(m);
}
