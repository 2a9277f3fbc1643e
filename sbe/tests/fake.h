/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Both sides in one process, for tests without the simulator: a fake port over memory that is not coherent.
 *
 * Each side has a view, its cache: a clean writes back lines that were stored to, an invalidate fetches them
 * again, and nothing else moves, unless `evicting` makes random lines go and come. A line that was
 * invalidated while it was dirty counts as lost. Waiting runs the other side. Stores of equal bytes are not
 * seen as stores; there is no notion of interrupts; time passes only in waits.
 */
#ifndef SBE_TESTS_FAKE_H
#define SBE_TESTS_FAKE_H

#include <stdlib.h>
#include <string.h>

#include "sbe/sbe.h"

#define FAKE_BYTES 0x40000u
#define FAKE_LINE_MIN 32u
#define FAKE_LINES (FAKE_BYTES / FAKE_LINE_MIN)

#define FAKE_TABLE 0x1000u
#define FAKE_VRING0 0x4000u
#define FAKE_VRING1 0x8000u
#define FAKE_BUFFERS 0x10000u
#define FAKE_AREA0 0x20000u
#define FAKE_AREA1 0x30000u
#define FAKE_AREA_BYTES 0xf000u /* announced; the regions are larger, so that a missing check shows */
#define FAKE_REGION_BYTES 0x10000u
#define FAKE_NUM 16u
#define FAKE_ALIGN 4096u
#define FAKE_USED VRING_USED_OFFSET(FAKE_NUM, FAKE_ALIGN)
#define FAKE_AVAIL VRING_AVAIL_OFFSET(FAKE_NUM)

enum { HOST, REMOTE };

struct fake_side {
	uint8_t view[FAKE_BYTES];
	uint8_t base[FAKE_BYTES]; /* of the view, when each line was last the same as memory */
	uint32_t line;
	struct sbe_memory memory[6];
	struct sbe_port port;
	struct rpmsg_device rpmsg;
	struct sbe_endpoint sbe;
	unsigned int cleans[FAKE_LINES], invalidates[FAKE_LINES]; /* per FAKE_LINE_MIN bytes */
	unsigned int ranges;					  /* maintenance calls */
	unsigned int kicks, waits, lost;
	uint64_t wait_max;
	void (*idle)(void); /* what a wait of this side does meanwhile; NULL: nobody is there */
};

static struct fake {
	_Alignas(4096) uint8_t memory[FAKE_BYTES];
	struct fake_side side[2];
	bool cached, evicting;
	uint64_t now;
	unsigned int depth, random;
} fake;

static inline uint8_t *fake_view(int who)
{
	return fake.cached ? fake.side[who].view : fake.memory;
}

/* Where `who` sees a device address. */
static inline void *fake_va(int who, uint64_t da)
{
	return fake_view(who) + da;
}

static inline bool fake_dirty(struct fake_side *s, uint32_t at)
{
	return memcmp(&s->view[at], &s->base[at], s->line) != 0;
}

static inline void fake_write_back(struct fake_side *s, uint32_t at)
{
	if (!fake_dirty(s, at))
		return;
	memcpy(&fake.memory[at], &s->view[at], s->line);
	memcpy(&s->base[at], &s->view[at], s->line);
}

static inline void fake_drop(struct fake_side *s, uint32_t at)
{
	memcpy(&s->view[at], &fake.memory[at], s->line);
	memcpy(&s->base[at], &s->view[at], s->line);
}

/* Hardware's own will: a few random lines of either side are evicted or fetched anew. */
static inline void fake_evict(void)
{
	for (unsigned int i = 0; fake.evicting && i < 64; i++) {
		struct fake_side *s = &fake.side[i % 2];
		uint32_t at;

		fake.random = fake.random * 1103515245u + 12345u;
		at = (fake.random >> 8) % FAKE_BYTES / s->line * s->line;
		fake_write_back(s, at);
		fake_drop(s, at);
	}
}

static inline void fake_maintain(int who, const volatile void *va, size_t size, bool clean)
{
	struct fake_side *s = &fake.side[who];
	uint32_t start = (uint32_t)((const volatile uint8_t *)va - fake_view(who));
	uint32_t at = start / s->line * s->line;

	s->ranges++;
	fake_evict();
	for (; at < start + size; at += s->line) {
		(clean ? s->cleans : s->invalidates)[at / FAKE_LINE_MIN]++;
		if (!fake.cached)
			continue;
		if (clean)
			fake_write_back(s, at);
		else
			s->lost += fake_dirty(s, at);
		if (!clean)
			fake_drop(s, at);
	}
	fake_evict();
}

static inline void *fake_da_to_va(int who, uint64_t da, uint64_t size)
{
	for (unsigned int i = 0; i < 6; i++) {
		const struct sbe_memory *m = &fake.side[who].memory[i];

		if (da >= m->da && da - m->da <= m->size && size <= m->size - (da - m->da))
			return fake_va(who, da);
	}
	return NULL;
}

