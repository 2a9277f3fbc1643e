/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What rpmsg-lite is configured with on the bench: each option that a port may choose, with the value that agrees with
 * the other programs here. Each can be given by -D instead. Options that are left out keep rpmsg-lite's own default.
 */
#ifndef RPMSG_CONFIG_H_
#define RPMSG_CONFIG_H_

#include <sbesim/hw.h>

/* Buffers in each direction, the entries of a ring; the hosts' resource tables say the same. */
#ifndef RL_BUFFER_COUNT
#define RL_BUFFER_COUNT 16U
#endif

/* With rpmsg's header of 16 bytes: the 512 bytes that Linux gives a buffer. */
#ifndef RL_BUFFER_PAYLOAD_SIZE
#define RL_BUFFER_PAYLOAD_SIZE 496U
#endif

/* 0: rpmsg-lite allocates its objects; 1: the program gives them. */
#ifndef RL_USE_STATIC_API
#define RL_USE_STATIC_API 0
#endif

/* 1: shared memory is cached, and rpmsg-lite cleans and invalidates. */
#ifndef RL_USE_DCACHE
#define RL_USE_DCACHE 1
#endif

/* 1: whoever consumed a message kicks, which a sender that sleeps until it gets a buffer (Linux) needs. */
#ifndef RL_ALLOW_CONSUMED_BUFFERS_NOTIFICATION
#define RL_ALLOW_CONSUMED_BUFFERS_NOTIFICATION 0
#endif

/* The mailbox is ours; there is no manager of it. */
#define RL_USE_MCMGR_IPC_ISR_HANDLER 0

/* rpmsg-lite's own would loop in silence. */
#define RL_ASSERT(condition) \
	do { \
		if (!(condition)) \
			hw_assert_fail(#condition, __FILE__, __LINE__); \
	} while (0)

#endif
