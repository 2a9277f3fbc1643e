/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Power, clocks and the DMA engine as parts of the machine: what power moves do to agents and memory, where the DMA
 * engine's addresses lead, whom its channels interrupt, and the seam calls of all three (contracts: sbesim/hw.h).
 */
#include "models/machine.h"

#define DMA_CONTEXT 0u	/* of its stream that the DMA engine uses */

static struct agent *machine_agent(struct machine *machine, unsigned int id)
{
	return &machine->power.engine->agent[id];
}

/* ---- What power moves do -------------------------------------------------------------------------- */

static void machine_power_start(void *ctx, unsigned int id)
{
	agent_start(machine_agent(ctx, id));
}

static void machine_power_stop(void *ctx, unsigned int id)
{
	agent_stop(machine_agent(ctx, id));
}

static void machine_power_suspend(void *ctx, unsigned int id)
{
	agent_suspend(machine_agent(ctx, id));
}

static void machine_power_resume(void *ctx, unsigned int id)
{
	agent_unsuspend(machine_agent(ctx, id));
}

static bool machine_holds_power(const struct machine *machine, unsigned int id)
{
	enum trace_power state = machine->power.processor[id].state;

	return state != TRACE_POWER_OFF && state != TRACE_POWER_STOPPED;
}

/* A cluster's caches stay while one of its other cores is up: they snoop what a core's own cache held. */
static void machine_lose_caches(void *ctx, unsigned int id)
{
	struct machine *machine = ctx;
	const struct platform *platform = machine->platform;

	for (unsigned int other = 0; other < platform->cpus; other++)
		if (other != id && machine_cluster(platform, other) == machine_cluster(platform, id) &&
		    machine_holds_power(machine, other))
			return;
	memory_power_loss(machine->memory, machine_agent(machine, id));
}

/* Private memory is filled when the program is loaded again. */
static void machine_power_domain(void *ctx, unsigned int id)
{
	struct machine *machine = ctx;

	machine_update_domain(machine, machine->platform->cpu[id].power.domain, id);
}

static bool machine_is_interrupted(void *ctx, unsigned int id)
{
	return agent_pending_channel(machine_agent(ctx, id)) < ENGINE_CHANNELS_MAX;
}

static const struct power_ops machine_power_ops = {
	.start = machine_power_start,
	.stop = machine_power_stop,
	.suspend = machine_power_suspend,
	.resume = machine_power_resume,
	.lose_caches = machine_lose_caches,
	.gain_memory = machine_power_domain,
	.lose_memory = machine_power_domain,
	.interrupted = machine_is_interrupted,
};

/* ---- The DMA engine ------------------------------------------------------------------------------- */

/* A beat lies in one page: no burst is longer. */
static bool machine_dma_translate(struct machine *machine, uint64_t address, size_t size, bool store, uint64_t *physical,
				  enum trace_fault *fault)
{
	const struct platform_dma *dma = &machine->platform->dma;

	*physical = address;
	if (dma->stream < 0 || iommu_translate(&machine->iommu, (uint32_t)dma->stream, DMA_CONTEXT, address, size, store,
					       physical, fault))
		return true;
	iommu_report(&machine->iommu, (uint32_t)dma->stream, DMA_CONTEXT, address, (uint32_t)size, store, *fault);
	return false;
}

static bool machine_dma_access(struct machine *machine, uint64_t address, void *bytes, size_t size, bool store,
			       enum trace_fault *fault)
{
	uint64_t physical;

	if (!machine_dma_translate(machine, address, size, store, &physical, fault))
		return false;
	if (!bus_check(&machine->bus, physical, (unsigned int)size, fault))
		return false;
	*fault = TRACE_FAULT_BUS_DECODE;
	return memory_dma(machine->memory, machine->dma.initiator, physical, bytes, size, store);
}

static bool machine_dma_read(void *ctx, unsigned int channel, uint64_t address, void *bytes, size_t size,
			     enum trace_fault *fault)
{
	(void)channel;
	return machine_dma_access(ctx, address, bytes, size, false, fault);
}

static bool machine_dma_write(void *ctx, unsigned int channel, uint64_t address, const void *bytes, size_t size,
			      enum trace_fault *fault)
{
	(void)channel;
	return machine_dma_access(ctx, address, (void *)(uintptr_t)bytes, size, true, fault);
}

/* What hw.h says of how a transfer ended. */
static uint32_t machine_dma_status(enum trace_dma status)
{
	return status == TRACE_DMA_DONE ? HW_DMA_DONE : HW_DMA_ERROR;
}

