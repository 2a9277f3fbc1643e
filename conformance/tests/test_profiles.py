# SPDX-License-Identifier: BSD-3-Clause
"""Profiles: which clauses are judged and listed; pairs that never talk; what a lost kick may do."""
import shlex

import pytest
from conftest import BAD_INPUT, CONFORMS, ROOT, VIOLATION, report, sbesim
from sbesim import Bench

# A defect of SBE's own rules, and one of rpmsg's.
OF_SBE, OF_RPMSG = "clean-left-out", "header-too-long"


def ids(said):
    return [clause["id"] for clause in said["clauses"]]


def of_profile(name):
    return [clause["id"] for clause in report("clauses") if clause["profile"] == name]


def test_every_clause_has_a_profile():
    assert {clause["profile"] for clause in report("clauses")} == {"rpmsg", "sbe"}
    assert len(of_profile("rpmsg")) >= 40


def test_the_default_lists_all_and_rpmsg_lists_its_own():
    for arguments, expected in (((), ids({"clauses": report("clauses")})), (("--profile", "sbe"), None),
                                (("--profile", "rpmsg"), of_profile("rpmsg"))):
        said = report("conform", "--surprises", "0", *arguments)
        assert said["profile"] == (arguments[1] if arguments else "sbe")
        assert ids(said) == (expected or ids({"clauses": report("clauses")}))


def test_rpmsg_does_not_judge_what_is_sbes():
    said = report("conform", "--defect", OF_SBE, "--surprises", "0", "--profile", "rpmsg", status=CONFORMS)
    assert said["violations"] == []
    assert report("conform", "--defect", OF_SBE, "--surprises", "0", status=VIOLATION)["violations"]


def test_rpmsg_judges_what_is_rpmsgs_and_says_so_in_the_replay_command(tmp_path):
    said = report("conform", "--defect", OF_RPMSG, "--profile", "rpmsg", "--trace", tmp_path / "trace", status=VIOLATION)
    replay = said["violations"][0]["replay"]
    assert "--profile rpmsg" in replay
    program, *words = shlex.split(replay)
    assert report(*words, program=program, cwd=ROOT, status=VIOLATION)["profile"] == "rpmsg"
    assert "--profile" not in report("conform", "--defect", OF_RPMSG, status=VIOLATION)["violations"][0]["replay"]


def test_a_trace_is_checked_by_either_profile(defect_trace):
    assert report("check", defect_trace, "--profile", "rpmsg", status=CONFORMS)["violations"] == []
    assert report("check", defect_trace, "--profile", "sbe", status=VIOLATION)["violations"]


def test_the_binding_takes_a_profile(defect_trace):
    with Bench(defect=OF_SBE) as bench:
        assert bench.conform(surprises=0, profile="rpmsg")["verdict"] == "pass"
        assert bench.conform(surprises=0)["verdict"] == "fail"
    assert Bench.check(defect_trace, profile="rpmsg")["verdict"] == "pass"
    with pytest.raises(KeyError):
        Bench.check(defect_trace, profile="can")


def test_an_unknown_profile_is_refused():
    done = sbesim("conform", "--profile", "can")
    assert done.returncode == BAD_INPUT
    assert done.stdout == b""
    assert b"expected rpmsg or sbe" in done.stderr


# ---- Pairs that never talk -----------------------------------------------------------------------------

SILENT = """
static int host(void) { hw_remote_start(); return 0; }
static int remote(void) { return 0; }
"""


def test_a_pair_that_never_talks_is_warned_of(app):
    image = app(SILENT)
    said = report("conform", "--host", image, "--remote", image)
    assert said["verdict"] == "pass"
    assert len(said["warnings"]) == 1
    assert b"\nwarning: " in sbesim("conform", "--host", image, "--remote", image).stdout


def test_a_pair_that_talks_is_not():
    assert report("conform", "--surprises", "0")["warnings"] == []
    assert b"\nwarning: " not in sbesim("conform", "--surprises", "0").stdout


# ---- Lost kicks ----------------------------------------------------------------------------------------

WAITS = """
static volatile int kicks;
static void isr(void *arg, uint64_t token) { (void)arg; (void)token; kicks++; }
static void wait_for_kick(uint64_t timeout_ns)
{
	hw_irq_disable();
	while (!kicks) {
		hw_wfi(timeout_ns);
		hw_irq_enable();
		if (timeout_ns)
			break;
		hw_irq_disable();
	}
	hw_irq_enable();
}
static int host(void)
{
	hw_remote_start();
	hw_sleep_ns(1000000);
	return hw_mbox_send(0, 0);
}
"""
PATIENT = "static int remote(void) { hw_mbox_register(0, isr, 0); wait_for_kick(%s); return 0; }\n"


def test_a_wait_for_a_kick_alone_hangs_when_it_is_lost(app):
    image = app(WAITS + PATIENT % "0")
    assert report("conform", "--host", image, "--remote", image, "--platform", "zynqmp")["verdict"] == "pass"
    said = report("explore", "--host", image, "--remote", image, "--platform", "hostile")
    lost = next(clause for clause in said["clauses"] if clause["id"] == "MBOX-LOST-01")
    assert lost["verdict"] == "pass", "the host does not wait for the remote: nobody hangs"


ANSWERS = WAITS.replace("return hw_mbox_send(0, 0);", """
	hw_mbox_register(0, isr, 0);
	hw_mbox_send(0, 0);
	wait_for_kick(TIMEOUT);
	return 0;
""")
ECHO = "static int remote(void) { hw_mbox_register(0, isr, 0); wait_for_kick(0); return hw_mbox_send(0, 0); }\n"


def lost_kicks(app, timeout, status):
    image = app(ANSWERS + ECHO, f"-DTIMEOUT={timeout}")
    said = report("explore", "--host", image, "--remote", image, "--platform", "hostile", status=status)
    verdicts = {clause["id"]: clause["verdict"] for clause in said["clauses"]}
    return verdicts["MBOX-LOST-01"], {violation["clause"] for violation in said["violations"]}


def test_who_waits_for_an_answering_kick_alone_hangs_when_it_is_lost(app):
    assert lost_kicks(app, 0, VIOLATION) == ("fail", {"MBOX-LOST-01"})


def test_who_waits_with_a_limit_does_not(app):
    assert lost_kicks(app, 1000000, CONFORMS) == ("pass", set())
