/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * System calls, by the names of the C library's functions: what an ordinary program calls on Linux. They know no
 * device; everything goes through the file operations that Linux's own code has registered. When a call returns,
 * the work that was queued runs. No signals, no vectors of pieces, no files but devices.
 */
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include "host-shim/linux/linux.h"

/* Of the C library: where errno is. */
int *__errno_location(void);

struct timespec {
	long tv_sec, tv_nsec;
};

struct timeval {
	long tv_sec, tv_usec;
};

typedef struct {
	unsigned long bits[1024 / BITS_PER_LONG];
} fd_set;

#define SYSCALL_SETS 3u
#define SYSCALL_FDS_MAX 64u
#define SYSCALL_NS_PER_S 1000000000l

/* What the program gets of a kernel's answer. */
static long syscall_return(long rc)
{
	while (linux_work())
		continue;
	if (!IS_ERR_VALUE(rc))
		return rc;
	*__errno_location() = (int)-rc;
	return -1;
}

/* ---- open, close -------------------------------------------------------------------------------------- */

static long file_open(const char *path, unsigned int flags)
{
	int fd = access_ok(path, 1) ? get_unused_fd_flags(flags) : -EFAULT;
	struct file *file = fd < 0 ? ERR_PTR(fd) : linux_path_open(path, flags);

	if (!IS_ERR(file)) {
		fd_install((unsigned int)fd, file);
		return fd;
	}
	if (fd >= 0)
		put_unused_fd((unsigned int)fd);
	return PTR_ERR(file);
}

int open(const char *path, int flags, ...);
int open(const char *path, int flags, ...)
{
	return (int)syscall_return(file_open(path, (unsigned int)flags));
}

int close(int fd);
int close(int fd)
{
	return (int)syscall_return(linux_fd_close((unsigned int)fd));
}

/* ---- read, write ---------------------------------------------------------------------------------------- */

static ssize_t file_read(struct file *file, void *buf, size_t size)
{
	struct kiocb iocb = { .ki_filp = file, .ki_pos = file->f_pos };
	struct iov_iter to = { .at = buf, .count = size };

	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (!access_ok(buf, size))
		return -EFAULT;
	if (file->f_op->read)
		return file->f_op->read(file, buf, size, &file->f_pos);
	return file->f_op->read_iter ? file->f_op->read_iter(&iocb, &to) : -EINVAL;
}

static ssize_t file_write(struct file *file, const void *buf, size_t size)
{
	struct kiocb iocb = { .ki_filp = file, .ki_pos = file->f_pos };
	struct iov_iter from = { .at = (void *)buf, .count = size };

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!access_ok(buf, size))
		return -EFAULT;
	if (file->f_op->write)
		return file->f_op->write(file, buf, size, &file->f_pos);
	return file->f_op->write_iter ? file->f_op->write_iter(&iocb, &from) : -EINVAL;
}

ssize_t read(int fd, void *buf, size_t size);
ssize_t read(int fd, void *buf, size_t size)
{
	struct file *file = fget((unsigned int)fd);
	ssize_t rc = file ? file_read(file, buf, size) : -EBADF;

	if (file)
		fput(file);
	return syscall_return(rc);
}

ssize_t write(int fd, const void *buf, size_t size);
ssize_t write(int fd, const void *buf, size_t size)
{
	struct file *file = fget((unsigned int)fd);
	ssize_t rc = file ? file_write(file, buf, size) : -EBADF;

	if (file)
		fput(file);
	return syscall_return(rc);
}

/* ---- ioctl, fcntl --------------------------------------------------------------------------------------- */

static long file_ioctl(struct file *file, unsigned int command, unsigned long arg)
{
	long rc = file->f_op->unlocked_ioctl ? file->f_op->unlocked_ioctl(file, command, arg) : -ENOTTY;

	return rc == -ENOIOCTLCMD ? -ENOTTY : rc;
}

int ioctl(int fd, unsigned long command, ...);
int ioctl(int fd, unsigned long command, ...)
{
	struct file *file = fget((unsigned int)fd);
	va_list args;
	long rc;

	va_start(args, command);
	rc = file ? file_ioctl(file, (unsigned int)command, va_arg(args, unsigned long)) : -EBADF;
	va_end(args);
	if (file)
		fput(file);
	return (int)syscall_return(rc);
}

/* What F_SETFL may change. */
#define FILE_SETTABLE ((unsigned int)(O_APPEND | O_NONBLOCK))

static long file_fcntl(struct file *file, int command, unsigned long arg)
{
	switch (command) {
	case F_GETFL:
		return file->f_flags;
	case F_SETFL:
		file->f_flags = (file->f_flags & ~FILE_SETTABLE) | ((unsigned int)arg & FILE_SETTABLE);
		return 0;
	case F_GETFD:
	case F_SETFD:
		return 0; /* there is nothing to execute */
	default:
		return -EINVAL;
	}
}

int fcntl(int fd, int command, ...);
int fcntl(int fd, int command, ...)
{
	struct file *file = fget((unsigned int)fd);
	va_list args;
	long rc;

	va_start(args, command);
	rc = file ? file_fcntl(file, command, va_arg(args, unsigned long)) : -EBADF;
	va_end(args);
	if (file)
		fput(file);
	return (int)syscall_return(rc);
}

