"""How deep JSON is nested, before it is read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.errors import Unreadable
from factcheck.schemas.strict_json import DEPTH, depth, parse

VALUES = st.recursive(
    st.text('a"\\[]{}', max_size=5), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


def deepest(value: object) -> int:
    """Return how deep a value is nested, by going into it."""
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(deepest, value), default=0) if isinstance(value, list) else 0


@given(VALUES)
def test_brackets_outside_of_strings_count(value: object) -> None:
    many = [*([[]] * DEPTH), value]  # fewer brackets than the bound are not counted at all
    assert depth(json.dumps(many).encode()) == deepest(many)


@pytest.mark.parametrize(("opened", "closed"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_the_bound_is_64_levels(opened: bytes, closed: bytes) -> None:
    parse(opened * DEPTH + b"1" + closed * DEPTH)
    with pytest.raises(Unreadable, match="nested more than 64 levels deep"):
        parse(opened * (DEPTH + 1) + b"1" + closed * (DEPTH + 1))


def test_what_is_closed_before_it_is_opened_is_no_depth() -> None:
    assert depth(b"]" * 100 + b"[" * 70) == 0
