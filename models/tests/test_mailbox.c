/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mailboxes: where and when a token arrives, what becomes of one too many, and what each kind does that others do
 * not; by hand, and a million operations at random against plain lists. Timers are fired by hand; their order is the
 * engine's business.
 */
#include <string.h>

#include "models/mailbox.h"
#include "models/tests/random.h"
#include "sim/tests/sentences.h"

#define NS ENGINE_FS_PER_NS
#define LATENCY 400u
#define DELAY 20000u
#define PC 0x77u

/* Three CPUs, a channel between any two of them; a further one of the host's leads nowhere. */
enum { HOST, REMOTE, OTHER, CPUS };
#define TO_REMOTE 0u /* of the host: the remote's channel FROM_HOST */
#define TO_OTHER 1u
#define NOWHERE 2u
#define FROM_HOST 1u
#define ASIDE 0u /* of the remote: the other's channel 1 */

static struct engine engine;
static struct chooser chooser;
static struct choose_plan plan;
static struct platform platform;
static struct mailbox mailbox;
static struct trace_event told[16];
static unsigned int tells;

static void on_event(void *ctx, const struct trace_event *event)
{
	(void)ctx;
	if (event->id == EVENT_choice)
		return;
	CU_ASSERT_FATAL(tells < 16);
	told[tells++] = *event;
}

static void connect(unsigned int a, unsigned int channel, unsigned int b, unsigned int peer_channel,
		    unsigned int number)
{
	platform.cpu[a].channel[channel] = (struct platform_channel){
		.mailbox = number, .connected = true, .peer = b, .peer_channel = peer_channel
	};
	platform.cpu[b].channel[peer_channel] =
		(struct platform_channel){ .mailbox = number, .connected = true, .peer = a, .peer_channel = channel };
}

static void begin_engine(void)
{
	memset(&engine, 0, sizeof(engine));
	engine.chooser = &chooser;
	engine.agents = CPUS;
	engine.config.spins_to_park = 2;
	for (unsigned int i = 0; i < CPUS; i++) {
		engine.program[i] = (struct program){ .boot = &engine.agent[i], .cores = 1 };
		engine.agent[i] = (struct agent){ .engine = &engine, .id = i, .program = &engine.program[i], .state = AGENT_READY };
	}
	engine.listener[0].event = on_event;
	engine.listeners = 1;
	tells = 0;
}

/* Every channel goes through a mailbox of its own, all alike. */
static void begin(const struct mailbox_properties *is, const struct choose_surprise *surprise)
{
	begin_engine();
	memset(&platform, 0, sizeof(platform));
	platform.cpus = CPUS;
	platform.mailboxes = 3;
	for (unsigned int i = 0; i < CPUS; i++) {
		platform.mailbox[i] =
			(struct platform_mailbox){ .is = *is, .latency_ns = LATENCY, .delay_ns = DELAY };
		platform.cpu[i].channels = i == HOST ? 3 : 2;
	}
	connect(HOST, TO_REMOTE, REMOTE, FROM_HOST, 0);
	connect(HOST, TO_OTHER, OTHER, 0, 1);
	connect(REMOTE, ASIDE, OTHER, 1, 2);
	mailbox_init(&mailbox, &engine, &platform);
	plan.count = surprise ? 1 : 0;
	if (surprise)
		plan.surprise[0] = *surprise;
	chooser_begin_plan(&chooser, &plan);
}

static void begin_kind(enum trace_mailbox_kind kind)
{
	begin(&mailbox_kinds[kind], NULL);
}

static bool send_to(unsigned int channel, uint64_t token)
{
	return mailbox_send(&mailbox, &engine.agent[HOST], channel, token, PC);
}

static bool send(uint64_t token)
{
	return send_to(TO_REMOTE, token);
}

/* The timer that is due first. */
static void fire(void)
{
	struct engine_timer *first = &engine.timer[0], fired;

	CU_ASSERT_FATAL(engine.timers > 0);
	for (unsigned int i = 1; i < engine.timers; i++)
		if (engine.timer[i].when < first->when ||
		    (engine.timer[i].when == first->when && engine.timer[i].order < first->order))
			first = &engine.timer[i];
	fired = *first;
	*first = engine.timer[--engine.timers];
	engine.now = fired.when;
	fired.fire(fired.ctx, fired.arg);
}

static bool send_and_fire(uint64_t token)
{
	bool sent = send(token);

	fire();
	return sent;
}

static bool pending(void)
{
	return engine.agent[REMOTE].channel[FROM_HOST].pending;
}

/* The remote takes its interrupt, as the engine does before it calls the handler. */
static uint64_t take(void)
{
	CU_ASSERT_TRUE(pending());
	uint64_t token = engine.agent[REMOTE].channel[FROM_HOST].token;

	engine.agent[REMOTE].channel[FROM_HOST].pending = false;
	mailbox_taken(&mailbox, &engine.agent[REMOTE], FROM_HOST);
	return token;
}

static bool is_free(void)
{
	return mailbox_is_free(&mailbox, &engine.agent[HOST], TO_REMOTE, PC);
}

static bool poll(uint64_t *token)
{
	return mailbox_poll(&mailbox, &engine.agent[REMOTE], FROM_HOST, token, PC);
}

static bool ack(void)
{
	return mailbox_ack(&mailbox, &engine.agent[REMOTE], FROM_HOST);
}

static bool take_over(void)
{
	return mailbox_take_over(&mailbox, &engine.agent[REMOTE], FROM_HOST);
}

static bool was_told(unsigned int i, enum trace_id id)
{
	return i < tells && told[i].id == id;
}

/* ---- On the way ------------------------------------------------------------------------------------------ */

