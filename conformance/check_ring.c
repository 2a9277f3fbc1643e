/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where both vrings lie and when they are in use: VRING-LAYOUT-01, VRING-ALIGN-01, VRING-INIT-01, VRING-LINE-01. vring0
 * carries buffers from the remote to the host, vring1 from the host to the remote; the host is the driver of both.
 *
 * A ring comes from the resource table (check_table.c) or, where there is none, from what the sides declare; then there
 * is no status either, and the ring is in use once the host filled it and goes on. Where the table and a declaration
 * differ, the table counts. A ring of other sizes than powers of two is not followed.
 */
#include "conformance/check_ring.h"

#include <inttypes.h>
#include <string.h>

static bool power_of_two(uint64_t n)
{
	return n && !(n & (n - 1u));
}

/* ---- Layout ------------------------------------------------------------------------------------------ */

struct check_place ring_told(struct checker *c, const struct check_ring *r)
{
	uint64_t at = c->vdev + offsetof(struct fw_rsc_vdev, vring) +
		      ring_number(c, r) * sizeof(struct fw_rsc_vdev_vring);

	return c->vdev ? check_writer(c, at, 12).place : r->declared_by;
}

static void layout_fail(struct checker *c, unsigned int number, const struct check_told *said, uint8_t side,
			const struct check_told *other, const char *whose)
{
	struct check_violation *v =
		check_fail(c, CLAUSE_VRING_LAYOUT_01,
			   CHECK_AT(said->at, c->last_access[side], c->last_access[check_peer(side)]));

	if (!v)
		return;
	check_message(v,
		      "the %s takes vring%u to lie at 0x%" PRIx64 " with %u entries and alignment %u, %s has 0x%" PRIx64
		      ", %u and %u",
		      check_side_name(side), number, said->da, said->num, said->align, whose, other->da, other->num,
		      other->align);
	check_cause(v, "the %s declared it so", check_side_name(side));
}

static bool layouts_agree(const struct check_told *a, const struct check_told *b)
{
	return a->da == b->da && a->num == b->num && a->align == b->align;
}

/* What a side declared, against the ring in use and against what the other side declared. */
static void layout_judge(struct checker *c, unsigned int number, uint8_t side)
{
	const struct check_told *said = &c->told[side][number], *other = &c->told[check_peer(side)][number];
	const struct check_ring *r = &c->ring[number];
	struct check_told table = {.da = r->descs.start, .num = r->num, .align = r->align};

	if (!said->known)
		return;
	if (c->vdev && r->configured && !layouts_agree(said, &table))
		layout_fail(c, number, said, side, &table, "the resource table");
	else if (other->known && !layouts_agree(said, other))
		layout_fail(c, number, said, side, other, "the other side");
	else if (other->known || (c->vdev && r->configured))
		check_witness(c, CLAUSE_VRING_LAYOUT_01);
}

/* One side's word of a ring that can be followed. */
static bool layout_usable(const struct checker *c, const struct check_told *l)
{
	return power_of_two(l->num) && power_of_two(l->align) && l->num <= CHECK_RING_MAX && l->align <= 65536u &&
	       check_in_kind(c, check_span_of(l->da, VRING_SIZE((uint64_t)l->num, l->align)), true, false);
}

static void layout_refuse(struct checker *c, unsigned int number, const struct check_told *l, uint8_t side)
{
	struct check_violation *v =
		check_fail(c, CLAUSE_VRING_LAYOUT_01, CHECK_AT(l->at, c->last_access[side]));

	if (!v)
		return;
	check_message(v,
		      "the %s takes vring%u to lie at 0x%" PRIx64
		      " with %u entries and alignment %u, expected powers of two and shared control memory",
		      check_side_name(side), number, l->da, l->num, l->align);
	check_cause(v, "the %s declared it so", check_side_name(side));
}

