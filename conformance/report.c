/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs merge clause by clause: the worse or better informed verdict stays (enum clause_verdict), witnesses
 * add up. A violation is the same as another when clause and instructions are; the first run that showed it
 * is kept.
 */
#include "conformance/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traces/sources.h"

#define REPORT_VIOLATIONS 1000 /* listed; more only count */
#define REPORT_TEXT 1024

struct report_frame {
	uint8_t side;
	uint32_t line;
	char *file, *function;
};

struct report_violation {
	enum clause_id clause;
	unsigned int places;
	struct check_place place[CHECK_PLACES];
	char *message, *cause, *replay;
	uint64_t run;
	int surprises;
	unsigned int frames;
	struct report_frame *frame;
};

struct report {
	enum clause_profile profile;
	uint64_t runs, events;
	int surprises;
	enum clause_verdict verdict[CLAUSE_COUNT];
	uint64_t witnesses[CLAUSE_COUNT];
	struct check_result result;
	unsigned int violations;
	uint64_t unlisted;
	struct report_violation *violation[REPORT_VIOLATIONS];
};

struct report *report_new(void)
{
	struct report *r = calloc(1, sizeof(*r));

	if (r)
		r->profile = CLAUSE_PROFILE_SBE;
	return r;
}

static void violation_free(struct report_violation *v)
{
	for (unsigned int i = 0; i < v->frames; i++) {
		free(v->frame[i].file);
		free(v->frame[i].function);
	}
	free(v->frame);
	free(v->message);
	free(v->cause);
	free(v->replay);
	free(v);
}

void report_free(struct report *r)
{
	if (!r)
		return;
	for (unsigned int i = 0; i < r->violations; i++)
		violation_free(r->violation[i]);
	free(r);
}

/* ---- Adding a run ------------------------------------------------------------------------------------ */

static bool place_same(const struct check_place *a, const struct check_place *b)
{
	return a->agent == b->agent && a->pc == b->pc;
}

static bool violation_same(const struct report_violation *a, const struct check_violation *b)
{
	if (a->clause != b->clause || a->places != b->places)
		return false;
	for (unsigned int i = 0; i < a->places; i++)
		if (!place_same(&a->place[i], &b->place[i]))
			return false;
	return true;
}

static bool violation_listed(const struct report *r, const struct check_violation *v)
{
	for (unsigned int i = 0; i < r->violations; i++)
		if (violation_same(r->violation[i], v))
			return true;
	return false;
}

static bool frame_add(struct report_violation *v, uint8_t side, const char *file, uint32_t line,
		      const char *function)
{
	struct report_frame *frames = realloc(v->frame, (v->frames + 1u) * sizeof(*frames));
	struct report_frame *f;

	if (!frames)
		return false;
	v->frame = frames;
	f = &frames[v->frames++];
	f->side = side;
	f->line = line;
	f->file = strdup(file);
	f->function = strdup(function);
	return f->file && f->function;
}

static bool frames_add(struct report_violation *v, const struct check_place *place,
		       struct trace_sources *sources)
{
	size_t count;
	const struct trace_source *source = trace_sources_find(sources, place->agent, place->pc, &count);
	char pc[32];

	if (!count) {
		snprintf(pc, sizeof(pc), "pc 0x%" PRIx64, place->pc);
		return frame_add(v, place->side, "?", 0, pc);
	}
	for (size_t i = 0; i < count; i++)
		if (!frame_add(v, place->side, source[i].file, source[i].line, source[i].function))
			return false;
	return true;
}

static bool place_repeats(const struct check_violation *v, unsigned int index)
{
	for (unsigned int i = 0; i < index; i++)
		if (place_same(&v->place[i], &v->place[index]))
			return true;
	return false;
}

static char *text_copy(const struct checker *c, const struct check_violation *v, const char *text)
{
	char out[REPORT_TEXT];

	checker_text(c, v, text, out, sizeof(out));
	return strdup(out);
}

static struct report_violation *violation_copy(const struct checker *c, const struct check_violation *v,
					       const char *replay)
{
	struct report_violation *copy = calloc(1, sizeof(*copy));
	bool ok;

	if (!copy)
		return NULL;
	copy->clause = v->clause;
	copy->places = v->places;
	memcpy(copy->place, v->place, sizeof(copy->place));
	copy->message = text_copy(c, v, v->message);
	copy->cause = text_copy(c, v, v->cause);
	copy->replay = replay ? strdup(replay) : NULL;
	ok = copy->message && copy->cause && (!replay || copy->replay);
	for (unsigned int i = 0; ok && i < v->places; i++)
		if (v->place[i].pc && !place_repeats(v, i))
			ok = frames_add(copy, &v->place[i], checker_sources(c));
	if (ok)
		return copy;
	violation_free(copy);
	return NULL;
}

