"""Documents that are no web pages: plain text, and the text layer of a PDF."""

import io
from urllib.parse import unquote, urlsplit

import pypdf
from pypdf.errors import PyPdfError

from factcheck.extraction import refusals
from factcheck.extraction.values import MOST_TEXT, fit, language, line
from factcheck.extraction.web_pages import Unfit
from factcheck.rules.languages.guessing import language_of
from factcheck.rules.web.fetches import Failure


def of_text(text: str, url: str) -> dict[str, str | None]:
    """Return the fields of an extract from a plain text, whose first line is its title. Raises Unfit."""
    fitting = fit(text)
    if not fitting:
        raise Unfit(Failure.NO_TEXT, refusals.DOCUMENT_EMPTY)
    return _fields(fitting, line(fitting.partition("\n")[0], 200), None, url)


def of_pdf(raw: bytes, url: str) -> dict[str, str | None]:
    """Return the fields of an extract from the text layer of a PDF. Raises Unfit."""
    try:
        reader = pypdf.PdfReader(io.BytesIO(raw))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unfit(Failure.NOT_TEXT, refusals.LOCKED)
        pages: list[str] = []
        for each in reader.pages:
            pages.append(fit(each.extract_text()))
            if sum(map(len, pages)) > MOST_TEXT:
                break  # it is refused for its length
        told = reader.metadata
        title, author = (line(told.title, 1000), line(told.author, 500)) if told else (None, None)
        tag = language(reader.root_object.get("/Lang"))
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, NotImplementedError) as error:
        raise Unfit(Failure.NOT_TEXT, refusals.unreadable_pdf(type(error).__name__)) from error
    text = "\n\n".join(filter(None, pages))
    if not text:
        raise Unfit(Failure.NO_TEXT, refusals.PICTURES)
    fields = _fields(text, title or line(text.partition("\n")[0], 200), author, url)
    return fields | {"language": tag or fields["language"]}


def _fields(text: str, title: str | None, author: str | None, url: str) -> dict[str, str | None]:
    parts = urlsplit(url)
    return {
        "text": text,
        "title": title or line(unquote(parts.path.rpartition("/")[2]), 200),
        "author": author,
        "published_on": None,
        "language": language_of(text[:20_000]),
        "outlet": (parts.hostname or "").removeprefix("www.") or None,
        "canonical_url": None,
    }
