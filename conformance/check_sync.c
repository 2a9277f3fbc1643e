/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cache maintenance and barriers of rings and messages: VRING-SYNC-01 to -08, VRING-ORDER-03 and -04.
 *
 * A barrier is any barrier event of the agent; which accesses an instruction really orders is not looked into.
 * Maintenance alone is none, nor is a store with release semantics, which no event tells apart. Whether a barrier was
 * needed on the platform at hand is not judged: what is right on a strongly ordered machine only is a defect of the
 * port. What caches did is not followed.
 */
#include "conformance/check_ring.h"

#include <inttypes.h>

/* ---- Publishing -------------------------------------------------------------------------------------- */

/* The newest store of the side to these bytes. */
static struct check_site newest_store(struct checker *c, uint8_t side, struct check_span span, uint64_t barrier)
{
	uint64_t granule = span.start & ~(uint64_t)(CHECK_GRANULE - 1u);
	bool later = false;

	/* Lines that nobody stored to after the barrier need no look at their bytes. */
	for (; granule < span.end && !later; granule += CHECK_GRANULE) {
		const struct check_line *line = check_line_find(c, granule);

		later = line && line->stored[side].event > barrier;
	}
	return later ? check_writer(c, span.start, span.end - span.start) : (struct check_site){.event = 0};
}

static void barrier_publish(struct checker *c, const char *what, struct check_span span, struct check_site publish)
{
	uint64_t barrier = c->agent[publish.place.agent].barrier;
	struct check_site store;
	struct check_violation *v;

	/* A ring that was filled before it was known: barriers of that time are not. */
	if (publish.event != c->event)
		return;
	store = newest_store(c, publish.place.side, span, barrier);
	if (store.event <= barrier) {
		check_witness(c, CLAUSE_VRING_ORDER_03);
		return;
	}
	v = check_fail(c, CLAUSE_VRING_ORDER_03, CHECK_AT(store.place, publish.place));
	if (!v)
		return;
	check_message(v, "the %s stores %s and the index that publishes it without a barrier between",
		      check_side_name(publish.place.side), what);
	check_cause(v, "bytes 0x%" PRIx64 " to 0x%" PRIx64
		       " were stored by {0} and the index by {1}: memory may receive the index first",
		    span.start, span.end - 1);
	check_await(c, v, check_peer(publish.place.side), span);
}

void ring_sync_publish(struct checker *c, const struct check_part *part, enum clause_id clause, const char *what,
		       struct check_span span, struct check_site publish)
{
	uint8_t side = publish.place.side;
	struct check_span index = check_lines(ring_idx(part), c->line[side]);
	struct check_site site;
	struct check_violation *v;
	uint64_t line;

	barrier_publish(c, what, span, publish);
	if (!check_cached(c, side, span) || check_inside(span, index))
		return;
	if (!check_unclean(c, side, span, &line, &site)) {
		check_witness(c, clause);
		return;
	}
	/* In a ring that was filled before it was known: what was stored after the index is VRING-ORDER-02's. */
	if (site.event > publish.event)
		return;
	v = check_fail(c, clause, CHECK_AT(site.place, publish.place));
	if (!v)
		return;
	check_message(v, "the %s publishes %s with line 0x%" PRIx64 " unclean", check_side_name(side), what, line);
	check_cause(v,
		    "line 0x%" PRIx64
		    " was last stored by {0} and not cleaned before the index was stored by {1}",
		    line);
	check_await(c, v, check_peer(side), span);
}

void ring_sync_index(struct checker *c, const struct check_ring *r, uint8_t side, struct check_place at)
{
	struct check_span idx = ring_idx(&r->part[side]);
	struct check_site site;
	struct check_violation *v;
	uint64_t line;

	if (!check_unclean(c, side, idx, &line, &site)) {
		check_witness(c, CLAUSE_VRING_SYNC_06);
		return;
	}
	v = check_fail(c, CLAUSE_VRING_SYNC_06, CHECK_AT(site.place, at));
	if (!v)
		return;
	check_message(v, "the %s goes on with %s.idx of vring%u in line 0x%" PRIx64 " unclean", check_side_name(side),
		      ring_part_name(side), ring_number(c, r), line);
	check_cause(v, "line 0x%" PRIx64 " was last stored by {0} and not cleaned before {1}", line);
	check_await(c, v, check_peer(side), idx);
}

/* ---- Receiving --------------------------------------------------------------------------------------- */

void ring_sync_receive(struct checker *c, const struct check_part *part, enum clause_id clause, const char *what,
		       struct check_span span, struct check_site publish, struct check_place place)
{
	struct check_span index = check_lines(ring_idx(part), c->line[place.side]);
	struct check_site writer;
	struct check_violation *v;

