/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cores of a cluster that run one program: core 0 boots it and turns the others on, each at an entry of its choice, as
 * PSCI's CPU_ON does; they interrupt each other, as by the interrupt controller's software-generated interrupts. They have one
 * address space, heap, set of mailbox channels and rights, and each a stack, thread-local storage, MPU and store buffer of its
 * own. Contracts of the seam calls: sbesim/hw.h. Not modelled: the time that a core takes to come up.
 */
#include "models/machine.h"

unsigned int machine_boot(const struct machine *machine, const struct agent *agent)
{
	return platform_boot(machine->platform, agent->id);
}

/* The agent that is core `core` of the agent's cluster; NULL: there is none. */
static struct agent *machine_core(struct machine *machine, const struct agent *agent, uint64_t core)
{
	for (unsigned int id = 0; id < machine->platform->cpus; id++)
		if (platform_boot(machine->platform, id) == machine_boot(machine, agent) &&
		    machine->platform->cpu[id].core == core)
			return &machine->engine->agent[id];
	return NULL;
}

void machine_stop_cores(struct machine *machine, unsigned int id, enum trace_asker by)
{
	for (unsigned int other = 0; other < machine->platform->cpus; other++)
		if (other != id && platform_boot(machine->platform, other) == id)
			(void)power_request(&machine->power, other, POWER_STOP, by);
}

uint64_t machine_call_cpu_number(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	(void)machine, (void)word, (void)pc;
	return agent->core;
}

/* core, entry, its argument */
uint64_t machine_call_cpu_on(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	struct agent *core = word[0] ? machine_core(machine, agent, word[0]) : NULL;

	(void)pc;
	if (!core || core == agent)
		return (uint64_t)-1;
	core->entry = (void (*)(void *))(uintptr_t)word[1];
	core->entry_arg = (void *)(uintptr_t)word[2];
	return power_request(&machine->power, core->id, POWER_START, TRACE_ASKER_CLUSTER) ? 0 : (uint64_t)-1;
}

/* The core's entry returned. */
uint64_t machine_call_cpu_off(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	(void)word, (void)pc;
	return power_request(&machine->power, agent->id, POWER_STOP, TRACE_ASKER_SELF);
}

/* core */
uint64_t machine_call_cpu_interrupt(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	struct agent *core = machine_core(machine, agent, word[0]);

	if (!core)
		return (uint64_t)-1;
	ENGINE_EMIT(machine->engine, cpu_interrupt, .agent = (uint8_t)agent->id, .to = (uint8_t)core->id, .pc = pc);
	engine_interrupt(core, ENGINE_CHANNEL_CORES, agent->core);
	return 0;
}

/* isr, arg */
uint64_t machine_call_cpu_attend(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc)
{
	(void)machine, (void)pc;
	agent_attend(agent, ENGINE_CHANNEL_CORES, (uintptr_t)word[0], (void *)(uintptr_t)word[1]);
	return 0;
}
