"""Draws a card: tile, title, port rows, preview, state; and what is left of it from afar."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from designer.canvas import glyphs, texts
from designer.canvas.card_item import FARTHER, CardItem
from designer.canvas.port import Port
from designer.canvas.sprites import shadow
from designer.canvas.wire import wire_colour
from designer.resources import tr
from designer.theme import Tokens, mix, pixmap, soft

HOT = ("running", "failed", "asking")
"""States that a card wears as a border and a halo."""
LIVELY = ("running", "asking")
RADIUS = 12.0


def paint_halo(p: QPainter, card: CardItem, t: Tokens) -> None:
    """The glow around a card that runs, failed or asks; apart from the picture because it breathes."""
    status = card.face.status
    if status not in HOT:
        return
    p.setPen(QPen(soft(t.status[status], 30 + round(40 * card.breath) if status in LIVELY else 42), 6))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawRoundedRect(QRectF(-2, -2, card._width + 4, card._height + 4), RADIUS + 2, RADIUS + 2)


def paint_ring(p: QPainter, card: CardItem, t: Tokens) -> None:
    """The ring of a selected card, in the colour of text: blue means running."""
    p.setPen(QPen(t.select, 2))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawRoundedRect(QRectF(-5, -5, card._width + 10, card._height + 10), RADIUS + 4, RADIUS + 4)


def paint_far(p: QPainter, card: CardItem, t: Tokens, scale: float) -> None:
    """From afar: a large title, the colour of the category, and the sign of the state at the corner."""
    status, area = card.face.status, QRectF(0, 0, card._width, card._height)
    category, color = t.category[card.category], t.status.get(status, t.muted)
    p.setOpacity(0.38 if card.faded else 0.5 if card.mode == "disabled" else 1.0)
    if scale < FARTHER:
        p.fillRect(area, t.select if card.isSelected() else color if status not in ("idle", "skipped") else category)
        p.setOpacity(1)
        return
    edge = t.select if card.isSelected() else color if status in HOT else t.line_strong
    p.setPen(QPen(edge, 6 if card.isSelected() else 4 if status in HOT else 2.4))
    p.setBrush(t.card)
    p.drawRoundedRect(area, 14, 14)
    p.fillRect(QRectF(2, 14, 8, card._height - 28), category)
    low = card._height < 90
    lines = texts.wrapped(card.title, texts.FAR_TITLE, card._width - 40, 1 if low else 2)
    y = (card._height - 34) / 2 if low else 14 if len(lines) > 1 else 28
    p.setPen(t.text)
    for line in lines:
        texts.draw(p, 24, y, line, texts.FAR_TITLE, card._width - 36)
        y += 32
    if status not in ("idle", "pending"):
        p.setPen(QPen(t.canvas, 4))
        p.setBrush(color)
        p.drawEllipse(QPointF(card._width - 4, 4), 19, 19)
        glyphs.status_glyph(p, status, QPointF(card._width - 4, 4), t.card if t.name == "light" else t.canvas, 2.2, 1.6)
    elif card.problems:
        p.save()
        p.translate(card._width - 4, 4)
        p.scale(1.8, 1.8)
        glyphs.badge(p, t, QPointF(0, 0), card.problems, card.problem_error, t.canvas)
        p.restore()
    p.setOpacity(1)


def paint_card(p: QPainter, card: CardItem, t: Tokens, scale: float) -> None:
    """The whole face."""
    off = card.mode == "disabled" or card.face.status == "skipped"
    p.setOpacity(0.38 if card.faded else 1.0)
    w, h = card._width, card._height
    if not card.faded:
        alpha = t.shadow * (0.5 if off else 1.0) * (0.8 if t.name == "light" else 1.0)
        p.drawPixmap(QPointF(-16, -16), shadow(int(w), int(h), round(alpha)))
    _body(p, card, t)
    if off and not card.faded:
        p.setOpacity(0.5)
    _head(p, card, t, scale)
    if card.mode == "bypassed":
        _pass_through(p, card, t)
    if card.face.preview and not card.compact:
        _preview(p, card, t)
    p.setOpacity(0.38 if card.faded else 1.0)
    if card.has_strip():
        _strip(p, card, t)
    for port in card.ports.values():
        _port(p, card, port, t)
    if card.problems:
        glyphs.badge(p, t, QPointF(w - 6, 4), card.problems, card.problem_error, t.canvas)


def _body(p: QPainter, card: CardItem, t: Tokens) -> None:
    status = card.face.status
    hot = status in HOT
    color = t.status[status] if hot else t.line_strong if card.hovered or t.name == "light" else t.line
    if card.hovered and not hot:
        color = mix(t.line_strong, t.muted, 0.35)
    pen = QPen(color, 1.6 if hot else 1.0)
    if card.missing:
        pen.setStyle(Qt.PenStyle.DashLine)
    p.setPen(pen)
    ground = t.card if card.mode != "disabled" else mix(t.card, t.canvas, 0.5)
    p.setBrush(ground)
    p.drawRoundedRect(QRectF(0.5, 0.5, card._width - 1, card._height - 1), RADIUS, RADIUS)


def _head(p: QPainter, card: CardItem, t: Tokens, scale: float) -> None:
    color = t.category[card.category]
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(soft(color, 38))
    p.drawRoundedRect(QRectF(12, 12, 32, 32), 9, 9)
    p.drawPixmap(QPointF(18, 18), pixmap(card.icon, color, 20, max(1.0, round(scale * 4) / 4)))
    right = card._width - (22 if card.problems else 12)
    if card.mode != "on":
        word = tr("Disabled", "Canvas") if card.mode == "disabled" else tr("Bypassed", "Canvas")
        right = glyphs.chip(p, right, 22, word, t.muted if card.mode == "disabled" else t.warning) - 6
    p.setPen(t.text)
    texts.draw(p, 54, 11, card.title, texts.TITLE, right - 54)
    p.setPen(t.danger if card.missing else t.muted)
    texts.draw(p, 54, 29, card.subtitle, texts.SUB, card._width - 54 - 12, middle=card.missing)


def _pass_through(p: QPainter, card: CardItem, t: Tokens) -> None:
    """What comes in at the first port leaves at the first port."""
    left = next((port for port in card.inputs if port.slot.border == "left"), None)
    right = next((port for port in card.outputs if port.slot.border == "right"), None)
    if left is not None and right is not None:
        pen = QPen(t.warning, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        pen.setDashPattern([1, 3])
        p.setPen(pen)
        p.drawLine(left.pos() + QPointF(10, 0), right.pos() - QPointF(10, 0))


def _preview(p: QPainter, card: CardItem, t: Tokens) -> None:
    lines = card.face.preview[:3]
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(t.inset)
    p.drawRoundedRect(QRectF(12, card.preview_y, card._width - 24, 12 + 16 * len(lines)), 7, 7)
    p.setPen(t.muted)
    for i, line in enumerate(lines):
        texts.draw(p, 20, card.preview_y + 6 + 16 * i, line, texts.MONO, card._width - 40)


def _strip(p: QPainter, card: CardItem, t: Tokens) -> None:
    """State as shape, colour and words; how much of a loop is done is the line above it."""
    face, y, w = card.face, card.strip_y, card._width
    color = t.status.get(face.status, t.muted)
    p.setPen(QPen(t.line, 1))
    p.drawLine(QPointF(1, y), QPointF(w - 1, y))
    if face.counts and face.counts[1] > 0:
        part = max(0.0, min(1.0, face.counts[0] / face.counts[1]))
        p.setPen(QPen(color, 2.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        if part > 0:
            p.drawLine(QPointF(2, y), QPointF(2 + (w - 4) * part, y))
    middle, right = y + 16, w - 12
    if face.attempt and not face.words.startswith(face.attempt):
        right = glyphs.chip(p, right, middle, face.attempt, t.status["waiting"]) - 6
    elif face.visits > 1 and not face.counts:
        right = glyphs.chip(p, right, middle, f"×{face.visits}", t.muted) - 6
    glyphs.status_glyph(p, face.status, QPointF(22, middle), color)
    p.setPen(color if face.status not in ("idle", "pending", "skipped") else t.muted)
    texts.draw(p, 36, middle - 8.2, face.words or status_words(face.status), texts.WORDS, right - 36)


def _port(p: QPainter, card: CardItem, port: Port, t: Tokens) -> None:
    slot, at = port.slot, port.pos()
    if card.compact and slot.role != "capability" and not port.wires:
        return
    dim = port.faded and not card.faded
    if dim:
        p.setOpacity(0.25)
    wired = bool(port.wires)
    quiet = not (wired or port.hot or port.offered) and slot.role in ("error", "capability") and slot.side == "out"
    color = t.line_strong if quiet and not card.hovered else wire_colour(t, port)
    if slot.side == "in" and slot.role == "value" and not (slot.required or wired or port.offered or port.hot):
        color = mix(t.line_strong, t.muted, 0.35)  # nothing is missing there
    if port.hot or port.offered:
        glyphs.halo(p, at, wire_colour(t, port), port.hot)
    if not card.compact:
        _label(p, card, port, t)
    if slot.role == "capability":
        glyphs.port_diamond(p, at, color, wired, t.card)
    else:
        glyphs.port_dot(p, t, at, color, wired, t.card, 4.2 if slot.role == "error" and not wired else 5.2)
    if dim:
        p.setOpacity(1.0)


def _label(p: QPainter, card: CardItem, port: Port, t: Tokens) -> None:
    slot, at = port.slot, port.pos()
    if slot.border in ("left", "right"):
        if card.mode == "bypassed" and at.y() < 80:
            return  # the line of the bypass runs there
        other = "right" if slot.border == "left" else "left"
        facing = any(one.slot.border == other and one.pos().y() == at.y() for one in card.ports.values())
        room = card._width / 2 - 24 if facing else card._width - 40
        p.setPen(t.muted if slot.declared else t.warning)
        if slot.border == "left":
            texts.draw(p, 15, at.y() - 8, slot.name, texts.LABEL, room, middle=True)
        else:
            texts.draw_right(p, at.x() - 15, at.y() - 8, slot.name, texts.LABEL, room)
    elif slot.role == "capability" and slot.side == "in":
        glyphs.pill(
            p, t, at.x() - 24 - texts.width_of(slot.name, texts.LABEL), at.y() + 11, slot.name, wire_colour(t, port)
        )
    elif slot.role == "error" and (port.wires or port.hot):
        glyphs.pill(p, t, at.x() - 52, at.y() + 11, slot.name, t.danger)


def status_words(status: str) -> str:
    """What a state is called when the run says nothing better."""
    return {
        "idle": tr("Not run yet", "Canvas"),
        "pending": tr("Not reached yet", "Canvas"),
        "running": tr("Running", "Canvas"),
        "waiting": tr("Waiting", "Canvas"),
        "asking": tr("Waiting for a person", "Canvas"),
        "done": tr("Done", "Canvas"),
        "failed": tr("Failed", "Canvas"),
        "skipped": tr("Skipped", "Canvas"),
        "cancelled": tr("Cancelled", "Canvas"),
        "reused": tr("Taken from an earlier run", "Canvas"),
        "disabled": tr("Disabled", "Canvas"),
    }.get(status, status)


def on_color(color: QColor) -> QColor:
    """Black or white, whichever reads on it."""
    return QColor("#ffffff") if color.lightness() < 150 else QColor("#11151a")
