# SPDX-License-Identifier: BSD-3-Clause
"""IOMMU and MPU as programs meet them: what the host sets up, what the remote may reach, and who hears of a fault."""
import subprocess

import pytest
from conftest import BUILD, CONFORMS, PRELUDE, ROOT, VIOLATION, report, sbesim

ZYNQMP = ROOT / "models/platforms/zynqmp.dts"
STREAM = 0x10
SMMU = """
/ {{
	smmu: iommu@fd800000 {{
		compatible = "arm,mmu-500";
		#iommu-cells = <1>;
		sbesim,position = "{position}";
		sbesim,reset-mode = "{mode}";
	}};
	domains {{ remote {{ iommus = <&smmu 0x10>; sbesim,boot-mapped = "vdev0vring0"; }}; }};
}};
"""
MPU = '&r5f { sbesim,mpu = "v7-r"; sbesim,mpu-regions = <12>; };\n'
HOST_HEAD = PRELUDE + """
#define STREAM 0x10u

static struct hw_region area(const char *name)
{
	struct hw_region r;

	if (hw_region_get(name, &r))
		abort();
	return r;
}

static inline int identity(const char *name, uint32_t permission)
{
	struct hw_region r = area(name);

	return hw_iommu_map(STREAM, 0, r.da, r.da, r.size, permission);
}
"""
IDLE = "\nstatic int remote(void)\n{\n\treturn 0;\n}\n"
both_positions = pytest.mark.parametrize("position", ("before-cache", "after-cache"))


@pytest.fixture
def protected(tmp_path):
    """Runs a program of both sides on zynqmp with these lines added: what it prints; or, judged so, the violations and
    the timeline."""
    def go(text, lines, judged=None):
        (tmp_path / "board.dts").write_text(f'/include/ "{ZYNQMP}"\n{lines}')
        (tmp_path / "app.c").write_text(HOST_HEAD + text)
        subprocess.run([BUILD / "sbesim-cc", "-Wall", "-Werror", "app.c", "-o", "app.so"], cwd=tmp_path, check=True,
                       timeout=60)
        words = ("--platform", tmp_path / "board.dts", "--host", tmp_path / "app.so", "--remote", tmp_path / "app.so")
        if judged is not None:
            trace = tmp_path / "trace"
            said = report("conform", *words, "--surprises", "0", "--trace", trace, status=judged)
            return said["violations"], sbesim("show", trace).stdout.decode()
        done = sbesim("run", *words)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().splitlines()
    return go


def smmu(position, mode="translate"):
    return SMMU.format(position=position, mode=mode)


# ---- IOMMU ---------------------------------------------------------------------------------------


FAULT = """
static volatile unsigned int told;

static void on_fault(void *arg, uint64_t token)
{
	(void)arg;
	(void)token;
	told++;
}

static int host(void)
{
	struct hw_iommu_fault f;

	hw_iommu_on_fault(on_fault, NULL);
	SETUP
	hw_remote_start();
	while (!told)
		hw_wfi(0);
	while (hw_iommu_fault_read(&f))
		printf("%x %u %llx %u %u %u %u %u\\n", f.stream, f.context, (unsigned long long)f.da, f.size, f.store, f.cause,
		       f.alike, f.lost);
	return 0;
}

static int remote(void)
{
	volatile uint32_t *at = region("sbe-area0");

	ACCESS
	return 0;
}
"""
READ = "(void)at[0x40]; /* HERE */"
WRITE = "at[0x40] = 1; /* HERE */"


@both_positions
@pytest.mark.parametrize("setup, access, size_store_cause, cause", (
    ("", READ, "4 0 2", "IOMMU: no translation"),
    ("", WRITE, "4 1 2", "IOMMU: no translation"),
    ('identity("sbe-area1", HW_READ | HW_WRITE);', READ, "4 0 2", "IOMMU: no translation"),
    ('identity("sbe-area0", HW_READ);', "(void)at[0x40]; " + WRITE, "4 1 3", "IOMMU: no permission"),
    ("hw_iommu_set_mode(STREAM, HW_IOMMU_ABORT);", READ, "4 0 0", "IOMMU: no such stream"),
    ("", "hw_iommu_use_context(3); " + READ, "4 0 1", "IOMMU: no such context"),
))
def test_a_fault_reaches_both_sides(protected, position, setup, access, size_store_cause, cause):
    context = 3 if "use_context" in access else 0
    program = FAULT.replace("SETUP", setup).replace("ACCESS", access)
    violations, shown = protected(program, smmu(position), judged=VIOLATION)
    fault, = [one for one in violations if one["clause"] == "MEM-FAULT-01"]
    assert f"{'store' if 'at[0x40] = 1' in access else 'load'} of 4 bytes" in fault["message"]
    assert f"| {STREAM:x} {context} 70000100 {size_store_cause} 0 0\n" in shown, "the host's record"
    assert "-- IOMMU FAULT: " in shown and shown.count(f": {cause}\n") == 2, shown


