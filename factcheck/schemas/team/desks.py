"""The desk itself, out: its settings, and what follows its log."""

from marshmallow import fields

from factcheck.schemas.base import Out, Whole


class SettingOut(Out):
    name = fields.String(required=True)
    value = fields.String(required=True, metadata={"description": "As text. Secrets are hidden."})
    origin = fields.String(required=True, metadata={"description": "Where the value came from."})
    meaning = fields.String(required=True)


class FollowerOut(Out):
    """How far derived data follows the log. `publication` signs checkpoints, `webhooks` sends messages."""

    name = fields.String(required=True)
    as_of_log_index = Whole(
        -1, required=True, metadata={"description": "The last log entry that it covers, -1 for none."}
    )
    lag = Whole(0, required=True, metadata={"description": "How many log entries come after it."})
    rate = Whole(
        0,
        required=True,
        allow_none=True,
        metadata={"description": "Entries a second of the last batch. Null where it is not measured."},
    )
