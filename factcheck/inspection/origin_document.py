"""The table of what the log does not prove, for the documents."""

from factcheck.inspection.origins import ORIGINS, operational


def markdown() -> str:
    """Return the table of what the log does not prove, as docs/audit.md has it."""
    lines = ["| table | columns | what a change could do |", "| --- | --- | --- |"]
    for table, columns, why in operational():
        named = "all" if len(columns) == len(ORIGINS[table]) else ", ".join(f"`{name}`" for name in columns)
        lines.append(f"| `{table}` | {named} | {why} |")
    return "\n".join(lines)
