# SPDX-License-Identifier: BSD-3-Clause
"""The oracle of the litmus tests: outcome sets derived by hand from conformance/litmus/README.md, what it refuses, and
what compare finds. The models have no part in this."""
import json
import os
import shutil
import subprocess

import pytest
from conftest import BAD_INPUT, CONFORMS, ROOT, VIOLATION

LITMUS = ROOT / "conformance/litmus"
# Small searches: the compiler's time is all that counts.
ENVIRONMENT = {**os.environ, "CC": f"{os.environ.get('CC', 'cc')} -O0"}


def run(program, *arguments, env=ENVIRONMENT):
    return subprocess.run([program, *map(str, arguments)], env=env, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=120, check=False)


def written(directory, state, columns, question="exists (0:r0=0)", name="small", comment=""):
    """A test's file; columns are strings of instructions between semicolons."""
    cells = [[cell.strip() for cell in column.split(";")] for column in columns]
    rows = max(len(column) for column in cells)
    lines = [f"SBESIM {name}", f'{comment}"A test of the oracle."', f"{{ {state} }}",
             " | ".join(f"P{n}" for n in range(len(cells))) + " ;"]
    lines += [" | ".join(column[row] if row < len(column) else "" for column in cells) + " ;" for row in range(rows)]
    path = directory / f"{name}.litmus"
    path.write_text("\n".join([*lines, question, ""]))
    return path


def outcomes(path):
    done = run(LITMUS / "oracle", path)
    assert (done.returncode, done.stderr) == (CONFORMS, "")
    *found, count = done.stdout.splitlines()
    assert count == f"{len(found)} outcomes" and found == sorted(set(found))
    return set(found)


def pairs(first, second, *values):
    """Outcomes of two registers: "01" says that the first is 0 and the second 1."""
    return {f"{first}={a} {second}={b}" for a, b in values}


X = "x at 0;"
XY = "x at 0; y at 64;"
SAME_LINE = "x at 0; y at 4;"
HALVES = "x at 0; y at 32;"
DOORBELL = "M: doorbell P0 P1;"
FIFO = "Q: fifo P0 P1 depth=2;"
MESSAGE = ("ust x,1; ust y,1", "uld r0,y; uld r1,x")
ALL_FOUR = ("00", "01", "10", "11")
FOUND = ("0:r0=0", "0:r0=1")
READ = ("1:r0=0", "1:r0=1")

