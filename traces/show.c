/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The timeline of show.h: reads the trace twice, first for names (agents, regions, source lines), then to
 * print.
 *
 * A run of loads and stores by one agent in one region is folded into one line. What caches do in the
 * ordinary course (demand fills, asked-for write-backs, lines that maintenance touched, first touches, masks)
 * is not shown; --events shows it. An agent that the trace does not declare is shown on the host's side,
 * under its number.
 */
#include "traces/show.h"

#include "traces/sources.h"
#include "traces/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define AGENTS 256
#define COLUMN 60	/* width of the host's */

struct show_agent {
	char *name;		/* NULL: not declared */
	uint8_t side;		/* enum trace_side */
};

struct show_region {
	char *name;
	uint64_t start, size;
};

/* Accesses not yet printed: all by one agent, in one region. */
struct show_fold {
	unsigned int loads, stores;
	uint8_t agent;
	const struct show_region *region;
	uint64_t time;		/* of the first */
	uint64_t low, high;	/* [low, high) */
	uint64_t pc_first, pc_last;
	uint8_t bytes[8];	/* of the first, when it has no more */
};

struct show {
	FILE *out;
	struct trace_sources sources;
	struct trace_listener sources_listener;
	struct show_agent agents[AGENTS];
	unsigned int sides[2];	/* agents on each side */
	struct show_region *regions;
	size_t region_count;
	struct show_fold fold;
	bool failed;		/* out of memory */
};

/* ---- First reading: names --------------------------------------------------------------------- */

static void agent_collect(struct show *s, const struct event_agent *event)
{
	struct show_agent *agent = &s->agents[event->agent];

	if (agent->name)
		s->sides[agent->side]--;
	s->sides[event->side]++;
	free(agent->name);
	agent->name = strdup(event->name);
	agent->side = event->side;
	s->failed |= !agent->name;
}

static void region_collect(struct show *s, const struct event_region *event)
{
	struct show_region *regions = realloc(s->regions, (s->region_count + 1) * sizeof(*regions));
	char *name = strdup(event->name);

	if (regions)
		s->regions = regions;
	if (!regions || !name) {
		free(name);
		s->failed = true;
		return;
	}
	regions[s->region_count++] = (struct show_region){name, event->start, event->size};
}

static void collect_event(void *ctx, const struct trace_event *event)
{
	struct show *s = ctx;

	if (event->id == EVENT_agent)
		agent_collect(s, &event->agent);
	else if (event->id == EVENT_region)
		region_collect(s, &event->region);
	s->sources_listener.event(s->sources_listener.ctx, event);
}

static void show_free(struct show *s)
{
	for (size_t i = 0; i < AGENTS; i++)
		free(s->agents[i].name);
	for (size_t i = 0; i < s->region_count; i++)
		free(s->regions[i].name);
	free(s->regions);
	trace_sources_free(&s->sources);
}

/* ---- Phrases ---------------------------------------------------------------------------------- */

static void text_put(const struct show *s, const char *text)
{
	trace_text_print(s->out, text, strlen(text), "");
}

static void time_put(const struct show *s, uint64_t time)
{
	fprintf(s->out, "%" PRIu64 ".%03u ns", time / 1000, (unsigned int)(time % 1000));
}

static void plural_put(const struct show *s, uint64_t count, const char *noun)
{
	fprintf(s->out, "%" PRIu64 " %s%s", count, noun, count == 1 ? "" : "s");
}

static void agent_put(const struct show *s, uint8_t agent)
{
	if (s->agents[agent].name)
		text_put(s, s->agents[agent].name);
	else
		fprintf(s->out, "agent %u", agent);
}

static const struct show_region *region_find(const struct show *s, uint64_t addr)
{
	for (size_t i = 0; i < s->region_count; i++) {
		if (addr - s->regions[i].start < s->regions[i].size)
			return &s->regions[i];
	}
	return NULL;
}

/* " vring0 0x3ed40000..0x3ed4003f" */
static void range_put(const struct show *s, uint64_t start, uint64_t size)
{
	const struct show_region *region = region_find(s, start);

	fputc(' ', s->out);
	if (region) {
		text_put(s, region->name);
		fputc(' ', s->out);
	}
	fprintf(s->out, "0x%" PRIx64, start);
	if (size > 1)
		fprintf(s->out, "..0x%" PRIx64, start + size - 1);
}

