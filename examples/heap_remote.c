/* SPDX-License-Identifier: BSD-3-Clause */
/* A buffer from a dma-heap, remote side: adds one to each byte at the address that it is told. See heap_host.c. */
#include <sbesim/hw.h>

#include <stdint.h>

struct letter {
	volatile uint64_t da, size;
};

int sbesim_main(int argc, char **argv)
{
	struct hw_region shared;
	struct letter *letter;
	unsigned char *bytes;

	(void)argc;
	(void)argv;
	if (hw_region_get("vdev0buffer", &shared))
		return 1;
	letter = shared.va;
	bytes = hw_da_to_va(letter->da, letter->size);
	if (!bytes)
		return 2;
	/* CACHE: this CPU has just left reset with an empty cache; invalidated for what it may have fetched since. */
	hw_cache_invalidate(bytes, letter->size);
	for (uint64_t i = 0; i < letter->size; i++)
		bytes[i]++;
	hw_cache_clean(bytes, letter->size);
	hw_dsb();
	letter->size = 0;
	return 0;
}
