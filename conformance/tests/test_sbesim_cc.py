# SPDX-License-Identifier: BSD-3-Clause
"""sbesim-cc: it names what sbesim will not see, as compilers would, and is silent about everything else; images by
clang get the verdicts that gcc's get."""
import json
import os
import re
import subprocess

import pytest
from conftest import BUILD, CONFORMS, PLATFORMS, ROOT, VIOLATION, defect_side, other_builds, report, sbesim

COMPILERS = ("gcc", "clang")
MESSAGE = re.compile(r"(?P<file>[^\s:]+):(?P<line>\d+):\d+: (?P<level>warning|error): .+ "
                     r"\[-W(?P<error>error=)?sbesim-(?P<name>.+)\]$")
ESCAPE = ROOT / "sim/tests/escape"
DEFECTS = sorted(path.stem for path in (ROOT / "conformance/defects").glob("*.patch"))


def run_cc(compiler, *arguments, cwd, temporary=None):
    environment = {**os.environ, "SBESIM_CC": compiler, **({"TMPDIR": str(temporary)} if temporary else {})}
    return subprocess.run([BUILD / "sbesim-cc", *arguments], cwd=cwd, env=environment, timeout=120, capture_output=True,
                          text=True)


def messages(done):
    """(file, line, name) of each of our warnings; nothing else may have been said."""
    found = []
    for line in done.stderr.splitlines():
        match = MESSAGE.match(line)
        if match:
            assert (match["level"] == "error") == bool(match["error"])
            found.append((match["file"], int(match["line"]), match["name"]))
        else:
            assert done.returncode != 0, line
    return found


@pytest.fixture
def warned(tmp_path):
    """Compiles the text; which warnings were given at the line that is marked, and that all were given there."""
    def compile_it(compiler, text, *flags, name="app.c"):
        (tmp_path / name).write_text(PRELUDE + text)
        done = run_cc(compiler, "-O2", *flags, "-c", name, "-o", "app.o", cwd=tmp_path)
        marked = [number for number, line in enumerate((PRELUDE + text).splitlines(), 1) if "/* HERE */" in line]
        found = messages(done)
        assert {line for _, line, _ in found} <= set(marked), done.stderr
        assert {file for file, _, _ in found} <= {name}
        assert (tmp_path / "app.o").exists() == (done.returncode == 0)
        compile_it.status = done.returncode
        (tmp_path / "app.o").unlink(missing_ok=True)
        return sorted(name for _, _, name in found)
    return compile_it


PRELUDE = """\
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
struct two { uint64_t a, b; };
struct eight { uint64_t a[8]; };
struct bits { uint32_t a : 3, b : 13, c : 16; };
struct two make_two(int x);
struct eight make_eight(int x);
void take_eight(struct eight s);
void take_pointer(const struct eight *s);
"""

