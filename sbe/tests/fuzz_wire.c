/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer target: arbitrary bytes arrive as an SBE message, at a responder and at a requester that waits
 * for a response. Nothing may crash, and no callback may be given a buffer outside the announced areas. The
 * rings below are sound; test_sbe.c breaks those.
 *
 * clang -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -I. sbe/tests/fuzz_wire.c sbe/sbe.c sbe/rpmsg.c
 * sbe/vring.c
 */
#include "sbe/tests/fake.h"

static _Alignas(8) uint8_t fuzz_bytes[RPMSG_PAYLOAD_MAX];
static size_t fuzz_size;

static void fuzz_check(const struct sbe_call *call)
{
	if (call->count > SBE_BUFFERS_MAX || call->message_size > fuzz_size)
		abort();
	for (unsigned int i = 0; i < call->count; i++) {
		const struct sbe_buffer *b = &call->buffers[i];
		size_t end = (size_t)((uint8_t *)b->data - fake.memory) + b->size;

		if (end <= FAKE_AREA0 || end > FAKE_AREA0 + FAKE_AREA_BYTES || end < b->size)
			abort();
		/* Touch both ends, for the sanitizers. */
		if (b->dir != SBE_IN)
			((uint8_t *)b->data)[b->size - 1] = ((uint8_t *)b->data)[0];
	}
}

static uint16_t fuzz_request(void *arg, struct sbe_call *call)
{
	(void)arg;
	fuzz_check(call);
	call->reply_size = call->reply_capacity;
	for (size_t i = 0; i < call->reply_size; i++)
		call->reply[i] = (uint8_t)i;
	return SBE_OK;
}

static void fuzz_message(void *arg, struct sbe_call *call)
{
	(void)arg;
	fuzz_check(call);
}

static const struct sbe_ops fuzz_ops = {.request = fuzz_request, .message = fuzz_message};

static void fuzz_deliver(struct sbe_endpoint *endpoint)
{
	endpoint->rpmsg.receive(endpoint->rpmsg.arg, fuzz_bytes, fuzz_size, 1024);
}

/* While the host waits for the response to its request, whose txn is 2, the bytes come. */
static void fuzz_answer(void)
{
	fuzz_deliver(&fake.side[HOST].sbe);
}

static void fuzz_requester(void)
{
	struct sbe_buffer buffers[2] = {
		{.area = 1, .dir = SBE_IN, .offset = 0, .size = 8},
		{.area = 1, .dir = SBE_INOUT, .offset = 64, .size = 8},
	};
	uint8_t reply[16];
	struct sbe_exchange exchange = {
		.buffers = buffers, .count = 2, .reply = reply, .reply_capacity = sizeof(reply)};

	fake.side[HOST].port.timeout_ns = 2 * SBE_REPOLL_NS;
	fake.side[HOST].idle = fuzz_answer;
	(void)sbe_request(&fake.side[HOST].sbe, &exchange);
	if (exchange.reply_size > sizeof(reply))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sbe_endpoint *host = &fake.side[HOST].sbe, *remote = &fake.side[REMOTE].sbe;

	fuzz_size = size < sizeof(fuzz_bytes) ? size : sizeof(fuzz_bytes);
	memcpy(fuzz_bytes, data, fuzz_size);
	if (!fake_start(false) || sbe_open(remote, &fake.side[REMOTE].rpmsg, "sbe.fuzz", &fuzz_ops, NULL) ||
	    sbe_open(host, &fake.side[HOST].rpmsg, "sbe.fuzz", &fuzz_ops, NULL) || sbe_connect(host) ||
	    sbe_area_add(host, 1, FAKE_AREA0, FAKE_AREA_BYTES))
		abort();
	fuzz_deliver(remote);
	fuzz_requester();
	return 0;
}
