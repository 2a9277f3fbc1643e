/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpmsg over two split virtqueues, from either side. See rpmsg.h for what is not here.
 *
 * Who writes what: the table, its status byte included, is the host's alone, so the remote may invalidate it
 * at will. A message buffer is written by its sender only; the receiver never dirties it, so that it can go
 * back as it is.
 */
#include "sbe/rpmsg.h"

#define TABLE_ENTRIES_MAX 16u
#define VRING_ALIGN_MAX 4096u

static void rpmsg_name_set(char *to, const char *from)
{
	unsigned int i = 0;

	for (; i < RPMSG_NAME_BYTES - 1 && from[i]; i++)
		to[i] = from[i];
	for (; i < RPMSG_NAME_BYTES; i++)
		sbe_put8((volatile uint8_t *)&to[i], 0);
}

static bool rpmsg_name_equal(const char *a, const char *b)
{
	unsigned int i = 0;

	while (a[i] && a[i] == b[i])
		i++;
	return a[i] == b[i];
}

static void rpmsg_init(struct rpmsg_device *device, const struct sbe_port *port, bool host)
{
	device->port = port;
	device->host = host;
	device->endpoints = NULL;
	device->next_addr = RPMSG_RESERVED_ADDRESSES;
	device->fresh = 0;
	device->faults = 0;
	for (unsigned int i = 0; i < RPMSG_SERVICES_MAX; i++)
		device->services[i].name[0] = '\0';
}

/* ---- Resource table: the host writes it ------------------------------------------------------------ */

static void rpmsg_table_vring(struct fw_rsc_vdev_vring *wire, const struct vring_place *place)
{
	sbe_put32(&wire->da, (uint32_t)place->da);
	sbe_put32(&wire->align, place->align);
	sbe_put32(&wire->num, place->num);
	sbe_put32(&wire->notifyid, place->notifyid);
	sbe_put32(&wire->pa, 0);
}

static void rpmsg_table_vdev(struct fw_rsc_vdev *vdev, const struct vring_place *place)
{
	sbe_put32(&vdev->type, RSC_VDEV);
	sbe_put32(&vdev->id, VIRTIO_ID_RPMSG);
	sbe_put32(&vdev->notifyid, 0);
	sbe_put32(&vdev->dfeatures, 1u << VIRTIO_RPMSG_F_NS);
	sbe_put32(&vdev->gfeatures, 0);
	sbe_put32(&vdev->config_len, 0);
	sbe_put8(&vdev->status, VIRTIO_STATUS_RESET);
	sbe_put8(&vdev->num_of_vrings, 2);
	sbe_put8(&vdev->reserved[0], 0);
	sbe_put8(&vdev->reserved[1], 0);
	rpmsg_table_vring(&vdev->vring[RPMSG_VRING_TO_HOST], &place[RPMSG_VRING_TO_HOST]);
	rpmsg_table_vring(&vdev->vring[RPMSG_VRING_TO_REMOTE], &place[RPMSG_VRING_TO_REMOTE]);
}

static void rpmsg_table_write(struct rpmsg_device *device, const struct sbe_memory *memory,
			      const struct vring_place *place)
{
	struct resource_table *table = memory->va;

	sbe_put32(&table->ver, 1);
	sbe_put32(&table->num, 1);
	sbe_put32(&table->reserved[0], 0);
	sbe_put32(&table->reserved[1], 0);
	sbe_put32(&table->offset[0], (uint32_t)offsetof(struct resource_table, vdev));
	rpmsg_table_vdev(&table->vdev, place);
	/*
	 * CACHE: written by the host only; the remote reads it after it was started, or was running all
	 * along.
	 */
	sbe_port_clean(device->port, memory->cached, table, sizeof(*table));
	device->vdev = &table->vdev;
	device->table_cached = memory->cached;
}

