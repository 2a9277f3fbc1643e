/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Resources granted and withdrawn: who may ask for what, who hears of it, what a notice's time brings. At random:
 * against a reference that knows of each triple of resource, id and owner until when it is held.
 */
#include <string.h>

#include "models/grants.h"
#include "models/tests/random.h"
#include "sim/tests/sentences.h"

#define NS ENGINE_FS_PER_NS
#define AREA UINT64_C(0x70000000)

static struct engine engine;
static const struct platform_heaps nothing;
static const struct platform_heaps owned = {
	.grant = {
		{ TRACE_RESOURCE_MEMORY, AREA, 1, 0 },
		{ TRACE_RESOURCE_BANDWIDTH, 0, 1, 400 },
	},
	.grants = 2,
};
static struct grants grants;
static struct trace_event told;
static unsigned int tells, changes, notices;
static bool in_use, granted;
static uint64_t grace;

static void on_event(void *ctx, const struct trace_event *event)
{
	(void)ctx;
	told = *event;
	tells++;
}

static bool on_in_use(void *ctx, const struct grants_entry *entry)
{
	CU_ASSERT_PTR_EQUAL(ctx, &grants);
	CU_ASSERT_NOT_EQUAL(entry->state, GRANTS_NONE);
	return in_use;
}

static void on_noticed(void *ctx, const struct grants_entry *entry, uint64_t grace_ns)
{
	CU_ASSERT_PTR_EQUAL(ctx, &grants);
	CU_ASSERT_EQUAL(entry->state, GRANTS_ENDING);
	grace = grace_ns;
	notices++;
}

/* Whoever hears of a change finds it made. */
static void on_changed(void *ctx, const struct grants_entry *entry, bool now)
{
	CU_ASSERT_EQUAL(grants_allow(ctx, entry->resource, entry->id, entry->owner), now);
	granted = now;
	changes++;
}

static const struct grants_ops ops = { .in_use = on_in_use, .noticed = on_noticed, .changed = on_changed };

static void begin(const struct platform_heaps *platform)
{
	memset(&engine, 0, sizeof(engine));
	engine.listener[0].event = on_event;
	engine.listeners = 1;
	tells = changes = notices = 0;
	in_use = false;
	grants = (struct grants){ .engine = &engine, .platform = platform, .ops = &ops, .ctx = &grants };
	grants_reset(&grants);
}

/* Time passes, and whatever timers are due fire, the earliest first. */
static void pass(uint64_t ns)
{
	uint64_t until = engine.now + ns * NS;

	for (;;) {
		struct engine_timer *first = NULL, fired;

		for (unsigned int i = 0; i < engine.timers; i++)
			if (engine.timer[i].when <= until && (!first || engine.timer[i].when < first->when))
				first = &engine.timer[i];
		if (!first)
			break;
		fired = *first;
		*first = engine.timer[--engine.timers];
		engine.now = fired.when;
		fired.fire(fired.ctx, fired.arg);
	}
	engine.now = until;
}

static int give(enum trace_resource resource, uint64_t id, unsigned int owner)
{
	return grants_give(&grants, resource, id, owner, 0, TRACE_ASKER_HOST);
}

static int withdraw(unsigned int owner, uint64_t grace_ns)
{
	return grants_withdraw(&grants, TRACE_RESOURCE_MEMORY, AREA, owner, grace_ns, TRACE_ASKER_HOST);
}

static bool allowed(unsigned int agent)
{
	return grants_allow(&grants, TRACE_RESOURCE_MEMORY, AREA, agent);
}

static void expect_withdrawn(enum trace_grant_end why, bool used, enum trace_asker by)
{
	CU_ASSERT_EQUAL(told.id, EVENT_grant_withdraw);
	CU_ASSERT_EQUAL(told.grant_withdraw.agent, 1);
	CU_ASSERT_EQUAL(told.grant_withdraw.resource, TRACE_RESOURCE_MEMORY);
	CU_ASSERT_EQUAL(told.grant_withdraw.id, AREA);
	CU_ASSERT_EQUAL(told.grant_withdraw.why, why);
	CU_ASSERT_EQUAL(told.grant_withdraw.in_use, used);
	CU_ASSERT_EQUAL(told.grant_withdraw.by, by);
}

