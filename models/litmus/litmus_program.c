/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A litmus test's heading and rows, and what can be refused only once both they and the state are known; see
 * litmus_read.h.
 */
#include <string.h>

#include "models/litmus/litmus_read.h"

static const struct {
	const char *name, *operands;
} program_ops[LITMUS_OPS] = {
#define LITMUS_OP(name, text, operands) [LITMUS_##name] = {text, operands},
#include "models/litmus/litmus_ops.def"
#undef LITMUS_OP
};

/* ---- Operands -------------------------------------------------------------------------------------------- */

/* What an operand is read for. */
struct program_operand {
	struct litmus_reader *r;
	const char *at;
	const char *op;
	unsigned int agent;
	struct litmus_instruction *to;
	const char *word;
};

static bool operand_is_not(const struct program_operand *o, const char *expected)
{
	return litmus_refuse(o->r, o->at, "P%u has %s with \"%s\": expected %s", o->agent, o->op, o->word, expected);
}

static void operand_name_register(const struct program_operand *o, int number)
{
	o->r->test->agent[o->agent].registers |= 1u << number;
}

static bool operand_register(const struct program_operand *o)
{
	int number = litmus_register_number(o->word);

	if (number < 0)
		return operand_is_not(o, "a register r0 to r9");
	o->to->target = (uint8_t)number;
	operand_name_register(o, number);
	return true;
}

static bool operand_value(const struct program_operand *o)
{
	int reg = litmus_register_number(o->word), number = litmus_number(o->word, 255);

	if (reg < 0 && number < 0)
		return operand_is_not(o, "a number from 0 to 255 or a register");
	o->to->by_register = reg >= 0;
	o->to->value = (uint8_t)(reg >= 0 ? reg : number);
	if (reg >= 0)
		operand_name_register(o, reg);
	return true;
}

static bool operand_variable(const struct program_operand *o)
{
	const struct litmus *test = o->r->test;

	for (unsigned int i = 0; i < test->variables; i++)
		if (strcmp(test->variable[i].name, o->word) == 0) {
			o->to->variable = (uint8_t)i;
			return true;
		}
	return operand_is_not(o, "a variable of the state");
}

static bool operand_mailbox(const struct program_operand *o, bool fifo, bool sends)
{
	const struct litmus *test = o->r->test;
	unsigned int i = 0;

	while (i < test->mailboxes && strcmp(test->mailbox[i].name, o->word) != 0)
		i++;
	if (i == test->mailboxes || fifo != (test->mailbox[i].depth > 0))
		return operand_is_not(o, fifo ? "a FIFO of the state" : "a doorbell of the state");
	unsigned int may = sends ? test->mailbox[i].from : test->mailbox[i].to;

	if (may != o->agent)
		return litmus_refuse(o->r, o->at, "P%u has %s %s: only P%u may", o->agent, o->op, o->word, may);
	o->to->mailbox = (uint8_t)i;
	return true;
}

static bool operand_agent(const struct program_operand *o)
{
	int number = litmus_agent_number(o->word);

	if (number < 0 || (unsigned int)number >= o->r->test->agents)
		return operand_is_not(o, "an agent");
	if (o->r->test->agent[number].iommu == LITMUS_IOMMU_NONE)
		return litmus_refuse(o->r, o->at, "P%u has %s of %s, which has no IOMMU", o->agent, o->op, o->word);
	o->to->agent = (uint8_t)number;
	return true;
}

static bool operand_page(const struct program_operand *o, uint8_t *page)
{
	int number = litmus_number(o->word, LITMUS_CELLS - 1);

	if (number < 0)
		return operand_is_not(o, "a page, 0 or 1");
	*page = (uint8_t)number;
	return true;
}

