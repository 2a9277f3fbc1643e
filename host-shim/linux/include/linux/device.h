/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The device model: devices, buses that match them with drivers, classes. Enough for probe and remove in the
 * kernel's order; no sysfs (attributes are compiled, never shown), no power management, no deferred probing.
 */
#ifndef HOST_SHIM_LINUX_DEVICE_H
#define HOST_SHIM_LINUX_DEVICE_H

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/version.h>
#include <linux/workqueue.h>

struct device;
struct device_driver;
struct device_node;
struct dma_map_ops;
struct kobj_uevent_env;
struct bus_dma_region;

struct attribute {
	const char *name;
	umode_t mode;
};

struct attribute_group {
	const char *name;
	struct attribute **attrs;
};

struct device_attribute {
	struct attribute attr;
	ssize_t (*show)(struct device *dev, struct device_attribute *attr, char *buf);
	ssize_t (*store)(struct device *dev, struct device_attribute *attr, const char *buf, size_t count);
};

#define DEVICE_ATTR_RO(_name) \
	struct device_attribute dev_attr_##_name = { .attr = { #_name, 0444 }, .show = _name##_show }
#define DEVICE_ATTR_RW(_name) \
	struct device_attribute dev_attr_##_name = { \
		.attr = { #_name, 0644 }, .show = _name##_show, .store = _name##_store }
#define ATTRIBUTE_GROUPS(_name) \
	static const struct attribute_group _name##_group = { .attrs = _name##_attrs }; \
	static const struct attribute_group *_name##_groups[] = { &_name##_group, NULL }

/* What the kernel made const, and when. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define LINUX_CONST_DRIVER const
#else
#define LINUX_CONST_DRIVER
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#define LINUX_CONST_UEVENT const
#else
#define LINUX_CONST_UEVENT
#endif

struct bus_type {
	const char *name;
	const struct attribute_group **dev_groups;
	int (*match)(struct device *dev, LINUX_CONST_DRIVER struct device_driver *drv);
	int (*uevent)(LINUX_CONST_UEVENT struct device *dev, struct kobj_uevent_env *env);
	int (*probe)(struct device *dev);
	void (*remove)(struct device *dev);
	void (*shutdown)(struct device *dev);
	bool driver_override;
};

struct device_driver {
	const char *name;
	const struct bus_type *bus;
	struct module *owner;
	const struct of_device_id *of_match_table;
	int (*probe)(struct device *dev);
	int (*remove)(struct device *dev);
	struct list_head node; /* of all drivers */
};

struct class {
	const char *name;
	const struct attribute_group **dev_groups;
};

struct device_type {
	const char *name;
	void (*release)(struct device *dev);
};

struct device {
	struct device *parent;
	struct list_head children, sibling; /* device.c's; sibling is in the parent's children */
	struct list_head node;              /* of all devices that were added */
	const struct bus_type *bus;
	struct device_driver *driver; /* bound */
	const struct class *class;
	const struct device_type *type;
	const struct attribute_group **groups;
	void (*release)(struct device *dev);
	char *name;
	atomic_t refs;
	bool added;
	const char *override; /* the only driver that may match */
	struct list_head resources;

	void *platform_data, *driver_data;
	struct device_node *of_node;
	dev_t devt;
	u32 id;

	const struct dma_map_ops *dma_ops;
	const struct bus_dma_region *dma_range_map;
	u64 *dma_mask, coherent_dma_mask;
	struct linux_dma_pool *dma_pool; /* where coherent memory comes from */
};

void device_initialize(struct device *dev);
int device_add(struct device *dev);
void device_del(struct device *dev);
int device_register(struct device *dev);
void device_unregister(struct device *dev);
struct device *get_device(struct device *dev);
void put_device(struct device *dev);
int dev_set_name(struct device *dev, const char *fmt, ...) __printf(2, 3);

int device_for_each_child(struct device *dev, void *data, int (*fn)(struct device *dev, void *data));
/* With a reference, or NULL. */
struct device *device_find_child(struct device *dev, void *data, int (*match)(struct device *dev, void *data));

int bus_register(const struct bus_type *bus);
void bus_unregister(const struct bus_type *bus);
int driver_register(struct device_driver *drv);
void driver_unregister(struct device_driver *drv);

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
struct class *class_create(const char *name);
#else
struct class *linux_class_create(const char *name);
#define class_create(owner, name) linux_class_create(name)
#endif
void class_destroy(const struct class *class);
int class_register(const struct class *class);
void class_unregister(const struct class *class);

/* Of the 6.1 form `slot` is a string of the bus's own device; later kernels keep it in struct device. */
int driver_set_override(struct device *dev, const char **slot, const char *name, size_t len);
int device_set_driver_override(struct device *dev, const char *name);
/* -1: none is set. */
int device_match_driver_override(const struct device *dev, const struct device_driver *drv);

void *devres_alloc(void (*release)(struct device *dev, void *res), size_t size, gfp_t gfp);
void devres_add(struct device *dev, void *res);
void devres_free(void *res);
void *devm_kzalloc(struct device *dev, size_t size, gfp_t gfp);
int devm_add_action_or_reset(struct device *dev, void (*action)(void *data), void *data);

int add_uevent_var(struct kobj_uevent_env *env, const char *fmt, ...) __printf(2, 3);
int sysfs_emit(char *buf, const char *fmt, ...) __printf(2, 3);
int sysfs_emit_at(char *buf, int at, const char *fmt, ...) __printf(3, 4);

static inline const char *dev_name(const struct device *dev)
{
	return dev->name ? dev->name : "(unnamed)";
}

static inline void *dev_get_drvdata(const struct device *dev)
{
	return dev->driver_data;
}

static inline void dev_set_drvdata(struct device *dev, void *data)
{
	dev->driver_data = data;
}

static inline void *dev_get_platdata(const struct device *dev)
{
	return dev->platform_data;
}

static inline struct device_node *dev_of_node(const struct device *dev)
{
	return dev->of_node;
}

static inline bool device_match_of_node(const struct device *dev, const void *np)
{
	return dev->of_node == np;
}

#define device_lock(dev) ((void)(dev))
#define device_unlock(dev) ((void)(dev))
#define pm_stay_awake(dev) ((void)(dev))
#define pm_relax(dev) ((void)(dev))

void linux_dev_printk(const struct device *dev, const char *fmt, ...) __printf(2, 3);

#define dev_emerg(dev, fmt, ...) linux_dev_printk(dev, fmt, ##__VA_ARGS__)
#define dev_err(dev, fmt, ...) linux_dev_printk(dev, fmt, ##__VA_ARGS__)
#define dev_warn(dev, fmt, ...) linux_dev_printk(dev, fmt, ##__VA_ARGS__)
#define dev_warn_ratelimited dev_warn
#define dev_warn_once dev_warn
#define dev_notice(dev, fmt, ...) linux_dev_printk(dev, fmt, ##__VA_ARGS__)
#define dev_info(dev, fmt, ...) linux_dev_printk(dev, fmt, ##__VA_ARGS__)
#define dev_dbg(dev, fmt, ...) \
	do { \
		if (0) \
			linux_dev_printk(dev, fmt, ##__VA_ARGS__); \
	} while (0)

#endif
