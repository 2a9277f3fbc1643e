/* SPDX-License-Identifier: BSD-3-Clause */
/* The loader of hosted images; see image.h. Everything it reads comes from a file that may be damaged. */
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "sim/hook.h"
#include "sim/image.h"

#define IMAGE_ABI_SYMBOL "sbesim_abi"
#define IMAGE_ABI 1u
#define IMAGE_PAGE 4096u

/* A file being loaded. */
struct image_file {
	const char *path;
	uint8_t *data;
	size_t size;
	const Elf64_Ehdr *header;
	const Elf64_Phdr *segments;
	struct image *image;
	size_t room;
	unsigned int cores;
	/* From the dynamic section, as it lies in memory. */
	const Elf64_Sym *symbols;
	size_t symbol_count;
	const char *strings;
	size_t strings_size;
	char *why;
	size_t why_size;
};

static bool __attribute__((format(printf, 2, 3))) image_fail(struct image_file *f, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(f->why, f->why_size, "image %s: %s", f->path, text);
	return false;
}

/* The bytes [at, at + size) of the file, or NULL. */
static const void *image_in_file(const struct image_file *f, uint64_t at, uint64_t size)
{
	return at <= f->size && size <= f->size - at ? f->data + at : NULL;
}

/* The bytes [at, at + size) of the loaded image, or NULL. */
static void *image_in_memory(const struct image_file *f, uint64_t at, uint64_t size)
{
	return at <= f->image->size && size <= f->image->size - at ? f->image->base + at : NULL;
}

/* Read, not mapped: the file may shrink while we look, and Valgrind takes an interest in whatever ELF is mapped. */
static bool image_read_file(struct image_file *f)
{
	FILE *file = fopen(f->path, "rb");
	struct stat st;

	if (!file)
		return image_fail(f, "cannot be opened: %s", strerror(errno));
	bool regular = fstat(fileno(file), &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;

	f->size = regular ? (size_t)st.st_size : 0;
	f->data = regular ? malloc(f->size) : NULL;
	bool read = f->data && fread(f->data, 1, f->size, file) == f->size;

	fclose(file);
	return read || image_fail(f, "expected a shared object, seen an empty file or no file");
}

static bool image_check_header(struct image_file *f)
{
	const Elf64_Ehdr *h = image_in_file(f, 0, sizeof(*h));

	if (!h || memcmp(h->e_ident, ELFMAG, SELFMAG) != 0)
		return image_fail(f, "expected an ELF shared object, seen something else");
	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_type != ET_DYN || h->e_machine != EM_X86_64)
		return image_fail(f, "expected a 64-bit x86-64 shared object, seen class %u, type %u, machine %u",
				  h->e_ident[EI_CLASS], h->e_type, h->e_machine);
	f->header = h;
	f->segments = image_in_file(f, h->e_phoff, (uint64_t)h->e_phnum * sizeof(Elf64_Phdr));
	if (!f->segments || h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phoff % 8)
		return image_fail(f, "truncated: its program headers lie outside the file");
	/* They come last, behind the debug information: whatever was cut off shows here. */
	if (!image_in_file(f, h->e_shoff, (uint64_t)h->e_shnum * h->e_shentsize))
		return image_fail(f, "truncated: its section headers lie outside the file");
	return true;
}

static bool image_copy_segments(struct image_file *f)
{
	struct image *image = f->image;

	for (unsigned int i = 0; i < f->header->e_phnum; i++) {
		const Elf64_Phdr *p = &f->segments[i];

		if (p->p_type != PT_LOAD)
			continue;
		if (p->p_memsz > f->room || p->p_vaddr > f->room - p->p_memsz || p->p_filesz > p->p_memsz)
			return image_fail(f, "needs more than the %zu bytes of private memory that its side has", f->room);
		if (!image_in_file(f, p->p_offset, p->p_filesz))
			return image_fail(f, "truncated: expected %llu bytes of segment %u, seen %zu bytes of file",
					  (unsigned long long)(p->p_offset + p->p_filesz), i, f->size);
		memcpy(image->base + p->p_vaddr, f->data + p->p_offset, p->p_filesz);
		memset(image->base + p->p_vaddr + p->p_filesz, 0, p->p_memsz - p->p_filesz);
		if (p->p_vaddr + p->p_memsz > image->size)
			image->size = p->p_vaddr + p->p_memsz;
		if (p->p_flags & PF_W) {
			if (image->writables == IMAGE_SEGMENTS_MAX)
				return image_fail(f, "has more than %d writable segments", IMAGE_SEGMENTS_MAX);
			image->writable[image->writables++] =
				(struct image_part){ .start = image->base + p->p_vaddr, .size = p->p_memsz };
		}
	}
	image->size = (image->size + IMAGE_PAGE - 1) & ~(size_t)(IMAGE_PAGE - 1);
	return true;
}

