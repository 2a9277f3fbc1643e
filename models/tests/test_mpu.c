/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The MPU's rules, both edges of each; and at random against a map that is painted region by region, a cell per 32 bytes.
 */
#include <string.h>

#include "models/mpu.h"
#include "models/tests/random.h"
#include "sim/tests/sentences.h"

#define RW (MPU_READ | MPU_WRITE)

static struct mpu mpu;
static enum trace_fault cause;

static void begin(enum mpu_kind_id kind, unsigned int regions)
{
	mpu_init(&mpu, kind, regions);
	mpu_enable(&mpu, true, false);
}

static int set(unsigned int number, uint64_t base, uint64_t size, uint8_t rights)
{
	return mpu_set(&mpu, number, &(struct mpu_region){ .enabled = true, .base = base, .size = size, .privileged = rights });
}

static bool may(uint64_t address, uint64_t size, bool store)
{
	return mpu_check(&mpu, address, size, store, true, &cause);
}

/* ---- By hand -------------------------------------------------------------------------------------------- */

static void v7_sizes_are_powers_of_two_from_32_bytes_on(void)
{
	const enum mpu_kind_id kinds[] = { MPU_V7M, MPU_V7R };

	for (unsigned int i = 0; i < 2; i++) {
		begin(kinds[i], 8);
		CU_ASSERT_EQUAL(set(0, 0, 32, RW), MPU_DONE);
		CU_ASSERT_EQUAL(set(0, 0, 16, RW), MPU_BAD_SIZE);
		CU_ASSERT_EQUAL(set(0, 0, 96, RW), MPU_BAD_SIZE);
		CU_ASSERT_EQUAL(set(0, 0, UINT64_C(1) << 32, RW), MPU_DONE);
	}
}

static void v7_bases_are_multiples_of_the_size(void)
{
	begin(MPU_V7M, 8);
	CU_ASSERT_EQUAL(set(0, 0x20000000, 0x1000, RW), MPU_DONE);
	CU_ASSERT_EQUAL(set(0, 0x20000800, 0x1000, RW), MPU_UNALIGNED);
	CU_ASSERT_EQUAL(mpu.region[0].base, 0x20000000);	/* the old one stays */
}

static void v8_goes_in_steps_of_32_bytes(void)
{
	begin(MPU_V8M, 8);
	CU_ASSERT_EQUAL(set(0, 0x20000020, 96, RW), MPU_DONE);
	CU_ASSERT_EQUAL(set(0, 0x20000020, 100, RW), MPU_BAD_SIZE);
	CU_ASSERT_EQUAL(set(0, 0x20000010, 96, RW), MPU_UNALIGNED);
	CU_ASSERT_TRUE(may(0x2000007f, 1, true));
	CU_ASSERT_FALSE(may(0x20000080, 1, true));
}

static void a_core_has_so_many_regions_and_no_more(void)
{
	begin(MPU_V7R, 12);
	CU_ASSERT_EQUAL(set(11, 0, 32, RW), MPU_DONE);
	CU_ASSERT_EQUAL(set(12, 0, 32, RW), MPU_NO_REGION);
}

static void an_access_needs_every_byte_of_it(void)
{
	begin(MPU_V7M, 8);
	set(0, 0x1000, 0x100, RW);
	CU_ASSERT_TRUE(may(0x10f8, 8, true));
	CU_ASSERT_FALSE(may(0x10f9, 8, true));
	CU_ASSERT_EQUAL(cause, TRACE_FAULT_MPU_BACKGROUND);
	CU_ASSERT_FALSE(may(0xfff, 2, false));
}

static void permission_is_of_the_access(void)
{
	begin(MPU_V7M, 8);
	set(0, 0x1000, 0x100, MPU_READ);
	CU_ASSERT_TRUE(may(0x1000, 4, false));
	CU_ASSERT_FALSE(may(0x1000, 4, true));
	CU_ASSERT_EQUAL(cause, TRACE_FAULT_MPU_PERMISSION);
	CU_ASSERT_FALSE(mpu_check(&mpu, 0x1000, 4, false, false, &cause));
	CU_ASSERT_EQUAL(cause, TRACE_FAULT_MPU_PERMISSION);
}

