/* SPDX-License-Identifier: BSD-3-Clause */
/* Mailboxes; see mailbox.h. What differs between kinds is data: mailbox_kind.c. */
#include "models/mailbox.h"

#include <string.h>

/* What a timer carries: the sending agent and its channel. */
#define MAILBOX_ARG(agent, channel) ((uint64_t)(agent) << 8 | (channel))

struct mailbox_link *mailbox_link(struct mailbox *mailbox, const struct agent *from, unsigned int channel)
{
	struct mailbox_link *link = channel < PLATFORM_CHANNELS_MAX ? &mailbox->link[mailbox->owner[from->id]][channel] : NULL;

	return link && link->platform ? link : NULL;
}

/* The direction in which the agent receives on its channel. */
static struct mailbox_link *mailbox_link_to(struct mailbox *mailbox, const struct agent *to, unsigned int channel)
{
	const struct mailbox_link *back = mailbox_link(mailbox, to, channel);

	return back ? &mailbox->link[back->to][back->to_channel] : NULL;
}

bool mailbox_is_full(const struct mailbox_link *link)
{
	return link->platform->is.depth && link->arrived + link->in_flight == link->platform->is.depth;
}

/* A doorbell's rings are all alike: 0. */
static uint64_t *mailbox_place(struct mailbox_link *link, unsigned int i)
{
	return &link->token[link->platform->is.depth ? (link->first + i) % MAILBOX_DEPTH_MAX : 0];
}

static uint64_t mailbox_carried(const struct mailbox_link *link, uint64_t token)
{
	unsigned int bits = link->platform->is.token_bits;

	return bits == 64 ? token : token & ((UINT64_C(1) << bits) - 1);
}

/* ---- Arrival --------------------------------------------------------------------------------------------- */

static void mailbox_raise(struct mailbox *mailbox, struct mailbox_link *link)
{
	if (!link->serving)
		engine_interrupt(&mailbox->engine->agent[link->to], link->to_channel, *mailbox_place(link, 0));
}

/* An interrupt line's other end is in the receiver: while that is off, nothing remembers the ring. */
static bool mailbox_goes_nowhere(const struct mailbox_link *link, const struct agent *to)
{
	return !link->platform->is.depth && (to->state == AGENT_OFF || to->state == AGENT_DEAD);
}

static void mailbox_arrive(struct mailbox *mailbox, struct mailbox_link *link)
{
	struct agent *to = agent_attendant(&mailbox->engine->agent[link->to], link->to_channel);

	link->in_flight--;
	if (mailbox_goes_nowhere(link, to))
		return;
	link->arrived = link->platform->is.depth ? link->arrived + 1 : 1;
	ENGINE_EMIT(mailbox->engine, notify, .agent = (uint8_t)link->to, .channel = (uint8_t)link->to_channel,
		    .token = *mailbox_place(link, link->arrived - 1));
	mailbox_raise(mailbox, link);
}

bool mailbox_deliver(struct mailbox *mailbox, const struct agent *from, unsigned int channel)
{
	struct mailbox_link *link = mailbox_link(mailbox, from, channel);

	if (!link || !link->in_flight)
		return false;
	mailbox_arrive(mailbox, link);
	return true;
}

static void mailbox_fire(void *ctx, uint64_t arg)
{
	struct mailbox *mailbox = ctx;

	mailbox_deliver(mailbox, &mailbox->engine->agent[arg >> 8], (unsigned int)(arg & 0xff));
}

/* ---- Sending --------------------------------------------------------------------------------------------- */

/* When a token may be held up can be chosen only if the platform has a longer time for that. */
static uint64_t mailbox_latency_ns(struct mailbox *mailbox, const struct platform_mailbox *p)
{
	bool delayed = p->delay_ns > p->latency_ns && engine_choose(mailbox->engine, MAILBOX_SITE_DELAY, 2);

	return delayed ? p->delay_ns : p->latency_ns;
}

static void mailbox_put(struct mailbox *mailbox, const struct agent *from, unsigned int channel, uint64_t token)
{
	struct mailbox_link *link = mailbox_link(mailbox, from, channel);
	uint64_t now = mailbox->engine->now, sent = from->hook.clock > now ? from->hook.clock : now;
	uint64_t when = sent + mailbox_latency_ns(mailbox, link->platform) * ENGINE_FS_PER_NS;

	if (link->platform->is.depth && when < link->due)
		when = link->due;
	link->due = when;
	*mailbox_place(link, link->arrived + link->in_flight) = token;
	link->in_flight++;
	/* Too many timers wait for one more: then this direction's tokens all arrive at once, in their order. */
	if (!engine_at(mailbox->engine, when, mailbox_fire, mailbox, MAILBOX_ARG(from->id, channel)))
		while (link->in_flight)
			mailbox_arrive(mailbox, link);
}

static void mailbox_lose(struct mailbox *mailbox, const struct mailbox_link *link, uint64_t token)
{
	ENGINE_EMIT(mailbox->engine, kick_lost, .agent = (uint8_t)link->to, .channel = (uint8_t)link->to_channel,
		    .token = token);
}

