/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpmsg-lite's platform on the hardware seam; see rpmsg_platform.h.
 *
 * The mailbox is taken for a doorbell: whatever token came, both queues of the link are looked at. A host that
 * speaks remoteproc leaves a resource table and raises its status to DRIVER_OK when the rings are there;
 * rpmsg-lite knows neither, and takes the first kick for the sign. This file therefore keeps kicks from it until
 * then. Without a table (the host is an rpmsg-lite master) the first kick is the sign, and one that is lost is
 * not made up for. Nothing is ever written to the table. No memory protection and no switching caches off: the
 * platform decides how regions are mapped.
 */
#include <sbesim/hw.h>

#include <rpmsg_env.h>

#define CHANNEL 0u
/* How long a kick may be missing before the rings are looked at without it. */
#define REPOLL_NS 1000000u

#define NS_PER_MS 1000000u

/* The beginning of a resource table with one rpmsg device: what remoteproc lays down, little-endian. */
struct platform_table {
	uint32_t version, entries, reserved[2], offset;
};
struct platform_vdev {
	uint32_t type, id, notifyid, dfeatures, gfeatures, config_len;
	uint8_t status, vrings, reserved[2];
};
_Static_assert(sizeof(struct platform_table) == 20 && sizeof(struct platform_vdev) == 28, "remoteproc's layout");
#define TABLE_VERSION 1u
#define TABLE_VDEV 3u
#define VDEV_RPMSG 7u
#define VDEV_DRIVER_OK 4u

enum platform_region { VRING0, VRING1, BUFFERS, REGIONS };
static const char *const platform_region_names[REGIONS] = {"vdev0vring0", "vdev0vring1", "vdev0buffer"};

static struct {
	struct hw_region region[REGIONS];
	const volatile struct platform_vdev *vdev; /* NULL: no table */
	bool kicked;				   /* since the vectors came */
	bool in_isr;
	unsigned int vectors, disabled;
} platform;

/* ---- Memory -------------------------------------------------------------------------------------- */

static int platform_find_regions(void)
{
	for (unsigned int i = 0; i < REGIONS; i++)
		if (hw_region_get(platform_region_names[i], &platform.region[i]))
			return -1;
	return 0;
}

void *platform_shmem(size_t *length)
{
	const struct hw_region *region = platform.region;

	if (platform_find_regions())
		return NULL;
	*length = (size_t)(region[VRING0].size + region[VRING1].size + region[BUFFERS].size);
	return region[VRING0].va;
}

uintptr_t platform_vatopa(void *addr)
{
	for (unsigned int i = 0; i < REGIONS; i++) {
		const struct hw_region *region = &platform.region[i];
		uintptr_t offset = (uintptr_t)addr - (uintptr_t)region->va;

		if (offset < region->size)
			return (uintptr_t)region->da + offset;
	}
	return 0;
}

/* rpmsg-lite takes NULL for "nothing there", which is as good an answer to a peer's bad address as any. */
void *platform_patova(uintptr_t addr)
{
	return hw_da_to_va(addr, 1);
}

/* CACHE: rpmsg-lite's flush keeps the line: it goes on reading its own indices. */
void platform_cache_flush(void *data, uint32_t len)
{
	hw_cache_clean(data, len);
}

void platform_cache_invalidate(void *data, uint32_t len)
{
	hw_cache_invalidate(data, len);
}

void platform_cache_all_flush_invalidate(void)
{
}

void platform_cache_disable(void)
{
}

void platform_map_mem_region(uint32_t vrt_addr, uint32_t phy_addr, uint32_t size, uint32_t flags)
{
	(void)vrt_addr;
	(void)phy_addr;
	(void)size;
	(void)flags;
}

/* ---- The peer's resource table ------------------------------------------------------------------- */

