/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loads and stores without a hook, found in assembler text (x86-64, as gcc and clang write it).
 *
 * The instructions of a function are walked along all their ways, until nothing changes, with what is known at each:
 * which registers and stack slots hold addresses of private memory (the stack, the image's own data), and what the hook
 * called last announced. A load or store through any other address must lie in the announced bytes. Addresses are
 * compared as text, register by register, so the answer is about what compilers write, not about what could be
 * written; inline assembly is left to statements.c.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cc/text.h"

#define SLOTS 24u
#define ANY_SIZE 0x10000
#define PASSES_MAX 20u

/* ---- What is known ---------------------------------------------------------------------------------- */

/* Ordered: where two ways meet, the larger one holds. */
enum known { UNREACHED, PRIVATE, OTHER };

/* An address as the text has it. */
struct address {
	bool known;
	unsigned int base, index;
	long displacement;
};

/* What the last hook announced of one kind, and what was accessed of it since. */
struct window {
	int size; /* 0: nothing */
	bool touched;
	struct address announced; /* its beginning, if that is known here */
	struct address used; /* else that of the first access; later ones must lie beside it ... */
	long end; /* ... up to here */
};

struct slot {
	unsigned int base;
	long displacement;
	enum known value;
};

struct flow {
	bool reached;
	enum known reg[REGISTERS];
	struct slot slot[SLOTS];
	unsigned int slots;
	struct window load, store;
	struct address argument; /* what a hook called now would be given ... */
	int argument_size; /* ... and the size; 0 when not known */
	bool range; /* the last hook was a range */
	bool stored_other; /* the last hook was a store's, of memory that may be shared */
};

static const struct text *text;
static struct flow now;
static struct flow indirect; /* at the function's indirect jumps */
static bool changed, reporting, function_hooked;

static void flow_begin(const char *function)
{
	now = (struct flow){ .reached = true };
	for (unsigned int i = 0; i < REGISTERS; i++)
		now.reg[i] = OTHER;
	now.reg[RSP] = now.reg[RBP] = PRIVATE;
	/* A nested function's way to the variables around it. */
	now.reg[R10] = PRIVATE;
	/* The hidden argument: statements.c looks at who passes it. */
	if (statements_returns_hidden(function))
		now.reg[RDI] = PRIVATE;
	indirect.reached = false;
}

static bool address_beside(const struct address *a, unsigned int base, unsigned int index)
{
	return a->known && a->base == base && a->index == index;
}

static bool address_equal(const struct address *a, const struct address *b)
{
	return a->known == b->known &&
	       (!a->known || (address_beside(a, b->base, b->index) && a->displacement == b->displacement));
}

static void window_merge(struct window *a, const struct window *b)
{
	a->size = a->size < b->size ? a->size : b->size;
	a->touched |= b->touched;
	if (!address_equal(&a->announced, &b->announced))
		a->announced = (struct address){ 0 };
	if (!a->used.known) {
		a->used = b->used;
		a->end = b->end;
	} else if (b->used.known && (!address_equal(&a->used, &b->used) || a->end != b->end)) {
		*a = (struct window){ 0 };
	}
}

static unsigned int slot_find(const struct flow *f, unsigned int base, long displacement)
{
	unsigned int i = 0;

	while (i < f->slots && (f->slot[i].base != base || f->slot[i].displacement != displacement))
		i++;
	return i;
}

static enum known slot_known(const struct flow *f, unsigned int base, long displacement)
{
	unsigned int i = slot_find(f, base, displacement);

	return i < f->slots ? f->slot[i].value : OTHER;
}

static void slot_set(struct flow *f, unsigned int base, long displacement, enum known value)
{
	unsigned int i = slot_find(f, base, displacement);

	if (i == SLOTS)
		return;
	f->slots += i == f->slots;
	f->slot[i] = (struct slot){ base, displacement, value };
}

/* What a label knows when the way that knows `from` reaches it too. */
static void flow_merge(struct flow *at, const struct flow *from)
{
	struct flow before = *at;

	if (!from->reached)
		return;
	if (!at->reached) {
		*at = *from;
		changed = true;
		return;
	}
	for (unsigned int i = 0; i < REGISTERS; i++)
		at->reg[i] = at->reg[i] > from->reg[i] ? at->reg[i] : from->reg[i];
	for (unsigned int i = 0; i < at->slots; i++)
		if (slot_known(from, at->slot[i].base, at->slot[i].displacement) == OTHER)
			at->slot[i].value = OTHER;
	window_merge(&at->load, &from->load);
	window_merge(&at->store, &from->store);
	if (!address_equal(&at->argument, &from->argument))
		at->argument = (struct address){ 0 };
	if (at->argument_size != from->argument_size)
		at->argument_size = 0;
	at->range &= from->range;
	at->stored_other &= from->stored_other;
	changed |= memcmp(&before, at, sizeof(before)) != 0;
}

static enum known memory_known(const struct operand *o)
{
	if (o->own || (o->base == NONE && o->index == NONE))
		return PRIVATE;
	if ((o->base != NONE && now.reg[o->base] == PRIVATE) || (o->index != NONE && now.reg[o->index] == PRIVATE))
		return PRIVATE;
	return OTHER;
}

static bool operand_is_slot(const struct operand *o)
{
	return o->kind == OPERAND_MEMORY && !o->own && o->index == NONE && (o->base == RSP || o->base == RBP);
}

static bool address_needs(const struct address *a, unsigned int reg)
{
	return a->known && (a->base == reg || a->index == reg);
}

/* What was announced of the register's old value is not of its new one. */
static void window_forget(struct window *w, unsigned int reg)
{
	if (address_needs(&w->used, reg))
		*w = (struct window){ 0 };
	if (address_needs(&w->announced, reg))
		w->announced.known = false;
}

static void register_set(unsigned int reg, enum known value)
{
	/* Frame pointers are kept. */
	now.reg[reg] = reg == RSP || reg == RBP ? PRIVATE : value;
	if (reg == RDI || address_needs(&now.argument, reg))
		now.argument.known = false;
	if (reg == RSI)
		now.argument_size = 0;
	window_forget(&now.load, reg);
	window_forget(&now.store, reg);
}

/* ---- Hooks ------------------------------------------------------------------------------------------ */

static const char *call_target(const struct instruction *in)
{
	const char *name = in->operands ? in->operand[in->operands - 1].text : "";
	static char room[128];

	snprintf(room, sizeof(room), "%.*s", (int)strcspn(name, "@(+"), name);
	return room;
}

static int hook_size(const char *name)
{
	size_t length = strlen(name);

	if (strstr(name, "_range") && now.argument_size)
		return now.argument_size;
	if (cc_starts(name, "__tsan_atomic"))
		return atoi(name + strlen("__tsan_atomic")) / 8;
	while (length && isdigit((unsigned char)name[length - 1]))
		length--;
	return name[length] ? atoi(name + length) : ANY_SIZE;
}

static struct window window_new(int size)
{
	struct window w = { .size = size };

	if (size != ANY_SIZE)
		w.announced = now.argument;
	return w;
}

static void hook_copies(const struct instruction *in, const struct flow *before, int size)
{
	enum known to = before->stored_other ? OTHER : PRIVATE, from = before->reg[RDI];

	if (reporting && to == OTHER && from == OTHER && size <= 16)
		cc_warn(CC_STRUCT_COPY, in->place,
			"this copy's store is told before its load, with the bytes that it "
			"overwrites; if both are shared, use memcpy()");
}

static void hook_called(const struct instruction *in, const char *name)
{
	bool write = strstr(name, "write") != NULL, read = strstr(name, "read") || strstr(name, "_load");
	bool range = strstr(name, "_range") != NULL;
	int size = hook_size(name);
	struct flow before = now;
	bool copies =
		read && !write && !range && before.store.size == size && !before.load.size && !before.store.touched;

	now.load = now.store = (struct window){ 0 };
	if (read)
		now.load = window_new(size);
	if (write)
		now.store = window_new(size);
	if (copies || (range && before.range)) {
		now.store = now.store.size ? now.store : before.store;
		now.load = now.load.size ? now.load : before.load;
	}
	if (copies)
		hook_copies(in, &before, size);
	now.range = range;
	now.stored_other = write && before.reg[RDI] == OTHER;
	function_hooked |= read || write;
}

/* After an atomic load clang loads once more, and throws it away. */
static bool call_is_hook(const char *name)
{
	return (cc_starts(name, "__tsan_atomic") && strstr(name, "_load")) ||
	       (cc_starts(name, "__tsan_") && !strstr(name, "thread") &&
		(strstr(name, "read") || strstr(name, "write")));
}

static void flow_call(const struct instruction *in)
{
	static const char *const lost[] = { "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11" };
	const char *name = call_target(in);
	bool own = strcmp(name, "__tls_get_addr") == 0;

	if (call_is_hook(name))
		hook_called(in, name);
	else {
		now.load = now.store = (struct window){ 0 };
		now.range = now.stored_other = false;
	}
	function_hooked |= cc_starts(name, "__tsan_atomic") || cc_starts(name, "__tsan_func");
	for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++)
		register_set(register_find(lost[i], strlen(lost[i])), OTHER);
	if (own)
		register_set(RAX, PRIVATE);
}