# (what is shown, state, columns, outcomes). Neighbours differ in what the sentence names.
SETS = [
    ("a store is loaded by the cache that holds it", X, ["st x,1; ld r0,x"], {"0:r0=1"}),
    ("the first value is what the state says", "x at 0; x=7;", ["ld r0,x; uld r1,x"], {"0:r0=7 0:r1=7"}),
    ("a register is stored as it is then", "x at 0; x=7; y at 64;", ["uld r0,x; ust y,r0; uld r1,y"],
     {"0:r0=7 0:r1=7"}),
    ("a dirty line may be written back, or not yet", X, ["st x,1", "uld r0,x"], set(READ)),
    ("a line may have been filled before it is stored to elsewhere", X, ["ust x,1", "uld r0,x; ld r1,x"],
     pairs("1:r0", "1:r1", *ALL_FOUR)),
    ("an invalidate ends what was filled before", X, ["ust x,1", "uld r0,x; inv x; ld r1,x"],
     pairs("1:r0", "1:r1", "00", "01", "11")),
    ("a write-back carries the neighbour's old word along", SAME_LINE, ["st x,1", "ust y,1; uld r0,y"], set(READ)),
    ("a write-back leaves other lines alone", XY, ["st x,1", "ust y,1; uld r0,y"], {"1:r0=1"}),
    ("a line of 64 bytes has both halves", HALVES, ["st x,1", "ust y,1; uld r0,y"], set(READ)),
    ("a line of 32 bytes has one half", "P0: line=32;" + HALVES, ["st x,1", "ust y,1; uld r0,y"], {"1:r0=1"}),
    ("a clean line's eviction writes nothing", SAME_LINE, ["ld r0,x", "ust y,1; uld r0,y"],
     {"0:r0=0 1:r0=1"}),
    # maintenance
    ("clean writes back", X, ["st x,1; clean x; uld r0,x"], {"0:r0=1"}),
    ("flush writes back", X, ["st x,1; flush x; uld r0,x"], {"0:r0=1"}),
    ("clean keeps a stale copy", X + DOORBELL, ["ust x,1; kick M", "wait M; clean x; ld r0,x"], set(READ)),
    ("flush drops a stale copy", X + DOORBELL, ["ust x,1; kick M", "wait M; flush x; ld r0,x"], {"1:r0=1"}),
    ("an invalidated store is lost unless it went back early", X, ["st x,1; inv x; ld r0,x"], set(FOUND)),
    ("an invalidate that cleans loses nothing", "P0: dirty=clean;" + X, ["st x,1; inv x; ld r0,x"], {"0:r0=1"}),
    ("a part-line is dropped as any other", X, ["st x,1; inv.part x; uld r0,x"], set(FOUND)),
    ("a part-line that is cleaned first loses nothing", "P0: part=clean;" + X, ["st x,1; inv.part x; uld r0,x"],
     {"0:r0=1"}),
    ("part=clean is of part-lines only", "P0: part=clean;" + X, ["st x,1; inv x; uld r0,x"], set(FOUND)),
    ("a part-line of a cache that cleans loses nothing", "P0: dirty=clean;" + X, ["st x,1; inv.part x; uld r0,x"],
     {"0:r0=1"}),
    ("clean.all writes every line back", XY, ["st x,1; st y,1; clean.all; uld r0,x; uld r1,y"],
     pairs("0:r0", "0:r1", "11")),
    ("inv.all loses any line", XY, ["st x,1; st y,1; inv.all; uld r0,x; uld r1,y"], pairs("0:r0", "0:r1", *ALL_FOUR)),
    ("inv.all drops what is stale", XY + DOORBELL, ["ust x,1; kick M", "wait M; inv.all; ld r0,x"], {"1:r0=1"}),
    ("clean.all drops nothing", XY + DOORBELL, ["ust x,1; kick M", "wait M; clean.all; ld r0,x"], set(READ)),
    ("flush.all writes back and drops", XY + DOORBELL,
     ["ust x,1; kick M", "wait M; st y,1; flush.all; ld r0,x; uld r1,y"],
     pairs("1:r0", "1:r1", "11")),
    ("clean.own leaves a line that another core stored to", "P1: cluster=P0;" + XY + DOORBELL,
     ["st x,1; kick M", "wait M; st y,1; clean.own; uld r0,x; uld r1,y"], pairs("1:r0", "1:r1", "01", "11")),
    ("clean.own takes a line that this core stored to last", "P1: cluster=P0;" + SAME_LINE + DOORBELL,
     ["st x,1; kick M", "wait M; st y,1; clean.own; uld r0,x; uld r1,y"], pairs("1:r0", "1:r1", "11")),
    ("flush.own leaves a clean line", X + DOORBELL, ["ust x,1; kick M", "wait M; flush.own; ld r0,x"], set(READ)),
    ("inv.own loses the core's own store", X, ["st x,1; inv.own; uld r0,x"], set(FOUND)),
    # kinds of access
    ("an uncached store passes by its own cache's copy", X, ["ld r0,x; ust x,1; ld r1,x"],
     pairs("0:r0", "0:r1", "00", "01")),
    ("a write-through store changes its own cache's copy", X, ["ld r0,x; wst x,1; ld r1,x"],
     pairs("0:r0", "0:r1", "01")),
    ("a write-through store is in memory", X, ["ld r0,x; wst x,1; inv x; uld r1,x"], pairs("0:r0", "0:r1", "01")),
    ("one cluster has one copy", "P1: cluster=P0;" + X + DOORBELL, ["st x,1; kick M", "wait M; ld r0,x"], {"1:r0=1"}),
    ("two clusters have two", X + DOORBELL, ["st x,1; kick M", "wait M; ld r0,x"], set(READ)),
    # the queue
    ("without buffers one of two stores is seen", XY, ["ust x,1; uld r0,y", "ust y,1; uld r0,x"],
     pairs("0:r0", "1:r0", "01", "10", "11")),
    ("with one buffer neither may be", "P0: buffer=1;" + XY, ["ust x,1; uld r0,y", "ust y,1; uld r0,x"],
     pairs("0:r0", "1:r0", *ALL_FOUR)),
    ("a dmb keeps a load behind the store", "P0: buffer=1;" + XY, ["ust x,1; dmb; uld r0,y", "ust y,1; uld r0,x"],
     pairs("0:r0", "1:r0", "01", "10", "11")),
    ("a queue's stores to two lines leave in any order", "P0: buffer=2;" + XY, MESSAGE,
     pairs("1:r0", "1:r1", *ALL_FOUR)),
    ("those to one line leave in any order too", "P0: buffer=2;" + HALVES, MESSAGE, pairs("1:r0", "1:r1", *ALL_FOUR)),
    ("those to one word leave in theirs", "P0: buffer=2;" + X, ("ust x,1; ust x,2", "uld r0,x; uld r1,x"),
     pairs("1:r0", "1:r1", "00", "01", "02", "11", "12", "22")),
    ("a dmb orders a queue's stores", "P0: buffer=2;" + XY, ("ust x,1; dmb; ust y,1", MESSAGE[1]),
     pairs("1:r0", "1:r1", "00", "01", "11")),
    ("a load finds the agent's own store in the queue", "P0: buffer=2;" + X, ["ust x,1; ust x,2; uld r0,x"],
     {"0:r0=2"}),
    ("a queued store has the register's value of then", "P0: buffer=1; x at 0; x=9; y at 64; y=5;",
     ["ust x,r0; uld r0,y; uld r1,x"], pairs("0:r0", "0:r1", "50")),
    ("an uncached load waits for maintenance of its line", "P0: buffer=1;" + X, ["st x,1; clean x; uld r0,x"],
     {"0:r0=1"}),
    ("so that a crash after it loses nothing", "P0: buffer=2;" + XY, ["st x,1; clean x; uld r1,x; crash; uld r0,x"],
     {"0:r0=1 0:r1=1"}),
    ("and does not wait for that of another", "P0: buffer=2;" + XY, ["st x,1; clean x; uld r1,y; crash; uld r0,x"],
     {f"{end} 0:r1=0" for end in FOUND}),
    ("a cacheable load waits for an entry of its line", "P0: buffer=1;" + X + FIFO,
     ["ust x,1; ld r0,x; push r1,Q,1", "pop r2,Q; uld r3,x"], {f"{got} 0:r1=1 1:r2=1 1:r3=1" for got in FOUND}),
    ("and not for one of another", "P0: buffer=1;" + XY + FIFO,
     ["ust x,1; ld r0,y; push r1,Q,1", "pop r2,Q; uld r3,x"], {f"0:r0=0 0:r1=1 1:r2=1 1:r3={n}" for n in (0, 1)}),
    ("a full queue holds the next store back", "P0: buffer=1;" + XY + FIFO,
     ["ust x,1; ust y,1; push r1,Q,1", "pop r2,Q; uld r3,x"], {"0:r1=1 1:r2=1 1:r3=1"}),
    ("one with room does not", "P0: buffer=2;" + XY + FIFO,
     ["ust x,1; ust y,1; push r1,Q,1", "pop r2,Q; uld r3,x"], {f"0:r1=1 1:r2=1 1:r3={n}" for n in (0, 1)}),
    ("a dsb empties the queue", "P0: buffer=1;" + X + FIFO, ["ust x,1; dsb; push r1,Q,1", "pop r2,Q; uld r3,x"],
     {"0:r1=1 1:r2=1 1:r3=1"}),
    ("a kick overtakes a store", "P0: buffer=2;" + X + DOORBELL, ["ust x,1; kick M", "wait M; uld r0,x"], set(READ)),
    ("a dmb keeps it behind", "P0: buffer=2;" + X + DOORBELL, ["ust x,1; dmb; kick M", "wait M; uld r0,x"], {"1:r0=1"}),
    ("a push waits for the kicks before it", "P0: buffer=1; x at 0; x=1;" + DOORBELL + FIFO,
     ["kick M; push r0,Q,1; crash", "pop r1,Q; wait M; uld r2,x"], {"0:r0=1 1:r1=1 1:r2=1"}),
    ("also when the FIFO is full", "P0: buffer=1; x at 0; x=1;" + DOORBELL + "Q: fifo P0 P1 depth=1;",
     ["push r0,Q,1; kick M; push r1,Q,2; crash", "wait M; uld r2,x"], {"0:r0=1 0:r1=0 1:r2=1"}),
    ("kicks leave in their order", "P0: buffer=2; x at 0; x=1;" + DOORBELL + "N: doorbell P0 P1;",
     ["kick M; kick N; crash", "wait N; uld r0,x; wait M; uld r1,x"], pairs("1:r0", "1:r1", "00", "11")),
    # device memory
    ("device stores to one peripheral arrive in order", "P0: buffer=2;" + XY, ("dst x,1; dst y,1", MESSAGE[1]),
     pairs("1:r0", "1:r1", "00", "01", "11")),
    ("those to two peripherals in any", "P0: buffer=2; peripherals=2;" + XY, ("dst x,1; dst y,1", MESSAGE[1]),
     pairs("1:r0", "1:r1", *ALL_FOUR)),
    ("of two pages and one of them in order", "P0: buffer=2; peripherals=2;" + HALVES, ("dst x,1; dst y,1", MESSAGE[1]),
     pairs("1:r0", "1:r1", "00", "01", "11")),
    ("a dmb orders those to two peripherals", "P0: buffer=2; peripherals=2;" + XY,
     ("dst x,1; dmb; dst y,1", MESSAGE[1]), pairs("1:r0", "1:r1", "00", "01", "11")),
    ("a device store passes an uncached one", "P0: buffer=2;" + XY, ("ust x,1; dst y,1", MESSAGE[1]),
     pairs("1:r0", "1:r1", *ALL_FOUR)),
    ("and not one of its word", "P0: buffer=2;" + X, ("ust x,1; dst x,2", "uld r0,x; uld r1,x"),
     pairs("1:r0", "1:r1", "00", "01", "02", "11", "12", "22")),
    ("a device store takes along what the one before it waits for", "P0: buffer=3;" + XY,
     ("ust x,1; dst x,2; dst y,3", MESSAGE[1]), pairs("1:r0", "1:r1", "00", "01", "02", "32")),
    ("a device load waits for stores to its peripheral", "P0: buffer=1;" + XY,
     ["dst x,1; dld r0,y", "ust y,1; uld r0,x"], pairs("0:r0", "1:r0", "01", "10", "11")),
    ("and not for those to another", "P0: buffer=1; peripherals=2;" + XY, ["dst x,1; dld r0,y", "ust y,1; uld r0,x"],
     pairs("0:r0", "1:r0", *ALL_FOUR)),
    ("nor for uncached ones", "P0: buffer=1;" + XY, ["ust x,1; dld r0,y", "ust y,1; uld r0,x"],
     pairs("0:r0", "1:r0", *ALL_FOUR)),
    ("but for those of its word, which it is not forwarded", "P0: buffer=1;" + X + FIFO,
     ["ust x,1; dld r0,x; push r1,Q,1", "pop r2,Q; uld r3,x"], {"0:r0=1 0:r1=1 1:r2=1 1:r3=1"}),
    ("as an uncached load is", "P0: buffer=1;" + X + FIFO, ["dst x,1; uld r0,x; push r1,Q,1", "pop r2,Q; uld r3,x"],
     {f"0:r0=1 0:r1=1 1:r2=1 1:r3={n}" for n in (0, 1)}),
    ("a device load waits for maintenance of its line", "P0: buffer=1;" + X, ["st x,1; clean x; dld r0,x"], {"0:r0=1"}),
    ("a kick overtakes a device store", "P0: buffer=2;" + X + DOORBELL, ["dst x,1; kick M", "wait M; dld r0,x"],
     set(READ)),
    ("a dmb keeps it behind that, too", "P0: buffer=2;" + X + DOORBELL, ["dst x,1; dmb; kick M", "wait M; dld r0,x"],
     {"1:r0=1"}),
    ("a crash keeps the order of what it loses", "P0: buffer=2;" + XY, ["dst x,1; dst y,1; crash; uld r0,x; uld r1,y"],
     pairs("0:r0", "0:r1", "00", "10", "11")),
    ("a device load needs a translation whatever the queue holds", "P0: iommu=after buffer=1;" + X,
     ["unmap P0,0; tlbi P0; dst x,1; dld r0,x"], {"0:fault=1 0:r0=0"}),
    ("an uncached one does not", "P0: iommu=after buffer=1;" + X, ["unmap P0,0; tlbi P0; dst x,1; uld r0,x"],
     {"0:fault=1 0:r0=0", "0:fault=0 0:r0=1"}),
    # mailboxes
    ("a ring is seen once", DOORBELL, ["kick M", "poll r0,M; poll r1,M"], pairs("1:r0", "1:r1", "00", "01", "10")),
    ("a duplicate twice", "M: doorbell P0 P1 duplicate;", ["kick M", "poll r0,M; poll r1,M"],
     pairs("1:r0", "1:r1", *ALL_FOUR)),
    ("a ring comes at last", "x at 0; x=1;" + DOORBELL, ["kick M", "wait M; uld r0,x"], {"1:r0=1"}),
    ("a lost one never", "x at 0; x=1; M: doorbell P0 P1 lossy;", ["kick M", "wait M; uld r0,x"], set(READ)),
    ("two rings may be one", "x at 0; x=1;" + DOORBELL, ["kick M; kick M", "wait M; wait M; uld r0,x"], set(READ)),
    ("two agents may wait for each other for ever", "x at 0; x=1;" + DOORBELL + "N: doorbell P1 P0;",
     ["wait N; uld r0,x; kick M", "wait M; uld r0,x; kick N"], {"0:r0=0 1:r0=0"}),
    ("tokens keep their order", FIFO, ["push r0,Q,1; push r1,Q,2", "pop r2,Q; pop r3,Q"],
     {"0:r0=1 0:r1=1 1:r2=1 1:r3=2"}),
    ("a full FIFO refuses", "Q: fifo P0 P1 depth=1;", ["push r0,Q,1; push r1,Q,2", "pop r2,Q"],
     {"0:r0=1 0:r1=0 1:r2=1", "0:r0=1 0:r1=1 1:r2=1"}),
    ("a lossy FIFO takes tokens that never come", "Q: fifo P0 P1 depth=2 lossy;",
     ["push r0,Q,1; push r1,Q,2", "pop r2,Q"],
     {f"0:r0=1 0:r1=1 1:r2={n}" for n in (0, 1, 2)}),
    ("a duplicate takes the room of the next", "Q: fifo P0 P1 depth=2 duplicate;",
     ["push r0,Q,1; push r1,Q,2", "pop r2,Q"],
     {"0:r0=1 0:r1=0 1:r2=1", "0:r0=1 0:r1=1 1:r2=1"}),
    ("where there is no room for two there is no duplicate", "Q: fifo P0 P1 depth=1 duplicate;",
     ["push r0,Q,1", "pop r1,Q; pop r2,Q"],
     {"0:r0=1 1:r1=1 1:r2=0"}),
    # crash
    ("a crash loses a dirty line unless it went back early", X, ["st x,1; crash; ld r0,x"], set(FOUND)),
    ("and not a cleaned one", X, ["st x,1; clean x; crash; ld r0,x"], {"0:r0=1"}),
    ("a crash loses what the queue holds", "P0: buffer=1;" + X, ["ust x,1; crash; uld r0,x"], set(FOUND)),
    ("and not what left it", "P0: buffer=1;" + X, ["ust x,1; dsb; crash; uld r0,x"], {"0:r0=1"}),
    # translation
    ("an unmapped page is reached by the IOTLB", "P0: iommu=before; x at 0; x=1;", ["unmap P0,0; uld r0,x"],
     {"0:fault=0 0:r0=1"}),
    ("until that is emptied", "P0: iommu=before; x at 0; x=1;", ["unmap P0,0; tlbi P0; uld r0,x"],
     {"0:fault=1 0:r0=0"}),
    ("a page mapped elsewhere is read there", "P0: iommu=before; x at 0; x=1; y at 64; y=2;",
     ["map P0,0,1; uld r0,x; tlbi P0; uld r1,x"], {"0:fault=0 0:r0=1 0:r1=2"}),
    ("a line of device addresses outlives its mapping", "P0: iommu=after; x at 0; x=1;",
     ["ld r0,x; unmap P0,0; tlbi P0; ld r1,x"], {"0:fault=0 0:r0=1 0:r1=1", "0:fault=1 0:r0=1 0:r1=0"}),
    ("one of physical addresses is out of reach", "P0: iommu=before; x at 0; x=1;",
     ["ld r0,x; unmap P0,0; tlbi P0; ld r1,x"], {"0:fault=1 0:r0=1 0:r1=0"}),
    ("a write-back to an unmapped page is lost", "P0: iommu=after;" + X + DOORBELL,
     ["st x,1; unmap P0,0; tlbi P0; clean x; kick M", "wait M; uld r0,x"], {f"0:fault=0 {got}" for got in READ}),
    ("before the cache, maintenance of it is a fault", "P0: iommu=before;" + X + DOORBELL,
     ["st x,1; unmap P0,0; tlbi P0; clean x; kick M", "wait M; uld r0,x"], {"0:fault=1 1:r0=0"}),
    ("a write-back goes where its page is by then", "P0: iommu=after;" + XY + DOORBELL,
     ["st x,1; map P0,0,1; tlbi P0; clean x; kick M", "wait M; uld r0,x; uld r1,y"],
     {f"0:fault=0 {two}" for two in pairs("1:r0", "1:r1", "01", "10")}),
    ("a buffered store goes where its page was", "P0: iommu=before buffer=1;" + XY + FIFO,
     ["ust x,1; push r0,Q,1", "pop r1,Q; map P0,0,1; tlbi P0; uld r2,y; uld r3,x"],
     {f"0:fault=0 0:r0=1 1:r1=1 1:r2=0 1:r3={n}" for n in (0, 1)}),
    ("and is found under its present address only", "P0: iommu=before buffer=1;" + XY,
     ["ust x,1; uld r0,x", "map P0,0,1; tlbi P0; uld r0,y"],
     {f"0:fault=0 {two}" for two in pairs("0:r0", "1:r0", "00", "10", "11")}),
    ("a queued store is found without a translation", "P0: iommu=after buffer=1;" + X,
     ["ust x,1; uld r0,x", "unmap P0,0; tlbi P0"], {"0:fault=0 0:r0=1", "0:fault=1 0:r0=0"}),
    ("an unbuffered store to an unmapped page is a fault", "P0: iommu=after;" + X,
     ["unmap P0,0; tlbi P0; ust x,1; uld r0,x"], {"0:fault=1 0:r0=0"}),
    ("a buffered one is lost", "P0: iommu=after buffer=1;" + X + DOORBELL,
     ["unmap P0,0; tlbi P0; ust x,1; dsb; kick M", "wait M; uld r0,x"], {"0:fault=0 1:r0=0"}),
    ("a third agent sees the stores of two in any order", XY,
     ["ust x,1", "ust y,1", "uld r0,x; uld r1,y"], pairs("2:r0", "2:r1", *ALL_FOUR)),
]


