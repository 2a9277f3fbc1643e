/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading assembler text; see text.h. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cc/text.h"

static struct text whole;

/* What is met on the way. */
static struct {
	const char **file;
	size_t files;
	char **function;
	size_t functions;
	struct instruction **label; /* sorted */
	size_t labels;
} table;

/* ---- Operands --------------------------------------------------------------------------------------- */

static const char *const register_names[REGISTERS] = { "ax", "bx", "cx", "dx", "si", "di", "bp", "sp",
						       "8",  "9",  "10", "11", "12", "13", "14", "15" };

static unsigned int register_bytes(const char *name, size_t size)
{
	char last = name[size - 1];

	if (isdigit((unsigned char)name[1]) || (isdigit((unsigned char)name[0])))
		return last == 'd' ? 4 : last == 'w' ? 2 : last == 'b' ? 1 : 8;
	return name[0] == 'r' ? 8 : name[0] == 'e' ? 4 : last == 'l' || last == 'h' ? 1 : 2;
}

unsigned int register_find(const char *name, size_t size)
{
	const char *core = name;
	size_t length = size;

	if (size > 1 && name[0] == 'r' && isdigit((unsigned char)name[1])) {
		core++;
		length = strspn(core, "0123456789");
	} else if (size == 3 && (name[0] == 'r' || name[0] == 'e')) {
		core++;
		length--;
	}
	for (unsigned int i = 0; i < REGISTERS; i++) {
		bool low = length == 2 && core[0] == register_names[i][0] && (core[1] == 'l' || core[1] == 'h') &&
			   register_names[i][1] == 'x';

		if (low || (strlen(register_names[i]) == length && memcmp(core, register_names[i], length) == 0))
			return i;
	}
	if (size == 3 && name[2] == 'l')
		return register_find(name, 2);
	return NONE;
}

static void operand_read_register(struct operand *o)
{
	static const struct {
		const char *prefix;
		unsigned int bytes;
	} vectors[] = { { "xmm", 16 }, { "ymm", 32 }, { "zmm", 64 }, { "mm", 8 } };
	const char *name = o->text + 1;

	o->reg = register_find(name, o->size - 1);
	o->kind = o->reg == NONE ? OPERAND_OTHER : OPERAND_REGISTER;
	o->bytes = o->reg == NONE ? 0 : register_bytes(name, o->size - 1);
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		if (cc_starts(name, vectors[i].prefix)) {
			o->kind = OPERAND_VECTOR;
			o->bytes = vectors[i].bytes;
		}
}

static unsigned int operand_part(const char **at, const char *end)
{
	const char *name = *at + (**at == '%');
	size_t size = 0;

	while (name + size < end && isalnum((unsigned char)name[size]))
		size++;
	*at = name + size + (name + size < end);
	return size ? register_find(name, size) : NONE;
}

static void operand_read_memory(struct operand *o)
{
	const char *open = memchr(o->text, '(', o->size), *end = o->text + o->size, *at;
	char *rest;

	o->kind = OPERAND_MEMORY;
	o->base = o->index = NONE;
	o->displacement = strtol(o->text, &rest, 0);
	if (!open) {
		o->own = true;
		return;
	}
	/* A name before the parenthesis is a place of the image; of a stack slot there is only a number. */
	o->own = rest < open && (isalpha((unsigned char)*rest) || *rest == '_' || *rest == '.');
	at = open + 1;
	if (cc_starts(at, "%rip")) {
		o->own = true;
		return;
	}
	o->base = operand_part(&at, end);
	if (at < end)
		o->index = operand_part(&at, end);
}

static struct operand operand_read(const char *at, size_t size)
{
	struct operand o = { .text = at, .size = size, .kind = OPERAND_OTHER };

	while (o.size && isspace((unsigned char)o.text[o.size - 1]))
		o.size--;
	if (o.size && *at == '*') {
		o.text++;
		o.size--;
	}
	if (o.size > 4 && o.text[0] == '%' && o.text[3] == ':') {
		operand_read_memory(&o);
		o.own = true;
	} else if (o.size > 1 && o.text[0] == '%') {
		operand_read_register(&o);
	} else if (o.size && o.text[0] != '$') {
		operand_read_memory(&o);
	}
	return o;
}

