# SPDX-License-Identifier: BSD-3-Clause
"""Bad input: exit code 2, one sentence that names what is wrong, nothing on stdout, nothing left behind."""
import random
import shutil
import subprocess

import pytest
from conftest import BAD_INPUT, BUILD, PRELUDE, ROOT, contents, sbesim

ZYNQMP = (ROOT / "models/platforms/zynqmp.dts").read_text()
EMPTY_PROGRAM = PRELUDE + "static int host(void)\n{\n\treturn 0;\n}\n\nstatic int remote(void)\n{\n\treturn 0;\n}\n"


def assert_refused(directory, *words, mentions):
    """`words` in `directory`: as they are, for people and, where there is such a thing, with --json."""
    before = contents(directory)
    for extra in ([], ["--json"]) if words[0] != "show" else ([],):
        done = sbesim(words[0], *extra, *words[1:], cwd=directory)
        assert done.returncode == BAD_INPUT, (done.returncode, done.stderr)
        assert done.stdout == b""
        sentence = done.stderr.decode()
        assert sentence.startswith("sbesim ") and sentence.endswith("\n") and sentence.count("\n") == 1, sentence
        assert str(mentions) in sentence, sentence
        assert contents(directory) == before


# ---- Words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("words, mentions", (
    ("bogus", "bogus"),
    ("--bogus", "--bogus"),
    ("run --bogus", "--bogus"),
    ("conform --sedes 3", "--sedes"),
    ("conform --see 3", "--see"),
    ("show t --json", "--json"),
    ("defects --platform zynqmp", "--platform"),
    ("run surplus", "argument"),
    ("check", "argument"),
    ("check one two", "argument"),
    ("run --platform", "--platform"),
    ("conform --seed", "--seed"),
    ("run --json=yes", "--json"),
))
def test_words_that_are_not_known(words, mentions, tmp_path):
    assert_refused(tmp_path, *words.split(), mentions=mentions)


@pytest.mark.parametrize("option, value", (
    ("--seed", "x"), ("--seed", "-1"), ("--seed", ""), ("--seed", "1x"), ("--seed", " 1"), ("--seed", "0x10"),
    ("--seed", "18446744073709551616"), ("--seeds", "0"), ("--seeds", "many"), ("--surprises", "9"),
    ("--surprises", "-1"), ("--surprises", "1.5"), ("--plan", "nonsense"), ("--plan", ""), ("--plan", "1:memory.fill"),
    ("--plan", "1:memory.fill:0"),
    ("--plan", "5:memory.fill:1,4:memory.fill:1"), ("--plan", "1:memory.fill:1,"),
))
def test_numbers_that_are_none(option, value, tmp_path):
    assert_refused(tmp_path, "conform", option, value, mentions=f'"{value.split(",")[-1]}"')


@pytest.mark.parametrize("words", (
    "--seed 1 --seeds 2", "--seed 1 --surprises 1", "--seeds 1 --surprises 0", "--plan - --seed 1", "--seed 1 --seed 1",
))
def test_choices_that_contradict(words, tmp_path):
    for command in ("run", "conform", "explore", "replay"):
        assert_refused(tmp_path, command, *words.split(), mentions="only one of --seed")


def test_a_defect_and_an_image_for_the_same_side(tmp_path):
    image = BUILD / "host-reference.so"
    assert_refused(tmp_path, "conform", "--defect", "clean-left-out", "--host", image, mentions="--host")
    done = sbesim("conform", "--defect", "clean-left-out", "--remote", BUILD / "remote-reference.so")
    assert done.returncode == 1, "the other side's may be given"


@pytest.mark.parametrize("plan", ("99999:memory.settle:1", "0:nonsense:1", "0:mailbox.delay:1", "0:schedule.delay:200"))
def test_a_plan_that_does_not_fit(plan, tmp_path):
    assert_refused(tmp_path, "replay", "--plan", plan, "--trace", "trace", mentions=plan)


def test_replay_without_choices(tmp_path):
    assert_refused(tmp_path, "replay", mentions="--plan")


# ---- Names and files -----------------------------------------------------------------------------


def test_an_unknown_defect(tmp_path):
    assert_refused(tmp_path, "conform", "--defect", "bogus", mentions="defect bogus")
    assert_refused(tmp_path, "conform", "--defect", "../defects/clean-left-out", mentions="../defects/clean-left-out")


def test_an_unknown_platform(tmp_path):
    assert_refused(tmp_path, "run", "--platform", "bogus", mentions="platform bogus")
    assert_refused(tmp_path, "run", "--platform", "missing.dts", mentions="missing.dts")