# What: the warning, by which compilers it is given; code; and a way to write it that is safe.
CASE_TEXT = r"""
== a small struct returned: struct-value, gcc
void f(struct two *p)
{
	*p = make_two(1); /* HERE */
}
-- but not
void f(struct two *p)
{
	struct two s = make_two(1);

	*p = s;
}

== a large struct returned: struct-value, gcc
void f(struct eight *p)
{
	*p = make_eight(1); /* HERE */
}
-- but not
struct eight g(int x)
{
	return (struct eight){ .a = { [3] = (uint64_t)x } };
}

void f(struct eight *p)
{
	struct eight s = make_eight(1), t = g(2);

	p[0] = s;
	p[1] = t;
}

== a struct passed: struct-value, gcc
void f(struct eight *p)
{
	take_eight(*p); /* HERE */
}
-- but not
void fail(const char *why);

void f(struct eight *p)
{
	if (!p->a[0])
		fail("p->a[0] is 0");
	take_pointer(p);
}

== a struct passed, by clang: unseen, clang
void f(struct eight *p)
{
	take_eight(*p); /* HERE */
}
-- but not
void f(struct eight *p)
{
	take_pointer(p);
}

== a copy within: struct-copy, gcc
void f(struct two *p)
{
	p[0] = p[1]; /* HERE */
}
-- but not
void f(struct two *p)
{
	memcpy(&p[0], &p[1], sizeof(*p));
}

== a bit-field: bit-field, gcc
void f(struct bits *p)
{
	p->b = 5; /* HERE */
}
-- but not
void f(uint32_t *p)
{
	*p = (*p & ~UINT32_C(0xfff8)) | 5 << 3;
}

== a long double: long-double, clang
void f(long double *p)
{
	*p = 1; /* HERE */
}
-- but not
long double f(void)
{
	long double own[3] = { 1, 2, 3 };

	return own[1] * own[2];
}

== a wide vector: vector, clang
typedef int wide __attribute__((vector_size(32)));
__attribute__((target("avx"))) void f(wide *p)
{
	p[0] = p[1]; /* HERE */
}
-- but not
typedef int narrow __attribute__((vector_size(16)));
void f(narrow *p)
{
	p[0] = p[1];
}

== a function without hooks: no-hooks, gcc clang
__attribute__((no_sanitize("thread"))) void f(int *p)
{
	*p = 1; /* HERE */
}
-- but not
__attribute__((no_sanitize("thread"))) int f(int x)
{
	int own[2] = { x, 1 };

	return own[x & 1];
}

== assembly that stores: asm, gcc clang
void f(int *p)
{
	__asm__("incl %0" : "+m"(*p)); /* HERE */
}
-- but not
int f(int x)
{
	__asm__("incl %0" : "+r"(x));
	return x;
}

== a barrier instruction: asm, gcc clang
void f(void)
{
	__asm__ volatile("mfence" ::: "memory"); /* HERE */
}
-- but not
void f(void)
{
	__asm__ volatile("pause");
}

== a compiler barrier: barrier, gcc clang
void f(int *p)
{
	p[0] = 1;
	__asm__ volatile("" ::: "memory"); /* HERE */
	p[1] = 2;
}
-- but not
void f(int *p)
{
	p[0] = 1;
	atomic_thread_fence(memory_order_release);
	p[1] = 2;
}

== a barrier in a macro: barrier, gcc clang
#define barrier() \
	asm volatile("" : : : "memory")
void f(int *p)
{
	p[0] = 1;
	barrier(); /* HERE */
	p[1] = 2;
}
-- but not
#define hide(x) \
	__asm__("" : "+r"(x))
int f(int x)
{
	hide(x);
	return x;
}

== a barrier in an inline function: barrier, gcc clang
static inline void barrier(void)
{
	__asm volatile("\n" ::: "cc", "memory"); /* HERE */
}
void f(void)
{
	barrier();
}
-- but not
static inline void barrier(void)
{
	__asm volatile("" ::: "memory");
}
void f(int *p)
{
	__asm__ volatile("pause");
	*p = 1;
}

== a long in a packed struct: lp64, gcc clang
struct __attribute__((packed)) entry {
	uint32_t id;
	unsigned long da; /* HERE */
	uint64_t pa;
	uint32_t flags;
};
void f(struct entry *p)
{
	p->id = 1;
}
-- but not
struct __attribute__((packed)) entry {
	uint32_t id;
	uint64_t da;
	long long pa;
};
struct own {
	struct entry *p;
	unsigned long n;
};
void f(struct own *o)
{
	o->p->id = 1;
}

== a pointer in a volatile struct: lp64, gcc clang
struct ring {
	uint32_t head;
	void *entry[4]; /* HERE */
};
void f(volatile struct ring *p)
{
	p->head = 1;
}
-- but not
struct ring {
	uint32_t head;
	void *entry[4];
};
void f(struct ring *p)
{
	p->head = 1;
}
"""


def cases_read(text):
    """Name: (warning, compilers, bad, good)."""
    cases = {}
    for case in text.strip("\n").split("== ")[1:]:
        head, body = case.split("\n", 1)
        what, warning, compilers = re.match(r"(.+): (\S+), (.+)", head).groups()
        bad, good = body.split("-- but not\n")
        cases[what] = (warning, compilers.split(), bad, good)
    return cases


CASES = cases_read(CASE_TEXT)
GIVEN = [pytest.param(compiler, *case, id=f"{compiler}: {what}")
         for what, case in CASES.items() for compiler in case[1]]


@pytest.mark.parametrize("compiler, name, compilers, bad, good", GIVEN)
def test_what_is_not_seen_is_warned_of_at_its_line(compiler, name, compilers, bad, good, warned):
    assert warned(compiler, bad) == [name]
    assert warned.status == (1 if name == "asm" else 0)
    assert warned(compiler, bad, f"-Wno-error=sbesim-{name}") == [name] and warned.status == 0
    assert warned(compiler, bad, f"-Werror=sbesim-{name}") == [name] and warned.status == 1


@pytest.mark.parametrize("level", ("-O0", "-O2"))
@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_seen_is_not_warned_of(case, compiler, level, warned):
    assert warned(compiler, case[3], level) == []


