/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cores of a cluster that run one program: what they have in common (addresses, channels, rights), and what each has of
 * its own. Agents run nothing; choices are the usual ones.
 */
#include "models/memory_internal.h"
#include "models/tests/memory_world.h"

#define SECOND 2u	/* core 1 of the remote */
#define STRANGER 7u	/* no core */

static void second_core(void)
{
	platform.cpu[REMOTE].cores = 2;
	platform.cpu[SECOND] = platform.cpu[REMOTE];
	platform.cpu[SECOND].core = 1;
	platform.cpu[SECOND].boot = REMOTE;
	platform.cpu[SECOND].shares_cache = 1 + REMOTE;
	platform.cpu[SECOND].channels = 0;
	platform.cpus = 3;
	platform.mailboxes = 1;
	platform.mailbox[0].is = (struct mailbox_properties){ .kind = TRACE_MAILBOX_KIND_DOORBELL };
	for (unsigned int id = HOST; id <= REMOTE; id++)
		platform.cpu[id].channel[0] = (struct platform_channel){ .connected = true, .peer = id ^ 1 };
}

static void second_core_and_buffers(void)
{
	second_core();
	platform.cpu[REMOTE].store_buffer = platform.cpu[SECOND].store_buffer = 4;
}

static void start_by(void (*how)(void), const char *choices)
{
	adjust = how;
	begin(choices);
	machine_power_reset(&machine);
	for (unsigned int id = 0; id < platform.cpus; id++) {
		machine.power.processor[id].state = TRACE_POWER_ON;
		engine.agent[id].state = AGENT_READY;
	}
}

static void start(void (*how)(void))
{
	start_by(how, "-");
}

static uint64_t call(unsigned int id, enum machine_call what, uint64_t first)
{
	uint64_t word[CALL_WORDS] = { first };

	return machine_call(&machine, &engine.agent[id], what, word, 1);
}

static bool is_pending(unsigned int id, unsigned int channel)
{
	return engine.agent[id].channel[channel].pending;
}

static void cores_have_numbers_and_names_of_their_own_and_one_program(void)
{
	start(second_core);
	CU_ASSERT_EQUAL(call(REMOTE, CALL_cpu_number, 0), 0);
	CU_ASSERT_EQUAL(call(SECOND, CALL_cpu_number, 0), 1);
	CU_ASSERT_EQUAL(call(HOST, CALL_cpu_number, 0), 0);
	CU_ASSERT_STRING_EQUAL(engine.agent[REMOTE].name, "remote");
	CU_ASSERT_STRING_EQUAL(engine.agent[SECOND].name, "remote.1");
	CU_ASSERT_PTR_EQUAL(engine.agent[SECOND].program, engine.agent[REMOTE].program);
	CU_ASSERT_PTR_NOT_EQUAL(engine.agent[HOST].program, engine.agent[REMOTE].program);
	CU_ASSERT_EQUAL(engine.agent[SECOND].program->cores, 2);
	CU_ASSERT_PTR_EQUAL(engine.agent[SECOND].program->boot, &engine.agent[REMOTE]);
}

static void cores_have_the_same_addresses_and_private_memory(void)
{
	start(second_core);
	CU_ASSERT_EQUAL(va(SECOND, DATA, 0), va(REMOTE, DATA, 0));
	CU_ASSERT_NOT_EQUAL(va(HOST, DATA, 0), va(REMOTE, DATA, 0));
	CU_ASSERT_PTR_EQUAL(memory_private(machine.memory, SECOND), memory_private(machine.memory, REMOTE));
}

static void what_a_core_stores_the_others_see_at_once_and_the_host_after_a_clean_by_any(void)
{
	start(second_core);
	uint8_t before = load(HOST, DATA, 9, 1);

	store(REMOTE, DATA, 9, (uint8_t)(before + 1), 2);
	CU_ASSERT_EQUAL(load(SECOND, DATA, 9, 3), (uint8_t)(before + 1));
	clean(SECOND, DATA, 9, 4);
	invalidate(HOST, DATA, 9, 5);
	CU_ASSERT_EQUAL(load(HOST, DATA, 9, 6), (uint8_t)(before + 1));
}

/* Both have one mapping of uncached memory, which shows what whoever loads may see. */
static void what_waits_in_a_cores_store_buffer_that_core_sees_and_no_other(void)
{
	start_by(second_core_and_buffers, "memory.drain#0:1");
	uint8_t before = load(SECOND, UNCACHED, 9, 1);

	store(REMOTE, UNCACHED, 9, (uint8_t)(before + 1), 2);
	CU_ASSERT_EQUAL(load(SECOND, UNCACHED, 9, 3), before);
	CU_ASSERT_EQUAL(load(REMOTE, UNCACHED, 9, 4), (uint8_t)(before + 1));
	CU_ASSERT_TRUE(chooser_done(&chooser));
}

