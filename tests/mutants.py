"""Put small mistakes into the code, one at a time, and list those that no test finds.

    python -m tests.mutants rules log --sample 150 --seed 18      (or: make mutants AREA="rules log" SAMPLE=150)

The mistakes are mutmut's, inside of functions, and one more: a call that is left out. An area's quick tests run once on
SQLite, while coverage.py notes which lines each of them runs. Then, for each mistake of a random sample, this process
is copied: the copy takes over the function with the mistake and runs the tests that run its line, the quickest first,
up to PATIENCE seconds of them. So a figure is a lower bound: longer tests, PostgreSQL, commands in processes of their
own and the browser are not asked.

The wording of errors and log lines is left alone, and so are annotations and `cast`. What survives, and why, is listed
in tests/mutants.md.
"""

import argparse
import functools
import gc
import hashlib
import json
import os
import random
import resource
import signal
import sys
import time
import types
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coverage
import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".mutants.json"  # which test runs which lines, for the code as it was then
PATIENCE = 10.0  # seconds of tests that a mistake is tried against
STUCK = 600  # seconds by the clock after which a copy that does nothing is ended
ENOUGH = 90  # percent

# Each area's files, below factcheck/, and the tests that know it, below tests/.
AREAS = {
    "rules": (
        "rules/* rules/text/* rules/matching/* rules/languages/*",
        "addresses agreement amending annotations arrivals audit bounds bounds_of_* chain_picture findings imports"
        " matching matching_languages merkle proofs provenance public_suites quotes ranking rules search segments terms"
        " reanchoring snapshots typed_quotes undo visible webhooks words log",
    ),
    "actions": (
        "desk/* desk/claim_state/* desk/access/authorship desk/access/owners exchange/imports exchange/known"
        " exchange/import_results exchange/rehearsal",
        "amended_tags amending audit actions carried_reviews findings hidden_evidence import_again imports log people"
        " public quotes races remembered_tokens review_dates room second_opinion undo walks webhook_owners webhooks",
    ),
    "log": (
        "log/* followers/publisher inspection/replay inspection/folding rules/merkle rules/notes"
        " storage/tables/logbook",
        "actions amending damage log log_cli merkle notes outside page_contents proofs public_suites replay"
        " restatements second_opinion signing_order stamps tampering undo verification_checks",
    ),
    "inspection": (
        "inspection/*",
        "amending attesting damage log log_cli origins replay undo verification_checks verification_progress",
    ),
    "storage": (
        "storage/* storage/*/*",
        "actions archive audit backup backup_archive bounds_of_matching connections damage findings imports log"
        " lost_lock matching migrations operations private races replicas search second_opinion sqlite_settings"
        " turns usage walks writes",
    ),
    "permissions": (
        "rules/roles log/actors desk/access/callers desk/access/browser_sessions desk/access/authorship"
        " desk/access/owners desk/access/answers desk/people storage/engine/authorization_lock storage/tables/people"
        " web/context web/preconditions web/edge/hot",
        "actions bad_input hot idempotency_keys negotiation pages people preconditions public remembered_tokens"
        " requests revocation second_opinion security_table walks webhook_owners",
    ),
    "blindness": (
        "desk/access/blindness desk/access/masking queries/veils queries/hiding desk/second_opinions rules/opinions"
        " rules/agreement storage/tables/reviews",
        "agreement blindness hidden_evidence hidden_instants public second_opinion",
    ),
}


@dataclass(frozen=True)
class Mutant:
    """A mistake: where it is, what stands there, and what would stand there instead."""

    file: Path
    lines: tuple[int, int]
    module: cst.Module
    before: cst.CSTNode
    after: cst.CSTNode

    def source(self) -> str:
        """Return the file's text with the mistake."""
        return self.module.deep_replace(self.before, self.after).code

    def __str__(self) -> str:
        before, after = (" ".join(self.module.code_for_node(each).split()) for each in (self.before, self.after))
        return f"{self.file.relative_to(ROOT)}:{self.lines[0]}: {before[:150]}  →  {after[:150]}"


# ── The mistakes ────────────────────────────────────────────────────────────────────────────────────────────────────


def left_out(node: cst.Expr) -> Iterator[cst.Expr]:
    """Leave out a call that is made for what it does."""
    if isinstance(node.value, cst.Call):
        yield node.with_changes(value=cst.Name("None"))


OPERATORS = [*mutation_operators, (cst.Expr, left_out)]
SAID = ("Fault", "Flaw", "NoteError")  # what they are called with is wording


