/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The odometer on trees of questions, compared with a recursion over answers that knows nothing of plans: with at most
 * d surprises every run is counted exactly once, by rising number of surprises. The trees are made here; what a
 * simulated run asks is not the matter.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/explore.h"
#include "sim/tests/sentences.h"

#define DEPTH_MAX 8
#define RUNS_MAX 20000

/* The answers given so far, and their number. */
struct path {
	unsigned int length;
	uint8_t answer[DEPTH_MAX];
};

/* How many options the question after `path` has; 0: the run ends there. */
struct tree {
	unsigned int (*options)(const struct tree *tree, const struct path *path);
	uint32_t seed;
};

/* ---- Trees ------------------------------------------------------------------------------------------ */

static unsigned int no_question(const struct tree *tree, const struct path *path)
{
	(void)tree;
	(void)path;
	return 0;
}

static unsigned int five_of_two(const struct tree *tree, const struct path *path)
{
	(void)tree;
	return path->length < 5 ? 2 : 0;
}

static unsigned int three_two_four(const struct tree *tree, const struct path *path)
{
	static const uint8_t options[] = { 3, 2, 4, 0 };

	(void)tree;
	return options[path->length];
}

/* Each surprise opens one more question; without one there is only the first. */
static unsigned int surprise_opens_the_next(const struct tree *tree, const struct path *path)
{
	(void)tree;
	return path->length == 0 || (path->length < 6 && path->answer[path->length - 1]) ? 3 : 0;
}

/* Each surprise ends the run at once. */
static unsigned int surprise_is_the_end(const struct tree *tree, const struct path *path)
{
	(void)tree;
	return path->length < 7 && (!path->length || !path->answer[path->length - 1]) ? 2 : 0;
}

/* Anything: the next question, or the end, follows from all answers. */
static unsigned int grown_from_a_seed(const struct tree *tree, const struct path *path)
{
	uint32_t h = tree->seed * 2654435761u + 1;

	for (unsigned int i = 0; i < path->length; i++)
		h = (h ^ path->answer[i]) * 16777619u + i;
	h ^= h >> 15;
	if (path->length == DEPTH_MAX - 2 || h % 8 == 0)
		return 0;
	return 2 + (h >> 8) % 3;
}

/* ---- Both enumerations ------------------------------------------------------------------------------ */

struct visits {
	const struct tree *tree;
	struct chooser chooser;
	struct path run[RUNS_MAX];
	unsigned int surprises[RUNS_MAX];
	unsigned int runs;
	unsigned int calls, stop_at;	/* the call that ends the campaign; 0: none */
};

static struct visits explored, expected;

static void ask_along(struct visits *v, struct path *path)
{
	unsigned int n;

	while ((n = v->tree->options(v->tree, path)))
		path->answer[path->length++] = (uint8_t)chooser_ask(&v->chooser, "site", n);
}

static bool explored_run(void *ctx, const struct choose_plan *plan, bool counts)
{
	struct visits *v = ctx;
	struct path path = { 0 };

	chooser_begin_plan(&v->chooser, plan);
	ask_along(v, &path);
	CU_ASSERT_TRUE(chooser_done(&v->chooser));
	CU_ASSERT_EQUAL(v->chooser.surprises, plan->count);
	if (counts) {
		CU_ASSERT_FATAL(v->runs < RUNS_MAX);
		v->surprises[v->runs] = plan->count;
		v->run[v->runs++] = path;
	}
	return ++v->calls != v->stop_at;
}

static bool explored_run_all(void *ctx, const uint8_t *answers, uint32_t count)
{
	struct visits *v = ctx;
	struct path path = { 0 };

	chooser_begin_answers(&v->chooser, answers, count);
	ask_along(v, &path);
	CU_ASSERT_TRUE(chooser_done(&v->chooser));
	CU_ASSERT_FATAL(v->runs < RUNS_MAX);
	v->run[v->runs++] = path;
	return ++v->calls != v->stop_at;
}

static void expect_below(struct visits *v, struct path path, unsigned int surprises)
{
	unsigned int n = v->tree->options(v->tree, &path);

	if (!n) {
		CU_ASSERT_FATAL(v->runs < RUNS_MAX);
		v->run[v->runs++] = path;
		return;
	}
	path.length++;
	for (unsigned int option = 0; option < n; option++) {
		if (option && !surprises)
			return;
		path.answer[path.length - 1] = (uint8_t)option;
		expect_below(v, path, surprises - (option != 0));
	}
}

