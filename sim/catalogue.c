/* SPDX-License-Identifier: BSD-3-Clause */
/* Names and files; see catalogue.h. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "sim/catalogue.h"

#define CATALOGUE_NAME_MAX 64
#define CATALOGUE_LIST_MAX 256
#define CATALOGUE_DEFECTS "conformance/defects"
#define CATALOGUE_PLATFORMS "models/platforms"

/* The directory of the library, and the one above it. Both empty when that cannot be told. */
struct catalogue_place {
	char build[PATH_MAX], root[PATH_MAX];
};

static void catalogue_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
}

static void catalogue_place(struct catalogue_place *place)
{
	Dl_info info;

	place->build[0] = '\0';
	if (dladdr((void *)(uintptr_t)catalogue_resolve, &info) && info.dli_fname)
		if (!realpath(info.dli_fname, place->build))
			place->build[0] = '\0';
	catalogue_up(place->build);
	strcpy(place->root, place->build);
	catalogue_up(place->root);
}

static char *catalogue_join(const char *dir, const char *name)
{
	char *joined = malloc(strlen(dir) + strlen(name) + 2);

	if (joined)
		sprintf(joined, "%s/%s", dir, name);
	return joined;
}

static bool catalogue_is_name(const char *text)
{
	return !strchr(text, '/') && !strchr(text, '.') && strlen(text) < CATALOGUE_NAME_MAX;
}

/* ---- Directories as lists ---------------------------------------------------------------------------- */

static int catalogue_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in root/dir that end in `suffix`, without it, sorted. */
static unsigned int catalogue_list(const char *dir, const char *suffix, char *names[CATALOGUE_LIST_MAX])
{
	struct catalogue_place place;
	unsigned int n = 0;
	struct dirent *entry;

	catalogue_place(&place);
	char *path = catalogue_join(place.root, dir);
	DIR *d = path ? opendir(path) : NULL;

	while (d && n < CATALOGUE_LIST_MAX && (entry = readdir(d))) {
		size_t length = strlen(entry->d_name), end = strlen(suffix);

		if (length > end && strcmp(entry->d_name + length - end, suffix) == 0)
			names[n++] = strndup(entry->d_name, length - end);
	}
	if (d)
		closedir(d);
	free(path);
	qsort(names, n, sizeof(names[0]), catalogue_compare);
	return n;
}

/* "a, b and c" of a list, for messages. */
static void catalogue_say_list(const char *dir, const char *suffix, char *out, size_t size)
{
	char *names[CATALOGUE_LIST_MAX];
	unsigned int n = catalogue_list(dir, suffix, names);
	size_t used = 0;

	*out = '\0';
	for (unsigned int i = 0; i < n; i++) {
		if (used < size)
			used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", names[i]);
		free(names[i]);
	}
}

/* ---- What the user names -------------------------------------------------------------------------------- */

static char *catalogue_platform(const struct catalogue_place *place, const char *given, char *why, size_t why_size)
{
	char known[512], file[CATALOGUE_NAME_MAX + 32];

	if (!given)
		given = "zynqmp";
	if (!catalogue_is_name(given))
		return strdup(given);
	snprintf(file, sizeof(file), "platforms/%s.dtb", given);
	char *path = catalogue_join(place->build, file);

	if (path && access(path, R_OK) == 0)
		return path;
	free(path);
	catalogue_say_list(CATALOGUE_PLATFORMS, ".dts", known, sizeof(known));
	snprintf(why, why_size, "platform %s: expected one of %s, or the path of a .dts file", given, known);
	return NULL;
}

/* The image of a defect replaces one of the two sides. */
static bool catalogue_defect(const struct catalogue_place *place, const struct sbesim_config *config, char *paths[4],
			     char *why, size_t why_size)
{
	static const char *const side[] = { "host", "remote" };
	const char *const given[] = { config->host, config->remote }, *name = config->defect;
	char file[CATALOGUE_NAME_MAX + 32], known[2048];

	for (unsigned int i = 0; catalogue_is_name(name) && i < 2; i++) {
		snprintf(file, sizeof(file), "defects/%s/%s.so", name, side[i]);
		char *path = catalogue_join(place->build, file);

		if (path && access(path, R_OK) == 0) {
			free(paths[1 + i]);
			paths[1 + i] = path;
			if (given[i])
				snprintf(why, why_size, "defect %s: replaces the %s, expected no --%s beside it, seen %s", name,
					 side[i], side[i], given[i]);
			return !given[i];
		}
		free(path);
	}
	catalogue_say_list(CATALOGUE_DEFECTS, ".patch", known, sizeof(known));
	snprintf(why, why_size, "defect %s: expected one that is built: %s", name, known);
	return false;
}

bool catalogue_resolve(const struct sbesim_config *config, char *paths[4], char *why, size_t why_size)
{
	struct catalogue_place place;

	catalogue_place(&place);
	paths[0] = catalogue_platform(&place, config->platform, why, why_size);
	paths[1] = config->host ? strdup(config->host) : catalogue_join(place.build, "host-reference.so");
	paths[2] = config->remote ? strdup(config->remote) : catalogue_join(place.build, "remote-reference.so");
	paths[3] = config->input ? strdup(config->input) : catalogue_join(place.root, "conformance/reference/input.txt");
	return paths[0] && (!config->defect || catalogue_defect(&place, config, paths, why, why_size));
}

/* ---- How files are named in what is written ---------------------------------------------------------------- */

