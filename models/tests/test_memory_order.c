/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What may come late, or never: store buffers, write-through windows, clusters, maintenance of everything, loss of power, and
 * memory behind an IOMMU. Sets of outcomes are the litmus tests'; here is one path each, and what is told of it.
 */
#include "models/tests/memory_world.h"

#define MATE 2u			/* a second CPU of the host's cluster */
#define LINE2 64u		/* in the second granule */

/* Of the remote, by page from address(DATA, 0) on: where each is translated to; 0: nowhere. */
static uint64_t page_table[2];
static unsigned int rings;
static uint64_t rung;
static unsigned int refused;	/* by the IOMMU */
static uint64_t refused_at;

static bool translate(void *ctx, struct agent *agent, uint64_t where, uint64_t size, bool is_store, uint64_t *physical,
		      enum trace_fault *cause)
{
	uint64_t page = (where - address(DATA, 0)) / 0x1000;

	(void)ctx, (void)size, (void)is_store;
	*cause = TRACE_FAULT_IOMMU_TRANSLATION;
	if (agent->id == REMOTE && page < 2) {
		*physical = page_table[page] + where % 0x1000;
		return page_table[page] != 0;
	}
	*physical = where;
	return true;
}

static void count_fault(void *ctx, struct agent *agent, uint64_t where, uint32_t size, bool is_store, enum trace_fault cause)
{
	(void)ctx, (void)agent, (void)size, (void)is_store;
	CU_ASSERT_EQUAL(cause, TRACE_FAULT_IOMMU_TRANSLATION);
	refused++;
	refused_at = where;
}

static const struct memory_translator translator = { .translate = translate, .fault = count_fault };

static void ring(void *ctx, struct agent *agent, unsigned int channel, uint64_t token)
{
	(void)ctx;
	rings++;
	rung = token << 16 | channel << 8 | agent->id;
}

static void add_mate(void)
{
	platform.cpu[MATE] = platform.cpu[HOST];
	platform.cpu[MATE].shares_cache = 1 + HOST;
	platform.cpus = 3;
}

static void add_window(unsigned int id, enum place place, const char *name)
{
	struct platform_window *w = &platform.cpu[id].window[platform.cpu[id].windows++];

	*w = (struct platform_window){ .region = place, .writable = true };
	strcpy(w->name, name);
}

static void host_buffers(void)
{
	platform.cpu[HOST].store_buffer = 4;
}

static void start(void (*how)(void), const char *choices)
{
	adjust = how;
	page_table[0] = address(DATA, 0);
	page_table[1] = address(DATA, 0x1000);
	rings = refused = 0;
	begin(choices);
	memory_on_ring(machine.memory, ring, NULL);
	memory_on_translate(machine.memory, &translator, NULL);
	begin_run();
}

static void barrier(unsigned int id, enum trace_barrier kind)
{
	memory_barrier(machine.memory, &engine.agent[id], kind);
}

static uint8_t at_first(enum place place, size_t at)
{
	uint8_t byte;

	CU_ASSERT_TRUE_FATAL(memory_dma(machine.memory, HOST, address(place, at), &byte, 1, false));
	return byte;
}

/* ---- Store buffers ---------------------------------------------------------------------------------------- */

static void a_buffered_store_has_usually_arrived_when_somebody_looks(void)
{
	start(host_buffers, "-");
	store(HOST, UNCACHED, 0, 77, 1);
	CU_ASSERT_EQUAL(load(REMOTE, UNCACHED, 0, 2), 77);
	CU_ASSERT_EQUAL(facts(), 0);
	CU_ASSERT_EQUAL(only(EVENT_writeback)->writeback.why, TRACE_WRITEBACK_UNCACHED);
	CU_ASSERT_EQUAL(only(EVENT_writeback)->writeback.agent, HOST);
}

static void a_buffered_store_that_has_not_arrived_is_seen_by_its_own_cpu_alone(void)
{
	start(host_buffers, "0:memory.drain:1");
	uint8_t before = load(REMOTE, UNCACHED, 0, 1);

	store(HOST, UNCACHED, 0, (uint8_t)(before + 1), 2);
	CU_ASSERT_EQUAL(load(REMOTE, UNCACHED, 0, 3), before);
	CU_ASSERT_TRUE(chooser_done(&chooser));
	assert_stale(REMOTE, address(UNCACHED, 0), 3, HOST, 2, TRACE_REMEDY_WRITER_BARRIER);
	CU_ASSERT_EQUAL(load(HOST, UNCACHED, 0, 4), (uint8_t)(before + 1));
}

