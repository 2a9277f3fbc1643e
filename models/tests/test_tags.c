/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tags against naive caches, one per policy, a million random operations in all, compared way by way after each; and
 * short sequences done by hand in which the three policies differ. What a hit costs is the platform's business.
 *
 * The naive caches are written from what the policies are, not from tags.c: LRU keeps a list in order of use, tree-PLRU
 * halves intervals of ways, random shifts sixteen separate bits.
 */
#include <stdbool.h>
#include <string.h>

#include "models/tags.h"
#include "models/tests/random.h"
#include "sim/tests/sentences.h"

#define WAYS_MAX 16
#define SETS_MAX 16
#define EMPTY UINT64_MAX

/* ---- Naive caches --------------------------------------------------------------------------------------- */

struct naive_set {
	uint64_t line[WAYS_MAX];
	unsigned int order[WAYS_MAX];				/* ways, least recently used first */
	bool upper_is_older[WAYS_MAX + 1][WAYS_MAX + 1];	/* of the ways [low, high) */
};

struct naive {
	unsigned int line_bytes, sets, ways;
	enum platform_replacement replacement;
	struct naive_set set[SETS_MAX];
	bool shift[16];		/* the shift register, output first */
};

static void naive_reset(struct naive *n)
{
	memset(n->set, 0, sizeof(n->set));
	for (unsigned int s = 0; s < n->sets; s++)
		for (unsigned int way = 0; way < n->ways; way++) {
			n->set[s].line[way] = EMPTY;
			n->set[s].order[way] = way;
		}
	for (unsigned int i = 0; i < 16; i++)
		n->shift[i] = TAGS_LFSR_SEED >> i & 1;
}

/* Galois form: the bit that leaves is added where the polynomial has a term, at 11, 13, 14 and 16. */
static unsigned int naive_random(struct naive *n)
{
	bool out = n->shift[0];
	unsigned int value = 0;

	for (unsigned int i = 0; i < 15; i++)
		n->shift[i] = n->shift[i + 1];
	n->shift[15] = out;
	n->shift[13] ^= out;
	n->shift[12] ^= out;
	n->shift[10] ^= out;
	for (unsigned int i = 0; i < 16; i++)
		value += (unsigned int)n->shift[i] << i;
	return value % n->ways;
}

static unsigned int naive_older(const struct naive_set *s, unsigned int low, unsigned int high)
{
	unsigned int middle = (low + high) / 2;

	if (high - low == 1)
		return low;
	return s->upper_is_older[low][high] ? naive_older(s, middle, high) : naive_older(s, low, middle);
}

static void naive_use(struct naive_set *s, unsigned int ways, unsigned int way)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < ways; i++)
		if (s->order[i] != way)
			s->order[kept++] = s->order[i];
	s->order[ways - 1] = way;
	for (unsigned int low = 0, high = ways; high - low > 1;) {
		unsigned int middle = (low + high) / 2;

		s->upper_is_older[low][high] = way < middle;
		if (way < middle)
			high = middle;
		else
			low = middle;
	}
}

static unsigned int naive_way_of(const struct naive_set *s, unsigned int ways, uint64_t line)
{
	for (unsigned int way = 0; way < ways; way++)
		if (s->line[way] == line)
			return way;
	return ways;
}

static unsigned int naive_victim(struct naive *n, const struct naive_set *s)
{
	if (n->replacement == PLATFORM_REPLACEMENT_RANDOM)
		return naive_random(n);
	return n->replacement == PLATFORM_REPLACEMENT_LRU ? s->order[0] : naive_older(s, 0, n->ways);
}

static bool naive_access(struct naive *n, uint64_t address)
{
	uint64_t line = address / n->line_bytes;
	struct naive_set *s = &n->set[line % n->sets];
	unsigned int way = naive_way_of(s, n->ways, line);
	bool hit = way < n->ways;

	if (!hit)
		way = naive_way_of(s, n->ways, EMPTY);
	if (way == n->ways)
		way = naive_victim(n, s);
	s->line[way] = line;
	naive_use(s, n->ways, way);
	return hit;
}

static void naive_invalidate(struct naive *n, uint64_t address)
{
	uint64_t line = address / n->line_bytes;
	struct naive_set *s = &n->set[line % n->sets];
	unsigned int way = naive_way_of(s, n->ways, line);

	if (way < n->ways)
		s->line[way] = EMPTY;
}

