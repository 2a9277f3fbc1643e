/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory behind an IOMMU, when what it translates to changes. Before a cache that holds physical lines, windows show other pages
 * from then on. Behind a cache that holds device addresses, a page takes its lines along to its new home (memory_find.c says
 * what homes are).
 *
 * What is translated to what is iommu.h's; this file hears of it by memory_translation_changed.
 */
#include "models/memory_internal.h"

#define GRANULES (MEMORY_PAGE / LINE_MAX)

/* ---- When translations change ------------------------------------------------------------------------------------- */

static void translate_move_granule(struct memory *m, struct memory_agent *a, struct memory_granule *from, struct memory_granule *to,
				   uint64_t tag, uint32_t initial)
{
	struct memory_cluster *c = &m->cluster[a->cluster];
	unsigned int old = memory_view(m, from, a, tag), new = memory_free_view(c, to);

	memory_settle_buffers(m, from, NULL);
	memory_enter_view(m, c, to, new, tag);
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
		struct memory_region *r = memory_region_of(m, from + at, &offset);
		struct memory_granule *old = memory_granule(m, r, offset), *new;

		r = memory_region_of(m, to + at, &offset);
		new = memory_granule(m, r, offset);
		r = memory_region_of(m, own * MEMORY_PAGE + at, &offset);
		translate_move_granule(m, a, old, new, r->platform->start + offset, initial);
	}
	c->home[own] = (uint32_t)home;
}

/* The page of memory, or nowhere's, that the page at `place` of the agent's address space is translated to. */
static size_t translate_page(struct memory *m, struct memory_agent *a, size_t place)
{
	size_t offset;
	struct memory_region *r = memory_region_of(m, place, &offset);
	enum trace_fault cause;
	uint64_t physical;

	if (m->translator->translate(m->translate_ctx, a->agent, r->platform->start + offset, 1, false, &physical, &cause))
		r = memory_region_at(m, physical);
	else
		r = NULL;
	return (r ? memory_place(r, physical) : m->nowhere.offset + place) / MEMORY_PAGE;
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

void memory_on_translate(struct memory *m, const struct memory_translator *translator, void *ctx)
{
	m->translator = translator;
	m->translate_ctx = ctx;
	m->translations_changed = true;
	memory_translation_reset(m);
}
