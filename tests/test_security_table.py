"""The tables that say what guards against what: every row there is, and every test that they name."""

import ast
import re
from pathlib import Path

import pytest

from tests.catalogue import CASES, COUNTS, NOT_THERE

ROOT = Path(__file__).resolve().parent.parent
# The requirements of OWASP ASVS 5.0, levels 1 and 2: how many each section has of them, which are its first ones.
SECTIONS = """V1.1 2 V1.2 9 V1.3 11 V1.4 3 V1.5 2 V2.1 3 V2.2 3 V2.3 4 V2.4 2 V3.2 2 V3.3 4 V3.4 6 V3.5 5 V3.7 2 V4.1 3
    V4.2 1 V4.3 2 V4.4 4 V5.1 1 V5.2 3 V5.3 2 V5.4 3 V6.1 3 V6.2 12 V6.3 4 V6.4 4 V6.5 5 V6.6 3 V6.8 4 V7.1 3 V7.2 4
    V7.3 2 V7.4 5 V7.5 2 V7.6 2 V8.1 2 V8.2 3 V8.3 1 V8.4 1 V9.1 3 V9.2 4 V10.1 2 V10.2 2 V10.3 4 V10.4 11 V10.5 5
    V10.6 2 V10.7 3 V11.1 2 V11.2 3 V11.3 3 V11.4 4 V11.5 1 V11.6 1 V12.1 3 V12.2 2 V12.3 4 V13.1 1 V13.2 5 V13.3 2
    V13.4 5 V14.1 2 V14.2 4 V14.3 3 V15.1 3 V15.2 3 V15.3 7 V16.1 1 V16.2 5 V16.3 4 V16.4 3 V16.5 3 V17.1 1 V17.2 4
    V17.3 2""".split()  # noqa: SIM905
REQUIREMENTS = [
    f"{section}.{number}"
    for section, count in zip(SECTIONS[::2], SECTIONS[1::2], strict=True)
    for number in range(1, int(count) + 1)
]


def rows() -> list[tuple[list[str], str]]:
    """Return the rows of docs/security.md: the requirements, and how each is met."""
    found = []
    for line in (ROOT / "docs" / "security.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("| V"):
            numbers, _, how = (cell.strip() for cell in line.strip("| ").split(" | "))
            found.append(([each for part in numbers.split(", ") for each in _expanded(part)], how))
    return found


def _expanded(part: str) -> list[str]:
    first, _, last = part.partition("–")
    if not last:
        return [first]
    section, _, begin = first.rpartition(".")
    assert last.startswith(f"{section}.")
    return [f"{section}.{number}" for number in range(int(begin), int(last.rpartition(".")[2]) + 1)]


def there(name: str) -> bool:
    """Say whether a test of this name, file.py::test_name, is there."""
    file, _, test = name.partition("::")
    path = ROOT / "tests" / file
    if not path.is_file():
        return False
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef) and node.name == test for node in tree.body)


def test_every_requirement_has_its_row() -> None:
    told = [number for numbers, _ in rows() for number in numbers]
    assert sorted(told) == sorted(REQUIREMENTS)


@pytest.mark.parametrize(("numbers", "how"), rows(), ids=lambda value: value[0] if isinstance(value, list) else "")
def test_each_row_names_a_test_or_says_why_not(numbers: list[str], how: str) -> None:
    named = re.fullmatch(r"`(test_\w+\.py::test_\w+)`", how)
    assert (named and there(named[1])) or re.match(r"not applicable\b|\*\*open\*\*: .", how), (numbers, how)


def test_a_test_that_is_not_there_is_seen() -> None:
    assert not there("test_security_table.py::test_nothing")
    assert not there("test_nothing.py::test_a_test_that_is_not_there_is_seen")
    assert there("test_security_table.py::test_a_test_that_is_not_there_is_seen")


@pytest.mark.parametrize("case", CASES)
def test_bad_input(case: str) -> None:
    """Each case of the catalogue is answered by tests that are there, or says why it does not apply yet."""
    tests, reason = CASES[case]
    assert tests or len(reason) > 15
    for name in tests:
        assert there(name), (case, name)


def test_no_case_is_forgotten() -> None:
    every = {f"{letter}{number}" for letter, count in COUNTS.items() for number in range(1, count + 1)}
    assert set(CASES) == every - NOT_THERE
