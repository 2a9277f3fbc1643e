/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a device tree says of the IOMMU and of MPUs: "iommus" of a domain, the IOMMU's node, and "sbesim,mpu" of a CPU. The bindings
 * are listed in docs/platforms.md.
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
	platform_fail(r, "node %s: %s: expected one of %s, seen \"%s\"", fdt_get_name(r->fdt, node, NULL), property, known, seen);
	return -1;
}

bool platform_read_iommu(struct platform_reader *r, int domain, struct platform_cpu *cpu)
{
	static const char *const places[] = { "before-cache", "after-cache" }, *const modes[] = { "abort", "bypass", "translate" };
	int size, place, mode, node;
	const fdt32_t *iommus = fdt_getprop(r->fdt, domain, "iommus", &size);

	if (!iommus)
		return true;
	if (size != 8)
		return platform_fail(r, "node %s: expected one IOMMU and one stream ID in iommus", fdt_get_name(r->fdt, domain, NULL));
	node = platform_phandle(r, domain, "iommus", 0);
	if (node < 0)
		return false;
	place = platform_choice(r, node, "sbesim,position", places, 2);
	mode = place < 0 ? -1 : platform_choice(r, node, "sbesim,reset-mode", modes, 3);
	if (mode < 0)
		return false;
	cpu->translation = place == 0 ? PLATFORM_TRANSLATED_BEFORE_CACHE : PLATFORM_TRANSLATED_AFTER_CACHE;
	cpu->stream = fdt32_to_cpu(iommus[1]);
	cpu->stream_mode = (uint8_t)mode;
	for (unsigned int i = 0; i < cpu->windows; i++)
		cpu->window[i].boot_mapped = platform_name_in(r, domain, "sbesim,boot-mapped", cpu->window[i].name);
	return true;
}

bool platform_read_mpu(struct platform_reader *r, int node, struct platform_cpu *cpu)
{
	const char *names[MPU_KINDS];
	int kind;

	if (!fdt_getprop(r->fdt, node, "sbesim,mpu", NULL))
		return true;
	for (unsigned int i = 0; i < MPU_KINDS; i++)
		names[i] = mpu_kinds[i].name;
	kind = platform_choice(r, node, "sbesim,mpu", names, MPU_KINDS);
	if (kind < 0 || (kind != MPU_NONE && !platform_u32(r, node, "sbesim,mpu-regions", &cpu->mpu_regions)))
		return false;
	cpu->mpu = (uint8_t)kind;
	if (cpu->mpu_regions > MPU_REGIONS_MAX)
		return platform_fail(r, "node %s: expected at most %d in sbesim,mpu-regions, seen %u",
				     fdt_get_name(r->fdt, node, NULL), MPU_REGIONS_MAX, cpu->mpu_regions);
	return true;
}