static void ring_arrives_at_the_other_end_a_latency_after_the_senders_clock(void)
{
	begin_kind(TRACE_MAILBOX_KIND_DOORBELL);
	engine.agent[HOST].hook.clock = 1000 * NS;
	CU_ASSERT_TRUE(send(77));
	CU_ASSERT_EQUAL_FATAL(engine.timers, 1);
	CU_ASSERT_EQUAL(engine.timer[0].when, 1400 * NS);
	CU_ASSERT_FALSE(pending());
	fire();
	CU_ASSERT_TRUE(pending());
	CU_ASSERT_EQUAL(engine.agent[REMOTE].channel[FROM_HOST].token, 0); /* a doorbell has no content */
	CU_ASSERT_FALSE(engine.agent[REMOTE].channel[ASIDE].pending);
	CU_ASSERT_FALSE(engine.agent[HOST].channel[TO_REMOTE].pending);
	CU_ASSERT_FALSE(engine.agent[OTHER].channel[FROM_HOST].pending);
	CU_ASSERT_EQUAL_FATAL(tells, 2);
	CU_ASSERT_EQUAL(told[0].id, EVENT_kick);
	CU_ASSERT_EQUAL(told[0].kick.token, 77);
	CU_ASSERT_EQUAL(told[0].kick.pc, PC);
	CU_ASSERT_EQUAL(told[1].id, EVENT_notify);
	CU_ASSERT_EQUAL(told[1].notify.agent, REMOTE);
	CU_ASSERT_EQUAL(told[1].notify.channel, FROM_HOST);
	CU_ASSERT_EQUAL(told[1].time, 1400000);
}

static void the_other_end_rings_back(void)
{
	begin_kind(TRACE_MAILBOX_KIND_DOORBELL);
	CU_ASSERT_TRUE(mailbox_send(&mailbox, &engine.agent[REMOTE], FROM_HOST, 0, PC));
	fire();
	CU_ASSERT_TRUE(engine.agent[HOST].channel[TO_REMOTE].pending);
	CU_ASSERT_FALSE(pending());
}

static void token_may_be_delayed_where_that_takes_longer(void)
{
	static const struct choose_surprise delay = { .index = 0, .option = 1, .site = MAILBOX_SITE_DELAY };

	begin(&mailbox_kinds[TRACE_MAILBOX_KIND_DOORBELL], &delay);
	CU_ASSERT_TRUE(send(0));
	CU_ASSERT_TRUE(chooser_done(&chooser));
	CU_ASSERT_EQUAL(chooser.asked, 1);
	CU_ASSERT_EQUAL(engine.timer[0].when, DELAY * NS);
	begin_kind(TRACE_MAILBOX_KIND_DOORBELL);
	platform.mailbox[0].delay_ns = LATENCY;
	CU_ASSERT_TRUE(send(0));
	CU_ASSERT_EQUAL(chooser.asked, 0);
	CU_ASSERT_EQUAL(engine.timer[0].when, LATENCY * NS);
}

static void token_may_get_lost_only_where_the_platform_loses(void)
{
	static const struct choose_surprise lose = { .index = 0, .option = 1, .site = MAILBOX_SITE_LOSE };
	struct mailbox_properties lossy = mailbox_kinds[TRACE_MAILBOX_KIND_FIFO];

	lossy.lossy = true;
	begin(&lossy, &lose);
	CU_ASSERT_TRUE(send(5));
	CU_ASSERT_TRUE(chooser_done(&chooser));
	CU_ASSERT_EQUAL(engine.timers, 0);
	CU_ASSERT_EQUAL_FATAL(tells, 2);
	CU_ASSERT_EQUAL(told[1].id, EVENT_kick_lost);
	CU_ASSERT_EQUAL(told[1].kick_lost.agent, REMOTE);
	CU_ASSERT_EQUAL(told[1].kick_lost.channel, FROM_HOST);
	CU_ASSERT_EQUAL(told[1].kick_lost.token, 5);
	for (unsigned int i = 0; i < 4; i++)
		CU_ASSERT_TRUE(send(6)); /* it took no place */
	CU_ASSERT_FALSE(send(6));
	begin(&lossy, NULL);
	CU_ASSERT_TRUE(send(5));
	CU_ASSERT_EQUAL(chooser.asked, 2);
	CU_ASSERT_EQUAL(engine.timers, 1);
	begin_kind(TRACE_MAILBOX_KIND_FIFO);
	send(5);
	CU_ASSERT_EQUAL(chooser.asked, 1); /* the delay alone */
}

static void token_may_come_twice_only_where_the_platform_duplicates_and_has_room(void)
{
	static const struct choose_surprise twice = { .index = 1, .option = 1, .site = MAILBOX_SITE_DUPLICATE };
	struct mailbox_properties is = mailbox_kinds[TRACE_MAILBOX_KIND_FIFO];

	is.duplicates = true;
	is.depth = 2;
	begin(&is, &twice);
	CU_ASSERT_TRUE(send(9));
	CU_ASSERT_TRUE(chooser_done(&chooser));
	CU_ASSERT_EQUAL(engine.timers, 2);
	CU_ASSERT_FALSE(send(10));
	fire();
	fire();
	CU_ASSERT_EQUAL(take(), 9);
	CU_ASSERT_EQUAL(take(), 9);
	begin(&is, NULL);
	send(9);
	CU_ASSERT_EQUAL(chooser.asked, 2);
	send(10);
	CU_ASSERT_EQUAL(chooser.asked, 3); /* there was room for one only */
}

static void channel_that_leads_nowhere_is_refused(void)
{
	uint64_t token = 4711;

	begin_kind(TRACE_MAILBOX_KIND_FIFO);
	CU_ASSERT_FALSE(send_to(NOWHERE, 1));
	CU_ASSERT_FALSE(send_to(PLATFORM_CHANNELS_MAX, 1));
	CU_ASSERT_EQUAL(engine.timers, 0);
	CU_ASSERT_TRUE(was_told(0, EVENT_refused) && told[0].refused.why == TRACE_REFUSAL_NO_CHANNEL);
	CU_ASSERT_FALSE(mailbox_is_free(&mailbox, &engine.agent[HOST], NOWHERE, PC));
	CU_ASSERT_FALSE(mailbox_poll(&mailbox, &engine.agent[HOST], NOWHERE, &token, PC));
	CU_ASSERT_EQUAL(token, 4711);
	CU_ASSERT_FALSE(mailbox_take_over(&mailbox, &engine.agent[HOST], NOWHERE));
	CU_ASSERT_FALSE(mailbox_ack(&mailbox, &engine.agent[HOST], NOWHERE));
	CU_ASSERT_TRUE(send_to(TO_OTHER, 1));
}