def test_what_is_mapped_is_reached_at_the_address_it_is_mapped_to(protected):
    program = """
static int host(void)
{
	struct hw_region from = area("sbe-area0"), to = area("sbe-area1");
	volatile uint32_t *seen = to.va;

	seen[1] = 0;
	hw_cache_flush((void *)seen, 64);
	hw_dsb();
	printf("%d\\n", hw_iommu_map(STREAM, 0, from.da, to.da, 0x10000, HW_READ | HW_WRITE));
	printf("%d\\n", hw_iommu_map(STREAM, 0, from.da, to.da, 0x1000, HW_READ));
	hw_remote_start();
	hw_sleep_ns(100000);
	hw_cache_invalidate((void *)seen, 64);
	printf("%x\\n", seen[1]);
	return 0;
}

static int remote(void)
{
	volatile uint32_t *at = region("sbe-area0");

	at[1] = 0xabcd;
	hw_cache_flush((void *)at, 64);
	hw_dsb();
	return 0;
}
"""
    for position in ("before-cache", "after-cache"):
        assert protected(program, smmu(position)) == ["host: 0", "host: -4", "host: abcd"]


STALE = """
static int host(void)
{
	struct hw_region r = area("sbe-area0");

	identity("sbe-area0", HW_READ | HW_WRITE);
	printf("%d\\n", hw_iommu_unmap(STREAM, 0, r.da, r.size));
	INVALIDATE
	hw_remote_start();
	hw_sleep_ns(100000);
	return 0;
}

static int remote(void)
{
	volatile uint32_t *at = region("sbe-area0");

	(void)at[0]; /* HERE */
	printf("reached\\n");
	return 0;
}
"""


@both_positions
@pytest.mark.parametrize("invalidate", (
    "", 'hw_iommu_invalidate(STREAM, 0, area("sbe-area1").da, 0x1000);',
    "hw_iommu_invalidate_all(HW_IOTLB_CONTEXT, 0x11, 0);",
))
def test_an_unmapped_page_is_reached_until_it_is_invalidated(protected, position, invalidate):
    assert protected(STALE.replace("INVALIDATE", invalidate), smmu(position)) == ["host: 0", "remote: reached"]


@both_positions
@pytest.mark.parametrize("invalidate", (
    "hw_iommu_invalidate(STREAM, 0, r.da + 0x1000, UINT64_MAX); hw_iommu_invalidate(STREAM, 0, r.da, 1);",
    "hw_iommu_invalidate_all(HW_IOTLB_CONTEXT, STREAM, 0);",
    "hw_iommu_invalidate_all(HW_IOTLB_STREAM, STREAM, 5);", "hw_iommu_invalidate_all(HW_IOTLB_ALL, 7, 7);",
))
def test_an_invalidated_page_is_not(protected, position, invalidate):
    violations, shown = protected(STALE.replace("INVALIDATE", invalidate), smmu(position), judged=VIOLATION)
    assert "MEM-FAULT-01" in [one["clause"] for one in violations]
    assert "invalidates the IOTLB" in shown and "reached" not in shown


@both_positions
def test_boot_firmware_maps_before_the_host_runs(protected, position):
    program = "static int host(void)\n{\n\thw_remote_start();\n\treturn 0;\n}\n" + """
static int remote(void)
{
	printf("%d\\n", ((volatile uint8_t *)region("vdev0vring0"))[0] >= 0);
	return 0;
}
"""
    assert protected(program, smmu(position)) == ["remote: 1"]


