/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random programs on one granule: what their loads may see, asked late (models/line.c, every answer to every
 * question) and found eagerly (a search in which any view may evict, clean or prefetch any line at any
 * moment). Both sets must be equal; with histories capped, nothing may be invented. The search shares no code
 * with models/line.c. Times, events and reasons are not compared here; test_line.c is for those.
 *
 * line_fuzz [PROGRAMS] [SEED]
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/line.h"
#include "traces/trace.h"

#define VIEWS 3
#define PLACES 4
#define OPS 6		/* per view, with its wait */
#define RUNS 100000	/* a program with more sequences of answers is passed over */
#define CAP_USUAL 3
#define REFUSED 15	/* what a load sees that faults; larger than whatever is stored */

/* What a program runs on: the bytes that it touches, each view's lines, and how long the program is. */
struct shape {
	const char *name;
	unsigned int views, line_bytes[VIEWS];
	unsigned int places, offset[PLACES];
	unsigned int ops;		/* per view */
	unsigned int weight;
};

static const struct shape shapes[] = {
	{ "64 64", 2, { 64, 64 }, 2, { 3, 40 }, 3, 400 },
	{ "64 64", 2, { 64, 64 }, 2, { 3, 40 }, 4, 80 },
	{ "64 64", 2, { 64, 64 }, 2, { 3, 40 }, 5, 4 },
	{ "32 32", 2, { 32, 32 }, 3, { 3, 63, 17 }, 3, 80 },
	{ "32 32", 2, { 32, 32 }, 3, { 3, 63, 17 }, 4, 20 },
	{ "64 32", 2, { 64, 32 }, 4, { 3, 32, 17, 63 }, 3, 400 },
	{ "64 32", 2, { 64, 32 }, 4, { 3, 32, 17, 63 }, 4, 40 },
	{ "64 32", 2, { 64, 32 }, 2, { 31, 32 }, 4, 80 },
	{ "64 32", 2, { 64, 32 }, 2, { 31, 32 }, 5, 4 },
	{ "64 64 64", 3, { 64, 64, 64 }, 2, { 0, 63 }, 2, 80 },
	{ "64 64 64", 3, { 64, 64, 64 }, 2, { 0, 63 }, 3, 1 },
	{ "64 32 32", 3, { 64, 32, 32 }, 2, { 31, 32 }, 2, 160 },
	{ "64 32 32", 3, { 64, 32, 32 }, 2, { 31, 32 }, 3, 2 },
	{ "32 64 64", 3, { 32, 64, 64 }, 2, { 0, 32 }, 2, 80 },
	{ "32 64 64", 3, { 32, 64, 64 }, 2, { 0, 32 }, 3, 1 },
};
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

enum op_kind { STORE, LOAD, CLEAN, INVALIDATE, FLUSH, LOAD_UNCACHED, STORE_UNCACHED, SHUT, OPEN, WAIT };
static const char *const op_names[] = {
	"store", "load", "clean", "invalidate", "flush", "load uncached", "store uncached", "shut view", "open view",
	"wait for view 0 to have done ops:"
};

struct op {
	enum op_kind kind;
	unsigned int place;
	unsigned int value;	/* what it stores, a load's number in the program, whom to shut, or for what to wait */
};

struct program {
	const struct shape *shape;
	unsigned int length[VIEWS];
	struct op op[VIEWS][OPS];
};

static const struct shape mixed = { "64 32", 2, { 64, 32 }, 2, { 31, 32 }, 0, 0 };

