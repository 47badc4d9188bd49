"""A value that may be one of several kinds: choose which, then fill it in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from designer.forms.choice_editors import Combo
from designer.forms.editor import Editor, Sharing
from designer.forms.fits import best_variant, first_value
from designer.forms.resolve import NAME
from designer.forms.row import Row
from designer.forms.spec import Spec
from designer.forms.values import ABSENT, Path
from designer.forms.words import choice_word, kind_word
from designer.resources import tr
from designer.theme import space
from designer.widgets import Segmented

FEW, SHORT = 3, 26


class VariantsEditor(Editor):
    """What was written under another variant is still there when one comes back to it."""

    def __init__(self, spec: Spec, sharing: Sharing, parent: QWidget | None = None) -> None:
        super().__init__(spec, sharing, parent)
        self._given: Any = ABSENT
        self._rows: dict[int, Row] = {}
        self.place = 0
        words = variant_words(spec)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(space.XS)
        self.segments: Segmented | None = None
        self.combo: QComboBox | None = None
        if len(words) <= FEW and len("".join(words)) <= SHORT:
            self.segments = Segmented([(str(nth), word) for nth, word in enumerate(words)], self)
            self.segments.changed.connect(lambda key: self.choose(int(key)))
            self._box.addWidget(self.segments, 0, Qt.AlignmentFlag.AlignLeft)
        else:
            self.combo = Combo(self)
            self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            self.combo.addItems(words)
            self.combo.activated.connect(self.choose)
            self._box.addWidget(self.combo)

    def value(self) -> Any:
        row = self._rows.get(self.place)
        value = self._given if row is None else row.value()
        return self._given if value is ABSENT and self._given is None else value

    def set_value(self, value: Any) -> None:
        self._given = value
        meant = value if value is not ABSENT and value is not None else self.spec.default
        place = best_variant(self.spec, meant)
        if value is not ABSENT and value is not None:
            row = self._rows.get(self.place)
            if row is None or not _still(self.spec.variants[self.place], value) or place is None:
                self._show(self.place if place is None else place)
        elif self.place not in self._rows:
            self._show(place or 0)
        self._rows[self.place].set_value(ABSENT if value is None else value)

    def choose(self, place: int) -> None:
        """Show another variant, as a click does."""
        self._show(place)
        row = self._rows[place]
        if row.value() is ABSENT:
            row.set_value(first_value(self.spec.variants[place]))
        self.edited.emit()
        self.sharing.flush()

    def rows_below(self) -> dict[str | int, Any]:
        row = self._rows.get(self.place)
        return row.editor().rows_below() if row is not None else {}

    def set_read_only(self, read_only: bool) -> None:
        for one in (self.segments, self.combo):
            if one is not None:
                one.setEnabled(not read_only)
        for row in self._rows.values():
            row.set_read_only(read_only)

    def target(self) -> QWidget:
        return self.segments or self.combo or self

    def show_faults(self, faults: Mapping[Path, str]) -> list[Path]:
        row = self._rows.get(self.place)
        return row.show_faults(faults) if row is not None else []

    def focus_path(self, path: Path) -> bool:
        row = self._rows.get(self.place)
        if row is None or not path:
            self.target().setFocus()
            return row is not None
        return row.focus_path(path)

    def mark(self, original: Any) -> bool:
        row = self._rows.get(self.place)
        return row is not None and self.spec.variants[self.place].kind == "object" and row.editor().mark(original)

    def _show(self, place: int) -> None:
        self.place = place
        if place not in self._rows:
            spec = self.spec.variants[place]
            row = Row(spec, self.sharing, required=True, bare=True, parent=self)
            row.edited.connect(self.edited)
            self._rows[place] = row
            self._box.addWidget(row)
        for nth, one in self._rows.items():
            one.setVisible(nth == place)
        if self.segments is not None:
            self.segments.set_current(str(place))
        elif self.combo is not None:
            self.combo.setCurrentIndex(place)


def variant_words(spec: Spec) -> list[str]:
    """What each variant is called: its title, the word that tells it apart, or its kind of value."""
    words = [_word(variant) for variant in spec.variants]
    doubled = {word for word in words if words.count(word) > 1}
    return [f"{word} {nth + 1}" if word in doubled else word for nth, word in enumerate(words)]


def _word(variant: Spec) -> str:
    title = variant.schema.get("title") or variant.schema.get(NAME)
    if isinstance(title, str) and title:
        return tr(title, "params")
    for below in variant.properties.values():
        if below.kind == "choice" and len(below.choices) == 1:
            return choice_word(below.choices[0])
    return kind_word(variant.kind)


def _still(variant: Spec, value: Any) -> bool:
    """Whether the variant that is shown can go on showing this value."""
    found = best_variant(Spec("variants", {}, variant.root, variants=(variant,)), value)
    return found is not None
