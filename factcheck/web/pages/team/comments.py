"""The forms of comments, and the names of people, which they complete."""

from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck.desk import articles
from factcheck.desk.team import comments, threads
from factcheck.errors import Clash, FactcheckError, Flaw, Invalid, Stale
from factcheck.log.actors import Actor
from factcheck.messages import message
from factcheck.rules.names import mentions
from factcheck.schemas.base import is_id, load
from factcheck.schemas.team.comments import ArticleCommentIn, CommentIn, CommentWithdrawalIn
from factcheck.storage.tables.people import Person
from factcheck.web import context
from factcheck.web.pages import articles as article_page
from factcheck.web.pages import claims as claim_page
from factcheck.web.pages import forms
from factcheck.web.pages.layout import admit_known, page, seen_other

blueprint = Blueprint("comments_pages", __name__)
blueprint.before_request(admit_known)
REFUSALS = (Invalid, Stale, Clash)
COMPLETED = 8  # names that are offered
OF_CLAIM, OF_ARTICLE = "/claims/<uuid:claim_id>/comments", "/articles/<uuid:article_id>/comments"
HERE = "/comments/<uuid:comment_id>"


@blueprint.get(OF_CLAIM)
def back_to_claim(claim_id: Any) -> Response:
    return seen_other(f"/claims/{claim_id}#comments")


@blueprint.get(OF_ARTICLE)
def back_to_article(article_id: Any) -> Response:
    return seen_other(f"/articles/{article_id}#comments")


@blueprint.get(HERE)
@blueprint.get(f"{HERE}/withdrawal")
def show(comment_id: Any) -> Response:
    """Lead to a comment on the page of what it is about."""
    with context.database().reading() as connection:
        comment = threads.get(connection, str(comment_id), context.demand_caller())
    return seen_other(_place(comment))


@blueprint.get("/people/names")
def complete() -> Response:
    """Give the names that complete a mention: those of active people that begin like this."""
    begin = mentions.folded(request.args.get("name", "")[: mentions.LONGEST])
    wanted = select(Person.name).where(Person.id.in_(comments.MENTIONABLE), Person.folded_name >= begin)
    wanted = wanted.where(Person.folded_name < begin + "\U0010ffff").order_by(Person.folded_name).limit(COMPLETED)
    with context.database().reading() as connection:
        found = list(connection.execute(wanted).scalars())
    return page("person_options.html", names=found)


@blueprint.post(OF_CLAIM)
def comment_on_claim(claim_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        body = _mentioned(session, forms.body(forms.sent("comment")))
        return _place(comments.add(session, actor, claim_id=str(claim_id), **load(CommentIn(), body)), "commented")

    try:
        return forms.perform(comments.add, work)
    except REFUSALS as error:
        return claim_page.again(claim_id, _part(), error)


@blueprint.post(OF_ARTICLE)
def comment_on_article(article_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        body = _mentioned(session, forms.body(forms.sent("comment")))
        words = body.pop("words", None)
        if words is not None:
            body["quote"] = _place_of(articles.get(session.connection(), str(article_id)), words)
        fields = load(ArticleCommentIn(), body)
        return _place(comments.add(session, actor, article_id=str(article_id), **fields), "commented")

    try:
        return forms.perform(comments.add, work)
    except REFUSALS as error:
        return article_page.again(str(article_id), _part(), error)


@blueprint.post(HERE)
def edit(comment_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        before = threads.get(session.connection(), str(comment_id), actor)
        body = _mentioned(session, forms.body(forms.sent("comment")), before)
        patch = {"text": body.get("text"), "mentions": body["mentions"]}
        return _place(comments.edit(session, actor, str(comment_id), patch=patch, seen=forms.version_seen()), "edited")

    try:
        return forms.perform(comments.edit, work)
    except REFUSALS as error:
        return _again(str(comment_id), f"comment-edit-{comment_id}", error)


@blueprint.post(f"{HERE}/withdrawal")
def withdraw(comment_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        fields = load(CommentWithdrawalIn(), forms.body(forms.sent("comment")))
        return _place(comments.withdraw(session, actor, str(comment_id), **fields), "withdrawn")

    try:
        return forms.perform(comments.withdraw, work)
    except REFUSALS as error:
        return _again(str(comment_id), f"comment-withdraw-{comment_id}", error)


def _again(comment_id: str, part: str, error: FactcheckError) -> Response:
    with context.database().reading_primary() as connection:
        comment = threads.get(connection, comment_id, context.demand_caller())
    if comment["claim_id"] is not None:
        return claim_page.again(comment["claim_id"], part, error)
    return article_page.again(comment["article_id"], part, error)


def _part() -> str:
    """Return which form was sent: that of a new comment, or of a reply."""
    answered = request.form.get("in_reply_to", "")
    return f"comment-reply-{answered.lower()}" if is_id(answered) else "comment"


def _place(comment: dict[str, Any], said: str = "") -> str:
    """Return where a comment stands on the page of what it is about, from it on if its page has many."""
    about = f"/claims/{comment['claim_id']}" if comment["claim_id"] else f"/articles/{comment['article_id']}"
    told = f"&comment={said}" if said else ""
    return f"{about}?comments={comment['in_reply_to'] or comment['id']}{told}#comment-{comment['id']}"


def _mentioned(session: Session, body: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a comment with those whom its text mentions by name. A name that nobody has is a plain word.

    Of one that is edited, those stay whom its text did not name `before`.
    """
    text = str(body.get("text") or "")
    wanted = select(Person.folded_name, Person.id).where(Person.id.in_(comments.MENTIONABLE))
    named = wanted.where(Person.folded_name.in_(sorted(mentions.candidates(text))))
    there = {row.folded_name: row.id for row in session.execute(named)} if "@" in text else {}
    earlier = {mentions.folded(each["name"]): each["id"] for each in before["mentions"]} if before else {}
    written = {name for _, _, name in mentions.places((before or {}).get("text") or "", earlier)}
    found = [(there | earlier)[name] for _, _, name in mentions.places(text, there | earlier)]
    kept = [each for name, each in earlier.items() if name not in written]
    return body | {"mentions": list(dict.fromkeys([*found, *kept]))}


def _place_of(article: dict[str, Any], words: Any) -> dict[str, int]:
    """Return where words are in an article's newest text. Raises Invalid unless they are there once."""
    text, words = article["text"], str(words).strip()
    start = text.find(words)
    flaw = message("These words are not in the article. Copy them exactly.") if start < 0 else None
    if start >= 0 and text.find(words, start + 1) >= 0:
        flaw = message("These words are in the article more than once. Copy a few more of those around them.")
    if flaw is not None:
        raise Invalid(message("The words are not clear."), flaws=[Flaw(flaw, pointer="/words")])
    return {"snapshot": article["number"], "start": start, "end": start + len(words)}
