/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket buffers as a queue of messages: one piece of memory each, no headers, no sharing. */
#include <linux/bug.h>
#include <linux/list.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

struct sk_buff *alloc_skb(unsigned int size, gfp_t gfp)
{
	struct sk_buff *skb = kzalloc(sizeof(*skb) + size, gfp);

	if (!skb)
		return NULL;
	skb->room = size;
	skb->data = (unsigned char *)(skb + 1);
	return skb;
}

void kfree_skb(struct sk_buff *skb)
{
	kfree(skb);
}

void *skb_put_data(struct sk_buff *skb, const void *data, unsigned int len)
{
	unsigned char *at = skb->data + skb->len;

	BUG_ON(len > skb->room - skb->len);
	memcpy(at, data, len);
	skb->len += len;
	return at;
}

void skb_queue_head_init(struct sk_buff_head *queue)
{
	INIT_LIST_HEAD(&queue->list);
	queue->qlen = 0;
}

void skb_queue_tail(struct sk_buff_head *queue, struct sk_buff *skb)
{
	list_add_tail(&skb->node, &queue->list);
	queue->qlen++;
}

struct sk_buff *skb_dequeue(struct sk_buff_head *queue)
{
	struct sk_buff *skb = list_first_entry_or_null(&queue->list, struct sk_buff, node);

	if (!skb)
		return NULL;
	list_del(&skb->node);
	queue->qlen--;
	return skb;
}

void skb_queue_purge(struct sk_buff_head *queue)
{
	for (struct sk_buff *skb; (skb = skb_dequeue(queue));)
		kfree_skb(skb);
}
