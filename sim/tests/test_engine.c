/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engine with a fake machine and programs that are functions of this file: order, timers, waits, interrupts,
 * parking, fairness, surprises of schedule, retirement, the end of a run. What memory does is not here: an access of the
 * fake costs ten cycles and is logged with its time. A log is words such as "h20": the host's access at 20 ns.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/engine.h"
#include "sim/tests/sentences.h"

#define NS ENGINE_FS_PER_NS
#define PRIVATE 256u
#define SHARED 4096u
#define DATA 2048u		/* from here on in shared memory it is not control memory */
#define STACK 65536u
#define HEAP 4096u
#define LINES (SHARED / 64)
#define ACCESS_CYCLES 10
#define ENTRY_CYCLES 7
#define EXIT_CYCLES 3
#define SPINS 5

void __tsan_read_range(void *p, size_t size);
void __tsan_write_range(void *p, size_t size);

static struct engine engine;
static struct chooser chooser;
static struct image image[2];
static struct choose_plan plan;
static _Alignas(64) uint8_t arena[PRIVATE + SHARED];	/* the same addresses for both */
static _Alignas(16) uint8_t stack[2][STACK];
static _Alignas(16) uint8_t heap[2][HEAP];
static size_t heap_limit[2];
static uint8_t line_flags[2][LINES];
static struct hook_touch touch[2][LINES];
static char said[4096];
static size_t said_size;
static size_t said_at_finish;
static unsigned int finishes;
static unsigned int settles;	/* how often the fake machine has something to settle: it stores 1 at shared 0 */
static unsigned int rechecks;
static uint64_t time_before;

static void __attribute__((format(printf, 1, 2))) say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (said_size < sizeof(said))
		said_size += (size_t)vsnprintf(said + said_size, sizeof(said) - said_size, format, args);
	va_end(args);
}

static unsigned long long now_ns(void)
{
	return engine.now / NS;
}

/* ---- The fake machine ------------------------------------------------------------------------------- */

#define FAULT_AT (SHARED - 4)

static size_t shared_at(uintptr_t va)
{
	return va - (uintptr_t)arena - PRIVATE;
}

static void fake_reset(void *m)
{
	(void)m;
	memset(arena, 0, sizeof(arena));
	time_before = 0;
}

static bool fake_is_control(void *m, struct agent *agent, uintptr_t va)
{
	(void)m;
	(void)agent;
	return shared_at(va) < DATA;
}

static bool one_granule;	/* what one stores is what the other waits for */

static bool fake_same_granule(void *m, struct agent *a, uintptr_t va, struct agent *b, uintptr_t vb)
{
	(void)m;
	(void)a;
	(void)b;
	return one_granule && va == vb;
}

static bool fake_access(void *m, struct agent *agent, uintptr_t va, size_t size, bool store, uint64_t pc)
{
	(void)m;
	(void)size;
	(void)store;
	(void)pc;
	if (shared_at(va) == FAULT_AT)
		return false;
	engine_charge(agent, shared_at(va) < SHARED ? ACCESS_CYCLES : 1);
	if (shared_at(va) < SHARED)
		say("%c%llu ", agent->name[0], now_ns());
	return true;
}

static void fake_retire(void *m, struct agent *agent, const struct agent_store *store)
{
	(void)m;
	if (shared_at(store->address) >= DATA)
		say("%c=%u ", agent->name[0], *(const uint8_t *)store->address);
}

static void fake_recheck(void *m, struct agent *agent)
{
	(void)m;
	(void)agent;
	rechecks++;
}

static void fake_sync(void *m, struct agent *agent)
{
	(void)m;
	(void)agent;
}

static bool fake_maintain(void *m, struct agent *agent, enum trace_maint op, uintptr_t va, size_t size, uint64_t pc)
{
	(void)m;
	(void)agent;
	(void)op;
	(void)va;
	(void)pc;
	return size != 0;
}

static void fake_barrier(void *m, struct agent *agent, enum trace_barrier kind)
{
	(void)m;
	(void)agent;
	say(kind == TRACE_BARRIER_DMB ? "dmb " : "dsb ");
}

#define TIMER 100u	/* channels from here on only log */

static void fake_fire(void *ctx, uint64_t channel)
{
	if (channel >= TIMER)
		say("t%llu@%llu ", (unsigned long long)channel - TIMER, now_ns());
	else
		engine_interrupt(ctx, (unsigned int)channel, 0);
}

#define FULL 5u		/* this channel refuses while memory says so */
#define QUEUE 6u	/* this one goes on with the next number, up to QUEUED */
#define QUEUED 3u

/* At `token` ns: an interrupt for the other agent, or a word in the log. */
static bool fake_mbox_send(void *m, struct agent *agent, unsigned int channel, uint64_t token, uint64_t pc)
{
	(void)m;
	if (channel == FULL) {
		say("try@%llu ", now_ns());
		if (!arena[PRIVATE])
			engine_in_vain(agent, pc, channel);
		return arena[PRIVATE];
	}
	return engine_at(&engine, token * NS, fake_fire, &engine.agent[1 - agent->id], channel);
}

static void fake_mbox_taken(void *m, struct agent *agent, unsigned int channel)
{
	(void)m;
	if (channel == QUEUE && agent->taken_token + 1 < QUEUED)
		engine_interrupt(agent, channel, agent->taken_token + 1);
}

static void *fake_region(void *m, struct agent *agent, const char *name)
{
	(void)m;
	(void)agent;
	(void)name;
	return NULL;
}

static uintptr_t fake_da_to_va(void *m, struct agent *agent, uint64_t da, uint64_t size)
{
	(void)m;
	(void)agent;
	return da + size;
}

static bool fake_remote_start(void *m, struct agent *agent)
{
	struct agent *remote = &engine.agent[1];

	(void)m;
	(void)agent;
	if (remote->state != AGENT_OFF)
		return false;
	agent_start(remote);
	return true;
}

static bool wakes;	/* the fake lets interrupts wake a suspended agent */

static void fake_wake(void *m, struct agent *agent)
{
	(void)m;
	if (wakes)
		agent_unsuspend(agent);
}

static unsigned int power_ons;

static void fake_power_on(void *m, struct agent *agent)
{
	(void)m;
	(void)agent;
	power_ons++;
}

/* What the host asks for its remote, or any agent for itself, by a call of the seam. */
enum fake_call { FAKE_STOP, FAKE_START, FAKE_SUSPEND, FAKE_UNSUSPEND, FAKE_CLOCK };

static uint64_t fake_call(void *m, struct agent *agent, enum machine_call call, uint64_t word[CALL_WORDS], uint64_t pc)
{
	struct agent *whom = word[1] ? agent : &engine.agent[1];

	(void)m;
	(void)pc;
	if (call == CALL_cpu_off) {
		agent_stop(agent);
		say("%c:off ", agent->name[0]);
		return 0;
	}
	switch ((enum fake_call)word[0]) {
	case FAKE_STOP:
		agent_stop(whom);
		break;
	case FAKE_START:
		agent_start(whom);
		break;
	case FAKE_SUSPEND:
		agent_suspend(whom);
		break;
	case FAKE_UNSUSPEND:
		agent_unsuspend(whom);
		break;
	case FAKE_CLOCK:
		agent_set_clock(whom, word[2]);
		break;
	}
	say("%c:call%llu@%llu ", agent->name[0], (unsigned long long)word[0], now_ns());
	return 0;
}

