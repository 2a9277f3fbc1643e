/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the checker's families share: the state of a run, the shadow of memory, and how a violation is
 * recorded.
 *
 * Nothing here is for users of the checker (checker.h). Event numbers count from 1 and order everything;
 * times are not used. All tables are bounded: what does not fit is dropped and makes the clauses that need it
 * not observable.
 */
#ifndef CONFORMANCE_CHECK_H
#define CONFORMANCE_CHECK_H

#include "conformance/checker.h"
#include "sbe/wire.h"

#define HOST TRACE_SIDE_HOST
#define REMOTE TRACE_SIDE_REMOTE
#define CHECK_SIDES 2

#define CHECK_AGENTS 16
#define CHECK_REGIONS 64
#define CHECK_MAPPINGS 128
#define CHECK_CHANNELS 16
#define CHECK_ADDR_MAX (1ull << 56) /* of physical memory; what lies above is not judged */
#define CHECK_PAGE 4096u
#define CHECK_GRANULE 64u /* the longest line; lines of 32 are its halves */
#define CHECK_HALF 32u
#define CHECK_LINES (CHECK_PAGE / CHECK_GRANULE)
#define CHECK_PAGE_CACHE 16u
#define CHECK_VIOLATIONS 64
#define CHECK_RINGS 2
#define CHECK_RING_MAX 1024u
#define CHECK_ENDPOINTS 64
#define CHECK_AREAS 64
#define CHECK_TXNS 64
#define CHECK_ENTRIES 32 /* buffers of a request */
#define CHECK_HELD 256
#define CHECK_SPANS 64
#define CHECK_STRAYS 64
#define CHECK_MAINTS 64
#define CHECK_RANGE_MAX (UINT64_C(1) << 30)	/* bytes of one maintenance operation */

/* [start, end) */
struct check_span {
	uint64_t start, end;
};

/* Who stored, and when. */
struct check_site {
	struct check_place place;
	uint64_t event; /* 0: nobody */
};

/* ---- Shadow of memory -------------------------------------------------------------------------------- */
#define CHECK_ROLE_RING 1u
#define CHECK_ROLE_BUFFER 2u

#define CHECK_NOBODY 0xffu
/* The newest bytes of control memory; agent is CHECK_NOBODY where a byte was only ever read. */
struct check_bytes {
	uint8_t value[CHECK_GRANULE], agent[CHECK_GRANULE];
	uint64_t pc[CHECK_GRANULE], event[CHECK_GRANULE];
};

/* An agent's accesses to data between two of its sync events. */
struct check_touch {
	uint64_t event, pc;
	uint8_t access;
	uint8_t suspect; /* a buffer that was handed over overlaps the line: `held`, if still as of `given` */
	uint16_t held;
	uint64_t given;
};

/* CHECK_GRANULE bytes of memory. Masks have a bit per byte, arrays an entry per side. */
struct check_line {
	uint32_t run, maps;	       /* as of which run and set of mappings the rest is */
	uint8_t role;		       /* CHECK_ROLE_* */
	uint16_t buffer;	       /* ring * CHECK_RING_MAX + descriptor, with CHECK_ROLE_BUFFER */
	uint32_t cached;	       /* a bit per side */
	uint64_t known;		       /* control memory: bytes whose value is known */
	uint64_t unclean[CHECK_SIDES]; /* stored, not cleaned since */
	uint64_t dirty[CHECK_SIDES];   /* stored, neither cleaned nor invalidated since */
	uint64_t mine[CHECK_SIDES];    /* data: stored since the other side last handed them over */
	struct check_site stored[CHECK_SIDES];
	uint64_t invalidated[CHECK_SIDES][CHECK_GRANULE / CHECK_HALF]; /* event of the last one */
	struct check_touch touch[CHECK_SIDES][CHECK_GRANULE / CHECK_HALF];
};

struct check_page {
	uint64_t number;
	struct check_bytes *bytes; /* CHECK_LINES of them, or NULL: no control memory yet */
	struct check_line line[CHECK_LINES];
};