static void tokens_keep_their_order_when_an_older_one_is_delayed(void)
{
	static const struct choose_surprise delay = { .index = 0, .option = 1, .site = MAILBOX_SITE_DELAY };

	begin(&mailbox_kinds[TRACE_MAILBOX_KIND_FIFO], &delay);
	send(1);
	send(2);
	send_to(TO_OTHER, 3); /* which nothing holds up */
	fire();
	CU_ASSERT_EQUAL(engine.now, LATENCY * NS);
	CU_ASSERT_FALSE(pending());
	CU_ASSERT_TRUE(engine.agent[OTHER].channel[0].pending);
	fire();
	CU_ASSERT_EQUAL(engine.now, DELAY * NS);
	CU_ASSERT_EQUAL(take(), 1);
	CU_ASSERT_FALSE(pending());
	fire();
	CU_ASSERT_EQUAL(take(), 2);
}

static void a_delayed_ring_holds_up_no_later_one(void)
{
	static const struct choose_surprise delay = { .index = 0, .option = 1, .site = MAILBOX_SITE_DELAY };

	begin(&mailbox_kinds[TRACE_MAILBOX_KIND_DOORBELL], &delay);
	send(0);
	send(0);
	fire();
	CU_ASSERT_EQUAL(engine.now, LATENCY * NS);
	CU_ASSERT_TRUE(pending());
}

static void tokens_arrive_at_once_when_too_many_timers_wait(void)
{
	begin_kind(TRACE_MAILBOX_KIND_FIFO);
	send(1);
	while (engine.timers < ENGINE_TIMERS_MAX)
		engine_at(&engine, 0, engine.timer[0].fire, engine.timer[0].ctx, engine.timer[0].arg);
	CU_ASSERT_TRUE(send(2));
	CU_ASSERT_EQUAL(take(), 1);
	CU_ASSERT_EQUAL(take(), 2);
	fire(); /* whose token is there already */
	CU_ASSERT_FALSE(pending());
}

/* ---- Doorbells ------------------------------------------------------------------------------------------- */

static void rings_that_are_pending_are_one(void)
{
	begin_kind(TRACE_MAILBOX_KIND_DOORBELL);
	send_and_fire(0);
	send_and_fire(0);
	take();
	CU_ASSERT_FALSE(pending());
	send(0);
	send(0);
	fire();
	take();
	fire();
	take(); /* it was still on its way */
	CU_ASSERT_TRUE(is_free());
}

static void ring_to_an_agent_that_is_off_or_dead_has_no_effect(void)
{
	static const enum agent_state gone[] = { AGENT_OFF, AGENT_DEAD };

	for (unsigned int i = 0; i < 2; i++) {
		begin_kind(TRACE_MAILBOX_KIND_DOORBELL);
		send(0);
		engine.agent[REMOTE].state = gone[i];
		fire();
		CU_ASSERT_FALSE(pending());
		CU_ASSERT_EQUAL(tells, 1);
	}
	begin_kind(TRACE_MAILBOX_KIND_DOORBELL);
	send_and_fire(0);
	engine.agent[REMOTE].channel[FROM_HOST].pending = false; /* it is reset */
	mailbox_power_on(&mailbox, &engine.agent[REMOTE]);
	CU_ASSERT_FALSE(pending());
}

static void token_waits_in_its_place_for_an_agent_that_is_off(void)
{
	begin_kind(TRACE_MAILBOX_KIND_TI_FIFO);
	engine.agent[REMOTE].state = AGENT_OFF;
	send_and_fire(8);
	engine.agent[REMOTE].channel[FROM_HOST].pending = false;
	mailbox_power_on(&mailbox, &engine.agent[OTHER]);
	CU_ASSERT_FALSE(pending());
	mailbox_power_on(&mailbox, &engine.agent[REMOTE]);
	CU_ASSERT_EQUAL(take(), 8);
	begin_kind(TRACE_MAILBOX_KIND_STM32_IPCC);
	take_over();
	send_and_fire(0);
	take();
	mailbox_power_on(&mailbox, &engine.agent[REMOTE]);
	CU_ASSERT_TRUE(pending());
	take();
	CU_ASSERT_TRUE(is_free()); /* what the program took over before the reset is the mailbox's again */
	mailbox_reset(&mailbox);
	CU_ASSERT_TRUE(send(0));
}

/* ---- Queues ---------------------------------------------------------------------------------------------- */

static void queue_refuses_one_more_than_its_depth_until_one_is_read(void)
{
	static const struct {
		enum trace_mailbox_kind kind;
		unsigned int depth;
	} queues[] = { { TRACE_MAILBOX_KIND_TI_FIFO, 4 },
		       { TRACE_MAILBOX_KIND_FIFO, 4 },
		       { TRACE_MAILBOX_KIND_IMX_MU, 1 } };

	for (unsigned int q = 0; q < 3; q++) {
		begin_kind(queues[q].kind);
		for (unsigned int i = 0; i < queues[q].depth; i++) {
			CU_ASSERT_TRUE(is_free());
			CU_ASSERT_TRUE(send(i));
		}
		CU_ASSERT_FALSE(is_free());
		CU_ASSERT_FALSE(send(99));
		CU_ASSERT_TRUE(was_told(tells - 1, EVENT_refused));
		CU_ASSERT_EQUAL(told[tells - 1].refused.why, TRACE_REFUSAL_FULL);
		CU_ASSERT_EQUAL(told[tells - 1].refused.token, 99);
		CU_ASSERT_EQUAL(told[tells - 1].refused.pc, PC);
		fire();
		CU_ASSERT_FALSE(send(99)); /* arrived is not read */
		uint64_t world = engine.world;

		CU_ASSERT_EQUAL(take(), 0);
		CU_ASSERT_TRUE(engine.world > world); /* which a sender that spins can see */
		CU_ASSERT_TRUE(was_told(tells - 1, EVENT_ack) && told[tells - 1].ack.agent == REMOTE);
		CU_ASSERT_TRUE(send(4));
		CU_ASSERT_FALSE(send(5));
	}
}