/* "vring_push (virtqueue.c:120)"; nothing for the unknown pc 0. */
static void place_put(struct show *s, uint8_t agent, uint64_t pc)
{
	size_t count;
	const struct trace_source *frame = trace_sources_find(&s->sources, agent, pc, &count);
	const char *base;

	if (!frame) {
		fprintf(s->out, "pc 0x%" PRIx64, pc);
		return;
	}
	base = strrchr(frame->file, '/');
	text_put(s, frame->function);
	fputs(" (", s->out);
	text_put(s, base ? base + 1 : frame->file);
	fprintf(s->out, ":%" PRIu32 ")", frame->line);
}

static void at_put(struct show *s, uint8_t agent, uint64_t pc)
{
	if (!pc)
		return;
	fputs(" at ", s->out);
	place_put(s, agent, pc);
}

/* ---- Lines ------------------------------------------------------------------------------------ */

static void line_start(const struct show *s, uint64_t time)
{
	fprintf(s->out, "%8" PRIu64 ".%03u ns  ", time / 1000, (unsigned int)(time % 1000));
}

/* Moves to the column of the agent's side, and names it when it is not alone there. */
static void column_start(const struct show *s, uint8_t agent)
{
	if (s->agents[agent].side == TRACE_SIDE_REMOTE)
		fprintf(s->out, "%*s", COLUMN, "");
	if (!s->agents[agent].name || s->sides[s->agents[agent].side] > 1) {
		agent_put(s, agent);
		fputs(": ", s->out);
	}
}

static void fold_bytes_put(const struct show *s)
{
	size_t size = (size_t)(s->fold.high - s->fold.low);

	if (s->fold.loads + s->fold.stores != 1 || size > sizeof(s->fold.bytes))
		return;
	fputs(" =", s->out);
	for (size_t i = 0; i < size; i++)
		fprintf(s->out, " %02x", s->fold.bytes[i]);
}

static void fold_counts_put(const struct show *s)
{
	if (s->fold.loads)
		plural_put(s, s->fold.loads, "load");
	if (s->fold.loads && s->fold.stores)
		fputs(", ", s->out);
	if (s->fold.stores)
		plural_put(s, s->fold.stores, "store");
}

static void fold_flush(struct show *s)
{
	const struct show_fold *fold = &s->fold;

	if (!fold->loads && !fold->stores)
		return;
	line_start(s, fold->time);
	column_start(s, fold->agent);
	fold_counts_put(s);
	range_put(s, fold->low, fold->high - fold->low);
	fold_bytes_put(s);
	at_put(s, fold->agent, fold->pc_first);
	if (fold->pc_last != fold->pc_first) {
		fputs(" .. ", s->out);
		place_put(s, fold->agent, fold->pc_last);
	}
	fputc('\n', s->out);
	s->fold = (struct show_fold){0};
}

/* struct event_load and struct event_store have the same fields, but C calls them different types. */
struct show_access {
	uint64_t time;
	uint8_t agent;
	uint64_t addr, pc;
	struct trace_bytes bytes;
};

static void fold_start(struct show *s, const struct show_access *access, const struct show_region *region)
{
	fold_flush(s);
	s->fold = (struct show_fold){
		.agent = access->agent,
		.region = region,
		.time = access->time,
		.low = access->addr,
		.high = access->addr,
		.pc_first = access->pc,
	};
	if (access->bytes.size && access->bytes.size <= sizeof(s->fold.bytes))
		memcpy(s->fold.bytes, access->bytes.data, access->bytes.size);
}

static void fold_add(struct show *s, const struct show_access *access, unsigned int loads,
		     unsigned int stores)
{
	const struct show_region *region = region_find(s, access->addr);
	uint64_t end = access->addr + access->bytes.size;
	bool open = s->fold.loads || s->fold.stores;

	if (!open || s->fold.agent != access->agent || s->fold.region != region)
		fold_start(s, access, region);
	s->fold.loads += loads;
	s->fold.stores += stores;
	s->fold.low = access->addr < s->fold.low ? access->addr : s->fold.low;
	s->fold.high = end > s->fold.high ? end : s->fold.high;
	s->fold.pc_last = access->pc;
}

/* ---- Events: what the line says after its time ------------------------------------------------ */

