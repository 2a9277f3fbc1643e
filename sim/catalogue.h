/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names and files: where the bench finds what the user names, and how it names files in what it writes.
 *
 * Everything is found from where the library itself lies (BUILD/libsbesim.so, whose parent is the checkout's root), never
 * from the working directory. Files inside the checkout are named relative to its root; in traces, others by their last
 * component only, so that a trace does not depend on where it was made.
 */
#ifndef SIM_CATALOGUE_H
#define SIM_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#include <sbesim/sbesim.h>

#define CATALOGUE_PATH_MAX 4096

/* Fills paths[] = platform file, host image, remote image, input; strings are the caller's. */
bool catalogue_resolve(const struct sbesim_config *config, char *paths[4], char *why, size_t why_size);
/* What a trace calls the file; the caller's. */
char *catalogue_trace_name(const char *path);
/* The command that makes a run again, from the checkout's root. */
void catalogue_replay(char *const paths[4], const char *choices, char *out, size_t size);

char *catalogue_defects_json(void);
char *catalogue_platforms_json(void);

#endif
