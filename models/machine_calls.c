/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the seam calls of sim/calls.def do: each hands its words to the model that it belongs to. Contracts: sbesim/hw.h.
 */
#include "models/machine.h"

typedef uint64_t (*machine_call_function)(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc);

/* op, set_way */
static uint64_t machine_call_cache_all(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	static const enum trace_maint ops[] = { TRACE_MAINT_CLEAN, TRACE_MAINT_INVALIDATE, TRACE_MAINT_FLUSH };

	if (word[0] <= HW_CACHE_FLUSH)
		memory_maintain_all(machine->memory, agent, ops[word[0]], word[1] != 0, pc);
	return 0;
}

/* ---- IOMMU: the host's ------------------------------------------------------------------------------------------ */

static bool call_is_host(const struct agent *agent)
{
	return agent->side == TRACE_SIDE_HOST;
}

/* A negative error as the answer of a call. */
static uint64_t call_answer(int status)
{
	return (uint64_t)(int64_t)status;
}

/* stream, mode */
static uint64_t machine_call_iommu_set_mode(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	(void)pc;
	if (!call_is_host(agent) || word[1] > IOMMU_TRANSLATE)
		return call_answer(IOMMU_NO_STREAM);
	return call_answer(iommu_set_mode(&machine->iommu, (uint32_t)word[0], (enum iommu_mode)word[1]));
}

/* stream, context */
static uint64_t machine_call_iommu_context_create(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	(void)pc;
	return call_answer(call_is_host(agent) ? iommu_create_context(&machine->iommu, (uint32_t)word[0], (uint32_t)word[1]) :
						 IOMMU_NO_STREAM);
}

static uint64_t machine_call_iommu_context_destroy(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	(void)pc;
	return call_answer(call_is_host(agent) ? iommu_destroy_context(&machine->iommu, (uint32_t)word[0], (uint32_t)word[1]) :
						 IOMMU_NO_STREAM);
}

/* Would a cache that is tagged with device addresses come to hold the same memory under too many of them? */
static bool call_aliases_too_much(struct machine *machine, uint32_t stream, uint64_t pa, uint64_t size)
{
	for (unsigned int id = 0; id < machine->platform->cpus; id++) {
		const struct platform_cpu *cpu = &machine->platform->cpu[id];

		if (cpu->translation != PLATFORM_TRANSLATED_AFTER_CACHE || cpu->stream != stream)
			continue;
		for (uint64_t at = 0; at < size; at += 4096)
			if (!memory_can_translate(machine->memory, &machine->engine->agent[id], pa + at))
				return true;
	}
	return false;
}

/* stream, context, iova, pa, size, permission */
static uint64_t machine_call_iommu_map(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	int status;

	if (!call_is_host(agent))
		return call_answer(IOMMU_NO_STREAM);
	if (call_aliases_too_much(machine, (uint32_t)word[0], word[3], word[4]))
		return call_answer(IOMMU_FULL);
	status = iommu_map(&machine->iommu, (uint32_t)word[0], (uint32_t)word[1], word[2], word[3], word[4], (uint8_t)word[5]);
	if (status == IOMMU_DONE)
		ENGINE_EMIT(machine->engine, iommu_map, .agent = (uint8_t)agent->id, .stream_id = (uint32_t)word[0],
			    .context = (uint32_t)word[1], .iova = word[2], .pa = word[3], .size = word[4],
			    .permission = (uint8_t)((word[5] & IOMMU_READ ? TRACE_ATTR_READ : 0) |
						    (word[5] & IOMMU_WRITE ? TRACE_ATTR_WRITE : 0)), .pc = pc);
	return call_answer(status);
}

/* stream, context, iova, size */
static uint64_t machine_call_iommu_unmap(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	int status = call_is_host(agent) ? iommu_unmap(&machine->iommu, (uint32_t)word[0], (uint32_t)word[1], word[2], word[3]) :
					   IOMMU_NO_STREAM;

	if (status == IOMMU_DONE)
		ENGINE_EMIT(machine->engine, iommu_unmap, .agent = (uint8_t)agent->id, .stream_id = (uint32_t)word[0],
			    .context = (uint32_t)word[1], .iova = word[2], .size = word[3], .pc = pc);
	return call_answer(status);
}

static uint64_t machine_call_iommu_invalidate(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	if (!call_is_host(agent))
		return call_answer(IOMMU_NO_STREAM);
	ENGINE_EMIT(machine->engine, iommu_invalidate, .agent = (uint8_t)agent->id, .stream_id = (uint32_t)word[0],
		    .context = (uint32_t)word[1], .iova = word[2], .size = word[3], .pc = pc);
	return call_answer(iommu_invalidate(&machine->iommu, (uint32_t)word[0], (uint32_t)word[1], word[2], word[3]));
}

