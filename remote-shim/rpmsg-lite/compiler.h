/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Given to the compiler by -include before each file of rpmsg-lite. It stands for rpmsg_compiler.h, whose barrier
 * is an instruction that only some machines have, and whose guard it therefore defines. Only gcc's dialect, which
 * clang speaks.
 */
#ifndef RPMSG_COMPILER_H_
#define RPMSG_COMPILER_H_

#include <sbesim/hw.h>

/* On Arm too rpmsg-lite's only barrier is the DSB. */
#define MEM_BARRIER() hw_dsb()

#define RL_PACKED_BEGIN
#define RL_PACKED_END __attribute__((__packed__))

#endif
