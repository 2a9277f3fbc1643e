/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A DMA engine: an initiator of its own, that copies behind the CPUs' backs and past their caches.
 *
 * Each channel works on a queue of descriptors (linear source, linear target, bytes), in the order of submission. The
 * engine has one bus port: it moves a beat at a time, a read and then a write, each a bus latency long, so that CPUs
 * run in between; channels with work take turns, a beat each. A beat crosses no boundary of a burst, neither at its
 * source nor at its target. An error response ends the descriptor, flushes those behind it and halts the channel
 * until software stops it.
 *
 * What hardware leaves open is asked: whether a transfer is late, and, when a channel is stopped between the read and
 * the write of a beat, whether the write still goes out. Not modelled: scatter-gather lists in memory, strides,
 * cyclic transfers, peripherals' request lines, priorities, several beats on the bus at once, and completion that
 * overtakes the last write.
 *
 * Where addresses lead is the bus's and the IOMMU's business: struct dma_ops.
 */
#ifndef MODELS_DMA_H
#define MODELS_DMA_H

#include "models/platform.h"
#include "sim/engine.h"

#define DMA_SITE_LATE "dma.late"	/* each beat of this transfer takes the platform's delay */
#define DMA_SITE_STOP "dma.stop"	/* the beat that is stopped on its way: 0, it is dropped */

struct dma_ops {
	/* On the bus, now. False: an error response, its cause in *fault. */
	bool (*read)(void *ctx, unsigned int channel, uint64_t address, void *bytes, size_t size,
		     enum trace_fault *fault);
	bool (*write)(void *ctx, unsigned int channel, uint64_t address, const void *bytes, size_t size,
		      enum trace_fault *fault);
	/* The channel raises its interrupt: a descriptor ended by itself. */
	void (*interrupt)(void *ctx, unsigned int channel, enum trace_dma status);
};

struct dma_descriptor {
	uint64_t to, from, size;
	uint32_t cookie;
};

struct dma_channel {
	struct dma_descriptor queue[PLATFORM_DMA_QUEUE_MAX];	/* a ring; the first one is worked on */
	unsigned int first, count;
	uint64_t moved;			/* bytes of the first one that are written */
	uint32_t cookies;		/* given out */
	bool begun, late;		/* the first one */
	bool halted;			/* by an error; until it is stopped */
};

enum dma_state { DMA_IDLE, DMA_BUSY, DMA_HALTED };

struct dma {
	const struct platform_dma *platform;
	struct engine *engine;
	const struct dma_ops *ops;
	void *ctx;
	unsigned int initiator;		/* its number in the trace */
	struct dma_channel channel[PLATFORM_DMA_CHANNELS_MAX];
	unsigned int turn;		/* the channel whose beat is, or was last, on the bus */
	bool waiting;			/* for a bus latency to pass */
	bool holds;			/* the bytes of a beat that was read */
	uint8_t beat[PLATFORM_DMA_BURST_MAX];
	size_t beat_size;
};

/* All channels idle, nothing told. The first five members are the caller's and stay. */
void dma_reset(struct dma *dma);
/*
 * Submits a copy at `when` (fs, not before now), asked for by agent `asker` at `pc`. Its cookie; 0: the queue is
 * full, the channel halted, there is no such channel, or the ranges are empty or run over the end of addresses.
 */
uint32_t dma_copy(struct dma *dma, unsigned int channel, uint64_t to, uint64_t from, uint64_t size, uint64_t when,
		  unsigned int asker, uint64_t pc);
/* Ends all work of a channel, and its halt. What was written stays written; nothing is written after this. */
void dma_stop(struct dma *dma, unsigned int channel);
/* `channel` exists. */
enum dma_state dma_state(const struct dma *dma, unsigned int channel);

#endif
