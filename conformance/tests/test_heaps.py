# SPDX-License-Identifier: BSD-3-Clause
"""Memory given out at run time, and resources granted and withdrawn: programs on the platform that has them."""
import re
import subprocess

import pytest
from conftest import BUILD, ROOT, VIOLATION, report, sbesim

PLATFORM = "zynqmp-heaps"
IDLE = "static int remote(void)\n{\n\treturn 0;\n}\n"


def pair(host, remote=None):
    return "--host", host, "--remote", remote or host, "--platform", PLATFORM


def run(image, *arguments):
    """What the programs of the run without surprises print, line by line."""
    done = sbesim("run", *pair(image), *arguments)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().splitlines()


def violations(*images, status):
    """Clause, line and message of what is found in the run without surprises."""
    said = report("conform", *pair(*images), "--surprises", "0", status=status)
    return [(one["clause"], one["where"][0]["line"], one["message"]) for one in said["violations"]]


def marked(text):
    """The number of the line that says HERE, below the fixture's prelude."""
    number, = [number for number, line in enumerate(text.splitlines(), 1) if "/* HERE */" in line]
    return number


def line_of(tmp_path, name="app.c"):
    return marked((tmp_path / name).read_text())


# ---- The example ---------------------------------------------------------------------------------


@pytest.fixture
def example(tmp_path):
    """The example's images, with pieces of the host's source replaced."""
    def build(*replaced):
        for side in ("host", "remote"):
            text = (ROOT / f"examples/heap_{side}.c").read_text()
            for old, new in replaced if side == "host" else ():
                assert old in text
                text = text.replace(old, new)
            (tmp_path / f"{side}.c").write_text(text)
            subprocess.run([BUILD / "sbesim-cc", f"{side}.c", "-o", f"{side}.so"], cwd=tmp_path, check=True, timeout=60)
        return tmp_path / "host.so", tmp_path / "remote.so"
    return build


def test_the_example_allocates_shares_and_frees_whatever_one_surprise_does(example):
    said = report("conform", *pair(*example()), "--surprises", "1", timeout=120)
    assert (said["verdict"], said["violations"]) == ("pass", [])
    verdicts = {clause["id"]: clause["verdict"] for clause in said["clauses"]}
    assert (verdicts["MEM-LEAK-01"], verdicts["MEM-HEAP-01"]) == ("pass", "pass")


def test_its_leaking_twin_is_told_where_it_allocated(example, tmp_path):
    twin = example((" || hw_dmabuf_put(buffer.handle)", ""), ("if (hw_heap_alloc(", "if (/* HERE */ hw_heap_alloc("))
    (clause, line, message), = violations(*twin, status=0)
    assert (clause, line) == ("MEM-LEAK-01", line_of(tmp_path, "host.c"))
    assert "buffer 1 of 4096 bytes was never freed: 1 references and 0 mappings are left" in message


def test_a_device_that_stays_attached_keeps_it_too(example):
    twin = example(("return hw_dmabuf_detach(buffer->handle, HW_DEVICE_REMOTE) ? 5 : 0;", "return 0;"))
    assert [clause for clause, _, _ in violations(*twin, status=0)] == ["MEM-LEAK-01"]


# ---- What is refused -----------------------------------------------------------------------------

MISUSE = IDLE + """
static int host(void)
{
	struct hw_dmabuf b;
	struct hw_dmabuf_run r;

	if (hw_heap_alloc("reserved", 1, 0, &b) || b.size != 4096 || b.runs != 1 || hw_dmabuf_run(b.handle, 0, &r) ||
	    r.pa != b.pa || r.size != b.size || hw_dmabuf_run(b.handle, 1, &r) != HW_HEAP_NONE)
		return 1;
	%s
	return 0;
}
"""
PUT = "hw_dmabuf_put(b.handle);"


