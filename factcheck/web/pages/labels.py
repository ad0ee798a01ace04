"""What is wrong with a field, by its label, in words that say what to do.

The one place where a JSON pointer of a schema meets the label that a person reads. All is said in the reader's
language.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from factcheck.catalogues import SOURCE
from factcheck.errors import Clash, FactcheckError, Flaw, NotCaptured, RuleUnmet, Stale
from factcheck.logs import masked
from factcheck.messages import Message, message
from factcheck.rules.names.comparing import Reason
from factcheck.rules.publishing.reports import ReportNeed
from factcheck.rules.status import REASON_LENGTH, Need, Question, Status
from factcheck.web.pages.field_labels import ITEMS, LABELS
from factcheck.web.speaking import languages
from factcheck.web.speaking.languages import said
from factcheck.web.speaking.vocabularies import WORDS

NEEDS = {
    Need.REASON: message("Write at least {least} characters.", least=REASON_LENGTH),
    Need.SUPPORT: message("This verdict needs active evidence that supports the claim. Add it here."),
    Need.REFUTATION: message("This verdict needs active evidence that refutes the claim. Add it here."),
    Need.CONFLICT: message(
        "This verdict needs active evidence of any stance. Add it here, or relate the claim to one that it contradicts."
    ),
}
REPORT_NEEDS = {
    ReportNeed.CORRECTION: message(
        "Say what was corrected and why, in at least {least} characters.", least=REASON_LENGTH
    ),
    ReportNeed.ANOTHER: message("Somebody else than those who saved the report has to approve it."),
    ReportNeed.PUBLISHED: message("Readers have not seen this report yet. Withdraw it instead."),
    ReportNeed.UNPUBLISHED: message("Readers have seen this report. Retract it instead."),
    ReportNeed.AHEAD: message("The time of the publication has come, so it cannot be taken back any more."),
}
_UNCHECKABLE = message(
    "An opinion or a forecast can only be {verdict}. Choose that, or correct the kind.",
    verdict=WORDS[Status.UNVERIFIABLE],
)
_QUANTITY = {name: LABELS["claim"][f"quantity.{name}"] for name in ("low", "high", "wording")}
# What the schemas and actions say, in the words of a page. The first that fits counts; the names of its groups are
# values of the words.
_WORDS: tuple[tuple[str, Message], ...] = (
    (r"Missing data for required field\.|Field may not be null\.|Must not be blank\.", message("Fill this in.")),
    (r"Shorter than minimum length 1\.", message("Fill this in.")),
    (r"(Longer than maximum length|Length must be between 1 and) (?P<most>[0-9]+)\.",
     message("Shorten this to {most} characters at most.")),
    (r"Must be one of: (?P<choices>.+)\.", message("Choose one of: {choices}.")),
    (r"This event does not exist.*", message("Write one event per line, as in the list of all events below.")),
    (r"Not a valid number\.|Must be (greater|between).*", message("Write a number in figures, such as 1500 or 2.5.")),
    (r"Must be a date, written YYYY-MM-DD\.|This date does not exist\.|Must be a time in RFC 3339 format.*"
     r"|This time does not exist in UTC\.", message("Write a date that exists, as YYYY-MM-DD.")),
    (r"Must be a date, written YYYY-MM-DD, or a year, written YYYY\.",
     message("Write a date, as YYYY-MM-DD, or a year, as YYYY.")),
    (r"Must not be before the beginning\.", message("The end must not be before the beginning.")),
    (r"Must be in the future\.", message("Choose a date in the future.")),
    (r"Must be an id: a UUID\.|No (active )?(source|article|claim|analyst) has this id\.",
     message("The desk does not have this one. Choose another one.")),
    (r"Must be a URL that begins with http.*", message("Write a whole URL that begins with http:// or https://.")),
    (r"Must be a language tag, such as en\.", message("Write a language code, such as en, fr or pt-BR.")),
    (r"Must be words joined by hyphens\.",
     message("Join the words of each tag with hyphens, such as public-health.")),
    (r"Must not be in the list twice\.", message("This is listed twice. Remove one of them.")),
    (r"A text must not contain (U\+0000|half of a surrogate pair)\.",
     message("Remove the character that cannot be shown.")),
    (r"Must not be above high\.", message("“{low}” must not be above “{high}”.", **_QUANTITY)),
    (r"A quantity has a low, a high or a wording\.",
     message("Fill in “{low}”, “{high}” or “{wording}”.", **_QUANTITY)),
    (r"A claim of kind quantity has one; no other kind has\.",
     message("Fill in “{low}”, “{high}” or “{wording}” for a quantity. For another kind, leave all four fields empty.",
             **_QUANTITY)),
    (r"Needed when no source is named\.", message("Name the source, or describe who says it.")),
    (r"Evidence has a url, a title or an excerpt\.", message("Fill in the URL, the title or the excerpt.")),
    (r"An occurrence has a url, a place, an account or a said_on\.",
     message("Fill in the URL, the place, the account or the date.")),
    (r"Must not be the claim itself\.", message("This is the same claim. Choose another one.")),
    (r"Must not be the source itself\.", message("This is the same source. Choose another one.")),
    (r"Must be a Wikidata .*", message("Write a Wikidata identifier, such as Q42, or its URL.")),
    (r"Must be an ISNI: .*",
     message("Write an ISNI: 16 digits, of which the last is the check digit and can be X, or its URL.")),
    (r"Must be a VIAF .*", message("Write a VIAF identifier, such as 113230702, or its URL.")),
    (r"Must be an ISSN, .*",
     message("Write an ISSN, such as 0317-8471, with the right check digit, or its URL.")),
    (r"Must be a domain that can be registered, .*",
     message("Write a domain that can be registered, such as bbc.co.uk, or the URL of a home page.")),
    (r"Invalid input type\.|Not a valid .*|Unknown field\.",
     message("This page was changed before it was sent. Open it again, then fill it in once more.")),
)  # fmt: skip
_COMPILED = tuple((re.compile(pattern), words) for pattern, words in _WORDS)
# Lists of the schemas, of which a form may have too many items.
_TOO_MANY = re.compile(
    r"/(?:quotes|attribution|evidence|tags|aliases|same_as|events|statuses|attribution_statuses|articles|sources"
    r"|ratings)"
    r" (?:Longer than maximum length ([0-9]+)|Length must be between 1 and ([0-9]+))\."
)
_NUMBER = re.compile(r"(?<=\.)([0-9]+|NEW)(?=\.|$)")  # NEW: of a row that scripts add
# Code words of the API in what an action says in English, and how pages call them.
_CALLED = (
    (re.compile(r"\bin_review\b"), "in review"),
    (re.compile(r"\b(status|verdict) on content\b"), "verdict"),
    (re.compile(r"\b(status|verdict) on attribution\b"), "attribution check"),
    (re.compile(r"\bon content\b"), "on the verdict"),
    (re.compile(r"\bon attribution\b"), "on the attribution check"),
)
_QUESTIONS = {Question.CONTENT: message("verdict"), Question.ATTRIBUTION: message("attribution check")}
# Why a source may be the same as another one.
REASONS = {
    Reason.SAME_IDENTIFIER: message("the same identifier"),
    Reason.SAME_NAME: message("the same name"),
    Reason.ALIAS: message("an alias"),
    Reason.WORD_ORDER: message("another order of words"),
    Reason.HONORIFIC: message("a title"),
    Reason.TRANSLITERATION: message("another script"),
    Reason.SPELLING: message("another spelling"),
    Reason.INITIALS: message("initials"),
    Reason.ABBREVIATION: message("an abbreviation"),
    Reason.TYPING_ERROR: message("perhaps a typing error"),
    Reason.SHORTER_NAME: message("a shorter name"),
    Reason.OTHER_KIND: message("another kind"),
}


def label_of(noun: str, name: str) -> str:
    """Return the label of a form's field; that of the list or group that it is in, where it has none of its own."""
    return str(said(_label_of(noun, name)))


