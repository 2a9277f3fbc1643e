/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the library asks of the place it runs in: cache maintenance, a barrier, address translation, a
 * mailbox, time, and a way to wait. A port is data; whoever fills it owns it, and it must outlive its users.
 *
 * The functions that <sbesim/hw.h> has too have its signatures, so they are assigned directly. Everything in
 * the library runs in one thread: an interrupt handler does no more than end a wait.
 */
#ifndef SBE_PORT_H
#define SBE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sbe/access.h"

/* A blocked wait looks again at least this often, so that a lost kick costs a delay and nothing more. */
#define SBE_REPOLL_NS 1000000u
#define SBE_TIMEOUT_DEFAULT_NS 1000000000u

/* Of memory that the port does not list: maintained, with the longest line in common use. */
#define SBE_LINE_DEFAULT 64u

/* Memory that both sides reach, as this side sees it. */
struct sbe_memory {
	void *va;
	uint64_t da;   /* what the peer is told */
	uint64_t size; /* bytes */
	bool cached;   /* this side maps it cacheable */
	uint32_t line; /* longest cache line of any side that does: a power of two; 0: none */
};

struct sbe_port {
	void (*clean)(const volatile void *va, size_t size);
	void (*invalidate)(const volatile void *va, size_t size);
	void (*dsb)(void);					/* drains stores, completes maintenance */
	void *(*da_to_va)(uint64_t da, uint64_t size);		/* NULL: this side does not see all of it */
	int (*mbox_send)(unsigned int channel, uint64_t token); /* 0, or -1: full */
	uint64_t (*time_ns)(void);				/* never goes back */
	/*
	 * Returns after an event or after `timeout_ns`, whichever is first; events since the last call count.
	 */
	void (*wait)(void *ctx, uint64_t timeout_ns);
	void *ctx;
	unsigned int channel;		 /* of the mailbox */
	uint64_t timeout_ns;		 /* of each call that blocks; 0: the default */
	const struct sbe_memory *memory; /* array of `memories` */
	unsigned int memories;
};

/* Maintenance is complete on return; of memory that is not cached there is none. */
SBE_INLINE void sbe_port_clean(const struct sbe_port *port, bool cached, const volatile void *va, size_t size)
{
	if (!cached)
		return;
	port->clean(va, size);
	port->dsb();
}

SBE_INLINE void sbe_port_invalidate(const struct sbe_port *port, bool cached, const volatile void *va,
				    size_t size)
{
	if (!cached)
		return;
	port->invalidate(va, size);
	port->dsb();
}

/* The entry that holds [da, da + size), or NULL. */
static inline const struct sbe_memory *sbe_port_memory(const struct sbe_port *port, uint64_t da,
						       uint64_t size)
{
	for (unsigned int i = 0; i < port->memories; i++) {
		const struct sbe_memory *m = &port->memory[i];

		if (da >= m->da && da - m->da <= m->size && size <= m->size - (da - m->da))
			return m;
	}
	return NULL;
}

static inline bool sbe_port_cached(const struct sbe_port *port, uint64_t da, uint64_t size)
{
	const struct sbe_memory *m = sbe_port_memory(port, da, size);

	return !m || m->cached;
}

static inline uint64_t sbe_port_deadline(const struct sbe_port *port)
{
	return port->time_ns() + (port->timeout_ns ? port->timeout_ns : SBE_TIMEOUT_DEFAULT_NS);
}

/* Waits a little. False, without waiting, when the deadline has come. */
static inline bool sbe_port_pause(const struct sbe_port *port, uint64_t deadline_ns)
{
	uint64_t now = port->time_ns();

	if (now >= deadline_ns)
		return false;
	port->wait(port->ctx, deadline_ns - now < SBE_REPOLL_NS ? deadline_ns - now : SBE_REPOLL_NS);
	return true;
}

#endif
