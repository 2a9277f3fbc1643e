/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Accesses of one kind, as many as the input says, for bench/run to time from outside: "KIND COUNT". Hosted by sbesim,
 * or linked with native.c. Accesses are volatile, so that each is one of the machine's wherever this runs. It checks
 * nothing and uses no remote.
 */
#include <sbesim/hw.h>

#define WORDS 1024u		/* 4 KiB: present in any cache */
#define BETWEEN_TIMES 128u	/* whoever only reads must look at the clock now and then, or is taken to wait */

static uint32_t private_words[WORDS];

static uint32_t load_words(const volatile uint32_t *words, uint64_t count)
{
	uint32_t sum = 0;

	for (uint64_t done = 0; done < count; done += BETWEEN_TIMES) {
		for (unsigned int i = 0; i < BETWEEN_TIMES; i++)
			sum += words[(done + i) % WORDS];
		hw_time_ns();
	}
	return sum;
}

static uint32_t store_words(volatile uint32_t *words, uint64_t count)
{
	for (uint64_t done = 0; done < count; done += BETWEEN_TIMES) {
		for (unsigned int i = 0; i < BETWEEN_TIMES; i++)
			words[(done + i) % WORDS] = i;
		hw_time_ns();
	}
	return 0;
}

/* The kinds' names are one letter for the memory and one for what is done. */
static uint32_t *words_of(char memory)
{
	struct hw_region region = {.va = NULL};

	if (memory == 'p')
		return private_words;
	hw_region_get(memory == 'd' ? "sbe-area0" : "vdev0buffer", &region);
	return region.va;
}

static uint64_t parse_count(const char *digits)
{
	uint64_t count = 0;

	while (*digits >= '0' && *digits <= '9')
		count = count * 10 + (uint64_t)(*digits++ - '0');
	return count;
}

int sbesim_main(int argc, char **argv)
{
	char input[32] = "";
	uint32_t *words;
	uint64_t count;

	(void)argc;
	(void)argv;
	hw_input_read(input, sizeof(input) - 1, 0);
	words = words_of(input[0]);
	if (!words || (input[1] != 'l' && input[1] != 's'))
		return 1;
	count = parse_count(input + 3);
	if (input[1] == 's')
		store_words(words, count);
	else
		private_words[0] = load_words(words, count);
	return 0;
}
