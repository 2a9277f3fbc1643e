/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What SBE messages say: SBE-WIRE-01, SBE-AREA-*, SBE-TXN-*, SBE-RESP-01, SBE-LIVE-02. What becomes of the
 * buffers that they describe is check_buffer.c's.
 *
 * The payload after the entries is the application's. Contexts are compared, not judged.
 */
#include "conformance/check.h"

#include <inttypes.h>

#define AREA_ID_REMOTE 0x80000000u /* PROTOCOL.md, R-AREA-2 */
#define STATUS_LAST SBE_ENOTSUPP
#define FIELD(type, name) offsetof(struct type, name), sizeof(((struct type *)NULL)->name)

struct sbe_parsed {
	struct sbe_hdr hdr;
	uint64_t entries; /* address */
};

/* Places of a violation about one field: the store of exactly that field, and the publishing one. */
static struct check_violation *field_fail(struct checker *c, enum clause_id clause,
					  const struct check_message *m, uint64_t base, uint64_t offset,
					  uint64_t size)
{
	struct check_site writer = check_writer(c, base + offset, size);
	struct check_violation *v = check_fail(c, clause, CHECK_AT(writer.place, m->publish.place));

	if (v)
		check_cause(v, "the field at 0x%" PRIx64 " was stored by {0} and published by {1}",
			    base + offset);
	return v;
}

/* ---- SBE-WIRE-01 ------------------------------------------------------------------------------------- */

static bool wire_fail(struct checker *c, const struct check_message *m, uint64_t base, uint64_t offset,
		      uint64_t size, const char *what, uint64_t seen, const char *expected)
{
	struct check_violation *v = field_fail(c, CLAUSE_SBE_WIRE_01, m, base, offset, size);

	if (v)
		check_message(v, "the %s sends an SBE message whose %s is %" PRIu64 ", expected %s",
			      check_side_name(m->sender), what, seen, expected);
	return false;
}

static bool header_valid(struct checker *c, const struct check_message *m, const struct sbe_hdr *h)
{
	if (m->size < sizeof(*h))
		return wire_fail(c, m, m->at - sizeof(struct rpmsg_hdr), FIELD(rpmsg_hdr, len), "length",
				 m->size, "16 bytes of header at least");
	if (h->version != SBE_VERSION)
		return wire_fail(c, m, m->at, FIELD(sbe_hdr, version), "version", h->version, "1");
	if (h->type < SBE_REQUEST || h->type > SBE_AREA_ACK)
		return wire_fail(c, m, m->at, FIELD(sbe_hdr, type), "type", h->type, "1 to 6");
	if (h->count > (m->size - sizeof(*h)) / sizeof(struct sbe_buf))
		return wire_fail(c, m, m->at, FIELD(sbe_hdr, count), "count", h->count,
				 "what fits the payload");
	/* Between the entries and `size` there may be extensions. */
	if (h->size % 8u || h->size < sizeof(*h) + h->count * sizeof(struct sbe_buf) || h->size > m->size)
		return wire_fail(c, m, m->at, FIELD(sbe_hdr, size), "size", h->size,
				 "a multiple of 8 that holds header and entries and fits the payload");
	if (h->status > STATUS_LAST)
		return wire_fail(c, m, m->at, FIELD(sbe_hdr, status), "status", h->status, "a known one");
	if (h->status && h->type != SBE_RESPONSE && h->type != SBE_AREA_ACK)
		return wire_fail(c, m, m->at, FIELD(sbe_hdr, status), "status", h->status,
				 "0 but in answers");
	return true;
}

static bool entry_has_buffer(uint8_t type)
{
	return type == SBE_REQUEST || type == SBE_RESPONSE || type == SBE_MESSAGE;
}

static struct sbe_buf entry_read(struct checker *c, uint64_t at)
{
	return (struct sbe_buf){
		.area = check_get32(c, at),
		.dir = check_get32(c, at + offsetof(struct sbe_buf, dir)),
		.offset = check_get64(c, at + offsetof(struct sbe_buf, offset)),
		.size = check_get64(c, at + offsetof(struct sbe_buf, size)),
	};
}

