/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The run: who goes next, what happens by itself, when it is over. One step takes one agent from one request to the
 * next; see engine.h for the rules.
 */
#include "sim/request.h"

#define NEVER UINT64_MAX
#define ENGINE_CORE_DELAY_NS 100000	/* no core is delayed for longer while another of its program goes on */
#define ENGINE_TICK_NS 1000000	/* an agent that computes for so long gives the engine a look at the budget */

/* ---- Time ------------------------------------------------------------------------------------------ */

static struct engine_timer *engine_first_timer(struct engine *engine)
{
	struct engine_timer *first = NULL;

	for (unsigned int i = 0; i < engine->timers; i++) {
		struct engine_timer *t = &engine->timer[i];

		if (!first || t->when < first->when || (t->when == first->when && t->order < first->order))
			first = t;
	}
	return first;
}

static void engine_fire(struct engine *engine, struct engine_timer *timer)
{
	struct engine_timer fired = *timer;

	*timer = engine->timer[--engine->timers];
	engine_advance(engine, fired.when);
	engine_world_changed(engine);
	fired.fire(fired.ctx, fired.arg);
}
/* ---- The run ---------------------------------------------------------------------------------------- */

static bool agent_can_wake(const struct agent *agent)
{
	return agent->state == AGENT_WAITING && !agent->sleeping && agent_pending_channel(agent) < ENGINE_CHANNELS_MAX;
}

static void agent_wake(struct agent *agent)
{
	agent->state = AGENT_READY;
	agent->wake = NEVER;
	if (agent->hook.clock < agent->engine->now)
		agent->hook.clock = agent->engine->now;
}

static void engine_wake(struct engine *engine)
{
	for (unsigned int i = 0; i < engine->agents; i++) {
		struct agent *agent = &engine->agent[i];

		if (agent_can_wake(agent) ||
		    (agent->state == AGENT_PARKED && agent->parked_world != engine->world))
			agent_wake(agent);
	}
}

/* The ready agent with the smallest clock; a delayed one only when no other is ready. */
static struct agent *engine_pick(struct engine *engine)
{
	struct agent *best = NULL;

	for (unsigned int i = 0; i < engine->agents; i++) {
		struct agent *agent = &engine->agent[i];

		if (agent->state != AGENT_READY)
			continue;
		if (!best || (best->delayed && !agent->delayed) ||
		    (best->delayed == agent->delayed && agent->hook.clock < best->hook.clock))
			best = agent;
	}
	return best;
}

/* The next thing that happens by itself: a timer's or a sleeper's time. */
static struct agent *engine_first_sleeper(struct engine *engine)
{
	struct agent *first = NULL;

	for (unsigned int i = 0; i < engine->agents; i++) {
		struct agent *agent = &engine->agent[i];

		if (agent->state == AGENT_WAITING && agent->wake != NEVER && (!first || agent->wake < first->wake))
			first = agent;
	}
	return first;
}

/* Lets timers and sleepers whose time is at most `until` go; true when there was one. */
static bool engine_pass_time(struct engine *engine, uint64_t until)
{
	struct engine_timer *timer = engine_first_timer(engine);
	struct agent *sleeper = engine_first_sleeper(engine);

	if (timer && timer->when <= until && (!sleeper || timer->when <= sleeper->wake)) {
		engine_fire(engine, timer);
		return true;
	}
	if (!sleeper || sleeper->wake > until)
		return false;
	engine_advance(engine, sleeper->wake);
	agent_wake(sleeper);
	return true;
}

/* Nobody can go and no time will change that. */
static void engine_stuck(struct engine *engine)
{
	bool parked = false;

	for (unsigned int i = 0; i < engine->agents; i++)
		parked |= engine->agent[i].state == AGENT_PARKED;
	if (parked && engine->machine->settle(engine->machine_ctx)) {
		ENGINE_EMIT(engine, fairness, .round = ++engine->fairness_rounds);
		engine_world_changed(engine);
		return;
	}
	engine_hang(engine, TRACE_HANG_DEADLOCK);
}

/* When the agent, which is delayed, goes on for the sake of another core of its program: that may spin on private memory
 * until it stores there, which nobody is told of. */
static uint64_t agent_delayed_until(const struct agent *agent, const struct agent *running)
{
	return agent->delayed && agent->program == running->program ?
		       agent->hook.clock + ENGINE_CORE_DELAY_NS * ENGINE_FS_PER_NS : NEVER;
}

static uint64_t engine_next_time(struct engine *engine, const struct agent *running)
{
	struct engine_timer *timer = engine_first_timer(engine);
	uint64_t next = timer ? timer->when : NEVER;

	for (unsigned int i = 0; i < engine->agents; i++) {
		const struct agent *agent = &engine->agent[i];
		uint64_t at = agent->state == AGENT_READY && !agent->delayed ? agent->hook.clock :
			      agent->state == AGENT_WAITING		     ? agent->wake :
									       agent_delayed_until(agent, running);

		if (agent != running && at < next)
			next = at;
	}
	return next;
}

