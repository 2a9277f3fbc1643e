/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Facts about memory, with causes: who wrote, why the copy was old, what would have helped.
 *
 * Staleness is per byte and by version (stamp), never by value. Facts are told as events and judged elsewhere.
 */
#ifndef MODELS_FACTS_H
#define MODELS_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/trace.h"

struct memory;
struct memory_agent;
struct memory_granule;
struct line_content;
struct memory_part;
struct store_entry;

/* struct line_ops of memory's line state machine; ctx is the struct memory. */
unsigned int facts_choose(void *ctx, const char *site, unsigned int n);
void facts_filled(void *ctx, unsigned int view, unsigned int at, int why, uint64_t not_before,
		  const struct line_content *c, bool news);
void facts_written(void *ctx, unsigned int view, unsigned int at, int why, uint64_t not_before,
		   const struct line_content *old, const struct line_content *c);
void facts_lost(void *ctx, unsigned int view, unsigned int at, uint64_t not_before, const struct line_content *memory,
		const struct line_content *c);
void facts_refused(void *ctx, unsigned int view, unsigned int at, uint64_t not_before, const struct line_content *c);
void facts_capped(void *ctx);
/* It never reached memory from its buffer. */
void facts_lost_in_buffer(struct memory *m, const struct memory_agent *a, const struct store_entry *e, enum trace_loss why);

/* The part is about to be read, at byte `at` of the granule: tells fact.stale when another's newer store is missed. */
void facts_check_load(struct memory *m, struct memory_granule *g, const struct memory_part *p, unsigned int at);
/* At a hang: what each agent stored there and another that can reach it would not see. */
void facts_tell_unseen(struct memory *m, struct memory_granule *g);

#endif
