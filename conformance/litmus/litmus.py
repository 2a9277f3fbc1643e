# SPDX-License-Identifier: BSD-3-Clause
"""Litmus test files: reads them, refuses what the language does not allow, answers their questions.

README.md beside this file specifies the language. What a test's instructions do is said in eager.py, not here. A file
that is refused raises LitmusError, whose text is one sentence with file and line.
"""

import pathlib
import re
from typing import NamedTuple

MEMORY_BYTES = 128
PAGE_BYTES = 64
AGENTS_MAX = 3
VALUE_MAX = 255
ROWS = ("stale", "partline", "crash", "mailbox", "storebuffer", "iotlb")

# What an instruction is followed by: r register, x variable, v number or register, d doorbell, q FIFO, a agent, p page.
OPERANDS = {
    "ld": "rx", "st": "xv", "uld": "rx", "ust": "xv", "wst": "xv", "dld": "rx", "dst": "xv",
    "clean": "x", "inv": "x", "flush": "x", "inv.part": "x",
    "clean.all": "", "inv.all": "", "flush.all": "", "clean.own": "", "inv.own": "", "flush.own": "",
    "dmb": "", "dsb": "", "kick": "d", "wait": "d", "poll": "rd", "push": "rqv", "pop": "rq",
    "crash": "", "map": "app", "unmap": "ap", "tlbi": "a",
}
# The side of a mailbox that an instruction is for.
SENDS = {"kick": True, "push": True, "wait": False, "poll": False, "pop": False}
OPERAND_NAMES = {"r": "a register r0 to r9", "x": "a variable of the state",
                 "v": "a number from 0 to 255 or a register",
                 "d": "a doorbell of the state", "q": "a FIFO of the state", "a": "an agent", "p": "a page, 0 or 1"}
# An agent's attributes with what they may be, the default first.
ATTRIBUTES = {"line": ("64", "32"), "buffer": ("0", "1", "2", "3", "4"), "part": ("drop", "clean"),
              "dirty": ("drop", "clean"), "iommu": ("none", "before", "after")}
PERIPHERALS = "peripherals"
OF_CLUSTER = ("line", "part", "dirty", "iommu")


class LitmusError(Exception):
    """A file that is no litmus test: one sentence."""


class Agent(NamedTuple):
    """`cluster` is the first agent of its cluster, with which it shares everything but the buffer."""
    cluster: int
    line: int
    buffer: int
    part: str
    dirty: str
    iommu: str


class Variable(NamedTuple):
    offset: int
    value: int


class Mailbox(NamedTuple):
    """`depth` is 0 for a doorbell."""
    kind: str
    source: int
    target: int
    depth: int
    lossy: bool
    duplicate: bool


class Instruction(NamedTuple):
    """`operands` by the letters of OPERANDS: names, and numbers for agents, pages and values. `at` is its offset in the
    text."""
    op: str
    operands: tuple
    at: int

    def operand(self, letter, nth=0):
        found = [value for kind, value in zip(OPERANDS[self.op], self.operands) if kind == letter]
        return found[nth] if nth < len(found) else None


class Test(NamedTuple):
    """`question` is a tree: ("\\/", a, b), ("/\\", a, b), ("~", a), ("=", agent, register or "fault", number).
    `peripherals` is 1 when the device memory of both pages is one's."""
    name: str
    sentence: str
    agents: list
    variables: dict
    mailboxes: dict
    peripherals: int
    columns: list
    claim: str
    question: tuple
    condition: str
    rows: set

    def registers(self, agent):
        """Those that an outcome tells of the agent, in an outcome's order."""
        named = {str(operand) for instruction in self.columns[agent] for kind, operand in
                 zip(OPERANDS[instruction.op], instruction.operands) if kind in "rv" and isinstance(operand, str)}
        return (["fault"] if self.agents[agent].iommu != "none" else []) + sorted(named)


