/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sleeping, of the hosted C library: the CPU waits and does nothing else. Apart from time.c, so that a system with other work
 * to do meanwhile (host-shim/linux) can have functions of its own.
 */
#include <errno.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <sbesim/hw.h>

#define NS_PER_S 1000000000ull
#define NS_PER_US 1000ull
#define YIELD_NS 1000u

int nanosleep(const struct timespec *given, struct timespec *left)
{
	if (given->tv_sec < 0 || given->tv_nsec < 0 || given->tv_nsec >= (long)NS_PER_S) {
		errno = EINVAL;
		return -1;
	}
	hw_sleep_ns((uint64_t)given->tv_sec * NS_PER_S + (uint64_t)given->tv_nsec);
	if (left)
		*left = (struct timespec){.tv_sec = 0};
	return 0;
}

int usleep(useconds_t us)
{
	hw_sleep_ns(us * NS_PER_US);
	return 0;
}

unsigned int sleep(unsigned int seconds)
{
	hw_sleep_ns(seconds * NS_PER_S);
	return 0;
}

int sched_yield(void)
{
	hw_sleep_ns(YIELD_NS);
	return 0;
}
