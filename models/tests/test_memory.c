/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory with two agents: what they read, and what is told of it. What a line may do is test_line.c's; store buffers, clusters
 * and translation are test_memory_order.c's.
 */
#include "models/tests/memory_world.h"

/* ---- Delivery --------------------------------------------------------------------------------------- */

static void store_clean_invalidate_delivers_both_ways(void)
{
	for (unsigned int writer = 0; writer < 2; writer++)
		for (enum place place = CONTROL; place <= DATA; place++) {
			begin("-");
			uint8_t before = load(1 - writer, place, 5, 1);
			uint8_t value = (uint8_t)(before + 1);

			store(writer, place, 5, value, 2);
			clean(writer, place, 5, 3);
			invalidate(1 - writer, place, 5, 4);
			CU_ASSERT_EQUAL(load(1 - writer, place, 5, 5), value);
			CU_ASSERT_EQUAL(load(writer, place, 5, 6), value);
			CU_ASSERT_EQUAL(facts(), 0);
		}
}

static void load_sees_the_old_copy_until_clean_and_invalidate(void)
{
	begin("-");
	engine.now = 10 * NS;
	uint8_t before = load(HOST, DATA, 5, 1);
	uint8_t value = (uint8_t)(before + 1);

	engine.now = 20 * NS;
	store(REMOTE, DATA, 5, value, 2);
	CU_ASSERT_EQUAL(load(HOST, DATA, 5, 3), before);
	assert_stale(HOST, address(DATA, 5), 3, REMOTE, 2, TRACE_REMEDY_WRITER_CLEAN);
	CU_ASSERT_EQUAL(only(EVENT_stale)->stale.filled, 10000);
	CU_ASSERT_EQUAL(only(EVENT_stale)->stale.why, TRACE_FILL_DEMAND);
	clean(REMOTE, DATA, 5, 4);
	CU_ASSERT_EQUAL(load(HOST, DATA, 5, 5), before);
	CU_ASSERT_EQUAL(count(EVENT_stale), 1);	/* told once of the same store */
	invalidate(HOST, DATA, 5, 6);
	CU_ASSERT_EQUAL(load(HOST, DATA, 5, 7), value);
	CU_ASSERT_EQUAL(facts(), 1);
}

static void reader_that_left_its_invalidate_out_is_told_so(void)
{
	begin("-");
	uint8_t before = load(HOST, DATA, 5, 1);

	store(REMOTE, DATA, 5, (uint8_t)(before + 1), 2);
	clean(REMOTE, DATA, 5, 3);
	CU_ASSERT_EQUAL(load(HOST, DATA, 5, 4), before);
	assert_stale(HOST, address(DATA, 5), 4, REMOTE, 2, TRACE_REMEDY_READER_INVALIDATE);
}

static void staleness_is_by_version_and_not_by_value(void)
{
	begin("-");
	uint8_t before = load(HOST, DATA, 5, 1);

	store(REMOTE, DATA, 5, before, 2);
	CU_ASSERT_EQUAL(load(HOST, DATA, 5, 3), before);
	CU_ASSERT_EQUAL(count(EVENT_stale), 1);
	load(HOST, DATA, 6, 4);
	CU_ASSERT_EQUAL(count(EVENT_stale), 1);	/* nobody stored to the byte beside it */
}

static void own_store_is_never_stale(void)
{
	begin("-");
	store(HOST, DATA, 5, 1, 1);
	CU_ASSERT_EQUAL(load(HOST, DATA, 5, 2), 1);
	CU_ASSERT_EQUAL(facts(), 0);
}

static void hardware_may_evict_and_write_early_without_any_maintenance(void)
{
	begin("0:memory.evict:1,1:memory.settle:1");
	uint8_t before = load(HOST, DATA, 5, 1);
	uint8_t value = (uint8_t)(before + 1);

	store(REMOTE, DATA, 5, value, 2);
	CU_ASSERT_EQUAL(load(HOST, DATA, 5, 3), value);
	CU_ASSERT_TRUE(chooser_done(&chooser));
	CU_ASSERT_EQUAL(only(EVENT_writeback)->writeback.why, TRACE_WRITEBACK_EARLY);
	CU_ASSERT_EQUAL(only(EVENT_writeback)->writeback.agent, REMOTE);
	CU_ASSERT_EQUAL(facts(), 0);
	begin("0:memory.evict:1");	/* the drop alone brings the old bytes again */
	load(HOST, DATA, 5, 1);
	store(REMOTE, DATA, 5, value, 2);
	CU_ASSERT_EQUAL(load(HOST, DATA, 5, 3), before);
	CU_ASSERT_EQUAL(count(EVENT_writeback), 0);
}

