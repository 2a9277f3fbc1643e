/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where everything is: from an agent's address to its window, region and granule, through mappings and translations; and who is refused
 * there. Nothing is asked of the engine here and, but for a granule's first use in a run, nothing changes: whatever happens in
 * memory is of the files above.
 *
 * Where an IOMMU translates before the cache, an access is at its physical address from there on, and a window's pages show what
 * their addresses are translated to. Where it translates after the cache, lines are tagged with device addresses: every page of the
 * cluster's has a home, the memory that it stands for now. A page without a translation is at home nowhere: in a region that
 * no one else reaches and that loses what is written back.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "models/memory_internal.h"

/* ---- An agent's addresses ---------------------------------------------------------------------------------- */

struct memory_window *memory_window(struct memory_agent *a, uintptr_t va)
{
	uintptr_t at = va - a->agent->hook.base - a->agent->hook.private_size;
	unsigned int page = at < a->agent->hook.shared_size ? a->page[at / MEMORY_PAGE] : 0;

	return page ? &a->window[page - 1] : NULL;
}

size_t memory_flag_index(const struct memory_agent *a, uintptr_t va)
{
	return (va - a->agent->hook.base - a->agent->hook.private_size) >> a->agent->hook.line_shift;
}

/* The page's entry; NULL: not in the area, or nothing was mapped there. */
static const uintptr_t *find_mapping(const struct memory_agent *a, uintptr_t va)
{
	const struct memory_mappings *s = a->mappings;

	if (!s || va < s->start || (va - s->start) / MEMORY_PAGE >= s->pages)
		return NULL;
	return s->home[(va - s->start) / MEMORY_PAGE] ? &s->home[(va - s->start) / MEMORY_PAGE] : NULL;
}

uintptr_t memory_mapping_home(const struct memory_agent *a, uintptr_t va, bool *gone)
{
	const uintptr_t *page = find_mapping(a, va);

	*gone = page && *page & MEMORY_GONE;
	return page ? (*page & ~MEMORY_GONE) + va % MEMORY_PAGE : va;
}

size_t memory_stretch(const struct memory_agent *a, uintptr_t va, size_t size)
{
	size_t stretch = MEMORY_PAGE - va % MEMORY_PAGE;
	bool gone;

	if (!find_mapping(a, va))
		return size;
	while (stretch < size && find_mapping(a, va + stretch) &&
	       memory_home(a, va + stretch, &gone) == memory_home(a, va, &gone) + stretch)
		stretch += MEMORY_PAGE;
	return stretch < size ? stretch : size;
}

bool memory_mapping_touches(const struct memory_agent *a, const struct agent_store *store, uintptr_t home, size_t size)
{
	bool gone;

	for (size_t done = 0, part; done < store->size; done += part) {
		uintptr_t at = memory_home(a, store->address + done, &gone);

		part = memory_stretch(a, store->address + done, store->size - done);
		if (at < home + size && home < at + part)
			return true;
	}
	return false;
}

bool memory_cut(struct memory_agent *a, uintptr_t va, size_t size, uint64_t pc, struct memory_part *part)
{
	bool gone;
	uintptr_t home = memory_home(a, va, &gone);
	struct memory_window *w = memory_window(a, home);

	if (!w)
		return false;
	size_t line = a->cpu->line_bytes, room = line - (va & (line - 1));

	*part = (struct memory_part){ .a = a, .w = w, .va = home, .gone = gone, .pc = pc,
				      .size = size < room ? size : room,
				      .tag = w->region->platform->start + (home - w->va), .region = w->region,
				      .offset = home - w->va };
	return true;
}

/* Where nothing is, the address that the agent gave means most. */
uint64_t memory_address(const struct memory_part *p)
{
	return !p->region->platform->size ? p->tag : p->region->platform->start + p->offset;
}

uintptr_t memory_da_to_va(struct memory *m, const struct agent *agent, uint64_t da, uint64_t size)
{
	struct memory_agent *a = &m->agent[agent->id];

	for (unsigned int i = 0; i < a->windows; i++) {
		const struct platform_region *r = a->window[i].region->platform;

		if (da >= r->start && size <= r->size && da - r->start <= r->size - size)
			return a->window[i].va + (da - r->start);
	}
	return 0;
}

