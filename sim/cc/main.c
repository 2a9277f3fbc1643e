/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The stand-in for the assembler that sbesim-cc puts before the compilers (-B): looks for what sbesim will not see,
 * says so, and runs the assembler that comes next in PATH. It never changes what is assembled; a warning that is an
 * error makes it fail.
 *
 * From sbesim-cc, in the environment: SBESIM_CC_WARN, its own options, one a line; SBESIM_CC_DUMP, the file to which
 * gcc dumps its last intermediate form; SBESIM_CC_LINE, the compiler and its arguments, one a line, by which clang is
 * asked for the preprocessed source; SBESIM_CC_TOP, the directory that file names are relative to.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/cc/cc.h"

#define ARGUMENTS_MAX 4096

static const struct {
	const char *name;
	bool is_error;
} warning_table[CC_WARNING_COUNT] = {
#define CC_ENTRY(id, name, is_error) [CC_##id] = { name, is_error },
	CC_WARNINGS(CC_ENTRY)
#undef CC_ENTRY
};

static struct {
	bool off[CC_WARNING_COUNT], error[CC_WARNING_COUNT];
	unsigned int errors;
	struct said {
		enum cc_warning warning;
		struct cc_place place;
	} * said;
	size_t count;
} state;

static void __attribute__((noreturn)) cc_die(const char *what, const char *why)
{
	fprintf(stderr, "sbesim-cc: %s: %s\n", what, why);
	exit(1);
}

/* ---- Helpers ---------------------------------------------------------------------------------------- */

char *cc_copy(const char *text, size_t size)
{
	char *copy = strndup(text, size);

	if (!copy)
		cc_die("warnings", strerror(errno));
	return copy;
}

void *cc_grow(void *array, size_t count, size_t element)
{
	if (count & (count - 1))
		return array;
	array = realloc(array, (count ? 2 * count : 1) * element);
	if (!array)
		cc_die("warnings", strerror(errno));
	return array;
}

bool cc_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static char *cc_read_stream(FILE *file, size_t *size)
{
	size_t room = 1u << 16, used = 0, got;
	char *text = malloc(room);

	while (text && (got = fread(text + used, 1, room - used - 1, file)) > 0) {
		used += got;
		if (room - used < 2)
			text = realloc(text, room *= 2);
	}
	if (text)
		text[used] = '\0';
	*size = used;
	return text;
}

char *cc_read(const char *path, size_t *size)
{
	FILE *file = fopen(path, "r");
	char *text = file ? cc_read_stream(file, size) : NULL;

	if (file)
		fclose(file);
	for (size_t i = 0; text && i < *size; i++)
		text[i] = text[i] ? text[i] : ' ';
	return text;
}

/* ---- Warnings --------------------------------------------------------------------------------------- */

static void options_apply(const char *name, size_t size, bool *set, bool value)
{
	for (unsigned int i = 0; i < CC_WARNING_COUNT; i++)
		if (size == 0 ||
		    (strlen(warning_table[i].name) == size && memcmp(warning_table[i].name, name, size) == 0))
			set[i] = value;
}

/* -Wsbesim-NAME, -Wno-sbesim-NAME, -Werror=sbesim-NAME, -Wno-error=sbesim-NAME; without -NAME all of them. */
static void option_read(const char *option, size_t size)
{
	static const struct {
		const char *prefix;
		bool *set, value;
	} kinds[] = {
		{ "-Wsbesim", state.off, false },
		{ "-Wno-sbesim", state.off, true },
		{ "-Werror=sbesim", state.error, true },
		{ "-Wno-error=sbesim", state.error, false },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t prefix = strlen(kinds[i].prefix);

		if (size < prefix || memcmp(option, kinds[i].prefix, prefix) != 0)
			continue;
		if (size == prefix)
			options_apply("", 0, kinds[i].set, kinds[i].value);
		else if (option[prefix] == '-')
			options_apply(option + prefix + 1, size - prefix - 1, kinds[i].set, kinds[i].value);
	}
}

/* The names after -Wsbesim-shared=, or NULL. */
static const char *options_read(const char *text)
{
	const char *shared = NULL;
	size_t size;

	for (unsigned int i = 0; i < CC_WARNING_COUNT; i++)
		state.error[i] = warning_table[i].is_error;
	for (; text && *text; text += size + (text[size] == '\n')) {
		size = strcspn(text, "\n");
		if (size == 2 && cc_starts(text, "-w"))
			memset(state.off, 1, sizeof(state.off));
		else if (cc_starts(text, "-Wsbesim-shared="))
			shared = cc_copy(text + 16, size - 16);
		else
			option_read(text, size);
	}
	return shared;
}

/* Below the working directory: its name from there. */
static const char *path_from_here(const char *path)
{
	char *here = getcwd(NULL, 0);
	size_t length = here ? strlen(here) : 0;
	bool below = here && strncmp(path, here, length) == 0 && path[length] == '/';

	free(here);
	return below ? path + length + 1 : path;
}

/* Names in debug information are relative to the top of the checkout, and people are somewhere below it. */
static const char *path_for_people(const char *file)
{
	const char *top = getenv("SBESIM_CC_TOP");
	bool dot = cc_starts(file, "./");
	char path[4096];

	file += dot ? 2 : 0;
	if (file[0] == '/')
		return path_from_here(file);
	if (!top || (!dot && access(file, F_OK) == 0))
		return file;
	snprintf(path, sizeof(path), "%s/%s", top, file);
	return access(path, F_OK) == 0 ? cc_copy(path_from_here(path), strlen(path_from_here(path))) : file;
}