static void memory_that_nobody_caches_is_seen_at_once_and_asks_nothing(void)
{
	begin("-");
	uint8_t value = (uint8_t)(load(HOST, UNCACHED, 5, 1) + 1);

	store(REMOTE, UNCACHED, 5, value, 2);
	CU_ASSERT_EQUAL(load(HOST, UNCACHED, 5, 3), value);
	CU_ASSERT_EQUAL(chooser.asked, 0);
	CU_ASSERT_EQUAL(facts(), 0);
	CU_ASSERT_EQUAL(count(EVENT_fill) + count(EVENT_unclean), 0);
}

static void uncached_reader_needs_the_writers_clean_alone(void)
{
	begin("-");
	uint8_t before = load(REMOTE, ALIAS, 5, 1);
	uint8_t value = (uint8_t)(before + 1);

	store(HOST, ALIAS, 5, value, 2);
	CU_ASSERT_EQUAL(load(REMOTE, ALIAS, 5, 3), before);
	assert_stale(REMOTE, address(ALIAS, 5), 3, HOST, 2, TRACE_REMEDY_WRITER_CLEAN);
	clean(HOST, ALIAS, 5, 4);
	CU_ASSERT_EQUAL(load(REMOTE, ALIAS, 5, 5), value);
	CU_ASSERT_EQUAL(facts(), 1);
}

static void uncached_writer_needs_the_readers_invalidate_alone(void)
{
	begin("-");
	uint8_t before = load(HOST, ALIAS, 5, 1);
	uint8_t value = (uint8_t)(before + 1);

	store(REMOTE, ALIAS, 5, value, 2);
	CU_ASSERT_EQUAL(load(HOST, ALIAS, 5, 3), before);
	assert_stale(HOST, address(ALIAS, 5), 3, REMOTE, 2, TRACE_REMEDY_READER_INVALIDATE);
	invalidate(HOST, ALIAS, 5, 4);
	CU_ASSERT_EQUAL(load(HOST, ALIAS, 5, 5), value);
	CU_ASSERT_EQUAL(facts(), 1);
}

/* ---- Lost, overwritten ------------------------------------------------------------------------------ */

static void invalidated_store_is_told_as_lost_at_the_next_touch(void)
{
	begin("-");
	uint8_t before = load(HOST, DATA, 5, 1);

	invalidate(HOST, DATA, 5, 2);
	store(REMOTE, DATA, 5, (uint8_t)(before + 1), 3);
	invalidate(REMOTE, DATA, 5, 4);
	CU_ASSERT_EQUAL(count(EVENT_lost), 0);
	CU_ASSERT_EQUAL(load(HOST, DATA, 5, 5), before);
	const struct trace_event *lost = only(EVENT_lost);

	CU_ASSERT_EQUAL(lost->lost.agent, REMOTE);
	CU_ASSERT_EQUAL(lost->lost.addr, address(DATA, 5));
	CU_ASSERT_EQUAL(lost->lost.size, 1);
	CU_ASSERT_EQUAL(lost->lost.pc, 3);
	CU_ASSERT_EQUAL(lost->lost.maint_pc, 4);
}

static void invalidated_store_may_have_reached_memory_all_the_same(void)
{
	begin("0:memory.settle:1");
	uint8_t value = (uint8_t)(load(HOST, DATA, 5, 1) + 1);

	invalidate(HOST, DATA, 5, 2);
	store(REMOTE, DATA, 5, value, 3);
	invalidate(REMOTE, DATA, 5, 4);
	CU_ASSERT_EQUAL(load(HOST, DATA, 5, 5), value);
	CU_ASSERT_EQUAL(only(EVENT_writeback)->writeback.why, TRACE_WRITEBACK_LIMBO);
	CU_ASSERT_EQUAL(facts(), 0);
}

static void invalidate_of_part_of_a_line_cleans_it_first_where_the_platform_does(void)
{
	for (unsigned int cleans = 0; cleans < 2; cleans++) {
		begin("-");
		platform.cpu[REMOTE].clean_part_lines = cleans;
		uint8_t before = load(REMOTE, DATA, 5, 1);

		store(REMOTE, DATA, 5, (uint8_t)(before + 1), 2);
		maintain(REMOTE, TRACE_MAINT_INVALIDATE, DATA, 0, 31, 3);
		CU_ASSERT_EQUAL(load(REMOTE, DATA, 5, 4), before + cleans);
		CU_ASSERT_EQUAL(count(EVENT_lost), 1 - cleans);
		CU_ASSERT_EQUAL(only(EVENT_maint_line)->maint_line.op, cleans ? TRACE_MAINT_FLUSH : TRACE_MAINT_INVALIDATE);
	}
	begin("-");
	platform.cpu[REMOTE].clean_part_lines = true;
	store(REMOTE, DATA, 5, 1, 1);
	maintain(REMOTE, TRACE_MAINT_INVALIDATE, DATA, 0, 32, 2);	/* the whole of it */
	CU_ASSERT_EQUAL(only(EVENT_maint_line)->maint_line.op, TRACE_MAINT_INVALIDATE);
}

