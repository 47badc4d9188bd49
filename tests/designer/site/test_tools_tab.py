"""Tools on the page of this PC: the table, what is told of one, and approving a server's words in the window."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot
from site_kit import Desk, words

from designer.site.approval import ApprovalSheet, Chosen
from designer.site.facts import servers_of, tools_of
from designer.site.schema_table import type_words
from designer.site.server_sheet import ServerSheet
from designer.site.tools_model import Group, ToolsModel, groups_of
from engine.errors import Refused
from tests.designer.support import site_facts

Open = Callable[..., Desk]


def test_tools_stand_in_groups_and_a_server_without_tools_stands_there_too() -> None:
    groups = groups_of(tools_of(site_facts.tools()), servers_of(site_facts.servers()))
    assert [(group.key, len(group.tools)) for group in groups] == [
        ("built-in", 5), ("device", 4), ("server:mes", 1), ("server:share", 3), ("server:tickets", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"),
    [("irreversible", ["modbus.write"]), ("blocked", ["share/delete_file", "share/read_file"]), ("zzz", [])],
)
def test_tools_are_found_by_what_is_said_of_them(query: str, expected: list[str]) -> None:
    groups = groups_of(tools_of(site_facts.tools()), servers_of(site_facts.servers()), query)
    assert sorted(tool.name for group in groups for tool in group.tools) == expected


def test_the_table_is_a_sound_model(qtbot: QtBot) -> None:
    model = ToolsModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    tools, servers = tools_of(site_facts.tools()), servers_of(site_facts.servers())
    for query in ("", "read", "", "zzz", ""):
        model.show(groups_of(tools, servers, query))
    place = model.place_of("share/read_file")
    assert place.data() == "read_file" and place.parent().data().startswith("share")


def test_two_hundred_tools_are_shown_without_holding_up_the_window(site: Open) -> None:
    many = [site_facts.tool(f"a-rather-long-name-of-a-tool-{n}", kind="mcp", server="share") for n in range(200)]
    desk = site(tools_list=many)
    page = desk.show("tools")
    started = time.perf_counter()
    page.tools._show()
    page.tools.search.setText("tool-19")
    page.tools.view.viewport().repaint()
    took = time.perf_counter() - started
    shown = sum(len(group.tools) for group in page.tools.model.groups)
    assert shown == 11 and took < 1.0, f"{took:.2f} s"


def test_a_tool_says_what_it_takes_and_what_of_it_chooses(site: Open) -> None:
    desk = site()
    page = desk.show("tools", "http.request")
    said = words(page.tools.detail)
    for part in ("http:// or https://", "The hosts that this PC's settings allow.", "nobody repeats it", "The web"):
        assert part.lower() in said.lower(), part
    chips = [one.text() for one in page.tools.detail.findChildren(type(desk.page)) if hasattr(one, "text")]
    assert chips == []
    names = [
        one.accessibleName()
        for one in page.tools.detail.widget().findChildren(object)
        if hasattr(one, "accessibleName")
    ]
    assert names.count("chooses") == 3 and "Medium risk" in names


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, "text"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "whole number"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "list of a | b"),
        ({"$ref": "#/$defs/nothing"}, "anything"),
        ({}, "anything"),
        ({"type": ["string", "null"]}, "text"),
    ],
)
def test_types_are_said_in_words(schema: dict[str, object], expected: str) -> None:
    assert type_words(schema) == expected


def test_a_schema_that_points_at_itself_ends() -> None:
    assert type_words({"$ref": "#/$defs/a"}, {"$defs": {"a": {"$ref": "#/$defs/a"}}}) == "object"


def test_checking_asks_one_tool_or_all_of_them(site: Open) -> None:
    desk = site()
    page = desk.show("tools", "modbus.read")
    desk.control.held = []
    desk.press("Check now", page.tools.detail)
    desk.press("Check all")
    assert desk.changes() == [("tools", "check", "modbus.read", "--json"), ("tools", "check", "--json")]
    assert not desk.button("Checking", page.tools.detail).isEnabled()
    for answer in desk.control.held:
        answer()
    desk.until(lambda: desk.button("Check all").isEnabled())


def test_a_changed_tool_is_blocked_and_shown_with_what_changed(site: Open) -> None:
    desk = site()
    page = desk.show("tools", "share/read_file")
    said = words(page.tools.detail)
    assert "Since it was approved" in said and "What changed since it was approved" in said
    assert page.tools.attention() == 1
    desk.press("Look and decide…", page.tools.detail)
    assert page.tools._current == "server:share"


def test_a_server_that_nobody_approved_is_started_only_after_its_whole_command_was_shown(site: Open) -> None:
    desk = site()
    page = desk.show("tools", "server:tickets")
    desk.press("Look at its tools…", page.tools.detail)
    sheet = desk.sheet()
    assert "C:\\Program Files\\tickets\\mcp.exe" in sheet.words.text() and desk.control.changes() == []
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert desk.control.changes() == []
    desk.press("Look at its tools…", page.tools.detail)
    desk.press("Start and look", desk.sheet())
    assert desk.changes() == [("mcp", "inspect", "tickets", "--yes", "--json")]


def opened(desk: Desk) -> ApprovalSheet:
    page = desk.show("tools", "server:share")
    desk.press("Look at its tools…", page.tools.detail)
    desk.until(lambda: isinstance(desk.sheet(), ApprovalSheet))
    sheet = desk.sheet()
    assert isinstance(sheet, ApprovalSheet)
    return sheet


def test_only_what_is_as_approved_is_ticked_and_what_changed_is_shown_first(site: Open) -> None:
    sheet = opened(site())
    assert [one.name for one in sheet.chosen()] == ["list_folder"]
    assert sheet.list.currentItem().text() == "read_file"
    said = words(sheet.detail)
    assert "It is blocked until you approve it as it is now." in said and "Description" in said


def test_words_of_a_server_are_inert_and_nothing_in_them_hides(site: Open) -> None:
    sheet = opened(site())
    sheet.list.setCurrentRow(2)
    said = words(sheet.detail)
    assert "⟨202E⟩" in said and "\u202e" not in said
    assert "readOnlyHint: True" in said and "Nobody has checked these." in said


def test_exactly_what_was_shown_is_approved(site: Open) -> None:
    desk = site()
    sheet = opened(desk)
    sheet.tick(True, "read_file")
    sheet.effects["list_folder"] = "pure"
    assert sheet.chosen() == [
        Chosen("list_folder", "a" * 64, "pure"), Chosen("read_file", "b" * 64, "at_most_once"),
    ]  # fmt: skip
    desk.press("Approve 2 tools", sheet)
    (inspect, approve) = desk.changes()
    assert inspect[1] == "inspect"
    assert approve == (
        "mcp", "approve", "share", "--yes", "--json", "--shown", site_facts.SHA,
        "--shown", "a" * 64, "--tool", "list_folder", "--read-only", "list_folder",
        "--shown", "b" * 64, "--tool", "read_file", "--at-most-once", "read_file",
    )  # fmt: skip


def test_a_tool_and_a_server_are_blocked_after_the_consequence_was_said(site: Open) -> None:
    desk = site()
    page = desk.show("tools", "share/list_folder")
    desk.press("Block…", page.tools.detail)
    assert "Steps that call it fail from now on" in desk.sheet().words.text()
    desk.press("Block", desk.sheet())
    assert desk.changes() == [("mcp", "block", "share", "list_folder", "--json")]


@pytest.mark.parametrize(
    ("name", "way", "value", "fault"),
    [
        ("", "program", {"command": ["x"]}, "lower-case"),
        ("Files", "program", {"command": ["x"]}, "lower-case"),
        ("share", "program", {"command": ["x"]}, "already"),
        ("files", "program", {"command": [""]}, "Which program"),
        ("files", "address", {"url": "ftp://x"}, "https://"),
    ],
)
def test_a_server_that_cannot_be_is_refused_in_place(
    site: Open, name: str, way: str, value: dict[str, object], fault: str
) -> None:
    desk = site()
    page = desk.show("tools")
    page.tools.doing.ask_add()
    sheet = desk.sheet()
    assert isinstance(sheet, ServerSheet)
    sheet.name.setText(name)
    sheet.way.choose(way)
    sheet.forms[way].set_value(value)
    sheet.yes.click()
    assert fault in sheet.say.text() and sheet.isVisible() and desk.control.changes() == []


def test_a_server_is_noted_argument_by_argument(site: Open) -> None:
    desk = site()
    page = desk.show("tools")
    page.tools.doing.ask_add()
    sheet = desk.sheet()
    assert isinstance(sheet, ServerSheet)
    sheet.name.setText("files")
    sheet.forms["program"].set_value({"command": ["/bin/mcp", "--root", "/srv/a b"], "env": {"KEY": "secret://k"}})
    sheet._done()
    assert desk.changes() == [
        ("mcp", "add", "files", "--env", "KEY=secret://k", "--json", "--", "/bin/mcp", "--root", "/srv/a b")
    ]


def test_a_refusal_is_said_in_the_programs_own_sentence(site: Open) -> None:
    desk = site(mcp_inspect=Refused("The program ended before it said what it offers."))
    page = desk.show("tools", "server:share")
    desk.press("Look at its tools…", page.tools.detail)
    desk.until(lambda: desk.refused == ["The program ended before it said what it offers."])
    assert desk.button("Look at its tools…", page.tools.detail).isEnabled()


def test_keys_move_through_the_table_and_every_cell_has_a_name(site: Open) -> None:
    desk = site()
    page = desk.show("tools", "command.run")
    page.tools.view.setFocus()
    QTest.keyClick(page.tools.view, Qt.Key.Key_Down)
    assert page.tools._current == "file.read"
    index = page.tools.view.currentIndex().siblingAtColumn(3)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "Risk: Low"
    head = page.tools.model.index(0, 0)
    assert isinstance(head.data(Qt.ItemDataRole.UserRole), Group)
