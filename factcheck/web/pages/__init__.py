"""The HTML door: the review desk, for people with a browser. One file per noun, and no action that the API lacks."""

from factcheck.web.pages import (
    articles,
    audit,
    claims,
    evidence,
    home,
    provider_login,
    queue,
    relations,
    sessions,
    snapshots,
    sources,
    webhooks,
)
from factcheck.web.pages.capturing import captures, handovers, images, inbox, new_articles, occurrences, watches
from factcheck.web.pages.finding import find, palette, reuse, similar
from factcheck.web.pages.identity import relations as source_relations
from factcheck.web.pages.pairs import duplicates, source_pairs
from factcheck.web.pages.publishing import correction_requests, rating_scales, reports, site_pages
from factcheck.web.pages.team import (
    comments,
    filters,
    mail,
    notifications,
    people,
    person,
    settings,
    statistics,
    tour,
    work,
)

BLUEPRINTS = (
    home.blueprint,
    sessions.blueprint,
    provider_login.blueprint,
    queue.blueprint,
    articles.blueprint,
    new_articles.blueprint,
    captures.blueprint,
    images.blueprint,
    handovers.blueprint,
    snapshots.blueprint,
    watches.blueprint,
    inbox.blueprint,
    claims.blueprint,
    evidence.blueprint,
    occurrences.blueprint,
    relations.blueprint,
    duplicates.blueprint,
    similar.blueprint,
    find.blueprint,
    reuse.blueprint,
    palette.blueprint,
    source_pairs.blueprint,
    sources.blueprint,
    source_relations.blueprint,
    audit.blueprint,
    reports.blueprint,
    rating_scales.blueprint,
    site_pages.blueprint,
    correction_requests.blueprint,
    webhooks.blueprint,
    people.blueprint,
    person.blueprint,
    settings.blueprint,
    work.blueprint,
    tour.blueprint,
    statistics.blueprint,
    comments.blueprint,
    notifications.blueprint,
    filters.blueprint,
    mail.blueprint,
    mail.unsubscribing,
)
UNGUARDED = (mail.unsubscribing,)  # forms without a token against forgery
LOGINS = ("sessions.by_link", "sessions.by_token")  # where somebody could guess