/* The host's line is 64 bytes: cleaning byte 40 writes byte 5 back too. */
static void clean_overwrites_newer_bytes_of_a_neighbour_in_the_same_long_line(void)
{
	begin("-");
	uint8_t before = load(HOST, DATA, 5, 1);

	store(HOST, DATA, 40, 1, 2);
	store(REMOTE, DATA, 5, (uint8_t)(before + 1), 3);
	clean(REMOTE, DATA, 5, 4);
	clean(HOST, DATA, 40, 5);
	const struct trace_event *clobber = only(EVENT_clobber);

	CU_ASSERT_EQUAL(clobber->clobber.agent, HOST);
	CU_ASSERT_EQUAL(clobber->clobber.addr, address(DATA, 5));
	CU_ASSERT_EQUAL(clobber->clobber.size, 1);
	CU_ASSERT_EQUAL(clobber->clobber.pc, 2);
	CU_ASSERT_EQUAL(clobber->clobber.victim, REMOTE);
	CU_ASSERT_EQUAL(clobber->clobber.victim_pc, 3);
	invalidate(REMOTE, DATA, 5, 6);
	CU_ASSERT_EQUAL(load(REMOTE, DATA, 5, 7), before);
}

static void neighbour_in_the_next_line_is_left_alone(void)
{
	begin("-");
	uint8_t value = (uint8_t)(load(HOST, DATA, 63, 1) + 1);

	store(HOST, DATA, 64, 1, 2);
	store(REMOTE, DATA, 63, value, 3);
	clean(REMOTE, DATA, 63, 4);
	clean(HOST, DATA, 64, 5);
	invalidate(REMOTE, DATA, 63, 6);
	CU_ASSERT_EQUAL(load(REMOTE, DATA, 63, 7), value);
	CU_ASSERT_EQUAL(facts(), 0);
}

/* ---- What is told of accesses ----------------------------------------------------------------------- */

static void control_memory_is_told_access_by_access_with_bytes_and_line_by_line(void)
{
	begin("-");
	store_size(REMOTE, UNCACHED, 30, 8, 7, 2);	/* across a 32-byte line of the remote */
	CU_ASSERT_EQUAL_FATAL(tells, 2);
	for (unsigned int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(told[i].id, EVENT_store);
		CU_ASSERT_EQUAL(told[i].store.agent, REMOTE);
		CU_ASSERT_EQUAL(told[i].store.pc, 2);
		CU_ASSERT_EQUAL(told_bytes[i][0], 7);
	}
	CU_ASSERT_EQUAL(told[0].store.addr, address(UNCACHED, 30));
	CU_ASSERT_EQUAL(told[0].store.bytes.size, 2);
	CU_ASSERT_EQUAL(told[1].store.addr, address(UNCACHED, 32));
	CU_ASSERT_EQUAL(told[1].store.bytes.size, 6);
	load_size(HOST, UNCACHED, 30, 8, 3);
	CU_ASSERT_EQUAL_FATAL(tells, 3);
	CU_ASSERT_EQUAL(told[2].id, EVENT_load);
	CU_ASSERT_EQUAL(told[2].load.bytes.size, 8);
	CU_ASSERT_EQUAL(told_bytes[2][0], 7);
	CU_ASSERT_EQUAL(told_bytes[2][7], 7);
}

static void data_memory_is_told_by_first_touch_and_at_the_sync_by_masks(void)
{
	begin("-");
	load_size(REMOTE, DATA, 35, 4, 100);
	load_size(REMOTE, DATA, 40, 1, 101);
	store_size(REMOTE, DATA, 60, 4, 1, 102);
	store_size(REMOTE, DATA, 32, 1, 1, 103);
	CU_ASSERT_EQUAL(only(EVENT_touch)->touch.line, address(DATA, 32));
	CU_ASSERT_EQUAL(only(EVENT_touch)->touch.access, TRACE_ACCESS_LOAD);
	CU_ASSERT_EQUAL(only(EVENT_touch)->touch.pc, 100);
	CU_ASSERT_EQUAL(count(EVENT_mask) + count(EVENT_load) + count(EVENT_store), 0);
	sync(HOST);
	CU_ASSERT_EQUAL(count(EVENT_mask), 0);
	sync(REMOTE);
	const struct trace_event *e = only(EVENT_mask);

	CU_ASSERT_EQUAL(e->mask.agent, REMOTE);
	CU_ASSERT_EQUAL(e->mask.line, address(DATA, 32));
	CU_ASSERT_EQUAL(e->mask.loads, 0xf << 3 | 1 << 8);
	CU_ASSERT_EQUAL(e->mask.stores, 0xfu << 28 | 1);
	CU_ASSERT_EQUAL(e->mask.load_first, 100);
	CU_ASSERT_EQUAL(e->mask.load_last, 101);
	CU_ASSERT_EQUAL(e->mask.store_first, 102);
	CU_ASSERT_EQUAL(e->mask.store_last, 103);
	sync(REMOTE);
	CU_ASSERT_EQUAL(count(EVENT_mask), 1);
	load(REMOTE, DATA, 35, 104);
	CU_ASSERT_EQUAL(count(EVENT_touch), 2);
}

