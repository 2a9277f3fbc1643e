/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The DMA engine on a bus of 4 KiB that logs: "r16+8@50" is a read of 8 bytes at 16, at 50 ns; "i0" an interrupt of
 * channel 0. Timers are fired by hand. At random: each write is the next of its channel's, by a queue of the test's
 * own.
 */
#include <stdarg.h>
#include <string.h>

#include "models/dma.h"
#include "models/tests/random.h"
#include "sim/tests/sentences.h"

#define BUS 4096u
#define BURST 16u
#define LATENCY 50
#define DELAY 700
#define QUEUE 4
#define CHANNELS 3
#define INITIATOR 5
#define NS ENGINE_FS_PER_NS

static struct engine engine;
static struct chooser chooser;
static struct choose_plan plan;
static struct platform_dma platform;
static struct dma dma;
static uint8_t bus[BUS];
static uint64_t bad_read, bad_write;	/* accesses to that byte get an error response */
static bool logs;
static char said[1024];
static size_t said_size;
static struct trace_event done[16], fault_told;
static unsigned int dones, faults;

static void __attribute__((format(printf, 1, 2))) say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (logs)
		said_size += (size_t)vsnprintf(said + said_size, sizeof(said) - said_size, format, args);
	va_end(args);
	CU_ASSERT_FATAL(said_size < sizeof(said));
}

static void expect(const char *words)
{
	if (strcmp(said, words) != 0)
		fprintf(stderr, "expected: %s\nseen:     %s\n", words, said);
	CU_ASSERT_STRING_EQUAL(said, words);
	said_size = 0;
	said[0] = '\0';
}

static void access_check(unsigned int channel, uint64_t address, size_t size, bool store, const void *bytes);

static bool on_bus(unsigned int channel, uint64_t address, const void *bytes, size_t size, bool store,
		   enum trace_fault *fault)
{
	uint64_t bad = store ? bad_write : bad_read;

	say("%c%llu+%zu@%llu ", store ? 'w' : 'r', (unsigned long long)address, size,
	    (unsigned long long)(engine.now / NS));
	access_check(channel, address, size, store, bytes);
	*fault = store ? TRACE_FAULT_BUS_SLAVE : TRACE_FAULT_BUS_DECODE;
	return address + size <= BUS && (bad < address || bad >= address + size);
}

static bool bus_read(void *ctx, unsigned int channel, uint64_t address, void *bytes, size_t size,
		     enum trace_fault *fault)
{
	CU_ASSERT_PTR_EQUAL(ctx, bus);
	if (!on_bus(channel, address, NULL, size, false, fault))
		return false;
	memcpy(bytes, bus + address, size);
	return true;
}

static bool bus_write(void *ctx, unsigned int channel, uint64_t address, const void *bytes, size_t size,
		      enum trace_fault *fault)
{
	CU_ASSERT_PTR_EQUAL(ctx, bus);
	if (!on_bus(channel, address, bytes, size, true, fault))
		return false;
	memcpy(bus + address, bytes, size);
	return true;
}

static void interrupt(void *ctx, unsigned int channel, enum trace_dma status)
{
	CU_ASSERT_PTR_EQUAL(ctx, bus);
	say("i%u%s ", channel, status == TRACE_DMA_DONE ? "" : "!");
}

static const struct dma_ops ops = { .read = bus_read, .write = bus_write, .interrupt = interrupt };

static void done_check(const struct event_dma_done *e);

static void on_event(void *ctx, const struct trace_event *event)
{
	(void)ctx;
	if (event->id == EVENT_dma_done) {
		done_check(&event->dma_done);
		done[dones++ % 16] = *event;
	} else if (event->id == EVENT_fault) {
		fault_told = *event;
		faults++;
	}
}

static void begin(const char *text)
{
	char why[256];

	memset(&engine, 0, sizeof(engine));
	engine.chooser = &chooser;
	engine.listener[0].event = on_event;
	engine.listeners = 1;
	platform = (struct platform_dma){ .channels = CHANNELS,
					  .queue = QUEUE,
					  .burst_bytes = BURST,
					  .latency_ns = LATENCY,
					  .delay_ns = DELAY,
					  .stream = -1 };
	dma = (struct dma){ .platform = &platform, .engine = &engine, .ops = &ops, .ctx = bus, .initiator = INITIATOR };
	dma_reset(&dma);
	for (unsigned int i = 0; i < BUS; i++)
		bus[i] = (uint8_t)(i * 37 + i / 256);
	bad_read = bad_write = UINT64_MAX;
	CU_ASSERT_TRUE_FATAL(choose_plan_parse(&plan, text, why, sizeof(why)));
	chooser_begin_plan(&chooser, &plan);
	dones = faults = 0;
	logs = true;
	said_size = 0;
	said[0] = '\0';
}