@pytest.mark.parametrize("state, columns, expected",
                         [pytest.param(*case[1:], id=case[0].replace(" ", "-")) for case in SETS])
def test_outcomes_are_those_derived_by_hand(tmp_path, state, columns, expected):
    register = sorted(expected)[0].split()[-1]
    assert outcomes(written(tmp_path, state, columns, f"exists ({register})")) == expected


# (what is wrong, the text that the good file has, what stands there instead, what the sentence says).
GOOD = """SBESIM small
"A good file."
{
  P0: line=64; P1: line=32 iommu=before;
  x at 0; x=1; y at 64;
  M: doorbell P0 P1; Q: fifo P0 P1 depth=2;
}
 P0        | P1       ;
 st x,1    | wait M   ;
 kick M    | ld r0,x  ;
 push r1,Q,r2 | unmap P1,0 ;
exists (1:r0=1 /\\ 0:r1=1)
"""
REFUSALS = [
    ("name", "SBESIM small", "SBESIM other", 1, "the test is named other: expected its file's name, small"),
    ("no-name", "SBESIM small", "small", 1, 'expected SBESIM and the test\'s name, saw "small"'),
    ("no-sentence", '"A good file."', "", 3, 'expected a sentence in quotes, saw "{"'),
    ("open-comment", '"A good file."', '"A." (* open', 2, 'a comment is not closed by "*)"'),
    ("agent-item", "P0: line=64", "P0: line=48", 4, 'expected line=64|32 or'),
    ("agent-twice", "P1: line=32", "P0: line=32", 4, "agent P0 is described twice"),
    ("attribute-twice", "line=32 iommu", "line=32 line=32 iommu", 4, '"line" is said twice'),
    ("cluster-and-line", "line=32 iommu=before", "cluster=P0 line=32", 4,
     "P1 says line, which it takes from P0, whose cache it shares"),
    ("cluster-of-later", "P0: line=64", "P0: cluster=P1", 4, 'saw "cluster=P1"'),
    ("buffer", "P0: line=64", "P0: buffer=5", 4, 'saw "buffer=5"'),
    ("no-column", "P0: line=64", "P0: line=64; P2: line=64", 4, "the state names P2, which has no column"),
    ("offset-odd", "y at 64", "y at 66", 5, "variable y is at 66: expected a multiple of 4 below 128"),
    ("offset-out", "y at 64", "y at 128", 5, "variable y is at 128: expected a multiple of 4 below 128"),
    ("place-shared", "y at 64", "y at 0", 5, "variable y is at 0, where x is"),
    ("variable-twice", "y at 64", "x at 64", 5, "variable x is placed twice"),
    ("value-out", "x=1;", "x=256;", 5, "variable x is 256: expected a number from 0 to 255"),
    ("value-twice", "x=1;", "x=0; x=1;", 5, "variable x has a value twice"),
    ("value-early", "x=1;", "z=1;", 5, "variable z has a value before it has a place"),
    ("register-variable", "y at 64", "r1 at 64", 5, '"r1" names a register, not a variable'),
    ("item-unknown", "y at 64", "y on 64", 5, 'the state holds "y on 64"'),
    ("peripherals-out", "y at 64", "y at 64; peripherals=3", 5, "peripherals is 3: expected 1 or 2"),
    ("peripherals-twice", "y at 64", "y at 64; peripherals=2; peripherals=2", 5, "peripherals is said twice"),
    ("peripherals-variable", "y at 64", "peripherals at 64", 5, '"peripherals" is a word of the state, not a variable'),
    ("depth-missing", " depth=2", "", 6, "FIFO Q has no depth: expected depth=1 to depth=4"),
    ("depth-out", "depth=2", "depth=5", 6, 'saw "depth=5"'),
    ("flag-unknown", "M: doorbell P0 P1", "M: doorbell P0 P1 loud", 6, 'expected duplicate or lossy, saw "loud"'),
    ("mailbox-to-itself", "M: doorbell P0 P1", "M: doorbell P0 P0", 6, "mailbox M is not from one agent to another"),
    ("mailbox-twice", "Q: fifo", "M: fifo", 6, "mailbox M is described twice"),
    ("item-open", "depth=2;", "depth=2", 6, 'the state\'s item "Q: fifo P0 P1 depth=2" is not ended by ";"'),
    ("heading", " P0        | P1       ;", " P0 | P2 ;", 8, 'the heading is "P0 | P2"'),
    ("instruction", "st x,1 ", "store x,1 ", 9, '"store x,1" is no instruction'),
    ("operands", "st x,1 ", "st x ", 9, '"st x" has 1 operands: st has 2'),
    ("variable-unknown", "st x,1 ", "st z,1 ", 9, '"st z,1" has "z": expected a variable of the state'),
    ("number-out", "st x,1 ", "st x,256 ", 9, '"st x,256" has "256": expected a number from 0 to 255 or a register'),
    ("register-out", "ld r0,x", "ld r10,x", 10, '"ld r10,x" has "r10": expected a register r0 to r9'),
    ("kind-of-mailbox", "kick M", "kick Q", 10, '"kick Q" has "Q": expected a doorbell of the state'),
    ("page-out", "unmap P1,0", "unmap P1,2", 11, '"unmap P1,2" has "2": expected a page, 0 or 1'),
    ("agent-unknown", "unmap P1,0", "unmap P2,0", 11, '"unmap P2,0" has "P2": expected an agent'),
    ("no-iommu", "unmap P1,0", "unmap P0,0", 11, "P1 has unmap of P0, which has no IOMMU"),
    ("other-side", "kick M    | ld r0,x", "wait M | ld r0,x", 10, "P0 has wait M: only P1 may"),
    ("two-kinds-of-store", "kick M ", "wst x,2", 10, "P0 has wst to a line that its cluster stores to with st"),
    ("cells", "st x,1    | wait M   ;", "st x,1 ;", 9, "the row has 1 cells: the heading has 2"),
    ("hole", "kick M    | ld", "          | ld", 11, '"push r1,Q,r2" stands below an empty cell of P0'),
    ("row-open", "unmap P1,0 ;", "unmap P1,0", 11, 'is not ended by ";"'),
    ("no-question", "exists", "perhaps", 12, "there is no question: expected exists (...) or forbidden (...)"),
    ("term", "1:r0=1", "1:r0", 12, "expected a term as 1:r0=2"),
    ("term-unknown", "1:r0=1", "1:r3=1", 12, "the question asks for 1:r3, which no outcome tells"),
    ("fault-unknown", "1:r0=1", "0:fault=1", 12, "the question asks for 0:fault, which no outcome tells"),
    ("term-never", "1:r0=1", "1:fault=2", 12, "the question asks for 1:fault=2, which it never is"),
    ("parenthesis", "0:r1=1)", "0:r1=1", 13, 'expected ")", saw the end of the file'),
    ("behind", "0:r1=1)", "0:r1=1) twice", 12, 'expected nothing after the question, saw "twice"'),
    ("row-tag", '"A good file."', '"A." (* rows: stale, new *)', 1, 'a comment marks the row "new"'),
]


