/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The buffers of messages: RPMSG-BUF-01 to -03, VRING-WRITE-02, VRING-LINE-02, VRING-DESC-04.
 *
 * Buffers are found by address, from the lines that they were published in. What a side does with a buffer before it
 * first publishes it is not judged, nor how long it keeps one: only that in the end none is lost. Headers are
 * check_rpmsg.c's.
 */
#include "conformance/check_ring.h"

#include <inttypes.h>

struct check_desc *ring_desc_of(struct checker *c, uint16_t buffer)
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
	struct check_desc *d = ring_desc_of(c, line->buffer);

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

static struct check_desc *buffer_find(struct checker *c, uint64_t addr)
{
	const struct check_line *line = check_line_find(c, addr & ~(uint64_t)(CHECK_GRANULE - 1u));

	return line && line->role & CHECK_ROLE_BUFFER ? buffer_at(c, line, addr) : NULL;
}

const struct check_desc *check_ring_find(struct checker *c, uint64_t addr, unsigned int *ring)
{
	const struct check_desc *d = buffer_find(c, addr);

	if (d)
		*ring = ring_number(c, desc_ring(c, d));
	return d;
}

/* ---- Placing ----------------------------------------------------------------------------------------- */

void ring_line_fail(struct checker *c, enum clause_id clause, struct check_place a, struct check_place b, uint64_t line,
		    const char *what)
{
	struct check_violation *v = check_fail(c, clause, CHECK_AT(a, b));

	if (!v)
		return;
	check_message(v, "line 0x%" PRIx64 " holds %s, and a side maps it cached", line, what);
	check_cause(v, "{0} and {1} place them there: a write-back of the line by one side overwrites what "
		       "the other "
		       "stored");
}

static void line_judge_ring(struct checker *c, const struct check_ring *r, struct check_span buffer,
			    struct check_site publish)
{
	uint64_t bytes = check_line_bytes(c, buffer);
	struct check_span lines = check_lines(buffer, bytes);

	if (bytes && check_overlaps(check_lines(ring_span(r), bytes), lines))
		ring_line_fail(c, CLAUSE_VRING_LINE_02, publish.place, ring_told(c, r), lines.start,
			       "an rpmsg buffer and a vring");
}

void ring_buffers_judge(struct checker *c, const struct check_ring *r)
{
	for (unsigned int i = 0; i < CHECK_RINGS; i++) {
		const struct check_ring *other = &c->ring[i];

		for (uint32_t id = 0; other->configured && id < other->num; id++) {
			const struct check_desc *d = &other->desc[id];

			if (!d->available || d->buffer.start == d->buffer.end)
				continue;
			if (check_overlaps(d->buffer, ring_span(r)))
				ring_desc_fail(c, CLAUSE_VRING_DESC_01, other, id, offsetof(struct vring_desc, addr),
					       d->given, "a buffer apart from the vrings");
			line_judge_ring(c, r, d->buffer, d->given);
		}
	}
}

bool ring_buffer_paint(struct checker *c, struct check_ring *r, uint32_t id, struct check_site publish)
{
	struct check_desc *d = &r->desc[id];
	uint64_t bytes = check_line_bytes(c, d->buffer);
	struct check_span lines = check_lines(d->buffer, bytes);
	uint64_t granule = d->buffer.start & ~(uint64_t)(CHECK_GRANULE - 1u);

	for (unsigned int i = 0; i < CHECK_RINGS; i++)
		if (c->ring[i].configured)
			line_judge_ring(c, &c->ring[i], d->buffer, publish);
	for (; granule < d->buffer.end; granule += CHECK_GRANULE) {
		struct check_line *line = check_line_at(c, granule);
		struct check_desc *other;

		if (!line)
			return true;
		other = line->role & CHECK_ROLE_BUFFER ? ring_desc_of(c, line->buffer) : d;
		if (other != d && other->available && check_overlaps(other->buffer, d->buffer))
			return ring_desc_fail(c, CLAUSE_VRING_DESC_04, r, id, offsetof(struct vring_desc, addr),
					      publish, "a buffer apart from those that are outstanding");
		if (other != d && bytes && other->buffer.start != d->buffer.start &&
		    check_overlaps(other->buffer, lines))
			ring_line_fail(c, CLAUSE_VRING_LINE_02, publish.place, other->given.place, granule,
				       "two rpmsg buffers");
		line->role |= CHECK_ROLE_BUFFER;
		line->buffer = (uint16_t)(ring_number(c, r) * CHECK_RING_MAX + id);
	}
	check_witness(c, CLAUSE_VRING_DESC_04);
	if (bytes)
		check_witness(c, CLAUSE_VRING_LINE_02);
	return true;
}

