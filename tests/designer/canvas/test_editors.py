"""Writing in place: what is typed into a note is reported while it is typed, and Escape takes it back."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from designer.canvas.editors import Editors


def test_a_note_is_reported_while_it_is_typed_and_taken_back_by_escape(qtbot: QtBot) -> None:
    ground = QWidget()
    qtbot.addWidget(ground)
    ground.show()
    said: list[str] = []
    editors = Editors(ground)
    editors.note("before", QRect(0, 0, 200, 100), said.append)
    assert editors.open is not None
    QTest.keyClicks(editors.open, "more ")
    qtbot.waitUntil(lambda: said == ["more before"])
    QTest.keyClick(editors.open, Qt.Key.Key_Escape)
    assert said == ["more before", "before"]
    assert editors.open is None


def test_what_was_reported_already_is_not_reported_again(qtbot: QtBot) -> None:
    ground = QWidget()
    qtbot.addWidget(ground)
    ground.show()
    said: list[str] = []
    editors = Editors(ground)
    editors.note("", QRect(0, 0, 200, 100), said.append)
    assert editors.open is not None
    QTest.keyClicks(editors.open, "hint")
    qtbot.waitUntil(lambda: said == ["hint"])
    editors.keep()
    assert said == ["hint"]
