/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Power and reset: in which state each processor is, and a table of the moves between states: who may ask for each,
 * and what it does.
 *
 * A processor is one CPU. Its states are enum trace_power's (traces/enums.def). A reset keeps memory; the caches are
 * out of action from then on, and what they held dirty is lost or had reached memory before (the memory model's
 * choice). A loss of power takes the memory of the processor's power domain, too, unless
 * somebody else keeps that on. A crash touches neither: the core
 * takes no step, its cache still holds what it held. Not modelled: retention states, sequences of supplies, the time
 * that a state takes other than booting, and who is told of a peer's state (on boards, an interrupt or a mailbox
 * message of firmware).
 *
 * States and moves are those of Linux' remoteproc (offline, running, suspended, crashed) and PSCI (CPU_ON, CPU_OFF,
 * CPU_SUSPEND, SYSTEM_RESET), with "held in reset" and "without power" kept apart.
 */
#ifndef MODELS_POWER_H
#define MODELS_POWER_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/engine.h"

#define POWER_SITE_CRASH "power.crash"	/* before an access: the processor crashes there */

enum power_move {
	POWER_START,		/* released from reset */
	POWER_BOOTED,		/* its boot time is over: the first instruction */
	POWER_STOP,		/* reset asserted, and held */
	POWER_RESET,		/* reset asserted, and released */
	POWER_SUSPEND,		/* until a resume */
	POWER_DOZE,		/* until a resume or an interrupt that it would take */
	POWER_RESUME,
	POWER_WAKE,		/* what an interrupt does to one that dozes */
	POWER_CRASH,		/* lock-up */
	POWER_CUT,		/* loss of power */
	POWER_MOVES
};

/* What moves do, to processor `id`, whose state is the one that the move leads to. */
struct power_ops {
	void (*start)(void *ctx, unsigned int id);	/* the first instruction; memory as it is */
	void (*stop)(void *ctx, unsigned int id);	/* no further step */
	void (*suspend)(void *ctx, unsigned int id);
	void (*resume)(void *ctx, unsigned int id);
	void (*lose_caches)(void *ctx, unsigned int id);
	void (*gain_memory)(void *ctx, unsigned int id);	/* its power domain has power */
	void (*lose_memory)(void *ctx, unsigned int id);	/* it has none any more, as far as this one goes */
	bool (*interrupted)(void *ctx, unsigned int id);	/* has it a pending interrupt that it would take? */
};

struct power_processor {
	enum trace_power state;
	uint32_t boot_ns;	/* from its release to the first instruction */
	bool boots;		/* runs when the machine is switched on */
	bool dozes;		/* suspended: an interrupt wakes it */
	bool may_crash;		/* asked at its every access */
	uint32_t releases;	/* counted: the boot time of an earlier one is nobody's business */
};

struct power {
	struct engine *engine;
	const struct power_ops *ops;
	void *ctx;
	unsigned int processors;
	struct power_processor processor[ENGINE_AGENTS_MAX];
};

/*
 * The machine is switched on: who boots runs, the others are off. Nothing is told. Everything but the states is the
 * caller's.
 */
void power_reset(struct power *power);
/* Does the table permit it now? */
bool power_may(const struct power *power, unsigned int id, enum power_move move, enum trace_asker by);
/* False: the table does not permit it, nothing happened. What happens is told. */
bool power_request(struct power *power, unsigned int id, enum power_move move, enum trace_asker by);
/* An interrupt that it would take is pending. */
void power_interrupt(struct power *power, unsigned int id);
/* Before an access of the processor: true when it crashed there. Asked only where may_crash. */
bool power_crashes(struct power *power, unsigned int id);

#endif