static void visits_begin(struct visits *v, const struct tree *tree)
{
	chooser_fini(&v->chooser);
	memset(&v->chooser, 0, sizeof(v->chooser));
	v->tree = tree;
	v->runs = v->calls = v->stop_at = 0;
}

static int path_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct path));
}

static void visits_sort(struct visits *v)
{
	qsort(v->run, v->runs, sizeof(v->run[0]), path_compare);
}

/* Returns how many runs there were. */
static unsigned int compare(const struct tree *tree, unsigned int surprises)
{
	visits_begin(&explored, tree);
	CU_ASSERT_TRUE(explore(&explored.chooser, surprises, explored_run, &explored));
	for (unsigned int i = 1; i < explored.runs; i++)
		CU_ASSERT_TRUE(explored.surprises[i - 1] <= explored.surprises[i]);
	visits_begin(&expected, tree);
	expect_below(&expected, (struct path){ 0 }, surprises);
	visits_sort(&explored);
	visits_sort(&expected);
	CU_ASSERT_EQUAL(explored.runs, expected.runs);
	CU_ASSERT_EQUAL(memcmp(explored.run, expected.run, expected.runs * sizeof(expected.run[0])), 0);
	return explored.runs;
}

/* Without a bound: the leaves of the tree, from left to right. */
static unsigned int compare_all(const struct tree *tree)
{
	visits_begin(&explored, tree);
	CU_ASSERT_TRUE(explore_all(&explored.chooser, explored_run_all, &explored));
	visits_begin(&expected, tree);
	expect_below(&expected, (struct path){ 0 }, DEPTH_MAX);
	CU_ASSERT_EQUAL(explored.runs, expected.runs);
	CU_ASSERT_EQUAL(memcmp(explored.run, expected.run, expected.runs * sizeof(expected.run[0])), 0);
	return explored.runs;
}

/* ---- Sentences -------------------------------------------------------------------------------------- */

static void run_that_asks_nothing_is_made_once(void)
{
	const struct tree tree = { .options = no_question };

	CU_ASSERT_EQUAL(compare(&tree, 0), 1);
	CU_ASSERT_EQUAL(compare(&tree, 3), 1);
}

static void no_surprise_is_one_run(void)
{
	const struct tree tree = { .options = five_of_two };

	CU_ASSERT_EQUAL(compare(&tree, 0), 1);
	CU_ASSERT_EQUAL(explored.run[0].length, 5);
	CU_ASSERT_EQUAL(explored.calls, 1);
}

static void independent_questions_give_the_binomial_sums(void)
{
	const struct tree tree = { .options = five_of_two };
	static const unsigned int sum[] = { 1, 1 + 5, 1 + 5 + 10, 1 + 5 + 10 + 10, 1 + 5 + 10 + 10 + 5, 32, 32 };

	for (unsigned int d = 0; d < 7; d++)
		CU_ASSERT_EQUAL(compare(&tree, d), sum[d]);
}

static void every_option_of_every_question_is_tried(void)
{
	const struct tree tree = { .options = three_two_four };

	CU_ASSERT_EQUAL(compare(&tree, 1), 1 + 2 + 1 + 3);
	CU_ASSERT_EQUAL(compare(&tree, 2), 1 + 6 + 2 * 1 + 2 * 3 + 1 * 3);
	CU_ASSERT_EQUAL(compare(&tree, 3), 3 * 2 * 4);
}

static void questions_that_only_a_surprise_brings_up_are_explored(void)
{
	const struct tree opens = { .options = surprise_opens_the_next }, ends = { .options = surprise_is_the_end };

	CU_ASSERT_EQUAL(compare(&opens, 1), 1 + 2);
	CU_ASSERT_EQUAL(compare(&opens, 2), 1 + 2 + 4);
	CU_ASSERT_EQUAL(compare(&opens, 6), 1 + 2 + 4 + 8 + 16 + 32 + 64);
	CU_ASSERT_EQUAL(compare(&ends, 1), 1 + 7);
	CU_ASSERT_EQUAL(compare(&ends, 4), 1 + 7);
}