static void a_store_that_reads_first_reads_memory_and_a_mere_store_asks_nothing(void)
{
	start(host_buffers, "-");
	uintptr_t at = va(HOST, UNCACHED, 0);

	store(REMOTE, UNCACHED, 0, 99, 1);
	engine.agent[HOST].stores_read = true;
	CU_ASSERT_TRUE(memory_access(machine.memory, &engine.agent[HOST], at, 1, true, 2));
	CU_ASSERT_EQUAL(*(volatile uint8_t *)at, 99);
	CU_ASSERT_EQUAL(count(EVENT_load), 0);
	engine.agent[HOST].stores_read = false;
}

static void a_load_does_not_undo_a_store_that_is_done_and_not_retired(void)
{
	start(host_buffers, "-");
	volatile uint8_t *at = (volatile uint8_t *)va(HOST, UNCACHED, 0);
	uint8_t beside = load(HOST, UNCACHED, 1, 1);

	CU_ASSERT_TRUE(memory_access(machine.memory, &engine.agent[HOST], (uintptr_t)at, 1, true, 2));
	engine.agent[HOST].store[0] = (struct agent_store){ .address = (uintptr_t)at, .size = 1, .pc = 2 };
	engine.agent[HOST].stores = 1;
	*at = 66;
	CU_ASSERT_TRUE(memory_access(machine.memory, &engine.agent[HOST], (uintptr_t)at, 2, false, 3));
	CU_ASSERT_EQUAL(at[0], 66);
	CU_ASSERT_EQUAL(at[1], beside);
	engine.agent[HOST].stores = 0;
}

static void a_dsb_leaves_nothing_to_ask(void)
{
	start(host_buffers, "-");
	store(HOST, UNCACHED, 0, 77, 1);
	barrier(HOST, TRACE_BARRIER_DSB);
	CU_ASSERT_EQUAL(load(REMOTE, UNCACHED, 0, 2), 77);
	CU_ASSERT_EQUAL(chooser.asked, 0);
}

static void stores_to_two_lines_arrive_in_the_other_order_without_a_dmb(void)
{
	start(host_buffers, "1:memory.drain:1");
	uint8_t before = at_first(UNCACHED, 0);

	store(HOST, UNCACHED, 0, (uint8_t)(before + 1), 1);
	store(HOST, UNCACHED, LINE2, 55, 2);
	CU_ASSERT_EQUAL(load(REMOTE, UNCACHED, LINE2, 3), 55);
	CU_ASSERT_EQUAL(load(REMOTE, UNCACHED, 0, 4), before);
	CU_ASSERT_TRUE(chooser_done(&chooser));
}

static void a_dmb_keeps_them_in_order(void)
{
	start(host_buffers, "-");
	store(HOST, UNCACHED, 0, 44, 1);
	barrier(HOST, TRACE_BARRIER_DMB);
	store(HOST, UNCACHED, LINE2, 55, 2);
	CU_ASSERT_EQUAL(load(REMOTE, UNCACHED, LINE2, 3), 55);
	CU_ASSERT_EQUAL(chooser.asked, 1);
	CU_ASSERT_EQUAL(load(REMOTE, UNCACHED, 0, 4), 44);
	CU_ASSERT_EQUAL(chooser.asked, 1);	/* it was forced out by the other */
}

static void a_full_buffer_makes_room_by_any_that_may_leave(void)
{
	start(host_buffers, "0:memory.drain:2");
	for (unsigned int i = 0; i < 5; i++)
		store(HOST, UNCACHED, i * LINE2, (uint8_t)(10 + i), 1);
	CU_ASSERT_TRUE(chooser_done(&chooser));
	CU_ASSERT_EQUAL(only(EVENT_writeback)->writeback.line, address(UNCACHED, 2 * LINE2));
}

static void clean_waits_in_the_buffer_for_a_barrier(void)
{
	start(host_buffers, "0:memory.drain:1");
	uint8_t before = load(REMOTE, ALIAS, 0, 1);

	store(HOST, ALIAS, 0, (uint8_t)(before + 1), 2);
	clean(HOST, ALIAS, 0, 3);
	CU_ASSERT_EQUAL(load(REMOTE, ALIAS, 0, 4), before);	/* ... nor was it written early: the default */
	assert_stale(REMOTE, address(ALIAS, 0), 4, HOST, 2, TRACE_REMEDY_WRITER_BARRIER);
	barrier(HOST, TRACE_BARRIER_DSB);
	CU_ASSERT_EQUAL(load(REMOTE, ALIAS, 0, 5), (uint8_t)(before + 1));
}

static void a_store_to_a_line_waits_for_its_clean_that_is_under_way(void)
{
	start(host_buffers, "-");
	store(HOST, ALIAS, 0, 1, 1);
	clean(HOST, ALIAS, 0, 2);
	CU_ASSERT_EQUAL(count(EVENT_maint_line), 0);
	store(HOST, ALIAS, 1, 2, 3);
	CU_ASSERT_EQUAL(count(EVENT_maint_line), 1);
}