static void whole_line_has_a_whole_mask(void)
{
	begin("-");
	store_size(HOST, DATA, 64, 64, 1, 1);
	sync(HOST);
	CU_ASSERT_EQUAL(only(EVENT_mask)->mask.stores, UINT64_MAX);
	CU_ASSERT_EQUAL(only(EVENT_mask)->mask.loads, 0);
	CU_ASSERT_EQUAL(only(EVENT_touch)->touch.access, TRACE_ACCESS_STORE);
}

static void masks_are_told_before_a_store_to_control_memory_and_before_maintenance(void)
{
	begin("-");
	store(HOST, DATA, 0, 1, 1);
	store(HOST, UNCACHED, 0, 1, 2);
	CU_ASSERT_EQUAL(told[tells - 2].id, EVENT_mask);
	CU_ASSERT_EQUAL(told[tells - 1].id, EVENT_store);
	store(HOST, DATA, 0, 1, 3);
	load(HOST, UNCACHED, 0, 4);	/* a load is no sync event */
	CU_ASSERT_EQUAL(count(EVENT_mask), 1);
	clean(HOST, DATA, 64, 5);
	CU_ASSERT_EQUAL(count(EVENT_mask), 2);
	CU_ASSERT_EQUAL(told[tells - 3].id, EVENT_mask);
	CU_ASSERT_EQUAL(told[tells - 2].id, EVENT_maint);
	CU_ASSERT_EQUAL(told[tells - 1].id, EVENT_maint_line);
}

static void first_store_after_a_clean_makes_the_line_unclean(void)
{
	begin("-");
	store(REMOTE, DATA, 33, 1, 1);
	store(REMOTE, DATA, 40, 1, 2);
	CU_ASSERT_EQUAL(only(EVENT_unclean)->unclean.line, address(DATA, 32));
	CU_ASSERT_EQUAL(only(EVENT_unclean)->unclean.pc, 1);
	CU_ASSERT_EQUAL(only(EVENT_unclean)->unclean.agent, REMOTE);
	store(REMOTE, DATA, 31, 1, 3);
	CU_ASSERT_EQUAL(count(EVENT_unclean), 2);	/* another line */
	clean(HOST, DATA, 33, 4);			/* another's clean does not count */
	store(REMOTE, DATA, 33, 1, 5);
	CU_ASSERT_EQUAL(count(EVENT_unclean), 2);
	clean(REMOTE, DATA, 33, 6);
	store(REMOTE, DATA, 33, 1, 7);
	CU_ASSERT_EQUAL(count(EVENT_unclean), 3);
	store(REMOTE, ALIAS, 33, 1, 8);			/* not cached there */
	CU_ASSERT_EQUAL(count(EVENT_unclean), 3);
}

static void maintenance_is_told_as_asked_and_line_by_line_with_what_it_found(void)
{
	static const uint8_t found[] = { TRACE_LINE_STATE_CLEAN, TRACE_LINE_STATE_DIRTY, TRACE_LINE_STATE_ABSENT };

	begin("-");
	load(REMOTE, DATA, 0, 1);
	store(REMOTE, DATA, 32, 1, 2);
	tells = 0;
	maintain(REMOTE, TRACE_MAINT_FLUSH, DATA, 31, 34, 3); /* bytes 31 to 64: three lines */
	CU_ASSERT_EQUAL(only(EVENT_maint)->maint.start, address(DATA, 31));
	CU_ASSERT_EQUAL(only(EVENT_maint)->maint.size, 34);
	CU_ASSERT_EQUAL(only(EVENT_maint)->maint.pc, 3);
	CU_ASSERT_EQUAL_FATAL(count(EVENT_maint_line), 3);
	for (unsigned int i = 0, n = 0; i < tells; i++)
		if (told[i].id == EVENT_maint_line) {
			CU_ASSERT_EQUAL(told[i].maint_line.line, address(DATA, n * 32));
			CU_ASSERT_EQUAL(told[i].maint_line.found, found[n++]);
		}
	tells = 0;
	maintain(REMOTE, TRACE_MAINT_FLUSH, DATA, 32, 32, 4);
	CU_ASSERT_EQUAL(count(EVENT_maint_line), 1);
}

