"""Frames around nodes and notes beside them: drawn by us, kept in NodeGraphQt's registry like nodes."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from designer.canvas import texts
from designer.canvas.ngqt import Z_BOX, Z_CARD, AbstractNodeItem
from designer.canvas.sprites import Sprite, Sprites, shadow
from designer.resources import tr
from designer.theme import Tokens, font, mix, soft, tokens
from designer.widgets.images import name_images
from engine.workflow.model import Note

BAR, CORNER, SMALLEST = 36.0, 20.0, (96.0, 64.0)
MARGIN = 18.0
FAR = 0.25


class Box(AbstractNodeItem):
    """A frame is grabbed by its bar, so that a rubber band can start inside; a note is grabbed anywhere."""

    itemChange = QGraphicsItem.itemChange

    def __init__(self, name: str = "", parent: QGraphicsItem | None = None) -> None:
        QGraphicsItem.__init__(self, parent)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable, True)
        self._properties: dict[str, Any] = {"id": "", "name": name, "type_": "", "selected": False, "disabled": False}
        self.what = Note(rect=(0, 0, 200, 120))
        self.hovered = False
        self.sprites: Sprites | None = None
        self.node: Any = None
        self._width, self._height = 200.0, 120.0
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self.widgets: dict[str, Any] = {}
        self.name, self.layout_direction, self.visible = name, 0, True

    def from_dict(self, data: object) -> None:
        """Nothing: the document is the model."""

    def post_init(self, viewer: object = None, pos: object = None) -> None:
        """It is in the scene now."""

    # ---- place and size
    @property
    def is_frame(self) -> bool:
        """A frame, not a note."""
        return self.what.kind == "frame"

    def show_note(self, note: Note) -> None:
        """Look like this."""
        self.what = note
        x, y, w, h = note.rect
        self.setZValue((Z_BOX if self.is_frame else Z_CARD - 0.5) - min(0.4, w * h * 1e-9))  # smaller ones on top
        self.place(x, y)
        self.set_size(w, h)

    def place(self, x: float, y: float) -> None:
        """Stand here."""
        self.setPos(x, y)

    def set_size(self, width: float, height: float) -> None:
        """Be so large."""
        self.prepareGeometryChange()
        self._width, self._height = width, height
        self.refresh()

    def area(self) -> QRectF:
        """The box in the drawing."""
        return QRectF(self.x(), self.y(), self._width, self._height)

    def boundingRect(self) -> QRectF:
        return QRectF(-MARGIN, -MARGIN, self._width + 2 * MARGIN, self._height + 2 * MARGIN)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(0, 0, self._width, BAR if self.is_frame else self._height)
        if self.is_frame:
            path.addRect(self.corner())
        return path

    def corner(self) -> QRectF:
        """Where it is resized."""
        return QRectF(self._width - CORNER, self._height - CORNER, CORNER, CORNER)

    def title_rect(self) -> QRectF:
        """Where a frame's title stands."""
        return QRectF(12, 7, self._width - 24, 22)

    def set_selected(self, on: bool) -> None:
        """Wear a ring."""
        if on != self.isSelected():
            QGraphicsItem.setSelected(self, on)
            self.update()

    def refresh(self) -> None:
        """Draw it again."""
        if self.sprites is not None:
            self.sprites.drop(self)
        self.update()

    # ---- paint
    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        t, scale = tokens(), painter.worldTransform().m11()
        if self.is_frame:
            self._frame(painter, t, scale)
        else:
            self._note(painter, t, scale)
        if self.isSelected():
            painter.setPen(QPen(t.select, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(-4, -4, self._width + 8, self._height + 8), 15, 15)
        if (self.hovered or self.isSelected()) and scale > FAR:
            painter.setPen(QPen(t.muted, 1.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            for d in (6.0, 11.0):
                corner = QPointF(self._width - 5, self._height - 5)
                painter.drawLine(corner - QPointF(0, d - 2), corner - QPointF(d - 2, 0))

    def _frame(self, p: QPainter, t: Tokens, scale: float) -> None:
        color = t.box[self.what.color]
        p.setPen(QPen(soft(color, 150 if self.hovered else 105), 1.2))
        p.setBrush(soft(color, 20 if t.name == "dark" else 17))
        p.drawRoundedRect(QRectF(0.5, 0.5, self._width - 1, self._height - 1), 14, 14)
        style = texts.FRAME if scale > 0.4 else texts.FAR_TITLE
        p.setPen(_readable(t, color))
        title = self.what.title or tr("Frame", "Canvas")
        texts.draw(p, 14, 9, title, style, self._width - 28)

    def _note(self, p: QPainter, t: Tokens, scale: float) -> None:
        if scale < FAR or self.sprites is None:
            color = t.box[self.what.color]
            p.setPen(QPen(soft(color, 140), 1))
            p.setBrush(mix(t.card, color, 0.2))
            p.drawRoundedRect(QRectF(0, 0, self._width, self._height), 10, 10)
            return
        k = scale * p.device().devicePixelRatio()
        sprite = self.sprites.get(self)
        if sprite is None or (sprite.scale != k and self.sprites.settled):
            sprite = self._draw(k, t)
            self.sprites.keep(self, sprite)
        whole = QRectF(0, 0, sprite.picture.width(), sprite.picture.height())
        p.drawPixmap(
            QRectF(sprite.x, sprite.y, whole.width() / sprite.scale, whole.height() / sprite.scale),
            sprite.picture,
            whole,
        )

    def _draw(self, k: float, t: Tokens) -> Sprite:
        picture = QPixmap(math.ceil((self._width + 2 * MARGIN) * k) + 1, math.ceil((self._height + 2 * MARGIN) * k) + 1)
        picture.fill(Qt.GlobalColor.transparent)
        p = QPainter(picture)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.scale(k, k)
        p.translate(MARGIN, MARGIN)
        color = t.box[self.what.color]
        p.drawPixmap(QPointF(-16, -16), shadow(int(self._width), int(self._height), t.shadow // 2, 10))
        p.setPen(QPen(soft(color, 150), 1))
        p.setBrush(mix(t.card, color, 0.16 if t.name == "dark" else 0.3))
        p.drawRoundedRect(QRectF(0.5, 0.5, self._width - 1, self._height - 1), 10, 10)
        p.setClipRect(QRectF(4, 4, self._width - 8, self._height - 8))
        p.translate(14, 10)
        markdown(self.what, self._width - 28, t.text).drawContents(p)
        p.end()
        return Sprite(picture, k, -MARGIN, -MARGIN)


def markdown(note: Note, width: float, color: QColor) -> QTextDocument:
    """The note's title and text, laid out; painted once, not kept as an item."""
    made = QTextDocument()
    made.setDefaultFont(font("body"))
    made.setDocumentMargin(0)
    made.setIndentWidth(16)
    head = f"**{note.title}**\n\n" if note.title else ""
    text = head + note.text if note.text or head else tr("*Empty note*", "Canvas")
    made.setMarkdown(
        text, QTextDocument.MarkdownFeature.MarkdownNoHTML | QTextDocument.MarkdownFeature.MarkdownDialectGitHub
    )
    name_images(made, color)
    made.setTextWidth(width)
    cursor = QTextCursor(made)
    cursor.select(QTextCursor.SelectionType.Document)
    form = QTextCharFormat()
    form.setForeground(color)
    cursor.mergeCharFormat(form)
    return made


def _readable(t: Tokens, color: QColor) -> QColor:
    return mix(color, t.text, 0.45 if t.name == "dark" else 0.4)
