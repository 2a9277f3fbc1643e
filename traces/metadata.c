/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The metadata of a trace: TSDL text, generated from the schema and ctf.h, the same for every trace of one
 * version.
 *
 * It describes and nothing else: what ran, when and where is told by events, so that two equal runs give
 * equal files.
 */
#include "traces/ctf.h"

#include <stdio.h>
#include <stdlib.h>

static const char preamble[] =
	"/* CTF 1.8 */\n"
	"\n"
	"clock {\n"
	"\tname = \"virtual\";\n"
	"\tdescription = \"Picoseconds of the modelled machine since the run began\";\n"
	"\tfreq = 1000000000000;\n"
	"\toffset_s = 0;\n"
	"\toffset = 0;\n"
	"\tabsolute = false;\n"
	"};\n"
	"\n"
	"typealias integer { size = 8; align = 8; signed = false; } := u8;\n"
	"typealias integer { size = 16; align = 8; signed = false; } := u16;\n"
	"typealias integer { size = 32; align = 8; signed = false; } := u32;\n"
	"typealias integer { size = 64; align = 8; signed = false; } := u64;\n"
	"typealias integer { size = 8; align = 8; signed = false; base = 16; } := x8;\n"
	"typealias integer { size = 64; align = 8; signed = false; base = 16; } := x64;\n"
	"typealias integer { size = 64; align = 8; signed = false; map = clock.virtual.value; } := ps;\n"
	"\n";

static const char frame_text[] =
	"trace {\n"
	"\tmajor = 1;\n"
	"\tminor = 8;\n"
	"\tbyte_order = le;\n"
	"\tpacket.header := struct {\n"
#define FIELD(bits, type, name) "\t\t" #type " " #name ";\n"
	CTF_PACKET_HEADER(FIELD)
	"\t};\n"
	"};\n"
	"\n"
	"env {\n"
	"\ttracer_name = \"sbesim\";\n"
	"\tformat_version = %d;\n"
	"};\n"
	"\n"
	"stream {\n"
	"\tid = %u;\n"
	"\tpacket.context := struct {\n"
	CTF_PACKET_CONTEXT(FIELD)
	"\t};\n"
	"\tevent.header := struct {\n"
	CTF_EVENT_HEADER(FIELD)
#undef FIELD
	"\t};\n"
	"};\n";

static void enum_put(FILE *out, const struct trace_field *field)
{
	fputs("\t\tenum : u8 {", out);
	for (unsigned int i = 0; field->enum_names[i]; i++)
		fprintf(out, "%s \"%s\" = %u", i ? "," : "", field->enum_names[i], i);
	fprintf(out, " } %s;\n", field->name);
}

static void field_put(FILE *out, const struct trace_field *field)
{
	const char *name = field->name;

	switch (field->type) {
	case TRACE_U8:
		fprintf(out, "\t\tu8 %s;\n", name);
		break;
	case TRACE_U16:
		fprintf(out, "\t\tu16 %s;\n", name);
		break;
	case TRACE_U32:
		fprintf(out, "\t\tu32 %s;\n", name);
		break;
	case TRACE_U64:
		fprintf(out, "\t\tu64 %s;\n", name);
		break;
	case TRACE_X64:
		fprintf(out, "\t\tx64 %s;\n", name);
		break;
	case TRACE_STR:
		fprintf(out, "\t\tstring %s;\n", name);
		break;
	case TRACE_BYTES:
		fprintf(out, "\t\tu16 %s_count;\n\t\tx8 %s[%s_count];\n", name, name, name);
		break;
	case TRACE_ENUM:
		enum_put(out, field);
		break;
	}
}

static void event_put(FILE *out, unsigned int id)
{
	const struct trace_schema *schema = &trace_schemas[id];

	fprintf(out, "\nevent {\n\tname = \"%s\";\n\tid = %u;\n\tstream_id = %u;\n\tfields := struct {\n",
		schema->name, id, CTF_STREAM_ID);
	for (unsigned int i = 0; i < schema->count; i++)
		field_put(out, &schema->fields[i]);
	fputs("\t};\n};\n", out);
}

char *ctf_metadata(size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	if (!out)
		return NULL;
	fputs(preamble, out);
	fprintf(out, frame_text, CTF_FORMAT_VERSION, CTF_STREAM_ID);
	for (unsigned int id = 0; id < EVENT_COUNT; id++)
		event_put(out, id);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
