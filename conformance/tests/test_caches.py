# SPDX-License-Identifier: BSD-3-Clause
"""What hosted programs do to caches and store buffers, and what becomes of memory by it: each with its twin."""
import pytest
from conftest import ROOT, sbesim

# The remote fills an area and tells so by an uncached word; the host reads it.
WRITER = """
static volatile uint32_t *flag;
static volatile uint8_t *area;

static void meet(void)
{
	flag = region("vdev0buffer");
	area = region("sbe-area0");
}

static int host(void)
{
	meet();
	*flag = 0;
	hw_dsb();
	assert(!hw_remote_start());
	while (*flag != 7)
		;
	hw_cache_invalidate((void *)area, 64);
	printf("read %u\\n", area[5]);
	return 0;
}

static int remote(void)
{
	meet();
	area[5] = 113;
	@
	hw_dsb();
	*flag = 7;
	hw_dsb();
	return 0;
}
"""


def what_the_host_reads(app, maintenance, *options):
    image = app(WRITER.replace("@", maintenance))
    return sbesim("run", "--host", image, "--remote", image, *options).stdout.decode()


@pytest.mark.parametrize("maintenance", ["hw_cache_all(HW_CACHE_CLEAN, false);", "hw_cache_all(HW_CACHE_FLUSH, false);",
                                         "hw_cache_all(HW_CACHE_CLEAN, true);", "hw_cache_clean((void *)area, 64);"])
def test_what_was_cleaned_arrives(app, maintenance):
    assert "host: read 113\n" in what_the_host_reads(app, maintenance)


@pytest.mark.parametrize("maintenance", ["", "hw_cache_all(HW_CACHE_INVALIDATE, false);",
                                         "hw_cache_clean((void *)(area + 64), 64);"])
def test_what_was_not_cleaned_does_not(app, maintenance):
    assert "host: read" in what_the_host_reads(app, maintenance)
    assert "host: read 113\n" not in what_the_host_reads(app, maintenance)


def platform(tmp_path, name, old, new):
    """A copy of a shipped platform with another line in it."""
    text = (ROOT / f"models/platforms/{name}.dts").read_text()
    assert old in text
    path = tmp_path / "changed.dts"
    path.write_text(text.replace(old, new))
    return path


def test_what_is_written_through_needs_no_clean(app, tmp_path):
    old = 'sbesim,cached = "rsc-table", "sbe-area0", "sbe-area1";'
    through = platform(tmp_path, "zynqmp", old, 'sbesim,cached = "rsc-table"; sbesim,write-through = "sbe-area0", "sbe-area1";')
    assert "host: read 113\n" in what_the_host_reads(app, "", "--platform", through)


def test_a_core_that_cleans_what_it_invalidates_loses_nothing(app, tmp_path):
    cleans = platform(tmp_path, "zynqmp", 'compatible = "arm,cortex-r5f";',
                      'compatible = "arm,cortex-r5f"; sbesim,invalidate-cleans-dirty-lines;')
    maintenance = "hw_cache_invalidate((void *)area, 64);"
    assert "host: read 113\n" in what_the_host_reads(app, maintenance, "--platform", cleans)
    assert "host: read 113\n" not in what_the_host_reads(app, maintenance)


# Two words in two lines: is the second ever seen without the first?
ORDER = """
static int host(void)
{
	volatile uint32_t *word = region("vdev0buffer");

	word[0] = word[64] = word[128] = 0;
	hw_dsb();
	assert(!hw_remote_start());
	while (word[128] != 1)
		;
	word[0] = 7;
	@
	word[64] = 7;
	hw_sleep_ns(5000); /* a store buffer does not drain because its CPU sleeps */
	hw_dsb();
	return 0;
}

static int remote(void)
{
	volatile uint32_t *word = region("vdev0buffer");

	word[128] = 1;
	while (word[64] != 7)
		;
	printf("%s\\n", word[0] == 7 ? "in order" : "out of order");
	return 0;
}
"""


def every_order(app, barrier, name):
    """What the remote says in any of the runs that let a store wait."""
    image = app(ORDER.replace("@", barrier))
    said = [sbesim("run", "--platform", name, "--host", image, "--remote", image, "--seed", str(seed)).stdout.decode()
            for seed in range(300)]
    assert all("remote: " in text for text in said)
    return any("out of order" in text for text in said)


@pytest.mark.parametrize("barrier", ["__atomic_thread_fence(__ATOMIC_RELEASE);", "hw_dsb();"])
def test_a_barrier_keeps_stores_in_order(app, barrier):
    assert not every_order(app, barrier, "zynqmp-buffered")


def test_without_one_they_arrive_out_of_order_where_there_is_a_store_buffer(app):
    assert every_order(app, "", "zynqmp-buffered")
    assert not every_order(app, "", "zynqmp")
