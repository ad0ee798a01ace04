"""The fields of all forms by their labels, and what is wrong with one in words that say what to do.

The one place where a JSON pointer of a schema meets the label that a person reads. Templates take their labels from
here too, so that an error names a field as the page does.
"""

import re
from collections.abc import Mapping
from typing import Any

from factcheck.errors import Clash, FactcheckError, Flaw, NotCaptured, RuleUnmet, Stale
from factcheck.rules.names.comparing import Reason
from factcheck.rules.status import REASON_LENGTH, Need, Status

EVIDENCE = {
    "stance": "Stance",
    "url": "URL",
    "title": "Title",
    "excerpt": "Excerpt",
    "source": "Published by",
    "origin": "Original source",
    "archived_url": "Archived copy",
    "note": "Note",
    "capture": "Keep a copy of the page",
}
# By form: the label of each field, by its name in the form. A `*` stands for the number of an item.
LABELS: dict[str, dict[str, str]] = {
    "claim": {
        "quotes": "Quotes",
        "quotes.*": "The article's own words",
        "text": "The claim, in your words",
        "kind": "Kind",
        "tags": "Tags",
        "quantity": "Quantity",
        "quantity.low": "At least",
        "quantity.high": "At most",
        "quantity.unit": "Unit",
        "quantity.wording": "Wording",
        "attribution": "Who says it",
        "attribution.*": "Who says it",
        "attribution.*.source": "Source",
        "attribution.*.new_kind": "If it is new, create it as",
        "attribution.*.described_as": "Described as",
        "attribution.*.cue": "Reporting verb",
        "attribution.*.directness": "Directness",
        "attribution.*.interested": "Conflict of interest",
        "attribution.*.on_behalf_of": "On behalf of",
        "attribution.*.note": "Note",
    },
    "several": {"claim": "Claims", "person": "Assign to", "tag": "Tag"},
    "article": {
        "title": "Title",
        "text": "Text",
        "url": "URL",
        "outlet": "Outlet",
        "author": "Author",
        "published_on": "Published on",
        "language": "Language",
    },
    "capture": {"url": "URL"},
    "evidence_capture": {"capture_id": "Capture"},
    "handover": {"url": "URL", "html": "HTML of the page"},
    "snapshot": {"text": "Text"},
    "watch": {"every": "Check", "until": "Until"},
    "feed": {"url": "URL", "title": "Name", "every": "Fetch"},
    "source": {
        "name": "Name",
        "kind": "Kind",
        "description": "Description",
        "aliases": "Other names",
        "same_as": "URLs elsewhere",
        "identifiers": "Identifiers",
        "identifiers.wikidata": "Wikidata",
        "identifiers.isni": "ISNI",
        "identifiers.viaf": "VIAF",
        "identifiers.issn": "ISSN",
        "identifiers.domain": "Domain of the home page",
    },
    "source_relation": {
        "kind": "This source",
        "other": "The other source",
        "since": "Since",
        "until": "Until",
        "note": "Note",
    },
    "judgment": {"other": "The other source", "judgment": "They are", "shown": "Show them as", "reason": "Reason"},
    "review": {
        "status": "Verdict",
        "reason": "Reason",
        "evidence": "Evidence",
        **{f"evidence.*.{name}": label for name, label in EVIDENCE.items()},
        "valid_on": "The verdict is valid for",
        "review_by": "Review again by",
    },
    "evidence": EVIDENCE,
    "relation": {
        "kind": "This claim",
        "claim_id": "The other claim",
        "note": "Note",
        "find": "Search for the other claim",
    },
    "assignment": {"person_id": "Person", "due_on": "Due on", "priority": "Priority", "note": "Note"},
    "comment": {"text": "Comment", "mentions": "Comment", "words": "Words of the article", "reason": "Reason"},
    **{noun: {"reason": "Reason"} for noun in ("confirmation", "dismissal", "withdrawal")},
    "second_opinion": {"note": "Note", "reviewer_id": "Reviewer"},
    "webhook": {
        "url": "URL",
        "description": "Purpose",
        "events": "Events",
        "statuses": "Verdicts",
        "attribution_statuses": "Attribution checks",
        "tags": "Tags",
        "articles": "Articles",
        "sources": "Sources",
        "enabled": "Turned on",
    },
    "person": {
        "name": "Name",
        "role": "Role",
        "display_name": "Display name",
        "reason": "Reason",
        "active": "Access",
        "label": "Name of the token",
        "subject": "Number of the account",
        "days": "Days",
    },
    # The parameters of lists, which stand in the address.
    "list": {
        "q": "Search",
        "status": "Verdict",
        "attribution_status": "Attribution check",
        "kind": "Kind",
        "tag": "Tag",
        "sort": "Order",
        "article": "Article",
        "source": "Source",
        "origin": "Original source",
        "outlet": "Outlet",
        "reviewed_by": "Reviewer",
        "assigned_to": "Assigned to",
        "need": "Queue",
        "claim": "Claim",
        "limit": "Items on a page",
        **{"cursor": "Page", "from": "From", "to": "To", "question": "Question", "person": "Person"},
    },
}
# What an item of a list is called beside the label of its field.
ITEMS = {"attribution": "Step", "quotes": "Quote", "evidence": "Evidence"}
NEEDS = {
    Need.REASON: f"Write at least {REASON_LENGTH} characters.",
    Need.SUPPORT: "This verdict needs active evidence that supports the claim. Add it here.",
    Need.REFUTATION: "This verdict needs active evidence that refutes the claim. Add it here.",
    Need.CONFLICT: "This verdict needs active evidence of any stance. Add it here, or relate the claim to one that it"
    " contradicts.",
}
_UNCHECKABLE = f"An opinion or a forecast can only be {Status.UNVERIFIABLE}. Choose that, or correct the kind."
# What the schemas and actions say, in the words of a page. The first that fits counts.
_WORDS: tuple[tuple[str, str], ...] = (
    (r"Missing data for required field\.|Field may not be null\.|Must not be blank\.", "Fill this in."),
    (r"Shorter than minimum length 1\.", "Fill this in."),
    (r"Longer than maximum length ([0-9]+)\.|Length must be between 1 and ([0-9]+)\.",
     r"Shorten this to \1\2 characters at most."),
    (r"Must be one of: (.+)\.", r"Choose one of: \1."),
    (r"This event does not exist.*", "Write one event per line, as in the list of all events below."),
    (r"Not a valid number\.|Must be (greater|between).*", "Write a number in figures, such as 1500 or 2.5."),
    (r"Must be a date, written YYYY-MM-DD\.|This date does not exist\.|Must be a time in RFC 3339 format.*"
     r"|This time does not exist in UTC\.", "Write a date that exists, as YYYY-MM-DD."),
    (r"Must be a date, written YYYY-MM-DD, or a year, written YYYY\.",
     "Write a date, as YYYY-MM-DD, or a year, as YYYY."),
    (r"Must not be before the beginning\.", "The end must not be before the beginning."),
    (r"Must be in the future\.", "Choose a date in the future."),
    (r"Must be an id: a UUID\.|No (active )?(source|article|claim|analyst) has this id\.",
     "The desk does not have this one. Choose another one."),
    (r"Must be a URL that begins with http.*", "Write a whole URL that begins with http:// or https://."),
    (r"Must be a language tag, such as en\.", "Write a language code, such as en, fr or pt-BR."),
    (r"Must be words joined by hyphens\.", "Join the words of each tag with hyphens, such as public-health."),
    (r"Must not be in the list twice\.", "This is listed twice. Remove one of them."),
    (r"A text must not contain (U\+0000|half of a surrogate pair)\.", "Remove the character that cannot be shown."),
    (r"Must not be above high\.", "“At least” must not be above “At most”."),
    (r"A quantity has a low, a high or a wording\.", "Fill in “At least”, “At most” or “Wording”."),
    (r"A claim of kind quantity has one; no other kind has\.",
     "Fill in “At least”, “At most” or “Wording” for a quantity. For another kind, leave all four fields empty."),
    (r"Needed when no source is named\.", "Name the source, or describe who says it."),
    (r"Evidence has a url, a title or an excerpt\.", "Fill in the URL, the title or the excerpt."),
    (r"Must not be the (claim|source) itself\.", r"This is the same \1. Choose another one."),
    (r"Must be (an? [A-Z].*, or its URL\.)", r"Write \1"),
    (r"Must be (a domain that can be registered, .*)", r"Write \1"),
    (r"Invalid input type\.|Not a valid .*|Unknown field\.",
     "This page was changed before it was sent. Open it again, then fill it in once more."),
)  # fmt: skip
# Lists of the schemas, of which a form may have too many items.
_TOO_MANY = re.compile(
    r"/(?:quotes|attribution|evidence|tags|aliases|same_as|events|statuses|attribution_statuses|articles|sources)"
    r" (?:Longer than maximum length ([0-9]+)|Length must be between 1 and ([0-9]+))\."
)
_COMPILED = tuple((re.compile(pattern), words) for pattern, words in _WORDS)
_NUMBER = re.compile(r"(?<=\.)([0-9]+|NEW)(?=\.|$)")  # NEW: of a row that scripts add
# Code words of the API in what an action says, and how pages call them.
_CALLED = (
    (re.compile(r"\bin_review\b"), "in review"),
    (re.compile(r"\b(status|verdict) on content\b"), "verdict"),
    (re.compile(r"\b(status|verdict) on attribution\b"), "attribution check"),
    (re.compile(r"\bon content\b"), "on the verdict"),
    (re.compile(r"\bon attribution\b"), "on the attribution check"),
)