/* What random programs seldom show. The comment is what the loads may see, in order of their numbers. */
static const struct program witnesses[] = {
	/* 2 0: the other half went to memory, and from there to view 0, before the uncached store did */
	{ &mixed, { 3, 1 }, {
		{ { STORE_UNCACHED, 0, 1 }, { LOAD, 1, 0 }, { LOAD, 0, 1 } },
		{ { STORE, 1, 2 } },
	} },
	/* 1 2 0: the second half went to memory before the first */
	{ &mixed, { 3, 2 }, {
		{ { LOAD_UNCACHED, 0, 0 }, { LOAD, 1, 1 }, { LOAD, 0, 2 } },
		{ { STORE, 0, 1 }, { STORE, 1, 2 } },
	} },
	/* 2 0: view 1's first half went to memory, then view 0's line, then view 1's second half */
	{ &mixed, { 2, 6 }, {
		{ { STORE, 1, 1 }, { LOAD, 1, 0 } },
		{ { WAIT, 0, 1 }, { STORE, 1, 2 }, { STORE, 0, 3 }, { WAIT, 0, 2 }, { CLEAN, 0, 0 },
		  { LOAD_UNCACHED, 0, 1 } },
	} },
	/* 1: view 1's line went to memory, and then view 0's was cleaned */
	{ &mixed, { 2, 5 }, {
		{ { STORE, 0, 1 }, { CLEAN, 0, 0 } },
		{ { WAIT, 0, 1 }, { STORE, 0, 2 }, { WAIT, 0, 2 }, { CLEAN, 0, 0 }, { LOAD_UNCACHED, 0, 0 } },
	} },
	/* not 0 0 1: at its second load view 1 held what was older than 1, and memory what was newer */
	{ &mixed, { 2, 4 }, {
		{ { STORE_UNCACHED, 0, 1 }, { STORE_UNCACHED, 0, 2 } },
		{ { LOAD, 0, 0 }, { WAIT, 0, 2 }, { LOAD, 0, 1 }, { LOAD, 0, 2 } },
	} },
	/* 0, 1, refused: prefetched before view 1 was shut, or not at all */
	{ &mixed, { 2, 2 }, {
		{ { STORE_UNCACHED, 0, 1 }, { SHUT, 0, 1 } },
		{ { WAIT, 0, 2 }, { LOAD, 0, 0 } },
	} },
	/* 0 0, 0 1, and refused at the second load: view 1 may have looked again before it was shut; 0 2 is not among them */
	{ &mixed, { 3, 3 }, {
		{ { STORE_UNCACHED, 0, 1 }, { SHUT, 0, 1 }, { STORE_UNCACHED, 0, 2 } },
		{ { LOAD, 0, 0 }, { WAIT, 0, 3 }, { LOAD, 0, 1 } },
	} },
	/* 0 0, 0 2, never 0 1: what memory held only while view 1 was shut it cannot have seen */
	{ &mixed, { 4, 3 }, {
		{ { SHUT, 0, 1 }, { STORE_UNCACHED, 0, 1 }, { STORE_UNCACHED, 0, 2 }, { OPEN, 0, 1 } },
		{ { LOAD, 0, 0 }, { WAIT, 0, 4 }, { LOAD, 0, 1 } },
	} },
	/* 0, 1: written back before view 1 was shut or after that, or lost in between */
	{ &mixed, { 3, 3 }, {
		{ { SHUT, 0, 1 }, { OPEN, 0, 1 }, { LOAD_UNCACHED, 0, 0 } },
		{ { STORE, 0, 1 }, { WAIT, 0, 2 }, { CLEAN, 0, 0 } },
	} },
	/* 1, 0: lost while it was shut, kept then or dropped */
	{ &mixed, { 1, 4 }, {
		{ { WAIT, 0, 0 } },
		{ { STORE, 0, 1 }, { SHUT, 0, 1 }, { OPEN, 0, 1 }, { LOAD, 0, 0 } },
	} },
	/* 0 0: it may be that view 1 can store, but not that memory takes it */
	{ &mixed, { 1, 5 }, {
		{ { SHUT, 0, 1 } },
		{ { LOAD, 0, 0 }, { WAIT, 0, 1 }, { STORE, 0, 1 }, { CLEAN, 0, 0 }, { LOAD_UNCACHED, 0, 1 } },
	} },
};
#define WITNESSES (sizeof(witnesses) / sizeof(witnesses[0]))

/* What the loads saw: four bits each. */
typedef uint64_t outcome;

static outcome outcome_add(outcome seen, const struct op *load, unsigned int value)
{
	return seen | (outcome)value << 4 * load->value;
}

static uint64_t hash_mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* ---- Sets of fixed-size keys, in order of insertion ----------------------------------------------- */

struct set {
	size_t key_size, count, slots;	/* slots is a power of two */
	unsigned char *keys;
	uint32_t *slot;			/* 1 + index of a key, or 0 */
};

static const void *set_key(const struct set *set, size_t index)
{
	return set->keys + index * set->key_size;
}

static uint64_t set_hash(const struct set *set, const void *key)
{
	uint64_t hash = 0, word;

	for (size_t i = 0; i < set->key_size; i += sizeof(word)) {
		memcpy(&word, (const unsigned char *)key + i, sizeof(word));
		hash = hash_mix(hash + word + 0x9e3779b97f4a7c15u);
	}
	return hash;
}