static bool entries_valid(struct checker *c, const struct check_message *m, const struct sbe_parsed *p)
{
	for (uint32_t i = 0; i < p->hdr.count && entry_has_buffer(p->hdr.type); i++) {
		uint64_t at = p->entries + i * sizeof(struct sbe_buf);
		struct sbe_buf b = entry_read(c, at);

		if (b.dir < SBE_IN || b.dir > SBE_INOUT)
			return wire_fail(c, m, at, FIELD(sbe_buf, dir), "direction", b.dir, "1, 2 or 3");
		if (!b.size)
			return wire_fail(c, m, at, FIELD(sbe_buf, size), "buffer size", b.size, "1 at least");
		if (p->hdr.type == SBE_MESSAGE && b.dir != SBE_IN)
			return wire_fail(c, m, at, FIELD(sbe_buf, dir), "direction", b.dir,
					 "IN (1) in a pure message");
	}
	return true;
}

/* ---- Areas ------------------------------------------------------------------------------------------- */

static struct check_area *area_find(struct checker *c, uint64_t channel, uint32_t id)
{
	for (unsigned int i = 0; i < CHECK_AREAS; i++) {
		struct check_area *a = &c->area[i];

		if (a->state != AREA_FREE && a->channel == channel && a->id == id)
			return a;
	}
	return NULL;
}

static bool area_fail(struct checker *c, const struct check_message *m, uint64_t at, uint64_t offset,
		      uint64_t size, uint32_t id, const char *expected)
{
	struct check_violation *v = field_fail(c, CLAUSE_SBE_AREA_03, m, at, offset, size);

	if (v)
		check_message(v,
			      "the %s announces area %" PRIu32 " at 0x%" PRIx64 " with %" PRIu64
			      " bytes, expected %s",
			      check_side_name(m->sender), id,
			      check_get64(c, at + offsetof(struct sbe_area, da)),
			      check_get64(c, at + offsetof(struct sbe_area, size)), expected);
	return false;
}

static bool area_valid(struct checker *c, const struct check_message *m, uint64_t at, uint32_t id,
		       struct check_span span)
{
	uint64_t bytes = check_line_bytes(c, span);

	if (!id)
		return area_fail(c, m, at, FIELD(sbe_area, id), id, "an ID other than 0");
	if (!check_get64(c, at + offsetof(struct sbe_area, size)))
		return area_fail(c, m, at, FIELD(sbe_area, size), id, "a size other than 0");
	if (!(id & AREA_ID_REMOTE) != (m->sender == HOST))
		return area_fail(c, m, at, FIELD(sbe_area, id), id,
				 "an ID of its own half (bit 31 is the remote's)");
	if (bytes && (span.start | span.end) & (bytes - 1u))
		return area_fail(c, m, at, FIELD(sbe_area, da), id, "whole cache lines");
	if (!check_in_kind(c, span, true, true))
		return area_fail(c, m, at, FIELD(sbe_area, da), id, "a place in shared memory");
	check_witness(c, CLAUSE_SBE_AREA_03);
	return true;
}

static void area_add(struct checker *c, const struct check_message *m, const struct sbe_parsed *p,
		     uint64_t at)
{
	uint32_t id = check_get32(c, at);
	struct check_span span = check_span_of(check_get64(c, at + offsetof(struct sbe_area, da)),
					       check_get64(c, at + offsetof(struct sbe_area, size)));
	unsigned int i = 0;

	if (!area_valid(c, m, at, id, span))
		return;
	while (i < CHECK_AREAS && c->area[i].state != AREA_FREE)
		i++;
	if (i == CHECK_AREAS) {
		check_limit(c, CLAUSE_SBE_AREA_01);
		return;
	}
	c->area[i] = (struct check_area){AREA_ADDED, m->sender, id, p->hdr.txn, m->channel, span};
	check_buffer_home(c, m->sender, span);
}

static void area_remove(struct checker *c, const struct check_message *m, const struct sbe_parsed *p,
			uint64_t at)
{
	struct check_area *a = area_find(c, m->channel, check_get32(c, at));

	if (!a || a->state != AREA_LIVE || a->announcer != m->sender)
		return;
	a->state = AREA_REMOVING;
	a->txn = p->hdr.txn;
}

static bool area_is_double(const struct checker *c, const struct check_area *area)
{
	for (unsigned int i = 0; i < CHECK_AREAS; i++) {
		const struct check_area *a = &c->area[i];

		if (a != area && a->state == AREA_LIVE && a->channel == area->channel && a->id == area->id)
			return true;
	}
	return false;
}

