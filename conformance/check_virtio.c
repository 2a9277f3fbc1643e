/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The resource table and the device status in it: RSC-TABLE-01, RSC-SYNC-01, VIRTIO-STAT-01.
 *
 * The first rpmsg vdev of the table counts. Carve-outs, traces and other entries are stepped over, feature
 * bits and config space are not judged.
 */
#include "conformance/check.h"

#include <inttypes.h>

#define TABLE_ENTRIES 16u
#define TABLE_OFFSETS offsetof(struct resource_table, offset)
#define VDEV_VRINGS offsetof(struct fw_rsc_vdev, vring)
#define VDEV_SIZE sizeof(struct fw_rsc_vdev)
#define DA_ANY UINT32_MAX

#define STATUS_STEPS                                                                                         \
	(VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_FEATURES_OK |                      \
	 VIRTIO_STATUS_DRIVER_OK)

static bool power_of_two(uint64_t n)
{
	return n && !(n & (n - 1u));
}

static void table_fail(struct checker *c, struct check_site site, uint64_t field, uint64_t size,
		       const char *what, uint64_t seen, const char *expected)
{
	struct check_site writer = check_writer(c, field, size);
	struct check_violation *v;

	v = check_fail(c, CLAUSE_RSC_TABLE_01,
		       CHECK_AT(writer.event ? writer.place : site.place, site.place));
	if (!v)
		return;
	check_message(v, "the resource table's %s at 0x%" PRIx64 " is %" PRIu64 ", expected %s", what, field,
		      seen, expected);
	check_cause(v, "it was stored by {0}, and {1} takes the table into use");
}

/* One field that must have a value. */
static bool table_is(struct checker *c, struct check_site site, uint64_t field, const char *what,
		     uint32_t wanted, const char *expected)
{
	uint32_t seen = check_get32(c, field);

	if (seen == wanted)
		return true;
	table_fail(c, site, field, 4, what, seen, expected);
	return false;
}

static bool table_entries_valid(struct checker *c, struct check_site site, uint32_t num)
{
	uint64_t size = c->table.end - c->table.start;

	for (uint32_t i = 0; i < num; i++) {
		uint64_t field = c->table.start + TABLE_OFFSETS + 4u * i;
		uint32_t offset = check_get32(c, field);

		if (offset % 4u == 0 && offset >= TABLE_OFFSETS + 4u * num && offset <= size - 4u)
			continue;
		table_fail(c, site, field, 4, "entry offset", offset,
			   "a multiple of 4 behind the offsets and inside");
		return false;
	}
	return true;
}

static bool vring_valid(struct checker *c, struct check_site site, uint64_t at)
{
	uint32_t align = check_get32(c, at + offsetof(struct fw_rsc_vdev_vring, align));
	uint32_t num = check_get32(c, at + offsetof(struct fw_rsc_vdev_vring, num));

	if (!power_of_two(align)) {
		table_fail(c, site, at + offsetof(struct fw_rsc_vdev_vring, align), 4, "vring alignment",
			   align, "a power of two");
		return false;
	}
	if (!power_of_two(num) || num > 32768u) {
		table_fail(c, site, at + offsetof(struct fw_rsc_vdev_vring, num), 4, "vring size", num,
			   "a power of two up to 32768");
		return false;
	}
	return true;
}

static bool vdev_valid(struct checker *c, struct check_site site)
{
	uint64_t vrings = c->vdev + offsetof(struct fw_rsc_vdev, num_of_vrings), reserved = vrings + 1;
	uint16_t seen = check_get16(c, vrings);

	if ((seen & 0xffu) != 2u) {
		table_fail(c, site, vrings, 1, "number of vrings", seen & 0xffu, "2");
		return false;
	}
	if (check_get16(c, reserved)) {
		table_fail(c, site, reserved, 2, "vdev's reserved field", check_get16(c, reserved), "0");
		return false;
	}
	return vring_valid(c, site, c->vdev + VDEV_VRINGS) &&
	       vring_valid(c, site, c->vdev + VDEV_VRINGS + sizeof(struct fw_rsc_vdev_vring));
}

/* The host goes on from status 0: it has accepted the table. */
static void table_judge(struct checker *c, struct check_site site)
{
	uint64_t at = c->table.start;
	uint32_t num = check_get32(c, at + offsetof(struct resource_table, num));

	c->table_judged = true;
	if (!table_is(c, site, at, "version", 1, "1") ||
	    !table_is(c, site, at + offsetof(struct resource_table, reserved), "reserved field", 0, "0") ||
	    !table_is(c, site, at + offsetof(struct resource_table, reserved) + 4, "reserved field", 0, "0"))
		return;
	if (!num || num > TABLE_ENTRIES) {
		table_fail(c, site, at + offsetof(struct resource_table, num), 4, "number of entries", num,
			   "1 to 16");
		return;
	}
	if (table_entries_valid(c, site, num) && vdev_valid(c, site))
		check_witness(c, CLAUSE_RSC_TABLE_01);
}

static struct check_span ring_span(uint32_t da, uint32_t align, uint32_t num)
{
	return check_span_of(da, VRING_SIZE((uint64_t)num, align));
}

