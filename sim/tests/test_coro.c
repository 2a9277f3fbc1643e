/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Coroutines: that each keeps its own stack, registers and floating-point control, and can be begun anew in the
 * middle of anything. What a switch leaves below the stack pointer is seen only by whole simulations.
 */
#include <stdint.h>

#include "sim/coro.h"
#include "sim/tests/sentences.h"

#define MANY 200
#define STACK 32768

static struct coro thread;	/* the test's own */
static struct coro many[MANY];
static _Alignas(16) uint8_t stack[MANY][STACK];
static unsigned int log_entry[64], logged;

static void note(unsigned int entry)
{
	log_entry[logged++ % 64] = entry;
}

static void begin(unsigned int i, void (*entry)(void *arg), void *arg)
{
	coro_init(&many[i], stack[i], STACK, entry, arg);
}

static void go(unsigned int i)
{
	coro_switch(&thread, &many[i]);
}

static void yield(unsigned int i)
{
	coro_switch(&many[i], &thread);
}

/* ---- Switching -------------------------------------------------------------------------------------- */

static void note_and_yield_for_ever(void *arg)
{
	unsigned int i = *(unsigned int *)arg;

	for (unsigned int round = 1;; round++) {
		note(i * 10 + round);
		yield(i);
	}
}

static void coroutine_runs_only_when_it_is_switched_to(void)
{
	unsigned int zero = 0, one = 1;

	logged = 0;
	begin(0, note_and_yield_for_ever, &zero);
	begin(1, note_and_yield_for_ever, &one);
	CU_ASSERT_EQUAL(logged, 0);
	go(1);
	go(0);
	go(1);
	CU_ASSERT_EQUAL(logged, 3);
	CU_ASSERT_EQUAL(log_entry[0], 11);
	CU_ASSERT_EQUAL(log_entry[1], 1);
	CU_ASSERT_EQUAL(log_entry[2], 12);
}

static void hand_over(void *arg)
{
	(void)arg;
	note(7);
	coro_switch(&many[0], &many[1]);
	note(9);
	yield(0);
}

static void hand_back(void *arg)
{
	(void)arg;
	note(8);
	coro_switch(&many[1], &many[0]);
}

static void coroutines_can_switch_among_themselves(void)
{
	logged = 0;
	begin(0, hand_over, NULL);
	begin(1, hand_back, NULL);
	go(0);
	CU_ASSERT_EQUAL(logged, 3);
	CU_ASSERT_EQUAL(log_entry[0], 7);
	CU_ASSERT_EQUAL(log_entry[1], 8);
	CU_ASSERT_EQUAL(log_entry[2], 9);
}

struct place {
	unsigned int i;
	uintptr_t frame;
};

static void tell_frame(void *arg)
{
	struct place *place = arg;

	place->frame = (uintptr_t)__builtin_frame_address(0);
	yield(place->i);
}

static void entry_runs_on_the_given_stack_aligned_as_after_a_call(void)
{
	for (unsigned int cut = 0; cut < 16; cut++) { /* whatever the size leaves at the top */
		struct place place = { .i = 2 };

		coro_init(&many[2], stack[2], STACK - cut, tell_frame, &place);
		go(2);
		CU_ASSERT_TRUE(place.frame > (uintptr_t)stack[2]);
		CU_ASSERT_TRUE(place.frame < (uintptr_t)stack[2] + STACK - cut);
		CU_ASSERT_EQUAL(place.frame % 16, 0);
	}
}

/* ---- Many ------------------------------------------------------------------------------------------- */

/* A sum over `depth` frames, each of which gives way before it returns. */
static uint64_t sum_deep(unsigned int i, unsigned int depth)
{
	volatile uint64_t own = (uint64_t)i * 1000 + depth;
	uint64_t below = depth ? sum_deep(i, depth - 1) : 0;

	yield(i);
	return own + below;
}

static uint64_t sums[MANY];

static void sum_and_stop(void *arg)
{
	unsigned int i = *(unsigned int *)arg;

	sums[i] = sum_deep(i, 10);
	for (;;)
		yield(i);
}

static void many_coroutines_keep_their_frames_apart(void)
{
	static unsigned int number[MANY];

	for (unsigned int i = 0; i < MANY; i++) {
		number[i] = i;
		sums[i] = 0;
		begin(i, sum_and_stop, &number[i]);
	}
	for (unsigned int round = 0; round < 12; round++)
		for (unsigned int i = 0; i < MANY; i++) {
			unsigned int turn = i * 7 % MANY;

			CU_ASSERT_EQUAL(sums[turn], 0);
			go(turn);
		}
	for (unsigned int i = 0; i < MANY; i++)
		CU_ASSERT_EQUAL(sums[i], (uint64_t)11 * i * 1000 + 55);
}

