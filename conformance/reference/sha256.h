/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SHA-256 (FIPS 180-4), byte by byte and without tables beyond its constants. Not meant to be fast or secret.
 */
#ifndef CONFORMANCE_REFERENCE_SHA256_H
#define CONFORMANCE_REFERENCE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32u

struct sha256 {
	uint32_t state[8];
	uint8_t block[64];
	uint64_t size; /* bytes so far */
};

void sha256_init(struct sha256 *sha);
void sha256_update(struct sha256 *sha, const uint8_t *data, size_t size);
/* The digest of everything so far; `sha` may be updated further. */
void sha256_digest(const struct sha256 *sha, uint8_t digest[SHA256_BYTES]);

#endif
