/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Resources granted and withdrawn: which agent may use which memory, interrupt, clock, power domain, stream, DMA
 * channel or share of bandwidth right now.
 *
 * A table of grants (resource, id, owner) with a state each, and of the moves between states: who may ask for each. A
 * resource that was never granted to anybody is not governed, and everybody may use it; one that was belongs to its
 * present owners alone. Withdrawal is immediate, or polite: the owner is given notice and keeps the resource for a
 * grace period, in which it may return it; when that is over it is taken, used or not.
 *
 * The table decides and tells; what a change does to memory, clocks or channels is the business of who hears of it
 * (struct grants_ops), and of who asks (grants_check). Not modelled: the firmware that keeps such a table on boards
 * (TI's System Controller, i.MX's SCFW, Xilinx's PMU), the time that it takes, and shares of a resource other than
 * bandwidth's.
 */
#ifndef MODELS_GRANTS_H
#define MODELS_GRANTS_H

#include <stdbool.h>
#include <stdint.h>

#include "models/platform_heaps.h"
#include "sim/engine.h"

#define GRANTS_MAX 64
#define GRANTS_AT_ONCE 0u	/* no grace */

/* What operations return when they do not do it; 0: done. */
#define GRANTS_NOT_PERMITTED (-1)	/* no move from this state, or not by this asker */
#define GRANTS_TAKEN (-2)		/* another agent owns it, and it cannot be shared */
#define GRANTS_FULL (-3)		/* GRANTS_MAX different grants */

enum grants_state { GRANTS_NONE, GRANTS_HELD, GRANTS_ENDING };

struct grants_entry {
	enum trace_resource resource;
	uint64_t id;
	unsigned int owner;	/* agent */
	uint32_t amount;	/* bandwidth: 10^6 bytes per second */
	enum grants_state state;
	uint32_t notices;	/* counted: the end of an earlier one's grace is nobody's business */
};

struct grants_ops {
	/* Does its owner use it right now? */
	bool (*in_use)(void *ctx, const struct grants_entry *entry);
	/* Its owner has notice: `grace_ns` are left. */
	void (*noticed)(void *ctx, const struct grants_entry *entry, uint64_t grace_ns);
	/* From now on its owner may use it, or may not. */
	void (*changed)(void *ctx, const struct grants_entry *entry, bool granted);
};

struct grants {
	struct engine *engine;
	const struct platform_heaps *platform;
	const struct grants_ops *ops;
	void *ctx;
	struct grants_entry entry[GRANTS_MAX];
	unsigned int entries;
};

/* What the platform's domains own at power-on, and nothing else. Nothing is told; nobody hears of it. */
void grants_reset(struct grants *grants);
/*
 * `owner` may use the resource; for one that ends, its withdrawal is taken back. `amount` is bandwidth's, and ignored
 * otherwise. 0 or GRANTS_*.
 */
int grants_give(struct grants *grants, enum trace_resource resource, uint64_t id, unsigned int owner, uint32_t amount,
		enum trace_asker by);
/* After `grace_ns`, or GRANTS_AT_ONCE. One that ends already can only be cut short. */
int grants_withdraw(struct grants *grants, enum trace_resource resource, uint64_t id, unsigned int owner,
		    uint64_t grace_ns, enum trace_asker by);
/* Its owner has no more use for it. */
int grants_return(struct grants *grants, enum trace_resource resource, uint64_t id, unsigned int owner);
/* May the agent use it now? */
bool grants_allow(const struct grants *grants, enum trace_resource resource, uint64_t id, unsigned int agent);
/* The same; that it may not is told: at `pc` the agent asked for what needs the resource. */
bool grants_check(const struct grants *grants, enum trace_resource resource, uint64_t id, unsigned int agent, uint64_t pc);
/* Does anybody hold it? */
bool grants_is_held(const struct grants *grants, enum trace_resource resource, uint64_t id);
/* Has the agent had notice that it will be withdrawn? */
bool grants_is_ending(const struct grants *grants, enum trace_resource resource, uint64_t id, unsigned int agent);
/* The agent's share of that bandwidth, 10^6 bytes per second; 0: it has no grant. */
uint32_t grants_bandwidth(const struct grants *grants, uint64_t id, unsigned int agent);

#endif
