"""Models: the roles that workflows ask, the files they stand for, and the memory they take."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMenu, QSplitter, QVBoxLayout, QWidget

from designer.resources import tr
from designer.site.desk import SiteDesk
from designer.site.facts import ModelFile, Models
from designer.site.memory_bar import MemoryBar
from designer.site.models_actions import ModelsActions
from designer.site.models_detail import file_parts, role_parts
from designer.site.models_rows import rows_of
from designer.site.panes import Detail, States
from designer.site.progress import Progress
from designer.site.role_form import RoleForm
from designer.site.rows_list import RowsList
from designer.theme import space
from designer.widgets import EmptyState, button, hline

SUFFIXES = (".gguf", ".onnx")


class ModelsTab(QWidget):
    """`open_workflow` carries the name of a workflow of the library. Files are dropped anywhere on it."""

    open_workflow = Signal(str)
    TOPICS = ("models", "uses")

    def __init__(self, desk: SiteDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.doing = ModelsActions(desk, self)
        self.memory, self.detail = MemoryBar(), Detail()
        self._form: RoleForm | None = None
        self._shown: object = None
        empty = EmptyState(
            "brain", tr("No models yet", "site"), tr("Drop a GGUF or ONNX file here, or choose one.", "site"),
            tr("Add a model file…", "site"),
        )  # fmt: skip
        empty.triggered.connect(self.doing.ask_file)
        self.list = RowsList(tr("Roles and model files", "site"), empty)
        self.list.search.setPlaceholderText(tr("Search roles and files", "site"))
        self.add = button(tr("Add", "site"), "", "plus")
        self._menu = QMenu(self)
        self._fill_menu()
        self.add.setMenu(self._menu)
        self.list.tools.addWidget(self.add)
        self._under_way = QVBoxLayout()
        self._under_way.setContentsMargins(space.L, 0, space.L, space.S)
        self.states = States(self._laid_out(), self.refresh)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.states)
        self.setAcceptDrops(True)
        self.list.chosen.connect(lambda _key: self._show_detail())
        self.doing.busy_changed.connect(self._show_busy)
        desk.told.connect(self._told)
        self._told("models")

    def refresh(self) -> None:
        """Read it all anew."""
        self._desk.read(*self.TOPICS)

    def show_thing(self, name: str) -> None:
        """Select a role or a file."""
        self.list.select(name if ":" in name else f"role:{name}")

    def attention(self) -> int:
        """How many roles cannot be asked."""
        models = self._desk.models
        return sum(bool(role.fault) for role in models.roles) if models is not None else 0

    # ---- files that are dropped
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._dropped(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = self._dropped(event)
        if path is not None:
            event.acceptProposedAction()
            self.doing.ask_add(path)

    def _dropped(self, event: QDropEvent) -> Path | None:
        urls = event.mimeData().urls()
        path = Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
        return path if path is not None and (path.suffix.lower() in SUFFIXES or path.is_dir()) else None

    # ---- inside
    def _fill_menu(self) -> None:
        for text, call in (
            (tr("Model file…", "site"), self.doing.ask_file),
            (tr("Folder…", "site"), self.doing.ask_folder),
            (tr("From another drive…", "site"), self.doing.find),
            (tr("Download…", "site"), self.doing.ask_download),
        ):
            self._menu.addAction(text).triggered.connect(lambda _=False, call=call: call())

    def _laid_out(self) -> QWidget:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.list, 1)
        column.addLayout(self._under_way)
        split = QSplitter()
        split.addWidget(left)
        split.addWidget(self.detail)
        split.setChildrenCollapsible(False)
        split.setStretchFactor(1, 1)
        split.setSizes([560, 760])
        left.setMinimumWidth(380)
        self.detail.setMinimumWidth(360)
        content = QWidget()
        rows = QVBoxLayout(content)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.memory)
        rows.addWidget(hline())
        rows.addWidget(split, 1)
        return content

    def _told(self, topic: str) -> None:
        if topic not in self.TOPICS:
            return
        models = self._desk.models
        self.states.tell(models is not None, self._desk.faults.get("models", ""))
        if models is not None:
            self.memory.show_models(models)
            self.list.show_rows(rows_of(models))
            self._show_detail()

    def _show_busy(self) -> None:
        while self._under_way.count():
            item = self._under_way.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        call = self.doing.calls.get("add")
        if call is not None:
            self._under_way.addWidget(Progress(tr("Adding a model …", "site")).follow(call))
        self._show_detail()

    def _show_detail(self) -> None:
        models, key = self._desk.models, self.list.current()
        kind, _, name = key.partition(":")
        role = next((one for one in models.roles if one.name == name), None) if models and kind == "role" else None
        file = next((one for one in models.files if one.name == name), None) if models and kind == "file" else None
        uses = self._desk.uses
        setting = uses.settings.get(name) if role is not None and uses is not None else None
        used = uses.roles.get(name, ()) if uses is not None else ()
        shown = (key, role, file, setting, used, key in self.doing.calls)
        editing = self._form is not None and self._form.edited and self._same(key) and setting == self._form_setting
        if shown == self._shown or editing:
            return
        self._shown = shown
        self._form = None
        if models is None or (role is None and file is None):
            self.detail.show_parts("", [EmptyState("brain", tr("Nothing is chosen", "site"))])
        elif role is not None:
            if setting is not None:
                others = [one.name for one in models.roles if one.name != name]
                self._form = RoleForm(setting, others, [one.name for one in models.files if one.kind == "lora"])
                self._form.kept.connect(lambda changes: self.doing.keep(name, changes))
                self._form_setting = setting
            parts = role_parts(role, models, uses, self.doing, self._form, self.show_thing, self.open_workflow.emit)
            self.detail.show_parts(key, parts)
        elif file is not None:
            self.detail.show_parts(key, file_parts(file, self.doing, self.show_thing, self._ask_role))

    _form_setting: object = None

    def _same(self, key: str) -> bool:
        return isinstance(self._shown, tuple) and self._shown[0] == key

    def _ask_role(self, file: ModelFile) -> None:
        """A menu of the roles that a file may stand for."""
        models: Models | None = self._desk.models
        menu = QMenu(self)
        for role in models.roles if models is not None else ():
            chosen = menu.addAction(f"{role.name}  ({role.model})")
            chosen.triggered.connect(lambda _=False, role=role.name: self.doing.swap(role, file.name))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.cursor().pos())
