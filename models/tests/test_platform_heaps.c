/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a device tree says of heaps and grants is read as it says, and refused with a sentence that names node and
 * property. Each tree is zynqmp.dts with the lines below, one piece of which may be replaced.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/platform.h"
#include "sim/tests/sentences.h"

static const char lines[] =
	"/ { reserved-memory {\n"
	" scattered@20000000 { reg = <0 0x20000000 0 0x8000>; sbesim,kind = \"data\"; sbesim,slave = <&ddr>;\n"
	"  sbesim,heap = \"system\"; };\n"
	" huge@800000000 { reg = <0x8 0x0 0x10 0x0>; sbesim,heap = \"cma\"; sbesim,page-size = <0x40000000>; };\n"
	" large@400000000 { reg = <0x4 0x200000 0 0x600000>; sbesim,heap = \"secure\"; sbesim,page-size = <0x200000>; };\n"
	" tcm: tcm@ffe20000 { reg = <0 0xffe20000 0 0x10000>; sbesim,kind = \"control\"; sbesim,slave = <&ddr>;\n"
	"  sbesim,heap = \"carveout\"; }; };\n"
	"domains { host { sbesim,granted-memory = \"sbe-area0\"; sbesim,granted-irqs = <5>; };\n"
	" remote { sbesim,granted-memory = \"sbe-area0\", \"sbe-area1\"; sbesim,granted-streams = <7 8>;\n"
	"  sbesim,granted-clocks = <1>; sbesim,granted-power-domains = <2>; sbesim,granted-dma-channels = <3>;\n"
	"  sbesim,granted-bandwidth-mb-s = <400>; }; }; };\n";

static struct platform platform;
static char why[1024], file[] = "/tmp/test_platform_heaps.XXXXXX.dts", base[PATH_MAX];

