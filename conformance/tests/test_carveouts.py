# SPDX-License-Identifier: BSD-3-Clause
"""The memory that a remote's resource table asks for: the host gives it, writes where into the table, and takes it back."""
import pytest
from conftest import BUILD, ROOT, VIOLATION, report, sbesim

PLATFORM = "zynqmp-heaps"
PROGRAM = """
#include "host-shim/sbe_host.h"
#include "remote-shim/sbe_remote.h"

static const __attribute__((section(".resource_table"), used)) struct {
	uint32_t ver, num, reserved[2], offset[3];
	struct fw_rsc_carveout fixed, open;
	struct fw_rsc_vdev vdev;
} firmware = {
	.ver = %(ver)s, .num = 3, .offset = { 28, 28 + 56, 28 + 56 + 56 },
	.fixed = { .type = %(fixed_type)s, .da = %(fixed_da)s, .pa = %(fixed_pa)s, .len = %(fixed_len)s, .name = "fixed" },
	.open = { .type = RSC_CARVEOUT, .da = %(open_da)s, .pa = FW_RSC_ADDR_ANY, .len = %(open_len)s, .name = "open" },
	.vdev = { .type = RSC_VDEV, .id = VIRTIO_ID_RPMSG, .dfeatures = 1, .num_of_vrings = 2,
		  .vring = { { .da = FW_RSC_ADDR_ANY, .align = 4096, .num = 8, .notifyid = 0 },
			     { .da = FW_RSC_ADDR_ANY, .align = 4096, .num = 8, .notifyid = 1 } } },
};

static struct sbe_host my_host;
static const char *const pools[] = { "ocm", "btcm", NULL };
static const struct carveouts_source source = { .pools = pools, .translated = %(translated)s, .stream = 0x10 };

/* What the remote finds in the table, and keeps there. */
static volatile uint32_t *find(const char *name)
{
	struct hw_region table;
	struct fw_rsc_carveout *is;

	if (hw_region_get("rsc-table", &table))
		abort();
	hw_cache_invalidate(table.va, sizeof(firmware));
	is = resources_check(table.va, sizeof(firmware)) ? NULL : resources_find_carveout(table.va, name);
	return is ? hw_da_to_va(is->da, is->len) : NULL;
}

static int remote(void)
{
	volatile uint32_t *fixed = find("fixed"), *open = find("open");

	if (!fixed || !open)
		return 1;
	fixed[0] = 0xf1;
	open[%(open_len)s / 4 - 1] = 0x0e;
	hw_cache_clean(fixed, 4);
	hw_cache_clean(open, %(open_len)s);
	hw_dsb();
	return 0;
}

static int host(void)
{
	const struct carveout *fixed, *open;
	int rc = sbe_host_open_table(&my_host, &source);

	if (rc) {
		printf("%%s: %%s\\n", sbe_status_name(rc), my_host.carveouts.why);
		return 0;
	}
	fixed = carveouts_find(&my_host.carveouts, "fixed");
	open = carveouts_find(&my_host.carveouts, "open");
	hw_sleep_ns(1000000);
	printf("fixed %%x %%x %%x, open %%x %%x %%x\\n", fixed->da, fixed->pa, (%(seen)s)[0], open->da, open->pa,
	       ((volatile uint32_t *)open->va)[%(open_len)s / 4 - 1]);
	%(close)s
	return carveouts_find(&my_host.carveouts, "nothing") != NULL;
}
"""
GOOD = dict(ver="1", translated="false", fixed_type="RSC_CARVEOUT", fixed_da="0xffe22000", fixed_pa="0", fixed_len="0x800",
            open_da="FW_RSC_ADDR_ANY", open_len="0x1040", seen="(volatile uint32_t *)fixed->va", close="sbe_host_close_table(&my_host);")
LIBRARY = ("-I", ROOT, "-Wl,--whole-archive", BUILD / "libsbe.a", "-Wl,--no-whole-archive")


