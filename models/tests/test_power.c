/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Power states and moves: each cell of state, move and asker; boot times; dozing; crashes. What a move does is a word
 * of letters that operations append to. Timers are fired by hand. At random: against the table below.
 */
#include <string.h>

#include "models/power.h"
#include "models/tests/random.h"
#include "sim/tests/sentences.h"

#define STATES 6
#define ASKERS 4
#define PROCESSORS 3
#define BOOT_NS 100

static struct engine engine;
static struct chooser chooser;
static struct choose_plan plan;
static struct power power;
static char did[PROCESSORS][16];
static bool pending[PROCESSORS];
static struct trace_event told[4];
static unsigned int tells;

/*
 * "WHO:STATE:WHAT", NULL: nobody may. Who: h the host, s itself, c another core of its cluster, e the environment. What: S stop, U suspend, R resume,
 * C caches lost, M memory lost, P memory powered, G the first instruction; a boot's G comes later.
 */
static const char *const table[STATES][POWER_MOVES] = {
	[TRACE_POWER_OFF] = { [POWER_START] = "hce:booting:P" },
	[TRACE_POWER_STOPPED] = { [POWER_START] = "hce:booting:", [POWER_CUT] = "he:off:M" },
	[TRACE_POWER_BOOTING] = { [POWER_BOOTED] = "e:on:G",
				  [POWER_STOP] = "hc:stopped:",
				  [POWER_RESET] = "he:booting:",
				  [POWER_CRASH] = "e:crashed:",
				  [POWER_CUT] = "he:off:M" },
	[TRACE_POWER_ON] = { [POWER_STOP] = "hsc:stopped:SC",
			     [POWER_RESET] = "hse:booting:SC",
			     [POWER_SUSPEND] = "hs:suspended:U",
			     [POWER_DOZE] = "hs:suspended:U",
			     [POWER_CRASH] = "hse:crashed:S",
			     [POWER_CUT] = "hse:off:SCM" },
	[TRACE_POWER_SUSPENDED] = { [POWER_STOP] = "hc:stopped:SC",
				    [POWER_RESET] = "he:booting:SC",
				    [POWER_RESUME] = "he:on:R",
				    [POWER_WAKE] = "e:on:R",
				    [POWER_CRASH] = "e:crashed:S",
				    [POWER_CUT] = "he:off:SCM" },
	[TRACE_POWER_CRASHED] = { [POWER_STOP] = "hc:stopped:SC",
				  [POWER_RESET] = "he:booting:SC",
				  [POWER_CUT] = "he:off:SCM" },
};

static bool may(const char *cell, enum trace_asker by)
{
	static const char letters[ASKERS] = {
		[TRACE_ASKER_HOST] = 'h', [TRACE_ASKER_SELF] = 's', [TRACE_ASKER_CLUSTER] = 'c',
		[TRACE_ASKER_ENVIRONMENT] = 'e'
	};

	return cell && memchr(cell, letters[by], strcspn(cell, ":"));
}

static enum trace_power state_after(const char *cell)
{
	const char *name = strchr(cell, ':') + 1;
	size_t length = strcspn(name, ":");
	unsigned int state = 0;

	while (strlen(trace_enum_name("power", state)) != length ||
	       memcmp(name, trace_enum_name("power", state), length))
		state++;
	return (enum trace_power)state;
}

static void note(unsigned int id, char letter)
{
	size_t length = strlen(did[id]);

	CU_ASSERT_FATAL(length + 1 < sizeof(did[id]));
	did[id][length] = letter;
	did[id][length + 1] = '\0';
}

#define NOTES(name, letter) \
	static void name(void *ctx, unsigned int id) \
	{ \
		CU_ASSERT_PTR_EQUAL(ctx, &power); \
		CU_ASSERT_TRUE(letter != 'M' || power.processor[id].state == TRACE_POWER_OFF); \
		CU_ASSERT_TRUE(letter != 'P' || power.processor[id].state == TRACE_POWER_BOOTING); \
		note(id, letter); \
	}
NOTES(note_start, 'G')
NOTES(note_stop, 'S')
NOTES(note_suspend, 'U')
NOTES(note_resume, 'R')
NOTES(note_caches, 'C')
NOTES(note_memory, 'M')
NOTES(note_powered, 'P')