static void the_highest_number_wins_in_v7(void)
{
	begin(MPU_V7R, 12);
	set(1, 0, 0x1000, RW);
	set(5, 0x400, 0x400, MPU_READ);
	CU_ASSERT_TRUE(may(0x3fc, 4, true));
	CU_ASSERT_FALSE(may(0x400, 4, true));
	CU_ASSERT_TRUE(may(0x800, 4, true));
	set(6, 0x400, 0x100, RW);
	CU_ASSERT_TRUE(may(0x400, 4, true));
}

static void overlap_faults_in_v8_even_where_both_allow_it(void)
{
	begin(MPU_V8M, 8);
	set(0, 0, 0x1000, RW);
	set(1, 0x800, 0x1000, RW);
	CU_ASSERT_TRUE(may(0x7fc, 4, false));
	CU_ASSERT_FALSE(may(0x800, 4, false));
	CU_ASSERT_EQUAL(cause, TRACE_FAULT_MPU_OVERLAP);
	CU_ASSERT_TRUE(may(0x1000, 4, false));
}

static void sub_regions_are_eighths_from_256_bytes_on(void)
{
	struct mpu_region r = { .enabled = true, .base = 0x1000, .size = 256, .sub_regions_disabled = 0x81, .privileged = RW };

	begin(MPU_V7M, 8);
	CU_ASSERT_EQUAL(mpu_set(&mpu, 0, &r), MPU_DONE);
	CU_ASSERT_FALSE(may(0x1000, 4, false));
	CU_ASSERT_TRUE(may(0x1020, 4, false));
	CU_ASSERT_TRUE(may(0x10dc, 4, false));
	CU_ASSERT_FALSE(may(0x10e0, 4, false));
	r.size = 128;
	CU_ASSERT_EQUAL(mpu_set(&mpu, 0, &r), MPU_NO_SUB_REGIONS);
	begin(MPU_V8M, 8);
	r.size = 256;
	CU_ASSERT_EQUAL(mpu_set(&mpu, 0, &r), MPU_NO_SUB_REGIONS);
}

static void a_disabled_sub_region_shows_the_region_below_it(void)
{
	struct mpu_region r = { .enabled = true, .base = 0x1000, .size = 256, .sub_regions_disabled = 1, .privileged = MPU_READ };

	begin(MPU_V7M, 8);
	set(0, 0x1000, 0x1000, RW);
	mpu_set(&mpu, 1, &r);
	CU_ASSERT_TRUE(may(0x1000, 4, true));
	CU_ASSERT_FALSE(may(0x1020, 4, true));
}

static void the_background_map_is_for_privileged_accesses_alone(void)
{
	begin(MPU_V7M, 8);
	CU_ASSERT_FALSE(may(0, 4, false));
	CU_ASSERT_EQUAL(cause, TRACE_FAULT_MPU_BACKGROUND);
	mpu_enable(&mpu, true, true);
	CU_ASSERT_TRUE(may(0, 4, true));
	CU_ASSERT_FALSE(mpu_check(&mpu, 0, 4, false, false, &cause));
}

static void disabled_it_forbids_nothing(void)
{
	begin(MPU_V7M, 8);
	mpu_enable(&mpu, false, false);
	CU_ASSERT_TRUE(may(0, 4, true));
	mpu_enable(&mpu, true, false);
	mpu_reset(&mpu);
	CU_ASSERT_TRUE(may(0, 4, true));
}

/* ---- At random ------------------------------------------------------------------------------------------- */

#define CELLS 64u

/* Of each cell: how many regions cover it, and what the last painted one allows. */
static struct {
	unsigned int covered;
	uint8_t rights;
} map[CELLS];