/* Thread-local storage: a block for each core, right after the image. */
static bool image_place_tls(struct image_file *f)
{
	struct image *image = f->image;

	for (unsigned int i = 0; i < f->header->e_phnum; i++) {
		const Elf64_Phdr *p = &f->segments[i];

		if (p->p_type != PT_TLS)
			continue;
		image->tls_stride = (p->p_memsz + IMAGE_PAGE - 1) & ~(size_t)(IMAGE_PAGE - 1);
		if (p->p_memsz > (f->room - image->size) / f->cores || p->p_filesz > p->p_memsz ||
		    image->tls_stride > (f->room - image->size) / f->cores || !image_in_file(f, p->p_offset, p->p_filesz) || image->writables == IMAGE_SEGMENTS_MAX)
			return image_fail(f, "its thread-local storage does not fit");
		image->tls_blocks = image->base + image->size;
		image->tls_size = p->p_memsz;
		for (unsigned int core = 0; core < f->cores; core++) {
			uint8_t *block = image->tls_blocks + core * image->tls_stride;

			memcpy(block, f->data + p->p_offset, p->p_filesz);
			memset(block + p->p_filesz, 0, p->p_memsz - p->p_filesz);
		}
		image->writable[image->writables++] =
			(struct image_part){ .start = image->tls_blocks, .size = f->cores * image->tls_stride };
		image->size += f->cores * image->tls_stride;
		image_enter_core(image, 0);
	}
	return true;
}

static bool image_read_build_id(struct image_file *f)
{
	for (unsigned int i = 0; i < f->header->e_phnum; i++) {
		const Elf64_Phdr *p = &f->segments[i];
		const uint8_t *note = p->p_type == PT_NOTE ? image_in_file(f, p->p_offset, p->p_filesz) : NULL;

		for (size_t at = 0; note && at + sizeof(Elf64_Nhdr) <= p->p_filesz;) {
			Elf64_Nhdr n;

			memcpy(&n, note + at, sizeof(n));
			size_t name = at + sizeof(n), desc = name + ((n.n_namesz + 3u) & ~3u);

			at = desc + ((n.n_descsz + 3u) & ~3u);
			if (at > p->p_filesz || n.n_type != NT_GNU_BUILD_ID || n.n_namesz != 4 ||
			    memcmp(note + name, "GNU", 4) != 0 || n.n_descsz > IMAGE_BUILD_ID_MAX)
				continue;
			memcpy(f->image->build_id, note + desc, n.n_descsz);
			f->image->build_id_size = n.n_descsz;
			return true;
		}
	}
	return image_fail(f, "has no build-id; it was not linked by sbesim-cc");
}

struct image_dynamic {
	uint64_t symbols, strings, strings_size, rela, rela_size, jmprel, jmprel_size, init_array, init_array_size, hash,
		gnu_hash, init;
};

