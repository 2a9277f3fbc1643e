/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What memory makes of time and of the bus: costs by level and by kind of access, waiting for each other, and errors
 * that reach their initiator. The host is at 1 GHz, so that cycles are nanoseconds; the slave takes 40 of them to
 * begin with and 10 for 64 bytes (memory_world.h).
 */
#include "models/tests/memory_world.h"
#include "models/tests/random.h"

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

/* ---- Gathering ------------------------------------------------------------------------------------------ */

static void gathering_host(void)
{
	dear_slave();
	platform.cpu[HOST].gather_bytes = 32;
	platform.region[DATA].slave = 1;
	platform.cpu[HOST].window[DATA].cached = false;
	platform.cpu[HOST].window[DATA].device = true;
}

#define WHOLE_STORE (4 + 7 + 10)
#define JOINING_STORE 4

static void store_joins_the_block_that_the_last_one_went_to(void)
{
	adjust = gathering_host;
	begin("-");
	CU_ASSERT_EQUAL(store_cost(HOST, UNCACHED, 32), WHOLE_STORE);
	CU_ASSERT_EQUAL(store_cost(HOST, UNCACHED, 40), JOINING_STORE);
	CU_ASSERT_EQUAL(store_cost(HOST, UNCACHED, 56), JOINING_STORE);
	CU_ASSERT_EQUAL(store_cost(HOST, UNCACHED, 32), JOINING_STORE);
	CU_ASSERT_EQUAL(store_cost(HOST, UNCACHED, 64), WHOLE_STORE);	/* the next block's first byte */
	CU_ASSERT_EQUAL(store_cost(HOST, UNCACHED, 56), WHOLE_STORE);	/* back, but the buffer was flushed */
}

static void store_that_leaves_the_block_opens_the_one_that_it_ends_in(void)
{
	adjust = gathering_host;
	begin("-");
	CU_ASSERT_EQUAL(store_cost(HOST, UNCACHED, 16), WHOLE_STORE);
	CU_ASSERT_EQUAL(store_cost(HOST, UNCACHED, 28), WHOLE_STORE);	/* half of it is in the next */
	CU_ASSERT_EQUAL(store_cost(HOST, UNCACHED, 40), JOINING_STORE);
	CU_ASSERT_EQUAL(store_cost(HOST, UNCACHED, 16), WHOLE_STORE);
}

static void only_a_core_that_gathers_and_only_normal_memory_is_gathered(void)
{
	adjust = gathering_host;
	begin("-");
	CU_ASSERT_EQUAL(store_cost(REMOTE, UNCACHED, 0), store_cost(REMOTE, UNCACHED, 8));
	CU_ASSERT_EQUAL(store_cost(HOST, DATA, 0), WHOLE_STORE);
	CU_ASSERT_EQUAL(store_cost(HOST, DATA, 8), WHOLE_STORE);
	platform.cpu[HOST].gather_bytes = 0;
	CU_ASSERT_EQUAL(store_cost(HOST, UNCACHED, 0), WHOLE_STORE);
	CU_ASSERT_EQUAL(store_cost(HOST, UNCACHED, 8), WHOLE_STORE);
}

static void flush_by_load(void)
{
	load_cost(HOST, UNCACHED, 0x100);
}

static void flush_by_device_store(void)
{
	store_cost(HOST, DATA, 0);
}

static void flush_by_device_load(void)
{
	load_cost(HOST, DATA, 0);
}

static void flush_by_dmb(void)
{
	memory_barrier(machine.memory, &engine.agent[HOST], TRACE_BARRIER_DMB);
}

static void flush_by_dsb(void)
{
	memory_barrier(machine.memory, &engine.agent[HOST], TRACE_BARRIER_DSB);
}

static void flush_by_ring(void)
{
	memory_ring_doorbell(machine.memory, &engine.agent[HOST], 0, 0);
}

static void flush_by_mailbox_register(void)
{
	memory_order_device(machine.memory, &engine.agent[HOST], false);
}

static void flush_by_new_run(void)
{
	begin_run();
}

static void flush_by_loss_of_power(void)
{
	memory_power_loss(machine.memory, &engine.agent[HOST]);
}

static void keep_by_cached_accesses(void)
{
	load_cost(HOST, CONTROL, 0);
	store_cost(HOST, CONTROL, 0);
}

static void keep_by_other_cpu(void)
{
	store_cost(REMOTE, UNCACHED, 0x100);
}

