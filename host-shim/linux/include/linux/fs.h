/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Open files and what can be done with them: what Linux's character devices give, the system calls of syscall.c
 * call.
 */
#ifndef HOST_SHIM_LINUX_FS_H
#define HOST_SHIM_LINUX_FS_H

#include <linux/errno.h>
#include <linux/kdev_t.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/uio.h>
#include <linux/wait.h>
#include <asm-generic/fcntl.h>

struct cdev;
struct file;
struct inode;
struct module;
struct poll_table_struct;
struct vm_area_struct;

struct kiocb {
	struct file *ki_filp;
	loff_t ki_pos;
};

struct file_operations {
	struct module *owner;
	int (*open)(struct inode *inode, struct file *file);
	int (*release)(struct inode *inode, struct file *file);
	ssize_t (*read)(struct file *file, char __user *buf, size_t size, loff_t *at);
	ssize_t (*write)(struct file *file, const char __user *buf, size_t size, loff_t *at);
	ssize_t (*read_iter)(struct kiocb *iocb, struct iov_iter *to);
	ssize_t (*write_iter)(struct kiocb *iocb, struct iov_iter *from);
	__poll_t (*poll)(struct file *file, struct poll_table_struct *wait);
	long (*unlocked_ioctl)(struct file *file, unsigned int cmd, unsigned long arg);
	long (*compat_ioctl)(struct file *file, unsigned int cmd, unsigned long arg);
	int (*mmap)(struct file *file, struct vm_area_struct *area);
	loff_t (*llseek)(struct file *file, loff_t at, int whence);
};

struct inode {
	dev_t i_rdev;
	struct cdev *i_cdev;
};

struct file {
	const struct file_operations *f_op;
	unsigned int f_flags; /* O_* */
	fmode_t f_mode;
	loff_t f_pos;
	unsigned int f_count;
	struct inode *f_inode;
	void *private_data;
};

#define FMODE_READ 1u
#define FMODE_WRITE 2u

/* 32-bit programs do not exist here. */
#define compat_ptr_ioctl NULL
#define noop_llseek NULL
#define no_llseek NULL

int alloc_chrdev_region(dev_t *dev, unsigned int first_minor, unsigned int count, const char *name);
void unregister_chrdev_region(dev_t dev, unsigned int count);

/*
 * Descriptors of the one process. get_unused_fd_flags answers one or -EMFILE; until fd_install it is reserved.
 * fput gives back one reference and releases the file with the last.
 */
int get_unused_fd_flags(unsigned int flags);
void put_unused_fd(unsigned int fd);
void fd_install(unsigned int fd, struct file *file);
struct file *fget(unsigned int fd);
void fput(struct file *file);
/* A file without a device node, with one reference; or an error pointer. */
struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *data, int flags);

#endif
