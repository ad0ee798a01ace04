"""Figures: what was measured, what was required, and what the same run reached without the protection."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import structlog


def quiet() -> None:
    """Show no log lines of desks of this process, but what is critical."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


@dataclass(frozen=True)
class Figure:
    """One line. `control` says what a run without the protection reached; None where there is nothing to take away."""

    what: str
    reached: Any
    required: str
    holds: bool
    control: str | None = None

    def line(self) -> str:
        beside = "" if self.control is None else f"   without: {self.control}"
        verdict = "" if self.holds else "   NOT REACHED"
        return f"{self.what:<62} {self.reached!s:>9}   required: {self.required}{beside}{verdict}"


def none(what: str, reached: int, control: int | None = None, unit: str = "") -> Figure:
    """Return a figure that must be 0; and above 0 in the control, or the run proves nothing."""
    told = None if control is None else f"{control}{unit}"
    if control == 0:
        told = f"0{unit}, so the run proves nothing"
    return Figure(what, reached, "0", reached == 0 and control != 0, told)


def exactly(what: str, reached: int, required: int, control: int | None = None) -> Figure:
    """Return a figure that must be one number, and another one in the control."""
    told = None if control is None else str(control)
    return Figure(what, reached, str(required), reached == required and control != required, told)


def under(what: str, reached: float, most: float, unit: str) -> Figure:
    return Figure(what, f"{reached:.2f} {unit}", f"< {most:g} {unit}", reached < most)


def at_least(what: str, reached: int, least: int) -> Figure:
    """Return a figure that says how much was tried: a run that hardly did anything proves nothing."""
    return Figure(what, reached, f">= {least}", reached >= least)


def tell(title: str, figures: Iterable[Figure]) -> bool:
    """Print the figures and say whether all are reached."""
    print(title, flush=True)
    held = True
    for figure in figures:
        print(f"  {figure.line()}", flush=True)
        held = held and figure.holds
    return held
