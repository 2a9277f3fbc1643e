/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The six functions that libmetal leaves to the machine when it is built for PROJECT_SYSTEM=generic with no machine
 * directory, on the hardware seam. The same file serves a host and a remote.
 *
 * It includes no header of libmetal. Not here: vectors that are enabled one by one, and mapping, for a CPU's
 * regions are mapped from the start.
 */
#include <sbesim/hw.h>

#include "remote-shim/libmetal/port.h"

/*
 * For functions that load and store nothing: without the hooks of entry and exit their last call is a jump, and reports
 * name the line of their caller, where the maintenance was asked for, instead of a line of this file.
 */
#define PASS_ON __attribute__((no_sanitize("thread")))

/* libmetal's flush makes memory up to date; that is Arm's clean. The lines stay valid. */
PASS_ON void metal_machine_cache_flush(void *addr, unsigned int len)
{
	hw_cache_clean(addr, len);
}

PASS_ON void metal_machine_cache_invalidate(void *addr, unsigned int len)
{
	hw_cache_invalidate(addr, len);
}

void *metal_machine_io_mem_map(void *va, unsigned long pa, size_t size, unsigned int flags)
{
	(void)pa;
	(void)size;
	(void)flags;
	return va;
}

/* Interrupts are masked by this file, and were not before. */
static volatile bool irq_masked;

unsigned int sys_irq_save_disable(void)
{
	unsigned int masked;

	hw_irq_disable();
	masked = irq_masked;
	irq_masked = true;
	return masked;
}

void sys_irq_restore_enable(unsigned int flags)
{
	if (flags)
		return;
	irq_masked = false;
	hw_irq_enable();
}

/* An interrupt that came since the caller looked is pending, and ends this at once. */
void metal_generic_default_poll(void)
{
	hw_wfi(0);
}
