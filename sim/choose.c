/* SPDX-License-Identifier: BSD-3-Clause */
/* Choosers; see choose.h. Enumeration of plans is in explore.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/choose.h"

/* splitmix64: a full-period mixer, good enough to decide surprises and the same everywhere. */
static uint64_t chooser_random(struct chooser *chooser)
{
	uint64_t z = chooser->random += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static void chooser_begin(struct chooser *chooser)
{
	chooser->answers = NULL;
	chooser->met = 0;
	chooser->asked = 0;
	chooser->surprises = 0;
	chooser->drifted = false;
	chooser->taken.count = 0;
	for (unsigned int i = 0; i < chooser->sites; i++)
		chooser->before[i] = chooser->site[i].asked;
}

void chooser_begin_plan(struct chooser *chooser, const struct choose_plan *plan)
{
	chooser_begin(chooser);
	chooser->plan = plan;
}

void chooser_begin_answers(struct chooser *chooser, const uint8_t *answers, uint32_t count)
{
	chooser_begin(chooser);
	chooser->answers = answers;
	chooser->answers_count = count;
}

void chooser_begin_seed(struct chooser *chooser, uint64_t seed)
{
	chooser_begin(chooser);
	chooser->plan = NULL;
	chooser->seed = seed;
	chooser->random = seed * 0x2545f4914f6cdd1du + 0x9e3779b97f4a7c15u;
	/* From a few surprises in a run to a great many: 1 in 16 ... 1 in 2048. */
	chooser->shift = 4 + (unsigned int)(chooser_random(chooser) & 7);
}

static struct choose_site *chooser_site(struct chooser *chooser, const char *name)
{
	for (unsigned int i = 0; i < chooser->sites; i++)
		if (chooser->site[i].name == name || strcmp(chooser->site[i].name, name) == 0)
			return &chooser->site[i];
	if (chooser->sites == CHOOSE_SITES_MAX)
		return &chooser->site[CHOOSE_SITES_MAX - 1];
	chooser->site[chooser->sites] = (struct choose_site){ .name = name };
	chooser->before[chooser->sites] = 0;
	return &chooser->site[chooser->sites++];
}

static void chooser_note_options(struct chooser *chooser, unsigned int n)
{
	if (chooser->asked >= chooser->options_size) {
		size_t size = chooser->options_size ? chooser->options_size * 2 : 4096;
		uint8_t *grown = realloc(chooser->options, size);

		if (!grown)
			abort();
		chooser->options = grown;
		chooser->options_size = size;
	}
	chooser->options[chooser->asked] = (uint8_t)(n > 255 ? 255 : n);
}

static bool chooser_meets(const struct chooser *chooser, const struct choose_surprise *s, const struct choose_site *site)
{
	if (!s->pinned)
		return s->index == chooser->asked;
	return s->index == site->asked - chooser->before[site - chooser->site] && strcmp(s->site, site->name) == 0;
}

static unsigned int chooser_planned(struct chooser *chooser, const struct choose_site *site, unsigned int n)
{
	for (unsigned int i = 0; i < chooser->plan->count; i++) {
		const struct choose_surprise *s = &chooser->plan->surprise[i];

		if (!chooser_meets(chooser, s, site))
			continue;
		chooser->met++;
		if (s->option < n && (!s->site[0] || strcmp(s->site, site->name) == 0))
			return s->option;
		chooser->drifted = true;
	}
	return 0;
}

static unsigned int chooser_drawn(struct chooser *chooser, unsigned int n)
{
	uint64_t r = chooser_random(chooser);

	if (r & ((1u << chooser->shift) - 1))
		return 0;
	return 1 + (unsigned int)((r >> 32) % (n - 1));
}

static void chooser_take(struct chooser *chooser, const char *site, unsigned int option)
{
	struct choose_plan *taken = &chooser->taken;

	chooser->surprises++;
	if (taken->count == CHOOSE_SURPRISES_MAX)
		return;
	struct choose_surprise *s = &taken->surprise[taken->count++];

	s->index = chooser->asked;
	s->option = (uint16_t)option;
	s->pinned = false;
	snprintf(s->site, sizeof(s->site), "%s", site);
}

static unsigned int chooser_option(struct chooser *chooser, const struct choose_site *site, unsigned int n)
{
	if (chooser->answers)
		return chooser->asked < chooser->answers_count ? chooser->answers[chooser->asked] : 0;
	return chooser->plan ? chooser_planned(chooser, site, n) : chooser_drawn(chooser, n);
}

unsigned int chooser_ask(struct chooser *chooser, const char *site, unsigned int n)
{
	struct choose_site *count = chooser_site(chooser, site);
	unsigned int option = chooser_option(chooser, count, n);

	chooser_note_options(chooser, n);
	count->asked++;
	if (option) {
		count->taken++;
		if (!chooser->answers)
			chooser_take(chooser, site, option);
	}
	chooser->asked++;
	return option;
}

bool chooser_done(const struct chooser *chooser)
{
	return !chooser->drifted && (!chooser->plan || chooser->met == chooser->plan->count);
}

void chooser_fini(struct chooser *chooser)
{
	free(chooser->options);
	chooser->options = NULL;
	chooser->options_size = 0;
}

void choose_plan_print(const struct choose_plan *plan, char *text, size_t size)
{
	size_t used = 0;

	snprintf(text, size, "-");
	for (unsigned int i = 0; i < plan->count && used < size; i++) {
		const struct choose_surprise *s = &plan->surprise[i];

		if (s->pinned)
			used += (size_t)snprintf(text + used, size - used, "%s%s#%u:%u", i ? "," : "", s->site, s->index,
						 s->option);
		else
			used += (size_t)snprintf(text + used, size - used, "%s%u:%s:%u", i ? "," : "", s->index,
						 s->site[0] ? s->site : "?", s->option);
	}
}

static bool choose_surprise_parse(struct choose_surprise *s, const char *text, int *used)
{
	char index[10], option[4];

	s->pinned = sscanf(text, "%23[a-z.]#%9[0-9]:%3[0-9]%n", s->site, index, option, used) == 3;
	if (!s->pinned && sscanf(text, "%9[0-9]:%23[a-z.?]:%3[0-9]%n", index, s->site, option, used) != 3)
		return false;
	if (strcmp(s->site, "?") == 0)
		s->site[0] = '\0';
	s->index = (uint32_t)strtoul(index, NULL, 10);
	s->option = (uint16_t)strtoul(option, NULL, 10);
	return s->option != 0;
}

/* Recorded surprises rise; pinned ones may stand anywhere. */
static bool choose_plan_rises(const struct choose_plan *plan, const struct choose_surprise *next)
{
	for (unsigned int i = 0; i < plan->count; i++)
		if (!next->pinned && !plan->surprise[i].pinned && plan->surprise[i].index >= next->index)
			return false;
	return true;
}

bool choose_plan_parse(struct choose_plan *plan, const char *text, char *why, size_t why_size)
{
	const char *at = text;
	int used;

	plan->count = 0;
	if (strcmp(text, "-") == 0)
		return true;
	for (;;) {
		struct choose_surprise *s = &plan->surprise[plan->count];

		if (plan->count == CHOOSE_SURPRISES_MAX || !choose_surprise_parse(s, at, &used) ||
		    !choose_plan_rises(plan, s))
			break;
		plan->count++;
		at += used;
		if (!*at)
			return true;
		if (*at != ',')
			break;
		at++;
	}
	snprintf(why, why_size,
		 "plan: expected at most %d of INDEX:SITE:OPTION with rising indices, or SITE#N:OPTION, with options from 1, "
		 "separated by commas, or -; seen \"%s\"",
		 CHOOSE_SURPRISES_MAX, at);
	return false;
}
