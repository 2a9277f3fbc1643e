/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Both vrings: VIRTIO-STAT-02, VRING-*, RPMSG-BUF-01 and SBE-KICK-01. vring0 carries buffers from the remote
 * to the host, vring1 from the host to the remote; the host is the driver of both.
 *
 * Publishing is the store of an index, in program order: entries, descriptors and messages are decoded from
 * the shadow at that moment. Event indices, chains and indirect descriptors are not followed. A kick counts
 * for both rings, since which token stands for which ring is the platform's.
 */
#include "conformance/check.h"

#include <inttypes.h>
#include <string.h>

#define DESC_BYTES sizeof(struct vring_desc)
#define DESC_USED_BYTES offsetof(struct vring_desc, next) /* what a driver must store */
#define HDR_BYTES sizeof(struct rpmsg_hdr)
#define FLAG_NO_KICK 1u
_Static_assert(FLAG_NO_KICK == VRING_AVAIL_F_NO_INTERRUPT && FLAG_NO_KICK == VRING_USED_F_NO_NOTIFY,
	       "suppression");

static const char *part_name(uint8_t side)
{
	return side == HOST ? "avail" : "used";
}

static unsigned int ring_number(const struct checker *c, const struct check_ring *r)
{
	return (unsigned int)(r - c->ring);
}

/* Buffers of vring0 are the remote's to write, those of vring1 the host's. */
static uint8_t ring_sender(const struct checker *c, const struct check_ring *r)
{
	return r == &c->ring[0] ? REMOTE : HOST;
}

static struct check_span ring_span(const struct check_ring *r)
{
	return (struct check_span){r->descs.start, r->part[REMOTE].span.end};
}

static bool driver_ok(const struct checker *c)
{
	return c->status & VIRTIO_STATUS_DRIVER_OK;
}

static struct check_span entry_span(const struct check_ring *r, uint8_t side, uint32_t slot)
{
	uint64_t at = r->part[side].span.start;

	return side == HOST ? check_span_of(at + VRING_AVAIL_RING(slot), 2)
			    : check_span_of(at + VRING_USED_RING(slot), 8);
}

static struct check_span desc_span(const struct check_ring *r, uint32_t id)
{
	return check_span_of(r->descs.start + VRING_DESC_OFFSET(id), DESC_BYTES);
}

/* ---- Clauses about one range ------------------------------------------------------------------------- */

static void order_fail(struct checker *c, const struct check_ring *r, uint8_t side, const char *what,
		       uint32_t number, struct check_span span, struct check_site publish)
{
	struct check_violation *v = check_fail(c, CLAUSE_VRING_ORDER_01, CHECK_AT(publish.place));

	if (!v)
		return;
	check_message(v, "the %s advances %s.idx of vring%u over %s %u before that was stored",
		      check_side_name(side), part_name(side), ring_number(c, r), what, number);
	check_cause(v,
		    "{0} stores the index; bytes 0x%" PRIx64 " to 0x%" PRIx64
		    " were not stored since they were last "
		    "published",
		    span.start, span.end - 1);
	check_await(c, v, side, span);
}

/* True when `side` stored all of these bytes after `event`. */
static bool written_since(struct checker *c, uint8_t side, struct check_span span, uint64_t event)
{
	struct check_site oldest = check_oldest(c, span.start, span.end - span.start);

	return oldest.event > event && oldest.place.side == side;
}

/* VRING-SYNC-01 for bytes that are being published; those in the line of the index go with it. */
static void sync_publish(struct checker *c, struct check_part *part, const char *what, struct check_span span,
			 struct check_site publish)
{
	uint8_t side = publish.place.side;
	struct check_span index = check_lines(check_span_of(part->idx, 2), c->line[side]);
	struct check_site site;
	struct check_violation *v;
	uint64_t line;

	if (!check_cached(c, side, span) || check_inside(span, index))
		return;
	if (!check_unclean(c, side, span, &line, &site)) {
		check_witness(c, CLAUSE_VRING_SYNC_01);
		return;
	}
	v = check_fail(c, CLAUSE_VRING_SYNC_01, CHECK_AT(site.place, publish.place));
	if (!v)
		return;
	check_message(v, "the %s publishes %s with line 0x%" PRIx64 " unclean", check_side_name(side), what,
		      line);
	check_cause(v,
		    "line 0x%" PRIx64
		    " was last stored by {0} and not cleaned before the index was stored by {1}",
		    line);
	check_await(c, v, check_peer(side), span);
}

