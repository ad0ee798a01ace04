"""The blueprints of the API, in the order in which its documentation has them."""

from factcheck.web.api import (
    agreement,
    annotations,
    articles,
    audit,
    changes,
    claims,
    duplicates,
    evidence,
    feeds,
    formats,
    imports,
    labels,
    matching,
    proofs,
    relations,
    reviews,
    second_opinions,
    sources,
    webhooks,
)
from factcheck.web.api.capturing import captures, inbox
from factcheck.web.api.google import search as google
from factcheck.web.api.identity import relations as source_relations
from factcheck.web.api.team import accounts, assignments, comments, desk, notifications, people, statistics, tokens
from factcheck.web.reconcile import routes as reconcile

BLUEPRINTS = (
    claims.blueprint,
    formats.blueprint,
    feeds.blueprint,
    matching.blueprint,
    duplicates.blueprint,
    reviews.blueprint,
    evidence.blueprint,
    relations.blueprint,
    articles.blueprint,
    captures.blueprint,
    inbox.blueprint,
    annotations.blueprint,
    sources.blueprint,
    source_relations.blueprint,
    imports.blueprint,
    audit.blueprint,
    changes.blueprint,
    second_opinions.blueprint,
    agreement.blueprint,
    labels.blueprint,
    statistics.blueprint,
    assignments.blueprint,
    comments.blueprint,
    notifications.blueprint,
    webhooks.blueprint,
    people.blueprint,
    tokens.blueprint,
    accounts.blueprint,
    desk.blueprint,
    proofs.blueprint,
    google.blueprint,
    reconcile.blueprint,
)
