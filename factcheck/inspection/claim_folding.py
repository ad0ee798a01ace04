"""Fold the log of one claim into its rows: what `folding.py` does for other things."""

from collections.abc import Iterator
from typing import Any

import orjson

from factcheck.desk.access.blindness import CAPTURED, LINK
from factcheck.desk.capturing.occurrences import FIELDS as OCCURRENCE_FIELDS
from factcheck.desk.claim_state.rows import CURRENT, HOP_FIELDS, NOWHERE_ELSE, columns_of, pointer
from factcheck.desk.evidence import FIELDS as EVIDENCE_FIELDS
from factcheck.followers.base import LogEntry
from factcheck.inspection.folding import Content, Row, Rows, day, instant
from factcheck.rules.amending import amended
from factcheck.rules.ratings import REWORDED
from factcheck.rules.redacting import GONE
from factcheck.rules.sources import HELD, AnchorState
from factcheck.rules.status import VERDICTS, Question, Status
from factcheck.rules.webhooks import ATTEST
from factcheck.storage.tables.attribution import QuoteRole

QUOTING = ("add", "amend", "find_quotes", "confirm_quotes")
DECIDE = ("review", "undo", "second_opinion")
STATUS = {"status": Question.CONTENT, "attribution.status": Question.ATTRIBUTION}
COLUMN = {Question.CONTENT: "status", Question.ATTRIBUTION: "attribution_status"}
PREFIX = {Question.CONTENT: "", Question.ATTRIBUTION: "attribution_"}
NOT_WITHDRAWN = {"withdrawn_at": None, "withdrawn_reason": None, "withdrawn_by_id": None}
REACHED = {"unreachable": None, "unreachable_since": None}
JUDGED = ("reason", "reviewed_by_id", "reviewed_at")
SHOWN = {f"{prefix}{name}" for prefix in PREFIX.values() for name in JUDGED} | {"valid_on", "review_by", REWORDED}
INSTANTS = frozenset(("reviewed_at", "attribution_reviewed_at", "updated_at", "withdrawn_at", "closed_at", "asked_at",
                      "added_at", "from_at"))  # fmt: skip
DAYS = frozenset(("valid_on", "review_by", "said_on"))


