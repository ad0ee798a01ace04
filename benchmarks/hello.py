"""The limits that ratios are given against: the smallest Flask view, and one that reads a page by the naked driver."""

import os
from typing import Any

from flask import Flask, Response

PAGE = (
    "SELECT document FROM claims WHERE status = {0} AND withdrawn_at IS NULL"
    " ORDER BY changed_index DESC, seq DESC LIMIT {0}"
)


def application() -> Flask:
    app = Flask("hello")
    app.add_url_rule("/hello", view_func=lambda: "hello")
    app.add_url_rule("/healthz", "healthz", view_func=lambda: "ok")
    if url := os.environ.get("BENCH_DATABASE_URL"):
        app.add_url_rule("/page", "page", view_func=_page_of(url))
    return app


def _page_of(url: str) -> Any:
    """Return a view of 50 claims by status: one connection for each thread, no person, no cursor, no log line."""
    from threading import local

    held = local()

    def rows() -> list[Any]:
        if url.startswith("sqlite"):
            import sqlite3

            if not hasattr(held, "connection"):
                held.connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
            found: list[Any] = held.connection.execute(PAGE.format("?"), ("unverified", 51)).fetchall()
            return found
        import psycopg

        if not hasattr(held, "connection"):
            held.connection = psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True)
        with held.connection.cursor(binary=True) as cursor:
            found = cursor.execute(PAGE.format("%s"), ("unverified", 51), prepare=True).fetchall()
            return found

    def view() -> Response:
        body = b'{"items":[' + b",".join([row[0] for row in rows()[:50]]) + b"]}"
        return Response(body, mimetype="application/json")

    return view