/* The firmware's own, which whoever loaded it has cleaned. */
static void rpmsg_table_complete(struct rpmsg_device *device, const struct rpmsg_layout *layout,
				 const struct vring_place *place)
{
	device->vdev = layout->vdev;
	device->table_cached = layout->table->cached;
	rpmsg_table_vdev(device->vdev, place);
	/* CACHE: as in rpmsg_table_write. */
	sbe_port_clean(device->port, device->table_cached, device->vdev, sizeof(*device->vdev));
}

/* ---- Resource table: the remote reads it ------------------------------------------------------------ */

/* A part of the table after its cache lines were dropped, or NULL: it is not wholly in there. */
static void *rpmsg_table_part(const struct sbe_port *port, const struct sbe_memory *table, uint64_t offset,
			      size_t size)
{
	uint8_t *va = table->va;

	if (offset % 4 || offset > table->size || size > table->size - offset)
		return NULL;
	/* CACHE: written by the host, at any time before DRIVER_OK; the remote never stores to the table. */
	sbe_port_invalidate(port, table->cached, va + offset, size);
	return va + offset;
}

static struct fw_rsc_vdev *rpmsg_table_find(const struct sbe_port *port, const struct sbe_memory *memory)
{
	struct resource_table *table = rpmsg_table_part(port, memory, 0, sizeof(*table));
	uint32_t num;

	if (!table || sbe_get32(&table->ver) != 1)
		return NULL;
	if (sbe_get32(&table->reserved[0]) || sbe_get32(&table->reserved[1]))
		return NULL;
	num = sbe_get32(&table->num);
	for (uint32_t i = 0; i < num && i < TABLE_ENTRIES_MAX; i++) {
		uint64_t at = offsetof(struct resource_table, offset) + 4u * (uint64_t)i;
		uint32_t *offset = rpmsg_table_part(port, memory, at, sizeof(*offset));
		struct fw_rsc_vdev *vdev = NULL;

		if (offset)
			vdev = rpmsg_table_part(port, memory, sbe_get32(offset), sizeof(*vdev));
		if (vdev && sbe_get32(&vdev->type) == RSC_VDEV && sbe_get32(&vdev->id) == VIRTIO_ID_RPMSG)
			return vdev;
	}
	return NULL;
}

static bool rpmsg_power_of_two(uint32_t value, uint32_t min, uint32_t max)
{
	return value >= min && value <= max && !(value & (value - 1));
}

/* False: the host wrote a ring that this side cannot use or cannot see. */
static bool rpmsg_table_place(const struct sbe_port *port, const struct fw_rsc_vdev_vring *wire,
			      struct vring_place *place)
{
	uint32_t num = sbe_get32(&wire->num);
	uint32_t size;

	place->da = sbe_get32(&wire->da);
	place->align = sbe_get32(&wire->align);
	place->notifyid = sbe_get32(&wire->notifyid);
	if (!rpmsg_power_of_two(num, 1, VRING_NUM_MAX) ||
	    !rpmsg_power_of_two(place->align, 4, VRING_ALIGN_MAX))
		return false;
	place->num = (uint16_t)num;
	size = VRING_SIZE(num, place->align);
	place->va = port->da_to_va(place->da, size);
	place->cached = sbe_port_cached(port, place->da, size);
	return place->va && place->da % 16 == 0;
}

/* ---- Start ------------------------------------------------------------------------------------------- */

/* Buffer `index` of the host's pool: the first `num` are for messages from the remote. */
static void rpmsg_pool_buffer(const struct rpmsg_device *device, uint32_t index, struct vring_buffer *buffer)
{
	uint32_t num = device->rx.num;

	buffer->head = (uint16_t)(index & (num - 1));
	buffer->flags = index < num ? VRING_DESC_F_WRITE : 0;
	buffer->len = RPMSG_BUFFER_BYTES;
	buffer->addr = device->buffers->da + (uint64_t)index * RPMSG_BUFFER_BYTES;
}

