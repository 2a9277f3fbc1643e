/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The remote of the reference job (job.h): digests and upper-cases what the host hands over, in place, in the
 * shared buffers. Serves until it is stopped; one host at a time.
 */
#include <stdbool.h>
#include <string.h>

#include "conformance/reference/job.h"
#include "remote-shim/sbe_remote.h"

struct job {
	struct sbe_remote remote;
	struct sbe_endpoint endpoint;
	struct sha256 sha;
	uint32_t histogram[256];
	bool done; /* the host's last message has to be answered */
};

static void job_digest_put(const struct job *job, struct job_digest *digest)
{
	uint8_t sha[SHA256_BYTES];

	sha256_digest(&job->sha, sha);
	for (unsigned int i = 0; i < SHA256_BYTES; i++)
		digest->sha256[i] = sha[i];
	for (unsigned int i = 0; i < 256; i++)
		sbe_put32(&digest->histogram[i], job->histogram[i]);
}

static uint32_t job_consume(struct job *job, const struct sbe_buffer *in)
{
	const uint8_t *bytes = in->data;

	sha256_update(&job->sha, bytes, (size_t)in->size);
	for (size_t i = 0; i < in->size; i++)
		job->histogram[bytes[i]]++;
	return (uint32_t)in->size;
}

/* Buffers: [IN] OUT. */
static uint16_t job_do_digest(struct job *job, uint32_t flags, const struct sbe_call *call, uint32_t *bytes)
{
	const struct sbe_buffer *out = &call->buffers[call->count - 1];

	if (!call->count || call->count > 2 || out->dir != SBE_OUT ||
	    out->size != sizeof(struct job_digest) || out->offset % 4 ||
	    (call->count == 2 && call->buffers[0].dir != SBE_IN))
		return SBE_EPROTO;
	if (flags & JOB_FIRST) {
		sha256_init(&job->sha);
		memset(job->histogram, 0, sizeof(job->histogram));
	}
	if (call->count == 2)
		*bytes = job_consume(job, &call->buffers[0]);
	job_digest_put(job, out->data);
	return SBE_OK;
}

/* Buffers: IN-OUT. */
static uint16_t job_do_upper(const struct sbe_call *call, uint32_t *bytes)
{
	uint8_t *text;

	if (call->count != 1 || call->buffers[0].dir != SBE_INOUT)
		return SBE_EPROTO;
	text = call->buffers[0].data;
	for (size_t i = 0; i < call->buffers[0].size; i++)
		if (text[i] >= 'a' && text[i] <= 'z')
			text[i] = (uint8_t)(text[i] - 'a' + 'A');
	*bytes = (uint32_t)call->buffers[0].size;
	return SBE_OK;
}

static uint16_t job_request(void *arg, struct sbe_call *call)
{
	const struct job_request *request = (const struct job_request *)(const void *)call->message;
	struct job_reply *reply = (struct job_reply *)(void *)call->reply;
	uint16_t status = SBE_ENOTSUPP;
	uint32_t bytes = 0;
	uint32_t op;

	if (call->message_size != sizeof(*request) || call->reply_capacity < sizeof(*reply))
		return SBE_EPROTO;
	op = sbe_get32(&request->op);
	if (op == JOB_DIGEST)
		status = job_do_digest(arg, sbe_get32(&request->flags), call, &bytes);
	else if (op == JOB_UPPER)
		status = job_do_upper(call, &bytes);
	sbe_put32(&reply->op, op);
	sbe_put32(&reply->bytes, bytes);
	call->reply_size = sizeof(*reply);
	return status;
}

/* "remote: " and the first bytes of the text. */
static void job_message(void *arg, struct sbe_call *call)
{
	struct job *job = arg;
	char line[9 + JOB_TEXT_BYTES] = "remote: ";
	size_t length = 8;

	if (call->count != 1)
		return;
	for (size_t i = 0; i < call->buffers[0].size && i < JOB_TEXT_BYTES; i++)
		line[length++] = ((const char *)call->buffers[0].data)[i];
	line[length++] = '\n';
	hw_console_write(line, length);
	job->done = true;
}

static int job_error(const char *what, int rc)
{
	const char *const parts[] = {"error: remote: ", what, ": ", sbe_status_name(rc), "\n"};
	char line[128];
	size_t length = 0;

	for (unsigned int i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		for (const char *c = parts[i]; *c && length < sizeof(line); c++)
			line[length++] = *c;
	hw_console_write(line, length);
	return 1;
}

static int job_serve(struct job *job)
{
	for (;;) {
		int rc = sbe_remote_serve(&job->remote);

		if (rc < 0)
			return job_error("vrings", rc);
		if (!job->done)
			continue;
		job->done = false;
		rc = sbe_message(&job->endpoint, NULL, 0, NULL, 0);
		if (rc)
			return job_error("answer to the last message", rc);
	}
}

int sbesim_main(int argc, char **argv)
{
	static const struct sbe_ops ops = {.request = job_request, .message = job_message};
	static struct job job;
	int rc;

	(void)argc;
	(void)argv;
	rc = sbe_remote_open(&job.remote);
	if (rc)
		return job_error("start with the host", rc);
	rc = sbe_open(&job.endpoint, &job.remote.rpmsg, JOB_SERVICE, &ops, &job);
	if (rc)
		return job_error("service " JOB_SERVICE, rc);
	return job_serve(&job);
}
