# SPDX-License-Identifier: BSD-3-Clause
"""What grants and power open and close: programs on the platform whose firmware governs resources, each with its twin."""
import re

import pytest
from conftest import ROOT, VIOLATION, report, sbesim

PLATFORM = "zynqmp-grants"


def words(image, platform=PLATFORM):
    return "--host", image, "--remote", image, "--platform", platform


def run(image, *arguments, platform=PLATFORM):
    """What the programs of the run without surprises print, line by line."""
    done = sbesim("run", *words(image, platform), *arguments)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().splitlines()


def faults(image, *arguments, status=VIOLATION, platform=PLATFORM):
    """The lines of access faults that are found, in the run without surprises unless arguments say otherwise."""
    said = report("conform", *words(image, platform), *(arguments or ("--surprises", "0")), status=status)
    assert {one["clause"] for one in said["violations"]} <= {"MEM-FAULT-01"}
    return [one["where"][0]["line"] for one in said["violations"]]


def shown(image, tmp_path, *arguments, platform=PLATFORM):
    """The timeline of the run without surprises."""
    trace = tmp_path / "trace"
    sbesim("run", *words(image, platform), *arguments, "--trace", trace)
    return sbesim("show", trace).stdout.decode()


def fault(image, tmp_path, *arguments, platform=PLATFORM):
    """Cause of the one fault that the timeline shows."""
    cause, = re.findall("FAULT: forbidden .*: ((?:bus|IOMMU): .*)$", shown(image, tmp_path, *arguments, platform=platform), re.M)
    return cause


def line_of(tmp_path):
    """The number of the line that says HERE."""
    number, = [n for n, line in enumerate((tmp_path / "app.c").read_text().splitlines(), 1) if "/* HERE */" in line]
    return number


SHARED = """
#define RPU 7
#define BTCM 16
#define IPI 65
#define CPU_R5 38

struct letter { volatile uint32_t go, seen, polled, woken; };

static struct letter *letter(void)
{
	return region("vdev0buffer");
}

static void await(uint32_t go)
{
	while (letter()->go != go)
		hw_sleep_ns(1000);
}
"""

# ---- Power domains: the loader of xlnx_r5_remoteproc requests the TCM's node before it maps that ---------------------

LOADER = SHARED + """
static int remote(void)
{
	volatile uint32_t *tcm = region("btcm");

	await(1);
	letter()->seen = *tcm; /* %s */
	return 0;
}

static int host(void)
{
	volatile uint32_t *tcm = region("btcm");

	letter()->go = letter()->seen = 0;
	%s
	*tcm = 0x600d; /* %s */
	if (hw_remote_start())
		return 1;
	%s
	letter()->go = 1;
	hw_sleep_ns(200000);
	printf("%%x\\n", letter()->seen);
	return 0;
}
"""
REQUEST = "if (hw_grant(HW_RESOURCE_POWER_DOMAIN, BTCM, HW_SELF, 0)) return 2;"
LEND = "if (hw_grant(HW_RESOURCE_POWER_DOMAIN, BTCM, HW_REMOTE, 0)) return 3;"
RELEASE = "if (hw_grant_return(HW_RESOURCE_POWER_DOMAIN, BTCM)) return 4;"


def test_a_loader_that_does_not_request_the_tcm_faults_where_it_writes_it(app, tmp_path):
    image = app(LOADER % ("", "", "HERE", ""))
    assert faults(image) == [line_of(tmp_path)]
    assert fault(image, tmp_path) == "bus: the slave has no power"


def test_a_loader_that_requests_the_tcm_loads_it(app):
    image = app(LOADER % ("", REQUEST, "", ""))
    assert run(image) == ["host: 600d"]
    assert faults(image, status=0) == []


def test_a_remote_faults_in_tcm_that_the_host_released(app, tmp_path):
    image = app(LOADER % ("HERE", REQUEST, "", RELEASE))
    assert faults(image) == [line_of(tmp_path)]
    assert fault(image, tmp_path) == "bus: the slave has no power"


