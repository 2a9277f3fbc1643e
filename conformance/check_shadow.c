/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shadow: what is known of memory, by physical address. Per byte of control memory the newest stored
 * value, who stored it, where and when; per line and side what is unclean and when it was last invalidated.
 *
 * It holds what programs stored in program order, never what a cache or memory holds. Pages are kept from run
 * to run; a line forgets the last run when it is first used in the next.
 */
#include "conformance/check.h"

#include <stdlib.h>
#include <string.h>

#define GAP_PAGES 64u

static uint32_t page_hash(uint64_t number)
{
	return (uint32_t)((number * 0x9E3779B97F4A7C15ull) >> 32);
}

static struct check_page **page_slot(const struct check_shadow *s, uint64_t number)
{
	uint32_t at = page_hash(number);

	for (;; at++) {
		struct check_page **slot = &s->slot[at & (s->slots - 1u)];

		if (!*slot || (*slot)->number == number)
			return slot;
	}
}

static bool shadow_grow(struct check_shadow *s)
{
	struct check_shadow bigger = *s;

	bigger.slots = s->slots ? s->slots * 2u : 64u;
	bigger.slot = calloc(bigger.slots, sizeof(*bigger.slot));
	if (!bigger.slot)
		return false;
	for (uint32_t i = 0; i < s->slots; i++)
		if (s->slot[i])
			*page_slot(&bigger, s->slot[i]->number) = s->slot[i];
	free(s->slot);
	*s = bigger;
	return true;
}

static struct check_page *page_find(struct check_shadow *s, uint64_t number)
{
	struct check_page **recent = &s->recent[number & (CHECK_PAGE_CACHE - 1u)];
	struct check_page *page;

	if (*recent && (*recent)->number == number)
		return *recent;
	if (!s->slots)
		return NULL;
	page = *page_slot(s, number);
	if (page)
		*recent = page;
	return page;
}

static struct check_page *page_make(struct check_shadow *s, uint64_t number)
{
	struct check_page *page = page_find(s, number);

	if (page)
		return page;
	if (s->pages * 2u >= s->slots && !shadow_grow(s))
		return NULL;
	page = calloc(1, sizeof(*page));
	if (!page)
		return NULL;
	page->number = number;
	*page_slot(s, number) = page;
	s->pages++;
	return page;
}

void check_shadow_free(struct check_shadow *s)
{
	for (uint32_t i = 0; i < s->slots; i++) {
		if (!s->slot[i])
			continue;
		free(s->slot[i]->bytes);
		free(s->slot[i]);
	}
	free(s->slot);
	memset(s, 0, sizeof(*s));
}

struct check_span check_lines(struct check_span span, uint64_t bytes)
{
	uint64_t mask = bytes ? bytes - 1u : 0;

	span.start &= ~mask;
	span.end = (span.end + mask) & ~mask;
	return span;
}

bool check_cached(const struct checker *c, uint8_t side, struct check_span span)
{
	for (unsigned int i = 0; i < c->mappings; i++) {
		const struct check_mapping *m = &c->mapping[i];

		if (m->side == side && (m->attr & TRACE_ATTR_CACHED) && check_overlaps(m->span, span))
			return true;
	}
	return false;
}

uint64_t check_line_bytes(const struct checker *c, struct check_span span)
{
	uint64_t bytes = 0;

	for (uint8_t side = 0; side < CHECK_SIDES; side++)
		if (c->line[side] > bytes && check_cached(c, side, span))
			bytes = c->line[side];
	return bytes;
}

bool check_in_kind(const struct checker *c, struct check_span span, bool control, bool data)
{
	for (unsigned int i = 0; i < c->regions; i++) {
		const struct check_region *r = &c->region[i];

		if (!check_inside(span, r->span))
			continue;
		if (r->kind == TRACE_REGION_KIND_CONTROL && control)
			return true;
		if (r->kind == TRACE_REGION_KIND_DATA && data)
			return true;
	}
	return false;
}

/* A line that comes into use after a range was maintained learns of it from the log. */
static void line_replay(struct checker *c, struct check_line *line, uint64_t granule, uint8_t side)
{
	unsigned int count = c->maints[side] < CHECK_MAINTS ? c->maints[side] : CHECK_MAINTS;

	/* More than the log holds: rather believe in an invalidate than report one as missing. */
	if (c->maints[side] > CHECK_MAINTS) {
		const struct check_maint *oldest = &c->maint[side][c->maints[side] % CHECK_MAINTS];

		line->invalidated[side][0] = line->invalidated[side][1] = oldest->event;
	}
	for (unsigned int i = 0; i < count; i++) {
		const struct check_maint *m = &c->maint[side][i];
		uint64_t mask = check_mask(granule, m->span);

		if (!mask || m->op == TRACE_MAINT_CLEAN)
			continue;
		for (unsigned int half = 0; half < 2; half++)
			if ((mask >> (half * CHECK_HALF)) & 1u && m->event > line->invalidated[side][half])
				line->invalidated[side][half] = m->event;
	}
}