static bool is_interrupted(void *ctx, unsigned int id)
{
	(void)ctx;
	return pending[id];
}

static const struct power_ops ops = {
	.start = note_start,
	.stop = note_stop,
	.suspend = note_suspend,
	.resume = note_resume,
	.lose_caches = note_caches,
	.lose_memory = note_memory,
	.gain_memory = note_powered,
	.interrupted = is_interrupted,
};

static void on_event(void *ctx, const struct trace_event *event)
{
	(void)ctx;
	if (event->id == EVENT_power && tells < sizeof(told) / sizeof(told[0]))
		told[tells++] = *event;
}

static void forget(void)
{
	memset(did, 0, sizeof(did));
	tells = 0;
}

static void begin(uint32_t boot_ns)
{
	memset(&engine, 0, sizeof(engine));
	memset(pending, 0, sizeof(pending));
	engine.chooser = &chooser;
	engine.listener[0].event = on_event;
	engine.listeners = 1;
	power = (struct power){ .engine = &engine, .ops = &ops, .ctx = &power, .processors = PROCESSORS };
	for (unsigned int id = 0; id < PROCESSORS; id++)
		power.processor[id].boot_ns = boot_ns;
	power.processor[0].boots = true;
	power_reset(&power);
	plan.count = 0;
	chooser_begin_plan(&chooser, &plan);
	forget();
}

static void fire(unsigned int i)
{
	struct engine_timer timer = engine.timer[i];

	engine.timer[i] = engine.timer[--engine.timers];
	engine.now = timer.when;
	timer.fire(timer.ctx, timer.arg);
}

static bool host_asks(enum power_move move)
{
	return power_request(&power, 1, move, TRACE_ASKER_HOST);
}

/* ---- The table -------------------------------------------------------------------------------------- */

static void try_move(enum trace_power from, enum power_move move, enum trace_asker by)
{
	const char *cell = table[from][move];
	bool permitted = may(cell, by);

	begin(BOOT_NS);
	power.processor[1].state = from;
	CU_ASSERT_EQUAL(power_request(&power, 1, move, by), permitted);
	CU_ASSERT_EQUAL(power.processor[1].state, permitted ? state_after(cell) : from);
	CU_ASSERT_STRING_EQUAL(did[1], permitted ? strrchr(cell, ':') + 1 : "");
	CU_ASSERT_EQUAL(tells, permitted);
	CU_ASSERT_EQUAL(engine.timers, permitted && state_after(cell) == TRACE_POWER_BOOTING);
	if (!permitted)
		return;
	CU_ASSERT_EQUAL(told[0].power.agent, 1);
	CU_ASSERT_EQUAL(told[0].power.state, state_after(cell));
	CU_ASSERT_EQUAL(told[0].power.by, by);
}

static void each_move_does_what_the_table_says_for_whoever_may_ask_and_nothing_otherwise(void)
{
	for (unsigned int from = 0; from < STATES; from++)
		for (unsigned int move = 0; move < POWER_MOVES; move++)
			for (unsigned int by = 0; by < ASKERS; by++)
				try_move((enum trace_power)from, (enum power_move)move, (enum trace_asker)by);
}

static void a_move_is_one_processors(void)
{
	begin(BOOT_NS);
	CU_ASSERT_TRUE(host_asks(POWER_START));
	CU_ASSERT_EQUAL(power.processor[0].state, TRACE_POWER_ON);
	CU_ASSERT_EQUAL(power.processor[2].state, TRACE_POWER_OFF);
	CU_ASSERT_STRING_EQUAL(did[0], "");
	CU_ASSERT_STRING_EQUAL(did[2], "");
}

static void when_the_machine_is_switched_on_who_boots_runs_and_the_others_are_off(void)
{
	begin(BOOT_NS);
	CU_ASSERT_TRUE(host_asks(POWER_START));
	CU_ASSERT_TRUE(power_request(&power, 0, POWER_CUT, TRACE_ASKER_ENVIRONMENT));
	power_reset(&power);
	CU_ASSERT_EQUAL(power.processor[0].state, TRACE_POWER_ON);
	CU_ASSERT_EQUAL(power.processor[1].state, TRACE_POWER_OFF);
}

