/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reference job: what the messages of service "sbe.reference" say. Little-endian, as everything on the
 * wire.
 *
 * DIGEST takes an IN buffer (input bytes; none when there are none) and an OUT buffer (struct job_digest, of
 * everything since FIRST). UPPER takes one IN-OUT buffer, whose ASCII letters come back in upper case. A
 * message without a transaction says that the host is done; its IN buffer is a text for the console. The
 * remote answers it with an empty message: the text is the host's again.
 */
#ifndef CONFORMANCE_REFERENCE_JOB_H
#define CONFORMANCE_REFERENCE_JOB_H

#include <stdint.h>

#include "conformance/reference/sha256.h"

#define JOB_SERVICE "sbe.reference"
#define JOB_CHUNK_BYTES 4096u
#define JOB_TEXT_BYTES 64u

#define JOB_DIGEST 1u
#define JOB_UPPER 2u

#define JOB_FIRST 1u
#define JOB_LAST 2u

struct job_request {
	uint32_t op;	/* JOB_DIGEST, JOB_UPPER */
	uint32_t flags; /* JOB_FIRST, JOB_LAST */
};

struct job_reply {
	uint32_t op;	/* as asked */
	uint32_t bytes; /* of input that were worked on */
};

struct job_digest {
	uint8_t sha256[SHA256_BYTES];
	uint32_t histogram[256];
};

_Static_assert(sizeof(struct job_request) == 8 && sizeof(struct job_reply) == 8, "no padding on the wire");
_Static_assert(sizeof(struct job_digest) == SHA256_BYTES + 1024, "no padding on the wire");

#endif
