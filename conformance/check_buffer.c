/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who holds which buffer, and whether caches were maintained for it: SBE-OWN-*, SBE-LINE-01, SBE-SYNC-01 to
 * -04.
 *
 * Accesses of data come as a first touch and, at the agent's next sync event, a mask; a mask is judged by who
 * held the buffer at the first touch. An area is its announcer's; the other side is at home where it gave
 * buffers. Data that no area covers is not judged.
 */
#include "conformance/check.h"

#include <inttypes.h>
#include <string.h>

#define LINES_MADE 1024u /* of a new buffer; larger ones get lines when they are touched */

static struct check_place at_pc(struct check_place place, uint64_t pc)
{
	place.pc = pc;
	return place;
}

static bool reads(const struct check_held *h)
{
	return h->entry.dir != SBE_OUT;
}

static bool writes(const struct check_held *h)
{
	return h->entry.dir != SBE_IN;
}

static bool is_out(const struct check_held *h)
{
	return !h->returned.event;
}

/* A message's buffer is the receiver's to read until the giver uses it again; only the application knows
 * when. */
static bool is_gift(const struct check_held *h)
{
	return !h->txn;
}

static uint64_t line_of(struct check_span span)
{
	return span.start & ~(uint64_t)(CHECK_GRANULE - 1u);
}

/* ---- Homes ------------------------------------------------------------------------------------------- */

void check_buffer_home(struct checker *c, uint8_t side, struct check_span span)
{
	struct check_spans *s = &c->home[side];

	for (unsigned int i = 0; i < s->count; i++) {
		if (check_inside(span, s->span[i]))
			return;
		if (span.start > s->span[i].end || span.end < s->span[i].start)
			continue;
		span.start = span.start < s->span[i].start ? span.start : s->span[i].start;
		span.end = span.end > s->span[i].end ? span.end : s->span[i].end;
		s->span[i--] = s->span[--s->count];
	}
	if (s->count == CHECK_SPANS) {
		check_limit(c, CLAUSE_SBE_OWN_02);
		return;
	}
	s->span[s->count++] = span;
}

static uint64_t home_mask(const struct checker *c, uint8_t side, uint64_t granule)
{
	uint64_t mask = 0;

	for (unsigned int i = 0; i < c->home[side].count; i++)
		mask |= check_mask(granule, c->home[side].span[i]);
	return mask;
}

bool check_homed(const struct checker *c, struct check_span span)
{
	for (uint8_t side = 0; side < CHECK_SIDES; side++)
		for (unsigned int i = 0; i < c->home[side].count; i++)
			if (check_overlaps(span, c->home[side].span[i]))
				return true;
	return false;
}

/* ---- The table of buffers ---------------------------------------------------------------------------- */

static void held_drop(struct checker *c, unsigned int active)
{
	c->held[c->active[active]].active = false;
	c->active[active] = c->active[--c->actives];
}

/* Buffers that came back and were used again, or make room, are forgotten. */
static void held_forget(struct checker *c, struct check_span span)
{
	for (unsigned int i = 0; i < c->actives; i++) {
		struct check_held *h = &c->held[c->active[i]];

		if (!is_out(h) && check_overlaps(h->span, span))
			held_drop(c, i--);
	}
	for (unsigned int i = 0; c->actives == CHECK_HELD && i < c->actives; i++) {
		const struct check_held *h = &c->held[c->active[i]];

		if (is_out(h))
			continue;
		check_limit(c, is_gift(h) ? CLAUSE_SBE_OWN_02 : CLAUSE_SBE_SYNC_02);
		held_drop(c, i);
	}
}

static struct check_held *held_add(struct checker *c)
{
	if (c->actives == CHECK_HELD) {
		check_limit(c, CLAUSE_SBE_OWN_01);
		return NULL;
	}
	while (c->held[c->next_held % CHECK_HELD].active)
		c->next_held++;
	c->active[c->actives++] = (uint16_t)(c->next_held % CHECK_HELD);
	return &c->held[c->next_held++ % CHECK_HELD];
}