struct check_shadow {
	struct check_page **slot; /* open addressing, `slots` a power of two */
	uint32_t slots, pages;
	struct check_page *recent[CHECK_PAGE_CACHE];
};

/* A range that an agent asked to be maintained. */
struct check_maint {
	struct check_span span; /* whole lines */
	uint64_t event;
	struct check_place place;
	uint8_t op;
};

/* ---- Platform ---------------------------------------------------------------------------------------- */
struct check_agent {
	bool known, on, ended;
	bool waiting;	/* since its last event */
	uint8_t core;	/* 0 boots its side's program ... */
	uint8_t boot;	/* ... and this agent did, whose mappings and channels it has */
	uint8_t side;
	uint16_t line;
	uint64_t barrier; /* event of the last one */
};

/* A channel of an agent, as the preamble has it. */
struct check_mailbox {
	bool known;
	uint8_t token_bits, attr; /* TRACE_MAILBOX_* */
};

struct check_region {
	struct check_span span;
	uint8_t kind;
};

struct check_mapping {
	struct check_span span;
	uint8_t side, attr;
};

/* ---- Vrings ------------------------------------------------------------------------------------------ */
struct check_desc {
	bool seen;	/* was published in this life of the ring */
	bool available; /* the remote has it */
	bool taken;	/* and has read its avail entry */
	bool collected; /* came back, and the host has read its used entry */
	bool writable;	/* has the flag WRITE */
	uint16_t slot;	/* of the avail ring, where it was last published */
	struct check_span buffer, message;
	struct check_site given, returned; /* the stores of the index */
};

/* What one side publishes in a ring: entries of avail (host) or used (remote). */
struct check_part {
	struct check_span span; /* of the whole part; for the host without the descriptors */
	uint64_t idx;		/* address */
	uint16_t published;	/* newest index */
	uint64_t zeroed;	/* event: entries not stored after it were not written yet */
	struct check_site last; /* the store of the index */
	bool owes_clean, clean_deferred;
	bool started;
	uint64_t entry[CHECK_RING_MAX]; /* event that last published the slot */
};

struct check_ring {
	bool configured;
	uint32_t num, align;
	struct check_span descs;
	struct check_part part[CHECK_SIDES]; /* HOST: avail, REMOTE: used */
	uint32_t outstanding;
	struct check_place declared_by; /* where no table tells of it */
	struct check_site changed; /* store to the outstanding descriptor `changed_id`, not yet judged */
	uint32_t changed_id;
	struct check_desc desc[CHECK_RING_MAX];
};

/* A side's loads of the device status from its cache. */
struct check_polls {
	uint64_t last; /* event; 0: none */
	uint8_t seen;
	unsigned int stale; /* since its last invalidate */
};

/* Where a side takes a ring to lie, by its own word. */
struct check_told {
	bool known;
	uint64_t da;
	uint32_t num, align;
	struct check_place at;
};

/* What a side last read of the other side's index, and the event by which it was new. */
struct check_look {
	uint16_t value;
	uint64_t event;
};

/* A side's kicks: a bit per ring. */
struct check_kicks {
	unsigned int owed;  /* published since the last kick, when the other side's flags asked for one */
	unsigned int quiet; /* ... when they asked for none */
	unsigned int fresh; /* published since the last kick that may speak of the ring */
};

/* A message, as published. */
struct check_message {
	uint8_t sender;
	uint64_t buffer;   /* its address: what ends the receiver's use of it */
	uint64_t at, size; /* address and size of the payload */
	struct check_site publish;
	uint32_t src, dst;
	uint64_t channel; /* the pair of endpoints: the host's address, then the remote's */
};

/* ---- rpmsg ------------------------------------------------------------------------------------------- */
#define CHECK_NAME_BYTES 32u
struct check_endpoint {
	uint32_t addr;
	bool known;	/* was announced, or sent something */
	bool announced; /* as `name`, which was not destroyed since */
	bool sbe;
	char name[CHECK_NAME_BYTES];
	struct check_site addressed, sought; /* the first message to it that came too early: its destination, its index */
	struct check_site ended;	     /* published the announcement of its end ... */
	uint64_t ended_in;		     /* ... in this buffer */
};

