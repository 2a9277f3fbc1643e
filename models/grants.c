/* SPDX-License-Identifier: BSD-3-Clause */
/* Resources granted and withdrawn; see grants.h. */
#include "models/grants.h"

#define GRANTS_BY(asker) (1u << TRACE_ASKER_##asker)
#define GRANTS_BY_HOST (GRANTS_BY(HOST) | GRANTS_BY(ENVIRONMENT))	/* who owns the system, or its firmware */

#define GRANTS_NOBODY ENGINE_AGENTS_MAX

enum grants_move { GRANTS_GIVE, GRANTS_NOTICE, GRANTS_WITHDRAW, GRANTS_EXPIRE, GRANTS_RETURN };

/* A move from a state that has no row here is refused. */
#define RULE(move, from, to, by) { GRANTS_##move, GRANTS_##from, GRANTS_##to, by }
static const struct {
	enum grants_move move;
	enum grants_state from, to;
	unsigned int by;	/* GRANTS_BY_* */
} grants_rules[] = {
	RULE(GIVE, NONE, HELD, GRANTS_BY_HOST),
	RULE(GIVE, ENDING, HELD, GRANTS_BY_HOST),
	RULE(NOTICE, HELD, ENDING, GRANTS_BY_HOST),
	RULE(WITHDRAW, HELD, NONE, GRANTS_BY_HOST),
	RULE(WITHDRAW, ENDING, NONE, GRANTS_BY_HOST),
	RULE(EXPIRE, ENDING, NONE, GRANTS_BY(ENVIRONMENT)),
	RULE(RETURN, HELD, NONE, GRANTS_BY(SELF)),
	RULE(RETURN, ENDING, NONE, GRANTS_BY(SELF)),
};

static const struct grants_entry *grants_entry(const struct grants *grants, enum trace_resource resource, uint64_t id,
					       unsigned int owner)
{
	for (unsigned int i = 0; i < grants->entries; i++) {
		const struct grants_entry *e = &grants->entry[i];

		if (e->resource == resource && e->id == id && e->owner == owner)
			return e;
	}
	return NULL;
}

static struct grants_entry *grants_entry_of(struct grants *grants, enum trace_resource resource, uint64_t id,
					    unsigned int owner)
{
	const struct grants_entry *e = grants_entry(grants, resource, id, owner);

	return e ? &grants->entry[e - grants->entry] : NULL;
}

/* False: the table has no such move. */
static bool grants_move(struct grants_entry *e, enum grants_move move, enum trace_asker by)
{
	for (size_t i = 0; i < sizeof(grants_rules) / sizeof(grants_rules[0]); i++)
		if (grants_rules[i].move == move && grants_rules[i].from == e->state && grants_rules[i].by & 1u << by) {
			e->state = grants_rules[i].to;
			return true;
		}
	return false;
}

static bool grants_is_anothers(const struct grants *grants, enum trace_resource resource, uint64_t id,
			       unsigned int owner)
{
	for (unsigned int i = 0; i < grants->entries; i++) {
		const struct grants_entry *e = &grants->entry[i];

		if (e->resource == resource && e->id == id && e->owner != owner && e->state != GRANTS_NONE)
			return true;
	}
	return false;
}

int grants_give(struct grants *grants, enum trace_resource resource, uint64_t id, unsigned int owner, uint32_t amount,
		enum trace_asker by)
{
	struct grants_entry *e = grants_entry_of(grants, resource, id, owner);
	const struct grants_entry none = { .resource = resource, .id = id, .owner = owner };
	struct grants_entry given = e ? *e : none;

	if (!grants_move(&given, GRANTS_GIVE, by))
		return GRANTS_NOT_PERMITTED;
	if (!platform_resource_is_shared(resource) && grants_is_anothers(grants, resource, id, owner))
		return GRANTS_TAKEN;
	if (!e && grants->entries == GRANTS_MAX)
		return GRANTS_FULL;
	e = e ? e : &grants->entry[grants->entries++];
	given.amount = resource == TRACE_RESOURCE_BANDWIDTH ? amount : 0;
	*e = given;
	ENGINE_EMIT(grants->engine, grant_give, .agent = (uint8_t)owner, .resource = (uint8_t)resource, .id = id,
		    .amount = e->amount, .by = (uint8_t)by);
	grants->ops->changed(grants->ctx, e, true);
	return 0;
}

static int grants_end(struct grants *grants, struct grants_entry *e, enum grants_move move, enum trace_grant_end why,
		      enum trace_asker by)
{
	bool in_use = e && e->state != GRANTS_NONE && grants->ops->in_use(grants->ctx, e);

