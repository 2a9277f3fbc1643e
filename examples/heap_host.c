/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A buffer from a dma-heap, host side: allocated, mapped, filled, cleaned, given to the remote by its address, read back,
 * and let go in the right order. What rings would do (telling the address, waiting for the answer) is a mailbox token
 * and a word in shared memory here; heap_remote.c is the other side. Needs a platform with a heap called "reserved":
 * zynqmp-heaps.
 */
#include <sbesim/hw.h>

#include <stdint.h>

#define SIZE 4096u

struct letter {
	volatile uint64_t da, size;
};

static int fill_and_send(struct letter *letter, const struct hw_dmabuf *buffer, unsigned char *bytes)
{
	for (uint32_t i = 0; i < SIZE; i++)
		bytes[i] = (unsigned char)i;
	/* CACHE: flushed, not cleaned: the remote writes these lines, and no old copy of ours may stay. */
	hw_cache_flush(bytes, SIZE);
	letter->da = buffer->pa;
	letter->size = SIZE;
	hw_dsb();
	/* The remote may write to it from here on, so it holds it, too. */
	if (hw_dmabuf_attach(buffer->handle, HW_DEVICE_REMOTE) || hw_remote_start())
		return 4;
	while (letter->size)
		hw_sleep_ns(1000);
	return hw_dmabuf_detach(buffer->handle, HW_DEVICE_REMOTE) ? 5 : 0;
}

static int check(const unsigned char *bytes)
{
	/* CACHE: invalidated: lines may have been fetched since the flush, by whatever the hardware guessed. */
	hw_cache_invalidate(bytes, SIZE);
	for (uint32_t i = 0; i < SIZE; i++)
		if (bytes[i] != (unsigned char)(i + 1))
			return 6;
	hw_console_write("one more in each byte\n", 22);
	return 0;
}

int sbesim_main(int argc, char **argv)
{
	struct hw_region shared;
	struct hw_dmabuf buffer;
	unsigned char *bytes;
	int rc;

	(void)argc;
	(void)argv;
	if (hw_region_get("vdev0buffer", &shared))
		return 1;
	if (hw_heap_alloc("reserved", SIZE, 0, &buffer))
		return 2;
	bytes = hw_dmabuf_map(buffer.handle);
	if (!bytes)
		return 3;
	rc = fill_and_send(shared.va, &buffer, bytes);
	if (!rc)
		rc = check(bytes);
	/* In this order: what is mapped cannot be put. */
	if (hw_dmabuf_unmap(buffer.handle) || hw_dmabuf_put(buffer.handle))
		return 7;
	return rc;
}