static bool violations_add(struct report *r, const struct checker *c, uint64_t run, int surprises,
			   const char *replay)
{
	for (unsigned int i = 0; i < checker_violations(c); i++) {
		const struct check_violation *v = checker_violation(c, i);
		struct report_violation *copy;

		if (violation_listed(r, v))
			continue;
		if (r->violations == REPORT_VIOLATIONS) {
			r->unlisted++;
			continue;
		}
		copy = violation_copy(c, v, replay);
		if (!copy)
			return false;
		copy->run = run;
		copy->surprises = surprises;
		r->violation[r->violations++] = copy;
	}
	return true;
}

static void result_add(struct check_result *all, const struct check_result *run)
{
	if (!all->sha256[0])
		memcpy(all->sha256, run->sha256, sizeof(all->sha256));
	if (!all->upper_sha256[0])
		memcpy(all->upper_sha256, run->upper_sha256, sizeof(all->upper_sha256));
	if (all->has_histogram || !run->has_histogram)
		return;
	all->has_histogram = true;
	memcpy(all->histogram, run->histogram, sizeof(all->histogram));
}

bool report_knows(const struct report *r, const struct checker *c)
{
	for (unsigned int i = 0; i < checker_violations(c); i++)
		if (!violation_listed(r, checker_violation(c, i)))
			return false;
	return true;
}

bool report_add_run(struct report *r, const struct checker *c, uint64_t run, int surprises,
		    const char *replay)
{
	for (unsigned int i = 0; i < CLAUSE_COUNT; i++) {
		enum clause_verdict verdict = checker_verdict(c, (enum clause_id)i);

		if (verdict > r->verdict[i])
			r->verdict[i] = verdict;
		r->witnesses[i] += checker_witnesses(c, (enum clause_id)i);
	}
	if (surprises == REPORT_SEED || r->surprises == REPORT_SEED)
		r->surprises = REPORT_SEED;
	else if (surprises > r->surprises)
		r->surprises = surprises;
	r->profile = checker_profile(c);
	r->runs++;
	r->events += checker_events(c);
	result_add(&r->result, checker_result(c));
	return violations_add(r, c, run, surprises, replay);
}

bool report_passed(const struct report *r)
{
	for (unsigned int i = 0; i < CLAUSE_COUNT; i++)
		if (r->verdict[i] == CLAUSE_FAIL && clauses[i].level == CLAUSE_MUST)
			return false;
	return true;
}

static bool report_lists(const struct report *r, unsigned int clause)
{
	return clauses[clause].profile <= r->profile;
}

/* A sentence that qualifies the verdict, or NULL. */
static const char *report_warning(const struct report *r)
{
	if (r->violations || r->verdict[CLAUSE_RPMSG_HDR_01] > CLAUSE_NOT_EXERCISED)
		return NULL;
	return "no message was seen: the pair never talked, or the trace lacks it, and a pass says little";
}

/* ---- JSON -------------------------------------------------------------------------------------------- */

static const char *side_name(uint8_t side)
{
	return side == TRACE_SIDE_HOST ? "host" : "remote";
}

/* All that follow take NULL for "no memory" and pass it on: cJSON refuses to add to it. */
static void json_count(cJSON *object, const char *name, uint64_t value)
{
	cJSON_AddNumberToObject(object, name, (double)value);
}

static void json_surprises(cJSON *object, int surprises)
{
	if (surprises == REPORT_SEED)
		cJSON_AddNullToObject(object, "surprises");
	else
		cJSON_AddNumberToObject(object, "surprises", surprises);
}

static void json_text(cJSON *object, const char *name, const char *text)
{
	if (text && text[0])
		cJSON_AddStringToObject(object, name, text);
	else
		cJSON_AddNullToObject(object, name);
}

static cJSON *json_item(cJSON *array)
{
	cJSON *item = cJSON_CreateObject();

	cJSON_AddItemToArray(array, item);
	return item;
}

static void json_clauses(cJSON *root, const struct report *r)
{
	cJSON *array = cJSON_AddArrayToObject(root, "clauses");

	for (unsigned int i = 0; i < CLAUSE_COUNT; i++) {
		cJSON *item = report_lists(r, i) ? json_item(array) : NULL;

		if (!item)
			continue;
		cJSON_AddStringToObject(item, "id", clauses[i].id);
		cJSON_AddStringToObject(item, "profile", clause_profile_name(clauses[i].profile));
		cJSON_AddStringToObject(item, "level", clause_level_name(clauses[i].level));
		cJSON_AddStringToObject(item, "verdict", clause_verdict_name(r->verdict[i]));
		json_count(item, "witnesses", r->witnesses[i]);
	}
}

