"""The file of claims' vectors: how it follows the desk, what is left of withdrawn and redacted claims, and damage."""

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql

from factcheck.followers.embeddings import setting
from factcheck.followers.embeddings.files import CHECK, HEAD, KEY, Lock, Said, VectorFile
from factcheck.followers.embeddings.filling import TOGETHER, VectorFilling
from factcheck.followers.embeddings.vectors import packed, unit
from tests.desk import Desk
from tests.sentence_models import Address, build, of_text, serving, with_model
from tests.serving import Served

FIRST, SECOND, THIRD = "The mayor sacked the treasurer", "The dog praised the mayor", "The treasurer has a hound"
SIZE = 4
VECTORS = {text: packed(unit([len(text), at, -at, 2])) for at, text in enumerate((FIRST, SECOND, THIRD), 1)}
CLAIMS = [Said(at * 3, text) for at, text in enumerate(VECTORS)]


@pytest.fixture
def address() -> Iterator[Address]:
    with serving() as found:
        yield found


@pytest.fixture
def written(tmp_path: Path) -> VectorFile:
    file = VectorFile(tmp_path / "vectors", b"a model", SIZE)
    file.begin()
    file.write(CLAIMS, list(VECTORS.values()))
    return file


def add(desk: Desk, text: str) -> dict[str, Any]:
    article = desk.article(title="Town hall", text=f"{text}.", language="en")
    return desk.claim(article_id=article["id"], text=text, quotes=[{"exact": text}])


def follow(desk: Desk) -> VectorFilling:
    """Write the vectors of a desk to the end, as a thread of the server does."""
    filling = VectorFilling(desk.database, desk.app.extensions["factcheck.meanings"])
    filling.begin()
    go_on(filling)
    return filling


def go_on(filling: VectorFilling) -> None:
    while filling.step():
        pass


def content(desk: Desk) -> bytes:
    return setting.path(desk.settings).read_bytes()


def vector(text: str) -> bytes:
    return packed(unit(of_text(text)))


def test_each_claim_has_its_vector_and_a_match_asks_for_the_text_alone(desk: Desk, address: Address) -> None:
    modelled = with_model(desk, address.url)
    add(modelled, FIRST)
    filling = follow(modelled)
    add(modelled, SECOND)
    add(modelled, THIRD)
    go_on(filling)
    assert all(vector(text) in content(desk) for text in (FIRST, SECOND, THIRD))
    before = len(address.texts)
    found = modelled.post("/v1/claims/match", {"text": "The mayor praised the hound"}, by="reader").get_json()
    assert (found["model"], len(found["items"])) == ("used", 3)
    assert address.texts[before:] == [["The mayor praised the hound"]]


def test_what_is_there_is_not_computed_again(desk: Desk, address: Address) -> None:
    modelled = with_model(desk, address.url)
    texts = [f"{FIRST} {at}" for at in range(TOGETHER + 1)]
    for text in texts:
        add(modelled, text)
    follow(modelled)
    assert [len(each) for each in address.texts[1:]] == [TOGETHER, 1]
    assert sorted(text for each in address.texts[1:] for text in each) == sorted(texts)
    again = with_model(desk, address.url)
    before = len(address.texts)
    follow(again)
    assert len(address.texts) == before + 1  # the sentences of the scale


def test_an_edited_claim_has_the_vector_of_its_new_text(desk: Desk, address: Address) -> None:
    modelled = with_model(desk, address.url)
    claim = add(modelled, FIRST)
    filling = follow(modelled)
    etag = desk.etag(claim["id"])
    assert desk.patch(f"/v1/claims/{claim['id']}", {"text": SECOND}, etag=etag).status_code == 200
    go_on(filling)
    assert vector(FIRST) not in content(desk)
    assert vector(SECOND) in content(desk)


