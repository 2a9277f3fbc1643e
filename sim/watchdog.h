/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The watchdog: ends what hosted code does without making any access.
 *
 * A loop such as `while (1);` never reaches a hook. After some seconds of processor time in the same stay in hosted
 * code a signal ends the run, as a hang; where the loop was goes to stderr, never into a trace. An access that escaped
 * the hooks and hit nothing (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP in hosted code) ends its agent in the same way,
 * as a fault.
 */
#ifndef SIM_WATCHDOG_H
#define SIM_WATCHDOG_H

#include <stdbool.h>

struct agent;

/* Process-wide handlers. Call once before the first run, and watchdog_remove after the last. */
void watchdog_install(unsigned int seconds);
void watchdog_remove(void);
/* The engine resumes the agent / has control again. */
void watchdog_enter(struct agent *agent);
void watchdog_leave(void);

#endif
