"""The words for the values of the desk's vocabularies, which `/v1/labels` and pages say in every language.

The keys are the names under which the API has them. A value means the same wherever it occurs.
"""

from collections.abc import Mapping

from factcheck.messages import Message, message
from factcheck.rules import roles
from factcheck.rules.finding_kinds import FindingKind
from factcheck.rules.identity.judgments import Identity
from factcheck.rules.identity.relations import SourceRelationKind
from factcheck.rules.media.kinds import ArticleKind
from factcheck.rules.opinions import Outcome
from factcheck.rules.publishing.correction_requests import RequestState
from factcheck.rules.publishing.reports import ReportState
from factcheck.rules.sources import Directness, RelationKind, SourceKind
from factcheck.rules.status import Kind, Question, Stance, Status
from factcheck.rules.team.assigning import Priority
from factcheck.rules.team.notifying import Delivery, NotificationKind
from factcheck.rules.web.occurrences import OccurrenceKind

VOCABULARIES: Mapping[str, Mapping[str, Message]] = {
    "statuses": {
        Status.UNVERIFIED: message("unverified"),
        Status.IN_REVIEW: message("in review"),
        Status.VERIFIED: message("verified"),
        Status.DISPUTED: message("disputed"),
        Status.REFUTED: message("refuted"),
        Status.UNVERIFIABLE: message("unverifiable"),
    },
    "questions": {
        Question.CONTENT: message("Verdict"),
        Question.ATTRIBUTION: message("Attribution check"),
    },
    "kinds": {
        Kind.FACTUAL: message("factual"),
        Kind.QUANTITY: message("quantity"),
        Kind.OPINION: message("opinion"),
        Kind.FORECAST: message("forecast"),
    },
    "article_kinds": {
        ArticleKind.ARTICLE: message("article"),
        ArticleKind.SPEECH: message("speech"),
        ArticleKind.POST: message("post"),
        ArticleKind.VIDEO: message("video"),
        ArticleKind.IMAGE: message("image"),
    },
    "stances": {
        Stance.SUPPORTS: message("supports"),
        Stance.REFUTES: message("refutes"),
        Stance.CONTEXT: message("context"),
    },
    "occurrence_kinds": {
        OccurrenceKind.ARTICLE: message("article"),
        OccurrenceKind.SOCIAL_POST: message("social media post"),
        OccurrenceKind.SPEECH: message("speech"),
        OccurrenceKind.BROADCAST: message("broadcast"),
        OccurrenceKind.VIDEO: message("video"),
        OccurrenceKind.IMAGE: message("image"),
    },
    "relations": {
        RelationKind.CONTRADICTS: message("contradicts"),
        RelationKind.IN_TENSION_WITH: message("in tension with"),
        RelationKind.RESTATES: message("restates"),
        RelationKind.SAME_ORIGIN_AS: message("same original source as"),
        RelationKind.CONDITIONAL_ON: message("conditional on"),
        RelationKind.SUPPORTS: message("supports"),
        RelationKind.DISTINCT_FROM: message("says something different from"),
    },
    "source_kinds": {
        SourceKind.PERSON: message("person"),
        SourceKind.ORGANIZATION: message("organization"),
        SourceKind.GROUP: message("group"),
        SourceKind.DOCUMENT: message("document"),
        SourceKind.OUTLET: message("outlet"),
    },
    "source_relations": {
        SourceRelationKind.SPEAKS_FOR: message("speaks for"),
        SourceRelationKind.OWNS: message("owns"),
        SourceRelationKind.SUBSIDIARY_OF: message("subsidiary of"),
        SourceRelationKind.MEMBER_OF: message("member of"),
    },
    "judgments": {
        Identity.SAME: message("same"),
        Identity.DIFFERENT: message("different"),
        Identity.UNSURE: message("unsure"),
    },
    "directness": {
        Directness.DIRECT: message("direct"),
        Directness.INDIRECT: message("indirect"),
        Directness.MIXED: message("mixed"),
    },
    "outcomes": {
        Outcome.AGREED: message("agreed"),
        Outcome.DISAGREED: message("disagreed"),
        Outcome.LAPSED: message("lapsed"),
    },
    "findings": {
        FindingKind.UNATTRIBUTED: message("unattributed"),
        FindingKind.UNNAMED_ORIGIN: message("unnamed origin"),
        FindingKind.MISSING_LINK: message("missing link"),
        FindingKind.INTERESTED_ONLY: message("interested only"),
        FindingKind.SINGLE_ORIGIN: message("single origin"),
        FindingKind.CIRCULAR: message("circular"),
        FindingKind.SAME_ORIGIN_COUNTED_TWICE: message("same origin counted twice"),
        FindingKind.CONFLICT: message("conflict"),
        FindingKind.VERDICT_WITHOUT_EVIDENCE: message("verdict without evidence"),
        FindingKind.ATTRIBUTION_UNCHECKED: message("attribution unchecked"),
        FindingKind.OVERDUE: message("overdue"),
        FindingKind.ANCHOR_BROKEN: message("anchor broken"),
        FindingKind.ANCHOR_CHANGED: message("anchor changed"),
        FindingKind.EVIDENCE_UNREACHABLE: message("evidence unreachable"),
        FindingKind.POSSIBLE_DUPLICATE_SOURCE: message("possible duplicate source"),
    },
    "priorities": {
        Priority.HIGH: message("high"),
        Priority.NORMAL: message("normal"),
        Priority.LOW: message("low"),
    },
    "roles": roles.IN_WORDS,
    "notifications": {
        NotificationKind.ASSIGNED: message("A claim was assigned to you"),
        NotificationKind.OPINION_ASKED: message("Your second opinion is asked for"),
        NotificationKind.MENTIONED: message("A comment mentions you"),
        NotificationKind.ANSWERED: message("Somebody wrote in a thread of yours"),
        NotificationKind.ARTICLE_CHANGED: message("An article that you watch has a newer text"),
    },
    "report_states": {
        ReportState.DRAFT: message("draft"),
        ReportState.SUBMITTED: message("submitted"),
        ReportState.APPROVED: message("approved"),
        ReportState.PUBLISHED: message("published"),
        ReportState.RETRACTED: message("retracted"),
        ReportState.WITHDRAWN: message("withdrawn"),
    },
    "request_states": {
        RequestState.RECEIVED: message("received"),
        RequestState.ANSWERED: message("answered"),
        RequestState.REMOVED: message("removed"),
    },
    "deliveries": {
        Delivery.AT_ONCE: message("at once"),
        Delivery.DAILY: message("daily"),
        Delivery.NEVER: message("never"),
    },
}
WORDS: Mapping[str, Message] = {
    str(value): label
    for name, labels in VOCABULARIES.items()
    if name not in ("questions", "notifications")  # pages have more to say of them
    for value, label in labels.items()
}
