/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the store of an index publishes: VRING-ORDER-01, VRING-IDX-01, VRING-ID-*, VRING-DESC-*, VRING-LEN-01.
 *
 * Publishing is the store of an index, in program order: entries, descriptors and messages are decoded from the shadow
 * at that moment. Chains and indirect descriptors are not followed: rpmsg has none.
 */
#include "conformance/check_ring.h"

#include <inttypes.h>

void ring_order_fail(struct checker *c, const struct check_ring *r, uint8_t side, const char *what, uint32_t number,
		     struct check_span span, struct check_site publish)
{
	const clause_set causes =
		CLAUSE_BIT(CLAUSE_VRING_ID_01) | CLAUSE_BIT(CLAUSE_VRING_ID_02) | CLAUSE_BIT(CLAUSE_VRING_DESC_04);
	struct check_violation *v;

	/* Of a wrong ID, or of buffers that overlap, this is a consequence. */
	if (c->failed & causes)
		return;
	v = check_fail(c, CLAUSE_VRING_ORDER_01, CHECK_AT(publish.place));
	if (!v)
		return;
	check_message(v, "the %s advances %s.idx of vring%u over %s %u before that was stored", check_side_name(side),
		      ring_part_name(side), ring_number(c, r), what, number);
	check_cause(v,
		    "{0} stores the index; bytes 0x%" PRIx64 " to 0x%" PRIx64
		    " were not stored since they were last "
		    "published",
		    span.start, span.end - 1);
	check_await(c, v, side, span);
}

bool ring_written_since(struct checker *c, uint8_t side, struct check_span span, uint64_t event)
{
	struct check_site oldest = check_oldest(c, span.start, span.end - span.start);

	return oldest.event > event && oldest.place.side == side;
}

static void id_fail(struct checker *c, enum clause_id clause, const struct check_ring *r, struct check_span field,
		    struct check_site publish, uint32_t seen, const char *expected)
{
	struct check_site writer = check_writer(c, field.start, field.end - field.start);
	struct check_violation *v = check_fail(c, clause, CHECK_AT(writer.place, publish.place));

	if (!v)
		return;
	check_message(v, "the %s publishes %u in the %s part of vring%u, expected %s",
		      check_side_name(publish.place.side), seen, ring_part_name(publish.place.side),
		      ring_number(c, r), expected);
	check_cause(v, "0x%" PRIx64 " was stored by {0} and published by {1}", field.start);
}

/* ---- Descriptors ------------------------------------------------------------------------------------- */

static uint64_t desc_field_size(uint64_t offset)
{
	return offset == offsetof(struct vring_desc, addr) ? 8 : offset == offsetof(struct vring_desc, len) ? 4 : 2;
}

bool ring_desc_fail(struct checker *c, enum clause_id clause, const struct check_ring *r, uint32_t id, uint64_t offset,
		    struct check_site publish, const char *expected)
{
	uint64_t at = ring_desc(r, id).start;
	struct check_site writer = check_writer(c, at + offset, desc_field_size(offset));
	struct check_violation *v = check_fail(c, clause, CHECK_AT(writer.place, publish.place));

	if (v) {
		check_message(v, "descriptor %u of vring%u is {addr 0x%" PRIx64 ", len %u, flags %u}, expected %s", id,
			      ring_number(c, r), check_get64(c, at), check_get32(c, at + 8), check_get16(c, at + 12),
			      expected);
		check_cause(v, "the field was stored by {0} and published by {1}");
	}
	return false;
}

static void desc_judge_flags(struct checker *c, const struct check_ring *r, uint32_t id, struct check_site publish)
{
	uint64_t field = offsetof(struct vring_desc, flags);
	uint16_t flags = check_get16(c, ring_desc(r, id).start + field);
	unsigned int wanted = ring_sender(c, r) == REMOTE ? VRING_DESC_F_WRITE : 0u;

	if ((flags & VRING_DESC_F_WRITE) != wanted)
		ring_desc_fail(c, CLAUSE_VRING_DESC_02, r, id, field, publish,
			       wanted ? "WRITE (2) in the flags, as the remote is to write the buffer"
				      : "no WRITE (2) in the flags, as the remote is to read the buffer");
	else
		check_witness(c, CLAUSE_VRING_DESC_02);
	if (flags & ~VRING_DESC_F_WRITE)
		ring_desc_fail(c, CLAUSE_VRING_DESC_03, r, id, field, publish,
			       "neither NEXT (1) nor INDIRECT (4) nor unknown flags");
	else
		check_witness(c, CLAUSE_VRING_DESC_03);
}

