/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How programs end: SBE-LIVE-01, SBE-EXIT-01, and what a host program prints of its result.
 *
 * A side that crashes or loses power takes rings, areas and transactions with it; whether both sides find
 * together again is not judged yet.
 */
#include "conformance/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void check_life_power(struct checker *c, const struct event_power *e)
{
	struct check_agent *a = &c->agent[e->agent];
	bool was_on = a->on;

	a->on = e->state == TRACE_POWER_ON || e->state == TRACE_POWER_SUSPENDED;
	if (!was_on || a->on || a->core) /* the program goes on without one of its further cores */
		return;
	c->crashed = true;
	check_ring_reset(c);
	check_rpmsg_reset(c);
	check_sbe_reset(c);
	check_buffer_reset(c);
}

void check_life_exit(struct checker *c, const struct event_exit *e)
{
	struct check_place at = check_place_of(c, e->agent, 0);

	c->agent[e->agent].ended = true;
	check_ring_pause(c, at.side, at);
	check_kick_pause(c, at, "ends");
	check_table_clean(c, at.side, at, "ends");
	check_sbe_end(c, at.side, at);
	if (at.side != HOST)
		return;
	c->host_ended = true;
	if (!c->host_code)
		c->host_code = e->code;
}

/* ---- What the host prints ---------------------------------------------------------------------------- */

static const char *const result_words[] = {"sha256 ", "upper_sha256 ", "histogram "};

static bool result_begins(const char *line)
{
	for (size_t i = 0; i < sizeof(result_words) / sizeof(result_words[0]); i++)
		if (!strncmp(line, result_words[i], strlen(result_words[i])))
			return true;
	return false;
}

static void result_hex(char *out, const char *text)
{
	size_t length = strspn(text, "0123456789abcdefABCDEF");

	if (length != 64)
		return;
	memcpy(out, text, length);
	out[length] = '\0';
}

static void result_histogram(struct check_result *r, const char *text)
{
	for (unsigned int i = 0; i < CHECK_HISTOGRAM; i++) {
		char *end;

		r->histogram[i] = strtoull(text, &end, 10);
		if (end == text)
			return;
		text = end;
	}
	r->has_histogram = true;
}

static void result_line(struct checker *c)
{
	const char *line = c->result_line;

	c->result_line[c->result_line_size] = '\0';
	c->result_line_size = 0;
	if (!strncmp(line, result_words[0], strlen(result_words[0])))
		result_hex(c->result.sha256, line + strlen(result_words[0]));
	else if (!strncmp(line, result_words[1], strlen(result_words[1])))
		result_hex(c->result.upper_sha256, line + strlen(result_words[1]));
	else if (!strncmp(line, result_words[2], strlen(result_words[2])))
		result_histogram(&c->result, line + strlen(result_words[2]));
}

void check_life_console(struct checker *c, const struct event_console *e)
{
	if (c->agent[e->agent].side != HOST)
		return;
	/* A writer that leaves newlines out begins a line with each event. */
	if (result_begins(e->text))
		result_line(c);
	for (const char *text = e->text; *text; text++) {
		if (*text == '\n')
			result_line(c);
		else if (c->result_line_size < sizeof(c->result_line) - 1u)
			c->result_line[c->result_line_size++] = *text;
	}
}

/* ---- The end ----------------------------------------------------------------------------------------- */

static struct check_place last_place(const struct checker *c, uint8_t side)
{
	return c->last_wait[side].pc ? c->last_wait[side] : c->last_access[side];
}

static void hang_judge(struct checker *c)
{
	struct check_violation *v;
	char unseen[160] = "";

	if (!c->hung) {
		if (c->run_ended)
			check_witness(c, CLAUSE_SBE_LIVE_01);
		return;
	}
	v = check_fail(c, CLAUSE_SBE_LIVE_01,
		       CHECK_AT(last_place(c, HOST), last_place(c, REMOTE), c->unseen_place));
	if (!v)
		return;
	if (c->unseen_size)
		snprintf(unseen, sizeof(unseen),
			 "; %u bytes at 0x%" PRIx64 ", stored by {2}, were never seen by the other "
			 "side",
			 c->unseen_size, c->unseen_addr);
	check_message(v, "the run hangs: %s", trace_enum_name("hang", c->hang_why));
	if (last_place(c, HOST).pc && last_place(c, REMOTE).pc)
		check_cause(v, "{0} and {1} are the last places where the sides waited%s", unseen);
	else
		check_cause(v, "a side never waited and never touched shared memory, so its place is not known%s", unseen);
}

static void exit_fail(struct checker *c, struct check_place place, const char *message)
{
	struct check_violation *v = check_fail(c, CLAUSE_SBE_EXIT_01, CHECK_AT(place));

	if (!v)
		return;
	check_message(v, "%s", message);
	if (place.pc)
		check_cause(v, "{0} is the last place that is known of it");
	else
		check_cause(v, "it touched no shared memory before, so no place is known");
}

static void exit_judge(struct checker *c)
{
	char message[200];

	if (c->asserted) {
		snprintf(message, sizeof(message), "the %s fails an assertion: %s",
			 check_side_name(c->assert_place.side), c->assert_text);
		exit_fail(c, c->assert_place, message);
	} else if (c->host_ended && c->host_code) {
		snprintf(message, sizeof(message), "the host program ends with %" PRIu32 ", expected 0",
			 c->host_code);
		exit_fail(c, last_place(c, HOST), message);
	} else if (c->host_ended) {
		check_witness(c, CLAUSE_SBE_EXIT_01);
	} else if (c->run_ended && !c->crashed) {
		exit_fail(c, last_place(c, HOST), "the host program does not end, expected it to end with 0");
	}
}

void check_life_finish(struct checker *c)
{
	result_line(c);
	if (c->run_ended && !(c->failed & CLAUSE_BIT(CLAUSE_MEM_FAULT_01)))
		check_witness(c, CLAUSE_MEM_FAULT_01);
	/* A side that gave up is why the other waits for it, not the other way round. */
	if (c->asserted)
		exit_judge(c);
	check_table_finish(c);
	check_kick_finish(c);
	hang_judge(c);
	if (!c->asserted)
		exit_judge(c);
}