/* The one timer that the engine has. */
static bool fire(void)
{
	struct engine_timer timer = engine.timer[0];

	CU_ASSERT_FATAL(engine.timers <= 1);
	if (!engine.timers)
		return false;
	engine.timers = 0;
	CU_ASSERT_TRUE_FATAL(timer.when >= engine.now);
	engine.now = timer.when;
	timer.fire(timer.ctx, timer.arg);
	return true;
}

static void fire_all(void)
{
	while (fire())
		continue;
}

static uint32_t copy(unsigned int channel, uint64_t to, uint64_t from, uint64_t size)
{
	return dma_copy(&dma, channel, to, from, size, engine.now, 0, 0x77);
}

static void expect_done(unsigned int i, unsigned int channel, uint32_t cookie, enum trace_dma status, uint64_t moved)
{
	CU_ASSERT_FATAL(i < dones);
	CU_ASSERT_EQUAL(done[i].dma_done.agent, INITIATOR);
	CU_ASSERT_EQUAL(done[i].dma_done.channel, channel);
	CU_ASSERT_EQUAL(done[i].dma_done.cookie, cookie);
	CU_ASSERT_EQUAL(done[i].dma_done.status, status);
	CU_ASSERT_EQUAL(done[i].dma_done.moved, moved);
}

/* ---- Beats ------------------------------------------------------------------------------------------ */

static void copy_moves_in_bursts_each_a_read_and_a_write_a_latency_later(void)
{
	begin("-");
	CU_ASSERT_EQUAL(dma_copy(&dma, 0, 2048, 0, 40, 1000 * NS, 0, 0), 1);
	CU_ASSERT_EQUAL(dma_state(&dma, 0), DMA_BUSY);
	fire_all();
	expect("r0+16@1050 w2048+16@1100 r16+16@1150 w2064+16@1200 r32+8@1250 w2080+8@1300 i0 ");
	CU_ASSERT_EQUAL(memcmp(bus + 2048, bus, 40), 0);
	CU_ASSERT_NOT_EQUAL(bus[2088], bus[40]);
	CU_ASSERT_EQUAL(dones, 1);
	expect_done(0, 0, 1, TRACE_DMA_DONE, 40);
	CU_ASSERT_EQUAL(dma_state(&dma, 0), DMA_IDLE);
}

static void beat_crosses_no_boundary_of_a_burst_at_either_end(void)
{
	begin("-");
	copy(0, 2053, 12, 40);
	fire_all();
	expect("r12+4@50 w2053+4@100 r16+7@150 w2057+7@200 r23+9@250 w2064+9@300 r32+7@350 w2073+7@400 r39+9@450 "
	       "w2080+9@500 "
	       "r48+4@550 w2089+4@600 i0 ");
	CU_ASSERT_EQUAL(memcmp(bus + 2053, bus + 12, 40), 0);
}

static void store_before_the_read_is_copied_and_one_after_it_is_not(void)
{
	begin("-");
	copy(0, 2048, 0, 16);
	bus[0] = 0xee;
	fire();
	bus[1] = 0xdd;
	fire();
	CU_ASSERT_EQUAL(bus[2048], 0xee);
	CU_ASSERT_EQUAL(bus[2049], 37);
	CU_ASSERT_FALSE(fire());
}

static void channels_take_turns_a_beat_each(void)
{
	begin("-");
	copy(2, 2048, 0, 32);
	copy(0, 1024, 512, 32);
	fire_all();
	expect("r0+16@50 w2048+16@100 r512+16@150 w1024+16@200 r16+16@250 w2064+16@300 i2 r528+16@350 w1040+16@400 "
	       "i0 ");
}

static void when_no_timer_is_left_a_copy_takes_no_time(void)
{
	begin("-");
	engine.timers = ENGINE_TIMERS_MAX;
	copy(0, 2048, 0, 32);
	expect("r0+16@0 w2048+16@0 r16+16@0 w2064+16@0 i0 ");
	CU_ASSERT_EQUAL(dma_state(&dma, 0), DMA_IDLE);
}

/* ---- Queues ----------------------------------------------------------------------------------------- */