def label_of(noun: str, name: str) -> str:
    """Return the label of a form's field; that of the list or group that it is in, where it has none of its own."""
    labels, name = LABELS.get(noun, {}), _NUMBER.sub("*", name)
    while name:
        for known in (name, name.removesuffix("_id")):
            if known in labels:
                return labels[known]
        name = name.rpartition(".")[0]
    return ""


def place_of(noun: str, name: str) -> str:
    """Return a field's label with the number of its item, for lists of what is wrong: “Step 2, Source”."""
    label, (group, _, rest) = label_of(noun, name), name.partition(".")
    number = rest.partition(".")[0]
    if number.isdigit() and noun == "claim":
        item = f"{ITEMS[group]} {int(number) + 1}"
        return item if label == LABELS[noun].get(group) or group == "quotes" else f"{item}, {label}"
    return label


# Why a source may be the same as another one.
REASONS = {
    Reason.SAME_IDENTIFIER: "the same identifier",
    Reason.SAME_NAME: "the same name",
    Reason.ALIAS: "an alias",
    Reason.WORD_ORDER: "another order of words",
    Reason.HONORIFIC: "a title",
    Reason.TRANSLITERATION: "another script",
    Reason.SPELLING: "another spelling",
    Reason.INITIALS: "initials",
    Reason.ABBREVIATION: "an abbreviation",
    Reason.TYPING_ERROR: "perhaps a typing error",
    Reason.SHORTER_NAME: "a shorter name",
    Reason.OTHER_KIND: "another kind",
}


