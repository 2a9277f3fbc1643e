/* SPDX-License-Identifier: BSD-3-Clause */
/* A doorbell mailbox; see mailbox.h. */
#include "models/mailbox.h"

/* What a timer carries: the receiving agent and the channel. */
#define MAILBOX_ARG(agent, channel) ((uint64_t)(agent) << 8 | (channel))

static void mailbox_deliver(void *ctx, uint64_t arg)
{
	struct mailbox *mailbox = ctx;
	struct agent *to = &mailbox->engine->agent[arg >> 8];
	unsigned int channel = (unsigned int)(arg & 0xff);

	if (to->state == AGENT_OFF || to->state == AGENT_DEAD)
		return;
	ENGINE_EMIT(mailbox->engine, notify, .agent = (uint8_t)to->id, .channel = (uint8_t)channel);
	engine_interrupt(to, channel, 0);
}

static struct agent *mailbox_peer(struct mailbox *mailbox, const struct agent *from)
{
	for (unsigned int i = 0; i < mailbox->engine->agents; i++)
		if (mailbox->engine->agent[i].side != from->side)
			return &mailbox->engine->agent[i];
	return NULL;
}

bool mailbox_send(struct mailbox *mailbox, struct agent *from, unsigned int channel, uint32_t token)
{
	struct agent *to = mailbox_peer(mailbox, from);
	uint64_t latency = mailbox->platform->latency_ns;

	if (!to || channel >= mailbox->channels)
		return false;
	if (mailbox->platform->lossy && engine_choose(mailbox->engine, MAILBOX_SITE_LOSE, 2)) {
		ENGINE_EMIT(mailbox->engine, kick_lost, .agent = (uint8_t)to->id, .channel = (uint8_t)channel,
			    .token = token);
		return true;
	}
	if (engine_choose(mailbox->engine, MAILBOX_SITE_DELAY, 2))
		latency = mailbox->platform->delay_ns;
	/* When very many are on their way, one more coalesces with them. */
	(void)engine_at(mailbox->engine, from->hook.clock + latency * ENGINE_FS_PER_NS, mailbox_deliver, mailbox,
		  MAILBOX_ARG(to->id, channel));
	return true;
}