class Reader:
    """One file's text, comments blanked out; positions are offsets into it."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        try:
            whole = self.path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not ASCII"
            raise LitmusError(f"{path}: a litmus test cannot be read: {reason}") from error
        self.text = re.sub(r"\(\*.*?\*\)", lambda c: re.sub(r"[^\n]", " ", c.group()), whole, flags=re.DOTALL)
        self.comments = re.findall(r"\(\*(.*?)\*\)", whole, flags=re.DOTALL)
        self.at = 0
        opened = self.text.find("(*")
        if opened >= 0:
            self.refuse("a comment is not closed by \"*)\"", opened)

    def refuse(self, sentence, at=None):
        line = self.text.count("\n", 0, self.at if at is None else at) + 1
        raise LitmusError(f"{self.path}:{line}: {sentence}")

    def take(self, pattern, expected):
        """The match of the pattern at the present position, after blanks, which it goes behind."""
        self.at += len(self.text[self.at:]) - len(self.text[self.at:].lstrip())
        match = re.compile(pattern).match(self.text, self.at)
        if not match:
            rest = self.text[self.at:].split("\n", 1)[0].strip()
            self.refuse(f"expected {expected}, saw {quoted(rest) if rest else 'the end of the file'}")
        self.at = match.end()
        return match


def quoted(text):
    return f'"{text}"'


def pieces(text, start, separator):
    """(piece without blanks around it, its offset) for each piece of the text, which starts at the offset."""
    for piece in text.split(separator):
        yield piece.strip(), start + len(piece) - len(piece.lstrip())
        start += len(piece) + len(separator)


def agent_number(word):
    return int(word[1]) if re.fullmatch(r"P[0-2]", word) else None


# ---- The state

class State:
    """What the braces hold, while they are read."""

    def __init__(self, reader):
        self.reader = reader
        self.attributes = {}
        self.variables = {}
        self.mailboxes = {}
        self.peripherals = None
        self.places = []
        self.valued = set()

    def item(self, text, at):
        for pattern, take in ((r"(P\d):(.*)", self.agent), (r"([a-z][a-z0-9_]*)\s+at\s+(\d+)", self.variable),
                              (PERIPHERALS + r"\s*=\s*(\d+)", self.pages),
                              (r"([a-z][a-z0-9_]*)\s*=\s*(\d+)", self.value),
                              (r"([A-Z][A-Z0-9_]*):\s*(doorbell|fifo)\b(.*)", self.mailbox)):
            match = re.fullmatch(pattern, text, flags=re.DOTALL)
            if match:
                take(at, *match.groups())
                return
        self.reader.refuse(f"the state holds {quoted(text)}: expected an agent, a variable or a mailbox", at)

    def words(self, words, at, flags, values):
        """Attributes and flags as a dictionary; a flag's value is True."""
        said = {}
        for word in words.split():
            name, equals, value = word.partition("=")
            if name in said:
                self.reader.refuse(f"{quoted(name)} is said twice", at)
            if word in flags:
                said[name] = True
            elif equals and value in values.get(name, ()):
                said[name] = value
            else:
                known = sorted(flags) + [f"{key}={'|'.join(may)}" for key, may in values.items()]
                self.reader.refuse(f"expected {' or '.join(known)}, saw {quoted(word)}", at)
        return said

    def agent(self, at, name, words):
        if agent_number(name) is None or name in self.attributes:
            why = "described twice" if name in self.attributes else "not P0, P1 or P2"
            self.reader.refuse(f"agent {name} is {why}", at)
        earlier = tuple(f"P{n}" for n in range(agent_number(name)))
        said = self.words(words, at, (), {**ATTRIBUTES, "cluster": earlier})
        both = [key for key in OF_CLUSTER if key in said and "cluster" in said]
        if both:
            self.reader.refuse(f"{name} says {both[0]}, which it takes from {said['cluster']}, whose cache it shares",
                               at)
        self.attributes[name] = said
        self.places.append((name, at))

    def variable(self, at, name, offset):
        if re.fullmatch(r"r\d", name):
            self.reader.refuse(f"{quoted(name)} names a register, not a variable", at)
        if name == PERIPHERALS:
            self.reader.refuse(f"{quoted(name)} is a word of the state, not a variable", at)
        if name in self.variables:
            self.reader.refuse(f"variable {name} is placed twice", at)
        if int(offset) % 4 or int(offset) >= MEMORY_BYTES:
            self.reader.refuse(f"variable {name} is at {offset}: expected a multiple of 4 below {MEMORY_BYTES}", at)
        shared = [other for other, variable in self.variables.items() if variable.offset == int(offset)]
        if shared:
            self.reader.refuse(f"variable {name} is at {offset}, where {shared[0]} is", at)
        self.variables[name] = Variable(int(offset), 0)

    def pages(self, at, number):
        if self.peripherals:
            self.reader.refuse(f"{PERIPHERALS} is said twice", at)
        if number not in ("1", "2"):
            self.reader.refuse(f"{PERIPHERALS} is {number}: expected 1 or 2", at)
        self.peripherals = int(number)

    def value(self, at, name, value):
        if name not in self.variables:
            self.reader.refuse(f"variable {name} has a value before it has a place", at)
        if int(value) > VALUE_MAX:
            self.reader.refuse(f"variable {name} is {value}: expected a number from 0 to {VALUE_MAX}", at)
        if name in self.valued:
            self.reader.refuse(f"variable {name} has a value twice", at)
        self.valued.add(name)
        self.variables[name] = self.variables[name]._replace(value=int(value))

    def mailbox(self, at, name, kind, rest):
        if name in self.mailboxes:
            self.reader.refuse(f"mailbox {name} is described twice", at)
        match = re.fullmatch(r"\s+P([0-2])\s+P([0-2])(\s.*)?", rest, flags=re.DOTALL)
        if not match or match.group(1) == match.group(2):
            self.reader.refuse(f"mailbox {name} is not from one agent to another: expected two of P0, P1, P2", at)
        values = {"depth": ("1", "2", "3", "4")} if kind == "fifo" else {}
        said = self.words(match.group(3) or "", at, ("lossy", "duplicate"), values)
        if kind == "fifo" and "depth" not in said:
            self.reader.refuse(f"FIFO {name} has no depth: expected depth=1 to depth=4", at)
        self.mailboxes[name] = Mailbox(kind, int(match.group(1)), int(match.group(2)), int(said.get("depth", 0)),
                                       "lossy" in said, "duplicate" in said)
        self.places += [(f"P{match.group(side)}", at) for side in (1, 2)]

    def agents(self, count):
        """What the agents are, after all is read; the names that the state used must be among them."""
        for name, at in self.places:
            if int(name[1]) >= count:
                self.reader.refuse(f"the state names {name}, which has no column", at)
        made = []
        for n in range(count):
            said = self.attributes.get(f"P{n}", {})
            own = {key: said.get(key, may[0]) for key, may in ATTRIBUTES.items()}
            agent = Agent(n, int(own["line"]), int(own["buffer"]), own["part"], own["dirty"], own["iommu"])
            made.append(made[int(said["cluster"][1])]._replace(buffer=agent.buffer) if "cluster" in said else agent)
        return made


