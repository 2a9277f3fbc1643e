/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading a firmware's resource table: is it one, what are its entries, and what memory does it ask for.
 *
 * For hosts, which load such a table before the remote runs and write into it what they chose, and for
 * remotes that look up what that was. The table lies in ordinary memory of the caller's, aligned to 4 bytes;
 * whoever has it in a cache maintains that. Nothing in it is believed before resources_check. Traces and
 * entries of other types are entries that nobody asks about here.
 */
#ifndef SBE_RESOURCES_H
#define SBE_RESOURCES_H

#include <stdint.h>

#include "sbe/wire.h"

#define RESOURCES_MAX 16u

/* What may be wrong with a table: what it is, and the sentence that says what is expected. */
#define RESOURCES_ERRORS(X)                                                                                  \
	X(RESOURCES_OK, "it is a resource table")                                                            \
	X(RESOURCES_SHORT, "expected a header of 16 bytes and an offset for each entry, seen less")          \
	X(RESOURCES_VERSION, "expected version 1, seen another")                                             \
	X(RESOURCES_RESERVED, "expected 0 in reserved fields, seen another value")                           \
	X(RESOURCES_NUMBER, "expected at most 16 entries, seen more")                                        \
	X(RESOURCES_OFFSET,                                                                                  \
	  "expected each entry behind the offsets, aligned to 4 bytes, seen one that is not")                \
	X(RESOURCES_TRUNCATED, "expected each entry wholly in the table, seen one that ends behind it")
enum resources_error {
#define X(id, text) id,
	RESOURCES_ERRORS(X)
#undef X
};

/* Of the first `size` bytes at `table`. What the functions below are given was found good by this. */
enum resources_error resources_check(const void *table, uint32_t size);
const char *resources_error_text(enum resources_error error);
uint32_t resources_count(const void *table);
/* RSC_*, of entry `i` < resources_count */
uint32_t resources_type(const void *table, uint32_t i);
/* Entry `i`, which is an RSC_CARVEOUT or an RSC_DEVMEM: both are laid out alike. */
struct fw_rsc_carveout *resources_carveout(void *table, uint32_t i);
/* The first vdev of rpmsg that has two vrings; NULL: there is none. */
struct fw_rsc_vdev *resources_vdev(void *table);
/* The first carve-out or device memory of that name; NULL: there is none. */
struct fw_rsc_carveout *resources_find_carveout(void *table, const char *name);

#endif
