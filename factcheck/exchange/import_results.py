"""What became of the lines of an import."""

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

    def as_json(self) -> Json:
        told: Json = {
            "line": self.line,
            "type": self.kind,
            "result": self.outcome,
            "id": self.id,
            "external_id": self.external_id,
        }
        if self.problem is not None:
            errors = [flaw.as_json() for flaw in self.problem.flaws]
            told["problem"] = {"detail": self.problem.detail, "errors": errors}
        if self.notices:
            told["notices"] = [notice.as_json() for notice in self.notices]
        return told