/* Announced and made, but not yet known to be: the other core's load, which is laid there too, must not undo it. */
static void store_that_a_core_is_making_survives_a_load_of_the_other(void)
{
	struct agent_store making = { .size = 1, .pc = 2 };

	start(second_core_and_buffers);
	uint8_t before = load(HOST, UNCACHED, 9, 1);

	making.address = va(REMOTE, UNCACHED, 9);
	CU_ASSERT_TRUE_FATAL(memory_access(machine.memory, &engine.agent[REMOTE], making.address, 1, true, 2));
	engine.agent[REMOTE].store[engine.agent[REMOTE].stores++] = making;
	*(volatile uint8_t *)making.address = (uint8_t)(before + 1);
	load(SECOND, UNCACHED, 9, 3);
	load(SECOND, UNCACHED, 10, 4);
	memory_retire(machine.memory, &engine.agent[REMOTE], &making);
	engine.agent[REMOTE].stores = 0;
	memory_barrier(machine.memory, &engine.agent[REMOTE], TRACE_BARRIER_DSB);
	CU_ASSERT_EQUAL(load(HOST, UNCACHED, 9, 5), (uint8_t)(before + 1));
}

static bool is_buffered(void)
{
	return machine.memory->buffered > 0;
}

/* What the other core then learns in private memory comes after it: the host must see both in order. */
static void barrier_of_a_core_empties_its_store_buffer(void)
{
	uint8_t byte;

	start(second_core_and_buffers);
	uint8_t before = load(HOST, UNCACHED, 9, 1);

	store(REMOTE, UNCACHED, 9, (uint8_t)(before + 1), 2);
	memory_barrier(machine.memory, &engine.agent[SECOND], TRACE_BARRIER_DMB);
	CU_ASSERT_TRUE(is_buffered());
	memory_barrier(machine.memory, &engine.agent[REMOTE], TRACE_BARRIER_DMB);
	CU_ASSERT_FALSE(is_buffered());
	CU_ASSERT_TRUE(memory_dma(machine.memory, HOST, address(UNCACHED, 9), &byte, 1, false));
	CU_ASSERT_EQUAL(byte, (uint8_t)(before + 1));
}

static void core_kicks_on_its_programs_channel_and_is_told_as_itself(void)
{
	start(second_core);
	CU_ASSERT_TRUE(mailbox_send(&machine.mailbox, &engine.agent[SECOND], 0, 0, 1));
	CU_ASSERT_EQUAL(told[tells - 1].id, EVENT_kick);
	CU_ASSERT_EQUAL(told[tells - 1].kick.agent, SECOND);
	CU_ASSERT_TRUE(mailbox_deliver(&machine.mailbox, &engine.agent[REMOTE], 0));
	CU_ASSERT_TRUE(is_pending(HOST, 0));
	CU_ASSERT_FALSE(is_pending(SECOND, 0));
}

static void rings(unsigned int channel)
{
	CU_ASSERT_TRUE(mailbox_send(&machine.mailbox, &engine.agent[HOST], channel, 0, 1));
	CU_ASSERT_TRUE(mailbox_deliver(&machine.mailbox, &engine.agent[HOST], channel));
}

static void ring_goes_to_the_core_that_registered_last_and_takes_along_what_is_pending(void)
{
	start(second_core);
	rings(0);
	CU_ASSERT_TRUE(is_pending(REMOTE, 0));
	agent_attend(&engine.agent[SECOND], 0, 1, NULL);
	CU_ASSERT_FALSE(is_pending(REMOTE, 0));
	CU_ASSERT_TRUE(is_pending(SECOND, 0));
	agent_attend(&engine.agent[REMOTE], 0, 1, NULL);
	CU_ASSERT_TRUE(is_pending(REMOTE, 0));
	CU_ASSERT_FALSE(is_pending(SECOND, 0));
}

static void cores_interrupt_each_other_and_themselves_and_no_other_cluster(void)
{
	start(second_core);
	CU_ASSERT_EQUAL(call(REMOTE, CALL_cpu_interrupt, 1), 0);
	CU_ASSERT_TRUE(is_pending(SECOND, ENGINE_CHANNEL_CORES));
	CU_ASSERT_FALSE(is_pending(REMOTE, ENGINE_CHANNEL_CORES));
	CU_ASSERT_EQUAL(told[tells - 1].id, EVENT_cpu_interrupt);
	CU_ASSERT_EQUAL(told[tells - 1].cpu_interrupt.to, SECOND);
	CU_ASSERT_EQUAL(call(SECOND, CALL_cpu_interrupt, 1), 0);
	CU_ASSERT_EQUAL(engine.agent[SECOND].channel[ENGINE_CHANNEL_CORES].token, 1);
	CU_ASSERT_EQUAL(call(HOST, CALL_cpu_interrupt, 1), (uint64_t)-1);
	CU_ASSERT_EQUAL(call(REMOTE, CALL_cpu_interrupt, STRANGER), (uint64_t)-1);
	CU_ASSERT_FALSE(is_pending(HOST, ENGINE_CHANNEL_CORES));
}

