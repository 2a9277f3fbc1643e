/* SPDX-License-Identifier: BSD-3-Clause */
/* Contiguous mappings of buffers that lie in pieces: see memory_mapping.h. Where a mapped address is at home memory_find.c knows. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "models/memory_internal.h"
#include "models/memory_mapping.h"

/* ---- Mapping ----------------------------------------------------------------------------------------- */

static struct memory_mapping *mapping_find(struct memory_mappings *s, uint32_t handle)
{
	for (unsigned int i = 0; i < s->mappings; i++)
		if (s->mapping[i].handle == handle)
			return &s->mapping[i];
	return NULL;
}

static bool mapping_is_free(const struct memory_mappings *s, size_t page)
{
	return !s->home[page] || s->home[page] & MEMORY_GONE;
}

/* So many free pages in a row from `from` on; where they begin, or s->pages. */
static size_t mapping_look(const struct memory_mappings *s, size_t from, size_t wanted)
{
	for (size_t first = from, at = from; at < s->pages; at++) {
		if (!mapping_is_free(s, at))
			first = at + 1;
		else if (at + 1 - first == wanted)
			return first;
	}
	return s->pages;
}

/* Pages for a buffer, and one behind it that nobody has. */
static size_t mapping_place(struct memory_mappings *s, size_t pages)
{
	size_t first = mapping_look(s, s->next, pages + 1);

	if (first == s->pages)
		first = mapping_look(s, 0, pages + 1);
	if (first == s->pages)
		return first;
	s->next = first + pages + 1;
	s->used = s->next > s->used ? s->next : s->used;
	return first;
}

/* Window by window, so that whatever it maps comes along. */
static bool mapping_show(struct memory *m, struct memory_mappings *s, uintptr_t va, uintptr_t home, size_t size)
{
	struct memory_window *w = memory_window(s->owner, home);

	for (size_t i = 0; i < size; i += MEMORY_PAGE)
		s->home[(va - s->start + i) / MEMORY_PAGE] = home + i;
	if (!memory_show(m, s->owner, w, va, size, w->region->offset + (home - w->va)))
		return false;
	memory_translate_again(m, s->owner, w->region->platform->start + (home - w->va), size);
	return true;
}

static bool mapping_show_all(struct memory *m, struct memory_mappings *s, uintptr_t va,
			     const struct heaps_buffer *buffer)
{
	for (unsigned int i = 0; i < buffer->runs; i++) {
		const struct heaps_run *run = &buffer->run[i];

		if (!mapping_show(m, s, va, memory_da_to_va(m, s->owner->agent, run->start, run->size), run->size))
			return false;
		va += run->size;
	}
	return true;
}

uintptr_t memory_mapping_map(struct memory *m, const struct agent *agent, const struct heaps_buffer *buffer)
{
	struct memory_mappings *s = m->agent[agent->id].mappings;
	struct memory_mapping *mapping = s ? mapping_find(s, buffer->handle) : NULL;

	if (mapping)
		return s->start + mapping->first * MEMORY_PAGE;
	if (!s || s->mappings == HEAPS_BUFFERS_MAX)
		return 0;
	size_t pages = buffer->size / MEMORY_PAGE, first = mapping_place(s, pages);

	if (first == s->pages)
		return 0;
	s->mapping[s->mappings++] = (struct memory_mapping){ buffer->handle, first, pages };
	if (mapping_show_all(m, s, s->start + first * MEMORY_PAGE, buffer))
		return s->start + first * MEMORY_PAGE;
	memory_mapping_unmap(m, agent, buffer->handle);
	return 0;
}

/* Some core's store there is hooked, and perhaps done, but not retired: it is looked at once more. */
static bool mapping_is_open(const struct memory *m, const struct memory_mappings *s, uintptr_t va, size_t size)
{
	for (unsigned int id = 0; id < m->platform->cpus; id++) {
		const struct agent *agent = m->agent[id].agent;

		for (unsigned int i = 0; m->agent[id].mappings == s && i < agent->stores; i++)
			if (agent->store[i].address < va + size && va < agent->store[i].address + agent->store[i].size)
				return true;
	}
	return false;
}

static void mapping_hide(const struct memory *m, const struct memory_mappings *s, uintptr_t va, size_t size)
{
	if (!mapping_is_open(m, s, va, size))
		mmap((void *)va, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

void memory_mapping_unmap(struct memory *m, const struct agent *agent, uint32_t handle)
{
	struct memory_mappings *s = m->agent[agent->id].mappings;
	struct memory_mapping *mapping = s ? mapping_find(s, handle) : NULL;

	if (!mapping)
		return;
	for (size_t i = 0; i < mapping->pages; i++)
		s->home[mapping->first + i] |= MEMORY_GONE;
	mapping_hide(m, s, s->start + mapping->first * MEMORY_PAGE, mapping->pages * MEMORY_PAGE);
	*mapping = s->mapping[--s->mappings];
}

/* ---- The whole --------------------------------------------------------------------------------------- */

/* The agent has a window on memory that may be given out in pieces. */
static bool mapping_is_wanted(const struct memory *m, const struct memory_agent *a)
{
	const struct platform_heaps *heaps = &m->platform->heaps;
	bool wanted = false;

	for (unsigned int i = 0; i < heaps->heaps; i++)
		for (unsigned int n = 0; n < a->windows; n++)
			wanted |= heaps->heap[i].kind == TRACE_HEAP_KIND_SYSTEM && heaps->heap[i].backed &&
				  a->window[n].region->platform->start == heaps->heap[i].start;
	return wanted;
}

/* An earlier agent's whose addresses are the same. */
static struct memory_mappings *mapping_shared(const struct memory *m, const struct memory_agent *a)
{
	for (const struct memory_agent *other = m->agent; other < a; other++)
		if (other->mappings && other->agent->hook.base == a->agent->hook.base)
			return other->mappings;
	return NULL;
}

bool memory_mapping_init(struct memory *m, struct memory_agent *a, uintptr_t start, uintptr_t end)
{
	struct memory_mappings *s;

	a->mappings = mapping_shared(m, a);
	if (a->mappings || !mapping_is_wanted(m, a))
		return true;
	a->mappings = s = calloc(1, sizeof(*s));
	if (!s)
		return false;
	s->owner = a;
	s->start = start;
	s->pages = (end - start) / MEMORY_PAGE;
	s->home = calloc(s->pages, sizeof(*s->home));
	return s->home;
}

void memory_mapping_fini(struct memory *m, struct memory_agent *a)
{
	struct memory_mappings *s = a->mappings;

	if (!s)
		return;
	for (unsigned int id = 0; id < m->platform->cpus; id++)
		if (m->agent[id].mappings == s)
			m->agent[id].mappings = NULL;
	free(s->home);
	free(s);
}

void memory_mapping_reset(const struct memory *m, struct memory_agent *a)
{
	struct memory_mappings *s = a->mappings;

	if (!s || !s->used)
		return;
	mapping_hide(m, s, s->start, s->used * MEMORY_PAGE);
	memset(s->home, 0, s->used * sizeof(*s->home));
	s->mappings = 0;
	s->next = s->used = 0;
}
