"""Read one page, by its media type or, where that says nothing, by its first bytes."""

from factcheck.extraction import refusals
from factcheck.extraction.charsets import decoded
from factcheck.extraction.documents import of_pdf, of_text
from factcheck.extraction.values import MOST_TEXT
from factcheck.extraction.web_pages import Unfit, extracted
from factcheck.rules.web.fetches import Failure

PDF = "application/pdf"
PAGES = ("text/html", "application/xhtml+xml")
TEXTS = ("text/plain", "text/markdown", "text/x-markdown")
UNSAID = ("", "application/octet-stream", "binary/octet-stream", "unknown/unknown")


def found(raw: bytes, content_type: str, url: str) -> dict[str, str | None]:
    """Return the members of an Extract (`extraction/running.py`)."""
    try:
        fields = _fields(raw, content_type, url)
        if len(fields["text"] or "") > MOST_TEXT:
            raise Unfit(Failure.TOO_LARGE, refusals.TOO_LONG)
        return fields
    except Unfit as unfit:
        return {"failure": unfit.failure, "detail": unfit.detail}
    except (MemoryError, RecursionError):
        return {"failure": Failure.TOO_COMPLEX, "detail": refusals.PAGE_COMPLEX}


def _fields(raw: bytes, content_type: str, url: str) -> dict[str, str | None]:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == PDF or raw[:1024].lstrip().startswith(b"%PDF-"):
        return of_pdf(raw, url) | {"charset": None}
    if kind in PAGES or (kind in UNSAID and raw[:1024].lstrip()[:1] == b"<"):
        page, charset = decoded(raw, content_type)
        return extracted(page, url) | {"charset": charset}
    if kind in TEXTS or (kind in UNSAID and raw and b"\0" not in raw):
        text, charset = decoded(raw, content_type)
        return of_text(text, url) | {"charset": charset}
    raise Unfit(Failure.NOT_TEXT, refusals.media_type(kind[:100]))
