/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The resource table: RSC-*. It is judged when the host takes it into use (the first status), and the addresses that
 * the host fills in when it says DRIVER_OK.
 *
 * The first rpmsg vdev of the table counts. Carve-outs, traces and other entries are stepped over, config space is not
 * judged. A store that changes nothing is none: loaders write what is there already.
 */
#include "conformance/check.h"

#include <inttypes.h>

#define TABLE_ENTRIES 16u
#define TABLE_OFFSETS offsetof(struct resource_table, offset)
#define VDEV_VRINGS offsetof(struct fw_rsc_vdev, vring)
#define VDEV_SIZE sizeof(struct fw_rsc_vdev)
#define DA_ANY UINT32_MAX
#define VRING_NUM_LIMIT 32768u
#define VRING_ALIGN_LIMIT 65536u /* of rings that are followed */
#define POLLS_STALE 8u		 /* loads of one copy of the status until that counts as polling */
#define HASH_SEED UINT64_C(0xcbf29ce484222325)
#define HASH_PRIME UINT64_C(0x100000001b3)

static bool power_of_two(uint64_t n)
{
	return n && !(n & (n - 1u));
}

static uint64_t vring_at(const struct checker *c, unsigned int ring)
{
	return c->vdev + VDEV_VRINGS + ring * sizeof(struct fw_rsc_vdev_vring);
}

static uint32_t vring_field(struct checker *c, unsigned int ring, size_t offset)
{
	return check_get32(c, vring_at(c, ring) + offset);
}
#define VRING_FIELD(c, ring, name) vring_field(c, ring, offsetof(struct fw_rsc_vdev_vring, name))

static uint32_t vdev_field(struct checker *c, size_t offset)
{
	return check_get32(c, c->vdev + offset);
}
#define VDEV_FIELD(c, name) vdev_field(c, offsetof(struct fw_rsc_vdev, name))

/* ---- Judging the table ------------------------------------------------------------------------------- */

/* Returns false. */
static bool table_fail(struct checker *c, enum clause_id clause, struct check_site site,
		       struct check_span field, const char *what, uint64_t seen, const char *expected)
{
	struct check_site writer = check_writer(c, field.start, field.end - field.start);
	struct check_violation *v =
		check_fail(c, clause, CHECK_AT(writer.event ? writer.place : site.place, site.place));

	if (!v)
		return false;
	check_message(v, "the resource table's %s at 0x%" PRIx64 " is %" PRIu64 ", expected %s", what,
		      field.start, seen, expected);
	check_cause(v, "it was stored by {0}, and {1} takes the table into use");
	return false;
}

/* One field that must have a value. */
static bool table_is(struct checker *c, struct check_site site, uint64_t field, const char *what,
		     uint32_t wanted, const char *expected)
{
	uint32_t seen = check_get32(c, field);

	return seen == wanted ||
	       table_fail(c, CLAUSE_RSC_TABLE_01, site, check_span_of(field, 4), what, seen, expected);
}

static bool entries_valid(struct checker *c, struct check_site site)
{
	uint64_t size = c->table.end - c->table.start, at = c->table.start;
	uint32_t num = check_get32(c, at + offsetof(struct resource_table, num));

	if (!num || num > TABLE_ENTRIES)
		return table_fail(c, CLAUSE_RSC_TABLE_01, site,
				  check_span_of(at + offsetof(struct resource_table, num), 4),
				  "number of entries", num, "1 to 16");
	for (uint32_t i = 0; i < num; i++) {
		struct check_span field = check_span_of(at + TABLE_OFFSETS + 4u * i, 4);
		uint32_t offset = check_get32(c, field.start);

		if (offset % 4u || offset < TABLE_OFFSETS + 4u * num || offset > size - 4u)
			return table_fail(c, CLAUSE_RSC_TABLE_01, site, field, "entry offset", offset,
					  "a multiple of 4 behind the offsets and inside");
	}
	return true;
}

static void header_judge(struct checker *c, struct check_site site)
{
	uint64_t at = c->table.start, reserved = at + offsetof(struct resource_table, reserved);

	if (table_is(c, site, at, "version", 1, "1") &&
	    table_is(c, site, reserved, "reserved field", 0, "0") &&
	    table_is(c, site, reserved + 4u, "reserved field", 0, "0") && entries_valid(c, site))
		check_witness(c, CLAUSE_RSC_TABLE_01);
}

