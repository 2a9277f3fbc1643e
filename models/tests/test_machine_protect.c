/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The IOMMU and the MPUs in their places in the machine: clusters behind an IOMMU, what a walk costs, what a reset
 * brings. The programs' side is conformance/tests/test_protection.py.
 */
#include "models/tests/memory_world.h"

#define MATE 2u		/* a second CPU of the remote's cluster */
#define STREAM 9u
#define PAGE 0x1000u

static enum platform_translation position;

static void behind_an_iommu(void)
{
	platform.cpu[REMOTE].translation = position;
	platform.cpu[REMOTE].stream = STREAM;
	platform.cpu[REMOTE].stream_mode = IOMMU_TRANSLATE;
	for (unsigned int i = 0; i < platform.cpu[REMOTE].windows; i++)
		platform.cpu[REMOTE].window[i].boot_mapped = i != DATA;
	platform.cpu[MATE] = platform.cpu[REMOTE];
	platform.cpu[MATE].shares_cache = 1 + REMOTE;
	platform.cpus = 3;
	platform.iommu = (struct platform_iommu){ .iotlb_entries = 1, .walk_ns = 1000 };
}

static void start(enum platform_translation where)
{
	position = where;
	adjust = behind_an_iommu;
	begin("-");
	machine_protect_reset(&machine);
	begin_run();
}

static void map(uint32_t context, size_t from, size_t to)
{
	CU_ASSERT_EQUAL_FATAL(iommu_map(&machine.iommu, STREAM, context, address(DATA, from), address(DATA, to), PAGE,
					IOMMU_READ | IOMMU_WRITE), IOMMU_DONE);
}

static uint8_t in_memory(size_t at)
{
	maintain(HOST, TRACE_MAINT_INVALIDATE, DATA, at, 1, 90);
	return load(HOST, DATA, at, 91);
}

static const enum platform_translation positions[] = {PLATFORM_TRANSLATED_BEFORE_CACHE,
						      PLATFORM_TRANSLATED_AFTER_CACHE};

static void each_cpu_of_a_cluster_sees_what_is_mapped_anew(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		start(positions[i]);
		uint8_t first = in_memory(5), second = in_memory(PAGE + 5);

		CU_ASSERT_NOT_EQUAL(first, second);
		map(0, 0, 0);
		CU_ASSERT_EQUAL(load(REMOTE, DATA, 5, 1), first);
		CU_ASSERT_EQUAL(load(MATE, DATA, 5, 2), first);
		iommu_unmap(&machine.iommu, STREAM, 0, address(DATA, 0), PAGE);
		map(0, 0, PAGE);
		iommu_invalidate_all(&machine.iommu, TRACE_IOTLB_SCOPE_ALL, 0, 0);
		invalidate(REMOTE, DATA, 5, 3);
		CU_ASSERT_EQUAL(load(REMOTE, DATA, 5, 4), second);
		CU_ASSERT_EQUAL(load(MATE, DATA, 5, 5), second);
	}
}

/* Before a cache every CPU has a context of its own; a cache that holds device addresses has one. */
static void a_context_is_a_cpus_or_its_caches(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		start(positions[i]);
		iommu_create_context(&machine.iommu, STREAM, 1);
		map(0, 0, 0);
		map(1, 0, PAGE);
		machine_use_context(&machine, MATE, 1);
		CU_ASSERT_EQUAL(machine.context[MATE], 1);
		CU_ASSERT_EQUAL(machine.context[REMOTE], positions[i] == PLATFORM_TRANSLATED_AFTER_CACHE);
		CU_ASSERT_EQUAL(machine.context[HOST], 0);
		CU_ASSERT_EQUAL(load(MATE, DATA, 5, 1), in_memory(PAGE + 5));
		CU_ASSERT_EQUAL(load(REMOTE, DATA, 5, 2), in_memory(machine.context[REMOTE] * PAGE + 5));
		iommu_destroy_context(&machine.iommu, STREAM, 1);
		iommu_create_context(&machine.iommu, STREAM, 1);
		map(1, 0, 0);
		invalidate(REMOTE, DATA, 5, 3);
		CU_ASSERT_EQUAL(load(MATE, DATA, 5, 4), in_memory(5));
		machine_protect_reset(&machine);
		CU_ASSERT_EQUAL(machine.context[MATE], 0);
	}
}

/* fs that the load of a page's byte takes. */
static uint64_t cost(unsigned int id, size_t at)
{
	uint64_t before = engine.agent[id].hook.clock;

	load(id, DATA, at, 1);
	return engine.agent[id].hook.clock - before;
}

static void a_walk_is_paid_where_the_iommu_is_asked(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		bool before = positions[i] == PLATFORM_TRANSLATED_BEFORE_CACHE;

		start(positions[i]);
		map(0, 0, 0);
		map(0, PAGE, PAGE);
		CU_ASSERT_TRUE(cost(REMOTE, 0) >= 1000 * NS);
		CU_ASSERT_TRUE(cost(REMOTE, 64) < 1000 * NS);		/* the same page */
		CU_ASSERT_TRUE(cost(REMOTE, PAGE) >= 1000 * NS);	/* of the one entry it takes the place */
		CU_ASSERT_EQUAL(cost(REMOTE, 0) >= 1000 * NS, before);	/* a hit asks only an IOMMU above the cache */
		CU_ASSERT_TRUE(cost(HOST, 0) < 1000 * NS);
	}
}

int main(void)
{
	CU_TestInfo sentences[] = {
		SENTENCE(each_cpu_of_a_cluster_sees_what_is_mapped_anew),
		SENTENCE(a_context_is_a_cpus_or_its_caches),
		SENTENCE(a_walk_is_paid_where_the_iommu_is_asked),
		CU_TEST_INFO_NULL,
	};
	int failed = sentences_run("machine's IOMMU and MPUs", sentences);

	machine_fini(&machine);
	return failed;
}
