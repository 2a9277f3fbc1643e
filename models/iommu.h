/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The IOMMU: which addresses of an initiator are which of memory, and who may do what there.
 *
 * As an SMMU: a stream ID per initiator, substreams (contexts) with a page table each, pages of 4 KiB, 64 KiB, 2 MiB
 * and 1 GiB (Arm's 4 KiB granule; 64 KiB is its contiguous hint, Arm SMMUv3 specification 3.4 and Armv8-A ARM D8.3),
 * permissions per page. For behaviour the IOTLB has no capacity and walks as early as it can: whatever the table has
 * and the IOTLB has not is loaded at once, and stays, stale when the table changes, until it is invalidated. Faults are
 * recorded in a queue that the host reads, bounded: of faults that are alike a few are told, the others counted; so are
 * those that find no room. Stage 2, stalling faults, event queues in memory and stale stream table entries or context
 * descriptors are not modelled.
 */
#ifndef MODELS_IOMMU_H
#define MODELS_IOMMU_H

#include <stdbool.h>
#include <stdint.h>

#include "traces/trace.h"

#define IOMMU_STREAMS_MAX 16
#define IOMMU_CONTEXTS_MAX 8	/* of a stream; 0 is its default */
#define IOMMU_PAGES_MAX 4096	/* of a context's table */
#define IOMMU_TAGS_MAX 64	/* entries of the IOTLB that time sees */
#define IOMMU_RECORDS_MAX 8	/* faults that wait to be read */
#define IOMMU_ALIKE_MAX 4	/* of faults alike, told until the host reads the records */

#define IOMMU_READ 1u
#define IOMMU_WRITE 2u

/* What the operations return. */
enum iommu_error {
	IOMMU_DONE = 0,
	IOMMU_NO_STREAM = -1,
	IOMMU_NO_CONTEXT = -2,	/* not created; or, to destroy, the default one */
	IOMMU_UNALIGNED = -3,	/* not whole pages of 4 KiB; or, to unmap, part of a larger page */
	IOMMU_MAPPED = -4,	/* a page of the range is mapped already; or the context exists */
	IOMMU_NOT_MAPPED = -5,
	IOMMU_FULL = -6		/* no room in the table */
};

/* What a stream does. */
enum iommu_mode {
	IOMMU_ABORT = TRACE_IOMMU_MODE_ABORT,		/* every access faults: there is no stream table entry */
	IOMMU_BYPASS = TRACE_IOMMU_MODE_BYPASS,		/* addresses are physical, whatever the context */
	IOMMU_TRANSLATE = TRACE_IOMMU_MODE_TRANSLATE
};

struct iommu_range {
	uint64_t iova, pa, size;	/* bytes; in a table `size` is a page's */
	uint8_t permission;		/* IOMMU_READ | IOMMU_WRITE */
};
/* Sorted by iova, none overlaps another. Grows as needed. */
struct iommu_ranges {
	unsigned int count, room;
	struct iommu_range *range;
};

struct iommu_context {
	bool exists;
	struct iommu_ranges table, tlb;
};

struct iommu_stream {
	uint32_t id;
	enum iommu_mode mode, reset_mode;
	bool blocked;			/* it aborts, whatever its mode */
	struct iommu_ranges boot;	/* what the default context's table has after a reset */
	struct iommu_context *context;	/* IOMMU_CONTEXTS_MAX of them */
};

struct iommu_record {
	uint32_t stream, context;
	uint64_t iova;
	uint32_t size;			/* bytes */
	bool store;
	enum trace_fault cause;
	uint32_t alike;			/* further ones since */
	uint32_t lost;			/* others that found no room, since the host last read a record */
};

/* What the IOMMU tells; either may be NULL. */
struct iommu_ops {
	/* What `stream` sees of [iova, iova + size) in `context` is different from now on. */
	void (*changed)(void *ctx, uint32_t stream, uint32_t context, uint64_t iova, uint64_t size);
	/* A fault to be told: the alike-th like it, from 0; or, lost > 0, the first of those that are not recorded. */
	void (*fault)(void *ctx, const struct iommu_record *record);
};

/* For time: an entry of the IOTLB, of the page or what is left of it that begins at iova. */
struct iommu_tag {
	uint32_t stream, context;
	uint64_t iova;
};

struct iommu {
	struct iommu_stream stream[IOMMU_STREAMS_MAX];
	unsigned int streams;
	struct iommu_record record[IOMMU_RECORDS_MAX];	/* oldest first */
	unsigned int records;
	uint32_t lost;			/* faults that found no room since the host last read */
	struct iommu_tag tag[IOMMU_TAGS_MAX];		/* most recently used first */
	unsigned int tags, tags_max;			/* in use; that there are, set by the owner */
	const struct iommu_ops *ops;	/* may be NULL */
	void *ctx;
};

/*
 * False when there is no room or the stream is there already. Streams are never removed; iommu_fini frees what they
 * own.
 */
bool iommu_add_stream(struct iommu *iommu, uint32_t id, enum iommu_mode reset_mode);
void iommu_fini(struct iommu *iommu);
/* What boot firmware maps before anything of ours runs: in the default context's table after every reset. */
int iommu_boot_map(struct iommu *iommu, uint32_t stream, uint64_t iova, uint64_t pa, uint64_t size, uint8_t permission);
/*
 * As at power-on: every stream in its reset mode, default contexts alone, with what boot firmware mapped; no records.
 * Tells nothing.
 */
void iommu_reset(struct iommu *iommu);

/* All of these: 0 or enum iommu_error; what is refused changes and tells nothing. */
int iommu_set_mode(struct iommu *iommu, uint32_t stream, enum iommu_mode mode);
/*
 * The stream aborts whatever its mode says, or does what that says again: for who owns the IOMMU's stream table, such as
 * firmware, behind the back of who sets modes.
 */
int iommu_block(struct iommu *iommu, uint32_t stream, bool blocked);
int iommu_create_context(struct iommu *iommu, uint32_t stream, uint32_t context);
/* Its table and its IOTLB entries go. Not of the default context. */
int iommu_destroy_context(struct iommu *iommu, uint32_t stream, uint32_t context);
/* Maps [iova, iova + size) by the largest pages that the alignment of both allows. All or nothing. */
int iommu_map(struct iommu *iommu, uint32_t stream, uint32_t context, uint64_t iova, uint64_t pa, uint64_t size,
	      uint8_t permission);
/* The IOTLB keeps what it has. */
int iommu_unmap(struct iommu *iommu, uint32_t stream, uint32_t context, uint64_t iova, uint64_t size);
/*
 * The IOTLB forgets what overlaps [iova, iova + size), which ends with the address space at the latest. Entries go
 * whole.
 */
int iommu_invalidate(struct iommu *iommu, uint32_t stream, uint32_t context, uint64_t iova, uint64_t size);
/* It forgets all of a context, of a stream's contexts (whatever `context`) or of everything (whatever both). */
int iommu_invalidate_all(struct iommu *iommu, enum trace_iotlb_scope scope, uint32_t stream, uint32_t context);
/*
 * The device pages of 4 KiB that, in the table or the IOTLB of any context of the stream, stand for the physical one at
 * `pa`: at most `room` of them, in no particular order; how many.
 */
unsigned int iommu_aliases(const struct iommu *iommu, uint32_t stream, uint64_t pa, uint64_t found[],
			   unsigned int room);
bool iommu_bypasses(const struct iommu *iommu, uint32_t stream);
bool iommu_has_stream(const struct iommu *iommu, uint32_t stream);
bool iommu_has_context(const struct iommu *iommu, uint32_t stream, uint32_t context);

/* [iova, iova + size), which must not cross 4 KiB: where it is, or false with the cause. Changes and tells nothing. */
bool iommu_translate(const struct iommu *iommu, uint32_t stream, uint32_t context, uint64_t iova, uint64_t size,
		     bool store, uint64_t *pa, enum trace_fault *cause);
/*
 * For time alone: does that access, which iommu_translate admits, wait for a walk? As in a fully associative IOTLB of
 * tags_max entries of which the least recently used goes. What the IOTLB translates to is not asked here.
 */
bool iommu_walks(struct iommu *iommu, uint32_t stream, uint32_t context, uint64_t iova);
/* An access faulted, as iommu_translate said: it is recorded. */
void iommu_report(struct iommu *iommu, uint32_t stream, uint32_t context, uint64_t iova, uint32_t size, bool store,
		  enum trace_fault cause);
/* Takes the oldest record, with how many faults were lost since the last one was taken; false: there is none. */
bool iommu_read_record(struct iommu *iommu, struct iommu_record *record);

#endif
