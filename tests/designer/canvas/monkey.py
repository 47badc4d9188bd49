"""A person who does anything at all on the drawing: random gestures by real mouse and key events, on the real undo
stack and with the window's own meaning of each gesture; the facts of `monkey_facts` are compared after every one.

A day (`Day`) is a canvas of its own, some hundred gestures, then undo to the first workflow and redo to the last.
`python -m tests.designer.canvas.monkey --seed 3 --days 4` plays days again; the same numbers give the same gestures.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import gc
import json
import os
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import psutil

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from designer import theme
from engine.workflow.canonical import to_json
from tests.designer.canvas import monkey_facts as facts
from tests.designer.canvas.desk import sample
from tests.designer.canvas.monkey_figures import Figures
from tests.designer.canvas.monkey_gestures import WEIGHTS, Gestures

GESTURES_A_DAY = 250
MOST_NODES = 60
NONE_MAY_FALL = 200
"""So many references of None may be missing at the end: more would be a binding that steals them."""
HARMLESS = ("This plugin does not support propagateSizeHints()", "This plugin does not support raise()")


class Day(Gestures):
    """Some hundred gestures on one canvas."""

    # ---- a day
    def play(self, gestures: int) -> None:
        """So many gestures, then back to the start and forth again."""
        names, weights = zip(*WEIGHTS.items(), strict=True)
        for number in range(gestures):
            name = self.chance.choices(names, weights)[0]
            self.figures.gestures[name] += 1
            self.doing = name
            getattr(self, name)()
            self.compare(number)
            self.figures.most_nodes = max(self.figures.most_nodes, len(self.workflow.nodes))
            if len(self.workflow.nodes) > MOST_NODES:
                self.document.replace(sample())
        self.back_and_forth()

    def compare(self, number: int) -> None:
        """All facts; the dearer ones now and then."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        if number % 8 == 0:
            app.processEvents()
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        del self.log[:]
        self.check()
        facts.whole(self.workflow)
        facts.at_rest(self.canvas)
        if number % 10 == 0:
            facts.scene_is_drawn(self.canvas)
        if number % 50 == 0:
            facts.kept(self.workflow)

    def back_and_forth(self) -> None:
        """Undo leads to the first workflow, redo to the last, and both are drawn."""
        stack, last = self.document.undo_stack, self.workflow
        while stack.canRedo():
            self.document.redo()
        last, steps = self.workflow, stack.index()
        while stack.canUndo():
            self.document.undo()
            self.check()
        self.figures.undone += steps
        assert steps == 500 or to_json(self.workflow) == to_json(self.first), "undo does not lead to the start"
        for _ in range(steps):
            self.document.redo()
        assert self.workflow is last, "redo does not lead to the end"
        self.check()
        facts.at_rest(self.canvas)

    def close(self) -> None:
        """The tab is closed."""
        self.document.changed.disconnect()
        self.canvas.close_canvas()
        self.canvas.close()
        self.canvas.deleteLater()
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        app.processEvents()


@contextlib.contextmanager
def overheard() -> Iterator[list[str]]:
    """Exceptions in slots and events, and what Qt says."""
    heard: list[str] = []

    def failed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        heard.append("in a slot: " + "".join(traceback.format_exception(kind, error, trace)))

    def said(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        if kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg) and not any(part in text for part in HARMLESS):
            heard.append(f"Qt says: {text}")

    hook, unraisable = sys.excepthook, sys.unraisablehook
    before = qInstallMessageHandler(said)
    sys.excepthook = failed
    sys.unraisablehook = lambda found: heard.append(f"unraisable: {found.exc_value!r} in {found.object!r}")
    try:
        yield heard
    finally:
        sys.excepthook, sys.unraisablehook = hook, unraisable
        qInstallMessageHandler(before)


def play_day(seed: int, day: int, gestures: int = GESTURES_A_DAY) -> Figures:
    """One day on a new canvas; what was found amiss is in `faults`, with what to play again."""
    figures = Figures()
    began, before = time.perf_counter(), facts.alive()
    none = sys.getrefcount(None)
    with overheard() as heard:
        live = Day(seed, day, figures)
        try:
            live.play(gestures)
            expected = before + facts.drawn(live.canvas)
            if facts.alive() != expected:
                figures.faults.append(f"alive {dict(facts.alive())}, drawn {dict(expected)}")
        except Exception as error:
            heard.append(f"gesture {figures.count}, {live.doing}: {error!r}\n{traceback.format_exc()}")
        finally:
            live.close()
        del live
        gc.collect()
    after = facts.alive()
    if after != before and not heard:
        heard.append(f"left behind by the closed canvas: {dict(after - before)}")
    figures.none_least = min(0, sys.getrefcount(None) - none)
    if figures.none_least < -NONE_MAY_FALL:
        heard.append(f"{-figures.none_least} references of None were lost")
    figures.faults += [f"seed {seed} day {day}: {text}" for text in heard]
    figures.seconds = time.perf_counter() - began
    figures.most_megabytes = psutil.Process().memory_info().rss // 2**20
    return figures


def main() -> int:
    """Play days from the command line."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--first", type=int, default=0, help="the number of the first day")
    asked.add_argument("--days", type=int, default=1)
    asked.add_argument("--gestures", type=int, default=GESTURES_A_DAY)
    asked.add_argument("--json", type=Path, help="write the figures here")
    options = asked.parse_args()
    faulthandler.enable()
    app = QApplication.instance() or QApplication(["monkey"])
    assert isinstance(app, QApplication)
    theme.apply(app, "dark")
    total = Figures()
    for day in range(options.first, options.first + options.days):
        found = play_day(options.seed, day, options.gestures)
        total.add(found)
        for fault in found.faults:
            print(fault, flush=True)
        print(f"seed {options.seed} day {day}: {found.count} gestures, {len(found.faults)} faults, "
              f"{found.seconds:.1f} s, {found.most_megabytes} MB", flush=True)  # fmt: skip
    print(total.words())
    if options.json:
        options.json.write_text(json.dumps(total.as_json()))
    return 1 if total.faults else 0


if __name__ == "__main__":
    sys.exit(main())
