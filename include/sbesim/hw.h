/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hardware seam: all that a hosted program can do besides loading and storing.
 *
 * In the native tier sbesim implements these functions on its models; a bare-metal build implements
 * the same header with real instructions. Addresses are byte addresses, sizes are bytes, times are
 * nanoseconds of the modelled machine. Nothing here allocates; pointers passed in stay the caller's.
 */
#ifndef SBESIM_HW_H
#define SBESIM_HW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What every hosted program defines: its entry, called on the agent (the modelled CPU) when that is
 * released from reset. argv[0] is the name of the side ("host" or "remote"). Returning ends the
 * program; 0 means that it did its work.
 */
int sbesim_main(int argc, char **argv);

/* ---- Memory ---------------------------------------------------------------------------------- */

#define HW_CACHED 1u	/* this CPU maps the region cacheable: maintenance is needed */
/*
 * This CPU maps it as device memory (Arm's Device-nGnRE): its accesses there arrive in program order, and those of
 * 2, 4, 8 or 16 bytes that are not aligned to their size fault.
 */
#define HW_DEVICE 2u

struct hw_region {
	void *va;		/* where this CPU sees it */
	uint64_t da;		/* device address: what the peer is told */
	uint64_t size;		/* bytes */
	uint32_t attr;		/* HW_* */
	uint32_t peer_line;	/* largest cache line in bytes of any CPU that maps it cacheable, or 0 */
};

/* The region that the device tree's memory-region of this CPU calls `name`. 0, or -1: no such region. */
int hw_region_get(const char *name, struct hw_region *region);
/* NULL when [da, da + size) is not wholly inside one region of this CPU. */
void *hw_da_to_va(uint64_t da, uint64_t size);

/* ---- Caches: by range, per line touched, as Arm's DC CVAC / IVAC / CIVAC by address ------------ */

void hw_cache_clean(const volatile void *va, size_t size);	/* write dirty lines back, keep them */
void hw_cache_invalidate(const volatile void *va, size_t size);	/* drop lines, dirty bytes are lost */
void hw_cache_flush(const volatile void *va, size_t size);	/* clean, then invalidate */

enum hw_cache_op { HW_CACHE_CLEAN, HW_CACHE_INVALIDATE, HW_CACHE_FLUSH };
/*
 * The same of the whole cache: of every line that this CPU's coherent cluster holds, as an outer cache's operations by way are; or, `set_way`,
 * of the dirty lines that this very CPU stored to last, as Arm's DC CSW / ISW / CISW are, which other CPUs' caches do not hear of.
 */
void hw_cache_all(enum hw_cache_op op, bool set_way);

/* Data synchronisation barrier: drains stores, completes maintenance. (A C11 thread fence is the DMB.) */
void hw_dsb(void);

/* ---- Mailbox: channel n is the n-th entry of this CPU's "mboxes" ------------------------------ */

typedef void (*hw_mbox_isr)(void *arg, uint64_t token);

/*
 * Called in interrupt context, on the CPU that registered (of a cluster's cores: last), once per token that arrived, the oldest first; while
 * tokens are there it is called again (with interrupts by edge: once per arrival that was not yet taken, so that a
 * handler has to take the rest with hw_mbox_poll). Where the mailbox carries no tokens, `token` is 0 and rings that
 * come before the handler is called are one. When the handler begins its token has been read, and acknowledged where
 * the mailbox wants that, unless hw_mbox_take_over was called. 0 or -1.
 */
int hw_mbox_register(unsigned int channel, hw_mbox_isr isr, void *arg);
/*
 * Sends, as a driver does that looks at the mailbox's status first where a write would otherwise be lost. 0, or -1:
 * full, or there is no such channel. Room is seen by trying again, or by hw_mbox_free.
 */
int hw_mbox_send(unsigned int channel, uint64_t token);
/* Is there room for one more, that neither is refused, nor overwrites, nor is one with what is there? (OBS, TE) */
bool hw_mbox_free(unsigned int channel);
/* Without an interrupt: reads the oldest token that arrived, as when a handler begins. False: there is none. */
bool hw_mbox_poll(unsigned int channel, uint64_t *token);
/*
 * For mailboxes whose sender sees when the receiver acknowledges: from now on this program does that itself. What
 * arrived then stays, and the channel is not free for its sender and does not interrupt again, until hw_mbox_ack. 0,
 * or -1: this mailbox is acknowledged by reading it.
 */
