/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Platforms are read as their text says, and refused with a sentence that names node and property. Values were copied
 * from the .dts files by hand. Refused trees are zynqmp.dts with one piece replaced, so that each has one fault.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/platform.h"
#include "sim/tests/sentences.h"

#define ZYNQMP "models/platforms/zynqmp.dts"
#define ZYNQMP_DMA "models/platforms/zynqmp-dma.dts"
#define HOSTILE "models/platforms/hostile.dts"

static struct platform platform;
static char why[1024];
static char dir[] = "/tmp/test_platform.XXXXXX";
static char scratch[sizeof(dir) + 32];

static bool read_scratch(const char *name)
{
	snprintf(scratch, sizeof(scratch), "%s/%s", dir, name);
	why[0] = '\0';
	return platform_read(&platform, scratch, why, sizeof(why));
}

static void write_scratch(const char *name, const void *bytes, size_t size)
{
	FILE *file;

	snprintf(scratch, sizeof(scratch), "%s/%s", dir, name);
	file = fopen(scratch, "wb");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL_FATAL(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

/* ---- The shipped ones ------------------------------------------------------------------------------- */

static const struct platform_region *region(const char *name)
{
	for (unsigned int i = 0; i < platform.regions; i++)
		if (strcmp(platform.region[i].name, name) == 0)
			return &platform.region[i];
	CU_FAIL_FATAL("no such region");
	return NULL;
}

static const struct platform_window *window(unsigned int cpu, const char *name)
{
	for (unsigned int i = 0; i < platform.cpu[cpu].windows; i++)
		if (strcmp(platform.cpu[cpu].window[i].name, name) == 0)
			return &platform.cpu[cpu].window[i];
	CU_FAIL_FATAL("no such window");
	return NULL;
}

static void assert_region(const char *name, enum trace_region_kind kind, uint64_t start, uint64_t size)
{
	CU_ASSERT_EQUAL(region(name)->served, kind != TRACE_REGION_KIND_PRIVATE);
	CU_ASSERT_FALSE(region(name)->may_fail);
	CU_ASSERT_EQUAL(region(name)->kind, kind);
	CU_ASSERT_EQUAL(region(name)->start, start);
	CU_ASSERT_EQUAL(region(name)->size, size);
}

/* Both shipped platforms have the same cores and addresses. */
static void assert_shipped(const char *path)
{
	const struct platform_cpu *a53 = &platform.cpu[0], *r5f = &platform.cpu[1];

	CU_ASSERT_TRUE_FATAL(platform_read(&platform, path, why, sizeof(why)));
	CU_ASSERT_EQUAL(platform.cpus, 2);
	CU_ASSERT_STRING_EQUAL(a53->name, "cortex-a53");
	CU_ASSERT_EQUAL(a53->side, TRACE_SIDE_HOST);
	CU_ASSERT_EQUAL(a53->hz, 1200000000);
	CU_ASSERT_EQUAL(a53->line_bytes, 64);
	CU_ASSERT_EQUAL(a53->cache.line_bytes, 64);
	CU_ASSERT_EQUAL(a53->cache.bytes, 32768);
	CU_ASSERT_EQUAL(a53->cache.sets, 128);
	CU_ASSERT_EQUAL(a53->cache.replacement, PLATFORM_REPLACEMENT_RANDOM);
	CU_ASSERT_EQUAL_FATAL(a53->second_level, 1);
	CU_ASSERT_EQUAL(platform.second_levels, 1);
	CU_ASSERT_EQUAL(platform.second_level[0].line_bytes, 64);
	CU_ASSERT_EQUAL(platform.second_level[0].bytes, 1048576);
	CU_ASSERT_EQUAL(platform.second_level[0].sets, 1024);
	CU_ASSERT_FALSE(a53->clean_part_lines);
	CU_ASSERT_EQUAL(a53->costs.private_millicycles, 1000);
	CU_ASSERT_EQUAL(a53->costs.l1_hit, 3);
	CU_ASSERT_EQUAL(a53->costs.l2_hit, 16);
	CU_ASSERT_EQUAL(a53->costs.miss, 20);
	CU_ASSERT_EQUAL(a53->costs.uncached_load, 20);
	CU_ASSERT_EQUAL(a53->costs.uncached_store, 4);
	CU_ASSERT_EQUAL(a53->costs.maintain_line, 60);
	CU_ASSERT_EQUAL(a53->costs.barrier, 40);
	CU_ASSERT_EQUAL(a53->costs.interrupt_entry, 600);
	CU_ASSERT_EQUAL(a53->costs.interrupt_exit, 100);
	CU_ASSERT_EQUAL(a53->costs.seam_call, 10);
	CU_ASSERT_EQUAL(a53->private_size, 0x400000);
	CU_ASSERT_STRING_EQUAL(r5f->name, "cortex-r5f");
	CU_ASSERT_EQUAL(r5f->side, TRACE_SIDE_REMOTE);
	CU_ASSERT_EQUAL(r5f->hz, 500000000);
	CU_ASSERT_EQUAL(r5f->line_bytes, 32);
	CU_ASSERT_EQUAL(r5f->cache.sets, 256);
	CU_ASSERT_EQUAL(r5f->second_level, 0);
	CU_ASSERT_EQUAL(r5f->costs.l2_hit, 0);
	CU_ASSERT_EQUAL(r5f->costs.interrupt_entry, 120);
	CU_ASSERT_EQUAL(a53->bus_priority, 0);
	CU_ASSERT_EQUAL(r5f->bus_priority, 1);
	CU_ASSERT_EQUAL(r5f->bandwidth_mb_s, 0);
	CU_ASSERT_FALSE(platform.fixed_priority);
	CU_ASSERT_EQUAL_FATAL(platform.slaves, 1);
	CU_ASSERT_STRING_EQUAL(platform.slave[0].name, "ddr");
	CU_ASSERT_EQUAL(platform.slave[0].read_ns, 100);
	CU_ASSERT_EQUAL(platform.slave[0].write_ns, 20);
	CU_ASSERT_EQUAL(platform.slave[0].bandwidth_mb_s, 19200);
	CU_ASSERT_EQUAL(platform.slave[0].banks, 16);
	CU_ASSERT_EQUAL(platform.slave[0].row_bytes, 8192);
	CU_ASSERT_EQUAL(platform.slave[0].row_hit_ns, 86);
	CU_ASSERT_EQUAL(platform.slave[0].row_miss_ns, 114);
	CU_ASSERT_EQUAL(platform.regions, 8);
	assert_region("host-ram", TRACE_REGION_KIND_PRIVATE, 0x10000000, 0x400000);
	assert_region("rsc-table", TRACE_REGION_KIND_RESOURCE_TABLE, 0x3ed3f000, 0x1000);
	assert_region("vdev0vring1", TRACE_REGION_KIND_CONTROL, 0x3ed44000, 0x4000);
	assert_region("vdev0buffer", TRACE_REGION_KIND_CONTROL, 0x3ed48000, 0x100000);
	assert_region("sbe-area1", TRACE_REGION_KIND_DATA, 0x70100000, 0x10000);
	for (unsigned int cpu = 0; cpu < 2; cpu++) {
		CU_ASSERT_EQUAL(platform.cpu[cpu].windows, 6); /* and private memory */
		CU_ASSERT_EQUAL(platform.cpu[cpu].channels, 1);
		CU_ASSERT_TRUE(window(cpu, "sbe-area0")->writable);
		CU_ASSERT_TRUE(window(cpu, "sbe-area0")->cached);
		CU_ASSERT_PTR_EQUAL(&platform.region[window(cpu, "sbe-area0")->region], region("sbe-area0"));
	}
	CU_ASSERT_EQUAL(platform.mailboxes, 1);
	CU_ASSERT_EQUAL(platform.mailbox[0].is.kind, TRACE_MAILBOX_KIND_DOORBELL);
	CU_ASSERT_STRING_EQUAL(platform.mailbox[0].name, "mailbox@ff990400");
	CU_ASSERT_EQUAL(platform.mailbox[0].latency_ns, 400);
	CU_ASSERT_EQUAL(platform.mailbox[0].delay_ns, 20000);
}

static void zynqmp_caches_the_areas_and_the_remote_its_table(void)
{
	assert_shipped(ZYNQMP);
	CU_ASSERT_STRING_EQUAL(platform.name, "zynqmp");
	CU_ASSERT_STRING_EQUAL(platform.model, "Xilinx ZynqMP: Cortex-A53 host, Cortex-R5F remote");
	CU_ASSERT_FALSE(platform.cpu[1].clean_part_lines);
	CU_ASSERT_FALSE(platform.mailbox[0].is.lossy);
	CU_ASSERT_FALSE(window(0, "rsc-table")->cached);
	CU_ASSERT_TRUE(window(1, "rsc-table")->cached);
	CU_ASSERT_FALSE(window(0, "vdev0vring0")->cached);
	CU_ASSERT_FALSE(window(1, "vdev0buffer")->cached);
}

static void hostile_caches_everything_and_loses_rings(void)
{
	assert_shipped(HOSTILE);
	CU_ASSERT_STRING_EQUAL(platform.name, "hostile");
	CU_ASSERT_TRUE(platform.cpu[1].clean_part_lines);
	CU_ASSERT_TRUE(platform.mailbox[0].is.lossy);
	for (unsigned int cpu = 0; cpu < 2; cpu++)
		for (unsigned int i = 0; i < platform.cpu[cpu].windows; i++)
			CU_ASSERT_TRUE(platform.cpu[cpu].window[i].cached);
}

static void tree_that_says_nothing_of_power_has_one_rate_no_domain_and_no_dma(void)
{
	CU_ASSERT_TRUE_FATAL(platform_read(&platform, ZYNQMP, why, sizeof(why)));
	for (unsigned int cpu = 0; cpu < 2; cpu++) {
		CU_ASSERT_EQUAL(platform.cpu[cpu].power.rates, 1);
		CU_ASSERT_EQUAL(platform.cpu[cpu].power.rate[0].hz, platform.cpu[cpu].hz);
		CU_ASSERT_EQUAL(platform.cpu[cpu].power.domain, 0);
		CU_ASSERT_EQUAL(platform.cpu[cpu].power.boot_ns, 0);
		CU_ASSERT_EQUAL(platform.cpu[cpu].power.dmas, 0);
	}
	CU_ASSERT_EQUAL(platform.dma.channels, 0);
}

static void zynqmp_dma_has_operating_points_a_domain_and_a_channel_for_each(void)
{
	const struct platform_power *a53 = &platform.cpu[0].power, *r5f = &platform.cpu[1].power;

	assert_shipped(ZYNQMP_DMA);
	CU_ASSERT_EQUAL(a53->rates, 4);
	CU_ASSERT_EQUAL(a53->rate[0].hz, 1200000000);
	CU_ASSERT_EQUAL(a53->rate[3].hz, 300000000);
	CU_ASSERT_EQUAL(a53->rate[3].latency_ns, 500000);
	CU_ASSERT_EQUAL(r5f->rates, 2);
	CU_ASSERT_EQUAL(r5f->rate[1].hz, 250000000);
	CU_ASSERT_EQUAL(r5f->rate[1].latency_ns, 0);
	CU_ASSERT_EQUAL(a53->domain, 0);
	CU_ASSERT_EQUAL(r5f->domain, 8);
	CU_ASSERT_EQUAL(a53->boot_ns, 0);
	CU_ASSERT_EQUAL(r5f->boot_ns, 20000);
	CU_ASSERT_EQUAL(a53->dmas, 1);
	CU_ASSERT_EQUAL(a53->dma[0], 0);
	CU_ASSERT_EQUAL(r5f->dmas, 1);
	CU_ASSERT_EQUAL(r5f->dma[0], 1);
	CU_ASSERT_STRING_EQUAL(platform.dma.name, "dma-controller");
	CU_ASSERT_EQUAL(platform.dma.channels, 8);
	CU_ASSERT_EQUAL(platform.dma.queue, 8);
	CU_ASSERT_EQUAL(platform.dma.burst_bytes, 128);
	CU_ASSERT_EQUAL(platform.dma.latency_ns, 150);
	CU_ASSERT_EQUAL(platform.dma.delay_ns, 20000);
	CU_ASSERT_EQUAL(platform.dma.stream, -1);
}

/* ---- One piece replaced ----------------------------------------------------------------------------- */

static char *text;	/* of zynqmp.dts */

/* The first `from` after the first `after` becomes `to`. */
static void write_edited(const char *after, const char *from, const char *to)
{
	char *start = strstr(text, after), *at = start ? strstr(start, from) : NULL, *edited;
	size_t before;

	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	before = (size_t)(at - text);
	edited = malloc(strlen(text) + strlen(to) + 1);
	memcpy(edited, text, before);
	strcpy(edited + before, to);
	strcat(edited, at + strlen(from));
	write_scratch("edited.dts", edited, strlen(edited));
	free(edited);
}

/* What was written last; to be freed. */
static char *read_back(void)
{
	FILE *file = fopen(scratch, "rb");
	char *whole = calloc(1, 65536);

	CU_ASSERT_FATAL(file && whole && fread(whole, 1, 65535, file) > 0);
	fclose(file);
	return whole;
}

static void assert_why(const char *part)
{
	if (!strstr(why, part))
		fprintf(stderr, "expected \"%s\", seen \"%s\"\n", part, why);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, part));
}

