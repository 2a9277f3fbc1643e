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