@pytest.mark.parametrize("wrong, why", (
    (PUT + "\n/* HERE */ " + PUT, "it was freed before"),
    (PUT + "\n/* HERE */ if (hw_dmabuf_map(b.handle)) return 2;", "it was freed before"),
    ("/* HERE */ hw_dmabuf_unmap(b.handle);\n" + PUT, "its side has it not mapped"),
    ("hw_dmabuf_map(b.handle);\n/* HERE */ " + PUT + "\nhw_dmabuf_unmap(b.handle);" + PUT, "its side still has it mapped"),
    ("/* HERE */ hw_dmabuf_detach(b.handle, HW_DEVICE_REMOTE);\n" + PUT, "the device is not attached"),
    ("/* HERE */ hw_dmabuf_get(77);\n" + PUT, "there never was such a buffer"),
))
def test_misuse_is_refused_and_told_with_the_culprits_line(wrong, why, app, tmp_path):
    (clause, line, message), = violations(app(MISUSE % wrong), status=VIOLATION)
    assert (clause, line) == ("MEM-HEAP-01", line_of(tmp_path))
    assert why in message


@pytest.mark.parametrize("touch", (
    "volatile char *p = hw_dmabuf_map(b.handle); hw_dmabuf_unmap(b.handle);\n/* HERE */ *p = 1;",
    "volatile char *p = hw_dmabuf_map(b.handle); (void)*p; hw_dmabuf_unmap(b.handle);\n/* HERE */ (void)*p;",
    "volatile char *p = hw_dmabuf_map(b.handle);\n/* HERE */ (void)p[4096];",
    "volatile char *p = hw_da_to_va(b.pa, 1);\n/* HERE */ *p = 1;",
    "volatile char *p = region(\"secure\");\nif (hw_heap_alloc(\"secure\", 1, 0, &b) || hw_dmabuf_map(b.handle)) return 3;\n"
    "/* HERE */ (void)*p;"))
def test_what_is_not_mapped_not_allocated_or_secure_faults(touch, app, tmp_path):
    found = violations(app(MISUSE % touch), status=VIOLATION)
    assert ("MEM-FAULT-01", line_of(tmp_path)) in [(clause, line) for clause, line, _ in found]


STALE_REMOTE = """
struct letter { volatile uint64_t da, done; };

static int remote(void)
{
	struct letter *letter = region("vdev0buffer");
	volatile uint32_t *p = hw_da_to_va(letter->da, 4);
	uint32_t sum = 0;

	letter->done = 1;
	/* Again and again, without a store: after the first time it need not ask any more. */
	do sum += p[0]; while (letter->done == 1); sum += p[0]; /* HERE */
	return sum == 0;
}

static int host(void)
{
	struct letter *letter = region("vdev0buffer");
	struct hw_dmabuf b;

	if (hw_heap_alloc("reserved", 1, 0, &b))
		return 1;
	letter->da = b.pa;
	letter->done = 0;
	hw_remote_start();
	while (letter->done == 0)
		hw_sleep_ns(1000);
	%s
	letter->done = 2;
	hw_sleep_ns(100000);
	return 0;
}
"""


def test_a_remote_that_reads_what_the_host_freed_faults(app, tmp_path):
    found = violations(app(STALE_REMOTE % PUT), status=VIOLATION)
    assert ("MEM-FAULT-01", line_of(tmp_path)) in [(clause, line) for clause, line, _ in found]


def test_a_remote_that_reads_what_the_host_keeps_does_not(app):
    assert [clause for clause, _, _ in violations(app(STALE_REMOTE % ""), status=0)] == ["MEM-LEAK-01"]


# ---- Where ---------------------------------------------------------------------------------------

SCATTERED = IDLE + """
static int host(void)
{
	struct hw_dmabuf b;
	struct hw_dmabuf_run r;
	uint64_t size = 0;

	if (hw_heap_alloc("system", 20 * 4096, 0, &b) || !hw_dmabuf_map(b.handle))
		return 1;
	for (unsigned int i = 0; i < b.runs; i++) {
		if (hw_dmabuf_run(b.handle, i, &r))
			return 2;
		memset(hw_da_to_va(r.pa, r.size), (int)i, r.size);
		size += r.size;
	}
	printf("%u runs, %u bytes\\n", b.runs, (unsigned int)size);
	return hw_dmabuf_unmap(b.handle) || hw_dmabuf_put(b.handle);
}
"""