static void line_map(struct checker *c, struct check_line *line, uint64_t granule)
{
	struct check_span span = check_span_of(granule, CHECK_GRANULE);

	line->maps = c->maps;
	line->cached = 0;
	for (uint8_t side = 0; side < CHECK_SIDES; side++)
		if (check_cached(c, side, span))
			line->cached |= 1u << side;
}

static void line_begin(struct checker *c, struct check_line *line, uint64_t granule)
{
	memset(line, 0, sizeof(*line));
	line->run = c->run;
	line_map(c, line, granule);
	for (uint8_t side = 0; side < CHECK_SIDES; side++)
		line_replay(c, line, granule, side);
}

static inline struct check_line *line_of(struct check_page *page, uint64_t granule)
{
	return &page->line[granule / CHECK_GRANULE % CHECK_LINES];
}

struct check_line *check_line_at(struct checker *c, uint64_t granule)
{
	struct check_page *page = page_make(&c->shadow, granule / CHECK_PAGE);
	struct check_line *line;

	if (!page) {
		c->limited = CLAUSE_ALL;
		return NULL;
	}
	line = line_of(page, granule);
	if (line->run != c->run)
		line_begin(c, line, granule);
	else if (line->maps != c->maps)
		line_map(c, line, granule);
	return line;
}

struct check_line *check_line_find(struct checker *c, uint64_t granule)
{
	struct check_page *page = page_find(&c->shadow, granule / CHECK_PAGE);
	struct check_line *line;

	if (!page)
		return NULL;
	line = line_of(page, granule);
	return line->run == c->run ? line : NULL;
}

struct check_bytes *check_bytes_at(struct checker *c, uint64_t granule)
{
	struct check_page *page = page_make(&c->shadow, granule / CHECK_PAGE);

	if (page && !page->bytes)
		page->bytes = calloc(CHECK_LINES, sizeof(*page->bytes));
	if (!page || !page->bytes) {
		c->limited = CLAUSE_ALL;
		return NULL;
	}
	return &page->bytes[granule / CHECK_GRANULE % CHECK_LINES];
}

/* The line's bytes, when the one at `addr` is known. */
static const struct check_bytes *byte_known(struct checker *c, uint64_t addr)
{
	uint64_t granule = addr & ~(uint64_t)(CHECK_GRANULE - 1u);
	struct check_line *line = check_line_find(c, granule);

	if (!line || !(line->known >> (addr - granule) & 1u))
		return NULL;
	return check_bytes_at(c, granule);
}

bool check_read(struct checker *c, uint64_t addr, void *out, uint64_t size)
{
	uint8_t *to = out;
	bool all = true;

	for (uint64_t i = 0; i < size; i++) {
		const struct check_bytes *b = byte_known(c, addr + i);

		to[i] = b ? b->value[(addr + i) % CHECK_GRANULE] : 0;
		all = all && b;
	}
	return all;
}

uint16_t check_get16(struct checker *c, uint64_t addr)
{
	uint8_t b[2];

	check_read(c, addr, b, sizeof(b));
	return (uint16_t)(b[0] | b[1] << 8);
}

uint32_t check_get32(struct checker *c, uint64_t addr)
{
	return check_get16(c, addr) | (uint32_t)check_get16(c, addr + 2) << 16;
}

uint64_t check_get64(struct checker *c, uint64_t addr)
{
	return check_get32(c, addr) | (uint64_t)check_get32(c, addr + 4) << 32;
}

static struct check_site byte_site(struct checker *c, uint64_t addr)
{
	const struct check_bytes *b = byte_known(c, addr);
	uint64_t at = addr % CHECK_GRANULE;

	if (!b || b->agent[at] == CHECK_NOBODY)
		return (struct check_site){.event = 0};
	return (struct check_site){check_place_of(c, b->agent[at], b->pc[at]), b->event[at]};
}

struct check_site check_writer(struct checker *c, uint64_t addr, uint64_t size)
{
	struct check_site newest = {.event = 0};

	for (uint64_t i = 0; i < size; i++) {
		struct check_site site = byte_site(c, addr + i);

		if (site.event > newest.event)
			newest = site;
	}
	return newest;
}

struct check_site check_oldest(struct checker *c, uint64_t addr, uint64_t size)
{
	struct check_site oldest = {.event = UINT64_MAX};

