"""What marshmallow says of values, as messages: it puts its sentences together by itself."""

import re

from factcheck.messages import Message, message

NO_EVENT = message("This event does not exist; see `events` in the API.")
SENTENCES = (
    NO_EVENT,
    message("Missing data for required field."),
    message("Field may not be null."),
    message("Unknown field."),
    message("Invalid input type."),
    message("Invalid type."),
    message("Not a valid string."),
    message("Not a valid boolean."),
    message("Not a valid integer."),
    message("Not a valid number."),
    message("Not a valid list."),
    message("Shorter than minimum length {least}."),
    message("Longer than maximum length {most}."),
    message("Length must be between {least} and {most}."),
    message("Must be greater than or equal to {least} and less than or equal to {most}."),
    message("Must be greater than or equal to {least}."),
    message("Must be less than or equal to {most}."),
    message("Must be one of: {choices}."),
)


def as_message(text: str) -> str:
    """Return a sentence of the library as a message. Another text stays as it is."""
    if isinstance(text, Message):
        return text
    for pattern, sentence in _PATTERNS:
        if found := pattern.fullmatch(text):
            return Message(sentence, found.groupdict())
    return text


def _pattern(sentence: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(sentence)))


_PATTERNS = tuple((_pattern(each.sentence), each.sentence) for each in SENTENCES)
