/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The machine that is made for a litmus test: a platform with a CPU per agent, two pages that each sees through a cached, an
 * uncached and a write-through window, and an IOMMU of two pages per cluster. The CPUs run no program: litmus_run.c makes their accesses.
 */
#include <string.h>

#include "models/litmus_run.h"

#define PAGE_BYTES 4096u
#define BASE UINT64_C(0x40000000)
#define NOT_MAPPED (-1)

/* ---- The IOMMU --------------------------------------------------------------------------------------------- */

static struct litmus_translation *machine_translation(struct litmus_run *run, unsigned int agent)
{
	return &run->translation[run->test->agent[agent].cluster];
}

static bool machine_translate(void *ctx, struct agent *agent, uint64_t address, uint64_t size, bool store, uint64_t *physical,
			      enum trace_fault *cause)
{
	int page = machine_translation(ctx, agent->id)->tlb[(address - BASE) / PAGE_BYTES];

	(void)size;
	(void)store;
	*cause = TRACE_FAULT_IOMMU_TRANSLATION;
	*physical = BASE + (uint64_t)page * PAGE_BYTES + (address - BASE) % PAGE_BYTES;
	return page != NOT_MAPPED;
}

static void machine_fault(void *ctx, struct agent *agent, uint64_t address, uint32_t size, bool store, enum trace_fault cause)
{
	(void)ctx, (void)agent, (void)address, (void)size, (void)store, (void)cause;
}

static const struct memory_translator machine_translator = { .translate = machine_translate, .fault = machine_fault };

/* Pages without an entry get the table's; memory hears of those that are translated otherwise than in `before`. */
static void machine_walk(struct litmus_run *run, unsigned int agent, const int before[LITMUS_CELLS])
{
	struct litmus_translation *t = machine_translation(run, agent);

	for (unsigned int page = 0; page < LITMUS_CELLS; page++) {
		if (t->tlb[page] == NOT_MAPPED)
			t->tlb[page] = t->table[page];
		for (unsigned int id = 0; t->tlb[page] != before[page] && id < run->test->agents; id++)
			if (machine_translation(run, id) == t)
				memory_translation_changed(run->machine.memory, &run->engine.agent[id],
							   BASE + page * PAGE_BYTES, PAGE_BYTES);
	}
}

void litmus_machine_map(struct litmus_run *run, unsigned int agent, unsigned int page, int to)
{
	struct litmus_translation *t = machine_translation(run, agent);
	int before[LITMUS_CELLS];

	memcpy(before, t->tlb, sizeof(before));
	t->table[page] = to;
	machine_walk(run, agent, before);
}

void litmus_machine_tlbi(struct litmus_run *run, unsigned int agent)
{
	struct litmus_translation *t = machine_translation(run, agent);
	int before[LITMUS_CELLS];

	memcpy(before, t->tlb, sizeof(before));
	for (unsigned int page = 0; page < LITMUS_CELLS; page++)
		t->tlb[page] = NOT_MAPPED;
	machine_walk(run, agent, before);
}

static void machine_reset_translations(struct litmus_run *run)
{
	for (unsigned int id = 0; id < LITMUS_AGENTS_MAX; id++)
		for (int page = 0; page < (int)LITMUS_CELLS; page++)
			run->translation[id].table[page] = run->translation[id].tlb[page] = page;
}

/* ---- The platform ------------------------------------------------------------------------------------------- */

static void machine_build_cpu(struct platform_cpu *cpu, const struct litmus *test, unsigned int id)
{
	static const enum platform_translation translations[] = { PLATFORM_NOT_TRANSLATED, PLATFORM_TRANSLATED_BEFORE_CACHE,
								  PLATFORM_TRANSLATED_AFTER_CACHE };
	static const struct platform_window windows[LITMUS_WINDOWS] = {
		[LITMUS_CACHED] = { .name = "cached", .cached = true, .writable = true },
		[LITMUS_UNCACHED] = { .name = "uncached", .writable = true },
		[LITMUS_THROUGH] = { .name = "through", .cached = true, .writable = true, .through = true },
	};
	const struct litmus_agent *a = &test->agent[id];

	*cpu = (struct platform_cpu){ .name = "agent", .side = id ? TRACE_SIDE_REMOTE : TRACE_SIDE_HOST, .hz = 1000000000,
				      .line_bytes = a->line_bytes,
				      .cache = { .line_bytes = a->line_bytes, .bytes = 4096, .sets = 16 },
				      .clean_part_lines = a->clean_part_lines, .clean_dirty_lines = a->clean_dirty_lines,
				      .shares_cache = a->cluster == id ? 0 : a->cluster + 1,
				      .translation = translations[a->iommu], .store_buffer = a->buffer,
				      .private_size = PAGE_BYTES, .windows = LITMUS_WINDOWS, .channels = LITMUS_MAILBOXES_MAX };
	memcpy(cpu->window, windows, sizeof(windows));
}

