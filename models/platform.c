/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads platforms; see platform.h. */
#include <errno.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models/platform_reader.h"

#define PLATFORM_DTB_MAX (1u << 20)

extern char **environ;

bool platform_fail(struct platform_reader *r, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(r->why, r->why_size, "platform %s: %s", r->path, text);
	return false;
}

/* ---- Getting the blob ---------------------------------------------------------------------------- */

static size_t platform_read_all(FILE *from, void *blob)
{
	return fread(blob, 1, PLATFORM_DTB_MAX, from);
}

/* Runs dtc on the source; its complaints are kept to be quoted. */
static bool platform_compile(struct platform_reader *r, void *blob, size_t *size)
{
	char *argv[] = { (char *)"dtc", (char *)"-q", (char *)"-I", (char *)"dts", (char *)"-O", (char *)"dtb", (char *)"--",
			 (char *)(uintptr_t)r->path, NULL };
	posix_spawn_file_actions_t actions;
	int out[2], err[2], status = -1;
	pid_t pid;
	char complaint[160] = "";

	if (pipe(out) || pipe(err))
		return platform_fail(r, "no pipe for dtc: %s", strerror(errno));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	posix_spawn_file_actions_adddup2(&actions, err[1], 2);
	for (int i = 0; i < 2; i++) {
		posix_spawn_file_actions_addclose(&actions, out[i]);
		posix_spawn_file_actions_addclose(&actions, err[i]);
	}
	int failed = posix_spawnp(&pid, "dtc", &actions, NULL, argv, environ);

	posix_spawn_file_actions_destroy(&actions);
	close(out[1]);
	close(err[1]);
	FILE *blob_pipe = fdopen(out[0], "r"), *err_pipe = fdopen(err[0], "r");

	*size = platform_read_all(blob_pipe, blob);
	if (fgets(complaint, sizeof(complaint), err_pipe))
		complaint[strcspn(complaint, "\n")] = '\0';
	while (fgetc(err_pipe) != EOF)
		continue;
	fclose(blob_pipe);
	fclose(err_pipe);
	if (failed)
		return platform_fail(r, "cannot run dtc (Debian: device-tree-compiler): %s", strerror(failed));
	waitpid(pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return platform_fail(r, "dtc refuses it: %s", complaint);
	return true;
}

static bool platform_load(struct platform_reader *r, void *blob, size_t *size)
{
	FILE *file = fopen(r->path, "r");
	size_t length = strlen(r->path);

	if (!file)
		return platform_fail(r, "cannot be read: %s", strerror(errno));
	bool source = length > 4 && strcmp(r->path + length - 4, ".dts") == 0;

	*size = source ? 0 : platform_read_all(file, blob);
	fclose(file);
	return source ? platform_compile(r, blob, size) : true;
}

/* ---- Properties ------------------------------------------------------------------------------------ */

bool platform_u32(struct platform_reader *r, int node, const char *name, uint32_t *value)
{
	int size;
	const fdt32_t *p = fdt_getprop(r->fdt, node, name, &size);

	if (!p || size != 4)
		return platform_fail(r, "node %s: expected one 32-bit cell in %s", fdt_get_name(r->fdt, node, NULL), name);
	*value = fdt32_to_cpu(*p);
	return true;
}

bool platform_optional_u32(struct platform_reader *r, int node, const char *name, uint32_t missing, uint32_t *value)
{
	*value = missing;
	return !platform_has(r, node, name) || platform_u32(r, node, name, value);
}

bool platform_string(struct platform_reader *r, int node, const char *name, char *value, size_t size)
{
	const char *s = fdt_stringlist_get(r->fdt, node, name, 0, NULL);

	if (!s || strlen(s) >= size)
		return platform_fail(r, "node %s: expected a string of less than %zu bytes in %s",
				     fdt_get_name(r->fdt, node, NULL), size, name);
	strcpy(value, s);
	return true;
}

int platform_phandle(struct platform_reader *r, int node, const char *name, int index)
{
	int size;
	const fdt32_t *p = fdt_getprop(r->fdt, node, name, &size);
	int target = p && size >= 4 * (index + 1) ? fdt_node_offset_by_phandle(r->fdt, fdt32_to_cpu(p[index])) : -1;

	if (target < 0)
		platform_fail(r, "node %s: expected a phandle in cell %d of %s", fdt_get_name(r->fdt, node, NULL), index, name);
	return target;
}

bool platform_name_in(struct platform_reader *r, int node, const char *list, const char *name)
{
	return fdt_stringlist_search(r->fdt, node, list, name) >= 0;
}

bool platform_has(struct platform_reader *r, int node, const char *name)
{
	return fdt_getprop(r->fdt, node, name, NULL) != NULL;
}

/* ---- Nodes ------------------------------------------------------------------------------------------ */

static bool platform_read_kind(struct platform_reader *r, int node, struct platform_region *region)
{
	char kind[PLATFORM_NAME_MAX];

	if (!platform_string(r, node, "sbesim,kind", kind, sizeof(kind)))
		return false;
	for (unsigned int k = 0; k <= TRACE_REGION_KIND_RESOURCE_TABLE; k++)
		if (strcmp(kind, trace_enum_name("region_kind", k)) == 0) {
			region->kind = (enum trace_region_kind)k;
			return true;
		}
	return platform_fail(r, "node %s: sbesim,kind: expected private, control, data or resource-table, seen \"%s\"",
			     fdt_get_name(r->fdt, node, NULL), kind);
}

static bool platform_read_region(struct platform_reader *r, int node)
{
	struct platform *p = r->platform;
	struct platform_region *region = &p->region[p->regions];
	int size, name_size;
	const fdt32_t *reg = fdt_getprop(r->fdt, node, "reg", &size);
	const char *name = fdt_get_name(r->fdt, node, &name_size);

	if (platform_is_unbacked_heap(r, node))
		return true;
	name_size = (int)strcspn(name, "@");
	if (p->regions == PLATFORM_REGIONS_MAX || name_size >= PLATFORM_NAME_MAX)
		return platform_fail(r, "node %s: at most %d regions with names of less than %d bytes", name,
				     PLATFORM_REGIONS_MAX, PLATFORM_NAME_MAX);
	if (!reg || size != 16)
		return platform_fail(r, "node %s: expected two 64-bit values (address, size) in reg", name);
	memcpy(region->name, name, (size_t)name_size);
	region->start = (uint64_t)fdt32_to_cpu(reg[0]) << 32 | fdt32_to_cpu(reg[1]);
	region->size = (uint64_t)fdt32_to_cpu(reg[2]) << 32 | fdt32_to_cpu(reg[3]);
	if (!region->size || region->start % 4096 || region->size % 4096 || region->size > UINT64_C(64) << 20 ||
	    region->start > UINT64_MAX - region->size)
		return platform_fail(r, "node %s: reg: expected whole 4 KiB pages, at most 64 MiB", name);
	for (unsigned int i = 0; i < p->regions; i++)
		if (region->start < p->region[i].start + p->region[i].size &&
		    p->region[i].start < region->start + region->size)
			return platform_fail(r, "node %s: reg: overlaps %s", name, p->region[i].name);
	p->regions++;
	return platform_read_kind(r, node, region) && platform_read_slave(r, node, region) &&
	       platform_read_power_domain(r, node, &region->power_domain);
}

static bool platform_read_bus_interface(struct platform_reader *r, int node, struct platform_cpu *cpu)
{
	if (!platform_optional_u32(r, node, "sbesim,store-buffer", 0, &cpu->store_buffer) ||
	    !platform_optional_u32(r, node, "sbesim,atomic-bytes", 8, &cpu->atomic_bytes) ||
	    !platform_optional_u32(r, node, "sbesim,gather-bytes", 0, &cpu->gather_bytes))
		return false;
	if (cpu->store_buffer > PLATFORM_STORE_BUFFER_MAX)
		return platform_fail(r, "node %s: expected at most %d entries in sbesim,store-buffer, seen %u",
				     fdt_get_name(r->fdt, node, NULL), PLATFORM_STORE_BUFFER_MAX, cpu->store_buffer);
	if (cpu->atomic_bytes != 4 && cpu->atomic_bytes != 8 && cpu->atomic_bytes != 16)
		return platform_fail(r, "node %s: expected 4, 8 or 16 in sbesim,atomic-bytes, seen %u",
				     fdt_get_name(r->fdt, node, NULL), cpu->atomic_bytes);
	if (cpu->gather_bytes != 0 && cpu->gather_bytes != 8 && cpu->gather_bytes != 16 && cpu->gather_bytes != 32 &&
	    cpu->gather_bytes != 64)
		return platform_fail(r, "node %s: expected 0, 8, 16, 32 or 64 in sbesim,gather-bytes, seen %u",
				     fdt_get_name(r->fdt, node, NULL), cpu->gather_bytes);
	return true;
}

static bool platform_read_cpu(struct platform_reader *r, int node, struct platform_cpu *cpu)
{
	const char *compatible = fdt_stringlist_get(r->fdt, node, "compatible", 0, NULL);
	const char *comma = compatible ? strchr(compatible, ',') : NULL;
	uint32_t hz;

	if (!comma || strlen(comma + 1) >= sizeof(cpu->name))
		return platform_fail(r, "node %s: expected \"vendor,name\" in compatible", fdt_get_name(r->fdt, node, NULL));
	strcpy(cpu->name, comma + 1);
	if (!platform_u32(r, node, "clock-frequency", &hz))
		return false;
	if (!hz)
		return platform_fail(r, "node %s: expected clock-frequency above 0", fdt_get_name(r->fdt, node, NULL));
	cpu->hz = hz;
	cpu->clean_part_lines = platform_has(r, node, "sbesim,invalidate-cleans-part-lines");
	cpu->clean_dirty_lines = platform_has(r, node, "sbesim,invalidate-cleans-dirty-lines");
	return platform_read_bus_interface(r, node, cpu) && platform_read_mpu(r, node, cpu) &&
	       platform_read_time(r, node, cpu) && platform_read_rates(r, node, cpu);
}

static struct platform_region *platform_region_of(struct platform_reader *r, int node)
{
	const char *name = fdt_get_name(r->fdt, node, NULL);
	size_t size = strcspn(name, "@");

	for (unsigned int i = 0; i < r->platform->regions; i++)
		if (strlen(r->platform->region[i].name) == size && memcmp(r->platform->region[i].name, name, size) == 0)
			return &r->platform->region[i];
	platform_fail(r, "node %s is used as a memory-region and is not in /reserved-memory", name);
	return NULL;
}

static bool platform_read_window(struct platform_reader *r, int domain, struct platform_cpu *cpu, int index)
{
	int node = platform_phandle(r, domain, "memory-region", index);
	struct platform_region *region = node < 0 ? NULL : platform_region_of(r, node);
	const char *name = fdt_stringlist_get(r->fdt, domain, "memory-region-names", index, NULL);
	struct platform_window *w = &cpu->window[cpu->windows];

	if (!region)
		return false;
	if (!name || strlen(name) >= sizeof(w->name))
		return platform_fail(r, "node %s: memory-region-names: expected a short name for entry %d",
				     fdt_get_name(r->fdt, domain, NULL), index);
	if (region->kind == TRACE_REGION_KIND_PRIVATE) {
		cpu->private_size = region->size;
		return true;
	}
	strcpy(w->name, name);
	w->region = (unsigned int)(region - r->platform->region);
	w->through = platform_name_in(r, domain, "sbesim,write-through", name);
	w->cached = w->through || platform_name_in(r, domain, "sbesim,cached", name);
	w->writable = !platform_name_in(r, domain, "sbesim,read-only", name);
	w->device = platform_name_in(r, domain, "sbesim,device", name);
	if (w->device && w->cached)
		return platform_fail(r, "node %s: sbesim,device: expected names that are neither in sbesim,cached nor in "
				     "sbesim,write-through, seen \"%s\"", fdt_get_name(r->fdt, domain, NULL), name);
	cpu->windows++;
	return true;
}

static bool platform_is_window(const struct platform_cpu *cpu, const char *name)
{
	for (unsigned int i = 0; i < cpu->windows; i++)
		if (strcmp(cpu->window[i].name, name) == 0)
			return true;
	return false;
}

static bool platform_check_device(struct platform_reader *r, int domain, const struct platform_cpu *cpu)
{
	const char *name;

	for (int i = 0; (name = fdt_stringlist_get(r->fdt, domain, "sbesim,device", i, NULL)); i++)
		if (!platform_is_window(cpu, name))
			return platform_fail(r, "node %s: sbesim,device: expected names out of memory-region-names, of no "
					     "private memory, seen \"%s\"", fdt_get_name(r->fdt, domain, NULL), name);
	return true;
}

static bool platform_read_domain(struct platform_reader *r, int domain)
{
	struct platform *p = r->platform;
	struct platform_cpu *cpu = &p->cpu[p->cpus];
	int size, node = platform_phandle(r, domain, "cpus", 0);
	char side[PLATFORM_NAME_MAX];

	if (node < 0 || !platform_string(r, domain, "sbesim,side", side, sizeof(side)))
		return false;
	if (p->cpus == PLATFORM_CPUS_MAX)
		return platform_fail(r, "node %s: at most %d domains", fdt_get_name(r->fdt, domain, NULL), PLATFORM_CPUS_MAX);
	cpu->side = strcmp(side, "host") == 0 ? TRACE_SIDE_HOST : TRACE_SIDE_REMOTE;
	if (cpu->side == TRACE_SIDE_REMOTE && strcmp(side, "remote") != 0)
		return platform_fail(r, "node %s: sbesim,side: expected host or remote, seen \"%s\"",
				     fdt_get_name(r->fdt, domain, NULL), side);
	if (!platform_read_cpu(r, node, cpu) || !platform_read_cores(r, domain, node, cpu) || !platform_read_mboxes(r, domain, cpu) ||
	    !platform_read_interrupts(r, domain, cpu) ||
	    !platform_read_domain_power(r, domain, cpu))
		return false;
	if (!fdt_getprop(r->fdt, domain, "memory-region", &size))
		return platform_fail(r, "node %s: expected memory-region", fdt_get_name(r->fdt, domain, NULL));
	for (int i = 0; i < size / 4; i++)
		if (cpu->windows == PLATFORM_REGIONS_MAX || !platform_read_window(r, domain, cpu, i))
			return false;
	cpu->bus_priority = p->cpus++;
	if (!platform_check_device(r, domain, cpu) || !platform_read_iommu(r, domain, cpu) || !platform_read_grants(r, domain, p->cpus - 1))
		return false;
	if (!cpu->private_size)
		return platform_fail(r, "node %s: expected one private memory-region", fdt_get_name(r->fdt, domain, NULL));
	return platform_read_initiator(r, domain, cpu);
}

/* ---- The tree --------------------------------------------------------------------------------------- */

static bool platform_read_children(struct platform_reader *r, const char *path,
				   bool (*read)(struct platform_reader *r, int node))
{
	int node, parent = fdt_path_offset(r->fdt, path);

	if (parent < 0)
		return platform_fail(r, "expected a node %s, seen none", path);
	fdt_for_each_subnode(node, r->fdt, parent)
		if (!read(r, node))
			return false;
	return true;
}

static bool platform_check_sides(struct platform_reader *r)
{
	const struct platform *p = r->platform;

	if (p->cpus != 2 || p->cpu[0].side != TRACE_SIDE_HOST || p->cpu[1].side != TRACE_SIDE_REMOTE)
		return platform_fail(r, "node /domains: expected two sbesim,side, first host, then remote; seen %u", p->cpus);
	return true;
}

static void platform_set_name(struct platform *platform, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t size;

	path = slash ? slash + 1 : path;
	size = strcspn(path, ".");
	if (size >= sizeof(platform->name))
		size = sizeof(platform->name) - 1;
	memcpy(platform->name, path, size);
	platform->name[size] = '\0';
}

/* Some releases of libfdt trip over versions before 16 in their own check; dtc writes 17. */
static bool platform_is_tree(const void *blob, size_t size)
{
	return size >= sizeof(struct fdt_header) && size < PLATFORM_DTB_MAX && fdt_version(blob) >= 17 &&
	       fdt_check_full(blob, size) == 0;
}

bool platform_read(struct platform *platform, const char *path, char *why, size_t why_size)
{
	struct platform_reader r = { .platform = platform, .path = path, .why = why, .why_size = why_size };
	void *blob = malloc(PLATFORM_DTB_MAX);
	size_t size = 0;
	bool read = false;

	memset(platform, 0, sizeof(*platform));
	platform_set_name(platform, path);
	*why = '\0';
	r.fdt = blob;
	if (!blob || !platform_load(&r, blob, &size))
		goto out;
	if (!platform_is_tree(blob, size)) {
		platform_fail(&r, "expected a flattened device tree, seen %zu bytes of something else", size);
		goto out;
	}
	read = platform_string(&r, 0, "model", platform->model, sizeof(platform->model)) &&
	       platform_read_bus(&r) && platform_read_children(&r, "/reserved-memory", platform_read_region) &&
	       platform_read_heaps(&r) &&
	       platform_read_children(&r, "/domains", platform_read_domain) && platform_check_sides(&r) &&
	       platform_connect_mboxes(&r) && platform_add_cores(&r);
out:
	free(blob);
	return read;
}
