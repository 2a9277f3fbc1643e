/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who may access what on this machine: the IOMMU's and the MPUs' places in it. What they say is theirs; here is whose
 * stream it is, who hears of faults, and that memory hears of changes.
 */
#include "models/machine.h"

#define PROTECT_PAGE 4096u

static bool protect_translate(void *ctx, struct agent *agent, uint64_t address, uint64_t size, bool store,
			      uint64_t *physical, enum trace_fault *cause)
{
	const struct machine *machine = ctx;
	const struct platform_cpu *cpu = &machine->platform->cpu[agent->id];

	*physical = address;
	return cpu->translation == PLATFORM_NOT_TRANSLATED ||
	       iommu_translate(&machine->iommu, cpu->stream, machine->context[agent->id], address, size, store,
			       physical, cause);
}

static void protect_report(void *ctx, struct agent *agent, uint64_t address, uint32_t size, bool store,
			   enum trace_fault cause)
{
	struct machine *machine = ctx;

	iommu_report(&machine->iommu, machine->platform->cpu[agent->id].stream, machine->context[agent->id], address,
		     size, store, cause);
}

static uint64_t protect_delay(void *ctx, struct agent *agent, uint64_t address)
{
	struct machine *machine = ctx;
	bool walks = iommu_walks(&machine->iommu, machine->platform->cpu[agent->id].stream, machine->context[agent->id],
				 address);

	return walks ? machine->platform->iommu.walk_ns * ENGINE_FS_PER_NS : 0;
}

static const struct memory_translator protect_translator = {
	.translate = protect_translate,
	.fault = protect_report,
	.delay = protect_delay,
};

/* CPUs of one cluster may use different contexts of its stream. */
static void protect_changed(void *ctx, uint32_t stream, uint32_t context, uint64_t iova, uint64_t size)
{
	struct machine *machine = ctx;

	for (unsigned int id = 0; id < machine->platform->cpus; id++) {
		const struct platform_cpu *cpu = &machine->platform->cpu[id];

		if (cpu->translation != PLATFORM_NOT_TRANSLATED && cpu->stream == stream &&
		    machine->context[id] == context)
			memory_translation_changed(machine->memory, &machine->engine->agent[id], iova, size);
	}
}

/* The host's kernel owns the IOMMU. */
static void protect_fault(void *ctx, const struct iommu_record *record)
{
	struct machine *machine = ctx;

	ENGINE_EMIT(machine->engine, iommu_fault, .stream_id = record->stream, .context = record->context,
		    .iova = record->iova, .size = record->size,
		    .access = record->store ? TRACE_ACCESS_STORE : TRACE_ACCESS_LOAD, .cause = (uint8_t)record->cause,
		    .alike = record->alike, .lost = record->lost);
	engine_interrupt(&machine->engine->agent[0], ENGINE_CHANNEL_IOMMU, 0);
}

static const struct iommu_ops protect_iommu = { .changed = protect_changed, .fault = protect_fault };

static bool protect_check(void *ctx, struct agent *agent, uint64_t address, uint64_t size, bool store,
			  enum trace_fault *cause)
{
	const struct machine *machine = ctx;
	uint64_t physical;
	enum trace_fault untranslated;

	if (!mpu_check(&machine->mpu[agent->id], address, size, store, true, cause))
		return false;
	/* What is not translated memory finds out by itself. */
	return !protect_translate(ctx, agent, address, size, store, &physical, &untranslated) ||
	       machine_heaps_allow(machine, agent, physical, cause);
}

static bool protect_boot_maps(struct machine *machine, const struct platform_cpu *cpu)
{
	bool done = true;

	for (unsigned int i = 0; i < cpu->windows; i++) {
		const struct platform_region *r = &machine->platform->region[cpu->window[i].region];

		/* A region with two windows is mapped once. */
		if (cpu->window[i].boot_mapped)
			done &= iommu_boot_map(&machine->iommu, cpu->stream, r->start, r->start, r->size,
					       IOMMU_READ | IOMMU_WRITE) != IOMMU_FULL;
	}
	return done;
}

/* While nobody is kept out of anything, memory need not ask. */
void machine_protect_changed(struct machine *machine)
{
	bool protected = machine_heaps_guard(machine);

	for (unsigned int id = 0; id < machine->platform->cpus; id++)
		protected |= machine->mpu[id].enabled;
	memory_on_protect(machine->memory, protected ? protect_check : NULL, machine);
}

