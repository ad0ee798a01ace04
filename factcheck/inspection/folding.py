"""Fold the log of one thing: what its entries, in order, say that it is."""

from typing import Any

import orjson

from factcheck.log.verification import Fault
from factcheck.rules.amending import amended
from factcheck.rules.status import VERDICTS, Question, Status
from factcheck.storage.tables.logbook import SubjectKind

DAYS = ("valid_on", "review_by")
STATUSES = {Question.CONTENT: "status", Question.ATTRIBUTION: "attribution.status"}


class Folded:
    """What the log says a thing is: its fields, and the revision and index that set each."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {"status": "unverified", "attribution.status": "unverified"}
        self.places: dict[str, tuple[int, int]] = {}
        self.pieces: dict[str, dict[str, Any]] = {}  # active evidence, by id
        self.withdrawn: dict[str, dict[str, Any]] = {}  # withdrawn evidence, by id, with who withdrew it and why
        self.relations: dict[str, tuple[str, str, str | None]] = {}
        self.reviews: dict[int, dict[str, Any]] = {}  # what the log says of each review, by log index
        self.judged: tuple[str | None, str] | None = None  # the last review's reason and status, on content
        self.opinions: dict[str, dict[str, Any]] = {}  # second opinions, by id
        self.snapshots: dict[int, str] = {}
        self.withdrawal: tuple[str | None, str] | None = None  # the reason, and who withdrew it
        self.tokens: dict[str, bool] = {}  # a person's tokens, by id, and whether each was revoked
        self.last = (0, -1)
        self.redacted = False
        self.unreadable: tuple[int, int] | None = None  # the first entry that cannot be read
        self.misstated: list[tuple[int, int]] = []  # entries whose statuses are not what the contents add up to
        self.untouched: list[tuple[Question, tuple[int, int]]] = []  # verdicts that outlived an amendment, and which

    def entry(self, row: Any) -> None:
        """Fold the next entry in. One that cannot be read leaves nothing to compare with from then on."""
        self.last = (row.number, row.log_index)
        try:
            self._entry(row)
        except (orjson.JSONDecodeError, KeyError, TypeError, IndexError, AttributeError):
            self.unreadable = self.unreadable or self.last

    def _entry(self, row: Any) -> None:
        self._fold(row)
        statuses = None
        if row.subject_kind == SubjectKind.CLAIM:
            statuses = {"content": self.fields["status"], "attribution": self.fields["attribution.status"]}
        if not self.redacted and orjson.loads(row.leaf)["status"] != statuses:
            self.misstated.append(self.last)

    def _fold(self, row: Any) -> None:
        if row.content is None:
            self.redacted = True
            return
        content = orjson.loads(row.content)
        if row.action == "redact":
            self.redacted = True
        if row.action in ("review", "undo") and content["changes"][0]["field"] == "status":
            moved, *others = content["changes"]
            reason = content["reason"]
            if row.action == "undo":  # it gives back the reason from before, unless that is the same
                shown = self.judged[0] if self.judged else None
                reason = next((change["after"] for change in others if change["field"] == "reason"), shown)
            self.judged = (reason, moved["after"])
        if row.action == "withdraw":
            self.withdrawal = (content["reason"], row.actor_id)
        if row.action in ("revoke", "disable"):
            self.tokens = dict.fromkeys(self.tokens, True)
        for change in content["changes"]:
            name, before, after = change["field"], change["before"], change["after"]
            self.places[name] = self.last
            if name == "evidence":
                if after is None:
                    piece = self.pieces.pop(before["id"], before)
                    told = {"withdrawn_reason": content["reason"], "withdrawn_by_id": row.actor_id}
                    self.withdrawn[before["id"]] = piece | told
                else:
                    # Entries of before schema 0002 do not say whom a piece goes back to.
                    self.pieces[after["id"]] = {"origin_id": None} | after
            elif name == "relations":
                self.relations[after["id"]] = (after["kind"], after["claim_id"], after["note"])
            elif name == "second_opinion":
                told = {key: value for key, value in after.items() if key != "closed_at"}
                self.opinions.setdefault(after["id"], {}).update(told)
            elif name == "snapshot":
                self.snapshots[after["number"]] = after["sha256"]
            elif name == "token":
                self.tokens[after] = False
            else:
                self.fields[name] = after
        if row.action in ("review", "undo", "second_opinion"):
            self.reviews[row.log_index] = self._review(row, content)
        if row.action == "amend" and row.subject_kind == SubjectKind.CLAIM:
            self._demand_reopened(content)

    def _review(self, row: Any, content: dict[str, Any]) -> dict[str, Any]:
        """Return what an entry says of the review that it tells of."""
        first = content["changes"][0]
        said = {
            "reason": content["reason"],
            "reviewer_id": row.actor_id,
            "evidence_ids": [each["after"]["id"] for each in content["changes"] if each["field"] == "evidence"],
        }
        if row.action == "second_opinion":
            return said | {"before": Status.IN_REVIEW, "status": first["after"]["second_status"]}
        days = {name: self.fields.get(name) for name in DAYS} if first["field"] == "status" else {}
        return said | {"before": first["before"], "status": first["after"], **days}

    def _demand_reopened(self, content: dict[str, Any]) -> None:
        """Note each verdict that the rule by which this entry was made should have reopened."""
        fields = [change["field"] for change in content["changes"]]
        for question, status in STATUSES.items():
            if self.fields[status] in VERDICTS and amended(question, fields, content.get("edition", 1)):
                self.untouched.append((question, self.last))

    def fault(self, subject: str, name: str, detail: str) -> Fault:
        number, index = self.places.get(name, self.last)
        return Fault(subject, detail, number, index)
