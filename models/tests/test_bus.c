/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bus by hand, in nanoseconds that can be added up on paper; and against a naive bus, which for each request serves
 * everything that has come since it was last idle from the beginning, a million random requests in all. The figures of
 * bus.h for the error of a queue in place of DRAM banks are measured here.
 */
#include <string.h>

#include "models/bus.h"
#include "models/tests/random.h"
#include "sim/tests/sentences.h"

#define NS UINT64_C(1000000)
#define DRAM 0x80000000u
#define DRAM_BYTES 0x4000000u
#define SRAM 0x10000000u
#define SRAM_BYTES 0x10000u
#define HOLE 0x20000000u
#define MISS_MORE 40u	/* ns; of a row miss than of a hit */

/* 64 bytes take 40 ns of either: 1.6 GB/s. */
static const struct platform_slave queue = { .name = "ddr", .read_ns = 70, .write_ns = 10, .bandwidth_mb_s = 1600 };
static const struct platform_slave banks = { .name = "ddr", .read_ns = 70, .write_ns = 10, .bandwidth_mb_s = 1600,
					     .banks = 8, .row_bytes = 2048, .row_hit_ns = 50,
					     .row_miss_ns = 50 + MISS_MORE };
static const struct platform_slave sram = { .name = "sram", .read_ns = 10, .write_ns = 5, .bandwidth_mb_s = 1600 };

static struct engine engine;
static struct chooser chooser;
static struct choose_plan plan;
static struct platform platform;
static struct bus bus;
static enum trace_fault error;

static void begin(const struct platform_slave *dram, bool fixed_priority, bool contended)
{
	memset(&platform, 0, sizeof(platform));
	platform.slave[platform.slaves++] = *dram;
	platform.slave[platform.slaves++] = sram;
	platform.region[0] = (struct platform_region){ .start = DRAM, .size = DRAM_BYTES, .served = true, .slave = 0 };
	platform.region[1] = (struct platform_region){ .start = SRAM, .size = SRAM_BYTES, .served = true, .slave = 1 };
	platform.region[2] = (struct platform_region){ .start = HOLE, .size = 0x1000 };
	platform.regions = 3;
	platform.cpus = 2;
	platform.cpu[1].bus_priority = 1;
	platform.fixed_priority = fixed_priority;
	bus_init(&bus, &engine, &platform);
	bus.contended = contended;
}

/* 64 bytes to read; in ns. */
static uint64_t load(uint64_t now, unsigned int initiator, uint64_t pa)
{
	uint64_t done = bus_request(&bus, now * NS, initiator, pa, 64, false, &error);

	CU_ASSERT_EQUAL(done % NS, 0);
	return done / NS;
}

/* ---- One request ------------------------------------------------------------------------------------------ */

static void fixed_cost_is_latency_and_transfer_whatever_else_goes_on(void)
{
	begin(&queue, false, false);
	for (unsigned int i = 0; i < 10; i++) {
		CU_ASSERT_EQUAL(load(100, i % BUS_INITIATORS_MAX, DRAM), 100 + 70 + 40);
		CU_ASSERT_EQUAL(load(7, 0, SRAM + 64), 7 + 10 + 40);
	}
	CU_ASSERT_EQUAL(bus_request(&bus, 0, 0, DRAM, 8, false, &error), (70 + 5) * NS);
	CU_ASSERT_EQUAL(bus_request(&bus, 0, 0, DRAM, 8, true, &error), (10 + 5) * NS);
}

static void alone_a_queue_costs_the_same_in_both_modes(void)
{
	begin(&queue, false, true);
	CU_ASSERT_EQUAL(load(100, 0, DRAM), 210);
	CU_ASSERT_EQUAL(load(210, 0, DRAM), 320);
	CU_ASSERT_EQUAL(bus_request(&bus, 320 * NS, 1, DRAM, 8, true, &error), (320 + 10 + 5) * NS);
}

static void slaves_do_not_wait_for_each_other(void)
{
	begin(&queue, false, true);
	CU_ASSERT_EQUAL(load(0, 0, DRAM), 110);
	CU_ASSERT_EQUAL(load(0, 1, SRAM), 50);
	CU_ASSERT_EQUAL(load(0, 2, SRAM), 90);
}

/* ---- Turns ---------------------------------------------------------------------------------------------------- */