static void a_ring_leaves_by_itself_and_behind_what_a_dmb_put_before_it(void)
{
	start(host_buffers, "-");
	store(HOST, UNCACHED, 0, 44, 1);
	barrier(HOST, TRACE_BARRIER_DMB);
	memory_ring_doorbell(machine.memory, &engine.agent[HOST], 3, 9);
	CU_ASSERT_EQUAL(rings, 0);
	CU_ASSERT_EQUAL_FATAL(engine.timers, 1);
	engine.timer[0].fire(engine.timer[0].ctx, engine.timer[0].arg);
	CU_ASSERT_EQUAL(rings, 1);
	CU_ASSERT_EQUAL(rung, 9u << 16 | 3u << 8 | HOST);
	CU_ASSERT_EQUAL(count(EVENT_writeback), 1);
	engine.timer[0].fire(engine.timer[0].ctx, engine.timer[0].arg);
	CU_ASSERT_EQUAL(rings, 1);	/* it had left */
}

static void a_ring_without_a_buffer_leaves_at_once(void)
{
	start(NULL, "-");
	memory_ring_doorbell(machine.memory, &engine.agent[REMOTE], 0, 1);
	CU_ASSERT_EQUAL(rings, 1);
	CU_ASSERT_EQUAL(engine.timers, 0);
}

static void narrow_bus(void)
{
	host_buffers();
	platform.cpu[HOST].atomic_bytes = 4;
	platform.cpu[HOST].line_bytes = 64;
}

static void a_store_wider_than_the_bus_waits_in_pieces(void)
{
	start(narrow_bus, "-");
	store_size(HOST, UNCACHED, 0, 8, 5, 1);
	store_size(HOST, UNCACHED, LINE2, 8, 6, 1);	/* four entries: the buffer is full */
	CU_ASSERT_EQUAL(count(EVENT_writeback), 0);
	store_size(HOST, UNCACHED, 2 * LINE2, 4, 7, 1);
	CU_ASSERT_EQUAL(only(EVENT_writeback)->writeback.bytes.size, 4);
}

/* ---- Device memory ----------------------------------------------------------------------------------------- */

static void as_device(unsigned int id, enum place place)
{
	platform.cpu[id].window[place].cached = false;
	platform.cpu[id].window[place].device = true;
}

/* Two peripherals: UNCACHED and CONTROL. ALIAS is Normal Non-cacheable for both. */
static void host_has_devices(void)
{
	host_buffers();
	as_device(HOST, UNCACHED);
	as_device(HOST, CONTROL);
	as_device(REMOTE, CONTROL);
	platform.cpu[HOST].window[ALIAS].cached = false;
	add_window(HOST, UNCACHED, "normal");
}

static void data_as_device_too(void)
{
	host_buffers();
	add_window(HOST, DATA, "data-device");
	platform.cpu[HOST].window[platform.cpu[HOST].windows - 1].device = true;
}

/* By the host, to the first of its peripherals through its other mapping of that. */
static void store_normal(size_t at, size_t size, uint8_t value, uint64_t pc)
{
	const struct hw_region *region = memory_region(machine.memory, &engine.agent[HOST], "normal");
	const struct agent_store made = { .address = (uintptr_t)region->va + at, .size = size, .pc = pc };

	CU_ASSERT_TRUE_FATAL(memory_access(machine.memory, &engine.agent[HOST], made.address, size, true, pc));
	memset((void *)made.address, value, size);
	memory_retire(machine.memory, &engine.agent[HOST], &made);
}

static void device_stores_to_two_lines_arrive_in_order_without_a_dmb(void)
{
	start(host_has_devices, "-");
	store(HOST, UNCACHED, 0, 44, 1);
	store(HOST, UNCACHED, LINE2, 55, 2);
	CU_ASSERT_EQUAL(load(REMOTE, UNCACHED, LINE2, 3), 55);
	CU_ASSERT_EQUAL(chooser.asked, 1);
	CU_ASSERT_EQUAL(load(REMOTE, UNCACHED, 0, 4), 44);
	CU_ASSERT_EQUAL(chooser.asked, 1);	/* it was forced out by the other */
}

static void device_stores_to_two_regions_arrive_in_the_other_order(void)
{
	start(host_has_devices, "1:memory.drain:1");
	uint8_t before = at_first(UNCACHED, 0);

	store(HOST, UNCACHED, 0, (uint8_t)(before + 1), 1);
	store(HOST, CONTROL, 0, 55, 2);
	CU_ASSERT_EQUAL(load(REMOTE, CONTROL, 0, 3), 55);
	CU_ASSERT_EQUAL(load(REMOTE, UNCACHED, 0, 4), before);
	CU_ASSERT_TRUE(chooser_done(&chooser));
}

