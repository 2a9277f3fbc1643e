/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What power moves do to the machine's memory and caches, and where the DMA engine's accesses and interrupts go.
 * Agents run nothing; choices are the usual ones.
 */
#include "models/tests/memory_world.h"

#define MATE 2u		/* a second CPU of the remote's cluster */
#define DOMAIN 4u

static void domains(void)
{
	platform.cpu[REMOTE].power.domain = DOMAIN;
	platform.cpu[REMOTE].power.boot_ns = 1000; /* longer than a test: there is no program */
	platform.region[UNCACHED].power_domain = platform.region[DATA].power_domain = DOMAIN;
	platform.region[CONTROL].power_domain = DOMAIN + 1;
}

static void mate(void)
{
	platform.cpu[MATE] = platform.cpu[REMOTE];
	platform.cpu[MATE].shares_cache = 1 + REMOTE;
	platform.cpus = 3;
}

static void mate_and_domains(void)
{
	domains();
	mate();
}

static void dma_of_both(void)
{
	platform.dma = (struct platform_dma){ .name = "dma",
					      .channels = 2,
					      .queue = 4,
					      .burst_bytes = 64,
					      .latency_ns = 10,
					      .delay_ns = 20,
					      .stream = -1 };
	platform.cpu[HOST].power.dma[0] = 1;
	platform.cpu[REMOTE].power.dma[0] = 0;
	platform.cpu[HOST].power.dmas = platform.cpu[REMOTE].power.dmas = 1;
}

static void start_by(void (*how)(void), const char *choices)
{
	adjust = how;
	begin(choices);
	machine_power_reset(&machine);
	for (unsigned int id = REMOTE; id < platform.cpus; id++)
		machine.power.processor[id].state = TRACE_POWER_ON;
}

static void start(void (*how)(void))
{
	start_by(how, "-");
}

static void move(unsigned int id, enum power_move what)
{
	CU_ASSERT_TRUE_FATAL(power_request(&machine.power, id, what, TRACE_ASKER_HOST));
}

static uint8_t in_memory(enum place place, size_t at)
{
	uint8_t byte;

	CU_ASSERT_TRUE_FATAL(memory_dma(machine.memory, HOST, address(place, at), &byte, 1, false));
	return byte;
}

static void dma_and_domains(void)
{
	domains();
	dma_of_both();
}

static uint64_t seam_copy(unsigned int id, uint64_t to, uint64_t from, uint64_t size)
{
	uint64_t word[CALL_WORDS] = { 0, to, from, size };

	return machine_call_dma_copy(&machine, &engine.agent[id], word, 1);
}

static void fire_all(void)
{
	while (engine.timers) {
		struct engine_timer timer = engine.timer[--engine.timers];

		engine.now = timer.when;
		timer.fire(timer.ctx, timer.arg);
	}
}

/* ---- Power ------------------------------------------------------------------------------------------ */

static void loss_of_power_takes_the_memory_of_its_domain_and_no_other(void)
{
	start(domains);
	uint8_t uncached = in_memory(UNCACHED, 9), data = in_memory(DATA, 0x1009), control = in_memory(CONTROL, 9);

	store(HOST, UNCACHED, 9, (uint8_t)(uncached + 1), 1);
	store(HOST, CONTROL, 9, (uint8_t)(control + 1), 2);
	clean(HOST, CONTROL, 9, 3);
	store(REMOTE, DATA, 0x1009, (uint8_t)(data + 1), 4);
	clean(REMOTE, DATA, 0x1009, 5);
	CU_ASSERT_EQUAL(in_memory(DATA, 0x1009), (uint8_t)(data + 1));
	move(REMOTE, POWER_CUT);
	CU_ASSERT_EQUAL(in_memory(UNCACHED, 9), uncached);
	CU_ASSERT_EQUAL(in_memory(DATA, 0x1009), data);
	CU_ASSERT_EQUAL(in_memory(CONTROL, 9), (uint8_t)(control + 1));
	CU_ASSERT_EQUAL(count(EVENT_memory_power), 2);
	CU_ASSERT_FALSE(load_size(HOST, UNCACHED, 9, 1, 6));
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.cause, TRACE_FAULT_POWERED_OFF);
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.pc, 6);
	CU_ASSERT_EQUAL(load(HOST, CONTROL, 9, 7), (uint8_t)(control + 1));
	move(REMOTE, POWER_START);
	CU_ASSERT_EQUAL(load(HOST, UNCACHED, 9, 8), uncached);
	CU_ASSERT_EQUAL(count(EVENT_memory_power), 4);
}

