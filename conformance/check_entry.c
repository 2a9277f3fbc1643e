/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Accesses of ring memory: VIRTIO-STAT-02, VRING-WRITE-01, VRING-FLAGS-01, VRING-ORDER-02, and where sides show by what
 * they touch that they disagree about a ring (VRING-LAYOUT-01).
 *
 * Reads of indices and entries lead to check_sync.c, stores of indices to check_publish.c. Event indices are not
 * followed: their two fields may hold anything.
 */
#include "conformance/check_ring.h"

#include <inttypes.h>

#define FLAGS_KNOWN 1u
_Static_assert(FLAGS_KNOWN == VRING_AVAIL_F_NO_INTERRUPT && FLAGS_KNOWN == VRING_USED_F_NO_NOTIFY, "suppression");

void ring_slots(const struct check_ring *r, uint8_t side, struct check_span span, uint32_t *first, uint32_t *end)
{
	uint64_t size = side == HOST ? 2 : 8;
	uint64_t base = r->part[side].span.start + 4u, limit = base + size * r->num;
	uint64_t from = span.start > base ? span.start : base, to = span.end < limit ? span.end : limit;

	*first = *end = 0;
	if (from >= to)
		return;
	*first = (uint32_t)((from - base) / size);
	*end = (uint32_t)((to - base + size - 1u) / size);
}

static void early_fail(struct checker *c, struct check_place place, struct check_span span)
{
	struct check_site status = check_writer(c, c->vdev + offsetof(struct fw_rsc_vdev, status), 1);
	struct check_violation *v;

	if (!c->vdev)
		return;
	v = check_fail(c, CLAUSE_VIRTIO_STAT_02, CHECK_AT(place, status.place));
	if (!v)
		return;
	check_message(v,
		      "the remote touches a vring or its buffer at 0x%" PRIx64
		      " while the status is 0x%02x, expected "
		      "DRIVER_OK (0x04) first",
		      span.start, c->status);
	check_cause(v, "{0} touches it; the status was last stored by {1}");
}

/*
 * The remote stores to the used part alone: between the parts, it takes that to lie elsewhere. Who follows a wrong ID
 * may load from there, and the host store.
 */
static bool gap_stored(struct checker *c, const struct check_ring *r, struct check_span span, struct check_place place)
{
	struct check_span gap = {r->part[HOST].span.end, r->part[REMOTE].span.start};
	struct check_violation *v;

	if (!check_inside(span, gap) || !check_started(c))
		return false;
	v = check_fail(c, CLAUSE_VRING_LAYOUT_01, CHECK_AT(place, ring_told(c, r)));
	if (!v)
		return true;
	check_message(v,
		      "the remote stores to 0x%" PRIx64 ", between the avail and the used part of vring%u (%u entries, "
		      "alignment %u)",
		      span.start, ring_number(c, r), r->num, r->align);
	check_cause(v, "{0} stores to what is in no part of the ring; where the ring lies was told by {1}");
	return true;
}

/* The remote touches a part of a ring that is in use. */
static void used_witness(struct checker *c)
{
	check_witness(c, CLAUSE_VRING_LAYOUT_01);
	if (c->vdev)
		check_witness(c, CLAUSE_VIRTIO_STAT_02);
}

/* ---- Loads ------------------------------------------------------------------------------------------- */

static void desc_taken(struct checker *c, struct check_ring *r, uint32_t slot)
{
	uint16_t id = check_get16(c, ring_entry(r, HOST, slot).start);

	if (id < r->num && r->desc[id].available && r->desc[id].slot == slot)
		r->desc[id].taken = true;
}

static void desc_collected(struct checker *c, struct check_ring *r, uint32_t slot)
{
	uint32_t id = check_get32(c, ring_entry(r, REMOTE, slot).start);

	if (id < r->num && !r->desc[id].available)
		r->desc[id].collected = true;
}