static bool desc_place_valid(struct checker *c, struct check_span span)
{
	for (unsigned int i = 0; i < CHECK_RINGS; i++)
		if (c->ring[i].configured && check_overlaps(span, ring_span(&c->ring[i])))
			return false;
	return check_in_kind(c, span, true, false);
}

/* False: nothing can be said of a buffer there. */
static bool desc_judge(struct checker *c, const struct check_ring *r, uint32_t id, struct check_site publish)
{
	uint64_t at = ring_desc(r, id).start;
	uint32_t len = check_get32(c, at + offsetof(struct vring_desc, len));

	desc_judge_flags(c, r, id, publish);
	if (len < RING_HDR_BYTES)
		return ring_desc_fail(c, CLAUSE_VRING_DESC_05, r, id, offsetof(struct vring_desc, len), publish,
				      "room for a message header");
	check_witness(c, CLAUSE_VRING_DESC_05);
	if (!desc_place_valid(c, check_span_of(check_get64(c, at), len)))
		return ring_desc_fail(c, CLAUSE_VRING_DESC_01, r, id, offsetof(struct vring_desc, addr), publish,
				      "a buffer inside shared control memory and apart from the vrings");
	check_witness(c, CLAUSE_VRING_DESC_01);
	return true;
}

/* ---- The driver publishes ---------------------------------------------------------------------------- */

/* The descriptor and its buffer are the device's from here on. */
static void desc_give(struct checker *c, struct check_ring *r, uint32_t id, uint32_t slot, struct check_site publish)
{
	struct check_desc *d = &r->desc[id];
	uint64_t at = ring_desc(r, id).start;
	uint64_t since = ring_buffer_since(c, check_get64(c, at));

	d->seen = d->available = true;
	d->taken = d->collected = false;
	d->slot = (uint16_t)slot;
	d->given = publish;
	d->buffer = d->message = (struct check_span){0, 0};
	d->writable = check_get16(c, at + offsetof(struct vring_desc, flags)) & VRING_DESC_F_WRITE;
	if (!desc_judge(c, r, id, publish))
		return;
	d->buffer = check_span_of(check_get64(c, at), check_get32(c, at + offsetof(struct vring_desc, len)));
	if (!ring_buffer_paint(c, r, id, publish))
		return;
	if (r == &c->ring[1]) {
		ring_message_publish(c, r, d, d->buffer.end - d->buffer.start, since, publish);
		return;
	}
	ring_sync_yield(c, HOST, "an empty rpmsg buffer", d->buffer, publish);
	check_buffer_release(c, d->buffer.start, HOST, publish);
}

static void avail_publish(struct checker *c, struct check_ring *r, uint32_t slot, struct check_site publish)
{
	struct check_part *part = &r->part[HOST];
	struct check_span entry = ring_entry(r, HOST, slot), desc;
	uint64_t after = part->entry[slot] > part->zeroed ? part->entry[slot] : part->zeroed;
	uint16_t id = check_get16(c, entry.start);

	if (!ring_written_since(c, HOST, entry, after)) {
		ring_order_fail(c, r, HOST, "avail entry", slot, entry, publish);
		return;
	}
	ring_sync_publish(c, part, CLAUSE_VRING_SYNC_01, "an avail entry", entry, publish);
	if (id >= r->num || r->desc[id].available) {
		id_fail(c, CLAUSE_VRING_ID_01, r, entry, publish, id,
			"a descriptor of the ring that is not outstanding");
		r->changed.event = 0;
		return;
	}
	check_witness(c, CLAUSE_VRING_ID_01);
	desc = check_span_of(ring_desc(r, id).start, RING_DESC_USED_BYTES);
	if (!ring_written_since(c, HOST, desc, part->zeroed)) {
		ring_order_fail(c, r, HOST, "descriptor", id, desc, publish);
		return;
	}
	ring_sync_publish(c, part, CLAUSE_VRING_SYNC_01, "a descriptor", desc, publish);
	check_witness(c, CLAUSE_VRING_ORDER_01);
	desc_give(c, r, id, slot, publish);
}

/* ---- The device publishes ---------------------------------------------------------------------------- */

static bool used_length_fits(struct checker *c, const struct check_ring *r, uint32_t slot, const struct check_desc *d,
			     struct check_site publish)
{
	uint64_t field = ring_entry(r, REMOTE, slot).start + VRING_USED_LEN;
	uint32_t len = check_get32(c, field);
	struct check_violation *v;

