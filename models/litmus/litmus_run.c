/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a litmus test's instructions do: each is one operation of the machine, and the copy of the bytes that the CPU
 * would make. Waiting for a store buffer is the machine's: it makes room, or empties it, within the operation.
 */
#include <string.h>

#include "models/litmus/litmus_run.h"

/* One instruction of one agent, while it is executed. */
struct run_step {
	struct litmus_run *run;
	struct agent *agent;
	struct litmus_thread *thread;
	const struct litmus_instruction *i;
	uint8_t *reg;
	uint64_t pc;
};

static uint8_t step_value(const struct run_step *s)
{
	return s->i->by_register ? s->reg[s->i->value] : s->i->value;
}

static uintptr_t step_va(const struct run_step *s, enum litmus_window window)
{
	unsigned int offset = s->run->test->variable[s->i->variable].offset;

	return s->run->window[s->agent->id][window] +
	       (uintptr_t)(litmus_machine_address(offset / LITMUS_CELL_BYTES, offset % LITMUS_CELL_BYTES) -
			   litmus_machine_address(0, 0));
}

static bool step_access(const struct run_step *s, uintptr_t va, bool store)
{
	const struct engine *e = &s->run->engine;

	if (!e->machine->access(e->machine_ctx, s->agent, va, 4, store, s->pc))
		s->reg[LITMUS_FAULT] = 1;
	return !s->reg[LITMUS_FAULT];
}

static void step_load(const struct run_step *s, enum litmus_window window)
{
	uintptr_t va = step_va(s, window);

	if (step_access(s, va, false))
		s->reg[s->i->target] = *(volatile uint8_t *)va;
}

static void step_store(const struct run_step *s, enum litmus_window window)
{
	const struct agent_store store = {.address = step_va(s, window), .size = 4, .pc = s->pc};
	const struct engine *e = &s->run->engine;

	if (!step_access(s, store.address, true))
		return;
	*(volatile uint32_t *)store.address = step_value(s);
	e->machine->retire(e->machine_ctx, s->agent, &store);
}

static void step_ld(const struct run_step *s)
{
	step_load(s, LITMUS_CACHED);
}

static void step_uld(const struct run_step *s)
{
	step_load(s, LITMUS_UNCACHED);
}

static void step_st(const struct run_step *s)
{
	step_store(s, LITMUS_CACHED);
}

static void step_ust(const struct run_step *s)
{
	step_store(s, LITMUS_UNCACHED);
}

static void step_wst(const struct run_step *s)
{
	step_store(s, LITMUS_THROUGH);
}

static void step_dld(const struct run_step *s)
{
	step_load(s, LITMUS_DEVICE);
}

static void step_dst(const struct run_step *s)
{
	step_store(s, LITMUS_DEVICE);
}

/* ---- Maintenance ------------------------------------------------------------------------------------------------ */

static enum trace_maint step_maint(enum litmus_op op)
{
	switch (op) {
	case LITMUS_CLEAN:
	case LITMUS_CLEAN_ALL:
	case LITMUS_CLEAN_OWN:
		return TRACE_MAINT_CLEAN;
	case LITMUS_FLUSH:
	case LITMUS_FLUSH_ALL:
	case LITMUS_FLUSH_OWN:
		return TRACE_MAINT_FLUSH;
	default:
		return TRACE_MAINT_INVALIDATE;
	}
}

static void step_maintain(const struct run_step *s)
{
	size_t line = s->run->platform.cpu[s->agent->id].line_bytes, size = s->i->op == LITMUS_INV_PART ? 4 : line;
	const struct engine *e = &s->run->engine;
	uintptr_t va = step_va(s, LITMUS_CACHED);

	if (!e->machine->maintain(e->machine_ctx, s->agent, step_maint(s->i->op), va & ~(uintptr_t)(line - 1), size,
				  s->pc))
		s->reg[LITMUS_FAULT] = 1;
}

static void step_maintain_next(const struct run_step *s, bool own)
{
	unsigned int line = s->run->platform.cpu[s->agent->id].line_bytes, at = s->thread->line * line;

	memory_maintain_set_way(s->run->machine.memory, s->agent, step_maint(s->i->op), own,
				litmus_machine_address(at / LITMUS_CELL_BYTES, at % LITMUS_CELL_BYTES), s->pc);
	s->thread->line = at + line == LITMUS_CELLS * LITMUS_CELL_BYTES ? 0 : s->thread->line + 1;
}

static void step_maintain_all(const struct run_step *s)
{
	step_maintain_next(s, false);
}

static void step_maintain_own(const struct run_step *s)
{
	step_maintain_next(s, true);
}

/* ---- The rest -----------------------------------------------------------------------------------------------------
 */

static void step_barrier(const struct run_step *s)
{
	const struct engine *e = &s->run->engine;

	e->machine->barrier(e->machine_ctx, s->agent, s->i->op == LITMUS_DMB ? TRACE_BARRIER_DMB : TRACE_BARRIER_DSB);
}

