/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rest of the bench's metal API: beginning and end, the log, who waits for a mutex, devices, interrupts. State is
 * the image's own and thus each side's.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <metal/alloc.h>
#include <metal/device.h>
#include <metal/irq.h>
#include <metal/mutex.h>
#include <metal/sys.h>
#include <metal/utilities.h>
#include <sbesim/hw.h>

#include "remote-shim/libmetal/port.h"

#define MUTEX_WAIT_NS 1000u
#define IRQS 8u

/* ---- Beginning, end, log ---------------------------------------------------------------------------- */

static struct {
	int users;
	metal_log_handler handler;
	enum metal_log_level level;
} metal;

int metal_init(const struct metal_init_params *params)
{
	if (metal.users++)
		return 0;
	metal_set_log_handler(params->log_handler);
	metal_set_log_level(params->log_level);
	return 0;
}

void metal_finish(void)
{
	metal.users--;
}

void metal_set_log_handler(metal_log_handler handler)
{
	metal.handler = handler;
}

metal_log_handler metal_get_log_handler(void)
{
	return metal.handler;
}

void metal_set_log_level(enum metal_log_level level)
{
	metal.level = level;
}

enum metal_log_level metal_get_log_level(void)
{
	return metal.level;
}

void metal_default_log_handler(enum metal_log_level level, const char *format, ...)
{
	va_list args;

	(void)level;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

/* ---- Mutex ------------------------------------------------------------------------------------------ */

void metal_mutex_wait(metal_mutex_t *mutex)
{
	(void)mutex;
	hw_wfi(MUTEX_WAIT_NS);
}

/* ---- Devices ---------------------------------------------------------------------------------------- */

int metal_device_open(const char *bus_name, const char *name, struct metal_device **device)
{
	struct hw_region region;
	struct metal_device *d;

	if (strcmp(bus_name, "generic") || hw_region_get(name, &region))
		return -ENODEV;
	d = metal_allocate_memory(sizeof(*d));
	if (!d)
		return -ENOMEM;
	*d = (struct metal_device){.name = name, .num_regions = 1, .phys = region.da};
	metal_io_init(&d->regions[0], region.va, &d->phys, region.size, (unsigned int)-1, 0, NULL);
	*device = d;
	return 0;
}

void metal_device_close(struct metal_device *device)
{
	metal_io_finish(&device->regions[0]);
	metal_free_memory(device);
}

/* ---- Interrupts: number n is the mailbox channel n -------------------------------------------------- */

struct irq {
	metal_irq_handler handler;
	void *arg;
	bool enabled, waiting;
};
static struct irq irqs[IRQS];

static void irq_deliver(struct irq *irq)
{
	irq->waiting = !irq->enabled || !irq->handler;
	if (!irq->waiting)
		irq->handler((int)(irq - irqs), irq->arg);
}

static void irq_isr(void *arg, uint64_t token)
{
	(void)token;
	irq_deliver(arg);
}

int metal_irq_register(int irq, metal_irq_handler handler, void *arg)
{
	if (irq < 0 || irq >= (int)IRQS)
		return -EINVAL;
	irqs[irq].handler = handler;
	irqs[irq].arg = arg;
	return hw_mbox_register((unsigned int)irq, irq_isr, &irqs[irq]) ? -EINVAL : 0;
}

void metal_irq_enable(unsigned int irq)
{
	unsigned int flags = metal_irq_save_disable();

	metal_assert(irq < IRQS);
	irqs[irq].enabled = true;
	if (irqs[irq].waiting)
		irq_deliver(&irqs[irq]);
	metal_irq_restore_enable(flags);
}

void metal_irq_disable(unsigned int irq)
{
	metal_assert(irq < IRQS);
	irqs[irq].enabled = false;
}

unsigned int metal_irq_save_disable(void)
{
	return sys_irq_save_disable();
}

void metal_irq_restore_enable(unsigned int flags)
{
	sys_irq_restore_enable(flags);
}
