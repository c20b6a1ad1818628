"""Where log events go: stderr, `siltdb.log`, and `jobs.log` for what jobs did.

Every module logs with `structlog.get_logger()`. An event bound to a `job_id` starts with `[FL-…]` in every log and
goes to `jobs.log` too, so that `grep FL-… jobs.log` tells a job's whole story. Passwords and their like never get here:
values under such names are masked, and so is what stands after PASSWORD in a statement.
"""

from __future__ import annotations

import logging
import re
import sys
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING, Final, Literal

import structlog
from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path

    from structlog.typing import EventDict, Processor, WrappedLogger

    from server.config import Config

_SECRET_NAMES: Final = frozenset({"password", "secret", "secret_key", "verifier", "stored_key", "server_key", "token"})
_PASSWORD_CLAUSE: Final = re.compile(r"(\bpassword\s+)(?:E|U&)?'(?:[^']|'')*('|$)", re.IGNORECASE)
MASK: Final = "********"


class LogSettings(Struct, frozen=True):
    """What `configure_logging` needs. Sizes in bytes."""

    level: str
    format: Literal["console", "json"]
    folder: Path
    file_size_bytes: int
    file_count: int

    @classmethod
    def of(cls, config: Config) -> LogSettings:
        """The settings that the configuration gives."""
        log = config.log
        return cls(log.level, log.format, config.log_folder, log.file_size, log.file_count)


def configure_logging(settings: LogSettings) -> None:
    """Send the events of structlog and of the standard library to stderr and the log files.

    Call it once, before the first event; a second call replaces the first. Creates the folder. Raises OSError.
    """
    settings.folder.mkdir(parents=True, exist_ok=True)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        mask_secrets,
        prefix_job_id,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    close_logging()
    root.setLevel(settings.level.upper())
    formatters = {colors: _formatter(settings.format, shared, colors=colors) for colors in (False, True)}
    for handler, colors in _handlers(settings):
        handler.setFormatter(formatters[colors])
        root.addHandler(handler)


def close_logging() -> None:
    """Close the log files. What is logged after this goes to stderr only, from warning up."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()


def prefix_job_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Start the text of a job's event with the job's id in brackets."""
    job_id = event.get("job_id")
    if job_id is not None:
        event["event"] = f"[{job_id}] {event['event']}"
    return event


def mask_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask what is under the name of a secret, and the password in the text of a statement."""
    for name, value in event.items():
        if name in _SECRET_NAMES:
            event[name] = MASK
        elif isinstance(value, str) and "assword" in value.replace("ASSWORD", "assword"):
            event[name] = _PASSWORD_CLAUSE.sub(rf"\1'{MASK}\2", value)
    return event


class _OfJobs(logging.Filter):
    """Lets through what structlog logged for a job."""

    def filter(self, record: logging.LogRecord) -> bool:
        return isinstance(record.msg, dict) and "job_id" in record.msg


class _LogFile(RotatingFileHandler):
    """A file that is set aside when it is full.

    It knows its size: Python's own asks the file system three times for each event, and formats it twice.
    """

    def __init__(self, path: Path, settings: LogSettings) -> None:
        super().__init__(
            path, maxBytes=settings.file_size_bytes, backupCount=settings.file_count, encoding="utf-8", errors="replace"
        )
        self._size_bytes = path.stat().st_size

    def emit(self, record: logging.LogRecord) -> None:
        """Write an event."""
        try:
            text = self.format(record) + self.terminator
            added = len(text.encode(errors="replace"))
            if self._size_bytes and self._size_bytes + added > self.maxBytes:
                self.doRollover()
                self._size_bytes = 0
            assert self.stream is not None, "it is opened when it is made"
            self.stream.write(text)
            self.stream.flush()
            self._size_bytes += added
        except Exception:  # noqa: BLE001 - as all handlers of the standard library do: it says so on stderr.
            self.handleError(record)


class _OnceFormatter(structlog.stdlib.ProcessorFormatter):
    """Makes text of an event once, whichever of the handlers that share it asks first."""

    def format(self, record: logging.LogRecord) -> str:
        """The text of an event."""
        known = record.__dict__.get("text_of_event")
        if known is not None and known[0] is self:
            return str(known[1])
        text = super().format(record)
        record.__dict__["text_of_event"] = (self, text)
        return text


def _handlers(settings: LogSettings) -> list[tuple[logging.Handler, bool]]:
    log, jobs = (_LogFile(settings.folder / name, settings) for name in ("siltdb.log", "jobs.log"))
    jobs.addFilter(_OfJobs())
    return [(logging.StreamHandler(sys.stderr), sys.stderr.isatty()), (log, False), (jobs, False)]


def _formatter(
    style: Literal["console", "json"], shared: list[Processor], *, colors: bool
) -> structlog.stdlib.ProcessorFormatter:
    # Tracebacks leave out the values of local variables: they can hold passwords and rows.
    last: list[Processor]
    if style == "json":
        tracebacks = structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        )
        last = [tracebacks, structlog.processors.JSONRenderer()]
    else:
        last = [
            structlog.dev.ConsoleRenderer(
                colors=colors, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
            )
        ]
    return _OnceFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