def test_tcm_that_the_remote_holds_too_stays_on_when_the_host_releases_it(app, tmp_path):
    image = app(LOADER % ("", REQUEST, "", LEND + RELEASE))
    assert run(image) == ["host: 600d"]
    assert re.findall("switches (on|off) power", shown(image, tmp_path)) == ["on"]


def test_tcm_without_power_forgets(app):
    """Whatever it holds then is not what was stored."""
    said, = run(app(LOADER % ("", REQUEST, "", RELEASE + REQUEST)))
    assert said != "host: 600d"


POWER = SHARED + """
static int remote(void)
{
	for (;;)
		hw_sleep_ns(1000);
}

static int host(void)
{
	%s
	if (hw_grant_return(HW_RESOURCE_POWER_DOMAIN, RPU) != HW_GRANT_REFUSED) /* it never had it */
		return 1;
	if (hw_grant(HW_RESOURCE_POWER_DOMAIN, RPU, HW_REMOTE, 0))
		return 2;
	%s
	int started = hw_remote_start(), stopped = hw_power(HW_REMOTE, HW_POWER_STOP); /* HERE */

	printf("%%d %%d\\n", started, stopped);
	return 0;
}
"""


def test_a_host_that_does_not_hold_a_processors_domain_can_neither_start_nor_stop_it(app, tmp_path):
    image = app(POWER % ("", ""))
    assert run(image) == ["host: -1 -1"]
    refused = re.findall("is refused(.*): it has no grant of (.*)", shown(image, tmp_path))
    assert [what for _, what in refused] == ["power-domain 0x7"] * 2
    assert any(f"app.c:{line_of(tmp_path)}" in where for where, _ in refused)


def test_a_host_that_holds_it_can(app):
    assert run(app(POWER % ("", "hw_grant(HW_RESOURCE_POWER_DOMAIN, RPU, HW_SELF, 0);"))) == ["host: 0 0"]


# ---- Interrupts ------------------------------------------------------------------------------------------------------

INTERRUPT = SHARED + """
static void isr(void *arg, uint64_t token)
{
	(void)arg, (void)token;
	letter()->seen++;
}

static int remote(void)
{
	uint64_t token;

	%s
	letter()->go = 1;
	await(2);
	letter()->polled = hw_mbox_poll(0, &token);
	letter()->woken = hw_wfi(50000);
	letter()->go = 3;
	await(4);
	return 0;
}

static int host(void)
{
	memset((void *)letter(), 0, sizeof(struct letter));
	hw_remote_start();
	await(1);
	if (hw_grant(HW_RESOURCE_IRQ, IPI, HW_REMOTE, 0) || hw_withdraw(HW_RESOURCE_IRQ, IPI, HW_REMOTE, 0))
		return 1;
	hw_mbox_send(0, 0);
	hw_sleep_ns(20000);
	letter()->go = 2;
	await(3);
	printf("seen %%u, polled %%u, woken %%u", letter()->seen, letter()->polled, letter()->woken);
	hw_grant(HW_RESOURCE_IRQ, IPI, HW_REMOTE, 0);
	hw_sleep_ns(20000);
	printf(", then %%u\\n", letter()->seen);
	letter()->go = 4;
	return 0;
}
"""


def test_a_withdrawn_interrupt_is_not_delivered_but_can_be_polled(app):
    """What was polled is no more there when the interrupt is granted again."""
    assert run(app(INTERRUPT % "hw_mbox_register(0, isr, NULL);")) == ["host: seen 0, polled 1, woken 0, then 0"]


def test_what_was_not_polled_is_delivered_when_the_interrupt_is_granted_again(app):
    text = INTERRUPT.replace("letter()->polled = hw_mbox_poll(0, &token);", "(void)token;")
    assert run(app(text % "hw_mbox_register(0, isr, NULL);")) == ["host: seen 0, polled 0, woken 0, then 1"]


