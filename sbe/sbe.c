/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Structured Buffer Exchange. See sbe.h for what is not here.
 *
 * A peer's message is copied out of shared memory field by field, once, and checked in that copy: what the
 * peer does to the memory afterwards changes nothing. R-... are the requirements of PROTOCOL.md.
 */
#include "sbe/sbe.h"

/* The known part of a received header. */
struct sbe_received {
	uint32_t src;
	uint8_t version, type;
	uint16_t size, count, status;
	uint32_t txn, context;
	const uint8_t *wire; /* the header, in shared memory */
	size_t bytes;	     /* from there to the end of the rpmsg payload */
};

/* A blocked call of this side. */
struct sbe_pending {
	struct sbe_pending *next;
	uint32_t txn;
	uint8_t reply_type;
	struct sbe_exchange *exchange; /* NULL for areas */
	uint32_t area;
	bool done;
	int result;
};

const char *sbe_status_name(int status)
{
	static const char *const names[] = {
		"SBE_OK",     "SBE_EPROTO",    "SBE_EVERSION", "SBE_EAREA",    "SBE_ERANGE",
		"SBE_ENOMEM", "SBE_ETIMEDOUT", "SBE_EINVAL",   "SBE_ENOTSUPP",
	};
	unsigned int number = status < 0 ? 0u - (unsigned int)status : (unsigned int)status;

	return number < sizeof(names) / sizeof(names[0]) ? names[number] : "SBE_E?";
}

static const struct sbe_port *sbe_port_of(const struct sbe_endpoint *endpoint)
{
	return endpoint->rpmsg.device->port;
}

/* ---- Areas ------------------------------------------------------------------------------------------- */

/* id 0 finds a free entry. */
static struct sbe_area_entry *sbe_area_find(struct sbe_endpoint *endpoint, uint32_t id)
{
	for (unsigned int i = 0; i < SBE_AREAS_MAX; i++)
		if (endpoint->areas[i].id == id)
			return &endpoint->areas[i];
	return NULL;
}

static bool sbe_area_overlaps(const struct sbe_endpoint *endpoint, uint64_t da, uint64_t size)
{
	for (unsigned int i = 0; i < SBE_AREAS_MAX; i++) {
		const struct sbe_area_entry *a = &endpoint->areas[i];

		if (a->id && da < a->da + a->size && a->da < da + size)
			return true;
	}
	return false;
}

/* An id says who announced the area: the host when the remote's bit is clear. */
static bool sbe_area_of_host(uint32_t id)
{
	return !(id & SBE_AREA_ID_REMOTE);
}

static bool sbe_area_in_use(struct sbe_endpoint *endpoint, uint32_t id)
{
	for (struct sbe_pending *p = endpoint->pending; p; p = p->next)
		for (unsigned int i = 0; p->exchange && i < p->exchange->count; i++)
			if (p->exchange->buffers[i].area == id)
				return true;
	return false;
}

/* Enters an area into this side's table; both sides come through here. */
static uint16_t sbe_area_insert(struct sbe_endpoint *endpoint, uint32_t id, uint64_t da, uint64_t size)
{
	const struct sbe_port *port = sbe_port_of(endpoint);
	struct sbe_area_entry *entry = sbe_area_find(endpoint, 0);
	const struct sbe_memory *memory = sbe_port_memory(port, da, size);
	uint32_t line = memory ? memory->line : SBE_LINE_DEFAULT;

	if (!(id & ~SBE_AREA_ID_REMOTE) || sbe_area_find(endpoint, id))
		return SBE_EAREA;
	if (!size || da + size < da || (size_t)size != size || !port->da_to_va(da, size))
		return SBE_ERANGE;
	/* R-AREA-7: maintenance of its edges must not reach what lies beside it. */
	if (line && ((da | size) & (line - 1)))
		return SBE_ERANGE;
	if (sbe_area_overlaps(endpoint, da, size))
		return SBE_EAREA;
	if (!entry)
		return SBE_ENOMEM;
	entry->id = id;
	entry->cached = sbe_port_cached(port, da, size);
	entry->line = line;
	entry->da = da;
	entry->size = size;
	return SBE_OK;
}

