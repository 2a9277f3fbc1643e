/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads what a device tree says of heaps (children of /reserved-memory that have sbesim,heap) and of what domains own
 * at power-on (sbesim,granted-... of a domain); see platform_heaps.h. A tree that says nothing of them has no heaps, and
 * everybody may use everything.
 */
#include <string.h>

#include "models/platform_reader.h"

#define HEAP_PAGE_SMALL UINT64_C(0x1000)
#define HEAP_PAGE_LARGE UINT64_C(0x200000)
#define HEAP_PAGE_HUGE UINT64_C(0x40000000)
#define HEAP_UNIT UINT64_C(64)	/* of carve-outs: the longest line, so that two never share one */

bool platform_resource_is_shared(enum trace_resource resource)
{
	switch (resource) {
	case TRACE_RESOURCE_MEMORY:
	case TRACE_RESOURCE_CLOCK:
	case TRACE_RESOURCE_POWER_DOMAIN:
	case TRACE_RESOURCE_BANDWIDTH:
		return true;
	case TRACE_RESOURCE_IRQ:
	case TRACE_RESOURCE_STREAM:
	case TRACE_RESOURCE_DMA_CHANNEL:
		return false;
	}
	return false;
}

static const char *platform_node(struct platform_reader *r, int node)
{
	return fdt_get_name(r->fdt, node, NULL);
}

/* ---- Heaps ------------------------------------------------------------------------------------------ */

bool platform_is_unbacked_heap(struct platform_reader *r, int node)
{
	return platform_has(r, node, "sbesim,heap") && !platform_has(r, node, "sbesim,kind");
}

static bool platform_heap_read_page(struct platform_reader *r, int node, struct platform_heap *heap)
{
	uint32_t page;

	heap->page = HEAP_UNIT;
	if (heap->kind == TRACE_HEAP_KIND_CARVEOUT)
		return !platform_has(r, node, "sbesim,page-size") ||
		       platform_fail(r, "node %s: sbesim,page-size: expected none, a pool of carve-outs has no pages",
				     platform_node(r, node));
	if (!platform_optional_u32(r, node, "sbesim,page-size", HEAP_PAGE_SMALL, &page))
		return false;
	heap->page = page;
	return page == HEAP_PAGE_SMALL || page == HEAP_PAGE_LARGE || page == HEAP_PAGE_HUGE ||
	       platform_fail(r, "node %s: sbesim,page-size: expected 0x1000, 0x200000 or 0x40000000, seen 0x%x",
			     platform_node(r, node), page);
}

static bool platform_heap_read_range(struct platform_reader *r, int node, struct platform_heap *heap)
{
	int size;
	const fdt32_t *reg = fdt_getprop(r->fdt, node, "reg", &size);

	if (!reg || size != 16)
		return platform_fail(r, "node %s: expected two 64-bit values (address, size) in reg", platform_node(r, node));
	heap->start = (uint64_t)fdt32_to_cpu(reg[0]) << 32 | fdt32_to_cpu(reg[1]);
	heap->size = (uint64_t)fdt32_to_cpu(reg[2]) << 32 | fdt32_to_cpu(reg[3]);
	if (!heap->size || heap->start > PLATFORM_HEAP_END_MAX || heap->size > PLATFORM_HEAP_END_MAX - heap->start)
		return platform_fail(r, "node %s: reg: expected addresses below 0x%llx", platform_node(r, node),
				     (unsigned long long)PLATFORM_HEAP_END_MAX);
	return heap->start % heap->page + heap->size % heap->page == 0 ||
	       platform_fail(r, "node %s: reg: expected whole pages of 0x%llx", platform_node(r, node),
			     (unsigned long long)heap->page);
}

static bool platform_heap_overlaps(const struct platform_heap *heap, uint64_t start, uint64_t size)
{
	return heap->start < start + size && start < heap->start + heap->size;
}

/* What is backed was compared with all regions when it was read as one. */
static bool platform_heap_is_apart(struct platform_reader *r, int node, const struct platform_heap *heap)
{
	const struct platform *p = r->platform;

	for (unsigned int i = 0; !heap->backed && i < p->regions; i++)
		if (platform_heap_overlaps(heap, p->region[i].start, p->region[i].size))
			return platform_fail(r, "node %s: reg: overlaps %s", platform_node(r, node), p->region[i].name);
	for (unsigned int i = 0; i < p->heaps.heaps; i++)
		if (platform_heap_overlaps(heap, p->heaps.heap[i].start, p->heaps.heap[i].size))
			return platform_fail(r, "node %s: reg: overlaps %s", platform_node(r, node), p->heaps.heap[i].name);
	return true;
}

static bool platform_heap_backing_fits(struct platform_reader *r, int node, const struct platform_heap *heap)
{
	for (unsigned int i = 0; i < r->platform->regions; i++) {
		const struct platform_region *region = &r->platform->region[i];

		if (heap->backed && region->start == heap->start && region->kind != TRACE_REGION_KIND_DATA &&
		    region->kind != TRACE_REGION_KIND_CONTROL)
			return platform_fail(r, "node %s: sbesim,kind: expected data or control in a heap, seen \"%s\"",
					     platform_node(r, node), trace_enum_name("region_kind", region->kind));
	}
	return true;
}

