/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Common Trace Format 1.8 as a sbesim trace uses it; shared by the writer, the reader and the metadata.
 *
 * A stream is a sequence of packets, each a header, a context and at least one event, without padding; every
 * field is aligned to a byte and little-endian. A given sequence of events, cut into given packets, has
 * exactly one encoding, and the reader takes no other. Of CTF nothing else is supported: no other metadata,
 * no other types, no several streams.
 */
#ifndef TRACES_CTF_H
#define TRACES_CTF_H

#include "traces/trace.h"

#include <endian.h>
#include <string.h>

#define CTF_FORMAT_VERSION 1	/* of what events.def does not say: this file */
#define CTF_METADATA_FILE "metadata"
#define CTF_STREAM_FILE "stream"
#define CTF_MAGIC 0xC1FC1FC1u
#define CTF_STREAM_ID 0u
#define CTF_CONTENT_BYTES 65536u	/* of a packet, unless one event alone takes more */

/* FIELD(bits, type in the metadata, name). Sizes are in bits, as CTF has it. */
#define CTF_PACKET_HEADER(FIELD) \
	FIELD(32, u32, magic) \
	FIELD(32, u32, stream_id)
#define CTF_PACKET_CONTEXT(FIELD) \
	FIELD(64, ps, timestamp_begin) \
	FIELD(64, ps, timestamp_end) \
	FIELD(64, u64, content_size) \
	FIELD(64, u64, packet_size) \
	FIELD(64, u64, events_discarded) \
	FIELD(64, u64, packet_seq_num)
#define CTF_EVENT_HEADER(FIELD) \
	FIELD(8, u8, id) \
	FIELD(64, ps, timestamp)

struct ctf_packet {
#define FIELD(bits, type, name) uint##bits##_t name;
	CTF_PACKET_HEADER(FIELD)
	CTF_PACKET_CONTEXT(FIELD)
#undef FIELD
};

/* Bytes in the stream. */
#define CTF_FIELD_BYTES(bits, type, name) + bits / 8u
#define CTF_PACKET_BYTES (0u CTF_PACKET_HEADER(CTF_FIELD_BYTES) CTF_PACKET_CONTEXT(CTF_FIELD_BYTES))
#define CTF_EVENT_BYTES (0u CTF_EVENT_HEADER(CTF_FIELD_BYTES))

_Static_assert(EVENT_COUNT <= 256, "an event's id is a u8");

/* Accessors: put returns the end of what it wrote. */
static inline uint8_t *ctf_put8(uint8_t *at, uint8_t value)
{
	*at = value;
	return at + 1;
}

static inline uint8_t ctf_get8(const uint8_t *at)
{
	return *at;
}

#define CTF_ACCESSORS(bits) \
	static inline uint8_t *ctf_put##bits(uint8_t *at, uint##bits##_t value) \
	{ \
		value = htole##bits(value); \
		memcpy(at, &value, sizeof(value)); \
		return at + sizeof(value); \
	} \
	static inline uint##bits##_t ctf_get##bits(const uint8_t *at) \
	{ \
		uint##bits##_t value; \
\
		memcpy(&value, at, sizeof(value)); \
		return le##bits##toh(value); \
	}
CTF_ACCESSORS(16)
CTF_ACCESSORS(32)
CTF_ACCESSORS(64)
#undef CTF_ACCESSORS

/* CTF_PACKET_BYTES at the start of a packet. */
static inline uint8_t *ctf_packet_put(uint8_t *at, const struct ctf_packet *packet)
{
#define FIELD(bits, type, name) at = ctf_put##bits(at, packet->name);
	CTF_PACKET_HEADER(FIELD)
	CTF_PACKET_CONTEXT(FIELD)
#undef FIELD
	return at;
}

/*
 * The order of events: run.begin first and only there, times that never decrease, run.end last and only
 * there.
 */
struct ctf_order {
	uint64_t events;
	uint64_t time;		/* of the last one, ps */
	enum trace_id last;
};

static inline bool ctf_order_ended(const struct ctf_order *order)
{
	return order->events && order->last == EVENT_run_end;
}

/* False: this event may not come next, and the order stays as it was. */
static inline bool ctf_order_step(struct ctf_order *order, const struct trace_event *event)
{
	bool first = order->events == 0;

	if ((event->id == EVENT_run_begin) != first || event->time < order->time || ctf_order_ended(order))
		return false;
	order->events++;
	order->time = event->time;
	order->last = event->id;
	return true;
}

/* Why ctf_order_step refused `event`: a phrase that follows the event's name. */
void ctf_order_explain(const struct ctf_order *order, const struct trace_event *event, char *why,
		       size_t why_size);

/* The text of the metadata, `*size` bytes without its NUL, to be freed by the caller. NULL: out of memory. */
char *ctf_metadata(size_t *size);

#endif
