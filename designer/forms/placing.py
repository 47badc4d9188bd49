"""Where a node may run, and whether it runs at all."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer.resources import tr
from designer.theme import font, space
from designer.widgets import Segmented, label
from engine.workflow.model import Node


class Placing(QWidget):
    """`placement_changed` carries "edge", "cloud", "either" or None (as the workflow); `mode_changed` the mode."""

    placement_changed = Signal(object)
    mode_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._places = {
            "": tr("As workflow", "node"),
            "edge": tr("This PC", "node"),
            "cloud": tr("Cloud", "node"),
            "either": tr("Either", "node"),
        }
        self._modes = {
            "on": (tr("On", "node"), tr("It runs.", "node")),
            "disabled": (tr("Disabled", "node"), tr("It is skipped, and so is what needs it.", "node")),
            "bypassed": (tr("Bypassed", "node"), tr("It hands on its input as it came.", "node")),
        }
        self.places = Segmented(list(self._places.items()), self)
        self.modes = Segmented([(key, words[0]) for key, words in self._modes.items()], self)
        self.places.changed.connect(self._placed)
        self.modes.changed.connect(self._moded)
        self._place_help = label("", "small", wrap=True)
        self._mode_help = label("", "small", wrap=True)
        self._workflow = ""
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(space.XS)
        for title, field, help in (
            (tr("Mode", "node"), self.modes, self._mode_help),
            (tr("Placement", "node"), self.places, self._place_help),
        ):
            head = label(title)
            head.setFont(font("small", 500))
            head.setBuddy(field)
            box.addWidget(head)
            box.addWidget(field)
            box.addWidget(help)
            box.addSpacing(space.S)
        self.setFocusProxy(self.modes)

    def show_node(self, node: Node, workflow_placement: str) -> None:
        """Show where this node runs."""
        self._workflow = workflow_placement
        self.places.set_current(node.placement or "")
        self.modes.set_current(node.mode)
        self._explain()

    def summary(self) -> str:
        """In a few words, for the folded section."""
        mode, place = self.modes.current(), self.places.current()
        words = [self._modes[mode][0]] if mode != "on" else []
        return ", ".join([*words, *([self._places[place]] if place else [])])

    def _explain(self) -> None:
        self._mode_help.setText(self._modes[self.modes.current()][1])
        place = self.places.current() or self._workflow
        words = {
            "edge": tr("It never leaves this PC.", "node"),
            "cloud": tr("It needs the network.", "node"),
            "either": tr("Wherever it can.", "node"),
        }
        self._place_help.setText(words.get(place, ""))

    def _placed(self, key: object) -> None:
        self._explain()
        self.placement_changed.emit(key or None)

    def _moded(self, key: object) -> None:
        self._explain()
        self.mode_changed.emit(key)
