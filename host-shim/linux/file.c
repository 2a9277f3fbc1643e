/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Open files: character devices and their nodes in /dev, attributes of devices under /sys, the one process's
 * descriptors, and the pieces of memory that go through them. There are no other files, nothing can be listed or
 * written under /sys. Standard output and error are the console, standard input is empty.
 */
#include <sbesim/hw.h>

#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "host-shim/linux/linux.h"

#define FILE_FDS 32u
#define FILE_STANDARD 3u
#define FILE_MAJOR_FIRST 511u /* Linux gives them out downwards, too */

/* A descriptor that is reserved and has no file yet. */
static struct file file_reserved;
static struct file *file_of_fd[FILE_FDS];
static LIST_HEAD(cdev_all);

/* ---- Character devices ------------------------------------------------------------------------------ */

int alloc_chrdev_region(dev_t *dev, unsigned int first_minor, unsigned int count, const char *name)
{
	static unsigned int used;

	(void)count, (void)name;
	*dev = MKDEV(FILE_MAJOR_FIRST - used++, first_minor);
	return 0;
}

void unregister_chrdev_region(dev_t dev, unsigned int count)
{
	(void)dev, (void)count;
}

void cdev_init(struct cdev *cdev, const struct file_operations *fops)
{
	memset(cdev, 0, sizeof(*cdev));
	cdev->ops = fops;
	INIT_LIST_HEAD(&cdev->list);
}

int cdev_device_add(struct cdev *cdev, struct device *dev)
{
	int rc;

	cdev->dev = dev->devt;
	cdev->node = dev;
	list_add_tail(&cdev->list, &cdev_all);
	rc = device_add(dev);
	if (rc)
		list_del_init(&cdev->list);
	return rc;
}

void cdev_device_del(struct cdev *cdev, struct device *dev)
{
	device_del(dev);
	list_del_init(&cdev->list);
	cdev->node = NULL;
}

static struct cdev *cdev_find(const char *name)
{
	struct cdev *cdev;

	list_for_each_entry(cdev, &cdev_all, list)
		if (!strcmp(dev_name(cdev->node), name))
			return cdev;
	return NULL;
}

/* ---- Files ------------------------------------------------------------------------------------------ */

static struct file *file_new(const struct file_operations *fops, unsigned int flags)
{
	struct file *file = kzalloc(sizeof(*file), GFP_KERNEL);
	struct inode *inode = kzalloc(sizeof(*inode), GFP_KERNEL);

	if (!file || !inode) {
		kfree(file);
		kfree(inode);
		return ERR_PTR(-ENOMEM);
	}
	file->f_op = fops;
	file->f_flags = flags;
	file->f_mode = (flags + 1) & O_ACCMODE; /* O_RDONLY, O_WRONLY, O_RDWR: FMODE_* */
	file->f_count = 1;
	file->f_inode = inode;
	return file;
}

static void file_free(struct file *file)
{
	kfree(file->f_inode);
	kfree(file);
}

struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *data, int flags)
{
	struct file *file = file_new(fops, (unsigned int)flags);

	(void)name;
	if (!IS_ERR(file))
		file->private_data = data;
	return file;
}

void fput(struct file *file)
{
	if (--file->f_count)
		return;
	if (file->f_op->release)
		file->f_op->release(file->f_inode, file);
	file_free(file);
}

/* ---- Paths ------------------------------------------------------------------------------------------ */

static struct file *path_open_cdev(const char *name, unsigned int flags)
{
	struct cdev *cdev = cdev_find(name);
	struct file *file = cdev ? file_new(cdev->ops, flags) : ERR_PTR(-ENOENT);
	int rc;

	if (IS_ERR(file))
		return file;
	file->f_inode->i_cdev = cdev;
	file->f_inode->i_rdev = cdev->dev;
	rc = cdev->ops->open ? cdev->ops->open(file->f_inode, file) : 0;
	if (!rc)
		return file;
	file_free(file);
	return ERR_PTR(rc);
}

/* A text that was made when it was opened. */
static ssize_t text_read(struct file *file, char __user *buf, size_t size, loff_t *at)
{
	const char *text = file->private_data;
	size_t left = strlen(text) - (size_t)*at, n = min(size, left);

	if (copy_to_user(buf, text + *at, n))
		return -EFAULT;
	*at += (loff_t)n;
	return (ssize_t)n;
}

static int text_release(struct inode *inode, struct file *file)
{
	(void)inode;
	kfree(file->private_data);
	return 0;
}

static const struct file_operations text_fops = {
	.read = text_read,
	.release = text_release,
};

/* Cuts `path` at its next slash; what follows, or NULL. */
static char *path_cut(char *path)
{
	char *slash = path ? strchr(path, '/') : NULL;

	if (!slash)
		return NULL;
	*slash = '\0';
	return slash + 1;
}