	if (!check_cached(c, place.side, span) || check_inside(span, index))
		return;
	if (check_fresh(c, place.side, span, publish.event)) {
		check_witness(c, clause);
		return;
	}
	writer = check_writer(c, span.start, span.end - span.start);
	/* What it stored itself since then is newer than any copy. */
	if (writer.place.side == place.side && writer.event > publish.event)
		return;
	v = check_fail(c, clause, CHECK_AT(place, publish.place, writer.place));
	if (!v)
		return;
	check_message(v, "the %s reads %s at 0x%" PRIx64 " and did not invalidate it after it was published",
		      check_side_name(place.side), what, span.start);
	check_cause(v,
		    "{2} stored it, {1} published it, and {0} may read an older copy: no invalidate of line "
		    "0x%" PRIx64 " lies between",
		    check_lines(span, c->line[place.side]).start);
}

/* A side that a kick woke: what it invalidated before it waited does not count. */
static void look_judge(struct checker *c, const struct check_ring *r, struct check_place place)
{
	uint8_t side = place.side, publisher = check_peer(side);
	struct check_span idx = ring_idx(&r->part[publisher]);
	uint64_t waited = c->waited[side];
	struct check_violation *v;

	if (!waited || c->notified[side] < waited || !check_cached(c, side, idx))
		return;
	if (check_fresh(c, side, idx, waited)) {
		check_witness(c, CLAUSE_VRING_SYNC_08);
		return;
	}
	v = check_fail(c, CLAUSE_VRING_SYNC_08, CHECK_AT(place, c->last_wait[side], r->part[publisher].last.place));
	if (!v)
		return;
	check_message(v, "the %s was kicked and reads %s.idx of vring%u without an invalidate", check_side_name(side),
		      ring_part_name(publisher), ring_number(c, r));
	check_cause(v,
		    "{0} may read a copy from before {1} waited, and miss what {2} published: the kick does not "
		    "come again");
}

void ring_sync_look(struct checker *c, const struct check_ring *r, struct check_place place, uint16_t value)
{
	struct check_look *look = &c->look[place.side][ring_number(c, r)];

	if (value != look->value)
		look->event = c->event;
	look->value = value;
	look_judge(c, r, place);
}

void ring_sync_take(struct checker *c, const struct check_ring *r, struct check_place place, struct check_span entry)
{
	const struct check_look *look = &c->look[place.side][ring_number(c, r)];
	struct check_violation *v;

	if (!look->event)
		return;
	if (c->agent[place.agent].barrier > look->event) {
		check_witness(c, CLAUSE_VRING_ORDER_04);
		return;
	}
	v = check_fail(c, CLAUSE_VRING_ORDER_04, CHECK_AT(place, r->part[check_peer(place.side)].last.place));
	if (!v)
		return;
	check_message(v,
		      "the %s reads the %s entry at 0x%" PRIx64 " of vring%u and the index without a barrier between",
		      check_side_name(place.side), ring_part_name(check_peer(place.side)), entry.start,
		      ring_number(c, r));
	check_cause(v, "{0} may read it before the index that {1} stored, and get what was there earlier");
}

/* ---- Changing hands ---------------------------------------------------------------------------------- */

void ring_sync_yield(struct checker *c, uint8_t side, const char *what, struct check_span span, struct check_site at)
{
	struct check_span lines = check_lines(span, c->line[side]);
	struct check_site site;
	struct check_violation *v;
	uint64_t line;

	if (!check_cached(c, side, span))
		return;
	if (!check_dirty(c, side, lines, &line, &site)) {
		check_witness(c, CLAUSE_VRING_SYNC_03);
		return;
	}
	v = check_fail(c, CLAUSE_VRING_SYNC_03, CHECK_AT(site.place, at.place));
	if (!v)
		return;
	check_message(v, "the %s gives up %s with line 0x%" PRIx64 " dirty", check_side_name(side), what, line);
	check_cause(v,
		    "line 0x%" PRIx64
		    " was last stored by {0} and not cleaned before {1}: its eviction overwrites what "
		    "the %s writes there",
		    line, check_side_name(check_peer(side)));
	check_await(c, v, check_peer(side), span);
}

void ring_sync_zeroed(struct checker *c, struct check_span entry)
{
	const struct check_line *line = check_line_find(c, entry.start & ~(uint64_t)(CHECK_GRANULE - 1u));
	struct check_site writer;
	struct check_violation *v;

	if (!line || !(line->cached >> REMOTE & 1u) || !line->stored[HOST].event)
		return;
	if (check_fresh(c, REMOTE, entry, line->stored[HOST].event)) {
		check_witness(c, CLAUSE_VRING_SYNC_04);
		return;
	}
	writer = check_writer(c, entry.start, entry.end - entry.start);
	v = check_fail(c, CLAUSE_VRING_SYNC_04, CHECK_AT(writer.place, line->stored[HOST].place));
	if (!v)
		return;
	check_message(v, "the remote stores to line 0x%" PRIx64 " of its used part, which it did not invalidate",
		      check_lines(entry, c->line[REMOTE]).start);
	check_cause(v, "{0} may store into a copy from before {1} zeroed the line: its clean carries old bytes back");
}
