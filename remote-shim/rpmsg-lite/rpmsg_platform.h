/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What rpmsg-lite asks of a platform, on the hardware seam; for either role. rpmsg-lite, which includes it by this
 * name, decides names and types. One link, number 0, between the two sides.
 *
 * Shared memory is laid out as the rooms of the device trees are: ring 0, ring 1 and the buffers follow each
 * other, so the region "vdev0vring0" is where a program's shared memory begins.
 */
#ifndef RPMSG_PLATFORM_H_
#define RPMSG_PLATFORM_H_

#include <stddef.h>
#include <stdint.h>

/* The size of the regions vdev0vring0 and vdev0vring1; the buffers begin behind both. */
#define VRING_SIZE 0x4000UL
#define VRING_ALIGN 0x1000U
#define RL_VRING_OVERHEAD (2UL * VRING_SIZE)

/* A vector is a queue of a link: the lowest bit says which of the two. */
#define RL_GET_VQ_ID(link_id, queue_id) (((link_id) << 1) | ((queue_id) & 1U))
#define RL_GET_LINK_ID(vq_id) ((vq_id) >> 1)
#define RL_GET_Q_ID(vq_id) ((vq_id) & 1U)

#define RL_PLATFORM_HIGHEST_LINK_ID 0U
#define RL_PLATFORM_MAX_ISR_COUNT 2U

/* ---- Called by rpmsg-lite and its environments --------------------------------------------------- */

/* 0, or -1: the platform lacks memory or mailbox. */
int32_t platform_init(void);
int32_t platform_deinit(void);

/* A vector's interrupt comes when both vectors are there, so that none is missed between them. */
int32_t platform_init_interrupt(uint32_t vector_id, void *isr_data);
int32_t platform_deinit_interrupt(uint32_t vector_id);
/* These nest, whichever vector they name: it is one interrupt. */
int32_t platform_interrupt_enable(uint32_t vector_id);
int32_t platform_interrupt_disable(uint32_t vector_id);
int32_t platform_in_isr(void);
void platform_notify(uint32_t vector_id);
void platform_time_delay(uint32_t num_msec);

/* Device addresses of the shared regions. 0 and NULL: it is in none of them. */
uintptr_t platform_vatopa(void *addr);
void *platform_patova(uintptr_t addr);

void platform_cache_flush(void *data, uint32_t len);
void platform_cache_invalidate(void *data, uint32_t len);
void platform_cache_all_flush_invalidate(void);
void platform_cache_disable(void);
void platform_map_mem_region(uint32_t vrt_addr, uint32_t phy_addr, uint32_t size, uint32_t flags);

/* ---- Called by programs and by the environment in rtos/ ------------------------------------------ */

/* Where shared memory begins, and its size in *length. NULL: the platform lacks it. */
void *platform_shmem(size_t *length);
/*
 * Sleeps until an interrupt was taken or `timeout_ns` passed (0: no limit), but now and then looks at the rings by
 * itself, because a mailbox may lose a kick. Interrupts are disabled by platform_interrupt_disable when it is
 * called, so that what the caller found is still so when it sleeps; they are taken inside.
 */
void platform_wait(uint64_t timeout_ns);

#endif
