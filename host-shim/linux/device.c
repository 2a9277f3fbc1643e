/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The device model: reference counts, the tree of devices, matching with drivers when either is added, probe and
 * remove in Linux's order, managed resources, attributes that can be read, the platform bus. Events are told to
 * nobody, a probe that fails is not tried again.
 */
#include <linux/device.h>
#include <linux/of.h>
#include <linux/platform_device.h>

#include "host-shim/linux/linux.h"

struct device_resource {
	struct list_head node;
	void (*release)(struct device *dev, void *res);
	/* The driver's bytes follow. */
};

static LIST_HEAD(device_all);
static LIST_HEAD(driver_all);

/* ---- References and names ------------------------------------------------------------------------ */

void device_initialize(struct device *dev)
{
	INIT_LIST_HEAD(&dev->children);
	INIT_LIST_HEAD(&dev->sibling);
	INIT_LIST_HEAD(&dev->node);
	INIT_LIST_HEAD(&dev->resources);
	atomic_set(&dev->refs, 1);
}

struct device *get_device(struct device *dev)
{
	if (dev)
		atomic_inc(&dev->refs);
	return dev;
}

static void device_release(struct device *dev)
{
	struct device *parent = dev->added ? dev->parent : NULL;
	const char *name = dev->name, *override = dev->override;

	if (dev->release)
		dev->release(dev);
	else if (dev->type && dev->type->release)
		dev->type->release(dev);
	kfree(name);
	kfree(override);
	put_device(parent);
}

void put_device(struct device *dev)
{
	if (dev && atomic_dec_and_test(&dev->refs))
		device_release(dev);
}

int dev_set_name(struct device *dev, const char *fmt, ...)
{
	char *old = dev->name;
	va_list args;

	va_start(args, fmt);
	dev->name = kvasprintf(GFP_KERNEL, fmt, args);
	va_end(args);
	kfree(old);
	return dev->name ? 0 : -ENOMEM;
}

void linux_dev_printk(const struct device *dev, const char *fmt, ...)
{
	const char *kind = dev->bus ? dev->bus->name : dev->class ? dev->class->name : "";
	char text[192];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	printk("%s %s: %s", dev->driver ? dev->driver->name : kind, dev_name(dev), text);
}

/* ---- Managed resources --------------------------------------------------------------------------- */

static struct device_resource *devres_header(void *res)
{
	return (struct device_resource *)res - 1;
}

void *devres_alloc(void (*release)(struct device *dev, void *res), size_t size, gfp_t gfp)
{
	struct device_resource *header = kzalloc(sizeof(*header) + size, gfp);

	if (!header)
		return NULL;
	header->release = release;
	return header + 1;
}

void devres_add(struct device *dev, void *res)
{
	list_add(&devres_header(res)->node, &dev->resources);
}

void devres_free(void *res)
{
	kfree(devres_header(res));
}

/* The newest first. */
static void devres_release_all(struct device *dev)
{
	struct device_resource *header;

	while ((header = list_first_entry_or_null(&dev->resources, struct device_resource, node))) {
		list_del(&header->node);
		if (header->release)
			header->release(dev, header + 1);
		kfree(header);
	}
}

void *devm_kzalloc(struct device *dev, size_t size, gfp_t gfp)
{
	void *res = devres_alloc(NULL, size, gfp);

	if (res)
		devres_add(dev, res);
	return res;
}

struct device_action {
	void (*action)(void *data);
	void *data;
};

static void device_action_run(struct device *dev, void *res)
{
	struct device_action *action = res;

	(void)dev;
	action->action(action->data);
}

int devm_add_action_or_reset(struct device *dev, void (*fn)(void *data), void *data)
{
	struct device_action *action = devres_alloc(device_action_run, sizeof(*action), GFP_KERNEL);

	if (!action) {
		fn(data);
		return -ENOMEM;
	}
	*action = (struct device_action){ .action = fn, .data = data };
	devres_add(dev, action);
	return 0;
}

/* ---- Devices meet drivers ------------------------------------------------------------------------ */

static int device_probe(struct device *dev, struct device_driver *drv)
{
	int rc;

	dev->driver = drv;
	rc = dev->bus->probe ? dev->bus->probe(dev) : drv->probe ? drv->probe(dev) : 0;
	if (!rc)
		return 0;
	devres_release_all(dev);
	dev->driver = NULL;
	dev->driver_data = NULL;
	if (rc != -ENODEV && rc != -ENXIO)
		dev_err(dev, "probe with driver %s failed with error %d\n", drv->name, rc);
	return rc;
}

