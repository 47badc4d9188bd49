"""The fields of an object: known ones as rows, unknown ones kept and shown beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer.forms.editor import Editor, Sharing
from designer.forms.row import Row
from designer.forms.spec import Spec
from designer.forms.values import ABSENT, Path, at
from designer.resources import tr
from designer.theme import space
from designer.widgets import Section

_SHOWN_HINTS = ("prompt", "sql", "code", "expression", "file", "save-file")
FEW = 7
OTHERS = "\0others"


class ObjectEditor(Editor):
    """Rows for an object. They are made when the editor is first shown: schemas may go down for ever."""

    def __init__(self, spec: Spec, sharing: Sharing, parent: QWidget | None = None, *, top: bool = False) -> None:
        super().__init__(spec, sharing, parent)
        self._given: Any = ABSENT
        self._top = top
        self.rows: dict[str, Row] = {}
        self.others: Row | None = None
        self.more: Section | None = None
        self._built = False
        self._quiet: list[str] = []
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(space.M)

    def value(self) -> Any:
        if not self._built:
            return self._given
        base = self._given if isinstance(self._given, Mapping) else {}
        other = self.others.value() if self.others is not None else ABSENT
        others: Mapping[str, Any] = other if isinstance(other, Mapping) else {}
        found: dict[str, Any] = {}
        for name in dict.fromkeys([*base, *others, *self.spec.properties]):
            if name in self.rows:
                value = self.rows[name].value()
            else:  # folded away and not made yet, or not known
                value = base.get(name, ABSENT) if name in self.spec.properties else others.get(name, ABSENT)
            if value is not ABSENT:
                found[name] = value
        if not found and not isinstance(self._given, Mapping):
            return self._given
        return found if found or not base or self.empty is not ABSENT else self.empty

    def set_value(self, value: Any) -> None:
        self._given = value
        if self._built:
            self._put(value)
        elif self._top or self.isVisible():
            self.ensure()

    def ensure(self) -> None:
        """Make the rows, if they are not there yet."""
        if self._built:
            return
        given = self._given
        base = given if isinstance(given, Mapping) else {}
        main, more = self._split(base)
        for name in main:
            self._box.addWidget(self._row(name))
        if more:
            self.more = Section(tr("More settings", "forms"), self, open=False)
            self.more.set_note(str(len(more)))
            self.more.body.setContentsMargins(0, 0, 0, 0)
            self.more.body.setSpacing(space.M)
            self._quiet = more
            self.more.toggled.connect(lambda _open: self.ensure_more())
            self._box.addWidget(self.more)
        self._built = True
        self._put(given)

    def ensure_more(self) -> None:
        """Make the rows that are folded away: most people never open them."""
        if self.more is not None and len(self.rows) < len(self.spec.properties):
            base = self._given if isinstance(self._given, Mapping) else {}
            for name in self._quiet:
                row = self._row(name)
                row.set_value(base.get(name, ABSENT))
                row.set_read_only(self.sharing.read_only)
                self.more.add(row)

    def rows_below(self) -> dict[str | int, Any]:
        self.ensure()
        self.ensure_more()
        return {name: row for name, row in self.rows.items()}  # noqa: C416

    def showEvent(self, event: object) -> None:
        self.ensure()

    def count(self) -> str:
        value = self.value()
        return tr("{n} set", "forms").format(n=len(value)) if isinstance(value, Mapping) and value else ""

    def set_read_only(self, read_only: bool) -> None:
        for row in [*self.rows.values(), *filter(None, [self.others])]:
            row.set_read_only(read_only)

    def target(self) -> QWidget:
        return next((row.editor().target() for row in self.rows.values()), self)

    def row_at(self, path: Path) -> Row | None:
        """The row that shows what the path names, made when it is not there yet."""
        self.ensure()
        if path and path[0] in self._quiet:
            self.ensure_more()
        found = self.rows.get(str(path[0])) if path else None
        if found is None and path and self.others is not None:
            found = self.others
        return found

    def show_faults(self, faults: Mapping[Path, str]) -> list[Path]:
        if faults:
            self.ensure()
            if any(path[0] in self._quiet for path in faults):
                self.ensure_more()
        taken: list[Path] = []
        for name, row in self.rows.items():
            below = {path[1:]: text for path, text in faults.items() if path[0] == name}
            if row.show_faults(below):
                taken += [path for path in faults if path[0] == name]
        if self.others is not None:
            rest = {path: text for path, text in faults.items() if path not in taken}
            self.others.show_faults({(): next(iter(rest.values()))} if rest else {})
            taken += rest
        if self.more is not None and any(path[0] in self._quiet for path in taken):
            self.more.set_open(True)
        return taken

    def focus_path(self, path: Path) -> bool:
        row = self.row_at(path)
        if row is None:
            self.target().setFocus()
            return False
        if self.more is not None and path[0] in self._quiet:
            self.more.set_open(True)
        return row.focus_path(path[1:] if row is not self.others else ())

    def mark(self, original: Any) -> bool:
        for name, row in self.rows.items():
            row.mark(at(original, (name,)))
        if self.others is not None:
            known = (
                {name: value for name, value in original.items() if name not in self.spec.properties}
                if isinstance(original, Mapping)
                else ABSENT
            )
            self.others.mark(known or ABSENT)
        return self._built

    def _split(self, base: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        """Names to show at once, required ones first and groups last, and names to fold away while they are unset."""
        names = list(self.spec.properties)

        def rank(name: str) -> int:
            spec = self.spec.properties[name]
            if name in self.spec.required:
                return 0
            return 3 if spec.kind == "object" else 1 if spec.hint in _SHOWN_HINTS else 2

        names.sort(key=rank)
        quiet = [name for name in names if self._is_quiet(name, base)]
        if not self._top or len(names) <= FEW or len(quiet) < 3:
            return names, []
        return [name for name in names if name not in quiet], quiet

    def _is_quiet(self, name: str, base: Mapping[str, Any]) -> bool:
        spec = self.spec.properties[name]
        if name in base or name in self.spec.required or spec.hint in _SHOWN_HINTS:
            return False
        return spec.kind != "choice"

    def _row(self, name: str) -> Row:
        row = Row(self.spec.properties[name], self.sharing, required=name in self.spec.required, parent=self)
        row.edited.connect(self.edited)
        self.rows[name] = row
        return row

    def _put(self, value: Any) -> None:
        base = value if isinstance(value, Mapping) else {}
        for name, row in self.rows.items():
            given = base.get(name, ABSENT)
            row.set_value(given)
        self._put_others({name: one for name, one in base.items() if name not in self.spec.properties})

    def _put_others(self, unknown: dict[str, Any]) -> None:
        entry = self.spec.entry
        more = self.spec.schema.get("additionalProperties", False)
        if self.others is None and (unknown or more is True or (isinstance(more, Mapping) and self.spec.properties)):
            if entry is not None:
                spec = Spec(
                    "map", {"additionalProperties": more or True}, self.spec.root, templates=self.spec.templates
                )
                title = tr("Further fields", "forms")
            else:
                help = tr("Not known here; kept as they are.", "forms")
                spec = Spec("json", {"description": help}, self.spec.root)
                title = tr("Other params", "forms")
            self.others = Row(spec, self.sharing, title=title, parent=self)
            self.others.edited.connect(self.edited)
            self._box.addWidget(self.others)
        if self.others is not None:
            self.others.set_value(unknown or ABSENT)
            self.others.setVisible(bool(unknown) or entry is not None)