static void area_acknowledge(struct checker *c, const struct check_message *m, const struct check_txn *t,
			     const struct sbe_hdr *h)
{
	for (unsigned int i = 0; i < CHECK_AREAS; i++) {
		struct check_area *a = &c->area[i];
		enum check_area_state waiting = t->type == SBE_AREA_ADD ? AREA_ADDED : AREA_REMOVING;
		struct check_violation *v;

		if (a->state != waiting || a->channel != m->channel || a->announcer == m->sender ||
		    a->txn != t->txn)
			continue;
		a->state = (t->type == SBE_AREA_ADD) == !h->status ? AREA_LIVE : AREA_FREE;
		if (t->type != SBE_AREA_ADD || h->status || !area_is_double(c, a))
			continue;
		v = field_fail(c, CLAUSE_SBE_AREA_03, m, m->at, FIELD(sbe_hdr, status));
		if (v)
			check_message(v,
				      "the %s accepts area %" PRIu32
				      ", whose ID is in use, expected SBE_EAREA (3)",
				      check_side_name(m->sender), a->id);
	}
}

/* The place of a buffer that names a usable area and stays inside it. */
static bool entry_place(struct checker *c, const struct check_message *m, uint64_t at,
			const struct sbe_buf *b, struct check_span *span)
{
	const struct check_area *a = area_find(c, m->channel, b->area);
	struct check_violation *v;
	uint64_t room;

	if (!a || a->state == AREA_ADDED || (a->state == AREA_REMOVING && a->announcer == m->sender)) {
		v = field_fail(c, CLAUSE_SBE_AREA_01, m, at, FIELD(sbe_buf, area));
		if (v)
			check_message(v, "the %s describes a buffer in area %" PRIu32 ", which is %s",
				      check_side_name(m->sender), b->area,
				      !a		       ? "not announced"
				      : a->state == AREA_ADDED ? "not acknowledged"
							       : "being removed");
		return false;
	}
	check_witness(c, CLAUSE_SBE_AREA_01);
	room = a->span.end - a->span.start;
	if (b->offset > room || b->size > room - b->offset) {
		v = b->offset > room ? field_fail(c, CLAUSE_SBE_AREA_02, m, at, FIELD(sbe_buf, offset))
				     : field_fail(c, CLAUSE_SBE_AREA_02, m, at, FIELD(sbe_buf, size));
		if (v)
			check_message(v,
				      "the %s describes offset %" PRIu64 " size %" PRIu64 " of area %" PRIu32
				      ", expected to stay inside its %" PRIu64 " bytes",
				      check_side_name(m->sender), b->offset, b->size, b->area, room);
		return false;
	}
	check_witness(c, CLAUSE_SBE_AREA_02);
	*span = check_span_of(a->span.start + b->offset, b->size);
	return true;
}

/* ---- Transactions ------------------------------------------------------------------------------------ */

static struct check_txn *txn_find(struct checker *c, const struct check_message *m, uint8_t side,
				  uint32_t txn, bool area)
{
	for (unsigned int i = 0; i < CHECK_TXNS; i++) {
		struct check_txn *t = &c->txn[i];

		if (t->used && t->side == side && t->channel == m->channel && t->txn == txn &&
		    area == (t->type != SBE_REQUEST))
			return t;
	}
	return NULL;
}

static bool txn_fail(struct checker *c, enum clause_id clause, const struct check_message *m,
		     const struct sbe_hdr *h, const char *what, const char *expected)
{
	struct check_violation *v = field_fail(c, clause, m, m->at, FIELD(sbe_hdr, txn));

	if (v)
		check_message(v, "the %s sends a %s with transaction %" PRIu32 ", expected %s",
			      check_side_name(m->sender), what, h->txn, expected);
	return false;
}

/* SBE-TXN-02. NULL when it fails, or there is no room. */
static struct check_txn *txn_begin(struct checker *c, const struct check_message *m, const struct sbe_hdr *h)
{
	bool area = h->type != SBE_REQUEST;
	unsigned int i = 0;

	if (!h->txn || txn_find(c, m, m->sender, h->txn, area)) {
		txn_fail(c, CLAUSE_SBE_TXN_02, m, h, area ? "area message" : "request",
			 h->txn ? "one that is not outstanding" : "one other than 0");
		return NULL;
	}
	check_witness(c, CLAUSE_SBE_TXN_02);
	while (i < CHECK_TXNS && c->txn[i].used)
		i++;
	if (i == CHECK_TXNS) {
		check_limit(c, CLAUSE_SBE_TXN_01);
		return NULL;
	}
	c->txn[i].used = true;
	c->txn[i].side = m->sender;
	c->txn[i].type = h->type;
	c->txn[i].txn = h->txn;
	c->txn[i].context = h->context;
	c->txn[i].channel = m->channel;
	c->txn[i].entries = 0;
	c->txn[i].publish = m->publish;
	return &c->txn[i];
}

