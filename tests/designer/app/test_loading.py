"""The frame stands before the rest is loaded, and what is asked of it meanwhile is done afterwards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from designer.app import open_window

FRAME = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from pathlib import Path
from designer.app import application, open_window
app = application([])
window = open_window(app, Path(sys.argv[1]), launch=False, at_once=False)
assert not window.grab().isNull() and not window.furnished
# the start page's own thread reads the templates meanwhile: pydantic, yaml and the node types may be there by now
heavy = ("NodeGraphQt", "engine.store", "designer.canvas.canvas", "designer.forms.form", "jsonschema", "sqlalchemy")
print([name for name in heavy if name in sys.modules], flush=True)
os._exit(0)
"""


def test_the_frame_is_painted_without_document_engine_or_canvas(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", FRAME, str(tmp_path)], capture_output=True, text=True, timeout=120)
    assert ended.stdout.strip() == "[]", ended.stdout + ended.stderr


def test_what_is_pressed_before_everything_is_loaded_happens_then(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window(qapp, tmp_path, launch=False, at_once=False)
    assert not window.furnished
    window.rail.buttons["inbox"].click()
    qtbot.waitUntil(lambda: window.furnished, timeout=30_000)
    assert window.pages.currentWidget() is window.inbox
    window.close()


def test_a_window_that_is_closed_while_it_loads_leaves_nothing_behind(qapp: QApplication, tmp_path: Path) -> None:
    window = open_window(qapp, tmp_path, launch=False, at_once=False)
    window.close()
    window.deleteLater()
    qapp.processEvents()