static uint32_t *set_slot(const struct set *set, const void *key)
{
	size_t i = set_hash(set, key) & (set->slots - 1);

	while (set->slot[i] && memcmp(set_key(set, set->slot[i] - 1), key, set->key_size))
		i = (i + 1) & (set->slots - 1);
	return &set->slot[i];
}

static void set_resize(struct set *set, size_t slots)
{
	free(set->slot);
	set->slots = slots;
	set->slot = calloc(slots, sizeof(set->slot[0]));
	set->keys = realloc(set->keys, slots / 2 * set->key_size);
	if (!set->slot || !set->keys)
		abort();
	for (size_t i = 0; i < set->count; i++)
		*set_slot(set, set_key(set, i)) = (uint32_t)i + 1;
}

static void set_empty(struct set *set, size_t key_size)
{
	assert(key_size % sizeof(uint64_t) == 0);
	set->key_size = key_size;
	set->count = 0;
	set_resize(set, 256);
}

static bool set_has(const struct set *set, const void *key)
{
	return *set_slot(set, key) != 0;
}

static void set_add(struct set *set, const void *key)
{
	uint32_t *slot = set_slot(set, key);

	if (*slot)
		return;
	memcpy(set->keys + set->count * set->key_size, key, set->key_size);
	*slot = (uint32_t)++set->count;
	if (set->count == set->slots / 2)
		set_resize(set, set->slots * 2);
}

static bool set_includes(const struct set *set, const struct set *part)
{
	for (size_t i = 0; i < part->count; i++)
		if (!set_has(set, set_key(part, i)))
			return false;
	return true;
}

static void set_free(struct set *set)
{
	free(set->slot);
	free(set->keys);
}

/* ---- Eager: every machine state that can be reached ----------------------------------------------- */

enum copy { COPY_NONE, COPY_CLEAN, COPY_DIRTY };

struct machine {
	outcome seen;
	uint8_t memory[PLACES];
	uint8_t cache[VIEWS][PLACES];
	uint8_t copy[VIEWS][2];		/* enum copy of each line */
	uint8_t pc[VIEWS];
	uint8_t shut[VIEWS];
	uint8_t unused[4];
};
_Static_assert(sizeof(struct machine) == 40, "a key without padding");

static unsigned int eager_line(const struct shape *shape, unsigned int view, unsigned int place)
{
	return shape->offset[place] / shape->line_bytes[view];
}

static void eager_write_back(struct machine *m, const struct shape *shape, unsigned int view,
			     unsigned int line)
{
	for (unsigned int i = 0; i < shape->places; i++)
		if (eager_line(shape, view, i) == line && !m->shut[view])
			m->memory[i] = m->cache[view][i];
	m->copy[view][line] = COPY_CLEAN;
}

static void eager_drop(struct machine *m, const struct shape *shape, unsigned int view, unsigned int line)
{
	for (unsigned int i = 0; i < shape->places; i++)
		if (eager_line(shape, view, i) == line)
			m->cache[view][i] = 0;
	m->copy[view][line] = COPY_NONE;
}

static void eager_fill(struct machine *m, const struct shape *shape, unsigned int view, unsigned int line)
{
	if (m->shut[view])
		return;
	for (unsigned int i = 0; i < shape->places; i++)
		if (eager_line(shape, view, i) == line)
			m->cache[view][i] = m->memory[i];
	m->copy[view][line] = COPY_CLEAN;
}

/* What the hardware may do to a line at any moment: one thing for each state of it. */
static void eager_surprise(struct machine *m, const struct shape *shape, unsigned int view, unsigned int line)
{
	switch ((enum copy)m->copy[view][line]) {
	case COPY_NONE:
		eager_fill(m, shape, view, line);
		break;
	case COPY_CLEAN:
		eager_drop(m, shape, view, line);
		break;
	case COPY_DIRTY:
		eager_write_back(m, shape, view, line);
		break;
	}
}