static const struct {
	const char *after, *from, *to;
	const char *node, *property;
} refused[] = {
	{ "/ {", "model = ", "title = ", "node ", "model" },
	{ "a53:", "clock-frequency = <1200000000>;", "", "node cpu@0:", "clock-frequency" },
	{ "a53:", "clock-frequency = <1200000000>;", "clock-frequency = <0>;", "node cpu@0:", "clock-frequency" },
	{ "a53:", "clock-frequency = <1200000000>;", "clock-frequency = <0 1>;", "node cpu@0:", "clock-frequency" },
	{ "r5f:", "d-cache-line-size = <32>", "d-cache-line-size = <16>", "node cpu@100:", "d-cache-line-size" },
	{ "r5f:", "d-cache-size = <32768>", "d-cache-size = <32769>", "node cpu@100:", "d-cache-size" },
	{ "r5f:", "d-cache-size = <32768>", "d-cache-size = <0>", "node cpu@100:", "d-cache-size" },
	{ "r5f:", "d-cache-sets = <256>", "d-cache-sets = <255>", "node cpu@100:", "d-cache-size" },
	{ "r5f:", "d-cache-sets = <256>", "d-cache-sets = <0>", "node cpu@100:", "d-cache-size" },
	{ "r5f:", "d-cache-sets = <256>", "d-cache-sets = <0x08000000>", "node cpu@100:", "d-cache-size" },
	{ "a53:", "compatible = \"arm,cortex-a53\"", "compatible = \"cortex-a53\"", "node cpu@0:", "compatible" },
	{ "a53:", "sbesim,private-millicycles", "sbesim,x", "node cpu@0:", "sbesim,private-millicycles" },
	{ "a53:", "sbesim,l1-hit-cycles", "sbesim,x", "node cpu@0:", "sbesim,l1-hit-cycles" },
	{ "a53:", "sbesim,l2-hit-cycles", "sbesim,x", "node cpu@0:", "sbesim,l2-hit-cycles" },
	{ "a53:", "sbesim,miss-cycles", "sbesim,x", "node cpu@0:", "sbesim,miss-cycles" },
	{ "a53:", "sbesim,uncached-load-cycles", "sbesim,x", "node cpu@0:", "sbesim,uncached-load-cycles" },
	{ "a53:", "sbesim,uncached-store-cycles", "sbesim,x", "node cpu@0:", "sbesim,uncached-store-cycles" },
	{ "a53:", "sbesim,maintenance-cycles", "sbesim,x", "node cpu@0:", "sbesim,maintenance-cycles" },
	{ "a53:", "sbesim,barrier-cycles", "sbesim,x", "node cpu@0:", "sbesim,barrier-cycles" },
	{ "a53:", "sbesim,interrupt-entry-cycles", "sbesim,x", "node cpu@0:", "sbesim,interrupt-entry-cycles" },
	{ "a53:", "sbesim,interrupt-exit-cycles", "sbesim,x", "node cpu@0:", "sbesim,interrupt-exit-cycles" },
	{ "a53:", "sbesim,call-cycles", "sbesim,x", "node cpu@0:", "sbesim,call-cycles" },
	{ "a53:", "d-cache-line-size = <64>;", "", "node cpu@0:", "d-cache-line-size" },
	{ "a53:", "d-cache-size = <32768>;", "", "node cpu@0:", "d-cache-size" },
	{ "a53:", "d-cache-sets = <128>;", "", "node cpu@0:", "d-cache-sets" },
	{ "a53:", "d-cache-sets = <128>;", "d-cache-sets = <4>;", "node cpu@0:", "d-cache-size" },
	{ "a53:", "sbesim,replacement = \"random\"", "sbesim,replacement = \"fifo\"", "node cpu@0:",
	  "sbesim,replacement: expected one of lru, tree-plru, random, seen \"fifo\"" },
	{ "a53:", "next-level-cache = <&l2>", "next-level-cache = <0x77>", "node cpu@0:", "next-level-cache" },
	{ "l2:", "cache-sets = <1024>;", "", "node l2-cache:", "cache-sets" },
	{ "l2:", "cache-size = <0x100000>", "cache-size = <0x100001>", "node l2-cache:", "cache-size" },
	{ "l2:", "cache-line-size = <64>", "cache-line-size = <128>", "node l2-cache:", "cache-line-size" },
	{ "\tbus {", "\"round-robin\"", "\"lottery\"", "node bus:",
	  "sbesim,arbitration: expected one of round-robin, fixed-priority, seen \"lottery\"" },
	{ "ddr: ddr", "sbesim,latency-ns = <100 20>", "sbesim,latency-ns = <100>", "node ddr:", "sbesim,latency-ns" },
	{ "ddr: ddr", "sbesim,latency-ns = <100 20>", "sbesim,latency-ns = <100 1000001>", "node ddr:", "sbesim,latency-ns" },
	{ "ddr: ddr", "sbesim,bandwidth-mb-s = <19200>;", "", "node ddr:", "sbesim,bandwidth-mb-s" },
	{ "ddr: ddr", "sbesim,bandwidth-mb-s = <19200>", "sbesim,bandwidth-mb-s = <0>", "node ddr:", "sbesim,bandwidth-mb-s" },
	{ "ddr: ddr", "sbesim,banks = <16>", "sbesim,banks = <0>", "node ddr:", "sbesim,banks" },
	{ "ddr: ddr", "sbesim,banks = <16>", "sbesim,banks = <33>", "node ddr:", "sbesim,banks" },
	{ "ddr: ddr", "sbesim,row-bytes = <8192>", "sbesim,row-bytes = <0>", "node ddr:", "sbesim,row-bytes" },
	{ "ddr: ddr", "sbesim,row-bytes = <8192>;", "", "node ddr:", "sbesim,row-bytes" },
	{ "ddr: ddr", "sbesim,row-miss-ns = <114>", "sbesim,row-miss-ns = <85>", "node ddr:", "sbesim,row-miss-ns" },
	{ "ddr: ddr", "ddr: ddr {", "ddr: a-name-that-has-thirty-two-letters {", "node a-name-that", "name" },
	{ "vdev0vring0:", "sbesim,slave = <&ddr>", "sbesim,slave = <0x77>", "node vdev0vring0@3ed40000:", "sbesim,slave" },
	{ "vdev0vring0:", "sbesim,slave = <&ddr>", "sbesim,slave = <&a53>", "node cpu@0:", "sbesim,latency-ns" },
	{ "vdev0vring0:", "sbesim,slave = <&ddr>;", "", "node vdev0vring0@3ed40000:", "sbesim,latency-ns" },
	{ "\thost {", "mboxes = <&ipi 0>;", "mboxes = <&ipi 0>; sbesim,priority = <1 2>;", "node host:", "sbesim,priority" },
	{ "\thost {", "mboxes = <&ipi 0>;", "mboxes = <&ipi 0>; sbesim,bandwidth-mb-s;", "node host:",
	  "sbesim,bandwidth-mb-s" },
	{ "\treserved-memory", "reserved-memory", "reserved", "node /reserved-memory", "" },
	{ "host_ram:", "reg = <0x0 0x10000000 0x0 0x400000>", "reg = <0x0 0x10000000 0x400000>", "node host-ram@10000000:",
	  "reg" },
	{ "host_ram:", "0x0 0x400000>", "0x0 0x400001>", "node host-ram@10000000:", "reg" },
	{ "host_ram:", "0x10000000 0x0", "0x10000800 0x0", "node host-ram@10000000:", "reg" },
	{ "host_ram:", "0x0 0x400000>", "0x0 0x0>", "node host-ram@10000000:", "reg" },
	{ "host_ram:", "0x0 0x400000>", "0x0 0x4001000>", "node host-ram@10000000:", "reg" },
	{ "vdev0vring0:", "0x0 0x4000>", "0x0 0x5000>", "node vdev0vring1@3ed44000: reg: overlaps vdev0vring0", "reg" },
	{ "vdev0vring0:", "reg = <0x0 0x3ed40000 0x0 0x4000>", "reg = <0xffffffff 0xfffff000 0x0 0x4000>",
	  "node vdev0vring0@3ed40000:", "reg" },
	{ "host_ram:", "sbesim,kind = \"private\";", "", "node host-ram@10000000:", "sbesim,kind" },
	{ "host_ram:", "sbesim,kind = \"private\"", "sbesim,kind = \"fast\"", "node host-ram@10000000:", "sbesim,kind" },
	{ "host_ram:", "host-ram@10000000", "a-name-that-has-thirty-two-letters@10000000", "node a-name-that", "names" },
	{ "ipi:", "sbesim,kind = \"doorbell\"", "sbesim,kind = \"pigeon\"", "node mailbox@ff990400:", "sbesim,kind" },
	{ "ipi:", "\"xlnx,zynqmp-ipi-mailbox\";\n\t\t#mbox-cells = <1>;\n\t\tsbesim,kind = \"doorbell\";",
	  "\"acme,mailbox\";\n\t\t#mbox-cells = <1>;", "node mailbox@ff990400:", "sbesim,kind, or a mailbox" },
	{ "ipi:", "#mbox-cells = <1>;", "", "node mailbox@ff990400:", "#mbox-cells" },
	{ "ipi:", "#mbox-cells = <1>;", "#mbox-cells = <2>;", "node host:", "#mbox-cells" },
	{ "ipi:", "#mbox-cells = <1>;", "#mbox-cells = <0>;", "node host:", "#mbox-cells" },
	{ "ipi:", "\"doorbell\";", "\"fifo\"; sbesim,depth = <17>;", "node mailbox@ff990400:", "sbesim,depth" },
	{ "ipi:", "\"doorbell\";", "\"fifo\"; sbesim,depth = <4 4>;", "node mailbox@ff990400:", "sbesim,depth" },
	{ "ipi:", "\"doorbell\";", "\"doorbell\"; sbesim,token-bits = <32>;",
	  "node mailbox@ff990400:", "depth of at least 1" },
	{ "ipi:", "\"doorbell\";", "\"fifo\"; sbesim,token-bits = <33>;", "node mailbox@ff990400:", "32 or 64 bits" },
	{ "ipi:", "\"doorbell\";", "\"fifo\"; sbesim,token-bits = <65>;",
	  "node mailbox@ff990400:", "sbesim,token-bits" },
	{ "ipi:", "\"doorbell\";", "\"fifo\"; sbesim,when-full = \"explode\";",
	  "node mailbox@ff990400:", "sbesim,when-full" },
	{ "ipi:", "\"doorbell\";", "\"fifo\"; sbesim,acknowledge = \"soon\";",
	  "node mailbox@ff990400:", "expected at-once or late" },
	{ "ipi:", "\"doorbell\";", "\"fifo\"; sbesim,receivers = <1>;", "node mailbox@ff990400:", "sbesim,receivers" },
	{ "ipi:", "\"doorbell\";", "\"zynqmp-ipi\"; sbesim,edge;", "node mailbox@ff990400:", "interrupts by edge" },
	{ "ipi:", "mailbox@ff990400", "mailbox-with-a-name-of-32-letters@ff990400",
	  "node mailbox-with", "name of less than" },
	{ "\thost {", "mboxes = <&ipi 0>;", "mboxes = <&ipi 0 &ipi 0>;",
	  "node host:", "entries 0 and 1 are the same channel" },
	{ "\thost {", "mboxes = <&ipi 0>;", "mboxes = <&ipi>;", "node host:", "mboxes" },
	{ "\thost {", "mboxes = <&ipi 0>;", "mboxes = <0x77 0>;", "node host:", "mboxes" },
	{ "\thost {", "mboxes = <&ipi 0>;", "mboxes = <>;", "node host:", "mboxes" },
	{ "ipi:", "sbesim,latency-ns", "sbesim,x", "node mailbox@ff990400:", "sbesim,latency-ns" },
	{ "ipi:", "sbesim,delay-ns", "sbesim,x", "node mailbox@ff990400:", "sbesim,delay-ns" },
	{ "\tdomains", "domains", "realms", "node /domains", "" },
	{ "a53:", "sbesim,private-millicycles", "sbesim,gather-bytes = <24>; sbesim,private-millicycles", "node cpu@0:",
	  "expected 0, 8, 16, 32 or 64 in sbesim,gather-bytes, seen 24" },
	{ "a53:", "sbesim,private-millicycles", "sbesim,gather-bytes = <128>; sbesim,private-millicycles", "node cpu@0:",
	  "sbesim,gather-bytes, seen 128" },
	{ "a53:", "sbesim,private-millicycles", "sbesim,gather-bytes = \"all\", \"of it\"; sbesim,private-millicycles",
	  "node cpu@0:", "expected one 32-bit cell in sbesim,gather-bytes" },
	{ "\thost {", "sbesim,cached = ", "sbesim,device = \"vdev0vring0\", \"sbe-area0\"; sbesim,cached = ", "node host:",
	  "sbesim,device: expected names that are neither in sbesim,cached nor in sbesim,write-through, seen \"sbe-area0\"" },
	{ "\thost {", "sbesim,cached = ", "sbesim,device = \"sbe-area1\"; sbesim,write-through = ", "node host:",
	  "sbesim,device: expected names that are neither in sbesim,cached nor in sbesim,write-through, seen \"sbe-area1\"" },
	{ "\thost {", "sbesim,cached = ", "sbesim,device = \"vdev0vring0\", \"vdev0vring9\"; sbesim,cached = ", "node host:",
	  "sbesim,device: expected names out of memory-region-names, of no private memory, seen \"vdev0vring9\"" },
	{ "\thost {", "sbesim,cached = ", "sbesim,device = \"ram\"; sbesim,cached = ", "node host:",
	  "sbesim,device: expected names out of memory-region-names, of no private memory, seen \"ram\"" },
	{ "\thost {", "sbesim,side = \"host\";", "", "node host:", "sbesim,side" },
	{ "\thost {", "sbesim,side = \"host\"", "sbesim,side = \"guest\"", "node host:", "sbesim,side" },
	{ "\thost {", "sbesim,side = \"host\"", "sbesim,side = \"remote\"", "node /domains:", "sbesim,side" },
	{ "\thost {", "cpus = <&a53 0x1 0x0>;", "", "node host:", "cpus" },
	{ "\thost {", "cpus = <&a53 0x1 0x0>;", "cpus = <0x77 0x1 0x0>;", "node host:", "cpus" },
	{ "\thost {", "cpus = <&a53 0x1 0x0>;", "cpus = <&a53 0x0 0x0>;", "node host:", "expected 1 to 4 of the 4" },
	{ "\thost {", "cpus = <&a53 0x1 0x0>;", "cpus = <&a53 0x10 0x0>;", "node host:", "seen mask 0x10" },
	{ "a53:", "sbesim,coherent-cores = <4>;", "sbesim,coherent-cores = <33>;", "node host:", "coherent-cores" },
	{ "\tremote {", "cpus = <&r5f 0x1 0x0>;", "cpus = <&r5f 0x3 0x0>;", "node remote:", "has no sbesim,coherent-cores" },
	{ "\tremote {", "cpus = <&r5f 0x1 0x0>;", "cpus = <&a53 0x1 0x0>;", "node remote:", "cores that no other domain has" },
	{ "\thost {", "mboxes = <&ipi 0>;", "", "node host:", "mboxes" },
	{ "\thost {", "mboxes = <&ipi 0>;",
	  "mboxes = <&ipi 0 &ipi 1 &ipi 2 &ipi 3 &ipi 4 &ipi 5 &ipi 6 &ipi 7 &ipi 8>;", "node host:", "mboxes" },
	{ "\thost {", "memory-region = ", "memory-realm = ", "node host:", "memory-region" },
	{ "\thost {", "memory-region = <&host_ram>, ", "memory-region = <0x77>, ", "node host:", "memory-region" },
	{ "\thost {", "memory-region = <&host_ram>, ", "memory-region = <&a53>, ", "node cpu@0", "memory-region" },
	{ "\thost {", "memory-region = <&host_ram>, ", "memory-region = ", "node host:", "memory-region" },
	{ "\thost {", "\"sbe-area0\", \"sbe-area1\";", "\"sbe-area0\";", "node host:", "memory-region-names" },
	{ "\thost {", "\"sbe-area1\";", "\"a-name-that-has-thirty-two-letters\";", "node host:", "memory-region-names" },
	{ "\tdomains", "\t\thost {", "\t\tthird { sbesim,side = \"host\"; cpus = <&a53 0x2 0>; mboxes = <&ipi 0>; "
	  "memory-region = <&host_ram>; memory-region-names = \"ram\"; };\n\t\thost {", "node /domains:", "sbesim,side" },
};

