/* SPDX-License-Identifier: BSD-3-Clause */
/* Carve-outs: entry n of the remote processor's memory-region. */
#ifndef HOST_SHIM_LINUX_OF_RESERVED_MEM_H
#define HOST_SHIM_LINUX_OF_RESERVED_MEM_H

#include <linux/of.h>

/* From now on coherent memory of the device comes from that entry. 0 or -ENODEV. */
int of_reserved_mem_device_init_by_idx(struct device *dev, struct device_node *np, int index);
void of_reserved_mem_device_release(struct device *dev);

#endif
