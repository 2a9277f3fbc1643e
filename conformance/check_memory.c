/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Accesses of control memory, maintenance, and facts about memory: MEM-FAULT-01, VRING-SYNC-09, SBE-SYNC-05,
 * RPMSG-DATA-* and SBE-DATA-*.
 *
 * A fact is no verdict: a stale index or a lost scratch byte is legal. Fills and write-backs are not
 * followed. What control memory held before anyone stored to it is learned from loads.
 */
#include "conformance/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint64_t granule_of(uint64_t addr)
{
	return addr & ~(uint64_t)(CHECK_GRANULE - 1u);
}

/* The part of [addr, end) in the granule of `addr`. */
static struct check_span piece_of(uint64_t addr, uint64_t end)
{
	uint64_t next = granule_of(addr) + CHECK_GRANULE;

	return (struct check_span){addr, end < next ? end : next};
}

void check_memory_load(struct checker *c, const struct event_load *e)
{
	struct check_span all = check_span_of(e->addr, e->bytes.size), span;
	struct check_place place = check_place_of(c, e->agent, e->pc);

	for (span = piece_of(all.start, all.end); span.start < all.end; span = piece_of(span.end, all.end)) {
		struct check_line *line = check_line_at(c, granule_of(span.start));
		uint64_t mask = check_mask(granule_of(span.start), span);

		if (!line)
			return;
		if ((line->known & mask) != mask)
			check_memory_learn(c, all.start, &e->bytes);
		if (line->role)
			check_ring_loaded(c, line, span, e->bytes.data + (span.start - all.start), place);
		if (c->waiting)
			check_arrived(c, place, span);
	}
}

static void line_store(struct checker *c, struct check_line *line, struct check_span span,
		       const uint8_t *data, struct check_site site)
{
	uint64_t granule = granule_of(span.start), mask = check_mask(granule, span);
	struct check_bytes *b = check_bytes_at(c, granule);
	uint8_t side = site.place.side;

	if (!b)
		return;
	for (uint64_t i = span.start - granule; i < span.end - granule; i++) {
		b->value[i] = *data++;
		b->agent[i] = site.place.agent;
		b->pc[i] = site.place.pc;
		b->event[i] = site.event;
	}
	line->known |= mask;
	line->stored[side] = site;
	if (line->cached >> side & 1u) {
		line->unclean[side] |= mask;
		line->dirty[side] |= mask;
	}
}

void check_memory_store(struct checker *c, const struct event_store *e)
{
	struct check_span all = check_span_of(e->addr, e->bytes.size), span;
	struct check_site site = {check_place_of(c, e->agent, e->pc), c->event};
	bool ring = false;

	for (span = piece_of(all.start, all.end); span.start < all.end; span = piece_of(span.end, all.end)) {
		struct check_line *line = check_line_at(c, granule_of(span.start));

		if (!line)
			return;
		if (line->role)
			check_ring_storing(c, line, span, site);
		ring = ring || (line->role & CHECK_ROLE_RING);
		line_store(c, line, span, e->bytes.data + (span.start - all.start), site);
		if (c->waiting)
			check_arrived(c, site.place, span);
	}
	if (ring)
		check_ring_stored(c, all, site);
	if (check_overlaps(all, c->table))
		check_table_stored(c, all, site);
}

/* ---- Maintenance ------------------------------------------------------------------------------------- */

static void invalidate_fail(struct checker *c, enum clause_id clause, const struct check_maint *m, uint64_t line,
			    struct check_site site)
{
	struct check_violation *v = check_fail(c, clause, CHECK_AT(m->place, site.place));

	if (!v)
		return;
	check_message(v,
		      "the %s invalidates line 0x%" PRIx64
		      ", which has dirty bytes outside the range that it asks for",
		      check_side_name(m->place.side), line);
	check_cause(v, "{0} asks for a range that ends inside the line; the line was last stored by {1} and "
		       "not cleaned");
	check_await(c, v, m->place.side, check_span_of(line, CHECK_GRANULE));
}

