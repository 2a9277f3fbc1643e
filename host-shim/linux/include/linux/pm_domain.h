/* SPDX-License-Identifier: BSD-3-Clause */
/* Power domains: always on. */
#ifndef HOST_SHIM_LINUX_PM_DOMAIN_H
#define HOST_SHIM_LINUX_PM_DOMAIN_H

#include <linux/device.h>

static inline int dev_pm_domain_attach(struct device *dev, bool on)
{
	(void)dev, (void)on;
	return 0;
}

#define PD_FLAG_ATTACH_POWER_ON 0
#define PD_FLAG_DETACH_POWER_OFF 0

static inline void dev_pm_domain_detach(struct device *dev, bool off)
{
	(void)dev, (void)off;
}

#endif
