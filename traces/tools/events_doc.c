/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prints docs/events.md: the schema of traces as Markdown.
 *
 * Names, levels and fields come from the schema; what an event means is told by the comments of events.def,
 * which are not repeated here.
 */
#include "traces/trace.h"

static const char *const level_names[] = {
	[TRACE_LEVEL_MESSAGE] = "message",
	[TRACE_LEVEL_MAINTENANCE] = "maintenance",
	[TRACE_LEVEL_BUS] = "bus",
};

static const char *const type_names[] = {
	[TRACE_U8] = "u8",
	[TRACE_U16] = "u16",
	[TRACE_U32] = "u32",
	[TRACE_U64] = "u64",
	[TRACE_X64] = "x64",
	[TRACE_STR] = "string",
	[TRACE_BYTES] = "bytes",
	[TRACE_ENUM] = "enum",
};

static void event_print(const struct trace_schema *schema)
{
	printf("| `%s` | %s | ", schema->name, level_names[schema->level]);
	for (unsigned int i = 0; i < schema->count; i++) {
		const struct trace_field *field = &schema->fields[i];
		const char *type = field->type == TRACE_ENUM ? field->enum_type : type_names[field->type];

		printf("%s`%s` %s", i ? ", " : "", field->name, type);
	}
	puts(" |");
}

static void enum_print(const char *type)
{
	printf("| %s | ", type);
	for (unsigned int i = 0; trace_enum_name(type, i)[0] != '?'; i++)
		printf("%s%u %s", i ? ", " : "", i, trace_enum_name(type, i));
	puts(" |");
}

int main(void)
{
	puts("<!-- Generated from traces/events.def and traces/enums.def. -->\n"
	     "# Events of a trace\n\n"
	     "The level is the lowest one that carries the event. Integers are little-endian; x64 is a u64 "
	     "that is shown in\n"
	     "hexadecimal, a string is UTF-8 with a NUL, bytes are a u16 count and as many bytes, an "
	     "enumeration is a u8.\n\n"
	     "| event | level | fields |\n|---|---|---|");
	for (unsigned int id = 0; id < EVENT_COUNT; id++)
		event_print(&trace_schemas[id]);
	puts("\n## Enumerations\n\n| type | values |\n|---|---|");
#define ENUM(type, values) enum_print(#type);
#include "traces/enums.def"
#undef ENUM
	return fflush(stdout) ? 1 : 0;
}