/* True when `agent` must let others go first: it was delayed by a surprise. */
static bool engine_delays(struct engine *engine, struct agent *agent)
{
	bool others = false;

	if (agent->admitted || !request_is_visible(engine, agent, agent->request))
		return false;
	agent->admitted = true;
	for (unsigned int i = 0; i < engine->agents; i++)
		others |= &engine->agent[i] != agent && engine->agent[i].state == AGENT_READY;
	if (!others)
		return false;
	unsigned int option = engine_choose(engine, ENGINE_SITE_SCHEDULE, 3);

	agent->delayed = option != 0;
	agent->delayed_briefly = option == 2;
	return agent->delayed;
}

static void engine_end_brief_delays(struct engine *engine, const struct agent *agent)
{
	for (unsigned int i = 0; i < engine->agents; i++) {
		struct agent *other = &engine->agent[i];

		if (other != agent && other->delayed_briefly)
			agent_end_delay(other, agent);
	}
}

static void engine_end_core_delays(struct engine *engine, const struct agent *agent)
{
	for (unsigned int i = 0; i < engine->agents && agent->program->cores > 1; i++)
		if (agent->hook.clock >= agent_delayed_until(&engine->agent[i], agent))
			agent_end_delay(&engine->agent[i], agent);
}

static void engine_step(struct engine *engine, struct agent *agent)
{
	engine_end_core_delays(engine, agent);
	if (agent->request) {
		if (!agent->range_open && engine_delays(engine, agent))
			return;
		if (!agent->range_open && agent_take_interrupt(agent)) {
			agent_resume(agent);
			return;
		}
		engine_advance(engine, agent->hook.clock);
		struct request *request = agent->request;
		bool visible = agent->admitted, enables = request->kind == REQUEST_IRQ_ENABLE;

		agent->request = NULL;
		agent->admitted = false;
		bool goes_on = request_perform(engine, agent, request);

		if (visible)
			engine_end_brief_delays(engine, agent);
		if (!goes_on)
			return;
		if (enables)
			agent_take_interrupt(agent); /* before the call returns */
	}
	uint64_t next = engine_next_time(engine, agent);

	if (next > agent->hook.clock + ENGINE_TICK_NS * ENGINE_FS_PER_NS) {
		next = agent->hook.clock + ENGINE_TICK_NS * ENGINE_FS_PER_NS;
		/* Alone for so long: if it spins on data memory, that must be seen. */
		if (agent->hook.clock >= agent->hook.deadline)
			engine->machine->recheck(engine->machine_ctx, agent);
	}
	agent->hook.deadline = next + engine->config.run_ahead_ns * ENGINE_FS_PER_NS;
	agent_resume(agent);
}

static bool engine_over_budget(const struct engine *engine)
{
	uint64_t accesses = 0;

	for (unsigned int i = 0; i < engine->agents; i++)
		accesses += engine->agent[i].hook.accesses;
	return (engine->config.accesses_max && accesses > engine->config.accesses_max) ||
	       engine->now / ENGINE_FS_PER_NS > engine->config.time_max_ns;
}

/* The host's program ended: the run goes on only until every other agent waits. */
static bool engine_finished(const struct engine *engine)
{
	bool busy = engine->timers > 0;

	for (unsigned int i = 0; i < engine->agents; i++) {
		const struct agent *agent = &engine->agent[i];

		if (agent->boots && agent->state != AGENT_DEAD)
			return false;
		busy |= agent->state == AGENT_READY || agent_can_wake(agent);
	}
	return !busy;
}

static void engine_tell_end(struct engine *engine)
{
	uint64_t accesses = 0;

	for (unsigned int i = 0; i < engine->agents; i++) {
		accesses += engine->agent[i].hook.accesses;
		engine->machine->sync(engine->machine_ctx, &engine->agent[i]);
	}
	engine->machine->finish(engine->machine_ctx);
	if (engine->tell_end)
		engine->tell_end(engine->tell_ctx);
	ENGINE_EMIT(engine, run_end, .accesses = accesses, .choices = engine->chooser->asked);
}

static void engine_reset(struct engine *engine)
{
	engine->now = engine->world = engine->events = 0;
	engine->timers = 0;
	engine->timers_order = 0;
	engine->fairness_rounds = 0;
	engine->over = false;
	for (unsigned int i = 0; i < engine->agents; i++)
		agent_reset(&engine->agent[i]);
	engine->machine->reset(engine->machine_ctx);
}

void engine_run(struct engine *engine)
{
	engine_reset(engine);
	if (engine->tell_begin)
		engine->tell_begin(engine->tell_ctx);
	for (unsigned int i = 0; i < engine->agents; i++)
		if (engine->agent[i].boots) {
			agent_start(&engine->agent[i]);
			ENGINE_EMIT(engine, power, .agent = (uint8_t)i, .state = TRACE_POWER_ON);
		}
	while (!engine->over) {
		struct agent *agent;

		engine_wake(engine);
		agent = engine_pick(engine);
		if (agent && agent->delayed)
			agent->delayed = agent->delayed_briefly = false; /* there is nobody left to wait for */
		if (agent && engine_pass_time(engine, agent->hook.clock))
			continue;
		if (agent)
			engine_step(engine, agent);
		else if (!engine_pass_time(engine, NEVER - 1))
			engine_stuck(engine);
		if (engine_finished(engine))
			engine->over = true;
		else if (!engine->over && engine_over_budget(engine))
			engine_hang(engine, TRACE_HANG_BUDGET);
	}
	engine_tell_end(engine);
}
