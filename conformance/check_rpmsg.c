/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Message headers, endpoints and the name service: RPMSG-HDR-01, RPMSG-ADDR-01, RPMSG-NS-01.
 *
 * Which endpoints a side has is learned from what it announces and from the sources of its messages; static
 * ones that do neither are not known. Names are not matched: two endpoints of one service are two endpoints.
 */
#include "conformance/check.h"

#include <inttypes.h>
#include <string.h>

#define NS_BYTES sizeof(struct rpmsg_ns_msg)

static struct check_endpoint *endpoint_find(struct checker *c, uint8_t side, uint32_t addr)
{
	for (unsigned int i = 0; i < c->endpoints[side]; i++)
		if (c->endpoint[side][i].addr == addr)
			return &c->endpoint[side][i];
	return NULL;
}

static struct check_endpoint *endpoint_add(struct checker *c, uint8_t side, uint32_t addr)
{
	struct check_endpoint *e = endpoint_find(c, side, addr);

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

static void endpoint_remove(struct checker *c, uint8_t side, uint32_t addr)
{
	struct check_endpoint *e = endpoint_find(c, side, addr);

	if (e)
		*e = c->endpoint[side][--c->endpoints[side]];
}

static bool ns_fail(struct checker *c, const struct check_message *m, uint64_t field, uint64_t size,
		    const char *seen)
{
	struct check_site writer = check_writer(c, field, size);
	struct check_violation *v =
		check_fail(c, CLAUSE_RPMSG_NS_01, CHECK_AT(writer.place, m->publish.place));

	if (v) {
		check_message(v, "the %s announces a name with %s at 0x%" PRIx64, check_side_name(m->sender),
			      seen, field);
		check_cause(v, "it was stored by {0} and published by {1}");
	}
	return false;
}

/* A name that ends with NUL, and zeros after that. */
static bool ns_name_valid(struct checker *c, const struct check_message *m, const char *name)
{
	size_t length = strnlen(name, sizeof(((struct rpmsg_ns_msg *)NULL)->name));

	if (!length)
		return ns_fail(c, m, m->at, 1, "an empty name");
	if (length == sizeof(((struct rpmsg_ns_msg *)NULL)->name))
		return ns_fail(c, m, m->at + length - 1u, 1, "a name that does not end with NUL");
	for (size_t i = length; i < sizeof(((struct rpmsg_ns_msg *)NULL)->name); i++)
		if (name[i])
			return ns_fail(c, m, m->at + i, 1, "padding that is not zero");
	return true;
}

static void ns_message(struct checker *c, const struct check_message *m)
{
	char name[sizeof(((struct rpmsg_ns_msg *)NULL)->name)];
	uint64_t flags_at = m->at + offsetof(struct rpmsg_ns_msg, flags);
	uint32_t addr, flags;
	struct check_endpoint *e;

	if (m->size != NS_BYTES) {
		ns_fail(c, m, m->at - sizeof(struct rpmsg_hdr) + offsetof(struct rpmsg_hdr, len), 2,
			"a length other than 40");
		return;
	}
	check_read(c, m->at, name, sizeof(name));
	addr = check_get32(c, m->at + offsetof(struct rpmsg_ns_msg, addr));
	flags = check_get32(c, flags_at);
	if (flags != RPMSG_NS_CREATE && flags != RPMSG_NS_DESTROY) {
		ns_fail(c, m, flags_at, 4, "flags other than 0 and 1");
		return;
	}
	if (!ns_name_valid(c, m, name))
		return;
	check_witness(c, CLAUSE_RPMSG_NS_01);
	if (flags == RPMSG_NS_DESTROY) {
		endpoint_remove(c, m->sender, addr);
		return;
	}
	e = endpoint_add(c, m->sender, addr);
	if (e)
		e->sbe = !strncmp(name, SBE_SERVICE_PREFIX, sizeof(SBE_SERVICE_PREFIX) - 1u);
}

static bool addr_known(struct checker *c, const struct check_message *m)
{
	struct check_violation *v;
	struct check_site writer;
	uint64_t field = m->at - sizeof(struct rpmsg_hdr) + offsetof(struct rpmsg_hdr, dst);

	if (m->dst == RPMSG_NS_ADDR || endpoint_find(c, check_peer(m->sender), m->dst)) {
		check_witness(c, CLAUSE_RPMSG_ADDR_01);
		return true;
	}
	writer = check_writer(c, field, 4);
	v = check_fail(c, CLAUSE_RPMSG_ADDR_01, CHECK_AT(writer.place, m->publish.place));
	if (v) {
		check_message(v,
			      "the %s sends to endpoint %" PRIu32
			      ", expected one that the %s announced or sent from",
			      check_side_name(m->sender), m->dst, check_side_name(check_peer(m->sender)));
		check_cause(v, "the destination was stored by {0} and published by {1}");
	}
	return false;
}

static bool length_fits(struct checker *c, const struct check_message *m, uint64_t room)
{
	uint64_t field = m->at - sizeof(struct rpmsg_hdr) + offsetof(struct rpmsg_hdr, len);
	struct check_violation *v;
	struct check_site writer;

	if (room >= sizeof(struct rpmsg_hdr) && m->size <= room - sizeof(struct rpmsg_hdr)) {
		check_witness(c, CLAUSE_RPMSG_HDR_01);
		return true;
	}
	writer = check_writer(c, field, 2);
	v = check_fail(c, CLAUSE_RPMSG_HDR_01, CHECK_AT(writer.place, m->publish.place));
	if (v) {
		check_message(v,
			      "the %s publishes %" PRIu64 " bytes whose header says %" PRIu64 " after itself",
			      check_side_name(m->sender), room, m->size);
		check_cause(v, "the length was stored by {0} and published by {1}");
	}
	return false;
}

/* An endpoint is in SBE mode when it was announced so, or talks to one that was. */
static bool message_is_sbe(struct checker *c, const struct check_message *m, struct check_endpoint *from)
{
	struct check_endpoint *to = endpoint_find(c, check_peer(m->sender), m->dst);

	if (from && to && to->sbe)
		from->sbe = true;
	return (to && to->sbe) || (from && from->sbe);
}

void check_rpmsg_message(struct checker *c, const struct check_message *published, uint64_t room)
{
	struct check_message m = *published;
	uint64_t hdr = m.at - sizeof(struct rpmsg_hdr);
	struct check_endpoint *from;

	if (!length_fits(c, &m, room))
		return;
	m.src = check_get32(c, hdr + offsetof(struct rpmsg_hdr, src));
	m.dst = check_get32(c, hdr + offsetof(struct rpmsg_hdr, dst));
	m.channel = m.sender == HOST ? (uint64_t)m.src << 32 | m.dst : (uint64_t)m.dst << 32 | m.src;
	if (!addr_known(c, &m))
		return;
	if (m.dst == RPMSG_NS_ADDR) {
		ns_message(c, &m);
		return;
	}
	from = endpoint_add(c, m.sender, m.src);
	if (message_is_sbe(c, &m, from))
		check_sbe_message(c, &m);
}