@both_positions
def test_a_context_is_an_address_space(protected, position):
    program = """
static int host(void)
{
	struct hw_region a = area("sbe-area0"), b = area("sbe-area1");

	((volatile uint32_t *)a.va)[0] = 1;
	((volatile uint32_t *)b.va)[0] = 2;
	hw_cache_flush(a.va, 64);
	hw_cache_flush(b.va, 64);
	hw_dsb();
	identity("sbe-area0", HW_READ);
	printf("%d\\n", hw_iommu_map(STREAM, 2, a.da, b.da, 0x1000, HW_READ));
	printf("%d\\n", hw_iommu_context_create(STREAM, 2));
	printf("%d\\n", hw_iommu_map(STREAM, 2, a.da, b.da, 0x1000, HW_READ));
	hw_remote_start();
	return 0;
}

static int remote(void)
{
	volatile uint32_t *at = region("sbe-area0");

	printf("%u\\n", at[0]);
	hw_cache_invalidate((void *)at, 64);
	printf("%d\\n", hw_iommu_use_context(2));
	hw_cache_invalidate((void *)at, 64);
	printf("%u\\n", at[0]);
	printf("%d\\n", hw_iommu_use_context(8));
	return 0;
}
"""
    assert protected(program, smmu(position)) == [
        "host: -2", "host: 0", "host: 0", "remote: 1", "remote: 0", "remote: 2", "remote: -2"]


def test_calls_are_refused_with_their_reason(protected):
    host = """
static int host(void)
{
	struct hw_region r = area("sbe-area0"), other = area("sbe-area1");
	struct hw_iommu_fault f;

	printf("%d ", hw_iommu_map(STREAM + 1, 0, r.da, r.da, 0x1000, HW_READ));
	printf("%d ", hw_iommu_map(STREAM, 1, r.da, r.da, 0x1000, HW_READ));
	printf("%d ", hw_iommu_map(STREAM, 0, r.da, r.da + 1, 0x1000, HW_READ));
	printf("%d ", hw_iommu_map(STREAM, 0, r.da, 0, UINT64_MAX, HW_READ));
	printf("%d ", hw_iommu_map(STREAM, 0, other.da, r.da, 0x1000, HW_READ));
	printf("%d ", hw_iommu_map(STREAM, 0, other.da, r.da, 0x1000, HW_READ));
	printf("%d ", hw_iommu_unmap(STREAM, 0, r.da, 0x1000));
	printf("%d ", hw_iommu_map(STREAM, 0, other.da + 0x1000, r.da, 0x1000, HW_READ));
	printf("%d ", hw_iommu_map(STREAM, 0, other.da + 0x2000, r.da, 0x1000, HW_READ));
	printf("%d ", hw_iommu_set_mode(STREAM + 1, HW_IOMMU_BYPASS));
	printf("%d ", hw_iommu_context_create(STREAM, 8));
	printf("%d ", hw_iommu_context_destroy(STREAM, 0));
	printf("%d ", hw_iommu_invalidate(STREAM, 1, 0, 1));
	printf("%d ", hw_iommu_invalidate_all(HW_IOTLB_STREAM, STREAM + 1, 0));
	printf("%d ", hw_iommu_fault_read(&f));
	printf("%d\\n", hw_iommu_use_context(0));
	hw_remote_start();
	return 0;
}
"""
    remote = """
static int remote(void)
{
	printf("%d ", hw_iommu_map(STREAM, 0, 0, 0, 0x1000, HW_READ));
	printf("%d ", hw_iommu_unmap(STREAM, 0, 0, 0x1000));
	printf("%d ", hw_iommu_invalidate(STREAM, 0, 0, 0x1000));
	printf("%d ", hw_iommu_invalidate_all(HW_IOTLB_ALL, 0, 0));
	printf("%d ", hw_iommu_set_mode(STREAM, HW_IOMMU_BYPASS));
	printf("%d ", hw_iommu_context_create(STREAM, 1));
	printf("%d\\n", hw_iommu_context_destroy(STREAM, 1));
	return 0;
}
"""
    aliases = "0 -4 -5 0 -6"  # a cache above the IOMMU holds memory under two device addresses, not three
    assert protected(host + remote, smmu("after-cache")) == [
        f"host: -1 -2 -3 -3 {aliases} -1 -2 -2 -2 -1 0 -1", "remote: -1 -1 -1 -1 -1 -1 -1"]


ALIASES = """
static inline void map_three(struct hw_region r, struct hw_region to)
{
	for (unsigned int i = 0; i < 3; i++)
		printf("%d\\n", hw_iommu_map(STREAM, 0, r.da + i * 4096, to.da, 4096, HW_READ));
}

static int host(void)
{
	struct hw_region r = area("sbe-area0"), to = area("sbe-area1");

	SETUP
	return 0;
}
""" + IDLE
THREE = "map_three(r, to); "
UNMAP = "hw_iommu_unmap(STREAM, 0, r.da, r.size); "


