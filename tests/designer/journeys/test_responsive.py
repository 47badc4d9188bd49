"""The window answers whatever engine and worker do: gaps between ticks of the UI thread, beside an idle window."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable

import pytest
from program import CTRL, Program
from PySide6.QtCore import QObject, Qt, QTimer

from engine.store import Lease
from tests.designer.support.stories import workflow

TICKS, EVERY_MS = 150, 5
TIMES = 4.0
"""How many times an idle window's gaps those of a busy engine may be; a window that waits for it stands still."""
ONE = workflow(("greeting", "data.template", {"text": "Hello"}), name="greeting")


class Ticks(QObject):
    """A timer of the UI thread, and when it came."""

    def __init__(self) -> None:
        super().__init__()
        self.at: list[float] = []
        self.clock = QTimer(self, interval=EVERY_MS)
        self.clock.setTimerType(Qt.TimerType.PreciseTimer)
        self.clock.timeout.connect(lambda: self.at.append(time.perf_counter()))

    def gap(self, program: Program, during: Callable[[], object] = lambda: None) -> float:
        """The gap that 19 of 20 stay under while so many ticks pass."""
        self.at = []
        self.clock.start()
        during()
        program.until(lambda: len(self.at) >= TICKS)
        self.clock.stop()
        gaps = sorted(after - before for before, after in zip(self.at, self.at[1:], strict=False))
        return gaps[len(gaps) * 19 // 20]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot stop a process for a while")
def test_the_window_stays_responsive(
    start: Callable[[], Program], record_property: Callable[[str, object], None]
) -> None:
    program = start()
    window = program.window
    program.given(ONE)
    ticks = Ticks()
    idle = ticks.gap(program)

    release, called = threading.Event(), []
    window.link.call(lambda store: release.wait(30), called.append)
    busy = ticks.gap(program, lambda: program.key(Qt.Key.Key_Tab))
    assert not called, "the call was over before it was measured"
    program.key(Qt.Key.Key_Escape)
    release.set()
    program.until(lambda: called)

    holder = Lease.info(program.data_dir)
    assert holder is not None
    os.kill(holder.pid, signal.SIGSTOP)
    try:
        window.drawing.canvas.setFocus()
        stopped = ticks.gap(program, lambda: program.key(Qt.Key.Key_Return, CTRL))
        window.drawing.canvas.select(("greeting",))
        program.write("Hello again", "text")
        program.kept()  # drafts need no engine
        assert program.draft().by_key["greeting"].params["text"] == "Hello again" and program.runs() == []
    finally:
        os.kill(holder.pid, signal.SIGCONT)
    program.begun()
    assert program.ended() == "completed" and len(program.runs()) == 1
    record_property("gaps", {"idle": idle, "worker_busy": busy, "engine_stopped": stopped})
    assert max(busy, stopped) <= TIMES * idle, f"idle {idle:.4f} s, worker {busy:.4f} s, engine {stopped:.4f} s"
    program.stop()
