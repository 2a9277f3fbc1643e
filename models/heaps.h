/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory given out at run time: dma-heaps, carve-outs of device memory, and the buffers (dma-bufs) that both give.
 *
 * Book-keeping only: which addresses are whose, who holds references and mappings, and what a CPU may touch. The
 * memory itself is memory.h's, where the platform backs the heap by a region; a heap that is an address range alone
 * takes no memory of this process at all.
 *
 * A buffer of a system heap is a list of runs of pages, in pieces of 1 MiB, 64 KiB and 4 KiB as Linux' system_heap.c
 * has them (of larger pages: pages), from the heap's end downwards, so that no piece follows the one before it; the
 * choice "heap.scatter" gives it single pages with gaps between. A cma heap's is contiguous, the first that fits,
 * aligned to the power of two that holds it, at most 256 pages (Linux' CONFIG_CMA_ALIGNMENT); a secure heap's likewise,
 * on pages. A carve-out is the first that fits, or lies where it is asked for (fw_rsc_carveout's da, fw_rsc_devmem's pa).
 *
 * A side (the processes and drivers of its CPUs) holds references; an attached device holds one for itself. When the
 * last is gone the memory is free, and adjoining free ranges are one.
 *
 * Not modelled: whose process on a side it is, file descriptors, fences, begin and end of CPU access (programs maintain
 * caches themselves), pages cleared when they are given out (Linux does that), CMA's migration of other users' pages,
 * and what becomes of a crashed side's references: they stay.
 */
#ifndef MODELS_HEAPS_H
#define MODELS_HEAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "models/platform.h"
#include "sim/engine.h"

#define HEAPS_BUFFERS_MAX 256
#define HEAPS_SIDES 2
#define HEAPS_DEVICES 16		/* by their agent's number in the trace */
#define HEAPS_ANYWHERE UINT64_MAX
#define HEAPS_SITE_SCATTER "heap.scatter"

/* What operations return when they do not do it; 0: done. */
#define HEAPS_NO_HEAP (-1)
#define HEAPS_NO_SIZE (-2)	/* size 0, or an alignment that is no power of two */
#define HEAPS_FULL (-3)		/* no room, or HEAPS_BUFFERS_MAX buffers */
#define HEAPS_REFUSED (-4)	/* told as heap.misuse */

/* [start, start + size) */
struct heaps_run {
	uint64_t start, size;
};

struct heaps_pool {
	const struct platform_heap *platform;
	struct heaps_run *free;	/* sorted, none adjoins the next */
	unsigned int frees, frees_size;
	uint64_t free_bytes;
	uint16_t *owner;	/* of each page: 1 + buffer, or 0; NULL where no CPU is kept out */
};

struct heaps_buffer {
	uint32_t handle;	/* 0: no buffer */
	unsigned int pool;
	uint64_t size;		/* bytes, whole pages */
	struct heaps_run *run;
	unsigned int runs, runs_size;
	uint32_t references[HEAPS_SIDES], mappings[HEAPS_SIDES], attachments[HEAPS_DEVICES];
	uint8_t agent;		/* who got it ... */
	uint64_t pc;		/* ... and where */
};

struct heaps {
	struct engine *engine;
	const struct platform_heaps *platform;
	struct heaps_pool pool[PLATFORM_HEAPS_MAX];
	struct heaps_buffer buffer[HEAPS_BUFFERS_MAX];
	uint32_t last_handle;
	bool keeps_out;		/* some heap's pages are not everybody's */
};

/* Who asks, and where in its program. */
struct heaps_caller {
	uint8_t agent;
	enum trace_side side;
	uint64_t pc;
};

/* Both must outlive it. False: no memory; heaps_fini ends it in either case. */
bool heaps_init(struct heaps *heaps, struct engine *engine, const struct platform_heaps *platform);
void heaps_fini(struct heaps *heaps);
/* Nothing is allocated. Nothing is told. */
void heaps_reset(struct heaps *heaps);

/*
 * A buffer of at least `size` bytes with one reference, the caller's side's, from the heap of that name; or HEAPS_*.
 * `buffer` is the heaps' own, valid until it is freed.
 */
int heaps_allocate(struct heaps *heaps, const struct heaps_caller *caller, const char *heap, uint64_t size,
		   const struct heaps_buffer **buffer);
/* From a pool of carve-outs, at address `at` or HEAPS_ANYWHERE, aligned to at least `align` (a power of two). */
int heaps_carve(struct heaps *heaps, const struct heaps_caller *caller, const char *pool, uint64_t at, uint64_t size,
		uint64_t align, const struct heaps_buffer **buffer);
/* One more reference, or one less, of the caller's side. The last one is not given up while the side has mappings. */
int heaps_get(struct heaps *heaps, const struct heaps_caller *caller, uint32_t handle);
int heaps_put(struct heaps *heaps, const struct heaps_caller *caller, uint32_t handle);
/* The caller's side maps it, or unmaps it; it must hold a reference. */
int heaps_map(struct heaps *heaps, const struct heaps_caller *caller, uint32_t handle);
int heaps_unmap(struct heaps *heaps, const struct heaps_caller *caller, uint32_t handle);
/* `device` (below HEAPS_DEVICES) is attached, or detached, by a side that holds a reference; it holds one itself. */
int heaps_attach(struct heaps *heaps, const struct heaps_caller *caller, uint32_t handle, unsigned int device);
int heaps_detach(struct heaps *heaps, const struct heaps_caller *caller, uint32_t handle, unsigned int device);

/* NULL: there is none, or it was freed. */
const struct heaps_buffer *heaps_find(const struct heaps *heaps, uint32_t handle);
bool heaps_is_secure(const struct heaps *heaps, const struct heaps_buffer *buffer);
/*
 * May a CPU of `side` access that byte? False, with the cause: in a secure heap; where no buffer is; on the host, where
 * its side has the buffer not mapped (a remote has no MMU that could keep it out). Everywhere else, among it carve-outs,
 * it may.
 */
bool heaps_allow(const struct heaps *heaps, enum trace_side side, uint64_t physical, enum trace_fault *cause);
/* The end of the run: what is still allocated is told, oldest first. */
void heaps_tell_leaks(const struct heaps *heaps);

#endif