def test_an_interrupt_that_is_not_withdrawn_is_delivered(app):
    text = INTERRUPT.replace(" || hw_withdraw(HW_RESOURCE_IRQ, IPI, HW_REMOTE, 0)", "")
    assert run(app(text % "hw_mbox_register(0, isr, NULL);")) == ["host: seen 1, polled 0, woken 0, then 1"]


# ---- Clocks ----------------------------------------------------------------------------------------------------------

CLOCK = SHARED + """
static int remote(void)
{
	await(1);
	letter()->seen = hw_clock_set_rate(HW_SELF, 250000000) == 0;
	return 0;
}

static int host(void)
{
	memset((void *)letter(), 0, sizeof(struct letter));
	hw_remote_start();
	%s
	printf("%%d", hw_clock_set_rate(HW_REMOTE, 500000000)); /* HERE */
	letter()->go = 1;
	hw_sleep_ns(200000);
	printf(" %%u\\n", letter()->seen);
	return 0;
}
"""


@pytest.mark.parametrize("grants, answers", (
    ("", "0 1"),
    ("hw_grant(HW_RESOURCE_CLOCK, CPU_R5, HW_REMOTE, 0);", "-1 1"),
    ("hw_grant(HW_RESOURCE_CLOCK, CPU_R5, HW_SELF, 0);", "0 0"),
    ("hw_grant(HW_RESOURCE_CLOCK, CPU_R5, HW_SELF, 0); hw_grant(HW_RESOURCE_CLOCK, CPU_R5, HW_REMOTE, 0);", "0 1")))
def test_who_has_no_grant_of_a_governed_clock_may_not_set_its_rate(grants, answers, app, tmp_path):
    image = app(CLOCK % grants)
    assert run(image) == [f"host: {answers}"]
    refused = re.findall(r"is refused.*: it has no grant of clock 0x26", shown(image, tmp_path))
    assert len(refused) == answers.count("-1") + answers.endswith(" 0")
    if answers.startswith("-1"):
        assert f"app.c:{line_of(tmp_path)}" in refused[0]


# ---- Memory: a firewall sees no hits ---------------------------------------------------------------------------------

OWNED = SHARED + """
#define AREA 0x70000000

static int remote(void)
{
	volatile uint32_t *area = region("sbe-area0");

	*area = 0x600d; /* HERE */
	%s
	letter()->go = 1;
	await(2);
	%s
	return 0;
}

static int host(void)
{
	volatile uint32_t *area = region("sbe-area0");

	letter()->go = 0;
	hw_remote_start();
	await(1);
	if (hw_withdraw(HW_RESOURCE_MEMORY, AREA, HW_REMOTE, 0))
		return 1;
	letter()->go = 2;
	hw_sleep_ns(50000);
	printf("%%d\\n", *area == 0x600d);
	return 0;
}
"""
FLUSH = 'hw_cache_flush(area, 4);'


def test_what_is_flushed_after_the_memory_was_withdrawn_is_lost_with_its_line(app, tmp_path):
    image = app(OWNED % ("", FLUSH))
    assert run(image) == ["host: 0"]
    lost, = re.findall("LOST WRITE.*", shown(image, tmp_path))
    assert f"app.c:{line_of(tmp_path)}" in lost
    assert "its memory was withdrawn" in lost


def test_what_is_flushed_before_is_not(app, tmp_path):
    image = app(OWNED % (FLUSH, ""))
    assert run(image) == ["host: 1"]
    assert "LOST WRITE" not in shown(image, tmp_path)


def test_a_copy_of_withdrawn_memory_is_used_until_it_is_dropped(app, tmp_path):
    hit = app(OWNED.replace(" /* HERE */", "") % (FLUSH + " (void)*area;", "(void)*area; /* HERE */"))
    assert faults(hit, status=0) == []
    assert faults(hit, "--surprises", "1") == [line_of(tmp_path)]
    assert fault(hit, tmp_path, "--plan", "memory.evict#0:1") == "bus: the memory was withdrawn"


