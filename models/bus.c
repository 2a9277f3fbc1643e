/* SPDX-License-Identifier: BSD-3-Clause */
/* The bus; see bus.h. */
#include <string.h>

#include "models/bus.h"

#define FS_PER_NS UINT64_C(1000000)
#define FS_PER_BYTE_AT_1_MB_S UINT64_C(1000000000)

static uint64_t bus_later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t bus_transfer(uint32_t bytes, uint32_t mb_s)
{
	return bytes * FS_PER_BYTE_AT_1_MB_S / mb_s;
}

/* ---- Setting up ---------------------------------------------------------------------------------------- */

void bus_init(struct bus *bus, struct engine *engine, const struct platform *platform)
{
	*bus = (struct bus){ .engine = engine, .platform = platform };
	bus_reset(bus);
}

void bus_reset(struct bus *bus)
{
	memset(bus->initiator, 0, sizeof(bus->initiator));
	memset(bus->slave, 0, sizeof(bus->slave));
	memset(bus->off, 0, sizeof(bus->off));
	for (unsigned int i = 0; i < BUS_INITIATORS_MAX; i++)
		bus->initiator[i].priority = i;
	for (unsigned int i = 0; i < bus->platform->cpus; i++) {
		bus->initiator[i].priority = bus->platform->cpu[i].bus_priority;
		bus->initiator[i].limit_mb_s = bus->platform->cpu[i].bandwidth_mb_s;
	}
	for (unsigned int i = 0; i < bus->platform->slaves; i++) {
		bus->slave[i].platform = &bus->platform->slave[i];
		bus->slave[i].service.last = BUS_INITIATORS_MAX - 1;
	}
}

void bus_limit(struct bus *bus, unsigned int initiator, uint32_t mb_s)
{
	bus->initiator[initiator].limit_mb_s = mb_s;
}

void bus_power(struct bus *bus, unsigned int region, bool on)
{
	bus->off[region] = !on;
}

/* ---- Serving --------------------------------------------------------------------------------------------- */

static uint64_t bus_latency(const struct platform_slave *p, bool store)
{
	return (store ? p->write_ns : p->read_ns) * FS_PER_NS;
}

static void bus_serve_queue(const struct platform_slave *p, struct bus_service *s, struct bus_entry *e)
{
	uint64_t transfer = bus_transfer(e->bytes, p->bandwidth_mb_s);

	s->free = e->turn + transfer;
	e->done = e->turn + bus_latency(p, e->store) + transfer;
}

static void bus_serve_bank(const struct platform_slave *p, struct bus_service *s, struct bus_entry *e)
{
	uint64_t transfer = bus_transfer(e->bytes, p->bandwidth_mb_s), number = e->pa / p->row_bytes;
	struct bus_bank *bank = &s->bank[number % p->banks];
	uint64_t row = number / p->banks + 1, begin = bus_later(e->turn, bank->free);
	uint64_t opening = bank->row == row ? 0 : (p->row_miss_ns - p->row_hit_ns) * FS_PER_NS;

	s->free = begin + transfer;
	s->data_free = bus_later(begin + p->row_hit_ns * FS_PER_NS + opening, s->data_free) + transfer;
	*bank = (struct bus_bank){ .row = row, .free = s->free + opening };
	e->done = e->store ? begin + bus_latency(p, true) + transfer : s->data_free;
}

static void bus_serve(const struct platform_slave *p, struct bus_service *s, struct bus_entry *e, uint64_t turn)
{
	e->turn = turn;
	s->last = e->initiator;
	if (p->banks)
		bus_serve_bank(p, s, e);
	else
		bus_serve_queue(p, s, e);
}

/* ---- Turns ------------------------------------------------------------------------------------------------- */

/* The lower goes first. */
static uint32_t bus_rank(const struct bus *bus, const struct bus_service *s, const struct bus_entry *e)
{
	if (bus->platform->fixed_priority)
		return bus->initiator[e->initiator].priority;
	return (e->initiator + BUS_INITIATORS_MAX - s->last - 1) % BUS_INITIATORS_MAX;
}

/* Of `n` entries that are `served` or not: who is next, at *turn. Entries of equal rank: in order of arrival. */
static unsigned int bus_next(const struct bus *bus, const struct bus_service *s, const struct bus_entry *entry,
			     unsigned int n, uint32_t served, uint64_t *turn)
{
	unsigned int next = n;
	uint64_t first = UINT64_MAX;

	for (unsigned int i = 0; i < n; i++)
		if (!(served >> i & 1) && entry[i].from < first)
			first = entry[i].from;
	*turn = bus_later(first, s->free);
	for (unsigned int i = 0; i < n; i++)
		if (!(served >> i & 1) && entry[i].from <= *turn &&
		    (next == n || bus_rank(bus, s, &entry[i]) < bus_rank(bus, s, &entry[next])))
			next = i;
	return next;
}