def test_the_file_that_the_refusals_start_from_is_good(tmp_path):
    (tmp_path / "small.litmus").write_text(GOOD)
    assert outcomes(tmp_path / "small.litmus")


@pytest.mark.parametrize("good, bad, line, sentence", [pytest.param(*case[1:], id=case[0]) for case in REFUSALS])
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, good, bad, line, sentence):
    assert GOOD.count(good) == 1
    path = tmp_path / "small.litmus"
    path.write_text(GOOD.replace(good, bad))
    done = run(LITMUS / "oracle", path)
    assert (done.returncode, done.stdout) == (BAD_INPUT, "")
    assert done.stderr.startswith(f"{path}:{line}: ") and sentence in done.stderr and done.stderr.count("\n") == 1


def test_an_agent_that_shares_its_cache_cannot_crash(tmp_path):
    done = run(LITMUS / "oracle", written(tmp_path, "P1: cluster=P0;" + X, ["ld r0,x; crash", "ld r0,x"]))
    assert done.returncode == BAD_INPUT and "P0 crashes, but shares its cache" in done.stderr


def test_a_file_that_is_not_there_is_refused(tmp_path):
    done = run(LITMUS / "oracle", tmp_path / "none.litmus")
    assert (done.returncode, done.stdout) == (BAD_INPUT, "") and "cannot be read: No such file" in done.stderr


