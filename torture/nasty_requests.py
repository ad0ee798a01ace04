"""Requests that are as dear as the limits let them be, made up from the OpenAPI document: of every operation in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

from torture import nasty, nasty_files

Json = dict[str, Any]
METHODS = ("get", "put", "post", "patch", "delete")


@dataclass
class Request:
    """One request, as it goes out: a path with its query, headers and a body."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def told(self) -> str:
        """Return what it is, shortened."""
        headers = {name: f"{value[:40]}… ({len(value)})" for name, value in self.headers.items() if len(value) > 200}
        body = f"{self.body[:160]!r}… ({len(self.body)})" if len(self.body) > 160 else repr(self.body)
        return f"{self.method} {self.path[:200]} {self.headers.get('Content-Type', '')} {headers or ''} {body}"


@dataclass
class Known:
    """What exists on a desk: ids and names by the names under which requests speak of them, and paths that fit."""

    values: Mapping[str, list[Any]]
    paths: Mapping[frozenset[str], list[Mapping[str, Any]]]
    pieces: Mapping[str, tuple[str, ...]]  # what each article's text repeats, first, and what else to quote; by its id
    external: Mapping[str, str]  # the external ids of articles, by their ids


def once_ruinous(article: str) -> list[Request]:
    """Return requests that took gigabytes or minutes once; the article's text is a million times the letter a."""
    short = [{"exact": "a" * (at + 1)} for at in range(20)]
    hinted = [each | {"prefix": "a" * 100, "suffix": "b"} for each in short]
    claim = {"article_id": article, "text": "T", "kind": "factual"}
    hop = {"described_as": "Someone", "directness": "direct"}
    bodies: list[Json] = [
        {"quotes": [{"exact": "a" * 2000}]},
        {"quotes": short, "attribution": [hop | {"source_quotes": short, "cue_quotes": short}]},
        {"quotes": hinted, "attribution": [hop | {"source_quotes": hinted, "cue_quotes": hinted}]},
    ]
    header = "quotes.1.exact" + ".1" * 100_000
    return [
        Request("POST", "/v1/imports", {"Content-Type": "text/csv"}, f"{header}\nx\n".encode()),
        *(
            Request("POST", "/v1/claims", {"Content-Type": "application/json"}, nasty.encoded(claim | body))
            for body in bodies
        ),
    ]


