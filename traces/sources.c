/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The collected `source` events: an array, sorted by agent, pc and depth when it is first asked.
 *
 * Strings are copied for each frame and not shared: a trace names some thousand pcs, not millions.
 */
#include "traces/sources.h"

#include <stdlib.h>
#include <string.h>

static bool sources_grow(struct trace_sources *s)
{
	size_t room = s->room ? 2 * s->room : 64;
	struct trace_source *frames;

	if (s->count < s->room)
		return true;
	frames = realloc(s->frames, room * sizeof(*frames));
	if (!frames)
		return false;
	s->frames = frames;
	s->room = room;
	return true;
}

static void sources_add(struct trace_sources *s, const struct event_source *event)
{
	struct trace_source frame = {
		.pc = event->pc,
		.order = s->count,
		.line = event->line,
		.agent = event->agent,
		.depth = event->depth,
		.file = strdup(event->file),
		.function = strdup(event->function),
	};

	if (!frame.file || !frame.function || !sources_grow(s)) {
		free(frame.file);
		free(frame.function);
		s->failed = true;
		return;
	}
	s->frames[s->count++] = frame;
	s->sorted = false;
}

static void sources_event(void *ctx, const struct trace_event *event)
{
	if (event->id == EVENT_source)
		sources_add(ctx, &event->source);
}

struct trace_listener trace_sources_listener(struct trace_sources *sources)
{
	return (struct trace_listener){sources_event, sources};
}

static int place_compare(const struct trace_source *a, const struct trace_source *b)
{
	if (a->agent != b->agent)
		return a->agent < b->agent ? -1 : 1;
	return (a->pc > b->pc) - (a->pc < b->pc);
}

static int frame_compare(const void *left, const void *right)
{
	const struct trace_source *a = left, *b = right;
	int place = place_compare(a, b);

	if (place)
		return place;
	if (a->depth != b->depth)
		return a->depth < b->depth ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static bool frame_same(const struct trace_source *a, const struct trace_source *b)
{
	return !place_compare(a, b) && a->depth == b->depth;
}

static void frame_free(struct trace_source *frame)
{
	free(frame->file);
	free(frame->function);
}

static void sources_sort(struct trace_sources *s)
{
	size_t kept = 0;

	qsort(s->frames, s->count, sizeof(*s->frames), frame_compare);
	for (size_t i = 0; i < s->count; i++) {
		if (kept && frame_same(&s->frames[kept - 1], &s->frames[i]))
			frame_free(&s->frames[i]);
		else
			s->frames[kept++] = s->frames[i];
	}
	s->count = kept;
	s->sorted = true;
}

static size_t place_first(const struct trace_sources *s, const struct trace_source *place)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (place_compare(&s->frames[middle], place) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct trace_source *trace_sources_find(struct trace_sources *sources, uint8_t agent, uint64_t pc,
					      size_t *count)
{
	struct trace_source place = {.agent = agent, .pc = pc};
	size_t first, end;

	*count = 0;
	if (!sources->count)
		return NULL;
	if (!sources->sorted)
		sources_sort(sources);
	first = place_first(sources, &place);
	for (end = first; end < sources->count && !place_compare(&sources->frames[end], &place);)
		end++;
	*count = end - first;
	return end == first ? NULL : &sources->frames[first];
}

void trace_sources_free(struct trace_sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		frame_free(&sources->frames[i]);
	free(sources->frames);
	*sources = (struct trace_sources){0};
}
