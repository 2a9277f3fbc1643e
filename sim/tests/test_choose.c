/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What choosers answer, count and keep, and plans as text. That surprises come often enough to find anything is not
 * tested here: campaigns show it.
 */
#include <string.h>

#include "sim/choose.h"
#include "sim/tests/sentences.h"

#define QUESTIONS 5000

static struct chooser chooser;

static void begin(void)
{
	chooser_fini(&chooser);
	memset(&chooser, 0, sizeof(chooser));
}

static void begin_plan(struct choose_plan *plan, const char *text)
{
	char why[512] = "";

	begin();
	CU_ASSERT_TRUE(choose_plan_parse(plan, text, why, sizeof(why)));
	chooser_begin_plan(&chooser, plan);
}

/* ---- Seeds ------------------------------------------------------------------------------------------ */

/* Question i has 2 + i % 5 options. */
static void answers_of_seed(uint64_t seed, unsigned int answer[QUESTIONS])
{
	chooser_begin_seed(&chooser, seed);
	for (unsigned int i = 0; i < QUESTIONS; i++)
		answer[i] = chooser_ask(&chooser, i % 2 ? "odd" : "even", 2 + i % 5);
}

static void same_seed_gives_the_same_answers_whatever_was_asked_before(void)
{
	unsigned int first[QUESTIONS], again[QUESTIONS], other[QUESTIONS];

	begin();
	answers_of_seed(7, first);
	answers_of_seed(8, other);
	answers_of_seed(7, again);
	CU_ASSERT_EQUAL(memcmp(first, again, sizeof(first)), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(first, other, sizeof(first)), 0);
}

static void seed_takes_every_option_and_none_that_does_not_exist(void)
{
	unsigned int answer[QUESTIONS], seen[6][6] = { { 0 } };

	begin();
	for (uint64_t seed = 0; seed < 20; seed++) {
		answers_of_seed(seed, answer);
		for (unsigned int i = 0; i < QUESTIONS; i++) {
			CU_ASSERT_FATAL(answer[i] < 2 + i % 5);
			seen[i % 5][answer[i]]++;
		}
	}
	for (unsigned int kind = 0; kind < 5; kind++)
		for (unsigned int option = 0; option < 2 + kind; option++)
			CU_ASSERT_TRUE(seen[kind][option] > 0);
}

static void surprises_of_a_seed_are_a_plan_that_gives_the_same_run(void)
{
	unsigned int drawn[QUESTIONS];
	struct choose_plan plan;

	begin();
	for (uint64_t seed = 0;; seed++) { /* one with few enough to be kept */
		answers_of_seed(seed, drawn);
		if (chooser.surprises > 3 && chooser.surprises <= CHOOSE_SURPRISES_MAX)
			break;
	}
	plan = chooser.taken;
	CU_ASSERT_EQUAL(plan.count, chooser.surprises);
	chooser_begin_plan(&chooser, &plan);
	for (unsigned int i = 0; i < QUESTIONS; i++)
		CU_ASSERT_EQUAL(chooser_ask(&chooser, i % 2 ? "odd" : "even", 2 + i % 5), drawn[i]);
	CU_ASSERT_TRUE(chooser_done(&chooser));
}

static void seed_is_always_done(void)
{
	begin();
	chooser_begin_seed(&chooser, 1);
	CU_ASSERT_TRUE(chooser_done(&chooser));
	chooser_ask(&chooser, "site", 2);
	CU_ASSERT_TRUE(chooser_done(&chooser));
}

/* ---- Plans ------------------------------------------------------------------------------------------ */

static void plan_is_taken_where_it_says_and_nowhere_else(void)
{
	struct choose_plan plan;

	begin_plan(&plan, "2:a:1,3:b:4");
	CU_ASSERT_EQUAL(chooser_ask(&chooser, "a", 2), 0);
	CU_ASSERT_EQUAL(chooser_ask(&chooser, "a", 2), 0);
	CU_ASSERT_EQUAL(chooser_ask(&chooser, "a", 2), 1);
	CU_ASSERT_FALSE(chooser_done(&chooser));
	CU_ASSERT_EQUAL(chooser_ask(&chooser, "b", 5), 4);
	CU_ASSERT_TRUE(chooser_done(&chooser));
	CU_ASSERT_EQUAL(chooser_ask(&chooser, "a", 2), 0);
	CU_ASSERT_TRUE(chooser_done(&chooser));
	CU_ASSERT_EQUAL(chooser.asked, 5);
	CU_ASSERT_EQUAL(chooser.surprises, 2);
}

