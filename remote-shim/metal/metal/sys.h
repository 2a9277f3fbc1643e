/* SPDX-License-Identifier: BSD-3-Clause */
/* metal/sys.h of the bench: types of addresses, and the library's beginning and end. */
#ifndef METAL_SYS_H
#define METAL_SYS_H

#include <stdlib.h>

#include <metal/list.h>
#include <metal/log.h>

/* 8 bytes when hosted, 4 on a 32-bit core. */
typedef unsigned long metal_phys_addr_t;
typedef int metal_irq_t;

#define METAL_BAD_OFFSET ((unsigned long)-1)
#define METAL_BAD_PHYS ((metal_phys_addr_t)-1)
#define METAL_BAD_VA ((void *)-1)
#define METAL_BAD_IRQ ((metal_irq_t)-1)

struct metal_init_params {
	metal_log_handler log_handler;
	enum metal_log_level log_level;
};

#define METAL_INIT_DEFAULTS {.log_handler = metal_default_log_handler, .log_level = METAL_LOG_INFO}

/* Before anything else of the library; every metal_init has its metal_finish. The first one's parameters count. 0. */
int metal_init(const struct metal_init_params *params);
void metal_finish(void);

#endif