static void second_one_waits_for_the_transfer_of_the_first_and_not_longer(void)
{
	begin(&queue, false, true);
	CU_ASSERT_EQUAL(load(0, 0, DRAM), 110);
	CU_ASSERT_EQUAL(load(39, 1, DRAM), 40 + 110);
	CU_ASSERT_EQUAL(load(80, 1, DRAM), 80 + 110);	/* the slave is free just then */
	CU_ASSERT_EQUAL(load(119, 0, DRAM), 120 + 110);
}

/* Initiators 0 (being served until 40), 2 and 1: 1 has come last and has the lower number. */
static void higher_priority_goes_before_one_that_waits_and_that_one_is_charged_later(void)
{
	begin(&queue, true, true);
	CU_ASSERT_EQUAL(load(0, 0, DRAM), 110);
	CU_ASSERT_EQUAL(load(1, 2, DRAM), 40 + 110);
	CU_ASSERT_EQUAL(load(2, 1, DRAM), 40 + 110);	/* in the place of 2, whose turn is at 80 now */
	CU_ASSERT_EQUAL(load(1000, 2, DRAM), 1110 + 40);	/* what it was told too early */
	CU_ASSERT_EQUAL(load(2000, 2, DRAM), 2110);	/* once */
}

static void what_is_being_served_is_not_interrupted(void)
{
	begin(&queue, true, true);
	CU_ASSERT_EQUAL(load(0, 3, DRAM), 110);
	CU_ASSERT_EQUAL(load(1, 0, DRAM), 40 + 110);
	CU_ASSERT_EQUAL(load(1000, 3, DRAM), 1110);
}

static void at_the_same_moment_the_higher_priority_is_first(void)
{
	begin(&queue, true, true);
	CU_ASSERT_EQUAL(load(0, 3, DRAM), 110);
	CU_ASSERT_EQUAL(load(0, 0, DRAM), 110);
	CU_ASSERT_EQUAL(load(1000, 3, DRAM), 1110 + 40);
}

/* 0 is being served; 0 again, then 1 and 3: 1, 3 and 0 go by turns. */
static void round_robin_gives_every_initiator_its_turn(void)
{
	begin(&queue, false, true);
	CU_ASSERT_EQUAL(load(0, 0, DRAM), 110);
	CU_ASSERT_EQUAL(load(1, 0, DRAM), 40 + 110);
	CU_ASSERT_EQUAL(load(2, 3, DRAM), 40 + 110);	/* before 0 */
	CU_ASSERT_EQUAL(load(3, 1, DRAM), 40 + 110);	/* before 3 */
	CU_ASSERT_EQUAL(load(1000, 0, DRAM), 1110 + 80);
	CU_ASSERT_EQUAL(load(2000, 3, DRAM), 2110 + 40);
	CU_ASSERT_EQUAL(load(3000, 1, DRAM), 3110);
}

/* 64 bytes at 160 MB/s: one begins every 400 ns. */
static void limit_spaces_requests_and_lets_others_pass(void)
{
	begin(&queue, false, true);
	bus_limit(&bus, 1, 160);
	CU_ASSERT_EQUAL(load(0, 1, DRAM), 110);
	CU_ASSERT_EQUAL(load(110, 1, DRAM), 400 + 110);
	CU_ASSERT_EQUAL(load(120, 0, DRAM), 120 + 110);
	CU_ASSERT_EQUAL(load(801, 1, DRAM), 801 + 110);
	bus_limit(&bus, 1, 0);
	CU_ASSERT_EQUAL(load(911, 1, DRAM), 911 + 110);
}

static void limit_and_priority_come_from_the_platform_and_come_back_at_a_reset(void)
{
	begin(&queue, true, true);
	platform.cpu[0].bandwidth_mb_s = 160;
	platform.cpu[0].bus_priority = 7;
	bus_reset(&bus);
	bus_limit(&bus, 0, 0);
	bus_reset(&bus);
	CU_ASSERT_TRUE(bus.contended);
	CU_ASSERT_EQUAL(load(0, 0, DRAM), 110);
	CU_ASSERT_EQUAL(load(0, 1, DRAM), 110);		/* priority 1 is before 7 */
	CU_ASSERT_EQUAL(load(110, 0, DRAM), 400 + 110 + 40);
}