/* At DRIVER_OK the addresses must be there too. */
static void table_judge_places(struct checker *c, struct check_site site)
{
	struct check_span span[CHECK_RINGS];

	for (unsigned int i = 0; i < CHECK_RINGS; i++) {
		uint64_t at = c->vdev + VDEV_VRINGS + i * sizeof(struct fw_rsc_vdev_vring);
		uint32_t da = check_get32(c, at), align = check_get32(c, at + 4),
			 num = check_get32(c, at + 8);

		if (!power_of_two(align) || !power_of_two(num) || num > 32768u)
			return;
		span[i] = ring_span(da, align, num);
		if (!check_in_kind(c, span[i], true, false) || da % 16u ||
		    (i && check_overlaps(span[0], span[1]))) {
			table_fail(c, site, at, 4, "vring address", da,
				   "an aligned place in shared control memory, apart from the other ring");
			return;
		}
	}
	check_witness(c, CLAUSE_RSC_TABLE_01);
}

/* The address of the first rpmsg vdev that is wholly inside the table, or 0. */
static uint64_t vdev_find(struct checker *c)
{
	uint64_t size = c->table.end - c->table.start;
	uint32_t num = check_get32(c, c->table.start + offsetof(struct resource_table, num));

	if (size < TABLE_OFFSETS)
		return 0;
	for (uint32_t i = 0; i < num && i < TABLE_ENTRIES; i++) {
		uint32_t offset = check_get32(c, c->table.start + TABLE_OFFSETS + 4u * i);
		uint64_t at = c->table.start + offset;

		if (offset < TABLE_OFFSETS || size < VDEV_SIZE || offset > size - VDEV_SIZE)
			continue;
		if (check_get32(c, at) == RSC_VDEV && check_get32(c, at + 4) == VIRTIO_ID_RPMSG)
			return at;
	}
	return 0;
}

static void vrings_find(struct checker *c)
{
	for (unsigned int i = 0; i < CHECK_RINGS; i++) {
		uint64_t at = c->vdev + VDEV_VRINGS + i * sizeof(struct fw_rsc_vdev_vring);
		uint32_t da = check_get32(c, at), align = check_get32(c, at + 4),
			 num = check_get32(c, at + 8);

		if (!da || da == DA_ANY || !power_of_two(align) || !power_of_two(num) || align > 65536u)
			continue;
		if (check_in_kind(c, ring_span(da, align, num), true, false))
			check_ring_setup(c, i, da, align, num);
	}
}

static void status_fail(struct checker *c, struct check_site site, uint8_t old, uint8_t new,
			const char *expected)
{
	struct check_violation *v = check_fail(c, CLAUSE_VIRTIO_STAT_01, CHECK_AT(site.place));

	if (!v)
		return;
	check_message(v, "the %s changes the device status from 0x%02x to 0x%02x, expected %s",
		      check_side_name(site.place.side), old, new, expected);
	check_cause(v, "the status byte at 0x%" PRIx64 " was stored by {0}",
		    c->vdev + offsetof(struct fw_rsc_vdev, status));
}

static bool status_in_order(uint8_t old, uint8_t new)
{
	uint8_t added = (uint8_t)(new & ~old &STATUS_STEPS);

	if (added & (added - 1u))
		return false;
	if ((new &VIRTIO_STATUS_DRIVER) && !(new &VIRTIO_STATUS_ACKNOWLEDGE))
		return false;
	if ((new &(VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_DRIVER_OK)) && !(new &VIRTIO_STATUS_DRIVER))
		return false;
	/* Legacy drivers leave FEATURES_OK out, but it cannot follow DRIVER_OK. */
	return !((added & VIRTIO_STATUS_FEATURES_OK) && (old & VIRTIO_STATUS_DRIVER_OK));
}

static void status_judge(struct checker *c, struct check_site site, uint8_t old, uint8_t new)
{
	if (site.place.side == REMOTE && new != (old | VIRTIO_STATUS_NEEDS_RESET))
		status_fail(c, site, old, new, "the host to write it (the remote may add NEEDS_RESET)");
	else if (new & ~(STATUS_STEPS | VIRTIO_STATUS_NEEDS_RESET | VIRTIO_STATUS_FAILED))
		status_fail(c, site, old, new, "known bits only");
	else if (new && (old & ~new))
		status_fail(c, site, old, new, "that no bit is taken back but by a reset to 0");
	else if (!status_in_order(old, new))
		status_fail(c, site, old, new,
			    "ACKNOWLEDGE, DRIVER, (FEATURES_OK,) DRIVER_OK in this order, one at a time");
	else
		check_witness(c, CLAUSE_VIRTIO_STAT_01);
}

static void status_stored(struct checker *c, struct check_site site, uint8_t old, uint8_t new)
{
	if (old == new)
		return;
	if (!c->table_judged && new)
		table_judge(c, site);
	status_judge(c, site, old, new);
	c->status = new;
	if (!new)
		check_ring_reset(c);
	if ((new & ~old) & VIRTIO_STATUS_DRIVER_OK) {
		table_judge_places(c, site);
		check_ring_started(c, site);
	}
}

void check_table_stored(struct checker *c, struct check_span span, struct check_site site)
{
	uint64_t status;

	c->vdev = vdev_find(c);
	if (!c->vdev)
		return;
	status = c->vdev + offsetof(struct fw_rsc_vdev, status);
	vrings_find(c);
	if (check_overlaps(span, check_span_of(status, 1)))
		status_stored(c, site, c->status, (uint8_t)check_get16(c, status));
}

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
