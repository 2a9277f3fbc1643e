/* SPDX-License-Identifier: BSD-3-Clause */
/* The DMA engine; see dma.h. */
#include <string.h>

#include "models/dma.h"

static struct dma_descriptor *dma_first(struct dma_channel *c)
{
	return &c->queue[c->first];
}

/* The first descriptor of the channel is over. */
static void dma_end(struct dma *dma, struct dma_channel *c, enum trace_dma status)
{
	ENGINE_EMIT(dma->engine, dma_done, .agent = (uint8_t)dma->initiator, .channel = (uint8_t)(c - dma->channel),
		    .cookie = dma_first(c)->cookie, .status = (uint8_t)status, .moved = c->moved);
	c->first = (c->first + 1) % PLATFORM_DMA_QUEUE_MAX;
	c->count--;
	c->moved = 0;
	c->begun = false;
}

static void dma_flush(struct dma *dma, struct dma_channel *c)
{
	while (c->count)
		dma_end(dma, c, TRACE_DMA_FLUSHED);
}

static void dma_abort(struct dma *dma, enum trace_access access, uint64_t address, enum trace_fault fault)
{
	struct dma_channel *c = &dma->channel[dma->turn];
	enum trace_dma status = access == TRACE_ACCESS_LOAD ? TRACE_DMA_SOURCE_ERROR : TRACE_DMA_TARGET_ERROR;

	ENGINE_EMIT(dma->engine, fault, .agent = (uint8_t)dma->initiator, .access = (uint8_t)access,
		    .cause = (uint8_t)fault, .addr = address, .size = (uint32_t)dma->beat_size);
	dma_end(dma, c, status);
	dma_flush(dma, c);
	c->halted = true;
	dma->ops->interrupt(dma->ctx, dma->turn, status);
}

/* ---- Beats ------------------------------------------------------------------------------------------ */

static uint64_t dma_room(const struct dma *dma, uint64_t address)
{
	return dma->platform->burst_bytes - (address & (dma->platform->burst_bytes - 1));
}

static size_t dma_beat_size(const struct dma *dma, const struct dma_channel *c, const struct dma_descriptor *d)
{
	uint64_t from = dma_room(dma, d->from + c->moved), to = dma_room(dma, d->to + c->moved);
	uint64_t left = d->size - c->moved, size = from < to ? from : to;

	return (size_t)(left < size ? left : size);
}

static void dma_read(struct dma *dma)
{
	struct dma_channel *c = &dma->channel[dma->turn];
	struct dma_descriptor *d = dma_first(c);
	uint64_t from = d->from + c->moved;
	enum trace_fault fault;

	dma->beat_size = dma_beat_size(dma, c, d);
	dma->holds = dma->ops->read(dma->ctx, dma->turn, from, dma->beat, dma->beat_size, &fault);
	if (!dma->holds)
		dma_abort(dma, TRACE_ACCESS_LOAD, from, fault);
}

/* False: an error response. */
static bool dma_write(struct dma *dma)
{
	struct dma_channel *c = &dma->channel[dma->turn];
	struct dma_descriptor *d = dma_first(c);
	uint64_t to = d->to + c->moved;
	enum trace_fault fault;

	dma->holds = false;
	if (!dma->ops->write(dma->ctx, dma->turn, to, dma->beat, dma->beat_size, &fault)) {
		dma_abort(dma, TRACE_ACCESS_STORE, to, fault);
		return false;
	}
	c->moved += dma->beat_size;
	return true;
}

static void dma_write_beat(struct dma *dma)
{
	struct dma_channel *c = &dma->channel[dma->turn];

	if (!dma_write(dma) || c->moved < dma_first(c)->size)
		return;
	dma_end(dma, c, TRACE_DMA_DONE);
	dma->ops->interrupt(dma->ctx, dma->turn, TRACE_DMA_DONE);
}

