"""Ctrl+K finds everything, F1 shows every key, the theme changes at once, the language at the next start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from program import CTRL, SHIFT, Program
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from designer import theme
from designer.main_window.shortcuts import ShortcutSheet
from designer.settings import load
from designer.widgets import KeyCap
from tests.designer.support.stories import workflow

ROOT = Path(__file__).parents[3]
ONE = workflow(
    ("greeting", "data.template", {"text": "Hello"}), ("farewell", "data.template", {"text": "Bye"}), name="greetings"
)


def test_the_finder_leads_to_commands_nodes_workflows_and_runs(start: Callable[[], Program]) -> None:
    program = start()
    window = program.window
    program.given(ONE)
    run = program.run()
    assert program.ended() == "completed"

    program.find("farewell")
    assert window.drawing.canvas.selected() == ("farewell",)
    program.find("past runs")
    assert window.pages.currentWidget() is window.runs
    draft = window.desk.draft.id
    program.find("new workflow")
    program.until(lambda: window.desk.draft.id != draft and window.drawing.isVisible())
    program.find("add text template")
    assert [node.type for node in program.workflow.nodes] == ["data.template"]

    program.key(Qt.Key.Key_K, CTRL)
    program.type(run)
    program.until(lambda: window.finder.model.rowCount() > 0, "the run is not found")
    program.key(Qt.Key.Key_Return)
    cards = {"greeting", "farewell"}
    program.until(lambda: set(window.drawing.canvas.drawing.cards) == cards, "the run is not shown")
    assert window.showing.looking and window.showing.live is not None and window.showing.live.run == run

    program.press("Back to the drawing")
    program.key(Qt.Key.Key_K, CTRL)
    program.type("greetings")
    program.until(lambda: window.finder.model.entry(0) is not None and window.finder.model.entry(0).kind == "Workflow")
    program.key(Qt.Key.Key_Return)
    program.until(lambda: window.desk.draft.id == draft, "the workflow did not open")
    opened = program.workflow
    assert opened.model_copy(update={"layout": {}}) == ONE and set(opened.layout) == set(ONE.by_key)
    program.stop()


def test_the_shortcut_sheet_and_the_theme(start: Callable[[], Program]) -> None:
    program = start()
    program.key(Qt.Key.Key_F1)
    sheet = program.dialog
    assert isinstance(sheet, ShortcutSheet)
    caps = {one.text() if isinstance(one, QLabel) else one.accessibleName() for one in sheet.findChildren(KeyCap)}
    assert {"Ctrl+K", "Ctrl+S", "F8"} <= caps, caps
    program.key(Qt.Key.Key_Escape)
    program.until(lambda: not program.window.findChildren(ShortcutSheet))

    before, ground = theme.scheme(), program.window.grab().toImage().pixelColor(700, 400)
    try:
        program.key(Qt.Key.Key_L, CTRL | SHIFT)
        after = theme.scheme()
        assert after != before and program.window.grab().toImage().pixelColor(700, 400) != ground
        program.stop()
        assert load(program.data_dir).theme == after
    finally:
        theme.apply(program.app, "system")


def test_the_language_changes_at_the_next_start(start: Callable[[], Program]) -> None:
    program = start()
    assert program.button("Start empty").isVisible()
    program.find("deutsch")
    program.says("at the next start")
    program.close()
    assert load(program.data_dir).language == "de"
    child = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("reading_child.py")), str(program.data_dir)],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert child.returncode == 0 and child.stderr == "", child.stderr
    texts = json.loads(child.stdout)
    assert "Leer beginnen" in texts and "Start empty" not in texts, texts