static void memory_of_a_domain_is_on_in_every_state_but_off(void)
{
	static const enum power_move moves[] = { POWER_SUSPEND, POWER_RESUME, POWER_CRASH, POWER_STOP, POWER_START, POWER_STOP };

	start(domains);
	for (unsigned int i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		move(REMOTE, moves[i]);
		CU_ASSERT_TRUE(load_size(HOST, UNCACHED, 9, 1, 1));
	}
	CU_ASSERT_EQUAL(count(EVENT_memory_power), 0);
	move(REMOTE, POWER_CUT);
	CU_ASSERT_FALSE(load_size(HOST, UNCACHED, 9, 1, 1));
	move(REMOTE, POWER_START);
	CU_ASSERT_TRUE(load_size(HOST, UNCACHED, 9, 1, 1));
}

static void domain_of_two_processors_is_on_until_both_are_off(void)
{
	start(mate_and_domains);
	uint8_t before = in_memory(UNCACHED, 9);

	store(HOST, UNCACHED, 9, (uint8_t)(before + 1), 1);
	move(REMOTE, POWER_CUT);
	CU_ASSERT_EQUAL(load(HOST, UNCACHED, 9, 2), (uint8_t)(before + 1));
	move(MATE, POWER_CUT);
	CU_ASSERT_FALSE(load_size(HOST, UNCACHED, 9, 1, 3));
	move(MATE, POWER_START);
	CU_ASSERT_EQUAL(load(HOST, UNCACHED, 9, 4), before);
}

static void without_a_domain_no_memory_is_lost(void)
{
	start(NULL);
	uint8_t before = in_memory(UNCACHED, 9);

	store(HOST, UNCACHED, 9, (uint8_t)(before + 1), 1);
	move(REMOTE, POWER_CUT);
	CU_ASSERT_EQUAL(in_memory(UNCACHED, 9), (uint8_t)(before + 1));
}

static void another_cpus_copy_survives_the_memory_until_it_is_invalidated(void)
{
	start(domains);
	uint8_t before = in_memory(DATA, 9);

	store(HOST, DATA, 9, (uint8_t)(before + 1), 1);
	clean(HOST, DATA, 9, 2);
	move(REMOTE, POWER_CUT);
	CU_ASSERT_EQUAL(in_memory(DATA, 9), before);
	CU_ASSERT_EQUAL(load(HOST, DATA, 9, 3), (uint8_t)(before + 1));
	assert_stale(HOST, address(DATA, 9), 3, REMOTE, 0, TRACE_REMEDY_READER_INVALIDATE);
	invalidate(HOST, DATA, 9, 4);
	CU_ASSERT_FALSE(load_size(HOST, DATA, 9, 1, 5));
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.cause, TRACE_FAULT_POWERED_OFF);
	move(REMOTE, POWER_START);
	CU_ASSERT_EQUAL(load(HOST, DATA, 9, 6), before);
}

static void what_is_written_back_to_memory_without_power_is_lost_and_told_once(void)
{
	start(domains);
	uint8_t before = in_memory(DATA, 9);

	store(HOST, DATA, 8, (uint8_t)(before + 1), 1);
	clean(HOST, DATA, 8, 2);
	store(HOST, DATA, 9, (uint8_t)(before + 1), 3);
	move(REMOTE, POWER_CUT);
	store(HOST, DATA, 10, (uint8_t)(before + 1), 4);
	clean(HOST, DATA, 9, 5);
	/* Byte 8 was in memory, which has forgotten it. */
	CU_ASSERT_EQUAL(count(EVENT_lost), 1);
	CU_ASSERT_EQUAL(only(EVENT_lost)->lost.why, TRACE_LOSS_POWERED_OFF);
	CU_ASSERT_EQUAL(only(EVENT_lost)->lost.addr, address(DATA, 9));
	CU_ASSERT_EQUAL(only(EVENT_lost)->lost.size, 2);
	CU_ASSERT_EQUAL(only(EVENT_lost)->lost.pc, 3);
	move(REMOTE, POWER_START);
	clean(HOST, DATA, 9, 6);
	CU_ASSERT_EQUAL(in_memory(DATA, 9), before);
	CU_ASSERT_EQUAL(count(EVENT_lost), 1);
}

