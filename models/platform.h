/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A platform: what a device tree says of CPUs, memory, mailbox and who may reach what.
 *
 * Read from a flattened device tree (dtc's output) with libfdt. The bindings are listed in docs/platforms.md; the
 * properties that no upstream binding has begin with "sbesim,". Nothing here acts; models are built from it.
 */
#ifndef MODELS_PLATFORM_H
#define MODELS_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "models/platform_heaps.h"
#include "models/platform_power.h"
#include "models/mailbox_kind.h"
#include "traces/trace.h"

#define PLATFORM_NAME_MAX 32
#define PLATFORM_REGIONS_MAX 16
#define PLATFORM_CPUS_MAX 8
#define PLATFORM_CORES_MAX 4	/* of a domain */
#define PLATFORM_CHANNELS_MAX 8
#define PLATFORM_STORE_BUFFER_MAX 16
#define PLATFORM_SLAVES_MAX PLATFORM_REGIONS_MAX
#define PLATFORM_BANKS_MAX 32
#define PLATFORM_WAYS_MAX 64
#define PLATFORM_HZ_MAX UINT64_C(100000000000)	/* a cycle takes at least some fs */
#define PLATFORM_MAILBOXES_MAX 8

struct platform_region {
	char name[PLATFORM_NAME_MAX];
	enum trace_region_kind kind;
	uint64_t start, size;
	bool served;			/* a slave answers there; none in a hole, nor in private memory without */
	unsigned int slave;		/* which: index, if served */
	bool may_fail;			/* its slave may answer with an error */
	uint32_t power_domain;		/* as a CPU's; without its power the memory forgets */
};

/* What answers on the bus: see bus.h. Nanoseconds on its side; what the core adds is struct platform_costs'. */
struct platform_slave {
	char name[PLATFORM_NAME_MAX];
	uint32_t read_ns, write_ns;	/* to the first byte; until a store is taken over (posted: little) */
	uint32_t bandwidth_mb_s;	/* 10^6 bytes per second, at least 1 */
	uint32_t banks;			/* DRAM: up to PLATFORM_BANKS_MAX; 0: a queue, and the rest is 0 */
	uint32_t row_bytes, row_hit_ns, row_miss_ns;
};

enum platform_replacement { PLATFORM_REPLACEMENT_LRU, PLATFORM_REPLACEMENT_TREE_PLRU, PLATFORM_REPLACEMENT_RANDOM };

/* bytes: sets (a power of two) x ways (up to PLATFORM_WAYS_MAX; tree-PLRU: a power of two) x line_bytes; 0: no cache */
struct platform_cache {
	uint32_t line_bytes, bytes, sets;
	enum platform_replacement replacement;
};

/*
 * What a core adds of its own, a type of core on an SoC being one set of these: cycles of its own clock. A fill and
 * an uncached access take their slave's time besides. private_millicycles is the mean of an access to private memory
 * together with the computing between two of them, in thousandths: no other charge stands for instructions.
 */
struct platform_costs {
	uint32_t private_millicycles, l1_hit, l2_hit, miss, uncached_load, uncached_store, maintain_line, barrier,
		 interrupt_entry, interrupt_exit, seam_call;
};

struct platform_window {
	unsigned int region;		/* index */
	char name[PLATFORM_NAME_MAX];	/* what the CPU calls it: hw_region_get */
	bool cached, writable;
	bool boot_mapped;		/* behind an IOMMU: boot firmware maps it, one to one */
	bool through;			/* cached, but stores go to memory (write-through) */
	bool device;			/* Device-nGnRE; then not cached. Else what is not cached is Normal Non-cacheable */
};

/* Where an IOMMU stands between a CPU and memory. */
enum platform_translation { PLATFORM_NOT_TRANSLATED, PLATFORM_TRANSLATED_BEFORE_CACHE, PLATFORM_TRANSLATED_AFTER_CACHE };

/* An entry of a CPU's "mboxes": it leads to the CPU that names the same mailbox and channel. */
struct platform_channel {
	unsigned int mailbox;		 /* index */
	uint32_t specifier[2];		 /* what the entry says after the mailbox */
	bool connected;			 /* another CPU names it too ... */
	unsigned int peer, peer_channel; /* ... this one, as that entry of its own */
	uint32_t interrupt;		 /* 1 + the number of what a token raises at this CPU; 0: it has none */
};

struct platform_cpu {
	char name[PLATFORM_NAME_MAX];	/* "cortex-a53" */
	enum trace_side side;
	uint64_t hz;
	uint32_t line_bytes;		/* without a cache 32: how finely its accesses are told */
	struct platform_cache cache;	/* its own, data */
	unsigned int second_level;	/* 1 + index in platform.second_level; 0: none */
	bool clean_part_lines;		/* an invalidate cleans the lines at its ends that it covers in part */
	bool clean_dirty_lines;		/* an invalidate cleans every dirty line first */
	unsigned int shares_cache;	/* 1 + the earlier CPU in whose coherent cluster it is; 0: it begins one */
	unsigned int cores;		/* that run its domain's program, in one cluster; 0 is 1 */
	unsigned int core;		/* which of them it is; 0 boots the program ... */
	unsigned int boot;		/* ... and the others have that CPU's memory and channels: its index. Of that one: nothing */
	enum platform_translation translation;
	uint32_t stream;		/* of the IOMMU, which translates it */
	uint8_t stream_mode;		/* after reset: enum iommu_mode */
	uint8_t mpu;			/* enum mpu_kind_id */
	uint32_t mpu_regions;		/* 0: it has no MPU */
	uint32_t store_buffer;		/* entries of its store buffer; 0: what it stores arrives at once */
	uint32_t atomic_bytes;		/* widest access that is one: 4, 8 or 16; 0: 8 */
	uint32_t gather_bytes;		/* for time: uncached stores to an aligned block of so many bytes may be one; 0: never */
	struct platform_costs costs;
	uint32_t bandwidth_mb_s;	/* its share of the bus, 10^6 bytes per second; 0: no limit */
	uint32_t bus_priority;		/* lower goes first, where the bus has fixed priorities */
	struct platform_power power;
	uint64_t private_size;		/* bytes of memory that nobody else reaches */
	struct platform_window window[PLATFORM_REGIONS_MAX];
	unsigned int windows;
	struct platform_channel channel[PLATFORM_CHANNELS_MAX];
	unsigned int channels;
};

struct platform_mailbox {
	char name[PLATFORM_NAME_MAX]; /* of its node; a unit has a mailbox for each kind of channel that is used */
	struct mailbox_properties is;
	uint32_t latency_ns;		/* from the send to the interrupt */
	uint32_t delay_ns;		/* a delayed one's; not more: none is delayed */
};

/* What an IOMMU costs; 0 entries: nothing. */
struct platform_iommu {
	uint32_t iotlb_entries;
	uint32_t walk_ns;		/* of a walk of its page tables, when its IOTLB misses */
};

struct platform {
	char name[PLATFORM_NAME_MAX];	/* "zynqmp": the file's name without directory and suffix */
	char model[96];
	struct platform_region region[PLATFORM_REGIONS_MAX];
	unsigned int regions;
	struct platform_cpu cpu[PLATFORM_CPUS_MAX];	/* cpu[0] boots the host, cpu[1] the remote; then further cores */
	unsigned int cpus;
	struct platform_iommu iommu;
	struct platform_slave slave[PLATFORM_SLAVES_MAX];
	unsigned int slaves;
	struct platform_cache second_level[PLATFORM_CPUS_MAX];
	unsigned int second_levels;
	bool fixed_priority;		/* the bus's arbitration; else round robin */
	struct platform_mailbox mailbox[PLATFORM_MAILBOXES_MAX];
	unsigned int mailboxes;
	unsigned int history;		/* contents kept of a line and of memory, at most 16; 0: 3 (see line_rules.cap) */
	struct platform_dma dma;
	struct platform_heaps heaps;
};

/* The CPU that boots the program which CPU `id` runs: it, or another core of its cluster. */
static inline unsigned int platform_boot(const struct platform *platform, unsigned int id)
{
	return platform->cpu[id].core ? platform->cpu[id].boot : id;
}

/*
 * Reads FILE.dts (compiled by running dtc), or FILE.dtb. False with a sentence in `why` when the file or what it
 * says is unusable.
 */
bool platform_read(struct platform *platform, const char *path, char *why, size_t why_size);

#endif
