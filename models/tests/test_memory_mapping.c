/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Buffers in pieces under one address: what a mapping shows, what is told of accesses through it, and what is left
 * of it after it was unmapped. Ends with a million random operations, where each byte read, through a mapping or a
 * window, is what a plain array says.
 */
#include "models/memory_internal.h"
#include "models/memory_mapping.h"
#include "models/tests/memory_world.h"
#include "models/tests/random.h"

#define PAGE 0x1000u
#define PAGES 8u		/* of DATA, cached, and of UNCACHED, whose stores wait in a buffer of the host's */
#define BYTES (PAGES * PAGE)
#define BUFFERS 4u
#define MATE 2u
#define RUN 5000u		/* random operations, before all begins anew */

static struct heaps_run runs[BUFFERS][PAGES];
static struct heaps_buffer buffers[BUFFERS];
static uint32_t last_handle;
static uint64_t page_table[2];	/* where the remote's first pages of DATA are translated to */

static void make_heap(enum place place)
{
	struct platform_heap *heap = &platform.heaps.heap[platform.heaps.heaps++];

	platform.region[place].size = BYTES;
	*heap = (struct platform_heap){ .kind = TRACE_HEAP_KIND_SYSTEM, .start = address(place, 0), .size = BYTES,
					.page = PAGE, .backed = true };
}

static void build(void)
{
	make_heap(DATA);
	make_heap(UNCACHED);
	platform.cpu[HOST].store_buffer = 4;
}

static void build_translated(void)
{
	make_heap(DATA);
	platform.cpu[REMOTE].translation = PLATFORM_TRANSLATED_BEFORE_CACHE;
}

/* A further core of the host's program. */
static void build_cores(void)
{
	build();
	platform.cpu[HOST].cores = 2;
	platform.cpu[MATE] = platform.cpu[HOST];
	platform.cpu[MATE].core = 1;
	platform.cpu[MATE].boot = HOST;
	platform.cpu[MATE].shares_cache = 1 + HOST;
	platform.cpus = 3;
}

static void start(void (*how)(void))
{
	adjust = how;
	begin("-");
	memory_on_protect(machine.memory, NULL, NULL); /* who may touch what is the heaps' test's */
	last_handle = 0;
}

/* Buffer `which`, of single pages of `place`: their numbers, each a digit. */
static const struct heaps_buffer *make_buffer(unsigned int which, enum place place, const char *pages)
{
	struct heaps_buffer *b = &buffers[which];

	*b = (struct heaps_buffer){ .handle = ++last_handle, .size = strlen(pages) * PAGE, .run = runs[which] };
	for (; *pages; pages++)
		runs[which][b->runs++] = (struct heaps_run){ address(place, (size_t)(*pages - '0') * PAGE), PAGE };
	return b;
}

static uintptr_t map(unsigned int id, const struct heaps_buffer *buffer)
{
	return memory_mapping_map(machine.memory, &engine.agent[id], buffer);
}

static void unmap(unsigned int id, const struct heaps_buffer *buffer)
{
	memory_mapping_unmap(machine.memory, &engine.agent[id], buffer->handle);
}

static bool try_load(unsigned int id, uintptr_t at, size_t size)
{
	return memory_access(machine.memory, &engine.agent[id], at, size, false, 1);
}

static void load_at(unsigned int id, uintptr_t at, void *bytes, size_t size)
{
	CU_ASSERT_TRUE_FATAL(try_load(id, at, size));
	memcpy(bytes, (const void *)at, size);
}

static uint8_t load_byte(unsigned int id, uintptr_t at)
{
	uint8_t byte;

	load_at(id, at, &byte, 1);
	return byte;
}

static void store_at(unsigned int id, uintptr_t at, const void *bytes, size_t size)
{
	const struct agent_store s = { .address = at, .size = size, .pc = 2 };

	CU_ASSERT_TRUE_FATAL(memory_access(machine.memory, &engine.agent[id], at, size, true, 2));
	memcpy((void *)at, bytes, size);
	memory_retire(machine.memory, &engine.agent[id], &s);
}

static void store_byte(unsigned int id, uintptr_t at, uint8_t byte)
{
	store_at(id, at, &byte, 1);
}