static void run_begin_tell(struct show *s, const struct trace_event *event)
{
	const struct event_run_begin *e = &event->run_begin;

	fputs("-- platform ", s->out);
	text_put(s, e->platform);
	fputs(*e->input ? ", input " : "", s->out);
	text_put(s, e->input);
	fputs(*e->choices ? ", " : "", s->out);
	text_put(s, e->choices);
	fprintf(s->out, "\n%17s%-*s%s", "", COLUMN, "host", "remote");
}

static void agent_tell(struct show *s, const struct trace_event *event)
{
	const struct event_agent *e = &event->agent;

	column_start(s, e->agent);
	fprintf(s->out, "is agent %u, ", e->agent);
	text_put(s, e->name);
	if (e->hz)
		fprintf(s->out, ": %" PRIu64 " Hz, lines of %u bytes", e->hz, e->line_bytes);
	else
		fputs(": a device", s->out);
}

static void region_tell(struct show *s, const struct trace_event *event)
{
	const struct event_region *e = &event->region;

	fputs("-- region", s->out);
	range_put(s, e->start, e->size);
	fprintf(s->out, ": %s", trace_enum_name("region_kind", e->kind));
}

static void maint_tell(struct show *s, const struct trace_event *event)
{
	const struct event_maint *e = &event->maint;

	column_start(s, e->agent);
	fputs(trace_enum_name("maint", e->op), s->out);
	range_put(s, e->start, e->size);
	at_put(s, e->agent, e->pc);
}

static void fill_tell(struct show *s, const struct trace_event *event)
{
	const struct event_fill *e = &event->fill;

	column_start(s, e->agent);
	fputs("the cache prefetched", s->out);
	range_put(s, e->line, e->bytes.size);
	fputs(", not before ", s->out);
	time_put(s, e->not_before);
}

static void writeback_tell(struct show *s, const struct trace_event *event)
{
	const struct event_writeback *e = &event->writeback;

	column_start(s, e->agent);
	fputs("the cache wrote back", s->out);
	range_put(s, e->line, e->bytes.size);
	fprintf(s->out, " (%s), not before ", trace_enum_name("writeback", e->why));
	time_put(s, e->not_before);
}

static void stale_tell(struct show *s, const struct trace_event *event)
{
	const struct event_stale *e = &event->stale;

	column_start(s, e->agent);
	fputs("STALE READ of", s->out);
	range_put(s, e->addr, e->size);
	at_put(s, e->agent, e->pc);
	fputs(": ", s->out);
	agent_put(s, e->writer);
	fputs(" had overwritten it", s->out);
	at_put(s, e->writer, e->writer_pc);
	fputs("; the copy that was read is from ", s->out);
	time_put(s, e->filled);
	fprintf(s->out, " (%s)", trace_enum_name("fill", e->why));
	if (e->remedy != TRACE_REMEDY_NONE)
		fprintf(s->out, "; missing: %s", trace_enum_name("remedy", e->remedy));
}

static void clobber_tell(struct show *s, const struct trace_event *event)
{
	const struct event_clobber *e = &event->clobber;

	column_start(s, e->agent);
	fputs("CLOBBER of", s->out);
	range_put(s, e->addr, e->size);
	fputs(": the write-back of a line that ", s->out);
	agent_put(s, e->agent);
	fputs(" stored to", s->out);
	at_put(s, e->agent, e->pc);
	fputs(" overwrote newer bytes that ", s->out);
	agent_put(s, e->victim);
	fputs(" stored", s->out);
	at_put(s, e->victim, e->victim_pc);
	fprintf(s->out, " (%s); not before ", trace_enum_name("writeback", e->why));
	time_put(s, e->not_before);
	fprintf(s->out, "; missing: %s", trace_enum_name("remedy", e->remedy));
}

static void lost_tell(struct show *s, const struct trace_event *event)
{
	const struct event_lost *e = &event->lost;

	column_start(s, e->agent);
	fputs("LOST WRITE of", s->out);
	range_put(s, e->addr, e->size);
	fputs(": stored", s->out);
	at_put(s, e->agent, e->pc);
	fprintf(s->out, ", never in memory: %s", trace_enum_name("loss", e->why));
	if (e->why == TRACE_LOSS_INVALIDATE)
		at_put(s, e->agent, e->maint_pc);
	fprintf(s->out, "; missing: %s", trace_enum_name("remedy", e->remedy));
}