static void ignore_ring(void *ctx, struct agent *agent, unsigned int channel, uint64_t token)
{
	(void)ctx, (void)agent, (void)channel, (void)token;
}

static void what_goes_past_the_cache_or_waits_for_it_flushes_the_block_and_nothing_else_does(void)
{
	static const struct {
		void (*between)(void);
		uint64_t cost;
	} cases[] = {
		{ flush_by_load, WHOLE_STORE }, { flush_by_device_store, WHOLE_STORE }, { flush_by_device_load, WHOLE_STORE },
		{ flush_by_dmb, WHOLE_STORE }, { flush_by_dsb, WHOLE_STORE }, { flush_by_ring, WHOLE_STORE },
		{ flush_by_mailbox_register, WHOLE_STORE }, { flush_by_new_run, WHOLE_STORE },
		{ flush_by_loss_of_power, WHOLE_STORE }, { keep_by_cached_accesses, JOINING_STORE },
		{ keep_by_other_cpu, JOINING_STORE },
	};

	adjust = gathering_host;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin("-");
		memory_on_ring(machine.memory, ignore_ring, NULL);
		store_cost(HOST, UNCACHED, 0);
		cases[i].between();
		CU_ASSERT_EQUAL(store_cost(HOST, UNCACHED, 8), cases[i].cost);
	}
}

static void uncached_alias_is_through(void)
{
	gathering_host();
	platform.region[CONTROL].slave = 1;
	platform.cpu[HOST].window[CONTROL].through = true;
}

static void write_through_store_is_not_gathered_and_flushes(void)
{
	adjust = uncached_alias_is_through;
	begin("-");
	store_cost(HOST, UNCACHED, 0);
	CU_ASSERT_EQUAL(store_cost(HOST, CONTROL, 0), WHOLE_STORE);
	CU_ASSERT_EQUAL(store_cost(HOST, CONTROL, 8), WHOLE_STORE);
	CU_ASSERT_EQUAL(store_cost(HOST, UNCACHED, 8), WHOLE_STORE);
}

/* What the host did last past its cache, as far back as anybody may look. */
static struct past {
	enum { PAST_STORE, PAST_OTHER } what;
	uint64_t last;	/* byte of a store */
} past;

/* By the rule as docs/platforms.md has it. */
static uint64_t naive_store_cost(uint64_t at, uint64_t size)
{
	bool joins = past.what == PAST_STORE && at / 32 == past.last / 32 && (at + size - 1) / 32 == past.last / 32;

	past = (struct past){ PAST_STORE, at + size - 1 };
	return joins ? JOINING_STORE : WHOLE_STORE;
}

/* Most are stores, near each other, each in one line. */
static bool random_access_costs_what_it_should(uint64_t *seed)
{
	static void (*const others[])(void) = { flush_by_load, flush_by_device_store, flush_by_dmb, flush_by_ring };
	uint64_t what = random_below(seed, 50), at = 64 * random_below(seed, 2) + 4 * random_below(seed, 15);

	if (what >= 45) {
		keep_by_cached_accesses();
		keep_by_other_cpu();
	} else if (what >= 41) {
		others[what - 41]();
		past.what = PAST_OTHER;
	} else {
		return store_cost(HOST, UNCACHED, at) == naive_store_cost(at, 8);
	}
	return true;
}

static void a_million_random_accesses_are_gathered_as_the_rule_says(void)
{
	uint64_t seed = 1;

	adjust = gathering_host;
	begin("-");
	engine.listeners = 0;
	memory_on_ring(machine.memory, ignore_ring, NULL);
	past.what = PAST_OTHER;
	for (unsigned int n = random_operations(); n--;)
		if (!random_access_costs_what_it_should(&seed)) {
			CU_FAIL_FATAL("a store costs something else");
		}
	CU_PASS("each cost what the rule says");
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
	SENTENCE(store_joins_the_block_that_the_last_one_went_to),
	SENTENCE(store_that_leaves_the_block_opens_the_one_that_it_ends_in),
	SENTENCE(only_a_core_that_gathers_and_only_normal_memory_is_gathered),
	SENTENCE(what_goes_past_the_cache_or_waits_for_it_flushes_the_block_and_nothing_else_does),
	SENTENCE(write_through_store_is_not_gathered_and_flushes),
	SENTENCE(a_million_random_accesses_are_gathered_as_the_rule_says),
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