@pytest.mark.parametrize("setup, answers", (
    (THREE, "0 0 -6"),
    # One that only the IOTLB has still counts, until it is gone.
    ("hw_iommu_map(STREAM, 0, r.da + 8192, to.da, 4096, HW_READ); " + UNMAP + THREE, "0 -6 0"),
    ("hw_iommu_map(STREAM, 0, r.da + 8192, to.da, 4096, HW_READ); " + UNMAP +
     "hw_iommu_invalidate_all(HW_IOTLB_ALL, 0, 0); " + THREE, "0 0 -6"),
    # One that only another context has may be used at any time.
    ("hw_iommu_context_create(STREAM, 1); hw_iommu_map(STREAM, 1, to.da, to.da, 4096, HW_READ); " + THREE, "0 -6 -6"),
    # Bypassing, every page stands for itself.
    ("hw_iommu_set_mode(STREAM, HW_IOMMU_BYPASS); " + THREE, "0 -6 -6"),
    (THREE + 'printf("%d\\n", hw_iommu_set_mode(STREAM, HW_IOMMU_BYPASS)); ' +
     'printf("%d\\n", hw_iommu_set_mode(STREAM, HW_IOMMU_ABORT)); ', "0 0 -6 -6 0"),
))
def test_a_cache_holds_memory_under_two_device_addresses_and_not_three(protected, setup, answers):
    said = protected(ALIASES.replace("SETUP", setup), smmu("after-cache"))
    assert said == [f"host: {one}" for one in answers.split()]


def test_before_a_cache_any_number_of_addresses_is_good(protected):
    assert protected(ALIASES.replace("SETUP", THREE), smmu("before-cache")) == ["host: 0", "host: 0", "host: 0"]


STORM = """
static int host(void)
{
	struct hw_region r = area("sbe-area0");
	struct hw_iommu_fault f;

	identity("sbe-area0", HW_READ | HW_WRITE);
	hw_remote_start();
	hw_sleep_ns(100000);
	hw_iommu_unmap(STREAM, 0, r.da, r.size);
	hw_iommu_invalidate(STREAM, 0, r.da, r.size);
	hw_sleep_ns(1000000);
	while (hw_iommu_fault_read(&f))
		printf("%llx %u %u\\n", (unsigned long long)f.da, f.alike, f.lost);
	return 0;
}

/* Stores to LINES lines of each of 12 pages, and flushes them when their pages are gone. */
static int remote(void)
{
	volatile uint8_t *at = region("sbe-area0");

	for (unsigned int page = 0; page < 12; page++)
		for (unsigned int line = 0; line < LINES; line++)
			at[page * 4096 + line * 32] = 1;
	hw_sleep_ns(300000);
	hw_cache_flush((void *)at, 12 * 4096);
	hw_dsb();
	return 0;
}
"""


@pytest.mark.parametrize("lines, told", ((1, 9), (6, 33)))
def test_a_storm_of_faults_is_bounded(protected, lines, told):
    """Of 12 pages 8 have a record, of which the first four faults are told; of the others the first."""
    violations, shown = protected(STORM.replace("LINES", str(lines)), smmu("after-cache"), judged=CONFORMS)
    assert not violations, "nobody reads what is lost"
    for page in range(8):
        assert f"| {0x70000000 + page * 4096:x} {lines - 1} {0 if page else 4 * lines}\n" in shown
    assert shown.count("IOMMU FAULT") == told
    assert shown.count("; no room for its record\n") == 1
    assert shown.count("; 3 like it before\n") == (8 if lines > 3 else 0)


# ---- MPU -----------------------------------------------------------------------------------------


REGIONS = """
static int host(void)
{
	hw_remote_start();
	return 0;
}

static int remote(void)
{
	volatile uint32_t *at = region("sbe-area0");
	struct hw_region r = area("sbe-area0");
	struct hw_mpu_region all = { .da = 0, .size = UINT64_C(1) << 32, .access = HW_READ | HW_WRITE };
	struct hw_mpu_region read = { .da = r.da, .size = 0x1000, .access = HW_READ | HW_MPU_CACHEABLE };

	(void)all, (void)read;
	at[0x40] = 1;
	PROGRAM
	return 0;
}
"""


