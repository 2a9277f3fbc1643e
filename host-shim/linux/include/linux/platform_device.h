/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices that nothing can enumerate, matched with drivers by name. */
#ifndef HOST_SHIM_LINUX_PLATFORM_DEVICE_H
#define HOST_SHIM_LINUX_PLATFORM_DEVICE_H

#include <linux/device.h>

#define PLATFORM_DEVID_NONE (-1)
#define PLATFORM_DEVID_AUTO (-2)

struct platform_device {
	const char *name; /* of the driver that it wants */
	int id;
	struct device dev;
};

struct platform_driver {
	int (*probe)(struct platform_device *pdev);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
	union {
		void (*remove)(struct platform_device *pdev);
		void (*remove_new)(struct platform_device *pdev);
	};
#else
	int (*remove)(struct platform_device *pdev);
#endif
	struct device_driver driver;
};

/* With a copy of `data` as its platform data. The device, or an error pointer. */
struct platform_device *platform_device_register_data(struct device *parent, const char *name, int id, const void *data,
						      size_t size);
void platform_device_unregister(struct platform_device *pdev);
int platform_driver_register(struct platform_driver *driver);
void platform_driver_unregister(struct platform_driver *driver);

#define module_platform_driver(driver) module_driver(driver, platform_driver_register, platform_driver_unregister)
#define builtin_platform_driver(driver) builtin_driver(driver, platform_driver_register)

static inline void *platform_get_drvdata(const struct platform_device *pdev)
{
	return dev_get_drvdata(&pdev->dev);
}

static inline void platform_set_drvdata(struct platform_device *pdev, void *data)
{
	dev_set_drvdata(&pdev->dev, data);
}

#endif
