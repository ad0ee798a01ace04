"""The public site: what readers see, without a login and the same for everybody. It looks at no cookie and no token."""

from factcheck.web.site import (
    claims,
    corrections,
    data,
    feeds,
    house,
    machines,
    reports,
    requests,
    search,
    sources,
    theme,
)

BLUEPRINTS = (
    reports.blueprint,
    claims.blueprint,
    sources.blueprint,
    corrections.blueprint,
    requests.blueprint,
    feeds.blueprint,
    machines.blueprint,
    search.blueprint,
    theme.blueprint,
    house.blueprint,
    data.blueprint,
)
UNGUARDED = (requests.send,)  # readers have no session, so no token against forgery
