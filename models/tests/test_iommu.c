/* SPDX-License-Identifier: BSD-3-Clause */
/* Who may access what: both ends of windows, whose they are, and how many there may be. */
#include <string.h>

#include "models/iommu.h"
#include "sim/tests/sentences.h"

#define START UINT64_C(0x70000000)
#define SIZE UINT64_C(0x1000)

static struct iommu iommu;

static void begin(void)
{
	memset(&iommu, 0, sizeof(iommu));
	CU_ASSERT_TRUE(iommu_allow(&iommu, 1, START, SIZE, false));
}

static void window_allows_its_bytes_and_none_beside_them(void)
{
	begin();
	CU_ASSERT_TRUE(iommu_check(&iommu, 1, START, SIZE, false));
	CU_ASSERT_TRUE(iommu_check(&iommu, 1, START, 1, false));
	CU_ASSERT_TRUE(iommu_check(&iommu, 1, START + SIZE - 1, 1, false));
	CU_ASSERT_FALSE(iommu_check(&iommu, 1, START - 1, 1, false));
	CU_ASSERT_FALSE(iommu_check(&iommu, 1, START - 1, 2, false));
	CU_ASSERT_FALSE(iommu_check(&iommu, 1, START + SIZE, 1, false));
	CU_ASSERT_FALSE(iommu_check(&iommu, 1, START + SIZE - 1, 2, false));
	CU_ASSERT_FALSE(iommu_check(&iommu, 1, START, SIZE + 1, false));
	CU_ASSERT_FALSE(iommu_check(&iommu, 1, START + 1, UINT64_MAX, false));
	CU_ASSERT_FALSE(iommu_check(&iommu, 1, UINT64_MAX, 2, false));
}

static void window_is_one_agents(void)
{
	begin();
	CU_ASSERT_FALSE(iommu_check(&iommu, 0, START, 1, false));
	CU_ASSERT_FALSE(iommu_check(&iommu, 2, START, 1, false));
}

static void read_only_window_refuses_stores(void)
{
	begin();
	CU_ASSERT_FALSE(iommu_check(&iommu, 1, START, 1, true));
	CU_ASSERT_TRUE(iommu_allow(&iommu, 1, START + SIZE, SIZE, true));
	CU_ASSERT_TRUE(iommu_check(&iommu, 1, START + SIZE, 1, true));
	CU_ASSERT_TRUE(iommu_check(&iommu, 1, START + SIZE, 1, false));
}

static void access_across_two_windows_is_refused(void)
{
	begin();
	iommu_allow(&iommu, 1, START + SIZE, SIZE, false);
	CU_ASSERT_TRUE(iommu_check(&iommu, 1, START + SIZE - 4, 4, false));
	CU_ASSERT_FALSE(iommu_check(&iommu, 1, START + SIZE - 4, 8, false));
}

static void one_window_too_many_is_refused(void)
{
	memset(&iommu, 0, sizeof(iommu));
	for (unsigned int i = 0; i < IOMMU_WINDOWS_MAX; i++)
		CU_ASSERT_TRUE(iommu_allow(&iommu, 0, i * SIZE, SIZE, true));
	CU_ASSERT_FALSE(iommu_allow(&iommu, 0, IOMMU_WINDOWS_MAX * SIZE, SIZE, true));
	CU_ASSERT_TRUE(iommu_check(&iommu, 0, (IOMMU_WINDOWS_MAX - 1) * SIZE, SIZE, true));
	CU_ASSERT_FALSE(iommu_check(&iommu, 0, IOMMU_WINDOWS_MAX * SIZE, SIZE, true));
}

static CU_TestInfo sentences[] = {
	SENTENCE(window_allows_its_bytes_and_none_beside_them),
	SENTENCE(window_is_one_agents),
	SENTENCE(read_only_window_refuses_stores),
	SENTENCE(access_across_two_windows_is_refused),
	SENTENCE(one_window_too_many_is_refused),
	CU_TEST_INFO_NULL
};

int main(void)
{
	return sentences_run("iommu", sentences);
}