static void core_turns_others_on_that_are_off_and_not_itself_nor_core_0(void)
{
	start(second_core);
	CU_ASSERT_EQUAL(call(REMOTE, CALL_cpu_on, 1), (uint64_t)-1);
	CU_ASSERT_EQUAL(call(SECOND, CALL_cpu_off, 0), 1);
	CU_ASSERT_EQUAL(machine.power.processor[SECOND].state, TRACE_POWER_STOPPED);
	CU_ASSERT_EQUAL(machine.power.processor[REMOTE].state, TRACE_POWER_ON);
	CU_ASSERT_EQUAL(call(SECOND, CALL_cpu_on, 1), (uint64_t)-1);
	CU_ASSERT_EQUAL(call(HOST, CALL_cpu_on, 1), (uint64_t)-1);
	CU_ASSERT_EQUAL(call(REMOTE, CALL_cpu_off, 0), 1);
	CU_ASSERT_EQUAL(call(SECOND, CALL_cpu_on, 0), (uint64_t)-1);
	CU_ASSERT_EQUAL(machine.power.processor[REMOTE].state, TRACE_POWER_STOPPED);
}

static uint64_t power_of_remote(enum hw_power what)
{
	uint64_t word[CALL_WORDS] = { HW_REMOTE, what };

	return machine_call(&machine, &engine.agent[HOST], CALL_power, word, 1);
}

static void host_stops_every_core_and_starts_the_one_that_boots(void)
{
	start(second_core);
	CU_ASSERT_EQUAL(power_of_remote(HW_POWER_STOP), 0);
	CU_ASSERT_EQUAL(machine.power.processor[REMOTE].state, TRACE_POWER_STOPPED);
	CU_ASSERT_EQUAL(machine.power.processor[SECOND].state, TRACE_POWER_STOPPED);
	CU_ASSERT_EQUAL(machine.power.processor[HOST].state, TRACE_POWER_ON);
	platform.cpu[REMOTE].power.boot_ns = machine.power.processor[REMOTE].boot_ns = 1;
	CU_ASSERT_EQUAL(power_of_remote(HW_POWER_START), 0);
	CU_ASSERT_EQUAL(machine.power.processor[REMOTE].state, TRACE_POWER_BOOTING);
	CU_ASSERT_EQUAL(machine.power.processor[SECOND].state, TRACE_POWER_STOPPED);
}

static void reset_of_the_core_that_boots_stops_the_others_first(void)
{
	start(second_core);
	machine.power.processor[REMOTE].boot_ns = 1;
	tells = 0;
	CU_ASSERT_EQUAL(power_of_remote(HW_POWER_RESET), 0);
	CU_ASSERT_EQUAL(machine.power.processor[REMOTE].state, TRACE_POWER_BOOTING);
	CU_ASSERT_EQUAL(machine.power.processor[SECOND].state, TRACE_POWER_STOPPED);
	CU_ASSERT_EQUAL(told[0].id, EVENT_power);
	CU_ASSERT_EQUAL(told[0].power.agent, SECOND);
	CU_ASSERT_EQUAL(told[0].power.by, TRACE_ASKER_CLUSTER);
}

/* It loads the program again, under their feet. */
static void start_of_the_core_that_boots_stops_the_others_first_too(void)
{
	start(second_core);
	machine.power.processor[REMOTE].boot_ns = 1;
	CU_ASSERT_EQUAL(call(REMOTE, CALL_cpu_off, 0), 1);
	CU_ASSERT_EQUAL(machine.power.processor[SECOND].state, TRACE_POWER_ON);
	CU_ASSERT_EQUAL(power_of_remote(HW_POWER_START), 0);
	CU_ASSERT_EQUAL(machine.power.processor[REMOTE].state, TRACE_POWER_BOOTING);
	CU_ASSERT_EQUAL(machine.power.processor[SECOND].state, TRACE_POWER_STOPPED);
}

static CU_TestInfo sentences[] = {
	SENTENCE(cores_have_numbers_and_names_of_their_own_and_one_program),
	SENTENCE(cores_have_the_same_addresses_and_private_memory),
	SENTENCE(what_a_core_stores_the_others_see_at_once_and_the_host_after_a_clean_by_any),
	SENTENCE(what_waits_in_a_cores_store_buffer_that_core_sees_and_no_other),
	SENTENCE(store_that_a_core_is_making_survives_a_load_of_the_other),
	SENTENCE(barrier_of_a_core_empties_its_store_buffer),
	SENTENCE(core_kicks_on_its_programs_channel_and_is_told_as_itself),
	SENTENCE(ring_goes_to_the_core_that_registered_last_and_takes_along_what_is_pending),
	SENTENCE(cores_interrupt_each_other_and_themselves_and_no_other_cluster),
	SENTENCE(core_turns_others_on_that_are_off_and_not_itself_nor_core_0),
	SENTENCE(host_stops_every_core_and_starts_the_one_that_boots),
	SENTENCE(reset_of_the_core_that_boots_stops_the_others_first),
	SENTENCE(start_of_the_core_that_boots_stops_the_others_first_too),
	CU_TEST_INFO_NULL,
};

int main(void)
{
	int status = sentences_run("machine cores", sentences);

	machine_fini(&machine);
	chooser_fini(&chooser);
	return status;
}
