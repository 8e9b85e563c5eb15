"""Logs that a machine can read and that tell nothing about a person."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from martlet.kernel.masking import mask_text

if TYPE_CHECKING:
    from collections.abc import MutableMapping


def mask_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Any:  # noqa: ANN401
    """Mask personal data in every text of a log line; it runs last, so nothing slips by."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = mask_text(value)
    return event


def configure_logging(level: str = "info") -> None:
    """Write log lines as JSON on standard error, masked."""
    import structlog  # noqa: PLC0415 - the command line starts without it

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks,
            mask_event,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            getattr(logging, level.upper(), logging.INFO)
        ),
        logger_factory=structlog.PrintLoggerFactory(file=None),
        cache_logger_on_first_use=True,
    )
