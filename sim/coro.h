/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Coroutines: an agent's own stack and registers, switched to and from the engine.
 *
 * On x86-64 by a few instructions, elsewhere by ucontext. AddressSanitizer and Valgrind are told of every stack.
 * What a switch leaves on the agent's stack below its stack pointer is overwritten, so that a hosted program that
 * reads memory it never wrote sees the same bytes in every build of the simulator.
 */
#ifndef SIM_CORO_H
#define SIM_CORO_H

#include <stddef.h>

/* CORO_UCONTEXT: take the portable way here too (a test does). */
#if defined(__x86_64__) && !defined(CORO_UCONTEXT)
#define CORO_OWN_SWITCH 1
#else
#define CORO_OWN_SWITCH 0
#endif

#if !CORO_OWN_SWITCH
#include <ucontext.h>
#endif

struct coro {
	void *sp;		/* while switched away, x86-64 */
#if !CORO_OWN_SWITCH
	ucontext_t context;
#endif
	void (*entry)(void *arg);
	void *arg;
	void *stack;		/* NULL: the thread's own stack, which the engine runs on */
	size_t stack_size;
	void *fake_stack;	/* AddressSanitizer's, as are the next two: the stack as it knows it */
	const void *asan_bottom;
	size_t asan_size;
	unsigned int valgrind_id;
};

#define CORO_FILL 0xa5	/* what a stack holds before anything is stored there */

/*
 * `stack` stays the caller's and is filled; `entry` must never return. Any earlier life of the coroutine is forgotten.
 */
void coro_init(struct coro *coro, void *stack, size_t stack_size, void (*entry)(void *arg), void *arg);
void coro_fini(struct coro *coro);
/* Saves the running one in `from` and continues `to`. */
void coro_switch(struct coro *from, struct coro *to);

#endif