@pytest.mark.parametrize("restarts", [False, True])
def test_nothing_is_left_of_a_claim_that_is_withdrawn_or_redacted(desk: Desk, address: Address, restarts: bool) -> None:
    modelled = with_model(desk, address.url)
    for text in (FIRST, SECOND, THIRD):
        add(modelled, text)
    claims = desk.get("/v1/claims", by="reader").get_json()["items"]
    ids = {claim["text"]: claim["id"] for claim in claims}
    filling = follow(modelled)
    assert all(vector(text) in content(desk) for text in ids)
    reason = {"reason": "It names a private person."}
    assert desk.post(f"/v1/claims/{ids[SECOND]}/withdrawal", reason, by="admin").status_code == 204
    assert desk.post(f"/v1/claims/{ids[THIRD]}/redaction", reason, by="admin").status_code == 204
    if restarts:
        follow(with_model(desk, address.url))
    else:
        go_on(filling)
    before, found, after = content(desk)[HEAD.size :].partition(vector(FIRST))
    assert found
    assert not any(before[:-KEY])
    assert not any(after[CHECK.size :])
    assert len(after) > 2 * len(vector(FIRST))


def test_without_a_model_the_vectors_of_an_earlier_one_are_removed(desk: Desk, address: Address) -> None:
    modelled = with_model(desk, address.url)
    add(modelled, FIRST)
    follow(modelled)
    assert setting.path(desk.settings).is_file()
    setting.begin(desk.settings, desk.database, None)
    assert not setting.path(desk.settings).exists()
    setting.begin(desk.settings, desk.database, None)


def test_another_model_begins_a_file_of_its_own(desk: Desk, address: Address) -> None:
    one = with_model(desk, address.url)
    add(one, FIRST)
    follow(one)
    with serving(lambda numbers: numbers[::-1]) as turned:
        other = with_model(desk, turned.url)
        # Until its own is written, the file of the first has nothing for it.
        assert other.app.extensions["factcheck.meanings"].file().read([Said(1, FIRST)]) == {}
        follow(other)
    assert vector(FIRST) not in content(desk)
    assert packed(unit(of_text(FIRST)[::-1])) in content(desk)


