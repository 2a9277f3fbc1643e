/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The line state machine: what caches may do to one granule of memory, asked late.
 *
 * A granule is LINE_MAX bytes of memory, aligned, with all that every view (the cache of a coherent cluster)
 * holds of it: one line of 64 bytes, or two of 32. Whether a line was evicted, cleaned early or prefetched is
 * only ever chosen, and only when the answer can matter (rules 1-5 below). There is no capacity and no time
 * here: tags.h charges for hits and misses.
 *
 *  1. A line is watched in a view when another view holds stores to it that memory has not received, when memory
 *     changed since this view's last access or maintenance of it, or when its clean copy is not memory's present
 *     version. An access of an unwatched present line asks nothing.
 *  2. Every load, store, uncached access, clean or invalidate of a watched line first settles others' pending
 *     write-backs that overlap it: not yet (only the newest content stays pending), or any content that the line
 *     has had since it was last touched; skipped ones remain choosable as prefetched copies. Lines settle whole.
 *     When memory may change by it, lines that share a longer line of some view with it are settled along:
 *     that view can tell in which order they reached memory.
 *  3. It then keeps its copy or drops it (its own dirty one written back first) and takes a state that memory has
 *     held since this view's last access or maintenance of the line; that moment moves to now. Nothing is asked
 *     where the answers cannot be told apart.
 *  4. Dirty bytes that are invalidated go to limbo: they may have been written back already. Limbo is settled at
 *     the line's next touch, by anyone.
 *  5. What is settled late carries the time before which it cannot have happened.
 *
 * Content is bytes plus, per byte, the stamp of the store that wrote it. Stamps rise with every store, so "newer"
 * is a comparison of stamps, never of values.
 */
#ifndef MODELS_LINE_H
#define MODELS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_MAX 64	/* bytes of a granule */
#define LINE_VIEWS 6	/* views over one memory */
#define LINE_SNAPS 16	/* most contents kept per history; struct line_rules.cap is the limit in force */

struct line_content {
	uint8_t byte[LINE_MAX];
	uint32_t stamp[LINE_MAX];
};

/* What the machine tells of, and asks. All times are the caller's, opaque here (picoseconds in sbesim). */
struct line_ops {
	/* One of 0..n-1, n >= 2; 0 is nothing unusual. `site` is one of the LINE_SITE_* strings. */
	unsigned int (*choose)(void *ctx, const char *site, unsigned int n);
	/*
	 * A view's line at granule offset `at` (size its line) took `c`'s bytes [at, at + size); `news`: the last bytes that it
	 * held were other ones.
	 */
	void (*filled)(void *ctx, unsigned int view, unsigned int at, int why /* enum trace_fill */,
		       uint64_t not_before, const struct line_content *c, bool news);
	/*
	 * Memory took them, over what `old` shows memory held. Called before memory changes. `old` and `c` are whole
	 * granules in layout; only [at, at + size) counts.
	 */
	void (*written)(void *ctx, unsigned int view, unsigned int at, int why /* enum trace_writeback */,
			uint64_t not_before, const struct line_content *old, const struct line_content *c);
	/* Limbo that never reached memory: its newest content, and memory's at that moment. */
	void (*lost)(void *ctx, unsigned int view, unsigned int at, uint64_t not_before,
		     const struct line_content *memory, const struct line_content *c);
	/* A write-back of a line's newest content, `c`, that memory refused: it is gone. */
	void (*refused)(void *ctx, unsigned int view, unsigned int at, uint64_t not_before, const struct line_content *c);
	/* A history longer than the cap lost an entry: exploration is no longer exhaustive. */
	void (*capped)(void *ctx);
};

#define LINE_SITE_SETTLE "memory.settle"	/* others' dirty lines written back early, evicted */
#define LINE_SITE_EVICT "memory.evict"		/* own copy dropped before an access */
#define LINE_SITE_FILL "memory.fill"		/* filled earlier than the access: prefetched */

struct line_rules {
	unsigned int views;			/* at most LINE_VIEWS */
	unsigned int line_bytes[LINE_VIEWS];	/* 32 or 64 */
	unsigned int cap;			/* contents kept per history: oldest, previous, newest = 3; at most LINE_SNAPS */
	const struct line_ops *ops;
	void *ctx;
};

/* Snapshots, recycled; everything is given back at once by line_pool_reset. Owned by the caller. */
struct line_snap {
	struct line_content content;
	uint64_t when;			/* the time of the store, or when memory took it */
	uint32_t version;		/* of memory, when this is one of its states */
	struct line_snap *next;		/* free list */
};
struct line_pool {
	struct line_snap *snaps;	/* array of `size` */
	struct line_snap *free;
	unsigned int size, used;
};