int hw_mbox_take_over(unsigned int channel);
/* The oldest token that arrived is done with. 0, or -1: there is none, or the channel was not taken over. */
int hw_mbox_ack(unsigned int channel);

/*
 * Message buffers in the mailbox itself (ZynqMP's: 32 bytes), a request and a response per direction: this CPU writes
 * its requests and its responses to the other's requests, and reads the other's. Accesses to `message` are ordinary
 * loads and stores. A buffer keeps what was written last, acknowledged or not. 0, or -1: there is no such channel, it
 * has no buffers, or `size` is 0 or more than they hold.
 */
enum hw_mbox_buffer { HW_MBOX_REQUEST, HW_MBOX_RESPONSE };
int hw_mbox_message_write(unsigned int channel, enum hw_mbox_buffer buffer, const void *message, size_t size);
int hw_mbox_message_read(unsigned int channel, enum hw_mbox_buffer buffer, void *message, size_t size);

/* ---- Interrupts and time ---------------------------------------------------------------------- */

void hw_irq_disable(void);
void hw_irq_enable(void);	/* pending interrupts are taken before it returns */
/*
 * Wait for an interrupt, taken or (while disabled) pending, as Arm's WFI; at most `timeout_ns`
 * (0: no limit). True when an interrupt ended it.
 */
bool hw_wfi(uint64_t timeout_ns);
uint64_t hw_time_ns(void);
void hw_sleep_ns(uint64_t ns);

/* ---- Further cores: CPUs of this one's coherent cluster, which run this program too -------------------- */

/* This CPU's number in the cluster: 0 for the one that boots the program (MPIDR's affinity level 0). */
unsigned int hw_cpu_number(void);
/*
 * Turns a core on, which is off or was turned off: it calls entry(arg) on a stack of its own, in the same memory, and is off
 * again when that returns (PSCI's CPU_ON, CPU_OFF). What is thread-local it has anew. Where hw_exit is called, or sbesim_main
 * returns, the program ends on all cores. 0, or -1: there is no such core, it is on, or it is core 0.
 */
int hw_cpu_on(unsigned int core, void (*entry)(void *arg), void *arg);
/* Interrupts a core, this one perhaps: `isr` there is called with the number of the newest sender. 0, or -1: no such core. */
int hw_cpu_interrupt(unsigned int core);
void hw_cpu_on_interrupt(hw_mbox_isr isr, void *arg);

/* ---- Life cycle, console, assertion, input ----------------------------------------------------- */

/* Release the remote processor from reset. Host only. 0, or -1: it is neither off nor stopped, or as hw_power. */
int hw_remote_start(void);
void hw_console_write(const char *text, size_t size);
_Noreturn void hw_assert_fail(const char *what, const char *file, int line);
/*
 * Semihosted input, the file given with --input: copies up to `size` bytes from `offset` into `buf` by
 * ordinary stores of this CPU and returns how many; 0 at its end.
 */
size_t hw_input_read(void *buf, size_t size, uint64_t offset);
/* Ends this program as if its entry had returned `code`. */
_Noreturn void hw_exit(int code);

/* ---- IOMMU: host only, but for the context of one's own stream -------------------------------------- */

#define HW_READ 1u
#define HW_WRITE 2u

/* What the functions below return when they do not do it. */
#define HW_IOMMU_NO_STREAM (-1)		/* no such stream, or the caller is not the host */
#define HW_IOMMU_NO_CONTEXT (-2)	/* no such substream (0 to 7); 0 is always there, and cannot be destroyed */
#define HW_IOMMU_UNALIGNED (-3)		/* not whole pages of 4 KiB; to unmap: part of a larger page */
#define HW_IOMMU_MAPPED (-4)		/* some of it is mapped already; the context exists */
#define HW_IOMMU_NOT_MAPPED (-5)
#define HW_IOMMU_FULL (-6)		/* no room in the table; or a cache would come to hold memory under more than two addresses */

/* A stream aborts, bypasses (device addresses are physical) or translates. 0 or HW_IOMMU_*, as all of these. */
enum hw_iommu_mode { HW_IOMMU_ABORT, HW_IOMMU_BYPASS, HW_IOMMU_TRANSLATE };
int hw_iommu_set_mode(uint32_t stream, enum hw_iommu_mode mode);
int hw_iommu_context_create(uint32_t stream, uint32_t context);
/* Its translations go, those in the IOTLB too. */
int hw_iommu_context_destroy(uint32_t stream, uint32_t context);
/*
 * Device addresses [da, da + size) of the stream's context are physical [pa, pa + size); permission is a sum of HW_READ and HW_WRITE.
 * By the largest pages of 4 KiB, 64 KiB, 2 MiB or 1 GiB that fit. All or nothing.
 */