static void instruction_read_operands(struct instruction *in, const char *at)
{
	while (*at) {
		int depth = 0;
		size_t size = 0;

		at += strspn(at, " \t");
		for (; at[size] && (depth || at[size] != ','); size++)
			depth += (at[size] == '(') - (at[size] == ')');
		if (in->operands == 3) {
			memmove(in->operand, in->operand + 1, 2 * sizeof(in->operand[0]));
			in->operands--;
		}
		if (size)
			in->operand[in->operands++] = operand_read(at, size);
		at += size + (at[size] == ',');
	}
}

/* ---- Lines ------------------------------------------------------------------------------------------ */

static struct instruction *text_add(void)
{
	whole.code = cc_grow(whole.code, whole.count, sizeof(*whole.code));
	whole.code[whole.count] = (struct instruction){ .kind = IS_CODE };
	return &whole.code[whole.count++];
}

/* Numbers of files begin at 0 with DWARF 5, at 1 before; the last name given to a number counts. */
static void text_read_file(const char *at)
{
	char *rest;
	unsigned long number = strtoul(at, &rest, 10);
	const char *first = strchr(at, '"'), *first_end = first ? strchr(first + 1, '"') : NULL;
	const char *second = first_end ? strchr(first_end + 1, '"') : NULL,
		   *second_end = second ? strchr(second + 1, '"') : NULL;
	char path[4096];

	if (!first_end)
		return;
	snprintf(path, sizeof(path), "%.*s", (int)(first_end - first - 1), first + 1);
	if (second_end && second[1] == '/')
		snprintf(path, sizeof(path), "%.*s", (int)(second_end - second - 1), second + 1);
	else if (second_end)
		snprintf(path, sizeof(path), "%.*s/%.*s", (int)(first_end - first - 1), first + 1,
			 (int)(second_end - second - 1), second + 1);
	if (rest == at) {
		whole.result.source = cc_copy(path, strlen(path));
		return;
	}
	while (table.files <= number && number < 1u << 16) {
		table.file = cc_grow(table.file, table.files, sizeof(*table.file));
		table.file[table.files++] = "";
	}
	table.file[number] = cc_copy(path, strlen(path));
	if (number == 0 && !whole.result.source)
		whole.result.source = table.file[0];
}

static void text_read_loc(const char *at, struct cc_place *place)
{
	unsigned int file, line, column = 0;

	if (sscanf(at, "%u %u %u", &file, &line, &column) >= 2 && line && file < table.files)
		*place = (struct cc_place){ table.file[file], line, column };
}

static void text_read_directive(char *line, struct cc_place *place)
{
	char *comma;

	if (cc_starts(line, ".file"))
		text_read_file(line + 5 + strspn(line + 5, " \t"));
	else if (cc_starts(line, ".loc"))
		text_read_loc(line + 4, place);
	else if (cc_starts(line, ".ident"))
		whole.result.compiler = line;
	else if (cc_starts(line, ".type") && strstr(line, "function") && (comma = strchr(line, ','))) {
		char *name = line + 5 + strspn(line + 5, " \t");

		table.function = cc_grow(table.function, table.functions, sizeof(*table.function));
		table.function[table.functions++] = cc_copy(name, (size_t)(comma - name));
	}
}

static bool label_is_function(const char *name)
{
	const char *cold = strstr(name, ".cold");

	for (size_t i = name[0] == '.' ? 0 : table.functions; i-- > 0 && !cold;)
		if (strcmp(table.function[i], name) == 0)
			return true;
	return false;
}