/* ---- Buffers ----------------------------------------------------------------------------------------- */

/* R-BUF: what must hold of each buffer, on either side. Sets buffer->data. */
static uint16_t sbe_buffer_check(struct sbe_endpoint *endpoint, struct sbe_buffer *buffer)
{
	const struct sbe_area_entry *area = buffer->area ? sbe_area_find(endpoint, buffer->area) : NULL;

	if (buffer->dir < SBE_IN || buffer->dir > SBE_INOUT || !buffer->size)
		return SBE_EPROTO;
	if (!area)
		return SBE_EAREA;
	if (buffer->offset > area->size || buffer->size > area->size - buffer->offset)
		return SBE_ERANGE;
	buffer->data = sbe_port_of(endpoint)->da_to_va(area->da + buffer->offset, buffer->size);
	return buffer->data ? SBE_OK : SBE_ERANGE;
}

static uint64_t sbe_buffer_da(struct sbe_endpoint *endpoint, const struct sbe_buffer *buffer)
{
	return sbe_area_find(endpoint, buffer->area)->da + buffer->offset;
}

/* True when two checked buffers meet in a line, or (when `bytes`) in a byte. */
static bool sbe_buffers_meet(struct sbe_endpoint *endpoint, const struct sbe_buffer *a,
			     const struct sbe_buffer *b, bool bytes)
{
	uint32_t line_a = sbe_area_find(endpoint, a->area)->line;
	uint32_t line_b = sbe_area_find(endpoint, b->area)->line;
	uint64_t line = bytes ? 1 : line_a > line_b ? line_a : line_b;
	uint64_t mask = ~((line ? line : 1) - 1);
	uint64_t da_a = sbe_buffer_da(endpoint, a), da_b = sbe_buffer_da(endpoint, b);

	return (da_a & mask) <= ((da_b + b->size - 1) & mask) &&
	       (da_b & mask) <= ((da_a + a->size - 1) & mask);
}

/* R-BUF: in one line, the write-back of one buffer would undo what the other's owner stored. */
static bool sbe_buffer_meets_earlier(struct sbe_endpoint *endpoint, const struct sbe_buffer *buffers,
				     unsigned int count)
{
	const struct sbe_buffer *b = &buffers[count];

	for (unsigned int i = 0; i < count; i++) {
		const struct sbe_buffer *a = &buffers[i];

		if (a->dir == SBE_IN && b->dir == SBE_IN)
			continue;
		if (sbe_buffers_meet(endpoint, a, b, a->dir == b->dir))
			return true;
	}
	return false;
}

static bool sbe_buffer_meets_pending(struct sbe_endpoint *endpoint, const struct sbe_buffer *b)
{
	for (struct sbe_pending *p = endpoint->pending; p; p = p->next) {
		for (unsigned int i = 0; p->exchange && i < p->exchange->count; i++) {
			const struct sbe_buffer *a = &p->exchange->buffers[i];

			if (a->dir == SBE_IN && b->dir == SBE_IN)
				continue;
			if (sbe_buffers_meet(endpoint, a, b, false))
				return true;
		}
	}
	return false;
}

/* The caller's buffers, before anything is sent. */
static uint16_t sbe_buffers_check(struct sbe_endpoint *endpoint, struct sbe_buffer *buffers,
				  unsigned int count)
{
	if (count > SBE_BUFFERS_MAX)
		return SBE_EINVAL;
	for (unsigned int i = 0; i < count; i++) {
		uint16_t status = sbe_buffer_check(endpoint, &buffers[i]);

		if (status != SBE_OK)
			return status == SBE_EPROTO ? SBE_EINVAL : status;
		if (sbe_buffer_meets_earlier(endpoint, buffers, i) ||
		    sbe_buffer_meets_pending(endpoint, &buffers[i]))
			return SBE_EINVAL;
	}
	return SBE_OK;
}