static void maintenance_of_nothing_or_of_private_memory_is_not_told(void)
{
	begin("-");
	maintain(HOST, TRACE_MAINT_CLEAN, DATA, 0, 0, 1);
	CU_ASSERT_TRUE(memory_maintain(machine.memory, &engine.agent[HOST], TRACE_MAINT_CLEAN,
				       (uintptr_t)memory_private(machine.memory, HOST), 64, 2));
	CU_ASSERT_EQUAL(tells, 0);
}

/* ---- Permission ------------------------------------------------------------------------------------- */

static void assert_fault(unsigned int id, enum trace_access access, uint64_t where, uint64_t pc)
{
	const struct trace_event *fault = only(EVENT_fault);

	CU_ASSERT_EQUAL(fault->fault.agent, id);
	CU_ASSERT_EQUAL(fault->fault.access, access);
	CU_ASSERT_EQUAL(fault->fault.addr, where);
	CU_ASSERT_EQUAL(fault->fault.pc, pc);
}

static bool access_at(unsigned int id, uintptr_t where, size_t size, bool store)
{
	return memory_access(machine.memory, &engine.agent[id], where, size, store, 9);
}

static void store_to_read_only_memory_is_a_fault_and_a_load_is_not(void)
{
	begin("-");
	CU_ASSERT_TRUE(access_at(REMOTE, va(REMOTE, ROM, 8), 4, false));
	CU_ASSERT_TRUE(access_at(HOST, va(HOST, ROM, 8), 4, true));
	CU_ASSERT_EQUAL(facts(), 0);
	CU_ASSERT_FALSE(access_at(REMOTE, va(REMOTE, ROM, 8), 4, true));
	assert_fault(REMOTE, TRACE_ACCESS_STORE, address(ROM, 8), 9);
}

static void access_beyond_a_window_is_a_fault(void)
{
	begin("-");
	CU_ASSERT_TRUE(access_at(HOST, va(HOST, DATA, PLACE_BYTES - 8), 8, false));
	CU_ASSERT_EQUAL(facts(), 0);
	CU_ASSERT_FALSE(access_at(HOST, va(HOST, DATA, PLACE_BYTES - 4), 8, false));
	CU_ASSERT_EQUAL(count(EVENT_fault), 1);
	CU_ASSERT_FALSE(access_at(HOST, va(HOST, DATA, PLACE_BYTES), 1, false));
	CU_ASSERT_FALSE(access_at(HOST, 16, 1, false));
	CU_ASSERT_FALSE(access_at(HOST, va(REMOTE, DATA, 0), 1, false));
	CU_ASSERT_EQUAL(count(EVENT_fault), 4);
	CU_ASSERT_FALSE(memory_maintain(machine.memory, &engine.agent[HOST], TRACE_MAINT_CLEAN,
					va(HOST, DATA, PLACE_BYTES - 4), 8, 1));
	CU_ASSERT_EQUAL(count(EVENT_fault), 5);
}

static void private_memory_is_the_agents_own_up_to_its_last_byte(void)
{
	uint8_t *own;

	begin("-");
	own = memory_private(machine.memory, HOST);
	own[0] = own[PRIVATE_BYTES - 1] = 1;
	CU_ASSERT_TRUE(access_at(HOST, (uintptr_t)own, 8, true));
	CU_ASSERT_TRUE(access_at(HOST, (uintptr_t)own + PRIVATE_BYTES - 8, 8, true));
	CU_ASSERT_EQUAL(tells, 0);
	CU_ASSERT_FALSE(access_at(HOST, (uintptr_t)own + PRIVATE_BYTES - 4, 8, true));
	CU_ASSERT_FALSE(access_at(REMOTE, (uintptr_t)own, 8, true));
	CU_ASSERT_EQUAL(count(EVENT_fault), 2);
}

/* ---- The fast path ---------------------------------------------------------------------------------- */

static uint8_t *flag(unsigned int id, enum place place, size_t at)
{
	const struct hook *h = &engine.agent[id].hook;

	return &h->line_flags[(va(id, place, at) - h->base - h->private_size) >> h->line_shift];
}

static void loaded_line_of_data_is_fast_until_another_agent_stores_there(void)
{
	begin("-");
	CU_ASSERT_EQUAL(*flag(HOST, DATA, 0), 0);
	load(HOST, DATA, 0, 1);
	load(HOST, DATA, 64, 1);
	CU_ASSERT_EQUAL(*flag(HOST, DATA, 0), HOOK_LOAD_FAST);
	CU_ASSERT_EQUAL(*flag(HOST, DATA, 64), HOOK_LOAD_FAST);
	CU_ASSERT_EQUAL(*flag(HOST, DATA, 128), 0);
	store(REMOTE, DATA, 63, 1, 2);	/* the host's line 0, the remote's line 1 */
	CU_ASSERT_EQUAL(*flag(HOST, DATA, 0), 0);
	CU_ASSERT_EQUAL(*flag(HOST, DATA, 64), HOOK_LOAD_FAST);
	load(HOST, DATA, 0, 3);		/* kept, and stale: watched from now on */
	CU_ASSERT_EQUAL(*flag(HOST, DATA, 0), 0);
}