/* The last event is that fault. */
static void assert_fault(enum trace_fault cause, uint64_t where)
{
	const struct trace_event *e = &told[tells - 1];

	CU_ASSERT_EQUAL_FATAL(e->id, EVENT_fault);
	CU_ASSERT_EQUAL(e->fault.cause, cause);
	CU_ASSERT_EQUAL(e->fault.addr, where);
}

/* ---- What it shows ----------------------------------------------------------------------------------- */

static void pieces_follow_each_other_under_one_address(void)
{
	const uint64_t value = UINT64_C(0x1122334455667788);
	uint64_t seen;
	uintptr_t at;

	start(build);
	at = map(HOST, make_buffer(0, DATA, "520"));
	CU_ASSERT_NOT_EQUAL_FATAL(at, 0);
	store_at(HOST, at + PAGE - 4, &value, sizeof(value));
	load_at(HOST, at + PAGE - 4, &seen, sizeof(seen));
	CU_ASSERT_EQUAL(seen, value);
	CU_ASSERT_EQUAL(load(HOST, DATA, 5 * PAGE + PAGE - 1, 1), 0x55);
	CU_ASSERT_EQUAL(load(HOST, DATA, 2 * PAGE, 1), 0x44);
	store(HOST, DATA, 0, 7, 1);
	CU_ASSERT_EQUAL(load_byte(HOST, at + 2 * PAGE), 7);
	CU_ASSERT_EQUAL(facts(), 0);
}

static void mapped_again_it_is_where_it_was_and_another_is_elsewhere(void)
{
	uintptr_t at, other;

	start(build);
	at = map(HOST, make_buffer(0, DATA, "31"));
	other = map(HOST, make_buffer(1, DATA, "02"));
	CU_ASSERT_EQUAL(map(HOST, &buffers[0]), at);
	CU_ASSERT_TRUE(other >= at + 3 * PAGE || at >= other + 3 * PAGE);
	CU_ASSERT_NOT_EQUAL(map(REMOTE, &buffers[0]), at);
}

static void behind_it_is_nothing(void)
{
	uintptr_t at;

	start(build);
	at = map(HOST, make_buffer(0, DATA, "31"));
	map(HOST, make_buffer(1, DATA, "02"));
	CU_ASSERT_TRUE(try_load(HOST, at + 2 * PAGE - 1, 1));
	CU_ASSERT_FALSE(try_load(HOST, at + 2 * PAGE - 1, 2));
	assert_fault(TRACE_FAULT_NOTHING_THERE, at + 2 * PAGE - 1 - engine.agent[HOST].hook.base);
}

static void without_a_heap_there_is_no_area(void)
{
	start(NULL);
	CU_ASSERT_EQUAL(map(HOST, make_buffer(0, DATA, "10")), 0);
	unmap(HOST, &buffers[0]);
}

static void what_one_cleans_through_it_another_finds_through_its_own(void)
{
	uintptr_t at;

	start(build);
	at = map(HOST, make_buffer(0, DATA, "10"));
	store_byte(HOST, at, 1);
	CU_ASSERT_TRUE(memory_maintain(machine.memory, &engine.agent[HOST], TRACE_MAINT_CLEAN, at, 1, 1));
	memory_barrier(machine.memory, &engine.agent[HOST], TRACE_BARRIER_DSB);
	CU_ASSERT_EQUAL(load_byte(REMOTE, map(REMOTE, &buffers[0])), 1);
}

static bool translate(void *ctx, struct agent *agent, uint64_t where, uint64_t size, bool is_store, uint64_t *physical,
		      enum trace_fault *cause)
{
	uint64_t page = (where - address(DATA, 0)) / PAGE;

	(void)ctx, (void)size, (void)is_store;
	*cause = TRACE_FAULT_IOMMU_TRANSLATION;
	*physical = agent->id == REMOTE && page < 2 ? page_table[page] + where % PAGE : where;
	return agent->id != REMOTE || page >= 2 || page_table[page];
}

static void ignore_fault(void *ctx, struct agent *agent, uint64_t where, uint32_t size, bool is_store,
			 enum trace_fault cause)
{
	(void)ctx, (void)agent, (void)where, (void)size, (void)is_store, (void)cause;
}

