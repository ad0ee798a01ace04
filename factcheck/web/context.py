"""This request: the database, the caller, the version that the caller has seen, and the answer's form."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, cast

from flask import Response, current_app, g, request, session
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session
from werkzeug.datastructures import Headers
from werkzeug.http import parse_etags

from factcheck.desk.access import answers, tokens
from factcheck.desk.access.answers import Answer
from factcheck.desk.access.callers import Callers, Credential, digest, identify_for_writing
from factcheck.desk.claim_state import documents
from factcheck.errors import FactcheckError, Unauthenticated, Unreadable
from factcheck.followers.progress import AsOf
from factcheck.followers.reading import reading
from factcheck.formats.here import Here, name_of
from factcheck.log import revisions
from factcheck.log.actors import Action, Actor
from factcheck.messages import message
from factcheck.settings import Settings
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.people import BrowserSession, Token
from factcheck.web import preconditions, queries
from factcheck.web.descriptions import description_of

JSON = "application/json"
NEGOTIATES = "factcheck.negotiates"  # is there when the path answers in several forms
MOST = 100  # parameters of a query
SAFE = ("GET", "HEAD", "OPTIONS")
NO_TOKEN = message("Send the header Authorization: Bearer fck_…")
NO_GOOD_TOKEN = message("This token is not valid: it was revoked, has expired, or never existed.")
API = ("/v1", "/reconcile")  # how the paths begin that programs use: with tokens, and never with the cookie to write
_KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")


def database() -> Database:
    """Return the database. Whoever works at the review desk decides on what they see, and sees it as it is now."""
    found: Database = current_app.extensions["factcheck.database"]
    return found.without_replica() if found.replicated and _at_the_desk() else found


def _at_the_desk() -> bool:
    # To look at the session makes an answer depend on the cookie: not what everybody may keep for ever.
    return not (request.path.startswith((*API, "/log/")) or is_for_readers()) and "secret" in session


def is_for_readers() -> bool:
    """Say whether this request is for the public site, whose blueprints are named so (`web/site/answers.py`)."""
    return (request.blueprint or "").startswith("site_")


def reading_audit() -> AbstractContextManager[tuple[Connection, AsOf]]:
    """Wait until the audit has reached the log's end; yield a connection to read it, and up to which entry it is true.

    Everything of an answer that depends on the audit is read on this connection.
    """
    return reading_derived("audit")


def reading_derived(follower: str) -> AbstractContextManager[tuple[Connection, AsOf]]:
    """Wait until a follower has reached the log's end, as `reading_audit` does for the audit."""
    return reading(database(), current_app.extensions["factcheck.followers"][follower])


def settings() -> Settings:
    return cast(Settings, current_app.extensions["factcheck.settings"])


def here() -> Here:
    """Return the desk as other formats name it, by absolute addresses: feed readers and search engines need them.

    Where no address is set, it is the one that this client used: what a path would be taken for, read at the address
    that it came from. The name never depends on it.
    """
    base = settings().base_url
    return Here(name_of(settings().desk_name, base), base or f"{request.scheme}://{request.host.lower()}")


def credential() -> Credential | None:
    """Return how the caller shows who they are. Raises Unauthenticated when the header is of another form.

    The browser's cookie counts for reading alone: no other site can make it write.
    """
    if (header := request.environ.get("HTTP_AUTHORIZATION")) is not None:
        return bearer(header)
    secret = session.get("secret") if request.method in SAFE or not request.path.startswith(API) else None
    return Credential(BrowserSession, digest(secret)) if secret else None


