/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The __tsan_* entry points: what gcc and clang call from hosted code before each access (for atomics: instead of
 * it). None of ThreadSanitizer is used but its names. A read-modify-write is one access, a store, to the model: it
 * fills the line, and the value is known when it retires. A compare-exchange that fails is a load.
 */
#include <string.h>

#include "sim/hook.h"
#include "traces/trace.h"

struct hook hook_idle = { .private_size = SIZE_MAX, .deadline = UINT64_MAX };
struct hook *hook_now = &hook_idle;

#define RET ((uintptr_t)__builtin_return_address(0))
#if defined(__x86_64__)
/* Where thunks end: what was called has returned; its answer is in rax. */
__asm__(".text\n.globl hook_leave\n.hidden hook_leave\n.type hook_leave, @function\n"
	"hook_leave:\n"
	"	addq $8, %rsp\n"
	"	movq %rax, %rdx\n"
	"	subq $8*160, %rsp\n	movq %rsp, %rdi\n	movl $160, %ecx\n"
	"	movabsq $0xa5a5a5a5a5a5a5a5, %rax\n	rep stosq\n	addq $8*160, %rsp\n"
	"	movq %rdx, %rax\n"
	"	xorl %edx, %edx\n	xorl %edi, %edi\n	xorl %esi, %esi\n	xorl %ecx, %ecx\n"
	"	xorl %r8d, %r8d\n	xorl %r9d, %r9d\n	xorl %r10d, %r10d\n	xorl %r11d, %r11d\n"
	"	ret\n"
	".size hook_leave, . - hook_leave\n");
#endif

#define LIKELY(x) __builtin_expect(!!(x), 1)

/* A load wider than the bus is made in pieces, with room for others between them. */
static void hook_pieces(struct request request)
{
	const uintptr_t address = request.address;
	const size_t size = request.size;
	size_t most = request.kind == REQUEST_LOAD && hook_now->atomic_bytes ? hook_now->atomic_bytes : SIZE_MAX;

	request.value = size;
	for (size_t done = 0; done < size; done += request.size) {
		size_t room = most == SIZE_MAX ? size : most - ((address + done) & (most - 1));

		request.address = address + done;
		request.size = size - done < room ? size - done : room;
		request.goes_on = done > 0;
		hook_request(&request);
	}
}

HOOK_HOSTED void hook_slow(enum request_kind kind, uintptr_t address, size_t size, uintptr_t ret)
{
	hook_pieces((struct request){ .kind = kind, .address = address, .size = size, .ret = ret, .whole = true });
}
HOOK_THUNK(hook_slow)

HOOK_HOSTED void hook_slow_bytes(enum request_kind kind, uintptr_t address, size_t size, uintptr_t ret)
{
	hook_pieces((struct request){ .kind = kind, .address = address, .size = size, .ret = ret });
}
HOOK_THUNK(hook_slow_bytes)

typedef void (*hook_way)(enum request_kind kind, uintptr_t address, size_t size, uintptr_t ret);

/* In tail position the hook has no frame of its own, so it leaves nothing either. */
static inline void hook_leave_to(void *thunk, enum request_kind kind, uintptr_t address, size_t size, uintptr_t ret)
{
	hook_way slow;

	memcpy(&slow, &thunk, sizeof(slow));
	slow(kind, address, size, ret);
}

static inline void hook_access_by(void *thunk, enum request_kind kind, uintptr_t address, size_t size, uintptr_t ret)
{
	struct hook *h = hook_now;
	uintptr_t at = address - h->base;

	h->accesses++;
	if (LIKELY(h->clock < h->deadline)) {
		if (LIKELY(at < h->private_size && size <= h->private_size - at)) {
			h->clock += h->private_cost;
			return;
		}
		at -= h->private_size;
		if (kind == REQUEST_LOAD && at < h->shared_size && size <= 16) {
			size_t line = at >> h->line_shift;

			if ((h->line_flags[line] & HOOK_LOAD_FAST) && (at + size - 1) >> h->line_shift == line) {
				struct hook_touch *t = &h->touch[line];

				t->loads |= ((UINT64_C(1) << size) - 1) << (at & ((1u << h->line_shift) - 1));
				t->load_last = ret;
				h->clock += h->hit_cost;
				return;
			}
		}
	}
	hook_leave_to(thunk, kind, address, size, ret);
}

static inline void hook_access(enum request_kind kind, uintptr_t address, size_t size, uintptr_t ret)
{
	hook_access_by(HOOK_THUNK_ADDRESS(hook_slow), kind, address, size, ret);
}

static inline void hook_bytes(enum request_kind kind, uintptr_t address, size_t size, uintptr_t ret)
{
	hook_access_by(HOOK_THUNK_ADDRESS(hook_slow_bytes), kind, address, size, ret);
}

