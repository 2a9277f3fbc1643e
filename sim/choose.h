/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Choices: the one place where anything that hardware leaves open is decided.
 *
 * A run asks a sequence of questions, each with a site (its kind) and n options, of which 0 is nothing unusual and
 * any other is a surprise. Four choosers answer: a seed; a recorded list of surprises (replay); a pinned plan, which says
 * what the n-th question at a site is to take (a test's way to put it); and the odometer, which enumerates recorded lists
 * by the number of surprises, or, without a bound, all lists of answers (explore.h). Recorded and pinned surprises may stand in one plan.
 */
#ifndef SIM_CHOOSE_H
#define SIM_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHOOSE_SITES_MAX 16
#define CHOOSE_SURPRISES_MAX 64	/* in a plan that is given or printed */

/*
 * A question takes option `option`. Recorded: question number `index` of the run, at `site` unless that is empty.
 * Pinned: question number `index` at `site`. Both count from 0.
 */
struct choose_surprise {
	uint32_t index;
	uint16_t option;
	bool pinned;
	char site[24];
};
struct choose_plan {
	unsigned int count;
	struct choose_surprise surprise[CHOOSE_SURPRISES_MAX];	/* the recorded ones by rising index */
};

/* What is counted per kind of question, over runs. */
struct choose_site {
	const char *name;
	uint64_t asked, taken;
};

struct chooser {
	/* How. */
	const uint8_t *answers;		/* the first answers, whatever the site; 0 to all later questions. NULL: by plan */
	uint32_t answers_count;
	const struct choose_plan *plan;	/* the surprises to take; NULL: by seed */
	uint64_t seed;
	/* This run. */
	uint64_t random;		/* the generator's state */
	unsigned int shift;		/* a question is a surprise with probability 2^-shift */
	unsigned int met;		/* surprises of the plan that came up */
	uint32_t asked;
	uint32_t surprises;
	bool drifted;			/* the plan did not fit: no such question, option or site */
	struct choose_plan taken;	/* what was taken (the first CHOOSE_SURPRISES_MAX) */
	uint8_t *options;		/* of each question asked, at most 255; grown as needed, freed by chooser_fini */
	size_t options_size;
	/* All runs. */
	struct choose_site site[CHOOSE_SITES_MAX];
	uint64_t before[CHOOSE_SITES_MAX];	/* site[].asked when the run began */
	unsigned int sites;
};

void chooser_begin_plan(struct chooser *chooser, const struct choose_plan *plan);
/* `answers` stays the caller's, who sees to it that each is an option. What is taken is not noted in `taken`. */
void chooser_begin_answers(struct chooser *chooser, const uint8_t *answers, uint32_t count);
void chooser_begin_seed(struct chooser *chooser, uint64_t seed);
/* Answers 0..n-1; n >= 2. The same chooser state gives the same answers. */
unsigned int chooser_ask(struct chooser *chooser, const char *site, unsigned int n);
/* True when every surprise of the plan came up as it says. */
bool chooser_done(const struct chooser *chooser);
void chooser_fini(struct chooser *chooser);

/*
 * A plan as text: "17:memory.fill:1,45:mailbox.delay:1" (index:site:option; site may be "?"), pinned "mailbox.lose#2:1"
 * (site#index:option), "-" when empty. Printing truncates to
 * `size`; parsing writes one sentence to `why` on bad text.
 */
void choose_plan_print(const struct choose_plan *plan, char *text, size_t size);
bool choose_plan_parse(struct choose_plan *plan, const char *text, char *why, size_t why_size);

#endif