static void more_requests_than_the_queue_holds_are_all_served(void)
{
	begin(&queue, true, true);
	for (unsigned int i = 0; i < 3 * BUS_QUEUE_MAX; i++)
		CU_ASSERT_EQUAL(load(0, 3, DRAM), i * 40 + 110);
	/* The oldest turns are final by now: the slave was given away up to there. */
	CU_ASSERT_EQUAL(load(1, 0, DRAM), (2 * BUS_QUEUE_MAX + 1) * 40 + 110);
}

/* ---- Banks ------------------------------------------------------------------------------------------------------ */

static void open_row_is_faster_and_another_row_of_its_bank_closes_it(void)
{
	begin(&banks, false, true);
	CU_ASSERT_EQUAL(load(0, 0, DRAM), 90 + 40);
	CU_ASSERT_EQUAL(load(1000, 0, DRAM + 2047 - 63), 1000 + 50 + 40);
	CU_ASSERT_EQUAL(load(2000, 0, DRAM + 2048), 2000 + 90 + 40);	/* the next bank */
	CU_ASSERT_EQUAL(load(3000, 0, DRAM), 3000 + 50 + 40);
	CU_ASSERT_EQUAL(load(4000, 0, DRAM + 8 * 2048), 4000 + 90 + 40);	/* the first bank's next row */
	CU_ASSERT_EQUAL(load(5000, 0, DRAM), 5000 + 90 + 40);
}

static void banks_open_rows_at_the_same_time_and_one_bank_one_after_the_other(void)
{
	begin(&banks, false, true);
	CU_ASSERT_EQUAL(load(0, 0, DRAM), 90 + 40);
	CU_ASSERT_EQUAL(load(0, 1, DRAM + 2048), 130 + 40);	/* begins at 40; its bytes follow those of the first */
	begin(&banks, false, true);
	CU_ASSERT_EQUAL(load(0, 0, DRAM), 90 + 40);
	CU_ASSERT_EQUAL(load(0, 1, DRAM + 8 * 2048), 80 + 90 + 40);	/* its bank is busy until 40 + 40 */
}

static void posted_store_to_a_bank_opens_the_row_behind_its_initiators_back(void)
{
	begin(&banks, false, true);
	CU_ASSERT_EQUAL(bus_request(&bus, 0, 0, DRAM, 64, true, &error), (10 + 40) * NS);
	CU_ASSERT_EQUAL(load(1000, 0, DRAM), 1000 + 50 + 40);
}

/* ---- Errors ------------------------------------------------------------------------------------------------------ */

static void address_without_a_slave_is_a_decode_error(void)
{
	static const struct {
		uint64_t pa;
		unsigned int bytes;
		bool served;
	} tried[] = { { DRAM, 64, true }, { DRAM + DRAM_BYTES - 64, 64, true }, { DRAM + DRAM_BYTES - 63, 64, false },
		      { DRAM + DRAM_BYTES, 1, false }, { DRAM - 1, 2, false }, { HOLE, 4, false }, { 0, 4, false },
		      { UINT64_MAX, 4, false } };

	begin(&queue, false, false);
	for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		error = TRACE_FAULT_UNHOOKED;
		CU_ASSERT_EQUAL(bus_request(&bus, 0, 0, tried[i].pa, tried[i].bytes, false, &error) != BUS_REFUSED,
				tried[i].served);
		CU_ASSERT_EQUAL(error, tried[i].served ? TRACE_FAULT_UNHOOKED : TRACE_FAULT_BUS_DECODE);
	}
}

static void region_without_power_refuses_until_it_has_it_again(void)
{
	begin(&queue, false, false);
	bus_power(&bus, 1, false);
	CU_ASSERT_EQUAL(bus_request(&bus, 0, 0, SRAM, 4, true, &error), BUS_REFUSED);
	CU_ASSERT_EQUAL(error, TRACE_FAULT_POWERED_OFF);
	CU_ASSERT_NOT_EQUAL(bus_request(&bus, 0, 0, DRAM, 4, true, &error), BUS_REFUSED);
	bus_power(&bus, 1, true);
	CU_ASSERT_NOT_EQUAL(bus_request(&bus, 0, 0, SRAM, 4, true, &error), BUS_REFUSED);
}