static bool operand_read(const struct program_operand *o, char kind)
{
	switch (kind) {
	case 'r':
		return operand_register(o);
	case 'v':
		return operand_value(o);
	case 'x':
		return operand_variable(o);
	case 'b':
	case 'B':
		return operand_mailbox(o, false, kind == 'b');
	case 'q':
	case 'Q':
		return operand_mailbox(o, true, kind == 'q');
	case 'a':
		return operand_agent(o);
	default:
		return operand_page(o, kind == 'p' ? &o->to->page : &o->to->to_page);
	}
}

/* ---- Rows ---------------------------------------------------------------------------------------------------- */

static bool program_read_operands(struct litmus_reader *r, const char *at, unsigned int agent,
				  struct litmus_instruction *to)
{
	const char *operands = program_ops[to->op].operands;

	for (unsigned int i = 0; operands[i]; i++) {
		char word[LITMUS_WORD_MAX];

		if (i && !litmus_need(r, ","))
			return false;
		litmus_word(r, word);
		struct program_operand o = {r, at, program_ops[to->op].name, agent, to, word};

		if (!operand_read(&o, operands[i]))
			return false;
	}
	return true;
}

static bool program_read_instruction(struct litmus_reader *r, unsigned int agent)
{
	struct litmus_agent *a = &r->test->agent[agent];
	char name[LITMUS_WORD_MAX];
	const char *at = litmus_word(r, name);
	unsigned int op = 0;

	while (op < LITMUS_OPS && strcmp(program_ops[op].name, name) != 0)
		op++;
	if (op == LITMUS_OPS)
		return litmus_refuse(r, at, "P%u has \"%s\": expected an instruction", agent, name);
	if (a->instructions == LITMUS_INSTRUCTIONS_MAX)
		return litmus_refuse(r, at, "P%u has one instruction too many: expected at most %d", agent,
				     LITMUS_INSTRUCTIONS_MAX);
	a->instruction[a->instructions].op = (enum litmus_op)op;
	r->place[agent][a->instructions] = at;
	return program_read_operands(r, at, agent, &a->instruction[a->instructions++]);
}

/* Empty, or an instruction; an empty one ends the column. */
static bool program_read_cell(struct litmus_reader *r, unsigned int agent, unsigned int *ended)
{
	litmus_skip_blanks(r);
	if (*r->at == '|' || *r->at == ';') {
		*ended |= 1u << agent;
		return true;
	}
	if (*ended & 1u << agent)
		return litmus_refuse(r, r->at, "an instruction stands below an empty cell of P%u", agent);
	return program_read_instruction(r, agent);
}

static bool program_read_row(struct litmus_reader *r, unsigned int *ended)
{
	for (unsigned int agent = 0; agent < r->test->agents; agent++) {
		const char *end = agent + 1 < r->test->agents ? "|" : ";";

		if (!program_read_cell(r, agent, ended))
			return false;
		if (!litmus_take(r, end))
			return litmus_expected(
				r, agent + 1 < r->test->agents
					   ? "\"|\" between cells, as many as the heading has"
					   : "\";\" at the row's end, behind as many cells as the heading has");
	}
	return true;
}

static bool program_question_follows(struct litmus_reader *r)
{
	const char *at = r->at;
	char word[LITMUS_WORD_MAX];

	litmus_word(r, word);
	r->at = at;
	return strcmp(word, "exists") == 0 || strcmp(word, "forbidden") == 0;
}

static bool program_read_heading(struct litmus_reader *r)
{
	unsigned int *agents = &r->test->agents;

	do {
		char word[LITMUS_WORD_MAX];
		const char *at = litmus_word(r, word);

		if (litmus_agent_number(word) != (int)*agents)
			return litmus_refuse(r, at, "the heading has \"%s\" in column %u: expected P0, P1, P2 in order",
					     word, *agents);
		++*agents;
	} while (litmus_take(r, "|"));
	return litmus_need(r, ";");
}

/* ---- What is known only now ------------------------------------------------------------------------------------- */