/* ---- Booting ---------------------------------------------------------------------------------------- */

static void first_instruction_comes_a_boot_time_after_the_release(void)
{
	begin(BOOT_NS);
	engine.now = 7 * ENGINE_FS_PER_NS;
	CU_ASSERT_TRUE(host_asks(POWER_START));
	CU_ASSERT_EQUAL(power.processor[1].state, TRACE_POWER_BOOTING);
	CU_ASSERT_EQUAL_FATAL(engine.timers, 1);
	CU_ASSERT_EQUAL(engine.timer[0].when, 107 * ENGINE_FS_PER_NS);
	fire(0);
	CU_ASSERT_EQUAL(power.processor[1].state, TRACE_POWER_ON);
	CU_ASSERT_STRING_EQUAL(did[1], "PG");
	CU_ASSERT_EQUAL(tells, 2);
	CU_ASSERT_EQUAL(told[1].power.by, TRACE_ASKER_ENVIRONMENT);
}

static void without_a_boot_time_it_comes_at_once(void)
{
	begin(0);
	CU_ASSERT_TRUE(host_asks(POWER_START));
	CU_ASSERT_EQUAL(engine.timers, 0);
	CU_ASSERT_STRING_EQUAL(did[1], "PG");
	CU_ASSERT_EQUAL(tells, 2);
	CU_ASSERT_EQUAL(told[0].power.state, TRACE_POWER_BOOTING);
	CU_ASSERT_EQUAL(told[1].power.state, TRACE_POWER_ON);
}

static void boot_that_was_cut_short_does_not_end_at_its_old_time(void)
{
	static const enum power_move cuts[] = { POWER_STOP, POWER_CUT };

	for (unsigned int i = 0; i < 2; i++) {
		begin(BOOT_NS);
		host_asks(POWER_START);
		CU_ASSERT_TRUE(host_asks(cuts[i]));
		fire(0);
		CU_ASSERT_EQUAL(power.processor[1].state, i ? TRACE_POWER_OFF : TRACE_POWER_STOPPED);
		CU_ASSERT_PTR_NULL(strchr(did[1], 'G'));
	}
	begin(BOOT_NS);
	host_asks(POWER_START);
	engine.now = 60 * ENGINE_FS_PER_NS;
	CU_ASSERT_TRUE(host_asks(POWER_RESET));
	CU_ASSERT_EQUAL_FATAL(engine.timers, 2);
	fire(0); /* at 100 ns */
	CU_ASSERT_EQUAL(power.processor[1].state, TRACE_POWER_BOOTING);
	fire(0); /* at 160 ns */
	CU_ASSERT_EQUAL(engine.now, 160 * ENGINE_FS_PER_NS);
	CU_ASSERT_EQUAL(power.processor[1].state, TRACE_POWER_ON);
	CU_ASSERT_STRING_EQUAL(did[1], "PG");
}

static void when_no_timer_is_left_it_boots_at_once(void)
{
	begin(BOOT_NS);
	engine.timers = ENGINE_TIMERS_MAX;
	CU_ASSERT_TRUE(host_asks(POWER_START));
	CU_ASSERT_EQUAL(power.processor[1].state, TRACE_POWER_ON);
	CU_ASSERT_STRING_EQUAL(did[1], "PG");
}

/* ---- Suspended -------------------------------------------------------------------------------------- */

static void interrupt_wakes_one_that_dozes_and_none_that_is_suspended(void)
{
	begin(0);
	host_asks(POWER_START);
	forget();
	CU_ASSERT_TRUE(host_asks(POWER_DOZE));
	power_interrupt(&power, 1);
	CU_ASSERT_EQUAL(power.processor[1].state, TRACE_POWER_ON);
	CU_ASSERT_STRING_EQUAL(did[1], "UR");
	CU_ASSERT_EQUAL(told[1].power.by, TRACE_ASKER_ENVIRONMENT);
	CU_ASSERT_TRUE(host_asks(POWER_SUSPEND));
	power_interrupt(&power, 1);
	CU_ASSERT_EQUAL(power.processor[1].state, TRACE_POWER_SUSPENDED);
	CU_ASSERT_TRUE(host_asks(POWER_RESUME));
	power_interrupt(&power, 1);
	CU_ASSERT_STRING_EQUAL(did[1], "URUR");
}