static bool fake_unaligned(void *m, struct agent *agent, uintptr_t va, size_t size, bool is_store, uint64_t pc)
{
	(void)m;
	(void)pc;
	say("%c:unaligned-%s%zu@%zu ", agent->name[0], is_store ? "st" : "ld", size, shared_at(va));
	return false;
}

static void fake_limit_heap(void *m, struct agent *agent, uintptr_t unused, uintptr_t end)
{
	(void)m;
	CU_ASSERT_EQUAL(end, (uintptr_t)heap[agent->id] + HEAP);
	heap_limit[agent->id] = (size_t)(unused - (uintptr_t)agent->program->heap);
}

static bool fake_settle(void *m)
{
	(void)m;
	if (!settles)
		return false;
	settles--;
	arena[PRIVATE] = 1;
	return true;
}

static void fake_tell_unseen(void *m)
{
	(void)m;
	say("unseen ");
}

/* Once, when nothing else happens any more. */
static void fake_finish(void *m)
{
	(void)m;
	finishes++;
	said_at_finish = said_size;
}

static const struct machine_ops fake_ops = {
	.reset = fake_reset, .remote_start = fake_remote_start, .wake = fake_wake, .call = fake_call,
	.power_on = fake_power_on, .limit_heap = fake_limit_heap, .is_control = fake_is_control, .same_granule = fake_same_granule, .access = fake_access,
	.unaligned = fake_unaligned,
	.retire = fake_retire,	     .recheck = fake_recheck,	    .sync = fake_sync,
	.maintain = fake_maintain,   .barrier = fake_barrier,	    .mbox_send = fake_mbox_send,
	.mbox_taken = fake_mbox_taken,
	.region = fake_region,	     .da_to_va = fake_da_to_va,	    .settle = fake_settle,
	.tell_unseen = fake_tell_unseen, .finish = fake_finish,
};

static void on_event(void *ctx, const struct trace_event *event)
{
	static const char *const why[] = { "deadlock", "budget", "no-access" };

	(void)ctx;
	CU_ASSERT_TRUE(event->time >= time_before);
	time_before = event->time;
	if (event->id == EVENT_fairness)
		say("fair%u ", event->fairness.round);
	else if (event->id == EVENT_hang)
		say("hang:%s ", why[event->hang.why]);
	else if (event->id == EVENT_exit)
		say("%c:exit%u ", engine.agent[event->exit.agent].name[0], event->exit.code);
	else if (event->id == EVENT_choice)
		say("%s:%u ", event->choice.site, event->choice.taken);
}

/* ---- What programs do ------------------------------------------------------------------------------- */

#define RET ((uintptr_t)__builtin_return_address(0))
#define REQUEST(...) hook_request(&(struct request){ .ret = RET, __VA_ARGS__ })

static uint8_t __attribute__((noinline)) load(size_t at)
{
	hook_load(arena + PRIVATE + at, 1, at + 1);
	return *(volatile uint8_t *)(arena + PRIVATE + at);
}

static void __attribute__((noinline)) store(size_t at, uint8_t value)
{
	hook_store(arena + PRIVATE + at, 1, at + 1);
	*(volatile uint8_t *)(arena + PRIVATE + at) = value;
}

static void compute(uint64_t cycles)
{
	for (uint64_t i = 0; i < cycles; i++) /* private accesses, a cycle each */
		hook_load(arena, 1, 1);
}

static bool wfi(uint64_t timeout_ns)
{
	return REQUEST(.kind = REQUEST_WFI, .value = timeout_ns) != 0;
}

static void sleep_ns(uint64_t ns)
{
	REQUEST(.kind = REQUEST_SLEEP, .value = ns);
}

static unsigned long long time_ns(void)
{
	return REQUEST(.kind = REQUEST_TIME);
}

static int send(unsigned int channel, uint64_t token)
{
	return (int)REQUEST(.kind = REQUEST_MBOX_SEND, .size = channel, .value = token);
}

static void attend(unsigned int channel, void (*isr)(void *arg, uint64_t token))
{
	uintptr_t address;

	memcpy(&address, &isr, sizeof(address));
	REQUEST(.kind = REQUEST_MBOX_REGISTER, .value = channel, .address = address);
}

static void interrupts(bool enabled)
{
	REQUEST(.kind = enabled ? REQUEST_IRQ_ENABLE : REQUEST_IRQ_DISABLE);
}

static void say_isr(void *arg, uint64_t token)
{
	(void)arg;
	(void)token;
	say("isr@%llu ", time_ns());
}

