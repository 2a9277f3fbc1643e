/* SPDX-License-Identifier: BSD-3-Clause */
/* The IOMMU: page tables, the IOTLB, fault records; see iommu.h. */
#include "models/iommu.h"

#include <stdlib.h>
#include <string.h>

#define IOMMU_PAGE UINT64_C(4096)

/* Largest first. */
static const uint64_t iommu_pages[] = { UINT64_C(1) << 30, UINT64_C(2) << 20, UINT64_C(64) << 10, IOMMU_PAGE };

/* ---- Ranges ------------------------------------------------------------------------------------------------ */

/* The first range that ends above `iova`; `count` when there is none. */
static unsigned int ranges_find(const struct iommu_ranges *r, uint64_t iova)
{
	unsigned int low = 0, high = r->count;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (r->range[middle].iova + (r->range[middle].size - 1) < iova)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool ranges_overlap(const struct iommu_ranges *r, uint64_t iova, uint64_t size)
{
	unsigned int i = ranges_find(r, iova);

	return i < r->count && r->range[i].iova <= iova + (size - 1);
}

static const struct iommu_range *ranges_at(const struct iommu_ranges *r, uint64_t iova)
{
	unsigned int i = ranges_find(r, iova);

	return i < r->count && r->range[i].iova <= iova ? &r->range[i] : NULL;
}

static void ranges_reserve(struct iommu_ranges *r, unsigned int count)
{
	if (count <= r->room)
		return;
	r->room = count < 8 ? 8 : 2 * count;
	r->range = realloc(r->range, r->room * sizeof(r->range[0]));
	if (!r->range)
		abort();
}

static void ranges_insert(struct iommu_ranges *r, const struct iommu_range *range)
{
	unsigned int i = ranges_find(r, range->iova);

	ranges_reserve(r, r->count + 1);
	memmove(&r->range[i + 1], &r->range[i], (r->count++ - i) * sizeof(r->range[0]));
	r->range[i] = *range;
}

static void ranges_copy(struct iommu_ranges *to, const struct iommu_ranges *from)
{
	ranges_reserve(to, from->count);
	to->count = from->count;
	if (from->count)
		memcpy(to->range, from->range, from->count * sizeof(from->range[0]));
}

/* Removes what overlaps [first, last], whole. */
static void ranges_remove(struct iommu_ranges *r, uint64_t first, uint64_t last)
{
	unsigned int begin = ranges_find(r, first), end = begin;

	while (end < r->count && r->range[end].iova <= last)
		end++;
	if (begin == end)
		return;
	memmove(&r->range[begin], &r->range[end], (r->count - end) * sizeof(r->range[0]));
	r->count -= end - begin;
}

/* ---- Streams and contexts ------------------------------------------------------------------------------------ */

static struct iommu_stream *iommu_stream(const struct iommu *iommu, uint32_t id)
{
	for (unsigned int i = 0; i < iommu->streams; i++)
		if (iommu->stream[i].id == id)
			return (struct iommu_stream *)(uintptr_t)&iommu->stream[i];
	return NULL;
}

bool iommu_has_stream(const struct iommu *iommu, uint32_t stream)
{
	return iommu_stream(iommu, stream) != NULL;
}

/* NULL, with why, when there is none. */
static struct iommu_context *iommu_context(const struct iommu *iommu, uint32_t stream, uint32_t context, int *why)
{
	struct iommu_stream *s = iommu_stream(iommu, stream);

	*why = !s ? IOMMU_NO_STREAM : IOMMU_NO_CONTEXT;
	return s && context < IOMMU_CONTEXTS_MAX && s->context[context].exists ? &s->context[context] : NULL;
}

bool iommu_has_context(const struct iommu *iommu, uint32_t stream, uint32_t context)
{
	int why;

	return iommu_context(iommu, stream, context, &why) != NULL;
}

static void iommu_changed(struct iommu *iommu, uint32_t stream, uint32_t context, uint64_t iova, uint64_t size)
{
	if (iommu->ops && iommu->ops->changed)
		iommu->ops->changed(iommu->ctx, stream, context, iova, size);
}

static void iommu_empty(struct iommu_context *c, bool exists)
{
	c->exists = exists;
	c->table.count = c->tlb.count = 0;
}

/* For time, what is forgotten of a context is all. */
static void iommu_drop_tags(struct iommu *iommu, uint32_t stream, uint32_t context)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < iommu->tags; i++)
		if (iommu->tag[i].stream != stream || iommu->tag[i].context != context)
			iommu->tag[kept++] = iommu->tag[i];
	iommu->tags = kept;
}

