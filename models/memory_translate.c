/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory behind an IOMMU. Where it translates before the cache, an access is at its physical address from there on, and a
 * window's pages show what their addresses are translated to. Where it translates after the cache, lines are tagged with device
 * addresses: every page of the cluster's has a home, the memory that it stands for now, and takes its lines along when that
 * changes. A page without a translation is at home nowhere: in a region that no one else reaches and that loses what is written back.
 *
 * What is translated to what is iommu.h's; this file hears of it by memory_translation_changed.
 */
#include <assert.h>
#include <string.h>
#include <sys/mman.h>

#include "models/memory_internal.h"

#define GRANULES (MEMORY_PAGE / LINE_MAX)

/* ---- Places: an address, and where that is in the files of memory and views ---------------------------------- */

struct memory_region *memory_region_at(struct memory *m, uint64_t address)
{
	for (unsigned int i = 0; i < m->platform->regions; i++) {
		struct memory_region *r = &m->region[i];

		if (r->granule && address - r->platform->start < r->platform->size)
			return r;
	}
	return NULL;
}

static size_t translate_place(const struct memory_region *r, uint64_t address)
{
	return r->offset + (size_t)(address - r->platform->start);
}

/* The region that holds that place, and the offset in it. */
static struct memory_region *translate_region(struct memory *m, size_t place, size_t *offset)
{
	for (unsigned int i = 0; i < m->platform->regions; i++) {
		struct memory_region *r = &m->region[i];

		if (r->granule && place - r->offset < r->platform->size) {
			*offset = place - r->offset;
			return r;
		}
	}
	*offset = place - m->nowhere.offset;
	return &m->nowhere;
}

/* What `tag` is in the address space of a cluster behind which an IOMMU translates stands for now. */
static size_t translate_home(struct memory *m, const struct memory_agent *a, uint64_t tag)
{
	const struct memory_region *r = memory_region_at(m, tag);
	size_t place = translate_place(r, tag);

	return m->cluster[a->cluster].home[place / MEMORY_PAGE] * MEMORY_PAGE + place % MEMORY_PAGE;
}

struct memory_granule *memory_granule_of(struct memory *m, const struct memory_agent *a, uint64_t tag)
{
	struct memory_region *r;
	size_t offset;

	if (a->cpu->translation != PLATFORM_TRANSLATED_AFTER_CACHE) {
		r = memory_region_at(m, tag);
		return r ? memory_granule(m, r, tag - r->platform->start) : NULL;
	}
	r = translate_region(m, translate_home(m, a, tag), &offset);
	return memory_granule(m, r, offset);
}

unsigned int memory_view(const struct memory *m, const struct memory_granule *g, const struct memory_agent *a, uint64_t tag)
{
	unsigned int view = a->cluster, end = view + m->cluster[view].views;

	while (view + 1 < end && g->stands_for[view] != (tag & ~(uint64_t)(LINE_MAX - 1)))
		view++;
	return view;
}

/* ---- At an access ---------------------------------------------------------------------------------------------- */

enum trace_fault memory_nowhere_cause(struct memory *m, const struct memory_agent *a, uint64_t tag, bool store)
{
	enum trace_fault cause;
	uint64_t physical;

	if (!m->translator->translate(m->translate_ctx, a->agent, tag, 1, store, &physical, &cause))
		return cause;
	/* What went there before its page was mapped again is told late. */
	return memory_region_at(m, physical) ? TRACE_FAULT_IOMMU_TRANSLATION : TRACE_FAULT_BUS_DECODE;
}

/*
 * Behind a cache, a fill or a write-back that finds no translation is not the access's fault; where there is none the cache
 * finds nothing. But that the line may not be written back is said at the store, which can still be named.
 */
static bool translate_is_admitted(struct memory *m, const struct memory_part *p, bool store, enum trace_fault *cause)
{
	enum trace_fault why;
	uint64_t physical;

	if (m->translator->translate(m->translate_ctx, p->a->agent, p->tag, p->size, store, &physical, &why))
		return true;
	if (p->w->platform->cached && !(store && why == TRACE_FAULT_IOMMU_PERMISSION))
		return true;
	*cause = why;
	return false;
}

