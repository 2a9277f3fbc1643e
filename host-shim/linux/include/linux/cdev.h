/* SPDX-License-Identifier: BSD-3-Clause */
/* Character devices. A node /dev/NAME is there as long as the device is. */
#ifndef HOST_SHIM_LINUX_CDEV_H
#define HOST_SHIM_LINUX_CDEV_H

#include <linux/device.h>
#include <linux/fs.h>
#include <linux/list.h>

struct cdev {
	struct module *owner;
	const struct file_operations *ops;
	dev_t dev;
	struct device *node; /* what /dev shows; NULL when it was removed */
	struct list_head list;
};

void cdev_init(struct cdev *cdev, const struct file_operations *fops);
int cdev_device_add(struct cdev *cdev, struct device *dev);
void cdev_device_del(struct cdev *cdev, struct device *dev);

#endif
