"""Similar claims with a sentence model: in a folder, behind an address, and while it fails."""

import math
import sys
import threading
import time
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.errors import Misconfigured
from factcheck.followers.embeddings.files import Said
from factcheck.followers.embeddings.meanings import REST, Meanings
from factcheck.followers.embeddings.remote import RemoteModel
from factcheck.followers.embeddings.scale import LEAST, SAME, measured
from factcheck.followers.embeddings.setting import loading
from factcheck.followers.embeddings.vectors import ModelFailed, cosine, cosine_of_packed, packed, unit
from factcheck.rules.matching.ranking import ModelUse
from factcheck.settings import Settings, described
from tests.desk import Desk
from tests.forms import Visitor
from tests.receiver import receiving
from tests.sentence_models import SIZE, Address, build, serving, with_model

ASKED = "The mayor sacked the treasurer"
SAME_MEANING, SAME_WORDS = "The alderman fired the treasurer", "The mayor sacked the dog"
PRIVATE = "a key for the model"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("model"))


@pytest.fixture
def address() -> Iterator[Address]:
    with serving() as found:
        yield found


def entered(desk: Desk, *claims: str) -> None:
    """Add claims, each of an article of its own."""
    for said in claims:
        article = desk.article(title="Town hall", text=f"{said}.", language="en")
        desk.claim(article_id=article["id"], text=said, quotes=[{"exact": said}])


def said(*texts: str) -> list[Said]:
    return [Said(at, text) for at, text in enumerate(texts)]


def asking(where: str, count: Callable[[ModelUse], None] = lambda _: None, rest: float = REST) -> Meanings:
    """Return a model that may take its time, and that has no file of vectors."""
    return Meanings(loading(Settings(embeddings=where)), Path("/nowhere"), count, wait=30, rest=rest)


def match(desk: Desk, said: str = ASKED) -> dict[str, Any]:
    response = desk.post("/v1/claims/match", {"text": said}, by="reader")
    assert response.status_code == 200, response.get_json()
    found: dict[str, Any] = response.get_json()
    return found


def order(found: dict[str, Any]) -> list[str]:
    return [each["claim"]["text"] for each in found["items"]]


def counted(desk: Desk, use: ModelUse) -> float:
    lines = desk.get("/metrics", by=None).get_data(as_text=True).splitlines()
    prefix = f'factcheck_model_matches_total{{model="{use}"}} '
    return next((float(line.removeprefix(prefix)) for line in lines if line.startswith(prefix)), 0.0)


# ── In a folder ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_claim_of_the_same_meaning_is_found_before_one_of_the_same_words(desk: Desk, folder: Path) -> None:
    entered(desk, SAME_WORDS, SAME_MEANING)
    plain = match(desk)
    assert "model" not in plain
    assert order(plain)[0] == SAME_WORDS
    modelled = with_model(desk, str(folder))
    before = counted(modelled, ModelUse.USED)
    found = match(modelled)
    assert found["model"] == "used"
    assert order(found) == order(plain)[::-1]
    assert counted(modelled, ModelUse.USED) == before + 1


def test_the_same_text_gets_the_same_answer_again(desk: Desk, folder: Path) -> None:
    entered(desk, SAME_WORDS, SAME_MEANING, "The mayor has a dog")
    one, other = with_model(desk, str(folder)), with_model(desk, str(folder))
    first = match(one)
    assert len(first["items"]) == 3
    match(other, "A dog and a hound")
    assert match(one) == first == match(other)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
@pytest.mark.parametrize("content", [b"", b"\x00damaged", b'{"version": "1.0"}'])
def test_with_a_damaged_file_words_alone_decide(desk: Desk, tmp_path: Path, name: str, content: bytes) -> None:
    entered(desk, SAME_WORDS, SAME_MEANING)
    plain = match(desk)
    (build(tmp_path / "model") / name).write_bytes(content)
    damaged = with_model(desk, str(tmp_path / "model"))
    before = counted(damaged, ModelUse.UNAVAILABLE)
    assert match(damaged) == plain | {"model": "unavailable"}
    assert counted(damaged, ModelUse.UNAVAILABLE) == before + 1


def test_a_file_that_was_replaced_is_loaded_after_a_rest(tmp_path: Path) -> None:
    whole = (build(tmp_path) / "model.onnx").read_bytes()
    (tmp_path / "model.onnx").write_bytes(whole[:-100])
    meanings = asking(str(tmp_path), rest=0)
    assert meanings.closeness(ASKED, said(SAME_MEANING)) is None
    (tmp_path / "model.onnx").write_bytes(whole)
    assert meanings.closeness(ASKED, said(SAME_MEANING)) is not None
    meanings.close()


