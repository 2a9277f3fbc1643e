/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cache tags, for time only: does this access hit, as a set-associative LRU cache of the platform's size would?
 *
 * What a cache holds and whether it is stale is line.h's business; a line that the tags have forgotten may well be
 * served there, and the other way round. Private memory is not tracked: its cost is an average.
 */
#ifndef MODELS_TAGS_H
#define MODELS_TAGS_H

#include <stdbool.h>
#include <stdint.h>

struct tags {
	unsigned int line_shift, sets, ways;
	uint64_t *tag;		/* [set][way], most recently used first; 0: empty, else line number + 1 */
};

bool tags_init(struct tags *tags, unsigned int line_bytes, unsigned int cache_bytes, unsigned int sets);
void tags_fini(struct tags *tags);
void tags_reset(struct tags *tags);
/* Looks the line up and makes it the most recently used one; true on a hit. */
bool tags_access(struct tags *tags, uint64_t address);
void tags_invalidate(struct tags *tags, uint64_t address);

#endif
