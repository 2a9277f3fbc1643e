/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory: regions, the views that agents have of them, and what happens at each access.
 *
 * Memory itself is one memfd, and each agent's view (what its caches hold) another of the same layout. An agent's window
 * onto a region that it caches maps its view, onto any other memory itself; so hosted code reads at native speed exactly
 * what its cache, or memory, holds. Views are indexed by physical address. Private memory is the agent's alone: it lies
 * before the windows, is plain memory, and nothing about it is told.
 *
 * What the caches do is line.h's; what it costs is tags.h's; whether it is allowed is iommu.h's.
 */
#ifndef MODELS_MEMORY_H
#define MODELS_MEMORY_H

#include <sbesim/hw.h>

#include "models/iommu.h"
#include "models/line.h"
#include "models/platform.h"
#include "models/tags.h"
#include "sim/engine.h"

/*
 * Where agents' address spaces lie: the same in every process, above the heap of one that is not position-independent
 * (which begins within 1 GiB of its end), between what Valgrind and ASan keep for themselves.
 */
#define MEMORY_VA_BASE UINT64_C(0x60000000)
#define MEMORY_VA_STEP UINT64_C(0x08000000)

struct memory;
/*
 * Maps everything and fills in the agents' hooks (base, sizes, flags) and iommu. Opaque; ended by memory_free. NULL with a
 * sentence in `why` when addresses are taken or memory is short.
 */
struct memory *memory_new(struct engine *engine, const struct platform *platform, struct iommu *iommu, char *why,
			  size_t why_size);
void memory_free(struct memory *memory);
/* Of agent `id`: its private memory, readable and writable, platform's private_size bytes. */
/* In the agent's private memory, the whole pages of [unused, end) become inaccessible, and those before them accessible again. */
void memory_limit_heap(struct memory *memory, const struct agent *agent, uintptr_t unused, uintptr_t end);
uint8_t *memory_private(struct memory *memory, unsigned int id);

/* The operations of struct machine_ops that are memory's own; see there. */
void memory_reset(struct memory *memory);
bool memory_is_control(struct memory *memory, const struct agent *agent, uintptr_t va);
bool memory_same_granule(struct memory *memory, const struct agent *a, uintptr_t va, const struct agent *b, uintptr_t vb);
bool memory_access(struct memory *memory, struct agent *agent, uintptr_t va, size_t size, bool store, uint64_t pc);
void memory_retire(struct memory *memory, struct agent *agent, const struct agent_store *store);
void memory_recheck(struct memory *memory, struct agent *agent);
void memory_sync(struct memory *memory, struct agent *agent);
bool memory_maintain(struct memory *memory, struct agent *agent, enum trace_maint op, uintptr_t va, size_t size,
		     uint64_t pc);
struct hw_region *memory_region(struct memory *memory, const struct agent *agent, const char *name);
uintptr_t memory_da_to_va(struct memory *memory, const struct agent *agent, uint64_t da, uint64_t size);
/* The agent is released from reset with an empty cache. */
void memory_power_on(struct memory *memory, const struct agent *agent);
bool memory_settle(struct memory *memory);
void memory_tell_unseen(struct memory *memory);
/* A history was capped since the last reset: exploration is not exhaustive there. */
uint64_t memory_caps(const struct memory *memory);

#endif
