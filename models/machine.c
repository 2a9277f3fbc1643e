/* SPDX-License-Identifier: BSD-3-Clause */
/* The machine; see machine.h. Each operation goes to the model that it belongs to. */
#include <stdio.h>

#include "models/machine.h"

static void machine_reset(void *ctx)
{
	struct machine *machine = ctx;

	machine_protect_reset(machine);
	bus_reset(&machine->bus);
	mailbox_reset(&machine->mailbox);
	memory_reset(machine->memory);
	machine_power_reset(machine);
	machine_heaps_reset(machine);
	machine_grants_reset(machine);
}

static void machine_power_on(void *ctx, struct agent *agent)
{
	struct machine *machine = ctx;

	mpu_reset(&machine->mpu[agent->id]);
	machine_protect_changed(machine);
	memory_power_on(machine->memory, agent);
	if (!agent->core)
		mailbox_power_on(&machine->mailbox, agent);
}

static bool machine_start_remote(void *ctx, struct agent *agent)
{
	return machine_remote_start(ctx, agent);
}

static void machine_wake(void *ctx, struct agent *agent)
{
	struct machine *machine = ctx;

	power_interrupt(&machine->power, agent->id);
}

static void machine_limit_heap(void *ctx, struct agent *agent, uintptr_t unused, uintptr_t end)
{
	struct machine *machine = ctx;

	memory_limit_heap(machine->memory, agent, unused, end);
}

static bool machine_is_control(void *ctx, struct agent *agent, uintptr_t va)
{
	struct machine *machine = ctx;

	return memory_is_control(machine->memory, agent, va);
}

static bool machine_same_granule(void *ctx, struct agent *a, uintptr_t va, struct agent *b, uintptr_t vb)
{
	struct machine *machine = ctx;

	return memory_same_granule(machine->memory, a, va, b, vb);
}

static bool machine_access(void *ctx, struct agent *agent, uintptr_t va, size_t size, bool store, uint64_t pc)
{
	struct machine *machine = ctx;

	if (power_crashes(&machine->power, agent->id))
		return false;
	return memory_access(machine->memory, agent, va, size, store, pc);
}

static bool machine_unaligned(void *ctx, struct agent *agent, uintptr_t va, size_t size, bool store, uint64_t pc)
{
	return memory_unaligned(((struct machine *)ctx)->memory, agent, va, size, store, pc);
}

static void machine_retire(void *ctx, struct agent *agent, const struct agent_store *store)
{
	struct machine *machine = ctx;

	memory_retire(machine->memory, agent, store);
}

static void machine_recheck(void *ctx, struct agent *agent)
{
	struct machine *machine = ctx;

	memory_recheck(machine->memory, agent);
}

static void machine_sync(void *ctx, struct agent *agent)
{
	struct machine *machine = ctx;

	memory_sync(machine->memory, agent);
}

static bool machine_maintain(void *ctx, struct agent *agent, enum trace_maint op, uintptr_t va, size_t size, uint64_t pc)
{
	struct machine *machine = ctx;

	return memory_maintain(machine->memory, agent, op, va, size, pc);
}

static void machine_maintain_all(void *ctx, struct agent *agent, enum trace_maint op, bool own, uint64_t pc)
{
	struct machine *machine = ctx;

	memory_maintain_all(machine->memory, agent, op, own, pc);
}

static void machine_power_loss(void *ctx, struct agent *agent)
{
	struct machine *machine = ctx;

	memory_power_loss(machine->memory, agent);
}

static void machine_barrier(void *ctx, struct agent *agent, enum trace_barrier kind)
{
	struct machine *machine = ctx;

	memory_barrier(machine->memory, agent, kind);
	engine_charge(agent, machine->platform->cpu[agent->id].costs.barrier);
}

static void machine_ring(void *ctx, struct agent *agent, unsigned int channel, uint64_t token)
{
	struct machine *machine = ctx;

	mailbox_post(&machine->mailbox, agent, channel, token);
}

/* Who can be refused reads a status register first, behind the CPU's rings; any other kick is a device store. */
static bool machine_mbox_send(void *ctx, struct agent *agent, unsigned int channel, uint64_t token, uint64_t pc)
{
	struct machine *machine = ctx;
	const struct mailbox_link *link = mailbox_link(&machine->mailbox, agent, channel);

	if (link && link->platform->is.when_full == TRACE_MAILBOX_FULL_REFUSE)
		memory_order_device(machine->memory, agent, true);
	if (!mailbox_admit(&machine->mailbox, agent, channel, token, pc))
		return false;
	memory_ring_doorbell(machine->memory, agent, channel, token);
	return true;
}

static void machine_mbox_taken(void *ctx, struct agent *agent, unsigned int channel)
{
	struct machine *machine = ctx;

	mailbox_taken(&machine->mailbox, agent, channel);
}

static uint64_t machine_seam_call(void *ctx, struct agent *agent, enum machine_call call, uint64_t word[CALL_WORDS], uint64_t pc)
{
	return machine_call(ctx, agent, call, word, pc);
}

static void *machine_region(void *ctx, struct agent *agent, const char *name)
{
	struct machine *machine = ctx;

	return memory_region(machine->memory, agent, name);
}

static uintptr_t machine_da_to_va(void *ctx, struct agent *agent, uint64_t da, uint64_t size)
{
	struct machine *machine = ctx;

	return memory_da_to_va(machine->memory, agent, da, size);
}

static bool machine_settle(void *ctx)
{
	struct machine *machine = ctx;

	return memory_settle(machine->memory);
}