static void entry_loaded(struct checker *c, struct check_ring *r, uint32_t slot, struct check_place place)
{
	uint8_t publisher = check_peer(place.side);
	struct check_part *part = &r->part[publisher];
	struct check_site publish = {part->last.place, part->entry[slot]};
	struct check_span entry = ring_entry(r, publisher, slot);

	if (!publish.event)
		return;
	(publisher == HOST ? desc_taken : desc_collected)(c, r, slot);
	ring_sync_take(c, r, place, entry);
	ring_sync_receive(c, part, CLAUSE_VRING_SYNC_02, publisher == HOST ? "an avail entry" : "a used entry", entry,
			  publish, place);
}

static void part_loaded(struct checker *c, struct check_ring *r, struct check_span span, const uint8_t *data,
			struct check_place place)
{
	uint8_t publisher = check_peer(place.side);
	struct check_span idx = ring_idx(&r->part[publisher]);
	uint32_t slot, end;

	if (check_inside(idx, span)) {
		const uint8_t *at = data + (idx.start - span.start);

		ring_sync_look(c, r, place, (uint16_t)(at[0] | at[1] << 8));
	}
	for (ring_slots(r, publisher, span, &slot, &end); slot < end; slot++)
		entry_loaded(c, r, slot, place);
}

static void descs_loaded(struct checker *c, struct check_ring *r, struct check_span span, struct check_place place)
{
	const struct check_desc *d = &r->desc[(span.start - r->descs.start) / RING_DESC_BYTES];

	if (place.side == REMOTE && d->available)
		ring_sync_receive(c, &r->part[HOST], CLAUSE_VRING_SYNC_02, "a descriptor", span, d->given, place);
}

static void ring_loaded(struct checker *c, struct check_ring *r, struct check_span span, const uint8_t *data,
			struct check_place place)
{
	if (!check_overlaps(span, ring_span(r)))
		return;
	if (place.side == REMOTE)
		ring_declared_start(c, (struct check_site){place, c->event});
	if (place.side == REMOTE && !check_started(c))
		early_fail(c, place, span);
	else if (place.side == REMOTE)
		used_witness(c);
	if (span.start >= r->descs.start && span.start < r->descs.end)
		descs_loaded(c, r, span, place);
	else
		part_loaded(c, r, span, data, place);
}

void check_ring_loaded(struct checker *c, struct check_line *line, struct check_span span, const uint8_t *data,
		       struct check_place place)
{
	c->last_access[place.side] = place;
	for (unsigned int i = 0; line->role & CHECK_ROLE_RING && i < CHECK_RINGS; i++)
		if (c->ring[i].configured)
			ring_loaded(c, &c->ring[i], span, data, place);
	if (line->role & CHECK_ROLE_BUFFER)
		ring_buffer_loaded(c, line, span, place);
}

/* ---- Stores ------------------------------------------------------------------------------------------ */

static void change_fail(struct checker *c, const struct check_ring *r, const char *what, uint32_t number,
			struct check_site site, struct check_site publish)
{
	struct check_violation *v;

	v = check_fail(c, CLAUSE_VRING_ORDER_02, CHECK_AT(site.place, publish.place));
	if (!v)
		return;
	check_message(v, "the %s stores to %s %u of vring%u while that is published", check_side_name(site.place.side),
		      what, number, ring_number(c, r));
	check_cause(v, "{0} stores it after {1} stored the index that publishes it");
}

static void entries_storing(struct checker *c, struct check_ring *r, struct check_span span, struct check_site site)
{
	uint8_t side = site.place.side;
	struct check_part *part = &r->part[side];
	uint32_t slot, end;

	for (ring_slots(r, side, span, &slot, &end); slot < end; slot++) {
		uint32_t ahead = (slot - part->published) & (r->num - 1u);

		if (!part->entry[slot])
			continue;
		if (ahead >= ring_room(r, side))
			change_fail(c, r, side == HOST ? "avail entry" : "used entry", slot, site, part->last);
		else
			check_witness(c, CLAUSE_VRING_ORDER_02);
	}
}