def test_a_system_heap_gives_pieces_and_a_fragmented_one_pages(app):
    image = app(SCATTERED)
    assert run(image) == ["host: 5 runs, 81920 bytes"]
    assert run(image, "--plan", "heap.scatter#0:1") == ["host: 20 runs, 81920 bytes"]


MAPPED = """
#define SIZE (20 * 4096 + 4096)

struct letter { volatile uint64_t pa[32], size[32], runs; volatile uint32_t sum; };

static uint32_t sum_of(uint32_t sum, const unsigned char *p, uint64_t size)
{
	for (uint64_t i = 0; i < size; i += 32)
		sum = sum * 31 + p[i];
	return sum;
}

static int remote(void)
{
	struct letter *letter = region("vdev0buffer");
	uint32_t sum = 0;

	for (unsigned int i = 0; i < letter->runs; i++)
		sum = sum_of(sum, hw_da_to_va(letter->pa[i], letter->size[i]), letter->size[i]);
	letter->sum = sum;
	return 0;
}

static int host(void)
{
	struct letter *letter = region("vdev0buffer");
	struct hw_dmabuf b;
	struct hw_dmabuf_run r;
	unsigned char *p;
	uint32_t sum = 0;
	uint64_t at = 0;

	if (hw_heap_alloc("system", SIZE, 0, &b) || !(p = hw_dmabuf_map(b.handle)))
		return 1;
	for (unsigned int i = 0; i < SIZE; i += 32)
		p[i] = (unsigned char)(i / 32 * 7 + i / 4096);
	%s
	letter->runs = b.runs;
	for (unsigned int i = 0; i < b.runs; i++) {
		if (hw_dmabuf_run(b.handle, i, &r))
			return 2;
		letter->pa[i] = r.pa;
		letter->size[i] = r.size;
		sum = sum_of(sum, p + at, r.size);
		at += r.size;
	}
	hw_dsb();
	letter->sum = 0;
	hw_remote_start();
	hw_sleep_ns(20000000);
	printf("%%u runs, %%s\\n", b.runs, letter->sum == sum ? "the same" : "another");
	return hw_dmabuf_unmap(b.handle) || hw_dmabuf_put(b.handle);
}
"""
CLEAN = "hw_cache_clean(p, SIZE);"


@pytest.mark.parametrize("plan, runs", (("-", 6), ("heap.scatter#0:1", 21)))
def test_a_buffer_in_pieces_is_mapped_as_one_and_what_was_cleaned_through_it_is_what_the_remote_sees(app, plan, runs):
    assert run(app(MAPPED % CLEAN), "--plan", plan) == [f"host: {runs} runs, the same"]


def test_what_was_cleaned_but_for_its_last_run_is_read_stale_there(app, tmp_path):
    image, trace = app(MAPPED % "hw_cache_clean(p, SIZE - 4096);"), tmp_path / "trace"
    assert "host: 6 runs, another" in sbesim("run", *pair(image), "--trace", trace).stdout.decode()
    stale = re.findall("STALE READ of system 0x201eb.*", sbesim("show", trace).stdout.decode())
    assert len(stale) == 4096 // 32 and all("the writer's clean" in one for one in stale)


def test_maintenance_through_a_mapping_is_told_of_each_run(app, tmp_path):
    trace = tmp_path / "trace"
    run(app(MAPPED % CLEAN), "--trace", trace)
    shown = sbesim("show", trace).stdout.decode()
    runs = re.findall("run of buffer 1(.*)", shown)
    assert len(runs) == 6 and all(f"clean{one}" in shown for one in runs)


