/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the Linux run time have of each other, beside the kernel's own interfaces: nothing here exists
 * in Linux.
 */
#ifndef HOST_SHIM_LINUX_LINUX_H
#define HOST_SHIM_LINUX_LINUX_H

#include <linux/types.h>

struct file;

/* ---- rproc.c ---------------------------------------------------------------------------------------- */
#define LINUX_RPROC_DEVICE "bench-rproc" /* the platform device that boot.c adds, and its driver */

/* ---- sched.c ---------------------------------------------------------------------------------------- */
/* Around what an interrupt handler does. */
void linux_irq_enter(void);
void linux_irq_exit(void);
/* Runs the next piece of work. False: there is none. */
bool linux_work(void);
/* Runs work for that long. */
void linux_sleep(uint64_t ns);

/* ---- dma.c ------------------------------------------------------------------------------------------ */
/* The entries of the remote processor's memory-region. */
enum linux_carveout { LINUX_VRING0, LINUX_VRING1, LINUX_BUFFER, LINUX_CARVEOUTS };

struct linux_dma_pool {
	const char *name;
	void *va; /* NULL: this platform has no such region */
	phys_addr_t pa;
	size_t size;
	size_t used; /* from the start on */
	unsigned int allocations;
};

struct linux_dma_pool *linux_carveout(unsigned int index);

/* ---- device.c --------------------------------------------------------------------------------------- */
/* The text of an attribute of a device of a class or bus, a page at most: its length, or -ENOENT. */
ssize_t linux_attribute_show(const char *family, const char *device, const char *name, char *page);

/* ---- file.c ----------------------------------------------------------------------------------------- */
/* What a path leads to, with one reference, or an error pointer. */
struct file *linux_path_open(const char *path, unsigned int flags);
int linux_fd_close(unsigned int fd);
/* Standard input, output and error; at the end of the program everything is closed. */
void linux_files_init(void);
void linux_files_close(void);

#endif