static void queue_takes_its_depth_and_no_more_and_works_in_order(void)
{
	begin("-");
	for (uint32_t i = 1; i <= QUEUE; i++)
		CU_ASSERT_EQUAL(copy(1, 2048 + 16 * i, 16 * i, 16), i);
	CU_ASSERT_EQUAL(copy(1, 2048, 0, 16), 0);
	fire();
	fire();
	CU_ASSERT_EQUAL(copy(1, 2048, 0, 16), QUEUE + 1);
	fire_all();
	for (uint32_t i = 0; i <= QUEUE; i++)
		expect_done(i, 1, i + 1, TRACE_DMA_DONE, 16);
	CU_ASSERT_EQUAL(dones, QUEUE + 1);
}

static void what_makes_no_sense_is_refused(void)
{
	begin("-");
	CU_ASSERT_EQUAL(copy(CHANNELS, 2048, 0, 16), 0);
	CU_ASSERT_EQUAL(copy(UINT32_MAX, 2048, 0, 16), 0);
	CU_ASSERT_EQUAL(copy(0, 2048, 0, 0), 0);
	CU_ASSERT_EQUAL(copy(0, UINT64_MAX - 15, 0, 16), 0);
	CU_ASSERT_EQUAL(copy(0, 0, UINT64_MAX - 15, 16), 0);
	CU_ASSERT_EQUAL(copy(0, 0, 0, UINT64_MAX), 1);
	CU_ASSERT_EQUAL(copy(0, UINT64_MAX - 16, UINT64_MAX - 16, 16), 2);
	CU_ASSERT_EQUAL(copy(CHANNELS - 1, 2048, 0, 1), 1);
}

/* ---- Errors ----------------------------------------------------------------------------------------- */

static void expect_halt(enum trace_dma status, enum trace_access access, enum trace_fault cause, uint64_t address)
{
	CU_ASSERT_EQUAL(copy(0, 2048, 0, 32), 1);
	CU_ASSERT_EQUAL(copy(0, 1024, 0, 16), 2);
	CU_ASSERT_EQUAL(copy(1, 3072, 256, 16), 1);
	fire_all();
	CU_ASSERT_EQUAL(dones, 3);
	expect_done(0, 1, 1, TRACE_DMA_DONE, 16);
	expect_done(1, 0, 1, status, 16);
	expect_done(2, 0, 2, TRACE_DMA_FLUSHED, 0);
	CU_ASSERT_EQUAL(faults, 1);
	CU_ASSERT_EQUAL(fault_told.fault.agent, INITIATOR);
	CU_ASSERT_EQUAL(fault_told.fault.access, access);
	CU_ASSERT_EQUAL(fault_told.fault.cause, cause);
	CU_ASSERT_EQUAL(fault_told.fault.addr, address);
	CU_ASSERT_EQUAL(fault_told.fault.size, 16);
	CU_ASSERT_EQUAL(dma_state(&dma, 0), DMA_HALTED);
	CU_ASSERT_EQUAL(dma_state(&dma, 1), DMA_IDLE);
	CU_ASSERT_EQUAL(copy(0, 1024, 0, 16), 0);
	dma_stop(&dma, 0);
	CU_ASSERT_EQUAL(dma_state(&dma, 0), DMA_IDLE);
	CU_ASSERT_EQUAL(copy(0, 1024, 0, 16), 3);
	CU_ASSERT_EQUAL(dones, 3);
}

static void error_at_the_source_ends_the_copy_flushes_and_halts_its_channel_alone(void)
{
	begin("-");
	bad_read = 31;
	expect_halt(TRACE_DMA_SOURCE_ERROR, TRACE_ACCESS_LOAD, TRACE_FAULT_BUS_DECODE, 16);
	expect("r0+16@50 w2048+16@100 r256+16@150 w3072+16@200 i1 r16+16@250 i0! ");
}

static void error_at_the_target_does_so_too(void)
{
	begin("-");
	bad_write = 2064;
	expect_halt(TRACE_DMA_TARGET_ERROR, TRACE_ACCESS_STORE, TRACE_FAULT_BUS_SLAVE, 2064);
	expect("r0+16@50 w2048+16@100 r256+16@150 w3072+16@200 i1 r16+16@250 w2064+16@300 i0! ");
}

/* ---- Stops ------------------------------------------------------------------------------------------ */

static void begin_stop(const char *text)
{
	begin(text);
	copy(0, 2048, 0, 32);
	copy(0, 1024, 0, 16);
	fire();
	expect("r0+16@50 ");
	dma_stop(&dma, 0);
}