static bool program_check_agents(struct litmus_reader *r, const char *at)
{
	const struct litmus *test = r->test;

	for (unsigned int id = test->agents; id < LITMUS_AGENTS_MAX; id++)
		if (r->told & 1u << id)
			return litmus_refuse(r, at, "the heading has no P%u, which the state describes", id);
	for (unsigned int i = 0; i < test->mailboxes; i++)
		if (test->mailbox[i].from >= test->agents || test->mailbox[i].to >= test->agents)
			return litmus_refuse(r, at, "the heading lacks an agent of the mailbox %s",
					     test->mailbox[i].name);
	return true;
}

static void program_join_clusters(struct litmus *test)
{
	for (unsigned int id = 0; id < test->agents; id++) {
		struct litmus_agent *a = &test->agent[id];

		if (a->cluster != id) {
			const struct litmus_agent *of = &test->agent[a->cluster];

			a->cluster = of->cluster;
			a->line_bytes = of->line_bytes;
			a->clean_part_lines = of->clean_part_lines;
			a->clean_dirty_lines = of->clean_dirty_lines;
			a->iommu = of->iommu;
		}
		if (a->iommu != LITMUS_IOMMU_NONE)
			a->registers |= 1u << LITMUS_FAULT;
	}
}

static bool program_check_crash(struct litmus_reader *r, const char *at, unsigned int id)
{
	for (unsigned int other = 0; other < r->test->agents; other++)
		if (other != id && r->test->agent[other].cluster == r->test->agent[id].cluster)
			return litmus_refuse(
				r, at, "P%u crashes, but shares its cache with P%u: expected a cluster of one agent",
				id, other);
	return true;
}

/* Of the line in the cluster, two pages of one behind an IOMMU being one. */
static unsigned int program_line(const struct litmus *test, unsigned int id, const struct litmus_instruction *i)
{
	const struct litmus_agent *a = &test->agent[id];
	unsigned int offset = test->variable[i->variable].offset;

	return (a->iommu == LITMUS_IOMMU_NONE ? offset : offset % LITMUS_CELL_BYTES) / a->line_bytes;
}

static bool program_check_stores(struct litmus_reader *r, const char *at, unsigned int id,
				 const struct litmus_instruction *i)
{
	const struct litmus *test = r->test;
	enum litmus_op other = i->op == LITMUS_ST ? LITMUS_WST : LITMUS_ST;

	for (unsigned int peer = 0; peer < test->agents; peer++)
		for (unsigned int n = 0; n < test->agent[peer].instructions; n++) {
			const struct litmus_instruction *p = &test->agent[peer].instruction[n];

			if (test->agent[peer].cluster == test->agent[id].cluster && p->op == other &&
			    program_line(test, peer, p) == program_line(test, id, i))
				return litmus_refuse(r, at, "P%u has %s to a line that its cluster stores to with %s",
						     id, program_ops[i->op].name, program_ops[other].name);
		}
	return true;
}

static bool program_check_use(struct litmus_reader *r)
{
	for (unsigned int id = 0; id < r->test->agents; id++)
		for (unsigned int n = 0; n < r->test->agent[id].instructions; n++) {
			const struct litmus_instruction *i = &r->test->agent[id].instruction[n];

			if (i->op == LITMUS_CRASH && !program_check_crash(r, r->place[id][n], id))
				return false;
			if ((i->op == LITMUS_ST || i->op == LITMUS_WST) &&
			    !program_check_stores(r, r->place[id][n], id, i))
				return false;
		}
	return true;
}

bool litmus_read_program(struct litmus_reader *r)
{
	unsigned int ended = 0;

	litmus_skip_blanks(r);
	const char *heading = r->at;

	if (!program_read_heading(r) || !program_check_agents(r, heading))
		return false;
	program_join_clusters(r->test);
	while (!program_question_follows(r)) {
		litmus_skip_blanks(r);
		if (!*r->at)
			return litmus_expected(r, "a row, or the question: exists (...) or forbidden (...)");
		if (!program_read_row(r, &ended))
			return false;
	}
	return program_check_use(r);
}