static void fault_tell(struct show *s, const struct trace_event *event)
{
	const struct event_fault *e = &event->fault;

	column_start(s, e->agent);
	fprintf(s->out, "FAULT: forbidden %s of", trace_enum_name("access", e->access));
	range_put(s, e->addr, e->size);
	at_put(s, e->agent, e->pc);
	fprintf(s->out, ": %s", trace_enum_name("fault", e->cause));
}

/* " of stream 0x10", and of which of its contexts where it is not the default one */
static void stream_put(const struct show *s, uint32_t stream, uint32_t context)
{
	fprintf(s->out, " of stream 0x%" PRIx32, stream);
	if (context)
		fprintf(s->out, ", context %" PRIu32 ",", context);
}

/* Device addresses are in no region. */
static void iova_put(const struct show *s, uint64_t iova, uint64_t size)
{
	fprintf(s->out, " 0x%" PRIx64, iova);
	if (size > 1)
		fprintf(s->out, "..0x%" PRIx64, iova + size - 1);
}

static void rights_put(const struct show *s, unsigned int attr)
{
	static const char *const rights[] = { "nothing", "read", "write", "read and write" };

	fprintf(s->out, " (%s)", rights[(attr & TRACE_ATTR_READ ? 1 : 0) + (attr & TRACE_ATTR_WRITE ? 2 : 0)]);
}

static void iommu_map_tell(struct show *s, const struct trace_event *event)
{
	const struct event_iommu_map *e = &event->iommu_map;

	column_start(s, e->agent);
	fputs("maps", s->out);
	iova_put(s, e->iova, e->size);
	stream_put(s, e->stream_id, e->context);
	fputs(" to", s->out);
	range_put(s, e->pa, e->size);
	rights_put(s, e->permission);
	at_put(s, e->agent, e->pc);
}

static void iommu_unmap_tell(struct show *s, const struct trace_event *event)
{
	const struct event_iommu_unmap *e = &event->iommu_unmap;

	column_start(s, e->agent);
	fputs("unmaps", s->out);
	iova_put(s, e->iova, e->size);
	stream_put(s, e->stream_id, e->context);
	at_put(s, e->agent, e->pc);
}

static void iommu_invalidate_tell(struct show *s, const struct trace_event *event)
{
	const struct event_iommu_invalidate *e = &event->iommu_invalidate;

	column_start(s, e->agent);
	fputs("invalidates the IOTLB", s->out);
	if (e->scope == TRACE_IOTLB_SCOPE_RANGE)
		iova_put(s, e->iova, e->size);
	if (e->scope != TRACE_IOTLB_SCOPE_ALL)
		stream_put(s, e->stream_id, e->context);
	if (e->scope == TRACE_IOTLB_SCOPE_CONTEXT && !e->context)
		fputs(", context 0,", s->out);
	at_put(s, e->agent, e->pc);
}

static void iommu_mode_tell(struct show *s, const struct trace_event *event)
{
	const struct event_iommu_mode *e = &event->iommu_mode;

	column_start(s, e->agent);
	fprintf(s->out, "stream 0x%" PRIx32 " %s from now on", e->stream_id, trace_enum_name("iommu_mode", e->mode));
	at_put(s, e->agent, e->pc);
}

static void iommu_context_tell(struct show *s, const struct trace_event *event)
{
	const struct event_iommu_context *e = &event->iommu_context;

	column_start(s, e->agent);
	fprintf(s->out, "context %" PRIu32 " of stream 0x%" PRIx32 " is %s", e->context, e->stream_id,
		trace_enum_name("iommu_context", e->what));
	at_put(s, e->agent, e->pc);
}

static void iommu_fault_tell(struct show *s, const struct trace_event *event)
{
	const struct event_iommu_fault *e = &event->iommu_fault;

	fprintf(s->out, "-- IOMMU FAULT: %s of", trace_enum_name("access", e->access));
	iova_put(s, e->iova, e->size);
	stream_put(s, e->stream_id, e->context);
	fprintf(s->out, ": %s", trace_enum_name("fault", e->cause));
	if (e->alike)
		fprintf(s->out, "; %" PRIu32 " like it before", e->alike);
	if (e->lost)
		fputs("; no room for its record", s->out);
}