static int nothing(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

#define PROGRAM(name) \
	static int name(int argc, char **argv); \
	static void name##_body(void); \
	static int name(int argc, char **argv) \
	{ \
		(void)argc; \
		(void)argv; \
		name##_body(); \
		return 0; \
	} \
	static void name##_body(void)

/* ---- A run ------------------------------------------------------------------------------------------ */

typedef int program(int argc, char **argv);

static void set_up_agent(unsigned int id, program *main)
{
	struct agent *agent = &engine.agent[id];

	image[id] = (struct image){ .base = NULL, .size = SHARED, .main = main };
	*agent = (struct agent){ .engine = &engine, .id = id, .side = id ? TRACE_SIDE_REMOTE : TRACE_SIDE_HOST,
				 .name = id ? "remote" : "host", .fs_per_cycle = NS, .program = &engine.program[id], .boots = true,
				 .costs = { .interrupt_entry = ENTRY_CYCLES, .interrupt_exit = EXIT_CYCLES,
					    .private_millicycles = 1000, .hit = 1 },
				 .stack = stack[id], .stack_size = STACK };
	engine.program[id] = (struct program){ .image = &image[id], .heap = heap[id], .boot = agent, .cores = 1 };
	CU_ASSERT_TRUE_FATAL(heap_init(&engine.program[id].allocations, HEAP));
	agent->hook = (struct hook){ .base = (uintptr_t)arena, .private_size = PRIVATE, .shared_size = SHARED,
				     .line_flags = line_flags[id], .touch = touch[id], .line_shift = 6,
				     .private_cost = NS, .hit_cost = NS };
}

static void tear_down(void)
{
	for (unsigned int id = 0; id < 2; id++) {
		coro_fini(&engine.agent[id].coro);
		heap_fini(&engine.program[id].allocations);
	}
}

/* Both boot; no limits; the run is by `text`'s plan. */
static void set_up(program *host, program *remote, const char *text)
{
	char why[512] = "";

	tear_down();
	memset(&engine, 0, sizeof(engine));
	engine.config = (struct engine_config){ .time_max_ns = 1000000, .spins_to_park = SPINS };
	engine.agents = 2;
	engine.machine = &fake_ops;
	engine.chooser = &chooser;
	engine.listener[0].event = on_event;
	engine.listeners = 1;
	set_up_agent(0, host);
	set_up_agent(1, remote);
	settles = 0;
	wakes = false;
	CU_ASSERT_TRUE(choose_plan_parse(&plan, text, why, sizeof(why)));
}

static void run(void)
{
	said[0] = '\0';
	said_size = 0;
	chooser_begin_plan(&chooser, &plan);
	finishes = 0;
	engine_run(&engine);
	CU_ASSERT_TRUE(chooser_done(&chooser));
	CU_ASSERT_EQUAL(finishes, 1);
	CU_ASSERT_EQUAL(said_at_finish, said_size);
}

static void expect(const char *words)
{
	if (strcmp(said, words) != 0)
		fprintf(stderr, "expected: %s\nseen:     %s\n", words, said);
	CU_ASSERT_STRING_EQUAL(said, words);
}

/* ---- Order ------------------------------------------------------------------------------------------ */

PROGRAM(stores_three)
{
	for (uint8_t i = 1; i <= 3; i++)
		store(0, i);
}

static void agent_with_the_smallest_clock_goes_first_and_the_host_at_a_tie(void)
{
	set_up(stores_three, stores_three, "-");
	engine.agent[1].fs_per_cycle = 2 * NS + NS / 2; /* its accesses take 25 ns */
	run();
	expect("h0 r0 h10 h20 r25 h:exit0 r50 r:exit0 ");
}

PROGRAM(computes_then_stores)
{
	compute(15);
	store(0, 1);
}

static void private_work_takes_time_and_asks_nobody(void)
{
	set_up(stores_three, computes_then_stores, "-");
	run();
	expect("h0 h10 r15 h20 r:exit0 h:exit0 ");
	CU_ASSERT_EQUAL(engine.agent[1].hook.accesses, 16);
}

static void run_ahead_lets_private_work_overtake_but_no_shared_access(void)
{
	set_up(stores_three, computes_then_stores, "-");
	engine.config.run_ahead_ns = 1000;
	run();
	expect("h0 h10 r15 h20 r:exit0 h:exit0 ");
}

static void same_choices_give_the_same_run(void)
{
	char before[sizeof(said)];
	uint64_t events;

	set_up(stores_three, stores_three, "1:schedule.delay:1");
	run();
	strcpy(before, said);
	events = engine.events;
	run();
	expect(before);
	CU_ASSERT_EQUAL(engine.events, events);
	CU_ASSERT_EQUAL(engine.agent[0].hook.accesses, 3);
}

/* ---- Surprises of schedule -------------------------------------------------------------------------- */

static void delayed_agent_waits_until_its_peer_ends(void)
{
	set_up(stores_three, stores_three, "0:schedule.delay:1");
	engine.agent[1].fs_per_cycle = 2 * NS + NS / 2;
	run();
	expect("schedule.delay:1 r0 r25 r50 r:exit0 h75 h85 h95 h:exit0 ");
}

/* The remote's first store is known to be done at its second request, at 25 ns; then the host is as late as that. */
static void delayed_agent_goes_on_when_its_peer_has_stored_to_what_it_is_about_to_access(void)
{
	set_up(stores_three, stores_three, "0:schedule.delay:1");
	engine.agent[1].fs_per_cycle = 2 * NS + NS / 2;
	one_granule = true;
	run();
	one_granule = false;
	expect("schedule.delay:1 r0 h25 r25 h35 h45 r50 h:exit0 r:exit0 ");
}

static void briefly_delayed_agent_waits_for_one_access_of_its_peer(void)
{
	set_up(stores_three, stores_three, "0:schedule.delay:2");
	engine.agent[1].fs_per_cycle = 2 * NS + NS / 2;
	run();
	expect("schedule.delay:2 r0 h25 r25 h35 h45 r50 h:exit0 r:exit0 ");
}

PROGRAM(stores_kicks_stores)
{
	store(0, 1);
	send(TIMER, 10);
	store(0, 2);
}

static void delayed_agent_goes_on_when_its_peer_kicks(void)
{
	set_up(stores_three, stores_kicks_stores, "0:schedule.delay:1");
	run();
	expect("schedule.delay:1 r0 t0@10 h10 r10 h20 r:exit0 h30 h:exit0 ");
}

PROGRAM(stores_to_data)
{
	store(DATA, 1);
	store(DATA, 2);
}

static void accesses_of_control_memory_are_asked_about_and_of_data_memory_not(void)
{
	set_up(stores_to_data, stores_to_data, "-");
	run();
	CU_ASSERT_EQUAL(chooser.asked, 0);
	set_up(stores_three, stores_three, "-");
	run();
	/* Each access is asked about while the other agent could go instead: the last ones have nobody to let go. */
	CU_ASSERT_EQUAL(chooser.asked, 6);
}

static void agent_alone_is_not_asked_about(void)
{
	set_up(stores_three, nothing, "-");
	engine.agent[1].boots = false;
	run();
	CU_ASSERT_EQUAL(chooser.asked, 0);
}

/* ---- Timers, waits ---------------------------------------------------------------------------------- */

PROGRAM(sets_timers)
{
	send(TIMER + 1, 300);
	send(TIMER + 2, 100);
	send(TIMER + 3, 100);
	send(TIMER + 4, 0);
	sleep_ns(301);
}

static void timers_fire_in_the_order_of_time_then_of_setting(void)
{
	set_up(sets_timers, nothing, "-");
	run();
	expect("t4@0 r:exit0 t2@100 t3@100 t1@300 h:exit0 ");
}

static int timers_answers[ENGINE_TIMERS_MAX + 1];

PROGRAM(sets_too_many_timers)
{
	for (unsigned int i = 0; i < ENGINE_TIMERS_MAX + 1; i++)
		timers_answers[i] = send(TIMER, 1000);
}

static void one_timer_too_many_is_refused(void)
{
	set_up(sets_too_many_timers, nothing, "-");
	run();
	CU_ASSERT_EQUAL(timers_answers[ENGINE_TIMERS_MAX - 1], 0);
	CU_ASSERT_EQUAL(timers_answers[ENGINE_TIMERS_MAX], -1);
}

static uint64_t wait_ns;

PROGRAM(waits)
{
	bool interrupted;

	attend(0, say_isr);
	interrupted = wfi(wait_ns);
	say("%s@%llu ", interrupted ? "irq" : "timeout", time_ns());
}

PROGRAM(kicks_at_200)
{
	send(0, 200);
}

static void wait_ends_at_its_time_out_exactly(void)
{
	wait_ns = 500;
	set_up(waits, nothing, "-");
	run();
	expect("r:exit0 timeout@500 h:exit0 ");
}

static void interrupt_ends_a_wait_at_its_time_out_and_not_after(void)
{
	wait_ns = 200;
	set_up(waits, kicks_at_200, "-");
	run();
	expect("r:exit0 isr@207 irq@210 h:exit0 ");
	wait_ns = 199;
	run();
	expect("r:exit0 timeout@199 h:exit0 ");
}

static void wait_without_a_limit_lasts_until_the_interrupt(void)
{
	wait_ns = 0;
	set_up(waits, kicks_at_200, "-");
	run();
	expect("r:exit0 isr@207 irq@210 h:exit0 ");
}

PROGRAM(waits_masked_then_not)
{
	bool interrupted;

	attend(0, say_isr);
	engine_interrupt_mask(&engine.agent[0], 0, true);
	engine_interrupt(&engine.agent[0], 0, 0);
	interrupted = wfi(500);
	say("%s@%llu ", interrupted ? "irq" : "timeout", time_ns());
	engine_interrupt_mask(&engine.agent[0], 0, false);
	interrupted = wfi(500);
	say("%s@%llu ", interrupted ? "irq" : "timeout", time_ns());
}

static void masked_interrupt_ends_no_wait_and_is_taken_when_it_is_masked_no_more(void)
{
	set_up(waits_masked_then_not, nothing, "-");
	run();
	/* It is taken before the second wait begins, which it then cannot end. */
	expect("r:exit0 timeout@500 isr@507 timeout@1010 h:exit0 ");
}

PROGRAM(waits_masked)
{
	bool interrupted;

	attend(0, say_isr);
	engine_interrupt_mask(&engine.agent[0], 0, true);
	engine_interrupt(&engine.agent[0], 0, 0);
	interrupted = wfi(500);
	say("%s@%llu ", interrupted ? "irq" : "timeout", time_ns());
}

PROGRAM(unmasks_at_300)
{
	sleep_ns(300);
	engine_interrupt_mask(&engine.agent[0], 0, false);
}

static void wait_ends_when_a_pending_interrupt_is_masked_no_more(void)
{
	set_up(waits_masked, unmasks_at_300, "-");
	run();
	expect("r:exit0 isr@307 irq@310 h:exit0 ");
}

PROGRAM(sleeps)
{
	attend(0, say_isr);
	sleep_ns(500);
	say("slept@%llu ", time_ns());
}

PROGRAM(sleeps_500)
{
	sleep_ns(500);
	store(0, 1);
	store(0, 2);
}

PROGRAM(computes_500)
{
	compute(500);
	store(0, 1);
}

static void sleeper_wakes_in_time_for_its_turn(void)
{
	set_up(sleeps_500, computes_500, "-");
	run();
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "h500 r500 "));
}