static void regions_of_one_slave_have_power_each_for_itself(void)
{
	begin(&queue, false, false);
	platform.region[1].slave = 0;
	bus_power(&bus, 1, false);
	CU_ASSERT_FALSE(bus_check(&bus, SRAM, 4, &error));
	CU_ASSERT_TRUE(bus_check(&bus, DRAM, 4, &error));
	bus_reset(&bus);
	CU_ASSERT_TRUE(bus_check(&bus, SRAM, 4, &error));
}

static void plan_for(const char *text)
{
	char why[256] = "";

	CU_ASSERT_TRUE_FATAL(choose_plan_parse(&plan, text, why, sizeof(why)));
	chooser_begin_plan(&chooser, &plan);
	engine.chooser = &chooser;
}

static void slave_may_answer_with_an_error_only_where_the_platform_says_so(void)
{
	begin(&queue, false, false);
	plan_for("bus.error#1:1");
	platform.region[1].may_fail = true;
	CU_ASSERT_NOT_EQUAL(bus_request(&bus, 0, 0, DRAM, 4, false, &error), BUS_REFUSED);
	CU_ASSERT_EQUAL(chooser.asked, 0);
	CU_ASSERT_NOT_EQUAL(bus_request(&bus, 0, 0, SRAM, 4, false, &error), BUS_REFUSED);
	CU_ASSERT_EQUAL(bus_request(&bus, 0, 0, SRAM, 4, false, &error), BUS_REFUSED);
	CU_ASSERT_EQUAL(error, TRACE_FAULT_BUS_SLAVE);
	CU_ASSERT_NOT_EQUAL(bus_request(&bus, 0, 0, SRAM, 4, false, &error), BUS_REFUSED);
	CU_ASSERT_EQUAL(chooser.asked, 3);
	CU_ASSERT_TRUE(chooser_done(&chooser));
}

static void slave_without_power_is_not_asked_whether_it_fails(void)
{
	begin(&queue, false, false);
	plan_for("-");
	platform.region[1].may_fail = true;
	bus_power(&bus, 1, false);
	CU_ASSERT_FALSE(bus_check(&bus, SRAM, 4, &error));
	CU_ASSERT_EQUAL(error, TRACE_FAULT_POWERED_OFF);
	CU_ASSERT_EQUAL(chooser.asked, 0);
}

/* ---- A naive bus ------------------------------------------------------------------------------------------------- */

#define PERIOD_MAX 12	/* requests until the bus is left alone for long enough to be idle */

struct naive_request {
	unsigned int initiator;
	uint64_t from, pa, bytes;
	bool store;
	uint64_t told, turn, done;
	bool charged, served;
};

struct naive {
	const struct platform_slave *slave;
	bool fixed_priority;
	struct naive_request request[PERIOD_MAX];
	unsigned int requests;
	unsigned int last;				/* served, when the bus was last idle */
	uint64_t row[PLATFORM_BANKS_MAX];		/* open then; 0: none */
	uint64_t next[BUS_INITIATORS_MAX], limit[BUS_INITIATORS_MAX], owed[BUS_INITIATORS_MAX];
};

/* While it serves: where the command wires, the data wires and the banks are free again. */
struct naive_wires {
	uint64_t command, data, bank[PLATFORM_BANKS_MAX], row[PLATFORM_BANKS_MAX];
	unsigned int last;
};

static struct naive_request *naive_first(struct naive *n, unsigned int initiator, uint64_t now)
{
	for (unsigned int i = 0; i < n->requests; i++)
		if (!n->request[i].served && n->request[i].initiator == initiator && n->request[i].from <= now)
			return &n->request[i];
	return NULL;
}

/* Round robin asks one initiator after the other, fixed priority always from the first on: numbers are priorities. */
static struct naive_request *naive_choose(struct naive *n, const struct naive_wires *w, uint64_t now)
{
	for (unsigned int k = 1; k <= BUS_INITIATORS_MAX; k++) {
		unsigned int initiator = n->fixed_priority ? k - 1 : (w->last + k) % BUS_INITIATORS_MAX;
		struct naive_request *r = naive_first(n, initiator, now);

		if (r)
			return r;
	}
	return NULL;
}

