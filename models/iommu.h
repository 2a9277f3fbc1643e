/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Permission: which agent may load and store where. Today a table of windows per agent, fixed by the platform;
 * translation, contexts and a TLB belong here.
 */
#ifndef MODELS_IOMMU_H
#define MODELS_IOMMU_H

#include <stdbool.h>
#include <stdint.h>

#define IOMMU_WINDOWS_MAX 64

struct iommu_window {
	unsigned int agent;
	uint64_t start, size;	/* physical, bytes */
	bool writable;
};
struct iommu {
	struct iommu_window window[IOMMU_WINDOWS_MAX];
	unsigned int windows;
};

/* False when there is no room. */
bool iommu_allow(struct iommu *iommu, unsigned int agent, uint64_t start, uint64_t size, bool writable);
/* May `agent` access all of [start, start + size)? */
bool iommu_check(const struct iommu *iommu, unsigned int agent, uint64_t start, uint64_t size, bool store);

#endif
