/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kicks: VRING-KICK-*, VIRTIO-STAT-04, MBOX-LOST-01.
 *
 * What is owed is settled by any kick of the side, since receivers may look at all rings whatever the token says;
 * where they do, also by one that a full mailbox refuses, as its receiver has yet to look. Which ring a kick
 * speaks of is judged at the sender, by its token, where the resource table gives rings tokens. A kick that only
 * gives buffers back is another clause's than one for a message: stacks leave it out and poll instead. Event
 * indices are not followed. Whether a kick was in time is not judged: a late one only costs.
 */
#include "conformance/check.h"

#include <inttypes.h>

#define ALL_RINGS ((1u << CHECK_RINGS) - 1u)
#define FLAG_NO_KICK 1u
/* Not of a vring: messages between Linux' remoteproc drivers and firmware (drivers/remoteproc/omap_remoteproc.h). */
#define MESSAGE_FIRST 0xffffff00u
#define MESSAGE_END 0xffffff14u
_Static_assert(FLAG_NO_KICK == VRING_AVAIL_F_NO_INTERRUPT && FLAG_NO_KICK == VRING_USED_F_NO_NOTIFY,
	       "suppression");

static const char *part_name(uint8_t side)
{
	return side == HOST ? "avail" : "used";
}

static struct check_span flags_span(const struct check_ring *r, uint8_t side)
{
	return check_span_of(r->part[check_peer(side)].span.start, 2);
}

/* The other side asks `side` not to kick for this ring. */
static bool ring_quiet(struct checker *c, const struct check_ring *r, uint8_t side)
{
	return check_get16(c, flags_span(r, side).start) & FLAG_NO_KICK;
}

/* ... and can be heard to ask so. */
static bool ring_quiet_seen(struct checker *c, const struct check_ring *r, uint8_t side)
{
	struct check_site site;
	uint64_t line;

	return ring_quiet(c, r, side) &&
	       !check_unclean(c, check_peer(side), flags_span(r, side), &line, &site);
}

void check_kick_reset(struct checker *c, unsigned int ring)
{
	for (uint8_t side = 0; side < CHECK_SIDES; side++) {
		struct check_kicks *k = &c->kicks[side];

		k->owed &= ~(1u << ring);
		k->quiet &= ~(1u << ring);
		k->fresh &= ~(1u << ring);
	}
}

void check_kick_published(struct checker *c, unsigned int ring, uint8_t side)
{
	const struct check_ring *r = &c->ring[ring];

	c->kicks[side].fresh |= 1u << ring;
	if (!ring_quiet(c, r, side))
		c->kicks[side].owed |= 1u << ring;
	else if (ring_quiet_seen(c, r, side))
		c->kicks[side].quiet |= 1u << ring;
}

/* ---- Which ring a token speaks of -------------------------------------------------------------------- */

static uint32_t vring_token(struct checker *c, unsigned int ring)
{
	return check_get32(c, c->vdev + offsetof(struct fw_rsc_vdev, vring) +
				      ring * sizeof(struct fw_rsc_vdev_vring) +
				      offsetof(struct fw_rsc_vdev_vring, notifyid));
}

static uint32_t vdev_token(struct checker *c)
{
	return check_get32(c, c->vdev + offsetof(struct fw_rsc_vdev, notifyid));
}

/* Does what receives from the channel go by the tokens? */
static bool tokens_trusted(const struct checker *c, uint8_t agent, uint8_t channel)
{
	const struct check_mailbox *m = channel < CHECK_CHANNELS ? &c->mailbox[c->agent[agent].boot][channel] : NULL;

	return m && m->known && m->token_bits && !(m->attr & TRACE_MAILBOX_SCAN_ALL);
}

/* As it arrives. */
static uint64_t token_carried(const struct checker *c, const struct event_kick *e)
{
	return c->mailbox[c->agent[e->agent].boot][e->channel].token_bits < 64 ? e->token & UINT32_MAX : e->token;
}

/* A bit per ring that the table gives this token; 0 without a table too. */
static unsigned int token_rings(struct checker *c, uint64_t token)
{
	unsigned int rings = 0;

	for (unsigned int i = 0; c->vdev && i < CHECK_RINGS; i++)
		if (vring_token(c, i) == token)
			rings |= 1u << i;
	return rings;
}

