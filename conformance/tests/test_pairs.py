# SPDX-License-Identifier: BSD-3-Clause
"""The table of pairs: what is run, what is skipped and why, and what its last line and its exit code say."""

import json
import shutil
import subprocess

import pytest
from conftest import BUILD, ROOT

GONE = """#include <sbesim/hw.h>
int sbesim_main(int argc, char **argv) { (void)argc; (void)argv; return 0; }
"""


@pytest.fixture
def bench(tmp_path):
    """A build directory with the simulator and no pair, in a checkout's place."""
    build = tmp_path / "checkout" / "build"
    (build / "pairs").mkdir(parents=True)
    for name in ("sbesim", "libsbesim.so", "platforms"):
        (build / name).symlink_to(BUILD / name)
    return build


def pairs(build, *options):
    done = subprocess.run([ROOT / "conformance" / "pairs", build, "--surprises", "0", "--seeds", "5", "--platform", "zynqmp",
                           *options], capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr


def own(job, side):
    return BUILD / "pairs" / f"own-{job}-{side}.so"


def test_nothing_at_hand_is_no_success(bench):
    assert pairs(bench) == (1, ["pairs: 0 run, 0 conform, 0 violations, 0 skipped"], "")


def test_own_pair_conforms_and_is_told_with_its_clauses(bench):
    for side in ("host", "remote"):
        shutil.copy(own("rpc", side), bench / "pairs")
    code, lines, _ = pairs(bench, "--json", bench / "table.json")
    assert code == 0 and lines[-1] == "pairs: 1 run, 1 conform, 0 violations, 0 skipped"
    row = json.loads((bench / "table.json").read_text())[0]
    assert (row["host"], row["remote"], row["job"], row["verdict"], row["runs"]) == ("own", "own", "rpc", "conforms", 6)
    assert row["failed"] == [] and 40 <= row["held"] < row["clauses"]


def test_what_cannot_be_paired_is_skipped_and_says_why(bench, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    shutil.copy(own("echo", "host"), bench / "pairs")
    shutil.copy(own("rpc", "remote"), images / "firmware.so")
    (images / "broken-echo-remote.so").write_text("not an image")
    code, lines, _ = pairs(bench, "--images", images, "--skipped", "linux-*: not here")
    assert code == 1 and lines[-1] == "pairs: 0 run, 0 conform, 0 violations, 3 skipped"
    assert "skipped linux-*: not here" in lines
    assert any(line.startswith("skipped firmware.so: its name is not STACK-JOB-host.so") for line in lines)
    assert any("broken" in line and "skipped:" in line and "expected an ELF shared object" in line for line in lines)


def test_image_without_a_counterpart_is_skipped(bench):
    shutil.copy(own("echo", "host"), bench / "pairs")
    shutil.copy(own("rpc", "remote"), bench / "pairs")
    code, lines, _ = pairs(bench)
    assert code == 1 and lines[-1].endswith("2 skipped")
    assert "skipped own-echo-host.so: no image of the other side does the job echo" in lines


def test_pair_that_violates_is_told_with_its_place_and_its_replay(bench, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    (tmp_path / "gone.c").write_text(GONE)
    subprocess.run([BUILD / "sbesim-cc", tmp_path / "gone.c", "-o", images / "gone-rpc-remote.so"], check=True, timeout=60)
    for side in ("host", "remote"):
        shutil.copy(own("rpc", side), bench / "pairs")
    code, lines, _ = pairs(bench, "--images", images)
    assert code == 1 and lines[-1] == "pairs: 2 run, 1 conform, 1 violations, 0 skipped"
    row = next(i for i, line in enumerate(lines) if " gone " in line)
    assert "violates" in lines[row] and "failed:" in lines[row]
    said = "\n".join(lines[row + 1:])
    assert "replay: " in said and "--profile rpmsg" in said and "examined: not yet" in said


def test_illegal_pair_is_skipped_by_its_rule(bench):
    for name in ("rpmsg-lite-x-rpc-host.so", "own-rpc-remote.so"):
        shutil.copy(own("rpc", "host" if "host" in name else "remote"), bench / "pairs" / name)
    code, lines, _ = pairs(bench)
    assert code == 1 and lines[-1] == "pairs: 0 run, 0 conform, 0 violations, 1 skipped"
    assert "skipped: rpmsg-lite as master writes no resource table" in lines[0]


def test_folder_that_is_not_there_is_refused(bench):
    code, lines, error = pairs(bench, "--images", bench / "nowhere")
    assert (code, lines) == (2, []) and error.startswith("pairs: expected a folder of images, seen none: ")
