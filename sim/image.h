/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hosted images: a shared object built by sbesim-cc, loaded at an address of our choosing.
 *
 * The loader is our own, not dlopen: the image must lie at the same address in every process and in the modelled
 * memory of its agent (a copy per instance), its imports must resolve to the hosted library and to nothing else,
 * and a reset must restore every byte. It maps what x86-64 gcc and clang emit for -shared -fPIC; thread-local
 * storage is one block per image. Symbols and source lines are looked up elsewhere (source.h), from the file.
 */
#ifndef SIM_IMAGE_H
#define SIM_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_BUILD_ID_MAX 20
#define IMAGE_SEGMENTS_MAX 8
#define IMAGE_SECTIONS_MAX 48	/* loaded ones; further ones cannot be asked for */
#define IMAGE_NAME_MAX 32

struct image_part {
	uint8_t *start;
	size_t size;
	uint8_t *pristine;	/* after the constructors ran */
};

struct image {
	char *path;
	uint8_t *base;		/* where it lies */
	size_t size;		/* bytes from base that it takes, whole pages */
	uint8_t build_id[IMAGE_BUILD_ID_MAX];
	unsigned int build_id_size;
	int (*main)(int argc, char **argv);
	struct image_part writable[IMAGE_SEGMENTS_MAX];
	unsigned int writables;
	struct image_section {
		char name[IMAGE_NAME_MAX];
		const uint8_t *bytes;	/* pristine, or of what nobody stores to */
		size_t size;
	} section[IMAGE_SECTIONS_MAX];
	unsigned int sections;
	uint8_t *tls;		/* the block that __tls_get_addr answers from: that of the core which runs */
	uint8_t *tls_blocks;	/* one for each core, inside the image's memory */
	size_t tls_size, tls_stride;
};

/*
 * Loads `path`, which `cores` CPUs may run, to `base`, which is mapped readable and writable for `room` bytes, and runs its constructors. NULL
 * with a sentence in `why` when the file is missing, damaged, not built by sbesim-cc, too big, or imports what
 * hosted code may not call. The image's text becomes read-only and executable; image_unload undoes that.
 */
struct image *image_load(const char *path, uint8_t *base, size_t room, unsigned int cores, char *why, size_t why_size);
/* Every writable byte as it was after the constructors. */
void image_reset(struct image *image);
/* Of the thread-local storage of a core only. */
void image_reset_core(struct image *image, unsigned int core);
/* Its code runs on that core from now on. */
static inline void image_enter_core(struct image *image, unsigned int core)
{
	if (image->tls_blocks)
		image->tls = image->tls_blocks + core * image->tls_stride;
}
/* What the file has in the loaded section of this name, after relocation; NULL: no such section. */
const uint8_t *image_section(const struct image *image, const char *name, size_t *size);
void image_unload(struct image *image);

#endif