/* The rings that a kick may speak of: one, or all when its token leaves that open. */
static unsigned int kick_rings(struct checker *c, uint64_t token)
{
	unsigned int rings = token_rings(c, token);

	return rings && rings != ALL_RINGS ? rings : ALL_RINGS;
}

/* It may speak of the table instead: open-amp's host tells each store to it, with the token of the device. */
static bool kick_tells_table(struct checker *c, uint8_t side, uint64_t token)
{
	return c->table_stored[side] && (token == vdev_token(c) || !token_rings(c, token));
}

/* ---- Judging a kick ---------------------------------------------------------------------------------- */

static void token_judge(struct checker *c, struct check_place at, const struct event_kick *e)
{
	struct check_violation *v;
	uint64_t token;

	if (!c->vdev || !tokens_trusted(c, e->agent, e->channel))
		return;
	token = token_carried(c, e);
	if (token >= MESSAGE_FIRST && token < MESSAGE_END)
		return;
	if (token_rings(c, token) || token == vdev_token(c)) {
		check_witness(c, CLAUSE_VRING_KICK_03);
		return;
	}
	v = check_fail(c, CLAUSE_VRING_KICK_03, CHECK_AT(at));
	if (!v)
		return;
	check_message(v,
		      "the %s kicks with token %" PRIu64 ", expected the notifyid of a vring (%" PRIu32
		      " or %" PRIu32 ") or of the device (%" PRIu32 ")",
		      check_side_name(at.side), token, vring_token(c, 0), vring_token(c, 1), vdev_token(c));
	check_cause(v, "{0} sends it; a receiver that goes by the token looks at no ring");
}

static void early_judge(struct checker *c, struct check_place at, uint64_t token)
{
	struct check_site status;
	struct check_violation *v;

	if (!c->vdev || !token_rings(c, token) || kick_tells_table(c, at.side, token))
		return;
	status = check_writer(c, c->vdev + offsetof(struct fw_rsc_vdev, status), 1);
	v = check_fail(c, CLAUSE_VIRTIO_STAT_04, CHECK_AT(at, status.place));
	if (!v)
		return;
	check_message(v,
		      "the %s kicks with the token %" PRIu64
		      " of a vring while the status is 0x%02x, expected "
		      "DRIVER_OK (0x04) first",
		      check_side_name(at.side), token, c->status);
	check_cause(v, "{0} kicks; the status was last stored by {1}");
}

/* The first of `rings` for which the kick was not wanted, or NULL. */
static const struct check_ring *kick_unwanted(struct checker *c, uint8_t side, unsigned int rings)
{
	if (rings & c->kicks[side].owed)
		return NULL;
	for (unsigned int i = 0; i < CHECK_RINGS; i++)
		if (rings & c->kicks[side].quiet & 1u << i && ring_quiet_seen(c, &c->ring[i], side))
			return &c->ring[i];
	return NULL;
}

static void unwanted_fail(struct checker *c, const struct check_ring *r, struct check_place at)
{
	struct check_site asked = check_writer(c, flags_span(r, at.side).start, 2);
	struct check_violation *v = check_fail(c, CLAUSE_VRING_KICK_02, CHECK_AT(at, asked.place));

	if (!v)
		return;
	check_message(v, "the %s kicks for vring%u, whose flags ask it not to", check_side_name(at.side),
		      (unsigned int)(r - c->ring));
	check_cause(v, "{1} stored the flags before the index was published, and {0} kicks all the same");
}

static void needless_fail(struct checker *c, struct check_place at)
{
	struct check_violation *v = check_fail(c, CLAUSE_VRING_KICK_04, CHECK_AT(at));

	if (!v)
		return;
	check_message(v, "the %s kicks and has published nothing since its last kick",
		      check_side_name(at.side));
	check_cause(v, "{0} kicks: it costs the %s an interrupt", check_side_name(check_peer(at.side)));
}

/* Messages go by the used part of vring0 and the avail part of vring1; the others give buffers back. */
static enum clause_id owed_clause(unsigned int ring, uint8_t side)
{
	return (ring == 0) == (side == REMOTE) ? CLAUSE_VRING_KICK_01 : CLAUSE_VRING_KICK_05;
}

