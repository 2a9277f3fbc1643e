/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The checker's frame: who is who on the platform, and which family hears of which event. What the clauses mean is in
 * the families (check_*.c), how violations and verdicts are kept in check_verdict.c.
 */
#include "conformance/check.h"
#include "traces/sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGES_KEPT 8192u /* of the shadow, from run to run */

static const uint8_t event_levels[EVENT_COUNT] = {
#define EVENT(c_name, name, level, fields) TRACE_LEVEL_##level,
#include "traces/events.def"
#undef EVENT
};

/* ---- Platform ---------------------------------------------------------------------------------------- */

/* The agent that boots the side's program: declared before its further cores. */
static uint8_t boots_side(const struct checker *c, uint8_t side)
{
	uint8_t agent = 0;

	while (agent < CHECK_AGENTS - 1 && !(c->agent[agent].known && c->agent[agent].side == side && !c->agent[agent].core))
		agent++;
	return agent;
}

static void platform_agent(struct checker *c, const struct event_agent *e)
{
	struct check_agent *a;

	/* Lines longer than a mask are unknown to events.def. */
	if (e->agent >= CHECK_AGENTS || e->side >= CHECK_SIDES || e->line_bytes > CHECK_GRANULE ||
	    e->line_bytes & (e->line_bytes - 1u)) {
		c->limited = CLAUSE_ALL;
		return;
	}
	a = &c->agent[e->agent];
	*a = (struct check_agent){.known = true, .on = a->on, .side = e->side, .line = e->line_bytes, .core = e->core,
				  .boot = e->core ? boots_side(c, e->side) : e->agent};
	if (e->line_bytes > c->line[e->side])
		c->line[e->side] = e->line_bytes;
}

static void platform_region(struct checker *c, const struct event_region *e)
{
	struct check_span span = check_span_of(e->start, e->size);

	if (e->kind == TRACE_REGION_KIND_RESOURCE_TABLE && c->table.start == c->table.end)
		c->table = span;
	if (e->kind == TRACE_REGION_KIND_PRIVATE || e->kind == TRACE_REGION_KIND_RESOURCE_TABLE)
		return;
	if (c->regions == CHECK_REGIONS) {
		c->limited = CLAUSE_ALL;
		return;
	}
	c->region[c->regions++] = (struct check_region){span, e->kind};
}

static void platform_mapping(struct checker *c, const struct event_mapping *e)
{
	if (c->mappings == CHECK_MAPPINGS) {
		c->limited = CLAUSE_ALL;
		return;
	}
	c->mapping[c->mappings++] =
		(struct check_mapping){check_span_of(e->start, e->size), c->agent[e->agent].side, e->attr};
	c->maps++;
}

static void platform_mailbox(struct checker *c, const struct event_mailbox *e)
{
	if (e->channel < CHECK_CHANNELS)
		c->mailbox[e->agent][e->channel] = (struct check_mailbox){true, e->token_bits, e->attr};
	else
		check_limit(c, CLAUSE_VRING_KICK_03);
}

/* ---- Events ------------------------------------------------------------------------------------------ */

static bool agent_known(const struct checker *c, uint8_t agent)
{
	return agent < CHECK_AGENTS && c->agent[agent].known;
}

static void take_load(struct checker *c, const struct event_load *e)
{
	check_memory_load(c, e);
	if (check_overlaps(check_span_of(e->addr, e->bytes.size), c->table))
		check_table_loaded(c, e);
}

static void take_stale(struct checker *c, const struct event_stale *e)
{
	if (!agent_known(c, e->writer))
		return;
	check_memory_stale(c, e);
	if (check_overlaps(check_span_of(e->addr, e->size), c->table))
		check_table_stale(c, e);
}

static void take_kick(struct checker *c, const struct event_kick *e)
{
	struct check_place at = check_place_of(c, e->agent, e->pc);

	check_ring_pause(c, at.side, at);
	check_kick_sent(c, e);
	check_table_clean(c, at.side, at, "kicks");
}

/* Does no core of the side go on, now that one waits or ends? */
static bool side_pauses(const struct checker *c, uint8_t side)
{
	for (unsigned int i = 0; i < CHECK_AGENTS; i++) {
		const struct check_agent *a = &c->agent[i];

		if (a->known && a->side == side && a->on && !a->waiting && !a->ended)
			return false;
	}
	return true;
}

