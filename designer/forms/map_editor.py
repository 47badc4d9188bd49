"""Names with values: two columns, any names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from designer.forms.editor import Editor, Sharing
from designer.forms.fits import first_value
from designer.forms.row import Row
from designer.forms.spec import SCALARS, Spec
from designer.forms.text_box import TextBox
from designer.forms.values import ABSENT, Path, at
from designer.resources import tr
from designer.theme import space
from designer.widgets import IconButton, button, label


class Entry(QWidget):
    """One name and its value."""

    edited = Signal()
    removed = Signal(object)

    def __init__(self, spec: Spec, sharing: Sharing, name: str, value: Any, parent: QWidget) -> None:
        super().__init__(parent)
        self.name = TextBox(self, document_undo=sharing.document_undo)
        self.name.setPlaceholderText(tr("Name", "forms"))
        self.name.setAccessibleName(tr("Name", "forms"))
        self.name.set_text(name)
        self._given: str | None = name
        self.name.typed.connect(self._named)
        self.name.left.connect(sharing.flush)
        self.name.undo_wanted.connect(sharing.flush)
        remove = IconButton("x", tr("Remove", "forms"))
        remove.setFixedSize(22, 22)
        remove.setIconSize(QSize(14, 14))
        remove.clicked.connect(lambda: self.removed.emit(self))
        self.row = Row(spec, sharing, required=True, bare=True, tools=[remove], parent=self)
        self.row.set_value(value)
        self.row.edited.connect(self.edited)
        if spec.templates or spec.kind not in SCALARS:  # long texts and groups need the whole width
            head = QHBoxLayout()
            head.setSpacing(space.XS)
            head.addWidget(self.name, 1)
            self.row.head.give_tools(head)
            box = QVBoxLayout(self)
            box.setContentsMargins(0, 0, 0, space.XS)
            box.setSpacing(2)
            box.addLayout(head)
            box.addWidget(self.row)
            return
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(space.XS)
        line.addWidget(self.name, 2, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.row, 3, Qt.AlignmentFlag.AlignTop)

    def key(self) -> str:
        """The name: as it was given, until somebody types another one."""
        return self.name.text() if self._given is None else self._given

    def _named(self) -> None:
        self._given = None
        self.edited.emit()


class MapEditor(Editor):
    """Entries in the order of the value; an empty or doubled name is said, and its entry not written."""

    def __init__(self, spec: Spec, sharing: Sharing, parent: QWidget | None = None) -> None:
        super().__init__(spec, sharing, parent)
        self._given: Any = ABSENT
        self.entries: list[Entry] = []
        self._box = QVBoxLayout()
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(space.XS)
        self._fault = label("", "danger")
        self._fault.setWordWrap(True)
        self._fault.hide()
        self.add_button = button(tr("Add", "forms"), "quiet", "plus", self)
        self.add_button.clicked.connect(self.add)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(space.XS)
        whole.addLayout(self._box)
        whole.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignLeft)

    def value(self) -> Any:
        found: dict[str, Any] = {}
        for entry in self.entries:
            name = entry.key()
            if name not in found and (name or self._was_given(name)):
                value = entry.row.value()
                found[name] = value if value is not ABSENT else {}
        if found:
            return found
        if isinstance(self._given, Mapping) and self._given and self.empty is ABSENT:
            return ABSENT
        return {} if isinstance(self._given, Mapping) else self._given

    def set_value(self, value: Any) -> None:
        items = dict(value) if isinstance(value, Mapping) else {}
        self._given = value
        shown = [entry.key() for entry in self.entries]
        if shown != list(items):
            if self._typing():
                return
            for entry in list(self.entries):
                self._drop(entry)
            for name, one in items.items():
                self._append(name, one)
        for entry in self.entries:
            entry.row.set_value(items[entry.key()])

    def add(self) -> None:
        """Add an entry and put the caret into its name."""
        self._append("", first_value(self._entry_spec()))
        self.entries[-1].name.setFocus()

    def count(self) -> str:
        return str(len(self.entries)) if self.entries else ""

    def fault(self) -> str:
        names = [entry.key() for entry in self.entries]
        for nth, name in enumerate(names):
            if name in names[:nth]:
                return tr("The name {name} is there twice; the second one is not kept.", "forms").format(
                    name=repr(name)
                )
            if not name and not self._was_given(name) and self.entries[nth].row.value() not in ("", ABSENT, {}, []):
                return tr("Give it a name; until then it is not kept.", "forms")
        return ""

    def rows_below(self) -> dict[str | int, Any]:
        return {entry.key(): entry.row for entry in self.entries}

    def set_read_only(self, read_only: bool) -> None:
        self.add_button.setVisible(not read_only)
        for entry in self.entries:
            entry.name.setReadOnly(read_only)
            entry.row.set_read_only(read_only)

    def target(self) -> QWidget:
        return self.entries[0].name if self.entries else self.add_button

    def show_faults(self, faults: Mapping[Path, str]) -> list[Path]:
        taken: list[Path] = []
        for entry in self.entries:
            name = entry.key()
            entry.row.show_faults({path[1:]: text for path, text in faults.items() if path[0] == name})
            taken += [path for path in faults if path[0] == name]
        return taken

    def focus_path(self, path: Path) -> bool:
        found = next((entry for entry in self.entries if path and entry.key() == path[0]), None)
        if found is None:
            self.target().setFocus()
            return not path
        return found.row.focus_path(path[1:])

    def mark(self, original: Any) -> bool:
        if not isinstance(original, Mapping) or set(original) - {entry.key() for entry in self.entries}:
            return False
        for entry in self.entries:
            entry.row.mark(at(original, (entry.key(),)))
        return True

    def _entry_spec(self) -> Spec:
        return self.spec.entry or self.spec.below(True, "")

    def _was_given(self, name: str) -> bool:
        return isinstance(self._given, Mapping) and name in self._given

    def _typing(self) -> bool:
        return self.sharing.pending and any(entry.name.hasFocus() for entry in self.entries)

    def _append(self, name: str, value: Any) -> None:
        entry = Entry(self._entry_spec(), self.sharing, name, value, self)
        entry.edited.connect(self.edited)
        entry.removed.connect(self._remove)
        self.entries.append(entry)
        self._box.addWidget(entry)

    def _remove(self, entry: Any) -> None:
        self._drop(entry)
        self.edited.emit()
        self.target().setFocus()

    def _drop(self, entry: Entry) -> None:
        self.entries.remove(entry)
        self._box.removeWidget(entry)
        entry.hide()
        entry.deleteLater()