static void domain_may_have_several_cores_of_a_coherent_cluster(void)
{
	write_edited("\thost {", "cpus = <&a53 0x1 0x0>;", "cpus = <&a53 0xa 0x0>;");
	CU_ASSERT_TRUE_FATAL(read_scratch("edited.dts"));
	CU_ASSERT_EQUAL(platform.cpus, 3);
	CU_ASSERT_EQUAL(platform.cpu[0].cores, 2);
	CU_ASSERT_EQUAL(platform.cpu[0].core, 0);
	CU_ASSERT_EQUAL(platform.cpu[1].cores, 1);
	CU_ASSERT_EQUAL(platform.cpu[2].core, 1);
	CU_ASSERT_EQUAL(platform_boot(&platform, 2), 0);
	CU_ASSERT_EQUAL(platform_boot(&platform, 1), 1);
	CU_ASSERT_EQUAL(platform.cpu[2].shares_cache, 1);
	CU_ASSERT_EQUAL(platform.cpu[2].channels, 0);
	CU_ASSERT_EQUAL(platform.cpu[2].windows, platform.cpu[0].windows);
	CU_ASSERT_EQUAL(platform.cpu[2].side, TRACE_SIDE_HOST);
	CU_ASSERT_STRING_EQUAL(platform.cpu[2].name, "cortex-a53.1");
}

