# SPDX-License-Identifier: BSD-3-Clause
"""Every built-in defect is found, by its clause, at its place, and again from its trace and from its replay command."""
import hashlib
import itertools
import re
import shlex

import pytest
from conftest import (BUILD, CONFORMS, INPUT, PLATFORMS, ROOT, VIOLATION, contents, defect_side, essence, report,
                      single_surprises)
from sbesim import Bench, clauses

PATCHES = sorted((ROOT / "conformance/defects").glob("*.patch"))
NAMES = [patch.stem for patch in PATCHES]
# Clauses on what one side writes and the other reads.
BOTH_SIDES = ("SBE-SYNC-01", "SBE-SYNC-02", "VRING-SYNC-01", "VRING-SYNC-02")
STORES = re.compile(r"sbe_put\d+\(|(?<![=<>!])=(?!=)|memcpy\(|hw_input_read\(")
LEVELS = {clause["id"]: clause["level"] for clause in clauses()}
RIGHT = hashlib.sha256(INPUT.read_bytes()).hexdigest()


def headers(name):
    lines = (ROOT / f"conformance/defects/{name}.patch").read_text().split("\n\n")[0].splitlines()
    return dict(line.split(": ", 1) for line in lines)


def header(name, key):
    return headers(name)[key]


def is_must(name):
    return LEVELS[header(name, "Clause")] == "MUST"


def judged(name, *arguments, **how):
    """A report on a pair with the defect, where it shows. Only a MUST clause makes it fail; without surprises that takes
    one run."""
    where = ["--platform", header(name, "Platform")] if "Platform" in headers(name) else []
    runs = [] if is_must(name) else ["--surprises", "0"]
    options = where + runs if arguments[0] == "conform" else []
    return report(*arguments, *options, status=VIOLATION if is_must(name) else CONFORMS, **how)


MUSTS = [name for name in NAMES if is_must(name) and "Platform" not in headers(name)]


def marked(name):
    """File, line and text of the marked line."""
    for source in (BUILD / "defects" / name).rglob("*.[ch]"):
        for number, line in enumerate(source.read_text().splitlines(), 1):
            if f"/* DEFECT: {name} */" in line:
                return str(source.relative_to(ROOT)), number, line.split("/*")[0]
    raise AssertionError(f"{name}: no marked line")


def place_text(place):
    return (ROOT / place["file"]).read_text().splitlines()[place["line"] - 1]


def conform(name, tmp_path):
    said = judged(name, "conform", "--defect", name, "--trace", tmp_path / "trace")
    found = [violation for violation in said["violations"] if violation["clause"] == header(name, "Clause")]
    return said, found


# What no defect in the source can cause alone: other clauses say first what leads to it.
WITHOUT = {"RPMSG-DATA-01", "SBE-DATA-01", "SBE-DATA-02", "SBE-LIVE-02"}
# What the reference pair has no use for: it allocates nothing. test_heaps.py has the programs that fail them.
ELSEWHERE = {"MEM-HEAP-01", "MEM-LEAK-01"}


def test_every_clause_of_rpmsg_has_a_defect():
    with_defect = {header(name, "Clause") for name in NAMES}
    assert {clause["id"] for clause in clauses() if clause["profile"] == "rpmsg"} - with_defect - WITHOUT - ELSEWHERE == set()


def test_all_defects_are_listed():
    assert len(NAMES) >= 27
    listed = {defect["name"]: defect for defect in report("defects")}
    assert sorted(listed) == NAMES
    for name in NAMES:
        assert (listed[name]["clause"], listed[name]["text"]) == (header(name, "Clause"), header(name, "Text"))
        assert defect_side(name)[0] == header(name, "Side")


@pytest.mark.parametrize("name", NAMES)
def test_a_defect_violates_its_clause(name, tmp_path):
    said, found = conform(name, tmp_path)
    assert said["verdict"] == ("fail" if is_must(name) else "pass")
    assert found, [violation["clause"] for violation in said["violations"]]
    verdicts = {clause["id"]: clause["verdict"] for clause in said["clauses"]}
    assert verdicts[header(name, "Clause")] == "fail"


# What the other side then does wrongly itself: it gives unusable buffers back without a kick.
ALSO = {"descriptor-chained": {"VRING-KICK-01"}, "write-flag-left-out": {"VRING-KICK-01"}}


@pytest.mark.parametrize("name", [name for name in NAMES if is_must(name)])
def test_a_defect_violates_no_other_must_clause(name, tmp_path):
    said, _ = conform(name, tmp_path)
    failed = {clause["id"] for clause in said["clauses"] if (clause["level"], clause["verdict"]) == ("MUST", "fail")}
    assert failed == {header(name, "Clause")} | ALSO.get(name, set())


@pytest.mark.parametrize("name", NAMES)
def test_a_defect_given_by_path_violates_the_same(name, tmp_path):
    side, image = defect_side(name)
    by_path = judged(name, "conform", f"--{side}", image)
    assert by_path == conform(name, tmp_path)[0]


