"""Commands and gestures that edit the drawing: each becomes one step of the document."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QApplication

from designer.actions.gesture_edits import edited
from designer.canvas import gestures as g
from designer.document import edits
from designer.document.arrange import How
from designer.document.clipboard import copy_text, read_text
from designer.main_window.drops import Dropped, dropped
from designer.main_window.menus import canvas_menu
from designer.main_window.parts import Parts
from designer.resources import tr
from engine import settings as engine_settings
from engine.errors import Refused
from engine.store import Store
from engine.workflow.model import Workflow

Edit = Callable[[Workflow], Workflow]
HOW: dict[str, How] = {
    "arrange.left": "left",
    "arrange.right": "right",
    "arrange.top": "top",
    "arrange.bottom": "bottom",
    "arrange.centre": "center",
    "arrange.middle": "middle",
}


class Editing:
    """Binds the commands of Edit and Arrange, and takes the canvas's gestures."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._canvas = parts.drawing.canvas
        commands, document = parts.commands, parts.desk.document
        commands.bind("edit.undo", document.undo, enabled=lambda: parts.editable() and document.undo_stack.canUndo())
        commands.bind("edit.redo", document.redo, enabled=lambda: parts.editable() and document.undo_stack.canRedo())
        some = self._some
        commands.bind("edit.cut", self._cut, enabled=some)
        commands.bind("edit.copy", self._copy, enabled=lambda: bool(self._canvas.selected()))
        commands.bind("edit.paste", self.paste, enabled=parts.editable)
        commands.bind("edit.duplicate", self._duplicate, enabled=some)
        commands.bind("edit.delete", lambda: self._delete(heal=False), enabled=some)
        commands.bind("edit.heal", lambda: self._delete(heal=True), enabled=some)
        commands.bind("edit.disable", lambda: self._mode("disabled"), enabled=some)
        commands.bind("edit.bypass", lambda: self._mode("bypassed"), enabled=some)
        commands.bind("edit.rename", self._rename, enabled=lambda: parts.editable() and self._one())
        commands.bind("edit.open", self._open, enabled=self._one)
        commands.bind("edit.all", self._all, enabled=lambda: parts.drawing.isVisible())
        commands.bind("edit.add", lambda: self._canvas.open_quick_add(), enabled=parts.editable)
        commands.bind("edit.workflow", self._workflow_settings, enabled=lambda: parts.desk.is_open)
        commands.bind("arrange.tidy", self._tidy, enabled=parts.editable)
        commands.bind("arrange.frame", self._frame, enabled=some)
        commands.bind("arrange.note", self._note, enabled=parts.editable)
        for name, how in HOW.items():
            commands.bind(name, partial(self._align, how), enabled=self._several)
        commands.bind("arrange.across", partial(self._distribute, "x"), enabled=self._several)
        commands.bind("arrange.down", partial(self._distribute, "y"), enabled=self._several)
        self._canvas.gesture.connect(self.take)

    # ---- gestures
    def take(self, gesture: object) -> None:
        """Do what a gesture asks for; a refused one puts the canvas back."""
        parts = self._parts
        try:
            if isinstance(gesture, g.OpenNode):
                self._open(gesture.key)
            elif isinstance(gesture, g.Menu):
                self._menu(gesture)
            elif isinstance(gesture, g.Refused):
                parts.say(gesture.reason, "warning")
            elif isinstance(gesture, g.Drop):
                self._dropped(dropped(parts.desk.workflow, gesture.urls, gesture.text, gesture.at))
            elif parts.editable():
                found = edited(parts.desk.workflow, gesture)
                if found is not None:
                    parts.desk.document.edit(found.workflow, found.label, found.merge)
                    if found.select is not None:
                        self._canvas.select(found.select)
        except Refused as error:
            parts.refuse(error)
        finally:
            if not parts.showing.looking:
                self._canvas.render(parts.desk.workflow)

    def apply(self, edit: Edit, label: str, merge: str = "") -> bool:
        """One edit of the document; a refusal is shown."""
        if not self._parts.editable():
            return False
        try:
            return self._parts.desk.document.edit(edit(self._parts.desk.workflow), label, merge)
        except Refused as error:
            self._parts.refuse(error)
            return False

    def add_node(self, type_name: str) -> None:
        """Put a node of this type beside the selection, or into the middle of the view."""
        place = self._canvas.mouse_scene_pos()
        self.take(g.AddNode(type_name, (place.x(), place.y())))

    def _menu(self, menu: g.Menu) -> None:
        if menu.key is None and menu.edge is None and not self._parts.showing.looking:
            self._canvas.open_quick_add(menu.place)
            return
        if menu.key is not None and menu.key not in self._canvas.selected():
            self._canvas.select((menu.key,))
        from PySide6.QtCore import QPoint

        shown = canvas_menu(self._parts.commands, menu.key is not None, self._parts.window)
        if menu.edge is not None:
            shown.clear()
            edge = menu.edge
            shown.addAction(
                tr("Remove this connection"),
                lambda: self.apply(lambda workflow: edits.disconnect(workflow, [edge]), tr("Remove connections")),
            )
        shown.aboutToHide.connect(shown.deleteLater)
        shown.popup(QPoint(*menu.at))

    def _dropped(self, found: Dropped) -> None:
        parts = self._parts
        for path in found.open:
            parts.desk.import_path(path)
        if found.workflow is not None and parts.editable():
            parts.desk.document.edit(found.workflow, found.label)
            self._canvas.select(found.keys)
        if found.models:
            self._learn(dict(found.models))

    def _learn(self, models: dict[str, Path]) -> None:
        """Model files become roles of these names."""
        parts, folder = self._parts, self._parts.link.data_dir
        roles = {
            name: engine_settings.RoleSetting.model_validate({"model": str(path)}) for name, path in models.items()
        }

        def write(_store: Store) -> str:
            settings = engine_settings.load(folder)
            engine_settings.save(settings.model_copy(update={"roles": {**settings.roles, **roles}}), folder)
            return ", ".join(roles)

        words = tr("Known as the role {names} when the engine starts next.")
        parts.link.call(write, lambda names: parts.say(words.format(names=names), "accent"), parts.refuse)

    # ---- commands
    def _some(self) -> bool:
        return self._parts.editable() and bool(self._canvas.selected())

    def _one(self) -> bool:
        return len(self._canvas.selected()) == 1

    def _several(self) -> bool:
        return self._parts.editable() and len(self._canvas.selected()) > 1

    def _copy(self) -> None:
        text = copy_text(self._parts.desk.workflow, self._canvas.selected())
        if text:
            QApplication.clipboard().setText(text)

    def _cut(self) -> None:
        self._copy()
        self._delete(heal=False)

    def paste(self) -> None:
        """What the clipboard holds, at the mouse; a sentence when it holds no workflow."""
        place = self._canvas.mouse_scene_pos()
        try:
            piece = read_text(QApplication.clipboard().text())
            after, keys = edits.paste(self._parts.desk.workflow, piece, (place.x(), place.y()))
        except Refused as error:
            self._parts.refuse(error)
            return
        self._parts.desk.document.edit(after, tr("Paste"))
        self._canvas.select(keys)

    def _duplicate(self) -> None:
        after, keys = edits.duplicate(self._parts.desk.workflow, self._canvas.selected())
        self._parts.desk.document.edit(after, tr("Duplicate"))
        self._canvas.select(keys)

    def _delete(self, *, heal: bool) -> None:
        self.take(g.Delete(self._canvas.selected(), heal))

    def _mode(self, mode: str) -> None:
        keys = self._parts.selected_nodes()
        by_key = self._parts.desk.workflow.by_key
        wanted = "on" if all(by_key[key].mode == mode for key in keys) else mode
        self.take(g.SetMode(keys, wanted))  # type: ignore[arg-type]

    def _rename(self) -> None:
        self._canvas.start_rename(self._canvas.selected()[0])

    def _open(self, key: str | None = None) -> None:
        key = key or self._canvas.selected()[0]
        self._canvas.select((key,))
        self._parts.drawing.inspector.show()
        self._parts.drawing.inspector.node.setFocus()

    def _all(self) -> None:
        workflow = self._parts.showing.workflow or self._parts.desk.workflow
        self._canvas.select((*workflow.by_key, *workflow.notes))

    def _workflow_settings(self) -> None:
        self._canvas.select(())
        self._parts.drawing.inspector.show()
        self._parts.drawing.inspector.show_selection(())

    def _tidy(self) -> None:
        chosen = self._canvas.selected()
        keys = chosen if len(chosen) > 1 else None
        sizes = self._canvas.card_sizes()
        if self.apply(lambda workflow: edits.tidy(workflow, sizes, keys), tr("Tidy up")) and keys is None:
            self._canvas.fit()

    def _frame(self) -> None:
        after, key = edits.frame(
            self._parts.desk.workflow, self._canvas.selected(), self._canvas.card_sizes(), tr("Frame")
        )
        self._parts.desk.document.edit(after, tr("Frame the selection"))
        self._canvas.select((key,))

    def _note(self) -> None:
        place = self._canvas.mouse_scene_pos()
        after, key = edits.add_note(self._parts.desk.workflow, (place.x(), place.y()), "")
        self._parts.desk.document.edit(after, tr("Add note"))
        self._canvas.select((key,))
        self._canvas.start_rename(key)

    def _align(self, how: How) -> None:
        keys, sizes = self._canvas.selected(), self._canvas.card_sizes()
        self.apply(lambda workflow: edits.align(workflow, keys, how, sizes), tr("Align"))

    def _distribute(self, axis: str) -> None:
        keys, sizes = self._canvas.selected(), self._canvas.card_sizes()
        self.apply(lambda workflow: edits.distribute(workflow, keys, axis, sizes), tr("Distribute"))  # type: ignore[arg-type]