static void eager_op(struct machine *m, const struct shape *shape, unsigned int view, const struct op *op)
{
	unsigned int line = eager_line(shape, view, op->place);

	if ((op->kind == STORE || op->kind == LOAD) && m->copy[view][line] == COPY_NONE)
		eager_fill(m, shape, view, line);
	if ((op->kind == CLEAN || op->kind == FLUSH) && m->copy[view][line] == COPY_DIRTY)
		eager_write_back(m, shape, view, line);
	if (op->kind == INVALIDATE || op->kind == FLUSH)
		eager_drop(m, shape, view, line);
	if (op->kind == STORE && m->copy[view][line] != COPY_NONE) {
		m->cache[view][op->place] = (uint8_t)op->value;
		m->copy[view][line] = COPY_DIRTY;
	}
	if (op->kind == LOAD)
		m->seen = outcome_add(m->seen, op, m->copy[view][line] == COPY_NONE ? REFUSED : m->cache[view][op->place]);
	if (op->kind == SHUT || op->kind == OPEN)
		m->shut[op->value] = op->kind == SHUT;
	if (op->kind == STORE_UNCACHED)
		m->memory[op->place] = (uint8_t)op->value;
	if (op->kind == LOAD_UNCACHED)
		m->seen = outcome_add(m->seen, op, m->memory[op->place]);
}

static void eager_step(struct set *states, const struct program *p, const struct machine *from,
		       unsigned int view)
{
	const struct op *op = &p->op[view][from->pc[view]];
	struct machine m = *from;

	if (from->pc[view] == p->length[view] || (op->kind == WAIT && from->pc[0] < op->value))
		return;
	eager_op(&m, p->shape, view, op);
	m.pc[view]++;
	set_add(states, &m);
}

static bool eager_ended(const struct program *p, const struct machine *m)
{
	for (unsigned int view = 0; view < p->shape->views; view++)
		if (m->pc[view] < p->length[view])
			return false;
	return true;
}

static void eager_run(const struct program *p, struct set *states, struct set *outcomes)
{
	struct machine m = { 0 };

	set_empty(states, sizeof(m));
	set_empty(outcomes, sizeof(outcome));
	set_add(states, &m);
	for (size_t i = 0; i < states->count; i++) {
		memcpy(&m, set_key(states, i), sizeof(m));
		if (eager_ended(p, &m)) {
			set_add(outcomes, &m.seen);
			continue;
		}
		for (unsigned int view = 0; view < p->shape->views; view++) {
			eager_step(states, p, &m, view);
			for (unsigned int line = 0; line < LINE_MAX / p->shape->line_bytes[view]; line++) {
				struct machine next = m;

				eager_surprise(&next, p->shape, view, line);
				set_add(states, &next);
			}
		}
	}
}

/* ---- Lazy: models/line.c, replayed from the start for every sequence of answers ------------------- */

#define QUESTIONS 128

struct odometer {
	unsigned int asked, known;	/* questions of this run; answers that are given from the start */
	unsigned int answer[QUESTIONS], options[QUESTIONS];
};

static unsigned int odometer_choose(struct odometer *o, unsigned int n)
{
	unsigned int i = o->asked++;

	assert(i < QUESTIONS);
	if (i == o->known) {
		o->answer[i] = 0;
		o->options[i] = n;
		o->known++;
	}
	assert(o->options[i] == n);
	return o->answer[i];
}

/* On to the next sequence of answers; false after the last. */
static bool odometer_advance(struct odometer *o)
{
	while (o->known && o->answer[o->known - 1] + 1 == o->options[o->known - 1])
		o->known--;
	if (o->known)
		o->answer[o->known - 1]++;
	o->asked = 0;
	return o->known > 0;
}

#define SNAPS ((LINE_VIEWS * 2 * 2 + 1) * LINE_SNAPS)	/* of a line: pendings and ghosts */

struct bench {
	const struct program *program;
	struct odometer odometer;
	struct line_rules rules;
	struct line_pool pool;
	struct line_snap snap[SNAPS];
	struct line_granule granule;
	uint8_t memory[LINE_MAX], cache[VIEWS][LINE_MAX];
	unsigned int pc[VIEWS], stamp;
	outcome seen;
	bool capped;
};

static unsigned int bench_choose(void *ctx, const char *site, unsigned int n)
{
	struct bench *b = ctx;

	(void)site;
	assert(n > 1);
	return odometer_choose(&b->odometer, n);
}

static void bench_filled(void *ctx, unsigned int view, unsigned int at, int why, uint64_t not_before,
			 const struct line_content *c, bool news)
{
	(void)ctx, (void)view, (void)at, (void)why, (void)not_before, (void)c, (void)news;
}

