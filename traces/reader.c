/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads a trace that anybody may have made: maps the stream, walks it once to validate it and once to tell
 * it.
 *
 * Both walks are the same code with all checks, so that a file which changes in between cannot do harm (one
 * that is truncated in between ends the process: SIGBUS). Nothing is repaired or skipped: a trace with a
 * fault is refused whole.
 */
#include "traces/reader.h"

#include "traces/ctf.h"
#include "traces/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct reader {
	const char *name;
	const uint8_t *data;
	size_t size;
	size_t at;		/* next byte */
	size_t end;		/* of the packet's content */
	uint64_t packet;	/* number of the present one */
	struct ctf_order order;
	const char *event;	/* name of the one being read */
	const char *field;	/* likewise */
	char *why;
	size_t why_size;
};

/* ---- Fields ----------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static bool reader_fail(const struct reader *r, const char *format, ...)
{
	char what[512];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(r->why, r->why_size, "%s: packet %" PRIu64 ", byte %zu: %s", r->name, r->packet, r->at,
		 what);
	return false;
}

/* The next `size` bytes of the packet; NULL: it has not as many, and `why` says so. */
static const uint8_t *bytes_take(struct reader *r, size_t size)
{
	const uint8_t *bytes = r->data + r->at;

	if (size > r->end - r->at) {
		reader_fail(r, "%s.%s takes %zu bytes, %zu are left in the packet", r->event, r->field, size,
			    r->end - r->at);
		return NULL;
	}
	r->at += size;
	return bytes;
}

static bool text_check(struct reader *r, const uint8_t *text, size_t size)
{
	size_t step;

	for (size_t i = 0; i < size; i += step) {
		step = trace_text_step(text + i, size - i);
		if (!step)
			return reader_fail(
				r,
				"%s.%s has byte 0x%02x after %zu bytes, expected UTF-8 without control "
				"characters other than newline and tab",
				r->event, r->field, text[i], i);
	}
	return true;
}

static bool string_read(struct reader *r, const char **value)
{
	const uint8_t *text = r->data + r->at;
	const uint8_t *nul = memchr(text, 0, r->end - r->at);

	if (!nul)
		return reader_fail(r, "%s.%s has no NUL in the %zu bytes that are left in the packet",
				   r->event, r->field, r->end - r->at);
	if (!text_check(r, text, (size_t)(nul - text)))
		return false;
	*value = (const char *)text;
	r->at += (size_t)(nul - text) + 1;
	return true;
}

static bool bytes_read(struct reader *r, struct trace_bytes *value)
{
	const uint8_t *count = bytes_take(r, sizeof(value->size));

	if (!count)
		return false;
	value->size = ctf_get16(count);
	value->data = bytes_take(r, value->size);
	return value->data != NULL;
}

static bool enum_check(struct reader *r, const struct trace_field *field, uint8_t value)
{
	unsigned int count = 0;

	while (field->enum_names[count] && count <= value)
		count++;
	if (value < count)
		return true;
	return reader_fail(r, "%s.%s has value %u, enum %s ends with %u", r->event, r->field, value,
			   field->enum_type, count - 1);
}