@pytest.mark.parametrize("limit, sentence", ((("--depth", 10), "the search reached its depth limit"),
                                             (("--memory", 1), "the search reached its memory limit"),
                                             (("--seconds", 0.001), "took more than 0.001 seconds")))
def test_a_search_that_hits_a_limit_has_failed(tmp_path, limit, sentence):
    path = written(tmp_path, XY, ["st x,1; clean x; ust y,1", "uld r0,y; inv x; ld r1,x"], "exists (1:r0=1)")
    done = run(LITMUS / "oracle", *limit, path)
    assert (done.returncode, done.stdout) == (BAD_INPUT, "")
    assert sentence in done.stderr and done.stderr.count("\n") == 1


# ---- compare

@pytest.fixture
def suite(tmp_path):
    """A directory with compare and a stand-in for the simulator, which says what a test wants it to say."""
    for name in ("compare", "eager.py", "litmus.py"):
        shutil.copy(LITMUS / name, tmp_path)
    stand_in = tmp_path / "build/sbesim"
    stand_in.parent.mkdir()
    stand_in.write_text('#!/bin/sh\ncat "${3%.litmus}.json"\nexit "$(cat "${3%.litmus}.code")"\n')
    stand_in.chmod(0o755)
    return tmp_path


def says(path, states, holds=True, complete=True, code=None):
    report = {"outcomes": [{"state": state, "count": 1} for state in states], "complete": complete, "holds": holds}
    path.with_suffix(".json").write_text(json.dumps(report))
    path.with_suffix(".code").write_text(str((VIOLATION, CONFORMS)[holds] if code is None else code))
    return path


