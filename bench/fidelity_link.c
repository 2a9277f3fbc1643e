/* SPDX-License-Identifier: BSD-3-Clause */
/* Notifications and messages; see fidelity_link.h. */
#include "bench/fidelity_link.h"

#define LINK_BUFFERS 8u
#define LINK_BUFFER_BYTES 128u
#define LINK_QUEUE 4u		/* places of a mailbox' direction */
#define LINK_END_POINTS 64u
#define LINK_END_POINT 10u

/* A token: client in the top bits, as the measured software has it. */
#define LINK_CLIENT_SHIFT 28u
#define LINK_CLIENTS 16u
#define LINK_CLIENT_RPMSG 0u
#define LINK_CLIENT_NOTIFY 4u
#define LINK_NEW_FULL 0u
#define LINK_NEW_EMPTY 1u

struct link_desc {
	uint32_t addr, pad, len;
	uint16_t flags, next;
};

struct link_used {
	uint32_t id, len;
};

/* One direction: the sender takes empty buffers from `avail` and hands full ones over in `used`. */
struct link_ring {
	struct link_desc desc[LINK_BUFFERS];
	struct {
		uint16_t flags, idx, ring[LINK_BUFFERS];
	} avail;
	struct {
		uint16_t flags, idx;
		struct link_used ring[LINK_BUFFERS];
	} used;
	uint8_t buffer[LINK_BUFFERS][LINK_BUFFER_BYTES];
};

struct link_header {
	uint32_t src, dst, core;
	uint16_t len, flags;
};

/*
 * One direction of the mailbox: a queue in memory, and registers that are touched as a driver touches them. What a
 * register would do the bench's mailbox does; here only the access counts.
 */
struct link_mailbox {
	uint32_t read, write;
	uint32_t slot[LINK_QUEUE];
	uint32_t full, message, interrupt;
	struct {
		uint32_t clear, status;
	} sender[LINK_SENDERS];
};

/* A message that came and waits to be received. */
struct link_message {
	struct kernel_node node;
	uint16_t core, buffer;
};

struct link_end_point {
	struct kernel_list arrived;
	struct kernel_semaphore semaphore;
};

typedef uint64_t link_wide __attribute__((vector_size(16), aligned(1)));

static struct {
	struct link_setup setup;
	unsigned int side;
	bool enabled[LINK_SENDERS];
	volatile struct link_ring *tx, *rx;
	volatile struct link_mailbox *out, *in;
	uint16_t last_avail, last_used, buffers;
	void (*client[LINK_CLIENTS])(uint32_t value);
	struct kernel_semaphore empty;
	struct kernel_list free;
	struct link_message message[LINK_BUFFERS];
	struct link_end_point *end_point[LINK_END_POINTS];
	struct link_end_point local;
} ends;

/* ---- The mailbox ---- */
static void fifo_send(uint32_t token)
{
	(void)ends.out->full;
	ends.out->message = token;
	while (hw_mbox_send(0, token))
		continue;
}

static void fifo_take(uint64_t token, void (*dispatch)(uint32_t token))
{
	do {
		(void)ends.in->message;
		dispatch((uint32_t)token);
	} while (hw_mbox_poll(0, &token));
}

static void fifo_interrupt(uint64_t token, void (*dispatch)(uint32_t token))
{
	volatile struct link_mailbox *in = ends.in;

	for (unsigned int i = 0; i < ends.setup.polled[ends.side]; i++) {
		in->sender[i].clear = 1;
		(void)in->sender[i].status;
		if (i == ends.setup.place[ends.side])
			fifo_take(token, dispatch);
	}
}

static void queue_send(uint32_t token)
{
	volatile struct link_mailbox *out = ends.out;
	uint32_t read = out->read, write = out->write;

	if (read >= LINK_QUEUE || write >= LINK_QUEUE || (write + 1) % LINK_QUEUE == read)
		return;
	out->slot[write] = token;
	out->write = (write + 1) % LINK_QUEUE;
	(void)out->write;
	hw_dsb();
	out->interrupt = 1;
	hw_mbox_send(0, 0);
}

static bool queue_receive(volatile struct link_mailbox *in, uint32_t *token)
{
	uint32_t read = in->read, write = in->write;

	if (read == write)
		return false;
	*token = in->slot[read];
	in->read = (read + 1) % LINK_QUEUE;
	(void)in->read;
	hw_dsb();
	return true;
}

static void queue_interrupt(void (*dispatch)(uint32_t token))
{
	volatile struct link_mailbox *in = ends.in;
	uint32_t token;

	in->sender[0].clear = in->interrupt;
	for (unsigned int i = 0; i < ends.setup.polled[ends.side]; i++) {
		if (!ends.enabled[i])
			continue;
		if (i != ends.setup.place[ends.side]) {
			(void)in->sender[i].clear;
			(void)in->sender[i].status;
			continue;
		}
		while (queue_receive(in, &token))
			dispatch(token);
	}
	(void)in->interrupt;
}

