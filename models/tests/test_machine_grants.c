/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What grants open and close in the machine: memory, interrupts, clocks, power domains, streams, the bus. Agents run
 * nothing; choices are the usual ones, where no plan is named.
 */
#include "models/tests/memory_world.h"

#define MATE 2u		/* a second CPU of the remote's cluster */
#define DOMAIN 4u	/* as it is called */
#define CLOCK 3u
#define IRQ 67u		/* the remote's channel 0; the host's is the one after it */
#define STREAM 9u
#define DMA_STREAM 10u

/* ---- Setting up ----------------------------------------------------------------------------------------- */

static void dma_on_the_platform(void)
{
	platform.dma = (struct platform_dma){ .name = "dma", .channels = 1, .queue = 4, .burst_bytes = 64, .latency_ns = 10,
					      .delay_ns = 20, .stream = DMA_STREAM, .stream_mode = IOMMU_BYPASS };
	platform.cpu[HOST].power.dmas = 1;
}

static void everything(void)
{
	struct platform_power *power = &platform.cpu[REMOTE].power;

	platform.mailboxes = 1;
	platform.mailbox[0] = (struct platform_mailbox){ .is = { .kind = TRACE_MAILBOX_KIND_DOORBELL }, .latency_ns = 10 };
	for (unsigned int id = 0; id < 2; id++)
		platform.cpu[id].channel[0] = (struct platform_channel){ .connected = true, .peer = !id,
									 .interrupt = 1 + IRQ + !id };
	power->domain = 1 + DOMAIN;
	power->boot_ns = 1000; /* longer than a test: there is no program */
	power->clock = 1 + CLOCK;
	power->rate[0].hz = 1000000000;
	power->rate[1].hz = 500000000;
	power->rates = 2;
	platform.region[UNCACHED].power_domain = 1 + DOMAIN;
	platform.cpu[REMOTE].bandwidth_mb_s = 800;
	dma_on_the_platform();
}

static void mates(void)
{
	everything();
	platform.cpu[MATE] = platform.cpu[REMOTE];
	platform.cpu[MATE].shares_cache = 1 + REMOTE;
	platform.cpu[MATE].channels = 0;
	platform.cpus = 3;
}

static void cores(void)
{
	everything();
	platform.cpu[REMOTE].cores = 2;
	platform.cpu[MATE] = platform.cpu[REMOTE];
	platform.cpu[MATE].shares_cache = 1 + REMOTE;
	platform.cpu[MATE].core = 1;
	platform.cpu[MATE].boot = REMOTE;
	platform.cpus = 3;
}

static void translated(void)
{
	everything();
	platform.cpu[REMOTE].translation = PLATFORM_TRANSLATED_BEFORE_CACHE;
	platform.cpu[REMOTE].stream = STREAM;
	platform.cpu[REMOTE].stream_mode = IOMMU_BYPASS;
}

static void owned_at_power_on(void)
{
	static const struct platform_grant grants[] = {
		{ .resource = TRACE_RESOURCE_MEMORY, .id = 0x70000000, .owner = HOST },
		{ .resource = TRACE_RESOURCE_IRQ, .id = IRQ, .owner = HOST },
		{ .resource = TRACE_RESOURCE_POWER_DOMAIN, .id = DOMAIN, .owner = HOST },
		{ .resource = TRACE_RESOURCE_STREAM, .id = STREAM, .owner = HOST },
		{ .resource = TRACE_RESOURCE_BANDWIDTH, .owner = REMOTE, .amount = 70 },
	};

	translated();
	memcpy(platform.heaps.grant, grants, sizeof(grants));
	platform.heaps.grants = sizeof(grants) / sizeof(grants[0]);
}

static void nothing_runs(void *arg, uint64_t token)
{
	(void)arg, (void)token;
}

static void start_by(void (*how)(void), const char *choices)
{
	adjust = how;
	begin(choices);
	for (unsigned int id = 0; id < platform.cpus; id++)
		engine.agent[id].boots = true;
	machine.power.processor[REMOTE].boots = true;
	engine.machine->reset(engine.machine_ctx);
	for (unsigned int id = 0; id < platform.cpus; id++) {
		engine.agent[id].state = AGENT_READY;
		agent_attend(&engine.agent[id], 0, (uintptr_t)nothing_runs, NULL);
	}
}

