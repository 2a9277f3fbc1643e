/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads what decides when things happen on a platform, and nothing else: caches, costs of cores, slaves of the bus. The
 * properties and their units are in docs/platforms.md.
 */
#include <string.h>

#include "models/platform_reader.h"

#define PLATFORM_NS_MAX 1000000u	/* a millisecond */
#define PLATFORM_LINE_WITHOUT_CACHE 32

static const char *platform_node(struct platform_reader *r, int node)
{
	return fdt_get_name(r->fdt, node, NULL);
}

/* One of `n` strings, whose number goes to *value. */
static bool platform_one_of(struct platform_reader *r, int node, const char *name, const char *const *strings,
			    unsigned int n, unsigned int *value)
{
	char text[PLATFORM_NAME_MAX], wanted[128] = "";

	if (!platform_string(r, node, name, text, sizeof(text)))
		return false;
	for (*value = 0; *value < n; (*value)++) {
		if (strcmp(strings[*value], text) == 0)
			return true;
		strncat(wanted, *value ? ", " : "", sizeof(wanted) - strlen(wanted) - 1);
		strncat(wanted, strings[*value], sizeof(wanted) - strlen(wanted) - 1);
	}
	return platform_fail(r, "node %s: %s: expected one of %s, seen \"%s\"", platform_node(r, node), name, wanted,
			     text);
}

/* ---- Slaves ------------------------------------------------------------------------------------------- */

bool platform_read_bus(struct platform_reader *r)
{
	static const char *const ways[] = { "round-robin", "fixed-priority" };
	int node = fdt_path_offset(r->fdt, "/bus");
	unsigned int way = 0;

	if (node >= 0 && platform_has(r, node, "sbesim,arbitration") &&
	    !platform_one_of(r, node, "sbesim,arbitration", ways, 2, &way))
		return false;
	r->platform->fixed_priority = way == 1;
	return true;
}

static bool platform_read_latencies(struct platform_reader *r, int node, struct platform_slave *s)
{
	int size;
	const fdt32_t *ns = fdt_getprop(r->fdt, node, "sbesim,latency-ns", &size);

	if (!ns || size != 8)
		return platform_fail(r, "node %s: expected two cells (read, write) in sbesim,latency-ns",
				     platform_node(r, node));
	s->read_ns = fdt32_to_cpu(ns[0]);
	s->write_ns = fdt32_to_cpu(ns[1]);
	if (s->read_ns > PLATFORM_NS_MAX || s->write_ns > PLATFORM_NS_MAX)
		return platform_fail(r, "node %s: sbesim,latency-ns: expected at most %u, seen %u and %u",
				     platform_node(r, node), PLATFORM_NS_MAX, s->read_ns, s->write_ns);
	if (!platform_u32(r, node, "sbesim,bandwidth-mb-s", &s->bandwidth_mb_s))
		return false;
	if (!s->bandwidth_mb_s)
		return platform_fail(r, "node %s: sbesim,bandwidth-mb-s: expected at least 1", platform_node(r, node));
	return true;
}

static bool platform_read_banks(struct platform_reader *r, int node, struct platform_slave *s)
{
	if (!platform_has(r, node, "sbesim,banks"))
		return true;
	if (!platform_u32(r, node, "sbesim,banks", &s->banks) ||
	    !platform_u32(r, node, "sbesim,row-bytes", &s->row_bytes) ||
	    !platform_u32(r, node, "sbesim,row-hit-ns", &s->row_hit_ns) ||
	    !platform_u32(r, node, "sbesim,row-miss-ns", &s->row_miss_ns))
		return false;
	if (!s->banks || s->banks > PLATFORM_BANKS_MAX || !s->row_bytes)
		return platform_fail(r, "node %s: expected sbesim,banks from 1 to %d and sbesim,row-bytes above 0, "
				     "seen %u and %u", platform_node(r, node), PLATFORM_BANKS_MAX, s->banks,
				     s->row_bytes);
	if (s->row_hit_ns > s->row_miss_ns || s->row_miss_ns > PLATFORM_NS_MAX)
		return platform_fail(r, "node %s: sbesim,row-miss-ns: expected sbesim,row-hit-ns (%u) to %u, seen %u",
				     platform_node(r, node), s->row_hit_ns, PLATFORM_NS_MAX, s->row_miss_ns);
	return true;
}

/* Its index goes to *index. There are never more than regions. */
static bool platform_add_slave(struct platform_reader *r, int node, unsigned int *index)
{
	struct platform *p = r->platform;
	struct platform_slave *s = &p->slave[p->slaves];
	const char *name = platform_node(r, node);
	size_t size = strcspn(name, "@");

	for (*index = 0; *index < p->slaves; (*index)++)
		if (r->slave_node[*index] == node)
			return true;
	if (size >= sizeof(s->name))
		return platform_fail(r, "node %s: expected a name of less than %d bytes", name, PLATFORM_NAME_MAX);
	memcpy(s->name, name, size);
	r->slave_node[p->slaves++] = node;
	return platform_read_latencies(r, node, s) && platform_read_banks(r, node, s);
}

bool platform_read_slave(struct platform_reader *r, int node, struct platform_region *region)
{
	bool other = platform_has(r, node, "sbesim,slave"), own = platform_has(r, node, "sbesim,latency-ns");

	region->may_fail = platform_has(r, node, "sbesim,may-fail");
	region->served = other || own || region->kind != TRACE_REGION_KIND_PRIVATE;
	if (platform_has(r, node, "sbesim,hole"))
		region->served = false;
	if (!region->served)
		return true;
	if (other)
		node = platform_phandle(r, node, "sbesim,slave", 0);
	return node >= 0 && platform_add_slave(r, node, &region->slave);
}