bool machine_protect_init(struct machine *machine)
{
	bool done = true, translated = false;

	machine->iommu.ops = &protect_iommu;
	machine->iommu.ctx = machine;
	machine->iommu.tags_max = machine->platform->iommu.iotlb_entries;
	for (unsigned int id = 0; id < machine->platform->cpus; id++) {
		const struct platform_cpu *cpu = &machine->platform->cpu[id];

		mpu_init(&machine->mpu[id], (enum mpu_kind_id)cpu->mpu, cpu->mpu_regions);
		if (cpu->translation == PLATFORM_NOT_TRANSLATED)
			continue;
		translated = true;
		if (!cpu->shares_cache) /* its cluster has one stream */
			done &= iommu_add_stream(&machine->iommu, cpu->stream, (enum iommu_mode)cpu->stream_mode) &&
				protect_boot_maps(machine, cpu);
	}
	iommu_reset(&machine->iommu);
	machine_protect_changed(machine);
	if (translated)
		memory_on_translate(machine->memory, &protect_translator, machine);
	return done;
}

static bool protect_tags_addresses(const struct machine *machine, uint32_t stream)
{
	for (unsigned int id = 0; id < machine->platform->cpus; id++) {
		const struct platform_cpu *cpu = &machine->platform->cpu[id];

		if (cpu->translation == PLATFORM_TRANSLATED_AFTER_CACHE && cpu->stream == stream)
			return true;
	}
	return false;
}

static unsigned int protect_add(uint64_t found[], unsigned int count, uint64_t iova)
{
	for (unsigned int i = 0; i < count; i++)
		if (found[i] == iova)
			return count;
	found[count] = iova;
	return count + 1;
}

static bool protect_page_fits(const struct machine *machine, uint32_t stream, uint64_t iova, uint64_t pa, bool bypasses)
{
	uint64_t found[MEMORY_ALIASES + 3];
	unsigned int count = iommu_aliases(&machine->iommu, stream, pa, found, MEMORY_ALIASES + 1);

	count = protect_add(found, count, iova);
	return (bypasses ? protect_add(found, count, pa) : count) <= MEMORY_ALIASES;
}

static bool protect_fits(const struct machine *machine, uint32_t stream, uint64_t iova, uint64_t pa, uint64_t size,
			 bool bypasses)
{
	for (unsigned int i = 0; i < machine->platform->regions; i++) {
		const struct platform_region *r = &machine->platform->region[i];
		uint64_t at = pa > r->start ? pa : r->start;

		for (; at - r->start < r->size && at - pa < size; at += PROTECT_PAGE)
			if (!protect_page_fits(machine, stream, iova + (at - pa), at, bypasses))
				return false;
	}
	return true;
}

bool machine_can_map(const struct machine *machine, uint32_t stream, uint64_t iova, uint64_t pa, uint64_t size)
{
	return !protect_tags_addresses(machine, stream) ||
	       protect_fits(machine, stream, iova, pa, size, iommu_bypasses(&machine->iommu, stream));
}

bool machine_can_bypass(const struct machine *machine, uint32_t stream)
{
	return !protect_tags_addresses(machine, stream) || protect_fits(machine, stream, 0, 0, UINT64_MAX, true);
}

static unsigned int protect_cluster(const struct platform *platform, unsigned int id)
{
	while (platform->cpu[id].shares_cache)
		id = platform->cpu[id].shares_cache - 1;
	return id;
}

/* A cache that holds device addresses holds those of one context. */
static bool protect_shares_context(const struct platform *platform, unsigned int a, unsigned int b)
{
	return a == b || (platform->cpu[a].translation == PLATFORM_TRANSLATED_AFTER_CACHE &&
			  protect_cluster(platform, a) == protect_cluster(platform, b));
}

void machine_use_context(struct machine *machine, unsigned int id, uint32_t context)
{
	for (unsigned int other = 0; other < machine->platform->cpus; other++)
		if (protect_shares_context(machine->platform, id, other))
			machine->context[other] = context;
	for (unsigned int other = 0; other < machine->platform->cpus; other++)
		if (protect_shares_context(machine->platform, id, other))
			memory_translation_changed(machine->memory, &machine->engine->agent[other], 0, UINT64_MAX);
}

void machine_protect_reset(struct machine *machine)
{
	iommu_reset(&machine->iommu);
	for (unsigned int id = 0; id < machine->platform->cpus; id++) {
		machine->context[id] = 0;
		mpu_reset(&machine->mpu[id]);
	}
	machine_protect_changed(machine);
}
