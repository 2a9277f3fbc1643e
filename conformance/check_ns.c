/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The name service: RPMSG-NS-*, and what is announced: RPMSG-ADDR-03 and -04.
 *
 * One side may announce one name for many addresses: those are many endpoints. Names of both sides are not matched, and
 * who answers an announcement is not judged. Without a resource table the feature counts as chosen.
 */
#include "conformance/check.h"

#include <inttypes.h>
#include <string.h>

#define NAME_BYTES CHECK_NAME_BYTES
_Static_assert(NAME_BYTES == sizeof(((struct rpmsg_ns_msg *)NULL)->name), "names");

struct ns {
	char name[NAME_BYTES];
	uint32_t addr, flags;
};

/* NULL, or a violation whose places are the store of the field and the publishing one. */
static struct check_violation *ns_fail(struct checker *c, enum clause_id clause,
				       const struct check_message *m, uint64_t at, uint64_t size)
{
	struct check_site writer = check_writer(c, at, size);
	struct check_violation *v = check_fail(c, clause, CHECK_AT(writer.place, m->publish.place));

	if (v)
		check_cause(v, "the field at 0x%" PRIx64 " was stored by {0} and published by {1}", at);
	return v;
}

static bool feature_judge(struct checker *c, const struct check_message *m)
{
	struct check_violation *v;

	if (c->declared || c->features & 1u << VIRTIO_RPMSG_F_NS) {
		check_witness(c, CLAUSE_RPMSG_NS_06);
		return true;
	}
	v = ns_fail(c, CLAUSE_RPMSG_NS_06, m,
		    m->at - sizeof(struct rpmsg_hdr) + offsetof(struct rpmsg_hdr, dst), 4);
	if (v)
		check_message(v,
			      "the %s uses the name service, and the chosen features are 0x%" PRIx32
			      ", expected VIRTIO_RPMSG_F_NS (0x1)",
			      check_side_name(m->sender), c->features);
	return false;
}

static bool length_judge(struct checker *c, const struct check_message *m)
{
	struct check_violation *v;

	if (m->size == sizeof(struct rpmsg_ns_msg)) {
		check_witness(c, CLAUSE_RPMSG_NS_01);
		return true;
	}
	v = ns_fail(c, CLAUSE_RPMSG_NS_01, m,
		    m->at - sizeof(struct rpmsg_hdr) + offsetof(struct rpmsg_hdr, len), 2);
	if (v)
		check_message(v, "the %s sends %" PRIu64 " bytes to the name service, expected 40",
			      check_side_name(m->sender), m->size);
	return false;
}

static bool name_judge(struct checker *c, const struct check_message *m, const struct ns *ns)
{
	size_t length = strnlen(ns->name, NAME_BYTES);
	struct check_violation *v;

	if (length && length < NAME_BYTES) {
		check_witness(c, CLAUSE_RPMSG_NS_02);
		return true;
	}
	v = ns_fail(c, CLAUSE_RPMSG_NS_02, m, m->at + (length ? length - 1u : 0), 1);
	if (v)
		check_message(v, "the %s announces a name %s", check_side_name(m->sender),
			      length ? "of 32 bytes, expected the last to be NUL" : "that is empty");
	return false;
}

static void padding_judge(struct checker *c, const struct check_message *m, const struct ns *ns)
{
	struct check_violation *v;
	size_t at = strnlen(ns->name, NAME_BYTES);

	while (at < NAME_BYTES && !ns->name[at])
		at++;
	if (at == NAME_BYTES) {
		check_witness(c, CLAUSE_RPMSG_NS_07);
		return;
	}
	v = ns_fail(c, CLAUSE_RPMSG_NS_07, m, m->at + at, 1);
	if (v)
		check_message(v, "the %s announces a name with 0x%02x behind its NUL, expected zeros",
			      check_side_name(m->sender), (unsigned char)ns->name[at]);
}

static bool flags_judge(struct checker *c, const struct check_message *m, const struct ns *ns)
{
	struct check_violation *v;

	if (ns->flags == RPMSG_NS_CREATE || ns->flags == RPMSG_NS_DESTROY) {
		check_witness(c, CLAUSE_RPMSG_NS_03);
		return true;
	}
	v = ns_fail(c, CLAUSE_RPMSG_NS_03, m, m->at + offsetof(struct rpmsg_ns_msg, flags), 4);
	if (v)
		check_message(v, "the %s announces a name with flags 0x%" PRIx32 ", expected 0 or 1",
			      check_side_name(m->sender), ns->flags);
	return false;
}

