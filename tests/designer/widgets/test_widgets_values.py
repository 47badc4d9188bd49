"""Values on screen: the right form for each, all of it reachable, big ones without waiting."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QModelIndex, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton, QTableView, QTreeView
from pytestqt.qtbot import QtBot

from designer.widgets import DiffView, ValueView
from designer.widgets.changes import changes, lines
from designer.widgets.diff_view import TextDiff
from designer.widgets.pictures import AT_ONCE, Pictures, decoded
from designer.widgets.value_model import RANGE, RowsModel, TreeModel
from designer.widgets.value_view import FIRST
from designer.widgets.value_words import first_text, modes, pictures, short_text, size_text, summary, whole_text

ROWS = [{"window": "W-01", "level": 1.5}, {"window": "W-02", "ok": True}]
IMAGE = {"$blob": "ab" * 32, "size": 2048, "media_type": "image/png"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def png(color: str = "red", side: int = 8) -> bytes:
    image = QImage(side, side, QImage.Format.Format_RGB32)
    image.fill(QColor(color))
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    buffer.close()
    return data.data()


def rows_under(model: TreeModel, parent: QModelIndex | None = None) -> int:
    parent = parent or QModelIndex()
    return sum(1 + rows_under(model, model.index(row, 0, parent)) for row in range(model.rowCount(parent)))


def deepest(value: Any) -> int:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return sum(1 + deepest(each) for each in inner)


@pytest.mark.parametrize(
    ("value", "first"),
    [
        (ROWS, "table"),
        ([1, 2], "tree"),
        ({"a": 1}, "tree"),
        ("words", "text"),
        (7, "text"),
        (None, "text"),
        ([], "text"),
        ([{}], "tree"),
        (IMAGE, "picture"),
    ],
)
def test_a_value_is_first_shown_the_way_that_suits_it(value: object, first: str) -> None:
    assert modes(value)[0] == first


def test_pictures_are_found_wherever_they_stand() -> None:
    value = {"parts": [{"photo": IMAGE}, {"photo": None}], "cover": IMAGE}
    assert [place for place, _ in pictures(value)] == ["parts[0].photo", "cover"]
    assert "picture" in modes(value)


def test_words_about_values() -> None:
    assert summary(ROWS) == "2 rows · 3 columns"
    assert summary([1]) == "1 item"
    assert summary({}) == "0 fields"
    assert short_text(True) == "true"
    assert short_text("a\n b") == "a b"
    assert short_text("x" * 500).endswith("…")
    assert short_text(IMAGE) == "image/png · 2.0 KB"
    assert size_text(999) == "999 B"
    assert size_text(12_300_000) == "12 MB"


@given(JSON)
def test_the_tree_holds_every_member_of_a_value(value: object) -> None:
    model = TreeModel(value)
    assert rows_under(model) == deepest(value)


def test_the_models_obey_qt(qtbot: QtBot) -> None:
    tree = TreeModel({"a": [1, {"b": None}], "long": list(range(RANGE * 2 + 5)), "empty": {}})
    tester = QAbstractItemModelTester(tree, QAbstractItemModelTester.FailureReportingMode.Fatal)
    assert rows_under(tree) > RANGE * 2
    rows = RowsModel([*ROWS, {}])
    other = QAbstractItemModelTester(rows, QAbstractItemModelTester.FailureReportingMode.Fatal)
    assert (rows.rowCount(), rows.columnCount()) == (3, 3)
    del tester, other


def test_a_long_list_is_cut_into_ranges_that_leave_nothing_out() -> None:
    model = TreeModel(list(range(1, 1001)))
    assert model.rowCount() == 5
    assert model.index(1, 0).data() == "200 – 399"
    inner = model.index(1, 0)
    assert model.rowCount(inner) == RANGE
    assert model.index(3, 1, inner).data() == "204"
    assert model.branch(model.index(3, 0, inner)).path() == "[203]"


def test_ranges_of_ranges_hold_a_million_members_without_making_them() -> None:
    value = list(range(1_000_000))
    before = time.perf_counter()
    model = TreeModel(value)
    assert model.rowCount() <= RANGE
    first = model.index(0, 0)
    assert model.rowCount(first) <= RANGE
    assert time.perf_counter() - before < 1.0  # making a million rows would take several


def test_the_path_of_a_row_is_what_an_expression_says() -> None:
    model = TreeModel({"rows": [{"a": 1}]})
    leaf = model.index(0, 0, model.index(0, 0, model.index(0, 0)))
    assert model.branch(leaf).path() == "rows[0].a"


def test_a_view_shows_rows_as_a_table_and_keeps_the_choice_for_the_next(qtbot: QtBot) -> None:
    view = ValueView(ROWS)
    qtbot.addWidget(view)
    table = view.body()
    assert isinstance(table, QTableView)
    assert table.model().headerData(0, Qt.Orientation.Horizontal) == "window"
    view.set_mode("tree")
    assert isinstance(view.body(), QTreeView)
    view.set_value([{"other": 1}])
    assert view.mode() == "tree"


def test_a_view_copies_the_whole_value(qtbot: QtBot) -> None:
    view = ValueView({"a": [1, 2]})
    qtbot.addWidget(view)
    qtbot.mouseClick(view.copy, Qt.MouseButton.LeftButton)
    assert json.loads(QGuiApplication.clipboard().text()) == {"a": [1, 2]}


def test_a_very_long_text_says_how_much_more_there_is_and_shows_it(qtbot: QtBot) -> None:
    view = ValueView("x" * (FIRST + 1234))
    qtbot.addWidget(view)
    body = view.body()
    assert body is not None
    shown = body.findChild(QPlainTextEdit)
    more = body.findChild(QPushButton)
    assert more.text() == "The first 200,000 characters are shown: show all"
    assert len(shown.toPlainText()) == FIRST
    qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
    assert len(shown.toPlainText()) == FIRST + 1234


@pytest.mark.parametrize(
    ("value", "words"), [(None, "No value"), ("", "(empty text)"), ([], "(empty list)"), (0, "0"), (False, "false")]
)
def test_small_values_stand_alone(qtbot: QtBot, value: object, words: str) -> None:
    view = ValueView(value)
    qtbot.addWidget(view)
    body = view.body()
    assert isinstance(body, QLabel)
    assert body.text() == words


def test_an_image_is_shown_when_its_bytes_arrive(qtbot: QtBot) -> None:
    waiting: list[Callable[[bytes], None]] = []
    view = ValueView(IMAGE, load_blob=lambda reference, done: waiting.append(done))
    qtbot.addWidget(view)
    body = view.body()
    assert isinstance(body, Pictures)
    assert body.shown[0].image().isNull()
    waiting[0](png())
    assert body.shown[0].image().width() == 8


def test_bytes_that_arrive_too_late_are_dropped(qtbot: QtBot) -> None:
    waiting: list[Callable[[bytes], None]] = []
    view = ValueView(IMAGE, load_blob=lambda reference, done: waiting.append(done))
    qtbot.addWidget(view)
    view.set_value("something else")
    qtbot.wait(1)  # the old body is deleted by the event loop
    waiting[0](png())
    assert view.mode() == "text"


def test_bytes_that_are_no_image_get_a_sentence(qtbot: QtBot) -> None:
    view = ValueView(IMAGE, load_blob=lambda reference, done: done(b"no image"))
    qtbot.addWidget(view)
    view.grab()
    body = view.body()
    assert isinstance(body, Pictures)
    assert body.shown[0].image().isNull()


def test_many_pictures_come_a_dozen_at_a_time(qtbot: QtBot) -> None:
    view = ValueView([IMAGE] * (AT_ONCE + 3), load_blob=lambda reference, done: done(png()))
    qtbot.addWidget(view)
    view.set_mode("picture")
    body = view.body()
    assert isinstance(body, Pictures)
    assert len(body.shown) == AT_ONCE
    body.show_next()
    assert len(body.shown) == AT_ONCE + 3


def test_a_huge_image_is_made_smaller_while_it_is_read(qtbot: QtBot) -> None:
    assert decoded(png(side=4100)).width() == 2048


@given(JSON, JSON)
def test_differences_of_a_value_with_itself_are_none_and_otherwise_some(a: object, b: object) -> None:
    assert changes(a, a) == []
    if whole_text(a) != whole_text(b) and a != b:
        assert changes(a, b)


def test_differences_are_named_by_path() -> None:
    found = changes({"a": 1, "b": {"c": [1, 2]}, "old": 0}, {"a": 1, "b": {"c": [1, 3, 4]}, "new": 0})
    assert [(each.path, each.kind) for each in found] == [
        ("b.c[1]", "changed"),
        ("b.c[2]", "added"),
        ("new", "added"),
        ("old", "removed"),
    ]


def test_true_is_not_one() -> None:
    assert changes({"a": 1}, {"a": True})


def test_long_texts_are_compared_by_line_and_equal_lines_are_counted() -> None:
    before = "\n".join(str(nth) for nth in range(20))
    found = lines(before, before.replace("\n10\n", "\nten\n"))
    assert ("-", "10") in [(each.kind, each.text) for each in found]
    assert ("+", "ten") in [(each.kind, each.text) for each in found]
    assert sum(int(each.text) if each.kind == "…" else each.kind != "+" for each in found) == 20


def test_a_diff_shows_every_change(qtbot: QtBot) -> None:
    view = DiffView({"a": 1, "text": "one\ntwo"}, {"a": 2, "text": "one\n2"})
    qtbot.addWidget(view)
    assert view.count == 2
    assert view.findChild(TextDiff) is not None
    shown = [each.text() for each in view.findChildren(QLabel)]
    assert {"a", "1", "→", "2", "text"} <= set(shown)
    view.set_values({}, {})
    assert "No differences" in [each.text() for each in view.findChildren(QLabel)]


def test_many_changes_come_in_portions(qtbot: QtBot) -> None:
    view = DiffView({}, {str(nth): nth for nth in range(130)})
    qtbot.addWidget(view)
    assert "70" in view.more.text()
    qtbot.mouseClick(view.more, Qt.MouseButton.LeftButton)
    assert "10" in view.more.text()


def test_the_beginning_of_a_large_value_is_written_without_the_rest() -> None:
    rows = [{"a": number, "b": "x" * 90} for number in range(100_000)]
    began = time.perf_counter()
    text, is_all = first_text(rows, 10_000)
    assert time.perf_counter() - began < 0.3 and not is_all
    assert len(text) == 10_000 and whole_text(rows[:400]).startswith(text[:9_000])


@given(JSON)
def test_a_beginning_with_room_for_all_is_all(value: Any) -> None:
    assert first_text(value, 1_000_000) == (whole_text(value), True)
