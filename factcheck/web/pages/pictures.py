"""Pictures that stand inside of pages."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from factcheck.formats.chain.picture import svg
from factcheck.web.speaking.languages import said


def chain(graph: Mapping[str, Any]) -> Markup:
    """Return the picture of a claim's provenance, in the reader's language."""
    return Markup(svg(graph, say=said).decode())  # noqa: S704 (our own markup, escaped where it is made)