#define INTEGER_READ(bits) \
	static bool u##bits##_read(struct reader *r, void *to) \
	{ \
		const uint8_t *from = bytes_take(r, bits / 8); \
\
		if (from) \
			*(uint##bits##_t *)to = ctf_get##bits(from); \
		return from != NULL; \
	}
INTEGER_READ(8)
INTEGER_READ(16)
INTEGER_READ(32)
INTEGER_READ(64)

static bool field_read(struct reader *r, const struct trace_field *field, void *to)
{
	r->field = field->name;
	switch (field->type) {
	case TRACE_U8:
		return u8_read(r, to);
	case TRACE_U16:
		return u16_read(r, to);
	case TRACE_U32:
		return u32_read(r, to);
	case TRACE_U64:
	case TRACE_X64:
		return u64_read(r, to);
	case TRACE_STR:
		return string_read(r, to);
	case TRACE_BYTES:
		return bytes_read(r, to);
	case TRACE_ENUM:
		return u8_read(r, to) && enum_check(r, field, *(uint8_t *)to);
	}
	return false;
}

/* ---- Events and packets ----------------------------------------------------------------------- */

static bool order_check(struct reader *r, const struct trace_event *event)
{
	char phrase[256];

	if (ctf_order_step(&r->order, event))
		return true;
	ctf_order_explain(&r->order, event, phrase, sizeof(phrase));
	return reader_fail(r, "%s %s", r->event, phrase);
}

static bool event_header_read(struct reader *r, struct trace_event *event)
{
	size_t left = r->end - r->at;
	uint8_t id;

	if (ctf_order_ended(&r->order))
		return reader_fail(r, "%zu bytes follow run.end in its packet, expected none", left);
	if (left < CTF_EVENT_BYTES)
		return reader_fail(r, "an event's header takes %u bytes, %zu are left in the packet",
				   CTF_EVENT_BYTES, left);
	id = ctf_get8(r->data + r->at);
	if (id >= EVENT_COUNT)
		return reader_fail(r, "event id %u, the last one known is %u", id, EVENT_COUNT - 1u);
	event->id = (enum trace_id)id;
	event->time = ctf_get64(r->data + r->at + 1);
	r->event = trace_schemas[id].name;
	if (!order_check(r, event))
		return false;
	r->at += CTF_EVENT_BYTES;
	return true;
}

static bool event_read(struct reader *r, struct trace_event *event)
{
	const struct trace_schema *schema;

	if (!event_header_read(r, event))
		return false;
	schema = &trace_schemas[event->id];
	for (unsigned int i = 0; i < schema->count; i++) {
		if (!field_read(r, &schema->fields[i], (char *)event + schema->fields[i].offset))
			return false;
	}
	return true;
}

static bool value_check(const struct reader *r, const char *what, uint64_t expected, uint64_t seen)
{
	if (expected == seen)
		return true;
	return reader_fail(r, "the packet's %s is %" PRIu64 ", expected %" PRIu64, what, seen, expected);
}

static void packet_header_get(const uint8_t *at, struct ctf_packet *packet)
{
#define FIELD(bits, type, name) \
	packet->name = ctf_get##bits(at); \
	at += bits / 8;
	CTF_PACKET_HEADER(FIELD)
	CTF_PACKET_CONTEXT(FIELD)
#undef FIELD
}

static bool packet_sizes_check(const struct reader *r, const struct ctf_packet *packet)
{
	uint64_t bytes = packet->content_size / 8;

	if (packet->content_size % 8 || bytes <= CTF_PACKET_BYTES)
		return reader_fail(r,
				   "the packet's content_size is %" PRIu64
				   " bits, expected whole bytes and more than "
				   "the %u of its header",
				   packet->content_size, CTF_PACKET_BYTES);
	if (bytes > r->size - r->at)
		return reader_fail(r, "the file is cut short: the packet has %" PRIu64 " bytes, %zu are left",
				   bytes, r->size - r->at);
	return value_check(r, "packet_size", packet->content_size, packet->packet_size);
}

static bool packet_header_read(struct reader *r, struct ctf_packet *packet)
{
	size_t left = r->size - r->at;

	if (ctf_order_ended(&r->order))
		return reader_fail(r, "%zu bytes follow run.end, expected none", left);
	if (left < CTF_PACKET_BYTES)
		return reader_fail(r, "the file is cut short: a packet's header takes %u bytes, %zu are left",
				   CTF_PACKET_BYTES, left);
	packet_header_get(r->data + r->at, packet);
	if (packet->magic != CTF_MAGIC)
		return reader_fail(r, "the packet's magic is 0x%08" PRIx32 ", expected 0x%08x", packet->magic,
				   CTF_MAGIC);
	if (packet->events_discarded)
		return reader_fail(r,
				   "%" PRIu64
				   " events were discarded before the packet's end, and a trace with gaps "
				   "proves nothing",
				   packet->events_discarded);
	return value_check(r, "stream_id", CTF_STREAM_ID, packet->stream_id) &&
	       value_check(r, "packet_seq_num", r->packet, packet->packet_seq_num) &&
	       packet_sizes_check(r, packet);
}

static bool packet_read(struct reader *r, struct trace_listener listener)
{
	struct ctf_packet packet = {0};
	struct trace_event event;
	bool first = true;

	if (!packet_header_read(r, &packet))
		return false;
	r->end = r->at + (size_t)(packet.content_size / 8);
	r->at += CTF_PACKET_BYTES;
	while (r->at < r->end) {
		if (!event_read(r, &event))
			return false;
		if (first && !value_check(r, "timestamp_begin", event.time, packet.timestamp_begin))
			return false;
		first = false;
		listener.event(listener.ctx, &event);
	}
	return value_check(r, "timestamp_end", r->order.time, packet.timestamp_end);
}

static bool stream_read(struct reader *r, struct trace_listener listener)
{
	r->at = 0;
	r->packet = 0;
	r->order = (struct ctf_order){0};
	while (r->at < r->size) {
		if (!packet_read(r, listener))
			return false;
		r->packet++;
	}
	if (ctf_order_ended(&r->order))
		return true;
	snprintf(r->why, r->why_size,
		 "%s: the file is cut short: after %zu bytes it ends with %s, expected run.end", r->name,
		 r->size, r->size ? trace_schemas[r->order.last].name : "no event");
	return false;
}

static void event_ignore(void *ctx, const struct trace_event *event)
{
	(void)ctx;
	(void)event;
}

bool trace_read_buffer(const void *data, size_t size, const char *name, struct trace_listener listener,
		       char *why, size_t why_size)
{
	struct reader r = {.name = name, .data = data, .size = size, .why = why, .why_size = why_size};

	return stream_read(&r, (struct trace_listener){event_ignore, NULL}) && stream_read(&r, listener);
}

/* ---- Files ------------------------------------------------------------------------------------ */

struct mapping {
	char *path;
	void *data;		/* NULL: empty */
	size_t size;
};

static bool mapping_fail(const struct mapping *m, const char *what, char *why, size_t why_size)
{
	snprintf(why, why_size, "%s: %s", m->path, what);
	return false;
}

static bool mapping_fill(struct mapping *m, int fd, char *why, size_t why_size)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return mapping_fail(m, strerror(errno), why, why_size);
	if (!S_ISREG(status.st_mode))
		return mapping_fail(m, "is no regular file, expected a file of a trace", why, why_size);
	m->size = (size_t)status.st_size;
	if (!m->size)
		return true;
	m->data = mmap(NULL, m->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (m->data != MAP_FAILED)
		return true;
	m->data = NULL;
	return mapping_fail(m, strerror(errno), why, why_size);
}

/* Not blocking: a FIFO in the place of a file must not hang us. */
static bool mapping_open(struct mapping *m, const char *dir, const char *name, char *why, size_t why_size)
{
	bool filled;
	int fd;

	*m = (struct mapping){0};
	if (asprintf(&m->path, "%s/%s", dir, name) < 0) {
		m->path = NULL;
		snprintf(why, why_size, "%s: no memory to read it", dir);
		return false;
	}
	fd = open(m->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return mapping_fail(m, "is missing: this is no trace, or one whose recording did not end",
				    why, why_size);
	if (fd < 0)
		return mapping_fail(m, strerror(errno), why, why_size);
	filled = mapping_fill(m, fd, why, why_size);
	close(fd);
	return filled;
}

static void mapping_close(struct mapping *m)
{
	if (m->data)
		munmap(m->data, m->size);
	free(m->path);
}

static bool metadata_compare(const struct mapping *m, const char *expected, size_t size, char *why,
			     size_t why_size)
{
	const char *seen = m->data;
	size_t same = 0;
	unsigned int line = 1;

	while (same < m->size && same < size && seen[same] == expected[same])
		line += expected[same++] == '\n';
	if (same == m->size && same == size)
		return true;
	snprintf(why, why_size,
		 "%s: line %u (byte %zu) is not what this version of sbesim writes: the trace is foreign, "
		 "or of another version",
		 m->path, line, same);
	return false;
}

static bool metadata_check(const char *dir, char *why, size_t why_size)
{
	struct mapping m;
	size_t size;
	char *expected = ctf_metadata(&size);
	bool same;

	if (!expected) {
		snprintf(why, why_size, "%s: no memory to read it", dir);
		return false;
	}
	same = mapping_open(&m, dir, CTF_METADATA_FILE, why, why_size) &&
	       metadata_compare(&m, expected, size, why, why_size);
	mapping_close(&m);
	free(expected);
	return same;
}

static bool directory_check(const char *dir, char *why, size_t why_size)
{
	struct stat status;

	if (stat(dir, &status) < 0) {
		snprintf(why, why_size, "%s: cannot be read: %s", dir, strerror(errno));
		return false;
	}
	if (!S_ISDIR(status.st_mode)) {
		snprintf(why, why_size, "%s: is not a directory, expected the directory of a trace", dir);
		return false;
	}
	return true;
}

bool trace_read(const char *dir, struct trace_listener listener, char *why, size_t why_size)
{
	struct mapping m;
	bool read;

	if (!directory_check(dir, why, why_size) || !metadata_check(dir, why, why_size))
		return false;
	read = mapping_open(&m, dir, CTF_STREAM_FILE, why, why_size) &&
	       trace_read_buffer(m.data, m.size, m.path, listener, why, why_size);
	mapping_close(&m);
	return read;
}