static void bench_written(void *ctx, unsigned int view, unsigned int at, int why, uint64_t not_before,
			  const struct line_content *old, const struct line_content *c)
{
	(void)ctx, (void)view, (void)at, (void)why, (void)not_before, (void)old, (void)c;
}

static void bench_lost(void *ctx, unsigned int view, unsigned int at, uint64_t not_before,
		       const struct line_content *memory, const struct line_content *c)
{
	(void)ctx, (void)view, (void)at, (void)not_before, (void)memory, (void)c;
}

static void bench_refused(void *ctx, unsigned int view, unsigned int at, uint64_t not_before, const struct line_content *c)
{
	(void)ctx, (void)view, (void)at, (void)not_before, (void)c;
}

static void bench_capped(void *ctx)
{
	struct bench *b = ctx;

	b->capped = true;
}

static const struct line_ops bench_ops = {
	bench_choose, bench_filled, bench_written, bench_lost, bench_refused, bench_capped
};

static void bench_reset(struct bench *b)
{
	uint8_t *view_byte[VIEWS];

	memset(&b->granule, 0, sizeof(b->granule));
	memset(b->memory, 0, sizeof(b->memory));
	memset(b->cache, 0xee, sizeof(b->cache));
	memset(b->pc, 0, sizeof(b->pc));
	b->stamp = 0;
	b->seen = 0;
	for (unsigned int view = 0; view < VIEWS; view++)
		view_byte[view] = b->cache[view];
	line_pool_reset(&b->pool);
	line_init(&b->granule, &b->rules, &b->pool, b->memory, view_byte);
}

static void bench_cached(struct bench *b, unsigned int view, const struct op *op, unsigned int at)
{
	bool served = line_touch(&b->granule, &b->rules, &b->pool, view, at, b->stamp);

	if (op->kind == LOAD)
		b->seen = outcome_add(b->seen, op, served ? b->cache[view][at] : REFUSED);
	if (op->kind == LOAD || !served)
		return;
	b->cache[view][at] = (uint8_t)op->value;
	b->stamp++;
	line_stored(&b->granule, &b->rules, &b->pool, view, at, 1, b->stamp, b->stamp);
}

static void bench_uncached(struct bench *b, const struct op *op, unsigned int at)
{
	line_touch_uncached(&b->granule, &b->rules, &b->pool, at, 1, b->stamp);
	if (op->kind == LOAD_UNCACHED) {
		b->seen = outcome_add(b->seen, op, b->memory[at]);
		return;
	}
	b->memory[at] = (uint8_t)op->value;
	b->stamp++;
	line_stored_uncached(&b->granule, &b->rules, &b->pool, at, 1, b->stamp, b->stamp);
}

static void bench_op(struct bench *b, unsigned int view, const struct op *op)
{
	static const int maint[] = {
		[CLEAN] = TRACE_MAINT_CLEAN,
		[INVALIDATE] = TRACE_MAINT_INVALIDATE,
		[FLUSH] = TRACE_MAINT_FLUSH
	};
	unsigned int at = b->program->shape->offset[op->place];

	switch (op->kind) {
	case STORE:
	case LOAD:
		bench_cached(b, view, op, at);
		break;
	case CLEAN:
	case INVALIDATE:
	case FLUSH:
		line_maintain(&b->granule, &b->rules, &b->pool, view, at, maint[op->kind], b->stamp);
		break;
	case LOAD_UNCACHED:
	case STORE_UNCACHED:
		bench_uncached(b, op, at);
		break;
	case SHUT:
	case OPEN:
		line_shut(&b->granule, &b->rules, &b->pool, 1u << op->value, op->kind == SHUT, b->stamp);
		break;
	case WAIT:
		break;
	}
}

static unsigned int bench_ready(const struct bench *b, unsigned int ready[VIEWS])
{
	const struct program *p = b->program;
	unsigned int count = 0;

	for (unsigned int view = 0; view < p->shape->views; view++) {
		const struct op *op = &p->op[view][b->pc[view]];

		if (b->pc[view] < p->length[view] && !(op->kind == WAIT && b->pc[0] < op->value))
			ready[count++] = view;
	}
	return count;
}

static void bench_run_once(struct bench *b)
{
	unsigned int ready[VIEWS], count, view;

	bench_reset(b);
	while ((count = bench_ready(b, ready))) {
		view = ready[count > 1 ? odometer_choose(&b->odometer, count) : 0];
		bench_op(b, view, &b->program->op[view][b->pc[view]]);
		b->pc[view]++;
	}
}