/* SBE-TXN-01. NULL when it fails. */
static struct check_txn *txn_end(struct checker *c, const struct check_message *m, const struct sbe_hdr *h)
{
	bool area = h->type == SBE_AREA_ACK;
	struct check_txn *t = txn_find(c, m, check_peer(m->sender), h->txn, area);
	struct check_violation *v;

	if (!t) {
		txn_fail(c, CLAUSE_SBE_TXN_01, m, h, area ? "area acknowledgement" : "response",
			 "that of an outstanding request");
		return NULL;
	}
	if (t->context != h->context) {
		v = field_fail(c, CLAUSE_SBE_TXN_01, m, m->at, FIELD(sbe_hdr, context));
		if (v)
			check_message(v,
				      "the %s answers transaction %" PRIu32 " in context %" PRIu32
				      ", expected %" PRIu32,
				      check_side_name(m->sender), h->txn, h->context, t->context);
	} else {
		check_witness(c, CLAUSE_SBE_TXN_01);
	}
	t->used = false;
	return t;
}

/* ---- Messages ---------------------------------------------------------------------------------------- */

static void request_take(struct checker *c, const struct check_message *m, const struct sbe_parsed *p)
{
	struct check_txn *t = txn_begin(c, m, &p->hdr);

	for (uint32_t i = 0; t && i < p->hdr.count; i++) {
		uint64_t at = p->entries + i * sizeof(struct sbe_buf);
		struct sbe_buf b = entry_read(c, at);
		struct check_span span;

		if (i == CHECK_ENTRIES) {
			check_limit(c, CLAUSE_SBE_RESP_01);
			return;
		}
		t->entry[t->entries++] = b;
		if (entry_place(c, m, at, &b, &span))
			check_buffer_give(c, m, &b, at, span, t->txn);
	}
}

static void message_take(struct checker *c, const struct check_message *m, const struct sbe_parsed *p)
{
	if (p->hdr.txn) {
		txn_fail(c, CLAUSE_SBE_TXN_02, m, &p->hdr, "pure message", "0");
		return;
	}
	check_witness(c, CLAUSE_SBE_TXN_02);
	for (uint32_t i = 0; i < p->hdr.count; i++) {
		uint64_t at = p->entries + i * sizeof(struct sbe_buf);
		struct sbe_buf b = entry_read(c, at);
		struct check_span span;

		if (entry_place(c, m, at, &b, &span))
			check_buffer_give(c, m, &b, at, span, 0);
	}
}

/* The first field in which a response's entry differs from the request's: its offset and size, or size 0. */
static uint64_t entry_difference(const struct sbe_buf *a, const struct sbe_buf *b, uint64_t *size)
{
	*size = sizeof(a->area);
	if (a->area != b->area)
		return offsetof(struct sbe_buf, area);
	if (a->dir != b->dir)
		return offsetof(struct sbe_buf, dir);
	*size = sizeof(a->offset);
	if (a->offset != b->offset)
		return offsetof(struct sbe_buf, offset);
	if (a->size != b->size)
		return offsetof(struct sbe_buf, size);
	*size = 0;
	return 0;
}

static bool response_fail(struct checker *c, const struct check_message *m, const struct check_txn *t,
			  uint64_t base, uint64_t offset, uint64_t size, uint32_t index)
{
	struct check_violation *v = field_fail(c, CLAUSE_SBE_RESP_01, m, base, offset, size);

	if (v)
		check_message(v,
			      "the %s's response to transaction %" PRIu32
			      " differs from the request in entry %" PRIu32
			      ", expected its OUT and IN-OUT buffers in its order",
			      check_side_name(m->sender), t->txn, index);
	return false;
}

/*
 * Whether the slides want IN buffers in responses is an open question: they may be there, unchanged, between
 * the others. A refusal may describe nothing.
 */
