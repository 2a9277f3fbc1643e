/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Verdicts: the table of clauses, how violations are kept and completed, and what the checker answers. It knows nothing
 * of what any clause means; the families (check_*.c) call it.
 */
#include "conformance/check.h"
#include "traces/sources.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ANY_MUST CLAUSE_ALL
#define PRE(c_name) CLAUSE_BIT(CLAUSE_##c_name)
const struct clause clauses[CLAUSE_COUNT] = {
#define CLAUSE(c_name, id, profile, level, needs, prerequisites, text, source)                                \
	{id, CLAUSE_PROFILE_##profile, CLAUSE_##level, TRACE_LEVEL_##needs, prerequisites, text, source},
#include "conformance/clauses.def"
#undef CLAUSE
};
#undef PRE
_Static_assert(CLAUSE_COUNT <= 8 * sizeof(clause_set), "a bit per clause");

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

const char *clause_profile_name(enum clause_profile profile)
{
	static const char *const names[] = {"rpmsg", "sbe"};

	return names[profile];
}

const char *check_side_name(uint8_t side)
{
	return side == HOST ? "host" : "remote";
}

/* ---- Prerequisites ----------------------------------------------------------------------------------- */

static clause_set must_mask(void)
{
	clause_set mask = 0;

	for (unsigned int i = 0; i < CLAUSE_COUNT; i++)
		if (clauses[i].level == CLAUSE_MUST)
			mask |= CLAUSE_BIT(i);
	return mask;
}

void check_closures_make(clause_set *closure)
{
	bool changed = true;

	for (unsigned int i = 0; i < CLAUSE_COUNT; i++)
		closure[i] = clauses[i].prerequisites == ANY_MUST ? must_mask() : clauses[i].prerequisites;
	while (changed) {
		changed = false;
		for (unsigned int i = 0; i < CLAUSE_COUNT; i++) {
			clause_set all = closure[i];

			for (unsigned int j = 0; j < CLAUSE_COUNT; j++)
				if (closure[i] & CLAUSE_BIT(j))
					all |= closure[j];
			changed = changed || all != closure[i];
			closure[i] = all;
		}
	}
	for (unsigned int i = 0; i < CLAUSE_COUNT; i++)
		closure[i] &= ~CLAUSE_BIT(i);
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

	if (c->failed & c->closure[clause] || clauses[clause].profile > c->profile)
		return NULL;
	c->failed |= CLAUSE_BIT(clause);
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

void check_violations_complete(struct checker *c)
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

	if (!(c->failed & c->closure[clause]) || !(c->failed & CLAUSE_BIT(clause)))
		return;
	c->failed &= ~CLAUSE_BIT(clause);
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
	c->limited |= CLAUSE_BIT(clause);
}

void checker_set_profile(struct checker *c, enum clause_profile profile)
{
	c->profile = profile;
}

enum clause_profile checker_profile(const struct checker *c)
{
	return c->profile;
}

/* ---- Answers ----------------------------------------------------------------------------------------- */

enum clause_verdict checker_verdict(const struct checker *c, enum clause_id clause)
{
	clause_set bit = CLAUSE_BIT(clause), unseen;

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
