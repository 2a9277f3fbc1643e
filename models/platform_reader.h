/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading a device tree: what the files that read the parts of a platform have in common. platform.c reads the tree,
 * its CPUs, memory and domains; a part of the hardware that has a node of its own reads that in platform_PART.c.
 */
#ifndef MODELS_PLATFORM_READER_H
#define MODELS_PLATFORM_READER_H

#include <libfdt.h>
#include <stddef.h>

#include "models/platform.h"

struct platform_reader {
	struct platform *platform;	/* being filled in */
	const char *path;
	const void *fdt;
	char *why;			/* of the first failure: "platform PATH: sentence" */
	size_t why_size;
	int slave_node[PLATFORM_SLAVES_MAX];	/* where each of platform->slave was read ... */
	int second_level_node[PLATFORM_CPUS_MAX];	/* ... of platform->second_level ... */
	int cpu_node[PLATFORM_CPUS_MAX];	/* ... and of platform->cpu */
	uint32_t cpu_mask[PLATFORM_CPUS_MAX];	/* the cores of that node that its domain has */
};

/* Says why, and is false. */
bool platform_fail(struct platform_reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Each false, and said, when the property is missing or not of that form. */
bool platform_u32(struct platform_reader *r, int node, const char *name, uint32_t *value);
/* True, and `missing`, when there is no such property. */
bool platform_optional_u32(struct platform_reader *r, int node, const char *name, uint32_t missing, uint32_t *value);
bool platform_string(struct platform_reader *r, int node, const char *name, char *value, size_t size);
/* The node that cell `index` of a property points to; -1, said, when there is none. */
int platform_phandle(struct platform_reader *r, int node, const char *name, int index);
/* Is `name` one of the strings of property `list`? */
bool platform_name_in(struct platform_reader *r, int node, const char *list, const char *name);
bool platform_has(struct platform_reader *r, int node, const char *name);

/* ---- platform_time.c: what decides when ------------------------------------------------------------------------ */
/* Of the node /bus, which may be missing. */
bool platform_read_bus(struct platform_reader *r);
/* The slave behind a region: the one that its node names, or the node itself; none in holes. */
bool platform_read_slave(struct platform_reader *r, int node, struct platform_region *region);
/* A CPU's caches and costs. */
bool platform_read_time(struct platform_reader *r, int node, struct platform_cpu *cpu);
/* A domain's place on the bus; and none of its windows is cached if its CPU has no cache. */
bool platform_read_initiator(struct platform_reader *r, int domain, struct platform_cpu *cpu);

/*
 * The second cell of entry `index` of "name = <&provider n>". False, said: not of that form, or the provider's
 * `cells` is not 1.
 */
bool platform_specifier(struct platform_reader *r, int node, const char *name, const char *cells, int index,
			uint32_t *value);
/* The index of the property's string among `names`; -1, said with all of them, when it is none. */
int platform_choice(struct platform_reader *r, int node, const char *property, const char *const names[], int count);
/* ---- platform_iommu.c: each false when something is said ----------------------------------------------- */
bool platform_read_iommu(struct platform_reader *r, int domain, struct platform_cpu *cpu);
bool platform_read_mpu(struct platform_reader *r, int node, struct platform_cpu *cpu);

/* ---- platform_cores.c: false when something is said -------------------------------------------------------- */
/* A domain's "cpus", whose node was found: how many cores, and with which earlier domain's they are one cluster. */
bool platform_read_cores(struct platform_reader *r, int domain, int node, struct platform_cpu *cpu);
/* After the domains: the cores that boot nothing. */
bool platform_add_cores(struct platform_reader *r);

/* ---- platform_power.c ------------------------------------------------------------------------------- */
/* A node's power-domains; 0: it has none. */
bool platform_read_power_domain(struct platform_reader *r, int node, uint32_t *domain);
/* Of a CPU's node, after its clock-frequency: the rates that its clock may have. */
bool platform_read_rates(struct platform_reader *r, int node, struct platform_cpu *cpu);
/* Of a domain's node: power domain, boot time, channels of the DMA engine and, with the first, that. */
bool platform_read_domain_power(struct platform_reader *r, int domain, struct platform_cpu *cpu);

/* ---- platform_mailbox.c ----------------------------------------------------------------------------- */
/* A domain's "mboxes" and the mailboxes that they name ... */
bool platform_read_mboxes(struct platform_reader *r, int domain, struct platform_cpu *cpu);
/* ... what their interrupts are called ... */
bool platform_read_interrupts(struct platform_reader *r, int domain, struct platform_cpu *cpu);
/* ... and, when all domains are read, who is at their other ends. */
bool platform_connect_mboxes(struct platform_reader *r);

/* ---- platform_heaps.c --------------------------------------------------------------------------------- */
/* A child of /reserved-memory that is a heap and no region: nothing but addresses. */
bool platform_is_unbacked_heap(struct platform_reader *r, int node);
/* After the regions. */
bool platform_read_heaps(struct platform_reader *r);
/* Of a domain's node, after its windows: what CPU `owner` owns at power-on. */
bool platform_read_grants(struct platform_reader *r, int domain, unsigned int owner);

#endif
