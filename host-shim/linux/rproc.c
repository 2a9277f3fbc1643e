/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The platform driver of the bench's remote processor, for Linux's remoteproc: what xlnx_r5_remoteproc and its like
 * are on boards.
 *
 * The bench has loaded the firmware; Linux gets its resource table, or a default one when it has none. The table
 * goes to the region "rsc-table", rings and buffers to the carve-outs of their names. Linux writes the status and
 * the rings' addresses into the table after the remote was started, as it does everywhere, and maintains no cache
 * of it: boards have the table in memory that is mapped uncached (xlnx_r5_remoteproc, imx_rproc, stm32_rproc and
 * ti_k3_r5_remoteproc all use ioremap_wc). Where a platform maps it cached, this driver cleans it before the remote
 * starts and before each kick, the only times when a driver gets to act; rings and buffers nobody could clean. The
 * mailbox is a doorbell: both rings are looked at. The remote cannot be stopped.
 */
#include <sbesim/hw.h>

#include <linux/firmware.h>
#include <linux/platform_device.h>
#include <linux/remoteproc.h>
#include <linux/workqueue.h>

#include <linux/virtio_ring.h>

#include <drivers/remoteproc/remoteproc_internal.h>

#include "host-shim/linux/linux.h"

#define RPROC_CHANNEL 0
#define RPROC_VIRTIO_ID 7
#define RPROC_FEATURES 1u /* the name service */
#define RPROC_ALIGN 4096u
#define RPROC_ALIGN_SMALL 64u	/* where that does not fit: the longest cache line in sight */
#define RPROC_NUM 16u
#define RPROC_TABLE_MAX 4096u

struct bench_rproc {
	struct rproc *rproc;
	struct hw_region table;
	struct work_struct arrived;
};

/* What a remote without a table is taken to want. Linux's structures end in arrays and cannot contain each other. */
static const struct {
	u32 ver, num, reserved[2], offset;
	u32 type;
	u32 id, notifyid, dfeatures, gfeatures, config_len;
	u8 status, num_of_vrings, zero[2];
	struct fw_rsc_vdev_vring vring[2];
} rproc_default = {
	.ver = 1,
	.num = 1,
	.offset = sizeof(struct resource_table) + sizeof(u32),
	.type = RSC_VDEV,
	.id = RPROC_VIRTIO_ID,
	.dfeatures = RPROC_FEATURES,
	.num_of_vrings = 2,
	.vring = {
		{ .da = FW_RSC_ADDR_ANY, .align = RPROC_ALIGN, .num = RPROC_NUM, .notifyid = 0 },
		{ .da = FW_RSC_ADDR_ANY, .align = RPROC_ALIGN, .num = RPROC_NUM, .notifyid = 1 },
	},
};
_Static_assert(sizeof(rproc_default) == sizeof(struct resource_table) + sizeof(u32) + sizeof(struct fw_rsc_hdr) +
	       sizeof(struct fw_rsc_vdev) + 2 * sizeof(struct fw_rsc_vdev_vring), "a table without padding");

/* The default table, its rings laid out so that they fit where the platform puts them. */
static void rproc_lay_out_default(u8 *data)
{
	struct fw_rsc_vdev_vring *vring = (void *)(data + sizeof(rproc_default) - sizeof(rproc_default.vring));
	struct hw_region region;

	memcpy(data, &rproc_default, sizeof(rproc_default));
	if (hw_region_get("vdev0vring0", &region) || region.size >= vring_size(RPROC_NUM, RPROC_ALIGN))
		return;
	vring[0].align = vring[1].align = RPROC_ALIGN_SMALL;
}

/* ---- Firmware --------------------------------------------------------------------------------------- */

int request_firmware(const struct firmware **fw, const char *name, struct device *dev)
{
	struct firmware *loaded = kzalloc(sizeof(*loaded), GFP_KERNEL);
	u8 *data = kmalloc(RPROC_TABLE_MAX, GFP_KERNEL);

	(void)name, (void)dev;
	if (!loaded || !data) {
		kfree(loaded);
		kfree(data);
		return -ENOMEM;
	}
	loaded->data = data;
	loaded->size = hw_firmware_read(".resource_table", data, RPROC_TABLE_MAX, 0);
	if (!loaded->size) {
		loaded->size = sizeof(rproc_default);
		rproc_lay_out_default(data);
	}
	*fw = loaded;
	return 0;
}

void release_firmware(const struct firmware *fw)
{
	if (!fw)
		return;
	kfree(fw->data);
	kfree(fw);
}

struct firmware_request {
	struct work_struct work;
	struct device *dev;
	const char *name;
	void *context;
	void (*cont)(const struct firmware *fw, void *context);
};

static void firmware_request_run(struct work_struct *work)
{
	struct firmware_request *request = container_of(work, struct firmware_request, work);
	const struct firmware *fw = NULL;

	request_firmware(&fw, request->name, request->dev);
	request->cont(fw, request->context);
	put_device(request->dev);
	kfree(request);
}

int request_firmware_nowait(struct module *module, bool uevent, const char *name, struct device *dev, gfp_t gfp,
			    void *context, void (*cont)(const struct firmware *fw, void *context))
{
	struct firmware_request *request = kzalloc(sizeof(*request), gfp);

	(void)module, (void)uevent;
	if (!request)
		return -ENOMEM;
	INIT_WORK(&request->work, firmware_request_run);
	request->dev = get_device(dev);
	request->name = name;
	request->context = context;
	request->cont = cont;
	schedule_work(&request->work);
	return 0;
}

/* ---- What remoteproc asks of a driver ------------------------------------------------------------- */

