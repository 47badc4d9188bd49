"""A note of somebody else's workflow is drawn without asking for what it names."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QPixmap
from pytestqt.qtbot import QtBot

from designer.canvas.box import markdown
from designer.widgets.images import fragments
from engine.workflow.model import Note


@pytest.mark.parametrize("text", ["![a]({0})", "[![a]({0})](http://other.example)", "> - ![]({0})", "<img src='{0}'>"])
def test_a_picture_in_a_note_is_named_and_not_loaded(qtbot: QtBot, tmp_path: Path, text: str) -> None:
    picture = QPixmap(600, 600)
    picture.fill(QColor("red"))
    picture.save(str(tmp_path / "big.png"))
    made = markdown(Note(text=text.format(tmp_path / "big.png"), rect=(0, 0, 300, 200)), 300, QColor("black"))
    assert made.size().height() < 300
    assert not any(style.isImageFormat() for _, _, style in fragments(made))
    if text == "![a]({0})":
        assert "big.png" in made.toPlainText()
