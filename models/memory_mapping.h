/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Contiguous mappings of buffers that lie in pieces, as mmap() of a dma-buf or dma_buf_vmap() gives them.
 *
 * Behind its windows each CPU's address space has an area whose pages show pages of the windows: the same files, so the
 * same bytes. An address there stands for the one in the window, its home, and everything that memory knows it knows by
 * homes: lines, masks, histories, copies. The hook never takes its fast path there.
 *
 * The area is given out in turn, so that an address comes back late, and a page that was unmapped is remembered until
 * then: what is used after it was unmapped faults where the buffer was. Not modelled: what page tables cost, and a
 * mapping of part of a buffer.
 */
#ifndef MODELS_MEMORY_MAPPING_H
#define MODELS_MEMORY_MAPPING_H

#include "models/heaps.h"
#include "models/memory.h"

/*
 * One address under which the agent has all of the buffer, whose runs are whole pages in its windows: the same one
 * until it is unmapped. 0: the area is full. Cores that share their addresses share what is mapped.
 */
uintptr_t memory_mapping_map(struct memory *memory, const struct agent *agent, const struct heaps_buffer *buffer);
/* An access there is a fault from now on. Without effect where it is not mapped. */
void memory_mapping_unmap(struct memory *memory, const struct agent *agent, uint32_t handle);

#endif
