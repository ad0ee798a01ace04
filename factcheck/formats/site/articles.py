"""A published report as schema.org's Article (https://schema.org/Article), with its corrections."""

from collections.abc import Collection
from typing import Any

from factcheck.formats.here import Here
from factcheck.rules.publishing.site_pages import SitePageName

Json = dict[str, Any]
CONTEXT = "https://schema.org"
POLICIES = {
    "publishingPrinciples": SitePageName.METHODOLOGY,
    "ownershipFundingInfo": SitePageName.FUNDING,
}


def article(report: Json, here: Here, pages: Collection[str] = ()) -> Json:
    """Return the Article of a report, given as `desk/publishing/published.py:one` returns it.

    `pages` are the pages about the house that the site has.
    """
    corrections = [
        {"@type": "CorrectionComment", "text": each["correction"], "dateCreated": each["at"]}
        for each in report["corrections"]
    ]
    return {
        "@context": CONTEXT,
        "@type": "NewsArticle",
        "@id": here.report(report["id"]),
        "url": here.report(report["id"]),
        "headline": report["title"],
        "inLanguage": report["language"],
        "datePublished": report["first_published_at"],
        "dateModified": report["published_at"],
        "version": report["version"],
        **({"description": report["summary"]} if report["summary"] else {}),
        **({"correction": corrections} if corrections else {}),
        "publisher": publisher(here, pages),
        "mainEntityOfPage": here.report(report["id"]),
    }


def publisher(here: Here, pages: Collection[str]) -> Json:
    """Return the desk as the publisher of what it publishes."""
    has_policy = SitePageName.CORRECTIONS_POLICY in pages
    told = {name: f"{here.base}/{page}" for name, page in POLICIES.items() if page in pages}
    return {
        "@type": "NewsMediaOrganization",
        "name": here.name,
        "url": f"{here.base}/r",
        "correctionsPolicy": f"{here.base}/{SitePageName.CORRECTIONS_POLICY if has_policy else 'corrections'}",
        **told,
    }
