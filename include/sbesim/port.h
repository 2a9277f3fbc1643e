/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The port of sbe/ to the hardware seam: what the shims of both sides have in common.
 *
 * The hw_ functions are the port's, as they are; only waiting needs code. The regions are found by the names
 * that the device trees of the platforms use. One mailbox channel, number 0, whatever its tokens say: the
 * rings are looked at.
 */
#ifndef SBESIM_PORT_H
#define SBESIM_PORT_H

#include <sbesim/hw.h>

#include "sbe/port.h"

enum sbesim_memory {
	SBESIM_TABLE,
	SBESIM_VRING0,
	SBESIM_VRING1,
	SBESIM_BUFFERS,
	SBESIM_AREA0,
	SBESIM_MEMORIES_NEEDED = SBESIM_AREA0, /* the areas may be missing */
	SBESIM_AREA1,
	SBESIM_MEMORIES
};

static const char *const sbesim_memory_names[SBESIM_MEMORIES] = {
	[SBESIM_TABLE] = "rsc-table",	  [SBESIM_VRING0] = "vdev0vring0", [SBESIM_VRING1] = "vdev0vring1",
	[SBESIM_BUFFERS] = "vdev0buffer", [SBESIM_AREA0] = "sbe-area0",	   [SBESIM_AREA1] = "sbe-area1",
};

struct sbesim_port {
	struct sbe_port port;
	struct sbe_memory memory[SBESIM_MEMORIES]; /* va NULL: this platform has no such region */
	volatile bool event;			   /* a kick came since the last wait */
};

static inline void sbesim_port_isr(void *arg, uint64_t token)
{
	struct sbesim_port *p = arg;

	(void)token;
	p->event = true;
}

static inline void sbesim_port_wait(void *ctx, uint64_t timeout_ns)
{
	struct sbesim_port *p = ctx;

	/* Disabled, a kick between the look and the WFI stays pending and ends the WFI at once. */
	hw_irq_disable();
	if (!p->event)
		hw_wfi(timeout_ns);
	hw_irq_enable();
	/* Whatever came until here is found by the caller, who looks at the rings next. */
	p->event = false;
}

static inline void sbesim_port_memory(struct sbe_memory *memory, const char *name)
{
	struct hw_region region;

	*memory = (struct sbe_memory){.va = NULL};
	if (hw_region_get(name, &region))
		return;
	memory->va = region.va;
	memory->da = region.da;
	memory->size = region.size;
	memory->cached = region.attr & HW_CACHED;
	memory->line = region.peer_line;
}

/* 0, or -1: a region or the mailbox is missing. */
static inline int sbesim_port_init(struct sbesim_port *p)
{
	p->port = (struct sbe_port){
		.clean = hw_cache_clean,
		.invalidate = hw_cache_invalidate,
		.dsb = hw_dsb,
		.da_to_va = hw_da_to_va,
		.mbox_send = hw_mbox_send,
		.time_ns = hw_time_ns,
		.wait = sbesim_port_wait,
		.ctx = p,
		.memory = p->memory,
		.memories = SBESIM_MEMORIES,
	};
	p->event = false;
	for (unsigned int i = 0; i < SBESIM_MEMORIES; i++)
		sbesim_port_memory(&p->memory[i], sbesim_memory_names[i]);
	for (unsigned int i = 0; i < SBESIM_MEMORIES_NEEDED; i++)
		if (!p->memory[i].va)
			return -1;
	return hw_mbox_register(0, sbesim_port_isr, p);
}

#endif
