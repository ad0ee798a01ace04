"""What became of the lines of an import."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from factcheck.errors import FactcheckError
from factcheck.rules.imports import Notice, Outcome

Json = dict[str, Any]


@dataclass(slots=True)
class Result:
    """What became of a line. `id` is the thing's, where there is one."""

    line: int
    kind: str | None
    outcome: Outcome
    id: str | None
    external_id: str | None
    problem: FactcheckError | None = None
    notices: list[Notice] = field(default_factory=list)

    def as_json(self, say: Callable[[str], str] = str) -> Json:
        """Return it as an import answers; `say` says a message in the reader's language."""
        told: Json = {
            "line": self.line,
            "type": self.kind,
            "result": self.outcome,
            "id": self.id,
            "external_id": self.external_id,
        }
        if self.problem is not None:
            errors = [flaw.as_json() | {"detail": say(flaw.detail)} for flaw in self.problem.flaws]
            told["problem"] = {"detail": say(self.problem.detail), "errors": errors}
        if self.notices:
            told["notices"] = [notice.as_json(say) for notice in self.notices]
        return told
