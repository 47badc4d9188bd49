"""Versions, workflow files, the clipboard and drops: what comes in is what goes out, and bad files change nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from program import CTRL, SHIFT, Program
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QInputDialog

from designer.document.clipboard import read_text
from designer.main_window.versions_dialog import VersionsDialog
from engine.settings import load
from engine.workflow.file import MAX_BYTES
from engine.workflow.model import Workflow
from tests.designer.support.stories import workflow

TWO = workflow(
    ("words", "data.template", {"text": "Hello"}),
    ("keep", "file.write", {"path": "words.txt", "content": "{{ input.input }}"}),
    edges="words.output -> keep.input",
    name="two-nodes",
)
FOREIGN = """\
format: 1
name: from-elsewhere
title: From elsewhere
nodes:
  words:
    type: data.template
    params: {text: before, tone: {of: voice, how: [loud, 3]}}
  robot:
    type: acme.robot
    title: Robot
    params:
      arm: left
      program: |
        move 1
        grip
edges:
  - words.output -> robot.cargo
layout:
  words: [0, 0]
  robot: [320, 40]
"""


def _save_named(program: Program, name: str) -> None:
    program.window.drawing.canvas.setFocus()
    program.key(Qt.Key.Key_S, CTRL | SHIFT)
    program.until(lambda: any(one.isActiveWindow() for one in program.window.findChildren(QInputDialog)))
    program.type(name)
    program.key(Qt.Key.Key_Return)
    program.until(lambda: not program.window.desk.changed_since_version)


def test_versions_are_named_compared_and_restored(start: Callable[[], Program]) -> None:
    program = start()
    window = program.window
    program.given(TWO)
    first = program.workflow
    _save_named(program, "As it began")
    window.drawing.canvas.select(("words",))
    program.write("Good day", "text")
    second = program.workflow
    _save_named(program, "More polite")
    with program.store() as store:
        versions = store.library.versions(TWO.name)
        assert [version.label for version in versions] == ["More polite", "As it began"]
        assert [store.library.open(version.id) for version in versions] == [second, first]

    window.drawing.canvas.setFocus()
    program.key(Qt.Key.Key_H, CTRL)
    dialog = program.dialog
    assert isinstance(dialog, VersionsDialog)
    program.until(lambda: dialog.list.count() == 2, "the versions are not listed")
    dialog.list.setFocus()
    program.key(Qt.Key.Key_End)
    program.until(lambda: dialog.changes.topLevelItemCount() == 1, "nothing is compared")
    group = dialog.changes.topLevelItem(0)
    assert group is not None and "Good day" in group.child(0).text(0), group.child(0).text(0)
    program.press("Restore this version", dialog)
    program.until(lambda: program.workflow == first, "it was not restored")
    program.kept()
    assert program.draft() == first
    window.drawing.canvas.setFocus()
    program.key(Qt.Key.Key_Z, CTRL)
    assert program.workflow == second
    program.kept()
    assert program.draft() == second
    program.stop()


def test_what_is_unknown_survives_open_edit_save_and_export(start: Callable[[], Program], tmp_path: Path) -> None:
    program = start()
    file, out = tmp_path / "elsewhere.workflow.yaml", tmp_path / "out.workflow.yaml"
    file.write_text(FOREIGN, "utf-8")
    program.opened(file)
    assert program.window.drawing.canvas.drawing.cards.keys() == {"words", "robot"}
    program.window.drawing.canvas.select(("words",))
    program.write("after", "text")
    program.window.drawing.canvas.setFocus()
    program.key(Qt.Key.Key_S, CTRL)
    program.until(lambda: not program.window.desk.changed_since_version)
    program.window.filing.export(out)
    assert out.read_text("utf-8") == FOREIGN.replace("before", "after")
    assert file.read_text("utf-8") == FOREIGN
    program.stop()


def test_a_file_that_is_no_workflow_gets_a_sentence_and_changes_nothing(
    start: Callable[[], Program], tmp_path: Path
) -> None:
    program = start()
    program.given(TWO)
    drawn = program.workflow
    with program.store() as store:
        drafts = store.drafts.list()
    bad = {
        "corrupt": b"format: 1\nnodes: {a: [",
        "empty": b"",
        "foreign": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        "other": b"services:\n  web: {image: nginx}\n",
        "huge": b"# " + b"x" * MAX_BYTES,
    }
    for name, data in bad.items():
        file = tmp_path / f"{name}.workflow.yaml"
        file.write_bytes(data)
        _drop(program, file)
        program.says(file.name)
        said = [line for line in program.said().splitlines() if file.name in line]
        assert len(said) == 1 and "Traceback" not in program.said(), said
        assert program.workflow is drawn and file.read_bytes() == data
    program.kept()
    with program.store() as store:
        assert store.drafts.list() == drafts
    program.stop()


def test_nodes_are_copied_as_text_from_one_workflow_into_another(start: Callable[[], Program]) -> None:
    program = start()
    window = program.window
    program.given(TWO)
    window.drawing.canvas.setFocus()
    program.key(Qt.Key.Key_A, CTRL)
    program.key(Qt.Key.Key_C, CTRL)
    text = QApplication.clipboard().text()
    assert "type: data.template" in text and len(read_text(text).nodes) == 2
    before = window.desk.draft.id
    program.key(Qt.Key.Key_N, CTRL)
    program.until(lambda: window.desk.draft.id != before and window.drawing.isVisible())
    window.drawing.canvas.setFocus()
    program.key(Qt.Key.Key_V, CTRL)
    assert [(node.key, node.type, node.params) for node in program.workflow.nodes] == [
        (node.key, node.type, node.params) for node in TWO.nodes
    ]
    assert program.workflow.edges == TWO.edges
    program.kept()
    assert program.draft() == program.workflow
    program.stop()


def _drop(program: Program, *paths: Path) -> None:
    """Drop files from elsewhere onto the middle of the canvas."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    at, left = program.canvas.rect().center(), Qt.MouseButton.LeftButton
    copy, plain = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    program.app.sendEvent(program.canvas, QDragEnterEvent(at, copy, mime, left, plain))
    program.app.sendEvent(program.canvas, QDropEvent(QPointF(at), copy, mime, left, plain))
    program.settle()