/* VRING-SYNC-02: `place` reads bytes that were published at `publish`. */
static void sync_receive(struct checker *c, const struct check_part *part, const char *what,
			 struct check_span span, struct check_site publish, struct check_place place)
{
	struct check_span index = check_lines(check_span_of(part->idx, 2), c->line[place.side]);
	struct check_site writer;
	struct check_violation *v;

	if (!check_cached(c, place.side, span) || check_inside(span, index))
		return;
	if (check_fresh(c, place.side, span, publish.event)) {
		check_witness(c, CLAUSE_VRING_SYNC_02);
		return;
	}
	writer = check_writer(c, span.start, span.end - span.start);
	/* What it stored itself since then is newer than any copy. */
	if (writer.place.side == place.side && writer.event > publish.event)
		return;
	v = check_fail(c, CLAUSE_VRING_SYNC_02, CHECK_AT(place, publish.place, writer.place));
	if (!v)
		return;
	check_message(v, "the %s reads %s at 0x%" PRIx64 " and did not invalidate it after it was published",
		      check_side_name(place.side), what, span.start);
	check_cause(v,
		    "{2} stored it, {1} published it, and {0} may read an older copy: no invalidate of line "
		    "0x%" PRIx64 " lies between",
		    check_lines(span, c->line[place.side]).start);
}

/* VRING-SYNC-03: the other side is about to write `span`. */
static void sync_yield(struct checker *c, uint8_t side, const char *what, struct check_span span,
		       struct check_site at)
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
	check_message(v, "the %s gives up %s with line 0x%" PRIx64 " dirty", check_side_name(side), what,
		      line);
	check_cause(v,
		    "line 0x%" PRIx64
		    " was last stored by {0} and not cleaned before {1}: its eviction overwrites what "
		    "the %s writes there",
		    line, check_side_name(check_peer(side)));
	check_await(c, v, check_peer(side), span);
}

static void write_fail(struct checker *c, struct check_site site, const char *what, struct check_span span)
{
	struct check_violation *v = check_fail(c, CLAUSE_VRING_WRITE_01, CHECK_AT(site.place));

	if (!v)
		return;
	check_message(v, "the %s stores to %s at 0x%" PRIx64 ", which is the %s's to write",
		      check_side_name(site.place.side), what, span.start,
		      check_side_name(check_peer(site.place.side)));
	check_cause(v, "{0} stores there");
}

static void early_fail(struct checker *c, struct check_place place, struct check_span span)
{
	struct check_site status = check_writer(c, c->vdev + offsetof(struct fw_rsc_vdev, status), 1);
	struct check_violation *v = check_fail(c, CLAUSE_VIRTIO_STAT_02, CHECK_AT(place, status.place));

	if (!v)
		return;
	check_message(v,
		      "the remote touches a vring or its buffer at 0x%" PRIx64
		      " while the status is 0x%02x, expected "
		      "DRIVER_OK (0x04) first",
		      span.start, c->status);
	check_cause(v, "{0} touches it; the status was last stored by {1}");
}

/* ---- Buffers ----------------------------------------------------------------------------------------- */

static struct check_desc *desc_of(struct checker *c, uint16_t buffer)
{
	return &c->ring[buffer / CHECK_RING_MAX].desc[buffer % CHECK_RING_MAX];
}

static struct check_ring *desc_ring(struct checker *c, const struct check_desc *d)
{
	return d >= c->ring[1].desc && d < c->ring[1].desc + CHECK_RING_MAX ? &c->ring[1] : &c->ring[0];
}

/* The buffer that holds `addr`; of two in one line, the second must be searched. */
static struct check_desc *buffer_at(struct checker *c, const struct check_line *line, uint64_t addr)
{
	struct check_span byte = check_span_of(addr, 1);
	struct check_desc *d = desc_of(c, line->buffer);

	if (check_inside(byte, d->buffer))
		return d;
	for (unsigned int r = 0; r < CHECK_RINGS; r++) {
		for (uint32_t i = 0; c->ring[r].configured && i < c->ring[r].num; i++) {
			d = &c->ring[r].desc[i];
			if (d->seen && check_inside(byte, d->buffer))
				return d;
		}
	}
	return NULL;
}

const struct check_desc *check_ring_find(struct checker *c, uint64_t addr, unsigned int *ring)
{
	const struct check_line *line = check_line_find(c, addr & ~(uint64_t)(CHECK_GRANULE - 1u));
	const struct check_desc *d;

	if (!line || !(line->role & CHECK_ROLE_BUFFER))
		return NULL;
	d = buffer_at(c, line, addr);
	if (d)
		*ring = ring_number(c, desc_ring(c, d));
	return d;
}