static void take_wait(struct checker *c, const struct event_wait *e)
{
	struct check_place at = check_place_of(c, e->agent, e->pc);

	c->last_wait[at.side] = at;
	c->waited[at.side] = c->event;
	c->agent[e->agent].waiting = true;
	if (!side_pauses(c, at.side))
		return;
	check_ring_pause(c, at.side, at);
	check_kick_pause(c, at, "waits");
	check_table_clean(c, at.side, at, "waits");
}

static void take_assert(struct checker *c, const struct event_assert *e)
{
	if (c->asserted)
		return;
	c->asserted = true;
	c->assert_place = check_place_of(c, e->agent, e->pc);
	snprintf(c->assert_text, sizeof(c->assert_text), "%s", e->text);
}

static void take_hang(struct checker *c, const struct event_hang *e)
{
	c->hung = true;
	c->hang_why = e->why;
}

static void take_unseen(struct checker *c, const struct event_unseen *e)
{
	if (c->unseen_size)
		return;
	c->unseen_addr = e->addr;
	c->unseen_size = e->size;
	c->unseen_place = check_place_of(c, e->writer, e->writer_pc);
}

static void take_source(struct checker *c, const struct trace_event *event)
{
	struct trace_listener listener = trace_sources_listener(c->sources);

	listener.event(listener.ctx, event);
}

/* Events that name an agent which the preamble did not declare are dropped. */
#define FROM(e, call)                                                                                        \
	do {                                                                                                 \
		if (agent_known(c, (e).agent)) {                                                             \
			c->agent[(e).agent].waiting = false;                                                 \
			call;                                                                                \
		}                                                                                            \
	} while (0)
static void checker_event(void *ctx, const struct trace_event *event)
{
	struct checker *c = ctx;

	if (event->id == EVENT_source) { /* about the trace, not of the run */
		take_source(c, event);
		return;
	}
	c->event++;
	if (event_levels[event->id] > c->level)
		c->level = event_levels[event->id];
	switch (event->id) {
	case EVENT_load:
		FROM(event->load, take_load(c, &event->load));
		break;
	case EVENT_store:
		FROM(event->store, check_memory_store(c, &event->store));
		break;
	case EVENT_touch:
		FROM(event->touch, check_buffer_touch(c, &event->touch));
		break;
	case EVENT_mask:
		FROM(event->mask, check_buffer_mask(c, &event->mask));
		break;
	case EVENT_maint:
		FROM(event->maint, check_memory_maint(c, &event->maint));
		break;
	case EVENT_stale:
		FROM(event->stale, take_stale(c, &event->stale));
		break;
	case EVENT_clobber:
		if (agent_known(c, event->clobber.victim))
			FROM(event->clobber, check_memory_clobber(c, &event->clobber));
		break;
	case EVENT_lost:
		FROM(event->lost, check_memory_lost(c, &event->lost));
		break;
	case EVENT_fault:
		FROM(event->fault, check_memory_fault(c, &event->fault));
		break;
	case EVENT_kick:
		FROM(event->kick, take_kick(c, &event->kick));
		break;
	case EVENT_refused:
		FROM(event->refused, check_kick_refused(c, &event->refused));
		break;
	case EVENT_kick_lost:
		FROM(event->kick_lost, check_kick_lost(c, &event->kick_lost));
		break;
	case EVENT_barrier:
		FROM(event->barrier, c->agent[event->barrier.agent].barrier = c->event);
		break;
	case EVENT_notify:
		FROM(event->notify, c->notified[c->agent[event->notify.agent].side] = c->event);
		break;
	case EVENT_vring:
		FROM(event->vring, check_ring_declare(c, &event->vring));
		break;
	case EVENT_wait:
		FROM(event->wait, take_wait(c, &event->wait));
		break;
	case EVENT_power:
		FROM(event->power, check_life_power(c, &event->power));
		break;
	case EVENT_console:
		FROM(event->console, check_life_console(c, &event->console));
		break;
	case EVENT_heap_use:
		FROM(event->heap_use, check_heap_used(c));
		break;
	case EVENT_heap_free:
		FROM(event->heap_free, check_heap_freed(c));
		break;
	case EVENT_heap_misuse:
		FROM(event->heap_misuse, check_heap_misused(c, &event->heap_misuse));
		break;
	case EVENT_heap_leak:
		FROM(event->heap_leak, check_heap_leaked(c, &event->heap_leak));
		break;
	case EVENT_assert:
		FROM(event->assert, take_assert(c, &event->assert));
		break;
	case EVENT_exit:
		FROM(event->exit, check_life_exit(c, &event->exit));
		break;
	case EVENT_agent:
		platform_agent(c, &event->agent);
		break;
	case EVENT_region:
		platform_region(c, &event->region);
		break;
	case EVENT_mapping:
		FROM(event->mapping, platform_mapping(c, &event->mapping));
		break;
	case EVENT_mailbox:
		FROM(event->mailbox, platform_mailbox(c, &event->mailbox));
		break;
	case EVENT_hang:
		take_hang(c, &event->hang);
		break;
	case EVENT_unseen:
		FROM(event->unseen, take_unseen(c, &event->unseen));
		break;
	case EVENT_run_end:
		c->run_ended = true;
		break;
	case EVENT_source:
	case EVENT_run_begin:
	case EVENT_image:
	case EVENT_ack:
	case EVENT_message:
	case EVENT_unclean:
	case EVENT_maint_line:
	case EVENT_fill:
	case EVENT_writeback:
	case EVENT_choice:
	case EVENT_fairness:
	case EVENT_iommu_map:
	case EVENT_iommu_unmap:
	case EVENT_iommu_invalidate:
	case EVENT_iommu_mode:
	case EVENT_iommu_context:
	case EVENT_iommu_fault:
	case EVENT_clock:
	case EVENT_cpu_interrupt:
	case EVENT_dma_copy:
	case EVENT_dma_done:
	case EVENT_mpu_region:
	case EVENT_mpu_enable:
	case EVENT_heap_alloc:
	case EVENT_heap_run:
	case EVENT_grant_give:
	case EVENT_grant_notice:
	case EVENT_grant_withdraw:
	case EVENT_grant_refused:
	case EVENT_memory_power:
	case EVENT_COUNT:
		break;
	}
}