static void json_where(cJSON *object, const struct report_violation *v)
{
	cJSON *array = cJSON_AddArrayToObject(object, "where");

	for (unsigned int i = 0; i < v->frames; i++) {
		cJSON *item = json_item(array);

		cJSON_AddStringToObject(item, "side", side_name(v->frame[i].side));
		cJSON_AddStringToObject(item, "file", v->frame[i].file);
		json_count(item, "line", v->frame[i].line);
		cJSON_AddStringToObject(item, "function", v->frame[i].function);
	}
}

static void json_violations(cJSON *root, const struct report *r)
{
	cJSON *array = cJSON_AddArrayToObject(root, "violations");

	for (unsigned int i = 0; i < r->violations; i++) {
		const struct report_violation *v = r->violation[i];
		cJSON *item = json_item(array);

		cJSON_AddStringToObject(item, "clause", clauses[v->clause].id);
		cJSON_AddStringToObject(item, "message", v->message);
		cJSON_AddStringToObject(item, "cause", v->cause);
		json_count(item, "run", v->run);
		json_surprises(item, v->surprises);
		json_text(item, "replay", v->replay);
		json_where(item, v);
	}
}

static void json_result(cJSON *root, const struct check_result *result)
{
	cJSON *object = cJSON_AddObjectToObject(root, "result"), *array;

	json_text(object, "sha256", result->sha256);
	if (result->has_histogram) {
		array = cJSON_AddArrayToObject(object, "histogram");
		for (unsigned int i = 0; i < CHECK_HISTOGRAM; i++)
			cJSON_AddItemToArray(array, cJSON_CreateNumber((double)result->histogram[i]));
	} else {
		cJSON_AddNullToObject(object, "histogram");
	}
	json_text(object, "upper_sha256", result->upper_sha256);
}

cJSON *report_json(const struct report *r)
{
	cJSON *root = cJSON_CreateObject(), *warnings;

	cJSON_AddStringToObject(root, "verdict", report_passed(r) ? "pass" : "fail");
	cJSON_AddStringToObject(root, "profile", clause_profile_name(r->profile));
	warnings = cJSON_AddArrayToObject(root, "warnings");
	if (report_warning(r))
		cJSON_AddItemToArray(warnings, cJSON_CreateString(report_warning(r)));
	json_count(root, "runs", r->runs);
	json_surprises(root, r->surprises);
	json_count(root, "events", r->events);
	json_clauses(root, r);
	json_violations(root, r);
	json_result(root, &r->result);
	return root;
}

/* ---- The statement ----------------------------------------------------------------------------------- */

static void violation_print(const struct report_violation *v, FILE *out)
{
	fprintf(out, "\n%s: %s\n", clauses[v->clause].id, v->message);
	fprintf(out, "  rule:  %s (%s)\n", clauses[v->clause].text, clauses[v->clause].source);
	fprintf(out, "  cause: %s\n", v->cause);
	for (unsigned int i = 0; i < v->frames; i++)
		fprintf(out, "  at:    %s %s:%" PRIu32 " (%s)\n", side_name(v->frame[i].side),
			v->frame[i].file, v->frame[i].line, v->frame[i].function);
	fprintf(out, "  run:   %" PRIu64, v->run);
	if (v->surprises != REPORT_SEED)
		fprintf(out, " with %d surprises", v->surprises);
	fprintf(out, "\n");
	if (v->replay)
		fprintf(out, "  again: %s\n", v->replay);
}

void report_print(const struct report *r, FILE *out)
{
	fprintf(out, "verdict: %s (profile %s, %" PRIu64 " run%s, %" PRIu64 " events)\n",
		report_passed(r) ? "pass" : "fail", clause_profile_name(r->profile), r->runs,
		r->runs == 1 ? "" : "s", r->events);
	if (report_warning(r))
		fprintf(out, "warning: %s\n", report_warning(r));
	fprintf(out, "\n%-16s %-7s %-6s %-15s %s\n", "clause", "profile", "level", "verdict", "witnesses");
	for (unsigned int i = 0; i < CLAUSE_COUNT; i++)
		if (report_lists(r, i))
			fprintf(out, "%-16s %-7s %-6s %-15s %" PRIu64 "\n", clauses[i].id,
				clause_profile_name(clauses[i].profile), clause_level_name(clauses[i].level),
				clause_verdict_name(r->verdict[i]), r->witnesses[i]);
	for (unsigned int i = 0; i < r->violations; i++)
		violation_print(r->violation[i], out);
	if (r->unlisted)
		fprintf(out, "\n%" PRIu64 " more violations are not listed\n", r->unlisted);
}
