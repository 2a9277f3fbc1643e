/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * events.def and enums.def as tables, for code that treats all events alike.
 *
 * Nothing is listed here: every name, type and offset comes from the two lists. This file knows nothing of
 * how an event looks on disk (ctf.h) or on paper (print.c).
 */
#include "traces/trace.h"

#include <string.h>

#define V(c_name, text) text,
#define ENUM(type, values) static const char *const names_##type[] = {values NULL};
#include "traces/enums.def"
#undef ENUM

static const struct {
	const char *type;
	const char *const *names;
} enums[] = {
#define ENUM(type, values) {#type, names_##type},
#include "traces/enums.def"
#undef ENUM
};
#undef V

/*
 * A field's macro is not told which event it belongs to, and the offset needs both: so each field becomes a
 * tuple, and EACH hands the event to one tuple after the other. An event of more than 12 fields does not
 * compile.
 */
#define FIELD(f, event, type, enum_type, names) \
	{#f, type, enum_type, names, offsetof(struct trace_event, event.f)},
#define INSERT(event, f, ...) FIELD(f, event, __VA_ARGS__)
#define UNPACK(...) __VA_ARGS__
#define CALL(macro, ...) macro(__VA_ARGS__)
#define APPLY(event, tuple) CALL(INSERT, event, UNPACK tuple)
#define EACH_1(event, tuple) APPLY(event, tuple)
#define EACH_2(event, tuple, ...) APPLY(event, tuple) EACH_1(event, __VA_ARGS__)
#define EACH_3(event, tuple, ...) APPLY(event, tuple) EACH_2(event, __VA_ARGS__)
#define EACH_4(event, tuple, ...) APPLY(event, tuple) EACH_3(event, __VA_ARGS__)
#define EACH_5(event, tuple, ...) APPLY(event, tuple) EACH_4(event, __VA_ARGS__)
#define EACH_6(event, tuple, ...) APPLY(event, tuple) EACH_5(event, __VA_ARGS__)
#define EACH_7(event, tuple, ...) APPLY(event, tuple) EACH_6(event, __VA_ARGS__)
#define EACH_8(event, tuple, ...) APPLY(event, tuple) EACH_7(event, __VA_ARGS__)
#define EACH_9(event, tuple, ...) APPLY(event, tuple) EACH_8(event, __VA_ARGS__)
#define EACH_10(event, tuple, ...) APPLY(event, tuple) EACH_9(event, __VA_ARGS__)
#define EACH_11(event, tuple, ...) APPLY(event, tuple) EACH_10(event, __VA_ARGS__)
#define EACH_12(event, tuple, ...) APPLY(event, tuple) EACH_11(event, __VA_ARGS__)
#define EACH_PICK(e, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11, t12, pick, ...) pick
#define EACH(...) \
	CALL(EACH_PICK, __VA_ARGS__, EACH_12, EACH_11, EACH_10, EACH_9, EACH_8, EACH_7, EACH_6, EACH_5, \
	     EACH_4, EACH_3, EACH_2, EACH_1, none)(__VA_ARGS__)

#define U8(f) , (f, TRACE_U8, NULL, NULL)
#define U16(f) , (f, TRACE_U16, NULL, NULL)
#define U32(f) , (f, TRACE_U32, NULL, NULL)
#define U64(f) , (f, TRACE_U64, NULL, NULL)
#define X64(f) , (f, TRACE_X64, NULL, NULL)
#define STR(f) , (f, TRACE_STR, NULL, NULL)
#define BYTES(f) , (f, TRACE_BYTES, NULL, NULL)
#define ENUM(type, f) , (f, TRACE_ENUM, #type, names_##type)
#define EVENT(c_name, name, level, fields) \
	static const struct trace_field fields_##c_name[] = {EACH(c_name fields)};
#include "traces/events.def"
#undef EVENT

const struct trace_schema trace_schemas[EVENT_COUNT] = {
#define EVENT(c_name, name, level, fields) \
	{name, TRACE_LEVEL_##level, fields_##c_name, sizeof(fields_##c_name) / sizeof(fields_##c_name[0])},
#include "traces/events.def"
#undef EVENT
};

static const char *name_at(const char *const *names, unsigned int value)
{
	for (unsigned int i = 0; names[i]; i++) {
		if (i == value)
			return names[i];
	}
	return "?";
}

const char *trace_enum_name(const char *enum_type, unsigned int value)
{
	for (size_t i = 0; i < sizeof(enums) / sizeof(enums[0]); i++) {
		if (!strcmp(enums[i].type, enum_type))
			return name_at(enums[i].names, value);
	}
	return "?";
}
