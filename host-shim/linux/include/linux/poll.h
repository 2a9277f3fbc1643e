/* SPDX-License-Identifier: BSD-3-Clause */
/* Polling. poll() asks every file again after each piece of work, so there is nobody to be woken. */
#ifndef HOST_SHIM_LINUX_POLL_H
#define HOST_SHIM_LINUX_POLL_H

#include <linux/fs.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <asm-generic/poll.h>

#define EPOLLIN ((__poll_t)0x001)
#define EPOLLPRI ((__poll_t)0x002)
#define EPOLLOUT ((__poll_t)0x004)
#define EPOLLERR ((__poll_t)0x008)
#define EPOLLHUP ((__poll_t)0x010)
#define EPOLLRDNORM ((__poll_t)0x040)
#define EPOLLWRNORM ((__poll_t)0x100)

/* What a file without a poll operation answers. */
#define DEFAULT_POLLMASK (EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM)

typedef struct poll_table_struct {
	char unused;
} poll_table;

static inline void poll_wait(struct file *file, wait_queue_head_t *queue, poll_table *table)
{
	(void)file, (void)queue, (void)table;
}

#endif