static void start(void (*how)(void))
{
	start_by(how, "-");
}

static int give(enum trace_resource resource, uint64_t id, unsigned int owner)
{
	return grants_give(&machine.grants, resource, id, owner, 0, TRACE_ASKER_HOST);
}

static int take(enum trace_resource resource, uint64_t id, unsigned int owner)
{
	return grants_withdraw(&machine.grants, resource, id, owner, GRANTS_AT_ONCE, TRACE_ASKER_HOST);
}

/* The last of its kind that was told. */
static const struct trace_event *last(enum trace_id id)
{
	const struct trace_event *e = NULL;

	for (unsigned int i = 0; i < tells; i++)
		if (told[i].id == id)
			e = &told[i];
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	return e;
}

static void expect_fault(unsigned int nth, unsigned int agent, enum trace_fault cause, uint64_t pc)
{
	CU_ASSERT_EQUAL(count(EVENT_fault), nth);
	CU_ASSERT_EQUAL(last(EVENT_fault)->fault.agent, agent);
	CU_ASSERT_EQUAL(last(EVENT_fault)->fault.cause, cause);
	CU_ASSERT_EQUAL(last(EVENT_fault)->fault.pc, pc);
}

/* ---- Memory ----------------------------------------------------------------------------------------------- */

static void withdrawn_region_faults_uncached_at_once_and_again_until_it_is_granted(void)
{
	start(everything);
	give(TRACE_RESOURCE_MEMORY, address(UNCACHED, 0), REMOTE);
	CU_ASSERT_TRUE(load_size(REMOTE, UNCACHED, 8, 4, 1));
	CU_ASSERT_FALSE(load_size(HOST, UNCACHED, 8, 4, 2));
	expect_fault(1, HOST, TRACE_FAULT_WITHDRAWN, 2);
	CU_ASSERT_TRUE(load_size(HOST, CONTROL, 8, 4, 3));
	take(TRACE_RESOURCE_MEMORY, address(UNCACHED, 0), REMOTE);
	CU_ASSERT_FALSE(memory_access(machine.memory, &engine.agent[REMOTE], va(REMOTE, UNCACHED, 8), 4, true, 4));
	expect_fault(2, REMOTE, TRACE_FAULT_WITHDRAWN, 4);
	give(TRACE_RESOURCE_MEMORY, address(UNCACHED, 0), HOST);
	CU_ASSERT_TRUE(load_size(HOST, UNCACHED, 8, 4, 5));
	CU_ASSERT_FALSE(load_size(REMOTE, UNCACHED, 8, 4, 6));
	expect_fault(3, REMOTE, TRACE_FAULT_WITHDRAWN, 6);
}

static void firewall_sees_no_hits_but_fills(void)
{
	start(everything);
	uint8_t before = load(REMOTE, DATA, 8, 1);

	give(TRACE_RESOURCE_MEMORY, address(DATA, 0), HOST);
	CU_ASSERT_EQUAL(load(REMOTE, DATA, 8, 2), before);
	CU_ASSERT_FALSE(load_size(REMOTE, DATA, 8 + 32, 1, 3));
	expect_fault(1, REMOTE, TRACE_FAULT_WITHDRAWN, 3);
	invalidate(REMOTE, DATA, 8, 4);
	CU_ASSERT_FALSE(load_size(REMOTE, DATA, 8, 1, 5));
	expect_fault(2, REMOTE, TRACE_FAULT_WITHDRAWN, 5);
	CU_ASSERT_EQUAL(load(HOST, DATA, 8, 6), before);
}

static void hit_in_withdrawn_memory_may_turn_out_to_be_a_miss(void)
{
	start_by(everything, "memory.evict#0:1");
	load(REMOTE, DATA, 8, 1);
	give(TRACE_RESOURCE_MEMORY, address(DATA, 0), HOST);
	CU_ASSERT_FALSE(load_size(REMOTE, DATA, 8, 1, 2));
	CU_ASSERT_TRUE(chooser_done(&chooser));
	expect_fault(1, REMOTE, TRACE_FAULT_WITHDRAWN, 2);
}