static void resource_that_nobody_was_granted_is_everybodys(void)
{
	begin(&nothing);
	CU_ASSERT_TRUE(allowed(0));
	CU_ASSERT_EQUAL(give(TRACE_RESOURCE_MEMORY, AREA, 1), 0);
	CU_ASSERT_TRUE(changes == 1 && granted);
	CU_ASSERT_TRUE(allowed(1));
	CU_ASSERT_FALSE(allowed(0));
	CU_ASSERT_TRUE(grants_allow(&grants, TRACE_RESOURCE_MEMORY, AREA + 1, 0));
	CU_ASSERT_TRUE(grants_allow(&grants, TRACE_RESOURCE_STREAM, AREA, 0));
	/* Withdrawn it is nobody's. */
	CU_ASSERT_EQUAL(withdraw(1, GRANTS_AT_ONCE), 0);
	CU_ASSERT_FALSE(allowed(1));
	CU_ASSERT_FALSE(allowed(0));
}

static void domains_own_at_power_on_what_the_platform_says_and_nobody_is_told(void)
{
	begin(&owned);
	CU_ASSERT_TRUE(allowed(1));
	CU_ASSERT_FALSE(allowed(0));
	CU_ASSERT_EQUAL(grants_bandwidth(&grants, 0, 1), 400);
	CU_ASSERT_EQUAL(grants_bandwidth(&grants, 0, 0), 0);
	CU_ASSERT_EQUAL(grants_bandwidth(&grants, 1, 1), 0);
	CU_ASSERT_EQUAL(tells + changes + notices, 0);
	withdraw(1, GRANTS_AT_ONCE);
	give(TRACE_RESOURCE_MEMORY, AREA, 0);
	grants_reset(&grants);
	CU_ASSERT_TRUE(allowed(1));
	CU_ASSERT_FALSE(allowed(0));
}

static void immediate_withdrawal_takes_it_at_once_and_says_whether_it_was_in_use(void)
{
	for (unsigned int used = 0; used < 2; used++) {
		begin(&owned);
		in_use = used;
		CU_ASSERT_EQUAL(withdraw(1, GRANTS_AT_ONCE), 0);
		expect_withdrawn(TRACE_GRANT_END_WITHDRAWN, used, TRACE_ASKER_HOST);
		CU_ASSERT_FALSE(allowed(1));
		CU_ASSERT_EQUAL(changes, 1);
		CU_ASSERT_FALSE(granted);
		CU_ASSERT_EQUAL(notices, 0);
		CU_ASSERT_EQUAL(engine.timers, 0);
	}
}

static void polite_withdrawal_leaves_it_until_the_last_nanosecond_of_grace(void)
{
	begin(&owned);
	in_use = true;
	CU_ASSERT_FALSE(grants_is_ending(&grants, TRACE_RESOURCE_MEMORY, AREA, 1));
	CU_ASSERT_EQUAL(withdraw(1, 500), 0);
	CU_ASSERT_EQUAL(told.id, EVENT_grant_notice);
	CU_ASSERT_EQUAL(told.grant_notice.grace_ns, 500);
	CU_ASSERT_EQUAL(told.grant_notice.in_use, 1);
	CU_ASSERT_EQUAL(notices, 1);
	CU_ASSERT_EQUAL(grace, 500);
	CU_ASSERT_EQUAL(changes, 0);
	pass(499);
	CU_ASSERT_TRUE(allowed(1));
	CU_ASSERT_TRUE(grants_is_ending(&grants, TRACE_RESOURCE_MEMORY, AREA, 1));
	pass(1);
	CU_ASSERT_FALSE(allowed(1));
	CU_ASSERT_FALSE(grants_is_ending(&grants, TRACE_RESOURCE_MEMORY, AREA, 1));
	expect_withdrawn(TRACE_GRANT_END_EXPIRED, true, TRACE_ASKER_ENVIRONMENT);
	CU_ASSERT_EQUAL(changes, 1);
}

