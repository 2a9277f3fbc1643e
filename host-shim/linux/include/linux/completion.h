/* SPDX-License-Identifier: BSD-3-Clause */
/* Something to wait for, once or several times. */
#ifndef HOST_SHIM_LINUX_COMPLETION_H
#define HOST_SHIM_LINUX_COMPLETION_H

#include <linux/wait.h>

struct completion {
	unsigned int done;
};

static inline void init_completion(struct completion *c)
{
	c->done = 0;
}

#define reinit_completion(c) init_completion(c)

static inline void complete(struct completion *c)
{
	c->done++;
}

static inline void complete_all(struct completion *c)
{
	c->done = UINT32_MAX / 2;
}

static inline void wait_for_completion(struct completion *c)
{
	while (!c->done)
		linux_wait(LINUX_FOREVER);
	c->done--;
}

#endif