def test_a_model_that_is_no_sentence_model_is_not_used(desk: Desk, tmp_path: Path) -> None:
    entered(desk, SAME_WORDS)
    with serving(lambda _: [1.0] * SIZE) as alike:  # every text is the same
        assert match(with_model(desk, alike.url))["model"] == "unavailable"


def test_a_model_that_gives_vectors_of_whole_texts_is_taken_at_its_word(tmp_path: Path, folder: Path) -> None:
    texts = [*SAME, ASKED, SAME_MEANING]
    by_tokens = loading(Settings(embeddings=str(folder)))().vectors(texts)
    whole = loading(Settings(embeddings=str(build(tmp_path, whole=True))))().vectors(texts)
    assert [list(each) for each in whole] == [pytest.approx(list(each), abs=1e-5) for each in by_tokens]


def test_a_configuration_may_say_that_the_first_token_counts(tmp_path: Path) -> None:
    (build(tmp_path) / "1_Pooling").mkdir()
    config = tmp_path / "1_Pooling" / "config.json"
    config.write_text('{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}')
    first = loading(Settings(embeddings=str(tmp_path)))()
    one, other, alone = first.vectors(["Mayor sacked", "mayor praised", "mayor"])
    assert one == other == alone
    config.write_text('{"pooling_mode_cls_token": false}')
    mean = loading(Settings(embeddings=str(tmp_path)))()
    assert mean.vectors(["Mayor sacked"]) != [one]
    assert mean.identity != first.identity


# ── Behind an address ─────────────────────────────────────────────────────────────────────────────────────────────


def test_an_address_gives_the_same_as_a_folder(desk: Desk, folder: Path, address: Address) -> None:
    entered(desk, SAME_WORDS, SAME_MEANING)
    remote = with_model(desk, address.url, embeddings_key=PRIVATE, embeddings_model="small")
    found, local = match(remote), match(with_model(desk, str(folder)))
    assert found["model"] == "used"
    assert order(found) == order(local)
    scores, others = ([each["score"] for each in one["items"]] for one in (found, local))
    assert scores == pytest.approx(others, abs=0.001)
    assert address.texts[0] == list(SAME)
    assert address.texts[1][0] == ASKED
    assert sorted(address.texts[1][1:]) == sorted(order(found))
    for request in address.requests:
        assert request.path == "/v1/embeddings"
        assert request.headers["authorization"] == f"Bearer {PRIVATE}"
        assert b'"model":"small"' in request.body


def test_a_claim_is_sent_once(desk: Desk, address: Address) -> None:
    entered(desk, SAME_WORDS, SAME_MEANING)
    remote = with_model(desk, address.url)
    assert match(remote)["model"] == match(remote, "A mayor fired a treasurer")["model"] == "used"
    assert address.texts[2:] == [["A mayor fired a treasurer"]]
    assert b"model" not in address.requests[2].body
    assert "authorization" not in address.requests[2].headers


def test_a_strict_entry_asks_no_model(desk: Desk, address: Address) -> None:
    entered(desk, SAME_WORDS)
    remote = with_model(desk, address.url)
    article = desk.article(title="Town hall", text=f"{SAME_WORDS}!", language="en")
    body = {"article_id": article["id"], "text": SAME_WORDS, "kind": "factual", "quotes": [{"exact": SAME_WORDS}]}
    refused = remote.post("/v1/claims", body, headers={"Prefer": "handling=strict"})
    assert refused.status_code == 409, refused.get_json()
    assert address.requests == []


@pytest.mark.parametrize("use", list(ModelUse))
def test_pages_and_searches_are_answered_with_and_without_the_model(seeded: Desk, use: ModelUse) -> None:
    with serving() as address:
        desk = with_model(seeded, address.url)
        if use is ModelUse.USED:
            asked_everywhere(desk, use)
    if use is ModelUse.UNAVAILABLE:  # nobody is at the address any more
        asked_everywhere(desk, use)


