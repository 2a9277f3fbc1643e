/* SPDX-License-Identifier: BSD-3-Clause */
/* metal/list.h of the bench: doubly linked rings through a head. Nobody locks here. */
#ifndef METAL_LIST_H
#define METAL_LIST_H

#include <stdbool.h>
#include <stdlib.h>

struct metal_list {
	struct metal_list *next, *prev;
};

#define METAL_INIT_LIST(name) {.next = &(name), .prev = &(name)}
#define METAL_DECLARE_LIST(name) struct metal_list name = METAL_INIT_LIST(name)

static inline void metal_list_init(struct metal_list *list)
{
	*list = (struct metal_list){.next = list, .prev = list};
}

static inline void metal_list_add_after(struct metal_list *node, struct metal_list *added)
{
	*added = (struct metal_list){.next = node->next, .prev = node};
	node->next->prev = added;
	node->next = added;
}

static inline void metal_list_add_before(struct metal_list *node, struct metal_list *added)
{
	metal_list_add_after(node->prev, added);
}

static inline void metal_list_add_head(struct metal_list *list, struct metal_list *added)
{
	metal_list_add_after(list, added);
}

static inline void metal_list_add_tail(struct metal_list *list, struct metal_list *added)
{
	metal_list_add_before(list, added);
}

static inline int metal_list_is_empty(struct metal_list *list)
{
	return list->next == list;
}

/* The node is a ring of its own then: to delete it again is harmless. */
static inline void metal_list_del(struct metal_list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	metal_list_init(node);
}

static inline struct metal_list *metal_list_first(struct metal_list *list)
{
	return metal_list_is_empty(list) ? NULL : list->next;
}

#define metal_list_for_each(list, node) for ((node) = (list)->next; (node) != (list); (node) = (node)->next)

/* The body may delete `node`. */
#define metal_list_for_each_safe(list, after, node) \
	for ((node) = (list)->next; (after) = (node)->next, (node) != (list); (node) = (after))

static inline bool metal_list_find_node(struct metal_list *list, struct metal_list *wanted)
{
	struct metal_list *node;

	metal_list_for_each(list, node)
		if (node == wanted)
			return true;
	return false;
}

#endif
