/* SPDX-License-Identifier: BSD-3-Clause */
/* metal/errno.h of the bench: the C library's numbers. */
#ifndef METAL_ERRNO_H
#define METAL_ERRNO_H

#include <errno.h>

#endif