static void machine_tell_unseen(void *ctx)
{
	struct machine *machine = ctx;

	memory_tell_unseen(machine->memory);
}

static void machine_finish(void *ctx)
{
	struct machine *machine = ctx;

	heaps_tell_leaks(&machine->heaps);
}

static const struct machine_ops machine_ops = {
	.reset = machine_reset,
	.remote_start = machine_start_remote,
	.wake = machine_wake,
	.power_on = machine_power_on,
	.limit_heap = machine_limit_heap,
	.is_control = machine_is_control,
	.same_granule = machine_same_granule,
	.access = machine_access,
	.unaligned = machine_unaligned,
	.retire = machine_retire,
	.recheck = machine_recheck,
	.sync = machine_sync,
	.maintain = machine_maintain,
	.maintain_all = machine_maintain_all,
	.barrier = machine_barrier,
	.power_loss = machine_power_loss,
	.mbox_send = machine_mbox_send,
	.mbox_taken = machine_mbox_taken,
	.call = machine_seam_call,
	.region = machine_region,
	.da_to_va = machine_da_to_va,
	.settle = machine_settle,
	.tell_unseen = machine_tell_unseen,
	.finish = machine_finish,
};

static void machine_name_agent(struct machine *machine, struct agent *agent)
{
	const char *side = agent->side == TRACE_SIDE_HOST ? "host" : "remote";

	snprintf(machine->name[agent->id], sizeof(machine->name[0]), agent->core ? "%s.%u" : "%s", side, agent->core);
	agent->name = machine->name[agent->id];
}

static void machine_add_agent(struct machine *machine, const struct platform_cpu *cpu)
{
	struct engine *engine = machine->engine;
	struct agent *agent = &engine->agent[engine->agents];

	agent->engine = engine;
	agent->id = engine->agents++;
	agent->side = cpu->side;
	agent->core = cpu->core;
	machine_name_agent(machine, agent);
	agent->program = &engine->program[platform_boot(machine->platform, agent->id)];
	agent->program->cores++;
	if (!agent->core)
		agent->program->boot = agent;
	agent->boots = cpu->side == TRACE_SIDE_HOST && !agent->core;
	agent->costs = (struct agent_costs){ .interrupt_entry = cpu->costs.interrupt_entry,
					     .interrupt_exit = cpu->costs.interrupt_exit, .seam_call = cpu->costs.seam_call,
					     .private_millicycles = cpu->costs.private_millicycles,
					     .hit = cpu->costs.l1_hit };
	agent_set_clock(agent, cpu->hz);
}

bool machine_init(struct machine *machine, struct engine *engine, const struct platform *platform, char *why,
		  size_t why_size)
{
	*machine = (struct machine){ .platform = platform, .engine = engine };
	for (unsigned int i = 0; i < platform->cpus; i++)
		machine_add_agent(machine, &platform->cpu[i]);
	mailbox_init(&machine->mailbox, engine, platform);
	bus_init(&machine->bus, engine, platform);
	bool streams = machine_power_init(machine, engine);

	machine->memory = memory_new(engine, platform, &machine->bus, why, why_size);
	if (machine->memory && !machine_heaps_init(machine)) {
		snprintf(why, why_size, "heaps: no memory for their books");
		machine_fini(machine);
		return false;
	}
	if (machine->memory)
		memory_on_ring(machine->memory, machine_ring, machine);
	engine->machine = &machine_ops;
	engine->machine_ctx = machine;
	if (!machine->memory || (streams && machine_protect_init(machine)))
		return machine->memory != NULL;
	snprintf(why, why_size, "IOMMU: expected streams of different numbers, and at most %d of them", IOMMU_STREAMS_MAX);
	machine_fini(machine);
	return false;
}

void machine_fini(struct machine *machine)
{
	if (machine->memory)
		memory_free(machine->memory);
	machine->memory = NULL;
	iommu_fini(&machine->iommu);
	heaps_fini(&machine->heaps);
}

static void machine_tell_mappings(const struct platform *platform, struct engine *engine, unsigned int id)
{
	for (unsigned int i = 0; i < platform->cpu[id].windows; i++) {
		const struct platform_window *w = &platform->cpu[id].window[i];
		const struct platform_region *r = &platform->region[w->region];

		ENGINE_EMIT(engine, mapping, .agent = (uint8_t)id, .start = r->start, .size = r->size,
			    .attr = (uint8_t)(TRACE_ATTR_READ | (w->writable ? TRACE_ATTR_WRITE : 0) |
					      (w->cached ? TRACE_ATTR_CACHED : 0) |
					      (w->device ? TRACE_ATTR_DEVICE : 0)));
	}
}

void machine_tell(const struct machine *machine, struct engine *engine)
{
	const struct platform *platform = machine->platform;

	for (unsigned int i = 0; i < platform->cpus; i++)
		ENGINE_EMIT(engine, agent, .agent = (uint8_t)i, .side = (uint8_t)platform->cpu[i].side,
			    .name = platform->cpu[i].name, .line_bytes = (uint16_t)platform->cpu[i].line_bytes,
			    .hz = platform->cpu[i].hz, .core = (uint8_t)platform->cpu[i].core);
	machine_power_tell(machine, engine);
	for (unsigned int i = 0; i < platform->regions; i++)
		ENGINE_EMIT(engine, region, .name = platform->region[i].name, .kind = (uint8_t)platform->region[i].kind,
			    .start = platform->region[i].start, .size = platform->region[i].size);
	for (unsigned int i = 0; i < platform->cpus; i++)
		if (!platform->cpu[i].core)
			machine_tell_mappings(platform, engine, i);
	mailbox_tell(&machine->mailbox);
}
