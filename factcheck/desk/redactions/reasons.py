"""The reason of a redaction: it stays in the log, so it must not say what is redacted."""

from collections.abc import Iterable

from factcheck.errors import Flaw, Invalid
from factcheck.messages import message


def demand_silent(reason: str, redacted: Iterable[str | None]) -> None:
    """Raise Invalid when the reason repeats any of these words, in capital or small letters."""
    told = " ".join(reason.casefold().split())
    if any(words and " ".join(words.casefold().split()) in told for words in redacted):
        detail = message("The log keeps the reason. Give one that does not repeat what is redacted.")
        raise Invalid(message("The reason repeats what is redacted."), flaws=[Flaw(detail, "/reason")])