/* Into the one place, which is taken: its interrupt will give, or now gives, the newer token. */
static void mailbox_overwrite(struct mailbox *mailbox, struct mailbox_link *link, uint64_t token)
{
	uint64_t *place = mailbox_place(link, 0);

	mailbox_lose(mailbox, link, *place);
	*place = token;
	if (link->arrived)
		mailbox_raise(mailbox, link);
}

static bool mailbox_chooses(struct mailbox *mailbox, bool may, const char *site)
{
	return may && engine_choose(mailbox->engine, site, 2);
}

void mailbox_post(struct mailbox *mailbox, struct agent *from, unsigned int channel, uint64_t token)
{
	struct mailbox_link *link = mailbox_link(mailbox, from, channel);
	const struct mailbox_properties *is = &link->platform->is;

	if (mailbox_is_full(link)) {
		if (is->when_full == TRACE_MAILBOX_FULL_OVERWRITE)
			mailbox_overwrite(mailbox, link, mailbox_carried(link, token));
		return;
	}
	if (mailbox_chooses(mailbox, is->lossy, MAILBOX_SITE_LOSE)) {
		mailbox_lose(mailbox, link, token);
		return;
	}
	mailbox_put(mailbox, from, channel, mailbox_carried(link, token));
	if (mailbox_chooses(mailbox, is->duplicates && !mailbox_is_full(link), MAILBOX_SITE_DUPLICATE))
		mailbox_put(mailbox, from, channel, mailbox_carried(link, token));
}

bool mailbox_admit(struct mailbox *mailbox, struct agent *from, unsigned int channel, uint64_t token, uint64_t pc)
{
	struct mailbox_link *link = mailbox_link(mailbox, from, channel);

	if (link && !(mailbox_is_full(link) && link->platform->is.when_full == TRACE_MAILBOX_FULL_REFUSE)) {
		ENGINE_EMIT(mailbox->engine, kick, .agent = (uint8_t)from->id, .channel = (uint8_t)channel,
			    .token = token, .pc = pc);
		return true;
	}
	ENGINE_EMIT(mailbox->engine, refused, .agent = (uint8_t)from->id, .channel = (uint8_t)channel, .token = token,
		    .why = (uint8_t)(link ? TRACE_REFUSAL_FULL : TRACE_REFUSAL_NO_CHANNEL), .pc = pc);
	engine_in_vain(from, pc, channel);
	return false;
}

bool mailbox_send(struct mailbox *mailbox, struct agent *from, unsigned int channel, uint64_t token, uint64_t pc)
{
	bool admitted = mailbox_admit(mailbox, from, channel, token, pc);

	if (admitted)
		mailbox_post(mailbox, from, channel, token);
	return admitted;
}

bool mailbox_is_free(struct mailbox *mailbox, struct agent *from, unsigned int channel, uint64_t pc)
{
	const struct mailbox_link *link = mailbox_link(mailbox, from, channel);
	bool is_free = link && !mailbox_is_full(link);

	if (!is_free)
		engine_in_vain(from, pc, channel);
	return is_free;
}

/* ---- Receiving ------------------------------------------------------------------------------------------- */

/* The oldest token leaves its place. */
static void mailbox_pop(struct mailbox *mailbox, struct mailbox_link *link)
{
	if (link->platform->is.depth)
		ENGINE_EMIT(mailbox->engine, ack, .agent = (uint8_t)link->to, .channel = (uint8_t)link->to_channel,
			    .token = *mailbox_place(link, 0));
	link->first = (link->first + 1) % MAILBOX_DEPTH_MAX;
	link->arrived--;
	engine_world_changed(mailbox->engine); /* a sender may wait for room */
}

/* Of what is left, a level goes on interrupting; an edge was there once, and stays pending if nobody took it yet. */
static void mailbox_interrupt_next(struct mailbox *mailbox, struct mailbox_link *link)
{
	struct agent *to = agent_attendant(&mailbox->engine->agent[link->to], link->to_channel);

	if (!link->arrived)
		engine_interrupt_withdraw(to, link->to_channel);
	else if (!link->platform->is.edge || to->channel[link->to_channel].pending)
		mailbox_raise(mailbox, link);
}

void mailbox_taken(struct mailbox *mailbox, struct agent *to, unsigned int channel)
{
	struct mailbox_link *link = mailbox_link_to(mailbox, to, channel);

	if (!link || !link->arrived)
		return;
	link->serving = link->taken_over;
	if (link->taken_over)
		return;
	mailbox_pop(mailbox, link);
	mailbox_interrupt_next(mailbox, link);
}

bool mailbox_poll(struct mailbox *mailbox, struct agent *to, unsigned int channel, uint64_t *token, uint64_t pc)
{
	struct mailbox_link *link = mailbox_link_to(mailbox, to, channel);

	if (!link || !link->arrived) {
		engine_in_vain(to, pc, channel);
		return false;
	}
	*token = *mailbox_place(link, 0);
	if (!link->taken_over) {
		mailbox_pop(mailbox, link);
		mailbox_interrupt_next(mailbox, link);
	}
	return true;
}

