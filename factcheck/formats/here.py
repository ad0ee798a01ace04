"""The desk as other formats name it: who publishes, and where."""

from typing import NamedTuple
from urllib.parse import urlsplit


class Here(NamedTuple):
    """`name` is the publisher's; `base` the address at which it is read, without a slash at the end.

    `site`: claims are named by their addresses on the public site, which everybody can open.
    """

    name: str
    base: str
    site: bool = False

    def claim(self, claim_id: str) -> str:
        return self.page(claim_id) if self.site else f"{self.base}/v1/claims/{claim_id}"

    def page(self, claim_id: str) -> str:
        return f"{self.base}/c/{claim_id}" if self.site else f"{self.base}/claims/{claim_id}"

    def report(self, report_id: str) -> str:
        return f"{self.base}/r/{report_id}"

    def home(self) -> str:
        return f"{self.base}/r" if self.site else f"{self.base}/"

    def source(self, source_id: str) -> str:
        return f"{self.base}/v1/sources/{source_id}"

    def article(self, article_id: str) -> str:
        return f"{self.base}/v1/articles/{article_id}"

    def snapshot(self, article_id: str, number: int) -> str:
        return f"{self.article(article_id)}/snapshots/{number}"

    def person(self, person_id: str) -> str:
        return f"urn:uuid:{person_id}"


def name_of(desk_name: str, base_url: str) -> str:
    """Return the publisher's name: the one that was set, else the host of the desk's address."""
    return desk_name or urlsplit(base_url).hostname or "factcheck"


def of_site(desk_name: str, base_url: str) -> Here:
    """Return the desk as its public site names it, by what was set."""
    return Here(name_of(desk_name, base_url), base_url, site=True)
