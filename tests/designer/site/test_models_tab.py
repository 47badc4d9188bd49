"""Models on the page of this PC: what is told of roles and files, and which commands a person's hands become."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot
from site_kit import Desk, words

from designer.site.facts import models_of
from designer.site.memory_bar import shares
from designer.site.model_dialogs import AddSheet, DownloadSheet, SwapSheet
from designer.site.models_rows import rows_of
from designer.site.role_fields import changed, schema_of, values_of
from designer.site.role_options import role_options
from designer.site.rows import ROW, RowsModel, found
from engine.errors import Refused
from engine.settings import RoleSetting
from tests.designer.support import site_facts

Open = Callable[..., Desk]


def test_every_role_and_file_is_a_row_under_its_head() -> None:
    rows = rows_of(models_of(site_facts.models()))
    heads = [(row.title, row.right) for row in rows if not row.key]
    assert heads == [("Roles", "12"), ("Model files", "7")]
    planner = next(row for row in rows if row.key == "role:planner")
    assert planner.chain == ("planner", "small", "cloud") and "tokens/s" in planner.right and "8K" in planner.below
    writer = next(row for row in rows if row.key == "role:writer")
    assert writer.tone == "danger" and "There is no file" in writer.note


def test_facts_with_holes_are_no_fault() -> None:
    for value in (None, [], {}, {"roles": [None, {}], "files": "x", "memory": 3, "hub": None}, "text", 7):
        assert models_of(value).budget == 0


def test_a_file_that_two_roles_share_counts_once_in_memory() -> None:
    parts = shares(models_of(site_facts.models()))
    names = [name for name, _, _ in parts]
    assert names.count("gemma-3-1b-it-Q4_K_M.gguf") == 1 and parts[0][0].startswith("Qwen3")
    assert {name for name, _, loaded in parts if loaded} == {"small.gguf", "gemma-3-1b-it-Q4_K_M.gguf"}


def test_search_keeps_heads_only_where_something_is_under_them() -> None:
    rows = rows_of(models_of(site_facts.models()))
    assert [row.title for row in found(rows, "defect")] == [
        "Roles",
        "vision",
        "Model files",
        "defect-detector-line-4.onnx",
    ]
    assert found(rows, "nothing has these words") == []


def test_the_list_is_a_sound_model(qtbot: QtBot) -> None:
    model = RowsModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    rows = rows_of(models_of(site_facts.models()))
    for shown in (rows, found(rows, "small"), [], rows):
        model.show(shown)
    assert not model.flags(model.index(0)) & Qt.ItemFlag.ItemIsSelectable
    assert model.index_of("role:cloud").data(ROW).title == "cloud"


def test_a_broken_role_says_why_and_offers_what_mends_it(site: Open) -> None:
    desk = site()
    page = desk.show("models", "writer")
    assert "There is no file qwen2.5" in words(page.models.detail)
    desk.press("Choose a model…", page.models.detail)
    assert isinstance(desk.sheet(), SwapSheet)
    assert page.tabs.accessibleName().startswith("Models  1"), "the part says that one needs somebody"


def test_a_model_is_swapped_by_choosing_a_file(site: Open) -> None:
    desk = site()
    page = desk.show("models", "planner")
    desk.press("Swap model…", page.models.detail)
    sheet = desk.sheet()
    assert isinstance(sheet, SwapSheet) and not sheet.yes.isEnabled(), "what is in use already cannot be chosen"
    sheet.list.search.setText("gemma")
    desk.until(lambda: sheet.list.current() == "gemma-3-1b-it-Q4_K_M.gguf")
    desk.press("Use this model", sheet)
    assert desk.changes() == [("models", "role", "planner", "gemma-3-1b-it-Q4_K_M.gguf", "--json")]
    desk.until(lambda: desk.said == ["planner means gemma-3-1b-it-Q4_K_M.gguf from now on."])


def test_only_what_was_changed_in_the_form_is_set() -> None:
    setting = RoleSetting(model="a.gguf", kind="gguf", n_ctx=4096, fallback=("b",))
    schema = schema_of(setting, ["b", "c"], [])
    before = values_of(setting, schema)
    after = {**before, "n_ctx": 8192, "fallback": ["c", "b"]}
    assert changed(before, after) == {"n_ctx": 8192, "fallback": ["c", "b"]}
    assert role_options(changed(before, after)) == ["--set", "n_ctx=8192", "--set", 'fallback=["c", "b"]']
    assert "lora" not in schema["properties"], "there is no adapter to choose"


@pytest.mark.parametrize("kind", ["gguf", "onnx", "remote"])
def test_every_field_of_the_form_is_a_setting_of_a_role(kind: str) -> None:
    more = {"url": "https://llm.plant.lan/v1"} if kind == "remote" else {}
    setting = RoleSetting(model=f"a.{kind}", kind=kind, **more)  # type: ignore[arg-type]
    schema = schema_of(setting, ["b"], ["x.gguf"])
    assert set(schema["properties"]) <= set(RoleSetting.model_fields)
    assert all(one["title"] for one in schema["properties"].values())


def test_what_is_typed_stays_while_new_facts_come(site: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = site()
    page = desk.show("models", "planner")
    assert page.desk.uses is not None
    setting = RoleSetting(model="Qwen3-4B-Instruct-2507-Q4_K_M.gguf", kind="gguf", n_ctx=8192)
    page.desk._take("uses", type(page.desk.uses)({}, {}, {"planner": setting}))
    form = page.models._form
    assert form is not None
    form.form.set_value({**form.form.value(), "n_ctx": 4096})
    form._tell()
    page.desk.read("models")
    desk.until(lambda: page.desk.resting)
    assert page.models._form is form and form.edited and form.bar.isVisibleTo(page)
    form._keep()
    assert desk.changes() == [("models", "role", "planner", "--set", "n_ctx=4096", "--json")]


def test_a_dropped_file_is_added_with_its_licence_and_role(site: Open, tmp_path: Path) -> None:
    desk = site()
    page = desk.show("models")
    file = tmp_path / "new model.gguf"
    file.touch()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    event = QDropEvent(
        QPointF(50, 50), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    page.models.dropEvent(event)
    sheet = desk.sheet()
    assert isinstance(sheet, AddSheet)
    sheet.role.setEditText("helper")
    sheet.license.setText("MIT")
    sheet.copy.setChecked(False)
    desk.press("Add", sheet)
    assert desk.changes()[0] == (
        "models", "add", str(file), "--link", "--role", "helper", "--license", "MIT", "--json", "--progress",
    )  # fmt: skip


def test_a_file_in_use_is_removed_only_after_its_consequence_is_said(site: Open) -> None:
    desk = site()
    page = desk.show("models", "file:gemma-3-1b-it-Q4_K_M.gguf")
    desk.press("Remove…", page.models.detail)
    sheet = desk.sheet()
    assert "reader, night" in sheet.words.text() and not sheet.yes.isDefault()
    assert desk.control.changes() == []
    desk.press("Remove", sheet)
    assert desk.changes() == [("models", "remove", "gemma-3-1b-it-Q4_K_M.gguf", "--force", "--json")]


def test_what_came_with_the_program_cannot_be_removed(site: Open) -> None:
    desk = site()
    page = desk.show("models", "file:small.gguf")
    assert not desk.button("Remove…", page.models.detail).isEnabled()


def test_a_measurement_is_shown_while_it_runs_and_can_be_cancelled(site: Open) -> None:
    desk = site()
    page = desk.show("models", "reader")
    desk.control.held = []
    desk.press("Measure on this PC", page.models.detail)
    assert desk.changes() == [("models", "measure", "--role", "reader", "--json", "--progress")]
    call = page.models.doing.calls["role:reader"]
    call.progressed.emit(0.5, "reading 256 tokens")
    assert "reading 256 tokens" in words(page.models.detail)
    assert not desk.button("Measure on this PC", page.models.detail).isEnabled()
    desk.control.held[0]()
    assert page.models.doing.calls == {}


def test_a_hub_that_is_off_says_how_it_is_turned_on(site: Open) -> None:
    desk = site()
    page = desk.show("models")
    page.models.doing.ask_download()
    sheet = desk.sheet()
    assert isinstance(sheet, DownloadSheet)
    assert "models hub on" in sheet.words.text() and not sheet.yes.isEnabled() and not sheet.name.isEnabled()


def test_a_hub_that_is_on_downloads_with_a_checksum(site: Open) -> None:
    facts = site_facts.models()
    facts["hub"]["enabled"] = True
    desk = site(models_list=facts)
    page = desk.show("models")
    page.models.doing.ask_download()
    sheet = desk.sheet()
    assert isinstance(sheet, DownloadSheet)
    sheet.name.setText("owner/name")
    sheet.sha.setText("ab" * 32)
    desk.press("Download", sheet)
    assert desk.changes() == [("models", "download", "owner/name", "--sha256", "ab" * 32, "--json", "--progress")]


def test_what_cannot_be_read_is_said_with_a_way_to_try_again(site: Open) -> None:
    desk = site(models_list=Refused("The settings cannot be read."))
    page = desk.show("models")
    assert page.models.states.currentWidget() is page.models.states.trouble
    assert "The settings cannot be read." in words(page.models.states.trouble)
    desk.control.answers["models list"] = site_facts.models()
    desk.press("Try again", page.models.states.trouble)
    desk.until(lambda: page.models.states.currentWidget() is page.models.states.content)


def test_a_pc_without_models_says_what_to_do(site: Open) -> None:
    desk = site(models_list={"roles": [], "files": [], "memory": {}, "hub": {}})
    page = desk.show("models")
    assert page.models.list.stack.currentWidget() is page.models.list.empty
    assert "Drop a GGUF or ONNX file here" in words(page.models.list.empty)


def test_notes_of_the_program_are_passed_on(site: Open) -> None:
    desk = site(models_role={"notes": ["Its adapters were made for the model before, and are taken off."]})
    page = desk.show("models")
    page.models.doing.swap("reader", "small.gguf")
    desk.until(lambda: "adapters were made for the model before" in " ".join(desk.said))