static void *rpmsg_pool_va(const struct rpmsg_device *device, uint32_t index)
{
	return (uint8_t *)device->buffers->va + (size_t)index * RPMSG_BUFFER_BYTES;
}

static int rpmsg_layout_check(const struct rpmsg_layout *layout)
{
	uint32_t ring = VRING_SIZE(layout->num, layout->align);

	if (!rpmsg_power_of_two(layout->num, 1, VRING_NUM_MAX) ||
	    !rpmsg_power_of_two(layout->align, 4, VRING_ALIGN_MAX))
		return -(int)SBE_EINVAL;
	if (layout->to_host->size < ring || layout->to_remote->size < ring ||
	    layout->table->size < sizeof(struct resource_table) ||
	    layout->buffers->size < 2u * layout->num * RPMSG_BUFFER_BYTES)
		return -(int)SBE_ENOMEM;
	/* The table has 32 bits for the address of a ring. */
	if (layout->to_host->da > UINT32_MAX || layout->to_remote->da > UINT32_MAX)
		return -(int)SBE_ERANGE;
	return 0;
}

static struct vring_place rpmsg_layout_place(const struct rpmsg_layout *layout,
					     const struct sbe_memory *memory, uint32_t notifyid)
{
	struct vring_place place = {
		.va = memory->va,
		.da = memory->da,
		.num = layout->num,
		.align = layout->align,
		.notifyid = notifyid,
		.cached = memory->cached,
	};

	return place;
}

int rpmsg_host_init(struct rpmsg_device *device, const struct sbe_port *port,
		    const struct rpmsg_layout *layout)
{
	const struct vring_place place[2] = {
		rpmsg_layout_place(layout, layout->to_host, RPMSG_VRING_TO_HOST),
		rpmsg_layout_place(layout, layout->to_remote, RPMSG_VRING_TO_REMOTE),
	};
	int rc = rpmsg_layout_check(layout);

	if (rc)
		return rc;
	rpmsg_init(device, port, true);
	device->buffers = layout->buffers;
	vring_driver_init(&device->rx, port, &place[RPMSG_VRING_TO_HOST]);
	vring_driver_init(&device->tx, port, &place[RPMSG_VRING_TO_REMOTE]);
	vring_kicks_want(&device->tx, false);
	/*
	 * CACHE: no maintenance of the RX buffers: this side never stores to them and invalidates what it
	 * receives.
	 */
	for (uint32_t i = 0; i < layout->num; i++) {
		struct vring_buffer buffer;

		rpmsg_pool_buffer(device, i, &buffer);
		vring_driver_post(&device->rx, &buffer);
	}
	if (layout->vdev)
		rpmsg_table_complete(device, layout, place);
	else
		rpmsg_table_write(device, layout->table, place);
	return 0;
}

void rpmsg_host_start(struct rpmsg_device *device)
{
	static const uint8_t steps[] = {
		VIRTIO_STATUS_ACKNOWLEDGE,
		VIRTIO_STATUS_DRIVER,
		VIRTIO_STATUS_FEATURES_OK,
		VIRTIO_STATUS_DRIVER_OK,
	};
	struct fw_rsc_vdev *vdev = device->vdev;
	uint8_t status = VIRTIO_STATUS_RESET;

	device->name_service = true;
	sbe_put32(&vdev->gfeatures, 1u << VIRTIO_RPMSG_F_NS);
	/* CACHE: written by the host only; the remote reads it once it sees DRIVER_OK. */
	sbe_port_clean(device->port, device->table_cached, &vdev->gfeatures, sizeof(vdev->gfeatures));
	for (unsigned int i = 0; i < sizeof(steps); i++) {
		status |= steps[i];
		__atomic_thread_fence(__ATOMIC_RELEASE);
		sbe_put8(&vdev->status, status);
		/* CACHE: written by the host only, polled by the remote. */
		sbe_port_clean(device->port, device->table_cached, &vdev->status, sizeof(vdev->status));
	}
	vring_kick(&device->rx);
}

