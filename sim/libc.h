/* SPDX-License-Identifier: BSD-3-Clause */
/* Those of the hosted C library's functions that its neighbours call too. See libc.c. */
#ifndef SIM_LIBC_H
#define SIM_LIBC_H

#include <stddef.h>
#include <stdint.h>

/* memmove (and memcpy) and memset as accesses of the agent, attributed to the call that returns to `ret`. */
void *libc_memmove(void *d, const void *s, size_t n, uintptr_t ret);
/* The same from memory of the simulator, which is no load of the agent. */
void libc_put(void *d, const void *s, size_t n, uintptr_t ret);
void *libc_memset(void *d, int c, size_t n, uintptr_t ret);

#endif
