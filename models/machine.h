/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The machine: the models of one platform put together, as the engine sees them (struct machine_ops).
 */
#ifndef MODELS_MACHINE_H
#define MODELS_MACHINE_H

#include "models/bus.h"
#include "models/clock.h"
#include "models/dma.h"
#include "models/grants.h"
#include "models/heaps.h"
#include "models/iommu.h"
#include "models/mailbox.h"
#include "models/memory.h"
#include "models/mpu.h"
#include "models/platform.h"
#include "models/power.h"
#include "sim/engine.h"

struct machine {
	const struct platform *platform;
	char name[PLATFORM_CPUS_MAX][16];	/* of the agents */
	struct engine *engine;
	struct bus bus;
	struct iommu iommu;
	uint32_t context[PLATFORM_CPUS_MAX];	/* of its stream that each CPU uses */
	struct mpu mpu[PLATFORM_CPUS_MAX];
	struct mailbox mailbox;
	struct memory *memory;
	struct power power;
	struct clock clock;
	struct dma dma;
	struct heaps heaps;
	struct grants grants;
};

/*
 * Builds the models and makes them the engine's machine; sets up an agent per CPU (clock, costs, addresses), the host's
 * one booting by itself. False with a sentence in `why`. The platform must outlive the machine.
 */
bool machine_init(struct machine *machine, struct engine *engine, const struct platform *platform, char *why,
		  size_t why_size);
void machine_fini(struct machine *machine);
/* Tells what the machine is: agents, regions, mappings. The first events of a trace after run.begin. */
void machine_tell(const struct machine *machine, struct engine *engine);

/* ---- machine_protect.c: translation and protection of the machine's CPUs ----------------------------- */
/* False: there is no room for a stream. */
bool machine_protect_init(struct machine *machine);
void machine_protect_reset(struct machine *machine);
/* An MPU was enabled or disabled. */
void machine_protect_changed(struct machine *machine);
/*
 * Caches that an IOMMU stands behind keep MEMORY_ALIASES addresses of the same page apart, whichever context is used and
 * whichever IOTLB entry goes. May the stream map that, too; may it begin, or cease, to bypass?
 */
bool machine_can_map(const struct machine *machine, uint32_t stream, uint64_t iova, uint64_t pa, uint64_t size);
bool machine_can_bypass(const struct machine *machine, uint32_t stream);
/* A CPU behind an IOMMU uses that context of its stream; behind a shared cache, all that share it. */
void machine_use_context(struct machine *machine, unsigned int id, uint32_t context);

/* ---- Seam calls -------------------------------------------------------------------------------------- */
/* What each call of sim/calls.def does, in the file of the part that it belongs to; words and answer are the seam's. */
#define CALL(name) \
	uint64_t machine_call_##name(struct machine *machine, struct agent *agent, uint64_t word[CALL_WORDS], uint64_t pc);
#include "sim/calls.def"
#undef CALL
/* The operation `call` of struct machine_ops: machine_calls.c. */
uint64_t machine_call(struct machine *machine, struct agent *agent, enum machine_call call, uint64_t word[CALL_WORDS],
		      uint64_t pc);

/* ---- machine_power.c: power, clocks, DMA ------------------------------------------------------------- */
/* False: the DMA engine's stream is another's. */
bool machine_power_init(struct machine *machine, struct engine *engine);
void machine_power_reset(struct machine *machine);
void machine_power_tell(const struct machine *machine, struct engine *engine);
/* The host releases the remote side's processors. False: none was off or stopped. */
bool machine_remote_start(struct machine *machine, struct agent *agent);
/* May the agent name CPU `id` as `whom` (HW_SELF, HW_REMOTE)? */
bool machine_means(const struct machine *machine, const struct agent *agent, uint64_t whom, unsigned int id);

/* ---- machine_cores.c: the cores of a cluster that run one program ------------------------------------ */
/* The CPU that boots the program of `agent`: what the domain has (channels, rights, heaps) is its. */
unsigned int machine_boot(const struct machine *machine, const struct agent *agent);
/* Before CPU `id`, which boots a program, loads it again: the others that run it stop. */
void machine_stop_cores(struct machine *machine, unsigned int id, enum trace_asker by);

/* ---- machine_grants.c: what power and grants open and close ------------------------------------------ */
/* The CPU that begins the coherent cluster of CPU `id`. */
unsigned int machine_cluster(const struct platform *platform, unsigned int id);
/* A CPU of the power domain (1 more than its number) was switched on or off, or a grant of it changed: by whose doing. */
void machine_update_domain(struct machine *machine, uint32_t domain, unsigned int by);
/* A grant has changed: what it is for hears of it. */
void machine_grants_apply(struct machine *machine, const struct grants_entry *entry, bool granted);
/* After everything else was reset: what the platform's domains own at power-on. Tells nothing. */
void machine_grants_reset(struct machine *machine);

/* ---- machine_heaps.c: heaps and grants --------------------------------------------------------------- */
/* False: no memory. */
bool machine_heaps_init(struct machine *machine);
void machine_heaps_reset(struct machine *machine);
/* Is there anything that a CPU may be kept from? */
bool machine_heaps_guard(const struct machine *machine);
/* May the agent access that address now, as far as heaps go? False, with the cause. */
bool machine_heaps_allow(const struct machine *machine, const struct agent *agent, uint64_t physical,
			 enum trace_fault *cause);

#endif
