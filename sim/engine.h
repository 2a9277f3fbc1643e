/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engine: agents in virtual time, choices in, events out.
 *
 * An agent is a modelled CPU: a coroutine running a hosted image. It runs natively until a hook or a seam call makes
 * a request; the engine at once retires what the agent stored, decides who goes next, and performs the request on the
 * machine (the models, behind struct machine_ops) right before it resumes the agent, so that nothing comes between
 * an access and what it sees. Everything of the simulator runs on the thread's own stack, hosted code on its agent's.
 *
 * Schedule: the agent with the smallest clock goes first, so events are emitted in the order of time. A schedule
 * surprise delays an agent until its peer blocks, kicks or stores to what it is about to access, or briefly. An agent that re-reads the same versions at the
 * same places without storing is parked until something changes; when none can go, a fairness phase lets hardware
 * do what it would do sooner or later; when that moves nothing, it is a hang.
 */
#ifndef SIM_ENGINE_H
#define SIM_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/choose.h"
#include "sim/coro.h"
#include "sim/heap.h"
#include "sim/hook.h"
#include "sim/image.h"
#include "traces/trace.h"

#define ENGINE_AGENTS_MAX 8
#define ENGINE_LISTENERS_MAX 4
#define ENGINE_TIMERS_MAX 64
#define ENGINE_CHANNELS_MAX 19	/* of interrupts ... */
#define ENGINE_MAILBOX_CHANNELS 8	/* ... the first ones the mailbox's; the others are given out by the models, ... */
#define ENGINE_CHANNEL_IOMMU 16	/* ... this one, of the host, to faults, ... */
#define ENGINE_CHANNEL_GRANTS 17	/* ... this one to notices that a grant will be withdrawn, ... */
#define ENGINE_CHANNEL_CORES 18	/* ... and this one, of each core its own, to those that cores send each other */
#define ENGINE_STORES_MAX 4
#define ENGINE_SPIN_WAYS 256

#define ENGINE_FS_PER_NS UINT64_C(1000000)

#define ENGINE_SITE_SCHEDULE "schedule.delay"

enum agent_state { AGENT_OFF, AGENT_READY, AGENT_WAITING, AGENT_PARKED, AGENT_SUSPENDED, AGENT_DEAD };

/* Cycles that the engine charges; the models charge for accesses. */
struct agent_costs {
	uint32_t interrupt_entry, interrupt_exit, seam_call;
	uint32_t private_millicycles, hit;	/* of accesses that the hook charges for by itself */
};

struct agent_store {
	uintptr_t address;
	size_t size;
	uint64_t pc;
	uint8_t before[16];	/* what was there; of larger ones nothing */
	bool looked_at;		/* once while it was perhaps not done */
};

/* What an agent runs, or the several that are cores of one cluster: an image and its heap, in their private memory. */
struct program {
	struct image *image;
	uint8_t *heap;
	struct heap allocations;	/* of the bytes at `heap` */
	struct agent *boot;		/* the agent that boots it: core 0 */
	unsigned int cores;		/* agents that may run it, the boot one included */
	/* Who takes which interrupts; NULL: the boot agent. Of ENGINE_CHANNEL_CORES each takes its own. */
	struct agent *attends[ENGINE_CHANNELS_MAX];
};

struct agent {
	struct hook hook;
	struct engine *engine;
	unsigned int id;
	enum trace_side side;
	const char *name;
	uint64_t fs_per_cycle;
	struct agent_costs costs;
	struct program *program;
	unsigned int core;		/* its number among those that run the program */
	uint8_t *stack;
	size_t stack_size;
	bool boots;			/* released from reset when the run begins */

	/* This run. */
	struct coro coro;
	void (*entry)(void *arg);	/* of a core that did not boot the program: where it was turned on */
	void *entry_arg;
	enum agent_state state;
	struct request *request;	/* waiting to be performed; on the agent's stack */
	uint64_t answer;
	bool admitted;			/* visible to others, and the schedule question of this request was asked */
	bool delayed, delayed_briefly;
	uint64_t wake;			/* fs; UINT64_MAX: no timer */
	bool waiting;			/* in hw_wfi or hw_sleep_ns ... */
	bool sleeping;			/* ... in the latter: only the timer wakes it */
	uint64_t wait_end;		/* fs */
	uint64_t parked_world;
	bool irq_disabled, in_isr;
	bool irq_taken;			/* since the last wait began */
	bool masked[ENGINE_CHANNELS_MAX];	/* at the interrupt controller; outlives resets: the machine's */
	unsigned int taken_channel;	/* whose handler runs when the agent is resumed; ENGINE_CHANNELS_MAX: none */
	uint64_t taken_token;
	struct {
		void (*isr)(void *arg, uint64_t token);
		void *arg;
		uint64_t token;
		bool pending;
	} channel[ENGINE_CHANNELS_MAX];
	struct agent_store store[ENGINE_STORES_MAX];	/* hooked, not retired */
	unsigned int stores;
	/* A store may read what is there first: compilers announce no read of what they announce a store to. */
	bool stores_read;
	bool range_open;		/* the newest store comes from a range hook: its bytes may come later still */
	uint32_t exit_code;
	char format[1024];		/* text of its last format request */
	struct request stuck;		/* made by the watchdog in the agent's name */
	struct {
		uint64_t pc, address, world;
	} spin[ENGINE_SPIN_WAYS];
	unsigned int spins;
	bool in_vain;			/* what it is asking for was refused again and again, and nothing changed */
};

