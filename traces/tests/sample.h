/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traces for tests: every kind of event with edge values, made from the schema, so that a new event is tested
 * the day it is listed.
 *
 * The events make no story: agents are not declared, regions overlap.
 */
#ifndef TRACES_TESTS_SAMPLE_H
#define TRACES_TESTS_SAMPLE_H

#include "traces/trace.h"

#define SAMPLE_VARIANTS \
	3 /* of each field: least, greatest, and a value that differs from the field's neighbours */

struct sample {
	size_t count;		/* events, at least 2 */
	unsigned int ends;	/* variant of run.begin and run.end */
};

/*
 * Event number `i`; times rise in steps, every other event at the time of the one before, the last at the end
 * of time.
 */
void sample_event(const struct sample *sample, size_t i, struct trace_event *event);
void sample_emit(const struct sample *sample, struct trace_listener listener);
/* Same kind, time and fields. */
bool sample_equal(const struct trace_event *a, const struct trace_event *b);

#define SAMPLE_PATH 256
/* Makes an empty directory of this process, to be removed by sample_remove with all that is in it. */
void sample_directory(char path[SAMPLE_PATH]);
void sample_remove(const char *path);

#endif
