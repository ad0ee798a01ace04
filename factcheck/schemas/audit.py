"""The audit, out."""

from marshmallow import Schema, fields

from factcheck.rules.finding_kinds import FindingKind
from factcheck.rules.identity.relations import SourceRelationKind
from factcheck.rules.origins import Collapsing
from factcheck.rules.sources import Directness, RelationKind
from factcheck.rules.status import Kind, Question, Status
from factcheck.schemas.base import Choice, Moment, Out, Reference, Whole
from factcheck.schemas.claims import QuantityOut
from factcheck.schemas.parts import PersonRef
from factcheck.schemas.sources import SourceRef


class ClaimRef(Out):
    id = Reference(required=True)
    text = fields.String(required=True)


class ArticleTitle(Out):
    id = Reference(required=True)
    title = fields.String(required=True)


class FindingOut(Out):
    """Something that the audit of attribution holds against a claim."""

    kind = Choice(FindingKind, required=True)
    claim = fields.Nested(ClaimRef, required=True)
    question = Choice(Question, required=True)
    explanation = fields.String(required=True)
    settles = fields.String(required=True, metadata={"description": "What resolves the finding."})
    since = Moment(required=True)


class FindingCount(Out):
    kind = Choice(FindingKind, required=True)
    question = Choice(Question, required=True)
    meaning = fields.String(required=True)
    count = Whole(0, required=True)


class ArticleCount(Out):
    article = fields.Nested(ArticleTitle, required=True)
    count = Whole(0, required=True)
    links = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


def _counts(values: type[Status], name: str) -> type[Schema]:
    return Out.from_dict({value.value: Whole(0, required=True) for value in values}, name=name)


StatusCounts = _counts(Status, "StatusCounts")


class FindingsSummary(Out):
    total = Whole(0, required=True)
    by_kind = fields.List(fields.Nested(FindingCount), required=True)
    by_article = fields.List(
        fields.Nested(ArticleCount),
        required=True,
        metadata={"description": "The 50 articles with the most findings, without `overdue`."},
    )


class CoverageOut(Out):
    """How far the checkable claims are traced to someone."""

    checkable = Whole(0, required=True)
    named_origin = Whole(0, required=True)
    unnamed_origin = Whole(0, required=True)
    own_voice = Whole(0, required=True)
    attributed_share = fields.Float(required=True, allow_none=True)
    not_checkable = Whole(0, required=True)
    independent_origins = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "The number of claims with 0, 1, 2, 3 or more independent origins."},
    )


class ChangeCount(Out):
    person = fields.Nested(PersonRef, required=True)
    question = Choice(Question, required=True)
    before = Choice(Status, required=True)
    after = Choice(Status, required=True)
    count = Whole(1, required=True)


class StatusChangeOut(Out):
    log_index = Whole(0, required=True)
    claim = fields.Nested(ClaimRef, required=True)
    question = Choice(Question, required=True)
    before = Choice(Status, required=True)
    after = Choice(Status, required=True)
    by = fields.Nested(PersonRef, required=True)
    at = Moment(required=True)


class VerdictsOut(Out):
    """The changes of statuses from one instant to before another."""

    from_ = Moment(required=True, data_key="from")
    to = Moment(required=True)
    changes = Whole(0, required=True)
    by = fields.List(fields.Nested(ChangeCount), required=True)
    latest = fields.List(fields.Nested(StatusChangeOut), required=True, metadata={"description": "At most 20."})


class DerivedOut(Out):
    """Data that follows the log."""

    as_of_log_index = fields.Integer(
        required=True, metadata={"description": "The last log entry that this response covers; -1 before the first."}
    )
    behind = fields.Boolean(metadata={"description": "True if later entries are not covered yet; otherwise absent."})


class SummaryOut(DerivedOut):
    """The desk in numbers."""

    claims = Whole(0, required=True)
    status = fields.Nested(StatusCounts, required=True)
    attribution_status = fields.Nested(StatusCounts, required=True)
    findings = fields.Nested(FindingsSummary, required=True)
    coverage = fields.Nested(CoverageOut, required=True)
    verdicts = fields.Nested(VerdictsOut, required=True)


class SideOut(Out):
    """One claim of a conflict."""

    id = Reference(required=True)
    text = fields.String(required=True)
    article = fields.Nested(ArticleTitle, required=True)
    kind = Choice(Kind, required=True)
    quantity = fields.Nested(QuantityOut, required=True, allow_none=True)
    origin = fields.Nested(SourceRef, required=True, allow_none=True)
    described_as = fields.String(required=True, allow_none=True)
    in_own_voice = fields.Boolean(required=True, metadata={"description": "The article says it in its own voice."})
    interested = fields.Boolean(required=True, allow_none=True)
    independent_origins = Whole(0, required=True, allow_none=True)
    status = Choice(Status, required=True)
    attribution_status = Choice(Status, required=True)
    links = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class ConflictRelation(Out):
    kind = Choice(RelationKind, required=True)
    claim_id = Reference(required=True)
    other_id = Reference(required=True)
    note = fields.String(required=True, allow_none=True)