/* ---- Accesses --------------------------------------------------------------------------------------- */

static bool word_in(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (cc_starts(word, *words))
			return true;
	return false;
}

/* How wide the access to memory is; 0: not known, and any width will do. */
static unsigned int access_bytes(const struct instruction *in)
{
	static const struct {
		const char *prefix;
		unsigned int bytes;
	} names[] = {
		{ "fldt", 10 }, { "fstpt", 10 }, { "movzb", 1 }, { "movzw", 2 }, { "movsbl", 1 },
		{ "movsbq", 1 }, { "movsbw", 1 }, { "movswl", 2 }, { "movswq", 2 }, { "movslq", 4 },
		{ "set", 1 }, { "movq", 8 }, { "movlp", 8 }, { "movhp", 8 },
		{ "movup", 16 }, { "movap", 16 }, { "movdq", 16 }, { "vmovq", 8 }, { "vmovlp", 8 },
		{ "vmovhp", 8 }, { "cmpxchg16b", 16 },
	};
	size_t length = strlen(in->name);
	unsigned int bytes = 0;
	bool vector = false;

	for (unsigned int i = 0; i < in->operands; i++) {
		vector |= in->operand[i].kind == OPERAND_VECTOR;
		if (in->operand[i].kind == OPERAND_REGISTER || in->operand[i].bytes > 16)
			bytes = in->operand[i].bytes;
	}
	if (bytes > 16)
		return bytes;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (cc_starts(in->name, names[i].prefix))
			return names[i].bytes;
	if (vector)
		return 0;
	if (bytes || !length)
		return bytes;
	switch (in->name[length - 1]) {
	case 'b':
		return 1;
	case 'w':
		return 2;
	case 'l':
		return 4;
	case 'q':
		return 8;
	default:
		return 0;
	}
}

