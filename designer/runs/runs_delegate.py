"""How one run is drawn in the list of runs."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from designer.runs.runs_model import NAME, SAYS, STARTED, STATUS, TONE, TOOK, WHO
from designer.theme import font, pixmap, space, status_icon, tokens

ROW_HEIGHT = 52


class RunsDelegate(QStyledItemDelegate):
    """Two lines a run: what and when above, how and who below. A dock has no room for six columns."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, ROW_HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        now, tone = tokens(), str(index.data(TONE))
        box = QRectF(option.rect)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, now.panel)  # over what the style has painted there
            painter.fillRect(box, now.accent_soft)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, now.hover)
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(
            round(box.x()) + space.M, round(box.y()) + 9, pixmap(status_icon(tone), now.tone(tone), 16, ratio)
        )
        inner = box.adjusted(38, 6, -space.M, -6)
        upper = QRectF(inner.x(), inner.y(), inner.width(), 20)
        lower = QRectF(inner.x(), inner.y() + 20, inner.width(), 18)

        def cell(number: int) -> str:
            return str(index.sibling(index.row(), number).data() or "")

        painter.setFont(font("small"))
        painter.setPen(now.muted)
        when = cell(STARTED)
        painter.drawText(upper, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, when)
        room = upper.width() - QFontMetricsF(painter.font()).horizontalAdvance(when) - space.M
        painter.setFont(font("body", 500))
        painter.setPen(now.text)
        self._text(painter, QRectF(upper.x(), upper.y(), room, 20), cell(NAME))
        painter.setFont(font("small"))
        left = self._text(painter, lower, cell(STATUS), now.tone(tone).name())
        facts = "  ·  ".join(part for part in (cell(TOOK), cell(WHO), cell(SAYS)) if part)
        painter.setPen(now.muted)
        self._text(painter, lower.adjusted(left, 0, 0, 0), f"  ·  {facts}")
        painter.restore()

    def _text(self, painter: QPainter, box: QRectF, text: str, color: str = "") -> float:
        if color:
            painter.setPen(color)
        measure = QFontMetricsF(painter.font())
        shown = measure.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        return measure.horizontalAdvance(shown)
