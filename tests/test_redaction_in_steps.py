"""An article's words go from its claims some at a time: whatever comes in between, none are left at the end."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from factcheck.desk import people
from factcheck.desk.redactions import articles
from factcheck.log.actors import Actor
from tests.desk import Desk
from tests.redacting import catch_up, faults, places, rebuilt_faults

CANARY = "Xylotrupes Quenneville"
TEXT = f"The organizers say that {CANARY} led the march. Thousands came. {CANARY} denies it."
QUOTE = f"{CANARY} led the march"
WHY = "A court asked for it."
Place = dict[str, int]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Black words out in one claim at a time."""
    monkeypatch.setattr(articles, "SLICE", 1)


def furnished(desk: Desk, **about: Any) -> tuple[str, list[str], Place]:
    """Add an article with three claims that have the words, and return where they are."""
    article = desk.article(text=TEXT, **about)["id"]
    claims = [
        desk.claim(article_id=article, text=f"{CANARY} led march {number}.", quotes=[{"exact": QUOTE}])["id"]
        for number in range(3)
    ]
    desk.patch(f"/v1/claims/{claims[0]}", {"tags": ["march"]}, etag="*")  # it has an earlier version
    start = TEXT.index(CANARY)
    return article, claims, {"start": start, "end": start + len(CANARY)}


def admin(desk: Desk, session: Session) -> Actor:
    return people.known(session, "Test admin")


def begun(desk: Desk, article: str, place: Place, number: int) -> dict[str, str]:
    """Do so many of the steps, as a request does that is then cut off; return what they did."""
    done: dict[str, str] = {}
    with desk.database.writing() as session:
        slices = articles.slices(session, article, reason=WHY, **place)
    for some in slices[:number]:
        with desk.database.writing() as session:
            done |= articles.redact_claims(session, admin(desk, session), article, some, reason=WHY, **place)
    return done


def ended(desk: Desk, article: str, place: Place, done: dict[str, str]) -> None:
    with desk.database.writing() as session:
        articles.redact_text(session, admin(desk, session), article, reason=WHY, done=done, **place)


@pytest.mark.usefixtures("steps")
def test_a_request_that_was_cut_off_is_sent_again(desk: Desk, tmp_path: Path) -> None:
    article, claims, place = furnished(desk)
    done = begun(desk, article, place, 2)
    assert sorted(done) == sorted(claims[:2])
    shown = [desk.get(f"/v1/claims/{claim}").get_data(as_text=True) for claim in claims]
    assert [CANARY in each for each in shown] == [False, False, True]
    catch_up(desk)
    assert faults(desk.database) == []  # half of it is a state that the log proves
    before = len(desk.changes())
    answer = desk.post(f"/v1/articles/{article}/redaction", {"reason": WHY, **place}, by="admin")
    assert answer.status_code == 204
    told = [(each["subject"]["id"], each["action"], each["reason"]) for each in desk.changes()[before:]]
    assert told == [(claims[2], "redact_part", articles.WHY), (article, "redact", WHY)]
    assert places(desk, CANARY, tmp_path) == []
    assert faults(desk.database) == []
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []
    assert desk.post(f"/v1/articles/{article}/redaction", {"reason": WHY, **place}, by="admin").status_code == 409


@pytest.mark.usefixtures("steps")
def test_what_comes_between_the_steps_is_redacted_too(desk: Desk, tmp_path: Path) -> None:
    article, claims, place = furnished(desk)
    done = begun(desk, article, place, 3)
    desk.patch(f"/v1/claims/{claims[0]}", {"text": f"{CANARY} led it."}, etag="*")
    desk.made(f"/v1/claims/{claims[1]}/evidence", {"stance": "context", "title": f"{CANARY}, a portrait"})
    late = desk.claim(article_id=article, text=f"{CANARY} denies it.", quotes=[{"exact": f"{CANARY} denies it"}])["id"]
    desk.made(f"/v1/articles/{article}/snapshots", {"text": f"{TEXT} Nobody asked {CANARY}."})
    assert {each.split()[0] for each in places(desk, CANARY, tmp_path)} >= {"table", "answer"}
    ended(desk, article, place, done)
    assert places(desk, CANARY, tmp_path) == []
    assert faults(desk.database) == []
    assert desk.get(f"/v1/claims/{late}").json["quotes"][0]["exact"] == "█" * len(CANARY) + " denies it"


@pytest.mark.usefixtures("steps")
@pytest.mark.parametrize("earlier", [False, True], ids=["now", "earlier"])
def test_words_that_claims_show_of_their_article_go_with_it(desk: Desk, tmp_path: Path, earlier: bool) -> None:
    article, _, place = furnished(desk, title=f"What {CANARY} did")
    if earlier:
        desk.patch(f"/v1/articles/{article}", {"title": "A march"}, etag="*")
    done = begun(desk, article, place, 3)
    assert any(each.startswith("table claim") for each in places(desk, CANARY, tmp_path))
    ended(desk, article, place, done)
    assert places(desk, CANARY, tmp_path) == []
    assert faults(desk.database) == []


@pytest.mark.usefixtures("steps")
def test_what_was_done_is_not_done_again(desk: Desk) -> None:
    article, claims, place = furnished(desk)
    done = begun(desk, article, place, 3)
    before = len(desk.changes())
    ended(desk, article, place, done)
    assert [(each["subject"]["id"], each["action"]) for each in desk.changes()[before:]] == [(article, "redact")]
    etags = {claim: desk.etag(claim).strip('"') for claim in claims}
    assert etags == done


@pytest.mark.usefixtures("steps")
def test_nothing_is_begun_that_cannot_be_done(desk: Desk) -> None:
    """A reason that says a word of the last claim's quote, a version that is old, a place that is not there."""
    article, _, place = furnished(desk)
    before = desk.changes()
    here = f"/v1/articles/{article}/redaction"
    for body, headers, status in (
        ({"reason": f"It names {CANARY}.", **place}, {}, 422),
        ({"reason": WHY, **place}, {"If-Match": '"old"'}, 412),
        ({"reason": WHY, **place, "end": 10_000}, {}, 422),
    ):
        assert desk.post(here, body, by="admin", headers=headers).status_code == status
    assert desk.changes() == before
