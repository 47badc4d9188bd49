"""`signalbox --self-test`: a window, the shipped template, a real engine, a real answer; what was found, by line."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from designer.main_window.window import MainWindow

TEMPLATE = "machine-alarm"
PATIENCE_S = 120.0


class _Fault(Exception):
    """What did not come true."""


def self_test() -> int:
    """Try this installation in a folder of its own, without a screen; 0 when everything came true."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from designer.app import messages

    found: list[tuple[bool, str, float, str]] = []
    with tempfile.TemporaryDirectory(prefix="signalbox-", ignore_cleanup_errors=True) as folder:
        try:
            for part, seconds, said in _parts(Path(folder)):
                found.append((True, part, seconds, said))
        except _Fault as fault:
            found.append((False, "stopped", 0.0, str(fault)))
        found += [(False, "Qt says", 0.0, text) for text in messages.said()]
    for good, part, seconds, said in found:
        _print(f"{'ok' if good else 'FAILED':<8} {part:<18} {seconds:>6.2f} s  {said}")
    return 0 if all(good for good, *_ in found) else 1


def _parts(folder: Path) -> Iterator[tuple[str, float, str]]:
    from PySide6.QtWidgets import QApplication

    from designer.app import application, open_window
    from designer.main_window.window import MainWindow

    began = time.perf_counter()
    app = application([])
    assert isinstance(app, QApplication)
    window = open_window(app, folder)
    assert isinstance(window, MainWindow)
    try:
        _until(app, lambda: window.link.status.works, "the engine did not start")
        yield "window and engine", time.perf_counter() - began, f"process {window.link.status.pid}"
        began = time.perf_counter()
        window.filing.open_template(TEMPLATE)
        _until(app, lambda: window.desk.is_open and len(window.desk.workflow.nodes) > 0, "the template did not open")
        _until(app, lambda: not window.grab().isNull(), "the window cannot be painted")
        yield "template", time.perf_counter() - began, f"{len(window.desk.workflow.nodes)} nodes drawn"
        began = time.perf_counter()
        yield "run", *_run(app, window, began)
    finally:
        window.link.stop_engine()
        with _passing():
            _until(app, lambda: window.link.status.state == "absent", "", 20)
        window.close()
        app.processEvents()


def _run(app: QApplication, window: MainWindow, began: float) -> tuple[float, str]:
    from designer.main_window.template_inputs import template_inputs

    given: dict[str, object] = {}
    template_inputs(TEMPLATE, window.service, given.update)
    _until(app, lambda: bool(given), "the example service did not start")
    told: list[str] = []
    window.link.run(window.desk.workflow, given, lambda reply: told.append(reply.reason or str(reply.result["run"])))
    _until(app, lambda: bool(told), "the engine did not answer the request")
    window.showing.follow(told[0], looking=False)
    _until(app, lambda: bool(window.link.questions) or (window.showing.live is not None and window.showing.live.ended),
           "the run did not reach its gate")  # fmt: skip
    asked = window.link.questions[0] if window.link.questions else None
    if asked is None:
        live = window.showing.live
        raise _Fault(f"the run ended before its gate: {live.main.error if live is not None else ''}")
    window.link.answer(asked.id, "approve", name="self-test", run=asked.run)
    _until(app, lambda: window.showing.live is not None and window.showing.live.ended, "the run did not end")
    assert window.showing.live is not None
    main = window.showing.live.main
    if main.status != "completed":
        raise _Fault(f"the run {main.status}: {main.error}")
    return time.perf_counter() - began, f"{len(main.steps)} steps, approved, {main.outputs}"


def _until(app: QApplication, fact: Callable[[], bool], otherwise: str, patience_s: float = PATIENCE_S) -> None:
    ends = time.monotonic() + patience_s
    while not fact():
        if time.monotonic() > ends:
            raise _Fault(otherwise)
        app.processEvents()
        time.sleep(0.005)


@contextmanager
def _passing() -> Iterator[None]:
    try:
        yield
    except _Fault:
        pass  # what is left over ends with its parent


def _print(text: str) -> None:
    if sys.stdout is not None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
