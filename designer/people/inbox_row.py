"""How a question looks in the list: how much is at stake, what it is about, where it comes from, how long it waits."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from designer.engine_link import OpenQuestion
from designer.people.clock_words import ago, clock_words, what_then
from designer.people.inbox_model import ROW, InboxModel
from designer.people.urgency import group_title
from designer.people.words import agreed, kind_word
from designer.theme import font, pixmap, soft, tokens
from designer.widgets import visible

HEIGHT, GROUP_HEIGHT, SIDE = 68, 32, 16
KIND_ICONS = {
    "gate": "shield-check", "form": "clipboard-list", "agent": "bot", "approval": "wrench", "escalation": "rotate-cw",
    "doubt": "message-circle-question-mark", "upgrade": "refresh-cw",
}  # fmt: skip


class InboxRow(QStyledItemDelegate):
    """Paints groups and questions of an `InboxModel`."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, HEIGHT if isinstance(index.data(ROW), OpenQuestion) else GROUP_HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row = index.data(ROW)
        model = index.model()
        assert isinstance(model, InboxModel)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box: QRect = option.rect
        if isinstance(row, OpenQuestion):
            state: QStyle.StateFlag = option.state
            _paint_question(painter, box, row, state, model.now)
        elif row is not None:
            _paint_group(painter, box, str(row), model.count_of(str(row)))
        painter.restore()


def _paint_group(painter: QPainter, box: QRect, name: str, count: int) -> None:
    now = tokens()
    painter.setFont(font("tiny", 600))
    painter.setPen(now.danger if name == "late" else now.muted)
    text = f"{group_title(name)}  {count}"
    painter.drawText(box.adjusted(SIDE, 6, -SIDE, 0), Qt.AlignmentFlag.AlignVCenter, text)


def _paint_question(painter: QPainter, box: QRect, asked: OpenQuestion, state: QStyle.StateFlag, at: float) -> None:
    now = tokens()
    card = QRectF(box).adjusted(8, 2, -8, -2)
    selected = bool(state & QStyle.StateFlag.State_Selected)
    if selected or state & QStyle.StateFlag.State_MouseOver:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.accent_soft if selected else now.hover)
        painter.drawRoundedRect(card, 8, 8)
    if selected and state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(QPen(now.focus, 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(card.adjusted(0.6, 0.6, -0.6, -0.6), 8, 8)
    troubled = asked.question.type in ("doubt", "escalation")
    color = now.risk.get(asked.risk, now.warning if troubled else now.muted)
    badge = QRectF(card.left() + 10, card.top() + 12, 32, 32)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(soft(color, 40 if now.name == "dark" else 30))
    painter.drawRoundedRect(badge, 8, 8)
    ratio = painter.device().devicePixelRatioF() if painter.device() else 1.0
    icon = pixmap(KIND_ICONS.get(asked.question.type, "shield-check"), color, 16, ratio)
    painter.drawPixmap(round(badge.left() + 8), round(badge.top() + 8), icon)
    left, right = round(badge.right()) + 12, round(card.right()) - 12
    top = round(card.top())
    words = clock_words(asked.question, at)
    clock, tone = (words.left, words.tone) if words else (ago(at - asked.question.asked), "none")
    painter.setFont(font("small", 500 if words else 400))
    painter.setPen({"late": now.danger, "soon": now.warning, "none": now.muted}.get(tone, now.text))
    width = painter.fontMetrics().horizontalAdvance(clock)
    painter.drawText(QRect(right - width, top + 10, width, 18), Qt.AlignmentFlag.AlignRight, clock)
    painter.setFont(font("strong"))
    painter.setPen(now.text)
    headline = " ".join(visible(asked.headline).split())
    _line(painter, QRect(left, top + 9, right - width - 12 - left, 20), headline)
    painter.setFont(font("small"))
    painter.setPen(now.muted)
    parts = (visible(asked.title or asked.run_name), visible(asked.node_title) or asked.step)
    _line(painter, QRect(left, top + 29, right - left, 16), "  ·  ".join(parts))
    third = kind_word(asked.question.type)
    for more in (agreed(asked.question), what_then(asked.question) if words else ""):
        third += f"  ·  {more}" if more else ""
    painter.setFont(font("tiny"))
    _line(painter, QRect(left, top + 45, right - left, 16), third)


def _line(painter: QPainter, box: QRect, text: str) -> None:
    metrics: QFontMetrics = painter.fontMetrics()
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, shown)
