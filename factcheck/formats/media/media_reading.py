"""Read a MediaReview of another desk: of which media it is, what was claimed with it, and what it was rated."""

from typing import Any

from factcheck.errors import Flaw, Invalid
from factcheck.formats.linked_data import CLAIM_TEXT, Node
from factcheck.formats.review_reading import CLAIM, Agent, Review, at_most, digest, said
from factcheck.messages import message
from factcheck.rules.media.kinds import ArticleKind

# By how schema.org's types of media begin: a VideoObjectSnapshot is a VideoObject at one moment.
_KINDS = {
    "VideoObject": ArticleKind.VIDEO,
    "Clip": ArticleKind.VIDEO,
    "ImageObject": ArticleKind.IMAGE,
    "Photograph": ArticleKind.IMAGE,
    "AudioObject": ArticleKind.SPEECH,
}
_ADDRESSES = ("contentUrl", "url", "accessedOnUrl", "embedUrl")
_WORDS = ("transcript", "caption", "articleBody", "text", "description")
_WRITTEN = "The media at {address} was not changed, and it is shown for what it is."


class MediaReview(Review):
    """One MediaReview. `items` are what was claimed with the media, `media` where the media appears."""

    def _items(self, given: Any) -> list[Node]:
        """Return the claims; what stands in `itemReviewed` may be the media itself."""
        self.reviewed = list(self.reading.objects(self.node.get("itemReviewed")))
        appearances = [list(self.reading.objects(each.get("mediaItemAppearance"))) for each in self.reviewed]
        self.media = [
            node for each, found in zip(self.reviewed, appearances, strict=True) for node in (found or [each])
        ]
        self.places = list(dict.fromkeys(address for each in self.media for address in self.places_of(each)))
        return [node for each in self.reviewed for node in self.reading.objects(each.get("interpretedAsClaim"))]

    def _claim(self, given: Any) -> str:
        """Return what was claimed. Where the review does not say it, that is what a MediaReview is about at all."""
        claims = [text for each in self.reviewed for text in self._claimed(each.get("interpretedAsClaim"))]
        for other in self.reading.objects(self.node.get("associatedClaimReview")):
            if not claims:
                claims = self._claimed(other.get("claimReviewed"))
        claims = list(dict.fromkeys(claims or self._claimed(given)))
        pointer = "/itemReviewed/interpretedAsClaim"
        if not claims and self.places:
            claims = [_WRITTEN.format(address=self.places[0])]
            self.reading.tell(message("Is not given: the claim says what the review is about."), pointer)
        if len(claims) != 1:
            told = message("Is several claims, and must be one.")
            if not claims:
                told = message("Is needed, or the URL of the media.")
            refused = message("The review does not say of which claim or media it is.")
            raise Invalid(refused, flaws=[Flaw(told, pointer=pointer)])
        return at_most(claims[0], CLAIM, pointer)

    def _claimed(self, value: Any) -> list[str]:
        return self.reading.texts(value, CLAIM_TEXT)

    def _made_by(self) -> list[Agent]:
        """Return who made the claim; where the review does not say it, whose media it is."""
        pointer = "/itemReviewed/creator"
        made = [self.agents(each.get("author"), "/itemReviewed/interpretedAsClaim/author") for each in self.items]
        self.creators = list(
            dict.fromkeys(
                agent
                for each in (*self.reviewed, *self.media)
                for name in ("creator", "author")
                for agent in self.agents(each.get(name), pointer)
            )
        )
        return list(dict.fromkeys(agent for agents in made for agent in agents)) or self.creators

    def _names(self) -> tuple[str, str, str]:
        """Return the names as of any review: another medium is another claim, and another article."""
        name, page, former = super()._names()
        return digest([name, self.places]), digest([page, self.places]), former

    def verdict(self) -> tuple[list[str], list[str]]:
        """Return the lines of a note with the rating as it was given, and what explains it."""
        categories = self.texts(self.node.get("mediaAuthenticityCategory"))
        explained = self.texts(self.node.get("originalMediaContextDescription"))
        return said("Rating of the media", [each.rpartition("/")[2] for each in categories]), explained

    def places_of(self, node: Node) -> list[str]:
        """Return the addresses of one medium that may be links, those of the media itself first."""
        given = [node.get(name) for name in _ADDRESSES]
        found = self.addresses("/itemReviewed/mediaItemAppearance", *given)
        return list(dict.fromkeys([*found, *self.links(node.get("@id"))]))

    def words_of(self, node: Node) -> list[str]:
        """Return the words that are in the media or are shown with it, its transcript first."""
        return list(dict.fromkeys(text for name in _WORDS for text in self.texts(node.get(name))))

    def kind(self) -> ArticleKind:
        """Return what kind of article the media is. What says nothing of itself was posted somewhere."""
        for each in self.media:
            for name in each.types():
                for begins, kind in _KINDS.items():
                    if name.startswith(begins):
                        return kind
        return ArticleKind.POST
