/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several cores: what a device tree says of them with "cpus" of a domain, which names a CPU's node and a mask of its cores,
 * and "sbesim,coherent-cores" of that node. Cores of such a node are one cluster: their caches are coherent, for software
 * one cache. Without that property each domain has one core, and what two cores hold is not coherent.
 */
#include <stdio.h>
#include <string.h>

#include "models/platform_reader.h"

/* Cells are those of openamp,domain-v1: the node, the mask, the mode. */
static uint32_t platform_core_mask(const struct platform_reader *r, int domain)
{
	int size;
	const fdt32_t *p = fdt_getprop(r->fdt, domain, "cpus", &size);

	return p && size >= 8 ? fdt32_to_cpu(p[1]) : 1;
}

/* Two domains may have cores of one cluster, and none twice. */
static bool platform_join(struct platform_reader *r, int domain, int node, uint32_t mask, struct platform_cpu *cpu)
{
	for (unsigned int id = 0; id < r->platform->cpus; id++) {
		if (r->cpu_node[id] != node)
			continue;
		if (r->cpu_mask[id] & mask)
			return platform_fail(r, "node %s: cpus: expected cores that no other domain has, seen mask 0x%x",
					     fdt_get_name(r->fdt, domain, NULL), mask);
		if (!cpu->shares_cache)
			cpu->shares_cache = 1 + id;
	}
	return true;
}

bool platform_read_cores(struct platform_reader *r, int domain, int node, struct platform_cpu *cpu)
{
	uint32_t mask = platform_core_mask(r, domain), cores;
	unsigned int id = (unsigned int)(cpu - r->platform->cpu);

	cpu->cores = mask ? (unsigned int)__builtin_popcount(mask) : 1;
	r->cpu_node[id] = node;
	r->cpu_mask[id] = mask;
	if (!platform_optional_u32(r, node, "sbesim,coherent-cores", 0, &cores))
		return false;
	if (!cores)
		return cpu->cores == 1 ||
		       platform_fail(r, "node %s: cpus: expected one core, as %s has no sbesim,coherent-cores, seen mask 0x%x",
				     fdt_get_name(r->fdt, domain, NULL), fdt_get_name(r->fdt, node, NULL), mask);
	if (cores > 32 || !mask || (cores < 32 && mask >> cores) || cpu->cores > PLATFORM_CORES_MAX)
		return platform_fail(r, "node %s: cpus: expected 1 to %d of the %u sbesim,coherent-cores, seen mask 0x%x",
				     fdt_get_name(r->fdt, domain, NULL), PLATFORM_CORES_MAX, cores, mask);
	return platform_join(r, domain, node, mask, cpu);
}

/* What is the cluster's is the first's: memory, stream, second level. Channels, rights and heaps are the domain's, not the core's. */
static void platform_add_core(struct platform *p, unsigned int boot, unsigned int core)
{
	struct platform_cpu *cpu = &p->cpu[p->cpus];
	size_t used;

	*cpu = p->cpu[boot];
	cpu->core = core;
	cpu->boot = boot;
	if (!cpu->shares_cache)
		cpu->shares_cache = 1 + boot;
	cpu->channels = 0;
	cpu->power.dmas = 0;
	cpu->power.boot_ns = 0;
	cpu->bus_priority = p->cpus++;
	used = strlen(cpu->name);
	snprintf(cpu->name + used, sizeof(cpu->name) - used, ".%u", core);
}

/* An IOMMU behind a shared cache translates for all that share it. */
static bool platform_check_cluster(struct platform_reader *r, unsigned int id)
{
	const struct platform_cpu *cpu = &r->platform->cpu[id];
	const struct platform_cpu *first = &r->platform->cpu[cpu->shares_cache - 1];

	return (cpu->translation == first->translation && cpu->stream == first->stream) ||
	       platform_fail(r, "node %s: iommus: expected the same for all domains with cores of one cluster",
			     fdt_get_name(r->fdt, r->cpu_node[id], NULL));
}

bool platform_add_cores(struct platform_reader *r)
{
	struct platform *p = r->platform;
	unsigned int domains = p->cpus;

	for (unsigned int id = 0; id < domains; id++) {
		if (p->cpu[id].shares_cache && !platform_check_cluster(r, id))
			return false;
		for (unsigned int core = 1; core < p->cpu[id].cores; core++)
			platform_add_core(p, id, core);
	}
	return true;
}

_Static_assert(2 * PLATFORM_CORES_MAX <= PLATFORM_CPUS_MAX, "two domains");