static const struct memory_translator translator = { .translate = translate, .fault = ignore_fault };

/* Device pages 0 and 1 are pages 1 and 0, before it is mapped and, then, page 1 is none and again page 3, after. */
static void behind_an_iommu_it_shows_what_its_addresses_are_translated_to(void)
{
	uintptr_t at;

	page_table[0] = address(DATA, PAGE);
	page_table[1] = address(DATA, 0);
	start(build_translated);
	memory_on_translate(machine.memory, &translator, NULL);
	store(REMOTE, DATA, 0, 10, 1);
	store(REMOTE, DATA, PAGE, 11, 1);
	store(REMOTE, DATA, 3 * PAGE, 13, 1);
	at = map(REMOTE, make_buffer(0, DATA, "10"));
	CU_ASSERT_EQUAL(load_byte(REMOTE, at), 11);
	CU_ASSERT_EQUAL(load_byte(REMOTE, at + PAGE), 10);
	page_table[1] = 0;
	memory_translation_changed(machine.memory, &engine.agent[REMOTE], address(DATA, PAGE), PAGE);
	CU_ASSERT_FALSE(try_load(REMOTE, at, 1));
	assert_fault(TRACE_FAULT_IOMMU_TRANSLATION, address(DATA, PAGE));
	page_table[1] = address(DATA, 3 * PAGE);
	memory_translation_changed(machine.memory, &engine.agent[REMOTE], address(DATA, PAGE), PAGE);
	CU_ASSERT_EQUAL(load_byte(REMOTE, at), 13);
	CU_ASSERT_EQUAL(load_byte(REMOTE, at + PAGE), 10);
}

static void cores_of_one_program_have_it_at_the_same_address(void)
{
	uintptr_t at;

	start(build_cores);
	at = map(MATE, make_buffer(0, UNCACHED, "31"));
	CU_ASSERT_NOT_EQUAL_FATAL(at, 0);
	CU_ASSERT_EQUAL(map(HOST, &buffers[0]), at);
	store_byte(MATE, at + PAGE, 5);
	memory_barrier(machine.memory, &engine.agent[MATE], TRACE_BARRIER_DSB);
	CU_ASSERT_EQUAL(load_byte(HOST, at + PAGE), 5);
	unmap(HOST, &buffers[0]);
	CU_ASSERT_FALSE(try_load(MATE, at, 1));
	assert_fault(TRACE_FAULT_HEAP_UNMAPPED, address(UNCACHED, 3 * PAGE));
}

/* ---- What is told ------------------------------------------------------------------------------------ */

static void accesses_both_ways_are_one_touch_of_one_line(void)
{
	uintptr_t at;

	start(build);
	at = map(REMOTE, make_buffer(0, DATA, "31"));
	try_load(REMOTE, at + PAGE + 1, 1);
	load(REMOTE, DATA, PAGE + 2, 1);
	sync(REMOTE);
	CU_ASSERT_EQUAL(only(EVENT_touch)->touch.line, address(DATA, PAGE));
	CU_ASSERT_EQUAL(only(EVENT_mask)->mask.line, address(DATA, PAGE));
	CU_ASSERT_EQUAL(only(EVENT_mask)->mask.loads, 6);
}

static void maintenance_is_told_of_each_run_and_done_in_all(void)
{
	unsigned int told_ranges = 0;
	const uint64_t starts[] = { address(DATA, 4 * PAGE - 32), address(DATA, PAGE), address(DATA, 2 * PAGE) };
	const uint64_t sizes[] = { 32, PAGE, 32 };
	uintptr_t at;

	start(build);
	make_buffer(0, DATA, "31");
	/* A run of one page, one of two. */
	runs[0][1].size = 2 * PAGE;
	buffers[0].size = 3 * PAGE;
	at = map(REMOTE, &buffers[0]);
	store_byte(REMOTE, at + PAGE - 1, 1);
	store_byte(REMOTE, at + PAGE, 1);
	CU_ASSERT_TRUE(memory_maintain(machine.memory, &engine.agent[REMOTE], TRACE_MAINT_CLEAN, at + PAGE - 32,
				       PAGE + 64, 1));
	for (unsigned int i = 0; i < tells; i++)
		if (told[i].id == EVENT_maint) {
			CU_ASSERT_EQUAL_FATAL(told_ranges < 2, true);
			CU_ASSERT_EQUAL(told[i].maint.start, starts[told_ranges]);
			CU_ASSERT_EQUAL(told[i].maint.size, told_ranges ? sizes[1] + sizes[2] : sizes[0]);
			told_ranges++;
		}
	CU_ASSERT_EQUAL(told_ranges, 2);
	CU_ASSERT_EQUAL(count(EVENT_writeback), 2);
	CU_ASSERT_EQUAL(count(EVENT_maint_line), 2 + PAGE / 32);
}

