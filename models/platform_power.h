/* SPDX-License-Identifier: BSD-3-Clause */
/* What a platform says of power, clocks and the DMA engine; bindings in docs/platforms.md. Part of platform.h. */
#ifndef MODELS_PLATFORM_POWER_H
#define MODELS_PLATFORM_POWER_H

#include <stdint.h>

#define PLATFORM_RATES_MAX 8
#define PLATFORM_DMA_CHANNELS_MAX 8
#define PLATFORM_DMA_QUEUE_MAX 16
#define PLATFORM_DMA_BURST_MAX 256

struct platform_rate {
	uint64_t hz;
	uint32_t latency_ns;	/* the CPU stands still for so long when it changes to this rate */
};

struct platform_power {
	uint32_t domain;	/* 1 + the power domain's number; 0: always on */
	uint32_t clock;		/* 1 + the number of the CPU's clock; 0: it has none */
	uint32_t boot_ns;	/* from the release from reset to the first instruction */
	bool may_crash;		/* at any access: a choice */
	struct platform_rate rate[PLATFORM_RATES_MAX];	/* of the CPU's clock, the one at power-on among them */
	unsigned int rates;
	uint32_t dma[PLATFORM_DMA_CHANNELS_MAX];	/* channels of the DMA engine that are the CPU's */
	unsigned int dmas;
};

struct platform_dma {
	char name[32];
	uint32_t phandle;	/* of its node */
	unsigned int channels;	/* 0: there is no DMA engine */
	unsigned int queue;	/* descriptors that a channel takes, the one it works on among them */
	uint32_t burst_bytes;	/* of a beat, at most; a power of two */
	uint32_t latency_ns;	/* of a read or a write on the bus */
	uint32_t delay_ns;	/* of each of a transfer that is late */
	int64_t stream;		/* stream ID at the IOMMU; -1: none is between it and the bus */
	uint8_t stream_mode;	/* after reset: enum iommu_mode */
};

#endif
