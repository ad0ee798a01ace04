"""Capture a page in a request: it is fetched before the transaction, and only for who may add a capture."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Response, current_app
from sqlalchemy.orm import Session

from factcheck.desk import claims
from factcheck.desk.access.answers import Answer
from factcheck.desk.capturing import captures
from factcheck.desk.capturing.pages import Camera, CapturedPage
from factcheck.errors import Flaw, NotCaptured, NotFound
from factcheck.log.actors import Action, Actor, Precondition
from factcheck.messages import message
from factcheck.web import context, problems

Done = Callable[[Session, Actor, dict[str, Any]], Answer]


def camera() -> Camera:
    found: Camera = current_app.extensions["factcheck.camera"]
    return found


def file_of(row: Any) -> bytes:
    """Return the file of a capture, given its row. Raises NotFound, and Unavailable."""
    if row.warc_sha256 is None:
        redacted = row.redacted_index is not None
        raise NotFound(message("The capture was redacted.") if redacted else message("The capture has no file."))
    content = camera().archive.read(row.warc_sha256)
    if content is None:
        raise NotFound(message("Its file is not in the archive."))
    return content


def perform(
    action: Action[..., Any],
    url: str,
    prepare: Callable[[CapturedPage], Done],
    lock: Callable[[Session], object] = lambda _session: None,
    html: str | None = None,
) -> Response:
    """Capture a page and do an action with the capture, in one transaction. `prepare` does what comes before that.

    With `html`, nothing is fetched: a person's browser had the page. `lock` locks what the action changes: the
    capture's entry locks the log's head, which comes last.
    A capture that failed is stored too, and the response says why it failed. A request that is repeated under its
    Idempotency-Key gets its first response, and nothing is fetched.
    """
    context.demand_caller().demand(action.role)
    before = context.answered_before()
    if before is not None:
        return before
    with camera().captured(url, html) as page:
        work = None if page.extract.failure else prepare(page)

        def add(session: Session, actor: Actor) -> Answer:
            lock(session)
            capture = captures.add(session, actor, page)
            return work(session, actor, capture) if work else failed(capture, page.extract.detail)

        return context.perform(action, add)


def failed(capture: dict[str, Any], detail: str | None) -> Answer:
    """Return the answer that a page was not captured, which the transaction commits."""
    told = message("The page was not captured.")
    if detail:
        told = message("The page was not captured. {why}", why=detail)
    return _told(NotCaptured(told, reason=capture["reason"], capture_id=capture["id"]))


@dataclass(frozen=True)
class CitedPages:
    """The pages that pieces of evidence cite, captured or not, by the JSON pointers of their URLs."""

    pages: dict[str, CapturedPage]

    @property
    def failed(self) -> bool:
        return any(page.extract.failure for page in self.pages.values())

    def store(self, session: Session, actor: Actor) -> NotCaptured:
        """Add all the captures, and return the error that says which of them failed."""
        made = {pointer: captures.add(session, actor, page) for pointer, page in self.pages.items()}
        lost = {pointer: capture for pointer, capture in made.items() if capture["reason"] is not None}
        flaws = [
            Flaw(self.pages[pointer].extract.detail or capture["reason"], pointer) for pointer, capture in lost.items()
        ]
        first = next(iter(lost.values()))
        detail = message("The page was not captured, and the evidence was not added.")
        return NotCaptured(detail, flaws=flaws, reason=first["reason"], capture_id=first["id"])


@contextmanager
def cited(
    action: Action[..., Any],
    evidence: Sequence[dict[str, Any]],
    claim_id: str,
    seen: Callable[[], Precondition],
    within: str = "/evidence/",
) -> Iterator[CitedPages]:
    """Capture the pages of evidence that has `capture`, and give each piece its `page`, for the action that follows.

    Not before the caller may do the action, and has seen the claim as it is.
    """
    asking = [at for at, item in enumerate(evidence) if item.pop("capture", False)]
    pages: dict[str, CapturedPage] = {}
    with ExitStack() as stack:
        if asking:
            context.demand_caller().demand(action.role)
            _demand_current(claim_id, seen())
        for at in asking:
            page = stack.enter_context(camera().captured(evidence[at]["url"]))
            evidence[at]["page"] = pages[f"{within}{at}/url" if within else "/url"] = page
        yield CitedPages(pages)


def perform_citing(
    action: Action[..., Any],
    evidence: Sequence[dict[str, Any]],
    work: Callable[[Session, Actor], Answer],
    *,
    claim_id: str,
    seen: Callable[[], Precondition],
    within: str = "/evidence/",
) -> Response:
    """Do an action with evidence, once the pages are captured that pieces of it have `capture` for.

    Where one cannot be captured, the captures are stored and the action is not done.
    """
    if not any(item["capture"] for item in evidence):
        return context.perform(action, work)
    context.demand_caller().demand(action.role)
    before = context.answered_before()
    if before is not None:
        return before
    with cited(action, evidence, claim_id, seen, within) as found:
        return context.perform(action, partial(_not_captured, found) if found.failed else work)


def _not_captured(found: CitedPages, session: Session, actor: Actor) -> Answer:
    return _told(found.store(session, actor))


def _told(error: NotCaptured) -> Answer:
    response = problems.answer(error)
    headers = {"Content-Type": "application/problem+json", "Location": f"/v1/captures/{error.extra['capture_id']}"}
    return Answer(response.status_code, headers, response.get_data())


def _demand_current(claim_id: str, seen: Precondition) -> None:
    """Raise what the action would raise for a claim that is not there, or of which another version was seen."""
    with context.database().reading_primary() as connection:
        _, etag = claims.get(connection, claim_id, context.caller())
    if not seen.any:
        seen.demand(etag)
