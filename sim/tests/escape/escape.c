/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The escape detector: proof that the loads and stores of hosted code are seen.
 *
 *   escape EXPECTED IMAGE ...
 *
 * Runs each idiom of each image (idioms.c) on a shared page that it may not touch: every access faults, and is held
 * against the hooks that came just before it, byte by byte. The faulting instruction is then executed three times, one
 * step each: with the bytes inverted that no load hook announced (if that makes a difference it loads them), with all
 * bytes inverted (now every byte that it stores has changed), and at last as it should. An escape that EXPECTED does
 * not list fails, and so does a listed one that does not happen.
 *
 * The hooks are the project's own (hook.c, libc.c, seam.c, image.c); only hook_request is defined here, in place of
 * the engine's. Not seen: whether a load is wider than announced when all that it changes is private memory, or flags
 * that happen to come out equal. A level that ends in "+mavx2" is skipped, by name, on a CPU without AVX2.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "sim/hook.h"
#include "sim/image.h"
#include "sim/tests/escape/idioms.h"

#define PAGE 4096u
#define IMAGE_ROOM (1u << 20)
#define HOOKS_MAX 4		/* ENGINE_STORES_MAX */
#define EXPECTATIONS_MAX 256
#define TRAP_FLAG 0x100
#define RESULT_FLAGS 0x8d5	/* of the flags register: overflow, sign, zero, adjust, parity, carry */
#define EVERY_LEVEL "-O0,-O1,-Og,-O2,-O3,-Os,-O2+mavx2,-O3+mavx2"
#define TEXT "abcdefghijklmnopqrstuvw"
/* Of a signal's frame: its mark of an extended area, that area's AVX half, and where it begins. */
#define FRAME_EXTENDED 0x46505853u
#define FRAME_UPPER_AT 576u
#define FRAME_UPPER_SIZE 256u

enum kind { LOAD, STORE, KINDS };
static const char *const kind_names[KINDS] = { "load", "store" };

/* ---- Hooks: what was announced ---------------------------------------------------------------------- */

struct announced {
	uintptr_t address;
	size_t size;
	enum kind kind;
	bool range;
};

static uint8_t *shared, *shared_alias; /* the same page: protected, and ours */
static struct image *image;
/*
 * The newest hook, or the newest ranges: as in the engine, a range's bytes may come after the next range hook, and
 * those of a store after the hook of a load of the same size, if nothing was stored between the two.
 */
static struct announced newest[HOOKS_MAX];
static unsigned int newests;
static bool newest_stored;	/* something was, since the newest hook */

static void hooks_announce(const struct request *request, enum kind kind, bool range)
{
	const struct announced *last = newests ? &newest[newests - 1] : NULL;
	bool copies = last && !last->range && !range && newests == 1 && last->kind == STORE && kind == LOAD &&
		      last->size == request->size && last->size <= 16 && !newest_stored;

	if (!copies && (!last || !range || !last->range || newests == HOOKS_MAX))
		newests = 0;
	newest[newests++] = (struct announced){ request->address, request->size, kind, range };
	newest_stored = false;
}

static bool hooks_cover(size_t at, enum kind kind, bool updates)
{
	uintptr_t address = (uintptr_t)shared + at;

	for (unsigned int i = 0; i < newests; i++)
		if (address - newest[i].address < newest[i].size &&
		    (newest[i].kind == kind || (updates && kind == LOAD)))
			return true;
	return false;
}

/* In place of the engine's. */
uint64_t hook_request(struct request *request)
{
	static char text[64];

	switch (request->kind) {
	case REQUEST_LOAD:
	case REQUEST_LOAD_RANGE:
		hooks_announce(request, LOAD, request->kind == REQUEST_LOAD_RANGE);
		return 0;
	case REQUEST_STORE:
	case REQUEST_STORE_RANGE:
		hooks_announce(request, STORE, request->kind == REQUEST_STORE_RANGE);
		return 0;
	case REQUEST_FORMAT:
		request->other = text;
		return (uint64_t)snprintf(text, sizeof(text), "%s", TEXT);
	case REQUEST_INPUT:
		request->other = text;
		return request->size;
	default:
		return 0;
	}
}

/* ---- An access: stopped, tried, judged -------------------------------------------------------------- */

struct outcome {
	gregset_t registers;
	struct _libc_fpstate floats;
	uint8_t upper[FRAME_UPPER_SIZE]; /* halves of the vector registers; zero where there are none */
	uint8_t bytes[PAGE];
};
enum trial { TRIAL_UNANNOUNCED, TRIAL_ALL, TRIAL_TRUE, TRIALS };

