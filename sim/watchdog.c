/* SPDX-License-Identifier: BSD-3-Clause */
/* The watchdog; see watchdog.h. */
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "sim/engine.h"
#include "sim/watchdog.h"

#define WATCHDOG_STACK 65536

static const int watchdog_faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
#define WATCHDOG_FAULTS (sizeof(watchdog_faults) / sizeof(watchdog_faults[0]))

static struct agent *volatile watchdog_agent;
static volatile uint64_t watchdog_stays;	/* in hosted code, counted */
static uint64_t watchdog_seen;
static struct sigaction watchdog_before[WATCHDOG_FAULTS + 1];
static unsigned char watchdog_stack[WATCHDOG_STACK];

void watchdog_enter(struct agent *agent)
{
	watchdog_agent = agent;
	watchdog_stays++;
}

void watchdog_leave(void)
{
	watchdog_agent = NULL;
}

/* Turns the interrupted hosted code into a last request of its agent: it makes that call and never returns. */
static void watchdog_divert(ucontext_t *context, enum request_kind kind, uint64_t address)
{
	struct agent *agent = watchdog_agent;

#if defined(__x86_64__)
	agent->stuck = (struct request){ .kind = kind, .address = address,
					 .ret = (uintptr_t)context->uc_mcontext.gregs[REG_RIP] + 1 };
	/* As if its first function called; on top of the stack, as its own pointer may be what is wrong. */
	context->uc_mcontext.gregs[REG_RSP] = (long long)((((uintptr_t)agent->stack + agent->stack_size) & ~(uintptr_t)15) - 8);
	context->uc_mcontext.gregs[REG_RDI] = (long long)(uintptr_t)&agent->stuck;
	context->uc_mcontext.gregs[REG_RIP] = (long long)(uintptr_t)hook_request;
#else
	(void)context;
	(void)kind;
	(void)address;
	fprintf(stderr, "sbesim: %s stopped making accesses, and this machine cannot end it\n", agent->name);
	_exit(3);
#endif
}

static void watchdog_on_fault(int signal, siginfo_t *info, void *context)
{
	if (!watchdog_agent) { /* ours: die of it as usual */
		sigaction(signal, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
		return;
	}
	watchdog_divert(context, REQUEST_FAULT, (uint64_t)(uintptr_t)info->si_addr);
}

static void watchdog_on_time(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	if (watchdog_agent && watchdog_seen == watchdog_stays)
		watchdog_divert(context, REQUEST_STUCK, 0);
	watchdog_seen = watchdog_stays;
}

void watchdog_install(unsigned int seconds)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK, .sa_sigaction = watchdog_on_fault };
	struct itimerval timer = { .it_interval = { .tv_sec = seconds }, .it_value = { .tv_sec = seconds } };

	sigaltstack(&(stack_t){ .ss_sp = watchdog_stack, .ss_size = sizeof(watchdog_stack) }, NULL);
	for (unsigned int i = 0; i < WATCHDOG_FAULTS; i++)
		sigaction(watchdog_faults[i], &action, &watchdog_before[i]);
	action.sa_sigaction = watchdog_on_time;
	action.sa_flags |= SA_RESTART;
	sigaction(SIGVTALRM, &action, &watchdog_before[WATCHDOG_FAULTS]);
	setitimer(ITIMER_VIRTUAL, &timer, NULL);
}

void watchdog_remove(void)
{
	setitimer(ITIMER_VIRTUAL, &(struct itimerval){ 0 }, NULL);
	for (unsigned int i = 0; i < WATCHDOG_FAULTS; i++)
		sigaction(watchdog_faults[i], &watchdog_before[i], NULL);
	sigaction(SIGVTALRM, &watchdog_before[WATCHDOG_FAULTS], NULL);
	sigaltstack(&(stack_t){ .ss_flags = SS_DISABLE }, NULL);
}
