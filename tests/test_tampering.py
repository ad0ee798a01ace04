"""Random forgeries of a desk, each found under its name, and logs of random actions, without a false alarm.

`python -m torture forgeries` and `python -m torture alarms` are the long forms.
"""

from pathlib import Path
from random import Random

import pytest

from tests.conftest import Copies
from torture import alarms, forgeries
from torture.forgeries import HANDS


@pytest.mark.slow
def test_every_tampering_is_found_under_its_name(migrated_url: str, tmp_path: Path) -> None:
    random = Random(6962)
    head = forgeries.desk(migrated_url, tmp_path / "log", random, actions=40)
    done = forgeries.forge(migrated_url, head, random, 3 * len(HANDS))
    assert done.missed == []
    assert sorted(done.tried.values()) == [3] * len(HANDS) == [3] * 22


@pytest.mark.slow
def test_logs_of_random_actions_raise_no_alarm(copies: Copies, tmp_path: Path) -> None:
    made: list[str] = []

    def fresh() -> str:
        made.append(copies.copy("migrated"))
        return made[-1]

    done = alarms.listen(fresh, tmp_path, 10, 18)
    for url in made:
        copies.forget(url)
    assert done.alarms == []
    assert sorted(done.logs) == ["behind", "followed", "upgraded"]
    assert (done.logs.total(), done.entries > 80) == (10, True)
