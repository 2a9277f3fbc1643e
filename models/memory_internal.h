/* SPDX-License-Identifier: BSD-3-Clause */
/* What memory.c and facts.c share: the state behind memory.h. */
#ifndef MODELS_MEMORY_INTERNAL_H
#define MODELS_MEMORY_INTERNAL_H

#include "models/memory.h"

#define MEMORY_PAGE 4096u
#define MEMORY_HISTORY_CAP 3	/* contents kept per history: oldest, previous, newest */
#define MEMORY_NOT_CACHED 0xdb	/* what a view holds where it holds nothing: seen only by accesses that escape the hooks */

struct memory_region {
	const struct platform_region *platform;
	size_t offset;		/* in the files of memory and views */
	unsigned int views;	/* bit n: agent n caches it */
	uint32_t *granule;	/* per granule: 1 + its index in memory.granule, or 0 */
};

struct memory_granule {
	struct line_granule line;
	struct memory_region *region;
	size_t offset;		/* in the region */
	bool unclean[LINE_VIEWS][LINE_MAX / 32];	/* stored since its owner's last clean */
	uint64_t maint_pc[LINE_VIEWS][LINE_MAX / 32];	/* its owner's last maintenance */
	uint32_t stale_told[LINE_VIEWS][LINE_MAX / 32];	/* the newest stamp that a stale read was told about */
};

struct memory_window {
	const struct platform_window *platform;
	struct memory_region *region;
	uintptr_t va;
};

struct memory_agent {
	struct agent *agent;
	const struct platform_cpu *cpu;
	int fd;
	uint8_t *bytes;		/* its view, as the simulator maps it */
	struct memory_window window[PLATFORM_REGIONS_MAX];
	unsigned int windows;
	uint8_t *page;		/* per page of shared address space: 1 + window, or 0 */
	uint32_t *touched;	/* lines of data memory with a mask to be told, in the order of first touch */
	uint32_t touches;
	struct tags tags;
	uintptr_t heap_closed;	/* where the inaccessible pages of its heap begin; 0: there are none yet */
};

/* Who wrote: indexed by stamp. */
struct memory_store {
	uint8_t agent;
	uint64_t pc;
};

struct memory {
	struct engine *engine;
	const struct platform *platform;
	struct iommu *iommu;
	struct line_rules rules;
	struct line_pool pool;
	struct memory_region region[PLATFORM_REGIONS_MAX];
	struct memory_agent agent[PLATFORM_CPUS_MAX];
	int fd;
	uint8_t *bytes;		/* memory, as the simulator maps it */
	size_t size;
	struct memory_granule *granule;
	size_t granules_max;
	uint32_t granules;
	struct memory_store *store;
	uint32_t stores, stores_size;
	uint64_t caps;
	struct memory_granule *current;	/* what the line state machine is working on */
	struct hw_region answer;
};

/* What memory holds at power-on: anything but zero, the same in every run. */
void memory_fill(uint8_t *bytes, uint64_t address, size_t size);

#endif