static void two_domains_may_have_cores_of_one_coherent_cluster(void)
{
	write_edited("\tremote {", "cpus = <&r5f 0x1 0x0>;", "cpus = <&a53 0x2 0x0>;");
	CU_ASSERT_TRUE_FATAL(read_scratch("edited.dts"));
	CU_ASSERT_EQUAL(platform.cpus, 2);
	CU_ASSERT_EQUAL(platform.cpu[1].shares_cache, 1);
	CU_ASSERT_EQUAL(platform.cpu[1].core, 0);
}

/* zynqmp.dts, then these lines of power, clocks and DMA, with one piece replaced. */
static const char power_lines[] =
	"&a53 { operating-points-v2 = <&points>; };\n"
	"&r5f { power-domains = <&power 7>; clocks = <&clk 38>; };\n"
	"&sbe_area1 { power-domains = <&power 7>; };\n"
	"/ { points: points { p0 { opp-hz = /bits/ 64 <1200000000>; clock-latency-ns = <5>; };\n"
	" p1 { opp-hz = /bits/ 64 <600000000>; }; };\n"
	"clk: clk { #clock-cells = <1>; };\n"
	"power: power { #power-domain-cells = <1>; }; smmu: iommu { #iommu-cells = <1>; sbesim,reset-mode = \"translate\"; };\n"
	"other: other { #dma-cells = <1>; };\n"
	"dma: dma@0 { #dma-cells = <1>; dma-channels = <2>; sbesim,burst-bytes = <64>; sbesim,latency-ns = <1>;\n"
	" sbesim,delay-ns = <2>; sbesim,queue-depth = <3>; iommus = <&smmu 5>; };\n"
	"domains { host { dmas = <&dma 1 &dma 0>; sbesim,mbox-interrupts = <67>; };\n"
	" remote { sbesim,may-crash; sbesim,boot-ns = <9>; power-domains = <&power 6>; }; }; };\n";

