# SPDX-License-Identifier: BSD-3-Clause
"""What code written for libmetal gets on the bench: our implementation of its API, and the six functions that the real
one leaves to a machine. Programs assert what they see; what an event must show is read from a trace. Each has a twin
whose shim does nothing, or the wrong thing, and which must be found."""
import re
import shutil
import subprocess

import pytest
from conftest import BUILD, PLATFORMS, ROOT, sbesim

METAL = ROOT / "remote-shim/metal"
PORT = ROOT / "remote-shim/libmetal/port.c"
HEADERS = sorted(path.name for path in (METAL / "metal").glob("*.h"))
COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]
PORT_FUNCTIONS = {"metal_machine_cache_flush", "metal_machine_cache_invalidate", "metal_machine_io_mem_map",
                  "sys_irq_save_disable", "sys_irq_restore_enable", "metal_generic_default_poll"}
LIBRARY = ("-Wl,--whole-archive", "-lsbesim-metal", "-Wl,--no-whole-archive")
IDLE_REMOTE = "\nstatic int remote(void)\n{\n\treturn 0;\n}\n"
RIGHT = "host: all right\n"


def pair(image):
    return "--host", image, "--remote", image


def said(image, *arguments):
    """What the programs print, and how they end."""
    done = sbesim("run", *pair(image), *arguments)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def events(image, directory, *arguments):
    """The lines of the trace of the run without surprises; whether it conforms is not asked."""
    sbesim("conform", *pair(image), "--surprises", "0", "--trace", directory, *arguments)
    done = sbesim("show", "--events", directory)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().splitlines()


def maintenance(lines):
    """(operation, size) of each cache maintenance, in order."""
    found = [re.search(r'cache\.maint .*op="?(\w+)"?.* size=(\d+)', line) for line in lines]
    return [(match[1], int(match[2])) for match in found if match]


@pytest.fixture
def metal(app):
    """Compiles a program against our metal API."""
    return lambda text, *flags, library=LIBRARY, include=METAL: app(text, f"-I{include}", *flags, *library)


@pytest.fixture
def changed_metal(metal, tmp_path):
    """The same against a copy of the API's sources with one thing changed."""
    def build(text, file, old, new):
        copy = tmp_path / "copy"
        shutil.copytree(METAL, copy)
        source = copy / file
        assert source.read_text().count(old) == 1
        source.write_text(source.read_text().replace(old, new))
        return metal(text, copy / "io.c", copy / "sys.c", PORT, library=(), include=copy)
    return build


# ---- Headers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("header", HEADERS)
def test_every_header_compiles_alone(header, compiler, tmp_path):
    (tmp_path / "alone.c").write_text(f"#include <metal/{header}>\n#include <metal/{header}>\nextern int nothing;\n")
    for standard in ("c11", "gnu99"):
        subprocess.run([compiler, f"-std={standard}", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{METAL}",
                        f"-I{ROOT}/include", "alone.c"], cwd=tmp_path, check=True, timeout=60)


def test_every_header_that_open_amp_includes_is_there():
    """The fifteen that open-amp names, and two that its applications do."""
    names = "alloc assert atomic cache compiler device errno io list log mutex sleep spinlock sys utilities irq version"
    assert set(HEADERS) == {f"{name}.h" for name in names.split()}


# ---- Values: lists, bitmaps, arithmetic, memory ----------------------------------------------------------