@pytest.mark.parametrize("compiler, name, compilers, bad, good", GIVEN)
def test_a_warning_can_be_switched_off_by_its_name_only(compiler, name, compilers, bad, good, warned):
    for flag in (f"-Wno-sbesim-{name}", "-Wno-sbesim", "-w"):
        assert warned(compiler, bad, flag) == [] and warned.status == 0
    other = "vector" if name != "vector" else "asm"
    assert warned(compiler, bad, f"-Wno-sbesim-{other}", "-Wno-error=sbesim") == [name]
    assert warned(compiler, bad, "-Wno-sbesim", f"-Wsbesim-{name}", "-Wno-error=sbesim") == [name]


@pytest.mark.parametrize("compiler", COMPILERS)
def test_structures_are_shared_when_the_command_line_says_so(compiler, warned):
    text = ("struct job_ring {\n\tuint32_t head;\n\tsize_t count; /* HERE */\n};\n"
            "void f(struct job_ring *p)\n{\n\tp->head = 1;\n}\n")
    assert warned(compiler, text) == []
    assert warned(compiler, text, "-Wsbesim-shared=other,job_*") == ["lp64"]
    assert warned(compiler, text, "-Wsbesim-shared=job") == []


@pytest.mark.parametrize("compiler", COMPILERS)
def test_a_warning_as_an_error_of_the_compiler_leaves_ours_warnings(compiler, warned):
    """Builds of other people have -Werror; what is shared in them is not the compiler's to know."""
    assert warned(compiler, CASES["a compiler barrier"][2], "-Werror", "-Wall") == ["barrier"]
    assert warned.status == 0


def test_assembler_source_is_warned_of(tmp_path):
    (tmp_path / "start.S").write_text("\t.text\n\tmovl $1, (%rdi)\n")
    for compiler in COMPILERS:
        done = run_cc(compiler, "-c", "start.S", "-o", "start.o", cwd=tmp_path)
        assert done.returncode == 0 and done.stderr.endswith("[-Wsbesim-assembler]\n")
        assert len(done.stderr.splitlines()) == 1
        assert run_cc(compiler, "-Wno-sbesim-assembler", "-c", "start.S", "-o", "start.o", cwd=tmp_path).stderr == ""


# ---- The whole list of idioms ----------------------------------------------------------------------


def idiom_names():
    """The idiom of each line of idioms.def."""
    names, name = {}, None
    for number, line in enumerate((ESCAPE / "idioms.def").read_text().splitlines(), 1):
        found = re.match(r"IDIOM\((\w+),", line)
        name = found[1] if found else name
        names[number] = name
    return names


def idioms_listed(compiler, version, level):
    """Those that escape, as the escape self-test proves."""
    listed = set()
    for line in (ESCAPE / "expected.txt").read_text().splitlines():
        words = line.split()
        if words and words[0] == compiler and version in words[1].split(","):
            if words[2] == "every" or level in words[2].split(","):
                listed.add(words[3])
    return listed


@pytest.mark.parametrize("level", ("-O0", "-Os", "-O3"))
@pytest.mark.parametrize("compiler", COMPILERS)
def test_exactly_the_idioms_that_escape_are_warned_of(compiler, level, tmp_path):
    version = subprocess.run([compiler, "-dumpversion"], check=True, capture_output=True, text=True)
    version = version.stdout.strip().split(".")[0]
    done = run_cc(compiler, "-std=c11", level, "-Wno-error=sbesim", "-Wno-sbesim-struct-copy", "-Wno-sbesim-lp64",
                  f'-DESCAPE_LEVEL="{level}"', "-c", "sim/tests/escape/idioms.c", "-o", tmp_path / "idioms.o", cwd=ROOT)
    names = idiom_names()
    found = {(names[line] if file.endswith(".def") else name) for file, line, name in messages(done)}
    listed = idioms_listed(compiler, version, level)
    assert {"no_sanitize", "inline_asm"} <= listed, "is this compiler listed?"
    # Of load_half the bytes that are not announced are dropped; a function without hooks is named where it is.
    assert found == listed - {"load_half", "no_sanitize"} | {"no-hooks"}


# ---- The driver --------------------------------------------------------------------------------------