# ---- Columns

def read_heading(reader):
    """The number of agents."""
    cells = reader.take(r"([^;{}]*);", "a heading of agents, ended by \";\"").group(1).split("|")
    names = [cell.strip() for cell in cells]
    if names != [f"P{n}" for n in range(len(names))] or len(names) > AGENTS_MAX:
        reader.refuse(f"the heading is {quoted(' | '.join(names))}: expected P0, P0 | P1 or P0 | P1 | P2",
                      reader.at - 1)
    return len(names)


def read_operand(reader, state, count, kind, word, at):
    """What the instruction keeps of an operand; None when the word is none of that kind."""
    number = int(word) if re.fullmatch(r"\d+", word) else None
    register = word if re.fullmatch(r"r\d", word) else None
    box = state.mailboxes.get(word)
    agent = agent_number(word)
    if kind == "r":
        return register
    if kind == "v":
        return register if register else number if number is not None and number <= VALUE_MAX else None
    if kind == "p":
        return number if number in (0, 1) else None
    if kind == "a":
        return agent if agent is not None and agent < count else None
    if kind == "x":
        return word if word in state.variables else None
    return word if box and box.kind == {"d": "doorbell", "q": "fifo"}[kind] else None


def read_instruction(reader, state, count, text, at):
    op, _, rest = text.partition(" ")
    if op not in OPERANDS:
        reader.refuse(f"{quoted(text)} is no instruction", at)
    words = [word.strip() for word in rest.split(",")] if rest.strip() else []
    kinds = OPERANDS[op]
    if len(words) != len(kinds):
        reader.refuse(f"{quoted(text)} has {len(words)} operands: {op} has {len(kinds)}", at)
    operands = []
    for kind, word in zip(kinds, words):
        operands.append(read_operand(reader, state, count, kind, word, at))
        if operands[-1] is None:
            reader.refuse(f"{quoted(text)} has {quoted(word)}: expected {OPERAND_NAMES[kind]}", at)
    return Instruction(op, tuple(operands), at)


