# SPDX-License-Identifier: BSD-3-Clause
"""Programs of users, built by sbesim-cc far from the checkout: they run; what they do wrong ends as a verdict."""
import shutil
import subprocess

import pytest
from conftest import BUILD, PLATFORMS, ROOT, VIOLATION, other_builds, report, sbesim

IDLE_REMOTE = "static int remote(void)\n{\n\treturn 0;\n}\n"


def pair(image):
    return "--host", image, "--remote", image


def run(image, *arguments, **how):
    """What the programs of the run without surprises print."""
    done = sbesim("run", *pair(image), *arguments, **how)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def violation(image, clause, *arguments):
    """The one violation of `clause` in the run without surprises."""
    said = report("conform", *pair(image), "--surprises", "0", *arguments, status=VIOLATION)
    found, = [one for one in said["violations"] if one["clause"] == clause]
    return found


def marked_line(tmp_path, name="app.c"):
    lines = (tmp_path / name).read_text().splitlines()
    number, = [number for number, line in enumerate(lines, 1) if "/* HERE */" in line]
    return name, number


def places(found):
    return [(place["file"], place["line"]) for place in found["where"]]


# ---- Programs that are right ---------------------------------------------------------------------


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_examples_run_from_anywhere(platform, tmp_path):
    for side in ("host", "remote"):
        shutil.copy(ROOT / f"examples/echo_{side}.c", tmp_path)
        command = [BUILD / "sbesim-cc", f"echo_{side}.c", "-o", f"{side}.so"]
        subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    words = ("--platform", platform, "--host", "host.so", "--remote", "remote.so")
    assert sbesim("run", *words, cwd=tmp_path).stdout == b"host: echo came back\n"
    said = report("conform", *words, cwd=tmp_path)
    assert (said["verdict"], said["violations"]) == ("pass", [])


SPIN = """
struct control {
	volatile uint32_t ask;
	uint32_t pad[63];
	volatile uint32_t answer;
};

static int host(void)
{
	struct control *c = region("vdev0buffer");

	c->ask = 0;
	c->answer = 0;
	hw_cache_flush(c, sizeof(*c));
	hw_remote_start();
	hw_sleep_ns(1000000);
	c->ask = 1;
	while (c->answer != 2)
		continue;
	puts("answered");
	return 0;
}

static int remote(void)
{
	struct control *c = region("vdev0buffer");

	while (c->ask != 1)
		continue;
	c->answer = 2;
	for (;;)
		if (c->ask == 3)
			return 0;
}
"""


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("flags", ("-O0", "-O2"))
def test_sides_that_poll_without_sleeping_end(platform, flags, app):
    """... although, where the word is cached, nobody cleans or invalidates it: hardware would, sooner or later."""
    assert run(app(SPIN, flags), "--platform", platform) == "host: answered\n"


COPIES = """
struct block {
	unsigned char bytes[300];
	uint64_t sum;
};

static struct block *shared(void)
{
	return region("sbe-area0");
}

static void fill(struct block *b, unsigned int seed)
{
	b->sum = 0;
	for (unsigned int i = 0; i < sizeof(b->bytes); i++)
		b->sum += b->bytes[i] = (unsigned char)(seed * 31 + i * 7 + (i >> 3));
}

static void same(const struct block *b, unsigned int seed)
{
	struct block expected;

	fill(&expected, seed);
	assert(b->sum == expected.sum);
	for (unsigned int i = 0; i < sizeof(b->bytes); i++)
		assert(b->bytes[i] == expected.bytes[i]);
}

static void hand_over(void)
{
	hw_cache_clean(shared(), sizeof(struct block));
	hw_dsb();
	hw_mbox_send(0, 0);
}

static void take(void)
{
	hw_wfi(0);
	hw_cache_invalidate(shared(), sizeof(struct block));
}

static void isr(void *arg, uint64_t token)
{
	(void)arg;
	(void)token;
}

static int host(void)
{
	struct block mine, back;

	hw_mbox_register(0, isr, NULL);
	fill(&mine, 1);
	*shared() = mine;
	hw_remote_start();
	hw_sleep_ns(1000000);
	hand_over();
	take();
	back = *shared();
	same(&back, 2);
	puts("both copies are right");
	return 0;
}

static int remote(void)
{
	struct block got;

	hw_mbox_register(0, isr, NULL);
	take();
	got = *shared();
	same(&got, 1);
	fill(&got, 2);
	*shared() = got;
	hand_over();
	for (;;)
		hw_wfi(0);
}
"""


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("flags", ("-O0", "-O2", "-O3"))
def test_structs_are_copied_to_and_from_shared_memory(platform, flags, app):
    assert run(app(COPIES, flags), "--platform", platform) == "host: both copies are right\n"


