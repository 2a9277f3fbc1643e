/* SPDX-License-Identifier: BSD-3-Clause */
/* Time in ticks of 4 ms, from the clock of the seam. */
#ifndef HOST_SHIM_LINUX_JIFFIES_H
#define HOST_SHIM_LINUX_JIFFIES_H

#include <linux/types.h>

#define HZ 250
#define NSEC_PER_JIFFY (1000000000ul / HZ)
#define MAX_SCHEDULE_TIMEOUT INT64_MAX

unsigned long linux_jiffies(void);
#define jiffies linux_jiffies()

static inline unsigned long msecs_to_jiffies(unsigned int ms)
{
	return ((unsigned long)ms * HZ + 999) / 1000;
}

static inline unsigned int jiffies_to_msecs(unsigned long ticks)
{
	return (unsigned int)(ticks * (1000 / HZ));
}

#endif