static void a_store_takes_along_what_the_store_before_it_at_its_peripheral_waits_for(void)
{
	start(host_has_devices, "-");
	store_normal(0, 4, 11, 1);
	store_size(HOST, UNCACHED, 3, 4, 22, 2);
	store(HOST, UNCACHED, LINE2, 33, 3);
	CU_ASSERT_EQUAL(load(REMOTE, UNCACHED, LINE2, 4), 33);
	CU_ASSERT_EQUAL(count(EVENT_writeback), 3);
	CU_ASSERT_EQUAL(load(REMOTE, UNCACHED, 0, 5), 11);
	CU_ASSERT_EQUAL(load(REMOTE, UNCACHED, 3, 6), 22);
}

static void a_load_of_device_memory_lets_own_stores_to_it_leave_first_and_only_those(void)
{
	start(host_has_devices, "-");
	store(HOST, UNCACHED, 0, 1, 1);
	store(HOST, CONTROL, 0, 2, 2);
	store(HOST, ALIAS, 0, 3, 3);
	load(HOST, UNCACHED, LINE2, 4);
	CU_ASSERT_EQUAL(only(EVENT_writeback)->writeback.line, address(UNCACHED, 0));
	load(HOST, ALIAS, LINE2, 5);
	CU_ASSERT_EQUAL(load(HOST, ALIAS, 0, 6), 3);	/* forwarded */
	CU_ASSERT_EQUAL(count(EVENT_writeback), 1);
	CU_ASSERT_EQUAL(load(HOST, CONTROL, 0, 7), 2);	/* not forwarded: it left */
	CU_ASSERT_EQUAL(count(EVENT_writeback), 2);
	CU_ASSERT_EQUAL(chooser.asked, 0);
}

static void a_load_of_device_memory_is_not_forwarded_an_uncached_store_of_its_bytes(void)
{
	start(host_has_devices, "-");
	store_normal(0, 4, 77, 1);
	store_normal(4, 4, 78, 2);
	CU_ASSERT_EQUAL(load(HOST, UNCACHED, 3, 3), 77);
	CU_ASSERT_EQUAL(only(EVENT_writeback)->writeback.line, address(UNCACHED, 0));
}

static void a_load_of_device_memory_waits_for_maintenance_of_its_line(void)
{
	start(data_as_device_too, "-");
	const struct hw_region *device = memory_region(machine.memory, &engine.agent[HOST], "data-device");
	uintptr_t at = (uintptr_t)device->va;

	store(HOST, DATA, 0, 77, 1);
	clean(HOST, DATA, 0, 2);
	clean(HOST, DATA, LINE2, 3);
	CU_ASSERT_TRUE_FATAL(memory_access(machine.memory, &engine.agent[HOST], at, 1, false, 4));
	CU_ASSERT_EQUAL(*(volatile uint8_t *)at, 77);
	CU_ASSERT_EQUAL(only(EVENT_maint_line)->maint_line.line, address(DATA, 0));
	CU_ASSERT_EQUAL(chooser.asked, 0);
}

static void power_takes_the_youngest_stores_to_a_peripheral(void)
{
	start(host_has_devices, "1:memory.drain:1");
	store(HOST, UNCACHED, 0, 44, 1);
	store(HOST, UNCACHED, LINE2, 55, 2);
	store(HOST, UNCACHED, 2 * LINE2, 66, 3);
	memory_power_loss(machine.memory, &engine.agent[HOST]);	/* one left, then no more */
	CU_ASSERT_TRUE(chooser_done(&chooser));
	CU_ASSERT_EQUAL(only(EVENT_writeback)->writeback.line, address(UNCACHED, 0));
	CU_ASSERT_EQUAL(count(EVENT_lost), 2);
	CU_ASSERT_EQUAL(at_first(UNCACHED, 0), 44);
}

static void an_unaligned_access_of_device_memory_faults_and_of_other_memory_does_not(void)
{
	start(host_has_devices, "-");
	CU_ASSERT_TRUE(memory_unaligned(machine.memory, &engine.agent[HOST], va(HOST, ALIAS, 2), 4, false, 0x10));
	CU_ASSERT_TRUE(memory_unaligned(machine.memory, &engine.agent[REMOTE], va(REMOTE, UNCACHED, 2), 4, false, 0x10));
	CU_ASSERT_EQUAL(facts(), 0);
	CU_ASSERT_FALSE(memory_unaligned(machine.memory, &engine.agent[HOST], va(HOST, UNCACHED, 2), 4, true, 0x20));
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.agent, HOST);
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.cause, TRACE_FAULT_ALIGNMENT);
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.access, TRACE_ACCESS_STORE);
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.addr, address(UNCACHED, 2));
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.size, 4);
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.pc, 0x20);
}

