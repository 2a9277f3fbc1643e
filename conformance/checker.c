/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The checker's frame: who is who on the platform, which family hears of which event, and how violations and
 * verdicts are kept. What the clauses mean is in the families (check_*.c).
 */
#include "conformance/check.h"
#include "traces/sources.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGES_KEPT 8192u /* of the shadow, from run to run */

#define ANY_MUST UINT64_MAX
#define PRE(c_name) (1ull << CLAUSE_##c_name)
const struct clause clauses[CLAUSE_COUNT] = {
#define CLAUSE(c_name, id, level, needs, prerequisites, text, source)                                        \
	{id, CLAUSE_##level, TRACE_LEVEL_##needs, prerequisites, text, source},
#include "conformance/clauses.def"
#undef CLAUSE
};
#undef PRE
_Static_assert(CLAUSE_COUNT <= 64, "clauses are bits of 64");

static const uint8_t event_levels[EVENT_COUNT] = {
#define EVENT(c_name, name, level, fields) TRACE_LEVEL_##level,
#include "traces/events.def"
#undef EVENT
};

const char *clause_verdict_name(enum clause_verdict verdict)
{
	static const char *const names[] = {"not-observable", "not-exercised", "prereq", "pass", "fail"};

	return names[verdict];
}

const char *clause_level_name(enum clause_level level)
{
	static const char *const names[] = {"MAY", "SHOULD", "MUST"};

	return names[level];
}

const char *check_side_name(uint8_t side)
{
	return side == HOST ? "host" : "remote";
}

/* ---- Prerequisites ----------------------------------------------------------------------------------- */

static uint64_t must_mask(void)
{
	uint64_t mask = 0;

	for (unsigned int i = 0; i < CLAUSE_COUNT; i++)
		if (clauses[i].level == CLAUSE_MUST)
			mask |= 1ull << i;
	return mask;
}

static void closures_make(uint64_t *closure)
{
	bool changed = true;

	for (unsigned int i = 0; i < CLAUSE_COUNT; i++)
		closure[i] = clauses[i].prerequisites == ANY_MUST ? must_mask() : clauses[i].prerequisites;
	while (changed) {
		changed = false;
		for (unsigned int i = 0; i < CLAUSE_COUNT; i++) {
			uint64_t all = closure[i];

			for (unsigned int j = 0; j < CLAUSE_COUNT; j++)
				if (closure[i] >> j & 1u)
					all |= closure[j];
			changed = changed || all != closure[i];
			closure[i] = all;
		}
	}
	for (unsigned int i = 0; i < CLAUSE_COUNT; i++)
		closure[i] &= ~(1ull << i);
}

/* ---- Violations -------------------------------------------------------------------------------------- */

struct check_place check_place_of(const struct checker *c, uint8_t agent, uint64_t pc)
{
	return (struct check_place){agent < CHECK_AGENTS ? c->agent[agent].side : HOST, agent, pc};
}

static bool violation_known(const struct checker *c, enum clause_id clause, const struct check_place *places,
			    unsigned int count)
{
	for (unsigned int i = 0; i < c->violations; i++) {
		const struct check_violation *v = &c->violation[i];
		unsigned int same = 0;

		if (v->clause != clause)
			continue;
		while (same < count && v->place[same].agent == places[same].agent &&
		       v->place[same].pc == places[same].pc)
			same++;
		if (same == count)
			return true;
	}
	return false;
}

struct check_violation *check_fail(struct checker *c, enum clause_id clause, const struct check_place *places,
				   unsigned int count)
{
	struct check_violation *v;

	if (c->failed & c->closure[clause])
		return NULL;
	c->failed |= 1ull << clause;
	if (c->violations == CHECK_VIOLATIONS || violation_known(c, clause, places, count))
		return NULL;
	c->pending[c->violations] = (struct check_pending){.before = {c->last_access[HOST], c->last_access[REMOTE]}};
	v = &c->violation[c->violations++];
	v->clause = clause;
	v->places = count;
	memcpy(v->place, places, count * sizeof(*places));
	v->message[0] = v->cause[0] = '\0';
	return v;
}

void check_message(struct check_violation *v, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(v->message, sizeof(v->message), format, args);
	va_end(args);
}

void check_cause(struct check_violation *v, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(v->cause, sizeof(v->cause), format, args);
	va_end(args);
}

void check_await(struct checker *c, const struct check_violation *v, uint8_t side, struct check_span span)
{
	struct check_pending *p = &c->pending[v - c->violation];

	p->waits = true;
	p->side = side;
	p->span = span;
	c->waiting++;
}

static void violation_complete(struct checker *c, unsigned int index, struct check_place place)
{
	struct check_violation *v = &c->violation[index];

	c->pending[index].waits = false;
	c->waiting--;
	if (place.pc && v->places < CHECK_PLACES)
		v->place[v->places++] = place;
}

void check_arrived(struct checker *c, struct check_place place, struct check_span span)
{
	for (unsigned int i = 0; i < c->violations; i++)
		if (c->pending[i].waits && c->pending[i].side == place.side &&
		    check_overlaps(c->pending[i].span, span))
			violation_complete(c, i, place);
}

static bool violation_names(const struct check_violation *v, uint8_t side)
{
	for (unsigned int i = 0; i < v->places; i++)
		if (v->place[i].side == side)
			return true;
	return false;
}

/* A side that had no part in it: what it had done last when it was found, or in the end. */
static void violation_add_side(struct checker *c, unsigned int index, uint8_t side)
{
	struct check_violation *v = &c->violation[index];
	struct check_place place = c->pending[index].before[side];

	if (!place.pc)
		place = c->last_access[side].pc ? c->last_access[side] : c->last_wait[side];
	if (place.pc && v->places < CHECK_PLACES && !violation_names(v, side))
		v->place[v->places++] = place;
}

static void violations_complete(struct checker *c)
{
	for (unsigned int i = 0; i < c->violations; i++) {
		uint8_t side = c->pending[i].side;

		if (c->pending[i].waits)
			violation_complete(
				c, i, c->last_access[side].pc ? c->last_access[side] : c->last_wait[side]);
		for (side = 0; side < CHECK_SIDES; side++)
			violation_add_side(c, i, side);
	}
}

void check_withdraw(struct checker *c, enum clause_id clause)
{
	unsigned int kept = 0;

	if (!(c->failed & c->closure[clause]) || !(c->failed >> clause & 1u))
		return;
	c->failed &= ~(1ull << clause);
	for (unsigned int i = 0; i < c->violations; i++) {
		if (c->violation[i].clause == clause) {
			c->waiting -= c->pending[i].waits;
			continue;
		}
		c->pending[kept] = c->pending[i];
		c->violation[kept++] = c->violation[i];
	}
	c->violations = kept;
}

void check_limit(struct checker *c, enum clause_id clause)
{
	c->limited |= 1ull << clause;
}

/* ---- Platform ---------------------------------------------------------------------------------------- */

static void platform_agent(struct checker *c, const struct event_agent *e)
{
	struct check_agent *a;

	/* Lines longer than a mask are unknown to events.def. */
	if (e->agent >= CHECK_AGENTS || e->side >= CHECK_SIDES || e->line_bytes > CHECK_GRANULE ||
	    e->line_bytes & (e->line_bytes - 1u)) {
		c->limited = UINT64_MAX;
		return;
	}
	a = &c->agent[e->agent];
	*a = (struct check_agent){.known = true, .on = a->on, .side = e->side, .line = e->line_bytes};
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
		c->limited = UINT64_MAX;
		return;
	}
	c->region[c->regions++] = (struct check_region){span, e->kind};
}

