/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A doorbell mailbox: a ring on a channel becomes an interrupt at the other side, a latency later.
 *
 * It carries no content: the receiver's token is 0. Rings that arrive while one is pending coalesce. A ring may be
 * delayed, and on a lossy platform lost; both are choices. Other kinds (FIFO, IPI buffers, MU) are not modelled yet.
 */
#ifndef MODELS_MAILBOX_H
#define MODELS_MAILBOX_H

#include "models/platform.h"
#include "sim/engine.h"

#define MAILBOX_SITE_DELAY "mailbox.delay"
#define MAILBOX_SITE_LOSE "mailbox.lose"

struct mailbox {
	const struct platform_mailbox *platform;
	struct engine *engine;
	unsigned int channels;
};

/* False: no such channel, or no agent on the other side. */
bool mailbox_send(struct mailbox *mailbox, struct agent *from, unsigned int channel, uint32_t token);

#endif