/* Whose beat is next: the next channel with work after the last one's. False: none has any. */
static bool dma_take_turn(struct dma *dma)
{
	for (unsigned int i = 1; i <= dma->platform->channels; i++) {
		unsigned int next = (dma->turn + i) % dma->platform->channels;

		if (dma->channel[next].count) {
			dma->turn = next;
			return true;
		}
	}
	return false;
}

/* The access that comes next is chosen, and how long it takes. False: there is none. */
static bool dma_begin_access(struct dma *dma, uint64_t *latency_ns)
{
	struct dma_channel *c;

	if (!dma->holds && !dma_take_turn(dma))
		return false;
	c = &dma->channel[dma->turn];
	if (!c->begun)
		c->late = engine_choose(dma->engine, DMA_SITE_LATE, 2) != 0;
	c->begun = true;
	*latency_ns = c->late ? dma->platform->delay_ns : dma->platform->latency_ns;
	return true;
}

static void dma_make_access(struct dma *dma)
{
	if (dma->holds)
		dma_write_beat(dma);
	else if (dma->channel[dma->turn].begun) /* else it was stopped meanwhile */
		dma_read(dma);
}

static void dma_fire(void *ctx, uint64_t arg);

/* Goes on at `when` with whatever there is. When too many timers wait, accesses take no time. */
static void dma_go_on(struct dma *dma, uint64_t when)
{
	uint64_t latency_ns;

	while (!dma->waiting && dma_begin_access(dma, &latency_ns)) {
		dma->waiting = engine_at(dma->engine, when + latency_ns * ENGINE_FS_PER_NS, dma_fire, dma, 0);
		if (!dma->waiting)
			dma_make_access(dma);
	}
}

static void dma_fire(void *ctx, uint64_t arg)
{
	struct dma *dma = ctx;

	(void)arg;
	dma->waiting = false;
	dma_make_access(dma);
	dma_go_on(dma, dma->engine->now);
}

/* ---- What software asks for ------------------------------------------------------------------------- */

uint32_t dma_copy(struct dma *dma, unsigned int channel, uint64_t to, uint64_t from, uint64_t size, uint64_t when,
		  unsigned int asker, uint64_t pc)
{
	struct dma_channel *c = channel < dma->platform->channels ? &dma->channel[channel] : NULL;

	if (!c || c->halted || c->count == dma->platform->queue || !size ||
	    to > UINT64_MAX - size || from > UINT64_MAX - size)
		return 0;
	struct dma_descriptor *d = &c->queue[(c->first + c->count++) % PLATFORM_DMA_QUEUE_MAX];

	*d = (struct dma_descriptor){ .to = to, .from = from, .size = size, .cookie = ++c->cookies };
	ENGINE_EMIT(dma->engine, dma_copy, .agent = (uint8_t)asker, .engine = (uint8_t)dma->initiator,
		    .channel = (uint8_t)channel, .cookie = d->cookie, .to = to, .from = from, .size = size, .pc = pc);
	dma_go_on(dma, when);
	return c->cookies;
}

void dma_stop(struct dma *dma, unsigned int channel)
{
	struct dma_channel *c = &dma->channel[channel];

	if (dma->holds && dma->turn == channel) {
		if (engine_choose(dma->engine, DMA_SITE_STOP, 2))
			(void)dma_write(dma);
		dma->holds = false;
	}
	if (c->count && c->begun)
		dma_end(dma, c, TRACE_DMA_STOPPED);
	dma_flush(dma, c);
	c->halted = false;
}

enum dma_state dma_state(const struct dma *dma, unsigned int channel)
{
	const struct dma_channel *c = &dma->channel[channel];

	return c->halted ? DMA_HALTED : c->count ? DMA_BUSY : DMA_IDLE;
}

void dma_reset(struct dma *dma)
{
	memset(dma->channel, 0, sizeof(dma->channel));
	dma->turn = 0;
	dma->waiting = dma->holds = false;
}