/* 1: go, 0: not yet, or an error. */
static int rpmsg_remote_try(struct rpmsg_device *device, const struct sbe_memory *table,
			    struct vring_place *place)
{
	struct fw_rsc_vdev *vdev = rpmsg_table_find(device->port, table);
	uint8_t status;

	if (!vdev)
		return 0;
	status = sbe_get8(&vdev->status);
	if (status & (VIRTIO_STATUS_FAILED | VIRTIO_STATUS_NEEDS_RESET))
		return -(int)SBE_EPROTO;
	if (!(status & VIRTIO_STATUS_DRIVER_OK))
		return 0;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	/*
	 * CACHE: once more: the host stored the rest before the status that was just seen, but a line of it
	 * may have been fetched between the last invalidate and that store.
	 */
	sbe_port_invalidate(device->port, table->cached, vdev, sizeof(*vdev));
	if (sbe_get8(&vdev->num_of_vrings) != 2)
		return -(int)SBE_EPROTO;
	for (unsigned int i = 0; i < 2; i++)
		if (!rpmsg_table_place(device->port, &vdev->vring[i], &place[i]))
			return -(int)SBE_EPROTO;
	device->vdev = vdev;
	device->table_cached = table->cached;
	device->name_service = sbe_get32(&vdev->gfeatures) & (1u << VIRTIO_RPMSG_F_NS);
	return 1;
}

int rpmsg_remote_init(struct rpmsg_device *device, const struct sbe_port *port,
		      const struct sbe_memory *table)
{
	uint64_t deadline = sbe_port_deadline(port);
	struct vring_place place[2];
	int rc;

	rpmsg_init(device, port, false);
	while ((rc = rpmsg_remote_try(device, table, place)) == 0)
		if (!sbe_port_pause(port, deadline))
			return -(int)SBE_ETIMEDOUT;
	if (rc < 0)
		return rc;
	vring_device_init(&device->tx, port, &place[RPMSG_VRING_TO_HOST]);
	vring_device_init(&device->rx, port, &place[RPMSG_VRING_TO_REMOTE]);
	vring_kicks_want(&device->tx, false);
	return 0;
}

/* ---- Sending ----------------------------------------------------------------------------------------- */

static bool rpmsg_tx_take_host(struct rpmsg_device *device, struct rpmsg_tx *tx)
{
	uint32_t num = device->tx.num;
	uint16_t head;
	uint32_t len;

	if (device->fresh < num)
		head = device->fresh++;
	else if (!vring_driver_get(&device->tx, &head, &len))
		return false;
	rpmsg_pool_buffer(device, num + head, &tx->buffer);
	tx->hdr = rpmsg_pool_va(device, num + head);
	return true;
}

/*
 * True when the peer's buffer can be used: seen by this side, long enough, aligned, of the right direction.
 */
static bool rpmsg_buffer_map(struct rpmsg_device *device, const struct vring_buffer *buffer, uint16_t flags,
			     uint32_t len_min, struct rpmsg_hdr **hdr)
{
	if (buffer->flags != flags || buffer->len < len_min || buffer->len > RPMSG_BUFFER_BYTES ||
	    buffer->addr % 8)
		return false;
	*hdr = device->port->da_to_va(buffer->addr, buffer->len);
	return *hdr != NULL;
}

static bool rpmsg_tx_take_remote(struct rpmsg_device *device, struct rpmsg_tx *tx)
{
	while (vring_device_get(&device->tx, &tx->buffer)) {
		if (rpmsg_buffer_map(device, &tx->buffer, VRING_DESC_F_WRITE, RPMSG_BUFFER_BYTES, &tx->hdr))
			return true;
		/* An unusable buffer goes back unwritten, so that its owner does not lose it. */
		device->faults++;
		vring_device_put(&device->tx, tx->buffer.head, 0);
	}
	return false;
}

