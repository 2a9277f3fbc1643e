# SPDX-License-Identifier: BSD-3-Clause
"""Recorded traces are Common Trace Format: babeltrace2 reads them, and counts the events that we count."""
import subprocess

import pytest
from conftest import PLATFORMS, report, sbesim


def babeltrace2(trace):
    done = subprocess.run(["babeltrace2", trace], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.splitlines()


def events(trace):
    done = sbesim("show", "--events", trace)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.splitlines()


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("choices", (("--surprises", "0"), ("--seed", "5")), ids=" ".join)
def test_babeltrace2_reads_a_trace_as_we_do(platform, choices, tmp_path):
    said = report("run", "--platform", platform, *choices, "--trace", tmp_path / "trace")
    ours = events(tmp_path / "trace")
    assert len(babeltrace2(tmp_path / "trace")) == len(ours)
    assert len([line for line in ours if line.split()[2] != b"source"]) == said["events"]


def test_babeltrace2_reads_the_trace_of_a_violation(defect_trace):
    theirs, ours = babeltrace2(defect_trace), events(defect_trace)
    assert len(theirs) == len(ours) > 1000
    for their, our in zip(theirs, ours):
        assert f" {our.split()[2].decode()}: {{".encode() in their, "event for event of the same kind"


def test_the_timeline_names_both_sides(reference_trace):
    done = sbesim("show", reference_trace)
    assert done.returncode == 0
    assert {b"host", b"remote"} <= set(done.stdout.split())


def test_a_trace_goes_into_an_empty_directory_too(tmp_path):
    (tmp_path / "trace").mkdir()
    report("run", "--trace", tmp_path / "trace")
    assert sorted(path.name for path in (tmp_path / "trace").iterdir()) == ["metadata", "stream"]


def test_the_trace_of_a_campaign_is_that_of_its_first_violation(tmp_path):
    said = report("conform", "--seeds", "4", "--defect", "clean-left-out", "--trace", tmp_path / "trace", status=1)
    assert f"choices=\"--seed {said['violations'][0]['run']}\"".encode() in events(tmp_path / "trace")[0]