static bool sbe_buffer_cached(struct sbe_endpoint *endpoint, const struct sbe_buffer *buffer)
{
	return sbe_area_find(endpoint, buffer->area)->cached;
}

static void sbe_buffer_clean(struct sbe_endpoint *endpoint, const struct sbe_buffer *buffer)
{
	sbe_port_clean(sbe_port_of(endpoint), sbe_buffer_cached(endpoint, buffer), buffer->data,
		       (size_t)buffer->size);
}

static void sbe_buffer_invalidate(struct sbe_endpoint *endpoint, const struct sbe_buffer *buffer)
{
	sbe_port_invalidate(sbe_port_of(endpoint), sbe_buffer_cached(endpoint, buffer), buffer->data,
			    (size_t)buffer->size);
}

static unsigned int sbe_buffers_out(const struct sbe_buffer *buffers, unsigned int count)
{
	unsigned int out = 0;

	for (unsigned int i = 0; i < count; i++)
		out += buffers[i].dir != SBE_IN;
	return out;
}

/* ---- Sending ----------------------------------------------------------------------------------------- */

static void sbe_header_put(struct sbe_hdr *hdr, uint8_t type, unsigned int count, uint16_t status,
			   uint32_t txn)
{
	_Static_assert(sizeof(struct sbe_buf) == sizeof(struct sbe_area), "entries are alike in size");

	sbe_put8(&hdr->version, SBE_VERSION);
	sbe_put8(&hdr->type, type);
	sbe_put16(&hdr->size, (uint16_t)(sizeof(*hdr) + count * sizeof(struct sbe_buf)));
	sbe_put16(&hdr->count, (uint16_t)count);
	sbe_put16(&hdr->status, status);
	sbe_put32(&hdr->txn, txn);
	sbe_put32(&hdr->context, 0);
}

static void sbe_buffer_put(struct sbe_buf *wire, const struct sbe_buffer *buffer)
{
	sbe_put32(&wire->area, buffer->area);
	sbe_put32(&wire->dir, buffer->dir);
	sbe_put64(&wire->offset, buffer->offset);
	sbe_put64(&wire->size, buffer->size);
}

static void sbe_area_put(struct sbe_area *wire, uint32_t id, uint64_t da, uint64_t size)
{
	sbe_put32(&wire->id, id);
	sbe_put32(&wire->flags, 0);
	sbe_put64(&wire->da, da);
	sbe_put64(&wire->size, size);
}

static struct sbe_hdr *sbe_tx_header(const struct rpmsg_tx *tx)
{
	return (struct sbe_hdr *)(void *)tx->data;
}

static struct sbe_buf *sbe_tx_buffers(const struct rpmsg_tx *tx)
{
	return (struct sbe_buf *)(void *)(tx->data + sizeof(struct sbe_hdr));
}

static size_t sbe_size(unsigned int count)
{
	return sizeof(struct sbe_hdr) + count * sizeof(struct sbe_buf);
}

static void sbe_tx_send(struct sbe_endpoint *endpoint, struct rpmsg_tx *tx, uint32_t dst, size_t size)
{
	rpmsg_tx_send(endpoint->rpmsg.device, tx, endpoint->rpmsg.addr, dst, size);
}

/* REQUEST and MESSAGE: buffers are checked; nothing is sent when there is no ring buffer. */
static int sbe_send_buffers(struct sbe_endpoint *endpoint, uint8_t type, uint32_t txn, const void *message,
			    size_t message_size, const struct sbe_buffer *buffers, unsigned int count)
{
	struct rpmsg_tx tx;
	int rc = rpmsg_tx_get(endpoint->rpmsg.device, &tx);

	if (rc)
		return rc;
	for (unsigned int i = 0; i < count; i++) {
		/*
		 * CACHE: IN and IN-OUT were written by this side and are about to be read by the responder.
		 * OUT too: a dirty line of it, evicted later, would overwrite what the responder is about to
		 * store.
		 */
		sbe_buffer_clean(endpoint, &buffers[i]);
		sbe_buffer_put(&sbe_tx_buffers(&tx)[i], &buffers[i]);
	}
	sbe_header_put(sbe_tx_header(&tx), type, count, SBE_OK, txn);
	sbe_put_bytes(tx.data + sbe_size(count), message, message_size);
	sbe_tx_send(endpoint, &tx, endpoint->rpmsg.dst, sbe_size(count) + message_size);
	return 0;
}

