/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sample events, filled field by field through the schema's offsets: on purpose not through the structs'
 * members, on which the encoder is built.
 */
#include "traces/tests/sample.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint8_t sample_bytes[64] =
	"\x00\x01\xff\x7f\x80 sixty-four bytes, the line of a host; newline:\n";
static const char *const sample_texts[SAMPLE_VARIANTS] = {
	"",
	"h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7\twith a tab\nand a second line, \"quoted\" \\",
	"plain",
};

static uint64_t sample_integer(unsigned int variant, unsigned int field)
{
	if (variant == 0)
		return 0;
	return variant == 1 ? UINT64_MAX : 0x1122334455667788u + 0x0101010101010101u * field;
}

static unsigned int enum_last(const struct trace_field *field)
{
	unsigned int last = 0;

	while (field->enum_names[last + 1])
		last++;
	return last;
}

static void sample_field(const struct trace_field *field, unsigned int variant, unsigned int n, void *to)
{
	static const uint16_t sizes[SAMPLE_VARIANTS] = {0, 64, 5};
	uint64_t value = sample_integer(variant, n);

	switch (field->type) {
	case TRACE_U8:
		*(uint8_t *)to = (uint8_t)value;
		break;
	case TRACE_U16:
		*(uint16_t *)to = (uint16_t)value;
		break;
	case TRACE_U32:
		*(uint32_t *)to = (uint32_t)value;
		break;
	case TRACE_U64:
	case TRACE_X64:
		*(uint64_t *)to = value;
		break;
	case TRACE_STR:
		*(const char **)to = sample_texts[variant];
		break;
	case TRACE_BYTES:
		*(struct trace_bytes *)to = (struct trace_bytes){sizes[variant], sample_bytes};
		break;
	case TRACE_ENUM:
		*(uint8_t *)to = (uint8_t)(variant == 0 ? 0 : enum_last(field) / variant);
		break;
	}
}

void sample_event(const struct sample *sample, size_t i, struct trace_event *event)
{
	unsigned int variant = sample->ends;
	const struct trace_schema *schema;

	memset(event, 0, sizeof(*event));
	event->time = 1001 * (uint64_t)(i / 2);
	if (i == 0) {
		event->id = EVENT_run_begin;
	} else if (i == sample->count - 1) {
		event->id = EVENT_run_end;
		event->time = UINT64_MAX - 1;	/* babeltrace2 takes UINT64_MAX for "none" */
	} else {
		/* The first event of the list is run.begin, the last one run.end. */
		event->id = (enum trace_id)(1 + (i - 1) % (EVENT_COUNT - 2));
		variant = (unsigned int)((i - 1) / (EVENT_COUNT - 2) % SAMPLE_VARIANTS);
	}
	schema = &trace_schemas[event->id];
	for (unsigned int n = 0; n < schema->count; n++)
		sample_field(&schema->fields[n], variant, n, (char *)event + schema->fields[n].offset);
}

void sample_emit(const struct sample *sample, struct trace_listener listener)
{
	struct trace_event event;

	for (size_t i = 0; i < sample->count; i++) {
		sample_event(sample, i, &event);
		listener.event(listener.ctx, &event);
	}
}

static bool bytes_equal(const struct trace_bytes *a, const struct trace_bytes *b)
{
	return a->size == b->size && (!a->size || !memcmp(a->data, b->data, a->size));
}

static bool field_equal(const struct trace_field *field, const void *a, const void *b)
{
	static const size_t sizes[] = {
		[TRACE_U8] = 1,	 [TRACE_U16] = 2, [TRACE_U32] = 4,
		[TRACE_U64] = 8, [TRACE_X64] = 8, [TRACE_ENUM] = 1,
	};

	if (field->type == TRACE_STR)
		return !strcmp(*(const char *const *)a, *(const char *const *)b);
	if (field->type == TRACE_BYTES)
		return bytes_equal(a, b);
	return !memcmp(a, b, sizes[field->type]);
}

bool sample_equal(const struct trace_event *a, const struct trace_event *b)
{
	const struct trace_schema *schema = &trace_schemas[a->id];

	if (a->id != b->id || a->time != b->time)
		return false;
	for (unsigned int n = 0; n < schema->count; n++) {
		size_t offset = schema->fields[n].offset;

		if (!field_equal(&schema->fields[n], (const char *)a + offset, (const char *)b + offset))
			return false;
	}
	return true;
}

void sample_directory(char path[SAMPLE_PATH])
{
	const char *parent = getenv("TMPDIR");

	snprintf(path, SAMPLE_PATH, "%s/sbesim-traces-XXXXXX", parent ? parent : "/tmp");
	if (!mkdtemp(path)) {
		perror(path);
		exit(2);
	}
}

static int entry_remove(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
	(void)status;
	(void)flag;
	(void)walk;
	return remove(path);
}

void sample_remove(const char *path)
{
	nftw(path, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
}