LISTS = """
#include <metal/list.h>
#include <metal/utilities.h>

struct item {
	int number;
	struct metal_list node;
};

static int sum_in_order(struct metal_list *list)
{
	struct metal_list *node;
	int sum = 0;

	metal_list_for_each(list, node)
		sum = sum * 10 + ((struct item *)metal_container_of(node, struct item, node))->number;
	return sum;
}

static void lists(void)
{
	METAL_DECLARE_LIST(list);
	struct item a = {.number = 1}, b = {.number = 2}, c = {.number = 3}, d = {.number = 4};
	struct metal_list *node, *after;

	assert(metal_list_is_empty(&list) && !metal_list_first(&list));
	metal_list_add_tail(&list, &b.node);
	metal_list_add_tail(&list, &c.node);
	metal_list_add_head(&list, &a.node);
	assert(sum_in_order(&list) == 123 && metal_list_first(&list) == &a.node);
	metal_list_del(&b.node);
	assert(sum_in_order(&list) == 13);
	assert(!metal_list_find_node(&list, &b.node) && metal_list_find_node(&list, &c.node));
	metal_list_add_before(&c.node, &d.node);
	metal_list_del(&b.node);
	assert(sum_in_order(&list) == 143);
	metal_list_add_after(&c.node, &b.node);
	assert(sum_in_order(&list) == 1432);
	metal_list_for_each_safe(&list, after, node)
		metal_list_del(node);
	assert(metal_list_is_empty(&list));
}

static void bitmaps(void)
{
	unsigned long map[metal_bitmap_longs(65)] = {0};
	unsigned int bit, count = 0;

	assert(sizeof(map) == 16);
	metal_bitmap_set_bit(map, 0);
	metal_bitmap_set_bit(map, 64);
	assert(map[0] == 1 && map[1] == 1);
	assert(metal_bitmap_next_set_bit(map, 1, 65) == 64 && metal_bitmap_next_set_bit(map, 1, 64) == 64);
	metal_bitmap_for_each_set_bit(map, bit, 65)
		count++;
	assert(count == 2);
	assert(metal_bitmap_next_clear_bit(map, 0, 65) == 1 && metal_bitmap_next_clear_bit(map, 64, 65) == 1);
	metal_bitmap_clear_bit(map, 0);
	assert(metal_bitmap_is_bit_clear(map, 0) && metal_bitmap_is_bit_set(map, 64));
}

static void arithmetic(void)
{
	assert(metal_align_up(4096u, 4096u) == 4096 && metal_align_up(4097u, 4096u) == 8192);
	assert(metal_align_down(4095u, 4096u) == 0 && metal_div_round_up(9, 8) == 2 && metal_div_round_up(8, 8) == 1);
	assert(metal_min(1, 2) == 1 && metal_max(1, 2) == 2 && metal_sign(-5) == -1 && metal_sign(0) == 0);
	assert(metal_log2(1) == 0 && metal_log2(4096) == 12);
}

static int host(void)
{
	lists();
	bitmaps();
	arithmetic();
	puts("all right");
	return 0;
}
""" + IDLE_REMOTE


def test_lists_bitmaps_and_arithmetic_are_right(metal):
    assert said(metal(LISTS)) == RIGHT


@pytest.mark.parametrize("file, old, new", (
    ("metal/list.h", "metal_list_add_after(node->prev, added);", "metal_list_add_after(node, added);"),
    ("metal/list.h", "\tmetal_list_init(node);\n", ""),
    ("metal/utilities.h", "(start + n) % max)))\n", "start % max)))\n"),
))
def test_a_list_or_bitmap_that_is_wrong_is_seen(file, old, new, changed_metal):
    assert RIGHT not in said(changed_metal(LISTS, file, old, new))


