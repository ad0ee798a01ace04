"""The text that people read: of Markdown, page templates, commands, the OpenAPI document and messages in code."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import click

_FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`[^`]+`")
_TARGET = re.compile(r"\]\([^)]*\)")
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_QUOTED = re.compile(r'"([^"]*)"')
_SCRIPT = re.compile(r"\"([^\"\n]*)\"|`([^`]*)`")
READ_ALOUD = {"alt", "aria-label", "placeholder", "title"}  # attributes whose value people read or hear
NOT_PROSE = {"code", "kbd", "script", "style", "svg"}


def is_prose(text: str) -> bool:
    """Say whether a string has at least two words of letters, as names of classes and files do not."""
    return len(re.findall(r"(?<![\w/.-])[A-Za-z’']{2,}(?![\w/-])", text)) > 1


def without_code(text: str) -> str:
    return _CODE.sub("`…`", text)


def markdown(text: str) -> str:
    """Return a document without code and without the targets of its links."""
    return _TARGET.sub("]", without_code(_FENCED.sub("", text)))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._code += tag in NOT_PROSE
        self.texts += [value for name, value in attrs if name in READ_ALOUD and value]

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in NOT_PROSE

    def handle_data(self, data: str) -> None:
        if not self._code:
            self.texts.append(data)


def template(text: str) -> str:
    """Return what a page shows: its text, read-aloud attributes, and sentences inside of Jinja's expressions."""
    text = _COMMENT.sub("", text)
    reader = _Reader()
    reader.feed(_JINJA.sub(" … ", text))
    reader.close()
    said = [each for part in _JINJA.findall(text) for each in _QUOTED.findall(part) if is_prose(each)]
    return "\n".join([*reader.texts, *said])


def script(text: str) -> str:
    """Return the sentences in a script of the pages."""
    found = [quoted or written for quoted, written in _SCRIPT.findall(text)]
    return "\n".join(each for each in found if is_prose(each) and each[:1].isupper())


def messages(source: str) -> Iterator[str]:
    """Yield the texts in a module of Python that are not docstrings: messages, labels, descriptions."""
    tree = ast.parse(source)
    inside, docstrings = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            first = node.body[0]
            assert isinstance(first, ast.Expr)
            docstrings.add(first.value)
        if isinstance(node, ast.JoinedStr):
            inside.update(node.values)
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in inside | docstrings:
            yield node.value


def commands(command: click.Command, name: str) -> Iterator[tuple[str, str]]:
    """Yield the help of a command, of its options and of its subcommands, each with its place."""
    yield name, command.help or ""
    for option in command.params:
        if isinstance(option, click.Option):
            yield f"{name} {option.opts[0]}", option.help or ""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            if (subcommand := command.get_command(context, each)) is not None:
                yield from commands(subcommand, f"{name} {each}")


def descriptions(document: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield the descriptions, summaries and titles of an OpenAPI document, each with its place."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key in {"description", "summary"} and isinstance(value, str):
                yield f"{place}/{key}", value
            else:
                yield from descriptions(value, f"{place}/{key}")
    elif isinstance(document, list):
        for at, value in enumerate(document):
            yield from descriptions(value, f"{place}/{at}")
