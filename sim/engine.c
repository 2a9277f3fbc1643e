/* SPDX-License-Identifier: BSD-3-Clause */
/* The engine; see engine.h. What requests mean is in request.c. */
#include <string.h>

#include "sim/engine.h"
#include "sim/request.h"
#include "sim/watchdog.h"

#define NEVER UINT64_MAX
#define ENGINE_TICK_NS 1000000	/* an agent that computes for so long gives the engine a look at the budget */

/* ---- Events, choices, time ------------------------------------------------------------------------ */

void engine_emit(struct engine *engine, struct trace_event *event)
{
	event->time = engine->now / 1000;
	engine->events++;
	for (unsigned int i = 0; i < engine->listeners; i++)
		engine->listener[i].event(engine->listener[i].ctx, event);
}

unsigned int engine_choose(struct engine *engine, const char *site, unsigned int n)
{
	uint32_t index = engine->chooser->asked;
	unsigned int taken = chooser_ask(engine->chooser, site, n);

	if (taken)
		ENGINE_EMIT(engine, choice, .index = index, .site = site, .options = (uint16_t)n, .taken = (uint16_t)taken);
	return taken;
}

void engine_charge(struct agent *agent, uint64_t cycles)
{
	agent->hook.clock += cycles * agent->fs_per_cycle;
}

static void engine_advance(struct engine *engine, uint64_t when)
{
	if (when > engine->now)
		engine->now = when;
}

bool engine_at(struct engine *engine, uint64_t when, void (*fire)(void *ctx, uint64_t arg), void *ctx, uint64_t arg)
{
	if (engine->timers == ENGINE_TIMERS_MAX)
		return false;
	engine->timer[engine->timers++] =
		(struct engine_timer){ .when = when, .order = engine->timers_order++, .fire = fire, .ctx = ctx, .arg = arg };
	return true;
}

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

/* ---- Agents ----------------------------------------------------------------------------------------- */

uint64_t agent_pc(const struct agent *agent, uintptr_t ret)
{
	uintptr_t base = (uintptr_t)agent->image->base;

	return ret > base && ret - base <= agent->image->size ? ret - base - 1 : 0;
}

static void agent_main(void *arg)
{
	struct agent *agent = arg;
	char *argv[] = { agent->heap ? (char *)agent->heap : NULL, NULL };
	struct request request = { .kind = REQUEST_EXIT };

	request.value = (uint32_t)agent->image->main(1, argv);
	hook_request(&request);
	__builtin_trap();
}

/* Runs on the agent's stack; interrupts are taken here, on top of whatever the agent was doing. */
uint64_t hook_request(struct request *request)
{
	struct agent *agent = (struct agent *)(void *)hook_now;

	if (hook_now == &hook_idle) /* a constructor of an image: there is no machine yet */
		return 0;
	for (;;) {
		agent->request = request;
		coro_switch(&agent->coro, &agent->engine->main);
		unsigned int channel = agent->taken_channel;

		if (channel == ENGINE_CHANNELS_MAX)
			return agent->answer;
		agent->taken_channel = ENGINE_CHANNELS_MAX;
		agent->channel[channel].isr(agent->channel[channel].arg, agent->channel[channel].token);
		agent->in_isr = false;
	}
}

static void agent_resume(struct agent *agent)
{
	struct hook *before = hook_now;

	hook_now = &agent->hook;
	watchdog_enter(agent);
	coro_switch(&agent->engine->main, &agent->coro);
	watchdog_leave();
	hook_now = before;
}

void agent_start(struct agent *agent)
{
	size_t name = strlen(agent->name) + 1;

	image_reset(agent->image);
	memset(agent->heap, CORO_FILL, agent->heap_used);
	memcpy(agent->heap, agent->name, name);
	agent->heap_used = (name + 15) & ~(size_t)15;
	coro_init(&agent->coro, agent->stack, agent->stack_size, agent_main, agent);
	agent->state = AGENT_READY;
	agent->hook.clock = agent->engine->now;
	ENGINE_EMIT(agent->engine, power, .agent = (uint8_t)agent->id, .state = TRACE_POWER_ON);
}

static void agent_reset(struct agent *agent)
{
	agent->state = AGENT_OFF;
	agent->request = NULL;
	agent->taken_channel = ENGINE_CHANNELS_MAX;
	agent->admitted = agent->delayed = agent->delayed_briefly = false;
	agent->wake = NEVER;
	agent->waiting = agent->sleeping = agent->irq_disabled = agent->in_isr = agent->irq_taken = false;
	memset(agent->channel, 0, sizeof(agent->channel));
	agent->stores = 0;
	agent->range_open = false;
	agent->exit_code = 0;
	memset(agent->spin, 0, sizeof(agent->spin));
	agent->spins = 0;
	agent->hook.clock = agent->hook.deadline = 0;
	agent->hook.accesses = 0;
}