USED = IDLE + """
static int host(void)
{
	struct hw_dmabuf b;
	volatile char *p, *q;

	if (hw_heap_alloc("system", 20 * 4096, 0, &b) || !(p = hw_dmabuf_map(b.handle)))
		return 1;
	p[16 * 4096] = 1;
	%s
	if (!(q = hw_dmabuf_map(b.handle)))
		return 2;
	q[0] = 1;
	return hw_dmabuf_unmap(b.handle) || hw_dmabuf_put(b.handle);
}
"""
UNMAP = "if (hw_dmabuf_unmap(b.handle)) return 3;"


@pytest.mark.parametrize("use", ("(void)p[16 * 4096];", "p[3 * 4096 + 1] = 2;", "hw_cache_clean(p, 64);",
                                 "memset((char *)p + 4000, 0, 200);"))
def test_a_mapping_used_after_it_was_unmapped_faults(use, app, tmp_path):
    found = violations(app(USED % f"{UNMAP}\n/* HERE */ {use}"), status=VIOLATION)
    assert ("MEM-FAULT-01", line_of(tmp_path)) in [(clause, line) for clause, line, _ in found]


@pytest.mark.parametrize("wrong", (
    UNMAP + " if (!(q = hw_dmabuf_map(b.handle))) return 4; /* HERE */ p[0] = 1;",  # mapped again, elsewhere
    "/* HERE */ (void)p[20 * 4096];",
))
def test_so_does_its_old_address_and_what_lies_behind_it(wrong, app, tmp_path):
    found = violations(app(USED % wrong), status=VIOLATION)
    assert ("MEM-FAULT-01", line_of(tmp_path)) in [(clause, line) for clause, line, _ in found]


@pytest.mark.parametrize("right", (
    "if (hw_dmabuf_map(b.handle) != p) return 3; " + UNMAP + " p[0] = 2;" + UNMAP, "p[0] = 2; " + UNMAP))
def test_a_mapping_used_until_the_last_unmap_does_not(right, app):
    assert violations(app(USED % right), status=0) == []


HUGE = IDLE + """
static int host(void)
{
	struct hw_dmabuf b;

	if (hw_heap_alloc("huge", 3ull << 30, 0, &b) || hw_heap_alloc("nowhere", 1, 0, &b) != HW_HEAP_NONE ||
	    hw_heap_alloc("system", 1, 1, &b) != HW_HEAP_SIZE || hw_heap_alloc("secure", 1 << 20, 0, &b) != HW_HEAP_FULL)
		return 1;
	printf("%u runs from %llx, %s\\n", b.runs, (unsigned long long)b.pa, hw_dmabuf_map(b.handle) ? "mapped" : "not mapped");
	return hw_dmabuf_put(b.handle);
}
"""


def test_huge_pages_are_given_out_and_cannot_be_mapped(app):
    assert run(app(HUGE)) == ["host: 3 runs from 17c0000000, not mapped"]


CARVED = IDLE + """
/* fw_rsc_carveout of Linux' remoteproc.h. */
struct carveout {
	uint32_t type, da, pa, len, flags, reserved;
	char name[32];
};

static int host(void)
{
	struct carveout table[2] = { { .da = 0xffe21000, .len = 0x1000, .name = "code" }, { .da = UINT32_MAX, .len = 0x300 } };
	struct hw_dmabuf b[2];

	for (int i = 0; i < 2; i++) {
		uint64_t at = table[i].da == UINT32_MAX ? HW_ANYWHERE : table[i].da;

		if (hw_carveout_alloc("btcm", at, table[i].len, 0x800, &b[i]))
			return 1;
		table[i].pa = (uint32_t)b[i].pa;
		printf("%x+%x\\n", table[i].pa, (unsigned int)b[i].size);
	}
	if (hw_carveout_alloc("btcm", 0xffe21800, 64, 64, &b[0]) != HW_HEAP_FULL)
		return 2;
	strcpy(hw_dmabuf_map(b[1].handle), "firmware");
	return hw_dmabuf_unmap(b[1].handle) || hw_dmabuf_put(b[0].handle) || hw_dmabuf_put(b[1].handle);
}
"""


