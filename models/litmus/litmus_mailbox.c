/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mailboxes between the agents of a litmus test: those of mailbox.h, mailbox n being channel n of both its ends. When
 * what is on its way arrives is the schedule's, so the timers that would say it are dropped. No latency; interrupts
 * that nobody takes.
 */
#include "models/litmus/litmus_run.h"

static struct agent *mailbox_sender(struct litmus_run *run, unsigned int mailbox)
{
	return &run->engine.agent[run->test->mailbox[mailbox].from];
}

static struct agent *mailbox_receiver(struct litmus_run *run, unsigned int mailbox)
{
	return &run->engine.agent[run->test->mailbox[mailbox].to];
}

void litmus_mailbox_build(struct platform *platform, const struct litmus *test)
{
	for (unsigned int i = 0; i < test->mailboxes; i++) {
		const struct litmus_mailbox *m = &test->mailbox[i];
		struct mailbox_properties *is = &platform->mailbox[i].is;

		*is = mailbox_kinds[m->depth ? TRACE_MAILBOX_KIND_FIFO : TRACE_MAILBOX_KIND_DOORBELL];
		is->depth = (uint8_t)m->depth;
		is->lossy = m->lossy;
		is->duplicates = m->duplicate;
		platform->cpu[m->from].channel[i] =
			(struct platform_channel){.mailbox = i, .connected = true, .peer = m->to, .peer_channel = i};
		platform->cpu[m->to].channel[i] =
			(struct platform_channel){.mailbox = i, .connected = true, .peer = m->from, .peer_channel = i};
	}
	platform->mailboxes = test->mailboxes;
}

const struct mailbox_link *litmus_mailbox(const struct litmus_run *run, unsigned int mailbox)
{
	return &run->machine.mailbox.link[run->test->mailbox[mailbox].from][mailbox];
}

void litmus_mailbox_ring(struct litmus_run *run, unsigned int mailbox)
{
	unsigned int timers = run->engine.timers;

	mailbox_post(&run->machine.mailbox, mailbox_sender(run, mailbox), mailbox, 0);
	run->engine.timers = timers;
}

void litmus_mailbox_arrive(struct litmus_run *run, unsigned int mailbox)
{
	mailbox_deliver(&run->machine.mailbox, mailbox_sender(run, mailbox), mailbox);
}

bool litmus_mailbox_take(struct litmus_run *run, unsigned int mailbox)
{
	uint64_t token;

	return mailbox_poll(&run->machine.mailbox, mailbox_receiver(run, mailbox), mailbox, &token, 0);
}

bool litmus_mailbox_push(struct litmus_run *run, unsigned int mailbox, uint8_t token)
{
	unsigned int timers = run->engine.timers;
	bool sent = mailbox_send(&run->machine.mailbox, mailbox_sender(run, mailbox), mailbox, token, 0);

	run->engine.timers = timers;
	return sent;
}

uint8_t litmus_mailbox_pop(struct litmus_run *run, unsigned int mailbox)
{
	uint64_t token = 0;

	mailbox_poll(&run->machine.mailbox, mailbox_receiver(run, mailbox), mailbox, &token, 0);
	return (uint8_t)token;
}
