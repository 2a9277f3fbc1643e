/* SPDX-License-Identifier: BSD-3-Clause */
/* Delays: the CPU is busy (mdelay) or free to run work (msleep). */
#ifndef HOST_SHIM_LINUX_DELAY_H
#define HOST_SHIM_LINUX_DELAY_H

#include <linux/types.h>

void mdelay(unsigned int ms);
void msleep(unsigned int ms);

#endif