static void interrupt_that_is_pending_ends_a_doze_at_once(void)
{
	begin(0);
	host_asks(POWER_START);
	pending[1] = true;
	CU_ASSERT_TRUE(host_asks(POWER_SUSPEND));
	CU_ASSERT_EQUAL(power.processor[1].state, TRACE_POWER_SUSPENDED);
	CU_ASSERT_TRUE(host_asks(POWER_RESUME));
	CU_ASSERT_TRUE(host_asks(POWER_DOZE));
	CU_ASSERT_EQUAL(power.processor[1].state, TRACE_POWER_ON);
}

/* ---- Crashes ---------------------------------------------------------------------------------------- */

static void begin_crash(uint32_t at)
{
	begin(0);
	host_asks(POWER_START);
	forget();
	power.processor[1].may_crash = true;
	plan.count = 1;
	plan.surprise[0] =
		(struct choose_surprise){ .index = at, .option = 1, .pinned = true, .site = POWER_SITE_CRASH };
	chooser_begin_plan(&chooser, &plan);
}

static void plan_crashes_a_processor_at_the_access_that_it_names(void)
{
	begin_crash(2);
	CU_ASSERT_FALSE(power_crashes(&power, 1));
	CU_ASSERT_FALSE(power_crashes(&power, 1));
	CU_ASSERT_STRING_EQUAL(did[1], "");
	CU_ASSERT_TRUE(power_crashes(&power, 1));
	CU_ASSERT_TRUE(chooser_done(&chooser));
	CU_ASSERT_STRING_EQUAL(did[1], "S");
	CU_ASSERT_EQUAL(power.processor[1].state, TRACE_POWER_CRASHED);
	CU_ASSERT_EQUAL_FATAL(tells, 1);
	CU_ASSERT_EQUAL(told[0].power.by, TRACE_ASKER_ENVIRONMENT);
}

static void nobody_is_asked_about_a_processor_that_may_not_crash(void)
{
	begin_crash(0);
	CU_ASSERT_FALSE(power_crashes(&power, 0));
	CU_ASSERT_EQUAL(chooser.asked, 0);
	CU_ASSERT_TRUE(power_crashes(&power, 1));
	CU_ASSERT_EQUAL(chooser.asked, 1);
}

/* ---- At random -------------------------------------------------------------------------------------- */

static enum trace_power is[PROCESSORS];		/* by the table */
static uint64_t boot_ends[PROCESSORS];		/* UINT64_MAX: it does not boot */
static bool dozes[PROCESSORS];

static void expect_move(unsigned int id, enum power_move move)
{
	is[id] = state_after(table[is[id]][move]);
	dozes[id] = move == POWER_DOZE;
	boot_ends[id] = is[id] == TRACE_POWER_BOOTING ? engine.now + BOOT_NS * ENGINE_FS_PER_NS : UINT64_MAX;
}

static void random_move(uint64_t *seed, unsigned int id)
{
	enum power_move move = (enum power_move)random_below(seed, POWER_MOVES);
	enum trace_asker by = (enum trace_asker)random_below(seed, ASKERS);
	bool permitted = may(table[is[id]][move], by);

	if (engine.timers + 1 >= ENGINE_TIMERS_MAX) /* of boots that were cut short */
		return;
	if (permitted)
		expect_move(id, move);
	if (permitted && dozes[id] && pending[id])
		expect_move(id, POWER_WAKE);
	CU_ASSERT_EQUAL_FATAL(power_request(&power, id, move, by), permitted);
}

static unsigned int first_timer(void)
{
	unsigned int first = 0;

	for (unsigned int i = 1; i < engine.timers; i++)
		if (engine.timer[i].when < engine.timer[first].when)
			first = i;
	return first;
}

/* Everything that happens at the next time at which something does. */
static void random_time(uint64_t *seed)
{
	uint64_t when = engine.timers ? engine.timer[first_timer()].when : 0;

	if (!engine.timers)
		engine.now += random_below(seed, BOOT_NS) * ENGINE_FS_PER_NS;
	for (unsigned int id = 0; id < PROCESSORS; id++)
		if (boot_ends[id] == when)
			expect_move(id, POWER_BOOTED);
	while (engine.timers && engine.timer[first_timer()].when == when)
		fire(first_timer());
}