static void edges_judge(struct checker *c, const struct check_maint *m, struct check_span asked)
{
	struct check_span head = {m->span.start, asked.start}, tail = {asked.end, m->span.end};
	enum clause_id clause = check_in_kind(c, m->span, false, true) ? CLAUSE_SBE_SYNC_05 : CLAUSE_VRING_SYNC_09;
	struct check_site site;
	uint64_t line;

	if (m->op != TRACE_MAINT_INVALIDATE || (head.start == head.end && tail.start == tail.end))
		return;
	if (check_dirty(c, m->place.side, head, &line, &site) ||
	    check_dirty(c, m->place.side, tail, &line, &site))
		invalidate_fail(c, clause, m, line, site);
	else
		check_witness(c, clause);
}

static void lines_maintain(struct checker *c, const struct check_maint *m)
{
	uint64_t granule = granule_of(m->span.start);
	uint8_t side = m->place.side;
	struct check_line *line;

	for (; (line = check_line_next(c, &granule, m->span.end)) != NULL; granule += CHECK_GRANULE) {
		uint64_t mask = check_mask(granule, m->span);

		line->dirty[side] &= ~mask;
		/* Dropped bytes never get clean. */
		if (m->op != TRACE_MAINT_INVALIDATE)
			line->unclean[side] &= ~mask;
		if (m->op == TRACE_MAINT_CLEAN)
			continue;
		for (unsigned int half = 0; half < 2; half++)
			if (mask >> (half * CHECK_HALF) & 1u)
				line->invalidated[side][half] = m->event;
	}
}

void check_memory_maint(struct checker *c, const struct event_maint *e)
{
	/* No region is larger: who asks for more than that gets judged for that much. */
	struct check_span asked = check_span_of(e->start, e->size < CHECK_RANGE_MAX ? e->size : CHECK_RANGE_MAX);
	struct check_maint m = {
		.span = check_lines(asked, c->agent[e->agent].line),
		.event = c->event,
		.place = check_place_of(c, e->agent, e->pc),
		.op = e->op,
	};

	if (!e->size)
		return;
	edges_judge(c, &m, asked);
	check_buffer_maint(c, &m);
	c->maint[m.place.side][c->maints[m.place.side]++ % CHECK_MAINTS] = m;
	lines_maintain(c, &m);
}

/* ---- Facts ------------------------------------------------------------------------------------------- */

/* What a stale read says, for causes; the place that it names goes into `writer`. */
static void stale_text(const struct checker *c, const struct event_stale *e, unsigned int writer, char *out,
		       size_t size)
{
	snprintf(out, size,
		 "{%u} had overwritten %u bytes at 0x%" PRIx64 "; the %s's copy was filled at %" PRIu64
		 " ps (%s); it would have needed %s",
		 writer, e->size, e->addr, check_side_name(c->agent[e->agent].side), e->filled,
		 trace_enum_name("fill", e->why), trace_enum_name("remedy", e->remedy));
}

static bool clean_missing(enum clause_id clause)
{
	return clause == CLAUSE_SBE_SYNC_01 || clause == CLAUSE_VRING_SYNC_01 || clause == CLAUSE_VRING_SYNC_05 ||
	       clause == CLAUSE_VRING_SYNC_06;
}

/* A missing clean that was reported when it was published has now been seen to matter. */
static bool stale_confirms(struct checker *c, const struct event_stale *e, struct check_span span)
{
	char text[240];

	for (unsigned int i = 0; i < c->violations; i++) {
		struct check_violation *v = &c->violation[i];
		struct check_pending *p = &c->pending[i];
		size_t length = strlen(v->cause);

		if (!clean_missing(v->clause) || !check_overlaps(p->span, span))
			continue;
		if (p->confirmed)
			return true;
		p->confirmed = true;
		stale_text(c, e, 0, text, sizeof(text));
		snprintf(v->cause + length, sizeof(v->cause) - length,
			 "; indeed the %s read a stale copy: %s", check_side_name(c->agent[e->agent].side),
			 text);
		return true;
	}
	return false;
}