static void sleep_is_not_shortened_by_an_interrupt(void)
{
	set_up(sleeps, kicks_at_200, "-");
	run();
	expect("r:exit0 isr@507 slept@510 h:exit0 ");
}

static void waiting_for_nobody_is_a_deadlock(void)
{
	wait_ns = 0;
	set_up(waits, nothing, "-");
	run();
	expect("r:exit0 hang:deadlock unseen ");
}

/* ---- Interrupts ------------------------------------------------------------------------------------- */

PROGRAM(waits_disabled)
{
	attend(0, say_isr);
	interrupts(false);
	say("%s ", wfi(0) ? "irq" : "timeout");
	store(0, 1);
	say("enable ");
	interrupts(true);
	say("enabled ");
}

static void disabled_interrupt_ends_a_wait_and_is_taken_before_enabling_returns(void)
{
	set_up(waits_disabled, kicks_at_200, "-");
	run();
	expect("r:exit0 irq h200 enable isr@217 enabled h:exit0 ");
}

static void slow_isr(void *arg, uint64_t token)
{
	(void)arg;
	(void)token;
	say("begin ");
	store(0, 1);
	store(0, 2);
	say("end ");
}

PROGRAM(attends_two)
{
	attend(0, slow_isr);
	attend(1, slow_isr);
	sleep_ns(1000);
}

PROGRAM(kicks_two)
{
	send(1, 200);
	send(0, 200);
}

static void token_isr(void *arg, uint64_t token)
{
	(void)arg;
	say("token%u ", (unsigned int)token);
}

PROGRAM(attends_a_queue)
{
	attend(QUEUE, token_isr);
	sleep_ns(1000);
}

PROGRAM(kicks_the_queue)
{
	send(QUEUE, 200);
}

static void handler_gets_the_token_that_it_was_called_for_though_the_next_is_pending(void)
{
	set_up(attends_a_queue, kicks_the_queue, "-");
	run();
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "token0 token1 token2 h:exit0 "));
}

static void handlers_run_one_after_the_other_lower_channels_first(void)
{
	set_up(attends_two, kicks_two, "-");
	run();
	expect("r:exit0 begin h1007 h1017 end begin h1037 h1047 end h:exit0 ");
}

PROGRAM(copies)
{
	attend(0, say_isr);
	compute(300);
	__tsan_write_range(arena + PRIVATE + DATA, 8);
	__tsan_read_range(arena + PRIVATE + 8, 8);
	memset(arena + PRIVATE + DATA, 7, 8); /* the copy comes after both hooks */
	store(DATA + 64, 9);
	store(DATA + 64, 10);
}

static void range_store_retires_after_its_copy_and_nothing_comes_between(void)
{
	set_up(copies, nothing, "-");
	run();
	expect("r:exit0 h300 h310 h=7 h320 h=9 h330 h=10 h:exit0 ");
	set_up(copies, kicks_at_200, "-");
	run();
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "isr@"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "h=7 "));
}

PROGRAM(loads_after_a_little)
{
	compute(5);
	load(DATA);
}

PROGRAM(loads_widely)
{
	hook_load(arena + PRIVATE + DATA, 16, 1);
	hook_load(arena + PRIVATE + DATA + 4, 8, 1);
}

static void load_wider_than_the_bus_is_made_in_pieces_with_room_between(void)
{
	set_up(loads_widely, loads_after_a_little, "-");
	engine.agent[0].hook.atomic_bytes = 8;
	run();
	expect("h0 r5 h10 r:exit0 h20 h30 h:exit0 ");
	set_up(loads_widely, loads_after_a_little, "-"); /* no limit */
	run();
	expect("h0 r5 h10 r:exit0 h:exit0 ");
}

void __tsan_read8(void *p);
void __tsan_unaligned_write4(void *p);
void __tsan_write_range(void *p, size_t size);

PROGRAM(loads_by_one_instruction)
{
	__tsan_read8(arena + PRIVATE + DATA + 8);
	__tsan_read8(arena + PRIVATE + DATA + 4);
	say("never ");
}

PROGRAM(stores_by_one_instruction)
{
	__tsan_unaligned_write4(arena + PRIVATE + DATA + 4);
	__tsan_unaligned_write4(arena + PRIVATE + DATA + 2);
	say("never ");
}

PROGRAM(moves_bytes)
{
	hook_load(arena + PRIVATE + DATA + 4, 8, 1);
	hook_store(arena + PRIVATE + DATA + 2, 4, 1);
	__tsan_write_range(arena + PRIVATE + DATA + 1, 16);
	say("done ");
}

