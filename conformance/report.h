/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What many checked runs amount to: one verdict per clause, each violation once, as JSON and as a printable
 * statement. It judges nothing itself.
 */
#ifndef CONFORMANCE_REPORT_H
#define CONFORMANCE_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "conformance/checker.h"

struct report;

#define REPORT_SEED (-1) /* for `surprises`: the run's choices came from a seed */

/* NULL: no memory. */
struct report *report_new(void);
/*
 * Adds a finished run. `surprises` is how many it had, or REPORT_SEED. `replay` is the command that repeats
 * it, or NULL. Everything is copied. False: no memory, the run is counted only in part.
 */
bool report_add_run(struct report *report, const struct checker *checker, uint64_t run, int surprises,
		    const char *replay);
/* True when every violation of the run is listed already: adding it needs no source lines. */
bool report_knows(const struct report *report, const struct checker *checker);
/* True when no MUST clause failed. */
bool report_passed(const struct report *report);
/* The caller's to add to and to delete. NULL: no memory. */
cJSON *report_json(const struct report *report);
void report_print(const struct report *report, FILE *out);
void report_free(struct report *report);

#endif
