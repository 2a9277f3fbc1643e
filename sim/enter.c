/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way into the engine and back, on the agent's stack.
 *
 * Like hook.c, libc.c and seam.c this is compiled alike in every build, sanitized or not: what it leaves on the stack is
 * what hosted code may see. (In a file of its own so that a test can put itself in the engine's place.)
 */
#include <string.h>

#include "sim/engine.h"

#define ENTER_BELOW_TOP 1024 /* room at the top of the stack for the frames that lead to the program's entry */

_Noreturn void agent_returned(int code);

/* The agent's entry returned. */
_Noreturn void agent_returned(int code)
{
	struct request request = { .kind = REQUEST_RETURN, .value = (uint32_t)code };

	hook_request(&request);
	__builtin_trap();
}

#if defined(__x86_64__)
/* Calls entry(first, second) with the stack pointer at `sp` and nothing of ours in the registers that it may save. */
_Noreturn void agent_call(uintptr_t entry, uintptr_t first, char **second, uint8_t *sp);
__asm__(".text\n.type agent_call, @function\n"
	"agent_call:\n"
	"	movq %rcx, %rsp\n	movq %rdi, %rax\n	movq %rsi, %rdi\n	movq %rdx, %rsi\n"
	"	xorl %edx, %edx\n	xorl %ecx, %ecx\n	xorl %ebx, %ebx\n	xorl %ebp, %ebp\n"
	"	xorl %r8d, %r8d\n	xorl %r9d, %r9d\n	xorl %r10d, %r10d\n	xorl %r11d, %r11d\n"
	"	xorl %r12d, %r12d\n	xorl %r13d, %r13d\n	xorl %r14d, %r14d\n	xorl %r15d, %r15d\n"
	"	call *%rax\n"
	"	movl %eax, %edi\n	call agent_returned\n	ud2\n"
	".size agent_call, . - agent_call\n");
#else
static _Noreturn void agent_call(uintptr_t entry, uintptr_t first, char **second, uint8_t *sp)
{
	int (*call)(uintptr_t first, char **second);

	(void)sp;
	memcpy(&call, &entry, sizeof(call));
	agent_returned(call(first, second));
}
#endif

void agent_main(void *arg)
{
	struct agent *agent = arg;
	const struct program *program = agent->program;
	uint8_t *sp = (uint8_t *)(((uintptr_t)agent->stack + agent->stack_size) & ~(uintptr_t)15) - ENTER_BELOW_TOP;

	if (agent->core)
		agent_call((uintptr_t)agent->entry, (uintptr_t)agent->entry_arg, NULL, sp);
	agent_call((uintptr_t)program->image->main, 1, (char **)(void *)program->heap, sp);
}

/* Runs on the agent's stack; interrupts are taken here, on top of whatever the agent was doing. */
uint64_t hook_request(struct request *request)
{
	struct agent *agent = (struct agent *)(void *)hook_now;

	if (hook_now == &hook_idle) /* a constructor of an image: there is no machine yet */
		return 0;
	for (;;) {
		agent->request = request;
		coro_switch(&agent->coro, &agent->engine->main);
		unsigned int channel = agent->taken_channel;

		if (channel == ENGINE_CHANNELS_MAX)
			return agent->answer;
		agent->taken_channel = ENGINE_CHANNELS_MAX;
		agent->channel[channel].isr(agent->channel[channel].arg, agent->taken_token);
		agent->in_isr = false;
		engine_charge(agent, agent->costs.interrupt_exit);
	}
}