/* Answers in the words: stream and context, iova, size, store, cause, alike. */
static uint64_t machine_call_iommu_fault_read(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	struct iommu_record record;
	bool overflow;

	(void)pc;
	if (!call_is_host(agent) || !iommu_read_record(&machine->iommu, &record, &overflow))
		return 0;
	word[0] = (uint64_t)record.context << 32 | record.stream;
	word[1] = record.iova;
	word[2] = record.size;
	word[3] = record.store;
	word[4] = record.cause - TRACE_FAULT_IOMMU_STREAM;
	word[5] = record.alike;
	return 1;
}

/* handler, its argument */
static uint64_t machine_call_iommu_on_fault(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	(void)machine, (void)pc;
	if (call_is_host(agent))
		agent_attend(agent, ENGINE_CHANNEL_IOMMU, (uintptr_t)word[0], (void *)(uintptr_t)word[1]);
	return 0;
}

/* context */
static uint64_t machine_call_iommu_use_context(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	(void)pc;
	machine->context[agent->id] = (uint32_t)word[0];
	if (machine->platform->cpu[agent->id].translation != PLATFORM_NOT_TRANSLATED)
		memory_translation_changed(machine->memory, agent, 0, UINT64_MAX);
	return 0;
}

/* ---- MPU ----------------------------------------------------------------------------------------------------------- */

/* number, address, size, disabled sub-regions, access */
static uint64_t machine_call_mpu_set(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	const struct mpu_region region = { .enabled = word[2] != 0, .base = word[1], .size = word[2],
					   .sub_regions_disabled = (uint8_t)word[3], .privileged = (uint8_t)word[4] };

	(void)pc;
	return call_answer(mpu_set(&machine->mpu[agent->id], (unsigned int)word[0], &region));
}

/* enabled, background */
static uint64_t machine_call_mpu_enable(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	(void)pc;
	mpu_enable(&machine->mpu[agent->id], word[0] != 0, word[1] != 0);
	return 0;
}

/* ---- Mailboxes ------------------------------------------------------------------------------------------------------ */

/*
 * Calls about mailboxes look at a device's register, or write one: what the CPU stored before a DMB is in memory
 * first. A parked call is made again, with its words as they were.
 */
static uint64_t machine_call_mbox_free(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS],
				       uint64_t pc)
{
	memory_order_device(machine->memory, agent, true);
	return mailbox_is_free(&machine->mailbox, agent, (unsigned int)word[0], pc);
}

/* channel; the token is answered in word 1 */
static uint64_t machine_call_mbox_poll(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS],
				       uint64_t pc)
{
	memory_order_device(machine->memory, agent, false);
	return mailbox_poll(&machine->mailbox, agent, (unsigned int)word[0], &word[1], pc);
}

static uint64_t machine_call_mbox_take_over(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS],
					    uint64_t pc)
{
	(void)pc;
	return mailbox_take_over(&machine->mailbox, agent, (unsigned int)word[0]);
}

static uint64_t machine_call_mbox_ack(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS],
				      uint64_t pc)
{
	(void)pc;
	memory_order_device(machine->memory, agent, true);
	return mailbox_ack(&machine->mailbox, agent, (unsigned int)word[0]);
}

/* channel, which buffer, store, bytes of the simulator's memory, size */
static uint64_t machine_call_mbox_message(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS],
					  uint64_t pc)
{
	enum trace_mailbox_buffer buffer =
		word[1] == HW_MBOX_REQUEST ? TRACE_MAILBOX_BUFFER_REQUEST : TRACE_MAILBOX_BUFFER_RESPONSE;

	memory_order_device(machine->memory, agent, true);
	return word[4] <= MAILBOX_MESSAGE_MAX &&
	       mailbox_message(&machine->mailbox, agent, (unsigned int)word[0], buffer, word[2] != 0,
			       (void *)(uintptr_t)word[3], (size_t)word[4], pc);
}

static const machine_call_function machine_calls[CALLS + 1] = {
#define CALL(name) [CALL_##name] = machine_call_##name,
#include "sim/calls.def"
#undef CALL
};

uint64_t machine_call(struct machine *machine, struct agent *agent, enum machine_call call, uint64_t word[CALL_WORDS],
		      uint64_t pc)
{
	return machine_calls[call](machine, agent, word, pc);
}