static void link_dispatch(uint32_t token)
{
	void (*client)(uint32_t value) = ends.client[token >> LINK_CLIENT_SHIFT];

	if (client)
		client(token & ((1u << LINK_CLIENT_SHIFT) - 1));
}

static void link_isr(void *arg, uint64_t token)
{
	(void)arg;
	kernel_isr_enter(0);
	if (ends.setup.mailbox == 'f')
		fifo_interrupt(token, link_dispatch);
	else
		queue_interrupt(link_dispatch);
	kernel_isr_exit(0);
}

static void token_send(uint32_t client, uint32_t value)
{
	bool enabled;

	if (!ends.enabled[0])
		return;
	enabled = kernel_lock();
	if (ends.setup.mailbox == 'f')
		fifo_send(client << LINK_CLIENT_SHIFT | value);
	else
		queue_send(client << LINK_CLIENT_SHIFT | value);
	kernel_unlock(enabled);
}

/* ---- Queues of messages: first in, first out ---- */
static void message_put(struct kernel_list *list, struct link_message *message)
{
	bool enabled = kernel_lock();

	message->node.next = &list->end;
	message->node.prev = list->end.prev;
	list->end.prev->next = &message->node;
	list->end.prev = &message->node;
	list->count++;
	kernel_unlock(enabled);
}

static struct link_message *message_get(struct kernel_list *list)
{
	bool enabled = kernel_lock();
	struct link_message *message = NULL;

	if (list->count) {
		message = list->end.next->owner;
		list->end.next = message->node.next;
		message->node.next->prev = &list->end;
		list->count--;
	}
	kernel_unlock(enabled);
	return message;
}

static void queue_init(struct kernel_list *list)
{
	list->count = 0;
	list->end.next = list->end.prev = &list->end;
}

/* ---- Rings ---- */
static uint16_t ring_take_empty(void)
{
	bool enabled = kernel_lock();
	uint16_t head;

	while (ends.last_avail == ends.tx->avail.idx) {
		kernel_unlock(enabled);
		kernel_take(&ends.empty);
		enabled = kernel_lock();
	}
	head = ends.tx->avail.ring[ends.last_avail % ends.buffers];
	ends.last_avail++;
	kernel_unlock(enabled);
	return head;
}

static void ring_put_full(uint16_t buffer, uint32_t bytes)
{
	bool enabled = kernel_lock();
	volatile struct link_used *used = &ends.tx->used.ring[ends.tx->used.idx % ends.buffers];

	used->id = buffer;
	used->len = bytes;
	ends.tx->used.idx++;
	hw_dsb();
	kernel_unlock(enabled);
	token_send(LINK_CLIENT_RPMSG, LINK_NEW_FULL);
}

static bool ring_has_full(void)
{
	bool enabled = kernel_lock();
	bool has = ends.last_used != ends.rx->used.idx;

	kernel_unlock(enabled);
	return has;
}

static bool ring_take_full(uint16_t *buffer)
{
	bool enabled = kernel_lock();
	bool has = ends.last_used != ends.rx->used.idx;

	if (has) {
		*buffer = (uint16_t)ends.rx->used.ring[ends.last_used % ends.buffers].id;
		ends.last_used++;
	}
	kernel_unlock(enabled);
	return has;
}

static void ring_put_empty(uint16_t buffer)
{
	bool enabled = kernel_lock();

	ends.rx->avail.ring[ends.rx->avail.idx % ends.buffers] = buffer;
	ends.rx->avail.idx++;
	hw_dsb();
	kernel_unlock(enabled);
	token_send(LINK_CLIENT_RPMSG, LINK_NEW_EMPTY);
}

static void ring_check_empty(void)
{
	bool enabled = kernel_lock();
	bool has = ends.last_avail != ends.tx->avail.idx;

	kernel_unlock(enabled);
	if (has)
		kernel_give_from_isr(&ends.empty);
}

static volatile uint8_t *ring_buffer(volatile struct link_ring *ring, uint16_t buffer)
{
	return (volatile uint8_t *)ring + ring->desc[buffer].addr;
}

/* ---- Messages ---- */
static void copy_bytes(volatile uint8_t *to, const volatile uint8_t *from, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		to[i] = from[i];
}

/* Sixteen at a time; of what is left over at the end, sixteen that begin earlier. */
static void copy_sixteens(volatile uint8_t *to, const volatile uint8_t *from, uint32_t bytes)
{
	uint32_t at = 0;

	for (; at + sizeof(link_wide) <= bytes; at += (uint32_t)sizeof(link_wide))
		*(volatile link_wide *)(to + at) = *(const volatile link_wide *)(from + at);
	if (at < bytes)
		*(volatile link_wide *)(to + bytes - sizeof(link_wide)) =
			*(const volatile link_wide *)(from + bytes - sizeof(link_wide));
}

/* As the toolchain's memcpy of this side does it. */
static void link_copy(volatile uint8_t *to, const volatile uint8_t *from, uint32_t bytes)
{
	if (bytes < ends.setup.width[ends.side] || ends.setup.width[ends.side] == 1)
		copy_bytes(to, from, bytes);
	else
		copy_sixteens(to, from, bytes);
}

