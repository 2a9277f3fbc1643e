/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of memory share: the state behind memory.h, and what each offers to those above it. From the lowest to the
 * highest: memory_find; facts; memory_time, memory_tell; memory_drain; memory_maintain, memory_translate, memory_forget;
 * memory_mapping; memory, memory_map. None calls one above it (ci/include-rules).
 */
#ifndef MODELS_MEMORY_INTERNAL_H
#define MODELS_MEMORY_INTERNAL_H

#include "models/heaps.h"
#include "models/memory.h"
#include "models/store_buffer.h"

#define MEMORY_PAGE 4096u
#define MEMORY_HISTORY_CAP 3	/* contents kept per history: oldest, previous, newest */
#define MEMORY_NOT_CACHED 0xdb	/* what a view holds where it holds nothing: seen only by accesses that escape the hooks */
#define MEMORY_ATOMIC_BYTES 8	/* widest access that is one, where the platform does not say */
#define MEMORY_SITE_DRAIN "memory.drain"	/* what a store buffer holds reaches memory, or not yet */

struct memory_region {
	const struct platform_region *platform;
	size_t offset;		/* in the files of memory and views */
	unsigned int views;	/* bit n: cluster n caches it */
	bool tracked;		/* somebody caches it, or stores to it through a buffer */
	enum trace_fault refuses[LINE_VIEWS];	/* by the first view of a cluster: why it is refused; MEMORY_OPEN: it is not */
	uint32_t *granule;	/* per granule: 1 + its index in memory.granule, or 0 */
};

/* Of a line in a cluster's cache. */
struct memory_line {
	bool unclean;		/* stored since its owners' last clean */
	uint8_t dirtied_by;	/* the agent that stored to it last */
	bool power_lost;	/* dropped by a loss of power; else by the maintenance at ... */
	uint64_t maint_pc;
};

struct memory_granule {
	struct memory_region *region;
	size_t offset;		/* in the region */
	struct memory_line line_of[LINE_VIEWS][LINE_MAX / 32];
	uint64_t stands_for[LINE_VIEWS];	/* the device address whose lines the view has here; 0: none, or no IOMMU after the cache */
	uint32_t stale_told[PLATFORM_CPUS_MAX][LINE_MAX / 32];	/* the newest stamp that a stale read was told about */
	struct line_granule line;	/* last: see line_granule_bytes */
};

struct memory_window {
	const struct platform_window *platform;
	struct memory_region *region;
	uintptr_t va;
	bool copied;		/* what it reads is laid into the agent's own copy at each load */
};

/* CPUs that share a coherent cache, and so a view. */
struct memory_cluster {
	const struct platform_cpu *cpu;	/* the first of them */
	unsigned int lead;	/* its agent, in whose name the cache acts */
	unsigned int first_view, views;	/* of the line state machine: one, or one for each alias */
	uint32_t *home;		/* where an IOMMU translates after the cache: the page of memory that each page stands for; else NULL */
	int fd;
	uint8_t *bytes;		/* the view, as the simulator maps it */
};

struct memory_agent {
	struct agent *agent;
	const struct platform_cpu *cpu;
	unsigned int cluster;	/* index, and first view of the line state machine */
	int copy_fd;		/* -1: none of its windows is copied, or it is another core's */
	uint8_t *copy;		/* what its copied windows show, as the simulator maps it */
	struct store_buffer buffer;
	struct memory_window window[PLATFORM_REGIONS_MAX];
	unsigned int windows;
	uint8_t *page;		/* per page of shared address space: 1 + window, or 0 */
	uint32_t *touched;	/* lines of data memory with a mask to be told, in the order of first touch */
	uint32_t touches;
	struct tags tags;
	uint64_t gathering;	/* 1 + the block of memory that its last uncached store went to; 0: nothing can join it any more */
	uintptr_t heap_closed;	/* where the inaccessible pages of its heap begin; 0: there are none yet */
	struct memory_mappings *mappings;	/* of its address space; NULL: it has no area for any */
};