/* One of our platforms by its name; a file relative to the root when inside, else absolute. False when outside. */
static bool catalogue_name(const char *path, char *out)
{
	struct catalogue_place place;
	char real[PATH_MAX], ours[PATH_MAX + 16];
	size_t root, length;

	catalogue_place(&place);
	root = strlen(place.root);
	length = (size_t)snprintf(ours, sizeof(ours), "%s/platforms/", place.build);
	if (!realpath(path, real))
		snprintf(real, sizeof(real), "%s", path);
	if (strncmp(real, ours, length) == 0) {
		snprintf(out, CATALOGUE_PATH_MAX, "%.*s", (int)strcspn(real + length, "."), real + length);
		return true;
	}
	if (root && strncmp(real, place.root, root) == 0 && real[root] == '/') {
		snprintf(out, CATALOGUE_PATH_MAX, "%s", real + root + 1);
		return true;
	}
	snprintf(out, CATALOGUE_PATH_MAX, "%s", real);
	return false;
}

char *catalogue_trace_name(const char *path)
{
	char name[CATALOGUE_PATH_MAX];
	bool inside = catalogue_name(path, name);
	const char *slash = strrchr(name, '/');

	return strdup(inside || !slash ? name : slash + 1);
}

/* Appends one byte; what does not fit is dropped. */
static size_t catalogue_put(char *out, size_t size, size_t used, char c)
{
	if (used + 1 < size) {
		out[used] = c;
		out[used + 1] = '\0';
	}
	return used + 1 < size ? used + 1 : used;
}

/* " option text", the text in quotes for a shell when it needs them; the bytes appended. */
static size_t catalogue_quote(char *out, size_t size, const char *option, const char *text)
{
	bool plain = *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+=:,@%")];
	size_t used = 0;

	used = catalogue_put(out, size, used, ' ');
	for (; *option; option++)
		used = catalogue_put(out, size, used, *option);
	used = catalogue_put(out, size, used, ' ');
	if (!plain)
		used = catalogue_put(out, size, used, '\'');
	for (; *text; text++) {
		for (const char *quoted = *text == '\'' ? "'\\'" : ""; *quoted; quoted++)
			used = catalogue_put(out, size, used, *quoted);
		used = catalogue_put(out, size, used, *text);
	}
	if (!plain)
		used = catalogue_put(out, size, used, '\'');
	return used;
}

void catalogue_replay(char *const paths[4], const char *choices, char *out, size_t size)
{
	static const char *const option[] = { "--platform", "--host", "--remote", "--input" };
	struct catalogue_place place;
	char name[CATALOGUE_PATH_MAX];
	size_t used;

	catalogue_place(&place);
	used = (size_t)snprintf(out, size, "%s/sbesim replay", strrchr(place.build, '/') ? strrchr(place.build, '/') + 1 : ".");
	for (unsigned int i = 0; i < 4; i++) {
		catalogue_name(paths[i], name);
		used += catalogue_quote(out + used, size - used, option[i], name);
	}
	snprintf(out + used, size - used, " %s", choices);
}

/* ---- Lists ------------------------------------------------------------------------------------------------------ */

/* A patch begins with lines "Key: value" that say what it is. */
static void catalogue_add_header(cJSON *json, const char *name, const char *key, const char *as)
{
	struct catalogue_place place;
	char file[CATALOGUE_NAME_MAX + 64], line[512];
	size_t length = strlen(key);

	catalogue_place(&place);
	snprintf(file, sizeof(file), CATALOGUE_DEFECTS "/%.*s.patch", CATALOGUE_NAME_MAX, name);
	char *path = catalogue_join(place.root, file);
	FILE *patch = path ? fopen(path, "r") : NULL;

	while (patch && fgets(line, sizeof(line), patch) && strncmp(line, "--- ", 4) != 0) {
		if (strncmp(line, key, length) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		cJSON_AddStringToObject(json, as, line + length);
		break;
	}
	if (patch)
		fclose(patch);
	free(path);
}

static char *catalogue_print(cJSON *list)
{
	char *text = cJSON_PrintUnformatted(list);

	cJSON_Delete(list);
	return text;
}

char *catalogue_defects_json(void)
{
	char *names[CATALOGUE_LIST_MAX];
	unsigned int n = catalogue_list(CATALOGUE_DEFECTS, ".patch", names);
	cJSON *list = cJSON_CreateArray();

	for (unsigned int i = 0; i < n; i++) {
		cJSON *defect = cJSON_CreateObject();

		cJSON_AddStringToObject(defect, "name", names[i]);
		catalogue_add_header(defect, names[i], "Clause: ", "clause");
		catalogue_add_header(defect, names[i], "Platform: ", "platform");
		catalogue_add_header(defect, names[i], "Text: ", "text");
		cJSON_AddItemToArray(list, defect);
		free(names[i]);
	}
	return catalogue_print(list);
}

char *catalogue_platforms_json(void)
{
	char *names[CATALOGUE_LIST_MAX];
	unsigned int n = catalogue_list(CATALOGUE_PLATFORMS, ".dts", names);
	cJSON *list = cJSON_CreateArray();

	for (unsigned int i = 0; i < n; i++) {
		char file[CATALOGUE_NAME_MAX + 64];
		cJSON *platform = cJSON_CreateObject();

		snprintf(file, sizeof(file), CATALOGUE_PLATFORMS "/%.*s.dts", CATALOGUE_NAME_MAX, names[i]);
		cJSON_AddStringToObject(platform, "name", names[i]);
		cJSON_AddStringToObject(platform, "file", file);
		cJSON_AddItemToArray(list, platform);
		free(names[i]);
	}
	return catalogue_print(list);
}
