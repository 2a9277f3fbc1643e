/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The layout of memory: its files, the agents' views and windows, and who may reach what. Built once per bench; what
 * happens in it is memory.c's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "models/facts.h"
#include "models/memory_internal.h"

_Static_assert(PLATFORM_STORE_BUFFER_MAX <= STORE_BUFFER_MAX, "a platform may ask for what there is");

#define GUARD MEMORY_PAGE	/* between windows: an access that runs over hits nothing */
#define STORES_FIRST 4096u

static const struct line_ops memory_line_ops = {
	.choose = facts_choose,
	.filled = facts_filled,
	.written = facts_written,
	.lost = facts_lost,
	.refused = facts_refused,
	.capped = facts_capped,
};

static void *memory_map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* The agent of the core that boots its program: what they have in common is that one's. */
static struct memory_agent *memory_boot(struct memory *m, unsigned int id)
{
	return &m->agent[platform_boot(m->platform, id)];
}

/* A file of memory and the simulator's own mapping of it. */
static bool memory_file(size_t size, const char *name, int *fd, uint8_t **alias)
{
	*fd = memfd_create(name, MFD_CLOEXEC);
	if (*fd < 0 || ftruncate(*fd, (off_t)size) != 0)
		return false;
	*alias = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	return *alias != MAP_FAILED;
}

/* As large as all of memory, behind it: of pages that nobody touches. */
static bool memory_lay_out_nowhere(struct memory *m, size_t *at)
{
	static const struct platform_region nowhere = { .name = "nowhere", .kind = TRACE_REGION_KIND_CONTROL };
	bool needed = false;

	for (unsigned int id = 0; id < m->platform->cpus; id++)
		needed |= m->platform->cpu[id].translation == PLATFORM_TRANSLATED_AFTER_CACHE;
	m->nowhere = (struct memory_region){ .platform = &nowhere, .offset = *at, .tracked = true };
	if (!needed)
		return true;
	m->nowhere.granule = memory_map(*at / LINE_MAX * sizeof(uint32_t));
	*at *= 2;
	return m->nowhere.granule;
}

static bool memory_lay_out_regions(struct memory *m)
{
	size_t at = 0;

	for (unsigned int i = 0; i < m->platform->regions; i++) {
		const struct platform_region *p = &m->platform->region[i];
		struct memory_region *r = &m->region[i];

		r->platform = p;
		if (p->kind == TRACE_REGION_KIND_PRIVATE)
			continue;
		r->offset = at;
		at += p->size;
		r->granule = memory_map(p->size / LINE_MAX * sizeof(*r->granule));
		if (!r->granule)
			return false;
	}
	m->pages = at / MEMORY_PAGE;
	if (!memory_lay_out_nowhere(m, &at))
		return false;
	/* Of a CPU in a granule, each with pendings and with ghosts. */
	unsigned int lines = 2 * 2 * (m->nowhere.granule ? MEMORY_ALIASES : 1);

	m->size = at;
	m->granules_max = at / LINE_MAX;
	m->granule = memory_map(m->granules_max * sizeof(*m->granule));
	m->pool.size = (unsigned int)(m->granules_max * (m->platform->cpus * lines + 1) * m->rules.cap + LINE_SNAPS);
	m->pool.snaps = memory_map((size_t)m->pool.size * sizeof(*m->pool.snaps));
	m->stores_size = STORES_FIRST;
	m->store = malloc(m->stores_size * sizeof(*m->store));
	return m->granule && m->pool.snaps && m->store && memory_file(at, "memory", &m->fd, &m->bytes);
}

static bool memory_map_at(uintptr_t at, size_t size, int prot, int flags, int fd, size_t offset)
{
	return mmap((void *)at, size, prot, flags, fd, (off_t)offset) == (void *)at;
}

static bool memory_reserve(uintptr_t at, char *why, size_t why_size)
{
	if (memory_map_at(at, MEMORY_VA_STEP, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
			  -1, 0))
		return true;
	snprintf(why, why_size, "memory: the addresses 0x%llx-0x%llx of this process are taken: %s", (unsigned long long)at,
		 (unsigned long long)(at + MEMORY_VA_STEP), strerror(errno));
	return false;
}

static uint64_t memory_end(const struct memory_region *r)
{
	return r->platform->start + r->platform->size;
}

static bool memory_is_copied(const struct platform_cpu *cpu, const struct platform_window *w)
{
	return w->through || (!w->cached && (cpu->store_buffer || cpu->translation != PLATFORM_NOT_TRANSLATED));
}

static bool memory_needs_copy(const struct platform_cpu *cpu)
{
	bool needs = false;

	for (unsigned int i = 0; i < cpu->windows; i++)
		needs |= memory_is_copied(cpu, &cpu->window[i]);
	return needs;
}