/* ---- SBE --------------------------------------------------------------------------------------------- */
enum check_area_state { AREA_FREE, AREA_ADDED, AREA_LIVE, AREA_REMOVING };
struct check_area {
	enum check_area_state state;
	uint8_t announcer;
	uint32_t id, txn;
	uint64_t channel; /* which pair of endpoints it is negotiated between */
	struct check_span span;
};

struct check_txn {
	bool used;
	uint8_t side, type; /* of the request: SBE_REQUEST, SBE_AREA_ADD, SBE_AREA_REMOVE */
	uint32_t txn, context;
	uint64_t channel;
	uint32_t entries;
	struct check_site publish;
	struct sbe_buf entry[CHECK_ENTRIES];
};

/* A buffer that was handed over (returned.event 0), or came back and was not yet invalidated by the giver. */
struct check_held {
	bool active;
	uint8_t giver;
	struct sbe_buf entry;
	struct check_span span;
	uint32_t txn; /* 0: a message's, until the rpmsg buffer at `rpmsg` comes back */
	uint64_t channel, rpmsg;
	struct check_site given, returned;
};

struct check_spans {
	unsigned int count;
	struct check_span span[CHECK_SPANS];
};

/* An access to the other side's area outside every buffer. Forgiven when it turns out to be a buffer being
 * made. */
struct check_stray {
	uint64_t line, mask, event;
	struct check_place place;
	bool store;
};

/* What a violation still waits for: the other side's next access of `span`. */
struct check_pending {
	bool waits;
	bool confirmed; /* a stale read of `span` was added to the cause */
	uint8_t side;
	struct check_span span;
	struct check_place before[CHECK_SIDES]; /* each side's last access of shared memory when it was found */
};

struct checker {
	enum clause_profile profile;
	clause_set closure[CLAUSE_COUNT]; /* prerequisites, transitively */
	uint32_t run;
	struct check_shadow shadow;

	/* From here on everything is the run's and is zeroed by checker_reset. */
	uint64_t event;		  /* number of the present one */
	int level;		  /* highest trace level seen, -1: none */
	clause_set failed, limited;
	uint64_t witnesses[CLAUSE_COUNT];
	unsigned int violations, waiting;
	uint32_t maps;
	struct check_agent agent[CHECK_AGENTS];
	struct check_mailbox mailbox[CHECK_AGENTS][CHECK_CHANNELS];
	unsigned int regions, mappings;
	struct check_region region[CHECK_REGIONS];
	struct check_mapping mapping[CHECK_MAPPINGS];
	uint16_t line[CHECK_SIDES]; /* longest line of the side's agents */
	struct check_place last_access[CHECK_SIDES], last_wait[CHECK_SIDES];

	struct check_span table;
	uint64_t vdev; /* address of its entry; 0: none found */
	uint8_t status;
	bool table_judged, features_chosen;
	uint32_t features; /* chosen by the host */
	uint64_t layout;   /* hash of the table, the status apart */
	struct check_polls polls[CHECK_SIDES];
	bool ran;		     /* DRIVER_OK was there before */
	bool declared;		     /* rings that sides declared are in use: there is no status */
	bool table_stored[CHECK_SIDES]; /* since the side's last kick */
	struct check_told told[CHECK_SIDES][CHECK_RINGS]; /* vring.declare */
	struct check_look look[CHECK_SIDES][CHECK_RINGS];
	uint64_t rings_reset;			     /* event: what was stored until then is of an earlier life */
	uint64_t waited[CHECK_SIDES], notified[CHECK_SIDES]; /* event of the last one */
	struct check_kicks kicks[CHECK_SIDES];
	unsigned int kicks_lost;
	uint8_t lost_by;

	unsigned int maints[CHECK_SIDES]; /* how many ever: the log wraps around */
	unsigned int endpoints[CHECK_SIDES];
	bool announces; /* a side announced an endpoint */
	struct check_endpoint endpoint[CHECK_SIDES][CHECK_ENDPOINTS];

	struct check_area area[CHECK_AREAS];
	unsigned int actives;
	uint16_t active[CHECK_HELD];
	unsigned int next_held;
	struct check_spans home[CHECK_SIDES]; /* bytes that a side announced, or gave */
	unsigned int strays, needless;