static void naive_invalidate_all(struct naive *n)
{
	for (unsigned int s = 0; s < n->sets; s++)
		for (unsigned int way = 0; way < n->ways; way++)
			n->set[s].line[way] = EMPTY;
}

/* ---- A million operations -------------------------------------------------------------------------------- */

static bool same(const struct tags *tags, const struct naive *n)
{
	for (unsigned int s = 0; s < n->sets; s++)
		for (unsigned int way = 0; way < n->ways; way++)
			if (tags->tag[s * n->ways + way] != n->set[s].line[way] + 1) /* EMPTY + 1 is 0 */
				return false;
	return true;
}

/* One random operation on both; false when they answer differently. */
static bool operate(struct tags *tags, struct naive *n, uint64_t *state, uint64_t lines, unsigned int *hits)
{
	uint64_t address = 0x70000000 + random_below(state, lines * n->line_bytes);
	unsigned int what = (unsigned int)random_below(state, 1000);

	if (what == 0) {
		tags_reset(tags);
		naive_reset(n);
	} else if (what < 3) {
		tags_invalidate_all(tags);
		naive_invalidate_all(n);
	} else if (what < 100) {
		tags_invalidate(tags, address);
		naive_invalidate(n, address);
	} else if (what < 150) {
		unsigned int set = (unsigned int)random_below(state, n->sets);
		unsigned int way = (unsigned int)random_below(state, n->ways);

		tags_invalidate_set_way(tags, set, way);
		n->set[set].line[way] = EMPTY;
	} else {
		bool hit = naive_access(n, address);

		*hits += hit;
		return tags_access(tags, address) == hit;
	}
	return true;
}

static void compare(enum platform_replacement replacement, unsigned int line_bytes, unsigned int sets,
		    unsigned int ways, uint64_t lines, unsigned int operations)
{
	struct platform_cache shape = { .line_bytes = line_bytes, .sets = sets, .bytes = line_bytes * sets * ways,
					.replacement = replacement };
	static struct naive naive;
	uint64_t state = sets * 100 + ways;
	unsigned int hits = 0, wrong = 0;
	struct tags tags;

	naive = (struct naive){ .line_bytes = line_bytes, .sets = sets, .ways = ways, .replacement = replacement };
	naive_reset(&naive);
	CU_ASSERT_TRUE_FATAL(tags_init(&tags, &shape));
	for (unsigned int i = 0; i < operations; i++)
		wrong += !operate(&tags, &naive, &state, lines, &hits) || !same(&tags, &naive);
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_TRUE(hits > operations / 20 && hits < operations * 4 / 5);	/* both are tried */
	tags_fini(&tags);
}

static void compare_shapes(enum platform_replacement replacement)
{
	unsigned int operations = random_operations() / 15 + 1; /* of each shape and policy */

	compare(replacement, 64, 1, 1, 4, operations);
	compare(replacement, 64, 1, 4, 7, operations);
	compare(replacement, 32, 8, 1, 20, operations);
	compare(replacement, 32, 4, 16, 120, operations);
	compare(replacement, 64, 4, 2, 16, operations);
}

static void lru_tags_hold_what_a_list_in_order_of_use_does(void)
{
	compare_shapes(PLATFORM_REPLACEMENT_LRU);
}

static void plru_tags_hold_what_halving_the_ways_does(void)
{
	compare_shapes(PLATFORM_REPLACEMENT_TREE_PLRU);
}

static void random_tags_hold_what_sixteen_shifted_bits_say(void)
{
	compare_shapes(PLATFORM_REPLACEMENT_RANDOM);
}

/* ---- By hand ----------------------------------------------------------------------------------------------- */

/* One set of four ways with lines of 32 bytes: line n is at 32 n. */
static const struct platform_cache four_ways = { .line_bytes = 32, .sets = 1, .bytes = 128 };

static void begin(struct tags *tags, enum platform_replacement replacement)
{
	struct platform_cache shape = four_ways;

	shape.replacement = replacement;
	CU_ASSERT_TRUE_FATAL(tags_init(tags, &shape));
	for (unsigned int line = 0; line < 4; line++)
		CU_ASSERT_FALSE(tags_access(tags, line * 32));
	CU_ASSERT_TRUE(tags_access(tags, 0));
	CU_ASSERT_TRUE(tags_access(tags, 2 * 32 + 31));
	CU_ASSERT_FALSE(tags_access(tags, 4 * 32));	/* full: somebody goes */
}

