"""The limit that ratios are given against: the smallest Flask view."""

from flask import Flask


def application() -> Flask:
    app = Flask("hello")
    app.add_url_rule("/hello", view_func=lambda: "hello")
    app.add_url_rule("/healthz", "healthz", view_func=lambda: "ok")
    return app
