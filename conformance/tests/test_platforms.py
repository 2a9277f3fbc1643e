# SPDX-License-Identifier: BSD-3-Clause
"""The reference pair conforms on every real platform that is shipped, their store buffers included, with fixed costs and when CPUs contend."""
import hashlib

import pytest
from conftest import INPUT, ROOT, contents, report, sbesim

REAL = ("stm32mp15", "imx8mp", "zynqmp-buffered", "am64x", "am64x-m4f", "am263x", "am62x", "am57x")
SHIPPED = sorted(path.stem for path in (ROOT / "models/platforms").glob("*.dts"))


@pytest.mark.parametrize("platform", REAL)
def test_every_run_with_at_most_one_surprise_conforms(platform):
    said = report("explore", "--platform", platform, "--surprises", "1")
    assert said["verdict"] == "pass"
    assert said["complete"] is True
    assert said["runs"] > 1
    assert not [clause for clause in said["clauses"] if clause["verdict"] in ("fail", "prereq")]


@pytest.mark.parametrize("platform", REAL)
def test_what_is_computed_is_right(platform):
    said = report("run", "--platform", platform)
    assert said["result"]["sha256"] == hashlib.sha256(INPUT.read_bytes()).hexdigest()


@pytest.mark.parametrize("platform", SHIPPED)
def test_cpus_that_contend_conform_too(platform):
    said = report("conform", "--platform", platform, "--contention", "--seeds", "100")
    assert said["verdict"] == "pass"
    assert said["runs"] == 100


def test_contention_changes_when_things_happen_and_is_the_same_each_time(tmp_path):
    for name, how in (("fixed", ()), ("contended", ("--contention",)), ("again", ("--contention",))):
        report("run", "--platform", "hostile", *how, "--trace", tmp_path / name)
    assert contents(tmp_path / "contended") == contents(tmp_path / "again")
    assert contents(tmp_path / "contended") != contents(tmp_path / "fixed")


def test_a_replay_of_a_run_with_contention_says_so(tmp_path):
    report("run", "--contention", "--seed", "3", "--trace", tmp_path / "trace")
    shown = sbesim("show", tmp_path / "trace").stdout.decode()
    assert "--seed 3 --contention" in shown.splitlines()[0]


def test_a_cpu_without_a_cache_reads_memory_and_never_a_stale_line(tmp_path):
    """The M4 needs no maintenance: none of its lines is filled."""
    report("run", "--platform", "stm32mp15", "--trace", tmp_path / "trace")
    shown = sbesim("show", tmp_path / "trace", "--events").stdout.decode().splitlines()
    filled = [line for line in shown if "line.fill" in line]
    assert filled and all("agent=0" in line for line in filled)