	bool hung, run_ended, host_ended, crashed;
	uint8_t hang_why;
	uint32_t host_code;
	struct check_place unseen_place;
	uint64_t unseen_addr;
	uint16_t unseen_size;
	bool asserted;
	struct check_place assert_place;
	char assert_text[96];
	uint32_t result_line_size;

	/* Not zeroed: each is initialised when it comes into use. */
	struct check_violation violation[CHECK_VIOLATIONS];
	struct check_pending pending[CHECK_VIOLATIONS];
	struct check_maint maint[CHECK_SIDES][CHECK_MAINTS];
	struct check_stray stray[CHECK_STRAYS];
	struct check_maint unneeded[CHECK_MAINTS];
	struct check_txn txn[CHECK_TXNS];
	struct check_held held[CHECK_HELD];
	struct check_ring ring[CHECK_RINGS];
	struct check_result result;
	char result_line[8192];
	struct trace_sources *sources;
};

/* ---- Small tools ------------------------------------------------------------------------------------- */
/* Cut at CHECK_ADDR_MAX, so that no loop over addresses can wrap around. */
static inline struct check_span check_span_of(uint64_t start, uint64_t size)
{
	start = start < CHECK_ADDR_MAX ? start : CHECK_ADDR_MAX;
	return (struct check_span){start, size > CHECK_ADDR_MAX - start ? CHECK_ADDR_MAX : start + size};
}
static inline bool check_overlaps(struct check_span a, struct check_span b)
{
	return a.start < b.end && b.start < a.end;
}
static inline bool check_inside(struct check_span inner, struct check_span outer)
{
	return inner.start >= outer.start && inner.end <= outer.end;
}
static inline uint8_t check_peer(uint8_t side)
{
	return side == HOST ? REMOTE : HOST;
}
const char *check_side_name(uint8_t side);
/* Bits of the bytes of `span` in the granule at `granule`. */
static inline uint64_t check_mask(uint64_t granule, struct check_span span)
{
	uint64_t from = span.start > granule ? span.start - granule : 0;
	uint64_t to = span.end - granule;

	if (span.end <= granule || from >= CHECK_GRANULE || span.end <= span.start)
		return 0;
	return (to >= CHECK_GRANULE ? UINT64_MAX : (1ull << to) - 1u) & ~((1ull << from) - 1u);
}
/* `span` grown to whole lines of `bytes` (a power of two, or 0). */
struct check_span check_lines(struct check_span span, uint64_t bytes);
struct check_place check_place_of(const struct checker *c, uint8_t agent, uint64_t pc);

/* ---- Verdicts (checker.c) ---------------------------------------------------------------------------- */
static inline void check_witness(struct checker *c, enum clause_id clause)
{
	c->witnesses[clause]++;
}
/*
 * NULL when a prerequisite failed, the profile lacks the clause or the same violation is known. Otherwise the caller fills in message and
 * cause. Places without a pc are dropped from the end of `places` only, so that "{n}" stays right.
 */
struct check_violation *check_fail(struct checker *c, enum clause_id clause, const struct check_place *places,
				   unsigned int count);
#define CHECK_AT(...)                                                                                        \
	(const struct check_place[]){__VA_ARGS__},                                                           \
		(sizeof((const struct check_place[]){__VA_ARGS__}) / sizeof(struct check_place))
__attribute__((format(printf, 2, 3))) void check_message(struct check_violation *v, const char *format, ...);
__attribute__((format(printf, 2, 3))) void check_cause(struct check_violation *v, const char *format, ...);
/* Every clause's prerequisites and theirs. */
void check_closures_make(clause_set *closure);
/* At the end: who still waits gets what is known. */
void check_violations_complete(struct checker *c);
/* Adds the place of `side`'s next access of `span`, or of its last one at the end of the run. */
void check_await(struct checker *c, const struct check_violation *v, uint8_t side, struct check_span span);
void check_arrived(struct checker *c, struct check_place place, struct check_span span);
/* Takes back violations of `clause` when one of its prerequisites failed after all. */
void check_withdraw(struct checker *c, enum clause_id clause);
void check_limit(struct checker *c, enum clause_id clause);

