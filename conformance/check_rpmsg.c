/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages and endpoints: RPMSG-HDR-*, RPMSG-ADDR-*, RPMSG-EPT-01. The name service's own messages are check_ns.c's.
 *
 * Which endpoints a side has is learned from what it announces and from the sources of its messages. A static one may
 * be addressed before it was heard of, so who never shows up is known at the end only; where neither side announces
 * endpoints, nothing is known. What applications send is not looked at, but for SBE's endpoints.
 */
#include "conformance/check.h"

#include <inttypes.h>
#include <string.h>

#define HDR_BYTES sizeof(struct rpmsg_hdr)
#define HDR_FIELD(m, name) check_span_of((m)->at - HDR_BYTES + offsetof(struct rpmsg_hdr, name), \
					 sizeof(((struct rpmsg_hdr *)NULL)->name))

/* ---- Endpoints --------------------------------------------------------------------------------------- */

struct check_endpoint *check_endpoint_find(struct checker *c, uint8_t side, uint32_t addr)
{
	for (unsigned int i = 0; i < c->endpoints[side]; i++)
		if (c->endpoint[side][i].addr == addr)
			return &c->endpoint[side][i];
	return NULL;
}

struct check_endpoint *check_endpoint_add(struct checker *c, uint8_t side, uint32_t addr)
{
	struct check_endpoint *e = check_endpoint_find(c, side, addr);

	if (e)
		return e;
	if (c->endpoints[side] == CHECK_ENDPOINTS) {
		check_limit(c, CLAUSE_RPMSG_ADDR_01);
		return NULL;
	}
	e = &c->endpoint[side][c->endpoints[side]++];
	*e = (struct check_endpoint){.addr = addr};
	return e;
}

static void endpoint_judge(struct checker *c, uint8_t side, const struct check_endpoint *e)
{
	struct check_violation *v;

	if (e->known || !e->sought.event)
		return;
	v = check_fail(c, CLAUSE_RPMSG_ADDR_01, CHECK_AT(e->addressed.place, e->sought.place));
	if (!v)
		return;
	check_message(v,
		      "the %s sends to endpoint %" PRIu32
		      ", expected one that the %s announced or sends from",
		      check_side_name(check_peer(side)), e->addr, check_side_name(side));
	check_cause(v, "the destination was stored by {0} and published by {1}");
}

void check_rpmsg_finish(struct checker *c)
{
	for (uint8_t side = 0; side < CHECK_SIDES; side++)
		for (unsigned int i = 0; c->announces && i < c->endpoints[side]; i++)
			endpoint_judge(c, side, &c->endpoint[side][i]);
	/* What the messages' absence led to was reported before their going astray is known. */
	for (unsigned int i = 0; c->failed & CLAUSE_BIT(CLAUSE_RPMSG_ADDR_01) && i < CLAUSE_COUNT; i++)
		if (c->closure[i] & CLAUSE_BIT(CLAUSE_RPMSG_ADDR_01))
			check_withdraw(c, (enum clause_id)i);
}

void check_rpmsg_reset(struct checker *c)
{
	c->endpoints[HOST] = c->endpoints[REMOTE] = 0;
	c->announces = false;
}

/* ---- Headers ----------------------------------------------------------------------------------------- */

/* NULL, or a violation whose places are the store of the field and the publishing one. */
static struct check_violation *field_fail(struct checker *c, enum clause_id clause,
					  const struct check_message *m, struct check_span field)
{
	struct check_site writer = check_writer(c, field.start, field.end - field.start);
	struct check_violation *v = check_fail(c, clause, CHECK_AT(writer.place, m->publish.place));

	if (v)
		check_cause(v, "the field at 0x%" PRIx64 " was stored by {0} and published by {1}", field.start);
	return v;
}

static bool length_fits(struct checker *c, const struct check_message *m, uint64_t room)
{
	struct check_violation *v;

	if (room >= HDR_BYTES && m->size <= room - HDR_BYTES) {
		check_witness(c, CLAUSE_RPMSG_HDR_01);
		return true;
	}
	v = field_fail(c, CLAUSE_RPMSG_HDR_01, m, HDR_FIELD(m, len));
	if (v)
		check_message(v,
			      "the %s publishes %" PRIu64 " bytes whose header says %" PRIu64 " after itself",
			      check_side_name(m->sender), room, m->size);
	return false;
}

static void zero_judge(struct checker *c, enum clause_id clause, const struct check_message *m,
		       struct check_span field, const char *what, uint32_t seen)
{
	struct check_violation *v;

	if (!seen) {
		check_witness(c, clause);
		return;
	}
	v = field_fail(c, clause, m, field);
	if (v)
		check_message(v, "the %s sends a header whose %s 0x%" PRIx32 ", expected 0",
			      check_side_name(m->sender), what, seen);
}

/* What the host publishes is a buffer, which may be longer. */
static void used_length_judge(struct checker *c, const struct check_message *m, uint64_t room)
{
	struct check_violation *v;

	if (m->sender == HOST)
		return;
	if (room == m->size + HDR_BYTES) {
		check_witness(c, CLAUSE_RPMSG_HDR_03);
		return;
	}
	v = field_fail(c, CLAUSE_RPMSG_HDR_03, m, HDR_FIELD(m, len));
	if (v)
		check_message(v,
			      "the remote's used length is %" PRIu64 ", expected %" PRIu64
			      ": the header and the bytes that it says",
			      room, m->size + HDR_BYTES);
}

