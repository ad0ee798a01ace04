"""Several messages as one, which is said in every language as they are."""

from collections.abc import Iterable
from functools import reduce

from factcheck.messages import message


def sentences(parts: Iterable[str]) -> str:
    """Put sentences one after another; at least one."""
    return reduce(lambda before, after: message("{before} {after}", before=before, after=after), parts)


def clauses(parts: Iterable[str]) -> str:
    """Put parts of a sentence one after another, with semicolons between; at least one."""
    return reduce(lambda before, after: message("{before}; {after}", before=before, after=after), parts)


def listed(parts: Iterable[str]) -> str:
    """Put names one after another, with commas between; at least one."""
    return reduce(lambda before, after: message("{before}, {after}", before=before, after=after), parts)


def alternatives(parts: Iterable[str]) -> str:
    """Put things among which one can be chosen one after another; at least one."""
    return reduce(lambda before, after: message("{before} or {after}", before=before, after=after), parts)
