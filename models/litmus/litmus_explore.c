/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every run of a litmus test: who steps next is a question like all others, and the runs are the leaves of the tree of
 * answers.
 *
 * Runs that differ only in the order of two neighbouring steps that do not meet end alike. Of those one is made, by
 * sleep sets (Godefroid, "Partial-order methods for the verification of concurrent systems", chapter 5): a step that
 * was an option and not taken sleeps until one that meets it was made; who has only sleepers to choose from is where
 * another run has been. A step that meets nothing that others still do is made without a question. What meets is a
 * matter of footprints: the cells, mailboxes and agents that a step concerns, what may leave a store buffer by it
 * included. Where an IOMMU is, any access may concern any cell.
 */
#include <stdlib.h>
#include <string.h>

#include "models/litmus/litmus_run.h"
#include "sim/explore.h"

#define SITE_NEXT "litmus.next"

/* What can be next: a step of agent n; the oldest ring in its store buffer leaves; what flies in mailbox n arrives. */
enum explore_kind { EXPLORE_STEP, EXPLORE_RING, EXPLORE_ARRIVAL };
#define EXPLORE_MOVES (2 * LITMUS_AGENTS_MAX + LITMUS_MAILBOXES_MAX)

struct explore_move {
	enum explore_kind kind;
	unsigned int n;
	unsigned int bit; /* of a set of moves */
	uint32_t footprint;
};

#define FOOT_CELL(n) (1u << (n))
#define FOOT_CELLS ((1u << LITMUS_CELLS) - 1)
#define FOOT_BOX(n) (1u << (LITMUS_CELLS + (n)))
#define FOOT_AGENT(n) (1u << (LITMUS_CELLS + LITMUS_MAILBOXES_MAX + (n)))

/* An agent's store buffer, as far as a footprint depends on it. */
struct explore_buffer {
	uint32_t posted; /* what its entries may concern */
	bool ordered;	 /* a DMB came behind some, or one to the same peripheral did */
};

struct litmus_explorer {
	struct litmus_run run;
	struct litmus_result *result;
	bool every_schedule;
	bool translated; /* some agent is behind an IOMMU: any access may concern any cell */
	uint32_t foot[LITMUS_AGENTS_MAX][LITMUS_INSTRUCTIONS_MAX + 1];
	uint32_t future[LITMUS_AGENTS_MAX][LITMUS_INSTRUCTIONS_MAX + 1]; /* of all instructions from there on */
	/* This run. */
	struct explore_buffer buffer[LITMUS_AGENTS_MAX];
};

/* ---- Footprints -------------------------------------------------------------------------------------------- */

static uint32_t foot_of_cell(const struct litmus_explorer *x, unsigned int offset)
{
	return x->translated ? FOOT_CELLS : FOOT_CELL(offset / LITMUS_CELL_BYTES);
}

static bool foot_is_of_all_lines(enum litmus_op op)
{
	return op == LITMUS_CLEAN_ALL || op == LITMUS_INV_ALL || op == LITMUS_FLUSH_ALL || op == LITMUS_CLEAN_OWN ||
	       op == LITMUS_INV_OWN || op == LITMUS_FLUSH_OWN;
}

static uint32_t foot_of_instruction(const struct litmus_explorer *x, const struct litmus_instruction *i)
{
	switch (i->op) {
	case LITMUS_DMB:
	case LITMUS_DSB:
		return 0;
	case LITMUS_KICK:
	case LITMUS_WAIT:
	case LITMUS_POLL:
	case LITMUS_PUSH:
	case LITMUS_POP:
		return FOOT_BOX(i->mailbox);
	case LITMUS_LD:
	case LITMUS_ST:
	case LITMUS_ULD:
	case LITMUS_UST:
	case LITMUS_WST:
	case LITMUS_DLD:
	case LITMUS_DST:
	case LITMUS_CLEAN:
	case LITMUS_INV:
	case LITMUS_FLUSH:
	case LITMUS_INV_PART:
		return foot_of_cell(x, x->run.test->variable[i->variable].offset);
	case LITMUS_CLEAN_ALL:
	case LITMUS_INV_ALL:
	case LITMUS_FLUSH_ALL:
	case LITMUS_CLEAN_OWN:
	case LITMUS_INV_OWN:
	case LITMUS_FLUSH_OWN:
	case LITMUS_CRASH:
	case LITMUS_MAP:
	case LITMUS_UNMAP:
	case LITMUS_TLBI:
	case LITMUS_OPS:
		break;
	}
	return FOOT_CELLS;
}