static void store_control_memory_and_sync_do_not_leave_a_fast_line(void)
{
	begin("-");
	store(HOST, DATA, 0, 1, 1);
	CU_ASSERT_EQUAL(*flag(HOST, DATA, 0), 0);
	load(HOST, CONTROL, 0, 2);
	CU_ASSERT_EQUAL(*flag(HOST, CONTROL, 0), 0);
	load(HOST, DATA, 64, 3);
	CU_ASSERT_EQUAL(*flag(HOST, DATA, 64), HOOK_LOAD_FAST);
	sync(HOST);			/* the next load is a first touch again */
	CU_ASSERT_EQUAL(*flag(HOST, DATA, 64), 0);
	load(HOST, DATA, 64, 4);
	memory_recheck(machine.memory, &engine.agent[HOST]);
	CU_ASSERT_EQUAL(*flag(HOST, DATA, 64), 0);
}

static void own_maintenance_and_an_uncached_alias_drop_the_fast_line(void)
{
	begin("-");
	load(HOST, DATA, 0, 1);
	invalidate(HOST, DATA, 0, 2);
	CU_ASSERT_EQUAL(*flag(HOST, DATA, 0), 0);
	load(HOST, ALIAS, 0, 3);
	CU_ASSERT_EQUAL(*flag(HOST, ALIAS, 0), HOOK_LOAD_FAST);
	store(REMOTE, ALIAS, 0, 1, 4);
	CU_ASSERT_EQUAL(*flag(HOST, ALIAS, 0), 0);
}

/* ---- Costs ------------------------------------------------------------------------------------------ */

/* Of the host, since the last question. */
static uint64_t cycles(void)
{
	uint64_t passed = engine.agent[HOST].hook.clock / NS;

	engine.agent[HOST].hook.clock = 0;
	return passed;
}

static void accesses_and_maintenance_cost_what_the_platform_says(void)
{
	begin("-");
	load(HOST, DATA, 0, 1);
	CU_ASSERT_EQUAL(cycles(), 100);
	load(HOST, DATA, 63, 1);
	CU_ASSERT_EQUAL(cycles(), 3);
	load_size(HOST, DATA, 60, 8, 1);	/* one hit, one miss */
	CU_ASSERT_EQUAL(cycles(), 103);
	load(HOST, UNCACHED, 0, 1);
	CU_ASSERT_EQUAL(cycles(), 50);
	maintain(HOST, TRACE_MAINT_INVALIDATE, DATA, 0, 65, 1);
	CU_ASSERT_EQUAL(cycles(), 40);
	load(HOST, DATA, 0, 1);
	CU_ASSERT_EQUAL(cycles(), 100);
	access_at(HOST, (uintptr_t)memory_private(machine.memory, HOST), 4, false);
	CU_ASSERT_EQUAL(cycles(), 1);
}

/* ---- Fairness, hangs -------------------------------------------------------------------------------- */

static void fairness_delivers_what_is_pending_once(void)
{
	begin("-");
	uint8_t value = (uint8_t)(load(HOST, DATA, 5, 1) + 1);

	store(REMOTE, DATA, 5, value, 2);
	CU_ASSERT_TRUE(memory_settle(machine.memory));
	CU_ASSERT_EQUAL(load(HOST, DATA, 5, 3), value);
	CU_ASSERT_FALSE(memory_settle(machine.memory));
	CU_ASSERT_EQUAL(facts(), 0);
}

static void hang_names_the_bytes_that_never_arrived(void)
{
	begin("-");
	load(HOST, DATA, 5, 1);
	store_size(REMOTE, DATA, 4, 4, 1, 2);
	store(HOST, MINE, 0, 1, 3);	/* nobody else could ever see it */
	memory_tell_unseen(machine.memory);
	const struct trace_event *unseen = only(EVENT_unseen);

	CU_ASSERT_EQUAL(unseen->unseen.agent, HOST);
	CU_ASSERT_EQUAL(unseen->unseen.addr, address(DATA, 4));
	CU_ASSERT_EQUAL(unseen->unseen.size, 4);
	CU_ASSERT_EQUAL(unseen->unseen.writer, REMOTE);
	CU_ASSERT_EQUAL(unseen->unseen.writer_pc, 2);
	memory_settle(machine.memory);
	memory_tell_unseen(machine.memory);
	CU_ASSERT_EQUAL(count(EVENT_unseen), 1);
}

/* ---- Regions ---------------------------------------------------------------------------------------- */

