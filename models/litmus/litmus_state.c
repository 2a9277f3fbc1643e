/* SPDX-License-Identifier: BSD-3-Clause */
/* What stands in a litmus test's braces: agents, variables, mailboxes, peripherals; see litmus_read.h. */
#include <ctype.h>
#include <string.h>

#include "models/litmus/litmus_read.h"

#define STATE_PERIPHERALS "peripherals"

/* ---- Agents ---------------------------------------------------------------------------------------------- */

static bool state_set_line(struct litmus_agent *a, const char *value)
{
	a->line_bytes = strcmp(value, "32") == 0 ? 32 : 64;
	return strcmp(value, "32") == 0 || strcmp(value, "64") == 0;
}

static bool state_set_buffer(struct litmus_agent *a, const char *value)
{
	int number = litmus_number(value, 4);

	a->buffer = number < 0 || value[1] ? 0 : (unsigned int)number;
	return number >= 0 && !value[1];
}

static bool state_drop_or_clean(bool *clean, const char *value)
{
	*clean = strcmp(value, "clean") == 0;
	return *clean || strcmp(value, "drop") == 0;
}

static bool state_set_part(struct litmus_agent *a, const char *value)
{
	return state_drop_or_clean(&a->clean_part_lines, value);
}

static bool state_set_dirty(struct litmus_agent *a, const char *value)
{
	return state_drop_or_clean(&a->clean_dirty_lines, value);
}

static bool state_set_iommu(struct litmus_agent *a, const char *value)
{
	static const char *const names[] = {"none", "before", "after"};

	for (unsigned int i = 0; i < 3; i++)
		if (strcmp(value, names[i]) == 0) {
			a->iommu = (enum litmus_iommu)i;
			return true;
		}
	return false;
}

static const struct {
	const char *name, *values;
	bool of_cluster;
	bool (*set)(struct litmus_agent *a, const char *value);
} state_attributes[] = {
	{"buffer", "0 to 4", false, state_set_buffer},
	{"line", "64 or 32", true, state_set_line},
	{"part", "drop or clean", true, state_set_part},
	{"dirty", "drop or clean", true, state_set_dirty},
	{"iommu", "none, before or after", true, state_set_iommu},
};
#define ATTRIBUTES (sizeof(state_attributes) / sizeof(state_attributes[0]))
#define ATTRIBUTE_CLUSTER (1u << ATTRIBUTES)

static bool state_set_cluster(struct litmus_reader *r, const char *at, unsigned int id, const char *value)
{
	int other = litmus_agent_number(value);

	if (other < 0 || (unsigned int)other >= id)
		return litmus_refuse(r, at, "P%u has cluster=%s: expected an earlier agent", id, value);
	r->test->agent[id].cluster = (unsigned int)other;
	return true;
}

static bool state_set(struct litmus_reader *r, const char *at, unsigned int id, const char *name, unsigned int *said)
{
	char value[LITMUS_WORD_MAX];
	unsigned int i = 0, bit;

	while (i < ATTRIBUTES && strcmp(state_attributes[i].name, name) != 0)
		i++;
	bit = 1u << i;
	if (i == ATTRIBUTES && strcmp(name, "cluster") != 0)
		return litmus_refuse(
			r, at, "P%u has the attribute \"%s\": expected line, cluster, buffer, part, dirty or iommu", id,
			name);
	if (*said & bit)
		return litmus_refuse(r, at, "P%u has %s twice: expected each attribute once", id, name);
	*said |= bit;
	litmus_word(r, value);
	if (bit == ATTRIBUTE_CLUSTER)
		return state_set_cluster(r, at, id, value);
	return state_attributes[i].set(&r->test->agent[id], value) ||
	       litmus_refuse(r, at, "P%u has %s=%s: expected %s", id, name, value, state_attributes[i].values);
}

static bool state_read_agent(struct litmus_reader *r, const char *at, unsigned int id)
{
	char name[LITMUS_WORD_MAX];
	unsigned int said = 0;
	const char *begin;

	if (r->told & 1u << id)
		return litmus_refuse(r, at, "P%u is described twice: expected it once", id);
	r->told |= 1u << id;
	for (begin = litmus_word(r, name); *name; begin = litmus_word(r, name))
		if (!litmus_need(r, "=") || !state_set(r, begin, id, name, &said))
			return false;
	for (unsigned int i = 0; said & ATTRIBUTE_CLUSTER && i < ATTRIBUTES; i++)
		if (state_attributes[i].of_cluster && said & 1u << i)
			return litmus_refuse(r, at,
					     "P%u has both cluster and %s: expected it to take that from its cluster",
					     id, state_attributes[i].name);
	return true;
}

