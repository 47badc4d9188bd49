"""Editors of values without a form of their own: as YAML or JSON text, or as either text or value."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer.forms.editor import Editor, Leaf, Sharing
from designer.forms.spec import Spec
from designer.forms.text_box import TextBox
from designer.forms.text_editors import TextEditor
from designer.forms.value_text import from_text, is_large, to_text
from designer.forms.values import ABSENT, one_line
from designer.resources import tr
from designer.theme import space
from designer.widgets import IconButton, Segmented, label
from engine.errors import Refused


class ValueEditor(Leaf):
    """Any value as text; a text that is no value says so and leaves the value as it was."""

    def __init__(self, spec: Spec, sharing: Sharing, parent: QWidget | None = None) -> None:
        super().__init__(spec, sharing, parent)
        self.box = TextBox(self, lines=2, most=16, mono=True, document_undo=sharing.document_undo)
        self.box.setAccessibleName(spec.title)
        self.box.setPlaceholderText("type: object …" if spec.hint == "json-schema" else tr("YAML or JSON", "forms"))
        self.box.typed.connect(self.touched)
        self.box.left.connect(sharing.flush)
        self.box.undo_wanted.connect(sharing.flush)
        self._large = label("", "small")
        self._large.setWordWrap(True)
        self._large.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.box)
        box.addWidget(self._large)
        self.setFocusProxy(self.box)

    def target(self) -> QWidget:
        return self.box

    def set_read_only(self, read_only: bool) -> None:
        self.box.setReadOnly(read_only)

    def fault(self) -> str:
        try:
            self._parse()
        except Refused as refused:
            return str(refused)
        return ""

    def _parse(self) -> Any:
        text = self.box.text()
        return from_text(text) if text.strip() else self.empty

    def _read(self) -> Any:
        try:
            return self._parse()
        except Refused:
            return self._given

    def _show(self, value: Any) -> None:
        large = is_large(value)
        self.box.setVisible(not large)
        self._large.setVisible(large)
        if large:
            words = tr("Too large to be edited here; it is kept as it is: {start}", "forms")
            self._large.setText(words.format(start=one_line(value, 60)))
        self.box.set_text("" if large or value is ABSENT else to_text(value))


class AnyEditor(Editor):
    """A value of any kind: written as text, with expressions in it, or as a value."""

    def __init__(self, spec: Spec, sharing: Sharing, parent: QWidget | None = None) -> None:
        super().__init__(spec, sharing, parent)
        self.switch = Segmented([("text", tr("Text", "forms")), ("value", tr("Value", "forms"))], self)
        self.switch.setFixedHeight(24)
        self.switch.HEIGHT = 24
        self.switch.setToolTip(tr("Write it as text, or as a number, list or object", "forms"))
        self.small = IconButton("braces", tr("Write it as a number, list or object", "forms"), parent=self)
        self.small.setFixedSize(22, 22)
        self.small.setIconSize(QSize(14, 14))
        self.small.clicked.connect(lambda: self.switch.choose("value" if self.switch.current() == "text" else "text"))
        self.text = TextEditor(spec, sharing, self)
        self.other = ValueEditor(spec, sharing, self)
        self.text.edited.connect(self.edited)
        self.other.edited.connect(self.edited)
        self.switch.changed.connect(lambda _key: self._switched())
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(space.XS)
        box.addWidget(self.text)
        box.addWidget(self.other)
        self.other.hide()
        self.setFocusProxy(self.text.box)

    def tools(self, bare: bool) -> list[QWidget]:
        if bare:
            self.switch.hide()
            self.text.tools(bare)
            return [self.small]
        self.small.hide()
        return [*self.text.tools(bare), self.switch]

    def current(self) -> Leaf:
        """The editor that is shown."""
        return self.text if self.switch.current() == "text" else self.other

    def value(self) -> Any:
        return self.current().value()

    def set_value(self, value: Any) -> None:
        self._give_empty()
        as_text = isinstance(value, str) or (value is ABSENT and self.switch.current() == "text")
        self._show("text" if as_text else "value")
        self.current().set_value(value)

    def set_read_only(self, read_only: bool) -> None:
        self.text.set_read_only(read_only)
        self.other.set_read_only(read_only)

    def fault(self) -> str:
        return self.current().fault()

    def target(self) -> QWidget:
        return self.current().target()

    def begin_expression(self) -> None:
        """Put `{{ }}` into the text."""
        self.switch.choose("text")
        self.text.begin_expression()

    def _give_empty(self) -> None:
        self.text.empty = self.other.empty = self.empty

    def _show(self, key: str) -> None:
        self.switch.set_current(key)
        self.small.set_icon("braces" if key == "text" else "text-quote")
        tip = tr("Write it as a number, list or object", "forms") if key == "text" else tr("Write it as text", "forms")
        self.small.set_tip(tip)
        self.text.setVisible(key == "text")
        self.other.setVisible(key != "text")
        self.setFocusProxy(self.current().target())

    def _switched(self) -> None:
        key = self.switch.current()
        before = self.other.value() if key == "text" else self.text.value()
        self._show(key)
        if key == "text":
            words = ABSENT if before is ABSENT else before if isinstance(before, str) else to_text(before)
            self.text.set_value(words)
        else:
            self.other.set_value(before)
        if before is not ABSENT:
            self.edited.emit()
        self.target().setFocus()
