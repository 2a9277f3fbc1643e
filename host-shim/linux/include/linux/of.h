/* SPDX-License-Identifier: BSD-3-Clause */
/* There is no device tree for Linux to read: nodes stand for nothing but themselves, properties are missing. */
#ifndef HOST_SHIM_LINUX_OF_H
#define HOST_SHIM_LINUX_OF_H

#include <linux/device.h>
#include <linux/errno.h>
#include <linux/mod_devicetable.h>
#include <linux/types.h>

struct device_node {
	const char *name;
};

#define of_node_put(node) ((void)(node))
#define of_node_get(node) (node)

static inline int of_property_read_string_index(const struct device_node *np, const char *name, int index,
						const char **out)
{
	(void)np, (void)name, (void)index, (void)out;
	return -EINVAL;
}

static inline int of_get_available_child_count(const struct device_node *np)
{
	(void)np;
	return 0;
}

static inline struct device_node *of_get_next_available_child(const struct device_node *np, struct device_node *child)
{
	(void)np, (void)child;
	return NULL;
}

static inline bool of_device_is_compatible(const struct device_node *np, const char *name)
{
	(void)np, (void)name;
	return false;
}

#endif
