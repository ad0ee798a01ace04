"""Tests for which something is missing: left out and counted in one line, or failed in CI."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.needs import COMPONENTS, ROOT

CONFTEST = """
from tests import needs

def pytest_addoption(parser):
    parser.addoption("--databases", default="sqlite,postgresql")

def pytest_configure(config):
    config.pluginmanager.register(needs.LeftOut(config))

def pytest_generate_tests(metafunc):
    if "engine" in metafunc.fixturenames:
        asked = metafunc.config.option.databases.split(",")
        metafunc.parametrize("engine", needs.databases(metafunc.definition, asked))
"""
TESTS = """
import pytest
from tests.needs import needs, only_on

@pytest.fixture
def browser(): ...

def test_anywhere(): ...

@needs("compiler")
@pytest.mark.parametrize("number", range(3))
def test_compiled(number): ...

def test_seen(browser): ...

@only_on("sqlite")
def test_embedded(engine):
    assert engine == "sqlite"
"""
LINE = "Not run, because this machine lacks what they need: 1 test (no Chromium), 3 tests (no C compiler for Linux)."


def run(folder: Path, *words: str, ci: str = "") -> str:
    """Run the tests above where no program can be found, and return what was said."""
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_some.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  needs: -\n  only_on: -\n")
    environment = {**os.environ, "PATH": "", "PYTHONPATH": str(ROOT), "CI": ci, "TMPDIR": str(folder)}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words], cwd=folder, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert list(folder.glob("factcheck-left-out-*")) == []
    return done.stdout


@pytest.mark.parametrize("words", [(), ("-p", "xdist", "-n", "1")])
def test_what_is_left_out_is_told_before_and_after(words: tuple[str, ...], tmp_path: Path) -> None:
    said = run(tmp_path, *words)
    before, line, rest = said.partition(LINE)
    assert line
    assert "test_some.py" not in before
    assert rest.count(LINE) == 1
    assert re.search(r"\b2 passed\b", rest)
    assert "skipped" not in said


def test_nothing_is_left_out_in_ci(tmp_path: Path) -> None:
    said = run(tmp_path, ci="true")
    assert "Not run" not in said
    assert re.search(r"\b2 passed, 4 errors\b", said)
    assert "This test needs Chromium. Install one of" in said


def test_whoever_asks_for_one_database_is_told_nothing_of_the_other(tmp_path: Path) -> None:
    said = run(tmp_path, "--databases", "postgresql", "-k", "embedded or anywhere")
    assert re.search(r"\b1 passed\b", said)
    assert "embedded" not in said


def test_every_component_says_how_to_get_it() -> None:
    assert len(COMPONENTS) > 5
    for component in COMPONENTS.values():
        assert component.install.endswith(".")


def test_tests_are_left_out_in_one_place_alone() -> None:
    """`pytest.skip` and its like leave out a test in CI too, and one by one in the middle of a run."""
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in sorted((ROOT / "tests").rglob("*.py"))
        if file.name != "test_needs.py"
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"pytest\.(skip|importorskip|xfail)\b|\bskipif\b|mark\.(skip|xfail)\b|SkipTest", line)
    ]
    assert found == []
