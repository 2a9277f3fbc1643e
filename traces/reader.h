/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading the stream of a trace from memory: what trace_read does after it has mapped the file. For the
 * fuzzer and whoever holds a stream that is no file; the metadata is not its concern.
 */
#ifndef TRACES_READER_H
#define TRACES_READER_H

#include "traces/trace.h"

/* As trace_read. `name` is what errors call the stream. `data` stays the caller's. */
bool trace_read_buffer(const void *data, size_t size, const char *name, struct trace_listener listener,
		       char *why, size_t why_size);

#endif