static void what_is_written_back_to_withdrawn_memory_is_lost(void)
{
	start(everything);
	store(REMOTE, DATA, 8, 77, 1);
	give(TRACE_RESOURCE_MEMORY, address(DATA, 0), HOST);
	clean(REMOTE, DATA, 8, 2);
	CU_ASSERT_EQUAL(only(EVENT_lost)->lost.why, TRACE_LOSS_WITHDRAWN);
	CU_ASSERT_EQUAL(only(EVENT_lost)->lost.agent, REMOTE);
	CU_ASSERT_EQUAL(only(EVENT_lost)->lost.pc, 1);
	CU_ASSERT_EQUAL(only(EVENT_lost)->lost.addr, address(DATA, 8));
	CU_ASSERT_EQUAL(only(EVENT_lost)->lost.size, 1);
	CU_ASSERT_NOT_EQUAL(load(HOST, DATA, 8, 3), 77);
	CU_ASSERT_EQUAL(load(REMOTE, DATA, 8, 4), 77);
	CU_ASSERT_EQUAL(count(EVENT_writeback), 0);
}

static void store_that_went_back_before_the_withdrawal_is_not_lost(void)
{
	start_by(everything, "memory.settle#0:1");
	store(REMOTE, DATA, 8, 77, 1);
	give(TRACE_RESOURCE_MEMORY, address(DATA, 0), HOST);
	CU_ASSERT_TRUE(chooser_done(&chooser));
	clean(REMOTE, DATA, 8, 2);
	CU_ASSERT_EQUAL(count(EVENT_lost), 0);
	CU_ASSERT_EQUAL(load(HOST, DATA, 8, 3), 77);
}

static void buffered(void)
{
	everything();
	platform.cpu[REMOTE].store_buffer = 4;
}

static void what_leaves_a_store_buffer_for_withdrawn_memory_is_lost(void)
{
	start_by(buffered, "memory.drain#0:1");
	store(REMOTE, CONTROL, 8, 76, 1);
	store(REMOTE, UNCACHED, 8, 77, 2);
	give(TRACE_RESOURCE_MEMORY, address(UNCACHED, 0), HOST);
	memory_barrier(machine.memory, &engine.agent[REMOTE], TRACE_BARRIER_DSB);
	CU_ASSERT_TRUE(chooser_done(&chooser));
	CU_ASSERT_EQUAL(only(EVENT_lost)->lost.why, TRACE_LOSS_WITHDRAWN);
	CU_ASSERT_EQUAL(only(EVENT_lost)->lost.pc, 2);
	CU_ASSERT_NOT_EQUAL(load(HOST, UNCACHED, 8, 3), 77);
}

static void firewall_is_open_to_a_cluster_while_one_of_its_cpus_is_granted(void)
{
	start(mates);
	give(TRACE_RESOURCE_MEMORY, address(CONTROL, 0), REMOTE);
	CU_ASSERT_TRUE(load_size(MATE, CONTROL, 8, 1, 1));
	give(TRACE_RESOURCE_MEMORY, address(CONTROL, 0), MATE);
	take(TRACE_RESOURCE_MEMORY, address(CONTROL, 0), REMOTE);
	CU_ASSERT_TRUE(load_size(REMOTE, CONTROL, 40, 1, 2));
	take(TRACE_RESOURCE_MEMORY, address(CONTROL, 0), MATE);
	CU_ASSERT_FALSE(load_size(REMOTE, CONTROL, 80, 1, 3));
	expect_fault(1, REMOTE, TRACE_FAULT_WITHDRAWN, 3);
}

/* ---- Power domains ------------------------------------------------------------------------------------------ */

static uint64_t seam_power(unsigned int id, enum hw_processor whom, enum hw_power request)
{
	uint64_t word[CALL_WORDS] = { whom, request };

	return machine_call_power(&machine, &engine.agent[id], word, 0x99);
}

