/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a device tree says of the IOMMU and of MPUs: "iommus" of a domain, the IOMMU's node, and "sbesim,mpu" of a CPU.
 * The bindings are listed in docs/platforms.md.
 */
#include <string.h>

#include "models/iommu.h"
#include "models/mpu.h"
#include "models/platform_reader.h"

int platform_choice(struct platform_reader *r, int node, const char *property, const char *const names[], int count)
{
	char seen[PLATFORM_NAME_MAX], known[96] = "";

	if (!platform_string(r, node, property, seen, sizeof(seen)))
		return -1;
	for (int i = 0; i < count; i++) {
		if (strcmp(seen, names[i]) == 0)
			return i;
		strncat(known, i ? ", " : "", sizeof(known) - strlen(known) - 1);
		strncat(known, names[i], sizeof(known) - strlen(known) - 1);
	}
	platform_fail(r, "node %s: %s: expected one of %s, seen \"%s\"", fdt_get_name(r->fdt, node, NULL), property,
		      known, seen);
	return -1;
}

/* What boot firmware maps for the domain: windows on shared memory, by their names. */
static bool platform_read_boot_maps(struct platform_reader *r, int domain, struct platform_cpu *cpu)
{
	int names = fdt_stringlist_count(r->fdt, domain, "sbesim,boot-mapped");

	for (int n = 0; n < names; n++) {
		const char *name = fdt_stringlist_get(r->fdt, domain, "sbesim,boot-mapped", n, NULL);
		bool known = false;

		for (unsigned int i = 0; i < cpu->windows; i++)
			if (strcmp(cpu->window[i].name, name) == 0)
				known = cpu->window[i].boot_mapped = true;
		if (!known)
			return platform_fail(
				r, "node %s: sbesim,boot-mapped: expected names of its shared memory, seen \"%s\"",
				fdt_get_name(r->fdt, domain, NULL), name);
	}
	return true;
}

static bool platform_read_walks(struct platform_reader *r, int node, struct platform_iommu *iommu)
{
	const char *name = fdt_get_name(r->fdt, node, NULL);

	if (!platform_optional_u32(r, node, "sbesim,iotlb-entries", 0, &iommu->iotlb_entries) ||
	    !platform_optional_u32(r, node, "sbesim,walk-ns", 0, &iommu->walk_ns))
		return false;
	if (!iommu->iotlb_entries != !iommu->walk_ns)
		return platform_fail(r, "node %s: expected both of sbesim,iotlb-entries and sbesim,walk-ns, or none",
				     name);
	return iommu->iotlb_entries <= IOMMU_TAGS_MAX ||
	       platform_fail(r, "node %s: expected at most %d in sbesim,iotlb-entries, seen %u", name, IOMMU_TAGS_MAX,
			     iommu->iotlb_entries);
}

bool platform_read_iommu(struct platform_reader *r, int domain, struct platform_cpu *cpu)
{
	static const char *const places[] = { "before-cache", "after-cache" };
	static const char *const modes[] = { "abort", "bypass", "translate" };
	int size, place, mode, node;

	if (!fdt_getprop(r->fdt, domain, "iommus", &size))
		return !fdt_getprop(r->fdt, domain, "sbesim,boot-mapped", NULL) ||
		       platform_fail(r, "node %s: sbesim,boot-mapped: expected iommus, seen none",
				     fdt_get_name(r->fdt, domain, NULL));
	if (!platform_specifier(r, domain, "iommus", "#iommu-cells", 0, &cpu->stream))
		return false;
	if (size != 8)
		return platform_fail(r, "node %s: expected one IOMMU and one stream ID in iommus",
				     fdt_get_name(r->fdt, domain, NULL));
	node = platform_phandle(r, domain, "iommus", 0);
	place = platform_choice(r, node, "sbesim,position", places, 2);
	mode = place < 0 ? -1 : platform_choice(r, node, "sbesim,reset-mode", modes, 3);
	if (mode < 0 || !platform_read_walks(r, node, &r->platform->iommu))
		return false;
	cpu->translation = place == 0 ? PLATFORM_TRANSLATED_BEFORE_CACHE : PLATFORM_TRANSLATED_AFTER_CACHE;
	cpu->stream_mode = (uint8_t)mode;
	return platform_read_boot_maps(r, domain, cpu);
}

bool platform_read_mpu(struct platform_reader *r, int node, struct platform_cpu *cpu)
{
	const char *names[MPU_KINDS], *name = fdt_get_name(r->fdt, node, NULL);
	int kind;

	if (!fdt_getprop(r->fdt, node, "sbesim,mpu", NULL))
		return !fdt_getprop(r->fdt, node, "sbesim,mpu-regions", NULL) ||
		       platform_fail(r, "node %s: sbesim,mpu-regions: expected sbesim,mpu, seen none", name);
	for (unsigned int i = 0; i < MPU_KINDS; i++)
		names[i] = mpu_kinds[i].name;
	kind = platform_choice(r, node, "sbesim,mpu", names, MPU_KINDS);
	if (kind < 0 || (kind != MPU_NONE && !platform_u32(r, node, "sbesim,mpu-regions", &cpu->mpu_regions)))
		return false;
	cpu->mpu = (uint8_t)kind;
	return kind == MPU_NONE || mpu_has_count((enum mpu_kind_id)kind, cpu->mpu_regions) ||
	       platform_fail(r,
			     "node %s: sbesim,mpu-regions: expected a count of %s cores (docs/platforms.md), seen %u",
			     name, names[kind], cpu->mpu_regions);
}