static void dma_gets_an_error_from_memory_without_power(void)
{
	start(dma_and_domains);
	move(REMOTE, POWER_CUT);
	seam_copy(HOST, address(CONTROL, 0), address(UNCACHED, 64), 4);
	fire_all();
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.cause, TRACE_FAULT_POWERED_OFF);
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.agent, 2);
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.addr, address(UNCACHED, 64));
}

static void what_another_cpu_may_have_written_back_before_the_loss_is_lost_too(void)
{
	start_by(domains, "memory.settle#0:1");
	uint8_t before = in_memory(DATA, 9);

	store(HOST, DATA, 9, (uint8_t)(before + 1), 1);
	move(REMOTE, POWER_CUT);
	CU_ASSERT_TRUE(chooser_done(&chooser));
	CU_ASSERT_EQUAL(count(EVENT_writeback), 1);
	CU_ASSERT_EQUAL(count(EVENT_lost), 0);
	CU_ASSERT_EQUAL(in_memory(DATA, 9), before);
}

static void reset_and_stop_lose_what_the_cache_held_and_keep_memory(void)
{
	static const enum power_move moves[] = { POWER_STOP, POWER_CUT };

	for (unsigned int i = 0; i < 2; i++) {
		start(NULL);
		uint8_t before = in_memory(DATA, 9);

		store(REMOTE, DATA, 9, (uint8_t)(before + 1), 1);
		store(REMOTE, UNCACHED, 9, 77, 2);
		move(REMOTE, moves[i]);
		CU_ASSERT_EQUAL(load(HOST, DATA, 9, 3), before);
		CU_ASSERT_EQUAL(only(EVENT_lost)->lost.why, TRACE_LOSS_POWER);
		CU_ASSERT_EQUAL(load(HOST, UNCACHED, 9, 4), 77);
	}
}

static void crash_leaves_the_cache_as_it_is_until_the_reset(void)
{
	start(NULL);
	store(REMOTE, DATA, 9, 77, 1);
	move(REMOTE, POWER_CRASH);
	CU_ASSERT_EQUAL(count(EVENT_lost), 0);
	move(REMOTE, POWER_STOP);
	load(HOST, DATA, 9, 2);
	CU_ASSERT_EQUAL(count(EVENT_lost), 1);
}

static void clusters_cache_goes_with_the_last_of_its_cores(void)
{
	start(mate);
	uint8_t before = in_memory(DATA, 9);

	store(REMOTE, DATA, 9, (uint8_t)(before + 1), 1);
	move(REMOTE, POWER_STOP);
	CU_ASSERT_EQUAL(load(MATE, DATA, 9, 2), (uint8_t)(before + 1));
	move(MATE, POWER_STOP);
	CU_ASSERT_EQUAL(load(HOST, DATA, 9, 3), before);
	CU_ASSERT_EQUAL(count(EVENT_lost), 1);
}

/* ---- The DMA engine --------------------------------------------------------------------------------- */

static void dma_copies_memory_past_both_caches(void)
{
	start(dma_of_both);
	uint8_t before = in_memory(DATA, 0);

	store(HOST, DATA, 0, (uint8_t)(before + 1), 1);
	CU_ASSERT_EQUAL(seam_copy(HOST, address(UNCACHED, 0), address(DATA, 0), 4), 0);
	fire_all();
	CU_ASSERT_EQUAL(load(REMOTE, UNCACHED, 0, 2), before);
	CU_ASSERT_EQUAL(count(EVENT_dma_done), 1);
	CU_ASSERT_EQUAL(only(EVENT_dma_done)->dma_done.agent, 2);
	CU_ASSERT_EQUAL(only(EVENT_dma_done)->dma_done.channel, 1);
}

static void dma_interrupts_the_cpu_whose_channel_it_is_while_that_has_power(void)
{
	start(dma_of_both);
	machine.power.processor[HOST].state = TRACE_POWER_OFF;
	seam_copy(HOST, address(UNCACHED, 0), address(UNCACHED, 64), 4);
	fire_all();
	CU_ASSERT_FALSE(engine.agent[REMOTE].channel[ENGINE_MAILBOX_CHANNELS].pending);
	CU_ASSERT_FALSE(engine.agent[HOST].channel[ENGINE_MAILBOX_CHANNELS].pending);
	machine.power.processor[HOST].state = TRACE_POWER_ON;
	seam_copy(HOST, address(UNCACHED, 0), 0x1000, 4);
	fire_all();
	CU_ASSERT_FALSE(engine.agent[REMOTE].channel[ENGINE_MAILBOX_CHANNELS].pending);
	CU_ASSERT_TRUE(engine.agent[HOST].channel[ENGINE_MAILBOX_CHANNELS].pending);
	CU_ASSERT_EQUAL(engine.agent[HOST].channel[ENGINE_MAILBOX_CHANNELS].token, HW_DMA_ERROR);
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.cause, TRACE_FAULT_BUS_DECODE);
}

