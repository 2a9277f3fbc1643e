/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Barriers, as the arm64 port has them: those that order device memory are DSBs, those between CPUs and for
 * coherent DMA are DMBs, which the bench sees in a C fence.
 */
#ifndef HOST_SHIM_LINUX_ASM_BARRIER_H
#define HOST_SHIM_LINUX_ASM_BARRIER_H

#include <sbesim/hw.h>

#include <linux/types.h>

#define mb() hw_dsb()
#define rmb() hw_dsb()
#define wmb() hw_dsb()

#define dma_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define dma_rmb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define dma_wmb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_wmb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define virt_mb() smp_mb()
#define virt_rmb() smp_rmb()
#define virt_wmb() smp_wmb()

#define virt_store_mb(place, value) \
	do { \
		WRITE_ONCE(place, value); \
		smp_mb(); \
	} while (0)
#define smp_store_release(p, value) __atomic_store_n(p, value, __ATOMIC_RELEASE)
#define smp_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)

#endif