def _label_of(noun: str, name: str) -> str:
    labels, name = LABELS.get(noun, {}), _NUMBER.sub("*", name)
    while name:
        for known in (name, name.removesuffix("_id")):
            if known in labels:
                return labels[known]
        name = name.rpartition(".")[0]
    return ""


def place_of(noun: str, name: str) -> str:
    """Return a field's label with the number of its item, for lists of what is wrong: “Step 2, Source”."""
    label, (group, _, rest) = _label_of(noun, name), name.partition(".")
    number = rest.partition(".")[0]
    if number.isdigit() and noun == "claim":
        item = Message(ITEMS[group].sentence, {"number": int(number) + 1})
        alone = label == LABELS[noun].get(group) or group == "quotes"
        label = item if alone else message("{item}, {label}", item=item, label=label)
    return str(said(label))


def told(flaw: Flaw) -> str:
    """Say what is wrong with a field and what to do about it."""
    words = _told(flaw)
    return in_words(flaw.detail) if words is None else str(said(words))


def _told(flaw: Flaw) -> Message | None:
    """Return what pages say of what is wrong, None where they say it as the action does."""
    if flaw.rule in REPORT_NEEDS:
        return REPORT_NEEDS[ReportNeed(flaw.rule)]
    if flaw.rule in list(Need):
        return NEEDS[Need(flaw.rule)]
    if flaw.rule == "kind_takes_no_such_verdict":
        return _UNCHECKABLE
    if flaw.rule == "similar_source":
        return message("This may be a source that is on the desk under another name. Choose it, or create a new one.")
    if len(flaw.candidates) == 1:
        return message("A source has this name already. Choose whether you mean it or a new one.")
    if flaw.candidates:
        return message("Several sources have this name. Choose the one that you mean.")
    if flaw.places:
        return message("These words are in the article more than once. Choose the place that you mean.")
    if re.search(r"quotes/[0-9]+$", flaw.pointer or "") and "twice" not in flaw.detail:
        if "a part of a character" in flaw.detail or "cuts a character" in flaw.detail:
            return message("A quote must begin and end at whole characters. Select a little more or less.")
        return message("These words are not in the article. Select them in the text, or copy them exactly.")
    if many := _TOO_MANY.fullmatch(f"{flaw.pointer} {flaw.detail}"):
        if many[2]:
            return message("Fill in 1 to {most} of them.", most=many[2])
        return message("Keep at most {most} of them.", most=many[1])
    for pattern, words in _COMPILED:
        if found := pattern.fullmatch(flaw.detail):
            groups = {name: _listed(text) if name == "choices" else text for name, text in found.groupdict().items()}
            return Message(words.sentence, {**words.values, **groups})
    return None