/* Who wrote: indexed by stamp. */
#define MEMORY_NOBODY 0xff	/* what memory held at first, where a line took it along to other memory */
struct memory_store {
	uint8_t agent;
	uint64_t pc;
};

struct memory {
	struct engine *engine;
	const struct platform *platform;
	struct bus *bus;
	struct tags second_level[PLATFORM_CPUS_MAX];
	struct line_rules rules;
	struct line_pool pool;
	struct memory_region region[PLATFORM_REGIONS_MAX];
	struct memory_region nowhere;	/* where pages without a translation are at home */
	struct memory_cluster cluster[LINE_VIEWS];	/* at the index of its first view */
	struct memory_agent agent[PLATFORM_CPUS_MAX];
	int fd;
	uint8_t *bytes;		/* memory, as the simulator maps it */
	size_t size;
	struct memory_granule *granule;
	size_t granules_max;
	uint32_t granules;
	struct memory_store *store;
	uint32_t stores, stores_size;
	uint64_t posted;	/* entries that were ever put into a store buffer */
	unsigned int buffered;	/* and that are in one now */
	size_t pages;		/* of memory, without nowhere's */
	bool translations_changed;	/* since the run began */
	const struct memory_translator *translator;
	void *translate_ctx;
	memory_protect protect;
	void *protect_ctx;
	memory_ring ring;
	void *ring_ctx;
	uint64_t caps;
	bool fair;		/* nothing is asked */
	struct memory_granule *current;	/* what the line state machine is working on */
	struct hw_region answer;
};

#define MEMORY_GONE ((uintptr_t)1)	/* in a page's home: it was unmapped */

struct memory_mapping {
	uint32_t handle;
	size_t first, pages;
};

/* Of one address space: its cores' windows are the same. */
struct memory_mappings {
	struct memory_agent *owner;	/* the core that boots the program */
	uintptr_t start;	/* of the area */
	size_t pages;
	uintptr_t *home;	/* of each page: where the window has it, or 0; with MEMORY_GONE */
	size_t next;		/* page at which the next one is looked for */
	size_t used;		/* pages up to the last one that was ever mapped in this run */
	struct memory_mapping mapping[HEAPS_BUFFERS_MAX];
	unsigned int mappings;
};

/* A part of an access or of maintenance that stays in one line of the agent's (also when it does not cache it). */
struct memory_part {
	struct memory_agent *a;
	struct memory_window *w;
	uintptr_t va;		/* in the window, also where the agent used a mapping of it */
	bool gone;		/* the mapping was unmapped */
	size_t size;
	uint64_t pc;
	uint64_t tag;		/* its address as the agent's cache and store buffer have it */
	struct memory_region *region;	/* where it is in memory ... */
	size_t offset;		/* ... in the region */
	size_t view_offset;	/* in the file of the cluster's view */
};

static inline unsigned int memory_in_granule(const struct memory_part *p)
{
	return (unsigned int)(p->offset & (LINE_MAX - 1));
}

static inline bool memory_is_data(const struct memory_part *p)
{
	return p->region->platform->kind == TRACE_REGION_KIND_DATA;
}

/* The cluster that a view of the line state machine belongs to. */
static inline const struct memory_cluster *memory_cluster_of(const struct memory *m, unsigned int view)
{
	while (!m->cluster[view].views)
		view--;
	return &m->cluster[view];
}

/* Of the line of `view` that holds byte `at` of the granule. */
static inline struct memory_line *memory_line(const struct memory *m, struct memory_granule *g, unsigned int view, unsigned int at)
{
	return &g->line_of[view][at / m->rules.line_bytes[view]];
}

