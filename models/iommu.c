/* SPDX-License-Identifier: BSD-3-Clause */
/* Permission; see iommu.h. */
#include "models/iommu.h"

bool iommu_allow(struct iommu *iommu, unsigned int agent, uint64_t start, uint64_t size, bool writable)
{
	if (iommu->windows == IOMMU_WINDOWS_MAX)
		return false;
	iommu->window[iommu->windows++] =
		(struct iommu_window){ .agent = agent, .start = start, .size = size, .writable = writable };
	return true;
}

bool iommu_check(const struct iommu *iommu, unsigned int agent, uint64_t start, uint64_t size, bool store)
{
	for (unsigned int i = 0; i < iommu->windows; i++) {
		const struct iommu_window *w = &iommu->window[i];

		if (w->agent == agent && start >= w->start && size <= w->size && start - w->start <= w->size - size)
			return w->writable || !store;
	}
	return false;
}