static void option_that_the_question_has_not_got_is_drift(void)
{
	struct choose_plan plan;

	begin_plan(&plan, "0:a:4");
	CU_ASSERT_EQUAL(chooser_ask(&chooser, "a", 5), 4);
	CU_ASSERT_TRUE(chooser_done(&chooser));
	begin_plan(&plan, "0:a:4");
	CU_ASSERT_EQUAL(chooser_ask(&chooser, "a", 4), 0);
	CU_ASSERT_FALSE(chooser_done(&chooser));
	CU_ASSERT_EQUAL(chooser.taken.count, 0);
}

static void question_at_another_site_is_drift(void)
{
	struct choose_plan plan;

	begin_plan(&plan, "0:memory.fill:1,1:memory.fill:1");
	CU_ASSERT_EQUAL(chooser_ask(&chooser, "memory.evict", 2), 0);
	CU_ASSERT_TRUE(chooser.drifted);
	CU_ASSERT_EQUAL(chooser_ask(&chooser, "memory.fill", 2), 1);
	CU_ASSERT_FALSE(chooser_done(&chooser));
}

static void surprise_without_a_site_fits_any(void)
{
	const struct choose_plan plan = { .count = 1, .surprise = { { .index = 0, .option = 1 } } };

	begin();
	chooser_begin_plan(&chooser, &plan);
	CU_ASSERT_EQUAL(chooser_ask(&chooser, "memory.fill", 2), 1);
	CU_ASSERT_TRUE(chooser_done(&chooser));
	CU_ASSERT_STRING_EQUAL(chooser.taken.surprise[0].site, "memory.fill");
}

static void run_that_ends_too_early_is_not_done(void)
{
	struct choose_plan plan;

	begin_plan(&plan, "1:a:1");
	chooser_ask(&chooser, "a", 2);
	CU_ASSERT_FALSE(chooser_done(&chooser));
	CU_ASSERT_FALSE(chooser.drifted);
}

static void beginning_forgets_the_run_before_but_not_its_statistics(void)
{
	struct choose_plan plan;

	begin_plan(&plan, "0:a:1,9:a:1");
	chooser_ask(&chooser, "a", 1 + 1);
	chooser_ask(&chooser, "b", 2);
	choose_plan_parse(&plan, "-", NULL, 0);
	chooser_begin_plan(&chooser, &plan);
	CU_ASSERT_TRUE(chooser_done(&chooser));
	CU_ASSERT_EQUAL(chooser.asked, 0);
	CU_ASSERT_EQUAL(chooser.surprises, 0);
	CU_ASSERT_EQUAL(chooser.taken.count, 0);
	chooser_ask(&chooser, "a", 2);
	CU_ASSERT_EQUAL(chooser.sites, 2);
	CU_ASSERT_EQUAL(chooser.site[0].asked, 2);
	CU_ASSERT_EQUAL(chooser.site[0].taken, 1);
	CU_ASSERT_EQUAL(chooser.site[1].asked, 1);
	CU_ASSERT_EQUAL(chooser.site[1].taken, 0);
}

/* ---- Limits ----------------------------------------------------------------------------------------- */

static void options_of_every_question_are_kept_up_to_255(void)
{
	struct choose_plan plan;

	begin_plan(&plan, "-");
	chooser_ask(&chooser, "a", 255);
	chooser_ask(&chooser, "a", 256);
	for (unsigned int i = 2; i < 10000; i++)
		chooser_ask(&chooser, "a", 2 + i % 7);
	CU_ASSERT_EQUAL(chooser.options[0], 255);
	CU_ASSERT_EQUAL(chooser.options[1], 255);
	for (unsigned int i = 2; i < 10000; i++)
		CU_ASSERT_EQUAL(chooser.options[i], 2 + i % 7);
}

static void more_sites_than_there_is_room_for_share_the_last_count(void)
{
	static const char name[] = "abcdefghijklmnopqr";
	char site[CHOOSE_SITES_MAX + 2][2];
	struct choose_plan plan;

	begin_plan(&plan, "-");
	for (unsigned int i = 0; i < CHOOSE_SITES_MAX + 2; i++) {
		site[i][0] = name[i];
		site[i][1] = '\0';
		chooser_ask(&chooser, site[i], 2);
	}
	CU_ASSERT_EQUAL(chooser.sites, CHOOSE_SITES_MAX);
	CU_ASSERT_EQUAL(chooser.site[CHOOSE_SITES_MAX - 2].asked, 1);
	CU_ASSERT_EQUAL(chooser.site[CHOOSE_SITES_MAX - 1].asked, 3);
}

