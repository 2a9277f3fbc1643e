/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The doorbell: where and when a ring arrives, what becomes of a delayed and of a lost one. Timers are fired by hand;
 * their order is the engine's business.
 */
#include <string.h>

#include "models/mailbox.h"
#include "sim/tests/sentences.h"

static struct engine engine;
static struct chooser chooser;
static struct choose_plan plan;
static struct mailbox mailbox;
static struct platform_mailbox platform;
static struct trace_event told[8];
static unsigned int tells;

static void on_event(void *ctx, const struct trace_event *event)
{
	(void)ctx;
	CU_ASSERT_FATAL(tells < 8);
	if (event->id != EVENT_choice)
		told[tells++] = *event;
}

static void begin(bool lossy, const struct choose_surprise *surprise)
{
	memset(&engine, 0, sizeof(engine));
	engine.chooser = &chooser;
	engine.agents = 2;
	for (unsigned int i = 0; i < 2; i++)
		engine.agent[i] = (struct agent){ .engine = &engine, .id = i, .state = AGENT_READY,
						  .side = i ? TRACE_SIDE_REMOTE : TRACE_SIDE_HOST };
	engine.listener[0].event = on_event;
	engine.listeners = 1;
	tells = 0;
	platform = (struct platform_mailbox){ .latency_ns = 400, .delay_ns = 20000, .lossy = lossy };
	mailbox = (struct mailbox){ .platform = &platform, .engine = &engine, .channels = 2 };
	plan.count = surprise ? 1 : 0;
	if (surprise)
		plan.surprise[0] = *surprise;
	chooser_begin_plan(&chooser, &plan);
}

static void fire(unsigned int i)
{
	engine.now = engine.timer[i].when;
	engine.timer[i].fire(engine.timer[i].ctx, engine.timer[i].arg);
}

static void ring_arrives_at_the_other_side_a_latency_after_the_senders_clock(void)
{
	begin(false, NULL);
	engine.agent[0].hook.clock = 1000 * ENGINE_FS_PER_NS;
	CU_ASSERT_TRUE(mailbox_send(&mailbox, &engine.agent[0], 1, 77));
	CU_ASSERT_EQUAL_FATAL(engine.timers, 1);
	CU_ASSERT_EQUAL(engine.timer[0].when, 1400 * ENGINE_FS_PER_NS);
	CU_ASSERT_FALSE(engine.agent[1].channel[1].pending);
	fire(0);
	CU_ASSERT_TRUE(engine.agent[1].channel[1].pending);
	CU_ASSERT_EQUAL(engine.agent[1].channel[1].token, 0);	/* a doorbell has no content */
	CU_ASSERT_FALSE(engine.agent[1].channel[0].pending);
	CU_ASSERT_FALSE(engine.agent[0].channel[1].pending);
	CU_ASSERT_EQUAL_FATAL(tells, 1);
	CU_ASSERT_EQUAL(told[0].id, EVENT_notify);
	CU_ASSERT_EQUAL(told[0].notify.agent, 1);
	CU_ASSERT_EQUAL(told[0].notify.channel, 1);
	CU_ASSERT_EQUAL(told[0].time, 1400000);
}

static void remote_rings_the_host(void)
{
	begin(false, NULL);
	CU_ASSERT_TRUE(mailbox_send(&mailbox, &engine.agent[1], 0, 0));
	fire(0);
	CU_ASSERT_TRUE(engine.agent[0].channel[0].pending);
	CU_ASSERT_FALSE(engine.agent[1].channel[0].pending);
}

static void ring_may_be_delayed(void)
{
	static const struct choose_surprise delay = { .index = 0, .option = 1, .site = MAILBOX_SITE_DELAY };

	begin(false, &delay);
	CU_ASSERT_TRUE(mailbox_send(&mailbox, &engine.agent[0], 0, 0));
	CU_ASSERT_TRUE(chooser_done(&chooser));
	CU_ASSERT_EQUAL(chooser.asked, 1);
	CU_ASSERT_EQUAL(engine.timer[0].when, 20000 * ENGINE_FS_PER_NS);
}

static void ring_may_get_lost_only_where_the_platform_loses(void)
{
	static const struct choose_surprise lose = { .index = 0, .option = 1, .site = MAILBOX_SITE_LOSE };

	begin(true, &lose);
	CU_ASSERT_TRUE(mailbox_send(&mailbox, &engine.agent[0], 1, 5));
	CU_ASSERT_TRUE(chooser_done(&chooser));
	CU_ASSERT_EQUAL(engine.timers, 0);
	CU_ASSERT_EQUAL_FATAL(tells, 1);
	CU_ASSERT_EQUAL(told[0].id, EVENT_kick_lost);
	CU_ASSERT_EQUAL(told[0].kick_lost.agent, 1);
	CU_ASSERT_EQUAL(told[0].kick_lost.channel, 1);
	CU_ASSERT_EQUAL(told[0].kick_lost.token, 5);
	begin(true, NULL);
	CU_ASSERT_TRUE(mailbox_send(&mailbox, &engine.agent[0], 1, 5));
	CU_ASSERT_EQUAL(chooser.asked, 2);
	CU_ASSERT_EQUAL(engine.timers, 1);
	begin(false, NULL);
	mailbox_send(&mailbox, &engine.agent[0], 1, 5);
	CU_ASSERT_EQUAL(chooser.asked, 1);	/* the delay alone */
}

static void channel_that_does_not_exist_is_refused(void)
{
	begin(false, NULL);
	CU_ASSERT_TRUE(mailbox_send(&mailbox, &engine.agent[0], 1, 0));
	CU_ASSERT_FALSE(mailbox_send(&mailbox, &engine.agent[0], 2, 0));
	CU_ASSERT_EQUAL(engine.timers, 1);
	engine.agents = 1;
	CU_ASSERT_FALSE(mailbox_send(&mailbox, &engine.agent[0], 1, 0));
}

static void ring_to_an_agent_that_is_off_or_dead_has_no_effect(void)
{
	static const enum agent_state gone[] = { AGENT_OFF, AGENT_DEAD };

	for (unsigned int i = 0; i < 2; i++) {
		begin(false, NULL);
		mailbox_send(&mailbox, &engine.agent[0], 0, 0);
		engine.agent[1].state = gone[i];
		fire(0);
		CU_ASSERT_FALSE(engine.agent[1].channel[0].pending);
		CU_ASSERT_EQUAL(tells, 0);
	}
}

static void ring_coalesces_when_very_many_are_on_their_way(void)
{
	begin(false, NULL);
	for (unsigned int i = 0; i < ENGINE_TIMERS_MAX + 1; i++)
		CU_ASSERT_TRUE(mailbox_send(&mailbox, &engine.agent[0], 0, 0));
	CU_ASSERT_EQUAL(engine.timers, ENGINE_TIMERS_MAX);
}

static CU_TestInfo sentences[] = {
	SENTENCE(ring_arrives_at_the_other_side_a_latency_after_the_senders_clock),
	SENTENCE(remote_rings_the_host),
	SENTENCE(ring_may_be_delayed),
	SENTENCE(ring_may_get_lost_only_where_the_platform_loses),
	SENTENCE(channel_that_does_not_exist_is_refused),
	SENTENCE(ring_to_an_agent_that_is_off_or_dead_has_no_effect),
	SENTENCE(ring_coalesces_when_very_many_are_on_their_way),
	CU_TEST_INFO_NULL
};

int main(void)
{
	int status = sentences_run("mailbox", sentences);

	chooser_fini(&chooser);
	return status;
}
