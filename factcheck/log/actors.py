"""Who acts, and what their role lets them do. Every action names the role that it takes, beside itself."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

from sqlalchemy.orm import Session

from factcheck.errors import Forbidden, Stale
from factcheck.messages import Message, message
from factcheck.rules.roles import Role

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True)
class Actor:
    """A person, as the transaction sees them. `mark` stands for them in the leaves of the log."""

    id: str
    name: str
    role: Role
    mark: str

    def demand(self, role: Role) -> None:
        """Raise Forbidden unless this person's role includes `role`."""
        if not self.role.includes(role):
            told = message(
                "This needs the role {needed}; {name} has the role {role}.",
                needed=Message(role),
                name=self.name,
                role=Message(self.role),
            )
            raise Forbidden(told, role=str(role))


# Who looks when the desk itself does: a command at the shell, a job. Nothing is hidden from it, and it does nothing.
INSIDE = Actor("", "factcheck", Role.ADMIN, "")


def as_actor(person: Any) -> Actor:
    """Return a person, or a row of one, as somebody who acts."""
    return Actor(person.id, person.name, Role(person.role), person.mark)


class Action(Protocol[P, R_co]):
    """An action is called with the session and the actor first, and knows the role that it takes.

    One that is done `alone` changes what somebody may do: nobody else writes meanwhile.
    """

    role: Role
    alone: bool
    __name__: str

    def __call__(self, session: Session, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


def action(
    role: Role, *, alone: bool = False
) -> Callable[[Callable[Concatenate[Session, Actor, P], R_co]], Action[P, R_co]]:
    """Mark a function as an action that takes `role`; whoever has less gets Forbidden before anything is read."""

    def mark(function: Callable[Concatenate[Session, Actor, P], R_co]) -> Action[P, R_co]:
        @wraps(function)
        def guarded(session: Session, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R_co:
            actor.demand(role)
            return function(session, actor, *args, **kwargs)

        cast(Any, guarded).role, cast(Any, guarded).alone = role, alone
        ACTIONS[f"{function.__module__.rpartition('.')[2]}.{function.__name__}"] = guarded
        return cast(Action[P, R_co], guarded)

    return mark


# Every action there is, by "module.name": tests walk it.
ACTIONS: dict[str, Any] = {}


@dataclass(frozen=True)
class Precondition:
    """The versions that the caller has seen and wants to change: the ETags of If-Match, or any (`*`).

    `weak` says that a weak ETag (`W/"…"`) was among them, which stands for no version.
    """

    etags: frozenset[str]
    any: bool = False
    weak: bool = False

    def demand(self, current: str) -> None:
        """Raise Stale unless the current version is one that the caller has seen."""
        if not self.any and current not in self.etags:
            raise Stale(current, weak=self.weak)


ANY = Precondition(frozenset(), any=True)  # for callers that hold no version: seeds, the command line