def test_a_struct_that_was_not_cleaned_does_not_arrive(app):
    """The failing twin: without the clean, the remote's assertion sees other bytes."""
    image = app(COPIES.replace("\thw_cache_clean(shared(), sizeof(struct block));\n", ""))
    assert "b->" in violation(image, "SBE-EXIT-01")["message"]


# ---- Programs that hang --------------------------------------------------------------------------

DEADLOCK = """
static int host(void)
{
	volatile uint32_t *word = region("sbe-area0");

	hw_remote_start();
	STORE;
	hw_wfi(0); /* HERE */
	return 0;
}

static int remote(void)
{
	hw_wfi(0);
	return 0;
}
"""


def test_sides_that_wait_for_each_other_hang(app, tmp_path):
    found = violation(app(DEADLOCK.replace("STORE", "(void)word")), "SBE-LIVE-01")
    assert marked_line(tmp_path) in places(found)
    assert {place["side"] for place in found["where"]} == {"host", "remote"}
    assert "never seen" not in found["cause"]


def test_a_hang_names_the_bytes_that_nobody_saw(app):
    found = violation(app(DEADLOCK.replace("STORE", "word[5] = 1")), "SBE-LIVE-01")
    assert "4 bytes at 0x70000014" in found["cause"] and "never seen" in found["cause"]


def test_a_loop_without_an_access_is_ended(app):
    image = app("static int host(void)\n{\n\tfor (;;)\n\t\tcontinue;\n}\n\n" + IDLE_REMOTE)
    done = sbesim("conform", *pair(image), "--surprises", "0")
    assert done.returncode == VIOLATION
    assert b"SBE-LIVE-01: the run hangs: an agent computes without any memory access" in done.stdout
    assert b"image offset 0x" in done.stderr, "for people: not the same every time, so no part of the report"


def test_a_remote_that_polls_for_ever_hangs(app):
    image = app(SPIN.replace("c->ask = 1;", "c->ask = 7;"))
    assert "hang" in violation(image, "SBE-LIVE-01")["message"]


# ---- Programs that fault -------------------------------------------------------------------------

WILD = """
static int host(void)
{
	int local = 0;

	ACTION; /* HERE */
	return local;
}

""" + IDLE_REMOTE

ACTIONS = {
    "store to NULL": "*(volatile int *)(uintptr_t)local = 1",
    "load from NULL": "local = *(volatile int *)(uintptr_t)local",
    "store far away": "*(volatile int *)0x7f0000001000 = 1",
    "store beyond the regions": "*(volatile int *)((char *)region(\"sbe-area1\") + 0x1000000) = 1",
    "store to text": "*(volatile char *)(uintptr_t)host = 1",
    "load from a non-canonical address": "local = *(volatile int *)0xdead00000000beef",
    "memset far away": "memset((void *)0x123456789000, 1, 100)",
    "memcpy from far away": "memcpy(&local, (void *)0x123456789000, 4)",
    "string far away": "local = (int)strlen((char *)0x123456789000)",
    "maintenance far away": "hw_cache_clean((void *)0x123456789000, 64)",
    "console text far away": "hw_console_write((char *)0x123456789000, 64)",
    "printf of a string far away": "printf(\"%s\", (char *)0x123456789000)",
    "call to NULL": "((void (*)(void))(uintptr_t)local)()",
    "division by zero": "local = 7 / local",
    "trap": "__builtin_trap()",
}


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS.keys())
def test_what_no_program_may_do_is_a_fault_with_its_line(action, app, tmp_path):
    found = violation(app(WILD.replace("ACTION", action), "-w"), "MEM-FAULT-01")
    assert "host" in found["message"]
    if not action.startswith("(("):
        assert marked_line(tmp_path) in places(found)


