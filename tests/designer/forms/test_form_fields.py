"""Fields: expressions in place of values, lists that are reordered, faults in place, marks of what was edited."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QWidget
from pytestqt.qtbot import QtBot

from designer.forms.form import Form
from designer.forms.node_schema import node_schema

ORDER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "part": {"type": "string", "minLength": 1},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "urgent": {"type": "boolean", "default": False},
        "when": {"enum": ["now", "later"], "default": "later"},
        "lines": {
            "type": "array",
            "items": {"type": "object", "properties": {"no": {"type": "integer"}, "text": {"type": "string"}}},
        },
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["part", "count"],
    "additionalProperties": False,
}
VALUE = {"part": "BRG-A", "count": 2, "lines": [{"no": 1, "text": "a"}, {"no": 2, "text": "b"}], "tags": ["x", "y"]}


def made(qtbot: QtBot, schema: dict[str, Any] = ORDER, value: Any = VALUE, **more: Any) -> Form:
    form = Form(schema, value, **more)
    form.resize(400, 900)
    qtbot.addWidget(form)
    form.show()
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    return form


def typed(form: Form, *path: str | int, text: str) -> None:
    form.row(*path).editor().target().take_text(text)  # type: ignore[attr-defined]


def test_keys_merge_into_one_change_and_flush_sends_it_at_once(qtbot: QtBot) -> None:
    form = made(qtbot)
    changes: list[Any] = []
    form.changed.connect(changes.append)
    target = form.row("part").editor().target()
    target.setFocus()
    QTest.keyClicks(target, "123")
    assert changes == []
    qtbot.waitUntil(lambda: len(changes) == 1)
    assert changes[0]["part"] == "BRG-A123"
    QTest.keyClicks(target, "4")
    form.flush()
    assert len(changes) == 2
    form.flush()
    assert len(changes) == 2


def test_a_value_from_outside_does_not_disturb_what_is_being_typed(qtbot: QtBot) -> None:
    form = made(qtbot)
    target = form.row("part").editor().target()
    target.setFocus()
    QTest.keyClick(target, Qt.Key.Key_Home)
    QTest.keyClicks(target, "new ")
    form.set_value({**VALUE, "count": 5})
    assert form.value() == {**VALUE, "part": "new BRG-A", "count": 5}
    assert target.caret() == 4  # type: ignore[attr-defined]


def test_a_number_becomes_an_expression_and_a_number_again(qtbot: QtBot) -> None:
    form = made(qtbot, node_schema("loop"), {"until": "true", "limit": 10})
    row = form.row("limit")
    row.toggle_expression()
    assert form.value() == {"until": "true", "limit": 10}
    typed(form, "limit", text="{{ run.inputs.n }}")
    assert form.value() == {"until": "true", "limit": "{{ run.inputs.n }}"}
    row.toggle_expression()
    assert form.value() == {"until": "true", "limit": 10}


def test_control_e_in_a_field_uses_an_expression(qtbot: QtBot) -> None:
    form = made(qtbot, node_schema("loop"), {"until": "true", "limit": 10})
    target = form.row("limit").editor().target()
    target.setFocus()
    QTest.keyClick(target, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert form.row("limit").mode == "expression"


def test_an_expression_of_the_file_is_shown_as_one(qtbot: QtBot) -> None:
    form = made(qtbot, node_schema("loop"), {"until": "true", "limit": "{{ run.inputs.n }}"})
    assert form.row("limit").mode == "expression"
    form.set_value({"until": "true", "limit": 3})
    assert form.row("limit").mode == "plain"


def test_a_value_that_no_editor_shows_is_shown_as_text_and_kept(qtbot: QtBot) -> None:
    form = made(qtbot, value={**VALUE, "count": [1, {"a": None}]})
    assert form.row("count").mode == "value"
    assert form.value() == {**VALUE, "count": [1, {"a": None}]}


def test_items_are_added_moved_and_removed(qtbot: QtBot) -> None:
    form = made(qtbot)
    lines = form.row("lines").editor()
    lines.shift(lines.rows[1], -1)  # type: ignore[attr-defined]
    assert [line["no"] for line in form.value()["lines"]] == [2, 1]
    lines.add()  # type: ignore[attr-defined]
    assert form.value()["lines"][2] == {}
    lines.remove(lines.rows[0])  # type: ignore[attr-defined]
    assert form.value()["lines"] == [{"no": 1, "text": "a"}, {}]


def test_alt_and_arrows_move_an_item_and_keep_the_caret_in_it(qtbot: QtBot) -> None:
    form = made(qtbot)
    target = form.row("tags", 0).editor().target()
    target.setFocus()
    QTest.keyClick(target, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert form.value()["tags"] == ["y", "x"]
    assert form.row("tags", 1).editor().target().hasFocus()


def test_faults_stand_under_their_fields_and_go_with_the_next_key(qtbot: QtBot) -> None:
    form = made(qtbot)
    form.show_faults({("part",): "This part is not known.", ("lines", 1, "text"): "Say more."})
    assert form.row("part").notes.fault_text() == "This part is not known."
    assert form.row("part").editor().target().property("fault") is True
    assert form.row("lines", 1, "text").notes.fault_text() == "Say more."
    typed(form, "part", text="BRG-B")
    assert form.row("part").notes.fault_text() == ""
    form.show_faults({})
    assert form.row("lines", 1, "text").notes.fault_text() == ""


def test_a_path_leads_to_its_field_through_closed_groups(qtbot: QtBot) -> None:
    form = made(qtbot, node_schema("http.request"), {"url": "http://x"})
    form.focus_path(("tool", "approval"))
    assert form.row("tool").is_open()
    form.focus_path(("max_bytes",))
    assert form.row("max_bytes").isVisible()
    assert form.row("max_bytes").editor().target().hasFocus()


def test_the_schema_says_what_is_wrong_in_plain_words(qtbot: QtBot) -> None:
    form = made(qtbot, value={"part": "", "count": 12, "lines": [{"no": "x"}]})
    assert form.faults() == {
        ("part",): "It must not be empty.",
        ("count",): "It must be at most 9.",
        ("lines", 0, "no"): "It must be a whole number.",
    }
    form.set_value({"part": "x"})
    assert form.faults() == {("count",): "This is needed."}


def test_edited_fields_say_what_they_were(qtbot: QtBot) -> None:
    form = made(qtbot)
    form.mark_edited(VALUE)
    assert form.edited_paths() == []
    typed(form, "part", text="BRG-C")
    typed(form, "lines", 0, "text", text="z")
    assert form.edited_paths() == [("part",), ("lines", 0, "text")]
    assert form.row("part").notes.was_text() == 'Was: "BRG-A"'
    assert form.row("lines", 0, "text").notes.was_text() == 'Was: "a"'
    typed(form, "part", text="BRG-A")
    assert form.edited_paths() == [("lines", 0, "text")]
    assert form.row("part").notes.was_text() == ""


def test_a_text_that_is_no_number_says_so_and_changes_nothing(qtbot: QtBot) -> None:
    form = made(qtbot)
    box = form.row("count").editor().box  # type: ignore[attr-defined]
    box.lineEdit().setText("two")
    box.typed.emit()
    assert form.row("count").notes.fault_text() == "This is not a whole number."
    assert form.value()["count"] == 2
    box.lineEdit().setText("12")
    box.typed.emit()
    assert form.row("count").notes.fault_text() == "It must be from 1 to 9."


def test_yaml_that_is_broken_says_where_and_keeps_the_value(qtbot: QtBot) -> None:
    form = made(qtbot, node_schema("form"), {"headline": "Which?", "form": {"type": "object"}})
    typed(form, "form", text="type: [object")
    assert form.value()["form"] == {"type": "object"}
    assert form.row("form").notes.fault_text()
    typed(form, "form", text="type: object\nrequired: [a]")
    assert form.value()["form"] == {"type": "object", "required": ["a"]}


def test_a_name_that_is_there_twice_is_said(qtbot: QtBot) -> None:
    form = made(qtbot, node_schema("data.set"), {"values": {"a": 1}})
    entries = form.row("values").editor()
    entries.add()  # type: ignore[attr-defined]
    entries.entries[1].name.take_text("a")  # type: ignore[attr-defined]
    assert "twice" in form.row("values").notes.fault_text()
    assert form.value() == {"values": {"a": 1}}
    entries.entries[1].name.take_text("b")  # type: ignore[attr-defined]
    assert form.value() == {"values": {"a": 1, "b": ""}}


def test_a_variant_is_chosen_and_the_other_one_is_remembered(qtbot: QtBot) -> None:
    form = made(qtbot, node_schema("sql.query"), {"database": "a.db", "sql": "select 1", "parameters": [1, 2]})
    editor = form.row("parameters").editor()
    editor.choose(1)  # type: ignore[attr-defined]
    assert form.value()["parameters"] == {}
    editor.choose(0)  # type: ignore[attr-defined]
    assert form.value()["parameters"] == [1, 2]


def test_tab_walks_from_field_to_field(qtbot: QtBot) -> None:
    form = made(qtbot)
    form.row("part").editor().target().setFocus()
    for name in ("count", "urgent", "when"):
        QTest.keyClick(form.window().focusWidget(), Qt.Key.Key_Tab)
        row: QWidget = form.row(name)
        assert row.isAncestorOf(form.window().focusWidget()), name


def test_read_only_forms_show_and_change_nothing(qtbot: QtBot) -> None:
    form = made(qtbot)
    form.set_read_only(True)
    target = form.row("part").editor().target()
    target.setFocus()
    QTest.keyClicks(target, "123")
    assert form.value() == VALUE
    assert not any(one.isVisible() and one.text() == "Add" for one in form.findChildren(QAbstractButton))


def test_undo_is_left_to_the_window_where_the_window_owns_the_history(qtbot: QtBot) -> None:
    form = made(qtbot, undo="document")
    changes: list[Any] = []
    form.changed.connect(changes.append)
    target = form.row("part").editor().target()
    target.setFocus()
    QTest.keyClicks(target, "1")
    QTest.keyClick(target, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert [change["part"] for change in changes] == ["BRG-A1"]
    assert form.value()["part"] == "BRG-A1"
