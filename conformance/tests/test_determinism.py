# SPDX-License-Identifier: BSD-3-Clause
"""The same choices give the same bytes: again, elsewhere, as somebody else, from another compiler's simulator."""
import pytest
from conftest import BUILD, PLATFORMS, ROOT, VIOLATION, contents, essence, other_builds, report, sbesim

IMAGES = ("--host", BUILD / "host-reference.so", "--remote", BUILD / "remote-reference.so")
CHOICES = (("--surprises", "0"), ("--seed", "3"), ("--seed", "4"))


def record(trace, *arguments, **how):
    done = sbesim("run", "--trace", trace, *arguments, **how)
    assert done.returncode == 0, done.stderr.decode()
    return contents(trace)


def test_a_seed_gives_the_same_trace_100_times(tmp_path):
    first = record(tmp_path / "first", "--seed", "7")
    assert set(first) == {"metadata", "stream"} and len(first["stream"]) > 10000
    for again in range(100):
        assert record(tmp_path / f"again{again}", "--seed", "7") == first


def test_two_seeds_give_two_traces(tmp_path):
    assert record(tmp_path / "one", "--seed", "7") != record(tmp_path / "two", "--seed", "8")


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("choices", CHOICES, ids=" ".join)
def test_place_and_environment_do_not_show(platform, choices, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    here = record(tmp_path / "here", "--platform", platform, *choices)
    bare = {"PATH": "/usr/bin:/bin"}
    elsewhere = tmp_path / "elsewhere"
    assert record(tmp_path / "there", "--platform", platform, *choices, cwd=elsewhere, env=bare) == here
    cluttered = {"PATH": "/usr/bin:/bin", "LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu", "CLUTTER": "x" * 100000}
    assert record(tmp_path / "cluttered", "--platform", platform, *choices, env=cluttered) == here


@pytest.mark.parametrize("choices", CHOICES, ids=" ".join)
def test_the_user_does_not_show(choices, nobody, tmp_path):
    done = nobody("run", "--trace", nobody.work / "-".join(choices), *choices)
    assert done.returncode == 0, done.stderr.decode()
    assert contents(nobody.work / "-".join(choices)) == record(tmp_path / "mine", *choices)


@pytest.mark.parametrize("other", other_builds())
@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("choices", CHOICES, ids=" ".join)
def test_the_compiler_of_the_simulator_does_not_show(other, platform, choices, tmp_path):
    arguments = ("--platform", platform, *IMAGES, *choices)
    ours = record(tmp_path / "ours", *arguments)
    assert record(tmp_path / "other", *arguments, program=ROOT / other / "sbesim") == ours


@pytest.mark.parametrize("other", other_builds())
def test_another_build_judges_alike(other, tmp_path):
    arguments = ("conform", "--host", BUILD / "defects/clean-left-out/host.so", *IMAGES[2:])
    ours = report(*arguments, "--trace", tmp_path / "ours", status=VIOLATION)
    program = ROOT / other / "sbesim"
    theirs = report(*arguments, "--trace", tmp_path / "other", status=VIOLATION, program=program, timeout=300)
    assert essence(theirs["violations"]) == essence(ours["violations"])
    assert contents(tmp_path / "other") == contents(tmp_path / "ours")


@pytest.mark.parametrize("other", other_builds())
def test_another_build_explores_alike(other):
    ours = report("explore", *IMAGES)
    theirs = report("explore", *IMAGES, program=ROOT / other / "sbesim", timeout=300)
    del ours["runs_per_second"], theirs["runs_per_second"]
    assert theirs == ours
