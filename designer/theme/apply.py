"""Puts the theme on the application: Fusion, palette, style sheet, fonts; follows the system when asked to."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from designer.theme.current import switch, tokens, watcher
from designer.theme.fonts import font
from designer.theme.style import style_sheet
from designer.theme.tokens import Scheme, Tokens

Choice = Literal["system", "light", "dark"]
_choice: list[Choice] = ["system"]
_following: list[QApplication] = []


def apply(app: QApplication, choice: Choice = "system") -> None:
    """Show the program in a scheme from now on; "system" changes with the desktop."""
    _choice[0] = choice
    hints = app.styleHints()
    hints.setColorScheme(
        {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}.get(choice, Qt.ColorScheme.Unknown)
    )
    if app not in _following:
        _following[:] = [app]
        app.setStyle("Fusion")
        app.setFont(font("body"))
        hints.colorSchemeChanged.connect(lambda new: _dress(app, new) if _choice[0] == "system" else None)
    _dress(app, hints.colorScheme())


def _dress(app: QApplication, system: Qt.ColorScheme) -> None:
    choice = _choice[0]
    to: Scheme = ("dark" if system == Qt.ColorScheme.Dark else "light") if choice == "system" else choice
    changed = switch(to)
    sheet = style_sheet(tokens())
    if changed or app.styleSheet() != sheet:
        app.setPalette(palette(tokens()))
        app.setStyleSheet(sheet)
        watcher().changed.emit()


def palette(t: Tokens) -> QPalette:
    """What Fusion itself paints with, for everything that the style sheet does not name."""
    made = QPalette()
    role = QPalette.ColorRole
    for which, color in (
        (role.Window, t.surface),
        (role.WindowText, t.text),
        (role.Base, t.inset if t.name == "dark" else t.panel),
        (role.AlternateBase, t.panel if t.name == "dark" else t.inset),
        (role.Text, t.text),
        (role.Button, t.card_top),
        (role.ButtonText, t.text),
        (role.BrightText, t.danger),
        (role.ToolTipBase, t.card_top),
        (role.ToolTipText, t.text),
        (role.PlaceholderText, t.faint),
        (role.Highlight, t.accent_fill),
        (role.HighlightedText, t.on_accent),
        (role.Accent, t.accent),
        (role.Link, t.accent),
        (role.LinkVisited, t.accent),
        (role.Light, t.line),
        (role.Midlight, t.line),
        (role.Mid, t.line),
        (role.Dark, t.line_strong),
        (role.Shadow, QColor(0, 0, 0, t.shadow)),
    ):
        made.setColor(which, color)
    for which in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, which, t.faint)
    return made
