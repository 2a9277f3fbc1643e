# SPDX-License-Identifier: BSD-3-Clause
"""Several cores of one coherent cluster that run one program: each with its twin."""
import pytest
from conftest import ROOT, VIOLATION, report, sbesim

SMP = ("--platform", "zynqmp-smp")


def said(app, text, *options, platform="zynqmp-smp"):
    """What a program of both sides prints."""
    image = app(text)
    done = sbesim("run", "--platform", platform, "--host", image, "--remote", image, *options)
    return done.stdout.decode() + done.stderr.decode()


BOTH = """
static _Thread_local int own = 5;
static unsigned int seen[2];
static int *block;
static volatile bool done;

static void second(void *arg)
{
	seen[1] = hw_cpu_number();
	own += *(int *)arg;
	block = malloc(sizeof(*block));
	*block = own;
	done = true;
}

static int host(void)
{
	int more = 30;

	seen[0] = hw_cpu_number();
	own = 1000;
	assert(!hw_cpu_on(1, second, &more));
	while (!done)
		;
	printf("cores %u %u, block %d, own %d\\n", seen[0], seen[1], *block, own);
	free(block);
	printf("off again: %s\\n", (hw_sleep_ns(1000), hw_cpu_on(1, second, &more)) ? "no" : "yes");
	return 0;
}

static int remote(void)
{
	return 0;
}
"""


def test_cores_have_one_memory_and_heap_and_each_its_own_thread_local_storage(app):
    text = said(app, BOTH)
    assert "host: cores 0 1, block 35, own 1000\n" in text
    assert "host: off again: yes\n" in text


NUMBERS = """
static void nothing(void *arg)
{
	(void)arg;
	for (;;)
		hw_wfi(0);
}

static int host(void)
{
	int before = hw_cpu_on(1, nothing, NULL), again = hw_cpu_on(1, nothing, NULL);

	printf("%d %d, self %d, none %d, interrupt none %d\\n", before, again, hw_cpu_on(0, nothing, NULL),
	       hw_cpu_on(2, nothing, NULL), hw_cpu_interrupt(2));
	return 0;
}

static int remote(void)
{
	return 0;
}
"""


@pytest.mark.parametrize("platform, first", [("zynqmp-smp", 0), ("zynqmp", -1)])
def test_a_core_that_is_on_or_does_not_exist_cannot_be_turned_on(app, platform, first):
    assert f"host: {first} -1, self -1, none -1, interrupt none -1\n" in said(app, NUMBERS, platform=platform)


EXIT = """
static volatile bool up;

static void second(void *arg)
{
	(void)arg;
	up = true;
	@
}

static int host(void)
{
	assert(!hw_cpu_on(1, second, NULL));
	while (!up)
		;
	hw_sleep_ns(50000);
	printf("went on\\n");
	return 0;
}

static int remote(void)
{
	return 0;
}
"""


def test_the_program_ends_on_all_cores_where_one_of_them_exits(app):
    text = said(app, EXIT.replace("@", "hw_exit(3);"))
    assert "host.1 ended with 3" in text and "went on" not in text
    assert "host: went on\n" in said(app, EXIT.replace("@", ""))


# What one core stored the other cleans: they have one cache.
CLEAN = """
static volatile uint8_t *area;
static volatile uint32_t *flag;
static volatile bool stored, cleaned;

static void second(void *arg)
{
	(void)arg;
	while (!stored)
		;
	@
	hw_dsb();
	cleaned = true;
}

static int host(void)
{
	area = region("sbe-area0");
	flag = region("vdev0buffer");
	*flag = 0;
	assert(!hw_cpu_on(1, second, NULL));
	area[5] = 113;
	stored = true;
	while (!cleaned)
		;
	assert(!hw_remote_start());
	while (!*flag)
		;
	return 0;
}

static int remote(void)
{
	area = region("sbe-area0");
	flag = region("vdev0buffer");
	printf("read %u\\n", area[5]);
	*flag = 1;
	return 0;
}
"""


@pytest.mark.parametrize("maintenance, arrives", [("hw_cache_clean((void *)area, 64);", True), ("", False),
                                                  ("hw_cache_all(HW_CACHE_CLEAN, false);", True),
                                                  ("hw_cache_all(HW_CACHE_CLEAN, true);", False)])
def test_maintenance_by_one_core_is_of_what_all_hold_but_by_set_and_way_of_its_own(app, maintenance, arrives):
    assert ("remote: read 113\n" in said(app, CLEAN.replace("@", maintenance))) == arrives


