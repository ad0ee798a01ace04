"""The search index: whatever happens to its files, an answer is right, says that it is behind, or is a clear 503."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from factcheck.errors import Unavailable
from factcheck.followers.registry import searching
from factcheck.followers.search import documents, engine, views
from factcheck.followers.search.following import SearchFollowing
from factcheck.storage.tables.claims import Claim
from tests import commands
from tests.desk import Desk

RALLY = "/v1/claims?q=rally&count=true"
Json = dict[str, Any]


def folder(desk: Desk) -> Path:
    return Path(desk.settings.index_dir)


def following(desk: Desk) -> SearchFollowing:
    found: SearchFollowing = desk.app.extensions["factcheck.followers"]["search"]
    return found


@contextmanager
def another(desk: Desk, index: Path | None = None) -> Iterator[SearchFollowing]:
    """The same index as another process has it."""
    with closing(searching(desk.database, index or folder(desk))) as other:
        yield other


def found(desk: Desk, q: str = "rally") -> list[str]:
    page = desk.get("/v1/claims", query_string={"q": q, "limit": 200, "count": "true"}).json
    assert page["total"] == len(page["items"])
    assert "behind" not in page
    return sorted(item["text"] for item in page["items"])


def everything(desk: Desk, index: SearchFollowing) -> dict[str, list[tuple[int, int]]]:
    """Return what the index has: for each of its terms that tests use, the documents that have it, and their places."""
    view = index.view()
    searcher = view._seen.searcher
    terms = [(field, term) for field in ("facts", *engine.PLACED, *engine.COUNTED)
             for term, _ in searcher.terms_with_prefix(field, "")]  # fmt: skip
    assert len(terms) > 20
    told = {}
    for field, term in terms:
        asked = engine.Query.term_query(engine.SCHEMA, field, term)
        hits = searcher.search(asked, 1000).hits
        at = [address for _, address in hits]
        seqs, places = searcher.fast_field_values("seq", at), searcher.fast_field_values("changed", at)
        if seqs:
            told[f"{field}:{term}"] = sorted(zip(seqs, (place or 0 for place in places), strict=True))
    return told


def test_a_rebuild_ends_as_following_does(seeded: Desk) -> None:
    """After claims were entered, edited, reviewed, withdrawn, and sources and articles renamed and merged."""
    following(seeded).view()
    claims = seeded.get("/v1/claims?limit=200").json["items"]
    first, second, third = claims[:3]
    assert seeded.patch(f"/v1/claims/{first['id']}", {"text": "Another rally."}, etag="*").status_code == 200
    assert (
        seeded.post(f"/v1/claims/{second['id']}/withdrawal", {"reason": "By mistake."}, by="admin").status_code == 204
    )
    source, other = (seeded.get("/v1/sources").json["items"][at]["id"] for at in (0, 1))
    assert seeded.patch(f"/v1/sources/{source}", {"name": "Renamed"}, etag="*").status_code == 200
    merged = seeded.post(f"/v1/sources/{source}/merge", {"into": other, "reason": "The same."}, by="admin")
    assert merged.status_code == 200
    article = third["article_id"]
    changed = seeded.patch(f"/v1/articles/{article}", {"title": "Retitled", "language": "fr"}, etag="*")
    assert changed.status_code == 200
    followed = everything(seeded, following(seeded))
    following(seeded).start_over()
    assert everything(seeded, following(seeded)) == followed


def test_a_removed_folder_is_rebuilt_while_the_desk_serves(desk: Desk) -> None:
    article = desk.article()["id"]
    desk.claim(article_id=article, text="One rally.")
    assert found(desk) == ["One rally."]
    shutil.rmtree(folder(desk))
    assert found(desk) == ["One rally."]
    desk.claim(article_id=article, text="Two rallies, a rally each.")
    assert found(desk) == ["One rally.", "Two rallies, a rally each."]
    assert (folder(desk) / "meta.json").is_file()


@pytest.mark.parametrize("which", ["*.idx", "*.term", "*.store", "*.fast", "meta.json"])
@pytest.mark.parametrize("how", ["changed", "shortened", "emptied", "removed"])
def test_a_damaged_file_is_noticed_and_the_index_rebuilt(desk: Desk, which: str, how: str) -> None:
    desk.claim(text="One rally.")
    assert found(desk) == ["One rally."]
    following(desk).close()
    for file in folder(desk).glob(which):
        content = bytearray(file.read_bytes())
        match how:
            case "changed":
                content[len(content) // 3] ^= 0x10
                file.write_bytes(content)
            case "shortened":
                file.write_bytes(content[: len(content) // 2])
            case "emptied":
                file.write_bytes(b"")
            case _:
                file.unlink()
    assert found(desk) == ["One rally."]
    assert everything(desk, following(desk))


@pytest.mark.parametrize("told", [{"version": engine.VERSION + 1}, {"leaf": "ab" * 32}, {"position": 10_000}])
def test_an_index_of_something_else_is_rebuilt(desk: Desk, told: Json) -> None:
    """Of another version, of another history, or of more entries than there are."""
    desk.claim(text="One rally.")
    assert found(desk) == ["One rally."]
    following(desk).close()
    files = engine.Files(folder(desk))
    seen = files.seen()
    assert seen is not None
    writer = files.open_writer()
    writer.delete_all_documents()
    files.save(engine.State(**{**vars(seen.state), **told}))
    files.close()
    assert found(desk) == ["One rally."]


def test_the_index_of_another_desk_is_not_taken_for_its_own(desk: Desk, seeded: Desk, tmp_path: Path) -> None:
    desk.claim(text="One rally.")
    with another(seeded, tmp_path / "shared") as first:
        assert first.view().count(documents_of("rally")) == 4
        with another(desk, tmp_path / "shared") as second, pytest.raises(Unavailable, match="no search index"):
            second.view(seconds=0.1)  # the first one writes it still
    with another(desk, tmp_path / "shared") as second:
        assert second.view().count(documents_of("rally")) == 1


def documents_of(word: str) -> Any:
    return engine.Query.term_query(engine.SCHEMA, "words", word)


def test_one_process_writes_and_others_read_what_it_wrote(desk: Desk) -> None:
    article = desk.article()["id"]
    desk.claim(article_id=article, text="One rally.")
    assert found(desk) == ["One rally."]
    with another(desk) as reader:
        assert reader.view().count(documents_of("rally")) == 1
        assert not reader.index.held
        desk.claim(article_id=article, text="Another rally.")
        assert reader.view(seconds=0).as_of.behind
        thread = following(desk).start()
        view = reader.view()
        assert (view.as_of.behind, view.count(documents_of("rally"))) == (False, 2)
        with pytest.raises(Unavailable, match="Another process"):
            reader.start_over()
        following(desk).stop()
        thread.join(10)
        desk.claim(article_id=article, text="A third rally.")
        view = reader.view()  # which takes over
        assert (view.as_of.behind, view.count(documents_of("rally")), reader.index.held) == (False, 3, True)
    assert len(found(desk)) == 3


def test_where_the_index_cannot_be_written_a_search_says_so(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    desk.claim(text="One rally.")
    closed = desk.with_settings(index_dir=str(tmp_path / "file" / "index"))
    for path in (
        "/v1/claims?q=rally",
        "/v1/sources?q=rally",
        "/v1/articles?q=rally",
        "/v1alpha1/claims:search?query=a",
    ):
        answer = closed.get(path)
        assert answer.status_code == 503, path
        assert "search index" in answer.get_data(as_text=True)
    assert closed.get("/v1/claims").status_code == 200
    assert closed.post("/v1/sources", {"name": "Somebody", "kind": "person"}).status_code == 201


def test_why_there_is_no_index_is_told(desk: Desk) -> None:
    desk.claim()
    folder(desk).write_text("a file where the folder belongs")
    problem = desk.get(RALLY).json
    assert problem["status"] == 503
    assert problem["detail"].startswith("There is no search index now.")
    assert "cannot be removed: Not a directory" in problem["detail"]


def test_an_index_that_cannot_go_on_is_behind(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    article = desk.article()["id"]
    desk.claim(article_id=article, text="One rally.")
    assert found(desk) == ["One rally."]

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(engine, "add", full)
        desk.claim(article_id=article, text="Another rally.")
        page = desk.get(RALLY).json
        assert (page["total"], page["behind"]) == (1, True)
        assert page["as_of_log_index"] < desk.changes()[-1]["log_index"]
    assert found(desk) == ["Another rally.", "One rally."]


def test_an_index_that_is_being_rebuilt_is_behind(seeded: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from factcheck.followers.search import following as module

    monkeypatch.setattr(module, "REBUILT", 10)
    whole = len(found(seeded))
    index = following(seeded)
    index.start_over()
    with pytest.raises(Unavailable, match="It is being built"):
        index.view(seconds=0)
    index.step()
    numbers = []
    while (view := index.view(seconds=0)).as_of.behind:
        assert view.as_of.log_index < seeded.changes()[-1]["log_index"]
        numbers.append(view.count(documents_of("rally")))
        index.step()
    assert len(numbers) > 3
    assert numbers == sorted(numbers)
    assert numbers[0] < numbers[-1]
    assert len(found(seeded)) == whole == view.count(documents_of("rally"))


CANARY = "Zyxwvutsrq"


def holding(index: Path, canary: str) -> list[str]:
    """Return the files of an index that hold a word, as it is or in lower case."""
    return [
        file.name for file in index.rglob("*")
        if file.is_file()
        and any(each.encode() in file.read_bytes() for each in (canary, canary.lower(), canary.lower()[1:8]))
    ]  # fmt: skip


@pytest.mark.parametrize("amended", [False, True], ids=["as entered", "edited before"])
def test_no_byte_of_what_was_redacted_stays_in_the_files(desk: Desk, amended: bool) -> None:
    article = desk.article()["id"]
    for at in range(3):
        desk.claim(article_id=article, text=f"Rally number {at}.")
    gone = desk.claim(article_id=article, text=f"Rally with {CANARY}.", tags=[CANARY.lower()])
    desk.claim(article_id=article, text="Another rally.")
    assert len(found(desk)) == 5
    assert holding(folder(desk), CANARY)
    if amended:
        change = {"text": "Nothing is said here.", "tags": []}
        assert desk.patch(f"/v1/claims/{gone['id']}", change, etag="*").status_code == 200
        assert found(desk, CANARY) == []
    redacted = desk.post(f"/v1/claims/{gone['id']}/redaction", {"reason": "A court asked for it."}, by="admin")
    assert redacted.status_code == 204
    assert found(desk, CANARY) == []
    assert len(found(desk)) == 4
    assert holding(folder(desk), CANARY) == []


def test_a_redaction_is_finished_by_who_comes_after_a_crash(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from factcheck.followers.search import following as module

    monkeypatch.setattr(module, "REWRITTEN", 2)
    article = desk.article()["id"]
    gone = desk.claim(article_id=article, text=f"Rally with {CANARY}.")
    for at in range(8):
        desk.claim(article_id=article, text=f"Rally number {at}.")
    assert len(found(desk)) == 9
    assert desk.post(f"/v1/claims/{gone['id']}/redaction", {"reason": "A court."}, by="admin").status_code == 204
    following(desk).step()
    following(desk).step()
    assert following(desk).index.seen.state.cursor is not None  # type: ignore[union-attr]
    following(desk).close()
    with another(desk) as after:
        while after.step():
            pass
        assert after.view().count(documents_of("rally")) == 8
    assert holding(folder(desk), CANARY) == []


def test_a_withdrawn_claim_is_not_found(desk: Desk) -> None:
    claim = desk.claim(text="One rally.")
    assert found(desk) == ["One rally."]
    assert desk.post(f"/v1/claims/{claim['id']}/withdrawal", {"reason": "By mistake."}).status_code == 204
    assert found(desk) == []


def test_among_many_claims_words_that_most_have_find_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    article = desk.article(title="News")["id"]
    for said in ("The rally was banned.", "The mayor was heard.", "The river was low."):
        desk.claim(article_id=article, text=said)
    view = following(desk).view()
    both = ["the", "river"]
    assert [len(view.candidates(words, []).words) for words in (["the"], both)] == [3, 3]
    monkeypatch.setattr(views, "MANY", 3)
    assert [len(view.candidates(words, []).words) for words in (["the"], both)] == [3, 1]


def test_searches_and_writes_go_on_beside_each_other(desk: Desk) -> None:
    article = desk.article()["id"]
    thread = following(desk).start()
    answers: list[tuple[int, bool, int]] = []

    def search() -> None:
        for _ in range(10):
            page = desk.get(RALLY).json
            answers.append((page["total"], page.get("behind", False), page["as_of_log_index"]))

    readers = [threading.Thread(target=search) for _ in range(2)]
    for reader in readers:
        reader.start()
    for at in range(10):
        desk.claim(article_id=article, text=f"Rally {at}.")
    for reader in readers:
        reader.join()
    assert len(answers) == 20
    assert not any(behind for _, behind, _ in answers)
    assert len(found(desk)) == 10
    following(desk).stop()
    thread.join(10)
    assert not thread.is_alive()


KILLED = """
import sys
from factcheck.followers.registry import searching
from factcheck.storage.engine.database import Database
from pathlib import Path
index = searching(Database(sys.argv[1]), Path(sys.argv[2]))
index.start_over()
print("begun", flush=True)
while True:
    index.step()
    index.index.opened().save(index.index.seen.state)
