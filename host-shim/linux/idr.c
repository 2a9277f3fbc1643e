/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers for things: a list in order of the numbers. Linux uses radix trees; nobody here has more than a few dozen.
 */
#include <linux/errno.h>
#include <linux/idr.h>
#include <linux/slab.h>

struct idr_entry {
	struct idr_entry *next;
	int id;
	void *p;
};

/* The link to the first entry that is not below `id`. */
static struct idr_entry **idr_link(struct idr *idr, long id)
{
	struct idr_entry **link = &idr->first;

	while (*link && (*link)->id < id)
		link = &(*link)->next;
	return link;
}

int idr_alloc(struct idr *idr, void *p, int start, int end, gfp_t gfp)
{
	struct idr_entry *entry, **link = idr_link(idr, start);
	int id = start;

	for (; *link && (*link)->id == id; id++)
		link = &(*link)->next;
	if (end > 0 && id >= end)
		return -ENOSPC;
	entry = kmalloc(sizeof(*entry), gfp);
	if (!entry)
		return -ENOMEM;
	*entry = (struct idr_entry){ .next = *link, .id = id, .p = p };
	*link = entry;
	return id;
}

void *idr_find(const struct idr *idr, unsigned long id)
{
	for (const struct idr_entry *entry = idr->first; entry; entry = entry->next)
		if ((unsigned long)entry->id == id)
			return entry->p;
	return NULL;
}

void *idr_remove(struct idr *idr, unsigned long id)
{
	struct idr_entry **link = idr_link(idr, (long)id), *entry = *link;
	void *p;

	if (!entry || (unsigned long)entry->id != id)
		return NULL;
	p = entry->p;
	*link = entry->next;
	kfree(entry);
	return p;
}

int idr_for_each(const struct idr *idr, int (*fn)(int id, void *p, void *data), void *data)
{
	int rc = 0;

	for (const struct idr_entry *entry = idr->first, *next; entry && !rc; entry = next) {
		next = entry->next;
		rc = fn(entry->id, entry->p, data);
	}
	return rc;
}

void idr_destroy(struct idr *idr)
{
	while (idr->first)
		idr_remove(idr, (unsigned long)idr->first->id);
}

int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp)
{
	return idr_alloc(&ida->idr, NULL, (int)min, max < INT32_MAX ? (int)max + 1 : 0, gfp);
}

void ida_free(struct ida *ida, unsigned int id)
{
	idr_remove(&ida->idr, id);
}

void ida_destroy(struct ida *ida)
{
	idr_destroy(&ida->idr);
}