@pytest.fixture
def table(app):
    """What the programs print, and the clauses that are violated; of the good table with some things changed."""
    def go(status=0, platform=PLATFORM, **changed):
        image = app(PROGRAM % (GOOD | changed), *LIBRARY)
        words = ("--host", image, "--remote", image, "--platform", platform)
        done = sbesim("run", *words)
        said = report("conform", *words, "--profile", "rpmsg", "--surprises", "0", status=status)
        return done.stdout.decode().splitlines(), [one["clause"] for one in said["violations"]]
    return go


def test_a_fixed_and_an_open_carve_out_are_given_told_and_used(table):
    assert table() == (["host: fixed ffe22000 ffe22000 f1, open ffe20000 ffe20000 e"], [])


def test_a_host_that_caches_the_table_cleans_what_it_loaded_and_what_it_chose(table, tmp_path):
    (tmp_path / "cached.dts").write_text(f"""/include/ "{ROOT}/models/platforms/{PLATFORM}.dts"
/ {{ domains {{ host {{ sbesim,cached = "rsc-table", "sbe-area0", "sbe-area1"; }}; }}; }};
""")
    assert table(platform=tmp_path / "cached.dts") == table()


def test_an_open_one_goes_round_a_fixed_one(table):
    out, _ = table(fixed_da="0xffe20000")
    assert out == ["host: fixed ffe20000 ffe20000 f1, open ffe21000 ffe21000 e"]


def test_where_da_is_open_pa_says_where(table):
    out, _ = table(fixed_da="FW_RSC_ADDR_ANY", fixed_pa="0xffe24000")
    assert out == ["host: fixed ffe24000 ffe24000 f1, open ffe20000 ffe20000 e"]


def test_all_that_is_free_is_given_and_a_byte_more_is_not(table):
    out, _ = table(fixed_da="0xffe2f800", open_len="0xf800")
    assert out == ["host: fixed ffe2f800 ffe2f800 f1, open ffe20000 ffe20000 e"]
    out, leaks = table(fixed_da="0xffe2f800", open_len="0xf804")
    assert out == ['host: SBE_ENOMEM: the remote\'s resource table: carve-out "open" of 0xf804 bytes: expected at most what is free in one '
                   'pool, seen no pool with so much'] and not leaks


@pytest.mark.parametrize("wrong, name, sentence", (
    (dict(open_da="0xffe22400"), "open",
     'expected memory at 0xffe22400 that nothing else has, seen "fixed" at 0xffe22000 of 0x800 bytes'),
    (dict(open_da="0xffe21000"), "open",
     'expected memory at 0xffe21000 that nothing else has, seen "fixed" at 0xffe22000 of 0x800 bytes'),
    (dict(fixed_len="0xe040"), "fixed", "expected free memory of one pool from 0xffe22000 on, seen no pool that has it"),
    (dict(fixed_da="0x70000000"), "fixed", "expected free memory of one pool from 0x70000000 on, seen no pool that has it"),
    (dict(fixed_len="0"), "fixed", "expected a length, seen 0"),
    (dict(fixed_pa="0xffe20000"), "fixed",
     "expected pa to be da 0xffe22000 where no IOMMU translates, seen 0xffe20000"),
    (dict(fixed_type="RSC_DEVMEM"), "fixed", "expected an IOMMU that maps device memory, seen none"),
))
def test_what_cannot_be_given_is_refused_with_a_sentence_and_nothing_is_kept(table, wrong, name, sentence):
    (line,), leaks = table(**wrong)
    size = wrong.get(f"{name}_len", GOOD[f"{name}_len"])
    assert line == f'host: SBE_ENOMEM: the remote\'s resource table: carve-out "{name}" of {size} bytes: {sentence}'.replace(" 0 b", " 0x0 b")
    assert not leaks


def test_a_table_that_is_none_is_refused_too(table):
    out, clauses = table(ver="2", status=VIOLATION)
    assert out == ["host: SBE_ENOMEM: the remote's resource table: expected version 1, seen another"]
    assert clauses == ["RSC-TABLE-01"]