static void owed_settle(struct checker *c, uint8_t side)
{
	for (unsigned int i = 0; i < CHECK_RINGS; i++)
		if (c->kicks[side].owed & 1u << i)
			check_witness(c, owed_clause(i, side));
	c->kicks[side].owed = 0;
}

static void kick_judge(struct checker *c, struct check_place at, uint64_t token)
{
	unsigned int rings = kick_rings(c, token);
	struct check_kicks *k = &c->kicks[at.side];
	const struct check_ring *unwanted = kick_unwanted(c, at.side, rings);

	owed_settle(c, at.side);
	/* Of the device alone: it speaks of no ring. */
	if (c->vdev && token == vdev_token(c) && !token_rings(c, token) && c->table_stored[at.side])
		return;
	if (unwanted)
		unwanted_fail(c, unwanted, at);
	if (rings & k->fresh)
		check_witness(c, CLAUSE_VRING_KICK_04);
	else if (!kick_tells_table(c, at.side, token))
		needless_fail(c, at);
	k->quiet &= ~rings;
	k->fresh &= ~rings;
}

void check_kick_sent(struct checker *c, const struct event_kick *e)
{
	struct check_place at = check_place_of(c, e->agent, e->pc);

	token_judge(c, at, e);
	if (c->vdev && check_started(c))
		check_witness(c, CLAUSE_VIRTIO_STAT_04);
	if (check_started(c))
		kick_judge(c, at, e->token);
	else if (!c->ran)
		early_judge(c, at, e->token);
	c->table_stored[at.side] = false;
}

void check_kick_refused(struct checker *c, const struct event_refused *e)
{
	if (check_started(c) && e->why == TRACE_REFUSAL_FULL && !tokens_trusted(c, e->agent, e->channel))
		owed_settle(c, c->agent[e->agent].side);
}

/* ---- Waiting ----------------------------------------------------------------------------------------- */

static void owed_judge(struct checker *c, unsigned int ring, struct check_place at, const char *what)
{
	const struct check_ring *r = &c->ring[ring];
	const struct check_part *part = &r->part[at.side];
	struct check_violation *v;

	if (ring_quiet(c, r, at.side))
		return;
	v = check_fail(c, owed_clause(ring, at.side), CHECK_AT(part->last.place, at));
	if (!v)
		return;
	check_message(v, "the %s %s after it published in the %s part of vring%u, expected a kick first",
		      check_side_name(at.side), what, part_name(at.side), ring);
	check_cause(v, "{0} stored the index; {1} %s; the other side's flags do not suppress the kick", what);
	check_await(c, v, check_peer(at.side), check_span_of(part->idx, 2));
}

void check_kick_pause(struct checker *c, struct check_place at, const char *what)
{
	unsigned int owed = c->kicks[at.side].owed;

	if (!check_started(c))
		return;
	if (c->kicks[at.side].quiet)
		check_witness(c, CLAUSE_VRING_KICK_02);
	c->kicks[at.side].owed = c->kicks[at.side].quiet = 0;
	for (unsigned int i = 0; i < CHECK_RINGS; i++)
		if (owed & 1u << i && c->ring[i].configured)
			owed_judge(c, i, at, what);
}

/* ---- Lost kicks -------------------------------------------------------------------------------------- */

void check_kick_lost(struct checker *c, const struct event_kick_lost *e)
{
	c->kicks_lost++;
	c->lost_by = check_peer(c->agent[e->agent].side);
}

void check_kick_finish(struct checker *c)
{
	struct check_violation *v;

	if (!c->kicks_lost || !c->run_ended)
		return;
	if (!c->hung) {
		check_witness(c, CLAUSE_MBOX_LOST_01);
		return;
	}
	v = check_fail(c, CLAUSE_MBOX_LOST_01, CHECK_AT(c->last_wait[HOST], c->last_wait[REMOTE]));
	if (!v)
		return;
	check_message(v, "the run hangs after %u kicks were lost, the last of the %s", c->kicks_lost,
		      check_side_name(c->lost_by));
	check_cause(v, "{0} and {1} are the last places where the sides waited: a side that waits for a kick alone "
		       "waits for ever");
}
