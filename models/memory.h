/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory: regions, the views that agents have of them, and what happens at each access.
 *
 * Memory itself is one memfd, and each cluster's view (what its caches hold) another of the same layout. An agent's window
 * onto a region that it caches maps the view, onto any other memory itself; so hosted code reads at native speed exactly
 * what its cache, or memory, holds. Where that is not enough (uncached stores may wait in a buffer, write-through ones may not be seen
 * before they leave it) the window maps a copy of the agent's own, into which each load is laid before it is made. Views are indexed by physical address. Private memory is the agent's alone: it lies
 * before the windows, is plain memory, and nothing about it is told.
 *
 * What the caches do is line.h's; what may wait in store buffers store_buffer.h's; what it costs is tags.h's; whether it is
 * allowed is iommu.h's.
 */
#ifndef MODELS_MEMORY_H
#define MODELS_MEMORY_H

#include <sbesim/hw.h>

#include "models/bus.h"
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

/* Device addresses under which one cache, tagged with them, may hold the same page of memory; the caller sees to it. */
#define MEMORY_ALIASES 2

struct memory;
/*
 * Maps everything and fills in the agents' hooks (base, sizes, flags). Opaque; ended by memory_free. NULL with a
 * sentence in `why` when addresses are taken or memory is short.
 */
struct memory *memory_new(struct engine *engine, const struct platform *platform, struct bus *bus, char *why,
			  size_t why_size);
void memory_free(struct memory *memory);
/* In the agent's private memory, the whole pages of [unused, end) become inaccessible, and those before them accessible again. */
void memory_limit_heap(struct memory *memory, const struct agent *agent, uintptr_t unused, uintptr_t end);
/* Of agent `id`: its private memory, readable and writable, platform's private_size bytes. */
uint8_t *memory_private(struct memory *memory, unsigned int id);

/* A ring that leaves a store buffer reaches the doorbell by ring(ctx, agent, channel, token). */
typedef void (*memory_ring)(void *ctx, struct agent *agent, unsigned int channel, uint64_t token);
void memory_on_ring(struct memory *memory, memory_ring ring, void *ctx);
/*
 * The agent rings a doorbell: behind what its store buffer holds, if it has one. It leaves by itself, as soon as nothing that
 * it must wait for is there; a timer of the engine's makes it, at once unless the order of timers is somebody's choice.
 */
void memory_ring_doorbell(struct memory *memory, struct agent *agent, unsigned int channel, uint64_t token);
/* The agent reads a device's register: what stands before a DMB leaves first, and, `rings`, what it rang. */
void memory_order_device(struct memory *memory, struct agent *agent, bool rings);

/* How the addresses of CPUs behind an IOMMU are translated; ctx is the caller's. */
struct memory_translator {
	/* `size` bytes, in one page: false, with the cause, where they are not. */
	bool (*translate)(void *ctx, struct agent *agent, uint64_t address, uint64_t size, bool store, uint64_t *physical,
			  enum trace_fault *cause);
	/* An access, or what a cache or a store buffer had to write, went there and was refused. */
	void (*fault)(void *ctx, struct agent *agent, uint64_t address, uint32_t size, bool store, enum trace_fault cause);
	/* How long (fs) an access that is translated waits for that; or NULL: it takes no time. */
	uint64_t (*delay)(void *ctx, struct agent *agent, uint64_t address);
};
void memory_on_translate(struct memory *memory, const struct memory_translator *translator, void *ctx);
/* What a CPU may access at all: false, with the cause. `address` is its own, not yet translated. */
typedef bool (*memory_protect)(void *ctx, struct agent *agent, uint64_t address, uint64_t size, bool store, enum trace_fault *cause);
void memory_on_protect(struct memory *memory, memory_protect protect, void *ctx);
/* What of the addresses of the agent's cluster [address, address + size) are translated to has changed. */
void memory_translation_changed(struct memory *memory, const struct agent *agent, uint64_t address, uint64_t size);
/* After the IOMMU was reset, at the beginning of a run. */
void memory_translation_reset(struct memory *memory);

/* The operations of struct machine_ops that are memory's own; see there. */
void memory_reset(struct memory *memory);
bool memory_is_control(struct memory *memory, const struct agent *agent, uintptr_t va);
bool memory_same_granule(struct memory *memory, const struct agent *a, uintptr_t va, const struct agent *b, uintptr_t vb);
bool memory_access(struct memory *memory, struct agent *agent, uintptr_t va, size_t size, bool store, uint64_t pc);
/* By one instruction, of `size` bytes and not aligned to that: device memory takes it not. */
bool memory_unaligned(struct memory *memory, struct agent *agent, uintptr_t va, size_t size, bool store, uint64_t pc);
void memory_retire(struct memory *memory, struct agent *agent, const struct agent_store *store);
void memory_recheck(struct memory *memory, struct agent *agent);
void memory_sync(struct memory *memory, struct agent *agent);
bool memory_maintain(struct memory *memory, struct agent *agent, enum trace_maint op, uintptr_t va, size_t size,
		     uint64_t pc);
/* A DMB orders what is in the store buffer; a DSB empties it. */
void memory_barrier(struct memory *memory, struct agent *agent, enum trace_barrier kind);
/* Maintenance of every line of the agent's cluster; `own`: of the dirty ones that this agent stored to last. */
void memory_maintain_all(struct memory *memory, struct agent *agent, enum trace_maint op, bool own, uint64_t pc);
/* The same of one line, by the address that the cache has it under. */
void memory_maintain_set_way(struct memory *memory, struct agent *agent, enum trace_maint op, bool own, uint64_t address,
			     uint64_t pc);
/*
 * The agent's cluster loses power: what its dirty lines and its store buffer hold is lost, or had reached memory before.
 */
void memory_power_loss(struct memory *memory, struct agent *agent);
/*
 * Access by an initiator that is no CPU, past every cache, at a physical address. `initiator`: its number in the trace. False:
 * no memory is there.
 */
bool memory_dma(struct memory *memory, unsigned int initiator, uint64_t address, void *bytes, size_t size, bool store);
struct hw_region *memory_region(struct memory *memory, const struct agent *agent, const char *name);
uintptr_t memory_da_to_va(struct memory *memory, const struct agent *agent, uint64_t da, uint64_t size);
/*
 * From now on region number `region` refuses what the agent's cluster asks of it, because of `cause` (a slave without
 * power, a firewall), or serves it: MEMORY_OPEN. What its caches hold stays, and hits are served without the bus; fills
 * and uncached accesses fault, and what is written back or leaves a store buffer is lost. Private memory is never refused.
 */
#define MEMORY_OPEN TRACE_FAULT_UNHOOKED
void memory_refuse(struct memory *memory, unsigned int region, const struct agent *agent, enum trace_fault cause);
/*
 * Region number `region`, which refuses everybody, lost its power, by the agent's doing: it holds what memory holds at
 * power-on, which counts as the agent's newest store, at no place of its program. Caches keep what they have.
 */
void memory_forget(struct memory *memory, unsigned int region, const struct agent *agent);
/* The agent is released from reset with an empty cache. */
void memory_power_on(struct memory *memory, const struct agent *agent);
bool memory_settle(struct memory *memory);
void memory_tell_unseen(struct memory *memory);
/* A history was capped since the last reset: exploration is not exhaustive there. */
uint64_t memory_caps(const struct memory *memory);

#endif
