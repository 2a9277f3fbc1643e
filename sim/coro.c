/* SPDX-License-Identifier: BSD-3-Clause */
/* Coroutines; see coro.h. It knows nothing of agents. */
#include <fenv.h>
#include <stdint.h>
#include <string.h>

#include "sim/coro.h"

/* CORO_ASAN comes from the Makefile: this file itself is not instrumented, see there. */
#ifdef CORO_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id) ((void)(id))
#define VALGRIND_MAKE_MEM_UNDEFINED(start, size) ((void)0)
#endif

/* The coroutine being switched to, for the first instructions on its stack. */
static struct coro *coro_next;
static struct coro *coro_previous;

static void coro_arrived(struct coro *self)
{
#ifdef CORO_ASAN
	__sanitizer_finish_switch_fiber(self->fake_stack, &coro_previous->asan_bottom, &coro_previous->asan_size);
#else
	(void)self;
#endif
}

static void coro_main(void)
{
	struct coro *self = coro_next;

	coro_arrived(self);
	self->entry(self->arg);
	__builtin_trap();
}

#if CORO_OWN_SWITCH
/* void coro_swap(void **save_sp, void *load_sp) */
void coro_swap(void **save_sp, void *load_sp);
__asm__(".text\n"
	".globl coro_swap\n"
	".hidden coro_swap\n"
	".type coro_swap, @function\n"
	"coro_swap:\n"
	"	pushq %rbp\n	pushq %rbx\n	pushq %r12\n	pushq %r13\n	pushq %r14\n	pushq %r15\n"
	"	subq $8, %rsp\n	stmxcsr (%rsp)\n	fnstcw 4(%rsp)\n"
	"	movq %rsp, (%rdi)\n"
	"	movq %rsi, %rsp\n"
	"	ldmxcsr (%rsp)\n	fldcw 4(%rsp)\n	addq $8, %rsp\n"
	"	popq %r15\n	popq %r14\n	popq %r13\n	popq %r12\n	popq %rbx\n	popq %rbp\n"
	/* Leave nothing of ours below the stack pointer. */
	"	popq %rcx\n"
	"	movabsq $0xa5a5a5a5a5a5a5a5, %rax\n"
	"	pushq %rax\n	pushq %rax\n	pushq %rax\n	pushq %rax\n"
	"	pushq %rax\n	pushq %rax\n	pushq %rax\n	pushq %rax\n"
	"	addq $64, %rsp\n"
	"	jmp *%rcx\n"
	".size coro_swap, . - coro_swap\n");

static void coro_prepare(struct coro *coro)
{
	uintptr_t top = ((uintptr_t)coro->stack + coro->stack_size) & ~(uintptr_t)15;
	uint64_t *sp = (uint64_t *)top;

	*--sp = 0;				/* where a return address of coro_main would be */
	*--sp = (uint64_t)(uintptr_t)coro_main;	/* popped by the first switch; then sp is 8 mod 16, as after a call */
	for (int i = 0; i < 6; i++)
		*--sp = 0;
	*--sp = 0x0000037f00001f80;		/* x87 and SSE control words as the ABI has them at entry */
	coro->sp = sp;
}

static void coro_jump(struct coro *from, struct coro *to)
{
	coro_swap(&from->sp, to->sp);
}
#else
static void coro_prepare(struct coro *coro)
{
	fenv_t caller;

	/* It begins as a program does, whatever its maker has set. */
	fegetenv(&caller);
	fesetenv(FE_DFL_ENV);
	getcontext(&coro->context);
	fesetenv(&caller);
	coro->context.uc_stack.ss_sp = coro->stack;
	coro->context.uc_stack.ss_size = coro->stack_size;
	coro->context.uc_link = NULL;
	makecontext(&coro->context, coro_main, 0);
}

static void coro_jump(struct coro *from, struct coro *to)
{
	swapcontext(&from->context, &to->context);
}
#endif

void coro_init(struct coro *coro, void *stack, size_t stack_size, void (*entry)(void *arg), void *arg)
{
	if (!coro->stack)
		coro->valgrind_id = VALGRIND_STACK_REGISTER(stack, (char *)stack + stack_size);
	coro->stack = stack;
	coro->stack_size = stack_size;
	coro->entry = entry;
	coro->arg = arg;
	coro->fake_stack = NULL;
	coro->asan_bottom = stack;
	coro->asan_size = stack_size;
	/* Frames of a life that was cut short. */
#ifdef CORO_ASAN
	__asan_unpoison_memory_region(stack, stack_size);
#endif
	VALGRIND_MAKE_MEM_UNDEFINED(stack, stack_size);
	memset(stack, CORO_FILL, stack_size);
	coro_prepare(coro);
}

void coro_fini(struct coro *coro)
{
	if (coro->stack)
		VALGRIND_STACK_DEREGISTER(coro->valgrind_id);
	coro->stack = NULL;
}

void coro_switch(struct coro *from, struct coro *to)
{
	coro_previous = from;
	coro_next = to;
#ifdef CORO_ASAN
	__sanitizer_start_switch_fiber(&from->fake_stack, to->asan_bottom, to->asan_size);
#endif
	coro_jump(from, to);
	coro_arrived(from);
}