static void mpu_region_tell(struct show *s, const struct trace_event *event)
{
	const struct event_mpu_region *e = &event->mpu_region;

	column_start(s, e->agent);
	fprintf(s->out, "%s MPU region %" PRIu32, e->size ? "sets" : "disables", e->number);
	if (e->size) {
		range_put(s, e->start, e->size);
		rights_put(s, e->attr);
	}
	if (e->outcome != TRACE_MPU_DONE)
		fprintf(s->out, ", refused: %s", trace_enum_name("mpu", e->outcome));
	at_put(s, e->agent, e->pc);
}

static void mpu_enable_tell(struct show *s, const struct trace_event *event)
{
	const struct event_mpu_enable *e = &event->mpu_enable;

	column_start(s, e->agent);
	fputs(e->enabled ? "enables its MPU" : "disables its MPU", s->out);
	if (e->enabled)
		fprintf(s->out, " %s background region", e->background ? "with a" : "without");
	at_put(s, e->agent, e->pc);
}

static void unseen_tell(struct show *s, const struct trace_event *event)
{
	const struct event_unseen *e = &event->unseen;

	column_start(s, e->agent);
	fputs("UNSEEN:", s->out);
	range_put(s, e->addr, e->size);
	fputs(", which ", s->out);
	agent_put(s, e->writer);
	fputs(" stored", s->out);
	at_put(s, e->writer, e->writer_pc);
}

static void barrier_tell(struct show *s, const struct trace_event *event)
{
	column_start(s, event->barrier.agent);
	fputs(trace_enum_name("barrier", event->barrier.kind), s->out);
	at_put(s, event->barrier.agent, event->barrier.pc);
}

static void kick_tell(struct show *s, const struct trace_event *event)
{
	const struct event_kick *e = &event->kick;

	column_start(s, e->agent);
	fprintf(s->out, "kicks channel %u with token %" PRIu64, e->channel, e->token);
	at_put(s, e->agent, e->pc);
}

static void refused_tell(struct show *s, const struct trace_event *event)
{
	const struct event_refused *e = &event->refused;

	column_start(s, e->agent);
	fprintf(s->out, "CANNOT SEND token %" PRIu64 " on channel %u: %s", e->token, e->channel,
		trace_enum_name("refusal", e->why));
	at_put(s, e->agent, e->pc);
}

static void notify_tell(struct show *s, const struct trace_event *event)
{
	const struct event_notify *e = &event->notify;

	column_start(s, e->agent);
	fprintf(s->out, "is interrupted: token %" PRIu64 " on channel %u", e->token, e->channel);
}

static void kick_lost_tell(struct show *s, const struct trace_event *event)
{
	const struct event_kick_lost *e = &event->kick_lost;

	column_start(s, e->agent);
	fprintf(s->out, "LOST KICK: token %" PRIu64 " on channel %u never arrived", e->token, e->channel);
}

static void ack_tell(struct show *s, const struct trace_event *event)
{
	const struct event_ack *e = &event->ack;

	column_start(s, e->agent);
	fprintf(s->out, "acknowledges token %" PRIu64 " on channel %u", e->token, e->channel);
}

static void message_tell(struct show *s, const struct trace_event *event)
{
	const struct event_message *e = &event->message;

	column_start(s, e->agent);
	fprintf(s->out, "%s a %s of %u bytes on channel %u", e->access == TRACE_ACCESS_STORE ? "writes" : "reads",
		trace_enum_name("mailbox_buffer", e->buffer), e->bytes.size, e->channel);
	at_put(s, e->agent, e->pc);
}

static void wait_tell(struct show *s, const struct trace_event *event)
{
	const struct event_wait *e = &event->wait;

	column_start(s, e->agent);
	fputs("waits", s->out);
	if (e->timeout_ns)
		fprintf(s->out, ", at most %" PRIu64 " ns,", e->timeout_ns);
	at_put(s, e->agent, e->pc);
}

static void vring_tell(struct show *s, const struct trace_event *event)
{
	const struct event_vring *e = &event->vring;

	column_start(s, e->agent);
	fprintf(s->out, "takes vring %u to be at 0x%" PRIx64 ", %" PRIu32 " entries, aligned to %" PRIu32, e->index, e->da,
		e->num, e->alignment);
}

static void power_tell(struct show *s, const struct trace_event *event)
{
	column_start(s, event->power.agent);
	fprintf(s->out, "is %s", trace_enum_name("power", event->power.state));
	/* Whoever boots by itself was not asked. */
	if (event->power.by != TRACE_ASKER_ENVIRONMENT)
		fprintf(s->out, ", asked by %s", trace_enum_name("asker", event->power.by));
}

