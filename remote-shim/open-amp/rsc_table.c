/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A resource table for a remote that brings none: one rpmsg device with name service and two rings that may lie
 * anywhere. Optional; hosts of the bench read it from the firmware file's section and lay it where the remote looks.
 * It needs no header of open-amp. Nothing refers to it at run time.
 */
#include <stdint.h>

#define RSC_TABLE_ANYWHERE 0xFFFFFFFFu
#define RSC_TABLE_ALIGN 4096u

#ifndef RSC_TABLE_NUM
#define RSC_TABLE_NUM 16u
#endif

struct rsc_table_vring {
	uint32_t da, align, num, notifyid, reserved;
};

struct rsc_table {
	uint32_t version, entries, reserved[2], offset;
	uint32_t type, id, notifyid, dfeatures, gfeatures, config_len;
	uint8_t status, vrings, padding[2];
	struct rsc_table_vring vring[2];
};
_Static_assert(sizeof(struct rsc_table) == 88, "a format in shared memory");

__attribute__((used, section(".resource_table"))) static const struct rsc_table rsc_table = {
	.version = 1,
	.entries = 1,
	.offset = 20,
	.type = 3, /* vdev */
	.id = 7,   /* rpmsg */
	.notifyid = 2, /* open-amp wants it to differ from those of the rings */
	.dfeatures = 1, /* name service */
	.vrings = 2,
	.vring = {
		{RSC_TABLE_ANYWHERE, RSC_TABLE_ALIGN, RSC_TABLE_NUM, 0, 0},
		{RSC_TABLE_ANYWHERE, RSC_TABLE_ALIGN, RSC_TABLE_NUM, 1, 0},
	},
};