static void paint(void)
{
	memset(map, 0, sizeof(map));
	for (unsigned int n = 0; n < mpu.regions; n++)
		for (uint64_t at = 0; mpu.region[n].enabled && at < mpu.region[n].size; at += 32) {
			unsigned int eighth = (unsigned int)(at * 8 / mpu.region[n].size);

			if (mpu.region[n].sub_regions_disabled & 1u << eighth)
				continue;
			map[(mpu.region[n].base + at) / 32].covered++;
			map[(mpu.region[n].base + at) / 32].rights = mpu.region[n].privileged;
		}
}

static bool map_allows(uint64_t address, uint64_t size, bool store)
{
	for (uint64_t at = address; at < address + size; at++) {
		unsigned int covered = map[at / 32].covered;

		if (!covered ? !mpu.background : covered > 1 && mpu.kind == &mpu_kinds[MPU_V8M])
			return false;
		if (covered && !(map[at / 32].rights & (store ? MPU_WRITE : MPU_READ)))
			return false;
	}
	return true;
}

static void random_region(uint64_t *seed)
{
	struct mpu_region r = { .enabled = random_below(seed, 8) != 0, .privileged = (uint8_t)random_below(seed, 4) };

	if (mpu.kind->power_of_two) {
		r.size = UINT64_C(32) << random_below(seed, 6);
		r.base = random_below(seed, CELLS * 32 / r.size) * r.size;
		r.sub_regions_disabled = r.size >= 256 ? (uint8_t)random_below(seed, 256) : 0;
	} else {
		r.base = random_below(seed, CELLS) * 32;
		r.size = (1 + random_below(seed, CELLS - r.base / 32)) * 32;
	}
	if (mpu_set(&mpu, (unsigned int)random_below(seed, mpu.regions), &r) != MPU_DONE)
		CU_FAIL_FATAL("a good region was refused");
	paint();
}

static void a_million_random_accesses_are_judged_as_the_painted_map_does(void)
{
	const enum mpu_kind_id kinds[] = { MPU_V7M, MPU_V7R, MPU_V8M };
	uint64_t seed = 1;

	for (unsigned int n = random_operations(), i = 0; i < n; i++) {
		if (i % 1000 == 0) {
			begin(kinds[i / 1000 % 3], 4);
			mpu_enable(&mpu, true, i / 3000 % 2);
			paint();
		}
		if (random_below(&seed, 4) == 0)
			random_region(&seed);
		uint64_t address = random_below(&seed, CELLS * 32 - 64), size = 1 + random_below(&seed, 64);
		bool store = random_below(&seed, 2);

		if (may(address, size, store) != map_allows(address, size, store))
			CU_FAIL_FATAL("the MPU and the map differ");
	}
	CU_PASS("they agreed on every access");
}

int main(void)
{
	CU_TestInfo sentences[] = {
		SENTENCE(v7_sizes_are_powers_of_two_from_32_bytes_on),
		SENTENCE(v7_bases_are_multiples_of_the_size),
		SENTENCE(v8_goes_in_steps_of_32_bytes),
		SENTENCE(a_core_has_so_many_regions_and_no_more),
		SENTENCE(an_access_needs_every_byte_of_it),
		SENTENCE(permission_is_of_the_access),
		SENTENCE(the_highest_number_wins_in_v7),
		SENTENCE(overlap_faults_in_v8_even_where_both_allow_it),
		SENTENCE(sub_regions_are_eighths_from_256_bytes_on),
		SENTENCE(a_disabled_sub_region_shows_the_region_below_it),
		SENTENCE(the_background_map_is_for_privileged_accesses_alone),
		SENTENCE(disabled_it_forbids_nothing),
		SENTENCE(a_million_random_accesses_are_judged_as_the_painted_map_does),
		CU_TEST_INFO_NULL,
	};

	return sentences_run("MPU", sentences);
}