/* ---- Shadow (check_shadow.c) ------------------------------------------------------------------------- */
void check_shadow_free(struct check_shadow *shadow);
/* The line at `granule` (aligned); NULL only when memory ran out. */
struct check_line *check_line_at(struct checker *c, uint64_t granule);
/* NULL when nothing is known of it. */
struct check_line *check_line_find(struct checker *c, uint64_t granule);
/* The first line in use at or after *granule and before `end`; *granule follows. NULL: none. */
struct check_line *check_line_next(struct checker *c, uint64_t *granule, uint64_t end);
struct check_bytes *check_bytes_at(struct checker *c, uint64_t granule);
/* Bytes that are not known read as 0. True when all are. */
bool check_read(struct checker *c, uint64_t addr, void *out, uint64_t size);
uint16_t check_get16(struct checker *c, uint64_t addr);
uint32_t check_get32(struct checker *c, uint64_t addr);
uint64_t check_get64(struct checker *c, uint64_t addr);
/* The newest and the oldest store among these bytes of control memory; event 0 when one was never stored. */
struct check_site check_writer(struct checker *c, uint64_t addr, uint64_t size);
struct check_site check_oldest(struct checker *c, uint64_t addr, uint64_t size);
/* The first line in which `side` has unclean (dirty) bytes of `span`. */
bool check_unclean(struct checker *c, uint8_t side, struct check_span span, uint64_t *line,
		   struct check_site *site);
bool check_dirty(struct checker *c, uint8_t side, struct check_span span, uint64_t *line,
		 struct check_site *site);
bool check_cached(const struct checker *c, uint8_t side, struct check_span span);
/* True when `side` invalidated every line of these bytes after `event`. */
bool check_fresh(struct checker *c, uint8_t side, struct check_span span, uint64_t event);
/* The longest line among sides that map `span` cached; 0: none does. */
uint64_t check_line_bytes(const struct checker *c, struct check_span span);
bool check_in_kind(const struct checker *c, struct check_span span, bool control, bool data);

/* ---- Families ---------------------------------------------------------------------------------------- */
void check_table_stored(struct checker *c, struct check_span span, struct check_site site);
void check_table_loaded(struct checker *c, const struct event_load *e);
void check_table_stale(struct checker *c, const struct event_stale *e);
/* The host goes on from status 0; the features are settled; DRIVER_OK. */
void check_table_accepted(struct checker *c, struct check_site site);
void check_table_features(struct checker *c, struct check_site site);
void check_table_started(struct checker *c, struct check_site site);
void check_table_finish(struct checker *c);
/* `side` kicks, waits or ends. */
void check_table_clean(struct checker *c, uint8_t side, struct check_place at, const char *does);

void check_status_stored(struct checker *c, struct check_site site, uint8_t new);
/* The rings are in use: DRIVER_OK, or where they were declared the host filled them. */
bool check_started(const struct checker *c);

void check_ring_setup(struct checker *c, unsigned int number, uint64_t da, uint32_t align, uint32_t num);
void check_ring_declare(struct checker *c, const struct event_vring *e);
void check_ring_started(struct checker *c, struct check_site site);
void check_ring_reset(struct checker *c);
void check_ring_loaded(struct checker *c, struct check_line *line, struct check_span span, const uint8_t *data,
		       struct check_place place);
void check_ring_storing(struct checker *c, struct check_line *line, struct check_span span,
			struct check_site site);
void check_ring_stored(struct checker *c, struct check_span span, struct check_site site);
/* `side` kicks, waits or ends. */
void check_ring_pause(struct checker *c, uint8_t side, struct check_place at);
/* The message or empty buffer that holds `addr`, for facts. */
const struct check_desc *check_ring_find(struct checker *c, uint64_t addr, unsigned int *ring);
/* What of the other side's these bytes are that `side` may now rely on, or NULL. */
const char *check_ring_relied(struct checker *c, uint8_t side, struct check_span span);
/* True when these bytes are of a message of `side` that the other side has. */
bool check_ring_given(struct checker *c, uint8_t side, struct check_span span);
/* True when these bytes of a buffer that `side` has are of no message: nobody relies on them. */
bool check_ring_free(struct checker *c, uint8_t side, struct check_span span);
void check_ring_finish(struct checker *c);