/* RPMSG-BUF-01. True when `place`'s side owns the buffer. */
static bool buffer_owned(struct checker *c, const struct check_desc *d, struct check_span span,
			 struct check_place place, const char *does)
{
	uint8_t owner = d->available ? REMOTE : HOST;
	struct check_site since = d->available ? d->given : d->returned;
	struct check_violation *v;

	if (place.side == owner) {
		check_witness(c, CLAUSE_RPMSG_BUF_01);
		return true;
	}
	v = check_fail(c, CLAUSE_RPMSG_BUF_01, CHECK_AT(place, since.place));
	if (v) {
		check_message(v, "the %s %s byte 0x%" PRIx64 " of an rpmsg buffer that the %s owns",
			      check_side_name(place.side), does, span.start, check_side_name(owner));
		check_cause(v, "{0} touches it, but it was handed over by {1}");
	}
	return false;
}

static void buffer_loaded(struct checker *c, struct check_line *line, struct check_span span,
			  struct check_place place)
{
	struct check_desc *d = buffer_at(c, line, span.start);
	struct check_ring *r;
	uint8_t receiver;

	if (!d || !buffer_owned(c, d, span, place, "loads"))
		return;
	r = desc_ring(c, d);
	receiver = check_peer(ring_sender(c, r));
	if (place.side == receiver && check_overlaps(span, d->message))
		sync_receive(c, &r->part[check_peer(receiver)], "a message", span,
			     d->available ? d->given : d->returned, place);
}

static void buffer_storing(struct checker *c, struct check_line *line, struct check_span span,
			   struct check_site site)
{
	struct check_desc *d = buffer_at(c, line, span.start);
	uint64_t at;

	if (!d || !buffer_owned(c, d, span, site.place, "stores to") || site.place.side == HOST)
		return;
	at = d->buffer.start + offsetof(struct rpmsg_hdr, reserved);
	if (desc_ring(c, d) == &c->ring[1] && !check_inside(span, check_span_of(at, 4)))
		write_fail(c, site, "a buffer that it was given for reading", span);
}

/* ---- Accesses of ring memory ------------------------------------------------------------------------- */

/* The slots of `part` whose entries `span` overlaps: [*first, *end). */
static void slots_of(const struct check_ring *r, uint8_t side, struct check_span span, uint32_t *first,
		     uint32_t *end)
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

static void desc_taken(struct checker *c, struct check_ring *r, uint32_t slot)
{
	uint16_t id = check_get16(c, entry_span(r, HOST, slot).start);

	if (id < r->num && r->desc[id].available && r->desc[id].slot == slot)
		r->desc[id].taken = true;
}

static void part_loaded(struct checker *c, struct check_ring *r, struct check_span span,
			struct check_place place)
{
	uint8_t publisher = check_peer(place.side);
	struct check_part *part = &r->part[publisher];
	uint32_t slot, end;

	for (slots_of(r, publisher, span, &slot, &end); slot < end; slot++) {
		if (!part->entry[slot])
			continue;
		if (publisher == HOST)
			desc_taken(c, r, slot);
		sync_receive(c, part, publisher == HOST ? "an avail entry" : "a used entry",
			     entry_span(r, publisher, slot),
			     (struct check_site){part->last.place, part->entry[slot]}, place);
	}
}

static void descs_loaded(struct checker *c, struct check_ring *r, struct check_span span,
			 struct check_place place)
{
	const struct check_desc *d = &r->desc[(span.start - r->descs.start) / DESC_BYTES];

	if (place.side == REMOTE && d->available)
		sync_receive(c, &r->part[HOST], "a descriptor", span, d->given, place);
}

static void ring_loaded(struct checker *c, struct check_ring *r, struct check_span span,
			struct check_place place)
{
	if (!check_overlaps(span, ring_span(r)))
		return;
	if (place.side == REMOTE && !driver_ok(c))
		early_fail(c, place, span);
	else if (place.side == REMOTE)
		check_witness(c, CLAUSE_VIRTIO_STAT_02);
	if (span.start >= r->descs.start && span.start < r->descs.end)
		descs_loaded(c, r, span, place);
	else
		part_loaded(c, r, span, place);
}

