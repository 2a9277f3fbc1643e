/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where each pc of a trace is in the source: the `source` events, collected and looked up.
 *
 * They come at the end of a trace, so a report collects them in a reading of its own, or looks up when all is
 * read. No debug information is read here.
 */
#ifndef TRACES_SOURCES_H
#define TRACES_SOURCES_H

#include "traces/trace.h"

/* A frame of a pc: depth 0 is innermost, deeper ones inlined it. Strings belong to the struct trace_sources.
 */
struct trace_source {
	uint64_t pc;
	size_t order;		/* of arrival: of two for one depth, the first counts */
	uint32_t line;
	uint8_t agent;
	uint8_t depth;
	char *file;
	char *function;
};

/* Zero it, then let it listen. */
struct trace_sources {
	struct trace_source *frames;
	size_t count, room;
	bool sorted;
	bool failed;		/* out of memory: some are missing */
};

/* Takes source events, ignores others. */
struct trace_listener trace_sources_listener(struct trace_sources *sources);
/* The frames of a pc from depth 0 on, `*count` of them (0: unknown); valid until the next event or the free.
 */
const struct trace_source *trace_sources_find(struct trace_sources *sources, uint8_t agent, uint64_t pc,
					      size_t *count);
/* Frees all, and leaves it empty. */
void trace_sources_free(struct trace_sources *sources);

#endif