struct trace_listener checker_listener(struct checker *c)
{
	return (struct trace_listener){checker_event, c};
}

void checker_finish(struct checker *c)
{
	check_ring_finish(c);
	check_buffer_finish(c);
	check_rpmsg_finish(c);
	check_withdraw(c, CLAUSE_RPMSG_DATA_01);
	check_withdraw(c, CLAUSE_RPMSG_DATA_02);
	check_withdraw(c, CLAUSE_SBE_DATA_01);
	check_withdraw(c, CLAUSE_SBE_DATA_02);
	check_withdraw(c, CLAUSE_SBE_LIVE_02);
	check_life_finish(c);
	check_withdraw(c, CLAUSE_MEM_LEAK_01);
	check_violations_complete(c);
}

/* ---- Life of a checker ------------------------------------------------------------------------------- */

static void run_init(struct checker *c)
{
	size_t from = offsetof(struct checker, event), to = offsetof(struct checker, violation);

	memset((char *)c + from, 0, to - from);
	c->level = -1;
	c->run++;
	memset(&c->result, 0, sizeof(c->result));
	check_sbe_reset(c);
	check_buffer_reset(c);
	for (unsigned int i = 0; i < CHECK_RINGS; i++)
		c->ring[i].configured = false;
}

struct checker *checker_new(void)
{
	struct checker *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->sources = calloc(1, sizeof(*c->sources));
	if (!c->sources) {
		free(c);
		return NULL;
	}
	check_closures_make(c->closure);
	c->profile = CLAUSE_PROFILE_SBE;
	run_init(c);
	return c;
}

void checker_reset(struct checker *c)
{
	trace_sources_free(c->sources);
	/* The run's number tells whose a line is. */
	if (c->shadow.pages > PAGES_KEPT || c->run == UINT32_MAX)
		check_shadow_free(&c->shadow);
	run_init(c);
}

void checker_free(struct checker *c)
{
	if (!c)
		return;
	trace_sources_free(c->sources);
	free(c->sources);
	check_shadow_free(&c->shadow);
	free(c);
}
