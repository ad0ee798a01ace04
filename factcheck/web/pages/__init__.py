"""The HTML door: the review desk, for people with a browser. One file per noun, and no deed that the API has not."""

from factcheck.web.pages import articles, claims, home, queue, sessions, sources

BLUEPRINTS = (
    home.blueprint,
    sessions.blueprint,
    queue.blueprint,
    articles.blueprint,
    claims.blueprint,
    sources.blueprint,
)
LOGINS = ("sessions.by_link", "sessions.by_token")  # where somebody could guess
