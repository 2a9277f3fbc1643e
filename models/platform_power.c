/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads what a device tree says of power domains, rates of CPU clocks and the DMA engine; see platform_power.h. A
 * tree that says nothing of them describes CPUs that are always on, have one rate and boot at once, and no DMA
 * engine.
 */
#include <string.h>

#include "models/platform_reader.h"

static const char *node_name(struct platform_reader *r, int node)
{
	return fdt_get_name(r->fdt, node, NULL);
}

/* An optional property; what it is when missing is in *value already. */
static bool platform_u32_or(struct platform_reader *r, int node, const char *name, uint32_t *value)
{
	return !fdt_getprop(r->fdt, node, name, NULL) || platform_u32(r, node, name, value);
}

bool platform_specifier(struct platform_reader *r, int node, const char *name, const char *cells, int index,
			uint32_t *value)
{
	int size, provider = platform_phandle(r, node, name, 2 * index);
	uint32_t count;

	if (provider < 0 || !platform_u32(r, provider, cells, &count))
		return false;
	const fdt32_t *p = fdt_getprop(r->fdt, node, name, &size);

	if (count != 1 || size % 8 || size < 8 * (index + 1))
		return platform_fail(
			r,
			"node %s: %s: expected pairs of a phandle and a number (%s = <1>), seen %d bytes and "
			"%s = <%u>",
			node_name(r, node), name, cells, size, cells, count);
	*value = fdt32_to_cpu(p[2 * index + 1]);
	return true;
}

/* The number of an optional "name = <&provider n>", and 1 more; 0: there is none. */
static bool platform_read_number(struct platform_reader *r, int node, const char *name, const char *cells, uint32_t *number)
{
	uint32_t n;

	*number = 0;
	if (!fdt_getprop(r->fdt, node, name, NULL))
		return true;
	if (!platform_specifier(r, node, name, cells, 0, &n))
		return false;
	if (n == UINT32_MAX)
		return platform_fail(r, "node %s: %s: expected a number below %u", node_name(r, node), name, UINT32_MAX);
	*number = n + 1;
	return true;
}

bool platform_read_power_domain(struct platform_reader *r, int node, uint32_t *domain)
{
	return platform_read_number(r, node, "power-domains", "#power-domain-cells", domain);
}

/* ---- Clocks ----------------------------------------------------------------------------------------- */

static bool platform_read_rate(struct platform_reader *r, int node, struct platform_power *power)
{
	struct platform_rate *rate = &power->rate[power->rates];
	int size;
	const fdt32_t *hz = fdt_getprop(r->fdt, node, "opp-hz", &size);

	if (power->rates == PLATFORM_RATES_MAX)
		return platform_fail(r, "node %s: at most %d operating points", node_name(r, node), PLATFORM_RATES_MAX);
	if (!hz || size != 8)
		return platform_fail(r, "node %s: expected one 64-bit value in opp-hz", node_name(r, node));
	rate->hz = (uint64_t)fdt32_to_cpu(hz[0]) << 32 | fdt32_to_cpu(hz[1]);
	if (!rate->hz || rate->hz > PLATFORM_HZ_MAX)
		return platform_fail(r, "node %s: opp-hz: expected 1 to %llu, seen %llu", node_name(r, node),
				     (unsigned long long)PLATFORM_HZ_MAX, (unsigned long long)rate->hz);
	power->rates++;
	return platform_u32_or(r, node, "clock-latency-ns", &rate->latency_ns);
}

bool platform_read_rates(struct platform_reader *r, int node, struct platform_cpu *cpu)
{
	struct platform_power *power = &cpu->power;
	int table, point;
	bool boots = false;

	power->rates = 0;
	if (!platform_read_number(r, node, "clocks", "#clock-cells", &power->clock))
		return false;
	if (!fdt_getprop(r->fdt, node, "operating-points-v2", NULL)) {
		power->rate[power->rates++] = (struct platform_rate){ .hz = cpu->hz };
		return true;
	}
	table = platform_phandle(r, node, "operating-points-v2", 0);
	if (table < 0)
		return false;
	fdt_for_each_subnode(point, r->fdt, table) {
		if (!platform_read_rate(r, point, power))
			return false;
		boots |= power->rate[power->rates - 1].hz == cpu->hz;
	}
	return boots || platform_fail(r, "node %s: expected clock-frequency %llu among the %u operating points of %s",
				      node_name(r, node), (unsigned long long)cpu->hz, power->rates,
				      node_name(r, table));
}

/* ---- The DMA engine --------------------------------------------------------------------------------- */