void check_ring_loaded(struct checker *c, struct check_line *line, struct check_span span,
		       struct check_place place)
{
	c->last_access[place.side] = place;
	for (unsigned int i = 0; line->role & CHECK_ROLE_RING && i < CHECK_RINGS; i++)
		if (c->ring[i].configured)
			ring_loaded(c, &c->ring[i], span, place);
	if (line->role & CHECK_ROLE_BUFFER)
		buffer_loaded(c, line, span, place);
}

static uint32_t part_room(const struct check_ring *r, uint8_t side)
{
	return side == HOST ? r->num - r->outstanding : r->outstanding;
}

static void change_fail(struct checker *c, const struct check_ring *r, const char *what, uint32_t number,
			struct check_site site, struct check_site publish)
{
	struct check_violation *v;

	/* A late store of what was missed completes that violation; of a wrong ID, this is a consequence. */
	if (c->failed & (1ull << CLAUSE_VRING_ORDER_01 | 1ull << CLAUSE_VRING_ID_01))
		return;
	v = check_fail(c, CLAUSE_VRING_ORDER_01, CHECK_AT(site.place, publish.place));
	if (!v)
		return;
	check_message(v, "the %s stores to %s %u of vring%u while that is published",
		      check_side_name(site.place.side), what, number, ring_number(c, r));
	check_cause(v, "{0} stores it after {1} stored the index that publishes it");
}

static void entries_storing(struct checker *c, struct check_ring *r, struct check_span span,
			    struct check_site site)
{
	uint8_t side = site.place.side;
	struct check_part *part = &r->part[side];
	uint32_t slot, end;

	for (slots_of(r, side, span, &slot, &end); slot < end; slot++) {
		uint32_t ahead = (slot - part->published) & (r->num - 1u);

		if (ahead >= part_room(r, side) && part->entry[slot])
			change_fail(c, r, side == HOST ? "avail entry" : "used entry", slot, site,
				    part->last);
	}
}

static void descs_storing(struct checker *c, struct check_ring *r, struct check_span span,
			  struct check_site site)
{
	uint64_t first = (span.start - r->descs.start) / DESC_BYTES;

	if (site.place.side == REMOTE) {
		write_fail(c, site, "a descriptor", span);
		return;
	}
	for (uint32_t id = (uint32_t)first; id < r->num && desc_span(r, id).start < span.end; id++) {
		if (r->desc[id].available && !r->changed.event) {
			r->changed = site;
			r->changed_id = id;
		}
	}
}

/* A store to an outstanding descriptor was not the beginning of using it a second time, which is
 * VRING-ID-01's. */
static void descs_judge(struct checker *c, struct check_ring *r)
{
	if (r->changed.event)
		change_fail(c, r, "descriptor", r->changed_id, r->changed, r->desc[r->changed_id].given);
	r->changed.event = 0;
}

static void ring_storing(struct checker *c, struct check_ring *r, struct check_span span,
			 struct check_site site)
{
	uint8_t side = site.place.side;

	if (!check_overlaps(span, ring_span(r)))
		return;
	if (side == REMOTE && !driver_ok(c)) {
		early_fail(c, site.place, span);
		return;
	}
	if (span.start >= r->descs.start && span.start < r->descs.end)
		descs_storing(c, r, span, site);
	else if (check_overlaps(span, r->part[side].span))
		entries_storing(c, r, span, site);
	/* The host zeroes both parts before DRIVER_OK. */
	else if (check_overlaps(span, r->part[check_peer(side)].span) && driver_ok(c))
		write_fail(c, site, side == HOST ? "the used part of a vring" : "the avail part of a vring",
			   span);
	if (driver_ok(c))
		check_witness(c, CLAUSE_VRING_WRITE_01);
}

void check_ring_storing(struct checker *c, struct check_line *line, struct check_span span,
			struct check_site site)
{
	c->last_access[site.place.side] = site.place;
	for (unsigned int i = 0; line->role & CHECK_ROLE_RING && i < CHECK_RINGS; i++)
		if (c->ring[i].configured)
			ring_storing(c, &c->ring[i], span, site);
	if (line->role & CHECK_ROLE_BUFFER)
		buffer_storing(c, line, span, site);
}

/* ---- Publishing -------------------------------------------------------------------------------------- */

static void id_fail(struct checker *c, const struct check_ring *r, uint64_t field, uint64_t size,
		    struct check_site publish, uint32_t seen, const char *expected)
{
	struct check_site writer = check_writer(c, field, size);
	struct check_violation *v = check_fail(c, CLAUSE_VRING_ID_01, CHECK_AT(writer.place, publish.place));

