"""Input, params and output of one step side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QWidget

from designer.resources import tr
from designer.runs.panes import column
from designer.runs.step_data import StepData
from designer.runs.words import main_output
from designer.theme import space
from designer.widgets import Chip, LoadBlob, ValueView, label

_ICONS = {"person": "user-round", "file": "file-text", "web": "globe", "tool": "wrench", "model": "sparkles"}


class _Side(QWidget):
    def __init__(self, title: str, load_blob: LoadBlob) -> None:
        super().__init__()
        whole = column(self, space.S, space.XS)
        head = QHBoxLayout()
        head.setSpacing(space.S)
        head.addWidget(label(title, "strong"))
        self.ports = Chip("", "muted")
        head.addWidget(self.ports)
        self._head = head
        self.sources: list[Chip] = []
        head.addStretch(1)
        whole.addLayout(head)
        self.view = ValueView(None, load_blob=load_blob)
        self.none = label("", "muted", wrap=True)
        self.none.setAlignment(Qt.AlignmentFlag.AlignTop)
        whole.addWidget(self.view, 1)
        whole.addWidget(self.none, 1)
        self._shown: Any = self

    def show_value(self, value: Any, ports: str, none: str) -> None:
        """The value, or a sentence why there is none."""
        self.ports.set(ports)
        self.ports.setVisible(bool(ports))
        self.none.setText(none)
        self.none.setVisible(value is None)
        self.view.setVisible(value is not None)
        if value is not self._shown:
            self._shown = value
            self.view.set_value(value)

    def show_sources(self, sources: Mapping[str, Sequence[str]]) -> None:
        """A chip for each place that the value came from; its tooltip names the ports."""
        for chip in self.sources:
            chip.hide()
            chip.setParent(None)
            chip.deleteLater()
        self.sources = []
        words = source_words()
        for source in (one for one in words if any(one in found for found in sources.values())):
            chip = Chip(words[source][0], "muted", _ICONS[source])
            ports = ", ".join(port for port, found in sources.items() if source in found)
            chip.setToolTip(f"{words[source][1]}\n{ports}")
            self._head.insertWidget(2 + len(self.sources), chip)
            self.sources.append(chip)


def source_words() -> dict[str, tuple[str, str]]:
    """What is said of where a value came from: a word, and a sentence."""
    return {
        "person": (tr("person"), tr("A person gave or approved it.")),
        "file": (tr("file"), tr("It holds text from a file: nobody vouches for what stands there.")),
        "web": (tr("web"), tr("It holds text from the network: anybody may have written it.")),
        "tool": (tr("tool"), tr("It holds what a tool gave.")),
        "model": (tr("model"), tr("It holds a model's words.")),
    }


class DataTab(QWidget):
    """Three values; the borders between them can be moved."""

    def __init__(self, load_blob: LoadBlob, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fault = label("", "muted", wrap=True)
        self.fault.setContentsMargins(space.S, space.S, space.S, 0)
        self.fault.hide()
        self.input = _Side(tr("Input"), load_blob)
        self.params = _Side(tr("Params"), load_blob)
        self.output = _Side(tr("Output"), load_blob)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        for side in (self.input, self.params, self.output):
            split.addWidget(side)
        whole = column(self, gap=0)
        whole.addWidget(self.fault)
        whole.addWidget(split, 1)

    def show_data(self, data: StepData | None) -> None:
        """The data of the chosen step; None while it is being read."""
        wait = tr("Reading…") if data is None else ""
        data = data or StepData()
        self.fault.setText(data.fault)
        self.fault.setVisible(bool(data.fault))
        self.input.show_value(_single(data.inputs), _ports(data.inputs), wait or tr("It takes no input."))
        self.params.show_value(data.params or None, "", wait or tr("It has no params."))
        self.input.show_sources(data.from_inputs)
        self.output.show_sources(data.from_outputs)
        self.output.show_value(main_output(data.outputs), _ports(data.outputs), wait or tr("It has given nothing yet."))


def _single(values: dict[str, Any] | None) -> Any:
    """The one value where there is one port, else all of them by port."""
    return next(iter(values.values())) if values and len(values) == 1 else values or None


def _ports(values: dict[str, Any] | None) -> str:
    return next(iter(values)) if values and len(values) == 1 else ""
