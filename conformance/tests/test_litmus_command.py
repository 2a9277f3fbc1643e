# SPDX-License-Identifier: BSD-3-Clause
"""`sbesim litmus`: exit codes, what is printed, and what is refused."""
import json

import pytest
from conftest import BAD_INPUT, CONFORMS, VIOLATION, sbesim

TEST = """SBESIM {name}
"Two uncached stores, two uncached loads."
{{ {state} x at 0; y at 64; }}
 P0     | P1       ;
 ust x,1 | uld r0,y ;
 ust y,1 | uld r1,x ;
{question}
"""
ORDERED = ["1:r0=0 1:r1=0", "1:r0=0 1:r1=1", "1:r0=1 1:r1=1"]
REORDERED = "1:r0=1 1:r1=0"


@pytest.fixture(name="litmus")
def fixture_litmus(tmp_path):
    def run(*options, state="", question="exists (1:r0=1 /\\ 1:r1=0)", name="mp"):
        path = tmp_path / "mp.litmus"
        path.write_text(TEST.format(name=name, state=state, question=question))
        return sbesim("litmus", *options, str(path))
    return run


@pytest.mark.parametrize("state, claim, status", (("", "exists", VIOLATION), ("", "forbidden", CONFORMS),
                                                  ("P0: buffer=2;", "exists", CONFORMS), ("P0: buffer=2;", "forbidden", VIOLATION)))
def test_exit_code_says_whether_the_claim_holds(litmus, state, claim, status):
    done = litmus(state=state, question=f"{claim} (1:r0=1 /\\ 1:r1=0)")
    assert (done.returncode, done.stderr) == (status, b"")
    assert done.stdout.decode().split("\n")[-2] == ("Ok" if status == CONFORMS else "No")


def test_json_holds_every_outcome(litmus):
    done = litmus("--json", state="P0: buffer=2;")
    said = json.loads(done.stdout)
    assert sorted(outcome["state"] for outcome in said["outcomes"]) == sorted(ORDERED + [REORDERED])
    assert sum(outcome["count"] for outcome in said["outcomes"]) == said["runs"]
    assert (said["test"], said["complete"], said["capped"], said["holds"]) == ("mp", True, 0, True)
    assert said["condition"] == "exists (1:r0=1 /\\ 1:r1=0)"


def test_text_is_as_herd_prints_it(litmus):
    lines = litmus().stdout.decode().splitlines()
    assert lines[:2] == ["Test mp", "States 3"]
    assert [line.split(" ", 1)[1] for line in lines[2:5]] == ORDERED
    runs = sum(int(line.split()[0]) for line in lines[2:5])
    assert lines[5:] == ["Witnesses", f"Positive: 0 Negative: {runs}", "Condition exists (1:r0=1 /\\ 1:r1=0)", "No"]


def test_bad_test_is_refused_with_file_and_line(litmus, tmp_path):
    done = litmus(question="exists (1:r2=0)")
    path = tmp_path / "mp.litmus"
    assert (done.returncode, done.stdout) == (BAD_INPUT, b"")
    assert done.stderr.decode() == f"sbesim litmus: {path}:7: the question asks for 1:r2, which no outcome tells\n"
    done = litmus(name="sb")
    assert done.stderr.decode() == f"sbesim litmus: {path}:1: the test is named sb: expected its file's name\n"
