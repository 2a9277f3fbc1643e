/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes a trace: encodes events into one packet in memory, and packets into a file that gets its name when
 * complete.
 *
 * The encoder is generated from events.def, a few instructions per field, because every bus access passes
 * here. An error cannot be told to whoever emits, so the first one is kept for trace_writer_close, and
 * nothing is written after it. The files are not synced to the medium: a trace survives the end of this
 * process, not of the machine.
 */
#include "traces/ctf.h"
#include "traces/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Hidden, so that CTF readers do not take them for streams. */
#define STREAM_TEMPORARY ".stream.partial"
#define METADATA_TEMPORARY ".metadata.partial"
#define WHY_BYTES 512

struct trace_writer {
	char *dir;
	bool dir_made;		/* by us */
	int dir_fd;
	int stream_fd;
	bool stream_made;	/* by us: there are files to remove */
	uint8_t *packet;	/* the one being filled */
	size_t capacity;	/* bytes */
	size_t used;		/* bytes, its header included; 0: no event yet */
	uint64_t packet_begin;	/* ps */
	uint64_t packets;	/* written */
	struct ctf_order order;
	bool failed;		/* why says why; nothing is written any more */
	char why[WHY_BYTES];
};

/* ---- Encoding --------------------------------------------------------------------------------- */

/* Values of each enum: the size of an array with as many elements. */
#define V(c_name, text) +1
#define ENUM(type, values) enum { COUNT_##type = 0 values };
#include "traces/enums.def"
#undef ENUM
#undef V

#define INVALID_BYTES (SIZE_MAX / 16)	/* more than any event takes; a few of them do not wrap */

/* No fewer bytes than its fields will take; at least INVALID_BYTES when an enum is out of range. */
static size_t fields_bound(const struct trace_event *event)
{
#define U8(f) +1u
#define U16(f) +2u
#define U32(f) +4u
#define U64(f) +8u
#define X64(f) +8u
#define STR(f) +trace_text_bound(e->f)
#define BYTES(f) +2u + e->f.size
#define ENUM(type, f) +(e->f < COUNT_##type ? 1u : INVALID_BYTES)
#define EVENT(c_name, name, level, fields) \
	case EVENT_##c_name: { \
		const struct event_##c_name *e = &event->c_name; \
		(void)e; \
		return (size_t)0 fields; \
	}
	switch (event->id) {
#include "traces/events.def"
	case EVENT_COUNT:
		break;
	}
	return INVALID_BYTES;
#undef U8
#undef U16
#undef U32
#undef U64
#undef X64
#undef STR
#undef BYTES
#undef ENUM
#undef EVENT
}

static uint8_t *bytes_put(uint8_t *at, const struct trace_bytes *bytes)
{
	at = ctf_put16(at, bytes->size);
	if (bytes->size)
		memcpy(at, bytes->data, bytes->size);
	return at + bytes->size;
}

static uint8_t *fields_put(uint8_t *at, const struct trace_event *event)
{
#define U8(f) at = ctf_put8(at, e->f);
#define U16(f) at = ctf_put16(at, e->f);
#define U32(f) at = ctf_put32(at, e->f);
#define U64(f) at = ctf_put64(at, e->f);
#define X64(f) at = ctf_put64(at, e->f);
#define STR(f) at = trace_text_copy(at, e->f);
#define BYTES(f) at = bytes_put(at, &e->f);
#define ENUM(type, f) at = ctf_put8(at, e->f);
#define EVENT(c_name, name, level, fields) \
	case EVENT_##c_name: { \
		const struct event_##c_name *e = &event->c_name; \
		fields \
		break; \
	}
	switch (event->id) {
#include "traces/events.def"
	case EVENT_COUNT:
		break;
	}
	return at;
#undef U8
#undef U16
#undef U32
#undef U64
#undef X64
#undef STR
#undef BYTES
#undef ENUM
#undef EVENT
}

/* ---- Packets and files ------------------------------------------------------------------------ */

__attribute__((format(printf, 2, 3))) static void writer_fail(struct trace_writer *w, const char *format, ...)
{
	va_list args;

	if (w->failed)
		return;
	w->failed = true;
	va_start(args, format);
	vsnprintf(w->why, sizeof(w->why), format, args);
	va_end(args);
}

