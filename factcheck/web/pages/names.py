"""Sources by the names that are typed into forms: known ones, one of several namesakes, or new ones.

A field `source` comes with `source_id`, the one that was chosen of several, and with the kind that a new source is to
have. Whatever form a name is typed into, it becomes an id in the same way.
"""

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk import claims, sources
from factcheck.errors import Flaw, Invalid
from factcheck.followers.search import similar_sources
from factcheck.followers.search.views import View
from factcheck.log.actors import Actor
from factcheck.messages import message, plural
from factcheck.queries.sources import namesakes
from factcheck.rules.names.comparing import Reason
from factcheck.rules.names.sources import DOUBTFUL, known
from factcheck.rules.text.words import fold
from factcheck.schemas.base import is_id, load
from factcheck.schemas.sources import SourceIn
from factcheck.web import searching
from factcheck.web.pages.labels import REASONS
from factcheck.web.speaking.languages import said

Json = dict[str, Any]
LONGEST = 700  # code points of a name with what tells it apart; a name alone has 300
PARENTHESES = 5  # tried as the beginning of what tells a name apart
NEW = "new"  # chosen instead of one of several namesakes
PENDING = "00000000-0000-0000-0000-000000000000"  # stands for a source until the names are settled
UNKNOWN = "unknown_source"  # the rule that a name of no source is against
SIMILAR = "similar_source"  # the rule that a new name is against which may be that of a source on the desk
CHOICES = 5  # sources of another name that a form offers


class Names:
    """The names of one form. Resolve each, then `settle` them: that is when new sources are made."""

    def __init__(self, session: Session, actor: Actor) -> None:
        self.session, self.actor = session, actor
        self.flaws: list[Flaw] = []
        self.held: list[str | None] = []
        self._new: list[tuple[Json, str, str, str]] = []

    def resolve(
        self, fields: Json, name: str, *, at: str = "", target: str = "", kind: str = "", makes: bool = True
    ) -> None:
        """Put the id of the source that is typed in the field `name` in its place.

        `at` is the pointer of the fields, `target` the name that the API has for the id (`name` with `_id`), `kind`
        the field with the kind of a new source (`name` with `_kind`).
        """
        typed, chosen = fields.pop(name, None), fields.pop(f"{name}_id", None)
        wanted, target = fields.pop(kind or f"{name}_kind", None), target or f"{name}_id"
        if typed is None:
            return
        if len(str(typed)) > LONGEST:
            self.flaws.append(Flaw(message("Longer than maximum length {max}.", max=300), pointer=f"{at}/{name}"))
            fields[target] = PENDING
            return
        connection = self.session.connection()
        found = _called(connection, searching.view(), str(typed))
        ids = [source["id"] for source in found]
        if is_id(chosen) and chosen in ids:
            ids, wanted = [chosen], None
        similar = [] if found or chosen == NEW or not (wanted and makes) else _similar(connection, str(typed), wanted)
        if is_id(chosen) and chosen in [each["id"] for each in similar]:
            fields[target] = chosen
            self.held.append(chosen)
        elif similar:  # the same person, perhaps, in other letters or with a typing error
            detail = message("“{name}” may be a source of another name.", name=typed)
            self.flaws.append(Flaw(detail, pointer=f"{at}/{name}", rule=SIMILAR, candidates=_choices(similar)))
            fields[target] = PENDING
        elif wanted and makes and (not ids or chosen == NEW):
            self._new.append((fields, target, str(typed), str(wanted)))
            fields[target] = PENDING
        elif len(ids) == 1 and not (wanted and makes):
            fields[target] = ids[0]
            self.held.append(ids[0])
        else:  # nobody has this name, or several, or one that is said to be new
            told = namesakes.with_latest_claims(connection, found)
            self.flaws.append(_flaw(str(typed), told, f"{at}/{name}", makes=makes))
            fields[target] = PENDING

    def settle(
        self, check: Callable[[], object], *, article_id: str | None = None, claim_id: str | None = None
    ) -> None:
        """Make the new sources, once `check` has found nothing wrong with the rest of the form.

        Raises Invalid for names that are not clear, together with what is wrong with the rest. The locks of the article
        and the claim that the action needs are taken first: see `locks`.
        """
        try:
            check()
        except Invalid as error:
            raise Invalid(error.detail, flaws=[*self.flaws, *error.flaws]) from error
        if self.flaws:
            raise Invalid(message("Some sources are not clear."), flaws=self.flaws)
        if self._new:
            claims.lock_ahead(self.session, self.held, article_id=article_id, claim_id=claim_id)
        made: dict[str, str] = {}
        for fields, target, typed, kind in self._new:
            same = fold(typed.strip())  # the same name twice in a form is one source
            if same not in made:
                source = load(SourceIn(), {"name": typed.strip(), "kind": kind})
                made[same] = sources.add(self.session, self.actor, **source)["id"]
            fields[target] = made[same]