static bool address_valid(struct checker *c, const struct check_message *m)
{
	struct check_violation *v;

	if (m->src != RPMSG_ADDR_ANY && m->dst != RPMSG_ADDR_ANY) {
		check_witness(c, CLAUSE_RPMSG_ADDR_02);
		return true;
	}
	v = field_fail(c, CLAUSE_RPMSG_ADDR_02, m,
		       m->src == RPMSG_ADDR_ANY ? HDR_FIELD(m, src) : HDR_FIELD(m, dst));
	if (v)
		check_message(v, "the %s sends a message whose %s is ANY (0xffffffff), expected an address",
			      check_side_name(m->sender), m->src == RPMSG_ADDR_ANY ? "source" : "destination");
	return false;
}

/* ---- Where messages go ------------------------------------------------------------------------------- */

/* The message that announced its end was given back by the side that sends, before `event`. */
static bool end_taken(struct checker *c, const struct check_endpoint *e, uint64_t event)
{
	unsigned int ring;
	const struct check_desc *d = check_ring_find(c, e->ended_in, &ring);
	uint64_t taken;

	if (!d)
		return false;
	taken = ring == 0 ? d->given.event : d->returned.event;
	return taken > e->ended.event && taken < event;
}

static void ended_judge(struct checker *c, const struct check_message *m, const struct check_endpoint *e)
{
	struct check_span dst = HDR_FIELD(m, dst);
	struct check_violation *v;

	if (!e->ended.event)
		check_witness(c, CLAUSE_RPMSG_EPT_01);
	if (!e->ended.event || !end_taken(c, e, check_writer(c, dst.start, 4).event))
		return;
	v = check_fail(c, CLAUSE_RPMSG_EPT_01,
		       CHECK_AT(check_writer(c, dst.start, 4).place, m->publish.place, e->ended.place));
	if (!v)
		return;
	check_message(v, "the %s sends to endpoint %" PRIu32 ", whose end the %s announced",
		      check_side_name(m->sender), m->dst, check_side_name(check_peer(m->sender)));
	check_cause(v, "{2} announced its end, and the %s gave that message back before {0} stored the destination "
		       "that {1} published",
		    check_side_name(m->sender));
}

/* False: nobody has heard of it yet. */
static bool destination_known(struct checker *c, const struct check_message *m)
{
	struct check_endpoint *e = check_endpoint_add(c, check_peer(m->sender), m->dst);

	if (!e)
		return false;
	if (e->known) {
		check_witness(c, CLAUSE_RPMSG_ADDR_01);
		ended_judge(c, m, e);
		return true;
	}
	if (!e->sought.event) {
		e->sought = m->publish;
		e->addressed = check_writer(c, HDR_FIELD(m, dst).start, 4);
	}
	return false;
}

static struct check_endpoint *source_learn(struct checker *c, const struct check_message *m)
{
	struct check_endpoint *e = check_endpoint_add(c, m->sender, m->src);

	if (e) {
		e->known = true;
		e->ended.event = 0;
	}
	return e;
}

/* An endpoint is in SBE mode when it was announced so, or talks to one that was. */
static bool message_is_sbe(struct checker *c, const struct check_message *m, struct check_endpoint *from)
{
	struct check_endpoint *to = check_endpoint_find(c, check_peer(m->sender), m->dst);

	if (from && to && to->sbe)
		from->sbe = true;
	return (to && to->sbe) || (from && from->sbe);
}

static void header_judge(struct checker *c, const struct check_message *m, uint64_t room)
{
	struct check_span flags = HDR_FIELD(m, flags), reserved = HDR_FIELD(m, reserved);

	zero_judge(c, CLAUSE_RPMSG_HDR_02, m, flags, "flags are", check_get16(c, flags.start));
	zero_judge(c, CLAUSE_RPMSG_HDR_04, m, reserved, "reserved field is", check_get32(c, reserved.start));
	used_length_judge(c, m, room);
}

void check_rpmsg_message(struct checker *c, const struct check_message *published, uint64_t room)
{
	struct check_message m = *published;
	struct check_endpoint *from;

	if (!length_fits(c, &m, room))
		return;
	header_judge(c, &m, room);
	m.src = check_get32(c, HDR_FIELD(&m, src).start);
	m.dst = check_get32(c, HDR_FIELD(&m, dst).start);
	m.channel = m.sender == HOST ? (uint64_t)m.src << 32 | m.dst : (uint64_t)m.dst << 32 | m.src;
	if (!address_valid(c, &m))
		return;
	if (m.dst == RPMSG_NS_ADDR) {
		check_witness(c, CLAUSE_RPMSG_ADDR_01);
		check_ns_message(c, &m);
		return;
	}
	from = source_learn(c, &m);
	if (destination_known(c, &m) && message_is_sbe(c, &m, from))
		check_sbe_message(c, &m);
}
