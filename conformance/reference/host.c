/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host of the reference job (job.h): hands its input to the remote in chunks, and prints what came back.
 *
 * One exchange at a time. Buffers lie on lines of their own; the upper-cased copy is in the second area where
 * the platform has one, so that both are used.
 */
#include <stdbool.h>
#include <string.h>

#include "conformance/reference/job.h"
#include "host-shim/sbe_host.h"

/* Where the buffers lie in an area: far enough apart for any line length. */
#define AT_INPUT 0u
#define AT_DIGEST (AT_INPUT + JOB_CHUNK_BYTES)
#define AT_TEXT (AT_DIGEST + 2048u)
#define AT_UPPER (AT_TEXT + 2048u)
#define AREA_BYTES_MIN (AT_UPPER + JOB_CHUNK_BYTES)
_Static_assert(sizeof(struct job_digest) <= AT_TEXT - AT_DIGEST, "the digest fits its place");
_Static_assert(JOB_TEXT_BYTES <= AT_UPPER - AT_TEXT, "the text fits its place");

struct job {
	struct sbe_host host;
	struct sbe_endpoint endpoint;
	uint8_t *area0;
	uint8_t *upper;
	uint32_t upper_area;
	struct sha256 upper_sha;
	uint64_t total;
	bool answered;
};

/* A line of the console. Longest: "histogram" and 256 numbers of at most 10 digits. */
struct line {
	char text[10 + 256 * 11 + 1];
	size_t length;
};

static void line_text(struct line *line, const char *text)
{
	while (*text && line->length < sizeof(line->text))
		line->text[line->length++] = *text++;
}

static void line_number(struct line *line, uint64_t value)
{
	char digits[21] = {0};
	unsigned int at = sizeof(digits) - 1;

	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	line_text(line, &digits[at]);
}

static void line_hex(struct line *line, const uint8_t *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		const char pair[3] = {digits[bytes[i] >> 4], digits[bytes[i] & 15], '\0'};

		line_text(line, pair);
	}
}

static void line_write(struct line *line)
{
	line_text(line, "\n");
	hw_console_write(line->text, line->length);
	line->length = 0;
}

static int job_error(const char *what, int rc)
{
	static struct line line;

	line_text(&line, "error: host: ");
	line_text(&line, what);
	line_text(&line, ": ");
	line_text(&line, sbe_status_name(rc));
	line_write(&line);
	return 1;
}

static int job_areas(struct job *job)
{
	const struct sbe_memory *area[2] = {sbe_host_area(&job->host, 0), sbe_host_area(&job->host, 1)};

	if (!area[0])
		return job_error("this platform has no region sbe-area0", SBE_EAREA);
	for (unsigned int i = 0; i < 2 && area[i]; i++) {
		int rc = sbe_area_add(&job->endpoint, i + 1, area[i]->da, area[i]->size);

		if (rc)
			return job_error("announcing an area", rc);
		if (area[i]->size < AREA_BYTES_MIN)
			return job_error("an area is too small for the buffers", SBE_ENOMEM);
		job->upper_area = i + 1;
		job->upper = (uint8_t *)area[i]->va + AT_UPPER;
	}
	job->area0 = area[0]->va;
	return 0;
}

/* One request; the reply must speak of `bytes` bytes. */
static int job_exchange(struct job *job, uint32_t op, uint32_t flags, struct sbe_buffer *buffers,
			unsigned int count, size_t bytes)
{
	struct job_request request;
	struct job_reply reply;
	struct sbe_exchange exchange = {
		.message = &request,
		.message_size = sizeof(request),
		.buffers = buffers,
		.count = count,
		.reply = &reply,
		.reply_capacity = sizeof(reply),
	};
	int rc;

	sbe_put32(&request.op, op);
	sbe_put32(&request.flags, flags);
	rc = sbe_request(&job->endpoint, &exchange);
	if (rc)
		return rc;
	if (exchange.reply_size != sizeof(reply) || sbe_get32(&reply.op) != op ||
	    sbe_get32(&reply.bytes) != bytes)
		return -(int)SBE_EPROTO;
	return 0;
}