def offered(connection: Connection, view: View, typed: str, limit: int) -> list[tuple[str, str]]:
    """Return what completes a name: each source as it can be typed, and what is known of it."""
    found = namesakes.beginning_with(connection, view, typed, limit)
    found = namesakes.with_latest_claims(connection, found)
    called = namesakes.told_apart(found, said)
    return [(called[source["id"]], "; ".join(_known(source))) for source in found]


def alike(connection: Connection, view: View, typed: str) -> list[tuple[str, str]]:
    """Return the sources that a name may mean without being theirs: each as it can be typed, and why."""
    found = similar_sources.alike(connection, view, known(typed, ()), CHOICES)
    likely = [each for each in found if each.score >= DOUBTFUL and Reason.SAME_NAME not in each.because]
    shown = namesakes.with_latest_claims(connection, [each.source for each in likely])
    called = namesakes.told_apart(shown, said)
    return [
        (called[source["id"]], ", ".join(said(REASONS[why]) for why in each.because))
        for each, source in zip(likely, shown, strict=True)
    ]


def _called(connection: Connection, view: View, typed: str) -> list[Json]:
    """Return the sources of this name, or the one of its namesakes that was chosen from the list: “Name (person)”."""
    found = namesakes.named(connection, view, typed)
    if found:
        return found
    for parenthesis in list(re.finditer(r" \(", typed))[:PARENTHESES]:
        if alike := namesakes.named(connection, view, typed[: parenthesis.start()]):
            called = namesakes.told_apart(namesakes.with_latest_claims(connection, alike), said)
            return [source for source in alike if called[source["id"]] == typed.strip()] or alike
    return []


def _similar(connection: Connection, typed: str, kind: str) -> list[Json]:
    """Return the sources that a name may mean though none has it, with their latest claims."""
    view = searching.view()
    asked = known(typed, (), kind)
    found = similar_sources.alike(connection, view, asked, CHOICES)
    likely = [each.source for each in found if each.score >= DOUBTFUL]
    return namesakes.with_latest_claims(connection, likely) if likely else []


def _choices(found: list[Json]) -> tuple[Json, ...]:
    return tuple({"id": source["id"], "name": source["name"], "known": _known(source)} for source in found)


def _known(source: Json) -> list[str]:
    return [said(each) for each in namesakes.known_of(source)]


def _flaw(typed: str, found: list[Json], pointer: str, *, makes: bool) -> Flaw:
    if found:
        detail = plural(
            "{count} source has the name “{name}”.", "{count} sources have the name “{name}”.", len(found), name=typed
        )
        return Flaw(detail, pointer=pointer, candidates=_choices(found))
    if makes:
        detail = message("No source has the name “{name}”. To create it, choose what it is.", name=typed)
        return Flaw(detail, pointer=pointer, rule=UNKNOWN)
    return Flaw(message("No source has the name “{name}”. Choose one from the list.", name=typed), pointer=pointer)
