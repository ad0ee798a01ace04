"""The sources that an import brings without an id of their own, and which source of the desk each of them is.

Asked of the desk for a batch at a time, by indexes: what that costs grows with the batch and not with the desk.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Text, bindparam, cast, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.claim_state.entering import NewThing
from factcheck.desk.claim_state.locks import References
from factcheck.desk.claim_state.new_claims import NewClaim
from factcheck.desk.identity import registered
from factcheck.rules.identity.directory import Directory, Form
from factcheck.rules.identity.identifiers import Identifier, kept, of_source
from factcheck.rules.imports import LineKind
from factcheck.schemas.imports import Record
from factcheck.storage.engine.advisory_locks import AdvisoryLock, take_until_commit
from factcheck.storage.tables.sources import Source, SourceIdentifier

Json = dict[str, Any]
SOME = 1000  # values in one statement


class Speakers:
    """The sources of one batch that may be known, by the ids that they have while they are taken for new.

    `learned` are URLs with identifiers by the sources of the desk that they are added to.
    """

    def __init__(self, records: Sequence[Record], directory: Directory) -> None:
        self.unnamed = [each for each in records if each.kind is LineKind.SOURCE and each.unnamed]
        self.directory = directory
        self.learned: defaultdict[str, list[str]] = defaultdict(list)
        self._forms: dict[str, Form] = {}

    def hold(self, connection: Session | Connection) -> None:
        """Let no other import look for sources until the commit: two that bring one new source would both add it.

        A dry run, on a connection, adds nothing.
        """
        if self.unnamed and isinstance(connection, Session):
            take_until_commit(connection, AdvisoryLock.IMPORT_SOURCES)

    def look_up(self, connection: Session | Connection, known: Collection[str]) -> set[str]:
        """Look up which sources of the desk these may be, but for those `known` by external ids; return their ids."""
        forms = [_form(each.fields) for each in self.unnamed if each.external_id not in known]
        return look_up(connection, forms, self.directory)

    def propose(self, source_id: str, fields: Json) -> None:
        """Take in a source that is new as far as its external id says."""
        self._forms[source_id] = _form(fields)

    def recognise(self, line: Record, thing: NewThing | NewClaim, new: Mapping[str, NewThing]) -> str | None:
        """Return the source that a new one is beyond doubt, and give that one its identifiers; None if it is new."""
        form = self._forms.get(thing.id)
        if form is None:
            return None
        found = self.directory.find(form) if line.unnamed else None
        if found is None:
            self.directory.add(thing.id, form)
            return None
        urls = _urls_with(line.fields, self.directory.learn(found, form))
        if found in new:
            new[found].fields["same_as"] = [*new[found].fields["same_as"], *urls][: registered.MOST]
        elif urls:
            self.learned[found] += urls
        return found

    def may_be(self, source_id: str | None, there: str | None) -> bool:
        """Say whether a source that is taken for new may be one that is there."""
        form = self._forms.get(source_id or "")
        return form is not None and there is not None and self.directory.may_be(form, there)

    def as_there(self, claim: NewClaim, stands: Json, refs: References) -> References:
        """Return how the sources of a claim are shown, new ones as those of the claim's JSON that they may be."""
        steps = [*stands["attribution"]["chain"], *stands["evidence"]]
        there = [ref for step in steps for name in _REFERRED if (ref := step.get(name)) is not None]
        named = {each: refs[each] for each in claim.names() if each in refs}
        for each in named.keys() & self._forms.keys():
            named[each] = next((ref for ref in there if self.may_be(each, ref["id"])), named[each])
        return named


_REFERRED = ("source", "on_behalf_of", "origin")


def _form(fields: Json) -> Form:
    return Form(fields["name"], fields["kind"], of_source(fields["kind"], fields["same_as"]))


def _urls_with(fields: Json, identifiers: Collection[Identifier]) -> list[str]:
    """Return the URLs of a source that hold these identifiers, one for each."""
    found: dict[Identifier, str] = {}
    for url in fields["same_as"]:
        for each in of_source(fields["kind"], [url]) & set(identifiers):
            found.setdefault(each, url)
    return list(dict.fromkeys(found.values()))


def look_up(connection: Session | Connection, forms: Collection[Form], directory: Directory) -> set[str]:
    """Take into `directory` the sources of the desk that these can be, and return their ids.

    Of many sources with one name and kind, two are taken in: which of them is meant is in doubt.
    """
    groups: set[str] = set()
    for names in _some(form.name for form in forms):
        for row in connection.execute(_CALLED, {"names": names}):
            groups.update((row.first, row.last))
    for identifiers in _some(kept(each) for form in forms for each in form.identifiers):
        groups.update(connection.execute(_IDENTIFIED, {"identifiers": identifiers}).scalars())
    found = set()
    for ids in _some(groups):
        for row in connection.execute(_GROUPS, {"ids": ids}):
            found.add(row.id)
            directory.call(row.id, row.canonical_id, row.name, row.kind)
            for each in of_source(row.kind, row.same_as):
                directory.identify(row.id, row.canonical_id, each)
    return found


def _some(values: Iterable[str]) -> Iterator[list[str]]:
    """Yield each value once, in lists that are short enough for a statement."""
    listed = sorted(set(values))
    return (listed[at : at + SOME] for at in range(0, len(listed), SOME))


_SHOWN = cast(Source.canonical_id, Text)  # PostgreSQL has no smallest UUID
_CALLED: Any = (
    select(func.min(_SHOWN).label("first"), func.max(_SHOWN).label("last"))
    .where(Source.name.in_(bindparam("names", expanding=True)), Source.redacted_index.is_(None))
    .group_by(Source.name, Source.kind)
)
_IDENTIFIED: Any = (
    select(Source.canonical_id)
    .join(SourceIdentifier, SourceIdentifier.source_id == Source.id)
    .where(SourceIdentifier.identifier.in_(bindparam("identifiers", expanding=True)))
)
_GROUPS: Any = (
    select(Source.id, Source.canonical_id, Source.name, Source.kind, Source.same_as)
    .where(Source.canonical_id.in_(bindparam("ids", expanding=True)), Source.redacted_index.is_(None))
    .order_by(Source.seq)
)
