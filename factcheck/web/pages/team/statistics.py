"""Statistics of the desk's work, as charts with the numbers that they show."""

from urllib.parse import urlencode

from flask import Blueprint, Response, request

from factcheck.messages import Message, message
from factcheck.web import queries, statistics
from factcheck.web.pages import charts, paging
from factcheck.web.pages.layout import admit_known, page
from factcheck.web.speaking.languages import said

blueprint = Blueprint("statistics_pages", __name__)
blueprint.before_request(admit_known)
UNITS = (
    (message("{count} d"), 86_400),
    (message("{count} h"), 3_600),
    (message("{count} min"), 60),
    (message("{count} s"), 1),
)


@blueprint.get("/statistics")
def show() -> Response:
    query = paging.query(*statistics.NAMES, renamed=statistics.RENAMED)
    if isinstance(query, Response):
        return query
    found, as_of = statistics.found(query)
    weeks = found["weeks"]

    def drawn(*names: str) -> list[charts.Column]:
        return charts.columns(*([week[name] for week in weeks] for name in names))

    def peak(*names: str) -> int:
        return max(week[name] or 0 for week in weeks for name in names)

    return page(
        "statistics.html",
        as_of=as_of,
        found=found,
        drawn=drawn,
        peak=peak,
        duration=duration,
        me=queries.ME,
        file=lambda name: f"/v1/statistics/{name}.csv?{urlencode(request.args)}".rstrip("?"),
        most=max(each["count"] for each in found["open"]["by_age"]),
    )


def duration(seconds: int | None) -> str:
    """Write a duration with its two largest units, such as `2 d 5 h`: it is an estimate anyway."""
    if seconds is None:
        return ""
    first = next(at for at, (_, size) in enumerate(UNITS) if seconds >= size or size == 1)
    parts: list[str] = []
    left = seconds
    for unit, size in UNITS[first : first + 2]:
        count, left = divmod(left, size)
        parts += [said(Message(unit, {"count": count}))] if count or not parts else []
    return " ".join(parts)