static void programs_are_told_what_is_device_memory(void)
{
	start(host_has_devices, "-");
	CU_ASSERT_EQUAL(memory_region(machine.memory, &engine.agent[HOST], "uncached")->attr, HW_DEVICE);
	CU_ASSERT_EQUAL(memory_region(machine.memory, &engine.agent[HOST], "alias")->attr, 0);
	CU_ASSERT_EQUAL(memory_region(machine.memory, &engine.agent[HOST], "data")->attr, HW_CACHED);
	CU_ASSERT_EQUAL(memory_region(machine.memory, &engine.agent[REMOTE], "uncached")->attr, 0);
}

static void the_trace_is_told_what_is_device_memory(void)
{
	unsigned int devices = 0;

	start(host_has_devices, "-");
	machine_tell(&machine, &engine);
	for (unsigned int i = 0; i < tells; i++)
		if (told[i].id == EVENT_mapping && told[i].mapping.attr & TRACE_ATTR_DEVICE) {
			CU_ASSERT_EQUAL(told[i].mapping.attr, TRACE_ATTR_READ | TRACE_ATTR_WRITE | TRACE_ATTR_DEVICE);
			devices++;
		}
	CU_ASSERT_EQUAL(devices, 3);
}

/* ---- Write-through, and two mappings of one page ------------------------------------------------------------ */

static void data_is_written_through(void)
{
	platform.cpu[HOST].window[DATA].through = true;
}

static void a_write_through_store_needs_no_clean_and_leaves_no_dirty_line(void)
{
	start(data_is_written_through, "-");
	load(HOST, DATA, 5, 1);
	store(HOST, DATA, 5, 91, 2);
	CU_ASSERT_EQUAL(load(HOST, DATA, 5, 3), 91);
	CU_ASSERT_EQUAL(load(REMOTE, DATA, 5, 4), 91);
	clean(HOST, DATA, 5, 5);
	CU_ASSERT_EQUAL(only(EVENT_maint_line)->maint_line.found, TRACE_LINE_STATE_CLEAN);
	CU_ASSERT_EQUAL(count(EVENT_unclean), 0);
	CU_ASSERT_EQUAL(facts(), 0);
}

static void a_write_through_store_leaves_the_rest_of_a_stale_copy_stale(void)
{
	start(data_is_written_through, "-");
	uint8_t before = load(HOST, DATA, 6, 1);

	store(REMOTE, DATA, 6, (uint8_t)(before + 1), 2);
	clean(REMOTE, DATA, 6, 3);
	store(HOST, DATA, 5, 91, 4);
	CU_ASSERT_EQUAL(load(HOST, DATA, 5, 5), 91);
	CU_ASSERT_EQUAL(load(HOST, DATA, 6, 6), before);
	CU_ASSERT_EQUAL(count(EVENT_stale), 1);
}

static void data_has_an_uncached_mapping(void)
{
	add_window(HOST, DATA, "data-uncached");
}

static uintptr_t raw(size_t at)
{
	struct hw_region *region = memory_region(machine.memory, &engine.agent[HOST], "data-uncached");

	CU_ASSERT_PTR_NOT_NULL_FATAL(region);
	CU_ASSERT_EQUAL(region->attr, 0);
	return (uintptr_t)region->va + at;
}

static void two_mappings_of_a_page_agree_only_after_a_clean(void)
{
	start(data_has_an_uncached_mapping, "-");
	uint8_t before = load(HOST, DATA, 5, 1);

	store(HOST, DATA, 5, (uint8_t)(before + 1), 2);
	CU_ASSERT_TRUE(memory_access(machine.memory, &engine.agent[HOST], raw(5), 1, false, 3));
	CU_ASSERT_EQUAL(*(volatile uint8_t *)raw(5), before);
	clean(HOST, DATA, 5, 4);
	CU_ASSERT_TRUE(memory_access(machine.memory, &engine.agent[HOST], raw(5), 1, false, 5));
	CU_ASSERT_EQUAL(*(volatile uint8_t *)raw(5), (uint8_t)(before + 1));
}

/* ---- Clusters, everything at once ------------------------------------------------------------------------------ */

static void cpus_of_a_cluster_see_each_others_stores_at_once(void)
{
	start(add_mate, "-");
	uint8_t before = load(REMOTE, DATA, 5, 1);

	store(MATE, DATA, 5, (uint8_t)(before + 1), 2);
	CU_ASSERT_EQUAL(load(HOST, DATA, 5, 3), (uint8_t)(before + 1));
	CU_ASSERT_EQUAL(facts(), 0);
	CU_ASSERT_EQUAL(load(REMOTE, DATA, 5, 4), before);
	assert_stale(REMOTE, address(DATA, 5), 4, MATE, 2, TRACE_REMEDY_WRITER_CLEAN);
}