def compared(suite, *files):
    done = run(suite / "compare", suite / "build", *files)
    *lines, last = done.stdout.splitlines()
    return done.returncode, lines, last


LOAD = ["st x,1", "ld r0,x"]


@pytest.mark.parametrize("said, line", (
    ({"states": READ}, "small: 2 outcomes, the same"),
    ({"states": READ[:1]}, "small: missing 1:r0=1"),
    ({"states": (*READ, "1:r0=2")}, "small: invented 1:r0=2"),
    ({"states": READ[1:] + ("1:r0=2",)}, "small: missing 1:r0=0; invented 1:r0=2"),
    ({"states": READ, "complete": False}, "small: sbesim did not explore everything"),
    ({"states": READ, "holds": False}, "small: sbesim says that the claim does not hold, with code 1"),
    ({"states": READ, "code": VIOLATION}, "small: sbesim says that the claim holds, with code 1"),
    ({"states": READ, "code": BAD_INPUT}, "small: sbesim ended with code 2: "),
), ids=lambda case: case[7:].replace(" ", "-") if isinstance(case, str) else "")
def test_compare_says_what_differs(suite, said, line):
    path = says(written(suite, X, LOAD, "exists (1:r0=1)"), **said)
    wrong = line != "small: 2 outcomes, the same"
    assert compared(suite, path) == (int(wrong), [line], f"litmus: 1 tests, {int(wrong)} differences")


