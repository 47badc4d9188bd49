"""How much memory the models of all roles need, beside what they may take."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from designer.resources import tr
from designer.site.facts import Models
from designer.site.panes import beside
from designer.site.words import size
from designer.theme import font, soft, space, tokens, watcher
from designer.widgets import ElidedLabel, label

COLORS = ("accent", "object", "number", "image", "table", "capability", "boolean", "list")
"""Port colours: the theme's, and easily told apart."""


Share = tuple[str, int, bool]


def shares(models: Models) -> list[Share]:
    """Each model file that a role stands for: name, bytes in memory, whether it is there now; the largest first."""
    found: dict[str, Share] = {}
    for role in models.roles:
        if role.memory and role.kind != "remote":
            found.setdefault(role.path or role.model, (role.model, role.memory, role.path in models.loaded))
    return sorted(found.values(), key=lambda one: -one[1])


class MemoryBar(QWidget):
    """One bar; a part for each model. What does not fit at once is hatched: the engine loads and puts away by turns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.said, self.free = ElidedLabel(""), label("", "small")
        self.bar = _Bar()
        column = QVBoxLayout(self)
        column.setContentsMargins(space.L, space.M, space.L, space.M)
        column.setSpacing(space.S)
        head = beside(self.said, self.free, stretch=False)
        head.setStretch(0, 1)
        column.addLayout(head)
        column.addWidget(self.bar)

    def show_models(self, models: Models) -> None:
        """Show what these need."""
        parts = shares(models)
        needed = sum(part for _, part, _ in parts)
        self.bar.show_parts(parts, models.budget)
        if not models.budget:
            self.said.setText(tr("Models need {size} of memory", "site").format(size=size(needed)))
        elif needed > models.budget:
            text = tr("All models together need {size}, {budget} are theirs: they take turns in memory", "site")
            self.said.setText(text.format(size=size(needed), budget=size(models.budget)))
        else:
            text = tr("All models together need {size} of {budget}", "site")
            self.said.setText(text.format(size=size(needed), budget=size(models.budget)))
        now = [name for name, _, loaded in parts if loaded]
        if now:
            names = tr("in memory now: {names}", "site").format(names=", ".join(now))
            self.said.setText(f"{self.said.text()}  ·  {names}")
        free = tr("{free} of {total} free on this PC", "site").format(free=size(models.free), total=size(models.total))
        self.free.setText(free if models.total else "")
        self.setAccessibleName(f"{self.said.text()}. {self.free.text()}")


class _Bar(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._parts: list[Share] = []
        self._budget = 0
        self.setFixedHeight(34)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        watcher().changed.connect(self.update)

    def show_parts(self, parts: list[Share], budget: int) -> None:
        self._parts, self._budget = parts, budget
        self.setToolTip("\n".join(f"{name}: {size(part)}" for name, part, _ in parts))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        now = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(0, 0, self.width(), 10)
        shape = QPainterPath()
        shape.addRoundedRect(track, 5, 5)
        painter.save()
        painter.setClipPath(shape)
        painter.fillRect(track, now.line)
        needed = sum(part for _, part, _ in self._parts)
        whole = max(self._budget, needed, 1)
        at = 0.0
        for nth, (_, part, loaded) in enumerate(self._parts):
            width = self.width() * part / whole
            color = now.tone(COLORS[nth % len(COLORS)])
            painter.fillRect(QRectF(at, 0, max(1.0, width - 1), 10), color if loaded else soft(color, 130))
            at += width
        if self._budget and needed > self._budget:
            over = QRectF(self.width() * self._budget / whole, 0, self.width(), 10)
            painter.fillRect(over, now.panel)
            painter.setPen(QPen(now.warning, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for step in range(int(over.left()), self.width() + 10, 6):
                painter.drawLine(step, 10, step + 10, 0)
        painter.restore()
        self._legend(painter)
        painter.end()

    def _legend(self, painter: QPainter) -> None:
        now, at = tokens(), 0
        painter.setFont(font("tiny"))
        measure = painter.fontMetrics()
        for nth, (name, part, loaded) in enumerate(self._parts):
            text = f"{measure.elidedText(name, Qt.TextElideMode.ElideMiddle, 150)}  {size(part)}"
            rest = tr("and {n} more", "site").format(n=len(self._parts) - nth)
            last = nth == len(self._parts) - 1
            if (
                at + measure.horizontalAdvance(text) + (0 if last else measure.horizontalAdvance(rest) + 40)
                > self.width()
            ):
                painter.setPen(now.muted)
                painter.drawText(at, 28, rest)
                return
            color = now.tone(COLORS[nth % len(COLORS)])
            painter.setPen(QPen(color, 1.5))
            painter.setBrush(color if loaded else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QRectF(at + 0.75, 20.75, 6.5, 6.5))
            painter.setPen(now.muted)
            painter.drawText(at + 13, 28, text)
            at += measure.horizontalAdvance(text) + 30
