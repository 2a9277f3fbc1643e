/* SPDX-License-Identifier: BSD-3-Clause */
/* Modules are linked in. Their init functions run when the system boots, level by level, in the order of the link. */
#ifndef HOST_SHIM_LINUX_MODULE_H
#define HOST_SHIM_LINUX_MODULE_H

#include <linux/export.h>
#include <linux/kconfig.h>

struct module {
	char unused;
};

#define THIS_MODULE ((struct module *)0)

typedef int (*initcall_t)(void);

/* The linker gathers the functions of a level in a section of that name; boot.c runs them. */
#define LINUX_INITCALL(level, fn) \
	static const initcall_t __used linux_initcall_of_##fn \
		__attribute__((section("linux_initcall" #level), aligned(sizeof(initcall_t)))) = (initcall_t)(fn)

#define core_initcall(fn) LINUX_INITCALL(1, fn);
#define postcore_initcall(fn) LINUX_INITCALL(2, fn);
#define arch_initcall(fn) LINUX_INITCALL(3, fn);
#define subsys_initcall(fn) LINUX_INITCALL(4, fn);
#define fs_initcall(fn) LINUX_INITCALL(5, fn);
#define device_initcall(fn) LINUX_INITCALL(6, fn);
#define late_initcall(fn) LINUX_INITCALL(7, fn);
#define module_init(fn) device_initcall(fn)
/* Nothing is ever unloaded. */
#define module_exit(fn) \
	static void __used (*const linux_exitcall_of_##fn)(void) = (fn);

#define module_driver(driver, add, remove, ...) \
	static int driver##_init(void) \
	{ \
		return add(&(driver), ##__VA_ARGS__); \
	} \
	module_init(driver##_init) \
	static void driver##_exit(void) \
	{ \
		remove(&(driver), ##__VA_ARGS__); \
	} \
	module_exit(driver##_exit)
#define builtin_driver(driver, add) \
	static int driver##_init(void) \
	{ \
		return add(&(driver)); \
	} \
	device_initcall(driver##_init)

#define MODULE_LICENSE(text)
#define MODULE_AUTHOR(text)
#define MODULE_DESCRIPTION(text)
#define MODULE_ALIAS(text)
#define MODULE_DEVICE_TABLE(bus, table)

#define try_module_get(module) ((void)(module), true)
#define module_put(module) ((void)(module))

#endif
