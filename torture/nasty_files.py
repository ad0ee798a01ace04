"""Files to import that are as dear as can be: tables, lines, annotations and ClaimReviews."""

from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import strategies as st

from torture.nasty import BODY, PIECES, encoded, filled, raw, repeated, text

Json = dict[str, Any]
LINES = 2000  # of one request


def table(articles: Sequence[str]) -> st.SearchStrategy[bytes]:
    """Return tables: headers that lead deep or far, and rows of claims of articles that have these names."""
    columns = [f"quotes.{at}.{each}" for at in range(1, 21) for each in ("exact", "prefix", "suffix")]
    columns += [f"attribution.{at}.cue_quotes.{each}.exact" for at in range(1, 21) for each in range(1, 20)]
    columns += [f"attribution.{at}.directness" for at in range(1, 21)]
    fixed = "article_id,kind,text"

    def made(header: str, article: str, piece: str, length: int, rows: int) -> bytes:
        known = {"article_id": article, "kind": "factual", "text": "T", "directness": "direct"}
        names = [name.rpartition(".")[2] for name in header[:BODY].split(",")[:1000]]
        cell = '"' + repeated(piece, min(length, BODY // len(names))).replace('"', '""') + '"'
        row = ",".join(known.get(name, cell) for name in names) + "\n"
        rows = min(rows, BODY // len(row) + 1)
        return f"{header}\n{row * rows}".encode("utf-8", "surrogatepass")[:BODY]

    headers = (
        "quotes.1.exact" + ".1" * 100_000, "a." * 500_000, "," * 1_000_000, "." * 1_000_000, "a" * 1_000_000,
        f"{fixed},quotes.1.exact", f"{fixed},quotes.1.exact,tags", f"{fixed},{','.join(columns)}",
        ",".join(f"{each}.{'1.' * 200}" for each in range(900)), "type,name,kind,aliases.1", '"' * 1_000_001,
        ",".join(f"quotes.{each}.exact" for each in range(1, 1200)), "\n" * 1_000_000,
    )  # fmt: skip
    return st.builds(
        made, st.sampled_from(headers), st.sampled_from(articles), st.sampled_from(PIECES),
        st.sampled_from([0, 1, 2, 100, 10_000, 1_000_000]), st.sampled_from([1, 100, LINES]),
    )  # fmt: skip


def lines(things: st.SearchStrategy[Json], pieces: dict[str, list[str]]) -> st.SearchStrategy[bytes]:
    """Return lines: things, some of them many times, and claims of articles, by name, with quotes of their pieces."""

    def many(things: list[Json], times: int) -> bytes:
        written = bytearray()
        for at in range(times):
            for each in things:
                written += encoded({**each, "external_id": f"e{at}"}) + b"\n"
                if len(written) > BODY:
                    return bytes(written[:BODY])
        return bytes(written)

    def brief(article: str, piece: str, step: int) -> bytes:
        own = [*pieces[article], piece]
        line = {"type": "claim", "article_id": article, "text": "T", "kind": "factual"}
        claims = (
            encoded(line | {"text": f"T {at}", "quotes": [{"exact": repeated(own[at % len(own)], 2 + at % step)}]})
            for at in range(LINES)
        )
        return b"\n".join(claims)[:BODY]

    odd = (b"\n" * BODY, b"{}\n" * 600_000, b"[\n" * (BODY // 2), b"x" * BODY, b"{}\n" * LINES)
    times = st.sampled_from([1, 50, LINES])
    some = st.builds(many, st.lists(things, min_size=1, max_size=2), times)
    small = st.builds(brief, st.sampled_from(sorted(pieces)), st.sampled_from(PIECES), st.sampled_from([2, 500, 900]))
    return st.one_of(some, some, small, small, st.sampled_from(odd))


def annotations(articles: Sequence[str]) -> st.SearchStrategy[bytes]:
    """Return documents of annotations of articles that have these ids."""

    def made(article: str, words: str, parts: int, many: int) -> bytes:
        selector = {"type": "TextQuoteSelector", "exact": words[:10_000]}
        target = {"source": f"https://e.example/v1/articles/{article}", "selector": [selector] * min(parts, 20)}
        body = {"type": "TextualBody", "value": words, "purpose": ["tagging", "describing"]}
        one = {"type": "Annotation", "body": filled([body], parts), "target": filled([target], parts)}
        return document({"@context": "http://www.w3.org/ns/anno.jsonld"}, "items", [one] * many)

    said = st.one_of(text(5000, within=True), text(100_000, within=True))
    sizes = st.sampled_from([(1, 1), (1, LINES), (20, 10), (1000, 1), (20_000, 1)])
    good = st.builds(lambda article, words, size: made(article, words, *size), st.sampled_from(articles), said, sizes)
    return st.one_of(good, good, good, raw())


def reviews() -> st.SearchStrategy[bytes]:
    """Return documents of ClaimReviews: many, large, and such as refer to one another."""
    members = ("itemReviewed", "author", "publisher", "reviewRating", "citation", "url", "inLanguage", "reviewBody")
    review = {"@type": "ClaimReview", "claimReviewed": "C"}

    def referring(keys: int, times: int, member: str) -> bytes:
        big = {"@id": "a", "@type": "Person", "name": "N", **{f"k{at}": at for at in range(keys)}}
        return graph([big, review | {member: [{"@id": "a"}] * times}])

    def long(piece: str, length: int, member: str, times: int) -> bytes:
        said = repeated(piece, length)
        own = {
            "claimReviewed": said[:5000],
            "url": "https://e.example/r",
            "author": {"@type": "Organization", "name": "O"},
        }
        return graph([review | own | {member: [said] * min(times, BODY // len(said.encode()) + 1)}])

    def alike(member: str) -> bytes:
        people = (
            {"@type": "Person", "name": f"N{at}", "sameAs": [f"https://e.example/{at}"] * 3} for at in range(15_000)
        )
        return graph([review | {member: list(people)}])

    def many(member: str) -> bytes:
        return graph(review | {"claimReviewed": f"C {at}", "@id": f"r{at}", member: "x"} for at in range(LINES))

    name, times = st.sampled_from(members), st.sampled_from([1, 20, 10_000])
    return st.one_of(
        st.builds(referring, st.sampled_from([10, 10_000]), st.sampled_from([10, 60_000]), name),
        st.builds(long, st.sampled_from(PIECES), st.sampled_from([1, 100, 100_000]), name, times),
        st.builds(alike, name), st.builds(many, name), raw(),
    )  # fmt: skip


def graph(nodes: Iterable[Json]) -> bytes:
    return document({"@context": "https://schema.org"}, "@graph", nodes)


def document(head: Json, name: str, items: Iterable[Json]) -> bytes:
    """Return an object with a list of as many of these items as there is room for."""
    written = bytearray(encoded(head)[:-1] + b", " + encoded(name) + b": [")
    comma = b""
    for each in items:
        item = encoded(each)
        if len(written) + len(item) > BODY - 10:
            break
        written += comma + item
        comma = b","
    return bytes(written + b"]}")
