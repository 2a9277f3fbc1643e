/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Heaps and grants as parts of the machine: what a CPU may touch because of them, what a change of a grant does, and the
 * seam calls of both (contracts: sbesim/hw.h).
 *
 * What of a heap is not allocated or not mapped faults at the CPU's next access, cached or not, as its own MMU or MPU has
 * it. What grants do is machine_grants.c's.
 */
#include "models/machine.h"
#include "models/memory_mapping.h"

/* ---- What grants do --------------------------------------------------------------------------------- */

static bool machine_grant_in_use(void *ctx, const struct grants_entry *entry)
{
	const struct machine *machine = ctx;

	if (entry->resource == TRACE_RESOURCE_DMA_CHANNEL && entry->id < machine->platform->dma.channels)
		return dma_state(&machine->dma, (unsigned int)entry->id) == DMA_BUSY;
	return machine->power.processor[entry->owner].state == TRACE_POWER_ON;
}

static void machine_grant_noticed(void *ctx, const struct grants_entry *entry, uint64_t grace_ns)
{
	struct machine *machine = ctx;

	(void)grace_ns;
	engine_interrupt(&machine->engine->agent[entry->owner], ENGINE_CHANNEL_GRANTS, (uint32_t)entry->resource);
}

static void machine_grant_changed(void *ctx, const struct grants_entry *entry, bool granted)
{
	machine_grants_apply(ctx, entry, granted);
}

static const struct grants_ops machine_grants_ops = {
	.in_use = machine_grant_in_use,
	.noticed = machine_grant_noticed,
	.changed = machine_grant_changed,
};

/* ---- Who may touch what ------------------------------------------------------------------------------ */

bool machine_heaps_guard(const struct machine *machine)
{
	return machine->heaps.keeps_out;
}

bool machine_heaps_allow(const struct machine *machine, const struct agent *agent, uint64_t physical, enum trace_fault *cause)
{
	return heaps_allow(&machine->heaps, agent->side, physical, cause);
}

/* ---- Seam calls: heaps ------------------------------------------------------------------------------- */

static struct heaps_caller machine_heaps_caller(const struct agent *agent, uint64_t pc)
{
	return (struct heaps_caller){ .agent = (uint8_t)agent->id, .side = agent->side, .pc = pc };
}

/* A negative error as the answer of a call. */
static uint64_t machine_heaps_answer(int status)
{
	return (uint64_t)(int64_t)status;
}

static uint64_t machine_heaps_made(int status, const struct heaps_buffer *buffer, uint64_t word[CALL_WORDS])
{
	if (!status) {
		word[0] = buffer->handle;
		word[1] = buffer->runs;
		word[2] = buffer->size;
		word[3] = buffer->run[0].start;
	}
	return machine_heaps_answer(status);
}

/* Memory of somebody's may be nobody's now: nobody goes on without being asked. */
static uint64_t machine_heaps_ended(struct machine *machine, int status)
{
	for (unsigned int id = 0; id < machine->platform->cpus; id++)
		memory_recheck(machine->memory, &machine->engine->agent[id]);
	return machine_heaps_answer(status);
}

/* name, size, flags; answers handle, runs, size, address of the first run */
uint64_t machine_call_heap_alloc(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	const struct heaps_caller caller = machine_heaps_caller(agent, pc);
	const struct heaps_buffer *buffer;

	if (word[2])
		return machine_heaps_answer(HEAPS_NO_SIZE);
	int status = heaps_allocate(&machine->heaps, &caller, (const char *)(uintptr_t)word[0], word[1], &buffer);

	return machine_heaps_made(status, status ? NULL : buffer, word);
}

/* name, address, size, alignment; answers as heap_alloc */
uint64_t machine_call_carveout_alloc(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	const struct heaps_caller caller = machine_heaps_caller(agent, pc);
	const struct heaps_buffer *buffer;
	int status = heaps_carve(&machine->heaps, &caller, (const char *)(uintptr_t)word[0], word[1], word[2], word[3],
				 &buffer);

	return machine_heaps_made(status, status ? NULL : buffer, word);
}

/* handle, run; answers address, size */
uint64_t machine_call_dmabuf_run(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	const struct heaps_buffer *b = heaps_find(&machine->heaps, (uint32_t)word[0]);

	(void)agent;
	(void)pc;
	if (!b || word[1] >= b->runs)
		return machine_heaps_answer(HEAPS_NO_HEAP);
	uint64_t run = word[1];

	word[0] = b->run[run].start;
	word[1] = b->run[run].size;
	return 0;
}