static void handler_runs_once_per_token_the_oldest_first(void)
{
	begin_kind(TRACE_MAILBOX_KIND_TI_FIFO);
	for (uint64_t i = 1; i <= 3; i++)
		send_and_fire(i);
	for (uint64_t i = 1; i <= 3; i++)
		CU_ASSERT_EQUAL(take(), i);
	CU_ASSERT_FALSE(pending());
}

static void by_edge_an_arrival_interrupts_once(void)
{
	struct mailbox_properties is = mailbox_kinds[TRACE_MAILBOX_KIND_TI_FIFO];
	uint64_t token = 0;

	is.edge = true;
	begin(&is, NULL);
	send_and_fire(1);
	send_and_fire(2);
	CU_ASSERT_EQUAL(take(), 1);
	CU_ASSERT_FALSE(pending());
	send_and_fire(3);
	CU_ASSERT_EQUAL(take(), 2);
	CU_ASSERT_TRUE(poll(&token));
	CU_ASSERT_EQUAL(token, 3);
	send_and_fire(4);
	send_and_fire(5);
	CU_ASSERT_TRUE(poll(&token)); /* before it is taken: the interrupt stays, for the next */
	CU_ASSERT_EQUAL(take(), 5);
}

static void token_is_cut_to_what_the_mailbox_carries(void)
{
	static const struct {
		enum trace_mailbox_kind kind;
		uint64_t arrives;
	} widths[] = { { TRACE_MAILBOX_KIND_DOORBELL, 0 },
		       { TRACE_MAILBOX_KIND_STM32_IPCC, 0 },
		       { TRACE_MAILBOX_KIND_IMX_MU, 0x89abcdef },
		       { TRACE_MAILBOX_KIND_TI_FIFO, 0x89abcdef },
		       { TRACE_MAILBOX_KIND_FIFO, 0x0123456789abcdef } };

	for (unsigned int i = 0; i < 5; i++) {
		begin_kind(widths[i].kind);
		send_and_fire(0x0123456789abcdef);
		CU_ASSERT_EQUAL(told[0].kick.token, 0x0123456789abcdef);
		CU_ASSERT_EQUAL(told[1].notify.token, widths[i].arrives);
		CU_ASSERT_EQUAL(take(), widths[i].arrives);
	}
}

static void poll_takes_a_token_and_its_interrupt(void)
{
	uint64_t token = 0;

	begin_kind(TRACE_MAILBOX_KIND_FIFO);
	send(1);
	CU_ASSERT_FALSE(poll(&token)); /* on its way */
	fire();
	send_and_fire(2);
	CU_ASSERT_TRUE(poll(&token));
	CU_ASSERT_EQUAL(token, 1);
	CU_ASSERT_EQUAL(take(), 2);
	send_and_fire(3);
	CU_ASSERT_TRUE(poll(&token));
	CU_ASSERT_EQUAL(token, 3);
	CU_ASSERT_FALSE(pending());
	begin_kind(TRACE_MAILBOX_KIND_DOORBELL);
	send_and_fire(0);
	CU_ASSERT_TRUE(poll(&token));
	CU_ASSERT_EQUAL(token, 0);
	CU_ASSERT_FALSE(pending());
	CU_ASSERT_FALSE(poll(&token));
}

static void overwritten_token_is_lost_and_its_interrupt_gives_the_newer(void)
{
	struct mailbox_properties is = mailbox_kinds[TRACE_MAILBOX_KIND_IMX_MU];

	is.when_full = TRACE_MAILBOX_FULL_OVERWRITE;
	begin(&is, NULL);
	send(1);
	CU_ASSERT_FALSE(is_free());
	CU_ASSERT_TRUE(send(2));
	CU_ASSERT_TRUE(was_told(tells - 1, EVENT_kick_lost) && told[tells - 1].kick_lost.token == 1);
	CU_ASSERT_EQUAL(engine.timers, 1);
	fire();
	CU_ASSERT_TRUE(send(3));
	CU_ASSERT_TRUE(was_told(tells - 1, EVENT_kick_lost) && told[tells - 1].kick_lost.token == 2);
	CU_ASSERT_EQUAL(take(), 3);
	CU_ASSERT_FALSE(pending());
}

/* ---- Flags ----------------------------------------------------------------------------------------------- */

static void flag_that_is_set_is_one_with_the_next_ring_where_hardware_has_it_so(void)
{
	static const enum trace_mailbox_kind flags[] = { TRACE_MAILBOX_KIND_ZYNQMP_IPI, TRACE_MAILBOX_KIND_ARM_MHU,
							 TRACE_MAILBOX_KIND_IMX_MU_DOORBELL };

	for (unsigned int i = 0; i < 3; i++) {
		begin_kind(flags[i]);
		CU_ASSERT_TRUE(is_free());
		CU_ASSERT_TRUE(send(0));
		CU_ASSERT_FALSE(is_free());
		CU_ASSERT_TRUE(send(0));
		CU_ASSERT_EQUAL(engine.timers, 1);
		fire();
		CU_ASSERT_FALSE(is_free());
		CU_ASSERT_TRUE(send(0));
		CU_ASSERT_EQUAL(engine.timers, 0);
		take();
		CU_ASSERT_TRUE(is_free());
		CU_ASSERT_FALSE(pending());
		CU_ASSERT_TRUE(send(0));
		CU_ASSERT_EQUAL(engine.timers, 1);
	}
}

static void occupied_channel_refuses_until_it_is_acknowledged(void)
{
	begin_kind(TRACE_MAILBOX_KIND_STM32_IPCC);
	CU_ASSERT_TRUE(send(0));
	CU_ASSERT_FALSE(send(0));
	CU_ASSERT_TRUE(send_to(TO_OTHER, 0));						 /* a channel of its own */
	CU_ASSERT_TRUE(mailbox_send(&mailbox, &engine.agent[REMOTE], FROM_HOST, 0, PC)); /* and a direction */
	fire();
	CU_ASSERT_FALSE(send(0));
	take();
	CU_ASSERT_TRUE(send(0));
}