/* What `side` stored to a buffer counts no longer: the other side has it now, or gives it new content. */
static void lines_restart(struct checker *c, uint8_t side, struct check_span span, bool content)
{
	uint64_t granule = line_of(span);
	struct check_line *line;

	for (; (line = check_line_next(c, &granule, span.end)) != NULL; granule += CHECK_GRANULE) {
		uint64_t mask = check_mask(granule, span);

		line->mine[side] &= ~mask;
		if (content)
			line->unclean[side] &= ~mask;
	}
}

static void lines_make(struct checker *c, struct check_span span)
{
	if (span.end - span.start > LINES_MADE * CHECK_GRANULE)
		return;
	for (uint64_t at = line_of(span); at < span.end; at += CHECK_GRANULE)
		check_line_at(c, at);
}

/* ---- Handing over ------------------------------------------------------------------------------------ */

static const char *dir_name(uint32_t dir)
{
	return dir == SBE_IN ? "IN" : dir == SBE_OUT ? "OUT" : "IN-OUT";
}

static void sync_publish(struct checker *c, const struct check_held *h, const struct check_message *m)
{
	struct check_site site;
	struct check_violation *v;
	uint64_t line;

	if (!check_cached(c, m->sender, h->span))
		return;
	if (!check_unclean(c, m->sender, h->span, &line, &site)) {
		check_witness(c, CLAUSE_SBE_SYNC_01);
		return;
	}
	v = check_fail(c, CLAUSE_SBE_SYNC_01, CHECK_AT(site.place, m->publish.place));
	if (!v)
		return;
	check_message(v,
		      "the %s publishes area %" PRIu32 " offset %" PRIu64 " size %" PRIu64
		      " (%s, transaction %" PRIu32 ") with line 0x%" PRIx64 " unclean",
		      check_side_name(m->sender), h->entry.area, h->entry.offset, h->entry.size,
		      dir_name(h->entry.dir), h->txn, line);
	check_cause(v,
		    "line 0x%" PRIx64
		    " was last stored by {0} and not cleaned before the message was published by {1}",
		    line);
	check_await(c, v, check_peer(m->sender), h->span);
}

/* SBE-SYNC-03. In IN-OUT buffers, only the rest of the lines: the buffer itself is SBE-SYNC-01's. */
static void sync_yield(struct checker *c, const struct check_held *h, const struct check_message *m)
{
	struct check_span lines = check_lines(h->span, c->line[m->sender]);
	struct check_span head = {lines.start, h->span.start}, tail = {h->span.end, lines.end};
	struct check_site site;
	struct check_violation *v;
	uint64_t line;
	bool dirty;

	if (!check_cached(c, m->sender, h->span))
		return;
	if (h->entry.dir == SBE_OUT)
		dirty = check_dirty(c, m->sender, lines, &line, &site);
	else
		dirty = check_dirty(c, m->sender, head, &line, &site) ||
			check_dirty(c, m->sender, tail, &line, &site);
	if (!dirty) {
		check_witness(c, CLAUSE_SBE_SYNC_03);
		return;
	}
	v = check_fail(c, CLAUSE_SBE_SYNC_03, CHECK_AT(site.place, m->publish.place));
	if (!v)
		return;
	check_message(v,
		      "the %s hands over area %" PRIu32 " offset %" PRIu64 " size %" PRIu64
		      " (%s, transaction %" PRIu32 ") with line 0x%" PRIx64 " dirty",
		      check_side_name(m->sender), h->entry.area, h->entry.offset, h->entry.size,
		      dir_name(h->entry.dir), h->txn, line);
	check_cause(v,
		    "line 0x%" PRIx64 " was last stored by {0} and still dirty when the request was "
		    "published by {1}: its eviction overwrites what the %s "
		    "stores there",
		    line, check_side_name(check_peer(m->sender)));
	check_await(c, v, check_peer(m->sender), h->span);
}

/* Of one exchange and direction, buffers travel together: only their bytes must be apart. */
static bool lines_meet(const struct checker *c, const struct check_held *a, const struct check_held *b)
{
	uint64_t bytes = check_line_bytes(c, a->span), other = check_line_bytes(c, b->span);

	bytes = other > bytes ? other : bytes;
	if (a->given.event == b->given.event && a->entry.dir == b->entry.dir)
		bytes = 1;
	return a->span.end > a->span.start && b->span.end > b->span.start &&
	       check_overlaps(check_lines(a->span, bytes), check_lines(b->span, bytes));
}