static void write_power(const char *from, const char *to)
{
	const char *at = strstr(power_lines, from);
	char lines[sizeof(power_lines) + 256], *whole = malloc(strlen(text) + sizeof(lines));

	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	snprintf(lines, sizeof(lines), "%.*s%s%s", (int)(at - power_lines), power_lines, to, at + strlen(from));
	strcpy(whole, text);
	strcat(whole, lines);
	write_scratch("power.dts", whole, strlen(whole));
	free(whole);
}

static void power_lines_are_read_as_they_say(void)
{
	write_power("", "");
	if (!read_scratch("power.dts"))
		fprintf(stderr, "%s\n", why);
	CU_ASSERT_STRING_EQUAL(why, "");
	CU_ASSERT_EQUAL(platform.cpu[0].power.rates, 2);
	CU_ASSERT_EQUAL(platform.cpu[0].power.rate[0].latency_ns, 5);
	CU_ASSERT_EQUAL(platform.cpu[0].power.dmas, 2);
	CU_ASSERT_EQUAL(platform.cpu[0].power.dma[0], 1);
	CU_ASSERT_EQUAL(platform.cpu[0].power.dma[1], 0);
	CU_ASSERT_EQUAL(platform.cpu[1].power.domain, 7);	/* the domain's node says, not the CPU's */
	CU_ASSERT_EQUAL(platform.cpu[1].power.boot_ns, 9);
	CU_ASSERT_TRUE(platform.cpu[1].power.may_crash);
	CU_ASSERT_FALSE(platform.cpu[0].power.may_crash);
	CU_ASSERT_EQUAL(platform.cpu[1].power.clock, 39);
	CU_ASSERT_EQUAL(platform.cpu[0].power.clock, 0);
	CU_ASSERT_EQUAL(platform.cpu[0].channel[0].interrupt, 68);
	CU_ASSERT_EQUAL(platform.cpu[1].channel[0].interrupt, 0);
	CU_ASSERT_EQUAL(region("sbe-area1")->power_domain, 8);
	CU_ASSERT_EQUAL(region("sbe-area0")->power_domain, 0);
	CU_ASSERT_EQUAL(platform.dma.stream, 5);
	CU_ASSERT_EQUAL(platform.dma.stream_mode, 2);
	CU_ASSERT_EQUAL(platform.dma.queue, 3);
}

static const struct {
	const char *from, *to, *node, *property;
} refused_power[] = {
	{ "operating-points-v2 = <&points>", "operating-points-v2 = <0x77>", "node cpu@0:", "operating-points-v2" },
	{ "<1200000000>", "<1200000001>", "node cpu@0:",
	  "expected clock-frequency 1200000000 among the 2 operating points" },
	{ "opp-hz = /bits/ 64 <600000000>", "opp-hz = <600000000>", "node p1:", "opp-hz" },
	{ "opp-hz = /bits/ 64 <600000000>", "opp-hz = /bits/ 64 <0>", "node p1:", "opp-hz" },
	{ "opp-hz = /bits/ 64 <600000000>", "opp-hz = /bits/ 64 <100000000001>", "node p1:", "opp-hz" },
	{ "clock-latency-ns = <5>", "clock-latency-ns = <5 6>", "node p0:", "clock-latency-ns" },
	{ "p1 {", "p2 { opp-hz = /bits/ 64 <1>; }; p3 { opp-hz = /bits/ 64 <1>; }; p4 { opp-hz = /bits/ 64 <1>; }; "
	  "p5 { opp-hz = /bits/ 64 <1>; }; p6 { opp-hz = /bits/ 64 <1>; }; p7 { opp-hz = /bits/ 64 <1>; }; "
	  "p8 { opp-hz = /bits/ 64 <1>; }; p1 {", "node p1:", "operating points" },
	{ "#power-domain-cells = <1>", "#power-domain-cells = <0>", "node sbe-area1@70100000:", "power-domains" },
	{ "#power-domain-cells = <1>;", "", "node power:", "#power-domain-cells" },
	{ "power-domains = <&power 6>", "power-domains = <&power>", "node remote:", "power-domains" },
	{ "power-domains = <&power 6>", "power-domains = <&power 0xffffffff>", "node remote:", "power-domains" },
	{ "clocks = <&clk 38>", "clocks = <&clk 38 0>", "node cpu@100:", "clocks" },
	{ "clocks = <&clk 38>", "clocks = <&clk 0xffffffff>", "node cpu@100:", "clocks: expected a number below" },
	{ "#clock-cells = <1>", "#clock-cells = <2>", "node cpu@100:", "clocks" },
	{ "<67>", "<67 68>", "node host:", "sbesim,mbox-interrupts: expected 1 numbers, as many as mboxes has entries, seen 8 bytes" },
	{ "<67>", "<0xffffffff>", "node host:", "sbesim,mbox-interrupts: expected numbers that no other interrupt has" },
	{ "remote { sbesim", "remote { sbesim,mbox-interrupts = <67>; sbesim", "node remote:", "no other interrupt has, seen 67" },
	{ "sbesim,boot-ns = <9>", "sbesim,boot-ns = \"9\", \"10\"", "node remote:", "sbesim,boot-ns" },
	{ "<&dma 1 &dma 0>", "<&dma 1 &dma 1>", "node host:", "channel 1 is given away already" },
	{ "<&dma 1 &dma 0>", "<&dma 1 &dma 2>", "node host:", "expected a channel below 2, seen 2" },
	{ "<&dma 1 &dma 0>", "<&dma 1 &other 0>", "node host:", "expected one DMA engine" },
	{ "<&dma 1 &dma 0>", "<&dma 1 &dma>", "node host:", "dmas" },
	{ "remote { sbesim", "remote { dmas = <&dma 0>; sbesim", "node remote:", "channel 0 is given away already" },
	{ "dma@0 { #dma-cells = <1>", "dma@0 { #dma-cells = <2>", "node host:", "dmas" },
	{ "dma-channels = <2>", "dma-channels = <0>", "node dma@0:", "dma-channels" },
	{ "dma-channels = <2>", "dma-channels = <9>", "node dma@0:", "dma-channels" },
	{ "dma-channels = <2>;", "", "node dma@0:", "dma-channels" },
	{ "sbesim,burst-bytes = <64>", "sbesim,burst-bytes = <48>", "node dma@0:", "sbesim,burst-bytes" },
	{ "sbesim,burst-bytes = <64>", "sbesim,burst-bytes = <512>", "node dma@0:", "sbesim,burst-bytes" },
	{ "sbesim,burst-bytes = <64>", "sbesim,burst-bytes = <0>", "node dma@0:", "sbesim,burst-bytes" },
	{ "sbesim,burst-bytes = <64>;", "", "node dma@0:", "sbesim,burst-bytes" },
	{ "sbesim,latency-ns = <1>;", "", "node dma@0:", "sbesim,latency-ns" },
	{ "sbesim,delay-ns = <2>;", "", "node dma@0:", "sbesim,delay-ns" },
	{ "sbesim,queue-depth = <3>", "sbesim,queue-depth = <0>", "node dma@0:", "sbesim,queue-depth" },
	{ "sbesim,queue-depth = <3>", "sbesim,queue-depth = <17>", "node dma@0:", "sbesim,queue-depth" },
	{ "#iommu-cells = <1>", "#iommu-cells = <2>", "node dma@0:", "iommus" },
	{ "\"translate\"", "\"refuse\"", "node iommu:", "sbesim,reset-mode" },
	{ "dma: dma@0", "dma: a-name-that-has-thirty-two-letters@0", "node a-name-that", "name" },
};