	for (uint64_t i = 0; i < size; i++) {
		struct check_site site = byte_site(c, addr + i);

		if (site.event < oldest.event)
			oldest = site;
	}
	return oldest;
}

/* The lowest page from `number` on that is in use, or UINT64_MAX. */
static uint64_t page_next(const struct check_shadow *s, uint64_t number)
{
	uint64_t lowest = UINT64_MAX;

	for (uint32_t i = 0; i < s->slots; i++)
		if (s->slot[i] && s->slot[i]->number >= number && s->slot[i]->number < lowest)
			lowest = s->slot[i]->number;
	return lowest;
}

struct check_line *check_line_next(struct checker *c, uint64_t *granule, uint64_t end)
{
	while (*granule < end) {
		struct check_line *line = check_line_find(c, *granule);
		uint64_t page = *granule / CHECK_PAGE;

		if (line)
			return line;
		if (page_find(&c->shadow, page)) {
			*granule += CHECK_GRANULE;
			continue;
		}
		/* A short gap is walked, a long one (a hostile range, or a large area) is looked up. */
		page = (end - *granule) / CHECK_PAGE < GAP_PAGES ? page + 1u : page_next(&c->shadow, page);
		if (page > UINT64_MAX / CHECK_PAGE)
			return NULL;
		*granule = page * CHECK_PAGE;
	}
	return NULL;
}

/* The address of the side's line that holds the first of these bytes. */
static uint64_t line_name(const struct checker *c, uint8_t side, uint64_t granule, uint64_t mask)
{
	uint64_t at = granule + (uint64_t)__builtin_ctzll(mask);

	return check_lines(check_span_of(at, 1), c->line[side]).start;
}

/* The newest store among these bytes, if it is of `side`: the other side may have stored there since. */
static struct check_site unclean_site(struct checker *c, const struct check_line *line, uint64_t granule,
				      uint64_t mask, uint8_t side)
{
	uint64_t first = (uint64_t)__builtin_ctzll(mask);
	struct check_site site;

	if (!(line->known & mask))
		return line->stored[side];
	site = check_writer(c, granule + first, 64u - (uint64_t)__builtin_clzll(mask) - first);
	return site.event && site.place.side == side ? site : line->stored[side];
}

bool check_unclean(struct checker *c, uint8_t side, struct check_span span, uint64_t *at,
		   struct check_site *site)
{
	uint64_t granule = span.start & ~(uint64_t)(CHECK_GRANULE - 1u);
	struct check_line *line;

	for (; (line = check_line_next(c, &granule, span.end)) != NULL; granule += CHECK_GRANULE) {
		uint64_t mask = line->unclean[side] & check_mask(granule, span);

		if (!mask)
			continue;
		*at = line_name(c, side, granule, mask);
		*site = unclean_site(c, line, granule, mask, side);
		return true;
	}
	return false;
}

bool check_dirty(struct checker *c, uint8_t side, struct check_span span, uint64_t *at,
		 struct check_site *site)
{
	uint64_t granule = span.start & ~(uint64_t)(CHECK_GRANULE - 1u);
	struct check_line *line;

	for (; (line = check_line_next(c, &granule, span.end)) != NULL; granule += CHECK_GRANULE) {
		uint64_t mask = line->dirty[side] & check_mask(granule, span);

		if (!mask)
			continue;
		*at = line_name(c, side, granule, mask);
		*site = unclean_site(c, line, granule, mask, side);
		return true;
	}
	return false;
}

bool check_fresh(struct checker *c, uint8_t side, struct check_span span, uint64_t event)
{
	uint64_t at = span.start & ~(uint64_t)(CHECK_HALF - 1u);

	for (; at < span.end; at += CHECK_HALF) {
		const struct check_line *line = check_line_at(c, at & ~(uint64_t)(CHECK_GRANULE - 1u));

		if (line && line->invalidated[side][at / CHECK_HALF % 2u] <= event)
			return false;
	}
	return true;
}

/* Control memory of the present run that was only read so far gets its value, but no writer. */
void check_memory_learn(struct checker *c, uint64_t addr, const struct trace_bytes *bytes)
{
	for (uint16_t i = 0; i < bytes->size; i++) {
		uint64_t at = addr + i, granule = at & ~(uint64_t)(CHECK_GRANULE - 1u);
		struct check_line *line = check_line_at(c, granule);
		struct check_bytes *b = check_bytes_at(c, granule);

		if (!line || !b || (line->known >> (at - granule) & 1u))
			continue;
		line->known |= 1ull << (at - granule);
		b->value[at - granule] = bytes->data[i];
		b->agent[at - granule] = CHECK_NOBODY;
		b->event[at - granule] = 0;
	}
}