static bool rpmsg_tx_take(struct rpmsg_device *device, struct rpmsg_tx *tx)
{
	if (!(device->host ? rpmsg_tx_take_host(device, tx) : rpmsg_tx_take_remote(device, tx)))
		return false;
	/*
	 * CACHE: no maintenance of a TX buffer before it is filled: the peer reads it but never stores to it,
	 * so what this side's cache holds of it is this side's own.
	 */
	tx->data = (uint8_t *)(tx->hdr + 1);
	return true;
}

static int rpmsg_tx_wait(struct rpmsg_device *device, struct rpmsg_tx *tx)
{
	uint64_t deadline = sbe_port_deadline(device->port);

	while (!rpmsg_tx_take(device, tx)) {
		if (device->tx.broken)
			return -(int)SBE_EPROTO;
		if (!sbe_port_pause(device->port, deadline))
			return -(int)SBE_ETIMEDOUT;
	}
	return 0;
}

int rpmsg_tx_get(struct rpmsg_device *device, struct rpmsg_tx *tx)
{
	int rc;

	if (rpmsg_tx_take(device, tx))
		return 0;
	vring_kicks_want(&device->tx, true);
	rc = rpmsg_tx_wait(device, tx);
	vring_kicks_want(&device->tx, false);
	return rc;
}

void rpmsg_tx_send(struct rpmsg_device *device, struct rpmsg_tx *tx, uint32_t src, uint32_t dst, size_t size)
{
	struct rpmsg_hdr *hdr = tx->hdr;

	sbe_put32(&hdr->src, src);
	sbe_put32(&hdr->dst, dst);
	sbe_put32(&hdr->reserved, 0);
	sbe_put16(&hdr->len, (uint16_t)size);
	sbe_put16(&hdr->flags, 0);
	tx->buffer.len = (uint32_t)(sizeof(*hdr) + size);
	/*
	 * CACHE: the whole message, in memory before the ring speaks of it; the peer reads no byte after it.
	 */
	sbe_port_clean(device->port, sbe_port_cached(device->port, tx->buffer.addr, tx->buffer.len), hdr,
		       tx->buffer.len);
	if (device->host)
		vring_driver_post(&device->tx, &tx->buffer);
	else
		vring_device_put(&device->tx, tx->buffer.head, tx->buffer.len);
	vring_kick(&device->tx);
}

int rpmsg_send(struct rpmsg_endpoint *endpoint, const void *data, size_t size)
{
	struct rpmsg_tx tx;
	int rc;

	if (endpoint->dst == RPMSG_ADDR_ANY || size > RPMSG_PAYLOAD_MAX)
		return -(int)SBE_EINVAL;
	rc = rpmsg_tx_get(endpoint->device, &tx);
	if (rc)
		return rc;
	sbe_put_bytes(tx.data, data, size);
	rpmsg_tx_send(endpoint->device, &tx, endpoint->addr, endpoint->dst, size);
	return 0;
}

/* ---- Name service ------------------------------------------------------------------------------------ */

static void rpmsg_announce(struct rpmsg_endpoint *endpoint, uint32_t flags)
{
	struct rpmsg_device *device = endpoint->device;
	struct rpmsg_ns_msg *ns;
	struct rpmsg_tx tx;

	if (device->host || !device->name_service || !endpoint->name[0] || rpmsg_tx_get(device, &tx))
		return;
	ns = (struct rpmsg_ns_msg *)(void *)tx.data;
	sbe_put_bytes((uint8_t *)ns->name, (const uint8_t *)endpoint->name, RPMSG_NAME_BYTES);
	sbe_put32(&ns->addr, endpoint->addr);
	sbe_put32(&ns->flags, flags);
	rpmsg_tx_send(device, &tx, endpoint->addr, RPMSG_NS_ADDR, sizeof(*ns));
}

static struct rpmsg_service *rpmsg_service_find(struct rpmsg_device *device, const char *name)
{
	for (unsigned int i = 0; i < RPMSG_SERVICES_MAX; i++)
		if (rpmsg_name_equal(device->services[i].name, name))
			return &device->services[i];
	return NULL;
}

