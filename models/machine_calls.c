/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the seam calls of sim/calls.def do: each hands its words to the model that it belongs to. Contracts:
 * sbesim/hw.h.
 */
#include "models/machine.h"

typedef uint64_t (*machine_call_function)(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS],
					  uint64_t pc);

/* op, set_way */
uint64_t machine_call_cache_all(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
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

/* May the host change that context? What it does is told before its effects are. */
static int call_check_context(const struct machine *machine, const struct agent *agent, uint64_t stream,
			      uint64_t context)
{
	if (!call_is_host(agent) || !iommu_has_stream(&machine->iommu, (uint32_t)stream))
		return IOMMU_NO_STREAM;
	return iommu_has_context(&machine->iommu, (uint32_t)stream, (uint32_t)context) ? IOMMU_DONE : IOMMU_NO_CONTEXT;
}

/* stream, mode */
uint64_t machine_call_iommu_set_mode(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS],
		uint64_t pc)
{
	uint32_t stream = (uint32_t)word[0];

	if (!call_is_host(agent) || word[1] > IOMMU_TRANSLATE || !iommu_has_stream(&machine->iommu, stream))
		return call_answer(IOMMU_NO_STREAM);
	if ((word[1] == IOMMU_BYPASS) != iommu_bypasses(&machine->iommu, stream) &&
	    !machine_can_bypass(machine, stream))
		return call_answer(IOMMU_FULL);
	ENGINE_EMIT(machine->engine, iommu_mode, .agent = (uint8_t)agent->id, .stream_id = stream,
		    .mode = (uint8_t)word[1], .pc = pc);
	return call_answer(iommu_set_mode(&machine->iommu, stream, (enum iommu_mode)word[1]));
}

static void call_tell_context(struct machine *machine, const struct agent *agent, uint32_t stream, uint64_t context,
			      enum trace_iommu_context what, uint64_t pc)
{
	ENGINE_EMIT(machine->engine, iommu_context, .agent = (uint8_t)agent->id, .stream_id = stream,
		    .context = (uint32_t)context, .what = (uint8_t)what, .pc = pc);
}

/* stream, context */
uint64_t machine_call_iommu_context_create(struct machine *machine, struct agent *agent,
		uint64_t word[CALL_WORDS], uint64_t pc)
{
	int status = call_is_host(agent) ? iommu_create_context(&machine->iommu, (uint32_t)word[0], (uint32_t)word[1]) :
					   IOMMU_NO_STREAM;

	if (status == IOMMU_DONE)
		call_tell_context(machine, agent, (uint32_t)word[0], word[1], TRACE_IOMMU_CONTEXT_CREATED, pc);
	return call_answer(status);
}

uint64_t machine_call_iommu_context_destroy(struct machine *machine, struct agent *agent,
		uint64_t word[CALL_WORDS], uint64_t pc)
{
	int status = call_check_context(machine, agent, word[0], word[1]);

	if (status == IOMMU_DONE && word[1])
		call_tell_context(machine, agent, (uint32_t)word[0], word[1], TRACE_IOMMU_CONTEXT_DESTROYED, pc);
	return call_answer(status != IOMMU_DONE
				   ? status
				   : iommu_destroy_context(&machine->iommu, (uint32_t)word[0], (uint32_t)word[1]));
}

/* stream, context, iova, pa, size, permission */
uint64_t machine_call_iommu_map(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	int status;

	if (!call_is_host(agent))
		return call_answer(IOMMU_NO_STREAM);
	if (!machine_can_map(machine, (uint32_t)word[0], word[2], word[3], word[4]))
		return call_answer(IOMMU_FULL);
	status = iommu_map(&machine->iommu, (uint32_t)word[0], (uint32_t)word[1], word[2], word[3], word[4],
			   (uint8_t)word[5]);
	if (status == IOMMU_DONE)
		ENGINE_EMIT(machine->engine, iommu_map, .agent = (uint8_t)agent->id, .stream_id = (uint32_t)word[0],
			    .context = (uint32_t)word[1], .iova = word[2], .pa = word[3], .size = word[4],
			    .permission = (uint8_t)((word[5] & IOMMU_READ ? TRACE_ATTR_READ : 0) |
						    (word[5] & IOMMU_WRITE ? TRACE_ATTR_WRITE : 0)), .pc = pc);
	return call_answer(status);
}