int hw_iommu_map(uint32_t stream, uint32_t context, uint64_t da, uint64_t pa, uint64_t size, uint32_t permission);
/* The IOTLB goes on translating it until it is invalidated. */
int hw_iommu_unmap(uint32_t stream, uint32_t context, uint64_t da, uint64_t size);
/* The IOTLB forgets what overlaps the range; of an address space's end nothing more is meant. */
int hw_iommu_invalidate(uint32_t stream, uint32_t context, uint64_t da, uint64_t size);
/* It forgets all of a context; of a stream, whatever `context`; or everything, whatever both. */
enum hw_iotlb_scope { HW_IOTLB_CONTEXT, HW_IOTLB_STREAM, HW_IOTLB_ALL };
int hw_iommu_invalidate_all(enum hw_iotlb_scope scope, uint32_t stream, uint32_t context);

enum hw_iommu_cause { HW_IOMMU_CAUSE_STREAM, HW_IOMMU_CAUSE_CONTEXT, HW_IOMMU_CAUSE_TRANSLATION, HW_IOMMU_CAUSE_PERMISSION };
struct hw_iommu_fault {
	uint32_t stream, context;
	uint64_t da;
	uint32_t size;		/* bytes */
	uint32_t store;		/* 1: a write */
	uint32_t cause;		/* enum hw_iommu_cause */
	uint32_t alike;		/* further ones like it since: same context, page, direction and cause */
	uint32_t lost;		/* others for which there was no room, since the last record was read */
};
/*
 * Faults interrupt the host: `isr` with token 0. Of faults alike the first four do, of those that find no room the first, until the
 * host reads. Recorded ones, eight at most, are read oldest first: 1, or 0 when there is none.
 */
void hw_iommu_on_fault(hw_mbox_isr isr, void *arg);
int hw_iommu_fault_read(struct hw_iommu_fault *fault);
/*
 * This CPU's accesses are of that context of its stream from now on; where the IOMMU stands behind a cache, those of all CPUs that
 * share it. The context need not exist (yet). 0; HW_IOMMU_NO_STREAM: no IOMMU translates this CPU; HW_IOMMU_NO_CONTEXT: above 7.
 */
int hw_iommu_use_context(uint32_t context);

/* ---- This CPU's MPU ----------------------------------------------------------------------------------- */

#define HW_MPU_CACHEABLE 4u	/* told in the trace, and no more: how memory is cached is the platform's */
#define HW_MPU_SHAREABLE 8u

struct hw_mpu_region {
	uint64_t da, size;		/* bytes, in this CPU's own address map; size 0 disables the region */
	uint8_t sub_regions_disabled;	/* v7: bit n is the n-th eighth */
	uint8_t access;			/* a sum of HW_READ, HW_WRITE (privileged; user has none), HW_MPU_* */
};

/* What hw_mpu_set returns when it refuses what the architecture calls UNPREDICTABLE or cannot say; the old region stays. */
#define HW_MPU_NO_REGION (-1)		/* the core has none of that number */
#define HW_MPU_SIZE (-2)		/* v7: not a power of two from 32 bytes on; v8: not a multiple of 32 */
#define HW_MPU_ALIGNMENT (-3)		/* the address is not a multiple of the size (v7), of 32 (v8) */
#define HW_MPU_SUB_REGIONS (-4)		/* v7: below 256 bytes there are none; v8: there are none */
#define HW_MPU_ADDRESS (-5)		/* it ends beyond 4 GiB */
#define HW_MPU_ACCESS (-6)		/* writing without reading; v8: neither */
/* 0 or HW_MPU_*. Memory that only this CPU reaches is not checked. */
int hw_mpu_set(unsigned int number, const struct hw_mpu_region *region);
/* `background`: where there is no region, everything is allowed. */
void hw_mpu_enable(bool enabled, bool background);

/* ---- Power, clocks -------------------------------------------------------------------------------- */