static bool platform_heap_read(struct platform_reader *r, int node)
{
	static const char *const kinds[] = { "system", "cma", "secure", "carveout" };	/* enum trace_heap_kind */
	struct platform_heaps *heaps = &r->platform->heaps;
	struct platform_heap *heap = &heaps->heap[heaps->heaps];
	size_t length = strcspn(platform_node(r, node), "@");
	int kind;

	if (heaps->heaps == PLATFORM_HEAPS_MAX || length >= sizeof(heap->name))
		return platform_fail(r, "node %s: at most %d heaps with names of less than %zu bytes", platform_node(r, node),
				     PLATFORM_HEAPS_MAX, sizeof(heap->name));
	kind = platform_choice(r, node, "sbesim,heap", kinds, 4);
	if (kind < 0)
		return false;
	*heap = (struct platform_heap){ .kind = (enum trace_heap_kind)kind,
					.backed = !platform_is_unbacked_heap(r, node) };
	memcpy(heap->name, platform_node(r, node), length);
	if (!platform_heap_read_page(r, node, heap) || !platform_heap_read_range(r, node, heap) ||
	    !platform_heap_is_apart(r, node, heap) || !platform_heap_backing_fits(r, node, heap))
		return false;
	heaps->heaps++;
	return true;
}

bool platform_read_heaps(struct platform_reader *r)
{
	int node, parent = fdt_path_offset(r->fdt, "/reserved-memory");

	fdt_for_each_subnode(node, r->fdt, parent)
		if (platform_has(r, node, "sbesim,heap") && !platform_heap_read(r, node))
			return false;
	return true;
}

/* ---- Grants ----------------------------------------------------------------------------------------- */

static bool platform_grant_add(struct platform_reader *r, int domain, const char *property, struct platform_grant grant)
{
	struct platform_heaps *heaps = &r->platform->heaps;

	if (heaps->grants == PLATFORM_GRANTS_MAX)
		return platform_fail(r, "node %s: %s: at most %d grants", platform_node(r, domain), property,
				     PLATFORM_GRANTS_MAX);
	for (unsigned int i = 0; i < heaps->grants; i++) {
		const struct platform_grant *g = &heaps->grant[i];

		if (g->resource == grant.resource && g->id == grant.id &&
		    (g->owner == grant.owner || !platform_resource_is_shared(grant.resource)))
			return platform_fail(r, "node %s: %s: 0x%llx is granted already", platform_node(r, domain), property,
					     (unsigned long long)grant.id);
	}
	heaps->grant[heaps->grants++] = grant;
	return true;
}

static const struct platform_window *platform_grant_window(const struct platform_cpu *cpu, const char *name)
{
	for (unsigned int i = 0; i < cpu->windows; i++)
		if (strcmp(cpu->window[i].name, name) == 0)
			return &cpu->window[i];
	return NULL;
}

static bool platform_grant_read_memory(struct platform_reader *r, int domain, unsigned int owner)
{
	static const char property[] = "sbesim,granted-memory";
	const char *name;

	if (platform_has(r, domain, property) && fdt_stringlist_count(r->fdt, domain, property) < 0)
		return platform_fail(r, "node %s: %s: expected strings", platform_node(r, domain), property);
	for (int i = 0; (name = fdt_stringlist_get(r->fdt, domain, property, i, NULL)); i++) {
		const struct platform_window *w = platform_grant_window(&r->platform->cpu[owner], name);

		if (!w)
			return platform_fail(r, "node %s: %s: expected names of its shared memory-regions, seen \"%.32s\"",
					     platform_node(r, domain), property, name);
		if (!platform_grant_add(r, domain, property,
			       (struct platform_grant){ .resource = TRACE_RESOURCE_MEMORY, .owner = owner,
							.id = r->platform->region[w->region].start }))
			return false;
	}
	return true;
}

static bool platform_grant_read_numbers(struct platform_reader *r, int domain, unsigned int owner, const char *property,
			       enum trace_resource resource)
{
	int size = 0;
	const fdt32_t *p = fdt_getprop(r->fdt, domain, property, &size);

	if (p && size % 4)
		return platform_fail(r, "node %s: %s: expected 32-bit cells, seen %d bytes", platform_node(r, domain), property,
				     size);
	for (int i = 0; p && i < size / 4; i++)
		if (!platform_grant_add(r, domain, property,
			       (struct platform_grant){ .resource = resource, .owner = owner, .id = fdt32_to_cpu(p[i]) }))
			return false;
	return true;
}

static bool platform_grant_read_bandwidth(struct platform_reader *r, int domain, unsigned int owner)
{
	static const char property[] = "sbesim,granted-bandwidth-mb-s";
	struct platform_grant grant = { .resource = TRACE_RESOURCE_BANDWIDTH, .owner = owner };

	if (!platform_has(r, domain, property))
		return true;
	return platform_u32(r, domain, property, &grant.amount) && platform_grant_add(r, domain, property, grant);
}

bool platform_read_grants(struct platform_reader *r, int domain, unsigned int owner)
{
	static const struct {
		const char *property;
		enum trace_resource resource;
	} numbers[] = {
		{ "sbesim,granted-irqs", TRACE_RESOURCE_IRQ },
		{ "sbesim,granted-clocks", TRACE_RESOURCE_CLOCK },
		{ "sbesim,granted-power-domains", TRACE_RESOURCE_POWER_DOMAIN },
		{ "sbesim,granted-streams", TRACE_RESOURCE_STREAM },
		{ "sbesim,granted-dma-channels", TRACE_RESOURCE_DMA_CHANNEL },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!platform_grant_read_numbers(r, domain, owner, numbers[i].property, numbers[i].resource))
			return false;
	return platform_grant_read_memory(r, domain, owner) && platform_grant_read_bandwidth(r, domain, owner);
}