class FoldedClaim:
    """A claim after the entries that were taken.

    `row` has the columns of its table but for those that depend on its chain and on other things. `attested` are the
    versions of its JSON that an entry attests, None before there is such an entry.
    """

    def __init__(self, claim_id: str) -> None:
        self.id = claim_id
        self.row: Row = {
            "id": claim_id, "status": str(Status.UNVERIFIED), "attribution_status": str(Status.UNVERIFIED),
            **dict.fromkeys((
                "reason", "reviewed_by_id", "reviewed_at", "valid_on", "review_by", "rating", "attribution_reason",
                "attribution_reviewed_by_id", "attribution_reviewed_at", "withdrawn_at", "withdrawn_reason",
                "withdrawn_by_id",
            )),
        }  # fmt: skip
        self.fields: Row = {"tags": [], "attribution": [], "quotes": []}
        self.evidence: dict[str, Row] = {}
        self.captures: dict[str, Row] = {}  # what evidence shows of its capture, by the evidence's id
        self.occurrences: dict[str, Row] = {}
        self.reviews: dict[int, Row] = {}  # by log index
        self.opinions: dict[str, Row] = {}
        self.quotes: list[Row] = []
        self.hops: list[Row] = []
        self.redaction: LogEntry | None = None
        self.attested: list[Row] | None = None
        self.misstated: list[LogEntry] = []  # entries whose statuses are not what their contents add up to
        self.untouched: list[tuple[Question, LogEntry]] = []  # verdicts that an edit should have reopened

    def take(self, entry: LogEntry, content: Content | None) -> None:
        """Take the claim's next entry in."""
        if entry.number == 1:
            self.row |= {
                "seq": entry.log_index, "created_at": entry.at, "entered_by_id": entry.actor_id,
                "updated_at": entry.at, "changed_index": entry.log_index,
            }  # fmt: skip
        self.row["revision"] = entry.number
        if content is None:
            return  # redacted: the entry that says so states what remains
        if entry.action == "redact":
            self.redaction = entry
        else:
            self._change(entry, content)
        if entry.action == ATTEST:
            self._attest(content.facts)
        if self.redaction and "remains" in content.facts:
            self._remain(content.facts["remains"], self.redaction)
        elif self.redaction:
            return  # an entry of before there were facts; one that attests follows
        if orjson.loads(entry.leaf)["status"] != {name: self.row[column] for name, column in COLUMN.items()}:
            self.misstated.append(entry)

    def _change(self, entry: LogEntry, content: Content) -> None:
        added = []
        for field, before, after in content:
            if field in STATUS:
                self._move(entry, content, STATUS[field], after)
            elif field == "evidence":
                if after is not None:
                    self._add_evidence(entry, after)
                    added.append(after["id"])
                else:
                    self.evidence[before["id"]] |= _withdrawn(entry, content)
            elif field == "occurrences":
                if after is not None:
                    self._add_occurrence(entry, after)
                else:
                    self.occurrences[before["id"]] |= _withdrawn(entry, content)
            elif field == CAPTURED:
                self._capture(after["evidence_id"], after["capture"])
            elif field == LINK:
                since = entry.at if after["error"] else None
                self.evidence[after["evidence_id"]] |= {"unreachable": after["error"], "unreachable_since": since}
            elif field == "second_opinion":
                self._opinion(entry, after)
            elif field == "withdrawn":
                self.row |= _withdrawn(entry, content)
            elif field in ("relations", "redacted"):
                pass  # relations are read before claims are folded: see `worlds.py`
            elif (column := field.replace(".", "_")) in SHOWN:
                self.row[column] = _typed(column, after)
            else:
                self.fields[field] = after
        if entry.action in DECIDE:
            self._review(entry, content, added)
        if entry.action in QUOTING:
            self._write_parts()
        if entry.action == "amend":
            fields = [change["field"] for change in content.changes]
            for question, column in COLUMN.items():
                if self.row[column] in VERDICTS and amended(question, fields, content.edition):
                    self.untouched.append((question, entry))

    def _move(self, entry: LogEntry, content: Content, question: Question, after: str) -> None:
        """Move a status. An undo says itself what it gives back; whatever else is no decision reopens the question."""
        self.row[COLUMN[question]] = after
        if entry.action == "undo":
            return
        told: tuple[Any, ...] = (content.reason, entry.actor_id, entry.at)
        if entry.action != "review":
            told = (content.facts.get("reopened", {}).get(question, content.reason), None, None)
        self.row |= {f"{PREFIX[question]}{name}": value for name, value in zip(JUDGED, told, strict=True)}

    def _add_evidence(self, entry: LogEntry, item: Row) -> None:
        # Entries from before schema 0002 do not say whom a piece goes back to.
        self.evidence[item["id"]] = {
            **{name: item.get(name) for name in ("id", *EVIDENCE_FIELDS)}, "claim_id": self.id,
            "position": len(self.evidence), "added_by_id": entry.actor_id, "added_at": entry.at, "withdrawn_at": None,
            "withdrawn_reason": None, "withdrawn_by_id": None, "capture_id": None, **REACHED,
        }  # fmt: skip
        if "capture" in item:
            self._capture(item["id"], item["capture"])

    def _add_occurrence(self, entry: LogEntry, item: Row) -> None:
        self.occurrences[item["id"]] = {
            **{name: _typed(name, item[name]) for name in ("id", *OCCURRENCE_FIELDS)}, "claim_id": self.id,
            "position": len(self.occurrences), "added_by_id": entry.actor_id, "added_at": entry.at, **NOT_WITHDRAWN,
        }  # fmt: skip

    def _capture(self, evidence_id: str, capture: Row) -> None:
        self.evidence[evidence_id]["capture_id"] = capture["id"]
        self.captures[evidence_id] = {
            "capture_sha256": capture["sha256"], "capture_fetched_at": instant(capture["fetched_at"]),
            "capture_origin": capture.get("origin"),
        }  # fmt: skip

    def _opinion(self, entry: LogEntry, after: Row) -> None:
        if after["id"] not in self.opinions:
            self.opinions[after["id"]] = {
                **after, "log_index": entry.log_index, "claim_id": self.id, "asked_by_id": entry.actor_id,
                "asked_at": entry.at, "closed_at": None,
            }  # fmt: skip
        else:
            closed = instant(after.get("closed_at")) or entry.at
            self.opinions[after["id"]] |= {**after, "closed_at": closed}

    def _review(self, entry: LogEntry, content: Content, added: list[str]) -> None:
        first = content.changes[0]
        settled = content.facts.get("review", {"id": None, "valid_on": None, "review_by": None})
        if entry.action == "second_opinion":
            given = first["after"]
            question, before, status = given["question"], str(Status.IN_REVIEW), given["second_status"]
        else:
            question, before, status = str(STATUS[first["field"]]), first["before"], first["after"]
        self.reviews[entry.log_index] = {
            "id": settled["id"], "log_index": entry.log_index, "claim_id": self.id, "question": question,
            "before": before, "status": status, "reason": content.reason, "evidence_ids": added,
            "valid_on": day(settled["valid_on"]), "review_by": day(settled["review_by"]),
            "rating": settled.get("rating"),
            "reviewer_id": entry.actor_id, "reviewed_at": entry.at,
        }  # fmt: skip

    def _write_parts(self) -> None:
        chain = self.fields["attribution"]
        current = {each["quote"]: each for each in self.fields.get(CURRENT) or ()}
        lists = [(-1, QuoteRole.CLAIM, self.fields["quotes"])]
        for at, hop in enumerate(chain):
            lists += [(at, QuoteRole.SOURCE, hop["source_quotes"]), (at, QuoteRole.CUE, hop["cue_quotes"])]
        self.quotes = [
            {
                "claim_id": self.id, "hop": hop, "role": str(role), "position": position, "snapshot": quote["snapshot"],
                "exact": quote["exact"], "prefix": quote["prefix"], "suffix": quote["suffix"],
                "start_at": quote["start"], "end_at": quote["end"],
                **_now(current.get(pointer({"hop": hop, "role": role, "position": position}))),
            }
            for hop, role, quotes in lists
            for position, quote in enumerate(quotes)
        ]  # fmt: skip
        self.hops = [
            {"claim_id": self.id, "position": at, **{name: hop[name] for name in HOP_FIELDS}}
            for at, hop in enumerate(chain)
        ]
        given = {name: self.fields.get(name) for name in ("external_id", "text", "kind", "quantity", "tags")}
        self.row |= columns_of(given) | {
            "article_id": self.fields["article_id"],
            "origin_interested": self.hops[-1]["interested"] if self.hops else None,
        }

    def _attest(self, facts: Row) -> None:
        if "claim" not in facts:
            return
        self.row |= {name: _typed(name, value) for name, value in facts["claim"].items()}
        for review in facts["reviews"]:
            self.reviews[review["log_index"]] |= {name: _typed(name, value) for name, value in review.items()}
        for opinion, closed in facts["closed"].items():
            self.opinions[opinion]["closed_at"] = instant(closed)
        self.attested = [
            {"claim_seq": self.row["seq"], **{name: _typed(name, value) for name, value in version.items()}}
            for version in facts["versions"]
        ]

    # --- redaction

    def _remain(self, rows: Row, redaction: LogEntry) -> None:
        """Take what the redaction states, which is all that is left of what the entries before it said."""
        by = {"withdrawn_at": redaction.at, "withdrawn_by_id": redaction.actor_id}
        own = {name: _typed(name, value) for name, value in rows["claims"].items()}
        self.row |= own | (by if own["withdrawn_at"] is None else {}) | {
            "text": GONE, "tags": [], "external_id": None, "low": None, "high": None, "unit": None,
            "wording": None, "reason": None, "attribution_reason": None, "withdrawn_reason": GONE,
        }  # fmt: skip
        self.fields, self.quotes, self.hops, self.attested = {"tags": [], "attribution": [], "quotes": []}, [], [], []
        empty = (
            dict.fromkeys(EVIDENCE_FIELDS)
            | {"title": GONE, "withdrawn_reason": GONE, "capture_id": None}
            | by
            | REACHED
        )
        self.evidence = {row["id"]: empty | row for row in self._parts(rows, "evidence")}
        gone = dict.fromkeys(OCCURRENCE_FIELDS) | {"withdrawn_reason": GONE} | by
        self.occurrences = {row["id"]: gone | row for row in self._parts(rows, "occurrences")}
        self.reviews = {
            row["log_index"]: {"reason": None, "rating": None} | row for row in self._parts(rows, "reviews")
        }
        self.opinions = {row["id"]: {"note": None} | row for row in self._parts(rows, "second_opinions")}

    def _parts(self, rows: Row, table: str) -> Iterator[Row]:
        for row in rows.get(table, ()):  # redactions from before there were occurrences name none
            yield {"claim_id": self.id, **{name: _typed(name, value) for name, value in row.items()}}

    # --- what comes out

    @property
    def active(self) -> bool:
        return self.row["withdrawn_at"] is None

    def open_opinions(self) -> list[Row]:
        return [row for row in self.opinions.values() if row["outcome"] is None]

    def rows(self) -> Rows:
        """Return the rows of the claim's own tables; what depends on other things is added by `versions.py`."""
        by_id = {row["id"]: row for row in self.reviews.values()}
        opinions = []
        for opinion in self.opinions.values():
            first = by_id[opinion["first_review_id"]]
            repeated = {"index": first["log_index"], "reviewer_id": first["reviewer_id"], "status": first["status"]}
            opinions.append(opinion | {f"first_{name}": value for name, value in repeated.items()})
        asked = max((row["asked_at"] for row in self.open_opinions()), default=None)
        return {
            "claims": [self.row | {"second_opinion_at": asked}], "quotes": self.quotes, "hops": self.hops,
            "evidence": list(self.evidence.values()), "occurrences": list(self.occurrences.values()),
            "reviews": list(self.reviews.values()), "second_opinions": opinions,
        }  # fmt: skip


def _withdrawn(entry: LogEntry, content: Content) -> Row:
    return {"withdrawn_at": entry.at, "withdrawn_reason": content.reason, "withdrawn_by_id": entry.actor_id}


def _now(current: Row | None) -> Row:
    """Return the columns of where a quote is in a later snapshot; None: in its own."""
    if current is None:
        return {"state": str(AnchorState.ANCHORED), **NOWHERE_ELSE}
    state = AnchorState.ANCHORED if current["state"] in HELD else AnchorState.ORPHANED
    return {"state": str(state), **{name: current[name.removeprefix("now_")] for name in NOWHERE_ELSE}}


def _typed(column: str, value: Any) -> Any:
    """Return a value of the log as its column has it."""
    if column in INSTANTS:
        return instant(value)
    return day(value) if column in DAYS else value