def test_carve_outs_of_a_resource_table_come_from_device_memory(app):
    assert run(app(CARVED)) == ["host: ffe21000+1000", "host: ffe20000+300"]


# ---- Grants --------------------------------------------------------------------------------------

GRANTED = """
struct letter { volatile uint32_t go, seen, notices, at_notice; };

static void notice(void *arg, uint32_t resource)
{
	struct letter *letter = arg;

	letter->notices += resource == HW_RESOURCE_MEMORY;
	letter->at_notice = hw_granted(HW_RESOURCE_MEMORY, 0x70000000);
	%s
}

static int remote(void)
{
	struct letter *letter = region("vdev0buffer");
	volatile uint32_t *p = region("sbe-area0");

	hw_grant_on_notice(notice, letter);
	if (hw_grant(HW_RESOURCE_MEMORY, 0x70000000, HW_SELF, 0) != HW_GRANT_REFUSED)
		return 1;
	for (;;) {
		(void)*p; /* HERE */
		hw_cache_invalidate(p, 4); /* CACHE: the firewall sees fills alone */
		letter->seen++;
	}
}

static int host(void)
{
	struct letter *letter = region("vdev0buffer");

	memset((void *)letter, 0, sizeof(*letter));
	hw_remote_start();
	hw_sleep_ns(100000);
	if (!letter->seen || hw_withdraw(HW_RESOURCE_MEMORY, 0x70000000, HW_REMOTE, %s))
		return 1;
	uint32_t seen = letter->seen;

	hw_sleep_ns(40000);
	int goes_on = letter->seen > seen + 10;

	hw_sleep_ns(40000);
	seen = letter->seen;
	hw_sleep_ns(40000);
	printf("notices %%u (%%u), goes on %%d, then %%d\\n", letter->notices, letter->at_notice, goes_on, letter->seen > seen + 10);
	return 0;
}
"""


def granted(image, status):
    """What the host printed, and where the remote faulted."""
    done = sbesim("run", *pair(image))
    found = violations(image, status=status)
    assert {clause for clause, _, _ in found} <= {"MEM-FAULT-01"}
    said, = re.findall("^host: (.*)$", done.stdout.decode(), re.M)
    return said, [line for _, line, _ in found]


def test_memory_withdrawn_at_once_faults_at_the_next_fill(app, tmp_path):
    image = app(GRANTED % ("", "0"))
    assert granted(image, VIOLATION) == ("notices 0 (0), goes on 0, then 0", [line_of(tmp_path)])


def test_memory_withdrawn_politely_is_there_for_its_grace_and_then_faults(app, tmp_path):
    image = app(GRANTED % ("", "60000"))
    assert granted(image, VIOLATION) == ("notices 1 (2), goes on 1, then 0", [line_of(tmp_path)])


BUSY = """
static int remote(void)
{
	volatile uint32_t *p = region("sbe-area0"), own[64] = { 0 };
	uint32_t sum = 0;

	/* Of what others reach nothing but loads, none of which it needs to ask for after the first; and mostly its own memory. */
	for (int n = 0; n < 160; n++, sum += *p) /* HERE */
		for (int i = 0; i < 64; i++)
			own[i]++;
	return sum == 1;
}

static int host(void)
{
	hw_remote_start();
	hw_sleep_ns(20000);
	hw_withdraw(HW_RESOURCE_MEMORY, 0x70000000, HW_REMOTE, 0);
	hw_sleep_ns(20000);
	return 0;
}
"""


def withdrawal_and_fault(image, trace, *arguments):
    """The timeline's lines of both, in ns."""
    sbesim("run", *pair(image), *arguments, "--trace", trace)
    shown = sbesim("show", trace).stdout.decode()
    return re.findall(r"^ *([0-9.]+) ns .*(?:loses memory|the memory was withdrawn).*", shown, re.M), shown