static void grant_of_a_domain_keeps_its_memory_on(void)
{
	start(everything);
	uint8_t before = load(HOST, UNCACHED, 8, 1);

	store(HOST, UNCACHED, 8, (uint8_t)(before + 1), 2);
	give(TRACE_RESOURCE_POWER_DOMAIN, DOMAIN, HOST);
	CU_ASSERT_EQUAL(seam_power(HOST, HW_REMOTE, HW_POWER_CUT), 0);
	CU_ASSERT_EQUAL(load(HOST, UNCACHED, 8, 3), (uint8_t)(before + 1));
	CU_ASSERT_EQUAL(count(EVENT_memory_power), 0);
	CU_ASSERT_EQUAL(grants_return(&machine.grants, TRACE_RESOURCE_POWER_DOMAIN, DOMAIN, HOST), 0);
	CU_ASSERT_EQUAL(only(EVENT_memory_power)->memory_power.on, 0);
	CU_ASSERT_EQUAL(only(EVENT_memory_power)->memory_power.agent, HOST);
	CU_ASSERT_EQUAL(only(EVENT_memory_power)->memory_power.start, address(UNCACHED, 0));
	CU_ASSERT_FALSE(load_size(HOST, UNCACHED, 8, 1, 4));
	expect_fault(1, HOST, TRACE_FAULT_POWERED_OFF, 4);
	give(TRACE_RESOURCE_POWER_DOMAIN, DOMAIN, HOST);
	CU_ASSERT_EQUAL(load(HOST, UNCACHED, 8, 5), before);
	CU_ASSERT_EQUAL(last(EVENT_memory_power)->memory_power.on, 1);
}

static void domain_that_ends_is_on_until_it_ended(void)
{
	start(everything);
	give(TRACE_RESOURCE_POWER_DOMAIN, DOMAIN, HOST);
	seam_power(HOST, HW_REMOTE, HW_POWER_CUT);
	grants_withdraw(&machine.grants, TRACE_RESOURCE_POWER_DOMAIN, DOMAIN, HOST, 500, TRACE_ASKER_HOST);
	CU_ASSERT_TRUE(load_size(HOST, UNCACHED, 8, 1, 1));
	take(TRACE_RESOURCE_POWER_DOMAIN, DOMAIN, HOST);
	CU_ASSERT_FALSE(load_size(HOST, UNCACHED, 8, 1, 2));
}

static void requests_about_a_processor_are_its_domains_holders_and_its_own(void)
{
	start(everything);
	CU_ASSERT_EQUAL(seam_power(HOST, HW_REMOTE, HW_POWER_SUSPEND), 0);
	give(TRACE_RESOURCE_POWER_DOMAIN, DOMAIN, REMOTE);
	CU_ASSERT_NOT_EQUAL(seam_power(HOST, HW_REMOTE, HW_POWER_STOP), 0);
	CU_ASSERT_EQUAL(machine.power.processor[REMOTE].state, TRACE_POWER_SUSPENDED);
	CU_ASSERT_EQUAL(only(EVENT_grant_refused)->grant_refused.agent, HOST);
	CU_ASSERT_EQUAL(only(EVENT_grant_refused)->grant_refused.resource, TRACE_RESOURCE_POWER_DOMAIN);
	CU_ASSERT_EQUAL(only(EVENT_grant_refused)->grant_refused.id, DOMAIN);
	CU_ASSERT_EQUAL(only(EVENT_grant_refused)->grant_refused.pc, 0x99);
	give(TRACE_RESOURCE_POWER_DOMAIN, DOMAIN, HOST);
	CU_ASSERT_EQUAL(seam_power(HOST, HW_REMOTE, HW_POWER_RESUME), 0);
	take(TRACE_RESOURCE_POWER_DOMAIN, DOMAIN, REMOTE);
	CU_ASSERT_EQUAL(seam_power(REMOTE, HW_SELF, HW_POWER_STOP), 0);
	CU_ASSERT_EQUAL(count(EVENT_grant_refused), 1);
}

static void memory_that_has_power_again_is_still_withdrawn(void)
{
	start(everything);
	give(TRACE_RESOURCE_MEMORY, address(UNCACHED, 0), REMOTE);
	seam_power(HOST, HW_REMOTE, HW_POWER_CUT);
	CU_ASSERT_FALSE(load_size(HOST, UNCACHED, 8, 1, 1));
	expect_fault(1, HOST, TRACE_FAULT_POWERED_OFF, 1);
	seam_power(HOST, HW_REMOTE, HW_POWER_START);
	CU_ASSERT_FALSE(load_size(HOST, UNCACHED, 8, 1, 2));
	expect_fault(2, HOST, TRACE_FAULT_WITHDRAWN, 2);
}

/* ---- Interrupts, clocks --------------------------------------------------------------------------------------- */

