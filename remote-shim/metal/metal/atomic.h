/* SPDX-License-Identifier: BSD-3-Clause */
/* metal/atomic.h of the bench: C11's own. An operation is one access, a fence is the barrier DMB. */
#ifndef METAL_ATOMIC_H
#define METAL_ATOMIC_H

#include <stdatomic.h>
#include <stdint.h>

#endif
