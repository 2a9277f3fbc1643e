/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cache tags, for time only: which level would this access hit, in set-associative caches of the platform's shape?
 *
 * What a cache holds and whether it is stale is line.h's business; a line that the tags have forgotten may well be
 * served there, and the other way round. Private memory is not tracked: its cost is an average. A level is filled on
 * each miss and knows nothing of the other: neither inclusive nor exclusive, and victims are not written to the next.
 * What the models know of dirty lines costs nothing here (a write-back goes through a buffer beside the next fill).
 *
 * An empty way is filled first, the lowest-numbered one; only a full set has a victim, by its policy:
 *   LRU          the way whose last use is longest ago;
 *   tree-PLRU    a bit per node of a binary tree over the ways points away from the half that was used last
 *                (ways: a power of two);
 *   random       the ways' number as drawn from a shift register of 16 bits (x^16+x^14+x^13+x^11+1), stepped once per
 *                victim and seeded at each reset, so that a run is the same when it is made again.
 */
#ifndef MODELS_TAGS_H
#define MODELS_TAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "models/platform.h"

#define TAGS_LFSR_SEED 0xace1u

enum tags_level { TAGS_L1, TAGS_L2, TAGS_MEMORY };

/* One cache: a core's first level, or the second one that the cores of a cluster share. */
struct tags {
	unsigned int line_shift, sets, ways;
	enum platform_replacement replacement;
	uint64_t *tag;		/* [set][way]; 0: empty, else line number + 1 */
	uint64_t *used;		/* LRU: [set][way], when; tree-PLRU: [set], bit n: node n points up, 1 is the root */
	uint64_t uses;
	uint16_t lfsr;
};

/*
 * An empty cache of that shape, which platform.c has checked. False: no memory. A cache of 0 bytes is one that is not
 * there: it must not be asked.
 */
bool tags_init(struct tags *tags, const struct platform_cache *shape);
void tags_fini(struct tags *tags);
/* Empty, and the same as after tags_init: for the beginning of a run. */
void tags_reset(struct tags *tags);
/* Looks the line up in one level, fills it and makes it the most recently used one; true on a hit. */
bool tags_access(struct tags *tags, uint64_t address);
/* The same from the core: the second level (NULL: none) sees what misses in the first. */
enum tags_level tags_find_level(struct tags *l1, struct tags *l2, uint64_t address);
/* By address, whole, and by set and way (out of range: nothing). Policies keep what they know of use: hardware does. */
void tags_invalidate(struct tags *tags, uint64_t address);
void tags_invalidate_all(struct tags *tags);
void tags_invalidate_set_way(struct tags *tags, unsigned int set, unsigned int way);

#endif