def test_one_that_cannot_write_answers_all_the_same(desk: Desk, address: Address, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    closed = with_model(desk, address.url)
    add(closed, FIRST)
    meanings = closed.app.extensions["factcheck.meanings"]
    meanings.path = tmp_path / "file" / "vectors"
    filling = VectorFilling(closed.database, meanings)
    with pytest.raises(OSError, match="Not a directory"):
        filling.begin()
    found = closed.post("/v1/claims/match", {"text": FIRST}, by="reader").get_json()
    assert (found["model"], len(found["items"])) == ("used", 1)


def test_it_goes_on_after_the_model_the_file_and_the_database_were_away(
    desk: Desk, address: Address, logged: io.StringIO
) -> None:
    modelled = with_model(desk, address.url)
    meanings, answer = modelled.app.extensions["factcheck.meanings"], address.receiver.answer
    meanings.rest = 0.02
    address.receiver.answer = lambda _: 503
    add(modelled, FIRST)
    filling = VectorFilling(modelled.database, meanings)
    thread = filling.start()

    def failures() -> int:
        return logged.getvalue().count('"vectors_not_written"')

    def await_that(condition: Callable[[], bool]) -> None:
        end = time.monotonic() + Served.DEADLINE
        while not condition():
            assert time.monotonic() < end, logged.getvalue()[-2000:]
            assert thread.is_alive()
            time.sleep(0.01)

    def await_vector(said: str) -> None:
        await_that(lambda: setting.path(desk.settings).exists() and vector(said) in content(desk))

    try:
        await_that(lambda: failures() > 1)
        assert '"vectors_complete"' not in logged.getvalue()
        address.receiver.answer = answer
        await_vector(FIRST)
        await_that(lambda: logged.getvalue().count('"vectors_complete"') == 1)
        setting.path(desk.settings).unlink()
        add(modelled, SECOND)
        await_vector(SECOND)
        await_vector(FIRST)  # the new file has the earlier ones too
        await_that(lambda: logged.getvalue().count('"vectors_complete"') == 2)
        with desk.database.writing() as session:
            session.execute(sql("ALTER TABLE claims RENAME TO claims_away"))
        before = failures()
        await_that(lambda: failures() > before)
        with desk.database.writing() as session:
            session.execute(sql("ALTER TABLE claims_away RENAME TO claims"))
        add(modelled, THIRD)
        await_vector(THIRD)
    finally:
        filling.stop()
        thread.join(Served.DEADLINE)
    assert not thread.is_alive()


# ── The file ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_written_is_read(written: VectorFile) -> None:
    assert written.read(CLAIMS) == {claim.seq: VECTORS[claim.text] for claim in CLAIMS}
    assert written.read([Said(0, SECOND), Said(1, FIRST), Said(10**6, FIRST)]) == {}
    written.begin()
    assert len(written.read(CLAIMS)) == 3
    assert written.path.stat().st_mode & 0o777 == 0o600


def test_a_file_of_another_model_is_not_read(written: VectorFile) -> None:
    assert VectorFile(written.path, b"another", SIZE).read(CLAIMS) == {}
    assert VectorFile(written.path, b"a model", SIZE + 1).read(CLAIMS) == {}
    assert VectorFile(written.path.with_name("missing"), b"a model", SIZE).read(CLAIMS) == {}


def test_a_damaged_byte_never_gives_a_wrong_vector(written: VectorFile) -> None:
    whole = written.path.read_bytes()
    expected = written.read(CLAIMS)
    damaged = 0
    for at in range(len(whole)):
        written.path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        found = written.read(CLAIMS)
        assert found.items() <= expected.items(), at
        damaged += len(found) < len(expected)
    records = len(CLAIMS) * (12 + len(VECTORS[FIRST]) + 4)
    assert damaged == HEAD.size + records


def test_a_file_that_is_cut_off_has_what_is_left(written: VectorFile) -> None:
    whole, expected = written.path.read_bytes(), written.read(CLAIMS)
    sizes = set()
    for length in range(len(whole)):
        written.path.write_bytes(whole[:length])
        found = written.read(CLAIMS)
        assert found.items() <= expected.items()
        sizes.add(len(found))
    assert sizes == {0, 1, 2}
    written.begin()
    assert written.read(CLAIMS).keys() < expected.keys()


def test_what_is_gone_is_zero(written: VectorFile) -> None:
    length = written.path.stat().st_size
    written.write([], [], [claim.seq for claim in CLAIMS] + [999])
    assert written.path.read_bytes()[HEAD.size :] == bytes(length - HEAD.size)


def test_one_process_at_a_time_writes(tmp_path: Path) -> None:
    one, other = Lock(tmp_path / "vectors"), Lock(tmp_path / "vectors")
    assert one.take()
    assert one.take()
    assert not other.take()
    one.give_up()
    assert other.take()
    other.give_up()


# ── Served ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_a_server_writes_the_vectors_of_new_claims(tmp_path: Path) -> None:
    model = build(tmp_path / "model")
    served = Served(tmp_path, FACTCHECK_EMBEDDINGS=str(model))
    try:
        served.wait()
        article = served.sent("/v1/articles", {"title": "Town hall", "text": FIRST, "language": "en"})
        claim = {"article_id": article["id"], "text": FIRST, "kind": "factual", "quotes": [{"exact": FIRST}]}
        served.sent("/v1/claims", claim)
        end = time.monotonic() + served.DEADLINE
        file = tmp_path / "served.index.vectors"
        while not (file.exists() and file.stat().st_size > HEAD.size):
            assert time.monotonic() < end, served.log.read_text()
            time.sleep(0.05)
        found = served.sent("/v1/claims/match", {"text": "The alderman fired the bookkeeper of the mayor"})
        assert (found["model"], len(found["items"])) == ("used", 1)
    finally:
        served.stop()