def test_withdrawn_memory_is_read_from_the_cache_as_long_as_the_line_is_there(app, tmp_path):
    image = app(BUSY)
    assert len(withdrawal_and_fault(image, tmp_path / "trace")[0]) == 1
    assert violations(image, status=0) == []


def test_memory_withdrawn_faults_soon_where_its_owner_does_nothing_but_read_it_and_the_line_goes(app, tmp_path):
    times, shown = withdrawal_and_fault(app(BUSY), tmp_path / "trace", "--plan", "memory.evict#0:1")
    assert len(times) == 2 and float(times[1]) - float(times[0]) < 10000
    assert f"app.c:{line_of(tmp_path)}" in re.search(".*the memory was withdrawn", shown).group()


def test_a_remote_that_heeds_the_notice_does_not_fault(app):
    image = app(GRANTED % ("hw_grant_return(HW_RESOURCE_MEMORY, 0x70000000); hw_exit(0);", "60000"))
    assert granted(image, 0) == ("notices 1 (2), goes on 0, then 0", [])


# ---- The DMA engine ------------------------------------------------------------------------------

CHANNEL = """
#define SIZE 4096

struct shared { volatile unsigned char from[SIZE], to[SIZE]; };

static int host(void)
{
	struct hw_region r;
	struct hw_dmabuf secret;
	struct shared *s = region("vdev0buffer");

	hw_region_get("vdev0buffer", &r);
	memset((void *)s, 7, sizeof(*s));
	if (hw_granted(HW_RESOURCE_DMA_CHANNEL, 0) != HW_GRANTED || hw_dma_copy(0, r.da + SIZE, r.da, SIZE))
		return 1;
	if (hw_withdraw(HW_RESOURCE_DMA_CHANNEL, 0, HW_SELF, 0) || hw_granted(HW_RESOURCE_DMA_CHANNEL, 0) != HW_NOT_GRANTED ||
	    hw_dma_copy(0, r.da + SIZE, r.da, SIZE) != -1 || hw_dma_status(0) != -1)
		return 2;
	if (hw_grant(HW_RESOURCE_DMA_CHANNEL, 0, HW_REMOTE, 0) || hw_grant(HW_RESOURCE_DMA_CHANNEL, 0, HW_SELF, 0) != HW_GRANT_TAKEN ||
	    hw_withdraw(HW_RESOURCE_DMA_CHANNEL, 0, HW_REMOTE, 0) || hw_grant(HW_RESOURCE_DMA_CHANNEL, 0, HW_SELF, 0))
		return 3;
	/* No CPU reaches a secure heap, but a device does. */
	if (hw_heap_alloc("secure", SIZE, 0, &secret) || hw_dmabuf_attach(secret.handle, HW_DEVICE_DMA) ||
	    hw_dma_copy(0, secret.pa, r.da, SIZE) || hw_dma_copy(0, r.da + SIZE, secret.pa, SIZE))
		return 4;
	/* A withdrawal that is taken back stops nothing. */
	if (hw_withdraw(HW_RESOURCE_DMA_CHANNEL, 0, HW_SELF, 1000) ||
	    hw_granted(HW_RESOURCE_DMA_CHANNEL, 0) != HW_GRANT_ENDING || hw_grant(HW_RESOURCE_DMA_CHANNEL, 0, HW_SELF, 0))
		return 5;
	s->to[SIZE - 1] = 0;
	while (hw_dma_status(0) == HW_DMA_BUSY)
		hw_sleep_ns(1000);
	printf("%u\\n", s->to[SIZE - 1]);
	return hw_dmabuf_detach(secret.handle, HW_DEVICE_DMA) || hw_dmabuf_put(secret.handle);
}
"""

CHANNELS = f"""/include/ "{ROOT}/models/platforms/zynqmp-dma.dts"
/ {{
	reserved-memory {{
		secure@20600000 {{
			reg = <0x0 0x20600000 0x0 0x20000>;
			sbesim,kind = "data";
			sbesim,slave = <&ddr>;
			sbesim,heap = "secure";
		}};
	}};
	domains {{
		host {{
			sbesim,granted-dma-channels = <0>;
		}};
	}};
}};
"""


