"""What the OpenAPI document says of a view, gathered by the decorators of the view."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])
NAME = "description"  # the attribute of a view that has it


def describe(view: View, **documentation: Any) -> View:
    """Add to what is said of a view, and return the view."""
    setattr(view, NAME, _merged(description_of(view), documentation))
    return view


def description_of(view: Any) -> dict[str, Any]:
    """Return what is said of a view: the members of an operation of OpenAPI, with schemas as marshmallow has them."""
    found: dict[str, Any] = getattr(view, NAME, {})
    return found


def _merged(first: Mapping[Any, Any], second: Mapping[Any, Any]) -> dict[Any, Any]:
    merged = dict(first)
    for name, value in second.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
        merged[name] = _merged(merged[name], value) if both else value
    return merged