/* The address of a service became known, or (RPMSG_ADDR_ANY) unknown. */
static void rpmsg_service_bind(struct rpmsg_device *device, const char *name, uint32_t from, uint32_t to)
{
	for (struct rpmsg_endpoint *e = device->endpoints; e; e = e->next)
		if (e->dst == from && rpmsg_name_equal(e->name, name))
			e->dst = to;
}

static void rpmsg_service_create(struct rpmsg_device *device, const char *name, uint32_t addr)
{
	struct rpmsg_service *service = rpmsg_service_find(device, "");

	if (!service || rpmsg_service_find(device, name)) {
		device->faults++;
		return;
	}
	rpmsg_name_set(service->name, name);
	service->addr = addr;
	rpmsg_service_bind(device, name, RPMSG_ADDR_ANY, addr);
}

static void rpmsg_service_destroy(struct rpmsg_device *device, const char *name, uint32_t addr)
{
	struct rpmsg_service *service = rpmsg_service_find(device, name);

	if (!service || service->addr != addr) {
		device->faults++;
		return;
	}
	service->name[0] = '\0';
	rpmsg_service_bind(device, name, addr, RPMSG_ADDR_ANY);
}

static void rpmsg_ns_receive(struct rpmsg_device *device, const void *data, size_t size)
{
	const struct rpmsg_ns_msg *ns = data;
	char name[RPMSG_NAME_BYTES];
	uint32_t flags, addr;

	if (size != sizeof(*ns)) {
		device->faults++;
		return;
	}
	sbe_get_bytes((uint8_t *)name, (const uint8_t *)ns->name, RPMSG_NAME_BYTES);
	name[RPMSG_NAME_BYTES - 1] = '\0';
	flags = sbe_get32(&ns->flags);
	addr = sbe_get32(&ns->addr);
	if (!name[0] || flags > RPMSG_NS_DESTROY || addr == RPMSG_ADDR_ANY)
		device->faults++;
	else if (flags == RPMSG_NS_CREATE)
		rpmsg_service_create(device, name, addr);
	else
		rpmsg_service_destroy(device, name, addr);
}

/* ---- Endpoints --------------------------------------------------------------------------------------- */

static struct rpmsg_endpoint *rpmsg_endpoint_find(const struct rpmsg_device *device, uint32_t addr)
{
	struct rpmsg_endpoint *e = device->endpoints;

	while (e && e->addr != addr)
		e = e->next;
	return e;
}

static uint32_t rpmsg_addr_allocate(struct rpmsg_device *device)
{
	while (device->next_addr < RPMSG_RESERVED_ADDRESSES || device->next_addr == RPMSG_ADDR_ANY ||
	       rpmsg_endpoint_find(device, device->next_addr))
		device->next_addr++;
	return device->next_addr++;
}

int rpmsg_endpoint_create(struct rpmsg_endpoint *endpoint, struct rpmsg_device *device, const char *name,
			  uint32_t addr, uint32_t dst, rpmsg_receive receive, void *arg)
{
	const struct rpmsg_service *service;

	if (addr == RPMSG_NS_ADDR || rpmsg_endpoint_find(device, addr))
		return -(int)SBE_EINVAL;
	endpoint->device = device;
	endpoint->addr = addr == RPMSG_ADDR_ANY ? rpmsg_addr_allocate(device) : addr;
	endpoint->dst = dst;
	endpoint->receive = receive;
	endpoint->arg = arg;
	rpmsg_name_set(endpoint->name, name);
	endpoint->next = device->endpoints;
	device->endpoints = endpoint;
	service = name[0] ? rpmsg_service_find(device, endpoint->name) : NULL;
	if (service && dst == RPMSG_ADDR_ANY)
		endpoint->dst = service->addr;
	rpmsg_announce(endpoint, RPMSG_NS_CREATE);
	return 0;
}