def read_columns(reader, state, count):
    """A list of instructions per agent."""
    end = re.compile(r"\b(exists|forbidden)\b").search(reader.text, reader.at)
    if not end:
        reader.refuse("there is no question: expected exists (...) or forbidden (...)", len(reader.text.rstrip()))
    rows = list(pieces(reader.text[reader.at:end.start()], reader.at, ";"))
    if rows[-1][0]:
        reader.refuse(f"the row {quoted(rows[-1][0])} is not ended by \";\"", rows[-1][1])
    columns = [[] for _ in range(count)]
    ended = [False] * count
    for row, at in rows[:-1]:
        cells = list(pieces(row, at, "|"))
        if len(cells) != count:
            reader.refuse(f"the row has {len(cells)} cells: the heading has {count}", at)
        for n, (cell, place) in enumerate(cells):
            if cell and ended[n]:
                reader.refuse(f"{quoted(cell)} stands below an empty cell of P{n}", place)
            ended[n] = not cell
            if cell:
                columns[n].append(read_instruction(reader, state, count, " ".join(cell.split()), place))
    reader.at = end.start()
    return columns


def check_use(reader, agents, state, columns):
    """Refuses what no single instruction shows: mailboxes used by others, crashes of two, mixed stores of a line."""
    for n, column in enumerate(columns):
        for instruction in column:
            name = instruction.operand("d") or instruction.operand("q")
            if name:
                box = state.mailboxes[name]
                may = box.source if SENDS[instruction.op] else box.target
                if may != n:
                    reader.refuse(f"P{n} has {instruction.op} {name}: only P{may} may", instruction.at)
            if instruction.op == "crash" and sum(agent.cluster == agents[n].cluster for agent in agents) > 1:
                reader.refuse(f"P{n} crashes, but shares its cache: expected a cluster of one agent", instruction.at)
            other = instruction.operand("a")
            if other is not None and agents[other].iommu == "none":
                reader.refuse(f"P{n} has {instruction.op} of P{other}, which has no IOMMU", instruction.at)
    stores = {}
    for n, column in enumerate(columns):
        for instruction in column:
            if instruction.op in ("st", "wst"):
                agent = agents[n]
                span = MEMORY_BYTES if agent.iommu == "none" else PAGE_BYTES
                line = (agent.cluster, state.variables[instruction.operand("x")].offset % span // agent.line)
                if stores.setdefault(line, instruction.op) != instruction.op:
                    reader.refuse(f"P{n} has {instruction.op} to a line that its cluster stores to with {stores[line]}",
                                  instruction.at)


# ---- The question

class Question:
    """Reads the question by recursive descent: \\/ of /\\ of ~ of terms."""

    def __init__(self, reader, test):
        self.reader = reader
        self.test = test

    def peek(self, pattern):
        return re.compile(r"\s*" + pattern).match(self.reader.text, self.reader.at)

    def either(self):
        tree = self.both()
        while self.peek(r"\\/"):
            self.reader.take(r"\\/", "\\/")
            tree = ("\\/", tree, self.both())
        return tree

    def both(self):
        tree = self.single()
        while self.peek(r"/\\"):
            self.reader.take(r"/\\", "/\\")
            tree = ("/\\", tree, self.single())
        return tree

    def single(self):
        if self.peek("~"):
            self.reader.take("~", "~")
            return ("~", self.single())
        if self.peek(r"\("):
            return self.group()
        return self.term()

    def group(self):
        self.reader.take(r"\(", "\"(\"")
        tree = self.either()
        self.reader.take(r"\)", "\")\"")
        return tree

    def term(self):
        match = self.reader.take(r"(\d+)\s*:\s*(r\d|fault)\s*=\s*(\d+)", "a term as 1:r0=2")
        agent, register, number = int(match.group(1)), match.group(2), int(match.group(3))
        if agent >= len(self.test.agents) or register not in self.test.registers(agent):
            self.reader.refuse(f"the question asks for {agent}:{register}, which no outcome tells", match.start())
        if number > (1 if register == "fault" else VALUE_MAX):
            self.reader.refuse(f"the question asks for {agent}:{register}={number}, which it never is", match.start())
        return ("=", agent, register, number)


def answer(tree, outcome):
    """Whether the outcome, a dictionary from (agent, register) to number, is what the question asks for."""
    if tree[0] == "=":
        return outcome[tree[1], tree[2]] == tree[3]
    if tree[0] == "~":
        return not answer(tree[1], outcome)
    both = [answer(branch, outcome) for branch in tree[1:]]
    return all(both) if tree[0] == "/\\" else any(both)


def outcome_parse(text):
    """`0:r0=1 1:fault=0` as a dictionary."""
    terms = [re.fullmatch(r"(\d):(r\d|fault)=(\d+)", word).groups() for word in text.split()]
    return {(int(agent), register): int(number) for agent, register, number in terms}


def holds(test, outcomes):
    """Whether the test's claim is true of the set of outcomes, each as printed."""
    found = any(answer(test.question, outcome_parse(outcome)) for outcome in outcomes)
    return found == (test.claim == "exists")


# ---- The whole

def read_rows(reader):
    """The rows of the design's table that the comments mark."""
    marked = set()
    for comment in reader.comments:
        match = re.fullmatch(r"\s*rows:(.*)", comment, flags=re.DOTALL)
        for row in (match.group(1).split(",") if match else ()):
            if row.strip() not in ROWS:
                reader.refuse(f"a comment marks the row {quoted(row.strip())}: expected one of {', '.join(ROWS)}", 0)
            marked.add(row.strip())
    return marked


def read(path):
    """The test in a file."""
    reader = Reader(path)
    name = reader.take(r"SBESIM\s+(\S+)", "SBESIM and the test's name").group(1)
    if name != reader.path.stem:
        reader.refuse(f"the test is named {name}: expected its file's name, {reader.path.stem}")
    sentence = reader.take(r'"([^"]+)"', "a sentence in quotes").group(1)
    reader.take(r"\{", "the state in braces")
    body = reader.take(r"([^{}]*)\}", "the state's closing brace")
    state = State(reader)
    items = list(pieces(body.group(1), body.start(), ";"))
    for item, at in items[:-1]:
        state.item(item, at)
    if items[-1][0]:
        reader.refuse(f"the state's item {quoted(items[-1][0])} is not ended by \";\"", items[-1][1])
    count = read_heading(reader)
    agents = state.agents(count)
    columns = read_columns(reader, state, count)
    check_use(reader, agents, state, columns)
    claim = reader.take(r"exists|forbidden", "exists or forbidden").group()
    test = Test(name, sentence, agents, state.variables, state.mailboxes, state.peripherals or 1, columns, claim, (),
                "", read_rows(reader))
    start = reader.at
    question = Question(reader, test).group()
    condition = f"{claim} {' '.join(reader.text[start:reader.at].split())}"
    reader.take(r"\Z", "nothing after the question")
    return test._replace(question=question, condition=condition)
