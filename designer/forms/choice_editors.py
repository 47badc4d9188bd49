"""Editors of what is chosen: a switch, one of a few, one of many, several of a few."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QWidget

from designer.forms.editor import Leaf, Sharing
from designer.forms.spec import Spec
from designer.forms.values import ABSENT, same
from designer.forms.words import choice_word
from designer.resources import tr
from designer.theme import space
from designer.widgets import Segmented, Switch

FEW, SHORT = 4, 30


class SwitchEditor(Leaf):
    """Yes or no; an absent value shows what it means."""

    def __init__(self, spec: Spec, sharing: Sharing, parent: QWidget | None = None) -> None:
        super().__init__(spec, sharing, parent)
        self.switch = Switch(parent=self)
        self.switch.setAccessibleName(spec.title)
        self.switch.clicked.connect(self._clicked)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 2, 0, 2)
        line.addWidget(self.switch)
        self._show(ABSENT)
        self.setFocusProxy(self.switch)

    def target(self) -> QWidget:
        return self.switch

    def inline(self) -> bool:
        return True

    def _clicked(self) -> None:
        self.touched()
        self.sharing.flush()

    def _read(self) -> Any:
        return self.switch.isChecked()

    def _show(self, value: Any) -> None:
        self.switch.setChecked(value is True or (value is ABSENT and self.spec.default is True))


class Combo(QComboBox):
    """The wheel scrolls the page, not a choice that somebody only passes."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class ChoiceEditor(Leaf):
    """One of some values: side by side when they are few and short, a list otherwise."""

    def __init__(self, spec: Spec, sharing: Sharing, parent: QWidget | None = None) -> None:
        super().__init__(spec, sharing, parent)
        self._words = [choice_word(value) for value in spec.choices]
        known = any(same(spec.default, value) for value in spec.choices)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        self.segments: Segmented | None = None
        self.combo: QComboBox | None = None
        if known and 1 < len(self._words) <= FEW and len("".join(self._words)) <= SHORT:
            self.segments = Segmented([(str(index), word) for index, word in enumerate(self._words)], self)
            self.segments.changed.connect(lambda _key: self._chosen())
            line.addWidget(self.segments)
            line.addStretch(1)
        else:
            self.combo = Combo(self)
            self.combo.setAccessibleName(spec.title)
            self.combo.setPlaceholderText(tr("Choose …", "forms"))
            self.combo.setMinimumContentsLength(8)
            self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            self.combo.addItems(self._words)
            self.combo.setMaxVisibleItems(14)
            self.combo.activated.connect(lambda _index: self._chosen())
            line.addWidget(self.combo, 1)
        self.setFocusProxy(self.target())
        self._show(ABSENT)

    def target(self) -> QWidget:
        return self.segments or self.combo or self

    def _chosen(self) -> None:
        self.touched()
        self.sharing.flush()

    def _read(self) -> Any:
        if self.segments is not None:
            return self.spec.choices[int(self.segments.current())]
        index = self.combo.currentIndex() if self.combo is not None else -1
        return self.spec.choices[index] if index >= 0 else self._given

    def _show(self, value: Any) -> None:
        shown = self.spec.default if value is ABSENT else value
        index = next((nth for nth, choice in enumerate(self.spec.choices) if same(choice, shown)), -1)
        if self.segments is not None:
            self.segments.set_current(str(max(0, index)))
        elif self.combo is not None:
            self.combo.setCurrentIndex(index)


class ChoicesEditor(Leaf):
    """Several of some values; none chosen is an absent list."""

    def __init__(self, spec: Spec, sharing: Sharing, parent: QWidget | None = None) -> None:
        super().__init__(spec, sharing, parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(space.M)
        grid.setVerticalSpacing(2)
        self.boxes: list[QCheckBox] = []
        words = [choice_word(value) for value in spec.choices]
        columns = 1 if max(map(len, words)) > 22 else 2
        for nth, word in enumerate(words):
            made = QCheckBox(word, self)
            made.clicked.connect(self._clicked)
            self.boxes.append(made)
            grid.addWidget(made, nth // columns, nth % columns, Qt.AlignmentFlag.AlignLeft)
        grid.setColumnStretch(columns, 1)
        self.setFocusProxy(self.boxes[0])

    def target(self) -> QWidget:
        return self.boxes[0]

    def _clicked(self) -> None:
        self.touched()
        self.sharing.flush()

    def _read(self) -> Any:
        before = self._given if isinstance(self._given, list) else []
        chosen = [value for value, box in zip(self.spec.choices, self.boxes, strict=True) if box.isChecked()]
        kept = [value for value in before if any(same(value, one) for one in chosen)]
        found = [*kept, *(one for one in chosen if not any(same(one, value) for value in kept))]
        return found or ([] if self.empty is not ABSENT else self.empty)

    def _show(self, value: Any) -> None:
        shown = value if isinstance(value, list) else self.spec.default if isinstance(self.spec.default, list) else []
        for choice, box in zip(self.spec.choices, self.boxes, strict=True):
            box.setChecked(any(same(choice, one) for one in shown))
