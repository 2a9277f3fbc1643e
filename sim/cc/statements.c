/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Statements whose accesses are not in the assembler text, or not recognisable there: inline assembly with what it
 * clobbers, from gcc's dump of its last intermediate form or from preprocessed C; and, in gcc's dump, functions called
 * with a struct in memory for a result. Strings and parentheses are understood, nothing else of C.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cc/cc.h"

/* ---- One asm statement ------------------------------------------------------------------------------ */

struct asm_statement {
	bool instructions; /* its template is not empty */
	bool clobbers, operands; /* "memory"; constraints that allow a place in memory only */
};

enum asm_section { SECTION_TEMPLATE, SECTION_OUTPUTS, SECTION_INPUTS, SECTION_CLOBBERS };

static bool constraint_is_memory(const char *text, size_t size)
{
	bool memory = false;

	for (size_t i = 0; i < size; i++) {
		if (strchr("rqQabcdSDxyfgi", text[i]))
			return false;
		memory |= strchr("moV", text[i]) != NULL;
	}
	return memory;
}

static void asm_note_string(struct asm_statement *s, unsigned int section, const char *text, size_t size)
{
	if (section == SECTION_TEMPLATE) {
		for (size_t i = 0; i < size; i++) {
			bool escape = text[i] == '\\' && i + 1 < size && strchr("nt", text[i + 1]);

			s->instructions |= !escape && !isspace((unsigned char)text[i]);
			i += escape;
		}
	} else if (section == SECTION_OUTPUTS || section == SECTION_INPUTS) {
		s->operands |= constraint_is_memory(text, size);
	} else {
		s->clobbers |= size == 6 && memcmp(text, "memory", 6) == 0;
	}
}

/* Past the string or character constant that begins at `at`. */
static const char *text_skip_quoted(const char *at)
{
	char quote = *at++;

	while (*at && *at != quote)
		at += *at == '\\' && at[1] ? 2 : 1;
	return *at ? at + 1 : at;
}

/* Reads from the opening parenthesis; returns what comes behind the closing one. */
static const char *asm_read(const char *at, struct asm_statement *s)
{
	unsigned int section = SECTION_TEMPLATE, depth = 0;

	while (*at) {
		if (*at == '"' || *at == '\'') {
			const char *end = text_skip_quoted(at);

			if (*at == '"' && depth == 1)
				asm_note_string(s, section, at + 1, (size_t)(end - at) - 2);
			at = end;
			continue;
		}
		/* gcc's dump has places in brackets, with colons */
		depth += *at == '(' || *at == '[';
		section += *at == ':' && depth == 1;
		if ((*at == ')' || *at == ']') && --depth == 0)
			return at + 1;
		at++;
	}
	return at;
}

static void asm_judge(const struct asm_statement *s, struct cc_place place)
{
	if (s->instructions && (s->clobbers || s->operands))
		cc_warn(CC_ASM, place,
			"inline assembly that accesses memory: sbesim sees nothing of it, and takes it for "
			"no barrier; use C, atomic_thread_fence() or <sbesim/hw.h>");
	else if (s->clobbers || s->operands)
		cc_warn(CC_BARRIER, place,
			"this barrier holds the compiler only, and is none to sbesim; if it is meant for "
			"the other side, use atomic_thread_fence()");
}

static bool word_starts(const char *text, const char *at)
{
	return at == text || !(isalnum((unsigned char)at[-1]) || at[-1] == '_' || at[-1] == '$');
}

/* The opening parenthesis of the asm statement whose keyword is at `at`, or NULL. */
static const char *asm_open(const char *text, const char *at)
{
	static const char *const words[] = { "__asm__",	   "__asm",  "asm",	   "__volatile__", "volatile",
					     "__volatile", "inline", "__inline__", "__inline" };
	size_t i = 0;

	if (!word_starts(text, at))
		return NULL;
	for (unsigned int count = 0; *at != '('; count++) {
		for (i = count ? 3 : 0; i < (count ? sizeof(words) / sizeof(words[0]) : 3); i++) {
			size_t size = strlen(words[i]);

			if (strncmp(at, words[i], size) == 0 &&
			    !(isalnum((unsigned char)at[size]) || at[size] == '_'))
				break;
		}
		if (i == (count ? sizeof(words) / sizeof(words[0]) : 3))
			return NULL;
		for (at += strlen(words[i]); isspace((unsigned char)*at); at++)
			continue;
	}
	return at;
}

/* ---- gcc's dump ------------------------------------------------------------------------------------- */

static char **hidden;
static size_t hiddens;

bool statements_returns_hidden(const char *function)
{
	for (size_t i = 0; i < hiddens; i++)
		if (strcmp(hidden[i], function) == 0)
			return true;
	return false;
}

/* "[file:line:column] " at `at`: its end, or NULL. */
static const char *dump_place(const char *at, struct cc_place *place)
{
	const char *end = *at == '[' ? strchr(at, ']') : NULL;
	const char *colon = end;
	unsigned int number[2];

	for (unsigned int i = 0; i < 2 && colon; i++) {
		do
			colon--;
		while (colon > at && *colon != ':');
		if (colon == at || sscanf(colon, ":%u", &number[i]) != 1)
			return NULL;
	}
	if (!colon || number[1] == 0)
		return NULL;
	*place = (struct cc_place){ cc_copy(at + 1, (size_t)(colon - at) - 1), number[1], number[0] };
	return end + 1 + (end[1] == ' ');
}

