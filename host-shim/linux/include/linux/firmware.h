/* SPDX-License-Identifier: BSD-3-Clause */
/* Firmware: the bench loads the remote's image by itself, so what Linux is given of it is its resource table. */
#ifndef HOST_SHIM_LINUX_FIRMWARE_H
#define HOST_SHIM_LINUX_FIRMWARE_H

#include <linux/device.h>
#include <linux/types.h>

struct firmware {
	size_t size;
	const u8 *data;
};

#define FW_ACTION_UEVENT true

int request_firmware(const struct firmware **fw, const char *name, struct device *dev);
/* Calls `cont` later, as work. */
int request_firmware_nowait(struct module *module, bool uevent, const char *name, struct device *dev, gfp_t gfp,
			    void *context, void (*cont)(const struct firmware *fw, void *context));
void release_firmware(const struct firmware *fw);

#endif