/* What the models offer the engine. `m` is their context. Times are in fs, addresses the agents' virtual ones. */
struct machine_ops {
	void (*reset)(void *m);
	/* The host's seam call. False: no processor of the remote side was off. */
	bool (*remote_start)(void *m, struct agent *agent);
	/* The agent is suspended and has an interrupt that it would take. */
	void (*wake)(void *m, struct agent *agent);
	/* The agent is released from reset. */
	void (*power_on)(void *m, struct agent *agent);
	/* Of the agent's heap, [unused, end) was given out to nobody: who touches it faults. */
	void (*limit_heap)(void *m, struct agent *agent, uintptr_t unused, uintptr_t end);
	/* Does an access there interact with other agents one by one (control memory)? */
	bool (*is_control)(void *m, struct agent *agent, uintptr_t va);
	/* Do the two agents mean the same granule of memory? */
	bool (*same_granule)(void *m, struct agent *a, uintptr_t va, struct agent *b, uintptr_t vb);
	/* Before the access: permission, settle, fill, charge; loads are told here. False: fault, told; the agent stops. */
	bool (*access)(void *m, struct agent *agent, uintptr_t va, size_t size, bool store, uint64_t pc);
	/* Before an access by one instruction that is not aligned to its size, a power of two. False: as `access`. */
	bool (*unaligned)(void *m, struct agent *agent, uintptr_t va, size_t size, bool store, uint64_t pc);
	/* After a store that `access` admitted: its bytes are in place. */
	void (*retire)(void *m, struct agent *agent, const struct agent_store *store);
	/* Takes the fast path from the lines that the agent has touched: its next load of each is a request again. */
	void (*recheck)(void *m, struct agent *agent);
	/* Ends an epoch of data memory: masks are told. */
	void (*sync)(void *m, struct agent *agent);
	/* False: fault, told; the agent stops. */
	bool (*maintain)(void *m, struct agent *agent, enum trace_maint op, uintptr_t va, size_t size, uint64_t pc);
	/* Of every line of the agent's cluster; `own`: of those that it dirtied itself. */
	void (*maintain_all)(void *m, struct agent *agent, enum trace_maint op, bool own, uint64_t pc);
	void (*barrier)(void *m, struct agent *agent, enum trace_barrier kind);
	/* The agent's cluster loses power, with what its caches and store buffers hold. */
	void (*power_loss)(void *m, struct agent *agent);
	/* Told here. False: no such channel, or full. */
	bool (*mbox_send)(void *m, struct agent *agent, unsigned int channel, uint64_t token, uint64_t pc);
	/* The agent takes the interrupt that was pending on the channel: its handler runs next. */
	void (*mbox_taken)(void *m, struct agent *agent, unsigned int channel);
	/* What sim/calls.def lists; `word` is what the seam passes and may be written. The answer is the agent's. */
	uint64_t (*call)(void *m, struct agent *agent, enum machine_call call, uint64_t word[CALL_WORDS], uint64_t pc);
	/* A struct hw_region, valid until the next call, or NULL. */
	void *(*region)(void *m, struct agent *agent, const char *name);
	uintptr_t (*da_to_va)(void *m, struct agent *agent, uint64_t da, uint64_t size);
	/* Fairness; true when something changed that an agent could see. */
	bool (*settle)(void *m);
	/* Nothing can move: tells fact.unseen. */
	void (*tell_unseen)(void *m);
	/* The run is over: tells what can be told only then. */
	void (*finish)(void *m);
};

struct engine_timer {
	uint64_t when, order;
	void (*fire)(void *ctx, uint64_t arg);
	void *ctx;
	uint64_t arg;
};

struct engine_config {
	uint64_t accesses_max;		/* of a run; 0: no limit */
	uint64_t time_max_ns;		/* of a run */
	uint64_t run_ahead_ns;		/* how far private work may run ahead of the other agents */
	uint32_t spins_to_park;
	const uint8_t *input;		/* --input's bytes */
	size_t input_size;
};

struct engine {
	struct engine_config config;
	struct agent agent[ENGINE_AGENTS_MAX];
	unsigned int agents;
	struct program program[ENGINE_AGENTS_MAX];	/* of the agents that boot one, by number */
	const struct machine_ops *machine;
	void *machine_ctx;
	struct chooser *chooser;
	struct trace_listener listener[ENGINE_LISTENERS_MAX];
	unsigned int listeners;
	/* What is told before the first and after the last event of the machine; either may be NULL. */
	void (*tell_begin)(void *ctx);
	void (*tell_end)(void *ctx);
	void *tell_ctx;
	bool told_fault;		/* to the user, on stderr */

