"""Which known source a source that an import brings is: by its identifiers, then by its name within its kind.

Only what is beyond doubt is found. It is in doubt which source is meant when several fit, when the one that fits has
another identifier of the same register, or when one of the two is a person and the other is not.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from factcheck.rules.identity.identifiers import REGISTERS, SINGLE, Identifier
from factcheck.rules.sources import SourceKind


@dataclass(frozen=True)
class Form:
    """A source as an import brings it."""

    name: str
    kind: str
    identifiers: frozenset[Identifier] = frozenset()

    @property
    def called(self) -> tuple[str, str]:
        return self.name, self.kind


class Directory:
    """Known sources, each by its id and the id of the one as which it is shown."""

    def __init__(self) -> None:
        self._shown: dict[str, str] = {}
        self._called: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._identified: defaultdict[Identifier, set[str]] = defaultdict(set)
        # Of all that are shown as one.
        self._identifiers: defaultdict[str, set[Identifier]] = defaultdict(set)
        self._kinds: defaultdict[str, set[str]] = defaultdict(set)

    def call(self, source_id: str, shown_id: str, name: str, kind: str) -> None:
        """Take in the name and the kind of a source."""
        self._shown[source_id] = shown_id
        self._called[name, kind].add(source_id)
        self._kinds[shown_id].add(kind)

    def identify(self, source_id: str, shown_id: str, identifier: Identifier) -> None:
        """Take in an identifier of a source."""
        self._shown[source_id] = shown_id
        self._identified[identifier].add(source_id)
        self._identifiers[shown_id].add(identifier)

    def add(self, source_id: str, form: Form) -> None:
        """Take in a source that is new."""
        self.call(source_id, source_id, form.name, form.kind)
        self.learn(source_id, form)

    def learn(self, source_id: str, form: Form) -> frozenset[Identifier]:
        """Give a source the identifiers of a form of it, and return those that it did not have."""
        shown_id = self._shown[source_id]
        new = form.identifiers - self._identifiers[shown_id]
        for identifier in new:
            self.identify(source_id, shown_id, identifier)
        return new

    def find(self, form: Form) -> str | None:
        """Return the source that this one is beyond doubt; None where there is none, or several may be meant."""
        identified = self._with(form)
        called = self._called.get(form.called, set())
        fitting = (identified & called or identified) if identified else called
        shown = {self._shown[each] for each in fitting}
        if len(shown) != 1 or not self._agrees(form, *shown, registers=SINGLE if identified else frozenset(REGISTERS)):
            return None
        return min(fitting)

    def may_be(self, form: Form, shown_id: str) -> bool:
        """Say whether a source has an identifier of this one, or its name and kind."""
        alike = self._with(form) | self._called.get(form.called, set())
        return shown_id in {self._shown[each] for each in alike}

    def _with(self, form: Form) -> set[str]:
        """Return the sources that have one of these identifiers."""
        return set[str]().union(*(self._identified.get(each, ()) for each in form.identifiers))

    def _agrees(self, form: Form, shown_id: str, *, registers: frozenset[str]) -> bool:
        """Say whether nothing of a source, of what these registers have, speaks against its being this one."""
        person = SourceKind.PERSON
        if any((kind == person) != (form.kind == person) for kind in self._kinds[shown_id]):
            return False
        ours, theirs = _by_register(form.identifiers), _by_register(self._identifiers[shown_id])
        return all(ours[each] & theirs[each] for each in registers & ours.keys() & theirs.keys())


def _by_register(identifiers: Iterable[Identifier]) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for register, value in identifiers:
        found[register].add(value)
    return found
