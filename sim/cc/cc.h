/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What sbesim-cc says about code that it compiled: warnings in the compilers' own form, one line each.
 *
 * The tool stands in for the assembler. It looks at the assembler text that the compiler wrote (flow.c), at what else
 * the compiler tells (statements.c), at the object's debug information (layout.c), and runs the real assembler.
 */
#ifndef SIM_CC_CC_H
#define SIM_CC_CC_H

#include <stdbool.h>
#include <stddef.h>

/* X(identifier, name, is an error unless told otherwise) */
#define CC_WARNINGS(X) \
	X(ASM, "asm", true) \
	X(BARRIER, "barrier", false) \
	X(ASSEMBLER, "assembler", false) \
	X(STRUCT_VALUE, "struct-value", false) \
	X(STRUCT_COPY, "struct-copy", false) \
	X(BIT_FIELD, "bit-field", false) \
	X(LONG_DOUBLE, "long-double", false) \
	X(VECTOR, "vector", false) \
	X(NO_HOOKS, "no-hooks", false) \
	X(UNSEEN, "unseen", false) \
	X(LP64, "lp64", false)

enum cc_warning {
#define CC_ENUM(id, name, is_error) CC_##id,
	CC_WARNINGS(CC_ENUM)
#undef CC_ENUM
	CC_WARNING_COUNT
};

struct cc_place {
	const char *file;	/* as the compiler names it */
	unsigned int line, column;
};

/* One line on stderr, unless the warning is off, or the same was said of this line. */
void cc_warn(enum cc_warning warning, struct cc_place place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Was this, or STRUCT_VALUE, said of this line? */
bool cc_warned(enum cc_warning warning, struct cc_place place);

/* Strings that live until the end; `size` bytes of `text`. */
char *cc_copy(const char *text, size_t size);
/* The whole file with a NUL behind it, or NULL. */
char *cc_read(const char *path, size_t *size);
/* Space for one more of `count` elements in a growing array. */
void *cc_grow(void *array, size_t count, size_t element);
bool cc_starts(const char *text, const char *prefix);

/* Functions that gcc makes return their struct where a hidden argument points; and asm statements (gcc's dump). */
void statements_scan_dump(const char *text);
bool statements_returns_hidden(const char *function);
/* asm statements of preprocessed text, those which were emitted: at one of `places`. */
void statements_scan_source(const char *text, const struct cc_place *places, size_t count);

/* What a file of assembler text holds. */
struct flow_result {
	const char *compiler;		/* its .ident, or NULL: written by hand */
	const char *source;		/* its .file */
	struct cc_place *asm_place;	/* inline assembly that was emitted */
	size_t asm_places;
};
struct flow_result flow_scan(char *text);

/* Structures of the object that look shared and have members of other sizes on a 32-bit CPU. */
void layout_scan(const char *object, const char *shared);

#endif
