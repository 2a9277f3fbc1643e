# SPDX-License-Identifier: BSD-3-Clause
"""The model's time against boards: what is held to the limit, what a wrong cost does, what calibration recovers, what is
refused."""
import re
import shutil
import subprocess

import pytest
from conftest import BAD_INPUT, BUILD, CONFORMS, ROOT, VIOLATION

FIDELITY = ROOT / "bench/fidelity"
DATA = ROOT / "bench/data/rpmsg-latency-hardware.csv"
PLATFORMS = ROOT / "models/platforms"
HEADER = "soc,cpu_hz,kind,local,remote,bytes,latency_us"
LINE = re.compile(r"(\S+) +(notify|rpmsg) +(\S+) +(\S+) +(\d+) +([\d.]+) us +([\d.]+) us +([+-][\d.]+) %  (.*)")


def fidelity(*arguments, status=CONFORMS):
    """What it prints."""
    done = subprocess.run([FIDELITY, *map(str, arguments), BUILD], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=120, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stderr if status == BAD_INPUT else done.stdout


def rows(text):
    """(soc, kind, local, remote, bytes) -> (measured, predicted, error, note)."""
    found = {}
    for line in map(LINE.fullmatch, text.splitlines()):
        if line:
            found[line[1], line[2], line[3], line[4], int(line[5])] = float(line[6]), float(line[7]), float(line[8]), line[9]
    return found


def with_cost(directory, soc, kind, **costs):
    """A copy of the platforms in which a core type has other costs."""
    shutil.copytree(PLATFORMS, directory)
    path = directory / f"{soc}.dtsi"
    before, node = path.read_text().split(f"\t\t{kind}: cpu@")
    node, after = node.split("\n\t\t};", 1)
    for name, value in costs.items():
        node, count = re.subn(rf"sbesim,{name.replace('_', '-')} = <\d+>", f"sbesim,{name.replace('_', '-')} = <{value}>", node)
        assert count == 1
    path.write_text(before + f"\t\t{kind}: cpu@" + node + "\n\t\t};" + after)
    return directory


def written(path, *lines):
    """A file of data."""
    path.write_text("\n".join([HEADER, *lines, ""]))
    return path


def test_every_shipped_row_is_predicted_and_those_of_the_claim_within_ten_per_cent():
    text = fidelity()
    found = rows(text)
    assert len(found) == len(DATA.read_text().splitlines()) - 1
    claimed = [row for row, (*_, note) in found.items() if note == "predicted"]
    assert sorted(claimed) == [("am263x", "rpmsg", "r5f0-0", "r5f0-1", 32)] + [
        ("am64x", "rpmsg", "r5f0-0", remote, size) for remote in ("m4f0-0", "r5f0-1") for size in (64, 112)]
    assert all(abs(found[row][2]) <= 10 for row in claimed)
    worst = max(abs(error) for _, _, error, _ in found.values())
    assert text.splitlines()[-1] == f"fidelity: {len(found)} rows, worst error {worst:.1f} %"


def test_each_error_is_of_the_two_numbers_beside_it():
    for measured, predicted, error, _ in rows(fidelity()).values():
        assert error == pytest.approx((predicted / measured - 1) * 100, abs=0.15)


# Which accesses the hosted code makes is the compiler's choice; the costs in the device trees were solved with this one's.
SOLVED_WITH_GCC = 12


def test_solving_anew_gives_the_costs_in_the_device_trees():
    text = fidelity("--calibrate", "shortest")
    other = re.findall(r"^(\w+ \w+ \S+) = <(\d+)>, in \w+\.dtsi <(\d+)>$", text, re.M)
    if int(subprocess.run(["gcc", "-dumpversion"], capture_output=True, text=True, check=True).stdout) == SOLVED_WITH_GCC:
        assert not other
    assert all(abs(int(solved) / int(written_there) - 1) <= 0.1 for _, solved, written_there in other)
    said = re.findall(r"^(\w+)(?:: solved, the same as in \w+\.dtsi| \w+ \S+ = <\d+>, in \w+\.dtsi <\d+>)$", text, re.M)
    assert set(said) == {"am263x", "am62x", "am64x"}


def test_the_solution_does_not_depend_on_the_costs_in_the_device_trees(tmp_path):
    wrong = with_cost(tmp_path / "p", "am64x", "r5f", uncached_load_cycles=90, interrupt_entry_cycles=500)
    assert rows(fidelity("--calibrate", "shortest", "--platforms", wrong)) == rows(fidelity("--calibrate", "shortest"))


@pytest.mark.parametrize("soc, kind", [("am64x", "r5f"), ("am64x", "m4f"), ("am263x", "r5f")])
def test_a_wrong_cost_of_an_access_breaks_the_limit(tmp_path, soc, kind):
    text = fidelity("--platforms", with_cost(tmp_path / "p", soc, kind, uncached_load_cycles=200), status=VIOLATION)
    assert re.search(rf"^{soc}:r5f0-0:\S+ is off by more than 10 %$", text, re.M)


def test_a_wrong_cost_outside_the_claim_breaks_nothing(tmp_path):
    text = fidelity("--platforms", with_cost(tmp_path / "p", "am64x", "a53", uncached_load_cycles=900))
    assert rows(text)["am64x", "rpmsg", "r5f0-0", "a530-0", 112][2] > 10


def measured_by_the_model(tmp_path, soc, kind, pairs, **costs):
    """Data of a board that is the model itself with these costs."""
    sizes = [(local, remote, size) for local, remote in pairs for size in (0, 4, 32, 64, 112)]
    blank = written(tmp_path / "blank.csv", *(f"{soc},,{'rpmsg' if size else 'notify'},{local},{remote},{size},10"
                                              for local, remote, size in sizes))
    made = rows(fidelity("--data", blank, "--platforms", with_cost(tmp_path / "made", soc, kind, **costs), status=VIOLATION))
    return written(tmp_path / "board.csv", *(f"{of},,{what},{local},{remote},{size},{predicted}"
                                             for (of, what, local, remote, size), (_, predicted, _, _) in made.items()))


def solved(text):
    """Costs that are not the device tree's, by name."""
    return {(name[1], name[2]): int(name[3]) for name in re.finditer(r"^\S+ (\S+) sbesim,(\S+) = <(\d+)>", text, re.M)}


@pytest.mark.parametrize("soc, kind, pair", [("am64x", "r5f", ("r5f0-0", "r5f0-1")), ("am263x", "r5f", ("r5f0-0", "r5f0-1"))])
def test_a_board_with_known_costs_is_recovered_from_its_notify_and_shortest_row(tmp_path, soc, kind, pair):
    costs = {"uncached_load_cycles": 48, "uncached_store_cycles": 24, "interrupt_entry_cycles": 130}
    data = measured_by_the_model(tmp_path, soc, kind, [pair], **costs)
    text = fidelity("--data", data, "--calibrate", f"{soc}:{pair[0]}:{pair[1]}:0,4")
    found = solved(text)
    # Costs are whole cycles: one more or less of an access is some of an interrupt.
    assert found.pop((kind, "interrupt-entry-cycles")) == pytest.approx(130, abs=4)
    assert found.pop((kind, "uncached-load-cycles")) == pytest.approx(48, abs=1)
    assert found.pop((kind, "uncached-store-cycles")) == pytest.approx(24, abs=1)
    assert not found
    assert all(abs(error) <= 1 for _, _, error, _ in rows(text).values())


def test_two_lengths_also_tell_the_speed_of_the_core(tmp_path):
    costs = {"uncached_load_cycles": 48, "uncached_store_cycles": 24, "private_millicycles": 8000}
    data = measured_by_the_model(tmp_path, "am64x", "r5f", [("r5f0-0", "r5f0-1")], **costs)
    text = fidelity("--data", data, "--calibrate", "am64x:r5f0-0:r5f0-1:0,4,112")
    assert solved(text)["r5f", "private-millicycles"] == pytest.approx(8000, rel=0.02)
    assert all(abs(error) <= 1 for _, _, error, _ in rows(text).values())


def test_an_unknown_board_is_calibrated_from_a_relative(tmp_path):
    data = written(tmp_path / "data.csv", "newsoc,400000000,rpmsg,r5f0-0,r5f0-1,4,9.5",
                   "newsoc,400000000,rpmsg,r5f0-0,r5f0-1,32,12.5")
    text = fidelity("--data", data, "--calibrate", "newsoc:r5f0-0:r5f0-1:4")
    assert text.splitlines()[0] == "newsoc: not in socs.toml, taken for a relative of am273x"
    first, second = rows(text).values()
    assert abs(first[2]) < 1 and first[3] == "calibrated on" and second[3] == "predicted, no claim"


GOOD = "am64x,800000000,rpmsg,r5f0-0,r5f0-1,32,7.87"


@pytest.mark.parametrize("lines, sentence", [
    ([], "no rows, expected at least one"),
    ([GOOD, GOOD], "line 3: the same row as line 2"),
    (["am64x,800000000,rpmsg,r5f0-0,r5f0-1,32"], f"line 2: 6 columns, expected 7: {HEADER}"),
    (["am64x,800000000,mail,r5f0-0,r5f0-1,32,7"], "line 2: kind is 'mail', expected notify or rpmsg"),
    (["am64x,800000000,rpmsg,r5f0-0,z80-0,32,7"], "line 2: core 'z80-0' is of no known type, expected one with r5f, m4f, "),
    (["am64x,800000000,rpmsg,r5f0-0,r5f0-1,113,7"], "line 2: 113 bytes, expected 0 for notify, 1 to 112 for rpmsg"),
    (["am64x,800000000,rpmsg,r5f0-0,r5f0-1,0,7"], "line 2: 0 bytes, expected 0 for notify, 1 to 112 for rpmsg"),
    (["am64x,800000000,notify,r5f0-0,r5f0-1,4,7"], "line 2: 4 bytes, expected 0 for notify, 1 to 112 for rpmsg"),
    (["am64x,fast,rpmsg,r5f0-0,r5f0-1,32,7"], "line 2: cpu_hz is 'fast', expected a number not below 1"),
    (["am64x,800000000,rpmsg,r5f0-0,r5f0-1,32,-7"], "line 2: latency_us is '-7', expected a number not below 0.001"),
    (["am64x,800000000,rpmsg,r5f0-0,r5f0-1,32,nan"], "line 2: latency_us is 'nan', expected a number not below 0.001"),
    (["a/b,800000000,rpmsg,r5f0-0,r5f0-1,32,7"], "line 2: soc is 'a/b', expected a name"),
    (["am263x,400000000,rpmsg,r5f0-0,m4f0-0,32,7"], "no core labelled m4f, expected one for am263x:r5f0-0:m4f0-0"),
])
def test_bad_data_is_refused_in_one_sentence(tmp_path, lines, sentence):
    said = fidelity("--data", written(tmp_path / "data.csv", *lines), status=BAD_INPUT)
    assert said.startswith("bench/fidelity: ") and sentence in said and said.count("\n") == 1


def test_other_columns_and_no_file_are_refused(tmp_path):
    (tmp_path / "other.csv").write_text("soc,bytes\n")
    assert f"'soc,bytes', expected {HEADER}" in fidelity("--data", tmp_path / "other.csv", status=BAD_INPUT)
    assert "none.csv: cannot be read: No such file" in fidelity("--data", tmp_path / "none.csv", status=BAD_INPUT)


@pytest.mark.parametrize("name, sentence", [
    ("am64x", "--calibrate am64x: expected soc:local:remote:bytes[,bytes] or shortest"),
    ("am64x:r5f0-0:r5f0-1:33", "--calibrate am64x:r5f0-0:r5f0-1:33: the data has no row of 33 bytes for am64x:r5f0-0:r5f0-1"),
])
def test_a_row_that_is_not_there_cannot_be_calibrated_on(name, sentence):
    assert fidelity("--calibrate", name, status=BAD_INPUT) == f"bench/fidelity: {sentence}\n"
