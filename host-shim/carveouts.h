/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory that a remote's resource table asks for, as Linux' remoteproc gives it (rproc_handle_carveout,
 * rproc_handle_devmem): each carve-out is allocated from a pool of the platform, and where it came to lie is
 * written into the table, before the remote runs.
 *
 * An address of 0xffffffff leaves the choice to the host. An IOMMU translates from `da` to the memory if the
 * remote has one; without it both are the same. Flags are not looked at: what a page is to the remote is its
 * MPU's. Traces and vdevs are others'.
 */
#ifndef HOST_SHIM_CARVEOUTS_H
#define HOST_SHIM_CARVEOUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "sbe/resources.h"

#define CARVEOUTS_MAX RESOURCES_MAX

/* What a carve-out got, or device memory that was mapped. */
struct carveout {
	char name[33];	      /* as in the table */
	uint32_t da, pa, len; /* bytes; as in the table now */
	void *va;	      /* where this CPU sees it; NULL: nowhere */
	uint32_t handle;      /* of its buffer; 0: device memory has none */
};

/* Where memory comes from; must outlive its users. */
struct carveouts_source {
	const char *const *pools; /* names, in the order in which they are tried; ended by NULL */
	bool translated;	  /* the remote is behind an IOMMU, ... */
	uint32_t stream;	  /* ... whose stream it is */
};

struct carveouts {
	const struct carveouts_source *source;
	struct carveout given[CARVEOUTS_MAX];
	unsigned int count;
	char why[240]; /* the sentence about what was refused */
};

/*
 * Gives the remote everything that the table of `size` bytes asks for, or nothing. 0; or -1, with `why`: who
 * asked for what, what was expected, what was seen. Cleaning the table is the caller's.
 */
int carveouts_open(struct carveouts *carveouts, const struct carveouts_source *source, void *table,
		   uint32_t size);
/* Takes it all back; the remote does not use it any more. */
void carveouts_close(struct carveouts *carveouts);
/* NULL: none has that name. */
const struct carveout *carveouts_find(const struct carveouts *carveouts, const char *name);

#endif
