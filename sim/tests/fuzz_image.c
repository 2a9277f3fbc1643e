/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A libFuzzer target for the loader, up to where code of the image would run: any bytes are refused with a sentence, or
 * placed with everything inside the room. Constructors are not run, as an image is code and may do anything; that is why
 * sim/image.c is included here, whose steps are its own.
 *
 * The first byte chooses: 0, what follows is the file; else it is a list of patches, of 11 bytes each, to a real image
 * (SBESIM_BUILD/host-reference.so, default build), because no fuzzer guesses a dynamic section.
 */
#include "sim/image.c"

#define PLACE UINT64_C(0x30000000)
#define ROOM (1u << 20)
#define PATCH 11

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *real;
static size_t real_size, first_size;	/* of the file, and of its first segment: headers, symbols, relocations */
static size_t dynamic_at, dynamic_size;

static void real_measure(void)
{
	Elf64_Ehdr *header = (void *)real;
	const Elf64_Phdr *p = (const void *)(real + header->e_phoff);

	/* Without debug information and section headers: the loader needs neither. */
	header->e_shoff = header->e_shnum = 0;
	real_size = 0;
	for (unsigned int i = 0; i < header->e_phnum; i++) {
		if (p[i].p_type == PT_LOAD && p[i].p_offset + p[i].p_filesz > real_size)
			real_size = p[i].p_offset + p[i].p_filesz;
		if (p[i].p_type == PT_LOAD && p[i].p_offset == 0)
			first_size = p[i].p_filesz;
		if (p[i].p_type == PT_DYNAMIC) {
			dynamic_at = p[i].p_offset;
			dynamic_size = p[i].p_filesz;
		}
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *build = getenv("SBESIM_BUILD");
	char path[512];
	FILE *file;

	(void)argc;
	(void)argv;
	snprintf(path, sizeof(path), "%s/host-reference.so", build ? build : "build");
	file = fopen(path, "rb");
	real = calloc(1, ROOM);
	if (!file || !real || !fread(real, 1, ROOM, file) ||
	    mmap((void *)PLACE, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) !=
		    (void *)PLACE) {
		fprintf(stderr, "fuzz_image: expected an image in %s, and free memory at 0x%llx\n", path,
			(unsigned long long)PLACE);
		exit(1);
	}
	fclose(file);
	real_measure();
	return 0;
}

/* Two bytes say where, one how wide, eight what. */
static void patch(uint8_t *file, const uint8_t *p)
{
	static const uint8_t widths[] = { 1, 2, 4, 8 };
	size_t where = (size_t)(p[0] | p[1] << 8), width = widths[p[2] % 4];

	where = where & 0x8000 ? dynamic_at + (where & 0x7fff) % dynamic_size : where % first_size;
	if (where + width <= real_size)
		memcpy(file + where, p + 3, width);
}

static uint8_t *file_make(const uint8_t *data, size_t size, size_t *file_size)
{
	bool patches = size && data[0];
	uint8_t *file;

	*file_size = patches ? real_size : size ? size - 1 : 0;
	file = malloc(*file_size + 1);
	if (!file)
		abort();
	if (!patches)
		memcpy(file, data + 1, *file_size);
	else
		memcpy(file, real, real_size);
	for (size_t at = 1; patches && at + PATCH <= size; at += PATCH)
		patch(file, data + at);
	return file;
}

/* Everything that later code touches lies where it may, and can be put back by a reset. */
static void check_placed(const struct image *image)
{
	uintptr_t end = PLACE + image->size;

	if (image->size > ROOM || (uintptr_t)image->main < PLACE || (uintptr_t)image->main >= end)
		abort();
	for (unsigned int i = 0; i < image->writables; i++) {
		const struct image_part *part = &image->writable[i];

		if ((uintptr_t)part->start < PLACE || part->size > end - (uintptr_t)part->start)
			abort();
		for (size_t at = 0; at < part->size; at++)
			part->start[at] = 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[512] = "";
	struct image_dynamic d = { 0 };
	struct image_file f = { .path = "fuzz", .room = ROOM, .why = why, .why_size = sizeof(why) };
	uint8_t *file = file_make(data, size, &f.size);

	f.data = file;
	f.image = calloc(1, sizeof(*f.image));
	if (!f.image)
		abort();
	f.image->base = (uint8_t *)PLACE;
	f.image->path = strdup("fuzz");
	if (image_place(&f, &d))
		check_placed(f.image);
	else if (!*why)
		abort();
	image_unload(f.image);
	free(file);
	return 0;
}