/* Lines 0 to 3, then 0 and 2 again. Looking does not change anything: the sentence ends with the first miss. */
static void lru_replaces_the_line_used_longest_ago(void)
{
	struct tags tags;

	begin(&tags, PLATFORM_REPLACEMENT_LRU);
	CU_ASSERT_FALSE(tags_access(&tags, 1 * 32));	/* in whose place 3 goes */
	CU_ASSERT_FALSE(tags_access(&tags, 3 * 32));
	CU_ASSERT_TRUE(tags_access(&tags, 2 * 32));
	tags_fini(&tags);
}

/* The halves are {0, 1} and {2, 3}. 2 was last, so the lower half, and there 0 was last: 1 goes. Then 3, by turns. */
static void tree_plru_replaces_in_the_half_not_used_last(void)
{
	struct tags tags;

	begin(&tags, PLATFORM_REPLACEMENT_TREE_PLRU);
	CU_ASSERT_TRUE(tags_access(&tags, 0));
	CU_ASSERT_TRUE(tags_access(&tags, 2 * 32));
	/* The lower half was used before: its way 1 holds line 4, and was used before line 0 was. */
	CU_ASSERT_FALSE(tags_access(&tags, 5 * 32));
	CU_ASSERT_FALSE(tags_access(&tags, 4 * 32));
	tags_fini(&tags);
}

/* After 0, 1, 2, 3, 0 LRU would take 1; the tree last saw the lower half, and in the upper 3 after 2: it takes 2. */
static void tree_plru_and_lru_differ_after_the_first_line_again(void)
{
	static const struct {
		enum platform_replacement replacement;
		unsigned int gone, kept;
	} by[] = { { PLATFORM_REPLACEMENT_LRU, 1, 2 }, { PLATFORM_REPLACEMENT_TREE_PLRU, 2, 1 } };

	for (unsigned int i = 0; i < 2; i++) {
		struct platform_cache shape = four_ways;
		struct tags tags;

		shape.replacement = by[i].replacement;
		CU_ASSERT_TRUE_FATAL(tags_init(&tags, &shape));
		for (unsigned int line = 0; line < 4; line++)
			tags_access(&tags, line * 32);
		tags_access(&tags, 0);
		tags_access(&tags, 4 * 32);
		CU_ASSERT_TRUE(tags_access(&tags, by[i].kept * 32));
		CU_ASSERT_FALSE(tags_access(&tags, by[i].gone * 32));
		tags_fini(&tags);
	}
}

/* 0xace1 is odd: 0x5670 ^ 0xb400 = 0xe270, way 0; then 0x7138, way 0; 0x389c, 0; 0x1c4e, way 2; 0x0e27, way 3. */
static void random_replaces_what_the_register_says(void)
{
	static const unsigned int expected[] = { 0, 0, 0, 2, 3 };
	struct platform_cache shape = four_ways;
	struct tags tags;

	shape.replacement = PLATFORM_REPLACEMENT_RANDOM;
	CU_ASSERT_TRUE_FATAL(tags_init(&tags, &shape));
	for (unsigned int line = 0; line < 4; line++)
		tags_access(&tags, line * 32);
	for (unsigned int i = 0; i < 5; i++) {
		tags_access(&tags, (4 + i) * 32);
		CU_ASSERT_EQUAL(tags.tag[expected[i]], 4 + i + 1);
	}
	tags_fini(&tags);
}

/* The register runs through every value but 0 before it repeats: 65,535 victims, of each of four ways a quarter. */
static void random_replaces_every_way_as_often(void)
{
	struct platform_cache shape = four_ways;
	unsigned int times[4] = { 0 };
	struct tags tags;

	shape.replacement = PLATFORM_REPLACEMENT_RANDOM;
	CU_ASSERT_TRUE_FATAL(tags_init(&tags, &shape));
	for (unsigned int line = 0; line < 4; line++)
		tags_access(&tags, line * 32);
	for (unsigned int i = 0; i < 65535; i++) {
		unsigned int way = 0;

		tags_access(&tags, (4 + i) * 32);
		while (tags.tag[way] != 4 + i + 1)
			way++;
		times[way]++;
		CU_ASSERT_EQUAL(tags.lfsr == TAGS_LFSR_SEED, i == 65534);
	}
	CU_ASSERT_EQUAL(times[0], 16383);
	for (unsigned int way = 1; way < 4; way++)
		CU_ASSERT_EQUAL(times[way], 16384);
	tags_fini(&tags);
}

