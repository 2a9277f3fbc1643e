/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program gave to read or write: one piece of its memory. */
#ifndef HOST_SHIM_LINUX_UIO_H
#define HOST_SHIM_LINUX_UIO_H

#include <linux/types.h>

struct iov_iter {
	void __user *at;
	size_t count;
};

static inline size_t iov_iter_count(const struct iov_iter *i)
{
	return i->count;
}

/* How many bytes were moved; fewer only at a bad address. */
size_t copy_to_iter(const void *from, size_t n, struct iov_iter *i);
size_t copy_from_iter(void *to, size_t n, struct iov_iter *i);
/* All or nothing. */
bool copy_from_iter_full(void *to, size_t n, struct iov_iter *i);

#endif