bool iommu_add_stream(struct iommu *iommu, uint32_t id, enum iommu_mode reset_mode)
{
	struct iommu_stream *s = &iommu->stream[iommu->streams];

	if (iommu->streams == IOMMU_STREAMS_MAX || iommu_stream(iommu, id))
		return false;
	*s = (struct iommu_stream){ .id = id, .mode = reset_mode, .reset_mode = reset_mode,
				    .context = calloc(IOMMU_CONTEXTS_MAX, sizeof(*s->context)) };
	if (!s->context)
		return false;
	s->context[0].exists = true;
	iommu->streams++;
	return true;
}

static void iommu_free_stream(struct iommu_stream *s)
{
	for (unsigned int c = 0; c < IOMMU_CONTEXTS_MAX; c++) {
		free(s->context[c].table.range);
		free(s->context[c].tlb.range);
	}
	free(s->context);
	free(s->boot.range);
}

void iommu_fini(struct iommu *iommu)
{
	while (iommu->streams)
		iommu_free_stream(&iommu->stream[--iommu->streams]);
}

/* Also where there is no context: bypassing, nobody asks for one. */
static void iommu_stream_changed(struct iommu *iommu, uint32_t stream)
{
	for (uint32_t c = 0; c < IOMMU_CONTEXTS_MAX; c++)
		iommu_changed(iommu, stream, c, 0, UINT64_MAX);
}

int iommu_set_mode(struct iommu *iommu, uint32_t stream, enum iommu_mode mode)
{
	struct iommu_stream *s = iommu_stream(iommu, stream);

	if (!s)
		return IOMMU_NO_STREAM;
	s->mode = mode;
	iommu_stream_changed(iommu, stream);
	return IOMMU_DONE;
}

int iommu_block(struct iommu *iommu, uint32_t stream, bool blocked)
{
	struct iommu_stream *s = iommu_stream(iommu, stream);

	if (!s)
		return IOMMU_NO_STREAM;
	if (s->blocked == blocked)
		return IOMMU_DONE;
	s->blocked = blocked;
	iommu_stream_changed(iommu, stream);
	return IOMMU_DONE;
}

int iommu_create_context(struct iommu *iommu, uint32_t stream, uint32_t context)
{
	struct iommu_stream *s = iommu_stream(iommu, stream);

	if (!s || context >= IOMMU_CONTEXTS_MAX)
		return s ? IOMMU_NO_CONTEXT : IOMMU_NO_STREAM;
	if (s->context[context].exists)
		return IOMMU_MAPPED;
	s->context[context].exists = true;
	return IOMMU_DONE;
}

int iommu_destroy_context(struct iommu *iommu, uint32_t stream, uint32_t context)
{
	int why;
	struct iommu_context *c = iommu_context(iommu, stream, context, &why);

	if (!c || !context)
		return c ? IOMMU_NO_CONTEXT : why;
	iommu_empty(c, false);
	iommu_drop_tags(iommu, stream, context);
	iommu_changed(iommu, stream, context, 0, UINT64_MAX);
	return IOMMU_DONE;
}

/* ---- The IOTLB ------------------------------------------------------------------------------------------------ */

/* Loads what of `page` the IOTLB has nothing for. */
static void iommu_load(struct iommu_ranges *tlb, const struct iommu_range *page)
{
	uint64_t at = page->iova, last = page->iova + (page->size - 1);

	for (;;) {
		unsigned int i = ranges_find(tlb, at);
		const struct iommu_range *taken = i < tlb->count && tlb->range[i].iova <= last ? &tlb->range[i] : NULL;
		uint64_t free = taken ? (taken->iova > at ? taken->iova - at : 0) : last - at + 1;
		uint64_t resume = taken ? taken->iova + (taken->size - 1) : last;

		if (free)
			ranges_insert(tlb, &(struct iommu_range){.iova = at,
								 .pa = page->pa + (at - page->iova),
								 .size = free,
								 .permission = page->permission});
		if (resume >= last)
			return;
		at = resume + 1;
	}
}

