/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events in memory, and a recorded trace on disk.
 *
 * An event is what the simulator, a QEMU plugin or a board tells. events.def lists them; everything here is
 * derived from it. A trace is a directory in Common Trace Format 1.8: `metadata` (TSDL text) and one file
 * `stream`, which babeltrace2 reads. Timestamps are picoseconds since the run began and never decrease.
 */
#ifndef TRACES_TRACE_H
#define TRACES_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* enum trace_side { TRACE_SIDE_HOST, TRACE_SIDE_REMOTE } and so on, one per ENUM line of enums.def. */
#define V(c_name, text) TRACE_##c_name,
#define ENUM(type, values) enum trace_##type { values };
#include "traces/enums.def"
#undef ENUM
#undef V

#define TRACE_ATTR_CACHED 1u
#define TRACE_ATTR_READ 2u
#define TRACE_ATTR_WRITE 4u
#define TRACE_ATTR_SHAREABLE 8u
#define TRACE_ATTR_DEVICE 16u

#define TRACE_MAILBOX_LOSSY 1u
#define TRACE_MAILBOX_DUPLICATES 2u
#define TRACE_MAILBOX_SCAN_ALL 4u
#define TRACE_MAILBOX_LATE_ACK 8u
#define TRACE_MAILBOX_EDGE 16u

enum trace_level { TRACE_LEVEL_MESSAGE, TRACE_LEVEL_MAINTENANCE, TRACE_LEVEL_BUS };

/* Borrowed: valid while the listener is being called. */
struct trace_bytes {
	uint16_t size;
	const uint8_t *data;
};

/* enum trace_id { EVENT_run_begin, ... EVENT_COUNT }. */
enum trace_id {
#define EVENT(c_name, name, level, fields) EVENT_##c_name,
#include "traces/events.def"
#undef EVENT
	EVENT_COUNT
};

/* struct event_store { uint8_t agent; uint64_t addr; ... } and so on. */
#define U8(f) uint8_t f;
#define U16(f) uint16_t f;
#define U32(f) uint32_t f;
#define U64(f) uint64_t f;
#define X64(f) uint64_t f;
#define STR(f) const char *f;
#define BYTES(f) struct trace_bytes f;
#define ENUM(type, f) uint8_t f;
#define EVENT(c_name, name, level, fields) struct event_##c_name { fields };
#include "traces/events.def"
#undef EVENT

struct trace_event {
	enum trace_id id;
	uint64_t time;		/* ps */
	union {
#define EVENT(c_name, name, level, fields) struct event_##c_name c_name;
#include "traces/events.def"
#undef EVENT
	};
};
#undef U8
#undef U16
#undef U32
#undef U64
#undef X64
#undef STR
#undef BYTES
#undef ENUM

/* Whoever is told of events. Must not keep pointers from the event. */
struct trace_listener {
	void (*event)(void *ctx, const struct trace_event *event);
	void *ctx;
};

/* What events.def says of an event, for code that treats all alike (encoder, decoder, printer). */
enum trace_field_type { TRACE_U8, TRACE_U16, TRACE_U32, TRACE_U64, TRACE_X64, TRACE_STR, TRACE_BYTES, TRACE_ENUM };
struct trace_field {
	const char *name;
	enum trace_field_type type;
	const char *enum_type;		/* TRACE_ENUM: its name in enums.def */
	const char *const *enum_names;	/* TRACE_ENUM: NULL-terminated, by value */
	size_t offset;			/* in struct trace_event */
};
struct trace_schema {
	const char *name;
	enum trace_level level;
	const struct trace_field *fields;
	unsigned int count;
};
extern const struct trace_schema trace_schemas[EVENT_COUNT];
/* "clean" for (TRACE_MAINT_CLEAN) of enum "maint"; "?" when out of range. */
const char *trace_enum_name(const char *enum_type, unsigned int value);

/*
 * Errors: functions that fail return false (or NULL) and write one sentence, without a newline, to `why`
 * (`why_size` bytes): who, what, expected, seen, where.
 */

/* Writes a trace. Opaque. */
struct trace_writer;
/*
 * Makes `dir` (its parent must exist) and begins a trace there. A `dir` that exists and is not an empty directory
 * is refused and left untouched. Nothing but complete traces stays: until trace_writer_close succeeds, the files
 * have temporary names, and trace_writer_discard removes them (and `dir`, if it made it).
 */
struct trace_writer *trace_writer_open(const char *dir, char *why, size_t why_size);
struct trace_listener trace_writer_listener(struct trace_writer *writer);
/* Finishes the files and frees the writer, also on failure (then nothing is left in `dir`). */
bool trace_writer_close(struct trace_writer *writer, char *why, size_t why_size);
void trace_writer_discard(struct trace_writer *writer);

/*
 * Reads the trace in `dir` and tells `listener` each event in order. The whole trace is validated before the first
 * event is told: metadata must be what this version writes (byte-identical), every packet and field in bounds,
 * enums in range, times not decreasing, run.begin first and run.end last.
 */
bool trace_read(const char *dir, struct trace_listener listener, char *why, size_t why_size);

/* One line of text without a newline: time in ns, event, fields. What `sbesim show --events` prints. */
void trace_print(FILE *out, const struct trace_event *event);

#endif