static void either_cpu_of_a_cluster_cleans_for_both(void)
{
	start(add_mate, "-");
	store(MATE, DATA, 5, 33, 1);
	clean(HOST, DATA, 5, 2);
	CU_ASSERT_EQUAL(load(REMOTE, DATA, 5, 3), 33);
}

static void maintenance_by_set_and_way_reaches_only_what_that_cpu_dirtied(void)
{
	start(add_mate, "-");
	uint8_t before = at_first(DATA, 5);

	store(MATE, DATA, 5, (uint8_t)(before + 1), 1);
	memory_maintain_all(machine.memory, &engine.agent[HOST], TRACE_MAINT_CLEAN, true, 2);
	CU_ASSERT_EQUAL(count(EVENT_writeback), 0);
	memory_maintain_all(machine.memory, &engine.agent[MATE], TRACE_MAINT_CLEAN, true, 3);
	CU_ASSERT_EQUAL(count(EVENT_writeback), 1);
	CU_ASSERT_EQUAL(at_first(DATA, 5), (uint8_t)(before + 1));
}

static void maintenance_of_everything_reaches_every_line_of_the_cluster(void)
{
	start(add_mate, "-");
	store(MATE, DATA, 5, 1, 1);
	store(HOST, CONTROL, 500, 2, 2);
	store(REMOTE, DATA, 1000, 3, 3);
	memory_maintain_all(machine.memory, &engine.agent[HOST], TRACE_MAINT_FLUSH, false, 4);
	CU_ASSERT_EQUAL(count(EVENT_writeback), 2);
	CU_ASSERT_EQUAL(at_first(DATA, 5), 1);
	CU_ASSERT_EQUAL(at_first(CONTROL, 500), 2);
}

static void invalidate_cleans_dirty_lines(void)
{
	platform.cpu[HOST].clean_dirty_lines = true;
}

static void invalidate_of_a_dirty_line_cleans_it_first_where_the_core_does(void)
{
	start(invalidate_cleans_dirty_lines, "-");
	store(HOST, DATA, 5, 81, 1);
	maintain(HOST, TRACE_MAINT_INVALIDATE, DATA, 0, 64, 2);
	CU_ASSERT_EQUAL(load(HOST, DATA, 5, 3), 81);
	CU_ASSERT_EQUAL(facts(), 0);
}

/* ---- Loss of power ------------------------------------------------------------------------------------------------ */

static void lose_power(unsigned int id)
{
	memory_power_loss(machine.memory, &engine.agent[id]);
}

static void dirty_lines_are_lost_with_the_power(void)
{
	start(NULL, "-");
	uint8_t before = at_first(DATA, 5);

	store(HOST, DATA, 5, (uint8_t)(before + 1), 1);
	lose_power(HOST);
	CU_ASSERT_EQUAL(load(HOST, DATA, 5, 2), before);
	CU_ASSERT_EQUAL(only(EVENT_lost)->lost.why, TRACE_LOSS_POWER);
	CU_ASSERT_EQUAL(only(EVENT_lost)->lost.agent, HOST);
	CU_ASSERT_EQUAL(only(EVENT_lost)->lost.pc, 1);
	CU_ASSERT_EQUAL(only(EVENT_lost)->lost.remedy, TRACE_REMEDY_WRITER_CLEAN);
}

static void or_they_had_been_written_back(void)
{
	start(NULL, "0:memory.settle:1");
	store(HOST, DATA, 5, 17, 1);
	lose_power(HOST);
	CU_ASSERT_EQUAL(load(HOST, DATA, 5, 2), 17);
	CU_ASSERT_TRUE(chooser_done(&chooser));
	CU_ASSERT_EQUAL(count(EVENT_lost), 0);
}

static void what_a_store_buffer_held_is_lost_with_the_power(void)
{
	start(host_buffers, "0:memory.drain:1");
	uint8_t before = at_first(UNCACHED, 0);

	store(HOST, UNCACHED, 0, (uint8_t)(before + 1), 1);
	lose_power(HOST);
	CU_ASSERT_EQUAL(only(EVENT_lost)->lost.why, TRACE_LOSS_BUFFER);
	CU_ASSERT_EQUAL(only(EVENT_lost)->lost.remedy, TRACE_REMEDY_WRITER_BARRIER);
	CU_ASSERT_EQUAL(load(HOST, UNCACHED, 0, 2), before);
}

/* ---- Behind an IOMMU ------------------------------------------------------------------------------------------------ */

static void translated_before(void)
{
	platform.cpu[REMOTE].translation = PLATFORM_TRANSLATED_BEFORE_CACHE;
}

static void translated_after(void)
{
	platform.cpu[REMOTE].translation = PLATFORM_TRANSLATED_AFTER_CACHE;
}

