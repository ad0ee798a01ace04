"""Log lines: one JSON object a line on standard error, with secrets masked."""

import logging
import re
import sys
from typing import Any

import structlog

_SECRET = re.compile(r"fck_[A-Za-z0-9_-]{8,}|(?<=/login/)[A-Za-z0-9_-]{8,}|(?<=://)[^/@\s]+(?=@)")


def configure() -> None:
    """Set up logging for the whole process; calling it again changes nothing."""
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            masked,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def masked(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Hide tokens, login links and the passwords of database addresses, wherever they stand."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _SECRET.sub("(hidden)", value)
    return event
