/* SPDX-License-Identifier: BSD-3-Clause */
/* What a platform says of heaps and of resource grants; bindings in docs/platforms.md. Part of platform.h. */
#ifndef MODELS_PLATFORM_HEAPS_H
#define MODELS_PLATFORM_HEAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "traces/trace.h"

#define PLATFORM_HEAPS_MAX 8
#define PLATFORM_GRANTS_MAX 32
#define PLATFORM_HEAP_END_MAX (UINT64_C(1) << 48)	/* of physical addresses */

struct platform_heap {
	char name[32];		/* the node's */
	enum trace_heap_kind kind;
	uint64_t start, size;	/* bytes, whole pages */
	uint64_t page;		/* 4 KiB, 2 MiB or 1 GiB; of a carve-out's pool 64 bytes */
	bool backed;		/* a region of memory; else nothing but addresses */
};

/* What a domain owns when the machine is switched on. */
struct platform_grant {
	enum trace_resource resource;
	uint64_t id;		/* of memory where the region starts */
	unsigned int owner;	/* the CPU's number */
	uint32_t amount;	/* bandwidth: 10^6 bytes per second; else 0 */
};

struct platform_heaps {
	struct platform_heap heap[PLATFORM_HEAPS_MAX];
	unsigned int heaps;
	struct platform_grant grant[PLATFORM_GRANTS_MAX];
	unsigned int grants;
};

/* May several own it at a time? */
bool platform_resource_is_shared(enum trace_resource resource);

#endif