	if (!v)
		return;
	check_message(v, "the %s publishes %u in the %s part of vring%u, expected %s",
		      check_side_name(publish.place.side), seen, part_name(publish.place.side),
		      ring_number(c, r), expected);
	check_cause(v, "0x%" PRIx64 " was stored by {0} and published by {1}", field);
}

static bool desc_fail(struct checker *c, const struct check_ring *r, uint32_t id, uint64_t field,
		      uint64_t size, struct check_site publish, const char *expected)
{
	uint64_t at = desc_span(r, id).start;
	struct check_site writer = check_writer(c, at + field, size);
	struct check_violation *v =
		check_fail(c, CLAUSE_VRING_DESC_01, CHECK_AT(writer.place, publish.place));

	if (v) {
		check_message(
			v, "descriptor %u of vring%u is {addr 0x%" PRIx64 ", len %u, flags %u}, expected %s",
			id, ring_number(c, r), check_get64(c, at), check_get32(c, at + 8),
			check_get16(c, at + 12), expected);
		check_cause(v, "the field was stored by {0} and published by {1}");
	}
	return false;
}

static bool desc_valid(struct checker *c, const struct check_ring *r, uint32_t id, struct check_site publish)
{
	uint64_t at = desc_span(r, id).start;
	uint16_t flags = check_get16(c, at + offsetof(struct vring_desc, flags));
	uint32_t len = check_get32(c, at + offsetof(struct vring_desc, len));
	struct check_span span = check_span_of(check_get64(c, at), len);

	if (flags != (ring_sender(c, r) == REMOTE ? VRING_DESC_F_WRITE : 0u))
		return desc_fail(c, r, id, offsetof(struct vring_desc, flags), 2, publish,
				 r == &c->ring[0] ? "the flag WRITE (2) alone" : "no flags");
	if (len < HDR_BYTES)
		return desc_fail(c, r, id, offsetof(struct vring_desc, len), 4, publish,
				 "room for a message header");
	if (!check_in_kind(c, span, true, false))
		return desc_fail(c, r, id, offsetof(struct vring_desc, addr), 8, publish,
				 "a buffer inside shared control memory");
	for (unsigned int i = 0; i < CHECK_RINGS; i++)
		if (c->ring[i].configured && check_overlaps(span, ring_span(&c->ring[i])))
			return desc_fail(c, r, id, offsetof(struct vring_desc, addr), 8, publish,
					 "a buffer apart from the vrings");
	return true;
}

static void line_fail(struct checker *c, struct check_place a, struct check_place b, uint64_t line,
		      const char *what)
{
	struct check_violation *v = check_fail(c, CLAUSE_VRING_LINE_01, CHECK_AT(a, b));

	if (!v)
		return;
	check_message(v, "line 0x%" PRIx64 " holds %s, and a side maps it cached", line, what);
	check_cause(v, "{0} and {1} place them there: a write-back of the line by one side overwrites what "
		       "the other "
		       "stored");
}

/* Makes the lines of a buffer lead to its descriptor. False when an outstanding buffer overlaps it. */
static bool buffer_paint(struct checker *c, struct check_ring *r, uint32_t id, struct check_site publish)
{
	struct check_desc *d = &r->desc[id];
	struct check_span lines = check_lines(d->buffer, check_line_bytes(c, d->buffer));
	uint64_t granule = d->buffer.start & ~(uint64_t)(CHECK_GRANULE - 1u);

	for (; granule < d->buffer.end; granule += CHECK_GRANULE) {
		struct check_line *line = check_line_at(c, granule);
		struct check_desc *other;

		if (!line)
			return true;
		other = line->role & CHECK_ROLE_BUFFER ? desc_of(c, line->buffer) : d;
		if (other != d && other->available && check_overlaps(other->buffer, d->buffer))
			return desc_fail(c, r, id, offsetof(struct vring_desc, addr), 8, publish,
					 "a buffer apart from those that are outstanding");
		if (other != d && other->buffer.start != d->buffer.start &&
		    check_overlaps(other->buffer, lines))
			line_fail(c, publish.place, other->given.place, granule, "two rpmsg buffers");
		line->role |= CHECK_ROLE_BUFFER;
		line->buffer = (uint16_t)(ring_number(c, r) * CHECK_RING_MAX + id);
	}
	return true;
}

/* The event since which the sender of a message in this buffer must have written it. */
static uint64_t buffer_owned_since(struct checker *c, uint64_t start)
{
	unsigned int ring;
	const struct check_desc *d = check_ring_find(c, start, &ring);

	return d && d->buffer.start == start ? d->given.event : 0;
}

