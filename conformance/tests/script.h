/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the checker's tests write event sequences with: two scripted sides that store to, load from, maintain and kick
 * on a small platform. There is no memory model: facts and loads say what the script wants, and nothing is judged here.
 *
 * Functions are static inline: each test program uses some of them.
 */
#ifndef CONFORMANCE_TESTS_SCRIPT_H
#define CONFORMANCE_TESTS_SCRIPT_H

#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

#include "conformance/checker.h"
#include "sbe/wire.h"

#define HOST_CPU 0
#define REMOTE_CPU 1
#define HOST_CORE 2	/* a further core of the host's cluster: off unless a script says so */
#define TABLE 0x1000u
#define CONTROL 0x10000u
#define CONTROL_SIZE 0x10000u
#define DATA 0x100000u
#define DATA_SIZE 0x10000u
#define NUM 8u
#define POSTED 4u
#define BUFFER_BYTES 512u
#define BUFFER(i) (CONTROL + 0x4000u + BUFFER_BYTES * (i))
#define STATUS_AT (TABLE + (uint64_t)offsetof(struct resource_table, vdev.status))

/* Program counters. A message's bytes are stored at PC_MESSAGE + their offset in the buffer. */
enum {
	PC_ZERO = 0x100,
	PC_TABLE,
	PC_STATUS,
	PC_DESC,
	PC_ENTRY,
	PC_INDEX,
	PC_KICK,
	PC_WAIT,
	PC_LOAD,
	PC_CLEAN,
	PC_INVALIDATE,
	PC_FILL,
	PC_WORK,
	PC_RESULT,
	PC_READ_BACK,
	PC_LATE,
	PC_STRAY,
	PC_BARRIER,
	PC_MESSAGE = 0x1000,
};

struct platform {
	bool rings_cached;
	uint16_t line[2];
};
static const struct platform platforms[] = {
	{false, {64, 32}},
	{true, {64, 64}},
	{true, {64, 32}},
	{true, {32, 64}},
};
#define PLATFORMS (sizeof(platforms) / sizeof(platforms[0]))

/* ---- The script's world ------------------------------------------------------------------------------ */

#define MASKS 64
struct mask {
	uint64_t line, loads, stores, load_first, load_last, store_first, store_last;
};

struct world {
	struct trace_listener listener;
	const struct platform *platform;
	int twin; /* what a test spoils */
	uint64_t time;
	uint8_t memory[CONTROL + CONTROL_SIZE];
	unsigned int masks[2];
	struct mask mask[2][MASKS];
	uint16_t avail[2], used[2]; /* indices, as published */
	uint16_t avail_seen[2], used_seen[2];
	uint16_t next_head;
	uint32_t align;
};

static inline void tell(struct world *w, struct trace_event event)
{
	event.time = w->time += 1000;
	w->listener.event(w->listener.ctx, &event);
}
#define TELL(w, name, ...) tell(w, (struct trace_event){.id = EVENT_##name, .name = {__VA_ARGS__}})

static inline void mask_tell(struct world *w, uint8_t cpu, unsigned int i)
{
	struct mask m = w->mask[cpu][i];

	w->mask[cpu][i] = w->mask[cpu][--w->masks[cpu]];
	TELL(w, mask, cpu, m.line, m.loads, m.stores, m.load_first, m.load_last, m.store_first, m.store_last);
}

/* A sync event of the agent follows. */
static inline void sync_all(struct world *w, uint8_t cpu)
{
	while (w->masks[cpu])
		mask_tell(w, cpu, 0);
}

static inline struct mask *mask_of(struct world *w, uint8_t cpu, uint8_t access, uint64_t line, uint64_t pc)
{
	struct mask *m;

	for (unsigned int i = 0; i < w->masks[cpu]; i++)
		if (w->mask[cpu][i].line == line)
			return &w->mask[cpu][i];
	TELL(w, touch, cpu, access, line, pc);
	m = &w->mask[cpu][w->masks[cpu]++];
	*m = (struct mask){.line = line};
	return m;
}

static inline void data(struct world *w, uint8_t cpu, uint8_t access, uint64_t offset, uint64_t size, uint64_t pc)
{
	for (uint64_t at = DATA + offset; at < DATA + offset + size; at++) {
		uint64_t line = at & ~(uint64_t)(w->platform->line[cpu] - 1u);
		struct mask *m = mask_of(w, cpu, access, line, pc);
		uint64_t bit = 1ull << (at - line);

		if (access == TRACE_ACCESS_LOAD) {
			m->loads |= bit;
			m->load_first = m->load_first ? m->load_first : pc;
			m->load_last = pc;
		} else {
			m->stores |= bit;
			m->store_first = m->store_first ? m->store_first : pc;
			m->store_last = pc;
		}
	}
}