static void iommu_load_range(struct iommu_context *c, uint64_t iova, uint64_t size)
{
	for (unsigned int i = ranges_find(&c->table, iova);
	     i < c->table.count && c->table.range[i].iova <= iova + (size - 1); i++)
		iommu_load(&c->tlb, &c->table.range[i]);
}

void iommu_reset(struct iommu *iommu)
{
	for (unsigned int i = 0; i < iommu->streams; i++) {
		struct iommu_stream *s = &iommu->stream[i];

		s->mode = s->reset_mode;
		s->blocked = false;
		for (unsigned int c = 0; c < IOMMU_CONTEXTS_MAX; c++)
			iommu_empty(&s->context[c], c == 0);
		ranges_copy(&s->context[0].table, &s->boot);
		iommu_load_range(&s->context[0], 0, UINT64_MAX);
	}
	iommu->records = 0;
	iommu->lost = 0;
	iommu->tags = 0;
}

static void iommu_forget(struct iommu *iommu, uint32_t stream, uint32_t context, uint64_t first, uint64_t last)
{
	int why;
	struct iommu_context *c = iommu_context(iommu, stream, context, &why);

	if (!c)
		return;
	ranges_remove(&c->tlb, first, last);
	iommu_drop_tags(iommu, stream, context);
	iommu_load_range(c, 0, UINT64_MAX);
	/* An entry that overlaps goes whole. */
	iommu_changed(iommu, stream, context, 0, UINT64_MAX);
}

int iommu_invalidate(struct iommu *iommu, uint32_t stream, uint32_t context, uint64_t iova, uint64_t size)
{
	int why;

	if (!iommu_context(iommu, stream, context, &why))
		return why;
	if (size)
		iommu_forget(iommu, stream, context, iova,
			     size - 1 > UINT64_MAX - iova ? UINT64_MAX : iova + (size - 1));
	return IOMMU_DONE;
}

static void iommu_forget_stream(struct iommu *iommu, const struct iommu_stream *s)
{
	for (uint32_t c = 0; c < IOMMU_CONTEXTS_MAX; c++)
		iommu_forget(iommu, s->id, c, 0, UINT64_MAX);
}

int iommu_invalidate_all(struct iommu *iommu, enum trace_iotlb_scope scope, uint32_t stream, uint32_t context)
{
	switch (scope) {
	case TRACE_IOTLB_SCOPE_RANGE:
	case TRACE_IOTLB_SCOPE_CONTEXT:
		return iommu_invalidate(iommu, stream, context, 0, UINT64_MAX);
	case TRACE_IOTLB_SCOPE_STREAM:
		if (!iommu_has_stream(iommu, stream))
			return IOMMU_NO_STREAM;
		iommu_forget_stream(iommu, iommu_stream(iommu, stream));
		break;
	case TRACE_IOTLB_SCOPE_ALL:
		for (unsigned int i = 0; i < iommu->streams; i++)
			iommu_forget_stream(iommu, &iommu->stream[i]);
		break;
	}
	return IOMMU_DONE;
}

/* ---- The table ------------------------------------------------------------------------------------------------- */

static uint64_t iommu_page_size(uint64_t iova, uint64_t pa, uint64_t size)
{
	unsigned int i = 0;

	while ((iova | pa) % iommu_pages[i] || size < iommu_pages[i])
		i++;
	return iommu_pages[i];
}

static bool iommu_is_whole(uint64_t iova, uint64_t size)
{
	return size && !(iova % IOMMU_PAGE) && !(size % IOMMU_PAGE) && iova + (size - 1) >= iova;
}

static unsigned int iommu_pages_needed(uint64_t iova, uint64_t pa, uint64_t size)
{
	unsigned int pages = 0;

	while (size && pages <= IOMMU_PAGES_MAX) {
		uint64_t page = iommu_page_size(iova, pa, size);

		iova += page;
		pa += page;
		size -= page;
		pages++;
	}
	return pages;
}

