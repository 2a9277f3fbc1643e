/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One event as one line of text, by the schema alone: what `sbesim show --events` prints.
 *
 * It knows no event by name and looks nothing up; show.c is for people who want a story. Events may be
 * invalid: they are printed as they are.
 */
#include "traces/text.h"
#include "traces/trace.h"

#include <inttypes.h>
#include <string.h>

static void bytes_print(FILE *out, const struct trace_bytes *bytes)
{
	for (unsigned int i = 0; i < bytes->size; i++)
		fprintf(out, "%s%02x", i ? " " : "", bytes->data[i]);
}

static void enum_print(FILE *out, const struct trace_field *field, uint8_t value)
{
	const char *name = trace_enum_name(field->enum_type, value);

	if (strcmp(name, "?"))
		fputs(name, out);
	else
		fprintf(out, "?(%u)", value);
}

static void string_print(FILE *out, const char *text)
{
	fputc('"', out);
	trace_text_print(out, text, strlen(text), "\"\\");
	fputc('"', out);
}

static void value_print(FILE *out, const struct trace_field *field, const void *value)
{
	switch (field->type) {
	case TRACE_U8:
		fprintf(out, "%u", *(const uint8_t *)value);
		break;
	case TRACE_U16:
		fprintf(out, "%u", *(const uint16_t *)value);
		break;
	case TRACE_U32:
		fprintf(out, "%" PRIu32, *(const uint32_t *)value);
		break;
	case TRACE_U64:
		fprintf(out, "%" PRIu64, *(const uint64_t *)value);
		break;
	case TRACE_X64:
		fprintf(out, "0x%" PRIx64, *(const uint64_t *)value);
		break;
	case TRACE_STR:
		string_print(out, *(const char *const *)value);
		break;
	case TRACE_BYTES:
		bytes_print(out, value);
		break;
	case TRACE_ENUM:
		enum_print(out, field, *(const uint8_t *)value);
		break;
	}
}

void trace_print(FILE *out, const struct trace_event *event)
{
	const struct trace_schema *schema = &trace_schemas[event->id];

	fprintf(out, "%8" PRIu64 ".%03u ns  %s ", event->time / 1000, (unsigned int)(event->time % 1000),
		schema->name);
	for (unsigned int i = 0; i < schema->count; i++) {
		const struct trace_field *field = &schema->fields[i];

		fprintf(out, " %s=", field->name);
		value_print(out, field, (const char *)event + field->offset);
	}
}
