"""What Qt says and what goes wrong in a slot: into the log and one sentence, never a traceback on a terminal."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from engine import log

FILE = "designer.log"
HARMLESS = (
    "This plugin does not support propagateSizeHints()",
    "This plugin does not support raise()",
    "Qt depends on a UTF-8 locale, and has switched to",
)
KEPT = 100
_said: list[str] = []
_tell: list[Callable[[str], None]] = []


def listen() -> None:
    """Take Qt's messages, and exceptions that nobody caught, from now on."""
    qInstallMessageHandler(_hear)
    sys.excepthook = _failed


def write_to(data_dir: Path) -> None:
    """Keep the log in this folder; without one that can be written, warnings go to standard error."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        log.configure(data_dir / FILE)
    except OSError:
        log.close()


def tell(how: Callable[[str], None]) -> None:
    """How a person hears that something of ours went wrong."""
    _tell[:] = [how]


def said() -> list[str]:
    """Warnings, faults and worse that came so far, the last hundred of them."""
    return list(_said)


def _hear(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    if kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg) or any(part in text for part in HARMLESS):
        return
    _keep(text)
    log.warning("qt", said=text)


def _failed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    _keep(f"{kind.__name__}: {error}")
    log.error("fault", error=str(error), trace="".join(traceback.format_exception(kind, error, trace)))
    for how in _tell:
        how(f"{kind.__name__}: {error}")
    if not _tell and sys.stderr is not None:  # there is no window yet to say it in
        sys.stderr.write(f"signalbox: a fault inside the program, and {FILE} says more: {kind.__name__}: {error}\n")


def _keep(text: str) -> None:
    _said.append(text)
    del _said[:-KEPT]
