/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hook: what happens just before each load and store of hosted code.
 *
 * The compiler calls __tsan_read4(p) and the like; each is a few instructions when nothing can be seen of the
 * access by others (private memory, or a present unwatched line of data memory) and the clock is under the
 * deadline. Everything else is a request to the engine: the agent switches to it, and goes on when it is resumed.
 * The models own what the fast path looks at and fill it in.
 */
#ifndef SIM_HOOK_H
#define SIM_HOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an agent did to one line of data memory since its last sync event: bit n is byte n. */
struct hook_touch {
	uint64_t loads, stores;
	uint64_t load_first, load_last, store_first, store_last;	/* raw return addresses */
};

#define HOOK_LOAD_FAST 1u	/* in line_flags: present, unwatched, data memory, touched already */

struct hook {
	uintptr_t base;			/* of everything the agent can address: private memory first ... */
	size_t private_size;
	size_t shared_size;		/* ... then what others can reach */
	uint8_t *line_flags;		/* HOOK_*, a byte per line of shared memory */
	struct hook_touch *touch;	/* likewise */
	unsigned int line_shift;	/* log2 of the line size */
	uint32_t atomic_bytes;		/* of the widest load that is one; 0: any */
	bool private_is_shared;		/* by the cores of one program */
	uint64_t clock, deadline;	/* fs; at the deadline the engine takes over */
	uint64_t private_cost, hit_cost;	/* fs per access */
	uint64_t accesses;
};

enum request_kind {
	REQUEST_LOAD,		/* address, size; value: of the whole access, if it is made in pieces */
	REQUEST_STORE,
	REQUEST_LOAD_RANGE,	/* the access itself may come after the next hook */
	REQUEST_STORE_RANGE,
	REQUEST_MAINTAIN,	/* address, size, value: enum trace_maint */
	REQUEST_BARRIER,	/* value: enum trace_barrier */
	REQUEST_REGION,		/* address: name, other: struct hw_region */
	REQUEST_DA_TO_VA,	/* value: da, size */
	REQUEST_MBOX_REGISTER,	/* value: channel, address: isr, other: arg */
	REQUEST_MBOX_SEND,	/* size: channel, value: token */
	REQUEST_IRQ_DISABLE,
	REQUEST_IRQ_ENABLE,
	REQUEST_WFI,		/* value: timeout in ns, 0: none */
	REQUEST_SLEEP,		/* value: ns */
	REQUEST_TIME,
	REQUEST_REMOTE_START,
	REQUEST_CONSOLE,	/* address, size: of simulator memory */
	REQUEST_ASSERT,		/* address: text in simulator memory */
	REQUEST_INPUT,		/* value: offset, size; answers a pointer to simulator memory in `other` */
	REQUEST_ALLOCATE,	/* size, value: alignment; answers an address or 0 */
	REQUEST_FREE,		/* address */
	REQUEST_ALLOCATED,	/* address; answers how many bytes were given out there */
	REQUEST_FORMAT,		/* address: format, other: va_list *; answers the length, and the text in `other` */
	REQUEST_FIRMWARE,	/* address: section, value: offset, size; answers as REQUEST_INPUT */
	REQUEST_VRING,		/* other: struct event_vring */
	REQUEST_CALL,		/* value: enum machine_call, other: uint64_t[CALL_WORDS] of its words */
	REQUEST_EXIT,		/* value: code */
	REQUEST_RETURN,		/* from the entry; value: code */
	REQUEST_FAULT,		/* made by the watchdog: an access outside the hooks hit nothing, at address */
	REQUEST_STUCK,		/* made by the watchdog: no access for long */
	REQUEST_KINDS
};

#define CALL_WORDS 6

enum machine_call {
#define CALL(name) CALL_##name,
#include "sim/calls.def"
#undef CALL
	CALLS
};

struct request {
	enum request_kind kind;
	uintptr_t address;
	size_t size;
	uint64_t value;
	void *other;
	uintptr_t ret;		/* the caller's return address */
	bool goes_on;		/* a further piece of the access that the last request began */
	bool whole;		/* a load or store of one object, by an instruction of its size; else bytes, by whatever moves them */
};

/* The running agent's; NULL or hook_idle while the engine itself runs. */
extern struct hook *hook_now;
/* Lets everything pass: image constructors run on it. */
extern struct hook hook_idle;

/* Before `size` bytes at `p` are loaded or stored, by whatever accesses, by the caller of the caller, at `ret`. */
void hook_load(const volatile void *p, size_t size, uintptr_t ret);
void hook_store(volatile void *p, size_t size, uintptr_t ret);
/* Hands `request` to the engine on behalf of the running agent; returns the answer when it is resumed. */
uint64_t hook_request(struct request *request);

/*
 * A function that hosted code calls by name is called through a thunk: whatever the function and those below it leave on
 * the agent's stack and in registers is overwritten before the thunk returns, the function's own frame included.
 * HOOK_RET is the hosted return address, in such a function; HOOK_VA_FIX makes its va_list look past the thunk.
 */
#if defined(__x86_64__)
#define HOOK_THUNK(name) \
	__asm__(".text\n.type thunk_" #name ", @function\nthunk_" #name ":\n\tsubq $8, %rsp\n\tcall " #name "\n\tjmp hook_leave\n"); \
	void thunk_##name(void) __attribute__((visibility("hidden")));
#define HOOK_THUNK_ADDRESS(name) ((void *)(uintptr_t)thunk_##name)
#define HOOK_RET (((const uintptr_t *)__builtin_frame_address(0))[3])
#define HOOK_VA_FIX(args) ((args)[0].overflow_arg_area = (char *)(args)[0].overflow_arg_area + 16)
#else
#define HOOK_THUNK(name)
#define HOOK_THUNK_ADDRESS(name) ((void *)(uintptr_t)name)
#define HOOK_RET ((uintptr_t)__builtin_return_address(0))
#define HOOK_VA_FIX(args) ((void)(args))
#endif
#define HOOK_HOSTED static __attribute__((used))

/*
 * Every function that hosted code may call besides its own: name and address, ended by a NULL name. The __tsan_
 * entry points (hook.c), the seam (seam.c) and the C library (libc.c).
 */
struct hook_symbol {
	const char *name;
	void *address;
};
extern const struct hook_symbol hook_symbols[], seam_symbols[], libc_symbols[];

#endif