ALL_OR_NOTHING = """
#include "host-shim/carveouts.h"

static int host(void)
{
	static const char *const pools[] = { "btcm", NULL };
	static const struct carveouts_source source = { .pools = pools };
	static struct carveouts given;
	struct {
		uint32_t ver, num, reserved[2], offset[2];
		struct fw_rsc_carveout first, second;
	} table = { 1, 2, { 0, 0 }, { 24, 80 }, { .da = FW_RSC_ADDR_ANY, .len = 0x8000, .name = "first" },
		    { .da = FW_RSC_ADDR_ANY, .len = 0x8000 SECOND, .name = "second" } };
	struct hw_dmabuf rest;

	printf("%d", carveouts_open(&given, &source, &table, sizeof(table)));
	printf(" %u %d\\n", given.count, hw_carveout_alloc("btcm", HW_ANYWHERE, 0x10000, 64, &rest));
	carveouts_close(&given);
	return 0;
}

static int remote(void)
{
	return 0;
}
"""


@pytest.mark.parametrize("second, said", (("", "0 2 -3"), ("+ 1", "-1 0 0")))
def test_a_table_is_given_all_or_nothing(app, second, said):
    image = app(ALL_OR_NOTHING.replace("SECOND", second), *LIBRARY)
    done = sbesim("run", "--host", image, "--remote", image, "--platform", PLATFORM)
    assert done.stdout.decode() == f"host: {said}\n"


# ---- Behind an IOMMU -----------------------------------------------------------------------------

BEHIND = dict(translated="true", fixed_da="0x70100000", fixed_pa="FW_RSC_ADDR_ANY", fixed_len="0x1000", open_len="0x2000")


@pytest.fixture(params=("before-cache", "after-cache"))
def translated(request, tmp_path):
    """The platform with an IOMMU in front of the remote, and boot firmware that maps what the table does not ask for."""
    (tmp_path / "board.dts").write_text(f"""/include/ "{ROOT}/models/platforms/zynqmp-heaps.dts"
/ {{
	smmu: iommu@fd800000 {{
		compatible = "arm,mmu-500";
		#iommu-cells = <1>;
		sbesim,position = "{request.param}";
		sbesim,reset-mode = "translate";
	}};
	domains {{
		remote {{
			iommus = <&smmu 0x10>;
			sbesim,boot-mapped = "rsc-table", "vdev0vring0", "vdev0vring1", "vdev0buffer";
		}};
	}};
}};
""")
    return tmp_path / "board.dts"


def test_a_device_address_is_where_the_iommu_maps_what_the_pool_gave(table, translated):
    assert table(platform=translated, **BEHIND) == (["host: fixed 70100000 ffe20000 f1, open ffe21000 ffe21000 e"], [])


def test_there_pa_may_say_where_in_memory(table, translated):
    out, _ = table(platform=translated, **BEHIND | dict(fixed_pa="0xffe25000"))
    assert out == ["host: fixed 70100000 ffe25000 f1, open ffe20000 ffe20000 e"]


def test_device_memory_is_mapped_and_not_allocated(table, translated):
    changed = BEHIND | dict(fixed_type="RSC_DEVMEM", fixed_pa="0x70000000", seen="(volatile uint32_t *)region(\"sbe-area0\")")
    assert table(platform=translated, **changed) == (["host: fixed 70100000 70000000 f1, open ffe20000 ffe20000 e"], [])


@pytest.mark.parametrize("wrong, why", (
    (dict(fixed_len="0x1040"), "expected device addresses from 0x70100000, in whole pages, that its IOMMU can map, seen error -3"),
    (dict(fixed_da="0x3ed40000"), "expected device addresses from 0x3ed40000, in whole pages, that its IOMMU can map, seen error -4"),
))
def test_what_the_iommu_cannot_map_is_refused_and_given_back(table, translated, wrong, why):
    (line,), leaks = table(platform=translated, **BEHIND | wrong)
    assert line.endswith(why) and not leaks


def test_a_host_that_does_not_give_it_back_leaks_it(table):
    assert set(table(close="")[1]) == {"MEM-LEAK-01"}