static void clock_tell(struct show *s, const struct trace_event *event)
{
	column_start(s, event->clock.agent);
	fprintf(s->out, "runs at %" PRIu64 " Hz, asked by %s", event->clock.hz,
		trace_enum_name("asker", event->clock.by));
}

static void dma_copy_tell(struct show *s, const struct trace_event *event)
{
	const struct event_dma_copy *e = &event->dma_copy;

	column_start(s, e->agent);
	agent_put(s, e->engine);
	fprintf(s->out, " channel %u copies", e->channel);
	range_put(s, e->from, e->size);
	fputs(" to", s->out);
	range_put(s, e->to, e->size);
	fprintf(s->out, ", number %" PRIu32, e->cookie);
	at_put(s, e->agent, e->pc);
}

static void dma_done_tell(struct show *s, const struct trace_event *event)
{
	const struct event_dma_done *e = &event->dma_done;

	column_start(s, e->agent);
	fprintf(s->out, "channel %u, number %" PRIu32 ": %s, ", e->channel, e->cookie,
		trace_enum_name("dma", e->status));
	plural_put(s, e->moved, "byte");
	fputs(" moved", s->out);
}

static void heap_alloc_tell(struct show *s, const struct trace_event *event)
{
	const struct event_heap_alloc *e = &event->heap_alloc;

	column_start(s, e->agent);
	fprintf(s->out, "gets buffer %" PRIu32 " of ", e->handle);
	plural_put(s, e->size, "byte");
	fputs(" from heap ", s->out);
	text_put(s, e->heap);
	fputs(" in ", s->out);
	plural_put(s, e->runs, "run");
	at_put(s, e->agent, e->pc);
}

static void heap_run_tell(struct show *s, const struct trace_event *event)
{
	const struct event_heap_run *e = &event->heap_run;

	column_start(s, e->agent);
	fprintf(s->out, "run of buffer %" PRIu32, e->handle);
	range_put(s, e->start, e->size);
}

static void heap_use_tell(struct show *s, const struct trace_event *event)
{
	const struct event_heap_use *e = &event->heap_use;
	bool maps = e->what == TRACE_HEAP_USE_MAP || e->what == TRACE_HEAP_USE_UNMAP;

	column_start(s, e->agent);
	fprintf(s->out, "%s of buffer %" PRIu32 ", now ", trace_enum_name("heap_use", e->what), e->handle);
	plural_put(s, e->count, maps ? "mapping" : "reference");
	at_put(s, e->agent, e->pc);
}

static void heap_free_tell(struct show *s, const struct trace_event *event)
{
	column_start(s, event->heap_free.agent);
	fprintf(s->out, "frees buffer %" PRIu32, event->heap_free.handle);
	at_put(s, event->heap_free.agent, event->heap_free.pc);
}

static void heap_misuse_tell(struct show *s, const struct trace_event *event)
{
	const struct event_heap_misuse *e = &event->heap_misuse;

	column_start(s, e->agent);
	fprintf(s->out, "MISUSE: %s of buffer %" PRIu32 ": %s", trace_enum_name("heap_use", e->what), e->handle,
		trace_enum_name("heap_misuse", e->why));
	at_put(s, e->agent, e->pc);
}

static void heap_leak_tell(struct show *s, const struct trace_event *event)
{
	const struct event_heap_leak *e = &event->heap_leak;

	column_start(s, e->agent);
	fprintf(s->out, "LEAK: buffer %" PRIu32 " of ", e->handle);
	plural_put(s, e->size, "byte");
	fputs(" with ", s->out);
	plural_put(s, e->references, "reference");
	fputs(" and ", s->out);
	plural_put(s, e->mappings, "mapping");
	fputs(", got", s->out);
	at_put(s, e->agent, e->pc);
}

static void resource_put(struct show *s, uint8_t resource, uint64_t id)
{
	fprintf(s->out, "%s 0x%" PRIx64, trace_enum_name("resource", resource), id);
}

static void grant_give_tell(struct show *s, const struct trace_event *event)
{
	const struct event_grant_give *e = &event->grant_give;

	column_start(s, e->agent);
	fputs("is granted ", s->out);
	resource_put(s, e->resource, e->id);
	if (e->amount)
		fprintf(s->out, ", %" PRIu32 " MB/s,", e->amount);
	fprintf(s->out, " by %s", trace_enum_name("asker", e->by));
}