def test_endless_recursion_is_a_verdict(app):
    image = app("static int deeper(volatile int n)\n{\n\treturn n + deeper(n + 1);\n}\n\n"
                "static int host(void)\n{\n\treturn deeper(1);\n}\n\n" + IDLE_REMOTE, "-w")
    done = sbesim("conform", *pair(image), "--surprises", "0")
    assert done.returncode == VIOLATION, done


def test_a_wild_store_of_the_remote_is_the_remotes(app, tmp_path):
    image = app("static int host(void)\n{\n\thw_remote_start();\n\thw_sleep_ns(1000000);\n\treturn 0;\n}\n\n"
                "static int remote(void)\n{\n\t*(volatile int *)0x10 = 1; /* HERE */\n\treturn 0;\n}\n")
    found = violation(image, "MEM-FAULT-01")
    assert "remote" in found["message"]
    assert found["where"][0]["side"] == "remote" and places(found)[0] == marked_line(tmp_path)


# ---- Programs that give up -----------------------------------------------------------------------

GIVE_UP = "static int host(void)\n{\n\tACTION; /* HERE */\n\treturn 0;\n}\n\n" + IDLE_REMOTE


@pytest.mark.parametrize("action, said", (
    ('hw_assert_fail("the ring is full", "ring.c", 42)', "the ring is full"),
    ("assert(1 + 1 == 3)", "1 + 1 == 3"),
    ("abort()", "abort"),
))
def test_a_failed_assertion_is_told_with_its_text(action, said, app, tmp_path):
    found = violation(app(GIVE_UP.replace("ACTION", action)), "SBE-EXIT-01")
    assert said in found["message"]
    assert marked_line(tmp_path) in places(found)


def test_an_assertion_of_the_remote_is_told_although_the_host_waits_for_ever(app, tmp_path):
    image = app("static int host(void)\n{\n\thw_remote_start();\n\thw_wfi(0);\n\treturn 0;\n}\n\n"
                "static int remote(void)\n{\n\tassert(!\"ready\"); /* HERE */\n\treturn 0;\n}\n")
    found = violation(image, "SBE-EXIT-01")
    assert "remote" in found["message"] and "ready" in found["message"]
    assert marked_line(tmp_path) in places(found)


def test_the_console_has_a_name_before_each_line(app):
    image = app(GIVE_UP.replace("ACTION", 'printf("one "); puts("line"); printf("two\\nthree"); putchar(10)'))
    assert run(image) == "host: one line\nhost: two\nhost: three\n"


def test_an_exit_code_is_told(app):
    assert "3" in violation(app(GIVE_UP.replace("ACTION", "return 3")), "SBE-EXIT-01")["message"]
    said = report("conform", *pair(app(GIVE_UP.replace("ACTION", "return 0"), name="good")), "--surprises", "0")
    assert said["violations"] == []


# ---- Memory that nobody initialised --------------------------------------------------------------

LEFTOVERS = """
static __attribute__((noinline)) void show(const char *when)
{
	unsigned char junk[2048];
	volatile unsigned char *p = junk;
	uint64_t hash = 5381;
	unsigned char *heap = malloc(64);

	for (unsigned int i = 0; i < sizeof(junk); i++)
		hash = hash * 33 + p[i];
	for (unsigned int i = 0; i < 64; i++)
		hash = hash * 33 + ((volatile unsigned char *)heap)[i];
	printf("%s: %llx\\n", when, (unsigned long long)hash);
}

static int host(void)
{
	CALLS;
	return 0;
}

""" + IDLE_REMOTE

