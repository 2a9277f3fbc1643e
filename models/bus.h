/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bus: who asks, who answers, and when. Initiators (CPUs by their number, then DMA engines) request bytes of
 * slaves (DRAM, SRAM, TCM); a slave has a latency and a bandwidth, and serves one request after the other. Time only,
 * but for errors: what is read and written is memory's business, what the core itself adds the caller's (struct
 * platform_costs).
 *
 * Two modes. FIXED, while exploring: a request takes its slave's latency and its own transfer, whatever else goes on,
 * so that unrelated choices commute. CONTENDED: it also waits for its turn. The next one is chosen when the slave is
 * free, among those that have come: of the initiator with the lowest priority number (fixed priority), or of the next
 * initiator after the last one served (round robin); requests of one initiator stay in order; what is being served is
 * not interrupted. A completion is told at once, so a request that comes later may displace one whose time was told:
 * its initiator is charged what that cost with its next request. No time is lost or made, and an initiator may be
 * early by one displacement. No more than BUS_QUEUE_MAX requests can be displaced: the oldest one's turn is then
 * final.
 *
 * A slave is a queue, or DRAM banks. The queue: a latency, and one transfer after the other; latencies overlap.
 * Banks: a row stays open in each, an access to the open row takes row_hit_ns, to another one row_miss_ns, in which
 * its bank is busy; requests are served in order (a controller that sorts them by row does better), and there is
 * neither refresh nor turn-around from read to write. The error of the queue with the mean of both latencies, against
 * the banks (8 of them, rows of 2 KiB, 50 and 90 ns, 64 bytes per request, 1.6 GB/s; test_bus.c measures and bounds
 * it), in the mean time of a request: of one initiator that waits for each answer +21 % where addresses are linear,
 * -15 % where they are random; of four that do not wait and load it by 70 %, +16 % and -23 %. Where four linear
 * streams meet in one bank, and close each other's rows, banks saturate and the queue shows nothing of it: -100 %.
 *
 * Not modelled: bursts and widths of the interconnect, several slaves behind one port, outstanding-request limits,
 * traffic of private memory and of caches' write-backs. A slave error is told to its initiator at once also when it
 * comes of a store that a real core would have buffered (an imprecise abort).
 */
#ifndef MODELS_BUS_H
#define MODELS_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "models/platform.h"
#include "sim/engine.h"

#define BUS_INITIATORS_MAX (PLATFORM_CPUS_MAX + 4)
#define BUS_QUEUE_MAX 32
#define BUS_REFUSED UINT64_MAX
#define BUS_SITE_ERROR "bus.error"

struct bus_initiator {
	uint32_t priority;	/* lower goes first; under fixed priority only */
	uint32_t limit_mb_s;	/* its share of bandwidth, 10^6 bytes per second; 0: no limit */
	uint64_t next;		/* fs; the limit lets no request begin before */
	uint64_t owed;		/* fs; told too early so far */
};

struct bus_entry {
	unsigned int initiator;
	uint64_t from;		/* fs; it waits since */
	uint64_t pa;
	uint32_t bytes;
	bool store;
	uint64_t told;		/* fs; the completion that the initiator was told */
	uint64_t turn, done;	/* fs; as things are: chosen, completed */
};

struct bus_bank {
	uint64_t row;		/* 1 + the open one; 0: none */
	uint64_t free;		/* fs */
};

/* What serving depends on; copied to look ahead. */
struct bus_service {
	uint64_t free;		/* fs; the next request may begin */
	uint64_t data_free;	/* fs; banks: the next transfer may begin */
	unsigned int last;	/* initiator */
	struct bus_bank bank[PLATFORM_BANKS_MAX];
};

struct bus_slave {
	const struct platform_slave *platform;
	struct bus_service service;
	struct bus_entry queue[BUS_QUEUE_MAX];	/* not begun, in order of arrival */
	unsigned int queued;
};

struct bus {
	struct engine *engine;
	const struct platform *platform;
	bool contended;
	struct bus_initiator initiator[BUS_INITIATORS_MAX];
	struct bus_slave slave[PLATFORM_SLAVES_MAX];
	bool off[PLATFORM_REGIONS_MAX];	/* what answers there has no power */
};

/* FIXED, everything on; limits and priorities of CPUs are the platform's. The platform must outlive the bus. */
void bus_init(struct bus *bus, struct engine *engine, const struct platform *platform);
/* As after bus_init, but for the mode. */
void bus_reset(struct bus *bus);
/* A grant of bandwidth, or its withdrawal (0: no limit). Holds from the next request; CONTENDED only. */
void bus_limit(struct bus *bus, unsigned int initiator, uint32_t mb_s);
/*
 * Whether what answers in a region (its index in the platform) has power: of a slave with several banks, such as TCM,
 * each may be in a power domain of its own.
 */
void bus_power(struct bus *bus, unsigned int region, bool on);

/*
 * Does a slave answer to [pa, pa + bytes)? False with the cause: no slave is there, or it ends before (decode error),
 * it has no power, or, where the platform says sbesim,may-fail, the choice at BUS_SITE_ERROR: slave error. Takes no
 * time. For accesses that a cache may answer or not, where behaviour must not hang on what the tags hold.
 */
bool bus_check(struct bus *bus, uint64_t pa, unsigned int bytes, enum trace_fault *error);
/* Time alone, of a request that bus_check has let pass: when it is complete, fs. */
uint64_t bus_time(struct bus *bus, uint64_t now_fs, unsigned int initiator, uint64_t pa, unsigned int bytes,
		  bool store);
/*
 * Both: `bytes` (of one region, 1 to 4096) requested at now_fs; when it is complete, or BUS_REFUSED with the cause in
 * *error. A load is complete when its last byte is there, a store when the slave's side has taken it over. Calls come
 * in the order of their times; one that is earlier than another is served as if nobody could be displaced any more.
 */
uint64_t bus_request(struct bus *bus, uint64_t now_fs, unsigned int initiator, uint64_t pa, unsigned int bytes,
		     bool store, enum trace_fault *error);

#endif