static inline void fake_wait(int who, uint64_t timeout_ns)
{
	struct fake_side *s = &fake.side[who];

	s->waits++;
	s->wait_max = timeout_ns > s->wait_max ? timeout_ns : s->wait_max;
	fake.now += timeout_ns;
	fake_evict();
	if (!s->idle || fake.depth > 2)
		return;
	fake.depth++;
	s->idle();
	fake.depth--;
}

static inline void fake_dsb(void)
{
}

static inline uint64_t fake_time(void)
{
	return fake.now;
}

/* The port has no context but for waiting, so each side has its own functions. */
#define FAKE_PORT(who, name)                                                                                 \
	static inline void name##_clean(const volatile void *va, size_t size)                                \
	{                                                                                                    \
		fake_maintain(who, va, size, true);                                                          \
	}                                                                                                    \
	static inline void name##_invalidate(const volatile void *va, size_t size)                           \
	{                                                                                                    \
		fake_maintain(who, va, size, false);                                                         \
	}                                                                                                    \
	static inline void *name##_da_to_va(uint64_t da, uint64_t size)                                      \
	{                                                                                                    \
		return fake_da_to_va(who, da, size);                                                         \
	}                                                                                                    \
	static inline int name##_mbox_send(unsigned int channel, uint64_t token)                             \
	{                                                                                                    \
		(void)channel;                                                                               \
		(void)token;                                                                                 \
		fake.side[who].kicks++;                                                                      \
		return 0;                                                                                    \
	}                                                                                                    \
	static inline void name##_wait(void *ctx, uint64_t timeout_ns)                                       \
	{                                                                                                    \
		(void)ctx;                                                                                   \
		fake_wait(who, timeout_ns);                                                                  \
	}                                                                                                    \
	static inline void name##_poll(void)                                                                 \
	{                                                                                                    \
		(void)rpmsg_poll(&fake.side[who].rpmsg);                                                     \
	}
FAKE_PORT(HOST, host)
FAKE_PORT(REMOTE, remote)

static inline void fake_memory(int who)
{
	static const struct {
		uint32_t da, size;
	} regions[6] = {
		{FAKE_TABLE, 0x1000},	{FAKE_VRING0, 0x4000},		 {FAKE_VRING1, 0x4000},
		{FAKE_BUFFERS, 0x8000}, {FAKE_AREA0, FAKE_REGION_BYTES}, {FAKE_AREA1, FAKE_REGION_BYTES},
	};
	for (unsigned int i = 0; i < 6; i++)
		fake.side[who].memory[i] = (struct sbe_memory){
			.va = fake_va(who, regions[i].da),
			.da = regions[i].da,
			.size = regions[i].size,
			.cached = fake.cached,
			.line = fake.cached ? 64 : 0,
		};
}

/* Memory that is not zero, caches that hold something else yet. */
static inline void fake_init(bool cached)
{
	memset(&fake, 0, sizeof(fake));
	fake.cached = cached;
	memset(fake.memory, 0xa5, FAKE_BYTES);
	for (int who = HOST; who <= REMOTE; who++) {
		memset(fake.side[who].view, 0x5b, FAKE_BYTES);
		memset(fake.side[who].base, 0x5b, FAKE_BYTES);
		fake_memory(who);
	}
	fake.side[HOST].line = 64;
	fake.side[REMOTE].line = 32;
	fake.side[HOST].port = (struct sbe_port){host_clean,
						 host_invalidate,
						 fake_dsb,
						 host_da_to_va,
						 host_mbox_send,
						 fake_time,
						 host_wait,
						 NULL,
						 0,
						 0,
						 fake.side[HOST].memory,
						 6};
	fake.side[REMOTE].port = (struct sbe_port){remote_clean,
						   remote_invalidate,
						   fake_dsb,
						   remote_da_to_va,
						   remote_mbox_send,
						   fake_time,
						   remote_wait,
						   NULL,
						   0,
						   0,
						   fake.side[REMOTE].memory,
						   6};
}

static inline int fake_host_init(void)
{
	const struct sbe_memory *m = fake.side[HOST].memory;
	const struct rpmsg_layout layout = {&m[0], &m[1], &m[2], &m[3], FAKE_NUM, FAKE_ALIGN, NULL};

	return rpmsg_host_init(&fake.side[HOST].rpmsg, &fake.side[HOST].port, &layout);
}

static inline void fake_host_start(void)
{
	rpmsg_host_start(&fake.side[HOST].rpmsg);
	fake.side[REMOTE].idle = host_poll;
}

static inline int fake_remote_init(void)
{
	return rpmsg_remote_init(&fake.side[REMOTE].rpmsg, &fake.side[REMOTE].port,
				 &fake.side[REMOTE].memory[0]);
}

/* Both sides up. False: the start-up failed. */
static inline bool fake_start(bool cached)
{
	fake_init(cached);
	if (fake_host_init())
		return false;
	fake.side[REMOTE].idle = fake_host_start;
	if (fake_remote_init())
		return false;
	fake.side[HOST].idle = remote_poll;
	return true;
}

#endif
