/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Resource tables as a firmware may bring them: good ones, one wrong in each way, and a million of random
 * words, which are never read outside and are judged as by a judge written apart from the reader.
 */
#include <CUnit/Basic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sbe/resources.h"

#define WORDS 64u

struct good {
	uint32_t ver, num, reserved[2], offset[3];
	struct fw_rsc_carveout carveout;
	struct fw_rsc_vdev vdev;
	struct fw_rsc_carveout other;
};

static struct good make_good(void)
{
	struct good good = {
		.ver = 1,
		.num = 3,
		.offset = {offsetof(struct good, vdev), offsetof(struct good, carveout),
			   offsetof(struct good, other)},
		.carveout = {.type = RSC_CARVEOUT,
			     .da = FW_RSC_ADDR_ANY,
			     .pa = FW_RSC_ADDR_ANY,
			     .len = 0x1000,
			     .name = "heap"},
		.vdev = {.type = RSC_VDEV, .id = VIRTIO_ID_RPMSG, .num_of_vrings = 2},
		.other = {.type = RSC_CARVEOUT,
			  .da = 0x1000,
			  .len = 0x2000,
			  .name = "0123456789abcdef0123456789abcde"},
	};

	good.other.name[31] = 'f'; /* as long as there is room, without a zero */
	return good;
}

static void a_good_table_has_its_entries(void)
{
	struct good good = make_good();

	CU_ASSERT_EQUAL(resources_check(&good, sizeof(good)), RESOURCES_OK);
	CU_ASSERT_EQUAL(resources_count(&good), 3);
	CU_ASSERT_EQUAL(resources_type(&good, 0), RSC_VDEV);
	CU_ASSERT_EQUAL(resources_type(&good, 1), RSC_CARVEOUT);
	CU_ASSERT_PTR_EQUAL(resources_vdev(&good), &good.vdev);
	CU_ASSERT_PTR_EQUAL(resources_carveout(&good, 1), &good.carveout);
}

static void a_carve_out_is_found_by_its_whole_name(void)
{
	struct good good = make_good();

	CU_ASSERT_PTR_EQUAL(resources_find_carveout(&good, "heap"), &good.carveout);
	CU_ASSERT_PTR_NULL(resources_find_carveout(&good, "hea"));
	CU_ASSERT_PTR_NULL(resources_find_carveout(&good, "heaps"));
	CU_ASSERT_PTR_EQUAL(resources_find_carveout(&good, "0123456789abcdef0123456789abcdef"), &good.other);
	CU_ASSERT_PTR_NULL(resources_find_carveout(&good, "0123456789abcdef0123456789abcdefg"));
	good.carveout.type = RSC_DEVMEM;
	CU_ASSERT_PTR_EQUAL(resources_find_carveout(&good, "heap"), &good.carveout);
	good.carveout.type = 2;
	CU_ASSERT_PTR_NULL(resources_find_carveout(&good, "heap"));
}

static void another_vdev_is_not_rpmsgs(void)
{
	struct good good = make_good();

	good.vdev.id = 1;
	CU_ASSERT_PTR_NULL(resources_vdev(&good));
	good = make_good();
	good.vdev.num_of_vrings = 1;
	CU_ASSERT_PTR_NULL(resources_vdev(&good));
}

static void each_thing_that_may_be_wrong_is_said(void)
{
	static const struct {
		size_t at;
		uint32_t value;
		enum resources_error error;
	} wrong[] = {
		{offsetof(struct good, ver), 0, RESOURCES_VERSION},
		{offsetof(struct good, ver), 2, RESOURCES_VERSION},
		{offsetof(struct good, reserved[0]), 1, RESOURCES_RESERVED},
		{offsetof(struct good, reserved[1]), 1, RESOURCES_RESERVED},
		{offsetof(struct good, num), RESOURCES_MAX + 1, RESOURCES_NUMBER},
		{offsetof(struct good, offset[1]), offsetof(struct good, carveout) + 2, RESOURCES_OFFSET},
		{offsetof(struct good, offset[1]), offsetof(struct good, offset[2]), RESOURCES_OFFSET},
		{offsetof(struct good, offset[1]), offsetof(struct good, other.reserved),
		 RESOURCES_TRUNCATED}, /* 0: a carve-out */
		{offsetof(struct good, offset[1]), sizeof(struct good), RESOURCES_TRUNCATED},
		{offsetof(struct good, offset[1]), 0xfffffffc, RESOURCES_TRUNCATED},
		{offsetof(struct good, vdev.num_of_vrings) - 1, 0x0600,
		 RESOURCES_TRUNCATED}, /* with the status before it */
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct good good = make_good();

		memcpy((uint8_t *)&good + wrong[i].at, &wrong[i].value, 4);
		CU_ASSERT_EQUAL(resources_check(&good, sizeof(good)), wrong[i].error);
		CU_ASSERT_TRUE(strlen(resources_error_text(wrong[i].error)) > 20);
	}
}

