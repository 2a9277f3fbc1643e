/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What crosses the bus, byte for byte: split virtqueues, the resource table, rpmsg and SBE.
 *
 * All fields are little-endian and naturally aligned within their structure; no bit-fields, no enums. The
 * structures describe memory that both sides see; read and write them with sbe_get16() and the like, which also
 * keep the compiler from splitting or merging accesses. PROTOCOL.md is the specification; each number here
 * names its source.
 */
#ifndef SBE_WIRE_H
#define SBE_WIRE_H

#include <stddef.h>
#include <stdint.h>

/* ---- Split virtqueue (virtio 1.3, 2.7) ---------------------------------------------------------- */
struct vring_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};
#define VRING_DESC_F_NEXT 1u
#define VRING_DESC_F_WRITE 2u
#define VRING_DESC_F_INDIRECT 4u

/* avail: flags, idx, ring[n], used_event; used: flags, idx, {id, len}[n], avail_event */
#define VRING_AVAIL_FLAGS 0u
#define VRING_AVAIL_IDX 2u
#define VRING_AVAIL_RING(slot) (4u + 2u * (uint32_t)(slot))
#define VRING_AVAIL_F_NO_INTERRUPT 1u
#define VRING_USED_FLAGS 0u
#define VRING_USED_IDX 2u
#define VRING_USED_RING(slot) (4u + 8u * (uint32_t)(slot))
#define VRING_USED_ID 0u
#define VRING_USED_LEN 4u
#define VRING_USED_F_NO_NOTIFY 1u

#define VRING_DESC_OFFSET(i) (16u * (uint32_t)(i))
#define VRING_AVAIL_OFFSET(num) (16u * (uint32_t)(num))
#define VRING_USED_OFFSET(num, align) \
	((VRING_AVAIL_OFFSET(num) + 4u + 2u * (uint32_t)(num) + 2u + (uint32_t)(align) - 1u) & ~((uint32_t)(align) - 1u))
#define VRING_SIZE(num, align) (VRING_USED_OFFSET(num, align) + 4u + 8u * (uint32_t)(num) + 2u)

/* ---- virtio device status (virtio 1.3, 2.1) ------------------------------------------------------ */
#define VIRTIO_STATUS_RESET 0u
#define VIRTIO_STATUS_ACKNOWLEDGE 1u
#define VIRTIO_STATUS_DRIVER 2u
#define VIRTIO_STATUS_DRIVER_OK 4u
#define VIRTIO_STATUS_FEATURES_OK 8u
#define VIRTIO_STATUS_NEEDS_RESET 0x40u
#define VIRTIO_STATUS_FAILED 0x80u
#define VIRTIO_ID_RPMSG 7u
#define VIRTIO_RPMSG_F_NS 0u	/* bit number */

/* ---- Resource table (Linux include/linux/remoteproc.h) -------------------------------------------- */
struct fw_rsc_vdev_vring {
	uint32_t da;
	uint32_t align;
	uint32_t num;
	uint32_t notifyid;
	uint32_t pa;
};
struct fw_rsc_vdev {
	uint32_t type;		/* RSC_VDEV */
	uint32_t id;
	uint32_t notifyid;
	uint32_t dfeatures;
	uint32_t gfeatures;
	uint32_t config_len;
	uint8_t status;
	uint8_t num_of_vrings;
	uint8_t reserved[2];
	struct fw_rsc_vdev_vring vring[2];
};
struct resource_table {
	uint32_t ver;		/* 1 */
	uint32_t num;
	uint32_t reserved[2];	/* 0 */
	uint32_t offset[1];
	struct fw_rsc_vdev vdev;	/* at offset[0] in the tables that we write */
};
/* fw_rsc_devmem is laid out alike. */
struct fw_rsc_carveout {
	uint32_t type;		/* RSC_CARVEOUT, RSC_DEVMEM */
	uint32_t da;
	uint32_t pa;
	uint32_t len;		/* bytes */
	uint32_t flags;
	uint32_t reserved;	/* 0 */
	uint8_t name[32];	/* zero-padded */
};
#define RSC_CARVEOUT 0u
#define RSC_DEVMEM 1u
#define RSC_VDEV 3u
#define FW_RSC_ADDR_ANY 0xFFFFFFFFu	/* the host chooses */