IO = """
#include <errno.h>
#include <metal/alloc.h>
#include <metal/device.h>
#include <metal/io.h>

static void one_page(struct metal_io_region *io, struct hw_region *r)
{
	char *va = r->va;

	assert(metal_io_region_size(io) == r->size);
	assert(metal_io_virt(io, 0) == va && metal_io_virt(io, r->size - 1) == va + r->size - 1);
	assert(!metal_io_virt(io, r->size));
	assert(metal_io_virt_to_offset(io, va + 8) == 8);
	assert(metal_io_virt_to_offset(io, va - 1) == METAL_BAD_OFFSET);
	assert(metal_io_virt_to_offset(io, va + r->size) == METAL_BAD_OFFSET);
	assert(metal_io_phys(io, 8) == r->da + 8 && metal_io_phys(io, r->size) == METAL_BAD_PHYS);
	assert(metal_io_phys_to_virt(io, r->da + 8) == va + 8);
	assert(!metal_io_phys_to_virt(io, r->da - 1) && !metal_io_phys_to_virt(io, r->da + r->size));
	assert(metal_io_virt_to_phys(io, va + 8) == r->da + 8);
}

static void many_pages(void)
{
	static const metal_phys_addr_t pages[] = {0x5000, 0x1000, 0x9000};
	static char memory[3 * 4096];
	struct metal_io_region io;

	metal_io_init(&io, memory, pages, sizeof(memory) - 1, 12, 0, NULL);
	assert(metal_io_phys(&io, 4095) == 0x5fff && metal_io_phys(&io, 4096) == 0x1000);
	assert(metal_io_phys_to_offset(&io, 0x1fff) == 8191 && metal_io_phys_to_offset(&io, 0x9ffe) == 3 * 4096 - 2);
	assert(metal_io_phys_to_offset(&io, 0x9fff) == METAL_BAD_OFFSET);
	assert(metal_io_phys_to_offset(&io, 0x2000) == METAL_BAD_OFFSET);
}

static void widths(struct metal_io_region *io)
{
	metal_io_write64(io, 0, 0x8877665544332211u);
	assert(metal_io_read8(io, 1) == 0x22 && metal_io_read16(io, 2) == 0x4433);
	assert(metal_io_read32(io, 4) == 0x88776655);
	metal_io_write8(io, 0, 0x1ff);
	metal_io_write16(io, 2, 0x2bbaa);
	metal_io_write32(io, 4, 0x3ddccbbaau);
	assert(metal_io_read64(io, 0) == 0xddccbbaabbaa22ffu);
}

static void blocks(struct metal_io_region *io)
{
	unsigned long end = metal_io_region_size(io);
	char text[8] = "1234567", back[8] = "";

	assert(metal_io_block_set(io, end - 8, 'x', 100) == 8 && metal_io_read8(io, end - 1) == 'x');
	assert(metal_io_block_write(io, end - 4, text, 8) == 4 && metal_io_read32(io, end - 4) == 0x34333231);
	assert(metal_io_block_read(io, end - 5, back, 3) == 3 && !memcmp(back, "x12", 4));
	assert(metal_io_block_read(io, end, back, 1) == -ERANGE && metal_io_block_write(io, end, text, 1) == -ERANGE);
	assert(metal_io_block_set(io, end, 0, 1) == -ERANGE);
}

static int host(void)
{
	struct metal_device *device;
	struct metal_io_region *io;
	struct hw_region r;

	assert(metal_device_open("generic", "no such region", &device) == -ENODEV);
	assert(metal_device_open("generic", "sbe-area0", &device) == 0 && hw_region_get("sbe-area0", &r) == 0);
	io = metal_device_io_region(device, 0);
	assert(!metal_device_io_region(device, 1));
	one_page(io, &r);
	many_pages();
	widths(io);
	blocks(io);
	metal_device_close(device);
	puts("all right");
	return 0;
}
""" + IDLE_REMOTE


@pytest.mark.parametrize("platform", PLATFORMS)
def test_io_regions_convert_and_access_to_both_edges(platform, metal):
    assert said(metal(IO), "--platform", platform) == RIGHT


@pytest.mark.parametrize("file, old, new", (
    ("metal/io.h", "return offset < io->size ? offset : METAL_BAD_OFFSET;", "return offset;"),
    ("io.c", "(offset & io->page_mask)", "offset"),
    ("io.c", "return (unsigned long)len > room ? (int)room : len;", "return room ? len : 0;"),
    ("io.c", "\tmemcpy(to, p, (size_t)len);\n", ""),
    ("io.c", "\tmemset(p, value, (size_t)len);\n", ""),
))
def test_an_io_region_that_is_wrong_is_seen(file, old, new, changed_metal):
    assert RIGHT not in said(changed_metal(IO, file, old, new))