static bool address_judge(struct checker *c, const struct check_message *m, const struct ns *ns)
{
	struct check_violation *v;

	if (ns->addr != RPMSG_ADDR_ANY)
		return true;
	v = ns_fail(c, CLAUSE_RPMSG_ADDR_02, m, m->at + offsetof(struct rpmsg_ns_msg, addr), 4);
	if (v)
		check_message(v, "the %s announces a name for ANY (0xffffffff), expected an address",
			      check_side_name(m->sender));
	return false;
}

static void reserved_judge(struct checker *c, const struct check_message *m, const struct ns *ns)
{
	struct check_violation *v;

	if (ns->addr >= RPMSG_RESERVED_ADDRESSES) {
		check_witness(c, CLAUSE_RPMSG_ADDR_04);
		return;
	}
	v = ns_fail(c, CLAUSE_RPMSG_ADDR_04, m, m->at + offsetof(struct rpmsg_ns_msg, addr), 4);
	if (v)
		check_message(v, "the %s announces a name for address %" PRIu32 ", expected one from 1024 on",
			      check_side_name(m->sender), ns->addr);
}

static bool name_same(const struct check_endpoint *e, const struct ns *ns)
{
	return !strncmp(e->name, ns->name, NAME_BYTES);
}

/* ---- Create and destroy ------------------------------------------------------------------------------ */

/* True when the address was free. */
static bool free_judge(struct checker *c, const struct check_message *m, const struct check_endpoint *e,
		       const struct ns *ns)
{
	bool same = e->announced && name_same(e, ns);
	struct check_violation *v;

	if (!e->announced) {
		check_witness(c, CLAUSE_RPMSG_NS_05);
		check_witness(c, CLAUSE_RPMSG_ADDR_03);
		return true;
	}
	v = ns_fail(c, same ? CLAUSE_RPMSG_NS_05 : CLAUSE_RPMSG_ADDR_03, m,
		    m->at + offsetof(struct rpmsg_ns_msg, addr), 4);
	if (v)
		check_message(v, "the %s announces %s for address %" PRIu32 ", where it has announced %s",
			      check_side_name(m->sender), same ? "a name" : "another name", ns->addr,
			      same ? "that already" : "one that was not destroyed");
	return false;
}

static void ns_create(struct checker *c, const struct check_message *m, const struct ns *ns)
{
	struct check_endpoint *e;

	reserved_judge(c, m, ns);
	c->announces = true;
	e = check_endpoint_add(c, m->sender, ns->addr);
	if (!e || !free_judge(c, m, e, ns))
		return;
	e->known = e->announced = true;
	e->ended.event = 0;
	memcpy(e->name, ns->name, NAME_BYTES);
	e->sbe = !strncmp(ns->name, SBE_SERVICE_PREFIX, sizeof(SBE_SERVICE_PREFIX) - 1u);
}

static void ns_destroy(struct checker *c, const struct check_message *m, const struct ns *ns)
{
	struct check_endpoint *e = check_endpoint_find(c, m->sender, ns->addr);
	struct check_violation *v;

	if (e && e->announced && name_same(e, ns)) {
		check_witness(c, CLAUSE_RPMSG_NS_04);
	} else {
		v = ns_fail(c, CLAUSE_RPMSG_NS_04, m, m->at + offsetof(struct rpmsg_ns_msg, addr), 4);
		if (v)
			check_message(v,
				      "the %s announces the end of a name at address %" PRIu32
				      ", expected one that it announced and did not end yet",
				      check_side_name(m->sender), ns->addr);
	}
	if (!e)
		return;
	e->announced = false;
	e->ended = m->publish;
	e->ended_in = m->buffer;
}

void check_ns_message(struct checker *c, const struct check_message *m)
{
	struct ns ns;

	if (!feature_judge(c, m) || !length_judge(c, m))
		return;
	check_read(c, m->at, ns.name, sizeof(ns.name));
	ns.addr = check_get32(c, m->at + offsetof(struct rpmsg_ns_msg, addr));
	ns.flags = check_get32(c, m->at + offsetof(struct rpmsg_ns_msg, flags));
	if (!flags_judge(c, m, &ns) || !name_judge(c, m, &ns) || !address_judge(c, m, &ns))
		return;
	padding_judge(c, m, &ns);
	(ns.flags == RPMSG_NS_CREATE ? ns_create : ns_destroy)(c, m, &ns);
}
