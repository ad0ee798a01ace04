"""Write reports and publish them, as tests of what readers see do."""

from typing import Any

from tests.desk import Desk
from tests.everything import REPORT

FRESH = {"Cache-Control": "no-cache"}  # not what was answered to somebody else a moment ago
REASON = "It says the wrong year."


def report_on(desk: Desk, claim: str, **fields: Any) -> str:
    text = f"Nobody counted.\n\n{{{{claim:{claim}}}}}\n\nSo *nobody* knows."
    made: str = desk.made("/v1/reports", {**REPORT, "text": text, **fields})["id"]
    return made


def moved(desk: Desk, report: str, to: str, *, by: str = "analyst", **fields: Any) -> Any:
    etag = desk.get(f"/v1/reports/{report}", by=by).headers["ETag"]
    return desk.post(f"/v1/reports/{report}/moves", {"to": to, **fields}, by=by, headers={"If-Match": etag})


def sent_to_us(desk: Desk, path: str, **fields: str) -> str:
    """Ask for a correction as a reader does, and return the request's id."""
    form = {"text": "It was another year.", **fields}
    sent = desk.request("POST", f"{path}/correction-request", data=form, by=None)
    assert sent.status_code == 303, sent.get_data(as_text=True)
    return str(sent.headers["Location"].rpartition("/")[2])


def published(desk: Desk, report: str, **fields: Any) -> Any:
    for to in ("submitted", "approved"):
        assert moved(desk, report, to).status_code == 200
    done = moved(desk, report, "published", **fields)
    assert done.status_code == 200, done.json
    return done.json