def test_io_accesses_are_accesses_of_the_program(metal, tmp_path):
    """What is stored in the rings by the API is told byte for byte, like any store there."""
    text = """
#include <metal/device.h>
#include <metal/io.h>

static int host(void)
{
	struct metal_device *device;

	assert(metal_device_open("generic", "vdev0vring0", &device) == 0);
	metal_io_write32(metal_device_io_region(device, 0), 8, 0x44332211);
	metal_io_block_write(metal_device_io_region(device, 0), 16, "\\x66\\x77", 2);
	return 0;
}
""" + IDLE_REMOTE
    stores = [line for line in events(metal(text), tmp_path / "trace") if re.search(r"\bstore\b", line)]
    assert sum("11 22 33 44" in line or "11223344" in line for line in stores) == 1
    assert sum("66 77" in line or "6677" in line for line in stores) == 1


# ---- What must reach the hardware: maintenance, time, mutexes, interrupts --------------------------------------

CACHE = """
#include <metal/cache.h>

static int host(void)
{
	uint32_t *word = region("sbe-area0");

	*word = 1;
	metal_cache_flush(word, 4);
	assert(*word == 1);
	metal_cache_invalidate(word, 8);
	assert(*word == 1);
	puts("all right");
	return 0;
}
""" + IDLE_REMOTE


def test_cache_calls_are_events(metal, tmp_path):
    assert maintenance(events(metal(CACHE), tmp_path / "trace")) == [("clean", 4), ("invalidate", 8)]


@pytest.mark.parametrize("old, new", (
    ("hw_cache_clean(addr, len);", "(void)addr, (void)len;"),
    ("hw_cache_clean(addr, len);", "hw_cache_flush(addr, len);"),
    ("hw_cache_invalidate(addr, len);", "(void)addr, (void)len;"),
))
def test_a_cache_call_that_does_nothing_or_too_much_is_seen(old, new, changed_metal, tmp_path):
    lines = events(changed_metal(CACHE, "metal/cache.h", old, new), tmp_path / "trace")
    assert maintenance(lines) != [("clean", 4), ("invalidate", 8)]


TIME = """
#include <metal/sleep.h>

static int host(void)
{
	uint64_t before = hw_time_ns();

	assert(metal_sleep_usec(1500) == 0);
	assert(hw_time_ns() - before >= 1500000 && hw_time_ns() - before < 1600000);
	puts("all right");
	return 0;
}
""" + IDLE_REMOTE


def test_sleeping_takes_as_long_as_it_says(metal):
    assert said(metal(TIME)) == RIGHT


def test_a_sleep_that_does_not_is_seen(changed_metal):
    assert RIGHT not in said(changed_metal(TIME, "metal/sleep.h", "hw_sleep_ns((uint64_t)usec * 1000);", "(void)usec;"))


INTERRUPTS = """
#include <metal/irq.h>
#include <metal/mutex.h>
#include <metal/sys.h>

static METAL_MUTEX_DEFINE(mutex);
static volatile int taken;

static int handler(int irq, void *arg)
{
	assert(irq == 0 && arg == &mutex);
	taken++;
	metal_mutex_release(&mutex);
	return METAL_IRQ_HANDLED;
}

/* The remote kicks a millisecond from now. */
static void ask_for_a_kick(void)
{
	static uint32_t *word;

	word = region("sbe-area0");
	*word = 0;
	hw_cache_clean(word, 4);
	assert(hw_mbox_send(0, 0) == 0);
}

static void mutexes(void)
{
	assert(metal_mutex_try_acquire(&mutex) && metal_mutex_is_acquired(&mutex));
	assert(!metal_mutex_try_acquire(&mutex));
	ask_for_a_kick();
	/* The handler gives it back, while this waits. */
	metal_mutex_acquire(&mutex);
	assert(taken == 1 && metal_mutex_is_acquired(&mutex));
	metal_mutex_release(&mutex);
	assert(!metal_mutex_is_acquired(&mutex));
}

static void masks_nest(void)
{
	unsigned int outer = metal_irq_save_disable(), inner = metal_irq_save_disable();

	ask_for_a_kick();
	hw_sleep_ns(5000000);
	metal_irq_restore_enable(inner);
	hw_sleep_ns(1000);
	assert(taken == 1);
	metal_irq_restore_enable(outer);
	assert(taken == 2);
}

static void disabled_ones_wait(void)
{
	metal_irq_disable(0);
	ask_for_a_kick();
	hw_sleep_ns(5000000);
	assert(taken == 2);
	metal_irq_enable(0);
	assert(taken == 3);
	metal_irq_enable(0);
	assert(taken == 3);
}

static int host(void)
{
	assert(metal_irq_register(8, handler, NULL) < 0);
	assert(metal_irq_register(0, handler, &mutex) == 0);
	metal_irq_enable(0);
	hw_remote_start();
	hw_sleep_ns(1000000);
	mutexes();
	masks_nest();
	disabled_ones_wait();
	puts("all right");
	return 0;
}

static void isr(void *arg, uint64_t token)
{
	(void)arg;
	(void)token;
}

static int remote(void)
{
	hw_mbox_register(0, isr, NULL);
	for (;;) {
		hw_wfi(0);
		hw_sleep_ns(1000000);
		hw_mbox_send(0, 0);
	}
}
"""