/* Binds them when they fit and the device is free. */
static void device_try(struct device *dev, struct device_driver *drv)
{
	if (!dev->driver && dev->bus == drv->bus && dev->bus->match(dev, drv))
		device_probe(dev, drv);
}

static void device_unbind(struct device *dev)
{
	if (!dev->driver)
		return;
	if (dev->bus->remove)
		dev->bus->remove(dev);
	devres_release_all(dev);
	dev->driver = NULL;
	dev->driver_data = NULL;
}

int device_add(struct device *dev)
{
	struct device_driver *drv, *next;

	get_device(dev);
	if (!dev->name) {
		put_device(dev);
		return -EINVAL;
	}
	dev->added = true;
	if (get_device(dev->parent))
		list_add_tail(&dev->sibling, &dev->parent->children);
	list_add_tail(&dev->node, &device_all);
	if (dev->bus)
		list_for_each_entry_safe(drv, next, &driver_all, node)
			device_try(dev, drv);
	return 0;
}

void device_del(struct device *dev)
{
	list_del_init(&dev->sibling);
	device_unbind(dev);
	list_del_init(&dev->node);
	put_device(dev);
}

int device_register(struct device *dev)
{
	device_initialize(dev);
	return device_add(dev);
}

void device_unregister(struct device *dev)
{
	device_del(dev);
	put_device(dev);
}

int driver_register(struct device_driver *drv)
{
	struct device *dev, *next;

	list_add_tail(&drv->node, &driver_all);
	list_for_each_entry_safe(dev, next, &device_all, node)
		device_try(dev, drv);
	return 0;
}

void driver_unregister(struct device_driver *drv)
{
	struct device *dev, *next;

	list_for_each_entry_safe(dev, next, &device_all, node)
		if (dev->driver == drv)
			device_unbind(dev);
	list_del(&drv->node);
}

int device_for_each_child(struct device *dev, void *data, int (*fn)(struct device *dev, void *data))
{
	struct device *child, *next;
	int rc;

	list_for_each_entry_safe(child, next, &dev->children, sibling) {
		rc = fn(child, data);
		if (rc)
			return rc;
	}
	return 0;
}

struct device *device_find_child(struct device *dev, void *data, int (*match)(struct device *dev, void *data))
{
	struct device *child;

	list_for_each_entry(child, &dev->children, sibling)
		if (match(child, data))
			return get_device(child);
	return NULL;
}

/* ---- Overrides: the only driver that may match ----------------------------------------------------- */

int device_set_driver_override(struct device *dev, const char *name)
{
	const char *copy = kstrdup(name, GFP_KERNEL);

	if (!copy)
		return -ENOMEM;
	kfree(dev->override);
	dev->override = copy;
	return 0;
}

int device_match_driver_override(const struct device *dev, const struct device_driver *drv)
{
	return dev->override ? !strcmp(dev->override, drv->name) : -1;
}

int driver_set_override(struct device *dev, const char **slot, const char *name, size_t len)
{
	const char *copy = kstrndup(name, len, GFP_KERNEL);

	(void)dev;
	if (!copy)
		return -ENOMEM;
	kfree(*slot);
	*slot = copy;
	return 0;
}

/* ---- Buses and classes: nothing to keep about them -------------------------------------------------- */

int bus_register(const struct bus_type *bus)
{
	(void)bus;
	return 0;
}

void bus_unregister(const struct bus_type *bus)
{
	(void)bus;
}

int class_register(const struct class *class)
{
	(void)class;
	return 0;
}