static void region_says_attributes_and_the_longest_line_of_whoever_caches_it(void)
{
	static const struct {
		unsigned int id;
		enum place place;
		uint32_t attr, line;
	} expected[] = {
		{ HOST, DATA, HW_CACHED, 64 }, { REMOTE, DATA, HW_CACHED, 64 }, { HOST, UNCACHED, 0, 0 },
		{ REMOTE, ALIAS, 0, 64 },      { HOST, MINE, HW_CACHED, 64 },
	};

	begin("-");
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct agent *agent = &engine.agent[expected[i].id];
		const struct hw_region *r = memory_region(machine.memory, agent, places[expected[i].place].name);

		CU_ASSERT_PTR_NOT_NULL_FATAL(r);
		CU_ASSERT_EQUAL(r->da, places[expected[i].place].start);
		CU_ASSERT_EQUAL(r->size, PLACE_BYTES);
		CU_ASSERT_EQUAL(r->attr, expected[i].attr);
		CU_ASSERT_EQUAL(r->peer_line, expected[i].line);
	}
	CU_ASSERT_PTR_NULL(memory_region(machine.memory, &engine.agent[REMOTE], "mine"));
	CU_ASSERT_PTR_NULL(memory_region(machine.memory, &engine.agent[HOST], "dat"));
}

static void device_address_is_translated_only_when_all_of_it_is_in_one_window(void)
{
	struct memory *m;
	const struct agent *host = &engine.agent[HOST];

	begin("-");
	m = machine.memory;
	CU_ASSERT_EQUAL(memory_da_to_va(m, host, address(DATA, 0), PLACE_BYTES), va(HOST, DATA, 0));
	CU_ASSERT_EQUAL(memory_da_to_va(m, host, address(DATA, 16), PLACE_BYTES - 16), va(HOST, DATA, 16));
	CU_ASSERT_EQUAL(memory_da_to_va(m, host, address(DATA, 16), PLACE_BYTES - 15), 0);
	CU_ASSERT_EQUAL(memory_da_to_va(m, host, address(DATA, 0) - 1, 1), 0);
	CU_ASSERT_EQUAL(memory_da_to_va(m, host, address(DATA, 16), UINT64_MAX), 0);
	CU_ASSERT_EQUAL(memory_da_to_va(m, &engine.agent[REMOTE], address(MINE, 0), 1), 0);
	CU_ASSERT_TRUE(memory_is_control(m, host, va(HOST, CONTROL, 0)));
	CU_ASSERT_TRUE(memory_is_control(m, host, va(HOST, UNCACHED, 0)));
	CU_ASSERT_FALSE(memory_is_control(m, host, va(HOST, DATA, 0)));
	CU_ASSERT_FALSE(memory_is_control(m, host, (uintptr_t)memory_private(m, HOST)));
}

/* ---- Reset ------------------------------------------------------------------------------------------ */

static uint64_t fingerprint;

static void mix(const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		fingerprint = (fingerprint ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
}

static void on_event_mixed(void *ctx, const struct trace_event *event)
{
	(void)ctx;
	mix(&event->time, sizeof(event->time));
	mix(&event->id, sizeof(event->id));
	if (event->id == EVENT_load || event->id == EVENT_store) {
		mix(&event->load.addr, sizeof(event->load.addr));
		mix(event->load.bytes.data, event->load.bytes.size);
	} else if (event->id == EVENT_fill || event->id == EVENT_writeback) {
		mix(&event->fill.line, sizeof(event->fill.line));
		mix(event->fill.bytes.data, event->fill.bytes.size);
	} else if (event->id == EVENT_mask) {
		mix(&event->mask.loads, sizeof(event->mask.loads));
		mix(&event->mask.stores, sizeof(event->mask.stores));
	}
}

static void random_access(uint32_t r)
{
	unsigned int id = r & 1, op = (r >> 1) % 8;
	enum place place = (enum place)((r >> 4) % (id == REMOTE ? ROM : PLACES));
	size_t at = (r >> 8) % 256;

	engine.now += NS;
	if (op < 4)
		mix(&(uint8_t){ load(id, place, at, r) }, 1);
	else if (op < 6)
		store_size(id, place, at, 1 + (r >> 16) % 16, (uint8_t)(r >> 20), r);
	else if (op == 6)
		maintain(id, (enum trace_maint)((r >> 16) % 3), place, at, (r >> 18) % 100, r);
	else
		sync(id);
}

/* Of one run: everything told and everything read. */
static uint64_t random_run(uint32_t seed)
{
	uint32_t r = seed;

	fingerprint = seed;
	begin_run();
	chooser_begin_seed(&chooser, seed);
	for (unsigned int i = 0; i < 3000; i++) {
		r = r * 1664525u + 1013904223u;
		random_access(r >> 4);
	}
	mix(&engine.agent[HOST].hook.clock, sizeof(uint64_t));
	mix(&engine.agent[REMOTE].hook.clock, sizeof(uint64_t));
	return fingerprint;
}

static void reset_brings_everything_back(void)
{
	uint64_t first[8];

	begin("-");
	engine.listener[0].event = on_event_mixed;
	for (uint32_t seed = 0; seed < 8; seed++)
		first[seed] = random_run(seed);
	for (uint32_t seed = 8; seed--;)
		CU_ASSERT_EQUAL(random_run(seed), first[seed]);
	CU_ASSERT_NOT_EQUAL(first[0], first[1]);
}

static void memory_is_not_zero_at_power_on_and_the_same_for_both_sides(void)
{
	unsigned int zeros = 0;

	begin("-");
	for (size_t at = 0; at < 256; at++) {
		CU_ASSERT_EQUAL(load(HOST, CONTROL, at, 1), load(REMOTE, CONTROL, at, 1));
		zeros += load(HOST, CONTROL, at, 1) == 0;
		tells = 0;
	}
	CU_ASSERT_TRUE(zeros < 16);
	CU_ASSERT_EQUAL(facts(), 0);
}

static void addresses_that_are_taken_are_named(void)
{
	struct engine other = { .chooser = &chooser };
	struct machine second;
	char why[512] = "";

	begin("-");
	CU_ASSERT_FALSE(machine_init(&second, &other, &platform, why, sizeof(why)));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "memory: the addresses 0x60000000-0x68000000 of this process are taken"));
	CU_ASSERT_EQUAL(load(HOST, DATA, 0, 1), load(HOST, DATA, 0, 2));	/* the first one is as it was */
}

