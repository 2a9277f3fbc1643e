/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One split virtqueue, seen from either side. See vring.h for what is not offered.
 *
 * Each cache line of a ring has one writer: the descriptors and the avail part are the driver's, the used
 * part is the device's and begins on a line of its own. So whoever reads may invalidate without losing a
 * store, and whoever writes never reads back anything but its own.
 */
#include "sbe/vring.h"

/* Both parts begin alike: u16 flags, u16 idx; and both suppression flags are bit 0. */
#define PART_FLAGS VRING_USED_FLAGS
#define PART_IDX VRING_USED_IDX
#define PART_F_NO_KICK VRING_USED_F_NO_NOTIFY
_Static_assert(VRING_AVAIL_FLAGS == VRING_USED_FLAGS, "flags");
_Static_assert(VRING_AVAIL_IDX == VRING_USED_IDX, "idx");
_Static_assert(VRING_AVAIL_F_NO_INTERRUPT == VRING_USED_F_NO_NOTIFY, "suppression");

SBE_INLINE uint16_t *vring_at16(const struct vring *ring, uint32_t offset)
{
	return (uint16_t *)(void *)(ring->va + offset);
}

SBE_INLINE uint32_t *vring_at32(const struct vring *ring, uint32_t offset)
{
	return (uint32_t *)(void *)(ring->va + offset);
}

SBE_INLINE uint64_t vring_bit(uint32_t head)
{
	return (uint64_t)1 << head;
}

SBE_INLINE struct vring_desc *vring_desc_at(const struct vring *ring, uint16_t head)
{
	return (struct vring_desc *)(void *)(ring->va + VRING_DESC_OFFSET(head));
}

static void vring_init(struct vring *ring, const struct sbe_port *port, const struct vring_place *place)
{
	ring->port = port;
	ring->va = place->va;
	ring->notifyid = place->notifyid;
	ring->num = place->num;
	ring->cached = place->cached;
	ring->stored = 0;
	ring->seen = 0;
	ring->broken = false;
	ring->faults = 0;
	ring->held = 0;
}

static void vring_zero(struct vring *ring, uint32_t offset, uint32_t size)
{
	for (uint32_t i = 0; i < size; i += 2)
		sbe_put16(vring_at16(ring, offset + i), 0);
	/*
	 * CACHE: written once by the driver, also the used part, which is the device's from DRIVER_OK on: no
	 * dirty line may stay that could be evicted over the device's entries.
	 */
	sbe_port_clean(ring->port, ring->cached, ring->va + offset, size);
}

void vring_driver_init(struct vring *ring, const struct sbe_port *port, const struct vring_place *place)
{
	vring_init(ring, port, place);
	ring->own = VRING_AVAIL_OFFSET(place->num);
	ring->peer = VRING_USED_OFFSET(place->num, place->align);
	vring_zero(ring, 0, ring->own + VRING_AVAIL_RING(place->num) + 2u);
	vring_zero(ring, ring->peer, VRING_USED_RING(place->num) + 2u);
}

void vring_device_init(struct vring *ring, const struct sbe_port *port, const struct vring_place *place)
{
	vring_init(ring, port, place);
	ring->own = VRING_USED_OFFSET(place->num, place->align);
	ring->peer = VRING_AVAIL_OFFSET(place->num);
	/*
	 * CACHE: the driver zeroed the used part. A line prefetched before that would carry old bytes back to
	 * memory with this side's first store to it.
	 */
	sbe_port_invalidate(port, ring->cached, ring->va + ring->own, VRING_USED_RING(place->num) + 2u);
}

/* Makes one more own entry, stored and cleaned by the caller, visible. */
static void vring_publish(struct vring *ring)
{
	uint16_t *idx = vring_at16(ring, ring->own + PART_IDX);

	ring->stored++;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	sbe_put16(idx, ring->stored);
	/* CACHE: written by this side only, read by the peer as soon as it is kicked or polls. */
	sbe_port_clean(ring->port, ring->cached, idx, sizeof(*idx));
}

/* True when the peer has an entry that was not taken; its slot may be read after that. */
static bool vring_peek(struct vring *ring)
{
	uint16_t *idx = vring_at16(ring, ring->peer + PART_IDX);
	uint16_t fresh;

	if (ring->broken)
		return false;
	/* CACHE: written by the peer at any moment; this side never stores to the line. */
	sbe_port_invalidate(ring->port, ring->cached, idx, sizeof(*idx));
	fresh = (uint16_t)(sbe_get16(idx) - ring->seen);
	ring->broken = fresh > ring->num;
	if (!fresh || ring->broken)
		return false;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return true;
}

SBE_INLINE uint32_t vring_slot(const struct vring *ring, uint16_t index)
{
	return index & (ring->num - 1u);
}