void check_ring_declare(struct checker *c, const struct event_vring *e)
{
	uint8_t side = c->agent[e->agent].side;
	struct check_told *l;

	if (e->index >= CHECK_RINGS)
		return;
	l = &c->told[side][e->index];
	*l = (struct check_told){true, e->da, e->num, e->alignment, check_place_of(c, e->agent, 0)};
	if (!layout_usable(c, l)) {
		layout_refuse(c, e->index, l, side);
		return;
	}
	/* The host's word counts: it fills the ring. */
	if (!c->vdev && side == HOST) {
		c->ring[e->index].declared_by = l->at;
		check_ring_setup(c, e->index, l->da, l->align, l->num);
	}
	layout_judge(c, e->index, side);
}

/* ---- Setting up -------------------------------------------------------------------------------------- */

static void part_init(struct check_part *part, uint64_t start, uint64_t size, uint32_t num)
{
	memset(part, 0, offsetof(struct check_part, entry));
	memset(part->entry, 0, num * sizeof(part->entry[0]));
	part->span = check_span_of(start, size);
	part->idx = start + VRING_AVAIL_IDX;
}

static void ring_paint(struct checker *c, const struct check_ring *r)
{
	uint64_t granule = r->descs.start & ~(uint64_t)(CHECK_GRANULE - 1u);

	for (; granule < r->part[REMOTE].span.end; granule += CHECK_GRANULE) {
		struct check_line *line = check_line_at(c, granule);

		if (line)
			line->role |= CHECK_ROLE_RING;
	}
}

/* Drivers may fill a ring before they say where it is; what an earlier life left there is none of it. */
static void ring_catch_up(struct checker *c, struct check_ring *r)
{
	for (uint8_t side = 0; side < CHECK_SIDES; side++) {
		struct check_site site = check_writer(c, r->part[side].idx, 2);

		if (site.event > c->rings_reset && site.place.side == side)
			ring_publish(c, r, site);
	}
}

void check_ring_setup(struct checker *c, unsigned int number, uint64_t da, uint32_t align, uint32_t num)
{
	struct check_ring *r = &c->ring[number];

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
	for (uint8_t side = 0; side < CHECK_SIDES; side++)
		c->look[side][number] = (struct check_look){.event = 0};
	check_kick_reset(c, number);
	ring_paint(c, r);
	ring_buffers_judge(c, r);
	ring_catch_up(c, r);
}

/* ---- Coming into use --------------------------------------------------------------------------------- */

static void line_judge(struct checker *c, const struct check_ring *a, const struct check_ring *b,
		       struct check_site site)
{
	struct check_span avail = {a->descs.start, a->part[HOST].span.end}, used = b->part[REMOTE].span;
	uint64_t bytes = check_line_bytes(c, avail), other = check_line_bytes(c, used);

	if (other > bytes)
		bytes = other;
	if (!bytes)
		return;
	if (check_overlaps(check_lines(avail, bytes), check_lines(used, bytes)))
		ring_line_fail(c, CLAUSE_VRING_LINE_01, ring_told(c, b), site.place, used.start & ~(bytes - 1u),
			       "bytes of both parts of a vring");
	else
		check_witness(c, CLAUSE_VRING_LINE_01);
}

static void align_judge(struct checker *c, const struct check_ring *r, struct check_site site)
{
	uint64_t used = r->part[REMOTE].span.start;
	struct check_violation *v;

	if (r->descs.start % RING_DESC_BYTES == 0 && r->descs.start % r->align == 0 && used % 4u == 0) {
		check_witness(c, CLAUSE_VRING_ALIGN_01);
		return;
	}
	v = check_fail(c, CLAUSE_VRING_ALIGN_01, CHECK_AT(ring_told(c, r), site.place));
	if (!v)
		return;
	check_message(v,
		      "vring%u lies at 0x%" PRIx64 " and its used part at 0x%" PRIx64
		      ", expected multiples of 16 and 4, and the ring at a multiple of its alignment, %u",
		      ring_number(c, r), r->descs.start, used, r->align);
	check_cause(v, "{0} placed it there, and {1} takes it into use");
}

static void init_fail(struct checker *c, const struct check_ring *r, uint8_t side, const char *seen,
		      struct check_site site)
{
	struct check_site writer = check_writer(c, r->part[side].idx, 2);
	struct check_violation *v = check_fail(c, CLAUSE_VRING_INIT_01, CHECK_AT(site.place, writer.place));