static bool vdev_valid(struct checker *c, struct check_site site)
{
	uint64_t vrings = c->vdev + offsetof(struct fw_rsc_vdev, num_of_vrings);
	uint64_t reserved = c->vdev + offsetof(struct fw_rsc_vdev, reserved);
	uint32_t id = VDEV_FIELD(c, id);

	if (id != VIRTIO_ID_RPMSG)
		return table_fail(c, CLAUSE_RSC_VDEV_01, site,
				  check_span_of(c->vdev + offsetof(struct fw_rsc_vdev, id), 4), "vdev id", id,
				  "7 (rpmsg)");
	if ((check_get16(c, vrings) & 0xffu) != CHECK_RINGS)
		return table_fail(c, CLAUSE_RSC_VDEV_01, site, check_span_of(vrings, 1), "number of vrings",
				  check_get16(c, vrings) & 0xffu, "2");
	if (check_get16(c, reserved))
		return table_fail(c, CLAUSE_RSC_VDEV_01, site, check_span_of(reserved, 2),
				  "vdev's reserved field", check_get16(c, reserved), "0");
	return true;
}

static bool vring_valid(struct checker *c, struct check_site site, unsigned int ring)
{
	uint64_t at = vring_at(c, ring);
	uint32_t align = VRING_FIELD(c, ring, align), num = VRING_FIELD(c, ring, num);

	if (!power_of_two(align))
		return table_fail(c, CLAUSE_RSC_VRING_01, site,
				  check_span_of(at + offsetof(struct fw_rsc_vdev_vring, align), 4),
				  "vring alignment", align, "a power of two");
	if (!power_of_two(num) || num > VRING_NUM_LIMIT)
		return table_fail(c, CLAUSE_RSC_VRING_01, site,
				  check_span_of(at + offsetof(struct fw_rsc_vdev_vring, num), 4), "vring size",
				  num, "a power of two up to 32768");
	return true;
}

void check_table_accepted(struct checker *c, struct check_site site)
{
	if (c->table_judged)
		return;
	c->table_judged = true;
	header_judge(c, site);
	if (vdev_valid(c, site))
		check_witness(c, CLAUSE_RSC_VDEV_01);
	if (vring_valid(c, site, 0) && vring_valid(c, site, 1))
		check_witness(c, CLAUSE_RSC_VRING_01);
}

static struct check_span ring_span(struct checker *c, unsigned int ring)
{
	return check_span_of(VRING_FIELD(c, ring, da),
			     VRING_SIZE((uint64_t)VRING_FIELD(c, ring, num), VRING_FIELD(c, ring, align)));
}

static bool ring_measurable(struct checker *c, unsigned int ring)
{
	return power_of_two(VRING_FIELD(c, ring, align)) && VRING_FIELD(c, ring, align) <= VRING_ALIGN_LIMIT &&
	       power_of_two(VRING_FIELD(c, ring, num)) && VRING_FIELD(c, ring, num) <= VRING_NUM_LIMIT;
}

static void places_judge(struct checker *c, struct check_site site)
{
	for (unsigned int i = 0; i < CHECK_RINGS; i++) {
		uint64_t at = vring_at(c, i);

		if (!ring_measurable(c, i))
			return;
		if (!check_in_kind(c, ring_span(c, i), true, false) || VRING_FIELD(c, i, da) % 16u ||
		    (i && check_overlaps(ring_span(c, 0), ring_span(c, i)))) {
			table_fail(c, CLAUSE_RSC_VRING_02, site, check_span_of(at, 4), "vring address",
				   VRING_FIELD(c, i, da),
				   "an aligned place in shared control memory, apart from the other ring");
			return;
		}
	}
	check_witness(c, CLAUSE_RSC_VRING_02);
}

static void tokens_judge(struct checker *c, struct check_site site)
{
	uint64_t at = vring_at(c, 1) + offsetof(struct fw_rsc_vdev_vring, notifyid);

	if (VRING_FIELD(c, 0, notifyid) != VRING_FIELD(c, 1, notifyid))
		check_witness(c, CLAUSE_RSC_VRING_03);
	else
		table_fail(c, CLAUSE_RSC_VRING_03, site, check_span_of(at, 4), "notifyid of vring1",
			   VRING_FIELD(c, 1, notifyid), "another than that of vring0");
}