static int sbe_send_area(struct sbe_endpoint *endpoint, uint8_t type, uint32_t txn,
			 const struct sbe_area_entry *area)
{
	struct rpmsg_tx tx;
	int rc = rpmsg_tx_get(endpoint->rpmsg.device, &tx);

	if (rc)
		return rc;
	sbe_header_put(sbe_tx_header(&tx), type, 1, SBE_OK, txn);
	sbe_area_put((struct sbe_area *)(void *)sbe_tx_buffers(&tx), area->id, area->da, area->size);
	sbe_tx_send(endpoint, &tx, endpoint->rpmsg.dst, sbe_size(1));
	return 0;
}

/* ---- Calls that block -------------------------------------------------------------------------------- */

static struct sbe_pending *sbe_pending_find(struct sbe_endpoint *endpoint, uint32_t txn)
{
	struct sbe_pending *p = endpoint->pending;

	while (p && p->txn != txn)
		p = p->next;
	return p;
}

static void sbe_pending_add(struct sbe_endpoint *endpoint, struct sbe_pending *pending, uint8_t reply_type,
			    struct sbe_exchange *exchange, uint32_t area)
{
	do
		endpoint->txn++;
	while (!endpoint->txn || sbe_pending_find(endpoint, endpoint->txn));
	pending->txn = endpoint->txn;
	pending->reply_type = reply_type;
	pending->exchange = exchange;
	pending->area = area;
	pending->done = false;
	pending->result = 0;
	pending->next = endpoint->pending;
	endpoint->pending = pending;
}

static void sbe_pending_remove(struct sbe_endpoint *endpoint, struct sbe_pending *pending)
{
	struct sbe_pending **link = &endpoint->pending;

	while (*link != pending)
		link = &(*link)->next;
	*link = pending->next;
}

static int sbe_pending_wait(struct sbe_endpoint *endpoint, struct sbe_pending *pending)
{
	const struct sbe_port *port = sbe_port_of(endpoint);
	uint64_t deadline = sbe_port_deadline(port);

	for (;;) {
		int rc = sbe_poll(endpoint);

		if (pending->done)
			return pending->result;
		if (rc < 0)
			return rc;
		if (!sbe_port_pause(port, deadline))
			return -(int)SBE_ETIMEDOUT;
	}
}

static bool sbe_message_fits(const struct sbe_endpoint *endpoint, unsigned int count, size_t message_size)
{
	return endpoint->rpmsg.dst != RPMSG_ADDR_ANY && count <= SBE_BUFFERS_MAX &&
	       message_size <= RPMSG_PAYLOAD_MAX - sbe_size(count);
}

int sbe_request(struct sbe_endpoint *endpoint, struct sbe_exchange *exchange)
{
	struct sbe_pending pending;
	int rc;

	if (!sbe_message_fits(endpoint, exchange->count, exchange->message_size))
		return -(int)SBE_EINVAL;
	rc = -(int)sbe_buffers_check(endpoint, exchange->buffers, exchange->count);
	if (rc)
		return rc;
	exchange->reply_size = 0;
	sbe_pending_add(endpoint, &pending, SBE_RESPONSE, exchange, 0);
	rc = sbe_send_buffers(endpoint, SBE_REQUEST, pending.txn, exchange->message, exchange->message_size,
			      exchange->buffers, exchange->count);
	if (!rc)
		rc = sbe_pending_wait(endpoint, &pending);
	sbe_pending_remove(endpoint, &pending);
	return rc;
}

int sbe_message(struct sbe_endpoint *endpoint, const void *message, size_t message_size,
		struct sbe_buffer *buffers, unsigned int count)
{
	int rc;

