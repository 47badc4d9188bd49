"""The look: both schemes are complete and readable, icons exist, the theme follows the system."""

from __future__ import annotations

import gc
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from typing import get_args

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFontDatabase, QFontInfo, QIcon
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from designer import theme
from designer.resources import path
from designer.theme import DARK, LIGHT, Tokens
from designer.theme.icons import STATUS
from designer.theme.style import style_sheet
from engine.nodes.catalog import CATALOG
from engine.nodes.node_type import Category
from engine.workflow.model import Color
from engine.workflow.shape import PortType

BOTH = pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])


@pytest.fixture(autouse=True)
def undressed(qapp: QApplication) -> Iterator[None]:
    yield
    theme.apply(qapp, "light")


def luminance(color: QColor) -> float:
    parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in color.getRgbF()[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(a: QColor, b: QColor) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@BOTH
def test_every_word_of_the_engine_has_a_colour(tokens: Tokens) -> None:
    assert set(get_args(PortType)) == set(tokens.kind)
    assert {*get_args(Category), "missing"} == set(tokens.category)
    assert set(get_args(Color)) == set(tokens.box)
    assert set(STATUS) == set(tokens.status)


@BOTH
def test_text_is_readable_on_every_ground(tokens: Tokens) -> None:
    for ground in (tokens.surface, tokens.panel, tokens.card, tokens.card_top, tokens.inset, tokens.canvas):
        assert contrast(tokens.text, ground) >= 7
        for ink in (tokens.muted, tokens.accent, tokens.danger, tokens.success, tokens.warning):
            assert contrast(ink, ground) >= 4.5, ink.name()
        assert contrast(tokens.focus, ground) >= 3
        assert contrast(tokens.faint, ground) >= 2.5
    assert contrast(tokens.on_accent, tokens.accent_fill) >= 4.5


@BOTH
def test_chips_are_readable(tokens: Tokens) -> None:
    for words in (tokens.status, tokens.risk):
        for name, color in words.items():
            if name != "disabled":
                ground = theme.mix(tokens.panel, color, 40 / 255 if tokens.name == "dark" else 30 / 255)
                assert contrast(color, ground) >= 3.9, name


@BOTH
def test_the_style_sheet_is_whole_and_short(tokens: Tokens) -> None:
    sheet = style_sheet(tokens)
    assert "$" not in sheet
    assert sheet.count("\n") <= 150
    for name in re.findall(r'url\("([^"]+)"\)', sheet):
        assert path("themes", tokens.name, name.rpartition("/")[2]).is_file(), name


def test_both_schemes_say_the_same_words() -> None:
    for field in fields(Tokens):
        a, b = getattr(DARK, field.name), getattr(LIGHT, field.name)
        assert type(a) is type(b)
        if isinstance(a, dict):
            assert list(a) == list(b)


def test_every_node_type_has_its_icon() -> None:
    lacking = {each.icon for each in CATALOG.values() if not theme.has_icon(each.icon)}
    assert not lacking
    assert all(theme.has_icon(name) for name in STATUS.values())


def test_every_icon_can_be_drawn() -> None:
    for file in path("icons").glob("*.svg"):
        assert "currentColor" in file.read_text("utf-8"), file.name
        assert not theme.pixmap(file.stem, QColor("red"), 16, 1.0).toImage().allGray(), file.name


def test_an_unknown_icon_is_a_question_mark(qapp: QApplication) -> None:
    red = QColor("red")
    unknown = theme.pixmap("no-such-icon", red, 16, 1.0).toImage()
    assert unknown == theme.pixmap("circle-help", red, 16, 1.0).toImage()


def test_an_icon_follows_the_theme(qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    icon = theme.icon("square")
    dark = icon.pixmap(QSize(16, 16)).toImage()
    theme.apply(qapp, "light")
    light = icon.pixmap(QSize(16, 16)).toImage()
    assert dark != light


def test_icons_are_faint_when_disabled_and_accented_when_on(qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    icon = theme.icon("square")
    looks = {
        bytes(icon.pixmap(QSize(16, 16), mode, state).toImage().constBits())
        for mode, state in (
            (QIcon.Mode.Normal, QIcon.State.Off),
            (QIcon.Mode.Normal, QIcon.State.On),
            (QIcon.Mode.Disabled, QIcon.State.Off),
        )
    }
    assert len(looks) == 3


def test_a_copied_icon_lives_on_when_the_first_is_gone(qapp: QApplication, qtbot: QtBot) -> None:
    first = theme.icon("bot")
    copy = QIcon(first)
    copy.addPixmap(theme.pixmap("bot", QColor("red"), 16, 1.0))
    del first
    gc.collect()
    button = QPushButton()
    qtbot.addWidget(button)
    button.setIcon(copy)
    button.grab()


def test_icons_have_the_pixels_of_the_screen() -> None:
    made = theme.pixmap("bot", QColor("red"), 16, 2.0)
    assert made.size() == QSize(32, 32)
    assert made.deviceIndependentSize().toSize() == QSize(16, 16)


def test_the_theme_follows_the_system_only_when_asked_to(qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply(qapp, "dark")
    with qtbot.assertNotEmitted(theme.watcher().changed):
        theme.apply(qapp, "dark")
    with qtbot.waitSignal(theme.watcher().changed):
        theme.apply(qapp, "light")
    assert theme.scheme() == "light"
    theme.apply(qapp, "system")
    dark = qapp.styleHints().colorScheme() == Qt.ColorScheme.Dark
    assert theme.scheme() == ("dark" if dark else "light")


def test_a_new_scheme_of_the_system_is_taken_over_only_when_asked_to(qapp: QApplication) -> None:
    hints = qapp.styleHints()
    theme.apply(qapp, "system")
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)  # as the desktop does
    assert theme.scheme() == "dark"
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert theme.scheme() == "light"
    theme.apply(qapp, "dark")
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert theme.scheme() == "dark"


def test_the_palette_agrees_with_the_tokens(qapp: QApplication) -> None:
    for choice in ("dark", "light"):
        theme.apply(qapp, choice)
        assert qapp.palette().window().color() == theme.tokens().surface
        assert qapp.palette().text().color() == theme.tokens().text


def test_the_bundled_fonts_are_used(qapp: QApplication) -> None:
    assert QFontInfo(theme.font()).family() == "Inter"
    assert QFontInfo(theme.font("mono")).family() == "JetBrains Mono"
    assert theme.font("strong").weight() == 600
    assert theme.font("small").pixelSize() == 12
    letters = QFontDatabase.WritingSystem
    for system in (letters.Latin, letters.Greek, letters.Cyrillic):
        assert system in QFontDatabase.writingSystems("Inter")


def test_a_tone_is_a_token_before_it_is_a_port_type() -> None:
    assert DARK.tone("text") == DARK.text
    assert DARK.tone("table") == DARK.kind["table"]
    assert DARK.tone("asking") == DARK.status["asking"]
    assert DARK.tone("nothing at all") == DARK.muted


def test_the_look_loads_no_engine() -> None:
    script = (
        "import sys, designer.theme, designer.widgets, designer.resources, designer.welcome\n"
        "heavy = {'pydantic', 'sqlalchemy', 'yaml', 'psutil', 'engine.nodes', 'NodeGraphQt'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