static void ring(unsigned int from)
{
	CU_ASSERT_TRUE(mailbox_send(&machine.mailbox, &engine.agent[from], 0, 0, 1));
	CU_ASSERT_TRUE(mailbox_deliver(&machine.mailbox, &engine.agent[from], 0));
}

static bool interrupted(unsigned int id)
{
	return agent_pending_channel(&engine.agent[id]) == 0;
}

static void withdrawn_interrupt_stays_pending_and_is_delivered_when_it_is_granted(void)
{
	start(everything);
	give(TRACE_RESOURCE_IRQ, IRQ, REMOTE);
	take(TRACE_RESOURCE_IRQ, IRQ, REMOTE);
	ring(HOST);
	CU_ASSERT_FALSE(interrupted(REMOTE));
	CU_ASSERT_EQUAL(count(EVENT_notify), 1);
	ring(REMOTE);
	CU_ASSERT_TRUE(interrupted(HOST)); /* by an interrupt of its own */
	give(TRACE_RESOURCE_IRQ, IRQ, REMOTE);
	CU_ASSERT_TRUE(interrupted(REMOTE));
}

static void interrupt_that_is_pending_when_it_is_withdrawn_is_not_taken(void)
{
	start(everything);
	give(TRACE_RESOURCE_IRQ, IRQ, REMOTE);
	ring(HOST);
	CU_ASSERT_TRUE(interrupted(REMOTE));
	take(TRACE_RESOURCE_IRQ, IRQ, REMOTE);
	CU_ASSERT_FALSE(interrupted(REMOTE));
	CU_ASSERT_FALSE(agent_take_interrupt(&engine.agent[REMOTE]));
	give(TRACE_RESOURCE_IRQ, IRQ, REMOTE);
	CU_ASSERT_TRUE(agent_take_interrupt(&engine.agent[REMOTE]));
}

static void cpu_that_polls_needs_no_interrupt(void)
{
	uint64_t token;

	start(everything);
	give(TRACE_RESOURCE_IRQ, IRQ, HOST); /* nobody else's: who has the number has not the wire */
	ring(HOST);
	CU_ASSERT_FALSE(interrupted(REMOTE));
	CU_ASSERT_FALSE(interrupted(HOST));
	CU_ASSERT_TRUE(mailbox_poll(&machine.mailbox, &engine.agent[REMOTE], 0, &token, 1));
	take(TRACE_RESOURCE_IRQ, IRQ, HOST);
	give(TRACE_RESOURCE_IRQ, IRQ, REMOTE);
	CU_ASSERT_FALSE(interrupted(REMOTE)); /* it was read */
}

static void interrupt_that_is_granted_again_wakes_who_dozes(void)
{
	start(everything);
	give(TRACE_RESOURCE_IRQ, IRQ, REMOTE);
	take(TRACE_RESOURCE_IRQ, IRQ, REMOTE);
	seam_power(HOST, HW_REMOTE, HW_POWER_DOZE);
	ring(HOST);
	CU_ASSERT_EQUAL(machine.power.processor[REMOTE].state, TRACE_POWER_SUSPENDED);
	give(TRACE_RESOURCE_IRQ, IRQ, REMOTE);
	CU_ASSERT_EQUAL(machine.power.processor[REMOTE].state, TRACE_POWER_ON);
}

static uint64_t seam_rate(unsigned int id, enum hw_processor whom, uint64_t hz)
{
	uint64_t word[CALL_WORDS] = { whom, hz };

	return machine_call_clock_set_rate(&machine, &engine.agent[id], word, 0x77);
}

static void governed_clock_is_set_by_its_holders_alone(void)
{
	start(everything);
	CU_ASSERT_EQUAL(seam_rate(HOST, HW_REMOTE, 500000000), 0);
	give(TRACE_RESOURCE_CLOCK, CLOCK, REMOTE);
	CU_ASSERT_NOT_EQUAL(seam_rate(HOST, HW_REMOTE, 1000000000), 0);
	CU_ASSERT_EQUAL(machine.clock.hz[REMOTE], 500000000);
	CU_ASSERT_EQUAL(only(EVENT_grant_refused)->grant_refused.agent, HOST);
	CU_ASSERT_EQUAL(only(EVENT_grant_refused)->grant_refused.resource, TRACE_RESOURCE_CLOCK);
	CU_ASSERT_EQUAL(only(EVENT_grant_refused)->grant_refused.id, CLOCK);
	CU_ASSERT_EQUAL(only(EVENT_grant_refused)->grant_refused.pc, 0x77);
	CU_ASSERT_EQUAL(seam_rate(REMOTE, HW_SELF, 1000000000), 0);
	take(TRACE_RESOURCE_CLOCK, CLOCK, REMOTE);
	CU_ASSERT_NOT_EQUAL(seam_rate(REMOTE, HW_SELF, 500000000), 0);
	CU_ASSERT_EQUAL(machine.clock.hz[REMOTE], 1000000000);
	CU_ASSERT_EQUAL(count(EVENT_clock), 2);
}