/* handle */
uint64_t machine_call_dmabuf_get(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	const struct heaps_caller caller = machine_heaps_caller(agent, pc);

	return machine_heaps_answer(heaps_get(&machine->heaps, &caller, (uint32_t)word[0]));
}

/* handle */
uint64_t machine_call_dmabuf_put(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	const struct heaps_caller caller = machine_heaps_caller(agent, pc);

	return machine_heaps_ended(machine, heaps_put(&machine->heaps, &caller, (uint32_t)word[0]));
}

/* Where the agent's windows show the first run; 0: not all runs are in one of them. */
static uint64_t machine_heaps_window(struct machine *machine, const struct agent *agent, const struct heaps_buffer *b)
{
	uint64_t first = 0;

	for (unsigned int i = b->runs; i--;) {
		first = memory_da_to_va(machine->memory, agent, b->run[i].start, b->run[i].size);
		if (!first)
			return 0;
	}
	return first;
}

/* handle */
uint64_t machine_call_dmabuf_map(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	const struct heaps_caller caller = machine_heaps_caller(agent, pc);
	const struct heaps_buffer *b = heaps_find(&machine->heaps, (uint32_t)word[0]);
	uint64_t va = b && !heaps_is_secure(&machine->heaps, b) ? machine_heaps_window(machine, agent, b) : 0;

	/* What there is and cannot be mapped is no misuse; what there is not is told. */
	if (b && !va)
		return 0;
	if (heaps_map(&machine->heaps, &caller, (uint32_t)word[0]))
		return 0;
	if (b->runs > 1)
		va = memory_mapping_map(machine->memory, agent, b);
	if (!va)
		heaps_unmap(&machine->heaps, &caller, (uint32_t)word[0]);
	return va;
}

/* No CPU of the side goes on seeing it. */
static void machine_heaps_hide(struct machine *machine, enum trace_side side, uint32_t handle)
{
	for (unsigned int id = 0; id < machine->platform->cpus; id++)
		if (machine->platform->cpu[id].side == side)
			memory_mapping_unmap(machine->memory, &machine->engine->agent[id], handle);
}

/* handle */
uint64_t machine_call_dmabuf_unmap(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	const struct heaps_caller caller = machine_heaps_caller(agent, pc);
	int status = heaps_unmap(&machine->heaps, &caller, (uint32_t)word[0]);
	const struct heaps_buffer *b = status ? NULL : heaps_find(&machine->heaps, (uint32_t)word[0]);

	if (b && !b->mappings[caller.side])
		machine_heaps_hide(machine, caller.side, b->handle);
	return machine_heaps_ended(machine, status);
}

/* A device by its agent's number in the trace; HEAPS_DEVICES: there is none. */
static unsigned int machine_heaps_device(const struct machine *machine, uint64_t device)
{
	const struct platform *platform = machine->platform;
	unsigned int id = 0;

	if (device == HW_DEVICE_DMA)
		return platform->dma.channels ? platform->cpus : HEAPS_DEVICES;
	while (id < platform->cpus && platform->cpu[id].side != TRACE_SIDE_REMOTE)
		id++;
	return device == HW_DEVICE_REMOTE && id < platform->cpus ? id : HEAPS_DEVICES;
}

_Static_assert(PLATFORM_CPUS_MAX < HEAPS_DEVICES, "a number for each CPU and the DMA engine");

/* handle, device */
uint64_t machine_call_dmabuf_attach(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	const struct heaps_caller caller = machine_heaps_caller(agent, pc);
	unsigned int device = machine_heaps_device(machine, word[1]);

	if (device == HEAPS_DEVICES)
		return machine_heaps_answer(HEAPS_NO_HEAP);
	return machine_heaps_answer(heaps_attach(&machine->heaps, &caller, (uint32_t)word[0], device));
}

/* handle, device */
uint64_t machine_call_dmabuf_detach(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	const struct heaps_caller caller = machine_heaps_caller(agent, pc);
	unsigned int device = machine_heaps_device(machine, word[1]);

	if (device == HEAPS_DEVICES)
		return machine_heaps_answer(HEAPS_NO_HEAP);
	return machine_heaps_ended(machine, heaps_detach(&machine->heaps, &caller, (uint32_t)word[0], device));
}

