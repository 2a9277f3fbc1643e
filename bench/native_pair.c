/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A pair without the bench, to compare with: both images compiled by the ordinary compiler, in one process, on ordinary
 * coherent memory, taking turns as coroutines where they wait.
 *
 *   native_pair HOST.so REMOTE.so COUNT     the host's whole program COUNT times, both images as new each time
 *
 * The seam is as short as it can be: maintenance does nothing, a kick makes the peer's handler pending, time passes by
 * being asked for. It does not model anything. Exit code 0 when every host program ended with 0.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <sbesim/hw.h>

#define SIDES 2
#define STACK (256 * 1024)
#define PARTS_MAX 4
#define ASKING_TAKES_NS 100
#define NEVER UINT64_MAX

struct part {
	void *start, *pristine;
	size_t size;
};

static struct side {
	const char *name;
	int (*main)(int argc, char **argv);
	uint8_t *base;
	struct part part[PARTS_MAX];
	unsigned int parts;
	ucontext_t start;
	jmp_buf at;
	bool begun, over, released, disabled, pending, in_isr;
	uint64_t wake;
	hw_mbox_isr isr;
	void *arg;
	int code;
} sides[SIDES] = {{.name = "host"}, {.name = "remote"}};
static struct side *now_running;
static jmp_buf out;
static uint64_t now_ns;

/* As on the platform zynqmp, so that addresses fit where 32 bits are all there is. */
static const struct hw_region regions[] = {
	{(void *)0x3ed3f000, 0x3ed3f000, 0x1000, 0, 0},	  {(void *)0x3ed40000, 0x3ed40000, 0x4000, 0, 0},
	{(void *)0x3ed44000, 0x3ed44000, 0x4000, 0, 0},	  {(void *)0x3ed48000, 0x3ed48000, 0x100000, 0, 0},
	{(void *)0x70000000, 0x70000000, 0x20000, 0, 0},
};
static const char *const region_names[] = {"rsc-table", "vdev0vring0", "vdev0vring1", "vdev0buffer", "sbe-area0"};
#define REGIONS (sizeof(regions) / sizeof(regions[0]))

/* ---- Taking turns ---------------------------------------------------------------------------------- */

static bool side_can_go(const struct side *side)
{
	return side->released && !side->over && (side->wake <= now_ns || (side->pending && !side->in_isr));
}

static void side_take_interrupt(struct side *side)
{
	if (!side->pending || side->disabled || side->in_isr || !side->isr)
		return;
	side->pending = false;
	side->in_isr = true;
	side->isr(side->arg, 0);
	side->in_isr = false;
}

/* The other side if it can go, else whoever wakes first. */
static struct side *side_next(struct side *from)
{
	struct side *other = &sides[from == sides];

	if (side_can_go(other) || side_can_go(from))
		return side_can_go(other) ? other : from;
	struct side *next = other->released && !other->over && (from->over || other->wake < from->wake) ? other : from;

	if (next->wake == NEVER) {
		fprintf(stderr, "native_pair: both sides wait for ever\n");
		exit(1);
	}
	now_ns = next->wake;
	return next;
}

static _Noreturn void side_go(struct side *side)
{
	now_running = side;
	if (side->begun)
		_longjmp(side->at, 1);
	side->begun = true;
	setcontext(&side->start);
	abort();
}

static void side_switch(struct side *from)
{
	struct side *next = side_next(from);

	if (next != from && (from->over || !_setjmp(from->at)))
		side_go(next);
}

static void side_wait_until(uint64_t when)
{
	struct side *side = now_running;

	side->wake = when;
	side_switch(side);
	side->wake = 0;
	side_take_interrupt(side);
}

static void side_end(int code)
{
	now_running->code = code;
	now_running->over = true;
	if (now_running == sides)
		_longjmp(out, 1);
	side_switch(now_running);
}

static void side_body(void)
{
	char *argv[] = {(char *)(uintptr_t)now_running->name, NULL};

	side_end(now_running->main(1, argv));
}

/* ---- The seam ---------------------------------------------------------------------------------------- */

int hw_region_get(const char *name, struct hw_region *region)
{
	for (size_t i = 0; i < REGIONS; i++)
		if (strcmp(region_names[i], name) == 0) {
			*region = regions[i];
			return 0;
		}
	return -1;
}

void *hw_da_to_va(uint64_t da, uint64_t size)
{
	for (size_t i = 0; i < REGIONS; i++)
		if (da >= regions[i].da && size <= regions[i].size && da - regions[i].da <= regions[i].size - size)
			return (void *)(uintptr_t)da;
	return NULL;
}

void hw_cache_clean(const volatile void *va, size_t size)
{
	(void)va;
	(void)size;
}

void hw_cache_invalidate(const volatile void *va, size_t size) __attribute__((alias("hw_cache_clean")));
void hw_cache_flush(const volatile void *va, size_t size) __attribute__((alias("hw_cache_clean")));

