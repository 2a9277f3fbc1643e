/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parts of remoteproc that the bench leaves out: sysfs, debugfs, core dumps, and the ELF loader (the bench
 * loads the remote; host-shim/linux/rproc.c has operations of its own).
 */
#include <linux/device.h>
#include <linux/remoteproc.h>

#include <drivers/remoteproc/remoteproc_internal.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
const struct class rproc_class = { .name = "remoteproc" };
#else
struct class rproc_class = { .name = "remoteproc" };
#endif

int rproc_init_sysfs(void)
{
	return 0;
}

void rproc_exit_sysfs(void)
{
}

void rproc_init_debugfs(void)
{
}

void rproc_exit_debugfs(void)
{
}

void rproc_create_debug_dir(struct rproc *rproc)
{
	(void)rproc;
}

void rproc_delete_debug_dir(struct rproc *rproc)
{
	(void)rproc;
}

struct dentry *rproc_create_trace_file(const char *name, struct rproc *rproc, struct rproc_debug_trace *trace)
{
	(void)name, (void)rproc, (void)trace;
	return NULL;
}

void rproc_remove_trace_file(struct dentry *tfile)
{
	(void)tfile;
}

void rproc_coredump(struct rproc *rproc)
{
	(void)rproc;
}

void rproc_coredump_cleanup(struct rproc *rproc)
{
	(void)rproc;
}

int rproc_elf_sanity_check(struct rproc *rproc, const struct firmware *fw)
{
	(void)rproc, (void)fw;
	return -EINVAL;
}

u64 rproc_elf_get_boot_addr(struct rproc *rproc, const struct firmware *fw)
{
	(void)rproc, (void)fw;
	return 0;
}

int rproc_elf_load_segments(struct rproc *rproc, const struct firmware *fw)
{
	(void)rproc, (void)fw;
	return -EINVAL;
}

int rproc_elf_load_rsc_table(struct rproc *rproc, const struct firmware *fw)
{
	(void)rproc, (void)fw;
	return -EINVAL;
}

struct resource_table *rproc_elf_find_loaded_rsc_table(struct rproc *rproc, const struct firmware *fw)
{
	(void)rproc, (void)fw;
	return NULL;
}