static void control_memory_is_told_at_its_physical_address(void)
{
	const struct agent *remote = &engine.agent[REMOTE], *host = &engine.agent[HOST];
	uintptr_t at, seen;

	start(build);
	at = map(REMOTE, make_buffer(0, UNCACHED, "31"));
	seen = va(HOST, UNCACHED, PAGE);
	store_byte(REMOTE, at + PAGE, 9);
	CU_ASSERT_EQUAL(only(EVENT_store)->store.addr, address(UNCACHED, PAGE));
	CU_ASSERT_TRUE(memory_is_control(machine.memory, remote, at));
	CU_ASSERT_TRUE(memory_same_granule(machine.memory, remote, at + PAGE, host, seen));
	CU_ASSERT_FALSE(memory_same_granule(machine.memory, remote, at, host, seen));
}

/* ---- Stores that have not happened yet ---------------------------------------------------------------- */

/* The bytes that a load lays into the host's copy of UNCACHED must not take the place of those just stored. */
static void a_store_through_the_mapping_is_open_in_the_window_too(void)
{
	struct agent *host;
	uintptr_t at;

	start(build);
	host = &engine.agent[HOST];
	at = map(HOST, make_buffer(0, UNCACHED, "31"));
	host->store[0] = (struct agent_store){ .address = at + PAGE - 2, .size = 4, .pc = 1 };
	host->stores = 1;
	CU_ASSERT_TRUE(memory_access(machine.memory, host, at + PAGE - 2, 4, true, 1));
	memset((void *)(at + PAGE - 2), 0x77, 4);
	CU_ASSERT_EQUAL(load(HOST, UNCACHED, PAGE + 1, 1), 0x77);
	CU_ASSERT_EQUAL(load(HOST, UNCACHED, 4 * PAGE - 2, 1), 0x77);
	host->stores = 0;
	CU_ASSERT_NOT_EQUAL(load(HOST, UNCACHED, PAGE + 1, 1), 0x77);
	CU_ASSERT_NOT_EQUAL(load(HOST, UNCACHED, 4 * PAGE - 2, 1), 0x77);
}

static void a_store_that_was_admitted_happens_although_its_mapping_goes(void)
{
	struct agent *host;
	uintptr_t at;

	start(build);
	host = &engine.agent[HOST];
	at = map(HOST, make_buffer(0, DATA, "31"));
	CU_ASSERT_TRUE(memory_access(machine.memory, host, at, 1, true, 1));
	host->store[0] = (struct agent_store){ .address = at, .size = 1, .pc = 1 };
	host->stores = 1;
	unmap(HOST, &buffers[0]);
	*(volatile uint8_t *)at = 0x5a;
	memory_retire(machine.memory, host, &host->store[0]);
	host->stores = 0;
	CU_ASSERT_EQUAL(load(HOST, DATA, 3 * PAGE, 1), 0x5a);
	sync(HOST);
	CU_ASSERT_EQUAL(only(EVENT_mask)->mask.stores, 1);
}

/* ---- What is left of it ------------------------------------------------------------------------------ */

