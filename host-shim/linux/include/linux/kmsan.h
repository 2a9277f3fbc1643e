/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's own memory checker is off. */
#ifndef HOST_SHIM_LINUX_KMSAN_H
#define HOST_SHIM_LINUX_KMSAN_H

#define kmsan_handle_dma(page, offset, size, dir) ((void)(page), (void)(dir))

#endif