static void receiver_that_took_over_acknowledges_late(void)
{
	static const enum trace_mailbox_kind late[] = { TRACE_MAILBOX_KIND_ZYNQMP_IPI, TRACE_MAILBOX_KIND_STM32_IPCC,
							TRACE_MAILBOX_KIND_ARM_MHU,
							TRACE_MAILBOX_KIND_IMX_MU_DOORBELL };
	uint64_t token;

	for (unsigned int i = 0; i < 4; i++) {
		begin_kind(late[i]);
		CU_ASSERT_TRUE(take_over());
		CU_ASSERT_FALSE(ack()); /* nothing is there */
		send_and_fire(0);
		take();
		CU_ASSERT_FALSE(pending());
		CU_ASSERT_FALSE(is_free());
		CU_ASSERT_TRUE(poll(&token)); /* it is there still */
		CU_ASSERT_FALSE(is_free());
		CU_ASSERT_TRUE(ack());
		CU_ASSERT_TRUE(is_free());
		CU_ASSERT_FALSE(ack());
		send_and_fire(0);
		CU_ASSERT_TRUE(ack()); /* before the interrupt was taken: it is gone */
		CU_ASSERT_FALSE(pending());
	}
}

static void only_what_is_acknowledged_late_can_be_taken_over(void)
{
	static const enum trace_mailbox_kind read[] = { TRACE_MAILBOX_KIND_DOORBELL, TRACE_MAILBOX_KIND_TI_FIFO,
							TRACE_MAILBOX_KIND_IMX_MU, TRACE_MAILBOX_KIND_FIFO };

	for (unsigned int i = 0; i < 4; i++) {
		begin_kind(read[i]);
		CU_ASSERT_FALSE(take_over());
		send_and_fire(0);
		CU_ASSERT_FALSE(ack());
		CU_ASSERT_TRUE(pending());
	}
}

static void queue_that_is_acknowledged_late_gives_a_token_after_the_other(void)
{
	struct mailbox_properties is = mailbox_kinds[TRACE_MAILBOX_KIND_FIFO];

	is.late_ack = true;
	begin(&is, NULL);
	CU_ASSERT_TRUE(take_over());
	send_and_fire(1);
	CU_ASSERT_EQUAL(take(), 1);
	send_and_fire(2);
	CU_ASSERT_FALSE(pending());
	CU_ASSERT_TRUE(ack());
	CU_ASSERT_EQUAL(take(), 2);
}

/* ---- Message buffers ------------------------------------------------------------------------------------- */

static bool message(unsigned int id, enum trace_mailbox_buffer buffer, bool store, char *text, size_t size)
{
	return mailbox_message(&mailbox, &engine.agent[id], id == HOST ? TO_REMOTE : FROM_HOST, buffer, store, text,
			       size, PC);
}

static void request_and_response_go_opposite_ways(void)
{
	char question[] = "question", answer[] = "response", seen[9] = "";

	begin_kind(TRACE_MAILBOX_KIND_ZYNQMP_IPI);
	CU_ASSERT_TRUE(message(HOST, TRACE_MAILBOX_BUFFER_REQUEST, true, question, 9));
	CU_ASSERT_TRUE(message(REMOTE, TRACE_MAILBOX_BUFFER_REQUEST, false, seen, 9));
	CU_ASSERT_STRING_EQUAL(seen, "question");
	CU_ASSERT_TRUE(message(REMOTE, TRACE_MAILBOX_BUFFER_RESPONSE, true, answer, 9));
	CU_ASSERT_TRUE(message(HOST, TRACE_MAILBOX_BUFFER_RESPONSE, false, seen, 9));
	CU_ASSERT_STRING_EQUAL(seen, "response");
	CU_ASSERT_TRUE(
		message(HOST, TRACE_MAILBOX_BUFFER_REQUEST, false, seen, 9)); /* the remote's, who wrote none */
	CU_ASSERT_STRING_EQUAL(seen, "");
	CU_ASSERT_EQUAL_FATAL(tells, 5);
	CU_ASSERT_EQUAL(told[0].id, EVENT_message);
	CU_ASSERT_EQUAL(told[0].message.access, TRACE_ACCESS_STORE);
	CU_ASSERT_EQUAL(told[0].message.bytes.size, 9);
	CU_ASSERT_EQUAL(told[1].message.access, TRACE_ACCESS_LOAD);
	CU_ASSERT_EQUAL(told[2].message.buffer, TRACE_MAILBOX_BUFFER_RESPONSE);
}

static void message_fits_its_buffer_or_is_refused(void)
{
	char bytes[33] = "";

	begin_kind(TRACE_MAILBOX_KIND_ZYNQMP_IPI);
	CU_ASSERT_TRUE(message(HOST, TRACE_MAILBOX_BUFFER_REQUEST, true, bytes, 32));
	CU_ASSERT_FALSE(message(HOST, TRACE_MAILBOX_BUFFER_REQUEST, true, bytes, 33));
	CU_ASSERT_FALSE(message(HOST, TRACE_MAILBOX_BUFFER_REQUEST, true, bytes, 0));
	begin_kind(TRACE_MAILBOX_KIND_TI_FIFO);
	CU_ASSERT_FALSE(message(HOST, TRACE_MAILBOX_BUFFER_REQUEST, true, bytes, 1));
}

static void message_is_overwritten_while_its_ring_is_not_taken(void)
{
	char old[] = "1", new[] = "2", seen[2] = "";

	begin_kind(TRACE_MAILBOX_KIND_ZYNQMP_IPI);
	message(HOST, TRACE_MAILBOX_BUFFER_REQUEST, true, old, 2);
	send_and_fire(0);
	message(HOST, TRACE_MAILBOX_BUFFER_REQUEST, true, new, 2);
	send(0);
	take();
	message(REMOTE, TRACE_MAILBOX_BUFFER_REQUEST, false, seen, 2);
	CU_ASSERT_STRING_EQUAL(seen, "2");
	CU_ASSERT_FALSE(pending());
}

