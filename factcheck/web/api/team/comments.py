"""/v1/comments, /v1/claims/{id}/comments and /v1/articles/{id}/comments"""

from typing import Any

from flask import Response

from factcheck.desk import claims
from factcheck.desk.access import masking
from factcheck.desk.access.answers import Answer
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state import documents
from factcheck.desk.redactions import comments as redactions
from factcheck.desk.team import comments, threads
from factcheck.log import revisions
from factcheck.rules.roles import Role
from factcheck.schemas.parts import RedactionIn
from factcheck.schemas.revisions import RevisionOut
from factcheck.schemas.team.comments import (
    ArticleCommentIn,
    CommentChangesIn,
    CommentIn,
    CommentOut,
    CommentWithdrawalIn,
)
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.web import context, listing, preconditions, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed, patched, patched_with
from factcheck.web.bodies import read_object
from factcheck.web.redacting import redacted

blueprint = Blueprint("comments", "What people say to each other about claims and articles.")
PAGED = ("limit", "cursor")
MENTIONS = ("mentions", *PAGED)
OF_CLAIM, OF_ARTICLE = "/claims/<uuid:claim_id>/comments", "/articles/<uuid:article_id>/comments"
HERE = "/comments/<uuid:comment_id>"


@blueprint.route(OF_CLAIM)
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(CommentOut))
def list_claim_comments(claim_id: Any) -> Response:
    """List the comments on a claim, oldest first. Needs a token."""
    viewer = context.demand_caller()

    def read(connection: Any, after: int, limit: int) -> Any:
        claims.demand_there(connection, str(claim_id), viewer, active=True)
        return threads.of_claim(connection, str(claim_id), after, limit)

    return listing.paged(read, first=-1, shown=masking.masking(View.COMMENT))


@blueprint.route(OF_CLAIM, methods=["POST"])
@does(comments.add)
@blueprint.arguments(CommentIn)
@blueprint.response(201, CommentOut)
def comment_on_claim(body: dict[str, Any], claim_id: Any) -> Response:
    """Comment on a claim. The claim itself does not change."""
    return _added(body, claim_id=str(claim_id))


@blueprint.route(OF_ARTICLE)
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(CommentOut))
def list_article_comments(article_id: Any) -> Response:
    """List the comments on an article, oldest first. Needs a token."""
    context.demand_caller()

    def read(connection: Any, after: int, limit: int) -> Any:
        return threads.of_article(connection, str(article_id), after, limit)

    return listing.paged(read, first=-1, shown=masking.masking(View.COMMENT))


@blueprint.route(OF_ARTICLE, methods=["POST"])
@does(comments.add)
@blueprint.arguments(ArticleCommentIn)
@blueprint.response(201, CommentOut)
def comment_on_article(body: dict[str, Any], article_id: Any) -> Response:
    """Comment on an article, or on words of one of its snapshots."""
    return _added(body, article_id=str(article_id))


@blueprint.route("/comments")
@blueprint.doc(parameters=queries.documented(*MENTIONS))
@blueprint.response(200, listed(CommentOut))
def list_mentions() -> Response:
    """List the comments that mention you, newest first. Admins list those that mention somebody else, too."""
    viewer = context.demand_caller()
    person_id = queries.read(*MENTIONS).get("mentions", viewer.id)
    if person_id != viewer.id:
        viewer.demand(Role.ADMIN)

    def read(connection: Any, before: int | None, limit: int) -> Any:
        return threads.mentioning(connection, person_id, before, limit)

    return listing.paged(read, first=None, also=("mentions",), shown=masking.masking(View.COMMENT))


@blueprint.route(HERE)
@blueprint.response(200, CommentOut)
def get_comment(comment_id: Any) -> Response:
    """Get one comment. Needs a token."""
    viewer = context.demand_caller()
    with context.database().reading() as connection:
        return context.one_thing(threads.get(connection, str(comment_id), viewer))


@blueprint.route(HERE, methods=["PATCH"])
@does(comments.edit)
@blueprint.doc(**patched_with(CommentChangesIn))
@blueprint.response(200, CommentOut)
def edit_comment(comment_id: Any) -> Response:
    """Edit the text and the mentions of your own comment by a merge patch."""
    patch = read_object(patched)

    def work(session: Any, actor: Any) -> Answer:
        return _changed(comments.edit(session, actor, str(comment_id), patch=patch, seen=preconditions.seen()))

    return context.perform(comments.edit, work)


@blueprint.route(f"{HERE}/history")
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(RevisionOut))
def get_comment_history(comment_id: Any) -> Response:
    """List a comment's revisions, oldest first. Needs a token."""
    viewer = context.demand_caller()

    def read(connection: Any, after: int, limit: int) -> Any:
        threads.get(connection, str(comment_id), viewer)  # is it there, and not hidden?
        return revisions.of_subject(connection, SubjectKind.COMMENT, str(comment_id), after, limit)

    return listing.paged(read, first=0, shown=masking.masking(View.REVISION))


@blueprint.route(f"{HERE}/withdrawal", methods=["POST"])
@does(comments.withdraw)
@blueprint.arguments(CommentWithdrawalIn)
@blueprint.response(200, CommentOut)
def withdraw_comment(body: dict[str, Any], comment_id: Any) -> Response:
    """Withdraw a comment: its author may, and admins. Its place in the thread and its history stay."""

    def work(session: Any, actor: Any) -> Answer:
        seen = preconditions.seen_if_given()
        return _changed(comments.withdraw(session, actor, str(comment_id), **body, seen=seen))

    return context.perform(comments.withdraw, work)


@blueprint.route(f"{HERE}/redaction", methods=["POST"])
@does(redactions.redact)
@blueprint.arguments(RedactionIn)
@blueprint.response(204)
def redact_comment(body: dict[str, Any], comment_id: Any) -> Response:
    """Remove the text of a comment everywhere. Its place stays, the log records it, and proofs remain valid."""
    return redacted(redactions.redact, comment_id, body=body)


def _added(body: dict[str, Any], **about: Any) -> Response:
    def work(session: Any, actor: Any) -> Answer:
        comment = comments.add(session, actor, **about, **body)
        return context.made(comment["links"]["self"], comment)

    return context.perform(comments.add, work)


def _changed(comment: dict[str, Any]) -> Answer:
    document = documents.dumped(comment)
    etag = documents.etag_of(document)
    return Answer(200, {"ETag": f'"{etag}"'}, document, claim_id=comment["claim_id"])
