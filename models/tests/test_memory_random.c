/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Twice a million random accesses, maintenance, barriers, losses of power, changes of translation and of what memory refuses,
 * by three agents, two of one cluster with store buffers (of one program or of two) and one behind an IOMMU, with choices drawn
 * at random. After each: what was read was stored there by somebody, or was there at first; what only one agent uses, it finds
 * as it left it; memory that refuses everybody stays as it is; facts name another's store and a remedy; and what waits in store
 * buffers is counted.
 */
/*
 * Twice a million random accesses, maintenance, barriers, losses of power, changes of translation and of what memory refuses, by three agents, two of one cluster
 * with store buffers (of one program or of two) and one behind an IOMMU, with choices drawn at random. After each: what was read was stored there by somebody, or was
 * there at first; what only one agent uses, it finds as it left it; facts name another's store and a remedy; and what waits in store buffers is counted.
 */
#include "models/memory_internal.h"
#include "models/tests/memory_world.h"
#include "models/tests/random.h"

#define MATE 2u
#define AGENTS 3u
#define PAGE 0x1000u
#define SHARED_BYTES 128u	/* of a page, that all use */
#define RUN 5000u		/* operations, before all begins anew */

static uint64_t seed;
static uint64_t page_table[2];
/* By place and offset in a page: which values were stored; bytes that translation makes one are one here. */
static bool was_stored[PLACES][SHARED_BYTES][256];
/* Each agent's own line in CONTROL, cached, and in UNCACHED: its byte, if it is known. */
static struct {
	bool known;
	uint8_t value;
} own[AGENTS][2];

/* What DATA holds while it refuses everybody; else not known. */
static uint8_t closed[2 * PAGE];
static bool is_closed;

static bool translate(void *ctx, struct agent *agent, uint64_t where, uint64_t size, bool is_store, uint64_t *physical,
		      enum trace_fault *cause)
{
	uint64_t page = (where - address(DATA, 0)) / PAGE;

	(void)ctx, (void)size, (void)is_store;
	*cause = TRACE_FAULT_IOMMU_TRANSLATION;
	*physical = agent->id == REMOTE && page < 2 ? page_table[page] + where % PAGE : where;
	return agent->id != REMOTE || page >= 2 || page_table[page];
}

static void ignore_fault(void *ctx, struct agent *agent, uint64_t where, uint32_t size, bool is_store, enum trace_fault cause)
{
	(void)ctx, (void)agent, (void)where, (void)size, (void)is_store, (void)cause;
}

static const struct memory_translator translator = { .translate = translate, .fault = ignore_fault };

static void two_programs(void)
{
	platform.cpu[HOST].store_buffer = 4;
	platform.cpu[REMOTE].translation = PLATFORM_TRANSLATED_AFTER_CACHE;
	platform.cpu[MATE] = platform.cpu[HOST];
	platform.cpu[MATE].shares_cache = 1 + HOST;
	platform.cpus = AGENTS;
}

/* The cluster's agents are cores that run one: they have one mapping of what is in store buffers, too. */
static void one_program(void)
{
	platform.cpu[HOST].cores = 2;
	two_programs();
	platform.cpu[MATE].core = 1;
	platform.cpu[MATE].boot = HOST;
}

static void begin_anew(void)
{
	page_table[0] = address(DATA, 0);
	page_table[1] = address(DATA, PAGE);
	memset(was_stored, 0, sizeof(was_stored));
	memset(own, 0, sizeof(own));
	is_closed = false;
	memory_on_translate(machine.memory, &translator, NULL);
	chooser_begin_seed(&chooser, seed);
	begin_run();
}

static bool was_there(enum place place, size_t at, uint8_t value)
{
	uint8_t first[2];

	memory_fill(&first[0], address(place, at % PAGE), 1);
	memory_fill(&first[1], address(place, PAGE + at % PAGE), 1);
	return was_stored[place][at % PAGE][value] || value == first[0] || value == first[1];
}

/* False: where its page is translated to nothing. */
static bool do_store(unsigned int id, enum place place, size_t at, uint8_t value)
{
	const struct agent_store s = { .address = va(id, place, at), .size = 1, .pc = 1 };

	if (!memory_access(machine.memory, &engine.agent[id], s.address, 1, true, 1))
		return false;
	*(volatile uint8_t *)s.address = value;
	memory_retire(machine.memory, &engine.agent[id], &s);
	return true;
}

static void do_shared(unsigned int id)
{
	enum place place = random_below(&seed, 2) ? DATA : UNCACHED;
	size_t at = random_below(&seed, 2) * PAGE + random_below(&seed, SHARED_BYTES);
	uint8_t value = (uint8_t)random_below(&seed, 256);

	if (random_below(&seed, 2)) {
		if (do_store(id, place, at, value))
			was_stored[place][at % PAGE][value] = true;
	} else if (load_size(id, place, at, 1, 2)) {
		CU_ASSERT_TRUE_FATAL(was_there(place, at, *(volatile uint8_t *)va(id, place, at)));
	}
}

