"""Rating scales that come with factcheck, in `seeds/ratings/`: a desk adds those that it wants."""

import json
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parents[2]
# Inside the wheel the folder lies in the package, in a checkout beside it.
_FOLDERS = (PACKAGE / "seeds" / "ratings", PACKAGE.parent / "seeds" / "ratings")
FOLDER = next(folder for folder in _FOLDERS if folder.is_dir())


@cache
def scales() -> dict[str, dict[str, Any]]:
    """Return the scales by their names, each as `schemas/publishing/ratings.py:RatingScaleIn` takes it."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