static bool window_takes(struct window *w, const struct operand *o, unsigned int bytes)
{
	long from = o->displacement, to = from + (bytes ? (long)bytes : 1);

	if (!w->size)
		return false;
	if (address_beside(&w->announced, o->base, o->index)) {
		w->touched = true;
		return from >= w->announced.displacement && to <= w->announced.displacement + w->size;
	}
	if (w->used.known && !address_beside(&w->used, o->base, o->index))
		return w->size == ANY_SIZE;
	if (w->used.known) {
		from = from < w->used.displacement ? from : w->used.displacement;
		to = to > w->end ? to : w->end;
	}
	if (to - from > w->size)
		return false;
	w->touched = true;
	w->used = (struct address){ true, o->base, o->index, from };
	w->end = to;
	return true;
}

/* Compilers may load four bytes for one or two, where that is aligned, and drop the rest. */
static bool load_is_widened(unsigned int bytes)
{
	return bytes == 4 && now.load.size && now.load.size <= 2;
}

static bool access_announced(const struct instruction *in, const struct operand *o, bool store)
{
	unsigned int bytes = access_bytes(in);

	if (store)
		return window_takes(&now.store, o, bytes);
	if (load_is_widened(bytes))
		bytes = (unsigned int)now.load.size;
	/* What was just stored may be loaded again: nothing comes between. */
	return window_takes(&now.load, o, bytes) || (now.store.touched && window_takes(&now.store, o, bytes));
}

static void access_report(const struct instruction *in, unsigned int bytes, bool store)
{
	const char *what = store ? "store" : "load";
	const struct window *other = store ? &now.load : &now.store;
	bool neighbours = now.load.touched || (other->size && !store);

	if (cc_warned(CC_UNSEEN, in->place))
		return;
	if (bytes == 10)
		cc_warn(CC_LONG_DOUBLE, in->place, "this %s of a long double is not seen", what);
	else if (bytes > 16)
		cc_warn(CC_VECTOR, in->place, "this %s of a vector of %u bytes is not seen", what, bytes);
	else if (!function_hooked)
		cc_warn(CC_NO_HOOKS, in->place,
			"sbesim sees none of this function's loads and stores (no_sanitize?)");
	else if (neighbours)
		cc_warn(CC_BIT_FIELD, in->place, "a bit-field: this %s of its neighbours is not seen", what);
	else
		cc_warn(CC_UNSEEN, in->place,
			"this %s is not seen (a struct passed or returned by value? a packed bit-field?)", what);
}