/* ---- Spinning, the preamble, the kinds ------------------------------------------------------------------- */

static void whoever_asks_in_vain_is_parked_when_nothing_changes(void)
{
	uint64_t token;

	begin_kind(TRACE_MAILBOX_KIND_STM32_IPCC);
	send(0);
	for (unsigned int i = 0; i < 2; i++) {
		send(0);
		CU_ASSERT_FALSE(engine.agent[HOST].in_vain);
	}
	send(0);
	CU_ASSERT_TRUE(engine.agent[HOST].in_vain);
	fire();
	send(0);
	CU_ASSERT_FALSE(engine.agent[HOST].in_vain); /* something happened */
	for (unsigned int i = 0; i < 3; i++)
		is_free();
	CU_ASSERT_TRUE(engine.agent[HOST].in_vain);
	take();
	for (unsigned int i = 0; i < 2; i++)
		poll(&token);
	CU_ASSERT_FALSE(engine.agent[REMOTE].in_vain);
	poll(&token);
	CU_ASSERT_TRUE(engine.agent[REMOTE].in_vain);
}

static void preamble_says_what_each_channel_is(void)
{
	struct mailbox_properties is = mailbox_kinds[TRACE_MAILBOX_KIND_TI_FIFO];

	is.lossy = is.duplicates = is.scan_all = true;
	begin(&is, NULL);
	mailbox_tell(&mailbox);
	CU_ASSERT_EQUAL_FATAL(tells, 6); /* three channels from both ends */
	CU_ASSERT_EQUAL(told[0].id, EVENT_mailbox);
	CU_ASSERT_EQUAL(told[0].mailbox.agent, HOST);
	CU_ASSERT_EQUAL(told[0].mailbox.channel, TO_REMOTE);
	CU_ASSERT_EQUAL(told[0].mailbox.to, REMOTE);
	CU_ASSERT_EQUAL(told[0].mailbox.to_channel, FROM_HOST);
	CU_ASSERT_EQUAL(told[0].mailbox.kind, TRACE_MAILBOX_KIND_TI_FIFO);
	CU_ASSERT_EQUAL(told[0].mailbox.token_bits, 32);
	CU_ASSERT_EQUAL(told[0].mailbox.depth, 4);
	CU_ASSERT_EQUAL(told[0].mailbox.when_full, TRACE_MAILBOX_FULL_REFUSE);
	CU_ASSERT_EQUAL(told[0].mailbox.attr,
			TRACE_MAILBOX_LOSSY | TRACE_MAILBOX_DUPLICATES | TRACE_MAILBOX_SCAN_ALL);
	begin_kind(TRACE_MAILBOX_KIND_ARM_MHU);
	mailbox_tell(&mailbox);
	CU_ASSERT_EQUAL(told[0].mailbox.attr, TRACE_MAILBOX_LATE_ACK);
}

static void upstreams_bindings_have_their_kinds(void)
{
	for (unsigned int kind = 0; kind < MAILBOX_KINDS; kind++) {
		CU_ASSERT_EQUAL(mailbox_kinds[kind].kind, kind);
		CU_ASSERT_PTR_NULL(mailbox_kind_contradiction(&mailbox_kinds[kind]));
	}
	CU_ASSERT_EQUAL(mailbox_kind_compatible("ti,am64-mailbox")->kind, TRACE_MAILBOX_KIND_TI_FIFO);
	CU_ASSERT_EQUAL(mailbox_kind_compatible("st,stm32mp1-ipcc")->kind, TRACE_MAILBOX_KIND_STM32_IPCC);
	CU_ASSERT_EQUAL(mailbox_kind_compatible("xlnx,zynqmp-ipi-mailbox")->kind, TRACE_MAILBOX_KIND_ZYNQMP_IPI);
	CU_ASSERT_EQUAL(mailbox_kind_compatible("fsl,imx8mp-mu")->kind, TRACE_MAILBOX_KIND_IMX_MU);
	CU_ASSERT_EQUAL(mailbox_kind_compatible("arm,mhuv2-tx")->kind, TRACE_MAILBOX_KIND_ARM_MHU);
	CU_ASSERT_PTR_NULL(mailbox_kind_compatible("ti,am64"));
}

