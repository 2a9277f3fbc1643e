/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A libFuzzer target for the reader of platforms: any bytes, as a FILE.dtb, are refused with a sentence, or give a
 * platform that models can be built from. Sources are dtc's to parse and are not tried.
 *
 * The first byte chooses: 0, what follows is the file; else it is a list of patches, of 7 bytes each, to a real platform
 * (SBESIM_BUILD/platforms/zynqmp.dtb, default build), because no fuzzer guesses a device tree.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "models/platform.h"

#define REAL_MAX 16384u
#define PATCH 7

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t real[REAL_MAX];
static size_t real_size;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *build = getenv("SBESIM_BUILD");
	char path[512];
	FILE *file;

	(void)argc;
	(void)argv;
	snprintf(path, sizeof(path), "%s/platforms/zynqmp.dtb", build ? build : "build");
	file = fopen(path, "rb");
	real_size = file ? fread(real, 1, sizeof(real), file) : 0;
	if (!real_size) {
		fprintf(stderr, "fuzz_platform: expected a platform in %s\n", path);
		exit(1);
	}
	fclose(file);
	return 0;
}

/* Two bytes say where, one how wide, four what. */
static size_t file_make(uint8_t file[REAL_MAX], const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (!data[0]) {
		size = size > REAL_MAX ? REAL_MAX : size - 1;
		memcpy(file, data + 1, size);
		return size;
	}
	memcpy(file, real, real_size);
	for (const uint8_t *p = data + 1; p + PATCH <= data + size; p += PATCH) {
		size_t where = (size_t)(p[0] | p[1] << 8) % real_size, width = 1 + p[2] % 4;

		memcpy(file + where, p + 3, where + width <= real_size ? width : 1);
	}
	return real_size;
}

static void check_cpu(const struct platform *p, const struct platform_cpu *cpu)
{
	uint64_t set = (uint64_t)cpu->cache.sets * cpu->line_bytes;

	if (!cpu->hz || !cpu->private_size || cpu->channels > PLATFORM_CHANNELS_MAX || cpu->windows > PLATFORM_REGIONS_MAX ||
	    (cpu->line_bytes != 32 && cpu->line_bytes != 64) || cpu->second_level > p->second_levels ||
	    (cpu->cache.bytes && (!set || cpu->cache.bytes < set || cpu->cache.bytes % set)))
		abort();
	for (unsigned int i = 0; i < cpu->windows; i++)
		if (cpu->window[i].region >= p->regions || strlen(cpu->window[i].name) >= PLATFORM_NAME_MAX ||
		    p->region[cpu->window[i].region].kind == TRACE_REGION_KIND_PRIVATE ||
		    (cpu->window[i].cached && !cpu->cache.bytes))
			abort();
}

static void check_power(const struct platform *p, const struct platform_cpu *cpu)
{
	bool boots = false;

	for (unsigned int i = 0; i < cpu->power.rates; i++) {
		if (!cpu->power.rate[i].hz || cpu->power.rate[i].hz > PLATFORM_HZ_MAX)
			abort();
		boots |= cpu->power.rate[i].hz == cpu->hz;
	}
	if (!boots || cpu->power.rates > PLATFORM_RATES_MAX || cpu->power.dmas > PLATFORM_DMA_CHANNELS_MAX)
		abort();
	for (unsigned int i = 0; i < cpu->power.dmas; i++)
		if (cpu->power.dma[i] >= p->dma.channels)
			abort();
}

static void check_regions(const struct platform *p)
{
	if (p->regions > PLATFORM_REGIONS_MAX)
		abort();
	for (unsigned int i = 0; i < p->regions; i++) {
		const struct platform_region *r = &p->region[i];

		if ((r->served && (r->slave >= p->slaves || !p->slave[r->slave].bandwidth_mb_s)) || !r->size || r->size % 4096 || r->start % 4096 || r->start + r->size < r->start)
			abort();
		for (unsigned int k = 0; k < i; k++)
			if (r->start < p->region[k].start + p->region[k].size && p->region[k].start < r->start + r->size)
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[64];
	uint8_t file[REAL_MAX];
	size_t file_size = file_make(file, data, size);
	struct platform platform;
	char why[512] = "";

	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, file, file_size, 0) != (ssize_t)file_size)
		abort();
	if (!platform_read(&platform, path, why, sizeof(why))) {
		if (!*why)
			abort();
		return 0;
	}
	if (*why || platform.cpus != 2)
		abort();
	check_regions(&platform);
	check_cpu(&platform, &platform.cpu[0]);
	check_cpu(&platform, &platform.cpu[1]);
	check_power(&platform, &platform.cpu[0]);
	check_power(&platform, &platform.cpu[1]);
	return 0;
}