"""


def test_a_process_that_is_killed_while_it_indexes_leaves_a_right_index(desk: Desk) -> None:
    article = desk.article()["id"]
    for at in range(5):
        desk.claim(article_id=article, text=f"Rally {at}.")
    whole = [f"Rally {at}." for at in range(5)]
    for _ in range(2):
        following(desk).close()
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, desk.settings.database_url, str(folder(desk))], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"begun\n"
            process.kill()
        assert found(desk) == whole


def test_what_a_killed_writer_left_is_in_nobodys_way(desk: Desk, tmp_path: Path) -> None:
    article = desk.article()["id"]
    for text in ("One rally.", "Another rally."):
        claim = desk.claim(article_id=article, text=text)
    live, killed = tmp_path / "live", tmp_path / "killed"
    with another(desk, live) as index:
        index.view()
    shutil.copytree(live, killed)
    desk.patch(claim["links"]["self"], {"text": "A parade."}, etag="*")
    with another(desk, live) as index:
        index.view()
    left = [file for file in live.glob("*.del") if not (killed / file.name).exists()]
    assert left
    for file in (*left, live / ".managed.json"):  # all that it wrote, but for the last file, which says that it counts
        shutil.copy(file, killed)
    with another(desk, killed) as index:
        view = index.view()
        assert (view.as_of.behind, view.count(documents_of("rally"))) == (False, 1)


def test_the_commands_know_the_index(desk: Desk, tmp_path: Path) -> None:
    desk.claim(text="One rally.")
    environment = os.environ | {
        "FACTCHECK_DATABASE_URL": desk.settings.database_url,
        "FACTCHECK_SECRET_KEY": desk.settings.secret_key,
        "FACTCHECK_INDEX_DIR": desk.settings.index_dir,
    }

    def run(*words: str) -> str:
        ended = commands.run(*words, cwd=tmp_path, env=environment)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.decode()

    def listed() -> Json:
        rows = {row["name"]: row for row in json.loads(run("followers", "list", "--json"))["items"]}
        search: Json = rows["search"]
        return search

    last = desk.changes()[-1]["log_index"]
    assert listed()["as_of_log_index"] == -1
    run("followers", "rebuild", "search")
    assert (listed()["lag"], listed()["as_of_log_index"]) == (0, last)
    assert "One rally." in run("export", "--q", "rally")
    assert "One rally." in run("export", "--q=rally -nobody")
    assert run("export", "--q=nobody").strip() == ""


def test_the_doctor_sees_what_the_index_lacks(seeded: Desk, tmp_path: Path) -> None:
    environment = os.environ | {
        "FACTCHECK_DATABASE_URL": seeded.settings.database_url,
        "FACTCHECK_SECRET_KEY": seeded.settings.secret_key,
        "FACTCHECK_INDEX_DIR": seeded.settings.index_dir,
        "FACTCHECK_LOG_FOLDER": str(tmp_path / "log"),
    }

    def told(*words: str) -> list[str]:
        following(seeded).close()
        ended = commands.run("doctor", "--json", *words, cwd=tmp_path, env=environment)
        found = json.loads(ended.stdout)["faults"]
        return [each["detail"] for each in found if each["subject"] == "search"]

    assert told() == []
    files, claim = following(seeded).index, seeded.get("/v1/claims?limit=1").json["items"][0]
    seen = following(seeded).view()._seen
    with seeded.database.reading() as connection:
        [fields] = documents.of_claims(connection, [_seq(seeded, claim["id"])])
    writer = files.opened().open_writer()
    writer.delete_documents_by_term("seq", fields["seq"])
    engine.add(writer, [fields | {"words": ["something else"]}])
    files.opened().save(seen.state)
    [fault] = told()
    assert str(fields["seq"]) in fault
    writer = files.opened().open_writer()
    writer.delete_documents_by_term("seq", fields["seq"])
    files.opened().save(seen.state)
    assert len(told("--mend")) == 2
    assert told() == []


def _seq(desk: Desk, claim_id: str) -> int:
    with desk.database.reading() as connection:
        return int(connection.execute(select(Claim.seq).where(Claim.id == claim_id)).scalar_one())
