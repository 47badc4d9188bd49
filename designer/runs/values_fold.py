"""What an effect was given and what it gave, folded away under one line until somebody wants to see it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from designer.resources import tr
from designer.runs.story import Entry
from designer.theme import space
from designer.widgets import LoadBlob, ValueView, button, label

HEIGHT = 220


class ValuesFold(QWidget):
    """Makes its value views when it is first opened: a long story costs little."""

    def __init__(self, load_blob: LoadBlob) -> None:
        super().__init__()
        self._load_blob = load_blob
        self._entry: Entry | None = None
        self._views: QWidget | None = None
        self.toggle_button = button("", "link")
        self.toggle_button.clicked.connect(self.toggle)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.toggle_button)
        row.addStretch(1)
        self._whole = QVBoxLayout(self)
        self._whole.setContentsMargins(0, 0, 0, 0)
        self._whole.setSpacing(space.XS)
        self._whole.addLayout(row)
        self.hide()

    @property
    def is_open(self) -> bool:
        """Whether the values are to be seen."""
        return self._views is not None

    def show_values(self, entry: Entry) -> None:
        """The values of this entry, from now on."""
        self._entry = entry
        self.setVisible(entry.given is not None or entry.result is not None)
        if self._views is not None:
            self._close()
            self._open()
        self._name()

    def toggle(self) -> None:
        """Unfold or fold."""
        if self._entry is None or self.isHidden():
            return
        if self._views is None:
            self._open()
        else:
            self._close()
        self._name()

    def _name(self) -> None:
        entry = self._entry
        if entry is None:
            return
        if self.is_open:
            self.toggle_button.setText(tr("Hide values"))
        elif entry.kind == "model":
            self.toggle_button.setText(tr("Messages and answer"))
        elif entry.given is not None and entry.result is not None:
            self.toggle_button.setText(tr("Given and result"))
        else:
            self.toggle_button.setText(tr("Details"))

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
            view.setFixedHeight(HEIGHT)
            column.addWidget(view)
            row.addWidget(side, 1)
        self._views = views
        self._whole.addWidget(views)

    def _close(self) -> None:
        if self._views is not None:
            self._views.setParent(None)
            self._views.deleteLater()
            self._views = None
