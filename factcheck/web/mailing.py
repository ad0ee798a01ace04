"""Mail that a request has sent: login links."""

from flask import request

from factcheck.desk.access import answers
from factcheck.desk.team import profiles
from factcheck.errors import Clash, MailUnavailable
from factcheck.mailing.letters import Letters
from factcheck.messages import message
from factcheck.outbound.mail import Failure, NotSent, Post
from factcheck.web import context

TIMEOUT = 8.0  # seconds for each answer of the server: somebody waits


def sends() -> bool:
    """Say whether this desk sends mail."""
    return _post() is not None


def demand_address(person_id: str) -> tuple[str, str | None]:
    """Return a person's address, and the language in which they are written to.

    Raises Clash where the desk sends no mail and for somebody without an address, Forbidden and NotFound.
    """
    if not sends():
        raise Clash(message("This desk sends no mail. Whoever runs it can set FACTCHECK_SMTP_URL."))
    with context.database().reading_primary() as connection:
        person = profiles.get(connection, context.demand_caller(), person_id)
    if person["email"] is None:
        raise Clash(message("This person has no e-mail address."))
    return person["email"], person["language"]


def send_login_link(to: tuple[str, str | None], secret: str, form_key: str | None = None) -> None:
    """Mail a login link, after the transaction that made it. Raises Clash where the server refuses the address, and
    MailUnavailable; then the answer that was kept is forgotten, because a repeat would say that the link was mailed.
    """
    post = _post()
    assert post is not None  # `demand_address` was asked before
    key = form_key or request.headers.get("Idempotency-Key")
    try:
        with post:
            post.send(Letters.of(context.settings()).login_link(*to, secret))
    except NotSent as error:
        _forget_answer(key)
        if error.failure is Failure.REFUSED:
            raise Clash(message("The mail server refuses to send to this person's address.")) from error
        raise MailUnavailable(message("The mail server did not take the mail. Try again later.")) from error
    except Exception:
        _forget_answer(key)
        raise


def _forget_answer(key: str | None) -> None:
    if key is not None:
        with context.database().writing() as transaction:
            answers.forget(transaction, answers.Key(context.demand_caller().id, request.path, key, b""))


def _post() -> Post | None:
    """Return a way of its own to the mail server: each request has its own connection."""
    return Post.of(context.settings(), TIMEOUT)
