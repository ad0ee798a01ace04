"""The JSON door: one file per noun, each route ten lines at most."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from flask_smorest import Blueprint as SmorestBlueprint

from factcheck.log.actors import Action
from factcheck.schemas.base import load
from factcheck.web import bodies, context
from factcheck.web.descriptions import describe, description_of

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

    def route(self, rule: str, **options: Any) -> Callable[[F], F]:
        """Serve a view at a path. This decorator is the first: the others document the view before it is registered."""
        register = super().route(rule, **options)

        def mark(view: F) -> F:
            register(SmorestBlueprint.doc(**description_of(view))(view))
            return view

        return mark

    def arguments(self, schema: Any) -> Callable[[F], F]:
        """Read the body by a schema, which is made once: making one costs more than reading with it.

        The library's own reading takes other JSON than ours, and longer.
        """
        made = schema() if isinstance(schema, type) else schema

        def mark(view: F) -> F:
            @wraps(view)
            def reading(*args: Any, **kwargs: Any) -> Any:
                return view(load(made, bodies.read_object()), *args, **kwargs)

            body = {"required": True, "content": {"application/json": {"schema": made}}}
            return describe(reading, requestBody=body)  # type: ignore[return-value]

        return mark

    def response(self, status: int, schema: Any = None, *, content_type: str = "application/json") -> Callable[[F], F]:
        """Document an answer; the view makes it."""
        answer: dict[str, Any] = {"description": HTTPStatus(status).phrase}
        if schema is not None:
            answer["content"] = {content_type: {"schema": schema}}
        return self.doc(responses={status: answer})

    @staticmethod
    def doc(**documentation: Any) -> Callable[[F], F]:
        """Add to what the OpenAPI document says of a view."""
        return lambda view: describe(view, **documentation)


def does(action: Action[..., Any]) -> Callable[[F], F]:
    """Say which action a route does: a caller whose role is too low is refused before the body is read."""

    def mark(view: F) -> F:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            context.demand_caller().demand(action.role)
            return view(*args, **kwargs)

        return describe(guarded, **{"x-role": str(action.role)})  # type: ignore[return-value]

    return mark