class ConflictOut(Out):
    """Claims that contradict one another or are in tension, side by side."""

    id = Reference(required=True, metadata={"description": "The id of the first claim in the group."})
    open = fields.Boolean(
        required=True, metadata={"description": "Whether the claims have verdicts that do not fit together."}
    )
    claims = fields.List(fields.Nested(SideOut), required=True)
    relations = fields.List(fields.Nested(ConflictRelation), required=True)


class ShareOut(Out):
    """The share that held among what was verified, disputed or refuted, with its 95 % interval (Wilson)."""

    verified = Whole(0, required=True)
    of = Whole(0, required=True, metadata={"description": "The denominator."})
    share = fields.Float(required=True, allow_none=True)
    low = fields.Float(required=True)
    high = fields.Float(required=True)


class CountedOut(Out):
    claims = Whole(0, required=True)
    counts = fields.Nested(StatusCounts, required=True)
    held = fields.Nested(ShareOut, required=True)


class KindCountedOut(CountedOut):
    kind = Choice(Kind, required=True)


class YearCountedOut(CountedOut):
    year = fields.Integer(required=True)


class RoleOut(CountedOut):
    """What became of the claims that a source has one part in."""

    by_kind = fields.List(fields.Nested(KindCountedOut), required=True)
    by_year = fields.List(fields.Nested(YearCountedOut), required=True)


class RelayOut(RoleOut):
    attribution = fields.Nested(
        CountedOut, required=True, metadata={"description": "The same counts, by attribution check."}
    )


class RecordOut(DerivedOut):
    """What became of the claims that a source made, and of those that it passed on."""

    source = fields.Nested(SourceRef, required=True)
    as_of = Moment(required=True, allow_none=True)
    as_origin = fields.Nested(RoleOut, required=True)
    said_on_its_behalf = fields.Nested(RoleOut, required=True)
    as_relay = fields.Nested(RelayOut, required=True)
    in_its_own_voice = fields.Nested(RoleOut, required=True)
    links = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class NodeOut(Out):
    id = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": ["claim", "article", "source", "unnamed", "evidence"]})
    label = fields.String(required=True)
    detail = fields.String(required=True, allow_none=True)
    source_id = Reference(required=True, allow_none=True)
    claim_id = Reference(required=True, allow_none=True)
    evidence_id = Reference(required=True, allow_none=True)
    interested = fields.Boolean(required=True, allow_none=True)


EDGES = (
    "taken_from", "attributed_to", "on_behalf_of", "supports", "rests_on", "restates", "same_origin_as", "copies"
)  # fmt: skip


class EdgeOut(Out):
    from_ = fields.String(required=True, data_key="from")
    to = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": list(EDGES)})
    label = fields.String(
        required=True, allow_none=True, metadata={"description": "The reporting verb, such as “claiming”."}
    )
    directness = Choice(Directness, required=True, allow_none=True)


class OriginOut(Out):
    id = fields.String(required=True)
    node = fields.String(required=True)
    label = fields.String(required=True)
    claim_id = Reference(required=True)
    evidence_id = Reference(required=True, allow_none=True)
    interested = fields.Boolean(required=True, allow_none=True)
    group = Whole(1, required=True, metadata={"description": "Origins with the same group count as one."})


class CountingRelation(Out):
    """A relation between two sources, as they are shown, that holds on the day of a claim."""

    id = Reference(required=True)
    kind = Choice(SourceRelationKind, required=True)
    source = fields.Nested(SourceRef, required=True)
    other = fields.Nested(SourceRef, required=True)
    since = fields.String(required=True, allow_none=True)
    until = fields.String(required=True, allow_none=True)


class CollapseOut(Out):
    kind = Choice(Collapsing, required=True)
    origins = fields.List(fields.String(), required=True)
    explanation = fields.String(required=True)
    relations = fields.List(
        fields.Nested(CountingRelation),
        required=True,
        metadata={"description": "The relations between sources that are part of the reason."},
    )


class ProvenanceOut(Out):
    """Where a claim comes from, as a graph, and how many of its origins are independent."""

    claim = fields.Nested(ClaimRef, required=True)
    nodes = fields.List(fields.Nested(NodeOut), required=True)
    edges = fields.List(fields.Nested(EdgeOut), required=True)
    origins = fields.List(fields.Nested(OriginOut), required=True)
    independent_origins = Whole(0, required=True)
    collapses = fields.List(fields.Nested(CollapseOut), required=True)