static void naive_serve(const struct naive *n, struct naive_wires *w, struct naive_request *r, uint64_t now)
{
	const struct platform_slave *s = n->slave;
	uint64_t wires = r->bytes * 1000 * NS / s->bandwidth_mb_s, start = now, wait = s->read_ns * NS;

	r->turn = now;
	r->served = true;
	w->last = r->initiator;
	if (s->banks) {
		uint64_t row = r->pa / (s->banks * s->row_bytes) + 1;
		unsigned int bank = (unsigned int)(r->pa % (s->banks * s->row_bytes) / s->row_bytes);
		bool open = w->row[bank] == row;

		if (w->bank[bank] > start)
			start = w->bank[bank];
		wait = (open ? s->row_hit_ns : s->row_miss_ns) * NS;
		w->bank[bank] = start + wires + (open ? 0 : MISS_MORE * NS);
		w->row[bank] = row;
		if (w->data > start + wait)
			wait = w->data - start;
		w->data = start + wait + wires;
	}
	w->command = start + wires;
	r->done = start + (r->store ? s->write_ns * NS : wait) + wires;
}

/* Everything since the bus was last idle, as if nobody came any more. */
static struct naive_wires naive_run(struct naive *n)
{
	struct naive_wires w = { .last = n->last };

	memcpy(w.row, n->row, sizeof(w.row));
	for (unsigned int i = 0; i < n->requests; i++)
		n->request[i].served = false;
	for (unsigned int done = 0; done < n->requests; done++) {
		struct naive_request *r = naive_choose(n, &w, w.command);
		uint64_t now = w.command;

		if (!r) {
			now = UINT64_MAX;
			for (unsigned int i = 0; i < n->requests; i++)
				if (!n->request[i].served && n->request[i].from < now)
					now = n->request[i].from;
			r = naive_choose(n, &w, now);
		}
		naive_serve(n, &w, r, now);
	}
	return w;
}

/* Whose turn came before `now` keeps it; if it was told too early, that is owed from then on. */
static void naive_settle(struct naive *n, uint64_t now)
{
	struct naive_wires w = naive_run(n);

	for (unsigned int i = 0; i < n->requests; i++) {
		struct naive_request *r = &n->request[i];

		if (r->turn >= now || r->charged)
			continue;
		r->charged = true;
		if (r->done > r->told)
			n->owed[r->initiator] += r->done - r->told;
	}
	if (n->requests == PERIOD_MAX) { /* idle for long: see random_requests */
		n->requests = 0;
		n->last = w.last;
		memcpy(n->row, w.row, sizeof(n->row));
	}
}

static uint64_t naive_request(struct naive *n, struct naive_request r)
{
	struct naive_request *mine;
	uint64_t owed, now = r.from;

	naive_settle(n, now);
	if (n->limit[r.initiator]) {
		if (n->next[r.initiator] > now)
			r.from = n->next[r.initiator];
		n->next[r.initiator] = r.from + r.bytes * 1000 * NS / n->limit[r.initiator];
	}
	mine = &n->request[n->requests++];
	*mine = r;
	naive_run(n);
	mine->told = mine->done;
	owed = n->owed[r.initiator];
	n->owed[r.initiator] = 0;
	return mine->told + owed;
}

/* ---- A million requests ------------------------------------------------------------------------------------------ */

struct traffic {
	uint64_t random, now;
	unsigned int left;	/* of a period */
};

/* Crowded, so that several wait; after PERIOD_MAX of them a pause that is longer than all of them and their limits. */
static struct naive_request draw(struct traffic *t)
{
	if (!t->left--) {
		t->left = PERIOD_MAX - 1;
		t->now += 1000000 * NS;
	}
	t->now += random_below(&t->random, 3) * random_below(&t->random, 15) * NS;
	struct naive_request r = { .from = t->now };

	r.initiator = (unsigned int)random_below(&t->random, BUS_INITIATORS_MAX);
	r.pa = DRAM + random_below(&t->random, 3 * 8) * 2048 + random_below(&t->random, 16) * 64;
	r.bytes = 1 + random_below(&t->random, 64);
	r.store = random_below(&t->random, 4) == 0;
	return r;
}

static bool completion_is_possible(const struct naive_request *r, const struct platform_slave *s, uint64_t done)
{
	uint64_t least = r->store ? s->write_ns : s->banks ? s->row_hit_ns : s->read_ns;

	return done >= r->from + least * NS + r->bytes * 1000 * NS / s->bandwidth_mb_s;
}