static void power_lines_with_a_fault_are_refused_with_node_and_property(void)
{
	for (size_t i = 0; i < sizeof(refused_power) / sizeof(refused_power[0]); i++) {
		bool read;

		write_power(refused_power[i].from, refused_power[i].to);
		read = read_scratch("power.dts");
		if (read)
			fprintf(stderr, "\"%s\" was read\n", refused_power[i].to);
		CU_ASSERT_FALSE(read);
		assert_why("power.dts: ");
		assert_why(refused_power[i].node);
		assert_why(refused_power[i].property);
	}
}

static void power_lines_at_their_limits_are_read(void)
{
	static const char *const good[][2] = {
		{ "<600000000>", "<100000000000>" }, { "<600000000>", "<1>" },
		{ "dma-channels = <2>", "dma-channels = <8>" },
		{ "burst-bytes = <64>", "burst-bytes = <256>" }, { "burst-bytes = <64>", "burst-bytes = <1>" },
		{ "queue-depth = <3>", "queue-depth = <16>" }, { "queue-depth = <3>", "queue-depth = <1>" },
		{ "&power 6", "&power 0xfffffffe" }, { "&clk 38", "&clk 0xfffffffe" }, { "<67>", "<0xfffffffe>" }, { "iommus = <&smmu 5>;", "" },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		write_power(good[i][0], good[i][1]);
		if (!read_scratch("power.dts"))
			fprintf(stderr, "%s\n", why);
		CU_ASSERT_STRING_EQUAL(why, "");
	}
}

static void tree_with_a_fault_is_refused_with_node_and_property(void)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		bool read;

		write_edited(refused[i].after, refused[i].from, refused[i].to);
		read = read_scratch("edited.dts");
		if (read)
			fprintf(stderr, "\"%s\" was read\n", refused[i].to);
		CU_ASSERT_FALSE(read);
		assert_why("edited.dts: ");
		assert_why(refused[i].node);
		assert_why(refused[i].property);
	}
}

static void tree_at_its_limits_is_read(void)
{
	static const struct {
		const char *after, *from, *to;
	} good[] = {
		{ "/ {", "Xilinx", "Xilinx" },
		{ "vdev0vring0:", "0x0 0x4000>", "0x0 0x3000>" },
		{ "host_ram:", "0x0 0x400000>", "0x0 0x4000000>" },
		{ "sbe_area1:", "reg = <0x0 0x70100000 0x0 0x10000>", "reg = <0x0 0x70020000 0x0 0x10000>" },
		{ "a53:", "d-cache-sets = <128>", "d-cache-sets = <8>" },	/* 64 ways */
		{ "a53:", "sbesim,replacement = \"random\";", "" },
		{ "ddr: ddr", "sbesim,banks = <16>", "sbesim,banks = <32>" },
		{ "ddr: ddr", "sbesim,banks = <16>;", "" },
		{ "ddr: ddr", "sbesim,row-miss-ns = <114>", "sbesim,row-miss-ns = <86>" },
		{ "ddr: ddr", "sbesim,latency-ns = <100 20>", "sbesim,latency-ns = <1000000 0>" },
		{ "sbe_area1:", "reg = <0x0 0x70100000 0x0 0x10000>", "reg = <0xffffffff 0xfffef000 0x0 0x10000>" },
		{ "\thost {", "mboxes = <&ipi 0>;", "mboxes = <&ipi 0 &ipi 1 &ipi 2 &ipi 3 &ipi 4 &ipi 5 &ipi 6 &ipi 7>;" },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		write_edited(good[i].after, good[i].from, good[i].to);
		if (!read_scratch("edited.dts"))
			fprintf(stderr, "%s\n", why);
		CU_ASSERT_STRING_EQUAL(why, "");
	}
	CU_ASSERT_EQUAL(platform.cpu[0].channels, 8);
}

static void assert_connected(unsigned int cpu, unsigned int channel, unsigned int peer, unsigned int peer_channel)
{
	const struct platform_channel *c = &platform.cpu[cpu].channel[channel];

	CU_ASSERT_TRUE(c->connected);
	CU_ASSERT_EQUAL(c->peer, peer);
	CU_ASSERT_EQUAL(c->peer_channel, peer_channel);
}

static void channel_leads_to_the_cpu_that_names_it_too(void)
{
	write_edited("\thost {", "mboxes = <&ipi 0>;", "mboxes = <&ipi 7 &ipi 0>;");
	CU_ASSERT_TRUE(read_scratch("edited.dts"));
	CU_ASSERT_FALSE(platform.cpu[0].channel[0].connected);
	assert_connected(0, 1, 1, 0);
	assert_connected(1, 0, 0, 1);
	CU_ASSERT_EQUAL(platform.mailboxes, 1);
}

static void compatible_string_says_what_a_mailbox_is(void)
{
	write_edited("ipi:", "\"xlnx,zynqmp-ipi-mailbox\";\n\t\t#mbox-cells = <1>;\n\t\tsbesim,kind = \"doorbell\";",
		     "\"acme,mailbox\", \"ti,am64-mailbox\"; sbesim,lossy;\n\t\t#mbox-cells = <1>;");
	CU_ASSERT_TRUE(read_scratch("edited.dts"));
	CU_ASSERT_EQUAL(platform.mailbox[0].is.kind, TRACE_MAILBOX_KIND_TI_FIFO);
	CU_ASSERT_EQUAL(platform.mailbox[0].is.depth, 4);
	CU_ASSERT_EQUAL(platform.mailbox[0].is.token_bits, 32);
	CU_ASSERT_TRUE(platform.mailbox[0].is.lossy);
	CU_ASSERT_FALSE(platform.mailbox[0].is.duplicates);
}