static void random_interrupt(uint64_t *seed, unsigned int id)
{
	pending[id] = random_below(seed, 2);
	if (pending[id] && dozes[id])
		expect_move(id, POWER_WAKE);
	if (pending[id])
		power_interrupt(&power, id);
}

/* Whatever is asked: nobody runs twice, with an old cache, or while another's word says that it stands still. */
static void check_did(unsigned int id)
{
	static bool runs[PROCESSORS], stands[PROCESSORS], filled[PROCESSORS], powered[PROCESSORS];

	if (!did[id][0] && is[id] == TRACE_POWER_ON && !runs[id])
		runs[id] = powered[id] = true, stands[id] = false, filled[id] = true; /* switched on */
	for (const char *c = did[id]; *c; c++) {
		CU_ASSERT_FATAL(*c != 'G' || (!runs[id] && !filled[id]));
		CU_ASSERT_FATAL(*c != 'U' || (runs[id] && !stands[id]));
		CU_ASSERT_FATAL(*c != 'R' || (runs[id] && stands[id]));
		CU_ASSERT_FATAL(*c != 'M' || (!filled[id] && powered[id]));
		CU_ASSERT_FATAL(*c != 'P' || !powered[id]);
		powered[id] = *c == 'P' || (powered[id] && *c != 'M');
		runs[id] = *c == 'G' || (runs[id] && *c != 'S');
		filled[id] = *c == 'G' || (filled[id] && *c != 'C');
		stands[id] = *c == 'U' || (stands[id] && *c != 'R' && *c != 'S');
	}
	did[id][0] = '\0';
	CU_ASSERT_EQUAL_FATAL(power.processor[id].state, is[id]);
	CU_ASSERT_EQUAL_FATAL(runs[id], is[id] == TRACE_POWER_ON || is[id] == TRACE_POWER_SUSPENDED);
	CU_ASSERT_EQUAL_FATAL(stands[id], is[id] == TRACE_POWER_SUSPENDED);
	CU_ASSERT_EQUAL_FATAL(powered[id], is[id] != TRACE_POWER_OFF);
}

static void a_million_random_operations_go_by_the_table(void)
{
	uint64_t seed = 1;

	begin(BOOT_NS);
	for (unsigned int id = 0; id < PROCESSORS; id++) {
		is[id] = id ? TRACE_POWER_OFF : TRACE_POWER_ON;
		boot_ends[id] = UINT64_MAX;
		dozes[id] = false;
		check_did(id);
	}
	for (unsigned int n = random_operations(); n--;) {
		unsigned int id = (unsigned int)random_below(&seed, PROCESSORS);

		switch (random_below(&seed, 8)) {
		case 0:
			random_time(&seed);
			break;
		case 1:
			random_interrupt(&seed, id);
			break;
		default:
			random_move(&seed, id);
		}
		for (id = 0; id < PROCESSORS; id++)
			check_did(id);
	}
}

static CU_TestInfo sentences[] = {
	SENTENCE(each_move_does_what_the_table_says_for_whoever_may_ask_and_nothing_otherwise),
	SENTENCE(a_move_is_one_processors),
	SENTENCE(when_the_machine_is_switched_on_who_boots_runs_and_the_others_are_off),
	SENTENCE(first_instruction_comes_a_boot_time_after_the_release),
	SENTENCE(without_a_boot_time_it_comes_at_once),
	SENTENCE(boot_that_was_cut_short_does_not_end_at_its_old_time),
	SENTENCE(when_no_timer_is_left_it_boots_at_once),
	SENTENCE(interrupt_wakes_one_that_dozes_and_none_that_is_suspended),
	SENTENCE(interrupt_that_is_pending_ends_a_doze_at_once),
	SENTENCE(plan_crashes_a_processor_at_the_access_that_it_names),
	SENTENCE(nobody_is_asked_about_a_processor_that_may_not_crash),
	SENTENCE(a_million_random_operations_go_by_the_table),
	CU_TEST_INFO_NULL
};

int main(void)
{
	int status = sentences_run("power", sentences);

	chooser_fini(&chooser);
	return status;
}
