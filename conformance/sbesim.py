# SPDX-License-Identifier: BSD-3-Clause
"""The bench from Python: libsbesim through cffi, reports as dictionaries.

    with Bench(platform="hostile", defect="clean-left-out") as bench:
        report = bench.conform(surprises=1)
    assert report["verdict"] == "fail"

What can be called is read from include/sbesim/sbesim.h, so it is declared once. The library lies in the build
directory: SBESIM_BUILD in the environment, relative to the top of the checkout, or "build" there. One bench can be open
in a process at a time. What a report says is in docs/reference.md. Nothing here guards against a crash of the library
itself: it would take the interpreter with it.
"""
import json
import os
import re
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get("SBESIM_BUILD", "build")
WHY_SIZE = 1024


def _declarations():
    """The header, without what only a preprocessor understands."""
    text = (ROOT / "include/sbesim/sbesim.h").read_text()
    text = re.sub(r"^#\s*(include|ifndef|endif|define\s+SBESIM_(SBESIM_H|API)).*$", "", text, flags=re.MULTILINE)
    return text.replace("SBESIM_API ", "")


ffi = FFI()
ffi.cdef(_declarations())
lib = ffi.dlopen(str(BUILD / "libsbesim.so"))


class SbesimError(Exception):
    """No report: `code` as the command line exits (2 bad input, 3 a fault of sbesim's own), `sentence` says why."""

    def __init__(self, code, sentence):
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def _text(pointer):
    """A string of the library's, which is given back."""
    text = ffi.string(pointer).decode()
    lib.sbesim_free(pointer)
    return text


def _chars(value):
    return ffi.NULL if value is None else ffi.new("char[]", os.fsencode(value))


def _refuse(code, why):
    raise SbesimError(code, ffi.string(why).decode(errors="replace"))


class Bench:
    """A platform with two images. None means the default: zynqmp, the reference images, the example input."""

    def __init__(self, platform=None, host=None, remote=None, defect=None, input=None):
        self._config = {"platform": platform, "host": host, "remote": remote, "defect": defect, "input": input}
        self._bench = None

    def __enter__(self):
        # What ffi.new made lives as long as its Python object: the strings must outlast the call.
        strings = {name: _chars(value) for name, value in self._config.items()}
        why = ffi.new("char[]", WHY_SIZE)
        bench = lib.sbesim_open(ffi.new("struct sbesim_config *", strings), why, WHY_SIZE)
        if not bench:
            _refuse(lib.SBESIM_BAD_INPUT, why)
        self._bench = bench
        return self

    def __exit__(self, *_):
        lib.sbesim_close(self._bench)
        self._bench = None

    def run(self, **how):
        """Makes runs and judges nothing. `how` is one of seed=N, seeds=N, surprises=D, plan="INDEX:SITE:OPTION,...",
        besides trace=DIR, keep_going=BOOL, contention=BOOL and (where something is judged) profile="rpmsg"; without one of the four, the run without surprises."""
        return self._campaign(how, judge=False, surprises=0)

    def conform(self, **how):
        """Makes runs until one violates a MUST clause; without one of the four, every run with at most one surprise."""
        return self._campaign(how, judge=True, surprises=1)

    def explore(self, **how):
        """The same to the end, and says what was covered."""
        return self._campaign({"keep_going": True, **how}, judge=True, surprises=1, coverage=True)

    def replay(self, **how):
        """Makes the run of a report again: plan= or seed=, as its replay command has it."""
        if not {"plan", "seed"} & how.keys():
            raise TypeError("expected plan= or seed=")
        return self._campaign(how, judge=True, surprises=0)

    def console(self):
        """What the programs of the last run printed, each text after "host: " or "remote: "."""
        return _text(lib.sbesim_console(self._bench))

    @staticmethod
    def check(directory, profile=None):
        """Judges the trace in `directory`; needs no open bench."""
        bench = ffi.new("struct sbesim **")
        why = ffi.new("char[]", WHY_SIZE)
        try:
            status = lib.sbesim_check(os.fsencode(directory), _profile(profile), bench, why, WHY_SIZE)
            return _report(bench[0], status, why, False)
        finally:
            lib.sbesim_close(bench[0])

    def _campaign(self, how, judge, surprises, coverage=False):
        campaign, strings = _campaign_new(judge, surprises, **how)
        why = ffi.new("char[]", WHY_SIZE)
        status = lib.sbesim_run(self._bench, campaign, why, WHY_SIZE)
        del strings
        return _report(self._bench, status, why, coverage)


def _profile(name):
    """None means the default: sbe."""
    return {None: lib.SBESIM_PROFILE_SBE, "sbe": lib.SBESIM_PROFILE_SBE, "rpmsg": lib.SBESIM_PROFILE_RPMSG}[name]


def _campaign_new(judge, default, *, surprises=None, seed=None, seeds=None, plan=None, trace=None, keep_going=False,
                  contention=False, profile=None):
    """A struct sbesim_campaign, and the strings that must outlive it."""
    if sum(value is not None for value in (surprises, seed, seeds, plan)) > 1:
        raise TypeError("expected only one of surprises, seed, seeds and plan")
    by_seed = seed is not None or seeds is not None
    strings = (_chars(plan), _chars(trace))
    return ffi.new("struct sbesim_campaign *", {
        "how": lib.SBESIM_PLAN if plan is not None else lib.SBESIM_SEEDS if by_seed else lib.SBESIM_SURPRISES,
        "surprises": default if surprises is None else surprises,
        "seed": seed or 0, "seeds": 1 if seeds is None else seeds,
        "plan": strings[0], "trace": strings[1], "judge": judge, "keep_going": keep_going,
        "contention": contention, "profile": _profile(profile)}), strings


def _report(bench, status, why, coverage):
    if status not in (lib.SBESIM_CONFORMS, lib.SBESIM_VIOLATION):
        _refuse(status, why)
    return json.loads(_text(lib.sbesim_report_json(bench, coverage)))


def clauses():
    return json.loads(_text(lib.sbesim_clauses_json()))


def defects():
    return json.loads(_text(lib.sbesim_defects_json()))


def platforms():
    return json.loads(_text(lib.sbesim_platforms_json()))
