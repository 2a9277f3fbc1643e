/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Structured Buffer Exchange: messages over rpmsg that hand buffers to the other side by reference, with the
 * cache maintenance in line. PROTOCOL.md is the specification; this is the header that applications include.
 *
 * Not here yet: non-blocking requests, cancellation, contexts other than 0, fixups, buffers shared at the
 * same time.
 */
#ifndef SBE_SBE_H
#define SBE_SBE_H

#include "sbe/rpmsg.h"

#define SBE_AREAS_MAX 8u
#define SBE_BUFFERS_MAX 8u

/* Ids of areas that the remote announces have this bit, those of the host do not: they cannot collide. */
#define SBE_AREA_ID_REMOTE 0x80000000u

/*
 * A buffer of an exchange. Ownership: the requester's until the request is sent, then the responder's until
 * the response is received. Meanwhile the requester neither reads nor writes any byte of the buffer's cache
 * lines (it may read an IN buffer). After -SBE_ETIMEDOUT the buffers stay the responder's.
 */
struct sbe_buffer {
	uint32_t area;
	uint32_t dir;	 /* SBE_IN, SBE_OUT, SBE_INOUT */
	uint64_t offset; /* bytes into the area */
	uint64_t size;	 /* bytes, at least 1 */
	void *data;	 /* set by the library, for either side */
};

/* One request and its response. All of it is the caller's; it must stay as it is until the call returns. */
struct sbe_exchange {
	const void *message; /* bytes for the responder; may be none */
	size_t message_size;
	struct sbe_buffer *buffers;
	unsigned int count; /* at most SBE_BUFFERS_MAX */
	void *reply;	    /* where the response's bytes go */
	size_t reply_capacity;
	size_t reply_size; /* out */
};

/* What a responder or the receiver of a message is given; all of it is valid until its callback returns. */
struct sbe_call {
	const uint8_t *message; /* in shared memory, 8-byte aligned: read each byte once */
	size_t message_size;
	struct sbe_buffer *buffers; /* the peer's, validated; IN and IN-OUT may be read */
	unsigned int count;
	uint8_t *reply; /* in shared memory, 8-byte aligned: response bytes; NULL for a message */
	size_t reply_capacity;
	size_t reply_size; /* set by the callback, 0 before */
};

struct sbe_ops {
	/*
	 * Does the work of a request; SBE_OK or an SBE_E* for the response. NULL: requests are answered
	 * SBE_ENOTSUPP.
	 */
	uint16_t (*request)(void *arg, struct sbe_call *call);
	/* A pure message; its buffers are all IN. NULL: messages are dropped. */
	void (*message)(void *arg, struct sbe_call *call);
};

/* An area that both sides know. */
struct sbe_area_entry {
	uint32_t id;   /* 0: free */
	bool cached;   /* by this side */
	uint32_t line; /* as struct sbe_memory */
	uint64_t da;
	uint64_t size;
};

struct sbe_pending;

struct sbe_endpoint {
	struct rpmsg_endpoint rpmsg;
	const struct sbe_ops *ops;
	void *arg;
	struct sbe_area_entry areas[SBE_AREAS_MAX];
	struct sbe_pending *pending; /* blocked calls of this side */
	uint32_t txn;		     /* the last one used */
	uint32_t faults;	     /* malformed messages that were dropped: they cannot be answered */
	uint32_t late;		     /* responses that nobody waits for (any more) */
};

/* All functions that return int return 0 or more, or a negated SBE_E*. */

/* `name` begins with SBE_SERVICE_PREFIX. The remote announces it; the host then connects. */
int sbe_open(struct sbe_endpoint *endpoint, struct rpmsg_device *device, const char *name,
	     const struct sbe_ops *ops, void *arg);
/* Waits for the peer's announcement. */
int sbe_connect(struct sbe_endpoint *endpoint);
/* No call may be blocked on it. */
void sbe_close(struct sbe_endpoint *endpoint);

/*
 * Announces [da, da + size) under `id` and waits for the acknowledgement. The host's ids are 1 .. 0x7fffffff,
 * the remote's have SBE_AREA_ID_REMOTE set. Areas of an endpoint must not overlap.
 */
int sbe_area_add(struct sbe_endpoint *endpoint, uint32_t id, uint64_t da, uint64_t size);
/* Takes back an own area that no exchange uses. */
int sbe_area_remove(struct sbe_endpoint *endpoint, uint32_t id);

/*
 * Sends the request and waits for its response; meanwhile other messages are delivered. 0: SBE_OK came back,
 * the buffers are the caller's again and OUT and IN-OUT hold results. -SBE_EINVAL: a bad argument, or two
 * buffers with different directions (or of two exchanges, unless both are IN) meet in a cache line. Otherwise
 * the responder's status, -SBE_ETIMEDOUT, or -SBE_EPROTO for a malformed response.
 */
int sbe_request(struct sbe_endpoint *endpoint, struct sbe_exchange *exchange);
/*
 * A pure message (no transaction): bytes and IN buffers. The application's own protocol says when they come
 * back.
 */
int sbe_message(struct sbe_endpoint *endpoint, const void *message, size_t message_size,
		struct sbe_buffer *buffers, unsigned int count);

/* Delivers what is there without blocking; how many rpmsg messages. */
int sbe_poll(struct sbe_endpoint *endpoint);

/* "SBE_ERANGE" for SBE_ERANGE or -SBE_ERANGE; never NULL. */
const char *sbe_status_name(int status);

#endif
