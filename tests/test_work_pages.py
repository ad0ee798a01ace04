"""The page of a person's work, and the form that assigns a claim."""

import html
from datetime import timedelta

from factcheck.log.clock import now
from tests.desk import Desk
from tests.everything import decide
from tests.forms import Visitor


def shown(visitor: Visitor, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200
    return html.unescape(answer.get_data(as_text=True))


def test_a_claim_is_assigned_and_released_on_its_page(desk: Desk) -> None:
    claim = desk.claim()["id"]
    here, visitor = f"/claims/{claim}", Visitor(desk)
    form = f"{here}/assignment"
    assert f'<option value="{desk.people["analyst"]}" selected>' in shown(visitor, here)  # unless one chooses
    given = {"person_id": desk.people["admin"], "due_on": "2099-01-02", "priority": "high", "note": "Ask <the> police."}
    answer = visitor.send(form, given, on=here)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{here}?said=assigned#assignment")
    page = shown(visitor, f"{here}?said=assigned")
    assert "The claim was assigned." in page
    assert "2 Jan 2099" in page
    assert "high priority" in page
    assert "Ask <the> police." in page
    assert "<the>" not in visitor.get(here).get_data(as_text=True)
    assert f'<option value="{desk.people["admin"]}" selected>' in page
    assert "Assigned to" in shown(Visitor(desk, "reader"), here)
    assert f'action="{form}"' not in shown(Visitor(desk, "contributor"), here)
    wrong = visitor.send(form, {"person_id": desk.people["reader"]}, on=here)
    assert wrong.status_code == 422
    assert "Choose somebody on this desk who decides" in wrong.get_data(as_text=True)
    answer = visitor.send(f"{form}/end", {}, on=here)
    assert answer.headers["Location"] == f"{here}?said=released#assignment"
    assert "Assigned to" not in shown(visitor, here)
    assert visitor.get(form).headers["Location"] == here
    assert "Assignment" not in shown(Visitor(desk.with_settings(public_read=True), None), here)


def test_my_work_is_sorted_by_what_presses(desk: Desk) -> None:
    visitor = Visitor(desk)
    assert "No claim is assigned to you." in shown(visitor, "/work")
    today = now().date()
    days = {"Later": None, "Over": today - timedelta(days=1), "Today": today, "Soon": today + timedelta(days=3)}
    ids = {}
    for name, day in days.items():
        ids[name] = desk.claim(text=f"{name} somebody was there.")["id"]
        body = {"person_id": desk.people["analyst"], "due_on": day and day.isoformat(), "note": f"{name}: ask."}
        assert desk.request("PUT", f"/v1/claims/{ids[name]}/assignment", json=body, by="admin").status_code == 201
    other = desk.claim(text="Nobody of mine was there.")["id"]
    desk.request("PUT", f"/v1/claims/{other}/assignment", json={"person_id": desk.people["admin"]})
    page = shown(visitor, "/work")
    places = [page.index(f"{name} somebody") for name in ("Over", "Today", "Soon", "Later")]
    assert places == sorted(places)
    assert page.index("Overdue") < places[0] < page.index("Due <small") < places[1]
    assert places[2] < page.index("No due date") < places[3]
    assert "Nobody of mine" not in page
    assert "Everybody's work" not in page
    everybody = shown(Visitor(desk, "admin"), "/work")
    assert "Everybody's work" in everybody
    assert "<td>4</td><td>1</td>" in everybody
    answer = visitor.send(f"/claims/{ids['Soon']}/assignment/end", {}, on="/work")
    assert answer.headers["Location"] == "/work?said=released"
    decide(desk, ids["Today"], "unverifiable", by="analyst")
    page = shown(visitor, "/work?said=released")
    assert [name in page for name in ("Over somebody", "Today somebody", "Soon somebody")] == [True, False, False]
    assert Visitor(desk, None).get("/work").status_code == 303


def test_what_waits_for_my_second_opinion(desk: Desk) -> None:
    claim = desk.claim(text="Nobody was there.")["id"]
    decide(desk, claim, "unverifiable", by="admin")
    asked = {"reviewer_id": desk.people["analyst"]}
    assert desk.post(f"/v1/claims/{claim}/second-opinion", asked, by="admin").status_code == 201
    page = shown(Visitor(desk), "/work")
    assert page.index("Waiting for your second opinion") < page.index("Nobody was there.")
    assert "Waiting for your second opinion" not in shown(Visitor(desk, "admin"), "/work")
