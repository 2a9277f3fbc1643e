# SPDX-License-Identifier: BSD-3-Clause
"""The eager machine of README.md as a Promela model, specialised to one litmus test, and its exhaustive search by spin.

The model is one process: a loop of guarded, indivisible steps. Programs have no jumps, so how far an agent is (pcN) and
which of its instructions still stand in its queue (qN_K, for instruction K) is all there is to know of a queue. What
cannot be told apart is one state, without losing outcomes:

- only words are kept that a variable names, or, where a page can be mapped elsewhere, its counterpart in the other one;
- an absent line's bytes, and whatever else is not valid, are zero;
- who stored last to a dirty line is kept only in clusters with a maintenance by set and way;
- a line to which no agent of the cluster has a `ld` or `st` to come is not prefetched, and its copy is absent as soon
  as it is clean: nobody could see it.

An outcome is taken where no agent can go on *whatever hardware does*: every agent is finished or stopped; or those that
are not wait for a mailbox, all queues are empty and nothing is in flight. Then only fills, evictions and write-backs
are left, and no agent's step ever waits for one of those. Nothing is lost by waiting until then: what is in a queue or
in flight can always leave it, and registers do not change meanwhile, unless an agent could go on after all.

The search stores every state in full (no hashing, no reduction); a limit that it hits is a SearchError, as is a state
from which nothing is possible.
"""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from litmus import PAGE_BYTES

STORES = ("ust", "wst", "dst")
MAINTENANCE = ("clean", "inv", "flush")
QUEUED = (*STORES, *MAINTENANCE, "kick")
DEPTH_MAX = 3_000_000
MEMORY_MB_MAX = 2048
SECONDS_MAX = 300
ABSENT, CLEAN, DIRTY = 0, 1, 2
NOWHERE = 2  # what a page without a translation is translated to
HASH_BITS = 20


class SearchError(Exception):
    """The search did not end as it should: one sentence."""


class Step:
    """An instruction as the machine executes it: maintenance of all lines is one step per line.

    `kind` is the instruction without its suffix, `own` whether it is by set and way, `named` whether it names an
    address, `where` (page, offset in it) or None, `fence` the number of steps before the last dmb before this one."""

    def __init__(self, instruction, kind, where, own=False, named=True):
        self.instruction = instruction
        self.kind = kind
        self.where = where
        self.own = own
        self.named = named
        self.fence = 0

    def register(self):
        return self.instruction.operand("r")


def block(condition, then, otherwise=("skip",)):
    """An if of Promela, on one line."""
    return f"if :: {condition} -> {'; '.join(then) or 'skip'} :: else -> {'; '.join(otherwise) or 'skip'} fi"


def conjunction(guards):
    return " && ".join(guards) or "true"


