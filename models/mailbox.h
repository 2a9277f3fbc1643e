/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mailboxes: what a CPU sends on a channel becomes an interrupt at the CPU that the channel leads to, a latency
 * later.
 *
 * A channel has two directions, and each its own places for tokens (mailbox_kind.h says how many, and what happens
 * when all are taken). Order is kept per direction, and none between directions or channels. Asked of the engine: a
 * token's delay, and, where the platform says that the kind can, its loss and its duplication. Arrival is a timer of
 * the engine's; whenever one of a direction's timers fires, the oldest token on its way arrives.
 *
 * A token is read, and so leaves its place, when its handler begins, or when mailbox_poll takes it. Kinds with late
 * acknowledgement are acknowledged at that moment too, unless the receiving program took that over
 * (mailbox_take_over): then the place stays taken, and no further interrupt comes on the channel, until mailbox_ack.
 * Interrupts for room (TE, NOTFULL, TXF) are not modelled: a sender polls, or tries again.
 */
#ifndef MODELS_MAILBOX_H
#define MODELS_MAILBOX_H

#include "models/platform.h"
#include "sim/engine.h"

#define MAILBOX_SITE_DELAY "mailbox.delay"
#define MAILBOX_SITE_LOSE "mailbox.lose"
#define MAILBOX_SITE_DUPLICATE "mailbox.duplicate"

/* One direction of a channel. */
struct mailbox_link {
	const struct platform_mailbox *platform; /* NULL: it leads nowhere */
	unsigned int to, to_channel;		 /* agent that boots the receiver's program, and what that calls the channel */
	unsigned int arrived, in_flight;	 /* without places `arrived` is 0 or 1: pending */
	unsigned int first;			 /* of the places, a ring: the oldest token */
	uint64_t token[MAILBOX_DEPTH_MAX];	 /* the arrived ones, then those in flight */
	uint64_t due;				 /* fs: no token that is sent later arrives earlier */
	bool taken_over;			 /* by the receiver: it acknowledges itself ... */
	bool serving;				 /* ... and has yet to, after its handler began */
	uint8_t buffer[2][MAILBOX_MESSAGE_MAX];	 /* the sender's request, the receiver's response */
};

struct mailbox {
	struct engine *engine;
	unsigned int owner[PLATFORM_CPUS_MAX];	/* of the channels that the CPU uses: the one that boots its program */
	struct mailbox_link link[PLATFORM_CPUS_MAX][PLATFORM_CHANNELS_MAX]; /* by the sender and its channel */
};

/* Agents are numbered as the platform's CPUs. The platform must outlive the mailbox. */
void mailbox_init(struct mailbox *mailbox, struct engine *engine, const struct platform *platform);
/* Everything is empty, as after the power came on. */
void mailbox_reset(struct mailbox *mailbox);
/* The agent is released from reset: what is there for it interrupts it again, and nothing is taken over. A doorbell's
 * ring is forgotten. */
void mailbox_power_on(struct mailbox *mailbox, const struct agent *agent);
/* Tells every channel: events of the preamble. */
void mailbox_tell(const struct mailbox *mailbox);

/* The direction in which `from` sends on its channel; NULL: it leads nowhere. */
struct mailbox_link *mailbox_link(struct mailbox *mailbox, const struct agent *from, unsigned int channel);
/* Is every place taken? Never without places. */
bool mailbox_is_full(const struct mailbox_link *link);

/* Sends, and tells so; or false: there is no such channel, or it is full and refuses. */
bool mailbox_send(struct mailbox *mailbox, struct agent *from, unsigned int channel, uint64_t token, uint64_t pc);
/* The two halves of mailbox_send, for a kick that waits in a store buffer in between: it is told, ... */
bool mailbox_admit(struct mailbox *mailbox, struct agent *from, unsigned int channel, uint64_t token, uint64_t pc);
/* ... and reaches the mailbox. The channel leads somewhere. */
void mailbox_post(struct mailbox *mailbox, struct agent *from, unsigned int channel, uint64_t token);

/* Would hw_mbox_send neither be refused nor overwrite or coalesce? */
bool mailbox_is_free(struct mailbox *mailbox, struct agent *from, unsigned int channel, uint64_t pc);
/*
 * The oldest token on its way arrives, as when a timer fires; false: there is none. For whoever decides by
 * himself when things arrive and drops the engine's timers.
 */
bool mailbox_deliver(struct mailbox *mailbox, const struct agent *from, unsigned int channel);
/* The handler for the channel's interrupt is about to be called, with the token that the interrupt was raised with.
 */
void mailbox_taken(struct mailbox *mailbox, struct agent *to, unsigned int channel);
/* Takes the oldest token that arrived, without an interrupt. False: there is none. Taken over, it stays there until
 * acknowledged. */
bool mailbox_poll(struct mailbox *mailbox, struct agent *to, unsigned int channel, uint64_t *token, uint64_t pc);
/* From now on the receiver acknowledges itself. False: this kind needs no acknowledgement, or there is no such
 * channel. */
bool mailbox_take_over(struct mailbox *mailbox, struct agent *to, unsigned int channel);
/* The oldest token that arrived is done with. False: there is none, or it was not taken over. */
bool mailbox_ack(struct mailbox *mailbox, struct agent *to, unsigned int channel);
/*
 * Writes (store) to one's own request or response buffer, or reads the other side's: `size` bytes from or to `bytes`.
 * False: there is no such channel, it has no buffers, or they are shorter.
 */
bool mailbox_message(struct mailbox *mailbox, struct agent *agent, unsigned int channel,
		     enum trace_mailbox_buffer buffer, bool store, void *bytes, size_t size, uint64_t pc);

#endif