/* The CPU begins a cluster, or joins an earlier one's. */
static bool memory_join_cluster(struct memory *m, unsigned int id)
{
	const struct platform_cpu *cpu = &m->platform->cpu[id];
	struct memory_cluster *c = &m->cluster[m->rules.views];

	m->agent[id].cluster = cpu->shares_cache ? m->agent[cpu->shares_cache - 1].cluster : m->rules.views;
	if (cpu->shares_cache)
		return true;
	*c = (struct memory_cluster){ .cpu = cpu, .lead = id, .fd = -1, .first_view = m->rules.views, .views = 1 };
	if (cpu->translation == PLATFORM_TRANSLATED_AFTER_CACHE) {
		c->views = MEMORY_ALIASES;
		c->home = memory_map(m->pages * sizeof(*c->home));
		if (!c->home)
			return false;
	}
	for (unsigned int i = 0; i < c->views; i++)
		m->rules.line_bytes[m->rules.views++] = cpu->line_bytes;
	return m->rules.views <= LINE_VIEWS && memory_file(m->size, cpu->name, &c->fd, &c->bytes);
}

static bool memory_map_window(struct memory *m, struct memory_agent *a, const struct platform_window *p, uintptr_t *at)
{
	struct memory_window *w = &a->window[a->windows++];
	size_t size = m->region[p->region].platform->size;

	w->platform = p;
	w->region = &m->region[p->region];
	/* What follows in physical memory follows for the CPU: stacks that lay out several regions as one need that. */
	if (a->windows > 1 && memory_end(w[-1].region) == w->region->platform->start)
		*at -= GUARD;
	w->va = *at;
	*at += size + GUARD;
	if (p->cached)
		w->region->views |= 1u << a->cluster;
	w->copied = memory_is_copied(a->cpu, p);
	w->region->tracked |= p->cached || w->copied || m->nowhere.granule;
	return memory_show(m, a, w, w->va, size, w->region->offset);
}

/* Before a cache that holds physical lines an IOMMU may lead a cached window to any memory. */
static void memory_cache_anything(struct memory *m, const struct memory_agent *a)
{
	bool cached = false;

	for (unsigned int i = 0; i < a->windows && a->cpu->translation == PLATFORM_TRANSLATED_BEFORE_CACHE; i++)
		cached |= a->window[i].platform->cached;
	for (unsigned int i = 0; cached && i < m->platform->regions; i++)
		if (m->region[i].granule) {
			m->region[i].views |= 1u << a->cluster;
			m->region[i].tracked = true;
		}
}

static bool memory_build_pages(struct memory_agent *a)
{
	a->page = memory_map(a->agent->hook.shared_size / MEMORY_PAGE + 1);
	if (!a->page)
		return false;
	for (unsigned int i = 0; i < a->windows; i++) {
		const struct memory_window *w = &a->window[i];
		size_t first = (w->va - a->agent->hook.base - a->agent->hook.private_size) / MEMORY_PAGE;

		memset(a->page + first, (int)i + 1, w->region->platform->size / MEMORY_PAGE);
	}
	return true;
}

/* A program's cores have one address space. */
static void memory_share_addresses(struct memory *m, unsigned int id)
{
	struct memory_agent *a = &m->agent[id];
	const struct memory_agent *boot = memory_boot(m, id);

	memcpy(a->window, boot->window, sizeof(a->window));
	a->windows = boot->windows;
	a->copy = boot->copy;
}

static bool memory_map_windows(struct memory *m, unsigned int id, uintptr_t base, uintptr_t *at)
{
	const struct platform_cpu *cpu = &m->platform->cpu[id];
	struct memory_agent *a = &m->agent[id];

	if ((memory_needs_copy(cpu) && !memory_file(m->size, "copy", &a->copy_fd, &a->copy)) ||
	    !memory_map_at(base, cpu->private_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0))
		return false;
	for (unsigned int i = 0; i < cpu->windows; i++)
		if (!memory_map_window(m, a, &cpu->window[i], at) || *at > base + MEMORY_VA_STEP)
			return false;
	return true;
}

static bool memory_map_agent(struct memory *m, unsigned int id, char *why, size_t why_size)
{
	const struct platform_cpu *cpu = &m->platform->cpu[id];
	struct memory_agent *a = &m->agent[id];
	struct hook *h = &m->engine->agent[id].hook;
	uintptr_t base = MEMORY_VA_BASE + platform_boot(m->platform, id) * MEMORY_VA_STEP, at = base + cpu->private_size + GUARD;

	a->agent = &m->engine->agent[id];
	a->cpu = cpu;
	a->buffer = (struct store_buffer){ .size = cpu->store_buffer, .line_bytes = cpu->line_bytes };
	snprintf(why, why_size, "memory: no room for the view of %s: %s", cpu->name, strerror(ENOMEM));
	if (!memory_join_cluster(m, id) || !tags_init(&a->tags, &cpu->cache))
		return false;
	if (cpu->core)
		memory_share_addresses(m, id);
	else if (!memory_map_windows(m, id, base, &at))
		return false;
	h->base = base;
	h->private_size = cpu->private_size;
	h->private_is_shared = cpu->cores > 1;
	h->shared_size = cpu->core ? memory_boot(m, id)->agent->hook.shared_size : at - base - cpu->private_size;
	h->line_shift = (unsigned int)__builtin_ctz(cpu->line_bytes);
	h->atomic_bytes = cpu->atomic_bytes;
	h->line_flags = memory_map(h->shared_size >> h->line_shift);
	h->touch = memory_map((h->shared_size >> h->line_shift) * sizeof(*h->touch));
	a->touched = memory_map((h->shared_size >> h->line_shift) * sizeof(*a->touched));
	memory_cache_anything(m, a);
	return h->line_flags && h->touch && a->touched && memory_build_pages(a) &&
	       memory_mapping_init(m, a, at, base + MEMORY_VA_STEP);
}