void check_table_features(struct checker *c, struct check_site site)
{
	uint32_t offered = VDEV_FIELD(c, dfeatures), chosen = VDEV_FIELD(c, gfeatures);
	struct check_span field = check_span_of(c->vdev + offsetof(struct fw_rsc_vdev, gfeatures), 4);

	if (chosen & ~offered)
		table_fail(c, CLAUSE_RSC_FEAT_01, site, field, "gfeatures", chosen,
			   "none that dfeatures do not offer");
	else if (c->features_chosen && chosen != c->features)
		table_fail(c, CLAUSE_RSC_FEAT_01, site, field, "gfeatures", chosen,
			   "what they were at FEATURES_OK");
	else
		check_witness(c, CLAUSE_RSC_FEAT_01);
	c->features_chosen = true;
	c->features = chosen;
}

void check_table_started(struct checker *c, struct check_site site)
{
	places_judge(c, site);
	tokens_judge(c, site);
	check_table_features(c, site);
}

/* ---- Who may change it ------------------------------------------------------------------------------- */

/* Of everything that says where and what the rings are; the status apart. */
static uint64_t layout_hash(struct checker *c)
{
	uint64_t end = c->vdev + VDEV_SIZE, status = c->vdev + offsetof(struct fw_rsc_vdev, status);
	uint64_t hash = HASH_SEED;

	for (uint64_t at = c->table.start; at < end; at += 4u) {
		uint32_t word = check_get32(c, at);

		if (status >= at && status < at + 4u)
			word &= ~(0xffu << (status - at) * 8u);
		hash = (hash ^ word) * HASH_PRIME;
	}
	return hash;
}

static void layout_judge(struct checker *c, struct check_span span, struct check_site site)
{
	uint64_t hash = layout_hash(c);
	bool changed = hash != c->layout;
	struct check_violation *v;

	c->layout = hash;
	if (!changed || !c->status)
		return;
	if (site.place.side == HOST && !(c->status & VIRTIO_STATUS_DRIVER_OK))
		return;
	v = check_fail(c, CLAUSE_RSC_WRITE_01, CHECK_AT(site.place));
	if (!v)
		return;
	check_message(v, "the %s changes the resource table at 0x%" PRIx64 " while the status is 0x%02x",
		      check_side_name(site.place.side), span.start, c->status);
	check_cause(v, site.place.side == HOST
			       ? "{0} stores it; from DRIVER_OK on the table is what the remote goes by"
			       : "{0} stores it; the host has taken the table into use");
}

/* A table that the host never went on with: perhaps that is why. */
static void leftover_judge(struct checker *c)
{
	struct check_span head = check_span_of(c->table.start, TABLE_OFFSETS);
	struct check_site site = check_writer(c, head.start, TABLE_OFFSETS);

	if (c->table_judged || site.place.side != HOST || !check_oldest(c, head.start, TABLE_OFFSETS).event)
		return;
	header_judge(c, site);
	if (!c->vdev)
		table_fail(c, CLAUSE_RSC_VDEV_01, site,
			   check_span_of(head.start + offsetof(struct resource_table, num), 4), "number of vdevs",
			   0, "one of rpmsg");
}

void check_table_finish(struct checker *c)
{
	leftover_judge(c);
	if (c->ran)
		check_witness(c, CLAUSE_RSC_WRITE_01);
}

/* ---- Finding the vdev -------------------------------------------------------------------------------- */

/* The address of the first vdev that is wholly inside the table, of rpmsg where there is one, or 0. */
static uint64_t vdev_find(struct checker *c)
{
	uint64_t size = c->table.end - c->table.start, other = 0;
	uint32_t num = check_get32(c, c->table.start + offsetof(struct resource_table, num));

	if (size < TABLE_OFFSETS + VDEV_SIZE)
		return 0;
	for (uint32_t i = 0; i < num && i < TABLE_ENTRIES; i++) {
		uint32_t offset = check_get32(c, c->table.start + TABLE_OFFSETS + 4u * i);
		uint64_t at = c->table.start + offset;

		if (offset < TABLE_OFFSETS || offset > size - VDEV_SIZE || check_get32(c, at) != RSC_VDEV)
			continue;
		if (check_get32(c, at + 4) == VIRTIO_ID_RPMSG)
			return at;
		other = other ? other : at;
	}
	return other;
}

static void vrings_find(struct checker *c)
{
	for (unsigned int i = 0; i < CHECK_RINGS; i++) {
		uint32_t da = VRING_FIELD(c, i, da);

		if (!da || da == DA_ANY || !ring_measurable(c, i))
			continue;
		if (check_in_kind(c, ring_span(c, i), true, false))
			check_ring_setup(c, i, da, VRING_FIELD(c, i, align), VRING_FIELD(c, i, num));
	}
}

