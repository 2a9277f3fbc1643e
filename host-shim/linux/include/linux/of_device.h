/* SPDX-License-Identifier: BSD-3-Clause */
/* Matching by device tree: nothing ever matches. */
#ifndef HOST_SHIM_LINUX_OF_DEVICE_H
#define HOST_SHIM_LINUX_OF_DEVICE_H

#include <linux/of.h>

static inline int of_driver_match_device(struct device *dev, const struct device_driver *drv)
{
	(void)dev, (void)drv;
	return 0;
}

static inline ssize_t of_device_modalias(struct device *dev, char *buf, ssize_t size)
{
	(void)dev, (void)buf, (void)size;
	return -ENODEV;
}

static inline int of_device_uevent_modalias(const struct device *dev, struct kobj_uevent_env *env)
{
	(void)dev, (void)env;
	return -ENODEV;
}

#endif