static void first_surprises_are_kept_and_all_are_counted(void)
{
	begin();
	chooser_begin_seed(&chooser, 3);
	for (unsigned int i = 0; i < 1000000 && chooser.surprises <= CHOOSE_SURPRISES_MAX; i++)
		chooser_ask(&chooser, "a", 2);
	CU_ASSERT_EQUAL(chooser.surprises, CHOOSE_SURPRISES_MAX + 1);
	CU_ASSERT_EQUAL(chooser.taken.count, CHOOSE_SURPRISES_MAX);
	CU_ASSERT_TRUE(chooser.taken.surprise[CHOOSE_SURPRISES_MAX - 1].index < chooser.asked - 1);
}

/* ---- Plans as text ---------------------------------------------------------------------------------- */

static uint32_t draw(uint32_t *state, uint32_t n)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 8) % n;
}

static void draw_plan(struct choose_plan *plan, uint32_t *state)
{
	static const char *const site[] = { "a", "schedule.delay", "twenty.three.characters" };
	uint32_t index = 0;

	memset(plan, 0, sizeof(*plan));
	plan->count = draw(state, CHOOSE_SURPRISES_MAX + 1);
	for (unsigned int i = 0; i < plan->count; i++) {
		struct choose_surprise *s = &plan->surprise[i];

		index += 1 + draw(state, 1000000);
		s->pinned = draw(state, 4) == 0;
		s->index = s->pinned ? draw(state, 1000000) : index;
		s->option = (uint16_t)(1 + draw(state, 999));
		strcpy(s->site, site[draw(state, 3)]);
	}
}

static void assert_plans_equal(const struct choose_plan *one, const struct choose_plan *two)
{
	CU_ASSERT_EQUAL_FATAL(one->count, two->count);
	for (unsigned int i = 0; i < one->count; i++) {
		CU_ASSERT_EQUAL(one->surprise[i].index, two->surprise[i].index);
		CU_ASSERT_EQUAL(one->surprise[i].option, two->surprise[i].option);
		CU_ASSERT_EQUAL(one->surprise[i].pinned, two->surprise[i].pinned);
		CU_ASSERT_STRING_EQUAL(one->surprise[i].site, two->surprise[i].site);
	}
}

static void printed_plan_is_parsed_to_the_same_plan(void)
{
	uint32_t state = 1;

	for (unsigned int round = 0; round < 200; round++) {
		struct choose_plan plan, again;
		char text[CHOOSE_SURPRISES_MAX * 40], why[512] = "";

		draw_plan(&plan, &state);
		choose_plan_print(&plan, text, sizeof(text));
		CU_ASSERT_TRUE(choose_plan_parse(&again, text, why, sizeof(why)));
		CU_ASSERT_STRING_EQUAL(why, "");
		assert_plans_equal(&plan, &again);
	}
}

static void plan_is_printed_as_index_site_option(void)
{
	struct choose_plan plan = { .count = 2, .surprise = { { 17, 1, false, "memory.fill" }, { 45, 2, false, "mailbox.delay" } } };
	char text[64];

	choose_plan_print(&plan, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "17:memory.fill:1,45:mailbox.delay:2");
	plan.count = 0;
	choose_plan_print(&plan, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "-");
}

static void printing_stays_within_the_size_that_it_is_given(void)
{
	static const char whole[] = "17:memory.fill:1,45:mailbox.delay:2";
	const struct choose_plan plan = { .count = 2,
					  .surprise = { { 17, 1, false, "memory.fill" }, { 45, 2, false, "mailbox.delay" } } };

	for (size_t size = 1; size <= sizeof(whole); size++) {
		char text[64];

		memset(text, '#', sizeof(text));
		choose_plan_print(&plan, text, size);
		CU_ASSERT_EQUAL(strlen(text), size - 1);
		CU_ASSERT_EQUAL(strncmp(text, whole, size - 1), 0);
		CU_ASSERT_EQUAL(text[size], '#');
	}
}