static void foot_of_agent(struct litmus_explorer *x, unsigned int agent)
{
	const struct litmus_agent *a = &x->run.test->agent[agent];

	for (unsigned int n = a->instructions; n--;) {
		x->foot[agent][n] = FOOT_AGENT(agent) | foot_of_instruction(x, &a->instruction[n]);
		x->future[agent][n] = x->future[agent][n + 1] | x->foot[agent][n];
	}
}

static void foot_of_all(struct litmus_explorer *x)
{
	for (unsigned int id = 0; id < x->run.test->agents; id++)
		x->translated |= x->run.test->agent[id].iommu != LITMUS_IOMMU_NONE;
	for (unsigned int id = 0; id < x->run.test->agents; id++)
		foot_of_agent(x, id);
}

/* Who touches a cell may make entries for it leave, and those take along what must leave before. */
static uint32_t foot_with_buffers(const struct litmus_explorer *x, uint32_t foot)
{
	uint32_t before;

	do {
		before = foot;
		for (unsigned int id = 0; id < x->run.test->agents; id++)
			if (x->buffer[id].ordered && x->buffer[id].posted & foot)
				foot |= x->buffer[id].posted;
	} while (foot != before);
	return foot;
}

/* Of the agent's next step. A buffer may have to make room, or to be emptied. */
static uint32_t foot_of_step(const struct litmus_explorer *x, unsigned int agent)
{
	const struct litmus_thread *t = &x->run.thread[agent];
	const struct litmus_instruction *i = &x->run.test->agent[agent].instruction[t->next];
	uint32_t foot = x->foot[agent][t->next];

	if (i->op == LITMUS_DMB)
		return foot;
	if (foot_is_of_all_lines(i->op))
		foot = FOOT_AGENT(agent) | foot_of_cell(x, t->line * x->run.test->agent[agent].line_bytes);
	return foot_with_buffers(x, foot | x->buffer[agent].posted);
}

static void foot_note_step(struct litmus_explorer *x, unsigned int agent, const struct litmus_instruction *i)
{
	struct explore_buffer *b = &x->buffer[agent];

	switch (i->op) {
	case LITMUS_DMB:
		b->ordered |= b->posted != 0;
		return;
	case LITMUS_DSB:
	case LITMUS_CRASH:
	case LITMUS_MAP:
	case LITMUS_UNMAP:
	case LITMUS_TLBI:
		*b = (struct explore_buffer){0};
		return;
	default:
		b->ordered |= i->op == LITMUS_DST && b->posted;
		if (x->run.test->agent[agent].buffer)
			b->posted |= foot_of_instruction(x, i);
	}
}

/* ---- What can be next ---------------------------------------------------------------------------------------- */

static uint32_t explore_future(const struct litmus_explorer *x, unsigned int agent)
{
	return litmus_run_next(&x->run, agent) ? x->future[agent][x->run.thread[agent].next] : 0;
}

/* Does the receiver still look into the mailbox? */
static bool explore_is_awaited(const struct litmus_explorer *x, unsigned int mailbox)
{
	const struct litmus_agent *a = &x->run.test->agent[x->run.test->mailbox[mailbox].to];
	const struct litmus_instruction *i = litmus_run_next(&x->run, x->run.test->mailbox[mailbox].to);

	for (; i && i < a->instruction + a->instructions; i++)
		if (i->mailbox == mailbox && (i->op == LITMUS_WAIT || i->op == LITMUS_POLL || i->op == LITMUS_POP))
			return true;
	return false;
}

