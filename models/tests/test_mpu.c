/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The MPU's rules, both edges of each; and at random against a map that is painted region by region, a cell per 32
 * bytes.
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
	return mpu_set(&mpu, number, &(struct mpu_region){ .enabled = true, .base = base, .size = size,
							  .access.privileged = rights });
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

static void addresses_have_32_bits(void)
{
	begin(MPU_V7M, 8);
	CU_ASSERT_EQUAL(set(0, UINT64_C(1) << 32, 32, RW), MPU_BEYOND);
	CU_ASSERT_EQUAL(set(0, 0, UINT64_C(1) << 33, RW), MPU_BEYOND);
	CU_ASSERT_EQUAL(set(0, UINT64_C(0xffffffe0), 32, RW), MPU_DONE);
	CU_ASSERT_TRUE(may(0xfffffffc, 4, true));
	begin(MPU_V8M, 8);
	CU_ASSERT_EQUAL(set(0, UINT64_C(0xffffffe0), 64, RW), MPU_BEYOND);
	CU_ASSERT_EQUAL(set(0, UINT64_C(0xffffffc0), 64, RW), MPU_DONE);
	CU_ASSERT_EQUAL(set(0, 32, UINT64_MAX - 31, RW), MPU_BEYOND);
}

static int grant(uint8_t privileged, uint8_t user)
{
	return mpu_set(&mpu, 0, &(struct mpu_region){ .enabled = true, .size = 32, .access = { privileged, user } });
}

/* Bit privileged * 4 + user: that can be granted. */
static unsigned int grants(enum mpu_kind_id kind)
{
	unsigned int granted = 0;

	begin(kind, 8);
	for (uint8_t i = 0; i < 16; i++)
		granted |= (grant(i / 4, i % 4) == MPU_DONE ? 1u : 0) << i;
	return granted;
}

static void what_no_permission_field_says_is_refused(void)
{
	unsigned int v7 = 1u << 0 | 1u << (RW * 4) | 1u << (RW * 4 + MPU_READ) | 1u << (RW * 4 + RW) |
			  1u << (MPU_READ * 4) | 1u << (MPU_READ * 4 + MPU_READ);

	CU_ASSERT_EQUAL(grants(MPU_V7M), v7);
	CU_ASSERT_EQUAL(grants(MPU_V7R), v7);
	CU_ASSERT_EQUAL(grants(MPU_V8M), v7 & ~(1u << 0 | 1u << (RW * 4 + MPU_READ)));
	CU_ASSERT_EQUAL(grant(MPU_WRITE, 0), MPU_BAD_ACCESS);
}

/* What a disabled region says does not matter. */
static void a_region_is_disabled_whatever_else_is_programmed(void)
{
	begin(MPU_V7M, 8);
	CU_ASSERT_EQUAL(mpu_set(&mpu, 0, &(struct mpu_region){.base = 5, .size = 7, .access = {MPU_WRITE, RW}}),
			MPU_DONE);
	CU_ASSERT_FALSE(may(8, 1, false));
	CU_ASSERT_EQUAL(mpu_set(&mpu, 8, &(struct mpu_region){ .enabled = false }), MPU_NO_REGION);
}

static void cores_have_counts_of_regions_that_exist(void)
{
	static const struct {
		enum mpu_kind_id kind;
		unsigned int regions[4];
	} cores[] = {{MPU_NONE, {0}}, {MPU_V7M, {8, 16}}, {MPU_V7R, {8, 12, 16}}, {MPU_V8M, {4, 8, 12, 16}}};

	for (unsigned int i = 0; i < 4; i++)
		for (unsigned int n = 0; n <= 40; n++) {
			bool there = false;

			for (unsigned int k = 0; k < 4; k++)
				there |= n && cores[i].regions[k] == n;
			CU_ASSERT_EQUAL(mpu_has_count(cores[i].kind, n), there);
		}
}

/* The trace says why with these words. */
static void each_refusal_has_its_sentence(void)
{
	CU_ASSERT_STRING_EQUAL(trace_enum_name("mpu", -MPU_BAD_SIZE), "the architecture has no region of that size");
	CU_ASSERT_STRING_EQUAL(trace_enum_name("mpu", -MPU_BAD_ACCESS), "the architecture cannot grant that");
}

static void permissions_of_users_are_their_own(void)
{
	begin(MPU_V7M, 8);
	CU_ASSERT_EQUAL(grant(RW, MPU_READ), MPU_DONE);
	CU_ASSERT_TRUE(mpu_check(&mpu, 0, 4, false, false, &cause));
	CU_ASSERT_FALSE(mpu_check(&mpu, 0, 4, true, false, &cause));
	CU_ASSERT_EQUAL(cause, TRACE_FAULT_MPU_PERMISSION);
	CU_ASSERT_TRUE(mpu_check(&mpu, 0, 4, true, true, &cause));
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
	struct mpu_region r = {
		.enabled = true, .base = 0x1000, .size = 256, .sub_regions_disabled = 0x81, .access.privileged = RW};

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
	struct mpu_region r = {
		.enabled = true, .base = 0x1000, .size = 256, .sub_regions_disabled = 1, .access.privileged = MPU_READ};

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
	CU_ASSERT_FALSE(may(0, 4, true));
	CU_ASSERT_TRUE(may(0, 0, true)); /* no byte */
	set(0, 0, 32, RW);
	mpu_reset(&mpu);
	CU_ASSERT_TRUE(may(0, 4, true));
	mpu_enable(&mpu, true, false);
	CU_ASSERT_FALSE(may(0, 4, true));
}