	if (len <= d->buffer.end - d->buffer.start) {
		check_witness(c, CLAUSE_VRING_LEN_01);
		return true;
	}
	v = check_fail(c, CLAUSE_VRING_LEN_01, CHECK_AT(check_writer(c, field, 4).place, publish.place));
	if (v) {
		check_message(v,
			      "used entry %u of vring%u says %u bytes, expected at most the %" PRIu64
			      " of its buffer",
			      slot, ring_number(c, r), len, d->buffer.end - d->buffer.start);
		check_cause(v, "the length was stored by {0} and published by {1}");
	}
	return false;
}

/* The descriptor and its buffer are the driver's again. */
static void desc_return(struct checker *c, struct check_ring *r, uint32_t id, uint32_t slot, struct check_site publish)
{
	struct check_desc *d = &r->desc[id];
	uint32_t len = check_get32(c, ring_entry(r, REMOTE, slot).start + VRING_USED_LEN);

	d->available = false;
	d->returned = publish;
	if (r == &c->ring[1] && !d->writable)
		check_witness(c, CLAUSE_VRING_WRITE_02);
	if (!used_length_fits(c, r, slot, d, publish))
		return;
	if (r == &c->ring[0] && len) {
		ring_message_publish(c, r, d, len, d->given.event, publish);
		return;
	}
	/* What the remote must not have stored at all is VRING-WRITE-02's. */
	if (!(c->failed & CLAUSE_BIT(CLAUSE_VRING_WRITE_02)))
		ring_sync_yield(c, REMOTE, "an rpmsg buffer", d->buffer, publish);
	check_buffer_release(c, d->buffer.start, REMOTE, publish);
}

static void used_publish(struct checker *c, struct check_ring *r, uint32_t slot, struct check_site publish)
{
	struct check_part *part = &r->part[REMOTE];
	struct check_span entry = ring_entry(r, REMOTE, slot), field = check_span_of(entry.start + VRING_USED_ID, 4);
	uint32_t id = check_get32(c, field.start);

	if (!ring_written_since(c, REMOTE, entry, part->entry[slot])) {
		ring_order_fail(c, r, REMOTE, "used entry", slot, entry, publish);
		return;
	}
	check_witness(c, CLAUSE_VRING_ORDER_01);
	if (!part->entry[slot])
		ring_sync_zeroed(c, entry);
	ring_sync_publish(c, part, CLAUSE_VRING_SYNC_01, "a used entry", entry, publish);
	if (id >= r->num || !r->desc[id].available || !r->desc[id].taken) {
		id_fail(c, CLAUSE_VRING_ID_02, r, field, publish, id,
			"a descriptor that is outstanding and was taken from the avail part");
		return;
	}
	check_witness(c, CLAUSE_VRING_ID_02);
	desc_return(c, r, id, slot, publish);
}

/* ---- Indices ----------------------------------------------------------------------------------------- */

/* The last word of the avail part is stored only when the host zeroes the ring, which it does upwards. */
static void part_begin(struct checker *c, struct check_part *part, uint8_t side)
{
	if (!part->started && side == HOST)
		part->zeroed = check_writer(c, part->span.end - 2u, 2).event;
	part->started = true;
}

void ring_publish(struct checker *c, struct check_ring *r, struct check_site site)
{
	uint8_t side = site.place.side;
	struct check_part *part = &r->part[side];
	uint16_t idx = check_get16(c, part->idx);
	uint16_t count = (uint16_t)(idx - part->published);

	if (!count)
		return;
	part_begin(c, part, side);
	part->last = site;
	if (count > ring_room(r, side)) {
		id_fail(c, CLAUSE_VRING_IDX_01, r, ring_idx(part), site, idx,
			"an index that advances by what can be there");
		part->published = idx;
		return;
	}
	check_witness(c, CLAUSE_VRING_IDX_01);
	for (; part->published != idx; part->published++) {
		uint32_t slot = part->published & (r->num - 1u);

		(side == HOST ? avail_publish : used_publish)(c, r, slot, site);
		r->outstanding += side == HOST ? 1u : -1u;
		part->entry[slot] = site.event;
	}
	ring_changes_judge(c, r);
	part->owes_clean = check_cached(c, side, ring_idx(part));
	part->clean_deferred = false;
	check_kick_published(c, ring_number(c, r), side);
}