class Maker:
    """Strategies for requests of one document's operations, of things that are `known`."""

    def __init__(self, document: Mapping[str, Any], known: Known) -> None:
        self.document, self.known = document, known
        self.schemas: Mapping[str, Any] = document["components"]["schemas"]

    def operations(self) -> list[tuple[str, str]]:
        """Return every operation: its method and the template of its path."""
        return [(method, path) for path, item in self.document["paths"].items() for method in item if method in METHODS]

    def request(self, method: str, path: str) -> st.SearchStrategy[Request]:
        """Return requests of an operation: of four, three stay within the limits."""

        @st.composite
        def made(draw: st.DrawFn) -> Request:
            return self._request(draw, method, path, within=draw(st.integers(0, 3)) > 0)

        return made()

    def _request(self, draw: st.DrawFn, method: str, path: str, *, within: bool) -> Request:
        item = self.document["paths"][path]
        operation = item[method]
        given = [self._resolved(each) for each in [*item.get("parameters", []), *operation.get("parameters", [])]]
        where = self._path(draw, path, frozenset(each["name"] for each in given if each["in"] == "path"), within)
        asked = [each for each in given if each["in"] == "query"]
        if asked:
            where += self._query(draw, asked, within)
        headers = {"If-Match": "*"}
        if not within or draw(st.integers(0, 3)) == 0:
            headers[draw(st.sampled_from(nasty.HEADERS))] = draw(nasty.header())
        body = b""
        if content := operation.get("requestBody", {}).get("content"):
            media_type = draw(st.sampled_from(sorted(content)))
            headers["Content-Type"] = media_type
            body = draw(self._body(path, media_type, content[media_type]["schema"], within))
        return Request(method.upper(), where, headers, body)

    def _resolved(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in given:
            return given
        return dict(self.document["components"]["parameters"][given["$ref"].rpartition("/")[2]])

    def _path(self, draw: st.DrawFn, path: str, names: frozenset[str], within: bool) -> str:
        if not names:
            return path
        known = self.known.paths[names]  # a new operation whose things are not known fails, and is not passed over
        if within or draw(st.booleans()):
            values = dict(draw(st.sampled_from(known)))
        else:
            odd = st.sampled_from(["1", "9" * 4000, "a.a" * 2000, "%ff"])
            values = {name: draw(odd) for name in sorted(names)}
        for name, value in values.items():
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
        return path

    def _query(self, draw: st.DrawFn, asked: list[Mapping[str, Any]], within: bool) -> str:
        chosen = draw(st.lists(st.sampled_from(asked), max_size=4, unique_by=lambda each: each["name"]))
        always = [each for each in asked if each["name"] in ("limit", "count", "query") and draw(st.booleans())]
        values = {each["name"]: draw(self._parameter(each, within)) for each in [*chosen, *always]}
        written = urlencode({name: value.encode("utf-8", "surrogatepass") for name, value in values.items()})
        return f"?{written[: nasty.HEAD]}" if written else ""

    def _parameter(self, given: Mapping[str, Any], within: bool) -> st.SearchStrategy[str]:
        name, schema = given["name"], given["schema"]
        plain = [*self.known.values.get(name, []), *([schema["example"]] if "example" in schema else [])]
        plain += {"limit": ["200"], "count": ["true"], "pageSize": ["200"]}.get(name, schema.get("enum", []))
        longest = min(schema.get("maxLength", 1000), 16_000)
        kinds: list[st.SearchStrategy[str]] = [st.sampled_from([str(each) for each in plain])] * 3 if plain else []
        if not plain or name in ("q", "query", "fields") or not within:
            kinds += [nasty.text(longest, within=within), nasty.words(longest), nasty.query()]
            kinds += [st.sampled_from([str(each) for each in (*nasty.NUMBERS, *nasty.STRANGE, *nasty.INSTANTS)])]
        return st.one_of(kinds)

    # --- bodies

    def _body(self, path: str, media_type: str, schema: Any, within: bool) -> st.SearchStrategy[bytes]:
        if path.startswith("/v1/imports"):
            return self._file(media_type, within)
        if media_type == "application/x-www-form-urlencoded":
            pairs = st.fixed_dictionaries({}, optional={
                name: nasty.text(2000, within=True) for name in schema["properties"]})  # fmt: skip
            odd = (b"a=1&" * 400_000, b"&" * nasty.BODY, b"%" * nasty.BODY, b"query=" + b"%41" * 600_000)
            return pairs.map(lambda found: urlencode(found).encode()) | st.sampled_from(odd)
        good = self.value(schema, "", within).map(nasty.encoded)
        return good if within else st.one_of(good, nasty.raw())

    def _file(self, media_type: str, within: bool) -> st.SearchStrategy[bytes]:
        external = sorted(self.known.external.values())
        if media_type == "text/csv":
            return nasty_files.table(external)
        if media_type == "application/x-ndjson":
            kinds = {"claim": "ClaimIn", "source": "SourceIn", "article": "NewArticleIn"}
            schemas = ((kind, self.schemas[name]) for kind, name in kinds.items())
            things = st.one_of(
                [st.builds(_line, st.just(kind), self.value(schema, "", within)) for kind, schema in schemas]
            )
            pieces = {self.known.external[article]: list(own) for article, own in self.known.pieces.items()}
            return nasty_files.lines(things, pieces)
        return (
            nasty_files.annotations(sorted(self.known.external)) if "profile" in media_type else nasty_files.reviews()
        )

    def value(self, schema: Any, name: str, within: bool) -> st.SearchStrategy[Any]:
        """Return values of a schema; what `name` names is something that exists."""
        if "$ref" in schema:
            return self.value(self.schemas[schema["$ref"].rpartition("/")[2]], name, within)
        if "anyOf" in schema:
            return st.one_of([self.value(each, name, within) for each in schema["anyOf"]])
        kind = schema.get("type", "object")
        if isinstance(kind, list):
            return st.one_of([self.value({**schema, "type": each}, name, within) for each in kind])
        if name in self.known.values:
            return st.sampled_from(self.known.values[name])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        if kind == "object":
            return self._object(schema, within)
        if kind == "array":
            return self._list(schema, name, within)
        if kind == "string":
            return self._text(schema, within)
        numbers = nasty.NUMBERS if within else (*nasty.NUMBERS, *nasty.STRANGE)
        return {"boolean": st.booleans(), "null": st.none()}.get(kind, st.sampled_from(numbers))

    def _text(self, schema: Any, within: bool) -> st.SearchStrategy[str]:
        longest = schema.get("maxLength", 1000)
        form = schema.get("format")
        if form == "uri":
            return nasty.url(longest, within=within)
        if form in ("date", "date-time"):
            days = nasty.DAYS if within else (*nasty.DAYS, *nasty.NO_DAYS)
            return st.sampled_from(days if form == "date" else nasty.INSTANTS)
        if form == "uuid":
            return st.just("0190a0a0-0000-7000-8000-000000000000")
        return st.one_of(nasty.PLAIN, nasty.text(longest, within=within), nasty.words(longest))

    def _list(self, schema: Any, name: str, within: bool) -> st.SearchStrategy[list[Any]]:
        most = schema.get("maxItems", 100)
        sizes = [schema.get("minItems", 0), most, most] + ([] if within else [most + 1, 100_000])
        items = st.lists(self.value(schema["items"], "", within), min_size=1, max_size=2)
        if name == "tags":
            items = st.sampled_from([["a"], ["x" * 100], ["é" * 90]])
        return st.builds(nasty.filled, items, st.sampled_from(sizes))

    def _object(self, schema: Any, within: bool) -> st.SearchStrategy[Json]:
        known = schema.get("properties", {})
        values = {name: self.value(each, name, within) for name, each in known.items()}
        if "attribution" in known or "cue_quotes" in known:
            return self._quoting(schema, values)
        needed = {name: each for name, each in values.items() if name in schema.get("required", ())}
        return st.fixed_dictionaries(needed, optional={name: values[name] for name in values.keys() - needed.keys()})

    def _quoting(self, schema: Any, values: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Json]:
        """Return objects of this schema whose quotes, if any, are of one article of those that are known."""

        @st.composite
        def made(draw: st.DrawFn) -> Json:
            article = draw(st.sampled_from(sorted(self.known.pieces)))
            quotes = self.quotes(article)
            own = {name: quotes if name.endswith("quotes") else each for name, each in values.items()}
            if "kind" in own:
                own |= {"kind": st.just("factual"), "quantity": st.none()}
            if "article_id" in own:
                own["article_id"] = st.just(article)
            needed = {name: each for name, each in own.items() if name in schema.get("required", ())}
            others = {name: own[name] for name in own.keys() - needed.keys()}
            return draw(st.fixed_dictionaries(needed, optional=others))

        return made()

    def quotes(self, article: str) -> st.SearchStrategy[list[Json]]:
        """Return lists of quotes of an article: at their places, or such as occur everywhere, or nowhere."""
        pieces = self.known.pieces[article]
        first = pieces[0]

        def placed(times: int, size: int) -> list[Json]:
            return [{"exact": first * times, "start": len(first) * at} for at in range(size)]

        def searched(piece: str, length: int, size: int, hints: Json) -> list[Json]:
            return [{"exact": nasty.repeated(piece, min(length + at, 10_000)), **hints} for at in range(size)]

        hint = st.sampled_from([*pieces, "b"]).map(lambda piece: nasty.repeated(piece, 1000))
        hints = st.fixed_dictionaries({}, optional={"prefix": hint, "suffix": hint})
        sizes = st.sampled_from([1, 20, 20])
        quoted = st.sampled_from([*pieces, *nasty.PIECES])
        return st.one_of(
            st.builds(placed, st.sampled_from([1, 10, 1000]), sizes),
            st.builds(searched, quoted, st.sampled_from([1, 2, 31, 2000, 9980]), sizes, hints),
        )


def _line(kind: str, found: dict[str, Any]) -> dict[str, Any]:
    """Return a line of an import: what a request takes, but for captures."""
    return {"type": kind, **{name: value for name, value in found.items() if name != "capture_id"}}
