/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpmsg over two split virtqueues, from either side: the host is the virtio driver, the remote the device.
 * Resource table, status handshake, endpoints and the name service, as Linux's virtio_rpmsg_bus does them.
 *
 * Not here: firmware loading, a restart of either side, more than one vdev, buffers of other sizes than 512
 * bytes.
 */
#ifndef SBE_RPMSG_H
#define SBE_RPMSG_H

#include "sbe/vring.h"

#define RPMSG_BUFFER_BYTES 512u
#define RPMSG_PAYLOAD_MAX (RPMSG_BUFFER_BYTES - (uint32_t)sizeof(struct rpmsg_hdr))
#define RPMSG_NAME_BYTES 32u
#define RPMSG_SERVICES_MAX 8u

/* The ring that the remote sends on, and the one that the host sends on: index in the table and notifyid. */
#define RPMSG_VRING_TO_HOST 0u
#define RPMSG_VRING_TO_REMOTE 1u

/*
 * A message came. `data` is in shared memory, 8-byte aligned, and valid until the function returns; the peer
 * should leave it alone until then, but a hostile one need not: read each field once. May send, block and
 * destroy endpoints.
 */
typedef void (*rpmsg_receive)(void *arg, const void *data, size_t size, uint32_t src);

struct rpmsg_endpoint {
	struct rpmsg_device *device;
	struct rpmsg_endpoint *next;
	char name[RPMSG_NAME_BYTES]; /* "": not announced */
	uint32_t addr;
	uint32_t dst; /* RPMSG_ADDR_ANY: not known yet */
	rpmsg_receive receive;
	void *arg;
};

/* What the peer announced. */
struct rpmsg_service {
	char name[RPMSG_NAME_BYTES]; /* "": free */
	uint32_t addr;
};

struct rpmsg_device {
	const struct sbe_port *port;
	bool host;
	bool name_service; /* both sides offer VIRTIO_RPMSG_F_NS */
	struct vring rx, tx;
	struct fw_rsc_vdev *vdev;
	bool table_cached;
	const struct sbe_memory *buffers; /* host only: first half to receive, second half to send */
	uint16_t fresh;			  /* host only: TX buffers that were never sent */
	uint32_t next_addr;
	struct rpmsg_endpoint *endpoints;
	struct rpmsg_service services[RPMSG_SERVICES_MAX];
	uint32_t faults; /* malformed or undeliverable messages, dropped */
};

/* Where the host puts things. The ring size is `num`, the buffers are 2 * num. */
struct rpmsg_layout {
	const struct sbe_memory *table, *to_host, *to_remote, *buffers;
	uint16_t num;
	uint32_t align;
	struct fw_rsc_vdev *vdev; /* in the firmware's own table, which `table` has already; NULL: write one */
};

/* A buffer to send, taken from the ring: build the message in `data`, then rpmsg_tx_send. */
struct rpmsg_tx {
	struct rpmsg_hdr *hdr;
	uint8_t *data; /* RPMSG_PAYLOAD_MAX bytes, 8-byte aligned */
	struct vring_buffer buffer;
};

/* All functions that return int return 0 or more, or a negated SBE_E*. */

/* Host, before the remote runs: zeroes the rings, offers the RX buffers, writes table or vdev with status 0. */
int rpmsg_host_init(struct rpmsg_device *device, const struct sbe_port *port,
		    const struct rpmsg_layout *layout);
/* Host, after it: the status steps up to DRIVER_OK, and a kick. */
void rpmsg_host_start(struct rpmsg_device *device);

/* Remote: waits for a valid table with DRIVER_OK, at most the port's time-out. */
int rpmsg_remote_init(struct rpmsg_device *device, const struct sbe_port *port,
		      const struct sbe_memory *table);

/*
 * Delivers what is there, at most one ring's worth, and returns how many. Never blocks by itself (a callback
 * may). -SBE_EPROTO: the peer broke a ring.
 */
int rpmsg_poll(struct rpmsg_device *device);

/*
 * `addr`: a static address, or RPMSG_ADDR_ANY for a dynamic one. The remote announces a `name` that is not
 * empty; the host's endpoint learns `dst` when the peer announces that name, or at once if it did.
 */
int rpmsg_endpoint_create(struct rpmsg_endpoint *endpoint, struct rpmsg_device *device, const char *name,
			  uint32_t addr, uint32_t dst, rpmsg_receive receive, void *arg);
void rpmsg_endpoint_destroy(struct rpmsg_endpoint *endpoint);
/* Waits until `dst` is known. */
int rpmsg_endpoint_connect(struct rpmsg_endpoint *endpoint);

/* Waits for a buffer if there is none. What was got must be sent. */
int rpmsg_tx_get(struct rpmsg_device *device, struct rpmsg_tx *tx);
void rpmsg_tx_send(struct rpmsg_device *device, struct rpmsg_tx *tx, uint32_t src, uint32_t dst, size_t size);
/* Both in one, for bytes that lie elsewhere. */
int rpmsg_send(struct rpmsg_endpoint *endpoint, const void *data, size_t size);

#endif