/* ---- Streams, bandwidth ----------------------------------------------------------------------------------------- */

static void withdrawn_stream_aborts_and_the_host_hears_of_it(void)
{
	start(translated);
	uint8_t before = load(REMOTE, UNCACHED, 8, 1);

	give(TRACE_RESOURCE_STREAM, STREAM, REMOTE);
	CU_ASSERT_EQUAL(load(REMOTE, UNCACHED, 8, 2), before);
	take(TRACE_RESOURCE_STREAM, STREAM, REMOTE);
	CU_ASSERT_FALSE(load_size(REMOTE, UNCACHED, 8, 1, 3));
	expect_fault(1, REMOTE, TRACE_FAULT_IOMMU_STREAM, 3);
	CU_ASSERT_EQUAL(only(EVENT_iommu_fault)->iommu_fault.stream_id, STREAM);
	CU_ASSERT_TRUE(engine.agent[HOST].channel[ENGINE_CHANNEL_IOMMU].pending);
	give(TRACE_RESOURCE_STREAM, STREAM, HOST);
	CU_ASSERT_FALSE(load_size(REMOTE, UNCACHED, 8, 1, 4)); /* another's */
	take(TRACE_RESOURCE_STREAM, STREAM, HOST);
	give(TRACE_RESOURCE_STREAM, STREAM, REMOTE);
	CU_ASSERT_EQUAL(load(REMOTE, UNCACHED, 8, 5), before); /* it bypasses, as before */
}

static bool dma_is_let_through(void)
{
	enum trace_fault cause;
	uint64_t physical;

	return iommu_translate(&machine.iommu, DMA_STREAM, 0, address(UNCACHED, 0), 4, false, &physical, &cause);
}

static void dma_engine_of_a_withdrawn_stream_is_aborted(void)
{
	uint64_t word[CALL_WORDS] = { 0, address(UNCACHED, 0), address(UNCACHED, 64), 4 };

	start(everything);
	CU_ASSERT_TRUE(dma_is_let_through());
	give(TRACE_RESOURCE_STREAM, DMA_STREAM, REMOTE);
	CU_ASSERT_TRUE(dma_is_let_through());
	CU_ASSERT_EQUAL(machine_call_dma_copy(&machine, &engine.agent[HOST], word, 1), 0);
	take(TRACE_RESOURCE_STREAM, DMA_STREAM, REMOTE);
	while (engine.timers) {
		struct engine_timer timer = engine.timer[--engine.timers];

		engine.now = timer.when;
		timer.fire(timer.ctx, timer.arg);
	}
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.cause, TRACE_FAULT_IOMMU_STREAM);
	CU_ASSERT_EQUAL(only(EVENT_fault)->fault.agent, 2);
	CU_ASSERT_EQUAL(only(EVENT_iommu_fault)->iommu_fault.stream_id, DMA_STREAM);
}

static void stream_that_no_iommu_has_is_the_tables_alone(void)
{
	start(everything);
	CU_ASSERT_EQUAL(give(TRACE_RESOURCE_STREAM, STREAM, REMOTE), 0);
	CU_ASSERT_EQUAL(take(TRACE_RESOURCE_STREAM, STREAM, REMOTE), 0);
	CU_ASSERT_EQUAL(give(TRACE_RESOURCE_STREAM, UINT64_C(1) << 32 | DMA_STREAM, REMOTE), 0);
	CU_ASSERT_EQUAL(take(TRACE_RESOURCE_STREAM, UINT64_C(1) << 32 | DMA_STREAM, REMOTE), 0);
	CU_ASSERT_TRUE(load_size(REMOTE, UNCACHED, 8, 1, 1));
	CU_ASSERT_TRUE(dma_is_let_through());
}

