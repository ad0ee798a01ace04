"""`python -m benchmarks.fitting FOLDER`: fit the order of matching to public pairs, and print its coefficients.

FOLDER has the files of verified-claim retrieval as CLEF CheckThat! published them in 2020 (task 2): `claims.tsv` (id,
claim, title) and, of each part, `train.queries.tsv` (id, text) and `train.qrels` (query id, 0, claim id, 1).
`--model FOLDER` adds how close each claim is in meaning by the sentence model in a folder.
`--evaluate PART` prints instead how well the coefficients that are shipped order another part, with an index in memory:
the mean average precision at 5, the recall at 20, and for "new or seen" the area under the curve and the best F1 of the
first score. New is a query without its right claims: once left out of what is found, once only of the answer.
"""

import argparse
import csv
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from math import exp, log
from operator import mul
from pathlib import Path
from statistics import fmean, median
from typing import Any, NamedTuple

from tantivy import Document, Index, Occur, Query, SchemaBuilder, TextAnalyzerBuilder, Tokenizer

from benchmarks.retrieval import AT, average_precision
from factcheck.followers.embeddings.scale import measured
from factcheck.followers.embeddings.vectors import packed
from factcheck.rules.languages.guessing import language_of
from factcheck.rules.matching import ranking
from factcheck.rules.matching.candidates import EACH, nearest
from factcheck.rules.matching.features import FEATURES, LIKE, Rarity, Text, features, text_of
from factcheck.rules.matching.terms import terms

LANGUAGE = "en"
RIDGE = 0.005  # of the squares of the weights, each in units of how much its feature varies
STEPS = 20
COUNTED = 3  # claims of each answer that the score is fitted to
Row = list[float]


class Claim(NamedTuple):
    text: str
    title: str


class Answer(NamedTuple):
    """What was found for a query: the claims by their place, the oldest first, their features, and which are right."""

    claims: list[int]
    measured: list[Row]
    said: list[Any]
    right: set[int]

    def without_right(self) -> "Answer":
        left = [at for at, claim in enumerate(self.claims) if claim not in self.right]
        return Answer(*([values[at] for at in left] for values in self[:3]), self.right)  # type: ignore[misc]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fitting", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--evaluate", metavar="PART", help="print how well a part, such as dev, is ordered")
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="a sentence model: model.onnx and tokenizer.json")
    given = parser.parse_args()
    claims = {row[0]: Claim((row[1] or row[2]).strip(), row[2]) for row in table(given.folder / "claims.tsv")}
    part = given.evaluate or "train"
    meaning = Meaning(given.model) if given.model else None
    answers = list(answered(claims, given.folder, part, meaning))
    if given.evaluate:
        print(json.dumps(evaluated(answers, with_model=meaning is not None)))
    else:
        names = (*FEATURES, ranking.MEANING) if meaning else FEATURES
        print(json.dumps(fit(answers, names), indent=1))


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t"))[1:]


# ── What is found ─────────────────────────────────────────────────────────────────────────────────────────────────


