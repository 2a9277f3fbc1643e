# SPDX-License-Identifier: BSD-3-Clause
"""The reference pair conforms, and what it computes is right."""
import hashlib

import pytest
from conftest import INPUT, PLATFORMS, report, single_surprises
from sbesim import Bench

INPUTS = {
    "empty": b"",
    "one byte": b"q",
    "one chunk": bytes(range(97, 123)) * 157 + b"abcdefghijklmn",
    "one chunk and a byte": b"z" * 4097,
    "5000 bytes": b"The quick brown fox jumps over the lazy dog. " * 111 + b"abcde",
    "binary": bytes(reversed(range(256))) * 12,
}


def expected(data):
    return {"sha256": hashlib.sha256(data).hexdigest(), "histogram": [data.count(byte) for byte in range(256)],
            "upper_sha256": hashlib.sha256(data.upper()).hexdigest()}


def assert_no_violation(said):
    assert said["verdict"] == "pass"
    assert said["violations"] == []
    assert not [clause for clause in said["clauses"] if clause["verdict"] in ("fail", "prereq")]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_run_with_at_most_one_surprise_violates_a_clause(platform):
    said = report("conform", "--platform", platform, "--surprises", "1")
    assert_no_violation(said)
    assert said["surprises"] == 1
    assert said["runs"] > 1


@pytest.mark.parametrize("platform", PLATFORMS)
def test_exploring_covers_every_run_with_at_most_one_surprise(platform):
    said = report("explore", "--platform", platform)
    assert_no_violation(said)
    assert said["complete"] is True
    with Bench(platform=platform) as bench:
        runs = list(single_surprises(bench))
    assert said["runs"] == 1 + len(runs), "the odometer and trying every plan reach the same runs"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_result_is_right_whatever_single_surprise_comes(platform):
    with Bench(platform=platform) as bench:
        assert bench.run()["result"] == expected(INPUT.read_bytes())
        wrong = [plan for plan, said in single_surprises(bench) if said["result"] != expected(INPUT.read_bytes())]
    assert wrong == []


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_run_of_300_seeds_violates_a_clause(platform):
    said = report("conform", "--platform", platform, "--seeds", "300")
    assert_no_violation(said)
    assert said["runs"] == 300


@pytest.mark.long
@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_run_of_10000_seeds_violates_a_clause(platform):
    said = report("conform", "--platform", platform, "--seeds", "10000", timeout=600)
    assert_no_violation(said)
    assert said["runs"] == 10000


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("data", INPUTS.values(), ids=INPUTS.keys())
def test_the_result_is_that_of_the_input(platform, data, tmp_path):
    (tmp_path / "input").write_bytes(data)
    said = report("conform", "--platform", platform, "--surprises", "0", "--input", tmp_path / "input")
    assert said["result"] == expected(data)
    assert_no_violation(said)


def test_the_default_input_has_one_kibibyte():
    assert INPUT.stat().st_size == 1024
    assert report("conform", "--surprises", "0")["result"] == expected(INPUT.read_bytes())


def test_three_kinds_of_questions_are_answered_with_a_surprise():
    taken = [site["site"] for site in report("explore")["sites"] if site["taken"]]
    assert len(taken) >= 3
    assert {site.split(".")[0] for site in taken} >= {"schedule", "mailbox", "memory"}
