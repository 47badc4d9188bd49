"""How the table of tools is drawn: heads of groups, chips for risk and placement, a dot for health."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from designer.site.facts import Tool
from designer.site.rows import Mark
from designer.site.rows_paint import paint_mark
from designer.site.tools_model import APPROVAL, EFFECT, HEALTH, NAME, PLACE, RISK, THING, Group, server_state
from designer.site.words import PLACE_ICONS, STATE_TONES
from designer.theme import font, pixmap, status_icon, tokens
from designer.widgets import visible

ROW, HEAD = 38, 40
SERVER_TONES = {"approved": "success", "changed": "asking"}


class ToolsDelegate(QStyledItemDelegate):
    """Paints a `ToolsModel`."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(80, HEAD if isinstance(index.data(THING), Group) else ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        thing, now = index.data(THING), tokens()
        state: QStyle.StateFlag = option.state
        box: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, now.accent_soft)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, now.hover)
        if isinstance(thing, Group):
            if index.column() == NAME:
                _paint_group(painter, box, thing)
        else:
            painter.setPen(now.line)
            painter.drawLine(box.bottomLeft(), box.bottomRight())
            _paint_cell(painter, box, thing, index.column(), str(index.data() or ""))
        painter.restore()


def _paint_group(painter: QPainter, box: QRect, group: Group) -> None:
    now = tokens()
    painter.setFont(font("small", 600))
    painter.setPen(now.text if group.server else now.muted)
    text = visible(group.title) if group.server else f"{group.title}  {len(group.tools)}"
    painter.drawText(box.adjusted(4, 8, 600, 0), Qt.AlignmentFlag.AlignVCenter, text)
    if group.server is not None:
        left = box.left() + 4 + painter.fontMetrics().horizontalAdvance(text) + 10
        tone = SERVER_TONES.get(group.server.state, "warning")
        paint_mark(painter, left, box.center().y() - 4, Mark(server_state(group.server), tone))


def _paint_cell(painter: QPainter, box: QRect, tool: Tool, column: int, text: str) -> None:
    now, ratio = tokens(), painter.device().devicePixelRatioF() if painter.device() else 1.0
    middle = box.center().y()
    off = tool.state == "blocked"
    if column == NAME:
        painter.drawPixmap(
            box.left() + 4, middle - 7, pixmap(tool.icon, now.tone("Tools" if not off else "muted"), 16, ratio)
        )
        painter.setFont(font("body", 500))
        _text(painter, box.adjusted(28, 0, -8, 0), text, now.muted if off else now.text)
    elif column == PLACE and text:
        tone = "warning" if tool.placement == "cloud" else "muted"
        paint_mark(painter, box.left() + 4, middle - 8, Mark(text, tone, PLACE_ICONS.get(tool.placement, "")))
    elif column == RISK and text:
        paint_mark(painter, box.left() + 4, middle - 8, Mark(text, tool.risk))
    elif column == HEALTH:
        calm = tool.state == "unknown"
        tone = STATE_TONES.get(tool.state, "idle")
        color = now.faint if calm else now.tone(tone)
        painter.drawPixmap(box.left() + 4, middle - 6, pixmap(status_icon(tone), color, 14, ratio))
        painter.setFont(font("small"))
        _text(painter, box.adjusted(24, 0, -8, 0), text, now.muted if calm else now.tone(tone))
    else:
        painter.setFont(font("small"))
        strong = column in (EFFECT, APPROVAL)
        _text(painter, box.adjusted(4, 0, -8, 0), text, now.text if strong else now.muted)


def _text(painter: QPainter, box: QRect, text: str, color: QColor) -> None:
    painter.setPen(color)
    shown = painter.fontMetrics().elidedText(visible(text), Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, shown)