static bool read_with(const char *from, const char *to)
{
	const char *at = strstr(lines, from);
	FILE *out = fopen(file, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	fprintf(out, "/include/ \"%s\"\n%.*s%s%s", base, (int)(at - lines), lines, to, at + strlen(from));
	fclose(out);
	why[0] = '\0';
	return platform_read(&platform, file, why, sizeof(why));
}

static void expect_heap(unsigned int i, const char *name, enum trace_heap_kind kind, uint64_t start, uint64_t size,
			uint64_t page, bool backed)
{
	const struct platform_heap *heap = &platform.heaps.heap[i];

	CU_ASSERT_STRING_EQUAL(heap->name, name);
	CU_ASSERT_EQUAL(heap->kind, kind);
	CU_ASSERT_EQUAL(heap->start, start);
	CU_ASSERT_EQUAL(heap->size, size);
	CU_ASSERT_EQUAL(heap->page, page);
	CU_ASSERT_EQUAL(heap->backed, backed);
}

static bool owns(enum trace_resource resource, uint64_t id, unsigned int owner, uint32_t amount)
{
	for (unsigned int i = 0; i < platform.heaps.grants; i++) {
		const struct platform_grant *g = &platform.heaps.grant[i];

		if (g->resource == resource && g->id == id && g->owner == owner && g->amount == amount)
			return true;
	}
	return false;
}

static void heaps_are_read_as_they_say(void)
{
	CU_ASSERT_TRUE(read_with("", ""));
	CU_ASSERT_STRING_EQUAL(why, "");
	CU_ASSERT_EQUAL_FATAL(platform.heaps.heaps, 4);
	for (unsigned int i = 0; i < 4; i++) {
		const char *name = platform.heaps.heap[i].name;

		if (!strcmp(name, "scattered"))
			expect_heap(i, "scattered", TRACE_HEAP_KIND_SYSTEM, 0x20000000, 0x8000, 0x1000, true);
		else if (!strcmp(name, "huge"))
			expect_heap(i, "huge", TRACE_HEAP_KIND_CMA, UINT64_C(0x800000000), UINT64_C(0x1000000000),
				    0x40000000, false);
		else if (!strcmp(name, "large"))
			expect_heap(i, "large", TRACE_HEAP_KIND_SECURE, UINT64_C(0x400200000), 0x600000, 0x200000, false);
		else
			expect_heap(i, "tcm", TRACE_HEAP_KIND_CARVEOUT, 0xffe20000, 0x10000, 64, true);
	}
}

static void heap_that_is_addresses_alone_is_no_region(void)
{
	CU_ASSERT_TRUE(read_with("", ""));
	CU_ASSERT_EQUAL(platform.regions, 8 + 2);
	for (unsigned int i = 0; i < platform.regions; i++)
		CU_ASSERT_TRUE(strcmp(platform.region[i].name, "huge") && strcmp(platform.region[i].name, "large"));
}

static void grants_are_read_as_they_say(void)
{
	CU_ASSERT_TRUE(read_with("", ""));
	CU_ASSERT_EQUAL(platform.heaps.grants, 10);
	CU_ASSERT_TRUE(owns(TRACE_RESOURCE_MEMORY, 0x70000000, 0, 0));
	CU_ASSERT_TRUE(owns(TRACE_RESOURCE_IRQ, 5, 0, 0));
	CU_ASSERT_TRUE(owns(TRACE_RESOURCE_MEMORY, 0x70000000, 1, 0));
	CU_ASSERT_TRUE(owns(TRACE_RESOURCE_MEMORY, 0x70100000, 1, 0));
	CU_ASSERT_TRUE(owns(TRACE_RESOURCE_STREAM, 7, 1, 0));
	CU_ASSERT_TRUE(owns(TRACE_RESOURCE_STREAM, 8, 1, 0));
	CU_ASSERT_TRUE(owns(TRACE_RESOURCE_CLOCK, 1, 1, 0));
	CU_ASSERT_TRUE(owns(TRACE_RESOURCE_POWER_DOMAIN, 2, 1, 0));
	CU_ASSERT_TRUE(owns(TRACE_RESOURCE_DMA_CHANNEL, 3, 1, 0));
	CU_ASSERT_TRUE(owns(TRACE_RESOURCE_BANDWIDTH, 0, 1, 400));
}

static void tree_without_heaps_and_grants_has_none(void)
{
	CU_ASSERT_TRUE(platform_read(&platform, base, why, sizeof(why)));
	CU_ASSERT_EQUAL(platform.heaps.heaps, 0);
	CU_ASSERT_EQUAL(platform.heaps.grants, 0);
}

/* The last page that may be a heap's ends at 2^48. */
static void heap_may_end_at_the_last_address_and_not_behind_it(void)
{
	CU_ASSERT_TRUE(read_with("<0x8 0x0 0x10 0x0>", "<0xfff0 0x0 0x10 0x0>"));
	CU_ASSERT_FALSE(read_with("<0x8 0x0 0x10 0x0>", "<0xfff0 0x40000000 0x10 0x0>"));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "node huge@800000000: reg: expected addresses below 0x1000000000000"));
}