def told(flaw: Flaw) -> str:
    """Say what is wrong with a field and what to do about it."""
    if flaw.rule in list(Need):
        return NEEDS[Need(flaw.rule)]
    if flaw.rule == "kind_takes_no_such_verdict":
        return _UNCHECKABLE
    if flaw.rule == "similar_source":
        return "This may be a source that is on the desk under another name. Choose it, or create a new one."
    if len(flaw.candidates) == 1:
        return "A source has this name already. Choose whether you mean it or a new one."
    if flaw.candidates:
        return "Several sources have this name. Choose the one that you mean."
    if flaw.places:
        return "These words are in the article more than once. Choose the place that you mean."
    if re.search(r"quotes/[0-9]+$", flaw.pointer or "") and "twice" not in flaw.detail:
        part = "a part of a character" in flaw.detail or "cuts a character" in flaw.detail
        return (
            "A quote must begin and end at whole characters. Select a little more or less."
            if part
            else "These words are not in the article. Select them in the text, or copy them exactly."
        )
    if many := _TOO_MANY.fullmatch(f"{flaw.pointer} {flaw.detail}"):
        return f"Fill in 1 to {many[2]} of them." if many[2] else f"Keep at most {many[1]} of them."
    for pattern, words in _COMPILED:
        if found := pattern.fullmatch(flaw.detail):
            return found.expand(words).replace("in_review", "in review")
    return in_words(flaw.detail)


def summary(error: FactcheckError, flaws: bool) -> str:
    """Say above a form why it was not saved. `flaws`: what is wrong with its fields follows below."""
    if isinstance(error, Stale):
        return "Somebody changed this while you were writing. Nothing of yours was saved."
    if isinstance(error, NotCaptured):
        return "The page was not captured, and nothing else was saved yet. To save it without a copy, send it again:"
    if isinstance(error, RuleUnmet) or (flaws and not isinstance(error, Clash)):
        return "Nothing was saved yet. Correct this, then send it again:"
    return in_words(error.detail)


def in_words(detail: str) -> str:
    """Return what an action says, without the code words of the API."""
    for pattern, words in _CALLED:
        detail = pattern.sub(words, detail)
    return detail


def parameters(errors: list[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return what is wrong with an address's parameters, each with its label."""
    return [(label_of("list", str(error.get("parameter") or "")), told(Flaw(error["detail"]))) for error in errors]