static void trees_grown_from_seeds_are_explored_to_every_depth(void)
{
	unsigned int most = 0;

	for (uint32_t seed = 0; seed < 300; seed++)
		for (unsigned int d = 0; d <= 4; d++) {
			const struct tree tree = { .options = grown_from_a_seed, .seed = seed };
			unsigned int runs = compare(&tree, d);

			most = runs > most ? runs : most;
		}
	CU_ASSERT_TRUE(most > 100);
}

static void run_that_says_stop_is_the_last_one(void)
{
	const struct tree tree = { .options = three_two_four };
	unsigned int all, counted;

	compare(&tree, 2);
	all = explored.calls;
	counted = explored.runs;
	CU_ASSERT_TRUE(all > counted);	/* so that stopping in runs that do not count is tried too */
	for (unsigned int stop = 1; stop <= all; stop++) {
		visits_begin(&explored, &tree);
		explored.stop_at = stop;
		CU_ASSERT_FALSE(explore(&explored.chooser, 2, explored_run, &explored));
		CU_ASSERT_EQUAL(explored.calls, stop);
	}
	visits_begin(&explored, &tree);
	explored.stop_at = all + 1;
	CU_ASSERT_TRUE(explore(&explored.chooser, 2, explored_run, &explored));
	CU_ASSERT_EQUAL(explored.runs, counted);
}

static void every_run_there_is_is_made_once_when_nothing_bounds_it(void)
{
	const struct tree none = { .options = no_question }, five = { .options = five_of_two }, three = { .options = three_two_four },
			  opens = { .options = surprise_opens_the_next };

	CU_ASSERT_EQUAL(compare_all(&none), 1);
	CU_ASSERT_EQUAL(compare_all(&five), 32);
	CU_ASSERT_EQUAL(compare_all(&three), 3 * 2 * 4);
	CU_ASSERT_EQUAL(compare_all(&opens), 1 + 2 + 4 + 8 + 16 + 32 + 64);
	for (uint32_t seed = 0; seed < 300; seed++)
		compare_all(&(struct tree){ .options = grown_from_a_seed, .seed = seed });
}

/* The answers are noted in bytes: with 254 options all is well, with 255 somebody may have been left out. */
static unsigned int very_many_options(const struct tree *tree, const struct path *path)
{
	return path->length ? 0 : tree->seed;
}

static void question_with_more_options_than_can_be_noted_makes_it_incomplete(void)
{
	for (uint32_t options = 254; options <= 256; options++) {
		const struct tree tree = { .options = very_many_options, .seed = options };

		visits_begin(&explored, &tree);
		CU_ASSERT_EQUAL(explore_all(&explored.chooser, explored_run_all, &explored), options == 254);
		CU_ASSERT_EQUAL(explored.runs, options < 255 ? options : 255);
	}
}

static void run_that_says_stop_is_the_last_one_of_all(void)
{
	const struct tree tree = { .options = three_two_four };

	for (unsigned int stop = 1; stop <= 25; stop++) {
		visits_begin(&explored, &tree);
		explored.stop_at = stop;
		CU_ASSERT_EQUAL(explore_all(&explored.chooser, explored_run_all, &explored), stop > 24);
		CU_ASSERT_EQUAL(explored.calls, stop > 24 ? 24 : stop);
	}
}

static CU_TestInfo sentences[] = {
	SENTENCE(run_that_asks_nothing_is_made_once),
	SENTENCE(no_surprise_is_one_run),
	SENTENCE(independent_questions_give_the_binomial_sums),
	SENTENCE(every_option_of_every_question_is_tried),
	SENTENCE(questions_that_only_a_surprise_brings_up_are_explored),
	SENTENCE(trees_grown_from_seeds_are_explored_to_every_depth),
	SENTENCE(run_that_says_stop_is_the_last_one),
	SENTENCE(every_run_there_is_is_made_once_when_nothing_bounds_it),
	SENTENCE(question_with_more_options_than_can_be_noted_makes_it_incomplete),
	SENTENCE(run_that_says_stop_is_the_last_one_of_all),
	CU_TEST_INFO_NULL
};

int main(void)
{
	int status = sentences_run("explore", sentences);

	chooser_fini(&explored.chooser);
	return status;
}