static void lines_of_other_sets_stay(void)
{
	static const struct platform_cache shape = { .line_bytes = 64, .sets = 2, .bytes = 128 };
	struct tags tags;

	CU_ASSERT_TRUE_FATAL(tags_init(&tags, &shape));
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

	CU_ASSERT_TRUE_FATAL(tags_init(&tags, &four_ways));
	CU_ASSERT_FALSE(tags_access(&tags, 0));
	CU_ASSERT_TRUE(tags_access(&tags, 0));
	tags_reset(&tags);
	CU_ASSERT_FALSE(tags_access(&tags, 0));
	tags_fini(&tags);
}

static void set_or_way_that_is_not_there_is_nothing(void)
{
	struct tags tags;

	CU_ASSERT_TRUE_FATAL(tags_init(&tags, &four_ways));
	for (unsigned int line = 0; line < 4; line++)
		tags_access(&tags, line * 32);
	tags_invalidate_set_way(&tags, 1, 0);
	tags_invalidate_set_way(&tags, 0, 4);
	for (unsigned int line = 0; line < 4; line++)
		CU_ASSERT_TRUE(tags_access(&tags, line * 32));
	tags_invalidate_set_way(&tags, 0, 3);
	CU_ASSERT_FALSE(tags_access(&tags, 3 * 32));
	tags_fini(&tags);
}

static void second_level_is_shared_and_hits_what_a_first_has_lost(void)
{
	static const struct platform_cache small = { .line_bytes = 32, .sets = 1, .bytes = 32 };
	struct tags first, second, shared;

	CU_ASSERT_TRUE_FATAL(tags_init(&first, &small) && tags_init(&second, &small) && tags_init(&shared, &four_ways));
	CU_ASSERT_EQUAL(tags_find_level(&first, &shared, 0), TAGS_MEMORY);
	CU_ASSERT_EQUAL(tags_find_level(&first, &shared, 0), TAGS_L1);
	CU_ASSERT_EQUAL(tags_find_level(&first, &shared, 32), TAGS_MEMORY);
	CU_ASSERT_EQUAL(tags_find_level(&first, &shared, 0), TAGS_L2);	/* line 1 took its only way */
	CU_ASSERT_EQUAL(tags_find_level(&second, &shared, 32), TAGS_L2);	/* the neighbour's line */
	CU_ASSERT_EQUAL(tags_find_level(&second, NULL, 0), TAGS_MEMORY);
	tags_invalidate(&shared, 32);
	CU_ASSERT_EQUAL(tags_find_level(&first, &shared, 32), TAGS_MEMORY);
	tags_fini(&first);
	tags_fini(&second);
	tags_fini(&shared);
}

static void cache_of_no_bytes_is_made_reset_and_ended(void)
{
	static const struct platform_cache none = { .bytes = 0 };
	struct tags tags;

	CU_ASSERT_TRUE_FATAL(tags_init(&tags, &none));
	tags_invalidate_all(&tags);
	tags_invalidate_set_way(&tags, 0, 0);
	tags_reset(&tags);
	tags_fini(&tags);
}

static CU_TestInfo sentences[] = {
	SENTENCE(lru_tags_hold_what_a_list_in_order_of_use_does),
	SENTENCE(plru_tags_hold_what_halving_the_ways_does),
	SENTENCE(random_tags_hold_what_sixteen_shifted_bits_say),
	SENTENCE(lru_replaces_the_line_used_longest_ago),
	SENTENCE(tree_plru_replaces_in_the_half_not_used_last),
	SENTENCE(tree_plru_and_lru_differ_after_the_first_line_again),
	SENTENCE(random_replaces_what_the_register_says),
	SENTENCE(random_replaces_every_way_as_often),
	SENTENCE(lines_of_other_sets_stay),
	SENTENCE(line_zero_is_not_there_from_the_beginning_nor_after_a_reset),
	SENTENCE(set_or_way_that_is_not_there_is_nothing),
	SENTENCE(second_level_is_shared_and_hits_what_a_first_has_lost),
	SENTENCE(cache_of_no_bytes_is_made_reset_and_ended),
	CU_TEST_INFO_NULL
};

int main(void)
{
	return sentences_run("tags", sentences);
}
