/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tags against a list per set that is kept in order by hand, on random accesses in caches of several shapes. What a hit
 * costs is the platform's business.
 */
#include <stdint.h>
#include <string.h>

#include "models/tags.h"
#include "sim/tests/sentences.h"

#define WAYS_MAX 8
#define SETS_MAX 16

/* The lines of each set, least recently used first. */
struct naive {
	unsigned int line_bytes, sets, ways;
	struct {
		uint64_t line[WAYS_MAX];
		unsigned int lines;
	} set[SETS_MAX];
};

static bool naive_forget(struct naive *n, uint64_t address)
{
	uint64_t line = address / n->line_bytes;
	unsigned int set = (unsigned int)(line % n->sets), kept = 0;
	bool found = false;

	for (unsigned int i = 0; i < n->set[set].lines; i++) {
		if (n->set[set].line[i] == line)
			found = true;
		else
			n->set[set].line[kept++] = n->set[set].line[i];
	}
	n->set[set].lines = kept;
	return found;
}

static bool naive_access(struct naive *n, uint64_t address)
{
	uint64_t line = address / n->line_bytes;
	unsigned int set = (unsigned int)(line % n->sets);
	bool hit = naive_forget(n, address);

	if (n->set[set].lines == n->ways)
		naive_forget(n, n->set[set].line[0] * n->line_bytes);
	n->set[set].line[n->set[set].lines++] = line;
	return hit;
}

static uint64_t draw(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return *state >> 33;
}

static void compare(unsigned int line_bytes, unsigned int sets, unsigned int ways, uint64_t lines)
{
	struct naive naive = { .line_bytes = line_bytes, .sets = sets, .ways = ways };
	uint64_t state = sets * 100 + ways, hits = 0;
	struct tags tags;

	CU_ASSERT_TRUE_FATAL(tags_init(&tags, line_bytes, line_bytes * sets * ways, sets));
	for (unsigned int i = 0; i < 20000; i++) {
		uint64_t address = 0x70000000 + draw(&state) % (lines * line_bytes);

		if (draw(&state) % 8 == 0) {
			tags_invalidate(&tags, address);
			naive_forget(&naive, address);
		} else {
			bool hit = naive_access(&naive, address);

			CU_ASSERT_EQUAL(tags_access(&tags, address), hit);
			hits += hit;
		}
	}
	CU_ASSERT_TRUE(hits > 1000 && hits < 19000);	/* both are tried */
	tags_fini(&tags);
}

static void tags_hit_when_a_list_in_order_of_use_does(void)
{
	compare(64, 1, 1, 4);
	compare(64, 1, 4, 7);
	compare(32, 8, 1, 20);
	compare(32, 16, 8, 300);
	compare(64, 4, 2, 16);
}

static void least_recently_used_line_goes_first(void)
{
	struct tags tags;

	CU_ASSERT_TRUE_FATAL(tags_init(&tags, 32, 64, 1)); /* one set of two ways */
	CU_ASSERT_FALSE(tags_access(&tags, 0));
	CU_ASSERT_FALSE(tags_access(&tags, 32));
	CU_ASSERT_TRUE(tags_access(&tags, 31));
	CU_ASSERT_FALSE(tags_access(&tags, 64));	/* in the place of 32 */
	CU_ASSERT_TRUE(tags_access(&tags, 0));
	CU_ASSERT_FALSE(tags_access(&tags, 63));
	tags_fini(&tags);
}

static void lines_of_other_sets_stay(void)
{
	struct tags tags;

	CU_ASSERT_TRUE_FATAL(tags_init(&tags, 64, 128, 2)); /* two sets of one way */
	tags_access(&tags, 0);
	tags_access(&tags, 64);
	CU_ASSERT_TRUE(tags_access(&tags, 0));
	tags_access(&tags, 128);	/* set 0 */
	CU_ASSERT_FALSE(tags_access(&tags, 0));
	CU_ASSERT_TRUE(tags_access(&tags, 64));
	tags_fini(&tags);
}

static void line_zero_is_not_there_from_the_beginning_nor_after_a_reset(void)
{
	struct tags tags;

	CU_ASSERT_TRUE_FATAL(tags_init(&tags, 64, 256, 2));
	CU_ASSERT_FALSE(tags_access(&tags, 0));
	CU_ASSERT_TRUE(tags_access(&tags, 0));
	tags_reset(&tags);
	CU_ASSERT_FALSE(tags_access(&tags, 0));
	tags_fini(&tags);
}

static CU_TestInfo sentences[] = {
	SENTENCE(tags_hit_when_a_list_in_order_of_use_does),
	SENTENCE(least_recently_used_line_goes_first),
	SENTENCE(lines_of_other_sets_stay),
	SENTENCE(line_zero_is_not_there_from_the_beginning_nor_after_a_reset),
	CU_TEST_INFO_NULL
};

int main(void)
{
	return sentences_run("tags", sentences);
}
