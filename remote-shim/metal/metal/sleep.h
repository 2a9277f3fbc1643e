/* SPDX-License-Identifier: BSD-3-Clause */
/* metal/sleep.h of the bench: modelled time passes; interrupts are taken meanwhile. */
#ifndef METAL_SLEEP_H
#define METAL_SLEEP_H

#include <sbesim/hw.h>

static inline int metal_sleep_usec(unsigned int usec)
{
	hw_sleep_ns((uint64_t)usec * 1000);
	return 0;
}

#endif