bool memory_resolve(struct memory *m, struct memory_part *p, bool store, enum trace_fault *cause)
{
	uint64_t physical;

	p->view_offset = p->region->offset + p->offset;
	if (p->a->cpu->translation == PLATFORM_NOT_TRANSLATED)
		return true;
	if (p->a->cpu->translation == PLATFORM_TRANSLATED_AFTER_CACHE) {
		p->region = translate_region(m, translate_home(m, p->a, p->tag), &p->offset);
		if (p->region != &m->nowhere)
			return translate_is_admitted(m, p, store, cause);
		*cause = memory_nowhere_cause(m, p->a, p->tag, store);
		return true;
	}
	if (!m->translator->translate(m->translate_ctx, p->a->agent, p->tag, p->size, store, &physical, cause))
		return false;
	p->region = memory_region_at(m, physical);
	*cause = TRACE_FAULT_BUS_DECODE;
	if (!p->region)
		return false;
	p->tag = physical;
	p->offset = physical - p->region->platform->start;
	p->view_offset = p->region->offset + p->offset;
	return true;
}

/* ---- When translations change ------------------------------------------------------------------------------------- */

static void translate_enter(struct memory *m, struct memory_cluster *c, struct memory_granule *g, unsigned int view, uint64_t tag)
{
	uint8_t *bytes = c->bytes + translate_place(memory_region_at(m, tag), tag);

	g->stands_for[view] = tag;
	for (unsigned int i = 0; i < LINE_MAX / 32; i++)
		g->line.line[view][i].byte = bytes;
}

/* There is one: MEMORY_ALIASES is kept. */
static unsigned int translate_free_view(const struct memory_cluster *c, const struct memory_granule *g)
{
	unsigned int view = c->first_view;

	while (view < c->first_view + c->views && g->stands_for[view])
		view++;
	assert(view < c->first_view + c->views);
	return view;
}

void memory_translate_granule(struct memory *m, struct memory_granule *g)
{
	size_t page = (g->region->offset + g->offset) / MEMORY_PAGE, within = (g->region->offset + g->offset) % MEMORY_PAGE, offset;

	for (unsigned int i = 0; i < m->rules.views; i += m->cluster[i].views) {
		struct memory_cluster *c = &m->cluster[i];

		for (size_t own = 0; c->home && own < m->pages; own++)
			if (c->home[own] == page) {
				struct memory_region *r = translate_region(m, own * MEMORY_PAGE + within, &offset);

				translate_enter(m, c, g, translate_free_view(c, g), r->platform->start + offset);
			}
	}
}

static void translate_move_granule(struct memory *m, struct memory_agent *a, struct memory_granule *from, struct memory_granule *to,
				   uint64_t tag, uint32_t initial)
{
	struct memory_cluster *c = &m->cluster[a->cluster];
	unsigned int old = memory_view(m, from, a, tag), new = translate_free_view(c, to);

	memory_settle_buffers(m, from, NULL);
	translate_enter(m, c, to, new, tag);
	for (unsigned int at = 0; at < LINE_MAX; at += c->cpu->line_bytes) {
		struct line_state line;

		m->current = from;
		line_detach(&from->line, &m->rules, &m->pool, old, at, initial, m->engine->now, &line);
		m->current = to;
		line_attach(&to->line, &m->rules, new, at, &line);
		to->line_of[new][at / c->cpu->line_bytes] = from->line_of[old][at / c->cpu->line_bytes];
	}
	from->stands_for[old] = 0;
	memory_watch(m, from);
	memory_watch(m, to);
}

static void translate_move_page(struct memory *m, struct memory_agent *a, size_t own, size_t home)
{
	struct memory_cluster *c = &m->cluster[a->cluster];
	size_t from = c->home[own] * MEMORY_PAGE, to = home * MEMORY_PAGE, offset;
	uint32_t initial = memory_stamp(m, MEMORY_NOBODY, 0);

	for (unsigned int i = 0; i < GRANULES; i++) {
		size_t at = i * LINE_MAX;
		struct memory_region *r = translate_region(m, from + at, &offset);
		struct memory_granule *old = memory_granule(m, r, offset), *new;

		r = translate_region(m, to + at, &offset);
		new = memory_granule(m, r, offset);
		r = translate_region(m, own * MEMORY_PAGE + at, &offset);
		translate_move_granule(m, a, old, new, r->platform->start + offset, initial);
	}
	c->home[own] = (uint32_t)home;
}