struct memory *memory_new(struct engine *engine, const struct platform *platform, struct bus *bus, char *why,
			  size_t why_size)
{
	struct memory *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->engine = engine;
	m->platform = platform;
	m->fd = -1;
	m->bus = bus;
	m->rules = (struct line_rules){ .cap = platform->history ? platform->history : MEMORY_HISTORY_CAP,
					.ops = &memory_line_ops, .ctx = m };
	for (unsigned int id = 0; id < platform->cpus; id++)
		m->agent[id].copy_fd = -1;
	bool built = true;

	/* Before anything else is mapped that could come to lie there. */
	for (unsigned int id = 0; built && id < platform->cpus; id++)
		built = platform->cpu[id].core || memory_reserve(MEMORY_VA_BASE + id * MEMORY_VA_STEP, why, why_size);
	if (built) {
		snprintf(why, why_size, "memory: no room for %u regions", platform->regions);
		built = memory_lay_out_regions(m);
	}
	for (unsigned int i = 0; built && i < platform->second_levels; i++)
		built = tags_init(&m->second_level[i], &platform->second_level[i]);
	for (unsigned int id = 0; built && id < platform->cpus; id++)
		built = memory_map_agent(m, id, why, why_size);
	if (built) {
		for (unsigned int i = 0; i < platform->regions; i++)
			if (m->region[i].granule)
				memory_fill(m->bytes + m->region[i].offset, platform->region[i].start,
					    platform->region[i].size);
		return m;
	}
	memory_free(m);
	return NULL;
}

static void memory_unmap(void *p, size_t size)
{
	if (p)
		munmap(p, size);
}

static void memory_close(const struct memory *m, int fd, uint8_t *alias)
{
	if (fd < 0)
		return;
	memory_unmap(alias, m->size);
	close(fd);
}

static void memory_free_agent(struct memory *m, struct memory_agent *a)
{
	struct hook *h = a->agent ? &a->agent->hook : NULL;

	tags_fini(&a->tags);
	memory_mapping_fini(m, a);
	memory_close(m, a->copy_fd, a->copy);
	if (!h || !h->base)
		return;
	memory_unmap(a->page, h->shared_size / MEMORY_PAGE + 1);
	memory_unmap(a->touched, (h->shared_size >> h->line_shift) * sizeof(*a->touched));
	memory_unmap(h->line_flags, h->shared_size >> h->line_shift);
	memory_unmap(h->touch, (h->shared_size >> h->line_shift) * sizeof(*h->touch));
	if (!a->cpu->core)
		munmap((void *)h->base, MEMORY_VA_STEP);
	h->base = 0;
}

void memory_free(struct memory *m)
{
	for (unsigned int id = 0; id < m->platform->cpus; id++)
		memory_free_agent(m, &m->agent[id]);
	for (unsigned int i = 0; i < m->platform->regions; i++)
		if (m->region[i].granule)
			munmap(m->region[i].granule, m->region[i].platform->size / LINE_MAX * sizeof(uint32_t));
	for (unsigned int i = 0; i < m->rules.views; i += m->cluster[i].views) {
		memory_close(m, m->cluster[i].fd, m->cluster[i].bytes);
		memory_unmap(m->cluster[i].home, m->pages * sizeof(*m->cluster[i].home));
	}
	memory_unmap(m->nowhere.granule, m->nowhere.offset / LINE_MAX * sizeof(*m->nowhere.granule));
	for (unsigned int i = 0; i < m->platform->second_levels; i++)
		tags_fini(&m->second_level[i]);
	memory_close(m, m->fd, m->bytes);
	memory_unmap(m->granule, m->granules_max * sizeof(*m->granule));
	memory_unmap(m->pool.snaps, (size_t)m->pool.size * sizeof(*m->pool.snaps));
	free(m->store);
	free(m);
}

void memory_limit_heap(struct memory *m, const struct agent *agent, uintptr_t unused, uintptr_t end)
{
	uintptr_t *closed = &memory_boot(m, agent->id)->heap_closed, close = (unused + MEMORY_PAGE - 1) & ~(uintptr_t)(MEMORY_PAGE - 1);

	end &= ~(uintptr_t)(MEMORY_PAGE - 1);
	if (close > end)
		close = end;
	if (!*closed)
		*closed = end;
	if (close < *closed)
		mprotect((void *)close, *closed - close, PROT_NONE);
	else if (close > *closed)
		mprotect((void *)*closed, close - *closed, PROT_READ | PROT_WRITE);
	*closed = close;
}

uint8_t *memory_private(struct memory *m, unsigned int id)
{
	return (uint8_t *)m->agent[id].agent->hook.base;
}
