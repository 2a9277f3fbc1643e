/* SPDX-License-Identifier: BSD-3-Clause */
/* Cache tags, for time only; see tags.h. */
#include <stdlib.h>
#include <string.h>

#include "models/tags.h"

#define LFSR_TAPS 0xb400u

bool tags_init(struct tags *tags, const struct platform_cache *shape)
{
	*tags = (struct tags){ .replacement = shape->replacement };
	if (!shape->bytes)
		return true;
	tags->line_shift = (unsigned int)__builtin_ctz(shape->line_bytes);
	tags->sets = shape->sets;
	tags->ways = shape->bytes / (shape->sets * shape->line_bytes);
	tags->tag = calloc((size_t)tags->sets * tags->ways, sizeof(*tags->tag));
	tags->used = calloc((size_t)tags->sets * tags->ways, sizeof(*tags->used));
	tags_reset(tags);
	return tags->tag && tags->used;
}

void tags_fini(struct tags *tags)
{
	free(tags->tag);
	free(tags->used);
	tags->tag = tags->used = NULL;
}

void tags_reset(struct tags *tags)
{
	tags_invalidate_all(tags);
	if (tags->used)
		memset(tags->used, 0, (size_t)tags->sets * tags->ways * sizeof(*tags->used));
	tags->uses = 0;
	tags->lfsr = TAGS_LFSR_SEED;
}

static unsigned int tags_set_of(const struct tags *tags, uint64_t line)
{
	return (unsigned int)line & (tags->sets - 1);
}

/* The way that holds `tag`, tags->ways when none does; 0 finds an empty one. */
static unsigned int tags_find(const struct tags *tags, unsigned int set, uint64_t tag)
{
	const uint64_t *first = &tags->tag[(size_t)set * tags->ways];
	unsigned int way = 0;

	while (way < tags->ways && first[way] != tag)
		way++;
	return way;
}

/* ---- Policies ------------------------------------------------------------------------------------------ */

static unsigned int tags_victim_lru(const struct tags *tags, unsigned int set)
{
	const uint64_t *used = &tags->used[(size_t)set * tags->ways];
	unsigned int victim = 0;

	for (unsigned int way = 1; way < tags->ways; way++)
		if (used[way] < used[victim])
			victim = way;
	return victim;
}

static unsigned int tags_victim_plru(const struct tags *tags, unsigned int set)
{
	unsigned int node = 1;

	while (node < tags->ways)
		node = 2 * node + (tags->used[set] >> node & 1);
	return node - tags->ways;
}

static void tags_point_away(struct tags *tags, unsigned int set, unsigned int way)
{
	for (unsigned int node = way + tags->ways; node > 1; node /= 2) {
		uint64_t bit = UINT64_C(1) << node / 2;

		tags->used[set] = node & 1 ? tags->used[set] & ~bit : tags->used[set] | bit;
	}
}

static unsigned int tags_victim_random(struct tags *tags)
{
	tags->lfsr = (uint16_t)(tags->lfsr >> 1 ^ (tags->lfsr & 1 ? LFSR_TAPS : 0));
	return tags->lfsr % tags->ways;
}

static unsigned int tags_victim(struct tags *tags, unsigned int set)
{
	switch (tags->replacement) {
	case PLATFORM_REPLACEMENT_LRU:
		return tags_victim_lru(tags, set);
	case PLATFORM_REPLACEMENT_TREE_PLRU:
		return tags_victim_plru(tags, set);
	case PLATFORM_REPLACEMENT_RANDOM:
		return tags_victim_random(tags);
	}
	abort();
}

static void tags_note_use(struct tags *tags, unsigned int set, unsigned int way)
{
	if (tags->replacement == PLATFORM_REPLACEMENT_LRU)
		tags->used[(size_t)set * tags->ways + way] = ++tags->uses;
	else if (tags->replacement == PLATFORM_REPLACEMENT_TREE_PLRU)
		tags_point_away(tags, set, way);
}

/* ---- Accesses and maintenance ---------------------------------------------------------------------------- */

bool tags_access(struct tags *tags, uint64_t address)
{
	uint64_t line = address >> tags->line_shift;
	unsigned int set = tags_set_of(tags, line), way = tags_find(tags, set, line + 1);
	bool hit = way < tags->ways;

	if (!hit)
		way = tags_find(tags, set, 0);
	if (way == tags->ways)
		way = tags_victim(tags, set);
	tags->tag[(size_t)set * tags->ways + way] = line + 1;
	tags_note_use(tags, set, way);
	return hit;
}

enum tags_level tags_find_level(struct tags *l1, struct tags *l2, uint64_t address)
{
	if (tags_access(l1, address))
		return TAGS_L1;
	return l2 && tags_access(l2, address) ? TAGS_L2 : TAGS_MEMORY;
}

void tags_invalidate(struct tags *tags, uint64_t address)
{
	uint64_t line = address >> tags->line_shift;
	unsigned int set = tags_set_of(tags, line);

	tags_invalidate_set_way(tags, set, tags_find(tags, set, line + 1));
}

void tags_invalidate_all(struct tags *tags)
{
	if (tags->tag)
		memset(tags->tag, 0, (size_t)tags->sets * tags->ways * sizeof(*tags->tag));
}

void tags_invalidate_set_way(struct tags *tags, unsigned int set, unsigned int way)
{
	if (set < tags->sets && way < tags->ways)
		tags->tag[(size_t)set * tags->ways + way] = 0;
}
