"""The JSON door: one file per noun, each route ten lines at most."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask_smorest import Blueprint as SmorestBlueprint

from factcheck.desk.actors import Deed
from factcheck.schemas.base import load
from factcheck.web import bodies, context

F = TypeVar("F", bound=Callable[..., Any])


class Blueprint(SmorestBlueprint):  # type: ignore[misc]
    """Routes under /v1, or `prefix`: whoever may not read is turned away before anything else is looked at."""

    def __init__(
        self,
        name: str,
        description: str,
        *,
        public: bool = False,
        prefix: str = "/v1",
        admitted_by: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(name, f"{__name__}.{name}", url_prefix=prefix, description=description)
        self.before_request(admitted_by or (context.refuse_parameters if public else context.admit))

    def arguments(self, schema: Any, **kwargs: Any) -> Callable[[F], F]:
        """Read the body by a schema, which is made once: making one costs more than reading with it.

        The library documents it. Its own reading takes other JSON than ours, and longer.
        """
        made = schema() if isinstance(schema, type) else schema
        documented = super().arguments(made, **kwargs)

        def mark(view: F) -> F:
            @wraps(view)
            def reading(*args: Any, **kwargs: Any) -> Any:
                return view(load(made, bodies.read_object()), *args, **kwargs)

            reading._apidoc = documented(view)._apidoc  # type: ignore[attr-defined]
            return reading  # type: ignore[return-value]

        return mark

    def response(self, *args: Any, **kwargs: Any) -> Callable[[F], F]:
        """Document an answer. Views make their own: asking of each whether it did costs more than finding a claim."""
        return _documenting(super().response(*args, **kwargs))

    @staticmethod
    def doc(**kwargs: Any) -> Callable[[F], F]:
        return _documenting(SmorestBlueprint.doc(**kwargs))


def _documenting(decorate: Callable[[Any], Any]) -> Callable[[F], F]:
    """Take from a decorator its documentation alone."""

    def mark(view: F) -> F:
        view._apidoc = decorate(view)._apidoc  # type: ignore[attr-defined]
        return view

    return mark


def does(deed: Deed[..., Any]) -> Callable[[F], F]:
    """Say which deed a route does: a caller whose role is too low is refused before the body is read."""

    def mark(view: F) -> F:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            context.demand_caller().demand(deed.role)
            return view(*args, **kwargs)

        documentation = dict(getattr(guarded, "_apidoc", {}))
        documentation["manual_doc"] = {**documentation.get("manual_doc", {}), "x-role": str(deed.role)}
        guarded._apidoc = documentation  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return mark
