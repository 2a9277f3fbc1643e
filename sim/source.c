/* SPDX-License-Identifier: BSD-3-Clause */
/* Source lines; see source.h. */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/source.h"

#define SOURCE_PATH_MAX 512
#define SOURCE_DEPTH_MAX 8

struct source_place {
	uint64_t pc;
	uint8_t agent;
};

struct sources {
	struct engine *engine;
	struct source_place *place;	/* an open-addressed hash set; pc 0 is an empty slot */
	size_t size, used;
	Dwarf *dwarf[ENGINE_AGENTS_MAX];
	int fd[ENGINE_AGENTS_MAX];
};

struct sources *sources_new(struct engine *engine)
{
	struct sources *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->engine = engine;
	s->size = 1024;
	s->place = calloc(s->size, sizeof(*s->place));
	for (unsigned int i = 0; i < ENGINE_AGENTS_MAX; i++)
		s->fd[i] = -1;
	return s;
}

void sources_free(struct sources *s)
{
	for (unsigned int i = 0; i < ENGINE_AGENTS_MAX; i++) {
		if (s->dwarf[i])
			dwarf_end(s->dwarf[i]);
		if (s->fd[i] >= 0)
			close(s->fd[i]);
	}
	free(s->place);
	free(s);
}

/* ---- Collecting ------------------------------------------------------------------------------------- */

static struct source_place *source_slot(struct sources *s, uint8_t agent, uint64_t pc)
{
	size_t at = (size_t)((pc * 8 + agent) * UINT64_C(0x9e3779b97f4a7c15) >> 40) & (s->size - 1);

	while (s->place[at].pc && (s->place[at].pc != pc || s->place[at].agent != agent))
		at = (at + 1) & (s->size - 1);
	return &s->place[at];
}

static void source_grow(struct sources *s)
{
	struct source_place *old = s->place;
	size_t size = s->size;

	s->place = calloc(2 * size, sizeof(*s->place));
	if (!s->place)
		abort();
	s->size = 2 * size;
	for (size_t i = 0; i < size; i++)
		if (old[i].pc)
			*source_slot(s, old[i].agent, old[i].pc) = old[i];
	free(old);
}

static void source_note(struct sources *s, uint8_t agent, uint64_t pc)
{
	struct source_place *slot;

	if (!pc || agent >= s->engine->agents)
		return;
	slot = source_slot(s, agent, pc);
	if (slot->pc)
		return;
	*slot = (struct source_place){ .pc = pc, .agent = agent };
	if (++s->used * 2 > s->size)
		source_grow(s);
}

/* Which fields of an event are places in whose program: "pc" and the like are the agent's, "writer_pc" the writer's. */
static const struct {
	const char *pc, *agent;
} source_fields[] = {
	{ "pc", "agent" },	  { "maint_pc", "agent" },    { "load_first", "agent" },  { "load_last", "agent" },
	{ "store_first", "agent" }, { "store_last", "agent" }, { "writer_pc", "writer" }, { "victim_pc", "victim" },
};

static const struct trace_field *source_field(const struct trace_schema *schema, const char *name)
{
	for (unsigned int i = 0; i < schema->count; i++)
		if (strcmp(schema->fields[i].name, name) == 0)
			return &schema->fields[i];
	return NULL;
}

static void source_event(void *ctx, const struct trace_event *event)
{
	struct sources *s = ctx;
	const struct trace_schema *schema = &trace_schemas[event->id];
	const char *bytes = (const char *)event;

	for (size_t i = 0; event->id != EVENT_source && i < sizeof(source_fields) / sizeof(source_fields[0]); i++) {
		const struct trace_field *pc = source_field(schema, source_fields[i].pc);
		const struct trace_field *agent = pc ? source_field(schema, source_fields[i].agent) : NULL;
		uint64_t value;

		if (!agent)
			continue;
		memcpy(&value, bytes + pc->offset, sizeof(value));
		source_note(s, (uint8_t)bytes[agent->offset], value);
	}
}

struct trace_listener sources_listener(struct sources *s)
{
	return (struct trace_listener){ .event = source_event, .ctx = s };
}

/* ---- Looking up --------------------------------------------------------------------------------------- */

static Dwarf *source_dwarf(struct sources *s, unsigned int agent)
{
	if (s->fd[agent] < 0) {
		s->fd[agent] = open(s->engine->agent[agent].program->image->path, O_RDONLY | O_CLOEXEC);
		s->dwarf[agent] = s->fd[agent] < 0 ? NULL : dwarf_begin(s->fd[agent], DWARF_C_READ);
	}
	return s->dwarf[agent];
}

static bool source_find_unit(Dwarf *dwarf, uint64_t pc, Dwarf_Die *unit)
{
	Dwarf_Off at = 0, next;
	size_t header;

	while (dwarf_nextcu(dwarf, at, &next, &header, NULL, NULL, NULL) == 0) {
		if (dwarf_offdie(dwarf, at + header, unit) && dwarf_haspc(unit, pc) == 1)
			return true;
		at = next;
	}
	return false;
}