/* False when there are too many runs. */
static bool lazy_run(struct bench *b, const struct program *p, unsigned int cap, struct set *outcomes)
{
	unsigned int runs = 0;

	b->program = p;
	b->capped = false;
	b->pool.snaps = b->snap;
	b->pool.size = (LINE_VIEWS * 2 * 2 + 1) * cap;
	b->rules = (struct line_rules){ .views = p->shape->views, .cap = cap, .ops = &bench_ops, .ctx = b };
	memcpy(b->rules.line_bytes, p->shape->line_bytes, sizeof(p->shape->line_bytes));
	memset(&b->odometer, 0, sizeof(b->odometer));
	set_empty(outcomes, sizeof(outcome));
	do {
		bench_run_once(b);
		set_add(outcomes, &b->seen);
	} while (++runs < RUNS && odometer_advance(&b->odometer));
	return runs < RUNS;
}

/* ---- Programs ------------------------------------------------------------------------------------- */

static uint64_t random_state;

static unsigned int random_below(unsigned int n)
{
	random_state += 0x9e3779b97f4a7c15u;
	return (unsigned int)(hash_mix(random_state) % n);
}

static const struct shape *program_shape(void)
{
	unsigned int total = 0, pick;

	for (size_t i = 0; i < SHAPES; i++)
		total += shapes[i].weight;
	pick = random_below(total);
	for (size_t i = 0;; i++) {
		if (pick < shapes[i].weight)
			return &shapes[i];
		pick -= shapes[i].weight;
	}
}

/* Half of the programs' kinds of operation are missing: what takes several of the same is met more often. */
static enum op_kind program_kind(unsigned int kinds)
{
	enum op_kind kind;

	do {
		kind = (enum op_kind)random_below(kinds & 1u << SHUT ? WAIT : SHUT);
	} while (!(kinds & 1u << kind));
	return kind;
}

struct numbers {
	unsigned int stores, loads;
};

static struct op program_op(unsigned int kinds, unsigned int places, unsigned int views, struct numbers *n)
{
	struct op op = { program_kind(kinds), random_below(places), 0 };

	if (op.kind == STORE || op.kind == STORE_UNCACHED)
		op.value = ++n->stores;
	if (op.kind == LOAD || op.kind == LOAD_UNCACHED)
		op.value = n->loads++;
	if (op.kind == SHUT || op.kind == OPEN)
		op.value = random_below(views);
	return op;
}

/* False when there is nothing to see in it. */
static bool program_try(struct program *p)
{
	unsigned int drawn = random_below(8 * ((1u << SHUT) - 1)), kinds = 1 + drawn % ((1u << SHUT) - 1), places;
	struct numbers n = { 0 };

	/* In few of them memory refuses anything. */
	kinds |= drawn < (1u << SHUT) ? 1u << SHUT | 1u << OPEN : 0;
	*p = (struct program){ .shape = program_shape() };
	places = 1 + random_below(p->shape->places);
	for (unsigned int view = 0; view < p->shape->views; view++) {
		unsigned int wait = view ? random_below(2 * p->shape->ops) : OPS;

		for (unsigned int i = 0; i < p->shape->ops; i++) {
			if (i == wait)
				p->op[view][p->length[view]++] =
					(struct op){ WAIT, 0, 1 + random_below(p->shape->ops) };
			p->op[view][p->length[view]++] = program_op(kinds, places, p->shape->views, &n);
		}
	}
	return n.stores >= 1 && n.loads >= 2;
}

static unsigned int program_size(const struct program *p)
{
	return p->length[0] + p->length[1] + p->length[2];
}

static void program_cut(struct program *p, unsigned int view, unsigned int at)
{
	memmove(&p->op[view][at], &p->op[view][at + 1], (--p->length[view] - at) * sizeof(p->op[view][0]));
	for (view = 1; view < VIEWS; view++)
		for (unsigned int i = 0; i < p->length[view]; i++)
			if (p->op[view][i].kind == WAIT && p->op[view][i].value > p->length[0])
				p->op[view][i].value = p->length[0];
}