static void a_table_that_ends_early_is_short_or_truncated(void)
{
	struct good good = make_good();

	CU_ASSERT_EQUAL(resources_check(&good, 0), RESOURCES_SHORT);
	CU_ASSERT_EQUAL(resources_check(&good, 15), RESOURCES_SHORT);
	CU_ASSERT_EQUAL(resources_check(&good, 27), RESOURCES_SHORT);
	CU_ASSERT_EQUAL(resources_check(&good, 28), RESOURCES_TRUNCATED);
	CU_ASSERT_EQUAL(resources_check(&good, sizeof(good) - 1), RESOURCES_TRUNCATED);
	good.num = 0;
	CU_ASSERT_EQUAL(resources_check(&good, 16), RESOURCES_OK);
	CU_ASSERT_PTR_NULL(resources_vdev(&good));
}

/* ---- At random -------------------------------------------------------------------------------------------
 */

static uint64_t seed = 1;

static uint32_t random_below(uint32_t bound)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((seed >> 33) % bound);
}

static bool entry_is_good(const uint32_t *word, uint32_t bytes, uint32_t at, uint32_t num)
{
	uint32_t needs;

	if (at & 3u || at < 16 + 4 * num || (uint64_t)at + 4 > bytes)
		return false;
	switch (word[at / 4]) {
	case 0:
	case 1:
		needs = 56;
		break;
	case 3:
		if ((uint64_t)at + 28 > bytes)
			return false;
		needs = 28 + 20 * (word[at / 4 + 6] >> 8 & 0xff);
		break;
	default:
		needs = 4;
	}
	return (uint64_t)at + needs <= bytes;
}

static bool table_is_good(const uint32_t *word, uint32_t bytes)
{
	bool good = bytes >= 16 && word[0] == 1 && !word[2] && !word[3] && word[1] <= 16 &&
		    bytes >= 16 + 4 * word[1];

	for (uint32_t i = 0; good && i < word[1]; i++)
		good = entry_is_good(word, bytes, word[4 + i], word[1]);
	return good;
}

/* Mostly near to a good one; in memory that ends where the table does. */
static uint32_t *make_random(uint32_t bytes)
{
	uint32_t *word = malloc(bytes ? bytes : 1);
	const uint32_t head[] = {random_below(16) ? 1 : 2,
				 random_below(16) ? random_below(3) : random_below(20), !random_below(16),
				 !random_below(16)};

	for (uint32_t i = 0; i < bytes / 4; i++)
		word[i] = i < 4	  ? head[i]
			  : i < 8 ? 4 * random_below(WORDS + 2) + !random_below(16)
				  : random_below(5) | random_below(4) << 8;
	return word;
}

static void a_million_random_tables_are_judged_alike_and_read_inside(void)
{
	unsigned int goods = 0, n = getenv("SBESIM_UNDER_VALGRIND") ? 20000 : 1000000;

	for (unsigned int i = 0; i < n; i++) {
		uint32_t bytes = 4 * random_below(WORDS), *word = make_random(bytes);
		bool good = resources_check(word, bytes) == RESOURCES_OK;

		CU_ASSERT_EQUAL_FATAL(good, table_is_good(word, bytes));
		goods += good;
		if (good) {
			const uint8_t *vdev = (const uint8_t *)resources_vdev(word);
			const uint8_t *carveout = (const uint8_t *)resources_find_carveout(word, "x");

			CU_ASSERT_TRUE_FATAL(!vdev ||
					     vdev + sizeof(struct fw_rsc_vdev) <= (uint8_t *)word + bytes);
			CU_ASSERT_PTR_NULL_FATAL(carveout);
		}
		free(word);
	}
	CU_ASSERT_TRUE(goods > n / 50 && goods < n / 2);
}

#define TEST(name)                                                                                           \
	{                                                                                                    \
#name, name                                                                                  \
	}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(a_good_table_has_its_entries),
		TEST(a_carve_out_is_found_by_its_whole_name),
		TEST(another_vdev_is_not_rpmsgs),
		TEST(each_thing_that_may_be_wrong_is_said),
		TEST(a_table_that_ends_early_is_short_or_truncated),
		TEST(a_million_random_tables_are_judged_alike_and_read_inside),
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {{"resource tables", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
	unsigned int failed;

	if (CU_initialize_registry() || CU_register_suites(suites))
		return 2;
	CU_basic_run_tests();
	failed = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failed ? 1 : 0;
}
