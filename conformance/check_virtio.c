/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The device status: VIRTIO-STAT-01, -03 and -05. That nobody goes ahead of it is judged where rings and kicks are:
 * VIRTIO-STAT-02 and -04.
 *
 * Which features a status settles is the table's business (check_table.c). How long a side takes to see a status is not
 * judged; nor what it does after a reset, since no protocol tells it.
 */
#include "conformance/check.h"

#include <inttypes.h>

#define STATUS_STEPS                                                                                         \
	(VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_FEATURES_OK |                      \
	 VIRTIO_STATUS_DRIVER_OK)
#define STATUS_KNOWN (STATUS_STEPS | VIRTIO_STATUS_NEEDS_RESET | VIRTIO_STATUS_FAILED)

bool check_started(const struct checker *c)
{
	return c->declared || c->status & VIRTIO_STATUS_DRIVER_OK;
}

static void status_fail(struct checker *c, enum clause_id clause, struct check_site site, uint8_t new,
			const char *expected)
{
	struct check_violation *v = check_fail(c, clause, CHECK_AT(site.place));

	if (!v)
		return;
	check_message(v, "the %s changes the device status from 0x%02x to 0x%02x, expected %s",
		      check_side_name(site.place.side), c->status, new, expected);
	check_cause(v, "the status byte at 0x%" PRIx64 " was stored by {0}",
		    c->vdev + offsetof(struct fw_rsc_vdev, status));
}

/* open-amp's host asks for a reset with NEEDS_RESET where virtio has 0. */
static bool status_resets(struct check_site site, uint8_t new)
{
	return !new || (site.place.side == HOST && new == VIRTIO_STATUS_NEEDS_RESET);
}

static bool writer_judge(struct checker *c, struct check_site site, uint8_t new)
{
	if (site.place.side == HOST || new == (c->status | VIRTIO_STATUS_NEEDS_RESET)) {
		check_witness(c, CLAUSE_VIRTIO_STAT_03);
		return true;
	}
	status_fail(c, CLAUSE_VIRTIO_STAT_03, site, new,
		    "the host to write it (the remote may add NEEDS_RESET)");
	return false;
}

static void order_judge(struct checker *c, struct check_site site, uint8_t new)
{
	uint8_t added = (uint8_t)(new & ~c->status &STATUS_STEPS);

	if (new & ~STATUS_KNOWN)
		status_fail(c, CLAUSE_VIRTIO_STAT_01, site, new, "known bits only");
	else if (c->status & ~new && !status_resets(site, new))
		status_fail(c, CLAUSE_VIRTIO_STAT_01, site, new, "that no bit is taken back but by a reset to 0");
	else if (added && c->status & VIRTIO_STATUS_DRIVER_OK)
		status_fail(c, CLAUSE_VIRTIO_STAT_01, site, new, "no step after DRIVER_OK");
	else
		check_witness(c, CLAUSE_VIRTIO_STAT_01);
}

/* Legacy drivers leave FEATURES_OK out. */
static void steps_judge(struct checker *c, struct check_site site, uint8_t new)
{
	uint8_t added = (uint8_t)(new & ~c->status &STATUS_STEPS);

	if (!added)
		return;
	if (added & (added - 1u) || (new & VIRTIO_STATUS_DRIVER && !(new & VIRTIO_STATUS_ACKNOWLEDGE)) ||
	    (new & (VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_DRIVER_OK) && !(new & VIRTIO_STATUS_DRIVER)))
		status_fail(c, CLAUSE_VIRTIO_STAT_05, site, new,
			    "ACKNOWLEDGE, DRIVER, (FEATURES_OK,) DRIVER_OK in this order, one at a time");
	else
		check_witness(c, CLAUSE_VIRTIO_STAT_05);
}

static void status_reset(struct checker *c)
{
	c->features_chosen = false;
	check_rpmsg_finish(c);
	check_rpmsg_reset(c);
	check_ring_reset(c);
}

void check_status_stored(struct checker *c, struct check_site site, uint8_t new)
{
	uint8_t old = c->status, added = (uint8_t)(new & ~old);

	if (old == new)
		return;
	if (new)
		check_table_accepted(c, site);
	if (writer_judge(c, site, new)) {
		order_judge(c, site, new);
		steps_judge(c, site, new);
	}
	c->status = new;
	if (status_resets(site, new))
		status_reset(c);
	if (added & VIRTIO_STATUS_FEATURES_OK)
		check_table_features(c, site);
	if (added & VIRTIO_STATUS_DRIVER_OK) {
		c->ran = true;
		check_table_started(c, site);
		check_ring_started(c, site);
	}
}