@pytest.mark.parametrize("platform", PLATFORMS)
def test_mutexes_wait_and_interrupts_nest(platform, metal):
    assert said(metal(INTERRUPTS), "--platform", platform) == RIGHT


@pytest.mark.parametrize("file, old, new", (
    ("metal/mutex.h", "return !atomic_exchange(&mutex->taken, 1);", "(void)mutex;\n\treturn 1;"),
    ("sys.c", "irq->waiting = !irq->enabled || !irq->handler;", "irq->waiting = !irq->handler;"),
    ("sys.c", "\tif (irqs[irq].waiting)\n\t\tirq_deliver(&irqs[irq]);\n", ""),
    ("sys.c", "return sys_irq_save_disable();", "return 0;"),
))
def test_a_mutex_or_interrupt_that_is_wrong_is_seen(file, old, new, changed_metal):
    assert RIGHT not in said(changed_metal(INTERRUPTS, file, old, new))


LOG = """
#include <metal/log.h>
#include <metal/sys.h>

static int host(void)
{
	struct metal_init_params params = METAL_INIT_DEFAULTS;

	metal_err("before the beginning\\n");
	assert(metal_init(&params) == 0);
	metal_info("told %d\\n", 1);
	metal_dbg("less important than that\\n");
	metal_set_log_level(METAL_LOG_ERROR);
	metal_info("no longer\\n");
	metal_log(METAL_LOG_ERROR, "an error\\n");
	metal_set_log_handler(NULL);
	metal_err("to nobody\\n");
	metal_finish();
	return 0;
}
""" + IDLE_REMOTE


def test_the_log_tells_what_is_important_enough(metal):
    assert said(metal(LOG)) == "host: told 1\nhost: an error\n"


# ---- The six functions that the real libmetal leaves to the machine -------------------------------------------

PORT_PROGRAM = """
#include "remote-shim/libmetal/port.h"

static volatile int taken;

static void isr(void *arg, uint64_t token)
{
	(void)arg;
	(void)token;
	taken++;
}

static void masks_nest(void)
{
	unsigned int outer = sys_irq_save_disable(), inner = sys_irq_save_disable();

	hw_mbox_send(0, 0);
	/* Comes back when the answer is pending, which is not taken yet. */
	metal_generic_default_poll();
	sys_irq_restore_enable(inner);
	hw_sleep_ns(1000);
	assert(taken == 0);
	sys_irq_restore_enable(outer);
	assert(taken == 1);
}

static int host(void)
{
	uint32_t *word = region("sbe-area0");

	assert(metal_machine_io_mem_map(word, 0x1000, 4, 0) == word);
	hw_mbox_register(0, isr, NULL);
	hw_remote_start();
	hw_sleep_ns(1000000);
	*word = 1;
	metal_machine_cache_flush(word, 4); /* CLEANED */
	assert(*word == 1);
	metal_machine_cache_invalidate(word, 8); /* DROPPED */
	masks_nest();
	puts("all right");
	return 0;
}

static int remote(void)
{
	hw_mbox_register(0, isr, NULL);
	for (;;) {
		hw_wfi(0);
		hw_sleep_ns(1000000);
		hw_mbox_send(0, 0);
	}
}
"""


