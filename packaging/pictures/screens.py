"""Take the README's pictures from the real program: the real window, the real engine, the shipped template.

.venv/bin/python packaging/pictures/screens.py                      the README's pictures, into docs/pictures
.venv/bin/python packaging/pictures/screens.py --out /tmp/look --every --size 1366x768 --theme dark
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

TEMPLATE = "machine-alarm"
HANDING = "goods-in"
SHOWN = ("canvas-light", "canvas-dark", "run-light", "approval-light", "retry-history-light")
"""What the README shows."""


def main() -> int:
    """Take all pictures; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    parser.add_argument("--size", default="1600x900")
    parser.add_argument("--every", action="store_true", help="keep every picture, not only the README's")
    parser.add_argument("--theme", choices=("light", "dark", "both"), default="both")
    given = parser.parse_args()
    width, _, height = given.size.partition("x")
    given.out.mkdir(parents=True, exist_ok=True)
    from designer.app import application

    app = application([])
    for theme in ("light", "dark") if given.theme == "both" else (given.theme,):
        with tempfile.TemporaryDirectory(prefix="signalbox-", ignore_cleanup_errors=True) as folder:
            names = None if given.every else SHOWN
            Shoot(app, Path(folder), given.out, theme, int(width), int(height), names).all()
    return 0


class Shoot:
    """One session of the program in one theme."""

    def __init__(
        self, app: object, folder: Path, out: Path, theme: str, width: int, height: int, names: tuple[str, ...] | None
    ) -> None:
        from dataclasses import replace

        from designer import settings
        from designer.app import open_window

        self.app, self.out, self.theme, self.names = app, out, theme, names
        settings.save(replace(settings.DesignerSettings(), theme=theme, person="Mira Lang"), folder)
        self.window = open_window(app, folder)
        self.window.resize(width, height)
        self.until(lambda: self.window.link.status.works)

    def all(self) -> None:
        """Walk through the first ten minutes and take a picture at each station."""
        window = self.window
        self.take("start")
        window.filing.open_template(TEMPLATE)
        self.until(lambda: window.desk.is_open)
        window.inspector.hide()
        self.settle()
        window.drawing.canvas.fit()
        self.take("canvas")
        window.inspector.show()
        window.drawing.canvas.select(("triage",))
        window.drawing.canvas.centre("triage")
        self.take("inspector")
        window.drawing.canvas.select(())
        window.drawing.canvas.fit()
        self.run()
        self.take("done")
        window.drawing.canvas.select(("lookup_history",))
        window.drawing.canvas.select(("triage",))
        window.drawing.run_panel.show_step("triage")
        window.drawing.rows.setSizes([260, 380])
        self.take("retry-history")
        self.hand_off()
        self.this_pc()
        window.link.stop_engine()
        self.until(lambda: window.link.status.state == "absent")
        window.close()

    def hand_off(self) -> None:
        """One agent hands a delivery to the next: before and after beside each other."""
        from designer.main_window.template_inputs import template_inputs

        if self.names is not None:
            return
        window, given, before = self.window, {}, self.window.showing.live.run
        window.filing.open_template(HANDING)
        self.until(lambda: window.desk.is_open and window.desk.workflow.name == HANDING)
        template_inputs(HANDING, window.service, given.update)
        self.until(lambda: bool(given))
        window.runner._start(window.desk.workflow, given)
        self.until(lambda: (live := window.showing.live) is not None and live.run != before)
        self.until(lambda: bool(window.link.questions))
        window.drawing.canvas.select(("decide",))
        window.drawing.canvas.centre("decide")
        window.drawing.run_panel.show_step("decide")
        window.drawing.rows.setSizes([260, 380])
        self.take("agent-handed-over")
        window.drawing.run_panel.detail.show_tab("handoff")
        self.take("hand-off")
        question = window.link.questions[0]
        window.link.answer(question.id, "approve", name="Mira Lang", run=question.run)
        self.until(lambda: window.showing.live.ended)

    def this_pc(self) -> None:
        """The four parts of the page of this PC, as they are on a new one."""
        desk = self.window.site.desk
        for tab in ("models", "tools", "network", "keys"):
            if self.names is None:
                self.window.site_link.show(tab)
                self.until(lambda: desk.resting and desk.keys is not None)
                self.take(f"this-pc-{tab}")

    def run(self) -> None:
        """One run: a picture while it goes on, one at the gate, then the answer."""
        from designer.main_window.template_inputs import template_inputs

        window, given = self.window, {}
        template_inputs(TEMPLATE, window.service, given.update)
        self.until(lambda: bool(given))
        window.runner._start(window.desk.workflow, given)
        self.until(lambda: window.showing.live is not None and window.showing.live.main.run != "")
        self.until(lambda: any(step.node == "triage" and step.status == "running" and step.effects
                               for step in window.showing.live.main.steps.values()))  # fmt: skip
        window.inspector.hide()
        window.drawing.rows.setSizes([520, 260])
        self.settle()
        window.drawing.canvas.view.zoom_at(0.66)
        window.drawing.canvas.centre("triage")
        self.take("run")
        window.inspector.show()
        self.until(lambda: bool(window.link.questions))
        self.take("waiting")
        window.go("inbox")
        self.take("inbox")
        window.go("drawing")
        question = window.link.questions[0].id
        window.open_question(question)
        self.take("approval", dialog=True)
        window.link.answer(question, "approve", name="Mira Lang", run=window.link.questions[0].run)
        self.until(lambda: window.showing.live.ended)

    def take(self, name: str, dialog: bool = False) -> None:
        """Grab the window (and the dialog over it) as PNG."""
        from PySide6.QtGui import QPainter
        from PySide6.QtWidgets import QDialog

        if self.names is not None and f"{name}-{self.theme}" not in self.names:
            return
        self.settle()
        picture = self.window.grab()
        for other in self.window.findChildren(QDialog) if dialog else ():
            if other.isVisible():
                painter = QPainter(picture)
                painter.fillRect(self.window.rect(), "#66000000")
                place = self.window.rect().center() - other.rect().center()
                painter.drawPixmap(place, other.grab())
                painter.end()
        picture.save(str(self.out / f"{name}-{self.theme}.png"))

    def settle(self) -> None:
        """Let what is under way be painted."""
        ends = time.monotonic() + 0.5
        while time.monotonic() < ends:
            self.app.processEvents()
            time.sleep(0.01)

    def until(self, fact: Callable[[], bool], patience_s: float = 90.0) -> None:
        """Process events until something is true."""
        ends = time.monotonic() + patience_s
        while not fact():
            if time.monotonic() > ends:
                raise SystemExit("screens: what the picture needs did not come true")
            self.app.processEvents()
            time.sleep(0.005)


if __name__ == "__main__":
    sys.exit(main())
