"""Everything that the desk keeps about one person, for the person: no secrets, and no words of others about claims."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.engine import Connection

from factcheck.desk import people
from factcheck.errors import NotFound
from factcheck.log import revisions
from factcheck.log.clock import stamp
from factcheck.storage.tables.articles import Image
from factcheck.storage.tables.assignments import Assignment
from factcheck.storage.tables.claims import Claim, Relation
from factcheck.storage.tables.comments import Comment, CommentMention
from factcheck.storage.tables.evidence import Evidence, Occurrence
from factcheck.storage.tables.logbook import Revision, SubjectKind
from factcheck.storage.tables.people import BrowserSession, KeptAnswer, LoginLink, Person, ProviderAccount, Token
from factcheck.storage.tables.preferences import MailChoice, MailMark, Preference, SavedFilter
from factcheck.storage.tables.publishing import ReportDraft, ReportVersion
from factcheck.storage.tables.reviews import Review, SecondOpinion
from factcheck.storage.tables.webhooks import Webhook

Json = dict[str, Any]
PROFILE = ("id", "name", "display_name", "role", "mark", "revision", "created_at", "disabled_at")
# What is given of each table, and the column that names the person. A secret is kept as its hash, which is left out.
TABLES: dict[str, tuple[Any, str, tuple[str, ...]]] = {
    "tokens": (Token, "person_id", ("id", "label", "created_at", "expires_at", "revoked_at", "last_used_at")),
    "accounts": (ProviderAccount, "person_id", ("id", "issuer", "digest", "bound_at")),
    "login_links": (LoginLink, "person_id", ("created_at", "expires_at", "used_at")),
    "browser_sessions": (
        BrowserSession, "person_id", ("id", "user_agent", "created_at", "expires_at", "ended_at", "last_used_at"),
    ),
    "preferences": (Preference, "person_id", ("language", "time_zone", "email", "toured_at")),
    "saved_filters": (SavedFilter, "person_id", ("id", "list_name", "name", "query", "saved_at")),
    "mail_choices": (MailChoice, "person_id", ("kind", "delivery", "mailed_index")),
    "mail_marks": (MailMark, "person_id", ("daily_on", "at_once_begun", "daily_begun")),
    "requests": (KeptAnswer, "person_id", ("route", "key", "status", "created_at")),
    "webhooks": (
        Webhook, "owner_id",
        ("id", "url", "description", "filters", "last_success_at", "disabled_at", "created_at", "updated_at"),
    ),
    "claims": (Claim, "entered_by_id", ("id", "text", "created_at")),
    "evidence": (Evidence, "added_by_id", ("id", "claim_id", "stance", "title", "added_at", "withdrawn_at")),
    "occurrences": (
        Occurrence, "added_by_id",
        ("id", "claim_id", "kind", "url", "said_on", "place", "account", "added_at", "withdrawn_at"),
    ),
    "images": (Image, "added_by_id", ("id", "article_id", "url", "alt", "added_at")),
    "relations": (Relation, "added_by_id", ("id", "claim_id", "kind", "other_id", "note", "added_at")),
    "reviews": (
        Review, "reviewer_id", ("id", "log_index", "claim_id", "question", "before", "status", "reason", "reviewed_at")
    ),
    "comments": (
        Comment, "author_id",
        ("id", "claim_id", "article_id", "thread_id", "text", "quote_exact", "created_at", "edited_at", "withdrawn_at"),
    ),
    "report_versions": (ReportVersion, "saved_by_id", ("report_id", "number", "title", "saved_at")),
    "report_drafts": (ReportDraft, "person_id", ("report_id", "number", "title", "summary", "text", "saved_at")),
}  # fmt: skip
MENTIONED = ("id", "claim_id", "article_id", "thread_id", "author_id", "created_at")
ASSIGNED = ("id", "claim_id", "person_id", "due_on", "priority", "note", "assigned_by_id", "assigned_at")
OPINION = ("id", "claim_id", "question", "asked_by_id", "asked_at", "note", "reviewer_id", "outcome", "closed_at")


def everything(connection: Connection, name: str) -> Json:
    """Return all that is kept about the person with this name. Raises NotFound."""
    named = Person.folded_name == people.folded_name(name)
    person = connection.execute(select(*(getattr(Person, each) for each in PROFILE)).where(named)).first()
    if person is None:
        raise NotFound(f"Nobody has the name “{name}”.")
    asked = or_(SecondOpinion.asked_by_id == person.id, SecondOpinion.reviewer_id == person.id)
    assigned = or_(Assignment.person_id == person.id, Assignment.assigned_by_id == person.id)
    mentioned = select(CommentMention.comment_seq).where(CommentMention.person_id == person.id)
    return {
        "profile": _json(PROFILE, person),
        **{
            table: list(_rows(connection, model, getattr(model, column) == person.id, columns))
            for table, (model, column, columns) in TABLES.items()
        },
        "assignments": list(_rows(connection, Assignment, assigned, ASSIGNED)),
        "mentions": list(_rows(connection, Comment, Comment.seq.in_(mentioned), MENTIONED)),
        "second_opinions": list(_rows(connection, SecondOpinion, asked, OPINION)),
        "entries_about": list(
            revisions.those(connection, Revision.subject_kind == SubjectKind.PERSON, Revision.subject_id == person.id)
        ),
        "entries_by": list(revisions.those(connection, Revision.actor_id == person.id)),
    }


def _rows(connection: Connection, model: Any, wanted: ColumnElement[bool], columns: tuple[str, ...]) -> Iterator[Json]:
    order = model.__table__.primary_key.columns
    for row in connection.execute(select(*(getattr(model, name) for name in columns)).where(wanted).order_by(*order)):
        yield _json(columns, row)


def _json(columns: tuple[str, ...], row: Any) -> Json:
    return {name: _plain(value) for name, value in zip(columns, row, strict=True)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return stamp(value)
    return value.isoformat() if isinstance(value, date) else value
