/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Campaigns: which runs to make. The odometer enumerates plans by the number of surprises; seeds are counted.
 *
 * Exhaustive to d means: every run with at most d surprises was executed. A plan of k surprises is the run's prefix up to
 * its last one, followed by option 0 throughout; its children add one surprise to a later question, with the options
 * that this very run was asked. Levels are visited in order, so the first failure has the fewest surprises.
 */
#ifndef SIM_EXPLORE_H
#define SIM_EXPLORE_H

#include "sim/choose.h"

/* Makes one run of `plan`; the chooser then tells what was asked. False ends the campaign. `counts`: this run is new. */
typedef bool (*explore_run)(void *ctx, const struct choose_plan *plan, bool counts);

/*
 * Every plan of at most `surprises` surprises, each once (`counts`), those of the levels below again where needed to
 * know their questions. True when it went to the end.
 */
bool explore(struct chooser *chooser, unsigned int surprises, explore_run run, void *ctx);

/* Makes one run with the given first answers. False ends the campaign. */
typedef bool (*explore_run_all)(void *ctx, const uint8_t *answers, uint32_t count);

/*
 * Every run there is: a depth-first walk of the tree of answers, each leaf once. For what asks few questions. True when it
 * went to the end; false, too, when some question had more than 254 options.
 */
bool explore_all(struct chooser *chooser, explore_run_all run, void *ctx);

#endif
