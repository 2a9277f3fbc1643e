/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What memory makes of time and of the bus: costs by level and by kind of access, waiting for each other, and errors
 * that reach their initiator. The host is at 1 GHz, so that cycles are nanoseconds; the slave takes 40 of them to
 * begin with and 10 for 64 bytes (memory_world.h).
 */
#include "models/tests/memory_world.h"

/* In whole nanoseconds: what one access by the agent costs. */
static uint64_t load_cost(unsigned int id, enum place place, size_t at)
{
	uint64_t before = engine.agent[id].hook.clock;

	CU_ASSERT_TRUE_FATAL(load_size(id, place, at, 8, 1));
	return (engine.agent[id].hook.clock - before) / NS;
}

static uint64_t store_cost(unsigned int id, enum place place, size_t at)
{
	uint64_t before = engine.agent[id].hook.clock;

	store_size(id, place, at, 8, 1, 1);
	return (engine.agent[id].hook.clock - before) / NS;
}

static void dear_slave(void)
{
	platform.slave[platform.slaves++] = (struct platform_slave){ .read_ns = 300, .write_ns = 7,
								      .bandwidth_mb_s = 800 };
	platform.region[UNCACHED].slave = 1;
	platform.cpu[HOST].costs.uncached_store = 4;
}

/* 10 cycles of the core's or 4, then 300 or 7, and 10 for 8 bytes at 800 MB/s. */
static void uncached_access_costs_the_core_and_its_regions_slave(void)
{
	adjust = dear_slave;
	begin("-");
	CU_ASSERT_EQUAL(load_cost(HOST, UNCACHED, 0), 10 + 300 + 10);
	CU_ASSERT_EQUAL(store_cost(HOST, UNCACHED, 0), 4 + 7 + 10);
	CU_ASSERT_EQUAL(load_cost(HOST, CONTROL, 0), 50 + 40 + 10);	/* a line of the other slave's */
	CU_ASSERT_EQUAL(load_cost(HOST, CONTROL, 56), 3);
}

static void through_window(void)
{
	platform.cpu[HOST].window[CONTROL].through = true;
}

static void store_through_a_cache_costs_as_an_uncached_one(void)
{
	adjust = through_window;
	begin("-");
	load_cost(HOST, CONTROL, 0);
	CU_ASSERT_EQUAL(load_cost(HOST, CONTROL, 8), 3);
	CU_ASSERT_EQUAL(store_cost(HOST, CONTROL, 0), 10 + 40 + 1);	/* 1.25 for 8 bytes */
	CU_ASSERT_EQUAL(load_cost(HOST, CONTROL, 8), 3);
}

/* A first level of one line, a second of 64. */
static void two_levels(void)
{
	platform.cpu[HOST].cache = (struct platform_cache){ .line_bytes = 64, .bytes = 64, .sets = 1 };
	platform.cpu[HOST].costs.l2_hit = 20;
	platform.cpu[HOST].second_level = 1;
	platform.second_level[platform.second_levels++] = (struct platform_cache){ .line_bytes = 64, .bytes = 4096,
										  .sets = 16 };
}

static void second_level_answers_for_what_the_first_has_lost_until_it_is_maintained(void)
{
	adjust = two_levels;
	begin("-");
	CU_ASSERT_EQUAL(load_cost(HOST, CONTROL, 0), 100);
	CU_ASSERT_EQUAL(load_cost(HOST, CONTROL, 64), 100);
	CU_ASSERT_EQUAL(load_cost(HOST, CONTROL, 0), 20);
	CU_ASSERT_EQUAL(load_cost(HOST, CONTROL, 0), 3);
	clean(HOST, CONTROL, 0, 1);
	CU_ASSERT_EQUAL(load_cost(HOST, CONTROL, 0), 3);	/* a clean keeps it */
	invalidate(HOST, CONTROL, 0, 1);
	CU_ASSERT_EQUAL(load_cost(HOST, CONTROL, 0), 100);
	begin_run();
	CU_ASSERT_EQUAL(load_cost(HOST, CONTROL, 0), 100);	/* a run begins with nothing */
}

static void loss_of_power_empties_both_levels(void)
{
	adjust = two_levels;
	begin("-");
	load_cost(HOST, CONTROL, 0);
	load_cost(HOST, CONTROL, 64);
	memory_power_loss(machine.memory, &engine.agent[HOST]);
	CU_ASSERT_EQUAL(load_cost(HOST, CONTROL, 64), 100);
	CU_ASSERT_EQUAL(load_cost(HOST, CONTROL, 0), 100);
}