static void access_check(const struct instruction *in, const struct operand *o, bool store)
{
	if (memory_known(o) == PRIVATE || in->in_asm)
		return;
	if (!access_announced(in, o, store) && reporting)
		access_report(in, access_bytes(in), store);
}

static void access_string(const struct instruction *in)
{
	const struct operand from = { .kind = OPERAND_MEMORY, .base = RSI, .index = NONE },
			     to = { .kind = OPERAND_MEMORY, .base = RDI, .index = NONE };

	if (!cc_starts(in->name, "stos"))
		access_check(in, &from, false);
	if (!cc_starts(in->name, "cmps"))
		access_check(in, &to, !cc_starts(in->name, "scas"));
	register_set(from.base, now.reg[from.base]);
	register_set(to.base, now.reg[to.base]);
}

static bool instruction_is_string(const struct instruction *in)
{
	static const char *const names[] = { "stos", "movs", "lods", "scas", "cmps", NULL };

	return word_in(in->name, names) && strlen(in->name) <= 5 && !in->operands;
}

static void access_memory(const struct instruction *in)
{
	static const char *const none[] = { "lea", "nop", "prefetch", "call", "clflush", NULL };
	static const char *const loads[] = { "cmp", "test",  "push",   "bt ",	 "btl",	    "btq",
					     "div", "idiv",  "mul",    "imul",	 "fld",	    "fild",
					     "jmp", "comis", "ucomis", "vcomis", "vucomis", NULL };
	static const char *const stores[] = { "mov",	  "vmov",  "set",    "pop",  "fst", "fist",
					      "vextract", "pextr", "vpextr", "fnst", "st",  NULL };
	bool exchanges = cc_starts(in->name, "cmpxchg");

	for (unsigned int i = 0; i < in->operands; i++) {
		const struct operand *o = &in->operand[i];
		bool last = i + 1 == in->operands;

		if (o->kind != OPERAND_MEMORY || word_in(in->name, none))
			continue;
		if (!last || exchanges || word_in(in->name, loads) ||
		    !word_in(in->name, stores))
			access_check(in, o, false);
		if (last && (exchanges || !word_in(in->name, loads)) &&
		    !(in->operands == 1 && in->name[0] == 'f' && !word_in(in->name, stores)))
			access_check(in, o, true);
	}
}

/* ---- Registers -------------------------------------------------------------------------------------- */

static enum known operand_known(const struct operand *o)
{
	if (o->kind == OPERAND_REGISTER)
		return now.reg[o->reg];
	if (operand_is_slot(o))
		return slot_known(&now, o->base, o->displacement);
	/* The address of something of the image's own, from the table of such addresses. */
	if (o->kind == OPERAND_MEMORY && o->own && memmem(o->text, o->size, "@GOT", 4))
		return PRIVATE;
	return OTHER;
}

static enum known result_known(const struct instruction *in)
{
	static const char *const keeps[] = { "add", "sub", "and", "inc", "dec", "or", NULL };
	const struct operand *first = &in->operand[0], *last = &in->operand[in->operands - 1];

	if (cc_starts(in->name, "lea"))
		return memory_known(first);
	if (cc_starts(in->name, "cmov"))
		return operand_known(first) == PRIVATE && now.reg[last->reg] == PRIVATE ? PRIVATE : OTHER;
	if (cc_starts(in->name, "mov") && in->operands == 2 && last->bytes == 8)
		return operand_known(first);
	if (word_in(in->name, keeps))
		return now.reg[last->reg] == PRIVATE ||
				       (cc_starts(in->name, "add") && operand_known(first) == PRIVATE)
			       ? PRIVATE
			       : OTHER;
	return OTHER;
}