static CU_TestInfo sentences[] = {
	SENTENCE(store_clean_invalidate_delivers_both_ways),
	SENTENCE(load_sees_the_old_copy_until_clean_and_invalidate),
	SENTENCE(reader_that_left_its_invalidate_out_is_told_so),
	SENTENCE(staleness_is_by_version_and_not_by_value),
	SENTENCE(own_store_is_never_stale),
	SENTENCE(hardware_may_evict_and_write_early_without_any_maintenance),
	SENTENCE(memory_that_nobody_caches_is_seen_at_once_and_asks_nothing),
	SENTENCE(uncached_reader_needs_the_writers_clean_alone),
	SENTENCE(uncached_writer_needs_the_readers_invalidate_alone),
	SENTENCE(invalidated_store_is_told_as_lost_at_the_next_touch),
	SENTENCE(invalidated_store_may_have_reached_memory_all_the_same),
	SENTENCE(invalidate_of_part_of_a_line_cleans_it_first_where_the_platform_does),
	SENTENCE(clean_overwrites_newer_bytes_of_a_neighbour_in_the_same_long_line),
	SENTENCE(neighbour_in_the_next_line_is_left_alone),
	SENTENCE(control_memory_is_told_access_by_access_with_bytes_and_line_by_line),
	SENTENCE(data_memory_is_told_by_first_touch_and_at_the_sync_by_masks),
	SENTENCE(whole_line_has_a_whole_mask),
	SENTENCE(masks_are_told_before_a_store_to_control_memory_and_before_maintenance),
	SENTENCE(first_store_after_a_clean_makes_the_line_unclean),
	SENTENCE(maintenance_is_told_as_asked_and_line_by_line_with_what_it_found),
	SENTENCE(maintenance_of_nothing_or_of_private_memory_is_not_told),
	SENTENCE(store_to_read_only_memory_is_a_fault_and_a_load_is_not),
	SENTENCE(access_beyond_a_window_is_a_fault),
	SENTENCE(private_memory_is_the_agents_own_up_to_its_last_byte),
	SENTENCE(loaded_line_of_data_is_fast_until_another_agent_stores_there),
	SENTENCE(store_control_memory_and_sync_do_not_leave_a_fast_line),
	SENTENCE(own_maintenance_and_an_uncached_alias_drop_the_fast_line),
	SENTENCE(accesses_and_maintenance_cost_what_the_platform_says),
	SENTENCE(fairness_delivers_what_is_pending_once),
	SENTENCE(hang_names_the_bytes_that_never_arrived),
	SENTENCE(region_says_attributes_and_the_longest_line_of_whoever_caches_it),
	SENTENCE(device_address_is_translated_only_when_all_of_it_is_in_one_window),
	SENTENCE(reset_brings_everything_back),
	SENTENCE(memory_is_not_zero_at_power_on_and_the_same_for_both_sides),
	SENTENCE(addresses_that_are_taken_are_named),
	CU_TEST_INFO_NULL
};

int main(void)
{
	int status = sentences_run("memory", sentences);

	machine_fini(&machine);
	chooser_fini(&chooser);
	return status;
}
