"""How the rows of a list are drawn: an icon that says how it is, a title with chips, figures at the right."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from designer.site.rows import ROW, Mark, Row
from designer.theme import font, pixmap, soft, tokens
from designer.widgets import visible

HEIGHT, TALL, HEAD = 56, 80, 34


class RowsDelegate(QStyledItemDelegate):
    """Paints the rows of a `RowsModel`."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        row = index.data(ROW)
        return QSize(200, HEAD if not row.key else TALL if row.tall else HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row = index.data(ROW)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        if row.key:
            _paint_row(painter, box, row, state)
        else:
            _paint_head(painter, box, row)
        painter.restore()


def _paint_head(painter: QPainter, box: QRect, row: Row) -> None:
    painter.setFont(font("tiny", 600))
    painter.setPen(tokens().muted)
    inner = box.adjusted(16, 8, -20, 0)
    painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, row.title)
    painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, row.right)


def _paint_row(painter: QPainter, box: QRect, row: Row, state: QStyle.StateFlag) -> None:
    now = tokens()
    card = QRectF(box).adjusted(8, 2, -8, -2)
    paint_ground(painter, card, state)
    color = now.tone(row.tone)
    badge = QRectF(card.left() + 8, card.top() + 10, 32, 32)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(soft(color, 40 if now.name == "dark" else 30))
    painter.drawRoundedRect(badge, 8, 8)
    ratio = painter.device().devicePixelRatioF() if painter.device() else 1.0
    painter.drawPixmap(round(badge.left() + 8), round(badge.top() + 8), pixmap(row.icon, color, 16, ratio))
    left, right, top = round(badge.right()) + 12, round(card.right()) - 12, round(card.top())
    painter.setFont(font("small", 500))
    painter.setPen(now.text)
    edge = right - painter.fontMetrics().horizontalAdvance(row.right) if row.right else right
    painter.drawText(QRect(edge, top + 7, right - edge, 20), Qt.AlignmentFlag.AlignVCenter, row.right)
    chips = sum(mark_width(painter, one) + 6 for one in row.marks)
    painter.setFont(font("strong"))
    room = max(60, edge - 12 - left - chips)
    width = line(painter, QRect(left, top + 7, room, 20), visible(row.title))
    at = left + width + 8
    for one in row.marks:
        at = paint_mark(painter, at, top + 9, one) + 6
    painter.setFont(font("small"))
    painter.setPen(now.muted)
    edge = right - painter.fontMetrics().horizontalAdvance(row.below) if row.below else right
    painter.drawText(QRect(edge, top + 27, right - edge, 18), Qt.AlignmentFlag.AlignVCenter, row.below)
    line(painter, QRect(left, top + 27, edge - 12 - left, 18), visible(row.line))
    if row.note:
        painter.setPen(now.tone(row.note_tone))
        line(painter, QRect(left, top + 49, right - left, 18), visible(row.note))
    elif row.chain:
        paint_chain(painter, QRect(left, top + 48, right - left, 20), row.chain)


def paint_ground(painter: QPainter, card: QRectF, state: QStyle.StateFlag) -> None:
    """The ground of a row that is chosen, has the keyboard, or lies under the mouse."""
    now = tokens()
    selected = bool(state & QStyle.StateFlag.State_Selected)
    if selected or state & QStyle.StateFlag.State_MouseOver:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.accent_soft if selected else now.hover)
        painter.drawRoundedRect(card, 8, 8)
    if selected and state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(QPen(now.focus, 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(card.adjusted(0.6, 0.6, -0.6, -0.6), 8, 8)


def paint_chain(painter: QPainter, box: QRect, chain: tuple[str, ...]) -> None:
    """Small boxes with arrows between them: who takes over from whom."""
    now = tokens()
    painter.setFont(font("tiny", 500))
    at = box.left()
    for nth, name in enumerate(chain):
        text = painter.fontMetrics().elidedText(visible(name), Qt.TextElideMode.ElideRight, 140)
        width = painter.fontMetrics().horizontalAdvance(text) + 12
        if at + width > box.right():
            painter.setPen(now.muted)
            painter.drawText(QRect(at, box.top(), 30, box.height()), Qt.AlignmentFlag.AlignVCenter, "…")
            return
        painter.setPen(QPen(now.line_strong, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(at + 0.5, box.top() + 0.5, width, 18), 5, 5)
        painter.setPen(now.text if nth == 0 else now.muted)
        painter.drawText(QRect(at, box.top(), width, 19), Qt.AlignmentFlag.AlignCenter, text)
        at += width + 4
        if nth + 1 < len(chain):
            ratio = painter.device().devicePixelRatioF() if painter.device() else 1.0
            painter.drawPixmap(at, box.top() + 4, pixmap("arrow-right", now.faint, 12, ratio))
            at += 16


def mark_width(painter: QPainter, mark: Mark) -> int:
    """How wide a mark is drawn."""
    painter.setFont(font("tiny", 500))
    return painter.fontMetrics().horizontalAdvance(mark.text) + 14 + (15 if mark.icon else 0)


def paint_mark(painter: QPainter, left: int, top: int, mark: Mark) -> int:
    """Draw a mark; its right end."""
    now, width = tokens(), mark_width(painter, mark)
    color = now.tone(mark.tone)
    box = QRectF(left, top, width, 17)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(soft(color, 40 if now.name == "dark" else 30))
    painter.drawRoundedRect(box, 8.5, 8.5)
    if mark.icon:
        ratio = painter.device().devicePixelRatioF() if painter.device() else 1.0
        painter.drawPixmap(left + 6, top + 3, pixmap(mark.icon, color, 11, ratio))
        box = box.adjusted(14, 0, 0, 0)
    painter.setPen(color)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, mark.text)
    return left + width


def line(painter: QPainter, box: QRect, text: str) -> int:
    """One line of text, cut where the room ends; how wide it is."""
    shown = painter.fontMetrics().elidedText(" ".join(text.split()), Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, shown)
    return painter.fontMetrics().horizontalAdvance(shown)