static void line_judge(struct checker *c, const struct check_held *h, uint64_t at,
		       const struct check_message *m)
{
	for (unsigned int i = 0; i < c->actives; i++) {
		const struct check_held *other = &c->held[c->active[i]];
		struct check_site field;
		struct check_violation *v;

		if (other == h || !is_out(other) || (!writes(h) && !writes(other)) ||
		    !lines_meet(c, h, other))
			continue;
		field = check_writer(c, at + offsetof(struct sbe_buf, offset), sizeof(h->entry.offset));
		v = check_fail(c, CLAUSE_SBE_LINE_01,
			       CHECK_AT(field.place, m->publish.place, other->given.place));
		if (v) {
			check_message(v,
				      "area %" PRIu32 " offset %" PRIu64 " (%s, transaction %" PRIu32
				      ") and area %" PRIu32 " offset %" PRIu64 " (%s, transaction %" PRIu32
				      ") share a line and are outstanding "
				      "together",
				      h->entry.area, h->entry.offset, dir_name(h->entry.dir), h->txn,
				      other->entry.area, other->entry.offset, dir_name(other->entry.dir),
				      other->txn);
			check_cause(v, "the offset was stored by {0} and published by {1}; the other buffer "
				       "was published "
				       "by {2}");
		}
		return;
	}
	check_witness(c, CLAUSE_SBE_LINE_01);
}

static void strays_forgive(struct checker *c, uint8_t side, struct check_span span)
{
	for (unsigned int i = 0; i < c->strays; i++) {
		struct check_stray *s = &c->stray[i];

		if (s->place.side != side)
			continue;
		s->mask &= ~check_mask(s->line, span);
		if (!s->mask)
			c->stray[i--] = c->stray[--c->strays];
	}
}

static void needless_forgive(struct checker *c, uint8_t side, struct check_span span)
{
	struct check_span lines = check_lines(span, c->line[side]);

	for (unsigned int i = 0; i < c->needless; i++) {
		struct check_span *s = &c->unneeded[i].span;

		if (c->unneeded[i].place.side != side)
			continue;
		if (lines.start <= s->start && lines.end > s->start)
			s->start = lines.end;
		else if (lines.end >= s->end && lines.start < s->end)
			s->end = lines.start;
		if (s->start >= s->end)
			c->unneeded[i--] = c->unneeded[--c->needless];
	}
}

void check_buffer_give(struct checker *c, const struct check_message *m, const struct sbe_buf *entry,
		       uint64_t at, struct check_span span, uint32_t txn)
{
	struct check_held *h;

	held_forget(c, span);
	h = held_add(c);
	if (!h)
		return;
	*h = (struct check_held){true,	     m->sender, *entry,	    span,	 txn,
				 m->channel, m->buffer, m->publish, {.event = 0}};
	if (reads(h))
		sync_publish(c, h, m);
	if (writes(h))
		sync_yield(c, h, m);
	line_judge(c, h, at, m);
	check_buffer_home(c, m->sender, span);
	strays_forgive(c, m->sender, span);
	needless_forgive(c, m->sender, span);
	lines_make(c, span);
	lines_restart(c, check_peer(m->sender), span, false);
}

/* A buffer came back: what could have happened to it meanwhile did not. */
static void held_witness(struct checker *c)
{
	check_witness(c, CLAUSE_SBE_OWN_01);
	check_witness(c, CLAUSE_SBE_OWN_02);
	check_witness(c, CLAUSE_SBE_DATA_02);
}

static void held_return(struct checker *c, unsigned int active, const struct check_message *m)
{
	struct check_held *h = &c->held[c->active[active]];

	if (writes(h))
		sync_publish(c, h, m);
	held_witness(c);
	h->returned = m->publish;
	if (writes(h))
		lines_restart(c, h->giver, h->span, true);
	if (!writes(h) || !check_cached(c, h->giver, h->span))
		held_drop(c, active);
}

void check_buffer_return(struct checker *c, const struct check_message *m, const struct check_txn *t)
{
	for (unsigned int i = c->actives; i-- > 0;) {
		struct check_held *h = &c->held[c->active[i]];

		if (is_out(h) && h->txn == t->txn && h->giver == t->side && h->channel == t->channel)
			held_return(c, i, m);
	}
}