static void owner_that_returns_it_in_time_has_it_no_longer_and_nothing_expires(void)
{
	begin(&owned);
	withdraw(1, 500);
	pass(300);
	CU_ASSERT_EQUAL(grants_return(&grants, TRACE_RESOURCE_MEMORY, AREA, 1), 0);
	expect_withdrawn(TRACE_GRANT_END_RETURNED, false, TRACE_ASKER_SELF);
	CU_ASSERT_FALSE(allowed(1));
	CU_ASSERT_EQUAL(grants_return(&grants, TRACE_RESOURCE_MEMORY, AREA, 1), GRANTS_NOT_PERMITTED);
	pass(1000);
	CU_ASSERT_EQUAL(changes, 1);
}

static void notice_that_is_taken_back_does_not_expire_but_the_next_one_does(void)
{
	begin(&owned);
	withdraw(1, 500);
	pass(100);
	CU_ASSERT_EQUAL(give(TRACE_RESOURCE_MEMORY, AREA, 1), 0);
	CU_ASSERT_EQUAL(withdraw(1, 600), 0);
	pass(599);
	CU_ASSERT_TRUE(allowed(1));
	pass(1);
	CU_ASSERT_FALSE(allowed(1));
}

static void withdrawal_that_has_begun_can_be_cut_short_but_not_begun_again(void)
{
	begin(&owned);
	withdraw(1, 500);
	CU_ASSERT_EQUAL(withdraw(1, 900), GRANTS_NOT_PERMITTED);
	CU_ASSERT_EQUAL(withdraw(1, GRANTS_AT_ONCE), 0);
	expect_withdrawn(TRACE_GRANT_END_WITHDRAWN, false, TRACE_ASKER_HOST);
	CU_ASSERT_EQUAL(withdraw(1, GRANTS_AT_ONCE), GRANTS_NOT_PERMITTED);
	CU_ASSERT_EQUAL(withdraw(1, 5), GRANTS_NOT_PERMITTED);
	CU_ASSERT_EQUAL(withdraw(0, 5), GRANTS_NOT_PERMITTED);
	CU_ASSERT_EQUAL(withdraw(0, GRANTS_AT_ONCE), GRANTS_NOT_PERMITTED);
	CU_ASSERT_EQUAL(tells, 2);
}

static void nobody_grants_or_withdraws_for_himself(void)
{
	begin(&owned);
	CU_ASSERT_EQUAL(grants_give(&grants, TRACE_RESOURCE_CLOCK, 3, 1, 0, TRACE_ASKER_SELF), GRANTS_NOT_PERMITTED);
	CU_ASSERT_TRUE(grants_allow(&grants, TRACE_RESOURCE_CLOCK, 3, 0));
	CU_ASSERT_EQUAL(grants_withdraw(&grants, TRACE_RESOURCE_MEMORY, AREA, 1, GRANTS_AT_ONCE, TRACE_ASKER_SELF),
			GRANTS_NOT_PERMITTED);
	CU_ASSERT_EQUAL(grants_withdraw(&grants, TRACE_RESOURCE_MEMORY, AREA, 1, 5, TRACE_ASKER_SELF),
			GRANTS_NOT_PERMITTED);
	CU_ASSERT_EQUAL(give(TRACE_RESOURCE_MEMORY, AREA, 1), GRANTS_NOT_PERMITTED); /* it has it */
	CU_ASSERT_TRUE(allowed(1));
	CU_ASSERT_EQUAL(tells, 0);
}