/* All or nothing. */
static int iommu_enter(struct iommu_ranges *table, uint64_t iova, uint64_t pa, uint64_t size, uint8_t permission)
{
	if (!iommu_is_whole(iova, size) || !iommu_is_whole(pa, size))
		return IOMMU_UNALIGNED;
	if (ranges_overlap(table, iova, size))
		return IOMMU_MAPPED;
	if (iommu_pages_needed(iova, pa, size) > IOMMU_PAGES_MAX - table->count)
		return IOMMU_FULL;
	for (uint64_t done = 0; done < size;) {
		struct iommu_range page = {iova + done, pa + done, iommu_page_size(iova + done, pa + done, size - done),
					   permission};

		ranges_insert(table, &page);
		done += page.size;
	}
	return IOMMU_DONE;
}

int iommu_map(struct iommu *iommu, uint32_t stream, uint32_t context, uint64_t iova, uint64_t pa, uint64_t size,
	      uint8_t permission)
{
	int status;
	struct iommu_context *c = iommu_context(iommu, stream, context, &status);

	if (!c)
		return status;
	status = iommu_enter(&c->table, iova, pa, size, permission);
	if (status != IOMMU_DONE)
		return status;
	iommu_load_range(c, iova, size);
	iommu_changed(iommu, stream, context, iova, size);
	return IOMMU_DONE;
}

int iommu_boot_map(struct iommu *iommu, uint32_t stream, uint64_t iova, uint64_t pa, uint64_t size, uint8_t permission)
{
	struct iommu_stream *s = iommu_stream(iommu, stream);

	return s ? iommu_enter(&s->boot, iova, pa, size, permission) : IOMMU_NO_STREAM;
}

/* Does a page begin before `iova` or end behind the range? */
static bool iommu_cuts_page(const struct iommu_ranges *table, uint64_t iova, uint64_t size)
{
	const struct iommu_range *first = ranges_at(table, iova), *last = ranges_at(table, iova + (size - 1));

	return (first && first->iova < iova) || (last && last->iova + (last->size - 1) > iova + (size - 1));
}

int iommu_unmap(struct iommu *iommu, uint32_t stream, uint32_t context, uint64_t iova, uint64_t size)
{
	int why;
	struct iommu_context *c = iommu_context(iommu, stream, context, &why);

	if (!c)
		return why;
	if (!iommu_is_whole(iova, size) || iommu_cuts_page(&c->table, iova, size))
		return IOMMU_UNALIGNED;
	if (!ranges_overlap(&c->table, iova, size))
		return IOMMU_NOT_MAPPED;
	ranges_remove(&c->table, iova, iova + (size - 1));
	iommu_changed(iommu, stream, context, iova, size);
	return IOMMU_DONE;
}

/* ---- Accesses --------------------------------------------------------------------------------------------------- */

static bool iommu_refuse(enum trace_fault why, enum trace_fault *cause)
{
	*cause = why;
	return false;
}

bool iommu_translate(const struct iommu *iommu, uint32_t stream, uint32_t context, uint64_t iova, uint64_t size,
		     bool store, uint64_t *pa, enum trace_fault *cause)
{
	const struct iommu_stream *s = iommu_stream(iommu, stream);
	const struct iommu_range *range;

	if (!s || s->blocked || s->mode == IOMMU_ABORT)
		return iommu_refuse(TRACE_FAULT_IOMMU_STREAM, cause);
	*pa = iova;
	if (s->mode == IOMMU_BYPASS)
		return true;
	if (context >= IOMMU_CONTEXTS_MAX || !s->context[context].exists)
		return iommu_refuse(TRACE_FAULT_IOMMU_CONTEXT, cause);
	/* What the table has and the IOTLB has not is loaded already. */
	range = ranges_at(&s->context[context].tlb, iova);
	if (!range || iova + (size - 1) > range->iova + (range->size - 1))
		return iommu_refuse(TRACE_FAULT_IOMMU_TRANSLATION, cause);
	if (!(range->permission & (store ? IOMMU_WRITE : IOMMU_READ)))
		return iommu_refuse(TRACE_FAULT_IOMMU_PERMISSION, cause);
	*pa = range->pa + (iova - range->iova);
	return true;
}

/* ---- Time ------------------------------------------------------------------------------------------------------- */