void vring_driver_post(struct vring *ring, const struct vring_buffer *buffer)
{
	struct vring_desc *desc = vring_desc_at(ring, buffer->head);
	uint16_t *entry = vring_at16(ring, ring->own + VRING_AVAIL_RING(vring_slot(ring, ring->stored)));

	sbe_put64(&desc->addr, buffer->addr);
	sbe_put32(&desc->len, buffer->len);
	sbe_put16(&desc->flags, buffer->flags);
	sbe_put16(&desc->next, 0);
	/*
	 * CACHE: descriptors are written by the driver only; the device reads this one after it saw the
	 * index.
	 */
	sbe_port_clean(ring->port, ring->cached, desc, sizeof(*desc));
	sbe_put16(entry, buffer->head);
	/* CACHE: as the descriptor, in memory before the index is stored. */
	sbe_port_clean(ring->port, ring->cached, entry, sizeof(*entry));
	ring->held |= vring_bit(buffer->head);
	vring_publish(ring);
}

bool vring_driver_get(struct vring *ring, uint16_t *head, uint32_t *len)
{
	while (vring_peek(ring)) {
		uint32_t entry = ring->peer + VRING_USED_RING(vring_slot(ring, ring->seen));
		uint32_t id;

		/*
		 * CACHE: written by the device before the index that was just seen; an older copy may be
		 * here.
		 */
		sbe_port_invalidate(ring->port, ring->cached, ring->va + entry, 8);
		id = sbe_get32(vring_at32(ring, entry + VRING_USED_ID));
		*len = sbe_get32(vring_at32(ring, entry + VRING_USED_LEN));
		ring->seen++;
		if (id < ring->num && (ring->held & vring_bit(id))) {
			ring->held &= ~vring_bit(id);
			*head = (uint16_t)id;
			return true;
		}
		ring->faults++;
	}
	return false;
}

static void vring_desc_get(struct vring *ring, struct vring_buffer *buffer)
{
	struct vring_desc *desc = vring_desc_at(ring, buffer->head);

	/* CACHE: written by the driver before the index that was just seen; an older copy may be here. */
	sbe_port_invalidate(ring->port, ring->cached, desc, sizeof(*desc));
	buffer->addr = sbe_get64(&desc->addr);
	buffer->len = sbe_get32(&desc->len);
	buffer->flags = sbe_get16(&desc->flags);
}

bool vring_device_get(struct vring *ring, struct vring_buffer *buffer)
{
	while (vring_peek(ring)) {
		uint16_t *entry =
			vring_at16(ring, ring->peer + VRING_AVAIL_RING(vring_slot(ring, ring->seen)));

		/*
		 * CACHE: written by the driver before the index that was just seen; an older copy may be
		 * here.
		 */
		sbe_port_invalidate(ring->port, ring->cached, entry, sizeof(*entry));
		buffer->head = sbe_get16(entry);
		ring->seen++;
		if (buffer->head < ring->num && !(ring->held & vring_bit(buffer->head))) {
			ring->held |= vring_bit(buffer->head);
			vring_desc_get(ring, buffer);
			return true;
		}
		ring->faults++;
	}
	return false;
}

void vring_device_put(struct vring *ring, uint16_t head, uint32_t len)
{
	uint32_t entry = ring->own + VRING_USED_RING(vring_slot(ring, ring->stored));

	sbe_put32(vring_at32(ring, entry + VRING_USED_ID), head);
	sbe_put32(vring_at32(ring, entry + VRING_USED_LEN), len);
	/* CACHE: written by the device only; in memory before the index is stored. */
	sbe_port_clean(ring->port, ring->cached, ring->va + entry, 8);
	ring->held &= ~vring_bit(head);
	vring_publish(ring);
}

void vring_kick(struct vring *ring)
{
	uint16_t *flags = vring_at16(ring, ring->peer + PART_FLAGS);

	/*
	 * The index above, the peer's flag below: the peer does the reverse, so one of the two sees the
	 * other's store.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	/* CACHE: written by the peer at any moment; this side never stores to the line. */
	sbe_port_invalidate(ring->port, ring->cached, flags, sizeof(*flags));
	if (sbe_get16(flags) & PART_F_NO_KICK)
		return;
	/* The mailbox is another path than memory: what the kick speaks of must have arrived. */
	ring->port->dsb();
	/* A full mailbox holds kicks that the peer has yet to take; at worst it polls a little later. */
	(void)ring->port->mbox_send(ring->port->channel, ring->notifyid);
}

void vring_kicks_want(struct vring *ring, bool want)
{
	uint16_t *flags = vring_at16(ring, ring->own + PART_FLAGS);

	sbe_put16(flags, (uint16_t)(want ? 0u : PART_F_NO_KICK));
	/* CACHE: written by this side only, read by the peer before each of its kicks. */
	sbe_port_clean(ring->port, ring->cached, flags, sizeof(*flags));
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