static void properties_change_what_a_kind_is(void)
{
	write_edited("ipi:", "\"doorbell\";",
		     "\"fifo\"; sbesim,depth = <1>; sbesim,token-bits = <32>; sbesim,duplicates; "
		     "sbesim,when-full = \"overwrite\"; sbesim,receivers = \"scan-all\";");
	CU_ASSERT_TRUE(read_scratch("edited.dts"));
	CU_ASSERT_EQUAL(platform.mailbox[0].is.depth, 1);
	CU_ASSERT_EQUAL(platform.mailbox[0].is.token_bits, 32);
	CU_ASSERT_EQUAL(platform.mailbox[0].is.when_full, TRACE_MAILBOX_FULL_OVERWRITE);
	CU_ASSERT_TRUE(platform.mailbox[0].is.scan_all);
	CU_ASSERT_TRUE(platform.mailbox[0].is.duplicates);
	CU_ASSERT_FALSE(platform.mailbox[0].is.lossy);
	write_edited("ipi:", "\"doorbell\";",
		     "\"imx-mu\"; sbesim,receivers = \"trust\"; sbesim,depth = <2>; sbesim,edge;");
	CU_ASSERT_TRUE(read_scratch("edited.dts"));
	CU_ASSERT_FALSE(platform.mailbox[0].is.scan_all);
	CU_ASSERT_TRUE(platform.mailbox[0].is.edge);
	write_edited("ipi:", "\"doorbell\";", "\"zynqmp-ipi\"; sbesim,acknowledge = \"at-once\";");
	CU_ASSERT_TRUE(read_scratch("edited.dts"));
	CU_ASSERT_FALSE(platform.mailbox[0].is.late_ack);
	CU_ASSERT_EQUAL(platform.mailbox[0].is.message_bytes, 32);
}

/* Both sides name registers and doorbells, each by its own direction. */
static const char *const unit_host = "mboxes = <&ipi 0 1 &ipi 2 3>;";
static const char *const unit_remote = "mboxes = <&ipi 3 3 &ipi 1 1>;";

static void messaging_unit_has_registers_and_doorbells(void)
{
	char *before = text, *whole;

	write_edited("ipi:", "#mbox-cells = <1>;\n\t\tsbesim,kind = \"doorbell\";",
		     "#mbox-cells = <2>;\n\t\tsbesim,kind = \"imx-mu\";");
	text = whole = read_back();
	write_edited("\thost {", "mboxes = <&ipi 0>;", unit_host);
	text = read_back();
	free(whole);
	write_edited("\tremote {", "mboxes = <&ipi 0>;", unit_remote);
	free(text);
	text = before;
	CU_ASSERT_TRUE(read_scratch("edited.dts"));
	CU_ASSERT_EQUAL(platform.mailboxes, 2);
	CU_ASSERT_EQUAL(platform.mailbox[platform.cpu[0].channel[0].mailbox].is.kind, TRACE_MAILBOX_KIND_IMX_MU);
	CU_ASSERT_EQUAL(platform.mailbox[platform.cpu[0].channel[1].mailbox].is.kind,
			TRACE_MAILBOX_KIND_IMX_MU_DOORBELL);
	assert_connected(0, 0, 1, 1);
	assert_connected(0, 1, 1, 0);
}

static void read_only_window_is_not_writable(void)
{
	write_edited("\thost {", "sbesim,cached = ", "sbesim,read-only = \"sbe-area1\";\n\t\t\tsbesim,cached = ");
	CU_ASSERT_TRUE(read_scratch("edited.dts"));
	CU_ASSERT_FALSE(window(0, "sbe-area1")->writable);
	CU_ASSERT_TRUE(window(0, "sbe-area0")->writable);
	CU_ASSERT_TRUE(window(1, "sbe-area1")->writable);
}

static void device_window_is_that_cpus_alone_and_not_cached(void)
{
	write_edited("\thost {", "sbesim,cached = ", "sbesim,device = \"vdev0vring0\";\n\t\t\tsbesim,cached = ");
	CU_ASSERT_TRUE(read_scratch("edited.dts"));
	CU_ASSERT_TRUE(window(0, "vdev0vring0")->device);
	CU_ASSERT_FALSE(window(0, "vdev0vring0")->cached);
	CU_ASSERT_FALSE(window(0, "vdev0vring1")->device);
	CU_ASSERT_FALSE(window(1, "vdev0vring0")->device);
}