static void do_own(unsigned int id)
{
	unsigned int which = (unsigned int)random_below(&seed, 2);
	enum place place = which ? UNCACHED : CONTROL;
	size_t at = PAGE - 64 * (1 + id);

	if (!own[id][which].known || random_below(&seed, 2)) {
		own[id][which].known = true;
		own[id][which].value = (uint8_t)random_below(&seed, 256);
		CU_ASSERT_TRUE_FATAL(do_store(id, place, at, own[id][which].value));
	} else {
		CU_ASSERT_EQUAL_FATAL(load(id, place, at, 3), own[id][which].value);
	}
}

static void do_maintenance(unsigned int id)
{
	const enum trace_maint op = (enum trace_maint)random_below(&seed, 3);

	memory_maintain(machine.memory, &engine.agent[id], op, va(id, DATA, random_below(&seed, SHARED_BYTES)), 1 + random_below(&seed, 64), 4);
	if (random_below(&seed, 16) == 0 && op != TRACE_MAINT_INVALIDATE)
		memory_maintain_all(machine.memory, &engine.agent[id], op, random_below(&seed, 2), 5);
}

/* What a cluster's agents had stored and not cleaned may be gone. */
static void do_power_loss(unsigned int id)
{
	memory_power_loss(machine.memory, &engine.agent[id]);
	for (unsigned int other = 0; other < AGENTS; other++)
		if ((other == REMOTE) == (id == REMOTE))
			own[other][0].known = own[other][1].known = false;
}

static void do_translation(void)
{
	unsigned int page = (unsigned int)random_below(&seed, 2);
	const uint64_t to[] = { address(DATA, 0), address(DATA, PAGE), 0 };

	page_table[page] = to[random_below(&seed, 3)];
	memory_translation_changed(machine.memory, &engine.agent[REMOTE], address(DATA, page * PAGE), PAGE);
}

static bool gate_is_open(unsigned int id)
{
	return machine.memory->region[DATA].refuses[machine.memory->agent[id].cluster] == MEMORY_OPEN;
}

static uint8_t *data_bytes(void)
{
	return machine.memory->bytes + machine.memory->region[DATA].offset;
}

static void do_gate(unsigned int id)
{
	static const enum trace_fault causes[] = { MEMORY_OPEN, MEMORY_OPEN, TRACE_FAULT_WITHDRAWN, TRACE_FAULT_POWERED_OFF };

	memory_refuse(machine.memory, DATA, &engine.agent[id], causes[random_below(&seed, 4)]);
	is_closed = !gate_is_open(HOST) && !gate_is_open(REMOTE);
	if (is_closed)
		memcpy(closed, data_bytes(), 2 * PAGE);
}

static bool closed_memory_is_as_it_was(void)
{
	return !is_closed || memcmp(closed, data_bytes(), 2 * PAGE) == 0;
}

static void do_any(void)
{
	unsigned int id = (unsigned int)random_below(&seed, AGENTS), what = (unsigned int)random_below(&seed, 4096);

	if (what < 4)
		do_translation();
	else if (what >= 4080)
		do_gate(id);
	else if (what < 16)
		do_power_loss(id);
	else if (what < 100)
		memory_barrier(machine.memory, &engine.agent[id], (enum trace_barrier)random_below(&seed, 2));
	else if (what < 110)
		memory_settle(machine.memory);
	else if (what < 600)
		do_maintenance(id);
	else if (what < 1200)
		do_own(id);
	else
		do_shared(id);
}

static bool buffers_add_up(void)
{
	unsigned int entries = 0;

	for (unsigned int id = 0; id < AGENTS; id++)
		entries += machine.memory->agent[id].buffer.count;
	return entries == machine.memory->buffered;
}

/* A fact names somebody else's store, some bytes, and what would have helped. */
static void on_fact(void *ctx, const struct trace_event *e)
{
	(void)ctx;
	if (e->id == EVENT_stale)
		CU_ASSERT_TRUE_FATAL(e->stale.writer != e->stale.agent && e->stale.size && e->stale.remedy != TRACE_REMEDY_NONE);
	if (e->id == EVENT_clobber)
		CU_ASSERT_TRUE_FATAL(e->clobber.size && e->clobber.remedy != TRACE_REMEDY_NONE);
	if (e->id == EVENT_lost)
		CU_ASSERT_TRUE_FATAL(e->lost.size && e->lost.remedy != TRACE_REMEDY_NONE);
}

static void at_random(void (*build)(void))
{
	seed = 1;
	adjust = build;
	begin("-");
	engine.listener[0].event = on_fact;
	for (unsigned int n = random_operations(), i = 0; i < n; i++) {
		if (i % RUN == 0)
			begin_anew();
		do_any();
		CU_ASSERT_TRUE_FATAL(buffers_add_up() && closed_memory_is_as_it_was());
	}
}

static void a_million_random_operations_read_what_was_stored(void)
{
	at_random(two_programs);
}

static void a_million_by_cores_of_one_program_do_so_too(void)
{
	at_random(one_program);
}

int main(void)
{
	CU_TestInfo sentences[] = {
		SENTENCE(a_million_random_operations_read_what_was_stored),
		SENTENCE(a_million_by_cores_of_one_program_do_so_too),
		CU_TEST_INFO_NULL,
	};

	return sentences_run("memory at random", sentences);
}
