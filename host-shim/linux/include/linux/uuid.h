/* SPDX-License-Identifier: BSD-3-Clause */
/* Identifiers that tables of device ids are made of. */
#ifndef HOST_SHIM_LINUX_UUID_H
#define HOST_SHIM_LINUX_UUID_H

#include <linux/types.h>

#define UUID_STRING_LEN 36

typedef struct {
	u8 b[16];
} guid_t, uuid_t, uuid_le;

#endif
