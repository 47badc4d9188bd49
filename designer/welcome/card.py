"""Cards and rows of the welcome page: all of it is the button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from designer.resources import tr
from designer.theme import mix, pixmap, radius, space, tokens
from designer.welcome.picture import PictureView
from designer.welcome.recent import Recent
from designer.widgets import Chip, ElidedLabel, StatusDot, label
from designer.widgets.clamped import Clamped

if TYPE_CHECKING:  # reading templates loads pydantic: `reading` does it beside the first paint
    from designer.welcome.templates import Template


class PressableCard(QAbstractButton):
    """A surface that is pressed as a whole, by mouse, Space or Enter; shows hover and focus."""

    def __init__(self, name: str, parent: QWidget | None = None, *, plain: bool = False) -> None:
        super().__init__(parent)
        self._plain = plain
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        now, over = tokens(), self.underMouse() and self.isEnabled()
        ground = QColor(0, 0, 0, 0) if self._plain and not over else now.card
        line = QColor(0, 0, 0, 0) if self._plain else now.line
        if over:
            ground, line = mix(now.card, now.text, 0.025), now.line_strong
        if self.isDown():
            ground = mix(now.card, now.text, 0.06)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(now.focus, 2) if self.hasFocus() else QPen(line, 1))
        painter.setBrush(ground)
        inset = 1.0 if self.hasFocus() else 0.5
        box = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(
            box, radius.L if not self._plain else radius.M, radius.L if not self._plain else radius.M
        )
        painter.end()


class TemplateCard(PressableCard):
    """A template: its picture, what it does, what stands out in it."""

    PICTURE = 136

    def __init__(self, template: Template, parent: QWidget | None = None) -> None:
        super().__init__(template.title, parent)
        self.template = template
        self.setAccessibleDescription(template.summary)
        self.setToolTip(template.summary)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        picture = PictureView(radius.L - 4)
        picture.setFixedHeight(self.PICTURE)
        picture.set_picture(template.picture)
        chips = QHBoxLayout()
        chips.setSpacing(space.XS)
        for tag in template.tags[:3]:
            chips.addWidget(Chip(tag.text, tag.tone, tag.icon))
        chips.addStretch(1)
        title = QHBoxLayout()
        title.setSpacing(space.S)
        title.addWidget(ElidedLabel(template.title, role="title"), 1)
        title.addWidget(label(steps_text(template.steps), "tiny"))
        words = QVBoxLayout()
        words.setContentsMargins(space.S, space.S, space.S, space.S)
        words.setSpacing(space.XS)
        words.addLayout(title)
        words.addWidget(Clamped(template.summary, 3, "small"))
        words.addSpacing(space.S)
        words.addLayout(chips)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(5, 5, 5, 5)
        whole.setSpacing(0)
        whole.addWidget(picture)
        whole.addLayout(words)
        for child in self.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)


class RecentRow(PressableCard):
    """A draft or run to go on with."""

    def __init__(self, recent: Recent, parent: QWidget | None = None) -> None:
        super().__init__(f"{recent.title}, {recent.detail}", parent, plain=True)
        self.recent = recent
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(ElidedLabel(recent.title, role="strong"))
        words.addWidget(ElidedLabel(recent.detail, role="small"))
        whole = QHBoxLayout(self)
        whole.setContentsMargins(space.S, space.S, space.S, space.S)
        whole.setSpacing(space.M)
        whole.addWidget(StatusDot(recent.status) if recent.status else DraftMark(), 0)
        whole.addLayout(words, 1)
        for child in self.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)


class DraftMark(QWidget):
    """The sign of a workflow that is being drawn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(16, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, pixmap("workflow", tokens().muted, 16, self.devicePixelRatioF()))
        painter.end()


def steps_text(steps: int) -> str:
    """How many steps a workflow has."""
    return tr("1 step") if steps == 1 else tr("{n} steps").format(n=steps)