static void beat_on_its_way_when_its_channel_stops_is_dropped(void)
{
	begin_stop("-");
	fire_all();
	expect("");
	expect_done(0, 0, 1, TRACE_DMA_STOPPED, 0);
	expect_done(1, 0, 2, TRACE_DMA_FLUSHED, 0);
	CU_ASSERT_EQUAL(dones, 2);
}

static void or_it_still_goes_out_before_the_stop_is_over(void)
{
	begin_stop("dma.stop#0:1");
	CU_ASSERT_TRUE(chooser_done(&chooser));
	expect("w2048+16@50 ");
	fire_all();
	expect("");
	expect_done(0, 0, 1, TRACE_DMA_STOPPED, 16);
}

static void stop_where_no_beat_is_on_its_way_asks_nothing(void)
{
	begin("-");
	copy(0, 2048, 0, 32);
	copy(1, 1024, 512, 16);
	dma_stop(&dma, 1);
	expect_done(0, 1, 1, TRACE_DMA_FLUSHED, 0);
	dma_stop(&dma, 1);
	CU_ASSERT_EQUAL(dones, 1);
	fire_all();
	CU_ASSERT_EQUAL(chooser.asked, 1); /* whether channel 0's is late */
	expect("r0+16@50 w2048+16@100 r16+16@150 w2064+16@200 i0 ");
}

static void copy_after_a_stop_is_a_new_one(void)
{
	begin("dma.late#1:1");
	copy(0, 2048, 0, 16);
	dma_stop(&dma, 0);
	copy(0, 1024, 512, 16);
	fire_all();
	CU_ASSERT_TRUE(chooser_done(&chooser));
	expect("r512+16@750 w1024+16@1450 i0 ");
	expect_done(0, 0, 1, TRACE_DMA_STOPPED, 0);
	expect_done(1, 0, 2, TRACE_DMA_DONE, 16);
}

static void late_copy_takes_the_delay_for_each_access_and_is_asked_about_once(void)
{
	begin("dma.late#0:1");
	copy(0, 2048, 0, 32);
	copy(0, 1024, 0, 16);
	fire_all();
	expect("r0+16@700 w2048+16@1400 r16+16@2100 w2064+16@2800 i0 r0+16@2850 w1024+16@2900 i0 ");
	CU_ASSERT_EQUAL(chooser.asked, 2);
}

/* ---- At random -------------------------------------------------------------------------------------- */

#define MODEL_QUEUE 8

/* What each channel still has to do, as it was asked for. */
static struct model {
	struct {
		uint64_t to, from, size;
		uint32_t cookie;
	} work[MODEL_QUEUE];
	unsigned int count;
	uint64_t moved;
	uint8_t read[BURST];
	size_t read_size;	/* 0: no beat is on its way */
	bool halted;
	unsigned int passed;	/* other channels' beats since its last one */
} model[CHANNELS];
static bool random_runs;

static bool in_one_burst(uint64_t address, size_t size)
{
	return address / BURST == (address + size - 1) / BURST;
}

static void model_read(struct model *m, uint64_t address, size_t size)
{
	CU_ASSERT_FATAL(!m->read_size && m->count && address == m->work[0].from + m->moved);
	CU_ASSERT_FATAL(size && size <= m->work[0].size - m->moved && in_one_burst(address, size) &&
			in_one_burst(m->work[0].to + m->moved, size));
	memcpy(m->read, bus + address, size);
	m->read_size = size;
	for (struct model *other = model; other < model + CHANNELS; other++) {
		CU_ASSERT_FATAL(other == m || !other->read_size);
		other->passed = other == m || !other->count ? 0 : other->passed + 1;
		CU_ASSERT_FATAL(other->passed < CHANNELS);
	}
}

static void model_write(struct model *m, uint64_t address, const void *bytes, size_t size)
{
	CU_ASSERT_FATAL(size == m->read_size && address == m->work[0].to + m->moved);
	CU_ASSERT_EQUAL_FATAL(memcmp(bytes, m->read, size), 0);
	m->read_size = 0;
	if (bad_write < address || bad_write >= address + size)
		m->moved += size;
}

static void access_check(unsigned int channel, uint64_t address, size_t size, bool store, const void *bytes)
{
	if (!random_runs)
		return;
	if (store)
		model_write(&model[channel], address, bytes, size);
	else
		model_read(&model[channel], address, size);
}

