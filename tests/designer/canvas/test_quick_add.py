"""Quick add finds a type by its title, by what else people call it and by its summary; what was used comes first."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from designer.canvas.quick_add import QuickAdd, ranked
from engine.nodes.catalog import CATALOG

TYPES = list(CATALOG.values())


@pytest.fixture
def palette(qtbot: QtBot) -> QuickAdd:
    host = QWidget()
    qtbot.addWidget(host)
    host.resize(900, 700)
    host.show()
    made = QuickAdd(host)
    made._host = host  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("agent", "agent"),
        ("bran", "branch"),
        ("for each", "each"),
        ("gate", "gate"),
        ("sql", "sql.query"),
    ],
)
def test_the_best_match_comes_first(query: str, first: str) -> None:
    found = ranked(TYPES, query)
    assert found[0].name == first


def test_other_words_for_a_type_find_it() -> None:
    assert "agent" in [one.name for one in ranked(TYPES, "llm")]


def test_letters_in_order_are_enough() -> None:
    assert "http.request" in [one.name for one in ranked(TYPES, "htreq")]


def test_nothing_fits_a_sign_and_nothing_breaks() -> None:
    assert ranked(TYPES, "(") == [] and ranked(TYPES, "[x") == []


def test_what_was_used_lately_comes_first() -> None:
    assert [one.name for one in ranked(TYPES, "", ["gate", "wait"])][:2] == ["gate", "wait"]


def test_arrows_choose_and_enter_takes(palette: QuickAdd, qtbot: QtBot) -> None:
    palette.open(QPoint(10, 10), TYPES)
    names = palette.names()
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    QTest.keyClick(palette.field, Qt.Key.Key_Up)
    with qtbot.waitSignal(palette.chosen) as chosen:
        QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert chosen.args == [names[1]] and palette.recent == [names[1]] and not palette.isVisible()


def test_a_click_takes_a_row(palette: QuickAdd, qtbot: QtBot) -> None:
    palette.open(QPoint(10, 10), TYPES)
    spot = palette.list.visualItemRect(palette.list.item(2)).center()
    with qtbot.waitSignal(palette.chosen) as chosen:
        QTest.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert chosen.args == [palette.list.item(2).data(Qt.ItemDataRole.UserRole).name]


def test_it_stays_inside_its_parent(palette: QuickAdd) -> None:
    palette.open(QPoint(890, 690), TYPES)
    assert palette.parentWidget().rect().contains(palette.geometry())


def test_no_match_is_said(palette: QuickAdd) -> None:
    palette.open(QPoint(10, 10), TYPES)
    palette.field.setText("zzzzqq")
    assert palette.nothing.isVisible() and not palette.list.isVisible()
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