@pytest.mark.parametrize("program, what, cause", (
    ("hw_mpu_enable(true, false); (void)at[0x40];", "load", "MPU: no region"),
    ("hw_mpu_set(0, &all); hw_mpu_set(1, &read); hw_mpu_enable(true, false); (void)at[0x40]; at[0x40] = 2;", "store",
     "MPU: no permission"),
    ("hw_mpu_set(0, &all); hw_mpu_set(1, &read); hw_mpu_enable(true, false); read.sub_regions_disabled = 2; "
     "hw_mpu_set(1, &read); at[0x80] = 2; at[0x40] = 2;", "store", "MPU: no permission"),
))
def test_what_a_region_forbids_faults(protected, program, what, cause):
    violations, shown = protected(REGIONS.replace("PROGRAM", program), MPU, judged=VIOLATION)
    fault, = [one for one in violations if one["clause"] == "MEM-FAULT-01"]
    assert f"{what} of 4 bytes at 0x70000100" in fault["message"]
    assert f": {cause}\n" in shown


@pytest.mark.parametrize("program", (
    "hw_mpu_set(1, &read); at[0x40] = 2;",
    "hw_mpu_enable(true, true); at[0x40] = 2;",
    "hw_mpu_set(1, &all); hw_mpu_set(0, &read); hw_mpu_enable(true, false); at[0x40] = 2;",
    "hw_mpu_set(0, &read); read.size = 0; hw_mpu_set(0, &read); hw_mpu_enable(true, true); at[0x40] = 2;",
    "hw_mpu_set(0, &all); read.sub_regions_disabled = 1; hw_mpu_set(1, &read); "
    "hw_mpu_enable(true, false); at[0x40] = 2;",
))
def test_what_no_region_forbids_is_allowed(protected, program):
    assert protected(REGIONS.replace("PROGRAM", program + ' printf("stored\\n");'), MPU) == ["remote: stored"]


def test_a_region_is_refused_with_its_reason(protected):
    regions = ("0, 48, 0, HW_READ", "32, 64, 0, HW_READ", "0, 128, 1, HW_READ", "UINT64_C(1) << 32, 32, 0, HW_READ",
               "0, 32, 0, HW_WRITE", "0, 32, 0, HW_READ")
    program = "int is[6]; "
    for i, one in enumerate(regions):
        program += f"is[{i}] = hw_mpu_set(0, &(struct hw_mpu_region){{ {one} }}); "
    program += 'printf("%d %d %d %d %d %d %d\\n", is[0], is[1], is[2], is[3], is[4], is[5], hw_mpu_set(12, &all)); '
    program += "hw_mpu_enable(true, false); at[0x40] = 2;"
    violations, shown = protected(REGIONS.replace("PROGRAM", program), MPU, judged=VIOLATION)
    assert violations
    assert "| -2 -3 -4 -5 -6 0 -1\n" in shown
    for sentence in ("the architecture has no region of that size", "the address does not fit the size",
                     "a region of that size has no sub-regions", "it ends beyond 4 GiB",
                     "the architecture cannot grant that", "the core has no region of that number"):
        assert shown.count(f"refused: {sentence}") == 1, sentence


def test_every_run_begins_with_the_mpu_off(tmp_path, protected):
    """What a run programs would forbid the next one's first store."""
    program = REGIONS.replace("PROGRAM", "hw_mpu_set(0, &all); hw_mpu_set(1, &read); hw_mpu_enable(true, false);")
    assert protected(program, MPU) == []
    words = ("--platform", tmp_path / "board.dts", "--host", tmp_path / "app.so", "--remote", tmp_path / "app.so")
    said = report("conform", *words, "--seeds", "3")
    assert (said["verdict"], said["violations"]) == ("pass", [])


# ---- Shipped platforms ---------------------------------------------------------------------------


OUTSIDE = """
static int host(void)
{
	hw_remote_start();
	return 0;
}

static int remote(void)
{
	struct hw_region own = area("sbe-area0"), others = area("sbe-area1");
	struct hw_mpu_region mine = { .da = own.da, .size = own.size, .access = HW_READ | HW_WRITE };
	volatile uint32_t *at = own.va, *outside = others.va;

	at[0] = outside[0] = 1;
	printf("%d %d\\n", hw_mpu_set(REGIONS - 1, &mine), hw_mpu_set(REGIONS, &mine));
	hw_mpu_enable(ENABLED, false);
	for (unsigned int i = 0; i < own.size / 4; i += 256)
		at[i] = i;
	THEN /* HERE */
	return 0;
}
"""
MPUS = (("zynqmp", 16), ("am64x", 16), ("am263x", 16), ("imx8mp", 16), ("stm32mp15", 8), ("am64x-m4f", 8), ("am62x", 8))