/* "./a/b/../c.c" as "a/c.c": relative to the directory that sbesim-cc took for the top. */
static void source_normalise(const char *path, char *out)
{
	size_t n = 0;

	while (*path && n + 2 < SOURCE_PATH_MAX) {
		size_t part = strcspn(path, "/");

		if (part == 2 && path[0] == '.' && path[1] == '.' && n > 1 && !(n >= 3 && memcmp(out + n - 3, "../", 3) == 0)) {
			for (n--; n && out[n - 1] != '/'; n--)
				continue;
		} else if (!(part == 1 && path[0] == '.') && !(part == 0 && n)) {
			part = part < SOURCE_PATH_MAX - 2 - n ? part : SOURCE_PATH_MAX - 2 - n;
			memcpy(out + n, path, part);
			n += part;
			out[n++] = '/';
		}
		path += strcspn(path, "/");
		path += *path == '/';
	}
	out[n ? n - 1 : 0] = '\0';
}

static void source_tell_frame(struct sources *s, const struct source_place *place, unsigned int depth, const char *file,
			      int line, const char *function)
{
	char path[SOURCE_PATH_MAX];

	source_normalise(file ? file : "?", path);
	ENGINE_EMIT(s->engine, source, .agent = place->agent, .pc = place->pc, .depth = (uint8_t)depth,
		    .line = line > 0 ? (uint32_t)line : 0, .file = path, .function = function ? function : "?");
}

static bool source_is_function(Dwarf_Die *die)
{
	return dwarf_tag(die) == DW_TAG_subprogram || dwarf_tag(die) == DW_TAG_inlined_subroutine;
}

static Dwarf_Word source_number(Dwarf_Die *die, unsigned int attribute)
{
	Dwarf_Attribute a;
	Dwarf_Word value = 0;

	if (dwarf_attr(die, attribute, &a))
		dwarf_formudata(&a, &value);
	return value;
}

/* A wrapper that its author declared __attribute__((artificial)): a place in it is its caller's. */
static bool source_is_artificial(Dwarf_Die *die)
{
	Dwarf_Attribute a;
	bool artificial = false;

	return dwarf_attr_integrate(die, DW_AT_artificial, &a) && dwarf_formflag(&a, &artificial) == 0 && artificial;
}

/* The place itself, then the calls that were inlined around it. */
static void source_tell_place(struct sources *s, const struct source_place *place, Dwarf_Die *unit)
{
	Dwarf_Line *at = dwarf_getsrc_die(unit, place->pc);
	Dwarf_Die *scopes = NULL, *chain = NULL;
	Dwarf_Files *files = NULL;
	int line = 0, count = dwarf_getscopes(unit, place->pc, &scopes);
	int links = count > 0 ? dwarf_getscopes_die(&scopes[0], &chain) : 0;
	const char *file = at ? dwarf_linesrc(at, NULL, NULL) : NULL;
	unsigned int depth = 0;

	if (at)
		dwarf_lineno(at, &line);
	dwarf_getsrcfiles(unit, &files, NULL);
	for (int i = 0; i < links && depth < SOURCE_DEPTH_MAX; i++) {
		if (!source_is_function(&chain[i]))
			continue;
		if (!source_is_artificial(&chain[i]))
			source_tell_frame(s, place, depth++, file, line, dwarf_diename(&chain[i]));
		if (dwarf_tag(&chain[i]) != DW_TAG_inlined_subroutine)
			break;
		line = (int)source_number(&chain[i], DW_AT_call_line);
		file = files ? dwarf_filesrc(files, source_number(&chain[i], DW_AT_call_file), NULL, NULL) : NULL;
	}
	if (!depth && at)
		source_tell_frame(s, place, 0, file, line, NULL);
	free(chain);
	free(scopes);
}

static int source_compare(const void *a, const void *b)
{
	const struct source_place *x = a, *y = b;

	if (x->agent != y->agent)
		return x->agent < y->agent ? -1 : 1;
	return x->pc < y->pc ? -1 : x->pc > y->pc;
}

void sources_tell(struct sources *s)
{
	size_t n = 0;
	Dwarf_Die unit;

	for (size_t i = 0; i < s->size; i++)
		if (s->place[i].pc)
			s->place[n++] = s->place[i];
	qsort(s->place, n, sizeof(*s->place), source_compare);
	for (size_t i = 0; i < n; i++) {
		Dwarf *dwarf = source_dwarf(s, s->place[i].agent);

		if (dwarf && source_find_unit(dwarf, s->place[i].pc, &unit))
			source_tell_place(s, &s->place[i], &unit);
	}
	memset(s->place, 0, s->size * sizeof(*s->place));
	s->used = 0;
}
