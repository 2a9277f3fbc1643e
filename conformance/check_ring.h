/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files about vrings share: where a ring's parts lie, and the judgements that one of them asks of another.
 *
 * check_ring.c says where the rings are and when they are in use, check_entry.c judges accesses of ring memory,
 * check_publish.c what a store of an index publishes, check_message.c the rpmsg buffers, check_sync.c cache maintenance
 * and barriers.
 */
#ifndef CONFORMANCE_CHECK_RING_H
#define CONFORMANCE_CHECK_RING_H

#include "conformance/check.h"

#define RING_DESC_BYTES sizeof(struct vring_desc)
#define RING_DESC_USED_BYTES offsetof(struct vring_desc, next) /* what a driver must store */
#define RING_HDR_BYTES sizeof(struct rpmsg_hdr)

static inline const char *ring_part_name(uint8_t side)
{
	return side == HOST ? "avail" : "used";
}

static inline unsigned int ring_number(const struct checker *c, const struct check_ring *r)
{
	return (unsigned int)(r - c->ring);
}

/* Buffers of vring0 are the remote's to write, those of vring1 the host's. */
static inline uint8_t ring_sender(const struct checker *c, const struct check_ring *r)
{
	return r == &c->ring[0] ? REMOTE : HOST;
}

static inline struct check_span ring_span(const struct check_ring *r)
{
	return (struct check_span){r->descs.start, r->part[REMOTE].span.end};
}

static inline struct check_span ring_idx(const struct check_part *part)
{
	return check_span_of(part->idx, 2);
}

static inline struct check_span ring_entry(const struct check_ring *r, uint8_t side, uint32_t slot)
{
	uint64_t at = r->part[side].span.start;

	return side == HOST ? check_span_of(at + VRING_AVAIL_RING(slot), 2)
			    : check_span_of(at + VRING_USED_RING(slot), 8);
}

static inline struct check_span ring_desc(const struct check_ring *r, uint32_t id)
{
	return check_span_of(r->descs.start + VRING_DESC_OFFSET(id), RING_DESC_BYTES);
}

/* How far the index of this part may advance. */
static inline uint32_t ring_room(const struct check_ring *r, uint8_t side)
{
	return side == HOST ? r->num - r->outstanding : r->outstanding;
}

/* The slots of a part whose entries `span` overlaps: [*first, *end). */
void ring_slots(const struct check_ring *r, uint8_t side, struct check_span span, uint32_t *first, uint32_t *end);

/* ---- check_ring.c ------------------------------------------------------------------------------------- */
/* Who said where the ring lies. */
struct check_place ring_told(struct checker *c, const struct check_ring *r);
/* The driver filled declared rings and goes on, or the device uses them: from here on they are in use. */
void ring_declared_start(struct checker *c, struct check_site site);

/* ---- check_entry.c ------------------------------------------------------------------------------------ */
/* Stores to outstanding descriptors that turned out not to be the beginning of using them a second time. */
void ring_changes_judge(struct checker *c, struct check_ring *r);
/* The suppression flags of `side`, as they are when a ring comes into use. */
void ring_flags_judge(struct checker *c, const struct check_ring *r, uint8_t side);

/* ---- check_publish.c ---------------------------------------------------------------------------------- */
/* `site` stored the index of its side's part. */
void ring_publish(struct checker *c, struct check_ring *r, struct check_site site);
/* True when `side` stored all of these bytes after `event`. */
bool ring_written_since(struct checker *c, uint8_t side, struct check_span span, uint64_t event);
void ring_order_fail(struct checker *c, const struct check_ring *r, uint8_t side, const char *what, uint32_t number,
		     struct check_span span, struct check_site publish);
/* Reports the field at `offset` of a descriptor under `clause`, and returns false. */
bool ring_desc_fail(struct checker *c, enum clause_id clause, const struct check_ring *r, uint32_t id, uint64_t offset,
		    struct check_site publish, const char *expected);

/* ---- check_message.c ---------------------------------------------------------------------------------- */
struct check_desc *ring_desc_of(struct checker *c, uint16_t buffer);
void ring_line_fail(struct checker *c, enum clause_id clause, struct check_place a, struct check_place b, uint64_t line,
		    const char *what);
/* Makes the lines of a buffer lead to its descriptor. False when an outstanding buffer overlaps it. */
bool ring_buffer_paint(struct checker *c, struct check_ring *r, uint32_t id, struct check_site publish);
/* Buffers that were published before it was known that `r` is a vring. */
void ring_buffers_judge(struct checker *c, const struct check_ring *r);
/* The event since which the sender of a message in the buffer at `start` must have written it. */
uint64_t ring_buffer_since(struct checker *c, uint64_t start);
/* A message of at most `room` bytes, header included, in the buffer of `d`. */
void ring_message_publish(struct checker *c, struct check_ring *r, struct check_desc *d, uint64_t room, uint64_t since,
			  struct check_site publish);
void ring_buffer_loaded(struct checker *c, struct check_line *line, struct check_span span, struct check_place place);
void ring_buffer_storing(struct checker *c, struct check_line *line, struct check_span span, struct check_site site);
void ring_write_fail(struct checker *c, enum clause_id clause, struct check_site site, const char *what,
		     struct check_span span);

/* ---- check_sync.c ------------------------------------------------------------------------------------- */
/* Bytes that are being published: clean, and stored before a barrier; those in the line of the index go with it. */
void ring_sync_publish(struct checker *c, const struct check_part *part, enum clause_id clause, const char *what,
		       struct check_span span, struct check_site publish);
/* `place` reads bytes that were published at `publish`: invalidated since then. */
void ring_sync_receive(struct checker *c, const struct check_part *part, enum clause_id clause, const char *what,
		       struct check_span span, struct check_site publish, struct check_place place);
/* The other side is about to write `span`. */
void ring_sync_yield(struct checker *c, uint8_t side, const char *what, struct check_span span, struct check_site at);
/* The first store to a slot since the host zeroed its line. */
void ring_sync_zeroed(struct checker *c, struct check_span entry);
/* The index that `side` stored, when it kicks, waits or ends. */
void ring_sync_index(struct checker *c, const struct check_ring *r, uint8_t side, struct check_place at);
/* `place` reads the other side's index, and finds `value`. */
void ring_sync_look(struct checker *c, const struct check_ring *r, struct check_place place, uint16_t value);
/* `place` reads an entry of the other side that was published. */
void ring_sync_take(struct checker *c, const struct check_ring *r, struct check_place place, struct check_span entry);

#endif