static struct {
	enum trial trial;
	enum kind kind;			/* of the fault */
	size_t at;
	bool may[KINDS][PAGE];
	struct outcome before, after[TRIALS];
} stop;

/* Since the idiom began. */
static struct {
	unsigned long accesses, escapes[KINDS];
	uintptr_t first[KINDS];		/* the first escape's instruction */
} seen;

static uint8_t *frame_upper(const ucontext_t *context)
{
	struct _libc_fpstate *floats = context->uc_mcontext.fpregs;
	bool extended = floats->__glibc_reserved1[12] == FRAME_EXTENDED &&
			floats->__glibc_reserved1[13] >= FRAME_UPPER_AT + FRAME_UPPER_SIZE;

	return extended ? (uint8_t *)floats + FRAME_UPPER_AT : NULL;
}

static void stop_save(struct outcome *o, const ucontext_t *context)
{
	const uint8_t *upper = frame_upper(context);

	memcpy(o->registers, context->uc_mcontext.gregs, sizeof(o->registers));
	memcpy(&o->floats, context->uc_mcontext.fpregs, sizeof(o->floats));
	if (upper)
		memcpy(o->upper, upper, FRAME_UPPER_SIZE);
	memcpy(o->bytes, shared_alias, PAGE);
}

static uint8_t stop_byte(enum trial trial, size_t i)
{
	bool inverted = trial == TRIAL_ALL || (trial == TRIAL_UNANNOUNCED && !stop.may[LOAD][i]);

	return inverted ? (uint8_t)~stop.before.bytes[i] : stop.before.bytes[i];
}

static void stop_try(ucontext_t *context, enum trial trial)
{
	uint8_t *upper = frame_upper(context);

	stop.trial = trial;
	memcpy(context->uc_mcontext.gregs, stop.before.registers, sizeof(stop.before.registers));
	memcpy(context->uc_mcontext.fpregs, &stop.before.floats, sizeof(stop.before.floats));
	if (upper)
		memcpy(upper, stop.before.upper, FRAME_UPPER_SIZE);
	context->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
	for (size_t i = 0; i < PAGE; i++)
		shared_alias[i] = stop_byte(trial, i);
}

static bool outcome_registers_equal(const struct outcome *a, const struct outcome *b)
{
	return memcmp(a->registers, b->registers, sizeof(a->registers[0]) * (REG_RIP + 1)) == 0 &&
	       ((a->registers[REG_EFL] ^ b->registers[REG_EFL]) & RESULT_FLAGS) == 0 &&
	       a->floats.swd == b->floats.swd &&
	       memcmp(a->floats._st, b->floats._st, sizeof(a->floats._st)) == 0 &&
	       memcmp(a->floats._xmm, b->floats._xmm, sizeof(a->floats._xmm)) == 0 &&
	       memcmp(a->upper, b->upper, sizeof(a->upper)) == 0;
}

/* Did bytes that no load hook announced make a difference? */
static bool stop_loads_unannounced(void)
{
	const struct outcome *tried = &stop.after[TRIAL_UNANNOUNCED], *true_one = &stop.after[TRIAL_TRUE];

	if ((stop.kind == LOAD && !stop.may[LOAD][stop.at]) || !outcome_registers_equal(tried, true_one))
		return true;
	for (size_t i = 0; i < PAGE; i++) {
		bool untouched = tried->bytes[i] == stop_byte(TRIAL_UNANNOUNCED, i) &&
				 true_one->bytes[i] == stop.before.bytes[i];

		if (!untouched && tried->bytes[i] != true_one->bytes[i])
			return true;
	}
	return false;
}

static bool stop_stores_unannounced(void)
{
	for (size_t i = 0; i < PAGE; i++) {
		bool stored = stop.after[TRIAL_TRUE].bytes[i] != stop.before.bytes[i] ||
			      stop.after[TRIAL_ALL].bytes[i] != stop_byte(TRIAL_ALL, i);

		if (stored && !stop.may[STORE][i])
			return true;
	}
	return stop.kind == STORE && !stop.may[STORE][stop.at];
}

static void seen_escape(enum kind kind, bool escapes)
{
	uintptr_t pc = (uintptr_t)stop.before.registers[REG_RIP];

	if (escapes && !seen.escapes[kind]++)
		seen.first[kind] = pc;
}

/* Whatever the detector itself does wrong must not look like an access. */
static void signal_default(int number)
{
	signal(number, SIG_DFL);
}