static void what_is_refused_is_told_and_what_is_allowed_is_not(void)
{
	begin(&owned);
	CU_ASSERT_TRUE(grants_check(&grants, TRACE_RESOURCE_MEMORY, AREA, 1, 7));
	CU_ASSERT_TRUE(grants_check(&grants, TRACE_RESOURCE_CLOCK, 3, 0, 7));
	CU_ASSERT_EQUAL(tells, 0);
	CU_ASSERT_FALSE(grants_check(&grants, TRACE_RESOURCE_MEMORY, AREA, 0, 7));
	CU_ASSERT_EQUAL(tells, 1);
	CU_ASSERT_EQUAL(told.id, EVENT_grant_refused);
	CU_ASSERT_EQUAL(told.grant_refused.agent, 0);
	CU_ASSERT_EQUAL(told.grant_refused.resource, TRACE_RESOURCE_MEMORY);
	CU_ASSERT_EQUAL(told.grant_refused.id, AREA);
	CU_ASSERT_EQUAL(told.grant_refused.pc, 7);
	CU_ASSERT_EQUAL(changes, 0);
}

static void resource_is_held_while_anybody_has_it(void)
{
	begin(&nothing);
	CU_ASSERT_FALSE(grants_is_held(&grants, TRACE_RESOURCE_POWER_DOMAIN, 4));
	give(TRACE_RESOURCE_POWER_DOMAIN, 4, 0);
	give(TRACE_RESOURCE_POWER_DOMAIN, 4, 1);
	CU_ASSERT_FALSE(grants_is_held(&grants, TRACE_RESOURCE_POWER_DOMAIN, 5));
	CU_ASSERT_FALSE(grants_is_held(&grants, TRACE_RESOURCE_CLOCK, 4));
	CU_ASSERT_EQUAL(grants_return(&grants, TRACE_RESOURCE_POWER_DOMAIN, 4, 0), 0);
	CU_ASSERT_TRUE(grants_is_held(&grants, TRACE_RESOURCE_POWER_DOMAIN, 4));
	grants_withdraw(&grants, TRACE_RESOURCE_POWER_DOMAIN, 4, 1, 50, TRACE_ASKER_HOST);
	CU_ASSERT_TRUE(grants_is_held(&grants, TRACE_RESOURCE_POWER_DOMAIN, 4));
	pass(50);
	CU_ASSERT_FALSE(grants_is_held(&grants, TRACE_RESOURCE_POWER_DOMAIN, 4));
}

static void only_bandwidth_has_an_amount(void)
{
	begin(&nothing);
	grants_give(&grants, TRACE_RESOURCE_CLOCK, 3, 1, 70, TRACE_ASKER_HOST);
	CU_ASSERT_EQUAL(told.grant_give.amount, 0);
	grants_give(&grants, TRACE_RESOURCE_BANDWIDTH, 3, 1, 70, TRACE_ASKER_ENVIRONMENT);
	CU_ASSERT_EQUAL(told.grant_give.amount, 70);
	CU_ASSERT_EQUAL(told.grant_give.by, TRACE_ASKER_ENVIRONMENT);
	CU_ASSERT_EQUAL(grants_bandwidth(&grants, 3, 1), 70);
}

static void memory_clocks_domains_and_bandwidth_are_shared_the_rest_has_one_owner(void)
{
	static const bool shared[] = { true, false, true, true, false, false, true };

	begin(&nothing);
	for (unsigned int r = 0; r <= TRACE_RESOURCE_BANDWIDTH; r++) {
		enum trace_resource resource = (enum trace_resource)r;

		CU_ASSERT_EQUAL(give(resource, 9, 0), 0);
		CU_ASSERT_EQUAL(give(resource, 9, 1), shared[r] ? 0 : GRANTS_TAKEN);
		CU_ASSERT_EQUAL(grants_allow(&grants, resource, 9, 1), shared[r]);
		CU_ASSERT_TRUE(grants_allow(&grants, resource, 9, 0));
		/* It is taken while it ends, too, and free after that. */
		grants_withdraw(&grants, resource, 9, 0, 50, TRACE_ASKER_HOST);
		CU_ASSERT_EQUAL(give(resource, 9, 1), shared[r] ? GRANTS_NOT_PERMITTED : GRANTS_TAKEN);
		pass(50);
		CU_ASSERT_EQUAL(give(resource, 9, 1), shared[r] ? GRANTS_NOT_PERMITTED : 0);
	}
}

