/* SPDX-License-Identifier: BSD-3-Clause */
/* The traffic of the pairs; see traffic.h. It knows no stack. */
#include <string.h>

#include "examples/pairs/traffic.h"

enum rpc_op { RPC_ADD, RPC_MULTIPLY, RPC_LATER, RPC_CALL_BACK, RPC_OPS };
#define RPC_ANSWER 0x80000000u	/* in the id */
#define RPC_BACK 0x40000000u	/* in the id of a call from the remote */

/* On the wire, little-endian as both sides are. Also the answer, with the result in a. */
struct rpc_message {
	uint32_t id, op;
	int32_t a, b;
};
_Static_assert(sizeof(struct rpc_message) == 16, "a wire format");

/* ---- Echo ---------------------------------------------------------------------------------------- */

static uint32_t echo_size(uint32_t number)
{
	/* The shortest, the longest, and what lies between, on and off the boundaries of cache lines. */
	return number == 0 ? 1 : number == 1 ? TRAFFIC_PAYLOAD_MAX : 1 + number * 37 % TRAFFIC_PAYLOAD_MAX;
}

static uint8_t echo_byte(uint32_t number, uint32_t at)
{
	return (uint8_t)(number * 31 + at * 7 + 1);
}

static int echo_send(struct traffic *t)
{
	uint32_t size = echo_size(t->sent);

	for (uint32_t i = 0; i < size; i++)
		t->out[i] = echo_byte(t->sent, i);
	t->sent++;
	return t->send(t->ctx, t->out, size) ? TRAFFIC_SEND : TRAFFIC_OK;
}

/* Looked at in a copy, as most programs do: what is shared is read once. */
static enum traffic_error echo_check(struct traffic *t, const void *data, uint32_t size)
{
	if (t->taken >= TRAFFIC_MESSAGES || size != echo_size(t->taken))
		return TRAFFIC_SIZE;
	memcpy(t->in, data, size);
	for (uint32_t i = 0; i < size; i++)
		if (t->in[i] != echo_byte(t->taken, i))
			return TRAFFIC_BYTES;
	return TRAFFIC_OK;
}

static void echo_take(struct traffic *t, const void *data, uint32_t size)
{
	enum traffic_error error = echo_check(t, data, size);

	if (error && !t->error)
		t->error = error;
	t->taken++;
}

static int echo_run(struct traffic *t)
{
	while (t->taken < TRAFFIC_MESSAGES && !t->error) {
		if (t->sent < TRAFFIC_MESSAGES && t->sent - t->taken < TRAFFIC_WINDOW) {
			if (echo_send(t))
				return TRAFFIC_SEND;
		} else {
			t->poll(t->ctx);
		}
	}
	return (int)t->error;
}

/* ---- RPC ----------------------------------------------------------------------------------------- */

static bool rpc_read(struct rpc_message *m, const void *data, uint32_t size)
{
	if (size != sizeof(*m))
		return false;
	memcpy(m, data, sizeof(*m));
	return true;
}

static int rpc_send(struct traffic *t, uint32_t id, uint32_t op, int32_t a, int32_t b)
{
	struct rpc_message m = {.id = id, .op = op, .a = a, .b = b};

	return t->send(t->ctx, &m, sizeof(m)) ? TRAFFIC_SEND : TRAFFIC_OK;
}

static int32_t rpc_result(uint32_t op, int32_t a, int32_t b)
{
	return op == RPC_MULTIPLY ? a * b : a + b;
}

static int32_t rpc_a(uint32_t call)
{
	return (int32_t)call * 3 - 7;
}

static int32_t rpc_b(uint32_t call)
{
	return 100 - (int32_t)call;
}

static void rpc_take(struct traffic *t, const void *data, uint32_t size)
{
	struct rpc_message m;

	if (!rpc_read(&m, data, size)) {
		t->error = TRAFFIC_SIZE;
	} else if (m.id & RPC_BACK) {
		/* Answered by the main loop: a callback must not wait for a buffer. */
		t->owed_a = m.a;
		t->owed_b = m.b;
		t->owed = m.id + 1;
		t->calls_back++;
	} else {
		uint32_t call = m.id & ~RPC_ANSWER;

		if (!(m.id & RPC_ANSWER) || call >= t->sent || t->answered >> call & 1 ||
		    m.a != rpc_result(call % RPC_OPS, rpc_a(call), rpc_b(call)))
			t->error = TRAFFIC_ANSWER;
		t->answered |= 1u << (call % 32);
		t->taken++;
	}
}

static int rpc_step(struct traffic *t)
{
	uint32_t call = t->sent, id = t->owed;

	if (id) {
		t->owed = 0;
		return rpc_send(t, (id - 1) | RPC_ANSWER, RPC_ADD, t->owed_a + t->owed_b, 0);
	}
	/* One round of the operations at a time: the remote keeps one result for later. */
	if (call < TRAFFIC_CALLS && (call % RPC_OPS || t->taken == call)) {
		t->sent++;
		return rpc_send(t, call, call % RPC_OPS, rpc_a(call), rpc_b(call));
	}
	t->poll(t->ctx);
	return TRAFFIC_OK;
}

static int rpc_run(struct traffic *t)
{
	while ((t->taken < TRAFFIC_CALLS || t->owed) && !t->error)
		if (rpc_step(t))
			return TRAFFIC_SEND;
	if (!t->error && t->calls_back != TRAFFIC_CALLS / RPC_OPS)
		return TRAFFIC_ANSWER;
	return (int)t->error;
}

/*
 * RPC_LATER is answered after the call that follows it (RPC_CALL_BACK, by its number), and that one only when the host
 * has answered the call back.
 */
int traffic_remote_take(struct traffic *t, const void *data, uint32_t size)
{
	struct rpc_message m;

	if (!rpc_read(&m, data, size))
		return TRAFFIC_SIZE;
	if (m.id & RPC_BACK) {
		uint32_t call = m.id & ~(RPC_BACK | RPC_ANSWER);

		if (rpc_send(t, call | RPC_ANSWER, RPC_CALL_BACK, m.a, 0))
			return TRAFFIC_SEND;
		return rpc_send(t, (call - 1) | RPC_ANSWER, RPC_LATER, t->owed_a, 0);
	}
	if (m.op == RPC_LATER) {
		t->owed_a = rpc_result(m.op, m.a, m.b);
		return TRAFFIC_OK;
	}
	if (m.op == RPC_CALL_BACK)
		return rpc_send(t, m.id | RPC_BACK, RPC_ADD, m.a, m.b);
	return rpc_send(t, m.id | RPC_ANSWER, m.op, rpc_result(m.op, m.a, m.b), 0);
}

/* ---- Either -------------------------------------------------------------------------------------- */

int traffic_host_run(struct traffic *t, enum traffic_job job)
{
	return job == TRAFFIC_RPC ? rpc_run(t) : echo_run(t);
}

void traffic_host_take(struct traffic *t, enum traffic_job job, const void *data, uint32_t size)
{
	if (job == TRAFFIC_RPC)
		rpc_take(t, data, size);
	else
		echo_take(t, data, size);
}