/* ---- Variables ------------------------------------------------------------------------------------------------ */

static int state_find_variable(const struct litmus *test, const char *name)
{
	for (unsigned int i = 0; i < test->variables; i++)
		if (strcmp(test->variable[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* All of one kind of letters, digits and '_', the first one a letter. */
static bool state_is_name(const char *name, int (*is_letter)(int))
{
	for (const char *c = name; *c; c++)
		if (!is_letter((unsigned char)*c) && (c == name || (!isdigit((unsigned char)*c) && *c != '_')))
			return false;
	return *name && strlen(name) < LITMUS_NAME_MAX;
}

static bool state_place_variable(struct litmus_reader *r, const char *at, const char *name)
{
	struct litmus *test = r->test;
	char word[LITMUS_WORD_MAX];
	int offset;

	if (strcmp(name, STATE_PERIPHERALS) == 0)
		return litmus_refuse(r, at, "a variable is named \"%s\": expected another name than this word of the state",
				     name);
	if (!state_is_name(name, islower) || litmus_register_number(name) >= 0)
		return litmus_refuse(
			r, at, "a variable is named \"%s\": expected lower-case letters, digits and _, and no register",
			name);
	if (state_find_variable(test, name) >= 0)
		return litmus_refuse(r, at, "%s has two places: expected one", name);
	litmus_word(r, word);
	offset = litmus_number(word, LITMUS_CELLS * LITMUS_CELL_BYTES - 1);
	if (offset < 0 || offset % 4)
		return litmus_refuse(r, at, "%s is at %s: expected a multiple of 4 below %u", name, word,
				     LITMUS_CELLS * LITMUS_CELL_BYTES);
	for (unsigned int i = 0; i < test->variables; i++)
		if (test->variable[i].offset == (unsigned int)offset)
			return litmus_refuse(r, at, "%s is at %d, where %s is: expected a place of its own", name,
					     offset, test->variable[i].name);
	struct litmus_variable *v = &test->variable[test->variables++];

	memcpy(v->name, name, strlen(name) + 1);
	v->offset = (unsigned int)offset;
	return true;
}

static bool state_set_variable(struct litmus_reader *r, const char *at, const char *name, uint32_t *valued)
{
	int i = state_find_variable(r->test, name), value;
	char word[LITMUS_WORD_MAX];

	if (i < 0)
		return litmus_refuse(r, at, "%s has a value: expected its place before it", name);
	if (*valued & 1u << i)
		return litmus_refuse(r, at, "%s has two values: expected one", name);
	*valued |= 1u << i;
	litmus_word(r, word);
	value = litmus_number(word, 255);
	if (value < 0)
		return litmus_refuse(r, at, "%s is %s at the beginning: expected a number from 0 to 255", name, word);
	r->test->variable[i].value = (uint8_t)value;
	return true;
}

/* ---- Peripherals ----------------------------------------------------------------------------------------------- */

static bool state_set_peripherals(struct litmus_reader *r, const char *at)
{
	char word[LITMUS_WORD_MAX];

	if (r->test->peripherals)
		return litmus_refuse(r, at, "peripherals is said twice: expected it once");
	litmus_word(r, word);
	r->test->peripherals = (unsigned int)(litmus_number(word, LITMUS_CELLS) > 0 && !word[1] ? word[0] - '0' : 0);
	return r->test->peripherals || litmus_refuse(r, at, "peripherals is %s: expected 1 or 2", word);
}

/* ---- Mailboxes ------------------------------------------------------------------------------------------------- */

static bool state_read_flag(struct litmus_reader *r, const char *at, struct litmus_mailbox *m, const char *flag)
{
	bool *set = strcmp(flag, "lossy") == 0 ? &m->lossy : strcmp(flag, "duplicate") == 0 ? &m->duplicate : NULL;

	if (!set)
		return litmus_refuse(r, at, "%s is \"%s\": expected lossy or duplicate", m->name, flag);
	if (*set)
		return litmus_refuse(r, at, "%s is %s twice: expected it once", m->name, flag);
	*set = true;
	return true;
}

static bool state_read_depth(struct litmus_reader *r, const char *at, struct litmus_mailbox *m)
{
	char word[LITMUS_WORD_MAX];
	int depth = -1;

	litmus_word(r, word);
	if (strcmp(word, "depth") == 0 && litmus_take(r, "=")) {
		litmus_word(r, word);
		depth = word[0] && !word[1] ? litmus_number(word, LITMUS_DEPTH_MAX) : -1;
	}
	m->depth = depth > 0 ? (unsigned int)depth : 0;
	return depth > 0 || litmus_refuse(r, at, "the FIFO %s has no depth=1 to depth=%u behind its agents", m->name,
					  LITMUS_DEPTH_MAX);
}

static bool state_read_ends(struct litmus_reader *r, const char *at, struct litmus_mailbox *m)
{
	char from[LITMUS_WORD_MAX], to[LITMUS_WORD_MAX];

	litmus_word(r, from);
	litmus_word(r, to);
	int a = litmus_agent_number(from), b = litmus_agent_number(to);

	if (a < 0 || b < 0 || a == b)
		return litmus_refuse(r, at, "%s is from \"%s\" to \"%s\": expected two agents", m->name, from, to);
	m->from = (unsigned int)a;
	m->to = (unsigned int)b;
	return true;
}

static bool state_name_mailbox(struct litmus_reader *r, const char *at, const char *name)
{
	struct litmus *test = r->test;

	if (!state_is_name(name, isupper) || litmus_agent_number(name) >= 0)
		return litmus_refuse(
			r, at, "a mailbox is named \"%s\": expected upper-case letters, digits and _, and no agent",
			name);
	for (unsigned int i = 0; i < test->mailboxes; i++)
		if (strcmp(test->mailbox[i].name, name) == 0)
			return litmus_refuse(r, at, "%s is described twice: expected it once", name);
	if (test->mailboxes == LITMUS_MAILBOXES_MAX)
		return litmus_refuse(r, at, "%s is one mailbox too many: expected at most %u", name,
				     LITMUS_MAILBOXES_MAX);
	memcpy(test->mailbox[test->mailboxes++].name, name, strlen(name) + 1);
	return true;
}

static bool state_read_mailbox(struct litmus_reader *r, const char *at, const char *name)
{
	struct litmus_mailbox *m = &r->test->mailbox[r->test->mailboxes];
	char word[LITMUS_WORD_MAX];
	const char *begin;

	if (!state_name_mailbox(r, at, name))
		return false;
	litmus_word(r, word);
	bool fifo = strcmp(word, "fifo") == 0;

	if (!fifo && strcmp(word, "doorbell") != 0)
		return litmus_refuse(r, at, "%s is \"%s\": expected doorbell or fifo", name, word);
	if (!state_read_ends(r, at, m) || (fifo && !state_read_depth(r, at, m)))
		return false;
	for (begin = litmus_word(r, word); *word; begin = litmus_word(r, word))
		if (!state_read_flag(r, begin, m, word))
			return false;
	return true;
}

/* ---- Items ------------------------------------------------------------------------------------------------------- */

static bool state_read_item(struct litmus_reader *r, uint32_t *valued)
{
	char name[LITMUS_WORD_MAX], word[LITMUS_WORD_MAX];
	const char *at = litmus_word(r, name);

	if (!*name)
		return litmus_expected(r, "an item of the state");
	if (litmus_take(r, ":")) {
		int id = litmus_agent_number(name);

		return id < 0 ? state_read_mailbox(r, at, name) : state_read_agent(r, at, (unsigned int)id);
	}
	if (litmus_take(r, "="))
		return strcmp(name, STATE_PERIPHERALS) == 0 ? state_set_peripherals(r, at)
							    : state_set_variable(r, at, name, valued);
	litmus_word(r, word);
	if (strcmp(word, "at") == 0)
		return state_place_variable(r, at, name);
	return litmus_refuse(r, at, "the state has \"%s %s\": expected an agent, a variable or a mailbox", name, word);
}

bool litmus_read_state(struct litmus_reader *r)
{
	uint32_t valued = 0;

	for (unsigned int id = 0; id < LITMUS_AGENTS_MAX; id++)
		r->test->agent[id] = (struct litmus_agent){.cluster = id, .line_bytes = 64};
	if (!litmus_take(r, "{"))
		return litmus_expected(r, "the state in braces");
	while (!litmus_take(r, "}")) {
		if (!state_read_item(r, &valued))
			return false;
		if (!litmus_take(r, ";"))
			return litmus_expected(r, "\";\" behind the item");
	}
	r->test->peripherals += !r->test->peripherals;
	return true;
}
