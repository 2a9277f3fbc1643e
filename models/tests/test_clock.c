/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CPU clocks: which rates there are, what a change costs and changes, and that no sum of changes loses a cycle's
 * worth.
 */
#include <string.h>

#include "models/clock.h"
#include "models/tests/random.h"
#include "sim/tests/sentences.h"

#define NS ENGINE_FS_PER_NS
#define MHZ UINT64_C(1000000)

static struct engine engine;
static struct platform platform;
static struct clock cpus;
static struct trace_event told;
static unsigned int tells;

static void on_event(void *ctx, const struct trace_event *event)
{
	(void)ctx;
	CU_ASSERT_EQUAL(event->id, EVENT_clock);
	told = *event;
	tells++;
}

/*
 * Two CPUs of 500 MHz (2 ns), private accesses of 1.25 cycles and hits of 5; the second may also run at 250 MHz and 1
 * GHz.
 */
static void begin(void)
{
	memset(&engine, 0, sizeof(engine));
	memset(&platform, 0, sizeof(platform));
	engine.agents = platform.cpus = 2;
	engine.listener[0].event = on_event;
	engine.listeners = 1;
	tells = 0;
	for (unsigned int id = 0; id < 2; id++) {
		platform.cpu[id].hz = 500 * MHZ;
		platform.cpu[id].power.rate[platform.cpu[id].power.rates++].hz = 500 * MHZ;
		engine.agent[id] = (struct agent){ .engine = &engine, .id = id,
						   .costs = { .private_millicycles = 1250, .hit = 5 } };
	}
	platform.cpu[1].power.rate[1] = (struct platform_rate){ .hz = 250 * MHZ, .latency_ns = 300 };
	platform.cpu[1].power.rate[2] = (struct platform_rate){ .hz = 1000 * MHZ, .latency_ns = 40 };
	platform.cpu[1].power.rates = 3;
	cpus = (struct clock){ .engine = &engine, .platform = &platform };
	clock_reset(&cpus);
}

static void expect_rate(unsigned int id, uint64_t fs)
{
	CU_ASSERT_EQUAL(engine.agent[id].fs_per_cycle, fs);
	CU_ASSERT_EQUAL(engine.agent[id].hook.private_cost, fs + fs / 4);
	CU_ASSERT_EQUAL(engine.agent[id].hook.hit_cost, 5 * fs);
}

static void change_of_rate_changes_what_everything_costs_from_now_on(void)
{
	begin();
	CU_ASSERT_TRUE(clock_set_rate(&cpus, 1, 250 * MHZ, TRACE_ASKER_HOST));
	expect_rate(1, 4 * NS);
	expect_rate(0, 2 * NS);
	CU_ASSERT_EQUAL(cpus.hz[1], 250 * MHZ);
	CU_ASSERT_EQUAL(tells, 1);
	CU_ASSERT_EQUAL(told.clock.agent, 1);
	CU_ASSERT_EQUAL(told.clock.hz, 250 * MHZ);
	CU_ASSERT_EQUAL(told.clock.by, TRACE_ASKER_HOST);
	CU_ASSERT_TRUE(clock_set_rate(&cpus, 1, 1000 * MHZ, TRACE_ASKER_SELF));
	expect_rate(1, NS);
}

static void only_the_cpus_own_operating_points_are_taken(void)
{
	begin();
	CU_ASSERT_FALSE(clock_set_rate(&cpus, 0, 250 * MHZ, TRACE_ASKER_SELF));
	CU_ASSERT_FALSE(clock_set_rate(&cpus, 1, 250 * MHZ - 1, TRACE_ASKER_SELF));
	CU_ASSERT_FALSE(clock_set_rate(&cpus, 1, 250 * MHZ + 1, TRACE_ASKER_SELF));
	CU_ASSERT_FALSE(clock_set_rate(&cpus, 1, 0, TRACE_ASKER_SELF));
	CU_ASSERT_EQUAL(tells, 0);
	expect_rate(1, 2 * NS);
}