bool iommu_walks(struct iommu *iommu, uint32_t stream, uint32_t context, uint64_t iova)
{
	const struct iommu_stream *s = iommu_stream(iommu, stream);
	const struct iommu_range *range;
	unsigned int at = 0;

	if (!s || s->blocked || s->mode != IOMMU_TRANSLATE || context >= IOMMU_CONTEXTS_MAX || !iommu->tags_max)
		return false;
	range = ranges_at(&s->context[context].tlb, iova);
	if (!range)
		return false;
	while (at < iommu->tags && (iommu->tag[at].stream != stream || iommu->tag[at].context != context ||
				    iommu->tag[at].iova != range->iova))
		at++;
	bool walks = at == iommu->tags;

	if (walks && iommu->tags < iommu->tags_max)
		iommu->tags++;
	else if (walks)
		at--;
	memmove(&iommu->tag[1], &iommu->tag[0], at * sizeof(iommu->tag[0]));
	iommu->tag[0] = (struct iommu_tag){ .stream = stream, .context = context, .iova = range->iova };
	return walks;
}

/* ---- Aliases ---------------------------------------------------------------------------------------------------- */

bool iommu_bypasses(const struct iommu *iommu, uint32_t stream)
{
	const struct iommu_stream *s = iommu_stream(iommu, stream);

	return s && s->mode == IOMMU_BYPASS;
}

static unsigned int ranges_aliases(const struct iommu_ranges *r, uint64_t pa, uint64_t found[], unsigned int count,
				   unsigned int room)
{
	for (unsigned int i = 0; i < r->count; i++) {
		uint64_t iova = r->range[i].iova + (pa - r->range[i].pa);
		unsigned int known = 0;

		if (pa - r->range[i].pa >= r->range[i].size)
			continue;
		while (known < count && found[known] != iova)
			known++;
		if (known == count && count < room)
			found[count++] = iova;
	}
	return count;
}

unsigned int iommu_aliases(const struct iommu *iommu, uint32_t stream, uint64_t pa, uint64_t found[], unsigned int room)
{
	const struct iommu_stream *s = iommu_stream(iommu, stream);
	unsigned int count = 0;

	pa -= pa % IOMMU_PAGE;
	for (unsigned int c = 0; s && c < IOMMU_CONTEXTS_MAX; c++) {
		count = ranges_aliases(&s->context[c].table, pa, found, count, room);
		count = ranges_aliases(&s->context[c].tlb, pa, found, count, room);
	}
	return count;
}

/* ---- Faults ----------------------------------------------------------------------------------------------------- */

static bool iommu_is_alike(const struct iommu_record *a, const struct iommu_record *b)
{
	return a->stream == b->stream && a->context == b->context && a->iova / IOMMU_PAGE == b->iova / IOMMU_PAGE &&
	       a->store == b->store && a->cause == b->cause;
}

static struct iommu_record *iommu_record_like(struct iommu *iommu, const struct iommu_record *record)
{
	for (unsigned int i = 0; i < iommu->records; i++)
		if (iommu_is_alike(&iommu->record[i], record))
			return &iommu->record[i];
	return NULL;
}

void iommu_report(struct iommu *iommu, uint32_t stream, uint32_t context, uint64_t iova, uint32_t size, bool store,
		  enum trace_fault cause)
{
	struct iommu_record record = { .stream = stream, .context = context, .iova = iova, .size = size, .store = store,
				       .cause = cause };
	struct iommu_record *like = iommu_record_like(iommu, &record);

	if (like) {
		record.alike = ++like->alike;
	} else if (iommu->records < IOMMU_RECORDS_MAX) {
		iommu->record[iommu->records++] = record;
	} else {
		record.lost = ++iommu->lost;
	}
	if (record.alike < IOMMU_ALIKE_MAX && record.lost <= 1 && iommu->ops && iommu->ops->fault)
		iommu->ops->fault(iommu->ctx, &record);
}

bool iommu_read_record(struct iommu *iommu, struct iommu_record *record)
{
	if (!iommu->records)
		return false;
	*record = iommu->record[0];
	record->lost = iommu->lost;
	iommu->lost = 0;
	memmove(&iommu->record[0], &iommu->record[1], --iommu->records * sizeof(iommu->record[0]));
	return true;
}
