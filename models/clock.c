/* SPDX-License-Identifier: BSD-3-Clause */
/* CPU clocks; see clock.h. */
#include "models/clock.h"

static const struct platform_rate *clock_rate(const struct clock *clock, unsigned int id, uint64_t hz)
{
	const struct platform_power *power = &clock->platform->cpu[id].power;

	for (unsigned int i = 0; i < power->rates; i++)
		if (power->rate[i].hz == hz)
			return &power->rate[i];
	return NULL;
}

void clock_reset(struct clock *clock)
{
	for (unsigned int id = 0; id < clock->platform->cpus; id++) {
		clock->hz[id] = clock->platform->cpu[id].hz;
		agent_set_clock(&clock->engine->agent[id], clock->hz[id]);
	}
}

bool clock_set_rate(struct clock *clock, unsigned int id, uint64_t hz, enum trace_asker by)
{
	const struct platform_rate *rate = clock_rate(clock, id, hz);
	struct agent *agent = &clock->engine->agent[id];

	if (!rate || clock->hz[id] == hz)
		return rate != NULL;
	clock->hz[id] = hz;
	agent_set_clock(agent, hz);
	if (agent->hook.clock < clock->engine->now)
		agent->hook.clock = clock->engine->now;
	agent->hook.clock += rate->latency_ns * ENGINE_FS_PER_NS;
	ENGINE_EMIT(clock->engine, clock, .agent = (uint8_t)id, .hz = hz, .by = (uint8_t)by);
	return true;
}