/* "p->e", "*p" or "MEM[...]", but neither "l" nor "g.member": does it begin with a place behind a pointer? */
static bool dump_is_behind_pointer(const char *at, const char *end)
{
	struct cc_place ignored;
	const char *next = dump_place(at, &ignored);

	at = next ? next : at;
	if (at < end && (*at == '*' || cc_starts(at, "MEM")))
		return memchr(at, '&', (size_t)(end - at)) == NULL;
	for (; at < end && !strchr(" ,[;&\"", *at); at++)
		if (at + 1 < end && at[0] == '-' && at[1] == '>')
			return true;
	return false;
}

/* The opening parenthesis of "name (" or "_5 (", when the text is a call of something else than a hook. */
static const char *dump_call(const char *at)
{
	const char *name = at;

	while (isalnum((unsigned char)*at) || *at == '_' || *at == '.')
		at++;
	if (at == name || at[0] != ' ' || at[1] != '(' || cc_starts(name, "__builtin") ||
	    cc_starts(name, "__complex__"))
		return NULL;
	return at + 1;
}

static bool dump_passes_value(const char *open)
{
	unsigned int depth = 0;
	const char *argument = open + 1;

	for (const char *at = open; *at && *at != '\n'; at++) {
		if (*at == '"') {
			at = text_skip_quoted(at) - 1;
			continue;
		}
		depth += *at == '(' || *at == '[';
		depth -= *at == ')' || *at == ']';
		if ((*at == ',' && depth == 1) || depth == 0) {
			if (dump_is_behind_pointer(argument, at))
				return true;
			argument = at + 2;
		}
		if (depth == 0)
			break;
	}
	return false;
}

static void dump_statement(const char *at, struct cc_place place)
{
	const char *equals = strstr(at, " ="), *newline = strchr(at, '\n');
	const char *open = dump_call(at);
	struct cc_place ignored;

	if (equals && (!newline || equals < newline)) {
		const char *value = equals + (cc_starts(equals, " ={v} ") ? 6 : 3),
			   *next = dump_place(value, &ignored);

		open = dump_call(next ? next : value);
		if (open && dump_is_behind_pointer(at, equals)) {
			cc_warn(CC_STRUCT_VALUE, place,
				"a struct returned by value is stored there unseen; assign it to a local variable "
				"first");
			return;
		}
	}
	if (open && dump_passes_value(open))
		cc_warn(CC_STRUCT_VALUE, place,
			"a struct passed by value is loaded from there unseen; pass a pointer, or a local copy");
}

static const char *dump_line(const char *line, struct cc_place *place)
{
	const char *at = line + strspn(line, " "), *next = dump_place(at, place), *open;
	struct asm_statement s = { 0 };

	if (!next)
		return line;
	open = asm_open(next, next);
	if (!open) {
		dump_statement(next, *place);
		return next;
	}
	next = asm_read(open, &s);
	asm_judge(&s, *place);
	return next;
}

void statements_scan_dump(const char *text)
{
	struct cc_place place;
	const char *function = NULL;
	size_t size = 0;

	for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
		if (cc_starts(line, ";; Function ")) {
			function = line + strlen(";; Function ");
			size = strcspn(function, " ");
		} else if (function && cc_starts(line, "  ")) {
			line = dump_line(line, &place);
			if (cc_starts(line, "return <retval>;")) {
				hidden = cc_grow(hidden, hiddens, sizeof(*hidden));
				hidden[hiddens++] = cc_copy(function, size);
			}
		}
	}
}

/* ---- Preprocessed source ---------------------------------------------------------------------------- */

static bool place_emitted(struct cc_place place, const struct cc_place *places, size_t count)
{
	const char *slash = strrchr(place.file, '/');
	const char *name = slash ? slash + 1 : place.file;

	for (size_t i = 0; i < count; i++) {
		slash = strrchr(places[i].file, '/');
		if (places[i].line == place.line && strcmp(slash ? slash + 1 : places[i].file, name) == 0)
			return true;
	}
	return false;
}

/* "# 12 "file.c" flags": the next line's place. */
static bool marker_read(const char *line, struct cc_place *place)
{
	unsigned int number;
	int at = 0;

	if (sscanf(line, "# %u \"%n", &number, &at) != 1 || !at)
		return false;
	place->file = cc_copy(line + at, strcspn(line + at, "\""));
	place->line = number;
	return true;
}

void statements_scan_source(const char *text, const struct cc_place *places, size_t count)
{
	struct cc_place place = { "", 1, 1 };
	const char *at = text;

	while (*at) {
		const char *begin = at, *open;
		struct asm_statement s = { 0 };

		if ((at == text || at[-1] == '\n') && marker_read(at, &place)) {
			at += strcspn(at, "\n");
			at += *at == '\n';
			continue;
		}
		if ((*at == 'a' || *at == '_') && (open = asm_open(text, at))) {
			at = asm_read(open, &s);
			if (place_emitted(place, places, count))
				asm_judge(&s, place);
		} else {
			at = *at == '"' || *at == '\'' ? text_skip_quoted(at) : at + 1;
		}
		for (; begin < at; begin++)
			place.line += *begin == '\n';
	}
}