static void machine_dma_interrupt(void *ctx, unsigned int channel, enum trace_dma status)
{
	struct machine *machine = ctx;

	for (unsigned int id = 0; id < machine->platform->cpus; id++)
		for (unsigned int i = 0; i < machine->platform->cpu[id].power.dmas; i++)
			if (machine->platform->cpu[id].power.dma[i] == channel && machine_holds_power(machine, id))
				engine_interrupt(machine_agent(machine, id), ENGINE_MAILBOX_CHANNELS + i,
						 machine_dma_status(status));
}

static const struct dma_ops machine_dma_ops = {
	.read = machine_dma_read,
	.write = machine_dma_write,
	.interrupt = machine_dma_interrupt,
};

_Static_assert(ENGINE_MAILBOX_CHANNELS + PLATFORM_DMA_CHANNELS_MAX <= ENGINE_CHANNELS_MAX, "an interrupt for each");

/* ---- Seam calls ----------------------------------------------------------------------------------- */

static enum trace_asker machine_asker(const struct agent *agent, unsigned int id)
{
	return id == agent->id ? TRACE_ASKER_SELF : TRACE_ASKER_HOST;
}

bool machine_means(const struct machine *machine, const struct agent *agent, uint64_t whom, unsigned int id)
{
	if (whom == HW_SELF)
		return id == agent->id;
	return whom == HW_REMOTE && agent->side == TRACE_SIDE_HOST &&
	       machine->platform->cpu[id].side == TRACE_SIDE_REMOTE;
}

/* Firmware takes requests about a processor from those who hold its domain, where that is governed; its own from each. */
static bool machine_may_move(const struct machine *machine, const struct agent *agent, unsigned int id, uint64_t pc)
{
	uint32_t domain = machine->platform->cpu[id].power.domain;

	return id == agent->id || !domain ||
	       grants_check(&machine->grants, TRACE_RESOURCE_POWER_DOMAIN, domain - 1, machine_boot(machine, agent), pc);
}

static bool machine_power_move(struct machine *machine, struct agent *agent, uint64_t whom, enum power_move move, uint64_t pc)
{
	bool boots = move == POWER_START || move == POWER_RESET, moved = false;

	for (unsigned int id = 0; id < machine->platform->cpus; id++) {
		/* Further cores are their program's to turn on. */
		if (!machine_means(machine, agent, whom, id) || (boots && machine->platform->cpu[id].core) ||
		    !machine_may_move(machine, agent, id, pc))
			continue;
		if (boots && power_may(&machine->power, id, move, machine_asker(agent, id)))
			machine_stop_cores(machine, id, TRACE_ASKER_CLUSTER);
		moved |= power_request(&machine->power, id, move, machine_asker(agent, id));
	}
	return moved;
}

bool machine_remote_start(struct machine *machine, struct agent *agent)
{
	return machine_power_move(machine, agent, HW_REMOTE, POWER_START, 0);
}

/* whom, request */
uint64_t machine_call_power(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	static const enum power_move moves[] = {
		[HW_POWER_START] = POWER_START, [HW_POWER_STOP] = POWER_STOP,
		[HW_POWER_RESET] = POWER_RESET, [HW_POWER_DOZE] = POWER_DOZE,
		[HW_POWER_SUSPEND] = POWER_SUSPEND, [HW_POWER_RESUME] = POWER_RESUME,
		[HW_POWER_CUT] = POWER_CUT, [HW_POWER_CRASH] = POWER_CRASH,
	};

	if (word[1] >= sizeof(moves) / sizeof(moves[0]))
		return (uint64_t)-1;
	return machine_power_move(machine, agent, word[0], moves[word[1]], pc) ? 0 : (uint64_t)-1;
}

/* whom */
uint64_t machine_call_power_state(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	static const int states[] = {
		[TRACE_POWER_OFF] = HW_STATE_OFF, [TRACE_POWER_ON] = HW_STATE_RUNNING,
		[TRACE_POWER_CRASHED] = HW_STATE_CRASHED, [TRACE_POWER_BOOTING] = HW_STATE_BOOTING,
		[TRACE_POWER_SUSPENDED] = HW_STATE_SUSPENDED, [TRACE_POWER_STOPPED] = HW_STATE_STOPPED,
	};

	(void)pc;
	for (unsigned int id = 0; id < machine->platform->cpus; id++)
		if (machine_means(machine, agent, word[0], id))
			return (uint64_t)states[machine->power.processor[id].state];
	return (uint64_t)-1;
}

/* Whose clock is governed, has it set by those who hold it. */
static bool machine_may_set_clock(const struct machine *machine, const struct agent *agent, unsigned int id, uint64_t pc)
{
	uint32_t clock = machine->platform->cpu[id].power.clock;

	return !clock || grants_check(&machine->grants, TRACE_RESOURCE_CLOCK, clock - 1, machine_boot(machine, agent), pc);
}

