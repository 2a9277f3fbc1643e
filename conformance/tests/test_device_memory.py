# SPDX-License-Identifier: BSD-3-Clause
"""Device memory as hosted programs meet it: rings in it conform, its stores keep their order, unaligned accesses fault;
each with its twin on memory that is none."""
import json

import pytest
from conftest import ROOT, report, sbesim

SHARED = ("vdev0vring0", "vdev0vring1", "vdev0buffer")


def platform(tmp_path, name, host=(), remote=()):
    """A shipped platform whose host and remote take those of their regions for device memory."""
    def domain(side, names):
        return f"{side} {{ sbesim,device = {', '.join(map(json.dumps, names))}; }};" if names else ""
    path = tmp_path / "device.dts"
    path.write_text(f'/include/ "{ROOT}/models/platforms/{name}.dts"\n'
                    f"/ {{ domains {{ {domain('host', host)} {domain('remote', remote)} }}; }};\n")
    return path


# ---- Rings

@pytest.mark.parametrize("name, surprises", (("zynqmp", 1), ("zynqmp-buffered", 0)))
def test_the_reference_pair_conforms_on_rings_and_buffers_in_device_memory(name, surprises, tmp_path):
    found = report("conform", "--platform", platform(tmp_path, name, SHARED, SHARED), "--surprises", surprises)
    assert found["verdict"] == "pass" and not found["violations"]


def test_it_does_when_one_side_alone_maps_them_so(tmp_path):
    path = platform(tmp_path, "zynqmp-buffered", SHARED)
    assert report("conform", "--platform", path, "--surprises", 0)["verdict"] == "pass"


# ---- What a program is told

TOLD = """
static int host(void)
{
	struct hw_region r;

	for (const char **name = (const char *[]){"vdev0vring0", "vdev0vring1", "sbe-area0", NULL}; *name; name++)
		printf("%s %d\\n", *name, hw_region_get(*name, &r) ? -1 : (int)r.attr);
	return 0;
}

static int remote(void)
{
	return 0;
}
"""


def test_a_program_is_told_which_of_its_regions_is_device_memory(app, tmp_path):
    image = app(TOLD)
    path = platform(tmp_path, "zynqmp", ["vdev0vring0"])
    said = sbesim("run", "--platform", path, "--host", image, "--remote", image).stdout.decode()
    assert "host: vdev0vring0 2\n" in said and "host: vdev0vring1 0\n" in said and "host: sbe-area0 1\n" in said


# ---- Order

# Two words: is the second ever seen without the first?
ORDER = """
static int host(void)
{
	volatile uint32_t *first = region("vdev0buffer"), *second = region("@");

	first[0] = second[64] = first[128] = 0;
	hw_dsb();
	assert(!hw_remote_start());
	while (first[128] != 1)
		;
	first[0] = 7;
	second[64] = 7;
	hw_sleep_ns(5000);
	hw_dsb();
	return 0;
}

static int remote(void)
{
	volatile uint32_t *first = region("vdev0buffer"), *second = region("@");

	first[128] = 1;
	while (second[64] != 7)
		;
	printf("%s\\n", first[0] == 7 ? "in order" : "out of order");
	return 0;
}
"""


@pytest.mark.parametrize("second, devices, may_reorder", (("vdev0buffer", ("vdev0buffer",), False),
                                                          ("vdev0buffer", (), True),
                                                          ("vdev0vring0", SHARED, True),
                                                          ("vdev0vring0", ("vdev0buffer",), True)))
def test_stores_arrive_out_of_order_but_to_one_peripheral(second, devices, may_reorder, app, tmp_path):
    image = app(ORDER.replace("@", second))
    path = platform(tmp_path, "zynqmp-buffered", devices)
    said = [sbesim("run", "--platform", path, "--host", image, "--remote", image, "--seed", seed).stdout.decode()
            for seed in range(150)]
    assert all("remote: " in text for text in said)
    assert any("out of order" in text for text in said) == may_reorder


# ---- Alignment

TOUCH = """
static int host(void)
{
	char *at = region("vdev0buffer");
	uint64_t local = 0;

	(void)at;
	@; /* HERE */
	return (int)local;
}

static int remote(void)
{
	return 0;
}
"""
UNALIGNED = {
    "load of 2": "local = *(volatile uint16_t *)(at + 1) * 0",
    "load of 4": "local = *(volatile uint32_t *)(at + 2) * 0",
    "load of 8": "local = *(volatile uint64_t *)(at + 4) * 0",
    "store of 2": "*(volatile uint16_t *)(at + 63) = 1",
    "store of 4": "*(volatile uint32_t *)(at + 5) = 1",
    "store of 8": "*(volatile uint64_t *)(at + 60) = 1",
    "beginning in other memory": "*(volatile uint32_t *)((char *)region(\"vdev0vring1\") - 2) = 1",
    "increment": "++*(volatile uint32_t *)(at + 2)",
    "atomic": "__atomic_fetch_add((uint32_t *)(at + 2), 1, __ATOMIC_RELAXED)",
}
ALIGNED = {
    "a byte": "*(volatile uint8_t *)(at + 1) = 1",
    "load of 2": "local = *(volatile uint16_t *)(at + 2) * 0",
    "load of 4": "local = *(volatile uint32_t *)(at + 4) * 0",
    "store of 8": "*(volatile uint64_t *)(at + 8) = 1",
    "memcpy": "memcpy(at + 1, \"abcdefgh\", 8)",
    "memset": "memset(at + 3, 7, 4)",
}


def judged(app, tmp_path, touch, devices, flags=()):
    """The faults of a run in which the host does that; more clauses find fault with a program that does no more."""
    image = app(TOUCH.replace("@", touch), "-w", "-fno-builtin", *flags)
    found = json.loads(sbesim("conform", "--platform", platform(tmp_path, "zynqmp", devices), "--host", image, "--remote",
                              image, "--surprises", 0, "--json").stdout)
    return [violation for violation in found["violations"] if violation["clause"] == "MEM-FAULT-01"]


def marked_line(tmp_path):
    lines = (tmp_path / "app.c").read_text().splitlines()
    return 1 + next(n for n, line in enumerate(lines) if "HERE" in line)


@pytest.mark.parametrize("touch", UNALIGNED.values(), ids=UNALIGNED)
def test_an_unaligned_access_of_device_memory_is_a_fault_with_its_line(touch, app, tmp_path):
    fault, = judged(app, tmp_path, touch, ["vdev0buffer", "vdev0vring1"])
    assert fault["cause"].endswith(": unaligned, in device memory") and "host" in fault["message"]
    assert fault["where"][0]["line"] == marked_line(tmp_path)


@pytest.mark.parametrize("touch", ALIGNED.values(), ids=ALIGNED)
def test_an_aligned_one_and_bytes_that_are_moved_are_none(touch, app, tmp_path):
    assert not judged(app, tmp_path, touch, ["vdev0buffer"])


@pytest.mark.parametrize("devices", ((), ("vdev0vring0",)))
def test_nor_is_an_unaligned_access_of_other_memory(devices, app, tmp_path):
    assert not judged(app, tmp_path, UNALIGNED["load of 8"], devices)
