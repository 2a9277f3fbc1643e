/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory given out at run time; see heaps.h. */
#include <stdlib.h>
#include <string.h>

#include "models/heaps.h"

#define HEAPS_SMALL_PAGE 4096u
#define HEAPS_CMA_ALIGN_PAGES 256u
#define HEAPS_RUNS_FIRST 4u

/* ---- Free ranges ------------------------------------------------------------------------------------ */

/* Room for one more in an array of runs that has `*size` places. */
static struct heaps_run *heaps_grow(struct heaps_run *run, unsigned int used, unsigned int *size)
{
	if (used < *size)
		return run;
	*size = *size ? 2 * *size : HEAPS_RUNS_FIRST;
	run = realloc(run, *size * sizeof(*run));
	if (!run)
		abort();
	return run;
}

static void heaps_pool_insert(struct heaps_pool *pool, unsigned int index, struct heaps_run run)
{
	pool->free = heaps_grow(pool->free, pool->frees, &pool->frees_size);
	memmove(pool->free + index + 1, pool->free + index, (pool->frees - index) * sizeof(*pool->free));
	pool->free[index] = run;
	pool->frees++;
}

static void heaps_pool_remove(struct heaps_pool *pool, unsigned int index)
{
	pool->frees--;
	memmove(pool->free + index, pool->free + index + 1, (pool->frees - index) * sizeof(*pool->free));
}

/* [start, start + size) lies in free range `index`. */
static void heaps_pool_take(struct heaps_pool *pool, unsigned int index, uint64_t start, uint64_t size)
{
	struct heaps_run *from = &pool->free[index];
	struct heaps_run after = { start + size, from->start + from->size - start - size };

	if (from->start < start && after.size)
		heaps_pool_insert(pool, index + 1, after);
	from = &pool->free[index];
	if (from->start < start)
		from->size = start - from->start;
	else if (after.size)
		*from = after;
	else
		heaps_pool_remove(pool, index);
	pool->free_bytes -= size;
}

