/* SPDX-License-Identifier: BSD-3-Clause */
/* metal/version.h of the bench: 0.0.0, for this is no release of libmetal. */
#ifndef METAL_VERSION_H
#define METAL_VERSION_H

static inline int metal_ver_major(void)
{
	return 0;
}

static inline int metal_ver_minor(void)
{
	return 0;
}

static inline int metal_ver_patch(void)
{
	return 0;
}

static inline const char *metal_ver(void)
{
	return "0.0.0 (sbesim)";
}

#endif
