/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One run of a litmus test on the machine, step by step. Who steps next is litmus_explore.c's; what a step does is
 * litmus_run.c's; the machine that is made for a test, litmus_machine.c's.
 */
#ifndef MODELS_LITMUS_RUN_H
#define MODELS_LITMUS_RUN_H

#include "models/litmus/litmus.h"
#include "models/machine.h"
#include "models/store_buffer.h"

enum litmus_window { LITMUS_CACHED, LITMUS_UNCACHED, LITMUS_THROUGH, LITMUS_DEVICE, LITMUS_WINDOWS };

struct litmus_thread {
	unsigned int next;			    /* instruction */
	unsigned int line;			    /* of maintenance of all lines: those that are done */
	struct engine_timer ring[STORE_BUFFER_MAX]; /* what makes the rings in its store buffer leave, oldest first */
	unsigned int rings;
};

struct litmus_run {
	const struct litmus *test;
	struct platform platform;
	struct engine engine;
	struct machine machine;
	struct chooser chooser;
	uintptr_t window[LITMUS_AGENTS_MAX][LITMUS_WINDOWS];
	uint8_t initial[LITMUS_CELLS][LITMUS_CELL_BYTES];
	/* This run. */
	struct litmus_thread thread[LITMUS_AGENTS_MAX];
	struct litmus_state state;
};

/* ---- litmus_machine.c -------------------------------------------------------------------------------------- */
/* False with a sentence; to be ended by litmus_machine_fini all the same. */
bool litmus_machine_init(struct litmus_run *run, const struct litmus *test, char *why, size_t why_size);
void litmus_machine_fini(struct litmus_run *run);
/* All is as at the beginning of a run. */
void litmus_machine_reset(struct litmus_run *run);
/* Of the agent's cluster's table and IOTLB. */
void litmus_machine_map(struct litmus_run *run, unsigned int agent, unsigned int page, unsigned int to);
void litmus_machine_unmap(struct litmus_run *run, unsigned int agent, unsigned int page);
void litmus_machine_tlbi(struct litmus_run *run, unsigned int agent);
uint64_t litmus_machine_address(unsigned int cell, unsigned int offset);

/* ---- litmus_mailbox.c -------------------------------------------------------------------------------------- */
void litmus_mailbox_build(struct platform *platform, const struct litmus *test);
/* What is on its way through it, and what has arrived. */
const struct mailbox_link *litmus_mailbox(const struct litmus_run *run, unsigned int mailbox);
/* A ring left the agent's store buffer, or there is none. */
void litmus_mailbox_ring(struct litmus_run *run, unsigned int mailbox);
/* The oldest of what flies arrives; something must. */
void litmus_mailbox_arrive(struct litmus_run *run, unsigned int mailbox);
/* Was it rung? Not any more. */
bool litmus_mailbox_take(struct litmus_run *run, unsigned int mailbox);
/* False: full. */
bool litmus_mailbox_push(struct litmus_run *run, unsigned int mailbox, uint8_t token);
/* One must have arrived. */
uint8_t litmus_mailbox_pop(struct litmus_run *run, unsigned int mailbox);

/* ---- litmus_run.c -------------------------------------------------------------------------------------------- */
/* The agent's next instruction; NULL: it has none, or was stopped by a fault. */
const struct litmus_instruction *litmus_run_next(const struct litmus_run *run, unsigned int agent);
/* Can it be executed? */
bool litmus_run_can_step(const struct litmus_run *run, unsigned int agent);
/* Executes it, or of maintenance of all lines that of one line. */
void litmus_run_step(struct litmus_run *run, unsigned int agent);
/* Of those that wait in the agent's store buffer, the oldest ring leaves. */
void litmus_run_ring_leaves(struct litmus_run *run, unsigned int agent);

#endif
