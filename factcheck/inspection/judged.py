"""Work out from all judgments of a log which sources are shown as another one."""

from collections.abc import Sequence
from types import SimpleNamespace

from factcheck.desk.identity.joining import as_judgment
from factcheck.inspection.folding import Row
from factcheck.log.verification import Fault
from factcheck.rules.identity.judgments import Partition


def joined(rows: Sequence[Row]) -> tuple[dict[str, str], list[Fault]]:
    """Return as which source each joined one is shown, and the judgments that contradict those before them.

    `rows` are those of all judgments, in log order.
    """
    partition = Partition()
    faults = []
    for row in rows:
        judgment = as_judgment(SimpleNamespace(**row))
        if partition.contradiction(judgment):
            detail = "Its entry contradicts the judgments before it."
            faults.append(Fault(f"source {judgment.source}", detail, log_index=judgment.log_index))
        partition.take(judgment)
    named = sorted({row[name] for row in rows for name in ("source_id", "other_id")})
    return {each: head for each in named if (head := partition.head(each)) != each}, faults