static bool file_write(int fd, const void *data, size_t size)
{
	const char *from = data;

	while (size) {
		ssize_t done = write(fd, from, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		from += done;
		size -= (size_t)done;
	}
	return true;
}

static void packet_flush(struct trace_writer *w)
{
	struct ctf_packet packet = {
		.magic = CTF_MAGIC,
		.stream_id = CTF_STREAM_ID,
		.timestamp_begin = w->packet_begin,
		.timestamp_end = w->order.time,
		.content_size = 8 * (uint64_t)w->used,
		.packet_size = 8 * (uint64_t)w->used,
		.packet_seq_num = w->packets,
	};

	if (!w->used)
		return;
	ctf_packet_put(w->packet, &packet);
	if (!file_write(w->stream_fd, w->packet, w->used))
		writer_fail(w, "%s: packet %" PRIu64 " of %zu bytes cannot be written: %s", w->dir,
			    w->packets, w->used, strerror(errno));
	w->used = 0;
	w->packets++;
}

/* The packet can take an event of `size` bytes afterwards; false: it failed. */
static bool packet_reserve(struct trace_writer *w, size_t size)
{
	uint8_t *packet;

	if (w->used && w->used + size > CTF_CONTENT_BYTES)
		packet_flush(w);
	if (CTF_PACKET_BYTES + size > w->capacity) {
		packet = realloc(w->packet, CTF_PACKET_BYTES + size);
		if (!packet) {
			writer_fail(w, "%s: no memory for an event of %zu bytes", w->dir, size);
			return false;
		}
		w->packet = packet;
		w->capacity = CTF_PACKET_BYTES + size;
	}
	return !w->failed;
}

static void event_refuse(struct trace_writer *w, const struct trace_event *event)
{
	char order_why[WHY_BYTES / 2];

	if ((unsigned int)event->id >= EVENT_COUNT) {
		writer_fail(w, "%s: event id %u was emitted, the last one known is %u", w->dir,
			    (unsigned int)event->id, EVENT_COUNT - 1u);
		return;
	}
	ctf_order_explain(&w->order, event, order_why, sizeof(order_why));
	writer_fail(w, "%s: %s %s", w->dir, trace_schemas[event->id].name, order_why);
}

static void enums_refuse(struct trace_writer *w, const struct trace_event *event)
{
	const struct trace_schema *schema = &trace_schemas[event->id];

	for (unsigned int i = 0; i < schema->count; i++) {
		const struct trace_field *field = &schema->fields[i];
		uint8_t value = *((const uint8_t *)event + field->offset);

		if (field->type == TRACE_ENUM && !strcmp(trace_enum_name(field->enum_type, value), "?"))
			writer_fail(w, "%s: %s.%s was emitted with value %u, which enum %s does not name",
				    w->dir, schema->name, field->name, value, field->enum_type);
	}
}

static void writer_event(void *ctx, const struct trace_event *event)
{
	struct trace_writer *w = ctx;
	size_t bound;
	uint8_t *at;

	if (w->failed)
		return;
	bound = fields_bound(event);
	if (bound >= INVALID_BYTES && (unsigned int)event->id < EVENT_COUNT) {
		enums_refuse(w, event);
		return;
	}
	/* Before the order moves on: a packet that is flushed here ends at the previous event. */
	if (bound < INVALID_BYTES && !packet_reserve(w, CTF_EVENT_BYTES + bound))
		return;
	if (bound >= INVALID_BYTES || !ctf_order_step(&w->order, event)) {
		event_refuse(w, event);
		return;
	}
	if (!w->used) {
		w->packet_begin = event->time;
		w->used = CTF_PACKET_BYTES;
	}
	at = ctf_put8(w->packet + w->used, (uint8_t)event->id);
	at = ctf_put64(at, event->time);
	w->used = (size_t)(fields_put(at, event) - w->packet);
}

struct trace_listener trace_writer_listener(struct trace_writer *writer)
{
	return (struct trace_listener){writer_event, writer};
}

/* ---- Life ------------------------------------------------------------------------------------- */

static bool directory_empty(int fd)
{
	DIR *dir;
	const struct dirent *entry;
	bool empty = true;
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	dir = copy < 0 ? NULL : fdopendir(copy);
	if (!dir) {
		if (copy >= 0)
			close(copy);
		return false;
	}
	while (empty && (entry = readdir(dir)))
		empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
	closedir(dir);
	return empty;
}

static void writer_open_files(struct trace_writer *w)
{
	w->dir_made = mkdir(w->dir, 0777) == 0;
	if (!w->dir_made && errno != EEXIST) {
		writer_fail(w, "%s: cannot be made: %s", w->dir, strerror(errno));
		return;
	}
	w->dir_fd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->dir_fd < 0) {
		writer_fail(w,
			    "%s: a trace needs an empty directory or none, this cannot be opened as one: %s",
			    w->dir, strerror(errno));
		return;
	}
	if (!directory_empty(w->dir_fd)) {
		writer_fail(w, "%s: a trace needs an empty directory or none, this one is not empty", w->dir);
		return;
	}
	w->stream_fd = openat(w->dir_fd, STREAM_TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	w->stream_made = w->stream_fd >= 0;
	if (!w->stream_made)
		writer_fail(w, "%s/%s: cannot be made: %s", w->dir, STREAM_TEMPORARY, strerror(errno));
}

static void writer_free(struct trace_writer *w)
{
	if (w->stream_fd >= 0)
		close(w->stream_fd);
	if (w->dir_fd >= 0)
		close(w->dir_fd);
	free(w->packet);
	free(w->dir);
	free(w);
}

/* Only what this writer made. */
static void writer_remove_files(struct trace_writer *w)
{
	static const char *const names[] = {STREAM_TEMPORARY, METADATA_TEMPORARY, CTF_STREAM_FILE,
					    CTF_METADATA_FILE};

	for (size_t i = 0; w->stream_made && i < sizeof(names) / sizeof(names[0]); i++)
		unlinkat(w->dir_fd, names[i], 0);
	if (w->dir_made)
		rmdir(w->dir);
}

void trace_writer_discard(struct trace_writer *writer)
{
	writer_remove_files(writer);
	writer_free(writer);
}

struct trace_writer *trace_writer_open(const char *dir, char *why, size_t why_size)
{
	struct trace_writer *w = calloc(1, sizeof(*w));

	if (w) {
		*w = (struct trace_writer){.dir = strdup(dir), .dir_fd = -1, .stream_fd = -1};
		w->packet = malloc(CTF_CONTENT_BYTES);
		w->capacity = CTF_CONTENT_BYTES;
	}
	if (!w || !w->dir || !w->packet) {
		snprintf(why, why_size, "%s: no memory for a trace writer", dir);
		if (w)
			writer_free(w);
		return NULL;
	}
	writer_open_files(w);
	if (!w->failed)
		return w;
	snprintf(why, why_size, "%s", w->why);
	trace_writer_discard(w);
	return NULL;
}

static void metadata_write(struct trace_writer *w)
{
	size_t size;
	char *text = ctf_metadata(&size);
	int fd = openat(w->dir_fd, METADATA_TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	bool written = text && fd >= 0 && file_write(fd, text, size);

	if (fd >= 0)
		written = close(fd) == 0 && written;
	if (!written)
		writer_fail(w, "%s/%s: cannot be written: %s", w->dir, METADATA_TEMPORARY, strerror(errno));
	free(text);
}

static void file_rename(struct trace_writer *w, const char *from, const char *to)
{
	if (!w->failed && renameat(w->dir_fd, from, w->dir_fd, to) < 0)
		writer_fail(w, "%s/%s: cannot be renamed to %s: %s", w->dir, from, to, strerror(errno));
}

static int stream_close(struct trace_writer *w)
{
	int fd = w->stream_fd;

	w->stream_fd = -1;
	return close(fd);
}

/* Metadata gets its name last: a directory that has it holds a complete trace. */
static void writer_finish(struct trace_writer *w)
{
	if (!w->failed && !ctf_order_ended(&w->order))
		writer_fail(w, "%s: the trace ends with %s, expected run.end", w->dir,
			    w->order.events ? trace_schemas[w->order.last].name : "no event");
	if (!w->failed)
		packet_flush(w);
	if (!w->failed && stream_close(w) < 0)
		writer_fail(w, "%s/%s: cannot be closed: %s", w->dir, STREAM_TEMPORARY, strerror(errno));
	if (!w->failed)
		metadata_write(w);
	file_rename(w, STREAM_TEMPORARY, CTF_STREAM_FILE);
	file_rename(w, METADATA_TEMPORARY, CTF_METADATA_FILE);
}

bool trace_writer_close(struct trace_writer *writer, char *why, size_t why_size)
{
	writer_finish(writer);
	if (writer->failed) {
		snprintf(why, why_size, "%s", writer->why);
		trace_writer_discard(writer);
		return false;
	}
	writer_free(writer);
	return true;
}
