/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The machine that is made for a litmus test: a platform with a CPU per agent, two pages that each sees through a
 * cached, an uncached, a write-through and a device window, and an IOMMU of two pages per cluster. The pages are one
 * region, or one each, which makes them two peripherals. The CPUs run no program: litmus_run.c makes their accesses.
 */
#include <string.h>

#include "models/litmus/litmus_run.h"

#define PAGE_BYTES 4096u
#define BASE UINT64_C(0x40000000)

/* ---- The IOMMU: the first agent of a cluster numbers its stream --------------------------------------------- */

void litmus_machine_unmap(struct litmus_run *run, unsigned int agent, unsigned int page)
{
	iommu_unmap(&run->machine.iommu, run->test->agent[agent].cluster, 0, litmus_machine_address(page, 0),
		    PAGE_BYTES);
}

/* What the page was mapped to before is no longer in the table. */
void litmus_machine_map(struct litmus_run *run, unsigned int agent, unsigned int page, unsigned int to)
{
	litmus_machine_unmap(run, agent, page);
	iommu_map(&run->machine.iommu, run->test->agent[agent].cluster, 0, litmus_machine_address(page, 0),
		  litmus_machine_address(to, 0), PAGE_BYTES, IOMMU_READ | IOMMU_WRITE);
}

void litmus_machine_tlbi(struct litmus_run *run, unsigned int agent)
{
	iommu_invalidate(&run->machine.iommu, run->test->agent[agent].cluster, 0, BASE, LITMUS_CELLS * PAGE_BYTES);
}

/* ---- The platform ------------------------------------------------------------------------------------------- */

static void machine_build_cpu(struct platform_cpu *cpu, const struct litmus *test, unsigned int id)
{
	static const enum platform_translation translations[] = {
		PLATFORM_NOT_TRANSLATED, PLATFORM_TRANSLATED_BEFORE_CACHE, PLATFORM_TRANSLATED_AFTER_CACHE};
	static const struct platform_window windows[LITMUS_WINDOWS] = {
		[LITMUS_CACHED] = {.name = "cached", .cached = true, .writable = true, .boot_mapped = true},
		[LITMUS_UNCACHED] = {.name = "uncached", .writable = true},
		[LITMUS_THROUGH] = {.name = "through", .cached = true, .writable = true, .through = true},
		[LITMUS_DEVICE] = {.name = "device", .writable = true, .device = true},
	};
	const struct litmus_agent *a = &test->agent[id];

	*cpu = (struct platform_cpu){.name = "agent",
				     .side = id ? TRACE_SIDE_REMOTE : TRACE_SIDE_HOST,
				     .hz = 1000000000,
				     .line_bytes = a->line_bytes,
				     .cache = {.line_bytes = a->line_bytes, .bytes = 4096, .sets = 16},
				     .clean_part_lines = a->clean_part_lines,
				     .clean_dirty_lines = a->clean_dirty_lines,
				     .shares_cache = a->cluster == id ? 0 : a->cluster + 1,
				     .translation = translations[a->iommu],
				     .stream = a->cluster,
				     .stream_mode = IOMMU_TRANSLATE,
				     .store_buffer = a->buffer,
				     .private_size = PAGE_BYTES,
				     .channels = LITMUS_MAILBOXES_MAX};
	for (unsigned int i = 0; i < LITMUS_WINDOWS; i++)
		for (unsigned int region = 0; region < test->peripherals; region++) {
			cpu->window[cpu->windows] = windows[i];
			cpu->window[cpu->windows++].region = region;
		}
}

static void machine_build_platform(struct platform *p, const struct litmus *test)
{
	const unsigned int pages = LITMUS_CELLS / test->peripherals;

	*p = (struct platform){.name = "litmus", .regions = test->peripherals, .cpus = test->agents, .history = LINE_SNAPS};
	for (unsigned int i = 0; i < p->regions; i++)
		p->region[i] = (struct platform_region){.name = "shared",
							.kind = TRACE_REGION_KIND_CONTROL,
							.start = litmus_machine_address(i * pages, 0),
							.size = (uint64_t)pages * PAGE_BYTES,
							.served = true};
	p->slave[p->slaves++] = (struct platform_slave){.name = "memory", .bandwidth_mb_s = UINT32_MAX}; /* no time */
	for (unsigned int id = 0; id < test->agents; id++)
		machine_build_cpu(&p->cpu[id], test, id);
	litmus_mailbox_build(p, test);
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

/* Memory maps what follows in one region of the CPU's behind the other, so the first page's window finds both. */
static void machine_find_windows(struct litmus_run *run)
{
	for (unsigned int id = 0; id < run->test->agents; id++)
		for (unsigned int i = 0; i < LITMUS_WINDOWS; i++) {
			const struct platform_window *w = &run->platform.cpu[id].window[i * run->test->peripherals];
			const struct hw_region *region =
				memory_region(run->machine.memory, &run->engine.agent[id], w->name);

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
		memory_dma(memory, run->test->agents, litmus_machine_address(cell, 0), run->initial[cell],
			   LITMUS_CELL_BYTES, true);
	for (unsigned int id = 0; id < run->test->agents; id++) {
		run->engine.agent[id].state = AGENT_READY;
		run->engine.machine->power_on(run->engine.machine_ctx, &run->engine.agent[id]);
	}
}

void litmus_machine_reset(struct litmus_run *run)
{
	memset(run->thread, 0, sizeof(run->thread));
	memset(&run->state, 0, sizeof(run->state));
	run->engine.timers = 0;
	run->engine.machine->reset(run->engine.machine_ctx);
	machine_fill_memory(run);
}