static void stale_fail(struct checker *c, enum clause_id clause, const struct event_stale *e, const char *what)
{
	struct check_place place = check_place_of(c, e->agent, e->pc);
	struct check_place writer = check_place_of(c, e->writer, e->writer_pc);
	struct check_violation *v = check_fail(c, clause, CHECK_AT(place, writer));
	char text[240];

	if (!v)
		return;
	stale_text(c, e, 1, text, sizeof(text));
	check_message(v, "the %s reads %u stale bytes of %s at 0x%" PRIx64, check_side_name(place.side),
		      e->size, what, e->addr);
	check_cause(v, "{0} reads them; %s", text);
}

void check_memory_stale(struct checker *c, const struct event_stale *e)
{
	struct check_span span = check_span_of(e->addr, e->size);
	struct check_place place = check_place_of(c, e->agent, e->pc);
	const char *control;

	if (stale_confirms(c, e, span))
		return;
	control = check_ring_relied(c, place.side, span);
	if (control) {
		stale_fail(c, CLAUSE_RPMSG_DATA_01, e, control);
		return;
	}
	if (!check_homed(c, span) || check_buffer_unsynced(c, span, place))
		return;
	if (check_buffer_owner(c, place.side, span))
		stale_fail(c, CLAUSE_SBE_DATA_01, e, "a buffer");
}

void check_memory_clobber(struct checker *c, const struct event_clobber *e)
{
	struct check_span span = check_span_of(e->addr, e->size);
	bool control = check_in_kind(c, span, true, false) || check_overlaps(span, c->table);
	struct check_violation *v;

	if (control ? check_ring_free(c, c->agent[e->agent].side, span) : !check_homed(c, span))
		return;
	v = check_fail(
		c, control ? CLAUSE_RPMSG_DATA_02 : CLAUSE_SBE_DATA_02,
		CHECK_AT(check_place_of(c, e->agent, e->pc), check_place_of(c, e->victim, e->victim_pc)));
	if (!v)
		return;
	check_message(v, "a write-back of the %s overwrites %u newer bytes of the %s at 0x%" PRIx64,
		      check_side_name(c->agent[e->agent].side), e->size,
		      check_side_name(c->agent[e->victim].side), e->addr);
	check_cause(v, "the line was dirtied by {0}; the bytes that it overwrote were stored by {1}");
}

void check_memory_lost(struct checker *c, const struct event_lost *e)
{
	struct check_span span = check_span_of(e->addr, e->size);
	bool control = check_ring_given(c, c->agent[e->agent].side, span);
	struct check_violation *v;

	if (!control && !check_buffer_given(c, c->agent[e->agent].side, span))
		return;
	v = check_fail(
		c, control ? CLAUSE_RPMSG_DATA_02 : CLAUSE_SBE_DATA_02,
		CHECK_AT(check_place_of(c, e->agent, e->pc), check_place_of(c, e->agent, e->maint_pc)));
	if (!v)
		return;
	check_message(v, "%u bytes that the %s stored at 0x%" PRIx64 " and handed over never reached memory",
		      e->size, check_side_name(c->agent[e->agent].side), e->addr);
	check_cause(v, "they were stored by {0} and dropped by the maintenance of {1}");
}

void check_memory_fault(struct checker *c, const struct event_fault *e)
{
	struct check_place place = check_place_of(c, e->agent, e->pc);
	struct check_violation *v = check_fail(c, CLAUSE_MEM_FAULT_01, CHECK_AT(place));

	if (!v)
		return;
	if (e->size)
		check_message(v, "the %s's %s of %" PRIu32 " bytes at 0x%" PRIx64 " faults",
			      check_side_name(place.side), trace_enum_name("access", e->access), e->size, e->addr);
	else
		check_message(v, "the %s faults on private memory, or runs over its heap or stack", check_side_name(place.side));
	check_cause(v, "{0} touches memory that it may not, or that is not there: %s", trace_enum_name("fault", e->cause));
}