static void text_that_is_no_plan_is_refused_with_the_place_where_it_goes_wrong(void)
{
	static const struct {
		const char *text, *seen;
	} refused[] = {
		{ "", "" },
		{ "x", "x" },
		{ "1", "1" },
		{ "1:a", "1:a" },
		{ "1:a:", "1:a:" },
		{ "1::1", "1::1" },
		{ ":a:1", ":a:1" },
		{ "1:a:0", "1:a:0" },
		{ "1:a:1,", "" },
		{ "1:a:1;2:a:1", ";2:a:1" },
		{ "1:a:1 ", " " },
		{ " 1:a:1", " 1:a:1" },
		{ "-1:a:1", "-1:a:1" },
		{ "+1:a:1", "+1:a:1" },
		{ "1:a:-1", "1:a:-1" },
		{ "1:a: 1", "1:a: 1" },
		{ "1:A:1", "1:A:1" },
		{ "1:a.b-c:1", "1:a.b-c:1" },
		{ "1:a:1000", "0" },
		{ "1234567890:a:1", "1234567890:a:1" },
		{ "1:twenty.four.characters..:1", "1:twenty.four.characters..:1" },
		{ "5:a:1,5:b:1", "5:b:1" },
		{ "5:a:1,4:b:1", "4:b:1" },
		{ "-,1:a:1", "-,1:a:1" },
		{ "1:a:1,-", "-" },
	};

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		char why[512] = "", seen[64];
		struct choose_plan plan;
		bool parsed = choose_plan_parse(&plan, refused[i].text, why, sizeof(why));

		if (parsed)
			fprintf(stderr, "\"%s\" was taken for a plan\n", refused[i].text);
		CU_ASSERT_FALSE(parsed);
		snprintf(seen, sizeof(seen), "seen \"%s\"", refused[i].seen);
		CU_ASSERT_PTR_NOT_NULL(strstr(why, seen));
		CU_ASSERT_EQUAL(strncmp(why, "plan: expected ", 15), 0);
	}
}

/* The third question at "b" and the one after it; the first recorded at its number. */
static void pinned_surprise_counts_the_questions_of_its_site(void)
{
	static const char *const asked[] = { "a", "b", "b", "a", "b", "b", "a" };
	static const unsigned int expected[] = { 0, 0, 0, 2, 1, 0, 0 };
	struct choose_plan plan;
	char why[256];

	CU_ASSERT_TRUE_FATAL(choose_plan_parse(&plan, "b#2:1,3:a:2", why, sizeof(why)));
	for (unsigned int run = 0; run < 2; run++) { /* counted anew in each run */
		chooser_begin_plan(&chooser, &plan);
		for (unsigned int i = 0; i < 7; i++) {
			CU_ASSERT_FALSE(i == 4 && chooser_done(&chooser));
			CU_ASSERT_EQUAL(chooser_ask(&chooser, asked[i], 3), expected[i]);
		}
		CU_ASSERT_TRUE(chooser_done(&chooser));
		CU_ASSERT_EQUAL(chooser.surprises, 2);
	}
	chooser_fini(&chooser);
}

/* 64 surprises are a plan, 65 are not. */
static void plan_has_room_for_64_surprises_and_no_more(void)
{
	char text[CHOOSE_SURPRISES_MAX * 16 + 16] = "", why[512] = "";
	struct choose_plan plan;
	size_t used = 0;

	for (unsigned int i = 0; i < CHOOSE_SURPRISES_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u:a:1", i ? "," : "", i);
	CU_ASSERT_TRUE(choose_plan_parse(&plan, text, why, sizeof(why)));
	CU_ASSERT_EQUAL(plan.count, CHOOSE_SURPRISES_MAX);
	snprintf(text + used, sizeof(text) - used, ",64:a:1");
	CU_ASSERT_FALSE(choose_plan_parse(&plan, text, why, sizeof(why)));
}

static CU_TestInfo sentences[] = {
	SENTENCE(same_seed_gives_the_same_answers_whatever_was_asked_before),
	SENTENCE(seed_takes_every_option_and_none_that_does_not_exist),
	SENTENCE(surprises_of_a_seed_are_a_plan_that_gives_the_same_run),
	SENTENCE(seed_is_always_done),
	SENTENCE(plan_is_taken_where_it_says_and_nowhere_else),
	SENTENCE(option_that_the_question_has_not_got_is_drift),
	SENTENCE(question_at_another_site_is_drift),
	SENTENCE(surprise_without_a_site_fits_any),
	SENTENCE(run_that_ends_too_early_is_not_done),
	SENTENCE(beginning_forgets_the_run_before_but_not_its_statistics),
	SENTENCE(options_of_every_question_are_kept_up_to_255),
	SENTENCE(more_sites_than_there_is_room_for_share_the_last_count),
	SENTENCE(first_surprises_are_kept_and_all_are_counted),
	SENTENCE(printed_plan_is_parsed_to_the_same_plan),
	SENTENCE(plan_is_printed_as_index_site_option),
	SENTENCE(pinned_surprise_counts_the_questions_of_its_site),
	SENTENCE(printing_stays_within_the_size_that_it_is_given),
	SENTENCE(text_that_is_no_plan_is_refused_with_the_place_where_it_goes_wrong),
	SENTENCE(plan_has_room_for_64_surprises_and_no_more),
	CU_TEST_INFO_NULL
};

int main(void)
{
	int status = sentences_run("choose", sentences);

	chooser_fini(&chooser);
	return status;
}