	if (!sbe_message_fits(endpoint, count, message_size) || sbe_buffers_out(buffers, count))
		return -(int)SBE_EINVAL;
	rc = -(int)sbe_buffers_check(endpoint, buffers, count);
	return rc ? rc : sbe_send_buffers(endpoint, SBE_MESSAGE, 0, message, message_size, buffers, count);
}

/* Sends an area message and waits for its acknowledgement. */
static int sbe_area_exchange(struct sbe_endpoint *endpoint, uint8_t type, const struct sbe_area_entry *area)
{
	struct sbe_pending pending;
	int rc;

	sbe_pending_add(endpoint, &pending, SBE_AREA_ACK, NULL, area->id);
	rc = sbe_send_area(endpoint, type, pending.txn, area);
	if (!rc)
		rc = sbe_pending_wait(endpoint, &pending);
	sbe_pending_remove(endpoint, &pending);
	return rc;
}

int sbe_area_add(struct sbe_endpoint *endpoint, uint32_t id, uint64_t da, uint64_t size)
{
	int rc;

	if (sbe_area_of_host(id) != endpoint->rpmsg.device->host || endpoint->rpmsg.dst == RPMSG_ADDR_ANY)
		return -(int)SBE_EINVAL;
	rc = -(int)sbe_area_insert(endpoint, id, da, size);
	if (rc)
		return rc;
	rc = sbe_area_exchange(endpoint, SBE_AREA_ADD, sbe_area_find(endpoint, id));
	if (rc)
		sbe_area_find(endpoint, id)->id = 0;
	return rc;
}

int sbe_area_remove(struct sbe_endpoint *endpoint, uint32_t id)
{
	struct sbe_area_entry *area = id ? sbe_area_find(endpoint, id) : NULL;
	int rc;

	if (!area || sbe_area_of_host(id) != endpoint->rpmsg.device->host)
		return -(int)SBE_EAREA;
	if (sbe_area_in_use(endpoint, id))
		return -(int)SBE_EINVAL;
	rc = sbe_area_exchange(endpoint, SBE_AREA_REMOVE, area);
	if (!rc)
		area->id = 0;
	return rc;
}

/* ---- Receiving --------------------------------------------------------------------------------------- */

static void sbe_received_get(struct sbe_received *in, const void *data, size_t size, uint32_t src)
{
	const struct sbe_hdr *hdr = data;

	in->src = src;
	in->version = sbe_get8(&hdr->version);
	in->type = sbe_get8(&hdr->type);
	in->size = sbe_get16(&hdr->size);
	in->count = sbe_get16(&hdr->count);
	in->status = sbe_get16(&hdr->status);
	in->txn = sbe_get32(&hdr->txn);
	in->context = sbe_get32(&hdr->context);
	in->wire = data;
	in->bytes = size;
}

/* R-HDR: what must hold of every header. */
static uint16_t sbe_received_check(const struct sbe_received *in)
{
	if (in->version != SBE_VERSION)
		return SBE_EVERSION;
	if (in->size % 8 || in->size > in->bytes || in->size < sbe_size(in->count))
		return SBE_EPROTO;
	if (in->status && in->type != SBE_RESPONSE && in->type != SBE_AREA_ACK)
		return SBE_EPROTO;
	if (in->context)
		return SBE_ENOTSUPP;
	return in->count > SBE_BUFFERS_MAX ? SBE_ENOMEM : SBE_OK;
}

static void sbe_received_buffer(const struct sbe_received *in, unsigned int index, struct sbe_buffer *buffer)
{
	const struct sbe_buf *wire =
		(const struct sbe_buf *)(const void *)(in->wire + sizeof(struct sbe_hdr)) + index;

	buffer->area = sbe_get32(&wire->area);
	buffer->dir = sbe_get32(&wire->dir);
	buffer->offset = sbe_get64(&wire->offset);
	buffer->size = sbe_get64(&wire->size);
	buffer->data = NULL;
}