/* ---- Seam calls: grants ------------------------------------------------------------------------------ */

_Static_assert((int)HW_RESOURCE_MEMORY == TRACE_RESOURCE_MEMORY && (int)HW_RESOURCE_IRQ == TRACE_RESOURCE_IRQ &&
	       (int)HW_RESOURCE_CLOCK == TRACE_RESOURCE_CLOCK &&
	       (int)HW_RESOURCE_POWER_DOMAIN == TRACE_RESOURCE_POWER_DOMAIN &&
	       (int)HW_RESOURCE_STREAM == TRACE_RESOURCE_STREAM &&
	       (int)HW_RESOURCE_DMA_CHANNEL == TRACE_RESOURCE_DMA_CHANNEL &&
	       (int)HW_RESOURCE_BANDWIDTH == TRACE_RESOURCE_BANDWIDTH, "the seam's resources are the trace's");

static enum trace_asker machine_grants_asker(const struct agent *agent)
{
	return agent->side == TRACE_SIDE_HOST ? TRACE_ASKER_HOST : TRACE_ASKER_SELF;
}

/* Does `whom` name the program that CPU `id` boots? */
static bool machine_means_program(const struct machine *machine, const struct agent *agent, uint64_t whom, unsigned int id)
{
	return machine_means(machine, &machine->engine->agent[machine_boot(machine, agent)], whom, id) &&
	       !machine->platform->cpu[id].core;
}

/* resource, id, whom, amount */
uint64_t machine_call_grant(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	int status = GRANTS_NOT_PERMITTED;

	(void)pc;
	for (unsigned int id = 0; word[0] <= HW_RESOURCE_BANDWIDTH && id < machine->platform->cpus; id++)
		if (machine_means_program(machine, agent, word[2], id))
			status = grants_give(&machine->grants, (enum trace_resource)word[0], word[1], id, (uint32_t)word[3],
					     machine_grants_asker(agent));
	return machine_heaps_answer(status);
}

/* resource, id, whom, grace in ns */
uint64_t machine_call_withdraw(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	int status = GRANTS_NOT_PERMITTED;

	(void)pc;
	for (unsigned int id = 0; word[0] <= HW_RESOURCE_BANDWIDTH && id < machine->platform->cpus; id++)
		if (machine_means_program(machine, agent, word[2], id))
			status = grants_withdraw(&machine->grants, (enum trace_resource)word[0], word[1], id, word[3],
						 machine_grants_asker(agent));
	return machine_heaps_answer(status);
}

/* resource, id */
uint64_t machine_call_grant_return(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	(void)pc;
	if (word[0] > HW_RESOURCE_BANDWIDTH)
		return machine_heaps_answer(GRANTS_NOT_PERMITTED);
	return machine_heaps_answer(grants_return(&machine->grants, (enum trace_resource)word[0], word[1],
						  machine_boot(machine, agent)));
}

/* resource, id */
uint64_t machine_call_granted(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	enum trace_resource resource = (enum trace_resource)word[0];
	unsigned int owner = machine_boot(machine, agent);

	(void)pc;
	if (word[0] > HW_RESOURCE_BANDWIDTH || !grants_allow(&machine->grants, resource, word[1], owner))
		return HW_NOT_GRANTED;
	return grants_is_ending(&machine->grants, resource, word[1], owner) ? HW_GRANT_ENDING : HW_GRANTED;
}

/* isr, arg */
uint64_t machine_call_grant_on_notice(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	(void)machine;
	(void)pc;
	agent_attend(agent, ENGINE_CHANNEL_GRANTS, (uintptr_t)word[0], (void *)(uintptr_t)word[1]);
	return 0;
}

/* ---- The whole ---------------------------------------------------------------------------------------- */

bool machine_heaps_init(struct machine *machine)
{
	machine->grants = (struct grants){ .engine = machine->engine, .platform = &machine->platform->heaps,
					   .ops = &machine_grants_ops, .ctx = machine };
	grants_reset(&machine->grants);
	return heaps_init(&machine->heaps, machine->engine, &machine->platform->heaps);
}

void machine_heaps_reset(struct machine *machine)
{
	heaps_reset(&machine->heaps);
	grants_reset(&machine->grants);
}