static void unaligned_access_by_one_instruction_is_told_once_as_a_whole_and_one_of_bytes_never(void)
{
	set_up(loads_by_one_instruction, nothing, "-");
	engine.agent[0].hook.atomic_bytes = 4; /* the second piece of an aligned one is aligned enough */
	run();
	expect("h0 r:exit0 h10 h:unaligned-ld8@2052 ");
	set_up(stores_by_one_instruction, nothing, "-");
	run();
	expect("h0 h=0 r:exit0 h:unaligned-st4@2050 ");
	set_up(moves_bytes, nothing, "-");
	run();
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "done "));
	CU_ASSERT_PTR_NULL(strstr(said, "unaligned"));
}

PROGRAM(copies_a_struct)
{
	hook_store(arena + PRIVATE + DATA, 16, 1);
	hook_load(arena + PRIVATE + 16, 16, 2);
	memset(arena + PRIVATE + DATA, 7, 16); /* announced store first, and made after both */
	store(DATA + 64, 9);
}

static void struct_copy_retires_after_it_though_its_load_is_made_in_pieces(void)
{
	set_up(copies_a_struct, nothing, "-");
	engine.agent[0].hook.atomic_bytes = 8;
	run();
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "h=7 "));
	CU_ASSERT_PTR_NULL(strstr(said, "h=0 "));
}

static void store_retires_before_the_next_access(void)
{
	set_up(stores_to_data, nothing, "-");
	run();
	expect("h0 h=1 r:exit0 h10 h=2 h:exit0 ");
}

static void store_is_told_before_another_agent_can_load_it(void)
{
	set_up(stores_to_data, loads_after_a_little, "-");
	run();
	expect("h0 h=1 r5 h10 h=2 r:exit0 h:exit0 ");
}

uint32_t __tsan_atomic32_load(const volatile uint32_t *p, int order);
void __tsan_atomic32_store(volatile uint32_t *p, uint32_t v, int order);
uint32_t __tsan_atomic32_fetch_add(volatile uint32_t *p, uint32_t v, int order);

PROGRAM(orders_by_atomics)
{
	uint32_t *shared = (uint32_t *)(void *)(arena + PRIVATE + DATA);

	__tsan_atomic32_store(shared, 1, __ATOMIC_RELAXED);
	__tsan_atomic32_store(shared, 2, __ATOMIC_RELEASE);
	__tsan_atomic32_load(shared, __ATOMIC_RELAXED);
	__tsan_atomic32_load(shared, __ATOMIC_ACQUIRE);
	__tsan_atomic32_fetch_add(shared, 1, __ATOMIC_ACQ_REL);
	__tsan_atomic32_store((uint32_t *)(void *)arena, 1, __ATOMIC_SEQ_CST); /* private */
}

static void release_is_a_barrier_before_a_shared_access_and_acquire_one_after_it(void)
{
	set_up(orders_by_atomics, nothing, "-");
	run();
	expect("h0 h=1 r:exit0 dmb h10 h=2 h20 h30 dmb dmb h40 h=3 dmb h:exit0 ");
}

/* ---- Parking, fairness, hangs ----------------------------------------------------------------------- */

PROGRAM(polls)
{
	while (!load(0))
		continue;
}

PROGRAM(stores_late)
{
	sleep_ns(1000);
	store(0, 1);
	sleep_ns(1000);
}

static void agent_that_reads_again_and_again_is_parked_until_something_changes(void)
{
	set_up(polls, stores_late, "-");
	run();
	/* The first load, SPINS - 1 repetitions; the next is made when the store has retired, at its own time. */
	expect("h0 h10 h20 h30 h40 r1000 h1000 h:exit0 r:exit0 ");
}

PROGRAM(sends_until_there_is_room)
{
	while (send(FULL, 0))
		say("refused ");
}

static void sender_that_is_refused_again_and_again_is_parked_until_something_changes(void)
{
	set_up(sends_until_there_is_room, stores_late, "-");
	run();
	/* It hears SPINS refusals; the next one waits for the store. */
	expect("try@0 refused try@0 refused try@0 refused try@0 refused try@0 refused try@0 "
	       "r1000 try@1000 h:exit0 r:exit0 ");
	set_up(sends_until_there_is_room, nothing, "-");
	run();
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "hang:deadlock"));
}

PROGRAM(polls_with_a_store)
{
	for (unsigned int i = 0; i < 3 * SPINS && !load(0); i++)
		store(4, 1);
}

PROGRAM(polls_with_a_clock)
{
	while (!load(0) && time_ns() < 300)
		continue;
}

static void agent_that_stores_or_looks_at_the_clock_is_not_parked(void)
{
	set_up(polls_with_a_store, nothing, "-");
	run();
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "h290 h:exit0 "));
	set_up(polls_with_a_clock, nothing, "-");
	run();
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "h290 h:exit0 "));
}

static uint64_t compute_ns;

PROGRAM(computes_long)
{
	compute(10); /* until the other has ended */
	store(0, 1);
	rechecks = 0;
	compute(compute_ns);
}

static void agent_that_goes_on_alone_for_a_millisecond_is_looked_at_again(void)
{
	set_up(computes_long, nothing, "-");
	engine.config.time_max_ns = 10000000;
	compute_ns = 999000;
	run();
	CU_ASSERT_EQUAL(rechecks, 0);
	compute_ns = 1001000;
	run();
	CU_ASSERT_EQUAL(rechecks, 1);
}

static void fairness_lets_a_parked_agent_see_what_was_pending(void)
{
	set_up(polls, nothing, "-");
	settles = 1;
	run();
	expect("h0 r:exit0 h10 h20 h30 h40 fair1 h50 h:exit0 ");
}

static void fairness_is_repeated_while_it_moves_something(void)
{
	set_up(polls, nothing, "-");
	settles = 0;
	run();
	expect("h0 r:exit0 h10 h20 h30 h40 hang:deadlock unseen ");
}

static void waiting_agents_get_no_fairness(void)
{
	wait_ns = 0;
	set_up(waits, nothing, "-");
	settles = 1;
	run();
	expect("r:exit0 hang:deadlock unseen ");
	CU_ASSERT_EQUAL(settles, 1);
}

/* ---- Budgets, faults, the end ----------------------------------------------------------------------- */

static void run_may_use_up_its_accesses_and_no_more(void)
{
	set_up(stores_three, nothing, "-");
	engine.config.accesses_max = 3;
	run();
	expect("h0 r:exit0 h10 h20 h:exit0 ");
	engine.config.accesses_max = 2;
	run();
	expect("h0 r:exit0 h10 hang:budget unseen ");
}

static void run_may_use_up_its_time_and_no_more(void)
{
	set_up(sleeps_500, nothing, "-");
	engine.config.time_max_ns = 520;
	run();
	expect("r:exit0 h500 h510 h:exit0 ");
	engine.config.time_max_ns = 509;
	run();
	expect("r:exit0 h500 h510 hang:budget unseen ");
}

PROGRAM(faults)
{
	store(0, 1);
	store(FAULT_AT, 1);
	store(0, 2);
}