static uint16_t sbe_received_buffers(struct sbe_endpoint *endpoint, const struct sbe_received *in,
				     struct sbe_buffer *buffers)
{
	for (unsigned int i = 0; i < in->count; i++) {
		uint16_t status;

		sbe_received_buffer(in, i, &buffers[i]);
		status = sbe_buffer_check(endpoint, &buffers[i]);
		if (status != SBE_OK)
			return status;
	}
	return SBE_OK;
}

static void sbe_call_start(struct sbe_call *call, const struct sbe_received *in, struct sbe_buffer *buffers)
{
	call->message = in->wire + in->size;
	call->message_size = in->bytes - in->size;
	call->buffers = buffers;
	call->count = in->count;
	call->reply = NULL;
	call->reply_capacity = 0;
	call->reply_size = 0;
}

/* CACHE: IN and IN-OUT were written by the peer; OUT is not read by this side, so it needs nothing here. */
static void sbe_call_invalidate(struct sbe_endpoint *endpoint, const struct sbe_call *call)
{
	for (unsigned int i = 0; i < call->count; i++)
		if (call->buffers[i].dir != SBE_OUT)
			sbe_buffer_invalidate(endpoint, &call->buffers[i]);
}

/* A response that describes no buffers: nothing of the request was touched. */
static void sbe_refuse(struct sbe_endpoint *endpoint, const struct sbe_received *in, uint16_t status)
{
	struct rpmsg_tx tx;

	if (!in->txn || rpmsg_tx_get(endpoint->rpmsg.device, &tx)) {
		endpoint->faults++;
		return;
	}
	sbe_header_put(sbe_tx_header(&tx), SBE_RESPONSE, 0, status, in->txn);
	sbe_tx_send(endpoint, &tx, in->src, sbe_size(0));
}

static void sbe_respond(struct sbe_endpoint *endpoint, const struct sbe_received *in, struct rpmsg_tx *tx,
			const struct sbe_call *call, uint16_t status)
{
	unsigned int out = 0;

	for (unsigned int i = 0; i < call->count; i++) {
		/* CACHE: none for IN: this side did not write it. */
		if (call->buffers[i].dir == SBE_IN)
			continue;
		/*
		 * CACHE: written by this side and read next by the requester, also after an error: no line
		 * stays dirty.
		 */
		sbe_buffer_clean(endpoint, &call->buffers[i]);
		sbe_buffer_put(&sbe_tx_buffers(tx)[out++], &call->buffers[i]);
	}
	sbe_header_put(sbe_tx_header(tx), SBE_RESPONSE, out, status, in->txn);
	sbe_tx_send(endpoint, tx, in->src, sbe_size(out) + call->reply_size);
}

static void sbe_serve(struct sbe_endpoint *endpoint, const struct sbe_received *in, struct sbe_call *call)
{
	size_t start = sbe_size(sbe_buffers_out(call->buffers, call->count));
	struct rpmsg_tx tx;
	uint16_t status;

	/* Before the work, so that the reply is built where it is sent from. */
	if (rpmsg_tx_get(endpoint->rpmsg.device, &tx)) {
		endpoint->faults++;
		return;
	}
	call->reply = tx.data + start;
	call->reply_capacity = RPMSG_PAYLOAD_MAX - start;
	sbe_call_invalidate(endpoint, call);
	status = endpoint->ops->request(endpoint->arg, call);
	sbe_respond(endpoint, in, &tx, call, status);
}

static void sbe_on_request(struct sbe_endpoint *endpoint, const struct sbe_received *in)
{
	struct sbe_buffer buffers[SBE_BUFFERS_MAX];
	struct sbe_call call;
	uint16_t status = sbe_received_check(in);

	if (status == SBE_OK && !endpoint->ops->request)
		status = SBE_ENOTSUPP;
	if (status == SBE_OK)
		status = sbe_received_buffers(endpoint, in, buffers);
	if (status != SBE_OK || !in->txn) {
		sbe_refuse(endpoint, in, status);
		return;
	}
	sbe_call_start(&call, in, buffers);
	sbe_serve(endpoint, in, &call);
}

