/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One split virtqueue, seen from either side: the driver (host) offers buffers in the avail part, the device
 * (remote) gives them back in the used part. Right on cached memory, with lines of any length up to the
 * alignment of its two parts.
 *
 * One descriptor per buffer. Chains, indirect descriptors, packed rings and event indices are not offered.
 */
#ifndef SBE_VRING_H
#define SBE_VRING_H

#include "sbe/port.h"
#include "sbe/wire.h"

#define VRING_NUM_MAX 64u /* the bits of vring.held */

/* Where a ring lies. `da` is ignored here; resource tables need it. */
struct vring_place {
	void *va;
	uint64_t da;
	uint16_t num;	   /* descriptors: a power of two, at most VRING_NUM_MAX */
	uint32_t align;	   /* of the used part: a power of two, at least the longest cache line */
	uint32_t notifyid; /* the token of its kicks */
	bool cached;
};

struct vring {
	const struct sbe_port *port;
	uint8_t *va;
	uint32_t own, peer; /* offsets of the part that this side writes, and of the other */
	uint32_t notifyid;
	uint16_t num;
	uint16_t stored; /* own index, as last stored */
	uint16_t seen;	 /* entries of the peer that were taken */
	bool cached;
	bool broken;	 /* the peer's index is impossible: nothing is taken any more */
	uint32_t faults; /* malformed entries, skipped */
	uint64_t held;	 /* a bit per descriptor: those that the device holds */
};

/* What a driver offers and a device takes. */
struct vring_buffer {
	uint16_t head;	/* number of its descriptor */
	uint16_t flags; /* VRING_DESC_F_* */
	uint32_t len;
	uint64_t addr; /* device address */
};

/* Zeroes the ring: the device must not be running. */
void vring_driver_init(struct vring *ring, const struct sbe_port *port, const struct vring_place *place);
/* The driver must have zeroed the ring and said so (DRIVER_OK). */
void vring_device_init(struct vring *ring, const struct sbe_port *port, const struct vring_place *place);

/* The buffer is the device's from here on; its bytes must be in memory already. Does not kick. */
void vring_driver_post(struct vring *ring, const struct vring_buffer *buffer);
/* A buffer that the device gave back: its descriptor and how many bytes were written. False: none. */
bool vring_driver_get(struct vring *ring, uint16_t *head, uint32_t *len);

/* A buffer that the driver offered. Its address and length are the peer's word. False: none. */
bool vring_device_get(struct vring *ring, struct vring_buffer *buffer);
/* Gives it back, with `len` bytes written, which must be in memory already. Does not kick. */
void vring_device_put(struct vring *ring, uint16_t head, uint32_t len);

/* Tells the peer of what was posted or put, unless it asked not to be told. */
void vring_kick(struct vring *ring);
/* Asks the peer to kick, or not to. After asking for kicks look once more before waiting. */
void vring_kicks_want(struct vring *ring, bool want);

#endif
