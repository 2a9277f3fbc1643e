/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory through its own interface, with agents that run nothing: a test makes the accesses by hand, as the engine would, and
 * chooses by a plan. For the tests of memory's files, one of which includes it once.
 */
#ifndef MODELS_TESTS_MEMORY_WORLD_H
#define MODELS_TESTS_MEMORY_WORLD_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "models/machine.h"
#include "sim/tests/sentences.h"

#define HOST 0u			/* lines of 64 bytes */
#define REMOTE 1u		/* of 32 */
#define TOLD_MAX 256
#define NS ENGINE_FS_PER_NS

/* Regions, each named in every window on it as here. */
enum place { UNCACHED, CONTROL, DATA, ALIAS, ROM, MINE, PLACES };
static const struct {
	const char *name;
	enum trace_region_kind kind;
	uint64_t start;
} places[PLACES] = {
	[UNCACHED] = { "uncached", TRACE_REGION_KIND_CONTROL, 0x3ed40000 },	/* control memory, not cached */
	[CONTROL] = { "control", TRACE_REGION_KIND_CONTROL, 0x3ed50000 },	/* cached by both */
	[DATA] = { "data", TRACE_REGION_KIND_DATA, 0x70000000 },		/* cached by both */
	[ALIAS] = { "alias", TRACE_REGION_KIND_DATA, 0x70010000 },		/* cached by the host only */
	[ROM] = { "rom", TRACE_REGION_KIND_DATA, 0x70020000 },		/* cached, and read-only for the remote */
	[MINE] = { "mine", TRACE_REGION_KIND_DATA, 0x70030000 },		/* the host's alone */
};
#define PLACE_BYTES 0x2000u
#define PRIVATE_BYTES 0x10000u

static const struct platform_costs costs = { .private_millicycles = 1000, .l1_hit = 3, .miss = 50, .uncached_load = 10,
					     .uncached_store = 10, .maintain_line = 20, .barrier = 10 };

/* What a test changes of the platform before the machine is made of it; NULL: nothing. */
static void (*adjust)(void);
static struct platform platform;
static struct engine engine;
static struct machine machine;
static struct chooser chooser;
static struct choose_plan plan;
static struct image image;
static struct trace_event told[TOLD_MAX];
static uint8_t told_bytes[TOLD_MAX][64];
static unsigned int tells;

/* ---- Setting up ------------------------------------------------------------------------------------- */

static inline void on_event(void *ctx, const struct trace_event *event)
{
	struct trace_event *to = &told[tells];

	(void)ctx;
	CU_ASSERT_FATAL(tells < TOLD_MAX);
	*to = *event;
	if (event->id == EVENT_load || event->id == EVENT_store)
		memcpy(told_bytes[tells], event->load.bytes.data, event->load.bytes.size);
	else if (event->id == EVENT_fill || event->id == EVENT_writeback)
		memcpy(told_bytes[tells], event->fill.bytes.data, event->fill.bytes.size);
	tells += event->id != EVENT_choice;
}

static inline void build_cpu(unsigned int id)
{
	struct platform_cpu *cpu = &platform.cpu[id];

	*cpu = (struct platform_cpu){ .side = id ? TRACE_SIDE_REMOTE : TRACE_SIDE_HOST, .hz = 1000000000,
				      .line_bytes = id ? 32 : 64,
				      .cache = { .line_bytes = id ? 32 : 64, .bytes = 4096, .sets = 16 }, .costs = costs,
				      .private_size = PRIVATE_BYTES, .channels = 1 };
	for (unsigned int i = 0; i < PLACES; i++) {
		struct platform_window *w = &cpu->window[cpu->windows];

		if (i == MINE && id == REMOTE)
			continue;
		w->region = i;
		strcpy(w->name, places[i].name);
		w->cached = i != UNCACHED && !(i == ALIAS && id == REMOTE);
		w->writable = !(i == ROM && id == REMOTE);
		cpu->windows++;
	}
}

static inline void build_platform(void)
{
	memset(&platform, 0, sizeof(platform));
	platform.slave[platform.slaves++] = (struct platform_slave){ .read_ns = 40, .write_ns = 40, .bandwidth_mb_s = 6400 };
	platform.regions = PLACES;
	for (unsigned int i = 0; i < PLACES; i++) {
		platform.region[i] = (struct platform_region){ .kind = places[i].kind, .start = places[i].start,
							       .size = PLACE_BYTES, .served = true };
		strcpy(platform.region[i].name, places[i].name);
	}
	platform.cpus = 2;
	build_cpu(HOST);
	build_cpu(REMOTE);
	if (adjust)
		adjust();
}