static void machine_build_platform(struct platform *p, const struct litmus *test)
{
	*p = (struct platform){ .name = "litmus", .regions = 1, .cpus = test->agents, .history = LINE_SNAPS };
	p->region[0] = (struct platform_region){ .name = "shared", .kind = TRACE_REGION_KIND_CONTROL, .start = BASE,
						 .size = (uint64_t)LITMUS_CELLS * PAGE_BYTES, .served = true };
	p->slave[p->slaves++] = (struct platform_slave){ .name = "memory", .bandwidth_mb_s = UINT32_MAX }; /* no time */
	for (unsigned int id = 0; id < test->agents; id++)
		machine_build_cpu(&p->cpu[id], test, id);
}

static void machine_ring(void *ctx, struct agent *agent, unsigned int channel, uint64_t token)
{
	struct litmus_run *run = ctx;
	struct litmus_thread *thread = &run->thread[agent->id];

	(void)token;
	if (thread->rings)
		memmove(thread->ring, thread->ring + 1, --thread->rings * sizeof(thread->ring[0]));
	litmus_mailbox_ring(run, channel);
}

static void machine_find_windows(struct litmus_run *run)
{
	for (unsigned int id = 0; id < run->test->agents; id++)
		for (unsigned int i = 0; i < LITMUS_WINDOWS; i++) {
			const struct platform_cpu *cpu = &run->platform.cpu[id];
			const struct hw_region *region = memory_region(run->machine.memory, &run->engine.agent[id], cpu->window[i].name);

			run->window[id][i] = (uintptr_t)region->va;
		}
}

static void machine_lay_out(struct litmus_run *run)
{
	for (unsigned int i = 0; i < run->test->variables; i++) {
		const struct litmus_variable *v = &run->test->variable[i];

		run->initial[v->offset / LITMUS_CELL_BYTES][v->offset % LITMUS_CELL_BYTES] = v->value;
	}
}

bool litmus_machine_init(struct litmus_run *run, const struct litmus *test, char *why, size_t why_size)
{
	memset(run, 0, sizeof(*run));
	run->test = test;
	run->engine.chooser = &run->chooser;
	machine_build_platform(&run->platform, test);
	if (!machine_init(&run->machine, &run->engine, &run->platform, why, why_size))
		return false;
	machine_find_windows(run);
	machine_lay_out(run);
	machine_reset_translations(run);
	memory_on_translate(run->machine.memory, &machine_translator, run);
	memory_on_ring(run->machine.memory, machine_ring, run);
	return true;
}

void litmus_machine_fini(struct litmus_run *run)
{
	machine_fini(&run->machine);
	chooser_fini(&run->chooser);
}

uint64_t litmus_machine_address(unsigned int cell, unsigned int offset)
{
	return BASE + (uint64_t)cell * PAGE_BYTES + offset;
}

/* What a test's state says was there before anybody could look. */
static void machine_fill_memory(struct litmus_run *run)
{
	struct memory *memory = run->machine.memory;

	for (unsigned int cell = 0; cell < LITMUS_CELLS; cell++)
		memory_dma(memory, run->test->agents, litmus_machine_address(cell, 0), run->initial[cell], LITMUS_CELL_BYTES, true);
	for (unsigned int id = 0; id < run->test->agents; id++)
		run->engine.machine->power_on(run->engine.machine_ctx, &run->engine.agent[id]);
}

void litmus_machine_reset(struct litmus_run *run)
{
	memset(run->thread, 0, sizeof(run->thread));
	memset(run->box, 0, sizeof(run->box));
	memset(&run->state, 0, sizeof(run->state));
	machine_reset_translations(run);
	run->engine.timers = 0;
	run->engine.machine->reset(run->engine.machine_ctx);
	machine_fill_memory(run);
}
