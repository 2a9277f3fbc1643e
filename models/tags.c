/* SPDX-License-Identifier: BSD-3-Clause */
/* Cache tags, for time only; see tags.h. */
#include <stdlib.h>
#include <string.h>

#include "models/tags.h"

bool tags_init(struct tags *tags, unsigned int line_bytes, unsigned int cache_bytes, unsigned int sets)
{
	tags->line_shift = (unsigned int)__builtin_ctz(line_bytes);
	tags->sets = sets;
	tags->ways = cache_bytes / (sets * line_bytes);
	tags->tag = calloc((size_t)sets * tags->ways, sizeof(*tags->tag));
	return tags->tag != NULL;
}

void tags_fini(struct tags *tags)
{
	free(tags->tag);
	tags->tag = NULL;
}

void tags_reset(struct tags *tags)
{
	memset(tags->tag, 0, (size_t)tags->sets * tags->ways * sizeof(*tags->tag));
}

static uint64_t *tags_set(struct tags *tags, uint64_t line)
{
	return &tags->tag[(line & (tags->sets - 1)) * tags->ways];
}

static unsigned int tags_find(const struct tags *tags, const uint64_t *set, uint64_t tag)
{
	unsigned int way = 0;

	while (way < tags->ways && set[way] != tag)
		way++;
	return way;
}

bool tags_access(struct tags *tags, uint64_t address)
{
	uint64_t line = address >> tags->line_shift, *set = tags_set(tags, line);
	unsigned int way = tags_find(tags, set, line + 1);
	bool hit = way < tags->ways;

	memmove(set + 1, set, (hit ? way : tags->ways - 1) * sizeof(*set));
	set[0] = line + 1;
	return hit;
}

void tags_invalidate(struct tags *tags, uint64_t address)
{
	uint64_t line = address >> tags->line_shift, *set = tags_set(tags, line);
	unsigned int way = tags_find(tags, set, line + 1);

	if (way == tags->ways)
		return;
	memmove(set + way, set + way + 1, (tags->ways - 1 - way) * sizeof(*set));
	set[tags->ways - 1] = 0;
}