static void grant_notice_tell(struct show *s, const struct trace_event *event)
{
	const struct event_grant_notice *e = &event->grant_notice;

	column_start(s, e->agent);
	fputs("will lose ", s->out);
	resource_put(s, e->resource, e->id);
	fprintf(s->out, "%s in %" PRIu64 " ns, by %s", e->in_use ? ", in use," : "", e->grace_ns,
		trace_enum_name("asker", e->by));
}

static void grant_withdraw_tell(struct show *s, const struct trace_event *event)
{
	const struct event_grant_withdraw *e = &event->grant_withdraw;

	column_start(s, e->agent);
	fputs("loses ", s->out);
	resource_put(s, e->resource, e->id);
	fprintf(s->out, "%s: %s, by %s", e->in_use ? ", in use" : "", trace_enum_name("grant_end", e->why),
		trace_enum_name("asker", e->by));
}

static void grant_refused_tell(struct show *s, const struct trace_event *event)
{
	const struct event_grant_refused *e = &event->grant_refused;

	column_start(s, e->agent);
	fputs("is refused", s->out);
	at_put(s, e->agent, e->pc);
	fputs(": it has no grant of ", s->out);
	resource_put(s, e->resource, e->id);
}

static void memory_power_tell(struct show *s, const struct trace_event *event)
{
	const struct event_memory_power *e = &event->memory_power;

	column_start(s, e->agent);
	fprintf(s->out, "switches %s power of", e->on ? "on" : "off");
	range_put(s, e->start, e->size);
}

/* Each line of the program's on one of ours; what it ends with a newline is not followed by an empty one. */
static void console_tell(struct show *s, const struct trace_event *event)
{
	const char *text = event->console.text;
	size_t size;

	for (;;) {
		size = strcspn(text, "\n");
		column_start(s, event->console.agent);
		fputs("| ", s->out);
		trace_text_print(s->out, text, size, "");
		if (!text[size] || !text[size + 1])
			return;
		text += size + 1;
		fputc('\n', s->out);
		line_start(s, event->time);
	}
}

static void assert_tell(struct show *s, const struct trace_event *event)
{
	column_start(s, event->assert.agent);
	fputs("ASSERTION FAILED: ", s->out);
	text_put(s, event->assert.text);
	at_put(s, event->assert.agent, event->assert.pc);
}

static void exit_tell(struct show *s, const struct trace_event *event)
{
	column_start(s, event->exit.agent);
	fprintf(s->out, "ends with code %" PRIu32, event->exit.code);
}

static void choice_tell(struct show *s, const struct trace_event *event)
{
	const struct event_choice *e = &event->choice;

	fputs("-- surprise: ", s->out);
	text_put(s, e->site);
	fprintf(s->out, " took option %u of %u (question %" PRIu32 ")", e->taken, e->options, e->index);
}

static void fairness_tell(struct show *s, const struct trace_event *event)
{
	fprintf(s->out, "-- all wait: caches write back and drop what they hold, round %" PRIu32,
		event->fairness.round);
}

static void hang_tell(struct show *s, const struct trace_event *event)
{
	fprintf(s->out, "-- HANG: %s", trace_enum_name("hang", event->hang.why));
}

static void run_end_tell(struct show *s, const struct trace_event *event)
{
	fputs("-- end after ", s->out);
	fprintf(s->out, "%" PRIu64 " accesses", event->run_end.accesses);
	fputs(" and ", s->out);
	fprintf(s->out, "%" PRIu32 " choices", event->run_end.choices);
}

typedef void show_tell(struct show *s, const struct trace_event *event);