/* ---- At random ------------------------------------------------------------------------------------------- */

#define CELLS 64u

/* Of each cell: how many regions cover it, and what the last painted one allows. */
static struct {
	unsigned int covered;
	struct mpu_access access;
} map[CELLS];
/* As the test had each region programmed, and not as the MPU keeps it. */
static struct mpu_region programmed[MPU_REGIONS_MAX];

static void paint(void)
{
	memset(map, 0, sizeof(map));
	for (unsigned int n = 0; n < mpu.regions; n++)
		for (uint64_t at = 0; programmed[n].enabled && at < programmed[n].size; at += 32) {
			unsigned int eighth = (unsigned int)(at * 8 / programmed[n].size);

			if (programmed[n].sub_regions_disabled & 1u << eighth)
				continue;
			map[(programmed[n].base + at) / 32].covered++;
			map[(programmed[n].base + at) / 32].access = programmed[n].access;
		}
}

static bool map_allows(uint64_t address, uint64_t size, bool store, bool privileged)
{
	for (uint64_t at = address; at < address + size; at++) {
		unsigned int covered = map[at / 32].covered;
		uint8_t rights = privileged ? map[at / 32].access.privileged : map[at / 32].access.user;

		if (!covered ? !mpu.background || !privileged : covered > 1 && mpu.kind == &mpu_kinds[MPU_V8M])
			return false;
		if (covered && !(rights & (store ? MPU_WRITE : MPU_READ)))
			return false;
	}
	return true;
}

/* Should that be taken? */
static bool region_is_good(const struct mpu_region *r)
{
	bool v7 = mpu.kind != &mpu_kinds[MPU_V8M];
	uint8_t p = r->access.privileged, u = r->access.user;

	if (!r->enabled)
		return true;
	if (r->size < 32 || r->size % 32 || r->base % 32 || (v7 && (r->size & (r->size - 1) || r->base % r->size)))
		return false;
	if (r->sub_regions_disabled && (!v7 || r->size < 256))
		return false;
	if (p == MPU_WRITE || u & ~p || u == MPU_WRITE)
		return false;
	return v7 || (p && !(p == RW && u == MPU_READ));
}

static void random_region(uint64_t *seed)
{
	struct mpu_region r = { .enabled = random_below(seed, 8) != 0,
				.access = { (uint8_t)random_below(seed, 4), (uint8_t)random_below(seed, 4) } };
	unsigned int number = (unsigned int)random_below(seed, mpu.regions);

	if (mpu.kind->power_of_two) {
		r.size = UINT64_C(16) << random_below(seed, 7);
		r.base = random_below(seed, CELLS * 32 / r.size) * r.size;
	} else {
		r.base = random_below(seed, CELLS) * 32;
		r.size = (1 + random_below(seed, CELLS - r.base / 32)) * 32;
	}
	if (random_below(seed, 2))
		r.sub_regions_disabled = (uint8_t)random_below(seed, 256);
	if (random_below(seed, 16) == 0)
		r.base += 16;
	if ((mpu_set(&mpu, number, &r) == MPU_DONE) != region_is_good(&r))
		CU_FAIL_FATAL("a good region was refused, or a bad one taken");
	if (region_is_good(&r))
		programmed[number] = r;
	paint();
}

/* Every operation is an access; every fourth time a region is programmed before it. */
static void a_million_random_accesses_are_judged_as_the_painted_map_does(void)
{
	const enum mpu_kind_id kinds[] = { MPU_V7M, MPU_V7R, MPU_V8M };
	uint64_t seed = 1;

	for (unsigned int n = random_operations(), i = 0; i < n; i++) {
		if (i % 1000 == 0) {
			begin(kinds[i / 1000 % 3], 4);
			mpu_enable(&mpu, true, i / 3000 % 2);
			memset(programmed, 0, sizeof(programmed));
			paint();
		}
		if (random_below(&seed, 4) == 0)
			random_region(&seed);
		uint64_t address = random_below(&seed, CELLS * 32 - 64), size = 1 + random_below(&seed, 64);
		bool store = random_below(&seed, 2), privileged = random_below(&seed, 4);

		if (mpu_check(&mpu, address, size, store, privileged, &cause) !=
		    map_allows(address, size, store, privileged))
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
		SENTENCE(addresses_have_32_bits),
		SENTENCE(what_no_permission_field_says_is_refused),
		SENTENCE(a_region_is_disabled_whatever_else_is_programmed),
		SENTENCE(cores_have_counts_of_regions_that_exist),
		SENTENCE(each_refusal_has_its_sentence),
		SENTENCE(permissions_of_users_are_their_own),
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
