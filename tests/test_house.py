"""The house's rules, executable. Each names the one place of something, and fails where it turns up elsewhere.

Every rule is tried on a line that breaks it, too: a rule that sees nothing would pass for ever.
"""

import ast
import importlib
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path, PurePosixPath

import pytest

import factcheck
from factcheck import errors
from factcheck.errors import FactcheckError
from factcheck.rules.roles import Role
from factcheck.settings import BEARER, PREFIX, SECRETS, Settings
from factcheck.web import problems

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted([*(ROOT / "factcheck").rglob("*.py"), *(ROOT / "migrations").rglob("*.py"), ROOT / "wsgi.py"])
TEMPLATES = sorted((ROOT / "factcheck").rglob("*.html"))
DIALECTS = ("sqlite", "postgresql")
ROLES = {role.value for role in Role}
Found = Iterator[ast.AST]


@cache
def parsed(path: Path) -> ast.AST:
    return ast.parse(path.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Rule:
    """What is looked for, where it may stand (as path beginnings), how often elsewhere, and a line that breaks it."""

    name: str
    find: Callable[[ast.AST], Found]
    places: tuple[str, ...]
    broken: tuple[str, ...]
    once: tuple[str, ...] = ()


def transactions(tree: ast.AST) -> Found:
    for node in ast.walk(tree):
        called = _last_name(node.func) if isinstance(node, ast.Call) else ""
        sql = str(node.value) if isinstance(node, ast.Constant) else ""
        if called in ("commit", "rollback") or re.fullmatch(r"(BEGIN|COMMIT|ROLLBACK)( [A-Z]+)?;?", sql):
            yield node


def environment(tree: ast.AST) -> Found:
    for node in ast.walk(tree):
        if {"os.environ", "os.environb", "os.getenv"} & _spelt(node):
            yield node


def defaults_alone(tree: ast.AST) -> Found:
    """Yield uses of the environment other than `os.environ.setdefault(…)`."""
    setting = {
        id(node.func.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "setdefault"
    }
    yield from (node for node in environment(tree) if id(node) not in setting)


def flask(tree: ast.AST) -> Found:
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        if any(re.match(r"(flask|werkzeug)(_|\.|$)", name) for name in names):
            yield node


def clocks(tree: ast.AST) -> Found:
    forbidden = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
    for node in ast.walk(tree):
        if forbidden & {".".join(spelt.split(".")[-2:]) for spelt in _spelt(node)}:
            yield node


def dialects(tree: ast.AST) -> Found:
    prose = _docstrings(tree)
    for node in ast.walk(tree):
        told = str(node.value) if isinstance(node, ast.Constant) and id(node) not in prose else ""
        if any(dialect in told for dialect in DIALECTS):
            yield node


def advisory_locks(tree: ast.AST) -> Found:
    """Yield what names one of PostgreSQL's functions for advisory locks, in SQL or as an attribute."""
    for node in ast.walk(tree):
        told = str(node.value) if isinstance(node, ast.Constant) else ""
        told += node.attr if isinstance(node, ast.Attribute) else ""
        if re.search(r"pg_\w*advisory", told):
            yield node


def role_words(tree: ast.AST) -> Found:
    """Yield role names that are compared with something or handed to a function; a text that says one is not meant."""
    for node in ast.walk(tree):
        parts: list[ast.AST] = []
        if isinstance(node, ast.Compare):
            parts = [node.left, *node.comparators]
        elif isinstance(node, ast.Call):
            parts = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg != "help")]
        elif isinstance(node, ast.MatchValue | ast.Subscript):
            parts = [node.value if isinstance(node, ast.MatchValue) else node.slice]
        for part in parts:
            inside = part.elts if isinstance(part, ast.Tuple | ast.List | ast.Set) else [part]
            yield from (each for each in inside if isinstance(each, ast.Constant) and each.value in ROLES)