/* ---- Memory, and where it is in the files of memory and views ------------------------------------------------ */

void memory_fill(uint8_t *bytes, uint64_t address, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)((address + i) * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

struct memory_region *memory_region_at(struct memory *m, uint64_t address)
{
	for (unsigned int i = 0; i < m->platform->regions; i++) {
		struct memory_region *r = &m->region[i];

		if (r->granule && address - r->platform->start < r->platform->size)
			return r;
	}
	return NULL;
}

size_t memory_place(const struct memory_region *r, uint64_t address)
{
	return r->offset + (size_t)(address - r->platform->start);
}

/* The region that holds that place, and the offset in it. */
struct memory_region *memory_region_of(struct memory *m, size_t place, size_t *offset)
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
static size_t find_home(struct memory *m, const struct memory_agent *a, uint64_t tag)
{
	const struct memory_region *r = memory_region_at(m, tag);
	size_t place = memory_place(r, tag);

	return m->cluster[a->cluster].home[place / MEMORY_PAGE] * MEMORY_PAGE + place % MEMORY_PAGE;
}

enum trace_fault memory_refuses(const struct memory_agent *a, const struct memory_region *region)
{
	return region->refuses[a->cluster];
}

enum trace_loss memory_loss_of(enum trace_fault cause)
{
	return cause == TRACE_FAULT_POWERED_OFF ? TRACE_LOSS_POWERED_OFF : TRACE_LOSS_WITHDRAWN;
}

unsigned int memory_views_of(const struct memory *m, unsigned int cluster)
{
	return ((1u << m->cluster[cluster].views) - 1) << cluster;
}

static void find_shut(struct memory *m, struct memory_granule *g)
{
	for (unsigned int i = 0; i < m->rules.views; i += m->cluster[i].views)
		if (g->region->refuses[i] != MEMORY_OPEN)
			g->line.shut |= memory_views_of(m, i);
}

void memory_enter_view(struct memory *m, struct memory_cluster *c, struct memory_granule *g, unsigned int view, uint64_t tag)
{
	uint8_t *bytes = c->bytes + memory_place(memory_region_at(m, tag), tag);

	g->stands_for[view] = tag;
	for (unsigned int i = 0; i < LINE_MAX / 32; i++)
		g->line.line[view][i].byte = bytes;
}

/* There is one: MEMORY_ALIASES is kept. */
unsigned int memory_free_view(const struct memory_cluster *c, const struct memory_granule *g)
{
	unsigned int view = c->first_view;

	while (view < c->first_view + c->views && g->stands_for[view])
		view++;
	assert(view < c->first_view + c->views);
	return view;
}

static void find_translate(struct memory *m, struct memory_granule *g)
{
	size_t page = (g->region->offset + g->offset) / MEMORY_PAGE, within = (g->region->offset + g->offset) % MEMORY_PAGE, offset;

	for (unsigned int i = 0; i < m->rules.views; i += m->cluster[i].views) {
		struct memory_cluster *c = &m->cluster[i];

		for (size_t own = 0; c->home && own < m->pages; own++)
			if (c->home[own] == page) {
				struct memory_region *r = memory_region_of(m, own * MEMORY_PAGE + within, &offset);

				memory_enter_view(m, c, g, memory_free_view(c, g), r->platform->start + offset);
			}
	}
}

struct memory_granule *memory_granule(struct memory *m, struct memory_region *region, size_t offset)
{
	uint32_t *slot = &region->granule[offset / LINE_MAX];
	struct memory_granule *g;
	uint8_t *views[LINE_VIEWS];

	if (*slot)
		return &m->granule[*slot - 1];
	g = &m->granule[m->granules++];
	*slot = m->granules;
	memset(g, 0, offsetof(struct memory_granule, line) + line_granule_bytes(&m->rules));
	g->region = region;
	g->offset = offset & ~(size_t)(LINE_MAX - 1);
	for (unsigned int v = 0; v < m->rules.views; v++)
		views[v] = region->views & 1u << v && !m->cluster[v].home ? m->cluster[v].bytes + region->offset + g->offset : NULL;
	line_init(&g->line, &m->rules, &m->pool, m->bytes + region->offset + g->offset, views);
	g->line.unbacked = region == &m->nowhere;
	if (m->nowhere.granule)
		find_translate(m, g);
	find_shut(m, g);
	return g;
}

struct memory_granule *memory_granule_of(struct memory *m, const struct memory_agent *a, uint64_t tag)
{
	struct memory_region *r;
	size_t offset;

	if (a->cpu->translation != PLATFORM_TRANSLATED_AFTER_CACHE) {
		r = memory_region_at(m, tag);
		return r ? memory_granule(m, r, tag - r->platform->start) : NULL;
	}
	r = memory_region_of(m, find_home(m, a, tag), &offset);
	return memory_granule(m, r, offset);
}

unsigned int memory_view(const struct memory *m, const struct memory_granule *g, const struct memory_agent *a, uint64_t tag)
{
	unsigned int view = a->cluster, end = view + m->cluster[view].views;

	while (view + 1 < end && g->stands_for[view] != (tag & ~(uint64_t)(LINE_MAX - 1)))
		view++;
	return view;
}

unsigned int memory_peripheral(struct memory *m, const struct memory_part *p)
{
	return (unsigned int)(memory_region_at(m, p->tag) - m->region);
}

/* Nobody may take the fast path there before the engine has looked at it again. */
void memory_watch(struct memory *m, const struct memory_granule *g)
{
	for (unsigned int id = 0; id < m->platform->cpus; id++) {
		struct memory_agent *a = &m->agent[id];

		for (unsigned int i = 0; i < a->windows; i++)
			if (a->window[i].region == g->region && a->window[i].platform->cached) {
				size_t line = memory_flag_index(a, a->window[i].va + g->offset);

				memset(a->agent->hook.line_flags + line, 0, LINE_MAX >> a->agent->hook.line_shift);
			}
	}
}

uint32_t memory_stamp(struct memory *m, unsigned int agent, uint64_t pc)
{
	if (m->stores == m->stores_size) {
		struct memory_store *grown = realloc(m->store, 2 * m->stores_size * sizeof(*grown));

		if (!grown)
			abort();
		m->store = grown;
		m->stores_size *= 2;
	}
	m->store[m->stores] = (struct memory_store){ .agent = (uint8_t)agent, .pc = pc };
	return m->stores++;
}

/* ---- What an access, or what comes later of it, is translated to --------------------------------------------- */

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
static bool find_is_admitted(struct memory *m, const struct memory_part *p, bool store, enum trace_fault *cause)
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
		p->region = memory_region_of(m, find_home(m, p->a, p->tag), &p->offset);
		if (p->region != &m->nowhere)
			return find_is_admitted(m, p, store, cause);
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

void memory_report_fault(struct memory *m, const struct memory_agent *a, uint64_t tag, size_t size, bool store, enum trace_fault cause)
{
	if (cause >= TRACE_FAULT_IOMMU_STREAM && cause <= TRACE_FAULT_IOMMU_PERMISSION)
		m->translator->fault(m->translate_ctx, a->agent, tag, (uint32_t)size, store, cause);
}

/* ---- What windows show ------------------------------------------------------------------------------------------ */

bool memory_show(const struct memory *m, const struct memory_agent *a, const struct memory_window *w, uintptr_t va,
		 size_t size, size_t offset)
{
	int prot = w->platform->writable ? PROT_READ | PROT_WRITE : PROT_READ;
	int fd = w->copied ? a->copy_fd : w->platform->cached ? m->cluster[a->cluster].fd : m->fd;
	void *at = (void *)va;

	return mmap(at, size, prot, MAP_SHARED | MAP_FIXED, fd, (off_t)offset) == at;
}

void memory_mapping_show_page(struct memory *m, struct memory_agent *a, struct memory_window *w, size_t at,
			      size_t offset)
{
	const struct memory_mappings *s = a->mappings;

	for (size_t i = 0; s && i < s->used; i++)
		if (s->home[i] == w->va + at)
			memory_show(m, a, w, s->start + i * MEMORY_PAGE, MEMORY_PAGE, offset);
}
