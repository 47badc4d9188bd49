"""Why a step, or the whole run, went as it did: sentences with their times, drawn from the journal alone."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from designer.resources import tr
from designer.runs.panes import column, scroll
from designer.runs.words import clock_text, seconds_text
from designer.theme import space
from designer.widgets import label
from engine.observe.why import Reason


class WhyTab(QWidget):
    """A readable list; made anew only when the sentences differ."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._inner = QWidget()
        self._grid = QGridLayout(self._inner)
        self._grid.setContentsMargins(space.M, space.M, space.M, space.M)
        self._grid.setHorizontalSpacing(space.M)
        self._grid.setVerticalSpacing(space.S)
        self._grid.setColumnStretch(1, 1)
        column(self).addWidget(scroll(self._inner))
        self._shown: list[tuple[str, str]] = []

    def show_reasons(self, reasons: Sequence[Reason], started: float) -> None:
        """Show these; `started` is when the run began, times are counted from it."""
        lines = [(f"+{seconds_text(reason.at - started)}", reason.text) for reason in reasons]
        lines = lines or [("", tr("Nothing to explain yet."))]
        if lines == self._shown:
            return
        self._shown = lines
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.setParent(None)
                widget.deleteLater()
        for row, (when, text) in enumerate(lines):
            time = label(when, "mono")
            time.setProperty("role", "muted")
            if row < len(reasons):
                time.setToolTip(clock_text(reasons[row].at))
            time.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
            words = QLabel(text)
            words.setTextFormat(Qt.TextFormat.PlainText)
            words.setWordWrap(True)
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(time, row, 0)
            self._grid.addWidget(words, row, 1)
        self._grid.setRowStretch(len(lines), 1)
