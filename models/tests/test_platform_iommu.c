/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a device tree says of IOMMU and MPU is read as it says, and refused with a sentence that names node and
 * property. Each tree is zynqmp.dts with the lines below, one piece of which may be replaced.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/iommu.h"
#include "models/mpu.h"
#include "models/platform.h"
#include "sim/tests/sentences.h"

static const char lines[] =
	"/ { smmu: iommu@0 { #iommu-cells = <1>; sbesim,position = \"after-cache\"; sbesim,reset-mode = \"abort\";\n"
	" sbesim,iotlb-entries = <32>; sbesim,walk-ns = <150>; };\n"
	"domains { remote { iommus = <&smmu 0x21>; sbesim,boot-mapped = \"vdev0vring0\", \"sbe-area1\"; }; }; };\n"
	"&r5f { sbesim,mpu = \"v7-r\"; sbesim,mpu-regions = <12>; };\n";

/* What the included platform says itself would stand in for what is left out. */
#define WITHOUT "&r5f { /delete-property/ sbesim,mpu; /delete-property/ sbesim,mpu-regions; };\n"

static struct platform platform;
static char why[1024], file[] = "/tmp/test_platform_iommu.XXXXXX.dts", base[PATH_MAX];

static bool read_with(const char *from, const char *to)
{
	const char *at = strstr(lines, from);
	FILE *out = fopen(file, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	fprintf(out, "/include/ \"%s\"\n" WITHOUT "%.*s%s%s", base, (int)(at - lines), lines, to, at + strlen(from));
	fclose(out);
	why[0] = '\0';
	return platform_read(&platform, file, why, sizeof(why));
}

static const struct platform_window *window(const char *name)
{
	for (unsigned int i = 0; i < platform.cpu[1].windows; i++)
		if (strcmp(platform.cpu[1].window[i].name, name) == 0)
			return &platform.cpu[1].window[i];
	CU_FAIL_FATAL("no such window");
	return NULL;
}

static void the_lines_are_read_as_they_say(void)
{
	CU_ASSERT_TRUE(read_with("", ""));
	CU_ASSERT_STRING_EQUAL(why, "");
	CU_ASSERT_EQUAL(platform.cpu[0].translation, PLATFORM_NOT_TRANSLATED);
	CU_ASSERT_EQUAL(platform.cpu[1].translation, PLATFORM_TRANSLATED_AFTER_CACHE);
	CU_ASSERT_EQUAL(platform.cpu[1].stream, 0x21);
	CU_ASSERT_EQUAL(platform.cpu[1].stream_mode, IOMMU_ABORT);
	CU_ASSERT_TRUE(window("vdev0vring0")->boot_mapped);
	CU_ASSERT_TRUE(window("sbe-area1")->boot_mapped);
	CU_ASSERT_FALSE(window("sbe-area0")->boot_mapped);
	CU_ASSERT_EQUAL(platform.iommu.iotlb_entries, 32);
	CU_ASSERT_EQUAL(platform.iommu.walk_ns, 150);
	CU_ASSERT_EQUAL(platform.cpu[1].mpu, MPU_V7R);
	CU_ASSERT_EQUAL(platform.cpu[1].mpu_regions, 12);
	CU_ASSERT_EQUAL(platform.cpu[0].mpu, MPU_NONE);
	CU_ASSERT_EQUAL(platform.cpu[0].mpu_regions, 0);
}

static void positions_and_modes_are_told_apart(void)
{
	CU_ASSERT_TRUE(read_with("after-cache", "before-cache"));
	CU_ASSERT_EQUAL(platform.cpu[1].translation, PLATFORM_TRANSLATED_BEFORE_CACHE);
	CU_ASSERT_TRUE(read_with("\"abort\"", "\"bypass\""));
	CU_ASSERT_EQUAL(platform.cpu[1].stream_mode, IOMMU_BYPASS);
	CU_ASSERT_TRUE(read_with("\"abort\"", "\"translate\""));
	CU_ASSERT_EQUAL(platform.cpu[1].stream_mode, IOMMU_TRANSLATE);
}

static void architectures_and_counts_are_told_apart(void)
{
	static const struct {
		const char *text;
		enum mpu_kind_id kind;
		uint32_t regions;
	} good[] = {
		{"\"v7-m\"; sbesim,mpu-regions = <8>", MPU_V7M, 8},
		{"\"v7-m\"; sbesim,mpu-regions = <16>", MPU_V7M, 16},
		{"\"v7-r\"; sbesim,mpu-regions = <16>", MPU_V7R, 16},
		{"\"v8-m\"; sbesim,mpu-regions = <4>", MPU_V8M, 4},
		{"\"none\"", MPU_NONE, 0},
	};

	for (unsigned int i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CU_ASSERT_TRUE(read_with("\"v7-r\"; sbesim,mpu-regions = <12>", good[i].text));
		CU_ASSERT_EQUAL(platform.cpu[1].mpu, good[i].kind);
		CU_ASSERT_EQUAL(platform.cpu[1].mpu_regions, good[i].regions);
	}
}

static void what_an_iommu_costs_may_be_left_out(void)
{
	CU_ASSERT_TRUE(read_with("sbesim,iotlb-entries = <32>; sbesim,walk-ns = <150>;", ""));
	CU_ASSERT_EQUAL(platform.iommu.iotlb_entries, 0);
	CU_ASSERT_TRUE(read_with("<32>", "<64>"));
	CU_ASSERT_EQUAL(platform.iommu.iotlb_entries, 64);
}

static const struct {
	const char *from, *to, *node, *says;
} refused[] = {
	{"#iommu-cells = <1>", "#iommu-cells = <2>", "node remote:", "#iommu-cells = <2>"},
	{"#iommu-cells = <1>;", "", "node iommu@0:", "#iommu-cells"},
	{"<&smmu 0x21>", "<&smmu>", "node remote:", "iommus"},
	{"<&smmu 0x21>", "<&smmu 0x21 &smmu 0x22>", "node remote:", "expected one IOMMU and one stream ID in iommus"},
	{"<&smmu 0x21>", "<0x77 0x21>", "node remote:", "iommus"},
	{"sbesim,position = \"after-cache\";", "", "node iommu@0:", "sbesim,position"},
	{"\"after-cache\"", "\"beside-cache\"",
	 "node iommu@0:", "sbesim,position: expected one of before-cache, after-cache, seen \"beside-cache\""},
	{"sbesim,reset-mode = \"abort\";", "", "node iommu@0:", "sbesim,reset-mode"},
	{"\"abort\"", "\"fault\"", "node iommu@0:", "expected one of abort, bypass, translate, seen \"fault\""},
	{"\"sbe-area1\"", "\"sbe-area2\"",
	 "node remote:", "sbesim,boot-mapped: expected names of its shared memory, seen \"sbe-area2\""},
	{"\"sbe-area1\"", "\"ram\"", "node remote:", "seen \"ram\""},
	{"iommus = <&smmu 0x21>;", "", "node remote:", "sbesim,boot-mapped: expected iommus, seen none"},
	{"\"v7-r\"", "\"v6-m\"", "node cpu@100:", "sbesim,mpu: expected one of none, v7-m, v7-r, v8-m, seen \"v6-m\""},
	{"sbesim,mpu-regions = <12>;", "", "node cpu@100:", "sbesim,mpu-regions"},
	{"<12>", "<0>",
	 "node cpu@100:", "sbesim,mpu-regions: expected a count of v7-r cores (docs/platforms.md), seen 0"},
	{"<12>", "<20>", "node cpu@100:", "seen 20"},
	{"<12>", "<4>", "node cpu@100:", "seen 4"},
	{"\"v7-r\"", "\"v7-m\"", "node cpu@100:", "expected a count of v7-m cores (docs/platforms.md), seen 12"},
	{"sbesim,mpu = \"v7-r\";", "", "node cpu@100:", "sbesim,mpu-regions: expected sbesim,mpu, seen none"},
};

static void what_is_said_wrongly_is_refused_with_node_and_property(void)
{
	for (unsigned int i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		CU_ASSERT_FALSE(read_with(refused[i].from, refused[i].to));
		if (!strstr(why, refused[i].node) || !strstr(why, refused[i].says))
			fprintf(stderr, "expected \"%s %s\", seen \"%s\"\n", refused[i].node, refused[i].says, why);
		CU_ASSERT_PTR_NOT_NULL(strstr(why, refused[i].node));
		CU_ASSERT_PTR_NOT_NULL(strstr(why, refused[i].says));
	}
}

int main(void)
{
	CU_TestInfo sentences[] = {
		SENTENCE(the_lines_are_read_as_they_say),
		SENTENCE(positions_and_modes_are_told_apart),
		SENTENCE(architectures_and_counts_are_told_apart),
		SENTENCE(what_an_iommu_costs_may_be_left_out),
		SENTENCE(what_is_said_wrongly_is_refused_with_node_and_property),
		CU_TEST_INFO_NULL,
	};
	int handle = mkstemps(file, 4), failed;

	if (handle < 0 || !realpath("models/platforms/zynqmp.dts", base))
		return 1;
	close(handle);
	failed = sentences_run("platform of IOMMU and MPU", sentences);
	return unlink(file) != 0 || failed;
}
