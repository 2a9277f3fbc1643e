/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * metal/device.h of the bench: a device is a memory region of this CPU, opened by its name in the device tree, with
 * one I/O region that covers it. No buses but the name of the generic one, no registration, no DMA mapping.
 */
#ifndef METAL_DEVICE_H
#define METAL_DEVICE_H

#include <stddef.h>

#include <metal/io.h>

#define METAL_MAX_DEVICE_REGIONS 1

struct metal_device {
	const char *name;
	unsigned int num_regions;
	struct metal_io_region regions[METAL_MAX_DEVICE_REGIONS];
	metal_phys_addr_t phys; /* of the region's first byte */
	int irq_num;
	void *irq_info;
};

/* 0, -ENODEV: no such region, or another bus than "generic", or -ENOMEM. `name` must stay. */
int metal_device_open(const char *bus_name, const char *name, struct metal_device **device);
void metal_device_close(struct metal_device *device);

static inline struct metal_io_region *metal_device_io_region(struct metal_device *device, unsigned int index)
{
	return index < device->num_regions ? &device->regions[index] : NULL;
}

#endif