static void unmapped_it_faults_where_the_buffer_was_and_its_window_does_not(void)
{
	const uint8_t byte = 1;
	uintptr_t at;

	start(build);
	at = map(HOST, make_buffer(0, DATA, "31"));
	CU_ASSERT_TRUE(try_load(HOST, at + PAGE + 8, 4));
	unmap(HOST, &buffers[0]);
	CU_ASSERT_FALSE(try_load(HOST, at + PAGE + 8, 4));
	assert_fault(TRACE_FAULT_HEAP_UNMAPPED, address(DATA, PAGE + 8));
	CU_ASSERT_FALSE(memory_access(machine.memory, &engine.agent[HOST], at, byte, true, 1));
	assert_fault(TRACE_FAULT_HEAP_UNMAPPED, address(DATA, 3 * PAGE));
	CU_ASSERT_FALSE(memory_maintain(machine.memory, &engine.agent[HOST], TRACE_MAINT_CLEAN, at, 1, 1));
	assert_fault(TRACE_FAULT_HEAP_UNMAPPED, address(DATA, 3 * PAGE));
	CU_ASSERT_TRUE(load_size(HOST, DATA, PAGE + 8, 4, 1));
}

static void one_that_another_has_mapped_stays_his(void)
{
	uintptr_t at;

	start(build);
	map(HOST, make_buffer(0, DATA, "31"));
	at = map(REMOTE, &buffers[0]);
	unmap(HOST, &buffers[0]);
	CU_ASSERT_TRUE(try_load(REMOTE, at, 1));
}

static void its_address_comes_back_when_the_area_was_used_up(void)
{
	uintptr_t first, at;
	unsigned int maps = 1, most = MEMORY_VA_STEP / (9 * PAGE);

	start(build);
	first = map(HOST, make_buffer(0, DATA, "76543210"));
	for (at = 0; at != first && maps <= most; maps++) {
		unmap(HOST, &buffers[0]);
		at = map(HOST, make_buffer(0, DATA, "76543210"));
		CU_ASSERT_NOT_EQUAL_FATAL(at, 0);
	}
	CU_ASSERT_EQUAL(at, first);
	CU_ASSERT_TRUE(maps > most / 2);
	CU_ASSERT_TRUE(try_load(HOST, at, 1));
}

static void when_the_area_is_full_nothing_more_is_mapped_until_something_goes(void)
{
	struct heaps_buffer many = { .size = BYTES, .run = runs[0] };

	start(build);
	make_buffer(0, DATA, "76543210");
	for (many.runs = PAGES; many.handle < HEAPS_BUFFERS_MAX; many.handle++)
		CU_ASSERT_NOT_EQUAL_FATAL(map(HOST, &many), 0);
	CU_ASSERT_EQUAL(map(HOST, &many), 0);
	many.handle = 17;
	unmap(HOST, &many);
	many.handle = HEAPS_BUFFERS_MAX;
	CU_ASSERT_NOT_EQUAL(map(HOST, &many), 0);
}

static void in_the_next_run_nothing_is_mapped(void)
{
	uintptr_t at;

	start(build);
	at = map(HOST, make_buffer(0, DATA, "31"));
	begin_run();
	CU_ASSERT_FALSE(try_load(HOST, at, 1));
	assert_fault(TRACE_FAULT_NOTHING_THERE, at - engine.agent[HOST].hook.base);
	CU_ASSERT_EQUAL(map(HOST, make_buffer(0, DATA, "02")), at);
}

/* ---- At random ------------------------------------------------------------------------------------------- */

static uint64_t seed;
static uintptr_t mapped[2][BUFFERS];	/* where HOST and REMOTE have the buffers; 0: not */
static uintptr_t left[2][BUFFERS];	/* where they had them last */
static enum place place_of[BUFFERS];
static uint8_t reference[2][BYTES];	/* what DATA and UNCACHED hold, as the host stored it */
static enum trace_fault last_cause;
static uint64_t last_fault;
static unsigned int random_faults;

static uint8_t *refer(unsigned int which, size_t at)
{
	size_t page = at / PAGE;
	uint64_t start = address(place_of[which], 0);

	return &reference[place_of[which] == UNCACHED][runs[which][page].start - start + at % PAGE];
}

static void note_fault(void *ctx, const struct trace_event *e)
{
	(void)ctx;
	if (e->id != EVENT_fault)
		return;
	random_faults++;
	last_cause = (enum trace_fault)e->fault.cause;
	last_fault = e->fault.addr;
}