static void program_print(const struct program *p)
{
	for (unsigned int view = 0; view < p->shape->views; view++) {
		printf("  view %u (%u-byte lines):", view, p->shape->line_bytes[view]);
		for (unsigned int i = 0; i < p->length[view]; i++) {
			const struct op *op = &p->op[view][i];

			printf("%s %s", i ? ";" : "", op_names[op->kind]);
			if (op->kind < SHUT)
				printf(" [%u]", p->shape->offset[op->place]);
			if (op->kind == STORE || op->kind == STORE_UNCACHED)
				printf(" = %u", op->value);
			if (op->kind >= SHUT)
				printf(" %u", op->value);
		}
		printf("\n");
	}
}

/* ---- Comparison ----------------------------------------------------------------------------------- */

struct twins {
	struct bench bench;
	struct set states, eager, lazy, capped;
};

enum verdict { SAME, DIFFERENT, TOO_LONG };

static enum verdict twins_compare(struct twins *t, const struct program *p)
{
	if (!lazy_run(&t->bench, p, LINE_SNAPS, &t->lazy))
		return TOO_LONG;
	assert(!t->bench.capped);
	eager_run(p, &t->states, &t->eager);
	if (t->eager.count != t->lazy.count || !set_includes(&t->eager, &t->lazy))
		return DIFFERENT;
	lazy_run(&t->bench, p, CAP_USUAL, &t->capped);
	return set_includes(&t->eager, &t->capped) ? SAME : DIFFERENT;
}

static struct program twins_shrink(struct twins *t, struct program p)
{
	for (unsigned int view = 0; view < VIEWS; view++)
		for (unsigned int at = 0; at < p.length[view]; at++) {
			struct program shorter = p;

			program_cut(&shorter, view, at);
			if (twins_compare(t, &shorter) == DIFFERENT)
				return twins_shrink(t, shorter);
		}
	return p;
}

static void twins_print_only(const struct program *p, const char *title, const struct set *set,
			     const struct set *other)
{
	for (size_t i = 0; i < set->count; i++) {
		outcome seen;

		if (set_has(other, set_key(set, i)))
			continue;
		memcpy(&seen, set_key(set, i), sizeof(seen));
		printf("  %s:", title);
		for (unsigned int view = 0; view < p->shape->views; view++)
			for (unsigned int at = 0; at < p->length[view]; at++) {
				const struct op *op = &p->op[view][at];

				if (op->kind == LOAD || op->kind == LOAD_UNCACHED)
					printf(" view %u op %u saw %u", view, at + 1,
					       (unsigned int)(seen >> 4 * op->value & 15));
			}
		printf("\n");
	}
}

static void twins_explain(struct twins *t, const struct program *differing)
{
	struct program p = twins_shrink(t, *differing);

	twins_compare(t, &p);
	printf("line_fuzz: the smallest program that differs, %u ops on %s:\n", program_size(&p),
	       p.shape->name);
	program_print(&p);
	twins_print_only(&p, "missed when asked late", &t->eager, &t->lazy);
	twins_print_only(&p, "invented when asked late", &t->lazy, &t->eager);
	if (set_includes(&t->eager, &t->lazy) && t->eager.count == t->lazy.count)
		twins_print_only(&p, "invented at the cap", &t->capped, &t->eager);
}

/* What the programs told, so far. */
struct tally {
	unsigned long programs, outcomes, differences;
	struct program smallest;
};

static void tally_program(struct tally *tally, struct twins *t, const struct program *p)
{
	enum verdict verdict = twins_compare(t, p);

	if (verdict == TOO_LONG)
		return;
	tally->programs++;
	tally->outcomes += t->eager.count;
	if (verdict == DIFFERENT &&
	    (!tally->differences++ || program_size(p) < program_size(&tally->smallest)))
		tally->smallest = *p;
}

int main(int argc, char **argv)
{
	static struct twins twins;
	static struct tally tally;
	unsigned long programs = argc > 1 ? strtoul(argv[1], NULL, 0) : 10000;
	struct program p;

	random_state = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
	for (size_t i = 0; i < WITNESSES; i++)
		tally_program(&tally, &twins, &witnesses[i]);
	while (tally.programs < programs)
		if (program_try(&p))
			tally_program(&tally, &twins, &p);
	if (tally.differences)
		twins_explain(&twins, &tally.smallest);
	printf("line_fuzz: %lu programs, %lu outcomes, %lu differences\n", tally.programs, tally.outcomes,
	       tally.differences);
	set_free(&twins.states);
	set_free(&twins.eager);
	set_free(&twins.lazy);
	set_free(&twins.capped);
	return tally.differences != 0;
}