@pytest.mark.parametrize("question, so", (
    ("exists (1:r0=1 /\\ 1:r1=0)", True), ("exists (1:r0=0 /\\ 1:r1=0)", False),
    ("forbidden (1:r0=0 /\\ ~1:r1=5)", True),
    ("forbidden (1:r0=1 /\\ 1:r1=0 \\/ 1:r0=0)", False), ("exists (1:r0=1 \\/ 1:r0=0 /\\ 1:r1=7)", True),
    ("exists ((1:r0=1 \\/ 1:r0=0) /\\ 1:r1=7)", False)))
def test_compare_answers_the_question_itself(suite, question, so):
    """Outcomes are (1, 0) and (1, 5): the line was filled before the store, or after it."""
    found = ("1:r0=1 1:r1=0", "1:r0=1 1:r1=5")
    path = written(suite, "x at 0; y at 64; y=1;" + DOORBELL, ["ust x,5; kick M", "uld r0,y; wait M; ld r1,x"],
                   question)
    says(path, found, so)
    expected = "small: 2 outcomes, the same" if so else f"small: {question} is not so"
    assert compared(suite, path)[:2] == (int(not so), [expected])


SAME = ["st x,1; kick M", "wait M; ld r0,x"]


@pytest.mark.parametrize("state, columns, equal", (
    ("P1: line=32; a at 64; N: doorbell P0 P1;", ["st a,1; kick N", "wait N; ld r0,a"], True),
    ("P1: line=32; x at 4; M: doorbell P0 P1;", ["st x,7; kick M", "wait M; ld r9,x"], True),
    ("P0: line=32; x at 0; M: doorbell P1 P0;", ["wait M; ld r0,x", "st x,1; kick M"], True),
    ("P0: line=64; P1: line=32; x at 0; z at 4; M: doorbell P0 P1;", SAME, True),
    ("P1: line=32; x at 0; M: doorbell P0 P1; peripherals=2;", SAME, True),
    ("x at 0; M: doorbell P0 P1;", SAME, False),
    ("P1: line=32; x at 0; M: doorbell P0 P1 lossy;", SAME, False),
    ("P1: line=32; x at 0; x=1; M: doorbell P0 P1;", SAME, False),
    ("P1: line=32; x at 0; M: doorbell P0 P1;", ["st x,0; kick M", "wait M; ld r0,x"], False),
    ("P1: line=32; x at 0; M: doorbell P0 P1;", ["kick M; st x,1", "wait M; ld r0,x"], False),
    ("P1: line=32; x at 0; y at 4; M: doorbell P0 P1;", ["st x,1; kick M", "wait M; ld r0,y"], False)))