/* NULL: not shown, except loads and stores, which are folded. */
static show_tell *const tells[EVENT_COUNT] = {
	[EVENT_run_begin] = run_begin_tell,
	[EVENT_agent] = agent_tell,
	[EVENT_region] = region_tell,
	[EVENT_maint] = maint_tell,
	[EVENT_fill] = fill_tell,
	[EVENT_writeback] = writeback_tell,
	[EVENT_stale] = stale_tell,
	[EVENT_clobber] = clobber_tell,
	[EVENT_lost] = lost_tell,
	[EVENT_fault] = fault_tell,
	[EVENT_iommu_map] = iommu_map_tell,
	[EVENT_iommu_unmap] = iommu_unmap_tell,
	[EVENT_iommu_invalidate] = iommu_invalidate_tell,
	[EVENT_iommu_mode] = iommu_mode_tell,
	[EVENT_iommu_context] = iommu_context_tell,
	[EVENT_iommu_fault] = iommu_fault_tell,
	[EVENT_mpu_region] = mpu_region_tell,
	[EVENT_mpu_enable] = mpu_enable_tell,
	[EVENT_barrier] = barrier_tell,
	[EVENT_kick] = kick_tell,
	[EVENT_refused] = refused_tell,
	[EVENT_notify] = notify_tell,
	[EVENT_kick_lost] = kick_lost_tell,
	[EVENT_ack] = ack_tell,
	[EVENT_message] = message_tell,
	[EVENT_wait] = wait_tell,
	[EVENT_vring] = vring_tell,
	[EVENT_power] = power_tell,
	[EVENT_clock] = clock_tell,
	[EVENT_dma_copy] = dma_copy_tell,
	[EVENT_dma_done] = dma_done_tell,
	[EVENT_heap_alloc] = heap_alloc_tell,
	[EVENT_heap_run] = heap_run_tell,
	[EVENT_heap_use] = heap_use_tell,
	[EVENT_heap_free] = heap_free_tell,
	[EVENT_heap_misuse] = heap_misuse_tell,
	[EVENT_heap_leak] = heap_leak_tell,
	[EVENT_grant_give] = grant_give_tell,
	[EVENT_grant_notice] = grant_notice_tell,
	[EVENT_grant_withdraw] = grant_withdraw_tell,
	[EVENT_grant_refused] = grant_refused_tell,
	[EVENT_memory_power] = memory_power_tell,
	[EVENT_console] = console_tell,
	[EVENT_assert] = assert_tell,
	[EVENT_exit] = exit_tell,
	[EVENT_choice] = choice_tell,
	[EVENT_fairness] = fairness_tell,
	[EVENT_hang] = hang_tell,
	[EVENT_unseen] = unseen_tell,
	[EVENT_run_end] = run_end_tell,
};

/* ---- Second reading: the timeline ------------------------------------------------------------- */

/* Caches doing what the program asked for, or needed. */
static bool event_ordinary(const struct trace_event *event)
{
	if (event->id == EVENT_fill)
		return event->fill.why != TRACE_FILL_PREFETCH;
	if (event->id == EVENT_writeback)
		return event->writeback.why == TRACE_WRITEBACK_CLEAN ||
		       event->writeback.why == TRACE_WRITEBACK_UNCACHED;
	return !tells[event->id];
}

static void timeline_event(void *ctx, const struct trace_event *event)
{
	struct show *s = ctx;

	if (event->id == EVENT_load) {
		const struct event_load *e = &event->load;

		fold_add(s, &(struct show_access){event->time, e->agent, e->addr, e->pc, e->bytes}, 1, 0);
	} else if (event->id == EVENT_store) {
		const struct event_store *e = &event->store;

		fold_add(s, &(struct show_access){event->time, e->agent, e->addr, e->pc, e->bytes}, 0, 1);
	} else if (!event_ordinary(event)) {
		fold_flush(s);
		line_start(s, event->time);
		tells[event->id](s, event);
		fputc('\n', s->out);
	}
}

static bool timeline_show(const char *dir, FILE *out, char *why, size_t why_size)
{
	struct show s = {.out = out};
	bool shown;

	s.sources_listener = trace_sources_listener(&s.sources);
	shown = trace_read(dir, (struct trace_listener){collect_event, &s}, why, why_size);
	if (shown && (s.failed || s.sources.failed)) {
		snprintf(why, why_size, "%s: no memory to show it", dir);
		shown = false;
	}
	shown = shown && trace_read(dir, (struct trace_listener){timeline_event, &s}, why, why_size);
	show_free(&s);
	return shown;
}

static void print_event(void *ctx, const struct trace_event *event)
{
	FILE *out = ctx;

	trace_print(out, event);
	fputc('\n', out);
}

bool trace_show(const char *dir, FILE *out, bool all_events, char *why, size_t why_size)
{
	bool shown = all_events ? trace_read(dir, (struct trace_listener){print_event, out}, why, why_size)
				: timeline_show(dir, out, why, why_size);

	if (shown && (fflush(out) || ferror(out))) {
		snprintf(why, why_size, "%s: its timeline cannot be written to the output", dir);
		return false;
	}
	return shown;
}
