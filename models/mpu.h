/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The MPU of a core: what it may access, by regions of its own address map. No translation.
 *
 * Three architectures, as data: PMSAv7 of Armv7-M (ARM DDI 0403E, B3.5) and Armv7-R (ARM DDI 0406C, B5; Cortex-R5 TRM,
 * 7), whose regions are powers of two, aligned to their size, with eight sub-regions from 256 bytes on, the highest
 * number winning; and PMSAv8 of Armv8-M (ARM DDI 0553B, B9), whose regions go from a base to a limit, in units of 32
 * bytes, and must not overlap. What the manuals call UNPREDICTABLE, and what their registers cannot say, is refused
 * when it is programmed. Instruction fetches are not modelled; of memory attributes two are kept and told, and change
 * nothing: a platform says which windows are cached.
 */
#ifndef MODELS_MPU_H
#define MODELS_MPU_H

#include <stdbool.h>
#include <stdint.h>

#include "traces/trace.h"

#define MPU_REGIONS_MAX 16
#define MPU_UNIT 32u		/* bytes: every boundary is a multiple */

enum mpu_kind_id { MPU_NONE, MPU_V7M, MPU_V7R, MPU_V8M, MPU_KINDS };

/* Who may do what; each is a bit. */
#define MPU_READ 1u
#define MPU_WRITE 2u

/* What an access permission field can say. */
struct mpu_access {
	uint8_t privileged, user;	/* MPU_READ | MPU_WRITE */
};

struct mpu_kind {
	const char *name;
	uint32_t counts;		/* bit n - 1: there are cores with n regions */
	const struct mpu_access *access;
	unsigned int accesses;
	bool power_of_two;		/* sizes; bases are aligned to them */
	unsigned int sub_regions;	/* 8 or none */
	uint32_t sub_regions_from;	/* bytes: a smaller region has none */
	bool overlap_faults;		/* else the highest number wins */
};
extern const struct mpu_kind mpu_kinds[MPU_KINDS];

struct mpu_region {
	bool enabled;
	uint64_t base, size;		/* bytes */
	uint8_t sub_regions_disabled;	/* bit n: the n-th eighth does not belong to it */
	struct mpu_access access;
	bool cacheable, shareable;
};

struct mpu {
	const struct mpu_kind *kind;
	unsigned int regions;		/* that it has */
	bool enabled;
	bool background;		/* privileged accesses that hit no region use the default map */
	struct mpu_region region[MPU_REGIONS_MAX];
};

/* Why a region is refused; the sentences are trace_enum_name("mpu", -error). */
enum mpu_error {
	MPU_DONE = -TRACE_MPU_DONE,
	MPU_NO_REGION = -TRACE_MPU_NO_REGION, /* the core has fewer */
	MPU_BAD_SIZE = -TRACE_MPU_SIZE, /* below 32 bytes, or not a power of two (v7), or not a multiple of 32 (v8) */
	MPU_UNALIGNED = -TRACE_MPU_ALIGNMENT,	     /* base is not a multiple of the size (v7) or of 32 (v8) */
	MPU_NO_SUB_REGIONS = -TRACE_MPU_SUB_REGIONS, /* too small for sub-regions, or the architecture has none */
	MPU_BEYOND = -TRACE_MPU_ADDRESS,	     /* addresses have 32 bits */
	MPU_BAD_ACCESS = -TRACE_MPU_ACCESS	     /* no value of the permission field says that */
};

/* Are there cores of that architecture with so many regions? */
bool mpu_has_count(enum mpu_kind_id kind, uint32_t regions);
/* `regions`: as mpu_has_count knows them, or 0. Disabled, all regions too. */
void mpu_init(struct mpu *mpu, enum mpu_kind_id kind, unsigned int regions);
void mpu_reset(struct mpu *mpu);
/* enum mpu_error; a refused region leaves the old one. */
int mpu_set(struct mpu *mpu, unsigned int number, const struct mpu_region *region);
void mpu_enable(struct mpu *mpu, bool enabled, bool background);
/* May [address, address + size) be accessed, all of it? False, with the cause. */
bool mpu_check(const struct mpu *mpu, uint64_t address, uint64_t size, bool store, bool privileged,
	       enum trace_fault *cause);

#endif