void check_table_stored(struct checker *c, struct check_span span, struct check_site site)
{
	uint64_t status;

	c->table_stored[site.place.side] = true;
	c->vdev = vdev_find(c);
	if (!c->vdev)
		return;
	status = c->vdev + offsetof(struct fw_rsc_vdev, status);
	vrings_find(c);
	layout_judge(c, span, site);
	if (check_overlaps(span, check_span_of(status, 1)))
		check_status_stored(c, site, (uint8_t)check_get16(c, status));
}

/* ---- Cached tables ----------------------------------------------------------------------------------- */

void check_table_clean(struct checker *c, uint8_t side, struct check_place at, const char *does)
{
	struct check_site site;
	struct check_violation *v;
	uint64_t line;

	if (c->table.end == c->table.start || !check_cached(c, side, c->table))
		return;
	if (!check_unclean(c, side, c->table, &line, &site)) {
		if (c->vdev)
			check_witness(c, CLAUSE_RSC_SYNC_01);
		return;
	}
	v = check_fail(c, CLAUSE_RSC_SYNC_01, CHECK_AT(site.place, at));
	if (!v)
		return;
	check_message(v, "the %s %s while line 0x%" PRIx64 " of the resource table is unclean",
		      check_side_name(side), does, line);
	check_cause(v, "line 0x%" PRIx64 " was last stored by {0} and not cleaned before {1}", line);
	check_await(c, v, check_peer(side), check_span_of(line, CHECK_GRANULE));
}

static void poll_fail(struct checker *c, struct check_place place, struct check_site writer)
{
	struct check_violation *v = check_fail(c, CLAUSE_RSC_SYNC_02, CHECK_AT(place, writer.place));

	if (!v)
		return;
	check_message(v, "the %s polls the device status and does not invalidate it between two loads",
		      check_side_name(place.side));
	check_cause(v, "{0} loads it again from the copy that it has; {1} changed it in memory");
}

/*
 * A copy may be loaded more than once, and what is new may be seen by luck: it counts when that luck decides, or when
 * one copy is polled.
 */
static void status_loaded(struct checker *c, struct check_place place, uint8_t seen)
{
	struct check_span status = check_span_of(c->vdev + offsetof(struct fw_rsc_vdev, status), 1);
	struct check_site writer = check_writer(c, status.start, 1);
	struct check_polls *p = &c->polls[place.side];
	bool again = p->last && !check_fresh(c, place.side, status, p->last);

	p->last = c->event;
	if (!writer.event || writer.place.side == place.side)
		return;
	if (!again || check_fresh(c, place.side, status, writer.event)) {
		p->stale = 0;
		check_witness(c, CLAUSE_RSC_SYNC_02);
		return;
	}
	if (seen == c->status && seen == p->seen)
		return;
	p->stale++;
	if (seen == c->status || p->stale == POLLS_STALE)
		poll_fail(c, place, writer);
}

void check_table_loaded(struct checker *c, const struct event_load *e)
{
	struct check_place place = check_place_of(c, e->agent, e->pc);
	uint64_t status = c->vdev + offsetof(struct fw_rsc_vdev, status);
	uint8_t seen;

	if (!c->vdev || status < e->addr || status - e->addr >= e->bytes.size ||
	    !check_cached(c, place.side, c->table))
		return;
	seen = e->bytes.data[status - e->addr];
	status_loaded(c, place, seen);
	c->polls[place.side].seen = seen;
}

/* Bytes that memory itself did not have are not the reader's fault. */
void check_table_stale(struct checker *c, const struct event_stale *e)
{
	struct check_span span = check_span_of(e->addr, e->size);
	uint64_t status = c->vdev + offsetof(struct fw_rsc_vdev, status);
	struct check_violation *v;

	if (!c->vdev || !(c->status & VIRTIO_STATUS_DRIVER_OK) || e->remedy != TRACE_REMEDY_READER_INVALIDATE ||
	    check_overlaps(span, check_span_of(status, 1)))
		return;
	v = check_fail(c, CLAUSE_RSC_SYNC_02,
		       CHECK_AT(check_place_of(c, e->agent, e->pc), check_place_of(c, e->writer, e->writer_pc)));
	if (!v)
		return;
	check_message(v, "the %s reads %u stale bytes of the resource table at 0x%" PRIx64,
		      check_side_name(c->agent[e->agent].side), e->size, e->addr);
	check_cause(v, "{0} reads them after DRIVER_OK; {1} had stored newer ones before: no invalidate lies between");
}
