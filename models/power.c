/* SPDX-License-Identifier: BSD-3-Clause */
/* Power states and moves; see power.h. */
#include "models/power.h"

#define POWER_BY(asker) (1u << TRACE_ASKER_##asker)
#define POWER_BY_HOST POWER_BY(HOST)
#define POWER_BY_SELF POWER_BY(SELF)
#define POWER_BY_CLUSTER POWER_BY(CLUSTER)
#define POWER_BY_ENVIRONMENT POWER_BY(ENVIRONMENT)

/* What a move does, in this order. */
#define POWER_DOES_STOP 1u
#define POWER_DOES_SUSPEND 2u
#define POWER_DOES_RESUME 4u
#define POWER_DOES_LOSE_CACHES 8u
#define POWER_DOES_LOSE_MEMORY 16u
#define POWER_DOES_BOOT 32u
#define POWER_DOES_RUN 64u
#define POWER_DOES_GAIN_MEMORY 128u

#define POWER_DOES_RESET (POWER_DOES_STOP | POWER_DOES_LOSE_CACHES)
#define POWER_DOES_CUT (POWER_DOES_RESET | POWER_DOES_LOSE_MEMORY)
#define POWER_DOES_SWITCH_ON (POWER_DOES_GAIN_MEMORY | POWER_DOES_BOOT)

struct power_rule {
	enum power_move move;
	enum trace_power from, to;
	unsigned int by;	/* POWER_BY_* */
	unsigned int does;	/* POWER_DOES_* */
};

/* A move from a state that has no row here is refused. */
#define RULE(move, from, to, by, does) { POWER_##move, TRACE_POWER_##from, TRACE_POWER_##to, by, does }
static const struct power_rule power_rules[] = {
	/* The environment starts one, too: a boot loader before the host's system, a power button. */
	RULE(START, OFF, BOOTING, POWER_BY_HOST | POWER_BY_ENVIRONMENT | POWER_BY_CLUSTER, POWER_DOES_SWITCH_ON),
	RULE(START, STOPPED, BOOTING, POWER_BY_HOST | POWER_BY_ENVIRONMENT | POWER_BY_CLUSTER, POWER_DOES_BOOT),
	RULE(BOOTED, BOOTING, ON, POWER_BY_ENVIRONMENT, POWER_DOES_RUN),

	RULE(STOP, BOOTING, STOPPED, POWER_BY_HOST | POWER_BY_CLUSTER, 0),
	RULE(STOP, ON, STOPPED, POWER_BY_HOST | POWER_BY_SELF | POWER_BY_CLUSTER, POWER_DOES_RESET),
	RULE(STOP, SUSPENDED, STOPPED, POWER_BY_HOST | POWER_BY_CLUSTER, POWER_DOES_RESET),
	RULE(STOP, CRASHED, STOPPED, POWER_BY_HOST | POWER_BY_CLUSTER, POWER_DOES_RESET),

	/* The environment is a watchdog here. */
	RULE(RESET, BOOTING, BOOTING, POWER_BY_HOST | POWER_BY_ENVIRONMENT, POWER_DOES_BOOT),
	RULE(RESET, ON, BOOTING, POWER_BY_HOST | POWER_BY_SELF | POWER_BY_ENVIRONMENT,
	     POWER_DOES_RESET | POWER_DOES_BOOT),
	RULE(RESET, SUSPENDED, BOOTING, POWER_BY_HOST | POWER_BY_ENVIRONMENT, POWER_DOES_RESET | POWER_DOES_BOOT),
	RULE(RESET, CRASHED, BOOTING, POWER_BY_HOST | POWER_BY_ENVIRONMENT, POWER_DOES_RESET | POWER_DOES_BOOT),

	RULE(SUSPEND, ON, SUSPENDED, POWER_BY_HOST | POWER_BY_SELF, POWER_DOES_SUSPEND),
	RULE(DOZE, ON, SUSPENDED, POWER_BY_HOST | POWER_BY_SELF, POWER_DOES_SUSPEND),
	RULE(RESUME, SUSPENDED, ON, POWER_BY_HOST | POWER_BY_ENVIRONMENT, POWER_DOES_RESUME),
	RULE(WAKE, SUSPENDED, ON, POWER_BY_ENVIRONMENT, POWER_DOES_RESUME),

	/* The host crashes one through its debug port; the environment is a bit that flips. */
	RULE(CRASH, BOOTING, CRASHED, POWER_BY_ENVIRONMENT, 0),
	RULE(CRASH, ON, CRASHED, POWER_BY_HOST | POWER_BY_SELF | POWER_BY_ENVIRONMENT, POWER_DOES_STOP),
	RULE(CRASH, SUSPENDED, CRASHED, POWER_BY_ENVIRONMENT, POWER_DOES_STOP),

	RULE(CUT, BOOTING, OFF, POWER_BY_HOST | POWER_BY_ENVIRONMENT, POWER_DOES_LOSE_MEMORY),
	RULE(CUT, ON, OFF, POWER_BY_HOST | POWER_BY_SELF | POWER_BY_ENVIRONMENT, POWER_DOES_CUT),
	RULE(CUT, SUSPENDED, OFF, POWER_BY_HOST | POWER_BY_ENVIRONMENT, POWER_DOES_CUT),
	RULE(CUT, CRASHED, OFF, POWER_BY_HOST | POWER_BY_ENVIRONMENT, POWER_DOES_CUT),
	RULE(CUT, STOPPED, OFF, POWER_BY_HOST | POWER_BY_ENVIRONMENT, POWER_DOES_LOSE_MEMORY),
};