def test_without_a_copy_it_faults_at_once(app, tmp_path):
    image = app(OWNED.replace(" /* HERE */", "") % (FLUSH, "(void)*area; /* HERE */"))
    assert faults(image) == [line_of(tmp_path)]


# ---- Streams ---------------------------------------------------------------------------------------------------------

STREAM = SHARED + """
static int remote(void)
{
	return 0;
}

static int copied(void)
{
	struct hw_region r;
	int status;

	hw_region_get("vdev0buffer", &r);
	if (hw_dma_copy(0, r.da + 4096, r.da, 64))
		return -1;
	while ((status = hw_dma_status(0)) == HW_DMA_BUSY)
		hw_sleep_ns(1000);
	return status;
}

static int host(void)
{
	struct hw_iommu_fault fault = { 0 };

	memset(letter(), 7, 64);
	hw_grant(HW_RESOURCE_STREAM, 0x868, HW_SELF, 0);
	printf("%d", copied());
	hw_withdraw(HW_RESOURCE_STREAM, 0x868, HW_SELF, 0);
	printf(" %d", copied());
	printf(", %d record of cause %u", hw_iommu_fault_read(&fault), fault.cause);
	hw_dma_stop(0);
	hw_grant(HW_RESOURCE_STREAM, 0x868, HW_SELF, 0);
	printf(", %d\\n", copied());
	return 0;
}
"""
SMMU = f"""/include/ "{ROOT}/models/platforms/zynqmp-grants.dts"
/ {{
	smmu: iommu@fd800000 {{
		compatible = "arm,mmu-500";
		#iommu-cells = <1>;
		sbesim,position = "before-cache";
		sbesim,reset-mode = "bypass";
	}};
}};
&lpd_dma {{ iommus = <&smmu 0x868>; }};
"""


def test_a_device_whose_stream_is_withdrawn_is_aborted_and_the_host_can_read_why(app, tmp_path):
    (tmp_path / "smmu.dts").write_text(SMMU)
    image = app(STREAM)
    assert run(image, platform=tmp_path / "smmu.dts") == ["host: 0 2, 1 record of cause 0, 0"]
    assert run(image) == ["host: 0 0, 0 record of cause 0, 0"]  # without an IOMMU the table alone knows
    assert fault(image, tmp_path, platform=tmp_path / "smmu.dts") == "IOMMU: no such stream"


# ---- Bandwidth -------------------------------------------------------------------------------------------------------

BANDWIDTH = SHARED + """
static int remote(void)
{
	return 0;
}

static unsigned int elapsed(void)
{
	volatile uint64_t *p = region("vdev0buffer");
	uint64_t begin = hw_time_ns();

	for (int i = 0; i < 1000; i++)
		(void)p[i];
	return (unsigned int)(hw_time_ns() - begin);
}

static int host(void)
{
	unsigned int before = elapsed();

	hw_grant(HW_RESOURCE_BANDWIDTH, 0, HW_SELF, 8);
	unsigned int during = elapsed();

	hw_withdraw(HW_RESOURCE_BANDWIDTH, 0, HW_SELF, 0);
	printf("%u %u %u\\n", before, during, elapsed());
	return 0;
}
"""


def test_a_grant_of_bandwidth_limits_its_owner_where_initiators_contend(app):
    """8 bytes at 8 MB/s are a microsecond: so far apart 1000 loads begin, and the last one takes as long as without."""
    def times(*arguments):
        return map(int, run(image, *arguments)[0].removeprefix("host: ").split())

    image = app(BANDWIDTH)
    before, during, after = times("--contention")
    assert abs(during - (999 * 1000 + before / 1000)) < 100
    assert abs(after - before) < before / 100
    before, during, after = times()
    assert abs(during - before) < before / 100
