"""The style sheet, made from tokens: one string for the whole program."""

from __future__ import annotations

from string import Template

from PySide6.QtGui import QColor

from designer.resources import path
from designer.theme.tokens import Tokens, soft


def css(color: QColor) -> str:
    """A colour as a style sheet says it."""
    return f"rgba({color.red()}, {color.green()}, {color.blue()}, {color.alpha()})"


def style_sheet(t: Tokens) -> str:
    """What every widget looks like; variants by the properties `kind`, `role`, `surface` and `tone`."""
    colors = {name: css(value) for name in t.__slots__ if isinstance(value := getattr(t, name), QColor)}
    field = css(t.inset if t.name == "dark" else t.panel)
    images = path("themes", t.name).as_posix()
    fill_hover, danger_fill = css(t.accent_fill.lighter(112)), css(QColor("#d23b3b"))
    sheet = path("themes", "style.qss").read_text("utf-8")
    return Template(sheet).substitute(
        colors,
        field=field,
        images=images,
        fill_hover=fill_hover,
        danger_fill=danger_fill,
        danger_line=css(soft(t.danger, 110)),
        warning_line=css(soft(t.warning, 110)),
    )