void engine_interrupt(struct agent *agent, unsigned int channel, uint32_t token)
{
	agent->channel[channel].pending = true;
	agent->channel[channel].token = token;
	engine_world_changed(agent->engine);
}

static unsigned int agent_pending_channel(const struct agent *agent)
{
	for (unsigned int i = 0; i < ENGINE_CHANNELS_MAX; i++)
		if (agent->channel[i].pending && agent->channel[i].isr)
			return i;
	return ENGINE_CHANNELS_MAX;
}

static bool agent_take_interrupt(struct agent *agent)
{
	unsigned int channel = agent_pending_channel(agent);

	if (channel == ENGINE_CHANNELS_MAX || agent->irq_disabled || agent->in_isr)
		return false;
	agent->channel[channel].pending = false;
	agent->irq_taken = true;
	agent->in_isr = true;
	agent->taken_channel = channel;
	engine_charge(agent, agent->costs.interrupt_entry);
	return true;
}

/* The stores whose bytes are certainly in place: all, or all but the newest when that came from a range hook. */
static void agent_retire(struct agent *agent, bool all)
{
	struct engine *engine = agent->engine;
	unsigned int keep = !all && agent->range_open ? 1 : 0, done = agent->stores - keep;

	if (agent->stores <= keep)
		return;
	for (unsigned int i = 0; i < done; i++)
		engine->machine->retire(engine->machine_ctx, agent, &agent->store[i]);
	memmove(agent->store, agent->store + done, keep * sizeof(agent->store[0]));
	agent->stores = keep;
	agent->spins = 0;
	engine_world_changed(engine);
}

/* A load of shared memory; true when the agent does nothing but read again what it has read already. */
bool agent_spins(struct agent *agent, uint64_t pc, uintptr_t address)
{
	struct engine *engine = agent->engine;
	size_t way = (size_t)((pc * 31 + address) * UINT64_C(0x9e3779b97f4a7c15) >> 56) % ENGINE_SPIN_WAYS;

	if (agent->spin[way].pc == pc && agent->spin[way].address == address &&
	    agent->spin[way].world == engine->world + 1)
		return ++agent->spins >= engine->config.spins_to_park;
	agent->spin[way].pc = pc;
	agent->spin[way].address = address;
	agent->spin[way].world = engine->world + 1;
	agent->spins = 0;
	return false;
}

static void agent_end_delay(struct agent *agent, const struct agent *peer)
{
	agent->delayed = agent->delayed_briefly = false;
	if (agent->hook.clock < peer->hook.clock)
		agent->hook.clock = peer->hook.clock;
}

void agent_block(struct agent *agent, enum agent_state state, uint64_t wake)
{
	agent->state = state;
	agent->wake = wake;
	agent->parked_world = agent->engine->world;
	agent_end_delays(agent);
}

/* Whoever was delayed for the sake of `agent` may go on. */
void agent_end_delays(struct agent *agent)
{
	struct engine *engine = agent->engine;

	for (unsigned int i = 0; i < engine->agents; i++) {
		struct agent *other = &engine->agent[i];

		if (other != agent && other->delayed)
			agent_end_delay(other, agent);
	}
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

void engine_hang(struct engine *engine, enum trace_hang why)
{
	engine->over = true;
	ENGINE_EMIT(engine, hang, .why = (uint8_t)why);
	engine->machine->tell_unseen(engine->machine_ctx);
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

static uint64_t engine_next_time(struct engine *engine, const struct agent *running)
{
	struct engine_timer *timer = engine_first_timer(engine);
	uint64_t next = timer ? timer->when : NEVER;

	for (unsigned int i = 0; i < engine->agents; i++) {
		const struct agent *agent = &engine->agent[i];
		uint64_t at = agent->state == AGENT_READY && !agent->delayed ? agent->hook.clock :
			      agent->state == AGENT_WAITING		     ? agent->wake :
									       NEVER;

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

static void engine_step(struct engine *engine, struct agent *agent)
{
	uint64_t next = engine_next_time(engine, agent);

	if (agent->request) {
		agent_retire(agent, agent->request->kind != REQUEST_LOAD_RANGE &&
					    agent->request->kind != REQUEST_STORE_RANGE);
		if (!agent->range_open && engine_delays(engine, agent))
			return;
		if (!agent->range_open && agent_take_interrupt(agent)) {
			agent_resume(agent);
			return;
		}
		engine_advance(engine, agent->hook.clock);
		struct request *request = agent->request;
		bool visible = agent->admitted;

		agent->request = NULL;
		agent->admitted = false;
		bool goes_on = request_perform(engine, agent, request);

		if (visible)
			engine_end_brief_delays(engine, agent);
		if (!goes_on)
			return;
	}
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
		if (engine->agent[i].boots)
			agent_start(&engine->agent[i]);
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