/* 64 bytes take 10 ns of the slave, 8 bytes 1.25. */
static void agents_wait_for_each_other_only_when_they_contend(void)
{
	for (unsigned int contended = 0; contended < 2; contended++) {
		adjust = NULL;
		begin("-");
		machine.bus.contended = contended;
		CU_ASSERT_EQUAL(load_cost(HOST, CONTROL, 0), 100);
		engine.agent[REMOTE].hook.clock = 41 * NS;	/* at the slave at 51, a nanosecond after the host */
		CU_ASSERT_EQUAL(load_cost(REMOTE, UNCACHED, 0), contended ? 10 + 9 + 41 : 10 + 41);
	}
}

static void shared_memory_that_may_fail(void)
{
	platform.region[UNCACHED].may_fail = platform.region[CONTROL].may_fail = true;
}

static void slave_error_reaches_its_initiator_with_cause_address_and_pc(void)
{
	adjust = shared_memory_that_may_fail;
	begin("bus.error#1:1,bus.error#2:1");
	CU_ASSERT_TRUE(load_size(HOST, UNCACHED, 0, 4, 0x10));
	CU_ASSERT_FALSE(load_size(REMOTE, UNCACHED, 8, 4, 0x20));
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.agent, REMOTE);
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.cause, TRACE_FAULT_BUS_SLAVE);
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.access, TRACE_ACCESS_LOAD);
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.addr, address(UNCACHED, 8));
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.size, 4);
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.pc, 0x20);
	tells = 0;
	CU_ASSERT_FALSE(memory_access(machine.memory, &engine.agent[HOST], va(HOST, CONTROL, 0), 4, true, 0x30));
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.access, TRACE_ACCESS_STORE);
	CU_ASSERT_TRUE(chooser_done(&chooser));
	CU_ASSERT_TRUE(load_size(HOST, DATA, 0, 4, 0x40));
	CU_ASSERT_EQUAL(chooser.asked, 3);	/* data memory was not said to fail */
}

static void hole(void)
{
	platform.region[UNCACHED].served = false;
}

static void access_to_a_hole_is_a_decode_error_and_asks_nothing(void)
{
	adjust = hole;
	begin("-");
	CU_ASSERT_FALSE(load_size(HOST, UNCACHED, 0, 4, 0x10));
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.cause, TRACE_FAULT_BUS_DECODE);
	CU_ASSERT_TRUE(load_size(HOST, CONTROL, 0, 4, 0x20));
	CU_ASSERT_EQUAL(count(EVENT_fault), 1);
	CU_ASSERT_EQUAL(chooser.asked, 0);
}

static void slave_without_power_faults_until_it_is_on_or_a_run_begins(void)
{
	adjust = NULL;
	begin("-");
	bus_power(&machine.bus, 0, false);
	CU_ASSERT_FALSE(load_size(REMOTE, UNCACHED, 0, 4, 0x10));
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.cause, TRACE_FAULT_POWERED_OFF);
	bus_power(&machine.bus, 0, true);
	CU_ASSERT_TRUE(load_size(REMOTE, UNCACHED, 0, 4, 0x10));
	bus_power(&machine.bus, 0, false);
	engine.machine->reset(engine.machine_ctx);
	CU_ASSERT_TRUE(load_size(REMOTE, UNCACHED, 0, 4, 0x10));
}

static CU_TestInfo sentences[] = {
	SENTENCE(uncached_access_costs_the_core_and_its_regions_slave),
	SENTENCE(store_through_a_cache_costs_as_an_uncached_one),
	SENTENCE(second_level_answers_for_what_the_first_has_lost_until_it_is_maintained),
	SENTENCE(loss_of_power_empties_both_levels),
	SENTENCE(agents_wait_for_each_other_only_when_they_contend),
	SENTENCE(slave_error_reaches_its_initiator_with_cause_address_and_pc),
	SENTENCE(access_to_a_hole_is_a_decode_error_and_asks_nothing),
	SENTENCE(slave_without_power_faults_until_it_is_on_or_a_run_begins),
	CU_TEST_INFO_NULL
};

int main(void)
{
	int status = sentences_run("memory_time", sentences);

	machine_fini(&machine);
	chooser_fini(&chooser);
	return status;
}
