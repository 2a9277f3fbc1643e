/* SPDX-License-Identifier: BSD-3-Clause */
/* The MPU; see mpu.h. */
#include "models/mpu.h"

#include <string.h>

const struct mpu_kind mpu_kinds[MPU_KINDS] = {
	[MPU_NONE] = { .name = "none" },
	[MPU_V7M] = { .name = "v7-m", .power_of_two = true, .sub_regions = 8, .sub_regions_from = 256 },
	[MPU_V7R] = { .name = "v7-r", .power_of_two = true, .sub_regions = 8, .sub_regions_from = 256 },
	[MPU_V8M] = { .name = "v8-m", .overlap_faults = true },
};

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

int mpu_set(struct mpu *mpu, unsigned int number, const struct mpu_region *region)
{
	const struct mpu_kind *kind = mpu->kind;

	if (number >= mpu->regions)
		return MPU_NO_REGION;
	if (region->enabled) {
		if (!mpu_size_is_good(kind, region->size) || region->base + (region->size - 1) < region->base)
			return MPU_BAD_SIZE;
		if (region->base % (kind->power_of_two ? region->size : MPU_UNIT))
			return MPU_UNALIGNED;
		if (region->sub_regions_disabled && (!kind->sub_regions || region->size < kind->sub_regions_from))
			return MPU_NO_SUB_REGIONS;
	}
	mpu->region[number] = *region;
	return MPU_DONE;
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
	return !r->sub_regions_disabled || !(r->sub_regions_disabled >> (address - r->base) / (r->size / kind->sub_regions) & 1);
}

/* The region that decides; NULL: none, or, *overlaps, several. */
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
	return *overlaps ? NULL : found;
}

static bool mpu_check_unit(const struct mpu *mpu, uint64_t address, bool store, bool privileged, enum trace_fault *cause)
{
	bool overlaps;
	const struct mpu_region *r = mpu_find(mpu, address, &overlaps);

	*cause = overlaps ? TRACE_FAULT_MPU_OVERLAP : r ? TRACE_FAULT_MPU_PERMISSION : TRACE_FAULT_MPU_BACKGROUND;
	if (overlaps)
		return false;
	if (!r)
		return privileged && mpu->background;
	return (privileged ? r->privileged : r->user) & (store ? MPU_WRITE : MPU_READ);
}

bool mpu_check(const struct mpu *mpu, uint64_t address, uint64_t size, bool store, bool privileged, enum trace_fault *cause)
{
	uint64_t units = mpu->enabled && size ? (address + (size - 1)) / MPU_UNIT - address / MPU_UNIT + 1 : 0;

	for (uint64_t i = 0; i < units; i++)
		if (!mpu_check_unit(mpu, (address / MPU_UNIT + i) * MPU_UNIT, store, privileged, cause))
			return false;
	return true;
}