static void stream_of_the_dma(void)
{
	dma_of_both();
	platform.dma.stream = 3;
	platform.dma.stream_mode = IOMMU_TRANSLATE;
}

/* Both pages are the same memory, one to be read and one to be written. */
static void dma_behind_an_iommu_goes_where_its_stream_is_mapped(void)
{
	start(stream_of_the_dma);
	CU_ASSERT_EQUAL(iommu_map(&machine.iommu, 3, 0, 0x20000, address(UNCACHED, 0), 0x1000, IOMMU_READ), IOMMU_DONE);
	CU_ASSERT_EQUAL(iommu_map(&machine.iommu, 3, 0, 0x10000, address(UNCACHED, 0), 0x1000, IOMMU_WRITE), IOMMU_DONE);
	store(HOST, UNCACHED, 0x40, 77, 1);
	seam_copy(HOST, 0x10000, 0x20040, 4);
	fire_all();
	CU_ASSERT_EQUAL(load(REMOTE, UNCACHED, 0, 2), 77);
}

static void dma_behind_an_iommu_faults_where_its_stream_is_not_mapped_and_the_host_hears_of_it(void)
{
	start(stream_of_the_dma);
	CU_ASSERT_EQUAL(iommu_map(&machine.iommu, 3, 0, 0x20000, address(UNCACHED, 0), 0x1000, IOMMU_READ), IOMMU_DONE);
	seam_copy(HOST, 0x10000, 0x20040, 4);
	fire_all();
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.agent, 2);
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.cause, TRACE_FAULT_IOMMU_TRANSLATION);
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.addr, 0x10000);
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.access, TRACE_ACCESS_STORE);
	CU_ASSERT_EQUAL(only(EVENT_iommu_fault)->iommu_fault.stream_id, 3);
	CU_ASSERT_EQUAL(only(EVENT_iommu_fault)->iommu_fault.iova, 0x10000);
	CU_ASSERT_TRUE(engine.agent[HOST].channel[ENGINE_CHANNEL_IOMMU].pending);
}

static void stream_of_the_dma_is_no_cpus(void)
{
	char why[256] = "";

	adjust = stream_of_the_dma;
	machine_fini(&machine);
	build_platform();
	platform.cpu[REMOTE].translation = PLATFORM_TRANSLATED_BEFORE_CACHE;
	platform.cpu[REMOTE].stream = 3;
	memset(&engine, 0, sizeof(engine));
	CU_ASSERT_FALSE(machine_init(&machine, &engine, &platform, why, sizeof(why)));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "streams of different numbers"));
}

static CU_TestInfo sentences[] = {
	SENTENCE(loss_of_power_takes_the_memory_of_its_domain_and_no_other),
	SENTENCE(memory_of_a_domain_is_on_in_every_state_but_off),
	SENTENCE(domain_of_two_processors_is_on_until_both_are_off),
	SENTENCE(without_a_domain_no_memory_is_lost),
	SENTENCE(another_cpus_copy_survives_the_memory_until_it_is_invalidated),
	SENTENCE(what_another_cpu_may_have_written_back_before_the_loss_is_lost_too),
	SENTENCE(what_is_written_back_to_memory_without_power_is_lost_and_told_once),
	SENTENCE(dma_gets_an_error_from_memory_without_power),
	SENTENCE(reset_and_stop_lose_what_the_cache_held_and_keep_memory),
	SENTENCE(crash_leaves_the_cache_as_it_is_until_the_reset),
	SENTENCE(clusters_cache_goes_with_the_last_of_its_cores),
	SENTENCE(dma_copies_memory_past_both_caches),
	SENTENCE(dma_interrupts_the_cpu_whose_channel_it_is_while_that_has_power),
	SENTENCE(dma_behind_an_iommu_goes_where_its_stream_is_mapped),
	SENTENCE(dma_behind_an_iommu_faults_where_its_stream_is_not_mapped_and_the_host_hears_of_it),
	SENTENCE(stream_of_the_dma_is_no_cpus),
	CU_TEST_INFO_NULL
};

int main(void)
{
	int status = sentences_run("machine power", sentences);

	machine_fini(&machine);
	chooser_fini(&chooser);
	return status;
}