class Finder(cst.CSTVisitor):
    """Collects what can go wrong inside of functions."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        self.depth = 0
        self.found: list[tuple[tuple[int, int], cst.CSTNode, cst.CSTNode]] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        # Decorators and defaults run once, when the module is imported.
        self.depth += 1
        node.body.visit(self)
        self.depth -= 1
        return False

    def visit_Annotation(self, node: cst.Annotation) -> bool:
        return False

    def visit_Raise(self, node: cst.Raise) -> bool:
        return False

    def visit_Call(self, node: cst.Call) -> bool:
        called = cst.Module([]).code_for_node(node.func)
        return called not in (*SAID, "cast") and not called.startswith("log.")

    def on_visit(self, node: cst.CSTNode) -> bool:
        inside = super().on_visit(node)
        prose = isinstance(node, cst.SimpleString) and " " in node.value
        if self.depth and inside and not prose:
            place = self.get_metadata(PositionProvider, node, None)
            for kind, operator in OPERATORS:
                if place is not None and isinstance(node, kind):
                    lines = place.start.line, place.end.line
                    self.found += [(lines, node, other) for other in operator(node)]
        return inside


def mutants(area: str) -> list[Mutant]:
    """Return all mistakes that can be made in an area."""
    found = []
    files = {file for each in AREAS[area][0].split() for file in (ROOT / "factcheck").glob(f"{each}.py")}
    for path in sorted(files):
        wrapper = MetadataWrapper(cst.parse_module(path.read_text(encoding="utf-8")))
        finder = Finder()
        wrapper.visit(finder)
        found += [Mutant(path, lines, wrapper.module, node, other) for lines, node, other in finder.found]
    return found


def codes(code: types.CodeType, path: str = "") -> Iterator[tuple[str, types.CodeType]]:
    """Yield the code of all functions in some code, each with a name that no other has."""
    seen: Counter[str] = Counter()
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            seen[each.co_name] += 1
            name = f"{path}/{each.co_name}.{seen[each.co_name]}"
            yield name, each
            yield from codes(each, name)


def make(mutant: Mutant) -> bool:
    """Make the mistake in this process; say whether it could be made."""
    file = str(mutant.file)
    before = dict(codes(compile(mutant.file.read_text(encoding="utf-8"), file, "exec")))
    try:
        after = dict(codes(compile(mutant.source(), file, "exec")))
    except SyntaxError:
        return False
    there: defaultdict[Any, list[Any]] = defaultdict(list)
    gc.unfreeze()  # what is frozen is not among the objects, and the tests freeze all that they import
    for each in gc.get_objects():
        if isinstance(each, types.FunctionType) and each.__code__.co_filename == file:
            there[each.__code__].append(each)
        elif isinstance(each, functools._lru_cache_wrapper) and each.__module__.startswith("factcheck"):
            each.cache_clear()  # it may hold what the right function gave
    made = False
    for name, code in before.items():
        if name in after and after[name] != code:
            for function in there[code]:
                try:
                    function.__code__ = after[name]
                except ValueError:  # it closes over more, or less
                    return False
                made = True
    return made


# ── The tests ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Runner:
    """A pytest plugin: runs an area's tests once, and then those that may find each mistake."""

    def __init__(self, area: str, sample: int, seed: int, told: int) -> None:
        self.area, self.sample, self.seed, self.told = area, sample, seed, told
        self.failed: set[str] = set()
        self.in_copy = False
        self.share = 0.0

    def say(self, line: str) -> None:
        os.write(self.told, f"{line}\n".encode())

    def pytest_configure(self) -> None:
        import hypothesis  # pytest wants to see it first

        quick = [hypothesis.Phase.explicit, hypothesis.Phase.generate]  # what fails need not be made small
        hypothesis.settings.register_profile(
            "mutants", phases=quick, database=None, derandomize=True, deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )  # fmt: skip
        hypothesis.settings.load_profile("mutants")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            if self.in_copy:
                os._exit(1)
            self.failed.add(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        kept = self._kept()
        self.took: dict[str, float] = {name: took for name, took in kept["took"].items() if name in self.items}
        self.tests: dict[str, dict[str, list[str]]] = kept["tests"]
        self._try()
        return True

    def _run(self, items: Sequence[pytest.Item], last: pytest.Item | None) -> None:
        for item, following in zip(items, [*items[1:], last], strict=True):
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)

    def _stranger(self, item: pytest.Item) -> pytest.Item:
        """Return a test of another file: what all files share outlives the test that is followed by it."""
        return next(each for each in self.items.values() if each.path != item.path)

    def _kept(self) -> dict[str, Any]:
        """Return what each test runs, by running those of which it is not known, and a few that make the databases."""
        files = sorted((ROOT / "factcheck").rglob("*.py"))
        mark = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
        kept: dict[str, Any] = {"mark": mark, "took": {}, "tests": {}}
        if KEPT.exists() and (before := json.loads(KEPT.read_text()))["mark"] == mark:
            kept = before
        fresh = [item for name, item in self.items.items() if name not in kept["took"]]
        if fresh:
            self._watched(fresh, kept)
            KEPT.write_text(json.dumps(kept))
            self.say(f"{len(fresh)} tests of {self.area}; left out: {sorted(self.failed) or 'none'}")
        else:
            quick = sorted(self.items.values(), key=lambda item: -kept["took"][item.nodeid])
            first = {name: item for item in quick for name in item.fixturenames}  # type: ignore[attr-defined]
            for item in {first[name] for name in ("desk", "seeded", "migrated_url") if name in first}:
                self._run([item], self._stranger(item))
        return kept

    def _watched(self, items: Sequence[pytest.Item], kept: dict[str, Any]) -> None:
        watch = coverage.Coverage(data_file=None, source=[str(ROOT / "factcheck")], config_file=False)
        watch.start()
        for item, following in zip(items, [*items[1:], self._stranger(items[-1])], strict=True):
            watch.switch_context(item.nodeid)
            begun = time.process_time()
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            kept["took"][item.nodeid] = time.process_time() - begun
        watch.stop()
        data = watch.get_data()
        for file in data.measured_files():
            lines = kept["tests"].setdefault(file, {})
            for line, names in data.contexts_by_lineno(file).items():
                lines[str(line)] = [*lines.get(str(line), ()), *(name for name in names if name)]
        for name in self.failed:
            del kept["took"][name]

    def _chosen(self, mutant: Mutant) -> list[pytest.Item]:
        lines = self.tests.get(str(mutant.file), {})
        first, last = mutant.lines
        names = {name for line in range(first, last + 1) for name in lines.get(str(line), ())}
        chosen, seconds = [], 0.0
        for name in sorted(names & self.took.keys(), key=lambda each: self.took[each]):
            seconds += self.took[name]
            if seconds > PATIENCE and chosen:
                break
            chosen.append(self.items[name])
        return chosen

    def _try(self) -> None:
        if not self.sample:
            return
        every = mutants(self.area)
        picked = random.Random(self.seed).sample(every, min(self.sample, len(every)))
        results: Counter[str] = Counter()
        for mutant in sorted(picked, key=lambda each: (each.file, each.lines)):
            result = self._result(mutant)
            results[result] += 1
            if result in ("survived", "no test"):
                self.say(f"  {result}: {mutant}")
        tried = results.total() - results["not made"]
        found = results["found"] + results["endless"]
        self.share = 100 * found / tried if tried else 0
        self.say(f"{self.area}: {found} of {tried} found, {self.share:.1f} % ({dict(results)}, of {len(every)})")

    def _result(self, mutant: Mutant) -> str:
        chosen = self._chosen(mutant)
        if not chosen:
            return "no test"
        pid = os.fork()
        if not pid:
            self._be_copy(mutant, chosen)
        ends = time.monotonic() + STUCK
        while time.monotonic() < ends:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                break
            time.sleep(0.005)
        else:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return "endless"
        code = os.waitstatus_to_exitcode(status)
        return {0: "survived", 2: "not made"}.get(code, "endless" if code == -signal.SIGXCPU else "found")

    def _be_copy(self, mutant: Mutant, chosen: Sequence[pytest.Item]) -> None:
        self.in_copy = True
        used = int(time.process_time())
        allowed = int(60 + 5 * sum(self.took[item.nodeid] for item in chosen))
        resource.setrlimit(resource.RLIMIT_CPU, (used + allowed, used + allowed))
        try:
            if not make(mutant):
                os._exit(2)
            self._run(chosen, None)
        except BaseException:
            os._exit(1)
        os._exit(0)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("areas", nargs="*", metavar="AREA", help=f"of {', '.join(AREAS)}; all by default")
    parser.add_argument(
        "--sample",
        type=int,
        default=150,
        help="mistakes of each area that are tried; 0 only learns what each test runs",
    )
    parser.add_argument("--seed", type=int, default=18)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite", help="that the tests run on")
    given = parser.parse_args()
    if len(given.areas) != 1:  # each in a process of its own
        words = ["--sample", str(given.sample), "--seed", str(given.seed), "--database", given.database]
        program = [sys.executable, "-m", "tests.mutants"]
        return max(os.spawnv(os.P_WAIT, sys.executable, [*program, area, *words]) for area in given.areas or AREAS)
    [area] = given.areas
    told, nowhere = os.dup(1), os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):  # what the tests print
        os.dup2(nowhere, stream)
    runner = Runner(area, given.sample, given.seed, told)
    files = sorted({str(f) for each in AREAS[area][1].split() for f in (ROOT / "tests").glob(f"test_{each}.py")})
    words = ["-s", "-p", "no:terminal", "-o", "addopts=", "-p", "no:cacheprovider", "--databases", given.database,
             "-m", "not slow and not browser", *files]  # fmt: skip
    pytest.main(words, plugins=[runner])
    return int(runner.share < ENOUGH)


if __name__ == "__main__":
    sys.exit(main())
