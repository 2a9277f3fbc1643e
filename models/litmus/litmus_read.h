/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files that read litmus tests share: a text, a place in it, and how it is refused. */
#ifndef MODELS_LITMUS_READ_H
#define MODELS_LITMUS_READ_H

#include "models/litmus/litmus.h"

#define LITMUS_WORD_MAX 64

struct litmus_reader {
	const char *path;
	char *text; /* comments are blanks */
	const char *at;
	char *why;
	size_t why_size;
	struct litmus *test;
	unsigned int told;					       /* bit n: agent n's item was read */
	const char *place[LITMUS_AGENTS_MAX][LITMUS_INSTRUCTIONS_MAX]; /* of the instructions in the text */
};

/* "FILE:LINE: " and the sentence; the line is that of `at`. False. */
bool litmus_refuse(struct litmus_reader *r, const char *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* "expected ..., saw ..." at the present place. False. */
bool litmus_expected(struct litmus_reader *r, const char *what);
void litmus_skip_blanks(struct litmus_reader *r);
/* Is `text` next? Goes behind it if so. */
bool litmus_take(struct litmus_reader *r, const char *text);
/* Goes behind `text`, or refuses. */
bool litmus_need(struct litmus_reader *r, const char *text);
/* The next word, of letters, digits, '_' and '.', which may be empty. Points to where it begins. */
const char *litmus_word(struct litmus_reader *r, char word[LITMUS_WORD_MAX]);
/* A number from 0 to max; -1: the word is none. */
int litmus_number(const char *word, unsigned int max);
/* P0, P1, P2; -1: no agent. */
int litmus_agent_number(const char *word);
/* r0 to r9; -1: no register. */
int litmus_register_number(const char *word);

/* litmus_state.c: what the braces hold, up to and with the closing one. */
bool litmus_read_state(struct litmus_reader *r);
/* litmus_program.c: the heading and the rows. */
bool litmus_read_program(struct litmus_reader *r);
/* litmus_question.c: up to the end. */
bool litmus_read_question(struct litmus_reader *r);

#endif
