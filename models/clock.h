/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CPU clocks: a CPU runs at one of the rates that the platform lists, and may change between them while it runs.
 *
 * A change takes effect at once for whatever the CPU does next; it stands still for the new rate's latency. Not
 * modelled: voltages, clocks that several CPUs share, clocks of buses and memory, and a rate's drift. A rate outlives
 * a reset, as a clock controller outside the processor keeps it.
 */
#ifndef MODELS_CLOCK_H
#define MODELS_CLOCK_H

#include "models/platform.h"
#include "sim/engine.h"

struct clock {
	struct engine *engine;
	const struct platform *platform;	/* cpu[n] is the engine's agent n */
	uint64_t hz[PLATFORM_CPUS_MAX];		/* now */
};

/* Every clock at its rate at power-on. Nothing is told. */
void clock_reset(struct clock *clock);
/* False: no rate of CPU `id`. A change is told. */
bool clock_set_rate(struct clock *clock, unsigned int id, uint64_t hz, enum trace_asker by);

#endif