static void table_is_full_after_64_different_grants(void)
{
	begin(&nothing);
	for (unsigned int i = 0; i < GRANTS_MAX; i++)
		CU_ASSERT_EQUAL(give(TRACE_RESOURCE_IRQ, i, 0), 0);
	CU_ASSERT_EQUAL(give(TRACE_RESOURCE_IRQ, GRANTS_MAX, 0), GRANTS_FULL);
	CU_ASSERT_EQUAL(grants_withdraw(&grants, TRACE_RESOURCE_IRQ, 7, 0, GRANTS_AT_ONCE, TRACE_ASKER_HOST), 0);
	CU_ASSERT_EQUAL(give(TRACE_RESOURCE_IRQ, 7, 0), 0);
}

static void grace_without_end_never_ends_and_without_a_timer_there_is_none(void)
{
	begin(&owned);
	engine.now = 7 * NS;
	CU_ASSERT_EQUAL(withdraw(1, UINT64_MAX), 0);
	CU_ASSERT_TRUE(engine.timers == 1 && engine.timer[0].when > UINT64_MAX - 3 * NS);
	give(TRACE_RESOURCE_MEMORY, AREA, 1);
	engine.timers = ENGINE_TIMERS_MAX;
	CU_ASSERT_EQUAL(withdraw(1, 500), 0);
	CU_ASSERT_FALSE(allowed(1));
	expect_withdrawn(TRACE_GRANT_END_EXPIRED, false, TRACE_ASKER_ENVIRONMENT);
}

/* ---- At random --------------------------------------------------------------------------------------- */

#define IDS 3u
#define OWNERS 3u
#define FOREVER UINT64_MAX

/* Of each triple until when it is held, in fs (0: it is not); and whether it ever was. */
static struct reference {
	uint64_t until[TRACE_RESOURCE_BANDWIDTH + 1][IDS][OWNERS];
	bool governed[TRACE_RESOURCE_BANDWIDTH + 1][IDS];
	uint32_t amount[IDS][OWNERS];
	uint64_t seed;
} ref;

static bool ref_holds(unsigned int resource, unsigned int id, unsigned int owner)
{
	return ref.until[resource][id][owner] > engine.now;
}

static bool ref_is_exclusive(unsigned int resource)
{
	return resource == TRACE_RESOURCE_IRQ || resource == TRACE_RESOURCE_STREAM || resource == TRACE_RESOURCE_DMA_CHANNEL;
}

static int ref_give(unsigned int resource, unsigned int id, unsigned int owner, uint32_t amount, bool himself)
{
	if (himself || ref.until[resource][id][owner] == FOREVER)
		return GRANTS_NOT_PERMITTED;
	for (unsigned int other = 0; ref_is_exclusive(resource) && other < OWNERS; other++)
		if (other != owner && ref_holds(resource, id, other))
			return GRANTS_TAKEN;
	ref.until[resource][id][owner] = FOREVER;
	ref.governed[resource][id] = true;
	if (resource == TRACE_RESOURCE_BANDWIDTH)
		ref.amount[id][owner] = amount;
	return 0;
}

static int ref_withdraw(unsigned int resource, unsigned int id, unsigned int owner, uint64_t ns, bool himself)
{
	uint64_t *until = &ref.until[resource][id][owner];

	if (himself || !ref_holds(resource, id, owner) || (ns && *until != FOREVER))
		return GRANTS_NOT_PERMITTED;
	*until = ns ? engine.now + ns * NS : 0;
	return 0;
}

static int ref_return(unsigned int resource, unsigned int id, unsigned int owner)
{
	int status = ref_holds(resource, id, owner) ? 0 : GRANTS_NOT_PERMITTED;

	ref.until[resource][id][owner] = 0;
	return status;
}