/* ---- memory_find.c: where everything is ---------------------------------------------------------------------- */
/* NULL: none has that address. */
struct memory_window *memory_window(struct memory_agent *a, uintptr_t va);
/* Of the line at `va` in the hook's arrays. */
size_t memory_flag_index(const struct memory_agent *a, uintptr_t va);
/* For an agent that has an area for mappings: memory_home. */
uintptr_t memory_mapping_home(const struct memory_agent *a, uintptr_t va, bool *gone);
/* Likewise: memory_store_touches. */
bool memory_mapping_touches(const struct memory_agent *a, const struct agent_store *store, uintptr_t home, size_t size);
/* The address in a window that `va` stands for; `gone`: it did, and was unmapped. A window's addresses are their own homes. */
static inline uintptr_t memory_home(const struct memory_agent *a, uintptr_t va, bool *gone)
{
	*gone = false;
	return a->mappings ? memory_mapping_home(a, va, gone) : va;
}
/* How many of `size` bytes at `va` have homes that follow each other. */
size_t memory_stretch(const struct memory_agent *a, uintptr_t va, size_t size);
/* Does the store write to any of `size` bytes at that home? */
static inline bool memory_store_touches(const struct memory_agent *a, const struct agent_store *store, uintptr_t home,
					size_t size)
{
	if (a->mappings)
		return memory_mapping_touches(a, store, home, size);
	return store->address < home + size && home < store->address + store->size;
}
/* Cuts the next part off [va, va + size); false: outside every window and mapping. */
bool memory_cut(struct memory_agent *a, uintptr_t va, size_t size, uint64_t pc, struct memory_part *part);
uint64_t memory_address(const struct memory_part *p);

/* What memory holds at power-on: anything but zero, the same in every run. */
void memory_fill(uint8_t *bytes, uint64_t address, size_t size);
/* NULL: no region has that physical address. */
struct memory_region *memory_region_at(struct memory *m, uint64_t address);
/* Where that address of the region is in the files of memory and views; and the region that holds a place there, and the offset in it. */
size_t memory_place(const struct memory_region *r, uint64_t address);
struct memory_region *memory_region_of(struct memory *m, size_t place, size_t *offset);
/* All that is known of the granule at `offset` of `region`; made at its first use in a run. */
struct memory_granule *memory_granule(struct memory *m, struct memory_region *region, size_t offset);
/* What an address in the agent's store buffer or cache stands for now; NULL: nothing. */
struct memory_granule *memory_granule_of(struct memory *m, const struct memory_agent *a, uint64_t tag);
/* The view that has the agent's line of that address in the granule. */
unsigned int memory_view(const struct memory *m, const struct memory_granule *g, const struct memory_agent *a, uint64_t tag);
/* Of a cluster behind which an IOMMU translates: a view that has nothing of the granule, and has that device address's from now on. */
unsigned int memory_free_view(const struct memory_cluster *c, const struct memory_granule *g);
void memory_enter_view(struct memory *m, struct memory_cluster *c, struct memory_granule *g, unsigned int view, uint64_t tag);
/* A bit for each view of the cluster. */
unsigned int memory_views_of(const struct memory *m, unsigned int cluster);
/* The peripheral that an access to device memory goes to: a region's number, as the CPU's side of an IOMMU has it. */
unsigned int memory_peripheral(struct memory *m, const struct memory_part *p);
/* Nobody may take the fast path there before the engine has looked at it again. */
void memory_watch(struct memory *m, const struct memory_granule *g);
uint32_t memory_stamp(struct memory *m, unsigned int agent, uint64_t pc);

/* MEMORY_OPEN, or why what the agent's cluster asks of the region is refused. */
enum trace_fault memory_refuses(const struct memory_agent *a, const struct memory_region *region);
/* What a write, refused for that cause, is lost by. */
enum trace_loss memory_loss_of(enum trace_fault cause);

/* From the agent's address, which memory_cut found, to where it is now. False: there is no translation. */
bool memory_resolve(struct memory *m, struct memory_part *p, bool store, enum trace_fault *cause);
/* Does the address at which an access, or what went there later, was refused lie behind an IOMMU? Then that hears of it. */
void memory_report_fault(struct memory *m, const struct memory_agent *a, uint64_t tag, size_t size, bool store, enum trace_fault cause);
/* Why nothing is behind a device address whose page is at home nowhere. */
enum trace_fault memory_nowhere_cause(struct memory *m, const struct memory_agent *a, uint64_t tag, bool store);

