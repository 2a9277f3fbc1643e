/* SPDX-License-Identifier: BSD-3-Clause */
/* metal/compiler.h of the bench: gcc's and clang's attributes. No assembly: the bench does not see what it accesses. */
#ifndef METAL_COMPILER_H
#define METAL_COMPILER_H

#define METAL_PACKED_BEGIN
#define METAL_PACKED_END __attribute__((packed))
#define metal_align(bytes) __attribute__((aligned(bytes)))
#define metal_weak __attribute__((weak))

#ifndef __deprecated
#define __deprecated __attribute__((deprecated))
#endif

#endif
