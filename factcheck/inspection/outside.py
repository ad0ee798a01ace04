"""Verify a desk from outside: what it shows to everybody is compared with its log.

The walk, over one connection and in this order:

1. read and check every entry of the log up to its newest signed head (`log/remote.py`);
2. read what `/v1/changes` shows of the entries' contents, and compare each with its entry;
3. read every claim and its history, and compare them with what those contents add up to;
4. read the lists by status, kind, article, source and tag, and compare which claims are in them;
5. read every article's texts, and compare their hashes with those in the log.

People write meanwhile. Whatever differs is read again, together with the entries that were signed since, until no entry
that concerns it is unsigned.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from http.client import GONE, OK
from typing import Any
from urllib.parse import urlencode

from orjson import dumps
from sqlalchemy import Column, MetaData, String, Table, insert, select

from factcheck.inspection.public_log import Expected, PublicLog, difference, memberships, shown_entry
from factcheck.log.remote import ServedLog
from factcheck.log.verification import Fault, Progress
from factcheck.storage.stumbles import STUMBLES, reason_of
from factcheck.storage.tables.logbook import SubjectKind

BATCH = 200
TRIES = 30  # times that something that differs is read again while entries that concern it are not signed
PAUSE = 1.0  # seconds between two of them; a publisher signs once a second
CLAIM, CLAIMS, CHANGES = "/v1/claims/{}", "/v1/claims?sort=created_at", "/v1/changes"
LISTS = Table(
    "lists_of_claims", MetaData(), Column("name", String), Column("value", String), Column("claim_id", String)
)
Json = dict[str, Any]


class Outside:
    """One verification. `left_out` are claims that cannot be compared: they change too often, or are hidden."""

    def __init__(
        self, log: ServedLog, public: PublicLog, done: Progress, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self.log, self.public, self.done, self._wait = log, public, done, wait
        self.site, self.faults = log.site, done.faults
        self.claims = 0
        self.left_out: set[str] = set()
        self._told = -1  # the last log index whose content was read

    def run(self) -> Iterator[Progress]:
        """Compare everything with the entries that `log` has read; yield how far it is."""
        with self.public.database.writing(long=True) as session:
            LISTS.create(session.connection())
        self.done.begin("Comparing what is shown", self.log.size)
        try:
            for part in (self._changes, self._claims, self._lists, self._articles):
                for step in part():
                    self.done.done += step
                    yield self.done
        except STUMBLES as error:
            detail = f"A response does not have the form that this desk's API has: {reason_of(error)}"
            self.faults.append(Fault("desk", detail))
        yield self.done

    # --- contents

    def _changes(self) -> Iterator[int]:
        """Read what is shown of the contents of all entries that were read; a replica may have to catch up."""
        for _ in range(TRIES):
            for page in self.site.pages(f"{CHANGES}?after={self._told}"):
                known = [change for change in page if self._told < change["log_index"] < self.log.size]
                self.faults += self.public.tell(known)
                self._told = known[-1]["log_index"] if known else self._told
                yield len(known)
                if len(known) < len(page):
                    break
            if self._told == self.log.size - 1:
                return
            self._wait(PAUSE)
        self.faults.append(Fault("log", f"{CHANGES} ends before the log does.", None, self._told))

    def _catch_up(self) -> None:
        """Read the entries that were signed since, with their contents."""
        for head in self.log.newest():
            if head.size > self.log.size:
                for _ in self.log.read(head):
                    pass
                for _ in self._changes():
                    pass

    # --- claims

    def _claims(self) -> Iterator[int]:
        with self._reading() as connection:
            known = list(self.public.ids(connection, SubjectKind.CLAIM))
        self.done.total += len(known)
        seen: set[str] = set()
        for page in self.site.pages(CLAIMS):
            expected = self._expected([claim["id"] for claim in page])
            for claim in page:
                seen.add(claim["id"])
                self._claim(claim["id"], claim, expected.get(claim["id"]))
            self._remember(expected.values())
            yield len(page)
        unseen = [claim_id for claim_id in known if claim_id not in seen]
        for at in range(0, len(unseen), BATCH):
            some = unseen[at : at + BATCH]
            for claim_id, expected_one in self._expected(some).items():
                self._unlisted(claim_id, expected_one)
            yield len(some)

    def _claim(self, claim_id: str, served: Json, expected: Expected | None) -> None:
        """Compare one claim, and its history."""
        self.claims += 1
        if claim_id in self.public.blind:
            self.left_out.add(claim_id)
            return
        if self._wrong(expected, served):
            found = self._again(claim_id)
            if found is None:
                self.left_out.add(claim_id)
                return
            expected, (status, served) = found
            if status == OK:
                self._name(claim_id, expected, self._wrong(expected, served))
            elif expected is None or expected.document is not None:
                self._name(claim_id, expected, [f"It is in the list of claims, and the desk responds with {status}."])
        if expected is not None:
            self._history(claim_id, expected)

    def _wrong(self, expected: Expected | None, served: Json) -> list[str]:
        if expected is None:
            return ["The log does not know it."]
        if expected.faults:
            return list(expected.faults)
        if expected.document is None:
            return ["The log says that it was withdrawn, and the desk still shows it."]
        names = difference(expected, served, self.public.shown)
        return [f"Its public JSON is not what the log says: {', '.join(names)}."] if names else []

    def _unlisted(self, claim_id: str, expected: Expected) -> None:
        """Look at a claim that the list does not have: it must have ended."""
        if claim_id in self.public.blind:
            return
        status, _ = self._get(claim_id)
        if expected.document is None and status == GONE and not expected.faults:
            self._history(claim_id, expected)
            return
        found = self._again(claim_id)
        if found is None:
            self.left_out.add(claim_id)
            return
        again, (status, _) = found
        assert again is not None
        if again.faults:
            self._name(claim_id, again, again.faults)
        elif again.document is None and status != GONE:
            self._name(claim_id, again, [f"The log says that it was withdrawn; the desk responds with {status}."])
        elif again.document is not None:
            where = "It is missing from the list of claims" if status == OK else "The desk does not show it"
            self._name(claim_id, again, [f"{where}, and the log says that it is there."])

    def _history(self, claim_id: str, expected: Expected) -> None:
        with self._reading() as connection:
            entries = self.public.history(connection, claim_id)
        shown = [shown_entry(each) for each in self.site.items(f"{CLAIM.format(claim_id)}/history")]
        shown = [each for each in shown if each[1] < self.log.size]
        for ours, theirs in zip(entries, shown, strict=False):
            if ours != theirs:
                detail = f"Its history is not what {CHANGES} shows."
                self.faults.append(Fault(f"claim {claim_id}", detail, ours[0], ours[1]))
        if len(entries) != len(shown):
            detail = f"Its history has {len(shown)} entries, and the log {len(entries)}."
            self._name(claim_id, expected, [detail])

    # --- lists

    def _remember(self, claims: Iterable[Expected]) -> None:
        rows = [
            {"name": name, "value": value, "claim_id": expected.document["id"]}
            for expected in claims
            if expected.document is not None
            for name, value in memberships(expected.document)
        ]
        if rows:
            with self.public.database.writing(long=True) as session:
                session.execute(insert(LISTS), rows)

    def _lists(self) -> Iterator[int]:
        with self._reading() as connection:
            values = connection.execute(select(LISTS.c.name, LISTS.c.value).distinct()).all()
        self.done.total += len(values)
        for name, value in values:
            with self._reading() as connection:
                wanted = select(LISTS.c.claim_id).where(LISTS.c.name == name, LISTS.c.value == value)
                there = set(connection.execute(wanted).scalars())
            listed = {claim["id"] for claim in self.site.items(f"{CLAIMS}&{urlencode({name: value})}")}
            for claim_id in sorted((there ^ listed) - self.left_out):
                self._listed(claim_id, name, value)
            yield 1

    def _listed(self, claim_id: str, name: str, value: str) -> None:
        """Look again whether a claim is in a list, which it seems to be in wrongly, or to be missing from."""
        found = self._again(claim_id)
        if found is None or found[0] is None:
            return  # it changes too often; or the log does not know it, and that was said
        expected, _ = found
        document = (expected and expected.document) or {}
        narrowed = {name: value, **({"article": document["article_id"]} if document else {})}
        listed = any(each["id"] == claim_id for each in self.site.items(f"{CLAIMS}&{urlencode(narrowed)}"))
        belongs = bool(document) and (name, value) in memberships(document)
        if listed != belongs:
            told = "It is missing from" if belongs else "It does not belong in"
            self._name(claim_id, expected, [f"{told} the list of claims by {name}={value}."])

    # --- articles

    def _articles(self) -> Iterator[int]:
        with self._reading() as connection:
            known = list(self.public.ids(connection, SubjectKind.ARTICLE))
        self.done.total += len(known)
        listed = {article["id"] for article in self.site.items("/v1/articles")}
        for article_id in known:
            if article_id not in listed:
                self.faults.append(Fault(f"article {article_id}", "It is missing from the list of articles."))
            self._texts(article_id)
            yield 1
        for article_id in self._unknown(listed - set(known)):
            self.faults.append(Fault(f"article {article_id}", "The log does not know it."))

    def _unknown(self, articles: set[str]) -> list[str]:
        """Return those of these articles that no entry adds, signed or not yet."""
        self._catch_up()
        with self._reading() as connection:
            articles -= set(self.public.ids(connection, SubjectKind.ARTICLE))
        return sorted(articles - {change["subject"]["id"] for change in self._newer()})

    def _texts(self, article_id: str) -> None:
        with self._reading() as connection:
            hashes = self.public.texts(connection, article_id)
        for number, sha256 in hashes.items():
            status, snapshot = self.site.look(f"/v1/articles/{article_id}/snapshots/{number}")
            text = snapshot["text"] if status == OK else ""
            if hashlib.sha256(text.encode()).hexdigest() != sha256:
                detail = f"The text of snapshot {number} does not have the hash that the log says."
                self.faults.append(Fault(f"article {article_id}", detail))

    # --- once more

    def _again(self, claim_id: str) -> tuple[Expected | None, tuple[int, Json]] | None:
        """Return what the log says of a claim and what is served, when no entry that concerns it is unsigned.

        None where there always is one.
        """
        for _ in range(TRIES):
            self._catch_up()
            served = self._get(claim_id)
            expected = self._expected([claim_id]).get(claim_id)
            about = dumps(served).decode() + dumps(expected.document if expected else None).decode()
            if not any(_concerns(change, claim_id, about) for change in self._newer()):
                return expected, served
            self._wait(PAUSE)
        return None

    def _newer(self) -> Iterator[Json]:
        """Yield the entries that are not signed yet."""
        return self.site.items(f"{CHANGES}?after={self.log.size - 1}")

    def _get(self, claim_id: str) -> tuple[int, Json]:
        return self.site.look(CLAIM.format(claim_id))

    def _expected(self, ids: Sequence[str]) -> dict[str, Expected]:
        with self._reading() as connection:
            return self.public.claims(connection, ids)

    def _reading(self) -> Any:
        return self.public.database.reading_one_moment()

    def _name(self, claim_id: str, expected: Expected | None, details: Sequence[str]) -> None:
        place = (expected.number, expected.log_index) if expected else (None, None)
        self.faults += [Fault(f"claim {claim_id}", detail, *place) for detail in details]


def _concerns(change: Json, claim_id: str, about: str) -> bool:
    """Say whether an entry is about a claim, or about something that its JSON names, or names the claim."""
    subject = change["subject"]["id"]
    return (subject is not None and subject in about) or claim_id in dumps(change).decode()