	if (!v)
		return;
	check_message(v, "%s.idx of vring%u %s when the ring comes into use, expected it to begin at 0",
		      ring_part_name(side), ring_number(c, r), seen);
	if (writer.event)
		check_cause(v, "{1} stored it last, and {0} takes the ring into use");
	else
		check_cause(v, "{0} takes the ring into use");
}

/* Memory holds anything before the host zeroes it. Who begins elsewhere is followed from there. */
static void init_judge(struct checker *c, struct check_ring *r, struct check_site site)
{
	for (uint8_t side = 0; side < CHECK_SIDES; side++) {
		struct check_part *part = &r->part[side];

		if (!check_writer(c, part->idx, 2).event)
			init_fail(c, r, side, "was not stored", site);
		else if (!part->started && check_get16(c, part->idx))
			init_fail(c, r, side, "is not 0", site);
		else
			check_witness(c, CLAUSE_VRING_INIT_01);
		if (!part->started)
			part->published = check_get16(c, part->idx);
	}
}

static void ring_start(struct checker *c, struct check_ring *r, struct check_site site)
{
	struct check_part *avail = &r->part[HOST], *used = &r->part[REMOTE];

	/* A host may leave a ring as it filled it, when the device that is reset used nothing of it. */
	if (!avail->started && !check_get16(c, used->idx) && check_get16(c, avail->idx))
		ring_publish(c, r, check_writer(c, avail->idx, 2));
	init_judge(c, r, site);
	align_judge(c, r, site);
	ring_sync_yield(c, HOST, "the used part of a vring", used->span, site);
	for (uint8_t side = 0; side < CHECK_SIDES; side++) {
		ring_flags_judge(c, r, side);
		layout_judge(c, ring_number(c, r), side);
	}
	for (unsigned int i = 0; i < CHECK_RINGS; i++)
		if (c->ring[i].configured)
			line_judge(c, r, &c->ring[i], site);
}

void check_ring_started(struct checker *c, struct check_site site)
{
	for (unsigned int i = 0; i < CHECK_RINGS; i++)
		if (c->ring[i].configured)
			ring_start(c, &c->ring[i], site);
}

void ring_declared_start(struct checker *c, struct check_site site)
{
	bool filled = false;

	if (c->declared || c->vdev)
		return;
	for (unsigned int i = 0; i < CHECK_RINGS; i++) {
		if (!c->ring[i].configured)
			return;
		filled = filled || c->ring[i].part[HOST].started;
	}
	if (!filled)
		return;
	c->declared = true;
	check_ring_started(c, site);
}

/* ---- Pauses, and the end of a ring ------------------------------------------------------------------- */

/*
 * An interrupt that came after the store of the index may be what kicks, of another ring; the program that it
 * interrupted has yet to clean.
 */
static bool index_deferred(struct checker *c, struct check_part *part, uint8_t side)
{
	struct check_site site;
	uint64_t line;

	if (part->clean_deferred || c->notified[side] < part->last.event)
		return false;
	part->clean_deferred = check_unclean(c, side, ring_idx(part), &line, &site);
	return part->clean_deferred;
}

void check_ring_pause(struct checker *c, uint8_t side, struct check_place at)
{
	if (side == HOST)
		ring_declared_start(c, (struct check_site){at, c->event});
	if (!check_started(c))
		return;
	for (unsigned int i = 0; i < CHECK_RINGS; i++) {
		struct check_ring *r = &c->ring[i];
		struct check_part *part = &r->part[side];

		if (!r->configured)
			continue;
		ring_changes_judge(c, r);
		if (!part->owes_clean || index_deferred(c, part, side))
			continue;
		ring_sync_index(c, r, side, at);
		part->owes_clean = false;
	}
}

void check_ring_reset(struct checker *c)
{
	c->rings_reset = c->event;
	c->declared = false;
	memset(c->told, 0, sizeof(c->told));
	for (unsigned int i = 0; i < CHECK_RINGS; i++) {
		struct check_ring *r = &c->ring[i];

		if (r->configured)
			memset(r->desc, 0, r->num * sizeof(r->desc[0]));
		r->configured = false;
	}
}
