"""Fixtures: a migrated and seeded database is built once per engine and copied for each test."""

import contextlib
import gc
import io
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from playwright.sync_api import Browser, sync_playwright

from factcheck import logs, seeding
from factcheck.followers.registry import auditing
from factcheck.inspection import upkeep
from factcheck.settings import Settings
from factcheck.storage import schema
from factcheck.storage.engine.database import Database
from tests import compiled, needs, postgres, quick
from tests.browsing import Site, Window, demo, launched
from tests.desk import SECRET, Desk, Entered, enter_people

ENGINES = ("sqlite", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--databases", default=",".join(ENGINES), help="sqlite, postgresql; both by default")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(needs.LeftOut(config), "left-out")
    compiled.share()


def pytest_collection_finish() -> None:
    """Look for garbage less often, and not among what was imported: to do so took a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames:
        asked = metafunc.config.getoption("--databases").split(",")
        metafunc.parametrize("engine", needs.databases(metafunc.definition, asked), scope="session")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server's maintenance database."""
    with postgres.server() as url:
        assert url is not None
        yield url


class Copies:
    """Makes copies of one migrated and of one seeded database, per engine."""

    def __init__(self, engine: str, folder: Path, maintenance: str | None) -> None:
        self.engine, self.folder, self.maintenance = engine, folder, maintenance
        self.templates: dict[str, str] = {}
        self.entered: dict[str, Entered] = {}
        self.made: list[str] = []
        # One for all: to connect takes as long as to make a database.
        self.connection = postgres.connect(maintenance) if maintenance else None

    def close(self) -> None:
        if self.connection:
            self.connection.close()

    def empty(self) -> str:
        """Return the URL of a new database without a schema."""
        url = self._database()
        self.made.append(url)
        return url

    def copy(self, kind: str) -> str:
        """Return the URL of a new database: "migrated", "seeded", or either "with people"."""
        template = self._template(kind)
        url = self._database(template)
        if not self.maintenance:
            shutil.copy(template.removeprefix("sqlite:///"), url.removeprefix("sqlite:///"))
        self.made.append(url)
        return url

    def forget(self, url: str) -> None:
        if self.maintenance:
            postgres.drop(self.maintenance, url, over=self.connection)
        else:
            for file in self.folder.glob(Path(url).name + "*"):
                file.unlink()

    def _database(self, template: str | None = None) -> str:
        if self.maintenance:
            return postgres.create(self.maintenance, template, over=self.connection)
        return f"sqlite:///{self.folder}/{len(self.made)}.db"

    def _template(self, kind: str) -> str:
        if kind not in self.templates:
            url = self.empty()
            schema.upgrade(url)
            database = Database(url)
            for _ in upkeep.renew(database):
                raise AssertionError("a new desk has nothing to renew")
            if kind.startswith("seeded"):
                with database.writing() as session:
                    seeding.seed(session)
            if kind.endswith("with people"):
                self.entered[kind] = enter_people(database)
            auditing(database).catch_up()
            database.close()
            self.templates[kind] = url
        return self.templates[kind]


@pytest.fixture(scope="session")
def copies(engine: str, request: pytest.FixtureRequest) -> Iterator[Copies]:
    maintenance = request.getfixturevalue("postgresql") if engine == "postgresql" else None
    with (
        tempfile.TemporaryDirectory(prefix="factcheck-", dir=quick.folder()) as folder,
        contextlib.closing(Copies(engine, Path(folder), maintenance)) as made,
    ):
        yield made


@pytest.fixture
def empty_url(copies: Copies) -> Iterator[str]:
    """A database without a schema."""
    url = copies.empty()
    yield url
    copies.forget(url)


@pytest.fixture
def migrated_url(copies: Copies) -> Iterator[str]:
    url = copies.copy("migrated")
    yield url
    copies.forget(url)


@pytest.fixture
def seeded_url(copies: Copies) -> Iterator[str]:
    url = copies.copy("seeded")
    yield url
    copies.forget(url)


@pytest.fixture
def desk(copies: Copies) -> Iterator[Desk]:
    """A desk without content, with one person of each role."""
    yield from _desk(copies, "migrated with people")


@pytest.fixture
def seeded(copies: Copies) -> Iterator[Desk]:
    """A desk with the first article and its claims, and one person of each role."""
    yield from _desk(copies, "seeded with people")


def _desk(copies: Copies, kind: str) -> Iterator[Desk]:
    url = copies.copy(kind)
    with tempfile.TemporaryDirectory(prefix="index-", dir=copies.folder) as index:
        folders = {"index_dir": f"{index}/index", "archive": f"{index}/archive"}
        settings = Settings(database_url=url, secret_key=SECRET, public_site=True, **folders)
        made = Desk(settings, copies.entered[kind])
        yield made
        made.close()
    copies.forget(url)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What the desk logs, as it is set up for real, with a buffer for standard error."""
    written = io.StringIO()
    structlog.reset_defaults()
    with contextlib.redirect_stderr(written):
        logs.configure()
    yield written
    structlog.reset_defaults()
    logs.configure()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    found = needs.chromium()
    assert found is not None
    with sync_playwright() as playwright:
        made = launched(playwright, found)
        yield made
        made.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`factcheck demo` in an empty folder."""
    with demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Window]]:
    """Open windows, each with its own cookies; at the end none has had trouble or asked another server."""
    windows: list[Window] = []

    def opened(**options: object) -> Window:
        windows.append(Window(browser, site, **options))
        return windows[-1]

    yield opened
    for window in windows:
        window.context.close()
    assert [trouble for window in windows for trouble in window.troubles] == []
    assert [url for window in windows for url in window.elsewhere] == []
