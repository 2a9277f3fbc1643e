/* SPDX-License-Identifier: BSD-3-Clause */
/* The MPU; see mpu.h. */
#include "models/mpu.h"

#include <string.h>

#define MPU_BOTH (MPU_READ | MPU_WRITE)
#define MPU_COUNT(n) (UINT32_C(1) << ((n) - 1))
#define MPU_TOP (UINT64_C(1) << 32)

/* AP 000, 001, 010, 011, 101 and 110; 100 is UNPREDICTABLE, 111 says the same as 110. */
static const struct mpu_access mpu_access_v7[] = {
	{0, 0}, {MPU_BOTH, 0}, {MPU_BOTH, MPU_READ}, {MPU_BOTH, MPU_BOTH}, {MPU_READ, 0}, {MPU_READ, MPU_READ}};
/* AP 00 to 11: none of them forbids everything. */
static const struct mpu_access mpu_access_v8[] = {
	{MPU_BOTH, 0}, {MPU_BOTH, MPU_BOTH}, {MPU_READ, 0}, {MPU_READ, MPU_READ}};

#define MPU_ACCESS(list) .access = list, .accesses = sizeof(list) / sizeof(list[0])

/*
 * Counts: TRMs of Cortex-M3, M4 (8) and M7 (8, 16); of Cortex-R4 (8, 12) and R5 (12, 16); of Cortex-M23 and M33 (4 to
 * 16).
 */
const struct mpu_kind mpu_kinds[MPU_KINDS] = {
	[MPU_NONE] = {.name = "none"},
	[MPU_V7M] = {.name = "v7-m",
		     .counts = MPU_COUNT(8) | MPU_COUNT(16),
		     MPU_ACCESS(mpu_access_v7),
		     .power_of_two = true,
		     .sub_regions = 8,
		     .sub_regions_from = 256},
	[MPU_V7R] = {.name = "v7-r",
		     .counts = MPU_COUNT(8) | MPU_COUNT(12) | MPU_COUNT(16),
		     MPU_ACCESS(mpu_access_v7),
		     .power_of_two = true,
		     .sub_regions = 8,
		     .sub_regions_from = 256},
	[MPU_V8M] = {.name = "v8-m",
		     .counts = MPU_COUNT(4) | MPU_COUNT(8) | MPU_COUNT(12) | MPU_COUNT(16),
		     MPU_ACCESS(mpu_access_v8),
		     .overlap_faults = true},
};

bool mpu_has_count(enum mpu_kind_id kind, uint32_t regions)
{
	return regions && regions <= MPU_REGIONS_MAX && mpu_kinds[kind].counts & MPU_COUNT(regions);
}

void mpu_init(struct mpu *mpu, enum mpu_kind_id kind, unsigned int regions)
{
	memset(mpu, 0, sizeof(*mpu));
	mpu->kind = &mpu_kinds[kind];
	mpu->regions = regions;
}

void mpu_reset(struct mpu *mpu)
{
	mpu->enabled = mpu->background = false;
	memset(mpu->region, 0, sizeof(mpu->region));
}

static bool mpu_size_is_good(const struct mpu_kind *kind, uint64_t size)
{
	return size >= MPU_UNIT && (kind->power_of_two ? !(size & (size - 1)) : !(size % MPU_UNIT));
}

static bool mpu_can_grant(const struct mpu_kind *kind, const struct mpu_access *access)
{
	for (unsigned int i = 0; i < kind->accesses; i++)
		if (kind->access[i].privileged == access->privileged && kind->access[i].user == access->user)
			return true;
	return false;
}

static int mpu_refusal(const struct mpu_kind *kind, const struct mpu_region *region)
{
	if (!mpu_size_is_good(kind, region->size))
		return MPU_BAD_SIZE;
	if (region->base % (kind->power_of_two ? region->size : MPU_UNIT))
		return MPU_UNALIGNED;
	if (region->size > MPU_TOP || region->base > MPU_TOP - region->size)
		return MPU_BEYOND;
	if (region->sub_regions_disabled && (!kind->sub_regions || region->size < kind->sub_regions_from))
		return MPU_NO_SUB_REGIONS;
	return mpu_can_grant(kind, &region->access) ? MPU_DONE : MPU_BAD_ACCESS;
}

int mpu_set(struct mpu *mpu, unsigned int number, const struct mpu_region *region)
{
	int refusal = number >= mpu->regions ? MPU_NO_REGION
		      : region->enabled	     ? mpu_refusal(mpu->kind, region)
					     : MPU_DONE;

	if (refusal == MPU_DONE)
		mpu->region[number] = *region;
	return refusal;
}

void mpu_enable(struct mpu *mpu, bool enabled, bool background)
{
	mpu->enabled = enabled;
	mpu->background = background;
}

static bool mpu_hits(const struct mpu_kind *kind, const struct mpu_region *r, uint64_t address)
{
	if (!r->enabled || address - r->base >= r->size)
		return false;
	return !r->sub_regions_disabled ||
	       !(r->sub_regions_disabled >> (address - r->base) / (r->size / kind->sub_regions) & 1);
}

/* The region that decides, unless, *overlaps, there are several; NULL: none. */
static const struct mpu_region *mpu_find(const struct mpu *mpu, uint64_t address, bool *overlaps)
{
	const struct mpu_region *found = NULL;

	*overlaps = false;
	for (unsigned int i = mpu->regions; i--;) {
		if (!mpu_hits(mpu->kind, &mpu->region[i], address))
			continue;
		if (!mpu->kind->overlap_faults)
			return &mpu->region[i];
		*overlaps |= found != NULL;
		found = &mpu->region[i];
	}
	return found;
}

static bool mpu_check_unit(const struct mpu *mpu, uint64_t address, bool store, bool privileged,
			   enum trace_fault *cause)
{
	bool overlaps;
	const struct mpu_region *r = mpu_find(mpu, address, &overlaps);

	*cause = overlaps ? TRACE_FAULT_MPU_OVERLAP : r ? TRACE_FAULT_MPU_PERMISSION : TRACE_FAULT_MPU_BACKGROUND;
	if (overlaps)
		return false;
	if (!r)
		return privileged && mpu->background;
	return (privileged ? r->access.privileged : r->access.user) & (store ? MPU_WRITE : MPU_READ);
}

bool mpu_check(const struct mpu *mpu, uint64_t address, uint64_t size, bool store, bool privileged,
	       enum trace_fault *cause)
{
	uint64_t units = mpu->enabled && size ? (address + (size - 1)) / MPU_UNIT - address / MPU_UNIT + 1 : 0;

	for (uint64_t i = 0; i < units; i++)
		if (!mpu_check_unit(mpu, (address / MPU_UNIT + i) * MPU_UNIT, store, privileged, cause))
			return false;
	return true;
}