/* ---- Messages ---------------------------------------------------------------------------------------- */

uint64_t ring_buffer_since(struct checker *c, uint64_t start)
{
	const struct check_desc *d = buffer_find(c, start);

	return d && d->buffer.start == start ? d->given.event : 0;
}

void ring_message_publish(struct checker *c, struct check_ring *r, struct check_desc *d, uint64_t room, uint64_t since,
			  struct check_site publish)
{
	uint8_t sender = publish.place.side;
	uint64_t start = d->buffer.start;
	struct check_span len = check_span_of(start + offsetof(struct rpmsg_hdr, len), 2);
	struct check_message m = {.sender = sender, .buffer = start, .publish = publish};

	if (!ring_written_since(c, sender, len, since)) {
		ring_order_fail(c, r, sender, "message header of buffer", (uint32_t)(d - r->desc), len, publish);
		return;
	}
	m.at = start + RING_HDR_BYTES;
	m.size = check_get16(c, len.start);
	d->message = check_span_of(start, m.size + RING_HDR_BYTES < room ? m.size + RING_HDR_BYTES : room);
	ring_sync_publish(c, &r->part[sender], CLAUSE_VRING_SYNC_05, "a message", d->message, publish);
	check_witness(c, CLAUSE_RPMSG_DATA_02);
	check_rpmsg_message(c, &m, room);
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

static void beyond_fail(struct checker *c, const struct check_desc *d, struct check_span span,
			struct check_site publish, struct check_place place)
{
	struct check_violation *v = check_fail(c, CLAUSE_RPMSG_BUF_03, CHECK_AT(place, publish.place));

	if (!v)
		return;
	check_message(v, "the %s loads 0x%" PRIx64 " to 0x%" PRIx64 ", beyond the %" PRIu64 " bytes of the message",
		      check_side_name(place.side), span.start, span.end - 1, d->message.end - d->message.start);
	check_cause(v, "{0} reads bytes of the buffer that {1} did not publish");
}

static void message_loaded(struct checker *c, const struct check_ring *r, const struct check_desc *d,
			   struct check_span span, struct check_place place)
{
	struct check_site publish = d->available ? d->given : d->returned;

	if (span.end > d->message.end) {
		beyond_fail(c, d, span, publish, place);
		span.end = d->message.end;
	} else {
		check_witness(c, CLAUSE_RPMSG_BUF_03);
	}
	if (span.start >= span.end)
		return;
	ring_sync_receive(c, &r->part[check_peer(place.side)], CLAUSE_VRING_SYNC_07, "a message", span, publish, place);
	check_witness(c, CLAUSE_RPMSG_DATA_01);
}

void ring_buffer_loaded(struct checker *c, struct check_line *line, struct check_span span, struct check_place place)
{
	struct check_desc *d = buffer_at(c, line, span.start);
	const struct check_ring *r;

	if (!d || !buffer_owned(c, d, span, place, "loads"))
		return;
	r = desc_ring(c, d);
	if (place.side != ring_sender(c, r) && d->message.end > d->message.start)
		message_loaded(c, r, d, span, place);
}

void ring_write_fail(struct checker *c, enum clause_id clause, struct check_site site, const char *what,
		     struct check_span span)
{
	struct check_violation *v = check_fail(c, clause, CHECK_AT(site.place));