def test_a_withdrawn_channel_stops_and_takes_nothing_and_a_device_reaches_a_secure_heap(app, tmp_path):
    (tmp_path / "channels.dts").write_text(CHANNELS)
    image = app(IDLE + CHANNEL)
    words = ("--host", image, "--remote", image, "--platform", tmp_path / "channels.dts")
    assert sbesim("run", *words).stdout == b"host: 7\n"
    trace = tmp_path / "trace"
    report("conform", *words, "--surprises", "0", "--trace", trace)
    shown = sbesim("show", trace).stdout.decode()
    assert re.findall(r"number (\d): (.*), (\d+) bytes moved", shown) == [
        ("1", "stopped", "0"), ("2", "done", "4096"), ("3", "done", "4096")]
    assert re.findall("(is granted|loses) dma-channel 0x0(.*)", shown) == [
        ("loses", ", in use: withdrawn, by the host"), ("is granted", " by the host"),
        ("loses", ": withdrawn, by the host"), ("is granted", " by the host"), ("is granted", " by the host")]


COPIED = IDLE + """
#define SIZE (20 * 4096)

static int host(void)
{
	struct hw_dmabuf from, to;
	struct hw_dmabuf_run r, s;
	unsigned char *p, *q;
	unsigned int wrong = 0;

	if (hw_heap_alloc("system", SIZE, 0, &from) || hw_heap_alloc("system", SIZE, 0, &to) ||
	    !(p = hw_dmabuf_map(from.handle)) || !(q = hw_dmabuf_map(to.handle)))
		return 1;
	for (unsigned int i = 0; i < SIZE; i += 57)
		p[i] = (unsigned char)(1 + i * 3 + i / 4096);
	hw_cache_%s(p, SIZE);
	hw_dsb();
	for (unsigned int i = 0; i < from.runs; i++) {
		if (hw_dmabuf_run(from.handle, i, &r) || hw_dmabuf_run(to.handle, i, &s) || hw_dma_copy(0, s.pa, r.pa, r.size))
			return 2;
		while (hw_dma_status(0) == HW_DMA_BUSY)
			hw_sleep_ns(1000);
	}
	hw_cache_invalidate(q, SIZE);
	for (unsigned int i = 0; i < SIZE; i += 57)
		wrong += q[i] != p[i];
	printf("%%s\\n", wrong ? "another" : "the same");
	return hw_dmabuf_unmap(from.handle) || hw_dmabuf_put(from.handle) || hw_dmabuf_unmap(to.handle) || hw_dmabuf_put(to.handle);
}
"""


@pytest.mark.parametrize("op, seen", (("clean", "the same"), ("none", "another")))
def test_a_dma_engine_copies_from_the_runs_what_was_cleaned_through_the_mapping(op, seen, app, tmp_path):
    heap = CHANNELS.replace("secure@20600000", "system@20600000").replace('"secure"', '"system"').replace("0x20000>", "0x40000>")
    heap = heap.replace("system@", "system_heap: system@")
    names = ("ram", "rsc-table", "vdev0vring0", "vdev0vring1", "vdev0buffer", "sbe-area0", "sbe-area1")
    labels = "<&host_ram>, " + ", ".join(f"<&{name.replace('-', '_')}>" for name in names[1:])
    heap = heap.replace("sbesim,granted-dma-channels = <0>;", f"""sbesim,granted-dma-channels = <0>;
			memory-region = {labels}, <&system_heap>;
			memory-region-names = {", ".join(f'"{name}"' for name in names)}, "system";
			sbesim,cached = "sbe-area0", "sbe-area1", "system";""")
    (tmp_path / "dma.dts").write_text(heap)
    image = app((COPIED % op).replace("hw_cache_none(p, SIZE);", ""))
    words = ("--host", image, "--remote", image, "--platform", tmp_path / "dma.dts")
    assert sbesim("run", *words).stdout.decode() == f"host: {seen}\n"