static void rate_that_it_has_already_costs_nothing_and_is_not_told(void)
{
	begin();
	CU_ASSERT_TRUE(clock_set_rate(&cpus, 1, 500 * MHZ, TRACE_ASKER_SELF));
	CU_ASSERT_EQUAL(tells, 0);
	CU_ASSERT_EQUAL(engine.agent[1].hook.clock, 0);
}

static void cpu_stands_still_for_the_new_rates_latency_from_now_or_from_where_it_is(void)
{
	begin();
	engine.now = 1000 * NS;
	engine.agent[1].hook.clock = 700 * NS;
	CU_ASSERT_TRUE(clock_set_rate(&cpus, 1, 250 * MHZ, TRACE_ASKER_HOST));
	CU_ASSERT_EQUAL(engine.agent[1].hook.clock, 1300 * NS);
	CU_ASSERT_TRUE(clock_set_rate(&cpus, 1, 1000 * MHZ, TRACE_ASKER_HOST));
	CU_ASSERT_EQUAL(engine.agent[1].hook.clock, 1340 * NS);
	CU_ASSERT_EQUAL(engine.agent[0].hook.clock, 0);
}

static void each_run_begins_with_the_rate_at_power_on(void)
{
	begin();
	clock_set_rate(&cpus, 1, 250 * MHZ, TRACE_ASKER_HOST);
	clock_reset(&cpus);
	expect_rate(1, 2 * NS);
	CU_ASSERT_EQUAL(cpus.hz[1], 500 * MHZ);
	CU_ASSERT_EQUAL(tells, 1);
}

static void a_million_random_changes_lose_nothing_of_costs_or_time(void)
{
	static const struct {
		uint64_t hz, fs, latency;
	} rates[] = {
		{ 500 * MHZ, 2 * NS, 0 }, { 250 * MHZ, 4 * NS, 300 }, { 1000 * MHZ, NS, 40 }, { 333 * MHZ, 0, 0 }
	};
	uint64_t seed = 1, hz = 500 * MHZ, fs = 2 * NS, clock = 0;

	begin();
	for (unsigned int n = random_operations(); n--;) {
		unsigned int r = (unsigned int)random_below(&seed, 4);

		engine.now += random_below(&seed, 200) * NS;
		CU_ASSERT_EQUAL_FATAL(clock_set_rate(&cpus, 1, rates[r].hz, TRACE_ASKER_SELF), rates[r].fs != 0);
		if (rates[r].fs && rates[r].hz != hz) {
			clock = (clock > engine.now ? clock : engine.now) + rates[r].latency * NS;
			hz = rates[r].hz;
			fs = rates[r].fs;
		}
		CU_ASSERT_EQUAL_FATAL(engine.agent[1].hook.clock, clock);
		CU_ASSERT_EQUAL_FATAL(engine.agent[1].hook.private_cost, fs + fs / 4);
		CU_ASSERT_EQUAL_FATAL(engine.agent[1].hook.hit_cost, 5 * fs);
		CU_ASSERT_EQUAL_FATAL(engine.agent[0].fs_per_cycle, 2 * NS);
	}
}

static CU_TestInfo sentences[] = {
	SENTENCE(change_of_rate_changes_what_everything_costs_from_now_on),
	SENTENCE(only_the_cpus_own_operating_points_are_taken),
	SENTENCE(rate_that_it_has_already_costs_nothing_and_is_not_told),
	SENTENCE(cpu_stands_still_for_the_new_rates_latency_from_now_or_from_where_it_is),
	SENTENCE(each_run_begins_with_the_rate_at_power_on),
	SENTENCE(a_million_random_changes_lose_nothing_of_costs_or_time),
	CU_TEST_INFO_NULL
};

int main(void)
{
	return sentences_run("clock", sentences);
}