/* At `va` the agent sees, as in that window, `size` bytes from `offset` of the window's file on. */
bool memory_show(const struct memory *m, const struct memory_agent *a, const struct memory_window *w, uintptr_t va,
		 size_t size, size_t offset);
/* The window shows another page at `at` from now on, and so do mappings of it. */
void memory_mapping_show_page(struct memory *m, struct memory_agent *a, struct memory_window *w, size_t at,
			      size_t offset);

/* ---- memory_time.c: what accesses and maintenance cost --------------------------------------------------------- */
/* Charges the agent for the access, its tags included. False with the cause: the bus answers with an error. */
bool memory_charge(struct memory *m, const struct memory_part *p, bool store, enum trace_fault *error);
/* The same for maintenance of the line at a tag address. */
void memory_charge_line(struct memory *m, struct memory_agent *a, enum trace_maint op, uint64_t tag);
/* The agent's tags forget everything: no power. */
void memory_forget_tags(struct memory *m, struct memory_agent *a);
void memory_reset_tags(struct memory *m);
/* What the agent's write buffer gathers goes out: nothing joins it any more. */
static inline void memory_end_gathering(struct memory_agent *a)
{
	a->gathering = 0;
}

/* ---- memory_tell.c: what is told of accesses ------------------------------------------------------------------- */
/* With the address of `part` or, NULL, of `va`; false. */
bool memory_fault(struct memory *m, struct memory_agent *a, const struct memory_part *part, uintptr_t va, size_t size,
		  bool store, uint64_t pc, enum trace_fault cause);
/* Right before the bytes are loaded; `g`: NULL where nobody caches or buffers. */
void memory_tell_load(struct memory *m, struct memory_part *p, struct memory_granule *g);
/* Of data memory. */
void memory_note_store(struct memory *m, struct memory_part *p);
/* Of a cached line: it is unclean from now on. */
void memory_note_dirty(struct memory *m, struct memory_part *p, struct memory_granule *g);

/* ---- memory_drain.c: store buffers ---------------------------------------------------------------------------- */
/* Into the agent's store buffer; or, where that has no entries, it happens at once. */
void memory_post(struct memory *m, struct memory_agent *a, const struct store_entry *entry);
/* Before anybody touches the granule: have entries of store buffers that concern it left by now? `by`: who, or NULL. */
void memory_settle_buffers(struct memory *m, struct memory_granule *g, const struct memory_agent *by);
/* Is there one that concerns it? */
bool memory_is_buffered(struct memory *m, const struct memory_granule *g);
/* Before an access that does not go to the buffer: what must have left it has left. */
void memory_order(struct memory *m, const struct memory_part *p);
/* All entries leave. */
void memory_drain_all(struct memory *m, struct memory_agent *a);
/* Its power goes: whatever subset may have left by now, in whatever order; the rest is lost. */
void memory_lose_buffer(struct memory *m, struct memory_agent *a);

/* ---- memory_translate.c: when translations change -------------------------------------------------------------- */
/* Of an agent before whose cache an IOMMU translates: windows show what [address, address + size) is translated to. */
void memory_translate_again(struct memory *m, struct memory_agent *a, uint64_t address, uint64_t size);

/* ---- memory_mapping.c: addresses that show pages of windows ------------------------------------------------------ */
/* [start, end) of the agent's address space is for mappings, where it may need any. False: no memory. */
bool memory_mapping_init(struct memory *m, struct memory_agent *a, uintptr_t start, uintptr_t end);
void memory_mapping_fini(struct memory *m, struct memory_agent *a);
/* Nothing is mapped. */
void memory_mapping_reset(const struct memory *m, struct memory_agent *a);

#endif