void class_unregister(const struct class *class)
{
	(void)class;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
struct class *class_create(const char *name)
#else
struct class *linux_class_create(const char *name)
#endif
{
	struct class *class = kzalloc(sizeof(*class), GFP_KERNEL);

	if (!class)
		return ERR_PTR(-ENOMEM);
	class->name = name;
	return class;
}

/* It may be a static one, which class_register was given: kept, as there is one of each and never another. */
void class_destroy(const struct class *class)
{
	(void)class;
}

int add_uevent_var(struct kobj_uevent_env *env, const char *fmt, ...)
{
	(void)env, (void)fmt;
	return 0;
}

/* ---- Attributes ------------------------------------------------------------------------------------- */

static struct device_attribute *attribute_find(const struct attribute_group **groups, const char *name)
{
	for (; groups && *groups; groups++)
		for (struct attribute **attr = (*groups)->attrs; *attr; attr++)
			if (!strcmp((*attr)->name, name))
				return container_of(*attr, struct device_attribute, attr);
	return NULL;
}

static ssize_t attribute_show(struct device *dev, const char *name, char *page)
{
	struct device_attribute *attr = attribute_find(dev->groups, name);

	if (!attr && dev->bus)
		attr = attribute_find(dev->bus->dev_groups, name);
	return attr && attr->show ? attr->show(dev, attr, page) : -ENOENT;
}

ssize_t linux_attribute_show(const char *family, const char *device, const char *name, char *page)
{
	struct device *dev;

	list_for_each_entry(dev, &device_all, node) {
		const char *its = dev->class ? dev->class->name : dev->bus ? dev->bus->name : "";

		if (!strcmp(its, family) && !strcmp(dev_name(dev), device))
			return attribute_show(dev, name, page);
	}
	return -ENOENT;
}

int sysfs_emit(char *buf, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, PAGE_SIZE, fmt, args);
	va_end(args);
	return n;
}

int sysfs_emit_at(char *buf, int at, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf + at, PAGE_SIZE - (size_t)at, fmt, args);
	va_end(args);
	return n;
}

/* ---- The platform bus -------------------------------------------------------------------------------- */

static struct platform_device *to_platform_device(struct device *dev)
{
	return container_of(dev, struct platform_device, dev);
}

static struct platform_driver *to_platform_driver(struct device_driver *drv)
{
	return container_of(drv, struct platform_driver, driver);
}

static int platform_match(struct device *dev, LINUX_CONST_DRIVER struct device_driver *drv)
{
	return !strcmp(to_platform_device(dev)->name, drv->name);
}

static int platform_probe(struct device *dev)
{
	return to_platform_driver(dev->driver)->probe(to_platform_device(dev));
}

static void platform_remove(struct device *dev)
{
	struct platform_driver *driver = to_platform_driver(dev->driver);

	if (driver->remove)
		driver->remove(to_platform_device(dev));
}

static const struct bus_type platform_bus = {
	.name = "platform",
	.match = platform_match,
	.probe = platform_probe,
	.remove = platform_remove,
};

static void platform_device_release(struct device *dev)
{
	kfree(dev->platform_data);
	kfree(to_platform_device(dev));
}

static int platform_device_name(struct platform_device *pdev)
{
	static int next;

	if (pdev->id == PLATFORM_DEVID_AUTO) {
		pdev->id = next++;
		return dev_set_name(&pdev->dev, "%s.%d.auto", pdev->name, pdev->id);
	}
	return pdev->id == PLATFORM_DEVID_NONE ? dev_set_name(&pdev->dev, "%s", pdev->name) :
						 dev_set_name(&pdev->dev, "%s.%d", pdev->name, pdev->id);
}

struct platform_device *platform_device_register_data(struct device *parent, const char *name, int id, const void *data,
						      size_t size)
{
	struct platform_device *pdev = kzalloc(sizeof(*pdev), GFP_KERNEL);
	int rc = -ENOMEM;

	if (!pdev)
		return ERR_PTR(rc);
	pdev->name = name;
	pdev->id = id;
	device_initialize(&pdev->dev);
	pdev->dev.parent = parent;
	pdev->dev.bus = &platform_bus;
	pdev->dev.release = platform_device_release;
	if (data)
		pdev->dev.platform_data = kmemdup(data, size, GFP_KERNEL);
	if (!data || pdev->dev.platform_data)
		rc = platform_device_name(pdev);
	if (!rc)
		rc = device_add(&pdev->dev);
	if (!rc)
		return pdev;
	put_device(&pdev->dev);
	return ERR_PTR(rc);
}

void platform_device_unregister(struct platform_device *pdev)
{
	device_unregister(&pdev->dev);
}

int platform_driver_register(struct platform_driver *driver)
{
	driver->driver.bus = &platform_bus;
	return driver_register(&driver->driver);
}

void platform_driver_unregister(struct platform_driver *driver)
{
	driver_unregister(&driver->driver);
}