/* The rpmsg device in the table that the host left; NULL: there is none, memory holds anything. */
static const volatile struct platform_vdev *platform_find_vdev(void)
{
	const volatile struct platform_vdev *vdev;
	const volatile struct platform_table *table;
	struct hw_region region;

	if (hw_region_get("rsc-table", &region))
		return NULL;
	table = region.va;
	/* CACHE: the host stored it before it started us. */
	hw_cache_invalidate(table, sizeof(*table));
	if (table->version != TABLE_VERSION || !table->entries || table->reserved[0] || table->reserved[1])
		return NULL;
	if (table->offset > region.size - sizeof(*vdev))
		return NULL;
	vdev = (const volatile struct platform_vdev *)((uintptr_t)table + table->offset);
	hw_cache_invalidate(vdev, sizeof(*vdev));
	return vdev->type == TABLE_VDEV && vdev->id == VDEV_RPMSG && vdev->vrings == 2 ? vdev : NULL;
}

/*
 * Only where no table says it: a master never writes one, so both sides of such a pair come here. A table that there is
 * rules, and the bench reads it.
 */
static void platform_declare_vrings(void)
{
	for (unsigned int i = VRING0; i <= VRING1; i++)
		hw_vring_declare(i, platform.region[i].da, RL_BUFFER_COUNT, VRING_ALIGN);
}

/* The host's rings are there, and a look at them without a kick does no harm. */
static bool platform_is_ready(void)
{
	if (!platform.vdev)
		return platform.kicked;
	/* CACHE: the host raises it step by step. */
	hw_cache_invalidate(&platform.vdev->status, sizeof(platform.vdev->status));
	return platform.vdev->status & VDEV_DRIVER_OK;
}

/* ---- Interrupts ---------------------------------------------------------------------------------- */

static void platform_scan(void)
{
	platform.in_isr = true;
	if (platform_is_ready())
		for (uint32_t vector = 0; vector < RL_PLATFORM_MAX_ISR_COUNT; vector++)
			env_isr(vector);
	platform.in_isr = false;
}

static void platform_isr(void *arg, uint64_t token)
{
	(void)arg;
	(void)token;
	platform.kicked = true;
	platform_scan();
}

int32_t platform_in_isr(void)
{
	return platform.in_isr;
}

int32_t platform_init_interrupt(uint32_t vector_id, void *isr_data)
{
	env_register_isr(vector_id, isr_data);
	if (++platform.vectors < RL_PLATFORM_MAX_ISR_COUNT)
		return 0;
	platform.kicked = false;
	return hw_mbox_register(CHANNEL, platform_isr, NULL);
}

int32_t platform_deinit_interrupt(uint32_t vector_id)
{
	int32_t rc = hw_mbox_register(CHANNEL, NULL, NULL);

	platform.vectors--;
	env_unregister_isr(vector_id);
	return rc;
}

int32_t platform_interrupt_disable(uint32_t vector_id)
{
	(void)vector_id;
	hw_irq_disable();
	platform.disabled++;
	return 0;
}

int32_t platform_interrupt_enable(uint32_t vector_id)
{
	(void)vector_id;
	RL_ASSERT(platform.disabled);
	if (!--platform.disabled)
		hw_irq_enable();
	return 0;
}

void platform_notify(uint32_t vector_id)
{
	while (hw_mbox_send(CHANNEL, vector_id))
		hw_sleep_ns(REPOLL_NS);
}

/* ---- Waiting ------------------------------------------------------------------------------------- */

void platform_wait(uint64_t timeout_ns)
{
	uint64_t nap = timeout_ns && timeout_ns < REPOLL_NS ? timeout_ns : REPOLL_NS;

	if (!hw_wfi(nap))
		platform_scan();
	platform_interrupt_enable(0);
	platform_interrupt_disable(0);
}

/* rpmsg-lite sleeps like this until it gets what the peer has to give: a buffer, or the link. */
void platform_time_delay(uint32_t num_msec)
{
	hw_sleep_ns((uint64_t)num_msec * NS_PER_MS);
	if (platform.in_isr)
		return;
	platform_interrupt_disable(0);
	platform_scan();
	platform_interrupt_enable(0);
}

/* ---- Beginning and end --------------------------------------------------------------------------- */

int32_t platform_init(void)
{
	if (platform_find_regions())
		return -1;
	platform.vdev = platform_find_vdev();
	if (!platform.vdev)
		platform_declare_vrings();
	return 0;
}

int32_t platform_deinit(void)
{
	return 0;
}