static void on_access(int number, siginfo_t *info, void *context_)
{
	ucontext_t *context = context_;
	uintptr_t at = (uintptr_t)info->si_addr - (uintptr_t)shared;
	uintptr_t pc = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];

	if (at >= PAGE || hook_now == &hook_idle) {
		signal_default(number);
		return;
	}
	/* Entry points that perform an atomic operation announce its store, which stands for the load before it. */
	bool updates = pc - (uintptr_t)image->base >= image->size && !newest_stored;

	stop.kind = context->uc_mcontext.gregs[REG_ERR] & 2 ? STORE : LOAD;
	stop.at = at;
	for (size_t i = 0; i < PAGE; i++)
		for (enum kind kind = LOAD; kind < KINDS; kind++)
			stop.may[kind][i] = hooks_cover(i, kind, updates);
	stop_save(&stop.before, context);
	mprotect(shared, PAGE, PROT_READ | PROT_WRITE);
	stop_try(context, TRIAL_UNANNOUNCED);
}

static void on_step(int number, siginfo_t *info, void *context_)
{
	ucontext_t *context = context_;

	(void)info;
	if (hook_now == &hook_idle) {
		signal_default(number);
		return;
	}
	stop_save(&stop.after[stop.trial], context);
	if (stop.trial != TRIAL_TRUE) {
		stop_try(context, stop.trial + 1);
		return;
	}
	context->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
	mprotect(shared, PAGE, PROT_NONE);
	newest_stored |= stop.kind == STORE;
	seen.accesses++;
	seen_escape(LOAD, stop_loads_unannounced());
	seen_escape(STORE, stop_stores_unannounced());
}

/* ---- Expectations ----------------------------------------------------------------------------------- */

struct expectation {
	char compiler[16], versions[32], levels[96], idiom[32], kind[16];
	unsigned int line;
};

static struct expectation expectation[EXPECTATIONS_MAX];
static unsigned int expectations;

static void __attribute__((format(printf, 1, 2), noreturn)) die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("escape: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	exit(2);
}

static void expectations_read(const char *path)
{
	FILE *file = fopen(path, "r");
	char text[256];

	if (!file)
		die("%s cannot be opened", path);
	for (unsigned int line = 1; fgets(text, sizeof(text), file); line++) {
		struct expectation *e = &expectation[expectations];
		char reason[2];

		if (text[0] == '#' || text[0] == '\n')
			continue;
		if (expectations == EXPECTATIONS_MAX)
			die("%s has more than %d lines", path, EXPECTATIONS_MAX);
		if (sscanf(text, "%15s %31s %95s %31s %15s %1s", e->compiler, e->versions, e->levels, e->idiom, e->kind,
			   reason) != 6)
			die("%s:%u: expected \"compiler versions levels idiom load|store reason\", seen \"%s\"", path,
			    line, text);
		e->line = line;
		expectations++;
	}
	fclose(file);
}

/* Is `word` one of the words between the commas of `list`? */
static bool list_has(const char *list, const char *word)
{
	size_t size = strlen(word);

	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, word, size) == 0 && (at[size] == ',' || at[size] == '\0'))
			return true;
	}
	return false;
}

static bool expectation_is_for(const struct expectation *e, const struct idioms *idioms)
{
	char version[16];

	snprintf(version, sizeof(version), "%d", idioms->version);
	return strcmp(e->compiler, idioms->compiler) == 0 && list_has(e->versions, version) &&
	       list_has(strcmp(e->levels, "every") == 0 ? EVERY_LEVEL : e->levels, idioms->level);
}

static const struct expectation *expectation_find(const struct idioms *idioms, const char *idiom, enum kind kind)
{
	for (unsigned int i = 0; i < expectations; i++)
		if (expectation_is_for(&expectation[i], idioms) && strcmp(expectation[i].idiom, idiom) == 0 &&
		    list_has(expectation[i].kind, kind_names[kind]))
			return &expectation[i];
	return NULL;
}

static bool expectations_exist(const struct idioms *idioms)
{
	for (unsigned int i = 0; i < expectations; i++)
		if (expectation_is_for(&expectation[i], idioms))
			return true;
	return false;
}

/* A line about an idiom or a kind that does not exist lists an escape that cannot happen. */
static unsigned int expectations_check_names(const struct idioms *idioms)
{
	unsigned int unknown = 0;

	for (unsigned int i = 0; i < expectations; i++) {
		const struct expectation *e = &expectation[i];
		bool known = false;

		for (size_t n = 0; n < idioms->count; n++)
			known |= strcmp(idioms->idiom[n].name, e->idiom) == 0;
		for (enum kind kind = LOAD; kind < KINDS && known; kind++)
			if (list_has(e->kind, kind_names[kind]))
				break;
			else if (kind == STORE)
				known = false;
		if (known || !expectation_is_for(e, idioms))
			continue;
		printf("FAILED line %u of the expectations: there is no idiom \"%s\" or no kind \"%s\"\n", e->line,
		       e->idiom, e->kind);
		unknown++;
	}
	return unknown;
}

