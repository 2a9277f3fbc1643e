/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source lines: which places of which program a trace mentions, from the image's DWARF by libdw.
 *
 * A `struct sources` listens to a run and collects every (agent, pc) that an event carries; at the end of the run it
 * tells a `source` event per frame of each, so that a trace needs no image to be read.
 */
#ifndef SIM_SOURCE_H
#define SIM_SOURCE_H

#include "sim/engine.h"

struct sources;

/* NULL when memory is short. */
struct sources *sources_new(struct engine *engine);
void sources_free(struct sources *sources);
struct trace_listener sources_listener(struct sources *sources);
/* Emits the source events, by agent and pc, and forgets them. An image without debug information has none. */
void sources_tell(struct sources *sources);

#endif
