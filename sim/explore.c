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