static void message_publish(struct checker *c, struct check_ring *r, struct check_desc *d, uint64_t room,
			    uint64_t since, struct check_site publish)
{
	uint8_t sender = publish.place.side;
	uint64_t start = d->buffer.start;
	struct check_span len = check_span_of(start + offsetof(struct rpmsg_hdr, len), 2);
	struct check_message m = {.sender = sender, .buffer = start, .publish = publish};

	if (!written_since(c, sender, len, since)) {
		order_fail(c, r, sender, "message header of buffer", (uint32_t)(d - r->desc), len, publish);
		return;
	}
	m.at = start + HDR_BYTES;
	m.size = check_get16(c, len.start);
	d->message = check_span_of(start, m.size + HDR_BYTES < room ? m.size + HDR_BYTES : room);
	sync_publish(c, &r->part[sender], "a message", d->message, publish);
	check_rpmsg_message(c, &m, room);
}

static void avail_publish(struct checker *c, struct check_ring *r, uint32_t slot, struct check_site publish)
{
	struct check_part *part = &r->part[HOST];
	struct check_span entry = entry_span(r, HOST, slot), desc;
	uint64_t after = part->entry[slot] > part->zeroed ? part->entry[slot] : part->zeroed;
	uint16_t id = check_get16(c, entry.start);
	struct check_desc *d;
	uint64_t since;

	if (!written_since(c, HOST, entry, after)) {
		order_fail(c, r, HOST, "avail entry", slot, entry, publish);
		return;
	}
	sync_publish(c, part, "an avail entry", entry, publish);
	if (id >= r->num || r->desc[id].available) {
		id_fail(c, r, entry.start, 2, publish, id,
			"a descriptor of the ring that is not outstanding");
		r->changed.event = 0;
		return;
	}
	d = &r->desc[id];
	desc = desc_span(r, id);
	if (!written_since(c, HOST, check_span_of(desc.start, DESC_USED_BYTES), part->zeroed)) {
		order_fail(c, r, HOST, "descriptor", id, desc, publish);
		return;
	}
	sync_publish(c, part, "a descriptor", check_span_of(desc.start, DESC_USED_BYTES), publish);
	since = buffer_owned_since(c, check_get64(c, desc.start));
	d->seen = d->available = true;
	d->taken = false;
	d->slot = (uint16_t)slot;
	d->given = publish;
	d->buffer = d->message = (struct check_span){0, 0};
	r->outstanding++;
	check_witness(c, CLAUSE_VRING_ORDER_01);
	check_witness(c, CLAUSE_VRING_ID_01);
	if (!desc_valid(c, r, id, publish))
		return;
	d->buffer = check_span_of(check_get64(c, desc.start), check_get32(c, desc.start + 8));
	if (!buffer_paint(c, r, id, publish))
		return;
	check_witness(c, CLAUSE_VRING_DESC_01);
	if (r == &c->ring[1]) {
		message_publish(c, r, d, d->buffer.end - d->buffer.start, since, publish);
		return;
	}
	sync_yield(c, HOST, "an empty rpmsg buffer", d->buffer, publish);
	check_buffer_release(c, d->buffer.start, HOST, publish);
}

/* VRING-SYNC-04: the first store to a slot since the host zeroed its line. */
static void zeroed_judge(struct checker *c, struct check_span entry)
{
	uint64_t granule = entry.start & ~(uint64_t)(CHECK_GRANULE - 1u);
	const struct check_line *line = check_line_find(c, granule);
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
	check_message(v,
		      "the remote stores to line 0x%" PRIx64 " of its used part, which it did not invalidate",
		      granule);
	check_cause(v, "{0} may store into a copy from before {1} zeroed the line: its clean carries old "
		       "bytes back");
}

