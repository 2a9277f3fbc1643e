/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What accesses.c needs of the seam, natively: every region is ordinary memory, the input is the file that is named on
 * the command line. Not a port: only what that program calls, and no cache is maintained.
 */
#include <stdio.h>

#include <sbesim/hw.h>

static _Alignas(64) unsigned char memory[65536];
static const char *input;
static uint64_t ticks;

int hw_region_get(const char *name, struct hw_region *region)
{
	(void)name;
	*region = (struct hw_region){.va = memory, .size = sizeof(memory)};
	return 0;
}

uint64_t hw_time_ns(void)
{
	return ++ticks;
}

size_t hw_input_read(void *buf, size_t size, uint64_t offset)
{
	FILE *file = fopen(input, "rb");
	size_t got = 0;

	if (file && !fseek(file, (long)offset, SEEK_SET))
		got = fread(buf, 1, size, file);
	if (file)
		fclose(file);
	return got;
}

int main(int argc, char **argv)
{
	input = argv[argc - 1];
	return sbesim_main(argc, argv);
}