static void change_page(unsigned int page, uint64_t to)
{
	page_table[page] = to;
	memory_translation_changed(machine.memory, &engine.agent[REMOTE], address(DATA, page * 0x1000), 0x1000);
}

static void a_page_shows_the_memory_that_it_is_translated_to(void)
{
	void (*const how[])(void) = { translated_before, translated_after };

	for (unsigned int i = 0; i < 2; i++) {
		start(how[i], "-");
		store(HOST, DATA, 0x1005, 71, 1);
		clean(HOST, DATA, 0x1005, 2);
		change_page(0, address(DATA, 0x1000));
		CU_ASSERT_EQUAL(load(REMOTE, DATA, 5, 3), 71);
		CU_ASSERT_EQUAL(load(REMOTE, DATA, 0x1005, 4), 71);
		page_table[0] = address(DATA, 0);
		begin_run();	/* as at the beginning */
		CU_ASSERT_EQUAL(load(REMOTE, DATA, 5, 1), at_first(DATA, 5));
	}
}

/* Where the CPU has no window of its own, or none that is cached. */
static void a_cached_page_may_be_translated_to_any_memory(void)
{
	void (*const how[])(void) = { translated_before, translated_after };
	const enum place to[] = { MINE, UNCACHED };

	for (unsigned int i = 0; i < 4; i++) {
		start(how[i / 2], "-");
		change_page(0, address(to[i % 2], 0));
		store(REMOTE, DATA, 5, 72, 1);
		CU_ASSERT_EQUAL(load(REMOTE, DATA, 5, 2), 72);
		CU_ASSERT_NOT_EQUAL(load(HOST, to[i % 2], 5, 3), 72);
		clean(REMOTE, DATA, 5, 4);
		invalidate(HOST, to[i % 2], 5, 5);
		CU_ASSERT_EQUAL(load(HOST, to[i % 2], 5, 6), 72);
	}
}

static void a_page_that_is_translated_to_nothing_faults_with_its_cause(void)
{
	void (*const how[])(void) = { translated_before, translated_after };

	for (unsigned int i = 0; i < 2; i++) {
		start(how[i], "-");
		change_page(0, 0);
		CU_ASSERT_FALSE(load_size(REMOTE, DATA, 5, 1, 3));
		CU_ASSERT_EQUAL(only(EVENT_fault)->fault.cause, TRACE_FAULT_IOMMU_TRANSLATION);
		CU_ASSERT_EQUAL(only(EVENT_fault)->fault.pc, 3);
		CU_ASSERT_EQUAL(refused, 1);
		CU_ASSERT_EQUAL(refused_at, address(DATA, 5));
		CU_ASSERT_TRUE(load_size(REMOTE, DATA, 0x1005, 1, 4));
	}
}

static void a_dirty_line_after_which_is_translated_goes_where_the_page_stands_then(void)
{
	start(translated_after, "-");
	uint8_t before = at_first(DATA, 5);

	store(REMOTE, DATA, 5, 61, 1);
	change_page(0, address(DATA, 0x1000));
	clean(REMOTE, DATA, 5, 2);
	CU_ASSERT_EQUAL(at_first(DATA, 5), before);
	CU_ASSERT_EQUAL(at_first(DATA, 0x1005), 61);
}

static void a_dirty_line_that_was_translated_before_stays_where_it_was(void)
{
	start(translated_before, "-");
	store(REMOTE, DATA, 5, 61, 1);
	change_page(0, address(DATA, 0x1000));
	memory_maintain_all(machine.memory, &engine.agent[REMOTE], TRACE_MAINT_CLEAN, false, 2);
	CU_ASSERT_EQUAL(at_first(DATA, 5), 61);
}

static void what_is_written_back_to_nothing_is_lost(void)
{
	start(translated_after, "-");
	store(REMOTE, DATA, 5, 61, 1);
	change_page(0, 0);
	clean(REMOTE, DATA, 5, 2);
	CU_ASSERT_EQUAL(only(EVENT_lost)->lost.why, TRACE_LOSS_TRANSLATION);
	CU_ASSERT_EQUAL(only(EVENT_lost)->lost.pc, 1);
	CU_ASSERT_EQUAL(count(EVENT_writeback), 0);
	CU_ASSERT_EQUAL(refused, 1);
	CU_ASSERT_EQUAL(refused_at, address(DATA, 0));
}

static void a_line_may_have_been_filled_before_its_page_moved(void)
{
	start(translated_after, "0:memory.fill:1");
	uint8_t before = at_first(DATA, 5);

	store(HOST, DATA, 0x1005, (uint8_t)(before + 1), 1);
	clean(HOST, DATA, 0x1005, 2);
	change_page(0, address(DATA, 0x1000));
	CU_ASSERT_EQUAL(load(REMOTE, DATA, 5, 3), before);
	CU_ASSERT_TRUE(chooser_done(&chooser));
	maintain(REMOTE, TRACE_MAINT_INVALIDATE, DATA, 5, 1, 4);
	CU_ASSERT_EQUAL(load(REMOTE, DATA, 5, 5), (uint8_t)(before + 1));
}

