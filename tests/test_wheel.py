"""The wheel: built, installed away from the checkout, and started in an empty folder."""

import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
import requests

from factcheck import __version__, seeding
from factcheck.storage import schema
from tests.test_cli import CLAIMS, ROOT, Shell, free_port, served

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT]
    check = [sys.executable, "-m", "twine", "check", "--strict"]
    run = subprocess.run(build, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    run = subprocess.run([*check, *folder.iterdir()], capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    [file] = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a new environment: factcheck from the wheel, all else from the environment here."""
    folder = tmp_path_factory.mktemp("environment")
    venv.EnvBuilder(symlinks=True).create(folder)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel]
    run = subprocess.run(pip, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stderr
    # Written after the installation, or pip would find the checkout through it and be content. The path files in
    # the folder that it names are not read, so the checkout's does not come along.
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    assert site.is_relative_to(folder)
    (site / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return folder / "bin"


class Installed(Shell):
    """A shell in which the program is the wheel's."""

    programs: Path

    def command(self, *words: str) -> dict[str, object]:
        command = super().command(*words)
        del command["env"]["PYTHONPATH"]
        command["args"] = [str(self.programs / "factcheck"), *words]
        return command

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(**self.command(*words), capture_output=True, timeout=120, check=False)


@pytest.fixture
def shell(programs: Path, tmp_path: Path) -> Installed:
    shell = Installed(tmp_path, {})
    shell.programs = programs
    return shell


def test_the_wheel_carries_the_whole_house(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name.removeprefix("factcheck/") for name in archive.namelist() if name.startswith("factcheck/")}
        outside = {name.partition("/")[0] for name in archive.namelist()}

    def there(folder: Path) -> set[str]:
        return {
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }

    package = there(ROOT / "factcheck")
    migrations = {f"migrations/{name}" for name in there(schema.FOLDER)}
    seeds = {f"seeds/{name}" for name in there(seeding.FOLDER)}
    assert packed == package | migrations | seeds
    assert {"migrations/env.py", "seeds/claims.json", "web/static/swagger/swagger-ui-bundle.js"} <= packed
    assert outside == {"factcheck", f"factcheck-{__version__}.dist-info"}


def test_the_programs_code_is_the_wheels(shell: Installed) -> None:
    program = (
        "import factcheck; from factcheck import seeding; from factcheck.storage import schema;"
        " print(factcheck.__file__, schema.FOLDER, seeding.FOLDER)"
    )
    run = subprocess.run(
        [shell.programs / "python", "-c", program],
        cwd=shell.folder,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    package = Path(run.stdout.split()[0]).parent
    assert package.is_relative_to(shell.programs.parent)
    assert run.stdout.split()[1:] == [str(package / "migrations"), str(package / "seeds")]
    assert shell.done("--version").split()[-1] == __version__


def test_the_wheels_demo_answers(shell: Installed) -> None:
    port = free_port()
    with served(shell, "demo", "--port", str(port), lines=2) as (told, _):
        address = re.search(r"http://\S+", told[0])
        assert address
        page = requests.get(f"{address[0]}/v1/claims?limit=1&count=true", timeout=10)
        assert (page.status_code, page.json()["total"]) == (200, CLAIMS)
        assert requests.get(f"{address[0]}/docs", headers={"Accept": "text/html"}, timeout=10).status_code == 200
        assert requests.get(f"{address[0]}/static/pico.min.css", timeout=10).status_code == 200
    beside = {file.name for file in shell.folder.iterdir() if not file.name.startswith("factcheck.db")}
    beside -= {name for name in beside if name.endswith(".lock")}
    assert beside == {"factcheck.index", "factcheck.log", "factcheck.secret", "talk"}
    assert shell.json("doctor")["faults"] == []