static const struct {
	const char *from, *to, *node, *says;
} refused[] = {
	{ "\"system\"", "\"slab\"", "node scattered@20000000:",
	  "sbesim,heap: expected one of system, cma, secure, carveout, seen \"slab\"" },
	{ "<0x40000000>", "<0x10000>", "node huge@800000000:",
	  "sbesim,page-size: expected 0x1000, 0x200000 or 0x40000000, seen 0x10000" },
	{ "<0x40000000>", "<0x40000000 0>", "node huge@800000000:", "sbesim,page-size" },
	{ "\"carveout\";", "\"carveout\"; sbesim,page-size = <0x1000>;", "node tcm@ffe20000:", "sbesim,page-size" },
	{ "<0x8 0x0 0x10 0x0>", "<0x8 0x0>", "node huge@800000000:", "reg" },
	{ "<0x8 0x0 0x10 0x0>", "<0x8 0x0 0x0 0x0>", "node huge@800000000:", "reg" },
	{ "<0x8 0x0 0x10 0x0>", "<0x8 0x20000000 0x10 0x0>", "node huge@800000000:", "reg: expected whole pages" },
	{ "<0x8 0x0 0x10 0x0>", "<0x8 0x0 0x10 0x20000000>", "node huge@800000000:", "reg: expected whole pages" },
	{ "<0x8 0x0 0x10 0x0>", "<0x0 0x40000000 0x1 0x0>", "node huge@800000000:", "reg: overlaps sbe-area0" },
	{ "<0x4 0x200000 0 0x600000>", "<0x8 0x200000 0 0x600000>", ":", "reg: overlaps" },
	{ "\"control\"", "\"private\"", "node tcm@ffe20000:", "sbesim,kind: expected data or control in a heap" },
	{ "huge@800000000 {", "a-name-that-has-thirty-two-letters@0 {", "node a-name-that", "heaps with names" },
	{ "sbesim,granted-memory = \"sbe-area0\";", "sbesim,granted-memory = \"sbe-area2\";", "node host:",
	  "sbesim,granted-memory: expected names of its shared memory-regions, seen \"sbe-area2\"" },
	{ "sbesim,granted-memory = \"sbe-area0\";", "sbesim,granted-memory = \"ram\";", "node host:", "seen \"ram\"" },
	{ "sbesim,granted-memory = \"sbe-area0\";", "sbesim,granted-memory = <1>;", "node host:", "expected strings" },
	{ "<7 8>", "[07 08 09]", "node remote:", "sbesim,granted-streams: expected 32-bit cells" },
	{ "<7 8>", "<7 7>", "node remote:", "sbesim,granted-streams: 0x7 is granted already" },
	{ "sbesim,granted-streams = <7 8>", "sbesim,granted-irqs = <5>", "node remote:",
	  "sbesim,granted-irqs: 0x5 is granted already" },
	{ "\"sbe-area0\", \"sbe-area1\"", "\"sbe-area1\", \"sbe-area1\"", "node remote:", "is granted already" },
	{ "<400>", "<400 1>", "node remote:", "sbesim,granted-bandwidth-mb-s" },
	{ "<7 8>", "<10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39>",
	  "node remote:", "at most 32 grants" },
};

static void line_with_a_fault_is_refused_with_node_and_property(void)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		CU_ASSERT_FALSE(read_with(refused[i].from, refused[i].to));
		if (!strstr(why, refused[i].node) || !strstr(why, refused[i].says))
			fprintf(stderr, "expected \"%s ... %s\", seen \"%s\"\n", refused[i].node, refused[i].says, why);
		CU_ASSERT_PTR_NOT_NULL(strstr(why, refused[i].node));
		CU_ASSERT_PTR_NOT_NULL(strstr(why, refused[i].says));
	}
}

static void heaps_are_eight_at_most(void)
{
	char more[512] = "/ { reserved-memory {\n";

	for (unsigned int i = 0; i < 5; i++) {
		char text[96];

		/* Four are there already. */
		CU_ASSERT_TRUE(read_with("/ { reserved-memory {\n", more));
		snprintf(text, sizeof(text), "h%u { reg = <0x20 0x%x000 0 0x1000>; sbesim,heap = \"cma\"; };\n", i, i);
		strcat(more, text);
	}
	CU_ASSERT_FALSE(read_with("/ { reserved-memory {\n", more));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "at most 8 heaps"));
}

static CU_TestInfo sentences[] = {
	SENTENCE(heaps_are_read_as_they_say),
	SENTENCE(heap_that_is_addresses_alone_is_no_region),
	SENTENCE(grants_are_read_as_they_say),
	SENTENCE(tree_without_heaps_and_grants_has_none),
	SENTENCE(heap_may_end_at_the_last_address_and_not_behind_it),
	SENTENCE(line_with_a_fault_is_refused_with_node_and_property),
	SENTENCE(heaps_are_eight_at_most),
	CU_TEST_INFO_NULL
};

int main(void)
{
	int handle = mkstemps(file, 4), failed;

	if (handle < 0 || !realpath("models/platforms/zynqmp.dts", base))
		return 1;
	close(handle);
	failed = sentences_run("platform of heaps and grants", sentences);
	return unlink(file) != 0 || failed;
}
