/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * metal/cache.h of the bench: maintenance by range. libmetal's flush brings memory up to date and no more: Arm's clean.
 * Inline, so that reports name the line that asked.
 */
#ifndef METAL_CACHE_H
#define METAL_CACHE_H

#include <sbesim/hw.h>

static inline void metal_cache_flush(void *addr, unsigned int len)
{
	hw_cache_clean(addr, len);
}

static inline void metal_cache_invalidate(void *addr, unsigned int len)
{
	hw_cache_invalidate(addr, len);
}

#endif