static void agent_that_faults_stops_there_and_the_other_goes_on(void)
{
	set_up(faults, stores_three, "-");
	run();
	expect("h0 r0 r10 r20 r:exit0 ");
	CU_ASSERT_EQUAL(engine.agent[0].state, AGENT_DEAD);
}

PROGRAM(starts_the_remote)
{
	int first, second;

	store(0, 1);
	first = (int)REQUEST(.kind = REQUEST_REMOTE_START);
	second = (int)REQUEST(.kind = REQUEST_REMOTE_START);
	say("start%d,%d ", first, second);
}

static void remote_is_started_once_and_may_finish_after_the_host(void)
{
	set_up(starts_the_remote, stores_three, "-");
	engine.agent[1].boots = false;
	run();
	expect("h0 start0,-1 h:exit0 r10 r20 r30 r:exit0 ");
}

PROGRAM(waits_for_ever)
{
	store(0, 1);
	wfi(0);
}

static void run_ends_when_the_host_ended_and_the_remote_waits(void)
{
	set_up(starts_the_remote, waits_for_ever, "-");
	engine.agent[1].boots = false;
	run();
	expect("h0 start0,-1 h:exit0 r10 ");
}

static int exits_with_five(int argc, char **argv)
{
	say("%d:%s ", argc, argv[0]);
	return 5;
}

static void program_is_told_its_side_and_its_answer_is_told(void)
{
	set_up(exits_with_five, exits_with_five, "-");
	run();
	expect("1:host h:exit5 1:remote r:exit5 ");
	CU_ASSERT_EQUAL(engine.agent[0].exit_code, 5);
}

/* ---- Stop, suspend, another clock -------------------------------------------------------------------- */

static void ask(enum fake_call what, bool own, uint64_t hz)
{
	uint64_t word[CALL_WORDS] = { what, own, hz };

	REQUEST(.kind = REQUEST_CALL, .value = 0, .other = word);
}

PROGRAM(stores_for_ever)
{
	for (;;)
		store(0, 1);
}

PROGRAM(stops_at_25)
{
	sleep_ns(25);
	ask(FAKE_STOP, false, 0);
	sleep_ns(100);
}

static void stopped_agent_takes_no_further_step(void)
{
	set_up(stops_at_25, stores_for_ever, "-");
	run();
	expect("r0 r10 r20 h:call0@25 h:exit0 ");
	CU_ASSERT_EQUAL(engine.agent[1].state, AGENT_DEAD);
	CU_ASSERT_EQUAL(engine.now, 125 * NS);
}

PROGRAM(stores_to_data_for_ever)
{
	for (uint8_t i = 1;; i++)
		store(DATA, i);
}

static void what_a_stopped_agent_stored_is_told(void)
{
	set_up(stops_at_25, stores_to_data_for_ever, "-");
	run();
	expect("r0 r=1 r10 r=2 r20 r=3 h:call0@25 h:exit0 ");
}

PROGRAM(announces_a_copy)
{
	attend(0, say_isr);
	__tsan_write_range(arena + PRIVATE + DATA, 8);
	arena[PRIVATE + DATA] = 7;
	__tsan_read_range(arena + PRIVATE + 8, 8);
	wfi(0);
}

PROGRAM(stops_at_5)
{
	sleep_ns(5);
	ask(FAKE_STOP, false, 0);
}

/* Its second hook, at 10 ns, is not performed; the first one's bytes may be there or not. */
static void store_whose_copy_was_open_counts_as_done(void)
{
	set_up(stops_at_5, announces_a_copy, "-");
	run();
	expect("r0 r=7 h:call0@5 h:exit0 ");
}

static int lives;

PROGRAM(lives_once_more)
{
	say("life%d ", ++lives);
	if (lives == 1) {
		attend(0, say_isr);
		interrupts(false);
		wfi(0);
	}
	say("%s", wfi(30) ? "irq" : "timeout");
	say("@%llu ", time_ns());
	attend(0, say_isr);
}

PROGRAM(restarts)
{
	sleep_ns(10);
	ask(FAKE_STOP, false, 0);
	ask(FAKE_START, false, 0);
	send(0, 20);
	sleep_ns(100);
}

/* Its first life's handler, wait and disabled interrupts are forgotten; an interrupt waits for the second's handler. */
static void restarted_agent_begins_at_its_first_instruction(void)
{
	lives = 0;
	power_ons = 0;
	set_up(restarts, lives_once_more, "-");
	run();
	CU_ASSERT_EQUAL(lives, 2);
	CU_ASSERT_EQUAL(power_ons, 3);
	expect("life1 h:call0@10 h:call1@10 life2 timeout@40 isr@47 r:exit0 h:exit0 ");
}

/* ---- Several cores ---------------------------------------------------------------------------------- */

static volatile uint8_t flag;	/* in memory that is private to the program: nobody is told of it */

/* The remote becomes a further core of the host's program, which begins at `entry` when it is turned on. */
static void set_up_core(program *boot, void (*entry)(void *arg), void *arg, const char *choices)
{
	struct agent *core = &engine.agent[1];

	set_up(boot, NULL, choices);
	engine.program[0].cores = 2;
	core->program = &engine.program[0];
	core->core = 1;
	core->boots = false;
	core->entry = entry;
	core->entry_arg = arg;
	flag = 0;
}

static void stores_what_it_is_given(void *arg)
{
	store(0, *(uint8_t *)arg);
}

PROGRAM(turns_a_core_on_twice)
{
	for (unsigned int i = 0; i < 2; i++) {
		ask(FAKE_START, false, 0);
		sleep_ns(50);
	}
	say("=%u ", load(0));
}

static void core_begins_at_its_entry_and_is_off_when_that_returns(void)
{
	uint8_t seven = 7;

	lives = 0;
	set_up_core(turns_a_core_on_twice, stores_what_it_is_given, &seven, "-");
	run();
	expect("h:call1@0 r0 r:off h:call1@50 r50 r:off h100 =7 h:exit0 ");
}

static void exits(void *arg)
{
	(void)arg;
	store(0, 1);
	REQUEST(.kind = REQUEST_EXIT, .value = 4);
}

PROGRAM(turns_a_core_on_and_goes_on)
{
	ask(FAKE_START, false, 0);
	for (uint8_t i = 0; i < 200; i++)
		store(1, i);
}

static void program_ends_on_all_cores_where_one_exits(void)
{
	set_up_core(turns_a_core_on_and_goes_on, exits, NULL, "-");
	run();
	expect("h:call1@0 h0 r0 h10 r:exit4 ");
	CU_ASSERT_EQUAL(engine.agent[0].state, AGENT_DEAD);
}

static void stores_and_sets_the_flag(void *arg)
{
	(void)arg;
	store(0, 1);
	flag = 1;
}

PROGRAM(spins_on_the_flag)
{
	ask(FAKE_START, false, 0);
	while (!flag)
		compute(1000);
	say("@%llu ", time_ns() / 1000);
}

/* For 100 us and not for ever: the spinner makes no access that anybody could wait for. */
static void core_that_is_delayed_goes_on_though_another_spins_on_private_memory(void)
{
	set_up_core(spins_on_the_flag, stores_and_sets_the_flag, NULL, "0:schedule.delay:1");
	run();
	expect("h:call1@0 schedule.delay:1 r100000 r:off @101 h:exit0 ");
}

