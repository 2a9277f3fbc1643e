/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Assembler text, x86-64 as gcc and clang write it: instructions with their operands, labels, and the places in the
 * source that they come from. Directives that say nothing of these are left out; macros are not known.
 */
#ifndef SIM_CC_TEXT_H
#define SIM_CC_TEXT_H

#include "sim/cc/cc.h"

/* Registers, by the order of their names in text.c. */
#define REGISTERS 16u
#define RAX 0u
#define RDX 3u
#define RSI 4u
#define RDI 5u
#define RBP 6u
#define RSP 7u
#define R10 10u
#define NONE 255u

struct flow;

struct operand {
	const char *text; /* without the segment */
	size_t size;
	enum { OPERAND_NONE, OPERAND_REGISTER, OPERAND_VECTOR, OPERAND_MEMORY, OPERAND_OTHER } kind;
	unsigned int reg, bytes; /* registers: which, how wide */
	unsigned int base, index; /* memory: registers or NONE */
	long displacement;
	bool own; /* memory: the image's own, by name, or thread-local */
};

struct instruction {
	enum { IS_LABEL, IS_FUNCTION, IS_CODE } kind;
	const char *name; /* of a label too */
	struct operand operand[3]; /* the last ones */
	unsigned int operands;
	bool in_asm, repeated, address_taken;
	struct cc_place place;
	struct flow *at_label;
};

struct text {
	struct instruction *code;
	size_t count;
	struct flow_result result;
};

/* Takes `all` apart, and keeps pointers into it. Once per process. */
const struct text *text_read(char *all);
/* The label of this name, or NULL. */
struct instruction *text_label(const char *name);
/* "rax", "eax", "al", "r8d": which register; NONE when it is none of these. */
unsigned int register_find(const char *name, size_t size);

#endif