static void sbe_on_message(struct sbe_endpoint *endpoint, const struct sbe_received *in)
{
	struct sbe_buffer buffers[SBE_BUFFERS_MAX];
	struct sbe_call call;

	if (in->txn || sbe_received_check(in) != SBE_OK || !endpoint->ops->message ||
	    sbe_received_buffers(endpoint, in, buffers) != SBE_OK || sbe_buffers_out(buffers, in->count)) {
		endpoint->faults++;
		return;
	}
	sbe_call_start(&call, in, buffers);
	sbe_call_invalidate(endpoint, &call);
	endpoint->ops->message(endpoint->arg, &call);
}

static uint16_t sbe_area_receive(struct sbe_endpoint *endpoint, const struct sbe_received *in,
				 struct sbe_area_entry *area)
{
	const struct sbe_area *wire =
		(const struct sbe_area *)(const void *)(in->wire + sizeof(struct sbe_hdr));
	struct sbe_area_entry *entry;
	uint16_t status = sbe_received_check(in);

	if (status != SBE_OK)
		return status;
	if (in->count != 1)
		return SBE_EPROTO;
	area->id = sbe_get32(&wire->id);
	area->da = sbe_get64(&wire->da);
	area->size = sbe_get64(&wire->size);
	if (sbe_get32(&wire->flags))
		return SBE_ENOTSUPP;
	/* An area is its announcer's: this side's own ids are not the peer's to add or remove. */
	if (sbe_area_of_host(area->id) == endpoint->rpmsg.device->host)
		return SBE_EAREA;
	if (in->type == SBE_AREA_ADD)
		return sbe_area_insert(endpoint, area->id, area->da, area->size);
	entry = area->id ? sbe_area_find(endpoint, area->id) : NULL;
	if (!entry || sbe_area_in_use(endpoint, area->id))
		return SBE_EAREA;
	/* CACHE: none on removal: each exchange left this side without dirty lines. */
	entry->id = 0;
	return SBE_OK;
}

static void sbe_on_area(struct sbe_endpoint *endpoint, const struct sbe_received *in)
{
	struct sbe_area_entry area;
	struct rpmsg_tx tx;
	uint16_t status;

	if (!in->txn || rpmsg_tx_get(endpoint->rpmsg.device, &tx)) {
		endpoint->faults++;
		return;
	}
	area.id = 0;
	area.da = 0;
	area.size = 0;
	status = sbe_area_receive(endpoint, in, &area);
	sbe_header_put(sbe_tx_header(&tx), SBE_AREA_ACK, 1, status, in->txn);
	sbe_area_put((struct sbe_area *)(void *)sbe_tx_buffers(&tx), area.id, area.da, area.size);
	sbe_tx_send(endpoint, &tx, in->src, sbe_size(1));
}

/* R-REQ: a response describes the request's OUT and IN-OUT buffers, in order, or after a refusal none. */
static bool sbe_response_matches(const struct sbe_received *in, const struct sbe_exchange *exchange)
{
	unsigned int next = 0;

	if (!in->count && in->status)
		return true;
	if (in->count != sbe_buffers_out(exchange->buffers, exchange->count))
		return false;
	for (unsigned int i = 0; i < exchange->count; i++) {
		const struct sbe_buffer *asked = &exchange->buffers[i];
		struct sbe_buffer seen;

		if (asked->dir == SBE_IN)
			continue;
		sbe_received_buffer(in, next++, &seen);
		if (seen.area != asked->area || seen.dir != asked->dir || seen.offset != asked->offset ||
		    seen.size != asked->size)
			return false;
	}
	return true;
}

static int sbe_response_take(struct sbe_endpoint *endpoint, const struct sbe_received *in,
			     struct sbe_exchange *exchange)
{
	size_t size = in->bytes - in->size;

