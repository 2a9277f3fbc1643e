/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading litmus tests: the file and its frame; see litmus.h. What stands in the braces is litmus_state.c's, in the
 * columns litmus_program.c's, and the question litmus_question.c's. Comments mean nothing here, not even those that
 * mark rows.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "models/litmus/litmus_read.h"

#define LITMUS_FILE_MAX 65536u

bool litmus_refuse(struct litmus_reader *r, const char *at, const char *format, ...)
{
	unsigned int line = 1;
	va_list args;
	int used;

	for (const char *c = r->text; c < at; c++)
		line += *c == '\n';
	used = snprintf(r->why, r->why_size, "%s:%u: ", r->path, line);
	va_start(args, format);
	if (used > 0 && (size_t)used < r->why_size)
		vsnprintf(r->why + used, r->why_size - (size_t)used, format, args);
	va_end(args);
	return false;
}

void litmus_skip_blanks(struct litmus_reader *r)
{
	while (isspace((unsigned char)*r->at))
		r->at++;
}

bool litmus_expected(struct litmus_reader *r, const char *what)
{
	int size;

	litmus_skip_blanks(r);
	size = (int)strcspn(r->at, "\n");
	while (size && isspace((unsigned char)r->at[size - 1]))
		size--;
	if (!size)
		return litmus_refuse(r, r->at, "expected %s, saw the end of the file", what);
	return litmus_refuse(r, r->at, "expected %s, saw \"%.*s\"", what, size, r->at);
}

bool litmus_take(struct litmus_reader *r, const char *text)
{
	litmus_skip_blanks(r);
	if (strncmp(r->at, text, strlen(text)) != 0)
		return false;
	r->at += strlen(text);
	return true;
}

bool litmus_need(struct litmus_reader *r, const char *text)
{
	char what[16];

	if (litmus_take(r, text))
		return true;
	snprintf(what, sizeof(what), "\"%s\"", text);
	return litmus_expected(r, what);
}

const char *litmus_word(struct litmus_reader *r, char word[LITMUS_WORD_MAX])
{
	size_t size = 0;
	const char *begin;

	litmus_skip_blanks(r);
	begin = r->at;
	while (isalnum((unsigned char)*r->at) || *r->at == '_' || *r->at == '.') {
		if (size < LITMUS_WORD_MAX - 1)
			word[size++] = *r->at;
		r->at++;
	}
	word[size] = '\0';
	return begin;
}

int litmus_number(const char *word, unsigned int max)
{
	size_t digits = strspn(word, "0123456789");
	unsigned long value = strtoul(word, NULL, 10);

	return digits && !word[digits] && digits < 6 && value <= max ? (int)value : -1;
}

static int litmus_numbered(const char *word, char letter, int max)
{
	return word[0] == letter && isdigit((unsigned char)word[1]) && !word[2] && word[1] - '0' <= max ? word[1] - '0'
													: -1;
}

int litmus_agent_number(const char *word)
{
	return litmus_numbered(word, 'P', LITMUS_AGENTS_MAX - 1);
}

int litmus_register_number(const char *word)
{
	return litmus_numbered(word, 'r', LITMUS_REGISTERS - 1);
}

/* ---- The file -------------------------------------------------------------------------------------------- */

static bool litmus_load(struct litmus_reader *r)
{
	FILE *file = fopen(r->path, "rb");
	size_t size;

	if (!file) {
		snprintf(r->why, r->why_size, "%s: a litmus test cannot be read: %s", r->path, strerror(errno));
		return false;
	}
	size = fread(r->text, 1, LITMUS_FILE_MAX, file);
	r->text[size < LITMUS_FILE_MAX ? size : 0] = '\0';
	bool whole = !ferror(file) && size < LITMUS_FILE_MAX && strlen(r->text) == size;

	fclose(file);
	if (!whole)
		snprintf(r->why, r->why_size, "%s: expected a text of less than %u bytes", r->path, LITMUS_FILE_MAX);
	return whole;
}

static bool litmus_blank_comments(struct litmus_reader *r)
{
	char *begin, *end;

	while ((begin = strstr(r->text, "(*"))) {
		end = strstr(begin + 2, "*)");
		if (!end)
			return litmus_refuse(r, begin, "a comment is not closed by \"*)\"");
		for (char *c = begin; c < end + 2; c++)
			*c = *c == '\n' ? '\n' : ' ';
	}
	return true;
}

/* The file's name without directory and suffix. */
static bool litmus_is_stem(const char *path, const char *name)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	size_t size = strlen(name);

	return strncmp(base, name, size) == 0 && (!base[size] || strcmp(base + size, ".litmus") == 0);
}

static bool litmus_read_name(struct litmus_reader *r)
{
	const char *begin;
	size_t size;

	if (!litmus_take(r, "SBESIM"))
		return litmus_expected(r, "SBESIM and the test's name");
	litmus_skip_blanks(r);
	begin = r->at;
	size = strcspn(r->at, " \t\r\n\v\f");
	if (!size || size >= sizeof(r->test->name))
		return litmus_expected(r, "the test's name, of less than 128 characters");
	snprintf(r->test->name, sizeof(r->test->name), "%.*s", (int)size, begin);
	r->at += size;
	return litmus_is_stem(r->path, r->test->name) ||
	       litmus_refuse(r, begin, "the test is named %s: expected its file's name", r->test->name);
}

static bool litmus_read_sentence(struct litmus_reader *r)
{
	size_t size;

	litmus_skip_blanks(r);
	size = *r->at == '"' ? strcspn(r->at + 1, "\"") : 0;
	if (!size || r->at[1 + size] != '"')
		return litmus_expected(r, "a sentence in quotes");
	r->at += size + 2;
	return true;
}

static bool litmus_read_text(struct litmus_reader *r)
{
	return litmus_load(r) && litmus_blank_comments(r) && litmus_read_name(r) && litmus_read_sentence(r) &&
	       litmus_read_state(r) && litmus_read_program(r) && litmus_read_question(r);
}

bool litmus_read(struct litmus *test, const char *path, char *why, size_t why_size)
{
	struct litmus_reader r = {.path = path, .why = why, .why_size = why_size, .test = test};
	bool read;

	memset(test, 0, sizeof(*test));
	r.at = r.text = malloc(LITMUS_FILE_MAX);
	if (!r.text) {
		snprintf(why, why_size, "%s: no memory", path);
		return false;
	}
	read = litmus_read_text(&r);
	free(r.text);
	return read;
}