static void grant_of_bandwidth_is_its_owners_limit_and_the_platforms_comes_back(void)
{
	start(everything);
	CU_ASSERT_EQUAL(machine.bus.initiator[REMOTE].limit_mb_s, 800);
	grants_give(&machine.grants, TRACE_RESOURCE_BANDWIDTH, 0, REMOTE, 70, TRACE_ASKER_HOST);
	CU_ASSERT_EQUAL(machine.bus.initiator[REMOTE].limit_mb_s, 70);
	CU_ASSERT_EQUAL(machine.bus.initiator[HOST].limit_mb_s, 0);
	take(TRACE_RESOURCE_BANDWIDTH, 0, REMOTE);
	CU_ASSERT_EQUAL(machine.bus.initiator[REMOTE].limit_mb_s, 800);
	grants_give(&machine.grants, TRACE_RESOURCE_BANDWIDTH, 1, REMOTE, 60, TRACE_ASKER_HOST); /* no such bus */
	CU_ASSERT_EQUAL(machine.bus.initiator[REMOTE].limit_mb_s, 800);
}

/* 32 bytes at 70 MB/s: the second request begins 32 / 70 us after the first. */
static void limited_initiator_waits_where_initiators_contend(void)
{
	for (unsigned int contended = 0; contended < 2; contended++) {
		uint64_t began;

		start(everything);
		machine.bus.contended = contended;
		grants_give(&machine.grants, TRACE_RESOURCE_BANDWIDTH, 0, REMOTE, 70, TRACE_ASKER_HOST);
		began = engine.agent[REMOTE].hook.clock;
		load_size(REMOTE, UNCACHED, 0, 32, 1);
		load_size(REMOTE, UNCACHED, 0, 32, 2);
		CU_ASSERT_EQUAL(engine.agent[REMOTE].hook.clock - began > 32 * 1000 / 70 * NS, contended);
	}
}

static uint64_t seam_grant(enum hw_resource resource, uint64_t id, uint32_t amount)
{
	uint64_t word[CALL_WORDS] = { resource, id, HW_REMOTE, amount };

	return machine_call_grant(&machine, &engine.agent[HOST], word, 1);
}

static uint64_t seam_granted(unsigned int id, enum hw_resource resource, uint64_t what)
{
	uint64_t word[CALL_WORDS] = { resource, what };

	return machine_call_granted(&machine, &engine.agent[id], word, 1);
}

static void what_is_granted_to_a_program_is_its_cores_all(void)
{
	start(cores);
	CU_ASSERT_EQUAL(seam_grant(HW_RESOURCE_IRQ, IRQ, 0), 0);
	CU_ASSERT_EQUAL(seam_grant(HW_RESOURCE_CLOCK, CLOCK, 0), 0);
	CU_ASSERT_EQUAL(seam_grant(HW_RESOURCE_BANDWIDTH, 0, 70), 0);
	CU_ASSERT_EQUAL(count(EVENT_grant_give), 3);
	CU_ASSERT_EQUAL(seam_granted(MATE, HW_RESOURCE_IRQ, IRQ), HW_GRANTED);
	CU_ASSERT_EQUAL(seam_granted(HOST, HW_RESOURCE_IRQ, IRQ), HW_NOT_GRANTED);
	CU_ASSERT_EQUAL(seam_rate(MATE, HW_SELF, 500000000), 0);
	CU_ASSERT_EQUAL(machine.bus.initiator[MATE].limit_mb_s, 70);
	CU_ASSERT_FALSE(engine.agent[MATE].masked[0]);
	take(TRACE_RESOURCE_IRQ, IRQ, REMOTE);
	CU_ASSERT_TRUE(engine.agent[REMOTE].masked[0] && engine.agent[MATE].masked[0]);
	take(TRACE_RESOURCE_BANDWIDTH, 0, REMOTE);
	CU_ASSERT_EQUAL(machine.bus.initiator[MATE].limit_mb_s, 800);
}

/* ---- At power-on -------------------------------------------------------------------------------------------------- */