/* Whom a request is about: this CPU; or every CPU of the remote side, for the host only. */
enum hw_processor { HW_SELF, HW_REMOTE };
enum hw_power {
	HW_POWER_START,		/* release from reset: off or stopped -> booting -> running */
	HW_POWER_STOP,		/* assert reset and hold it: not from off */
	HW_POWER_RESET,		/* assert and release it: not from off or stopped */
	HW_POWER_DOZE,		/* running -> suspended, until a resume or an interrupt that has a handler */
	HW_POWER_SUSPEND,	/* running -> suspended, until a resume; interrupts stay pending */
	HW_POWER_RESUME,	/* suspended -> running, where it was */
	HW_POWER_CUT,		/* take its power: not from off */
	HW_POWER_CRASH		/* running -> crashed, as through its debug port */
};
enum hw_state {
	HW_STATE_OFF,
	HW_STATE_BOOTING,
	HW_STATE_RUNNING,
	HW_STATE_SUSPENDED,
	HW_STATE_CRASHED,
	HW_STATE_STOPPED
};
/*
 * A reset starts the program again, in memory as it was loaded; shared memory keeps its contents, caches lose theirs.
 * A loss of power takes the memory of its power domain, too, unless another CPU or a grant keeps that on; memory without
 * power refuses all accesses. A CPU may stop, reset, suspend, cut or crash itself. 0, or -1: not in this state, or not by
 * this CPU.
 */
int hw_power(enum hw_processor whom, enum hw_power request);
/* enum hw_state, of the first CPU that is meant; -1: none is. */
int hw_power_state(enum hw_processor whom);
/* 0, or -1: not one of the CPU's operating points, or the caller has no grant of a governed clock. From its next cycle on. */
int hw_clock_set_rate(enum hw_processor whom, uint64_t hz);

/* ---- DMA: channel n is the n-th entry of this CPU's "dmas" ------------------------------------------ */

#define HW_DMA_DONE 0
#define HW_DMA_BUSY 1
#define HW_DMA_ERROR 2	/* a transfer was aborted: the channel takes nothing until it is stopped */

/* Called in interrupt context, on the CPU that registered, when a transfer ended: HW_DMA_DONE or HW_DMA_ERROR. */
typedef void (*hw_dma_isr)(void *arg, uint32_t status);

/*
 * Queues a copy of `size` bytes, past all caches, between addresses as the DMA engine's bus or IOMMU has them. Stores
 * of this CPU that a barrier orders are seen by it. 0, or -1: no such channel, its queue is full, it is in error, or
 * `size` is 0.
 */
int hw_dma_copy(unsigned int channel, uint64_t dst_da, uint64_t src_da, uint64_t size);
/* HW_DMA_*; -1: no such channel. */
int hw_dma_status(unsigned int channel);
/* Ends what the channel does, and its error; nothing of it is written after this returns. 0, or -1: no such channel. */
int hw_dma_stop(unsigned int channel);
/* 0, or -1: no such channel. */
int hw_dma_register(unsigned int channel, hw_dma_isr isr, void *arg);

/* ---- Memory given out at run time ------------------------------------------------------------------- */

struct hw_dmabuf {
	uint32_t handle;	/* never 0, never used again */
	uint32_t runs;		/* pieces that follow each other in the buffer, and need not in memory */
	uint64_t size;		/* bytes: what was asked for, in whole pages */
	uint64_t pa;		/* of the first run */
};
struct hw_dmabuf_run {
	uint64_t pa, size;
};

/* What the functions below return when they do not do it. */
#define HW_HEAP_NONE (-1)	/* no such heap, pool, run or device */
#define HW_HEAP_SIZE (-2)	/* size 0, flags, or an alignment that is no power of two */
#define HW_HEAP_FULL (-3)	/* no room there, or too many buffers */
#define HW_HEAP_REFUSED (-4)	/* the trace tells why, as heap.misuse */