def test_compare_finds_tests_that_are_equal_but_for_names(suite, state, columns, equal):
    first = written(suite, "P1: line=32; x at 0; M: doorbell P0 P1;", SAME, "exists (1:r0=1)", "first")
    second = written(suite, state, columns, "exists (0:r0=0 \\/ 0:r0=1)" if "P1 P0" in state else "forbidden (1:r5=3)"
                     .replace("r5", columns[1][-4:-2]), "second")
    for path in (first, second):
        says(path, outcomes(path))
    complaint = ["second is first with other names"] * equal
    assert compared(suite, first, second) == (int(equal), [
        f"{path.stem}: {len(outcomes(path))} outcomes, the same" for path in (first, second)] + complaint,
        f"litmus: 2 tests, {int(equal)} differences")


def test_compare_wants_each_row_marked_by_three_tests_and_eighty_in_all(suite):
    for number in range(3):
        marks = "(* rows: stale, crash *)\n" if number else "(* rows: stale *)\n"
        path = written(suite, X, ["st x,1; " * number + "ld r0,x"], "exists (0:r0=0 \\/ 0:r0=1)", f"test{number}",
                       marks)
        says(path, [f"0:r0={int(number > 0)}"])
    code, lines, last = compared(suite)
    assert (code, last) == (1, "litmus: 3 tests, 6 differences")
    assert lines[3:] == [f"the row {row} is marked by {count} tests: expected at least 3" for row, count in
                         (("partline", 0), ("crash", 2), ("mailbox", 0), ("storebuffer", 0), ("iotlb", 0))] + [
                             "there are 3 tests: expected at least 80"]


def test_compare_goes_on_after_a_bad_file(suite):
    bad = suite / "bad.litmus"
    bad.write_text("SBESIM other")
    good = says(written(suite, X, LOAD, "exists (1:r0=1)"), READ)
    assert compared(suite, bad, good) == (1, [f"{bad}:1: the test is named other: expected its file's name, bad",
                                              "small: 2 outcomes, the same"], "litmus: 2 tests, 1 differences")


def test_a_compiler_that_is_missing_is_said(tmp_path):
    path = written(tmp_path, X, ["ld r0,x"])
    done = run(LITMUS / "oracle", path, env={**os.environ, "CC": "no-such-compiler"})
    assert (done.returncode, done.stdout) == (BAD_INPUT, "")
    assert "the C compiler cannot be run: no-such-compiler is not installed" in done.stderr
