/* SPDX-License-Identifier: BSD-3-Clause */
/* What an interrupt handler answers. */
#ifndef HOST_SHIM_LINUX_IRQRETURN_H
#define HOST_SHIM_LINUX_IRQRETURN_H

typedef enum irqreturn { IRQ_NONE = 0, IRQ_HANDLED = 1, IRQ_WAKE_THREAD = 2 } irqreturn_t;

#define IRQ_RETVAL(handled) ((handled) ? IRQ_HANDLED : IRQ_NONE)

#endif