struct line_state {
	uint8_t *byte;			/* this view's granule (LINE_MAX bytes); the line is at its own offset */
	uint32_t stamp[LINE_MAX];	/* only the line's own part counts */
	bool present, dirty;
	bool stale;			/* at `since`, the copy was not memory's version; moot when dirty */
	uint8_t fill_why;		/* enum trace_fill */
	uint64_t fill_when;
	uint32_t since;			/* memory's version at this view's last access or maintenance of the line */
	unsigned int ghosts;		/* contents it may hold though it is absent here: from where it stood for other memory */
	struct line_snap *ghost[LINE_SNAPS];
	unsigned int pendings;		/* contents that memory may have received and has not: dirty, or limbo when absent */
	struct line_snap *pending[LINE_SNAPS];
};

/* All that is known of LINE_MAX bytes of memory. Zero it (line_granule_bytes of it), then line_init. */
struct line_granule {
	uint8_t *memory;			/* memory's newest bytes */
	uint32_t stamp[LINE_MAX];		/* of memory's newest bytes */
	uint32_t truth[LINE_MAX];		/* of the newest store to each byte by anyone */
	bool unbacked;				/* no memory is there: nothing is filled from it, write-backs are lost */
	unsigned int shut;			/* bit n: the same, for view n and for now: see line_shut */
	unsigned int states;			/* memory's history, oldest first; the last one is what `memory` holds */
	struct line_snap *state[LINE_SNAPS];
	struct line_state line[LINE_VIEWS][LINE_MAX / 32];	/* last: only the views in use are initialised */
};

static inline size_t line_granule_bytes(const struct line_rules *rules)
{
	return offsetof(struct line_granule, line) + rules->views * sizeof(((struct line_granule *)0)->line[0]);
}

void line_pool_reset(struct line_pool *pool);

/*
 * memory and view_byte[v] point to the granule's bytes in memory and in each view, NULL for one that never caches it;
 * they stay the caller's.
 */
void line_init(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool,
	       uint8_t *memory, uint8_t *const view_byte[]);

/*
 * `at` is an offset into the granule; an operation concerns the line of `view` that holds it and must not cross it.
 * `now` is the present time.
 */
bool line_watched(const struct line_granule *g, const struct line_rules *rules, unsigned int view, unsigned int at);
/*
 * Before a cacheable load or store: afterwards the line is present. False: it is not, there is no memory to fill it
 * from, or that refuses.
 */
bool line_touch(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool,
		unsigned int view, unsigned int at, uint64_t now);
/* After the store: the view's bytes have changed already. */
void line_stored(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool,
		 unsigned int view, unsigned int at, unsigned int size, uint32_t stamp, uint64_t now);
/* Maintenance; op is enum trace_maint. Returns the enum trace_line_state that it found. */
int line_maintain(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool,
		  unsigned int view, unsigned int at, int op, uint64_t now);
/* Before an uncached or DMA load or store of [at, at + size). */
void line_touch_uncached(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool,
			 unsigned int at, unsigned int size, uint64_t now);
/* After the uncached store: `memory`'s bytes have changed already. */
void line_stored_uncached(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool,
			  unsigned int at, unsigned int size, uint32_t stamp, uint64_t now);
/*
 * Before a write-through store: as an access, but an absent line stays absent, unless it is found prefetched with what memory
 * no longer holds. line_touch_uncached comes after it.
 */
void line_touch_through(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool,
			unsigned int view, unsigned int at, uint64_t now);
/* After it: `memory`'s bytes have changed already; the view's copy, if it has one, takes them too. */
void line_stored_through(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool,
			 unsigned int view, unsigned int at, unsigned int size, uint32_t stamp, uint64_t now);
/* Does any view but `except` (-1: none) hold what memory may receive at any moment? */
bool line_settles(const struct line_granule *g, const struct line_rules *rules, int except);
/*
 * The view's line is about to stand for other memory, as a line that is tagged with device addresses does when its translation changes:
 * what may have happened to it here until now is settled, and it goes, with all that it may hold, to *out, and then into its place in
 * another granule. `stamp` takes the place of "not stored since power-on", which says nothing there.
 */
void line_detach(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool, unsigned int view,
		 unsigned int at, uint32_t stamp, uint64_t now, struct line_state *out);
void line_attach(struct line_granule *g, const struct line_rules *rules, unsigned int view, unsigned int at,
		 const struct line_state *in);
/*
 * From now on memory refuses what the views of `mask` ask of it (`shut`), or serves them again: a slave without power, a
 * firewall. What their lines hold stays, and hits are served; a line that is absent can be found only if it was
 * prefetched before; what is written back is lost. What may have happened to those lines until now is settled.
 */
void line_shut(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool, unsigned int mask, bool shut,
	       uint64_t now);
/*
 * The view's CPU comes out of reset, having done nothing since power-on: its cache is empty, and cannot have been filled
 * while it was held.
 */
void line_power_on(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool, unsigned int view);
/*
 * Fairness: what hardware would do sooner or later. Writes every dirty line and drops every clean one, asking
 * nothing. True when a view's copy or memory changed by it.
 */
bool line_settle(struct line_granule *g, const struct line_rules *rules, struct line_pool *pool, uint64_t now);

#endif
