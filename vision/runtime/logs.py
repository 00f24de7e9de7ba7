"""One log, two forms: JSON lines for machines, coloured lines for a person at a terminal.

Everything that any library writes ends up here: structlog's own events, the standard library's loggers (paho, amqtt,
asyncio), Python's warnings and the last words of a thread that died. The last processor before the renderer takes
secrets out of all of it, so that no call site has to remember to.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Mapping
from enum import StrEnum
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

from vision.config import redact_url

REDACTED = "***"

_MAX_DEPTH = 6
"""How deep nested values are searched for secrets; what lies deeper is left out, not let through."""

_MAX_TEXT = 8_000
"""Characters of one value that are kept: a traceback of some 80 lines."""

# All repetitions below are bounded, so that searching stays linear in the length of the text, whoever wrote it.
# rtsp://user:p@s/s@host/ch1: nobody encodes the marks in a password. What follows the colon is not a port, so it is a
# password, and it ends at the last @ there is: better an address that no longer names the camera than half a password.
_PASSWORD_WITH_MARKS = re.compile(
    r"([a-z0-9+.\-]{1,20}://)[^\s/?#@:\"'<>]{0,200}:(?!\d{1,5}(?:[/?#\s]|$))[^\s\"'<>]{0,500}@", re.IGNORECASE
)
_HEADER = re.compile(r"(authorization\s{0,9}[:=]\s{0,9})[^\r\n]*", re.IGNORECASE)
_SECRET_NAME = r"(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|credentials?)"
# password=…, "token": "…", api_key: …; the value ends at a blank or at whatever separates values in that notation, a
# quoted one at its quote or, when the text was cut before it, at the end.
_ASSIGNMENT = re.compile(
    rf"({_SECRET_NAME}[\"']?\s{{0,9}}[:=]\s{{0,9}})"
    r"(?:\"[^\"]{0,2000}(?:\"|$)|'[^']{0,2000}(?:'|$)|[^\s&,;}\)\"']{1,2000})",
    re.IGNORECASE,
)
_SECRET_KEY = re.compile(rf"(?:^|[_\-.]){_SECRET_NAME}$|^authorization$", re.IGNORECASE)


class LogStyle(StrEnum):
    """How lines look: `auto` is `console` on a terminal and `json` everywhere else."""

    AUTO = "auto"
    CONSOLE = "console"
    JSON = "json"


def configure_logging(level: str = "info", style: LogStyle = LogStyle.AUTO, stream: TextIO | None = None) -> None:
    """Send all logging of this process to `stream` (standard error unless told), redacted, in UTC.

    May be called again; the last call holds.

    Args:
        level: `debug`, `info`, `warning`, `error` or `critical`, in any case.
        style: see `LogStyle`.
        stream: an open text stream; never closed here.

    Raises:
        ValueError: `level` is none of the five.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None or level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
        raise ValueError(f"log level {level!r} is unknown; use debug, info, warning, error or critical")
    out = stream or sys.stderr
    on_terminal = out.isatty()
    as_json = style is LogStyle.JSON or (style is LogStyle.AUTO and not on_terminal)

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redact_event,
                _renderer(as_json, colors=on_terminal),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    _quieten_libraries(number)
    _log_last_words()


def redact(text: str) -> str:
    """`text` without secrets: user and password of URLs, values of passwords and tokens, authorization headers."""
    text = redact_url(_PASSWORD_WITH_MARKS.sub(rf"\1{REDACTED}@", text))
    text = _HEADER.sub(rf"\1{REDACTED}", text)
    return _ASSIGNMENT.sub(rf"\1{REDACTED}", text)


def redact_event(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """structlog processor: takes secrets out of every key, value, nested value and exception text of an event."""
    return {redact(str(key)): _clean(key, value, 0) for key, value in event.items()}


def _clean(key: object, value: Any, depth: int) -> Any:
    if isinstance(key, str) and _SECRET_KEY.search(key):
        return value if value is None or value == "" else REDACTED
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return _presentable(value)
    if depth >= _MAX_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return {redact(str(k)): _clean(k, v, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(None, v, depth + 1) for v in value]
    # An exception, a path, a URL object, a library's own type: its text may hold a secret, so it goes as text.
    text = str(value) if isinstance(value, BaseException) or not isinstance(value, bytes) else repr(value)
    return _presentable(text)


def _presentable(text: str) -> str:
    # Redacted before it is shortened: a URL cut in the middle of its password no longer looks like one.
    text = redact(text[: 4 * _MAX_TEXT])
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}… ({len(text) - _MAX_TEXT} characters left out)"


def _renderer(as_json: bool, *, colors: bool) -> Processor:
    if as_json:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    # Plain tracebacks: the pretty ones print local variables, and those hold passwords.
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)


def _quieten_libraries(level: int) -> None:
    logging.captureWarnings(True)
    # A log line that cannot be written (pipe closed, disk full) must not print a traceback of its own.
    logging.raiseExceptions = False
    # These tell every packet and every state change at INFO.
    for name in ("amqtt", "transitions", "asyncio", "watchfiles", "paho"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    _quieten_libav()


def _quieten_libav() -> None:
    # libav writes a line per damaged packet, from its own threads. Routing those through Python's logging can lock up
    # against the GIL (PyAV's documentation warns of it), so they stay off; errors still arrive as exceptions.
    try:
        import av.logging
    except ImportError:
        return
    av.logging.set_level(None)


def _log_last_words() -> None:
    """Uncaught exceptions go through the log, so that their text is redacted too."""
    log = structlog.get_logger("vision")

    def of_process(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        log.critical("uncaught_exception", exc_info=(kind, error, trace))

    def of_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is None or issubclass(args.exc_type, SystemExit):
            return
        name = args.thread.name if args.thread else "unknown"
        trace = (args.exc_type, args.exc_value, args.exc_traceback)
        log.critical("thread_died", thread=name, exc_info=trace)

    sys.excepthook = of_process
    threading.excepthook = of_thread
