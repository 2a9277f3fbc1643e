/* SPDX-License-Identifier: BSD-3-Clause */
/* The engine's services and its agents; see engine.h. What requests mean is in request.c, who goes next in run.c. */
#include <string.h>

#include "sim/engine.h"
#include "sim/watchdog.h"

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

void engine_advance(struct engine *engine, uint64_t when)
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
void engine_hang(struct engine *engine, enum trace_hang why)
{
	engine->over = true;
	ENGINE_EMIT(engine, hang, .why = (uint8_t)why);
	engine->machine->tell_unseen(engine->machine_ctx);
}

/* ---- Agents ----------------------------------------------------------------------------------------- */

uint64_t agent_pc(const struct agent *agent, uintptr_t ret)
{
	uintptr_t base = (uintptr_t)agent->program->image->base;

	return ret > base && ret - base <= agent->program->image->size ? ret - base - 1 : 0;
}

void agent_resume(struct agent *agent)
{
	struct hook *before = hook_now;

	hook_now = &agent->hook;
	image_enter_core(agent->program->image, agent->core);
	watchdog_enter(agent);
	coro_switch(&agent->engine->main, &agent->coro);
	watchdog_leave();
	hook_now = before;
	/* At once: another agent may see what was stored before this one's turn comes again, and must not be told first. */
	if (agent->request)
		agent_retire(agent, agent->request);
}

void agent_limit_heap(struct agent *agent)
{
	const struct program *program = agent->program;
	uintptr_t heap = (uintptr_t)program->heap;

	agent->engine->machine->limit_heap(agent->engine->machine_ctx, program->boot, heap + program->allocations.high,
					   heap + program->allocations.size);
}

/* What a CPU's reset makes of it. */
static void agent_forget(struct agent *agent)
{
	agent->request = NULL;
	agent->taken_channel = ENGINE_CHANNELS_MAX;
	agent->admitted = agent->delayed = agent->delayed_briefly = false;
	agent->wake = UINT64_MAX;
	agent->waiting = agent->sleeping = agent->irq_disabled = agent->in_isr = agent->irq_taken = false;
	memset(agent->channel, 0, sizeof(agent->channel));
	agent->stores = 0;
	agent->stores_read = true;
	agent->range_open = false;
	memset(agent->spin, 0, sizeof(agent->spin));
	agent->spins = 0;
	agent->in_vain = false;
}

/* As it was loaded, but for argv: the agent's name. */
static void agent_load(struct agent *agent)
{
	struct program *program = agent->program;
	char *argv[2] = { (char *)program->heap + sizeof(argv), NULL };
	size_t name = strlen(agent->name) + 1;

	image_reset(program->image);
	memset(program->attends, 0, sizeof(program->attends));
	memset(program->heap, CORO_FILL, program->allocations.high);
	heap_reset(&program->allocations);
	heap_allocate(&program->allocations, sizeof(argv) + name, HEAP_ALIGN);
	agent_limit_heap(agent);
	memcpy(program->heap, argv, sizeof(argv));
	memcpy(program->heap + sizeof(argv), agent->name, name);
}

void agent_start(struct agent *agent)
{
	if (agent->core)
		image_reset_core(agent->program->image, agent->core);
	else
		agent_load(agent);
	agent_forget(agent);
	coro_init(&agent->coro, agent->stack, agent->stack_size, agent_main, agent);
	agent->state = AGENT_READY;
	agent->hook.clock = agent->engine->now;
	agent->engine->machine->power_on(agent->engine->machine_ctx, agent);
}

void agent_reset(struct agent *agent)
{
	agent_forget(agent);
	memset(agent->program->attends, 0, sizeof(agent->program->attends));
	agent->state = AGENT_OFF;
	agent->exit_code = 0;
	agent->hook.clock = agent->hook.deadline = 0;
	agent->hook.accesses = 0;
}

struct agent *agent_attendant(struct agent *agent, unsigned int channel)
{
	struct agent *attends = agent->program->attends[channel];

	if (channel == ENGINE_CHANNEL_CORES)
		return agent;
	return attends ? attends : agent->program->boot;
}

static void agent_wake_for_interrupt(struct agent *agent)
{
	engine_world_changed(agent->engine);
	if (agent->state == AGENT_SUSPENDED && agent_pending_channel(agent) < ENGINE_CHANNELS_MAX)
		agent->engine->machine->wake(agent->engine->machine_ctx, agent);
}

