/* SPDX-License-Identifier: BSD-3-Clause */
/* metal/alloc.h of the bench: the hosted C library's heap, in the CPU's private memory. */
#ifndef METAL_ALLOC_H
#define METAL_ALLOC_H

#include <stdlib.h>

/* NULL: no room. */
static inline void *metal_allocate_memory(unsigned int size)
{
	return malloc(size);
}

static inline void metal_free_memory(void *p)
{
	free(p);
}

#endif
