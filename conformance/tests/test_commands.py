# SPDX-License-Identifier: BSD-3-Clause
"""What scripts rely on: commands, exit codes, and what the JSON holds."""
import subprocess

import pytest
from conftest import CONFORMS, OWN_FAULT, PLATFORMS, SBESIM, VIOLATION, report, sbesim

COMMANDS = ("run", "conform", "explore", "replay", "check", "show", "litmus", "clauses", "defects",
            "platforms")
VERDICTS = {"pass", "fail", "not-exercised", "not-observable", "prereq"}
DEFECT = ("--defect", "response-clean-left-out")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command):
    done = sbesim(command, "--help")
    assert (done.returncode, done.stderr) == (CONFORMS, b"")
    assert done.stdout.startswith(f"usage: sbesim {command}".encode())


def test_the_help_names_every_command():
    words = sbesim("--help").stdout.decode().split()
    assert set(COMMANDS) <= set(words)


@pytest.mark.parametrize("command", ("run", "conform", "explore"))
def test_the_help_of_a_campaign_names_every_option(command):
    words = sbesim(command, "--help").stdout.decode().split()
    assert {"--platform", "--host", "--remote", "--input", "--seed", "--seeds", "--surprises", "--trace", "--defect",
            "--json"} <= set(words)


@pytest.mark.parametrize("arguments, status", ((("conform",), CONFORMS), (("conform", *DEFECT), VIOLATION)))
def test_json_is_all_that_stdout_holds(arguments, status):
    done = sbesim(*arguments, "--json")
    assert (done.returncode, done.stderr) == (status, b"")
    assert done.stdout.count(b"\n") == 1 and done.stdout.endswith(b"}\n")
    assert done.stdout.startswith(b"{")


def assert_statement(said):
    assert set(said) >= {"verdict", "runs", "surprises", "events", "clauses", "violations", "result"}
    assert set(said["result"]) >= {"sha256", "histogram", "upper_sha256"}
    for clause in said["clauses"]:
        assert set(clause) >= {"id", "level", "verdict", "witnesses"}
        assert clause["verdict"] in VERDICTS
        assert clause["level"] in {"MUST", "SHOULD", "MAY"}
        assert clause["witnesses"] > 0 or clause["verdict"] != "pass", "a pass without a witness does not exist"
    for violation in said["violations"]:
        assert set(violation) >= {"clause", "message", "cause", "run", "surprises", "replay", "where"}
        assert violation["message"] and violation["cause"] and violation["replay"]
        for place in violation["where"]:
            assert set(place) >= {"side", "file", "line", "function"}
    failed = {clause["id"] for clause in said["clauses"] if clause["verdict"] == "fail"}
    assert failed == {violation["clause"] for violation in said["violations"]}
    must = {clause["id"] for clause in said["clauses"] if clause["level"] == "MUST"}
    assert said["verdict"] == ("fail" if failed & must else "pass")


@pytest.mark.parametrize("arguments, status", (((), CONFORMS), (DEFECT, VIOLATION)))
@pytest.mark.parametrize("platform", PLATFORMS)
def test_conform_states_all_there_is_to_know(platform, arguments, status):
    said = report("conform", "--platform", platform, *arguments, status=status)
    assert_statement(said)
    assert said["surprises"] == 1
    assert [clause["id"] for clause in said["clauses"]] == [clause["id"] for clause in report("clauses")]


def test_explore_adds_what_was_covered():
    said = report("explore")
    assert_statement(said)
    assert set(said) >= {"choice_points", "complete", "sites", "runs_per_second"}
    for site in said["sites"]:
        assert set(site) >= {"site", "asked", "taken"}
        assert 0 <= site["taken"] <= site["asked"]
    assert sum(site["asked"] for site in said["sites"]) == said["choice_points"]
    assert sum(site["taken"] for site in said["sites"]) == said["runs"] - 1, "each run but the first takes one surprise"


def test_explore_says_the_same_twice_but_for_its_speed():
    first, second = report("explore"), report("explore")
    assert first.pop("runs_per_second") > 0 and second.pop("runs_per_second") > 0
    assert first == second


def test_check_prints_what_conform_prints(reference_trace):
    said = report("check", reference_trace)
    assert_statement(said)
    assert said == report("conform", "--surprises", "0")


def test_check_of_a_violation_states_it(defect_trace):
    assert_statement(report("check", defect_trace, status=VIOLATION))


def test_seeds_are_as_many_runs_with_one_seed_each():
    said = report("conform", "--seeds", "5")
    alone = [report("conform", "--seed", seed) for seed in range(5)]
    assert (said["runs"], [one["runs"] for one in alone]) == (5, [1] * 5)
    assert said["surprises"] is None
    assert said["events"] == sum(one["events"] for one in alone)
    assert len({one["events"] for one in alone}) > 1, "seeds differ"
    for number, clause in enumerate(said["clauses"]):
        assert clause["witnesses"] == sum(one["clauses"][number]["witnesses"] for one in alone)


def test_conform_stops_at_the_first_violation_and_explore_goes_on():
    assert report("conform", "--seeds", "3", *DEFECT, status=VIOLATION)["runs"] == 1
    assert report("explore", "--seeds", "3", *DEFECT, status=VIOLATION)["runs"] == 3


def test_run_judges_nothing():
    said = report("run", *DEFECT)
    assert not {"verdict", "clauses", "violations"} & set(said)
    assert said["runs"] == 1


def test_run_prints_what_the_programs_print():
    done = sbesim("run")
    digest = report("run")["result"]["sha256"]
    assert done.returncode == CONFORMS
    assert f"host: sha256 {digest}\n" in done.stdout.decode()
    assert "remote: done, bytes 1024\n" in done.stdout.decode()


@pytest.mark.parametrize("command, fields", (("clauses", {"id", "level", "text", "source"}),
                                             ("defects", {"name", "clause", "text"}), ("platforms", {"name", "file"})))
def test_lists_are_arrays(command, fields):
    said = report(command)
    assert isinstance(said, list) and said
    for entry in said:
        assert fields <= set(entry)
    assert next(iter(said[0].values())) in sbesim(command).stdout.decode()


def test_defects_name_clauses_that_exist():
    assert {defect["clause"] for defect in report("defects")} <= {clause["id"] for clause in report("clauses")}


def test_the_statement_for_people_says_the_same():
    assert sbesim("conform").stdout.startswith(b"verdict: pass (")
    said, done = report("conform", *DEFECT, status=VIOLATION), sbesim("conform", *DEFECT)
    assert done.returncode == VIOLATION
    assert done.stdout.startswith(b"verdict: fail (")
    for violation in said["violations"]:
        assert violation["message"] in done.stdout.decode() and violation["replay"] in done.stdout.decode()


def test_output_that_cannot_be_written_is_told():
    with open("/dev/full", "wb") as full:
        done = subprocess.run([SBESIM, "conform", "--json"], stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == OWN_FAULT
    assert b"standard output" in done.stderr
