"""Durations of ISO 8601."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.rules.durations import read, written


@pytest.mark.parametrize(("text", "same"), [
    ("PT1H", "PT1H"), ("PT90M", "PT1H30M"), ("P1W", "P7D"), ("PT48H", "P2D"), ("P1DT12H", "P1DT12H"),
    ("PT3600S", "PT1H"), ("P0D", "PT0S"), ("PT01H", "PT1H"),
])  # fmt: skip
def test_each_has_one_form(text: str, same: str) -> None:
    assert written(read(text)) == same


@pytest.mark.parametrize("text", [
    "", "P", "PT", "P1", "1H", "PT1", "P1M", "P1Y", "P1Y2M", "PT1.5H", "PT-1H", "-PT1H", "P1DT", "PT1M1H", "P1W1D",
    "pt1h", " PT1H", "PT1H\n", "PT\N{ARABIC-INDIC DIGIT ONE}H", "PT9999999999H", "every hour",
])  # fmt: skip
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601 duration"):
        read(text)


@given(st.integers(0, 10**9))
def test_what_is_written_reads_the_same(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert read(written(duration)) == duration
