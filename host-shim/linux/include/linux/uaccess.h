/* SPDX-License-Identifier: BSD-3-Clause */
/* Between kernel and program. One address space; only the first page is a bad address. */
#ifndef HOST_SHIM_LINUX_UACCESS_H
#define HOST_SHIM_LINUX_UACCESS_H

#include <linux/mm.h>
#include <linux/string.h>
#include <linux/types.h>

static inline bool access_ok(const void __user *p, size_t n)
{
	return (unsigned long)p >= PAGE_SIZE && (unsigned long)p + n >= (unsigned long)p;
}

/* How many bytes were not moved. */
static inline unsigned long copy_from_user(void *to, const void __user *from, unsigned long n)
{
	if (!access_ok(from, n))
		return n;
	memcpy(to, from, n);
	return 0;
}

static inline unsigned long copy_to_user(void __user *to, const void *from, unsigned long n)
{
	if (!access_ok(to, n))
		return n;
	memcpy(to, from, n);
	return 0;
}

#define put_user(value, p) \
	({ \
		__typeof__(*(p)) put_value = (value); \
		copy_to_user(p, &put_value, sizeof(put_value)) ? -EFAULT : 0; \
	})
#define get_user(value, p) (copy_from_user(&(value), p, sizeof(*(p))) ? -EFAULT : 0)

#endif
