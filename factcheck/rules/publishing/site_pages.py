"""What a house says of itself on its public site: how it works, who it is, who pays for it, how it corrects."""

from enum import StrEnum

LONGEST = 50_000  # code points of a text


class SitePageName(StrEnum):
    """The pages that the codes of the field ask for; each is at the path of its name."""

    METHODOLOGY = "methodology"
    ABOUT = "about"
    FUNDING = "funding"
    CORRECTIONS_POLICY = "corrections-policy"