class Memory:
    """The claims in an index in memory, with the fields that matching reads."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        builder = SchemaBuilder().add_integer_field("seq", indexed=True, fast=True)
        for name in ("statement", "grams"):
            builder.add_text_field(name, tokenizer_name="spaces", index_option="freq")
        self.schema = builder.build()
        index = Index(self.schema)
        index.register_tokenizer("spaces", TextAnalyzerBuilder(Tokenizer.whitespace()).build())
        writer = index.writer(num_threads=1)
        for seq, claim in enumerate(claims):
            found = terms(claim.text, claim.title, LANGUAGE)
            writer.add_document(Document(seq=seq, statement=" ".join(found.words), grams=" ".join(found.grams)))
        writer.commit()
        index.reload()
        self.searcher = index.searcher()

    def claims(self) -> int:
        return self.searcher.num_docs

    def frequency(self, field: str, term: str) -> int:
        return self.searcher.doc_freq(field, term)

    def likest(self, field: str, wanted: Sequence[str]) -> list[int]:
        parts = [(Occur.Should, Query.term_query(self.schema, field, each)) for each in dict.fromkeys(wanted)]
        hits = self.searcher.search(Query.boolean_query(parts), EACH, count=False).hits if parts else []
        seqs: list[Any] = self.searcher.fast_field_values("seq", [at for _, at in hits])
        return [seq for _, seq in sorted((-score, seq) for (score, _), seq in zip(hits, seqs, strict=True))]


class Meaning:
    """How close claims are to a text by a sentence model, each read once."""

    def __init__(self, folder: Path) -> None:
        from factcheck.followers.embeddings.local import LocalModel

        self.model = LocalModel(folder)
        self.scale = measured(self.model)
        self.vector = cache(lambda text: packed(self.model.vectors([text])[0]))

    def added(self, rows: list[Row], text: str, claims: list[str]) -> list[Row]:
        asked = self.model.vectors([text])[0]
        close = [self.scale.closeness(asked, self.vector(claim)) for claim in claims]
        return [[*row, each] for row, each in zip(rows, close, strict=True)]


def answered(claims: dict[str, Claim], folder: Path, part: str, meaning: Meaning | None) -> Iterator[Answer]:
    """Yield what is found for each query of a part that has a right claim."""
    numbers = {key: at for at, key in enumerate(claims)}
    texts = list(claims.values())
    right: defaultdict[str, set[int]] = defaultdict(set)
    for line in (folder / f"{part}.qrels").read_text(encoding="utf-8").splitlines():
        fields = line.split()
        if len(fields) > 3 and fields[3] != "0" and fields[2] in numbers:
            right[fields[0]].add(numbers[fields[2]])
    index = Memory(texts)
    known: dict[int, Text] = {}
    for key, text in table(folder / f"{part}.queries.tsv"):
        if key not in right:
            continue
        asked = text_of(text)
        rarity = Rarity(index)
        words = {*asked.said.words, *text_of(text, language=LANGUAGE).said.words}
        lists = [index.likest("statement", sorted(words)), index.likest("grams", asked.said.grams)]
        found = sorted(nearest(lists))
        for each in found:
            known.setdefault(each, text_of(texts[each].text, texts[each].title, LANGUAGE))
        beside = text_of(text, language=language_of(text) or LANGUAGE)
        rows = [features(beside, known[each], rarity) for each in found]
        if meaning:
            rows = meaning.added(rows, text, [texts[each].text for each in found])
        yield Answer(found, rows, [known[each].key for each in found], right[key])


# ── Fitting ───────────────────────────────────────────────────────────────────────────────────────────────────────


def fit(answers: Sequence[Answer], names: Sequence[str] = FEATURES) -> dict[str, Any]:
    columns = list(zip(*(values for each in answers for values in each.measured), strict=True))
    spread = [(fmean(value * value for value in column) - fmean(column) ** 2) ** 0.5 for column in columns]
    scaled = [
        ([[value / wide for value, wide in zip(row, spread, strict=True)] for row in each.measured],
         [float(claim in each.right) for claim in each.claims])
        for each in answers
        if each.right & {*each.claims}
    ]  # fmt: skip
    weights = climbed([0.0] * len(names), lambda found: listwise(found, scaled))
    order = {name: each / wide for name, each, wide in zip(names, weights, spread, strict=True)}
    new = [descending(each.without_right(), order) for each in answers]
    by_chance = [median(each[place][0] for each in new if len(each) > place) for place in range(ranking.LAST)]
    rows = []
    for each in [*answers, *(each.without_right() for each in answers)]:
        found = descending(each, order)
        beside = ranking.evidence([value for value, _, _ in found], [said for _, said, _ in found], by_chance, LIKE)
        rows += [([1.0, *values], float(is_right)) for values, (_, _, is_right) in zip(beside, found, strict=True)][
            :COUNTED
        ]
    score = climbed([0.0] * 4, lambda found: pointwise(found, rows))
    return {
        "weights": {name: round(value, 4) for name, value in order.items()},
        "by_chance": [round(value, 2) for value in by_chance],
        "score": [round(value, 4) for value in score],
    }


def descending(answer: Answer, weights: dict[str, float]) -> list[tuple[float, Any, bool]]:
    """Return the sums of an answer, the highest first, each with what it says and whether it is right."""
    sums = [round(sum(map(mul, weights.values(), values)), ranking.DIGITS) for values in answer.measured]
    order = sorted(range(len(sums)), key=lambda place: -sums[place])
    return [(sums[at], answer.said[at], answer.claims[at] in answer.right) for at in order]


Slope = tuple[float, Row, list[Row]]


def listwise(weights: Row, answers: Sequence[tuple[list[Row], Row]]) -> Slope:
    """Return how likely the right claims are drawn from all that were found, and how that changes with the weights."""
    size = len(weights)
    value = -RIDGE / 2 * sum(each * each for each in weights)
    slope = [-RIDGE * each for each in weights]
    bend = [[RIDGE * (row == column) for column in range(size)] for row in range(size)]
    for rows, labels in answers:
        sums = [sum(map(mul, weights, row)) for row in rows]
        top = max(sums)
        powers = [exp(each - top) for each in sums]
        total, wanted = sum(powers), sum(labels)
        value += (
            sum(label * (each - top - log(total)) for label, each in zip(labels, sums, strict=True))
            / wanted
            / len(answers)
        )
        mean = [0.0] * size
        for row, power, label in zip(rows, powers, labels, strict=True):
            share = power / total
            for at, each in enumerate(row):
                mean[at] += share * each
                slope[at] += (label / wanted - share) * each / len(answers)
                if share > 1e-6:
                    for other in range(at + 1):
                        bend[at][other] += share * each * row[other] / len(answers)
        for at in range(size):
            for other in range(at + 1):
                bend[at][other] -= mean[at] * mean[other] / len(answers)
    return value, slope, mirrored(bend)


def pointwise(weights: Row, rows: Sequence[tuple[Row, float]]) -> Slope:
    """Return how likely the labels are, and how that changes with the weights: a logistic regression."""
    size = len(weights)
    value, slope = 0.0, [0.0] * size
    bend = [[0.0] * size for _ in range(size)]
    for row, label in rows:
        likely = 1 / (1 + exp(-sum(map(mul, weights, row))))
        value += log(max(1e-12, likely if label else 1 - likely)) / len(rows)
        for at, each in enumerate(row):
            slope[at] += (label - likely) * each / len(rows)
            for other in range(at + 1):
                bend[at][other] += likely * (1 - likely) * each * row[other] / len(rows)
    return value, slope, mirrored(bend)


def mirrored(lower: list[Row]) -> list[Row]:
    return [[lower[max(row, column)][min(row, column)] for column in range(len(lower))] for row in range(len(lower))]


def climbed(weights: Row, likelihood: Callable[[Row], Slope]) -> Row:
    """Climb to the likeliest weights by Newton's method, with shorter steps where a whole one leads down."""
    value, slope, bend = likelihood(weights)
    for _ in range(STEPS):
        way, part = solved(bend, slope), 1.0
        while True:
            tried = [each + part * step for each, step in zip(weights, way, strict=True)]
            after = likelihood(tried)
            if after[0] >= value or part < 1e-3:
                break
            part /= 2
        if after[0] - value < 1e-9:
            break
        weights, (value, slope, bend) = tried, after
    return weights