static void step_empty_buffer(const struct run_step *s)
{
	memory_barrier(s->run->machine.memory, s->agent, TRACE_BARRIER_DSB);
}

static void step_kick(const struct run_step *s)
{
	struct engine *e = &s->run->engine;

	e->machine->mbox_send(e->machine_ctx, s->agent, s->i->mailbox, 0, s->pc);
	if (e->timers)
		s->thread->ring[s->thread->rings++] = e->timer[--e->timers];
}

static void step_wait(const struct run_step *s)
{
	memory_order_device(s->run->machine.memory, s->agent, false);
	litmus_mailbox_take(s->run, s->i->mailbox);
}

static void step_poll(const struct run_step *s)
{
	memory_order_device(s->run->machine.memory, s->agent, false);
	s->reg[s->i->target] = litmus_mailbox_take(s->run, s->i->mailbox);
}

static void step_push(const struct run_step *s)
{
	memory_order_device(s->run->machine.memory, s->agent, true);
	s->reg[s->i->target] = litmus_mailbox_push(s->run, s->i->mailbox, step_value(s));
}

static void step_pop(const struct run_step *s)
{
	memory_order_device(s->run->machine.memory, s->agent, false);
	s->reg[s->i->target] = litmus_mailbox_pop(s->run, s->i->mailbox);
}

static void step_crash(const struct run_step *s)
{
	const struct engine *e = &s->run->engine;

	e->machine->power_loss(e->machine_ctx, s->agent);
	s->thread->rings = 0;
}

static void step_map(const struct run_step *s)
{
	step_empty_buffer(s);
	litmus_machine_map(s->run, s->i->agent, s->i->page, s->i->to_page);
}

static void step_unmap(const struct run_step *s)
{
	step_empty_buffer(s);
	litmus_machine_unmap(s->run, s->i->agent, s->i->page);
}

static void step_tlbi(const struct run_step *s)
{
	step_empty_buffer(s);
	litmus_machine_tlbi(s->run, s->i->agent);
}

static void (*const run_steps[LITMUS_OPS])(const struct run_step *s) = {
	[LITMUS_LD] = step_ld,
	[LITMUS_ST] = step_st,
	[LITMUS_ULD] = step_uld,
	[LITMUS_UST] = step_ust,
	[LITMUS_WST] = step_wst,
	[LITMUS_DLD] = step_dld,
	[LITMUS_DST] = step_dst,
	[LITMUS_CLEAN] = step_maintain,
	[LITMUS_INV] = step_maintain,
	[LITMUS_FLUSH] = step_maintain,
	[LITMUS_INV_PART] = step_maintain,
	[LITMUS_CLEAN_ALL] = step_maintain_all,
	[LITMUS_INV_ALL] = step_maintain_all,
	[LITMUS_FLUSH_ALL] = step_maintain_all,
	[LITMUS_CLEAN_OWN] = step_maintain_own,
	[LITMUS_INV_OWN] = step_maintain_own,
	[LITMUS_FLUSH_OWN] = step_maintain_own,
	[LITMUS_DMB] = step_barrier,
	[LITMUS_DSB] = step_barrier,
	[LITMUS_KICK] = step_kick,
	[LITMUS_WAIT] = step_wait,
	[LITMUS_POLL] = step_poll,
	[LITMUS_PUSH] = step_push,
	[LITMUS_POP] = step_pop,
	[LITMUS_CRASH] = step_crash,
	[LITMUS_MAP] = step_map,
	[LITMUS_UNMAP] = step_unmap,
	[LITMUS_TLBI] = step_tlbi,
};

const struct litmus_instruction *litmus_run_next(const struct litmus_run *run, unsigned int agent)
{
	const struct litmus_agent *a = &run->test->agent[agent];
	unsigned int next = run->thread[agent].next;

	return next < a->instructions && !run->state.value[agent][LITMUS_FAULT] ? &a->instruction[next] : NULL;
}

bool litmus_run_can_step(const struct litmus_run *run, unsigned int agent)
{
	const struct litmus_instruction *i = litmus_run_next(run, agent);

	return i && ((i->op != LITMUS_WAIT && i->op != LITMUS_POP) || litmus_mailbox(run, i->mailbox)->arrived);
}

void litmus_run_step(struct litmus_run *run, unsigned int agent)
{
	struct litmus_thread *thread = &run->thread[agent];
	const struct run_step s = {.run = run,
				   .agent = &run->engine.agent[agent],
				   .thread = thread,
				   .i = litmus_run_next(run, agent),
				   .reg = run->state.value[agent],
				   .pc = thread->next + 1};

	run_steps[s.i->op](&s);
	thread->next += !thread->line;
}

void litmus_run_ring_leaves(struct litmus_run *run, unsigned int agent)
{
	const struct engine_timer timer = run->thread[agent].ring[0];

	timer.fire(timer.ctx, timer.arg);
}