/* whom, hz */
uint64_t machine_call_clock_set_rate(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS],
				     uint64_t pc)
{
	bool set = false;

	for (unsigned int id = 0; id < machine->platform->cpus; id++)
		if (machine_means(machine, agent, word[0], id) && machine_may_set_clock(machine, agent, id, pc))
			set |= clock_set_rate(&machine->clock, id, word[1], machine_asker(agent, id));
	return set ? 0 : (uint64_t)-1;
}

/* The DMA engine's channel that the agent calls `channel`; UINT_MAX: none. */
static unsigned int machine_dma_channel(const struct machine *machine, const struct agent *agent, uint64_t channel, uint64_t pc)
{
	const struct platform_power *power = &machine->platform->cpu[machine_boot(machine, agent)].power;

	return channel < power->dmas &&
	       grants_check(&machine->grants, TRACE_RESOURCE_DMA_CHANNEL, power->dma[channel], machine_boot(machine, agent), pc) ?
		       power->dma[channel] : UINT32_MAX;
}

/* channel, to, from, size */
uint64_t machine_call_dma_copy(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	unsigned int channel = machine_dma_channel(machine, agent, word[0], pc);
	uint32_t cookie;

	if (channel == UINT32_MAX)
		return (uint64_t)-1;
	memory_order_device(machine->memory, agent, false);
	cookie = dma_copy(&machine->dma, channel, word[1], word[2], word[3], agent->hook.clock, agent->id, pc);
	return cookie ? 0 : (uint64_t)-1;
}

/* channel */
uint64_t machine_call_dma_status(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	static const int states[] = { [DMA_IDLE] = HW_DMA_DONE, [DMA_BUSY] = HW_DMA_BUSY, [DMA_HALTED] = HW_DMA_ERROR };
	unsigned int channel = machine_dma_channel(machine, agent, word[0], pc);

	if (channel == UINT32_MAX)
		return (uint64_t)-1;
	memory_order_device(machine->memory, agent, false);
	return (uint64_t)states[dma_state(&machine->dma, channel)];
}

/* channel */
uint64_t machine_call_dma_stop(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	unsigned int channel = machine_dma_channel(machine, agent, word[0], pc);

	if (channel == UINT32_MAX)
		return (uint64_t)-1;
	dma_stop(&machine->dma, channel);
	return 0;
}

/* channel, isr, arg */
uint64_t machine_call_dma_register(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	if (machine_dma_channel(machine, agent, word[0], pc) == UINT32_MAX)
		return (uint64_t)-1;
	agent_attend(agent, ENGINE_MAILBOX_CHANNELS + (unsigned int)word[0], (uintptr_t)word[1],
		     (void *)(uintptr_t)word[2]);
	return 0;
}

/* ---- The whole ------------------------------------------------------------------------------------ */

bool machine_power_init(struct machine *machine, struct engine *engine)
{
	const struct platform *platform = machine->platform;

	machine->power = (struct power){ .engine = engine, .ops = &machine_power_ops, .ctx = machine,
					 .processors = platform->cpus };
	for (unsigned int id = 0; id < platform->cpus; id++) {
		machine->power.processor[id].boot_ns = platform->cpu[id].power.boot_ns;
		machine->power.processor[id].may_crash = platform->cpu[id].power.may_crash;
		machine->power.processor[id].boots = engine->agent[id].boots;
	}
	machine->clock = (struct clock){ .engine = engine, .platform = platform };
	machine->dma = (struct dma){ .platform = &platform->dma, .engine = engine, .ops = &machine_dma_ops,
				     .ctx = machine, .initiator = platform->cpus };
	return platform->dma.stream < 0 || !platform->dma.channels ||
	       iommu_add_stream(&machine->iommu, (uint32_t)platform->dma.stream, (enum iommu_mode)platform->dma.stream_mode);
}

void machine_power_reset(struct machine *machine)
{
	power_reset(&machine->power);
	clock_reset(&machine->clock);
	dma_reset(&machine->dma);
}

/* The side of whoever has its first channel. */
void machine_power_tell(const struct machine *machine, struct engine *engine)
{
	const struct platform *platform = machine->platform;
	unsigned int id = 0;

	if (!platform->dma.channels)
		return;
	while (!platform->cpu[id].power.dmas)
		id++;
	ENGINE_EMIT(engine, agent, .agent = (uint8_t)machine->dma.initiator, .side = (uint8_t)platform->cpu[id].side,
		    .name = platform->dma.name);
}