static void attends_channel_0(void *arg)
{
	(void)arg;
	attend(0, say_isr);
	wfi(0);
}

PROGRAM(attends_then_turns_a_core_on)
{
	attend(0, say_isr);
	ask(FAKE_START, false, 0);
	sleep_ns(10);
	engine_interrupt(&engine.agent[0], 0, 0);
	CU_ASSERT_FALSE(engine.agent[0].channel[0].pending);
	CU_ASSERT_TRUE(engine.agent[1].channel[0].pending);
	sleep_ns(100);
}

static void interrupt_goes_to_the_core_that_attended_to_it_last(void)
{
	set_up_core(attends_then_turns_a_core_on, attends_channel_0, NULL, "-");
	run();
	CU_ASSERT_PTR_EQUAL(agent_attendant(&engine.agent[0], 0), &engine.agent[1]);
	CU_ASSERT_PTR_EQUAL(agent_attendant(&engine.agent[1], 1), &engine.agent[0]);
	CU_ASSERT_PTR_EQUAL(agent_attendant(&engine.agent[1], ENGINE_CHANNEL_CORES), &engine.agent[1]);
	agent_reset(&engine.agent[0]); /* a run's begin: whoever is rung before the program boots is its core 0 */
	CU_ASSERT_PTR_EQUAL(agent_attendant(&engine.agent[0], 0), &engine.agent[0]);
}

/* ---- A restart ---------------------------------------------------------------------------------------- */

static bool restarted;

PROGRAM(restarts_itself)
{
	say("life%d ", restarted + 1);
	if (restarted)
		return;
	restarted = true;
	ask(FAKE_STOP, true, 0);
	say("never ");
}

PROGRAM(starts_at_50)
{
	sleep_ns(50);
	ask(FAKE_START, false, 0);
	sleep_ns(50);
}

static void agent_that_stops_itself_does_not_return_from_the_call(void)
{
	restarted = false;
	set_up(starts_at_50, restarts_itself, "-");
	run();
	expect("life1 r:call0@0 h:call1@50 life2 r:exit0 h:exit0 ");
	CU_ASSERT_EQUAL(engine.agent[1].hook.clock, 50 * NS);
}

PROGRAM(suspends_for_100)
{
	sleep_ns(25);
	ask(FAKE_SUSPEND, false, 0);
	sleep_ns(100);
	ask(FAKE_UNSUSPEND, false, 0);
	sleep_ns(15);
}

PROGRAM(stores_six)
{
	for (uint8_t i = 0; i < 6; i++)
		store(0, i);
}

static void suspended_agent_takes_no_step_and_goes_on_where_it_was(void)
{
	set_up(suspends_for_100, stores_six, "-");
	run();
	expect("r0 r10 r20 h:call2@25 h:call3@125 r125 r135 h:exit0 r145 r:exit0 ");
}

PROGRAM(sleeps_60)
{
	sleep_ns(60);
	say("slept@%llu ", time_ns());
}

PROGRAM(sleeps_200)
{
	sleep_ns(200);
	say("slept@%llu ", time_ns());
}

static void sleep_that_ends_while_suspended_ends_with_the_suspension_and_a_longer_one_in_time(void)
{
	set_up(suspends_for_100, sleeps_60, "-");
	run();
	expect("h:call2@25 h:call3@125 slept@125 r:exit0 h:exit0 ");
	set_up(suspends_for_100, sleeps_200, "-");
	run();
	expect("h:call2@25 h:call3@125 h:exit0 slept@200 r:exit0 ");
}

PROGRAM(suspends_and_kicks)
{
	sleep_ns(25);
	ask(FAKE_SUSPEND, false, 0);
	send(0, 60);
	sleep_ns(100);
	ask(FAKE_UNSUSPEND, false, 0);
	sleep_ns(100);
}

static void interrupt_stays_pending_while_suspended_and_wakes_only_if_it_may(void)
{
	wait_ns = 0;
	set_up(suspends_and_kicks, waits, "-");
	run();
	expect("h:call2@25 h:call3@125 isr@132 irq@135 r:exit0 h:exit0 ");
	set_up(suspends_and_kicks, waits, "-");
	wakes = true;
	run();
	expect("h:call2@25 isr@67 irq@70 r:exit0 h:call3@125 h:exit0 ");
}

PROGRAM(suspends_itself)
{
	store(0, 1);
	ask(FAKE_SUSPEND, true, 0);
	store(0, 2);
}

PROGRAM(unsuspends_at_50)
{
	sleep_ns(50);
	ask(FAKE_UNSUSPEND, false, 0);
	sleep_ns(50);
}

static void agent_that_suspends_itself_returns_from_the_call_when_it_is_resumed(void)
{
	set_up(unsuspends_at_50, suspends_itself, "-");
	run();
	expect("r0 r:call2@10 h:call3@50 r50 r:exit0 h:exit0 ");
}

static void suspended_alone_is_a_deadlock(void)
{
	set_up(suspends_itself, nothing, "-");
	run();
	expect("h0 r:exit0 h:call2@10 hang:deadlock unseen ");
}

PROGRAM(halves_its_clock)
{
	compute(10);
	store(0, 1);
	ask(FAKE_CLOCK, true, 500000000);
	compute(10);
	store(0, 2);
	store(0, 3);
	ask(FAKE_CLOCK, true, 1000000000);
	compute(10);
	store(0, 4);
}

static void clock_change_changes_what_private_and_shared_accesses_take(void)
{
	set_up(halves_its_clock, nothing, "-");
	run();
	expect("r:exit0 h10 h:call4@20 h40 h60 h:call4@80 h90 h:exit0 ");
}

/* ---- Memory and input of programs ------------------------------------------------------------------- */

static uintptr_t allocated[3];

PROGRAM(allocates)
{
	allocated[0] = REQUEST(.kind = REQUEST_ALLOCATE, .value = HEAP_ALIGN, .size = 1);
	allocated[1] = REQUEST(.kind = REQUEST_ALLOCATE, .value = HEAP_ALIGN, .size = HEAP - 32 - 16);
	allocated[2] = REQUEST(.kind = REQUEST_ALLOCATE, .value = HEAP_ALIGN, .size = 1);
}

static void heap_is_given_out_in_sixteens_until_it_is_empty(void)
{
	set_up(allocates, nothing, "-"); /* argv and argv[0] take the first 32 bytes */
	for (unsigned int life = 0; life < 2; life++) {
		run();
		CU_ASSERT_EQUAL(allocated[0], (uintptr_t)heap[0] + 32);
		CU_ASSERT_EQUAL(allocated[1], (uintptr_t)heap[0] + 48);
		CU_ASSERT_EQUAL(allocated[2], 0);
		CU_ASSERT_EQUAL(heap_limit[0], HEAP);
		CU_ASSERT_EQUAL(heap_limit[1], 32);
	}
}

