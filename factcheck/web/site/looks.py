"""The files with which a house makes the public site look like its own."""

from pathlib import Path
from typing import NamedTuple

from factcheck.settings import Settings

STYLE = "theme.css"
LOGOS = {"logo.svg": "image/svg+xml", "logo.png": "image/png"}


class Theme(NamedTuple):
    """Which of the files there are."""

    style: Path | None
    logo: Path | None


def theme_of(settings: Settings) -> Theme:
    """Return the files of the theme that is set; none where no folder is set."""
    if not settings.site_theme:
        return Theme(None, None)
    folder = Path(settings.site_theme)
    there = [folder / name for name in (STYLE, *LOGOS) if (folder / name).is_file()]
    style = next((file for file in there if file.name == STYLE), None)
    return Theme(style, next((file for file in there if file.name in LOGOS), None))