static void explore_add(struct explore_move move[], unsigned int *moves, enum explore_kind kind, unsigned int n,
			uint32_t footprint)
{
	static const unsigned int first[] = {0, LITMUS_AGENTS_MAX, 2 * LITMUS_AGENTS_MAX};

	move[(*moves)++] = (struct explore_move){kind, n, 1u << (first[kind] + n), footprint};
}

static unsigned int explore_moves(const struct litmus_explorer *x, struct explore_move move[EXPLORE_MOVES])
{
	const struct litmus *test = x->run.test;
	unsigned int moves = 0;

	for (unsigned int id = 0; id < test->agents; id++)
		if (litmus_run_can_step(&x->run, id))
			explore_add(move, &moves, EXPLORE_STEP, id, foot_of_step(x, id));
	for (unsigned int id = 0; id < test->agents; id++)
		if (x->run.thread[id].rings)
			explore_add(move, &moves, EXPLORE_RING, id,
				    foot_with_buffers(x, FOOT_AGENT(id) | x->buffer[id].posted));
	for (unsigned int i = 0; i < test->mailboxes; i++)
		if (litmus_mailbox(&x->run, i)->in_flight && explore_is_awaited(x, i))
			explore_add(move, &moves, EXPLORE_ARRIVAL, i, FOOT_BOX(i));
	return moves;
}

/*
 * A step that meets nothing that others may still do; NULL: there is none. That their steps may make entries leave
 * store buffers is no matter: those could have left now.
 */
static const struct explore_move *explore_alone(const struct litmus_explorer *x, const struct explore_move move[],
						unsigned int moves)
{
	for (unsigned int k = 0; k < moves && move[k].kind == EXPLORE_STEP; k++) {
		uint32_t others = 0;

		for (unsigned int id = 0; id < x->run.test->agents; id++)
			if (id != move[k].n)
				others |= explore_future(x, id);
		for (unsigned int m = k + 1; m < moves; m++)
			if (move[m].kind != EXPLORE_STEP)
				others |= move[m].footprint;
		if (!(others & move[k].footprint))
			return &move[k];
	}
	return NULL;
}

/* ---- One run ---------------------------------------------------------------------------------------------------- */

static void explore_make(struct litmus_explorer *x, const struct explore_move *move)
{
	const struct litmus_instruction *i;

	switch (move->kind) {
	case EXPLORE_STEP:
		i = litmus_run_next(&x->run, move->n);
		litmus_run_step(&x->run, move->n);
		foot_note_step(x, move->n, i);
		return;
	case EXPLORE_RING:
		litmus_run_ring_leaves(&x->run, move->n);
		return;
	case EXPLORE_ARRIVAL:
		litmus_mailbox_arrive(&x->run, move->n);
		return;
	}
}

/* Who does not sleep, in place; how many that are. */
static unsigned int explore_awake(struct explore_move move[], unsigned int moves, unsigned int asleep)
{
	unsigned int awake = 0;

	for (unsigned int k = 0; k < moves; k++)
		if (!(move[k].bit & asleep))
			move[awake++] = move[k];
	return awake;
}

static unsigned int explore_sleepers_left(const struct explore_move move[], unsigned int moves, unsigned int asleep,
					  const struct explore_move *made)
{
	for (unsigned int k = 0; k < moves; k++)
		if (move[k].footprint & made->footprint)
			asleep &= ~move[k].bit;
	return asleep;
}

/* False: all that can be next sleeps. */
static bool explore_next(struct litmus_explorer *x, const struct explore_move all[], unsigned int moves,
			 unsigned int *asleep)
{
	struct explore_move move[EXPLORE_MOVES];
	const struct explore_move *alone = x->every_schedule ? NULL : explore_alone(x, all, moves), *made;
	unsigned int awake, taken;

	memcpy(move, alone ? alone : all, (alone ? 1 : moves) * sizeof(move[0]));
	awake = explore_awake(move, alone ? 1 : moves, *asleep);
	if (!awake)
		return false;
	taken = awake > 1 ? engine_choose(&x->run.engine, SITE_NEXT, awake) : 0;
	made = &move[taken];
	for (unsigned int k = 0; k < taken && !x->every_schedule; k++)
		*asleep |= move[k].bit;
	*asleep = explore_sleepers_left(all, moves, *asleep, made);
	explore_make(x, made);
	return true;
}