static int bench_rproc_map(struct rproc *rproc, struct rproc_mem_entry *mem)
{
	(void)rproc;
	for (unsigned int i = 0; i < LINUX_CARVEOUTS; i++)
		if (linux_carveout(i) && linux_carveout(i)->pa == mem->dma)
			mem->va = linux_carveout(i)->va;
	return mem->va ? 0 : -ENOMEM;
}

static int bench_rproc_unmap(struct rproc *rproc, struct rproc_mem_entry *mem)
{
	(void)rproc, (void)mem;
	return 0;
}

/* The buffers' carve-out is virtio's to map; those of the rings are ours. */
static struct rproc_mem_entry *bench_rproc_carveout(struct device *dev, unsigned int index)
{
	const struct linux_dma_pool *pool = linux_carveout(index);

	if (!pool)
		return NULL;
	if (index == LINUX_BUFFER)
		return rproc_of_resm_mem_entry_init(dev, index, pool->size, (u32)pool->pa, "%s", pool->name);
	return rproc_mem_entry_init(dev, NULL, pool->pa, pool->size, (u32)pool->pa, bench_rproc_map, bench_rproc_unmap,
				    "%s", pool->name);
}

static int bench_rproc_prepare(struct rproc *rproc)
{
	for (unsigned int i = 0; i < LINUX_CARVEOUTS; i++) {
		struct rproc_mem_entry *mem = bench_rproc_carveout(&rproc->dev, i);

		if (!mem)
			return -ENOMEM;
		rproc_add_carveout(rproc, mem);
	}
	return 0;
}

static int bench_rproc_parse_fw(struct rproc *rproc, const struct firmware *fw)
{
	const struct bench_rproc *bench = rproc->priv;
	const struct resource_table *table = (const void *)fw->data;

	if (fw->size < sizeof(*table) || fw->size > bench->table.size || table->ver != 1) {
		dev_err(&rproc->dev, "the firmware's resource table is not one\n");
		return -EINVAL;
	}
	rproc->cached_table = kmemdup(table, fw->size, GFP_KERNEL);
	if (!rproc->cached_table)
		return -ENOMEM;
	rproc->table_ptr = rproc->cached_table;
	rproc->table_sz = fw->size;
	return 0;
}

static struct resource_table *bench_rproc_find_table(struct rproc *rproc, const struct firmware *fw)
{
	struct bench_rproc *bench = rproc->priv;

	(void)fw;
	return bench->table.va;
}

static int bench_rproc_load(struct rproc *rproc, const struct firmware *fw)
{
	(void)rproc, (void)fw;
	return 0;
}

/* CACHE: Linux has just written the table, or its status; nothing where it is not cached, as on boards. */
static void bench_rproc_clean_table(struct rproc *rproc)
{
	const struct bench_rproc *bench = rproc->priv;

	if (!(bench->table.attr & HW_CACHED))
		return;
	hw_cache_clean(bench->table.va, rproc->table_sz);
	hw_dsb();
}

static int bench_rproc_start(struct rproc *rproc)
{
	bench_rproc_clean_table(rproc);
	return hw_remote_start() ? -EBUSY : 0;
}

static int bench_rproc_stop(struct rproc *rproc)
{
	dev_err(&rproc->dev, "the bench cannot stop its remote\n");
	return -EOPNOTSUPP;
}

static void bench_rproc_kick(struct rproc *rproc, int vqid)
{
	bench_rproc_clean_table(rproc);
	if (hw_mbox_send(RPROC_CHANNEL, (uint32_t)vqid))
		dev_warn(&rproc->dev, "the mailbox is full\n");
}

static const struct rproc_ops bench_rproc_ops = {
	.prepare = bench_rproc_prepare,
	.parse_fw = bench_rproc_parse_fw,
	.find_loaded_rsc_table = bench_rproc_find_table,
	.load = bench_rproc_load,
	.start = bench_rproc_start,
	.stop = bench_rproc_stop,
	.kick = bench_rproc_kick,
};

/* ---- Interrupts ------------------------------------------------------------------------------------ */

static int bench_rproc_vq(int id, void *p, void *data)
{
	(void)p;
	rproc_vq_interrupt(data, id);
	return 0;
}

static void bench_rproc_arrived(struct work_struct *work)
{
	struct rproc *rproc = container_of(work, struct bench_rproc, arrived)->rproc;

	idr_for_each(&rproc->notifyids, bench_rproc_vq, rproc);
}

static void bench_rproc_isr(void *arg, uint64_t token)
{
	struct bench_rproc *bench = arg;

	(void)token;
	linux_irq_enter();
	schedule_work(&bench->arrived);
	linux_irq_exit();
}

/* ---- The driver ------------------------------------------------------------------------------------- */

static int bench_rproc_probe(struct platform_device *pdev)
{
	struct bench_rproc *bench;
	struct rproc *rproc;

	rproc = devm_rproc_alloc(&pdev->dev, "remote", &bench_rproc_ops, NULL, sizeof(*bench));
	if (!rproc)
		return -ENOMEM;
	bench = rproc->priv;
	bench->rproc = rproc;
	INIT_WORK(&bench->arrived, bench_rproc_arrived);
	if (hw_region_get("rsc-table", &bench->table) || hw_mbox_register(RPROC_CHANNEL, bench_rproc_isr, bench)) {
		dev_err(&pdev->dev, "the platform has no region rsc-table or no mailbox\n");
		return -EINVAL;
	}
	return devm_rproc_add(&pdev->dev, rproc);
}

static struct platform_driver bench_rproc_driver = {
	.probe = bench_rproc_probe,
	.driver = { .name = LINUX_RPROC_DEVICE },
};
builtin_platform_driver(bench_rproc_driver);