static void text_read_code(char *line, struct cc_place place, bool in_asm)
{
	struct instruction *in = text_add();
	size_t size = strcspn(line, " \t");

	in->place = place;
	in->in_asm = in_asm;
	for (; cc_starts(line, "rep") || cc_starts(line, "lock") || cc_starts(line, "notrack") ||
	       cc_starts(line, "bnd");
	     size = strcspn(line, " \t")) {
		in->repeated |= cc_starts(line, "rep");
		line += size + strspn(line + size, " \t");
		if (!*line)
			break;
	}
	in->name = line;
	if (line[size]) {
		line[size] = '\0';
		instruction_read_operands(in, line + size + 1);
	}
}

static void text_read_line(char *line, struct cc_place *place, bool *in_asm)
{
	char *comment, *colon;

	line += strspn(line, " \t");
	if (cc_starts(line, "#APP") || cc_starts(line, "#NO_APP")) {
		*in_asm = line[1] == 'A';
		if (*in_asm) {
			whole.result.asm_place = cc_grow(whole.result.asm_place, whole.result.asm_places,
							sizeof(*whole.result.asm_place));
			whole.result.asm_place[whole.result.asm_places++] = *place;
		}
		return;
	}
	if (line[0] == '.' && line[strcspn(line, ": \t")] != ':') {
		text_read_directive(line, place);
		return;
	}
	comment = strpbrk(line, "#;");
	if (comment)
		*comment = '\0';
	colon = strchr(line, ':');
	if (colon && colon == line + strcspn(line, ": \t%(")) {
		struct instruction *in = text_add();

		*colon = '\0';
		in->name = line;
		in->kind = label_is_function(line) ? IS_FUNCTION : IS_LABEL;
		line = colon + 1 + strspn(colon + 1, " \t");
	}
	if (*line)
		text_read_code(line, *place, *in_asm);
}

/* ---- Labels ----------------------------------------------------------------------------------------- */

static int label_compare(const void *a, const void *b)
{
	const struct instruction *const *one = a, *const *other = b;

	return strcmp((*one)->name, (*other)->name);
}

static void labels_sort(void)
{
	for (size_t i = 0; i < whole.count; i++) {
		if (whole.code[i].kind == IS_CODE)
			continue;
		table.label = cc_grow(table.label, table.labels, sizeof(struct instruction *));
		table.label[table.labels++] = &whole.code[i];
	}
	qsort(table.label, table.labels, sizeof(struct instruction *), label_compare);
}

struct instruction *text_label(const char *name)
{
	struct instruction wanted = { .name = name }, *key = &wanted;
	struct instruction **found =
		table.labels ? bsearch(&key, table.label, table.labels, sizeof(struct instruction *), label_compare)
			    : NULL;

	return found ? *found : NULL;
}

/* A label that is named by anything but a jump may be reached by an indirect one. */
static void labels_mark(const char *line)
{
	for (const char *at = strstr(line, ".L"); at; at = strstr(at + 2, ".L")) {
		char name[64];
		struct instruction *label;

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, "-+(), \t\n@"), at);
		label = text_label(name);
		if (label)
			label->address_taken = true;
	}
}

/* Lines that name labels other than to jump there: of tables, and of addresses taken. */
static bool line_names_label(const char *line, bool *debug)
{
	if (cc_starts(line, ".section") || cc_starts(line, ".text"))
		*debug = strstr(line, ".debug") != NULL;
	return !*debug && strstr(line, ".L") &&
	       (cc_starts(line, ".long") || cc_starts(line, ".quad") || cc_starts(line, "lea"));
}

const struct text *text_read(char *all)
{
	struct cc_place place = { "", 0, 0 };
	bool in_asm = false, debug = false;
	char *save = NULL, **naming = NULL;
	size_t count = 0;

	for (char *line = strtok_r(all, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *at = line + strspn(line, " \t");

		if (line_names_label(at, &debug)) {
			naming = cc_grow(naming, count, sizeof(*naming));
			naming[count++] = cc_copy(at, strlen(at));
		}
		text_read_line(line, &place, &in_asm);
	}
	labels_sort();
	for (size_t i = 0; i < count; i++)
		labels_mark(naming[i]);
	return &whole;
}
