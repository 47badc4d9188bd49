"""Texts with expressions: names are completed by keyboard, the last run's value stands below, Tab leaves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from designer.forms.complete import complete
from designer.forms.form import Form
from designer.forms.prompt import Prompt
from designer.forms.scope import Completion, Preview, Scope
from designer.forms.text_box import LONGEST

NAMES = (
    Completion("input", "object"),
    Completion("steps", "object"),
    Completion("steps.triage", "step", "Triage agent"),
    Completion("steps.triage.output", "object"),
    Completion("steps.triage.output.severity", "text", "How bad", '"high"'),
    Completion("steps.triage.output.action", "text"),
)


def preview(text: str, whole: bool) -> Preview:
    return (
        Preview("fault", "it is never closed.") if text.count("{{") != text.count("}}") else Preview("value", '"high"')
    )


@pytest.fixture
def box(qtbot: QtBot) -> Iterator[Prompt]:
    host = QWidget()
    host.resize(400, 300)
    layout = QVBoxLayout(host)
    made = Prompt(scope=Scope(NAMES, preview), lines=3)
    layout.addWidget(made)
    layout.addWidget(QLineEdit())
    qtbot.addWidget(host)
    host.show()
    host.activateWindow()
    qtbot.waitUntil(host.isActiveWindow)
    made.setFocus()
    yield made


def offered(box: Prompt) -> list[str]:
    popup = box.popup()
    return [name.path for name in popup.names()] if popup is not None else []


def test_two_braces_are_closed_and_offer_the_first_names(qtbot: QtBot, box: Prompt) -> None:
    QTest.keyClicks(box, "Is it {{")
    assert box.text() == "Is it {{  }}"
    qtbot.waitUntil(lambda: offered(box) == ["input", "steps"])


def test_a_whole_path_is_written_with_arrows_enter_and_dots(qtbot: QtBot, box: Prompt) -> None:
    QTest.keyClicks(box, "{{ste")
    qtbot.waitUntil(lambda: offered(box) == ["steps"])
    QTest.keyClick(box, Qt.Key.Key_Return)
    QTest.keyClicks(box, ".")
    qtbot.waitUntil(lambda: offered(box) == ["steps.triage"])
    QTest.keyClick(box, Qt.Key.Key_Tab)
    QTest.keyClicks(box, ".")
    qtbot.waitUntil(lambda: offered(box) == ["steps.triage.output"])
    QTest.keyClick(box, Qt.Key.Key_Return)
    QTest.keyClicks(box, ".")
    qtbot.waitUntil(lambda: len(offered(box)) == 2)
    QTest.keyClick(box, Qt.Key.Key_Down)
    QTest.keyClick(box, Qt.Key.Key_Up)
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.text() == "{{ steps.triage.output.severity }}"
    assert offered(box) == []


def test_escape_closes_the_names_and_leaves_the_text(qtbot: QtBot, box: Prompt) -> None:
    QTest.keyClicks(box, "{{s")
    qtbot.waitUntil(lambda: bool(offered(box)))
    QTest.keyClick(box, Qt.Key.Key_Escape)
    assert offered(box) == []
    assert box.text() == "{{ s }}"


def test_control_space_offers_names_inside_braces_only(qtbot: QtBot, box: Prompt) -> None:
    box.set_text("plain {{ steps.triage.output. }}")
    box.put_caret(3)
    QTest.keyClick(box, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    assert offered(box) == []
    box.put_caret(29)
    QTest.keyClick(box, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    assert len(offered(box)) == 2


def test_tab_leaves_the_field(qtbot: QtBot, box: Prompt) -> None:
    QTest.keyClick(box, Qt.Key.Key_Tab)
    assert not box.hasFocus()


def test_one_line_fields_have_no_line_breaks(qtbot: QtBot) -> None:
    box = Prompt(lines=1)
    qtbot.addWidget(box)
    QTest.keyClicks(box, "a")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.text() == "a"


def test_letters_beyond_the_first_plane_do_not_move_the_caret_apart_from_the_text(qtbot: QtBot, box: Prompt) -> None:
    box.set_text("😀😀 {{ s }}")
    box.put_caret(7)
    assert box.caret() == 7
    box.set_text("😀x😀 {{ s }}")
    assert box.caret() == 8


def test_a_text_from_outside_keeps_the_caret_where_it_was(qtbot: QtBot, box: Prompt) -> None:
    box.set_text("one two three")
    box.put_caret(5)
    box.set_text("one two three four")
    assert box.caret() == 5


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{ ste", ["steps"]),
        ("{{ ize", ["size"]),
        ("{{ steps.tri", ["steps.triage"]),
        ("{{ steps.triage.output.svr", ["steps.triage.output.severity"]),
        ("{{ 'st", []),
        ("{{ a }} st", []),
        ("{{ size(ste", ["steps"]),
        ("{{ {'a': ste", ["steps"]),
        ("st", []),
    ],
)
def test_names_are_found_by_the_word_before_the_caret(text: str, found: list[str]) -> None:
    assert [name.path for name in complete(text, len(text), NAMES).names] == found


def test_the_value_of_the_last_run_stands_under_the_field(qtbot: QtBot) -> None:
    schema = {"properties": {"text": {"anyOf": [{"type": "string"}, {"type": "string", "pattern": r"\{\{"}]}}}
    form = Form(schema, {"text": "{{ steps.triage.output.severity }}"}, scope=Scope(NAMES, preview))
    qtbot.addWidget(form)
    editor = form.row("text").editor()
    assert editor.preview.text() == '"high"'  # type: ignore[attr-defined]
    editor.target().take_text("{{ steps.")  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: editor.preview.text() == "it is never closed.")  # type: ignore[attr-defined]


def test_the_larger_editor_passes_every_key_on_and_closes_with_escape(qtbot: QtBot, box: Prompt) -> None:
    from designer.forms.expand import Sheet

    box.set_text("{{ input }}")
    sheet = Sheet(box, "Instructions")
    QTest.keyClicks(sheet.editor, "x")
    assert box.text() == sheet.editor.text()
    with qtbot.waitSignal(sheet.destroyed):
        QTest.keyClick(sheet.editor, Qt.Key.Key_Escape)
    assert "x" in box.text()


def test_a_text_of_the_size_of_a_file_is_not_pasted(box: Prompt) -> None:
    box.setFocus()
    before = box.text()
    QGuiApplication.clipboard().setText("x" * (LONGEST + 1))
    box.paste()
    assert box.text() == before
    QGuiApplication.clipboard().setText("short")
    box.paste()
    assert "short" in box.text()