static void descs_storing(struct checker *c, struct check_ring *r, struct check_span span, struct check_site site)
{
	uint32_t id = (uint32_t)((span.start - r->descs.start) / RING_DESC_BYTES);

	if (site.place.side == REMOTE) {
		ring_write_fail(c, CLAUSE_VRING_WRITE_01, site, "a descriptor", span);
		return;
	}
	for (; id < r->num && ring_desc(r, id).start < span.end; id++) {
		/* Without NEXT, the field `next` means nothing: open-amp and Linux link free descriptors by it. */
		struct check_span meaning = check_span_of(ring_desc(r, id).start, RING_DESC_USED_BYTES);

		if (r->changed.event || !check_overlaps(span, meaning))
			continue;
		if (r->desc[id].available) {
			r->changed = site;
			r->changed_id = id;
		} else if (r->desc[id].seen) {
			check_witness(c, CLAUSE_VRING_ORDER_02);
		}
	}
}

void ring_changes_judge(struct checker *c, struct check_ring *r)
{
	if (r->changed.event)
		change_fail(c, r, "descriptor", r->changed_id, r->changed, r->desc[r->changed_id].given);
	r->changed.event = 0;
}

void ring_flags_judge(struct checker *c, const struct check_ring *r, uint8_t side)
{
	uint64_t at = r->part[side].span.start;
	uint16_t flags = check_get16(c, at);
	struct check_site writer = check_writer(c, at, 2);
	struct check_violation *v;

	if (!(flags & ~FLAGS_KNOWN)) {
		check_witness(c, CLAUSE_VRING_FLAGS_01);
		return;
	}
	v = check_fail(c, CLAUSE_VRING_FLAGS_01, CHECK_AT(writer.place));
	if (!v)
		return;
	check_message(v, "the flags of the %s part of vring%u are 0x%04x, expected 0 or 1", ring_part_name(side),
		      ring_number(c, r), flags);
	check_cause(v, "{0} stored them");
}

static void parts_storing(struct checker *c, struct check_ring *r, struct check_span span, struct check_site site)
{
	uint8_t side = site.place.side;

	if (check_overlaps(span, r->part[side].span))
		entries_storing(c, r, span, site);
	/* The host zeroes both parts before the ring is in use. */
	else if (check_overlaps(span, r->part[check_peer(side)].span) && check_started(c))
		ring_write_fail(c, CLAUSE_VRING_WRITE_01, site,
				side == HOST ? "the used part of a vring" : "the avail part of a vring", span);
}

static void ring_storing(struct checker *c, struct check_ring *r, struct check_span span, struct check_site site)
{
	if (!check_overlaps(span, ring_span(r)))
		return;
	if (site.place.side == REMOTE)
		ring_declared_start(c, site);
	if (site.place.side == REMOTE && gap_stored(c, r, span, site.place))
		return;
	if (site.place.side == REMOTE && !check_started(c)) {
		early_fail(c, site.place, span);
		return;
	}
	if (span.start >= r->descs.start && span.start < r->descs.end)
		descs_storing(c, r, span, site);
	else
		parts_storing(c, r, span, site);
	if (check_started(c))
		check_witness(c, CLAUSE_VRING_WRITE_01);
}

void check_ring_storing(struct checker *c, struct check_line *line, struct check_span span, struct check_site site)
{
	c->last_access[site.place.side] = site.place;
	for (unsigned int i = 0; line->role & CHECK_ROLE_RING && i < CHECK_RINGS; i++)
		if (c->ring[i].configured)
			ring_storing(c, &c->ring[i], span, site);
	if (line->role & CHECK_ROLE_BUFFER)
		ring_buffer_storing(c, line, span, site);
}

void check_ring_stored(struct checker *c, struct check_span span, struct check_site site)
{
	for (unsigned int i = 0; i < CHECK_RINGS; i++) {
		struct check_ring *r = &c->ring[i];
		const struct check_part *part = &r->part[site.place.side];

		if (!r->configured)
			continue;
		if (check_overlaps(span, ring_idx(part)))
			ring_publish(c, r, site);
		if (check_overlaps(span, check_span_of(part->span.start, 2)) && check_started(c))
			ring_flags_judge(c, r, site.place.side);
	}
}
