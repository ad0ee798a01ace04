"""The public site: what readers see, without a login and the same for everybody. It looks at no cookie and no token."""

from factcheck.web.site import claims, corrections, feeds, house, machines, reports, search, theme

BLUEPRINTS = (
    reports.blueprint,
    claims.blueprint,
    corrections.blueprint,
    feeds.blueprint,
    machines.blueprint,
    search.blueprint,
    theme.blueprint,
    house.blueprint,
)