/* ---- rpmsg (Linux drivers/rpmsg/virtio_rpmsg_bus.c) ----------------------------------------------- */
struct rpmsg_hdr {
	uint32_t src;
	uint32_t dst;
	uint32_t reserved;
	uint16_t len;		/* bytes after this header */
	uint16_t flags;
};
struct rpmsg_ns_msg {
	char name[32];		/* NUL-terminated, zero-padded */
	uint32_t addr;
	uint32_t flags;		/* RPMSG_NS_* */
};
#define RPMSG_NS_CREATE 0u
#define RPMSG_NS_DESTROY 1u
#define RPMSG_NS_ADDR 53u
#define RPMSG_RESERVED_ADDRESSES 1024u	/* dynamic ones start here */
#define RPMSG_ADDR_ANY 0xFFFFFFFFu

/* ---- SBE: the payload of an rpmsg message on an endpoint in SBE mode (PROTOCOL.md) ------------------ */
/* An endpoint is in SBE mode when its service name starts with this. */
#define SBE_SERVICE_PREFIX "sbe."
#define SBE_VERSION 1u

struct sbe_hdr {
	uint8_t version;	/* SBE_VERSION */
	uint8_t type;		/* SBE_REQUEST ... */
	uint16_t size;		/* bytes from here to the message: this header and the entries after it */
	uint16_t count;		/* entries after this header */
	uint16_t status;	/* SBE_OK or an SBE_E*: responses and acknowledgements; else 0 */
	uint32_t txn;		/* transaction ID; 0: none (messages) */
	uint32_t context;	/* context ID; 0: the default one */
};
/* Types. REQUEST, RESPONSE and MESSAGE have sbe_buf entries; AREA_* one sbe_area. */
#define SBE_REQUEST 1u
#define SBE_RESPONSE 2u
#define SBE_MESSAGE 3u
#define SBE_AREA_ADD 4u		/* txn says which acknowledgement is its */
#define SBE_AREA_REMOVE 5u
#define SBE_AREA_ACK 6u

struct sbe_buf {
	uint32_t area;
	uint32_t dir;		/* SBE_IN ... , as the responder sees it */
	uint64_t offset;	/* bytes into the area */
	uint64_t size;		/* bytes */
};
#define SBE_IN 1u		/* input of the responder */
#define SBE_OUT 2u		/* output of the responder */
#define SBE_INOUT 3u

struct sbe_area {
	uint32_t id;		/* 1.. */
	uint32_t flags;		/* 0 */
	uint64_t da;		/* device address of its first byte, as the receiver sees it */
	uint64_t size;		/* bytes */
};

/* status, and what the library's calls return (negated) */
#define SBE_OK 0u
#define SBE_EPROTO 1u		/* malformed or unexpected message */
#define SBE_EVERSION 2u		/* a version that this side does not speak */
#define SBE_EAREA 3u		/* no such area, or it exists already */
#define SBE_ERANGE 4u		/* offset and size leave the area */
#define SBE_ENOMEM 5u		/* no room: areas, buffers, ring */
#define SBE_ETIMEDOUT 6u
#define SBE_EINVAL 7u		/* the caller's own arguments */
#define SBE_ENOTSUPP 8u		/* an operation that the peer does not offer */

#define SBE_ASSERT_WIRE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type " is " #bytes " bytes on the wire")
SBE_ASSERT_WIRE(struct vring_desc, 16);
SBE_ASSERT_WIRE(struct fw_rsc_vdev, 68);
SBE_ASSERT_WIRE(struct resource_table, 88);
SBE_ASSERT_WIRE(struct fw_rsc_carveout, 56);
SBE_ASSERT_WIRE(struct rpmsg_hdr, 16);
SBE_ASSERT_WIRE(struct rpmsg_ns_msg, 40);
SBE_ASSERT_WIRE(struct sbe_hdr, 16);
SBE_ASSERT_WIRE(struct sbe_buf, 24);
SBE_ASSERT_WIRE(struct sbe_area, 24);
_Static_assert(offsetof(struct resource_table, vdev.status) == 44, "fw_rsc_vdev.status");
_Static_assert(offsetof(struct sbe_buf, offset) == 8, "sbe_buf.offset");

#endif