@pytest.fixture
def shipped(tmp_path):
    """Judges a program of both sides on a shipped platform: clause, line and message of each violation, and what is printed."""
    def go(platform, text, status):
        text = HOST_HEAD + text
        (tmp_path / "app.c").write_text(text)
        subprocess.run([BUILD / "sbesim-cc", "app.c", "-o", "app.so"], cwd=tmp_path, check=True, timeout=60)
        words = ("--platform", platform, "--host", tmp_path / "app.so", "--remote", tmp_path / "app.so")
        said = report("conform", *words, "--surprises", "0", status=status)
        here = [number for number, line in enumerate(text.splitlines(), 1) if "/* HERE */" in line]
        found = [(one["clause"], one["where"][0]["line"] in here, one["message"]) for one in said["violations"]]
        return found, sbesim("run", *words).stdout.decode().splitlines()
    return go


def outside(regions, then, enabled="true"):
    return OUTSIDE.replace("REGIONS", str(regions)).replace("ENABLED", enabled).replace("THEN", then)


@pytest.mark.parametrize("platform, regions", MPUS)
@pytest.mark.parametrize("then, what", (("outside[0] = 2;", "store"), ("(void)outside[0];", "load"), ("at[own.size / 4] = 2;", "store")))
def test_a_remote_that_leaves_its_region_faults_there(shipped, platform, regions, then, what):
    ((clause, here, message),), printed = shipped(platform, outside(regions, then), VIOLATION)
    assert (clause, here) == ("MEM-FAULT-01", True) and f"the remote's {what}" in message
    assert printed[0] == "remote: 0 -1"


@pytest.mark.parametrize("platform, regions", MPUS)
@pytest.mark.parametrize("enabled, then", (("true", "at[own.size / 4 - 1] = 2;"), ("false", "outside[0] = 2;")))
def test_one_that_stays_inside_or_leaves_the_mpu_off_as_reset_does_not(shipped, platform, regions, enabled, then):
    assert shipped(platform, outside(regions, then, enabled), CONFORMS) == ([], ["remote: 0 -1"])


RESET = """
static int host(void)
{
	volatile uint32_t *lives = region("vdev0buffer");

	lives[0] = 0;
	hw_remote_start();
	hw_sleep_ns(1000000);
	return 0;
}

static int remote(void)
{
	volatile uint32_t *lives = region("vdev0buffer");

	if (lives[0]++ == 0) {
		hw_mpu_enable(true, false);
		THEN /* HERE */
		hw_power(HW_SELF, HW_POWER_RESET);
	}
	printf("%u lives\\n", lives[0]);
	return 0;
}
"""


def test_a_cpu_comes_out_of_reset_with_its_mpu_off(shipped):
    assert shipped("zynqmp", RESET.replace("THEN", ""), CONFORMS) == ([], ["remote: 2 lives"])
    ((clause, here, _),), _ = shipped("zynqmp", RESET.replace("THEN", "(void)lives[0];"), VIOLATION)
    assert (clause, here) == ("MEM-FAULT-01", True)


BEHIND_A_MMU = """
static int host(void)
{
	struct hw_region r = area("sbe-area0");

	/* The second page of 64 KiB. */
	if (hw_iommu_unmap(0, 0, r.da + 0x10000, 0x10000) || hw_iommu_invalidate(0, 0, r.da, r.size) || BACK)
		return 1;
	hw_remote_start();
	hw_sleep_ns(1000000);
	return 0;
}

static int remote(void)
{
	volatile uint32_t *at = region("sbe-area0");

	at[0x3fff] = 1;
	at[0x4000] = 2; /* HERE */
	hw_cache_clean(at, 0x10040);
	hw_dsb();
	return 0;
}
"""


@pytest.mark.parametrize("back, violated", (("0", True), (
    "hw_iommu_map(0, 0, r.da + 0x10000, r.da + 0x10000, 0x10000, HW_READ | HW_WRITE)", False)))
def test_behind_am57xs_mmu_a_page_that_the_host_took_away_cannot_be_filled(shipped, back, violated):
    found, _ = shipped("am57x", BEHIND_A_MMU.replace("BACK", back), VIOLATION if violated else CONFORMS)
    assert [(clause, here) for clause, here, _ in found] == [("MEM-FAULT-01", True)] * violated