/* From the heap that the platform calls `heap`; flags: 0. Memory holds what it held. The caller's side has one reference. */
int hw_heap_alloc(const char *heap, uint64_t size, uint32_t flags, struct hw_dmabuf *buffer);
#define HW_ANYWHERE UINT64_MAX
/* Of device memory: `size` bytes at `pa` or HW_ANYWHERE, by multiples of 64 bytes, aligned to `align`, a power of two. */
int hw_carveout_alloc(const char *pool, uint64_t pa, uint64_t size, uint64_t align, struct hw_dmabuf *buffer);
int hw_dmabuf_run(uint32_t handle, unsigned int run, struct hw_dmabuf_run *where);
/* One more reference of this CPU's side, or one less; with everybody's last one the memory is free. Unmap before the last put. */
int hw_dmabuf_get(uint32_t handle);
int hw_dmabuf_put(uint32_t handle);
/*
 * From now on, until this CPU's side has unmapped it as often, this CPU sees the whole buffer at this address, whatever
 * its runs, as through mmap() of a dma-buf; and each run where hw_da_to_va says, too. Of a buffer that it has mapped
 * already, the same address. NULL: a secure heap, memory that this CPU has no window on, no addresses left, or refused.
 */
void *hw_dmabuf_map(uint32_t handle);
int hw_dmabuf_unmap(uint32_t handle);
/* A device holds a reference while it is attached. */
enum hw_device { HW_DEVICE_REMOTE, HW_DEVICE_DMA };
int hw_dmabuf_attach(uint32_t handle, enum hw_device device);
int hw_dmabuf_detach(uint32_t handle, enum hw_device device);

/* ---- Resources granted and withdrawn ------------------------------------------------------------------- */

/*
 * What firmware governs that owns firewalls, interrupt routers, clocks and power (TISCI, SCFW, a PMU). Ids are in
 * brackets; others are kept account of, and no more. For a program (all cores that run it) that may not use the resource:
 */
enum hw_resource {
	HW_RESOURCE_MEMORY,		/* (where the region begins) the bus refuses it: fills fault, write-backs are lost */
	HW_RESOURCE_IRQ,		/* (the platform's) it is masked, stays pending, and comes when it is granted */
	HW_RESOURCE_CLOCK,		/* (the platform's) hw_clock_set_rate is refused */
	HW_RESOURCE_POWER_DOMAIN,	/* (the platform's) hw_power is, but for HW_SELF; granted to anybody, it is on */
	HW_RESOURCE_STREAM,		/* (stream ID) the IOMMU aborts what comes on it */
	HW_RESOURCE_DMA_CHANNEL,	/* (the engine's number) it stops, and takes nothing */
	HW_RESOURCE_BANDWIDTH		/* (0: the bus) the platform's own limit holds, else `amount` */
};
enum hw_granted { HW_NOT_GRANTED, HW_GRANTED, HW_GRANT_ENDING };

#define HW_GRANT_REFUSED (-1)	/* by the host only; it is granted already; it is not granted */
#define HW_GRANT_TAKEN (-2)	/* another has it, and it cannot be shared */
#define HW_GRANT_FULL (-3)	/* too many different grants */

/*
 * Host only. A resource that was never granted to anybody is everybody's; from the first grant on it is its owners' alone.
 * `amount`: of bandwidth, 10^6 bytes per second; else 0. Where it would end, its withdrawal is taken back.
 */
int hw_grant(enum hw_resource resource, uint64_t id, enum hw_processor whom, uint32_t amount);
/* Host only. With `grace_ns` the owner gets a notice, and keeps it for so long at most; with 0 it ends at once. */
int hw_withdraw(enum hw_resource resource, uint64_t id, enum hw_processor whom, uint64_t grace_ns);
/* This CPU has no more use for it. */
int hw_grant_return(enum hw_resource resource, uint64_t id);
/* May this CPU use it now? */
enum hw_granted hw_granted(enum hw_resource resource, uint64_t id);
/* Called in interrupt context, on the CPU that registered, when it has notice: hw_granted says which of the kind ends. */
typedef void (*hw_grant_isr)(void *arg, uint32_t resource);
void hw_grant_on_notice(hw_grant_isr isr, void *arg);

/* ---- The peer's firmware, the rings ------------------------------------------------------------- */

/*
 * Host only: up to `size` bytes from `offset` of a section of the remote's firmware file, such as
 * ".resource_table", by ordinary stores of this CPU, as a loader copies it. How many; 0 at the section's
 * end, or when there is none of that name.
 */
size_t hw_firmware_read(const char *section, void *buf, size_t size, uint64_t offset);
/*
 * Tells the bench where this side takes vring `index` (0: remote to host, 1: host to remote) to lie, for stacks that have no
 * resource table to say so: the address of its descriptors, its entries and its alignment. Hardware would not care.
 */
void hw_vring_declare(unsigned int index, uint64_t da, uint32_t num, uint32_t align);

#endif