static bool response_matches(struct checker *c, const struct check_message *m, const struct sbe_parsed *p,
			     const struct check_txn *t)
{
	uint32_t next = 0;

	if (p->hdr.status && !p->hdr.count)
		return true;
	for (uint32_t i = 0; i < t->entries; i++) {
		uint64_t at = p->entries + next * sizeof(struct sbe_buf), size = 0, offset = 0;
		struct sbe_buf b;

		if (next < p->hdr.count) {
			b = entry_read(c, at);
			offset = entry_difference(&t->entry[i], &b, &size);
			if (!size) {
				next++;
				continue;
			}
		}
		if (t->entry[i].dir == SBE_IN)
			continue;
		if (next == p->hdr.count)
			return response_fail(c, m, t, m->at, FIELD(sbe_hdr, count), next);
		return response_fail(c, m, t, at, offset, size, next);
	}
	if (next != p->hdr.count)
		return response_fail(c, m, t, m->at, FIELD(sbe_hdr, count), next);
	return true;
}

static void response_take(struct checker *c, const struct check_message *m, const struct sbe_parsed *p)
{
	struct check_txn *t = txn_end(c, m, &p->hdr);

	if (!t)
		return;
	check_witness(c, CLAUSE_SBE_LIVE_02);
	if (response_matches(c, m, p, t))
		check_witness(c, CLAUSE_SBE_RESP_01);
	check_buffer_return(c, m, t);
}

static void area_take(struct checker *c, const struct check_message *m, const struct sbe_parsed *p)
{
	if (!txn_begin(c, m, &p->hdr))
		return;
	for (uint32_t i = 0; i < p->hdr.count; i++)
		(p->hdr.type == SBE_AREA_ADD ? area_add : area_remove)(
			c, m, p, p->entries + i * sizeof(struct sbe_area));
}

static void acknowledgement_take(struct checker *c, const struct check_message *m, const struct sbe_parsed *p)
{
	struct check_txn *t = txn_end(c, m, &p->hdr);

	if (t)
		area_acknowledge(c, m, t, &p->hdr);
}

static void header_read(struct checker *c, uint64_t at, struct sbe_parsed *p)
{
	p->hdr.version = (uint8_t)check_get16(c, at);
	p->hdr.type = (uint8_t)(check_get16(c, at) >> 8);
	p->hdr.size = check_get16(c, at + offsetof(struct sbe_hdr, size));
	p->hdr.count = check_get16(c, at + offsetof(struct sbe_hdr, count));
	p->hdr.status = check_get16(c, at + offsetof(struct sbe_hdr, status));
	p->hdr.txn = check_get32(c, at + offsetof(struct sbe_hdr, txn));
	p->hdr.context = check_get32(c, at + offsetof(struct sbe_hdr, context));
	p->entries = at + sizeof(struct sbe_hdr);
}

void check_sbe_message(struct checker *c, const struct check_message *m)
{
	static void (*const take[])(struct checker *, const struct check_message *,
				    const struct sbe_parsed *) = {
		[SBE_REQUEST] = request_take,  [SBE_RESPONSE] = response_take,
		[SBE_MESSAGE] = message_take,  [SBE_AREA_ADD] = area_take,
		[SBE_AREA_REMOVE] = area_take, [SBE_AREA_ACK] = acknowledgement_take,
	};
	struct sbe_parsed p;

	header_read(c, m->at, &p);
	if (!header_valid(c, m, &p.hdr) || !entries_valid(c, m, &p))
		return;
	check_witness(c, CLAUSE_SBE_WIRE_01);
	take[p.hdr.type](c, m, &p);
}

void check_sbe_end(struct checker *c, uint8_t side, struct check_place at)
{
	for (unsigned int i = 0; i < CHECK_TXNS; i++) {
		struct check_txn *t = &c->txn[i];
		struct check_violation *v;

		if (!t->used || t->side != side || t->type != SBE_REQUEST)
			continue;
		v = check_fail(c, CLAUSE_SBE_LIVE_02, CHECK_AT(t->publish.place, at));
		if (!v)
			continue;
		check_message(v, "the %s ends without a response to transaction %" PRIu32,
			      check_side_name(side), t->txn);
		check_cause(v, "the request was published by {0}; the %s published no response to it",
			    check_side_name(check_peer(side)));
		check_await(c, v, check_peer(side), (struct check_span){0, 0});
	}
}

void check_sbe_reset(struct checker *c)
{
	for (unsigned int i = 0; i < CHECK_TXNS; i++)
		c->txn[i].used = false;
	for (unsigned int i = 0; i < CHECK_AREAS; i++)
		c->area[i].state = AREA_FREE;
}