@pytest.mark.parametrize("name", NAMES)
def test_the_trace_alone_shows_what_its_run_showed(name, tmp_path):
    said, _ = conform(name, tmp_path)
    of_the_run = [violation for violation in said["violations"] if violation["run"] == said["runs"] - 1]
    assert of_the_run
    checked = judged(name, "check", tmp_path / "trace")
    assert essence(checked["violations"]) == essence(of_the_run)


@pytest.mark.parametrize("name", NAMES)
def test_the_replay_command_makes_the_run_again(name, tmp_path):
    said, found = conform(name, tmp_path)
    assert found, said["violations"]
    for number, violation in enumerate(found):
        assert_replays(name, violation, tmp_path / f"again{number}")
        assert contents(tmp_path / f"again{number}") == contents(tmp_path / "trace")


def assert_replays(name, violation, trace):
    program, *words = shlex.split(violation["replay"])
    again = judged(name, *words, "--trace", trace, program=program, cwd=ROOT)
    assert clause_and_place(violation) in map(clause_and_place, again["violations"])


def clause_and_place(violation):
    return violation["clause"], violation["where"]


@pytest.mark.parametrize("name", NAMES)
def test_a_violation_says_where(name, tmp_path):
    _, found = conform(name, tmp_path)
    file, line, text = marked(name)
    for violation in found:
        for place in violation["where"]:
            assert not place["file"].startswith("/")
            assert place["function"] in (ROOT / place["file"]).read_text()
            assert place_text(place).strip()
    if STORES.search(text) or "assert_fail" in text:
        assert (file, line) in [(place["file"], place["line"]) for one in found for place in one["where"]]
        return
    for violation in found:
        assert violation["where"]
        if violation["clause"] in BOTH_SIDES:
            assert {place["side"] for place in violation["where"]} == {"host", "remote"}
            assert any(STORES.search(place_text(place)) for place in violation["where"])


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_judges_knows_the_defect(name):
    files = [path for room in ("sim", "models", "traces") for path in (ROOT / room).rglob("*") if path.is_file()]
    files += (ROOT / "conformance").glob("*.[ch]")
    assert len(files) > 50
    assert [str(path) for path in files if name.encode() in path.read_bytes()] == []


def test_a_violation_that_needs_a_surprise_replays(tmp_path):
    """... by a plan that names the surprise, and without it nothing is found there."""
    for name in MUSTS:
        # Dirty or stale lines that nobody maintains raise thousands of questions: not those.
        if report("explore", "--defect", name, "--surprises", "0", status=VIOLATION)["choice_points"] > 100:
            continue
        said = report("explore", "--defect", name, status=VIOLATION)
        for violation in said["violations"]:
            if violation["surprises"] == 1:
                assert_replays(name, violation, tmp_path / "again")
                calm = report("conform", "--defect", name, "--surprises", "0", status=VIOLATION)
                assert clause_and_place(violation) not in map(clause_and_place, calm["violations"])
                return
    raise AssertionError("no defect shows anything more with a surprise")


def test_a_violation_that_a_seed_found_replays(tmp_path):
    said = report("conform", "--defect", "response-clean-left-out", "--seeds", "5", "--trace", tmp_path / "trace",
                  status=VIOLATION)
    assert said["surprises"] is None
    assert "--seed " in said["violations"][0]["replay"]
    assert_replays("response-clean-left-out", said["violations"][0], tmp_path / "again")
    assert contents(tmp_path / "again") == contents(tmp_path / "trace")


# ---- The incoherence is real ---------------------------------------------------------------------


def digest(said):
    return said["result"]["sha256"]


def test_bytes_that_were_not_cleaned_give_a_wrong_digest():
    with Bench(defect="clean-left-out") as bench:
        runs = itertools.chain([bench.run()], (said for _, said in single_surprises(bench)))
        assert any(digest(said) not in (None, RIGHT) for said in runs)


def right_at_first():
    """(platform, defect of the maintenance of buffers) whose result is right without surprises."""
    for platform in PLATFORMS:
        for name in (name for name in MUSTS if header(name, "Clause").startswith("SBE-SYNC-")):
            if digest(report("run", "--platform", platform, "--defect", name, "--surprises", "0")) == RIGHT:
                yield platform, name


def test_two_defects_give_right_bytes_and_are_found_all_the_same():
    found = {name for platform, name in right_at_first()
             if report("conform", "--platform", platform, "--defect", name, "--surprises", "0", status=VIOLATION)}
    assert len(found) >= 2


def test_two_defects_give_right_bytes_until_one_surprise_comes():
    found = set()
    for platform, name in right_at_first():
        if name not in found and surprise_that_spoils(platform, name):
            found.add(name)
        if len(found) == 2:
            return
    raise AssertionError(f"only {sorted(found)}")


def surprise_that_spoils(platform, name):
    with Bench(platform=platform, defect=name) as bench:
        for plan, said in single_surprises(bench):
            if digest(said) not in (None, RIGHT):
                return plan
    return None
