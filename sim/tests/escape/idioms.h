/* SPDX-License-Identifier: BSD-3-Clause */
/* What the detector (escape.c) finds in an image of idioms (idioms.c): its sbesim_main answers it in argv[0]. */
#ifndef SIM_TESTS_ESCAPE_IDIOMS_H
#define SIM_TESTS_ESCAPE_IDIOMS_H

#include <stddef.h>

#define IDIOM_AT 1024	/* how far into the shared page `shared` points */

struct idiom {
	const char *name;
	/* Makes accesses to [shared, shared + 1024), and perhaps to memory of its own. */
	void (*run)(char *shared);
};

struct idioms {
	const char *compiler;
	int version;		/* its major one */
	const char *level;	/* as the compiler was told: -O2, -O3+mavx2 */
	const struct idiom *idiom;
	size_t count;
};

#endif
