/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading a firmware's resource table; see resources.h. It does not judge what entries ask for. */
#include "sbe/resources.h"

#include <stdbool.h>

#include "sbe/access.h"

#define RESOURCES_HEADER offsetof(struct resource_table, offset)

static uint32_t resources_offset(const void *table, uint32_t i)
{
	const struct resource_table *t = table;

	return sbe_get32(&t->offset[0] + i);
}

static bool resources_is_memory(uint32_t type)
{
	return type == RSC_CARVEOUT || type == RSC_DEVMEM;
}

/* Bytes that an entry of that type has at least. */
static uint32_t resources_size(uint32_t type)
{
	if (resources_is_memory(type))
		return sizeof(struct fw_rsc_carveout);
	return type == RSC_VDEV ? offsetof(struct fw_rsc_vdev, vring) : sizeof(uint32_t);
}

/* With the rings that a vdev says it has. */
static uint32_t resources_whole_size(const void *table, uint32_t i)
{
	const struct fw_rsc_vdev *vdev = (const void *)((const uint8_t *)table + resources_offset(table, i));

	if (sbe_get32(&vdev->type) != RSC_VDEV)
		return resources_size(sbe_get32(&vdev->type));
	return resources_size(RSC_VDEV) +
	       sbe_get8(&vdev->num_of_vrings) * (uint32_t)sizeof(struct fw_rsc_vdev_vring);
}

static enum resources_error resources_check_entry(const void *table, uint32_t size, uint32_t i)
{
	const struct resource_table *t = table;
	uint32_t offset = resources_offset(table, i), room = size - offset;

	if (offset % 4 || offset < RESOURCES_HEADER + 4 * sbe_get32(&t->num))
		return RESOURCES_OFFSET;
	if (offset > size || room < sizeof(uint32_t) || room < resources_size(resources_type(table, i)) ||
	    room < resources_whole_size(table, i))
		return RESOURCES_TRUNCATED;
	return RESOURCES_OK;
}

enum resources_error resources_check(const void *table, uint32_t size)
{
	const struct resource_table *t = table;
	enum resources_error error = RESOURCES_OK;

	if (size < RESOURCES_HEADER)
		return RESOURCES_SHORT;
	if (sbe_get32(&t->ver) != 1)
		return RESOURCES_VERSION;
	if (sbe_get32(&t->reserved[0]) || sbe_get32(&t->reserved[1]))
		return RESOURCES_RESERVED;
	if (sbe_get32(&t->num) > RESOURCES_MAX)
		return RESOURCES_NUMBER;
	if (size < RESOURCES_HEADER + 4 * sbe_get32(&t->num))
		return RESOURCES_SHORT;
	for (uint32_t i = 0; !error && i < sbe_get32(&t->num); i++)
		error = resources_check_entry(table, size, i);
	return error;
}

const char *resources_error_text(enum resources_error error)
{
	static const char *const text[] = {
#define X(id, sentence) [id] = sentence,
		RESOURCES_ERRORS(X)
#undef X
	};

	return text[error];
}

uint32_t resources_count(const void *table)
{
	const struct resource_table *t = table;

	return sbe_get32(&t->num);
}

uint32_t resources_type(const void *table, uint32_t i)
{
	return sbe_get32((const void *)((const uint8_t *)table + resources_offset(table, i)));
}

struct fw_rsc_carveout *resources_carveout(void *table, uint32_t i)
{
	return (void *)((uint8_t *)table + resources_offset(table, i));
}

struct fw_rsc_vdev *resources_vdev(void *table)
{
	for (uint32_t i = 0; i < resources_count(table); i++) {
		struct fw_rsc_vdev *vdev = (void *)resources_carveout(table, i);

		if (resources_type(table, i) == RSC_VDEV && sbe_get32(&vdev->id) == VIRTIO_ID_RPMSG &&
		    sbe_get8(&vdev->num_of_vrings) == 2)
			return vdev;
	}
	return NULL;
}

static bool resources_is_named(const struct fw_rsc_carveout *carveout, const char *name)
{
	for (uint32_t i = 0; i < sizeof(carveout->name); i++) {
		uint8_t is = sbe_get8(&carveout->name[i]);

		if (is != (uint8_t)name[i] || !is)
			return is == (uint8_t)name[i];
	}
	return !name[sizeof(carveout->name)];
}

struct fw_rsc_carveout *resources_find_carveout(void *table, const char *name)
{
	for (uint32_t i = 0; i < resources_count(table); i++)
		if (resources_is_memory(resources_type(table, i)) &&
		    resources_is_named(resources_carveout(table, i), name))
			return resources_carveout(table, i);
	return NULL;
}