/* The first free range that begins behind `at`. */
static unsigned int heaps_pool_after(const struct heaps_pool *pool, uint64_t at)
{
	unsigned int low = 0, high = pool->frees;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (pool->free[middle].start > at)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Ranges that adjoin become one. */
static void heaps_pool_give(struct heaps_pool *pool, struct heaps_run run)
{
	unsigned int at = heaps_pool_after(pool, run.start);
	struct heaps_run *before = at ? &pool->free[at - 1] : NULL, *after = at < pool->frees ? &pool->free[at] : NULL;
	bool joins_before = before && before->start + before->size == run.start;
	bool joins_after = after && run.start + run.size == after->start;

	pool->free_bytes += run.size;
	if (joins_before) {
		before->size += run.size + (joins_after ? after->size : 0);
		if (joins_after)
			heaps_pool_remove(pool, at);
	} else if (joins_after) {
		after->start = run.start;
		after->size += run.size;
	} else {
		heaps_pool_insert(pool, at, run);
	}
}

static uint64_t heaps_align(uint64_t value, uint64_t align)
{
	return (value + align - 1) & ~(align - 1);
}

/* First fit. False: no room. */
static bool heaps_pool_fit(struct heaps_pool *pool, uint64_t size, uint64_t align, struct heaps_run *run)
{
	for (unsigned int i = 0; i < pool->frees; i++) {
		uint64_t start = heaps_align(pool->free[i].start, align), skipped = start - pool->free[i].start;

		if (skipped > pool->free[i].size || pool->free[i].size - skipped < size)
			continue;
		*run = (struct heaps_run){ start, size };
		heaps_pool_take(pool, i, start, size);
		return true;
	}
	return false;
}

/* At that address. */
static bool heaps_pool_fit_at(struct heaps_pool *pool, uint64_t at, uint64_t size, struct heaps_run *run)
{
	unsigned int i = heaps_pool_after(pool, at);
	const struct heaps_run *from = i ? &pool->free[i - 1] : NULL;

	if (!from || at - from->start > from->size || from->size - (at - from->start) < size)
		return false;
	*run = (struct heaps_run){ at, size };
	heaps_pool_take(pool, i - 1, at, size);
	return true;
}

/* The last aligned piece of that size. */
static bool heaps_pool_fit_last(struct heaps_pool *pool, uint64_t size, struct heaps_run *run)
{
	for (unsigned int i = pool->frees; i--;) {
		const struct heaps_run *from = &pool->free[i];
		uint64_t start = (from->start + from->size - size) & ~(size - 1);

		if (from->size < size || start < from->start)
			continue;
		*run = (struct heaps_run){ start, size };
		heaps_pool_take(pool, i, start, size);
		return true;
	}
	return false;
}

/* The last page but one of the last range that has two: the page behind it stays free while there is room elsewhere. */
static bool heaps_pool_fit_gap(struct heaps_pool *pool, struct heaps_run *run)
{
	uint64_t page = pool->platform->page;

	for (unsigned int i = pool->frees; i--;) {
		const struct heaps_run *from = &pool->free[i];

		if (from->size < 2 * page)
			continue;
		*run = (struct heaps_run){ from->start + from->size - 2 * page, page };
		heaps_pool_take(pool, i, run->start, page);
		return true;
	}
	return heaps_pool_fit_last(pool, page, run);
}

/* ---- Buffers ---------------------------------------------------------------------------------------- */

static struct heaps_buffer *heaps_buffer(struct heaps *heaps, uint32_t handle)
{
	for (unsigned int i = 0; handle && i < HEAPS_BUFFERS_MAX; i++)
		if (heaps->buffer[i].handle == handle)
			return &heaps->buffer[i];
	return NULL;
}

const struct heaps_buffer *heaps_find(const struct heaps *heaps, uint32_t handle)
{
	return heaps_buffer((struct heaps *)(uintptr_t)heaps, handle);
}

bool heaps_is_secure(const struct heaps *heaps, const struct heaps_buffer *buffer)
{
	return heaps->pool[buffer->pool].platform->kind == TRACE_HEAP_KIND_SECURE;
}

static void heaps_set_owner(struct heaps *heaps, const struct heaps_buffer *b, uint16_t owner)
{
	struct heaps_pool *pool = &heaps->pool[b->pool];

	for (unsigned int i = 0; pool->owner && i < b->runs; i++)
		for (uint64_t at = 0; at < b->run[i].size; at += pool->platform->page)
			pool->owner[(b->run[i].start + at - pool->platform->start) / pool->platform->page] = owner;
}

static void heaps_release(struct heaps *heaps, struct heaps_buffer *b)
{
	heaps_set_owner(heaps, b, 0);
	for (unsigned int i = 0; i < b->runs; i++)
		heaps_pool_give(&heaps->pool[b->pool], b->run[i]);
	free(b->run);
	*b = (struct heaps_buffer){ 0 };
}

static void heaps_add_run(struct heaps_buffer *b, struct heaps_run run)
{
	b->run = heaps_grow(b->run, b->runs, &b->runs_size);
	b->run[b->runs++] = run;
}

/* A page is free. */
static struct heaps_run heaps_scatter_piece(struct heaps_pool *pool, uint64_t left, bool gaps)
{
	static const unsigned int pieces[] = { 256, 16, 1 };	/* pages: orders 8, 4 and 0 */
	uint64_t page = pool->platform->page;
	struct heaps_run run;

	if (gaps) {
		heaps_pool_fit_gap(pool, &run);
		return run;
	}
	for (unsigned int i = page > HEAPS_SMALL_PAGE ? 2 : 0;; i++)
		if (pieces[i] * page <= left && heaps_pool_fit_last(pool, pieces[i] * page, &run))
			return run;
}

static bool heaps_scatter(struct heaps *heaps, struct heaps_buffer *b)
{
	struct heaps_pool *pool = &heaps->pool[b->pool];

	if (b->size > pool->free_bytes)
		return false;
	bool gaps = b->size > pool->platform->page && engine_choose(heaps->engine, HEAPS_SITE_SCATTER, 2);

	for (uint64_t left = b->size; left; left -= b->run[b->runs - 1].size)
		heaps_add_run(b, heaps_scatter_piece(pool, left, gaps));
	return true;
}

/* False: no room, and nothing was taken. */
static bool heaps_fill(struct heaps *heaps, struct heaps_buffer *b, uint64_t at, uint64_t align)
{
	struct heaps_pool *pool = &heaps->pool[b->pool];
	struct heaps_run run;

	if (pool->platform->kind == TRACE_HEAP_KIND_SYSTEM)
		return heaps_scatter(heaps, b);
	if (at == HEAPS_ANYWHERE ? !heaps_pool_fit(pool, b->size, align, &run) : !heaps_pool_fit_at(pool, at, b->size, &run))
		return false;
	heaps_add_run(b, run);
	return true;
}

static void heaps_tell_buffer(struct heaps *heaps, const struct heaps_buffer *b)
{
	ENGINE_EMIT(heaps->engine, heap_alloc, .agent = b->agent, .heap = heaps->pool[b->pool].platform->name,
		    .handle = b->handle, .size = b->size, .runs = b->runs, .pc = b->pc);
	for (unsigned int i = 0; i < b->runs; i++)
		ENGINE_EMIT(heaps->engine, heap_run, .agent = b->agent, .handle = b->handle, .start = b->run[i].start,
			    .size = b->run[i].size);
}

static struct heaps_buffer *heaps_spare(struct heaps *heaps)
{
	for (unsigned int i = 0; i < HEAPS_BUFFERS_MAX; i++)
		if (!heaps->buffer[i].handle)
			return &heaps->buffer[i];
	return NULL;
}

/* `size` is of whole pages. */
static int heaps_make(struct heaps *heaps, const struct heaps_caller *caller, unsigned int pool, uint64_t at,
		      uint64_t size, uint64_t align, const struct heaps_buffer **buffer)
{
	struct heaps_buffer *b = heaps_spare(heaps);

	if (!b)
		return HEAPS_FULL;
	*b = (struct heaps_buffer){ .pool = pool, .size = size, .agent = caller->agent, .pc = caller->pc };
	if (!heaps_fill(heaps, b, at, align))
		return HEAPS_FULL;
	b->handle = ++heaps->last_handle;
	b->references[caller->side] = 1;
	heaps_set_owner(heaps, b, (uint16_t)(1 + (b - heaps->buffer)));
	heaps_tell_buffer(heaps, b);
	*buffer = b;
	return 0;
}

/* PLATFORM_HEAPS_MAX: none of that name. */
static unsigned int heaps_pool_of(const struct heaps *heaps, const char *name, bool carveouts)
{
	for (unsigned int i = 0; i < heaps->platform->heaps; i++)
		if (strcmp(heaps->platform->heap[i].name, name) == 0 &&
		    (heaps->platform->heap[i].kind == TRACE_HEAP_KIND_CARVEOUT) == carveouts)
			return i;
	return PLATFORM_HEAPS_MAX;
}

/* As CMA aligns: to the power of two that holds it, within its limit. */
static uint64_t heaps_alignment(const struct platform_heap *heap, uint64_t size)
{
	uint64_t align = heap->page;

	while (heap->kind == TRACE_HEAP_KIND_CMA && align < size && align < HEAPS_CMA_ALIGN_PAGES * heap->page)
		align *= 2;
	return align;
}

int heaps_allocate(struct heaps *heaps, const struct heaps_caller *caller, const char *heap, uint64_t size,
		   const struct heaps_buffer **buffer)
{
	unsigned int pool = heaps_pool_of(heaps, heap, false);
	const struct platform_heap *p = &heaps->platform->heap[pool];

	if (pool == PLATFORM_HEAPS_MAX)
		return HEAPS_NO_HEAP;
	if (!size)
		return HEAPS_NO_SIZE;
	if (size > p->size)
		return HEAPS_FULL;
	size = heaps_align(size, p->page);
	return heaps_make(heaps, caller, pool, HEAPS_ANYWHERE, size, heaps_alignment(p, size), buffer);
}

int heaps_carve(struct heaps *heaps, const struct heaps_caller *caller, const char *pool_name, uint64_t at,
		uint64_t size, uint64_t align, const struct heaps_buffer **buffer)
{
	unsigned int pool = heaps_pool_of(heaps, pool_name, true);
	const struct platform_heap *p = &heaps->platform->heap[pool];

	if (pool == PLATFORM_HEAPS_MAX)
		return HEAPS_NO_HEAP;
	if (!size || !align || align & (align - 1))
		return HEAPS_NO_SIZE;
	if (align < p->page)
		align = p->page;
	/* Within PLATFORM_HEAP_END_MAX no sum wraps around. */
	if (size > p->size || align > PLATFORM_HEAP_END_MAX || (at != HEAPS_ANYWHERE && at & (align - 1)))
		return HEAPS_FULL;
	return heaps_make(heaps, caller, pool, at, heaps_align(size, p->page), align, buffer);
}

/* ---- References and mappings ------------------------------------------------------------------------- */

static int heaps_refuse(struct heaps *heaps, const struct heaps_caller *caller, uint32_t handle,
			enum trace_heap_use what, enum trace_heap_misuse why)
{
	ENGINE_EMIT(heaps->engine, heap_misuse, .agent = caller->agent, .handle = handle, .what = (uint8_t)what,
		    .why = (uint8_t)why, .pc = caller->pc);
	return HEAPS_REFUSED;
}

static uint32_t heaps_sum(const uint32_t *count, unsigned int counts)
{
	uint32_t sum = 0;

	for (unsigned int i = 0; i < counts; i++)
		sum += count[i];
	return sum;
}

static uint32_t heaps_references(const struct heaps_buffer *b)
{
	return heaps_sum(b->references, HEAPS_SIDES) + heaps_sum(b->attachments, HEAPS_DEVICES);
}

/* What an operation may ask for before it is done. */
static int heaps_check(struct heaps *heaps, const struct heaps_caller *caller, uint32_t handle,
		       enum trace_heap_use what, struct heaps_buffer **b)
{
	*b = heaps_buffer(heaps, handle);
	if (!*b)
		return heaps_refuse(heaps, caller, handle, what,
				    handle && handle <= heaps->last_handle ? TRACE_HEAP_MISUSE_FREED :
									     TRACE_HEAP_MISUSE_NO_BUFFER);
	/* Whoever was told the handle may take a reference, as with a file descriptor that was sent. */
	if (what != TRACE_HEAP_USE_GET && !(*b)->references[caller->side])
		return heaps_refuse(heaps, caller, handle, what, TRACE_HEAP_MISUSE_NOT_HELD);
	return 0;
}

static void heaps_tell_use(struct heaps *heaps, const struct heaps_caller *caller, struct heaps_buffer *b,
			   enum trace_heap_use what)
{
	bool maps = what == TRACE_HEAP_USE_MAP || what == TRACE_HEAP_USE_UNMAP;
	uint32_t references = heaps_references(b);

	ENGINE_EMIT(heaps->engine, heap_use, .agent = caller->agent, .handle = b->handle, .what = (uint8_t)what,
		    .count = maps ? heaps_sum(b->mappings, HEAPS_SIDES) : references, .pc = caller->pc);
	if (references)
		return;
	ENGINE_EMIT(heaps->engine, heap_free, .agent = caller->agent, .handle = b->handle, .pc = caller->pc);
	heaps_release(heaps, b);
}

int heaps_get(struct heaps *heaps, const struct heaps_caller *caller, uint32_t handle)
{
	struct heaps_buffer *b;
	int status = heaps_check(heaps, caller, handle, TRACE_HEAP_USE_GET, &b);

	if (status)
		return status;
	b->references[caller->side]++;
	heaps_tell_use(heaps, caller, b, TRACE_HEAP_USE_GET);
	return 0;
}

int heaps_put(struct heaps *heaps, const struct heaps_caller *caller, uint32_t handle)
{
	struct heaps_buffer *b;
	int status = heaps_check(heaps, caller, handle, TRACE_HEAP_USE_PUT, &b);

	if (status)
		return status;
	if (b->references[caller->side] == 1 && b->mappings[caller->side])
		return heaps_refuse(heaps, caller, handle, TRACE_HEAP_USE_PUT, TRACE_HEAP_MISUSE_STILL_MAPPED);
	b->references[caller->side]--;
	heaps_tell_use(heaps, caller, b, TRACE_HEAP_USE_PUT);
	return 0;
}

int heaps_map(struct heaps *heaps, const struct heaps_caller *caller, uint32_t handle)
{
	struct heaps_buffer *b;
	int status = heaps_check(heaps, caller, handle, TRACE_HEAP_USE_MAP, &b);

	if (status)
		return status;
	b->mappings[caller->side]++;
	heaps_tell_use(heaps, caller, b, TRACE_HEAP_USE_MAP);
	return 0;
}

int heaps_unmap(struct heaps *heaps, const struct heaps_caller *caller, uint32_t handle)
{
	struct heaps_buffer *b;
	int status = heaps_check(heaps, caller, handle, TRACE_HEAP_USE_UNMAP, &b);

	if (status)
		return status;
	if (!b->mappings[caller->side])
		return heaps_refuse(heaps, caller, handle, TRACE_HEAP_USE_UNMAP, TRACE_HEAP_MISUSE_NOT_MAPPED);
	b->mappings[caller->side]--;
	heaps_tell_use(heaps, caller, b, TRACE_HEAP_USE_UNMAP);
	return 0;
}

int heaps_attach(struct heaps *heaps, const struct heaps_caller *caller, uint32_t handle, unsigned int device)
{
	struct heaps_buffer *b;
	int status = heaps_check(heaps, caller, handle, TRACE_HEAP_USE_ATTACH, &b);

	if (status)
		return status;
	b->attachments[device]++;
	heaps_tell_use(heaps, caller, b, TRACE_HEAP_USE_ATTACH);
	return 0;
}

int heaps_detach(struct heaps *heaps, const struct heaps_caller *caller, uint32_t handle, unsigned int device)
{
	struct heaps_buffer *b;
	int status = heaps_check(heaps, caller, handle, TRACE_HEAP_USE_DETACH, &b);

	if (status)
		return status;
	if (!b->attachments[device])
		return heaps_refuse(heaps, caller, handle, TRACE_HEAP_USE_DETACH, TRACE_HEAP_MISUSE_NOT_ATTACHED);
	b->attachments[device]--;
	heaps_tell_use(heaps, caller, b, TRACE_HEAP_USE_DETACH);
	return 0;
}

/* ---- Who may touch it -------------------------------------------------------------------------------- */

static bool heaps_is_mapped(const struct heaps *heaps, enum trace_side side, uint16_t owner, enum trace_fault *cause)
{
	if (!owner) {
		*cause = TRACE_FAULT_HEAP_FREE;
		return false;
	}
	*cause = TRACE_FAULT_HEAP_UNMAPPED;
	return side != TRACE_SIDE_HOST || heaps->buffer[owner - 1].mappings[side];
}

bool heaps_allow(const struct heaps *heaps, enum trace_side side, uint64_t physical, enum trace_fault *cause)
{
	for (unsigned int i = 0; heaps->keeps_out && i < heaps->platform->heaps; i++) {
		const struct heaps_pool *pool = &heaps->pool[i];
		const struct platform_heap *p = pool->platform;

		if (!pool->owner || physical < p->start || physical - p->start >= p->size)
			continue;
		*cause = TRACE_FAULT_HEAP_SECURE;
		return p->kind != TRACE_HEAP_KIND_SECURE &&
		       heaps_is_mapped(heaps, side, pool->owner[(physical - p->start) / p->page], cause);
	}
	return true;
}

/* ---- Begin and end ----------------------------------------------------------------------------------- */

void heaps_tell_leaks(const struct heaps *heaps)
{
	for (uint32_t handle = 0, next; handle < heaps->last_handle; handle = next) {
		const struct heaps_buffer *oldest = NULL;

		for (unsigned int i = 0; i < HEAPS_BUFFERS_MAX; i++) {
			const struct heaps_buffer *b = &heaps->buffer[i];

			if (b->handle > handle && (!oldest || b->handle < oldest->handle))
				oldest = b;
		}
		if (!oldest)
			return;
		next = oldest->handle;
		ENGINE_EMIT(heaps->engine, heap_leak, .agent = oldest->agent, .handle = next, .size = oldest->size,
			    .references = heaps_references(oldest), .mappings = heaps_sum(oldest->mappings, HEAPS_SIDES),
			    .pc = oldest->pc);
	}
}

static bool heaps_pool_init(struct heaps_pool *pool, const struct platform_heap *p)
{
	pool->platform = p;
	if (p->backed && p->kind != TRACE_HEAP_KIND_CARVEOUT)
		pool->owner = calloc(p->size / p->page, sizeof(*pool->owner));
	pool->free_bytes = p->size;
	heaps_pool_insert(pool, 0, (struct heaps_run){ p->start, p->size });
	return pool->owner || !p->backed || p->kind == TRACE_HEAP_KIND_CARVEOUT;
}

bool heaps_init(struct heaps *heaps, struct engine *engine, const struct platform_heaps *platform)
{
	*heaps = (struct heaps){ .engine = engine, .platform = platform };
	for (unsigned int i = 0; i < platform->heaps; i++) {
		if (!heaps_pool_init(&heaps->pool[i], &platform->heap[i]))
			return false;
		heaps->keeps_out |= heaps->pool[i].owner != NULL;
	}
	return true;
}

void heaps_reset(struct heaps *heaps)
{
	for (unsigned int i = 0; i < HEAPS_BUFFERS_MAX; i++)
		if (heaps->buffer[i].handle)
			heaps_release(heaps, &heaps->buffer[i]);
	heaps->last_handle = 0;
}

void heaps_fini(struct heaps *heaps)
{
	heaps_reset(heaps);
	for (unsigned int i = 0; i < PLATFORM_HEAPS_MAX; i++) {
		free(heaps->pool[i].free);
		free(heaps->pool[i].owner);
		heaps->pool[i] = (struct heaps_pool){ 0 };
	}
}