def asked_everywhere(desk: Desk, use: ModelUse) -> None:
    said = "A million people were present at the rally, as a bystander reports"
    before = counted(desk, use)
    found = desk.get("/v1alpha1/claims:search", query_string={"query": said}, by="reader")
    assert found.status_code == 200
    assert found.get_json()["claims"][0]["text"].startswith("Up to a million people were present")
    assert counted(desk, use) == before + 1
    article = desk.get("/v1/articles", by="reader").get_json()["items"][0]["id"]
    visitor = Visitor(desk)
    token = visitor.fields(f"/articles/{article}", f"/articles/{article}/claims")["csrf_token"]
    notice = visitor.client.post("/similar", data={"csrf_token": token, "text": f"{said}."})
    assert notice.status_code == 200
    assert "people were present" in notice.get_data(as_text=True)
    assert counted(desk, use) == before + 2


WRONG = {
    "an error": lambda _: 500,
    "a redirect": lambda _: (307, {"Location": "/elsewhere"}),
    "no body": lambda _: 200,
    "no JSON": lambda _: (200, {}, b"<html>"),
    "another form": lambda _: (200, {}, b'{"data": [1]}'),
    "no list": lambda _: (200, {}, b'{"data": {"index": 0}}'),
    "too few vectors": lambda _: (200, {}, b'{"data": [{"index": 0, "embedding": [1]}]}'),
    "words for numbers": lambda _: (200, {}, vectors('["a"]')),
    "no numbers": lambda _: (200, {}, vectors("[]")),
    "zeros": lambda _: (200, {}, vectors("[0, 0]")),
    "too large numbers": lambda _: (200, {}, vectors("[1e300, 1]")),
    "too many numbers": lambda _: (200, {}, vectors(f"[{'1,' * 9000}1]")),
    "vectors of different lengths": lambda _: (200, {}, vectors("[1, 2]").replace(b"[1, 2]", b"[1]", 1)),
    "a connection that ends": lambda _: 1 // 0,
    "an endless answer": lambda _: (200, {}, b" " * 20_000_000),
}


def vectors(numbers: str) -> bytes:
    data = ",".join(f'{{"index": {at}, "embedding": {numbers}}}' for at in range(len(SAME)))
    return f'{{"data": [{data}]}}'.encode()


@pytest.mark.parametrize("wrong", WRONG)
def test_whatever_an_address_answers_the_match_is_answered(wrong: str) -> None:
    used: list[ModelUse] = []
    with receiving(WRONG[wrong]) as receiver:
        url = receiver.url.replace("/hook", "/embeddings")
        meanings = asking(url, used.append)
        assert meanings.closeness(ASKED, said(SAME_MEANING)) is None
        assert len(receiver.requests) == 1
        # It is not asked again at once.
        assert meanings.closeness(ASKED, said(SAME_MEANING)) is None
        assert len(receiver.requests) == 1
    assert used == [ModelUse.UNAVAILABLE] * 2
    meanings.close()


def test_an_address_that_is_away_is_asked_again_after_a_rest(address: Address) -> None:
    answer, away = address.receiver.answer, threading.Event()
    address.receiver.answer = lambda request: 503 if away.is_set() else answer(request)
    meanings = asking(address.url, rest=0)
    first = meanings.closeness(ASKED, said(SAME_MEANING, SAME_WORDS))
    assert first is not None
    away.set()
    assert meanings.closeness(ASKED, said(SAME_MEANING, SAME_WORDS)) is None
    away.clear()
    assert meanings.closeness(ASKED, said(SAME_MEANING, SAME_WORDS)) == first
    meanings.close()


def test_nobody_waits_for_a_slow_address(desk: Desk) -> None:
    entered(desk, SAME_WORDS)
    plain, go_on = match(desk), threading.Event()
    with receiving(lambda _: 204 if go_on.wait(60) else 500) as receiver:
        slow = desk.with_settings(embeddings=receiver.url.replace("/hook", "/embeddings"))
        began = time.monotonic()
        for _ in range(20):
            assert match(slow) == plain | {"model": "unavailable"}
        assert time.monotonic() - began < 15  # each on its own would wait a second
        assert len(receiver.requests) == 1
        go_on.set()


def test_a_request_goes_on_while_a_model_is_loaded(address: Address) -> None:
    go_on = threading.Event()

    def load() -> RemoteModel:
        assert go_on.wait(60)
        return RemoteModel(address.url)

    meanings = Meanings(load, Path("/nowhere"), wait=0.05, rest=0)
    assert meanings.closeness(ASKED, said(SAME_MEANING)) is None
    go_on.set()
    meanings.wait = 60
    assert meanings.closeness(ASKED, said(SAME_MEANING)) is not None
    meanings.close()


