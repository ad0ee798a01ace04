"""What has become of a claim's quotes in the newest text of its article, read from the claim's JSON."""

from typing import Any

from factcheck.rules.sources import HELD

Json = dict[str, Any]


def every(claim: Json) -> list[Json]:
    """Return the quotes of a claim and of its steps."""
    steps = claim["attribution"]["chain"]
    return [*claim["quotes"], *(quote for step in steps for quote in step["source_quotes"] + step["cue_quotes"])]


def altered(claim: Json) -> list[Json]:
    """Return those of a claim's own quotes whose words the newest text does not have: others, or none."""
    return [quote for quote in claim["quotes"] if "current" in quote and quote["current"]["state"] not in HELD]