static void core_gathers_as_many_bytes_as_it_says_and_none_unless_it_does(void)
{
	static const struct {
		const char *says;
		uint32_t bytes;
	} cases[] = { { "sbesim,gather-bytes = <0>; ", 0 }, { "sbesim,gather-bytes = <8>; ", 8 },
		      { "sbesim,gather-bytes = <16>; ", 16 }, { "sbesim,gather-bytes = <32>; ", 32 },
		      { "sbesim,gather-bytes = <64>; ", 64 }, { "", 0 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char with[64];

		snprintf(with, sizeof(with), "%ssbesim,private-millicycles", cases[i].says);
		write_edited("a53:", "sbesim,private-millicycles", with);
		CU_ASSERT_TRUE(read_scratch("edited.dts"));
		CU_ASSERT_EQUAL(platform.cpu[0].gather_bytes, cases[i].bytes);
		CU_ASSERT_EQUAL(platform.cpu[1].gather_bytes, 0);
	}
}

/* A shipped platform with more properties, as a board's variant of it would be written. */
static bool read_variant(const char *name, const char *more)
{
	char *root = realpath("models/platforms", NULL), *variant = NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(root);
	if (asprintf(&variant, "/dts-v1/;\n/include/ \"%s/%s\"\n/ { %s };\n", root, name, more) < 0)
		abort();
	write_scratch("variant.dts", variant, strlen(variant));
	free(variant);
	free(root);
	return read_scratch("variant.dts");
}

static void cpu_without_a_cache_needs_no_costs_of_one_and_caches_nothing(void)
{
	const struct platform_cpu *m4 = &platform.cpu[1];

	CU_ASSERT_TRUE_FATAL(platform_read(&platform, "models/platforms/stm32mp15.dts", why, sizeof(why)));
	CU_ASSERT_STRING_EQUAL(m4->name, "cortex-m4");
	CU_ASSERT_EQUAL(m4->cache.bytes, 0);
	CU_ASSERT_EQUAL(m4->line_bytes, 32);
	CU_ASSERT_EQUAL(m4->hz, 209000000);
	for (unsigned int i = 0; i < m4->windows; i++)
		CU_ASSERT_FALSE(m4->window[i].cached);
	CU_ASSERT_TRUE(window(0, "sbe-area0")->cached);
	CU_ASSERT_FALSE(read_variant("stm32mp15.dts", "domains { remote { sbesim,cached = \"sbe-area1\"; }; };"));
	assert_why("node remote: sbesim,cached: cortex-m4 has no d-cache, seen \"sbe-area1\"");
}

static void regions_of_one_memory_share_its_slave(void)
{
	CU_ASSERT_TRUE_FATAL(platform_read(&platform, "models/platforms/stm32mp15.dts", why, sizeof(why)));
	CU_ASSERT_EQUAL(platform.slaves, 2);
	CU_ASSERT_STRING_EQUAL(platform.slave[region("vdev0vring0")->slave].name, "mcusram");
	CU_ASSERT_EQUAL(region("vdev0vring0")->slave, region("rsc-table")->slave);
	CU_ASSERT_STRING_EQUAL(platform.slave[region("sbe-area0")->slave].name, "ddr");
	CU_ASSERT_TRUE(region("remote-ram")->served);
	CU_ASSERT_EQUAL(platform.slave[region("sbe-area0")->slave].bandwidth_mb_s, 4264);
	CU_ASSERT_EQUAL(platform.slave[region("vdev0vring0")->slave].banks, 0);
}

static void imx8mp_has_two_caching_sides_with_different_lines(void)
{
	CU_ASSERT_TRUE_FATAL(platform_read(&platform, "models/platforms/imx8mp.dts", why, sizeof(why)));
	CU_ASSERT_STRING_EQUAL(platform.cpu[1].name, "cortex-m7");
	CU_ASSERT_EQUAL(platform.cpu[0].line_bytes, 64);
	CU_ASSERT_EQUAL(platform.cpu[1].line_bytes, 32);
	assert_region("vdev0vring0", TRACE_REGION_KIND_CONTROL, 0x55000000, 0x8000);
	CU_ASSERT_FALSE(window(1, "vdev0vring0")->cached);
	CU_ASSERT_TRUE(window(1, "sbe-area0")->cached);
}

static void region_may_fail_be_a_hole_or_have_a_slave_of_its_own(void)
{
	CU_ASSERT_TRUE(read_variant("zynqmp.dts", "reserved-memory { sbe-area0@70000000 { sbesim,may-fail; }; "
				    "sbe-area1@70100000 { sbesim,hole; }; host-ram@10000000 { "
				    "sbesim,latency-ns = <7 3>; sbesim,bandwidth-mb-s = <1>; }; };"));
	CU_ASSERT_TRUE(region("sbe-area0")->may_fail);
	CU_ASSERT_TRUE(region("sbe-area0")->served);
	CU_ASSERT_FALSE(region("vdev0vring0")->may_fail);
	CU_ASSERT_FALSE(region("sbe-area1")->served);
	CU_ASSERT_TRUE(region("host-ram")->served);
	CU_ASSERT_EQUAL(platform.slaves, 2);
	CU_ASSERT_STRING_EQUAL(platform.slave[region("host-ram")->slave].name, "host-ram");
	CU_ASSERT_EQUAL(platform.slave[region("host-ram")->slave].read_ns, 7);
}

static void domain_has_a_place_and_a_share_on_the_bus(void)
{
	CU_ASSERT_TRUE(read_variant("zynqmp.dts", "bus { sbesim,arbitration = \"fixed-priority\"; }; domains { "
				    "host { sbesim,priority = <3>; }; remote { sbesim,bandwidth-mb-s = <400>; }; };"));
	CU_ASSERT_TRUE(platform.fixed_priority);
	CU_ASSERT_EQUAL(platform.cpu[0].bus_priority, 3);
	CU_ASSERT_EQUAL(platform.cpu[0].bandwidth_mb_s, 0);
	CU_ASSERT_EQUAL(platform.cpu[1].bus_priority, 1);
	CU_ASSERT_EQUAL(platform.cpu[1].bandwidth_mb_s, 400);
}

static void tree_plru_needs_a_power_of_two_of_ways(void)
{
	CU_ASSERT_TRUE(read_variant("zynqmp.dts", "cpus { cpu@0 { sbesim,replacement = \"tree-plru\"; }; };"));
	CU_ASSERT_EQUAL(platform.cpu[0].cache.replacement, PLATFORM_REPLACEMENT_TREE_PLRU);
	CU_ASSERT_FALSE(read_variant("zynqmp.dts", "cpus { cpu@0 { sbesim,replacement = \"tree-plru\"; "
				     "d-cache-size = <24576>; }; };"));
	assert_why("node cpu@0: sbesim,replacement: tree-plru expects a power of two of ways, seen 3");
	CU_ASSERT_TRUE(read_variant("zynqmp.dts", "cpus { cpu@0 { d-cache-size = <24576>; }; };"));
}

static void sets_are_a_power_of_two(void)
{
	CU_ASSERT_FALSE(read_variant("zynqmp.dts", "cpus { cpu@0 { d-cache-size = <24576>; d-cache-sets = <96>; }; };"));
	assert_why("node cpu@0: expected d-cache-size to be sets (a power of two) x ways");
}

static void file_that_is_no_tree_is_refused(void)
{
	static const char junk[72] = "not a device tree, and not short either: it has room for a header";

	CU_ASSERT_FALSE(read_scratch("missing.dtb"));
	assert_why("cannot be read: No such file or directory");
	CU_ASSERT_FALSE(read_scratch("missing.dts"));
	assert_why("cannot be read: No such file or directory");
	write_scratch("junk.dtb", junk, sizeof(junk));
	CU_ASSERT_FALSE(read_scratch("junk.dtb"));
	assert_why("expected a flattened device tree, seen 72 bytes of something else");
	write_scratch("empty.dtb", junk, 0);
	CU_ASSERT_FALSE(read_scratch("empty.dtb"));
	assert_why("seen 0 bytes");
	write_scratch("junk.dts", junk, sizeof(junk));
	CU_ASSERT_FALSE(read_scratch("junk.dts"));
	assert_why("dtc refuses it: ");
}

static void read_text(void)
{
	FILE *file = fopen(ZYNQMP, "rb");

	text = calloc(1, 65536);
	if (!file || !text || !fread(text, 1, 65535, file))
		abort();
	fclose(file);
}

static CU_TestInfo sentences[] = {
	SENTENCE(zynqmp_caches_the_areas_and_the_remote_its_table),
	SENTENCE(hostile_caches_everything_and_loses_rings),
	SENTENCE(tree_that_says_nothing_of_power_has_one_rate_no_domain_and_no_dma),
	SENTENCE(zynqmp_dma_has_operating_points_a_domain_and_a_channel_for_each),
	SENTENCE(domain_may_have_several_cores_of_a_coherent_cluster),
	SENTENCE(two_domains_may_have_cores_of_one_coherent_cluster),
	SENTENCE(power_lines_are_read_as_they_say),
	SENTENCE(power_lines_with_a_fault_are_refused_with_node_and_property),
	SENTENCE(power_lines_at_their_limits_are_read),
	SENTENCE(tree_with_a_fault_is_refused_with_node_and_property),
	SENTENCE(tree_at_its_limits_is_read),
	SENTENCE(channel_leads_to_the_cpu_that_names_it_too),
	SENTENCE(compatible_string_says_what_a_mailbox_is),
	SENTENCE(properties_change_what_a_kind_is),
	SENTENCE(messaging_unit_has_registers_and_doorbells),
	SENTENCE(read_only_window_is_not_writable),
	SENTENCE(device_window_is_that_cpus_alone_and_not_cached),
	SENTENCE(core_gathers_as_many_bytes_as_it_says_and_none_unless_it_does),
	SENTENCE(cpu_without_a_cache_needs_no_costs_of_one_and_caches_nothing),
	SENTENCE(regions_of_one_memory_share_its_slave),
	SENTENCE(imx8mp_has_two_caching_sides_with_different_lines),
	SENTENCE(region_may_fail_be_a_hole_or_have_a_slave_of_its_own),
	SENTENCE(domain_has_a_place_and_a_share_on_the_bus),
	SENTENCE(tree_plru_needs_a_power_of_two_of_ways),
	SENTENCE(sets_are_a_power_of_two),
	SENTENCE(file_that_is_no_tree_is_refused),
	CU_TEST_INFO_NULL
};

int main(void)
{
	char remove[sizeof(dir) + 16];
	int status;

	if (!mkdtemp(dir))
		return 1;
	read_text();
	status = sentences_run("platform", sentences);
	free(text);
	snprintf(remove, sizeof(remove), "rm -rf %s", dir);
	return system(remove) != 0 || status != 0;
}