# Interrupts between cores, and a mailbox channel that goes to the core which registered last.
INTERRUPTS = """
static volatile uint64_t from = 99;
static volatile unsigned int who = 99;
static volatile bool ready;

static void on_core(void *arg, uint64_t sender)
{
	(void)arg;
	from = sender;
}

static void on_mail(void *arg, uint64_t token)
{
	(void)arg, (void)token;
	who = hw_cpu_number();
}

static void second(void *arg)
{
	(void)arg;
	hw_cpu_on_interrupt(on_core, NULL);
	@
	ready = true;
	for (;;)
		hw_wfi(0);
}

static int host(void)
{
	hw_mbox_register(0, on_mail, NULL);
	assert(!hw_cpu_on(1, second, NULL));
	while (!ready)
		hw_sleep_ns(100);
	assert(!hw_cpu_interrupt(1));
	assert(!hw_remote_start());
	while (from == 99 || who == 99)
		hw_sleep_ns(100);
	printf("from core %u, mail to core %u\\n", (unsigned int)from, who);
	return 0;
}

static int remote(void)
{
	hw_mbox_send(0, 0);
	return 0;
}
"""


@pytest.mark.parametrize("registers, core", [("hw_mbox_register(0, on_mail, NULL);", 1), ("", 0)])
def test_interrupts_go_to_the_core_that_they_are_for(app, registers, core):
    assert f"host: from core 0, mail to core {core}\n" in said(app, INTERRUPTS.replace("@", registers))


# Both cores count in shared memory; without a lock exploration finds the increment that is lost.
COUNT = """
static _Atomic bool lock;
static volatile uint32_t *count;
static volatile bool done;

static void add(void)
{
	@
	*count = *count + 1;
	#
}

static void second(void *arg)
{
	(void)arg;
	add();
	done = true;
}

static int host(void)
{
	count = region("vdev0buffer");
	*count = 0;
	assert(!hw_cpu_on(1, second, NULL));
	add();
	while (!done)
		;
	assert(*count == 2);
	return 0;
}

static int remote(void)
{
	return 0;
}
"""
LOCK = ("while (__atomic_exchange_n(&lock, true, __ATOMIC_ACQUIRE)) ;", "__atomic_store_n(&lock, false, __ATOMIC_RELEASE);")


@pytest.mark.parametrize("buffered", [False, True])
@pytest.mark.parametrize("lock, unlock, status", [("", "", VIOLATION), (*LOCK, 0)])
def test_what_two_cores_do_without_a_lock_is_found(app, tmp_path, lock, unlock, status, buffered):
    image = app(COUNT.replace("@", lock).replace("#", unlock))
    platform = "zynqmp-smp"
    if buffered:
        platform = tmp_path / "buffered.dts"
        text = (ROOT / "models/platforms/zynqmp-smp.dts").read_text().replace("zynqmp.dts", "zynqmp-buffered.dts")
        platform.write_text(text)
        for name in ("zynqmp.dts", "zynqmp-buffered.dts"):
            (tmp_path / name).write_text((ROOT / "models/platforms" / name).read_text())
    found = report("conform", "--profile", "rpmsg", "--platform", platform, "--host", image, "--remote", image, status=status)
    assert found["runs"] > 1 or status


# The host resets a remote of two cores while both run.
RESET = """
static _Thread_local int own = 5;
static volatile uint32_t *word;

static void second(void *arg)
{
	(void)arg;
	word[1] = (uint32_t)++own;
	for (;; hw_sleep_ns(100))
		word[2]++;
}

static int host(void)
{
	uint32_t before;

	word = region("vdev0buffer");
	for (unsigned int i = 0; i < 3; i++)
		word[i] = 0;
	hw_dsb();
	assert(!hw_remote_start());
	while (!word[2])
		;
	assert(!hw_power(HW_REMOTE, HW_POWER_@));
	before = word[2];
	hw_sleep_ns(1000);
	printf("it %s\\n", word[2] == before ? "stopped" : "goes on");
	word[1] = 0;
	hw_power(HW_REMOTE, HW_POWER_START);
	while (!word[1])
		;
	printf("lives %u, own %u\\n", word[0], word[1]);
	return 0;
}

static int remote(void)
{
	word = region("vdev0buffer");
	word[0]++;
	assert(!hw_cpu_on(1, second, NULL));
	for (;;)
		hw_wfi(0);
	return 0;
}
"""


def variant(tmp_path, *replaced):
    """A copy of zynqmp with other lines in it."""
    text = (ROOT / "models/platforms/zynqmp.dts").read_text()
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "variant.dts"
    path.write_text(text)
    return path


def test_a_remote_of_several_cores_stops_as_a_whole_and_boots_with_one(app):
    text = said(app, RESET.replace("@", "STOP"), platform="am57x")
    assert "host: it stopped\n" in text and "host: lives 2, own 6\n" in text


def test_two_programs_may_run_on_one_coherent_cluster(app, tmp_path):
    cluster = variant(tmp_path, ("cpus = <&r5f 0x1 0x0>;", "cpus = <&a53 0x2 0x0>;"))
    assert report("conform", "--platform", cluster)["verdict"] == "pass"
    assert "remote: read 113\n" in said(app, CLEAN.replace("assert(!hw_cpu_on(1, second, NULL));", "second(NULL);")
                                        .replace("while (!stored)\n\t\t;", "").replace("@", ""), platform=cluster)


def test_the_reference_pair_conforms_on_a_cluster():
    assert report("conform", *SMP)["verdict"] == "pass"