def solved(left: list[Row], right: Row) -> Row:
    """Solve linear equations by Gauss and Jordan; the matrix is positive definite."""
    rows = [[*row, value] for row, value in zip(left, right, strict=True)]
    for pivot in range(len(rows)):
        rows[pivot] = [value / rows[pivot][pivot] for value in rows[pivot]]
        for at, row in enumerate(rows):
            if at != pivot:
                rows[at] = [here - row[pivot] * there for here, there in zip(row, rows[pivot], strict=True)]
    return [row[-1] for row in rows]


# ── How well ──────────────────────────────────────────────────────────────────────────────────────────────────────


def evaluated(answers: Sequence[Answer], *, with_model: bool) -> dict[str, float]:
    sums: Counter[str] = Counter()
    seen, told, left_out = [], [], []
    for each in answers:
        found = ordered(each, with_model=with_model)
        claims = [each.claims[one.place] for one in found]
        sums["MAP@5"] += average_precision([str(one) for one in claims[:AT]], {str(one) for one in each.right})
        sums["R@20"] += len({*claims[:20]} & each.right) / len(each.right)
        seen.append((found[0].score if found else 0.0, bool(found) and claims[0] in each.right))
        told.append(next((one.score for one in found if each.claims[one.place] not in each.right), 0.0))
        without = each.without_right()
        left_out.append(next((one.score for one in ordered(without, with_model=with_model)), 0.0))
    figures = {name: value / len(answers) for name, value in sums.items()}
    for name, new in (("", told), (" (left out of what is found)", left_out)):
        figures[f"AUC{name}"] = fmean((a > b) + 0.5 * (a == b) for a, _ in seen for b in new)
        figures[f"F1{name}"], figures[f"at{name}"] = max(
            (2 * sum(right and score >= at for score, right in seen)
             / (len(seen) + sum(score >= at for score, _ in seen) + sum(score >= at for score in new)), at)
            for at, _ in seen
        )  # fmt: skip
    return {name: round(value, 4) for name, value in figures.items()} | {"queries": len(answers)}


def ordered(answer: Answer, *, with_model: bool) -> list[ranking.Ranked]:
    """Return the claims of an answer as the desk orders them."""
    if not with_model:
        return ranking.ranked(answer.measured, answer.said, LIKE)
    rows, meanings = [row[:-1] for row in answer.measured], [row[-1] for row in answer.measured]
    return ranking.ranked(rows, answer.said, LIKE, meanings)


if __name__ == "__main__":
    main()