void check_kick_published(struct checker *c, unsigned int ring, uint8_t side);
void check_kick_refused(struct checker *c, const struct event_refused *e);
void check_kick_sent(struct checker *c, const struct event_kick *e);
/* A side waits or ends. */
void check_kick_pause(struct checker *c, struct check_place at, const char *what);
void check_kick_lost(struct checker *c, const struct event_kick_lost *e);
void check_kick_reset(struct checker *c, unsigned int ring);
void check_kick_finish(struct checker *c);

void check_rpmsg_message(struct checker *c, const struct check_message *m, uint64_t room);
/* At the end of rings. */
void check_rpmsg_finish(struct checker *c);
/* Nothing is known of endpoints any more. */
void check_rpmsg_reset(struct checker *c);
struct check_endpoint *check_endpoint_find(struct checker *c, uint8_t side, uint32_t addr);
/* NULL: there are too many. */
struct check_endpoint *check_endpoint_add(struct checker *c, uint8_t side, uint32_t addr);
void check_ns_message(struct checker *c, const struct check_message *m);

void check_sbe_message(struct checker *c, const struct check_message *m);
void check_sbe_end(struct checker *c, uint8_t side, struct check_place at);
void check_sbe_reset(struct checker *c);

/* The buffer that the entry at `at` describes lies at `span`. */
void check_buffer_give(struct checker *c, const struct check_message *m, const struct sbe_buf *entry,
		       uint64_t at, struct check_span span, uint32_t txn);
void check_buffer_return(struct checker *c, const struct check_message *m, const struct check_txn *txn);
/* The receiver of messages gave back the rpmsg buffer at `addr`. */
void check_buffer_release(struct checker *c, uint64_t addr, uint8_t by, struct check_site site);
void check_buffer_home(struct checker *c, uint8_t side, struct check_span span);
void check_buffer_touch(struct checker *c, const struct event_touch *e);
void check_buffer_mask(struct checker *c, const struct event_mask *e);
/* Reports and returns true when `side` may not yet read these bytes, for want of an invalidate. */
bool check_buffer_unsynced(struct checker *c, struct check_span span, struct check_place place);
void check_buffer_maint(struct checker *c, const struct check_maint *m);
void check_buffer_reset(struct checker *c);
void check_buffer_finish(struct checker *c);
/* True when this side, as the holder of a buffer or at home in the area, may rely on these bytes. */
bool check_buffer_owner(const struct checker *c, uint8_t side, struct check_span span);
/* True when `side` handed these bytes, as it had stored them, to the other side. */
bool check_buffer_given(const struct checker *c, uint8_t side, struct check_span span);
/* True when some byte belongs to an area, whoever's. */
bool check_homed(const struct checker *c, struct check_span span);

void check_memory_load(struct checker *c, const struct event_load *e);
void check_memory_store(struct checker *c, const struct event_store *e);
void check_memory_maint(struct checker *c, const struct event_maint *e);
void check_memory_learn(struct checker *c, uint64_t addr, const struct trace_bytes *bytes);
void check_memory_stale(struct checker *c, const struct event_stale *e);
void check_memory_clobber(struct checker *c, const struct event_clobber *e);
void check_memory_lost(struct checker *c, const struct event_lost *e);
void check_memory_fault(struct checker *c, const struct event_fault *e);

void check_heap_used(struct checker *c);
void check_heap_freed(struct checker *c);
void check_heap_misused(struct checker *c, const struct event_heap_misuse *e);
/* At the end of the run. */
void check_heap_leaked(struct checker *c, const struct event_heap_leak *e);

void check_life_power(struct checker *c, const struct event_power *e);
void check_life_console(struct checker *c, const struct event_console *e);
void check_life_exit(struct checker *c, const struct event_exit *e);
void check_life_finish(struct checker *c);

#endif