static const struct power_rule *power_rule(enum trace_power from, enum power_move move)
{
	for (size_t i = 0; i < sizeof(power_rules) / sizeof(power_rules[0]); i++)
		if (power_rules[i].from == from && power_rules[i].move == move)
			return &power_rules[i];
	return NULL;
}

/* What a boot's timer carries: the processor, and the release that it belongs to. */
#define POWER_ARG(id, releases) ((uint64_t)(releases) << 8 | (id))

static void power_booted(void *ctx, uint64_t arg)
{
	struct power *power = ctx;
	unsigned int id = (unsigned int)(arg & 0xff);

	if (arg == POWER_ARG(id, power->processor[id].releases))
		(void)power_request(power, id, POWER_BOOTED, TRACE_ASKER_ENVIRONMENT);
}

static void power_boot(struct power *power, unsigned int id)
{
	struct power_processor *p = &power->processor[id];
	uint64_t when = power->engine->now + p->boot_ns * ENGINE_FS_PER_NS;

	/* When very many timers wait, it has booted already. */
	p->releases++;
	if (!p->boot_ns || !engine_at(power->engine, when, power_booted, power, POWER_ARG(id, p->releases)))
		(void)power_request(power, id, POWER_BOOTED, TRACE_ASKER_ENVIRONMENT);
}

static void power_do(struct power *power, unsigned int id, unsigned int does)
{
	const struct {
		unsigned int what;
		void (*act)(void *ctx, unsigned int id);
	} acts[] = {
		{ POWER_DOES_GAIN_MEMORY, power->ops->gain_memory },
		{ POWER_DOES_STOP, power->ops->stop },
		{ POWER_DOES_SUSPEND, power->ops->suspend },
		{ POWER_DOES_RESUME, power->ops->resume },
		{ POWER_DOES_LOSE_CACHES, power->ops->lose_caches },
		{ POWER_DOES_LOSE_MEMORY, power->ops->lose_memory },
		{ POWER_DOES_RUN, power->ops->start },
	};

	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (does & acts[i].what)
			acts[i].act(power->ctx, id);
}

bool power_may(const struct power *power, unsigned int id, enum power_move move, enum trace_asker by)
{
	const struct power_rule *rule = power_rule(power->processor[id].state, move);

	return rule && rule->by & 1u << by;
}

bool power_request(struct power *power, unsigned int id, enum power_move move, enum trace_asker by)
{
	struct power_processor *p = &power->processor[id];
	const struct power_rule *rule = power_rule(p->state, move);

	if (!power_may(power, id, move, by))
		return false;
	p->state = rule->to;
	power_do(power, id, rule->does);
	p->dozes = move == POWER_DOZE;
	ENGINE_EMIT(power->engine, power, .agent = (uint8_t)id, .state = (uint8_t)p->state, .by = (uint8_t)by);
	if (rule->does & POWER_DOES_BOOT)
		power_boot(power, id);
	if (p->dozes && power->ops->interrupted(power->ctx, id))
		power_interrupt(power, id);
	return true;
}

void power_interrupt(struct power *power, unsigned int id)
{
	if (power->processor[id].dozes)
		(void)power_request(power, id, POWER_WAKE, TRACE_ASKER_ENVIRONMENT);
}

bool power_crashes(struct power *power, unsigned int id)
{
	return power->processor[id].may_crash && engine_choose(power->engine, POWER_SITE_CRASH, 2) &&
	       power_request(power, id, POWER_CRASH, TRACE_ASKER_ENVIRONMENT);
}

void power_reset(struct power *power)
{
	for (unsigned int id = 0; id < power->processors; id++) {
		struct power_processor *p = &power->processor[id];

		p->state = p->boots ? TRACE_POWER_ON : TRACE_POWER_OFF;
		p->dozes = false;
		p->releases = 0;
	}
}
