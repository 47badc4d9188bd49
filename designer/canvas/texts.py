"""Laid-out texts for painters: elided, and shared by all cards that show the same words."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QStaticText, QTransform

from designer.theme import font
from designer.theme.fonts import Role

Style = tuple[Role, int, int]
"""A role of the theme, a weight and a size in pixels (0: the role's own)."""
TITLE: Style = ("title", 600, 0)
SUB: Style = ("small", 400, 0)
LABEL: Style = ("small", 400, 0)
WORDS: Style = ("small", 500, 0)
CHIP: Style = ("tiny", 500, 0)
COUNT: Style = ("tiny", 700, 0)
MONO: Style = ("mono_small", 400, 0)
FRAME: Style = ("strong", 600, 0)
FAR_TITLE: Style = ("title", 600, 26)


@lru_cache(maxsize=64)
def face_of(style: Style) -> tuple[QFont, QFontMetricsF]:
    """The font of a style and its measures."""
    role, weight, size = style
    made = font(role, weight)
    if size:
        made.setPixelSize(size)
    return made, QFontMetricsF(made)


@lru_cache(maxsize=8192)
def laid_out(text: str, style: Style, width: float, middle: bool = False) -> QStaticText:
    """One line, cut with … where it is too long; `middle` keeps both ends (names, paths)."""
    made, measure = face_of(style)
    cut = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
    static = QStaticText(measure.elidedText(text, cut, width))
    static.setTextFormat(Qt.TextFormat.PlainText)
    static.setPerformanceHint(QStaticText.PerformanceHint.ModerateCaching)
    static.prepare(QTransform(), made)
    return static


def width_of(text: str, style: Style) -> float:
    """How wide a text is."""
    return face_of(style)[1].horizontalAdvance(text)


def draw(painter: QPainter, x: float, y: float, text: str, style: Style, width: float, middle: bool = False) -> None:
    """Paint one line with its top left here, in the painter's pen."""
    painter.setFont(face_of(style)[0])
    painter.drawStaticText(QPointF(x, y), laid_out(text, style, width, middle))


def draw_right(painter: QPainter, x: float, y: float, text: str, style: Style, width: float) -> None:
    """Paint one line that ends here."""
    static = laid_out(text, style, width)
    painter.setFont(face_of(style)[0])
    painter.drawStaticText(QPointF(x - static.size().width(), y), static)


@lru_cache(maxsize=2048)
def wrapped(text: str, style: Style, width: float, lines: int) -> tuple[str, ...]:
    """The text in at most so many lines; the last one keeps the rest, for `draw` to cut."""
    measure, made = face_of(style)[1], [""]
    for word in text.split():
        longer = f"{made[-1]} {word}".strip()
        if made[-1] and len(made) < lines and measure.horizontalAdvance(longer) > width:
            made.append(word)
        else:
            made[-1] = longer
    return tuple(made)