@pytest.fixture
def port(app):
    return lambda *sources: app(PORT_PROGRAM, *(sources or ("-Wl,--whole-archive", "-lsbesim-libmetal",
                                                            "-Wl,--no-whole-archive")))


def test_the_port_defines_the_six_functions_and_needs_nothing_but_the_seam():
    words = ["nm", "--format=posix", BUILD / "libsbesim-libmetal.a"]
    listed = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    names = [line.split() for line in listed.splitlines()]
    assert {name[0] for name in names if name[1:2] == ["T"]} == PORT_FUNCTIONS
    assert all(name[0].startswith(("hw_", "__tsan_")) for name in names if name[1:2] == ["U"])


def test_the_six_functions_are_right(port):
    assert said(port()) == RIGHT


def test_the_ports_cache_calls_are_events_at_their_callers_lines(port, tmp_path):
    lines = events(port(), tmp_path / "trace")
    text = (tmp_path / "app.c").read_text().splitlines()
    places = [number for number, line in enumerate(text, 1) if "CLEANED" in line or "DROPPED" in line]
    assert maintenance(lines) == [("clean", 4), ("invalidate", 8)]
    asked = [re.search(r"pc=(0x[0-9a-f]+)", line)[1] for line in lines if "cache.maint" in line]
    told = [re.search(r'source .*pc=(0x[0-9a-f]+).* depth=0 line=(\d+) file="app.c"', line) for line in lines]
    sources = {match[1]: int(match[2]) for match in told if match}
    assert [sources[pc] for pc in asked] == places


@pytest.mark.parametrize("old, new", (
    ("hw_cache_clean(addr, len);", "(void)addr, (void)len;"),
    ("hw_cache_clean(addr, len);", "hw_cache_flush(addr, len);"),
    ("hw_cache_invalidate(addr, len);", "(void)addr, (void)len;"),
    ("\treturn va;\n", "\treturn NULL;\n"),
    ("\tirq_masked = true;\n", ""),
    ("\thw_irq_enable();\n", ""),
    ("\thw_wfi(0);\n", "\twhile (hw_wfi(0))\n\t\thw_irq_enable();\n"),
))
def test_a_port_that_does_nothing_or_too_much_is_seen(old, new, port, tmp_path):
    source = tmp_path / "port.c"
    assert PORT.read_text().count(old) == 1
    source.write_text(PORT.read_text().replace(old, new))
    image = port("port.c")
    wanted = [("clean", 4), ("invalidate", 8)]
    assert RIGHT not in said(image) or maintenance(events(image, tmp_path / "trace")) != wanted


# ---- The resource table for remotes that have none -----------------------------------------------------------


def test_a_host_finds_the_resource_table_in_the_remotes_file(app):
    """The fields are where Linux' struct resource_table and struct fw_rsc_vdev have them."""
    text = """
static int host(void)
{
	uint32_t table[22], any = 0xffffffff;
	const uint32_t expected[] = {1, 1, 0, 0, 20, 3, 7, 2, 1, 0, 0, 2 << 8,
				     any, 4096, 64, 0, 0, any, 4096, 64, 1, 0};

	assert(hw_firmware_read(".resource_table", table, sizeof(table), 0) == sizeof(expected));
	assert(!memcmp(table, expected, sizeof(expected)));
	assert(hw_firmware_read(".resource_table", table, 1, sizeof(expected)) == 0);
	puts("all right");
	return 0;
}
""" + IDLE_REMOTE
    assert said(app(text, "-DRSC_TABLE_NUM=64", ROOT / "remote-shim/open-amp/rsc_table.c")) == RIGHT
    assert RIGHT not in said(app(text, ROOT / "remote-shim/open-amp/rsc_table.c"))
    assert RIGHT not in said(app(text))