@pytest.mark.parametrize("flags", (("gcc", "-O1"), ("gcc", "-O2"), ("clang", "-O2")), ids=" ".join)
def test_our_own_hosted_sources_have_no_warnings(flags, tmp_path):
    rooms = ("sbe", "host-shim", "remote-shim", "remote-shim/libc", "conformance/reference", "examples")
    sources = [path.relative_to(ROOT) for room in rooms for path in sorted((ROOT / room).glob("*.c"))]
    assert len(sources) > 10
    for source in sources:
        done = run_cc(flags[0], "-std=gnu11", flags[1], "-Wall", "-Wextra", "-c", source, "-o", tmp_path / "own.o",
                      cwd=ROOT)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("compiler", COMPILERS)
def test_several_sources_at_once_are_warned_of_once_each_and_linked(compiler, tmp_path):
    barrier = CASES["a compiler barrier"][2]
    (tmp_path / "one.c").write_text(PRELUDE + barrier)
    (tmp_path / "two.c").write_text(PRELUDE + barrier.replace("f(", "g("))
    (tmp_path / "main.c").write_text("int sbesim_main(int c, char **v);\nint sbesim_main(int c, char **v)\n"
                                     "{\n\t(void)v;\n\treturn c - 1;\n}\n")
    (tmp_path / "temporary").mkdir()
    done = run_cc(compiler, "-pipe", "one.c", "two.c", "main.c", "-o", "app.so", cwd=tmp_path,
                  temporary=tmp_path / "temporary")
    assert done.returncode == 0
    assert sorted(file for file, _, _ in messages(done)) == ["one.c", "two.c"]
    assert list((tmp_path / "temporary").iterdir()) == []
    report("conform", "--host", tmp_path / "app.so", "--surprises", "0")


@pytest.mark.parametrize("compiler", COMPILERS)
def test_a_compilation_that_fails_leaves_nothing_behind(compiler, tmp_path):
    (tmp_path / "wrong.c").write_text("int f(void) { return }\n")
    (tmp_path / "temporary").mkdir()
    done = run_cc(compiler, "-c", "wrong.c", "-o", "wrong.o", cwd=tmp_path, temporary=tmp_path / "temporary")
    assert done.returncode == 1 and "wrong.c:1:" in done.stderr
    assert not (tmp_path / "wrong.o").exists() and list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("compiler", COMPILERS)
def test_names_of_files_are_right_from_below_the_top_of_a_checkout(compiler, tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "below").mkdir()
    text = CASES["a compiler barrier"][2] + CASES["a long in a packed struct"][2].replace("f(", "g(")
    (tmp_path / "below/app.c").write_text(PRELUDE + text)
    for source in ("app.c", tmp_path / "below/app.c"):
        done = run_cc(compiler, "-c", source, "-o", "app.o", cwd=tmp_path / "below")
        assert {(file, name) for file, _, name in messages(done)} == {("app.c", "barrier"), ("app.c", "lp64")}


# ---- Images by clang -----------------------------------------------------------------------------------

OTHERS = [other for other in other_builds()
          if not isinstance(other, str) or (ROOT / other / "host-reference.so").exists()]


def images(build, name):
    """The pair: "reference", "examples", or that of a defect."""
    pair = {side: build / f"{side}-reference.so" for side in ("host", "remote")}
    if name == "examples":
        return {side: build / f"examples/echo_{side}.so" for side in pair}
    if name != "reference":
        side, image = defect_side(name)
        pair[side] = build / image.relative_to(BUILD)
    return pair


def judged(build, name, platform):
    pair = images(build, name)
    done = sbesim("conform", "--host", pair["host"], "--remote", pair["remote"], "--platform", platform,
                  "--surprises", "0", "--json")
    assert done.returncode in (CONFORMS, VIOLATION), done.stderr.decode()
    said = json.loads(done.stdout)
    return said["verdict"], sorted({violation["clause"] for violation in said["violations"]})


@pytest.mark.parametrize("name", ("reference", "examples", *DEFECTS))
@pytest.mark.parametrize("other", OTHERS)
def test_images_by_clang_get_the_verdicts_of_those_by_gcc(other, name):
    for ours, theirs in zip(images(BUILD, name).values(), images(ROOT / other, name).values()):
        assert b"clang version" in theirs.read_bytes() and b"clang version" not in ours.read_bytes()
    for platform in PLATFORMS:
        ours = judged(BUILD, name, platform)
        assert judged(ROOT / other, name, platform) == ours
        if name in ("reference", "examples"):
            assert ours == ("pass", [])


@pytest.mark.parametrize("other", OTHERS)
def test_images_by_clang_conform_with_surprises_as_well(other):
    pair = images(ROOT / other, "reference")
    said = report("conform", "--host", pair["host"], "--remote", pair["remote"], "--surprises", "1", timeout=300)
    assert said["verdict"] == "pass" and said["violations"] == []
