/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * metal/irq.h of the bench: interrupt number n is the mailbox channel n of this CPU. open-amp itself needs none of it.
 * A handler runs in interrupt context. An interrupt that is not enabled waits until it is.
 */
#ifndef METAL_IRQ_H
#define METAL_IRQ_H

#include <stdlib.h>

#include <metal/sys.h>

#define METAL_IRQ_NOT_HANDLED 0
#define METAL_IRQ_HANDLED 1

typedef int (*metal_irq_handler)(int irq, void *arg);

/* 0, or -EINVAL: no such channel. A NULL handler takes the interrupt's handler away. */
int metal_irq_register(int irq, metal_irq_handler handler, void *arg);
void metal_irq_enable(unsigned int irq);
void metal_irq_disable(unsigned int irq);

static inline void metal_irq_unregister(int irq)
{
	metal_irq_register(irq, NULL, NULL);
}

/* All of this CPU's; pairs nest. What disabling returns is given back. */
unsigned int metal_irq_save_disable(void);
void metal_irq_restore_enable(unsigned int flags);

#endif