/* Its turn is final: what it was told too early is owed. */
static void bus_begin(struct bus *bus, struct bus_slave *slave, unsigned int index, uint64_t turn)
{
	struct bus_entry *e = &slave->queue[index];

	bus_serve(slave->platform, &slave->service, e, turn);
	if (e->done > e->told)
		bus->initiator[e->initiator].owed += e->done - e->told;
	slave->queued--;
	memmove(e, e + 1, (slave->queued - index) * sizeof(*e));
}

/* Turns before `now` are final: whoever comes now comes too late for them. */
static void bus_advance(struct bus *bus, struct bus_slave *slave, uint64_t now)
{
	while (slave->queued) {
		uint64_t turn;
		unsigned int next = bus_next(bus, &slave->service, slave->queue, slave->queued, 0, &turn);

		if (turn >= now && slave->queued < BUS_QUEUE_MAX)
			return;
		bus_begin(bus, slave, next, turn);
	}
}

/* When the newest entry would be done if nobody else came. */
static uint64_t bus_look_ahead(const struct bus *bus, const struct bus_slave *slave)
{
	struct bus_service service = slave->service;
	struct bus_entry entry[BUS_QUEUE_MAX];
	unsigned int next, newest = slave->queued - 1;
	uint32_t served = 0;

	memcpy(entry, slave->queue, slave->queued * sizeof(*entry));
	do {
		uint64_t turn;

		next = bus_next(bus, &service, entry, slave->queued, served, &turn);
		bus_serve(slave->platform, &service, &entry[next], turn);
		served |= UINT32_C(1) << next;
	} while (next != newest);
	return entry[newest].done;
}

static uint64_t bus_contend(struct bus *bus, struct bus_slave *slave, struct bus_entry entry)
{
	struct bus_initiator *initiator = &bus->initiator[entry.initiator];
	uint64_t owed = initiator->owed;

	if (initiator->limit_mb_s) {
		entry.from = bus_later(entry.from, initiator->next);
		initiator->next = entry.from + bus_transfer(entry.bytes, initiator->limit_mb_s);
	}
	slave->queue[slave->queued++] = entry;
	entry.told = bus_look_ahead(bus, slave);
	slave->queue[slave->queued - 1].told = entry.told;
	initiator->owed = 0;
	return entry.told + owed;
}

/* ---- Requests ------------------------------------------------------------------------------------------------ */

static const struct platform_region *bus_region(const struct bus *bus, uint64_t pa, unsigned int bytes)
{
	for (unsigned int i = 0; i < bus->platform->regions; i++) {
		const struct platform_region *r = &bus->platform->region[i];

		if (pa >= r->start && bytes <= r->size && pa - r->start <= r->size - bytes)
			return r->served ? r : NULL;
	}
	return NULL;
}

bool bus_check(struct bus *bus, uint64_t pa, unsigned int bytes, enum trace_fault *error)
{
	const struct platform_region *r = bus_region(bus, pa, bytes);

	if (!r)
		*error = TRACE_FAULT_BUS_DECODE;
	else if (bus->off[r - bus->platform->region])
		*error = TRACE_FAULT_POWERED_OFF;
	else if (r->may_fail && engine_choose(bus->engine, BUS_SITE_ERROR, 2))
		*error = TRACE_FAULT_BUS_SLAVE;
	else
		return true;
	return false;
}

uint64_t bus_time(struct bus *bus, uint64_t now_fs, unsigned int initiator, uint64_t pa, unsigned int bytes, bool store)
{
	struct bus_slave *slave = &bus->slave[bus_region(bus, pa, bytes)->slave];
	const struct platform_slave *p = slave->platform;

	if (!bus->contended)
		return now_fs + bus_latency(p, store) + bus_transfer(bytes, p->bandwidth_mb_s);
	bus_advance(bus, slave, now_fs);
	return bus_contend(bus, slave, (struct bus_entry){ .initiator = initiator, .from = now_fs, .pa = pa,
							   .bytes = bytes, .store = store });
}

uint64_t bus_request(struct bus *bus, uint64_t now_fs, unsigned int initiator, uint64_t pa, unsigned int bytes,
		     bool store, enum trace_fault *error)
{
	return bus_check(bus, pa, bytes, error) ? bus_time(bus, now_fs, initiator, pa, bytes, store) : BUS_REFUSED;
}