def test_an_answer_that_never_ends_is_broken_off() -> None:
    with receiving(lambda _: (200, {"Content-Length": "1000"}, b"{")) as receiver:
        model = RemoteModel(receiver.url, deadline=0.2)
        with pytest.raises(ModelFailed, match=r"No answer within 0\.2 seconds|does not respond|cannot be read"):
            model.vectors(["A text"])


# ── Scales and vectors ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_model_whose_cosines_are_all_high_gives_the_same_closeness(address: Address) -> None:
    """Many models have no pair of texts below 0.7: each vector has a large part that all have."""
    texts = [SAME_MEANING, SAME_WORDS, "A dog"]
    plain = asking(address.url)
    expected = plain.closeness(ASKED, said(*texts))
    assert expected is not None
    with serving(lambda vector: [*unit(vector), 2.0]) as high:
        model = RemoteModel(high.url)
        asked, *others = model.vectors([ASKED, *texts])
        assert min(cosine(asked, each) for each in others) > 0.7
        found = asking(high.url)
        assert found.closeness(ASKED, said(*texts)) == pytest.approx(expected, abs=0.05)
        found.close()
    plain.close()


def test_the_scale_is_that_of_its_sentences(address: Address) -> None:
    scale = measured(RemoteModel(address.url))
    assert scale.size == SIZE
    assert scale.alike - scale.apart > 3 * LEAST
    assert len(SAME) % 2 == 0


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=50).filter(lambda row: max(map(abs, row)) > 1e-3))
def test_a_packed_vector_is_the_vector(numbers: list[float]) -> None:
    found = unit(numbers)
    assert len(packed(found)) == len(numbers) + 4
    assert cosine_of_packed(found, packed(found)) == pytest.approx(1, abs=0.02)
    assert cosine_of_packed(array("f", [-each for each in found]), packed(found)) == pytest.approx(-1, abs=0.02)


@pytest.mark.parametrize("numbers", [[], [0.0], [math.nan, 1], [math.inf], [None], ["1"], 5, [1e39]])
def test_what_is_no_vector(numbers: Any) -> None:
    with pytest.raises(ModelFailed):
        unit(numbers)


# ── Settings ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_folder_without_its_files_is_refused_at_the_start(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"has no model\.onnx and no tokenizer\.json\.$"):
        desk.with_settings(embeddings=str(tmp_path))
    (build(tmp_path) / "tokenizer.json").unlink()
    with pytest.raises(Misconfigured, match=r"has no tokenizer\.json\.$"):
        desk.with_settings(embeddings=str(tmp_path))


@pytest.mark.parametrize("library", ["numpy", "onnxruntime", "tokenizers"])
def test_a_folder_needs_the_extra_and_an_address_does_not(
    desk: Desk, folder: Path, address: Address, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    entered(desk, SAME_WORDS)
    monkeypatch.setitem(sys.modules, library, None)  # as Python has it for what cannot be imported
    with pytest.raises(Misconfigured, match=r"pip install 'factcheck\[semantic\]'\.$"):
        desk.with_settings(embeddings=str(folder))
    assert match(with_model(desk, address.url))["model"] == "used"


def test_a_library_that_cannot_be_imported_is_a_failure_of_the_model(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered(desk, SAME_WORDS)
    modelled = with_model(desk, str(folder))
    monkeypatch.delitem(sys.modules, "factcheck.followers.embeddings.local", raising=False)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert match(modelled) == match(desk) | {"model": "unavailable"}


@pytest.mark.parametrize(
    "address", ["https://models.example/v1", "ftp://models.example/embeddings", "https:///embeddings", "https://x:0/embeddings"]
)  # fmt: skip
def test_an_address_is_one_of_embeddings(address: str) -> None:
    with pytest.raises(Misconfigured, match="FACTCHECK_EMBEDDINGS must be "):
        Settings.from_environment({"FACTCHECK_EMBEDDINGS": address})


def test_the_key_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{PRIVATE}\n")
    given = {
        "FACTCHECK_DATABASE_URL": f"sqlite:///{tmp_path}/x.db",
        "FACTCHECK_EMBEDDINGS": "https://models.example/v1/embeddings?version=2",
        "FACTCHECK_EMBEDDINGS_KEY_FILE": str(tmp_path / "key"),
    }
    settings = Settings.from_environment(given)
    assert (settings.embeddings, settings.embeddings_key) == (given["FACTCHECK_EMBEDDINGS"], PRIVATE)
    shown = {row["name"]: row["value"] for row in described(settings)}
    assert shown["FACTCHECK_EMBEDDINGS_KEY"] == "(hidden)"
    assert PRIVATE not in f"{settings!r}{shown}"
