"""No path tells a hidden verdict to whoever is to give a second opinion: desks that differ in it answer alike."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from factcheck.settings import Settings
from tests.comparing import Reader, differing, first_difference
from tests.conftest import Copies
from tests.desk import SECRET, Desk
from tests.everything import furnished, unasked, unvisited
from tests.receiver import Receiver, receiving

# The entries of the log hold each status in clear, by design, for whoever looks for it: docs/api.md says so.
IN_CLEAR = "/v1/log/"
# What a reader, and whoever gave the verdict, are shown differently; and the webhook that goes by this verdict.
CONTROL = {
    "reader": (
        "/v1/claims?count=true", "/v1/claims/{claim_id}", "/v1/claims/{claim_id}?as_of={moment}",
        "/v1/claims/{claim_id}/history", "/v1/claims/{claim_id}/reviews", "/v1/claims/{claim_id}/reviews/{review_id}",
        "/v1/claims/{claim_id}/second-opinion", "/v1/changes?limit=200", "/v1/audit/summary",
    ),
    "first": ("/v1/claims/{claim_id}", "/v1/webhooks/{hook}/state", "/v1/webhooks/{hook}/deliveries?limit=200"),
}  # fmt: skip
HOOKS = {"content": "{hook_2}", "attribution": "{hook_3}"}


@contextmanager
def opened(copies: Copies) -> Iterator[Desk]:
    """Open a desk that may send webhooks to this machine, with one person of each role."""
    kind = "migrated with people"
    url = copies.copy(kind)
    settings = Settings(database_url=url, secret_key=SECRET, outbound_allow="127.0.0.0/8", webhook_http=True)
    desk = Desk(settings, copies.entered[kind])
    yield desk
    desk.close()
    copies.forget(url)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def test_every_path_has_an_example(desk: Desk) -> None:
    """A path, or a parameter, that nobody thought of fails here, before it can tell anything."""
    assert unasked(desk.get("/openapi.json", by=None).json) == []
    assert unvisited(desk.app) == []


@pytest.mark.parametrize(("question", "blind"), [("content", None), ("attribution", "admin")])
def test_desks_that_differ_in_the_hidden_verdict_answer_alike(
    copies: Copies, receiver: Receiver, question: str, blind: str | None
) -> None:
    """Asked of an admin, who may see webhooks too; whoever gave the verdict, and a reader, see what differs."""
    told: dict[str, list[dict[str, str]]] = defaultdict(list)
    shown = [(by, each.replace("{hook}", HOOKS[question])) for by, targets in CONTROL.items() for each in targets]
    for verdict in ("refuted", "verified"):
        with opened(copies) as desk:
            things = furnished(desk, verdict=verdict, question=question, blind=blind, url=receiver.url)
            hidden = Reader(desk, things, "admin")
            told["reads"].append(hidden.reads())
            told["pages"].append(hidden.pages())
            for by, target in shown:  # each by a reader who begins to number ids anew
                told[f"{target} of {by}"].append(Reader(desk, things, by).reads(target))
            told["forms"].append(hidden.forms())
            told["writes"].append(hidden.writes())
    for what in ("reads", "pages", "forms", "writes"):
        one, other = ({asked: each[asked] for asked in each if IN_CLEAR not in asked} for each in told[what])
        assert len(one) > 10
        assert first_difference(one, other) is None, what
    # The control: what is compared does differ for those from whom the verdict is not hidden.
    for by, target in shown:
        assert differing(*told[f"{target} of {by}"]), (by, target)
    sent = [request.data["status"][question] for request in receiver.requests if request.type == "claim.review"]
    assert {"refuted", "verified"} <= set(sent)
