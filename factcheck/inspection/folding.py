"""Fold the log of one thing: what its entries, in order, say that it is."""

from typing import Any

import orjson

from factcheck.log.verification import Fault
from factcheck.rules.amending import amended
from factcheck.rules.status import VERDICTS, Question, Status
from factcheck.storage.tables.logbook import SubjectKind

STATUSES = {Question.CONTENT: "status", Question.ATTRIBUTION: "attribution.status"}


class Folded:
    """What the log says a thing is: its fields, and the revision and index that set each."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {"status": "unverified", "attribution.status": "unverified"}
        self.places: dict[str, tuple[int, int]] = {}
        self.pieces: dict[str, dict[str, Any]] = {}
        self.relations: dict[str, tuple[str, str, str | None]] = {}
        self.reviews: dict[int, tuple[str | None, str, str]] = {}  # reason, status before and after, by log index
        self.judged: tuple[str | None, str] | None = None  # the last review's reason and status, on content
        self.opinions: dict[str, dict[str, Any]] = {}  # second opinions, by id
        self.snapshots: dict[int, str] = {}
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
        if row.action in ("review", "undo"):
            moved, *others = content["changes"]
            self.reviews[row.log_index] = (content["reason"], moved["before"], moved["after"])
            if moved["field"] == "status":
                reason = content["reason"]
                if row.action == "undo":  # it gives back the reason from before, unless that is the same
                    shown = self.judged[0] if self.judged else None
                    reason = next((change["after"] for change in others if change["field"] == "reason"), shown)
                self.judged = (reason, moved["after"])
        if row.action == "second_opinion":
            given = content["changes"][0]["after"]
            self.reviews[row.log_index] = (content["reason"], Status.IN_REVIEW, given["second_status"])
        for change in content["changes"]:
            name, before, after = change["field"], change["before"], change["after"]
            self.places[name] = self.last
            if name == "evidence":
                if after is None:
                    self.pieces.pop(before["id"], None)
                else:
                    # Entries of before schema 0002 do not say whom a piece goes back to.
                    self.pieces[after["id"]] = {"origin_id": None} | after
            elif name == "relations":
                self.relations[after["id"]] = (after["kind"], after["claim_id"], after["note"])
            elif name == "second_opinion":
                self.opinions.setdefault(after["id"], {}).update(after)
            elif name == "snapshot":
                self.snapshots[after["number"]] = after["sha256"]
            else:
                self.fields[name] = after
        if row.action == "amend" and row.subject_kind == SubjectKind.CLAIM:
            self._demand_reopened(content)

    def _demand_reopened(self, content: dict[str, Any]) -> None:
        """Note each verdict that the rule by which this entry was made should have reopened."""
        fields = [change["field"] for change in content["changes"]]
        for question, status in STATUSES.items():
            if self.fields[status] in VERDICTS and amended(question, fields, content.get("edition", 1)):
                self.untouched.append((question, self.last))

    def fault(self, subject: str, name: str, detail: str) -> Fault:
        number, index = self.places.get(name, self.last)
        return Fault(subject, detail, number, index)