static void make_any_buffer(unsigned int which)
{
	char order[PAGES + 1] = "01234567";

	for (unsigned int i = PAGES; i-- > 1;) {
		unsigned int other = (unsigned int)random_below(&seed, i + 1);
		char was = order[i];

		order[i] = order[other];
		order[other] = was;
	}
	order[2 + random_below(&seed, PAGES - 1)] = '\0';
	place_of[which] = random_below(&seed, 2) ? DATA : UNCACHED;
	make_buffer(which, place_of[which], order);
}

static void change_mapping(unsigned int which)
{
	for (unsigned int id = 0; id < 2; id++) {
		if (mapped[id][which])
			unmap(id, &buffers[which]);
		left[id][which] = 0;
	}
	make_any_buffer(which);
	for (unsigned int id = 0; id < 2; id++) {
		mapped[id][which] = map(id, &buffers[which]);
		CU_ASSERT_NOT_EQUAL_FATAL(mapped[id][which], 0);
	}
}

static void drop_mapping(unsigned int which)
{
	for (unsigned int id = 0; id < 2; id++) {
		if (mapped[id][which])
			unmap(id, &buffers[which]);
		left[id][which] = mapped[id][which] ? mapped[id][which] : left[id][which];
		mapped[id][which] = 0;
	}
}

/* Where an agent sees a byte of a buffer: in the window. */
static uintptr_t window_of(unsigned int id, unsigned int which, size_t at)
{
	return memory_da_to_va(machine.memory, &engine.agent[id], runs[which][at / PAGE].start, 1) + at % PAGE;
}

static void expect_bytes(unsigned int id, unsigned int which, size_t at, size_t size)
{
	uint8_t seen[256];

	load_at(id, mapped[id][which] + at, seen, size);
	for (size_t i = 0; i < size; i++) {
		CU_ASSERT_EQUAL_FATAL(seen[i], *refer(which, at + i));
	}
	load_at(id, window_of(id, which, at), seen, 1);
	CU_ASSERT_EQUAL_FATAL(seen[0], *refer(which, at));
}

static void store_random(unsigned int which, size_t at, size_t size)
{
	uint8_t bytes[256];

	for (size_t i = 0; i < size; i++)
		*refer(which, at + i) = bytes[i] = (uint8_t)random_below(&seed, 256);
	if (random_below(&seed, 3))
		store_at(HOST, mapped[HOST][which] + at, bytes, size);
	else
		for (size_t i = 0; i < size; i++)
			store_byte(HOST, window_of(HOST, which, at + i), bytes[i]);
}

/* What the host cleaned, or drained, and the remote invalidated, is the same to the remote, and to a device. */
static void hand_over(unsigned int which, size_t at, size_t size)
{
	struct agent *host = &engine.agent[HOST], *remote = &engine.agent[REMOTE];
	uint64_t physical = runs[which][at / PAGE].start + at % PAGE;
	uint8_t byte;

	memory_maintain(machine.memory, host, TRACE_MAINT_CLEAN, mapped[HOST][which] + at, size, 1);
	memory_barrier(machine.memory, host, TRACE_BARRIER_DSB);
	memory_maintain(machine.memory, remote, TRACE_MAINT_INVALIDATE, mapped[REMOTE][which] + at, size, 1);
	expect_bytes(REMOTE, which, at, size);
	CU_ASSERT_TRUE_FATAL(memory_dma(machine.memory, platform.cpus, physical, &byte, 1, false));
	CU_ASSERT_EQUAL_FATAL(byte, *refer(which, at));
}

static void expect_gone(unsigned int id, unsigned int which, size_t at)
{
	unsigned int before = random_faults;

	CU_ASSERT_FALSE_FATAL(try_load(id, left[id][which] + at, 1));
	CU_ASSERT_TRUE_FATAL(random_faults == before + 1 && last_cause == TRACE_FAULT_HEAP_UNMAPPED &&
			     last_fault == runs[which][at / PAGE].start + at % PAGE);
}