static bool everything_agrees(void)
{
	bool agrees = true;

	for (unsigned int r = 0; r <= TRACE_RESOURCE_BANDWIDTH; r++)
		for (unsigned int id = 0; id < IDS; id++) {
			bool held = false;

			for (unsigned int owner = 0; owner < OWNERS; owner++) {
				held |= ref_holds(r, id, owner);
				agrees &= grants_allow(&grants, (enum trace_resource)r, id, owner) ==
					  (ref_holds(r, id, owner) || !ref.governed[r][id]);
			}
			agrees &= grants_is_held(&grants, (enum trace_resource)r, id) == held;
		}
	for (unsigned int id = 0; id < IDS; id++)
		for (unsigned int owner = 0; owner < OWNERS; owner++)
			agrees &= grants_bandwidth(&grants, id, owner) ==
				  (ref_holds(TRACE_RESOURCE_BANDWIDTH, id, owner) ? ref.amount[id][owner] : 0);
	return agrees;
}

static void random_operation(void)
{
	unsigned int r = (unsigned int)random_below(&ref.seed, TRACE_RESOURCE_BANDWIDTH + 1);
	unsigned int id = (unsigned int)random_below(&ref.seed, IDS), owner = (unsigned int)random_below(&ref.seed, OWNERS);
	uint64_t number = random_below(&ref.seed, 40);
	bool himself = random_below(&ref.seed, 16) == 0;
	enum trace_asker by = himself ? TRACE_ASKER_SELF : TRACE_ASKER_HOST;
	enum trace_resource resource = (enum trace_resource)r;

	switch (random_below(&ref.seed, 5)) {
	case 0:
	case 1:
		CU_ASSERT_EQUAL_FATAL(ref_give(r, id, owner, (uint32_t)number, himself),
				      grants_give(&grants, resource, id, owner, (uint32_t)number, by));
		break;
	case 2:
		number = number < 20 ? 0 : number;
		CU_ASSERT_EQUAL_FATAL(ref_withdraw(r, id, owner, number, himself),
				      grants_withdraw(&grants, resource, id, owner, number, by));
		break;
	case 3:
		CU_ASSERT_EQUAL_FATAL(ref_return(r, id, owner), grants_return(&grants, resource, id, owner));
		break;
	default:
		pass(number);
	}
}

static void a_million_random_moves_agree_with_who_holds_what_until_when(void)
{
	begin(&nothing);
	memset(&ref, 0, sizeof(ref));
	for (unsigned int n = random_operations(); n--;) {
		random_operation();
		CU_ASSERT_FATAL(engine.timers < ENGINE_TIMERS_MAX && everything_agrees());
	}
	CU_ASSERT_TRUE(notices > 0 && changes > notices);
}

static CU_TestInfo sentences[] = {
	SENTENCE(resource_that_nobody_was_granted_is_everybodys),
	SENTENCE(domains_own_at_power_on_what_the_platform_says_and_nobody_is_told),
	SENTENCE(immediate_withdrawal_takes_it_at_once_and_says_whether_it_was_in_use),
	SENTENCE(polite_withdrawal_leaves_it_until_the_last_nanosecond_of_grace),
	SENTENCE(owner_that_returns_it_in_time_has_it_no_longer_and_nothing_expires),
	SENTENCE(notice_that_is_taken_back_does_not_expire_but_the_next_one_does),
	SENTENCE(withdrawal_that_has_begun_can_be_cut_short_but_not_begun_again),
	SENTENCE(nobody_grants_or_withdraws_for_himself),
	SENTENCE(what_is_refused_is_told_and_what_is_allowed_is_not),
	SENTENCE(resource_is_held_while_anybody_has_it),
	SENTENCE(only_bandwidth_has_an_amount),
	SENTENCE(memory_clocks_domains_and_bandwidth_are_shared_the_rest_has_one_owner),
	SENTENCE(table_is_full_after_64_different_grants),
	SENTENCE(grace_without_end_never_ends_and_without_a_timer_there_is_none),
	SENTENCE(a_million_random_moves_agree_with_who_holds_what_until_when),
	CU_TEST_INFO_NULL
};

int main(void)
{
	return sentences_run("grants", sentences);
}