/* stream, context, iova, size */
uint64_t machine_call_iommu_unmap(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	int status = call_is_host(agent)
			     ? iommu_unmap(&machine->iommu, (uint32_t)word[0], (uint32_t)word[1], word[2], word[3])
			     : IOMMU_NO_STREAM;

	if (status == IOMMU_DONE)
		ENGINE_EMIT(machine->engine, iommu_unmap, .agent = (uint8_t)agent->id, .stream_id = (uint32_t)word[0],
			    .context = (uint32_t)word[1], .iova = word[2], .size = word[3], .pc = pc);
	return call_answer(status);
}

uint64_t machine_call_iommu_invalidate(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS],
		uint64_t pc)
{
	int status = call_check_context(machine, agent, word[0], word[1]);

	if (status != IOMMU_DONE)
		return call_answer(status);
	ENGINE_EMIT(machine->engine, iommu_invalidate, .agent = (uint8_t)agent->id, .scope = TRACE_IOTLB_SCOPE_RANGE,
		    .stream_id = (uint32_t)word[0], .context = (uint32_t)word[1], .iova = word[2], .size = word[3],
		    .pc = pc);
	return call_answer(iommu_invalidate(&machine->iommu, (uint32_t)word[0], (uint32_t)word[1], word[2], word[3]));
}

/* scope, stream, context */
uint64_t machine_call_iommu_invalidate_all(struct machine *machine, struct agent *agent,
		uint64_t word[CALL_WORDS], uint64_t pc)
{
	static const enum trace_iotlb_scope scopes[] = {TRACE_IOTLB_SCOPE_CONTEXT, TRACE_IOTLB_SCOPE_STREAM,
							TRACE_IOTLB_SCOPE_ALL};
	uint32_t stream = word[0] <= HW_IOTLB_STREAM ? (uint32_t)word[1] : 0,
		 context = word[0] == HW_IOTLB_CONTEXT ? (uint32_t)word[2] : 0;
	int status = call_is_host(agent) && word[0] <= HW_IOTLB_ALL ? IOMMU_DONE : IOMMU_NO_STREAM;

	if (status == IOMMU_DONE && word[0] != HW_IOTLB_ALL)
		status = call_check_context(machine, agent, stream, context);
	if (status != IOMMU_DONE)
		return call_answer(status);
	ENGINE_EMIT(machine->engine, iommu_invalidate, .agent = (uint8_t)agent->id, .scope = (uint8_t)scopes[word[0]],
		    .stream_id = stream, .context = context, .pc = pc);
	return call_answer(iommu_invalidate_all(&machine->iommu, scopes[word[0]], stream, context));
}

/* Answers in the words: stream and context, iova, size and store, cause, alike, lost. */
uint64_t machine_call_iommu_fault_read(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS],
		uint64_t pc)
{
	struct iommu_record record;

	(void)pc;
	if (!call_is_host(agent) || !iommu_read_record(&machine->iommu, &record))
		return 0;
	word[0] = (uint64_t)record.context << 32 | record.stream;
	word[1] = record.iova;
	word[2] = (uint64_t)record.store << 32 | record.size;
	word[3] = record.cause - TRACE_FAULT_IOMMU_STREAM;
	word[4] = record.alike;
	word[5] = record.lost;
	return 1;
}