static void do_any(void)
{
	unsigned int which = (unsigned int)random_below(&seed, BUFFERS), what = (unsigned int)random_below(&seed, 64);
	/* Often over the border of two runs. */
	size_t size = 1 + random_below(&seed, 256), room = buffers[which].size - size,
	       at = random_below(&seed, 2) ? random_below(&seed, room + 1) : PAGE - size / 2;

	if (what < 1)
		change_mapping(which);
	else if (what < 2)
		drop_mapping(which);
	else if (!mapped[HOST][which] && left[HOST][which] && what < 48)
		expect_gone((unsigned int)random_below(&seed, 2), which, at);
	else if (!mapped[HOST][which])
		change_mapping(which);
	else if (what < 8)
		hand_over(which, at, size);
	else if (what < 36)
		store_random(which, at, size < 32 ? size : 1);
	else
		expect_bytes(HOST, which, at, size < 32 ? size : 1);
}

/* A mapping lies where no window does, and shows for each page what the window shows. */
static void check_page(unsigned int which)
{
	size_t page = random_below(&seed, buffers[which].runs);
	bool gone;

	for (unsigned int id = 0; id < 2; id++) {
		const struct hook *h = &engine.agent[id].hook;
		uintptr_t at = mapped[id][which], home;

		if (!at)
			continue;
		home = memory_home(&machine.memory->agent[id], at + page * PAGE, &gone);
		CU_ASSERT_TRUE_FATAL(at >= h->base + h->private_size + h->shared_size && !gone);
		CU_ASSERT_EQUAL_FATAL(home, window_of(id, which, page * PAGE));
		CU_ASSERT_TRUE_FATAL(memcmp((const void *)(at + page * PAGE), (const void *)home, 64) == 0);
	}
}

/* Stores that all agents took part in would make what a cache holds a matter of choice: only the host makes some. */
static void begin_anew(void)
{
	begin_run();
	chooser_begin_seed(&chooser, seed);
	memset(mapped, 0, sizeof(mapped));
	memset(left, 0, sizeof(left));
	for (size_t i = 0; i < BYTES; i++) {
		memory_fill(&reference[0][i], address(DATA, i), 1);
		memory_fill(&reference[1][i], address(UNCACHED, i), 1);
	}
	for (unsigned int which = 0; which < BUFFERS; which++)
		change_mapping(which);
}

static void a_million_random_operations_find_what_was_stored(void)
{
	seed = 1;
	start(build);
	engine.listener[0].event = note_fault;
	for (unsigned int n = random_operations(), i = 0; i < n; i++) {
		if (i % RUN == 0)
			begin_anew();
		do_any();
		check_page((unsigned int)random_below(&seed, BUFFERS));
	}
	CU_ASSERT_TRUE(random_faults > 0);
}

int main(void)
{
	CU_TestInfo sentences[] = {
		SENTENCE(pieces_follow_each_other_under_one_address),
		SENTENCE(mapped_again_it_is_where_it_was_and_another_is_elsewhere),
		SENTENCE(behind_it_is_nothing),
		SENTENCE(without_a_heap_there_is_no_area),
		SENTENCE(what_one_cleans_through_it_another_finds_through_its_own),
		SENTENCE(behind_an_iommu_it_shows_what_its_addresses_are_translated_to),
		SENTENCE(cores_of_one_program_have_it_at_the_same_address),
		SENTENCE(accesses_both_ways_are_one_touch_of_one_line),
		SENTENCE(maintenance_is_told_of_each_run_and_done_in_all),
		SENTENCE(control_memory_is_told_at_its_physical_address),
		SENTENCE(a_store_through_the_mapping_is_open_in_the_window_too),
		SENTENCE(a_store_that_was_admitted_happens_although_its_mapping_goes),
		SENTENCE(unmapped_it_faults_where_the_buffer_was_and_its_window_does_not),
		SENTENCE(one_that_another_has_mapped_stays_his),
		SENTENCE(its_address_comes_back_when_the_area_was_used_up),
		SENTENCE(when_the_area_is_full_nothing_more_is_mapped_until_something_goes),
		SENTENCE(in_the_next_run_nothing_is_mapped),
		SENTENCE(a_million_random_operations_find_what_was_stored),
		CU_TEST_INFO_NULL,
	};

	return sentences_run("mappings of buffers in pieces", sentences);
}
