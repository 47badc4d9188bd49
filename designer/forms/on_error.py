"""What happens after the last attempt: four ways, each with a sentence."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QRadioButton, QVBoxLayout, QWidget

from designer.forms.row_notes import marked
from designer.resources import tr
from designer.theme import space
from designer.widgets import label

WAYS = ("fail", "route", "continue", "escalate")


class OnError(QWidget):
    """`changed` carries the way that was chosen."""

    changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        words = {
            "fail": (tr("Fail the run", "policy"), tr("The run stops and says why.", "policy")),
            "route": (
                tr("Take the error port", "policy"),
                tr("Whatever is wired to `error` goes on: another agent, a rule, a person.", "policy"),
            ),
            "continue": (tr("Go on with a value", "policy"), tr("The run goes on as if this had come out.", "policy")),
            "escalate": (
                tr("Ask a person", "policy"),
                tr("They choose: try again, give a value, or let it fail.", "policy"),
            ),
        }
        self._group = QButtonGroup(self)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(space.XS)
        self.buttons: dict[str, QRadioButton] = {}
        for way in WAYS:
            made = QRadioButton(words[way][0], self)
            made.setToolTip(words[way][1].replace("`", ""))
            self._group.addButton(made)
            self.buttons[way] = made
            box.addWidget(made)
            help = label("", "small", wrap=True)
            help.setTextFormat(Qt.TextFormat.RichText)
            help.setText(marked(words[way][1]))
            help.setContentsMargins(26, 0, 0, 2)
            box.addWidget(help)

        self._group.buttonClicked.connect(lambda _button: self.changed.emit(self.chosen()))

    def choose(self, way: str) -> None:
        """Turn one on without telling anybody."""
        self.buttons[way].setChecked(True)

    def chosen(self) -> str:
        """The way that is on."""
        return next((way for way, made in self.buttons.items() if made.isChecked()), "fail")
