"""Every column has an origin, and the document for auditors lists what the log does not prove."""

from pathlib import Path

from factcheck.inspection import origin_document, origins
from factcheck.inspection.origin_kinds import Kind, Origin
from factcheck.inspection.origins import ORIGINS
from factcheck.storage.tables.base import Base

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "audit.md"


def without_origin(known: dict[str, dict[str, Origin]]) -> set[str]:
    there = {f"{table.name}.{column.name}" for table in Base.metadata.sorted_tables for column in table.columns}
    listed = {f"{table}.{column}" for table, columns in known.items() for column in columns}
    return there ^ listed


def test_every_column_has_an_origin_and_a_reason() -> None:
    assert len(Base.metadata.tables) > 30
    assert without_origin(ORIGINS) == set()
    kinds = {each.kind for columns in ORIGINS.values() for each in columns.values()}
    assert kinds == set(Kind)
    assert all(each.why.endswith(".") for columns in ORIGINS.values() for each in columns.values())


def test_a_column_without_an_origin_is_seen() -> None:
    fewer = {name: column for name, column in ORIGINS["claims"].items() if name != "reviewed_by_id"}
    assert without_origin({**ORIGINS, "claims": fewer}) == {"claims.reviewed_by_id"}
    more = ORIGINS["claims"] | {"weight": Origin(Kind.LOG, "A column that is gone.")}
    assert without_origin({**ORIGINS, "claims": more}) == {"claims.weight"}


def test_what_people_did_is_never_operational() -> None:
    """Only ways in, kept answers, webhooks, checks, checkpoints, marks and the desk's own records are not proved."""
    assert {table for table, _, _ in origins.operational()} == {
        "log_head", "log_checkpoints", "log_stamps", "log_verification", "tokens", "login_links", "browser_sessions",
        "kept_answers", "followers", "likely_duplicates", "source_pairs", "upkeep", "webhooks", "webhook_messages",
        "webhook_deliveries", "watches", "evidence", "feeds", "notification_marks", "report_drafts",
        "preferences", "mail_choices", "mail_marks", "saved_filters",
    }  # fmt: skip


def test_the_document_lists_what_is_not_proved() -> None:
    assert origin_document.markdown() in DOCUMENT.read_text(encoding="utf-8")
