/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mailboxes between the agents of a litmus test: doorbells that coalesce and FIFOs that refuse, either perhaps losing or doubling what
 * is sent. When what flies arrives is the schedule's. No latency, no interrupts.
 */
#include <string.h>

#include "models/litmus_run.h"

#define SITE_SENT "litmus.sent"

/* How many of the one that was sent there are: one; on a bad mailbox perhaps none, or two. */
static unsigned int mailbox_copies(struct litmus_run *run, const struct litmus_mailbox *m)
{
	unsigned int options = 1u + m->lossy + m->duplicate;
	unsigned int taken = options > 1 ? engine_choose(&run->engine, SITE_SENT, options) : 0;

	if (!taken)
		return 1;
	return taken == 1 && m->lossy ? 0 : 2;
}

void litmus_mailbox_ring(struct litmus_run *run, unsigned int mailbox)
{
	run->box[mailbox].flying += mailbox_copies(run, &run->test->mailbox[mailbox]);
}

void litmus_mailbox_arrive(struct litmus_run *run, unsigned int mailbox)
{
	struct litmus_box *box = &run->box[mailbox];

	box->flying--;
	box->arrived = run->test->mailbox[mailbox].depth ? box->arrived + 1 : 1;
}

bool litmus_mailbox_take(struct litmus_run *run, unsigned int mailbox)
{
	bool rang = run->box[mailbox].arrived > 0;

	run->box[mailbox].arrived = 0;
	return rang;
}

bool litmus_mailbox_push(struct litmus_run *run, unsigned int mailbox, uint8_t token)
{
	const struct litmus_mailbox *m = &run->test->mailbox[mailbox];
	struct litmus_box *box = &run->box[mailbox];

	if (box->arrived + box->flying == m->depth)
		return false;
	for (unsigned int copies = mailbox_copies(run, m); copies && box->arrived + box->flying < m->depth; copies--)
		box->token[box->arrived + box->flying++] = token;
	return true;
}

uint8_t litmus_mailbox_pop(struct litmus_run *run, unsigned int mailbox)
{
	struct litmus_box *box = &run->box[mailbox];
	uint8_t token = box->token[0];

	box->arrived--;
	memmove(box->token, box->token + 1, box->arrived + box->flying);
	return token;
}