/* The page of memory, or nowhere's, that the page at `place` of the agent's address space is translated to. */
static size_t translate_page(struct memory *m, struct memory_agent *a, size_t place)
{
	size_t offset;
	struct memory_region *r = translate_region(m, place, &offset);
	enum trace_fault cause;
	uint64_t physical;

	if (m->translator->translate(m->translate_ctx, a->agent, r->platform->start + offset, 1, false, &physical, &cause))
		r = memory_region_at(m, physical);
	else
		r = NULL;
	return (r ? translate_place(r, physical) : m->nowhere.offset + place) / MEMORY_PAGE;
}

static void translate_show_page(struct memory *m, struct memory_agent *a, struct memory_window *w, size_t at)
{
	size_t page = translate_page(m, a, w->region->offset + at);

	if (page * MEMORY_PAGE >= m->nowhere.offset)
		return;
	memory_show(m, a, w, w->va + at, MEMORY_PAGE, page * MEMORY_PAGE);
	memory_mapping_show_page(m, a, w, at, page * MEMORY_PAGE);
}

static void translate_update_page(struct memory *m, struct memory_agent *a, struct memory_window *w, size_t at)
{
	size_t own = (w->region->offset + at) / MEMORY_PAGE, home;

	if (a->cpu->translation == PLATFORM_TRANSLATED_BEFORE_CACHE) {
		if (w->platform->cached && !w->copied)
			translate_show_page(m, a, w, at);
		return;
	}
	home = translate_page(m, a, own * MEMORY_PAGE);
	if (home != m->cluster[a->cluster].home[own])
		translate_move_page(m, a, own, home);
}

/* Of the page at `page`; `size` may be all there is. */
static bool translate_overlaps(uint64_t page, uint64_t address, uint64_t size)
{
	return page <= address ? address - page < MEMORY_PAGE && size : page - address < size;
}

static void translate_update(struct memory *m, struct memory_agent *a, uint64_t address, uint64_t size)
{
	for (unsigned int i = 0; i < a->windows; i++) {
		struct memory_window *w = &a->window[i];

		for (size_t at = 0; at < w->region->platform->size; at += MEMORY_PAGE)
			if (translate_overlaps(w->region->platform->start + at, address, size))
				translate_update_page(m, a, w, at);
	}
}

void memory_translate_again(struct memory *m, struct memory_agent *a, uint64_t address, uint64_t size)
{
	if (a->cpu->translation == PLATFORM_TRANSLATED_BEFORE_CACHE)
		translate_update(m, a, address, size);
}

void memory_translation_changed(struct memory *m, const struct agent *agent, uint64_t address, uint64_t size)
{
	m->translations_changed = true;
	engine_world_changed(m->engine);
	for (unsigned int id = 0; id < m->platform->cpus; id++)
		if (m->agent[id].cluster == m->agent[agent->id].cluster)
			translate_update(m, &m->agent[id], address, size);
}

/* ---- At the beginning of a run --------------------------------------------------------------------------------------- */

static void translate_reset_agent(struct memory *m, struct memory_agent *a)
{
	struct memory_cluster *c = &m->cluster[a->cluster];

	for (size_t own = 0; c->home && own < m->pages; own++)
		c->home[own] = (uint32_t)translate_page(m, a, own * MEMORY_PAGE);
	for (unsigned int i = 0; !c->home && i < a->windows; i++)
		translate_update(m, a, a->window[i].region->platform->start, a->window[i].region->platform->size);
}

void memory_translation_reset(struct memory *m)
{
	for (unsigned int id = 0; m->translations_changed && id < m->platform->cpus; id++)
		if (m->agent[id].cpu->translation != PLATFORM_NOT_TRANSLATED)
			translate_reset_agent(m, &m->agent[id]);
	m->translations_changed = false;
}

void memory_report_fault(struct memory *m, const struct memory_agent *a, uint64_t tag, size_t size, bool store, enum trace_fault cause)
{
	if (cause >= TRACE_FAULT_IOMMU_STREAM && cause <= TRACE_FAULT_IOMMU_PERMISSION)
		m->translator->fault(m->translate_ctx, a->agent, tag, (uint32_t)size, store, cause);
}

void memory_on_translate(struct memory *m, const struct memory_translator *translator, void *ctx)
{
	m->translator = translator;
	m->translate_ctx = ctx;
	m->translations_changed = true;
	memory_translation_reset(m);
}