void hook_load(const volatile void *p, size_t size, uintptr_t ret)
{
	hook_bytes(REQUEST_LOAD, (uintptr_t)p, size, ret);
}

void hook_store(volatile void *p, size_t size, uintptr_t ret)
{
	hook_bytes(REQUEST_STORE, (uintptr_t)p, size, ret);
}

static void hook_barrier(uintptr_t ret)
{
	struct request request = { .kind = REQUEST_BARRIER, .value = TRACE_BARRIER_DMB, .ret = ret };

	if (hook_now != &hook_idle)
		hook_request(&request);
}

#define PLAIN_ACCESSES(X) \
	X(read, LOAD) X(write, STORE) X(read_write, STORE) X(volatile_read, LOAD) X(volatile_write, STORE) \
	X(unaligned_read, LOAD) X(unaligned_write, STORE) X(unaligned_read_write, STORE) \
	X(unaligned_volatile_read, LOAD) X(unaligned_volatile_write, STORE)

#define DEFINE(name, kind, n) \
	void __tsan_##name##n(void *p); \
	void __tsan_##name##n(void *p) \
	{ \
		hook_access(REQUEST_##kind, (uintptr_t)p, n, RET); \
	}
#define DEFINE_SIZES(name, kind) \
	DEFINE(name, kind, 1) DEFINE(name, kind, 2) DEFINE(name, kind, 4) DEFINE(name, kind, 8) DEFINE(name, kind, 16)
PLAIN_ACCESSES(DEFINE_SIZES)

void __tsan_read_range(void *p, size_t size);
void __tsan_write_range(void *p, size_t size);
void __tsan_read_range(void *p, size_t size)
{
	if (size)
		hook_bytes(REQUEST_LOAD_RANGE, (uintptr_t)p, size, RET);
}

void __tsan_write_range(void *p, size_t size)
{
	if (size)
		hook_bytes(REQUEST_STORE_RANGE, (uintptr_t)p, size, RET);
}

void __tsan_init(void);
void __tsan_func_entry(void *pc);
void __tsan_func_exit(void);
void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_signal_fence(int order);
void __tsan_init(void)
{
}

void __tsan_func_entry(void *pc)
{
	(void)pc;
}

void __tsan_func_exit(void)
{
}

void __tsan_atomic_thread_fence(int order)
{
	(void)order;
	hook_barrier(RET);
}

void __tsan_atomic_signal_fence(int order)
{
	(void)order; /* orders the compiler only, and the call itself does that */
}

static inline bool hook_is_shared(const volatile void *p)
{
	return (uintptr_t)p - hook_now->base >= hook_now->private_size || hook_now->private_is_shared;
}

/*
 * C11's orders: a release of shared memory is a barrier before it, an acquire one after it. Of private memory neither is
 * told: nobody else can see it.
 */
static void hook_release(const volatile void *p, int order, uintptr_t ret)
{
	if (order >= __ATOMIC_RELEASE && hook_is_shared(p))
		hook_barrier(ret);
}

static void hook_acquire(const volatile void *p, int order, uintptr_t ret)
{
	if (order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE && hook_is_shared(p))
		hook_barrier(ret);
}

/* Atomics: hook, then the operation itself, which nothing can come between. */
#define ATOMIC_LOAD_STORE(bits, T) \
	T __tsan_atomic##bits##_load(const volatile T *p, int order); \
	void __tsan_atomic##bits##_store(volatile T *p, T v, int order); \
	T __tsan_atomic##bits##_load(const volatile T *p, int order) \
	{ \
		T v; \
 \
		hook_access(REQUEST_LOAD, (uintptr_t)p, sizeof(*p), RET); \
		v = *p; \
		hook_acquire(p, order, RET); \
		return v; \
	} \
	void __tsan_atomic##bits##_store(volatile T *p, T v, int order) \
	{ \
		hook_release(p, order, RET); \
		hook_access(REQUEST_STORE, (uintptr_t)p, sizeof(*p), RET); \
		*p = v; \
	}
#define ATOMIC_UPDATE(bits, T, name, expression) \
	T __tsan_atomic##bits##_##name(volatile T *p, T v, int order); \
	T __tsan_atomic##bits##_##name(volatile T *p, T v, int order) \
	{ \
		T old; \
 \
		hook_release(p, order, RET); \
		hook_access(REQUEST_STORE, (uintptr_t)p, sizeof(*p), RET); \
		old = *p; \
		*p = (T)(expression); \
		hook_acquire(p, order, RET); \
		return old; \
	}
/* Others may run before the store's hook returns, so the value is compared again after it. */
#define ATOMIC_EXCHANGE_IF(bits, T) \
	static T atomic##bits##_compare_exchange(volatile T *p, T expected, T v, int order, uintptr_t ret) \
	{ \
		T old; \
 \
		hook_release(p, order, ret); \
		hook_access(REQUEST_LOAD, (uintptr_t)p, sizeof(*p), ret); \
		old = *p; \
		if (old != expected) \
			return old; \
		hook_access(REQUEST_STORE, (uintptr_t)p, sizeof(*p), ret); \
		old = *p; \
		if (old == expected) \
			*p = v; \
		hook_acquire(p, order, ret); \
		return old; \
	}
/* What is expected may be shared as well. */
#define ATOMIC_COMPARE(bits, T, name) \
	int __tsan_atomic##bits##_compare_exchange_##name(volatile T *p, T *expected, T v, int order, int failure); \
	int __tsan_atomic##bits##_compare_exchange_##name(volatile T *p, T *expected, T v, int order, int failure) \
	{ \
		T wanted, old; \
 \
		(void)failure; \
		hook_access(REQUEST_LOAD, (uintptr_t)expected, sizeof(*expected), RET); \
		wanted = *expected; \
		old = atomic##bits##_compare_exchange(p, wanted, v, order, RET); \
		if (old == wanted) \
			return 1; \
		hook_access(REQUEST_STORE, (uintptr_t)expected, sizeof(*expected), RET); \
		*expected = old; \
		return 0; \
	}
#define ATOMIC_COMPARE_VAL(bits, T) \
	T __tsan_atomic##bits##_compare_exchange_val(volatile T *p, T expected, T v, int order, int failure); \
	T __tsan_atomic##bits##_compare_exchange_val(volatile T *p, T expected, T v, int order, int failure) \
	{ \
		(void)failure; \
		return atomic##bits##_compare_exchange(p, expected, v, order, RET); \
	}
#define ATOMIC_UPDATES(X, bits, T) \
	X(bits, T, exchange, v) X(bits, T, fetch_add, old + v) X(bits, T, fetch_sub, old - v) \
	X(bits, T, fetch_or, old | v) X(bits, T, fetch_and, old & v) X(bits, T, fetch_xor, old ^ v) \
	X(bits, T, fetch_nand, ~(old & v))
#define ATOMICS(bits, T) \
	ATOMIC_LOAD_STORE(bits, T) \
	ATOMIC_UPDATES(ATOMIC_UPDATE, bits, T) \
	ATOMIC_EXCHANGE_IF(bits, T) \
	ATOMIC_COMPARE(bits, T, strong) \
	ATOMIC_COMPARE(bits, T, weak) \
	ATOMIC_COMPARE_VAL(bits, T)
__extension__ typedef unsigned __int128 hook_u128;
ATOMICS(8, uint8_t)
ATOMICS(16, uint16_t)
ATOMICS(32, uint32_t)
ATOMICS(64, uint64_t)
ATOMICS(128, hook_u128)

#define SYMBOL(name) { #name, (void *)(uintptr_t)name },
#define SYMBOL_SIZES(name, kind) \
	SYMBOL(__tsan_##name##1) SYMBOL(__tsan_##name##2) SYMBOL(__tsan_##name##4) SYMBOL(__tsan_##name##8) \
	SYMBOL(__tsan_##name##16)
#define SYMBOL_UPDATE(bits, T, name, expression) SYMBOL(__tsan_atomic##bits##_##name)
#define SYMBOL_ATOMICS(bits) \
	SYMBOL(__tsan_atomic##bits##_load) \
	SYMBOL(__tsan_atomic##bits##_store) \
	ATOMIC_UPDATES(SYMBOL_UPDATE, bits, ) \
	SYMBOL(__tsan_atomic##bits##_compare_exchange_strong) \
	SYMBOL(__tsan_atomic##bits##_compare_exchange_weak) \
	SYMBOL(__tsan_atomic##bits##_compare_exchange_val)
const struct hook_symbol hook_symbols[] = {
	PLAIN_ACCESSES(SYMBOL_SIZES)
	SYMBOL(__tsan_read_range)
	SYMBOL(__tsan_write_range)
	SYMBOL(__tsan_init)
	SYMBOL(__tsan_func_entry)
	SYMBOL(__tsan_func_exit)
	SYMBOL(__tsan_atomic_thread_fence)
	SYMBOL(__tsan_atomic_signal_fence)
	SYMBOL_ATOMICS(8)
	SYMBOL_ATOMICS(16)
	SYMBOL_ATOMICS(32)
	SYMBOL_ATOMICS(64)
	SYMBOL_ATOMICS(128)
	{ NULL, NULL },
};
