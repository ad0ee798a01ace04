"""What some tests need that a machine may lack, and for which database a test is: here alone tests are left out.

A test that needs something says `@needs("compiler")`, or uses a fixture of FIXTURES. Where that is missing it is left
out, and one line at the start of a run and at its end says how many were. With CI set it fails instead. A test for one
of the two databases alone says `@only_on("sqlite")`.
"""

import json
import os
import platform
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import postgres

IN_CI = bool(os.environ.get("CI"))
ROOT = Path(__file__).resolve().parent.parent
# The folder in which `make node` installs Google's Node client and an identity provider.
NODE = Path(os.environ.get("FACTCHECK_TEST_NODE") or ROOT / ".venv" / "node")
# The environment in which `make pywb` installs pywb.
PYWB = Path(os.environ.get("FACTCHECK_TEST_PYWB") or ROOT / ".venv" / "pywb")


CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Component:
    """Something that a machine may lack: its name, how to get it, and whether it is there."""

    name: str
    install: str
    there: Callable[[], object]


def chromium() -> str | None:
    """Return the path of the system's Chromium: Playwright's own is not downloaded."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


def _on_path(*programs: str) -> Callable[[], object]:
    return lambda: any(map(shutil.which, programs))


COMPONENTS: Mapping[str, Component] = {
    "postgresql": Component(
        "PostgreSQL",
        "Put initdb on the PATH, or set FACTCHECK_TEST_DATABASE_URL.",
        lambda: os.environ.get("FACTCHECK_TEST_DATABASE_URL") or postgres.programs(),
    ),
    "own postgresql": Component("PostgreSQL's programs", "Put initdb on the PATH.", postgres.programs),
    "chromium": Component("Chromium", f"Install one of {', '.join(CHROMIUM)}.", chromium),
    "compiler": Component("C compiler for Linux", "On Debian: apt install gcc libc6-dev.", lambda: (
        sys.platform == "linux" and _on_path("cc", "gcc")()
    )),
    "node": Component("Node with Google's client", "Install node and npm, then run `make node`.", lambda: (
        shutil.which("node") and (NODE / "node_modules" / "@googleapis").is_dir()
    )),
    "pywb": Component("pywb", "Run `make pywb`.", (PYWB / "bin" / "wayback").exists),
    "oidc-provider": Component("Node with oidc-provider", "Install node and npm, then run `make node`.", lambda: (
        shutil.which("node") and (NODE / "node_modules" / "oidc-provider").is_dir()
    )),
    "systemd": Component("systemd-analyze", "On Debian: apt install systemd.", _on_path("systemd-analyze")),
    "hadolint": Component(
        "hadolint", "It is installed on Linux alone.", lambda: Path(sys.executable).with_name("hadolint").exists()
    ),
    "rclone": Component(
        "rclone", "It is installed on Linux alone.", lambda: Path(sys.executable).with_name("rclone").exists()
    ),
    "glibc": Component("glibc", "Other C libraries have no heaps for threads.", lambda: (
        platform.libc_ver()[0] == "glibc"
    )),
    "proc": Component("/proc", "Only Linux tells what a process has.", Path("/proc/self/fd").is_dir),
}  # fmt: skip
# What the tests that use a fixture need.
FIXTURES: Mapping[str, str] = {
    "postgresql": "postgresql",
    "own_copies": "own postgresql",
    "own_postgres": "own postgresql",
    "pair": "own postgresql",
    "browser": "chromium",
    "preload": "compiler",
    "buckets": "rclone",
}
DATABASES = "postgresql", "own postgresql"


def needs(component: str) -> pytest.MarkDecorator:
    """Mark a test that needs a component."""
    assert component in COMPONENTS
    return pytest.mark.needs(component)


def only_on(database: str) -> pytest.MarkDecorator:
    """Mark a test of one of the two databases alone."""
    return pytest.mark.only_on(database)


def databases(item: Any, asked: list[str]) -> list[str]:
    """Return on which of the databases that were asked for a test is run."""
    only = item.get_closest_marker("only_on")
    return asked if only is None else [only.args[0]]


def needed(item: pytest.Item) -> set[str]:
    """Return the names of the components that a test needs."""
    found = {mark.args[0] for mark in item.iter_markers("needs")}
    found |= {FIXTURES[name] for name in getattr(item, "fixturenames", ()) if name in FIXTURES}
    only = item.get_closest_marker("only_on")
    engine = getattr(item, "callspec", None) and item.callspec.params.get("engine")  # type: ignore[attr-defined]
    if "postgresql" in (engine, only and only.args[0]):
        found.add("postgresql")
    return found


class LeftOut:
    """A plugin that leaves out the tests for which something is missing, and says so."""

    def __init__(self, config: pytest.Config) -> None:
        self.missing = {name for name, component in COMPONENTS.items() if not component.there()}
        self.counted: Counter[str] = Counter()
        # Workers collect the tests, and whoever reports does not: they tell it by a file.
        inherited = getattr(config, "workerinput", {}).get("left_out")
        self.file = Path(inherited) if inherited else None
        self.told = False

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        asked = config.getoption("--databases").split(",")
        kept, dropped = [], []
        for item in items:
            wanted = needed(item)
            if ("postgresql" not in asked and wanted & {*DATABASES}) or not set(databases(item, asked)) & {*asked}:
                dropped.append(item)  # nobody asked for it
            elif wanted & self.missing and not IN_CI:
                self.counted[min(wanted & self.missing)] += 1
                dropped.append(item)
            else:
                kept.append(item)
        items[:] = kept
        config.hook.pytest_deselected(items=dropped)
        if self.file:
            self.file.write_text(json.dumps(self.counted), encoding="utf-8")

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        for name in sorted(needed(item) & self.missing):
            component = COMPONENTS[name]
            pytest.fail(f"This test needs {component.name}. {component.install}", pytrace=False)

    # --- one process, or none of them under xdist

    def pytest_report_collectionfinish(self) -> str:
        return self.line()

    # --- under xdist, in the process that reports

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        if self.file is None:
            handle, name = tempfile.mkstemp(prefix="factcheck-left-out-")
            os.close(handle)
            self.file = Path(name)
        node.workerinput["left_out"] = str(self.file)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any) -> None:
        if self.file is not None and not self.told:
            self.told = True
            self.counted = Counter(json.loads(self.file.read_text(encoding="utf-8") or "{}"))
            if self.counted:
                node.config.get_terminal_writer().line(f"\n{self.line()}")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.counted:
            terminalreporter.write_line(self.line(), yellow=True)

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        if self.file is not None and not hasattr(config, "workerinput"):
            self.file.unlink()

    def line(self) -> str:
        """Say in one line what is left out, and why; nothing when nothing is."""
        if not self.counted:
            return ""
        parts = [
            f"{number} {'test' if number == 1 else 'tests'} (no {COMPONENTS[name].name})"
            for name, number in sorted(self.counted.items())
        ]
        return f"Not run, because this machine lacks what they need: {', '.join(parts)}."