/* ---- poll, select --------------------------------------------------------------------------------------- */

static __poll_t file_poll(int fd)
{
	struct file *file = fget((unsigned int)fd);
	poll_table wait;
	__poll_t mask;

	if (!file)
		return POLLNVAL;
	mask = file->f_op->poll ? file->f_op->poll(file, &wait) : DEFAULT_POLLMASK;
	fput(file);
	return mask;
}

/* How many have something to tell. */
static int poll_once(struct pollfd *fds, unsigned long n)
{
	int ready = 0;

	for (unsigned long i = 0; i < n; i++) {
		__poll_t wanted = (__poll_t)fds[i].events | POLLERR | POLLHUP | POLLNVAL;

		fds[i].revents = fds[i].fd < 0 ? 0 : (short)(file_poll(fds[i].fd) & wanted);
		ready += fds[i].revents != 0;
	}
	return ready;
}

static int poll_until(struct pollfd *fds, unsigned long n, uint64_t deadline_ns)
{
	int ready;

	while (!(ready = poll_once(fds, n)) && linux_wait(deadline_ns))
		continue;
	return ready;
}

int poll(struct pollfd *fds, unsigned long n, int timeout_ms);
int poll(struct pollfd *fds, unsigned long n, int timeout_ms)
{
	uint64_t deadline = timeout_ms < 0 ? LINUX_FOREVER : linux_deadline((uint64_t)timeout_ms * 1000000);

	return (int)syscall_return(access_ok(fds, n * sizeof(*fds)) || !n ? poll_until(fds, n, deadline) : -EFAULT);
}

/* Of each set: what it asks for, and which answers put a descriptor into it. */
static const struct {
	__poll_t ask, answer;
} select_kinds[SYSCALL_SETS] = {
	{ EPOLLIN | EPOLLRDNORM, EPOLLIN | EPOLLRDNORM | EPOLLHUP | EPOLLERR },
	{ EPOLLOUT | EPOLLWRNORM, EPOLLOUT | EPOLLWRNORM | EPOLLERR },
	{ EPOLLPRI, EPOLLPRI },
};

static unsigned int select_ask(struct pollfd *fds, int nfds, fd_set *const *sets)
{
	unsigned int n = 0;

	for (int fd = 0; fd < nfds; fd++) {
		struct pollfd ask = { .fd = fd };

		for (unsigned int k = 0; k < SYSCALL_SETS; k++)
			if (sets[k] && test_bit((unsigned long)fd, sets[k]->bits))
				ask.events |= (short)select_kinds[k].ask;
		if (ask.events)
			fds[n++] = ask;
	}
	return n;
}

/* How many bits are left in all sets together; -EBADF when a descriptor is none. */
static int select_answer(const struct pollfd *fds, unsigned int n, fd_set *const *sets)
{
	int bits = 0;

	for (unsigned int i = 0; i < n; i++)
		for (unsigned int k = 0; k < SYSCALL_SETS; k++) {
			if (fds[i].revents & POLLNVAL)
				return -EBADF;
			if (!sets[k] || !test_bit((unsigned long)fds[i].fd, sets[k]->bits))
				continue;
			if ((__poll_t)fds[i].revents & select_kinds[k].answer)
				bits++;
			else
				clear_bit((unsigned long)fds[i].fd, sets[k]->bits);
		}
	return bits;
}

int select(int nfds, fd_set *in, fd_set *out, fd_set *other, struct timeval *timeout);
int select(int nfds, fd_set *in, fd_set *out, fd_set *other, struct timeval *timeout)
{
	fd_set *const sets[SYSCALL_SETS] = { in, out, other };
	struct pollfd fds[SYSCALL_FDS_MAX];
	uint64_t deadline = LINUX_FOREVER;
	unsigned int n;

	if (nfds < 0 || nfds > (int)SYSCALL_FDS_MAX)
		return (int)syscall_return(-EINVAL);
	if (timeout)
		deadline = linux_deadline((uint64_t)timeout->tv_sec * SYSCALL_NS_PER_S +
					  (uint64_t)timeout->tv_usec * 1000);
	n = select_ask(fds, nfds, sets);
	poll_until(fds, n, deadline);
	return (int)syscall_return(select_answer(fds, n, sets));
}

/* ---- Sleeping -------------------------------------------------------------------------------------------- */

int usleep(unsigned int us);
int usleep(unsigned int us)
{
	linux_sleep((uint64_t)us * 1000);
	return 0;
}

unsigned int sleep(unsigned int s);
unsigned int sleep(unsigned int s)
{
	linux_sleep((uint64_t)s * SYSCALL_NS_PER_S);
	return 0;
}

int nanosleep(const struct timespec *how_long, struct timespec *left);
int nanosleep(const struct timespec *how_long, struct timespec *left)
{
	if (how_long->tv_sec < 0 || how_long->tv_nsec < 0 || how_long->tv_nsec >= SYSCALL_NS_PER_S)
		return (int)syscall_return(-EINVAL);
	linux_sleep((uint64_t)how_long->tv_sec * SYSCALL_NS_PER_S + (uint64_t)how_long->tv_nsec);
	if (left)
		*left = (struct timespec){ .tv_sec = 0 };
	return 0;
}

int sched_yield(void);
int sched_yield(void)
{
	return (int)syscall_return(0);
}