/* ---- A new life ------------------------------------------------------------------------------------- */

static void stack_begun_anew_in_the_middle_of_frames_starts_from_its_entry(void)
{
	static unsigned int number = 3;

	for (unsigned int cut = 1; cut <= 12; cut++) {
		sums[3] = 0;
		begin(3, sum_and_stop, &number);
		for (unsigned int round = 0; round < cut; round++)
			go(3);
		logged = 0;
		begin(3, note_and_yield_for_ever, &number);
		go(3);
		go(3);
		CU_ASSERT_EQUAL(logged, 2);
		CU_ASSERT_EQUAL(log_entry[0], 31);
		CU_ASSERT_EQUAL(log_entry[1], 32);
	}
}

static void stack_begun_anew_holds_nothing_but_the_pattern(void)
{
	static unsigned int number = 6;
	size_t same = 0;

	begin(6, sum_and_stop, &number);
	for (unsigned int round = 0; round < 5; round++)
		go(6);
	begin(6, sum_and_stop, &number);
	while (same < STACK && stack[6][same] == stack[6][0])
		same++;
	CU_ASSERT_TRUE(same >= STACK - 128);	/* above is what the first switch pops */
}

static void switching_goes_on_after_the_end_of_a_coroutine(void)
{
	static unsigned int number = 4;

	logged = 0;
	begin(4, note_and_yield_for_ever, &number);
	go(4);
	coro_fini(&many[4]);
	coro_fini(&many[4]); /* twice is once */
	begin(4, note_and_yield_for_ever, &number);
	go(4);
	CU_ASSERT_EQUAL(logged, 2);
	CU_ASSERT_EQUAL(log_entry[1], 41);
}

/* ---- Floating point --------------------------------------------------------------------------------- */

#if defined(__x86_64__)
#define NEAREST 0u
#define DOWN 1u
#define UP 2u
#define TO_ZERO 3u

/* The rounding fields of both control words, the x87's at bit 10 and SSE's at bit 13; all exceptions masked. */
static void rounding_set(unsigned int rounding)
{
	uint16_t x87 = (uint16_t)(0x037f | rounding << 10);
	uint32_t sse = 0x1f80 | rounding << 13;

	__asm__ volatile("fldcw %0\n\tldmxcsr %1" : : "m"(x87), "m"(sse));
}

static void assert_rounding(unsigned int rounding)
{
	uint16_t x87;
	uint32_t sse;

	__asm__ volatile("fnstcw %0\n\tstmxcsr %1" : "=m"(x87), "=m"(sse));
	CU_ASSERT_EQUAL(x87 >> 10 & 3u, rounding);
	CU_ASSERT_EQUAL(sse >> 13 & 3u, rounding);
}

static void round_up(void *arg)
{
	unsigned int i = *(unsigned int *)arg;

	assert_rounding(NEAREST);
	rounding_set(UP);
	for (;;) {
		note(i);
		yield(i);
		assert_rounding(UP);
	}
}

static void rounding_of_each_stays_its_own(void)
{
	static unsigned int number = 5;

	logged = 0;
	begin(5, round_up, &number);
	rounding_set(DOWN);
	go(5);
	assert_rounding(DOWN);
	rounding_set(TO_ZERO);
	go(5);
	assert_rounding(TO_ZERO);
	go(5);
	begin(5, round_up, &number); /* anew: as the ABI has them */
	go(5);
	assert_rounding(TO_ZERO);
	rounding_set(NEAREST);
	CU_ASSERT_EQUAL(logged, 4);
}
#endif

static CU_TestInfo sentences[] = {
	SENTENCE(coroutine_runs_only_when_it_is_switched_to),
	SENTENCE(coroutines_can_switch_among_themselves),
	SENTENCE(entry_runs_on_the_given_stack_aligned_as_after_a_call),
	SENTENCE(many_coroutines_keep_their_frames_apart),
	SENTENCE(stack_begun_anew_in_the_middle_of_frames_starts_from_its_entry),
	SENTENCE(stack_begun_anew_holds_nothing_but_the_pattern),
	SENTENCE(switching_goes_on_after_the_end_of_a_coroutine),
#if defined(__x86_64__)
	SENTENCE(rounding_of_each_stays_its_own),
#endif
	CU_TEST_INFO_NULL
};

int main(void)
{
	int status = sentences_run("coro", sentences);

	for (unsigned int i = 0; i < MANY; i++)
		coro_fini(&many[i]);
	return status;
}