static bool platform_read_stream(struct platform_reader *r, int node, struct platform_dma *dma)
{
	static const char *const modes[] = { "abort", "bypass", "translate" };
	uint32_t stream;
	int mode;

	dma->stream = -1;
	if (!fdt_getprop(r->fdt, node, "iommus", NULL))
		return true;
	if (!platform_specifier(r, node, "iommus", "#iommu-cells", 0, &stream))
		return false;
	mode = platform_choice(r, platform_phandle(r, node, "iommus", 0), "sbesim,reset-mode", modes, 3);
	if (mode < 0)
		return false;
	dma->stream = stream;
	dma->stream_mode = (uint8_t)mode;
	return true;
}

static bool platform_read_dma(struct platform_reader *r, int node, struct platform_dma *dma)
{
	size_t length = strcspn(node_name(r, node), "@");
	uint32_t channels, queue = PLATFORM_DMA_QUEUE_MAX;

	if (length >= sizeof(dma->name))
		return platform_fail(r, "node %s: expected a name of less than %zu bytes", node_name(r, node),
				     sizeof(dma->name));
	if (!platform_u32(r, node, "dma-channels", &channels) ||
	    !platform_u32(r, node, "sbesim,burst-bytes", &dma->burst_bytes) ||
	    !platform_u32(r, node, "sbesim,latency-ns", &dma->latency_ns) ||
	    !platform_u32(r, node, "sbesim,delay-ns", &dma->delay_ns) ||
	    !platform_u32_or(r, node, "sbesim,queue-depth", &queue) || !platform_read_stream(r, node, dma))
		return false;
	if (!channels || channels > PLATFORM_DMA_CHANNELS_MAX || !queue || queue > PLATFORM_DMA_QUEUE_MAX)
		return platform_fail(
			r, "node %s: dma-channels: expected 1 to %d, sbesim,queue-depth 1 to %d, seen %u and %u",
			node_name(r, node), PLATFORM_DMA_CHANNELS_MAX, PLATFORM_DMA_QUEUE_MAX, channels, queue);
	if (!dma->burst_bytes || dma->burst_bytes & (dma->burst_bytes - 1) || dma->burst_bytes > PLATFORM_DMA_BURST_MAX)
		return platform_fail(r, "node %s: sbesim,burst-bytes: expected a power of two up to %d, seen %u",
				     node_name(r, node), PLATFORM_DMA_BURST_MAX, dma->burst_bytes);
	memcpy(dma->name, node_name(r, node), length);
	dma->name[length] = '\0';
	dma->phandle = fdt_get_phandle(r->fdt, node);
	dma->channels = channels;
	dma->queue = queue;
	return true;
}

/* Is the channel one of a CPU up to `last`? */
static bool platform_dma_is_taken(const struct platform *p, const struct platform_cpu *last, uint32_t channel)
{
	for (const struct platform_cpu *cpu = p->cpu; cpu <= last; cpu++)
		for (unsigned int i = 0; i < cpu->power.dmas; i++)
			if (cpu->power.dma[i] == channel)
				return true;
	return false;
}

static bool platform_read_dma_channel(struct platform_reader *r, int domain, struct platform_cpu *cpu, int index)
{
	struct platform *p = r->platform;
	int node = platform_phandle(r, domain, "dmas", 2 * index);
	uint32_t channel;

	if (node < 0 || !platform_specifier(r, domain, "dmas", "#dma-cells", index, &channel))
		return false;
	if (p->dma.channels && fdt_get_phandle(r->fdt, node) != p->dma.phandle)
		return platform_fail(r, "node %s: dmas: expected one DMA engine, seen %s and %s", node_name(r, domain),
				     p->dma.name, node_name(r, node));
	if (!p->dma.channels && !platform_read_dma(r, node, &p->dma))
		return false;
	if (channel >= p->dma.channels)
		return platform_fail(r, "node %s: dmas: expected a channel below %u, seen %u", node_name(r, domain),
				     p->dma.channels, channel);
	if (platform_dma_is_taken(p, cpu, channel))
		return platform_fail(r, "node %s: dmas: channel %u is given away already", node_name(r, domain),
				     channel);
	cpu->power.dma[cpu->power.dmas++] = channel;
	return true;
}

/* ---- Domains ---------------------------------------------------------------------------------------- */

bool platform_read_domain_power(struct platform_reader *r, int domain, struct platform_cpu *cpu)
{
	int size = 0;

	if (!platform_read_power_domain(r, domain, &cpu->power.domain) ||
	    !platform_u32_or(r, domain, "sbesim,boot-ns", &cpu->power.boot_ns))
		return false;
	cpu->power.may_crash = platform_has(r, domain, "sbesim,may-crash");
	if (!fdt_getprop(r->fdt, domain, "dmas", &size))
		return true;
	if (size % 8)
		return platform_fail(r, "node %s: dmas: expected pairs of a phandle and a channel, seen %d bytes",
				     node_name(r, domain), size);
	for (int i = 0; i < size / 8; i++)
		if (!platform_read_dma_channel(r, domain, cpu, i))
			return false;
	return true;
}
