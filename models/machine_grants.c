/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What power and grants open and close in the machine, as the firmware does that owns its firewalls, interrupt routers,
 * clock and power controllers and stream tables (TI's System Controller, i.MX's SCFW, Xilinx's PMU):
 *
 * - a firewall on the bus serves a region to a cluster while one of its CPUs may use it. It sees no cache hits;
 * - a power domain is on while a CPU of it is not off, or somebody holds a grant of it. What lies in one that is off
 *   refuses everybody, and forgets; private memory is its program's, which has other worries then, and is not asked;
 * - an interrupt is masked for the CPU that may not use it;
 * - a stream aborts while none of the CPUs behind it may use it, and a DMA engine's while no CPU may;
 * - a grant of bandwidth 0 limits what its owner gets of the bus, each of its cores.
 *
 * What is granted to a program's boot CPU is granted to all cores that run it.
 *
 * Clocks, power requests and DMA channels are asked for where they are used. Not modelled: the time that all that takes.
 */
#include "models/machine.h"

#define GRANTS_BUS 0u	/* the bandwidth of the one bus */

/* ---- Memory ------------------------------------------------------------------------------------------- */

unsigned int machine_cluster(const struct platform *platform, unsigned int id)
{
	while (platform->cpu[id].shares_cache)
		id = platform->cpu[id].shares_cache - 1;
	return id;
}

/* A power domain by its number in the platform's structs: 1 more than it is called. */
static bool machine_domain_is_on(const struct machine *machine, uint32_t domain)
{
	for (unsigned int id = 0; id < machine->platform->cpus; id++)
		if (machine->platform->cpu[id].power.domain == domain &&
		    machine->power.processor[id].state != TRACE_POWER_OFF)
			return true;
	return !domain || grants_is_held(&machine->grants, TRACE_RESOURCE_POWER_DOMAIN, domain - 1);
}

static bool machine_firewall_is_open(const struct machine *machine, unsigned int cluster, uint64_t start)
{
	for (unsigned int id = 0; id < machine->platform->cpus; id++)
		if (machine_cluster(machine->platform, id) == cluster &&
		    grants_allow(&machine->grants, TRACE_RESOURCE_MEMORY, start, id))
			return true;
	return false;
}

static void machine_update_gates(struct machine *machine, unsigned int region)
{
	const struct platform *platform = machine->platform;

	for (unsigned int id = 0; id < platform->cpus; id++) {
		enum trace_fault cause = MEMORY_OPEN;

		if (machine_cluster(platform, id) != id)
			continue;
		if (!machine_firewall_is_open(machine, id, platform->region[region].start))
			cause = TRACE_FAULT_WITHDRAWN;
		if (machine->bus.off[region])
			cause = TRACE_FAULT_POWERED_OFF;
		memory_refuse(machine->memory, region, &machine->engine->agent[id], cause);
	}
}

/* False: it was so already. */
static bool machine_update_power(struct machine *machine, unsigned int region)
{
	bool on = machine_domain_is_on(machine, machine->platform->region[region].power_domain);

	if (on != machine->bus.off[region])
		return false;
	bus_power(&machine->bus, region, on);
	machine_update_gates(machine, region);
	return true;
}

void machine_update_domain(struct machine *machine, uint32_t domain, unsigned int by)
{
	const struct platform *platform = machine->platform;

	for (unsigned int i = 0; domain && i < platform->regions; i++) {
		const struct platform_region *r = &platform->region[i];

		if (r->power_domain != domain || !machine_update_power(machine, i))
			continue;
		ENGINE_EMIT(machine->engine, memory_power, .agent = (uint8_t)by, .start = r->start, .size = r->size,
			    .on = !machine->bus.off[i]);
		if (machine->bus.off[i])
			memory_forget(machine->memory, i, &machine->engine->agent[by]);
	}
}

static void machine_update_firewall(struct machine *machine, uint64_t start)
{
	for (unsigned int i = 0; i < machine->platform->regions; i++)
		if (machine->platform->region[i].start == start)
			machine_update_gates(machine, i);
}

/* ---- Interrupts, streams, bandwidth --------------------------------------------------------------------- */

/* Whichever core of the program attends to it. */
static void machine_update_interrupts(struct machine *machine, unsigned int id)
{
	unsigned int boot = platform_boot(machine->platform, id);
	const struct platform_cpu *cpu = &machine->platform->cpu[boot];

	for (unsigned int i = 0; i < cpu->channels; i++)
		if (cpu->channel[i].interrupt)
			engine_interrupt_mask(&machine->engine->agent[id], i,
					      !grants_allow(&machine->grants, TRACE_RESOURCE_IRQ,
							    cpu->channel[i].interrupt - 1, boot));
}

static bool machine_is_behind(const struct platform *platform, unsigned int id, uint64_t stream)
{
	return (platform->cpu[id].translation != PLATFORM_NOT_TRANSLATED && platform->cpu[id].stream == stream) ||
	       (platform->dma.channels && platform->dma.stream == (int64_t)stream);
}

/* Without such a stream there is nothing to block. */
static void machine_update_stream(struct machine *machine, uint64_t stream)
{
	bool allowed = false;

	for (unsigned int id = 0; id < machine->platform->cpus; id++)
		allowed |= machine_is_behind(machine->platform, id, stream) &&
			   grants_allow(&machine->grants, TRACE_RESOURCE_STREAM, stream, id);
	if (stream <= UINT32_MAX)
		(void)iommu_block(&machine->iommu, (uint32_t)stream, !allowed);
}

static void machine_update_bandwidth(struct machine *machine, unsigned int id)
{
	uint32_t granted = grants_bandwidth(&machine->grants, GRANTS_BUS, platform_boot(machine->platform, id));

	bus_limit(&machine->bus, id, granted ? granted : machine->platform->cpu[id].bandwidth_mb_s);
}

/* ---- The whole ---------------------------------------------------------------------------------------- */

void machine_grants_apply(struct machine *machine, const struct grants_entry *entry, bool granted)
{
	switch (entry->resource) {
	case TRACE_RESOURCE_MEMORY:
		machine_update_firewall(machine, entry->id);
		break;
	case TRACE_RESOURCE_IRQ:
		/* Who has it by the first grant of all takes it from everybody else. */
		for (unsigned int id = 0; id < machine->platform->cpus; id++)
			machine_update_interrupts(machine, id);
		break;
	case TRACE_RESOURCE_POWER_DOMAIN:
		if (entry->id < UINT32_MAX)
			machine_update_domain(machine, (uint32_t)entry->id + 1, entry->owner);
		break;
	case TRACE_RESOURCE_STREAM:
		machine_update_stream(machine, entry->id);
		break;
	case TRACE_RESOURCE_DMA_CHANNEL:
		if (!granted && entry->id < machine->platform->dma.channels)
			dma_stop(&machine->dma, (unsigned int)entry->id);
		break;
	case TRACE_RESOURCE_BANDWIDTH:
		for (unsigned int id = 0; id < machine->platform->cpus; id++)
			machine_update_bandwidth(machine, id);
		break;
	case TRACE_RESOURCE_CLOCK:
		break;
	}
	engine_world_changed(machine->engine);
}

void machine_grants_reset(struct machine *machine)
{
	const struct platform *platform = machine->platform;

	for (unsigned int i = 0; i < platform->regions; i++) {
		(void)machine_update_power(machine, i);
		machine_update_gates(machine, i);
	}
	for (unsigned int id = 0; id < platform->cpus; id++) {
		machine_update_interrupts(machine, id);
		machine_update_bandwidth(machine, id);
		if (platform->cpu[id].translation != PLATFORM_NOT_TRANSLATED)
			machine_update_stream(machine, platform->cpu[id].stream);
	}
	if (platform->dma.channels && platform->dma.stream >= 0)
		machine_update_stream(machine, (uint64_t)platform->dma.stream);
}
