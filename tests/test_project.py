"""What a stranger gets besides the package: the documentation site, the image, the services, the workflows."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.needs import needs

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent


def ran(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)


def test_the_documentation_builds_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    run = ran(PROGRAMS / "mkdocs", "build", "--strict", "--site-dir", tmp_path)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "index.html").is_file()
    assert (tmp_path / "decisions").is_dir()


def test_the_documentation_loads_nothing_from_another_host(tmp_path: Path) -> None:
    assert ran(PROGRAMS / "mkdocs", "build", "--site-dir", tmp_path).returncode == 0
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > 10
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert 'src="http' not in text, page
        assert 'rel="stylesheet" href="http' not in text, page


def test_a_broken_link_in_the_documentation_is_found(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    with (tmp_path / "docs" / "index.md").open("a", encoding="utf-8") as index:
        index.write("\n[gone](no-such-page.md)\n")
    run = ran(PROGRAMS / "mkdocs", "build", "--strict", "--config-file", tmp_path / "mkdocs.yml")
    assert run.returncode != 0
    assert "no-such-page.md" in run.stderr


@needs("hadolint")
def test_the_image_is_built_by_a_clean_dockerfile() -> None:
    run = ran(PROGRAMS / "hadolint", "Dockerfile")
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.compose-spec", ["compose.yaml"]),
        ("vendor.github-workflows", [".github/workflows/test.yml", ".github/workflows/wheel.yml"]),
        ("vendor.github-workflows", [".github/workflows/release.yml"]),
    ],
)
def test_configuration_files_fit_their_schemas(schema: str, files: list[str]) -> None:
    run = ran(PROGRAMS / "check-jsonschema", "--builtin-schema", schema, *files)
    assert run.returncode == 0, run.stdout


@needs("systemd")
@pytest.mark.parametrize("unit", sorted(each.name for each in (ROOT / "deploy").glob("*.service")))
def test_the_services_are_units_that_systemd_takes(unit: str, tmp_path: Path) -> None:
    text = (ROOT / "deploy" / unit).read_text(encoding="utf-8")
    assert ("NoNewPrivileges=yes" in text, "SystemCallFilter=~@privileged" in text) == (True, True)
    program = "/opt/factcheck/bin/factcheck"
    assert program in text
    (tmp_path / unit).write_text(text.replace(program, sys.executable), encoding="utf-8")
    run = ran("systemd-analyze", "verify", tmp_path / unit)
    assert (run.returncode, run.stderr) == (0, "")


@needs("systemd")
def test_each_timer_starts_a_service_of_its_name(tmp_path: Path) -> None:
    timers = sorted((ROOT / "deploy").glob("*.timer"))
    assert [each.name for each in timers] == ["factcheck-links.timer"]
    for timer in timers:
        service = timer.with_suffix(".service")
        program = service.read_text(encoding="utf-8").replace("/opt/factcheck/bin/factcheck", sys.executable)
        (tmp_path / service.name).write_text(program, encoding="utf-8")
        shutil.copy(timer, tmp_path)
        run = ran("systemd-analyze", "verify", tmp_path / timer.name)
        assert (run.returncode, run.stderr) == (0, "")


def test_the_image_holds_what_the_package_is_built_from() -> None:
    """The build context leaves everything out but what it names; a name that is gone would break the build."""
    named = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert len(named) > 5
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_areas_of_mistakes_name_files_and_tests_that_exist() -> None:
    """`make mutants` passes over a name without a file: the area would be smaller than it says."""
    tree = ast.parse((ROOT / "tests" / "mutants.py").read_text(encoding="utf-8"))
    [areas] = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "AREAS"
    ]
    assert len(areas) == 7
    for files, tests in areas.values():
        gone = [each for each in files.split() if not list((ROOT / "factcheck").glob(f"{each}.py"))]
        gone += [each for each in tests.split() if not list((ROOT / "tests").glob(f"test_{each}.py"))]
        assert gone == []
