/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kinds of mailboxes, as data: what one direction of a channel can hold and carry, and what becomes of one token
 * more.
 *
 * Only what software can tell is here. Registers, interrupt numbers and which bus a mailbox lies on are not; nor is
 * what a kind's driver does beyond one look at its status register before it sends. Sources, kind by kind:
 *
 * - zynqmp-ipi: UG1085, "Inter-Processor Interrupts": TRIG sets a bit of the receiver's ISR, which the sender sees in
 *   OBS until the receiver clears it, so rings meanwhile are one; 32-byte request and response buffers per pair.
 * Linux zynqmp-ipi-mailbox.c looks at OBS before it sends; open-amp's R5F port writes TRIG whatever OBS says.
 * - stm32-ipcc: RM0436, "IPCC": a flag per channel, occupied from CHnS to CHnC. Linux stm32-ipcc.c and ST's
 * mbox_ipcc.c both send only when it is free.
 * - ti-fifo: SPRUIM2 (AM64x TRM), "Mailbox": queues of four 32-bit messages; a write to a full one is discarded, so
 *   drivers read FIFO_STATUS first (Linux omap-mailbox.c); the interrupt is asserted while a message is there;
 * reading removes it. Linux ti_k3_r5_remoteproc.c sends vring numbers and goes by them.
 * - imx-mu: i.MX 8M Plus RM, "Messaging Unit": TRn may be written while TEn is set, reading RRn clears RFn. Linux
 *   imx_rproc.c sends the vring's number shifted by 16 and, when it receives, looks at all vrings.
 * - imx-mu-doorbell: the same unit's GIRn: pending until the receiver clears GIPn; fsl,mu.yaml's types 2 and 3.
 * - arm-mhu: Arm MHU v1 and v2 in doorbell mode (Linux arm_mhu_db.c, arm_mhuv2.c): the sender sets a bit, the
 * receiver clears it.
 * - doorbell, fifo: no part that is sold: an interrupt line that an interrupt controller latches; a queue of 64-bit
 *   tokens.
 */
#ifndef MODELS_MAILBOX_KIND_H
#define MODELS_MAILBOX_KIND_H

#include <stdbool.h>
#include <stdint.h>

#include "traces/trace.h"

#define MAILBOX_KINDS (TRACE_MAILBOX_KIND_FIFO + 1)
#define MAILBOX_DEPTH_MAX 16u
#define MAILBOX_MESSAGE_MAX 32u /* bytes of a message buffer */

struct mailbox_properties {
	enum trace_mailbox_kind kind;
	uint8_t token_bits;		   /* 0, 32 or 64; more than that of a token is cut off */
	uint8_t message_bytes;		   /* of a request and of a response buffer; 0: there are none */
	uint8_t depth;			   /* places; 0: any number of rings on their way, one pending */
	enum trace_mailbox_full when_full; /* with depth */
	bool late_ack;	 /* a place is taken until the receiver acknowledges; else until it reads the token */
	bool edge;	 /* an arrival interrupts once; else there is an interrupt as long as a token is there */
	bool lossy;	 /* a token may get lost */
	bool duplicates; /* a token may arrive twice, where there is room for two */
	bool scan_all;	 /* receivers do not go by what a token says */
};

/* What a kind is unless a platform says otherwise: MAILBOX_KINDS of them. */
extern const struct mailbox_properties mailbox_kinds[];

/* The kind that upstream's binding of this compatible string describes; NULL: none of them. */
const struct mailbox_properties *mailbox_kind_compatible(const char *compatible);
/* NULL, or what about the properties cannot be. */
const char *mailbox_kind_contradiction(const struct mailbox_properties *p);

#endif