static void explore_note(struct litmus_explorer *x);

static bool explore_run_once(void *ctx, const uint8_t *answers, uint32_t count)
{
	struct litmus_explorer *x = ctx;
	struct explore_move move[EXPLORE_MOVES];
	unsigned int asleep = 0, moves;

	chooser_begin_answers(&x->run.chooser, answers, count);
	litmus_machine_reset(&x->run);
	memset(x->buffer, 0, sizeof(x->buffer));
	while ((moves = explore_moves(x, move)))
		if (!explore_next(x, move, moves, &asleep))
			return true;
	explore_note(x);
	return true;
}

/* ---- Outcomes -------------------------------------------------------------------------------------------------------
 */

/* Registers that no column names are always 0. */
static int outcome_compare(const struct litmus_state *a, const struct litmus_state *b)
{
	return memcmp(a, b, sizeof(*a));
}

static struct litmus_outcome *outcome_insert(struct litmus_result *result, unsigned int at,
					     const struct litmus_state *state)
{
	if (result->outcomes == result->outcomes_size) {
		result->outcomes_size = result->outcomes_size ? 2 * result->outcomes_size : 64;
		result->outcome = realloc(result->outcome, result->outcomes_size * sizeof(result->outcome[0]));
		if (!result->outcome)
			abort();
	}
	memmove(result->outcome + at + 1, result->outcome + at, (result->outcomes - at) * sizeof(result->outcome[0]));
	result->outcomes++;
	result->outcome[at] = (struct litmus_outcome){.state = *state};
	return &result->outcome[at];
}

static struct litmus_outcome *outcome_find(struct litmus_result *result, const struct litmus_state *state)
{
	unsigned int low = 0, high = result->outcomes;

	while (low < high) {
		unsigned int middle = (low + high) / 2;
		int order = outcome_compare(&result->outcome[middle].state, state);

		if (!order)
			return &result->outcome[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return outcome_insert(result, low, state);
}

static void explore_note(struct litmus_explorer *x)
{
	outcome_find(x->result, &x->run.state)->count++;
	x->result->runs++;
	x->result->capped += memory_caps(x->run.machine.memory);
}

static bool outcome_answers(const struct litmus *test, unsigned int root, const struct litmus_state *state)
{
	const struct litmus_term *t = &test->term[root];

	switch (t->kind) {
	case LITMUS_TERM_IS:
		return state->value[t->agent][t->reg] == t->value;
	case LITMUS_TERM_NOT:
		return !outcome_answers(test, t->left, state);
	case LITMUS_TERM_AND:
		return outcome_answers(test, t->left, state) && outcome_answers(test, t->right, state);
	case LITMUS_TERM_OR:
		return outcome_answers(test, t->left, state) || outcome_answers(test, t->right, state);
	}
	return false;
}

static void outcome_answer(const struct litmus *test, struct litmus_result *result)
{
	for (unsigned int i = 0; i < result->outcomes; i++)
		if (outcome_answers(test, test->terms - 1, &result->outcome[i].state))
			result->witnesses += result->outcome[i].count;
	result->holds = (result->witnesses > 0) != test->forbidden;
}

bool litmus_explore(const struct litmus *test, bool every_schedule, struct litmus_result *result, char *why,
		    size_t why_size)
{
	struct litmus_explorer *x = calloc(1, sizeof(*x));
	bool built;

	*result = (struct litmus_result){0};
	snprintf(why, why_size, "litmus: no memory");
	if (!x)
		return false;
	x->result = result;
	x->every_schedule = every_schedule;
	built = litmus_machine_init(&x->run, test, why, why_size);
	if (built) {
		foot_of_all(x);
		result->complete = explore_all(&x->run.chooser, explore_run_once, x) && !result->capped;
		outcome_answer(test, result);
	}
	litmus_machine_fini(&x->run);
	free(x);
	return built;
}

void litmus_result_fini(struct litmus_result *result)
{
	free(result->outcome);
	result->outcome = NULL;
}
