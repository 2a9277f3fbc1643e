/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Litmus tests: a few instructions per agent, every schedule and every surprise, and the set of what may be read.
 *
 * The language is specified in conformance/litmus/README.md. A test is run on the models: its agents are CPUs of a
 * platform that is made for it, its instructions operations of the machine. Nothing here knows what memory may do.
 */
#ifndef MODELS_LITMUS_H
#define MODELS_LITMUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define LITMUS_AGENTS_MAX 3
#define LITMUS_CELLS 2u /* pages, of each of which a test uses the first LITMUS_CELL_BYTES */
#define LITMUS_CELL_BYTES 64u
#define LITMUS_WORDS (LITMUS_CELLS * LITMUS_CELL_BYTES / 4)
#define LITMUS_MAILBOXES_MAX 8
#define LITMUS_DEPTH_MAX 4u
#define LITMUS_INSTRUCTIONS_MAX 16 /* of an agent */
#define LITMUS_REGISTERS 10
#define LITMUS_FAULT LITMUS_REGISTERS /* stands behind them wherever registers are numbered */
#define LITMUS_NAME_MAX 32
#define LITMUS_TERMS_MAX 64

enum litmus_op {
#define LITMUS_OP(name, text, operands) LITMUS_##name,
#include "models/litmus/litmus_ops.def"
#undef LITMUS_OP
	LITMUS_OPS
};

struct litmus_instruction {
	enum litmus_op op;
	uint8_t target;			  /* register */
	uint8_t variable, mailbox, agent; /* index */
	uint8_t page, to_page;
	bool by_register; /* value is a register's number */
	uint8_t value;
};

enum litmus_iommu { LITMUS_IOMMU_NONE, LITMUS_IOMMU_BEFORE, LITMUS_IOMMU_AFTER };

struct litmus_agent {
	unsigned int cluster; /* the first agent of its cluster; that one's values are the cluster's */
	unsigned int line_bytes, buffer;
	bool clean_part_lines, clean_dirty_lines;
	enum litmus_iommu iommu;
	uint32_t registers; /* those that its column names; bit LITMUS_FAULT: its fault is told */
	struct litmus_instruction instruction[LITMUS_INSTRUCTIONS_MAX];
	unsigned int instructions;
};

struct litmus_variable {
	char name[LITMUS_NAME_MAX];
	unsigned int offset; /* bytes, cell after cell */
	uint8_t value;
};

struct litmus_mailbox {
	char name[LITMUS_NAME_MAX];
	unsigned int from, to;
	unsigned int depth; /* 0: a doorbell */
	bool lossy, duplicate;
};

/* The question is a tree; the root is its last term. */
struct litmus_term {
	enum litmus_term_kind { LITMUS_TERM_IS, LITMUS_TERM_NOT, LITMUS_TERM_AND, LITMUS_TERM_OR } kind;
	unsigned int left, right; /* index; NOT has but a left one */
	uint8_t agent, reg, value;
};

struct litmus {
	char name[128];
	char condition[512]; /* as written, without needless blanks */
	struct litmus_agent agent[LITMUS_AGENTS_MAX];
	unsigned int agents;
	struct litmus_variable variable[LITMUS_WORDS];
	unsigned int variables;
	struct litmus_mailbox mailbox[LITMUS_MAILBOXES_MAX];
	unsigned int mailboxes;
	unsigned int peripherals; /* whose device memory the pages are: one's, or one each */
	bool forbidden;
	struct litmus_term term[LITMUS_TERMS_MAX];
	unsigned int terms;
};

/* Of the agents' registers and faults. */
struct litmus_state {
	uint8_t value[LITMUS_AGENTS_MAX][LITMUS_REGISTERS + 1];
};

struct litmus_outcome {
	struct litmus_state state;
	uint64_t count; /* runs that ended so */
};

struct litmus_result {
	struct litmus_outcome *outcome; /* sorted; freed by litmus_result_fini */
	unsigned int outcomes, outcomes_size;
	uint64_t runs;	    /* that ended; what another run had made sure of is not counted */
	uint64_t capped;    /* histories that were cut short */
	bool complete;	    /* every run was made, and none capped */
	uint64_t witnesses; /* runs that ended as the question asks */
	bool holds;	    /* the question's claim is true of the outcomes */
};

/* Reads the file. False with a sentence, "FILE:LINE: ..." in `why`. */
bool litmus_read(struct litmus *test, const char *path, char *why, size_t why_size);
/*
 * Makes every run. `every_schedule`: also those that differ from others only in the order of steps that do not meet.
 * False with a sentence when the machine cannot be built.
 */
bool litmus_explore(const struct litmus *test, bool every_schedule, struct litmus_result *result, char *why,
		    size_t why_size);
void litmus_result_fini(struct litmus_result *result);
/* "0:r0=1 1:fault=0 1:r1=0" */
void litmus_state_print(const struct litmus *test, const struct litmus_state *state, char *text, size_t size);
void litmus_print(const struct litmus *test, const struct litmus_result *result, FILE *out);
void litmus_print_json(const struct litmus *test, const struct litmus_result *result, FILE *out);

#endif
