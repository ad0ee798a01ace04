"""What a measurement came to, beside what it must reach."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One figure of one database. `limit` is the least that will do, or the most where `at_most`; None is no limit."""

    database: str
    what: str
    reached: float
    limit: float | None = None
    at_most: bool = False
    unit: str = ""

    @property
    def holds(self) -> bool:
        if self.limit is None:
            return True
        return self.reached <= self.limit if self.at_most else self.reached >= self.limit


def told(figures: Sequence[Figure]) -> str:
    """Return figures as a table, a line for each."""
    return "\n".join(_line(each) for each in figures)


def _line(figure: Figure) -> str:
    reached = f"{figure.reached:10.2f}" if not figure.unit else f"{figure.reached:10.0f} {figure.unit}"
    line = f"{figure.database:11} {figure.what:70} {reached:20}"
    if figure.limit is not None:
        wanted = f"{'≤' if figure.at_most else '≥'} {figure.limit:g} {figure.unit}".rstrip()
        line += f"{wanted:12} {'reached' if figure.holds else 'MISSED'}"
    return line.rstrip()