static bool said_find(enum cc_warning warning, struct cc_place place)
{
	for (size_t i = 0; i < state.count; i++)
		if (state.said[i].warning == warning && state.said[i].place.line == place.line &&
		    strcmp(state.said[i].place.file, place.file) == 0)
			return true;
	return false;
}

bool cc_warned(enum cc_warning warning, struct cc_place place)
{
	place.file = path_for_people(place.file);
	return said_find(warning, place) || said_find(CC_STRUCT_VALUE, place);
}

void cc_warn(enum cc_warning warning, struct cc_place place, const char *format, ...)
{
	const char *name = warning_table[warning].name;
	va_list args;

	place.file = path_for_people(place.file);
	if (said_find(warning, place))
		return;
	state.said = cc_grow(state.said, state.count, sizeof(*state.said));
	state.said[state.count++] = (struct said){ warning, place };
	if (state.off[warning])
		return;
	fprintf(stderr, "%s:%u:%u: %s: ", place.file, place.line, place.column,
		state.error[warning] ? "error" : "warning");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, " [-W%ssbesim-%s]\n", state.error[warning] ? "error=" : "", name);
	state.errors += state.error[warning];
}

/* ---- The compiler, asked again ---------------------------------------------------------------------- */

static bool argument_is_source(const char *argument)
{
	size_t size = strlen(argument);

	return argument[0] != '-' && size > 2 && (strcmp(argument + size - 2, ".c") == 0);
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* How many of the arguments from here on make no sense with -E -o -: those that name or choose the output. */
static int argument_dropped(const char *argument, const char *source)
{
	static const char *const with_value[] = { "-o", "-MF", "-MT", "-MQ" };
	static const char *const alone[] = { "-c", "-MD", "-MMD", "-MP", "-M", "-MM" };

	for (size_t i = 0; i < sizeof(with_value) / sizeof(with_value[0]); i++)
		if (strcmp(argument, with_value[i]) == 0)
			return 2;
	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++)
		if (strcmp(argument, alone[i]) == 0)
			return 1;
	return argument_is_source(argument) && strcmp(file_name(argument), file_name(source)) != 0;
}

static char **arguments_for_source(char *line, const char *source)
{
	static char *argument[ARGUMENTS_MAX + 3];
	size_t count = 0;
	int drop = 0;

	for (char *word = strtok(line, "\n"); word && count < ARGUMENTS_MAX; word = strtok(NULL, "\n")) {
		if (!drop)
			drop = argument_dropped(word, source);
		if (drop)
			drop--;
		else
			argument[count++] = word;
	}
	argument[count++] = cc_copy("-E", 2);
	argument[count++] = cc_copy("-w", 2);
	return argument;
}

static char *source_preprocess(const char *source)
{
	const char *line = getenv("SBESIM_CC_LINE");
	int ends[2], status;
	size_t size;

	if (!line || !source || pipe(ends) != 0)
		return NULL;
	pid_t child = fork();

	if (child == 0) {
		char **arguments = arguments_for_source(cc_copy(line, strlen(line)), source);

		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		execvp(arguments[0], arguments);
		_exit(127);
	}
	close(ends[1]);
	FILE *file = fdopen(ends[0], "r");
	char *text = file ? cc_read_stream(file, &size) : NULL;

	if (file)
		fclose(file);
	return waitpid(child, &status, 0) == child && status == 0 ? text : NULL;
}

/* ---- The assembler ---------------------------------------------------------------------------------- */

static void text_look_at(const char *path)
{
	const char *dump_path = getenv("SBESIM_CC_DUMP");
	size_t size;
	char *text = cc_read(path, &size);
	char *dump = dump_path ? cc_read(dump_path, &size) : NULL;

	if (!text)
		return;
	if (dump)
		statements_scan_dump(dump);
	struct flow_result result = flow_scan(text);

	if (!result.compiler)
		cc_warn(CC_ASSEMBLER, (struct cc_place){ path, 1, 1 },
			"sbesim sees no load and no store of assembler source");
	else if (!dump && result.asm_places) {
		char *source = source_preprocess(result.source);

		if (source)
			statements_scan_source(source, result.asm_place, result.asm_places);
		else
			cc_warn(CC_BARRIER, result.asm_place[0], "inline assembly, which could not be looked at");
	}
}

static int assembler_run(char **argv)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		argv[0] = cc_copy("as", 2);
		execvp("as", argv);
		fprintf(stderr, "sbesim-cc: as: %s\n", strerror(errno));
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return 1;
	return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	const char *input = NULL, *output = NULL, *shared = options_read(getenv("SBESIM_CC_WARN"));

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-o") == 0 && i + 1 < argc)
			output = argv[++i];
		else if (argv[i][0] != '-' && strcmp(argv[i - 1], "-I") != 0)
			input = argv[i];
	}
	if (input)
		text_look_at(input);
	int status = assembler_run(argv);

	if (status == 0 && output)
		layout_scan(output, shared);
	return status ? status : state.errors != 0;
}
