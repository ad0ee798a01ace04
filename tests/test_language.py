"""The language of documents, pages, commands, API and messages: one word for one meaning, in plain modern English.

Each row of WORDS is an expression that the project gave up, with what to write in its place. Names of identifiers and
JSON members are code, and are not looked at: `held` and `cue` stay.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from factcheck.app import create_app
from factcheck.cli import cli
from factcheck.settings import Settings
from tests.desk import SECRET
from tests.visible_text import commands, descriptions, is_prose, markdown, messages, script, template, without_code

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
PACKAGE = ROOT / "factcheck"

# A regular expression, without regard to case: what to write in its place.
WORDS = {
    # One word for one meaning.
    r"deeds?": "action",
    r"(standing|that stands?) (evidence|claims?)|(evidence|claims?) (that|which) stands?|none that stands": "active",
    r"stands?|stood|standing": "is, counts, matches, remains: the exact verb",
    r"hops?": "attribution step",
    r"cues?": "reporting verb",
    r"interested|(a|the|who has a|without a) stake": "conflict of interest",
    r"is it so|(did|whether) they (say|said) it": "Verdict, Attribution check",
    r"t(ake|akes|aken|ook|aking) up": "assign to me",
    r"puts? back": "release, return, move",
    r"held": "the exact verb; issues found",
    r"amend(s|ed|ing|ments?)?": "edit",
    r"enter(s|ed|ing)?": "add, save",
    r"parted by": "separated by",
    r"likeness|likest|likeliest": "similarity, most similar",
    r"answerable|answer for it": "claims by this source",
    r"checked before": "similar claims already on this desk",
    r"tombstones?": "410 Gone with the reason",
    r"told|tells? of|tell(s|ing)? (that|what|when|whether|how)": "the exact verb: say, show, list, receive",
    r"kept": "stored, reserved, left",
    r"(is|are|was|were|be|been|being) made": "create, compute, generate",
    r"to be (had|told|looked|asked)|(is|are) to (be|have|give)": "must, can, has to",
    r"worked out|works out|to work out": "computed, derived",
    r"looked at|looks? at|looked over|looked after": "check, examine, review",
    # Sentences that must not come back, and their kind.
    r"as (\w+ ){1,4}ha(s|ve) (it|them)( \w+)?": "as … defines",
    r"from then on": "after that",
    r"who waits|whoever (is|has|asks|gives|may)": "the person who, a waiting writer",
    r"nobody is told|no claim is like": "No … yet",
    r"(verdict|question) asks (one|a)": "Required",
    r"dearest": "slowest",
    r"mended|mends": "fixed, fixes",
    r"is (not )?good|a good (token|key)": "valid",
    r"goes (into|in|on)|went in|go in": "is added, continues, returns",
    r"one a line|a line each|one row a claim": "one per line",
    r"stays? (as|what) it (is|was)|as (it|they|things) (stands?|is now)": "is not changed, the current",
}
# What is right all the same: the place, the words, and why.
ALLOWED: dict[tuple[str, str], str] = {}

_COMPILED = {re.compile(rf"(?<![\w-])(?:{old})(?![\w-])", re.IGNORECASE): new for old, new in WORDS.items()}


def old_words(place: str, text: str) -> list[str]:
    """Return what a text says in old words: the place, the words with those around them, and what to write."""
    text = " ".join(without_code(text).split())
    found = [
        f"{place}: …{text[max(0, match.start() - 40) : match.end() + 40]}… — {new}"
        for pattern, new in _COMPILED.items()
        for match in pattern.finditer(text)
        if (place, match[0].lower()) not in ALLOWED
    ]
    return found


def _read(paths: list[Path], text_of: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    for path in paths:
        yield path.relative_to(ROOT).as_posix(), text_of(path.read_text(encoding="utf-8"))


def _documents() -> Iterator[tuple[str, str]]:
    return _read(DOCUMENTS, markdown)


def _pages() -> Iterator[tuple[str, str]]:
    yield from _read(sorted(PACKAGE.rglob("*.html")), template)
    yield from _read(sorted((PACKAGE / "web" / "static").glob("*.js")), script)


def _commands() -> Iterator[tuple[str, str]]:
    return commands(cli, "factcheck")


def _api() -> Iterator[tuple[str, str]]:
    app = create_app(Settings(secret_key=SECRET))
    return descriptions(json.loads(app.extensions["factcheck.openapi"]))


def _messages() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for text in messages(path.read_text(encoding="utf-8")):
            if is_prose(text) and text[:1].isupper():
                yield path.relative_to(ROOT).as_posix(), text


KINDS: dict[str, tuple[Callable[[], Iterator[tuple[str, str]]], int]] = {
    "documents": (_documents, 15),
    "pages": (_pages, 30),
    "commands": (_commands, 80),
    "api": (_api, 250),
    "messages": (_messages, 500),
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_old_words(kind: str) -> None:
    read, least = KINDS[kind]
    texts = list(read())
    assert len([text for _, text in texts if text.strip()]) >= least
    assert [found for place, text in texts for found in old_words(place, text)] == []


WAS = [
    ("A claim is to be had in the formats of the field.", 1),
    ("One that is cut off does not end as HTTP has it end.", 1),
    ("Nobody is told of anything yet.", 2),
    ("every verdict asks one, of 10 characters at least", 1),
    ("It answers with its tombstone from then on", 2),
    ("No claim is like this.", 1),
    ("Who waits shares it", 1),
    ("what is worked out from other things, and kept", 2),
    ("The deed was amended: it stands, and each hop has a cue.", 5),
    ("Is it so? Did they say it?", 2),
]


@pytest.mark.parametrize(("sentence", "least"), WAS)
def test_sentences_that_must_not_come_back_are_found(sentence: str, least: int) -> None:
    """In each kind of text, wherever people read it."""
    assert len(old_words("there", sentence)) >= least
    markup = (
        f'<p title="{sentence}">{{{{ {{"x": "{sentence}"}}[said] }}}}</p>{{% if a %}}<b>{sentence}</b>{{% endif %}}'
    )
    code = f'def act():\n    """{sentence}"""\n    raise Invalid("{sentence}")\n'
    read = {
        "document": markdown(f"# Title\n\n| {sentence} | [{sentence}](https://example.org) |\n"),
        "page": template(markup),
        "script": script(f'say("{sentence.capitalize()}");'),
        "message": "\n".join(messages(code)),
        "api": "\n".join(text for _, text in descriptions({"paths": [{"summary": sentence}]})),
    }
    counts = {kind: len(old_words(kind, text)) for kind, text in read.items()}
    assert min(counts.values()) >= least, counts
    assert counts["page"] >= 3 * least  # in the attribute, in the expression and in the text


def test_code_and_right_uses_are_left_alone() -> None:
    text = (
        '`held` and `cue` are members. We understand stand-alone standbys; press `Enter`.\n\n```json\n{"hop": 1}\n```\n'
    )
    assert old_words("there", markdown(text)) == []
    page = '<p class="hop cue"><kbd>Enter</kbd> <code>amend</code>{{ url_for("amend") }}{# told, kept #}</p>'
    assert old_words("there", template(page)) == []
    assert [text for text in messages('"""Told."""\nx = {"told": f"cue-{y}"}\n') if is_prose(text)] == []
    assert ("pick --all", "Told.") in list(
        commands(click.Command("pick", params=[click.Option(["--all"], help="Told.")]), "pick")
    )
