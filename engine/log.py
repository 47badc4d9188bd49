"""The log: JSON lines for whoever looks after the engine. What happened to a run is in its journal, not here.

Fields that every line in a block should carry are bound once: `with log.bound(run_id=..., step=..., attempt=1):`.
Secrets are filtered last: values in use (`engine.masks`), fields named like one, `Bearer …`, `user:password@` in text.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
import time
from collections.abc import Iterator, MutableMapping
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import IO, Any, Literal

from engine import masks
from engine.masks import MASK

Level = Literal["debug", "info", "warning", "error"]
LEVELS: dict[str, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40}
MAX_BYTES = 20_000_000
"""A log file larger than this when it is opened is set aside as `<name>.1` (one generation)."""

SECRET_FIELD = re.compile(
    r"(?i)(^|[_.\- ])(password|passwd|passphrase|token|secret|authorization|api[_-]?key|cookie|credentials?)$"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SECRET_TEXT = re.compile(r"(?i)(\bbearer\s+)[A-Za-z0-9._~+/=-]{6,}|(\w+://[^/\s:@]*:)[^/\s@]+(?=@)")
_bound: ContextVar[dict[str, Any]] = ContextVar("log_fields", default={})  # noqa: B039 - never changed in place
_observers: list[list[dict[str, Any]]] = []


class _Target:
    """Where lines go: stderr until `configure` says otherwise, and then only warnings and errors."""

    file: IO[str] | None = None
    level: int = LEVELS["warning"]


def configure(file: Path | None = None, *, level: Level = "info") -> None:
    """Send lines of at least `level` to the end of `file` (stderr when None), and warnings of libraries with them.

    Raises OSError when the file cannot be opened.
    """
    close()
    if file is not None:
        if file.exists() and file.stat().st_size > MAX_BYTES:
            file.replace(file.with_name(f"{file.name}.1"))
        _Target.file = file.open("a", encoding="utf-8", errors="backslashreplace", buffering=1)
    _Target.level = LEVELS[level]
    logging.getLogger().addHandler(_libraries())


def close() -> None:
    """Go back to warnings on stderr and close the file."""
    file, _Target.file, _Target.level = _Target.file, None, LEVELS["warning"]
    logging.getLogger().removeHandler(_libraries())
    if file is not None:
        file.close()


def debug(event: str, **fields: Any) -> None:
    """For the one who is looking for a fault."""
    _emit("debug", event, fields)


def info(event: str, **fields: Any) -> None:
    """Normal and worth a line: the engine started, a run was recovered."""
    _emit("info", event, fields)


def warning(event: str, **fields: Any) -> None:
    """Not as it should be, and handled."""
    _emit("warning", event, fields)


def error(event: str, **fields: Any) -> None:
    """Somebody should look; `exc_info=True` adds the traceback."""
    _emit("error", event, fields)


@contextlib.contextmanager
def bound(**fields: Any) -> Iterator[None]:
    """Add fields to every line logged inside the block, in this task or thread and the tasks it starts."""
    token = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


@contextlib.contextmanager
def captured() -> Iterator[list[dict[str, Any]]]:
    """Collect every line of any level logged meanwhile, as filtered; they are written as usual too."""
    lines: list[dict[str, Any]] = []
    _observers.append(lines)
    try:
        yield lines
    finally:
        _observers[:] = [other for other in _observers if other is not lines]


def filtered(value: Any) -> Any:
    """The value with secrets masked, at any depth."""
    if isinstance(value, str):
        return _SECRET_TEXT.sub(lambda found: (found[1] or found[2]) + MASK, masks.clean(value))
    if isinstance(value, dict):
        pairs = ((masks.clean(key), key, item) for key, item in value.items())
        return {name: MASK if _is_secret(key) and item is not None else filtered(item) for name, key, item in pairs}
    if isinstance(value, list | tuple | set | frozenset):
        return [filtered(item) for item in value]
    if isinstance(value, int | float | bool) or value is None:
        return value
    return filtered(str(value))


def _is_secret(field: object) -> bool:
    return isinstance(field, str) and SECRET_FIELD.search(_CAMEL.sub("_", field)) is not None


def _emit(level: Level, event: str, fields: dict[str, Any]) -> None:
    if LEVELS[level] < _Target.level and not _observers:
        return  # without loading structlog
    getattr(_logger(), level)(event, **fields)


@cache
def _logger() -> Any:
    import structlog  # 0.2 s on a slow PC: only when there is something to say

    processors: list[Any] = [
        _with_bound,
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        _with_time,
        lambda logger, method, line: filtered(line),
        _observe,
        structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
        _write,
    ]
    return structlog.wrap_logger(None, processors=processors, wrapper_class=structlog.BoundLogger)


def _with_bound(logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {**_bound.get(), **line}


def _with_time(logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    now = time.time()
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
    return {"at": f"{whole}.{int(now % 1 * 1000):03d}Z", **line}


def _observe(logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    import structlog

    for lines in _observers:
        lines.append(dict(line))
    if LEVELS[line["level"]] < _Target.level:
        raise structlog.DropEvent
    return line


def _write(logger: Any, method: str, text: str) -> str:
    import structlog

    # One call a line, so that lines of threads do not mix. A full disk or a closed stderr must not stop the engine.
    with contextlib.suppress(OSError, ValueError):
        (_Target.file or sys.stderr).write(text + "\n")
    raise structlog.DropEvent


@cache
def _libraries() -> logging.Handler:
    class Libraries(logging.Handler):
        """Lines of libraries that use the standard library's logging."""

        def emit(self, record: logging.LogRecord) -> None:
            level: Level = "error" if record.levelno >= logging.ERROR else "warning"
            _emit(level, record.getMessage(), {"logger": record.name, "exc_info": record.exc_info or None})

    return Libraries(level=logging.WARNING)
