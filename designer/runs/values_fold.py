"""What an effect was given and what it gave, folded away under one line until somebody wants to see it."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from designer.resources import tr
from designer.runs.story import Entry
from designer.theme import space
from designer.widgets import LoadBlob, ValueView, label

LEAST, MOST, LINE = 96, 260, 22


class ValuesFold(QWidget):
    """Makes its value views when it is first opened: a long story costs little."""

    def __init__(self, load_blob: LoadBlob) -> None:
        super().__init__()
        self._load_blob = load_blob
        self._entry: Entry | None = None
        self._views: QWidget | None = None
        self._whole = QVBoxLayout(self)
        self._whole.setContentsMargins(0, 0, 0, 0)
        self._whole.setSpacing(space.XS)
        self.hide()

    @property
    def is_open(self) -> bool:
        """Whether the values are to be seen."""
        return self._views is not None

    @property
    def has_values(self) -> bool:
        """Whether there is anything to unfold."""
        return self._entry is not None and (self._entry.given is not None or self._entry.result is not None)

    def show_values(self, entry: Entry) -> None:
        """The values of this entry, from now on."""
        self._entry = entry
        if self._views is not None:
            self._close()
            self._open()

    def toggle(self) -> None:
        """Unfold or fold."""
        if not self.has_values:
            return
        if self._views is None:
            self._open()
        else:
            self._close()

    def _open(self) -> None:
        entry = self._entry
        assert entry is not None
        views = QWidget()
        row = QHBoxLayout(views)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space.S)
        given, result = entry.given, entry.result
        names = (tr("Given"), tr("Result"))
        if entry.kind == "model":
            names = (tr("Messages"), tr("Answer"))
            given = given.get("messages", given) if isinstance(given, dict) else given
        for name, value in zip(names, (given, result), strict=True):
            if value is None:
                continue
            side = QWidget()
            column = QVBoxLayout(side)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(space.XS)
            column.addWidget(label(name, "tiny"))
            view = ValueView(value, load_blob=self._load_blob)
            view.setFixedHeight(_height(given, result))
            column.addWidget(view)
            row.addWidget(side, 1)
        self._views = views
        self._whole.addWidget(views)
        self.show()

    def _close(self) -> None:
        if self._views is not None:
            self._views.hide()
            self._views.setParent(None)
            self._views.deleteLater()
            self._views = None
            self.hide()


def _height(*values: Any) -> int:
    """Room for what there is to see: a short answer takes little."""
    lines = max(_lines(value) for value in values)
    return min(MOST, max(LEAST, 46 + LINE * lines))


def _lines(value: Any) -> int:
    if isinstance(value, str):
        return 1 + len(value) // 60 + value.count("\n")
    if isinstance(value, dict):
        return len(value) + sum(_lines(item) for item in value.values() if isinstance(item, dict | list)) + 1
    return min(len(value), 12) + 1 if isinstance(value, list) else 1