void check_buffer_release(struct checker *c, uint64_t addr, uint8_t by, struct check_site site)
{
	for (unsigned int i = c->actives; i-- > 0;) {
		struct check_held *h = &c->held[c->active[i]];

		if (h->txn || !is_out(h) || h->rpmsg != addr || h->giver == by)
			continue;
		held_witness(c);
		h->returned = site;
	}
}

/* ---- Accesses ---------------------------------------------------------------------------------------- */

/* One line's accesses between two sync events, as they are judged. */
struct epoch {
	struct check_line *line;
	struct check_touch *touch;
	uint64_t granule, loads, stores, since; /* since: event of the first access */
	struct check_place load, store;
};

static struct check_touch *touch_of(struct check_line *line, uint8_t side, uint64_t addr)
{
	return &line->touch[side][addr / CHECK_HALF % 2u];
}

void check_buffer_touch(struct checker *c, const struct event_touch *e)
{
	uint64_t granule = e->line & ~(uint64_t)(CHECK_GRANULE - 1u);
	struct check_place place = check_place_of(c, e->agent, e->pc);
	struct check_line *line = check_line_at(c, granule);
	struct check_touch *t;
	struct check_span span = check_span_of(e->line, c->agent[e->agent].line);

	if (!line)
		return;
	t = touch_of(line, place.side, e->line);
	*t = (struct check_touch){.event = c->event, .pc = e->pc, .access = e->access};
	for (unsigned int i = 0; i < c->actives; i++) {
		const struct check_held *h = &c->held[c->active[i]];

		if (h->giver != place.side || !is_out(h) || !check_overlaps(h->span, span))
			continue;
		t->suspect = 1;
		t->held = c->active[i];
		t->given = h->given.event;
	}
}

static void own_fail(struct checker *c, const struct check_held *h, const struct epoch *e, bool store)
{
	struct check_place place = store ? e->store : e->load;
	struct check_violation *v = check_fail(c, CLAUSE_SBE_OWN_01, CHECK_AT(place, h->given.place));

	if (!v)
		return;
	check_message(v,
		      "the %s %s area %" PRIu32 " offset %" PRIu64 " size %" PRIu64
		      " (%s, transaction %" PRIu32 ") in line 0x%" PRIx64 " while the %s has it",
		      check_side_name(place.side), store ? "stores to" : "loads from", h->entry.area,
		      h->entry.offset, h->entry.size, dir_name(h->entry.dir), h->txn, e->granule,
		      check_side_name(check_peer(place.side)));
	check_cause(v, "{0} touches it after it was handed over by {1}");
	check_await(c, v, check_peer(place.side), h->span);
}

/* The giver of `h` touched its line while the other side had it. */
static void giver_judge(struct checker *c, const struct check_held *h, const struct epoch *e)
{
	uint64_t bytes = check_mask(e->granule, h->span);
	struct check_violation *v;

	if (e->stores & bytes) {
		own_fail(c, h, e, true);
	} else if (e->loads & bytes && writes(h)) {
		own_fail(c, h, e, false);
	} else if (e->stores && writes(h) && bytes && check_line_bytes(c, h->span)) {
		v = check_fail(c, CLAUSE_SBE_LINE_01, CHECK_AT(e->store, h->given.place));
		if (!v)
			return;
		check_message(v,
			      "the %s stores to line 0x%" PRIx64 ", part of which is area %" PRIu32
			      " offset %" PRIu64 " (%s, transaction %" PRIu32 ") that the %s may write",
			      check_side_name(e->store.side), e->granule, h->entry.area, h->entry.offset,
			      dir_name(h->entry.dir), h->txn, check_side_name(check_peer(e->store.side)));
		check_cause(v, "{0} stores to the line after the buffer was handed over by {1}: one "
			       "write-back overwrites "
			       "the other");
	}
}

static void store_in_fail(struct checker *c, const struct check_held *h, const struct epoch *e)
{
	struct check_violation *v = check_fail(c, CLAUSE_SBE_OWN_02, CHECK_AT(e->store, h->given.place));

	if (!v)
		return;
	check_message(v,
		      "the %s stores to area %" PRIu32 " offset %" PRIu64 " size %" PRIu64
		      " (IN, transaction %" PRIu32 ") in line 0x%" PRIx64 ", expected it only to read",
		      check_side_name(e->store.side), h->entry.area, h->entry.offset, h->entry.size, h->txn,
		      e->granule);
	check_cause(v, "{0} stores to it; it was handed over for reading by {1}");
}