static void used_publish(struct checker *c, struct check_ring *r, uint32_t slot, struct check_site publish)
{
	struct check_part *part = &r->part[REMOTE];
	struct check_span entry = entry_span(r, REMOTE, slot);
	uint32_t id = check_get32(c, entry.start), len = check_get32(c, entry.start + VRING_USED_LEN);
	struct check_violation *v;
	struct check_desc *d;
	struct check_site writer;

	if (!written_since(c, REMOTE, entry, part->entry[slot])) {
		order_fail(c, r, REMOTE, "used entry", slot, entry, publish);
		return;
	}
	check_witness(c, CLAUSE_VRING_ORDER_01);
	if (!part->entry[slot])
		zeroed_judge(c, entry);
	sync_publish(c, part, "a used entry", entry, publish);
	if (id >= r->num || !r->desc[id].available || !r->desc[id].taken) {
		id_fail(c, r, entry.start + VRING_USED_ID, 4, publish, id,
			"a descriptor that is outstanding and was taken from the avail part");
		return;
	}
	check_witness(c, CLAUSE_VRING_ID_01);
	d = &r->desc[id];
	d->available = false;
	d->returned = publish;
	r->outstanding--;
	if (len > d->buffer.end - d->buffer.start) {
		writer = check_writer(c, entry.start + VRING_USED_LEN, 4);
		v = check_fail(c, CLAUSE_VRING_LEN_01, CHECK_AT(writer.place, publish.place));
		if (v) {
			check_message(v,
				      "used entry %u of vring%u says %u bytes, expected at most the %" PRIu64
				      " of its buffer",
				      slot, ring_number(c, r), len, d->buffer.end - d->buffer.start);
			check_cause(v, "the length was stored by {0} and published by {1}");
		}
		return;
	}
	check_witness(c, CLAUSE_VRING_LEN_01);
	if (r == &c->ring[0] && len) {
		message_publish(c, r, d, len, d->given.event, publish);
		return;
	}
	sync_yield(c, REMOTE, "an rpmsg buffer", d->buffer, publish);
	check_buffer_release(c, d->buffer.start, REMOTE, publish);
}

static bool part_quiet(struct checker *c, const struct check_ring *r, uint8_t side)
{
	return check_get16(c, r->part[check_peer(side)].span.start) & FLAG_NO_KICK;
}

static void part_publish(struct checker *c, struct check_ring *r, struct check_site site)
{
	uint8_t side = site.place.side;
	struct check_part *part = &r->part[side];
	uint16_t idx = check_get16(c, part->idx);
	uint16_t count = (uint16_t)(idx - part->published);

	if (!count)
		return;
	/* The last word of the avail part is stored only when the host zeroes the ring, which it does
	 * upwards. */
	if (!part->started && side == HOST)
		part->zeroed = check_writer(c, part->span.end - 2u, 2).event;
	part->started = true;
	part->last = site;
	if (count > part_room(r, side)) {
		id_fail(c, r, part->idx, 2, site, idx, "an index that advances by what can be there");
		part->published = idx;
		return;
	}
	for (; part->published != idx; part->published++) {
		uint32_t slot = part->published & (r->num - 1u);

		(side == HOST ? avail_publish : used_publish)(c, r, slot, site);
		part->entry[slot] = site.event;
	}
	descs_judge(c, r);
	part->owes_clean = check_cached(c, side, check_span_of(part->idx, 2));
	part->owes_kick = part->owes_kick || !part_quiet(c, r, side);
}

void check_ring_stored(struct checker *c, struct check_span span, struct check_site site)
{
	for (unsigned int i = 0; i < CHECK_RINGS; i++) {
		struct check_ring *r = &c->ring[i];

		if (r->configured && check_overlaps(span, check_span_of(r->part[site.place.side].idx, 2)))
			part_publish(c, r, site);
	}
}

/* ---- Kicks and pauses -------------------------------------------------------------------------------- */

static void index_pause(struct checker *c, const struct check_ring *r, struct check_part *part,
			struct check_place at)
{
	struct check_span idx = check_span_of(part->idx, 2);
	struct check_site site;
	struct check_violation *v;
	uint64_t line;

	if (!part->owes_clean)
		return;
	part->owes_clean = false;
	if (!check_unclean(c, at.side, idx, &line, &site)) {
		check_witness(c, CLAUSE_VRING_SYNC_01);
		return;
	}
	v = check_fail(c, CLAUSE_VRING_SYNC_01, CHECK_AT(site.place, at));
	if (!v)
		return;
	check_message(v, "the %s goes on with %s.idx of vring%u in line 0x%" PRIx64 " unclean",
		      check_side_name(at.side), part_name(at.side), ring_number(c, r), line);
	check_cause(v, "line 0x%" PRIx64 " was last stored by {0} and not cleaned before {1}", line);
	check_await(c, v, check_peer(at.side), idx);
}

static void kick_pause(struct checker *c, const struct check_ring *r, struct check_part *part,
		       struct check_place at, const char *what)
{
	struct check_violation *v;