void hw_dsb(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

int hw_mbox_register(unsigned int channel, hw_mbox_isr isr, void *arg)
{
	if (channel)
		return -1;
	now_running->isr = isr;
	now_running->arg = arg;
	return 0;
}

int hw_mbox_send(unsigned int channel, uint64_t token)
{
	(void)token;
	sides[now_running == sides].pending = true;
	return channel ? -1 : 0;
}

void hw_irq_disable(void)
{
	now_running->disabled = true;
}

void hw_irq_enable(void)
{
	now_running->disabled = false;
	side_take_interrupt(now_running);
}

bool hw_wfi(uint64_t timeout_ns)
{
	if (!now_running->pending)
		side_wait_until(timeout_ns ? now_ns + timeout_ns : NEVER);
	return true;
}

uint64_t hw_time_ns(void)
{
	now_ns += ASKING_TAKES_NS;
	side_wait_until(now_ns);
	return now_ns;
}

void hw_sleep_ns(uint64_t ns)
{
	uint64_t end = now_ns + ns;

	do
		side_wait_until(end);
	while (now_ns < end);
}

int hw_remote_start(void)
{
	if (sides[1].released)
		return -1;
	sides[1].released = true;
	return 0;
}

void hw_console_write(const char *text, size_t size)
{
	(void)text;
	(void)size;
}

_Noreturn void hw_assert_fail(const char *what, const char *file, int line)
{
	fprintf(stderr, "native_pair: %s: %s at %s:%d\n", now_running->name, what, file, line);
	exit(1);
}

size_t hw_input_read(void *buf, size_t size, uint64_t offset)
{
	(void)buf;
	(void)size;
	(void)offset;
	return 0;
}

_Noreturn void hw_exit(int code)
{
	side_end(code);
	__builtin_unreachable();
}

/* Firmware with a table of its own is not looked into: the hosts' default is what the pairs' programs use. */
size_t hw_firmware_read(const char *section, void *buf, size_t size, uint64_t offset)
{
	(void)section;
	(void)buf;
	(void)size;
	(void)offset;
	return 0;
}

void hw_vring_declare(unsigned int index, uint64_t da, uint32_t num, uint32_t align)
{
	(void)index;
	(void)da;
	(void)num;
	(void)align;
}

/* ---- Images ------------------------------------------------------------------------------------------- */

static void side_keep(struct side *side, uint8_t *start, size_t size)
{
	struct part *part = &side->part[side->parts++];

	*part = (struct part){start, malloc(size), size};
	memcpy(part->pristine, start, size);
}

/* Writable segments less what is read-only after relocation. */
static int side_note_segments(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct side *side = ctx;
	uint64_t relro_end = 0;

	(void)size;
	if ((uint8_t *)info->dlpi_addr != side->base)
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_GNU_RELRO)
			relro_end = (info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz + 4095) & ~UINT64_C(4095);
	for (int i = 0; i < info->dlpi_phnum && side->parts < PARTS_MAX; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uint64_t start = p->p_vaddr > relro_end ? p->p_vaddr : relro_end, end = p->p_vaddr + p->p_memsz;

		if (p->p_type == PT_LOAD && p->p_flags & PF_W && start < end)
			side_keep(side, side->base + start, end - start);
	}
	return 1;
}

static void side_load(struct side *side, const char *path)
{
	void *image = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	void *entry = image ? dlsym(image, "sbesim_main") : NULL;
	struct link_map *map;

	if (!entry || dlinfo(image, RTLD_DI_LINKMAP, &map) != 0) {
		fprintf(stderr, "native_pair: %s\n", dlerror());
		exit(2);
	}
	memcpy(&side->main, &entry, sizeof(entry));
	side->base = (uint8_t *)map->l_addr;
	dl_iterate_phdr(side_note_segments, side);
}

static void side_reset(struct side *side, void *stack)
{
	for (unsigned int i = 0; i < side->parts; i++)
		memcpy(side->part[i].start, side->part[i].pristine, side->part[i].size);
	side->begun = side->over = side->disabled = side->pending = side->in_isr = false;
	side->released = side == sides;
	side->wake = 0;
	side->isr = NULL;
	getcontext(&side->start);
	side->start.uc_stack.ss_sp = stack;
	side->start.uc_stack.ss_size = STACK;
	makecontext(&side->start, side_body, 0);
}

static int run_once(void *const stack[SIDES])
{
	for (size_t i = 0; i < SIDES; i++)
		side_reset(&sides[i], stack[i]);
	memset(regions[0].va, 0, regions[0].size);
	now_ns = 0;
	if (!_setjmp(out))
		side_go(sides);
	return sides[0].code;
}

int main(int argc, char **argv)
{
	void *stack[SIDES];

	if (argc != 4) {
		fprintf(stderr, "usage: native_pair HOST.so REMOTE.so COUNT\n");
		return 2;
	}
	for (size_t i = 0; i < REGIONS; i++)
		if (mmap(regions[i].va, regions[i].size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != regions[i].va)
			return 2;
	for (size_t i = 0; i < SIDES; i++) {
		side_load(&sides[i], argv[1 + i]);
		stack[i] = malloc(STACK);
	}
	for (long left = atol(argv[3]); left > 0; left--)
		if (run_once(stack)) {
			fprintf(stderr, "native_pair: the host ended with %d\n", sides[0].code);
			return 1;
		}
	return 0;
}