def test_a_dropped_file_becomes_the_right_thing(start: Callable[[], Program], tmp_path: Path) -> None:
    program = start()
    window = program.window
    program.given(TWO)
    made: dict[str, tuple[str, object]] = {}
    for name in ("alarms.csv", "photo.png", "Llama 3.gguf", "scorer-2.onnx"):
        path = tmp_path / name
        path.write_bytes(b"a,b\n1,2\n")
        before: Workflow = program.workflow
        _drop(program, path)
        new = [node for node in program.workflow.nodes if node.key not in before.by_key]
        assert len(new) == 1 and window.drawing.canvas.selected() == (new[0].key,)
        params = new[0].params
        made[name] = (new[0].type, params.get("parse") or params.get("model") or params.get("role"))
    assert made == {
        "alarms.csv": ("file.read", "csv"),
        "photo.png": ("file.read", "binary"),
        "Llama 3.gguf": ("agent", "llama-3"),
        "scorer-2.onnx": ("onnx.run", "scorer-2"),
    }
    roles = load(program.data_dir).roles
    assert roles["llama-3"].model == str(tmp_path / "Llama 3.gguf") and roles["scorer-2"].kind == "onnx"
    drawn = program.workflow
    (tmp_path / "folder").mkdir()
    _drop(program, tmp_path / "folder")
    program.says("folder")
    assert program.workflow is drawn
    for _ in range(4):
        window.drawing.canvas.setFocus()
        program.key(Qt.Key.Key_Z, CTRL)
    assert program.workflow.nodes == TWO.nodes

    file, draft = tmp_path / "elsewhere.workflow.yaml", window.desk.draft.id
    file.write_text(FOREIGN, "utf-8")
    _drop(program, file)
    program.until(lambda: window.desk.draft.id != draft and program.workflow.name == "from-elsewhere")
    program.stop()