static inline void begin_run(void)
{
	tells = 0;
	engine.now = 0;
	for (unsigned int id = 0; id < platform.cpus; id++)
		engine.agent[id].hook.clock = 0;
	memory_reset(machine.memory);
}

/* A fresh machine, whose choices are `text`'s. */
static inline void begin(const char *text)
{
	char why[512] = "";

	machine_fini(&machine);
	build_platform();
	memset(&engine, 0, sizeof(engine));
	engine.chooser = &chooser;
	engine.listener[0].event = on_event;
	engine.listeners = 1;
	CU_ASSERT_TRUE_FATAL(machine_init(&machine, &engine, &platform, why, sizeof(why)));
	for (unsigned int id = 0; id < platform.cpus; id++)
		engine.program[id].image = &image;
	CU_ASSERT_TRUE_FATAL(choose_plan_parse(&plan, text, why, sizeof(why)));
	chooser_begin_plan(&chooser, &plan);
	begin_run();
}

/* ---- What agents do --------------------------------------------------------------------------------- */

static inline uintptr_t va(unsigned int id, enum place place, size_t at)
{
	struct hw_region *region = memory_region(machine.memory, &engine.agent[id], places[place].name);

	CU_ASSERT_PTR_NOT_NULL_FATAL(region);
	return (uintptr_t)region->va + at;
}

static inline uint64_t address(enum place place, size_t at)
{
	return places[place].start + at;
}

static inline bool load_size(unsigned int id, enum place place, size_t at, size_t size, uint64_t pc)
{
	return memory_access(machine.memory, &engine.agent[id], va(id, place, at), size, false, pc);
}

static inline uint8_t load(unsigned int id, enum place place, size_t at, uint64_t pc)
{
	CU_ASSERT_TRUE_FATAL(load_size(id, place, at, 1, pc));
	return *(volatile uint8_t *)va(id, place, at);
}

static inline void store_size(unsigned int id, enum place place, size_t at, size_t size, uint8_t value, uint64_t pc)
{
	const struct agent_store store = { .address = va(id, place, at), .size = size, .pc = pc };

	CU_ASSERT_TRUE_FATAL(memory_access(machine.memory, &engine.agent[id], store.address, size, true, pc));
	memset((void *)store.address, value, size);
	memory_retire(machine.memory, &engine.agent[id], &store);
}

static inline void store(unsigned int id, enum place place, size_t at, uint8_t value, uint64_t pc)
{
	store_size(id, place, at, 1, value, pc);
}

static inline void maintain(unsigned int id, enum trace_maint op, enum place place, size_t at, size_t size, uint64_t pc)
{
	CU_ASSERT_TRUE_FATAL(memory_maintain(machine.memory, &engine.agent[id], op, va(id, place, at), size, pc));
}

static inline void clean(unsigned int id, enum place place, size_t at, uint64_t pc)
{
	maintain(id, TRACE_MAINT_CLEAN, place, at, 1, pc);
}

static inline void invalidate(unsigned int id, enum place place, size_t at, uint64_t pc)
{
	maintain(id, TRACE_MAINT_INVALIDATE, place, at, 1, pc);
}

static inline void sync(unsigned int id)
{
	memory_sync(machine.memory, &engine.agent[id]);
}

/* ---- What was told ---------------------------------------------------------------------------------- */

static inline unsigned int count(enum trace_id id)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < tells; i++)
		n += told[i].id == id;
	return n;
}

static inline unsigned int facts(void)
{
	return count(EVENT_stale) + count(EVENT_lost) + count(EVENT_clobber) + count(EVENT_fault) + count(EVENT_unseen);
}

/* The one event of its kind. */
static inline const struct trace_event *only(enum trace_id id)
{
	CU_ASSERT_EQUAL_FATAL(count(id), 1);
	for (unsigned int i = 0;; i++)
		if (told[i].id == id)
			return &told[i];
}

static inline void assert_stale(unsigned int reader, uint64_t where, uint64_t pc, unsigned int writer, uint64_t writer_pc,
			 enum trace_remedy remedy)
{
	const struct trace_event *e = only(EVENT_stale);

	CU_ASSERT_EQUAL(e->stale.agent, reader);
	CU_ASSERT_EQUAL(e->stale.addr, where);
	CU_ASSERT_EQUAL(e->stale.size, 1);
	CU_ASSERT_EQUAL(e->stale.pc, pc);
	CU_ASSERT_EQUAL(e->stale.writer, writer);
	CU_ASSERT_EQUAL(e->stale.writer_pc, writer_pc);
	CU_ASSERT_EQUAL(e->stale.remedy, remedy);
}

#endif