void link_send(const uint8_t *data, uint32_t bytes)
{
	uint16_t buffer = ring_take_empty();
	volatile uint8_t *at = ring_buffer(ends.tx, buffer);
	volatile struct link_header *header = (volatile struct link_header *)at;
	uint16_t room = (uint16_t)ends.tx->desc[buffer].len;

	if (bytes > room - sizeof(*header))
		bytes = room - (uint32_t)sizeof(*header);
	header->src = LINK_END_POINT;
	header->dst = LINK_END_POINT;
	header->core = ends.side;
	header->flags = 0;
	header->len = (uint16_t)bytes;
	link_copy(at + sizeof(*header), data, bytes);
	ring_put_full(buffer, bytes + (uint32_t)sizeof(*header));
}

/* In interrupt context: the message stays in its buffer until it is received. */
static void message_arrive(void)
{
	struct link_message *message = message_get(&ends.free);
	struct link_end_point *to;
	uint32_t dst;

	if (!message || !ring_take_full(&message->buffer))
		return;
	dst = ((volatile struct link_header *)ring_buffer(ends.rx, message->buffer))->dst;
	to = dst < LINK_END_POINTS ? ends.end_point[dst] : NULL;
	if (!to) {
		ring_put_empty(message->buffer);
		message_put(&ends.free, message);
		return;
	}
	message->core = (uint16_t)!ends.side;
	message_put(&to->arrived, message);
	kernel_give_from_isr(&to->semaphore);
}

static void link_on_rpmsg(uint32_t value)
{
	if (value == LINK_NEW_EMPTY)
		ring_check_empty();
	else
		while (ring_has_full())
			message_arrive();
}

uint32_t link_receive(uint8_t *data)
{
	struct link_message *message;
	volatile struct link_header *header;
	uint32_t bytes;

	while (!(message = message_get(&ends.local.arrived)))
		kernel_take(&ends.local.semaphore);
	header = (volatile struct link_header *)ring_buffer(ends.rx, message->buffer);
	(void)header->src;
	bytes = header->len <= LINK_BYTES_MAX ? header->len : LINK_BYTES_MAX;
	link_copy(data, (volatile uint8_t *)(header + 1), bytes);
	ring_put_empty(message->buffer);
	message_put(&ends.free, message);
	return bytes;
}

void link_on_notification(link_notified notified)
{
	ends.client[LINK_CLIENT_NOTIFY] = notified;
}

void link_notify(uint32_t value)
{
	token_send(LINK_CLIENT_NOTIFY, value & 0xffff);
}

/* ---- Beginning ---- */
static void ring_init(volatile struct link_ring *ring)
{
	for (uint16_t i = 0; i < LINK_BUFFERS; i++) {
		ring->desc[i].addr = (uint32_t)(offsetof(struct link_ring, buffer) + i * LINK_BUFFER_BYTES);
		ring->desc[i].len = LINK_BUFFER_BYTES;
		ring->avail.ring[i] = i;
	}
	ring->avail.idx = LINK_BUFFERS;
	ring->used.idx = 0;
}

static void messages_init(void)
{
	queue_init(&ends.free);
	queue_init(&ends.local.arrived);
	for (unsigned int i = 0; i < LINK_BUFFERS; i++) {
		ends.message[i].node.owner = &ends.message[i];
		message_put(&ends.free, &ends.message[i]);
	}
	kernel_semaphore_init(&ends.empty);
	kernel_semaphore_init(&ends.local.semaphore);
	ends.end_point[LINK_END_POINT] = &ends.local;
	ends.client[LINK_CLIENT_RPMSG] = link_on_rpmsg;
}

int link_open(const struct link_setup *setup, unsigned int side)
{
	struct hw_region rings, mailboxes;
	volatile struct link_ring *ring;
	volatile struct link_mailbox *mailbox;

	if (hw_region_get("ipc-memory", &rings) || rings.size < 2 * sizeof(*ring))
		return -1;
	if (hw_region_get("ipc-mailbox", &mailboxes) || mailboxes.size < 2 * sizeof(*mailbox))
		return -1;
	ring = rings.va;	/* both by who sends */
	mailbox = mailboxes.va;
	ends.setup = *setup;
	ends.side = side;
	ends.buffers = LINK_BUFFERS;
	ends.tx = &ring[side];
	ends.rx = &ring[!side];
	ends.out = &mailbox[side];
	ends.in = &mailbox[!side];
	for (unsigned int i = 0; i < LINK_SENDERS; i++)
		ends.enabled[i] = true;
	if (side == 0)
		for (unsigned int i = 0; i < 2; i++) {
			ring_init(&ring[i]);
			mailbox[i].read = mailbox[i].write = 0;
		}
	kernel_init(&setup->frames[side]);
	messages_init();
	return hw_mbox_register(0, link_isr, NULL);
}