RULES = (
    Rule(
        "begin, commit and roll back",
        transactions,
        (
            "factcheck/storage/engine/database.py",
            "factcheck/storage/engine/postgresql.py",
            "factcheck/storage/engine/embedded.py",
            "factcheck/storage/engine/turns.py",
            "factcheck/followers/search/engine.py",  # the index's own
        ),
        ("session.commit()", "with x: connection.rollback()", "run('COMMIT')", "run('BEGIN IMMEDIATE')"),
    ),
    Rule(
        "read the environment",
        environment,
        ("factcheck/settings.py", "factcheck/cli/serving.py"),
        ("os.environ['HOME']", "x = os.getenv('HOME')", "from os import environ"),
    ),
    Rule(
        "do more with the environment than setting a default",
        defaults_alone,
        ("factcheck/settings.py",),
        ("os.environ.get('X')", "os.environ['X'] = 'on'", "os.getenv('X')"),
    ),
    Rule(
        "import flask",
        flask,
        ("factcheck/web/", "factcheck/app.py"),
        ("import flask", "from flask import g", "import flask_wtf.csrf", "from werkzeug.http import parse_etags"),
    ),
    Rule(
        "read the clock",
        clocks,
        ("factcheck/log/clock.py",),
        ("datetime.now(UTC)", "datetime.datetime.utcnow()", "date.today()", "time.time()", "from time import time"),
    ),
    Rule(
        "name a dialect",
        dialects,
        ("factcheck/storage/", "factcheck/settings.py", "migrations/"),
        ("if name == 'sqlite': pass", "url = 'postgresql+psycopg://x'", "f'{x} on sqlite'"),
    ),
    Rule(
        "take an advisory lock",
        advisory_locks,
        ("factcheck/storage/engine/advisory_locks.py",),
        ("run('SELECT pg_advisory_lock(1)')", "func.pg_try_advisory_xact_lock(x)", "f'SELECT pg_advisory_lock({n})'"),
    ),
    Rule(
        "name a role",
        role_words,
        ("factcheck/rules/roles.py",),
        ("x.role == 'analyst'", "demand('admin')", "x in ('reader', y)", "action(role='contributor')", "x['admin']"),
    ),
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_only_its_own_place_may(rule: Rule) -> None:
    found: list[str] = []
    for path in SOURCES:
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(rule.places):
            there = [f"{name}:{node.lineno}" for node in rule.find(parsed(path))]
            found += there[1:] if name in rule.once else there
    assert found == [], f"only {', '.join(rule.places)} may {rule.name}"


@pytest.mark.parametrize(("rule", "line"), [(rule, line) for rule in RULES for line in rule.broken])
def test_the_rule_sees_what_breaks_it(rule: Rule, line: str) -> None:
    assert list(rule.find(ast.parse(line)))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_place_that_a_rule_names_uses_it(rule: Rule) -> None:
    for place in rule.places:
        files = [path for path in SOURCES if path.relative_to(ROOT).as_posix().startswith(place)]
        # `roles.py` holds its words as values, which is what the rule is for.
        if rule.find is not role_words:
            assert any(list(rule.find(parsed(path))) for path in files), place


def test_no_page_names_a_role() -> None:
    code = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
    words = re.compile(rf"""["']({"|".join(ROLES)})["']""")
    assert words.search("{% if person.role == 'admin' %}")
    found = [
        f"{path.relative_to(ROOT)}: {part}"
        for path in TEMPLATES
        for part in code.findall(path.read_text(encoding="utf-8"))
        if words.search(part)
    ]
    assert found == []


def test_every_error_has_its_answer() -> None:
    for module in pkgutil.walk_packages(factcheck.__path__, "factcheck."):
        if module.name != "factcheck.__main__":
            importlib.import_module(module.name)
    known = {error for error in _subclasses(FactcheckError) if error.__module__.startswith("factcheck.")}
    assert known == set(problems.TABLE)
    assert known >= {errors.Invalid, errors.RuleUnmet, errors.SchemaOutdated}
    slugs = [problem.slug for problem in problems.TABLE.values()]
    assert len(set(slugs)) == len(slugs)
    assert problems.ACCIDENT.slug not in slugs
    for slug in [*slugs, problems.ACCIDENT.slug]:
        assert problems.help_text(slug), f"/problems/{slug} has nothing to say"


def test_every_setting_is_in_the_documentation() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    named = {
        name
        for page in pages
        for name in re.findall(rf"\b{PREFIX}[A-Z][A-Z_]*[A-Z]\b", page.read_text(encoding="utf-8"))
    }
    settings = {PREFIX + each.name.upper() for each in fields(Settings) if "read" in each.metadata}
    files = {f"{PREFIX}{name.upper()}_FILE" for name in SECRETS}
    assert settings - named == set(), "say what they do in docs/operations.md"
    unknown = {name for name in named - settings - files if not name.startswith((f"{PREFIX}TEST_", BEARER))}
    assert unknown == set(), "no such settings"


# ── Sizes, folders and circles ──────────────────────────────────────────────────────────────────────────────────────

Modules = Mapping[str, str]  # what is in each file below factcheck/
MODULES = {
    path.relative_to(ROOT / "factcheck").as_posix(): path.read_text(encoding="utf-8")
    for path in SOURCES
    if path.is_relative_to(ROOT / "factcheck")
}
LONGEST = 300  # lines of a module
ROOM = 14  # modules of a folder, each of its folders counted by itself
ROOMS = ("desk/", "log/", "followers/", "queries/", "exchange/", "storage/", "web/edge/")
LIST = 24  # modules of a folder that has one for each noun or format
LISTS = ("web/api/", "web/pages/", "rules/", "formats/", "schemas/", "storage/tables/", "cli/")


def long_modules(modules: Modules) -> Iterator[str]:
    for name, text in modules.items():
        if len(text.splitlines()) > LONGEST:
            yield name


def full_folders(modules: Modules) -> Iterator[str]:
    paths = [PurePosixPath(name) for name in modules]
    sizes = Counter(f"{path.parent}/" for path in paths if path.name != "__init__.py")
    for folder, size in sizes.items():
        most = LIST if folder in LISTS else ROOM if folder.startswith(ROOMS) else None
        if most is not None and size > most:
            yield f"{folder} has {size} modules"


def circles(modules: Modules) -> Iterator[str]:
    try:
        TopologicalSorter(_imports(modules)).prepare()
    except CycleError as error:
        yield " ← ".join(error.args[1])


def followers_of_the_desk(modules: Modules) -> Iterator[str]:
    for name, imported in _imports(modules).items():
        if name.startswith("desk/"):
            yield from (f"{name} imports {other}" for other in imported if other.startswith("followers/"))


def _imports(modules: Modules) -> dict[str, set[str]]:
    """Return which modules each module imports, wherever in it that is."""
    files = {_dotted(name): name for name in modules}
    found: dict[str, set[str]] = {}
    for name, text in modules.items():
        named: set[str] = set()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                named.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    module = f"{node.module}.{alias.name}"
                    named.add(module if module in files else str(node.module))
        found[name] = {files[each] for each in named if each in files} - {name}
    return found


def _dotted(name: str) -> str:
    return ".".join(("factcheck", *PurePosixPath(name.removesuffix("/__init__.py")).with_suffix("").parts))


# Each with modules that break it, and with some that only just do not.
STRUCTURE: dict[Callable[[Modules], Iterator[str]], tuple[Modules, Modules]] = {
    long_modules: ({"log/tree.py": "x = 1\n" * (LONGEST + 1)}, {"log/tree.py": "x = 1\n" * LONGEST}),
    full_folders: (
        {f"desk/access/{n}.py": "" for n in range(ROOM + 1)} | {f"cli/{n}.py": "" for n in range(LIST + 1)},
        {f"{folder}{n}.py": "" for folder in ("desk/", "desk/access/") for n in range(ROOM)}
        | {"desk/__init__.py": ""}
        | {f"web/api/{n}.py": "" for n in range(LIST)},
    ),
    circles: (
        {
            "log/a.py": "from factcheck.log import b",
            "log/b.py": "def use(): import factcheck.log.c",
            "log/c/__init__.py": "from factcheck.log.a import x",
        },
        {"log/a.py": "from factcheck.log import b", "log/b.py": "import factcheck.log.c", "log/c.py": ""},
    ),
    followers_of_the_desk: (
        {"desk/claims.py": "def add(): from factcheck.followers import base", "followers/base.py": ""},
        {"desk/claims.py": "", "followers/base.py": "from factcheck.desk import claims"},
    ),
}


@pytest.mark.parametrize("rule", STRUCTURE, ids=lambda rule: rule.__name__)
def test_the_house_is_in_order(rule: Callable[[Modules], Iterator[str]]) -> None:
    assert len(MODULES) > 300
    assert list(rule(MODULES)) == []


@pytest.mark.parametrize("rule", STRUCTURE, ids=lambda rule: rule.__name__)
def test_disorder_is_seen(rule: Callable[[Modules], Iterator[str]]) -> None:
    wrong, right = STRUCTURE[rule]
    assert list(rule(wrong))
    assert list(rule(right)) == []


def test_the_rules_of_order_name_folders_that_exist() -> None:
    for folder in (*ROOMS, *LISTS):
        assert any(name.startswith(folder) for name in MODULES), folder


# ── Imports run one way ─────────────────────────────────────────────────────────────────────────────────────────

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
LAYERS = [layer.split(" | ") for layer in next(each["layers"] for each in CONTRACTS if each["type"] == "layers")]


def test_the_contract_knows_every_part_of_the_house() -> None:
    parts = {f"factcheck.{module.name}" for module in pkgutil.iter_modules(factcheck.__path__)}
    assert parts - {"factcheck.__main__"} == {part for layer in LAYERS for part in layer}


def _upward() -> list[tuple[str, str]]:
    """Return an import against the grain for each border between two layers, and one for each bar."""
    pairs = [(lower[0], upper[0]) for upper, lower in pairwise(LAYERS)]
    return pairs + [(layer[0], layer[1]) for layer in LAYERS if len(layer) > 1]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with its contract."""
    folder = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copytree(ROOT / "factcheck", folder / "factcheck", ignore=shutil.ignore_patterns("static", "__pycache__"))
    return folder


def _lint(folder: Path) -> tuple[int, str]:
    program = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    return run.returncode, run.stdout + run.stderr


@pytest.mark.slow
def test_the_house_keeps_its_contract(tree: Path) -> None:
    code, said = _lint(tree)
    assert code == 0, said
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in said


@pytest.mark.slow
@pytest.mark.parametrize(("lower", "upper"), _upward())
def test_an_import_against_the_grain_is_red(tree: Path, lower: str, upper: str) -> None:
    file = tree.joinpath(*lower.split("."))
    file = file / "__init__.py" if file.is_dir() else file.with_suffix(".py")
    whole = file.read_text(encoding="utf-8")
    try:
        file.write_text(f"{whole}\nimport {upper}\n", encoding="utf-8")
        code, said = _lint(tree)
    finally:
        file.write_text(whole, encoding="utf-8")
    assert code == 1, said
    assert "Imports run one way BROKEN" in said
    assert f"{lower} is not allowed to import {upper}" in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "module"),
    [
        ("rules/status.py", "sqlalchemy"),
        ("formats/__init__.py", "flask"),
        ("desk/claims.py", "flask"),
        ("storage/schema.py", "click"),
        ("seeding.py", "sqlite3"),
    ],
)
def test_an_import_of_what_a_floor_must_not_know_is_red(tree: Path, part: str, module: str) -> None:
    file = tree / "factcheck" / part
    whole = file.read_text(encoding="utf-8")
    try:
        file.write_text(f"{whole}\nimport {module}\n", encoding="utf-8")
        code, said = _lint(tree)
    finally:
        file.write_text(whole, encoding="utf-8")
    assert code == 1, said
    assert "Imports run one way KEPT" in said
    assert "1 broken" in said


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(LAYERS)), ids=["-".join(layer) for layer in LAYERS])
def test_a_layer_that_is_taken_out_lets_something_through(tree: Path, index: int) -> None:
    """Each layer is needed: without it an import that it forbids is green, and only the test above notices."""
    neighbour = LAYERS[index - 1][0] if index else LAYERS[1][0]
    lower, upper = (LAYERS[index][0], neighbour) if index else (neighbour, LAYERS[0][0])
    contract = tree / "pyproject.toml"
    file = tree.joinpath(*lower.split("."))
    file = file / "__init__.py" if file.is_dir() else file.with_suffix(".py")
    whole, rules = file.read_text(encoding="utf-8"), contract.read_text(encoding="utf-8")
    line = f'    "{" | ".join(LAYERS[index])}",\n'
    assert rules.count(line) == 1
    try:
        file.write_text(f"{whole}\nimport {upper}\n", encoding="utf-8")
        contract.write_text(rules.replace(line, ""), encoding="utf-8")
        _, said = _lint(tree)
    finally:
        file.write_text(whole, encoding="utf-8")
        contract.write_text(rules, encoding="utf-8")
    assert "Imports run one way KEPT" in said, said


def _spelt(node: ast.AST) -> set[str]:
    """Return the dotted names that a node reads or imports."""
    if isinstance(node, ast.Attribute):
        return {ast.unparse(node)}
    return {f"{node.module}.{alias.name}" for alias in node.names} if isinstance(node, ast.ImportFrom) else set()


def _last_name(function: ast.expr) -> str:
    return ast.unparse(function).rpartition(".")[2]


def _docstrings(tree: ast.AST) -> set[int]:
    return {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }


def _subclasses(of: type) -> Iterator[type]:
    for each in of.__subclasses__():
        yield each
        yield from _subclasses(each)