static inline void store(struct world *w, uint8_t cpu, uint64_t addr, uint64_t value, uint16_t size, uint64_t pc)
{
	sync_all(w, cpu);
	for (uint16_t i = 0; i < size; i++)
		w->memory[addr + i] = (uint8_t)(value >> (8 * i));
	TELL(w, store, cpu, addr, pc, {size, &w->memory[addr]});
}

static inline uint64_t load(struct world *w, uint8_t cpu, uint64_t addr, uint16_t size, uint64_t pc)
{
	uint64_t value = 0;

	TELL(w, load, cpu, addr, pc, {size, &w->memory[addr]});
	for (uint16_t i = 0; i < size; i++)
		value |= (uint64_t)w->memory[addr + i] << (8 * i);
	return value;
}

static inline void maintain(struct world *w, uint8_t cpu, uint8_t op, uint64_t addr, uint64_t size)
{
	uint64_t mask = w->platform->line[cpu] - 1u;

	for (unsigned int i = 0; i < w->masks[cpu]; i++)
		if (w->mask[cpu][i].line >= (addr & ~mask) && w->mask[cpu][i].line < addr + size)
			mask_tell(w, cpu, i--);
	TELL(w, maint, cpu, op, addr, size, op == TRACE_MAINT_CLEAN ? PC_CLEAN : PC_INVALIDATE);
}

static inline void ring_clean(struct world *w, uint8_t cpu, uint64_t addr, uint64_t size)
{
	if (w->platform->rings_cached)
		maintain(w, cpu, TRACE_MAINT_CLEAN, addr, size);
}

static inline void ring_invalidate(struct world *w, uint8_t cpu, uint64_t addr, uint64_t size)
{
	if (w->platform->rings_cached)
		maintain(w, cpu, TRACE_MAINT_INVALIDATE, addr, size);
}

static inline void kick(struct world *w, uint8_t cpu, uint64_t token)
{
	sync_all(w, cpu);
	TELL(w, kick, cpu, 0, token, PC_KICK);
}

static inline void pause_cpu(struct world *w, uint8_t cpu)
{
	TELL(w, wait, cpu, 0, PC_WAIT);
}

static inline void barrier(struct world *w, uint8_t cpu)
{
	sync_all(w, cpu);
	TELL(w, barrier, cpu, TRACE_BARRIER_DMB, PC_BARRIER);
}

/* ---- Rings ------------------------------------------------------------------------------------------- */

static inline uint64_t ring_at(unsigned int ring)
{
	return CONTROL + 0x1000u * ring;
}

static inline uint64_t avail_at(unsigned int ring)
{
	return ring_at(ring) + VRING_AVAIL_OFFSET(NUM);
}

static inline uint64_t used_at(const struct world *w, unsigned int ring)
{
	return ring_at(ring) + VRING_USED_OFFSET(NUM, w->align);
}

static inline void index_store(struct world *w, uint8_t cpu, uint64_t part, uint16_t index, bool clean)
{
	barrier(w, cpu);
	store(w, cpu, part + VRING_AVAIL_IDX, index, 2, PC_INDEX);
	if (clean)
		ring_clean(w, cpu, part + VRING_AVAIL_IDX, 2);
}

struct post {
	unsigned int ring;
	uint16_t head, flags;
	uint64_t addr;
	uint32_t len;
};

static inline void desc_store(struct world *w, const struct post *p, bool clean)
{
	uint64_t at = ring_at(p->ring) + VRING_DESC_OFFSET(p->head);

	store(w, HOST_CPU, at, p->addr, 8, PC_DESC);
	store(w, HOST_CPU, at + 8, p->len, 4, PC_DESC);
	store(w, HOST_CPU, at + 12, p->flags, 2, PC_DESC);
	if (clean)
		ring_clean(w, HOST_CPU, at, 16);
}

/* ---- Messages ---------------------------------------------------------------------------------------- */

struct message {
	uint32_t src, dst;
	uint16_t size, len; /* len: what the header says */
	uint8_t bytes[BUFFER_BYTES - 16];
};

