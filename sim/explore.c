/* SPDX-License-Identifier: BSD-3-Clause */
/* Campaigns; see explore.h. */
#include <stdlib.h>
#include <string.h>

#include "sim/explore.h"

struct explore {
	struct chooser *chooser;
	explore_run run;
	void *ctx;
	struct choose_plan plan;
};

/* The questions that the run of the present plan was asked after its last surprise; the chooser's list is reused. */
static uint8_t *explore_questions(const struct explore *e, uint32_t *first, uint32_t *count)
{
	uint8_t *options;

	*first = e->plan.count ? e->plan.surprise[e->plan.count - 1].index + 1 : 0;
	*count = e->chooser->asked > *first ? e->chooser->asked - *first : 0;
	options = malloc(*count + 1);
	if (!options)
		abort();
	if (*count)
		memcpy(options, e->chooser->options + *first, *count);
	return options;
}

/* Runs every plan that adds exactly `more` surprises to the present one. */
static bool explore_level(struct explore *e, unsigned int more)
{
	uint32_t first, count;
	uint8_t *options;
	bool goes_on;

	if (!more)
		return e->run(e->ctx, &e->plan, true);
	if (!e->run(e->ctx, &e->plan, false))
		return false;
	options = explore_questions(e, &first, &count);
	goes_on = true;
	struct choose_surprise *s = &e->plan.surprise[e->plan.count++];

	for (uint32_t i = 0; goes_on && i < count; i++)
		for (unsigned int option = 1; goes_on && option < options[i]; option++) {
			*s = (struct choose_surprise){ .index = first + i, .option = (uint16_t)option };
			goes_on = explore_level(e, more - 1);
		}
	e->plan.count--;
	free(options);
	return goes_on;
}

bool explore(struct chooser *chooser, unsigned int surprises, explore_run run, void *ctx)
{
	struct explore e = { .chooser = chooser, .run = run, .ctx = ctx };

	for (unsigned int level = 0; level <= surprises; level++)
		if (!explore_level(&e, level))
			return false;
	return true;
}

/* ---- Without a bound ------------------------------------------------------------------------------ */

struct explore_all {
	uint8_t *answers;
	uint32_t count, size;
	bool whole;
};

/* The run was asked more than it was given answers for: it took 0 there. */
static void explore_all_extend(struct explore_all *e, uint32_t asked)
{
	if (asked > e->size) {
		e->size = 2 * asked;
		e->answers = realloc(e->answers, e->size);
		if (!e->answers)
			abort();
	}
	if (asked > e->count)
		memset(e->answers + e->count, 0, asked - e->count);
	e->count = asked;
}

/* The next leaf: the last question that has another option takes it. */
static bool explore_all_next(struct explore_all *e, const struct chooser *chooser)
{
	explore_all_extend(e, chooser->asked);
	while (e->count) {
		uint8_t options = chooser->options[e->count - 1];

		e->whole &= options < UINT8_MAX;
		if (e->answers[e->count - 1] + 1 < options) {
			e->answers[e->count - 1]++;
			return true;
		}
		e->count--;
	}
	return false;
}

bool explore_all(struct chooser *chooser, explore_run_all run, void *ctx)
{
	struct explore_all e = { .size = 64, .whole = true };
	bool goes_on;

	e.answers = malloc(e.size);
	if (!e.answers)
		abort();
	do {
		goes_on = run(ctx, e.answers, e.count);
	} while (goes_on && explore_all_next(&e, chooser));
	free(e.answers);
	return goes_on && e.whole;
}