void rpmsg_endpoint_destroy(struct rpmsg_endpoint *endpoint)
{
	struct rpmsg_endpoint **link = &endpoint->device->endpoints;

	rpmsg_announce(endpoint, RPMSG_NS_DESTROY);
	while (*link != endpoint)
		link = &(*link)->next;
	*link = endpoint->next;
}

int rpmsg_endpoint_connect(struct rpmsg_endpoint *endpoint)
{
	const struct sbe_port *port = endpoint->device->port;
	uint64_t deadline = sbe_port_deadline(port);

	for (;;) {
		int rc = rpmsg_poll(endpoint->device);

		if (endpoint->dst != RPMSG_ADDR_ANY)
			return 0;
		if (rc < 0)
			return rc;
		if (!sbe_port_pause(port, deadline))
			return -(int)SBE_ETIMEDOUT;
	}
}

/* ---- Receiving --------------------------------------------------------------------------------------- */

static void rpmsg_dispatch(struct rpmsg_device *device, struct rpmsg_hdr *hdr, size_t size)
{
	uint32_t src = sbe_get32(&hdr->src);
	uint32_t dst = sbe_get32(&hdr->dst);
	struct rpmsg_endpoint *endpoint = rpmsg_endpoint_find(device, dst);

	if (dst == RPMSG_NS_ADDR) {
		rpmsg_ns_receive(device, hdr + 1, size);
		return;
	}
	if (!endpoint) {
		device->faults++;
		return;
	}
	if (endpoint->dst == RPMSG_ADDR_ANY)
		endpoint->dst = src;
	endpoint->receive(endpoint->arg, hdr + 1, size, src);
}

/* `len` bytes are in the buffer at `da` by the ring's account; the header has its own. */
static void rpmsg_receive_buffer(struct rpmsg_device *device, struct rpmsg_hdr *hdr, uint64_t da,
				 uint32_t len)
{
	uint16_t size;

	if (len < sizeof(*hdr) || len > RPMSG_BUFFER_BYTES) {
		device->faults++;
		return;
	}
	/*
	 * CACHE: written by the peer before the index that was seen; this side never stores to an RX buffer.
	 */
	sbe_port_invalidate(device->port, sbe_port_cached(device->port, da, len), hdr, len);
	size = sbe_get16(&hdr->len);
	if (size > len - sizeof(*hdr)) {
		device->faults++;
		return;
	}
	rpmsg_dispatch(device, hdr, size);
	/* CACHE: none when the buffer goes back: nothing here dirtied it. */
}

static bool rpmsg_poll_host(struct rpmsg_device *device)
{
	struct vring_buffer buffer;
	uint16_t head;
	uint32_t len;

	if (!vring_driver_get(&device->rx, &head, &len))
		return false;
	rpmsg_pool_buffer(device, head, &buffer);
	rpmsg_receive_buffer(device, rpmsg_pool_va(device, head), buffer.addr, len);
	vring_driver_post(&device->rx, &buffer);
	return true;
}

static bool rpmsg_poll_remote(struct rpmsg_device *device)
{
	struct vring_buffer buffer;
	struct rpmsg_hdr *hdr;

	if (!vring_device_get(&device->rx, &buffer))
		return false;
	if (rpmsg_buffer_map(device, &buffer, 0, sizeof(*hdr), &hdr))
		rpmsg_receive_buffer(device, hdr, buffer.addr, buffer.len);
	else
		device->faults++;
	vring_device_put(&device->rx, buffer.head, 0);
	return true;
}

int rpmsg_poll(struct rpmsg_device *device)
{
	int count = 0;

	while (count < device->rx.num &&
	       (device->host ? rpmsg_poll_host(device) : rpmsg_poll_remote(device))) {
		vring_kick(&device->rx);
		count++;
	}
	return !count && device->rx.broken ? -(int)SBE_EPROTO : count;
}