/* ---- Caches ------------------------------------------------------------------------------------------- */

/* `prefix` is "d-" or "". */
static bool platform_read_cache(struct platform_reader *r, int node, const char *prefix, struct platform_cache *c)
{
	static const char *const policies[] = { "lru", "tree-plru", "random" };
	const struct {
		const char *name;
		uint32_t *value;
	} wanted[] = { { "cache-line-size", &c->line_bytes }, { "cache-size", &c->bytes }, { "cache-sets", &c->sets } };
	unsigned int policy = PLATFORM_REPLACEMENT_LRU;
	char name[PLATFORM_NAME_MAX];

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", prefix, wanted[i].name);
		if (!platform_u32(r, node, name, wanted[i].value))
			return false;
	}
	if (platform_has(r, node, "sbesim,replacement") &&
	    !platform_one_of(r, node, "sbesim,replacement", policies, 3, &policy))
		return false;
	c->replacement = (enum platform_replacement)policy;
	return true;
}

static bool platform_check_cache(struct platform_reader *r, int node, const char *prefix,
				 const struct platform_cache *c)
{
	uint64_t way = (uint64_t)c->sets * c->line_bytes;

	if (c->line_bytes != 32 && c->line_bytes != 64)
		return platform_fail(r, "node %s: expected %scache-line-size 32 or 64, seen %u",
				     platform_node(r, node), prefix, c->line_bytes);
	if (!c->sets || (c->sets & (c->sets - 1)) || c->bytes % way || !c->bytes || c->bytes / way > PLATFORM_WAYS_MAX)
		return platform_fail(r, "node %s: expected %scache-size to be sets (a power of two) x ways (at most %d) "
				     "x line size, seen %u", platform_node(r, node), prefix, PLATFORM_WAYS_MAX,
				     c->bytes);
	if (c->replacement == PLATFORM_REPLACEMENT_TREE_PLRU && (c->bytes / way & (c->bytes / way - 1)))
		return platform_fail(r, "node %s: sbesim,replacement: tree-plru expects a power of two of ways, "
				     "seen %u", platform_node(r, node), (unsigned int)(c->bytes / way));
	return true;
}

static bool platform_read_second_level(struct platform_reader *r, int cpu_node, struct platform_cpu *cpu)
{
	struct platform *p = r->platform;
	struct platform_cache *c = &p->second_level[p->second_levels];
	int node = platform_phandle(r, cpu_node, "next-level-cache", 0);

	if (node < 0)
		return false;
	for (cpu->second_level = 1; cpu->second_level <= p->second_levels; cpu->second_level++)
		if (r->second_level_node[cpu->second_level - 1] == node)
			return true;
	r->second_level_node[p->second_levels++] = node;
	return platform_read_cache(r, node, "", c) && platform_check_cache(r, node, "", c);
}

static bool platform_read_caches(struct platform_reader *r, int node, struct platform_cpu *cpu)
{
	static const char *const any[] = { "d-cache-line-size", "d-cache-size", "d-cache-sets", "next-level-cache" };
	bool has = false;

	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++)
		has |= platform_has(r, node, any[i]);
	cpu->line_bytes = PLATFORM_LINE_WITHOUT_CACHE;
	if (!has)
		return true;
	if (!platform_read_cache(r, node, "d-", &cpu->cache) || !platform_check_cache(r, node, "d-", &cpu->cache))
		return false;
	cpu->line_bytes = cpu->cache.line_bytes;
	return !platform_has(r, node, "next-level-cache") || platform_read_second_level(r, node, cpu);
}

/* ---- Cores -------------------------------------------------------------------------------------------- */

static bool platform_read_costs(struct platform_reader *r, int node, struct platform_cpu *cpu)
{
	struct platform_costs *c = &cpu->costs;
	const struct {
		const char *name;
		uint32_t *value;
		bool wanted;
	} costs[] = {
		{ "sbesim,private-millicycles", &c->private_millicycles, true },
		{ "sbesim,l1-hit-cycles", &c->l1_hit, cpu->cache.bytes },
		{ "sbesim,l2-hit-cycles", &c->l2_hit, cpu->second_level },
		{ "sbesim,miss-cycles", &c->miss, cpu->cache.bytes },
		{ "sbesim,maintenance-cycles", &c->maintain_line, cpu->cache.bytes },
		{ "sbesim,uncached-load-cycles", &c->uncached_load, true },
		{ "sbesim,uncached-store-cycles", &c->uncached_store, true },
		{ "sbesim,barrier-cycles", &c->barrier, true },
		{ "sbesim,interrupt-entry-cycles", &c->interrupt_entry, true },
		{ "sbesim,interrupt-exit-cycles", &c->interrupt_exit, true },
		{ "sbesim,call-cycles", &c->seam_call, true },
	};

	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++)
		if (costs[i].wanted && !platform_u32(r, node, costs[i].name, costs[i].value))
			return false;
	return true;
}

bool platform_read_time(struct platform_reader *r, int node, struct platform_cpu *cpu)
{
	return platform_read_caches(r, node, cpu) && platform_read_costs(r, node, cpu);
}

bool platform_read_initiator(struct platform_reader *r, int domain, struct platform_cpu *cpu)
{
	for (unsigned int i = 0; i < cpu->windows; i++)
		if (cpu->window[i].cached && !cpu->cache.bytes)
			return platform_fail(r, "node %s: sbesim,cached: %s has no d-cache, seen \"%s\"",
					     platform_node(r, domain), cpu->name, cpu->window[i].name);
	return platform_optional_u32(r, domain, "sbesim,bandwidth-mb-s", 0, &cpu->bandwidth_mb_s) &&
	       platform_optional_u32(r, domain, "sbesim,priority", cpu->bus_priority, &cpu->bus_priority);
}