	if (!v)
		return;
	check_message(v, "the %s stores to %s at 0x%" PRIx64 ", which is the %s's to write",
		      check_side_name(site.place.side), what, span.start,
		      check_side_name(check_peer(site.place.side)));
	check_cause(v, "{0} stores there");
}

void ring_buffer_storing(struct checker *c, struct check_line *line, struct check_span span, struct check_site site)
{
	struct check_desc *d = buffer_at(c, line, span.start);
	uint64_t reserved;

	if (!d || !buffer_owned(c, d, span, site.place, "stores to"))
		return;
	reserved = d->buffer.start + offsetof(struct rpmsg_hdr, reserved);
	if (site.place.side == HOST || desc_ring(c, d) == &c->ring[0] || d->writable)
		return;
	if (!check_inside(span, check_span_of(reserved, 4)))
		ring_write_fail(c, CLAUSE_VRING_WRITE_02, site, "a buffer that it was given for reading", span);
}

/* ---- Facts ------------------------------------------------------------------------------------------- */

const char *check_ring_relied(struct checker *c, uint8_t side, struct check_span span)
{
	const struct check_desc *d = buffer_find(c, span.start);

	if (d)
		return d->available == (side == REMOTE) && check_overlaps(span, d->message) ? "a message" : NULL;
	for (unsigned int i = 0; i < CHECK_RINGS; i++) {
		const struct check_ring *r = &c->ring[i];

		if (!r->configured || side == HOST || !check_inside(span, r->descs))
			continue;
		d = &r->desc[(span.start - r->descs.start) / RING_DESC_BYTES];
		return d->available && d->taken ? "a descriptor" : NULL;
	}
	return NULL;
}

bool check_ring_given(struct checker *c, uint8_t side, struct check_span span)
{
	const struct check_desc *d = buffer_find(c, span.start);

	return d && d->available == (side == HOST) && ring_sender(c, desc_ring(c, d)) == side &&
	       check_overlaps(span, d->message);
}

bool check_ring_free(struct checker *c, uint8_t side, struct check_span span)
{
	const struct check_desc *d = buffer_find(c, span.start);

	return d && d->available == (side == REMOTE) && check_inside(span, d->buffer) && !check_overlaps(span, d->message);
}

/* ---- The end ----------------------------------------------------------------------------------------- */

/* A receiver has the message of `d` and did not give its buffer back. */
static bool desc_kept(const struct checker *c, const struct check_ring *r, const struct check_desc *d)
{
	return ring_sender(c, r) == HOST ? d->available && d->taken : d->seen && !d->available && d->collected;
}

static struct check_site desc_published(const struct checker *c, const struct check_ring *r, const struct check_desc *d)
{
	return ring_sender(c, r) == HOST ? d->given : d->returned;
}

/* The receiver gave the buffer of the last message in `d` back. */
static bool desc_back(const struct checker *c, const struct check_ring *r, const struct check_desc *d)
{
	return ring_sender(c, r) == HOST ? d->returned.event > d->given.event
					 : d->returned.event && d->given.event > d->returned.event;
}

static void kept_fail(struct checker *c, const struct check_ring *r, const struct check_desc *d, const char *while_what)
{
	uint8_t receiver = check_peer(ring_sender(c, r));
	struct check_violation *v = check_fail(c, CLAUSE_RPMSG_BUF_02,
					       CHECK_AT(desc_published(c, r, d).place, c->last_access[receiver]));

	if (!v)
		return;
	check_message(v, "the %s never gives back the buffer at 0x%" PRIx64 " (descriptor %u of vring%u), %s",
		      check_side_name(receiver), d->buffer.start, (unsigned int)(d - r->desc), ring_number(c, r),
		      while_what);
	check_cause(v, "its message was published by {0}; what the %s did last was {1}", check_side_name(receiver));
}

/* Later ones went back, or nothing is left to send with. */
static void ring_judge_kept(struct checker *c, const struct check_ring *r)
{
	const struct check_desc *oldest = NULL;
	uint64_t back = 0; /* the newest message that went back */
	uint32_t kept = 0;

	for (uint32_t i = 0; i < r->num; i++) {
		const struct check_desc *d = &r->desc[i];
		uint64_t published = desc_published(c, r, d).event;

		if (desc_back(c, r, d) && published > back)
			back = published;
		if (!desc_kept(c, r, d))
			continue;
		kept++;
		if (!oldest || published < desc_published(c, r, oldest).event)
			oldest = d;
	}
	if (!oldest && back)
		check_witness(c, CLAUSE_RPMSG_BUF_02);
	if (!oldest)
		return;
	if (desc_published(c, r, oldest).event < back)
		kept_fail(c, r, oldest, "though it gave back later ones");
	else if (kept == r->num)
		kept_fail(c, r, oldest, "and has all others too");
}

void check_ring_finish(struct checker *c)
{
	for (unsigned int i = 0; c->run_ended && i < CHECK_RINGS; i++)
		if (c->ring[i].configured)
			ring_judge_kept(c, &c->ring[i]);
}