class Model:
    """Generates the Promela text. Its variables: m memory's words; cN, sN words and states of cluster N's lines; tN, uN
    its IOTLB and its table; of doorbell X fX rings in flight, pX pending; of FIFO X bX tokens, nX how many, aX
    arrived; of agent N rN_R its registers, vN_K and gN_K value and page of the entry of its instruction K."""

    def __init__(self, test):
        self.test = test
        self.agents = range(len(test.agents))
        self.clusters = sorted({agent.cluster for agent in test.agents})
        self.moved = {test.agents[i.operand("a")].cluster for column in test.columns for i in column
                      if i.op in ("map", "unmap")}
        offsets = {variable.offset for variable in test.variables.values()}
        if self.moved:
            offsets |= {offset ^ PAGE_BYTES for offset in offsets}
        self.offsets = sorted(offsets)
        self.columns = [self.steps(agent) for agent in self.agents]
        self.declared = []
        self.options = []

    # ---- The program

    def steps(self, agent):
        line = self.test.agents[agent].line
        made = []
        fence = 0
        for instruction in self.test.columns[agent]:
            kind, _, suffix = instruction.op.partition(".")
            if suffix in ("all", "own"):
                new = [Step(instruction, kind, divmod(offset, PAGE_BYTES), suffix == "own", False)
                       for offset in range(0, 2 * PAGE_BYTES, line)]
            else:
                name = instruction.operand("x")
                where = divmod(self.test.variables[name].offset, PAGE_BYTES) if name else None
                new = [Step(instruction, kind, where)]
            for step in new:
                step.fence = fence
                made.append(step)
            if kind == "dmb":
                fence = len(made)
        return made

    def translated_before(self, agent, step):
        """Whether the step's address goes through a table that can change, before it goes anywhere else."""
        cluster = self.test.agents[agent].cluster
        return step.where is not None and step.named and cluster in self.moved and \
            self.test.agents[cluster].iommu == "before"

    def translated_after(self, cluster):
        return cluster in self.moved and self.test.agents[cluster].iommu == "after"

    # ---- Places

    def word(self, page, offset):
        """The index of a word in the arrays; the page is a number, or an expression where pages can move."""
        if isinstance(page, int):
            return self.offsets.index(page * PAGE_BYTES + offset)
        return f"{page} * {len(self.offsets) // 2} + {self.offsets.index(offset)}"

    def lines(self, cluster):
        """(page, offset in it) of the cluster's lines that hold a word that is kept."""
        line = self.test.agents[cluster].line
        return [divmod(start, PAGE_BYTES) for start in sorted({offset // line * line for offset in self.offsets})]

    def line_of(self, cluster, where):
        page, offset = where
        line = self.test.agents[cluster].line
        return (page, offset // line * line)

    def state(self, cluster, page, offset):
        """The state of a line that holds a word that is kept."""
        lines = self.lines(cluster)
        if isinstance(page, int):
            return f"s{cluster}[{lines.index((page, offset))}]"
        return f"s{cluster}[{page} * {len(lines) // 2} + {lines.index((0, offset))}]"

    def line_words(self, cluster, page, offset):
        """Offsets in their page of the words kept in a line; the same in both pages where pages can move."""
        line = self.test.agents[cluster].line
        return sorted({o % PAGE_BYTES for o in self.offsets if offset <= o % PAGE_BYTES < offset + line and
                       (not isinstance(page, int) or o // PAGE_BYTES == page)})

    def memory_page(self, cluster, page):
        """Where the cluster's lines of a page are in memory."""
        return f"t{cluster}[{page}]" if self.translated_after(cluster) else page

    def lost(self, cluster, page):
        """The condition that the page is nowhere, or None when it is always somewhere."""
        return f"t{cluster}[{page}] == {NOWHERE}" if self.translated_after(cluster) else None

    # ---- What happens to a line

    def fill(self, cluster, page, offset):
        there = self.memory_page(cluster, page)
        return [f"c{cluster}[{self.word(page, o)}] = m[{self.word(there, o)}]"
                for o in self.line_words(cluster, page, offset)] + [f"{self.state(cluster, page, offset)} = {CLEAN}"]

    def write_back(self, cluster, page, offset):
        there = self.memory_page(cluster, page)
        copies = [f"m[{self.word(there, o)}] = c{cluster}[{self.word(page, o)}]"
                  for o in self.line_words(cluster, page, offset)]
        lost = self.lost(cluster, page)
        return [block(f"!({lost})", copies)] if lost else copies

    def drop(self, cluster, page, offset):
        return [f"c{cluster}[{self.word(page, o)}] = 0" for o in self.line_words(cluster, page, offset)] + \
            [f"{self.state(cluster, page, offset)} = {ABSENT}"]

    def dirty_of(self, agent):
        """The state of a line that the agent stored to last."""
        cluster = self.test.agents[agent].cluster
        cores = [n for n in self.agents if self.test.agents[n].cluster == cluster]
        return DIRTY + agent if any(step.own for n in cores for step in self.columns[n]) else DIRTY

    # ---- Effects of what goes to the queue

    def maintenance(self, agent, step, page):
        """Statements of a clean, inv or flush of the line; none when no word of it is kept."""
        cluster = self.test.agents[agent].cluster
        kind = step.kind
        offset = self.line_of(cluster, step.where)[1]
        if not self.line_words(cluster, page, offset):
            return []
        how = self.test.agents[cluster]
        partial = step.instruction.op == "inv.part" and how.part == "clean"
        if kind == "inv" and (partial or how.dirty == "clean"):
            kind = "flush"
        state = self.state(cluster, page, offset)
        after = [f"{state} = {CLEAN}"] if kind == "clean" else self.drop(cluster, page, offset)
        if kind == "clean" and isinstance(page, int):
            after += self.forget_unused(cluster, page, offset)
        if step.own:
            done = (self.write_back(cluster, page, offset) if kind != "inv" else []) + after
            return [block(f"{state} == {self.dirty_of(agent)}", done)]
        if kind == "inv":
            return after
        dirty = self.write_back(cluster, page, offset) + after
        return [block(f"{state} >= {DIRTY}", dirty, () if kind == "clean" else after)]

    def store_through(self, agent, step, page, value):
        """Statements of a store past the cache, where the page has a place in memory."""
        cluster = self.test.agents[agent].cluster
        offset = step.where[1]
        done = [f"m[{self.word(self.memory_page(cluster, page), offset)}] = {value}"]
        if step.kind == "wst":
            state = self.state(cluster, page, self.line_of(cluster, step.where)[1])
            done.append(block(f"{state} != {ABSENT}", [f"c{cluster}[{self.word(page, offset)}] = {value}"]))
        return done

    def effect(self, agent, step, page, value):
        """Lists of statements, one list for each way in which a queued instruction's effect may be."""
        if step.kind == "kick":
            name = step.instruction.operand("d")
            return [[f"f{name} = f{name} + {rings}"] for rings in self.copies(name)]
        if step.kind in STORES:
            return [self.store_through(agent, step, page, value)]
        return [self.maintenance(agent, step, page)]

    def copies(self, name):
        """In how many copies what is sent to a mailbox may arrive."""
        box = self.test.mailboxes[name]
        return [0] * box.lossy + [1] + [2] * box.duplicate

    # ---- The queue

    def queue(self, agent, limit=None):
        """(index, step) of the agent's steps that go through its queue, before the limit."""
        if not self.test.agents[agent].buffer:
            return []
        return [(k, step) for k, step in enumerate(self.columns[agent][:limit]) if step.kind in QUEUED]

    def value(self, agent, step):
        operand = step.instruction.operand("v")
        return f"r{agent}_{operand}" if isinstance(operand, str) else operand

    def latched(self, agent, k, step):
        """What an entry holds: (variable, source) of its value when a register gave it, and of its page."""
        kept = []
        if isinstance(step.instruction.operand("v"), str) and step.kind != "push":
            kept.append((f"v{agent}_{k}", self.value(agent, step)))
        if self.translated_before(agent, step):
            kept.append((f"g{agent}_{k}", self.page(agent, step)))
        return kept

    def page(self, agent, step):
        """The page of the step's place, in the addresses of queue and cache, when it is executed."""
        if step.where is None:
            return None
        if self.translated_before(agent, step):
            return f"t{self.test.agents[agent].cluster}[{step.where[0]}]"
        return step.where[0]

    def entry_page(self, agent, k, step):
        return f"g{agent}_{k}" if self.translated_before(agent, step) else self.page(agent, step)

    def entry_value(self, agent, k, step):
        return f"v{agent}_{k}" if isinstance(step.instruction.operand("v"), str) else self.value(agent, step)

    def is_entry_for(self, agent, j, older, page, where, bytes_each):
        """The condition that entry j is there and for the same line, or word, as a place; None when it never is."""
        if older.where is None or older.where[1] // bytes_each != where[1] // bytes_each:
            return None
        its = self.entry_page(agent, j, older)
        if isinstance(its, int) and isinstance(page, int):
            return f"q{agent}_{j}" if its == page else None
        return f"(q{agent}_{j} && {its} == {page})"

    def entries_for(self, agent, k, step, page, kinds=QUEUED, word_of=()):
        """Conditions: an entry before step k, of one of the kinds, is for the step's line; of those of word_of, its word."""
        line = self.test.agents[agent].line
        found = [self.is_entry_for(agent, j, older, page, step.where, 4 if older.kind in word_of else line)
                 for j, older in self.queue(agent, k) if older.kind in kinds]
        return [condition for condition in found if condition]

    def entries_of_peripheral(self, agent, k, step, page):
        """Conditions: a device store before step k, itself a device access, is for the same peripheral."""
        older = [(j, other) for j, other in self.queue(agent, k) if other.kind == "dst" and step.kind in ("dst", "dld")]
        if self.test.peripherals == 1:
            return [f"q{agent}_{j}" for j, _ in older]
        found = [self.is_entry_for(agent, j, other, page, step.where, PAGE_BYTES) for j, other in older]
        return [condition for condition in found if condition]

    def leave_guards(self, agent, k, step):
        """What an entry waits for."""
        page = self.entry_page(agent, k, step)
        words = STORES if step.kind in STORES else ()
        kept = self.entries_for(agent, k, step, page, word_of=words) if step.where else []
        kept += self.entries_of_peripheral(agent, k, step, page)
        kept += [f"q{agent}_{j}" for j, older in self.queue(agent, k)
                 if j < step.fence or (older.kind == "kick" and step.kind == "kick")]
        return [f"q{agent}_{k}"] + [f"!{condition}" for condition in dict.fromkeys(kept)]

    def forget(self, agent, k, step):
        return [f"q{agent}_{k} = 0"] + [f"{name} = 0" for name, _ in self.latched(agent, k, step)]

    # ---- Options of the loop

    def option(self, guards, done):
        self.options.append(f"d_step {{ {conjunction(guards)} -> {'; '.join(done) or 'skip'} }}")

    def hardware_lines(self, cluster):
        for page, offset in self.lines(cluster):
            state = self.state(cluster, page, offset)
            useful = self.used_later(cluster, page, offset)
            lost = self.lost(cluster, page)
            if useful:
                self.option([f"{state} == {ABSENT}", f"({' || '.join(useful)})"] + ([f"!({lost})"] if lost else []),
                            self.fill(cluster, page, offset))
            self.option([f"{state} == {CLEAN}"], self.drop(cluster, page, offset))
            self.option([f"{state} >= {DIRTY}"], self.write_back(cluster, page, offset) + [f"{state} = {CLEAN}"] +
                        self.forget_unused(cluster, page, offset))

    def used_later(self, cluster, page, offset):
        """Conditions, one of which is true while an agent has a cacheable load or store of the line to come."""
        conditions = []
        for agent in self.agents:
            uses = [k for k, step in enumerate(self.columns[agent]) if step.kind in ("ld", "st") and
                    self.test.agents[agent].cluster == cluster and
                    self.line_of(cluster, step.where)[1] == offset and
                    (step.where[0] == page or self.translated_before(agent, step))]
            if uses:
                conditions.append(f"pc{agent} <= {uses[-1]}")
        return conditions

    def forget_unused(self, cluster, page, offset):
        """Statements after which a clean copy that nobody can see any more is absent."""
        useful = " || ".join(self.used_later(cluster, page, offset)) or "false"
        state = self.state(cluster, page, offset)
        return [block(f"{state} == {CLEAN} && !({useful})", self.drop(cluster, page, offset))]

    def hardware_queue(self, agent):
        for k, step in self.queue(agent):
            page = self.entry_page(agent, k, step)
            cluster = self.test.agents[agent].cluster
            for done in self.effect(agent, step, page, self.entry_value(agent, k, step)):
                lost = self.lost(cluster, page) if step.kind in STORES else None
                done = [block(f"!({lost})", done)] if lost else done
                self.option(self.leave_guards(agent, k, step), done + self.forget(agent, k, step))

    def hardware_mailbox(self, name):
        if self.test.mailboxes[name].kind == "doorbell":
            self.option([f"f{name} > 0"], [f"f{name} = f{name} - 1", f"p{name} = 1"])
        else:
            self.option([f"a{name} < n{name}"], [f"a{name} = a{name} + 1"])

    def agent_step(self, agent, k, step):
        """The options of one step of a program."""
        guards = [f"pc{agent} == {k}"]
        queue = self.queue(agent, k)
        if step.kind in QUEUED and self.test.agents[agent].buffer:
            if len(queue) >= self.test.agents[agent].buffer:
                guards.append(f"{' + '.join(f'q{agent}_{j}' for j, _ in queue)} < {self.test.agents[agent].buffer}")
        elif step.kind in ("dsb", "map", "unmap", "tlbi"):
            guards += [f"!q{agent}_{j}" for j, _ in queue]
        elif step.kind not in ("dmb", "crash"):
            guards += [f"!q{agent}_{j}" for j, _ in queue if j < step.fence]
        for more, done in self.executed(agent, k, step):
            self.option(guards + more, done)

    def executed(self, agent, k, step):
        """(further guards, statements) of each way to execute a step."""
        if step.kind in QUEUED:
            ways = self.execute_queued(agent, k, step)
        else:
            ways = getattr(self, f"execute_{step.kind}")(agent, k, step)
        return [(guards, self.translated(agent, k, step, done) + self.forget_after(agent, step))
                for guards, done in ways]

    def forget_after(self, agent, step):
        """Statements after a cacheable access, which may have been the last one to its line."""
        cluster = self.test.agents[agent].cluster
        its = [(page, offset) for page, offset in self.lines(cluster) if step.kind in ("ld", "st") and
               offset == self.line_of(cluster, step.where)[1]]
        return [statement for page, offset in its for statement in self.forget_unused(cluster, page, offset)]

    def translated(self, agent, k, step, done):
        """The statements, or the agent's end when its address has no translation; and on to the next step. A uld goes
        on by itself, since it may find its value in the queue."""
        done = done if step.kind == "uld" else done + [f"pc{agent} = {k + 1}"]
        stop = [f"pc{agent} = {self.stopped(agent)}"]
        if self.translated_before(agent, step):
            return [block(f"{self.page(agent, step)} == {NOWHERE}", stop, done)]
        needs = self.needs_translation(agent, step)
        return [block(" && ".join(needs), stop, done)] if needs else done

    def needs_translation(self, agent, step):
        """With an IOMMU after the cache: conditions, all true when the step itself needs a page that is nowhere."""
        cluster = self.test.agents[agent].cluster
        lost = self.lost(cluster, step.where[0]) if step.where else None
        if lost and step.kind in ("ld", "st"):
            return [f"{self.state(cluster, *self.line_of(cluster, step.where))} == {ABSENT}", lost]
        if lost and (step.kind == "dld" or (step.kind in STORES and not self.test.agents[agent].buffer)):
            return [lost]
        return []

    def stopped(self, agent):
        return len(self.columns[agent]) + 1

    def execute_queued(self, agent, k, step):
        if self.test.agents[agent].buffer:
            held = [f"{name} = {source}" for name, source in self.latched(agent, k, step)]
            return [([], [f"q{agent}_{k} = 1"] + held)]
        return [([], done) for done in self.effect(agent, step, self.page(agent, step), self.value(agent, step))]

    def cached(self, agent, k, step, access):
        """A cacheable access: it waits for entries of its line, and fills the line."""
        cluster = self.test.agents[agent].cluster
        page = self.page(agent, step)
        offset = self.line_of(cluster, step.where)[1]
        state = self.state(cluster, page, offset)
        waits = [f"!{condition}" for condition in self.entries_for(agent, k, step, page)]
        filled = block(f"{state} == {ABSENT}", self.fill(cluster, page, offset))
        return [(waits, [filled] + access(f"c{cluster}[{self.word(page, step.where[1])}]", state))]

    def execute_ld(self, agent, k, step):
        return self.cached(agent, k, step, lambda word, state: [f"r{agent}_{step.register()} = {word}"])

    def execute_st(self, agent, k, step):
        return self.cached(agent, k, step, lambda word, state: [f"{word} = {self.value(agent, step)}",
                                                                 f"{state} = {self.dirty_of(agent)}"])

    def execute_uld(self, agent, k, step):
        cluster = self.test.agents[agent].cluster
        page = self.page(agent, step)
        register = f"r{agent}_{step.register()}"
        waits = self.entries_for(agent, k, step, page, MAINTENANCE)
        memory = [f"{register} = m[{self.word(self.memory_page(cluster, page), step.where[1])}]"]
        lost = self.lost(cluster, page)
        done = memory + [f"pc{agent} = {k + 1}"]
        if lost:
            done = [block(lost, [f"pc{agent} = {self.stopped(agent)}"], done)]
        for j, older in self.queue(agent, k):
            entry = self.is_entry_for(agent, j, older, page, step.where, 4) if older.kind in STORES else None
            if entry:
                found = [f"{register} = {self.entry_value(agent, j, older)}", f"pc{agent} = {k + 1}"]
                done = [block(entry, found, done)]
        return [([f"!{condition}" for condition in waits], done)]

    def execute_dld(self, agent, k, step):
        """Nothing is taken from the queue: what is there of the word leaves first."""
        cluster = self.test.agents[agent].cluster
        page = self.page(agent, step)
        waits = self.entries_for(agent, k, step, page, MAINTENANCE) + \
            self.entries_for(agent, k, step, page, STORES, word_of=STORES) + \
            self.entries_of_peripheral(agent, k, step, page)
        word = self.word(self.memory_page(cluster, page), step.where[1])
        return [([f"!{condition}" for condition in waits], [f"r{agent}_{step.register()} = m[{word}]"])]

    def execute_dmb(self, agent, k, step):
        return [([], [])]

    execute_dsb = execute_dmb

    def execute_crash(self, agent, k, step):
        cluster = self.test.agents[agent].cluster
        done = [statement for j, older in self.queue(agent, k) for statement in self.forget(agent, j, older)]
        return [([], done + [s for page, offset in self.lines(cluster) for s in self.drop(cluster, page, offset)])]

    def execute_wait(self, agent, k, step):
        name = step.instruction.operand("d")
        return [([f"p{name}"], [f"p{name} = 0"])]

    def execute_poll(self, agent, k, step):
        name = step.instruction.operand("d")
        return [([], [f"r{agent}_{step.register()} = p{name}", f"p{name} = 0"])]

    def execute_push(self, agent, k, step):
        name = step.instruction.operand("q")
        depth = self.test.mailboxes[name].depth
        register = f"r{agent}_{step.register()}"
        sent = [f"!q{agent}_{j}" for j, older in self.queue(agent, k) if older.kind == "kick"]
        ways = [(sent + [f"n{name} == {depth}"], [f"{register} = 0"])]
        for copies in self.copies(name):
            room = f"n{name} + {max(copies, 1)} <= {depth}"
            tokens = [f"b{name}[n{name}] = {self.value(agent, step)}", f"n{name} = n{name} + 1"] * copies
            ways.append((sent + [room], tokens + [f"{register} = 1"]))
        return ways

    def execute_pop(self, agent, k, step):
        name = step.instruction.operand("q")
        depth = self.test.mailboxes[name].depth
        shift = [f"b{name}[{n}] = b{name}[{n + 1}]" for n in range(depth - 1)] + [f"b{name}[{depth - 1}] = 0"]
        return [([f"a{name} > 0"], [f"r{agent}_{step.register()} = b{name}[0]", *shift,
                                    f"n{name} = n{name} - 1", f"a{name} = a{name} - 1"])]

    def walk(self, cluster):
        """Pages without an entry in the IOTLB get the table's."""
        return [block(f"t{cluster}[{page}] == {NOWHERE}", [f"t{cluster}[{page}] = u{cluster}[{page}]"])
                for page in (0, 1)]

    def execute_map(self, agent, k, step):
        cluster = self.test.agents[step.instruction.operand("a")].cluster
        to = step.instruction.operand("p", 1) if step.kind == "map" else NOWHERE
        return [([], [f"u{cluster}[{step.instruction.operand('p')}] = {to}", *self.walk(cluster)])]

    execute_unmap = execute_map

    def execute_tlbi(self, agent, k, step):
        cluster = self.test.agents[step.instruction.operand("a")].cluster
        if cluster not in self.moved:
            return [([], [])]
        return [([], [f"t{cluster}[{page}] = u{cluster}[{page}]" for page in (0, 1)])]

    # ---- The end

    def mailbox_step(self, agent, step):
        """The condition that a step waits for a mailbox, or None when it never does."""
        if step.kind == "wait":
            return f"!p{step.instruction.operand('d')}"
        return f"a{step.instruction.operand('q')} == 0" if step.kind == "pop" else None

    def end(self):
        """The condition that no agent can go on whatever hardware does."""
        finished = [f"pc{n} >= {len(self.columns[n])}" for n in self.agents]
        waiting = [" || ".join([finished[n]] + [f"pc{n} == {k} && {self.mailbox_step(n, step)}" for k, step in
                                                enumerate(self.columns[n]) if self.mailbox_step(n, step)])
                   for n in self.agents]
        quiet = [f"!q{n}_{k}" for n in self.agents for k, _ in self.queue(n)]
        for name, box in self.test.mailboxes.items():
            quiet.append(f"f{name} == 0" if box.kind == "doorbell" else f"a{name} == n{name}")
        if waiting == finished:
            return conjunction(finished)
        return f"({conjunction(finished)}) || ({conjunction([f'({one})' for one in waiting] + quiet)})"

    def told(self):
        """(what an outcome calls it, expression) of all that an outcome tells, in its order."""
        return [(f"{n}:{register}", f"(pc{n} == {self.stopped(n)})" if register == "fault" else f"r{n}_{register}")
                for n in self.agents for register in self.test.registers(n)]

    # ---- The whole

    def declare(self):
        """(type, name, elements or 0, initial values) of every variable."""
        first = {variable.offset: variable.value for variable in self.test.variables.values()}
        words = [first.get(offset, 0) for offset in self.offsets]
        made = [("byte", "m", len(words), words)] if words else []
        for cluster in self.clusters:
            if self.offsets:
                made += [("byte", f"c{cluster}", len(self.offsets), []),
                         ("byte", f"s{cluster}", len(self.lines(cluster)), [])]
            if cluster in self.moved:
                made += [("byte", f"{table}{cluster}", 2, [0, 1]) for table in "tu"]
        for agent in self.agents:
            made.append(("byte", f"pc{agent}", 0, []))
            made += [("byte", f"r{agent}_{register}", 0, []) for register in self.test.registers(agent)
                     if register != "fault"]
            for k, step in self.queue(agent):
                made.append(("bit", f"q{agent}_{k}", 0, []))
                made += [("byte", name, 0, []) for name, _ in self.latched(agent, k, step)]
        for name, box in self.test.mailboxes.items():
            made += [("byte", f"f{name}", 0, []), ("bit", f"p{name}", 0, [])] if box.kind == "doorbell" else \
                [("byte", f"b{name}", box.depth, []), ("byte", f"n{name}", 0, []), ("byte", f"a{name}", 0, [])]
        return made + [("bit", "ended", 0, [])]

    def cleared(self, declared):
        """Statements that make all states with one outcome the same."""
        done = []
        for _, name, elements, _ in declared[:-1]:
            if name[:2] == "pc":
                agent = int(name[2:])
                last = len(self.columns[agent])
                keep = "fault" in self.test.registers(agent)
                same = f"{name} = {last}"
                done.append(block(f"{name} != {self.stopped(agent)}", [same]) if keep else same)
            elif not re.match(r"r\d_", name):
                done += [f"{name}[{n}] = 0" for n in range(elements)] if elements else [f"{name} = 0"]
        return done + ["ended = 1"]

    def text(self):
        declared = self.declare()
        for cluster in self.clusters:
            self.hardware_lines(cluster)
        for agent in self.agents:
            self.hardware_queue(agent)
            for k, step in enumerate(self.columns[agent]):
                self.agent_step(agent, k, step)
        for name in self.test.mailboxes:
            self.hardware_mailbox(name)
        lines = [f"/* {self.test.name} */"]
        lines += [f"{kind} {name}{f'[{elements}]' if elements else ''};" for kind, name, elements, _ in declared]
        lines += [f"#define END ({self.end()})", "init {"]
        lines += [f"\td_step {{ {'; '.join(self.started(declared)) or 'skip'} }}", "\tdo"]
        lines += [f"\t:: {option.replace('d_step { ', 'd_step { !ended && !END && ', 1)}" for option in self.options]
        lines += [f"\t:: d_step {{ !ended && END -> {'; '.join(self.cleared(declared))} }}"]
        lines += ["\t:: ended -> break", "\tod;"]
        form = " ".join(f"{name}=%d" for name, _ in self.told())
        lines += [f'\tprintf("outcome {form}\\n"{"".join(f", {value}" for _, value in self.told())})', "}"]
        return "\n".join(lines) + "\n"

    def started(self, declared):
        return [f"{name}[{n}] = {value}" for _, name, _, values in declared for n, value in enumerate(values) if value]


def promela(test):
    return Model(test).text()


# ---- The search

def run(command, directory, seconds, what):
    try:
        return subprocess.run(command, cwd=directory, timeout=seconds, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
    except FileNotFoundError as error:
        raise SearchError(f"{what} cannot be run: {command[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise SearchError(f"{what} took more than {seconds} seconds") from error


def outcomes_of(done):
    """The outcomes that pan printed, after a search that was complete."""
    text = done.stdout
    limits = (("max search depth too small", "reached its depth limit"), ("-DMEMLIM bound", "reached its memory limit"),
              ("out of memory", "reached its memory limit"), ("VECTORSZ", "reached the limit of a state's size"),
              ("invalid end state (", "found a state from which nothing is possible"))
    for sign, sentence in limits:
        if sign in text:
            raise SearchError(f"the search {sentence}")
    if done.returncode or "Search not completed" in text or not re.search(r"errors: 0$", text, flags=re.MULTILINE):
        last = text.strip().split("\n")[-1]
        raise SearchError(f"the search ended with code {done.returncode}: {last}")
    printed = re.findall(r"^outcome ?(.*)$", text, flags=re.MULTILINE)
    if len(printed) != len(set(printed)) or not printed:
        raise SearchError(f"the search printed {len(printed)} outcomes, {len(set(printed))} different ones")
    return sorted(printed)


def search(test, depth=DEPTH_MAX, memory_mb=MEMORY_MB_MAX, seconds=SECONDS_MAX):
    """The sorted outcomes of the test, as printed; SearchError when they could not all be found."""
    compiler = os.environ.get("CC", "cc").split()
    # A search that ran out of time may leave a compiler behind that still writes there.
    with tempfile.TemporaryDirectory(prefix="litmus-", ignore_cleanup_errors=True) as directory:
        (Path(directory) / "model.pml").write_text(promela(test))
        # By itself spin takes variables that are only printed out of the state.
        done = run(["spin", "-o1", "-o2", "-a", "model.pml"], directory, seconds, "spin")
        if done.returncode or "Error" in done.stdout:
            raise SearchError(f"spin refuses the model: {done.stdout.strip().splitlines()[-1]}")
        options = ["-w", "-O1", "-DSAFETY", "-DNOREDUCE", "-DNOFAIR", "-DPRINTF", f"-DMEMLIM={memory_mb}"]
        done = run([compiler[0], *options, *compiler[1:], "-o", "pan", "pan.c"], directory, seconds, "the C compiler")
        if done.returncode:
            raise SearchError(f"the C compiler refuses pan.c: {done.stdout.strip().splitlines()[-1]}")
        return outcomes_of(run(["./pan", "-b", "-n", f"-m{depth}", f"-w{HASH_BITS}"], directory, seconds, "the search"))