	if (!e || !grants_move(e, move, by))
		return GRANTS_NOT_PERMITTED;
	ENGINE_EMIT(grants->engine, grant_withdraw, .agent = (uint8_t)e->owner, .resource = (uint8_t)e->resource,
		    .id = e->id, .why = (uint8_t)why, .in_use = in_use, .by = (uint8_t)by);
	grants->ops->changed(grants->ctx, e, false);
	return 0;
}

/* What a notice's timer carries: the entry, and which of its notices. */
#define GRANTS_ARG(index, notices) ((uint64_t)(notices) << 8 | (index))

static void grants_expire(void *ctx, uint64_t arg)
{
	struct grants *grants = ctx;
	struct grants_entry *e = &grants->entry[arg & 0xff];

	if (arg == GRANTS_ARG(arg & 0xff, e->notices))
		(void)grants_end(grants, e, GRANTS_EXPIRE, TRACE_GRANT_END_EXPIRED, TRACE_ASKER_ENVIRONMENT);
}

static int grants_notify(struct grants *grants, struct grants_entry *e, uint64_t grace_ns, enum trace_asker by)
{
	struct engine *engine = grants->engine;
	uint64_t index = (uint64_t)(e - grants->entry), grace_max = (UINT64_MAX - engine->now) / ENGINE_FS_PER_NS - 1;

	if (!grants_move(e, GRANTS_NOTICE, by))
		return GRANTS_NOT_PERMITTED;
	grace_ns = grace_ns < grace_max ? grace_ns : grace_max;
	e->notices++;
	ENGINE_EMIT(engine, grant_notice, .agent = (uint8_t)e->owner, .resource = (uint8_t)e->resource, .id = e->id,
		    .grace_ns = grace_ns, .in_use = grants->ops->in_use(grants->ctx, e), .by = (uint8_t)by);
	grants->ops->noticed(grants->ctx, e, grace_ns);
	/* When very many timers wait, there is no grace. */
	if (!engine_at(engine, engine->now + grace_ns * ENGINE_FS_PER_NS, grants_expire, grants,
		       GRANTS_ARG(index, e->notices)))
		grants_expire(grants, GRANTS_ARG(index, e->notices));
	return 0;
}

int grants_withdraw(struct grants *grants, enum trace_resource resource, uint64_t id, unsigned int owner,
		    uint64_t grace_ns, enum trace_asker by)
{
	struct grants_entry *e = grants_entry_of(grants, resource, id, owner);

	if (e && grace_ns != GRANTS_AT_ONCE)
		return grants_notify(grants, e, grace_ns, by);
	return grants_end(grants, e, GRANTS_WITHDRAW, TRACE_GRANT_END_WITHDRAWN, by);
}

int grants_return(struct grants *grants, enum trace_resource resource, uint64_t id, unsigned int owner)
{
	return grants_end(grants, grants_entry_of(grants, resource, id, owner), GRANTS_RETURN, TRACE_GRANT_END_RETURNED,
			  TRACE_ASKER_SELF);
}

bool grants_allow(const struct grants *grants, enum trace_resource resource, uint64_t id, unsigned int agent)
{
	bool governed = false;

	for (unsigned int i = 0; i < grants->entries; i++) {
		const struct grants_entry *e = &grants->entry[i];

		if (e->resource != resource || e->id != id)
			continue;
		if (e->owner == agent && e->state != GRANTS_NONE)
			return true;
		governed = true;
	}
	return !governed;
}

bool grants_check(const struct grants *grants, enum trace_resource resource, uint64_t id, unsigned int agent, uint64_t pc)
{
	bool allowed = grants_allow(grants, resource, id, agent);

	if (!allowed)
		ENGINE_EMIT(grants->engine, grant_refused, .agent = (uint8_t)agent, .resource = (uint8_t)resource, .id = id,
			    .pc = pc);
	return allowed;
}

bool grants_is_held(const struct grants *grants, enum trace_resource resource, uint64_t id)
{
	return grants_is_anothers(grants, resource, id, GRANTS_NOBODY);
}

bool grants_is_ending(const struct grants *grants, enum trace_resource resource, uint64_t id, unsigned int agent)
{
	const struct grants_entry *e = grants_entry(grants, resource, id, agent);

	return e && e->state == GRANTS_ENDING;
}

uint32_t grants_bandwidth(const struct grants *grants, uint64_t id, unsigned int agent)
{
	const struct grants_entry *e = grants_entry(grants, TRACE_RESOURCE_BANDWIDTH, id, agent);

	return e && e->state != GRANTS_NONE ? e->amount : 0;
}

void grants_reset(struct grants *grants)
{
	const struct platform_heaps *p = grants->platform;

	grants->entries = p->grants;
	for (unsigned int i = 0; i < p->grants; i++)
		grants->entry[i] = (struct grants_entry){ .resource = p->grant[i].resource, .id = p->grant[i].id,
							  .owner = p->grant[i].owner, .amount = p->grant[i].amount,
							  .state = GRANTS_HELD };
}