/* SBE-SYNC-02: `bytes` of the line are read, and were published at `publish`. False when it fails. */
static bool sync_receive(struct checker *c, const struct check_held *h, struct check_line *line,
			 uint64_t granule, uint64_t bytes, struct check_place place,
			 struct check_site publish)
{
	struct check_span span;
	struct check_violation *v;

	bytes &= ~line->mine[place.side];
	if (!bytes || !(line->cached >> place.side & 1u))
		return true;
	span.start = granule + (uint64_t)__builtin_ctzll(bytes);
	span.end = granule + 64u - (uint64_t)__builtin_clzll(bytes);
	if (check_fresh(c, place.side, span, publish.event)) {
		check_witness(c, CLAUSE_SBE_SYNC_02);
		return true;
	}
	v = check_fail(c, CLAUSE_SBE_SYNC_02,
		       CHECK_AT(place, publish.place, line->stored[check_peer(place.side)].place));
	if (v) {
		check_message(v,
			      "the %s reads area %" PRIu32 " offset %" PRIu64 " size %" PRIu64
			      " (%s, transaction %" PRIu32 ") and did not invalidate line 0x%" PRIx64
			      " after it was published",
			      check_side_name(place.side), h->entry.area, h->entry.offset, h->entry.size,
			      dir_name(h->entry.dir), h->txn, check_lines(span, c->line[place.side]).start);
		check_cause(
			v,
			"{0} may read a copy from before {1} published it; the line was last stored by {2}");
	}
	return false;
}

/* The publishing store after which `side` may read `h`, event 0: it may not. */
static struct check_site held_readable(const struct check_held *h, uint8_t side)
{
	if (h->giver == side && !is_out(h) && writes(h))
		return h->returned;
	if (h->giver != side && (is_out(h) || is_gift(h)) && reads(h))
		return h->given;
	return (struct check_site){.event = 0};
}

/* Of buffers that overlap, which is SBE-LINE-01's to say, one may be for writing. */
static uint64_t writable_mask(const struct checker *c, const struct epoch *e)
{
	uint64_t mask = 0;

	for (unsigned int i = 0; i < c->actives; i++) {
		const struct check_held *h = &c->held[c->active[i]];

		if (h->giver != e->store.side && is_out(h) && writes(h))
			mask |= check_mask(e->granule, h->span);
	}
	return mask;
}

static void held_judge(struct checker *c, const struct check_held *h, const struct epoch *e)
{
	uint64_t bytes = check_mask(e->granule, h->span);
	uint8_t side = e->load.side;
	struct check_site publish = held_readable(h, side);
	uint64_t loads = e->loads & bytes;

	if (h->giver == side && h->given.event < e->since && is_out(h))
		giver_judge(c, h, e);
	if (h->giver != side && (is_out(h) || is_gift(h)) && !writes(h) && h->given.event < e->since &&
	    e->stores & bytes & ~writable_mask(c, e))
		store_in_fail(c, h, e);
	/* Of bytes both stored and loaded, the first touch tells which came first. */
	if (e->touch->access == TRACE_ACCESS_STORE)
		loads &= ~e->stores;
	if (!loads || !publish.event || publish.event > e->since)
		return;
	sync_receive(c, h, e->line, e->granule, loads, e->load, publish);
	check_witness(c, CLAUSE_SBE_DATA_01);
}

/* Bytes that the side may touch: its home, and what it was given. */
static uint64_t allowed_mask(const struct checker *c, const struct epoch *e)
{
	uint8_t side = e->load.side;
	uint64_t mask = home_mask(c, side, e->granule);

	for (unsigned int i = 0; i < c->actives; i++) {
		const struct check_held *h = &c->held[c->active[i]];

		if (h->giver != side && (is_out(h) || is_gift(h)) && h->given.event < e->since)
			mask |= check_mask(e->granule, h->span);
	}
	return mask;
}

