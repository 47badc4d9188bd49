"""The page of this PC on scripted facts, and hands for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from designer.site.dialogs import Sheet
from designer.site.page import SitePage
from tests.designer.support.fake_link import FakeLink
from tests.designer.support.site_facts import ScriptedControl

PATIENCE_MS = 10_000


class Desk:
    """A page, what it asked for, and what was said."""

    def __init__(self, qtbot: QtBot, link: FakeLink, answers: dict[str, Any]) -> None:
        self.qtbot, self.link = qtbot, link
        self.control = ScriptedControl(answers)
        self.page = SitePage(link, control=self.control)
        qtbot.addWidget(self.page)
        self.said: list[str] = []
        self.refused: list[str] = []
        self.page.said.connect(lambda text, _tone: self.said.append(text))
        self.page.refused.connect(lambda why: self.refused.append(str(why)))
        self.page.resize(1302, 660)

    def show(self, tab: str = "models", thing: str = "") -> SitePage:
        """Show the page and wait until it has read everything."""
        self.page.show()
        self.page.show_tab(tab)
        self.until(lambda: len(self.control.asked) >= 5 and self.page.desk.resting)
        if thing:
            self.page.show_tab(tab, thing)
        return self.page

    def until(self, fact: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(fact()), timeout=PATIENCE_MS)

    def sheet(self) -> Sheet:
        """The dialog that is open."""
        self.until(lambda: [one for one in self.page.findChildren(QDialog) if one.isVisible()])
        found = [one for one in self.page.findChildren(QDialog) if one.isVisible()][-1]
        assert isinstance(found, Sheet)
        return found

    def button(self, text: str, inside: QWidget | None = None) -> QAbstractButton:
        found = [
            one
            for one in (inside or self.page).findChildren(QAbstractButton)
            if one.text().startswith(text) and one.isVisibleTo(self.page.window())
        ]
        assert found, f"no button {text!r}"
        return found[0]

    def press(self, text: str, inside: QWidget | None = None) -> None:
        QTest.mouseClick(self.button(text, inside), Qt.MouseButton.LeftButton)

    def changes(self) -> list[tuple[str, ...]]:
        """Wait for something that was asked for beside reading, and give all of it."""
        self.until(self.control.changes)
        return self.control.changes()


def words(widget: QWidget) -> str:
    """Every word that a person can read in a widget."""
    found = [label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget)]
    return "\n".join(found)