static void properties_that_contradict_each_other_are_named(void)
{
	static const struct mailbox_properties wrong[] = {
		{ .depth = 17, .token_bits = 32, .when_full = TRACE_MAILBOX_FULL_REFUSE },
		{ .depth = 4, .token_bits = 16, .when_full = TRACE_MAILBOX_FULL_REFUSE },
		{ .token_bits = 32 },
		{ .late_ack = true },
		{ .when_full = TRACE_MAILBOX_FULL_REFUSE },
		{ .depth = 1, .token_bits = 32 },
		{ .depth = 2 },
		{ .depth = 2, .token_bits = 32, .when_full = TRACE_MAILBOX_FULL_OVERWRITE },
		{ .depth = 1, .late_ack = true, .when_full = TRACE_MAILBOX_FULL_OVERWRITE },
		{ .depth = 1, .edge = true },
		{ .depth = 4, .edge = true, .late_ack = true, .when_full = TRACE_MAILBOX_FULL_REFUSE },
	};
	static const struct mailbox_properties right[] = {
		{ .depth = 16, .token_bits = 64, .when_full = TRACE_MAILBOX_FULL_REFUSE },
		{ .depth = 1, .token_bits = 32, .when_full = TRACE_MAILBOX_FULL_OVERWRITE },
		{ .depth = 2, .edge = true, .when_full = TRACE_MAILBOX_FULL_REFUSE },
		{ .depth = 1, .late_ack = true },
	};

	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CU_ASSERT_PTR_NOT_NULL(mailbox_kind_contradiction(&wrong[i]));
	for (unsigned int i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		CU_ASSERT_PTR_NULL(mailbox_kind_contradiction(&right[i]));
}

/* ---- At random ------------------------------------------------------------------------------------------- */

/* One direction as a plain list, told by the events alone; it forgets nothing that a place holds. */
struct naive {
	unsigned int to, to_channel;
	const struct mailbox_properties *is;
	uint64_t token[MAILBOX_DEPTH_MAX + ENGINE_TIMERS_MAX + 1];
	unsigned int held, arrived;
	bool taken_over, serving, latched;
};

static struct naive naive[CPUS][2]; /* by sender and channel */
static struct naive *sending;	    /* whose send is being performed */
static bool overwrites;
static bool wrong;

static struct naive *naive_to(unsigned int to, unsigned int channel)
{
	for (unsigned int i = 0; i < CPUS; i++)
		for (unsigned int k = 0; k < 2; k++)
			if (naive[i][k].to == to && naive[i][k].to_channel == channel)
				return &naive[i][k];
	return NULL;
}

static void naive_remove(struct naive *n)
{
	for (unsigned int i = 1; i < n->held; i++)
		n->token[i - 1] = n->token[i];
	n->held--;
	n->arrived--;
	n->latched &= n->arrived > 0;
}

static bool naive_is_full(const struct naive *n)
{
	return n->is->depth && n->held == n->is->depth;
}

static uint64_t naive_cut(const struct naive *n, uint64_t token)
{
	return n->is->token_bits == 0 ? 0 : n->is->token_bits == 32 ? (uint32_t)token : token;
}

static void naive_kick(struct naive *n, uint64_t token)
{
	overwrites = naive_is_full(n) && n->is->when_full == TRACE_MAILBOX_FULL_OVERWRITE;
	wrong |= naive_is_full(n) && n->is->when_full == TRACE_MAILBOX_FULL_REFUSE;
	sending = n;
	if (!naive_is_full(n))
		n->token[n->held++] = naive_cut(n, token);
}

static void naive_lost(const struct event_kick_lost *e)
{
	struct naive *n = sending;

	wrong |= e->agent != n->to || e->channel != n->to_channel;
	if (overwrites)
		wrong |= e->token != n->token[0];
	else
		n->held--;
	wrong |= !overwrites && !n->is->lossy;
}

static void naive_notify(const struct event_notify *e)
{
	struct naive *n = naive_to(e->agent, e->channel);

	wrong |= n->held == n->arrived || e->token != n->token[n->arrived];
	if (!n->is->depth && n->arrived)
		n->held--; /* one with what is pending */
	else
		n->arrived++;
	n->latched = true;
}

static void on_random_event(void *ctx, const struct trace_event *event)
{
	(void)ctx;
	if (event->id == EVENT_kick)
		naive_kick(&naive[event->kick.agent][event->kick.channel], event->kick.token);
	else if (event->id == EVENT_refused)
		wrong |= !naive_is_full(&naive[event->refused.agent][event->refused.channel]);
	else if (event->id == EVENT_kick_lost)
		naive_lost(&event->kick_lost);
	else if (event->id == EVENT_notify)
		naive_notify(&event->notify);
	else if (event->id == EVENT_choice && strcmp(event->choice.site, MAILBOX_SITE_DUPLICATE) == 0) {
		wrong |= naive_is_full(sending) || !sending->is->duplicates;
		sending->token[sending->held] = sending->token[sending->held ? sending->held - 1 : 0];
		sending->held++;
	}
}

/* An interrupt is pending exactly where it must, with the oldest token. */
static bool naive_agrees(const struct naive *n)
{
	const struct mailbox_link *link = mailbox_link(&mailbox, &engine.agent[n->to], n->to_channel);
	bool expected = n->arrived && !n->serving && (!n->is->edge || n->latched);

	link = &mailbox.link[link->to][link->to_channel];
	return !wrong && link->arrived == n->arrived && link->arrived + link->in_flight == n->held &&
	       engine.agent[n->to].channel[n->to_channel].pending == expected &&
	       (!expected || engine.agent[n->to].channel[n->to_channel].token == n->token[0]);
}

static bool naive_all_agree(void)
{
	for (unsigned int i = 0; i < CPUS; i++)
		for (unsigned int k = 0; k < 2; k++)
			if (!naive_agrees(&naive[i][k]))
				return false;
	return true;
}

/* A kind as sold, or anything that does not contradict itself. */
static struct mailbox_properties random_properties(uint64_t *seed)
{
	struct mailbox_properties is = mailbox_kinds[random_below(seed, MAILBOX_KINDS)];

	do {
		if (random_below(seed, 3) == 0)
			is.depth = (uint8_t)random_below(seed, MAILBOX_DEPTH_MAX + 1);
		if (random_below(seed, 3) == 0)
			is.when_full = (enum trace_mailbox_full)random_below(seed, 3);
		is.edge = random_below(seed, 4) == 0;
		is.late_ack ^= random_below(seed, 4) == 0;
		is.lossy = random_below(seed, 2) == 0;
		is.duplicates = random_below(seed, 2) == 0;
	} while (mailbox_kind_contradiction(&is));
	return is;
}

static void random_begin(uint64_t *seed)
{
	begin_kind(TRACE_MAILBOX_KIND_DOORBELL);
	chooser_begin_seed(&chooser, *seed);
	chooser.shift = 2;
	engine.listener[0].event = on_random_event;
	for (unsigned int i = 0; i < CPUS; i++) {
		platform.mailbox[i].is = random_properties(seed);
		for (unsigned int k = 0; k < 2; k++)
			naive[i][k] = (struct naive){ .to = platform.cpu[i].channel[k].peer,
						      .to_channel = platform.cpu[i].channel[k].peer_channel };
	}
	for (unsigned int i = 0; i < CPUS; i++)
		for (unsigned int k = 0; k < 2; k++)
			naive[i][k].is = &platform.mailbox[platform.cpu[i].channel[k].mailbox].is;
}

static void random_fire(uint64_t *seed)
{
	unsigned int i = (unsigned int)random_below(seed, engine.timers);
	struct engine_timer fired = engine.timer[i];

	engine.timer[i] = engine.timer[--engine.timers];
	if (fired.when > engine.now)
		engine.now = fired.when;
	fired.fire(fired.ctx, fired.arg);
}

/* The handler begins. */
static void random_take(struct naive *n, struct agent *to)
{
	if (!to->channel[n->to_channel].pending)
		return;
	to->channel[n->to_channel].pending = false;
	wrong |= to->channel[n->to_channel].token != n->token[0];
	mailbox_taken(&mailbox, to, n->to_channel);
	n->latched = false;
	n->serving = n->taken_over;
	if (!n->taken_over)
		naive_remove(n);
}

static void random_poll(struct naive *n, struct agent *to)
{
	uint64_t token;
	bool got = mailbox_poll(&mailbox, to, n->to_channel, &token, PC);

	wrong |= got != (n->arrived > 0) || (got && token != n->token[0]);
	if (got && !n->taken_over)
		naive_remove(n);
}

static void random_ack(struct naive *n, struct agent *to)
{
	bool expected = n->taken_over && n->arrived;

	wrong |= mailbox_ack(&mailbox, to, n->to_channel) != expected;
	if (!expected)
		return;
	n->serving = false;
	naive_remove(n);
}

static void random_power(struct agent *to)
{
	memset(to->channel, 0, sizeof(to->channel));
	for (unsigned int i = 0; i < 2; i++) {
		struct naive *n = naive_to(to->id, i);

		n->taken_over = n->serving = false;
		if (!n->is->depth && n->arrived)
			naive_remove(n);
		n->latched = n->arrived > 0;
	}
	mailbox_power_on(&mailbox, to);
}

static void random_send(uint64_t *seed, unsigned int id, unsigned int channel)
{
	const struct naive *n = &naive[id][channel];
	bool refuses = naive_is_full(n) && n->is->when_full == TRACE_MAILBOX_FULL_REFUSE;
	uint64_t token = random_below(seed, UINT32_MAX) << random_below(seed, 33);

	engine.agent[id].hook.clock = engine.now + random_below(seed, 1000) * NS;
	wrong |= mailbox_is_free(&mailbox, &engine.agent[id], channel, PC) == naive_is_full(n);
	wrong |= mailbox_send(&mailbox, &engine.agent[id], channel, token, PC) == refuses;
	if (overwrites && sending == n)
		naive[id][channel].token[0] = naive_cut(n, token);
	sending = NULL;
	overwrites = false;
}

static void random_step(uint64_t *seed)
{
	unsigned int id = (unsigned int)random_below(seed, CPUS), channel = (unsigned int)random_below(seed, 2);
	struct naive *n = naive_to(id, channel);
	struct agent *agent = &engine.agent[id];
	uint64_t what = random_below(seed, 32);

	if (what < 12)
		random_send(seed, id, channel);
	else if (what < 22 && engine.timers)
		random_fire(seed);
	else if (what < 26)
		random_take(n, agent);
	else if (what < 28)
		random_poll(n, agent);
	else if (what < 30)
		random_ack(n, agent);
	else if (what == 30)
		n->taken_over |= mailbox_take_over(&mailbox, agent, channel);
	else if (random_below(seed, 8) == 0)
		random_power(agent);
}

static void a_million_random_operations_do_as_plain_lists_do(void)
{
	uint64_t seed = 1;

	wrong = false;
	for (unsigned int i = 0; i < random_operations(); i++) {
		if (i % 2000 == 0)
			random_begin(&seed);
		random_step(&seed);
		if (!naive_all_agree())
			CU_FAIL_FATAL("the mailbox and the lists differ");
	}
	CU_PASS("they agreed after every step");
}

int main(void)
{
	CU_TestInfo sentences[] = {
		SENTENCE(ring_arrives_at_the_other_end_a_latency_after_the_senders_clock),
		SENTENCE(the_other_end_rings_back),
		SENTENCE(token_may_be_delayed_where_that_takes_longer),
		SENTENCE(token_may_get_lost_only_where_the_platform_loses),
		SENTENCE(token_may_come_twice_only_where_the_platform_duplicates_and_has_room),
		SENTENCE(channel_that_leads_nowhere_is_refused),
		SENTENCE(tokens_keep_their_order_when_an_older_one_is_delayed),
		SENTENCE(a_delayed_ring_holds_up_no_later_one),
		SENTENCE(tokens_arrive_at_once_when_too_many_timers_wait),
		SENTENCE(rings_that_are_pending_are_one),
		SENTENCE(ring_to_an_agent_that_is_off_or_dead_has_no_effect),
		SENTENCE(token_waits_in_its_place_for_an_agent_that_is_off),
		SENTENCE(queue_refuses_one_more_than_its_depth_until_one_is_read),
		SENTENCE(handler_runs_once_per_token_the_oldest_first),
		SENTENCE(by_edge_an_arrival_interrupts_once),
		SENTENCE(token_is_cut_to_what_the_mailbox_carries),
		SENTENCE(poll_takes_a_token_and_its_interrupt),
		SENTENCE(overwritten_token_is_lost_and_its_interrupt_gives_the_newer),
		SENTENCE(flag_that_is_set_is_one_with_the_next_ring_where_hardware_has_it_so),
		SENTENCE(occupied_channel_refuses_until_it_is_acknowledged),
		SENTENCE(receiver_that_took_over_acknowledges_late),
		SENTENCE(only_what_is_acknowledged_late_can_be_taken_over),
		SENTENCE(queue_that_is_acknowledged_late_gives_a_token_after_the_other),
		SENTENCE(request_and_response_go_opposite_ways),
		SENTENCE(message_fits_its_buffer_or_is_refused),
		SENTENCE(message_is_overwritten_while_its_ring_is_not_taken),
		SENTENCE(whoever_asks_in_vain_is_parked_when_nothing_changes),
		SENTENCE(preamble_says_what_each_channel_is),
		SENTENCE(upstreams_bindings_have_their_kinds),
		SENTENCE(properties_that_contradict_each_other_are_named),
		SENTENCE(a_million_random_operations_do_as_plain_lists_do),
		CU_TEST_INFO_NULL,
	};
	int status = sentences_run("mailbox", sentences);

	chooser_fini(&chooser);
	return status;
}