bool mailbox_take_over(struct mailbox *mailbox, struct agent *to, unsigned int channel)
{
	struct mailbox_link *link = mailbox_link_to(mailbox, to, channel);

	if (!link || !link->platform->is.late_ack)
		return false;
	link->taken_over = true;
	return true;
}

bool mailbox_ack(struct mailbox *mailbox, struct agent *to, unsigned int channel)
{
	struct mailbox_link *link = mailbox_link_to(mailbox, to, channel);

	if (!link || !link->taken_over || !link->arrived)
		return false;
	link->serving = false;
	mailbox_pop(mailbox, link);
	mailbox_interrupt_next(mailbox, link);
	return true;
}

/* ---- Message buffers ------------------------------------------------------------------------------------- */

bool mailbox_message(struct mailbox *mailbox, struct agent *agent, unsigned int channel,
		     enum trace_mailbox_buffer buffer, bool store, void *bytes, size_t size, uint64_t pc)
{
	/* Requests lie with the direction in which they go, responses with that of the request. */
	bool own = store == (buffer == TRACE_MAILBOX_BUFFER_REQUEST);
	struct mailbox_link *link =
		own ? mailbox_link(mailbox, agent, channel) : mailbox_link_to(mailbox, agent, channel);

	if (!link || !size || size > link->platform->is.message_bytes)
		return false;
	memcpy(store ? link->buffer[buffer] : bytes, store ? bytes : link->buffer[buffer], size);
	ENGINE_EMIT(mailbox->engine, message, .agent = (uint8_t)agent->id, .channel = (uint8_t)channel,
		    .access = (uint8_t)(store ? TRACE_ACCESS_STORE : TRACE_ACCESS_LOAD), .buffer = (uint8_t)buffer,
		    .pc = pc, .bytes = { (uint16_t)size, bytes });
	if (store)
		engine_world_changed(mailbox->engine);
	return true;
}

/* ---- Life ------------------------------------------------------------------------------------------------ */

static void mailbox_connect(struct mailbox *mailbox, const struct platform *platform, unsigned int id)
{
	for (unsigned int i = 0; i < platform->cpu[id].channels; i++) {
		const struct platform_channel *channel = &platform->cpu[id].channel[i];

		if (channel->connected)
			mailbox->link[id][i] =
				(struct mailbox_link){ .platform = &platform->mailbox[channel->mailbox],
						       .to = channel->peer,
						       .to_channel = channel->peer_channel };
	}
}

void mailbox_init(struct mailbox *mailbox, struct engine *engine, const struct platform *platform)
{
	memset(mailbox, 0, sizeof(*mailbox));
	mailbox->engine = engine;
	for (unsigned int id = 0; id < platform->cpus; id++) {
		mailbox->owner[id] = platform_boot(platform, id);
		mailbox_connect(mailbox, platform, id);
	}
}

void mailbox_reset(struct mailbox *mailbox)
{
	for (unsigned int id = 0; id < PLATFORM_CPUS_MAX; id++)
		for (unsigned int i = 0; i < PLATFORM_CHANNELS_MAX; i++) {
			struct mailbox_link *link = &mailbox->link[id][i];

			*link = (struct mailbox_link){ .platform = link->platform,
						       .to = link->to,
						       .to_channel = link->to_channel };
		}
}

void mailbox_power_on(struct mailbox *mailbox, const struct agent *agent)
{
	for (unsigned int i = 0; i < PLATFORM_CHANNELS_MAX; i++) {
		struct mailbox_link *link = mailbox_link_to(mailbox, agent, i);

		if (!link)
			continue;
		link->taken_over = link->serving = false;
		if (!link->platform->is.depth)
			link->arrived = 0;
		if (link->arrived)
			mailbox_raise(mailbox, link);
	}
}

static uint8_t mailbox_attributes(const struct mailbox_properties *is)
{
	return (uint8_t)((is->lossy ? TRACE_MAILBOX_LOSSY : 0) | (is->duplicates ? TRACE_MAILBOX_DUPLICATES : 0) |
			 (is->scan_all ? TRACE_MAILBOX_SCAN_ALL : 0) | (is->late_ack ? TRACE_MAILBOX_LATE_ACK : 0) |
			 (is->edge ? TRACE_MAILBOX_EDGE : 0));
}

void mailbox_tell(const struct mailbox *mailbox)
{
	for (unsigned int id = 0; id < PLATFORM_CPUS_MAX; id++)
		for (unsigned int i = 0; i < PLATFORM_CHANNELS_MAX; i++) {
			const struct mailbox_link *link = &mailbox->link[id][i];
			const struct mailbox_properties *is = link->platform ? &link->platform->is : NULL;

			if (is)
				ENGINE_EMIT(mailbox->engine, mailbox, .agent = (uint8_t)id, .channel = (uint8_t)i,
					    .to = (uint8_t)link->to, .to_channel = (uint8_t)link->to_channel,
					    .kind = (uint8_t)is->kind, .token_bits = is->token_bits,
					    .depth = is->depth, .when_full = (uint8_t)is->when_full,
					    .attr = mailbox_attributes(is));
		}
}
