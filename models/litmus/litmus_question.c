/* SPDX-License-Identifier: BSD-3-Clause */
/* A litmus test's question, by recursive descent: \/ of /\ of ~ of terms; see litmus_read.h. */
#include <ctype.h>
#include <string.h>

#include "models/litmus/litmus_read.h"

static bool question_either(struct litmus_reader *r, unsigned int *root);

static bool question_add(struct litmus_reader *r, const struct litmus_term *term, unsigned int *root)
{
	if (r->test->terms == LITMUS_TERMS_MAX)
		return litmus_refuse(r, r->at, "the question is too long: expected at most %d terms, /\\, \\/ and ~",
				     LITMUS_TERMS_MAX);
	*root = r->test->terms;
	r->test->term[r->test->terms++] = *term;
	return true;
}

static bool question_group(struct litmus_reader *r, unsigned int *root)
{
	return litmus_need(r, "(") && question_either(r, root) && litmus_need(r, ")");
}

static bool question_term(struct litmus_reader *r, unsigned int *root)
{
	char agent[LITMUS_WORD_MAX], reg[LITMUS_WORD_MAX], value[LITMUS_WORD_MAX];
	const char *at;

	litmus_skip_blanks(r);
	at = r->at;
	litmus_word(r, agent);
	if (!litmus_take(r, ":"))
		return r->at = at, litmus_expected(r, "a term as 1:r0=2");
	litmus_word(r, reg);
	if (!litmus_take(r, "="))
		return r->at = at, litmus_expected(r, "a term as 1:r0=2");
	litmus_word(r, value);
	bool fault = strcmp(reg, "fault") == 0;
	int a = litmus_number(agent, r->test->agents - 1), g = fault ? LITMUS_FAULT : litmus_register_number(reg);
	int v = litmus_number(value, fault ? 1 : 255);

	if (a < 0 || g < 0 || !(r->test->agent[a].registers & 1u << g))
		return litmus_refuse(r, at, "the question asks for %s:%s, which no outcome tells", agent, reg);
	if (v < 0)
		return litmus_refuse(r, at, "the question asks for %s:%s=%s, which it never is", agent, reg, value);
	return question_add(
		r,
		&(struct litmus_term){
			.kind = LITMUS_TERM_IS, .agent = (uint8_t)a, .reg = (uint8_t)g, .value = (uint8_t)v},
		root);
}

static bool question_single(struct litmus_reader *r, unsigned int *root)
{
	struct litmus_term term = {.kind = LITMUS_TERM_NOT};

	if (litmus_take(r, "~"))
		return question_single(r, &term.left) && question_add(r, &term, root);
	litmus_skip_blanks(r);
	return *r->at == '(' ? question_group(r, root) : question_term(r, root);
}

static bool question_both(struct litmus_reader *r, unsigned int *root)
{
	struct litmus_term term = {.kind = LITMUS_TERM_AND};

	if (!question_single(r, root))
		return false;
	while (litmus_take(r, "/\\")) {
		term.left = *root;
		if (!question_single(r, &term.right) || !question_add(r, &term, root))
			return false;
	}
	return true;
}

static bool question_either(struct litmus_reader *r, unsigned int *root)
{
	struct litmus_term term = {.kind = LITMUS_TERM_OR};

	if (!question_both(r, root))
		return false;
	while (litmus_take(r, "\\/")) {
		term.left = *root;
		if (!question_both(r, &term.right) || !question_add(r, &term, root))
			return false;
	}
	return true;
}

/* "exists (...)", blanks in a row being one. */
static void question_keep_text(struct litmus *test, const char *at, const char *end)
{
	size_t used = 0;

	for (; at < end && used + 1 < sizeof(test->condition); at++) {
		bool blank = isspace((unsigned char)*at);

		if (!blank || (used && test->condition[used - 1] != ' '))
			test->condition[used++] = blank ? ' ' : *at;
	}
	test->condition[used] = '\0';
}

bool litmus_read_question(struct litmus_reader *r)
{
	char word[LITMUS_WORD_MAX];
	const char *at = litmus_word(r, word);
	unsigned int root;

	r->test->forbidden = strcmp(word, "forbidden") == 0;
	if (!question_group(r, &root))
		return false;
	question_keep_text(r->test, at, r->at);
	litmus_skip_blanks(r);
	return !*r->at || litmus_expected(r, "nothing behind the question");
}
