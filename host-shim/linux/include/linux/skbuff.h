/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket buffers and queues of them, as far as a character device keeps messages in them. */
#ifndef HOST_SHIM_LINUX_SKBUFF_H
#define HOST_SHIM_LINUX_SKBUFF_H

#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct sk_buff {
	struct list_head node;
	unsigned int len;
	unsigned int room; /* bytes at data */
	unsigned char *data;
};

struct sk_buff_head {
	struct list_head list;
	u32 qlen;
};

struct sk_buff *alloc_skb(unsigned int size, gfp_t gfp);
void kfree_skb(struct sk_buff *skb);
/* Appends; more than there is room for is a BUG. */
void *skb_put_data(struct sk_buff *skb, const void *data, unsigned int len);

void skb_queue_head_init(struct sk_buff_head *queue);
void skb_queue_tail(struct sk_buff_head *queue, struct sk_buff *skb);
struct sk_buff *skb_dequeue(struct sk_buff_head *queue);
void skb_queue_purge(struct sk_buff_head *queue);

static inline bool skb_queue_empty(const struct sk_buff_head *queue)
{
	return !queue->qlen;
}

#endif