CALLS = """
	volatile uint32_t *word = region("sbe-area0");
	char text[100];

	show("after the first call");
	printf("%d %s %f\\n", 3, "three", 3.0);
	show("after printf");
	snprintf(text, sizeof(text), "%d", 4);
	memmove(text + 30, text, 20);
	show("after the C library");
	word[0] = word[1];
	hw_cache_flush((void *)word, 64);
	hw_remote_start();
	hw_sleep_ns(1000);
	show("after the seam");
"""


PROGRAMS = {"fresh memory": 'show("at first")', "what calls left on the stack": CALLS}


@pytest.mark.parametrize("calls", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_what_was_not_initialised_is_the_same_every_time(calls, app):
    image = app(LEFTOVERS.replace("CALLS", calls), "-w")
    first = run(image)
    assert first.startswith("host: ")
    assert [run(image, env={"PATH": "/usr/bin:/bin", "CLUTTER": "x" * 10000}) for _ in range(5)] == [first] * 5


@pytest.mark.parametrize("calls", PROGRAMS.values(), ids=PROGRAMS.keys())
@pytest.mark.parametrize("other", other_builds())
def test_what_was_not_initialised_is_the_same_in_another_build(other, calls, app):
    image = app(LEFTOVERS.replace("CALLS", calls), "-w")
    assert run(image, program=ROOT / other / "sbesim") == run(image)


@pytest.mark.parametrize("body", ["char big[6000000]; memset(big, 1, sizeof(big)); return big[5];",
                                  "volatile char big[300000]; big[argc] = 1; return 3;", "return deeper(argc);"])
def test_a_stack_that_runs_over_is_a_fault_at_its_line(tmp_path, body):
    source = """#include <string.h>
int sbesim_main(int argc, char **argv);
static int deeper(int n) { volatile char b[64]; b[0] = (char)n; return deeper(n + 1) + b[0]; }
int sbesim_main(int argc, char **argv) { (void)argv; (void)argc; (void)deeper; BODY }
""".replace("BODY", body)
    (tmp_path / "over.c").write_text(source)
    built = tmp_path / "over.so"
    subprocess.run([BUILD / "sbesim-cc", "-O0", "over.c", "-o", built], cwd=tmp_path, check=True, timeout=60)
    said = report("conform", "--surprises", "0", "--host", built, status=VIOLATION)
    fault = [v for v in said["violations"] if v["clause"] == "MEM-FAULT-01"]
    assert fault and fault[0]["where"][0]["line"] in (3, 4)


@pytest.mark.parametrize("at, faults", [(7999, False), (2_000_000, True)])
def test_a_store_behind_what_malloc_gave_is_a_fault_at_its_line(tmp_path, at, faults):
    (tmp_path / "over.c").write_text(f"""#include <stdlib.h>
int sbesim_main(int argc, char **argv);
int sbesim_main(int argc, char **argv) {{ volatile char *p = malloc(8000); (void)argc; (void)argv;
p[{at}] = 1;
return 0; }}
""")
    subprocess.run([BUILD / "sbesim-cc", "over.c", "-o", "over.so"], cwd=tmp_path, check=True, timeout=60)
    said = report("conform", "--surprises", "0", "--host", tmp_path / "over.so", status=VIOLATION if faults else 0)
    assert [v["where"][0]["line"] for v in said["violations"] if v["clause"] == "MEM-FAULT-01"] == ([4] if faults else [])


def test_run_says_how_a_program_ended(tmp_path):
    for name, body in {"three": "return 3;", "none": "return 0;"}.items():
        (tmp_path / f"{name}.c").write_text("int sbesim_main(int c, char **v);\n"
                                            "int sbesim_main(int c, char **v) { (void)c; (void)v; %s }\n" % body)
        subprocess.run([BUILD / "sbesim-cc", f"{name}.c", "-o", f"{name}.so"], cwd=tmp_path, check=True, timeout=60)
    ended = sbesim("run", "--host", tmp_path / "three.so")
    assert ended.returncode == 0 and "-- host ended with 3" in ended.stdout.decode()
    assert "--" not in sbesim("run", "--host", tmp_path / "none.so").stdout.decode()
