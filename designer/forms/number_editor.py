"""Editors of numbers: a field with steps, a slider where the range is small, what it comes to in words."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QHBoxLayout, QLabel, QSlider, QWidget

from designer.forms.editor import Leaf, Sharing
from designer.forms.spec import Spec
from designer.forms.values import ABSENT
from designer.forms.words import in_words
from designer.resources import tr
from designer.theme import space

_STEPS = 100


def read_number(text: str, whole: bool) -> int | float | None:
    """The number that a text says, with a point or a comma; None when it says none."""
    text = text.strip().replace(" ", "")
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        return int(text)
    except ValueError:
        pass
    if whole:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def number_text(value: Any) -> str:
    """A number as it stands in a field: whole ones without a fraction."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "" if value is ABSENT or value is None else str(value)


class NumberBox(QAbstractSpinBox):
    """A number or nothing; arrows and PageUp/PageDown step it, the wheel only when it has the focus."""

    typed = Signal()
    left = Signal()
    undo_wanted = Signal()

    def __init__(self, spec: Spec, document_undo: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec, self._document_undo = spec, document_undo
        self.whole = spec.kind == "integer"
        self.low, self.high = bounds(spec)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.lineEdit().textEdited.connect(lambda _text: self.typed.emit())
        self.lineEdit().installEventFilter(self)
        self.lineEdit().setTextMargins(4, 0, 0, 0)
        self.editingFinished.connect(self.left)
        self.setMinimumWidth(72)

    def number(self) -> int | float | None:
        """What is typed, as a number."""
        return read_number(self.lineEdit().text(), self.whole)

    def put(self, value: Any) -> None:
        """Show a number; nothing for ABSENT."""
        text = number_text(value)
        if text != self.lineEdit().text():
            caret = self.lineEdit().cursorPosition()
            self.lineEdit().setText(text)
            self.lineEdit().setCursorPosition(min(caret, len(text)))

    def stepBy(self, steps: int) -> None:
        default = self.spec.default
        now = self.number()
        base = now if now is not None else default if isinstance(default, int | float) else self.low or 0
        one = self.spec.schema.get("multipleOf") or (1 if self.whole or self.high - self.low > 2 else 0.05)
        to = max(self.low, min(self.high, round(base + steps * one, 10)))
        self.put(int(to) if self.whole else to)
        self.typed.emit()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        if self.isReadOnly():
            return QAbstractSpinBox.StepEnabledFlag.StepNone
        return QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled

    def validate(self, text: str, position: int) -> object:
        return QValidator.State.Acceptable

    def wheelEvent(self, event: Any) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        undo = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)
        if self._document_undo and event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if any(event.matches(key) for key in undo):
                self.undo_wanted.emit()
                event.ignore()
                return True
        return super().eventFilter(watched, event)


class _Slider(QSlider):
    """The wheel scrolls the page, not a number that somebody only passes."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class NumberEditor(Leaf):
    """A number; an empty field is an absent one."""

    def __init__(self, spec: Spec, sharing: Sharing, parent: QWidget | None = None) -> None:
        super().__init__(spec, sharing, parent)
        self.box = NumberBox(spec, sharing.document_undo, self)
        self.box.setAccessibleName(spec.title)
        self.box.lineEdit().setPlaceholderText(number_text(spec.default))
        self.box.typed.connect(self._typed)
        self.box.left.connect(sharing.flush)
        self.box.undo_wanted.connect(sharing.flush)
        self._words = QLabel(self)
        self._words.setProperty("role", "small")
        self.slider: QSlider | None = None
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(space.S)
        low, high = bounds(spec)
        if math.isfinite(low) and math.isfinite(high) and 0 < high - low <= (100 if spec.kind == "integer" else 10):
            self.slider = _Slider(Qt.Orientation.Horizontal, self)
            self.slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self.slider.setRange(0, _steps(spec))
            self.slider.valueChanged.connect(self._slid)
            self.slider.sliderReleased.connect(sharing.flush)
            self.box.setFixedWidth(84)
            line.addWidget(self.slider, 1)
            line.addWidget(self.box)
        else:
            self.box.setMaximumWidth(160)
            line.addWidget(self.box, 1)
            line.addWidget(self._words)
            line.addStretch(0)
        self.setFocusProxy(self.box)
        self._slide_to(spec.default)

    def target(self) -> QWidget:
        return self.box

    def set_read_only(self, read_only: bool) -> None:
        self.box.setReadOnly(read_only)
        self.box.setEnabled(not read_only)
        if self.slider is not None:
            self.slider.setEnabled(not read_only)

    def fault(self) -> str:
        text = self.box.lineEdit().text()
        if not text:
            return ""
        number = self.box.number()
        if number is None:
            return (
                tr("This is not a whole number.", "forms") if self.box.whole else tr("This is not a number.", "forms")
            )
        if not self.box.low <= number <= self.box.high:
            return _range_fault(self.box.low, self.box.high)
        return ""

    def _typed(self) -> None:
        self._slide_to(self.box.number())
        self.touched()

    def _read(self) -> Any:
        if not self.box.lineEdit().text().strip():
            return self.empty
        number = self.box.number()
        return self._given if number is None else number

    def _show(self, value: Any) -> None:
        self.box.put(value)
        self._slide_to(value if isinstance(value, int | float) else self.spec.default)

    def _slide_to(self, number: Any) -> None:
        self._words.setText(in_words(self.spec.name, number))
        if self.slider is None or not isinstance(number, int | float):
            return
        self.slider.blockSignals(True)
        span = self.box.high - self.box.low
        place = (number - self.box.low) / span * self.slider.maximum()
        self.slider.setValue(round(max(0.0, min(float(self.slider.maximum()), place))))
        self.slider.blockSignals(False)

    def _slid(self, place: int) -> None:
        if self.slider is not None:
            value = self.box.low + (self.box.high - self.box.low) * place / self.slider.maximum()
            self.box.put(round(value) if self.box.whole else round(value, 4))
            self.touched()


def bounds(spec: Spec) -> tuple[float, float]:
    """The least and the largest number that the schema allows."""

    def said(key: str, otherwise: float) -> float:
        found = spec.schema.get(key)
        return found if isinstance(found, int | float) and not isinstance(found, bool) else otherwise

    low = max(said("minimum", -math.inf), said("exclusiveMinimum", -math.inf))
    return low, min(said("maximum", math.inf), said("exclusiveMaximum", math.inf))


def _steps(spec: Spec) -> int:
    low, high = bounds(spec)
    return round(high - low) if spec.kind == "integer" else _STEPS


def _range_fault(low: float, high: float) -> str:
    if math.isfinite(low) and math.isfinite(high):
        return tr("It must be from {low} to {high}.", "forms").format(low=number_text(low), high=number_text(high))
    if math.isfinite(low):
        return tr("It must be at least {low}.", "forms").format(low=number_text(low))
    return tr("It must be at most {high}.", "forms").format(high=number_text(high))