@pytest.mark.parametrize("name, replaced, by, mentions", (
    ("syntax", "/dts-v1/;", "/dts-v1/ }", "syntax error"),
    ("empty", ZYNQMP, "", "empty.dts"),
    ("no mailbox", "ipi: mailbox@ff990400 {", "ipi: mailbox@ff990400 { status", "no mailbox.dts"),
    ("dangling", "mboxes = <&ipi 0>;", "mboxes = <&nothing 0>;", "nothing"),
    ("no domains", "domains {", "realms {", "domains"),
    ("no memory", "reserved-memory {", "memories {", "reserved-memory"),
    ("no clock", "clock-frequency = <1200000000>;", "", "clock"),
    ("clock 0", "clock-frequency = <1200000000>;", "clock-frequency = <0>;", "clock"),
    ("odd line", "d-cache-line-size = <64>;", "d-cache-line-size = <48>;", "32 or 64"),
    ("kind", 'sbesim,kind = "data"', 'sbesim,kind = "date"', "date"),
    ("side", 'sbesim,side = "remote"', 'sbesim,side = "slave"', "slave"),
    ("overlap", "reg = <0x0 0x70100000 0x0 0x10000>", "reg = <0x0 0x70010000 0x0 0x20000>", "overlaps"),
    ("page", "reg = <0x0 0x70100000 0x0 0x10000>", "reg = <0x0 0x70100010 0x0 0x10000>", "page"),
))
def test_a_broken_platform(name, replaced, by, mentions, tmp_path):
    assert replaced in ZYNQMP
    (tmp_path / f"{name}.dts").write_text(ZYNQMP.replace(replaced, by))
    assert_refused(tmp_path, "conform", "--platform", f"{name}.dts", mentions=mentions)
    assert_refused(tmp_path, "conform", "--platform", f"{name}.dts", mentions=f"{name}.dts")


def test_a_platform_of_ones_own_works(tmp_path):
    (tmp_path / "own.dts").write_text(ZYNQMP)
    assert sbesim("conform", "--platform", "own.dts", cwd=tmp_path).returncode == 0


def test_an_input_that_cannot_be_read(tmp_path, nobody):
    (tmp_path / "directory").mkdir()
    assert_refused(tmp_path, "run", "--input", "missing", mentions="missing")
    assert_refused(tmp_path, "run", "--input", "directory", mentions="directory")
    (nobody.work / "secret").write_bytes(b"secret")
    (nobody.work / "secret").chmod(0)
    done = nobody("run", "--input", "secret")
    assert (done.returncode, done.stdout) == (BAD_INPUT, b"")
    assert b"input secret: " in done.stderr and done.stderr.count(b"\n") == 1


# ---- Images --------------------------------------------------------------------------------------


def test_an_image_that_is_none(tmp_path):
    (tmp_path / "text.so").write_text("not an image\n")
    (tmp_path / "empty.so").write_bytes(b"")
    (tmp_path / "directory").mkdir()
    for image in ("missing.so", "text.so", "empty.so", "directory"):
        assert_refused(tmp_path, "conform", "--host", image, mentions=f"image {image}")
        assert_refused(tmp_path, "conform", "--remote", image, mentions=f"image {image}")


def test_a_truncated_image(tmp_path):
    whole = (BUILD / "host-reference.so").read_bytes()
    image = tmp_path / "image.so"
    for length in {1, 3, 4, 16, 63, 64, 65, 500, 4095, 4096, 4097, len(whole) - 1, *range(1000, len(whole), 5000)}:
        image.write_bytes(whole[:length])
        assert_refused(tmp_path, "run", "--host", "image.so", mentions="image image.so")


def test_an_image_with_bytes_changed_never_crashes_us(tmp_path):
    whole = (BUILD / "remote-reference.so").read_bytes()
    draw = random.Random(1)
    for _ in range(100):
        damaged = bytearray(whole)
        damaged[draw.randrange(2048)] ^= 1 << draw.randrange(8)
        (tmp_path / "image.so").write_bytes(damaged)
        done = sbesim("conform", "--surprises", "0", "--remote", "image.so", cwd=tmp_path)
        assert done.returncode in (0, 1, BAD_INPUT), done


def compiled(directory, text, *command):
    (directory / "app.c").write_text(text)
    subprocess.run([*command, "app.c", "-o", "app.so"], cwd=directory, check=True, timeout=60)


@pytest.mark.parametrize("flags", ((), ("-fsanitize=thread",)), ids=("plain", "instrumented"))
def test_an_image_of_another_compiler(flags, tmp_path):
    compiled(tmp_path, EMPTY_PROGRAM, "gcc", "-shared", "-fPIC", f"-I{ROOT}/include", *flags)
    assert_refused(tmp_path, "run", "--host", "app.so", mentions="image app.so")
    assert_refused(tmp_path, "run", "--host", "app.so", mentions="sbesim-cc")


def test_an_image_without_a_program(tmp_path):
    compiled(tmp_path, "int something_else;\n", BUILD / "sbesim-cc")
    assert_refused(tmp_path, "run", "--host", "app.so", mentions="sbesim_main")


