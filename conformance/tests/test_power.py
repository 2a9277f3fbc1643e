# SPDX-License-Identifier: BSD-3-Clause
"""The remote's life in the host's hands, rates of clocks, the DMA engine: programs on the platform that has them."""
import pytest
from conftest import ROOT, sbesim

PLATFORM = "zynqmp-dma"


def run(image, *arguments, status=0):
    """What the programs of the run without surprises print, line by line."""
    done = sbesim("run", "--host", image, "--remote", image, "--platform", PLATFORM, *arguments)
    assert done.returncode == status, done.stderr.decode()
    return done.stdout.decode().splitlines()


SHARED = """
#include <stdbool.h>

struct shared {
	volatile uint32_t life, counted, total, go, seen[4];
	volatile uint64_t elapsed[4];
	volatile unsigned char from[300], to[300];
};

static struct shared *shared(void)
{
	return region("vdev0buffer");
}

static void begin(void)
{
	memset((void *)shared(), 0, sizeof(struct shared));
}
"""

LIVES = SHARED + """
static uint32_t counted = 7;
static uint32_t zero;

static int remote(void)
{
	struct shared *s = shared();

	counted++;
	zero++;
	s->seen[s->life] = counted * 10 + zero;
	s->total++;
	for (;;)
		hw_sleep_ns(1000);
}

static int host(void)
{
	struct shared *s = shared();

	begin();
	for (s->life = 0; s->life < 3; s->life++) {
		if (hw_power(HW_REMOTE, HW_POWER_START) || hw_power_state(HW_REMOTE) != HW_STATE_BOOTING)
			return 1;
		hw_sleep_ns(100000);
		if (hw_power_state(HW_REMOTE) != HW_STATE_RUNNING || !hw_power(HW_REMOTE, HW_POWER_START))
			return 2;
		if (hw_power(HW_REMOTE, HW_POWER_STOP) || hw_power_state(HW_REMOTE) != HW_STATE_STOPPED)
			return 3;
	}
	printf("%u %u %u, %u lives\\n", s->seen[0], s->seen[1], s->seen[2], s->total);
	return 0;
}
"""


def test_a_restarted_remote_finds_its_globals_as_they_were_loaded_and_shared_memory_as_it_left_it(app):
    assert run(app(LIVES)) == ["host: 81 81 81, 3 lives"]


STILL = SHARED + """
static int remote(void)
{
	for (;;) {
		shared()->total++;
		hw_sleep_ns(1000);
	}
}

static bool moves(void)
{
	uint32_t before = shared()->total;

	hw_sleep_ns(50000);
	return shared()->total != before;
}

static int host(void)
{
	begin();
	hw_remote_start();
	hw_sleep_ns(50000);
	printf("running %d\\n", moves());
	hw_power(HW_REMOTE, HW_POWER_%s);
	printf("then %%d, state %%d\\n", moves(), hw_power_state(HW_REMOTE));
	printf("%s %%d\\n", hw_power(HW_REMOTE, HW_POWER_%s));
	hw_sleep_ns(50000);
	printf("then %%d\\n", moves());
	return 0;
}
"""


@pytest.mark.parametrize("first, state, second, answer", (
    ("SUSPEND", 3, "RESUME", 0), ("CRASH", 4, "RESET", 0), ("CUT", 0, "START", 0), ("STOP", 5, "RESUME", -1)))
def test_a_remote_stands_still_until_it_is_brought_back_as_its_state_allows(first, state, second, answer, app):
    text = STILL.replace("moves());", "moves());", 1).replace('"running %d', '"running %%d') % (first, second, second)
    assert run(app(text)) == ["host: running 1", f"host: then 0, state {state}", f"host: {second} {answer}",
                              f"host: then {1 + answer}"]


WAKE = SHARED + """
static void isr(void *arg, uint64_t token)
{
	(void)arg;
	(void)token;
	shared()->counted++;
}

static int remote(void)
{
	hw_mbox_register(0, isr, NULL);
	hw_power(HW_SELF, HW_POWER_%s);
	shared()->total = 1;
	for (;;)
		hw_sleep_ns(1000);
}

static int host(void)
{
	begin();
	hw_remote_start();
	hw_sleep_ns(100000);
	hw_mbox_send(0, 0);
	hw_sleep_ns(100000);
	printf("%%u %%u", shared()->counted, shared()->total);
	hw_power(HW_REMOTE, HW_POWER_RESUME);
	hw_sleep_ns(100000);
	printf(", %%u %%u\\n", shared()->counted, shared()->total);
	return 0;
}
"""