	if (!part->owes_kick)
		return;
	part->owes_kick = false;
	if (!what) {
		check_witness(c, CLAUSE_SBE_KICK_01);
		return;
	}
	if (part_quiet(c, r, at.side))
		return;
	v = check_fail(c, CLAUSE_SBE_KICK_01, CHECK_AT(part->last.place, at));
	if (!v)
		return;
	check_message(v, "the %s %s after it published in the %s part of vring%u, expected a kick first",
		      check_side_name(at.side), what, part_name(at.side), ring_number(c, r));
	check_cause(v, "{0} stored the index; {1} %s; the other side's flags do not suppress the kick", what);
	check_await(c, v, check_peer(at.side), check_span_of(part->idx, 2));
}

void check_ring_pause(struct checker *c, uint8_t side, struct check_place at, const char *what)
{
	if (!driver_ok(c))
		return;
	for (unsigned int i = 0; i < CHECK_RINGS; i++) {
		struct check_ring *r = &c->ring[i];

		if (!r->configured)
			continue;
		descs_judge(c, r);
		index_pause(c, r, &r->part[side], at);
		kick_pause(c, r, &r->part[side], at, what);
	}
}

/* ---- Life of a ring ---------------------------------------------------------------------------------- */

static void part_init(struct check_part *part, uint64_t start, uint64_t size, uint32_t num)
{
	memset(part, 0, offsetof(struct check_part, entry));
	memset(part->entry, 0, num * sizeof(part->entry[0]));
	part->span = check_span_of(start, size);
	part->idx = start + VRING_AVAIL_IDX;
}

void check_ring_setup(struct checker *c, unsigned int number, uint64_t da, uint32_t align, uint32_t num)
{
	struct check_ring *r = &c->ring[number];
	uint64_t granule = da & ~(uint64_t)(CHECK_GRANULE - 1u);

	if (r->configured && r->descs.start == da && r->align == align && r->num == num)
		return;
	if (num > CHECK_RING_MAX) {
		check_limit(c, CLAUSE_VRING_ID_01);
		return;
	}
	r->configured = true;
	r->num = num;
	r->align = align;
	r->outstanding = 0;
	r->changed.event = 0;
	r->descs = check_span_of(da, VRING_AVAIL_OFFSET(num));
	memset(r->desc, 0, num * sizeof(r->desc[0]));
	part_init(&r->part[HOST], r->descs.end, VRING_AVAIL_RING(num) + 2u, num);
	part_init(&r->part[REMOTE], da + VRING_USED_OFFSET(num, align), VRING_USED_RING(num) + 2u, num);
	for (; granule < r->part[REMOTE].span.end; granule += CHECK_GRANULE) {
		struct check_line *line = check_line_at(c, granule);

		if (line)
			line->role |= CHECK_ROLE_RING;
	}
	/* Drivers may fill a ring before they say where it is. */
	for (uint8_t side = 0; side < CHECK_SIDES; side++) {
		struct check_site site = check_writer(c, r->part[side].idx, 2);

		if (site.event && site.place.side == side)
			part_publish(c, r, site);
	}
}

static void layout_judge(struct checker *c, const struct check_ring *a, const struct check_ring *b,
			 struct check_site site)
{
	struct check_span avail = {a->descs.start, a->part[HOST].span.end}, used = b->part[REMOTE].span;
	uint64_t bytes = check_line_bytes(c, avail), other = check_line_bytes(c, used);
	uint64_t at = c->vdev + offsetof(struct fw_rsc_vdev, vring) +
		      ring_number(c, b) * sizeof(struct fw_rsc_vdev_vring);

	if (other > bytes)
		bytes = other;
	if (!bytes)
		return;
	if (check_overlaps(check_lines(avail, bytes), check_lines(used, bytes)))
		line_fail(c, check_writer(c, at, 8).place, site.place, used.start & ~(bytes - 1u),
			  "bytes of both parts of a vring");
	else
		check_witness(c, CLAUSE_VRING_LINE_01);
}

void check_ring_started(struct checker *c, struct check_site site)
{
	for (unsigned int i = 0; i < CHECK_RINGS; i++) {
		if (!c->ring[i].configured)
			continue;
		sync_yield(c, HOST, "the used part of a vring", c->ring[i].part[REMOTE].span, site);
		for (unsigned int j = 0; j < CHECK_RINGS; j++)
			if (c->ring[j].configured)
				layout_judge(c, &c->ring[i], &c->ring[j], site);
	}
}

void check_ring_reset(struct checker *c)
{
	for (unsigned int i = 0; i < CHECK_RINGS; i++) {
		struct check_ring *r = &c->ring[i];

		if (r->configured)
			memset(r->desc, 0, r->num * sizeof(r->desc[0]));
		r->configured = false;
	}
}