def test_an_image_that_calls_what_hosted_code_has_not_got(tmp_path):
    compiled(tmp_path, EMPTY_PROGRAM.replace("return 0;", 'return !fopen("x", "r");', 1), BUILD / "sbesim-cc")
    assert_refused(tmp_path, "run", "--host", "app.so", mentions="fopen")


# ---- Traces --------------------------------------------------------------------------------------


@pytest.fixture
def trace(reference_trace, tmp_path):
    shutil.copytree(reference_trace, tmp_path / "trace")
    return tmp_path / "trace"


def assert_no_trace(directory, mentions):
    assert_refused(directory, "check", "trace", mentions=mentions)
    assert_refused(directory, "show", "trace", mentions=mentions)


def test_a_trace_that_is_none(tmp_path):
    assert_no_trace(tmp_path, "trace")
    (tmp_path / "trace").mkdir()
    assert_no_trace(tmp_path, "trace/metadata")


def test_a_file_as_trace(tmp_path):
    (tmp_path / "trace").write_text("no trace\n")
    assert_no_trace(tmp_path, "trace")


@pytest.mark.parametrize("file", ("metadata", "stream"))
def test_a_trace_with_a_missing_or_strange_file(file, trace, tmp_path):
    (trace / file).unlink()
    assert_no_trace(tmp_path, f"trace/{file}")
    (trace / file).mkdir()
    assert_no_trace(tmp_path, f"trace/{file}")
    (trace / file).rmdir()
    (trace / file).write_bytes(b"")
    assert_no_trace(tmp_path, f"trace/{file}")


def test_a_truncated_stream(trace, tmp_path):
    stream = (trace / "stream").read_bytes()
    packet = stream.rindex((0xC1FC1FC1).to_bytes(4, "little"))
    assert packet, "there are several packets"
    lengths = {1, 4, 7, 55, 56, 57, packet - 1, packet, packet + 1, packet + 56, len(stream) - 1, len(stream) - 9,
               *range(100, len(stream), 2500)}
    for length in sorted(lengths):
        (trace / "stream").write_bytes(stream[:length])
        assert_refused(tmp_path, "check", "trace", mentions="trace/stream")
    (trace / "stream").write_bytes(stream + b"\0")
    assert_no_trace(tmp_path, "trace/stream")


def test_a_stream_whose_packets_changed_places(trace, tmp_path):
    stream = (trace / "stream").read_bytes()
    packet = stream.rindex((0xC1FC1FC1).to_bytes(4, "little"))
    (trace / "stream").write_bytes(stream[packet:] + stream[:packet])
    assert_no_trace(tmp_path, "trace/stream")


def test_flipped_bytes_in_the_metadata(trace, tmp_path):
    metadata = (trace / "metadata").read_bytes()
    for at in range(0, len(metadata), 97):
        (trace / "metadata").write_bytes(metadata[:at] + bytes([metadata[at] ^ 0x04]) + metadata[at + 1:])
        assert_refused(tmp_path, "check", "trace", mentions="trace/metadata")


def test_flipped_bytes_in_the_head_of_a_packet(trace, tmp_path):
    stream = (trace / "stream").read_bytes()
    for packet in (0, stream.rindex((0xC1FC1FC1).to_bytes(4, "little"))):
        for at in range(packet, packet + 56):
            (trace / "stream").write_bytes(stream[:at] + bytes([stream[at] ^ 0x80]) + stream[at + 1:])
            assert_refused(tmp_path, "check", "trace", mentions="trace/stream")


def test_flipped_bytes_anywhere_are_refused_or_judged(trace, tmp_path):
    """CTF has no checksum: bytes that a program stored may be any. Whatever comes, no crash and no half report."""
    stream = (trace / "stream").read_bytes()
    draw = random.Random(2)
    refused = 0
    for _ in range(200):
        at = draw.randrange(len(stream))
        (trace / "stream").write_bytes(stream[:at] + bytes([stream[at] ^ 1 << draw.randrange(8)]) + stream[at + 1:])
        done = sbesim("check", "trace", "--json", cwd=tmp_path)
        assert done.returncode in (0, 1, BAD_INPUT), done
        assert (done.returncode == BAD_INPUT) == (done.stdout == b"") == (done.stderr.count(b"\n") == 1)
        refused += done.returncode == BAD_INPUT
    assert refused > 50


def test_a_trace_goes_nowhere_else(tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/file").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for command in ("run", "conform", "explore"):
        for name in ("taken", "file", "no/parent"):
            assert_refused(tmp_path, command, "--trace", name, mentions=f"{name}: ")
    assert_refused(tmp_path, "replay", "--plan", "-", "--trace", "taken", mentions="taken: ")


def test_a_refused_campaign_leaves_no_trace(tmp_path):
    assert_refused(tmp_path, "conform", "--host", "missing.so", "--trace", "trace", mentions="missing.so")
    assert_refused(tmp_path, "conform", "--plan", "99999:memory.fill:1", "--trace", "trace", mentions="99999")
