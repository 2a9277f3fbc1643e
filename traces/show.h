/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A trace as a person reads it: `sbesim show DIR`.
 *
 * A timeline with a column for each side: what each agent did to shared memory and how the sides woke each
 * other, with source lines, and the facts about memory as sentences. It passes no verdicts; that is the
 * checker's.
 */
#ifndef TRACES_SHOW_H
#define TRACES_SHOW_H

#include "traces/trace.h"

/*
 * Prints the trace in `dir` to `out`; with `all_events`, every event as trace_print has it instead. False:
 * the trace is refused (as trace_read does, and nothing was printed), or memory ran out, or `out` took not
 * all.
 */
bool trace_show(const char *dir, FILE *out, bool all_events, char *why, size_t why_size);

#endif