/* The registers of a hook's arguments: an address as a register and a number, and a size. */
static void argument_set(const struct instruction *in, unsigned int reg, enum known value)
{
	const struct operand *from = &in->operand[0];
	bool lea = cc_starts(in->name, "lea") && !from->own, copy = strcmp(in->name, "movq") == 0;

	register_set(reg, value);
	if (reg == RSI && in->operands == 2 && cc_starts(in->name, "mov") && from->text[0] == '$')
		now.argument_size = atoi(from->text + 1);
	if (reg != RDI || in->operands != 2 ||
	    !((lea && from->base != RDI && from->index != RDI) || (copy && from->kind == OPERAND_REGISTER)))
		return;
	now.argument = (struct address){ true, lea ? from->base : from->reg, lea ? from->index : NONE,
					 lea ? from->displacement : 0 };
}

static void result_set(const struct instruction *in)
{
	static const char *const no_result[] = {
		"cmp", "test", "push", "bt", "jmp", "nop", "comis", "ucomis", NULL
	};
	static const char *const widen[] = { "cltq", "cltd",  "cqto",  "div",	  "idiv",
					     "mul",  "cpuid", "rdtsc", "cmpxchg", NULL };
	const struct operand *last = in->operands ? &in->operand[in->operands - 1] : NULL;
	enum known value;

	if (word_in(in->name, widen)) {
		register_set(RAX, OTHER);
		register_set(RDX, OTHER);
	}
	if (!last || word_in(in->name, no_result))
		return;
	value = last->kind == OPERAND_REGISTER ? result_known(in) : OTHER;
	if (last->kind == OPERAND_REGISTER && (last->reg == RDI || last->reg == RSI)) {
		argument_set(in, last->reg, value);
		return;
	}
	if (cc_starts(in->name, "xchg") && in->operand[0].kind == OPERAND_REGISTER)
		register_set(in->operand[0].reg, OTHER);
	if (last->kind == OPERAND_REGISTER)
		register_set(last->reg, value);
	else if (operand_is_slot(last) && cc_starts(in->name, "mov"))
		slot_set(&now, last->base, last->displacement, operand_known(&in->operand[0]));
}

/* ---- The walk --------------------------------------------------------------------------------------- */

static void flow_label(struct instruction *in)
{
	if (!in->at_label) {
		in->at_label = calloc(1, sizeof(*in->at_label));
		if (!in->at_label)
			exit(1);
	}
	if (in->address_taken)
		flow_merge(in->at_label, &indirect);
	flow_merge(in->at_label, &now);
	now = *in->at_label;
}

static void flow_jump(const struct instruction *in)
{
	const struct operand *to = &in->operand[0];
	struct instruction *label =
		to->kind == OPERAND_MEMORY && to->base == NONE ? text_label(call_target(in)) : NULL;

	if (label && label->kind == IS_LABEL) {
		struct flow here = now;

		now = (struct flow){ 0 };
		if (!label->at_label)
			flow_label(label);
		now = here;
		flow_merge(label->at_label, &here);
	} else if (!label && in->name[1] == 'm') {
		flow_merge(&indirect, &now);
	}
	if (in->name[1] == 'm')
		now = (struct flow){ 0 };
}

static void flow_step(struct instruction *in)
{
	if (!now.reached && !in->in_asm)
		return;
	if (cc_starts(in->name, "call")) {
		flow_call(in);
		return;
	}
	if (instruction_is_string(in)) {
		access_string(in);
		return;
	}
	access_memory(in);
	if (in->name[0] == 'j')
		flow_jump(in);
	else if (cc_starts(in->name, "ret") || cc_starts(in->name, "ud2") || cc_starts(in->name, "hlt"))
		now = (struct flow){ 0 };
	else
		result_set(in);
}

static bool function_is_hooked(size_t at)
{
	for (at++; at < text->count && text->code[at].kind != IS_FUNCTION; at++)
		if (text->code[at].kind == IS_CODE && text->code[at].operands &&
		    strstr(call_target(&text->code[at]), "__tsan_"))
			return true;
	return false;
}

static void flow_pass(void)
{
	changed = false;
	for (size_t i = 0; i < text->count; i++) {
		struct instruction *in = &text->code[i];

		if (in->kind == IS_FUNCTION) {
			flow_begin(in->name);
			function_hooked = function_is_hooked(i);
		} else if (in->kind == IS_LABEL) {
			flow_label(in);
		} else {
			flow_step(in);
		}
	}
}

struct flow_result flow_scan(char *all)
{
	text = text_read(all);
	changed = true;
	for (unsigned int pass = 0; pass < PASSES_MAX && changed; pass++)
		flow_pass();
	reporting = true;
	flow_pass();
	return text->result;
}