static void done_check(const struct event_dma_done *e)
{
	struct model *m = &model[e->channel];

	if (!random_runs)
		return;
	CU_ASSERT_FATAL(m->count && e->cookie == m->work[0].cookie && e->moved == m->moved);
	CU_ASSERT_EQUAL_FATAL(e->status == TRACE_DMA_DONE,
			      m->moved == m->work[0].size && e->status != TRACE_DMA_STOPPED);
	m->halted |= e->status == TRACE_DMA_SOURCE_ERROR || e->status == TRACE_DMA_TARGET_ERROR;
	m->count--;
	memmove(&m->work[0], &m->work[1], m->count * sizeof(m->work[0]));
	m->moved = m->read_size = 0;
	if (!m->count)
		m->passed = 0;
}

static void random_copy(uint64_t *seed, unsigned int channel)
{
	struct model *m = &model[channel];
	uint64_t size = 1 + random_below(seed, 60), to = random_below(seed, BUS - 60),
		 from = random_below(seed, BUS - 60);
	bool takes = !m->halted && m->count < QUEUE;

	if (takes) {
		m->work[m->count].to = to;
		m->work[m->count].from = from;
		m->work[m->count].size = size;
		m->work[m->count++].cookie = dma.channel[channel].cookies + 1;
	}
	CU_ASSERT_EQUAL_FATAL(copy(channel, to, from, size) != 0, takes);
}

static void random_stop(unsigned int channel)
{
	dma_stop(&dma, channel);
	model[channel].halted = false;
	CU_ASSERT_EQUAL_FATAL(model[channel].count, 0);
}

static void random_step(uint64_t *seed)
{
	unsigned int channel = (unsigned int)random_below(seed, CHANNELS);

	switch (random_below(seed, 32)) {
	case 0:
		random_stop(channel);
		break;
	case 1:
		bad_read = random_below(seed, 4 * BUS);
		break;
	case 2:
		bad_write = random_below(seed, 4 * BUS);
		break;
	case 3:
		bus[random_below(seed, BUS)] ^= 0x55;
		break;
	case 4:
	case 5:
	case 6:
	case 7:
		random_copy(seed, channel);
		break;
	default:
		fire();
	}
}

static void check_states(void)
{
	bool work = false;

	for (unsigned int c = 0; c < CHANNELS; c++) {
		enum dma_state state = model[c].halted ? DMA_HALTED : model[c].count ? DMA_BUSY : DMA_IDLE;

		CU_ASSERT_EQUAL_FATAL(dma_state(&dma, c), state);
		work |= state == DMA_BUSY;
	}
	CU_ASSERT_FATAL(!work || engine.timers == 1); /* it never forgets to go on */
}

static void a_million_random_operations_move_what_was_asked_for_in_order(void)
{
	uint64_t seed = 1;

	begin("-");
	chooser_begin_seed(&chooser, 1);
	logs = false;
	random_runs = true;
	memset(model, 0, sizeof(model));
	for (unsigned int n = random_operations(); n--;) {
		random_step(&seed);
		check_states();
	}
	random_runs = false;
	CU_ASSERT_TRUE(dones > random_operations() / 50);
	CU_ASSERT_TRUE(faults > random_operations() / 10000);
}

static CU_TestInfo sentences[] = {
	SENTENCE(copy_moves_in_bursts_each_a_read_and_a_write_a_latency_later),
	SENTENCE(beat_crosses_no_boundary_of_a_burst_at_either_end),
	SENTENCE(store_before_the_read_is_copied_and_one_after_it_is_not),
	SENTENCE(channels_take_turns_a_beat_each),
	SENTENCE(when_no_timer_is_left_a_copy_takes_no_time),
	SENTENCE(queue_takes_its_depth_and_no_more_and_works_in_order),
	SENTENCE(what_makes_no_sense_is_refused),
	SENTENCE(error_at_the_source_ends_the_copy_flushes_and_halts_its_channel_alone),
	SENTENCE(error_at_the_target_does_so_too),
	SENTENCE(beat_on_its_way_when_its_channel_stops_is_dropped),
	SENTENCE(or_it_still_goes_out_before_the_stop_is_over),
	SENTENCE(stop_where_no_beat_is_on_its_way_asks_nothing),
	SENTENCE(copy_after_a_stop_is_a_new_one),
	SENTENCE(late_copy_takes_the_delay_for_each_access_and_is_asked_about_once),
	SENTENCE(a_million_random_operations_move_what_was_asked_for_in_order),
	CU_TEST_INFO_NULL
};

int main(void)
{
	int status = sentences_run("dma", sentences);

	chooser_fini(&chooser);
	return status;
}
