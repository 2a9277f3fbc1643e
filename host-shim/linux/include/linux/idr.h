/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Small numbers for pointers (idr) and by themselves (ida): a list in order of the numbers, for the handful that
 * there are.
 */
#ifndef HOST_SHIM_LINUX_IDR_H
#define HOST_SHIM_LINUX_IDR_H

#include <linux/gfp.h>
#include <linux/types.h>

struct idr_entry;

struct idr {
	struct idr_entry *first;
};

struct ida {
	struct idr idr;
};

#define DEFINE_IDR(name) struct idr name
#define DEFINE_IDA(name) struct ida name

/* The smallest free number from `start` on and below `end` (0 or less: no limit), -ENOSPC or -ENOMEM. */
int idr_alloc(struct idr *idr, void *p, int start, int end, gfp_t gfp);
void *idr_find(const struct idr *idr, unsigned long id);
void *idr_remove(struct idr *idr, unsigned long id);
/* Until `fn` returns other than 0, which is returned. */
int idr_for_each(const struct idr *idr, int (*fn)(int id, void *p, void *data), void *data);
void idr_destroy(struct idr *idr);

static inline void idr_init(struct idr *idr)
{
	idr->first = NULL;
}

int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp);
void ida_free(struct ida *ida, unsigned int id);
void ida_destroy(struct ida *ida);

#define ida_alloc(ida, gfp) ida_alloc_range(ida, 0, INT32_MAX, gfp)
#define ida_alloc_max(ida, max, gfp) ida_alloc_range(ida, 0, max, gfp)
/* `end` is one past the last; 0: no limit. */
#define ida_simple_get(ida, start, end, gfp) ida_alloc_range(ida, start, (end) ? (end) - 1 : INT32_MAX, gfp)
#define ida_simple_remove(ida, id) ida_free(ida, id)

#endif
