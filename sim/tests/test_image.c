/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loader, on the reference host's image and on small ones compiled here: addresses, build-id, what a reset brings
 * back, and what is refused. That no bytes at all make it read or write out of bounds is fuzz_image.c's business.
 *
 * Images are made by SBESIM_BUILD/sbesim-cc (default: build), run from the checkout's root.
 */
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <libelf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/image.h"
#include "sim/tests/sentences.h"

#define PLACE UINT64_C(0x30000000)
#define ROOM (2u << 20)
#define SCRATCH 64

static char dir[] = "/tmp/test_image.XXXXXX";
static char why[1024];
static uint8_t *place;	/* 2 * ROOM bytes, below 4 GiB */

static const char *build(void)
{
	const char *set = getenv("SBESIM_BUILD");

	return set ? set : "build";
}

static void scratch(char path[SCRATCH], const char *name)
{
	snprintf(path, SCRATCH, "%s/%s", dir, name);
}

static void write_file(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL_FATAL(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

/* Compiles `text` to path with sbesim-cc and `options`. */
static void compile(char path[SCRATCH], const char *name, const char *text, const char *options)
{
	char source[SCRATCH + 2], command[512];

	scratch(path, name);
	snprintf(source, sizeof(source), "%s.c", path);
	write_file(source, text, strlen(text));
	snprintf(command, sizeof(command), "%s/sbesim-cc -O1 %s -o %s %s", build(), source, path, options);
	CU_ASSERT_EQUAL_FATAL(system(command), 0);
}

static struct image *load(const char *path)
{
	why[0] = '\0';
	return image_load(path, place, ROOM, 1, why, sizeof(why));
}

static struct image *load_good(const char *path)
{
	struct image *image = load(path);

	if (!image)
		fprintf(stderr, "%s\n", why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(image);
	return image;
}

/* `path` is refused with a sentence that begins with its name and says `what`. */
static void refused(const char *path, const char *what)
{
	char begin[SCRATCH + 64];
	struct image *image = load(path);

	snprintf(begin, sizeof(begin), "image %s: ", path);
	CU_ASSERT_PTR_NULL(image);
	CU_ASSERT_EQUAL(strncmp(why, begin, strlen(begin)), 0);
	if (!strstr(why, what))
		fprintf(stderr, "expected \"%s\", seen \"%s\"\n", what, why);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, what));
}

/* ---- What is loaded --------------------------------------------------------------------------------- */

static const char reference[] = "host-reference.so";

static void reference_path(char path[256])
{
	snprintf(path, 256, "%s/%s", build(), reference);
}

static Elf *elf_open(const char *path, int *fd)
{
	Elf *elf;

	*fd = open(path, O_RDONLY);
	CU_ASSERT_FATAL(*fd >= 0);
	elf_version(EV_CURRENT);
	elf = elf_begin(*fd, ELF_C_READ, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(elf);
	return elf;
}

static void image_lies_where_it_was_asked_to_in_whole_pages(void)
{
	struct image *image;
	char path[256];

	reference_path(path);
	image = load_good(path);
	CU_ASSERT_PTR_EQUAL(image->base, (uint8_t *)PLACE);
	CU_ASSERT_EQUAL(image->size % 4096, 0);
	CU_ASSERT_TRUE(image->size > 0 && image->size <= ROOM);
	CU_ASSERT_TRUE((uintptr_t)image->main > PLACE && (uintptr_t)image->main < PLACE + image->size);
	CU_ASSERT_EQUAL(memcmp(image->base, "\177ELF", 4), 0);
	CU_ASSERT_STRING_EQUAL(image->path, path);
	image_unload(image);
}

static void build_id_is_the_linkers(void)
{
	struct image *image;
	const void *id;
	char path[256];
	int fd;

	reference_path(path);
	Elf *elf = elf_open(path, &fd);
	ssize_t size = dwelf_elf_gnu_build_id(elf, &id);

	CU_ASSERT_EQUAL_FATAL(size, 20);
	image = load_good(path);
	CU_ASSERT_EQUAL(image->build_id_size, 20);
	CU_ASSERT_EQUAL(memcmp(image->build_id, id, 20), 0);
	image_unload(image);
	elf_end(elf);
	close(fd);
}

/* Digits of what main returns: .data from 7, .bss from 0, TLS from 5, TLS .bss from 0, how often it was constructed. */
static const char counters[] =
	"static int data = 7, bss;\n"
	"static _Thread_local int tls = 5, tls_bss;\n"
	"static int built;\n"
	"int *pointer = &data;\n"
	"static void __attribute__((constructor)) build(void) { built++; tls_bss++; }\n"
	"int sbesim_main(int argc, char **argv)\n"
	"{\n"
	"	int seen = (((*pointer * 10 + bss) * 10 + tls) * 10 + tls_bss) * 10 + built;\n"
	"	(void)argc; (void)argv;\n"
	"	data++; bss++; tls++; tls_bss++;\n"
	"	pointer = &bss;\n"
	"	return seen;\n"
	"}\n";

static void reset_brings_back_data_bss_and_thread_local_storage_as_constructed(void)
{
	char path[SCRATCH];
	struct image *image;

	compile(path, "counters.so", counters, "");
	image = load_good(path);
	for (unsigned int life = 0; life < 3; life++) {
		CU_ASSERT_EQUAL(image->main(1, NULL), 70511);
		CU_ASSERT_EQUAL(image->main(1, NULL), 11621);	/* `pointer` points to bss now */
		image_reset(image);
	}
	image_unload(image);
}

/* Globals are the program's; thread-local storage each core's, and anew when that is turned on again. */
static void cores_share_all_but_thread_local_storage(void)
{
	char path[SCRATCH];
	struct image *image;

	compile(path, "counters.so", counters, "");
	image = image_load(path, place, ROOM, 2, why, sizeof(why));
	CU_ASSERT_PTR_NOT_NULL_FATAL(image);
	CU_ASSERT_EQUAL(image->main(1, NULL), 70511);
	image_enter_core(image, 1);	/* no constructor ran there */
	CU_ASSERT_EQUAL(image->main(1, NULL), 11501);
	image_enter_core(image, 0);
	CU_ASSERT_EQUAL(image->main(1, NULL), 22621);
	image_reset_core(image, 1);
	image_enter_core(image, 1);
	CU_ASSERT_EQUAL(image->main(1, NULL), 33501);
	image_reset(image);
	CU_ASSERT_EQUAL(image->main(1, NULL), 70501);
	image_enter_core(image, 0);
	CU_ASSERT_EQUAL(image->main(1, NULL), 11511);
	image_unload(image);
}

static void two_instances_of_an_image_share_nothing(void)
{
	char path[SCRATCH];
	struct image *one, *two;

	compile(path, "counters.so", counters, "");
	one = load_good(path);
	two = image_load(path, place + ROOM, ROOM, 1, why, sizeof(why));
	CU_ASSERT_PTR_NOT_NULL_FATAL(two);
	CU_ASSERT_PTR_EQUAL(two->base, place + ROOM);
	CU_ASSERT_EQUAL(one->main(1, NULL), 70511);
	CU_ASSERT_EQUAL(two->main(1, NULL), 70511);
	image_reset(two);
	CU_ASSERT_EQUAL(one->main(1, NULL), 11621);
	CU_ASSERT_EQUAL(two->main(1, NULL), 70511);
	image_unload(one);
	image_unload(two);
}

static void place_can_be_used_again_after_unloading(void)
{
	char path[256], small[SCRATCH];
	struct image *image;

	reference_path(path);
	image = load_good(path);
	image_unload(image);
	memset(place, 0x5a, ROOM);
	compile(small, "counters.so", counters, "");
	image = load_good(small);
	CU_ASSERT_EQUAL(image->main(1, NULL), 70511);
	image_unload(image);
}

/* ---- What is refused -------------------------------------------------------------------------------- */

static void file_that_is_no_image_is_refused(void)
{
	static const char text[] = "#!/bin/sh\nexit 0\n";
	char path[SCRATCH];

	scratch(path, "missing");
	refused(path, "cannot be opened: No such file or directory");
	refused(dir, "expected a shared object");
	scratch(path, "empty");
	write_file(path, "", 0);
	refused(path, "expected a shared object, seen an empty file");
	scratch(path, "text");
	write_file(path, text, sizeof(text) - 1);
	refused(path, "expected an ELF shared object, seen something else");
	compile(path, "object.o", "int x;\n", "-c");
	refused(path, "expected a 64-bit x86-64 shared object, seen class 2, type 1, machine 62");
}

static void shared_object_of_another_compiler_is_refused(void)
{
	char path[SCRATCH], source[SCRATCH + 2], command[512];
	static const char text[] = "int sbesim_main(int c, char **v) { return v[c - 1] != 0; }\n";

	scratch(path, "plain.so");
	snprintf(source, sizeof(source), "%s.c", path);
	write_file(source, text, sizeof(text) - 1);
	snprintf(command, sizeof(command), "gcc -shared -fPIC -nostdlib -Wl,--build-id=sha1 %s -o %s", source, path);
	CU_ASSERT_EQUAL_FATAL(system(command), 0);
	refused(path, "was not built by sbesim-cc");
	snprintf(command, sizeof(command), "gcc -shared -fPIC -nostdlib -Wl,--build-id=none %s -o %s", source, path);
	CU_ASSERT_EQUAL_FATAL(system(command), 0);
	refused(path, "has no build-id");
}

static void image_without_an_entry_is_refused(void)
{
	char path[SCRATCH];

	compile(path, "headless.so", "int x;\nint sbesim_other(void) { return x++; }\n", "");
	refused(path, "defines no int sbesim_main(int argc, char **argv)");
}

static void import_that_hosted_code_has_not_got_is_refused_by_name(void)
{
	char path[SCRATCH];

	compile(path, "files.so",
		"int fopen(const char *, const char *);\n"
		"int x;\nint sbesim_main(int c, char **v) { x = c; return fopen(v[0], v[1]); }\n", "");
	refused(path, "calls or uses \"fopen\"");
}

static void image_that_fits_exactly_is_loaded_and_whatever_is_less_is_refused(void)
{
	struct image *image;
	char path[256];
	size_t size;

	reference_path(path);
	image = load_good(path);
	size = image->size;
	image_unload(image);
	image = image_load(path, place, size, 1, why, sizeof(why));
	CU_ASSERT_PTR_NOT_NULL_FATAL(image);
	image_unload(image);
	for (size_t less = size - 1; less >= 4096; less -= 1024) {
		CU_ASSERT_PTR_NULL(image_load(path, place, less, 1, why, sizeof(why)));
		CU_ASSERT_PTR_NOT_NULL(strstr(why, "needs more than the"));
	}
}

static uint8_t *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	struct stat st;
	uint8_t *bytes;

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fstat(fileno(file), &st);
	*size = (size_t)st.st_size;
	bytes = malloc(*size);
	CU_ASSERT_EQUAL_FATAL(fread(bytes, 1, *size, file), *size);
	fclose(file);
	return bytes;
}

static void refuse_truncated(const uint8_t *bytes, size_t size)
{
	char path[SCRATCH];

	scratch(path, "truncated.so");
	write_file(path, bytes, size);
	refused(path, size < 64 ? "expected an ELF shared object" : "truncated: ");
}

static void image_that_is_cut_off_anywhere_is_refused(void)
{
	char path[256], whole[SCRATCH];
	struct image *image;
	size_t size;
	uint8_t *bytes;

	reference_path(path);
	bytes = read_file(path, &size);
	for (size_t cut = 512; cut < size; cut += 512)
		refuse_truncated(bytes, cut);
	for (size_t cut = 1; cut < 1024; cut += 7)
		refuse_truncated(bytes, cut);
	refuse_truncated(bytes, size - 1);
	scratch(whole, "whole.so");
	write_file(whole, bytes, size);
	image = load_good(whole);
	image_unload(image);
	free(bytes);
}

static CU_TestInfo sentences[] = {
	SENTENCE(image_lies_where_it_was_asked_to_in_whole_pages),
	SENTENCE(build_id_is_the_linkers),
	SENTENCE(reset_brings_back_data_bss_and_thread_local_storage_as_constructed),
	SENTENCE(cores_share_all_but_thread_local_storage),
	SENTENCE(two_instances_of_an_image_share_nothing),
	SENTENCE(place_can_be_used_again_after_unloading),
	SENTENCE(file_that_is_no_image_is_refused),
	SENTENCE(shared_object_of_another_compiler_is_refused),
	SENTENCE(image_without_an_entry_is_refused),
	SENTENCE(import_that_hosted_code_has_not_got_is_refused_by_name),
	SENTENCE(image_that_fits_exactly_is_loaded_and_whatever_is_less_is_refused),
	SENTENCE(image_that_is_cut_off_anywhere_is_refused),
	CU_TEST_INFO_NULL
};

int main(void)
{
	char remove[sizeof(dir) + 16];
	int status;

	place = mmap((void *)PLACE, 2 * ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (place == MAP_FAILED || !mkdtemp(dir))
		return 1;
	status = sentences_run("image", sentences);
	snprintf(remove, sizeof(remove), "rm -rf %s", dir);
	return system(remove) != 0 || status != 0;
}