static void stray_judge(struct checker *c, const struct epoch *e)
{
	uint64_t mask = (e->loads | e->stores) & home_mask(c, check_peer(e->load.side), e->granule);
	struct check_stray *s;

	if (mask)
		mask &= ~allowed_mask(c, e);
	if (!mask)
		return;
	if (c->strays == CHECK_STRAYS) {
		check_limit(c, CLAUSE_SBE_OWN_02);
		return;
	}
	s = &c->stray[c->strays++];
	s->line = e->granule;
	s->mask = mask;
	s->event = e->since;
	s->store = e->stores & mask;
	s->place = s->store ? e->store : e->load;
}

static void line_stored(struct checker *c, const struct epoch *e)
{
	struct check_line *line = e->line;
	uint8_t side = e->store.side;

	if (!e->stores)
		return;
	line->stored[side] = (struct check_site){e->store, c->event};
	line->mine[side] |= e->stores;
	if (line->cached >> side & 1u) {
		line->unclean[side] |= e->stores;
		line->dirty[side] |= e->stores;
	}
}

static void pending_judge(struct checker *c, const struct epoch *e)
{
	uint64_t all = e->loads | e->stores;
	struct check_span span;

	if (!c->waiting || !all)
		return;
	span.start = e->granule + (uint64_t)__builtin_ctzll(all);
	span.end = e->granule + 64u - (uint64_t)__builtin_clzll(all);
	check_arrived(c, e->loads ? e->load : e->store, span);
}

/* The giver uses the buffers of messages again. */
static void gifts_end(struct checker *c, const struct epoch *e)
{
	for (unsigned int i = c->actives; e->stores && i-- > 0;) {
		const struct check_held *h = &c->held[c->active[i]];

		if (is_gift(h) && !is_out(h) && h->giver == e->store.side &&
		    e->stores & check_mask(e->granule, h->span))
			held_drop(c, i);
	}
}

void check_buffer_mask(struct checker *c, const struct event_mask *m)
{
	uint64_t granule = m->line & ~(uint64_t)(CHECK_GRANULE - 1u);
	unsigned int shift = (unsigned int)(m->line - granule);
	struct check_place place = check_place_of(c, m->agent, 0);
	struct epoch e = {.granule = granule, .line = check_line_at(c, granule)};

	if (!e.line)
		return;
	e.touch = touch_of(e.line, place.side, m->line);
	e.loads = m->loads << shift;
	e.stores = m->stores << shift;
	e.since = e.touch->event ? e.touch->event : c->event;
	e.load = at_pc(place, m->load_first);
	e.store = at_pc(place, m->store_first);
	if (e.touch->suspect) {
		const struct check_held *h = &c->held[e.touch->held];

		if (h->given.event == e.touch->given && !is_out(h))
			giver_judge(c, h, &e);
	}
	for (unsigned int i = 0; i < c->actives; i++)
		if (check_mask(granule, c->held[c->active[i]].span))
			held_judge(c, &c->held[c->active[i]], &e);
	if (c->home[check_peer(place.side)].count)
		stray_judge(c, &e);
	pending_judge(c, &e);
	gifts_end(c, &e);
	/* What counts for an omission is the last store. */
	e.store = at_pc(place, m->store_last);
	line_stored(c, &e);
	*e.touch = (struct check_touch){.event = 0};
}

bool check_buffer_unsynced(struct checker *c, struct check_span span, struct check_place place)
{
	uint64_t granule = line_of(span);
	struct check_line *line = check_line_at(c, granule);
	bool ok = true;

	for (unsigned int i = 0; line && i < c->actives; i++) {
		const struct check_held *h = &c->held[c->active[i]];
		uint64_t bytes = check_mask(granule, h->span) & check_mask(granule, span);
		struct check_site publish = held_readable(h, place.side);

		if (bytes && publish.event)
			ok = sync_receive(c, h, line, granule, bytes, place, publish) && ok;
	}
	return !ok;
}

bool check_buffer_owner(const struct checker *c, uint8_t side, struct check_span span)
{
	for (unsigned int i = 0; i < c->actives; i++) {
		const struct check_held *h = &c->held[c->active[i]];

		if (check_overlaps(h->span, span) && (is_out(h) || (is_gift(h) && h->giver != side)))
			return h->giver != side && reads(h);
	}
	for (unsigned int i = 0; i < c->home[side].count; i++)
		if (check_overlaps(span, c->home[side].span[i]))
			return true;
	return false;
}

