/* SPDX-License-Identifier: BSD-3-Clause */
/* Time of the hosted C library: every clock is the modelled machine's, which is 0 at its reset. */
#include <sys/time.h>
#include <time.h>

#include <sbesim/hw.h>

#define NS_PER_S 1000000000ull
#define NS_PER_US 1000ull

int clock_gettime(clockid_t clock, struct timespec *at)
{
	uint64_t ns = hw_time_ns();

	(void)clock;
	at->tv_sec = (time_t)(ns / NS_PER_S);
	at->tv_nsec = (long)(ns % NS_PER_S);
	return 0;
}

int gettimeofday(struct timeval *at, void *zone)
{
	uint64_t ns = hw_time_ns();

	(void)zone;
	at->tv_sec = (time_t)(ns / NS_PER_S);
	at->tv_usec = (suseconds_t)(ns % NS_PER_S / NS_PER_US);
	return 0;
}

time_t time(time_t *at)
{
	time_t now = (time_t)(hw_time_ns() / NS_PER_S);

	if (at)
		*at = now;
	return now;
}
