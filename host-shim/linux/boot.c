/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Boot: the init functions of everything that is linked, level by level, then the board's one device, the remote
 * processor; what they queued runs, so the remote is up before any program. Then the program's main, if one is
 * linked: a user-space program. Without one the kernel idles and a driver of the image ends the run (hw_exit).
 */
#include <sbesim/hw.h>

#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/wait.h>

#include "host-shim/linux/linux.h"

int main(int argc, char **argv) __attribute__((weak));

/* Made by the linker; NULL where no level has that name. */
#define BOOT_LEVEL(level) \
	extern const initcall_t __start_linux_initcall##level[] __attribute__((weak)); \
	extern const initcall_t __stop_linux_initcall##level[] __attribute__((weak))
BOOT_LEVEL(1);
BOOT_LEVEL(2);
BOOT_LEVEL(3);
BOOT_LEVEL(4);
BOOT_LEVEL(5);
BOOT_LEVEL(6);
BOOT_LEVEL(7);

static void boot_level(const initcall_t *call, const initcall_t *end)
{
	for (; call != end; call++) {
		int rc = (*call)();

		if (rc)
			printk("initcall returned %d\n", rc);
	}
}

static void boot_initcalls(void)
{
	boot_level(__start_linux_initcall1, __stop_linux_initcall1);
	boot_level(__start_linux_initcall2, __stop_linux_initcall2);
	boot_level(__start_linux_initcall3, __stop_linux_initcall3);
	boot_level(__start_linux_initcall4, __stop_linux_initcall4);
	boot_level(__start_linux_initcall5, __stop_linux_initcall5);
	boot_level(__start_linux_initcall6, __stop_linux_initcall6);
	boot_level(__start_linux_initcall7, __stop_linux_initcall7);
}

int sbesim_main(int argc, char **argv)
{
	int rc;

	boot_initcalls();
	platform_device_register_data(NULL, LINUX_RPROC_DEVICE, PLATFORM_DEVID_NONE, NULL, 0);
	while (linux_work())
		continue;
	while (!main)
		linux_wait(LINUX_FOREVER);
	linux_files_init();
	rc = main(argc, argv);
	linux_files_close();
	return rc;
}