	if (!sbe_response_matches(in, exchange))
		return -(int)SBE_EPROTO;
	for (unsigned int i = 0; i < exchange->count; i++) {
		/* CACHE: none for IN: the responder did not write it. */
		if (exchange->buffers[i].dir == SBE_IN)
			continue;
		/* CACHE: written by the responder; a copy from before the request may still be here. */
		sbe_buffer_invalidate(endpoint, &exchange->buffers[i]);
	}
	if (size > exchange->reply_capacity)
		return -(int)SBE_ENOMEM;
	sbe_get_bytes(exchange->reply, in->wire + in->size, size);
	exchange->reply_size = size;
	return -(int)in->status;
}

static int sbe_ack_take(const struct sbe_received *in, const struct sbe_pending *pending)
{
	const struct sbe_area *wire =
		(const struct sbe_area *)(const void *)(in->wire + sizeof(struct sbe_hdr));

	if (in->count != 1 || (in->status == SBE_OK && sbe_get32(&wire->id) != pending->area))
		return -(int)SBE_EPROTO;
	return -(int)in->status;
}

static void sbe_on_reply(struct sbe_endpoint *endpoint, const struct sbe_received *in)
{
	struct sbe_pending *pending = in->txn ? sbe_pending_find(endpoint, in->txn) : NULL;
	uint16_t status = sbe_received_check(in);

	if (!pending || pending->done) {
		endpoint->late++;
		return;
	}
	pending->done = true;
	if (status != SBE_OK)
		pending->result = -(int)status;
	else if (in->type != pending->reply_type || in->status > SBE_ENOTSUPP)
		pending->result = -(int)SBE_EPROTO;
	else if (pending->exchange)
		pending->result = sbe_response_take(endpoint, in, pending->exchange);
	else
		pending->result = sbe_ack_take(in, pending);
}

static void sbe_receive(void *arg, const void *data, size_t size, uint32_t src)
{
	struct sbe_endpoint *endpoint = arg;
	struct sbe_received in;

	if (size < sizeof(struct sbe_hdr)) {
		endpoint->faults++;
		return;
	}
	sbe_received_get(&in, data, size, src);
	switch (in.type) {
	case SBE_REQUEST:
		sbe_on_request(endpoint, &in);
		break;
	case SBE_MESSAGE:
		sbe_on_message(endpoint, &in);
		break;
	case SBE_AREA_ADD:
	case SBE_AREA_REMOVE:
		sbe_on_area(endpoint, &in);
		break;
	case SBE_RESPONSE:
	case SBE_AREA_ACK:
		sbe_on_reply(endpoint, &in);
		break;
	default:
		sbe_refuse(endpoint, &in, in.version != SBE_VERSION ? SBE_EVERSION : SBE_ENOTSUPP);
	}
}

/* ---- Endpoints --------------------------------------------------------------------------------------- */

static bool sbe_name_valid(const char *name)
{
	static const char prefix[] = SBE_SERVICE_PREFIX;

	for (unsigned int i = 0; prefix[i]; i++)
		if (name[i] != prefix[i])
			return false;
	return true;
}

int sbe_open(struct sbe_endpoint *endpoint, struct rpmsg_device *device, const char *name,
	     const struct sbe_ops *ops, void *arg)
{
	if (!sbe_name_valid(name))
		return -(int)SBE_EINVAL;
	endpoint->ops = ops;
	endpoint->arg = arg;
	endpoint->pending = NULL;
	endpoint->txn = 0;
	endpoint->faults = 0;
	endpoint->late = 0;
	for (unsigned int i = 0; i < SBE_AREAS_MAX; i++)
		endpoint->areas[i].id = 0;
	return rpmsg_endpoint_create(&endpoint->rpmsg, device, name, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY,
				     sbe_receive, endpoint);
}

int sbe_connect(struct sbe_endpoint *endpoint)
{
	return rpmsg_endpoint_connect(&endpoint->rpmsg);
}

void sbe_close(struct sbe_endpoint *endpoint)
{
	rpmsg_endpoint_destroy(&endpoint->rpmsg);
}

int sbe_poll(struct sbe_endpoint *endpoint)
{
	return rpmsg_poll(endpoint->rpmsg.device);
}