/* ---- The tests -------------------------------------------------------------------------------------- */

static unsigned int passed, failed, escaped;

static void idiom_prepare(void)
{
	const char text[] = TEXT;

	memset(&seen, 0, sizeof(seen));
	newests = 0;
	for (size_t i = 0; i < PAGE; i++)
		shared_alias[i] = (uint8_t)text[(i + PAGE * sizeof(text) - IDIOM_AT) % sizeof(text)];
}

static void idiom_run(const struct idiom *idiom)
{
	static struct hook every_access = { .private_size = 0, .deadline = 0 };

	idiom_prepare();
	mprotect(shared, PAGE, PROT_NONE);
	hook_now = &every_access;
	idiom->run((char *)shared + IDIOM_AT);
	hook_now = &hook_idle;
}

/* Escapes and expectation agree? Says it when they do not. */
static bool idiom_judge_kind(const struct idioms *idioms, const char *name, enum kind kind)
{
	const struct expectation *e = expectation_find(idioms, name, kind);
	char what[96];

	snprintf(what, sizeof(what), "%s %d %s %s %s", idioms->compiler, idioms->version, idioms->level, name,
		 kind_names[kind]);
	if (seen.escapes[kind] && !e)
		printf("FAILED %s: %lu of %lu accesses, the first at image offset 0x%lx, expected none: "
		       "no hook just before it announced it\n", what, seen.escapes[kind], seen.accesses,
		       (unsigned long)(seen.first[kind] - (uintptr_t)image->base));
	else if (e && !seen.escapes[kind])
		printf("FAILED %s: line %u of the expectations lists this escape, and it did not happen\n", what,
		       e->line);
	escaped += seen.escapes[kind] != 0;
	return (seen.escapes[kind] != 0) == (e != NULL);
}

static bool idiom_judge(const struct idioms *idioms, const char *name)
{
	bool load = idiom_judge_kind(idioms, name, LOAD), store = idiom_judge_kind(idioms, name, STORE);

	if (!seen.accesses)
		printf("FAILED %s %d %s %s: makes no access, so it tests nothing\n", idioms->compiler, idioms->version,
		       idioms->level, name);
	return load && store && seen.accesses;
}

static void idioms_test(const struct idioms *idioms)
{
	bool known = expectations_exist(idioms);

	for (size_t i = 0; i < idioms->count; i++) {
		idiom_run(&idioms->idiom[i]);
		bool good = idiom_judge(idioms, idioms->idiom[i].name) && known;

		passed += good;
		failed += !good;
	}
	failed += expectations_check_names(idioms);
	if (!known)
		printf("FAILED no expectations for %s %d %s\n", idioms->compiler, idioms->version, idioms->level);
}

static void image_test(const char *path)
{
	uint8_t *base = mmap(NULL, IMAGE_ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char why[256], *answer[1] = { NULL };

	if (base == MAP_FAILED)
		die("no memory for an image");
	image = image_load(path, base, IMAGE_ROOM, 1, why, sizeof(why));
	if (!image)
		die("%s", why);
	image->main(0, answer);
	const struct idioms *idioms = (const struct idioms *)(const void *)answer[0];

	if (strstr(idioms->level, "+mavx2") && !__builtin_cpu_supports("avx2"))
		printf("SKIPPED %s %d %s: this CPU has no AVX2\n", idioms->compiler, idioms->version, idioms->level);
	else
		idioms_test(idioms);
	image_unload(image);
	munmap(base, IMAGE_ROOM);
}

static void shared_map(void)
{
	int fd = memfd_create("escape", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, PAGE) != 0)
		die("no memory to share");
	shared = mmap(NULL, PAGE, PROT_NONE, MAP_SHARED, fd, 0);
	shared_alias = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (shared == MAP_FAILED || shared_alias == MAP_FAILED)
		die("no memory to share");
	close(fd);
}

static void signals_install(void)
{
	static uint8_t stack[65536];
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK, .sa_sigaction = on_access };

	sigaltstack(&(stack_t){ .ss_sp = stack, .ss_size = sizeof(stack) }, NULL);
	sigaction(SIGSEGV, &action, NULL);
	action.sa_sigaction = on_step;
	sigaction(SIGTRAP, &action, NULL);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		die("expected EXPECTED IMAGE ...");
	setvbuf(stdout, NULL, _IOLBF, 0);
	expectations_read(argv[1]);
	shared_map();
	signals_install();
	for (int i = 2; i < argc; i++)
		image_test(argv[i]);
	printf("%u passed, %u failed, %u escapes\n", passed, failed, escaped);
	return failed ? 1 : 0;
}