static int job_digest(struct job *job, size_t size, uint32_t flags)
{
	struct sbe_buffer buffers[] = {
		{.area = 1, .dir = SBE_IN, .offset = AT_INPUT, .size = size},
		{.area = 1, .dir = SBE_OUT, .offset = AT_DIGEST, .size = sizeof(struct job_digest)},
	};
	unsigned int skipped = size ? 0 : 1; /* an empty buffer is none */

	return job_exchange(job, JOB_DIGEST, flags, &buffers[skipped], 2 - skipped, size);
}

static int job_upper(struct job *job, size_t size, uint32_t flags)
{
	struct sbe_buffer buffer = {
		.area = job->upper_area, .dir = SBE_INOUT, .offset = AT_UPPER, .size = size};
	int rc;

	memcpy(job->upper, job->area0 + AT_INPUT, size);
	rc = job_exchange(job, JOB_UPPER, flags, &buffer, 1, size);
	if (!rc)
		sha256_update(&job->upper_sha, job->upper, size);
	return rc;
}

static int job_chunk(struct job *job, size_t size, uint32_t flags)
{
	int rc = job_digest(job, size, flags);

	if (rc)
		return job_error("digest exchange", rc);
	if (size)
		rc = job_upper(job, size, flags);
	return rc ? job_error("upper-case exchange", rc) : 0;
}

static int job_run(struct job *job)
{
	uint32_t flags = JOB_FIRST;

	do {
		size_t size = hw_input_read(job->area0 + AT_INPUT, JOB_CHUNK_BYTES, job->total);
		uint8_t next;

		job->total += size;
		if (!size || !hw_input_read(&next, 1, job->total))
			flags |= JOB_LAST;
		if (job_chunk(job, size, flags))
			return 1;
		flags &= ~JOB_FIRST;
	} while (!(flags & JOB_LAST));
	return 0;
}

static void job_print(struct job *job)
{
	const struct job_digest *digest = (const struct job_digest *)(const void *)(job->area0 + AT_DIGEST);
	uint8_t sha[SHA256_BYTES];
	static struct line line;

	line_text(&line, "sha256 ");
	line_hex(&line, digest->sha256, SHA256_BYTES);
	line_write(&line);
	line_text(&line, "histogram");
	for (unsigned int i = 0; i < 256; i++) {
		line_text(&line, " ");
		line_number(&line, sbe_get32(&digest->histogram[i]));
	}
	line_write(&line);
	sha256_digest(&job->upper_sha, sha);
	line_text(&line, "upper_sha256 ");
	line_hex(&line, sha, SHA256_BYTES);
	line_write(&line);
}

/* The remote's answer to the last message. */
static void job_message(void *arg, struct sbe_call *call)
{
	struct job *job = arg;

	job->answered = !call->count;
}

static int job_done(struct job *job)
{
	struct sbe_buffer text = {.area = 1, .dir = SBE_IN, .offset = AT_TEXT};
	const struct sbe_port *port = &job->host.hw.port;
	uint64_t deadline = sbe_port_deadline(port);
	static struct line line;
	int rc;

	line_text(&line, "done, bytes ");
	line_number(&line, job->total);
	text.size = line.length;
	memcpy(job->area0 + AT_TEXT, line.text, line.length);
	rc = sbe_message(&job->endpoint, NULL, 0, &text, 1);
	while (rc >= 0 && !job->answered) {
		rc = sbe_poll(&job->endpoint);
		if (!rc && !sbe_port_pause(port, deadline))
			rc = -(int)SBE_ETIMEDOUT;
	}
	return rc < 0 ? job_error("last message", rc) : 0;
}

static int job_open(struct job *job)
{
	static const struct sbe_ops ops = {.message = job_message};
	int rc = sbe_host_open(&job->host);

	if (rc)
		return job_error("shared memory or mailbox", rc);
	rc = sbe_open(&job->endpoint, &job->host.rpmsg, JOB_SERVICE, &ops, job);
	if (!rc)
		rc = sbe_connect(&job->endpoint);
	return rc ? job_error("service " JOB_SERVICE, rc) : job_areas(job);
}

int sbesim_main(int argc, char **argv)
{
	static struct job job;

	(void)argc;
	(void)argv;
	sha256_init(&job.upper_sha);
	if (job_open(&job) || job_run(&job))
		return 1;
	job_print(&job);
	return job_done(&job);
}