	/* This run. */
	struct coro main;
	uint64_t now;			/* fs; the time of the last event */
	uint64_t world;			/* counts whatever can make a difference to a spinning agent */
	uint64_t events;
	struct engine_timer timer[ENGINE_TIMERS_MAX];
	unsigned int timers;
	uint64_t timers_order;
	uint32_t fairness_rounds;
	bool over;
};

/* One run from reset to end: choices come from engine->chooser, events go to the listeners. */
void engine_run(struct engine *engine);

/* ---- For request.c: what a request does to its agent ---------------------------------------------- */
/* The run is over: nothing can, or may, go on. */
void engine_hang(struct engine *engine, enum trace_hang why);
/* Not resumed until `wake` (fs; UINT64_MAX: no timer) or what `state` waits for. */
void agent_block(struct agent *agent, enum agent_state state, uint64_t wake);
void agent_end_delays(struct agent *agent);
/* Notes a load of shared memory; true when the agent only reads again what it has read already, for long. */
bool agent_spins(struct agent *agent, uint64_t pc, uintptr_t address);

/* ---- On the agent's stack: enter.c ------------------------------------------------------------------- */
/* What an agent's coroutine runs: its program's entry, then the request to end; a further core's, then to be turned off. */
void agent_main(void *agent);

/* ---- For run.c: who goes next ------------------------------------------------------------------------- */
/* The time of what is told from now on is at least `when`. */
void engine_advance(struct engine *engine, uint64_t when);
void agent_reset(struct agent *agent);
/* Native code runs until the next request. */
void agent_resume(struct agent *agent);
/* The stores whose bytes are certainly in place before `next`: all, or all but the newest. */
void agent_retire(struct agent *agent, const struct request *next);
/* ENGINE_CHANNELS_MAX: none. */
unsigned int agent_pending_channel(const struct agent *agent);
/* True: a handler runs when the agent is resumed. */
bool agent_take_interrupt(struct agent *agent);
/* A delay for the sake of `peer` is over. */
void agent_end_delay(struct agent *agent, const struct agent *peer);

/* ---- For the models ----------------------------------------------------------------------------- */
void engine_emit(struct engine *engine, struct trace_event *event);
/* n >= 2 */
unsigned int engine_choose(struct engine *engine, const char *site, unsigned int n);
void engine_charge(struct agent *agent, uint64_t cycles);
/* Calls fire(ctx, arg) at `when` (fs, not before now). False: too many are waiting, this one will not be called. */
bool engine_at(struct engine *engine, uint64_t when, void (*fire)(void *ctx, uint64_t arg), void *ctx, uint64_t arg);
/*
 * A CPU's life: what power states do to it. Permission, events and what becomes of caches and memory are the models'.
 * Each may be called whatever the agent is doing, also by its own request.
 */
/*
 * Released from reset, without handlers: at the first instruction, memory as it was after the image's constructors; a further
 * core of a program at its `entry`, memory as it is.
 */
void agent_start(struct agent *agent);
/* Takes no further step. What it stored is told; a store whose hook was passed counts as done. */
void agent_stop(struct agent *agent);
/* No step until agent_unsuspend; then it goes on as if nothing had been, but for the time. Interrupts stay pending. */
void agent_suspend(struct agent *agent);
void agent_unsuspend(struct agent *agent);
/* From now on its cycles take 1/hz, and the hook charges by that; hz > 0. */
void agent_set_clock(struct agent *agent, uint64_t hz);
/*
 * Its handler of interrupts on `channel`: void (*)(void *arg, uint64_t token) at address `isr`. Those for its program go to the core
 * that did this last, as a distributor routes a shared interrupt.
 */
void agent_attend(struct agent *agent, unsigned int channel, uintptr_t isr, void *arg);
/* Who takes the interrupts on `channel` that are for the program that `agent` runs. */
struct agent *agent_attendant(struct agent *agent, unsigned int channel);
/* An interrupt for its attendant: pending on `channel` until taken, with the newest token. */
void engine_interrupt(struct agent *agent, unsigned int channel, uint64_t token);
/* Masked, an interrupt is not taken and wakes nobody; it stays pending, and is taken when it is no longer masked. */
void engine_interrupt_mask(struct agent *agent, unsigned int channel, bool masked);
/* Its cause is gone. */
void engine_interrupt_withdraw(struct agent *agent, unsigned int channel);
/*
 * What the agent asks for in the present request is refused; `what` tells apart what one place in the program asks
 * for. When it has asked so often that it spins, it is parked, and asks again by itself when something has changed.
 */
void engine_in_vain(struct agent *agent, uint64_t pc, uint64_t what);
/* Something happened that a spinning agent could see. */
static inline void engine_world_changed(struct engine *engine)
{
	engine->world++;
}
/* Tells the machine how much of the heap was given out. */
void agent_limit_heap(struct agent *agent);
/* A return address as an offset into the agent's image; 0 when it lies elsewhere. */
uint64_t agent_pc(const struct agent *agent, uintptr_t ret);

#define ENGINE_EMIT(engine, c_name, ...) \
	engine_emit(engine, &(struct trace_event){ .id = EVENT_##c_name, .c_name = { __VA_ARGS__ } })

#endif