bool check_buffer_given(const struct checker *c, uint8_t side, struct check_span span)
{
	for (unsigned int i = 0; i < c->actives; i++) {
		const struct check_held *h = &c->held[c->active[i]];

		if (!check_overlaps(h->span, span))
			continue;
		if (is_out(h) ? h->giver == side && reads(h) : h->giver != side && writes(h))
			return true;
	}
	return false;
}

/* ---- Maintenance ------------------------------------------------------------------------------------- */

/* True when lines of exchanged buffers, together, cover the range. */
static bool maint_needed(const struct checker *c, const struct check_maint *m)
{
	uint64_t at = m->span.start, before;

	do {
		before = at;
		for (unsigned int i = 0; i < CHECK_HELD && at < m->span.end; i++) {
			const struct check_held *h = &c->held[i];
			struct check_span lines = check_lines(h->span, c->line[m->place.side]);

			if (h->given.event && lines.start <= at && lines.end > at)
				at = lines.end;
		}
	} while (at != before && at < m->span.end);
	return at >= m->span.end;
}

static void maint_fail(struct checker *c, const struct check_maint *m, const char *why)
{
	struct check_violation *v = check_fail(c, CLAUSE_SBE_SYNC_04, CHECK_AT(m->place));

	if (!v)
		return;
	check_message(v, "the %s maintains 0x%" PRIx64 " to 0x%" PRIx64 ", %s",
		      check_side_name(m->place.side), m->span.start, m->span.end - 1u, why);
	check_cause(v, "{0} asks for it");
}

void check_buffer_maint(struct checker *c, const struct check_maint *m)
{
	/* A result that was wholly invalidated needs nothing more. */
	for (unsigned int i = c->actives; m->op != TRACE_MAINT_CLEAN && i-- > 0;) {
		const struct check_held *h = &c->held[c->active[i]];

		if (!is_out(h) && !is_gift(h) && h->giver == m->place.side && check_inside(h->span, m->span))
			held_drop(c, i);
	}
	if (!check_homed(c, m->span))
		return;
	if (!check_cached(c, m->place.side, m->span)) {
		maint_fail(c, m, "which it does not map cached");
		return;
	}
	if (maint_needed(c, m)) {
		check_witness(c, CLAUSE_SBE_SYNC_04);
		return;
	}
	if (c->needless == CHECK_MAINTS) {
		check_limit(c, CLAUSE_SBE_SYNC_04);
		return;
	}
	c->unneeded[c->needless++] = *m;
}

/* ---- Life -------------------------------------------------------------------------------------------- */

void check_buffer_reset(struct checker *c)
{
	c->actives = 0;
	for (unsigned int i = 0; i < CHECK_HELD; i++) {
		c->held[i].active = false;
		c->held[i].given.event = 0;
	}
}

/* The newest buffer that `side` had been given at `event`, for the report. */
static struct check_place given_before(const struct checker *c, uint8_t side, uint64_t event)
{
	struct check_site newest = {.event = 0};

	for (unsigned int i = 0; i < CHECK_HELD; i++) {
		const struct check_held *h = &c->held[i];

		if (h->giver != side && h->given.event > newest.event && h->given.event < event)
			newest = h->given;
	}
	return newest.place;
}

void check_buffer_finish(struct checker *c)
{
	for (unsigned int i = 0; i < c->strays; i++) {
		const struct check_stray *s = &c->stray[i];
		struct check_place given = given_before(c, s->place.side, s->event);
		struct check_violation *v = check_fail(c, CLAUSE_SBE_OWN_02, CHECK_AT(s->place, given));

		if (!v)
			continue;
		check_message(
			v, "the %s %s byte 0x%" PRIx64 " of the %s's area outside every buffer that it has",
			check_side_name(s->place.side), s->store ? "stores to" : "loads from",
			s->line + (uint64_t)__builtin_ctzll(s->mask),
			check_side_name(check_peer(s->place.side)));
		check_cause(v, given.pc ? "{0} touches it; the last buffer before that was handed over by {1}"
					: "{0} touches it; no buffer was handed over before that");
	}
	for (unsigned int i = 0; i < c->needless; i++)
		maint_fail(c, &c->unneeded[i], "of which it exchanges no buffer");
}
