/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A libFuzzer target for the reader of traces: any bytes are refused with a sentence, or told and printed,
 * twice alike.
 *
 * The first byte chooses: 0, what follows is a stream; else it is the content of one packet, whose header is
 * made to fit, because no fuzzer guesses sizes and times. Metadata is not fuzzed: it is compared, not parsed.
 */
#include "traces/ctf.h"
#include "traces/reader.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct tally {
	FILE *out;
	uint64_t events;
};

static void tally_event(void *ctx, const struct trace_event *event)
{
	struct tally *tally = ctx;

	tally->events++;
	trace_print(tally->out, event);
}

/* The last event is run.end, 9 + 12 bytes, when the input has the luck to end with one. */
static uint64_t time_last(const uint8_t *content, size_t size)
{
	return size < 21 ? 0 : ctf_get64(content + size - 20);
}

static void stream_make(uint8_t *stream, const uint8_t *content, size_t size)
{
	uint64_t bits = 8 * (uint64_t)(CTF_PACKET_BYTES + size);
	struct ctf_packet packet = {
		.magic = CTF_MAGIC,
		.stream_id = CTF_STREAM_ID,
		.timestamp_begin = size < CTF_EVENT_BYTES ? 0 : ctf_get64(content + 1),
		.timestamp_end = time_last(content, size),
		.content_size = bits,
		.packet_size = bits,
	};
	uint8_t *at = ctf_packet_put(stream, &packet);

	if (size)
		memcpy(at, content, size);
}

static void stream_try(const uint8_t *stream, size_t size)
{
	struct tally tally = {fopen("/dev/null", "w"), 0};
	char why[512] = "";
	bool read;

	if (!tally.out)
		abort();
	read = trace_read_buffer(stream, size, "fuzz", (struct trace_listener){tally_event, &tally}, why,
				 sizeof(why));
	fclose(tally.out);
	if (read ? tally.events < 2 || *why : tally.events || !*why)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t header = size && data[0] ? CTF_PACKET_BYTES : 0;
	uint8_t *stream = malloc(header + (size ? size - 1 : 0));

	if (!stream)
		return 0;
	/* A block of exactly the stream's size, so that a read past its end is seen. */
	if (header)
		stream_make(stream, data + 1, size - 1);
	else if (size)
		memcpy(stream, data + 1, size - 1);
	stream_try(stream, size ? header + size - 1 : 0);
	free(stream);
	return 0;
}
