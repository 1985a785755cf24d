"""What the runtime says of itself, in `logging`."""

from __future__ import annotations

import atexit
import logging
from typing import Any, TypeAlias

from ._native import log_flush, log_levels

__all__ = ["disable_logging", "enable_logging"]

TRACE = 5
"""The level below `DEBUG`, which `logging` has no name for."""

Said: TypeAlias = tuple[
    int, str, str, dict[str, Any], dict[str, Any], float, str, int, str | None
]

_LEVELS = {
    "TRACE": TRACE,
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "WARNING": logging.WARNING,
    "WARN": logging.WARNING,
    "ERROR": logging.ERROR,
    "CRITICAL": logging.CRITICAL,
}

_ROOT = "aster_runtime"
_PREFIXES = ("aster_runtime", "aster", "_native")


def enable_logging(
    level: int | str = logging.INFO, *, network: int | str = logging.WARNING
) -> None:
    """Lets `logging` have what the runtime says from `level` on, and what the libraries of the network below it say from `network` on.

    Loggers are called `aster_runtime.…`, as the parts of the runtime are, and `aster_runtime.iroh.…` below that. Levels are those of
    `logging`, and 5 or `"TRACE"`. Called again, it changes the levels. Records have `fields` and `span`: dictionaries of what belongs
    to the event, and to the call in which it happened. They come through an event loop, in their order, soon after; if the program is
    too slow for them some are dropped, and a warning says how many.
    """
    log_levels(_number(level), _number(network))


def disable_logging() -> None:
    """Ends that. Without it, as at the beginning, what the runtime would say is not even looked at."""
    log_levels(logging.CRITICAL + 1, logging.CRITICAL + 1)


def _number(level: int | str) -> int:
    if isinstance(level, int):
        return max(level, 0)
    name = level.upper()
    if name not in _LEVELS:
        known = ", ".join(_LEVELS)
        raise ValueError(f"unknown level: {level!r}; expected one of {known}")
    return _LEVELS[name]


def logger_of(target: str) -> str:
    """The name of the logger for a target of the runtime's."""
    first, _, rest = target.partition("::")
    parts = [*([] if first in _PREFIXES else [first]), *rest.split("::")]
    return ".".join([_ROOT, *(part for part in parts if part)])


def emit(records: list[Said], dropped: int) -> None:
    """Hands records to their loggers."""
    for said in records:
        level, target, message, fields, span, at, file, line, thread = said
        name = logger_of(target)
        logger = logging.getLogger(name)
        if not logger.isEnabledFor(level):
            continue
        text = " ".join([message, *(f"{key}={fields[key]}" for key in fields)]).strip()
        record = logger.makeRecord(
            name,
            level,
            file,
            line,
            text,
            # without arguments, the text is no pattern
            (),
            None,
            None,
            {"fields": fields, "span": span},
        )
        record.created = at
        record.msecs = int(at % 1 * 1000) + 0.0
        if thread is not None:
            record.threadName = thread
        logger.handle(record)
    if dropped:
        logging.getLogger(_ROOT).warning(
            "%d records of the runtime were dropped: they came faster than the program took them",
            dropped,
        )


# before `logging` closes its handlers, which it does at the exit too
atexit.register(log_flush)