static void random_requests(const struct platform_slave *slave, bool fixed_priority)
{
	struct traffic traffic = { .random = slave->banks * 2 + fixed_priority, .left = PERIOD_MAX };
	unsigned int wrong = 0, operations = random_operations() / 4, waited = 0;
	static struct naive naive;

	begin(slave, fixed_priority, true);
	naive = (struct naive){ .slave = &platform.slave[0], .fixed_priority = fixed_priority,
				.last = BUS_INITIATORS_MAX - 1 };
	naive.limit[2] = 320;
	bus_limit(&bus, 2, 320);
	for (unsigned int i = 0; i < operations; i++) {
		struct naive_request r = draw(&traffic);
		uint64_t expected = naive_request(&naive, r);
		uint64_t done = bus_request(&bus, r.from, r.initiator, r.pa, (unsigned int)r.bytes, r.store, &error);

		wrong += done != expected || !completion_is_possible(&r, slave, done);
		waited += done > r.from + (uint64_t)(200 * NS);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_TRUE(waited > operations / 20 && waited < operations);
}

static void random_requests_are_served_as_the_naive_bus_serves_them(void)
{
	random_requests(&queue, false);
	random_requests(&queue, true);
	random_requests(&banks, false);
	random_requests(&banks, true);
}

/* Which of three regions answers: by their addresses, and which have power, kept apart. */
static void a_million_random_checks_answer_as_regions_and_power_say(void)
{
	static const struct {
		uint64_t start, size;
		bool served;
	} regions[] = { { DRAM, DRAM_BYTES, true }, { SRAM, SRAM_BYTES, true }, { HOLE, 0x1000, false } };
	bool off[3] = { false, false, false };
	uint64_t random = 5;
	unsigned int wrong = 0;

	begin(&queue, false, false);
	for (unsigned int n = random_operations(); n--;) {
		unsigned int i = (unsigned int)random_below(&random, 3), bytes = 1 + (unsigned int)random_below(&random, 64);
		uint64_t at = regions[i].start + regions[i].size - 32 - random_below(&random, 64);
		bool inside = at + bytes <= regions[i].start + regions[i].size, answered;

		if (random_below(&random, 8) == 0) {
			off[i] = !off[i];
			bus_power(&bus, i, !off[i]);
		}
		answered = bus_check(&bus, at, bytes, &error);
		wrong += answered != (regions[i].served && inside && !off[i]);
		wrong += !answered && error != (regions[i].served && inside ? TRACE_FAULT_POWERED_OFF : TRACE_FAULT_BUS_DECODE);
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

/* ---- The error of a queue in place of banks ------------------------------------------------------------------- */

static uint64_t next_address(bool linear, unsigned int i, uint64_t *random)
{
	return DRAM + (linear ? i * 64 % DRAM_BYTES : random_below(random, DRAM_BYTES / 64) * 64);
}

/* Mean time of a request, in fs: one initiator that waits for each answer. */
static double mean_waiting(const struct platform_slave *dram, bool linear, unsigned int requests)
{
	uint64_t random = 1, now = 0;

	begin(dram, false, true);
	for (unsigned int i = 0; i < requests; i++)
		now = bus_request(&bus, now, 0, next_address(linear, i, &random), 64, false, &error);
	return (double)now / requests;
}

/*
 * The same, of four that do not: each in a quarter of memory of its own, together 64 bytes per 57 ns of 40 (70 %). When
 * they are linear they begin `apart` bytes into their quarters: 0 keeps all of them in one bank, in rows of their own.
 */
static double mean_of_four(const struct platform_slave *dram, bool linear, unsigned int requests, uint64_t apart)
{
	uint64_t random = 1, now = 0;
	double sum = 0;

	begin(dram, false, true);
	for (unsigned int i = 0; i < requests; i++) {
		uint64_t at = (next_address(linear, i / 4, &random) + i % 4 * apart) % (DRAM_BYTES / 4);
		uint64_t pa = DRAM + i % 4 * (DRAM_BYTES / 4) + at;

		now += random_below(&random, 2 * 57 + 1) * NS;
		sum += (double)(bus_request(&bus, now, i % 4, pa, 64, false, &error) - now);
	}
	return sum / requests;
}

static double mean_loaded(const struct platform_slave *dram, bool linear, unsigned int requests)
{
	return mean_of_four(dram, linear, requests, 2 * 2048);
}

static double mean_in_one_bank(const struct platform_slave *dram, bool linear, unsigned int requests)
{
	return mean_of_four(dram, linear, requests, 0);
}

static double error_percent(double (*mean)(const struct platform_slave *dram, bool linear, unsigned int requests),
			    bool linear)
{
	unsigned int requests = 65536; /* 2,048 rows */
	double simple = mean(&queue, linear, requests), banked = mean(&banks, linear, requests);
	double percent = (simple - banked) / banked * 100;

	printf("\n    queue instead of banks, %s, %s: %+.1f %%",
	       mean == mean_waiting ? "one waits" : "four do not wait", linear ? "linear" : "random", percent);
	return percent;
}

/* Linear: one of 32 requests misses its row, 50 + 40 / 32 + 40 = 91.25 ns against 110. Random: 90 + 40 against 110. */
static void error_of_a_queue_for_one_initiator_is_what_its_mean_latency_makes(void)
{
	CU_ASSERT_DOUBLE_EQUAL(error_percent(mean_waiting, true), 20.5, 0.1);
	CU_ASSERT_DOUBLE_EQUAL(error_percent(mean_waiting, false), -15.4, 0.2);
}

/* Waiting for each other comes on top; bus.h states these bounds. */
static void error_of_a_queue_under_load_is_in_its_stated_bounds(void)
{
	double linear = error_percent(mean_loaded, true), random = error_percent(mean_loaded, false);

	CU_ASSERT_TRUE(linear > 10 && linear < 30);
	CU_ASSERT_TRUE(random > -30 && random < -15);
}

/*
 * Each stream closes the others' rows: a request keeps the bank for 80 ns, and they come every 57. After 65,536 of them
 * the last one waits for 23 ns of each, 1.5 ms, and half of that is the mean; the queue notices nothing.
 */
static void streams_that_meet_in_one_bank_are_what_a_queue_cannot_show(void)
{
	CU_ASSERT_DOUBLE_EQUAL(mean_in_one_bank(&banks, true, 65536) / (double)NS, 65536 * 23 / 2.0, 65536);
	CU_ASSERT_TRUE(mean_in_one_bank(&queue, true, 65536) < 200 * (double)NS);
}

static CU_TestInfo sentences[] = {
	SENTENCE(fixed_cost_is_latency_and_transfer_whatever_else_goes_on),
	SENTENCE(alone_a_queue_costs_the_same_in_both_modes),
	SENTENCE(slaves_do_not_wait_for_each_other),
	SENTENCE(second_one_waits_for_the_transfer_of_the_first_and_not_longer),
	SENTENCE(higher_priority_goes_before_one_that_waits_and_that_one_is_charged_later),
	SENTENCE(what_is_being_served_is_not_interrupted),
	SENTENCE(at_the_same_moment_the_higher_priority_is_first),
	SENTENCE(round_robin_gives_every_initiator_its_turn),
	SENTENCE(limit_spaces_requests_and_lets_others_pass),
	SENTENCE(limit_and_priority_come_from_the_platform_and_come_back_at_a_reset),
	SENTENCE(more_requests_than_the_queue_holds_are_all_served),
	SENTENCE(open_row_is_faster_and_another_row_of_its_bank_closes_it),
	SENTENCE(banks_open_rows_at_the_same_time_and_one_bank_one_after_the_other),
	SENTENCE(posted_store_to_a_bank_opens_the_row_behind_its_initiators_back),
	SENTENCE(address_without_a_slave_is_a_decode_error),
	SENTENCE(region_without_power_refuses_until_it_has_it_again),
	SENTENCE(regions_of_one_slave_have_power_each_for_itself),
	SENTENCE(slave_may_answer_with_an_error_only_where_the_platform_says_so),
	SENTENCE(slave_without_power_is_not_asked_whether_it_fails),
	SENTENCE(random_requests_are_served_as_the_naive_bus_serves_them),
	SENTENCE(a_million_random_checks_answer_as_regions_and_power_say),
	SENTENCE(error_of_a_queue_for_one_initiator_is_what_its_mean_latency_makes),
	SENTENCE(error_of_a_queue_under_load_is_in_its_stated_bounds),
	SENTENCE(streams_that_meet_in_one_bank_are_what_a_queue_cannot_show),
	CU_TEST_INFO_NULL
};

int main(void)
{
	int status = sentences_run("bus", sentences);

	chooser_fini(&chooser);
	return status;
}
