# SPDX-License-Identifier: BSD-3-Clause
"""What the scenarios share: the command line as a process (a crash must not take pytest along), traces, programs."""
import itertools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

import sbesim as library

ROOT = library.ROOT
BUILD = library.BUILD
SBESIM = BUILD / "sbesim"
INPUT = ROOT / "conformance/reference/input.txt"
PLATFORMS = ("zynqmp", "hostile")
CONFORMS, VIOLATION, BAD_INPUT, OWN_FAULT = range(4)


def sbesim(*arguments, program=SBESIM, cwd=ROOT, timeout=60, **how):
    """The finished process of a command line; its output as bytes."""
    words = [os.fspath(program), *map(str, arguments)]
    return subprocess.run(words, cwd=cwd, timeout=timeout, stdin=subprocess.DEVNULL, capture_output=True, **how)


def report(*arguments, status=CONFORMS, **how):
    """What a command prints with --json."""
    done = sbesim(*arguments, "--json", **how)
    assert done.returncode == status, done.stderr.decode() or done.stdout.decode()
    return json.loads(done.stdout)


def contents(directory):
    """Every file in it with its bytes; a directory has None."""
    return {str(path.relative_to(directory)): path.read_bytes() if path.is_file() else None
            for path in sorted(Path(directory).rglob("*"))}


def defect_side(name):
    """"host" or "remote", and the image."""
    image, = (BUILD / "defects" / name).glob("*.so")
    return image.stem, image


def essence(violations):
    """What is the same wherever a violation is found: by a campaign, in its replay, in its trace."""
    return [{key: violation[key] for key in ("clause", "message", "cause", "where")} for violation in violations]


def single_surprises(bench):
    """(plan, report of the run) for every run with exactly one surprise, found by trying: a plan that does not fit
    is refused."""
    questions = bench.explore(surprises=0)["choice_points"]
    for index in range(questions):
        for option in itertools.count(1):
            plan = f"{index}:?:{option}"
            try:
                yield plan, bench.run(plan=plan)
            except library.SbesimError as refusal:
                assert refusal.code == BAD_INPUT
                break


@pytest.fixture(scope="session")
def reference_trace(tmp_path_factory):
    """A trace of the reference pair; not to be changed."""
    directory = tmp_path_factory.mktemp("reference") / "trace"
    report("conform", "--surprises", "0", "--trace", directory)
    return directory


@pytest.fixture(scope="session")
def defect_trace(tmp_path_factory):
    """A trace with a violation; not to be changed."""
    directory = tmp_path_factory.mktemp("defect") / "trace"
    report("conform", "--defect", "clean-left-out", "--trace", directory, status=VIOLATION)
    return directory


PRELUDE = """\
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sbesim/hw.h>

static int host(void);
static int remote(void);

int sbesim_main(int argc, char **argv)
{
	(void)argc;
	return argv[0][0] == 'h' ? host() : remote();
}

static inline void *region(const char *name)
{
	struct hw_region r;

	if (hw_region_get(name, &r))
		abort();
	return r.va;
}
"""


@pytest.fixture
def app(tmp_path):
    """Compiles a program of both sides, far from the checkout: its image."""
    def build(text, *flags, name="app"):
        (tmp_path / f"{name}.c").write_text(PRELUDE + text)
        command = [BUILD / "sbesim-cc", *flags, f"{name}.c", "-o", f"{name}.so"]
        subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
        return tmp_path / f"{name}.so"
    return build


@pytest.fixture(scope="session")
def nobody():
    """Runs the command line as another user, on a copy that this one can read."""
    if os.geteuid() != 0:
        pytest.skip("only root can run as another user")
    top = Path(tempfile.mkdtemp(prefix="sbesim-"))
    shutil.copytree(BUILD, top / BUILD.name, ignore=shutil.ignore_patterns("obj", "hosted", "tests", "defects"))
    (top / "conformance/reference").mkdir(parents=True)
    shutil.copy(INPUT, top / "conformance/reference")
    top.chmod(0o755)
    (top / "work").mkdir()
    (top / "work").chmod(0o777)

    def run(*arguments):
        return sbesim(*arguments, program=top / BUILD.name / "sbesim", cwd=top / "work", env={"PATH": "/usr/bin:/bin"},
                      user="nobody", group="nogroup", extra_groups=[])
    run.work = top / "work"
    yield run
    shutil.rmtree(top)


def other_builds():
    """Builds of the simulator by other compilers: SBESIM_OTHER_BUILDS, directories in the checkout."""
    names = os.environ.get("SBESIM_OTHER_BUILDS", "").split()
    skip = pytest.mark.skip(reason="SBESIM_OTHER_BUILDS names no builds of the simulator by other compilers")
    return names or [pytest.param(None, marks=skip)]
