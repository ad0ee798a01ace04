"""The search index, for requests: how fresh it is, and where what it finds is read."""

from flask import current_app

from factcheck.followers.embeddings.meanings import Meanings
from factcheck.followers.search.following import SearchFollowing
from factcheck.followers.search.views import View
from factcheck.rules.text.queries import Query
from factcheck.storage.engine.replicas import Reading
from factcheck.web import context


def view() -> View:
    """Return the search index once it has reached the log's end, with the entry up to which it is true.

    Raises Unavailable where there is none.
    """
    following: SearchFollowing = current_app.extensions["factcheck.followers"]["search"]
    return following.view()


def view_now() -> View:
    """Return the search index as it is, without waiting for it. Raises Unavailable where there is none."""
    following: SearchFollowing = current_app.extensions["factcheck.followers"]["search"]
    return following.view_now()


def meanings() -> Meanings | None:
    """Return the sentence model, where one is set."""
    found: Meanings | None = current_app.extensions["factcheck.meanings"]
    return found


def view_for(q: Query | None) -> View | None:
    """Return the search index where something is searched for."""
    return None if q is None else view()


def reading(index: View | None) -> Reading:
    """Return a context manager for reading: what was searched for is read where the index reads it, on the primary."""
    found = context.database()
    return (found if index is None else found.without_replica()).reading()
