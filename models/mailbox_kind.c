/* SPDX-License-Identifier: BSD-3-Clause */
/* Kinds of mailboxes; see mailbox_kind.h, which has the sources. */
#include "models/mailbox_kind.h"

#include <string.h>

#define COALESCE TRACE_MAILBOX_FULL_COALESCE
#define REFUSE TRACE_MAILBOX_FULL_REFUSE
#define KIND(name, ...) [TRACE_MAILBOX_KIND_##name] = { .kind = TRACE_MAILBOX_KIND_##name, __VA_ARGS__ }

const struct mailbox_properties mailbox_kinds[MAILBOX_KINDS] = {
	KIND(DOORBELL, .when_full = COALESCE),
	KIND(ZYNQMP_IPI, .message_bytes = 32, .depth = 1, .when_full = COALESCE, .late_ack = true),
	KIND(STM32_IPCC, .depth = 1, .when_full = REFUSE, .late_ack = true),
	KIND(TI_FIFO, .token_bits = 32, .depth = 4, .when_full = REFUSE),
	KIND(IMX_MU, .token_bits = 32, .depth = 1, .when_full = REFUSE, .scan_all = true),
	KIND(IMX_MU_DOORBELL, .depth = 1, .when_full = COALESCE, .late_ack = true),
	KIND(ARM_MHU, .depth = 1, .when_full = COALESCE, .late_ack = true),
	KIND(FIFO, .token_bits = 64, .depth = 4, .when_full = REFUSE),
};

static const struct {
	const char *compatible;
	enum trace_mailbox_kind kind;
} bindings[] = {
	{ "xlnx,zynqmp-ipi-mailbox", TRACE_MAILBOX_KIND_ZYNQMP_IPI },
	{ "st,stm32mp1-ipcc", TRACE_MAILBOX_KIND_STM32_IPCC },
	{ "ti,omap4-mailbox", TRACE_MAILBOX_KIND_TI_FIFO },
	{ "ti,am654-mailbox", TRACE_MAILBOX_KIND_TI_FIFO },
	{ "ti,am64-mailbox", TRACE_MAILBOX_KIND_TI_FIFO },
	{ "fsl,imx6sx-mu", TRACE_MAILBOX_KIND_IMX_MU },
	{ "fsl,imx7ulp-mu", TRACE_MAILBOX_KIND_IMX_MU },
	{ "fsl,imx8mp-mu", TRACE_MAILBOX_KIND_IMX_MU },
	{ "arm,mhu-doorbell", TRACE_MAILBOX_KIND_ARM_MHU },
	{ "arm,mhuv2-tx", TRACE_MAILBOX_KIND_ARM_MHU },
	{ "arm,mhuv2-rx", TRACE_MAILBOX_KIND_ARM_MHU },
};

const struct mailbox_properties *mailbox_kind_compatible(const char *compatible)
{
	for (unsigned int i = 0; i < sizeof(bindings) / sizeof(bindings[0]); i++)
		if (strcmp(bindings[i].compatible, compatible) == 0)
			return &mailbox_kinds[bindings[i].kind];
	return NULL;
}

const char *mailbox_kind_contradiction(const struct mailbox_properties *p)
{
	if (p->depth > MAILBOX_DEPTH_MAX)
		return "a depth of at most 16";
	if (p->token_bits != 0 && p->token_bits != 32 && p->token_bits != 64)
		return "tokens of 0, 32 or 64 bits";
	if (!p->depth && (p->token_bits || p->late_ack || p->when_full != COALESCE))
		return "a depth of at least 1 for tokens, acknowledgement and back-pressure";
	if (p->when_full == COALESCE && (p->token_bits || p->depth > 1))
		return "only rings of one place without tokens to coalesce";
	if (p->when_full == TRACE_MAILBOX_FULL_OVERWRITE && (p->depth != 1 || p->late_ack))
		return "a depth of 1, and no late acknowledgement, for tokens that are overwritten";
	if (p->edge && (p->depth < 2 || p->late_ack))
		return "a depth of at least 2, and no late acknowledgement, for interrupts by edge";
	return NULL;
}
