/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One end of what latencies were measured on: notifications through a mailbox, and rpmsg messages over a pair of vrings
 * in uncached memory, between two CPUs without Linux. Written for bench/fidelity: it touches shared memory as often, as
 * wide and in the same order as the measured software does per message (docs/time.md lists the accesses), and is no
 * stack to use.
 *
 * Not modelled: more than two CPUs, more than one end point, name service, errors of the peer.
 */
#ifndef BENCH_FIDELITY_LINK_H
#define BENCH_FIDELITY_LINK_H

#include "bench/fidelity_kernel.h"

#define LINK_BYTES_MAX 112u	/* a buffer of 128 less the header */
#define LINK_SENDERS 6u		/* that one interrupt may look for */

/* How the measurement is set up: what bench/fidelity says on the input. */
struct link_setup {
	char kind;		/* 'n'otify, 'r'pmsg */
	uint32_t bytes, rounds, warm_up;
	char mailbox;		/* 'f'ifo: registers of a hardware FIFO; 'q'ueue: in memory, and an interrupt */
	uint32_t polled[2];	/* senders that an interrupt looks for, by side (0 host, 1 remote), ... */
	uint32_t place[2];	/* ... and which of them, from 0, the other side is */
	uint32_t width[2];	/* bytes per access of that side's memcpy: 1 or 16 */
	struct kernel_frames frames[2];
};

/* Words of the input, in the order above. False: it is not one of those. */
bool link_setup_read(struct link_setup *setup);

/* side: 0 host, 1 remote. The host lays out both directions. 0, or -1: no memory or mailbox. */
int link_open(const struct link_setup *setup, unsigned int side);
/* Called in interrupt context with each notification that is not a message's. */
typedef void (*link_notified)(uint32_t value);
void link_on_notification(link_notified notified);
void link_notify(uint32_t value);
void link_send(const uint8_t *data, uint32_t bytes);
/* Waits; how many bytes. */
uint32_t link_receive(uint8_t *data);

#endif