static void image_note_dynamic(struct image_dynamic *d, const Elf64_Dyn *e)
{
	const struct {
		int64_t tag;
		uint64_t *value;
	} wanted[] = {
		{ DT_SYMTAB, &d->symbols },	    { DT_STRTAB, &d->strings },
		{ DT_STRSZ, &d->strings_size },	    { DT_RELA, &d->rela },
		{ DT_RELASZ, &d->rela_size },	    { DT_JMPREL, &d->jmprel },
		{ DT_PLTRELSZ, &d->jmprel_size },   { DT_INIT_ARRAY, &d->init_array },
		{ DT_INIT_ARRAYSZ, &d->init_array_size }, { DT_HASH, &d->hash },
		{ DT_GNU_HASH, &d->gnu_hash },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (e->d_tag == wanted[i].tag)
			*wanted[i].value = e->d_un.d_val;
}

/* The symbol table has no size of its own; it ends where the section headers or the string table say. */
static bool image_find_symbols(struct image_file *f, const struct image_dynamic *d)
{
	uint64_t bytes = d->strings > d->symbols ? d->strings - d->symbols : 0;

	f->symbol_count = bytes / sizeof(Elf64_Sym);
	f->symbols = image_in_memory(f, d->symbols, bytes);
	f->strings = image_in_memory(f, d->strings, d->strings_size);
	f->strings_size = d->strings_size;
	if (d->symbols % 8 || !f->symbols || !f->strings || !f->symbol_count || !f->strings_size || f->strings[f->strings_size - 1])
		return image_fail(f, "damaged: its symbol or string table lies outside the file");
	return true;
}

static const char *image_symbol_name(const struct image_file *f, const Elf64_Sym *s)
{
	return s->st_name < f->strings_size ? f->strings + s->st_name : "";
}

static const Elf64_Sym *image_defined(const struct image_file *f, const char *name)
{
	for (size_t i = 1; i < f->symbol_count; i++)
		if (f->symbols[i].st_shndx != SHN_UNDEF && strcmp(image_symbol_name(f, &f->symbols[i]), name) == 0)
			return &f->symbols[i];
	return NULL;
}

/* The image whose code runs; one per process suffices, as only the running agent's can ask. */
static void *image_tls_get_addr(void *index)
{
	const struct {
		struct image *image;
		uint64_t offset;
	} *i = index;

	return i->image->tls + i->offset;
}

static void *image_import(const char *name)
{
	static const struct hook_symbol tls[] = {
		{ "__tls_get_addr", (void *)(uintptr_t)image_tls_get_addr },
		{ NULL, NULL },
	};
	const struct hook_symbol *const tables[] = { hook_symbols, libc_symbols, seam_symbols, tls };

	for (unsigned int t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct hook_symbol *s = tables[t]; s->name; s++)
			if (strcmp(s->name, name) == 0)
				return s->address;
	return NULL;
}

static bool image_symbol_value(struct image_file *f, uint32_t index, uint64_t *value)
{
	if (index >= f->symbol_count)
		return image_fail(f, "damaged: a relocation names symbol %u of %zu", index, f->symbol_count);
	const Elf64_Sym *s = &f->symbols[index];
	const char *name = image_symbol_name(f, s);

	if (s->st_shndx != SHN_UNDEF) {
		*value = (s->st_shndx == SHN_ABS ? 0 : (uint64_t)(uintptr_t)f->image->base) + s->st_value;
		return true;
	}
	*value = (uint64_t)(uintptr_t)image_import(name);
	if (*value || ELF64_ST_BIND(s->st_info) == STB_WEAK)
		return true;
	return image_fail(f, "calls or uses \"%s\", which hosted code has not got (see docs/hosting.md)", name);
}

static bool image_relocate_one(struct image_file *f, const Elf64_Rela *r)
{
	uint32_t type = ELF64_R_TYPE(r->r_info), index = (uint32_t)ELF64_R_SYM(r->r_info);
	uint64_t base = (uint64_t)(uintptr_t)f->image->base, symbol = 0, value;
	void *where = image_in_memory(f, r->r_offset, 8);

	if (!where)
		return image_fail(f, "damaged: a relocation at 0x%llx lies outside it", (unsigned long long)r->r_offset);
	switch (type) {
	case R_X86_64_NONE:
		return true;
	case R_X86_64_RELATIVE:
		value = base + (uint64_t)r->r_addend;
		break;
	case R_X86_64_GLOB_DAT:
	case R_X86_64_JUMP_SLOT:
	case R_X86_64_64:
		if (!image_symbol_value(f, index, &symbol))
			return false;
		value = symbol + (type == R_X86_64_64 ? (uint64_t)r->r_addend : 0);
		break;
	case R_X86_64_DTPMOD64:
		value = (uint64_t)(uintptr_t)f->image;
		break;
	case R_X86_64_DTPOFF64:
		value = (index < f->symbol_count ? f->symbols[index].st_value : 0) + (uint64_t)r->r_addend;
		break;
	default:
		return image_fail(f, "has a relocation of type %u, which sbesim-cc never makes", type);
	}
	memcpy(where, &value, 8);
	return true;
}

static bool image_relocate(struct image_file *f, uint64_t table, uint64_t size)
{
	const Elf64_Rela *r = image_in_memory(f, table, size);

	if (!r)
		return image_fail(f, "damaged: its relocations lie outside the file");
	for (uint64_t i = 0; i < size / sizeof(*r); i++) {
		Elf64_Rela copy;

		memcpy(&copy, &r[i], sizeof(copy));
		if (!image_relocate_one(f, &copy))
			return false;
	}
	return true;
}

static const Elf64_Phdr *image_segment(const struct image_file *f, uint32_t type)
{
	for (unsigned int i = 0; i < f->header->e_phnum; i++)
		if (f->segments[i].p_type == type)
			return &f->segments[i];
	return NULL;
}

static bool image_read_dynamic(struct image_file *f, struct image_dynamic *d)
{
	const Elf64_Phdr *p = image_segment(f, PT_DYNAMIC);
	const Elf64_Dyn *e = p ? image_in_memory(f, p->p_vaddr, p->p_memsz) : NULL;

	if (!e || p->p_vaddr % 8)
		return image_fail(f, "has no dynamic section");
	for (uint64_t i = 0; i < p->p_memsz / sizeof(*e) && e[i].d_tag != DT_NULL; i++)
		image_note_dynamic(d, &e[i]);
	return image_find_symbols(f, d);
}

static bool image_check_origin(struct image_file *f)
{
	const Elf64_Sym *abi = image_defined(f, IMAGE_ABI_SYMBOL), *entry = image_defined(f, "sbesim_main");
	bool hooked = false;

	for (size_t i = 1; i < f->symbol_count; i++)
		hooked |= strncmp(image_symbol_name(f, &f->symbols[i]), "__tsan_", 7) == 0;
	if (!abi || !hooked)
		return image_fail(f, "was not built by sbesim-cc (expected the symbol " IMAGE_ABI_SYMBOL
				     " and instrumented code)");
	if (abi->st_value != IMAGE_ABI)
		return image_fail(f, "was built by another sbesim-cc: expected ABI %u, seen %llu; build it again", IMAGE_ABI,
				  (unsigned long long)abi->st_value);
	if (!entry || !image_in_memory(f, entry->st_value, 1))
		return image_fail(f, "defines no int sbesim_main(int argc, char **argv)");
	uintptr_t address = (uintptr_t)f->image->base + entry->st_value;

	memcpy(&f->image->main, &address, sizeof(address));
	return true;
}

/* Does a reset store to the pages of [start, end)? */
static bool image_writes_to(const struct image *image, uint64_t start, uint64_t end)
{
	end = (end + IMAGE_PAGE - 1) & ~(uint64_t)(IMAGE_PAGE - 1);
	for (unsigned int i = 0; i < image->writables; i++) {
		uint64_t at = (uint64_t)(image->writable[i].start - image->base);

		if (at < end && start < at + image->writable[i].size)
			return true;
	}
	return false;
}

static bool image_protect(struct image_file *f)
{
	for (unsigned int i = 0; i < f->header->e_phnum; i++) {
		const Elf64_Phdr *p = &f->segments[i];
		uint64_t start = p->p_vaddr & ~(uint64_t)(IMAGE_PAGE - 1), end = p->p_vaddr + p->p_memsz;

		if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
			continue;
		if (image_writes_to(f->image, start, end))
			return image_fail(f, "has code and writable data in one page, which sbesim-cc never makes");
		if (mprotect(f->image->base + start, end - start, PROT_READ | PROT_EXEC) != 0)
			return image_fail(f, "its text cannot be made executable: %s", strerror(errno));
	}
	return true;
}

static bool image_construct(struct image_file *f, const struct image_dynamic *d)
{
	uint64_t *constructor = image_in_memory(f, d->init_array, d->init_array_size);

	if (!constructor || d->init_array % 8)
		return image_fail(f, "damaged: its constructors lie outside the file");
	for (uint64_t i = 0; i < d->init_array_size / 8; i++) {
		uint64_t at = constructor[i] - (uint64_t)(uintptr_t)f->image->base;
		void (*run)(void);

		if (!image_in_memory(f, at, 1))
			return image_fail(f, "damaged: constructor %llu lies outside it", (unsigned long long)i);
		memcpy(&run, &constructor[i], sizeof(run));
		run();
	}
	return true;
}

static bool image_snapshot(struct image_file *f)
{
	for (unsigned int i = 0; i < f->image->writables; i++) {
		struct image_part *part = &f->image->writable[i];

		part->pristine = malloc(part->size ? part->size : 1);
		if (!part->pristine)
			return image_fail(f, "no memory for its pristine copy");
		memcpy(part->pristine, part->start, part->size);
	}
	return true;
}

/* Where the loaded bytes [at, at + size) are as they were at first; NULL: they are not of the file. */
static const uint8_t *image_first_bytes(const struct image_file *f, uint64_t at, uint64_t size)
{
	const uint8_t *bytes = image_in_memory(f, at, size);

	for (unsigned int i = 0; bytes && i < f->image->writables; i++) {
		const struct image_part *part = &f->image->writable[i];
		size_t into = (size_t)(bytes - part->start);

		if (bytes >= part->start && into < part->size)
			return size <= part->size - into ? part->pristine + into : NULL;
	}
	return bytes;
}

static void image_note_section(struct image_file *f, const Elf64_Shdr *s, const char *names, uint64_t names_size)
{
	struct image_section *section = &f->image->section[f->image->sections];
	const uint8_t *bytes = s->sh_type == SHT_PROGBITS && s->sh_flags & SHF_ALLOC ?
				       image_first_bytes(f, s->sh_addr, s->sh_size) : NULL;

	if (!bytes || s->sh_name >= names_size || f->image->sections == IMAGE_SECTIONS_MAX ||
	    strnlen(names + s->sh_name, IMAGE_NAME_MAX) == IMAGE_NAME_MAX)
		return;
	strcpy(section->name, names + s->sh_name);
	section->bytes = bytes;
	section->size = s->sh_size;
	f->image->sections++;
}

/* Sections are not needed to run; those that are damaged are not there. */
static bool image_note_sections(struct image_file *f)
{
	const Elf64_Ehdr *h = f->header;
	const Elf64_Shdr *table = h->e_shentsize == sizeof(*table) && h->e_shoff % 8 == 0 && h->e_shstrndx < h->e_shnum ?
					  image_in_file(f, h->e_shoff, (uint64_t)h->e_shnum * sizeof(*table)) : NULL;
	const char *names = table ? image_in_file(f, table[h->e_shstrndx].sh_offset, table[h->e_shstrndx].sh_size) : NULL;
	uint64_t size = names ? table[h->e_shstrndx].sh_size : 0;

	for (unsigned int i = 0; size && !names[size - 1] && i < h->e_shnum; i++)
		image_note_section(f, &table[i], names, size);
	return true;
}

/* All that is done before code of the image runs. */
static bool image_place(struct image_file *f, struct image_dynamic *d)
{
	return image_check_header(f) && image_copy_segments(f) && image_read_build_id(f) && image_read_dynamic(f, d) &&
	       image_check_origin(f) && image_place_tls(f) && image_relocate(f, d->rela, d->rela_size) &&
	       image_relocate(f, d->jmprel, d->jmprel_size) && image_protect(f);
}

static bool image_load_file(struct image_file *f)
{
	struct image_dynamic d = { 0 };

	return image_read_file(f) && image_place(f, &d) && image_construct(f, &d) && image_snapshot(f) &&
	       image_note_sections(f);
}

struct image *image_load(const char *path, uint8_t *base, size_t room, unsigned int cores, char *why, size_t why_size)
{
	struct image_file f = { .path = path, .room = room & ~(size_t)(IMAGE_PAGE - 1), .cores = cores, .why = why, .why_size = why_size };

	f.image = calloc(1, sizeof(*f.image));
	if (!f.image)
		return NULL;
	f.image->base = base;
	f.image->path = strdup(path);
	bool loaded = image_load_file(&f);

	free(f.data);
	if (loaded)
		return f.image;
	image_unload(f.image);
	return NULL;
}

void image_reset(struct image *image)
{
	for (unsigned int i = 0; i < image->writables; i++)
		memcpy(image->writable[i].start, image->writable[i].pristine, image->writable[i].size);
}

void image_reset_core(struct image *image, unsigned int core)
{
	for (unsigned int i = 0; i < image->writables; i++)
		if (image->tls_blocks && image->writable[i].start == image->tls_blocks)
			memcpy(image->tls_blocks + core * image->tls_stride,
			       image->writable[i].pristine + core * image->tls_stride, image->tls_size);
}

const uint8_t *image_section(const struct image *image, const char *name, size_t *size)
{
	for (unsigned int i = 0; i < image->sections; i++)
		if (strcmp(image->section[i].name, name) == 0) {
			*size = image->section[i].size;
			return image->section[i].bytes;
		}
	return NULL;
}

void image_unload(struct image *image)
{
	if (image->size)
		mprotect(image->base, image->size, PROT_READ | PROT_WRITE);
	for (unsigned int i = 0; i < image->writables; i++)
		free(image->writable[i].pristine);
	free(image->path);
	free(image);
}