/* handler, its argument */
uint64_t machine_call_iommu_on_fault(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS],
		uint64_t pc)
{
	(void)machine, (void)pc;
	if (call_is_host(agent))
		agent_attend(agent, ENGINE_CHANNEL_IOMMU, (uintptr_t)word[0], (void *)(uintptr_t)word[1]);
	return 0;
}

/* context */
uint64_t machine_call_iommu_use_context(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS],
		uint64_t pc)
{
	const struct platform_cpu *cpu = &machine->platform->cpu[agent->id];

	if (cpu->translation == PLATFORM_NOT_TRANSLATED)
		return call_answer(IOMMU_NO_STREAM);
	if (word[0] >= IOMMU_CONTEXTS_MAX)
		return call_answer(IOMMU_NO_CONTEXT);
	call_tell_context(machine, agent, cpu->stream, word[0], TRACE_IOMMU_CONTEXT_USED, pc);
	machine_use_context(machine, agent->id, (uint32_t)word[0]);
	return 0;
}

/* ---- MPU ------------------------------------------------------------------------------------------------- */

/* number, address, size, disabled sub-regions, access */
uint64_t machine_call_mpu_set(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	const struct mpu_region region = {.enabled = word[2] != 0,
					  .base = word[1],
					  .size = word[2],
					  .sub_regions_disabled = (uint8_t)word[3],
					  .access.privileged = word[4] & (HW_READ | HW_WRITE),
					  .cacheable = word[4] & HW_MPU_CACHEABLE,
					  .shareable = word[4] & HW_MPU_SHAREABLE};
	int outcome = mpu_set(&machine->mpu[agent->id], (unsigned int)word[0], &region);

	ENGINE_EMIT(machine->engine, mpu_region, .agent = (uint8_t)agent->id, .number = (uint32_t)word[0],
		    .start = region.base, .size = region.size, .sub_regions_disabled = region.sub_regions_disabled,
		    .attr = (uint8_t)((region.cacheable ? TRACE_ATTR_CACHED : 0) |
				      (region.access.privileged & MPU_READ ? TRACE_ATTR_READ : 0) |
				      (region.access.privileged & MPU_WRITE ? TRACE_ATTR_WRITE : 0) |
				      (region.shareable ? TRACE_ATTR_SHAREABLE : 0)),
		    .outcome = (uint8_t)-outcome, .pc = pc);
	return call_answer(outcome);
}

/* enabled, background */
uint64_t machine_call_mpu_enable(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	ENGINE_EMIT(machine->engine, mpu_enable, .agent = (uint8_t)agent->id, .enabled = word[0] != 0,
		    .background = word[1] != 0, .pc = pc);
	mpu_enable(&machine->mpu[agent->id], word[0] != 0, word[1] != 0);
	machine_protect_changed(machine);
	return 0;
}

/* ---- Mailboxes ------------------------------------------------------------------------------------------- */

/*
 * Calls about mailboxes look at a device's register, or write one: what the CPU stored before a DMB is in memory
 * first. A parked call is made again, with its words as they were.
 */
uint64_t machine_call_mbox_free(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	memory_order_device(machine->memory, agent, true);
	return mailbox_is_free(&machine->mailbox, agent, (unsigned int)word[0], pc);
}

/* channel; the token is answered in word 1 */
uint64_t machine_call_mbox_poll(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	memory_order_device(machine->memory, agent, false);
	return mailbox_poll(&machine->mailbox, agent, (unsigned int)word[0], &word[1], pc);
}

uint64_t machine_call_mbox_take_over(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS],
		uint64_t pc)
{
	(void)pc;
	return mailbox_take_over(&machine->mailbox, agent, (unsigned int)word[0]);
}

uint64_t machine_call_mbox_ack(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	(void)pc;
	memory_order_device(machine->memory, agent, true);
	return mailbox_ack(&machine->mailbox, agent, (unsigned int)word[0]);
}

/* channel, which buffer, store, bytes of the simulator's memory, size */
uint64_t machine_call_mbox_message(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
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