static void what_domains_own_at_power_on_holds_from_the_first_access_of_each_run(void)
{
	start(owned_at_power_on);
	for (unsigned int run = 0; run < 2; run++) {
		CU_ASSERT_TRUE(load_size(HOST, DATA, 8, 1, 1));
		CU_ASSERT_FALSE(load_size(REMOTE, CONTROL, 8, 1, 2));
		CU_ASSERT_EQUAL(last(EVENT_fault)->fault.cause, TRACE_FAULT_IOMMU_STREAM);
		CU_ASSERT_EQUAL(machine.bus.initiator[REMOTE].limit_mb_s, 70);
		ring(HOST);
		CU_ASSERT_FALSE(interrupted(REMOTE));
		CU_ASSERT_EQUAL(count(EVENT_memory_power), 0);
		take(TRACE_RESOURCE_STREAM, STREAM, HOST);
		give(TRACE_RESOURCE_STREAM, STREAM, REMOTE);
		CU_ASSERT_FALSE(load_size(REMOTE, DATA, 8, 1, 3));
		CU_ASSERT_EQUAL(last(EVENT_fault)->fault.cause, TRACE_FAULT_WITHDRAWN);
		take(TRACE_RESOURCE_MEMORY, address(DATA, 0), HOST);
		CU_ASSERT_FALSE(load_size(HOST, DATA, 72, 1, 4));
		take(TRACE_RESOURCE_BANDWIDTH, 0, REMOTE);
		engine.machine->reset(engine.machine_ctx);
		tells = 0;
	}
}

static void domain_of_a_processor_that_is_off_is_off_at_power_on_unless_it_is_held(void)
{
	for (unsigned int held = 0; held < 2; held++) {
		start(held ? owned_at_power_on : everything);
		machine.power.processor[REMOTE].boots = false;
		engine.machine->reset(engine.machine_ctx);
		CU_ASSERT_EQUAL(load_size(HOST, UNCACHED, 8, 1, 1), held);
		CU_ASSERT_TRUE(load_size(HOST, CONTROL, 8, 1, 2));
	}
}

static CU_TestInfo sentences[] = {
	SENTENCE(withdrawn_region_faults_uncached_at_once_and_again_until_it_is_granted),
	SENTENCE(firewall_sees_no_hits_but_fills),
	SENTENCE(hit_in_withdrawn_memory_may_turn_out_to_be_a_miss),
	SENTENCE(what_is_written_back_to_withdrawn_memory_is_lost),
	SENTENCE(store_that_went_back_before_the_withdrawal_is_not_lost),
	SENTENCE(what_leaves_a_store_buffer_for_withdrawn_memory_is_lost),
	SENTENCE(firewall_is_open_to_a_cluster_while_one_of_its_cpus_is_granted),
	SENTENCE(grant_of_a_domain_keeps_its_memory_on),
	SENTENCE(domain_that_ends_is_on_until_it_ended),
	SENTENCE(requests_about_a_processor_are_its_domains_holders_and_its_own),
	SENTENCE(memory_that_has_power_again_is_still_withdrawn),
	SENTENCE(withdrawn_interrupt_stays_pending_and_is_delivered_when_it_is_granted),
	SENTENCE(interrupt_that_is_pending_when_it_is_withdrawn_is_not_taken),
	SENTENCE(cpu_that_polls_needs_no_interrupt),
	SENTENCE(interrupt_that_is_granted_again_wakes_who_dozes),
	SENTENCE(governed_clock_is_set_by_its_holders_alone),
	SENTENCE(withdrawn_stream_aborts_and_the_host_hears_of_it),
	SENTENCE(dma_engine_of_a_withdrawn_stream_is_aborted),
	SENTENCE(stream_that_no_iommu_has_is_the_tables_alone),
	SENTENCE(grant_of_bandwidth_is_its_owners_limit_and_the_platforms_comes_back),
	SENTENCE(limited_initiator_waits_where_initiators_contend),
	SENTENCE(what_is_granted_to_a_program_is_its_cores_all),
	SENTENCE(what_domains_own_at_power_on_holds_from_the_first_access_of_each_run),
	SENTENCE(domain_of_a_processor_that_is_off_is_off_at_power_on_unless_it_is_held),
	CU_TEST_INFO_NULL
};

int main(void)
{
	int status = sentences_run("machine grants", sentences);

	machine_fini(&machine);
	chooser_fini(&chooser);
	return status;
}
