/* SPDX-License-Identifier: BSD-3-Clause */
/* metal/assert.h of the bench: a condition that fails stops the program and is told. NDEBUG changes nothing. */
#ifndef METAL_ASSERT_H
#define METAL_ASSERT_H

#include <sbesim/hw.h>

#define metal_assert(condition) ((condition) ? (void)0 : hw_assert_fail(#condition, __FILE__, __LINE__))

#endif