static bool frees_twice;

PROGRAM(frees)
{
	uintptr_t block = REQUEST(.kind = REQUEST_ALLOCATE, .value = HEAP_ALIGN, .size = 64);

	allocated[0] = REQUEST(.kind = REQUEST_ALLOCATED, .address = block);
	REQUEST(.kind = REQUEST_FREE, .address = block);
	allocated[1] = REQUEST(.kind = REQUEST_ALLOCATE, .value = HEAP_ALIGN, .size = 64);
	REQUEST(.kind = REQUEST_FREE, .address = block);
	allocated[2] = 1;
	if (frees_twice)
		REQUEST(.kind = REQUEST_FREE, .address = block);
	allocated[2] = 2;
}

static void second_free_of_a_block_ends_the_program(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		frees_twice = i;
		set_up(frees, nothing, "-");
		run();
		CU_ASSERT_EQUAL(allocated[0], 64);
		CU_ASSERT_EQUAL(allocated[1], (uintptr_t)heap[0] + 32);
		CU_ASSERT_EQUAL(allocated[2], i ? 1 : 2);
	}
}

static void read_input(size_t size, uint64_t offset)
{
	struct request request = { .kind = REQUEST_INPUT, .value = offset, .size = size };
	size_t got = (size_t)hook_request(&request);

	say("%zu:%.*s ", got, (int)got, (const char *)request.other);
}

PROGRAM(reads_input)
{
	read_input(4, 0);
	read_input(4, 3);
	read_input(4, 6);
	read_input(4, UINT64_MAX);
}

static void input_is_read_up_to_its_end(void)
{
	set_up(reads_input, nothing, "-");
	engine.config.input = (const uint8_t *)"abcdef";
	engine.config.input_size = 6;
	run();
	expect("4:abcd 3:def 0: 0: h:exit0 r:exit0 ");
}

static CU_TestInfo sentences[] = {
	SENTENCE(agent_with_the_smallest_clock_goes_first_and_the_host_at_a_tie),
	SENTENCE(private_work_takes_time_and_asks_nobody),
	SENTENCE(run_ahead_lets_private_work_overtake_but_no_shared_access),
	SENTENCE(same_choices_give_the_same_run),
	SENTENCE(delayed_agent_waits_until_its_peer_ends),
	SENTENCE(delayed_agent_goes_on_when_its_peer_has_stored_to_what_it_is_about_to_access),
	SENTENCE(briefly_delayed_agent_waits_for_one_access_of_its_peer),
	SENTENCE(delayed_agent_goes_on_when_its_peer_kicks),
	SENTENCE(accesses_of_control_memory_are_asked_about_and_of_data_memory_not),
	SENTENCE(agent_alone_is_not_asked_about),
	SENTENCE(timers_fire_in_the_order_of_time_then_of_setting),
	SENTENCE(one_timer_too_many_is_refused),
	SENTENCE(wait_ends_at_its_time_out_exactly),
	SENTENCE(interrupt_ends_a_wait_at_its_time_out_and_not_after),
	SENTENCE(masked_interrupt_ends_no_wait_and_is_taken_when_it_is_masked_no_more),
	SENTENCE(wait_ends_when_a_pending_interrupt_is_masked_no_more),
	SENTENCE(wait_without_a_limit_lasts_until_the_interrupt),
	SENTENCE(sleeper_wakes_in_time_for_its_turn),
	SENTENCE(sleep_is_not_shortened_by_an_interrupt),
	SENTENCE(waiting_for_nobody_is_a_deadlock),
	SENTENCE(disabled_interrupt_ends_a_wait_and_is_taken_before_enabling_returns),
	SENTENCE(handler_gets_the_token_that_it_was_called_for_though_the_next_is_pending),
	SENTENCE(handlers_run_one_after_the_other_lower_channels_first),
	SENTENCE(range_store_retires_after_its_copy_and_nothing_comes_between),
	SENTENCE(load_wider_than_the_bus_is_made_in_pieces_with_room_between),
	SENTENCE(unaligned_access_by_one_instruction_is_told_once_as_a_whole_and_one_of_bytes_never),
	SENTENCE(struct_copy_retires_after_it_though_its_load_is_made_in_pieces),
	SENTENCE(store_retires_before_the_next_access),
	SENTENCE(store_is_told_before_another_agent_can_load_it),
	SENTENCE(release_is_a_barrier_before_a_shared_access_and_acquire_one_after_it),
	SENTENCE(agent_that_reads_again_and_again_is_parked_until_something_changes),
	SENTENCE(sender_that_is_refused_again_and_again_is_parked_until_something_changes),
	SENTENCE(agent_that_stores_or_looks_at_the_clock_is_not_parked),
	SENTENCE(agent_that_goes_on_alone_for_a_millisecond_is_looked_at_again),
	SENTENCE(fairness_lets_a_parked_agent_see_what_was_pending),
	SENTENCE(fairness_is_repeated_while_it_moves_something),
	SENTENCE(waiting_agents_get_no_fairness),
	SENTENCE(run_may_use_up_its_accesses_and_no_more),
	SENTENCE(run_may_use_up_its_time_and_no_more),
	SENTENCE(agent_that_faults_stops_there_and_the_other_goes_on),
	SENTENCE(remote_is_started_once_and_may_finish_after_the_host),
	SENTENCE(run_ends_when_the_host_ended_and_the_remote_waits),
	SENTENCE(program_is_told_its_side_and_its_answer_is_told),
	SENTENCE(stopped_agent_takes_no_further_step),
	SENTENCE(what_a_stopped_agent_stored_is_told),
	SENTENCE(store_whose_copy_was_open_counts_as_done),
	SENTENCE(restarted_agent_begins_at_its_first_instruction),
	SENTENCE(core_begins_at_its_entry_and_is_off_when_that_returns),
	SENTENCE(program_ends_on_all_cores_where_one_exits),
	SENTENCE(core_that_is_delayed_goes_on_though_another_spins_on_private_memory),
	SENTENCE(interrupt_goes_to_the_core_that_attended_to_it_last),
	SENTENCE(agent_that_stops_itself_does_not_return_from_the_call),
	SENTENCE(suspended_agent_takes_no_step_and_goes_on_where_it_was),
	SENTENCE(sleep_that_ends_while_suspended_ends_with_the_suspension_and_a_longer_one_in_time),
	SENTENCE(interrupt_stays_pending_while_suspended_and_wakes_only_if_it_may),
	SENTENCE(agent_that_suspends_itself_returns_from_the_call_when_it_is_resumed),
	SENTENCE(suspended_alone_is_a_deadlock),
	SENTENCE(clock_change_changes_what_private_and_shared_accesses_take),
	SENTENCE(heap_is_given_out_in_sixteens_until_it_is_empty),
	SENTENCE(second_free_of_a_block_ends_the_program),
	SENTENCE(input_is_read_up_to_its_end),
	CU_TEST_INFO_NULL
};

int main(void)
{
	int status = sentences_run("engine", sentences);

	tear_down();
	chooser_fini(&chooser);
	return status;
}