@pytest.mark.parametrize("how, before", (("DOZE", "1 1"), ("SUSPEND", "0 0")))
def test_an_interrupt_wakes_a_remote_that_dozes_and_waits_for_one_that_is_suspended(how, before, app):
    assert run(app(WAKE % how)) == [f"host: {before}, 1 1"]


AGAIN = SHARED + """
static uint32_t counted = 1;

static int remote(void)
{
	return 0;
}

static int host(void)
{
	struct shared *s = shared();

	printf("life %u\\n", counted++);
	if (s->life == 0x600d)
		return 0;
	s->life = 0x600d;
	hw_power(HW_SELF, HW_POWER_RESET);
	return 1;
}
"""


def test_a_host_that_resets_itself_begins_again(app):
    assert run(app(AGAIN)) == ["host: life 1", "host: life 1"]


# 100 calls of the seam, of 8 cycles each on the R5F and 10 on the A53.
RATES = SHARED + """
static uint64_t hundred_calls(void)
{
	uint64_t begin = hw_time_ns(), end = 0;

	for (unsigned int i = 0; i < 100; i++)
		end = hw_time_ns();
	return end - begin;
}

static int remote(void)
{
	struct shared *s = shared();

	s->elapsed[0] = hundred_calls();
	if (hw_clock_set_rate(HW_SELF, 250000000) || !hw_clock_set_rate(HW_SELF, 250000001) ||
	    !hw_clock_set_rate(HW_REMOTE, 500000000))
		abort();
	s->elapsed[1] = hundred_calls();
	while (s->go != 1)
		hw_sleep_ns(1000);
	s->elapsed[2] = hundred_calls();
	return 0;
}

static int host(void)
{
	struct shared *s = shared();
	uint64_t before, after;

	begin();
	hw_remote_start();
	hw_sleep_ns(200000);
	if (hw_clock_set_rate(HW_REMOTE, 500000000))
		abort();
	s->go = 1;
	before = hundred_calls();
	if (hw_clock_set_rate(HW_SELF, 300000000))
		abort();
	after = hundred_calls();
	hw_sleep_ns(200000);
	printf("%u %u %u, %u %u\\n", (unsigned int)s->elapsed[0], (unsigned int)s->elapsed[1],
	       (unsigned int)s->elapsed[2], (unsigned int)before, (unsigned int)after);
	return 0;
}
"""


def test_a_cycle_takes_as_long_as_the_clocks_rate_says(app):
    """800 cycles of 2 ns, of 4 ns, of 2 ns; 1000 of 1/1.2 ns and of 1/0.3 ns."""
    line, = run(app(RATES, "-O2"))
    remote, host = line.removeprefix("host: ").split(", ")
    assert remote == "1600 3200 1600"
    assert [abs(int(seen) - by_hand) <= 1 for seen, by_hand in zip(host.split(), (833, 3333))] == [True, True]


COPY = SHARED + """
static volatile uint32_t ended = 9;

static void isr(void *arg, uint32_t status)
{
	(void)arg;
	ended = status;
}

static int remote(void)
{
	return 0;
}

static uint64_t address(const char *name)
{
	struct hw_region r;

	if (hw_region_get(name, &r))
		abort();
	return r.da;
}

static void wait_for_it(void)
{
	while (ended == 9)
		hw_wfi(1000000);
}

static int host(void)
{
	struct shared *s = shared();
	uint64_t from = address("vdev0buffer") + offsetof(struct shared, from);
	uint64_t to = address("vdev0buffer") + offsetof(struct shared, to);
	unsigned char *area = region("sbe-area0");

	begin();
	for (unsigned int i = 0; i < sizeof(s->from); i++)
		s->from[i] = (unsigned char)(i * 7 + 1);
	if (hw_dma_register(0, isr, NULL) || !hw_dma_register(1, isr, NULL) || hw_dma_copy(0, to, from, 299))
		return 1;
	printf("status %d", hw_dma_status(0));
	wait_for_it();
	printf(", %d, ended %u\\n", hw_dma_status(0), ended);
	printf("equal %d, and no byte more %d\\n", memcmp((void *)s->to, (void *)s->from, 299) == 0, s->to[299] == 0);

	ended = 9;
	memset(area, 1, 64);
	hw_cache_clean(area, 64);
	memset(area, 2, 64);
	hw_dma_copy(0, to, address("sbe-area0"), 64);
	wait_for_it();
	printf("past the cache: %d\\n", s->to[0]);

	ended = 9;
	hw_dma_copy(0, to, 0x1000, 64);
	wait_for_it();
	printf("ended %u, status %d, refused %d", ended, hw_dma_status(0), hw_dma_copy(0, to, from, 1));
	hw_dma_stop(0);
	printf(", status %d\\n", hw_dma_status(0));
	return 0;
}
"""


