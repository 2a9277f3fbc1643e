/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What happens to an agent from outside its program: stop, suspend, another clock; see engine.h. A start is
 * engine.c's, as a run's begin needs it too. Nothing is told and nothing refused here: who may ask for what is the
 * models' business.
 */
#include <string.h>

#include "sim/request.h"

#define FS_PER_SECOND UINT64_C(1000000000000000)

static bool agent_steps(const struct agent *agent)
{
	return agent->state != AGENT_OFF && agent->state != AGENT_DEAD;
}

static void agent_end_own_delay(struct agent *agent)
{
	agent->delayed = agent->delayed_briefly = false;
}

void agent_stop(struct agent *agent)
{
	struct engine *engine = agent->engine;

	if (!agent_steps(agent))
		return;
	/* A copy that was announced and not made leaves the old bytes: they are told as if stored again. */
	agent_retire(agent, &(struct request){ .kind = REQUEST_EXIT });
	engine->machine->sync(engine->machine_ctx, agent);
	agent->request = NULL;
	agent_end_own_delay(agent);
	agent_block(agent, AGENT_DEAD, UINT64_MAX);
	engine_world_changed(engine);
}

void agent_suspend(struct agent *agent)
{
	if (!agent_steps(agent) || agent->state == AGENT_SUSPENDED)
		return;
	agent->state = AGENT_SUSPENDED;
	agent_end_own_delay(agent);
	agent_end_delays(agent);
}

void agent_unsuspend(struct agent *agent)
{
	if (agent->state != AGENT_SUSPENDED)
		return;
	agent->state = AGENT_READY; /* what it waited for, it waits for again */
	if (agent->hook.clock < agent->engine->now)
		agent->hook.clock = agent->engine->now;
	engine_world_changed(agent->engine);
}

void agent_set_clock(struct agent *agent, uint64_t hz)
{
	agent->fs_per_cycle = FS_PER_SECOND / hz;
	agent->hook.private_cost = agent->costs.private_millicycles * agent->fs_per_cycle / 1000;
	agent->hook.hit_cost = agent->costs.hit * agent->fs_per_cycle;
}

void agent_attend(struct agent *agent, unsigned int channel, uintptr_t isr, void *arg)
{
	struct agent *before = agent_attendant(agent, channel);

	memcpy(&agent->channel[channel].isr, &isr, sizeof(isr));
	agent->channel[channel].arg = arg;
	if (before == agent)
		return;
	agent->program->attends[channel] = agent;
	agent->channel[channel].pending = before->channel[channel].pending;
	agent->channel[channel].token = before->channel[channel].token;
	before->channel[channel].pending = false;
}
