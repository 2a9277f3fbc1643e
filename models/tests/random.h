/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seeded random numbers for tests of the models, and how many operations such a test makes: RANDOM_OPERATIONS, or a
 * fiftieth of them where SBESIM_UNDER_VALGRIND is set (ci/run-unit --valgrind does), which is some fifty times slower.
 */
#ifndef MODELS_TESTS_RANDOM_H
#define MODELS_TESTS_RANDOM_H

#include <stdint.h>
#include <stdlib.h>

#define RANDOM_OPERATIONS 1000000u

static inline unsigned int random_operations(void)
{
	return getenv("SBESIM_UNDER_VALGRIND") ? RANDOM_OPERATIONS / 50 : RANDOM_OPERATIONS;
}

/* 0 .. bound - 1; the upper bits of a linear congruential generator (Knuth's MMIX). */
static inline uint64_t random_below(uint64_t *state, uint64_t bound)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (*state >> 33) % bound;
}

#endif