def test_the_dma_engine_copies_past_caches_and_says_when_it_could_not(app):
    assert run(app(COPY)) == ["host: status 1, 0, ended 0", "host: equal 1, and no byte more 1",
                              "host: past the cache: 1",
                              "host: ended 2, status 2, refused -1, status 0"]


def test_the_same_programs_run_the_same_twice(app, tmp_path):
    image = app(COPY)
    for name in ("first", "second"):
        run(image, "--trace", tmp_path / name)
    first, second = (sbesim("show", tmp_path / name).stdout for name in ("first", "second"))
    assert first == second
    assert b"dma-controller: channel 0, number 1: done, 299 bytes moved" in first
    assert b"channel 0, number 3: aborted at the source, 0 bytes moved" in first


FORGETS = """
static int remote(void)
{
	return 0;
}

static int host(void)
{
	volatile uint32_t *word = region("vdev0vring1");
	uint32_t before;

	hw_remote_start();
	hw_sleep_ns(100000);
	before = *word;
	*word = before + 1;
	hw_power(HW_REMOTE, HW_POWER_STOP);
	printf("stopped: %d", *word == before + 1);
	hw_power(HW_REMOTE, HW_POWER_CUT);
	hw_remote_start();
	printf(", cut: %d\\n", *word == before);
	return 0;
}
"""


def test_memory_of_a_power_domain_is_as_it_came_up_after_a_loss_of_power(app, tmp_path):
    platform = tmp_path / "domain.dts"
    platform.write_text(f'/include/ "{ROOT}/models/platforms/zynqmp-dma.dts"\n'
                        "&vdev0vring1 { power-domains = <&power 7>; };\n")
    image = app(FORGETS)
    done = sbesim("run", "--host", image, "--remote", image, "--platform", platform)
    assert done.stdout.decode() == "host: stopped: 1, cut: 1\n"
    assert run(image) == ["host: stopped: 1, cut: 0"]


WATCHED = SHARED + """
static int remote(void)
{
	struct shared *s = shared();

	s->life++;
	for (s->counted = 0; s->counted < 3; s->counted++)
		hw_sleep_ns(1000);
	s->go = 1;
	return 0;
}

static int host(void)
{
	struct shared *s = shared();

	begin();
	hw_remote_start();
	while (!s->go) {
		hw_sleep_ns(20000);
		if (hw_power_state(HW_REMOTE) == HW_STATE_CRASHED && hw_power(HW_REMOTE, HW_POWER_RESET))
			return 1;
	}
	printf("lives %u", s->life);
	return 0;
}
"""


def test_a_remote_may_crash_at_each_of_its_accesses_and_a_host_that_watches_it_brings_it_back(app, tmp_path):
    platform = tmp_path / "crashes.dts"
    platform.write_text(f'/include/ "{ROOT}/models/platforms/zynqmp-dma.dts"\n/ {{ domains {{ remote {{ sbesim,may-crash; }}; }}; }};\n')
    image = app(WATCHED)

    def lives(*plan):
        done = sbesim("run", "--host", image, "--remote", image, "--platform", platform, *plan)
        return done.stdout.decode()

    assert lives() == "host: lives 1"
    for access in range(8):  # before it has counted itself: a load, a store
        assert lives("--plan", f"power.crash#{access}:1") == f"host: lives {1 if access < 2 else 2}"
    assert run(image, "--plan", "power.crash#1:1", status=2) == []  # where it is not said to
