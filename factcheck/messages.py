"""Sentences that can be said in every language of the catalogue.

What is below the web speaks English, and knows no request: it makes a `Message`, which is its English text and
remembers the sentence and the values that it was made of. `catalogues.py` says it in the reader's language.
`make messages` finds the sentences in the calls of `message` and `plural`, so they are literals there.
"""

import json
from collections.abc import Mapping
from typing import Any, Self


class Message(str):
    """An English text, and what it was made of.

    `sentence` has names in braces where the `values` go. A `many` is the sentence for other numbers than one, and
    `number` is which one it is. A text that was made of a message by other means (an f-string, `join`) is a plain text.
    """

    sentence: str
    values: Mapping[str, Any]
    many: str | None
    number: int

    def __new__(
        cls, sentence: str, values: Mapping[str, Any] | None = None, many: str | None = None, number: int = 1
    ) -> Self:
        chosen = sentence if many is None or number == 1 else many
        made = super().__new__(cls, chosen.format_map(values) if values else chosen)
        made.sentence, made.values, made.many, made.number = sentence, values or {}, many, number
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (self.sentence, self.values, self.many, self.number)


def message(sentence: str, /, **values: Any) -> Message:
    """Make a message: `message("No source has the name {name}.", name=name)`.

    A value may be a message too; it is said in the same language. Without values, braces are just braces.
    """
    return Message(sentence, values)


def plural(one: str, many: str, /, count: int, **values: Any) -> Message:
    """Make a message whose words depend on a number: `{count}` in it, unless `values` has another form of that."""
    return Message(one, {"count": count, **values}, many, count)


def dumped(text: str) -> str:
    """Write a message down as JSON, so that it can be said in any language later. One message is always one JSON."""
    return json.dumps(_written(text), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def loaded(written: str) -> str:
    """Return the message that was written down. Earlier versions wrote plain English, which is what it was."""
    if not written.startswith(("{", '"')):
        return written
    return _read(json.loads(written))  # type: ignore[no-any-return]


def _written(value: Any) -> Any:
    if not isinstance(value, Message):
        return value if isinstance(value, int | float | None) else str(value)
    found: dict[str, Any] = {"sentence": value.sentence}
    if value.values:
        found["values"] = {name: _written(each) for name, each in value.values.items()}
    if value.many is not None:
        found |= {"many": value.many, "number": value.number}
    return found


def _read(form: Any) -> Any:
    if not isinstance(form, dict):
        return form
    values = {name: _read(each) for name, each in form.get("values", {}).items()}
    return Message(form["sentence"], values, form.get("many"), form.get("number", 1))
