/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory that a remote's resource table asks for; see carveouts.h. */
#include "host-shim/carveouts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sbesim/hw.h>

#include "sbe/access.h"

#define CARVEOUTS_PAGE 4096u /* of what lies where the host likes, as dma_alloc_coherent() has it */
#define CARVEOUTS_UNIT 64u   /* of what does not */

/* Returns -1. */
static int carveouts_refuse(struct carveouts *c, const struct carveout *is, const char *format, ...)
{
	va_list args;
	int at = snprintf(c->why, sizeof(c->why),
			  "the remote's resource table: carve-out \"%s\" of 0x%x bytes: ", is->name, is->len);

	va_start(args, format);
	vsnprintf(c->why + at, sizeof(c->why) - (size_t)at, format, args);
	va_end(args);
	return -1;
}

static struct carveout carveouts_read(const struct fw_rsc_carveout *wire)
{
	struct carveout is = {
		.da = sbe_get32(&wire->da), .pa = sbe_get32(&wire->pa), .len = sbe_get32(&wire->len)};

	for (uint32_t i = 0; i < sizeof(wire->name); i++)
		is.name[i] = (char)sbe_get8(&wire->name[i]);
	return is;
}

/* ---- Where it may lie -------------------------------------------------------------------------------- */

/* Where in memory it must lie, or HW_ANYWHERE. A `pa` of 0 was never filled in. */
static uint64_t carveouts_place(const struct carveouts *c, const struct carveout *is)
{
	if (!c->source->translated && is->da != FW_RSC_ADDR_ANY)
		return is->da;
	return is->pa && is->pa != FW_RSC_ADDR_ANY ? is->pa : HW_ANYWHERE;
}

static const struct carveout *carveouts_overlapped(const struct carveouts *c, uint64_t at, uint32_t len)
{
	for (unsigned int i = 0; i < c->count; i++)
		if (at < (uint64_t)c->given[i].pa + c->given[i].len && c->given[i].pa < at + len)
			return &c->given[i];
	return NULL;
}

static int carveouts_check(struct carveouts *c, const struct carveout *is, uint64_t at)
{
	const struct carveout *other = at == HW_ANYWHERE ? NULL : carveouts_overlapped(c, at, is->len);

	if (!is->len)
		return carveouts_refuse(c, is, "expected a length, seen 0");
	if (!c->source->translated && is->da != FW_RSC_ADDR_ANY && is->pa && is->pa != FW_RSC_ADDR_ANY &&
	    is->pa != is->da)
		return carveouts_refuse(c, is,
					"expected pa to be da 0x%x where no IOMMU translates, seen 0x%x",
					is->da, is->pa);
	if (other)
		return carveouts_refuse(
			c, is,
			"expected memory at 0x%x that nothing else has, seen \"%s\" at 0x%x of 0x%x bytes",
			(uint32_t)at, other->name, other->pa, other->len);
	return 0;
}

/* ---- Giving ------------------------------------------------------------------------------------------ */

/* The remote reaches [pa, pa + len) at da: at itself, or through its IOMMU. */
static int carveouts_translate(struct carveouts *c, struct carveout *is)
{
	int status;

	if (is->da == FW_RSC_ADDR_ANY)
		is->da = is->pa;
	if (!c->source->translated)
		return 0;
	status = hw_iommu_map(c->source->stream, 0, is->da, is->pa, is->len, HW_READ | HW_WRITE);
	if (!status)
		return 0;
	return carveouts_refuse(
		c, is,
		"expected device addresses from 0x%x, in whole pages, that its IOMMU can map, seen error %d",
		is->da, status);
}

/* From the first pool that has it. */
static int carveouts_allocate(struct carveouts *c, struct carveout *is, uint64_t at)
{
	struct hw_dmabuf buffer;
	const char *const *pool = c->source->pools;
	uint32_t align = at == HW_ANYWHERE ? CARVEOUTS_PAGE : CARVEOUTS_UNIT;

	while (*pool && hw_carveout_alloc(*pool, at, is->len, align, &buffer))
		pool++;
	if (!*pool && at == HW_ANYWHERE)
		return carveouts_refuse(
			c, is, "expected at most what is free in one pool, seen no pool with so much");
	if (!*pool)
		return carveouts_refuse(
			c, is, "expected free memory of one pool from 0x%x on, seen no pool that has it",
			(uint32_t)at);
	is->handle = buffer.handle;
	is->pa = (uint32_t)buffer.pa;
	is->va = hw_dmabuf_map(is->handle);
	return 0;
}

static void carveouts_release(const struct carveout *is)
{
	if (!is->handle)
		return;
	if (is->va)
		hw_dmabuf_unmap(is->handle);
	hw_dmabuf_put(is->handle);
}

/* The host's choices, for the remote. */
static void carveouts_write(struct fw_rsc_carveout *wire, const struct carveout *is)
{
	sbe_put32(&wire->da, is->da);
	sbe_put32(&wire->pa, is->pa);
}

static int carveouts_give(struct carveouts *c, struct fw_rsc_carveout *wire)
{
	struct carveout is = carveouts_read(wire);
	uint64_t at = carveouts_place(c, &is);

	if (carveouts_check(c, &is, at) || carveouts_allocate(c, &is, at))
		return -1;
	if (carveouts_translate(c, &is)) {
		carveouts_release(&is);
		return -1;
	}
	carveouts_write(wire, &is);
	c->given[c->count++] = is;
	return 0;
}

/* Memory that is there, a device's registers perhaps, at another address. */
static int carveouts_map_device(struct carveouts *c, struct fw_rsc_carveout *wire)
{
	struct carveout is = carveouts_read(wire);

	if (!c->source->translated)
		return carveouts_refuse(c, &is, "expected an IOMMU that maps device memory, seen none");
	if (carveouts_translate(c, &is))
		return -1;
	carveouts_write(wire, &is);
	c->given[c->count++] = is;
	return 0;
}

static int carveouts_give_entry(struct carveouts *c, void *table, uint32_t i)
{
	switch (resources_type(table, i)) {
	case RSC_CARVEOUT:
		return carveouts_give(c, resources_carveout(table, i));
	case RSC_DEVMEM:
		return carveouts_map_device(c, resources_carveout(table, i));
	default:
		return 0;
	}
}

int carveouts_open(struct carveouts *c, const struct carveouts_source *source, void *table, uint32_t size)
{
	enum resources_error error = resources_check(table, size);

	c->source = source;
	c->count = 0;
	c->why[0] = '\0';
	if (error) {
		snprintf(c->why, sizeof(c->why), "the remote's resource table: %s",
			 resources_error_text(error));
		return -1;
	}
	for (uint32_t i = 0; i < resources_count(table); i++)
		if (carveouts_give_entry(c, table, i)) {
			carveouts_close(c);
			return -1;
		}
	return 0;
}

void carveouts_close(struct carveouts *c)
{
	while (c->count) {
		const struct carveout *is = &c->given[--c->count];

		if (c->source->translated) {
			hw_iommu_unmap(c->source->stream, 0, is->da, is->len);
			hw_iommu_invalidate(c->source->stream, 0, is->da, is->len);
		}
		carveouts_release(is);
	}
}

const struct carveout *carveouts_find(const struct carveouts *c, const char *name)
{
	for (unsigned int i = 0; i < c->count; i++)
		if (strcmp(c->given[i].name, name) == 0)
			return &c->given[i];
	return NULL;
}