static inline void message_store(struct world *w, uint8_t cpu, uint64_t at, const struct message *m)
{
	uint8_t image[BUFFER_BYTES] = {0};
	const uint32_t words[3] = {m->src, m->dst, 0};

	memcpy(image, words, sizeof(words));
	memcpy(image + 12, &m->len, 2);
	memcpy(image + 16, m->bytes, m->size);
	for (uint32_t i = 0; i < 16u + m->size; i += 4) {
		uint32_t word;

		memcpy(&word, image + i, sizeof(word));
		store(w, cpu, at + i, word, sizeof(word), PC_MESSAGE + i);
	}
}

static inline void message_load(struct world *w, uint8_t cpu, uint64_t at, uint32_t size)
{
	for (uint32_t i = 0; i < size; i += 4)
		load(w, cpu, at + i, 4, PC_LOAD);
}

/* ---- Whole exchanges, all as it should be ------------------------------------------------------------ */

static inline void post_entry(struct world *w, struct post p)
{
	uint64_t entry = avail_at(p.ring) + VRING_AVAIL_RING(w->avail[p.ring] % NUM);

	desc_store(w, &p, true);
	store(w, HOST_CPU, entry, p.head, 2, PC_ENTRY);
	ring_clean(w, HOST_CPU, entry, 2);
	index_store(w, HOST_CPU, avail_at(p.ring), ++w->avail[p.ring], true);
}

static inline uint16_t take_entry(struct world *w, unsigned int ring)
{
	uint64_t slot = avail_at(ring) + VRING_AVAIL_RING(w->avail_seen[ring]++ % NUM), desc;
	uint16_t head;

	ring_invalidate(w, REMOTE_CPU, avail_at(ring) + VRING_AVAIL_IDX, 2);
	load(w, REMOTE_CPU, avail_at(ring) + VRING_AVAIL_IDX, 2, PC_LOAD);
	barrier(w, REMOTE_CPU);
	ring_invalidate(w, REMOTE_CPU, slot, 2);
	head = (uint16_t)load(w, REMOTE_CPU, slot, 2, PC_LOAD);
	desc = ring_at(ring) + VRING_DESC_OFFSET(head % NUM);
	ring_invalidate(w, REMOTE_CPU, desc, 16);
	load(w, REMOTE_CPU, desc, 8, PC_LOAD);
	load(w, REMOTE_CPU, desc + 8, 4, PC_LOAD);
	load(w, REMOTE_CPU, desc + 12, 2, PC_LOAD);
	return head;
}

static inline void return_entry(struct world *w, unsigned int ring, uint32_t id, uint32_t len)
{
	uint64_t entry = used_at(w, ring) + VRING_USED_RING(w->used[ring]++ % NUM);

	store(w, REMOTE_CPU, entry, id, 4, PC_ENTRY);
	store(w, REMOTE_CPU, entry + 4, len, 4, PC_ENTRY);
	ring_clean(w, REMOTE_CPU, entry, 8);
	index_store(w, REMOTE_CPU, used_at(w, ring), w->used[ring], true);
}

static inline uint16_t collect_entry(struct world *w, unsigned int ring)
{
	uint64_t slot = used_at(w, ring) + VRING_USED_RING(w->used_seen[ring]++ % NUM);

	ring_invalidate(w, HOST_CPU, used_at(w, ring) + VRING_USED_IDX, 2);
	load(w, HOST_CPU, used_at(w, ring) + VRING_USED_IDX, 2, PC_LOAD);
	barrier(w, HOST_CPU);
	ring_invalidate(w, HOST_CPU, slot, 8);
	load(w, HOST_CPU, slot + 4, 4, PC_LOAD);
	return (uint16_t)load(w, HOST_CPU, slot, 4, PC_LOAD);
}

static inline void rings_zero(struct world *w)
{
	for (unsigned int ring = 0; ring < 2; ring++) {
		uint64_t end = used_at(w, ring) + VRING_USED_RING(NUM) + 2u;

		for (uint64_t at = ring_at(ring); at < end; at += 2)
			store(w, HOST_CPU, at, 0, 2, PC_ZERO);
		ring_clean(w, HOST_CPU, ring_at(ring), end - ring_at(ring));
	}
}

/* ---- Start ------------------------------------------------------------------------------------------- */

