# SPDX-License-Identifier: BSD-3-Clause
"""The Python side says what the command line says."""
import pytest
import sbesim as library
from conftest import BAD_INPUT, PLATFORMS, VIOLATION, contents, report
from sbesim import Bench, SbesimError


def without_speed(said):
    return {key: value for key, value in said.items() if key != "runs_per_second"}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_bench_says_what_the_command_says(platform):
    with Bench(platform=platform) as bench:
        assert bench.conform() == report("conform", "--platform", platform)
        assert bench.conform(seeds=3) == report("conform", "--platform", platform, "--seeds", "3")
        assert bench.run(seed=3) == report("run", "--platform", platform, "--seed", "3")
        assert without_speed(bench.explore()) == without_speed(report("explore", "--platform", platform))


def test_a_violation_is_a_report_and_no_error():
    with Bench(defect="clean-left-out") as bench:
        assert bench.conform() == report("conform", "--defect", "clean-left-out", status=VIOLATION)
        assert bench.replay(plan="-")["violations"]


def test_a_bench_records_and_checks_traces(tmp_path):
    with Bench(defect="clean-left-out") as bench:
        said = bench.conform(surprises=0, trace=tmp_path / "trace")
    assert set(contents(tmp_path / "trace")) == {"metadata", "stream"}
    assert Bench.check(tmp_path / "trace") == report("check", tmp_path / "trace", status=VIOLATION)
    assert Bench.check(tmp_path / "trace")["violations"] == said["violations"]


def test_the_console_is_that_of_the_last_run():
    with Bench() as bench:
        said = bench.run()
        assert f"host: sha256 {said['result']['sha256']}\n" in bench.console()


def test_lists_are_those_of_the_command_line():
    assert library.clauses() == report("clauses")
    assert library.defects() == report("defects")
    assert library.platforms() == report("platforms")


@pytest.mark.parametrize("config, mentioned", (
    ({"platform": "nowhere"}, "nowhere"), ({"host": "/no/image.so"}, "/no/image.so"), ({"defect": "none"}, "none"),
    ({"input": "/no/input"}, "/no/input")))
def test_a_bench_that_cannot_open_says_why(config, mentioned):
    with pytest.raises(SbesimError) as refused, Bench(**config):
        pass
    assert refused.value.code == BAD_INPUT
    assert mentioned in refused.value.sentence == str(refused.value)


def test_a_bench_goes_on_after_a_refusal():
    with Bench() as bench:
        for plan in ("99999:memory.fill:1", "nonsense"):
            with pytest.raises(SbesimError) as refused:
                bench.replay(plan=plan)
            assert refused.value.code == BAD_INPUT and plan in refused.value.sentence
        assert bench.conform(surprises=0)["verdict"] == "pass"


def test_one_bench_is_open_at_a_time():
    with Bench() as bench:
        with pytest.raises(SbesimError), Bench():
            pass
        assert bench.conform(surprises=0)["verdict"] == "pass"
    with Bench() as bench:
        assert bench.conform(surprises=0)["verdict"] == "pass"


def test_contradictory_choices_are_refused():
    with Bench() as bench:
        with pytest.raises(TypeError):
            bench.conform(seed=1, surprises=1)
        with pytest.raises(TypeError):
            bench.replay()


def test_a_damaged_trace_is_no_report(tmp_path):
    with pytest.raises(SbesimError) as refused:
        Bench.check(tmp_path)
    assert refused.value.code == BAD_INPUT and str(tmp_path) in refused.value.sentence
