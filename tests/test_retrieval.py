"""The benchmark of the match reads the tables of public sets as they were published."""

from pathlib import Path

import pytest

from benchmarks.retrieval import average_precision, table


@pytest.mark.parametrize("header", ["", "\tvclaim\ttitle\n", "tweet_id\ttweet_content\n"])
def test_a_header_is_no_row(tmp_path: Path, header: str) -> None:
    file = tmp_path / "claims.tsv"
    file.write_text(f"{header}0\tA shark swam  on a road.\tShark\n1\tA bear sang.\tBear\n", encoding="utf-8")
    assert table(file) == {"0": "A shark swam on a road.", "1": "A bear sang."}


def test_average_precision_counts_what_was_not_found() -> None:
    assert average_precision(["b", "a", "c"], {"a"}) == 0.5
    assert average_precision(["a", "c"], {"a", "z"}) == 0.5
    assert average_precision([], {"a"}) == 0