static inline void preamble(struct world *w)
{
	uint8_t ring = (uint8_t)(TRACE_ATTR_READ | TRACE_ATTR_WRITE |
				 (w->platform->rings_cached ? TRACE_ATTR_CACHED : 0));

	TELL(w, run_begin, "test", "", "");
	TELL(w, agent, HOST_CPU, TRACE_SIDE_HOST, "a53", w->platform->line[0], 1000000, 0);
	TELL(w, agent, REMOTE_CPU, TRACE_SIDE_REMOTE, "r5", w->platform->line[1], 1000000, 0);
	TELL(w, agent, HOST_CORE, TRACE_SIDE_HOST, "a53.1", w->platform->line[0], 1000000, 1);
	TELL(w, region, "table", TRACE_REGION_KIND_RESOURCE_TABLE, TABLE, 0x1000);
	TELL(w, region, "rings", TRACE_REGION_KIND_CONTROL, CONTROL, CONTROL_SIZE);
	TELL(w, region, "data", TRACE_REGION_KIND_DATA, DATA, DATA_SIZE);
	/* Tokens by which receivers go. */
	for (uint8_t cpu = 0; cpu < 2; cpu++)
		TELL(w, mailbox, cpu, 0, 1u - cpu, 0, TRACE_MAILBOX_KIND_TI_FIFO, 32, 4, TRACE_MAILBOX_FULL_REFUSE, 0);
	for (uint8_t cpu = 0; cpu < 2; cpu++) {
		TELL(w, mapping, cpu, TABLE, 0x1000, ring);
		TELL(w, mapping, cpu, CONTROL, CONTROL_SIZE, ring);
		TELL(w, mapping, cpu, DATA, DATA_SIZE,
		     TRACE_ATTR_READ | TRACE_ATTR_WRITE | TRACE_ATTR_CACHED);
		TELL(w, power, cpu, TRACE_POWER_ON, TRACE_ASKER_HOST);
	}
}

/* ---- Assertions -------------------------------------------------------------------------------------- */

/* The clause failed and no other did; -1: none did. What else is so is said on stderr. */
static inline bool fails_exactly(const struct checker *c, int clause, const char *name, unsigned int platform)
{
	bool right = true;

	for (int i = 0; i < CLAUSE_COUNT; i++) {
		bool failed = checker_verdict(c, (enum clause_id)i) == CLAUSE_FAIL;

		if (failed == (i == clause))
			continue;
		right = false;
		fprintf(stderr, "%s on platform %u: %s is %s\n", name, platform, clauses[i].id,
			clause_verdict_name(checker_verdict(c, (enum clause_id)i)));
		for (unsigned int j = 0; j < checker_violations(c); j++)
			if ((int)checker_violation(c, j)->clause == i)
				fprintf(stderr, "\t%s\n", checker_violation(c, j)->message);
	}
	return right;
}

/* After a script with one defect: the clause that it breaks says so, with a cause and places. */
static inline void twin_is_caught(const struct checker *c, enum clause_id clause, const char *name, unsigned int platform)
{
	CU_ASSERT(fails_exactly(c, (int)clause, name, platform));
	CU_ASSERT_EQUAL(checker_passed(c), clauses[clause].level != CLAUSE_MUST);
	for (unsigned int i = 0; i < checker_violations(c); i++)
		CU_ASSERT(checker_violation(c, i)->message[0] && checker_violation(c, i)->cause[0] &&
			  checker_violation(c, i)->places > 0);
}

/* Plays a script, correct but for `twin`, on the platform, and finishes the checker. */
typedef void script_play(struct checker *checker, const struct platform *platform, unsigned int twin);

/* On every platform `clause` fails alone; -1: none fails. */
static inline void exchange_is(script_play *play, unsigned int twin, int clause, const char *name)
{
	struct checker *c = checker_new();

	for (unsigned int i = 0; i < PLATFORMS; i++) {
		checker_reset(c);
		play(c, &platforms[i], twin);
		CU_ASSERT(fails_exactly(c, clause, name, i));
	}
	checker_free(c);
}

/* Where a defect shows: only where rings are cached, or on either kind of platform. */
enum script_where { EITHER, RINGS };

/* On every platform where it shows, the defect is reported as `clause`, with all that a report needs. */
static inline void twin_fails(script_play *play, unsigned int twin, enum clause_id clause, enum script_where where,
			      const char *name)
{
	struct checker *c = checker_new();

	for (unsigned int i = 0; i < PLATFORMS; i++) {
		if (where == RINGS && !platforms[i].rings_cached)
			continue;
		checker_reset(c);
		play(c, &platforms[i], twin);
		twin_is_caught(c, clause, name, i);
	}
	checker_free(c);
}

#endif