void engine_interrupt(struct agent *agent, unsigned int channel, uint64_t token)
{
	agent = agent_attendant(agent, channel);
	agent->channel[channel].pending = true;
	agent->channel[channel].token = token;
	agent_wake_for_interrupt(agent);
}

void engine_interrupt_mask(struct agent *agent, unsigned int channel, bool masked)
{
	if (agent->masked[channel] == masked)
		return;
	agent->masked[channel] = masked;
	agent_wake_for_interrupt(agent);
}

void engine_interrupt_withdraw(struct agent *agent, unsigned int channel)
{
	agent_attendant(agent, channel)->channel[channel].pending = false;
}

unsigned int agent_pending_channel(const struct agent *agent)
{
	for (unsigned int i = 0; i < ENGINE_CHANNELS_MAX; i++)
		if (agent->channel[i].pending && agent->channel[i].isr && !agent->masked[i])
			return i;
	return ENGINE_CHANNELS_MAX;
}

bool agent_take_interrupt(struct agent *agent)
{
	unsigned int channel = agent_pending_channel(agent);

	if (channel == ENGINE_CHANNELS_MAX || agent->irq_disabled || agent->in_isr)
		return false;
	agent->channel[channel].pending = false;
	agent->irq_taken = true;
	agent->in_isr = true;
	agent->taken_channel = channel;
	agent->taken_token = agent->channel[channel].token;
	agent->engine->machine->mbox_taken(agent->engine->machine_ctx, agent, channel);
	engine_charge(agent, agent->costs.interrupt_entry);
	return true;
}

void agent_end_delay(struct agent *agent, const struct agent *peer)
{
	agent->delayed = agent->delayed_briefly = false;
	if (agent->hook.clock < peer->hook.clock)
		agent->hook.clock = peer->hook.clock;
}

static bool request_meets(const struct engine *engine, struct agent *waiting, struct agent *peer,
			  const struct agent_store *store)
{
	const struct request *r = waiting->request;

	return r && (r->kind == REQUEST_LOAD || r->kind == REQUEST_STORE) &&
	       engine->machine->same_granule(engine->machine_ctx, waiting, r->address, peer, store->address);
}

/* The store changes what another agent was held back from reading: it may go on. */
static void agent_end_delays_at(struct agent *agent, const struct agent_store *store)
{
	struct engine *engine = agent->engine;

	for (unsigned int i = 0; i < engine->agents; i++) {
		struct agent *other = &engine->agent[i];

		if (other != agent && other->delayed && request_meets(engine, other, agent, store))
			agent_end_delay(other, agent);
	}
}

/*
 * gcc announces the copy of a struct as a store, then a load of the same size, and copies after both: as a range, or for
 * 8 and 16 bytes like any other access. Then the newest store is open while its bytes are as they were, for one request.
 */
static bool agent_copies(struct agent *agent, const struct request *next)
{
	struct agent_store *store = &agent->store[agent->stores - 1];

	if (agent->range_open)
		return next->kind == REQUEST_LOAD_RANGE || next->kind == REQUEST_STORE_RANGE;
	if ((store->looked_at && !next->goes_on) || next->kind != REQUEST_LOAD || next->value != store->size ||
	    store->size > sizeof(store->before))
		return false;
	store->looked_at = true;
	return memcmp((const void *)store->address, store->before, store->size) == 0;
}

void agent_retire(struct agent *agent, const struct request *next)
{
	struct engine *engine = agent->engine;
	bool open = agent->stores && agent_copies(agent, next);
	unsigned int keep = open ? 1 : 0, done = agent->stores - keep;

	agent->range_open |= open;
	if (!done)
		return;
	for (unsigned int i = 0; i < done; i++) {
		engine->machine->retire(engine->machine_ctx, agent, &agent->store[i]);
		agent_end_delays_at(agent, &agent->store[i]);
	}
	memmove(agent->store, agent->store + done, keep * sizeof(agent->store[0]));
	agent->stores = keep;
	agent->spins = 0;
	engine_world_changed(engine);
}

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

void engine_in_vain(struct agent *agent, uint64_t pc, uint64_t what)
{
	agent->in_vain = agent_spins(agent, pc, what);
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
