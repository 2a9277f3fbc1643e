/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What libmetal expects of a machine when it is built for PROJECT_SYSTEM=generic with no machine directory: six
 * functions, declared here because libmetal's releases declare them in different places, or not at all. Names and
 * types are theirs.
 */
#ifndef REMOTE_SHIM_LIBMETAL_PORT_H
#define REMOTE_SHIM_LIBMETAL_PORT_H

#include <stddef.h>

void metal_machine_cache_flush(void *addr, unsigned int len);
void metal_machine_cache_invalidate(void *addr, unsigned int len);
void *metal_machine_io_mem_map(void *va, unsigned long pa, size_t size, unsigned int flags);
/* What it returns says whether interrupts were masked already, so pairs of these nest. */
unsigned int sys_irq_save_disable(void);
void sys_irq_restore_enable(unsigned int flags);
/* Waits for whatever an interrupt handler may do; called with interrupts masked. */
void metal_generic_default_poll(void);

#endif