static void one_cache_holds_the_same_memory_under_two_addresses(void)
{
	start(translated_after, "-");
	change_page(0, address(DATA, 0x1000));
	uint8_t before = load(REMOTE, DATA, 0x1005, 1);

	store(REMOTE, DATA, 5, (uint8_t)(before + 1), 2);
	CU_ASSERT_EQUAL(load(REMOTE, DATA, 0x1005, 3), before);
	clean(REMOTE, DATA, 5, 4);
	invalidate(REMOTE, DATA, 0x1005, 5);
	CU_ASSERT_EQUAL(load(REMOTE, DATA, 0x1005, 6), (uint8_t)(before + 1));
}

int main(void)
{
	CU_TestInfo sentences[] = {
		SENTENCE(a_buffered_store_has_usually_arrived_when_somebody_looks),
		SENTENCE(a_buffered_store_that_has_not_arrived_is_seen_by_its_own_cpu_alone),
		SENTENCE(a_store_that_reads_first_reads_memory_and_a_mere_store_asks_nothing),
		SENTENCE(a_load_does_not_undo_a_store_that_is_done_and_not_retired),
		SENTENCE(a_dsb_leaves_nothing_to_ask),
		SENTENCE(stores_to_two_lines_arrive_in_the_other_order_without_a_dmb),
		SENTENCE(a_dmb_keeps_them_in_order),
		SENTENCE(a_full_buffer_makes_room_by_any_that_may_leave),
		SENTENCE(clean_waits_in_the_buffer_for_a_barrier),
		SENTENCE(a_store_to_a_line_waits_for_its_clean_that_is_under_way),
		SENTENCE(a_ring_leaves_by_itself_and_behind_what_a_dmb_put_before_it),
		SENTENCE(a_ring_without_a_buffer_leaves_at_once),
		SENTENCE(a_store_wider_than_the_bus_waits_in_pieces),
		SENTENCE(device_stores_to_two_lines_arrive_in_order_without_a_dmb),
		SENTENCE(device_stores_to_two_regions_arrive_in_the_other_order),
		SENTENCE(a_store_takes_along_what_the_store_before_it_at_its_peripheral_waits_for),
		SENTENCE(a_load_of_device_memory_lets_own_stores_to_it_leave_first_and_only_those),
		SENTENCE(a_load_of_device_memory_is_not_forwarded_an_uncached_store_of_its_bytes),
		SENTENCE(a_load_of_device_memory_waits_for_maintenance_of_its_line),
		SENTENCE(power_takes_the_youngest_stores_to_a_peripheral),
		SENTENCE(an_unaligned_access_of_device_memory_faults_and_of_other_memory_does_not),
		SENTENCE(programs_are_told_what_is_device_memory),
		SENTENCE(the_trace_is_told_what_is_device_memory),
		SENTENCE(a_write_through_store_needs_no_clean_and_leaves_no_dirty_line),
		SENTENCE(a_write_through_store_leaves_the_rest_of_a_stale_copy_stale),
		SENTENCE(two_mappings_of_a_page_agree_only_after_a_clean),
		SENTENCE(cpus_of_a_cluster_see_each_others_stores_at_once),
		SENTENCE(either_cpu_of_a_cluster_cleans_for_both),
		SENTENCE(maintenance_by_set_and_way_reaches_only_what_that_cpu_dirtied),
		SENTENCE(maintenance_of_everything_reaches_every_line_of_the_cluster),
		SENTENCE(invalidate_of_a_dirty_line_cleans_it_first_where_the_core_does),
		SENTENCE(dirty_lines_are_lost_with_the_power),
		SENTENCE(or_they_had_been_written_back),
		SENTENCE(what_a_store_buffer_held_is_lost_with_the_power),
		SENTENCE(a_page_shows_the_memory_that_it_is_translated_to),
		SENTENCE(a_cached_page_may_be_translated_to_any_memory),
		SENTENCE(a_page_that_is_translated_to_nothing_faults_with_its_cause),
		SENTENCE(a_dirty_line_after_which_is_translated_goes_where_the_page_stands_then),
		SENTENCE(a_dirty_line_that_was_translated_before_stays_where_it_was),
		SENTENCE(what_is_written_back_to_nothing_is_lost),
		SENTENCE(a_line_may_have_been_filled_before_its_page_moved),
		SENTENCE(one_cache_holds_the_same_memory_under_two_addresses),
		CU_TEST_INFO_NULL,
	};

	return sentences_run("memory that comes late", sentences);
}