static void platform_mapping(struct checker *c, const struct event_mapping *e)
{
	if (c->mappings == CHECK_MAPPINGS) {
		c->limited = UINT64_MAX;
		return;
	}
	c->mapping[c->mappings++] =
		(struct check_mapping){check_span_of(e->start, e->size), c->agent[e->agent].side, e->attr};
	c->maps++;
}

/* ---- Events ------------------------------------------------------------------------------------------ */

static bool agent_known(const struct checker *c, uint8_t agent)
{
	return agent < CHECK_AGENTS && c->agent[agent].known;
}

static void side_pause(struct checker *c, uint8_t agent, uint64_t pc, const char *what)
{
	struct check_place at = check_place_of(c, agent, pc);

	check_ring_pause(c, at.side, at, what);
	check_table_clean(c, at.side, at, what ? what : "kicks");
}

static void take_wait(struct checker *c, const struct event_wait *e)
{
	struct check_place at = check_place_of(c, e->agent, e->pc);

	c->last_wait[at.side] = at;
	side_pause(c, e->agent, e->pc, "waits");
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
		if (agent_known(c, (e).agent))                                                               \
			call;                                                                                \
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
		FROM(event->load, check_memory_load(c, &event->load));
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
		if (agent_known(c, event->stale.writer))
			FROM(event->stale, check_memory_stale(c, &event->stale));
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
		FROM(event->kick, side_pause(c, event->kick.agent, event->kick.pc, NULL));
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
	case EVENT_unclean:
	case EVENT_maint_line:
	case EVENT_fill:
	case EVENT_writeback:
	case EVENT_barrier:
	case EVENT_notify:
	case EVENT_kick_lost:
	case EVENT_choice:
	case EVENT_fairness:
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
	check_buffer_finish(c);
	check_withdraw(c, CLAUSE_SBE_DATA_01);
	check_withdraw(c, CLAUSE_SBE_DATA_02);
	check_withdraw(c, CLAUSE_SBE_LIVE_02);
	check_life_finish(c);
	violations_complete(c);
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
	closures_make(c->closure);
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

/* ---- Answers ----------------------------------------------------------------------------------------- */

enum clause_verdict checker_verdict(const struct checker *c, enum clause_id clause)
{
	uint64_t bit = 1ull << clause, unseen;

	if (c->failed & bit)
		return CLAUSE_FAIL;
	if (c->failed & c->closure[clause])
		return CLAUSE_PREREQ;
	/* How programs end is seen whatever else was not. */
	unseen = c->limited & (clauses[clause].prerequisites == ANY_MUST ? bit : bit | c->closure[clause]);
	if (unseen || c->level < (int)clauses[clause].needs)
		return CLAUSE_NOT_OBSERVABLE;
	return c->witnesses[clause] ? CLAUSE_PASS : CLAUSE_NOT_EXERCISED;
}

uint64_t checker_witnesses(const struct checker *c, enum clause_id clause)
{
	return c->witnesses[clause];
}

bool checker_passed(const struct checker *c)
{
	return !(c->failed & must_mask());
}

uint64_t checker_events(const struct checker *c)
{
	return c->event;
}

unsigned int checker_violations(const struct checker *c)
{
	return c->violations;
}

const struct check_violation *checker_violation(const struct checker *c, unsigned int index)
{
	return &c->violation[index];
}

const struct check_result *checker_result(const struct checker *c)
{
	return &c->result;
}

struct trace_sources *checker_sources(const struct checker *c)
{
	return c->sources;
}

static int place_print(const struct checker *c, struct check_place place, char *out, size_t size)
{
	const char *side = check_side_name(place.side);
	size_t count;
	const struct trace_source *frame = trace_sources_find(c->sources, place.agent, place.pc, &count);

	if (!place.pc)
		return snprintf(out, size, "the %s", side);
	if (!frame)
		return snprintf(out, size, "%s at pc 0x%" PRIx64, side, place.pc);
	return snprintf(out, size, "%s at %s:%" PRIu32 " (%s)", side, frame->file, frame->line,
			frame->function);
}

/* The number in "{n}" at `text`, or -1. */
static int place_number(const struct check_violation *v, const char *text)
{
	if (text[0] != '{' || text[1] < '0' || text[1] > '9' || text[2] != '}')
		return -1;
	return (unsigned int)(text[1] - '0') < v->places ? text[1] - '0' : -1;
}

void checker_text(const struct checker *c, const struct check_violation *v, const char *text, char *out,
		  size_t size)
{
	size_t used = 0;

	while (*text && used + 1 < size) {
		int number = place_number(v, text);
		int length;

		if (number < 0) {
			out[used++] = *text++;
			continue;
		}
		length = place_print(c, v->place[number], out + used, size - used);
		if (length > 0)
			used += (size_t)length < size - used ? (size_t)length : size - used - 1;
		text += 3;
	}
	if (size)
		out[used] = '\0';
}