def bearer(header: str) -> Credential:
    """Return the token that an Authorization header shows. Raises Unauthenticated when it is of another form."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.startswith(tokens.MARK) or not token.isascii():
        raise Unauthenticated(NO_TOKEN)
    return Credential(Token, digest(token.strip()))


def caller() -> Actor | None:
    """Return who asks, None for anybody. One query, once per request; none for a token seen a moment ago.

    Raises Unauthenticated for a token that is not good; a cookie that is not good any more is nobody's.
    """
    if "caller" not in g:
        g.caller = None
        shown = credential()
        if shown is not None:
            callers: Callers = current_app.extensions["factcheck.callers"]
            g.caller = callers.recall(shown)
            if g.caller is None:
                # Revoking a token is in the log, by which a replica is measured; ending a browser's session is not.
                with database().reading_primary(or_replica=shown.kind is Token) as connection:
                    g.caller = callers.identify(connection, shown)
            if g.caller is None and shown.kind is Token:
                raise Unauthenticated(NO_GOOD_TOKEN)
    return cast("Actor | None", g.caller)


def known_caller() -> Actor | None:
    """Return the caller, nobody when that cannot be found out: a page of an error must not fail at asking."""
    try:
        return caller()
    except FactcheckError:
        return None


def admit() -> None:
    """Let in whoever may read; writing needs a caller. Raises Unauthenticated."""
    method = request.method
    if method == "OPTIONS":
        return
    if caller() is None and not (settings().public_read and method in SAFE):
        raise Unauthenticated(NO_TOKEN)
    refuse_parameters()


def refuse_parameters() -> None:
    """Refuse a query at a path that takes none."""
    if not request.query_string:
        return
    view = current_app.view_functions.get(request.endpoint or "")
    if "parameters" not in description_of(view):
        queries.read()  # this path takes none


def demand_caller() -> Actor:
    if (found := caller()) is None:
        raise Unauthenticated(NO_TOKEN)
    return found


def perform(
    action: Action[..., Any],
    work: Callable[[Session, Actor], Answer],
    *,
    form: tuple[str, bytes] | None = None,
    long: bool = False,
) -> Response:
    """Do an action in a writing transaction, as whoever the caller is inside it, and give its answer.

    With an Idempotency-Key the answer is kept, and given again to the same request. A `form` brings its key and what
    was sent with it: its body was read already. Nobody who was there before waits for an action that is `long`.
    """
    key, sent = form or (_idempotency_key(), b"")
    with acting(action, long=long) as (transaction, actor):
        if key is None:
            return _sent(_done(work, transaction, actor))
        whole = answers.Key(actor.id, request.path, key, hashlib.sha256(sent or request.get_data()).digest())
        answer = answers.recall(transaction, whole)
        if answer is None:
            answer = _done(work, transaction, actor)
            answers.keep(transaction, whole, answer)
            return _sent(answer)
    # It was kept by a commit that may have waited in vain for its standby, and nothing was written here to wait for.
    database().confirm()
    return _sent(answer)


@contextmanager
def acting(action: Action[..., Any], *, long: bool = False) -> Iterator[tuple[Session, Actor]]:
    """Yield a writing transaction and the caller as they are inside it, who may do the action."""
    if (shown := credential()) is None:
        raise Unauthenticated(message("Log in first, or send the header Authorization: Bearer fck_…"))
    with database().writing(long=long) as transaction:
        actor = identify_for_writing(transaction, shown, alone=action.alone)
        actor.demand(action.role)
        yield transaction, actor


def answered_before() -> Response | None:
    """Return the answer that this request got before under its Idempotency-Key, None if it got none."""
    if (key := _idempotency_key()) is None:
        return None
    whole = answers.Key(demand_caller().id, request.path, key, hashlib.sha256(request.get_data()).digest())
    with database().reading_primary() as connection:
        answer = answers.find(connection, whole)
    if answer is None:
        return None
    database().confirm()  # as `perform` does
    return _sent(answer)


def _done(work: Callable[[Session, Actor], Answer], transaction: Session, actor: Actor) -> Answer:
    """Do the work, and add the place in the log of the last entry that it appended, if it appended one."""
    answer = work(transaction, actor)
    preconditions.demand_compared()  # raises inside the transaction, so that nothing was done
    index = revisions.last_index(transaction)
    return answer if index is None else replace(answer, headers={**answer.headers, "Log-Index": str(index)})


def made(location: str, thing: dict[str, Any]) -> Answer:
    """Answer 201 with a new thing."""
    body = documents.dumped(thing)
    return Answer(201, {"Location": location, "ETag": f'"{documents.etag_of(body)}"'}, body)


def changed(body: bytes, etag: str) -> Answer:
    """Answer 200 with a thing as it now is."""
    return Answer(200, {"ETag": f'"{etag}"'}, body)


def one(body: bytes, etag: str, media_type: str = JSON) -> Response:
    """Answer a read of one thing: 200, or 304 when the client has this version already."""
    tag = f'"{etag}"'
    if holds(request.environ, etag):
        response = Response(status=304)
        del response.headers["Content-Type"]
    else:
        response = Response(body, mimetype=media_type)
    response.headers["ETag"] = tag
    return response


def holds(environ: Mapping[str, Any], etag: str) -> bool:
    """Say whether the client has this version already."""
    held = environ.get("HTTP_IF_NONE_MATCH")
    return held is not None and (held == f'"{etag}"' or parse_etags(held).contains_weak(etag))


def looked_up(body: bytes) -> Response:
    """Answer a POST that only reads. Its Idempotency-Key must be well-formed, and is not kept."""
    _idempotency_key()
    preconditions.demand_compared()
    return _sent(Answer(200, {"ETag": f'"{documents.etag_of(body)}"'}, body))


def one_thing(thing: dict[str, Any]) -> Response:
    body = documents.dumped(thing)
    return one(body, documents.etag_of(body))


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None or request.method != "POST":
        return None
    if not _KEY.fullmatch(key):
        raise Unreadable(message("An Idempotency-Key has 1 to 255 visible ASCII characters."))
    return key


class _Written(Response):
    """A response whose headers are as they go out: werkzeug would take addresses apart, and put the same together."""

    def get_wsgi_headers(self, environ: Any) -> Headers:
        return self.headers


def _sent(answer: Answer) -> Response:
    kind = _Written if answer.body else Response
    response = kind(answer.body, answer.status, mimetype=JSON if answer.body else None)
    response.headers.update(answer.headers)
    return response