def _listed(choices: str) -> str:
    if languages.tag() == SOURCE:
        return choices.replace("in_review", "in review")
    return ", ".join(said(WORDS.get(each, each)) for each in choices.split(", "))


def summary(error: FactcheckError, flaws: bool) -> str:
    """Say above a form why it was not saved. `flaws`: what is wrong with its fields follows below."""
    if isinstance(error, Stale):
        words = message("Somebody changed this while you were writing. Nothing of yours was saved.")
    elif isinstance(error, NotCaptured):
        words = message(
            "The page was not captured, and nothing else was saved yet. To save it without a copy, send it again:"
        )
    elif isinstance(error, RuleUnmet) or (flaws and not isinstance(error, Clash)):
        words = message("Nothing was saved yet. Correct this, then send it again:")
    else:
        return in_words(error.detail)
    return str(said(words))


def in_words(detail: str) -> str:
    """Say what an action says, without the code words of the API.

    The English sentences have some; those of other languages have them as values only.
    """
    if isinstance(detail, Message) and languages.tag() != SOURCE:
        return str(said(_worded(detail)))
    for pattern, words in _CALLED:
        detail = pattern.sub(words, detail)
    return detail


def _worded(value: Any) -> Any:
    """Put words in the place of the values of our vocabularies that a message has."""
    if isinstance(value, Message):
        values = {name: _worded(each) for name, each in value.values.items()}
        return Message(value.sentence, values, value.many, value.number)
    if isinstance(value, Question):
        return _QUESTIONS[value]
    return WORDS.get(value, value) if isinstance(value, StrEnum) else value


def parameters(flaws: Sequence[Flaw]) -> list[tuple[str, str]]:
    """Return what is wrong with an address's parameters, each with its label. No token is in it."""
    return [
        (label_of("list", flaw.parameter or ""), masked(None, "", {"told": told(Flaw(flaw.detail))})["told"])
        for flaw in flaws
    ]