/* CLASS/DEVICE/ATTRIBUTE, or BUS/devices/DEVICE/ATTRIBUTE; into a page of text. */
static ssize_t path_show(const char *name, bool bus, char *text)
{
	char *family = kstrdup(name, GFP_KERNEL);
	char *device = bus ? path_cut(path_cut(family)) : path_cut(family);
	char *attribute = path_cut(device);
	ssize_t n = attribute ? linux_attribute_show(family, device, attribute, text) : -ENOENT;

	kfree(family);
	return n;
}

static struct file *path_open_attribute(const char *name, bool bus)
{
	char *text = kzalloc(PAGE_SIZE, GFP_KERNEL);
	ssize_t n = text ? path_show(name, bus, text) : -ENOMEM;
	struct file *file = n < 0 ? ERR_PTR(n) : anon_inode_getfile(name, &text_fops, text, O_RDONLY);

	if (IS_ERR(file))
		kfree(text);
	return file;
}

static struct file *path_open_class(const char *name, unsigned int flags)
{
	return flags & O_ACCMODE ? ERR_PTR(-EACCES) : path_open_attribute(name, false);
}

static struct file *path_open_bus(const char *name, unsigned int flags)
{
	return flags & O_ACCMODE ? ERR_PTR(-EACCES) : path_open_attribute(name, true);
}

/* What is mounted where. */
static const struct {
	const char *prefix;
	struct file *(*open)(const char *name, unsigned int flags);
} path_table[] = {
	{ "/dev/", path_open_cdev },
	{ "/sys/class/", path_open_class },
	{ "/sys/bus/", path_open_bus },
};

struct file *linux_path_open(const char *path, unsigned int flags)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(path_table); i++) {
		size_t length = strlen(path_table[i].prefix);

		if (!strncmp(path, path_table[i].prefix, length))
			return path_table[i].open(path + length, flags);
	}
	return ERR_PTR(-ENOENT);
}

/* ---- Descriptors ------------------------------------------------------------------------------------ */

int get_unused_fd_flags(unsigned int flags)
{
	(void)flags;
	for (unsigned int fd = 0; fd < FILE_FDS; fd++)
		if (!file_of_fd[fd]) {
			file_of_fd[fd] = &file_reserved;
			return (int)fd;
		}
	return -EMFILE;
}

void put_unused_fd(unsigned int fd)
{
	file_of_fd[fd] = NULL;
}

void fd_install(unsigned int fd, struct file *file)
{
	file_of_fd[fd] = file;
}

struct file *fget(unsigned int fd)
{
	struct file *file = fd < FILE_FDS ? file_of_fd[fd] : NULL;

	if (!file || file == &file_reserved)
		return NULL;
	file->f_count++;
	return file;
}

int linux_fd_close(unsigned int fd)
{
	struct file *file = fget(fd);

	if (!file)
		return -EBADF;
	put_unused_fd(fd);
	fput(file);
	fput(file);
	return 0;
}

/* ---- The console ------------------------------------------------------------------------------------ */

static ssize_t console_read(struct file *file, char __user *buf, size_t size, loff_t *at)
{
	(void)file, (void)buf, (void)size, (void)at;
	return 0;
}

static ssize_t console_write(struct file *file, const char __user *buf, size_t size, loff_t *at)
{
	(void)file, (void)at;
	hw_console_write(buf, size);
	return (ssize_t)size;
}

static const struct file_operations console_fops = {
	.read = console_read,
	.write = console_write,
};

void linux_files_init(void)
{
	for (unsigned int fd = 0; fd < FILE_STANDARD; fd++) {
		struct file *file = anon_inode_getfile("console", &console_fops, NULL, fd ? O_WRONLY : O_RDONLY);

		BUG_ON(IS_ERR(file));
		fd_install(fd, file);
	}
}

void linux_files_close(void)
{
	for (unsigned int fd = 0; fd < FILE_FDS; fd++)
		linux_fd_close(fd);
}

/* ---- Pieces of the program's memory ------------------------------------------------------------------ */

size_t copy_to_iter(const void *from, size_t n, struct iov_iter *i)
{
	n = min(n, i->count);
	if (copy_to_user(i->at, from, n))
		return 0;
	i->at = (char *)i->at + n;
	i->count -= n;
	return n;
}

size_t copy_from_iter(void *to, size_t n, struct iov_iter *i)
{
	n = min(n, i->count);
	if (copy_from_user(to, i->at, n))
		return 0;
	i->at = (char *)i->at + n;
	i->count -= n;
	return n;
}

bool copy_from_iter_full(void *to, size_t n, struct iov_iter *i)
{
	return n <= i->count && copy_from_iter(to, n, i) == n;
}
